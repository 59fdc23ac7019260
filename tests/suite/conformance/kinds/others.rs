//! Shipping and gifts.

use dealproof::money::Amount;
use dealproof::rules::{Benefit, Gift, GiftOption, Shipping, ShippingOff, Step, Times};
use dealproof::shop::ShippingMethod;
use serde_json::Value;

use super::{Draft, Level, Needs, Reader};
use crate::conformance::form::{Fields, SetAside};
use crate::conformance::selectors::SelectorForm;

impl Reader<'_> {
    pub(super) fn free_shipping(&mut self) -> Result<Vec<Draft>, SetAside> {
        self.shipping(Some(ShippingOff::Free {}))
    }

    pub(super) fn shipping_percent(&mut self) -> Result<Vec<Draft>, SetAside> {
        let percent = self.percent("percent")?;
        let cap = self.by_currency("max_discount_by_currency")?;
        let drafts = self.shipping(percent.map(ShippingOff::Percent))?;
        Ok(drafts.into_iter().map(|draft| draft.cap(cap)).collect())
    }

    pub(super) fn shipping_fixed(&mut self) -> Result<Vec<Draft>, SetAside> {
        let own = self.by_currency("amount_by_currency")?;
        let any: Amount = self.fields.need("amount")?;
        let amount = self.some_amount(own.unwrap_or(any))?;
        let per: Option<String> = self.fields.take("per")?;
        match per.as_deref() {
            None | Some("shared") => self.shipping(amount.map(ShippingOff::Amount)),
            Some("shipping_line") => self.shipping(amount.map(ShippingOff::AmountEach)),
            Some(per) => Err(SetAside::new(format!("an amount off shipping per {per}"))),
        }
    }

    pub(super) fn shipping_fixed_price(&mut self) -> Result<Vec<Draft>, SetAside> {
        let own = self.by_currency("price_by_currency")?;
        let any: Amount = self.fields.need("price")?;
        let price = own.unwrap_or(any);
        self.adapter.money(price)?;
        self.shipping(Some(ShippingOff::Price(price)))
    }

    fn shipping(&mut self, off: Option<ShippingOff>) -> Result<Vec<Draft>, SetAside> {
        let form = self.selector_form("applies_to")?;
        let methods = form.shipping_methods.clone().unwrap_or_default();
        Ok(off
            .map(|off| {
                let mut shipping = Shipping::new(off);
                shipping.methods = methods.into_iter().map(ShippingMethod::new).collect();
                let draft = Draft::new(Benefit::Shipping(shipping), Level::Shipping, self.once());
                match off {
                    // What it comes to does not depend on what others took off.
                    ShippingOff::Free {} => draft.needs(Needs::AnyBase),
                    ShippingOff::Percent(_)
                    | ShippingOff::Amount(_)
                    | ShippingOff::AmountEach(_)
                    | ShippingOff::Price(_) => draft,
                }
            })
            .into_iter()
            .collect())
    }

    pub(super) fn gift_item(&mut self) -> Result<Vec<Draft>, SetAside> {
        let sku: String = self.fields.need("sku")?;
        let quantity: u32 = self.fields.take("quantity")?.unwrap_or(1);
        // What the gift would cost: it is added for nothing, on top of what was bought.
        self.fields.take::<Amount>("unit_price")?;
        let per: Option<Value> = self.fields.take("per")?;
        let gift = Gift::new([GiftOption::free(sku).quantity(quantity)]);
        let gift = match per {
            None => gift,
            Some(Value::String(per)) if per == "order" => gift,
            Some(per) => {
                let mut fields = Fields::new("gift", &per)?;
                let units: u32 = fields.need("units")?;
                let form = SelectorForm::read(fields.take("selector")?)?;
                fields.end()?;
                let most = self.promotion.max_applications;
                gift.every(Step::Quantity(units), most.map_or(Times::Uncapped, Times::Max))
                    .qualifier(form.translate(self.adapter, self.place)?)
            }
        };
        let draft = Draft::new(Benefit::Gift(gift), Level::Gift, self.once());
        Ok(vec![draft.needs(Needs::AnyBase)])
    }
}
