//! Conditions of the neutral form. All of them look at the whole order, whatever their rule works on.

use dealproof::money::{Amount, Currency, Money};
use dealproof::rules::{
    AnyOf, AttributeTest, Base, Condition, Contains, DistinctSkus, OrderNumber, Per, Quantity, Selector,
    Spend, Window, Within,
};
use dealproof::shop::{Moment, Segment, ShippingMethod};
use serde::Deserialize;
use serde_json::Value;

use super::form::{Fields, SetAside};
use super::selectors::SelectorForm;
use super::shop::{ON_SALE, moment};
use super::translate::{Adapter, CART_START, Place, Realm};

/// Where a rule stands, as its conditions see it.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) place: Place,
    /// What the rule looks at as one.
    pub(super) per: Per,
    /// The value that earlier promotions left.
    pub(super) discounted: Base,
}

/// Reads the conditions of a promotion; all must hold.
pub(super) fn conditions(value: &Value, adapter: &Adapter, view: &View) -> Result<Condition, SetAside> {
    let mut leaves = Vec::new();
    match value {
        Value::Array(list) => {
            for entry in list {
                leaves.push(conditions(entry, adapter, view)?);
            }
        }
        _ => object(value, adapter, view, &mut leaves)?,
    }
    Ok(all(leaves))
}

/// All of these; one that can never hold stands for the whole.
fn all(leaves: Vec<Condition>) -> Condition {
    let mut leaves = leaves;
    if leaves.iter().any(can_never_hold) {
        return never();
    }
    match (leaves.pop(), leaves.is_empty()) {
        (Some(only), true) => only,
        (last, _) => Condition::All(leaves.into_iter().chain(last).collect()),
    }
}

/// Any of these, without those that can never hold.
fn any(mut leaves: Vec<Condition>) -> Condition {
    leaves.retain(|leaf| !can_never_hold(leaf));
    Condition::Any(leaves)
}

/// Whether a condition is one that this adapter makes for what can never hold. A rule set refuses it, so its rule is
/// switched off instead.
pub(super) fn can_never_hold(condition: &Condition) -> bool {
    matches!(condition, Condition::Any(parts) if parts.is_empty())
}

/// Whether some threshold looks at what earlier promotions left.
pub(super) fn look_at_discounted(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.iter().any(look_at_discounted),
        Value::Object(map) => map
            .iter()
            .any(|(key, value)| key == "basis" && value == "discounted" || look_at_discounted(value)),
        _ => false,
    }
}

fn object(
    value: &Value,
    adapter: &Adapter,
    view: &View,
    leaves: &mut Vec<Condition>,
) -> Result<(), SetAside> {
    let mut fields = Fields::new("conditions", value)?;
    for (key, joined) in [("any_of", any as fn(Vec<Condition>) -> Condition), ("all_of", all)] {
        if let Some(list) = fields.take::<Vec<Value>>(key)? {
            let parts: Result<Vec<Condition>, SetAside> =
                list.iter().map(|part| conditions(part, adapter, view)).collect();
            leaves.push(joined(parts?));
        }
    }
    if let Some(form) = fields.take::<Value>("subtotal")? {
        leaves.push(spend(&form, adapter, view, Fees::Out)?);
    }
    if let Some(form) = fields.take::<Value>("total")? {
        leaves.push(spend(&form, adapter, view, Fees::In)?);
    }
    if let Some(form) = fields.take::<Value>("quantity")? {
        leaves.push(quantity(&form, adapter, view)?);
    }
    if let Some(form) = fields.take::<Value>("contains_any")? {
        let of = SelectorForm::read(Some(form))?.translate(adapter, view.place)?;
        leaves.push(Condition::Contains(Contains::new(of).within(Within::Order)));
    }
    if fields.take::<bool>("none_on_sale")? == Some(true) {
        let reduced = Selector::all().attribute(AttributeTest::present(ON_SALE));
        let some = Condition::Contains(Contains::new(reduced).within(Within::Order));
        leaves.push(Condition::Not(Box::new(some)));
    }
    context(&mut fields, adapter, leaves)?;
    fields.end()
}

/// Conditions on the shopper, the moment and the order as a whole.
fn context(fields: &mut Fields, adapter: &Adapter, leaves: &mut Vec<Condition>) -> Result<(), SetAside> {
    for key in ["customer_group", "customer_group_in"] {
        if let Some(groups) = names(fields, key)? {
            leaves.push(Condition::Segment(AnyOf::new(groups.into_iter().map(Segment::new))));
        }
    }
    if let Some(methods) = names(fields, "shipping_method")? {
        leaves.push(Condition::ShippingMethod(AnyOf::new(methods.into_iter().map(ShippingMethod::new))));
    }
    if let Some(number) = fields.take::<u32>("order_number")? {
        let exactly = OrderNumber::between(Some(number), Some(number));
        leaves.push(Condition::OrderNumber(exactly));
    }
    if let Some(currencies) = names(fields, "currency")? {
        leaves.push(currency(&currencies, adapter));
    }
    let (from, until): (Option<String>, Option<String>) =
        (fields.take("starts_at")?, fields.take("ends_at")?);
    if from.is_some() || until.is_some() {
        let from = from.as_deref().map(moment).transpose()?;
        let until = until.as_deref().map(moment).transpose()?;
        let until = match until {
            // Moments are told apart by the millisecond: the end itself is inside a window that ends one later.
            Some(end) if adapter.policy.window_end_included => Some(later(end)?),
            end => end,
        };
        let is_empty =
            matches!((from, until), (Some(from), Some(until)) if from.unix_ms() >= until.unix_ms());
        leaves.push(if is_empty { never() } else { Condition::Window(Window::new(from, until)) });
    }
    Ok(())
}

