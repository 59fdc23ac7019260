//! Stored value and loyalty points.

use dealproof::money::Amount;
use dealproof::rules::{Benefit, PointsEarn, PointsRedeem, UseBalance};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{Draft, EarnsOn, Funds, Level, Needs, Reader, multiplied};
use crate::conformance::form::SetAside;
use crate::conformance::selectors::SelectorForm;

impl Reader<'_> {
    pub(super) fn stored_value(&mut self) -> Result<Vec<Draft>, SetAside> {
        let balance = self.amount("balance")?;
        let pays: String = self.fields.need("pays")?;
        if pays != "total" {
            return Err(SetAside::new(format!("stored value that pays {pays}")));
        }
        // A class of its own, so that no promotion draws on what another one brought.
        let class = self.promotion.id.clone();
        let of_balance = |amount| {
            let benefit = Benefit::UseBalance(UseBalance::new(&class).with_shipping());
            self.wallet(benefit, Funds::Balance { class: class.clone(), amount })
        };
        Ok(balance.map(of_balance).into_iter().collect())
    }

    pub(super) fn loyalty_redeem(&mut self) -> Result<Vec<Draft>, SetAside> {
        let balance: Amount = self.fields.need("balance")?;
        let step: u32 = self.fields.need("points_step")?;
        let value = self.amount("discount_per_point")?;
        let pays: String = self.fields.need("pays")?;
        if pays != "goods" {
            return Err(SetAside::new(format!("points that pay {pays}")));
        }
        if self.fields.take::<bool>("include_earned")? == Some(true) {
            return Err(SetAside::new(
                "points of this order are redeemed in it; here points are earned on what was paid, so there are none before",
            ));
        }
        // Whole steps of whole points are redeemed: what a balance holds beyond them is never touched.
        let points = balance.decimal().trunc().to_u64();
        let points = points.ok_or_else(|| SetAside::new(format!("{balance} points")))?;
        let of_points = |value| {
            let benefit = Benefit::PointsRedeem(PointsRedeem::new(step, multiplied(value, step)));
            self.wallet(benefit, Funds::Points(points))
        };
        Ok(value.filter(|_| step > 0).map(of_points).into_iter().collect())
    }

    fn wallet(&self, benefit: Benefit, funds: Funds) -> Draft {
        let draft = Draft::new(benefit, Level::Wallet, self.once()).needs(Needs::AnyBase);
        Draft { funds: Some(funds), ..draft }
    }

    pub(super) fn loyalty_earn(&mut self) -> Result<Vec<Draft>, SetAside> {
        let rate: Amount = self.fields.need("points_per_currency_unit")?;
        let form = self.selector_form("applies_to")?;
        let basis: String = self.fields.need("basis")?;
        let earns_on = match (basis.as_str(), form == SelectorForm::default()) {
            ("after_discounts" | "before_redemption", false) => EarnsOn::SomeGoods,
            ("after_discounts", true) => EarnsOn::AfterDiscounts,
            ("before_redemption", true) => EarnsOn::BeforeRedemption,
            (basis, _) => return Err(SetAside::new(format!("points on what is left {basis}"))),
        };
        // So many points for every 1, 10, 100 …: both are whole then.
        let rate = rate.decimal().normalize();
        let (points, per) = (rate.mantissa().to_u32(), 10_u64.checked_pow(rate.scale()));
        let (Some(points), Some(per)) = (points, per) else {
            return Err(SetAside::new(format!("{rate} points for every currency unit")));
        };
        if points == 0 {
            return Ok(Vec::new());
        }
        let per = Amount::new(Decimal::from(per));
        let earn = PointsEarn::new(points, per).of(form.translate(self.adapter, self.place)?);
        let draft = Draft::new(Benefit::PointsEarn(earn), Level::Wallet, self.once());
        Ok(vec![Draft { earns_on: Some(earns_on), ..draft.needs(Needs::AnyBase) }])
    }
}
