//! Percentages, amounts and prices over lines, orders and catalogues.

use dealproof::money::{Amount, Rounding, RoundingPer};
use dealproof::rules::{
    AmountOff, Benefit, Condition, NthUnit, Per, PercentOf, PercentOff, Pick, Quantity, Selector, Shipping,
    ShippingOff, Take, Times, TotalPrice, UnitLimit, UnitOff, UnitPrice,
};
use serde_json::Value;

use super::{Draft, Level, Needs, Reader};
use crate::conformance::form::{Fields, SetAside};
use crate::conformance::policy::{CapMode, Consumes};
use crate::conformance::selectors::{SelectorForm, unlisted};
use crate::conformance::set_aside;

/// How many units of what a kind takes.
struct Taken {
    target: Selector,
    needs: Needs,
    limit: Option<UnitLimit>,
    per: Per,
}

impl Reader<'_> {
    pub(super) fn order_fixed(&mut self) -> Result<Vec<Draft>, SetAside> {
        let own = self.by_currency("amount_by_currency")?;
        let any: Option<Amount> = self.fields.take("amount")?;
        let Some(amount) = own.or(any) else {
            return Err(SetAside::new("an order amount of another currency"));
        };
        let (target, needs) = self.selector("applies_to")?;
        let amount = self.some_amount(amount)?;
        Ok(amount
            .map(|amount| {
                let off = AmountOff::once(amount).target(target);
                Draft::new(Benefit::AmountOff(off), Level::Order, self.once()).needs(needs)
            })
            .into_iter()
            .collect())
    }

    pub(super) fn order_percent(&mut self) -> Result<Vec<Draft>, SetAside> {
        let percent = self.percent("percent")?;
        let (target, needs) = self.selector("applies_to")?;
        let cap = self.by_currency("max_discount_by_currency")?;
        // The percentage is one amount that is shared, unless each line is held to its own.
        let rounding = match self.adapter.policy.cap {
            CapMode::Whole => self.once(),
            CapMode::PerLine => Rounding::new(self.adapter.policy.mode, RoundingPer::Line),
        };
        Ok(percent
            .map(|percent| {
                let off = PercentOff::new(percent).target(target);
                let draft = Draft::new(Benefit::PercentOff(off), Level::Order, rounding);
                Draft { is_order_percent: true, ..draft.needs(needs).cap(cap) }
            })
            .into_iter()
            .collect())
    }

    pub(super) fn order_fixed_price(&mut self) -> Result<Vec<Draft>, SetAside> {
        let own = self.by_currency("price_by_currency")?;
        let any: Amount = self.fields.need("price")?;
        let (target, needs) = self.selector("applies_to")?;
        let price = own.unwrap_or(any);
        self.adapter.money(price)?;
        let benefit = Benefit::TotalPrice(TotalPrice::new(price, target));
        Ok(vec![Draft::new(benefit, Level::Order, self.once()).needs(needs)])
    }

    /// The units of an item-level kind: of the whole cart, or so many of each line.
    fn units(&mut self) -> Result<Taken, SetAside> {
        let (target, needs) = self.selector("applies_to")?;
        let whole = self.limit("max_units")?;
        let per_line = self.limit("max_units_per_line")?;
        if whole.is_some() && per_line.is_some() {
            return Err(SetAside::new("one limit of units per line and another for the cart"));
        }
        Ok(Taken {
            target,
            needs,
            limit: whole.or(per_line),
            per: if per_line.is_some() { Per::Line } else { Per::Order },
        })
    }

    pub(super) fn item_fixed(&mut self) -> Result<Vec<Draft>, SetAside> {
        let amount = self.amount("amount")?;
        let per: String = self.fields.need("per")?;
        let units = self.units()?;
        let Some(amount) = amount else {
            return Ok(Vec::new());
        };
        let (mut off, per, needs) = match per.as_str() {
            // The amount is the same whatever ran before, unless which units get it is not.
            "unit" if units.limit.is_none() && units.needs == Needs::PolicyBase => {
                (AmountOff::per_unit(amount), units.per, Needs::AnyBase)
            }
            "unit" => (AmountOff::per_unit(amount), units.per, units.needs),
            "line" if units.limit.is_some() && units.per == Per::Order => {
                return Err(SetAside::new("an amount per line for so many units of the cart"));
            }
            "line" => (AmountOff::once(amount), Per::Line, units.needs),
            _ => return Err(SetAside::new(format!("an amount per {per}"))),
        };
        off.target = units.target;
        off.limit = units.limit;
        let draft = Draft::new(Benefit::AmountOff(off), Level::Item, self.once());
        Ok(vec![draft.per(per).needs(needs)])
    }

    pub(super) fn item_percent(&mut self) -> Result<Vec<Draft>, SetAside> {
        let percent = self.percent("percent")?;
        let units = self.units()?;
        let line_min: Option<u32> = self.fields.take("min_line_quantity")?;
        let Some(percent) = percent else {
            return Ok(Vec::new());
        };
        let mut off = PercentOff::new(percent).target(units.target.clone());
        off.limit = units.limit;
        let mut draft = Draft::new(Benefit::PercentOff(off), Level::Item, self.item_rounding())
            .per(units.per)
            .needs(units.needs);
        if let Some(least) = line_min {
            if units.limit.is_some() && units.per == Per::Order {
                return Err(SetAside::new("a least quantity per line with a limit of units for the cart"));
            }
            let enough = Quantity::at_least(units.target, least);
            draft = draft.per(Per::Line).when(Condition::Quantity(enough));
        }
        Ok(vec![draft])
    }

    pub(super) fn item_fixed_price(&mut self) -> Result<Vec<Draft>, SetAside> {
        let price = self.fields.need("price")?;
        self.adapter.money(price)?;
        let form = SelectorForm::read(self.fields.peek("applies_to"))?;
        let units = self.units()?;
        if let Some(UnitLimit::Cheapest(_)) = units.limit {
            set_aside::cheaper_already(self.adapter.case, &form, price)?;
        }
        let mut off = UnitPrice::new(price, units.target);
        off.limit = units.limit;
        let draft = Draft::new(Benefit::UnitPrice(off), Level::Item, self.once());
        Ok(vec![draft.per(units.per).needs(units.needs)])
    }

    pub(super) fn shared_fixed(&mut self) -> Result<Vec<Draft>, SetAside> {
        let amount = self.amount("amount")?;
        let units = self.units()?;
        if units.per == Per::Line {
            return Err(SetAside::new("a shared amount with a limit of units per line"));
        }
        let Some(amount) = amount else {
            return Ok(Vec::new());
        };
        let mut off = AmountOff::once(amount).target(units.target);
        off.limit = units.limit;
        let draft = Draft::new(Benefit::AmountOff(off), Level::Item, self.once());
        Ok(vec![draft.needs(units.needs)])
    }

    pub(super) fn cheapest_percent(&mut self) -> Result<Vec<Draft>, SetAside> {
        let percent = self.percent("percent")?;
        let off = percent.map(UnitOff::Percent);
        self.cheapest(off)
    }

    pub(super) fn cheapest_fixed(&mut self) -> Result<Vec<Draft>, SetAside> {
        let amount = self.amount("amount")?;
        self.cheapest(amount.map(UnitOff::Amount))
    }

    fn cheapest(&mut self, off: Option<UnitOff>) -> Result<Vec<Draft>, SetAside> {
        let units: u32 = self.fields.take("units")?.unwrap_or(1);
        let form = self.selector_form("applies_to")?;
        let target = form.translate(self.adapter, self.place)?;
        let Some(off) = off else {
            return Ok(Vec::new());
        };
        if self.adapter.policy.consumes == Consumes::QualifyingToo {
            return self.cheapest_of_groups(off, units, &form, target);
        }
        let limit = UnitLimit::Cheapest(units);
        let benefit = match off {
            UnitOff::Percent(percent) => {
                Benefit::PercentOff(PercentOff::new(percent).target(target).limit(limit))
            }
            UnitOff::Amount(amount) => {
                Benefit::AmountOff(AmountOff::per_unit(amount).target(target).limit(limit))
            }
            UnitOff::Price(price) => Benefit::UnitPrice(UnitPrice::new(price, target).limit(limit)),
        };
        Ok(vec![Draft::new(benefit, Level::Item, self.item_rounding())])
    }

    /// Where the units that met a quantity are used up, each so many units give one reward.
    fn cheapest_of_groups(
        &self,
        off: UnitOff,
        units: u32,
        form: &SelectorForm,
        target: Selector,
    ) -> Result<Vec<Draft>, SetAside> {
        let open = || SetAside::new("units are used up by a condition other than their number");
        let conditions = self.promotion.conditions.as_ref().ok_or_else(open)?;
        let mut fields = Fields::new("conditions", conditions)?;
        let quantity = fields.take::<Value>("quantity")?.ok_or_else(open)?;
        fields.end().map_err(|_| open())?;
        let mut quantity = Fields::new("quantity condition", &quantity)?;
        let (op, value): (String, u32) = (quantity.need("op")?, quantity.need("value")?);
        let counted = SelectorForm::read(quantity.take("selector")?)?;
        quantity.end().map_err(|_| open())?;
        if op != "gte" || counted != *form || units != 1 || value == 0 {
            return Err(open());
        }
        let times = self.promotion.max_applications;
        let nth = NthUnit::new(value, off)
            .target(target)
            .order(Pick::Cheapest)
            .take(Take::Pooled, Pick::Cheapest, 1)
            .times(times.map_or(Times::Uncapped, Times::Max));
        let draft = Draft::new(Benefit::NthUnit(nth), Level::Item, self.once());
        Ok(vec![Draft { units_per_reward: value, ..draft }])
    }

    pub(super) fn catalog_percent(&mut self) -> Result<Vec<Draft>, SetAside> {
        let percent = self.percent("percent")?;
        let (target, _) = self.selector("applies_to")?;
        let base: Option<String> = self.fields.take("base")?;
        let Some(percent) = percent else {
            return Ok(Vec::new());
        };
        let draft =
            |off: PercentOff| Draft::new(Benefit::PercentOff(off), Level::Catalogue, self.repricing());
        let plain = PercentOff::new(percent);
        match base.as_deref() {
            None | Some("unit_price") => Ok(vec![draft(plain.target(target))]),
            // Units without an earlier price are reduced from the one they have.
            Some("list_price") => Ok(vec![
                draft(plain.clone().of(PercentOf::Reference).target(target.clone())),
                draft(plain.target(unlisted(target))),
            ]),
            Some(base) => Err(SetAside::new(format!("a catalogue percentage of {base}"))),
        }
    }

    pub(super) fn catalog_fixed(&mut self) -> Result<Vec<Draft>, SetAside> {
        let amount = self.amount("amount")?;
        let (target, _) = self.selector("applies_to")?;
        let rounding = self.repricing();
        Ok(amount
            .map(|amount| {
                let off = AmountOff::per_unit(amount).target(target);
                Draft::new(Benefit::AmountOff(off), Level::Catalogue, rounding)
            })
            .into_iter()
            .collect())
    }

    /// The catalogue reprices units, so it rounds each, unless the source keeps their fractions up to the line.
    fn repricing(&self) -> Rounding {
        let per = match self.adapter.policy.per {
            RoundingPer::Line => RoundingPer::Line,
            RoundingPer::Order | RoundingPer::Unit => RoundingPer::Unit,
        };
        Rounding::new(self.adapter.policy.mode, per)
    }

    pub(super) fn total_fixed(&mut self) -> Result<Vec<Draft>, SetAside> {
        let amount = self.amount("amount")?;
        Ok(amount
            .map(|amount| {
                let off = AmountOff::once(amount).with_shipping();
                Draft::new(Benefit::AmountOff(off), Level::Order, self.once())
            })
            .into_iter()
            .collect())
    }

    /// A percentage of goods and fees: each part is rounded by itself, unless a cap holds them together.
    pub(super) fn total_percent(&mut self) -> Result<Vec<Draft>, SetAside> {
        let Some(percent) = self.percent("percent")? else {
            return Ok(Vec::new());
        };
        let goods = PercentOff::new(percent);
        if self.promotion.max_discount.is_some() || self.promotion.budget.is_some() {
            let off = Benefit::PercentOff(goods.with_shipping());
            return Ok(vec![Draft::new(off, Level::Order, self.once())]);
        }
        let fees = Shipping::new(ShippingOff::Percent(percent));
        Ok(vec![
            Draft::new(Benefit::PercentOff(goods), Level::Order, self.once()),
            Draft::new(Benefit::Shipping(fees), Level::Shipping, self.once()),
        ])
    }
}
