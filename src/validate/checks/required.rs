//! What a rule's own condition asks for in any case, and so what its benefit can never see.

use crate::money::Money;
use crate::rules::{Base, Condition, Quantity, Rule, Selector, Spend, Within};
use crate::validate::scope::Scope;

/// Calls `each` with every condition that must hold for the rule to apply: its own, or the parts of its `all`.
fn for_each<'c>(condition: &'c Condition, depth_left: usize, each: &mut impl FnMut(&'c Condition)) {
    match condition {
        Condition::All(parts) if depth_left > 0 => {
            parts.iter().for_each(|part| for_each(part, depth_left - 1, each));
        }
        other => each(other),
    }
}

/// Calls `each` with every test of the spend that must hold.
fn spends<'r>(scope: &Scope<'_>, rule: &'r Rule, mut each: impl FnMut(&'r Spend)) {
    if let Some(condition) = &rule.condition {
        for_each(condition, scope.limits.condition_depth, &mut |condition| {
            if let Condition::Spend(spend) = condition {
                each(spend);
            }
        });
    }
}

/// The most the units of a selector may be worth together when the rule applies. What is counted in the order is at
/// least what is counted in a part of it, and fees only add to it, so each such test bounds the part's goods.
pub(super) fn spend_most(
    scope: &Scope<'_>,
    rule: &Rule,
    of: &Selector,
    base: Option<&Base>,
) -> Option<Money> {
    let mut most: Option<Money> = None;
    spends(scope, rule, |spend| {
        let bounds = spend.of == *of && spend.base.as_ref() == base && spend.within != Within::AnyLine;
        if bounds && let Some(amount) = spend.at_most.and_then(|amount| scope.minor(amount)) {
            most = Some(most.map_or(amount, |most| most.min(amount)));
        }
    });
    most
}

/// The most any one test of the spend asks for.
pub(super) fn spend_least(scope: &Scope<'_>, rule: &Rule) -> Option<Money> {
    let mut least: Option<Money> = None;
    spends(scope, rule, |spend| {
        least = least.max(spend.at_least.and_then(|amount| scope.minor(amount)));
    });
    least
}

/// The most units of a selector there may be when the rule applies.
pub(super) fn units_most(scope: &Scope<'_>, rule: &Rule, of: &Selector) -> Option<u32> {
    let mut most: Option<u32> = None;
    let mut lower = |quantity: &Quantity| {
        if let Some(units) =
            quantity.at_most.filter(|_| quantity.of == *of && quantity.within != Within::AnyLine)
        {
            most = Some(most.map_or(units, |most| most.min(units)));
        }
    };
    if let Some(condition) = &rule.condition {
        for_each(condition, scope.limits.condition_depth, &mut |condition| {
            if let Condition::Quantity(quantity) = condition {
                lower(quantity);
            }
        });
    }
    most
}

/// Whether the rule's condition or a selector says anything about what units are worth. Then not every cart can come
/// before the benefit.
pub(super) fn looks_at_prices(scope: &Scope<'_>, rule: &Rule, target: &Selector) -> bool {
    let depth = scope.limits.condition_depth;
    selects_by_price(target, depth)
        || rule.condition.as_ref().is_some_and(|condition| tests_prices(condition, depth))
}

fn tests_prices(condition: &Condition, depth_left: usize) -> bool {
    let Some(below) = depth_left.checked_sub(1) else { return true };
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().any(|part| tests_prices(part, below)),
        Condition::Not(inner) => tests_prices(inner, below),
        Condition::Spend(_) => true,
        Condition::Quantity(counted) => selects_by_price(&counted.of, below),
        Condition::DistinctSkus(counted) => selects_by_price(&counted.of, below),
        Condition::Contains(contains) => selects_by_price(&contains.of, below),
        Condition::Window(_)
        | Condition::Weekly(_)
        | Condition::Segment(_)
        | Condition::Level(_)
        | Condition::FirstOrder {}
        | Condition::OrderNumber(_)
        | Condition::Birthday(_)
        | Condition::Channel(_)
        | Condition::Region(_)
        | Condition::PaymentMethod(_)
        | Condition::ShippingMethod(_)
        | Condition::Currency(_)
        | Condition::Code(_)
        | Condition::GroupSize(_)
        | Condition::Experiment(_)
        | Condition::Attribute(_) => false,
    }
}

fn selects_by_price(selector: &Selector, depth_left: usize) -> bool {
    let Some(below) = depth_left.checked_sub(1) else { return true };
    let inner = selector.any.iter().chain(&selector.except);
    selector.unit_price.is_some() || { inner }.any(|inner| selects_by_price(inner, below))
}
