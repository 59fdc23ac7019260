//! Which rules come to an end: a customer gets something by them in so many orders and no more, so that whatever is lost by
//! them is lost so many times. What is lost without them can be lost in order after order.

use crate::rules::{Benefit, Condition, Rule};

/// Whether a customer can have a rule only in so many orders: it has limits that each of them uses up, is for a first order, or
/// gives out of the wallet.
pub(super) fn comes_to_an_end(rule: &Rule) -> bool {
    let limits = &rule.limits;
    let is_limited = limits.uses.is_some()
        || limits.uses_per_customer.is_some()
        || limits.units.is_some()
        || limits.units_per_customer.is_some()
        || rule.money_budget().is_some();
    let from_wallet = matches!(rule.benefit, Benefit::PointsRedeem(_) | Benefit::UseBalance(_));
    is_limited || from_wallet || rule.condition.as_ref().is_some_and(is_for_early_orders)
}

/// Whether a condition holds for the first orders of a customer alone. The nesting is bounded by validation.
fn is_for_early_orders(condition: &Condition) -> bool {
    if let Condition::All(nested) = condition {
        nested.iter().any(is_for_early_orders)
    } else if let Condition::OrderNumber(number) = condition {
        number.at_most.is_some()
    } else {
        matches!(condition, Condition::FirstOrder {})
    }
}
