//! Kinds of promotion as benefits.

mod groups;
mod off;
mod others;
mod tiers;
mod wallet;

use dealproof::money::{Amount, Money, Percent, Rounding};
use dealproof::rules::{Benefit, Condition, Per, Pick, Selector, UnitLimit};
use rust_decimal::Decimal;
use serde_json::Value;

use super::form::{Action, Fields, Promotion, SetAside};
use super::policy::Policy;
use super::selectors::SelectorForm;
use super::translate::{Adapter, Place};

/// One benefit of a promotion, before it is a rule.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Draft {
    pub(super) benefit: Benefit,
    pub(super) level: Level,
    pub(super) per: Per,
    pub(super) rounding: Rounding,
    pub(super) needs: Needs,
    /// A condition of its own, besides those of the promotion.
    pub(super) when: Option<Condition>,
    /// A cap for the case's currency; it goes before the promotion's own.
    pub(super) cap: Option<Amount>,
    pub(super) units_per_reward: u32,
    pub(super) units: Units,
    /// A percentage of the whole order, of which some shops take only one.
    pub(super) is_order_percent: bool,
    /// What the shopper holds for it.
    pub(super) funds: Option<Funds>,
    /// What earns, where points are earned.
    pub(super) earns_on: Option<EarnsOn>,
}

/// What the shopper can pay with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Funds {
    Points(u64),
    Balance { class: String, amount: Amount },
}

/// What points are earned on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EarnsOn {
    /// What is left of some goods. What was taken off the order as a whole stands on no product, so they do not see it.
    SomeGoods,
    /// What all discounts left.
    AfterDiscounts,
    /// What is left before points are redeemed.
    BeforeRedemption,
}

/// What a kind works on, and so which of a policy's choices concern it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Catalogue,
    Item,
    Order,
    Shipping,
    Gift,
    /// Points and stored value.
    Wallet,
}

/// Whether what a kind gives depends on what it is computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// An amount off each unit is the same whatever ran before.
    AnyBase,
    /// The base the policy names for its level.
    PolicyBase,
    /// What earlier promotions left, since it asks whether they left all.
    Running,
}

/// Whether units that another promotion of several units took part in can take part in this one (B-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Units {
    UsedOnce,
    UsedAgain,
}

impl Draft {
    fn new(benefit: Benefit, level: Level, rounding: Rounding) -> Self {
        Self {
            benefit,
            level,
            per: Per::Order,
            rounding,
            needs: Needs::PolicyBase,
            when: None,
            cap: None,
            units_per_reward: 1,
            units: Units::UsedOnce,
            is_order_percent: false,
            funds: None,
            earns_on: None,
        }
    }

    fn needs(mut self, needs: Needs) -> Self {
        self.needs = needs;
        self
    }

    fn per(mut self, per: Per) -> Self {
        self.per = per;
        self
    }

    fn units(mut self, units: Units) -> Self {
        self.units = units;
        self
    }

    fn when(mut self, when: Condition) -> Self {
        self.when = Some(when);
        self
    }

    fn cap(mut self, cap: Option<Amount>) -> Self {
        self.cap = cap;
        self
    }
}

/// What reading the parameters of one action needs.
struct Reader<'a> {
    adapter: &'a Adapter<'a>,
    promotion: &'a Promotion,
    place: Place,
    fields: Fields,
}

/// The actions of a promotion that have a say.
pub(super) fn actions_that_count<'a>(
    promotion: &'a Promotion,
    policy: &Policy,
) -> Result<Vec<&'a Action>, SetAside> {
    let actions: Vec<&Action> = promotion.actions().collect();
    if !policy.fixed_fee_overrules {
        return Ok(actions);
    }
    // A fixed shipping price replaces all other shipping actions of its promotion, and the lowest of several counts.
    let mut lowest: Option<(Amount, &Action)> = None;
    for action in &actions {
        if action.kind == "shipping_fixed_price" {
            let price = Fields::new(action.kind.as_str(), &action.params)?.need("price")?;
            if lowest.is_none_or(|(least, _)| price < least) {
                lowest = Some((price, action));
            }
        }
    }
    let Some((_, kept)) = lowest else {
        return Ok(actions);
    };
    Ok(actions.into_iter().filter(|action| !is_shipping(action) || std::ptr::eq(*action, kept)).collect())
}

fn is_shipping(action: &Action) -> bool {
    action.kind.starts_with("shipping_") || action.kind == "free_shipping"
}