/// One name, or a list of them.
fn names(fields: &mut Fields, key: &str) -> Result<Option<Vec<String>>, SetAside> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Names {
        One(String),
        Some(Vec<String>),
    }
    Ok(fields.take::<Names>(key)?.map(|names| match names {
        Names::One(name) => vec![name],
        Names::Some(names) => names,
    }))
}

/// The case's own currency has a stand-in when its minor digits are not those the crate knows; others never hold.
fn currency(codes: &[String], adapter: &Adapter) -> Condition {
    if codes.contains(&adapter.case.currency) {
        return Condition::Currency(AnyOf::new([adapter.currency]));
    }
    let others = codes.iter().filter_map(|code| Currency::new(code).ok());
    let others: Vec<Currency> = others.filter(|other| *other != adapter.currency).collect();
    if others.is_empty() { never() } else { Condition::Currency(AnyOf::new(others)) }
}

fn later(end: Moment) -> Result<Moment, SetAside> {
    let instant = end.instant().checked_add_signed(chrono::TimeDelta::milliseconds(1));
    instant.map(Moment::new).ok_or_else(|| SetAside::new("a window at the end of time"))
}

const fn never() -> Condition {
    Condition::Any(Vec::new())
}

const fn always() -> Condition {
    Condition::All(Vec::new())
}

/// Numbers that meet a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    Always,
    Never,
    Between(Option<i64>, Option<i64>),
}

/// The whole numbers, from 0, that meet `op limit`.
fn range(op: &str, limit: i64) -> Result<Range, SetAside> {
    let (least, most) = match op {
        "gte" => (Some(limit), None),
        "gt" => (Some(limit + 1), None),
        "lte" => (None, Some(limit)),
        "lt" => (None, Some(limit - 1)),
        "eq" => (Some(limit), Some(limit)),
        _ => return Err(SetAside::new(format!("comparison {op} is not known"))),
    };
    let least = least.filter(|least| *least > 0);
    Ok(match (least, most) {
        (_, Some(most)) if most < 0 => Range::Never,
        (None, None) => Range::Always,
        (least, most) => Range::Between(least, most),
    })
}

/// Whether shipping fees count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fees {
    In,
    Out,
}

fn spend(form: &Value, adapter: &Adapter, view: &View, fees: Fees) -> Result<Condition, SetAside> {
    let mut fields = Fields::new("spend condition", form)?;
    let op: String = fields.need("op")?;
    let limit = adapter.money(fields.need("amount")?)?;
    let basis: Option<String> = fields.take("basis")?;
    let of = SelectorForm::read(fields.take("selector")?)?.translate(adapter, view.place)?;
    fields.end()?;
    let base = match (basis.as_deref(), view.place.realm) {
        (None | Some("after_catalog"), Realm::Catalogue) | (Some("original"), _) => Base::List,
        (None | Some("after_catalog"), _) => Base::Stage(CART_START.into()),
        (Some("discounted"), _) => view.discounted.clone(),
        (Some(name), _) => return Err(SetAside::new(format!("basis {name} is not known"))),
    };
    let amount = |minor: i64| Amount::from_money(Money::from_minor(minor), adapter.currency);
    Ok(match range(&op, limit.minor())? {
        Range::Always => always(),
        Range::Never => never(),
        Range::Between(least, most) => {
            let spend =
                Spend::between(of, least.map(amount), most.map(amount)).base(base).within(Within::Order);
            Condition::Spend(match fees {
                Fees::In => spend.with_shipping(),
                Fees::Out => spend,
            })
        }
    })
}

fn quantity(form: &Value, adapter: &Adapter, view: &View) -> Result<Condition, SetAside> {
    let mut fields = Fields::new("quantity condition", form)?;
    let op: String = fields.need("op")?;
    let limit: i64 = fields.need::<u32>("value")?.into();
    let count: Option<String> = fields.take("count")?;
    let scope: Option<String> = fields.take("scope")?;
    let of = SelectorForm::read(fields.take("selector")?)?.translate(adapter, view.place)?;
    fields.end()?;
    let at_least: &dyn Fn(u32) -> Condition = match (count.as_deref(), scope.as_deref()) {
        (None | Some("units"), None | Some("cart")) => {
            &|units| Condition::Quantity(Quantity::at_least(of.clone(), units).within(Within::Order))
        }
        (None | Some("units"), Some("any_line")) if view.per == Per::Line => {
            // A rule that works per line sees one line in each part, and the whole order only as one.
            return Err(SetAside::new("the largest line of the order, asked line by line"));
        }
        (None | Some("units"), Some("any_line")) => {
            &|units| Condition::Quantity(Quantity::at_least(of.clone(), units).within(Within::AnyLine))
        }
        (Some("distinct_products"), None | Some("cart")) => {
            &|skus| Condition::DistinctSkus(DistinctSkus::at_least(of.clone(), skus).within(Within::Order))
        }
        _ => {
            return Err(SetAside::new("a quantity condition of unknown count or scope"));
        }
    };
    let number = |limit: i64| u32::try_from(limit).unwrap_or(u32::MAX);
    Ok(match range(&op, limit)? {
        Range::Always => always(),
        Range::Never => never(),
        Range::Between(least, most) => {
            // At most n is not at least n + 1; so the largest line, too, can be asked to be small.
            let mut both: Vec<Condition> = least.map(number).map(at_least).into_iter().collect();
            both.extend(most.map(|most| Condition::Not(Box::new(at_least(number(most + 1))))));
            all(both)
        }
    })
}
