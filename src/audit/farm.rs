//! Which rules come to an end: a customer gets something by them in so many orders and no more, so that whatever is lost by
//! them is lost so many times. What is lost without them can be lost in order after order.

use crate::rules::{Condition, Rule, Test, View};

/// Whether a customer can have a rule only in so many orders: it has limits that each of them uses up, is for a first order, or
/// gives out of the wallet.
pub(super) fn comes_to_an_end(rule: &Rule) -> bool {
    let limits = &rule.limits;
    let is_limited = limits.uses.is_some()
        || limits.uses_per_customer.is_some()
        || limits.units.is_some()
        || limits.units_per_customer.is_some()
        || rule.money_budget().is_some();
    is_limited || rule.benefit.is_from_wallet() || rule.condition.as_ref().is_some_and(is_for_early_orders)
}

/// Whether a condition holds for the first orders of a customer alone. The nesting is bounded by validation.
fn is_for_early_orders(condition: &Condition) -> bool {
    match condition.view() {
        View::All(nested) => nested.iter().any(is_for_early_orders),
        View::Test(Test::FirstOrder) => true,
        View::Test(Test::OrderNumber(number)) => number.at_most.is_some(),
        View::Any(_)
        | View::Not(_)
        | View::Test(
            Test::Goods(_)
            | Test::Shipping(_)
            | Test::Window(_)
            | Test::Weekly(_)
            | Test::Code(_)
            | Test::Fact,
        ) => false,
    }
}