/// The benefits of one action.
pub(super) fn drafts(
    adapter: &Adapter,
    promotion: &Promotion,
    action: &Action,
    place: Place,
) -> Result<Vec<Draft>, SetAside> {
    let mut reader =
        Reader { adapter, promotion, place, fields: Fields::new(action.kind.as_str(), &action.params)? };
    let drafts = match action.kind.as_str() {
        "order_fixed" => reader.order_fixed(),
        "order_percent" => reader.order_percent(),
        "order_fixed_price" => reader.order_fixed_price(),
        "item_fixed" => reader.item_fixed(),
        "item_percent" => reader.item_percent(),
        "item_fixed_price" => reader.item_fixed_price(),
        "shared_fixed" => reader.shared_fixed(),
        "cheapest_percent" => reader.cheapest_percent(),
        "cheapest_fixed" => reader.cheapest_fixed(),
        "catalog_percent" => reader.catalog_percent(),
        "catalog_fixed" => reader.catalog_fixed(),
        "total_fixed" => reader.total_fixed(),
        "total_percent" => reader.total_percent(),
        "tiered_percent" => reader.tiered_percent(),
        "tiered_fixed" => reader.tiered_fixed(),
        "progressive_unit_fixed" => reader.progressive_unit_fixed(),
        "group_discount" => reader.group_discount(),
        "buy_x_get_y" => reader.buy_x_get_y(),
        "quantity_step" => reader.quantity_step(),
        "bundle_fixed_price" => reader.bundle_fixed_price(),
        "gift_item" => reader.gift_item(),
        "free_shipping" => reader.free_shipping(),
        "shipping_percent" => reader.shipping_percent(),
        "shipping_fixed" => reader.shipping_fixed(),
        "shipping_fixed_price" => reader.shipping_fixed_price(),
        "stored_value" => reader.stored_value(),
        "loyalty_earn" => reader.loyalty_earn(),
        "loyalty_redeem" => reader.loyalty_redeem(),
        kind => Err(SetAside::new(format!("kind {kind} is not known"))),
    }?;
    reader.fields.end()?;
    Ok(drafts)
}

impl Reader<'_> {
    /// A selector among the parameters, as written.
    fn selector_form(&mut self, key: &str) -> Result<SelectorForm, SetAside> {
        SelectorForm::read(self.fields.take::<Value>(key)?)
    }

    /// A selector among the parameters, and what it needs of the base.
    fn selector(&mut self, key: &str) -> Result<(Selector, Needs), SetAside> {
        let form = self.selector_form(key)?;
        let needs = if form.undiscounted { Needs::Running } else { Needs::PolicyBase };
        Ok((form.translate(self.adapter, self.place)?, needs))
    }

    /// An amount; `None` when it is nothing, and the benefit with it.
    fn some_amount(&self, amount: Amount) -> Result<Option<Amount>, SetAside> {
        match self.adapter.money(amount)? {
            Money::ZERO => Ok(None),
            some if some < Money::ZERO => Err(SetAside::new(format!("an amount of {amount}"))),
            _ => Ok(Some(amount)),
        }
    }

    /// An amount that must be there; `None` when it is nothing.
    fn amount(&mut self, key: &str) -> Result<Option<Amount>, SetAside> {
        let amount = self.fields.need(key)?;
        self.some_amount(amount)
    }

    /// A percentage that must be there; `None` when it is nothing.
    fn percent(&mut self, key: &str) -> Result<Option<Percent>, SetAside> {
        let percent: Percent = self.fields.need(key)?;
        some_percent(percent)
    }

    /// An amount of the case's currency, which goes before one of all currencies.
    fn by_currency(&mut self, key: &str) -> Result<Option<Amount>, SetAside> {
        let amounts: Option<std::collections::BTreeMap<String, Amount>> = self.fields.take(key)?;
        let amount = amounts.and_then(|amounts| amounts.get(&self.adapter.case.currency).copied());
        if let Some(amount) = amount {
            self.adapter.money(amount)?;
        }
        Ok(amount)
    }

    /// The rounding of item-level percentages.
    fn item_rounding(&self) -> Rounding {
        Rounding::new(self.adapter.policy.mode, self.adapter.policy.per)
    }

    fn once(&self) -> Rounding {
        self.adapter.policy.once()
    }

    /// So many units, in the policy's order.
    fn limit(&mut self, key: &str) -> Result<Option<UnitLimit>, SetAside> {
        let units: Option<u32> = self.fields.take(key)?;
        Ok(units.map(|units| match self.adapter.unit_pick() {
            Pick::Cheapest => UnitLimit::Cheapest(units),
            Pick::Dearest => UnitLimit::Dearest(units),
        }))
    }
}

/// A percentage; `None` when it is nothing.
fn some_percent(percent: Percent) -> Result<Option<Percent>, SetAside> {
    match percent.to_rate() {
        Ok(rate) if rate.ppm() == 0 => Ok(None),
        Ok(_) => Ok(Some(percent)),
        Err(error) => Err(SetAside::new(format!("a percentage: {error}"))),
    }
}

/// So many times an amount.
fn multiplied(amount: Amount, count: u32) -> Amount {
    Amount::new(amount.decimal() * Decimal::from(count))
}
