//! What keeps a rule away from an order: goods of which there are too many for it, or any.

use super::levels::{At, Level};
use crate::money::Currency;
use crate::rules::{Condition, Goods, Rule, Test, View};

/// The fewest goods with which each test of a rule's condition fails that asks for few.
pub(super) fn beyond(rule: &Rule, currency: Currency) -> Vec<Level<'_>> {
    let mut beyond = Beyond { currency, list: Vec::new() };
    rule.condition.iter().for_each(|condition| beyond.of(condition, Wanted::ToHold));
    beyond.list
}

/// What a rule wants of a test.
#[derive(Clone, Copy)]
enum Wanted {
    ToHold,
    ToFail,
}

struct Beyond<'r> {
    currency: Currency,
    list: Vec<Level<'r>>,
}

impl<'r> Beyond<'r> {
    /// The nesting of conditions is bounded by validation.
    fn of(&mut self, condition: &'r Condition, wanted: Wanted) {
        let test = match condition.view() {
            View::All(nested) | View::Any(nested) => {
                nested.iter().for_each(|one| self.of(one, wanted));
                return;
            }
            View::Not(nested) => {
                let other = match wanted {
                    Wanted::ToHold => Wanted::ToFail,
                    Wanted::ToFail => Wanted::ToHold,
                };
                return self.of(nested, other);
            }
            View::Test(test) => test,
        };
        match test {
            Test::Goods(goods) => {
                let at = self.too_many(goods, wanted);
                self.list.extend(at.map(|at| Level { of: goods.of(), at }));
            }
            // Goods keep none of these from holding.
            Test::Shipping(_)
            | Test::Window(_)
            | Test::Weekly(_)
            | Test::Code(_)
            | Test::FirstOrder
            | Test::OrderNumber(_)
            | Test::Fact => {}
        }
    }

    /// The fewest goods with which a test of goods is not as the rule wants it; `None` where more of them never are.
    fn too_many(&self, goods: Goods<'_>, wanted: Wanted) -> Option<At> {
        let minor = |amount: crate::money::Amount| Some(amount.to_money(self.currency).ok()?.minor());
        match (goods, wanted) {
            (Goods::Spend(spend), Wanted::ToHold) => {
                spend.at_most.and_then(minor).map(|most| At::Spend(most.saturating_add(1)))
            }
            (Goods::Spend(spend), Wanted::ToFail) => {
                spend.at_least.and_then(minor).map(|least| At::Spend(least.max(1)))
            }
            (Goods::Quantity(quantity), Wanted::ToHold) => {
                quantity.at_most.map(|most| At::Units(most.saturating_add(1)))
            }
            (Goods::Quantity(quantity), Wanted::ToFail) => {
                quantity.at_least.map(|least| At::Units(least.max(1)))
            }
            (Goods::Contains(_), Wanted::ToFail) => Some(At::Units(1)),
            // A piece of each of so many products: at least as many pieces.
            (Goods::DistinctSkus(distinct), Wanted::ToFail) => Some(At::Units(distinct.at_least.max(1))),
            (Goods::Contains(_) | Goods::DistinctSkus(_), Wanted::ToHold) => None,
        }
    }
}
