//! What the checker reads off rules, for itself alone: tests of conditions, and the goods a benefit looks at.

use crate::rules::{
    AmountOff, BargainPrice, Benefit, BuyGet, Condition, Every, Goods, Grant, GroupPrice, NFor, NthUnit,
    PercentOff, PointsRedeem, Presale, QuantityTiers, Rule, Selector, SpendTiers, TotalPrice, UnitLadder,
    UnitPrice, UseBalance, View,
};

/// Every single test of a condition, those under `not` too, in the order in which they are written.
pub(super) fn tests(condition: &Condition) -> Vec<&Condition> {
    let (mut open, mut found) = (vec![condition], Vec::new());
    while let Some(one) = open.pop() {
        match one.view() {
            View::All(nested) | View::Any(nested) => open.extend(nested.iter().rev()),
            View::Not(nested) => open.push(nested),
            View::Test(_) => found.push(one),
        }
    }
    found
}

/// The tests that have to hold each for a condition to hold; what is under `any` or `not` is one. In the order in which
/// they are written.
pub(super) fn musts(condition: &Condition) -> Vec<&Condition> {
    let (mut open, mut found) = (vec![condition], Vec::new());
    while let Some(one) = open.pop() {
        match one.view() {
            View::All(nested) => open.extend(nested.iter().rev()),
            View::Any(_) | View::Not(_) | View::Test(_) => found.push(one),
        }
    }
    found
}

/// The units that get cheaper, where that is one selector.
pub(super) fn goods(benefit: &Benefit) -> Option<&Selector> {
    counted(benefit).0
}

/// Every selector that a rule asks anything of.
pub(super) fn selectors(rule: &Rule) -> Vec<&Selector> {
    let (cheaper, mut all) = counted(&rule.benefit);
    all.extend(cheaper);
    let conditions = rule.condition.iter().chain(rule.benefit.conditions());
    all.extend(conditions.flat_map(tests).filter_map(Condition::of_goods).map(Goods::of));
    all
}

/// Whether a selector asks what a piece costs, itself or by one inside. The nesting is bounded by validation.
pub(super) fn asks_price(selector: &Selector) -> bool {
    selector.unit_price.is_some() || selector.any.iter().chain(&selector.except).any(asks_price)
}

/// Whether a selector asks what a piece is worth by now, or whether that has changed, itself or by one inside. The nesting is
/// bounded by validation.
pub(super) fn asks_value(selector: &Selector) -> bool {
    let Selector {
        unit_price,
        untouched_since,
        any,
        except,
        // What no rule changes.
        skus: _,
        categories: _,
        tags: _,
        shops: _,
        attributes: _,
        on_sale: _,
        gift_cards: _,
    } = selector;
    unit_price.is_some() || untouched_since.is_some() || any.iter().chain(except).any(asks_value)
}

/// The one selector of what gets cheaper, and those of what else is counted.
fn counted(benefit: &Benefit) -> (Option<&Selector>, Vec<&Selector>) {
    match benefit {
        Benefit::SpendTiers(SpendTiers { target, qualifier, .. })
        | Benefit::Every(Every { target, qualifier, .. })
        | Benefit::QuantityTiers(QuantityTiers { target, qualifier, .. }) => {
            (Some(target), qualifier.iter().collect())
        }
        Benefit::PercentOff(PercentOff { target, .. })
        | Benefit::AmountOff(AmountOff { target, .. })
        | Benefit::UnitPrice(UnitPrice { target, .. })
        | Benefit::TotalPrice(TotalPrice { target, .. })
        | Benefit::NthUnit(NthUnit { target, .. })
        | Benefit::UnitLadder(UnitLadder { target, .. })
        | Benefit::NFor(NFor { target, .. })
        | Benefit::GroupPrice(GroupPrice { target, .. })
        | Benefit::BargainPrice(BargainPrice { target, .. })
        | Benefit::PointsRedeem(PointsRedeem { target, .. })
        | Benefit::Presale(Presale { target, .. })
        | Benefit::UseBalance(UseBalance { target, .. }) => (Some(target), Vec::new()),
        Benefit::BuyGet(BuyGet { qualifier, target, .. }) => {
            (Some(&target.selector), vec![&qualifier.selector])
        }
        Benefit::Bundle(bundle) => (None, bundle.parts.iter().map(|part| &part.selector).collect()),
        Benefit::Gift(gift) => (None, vec![&gift.qualifier]),
        Benefit::Grant(Grant { qualifier, .. }) => (None, vec![qualifier]),
        Benefit::PointsEarn(earn) => {
            let factors = earn.multipliers.iter().map(|factor| &factor.of);
            (None, std::iter::once(&earn.of).chain(factors).collect())
        }
        Benefit::Shipping(_) => (None, Vec::new()),
    }
}
