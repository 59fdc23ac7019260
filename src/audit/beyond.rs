//! What keeps a rule away from an order: goods of which there are too many for it, or any.

use super::levels::{At, Level};
use crate::money::Currency;
use crate::rules::{Condition, Rule};

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
        if let Condition::All(nested) | Condition::Any(nested) = condition {
            nested.iter().for_each(|one| self.of(one, wanted));
        } else if let Condition::Not(nested) = condition {
            let other = match wanted {
                Wanted::ToHold => Wanted::ToFail,
                Wanted::ToFail => Wanted::ToHold,
            };
            self.of(nested, other);
        } else if let Condition::Spend(spend) = condition {
            let minor = |amount: crate::money::Amount| amount.to_money(self.currency).ok();
            let at = match wanted {
                Wanted::ToHold => spend.at_most.and_then(minor).map(|most| most.minor().saturating_add(1)),
                Wanted::ToFail => spend.at_least.and_then(minor).map(|least| least.minor().max(1)),
            };
            self.list.extend(at.map(|at| Level { of: &spend.of, at: At::Spend(at) }));
        } else if let Condition::Quantity(quantity) = condition {
            let at = match wanted {
                Wanted::ToHold => quantity.at_most.map(|most| most.saturating_add(1)),
                Wanted::ToFail => quantity.at_least.map(|least| least.max(1)),
            };
            self.list.extend(at.map(|at| Level { of: &quantity.of, at: At::Units(at) }));
        } else if let (Condition::Contains(contains), Wanted::ToFail) = (condition, wanted) {
            self.list.push(Level { of: &contains.of, at: At::Units(1) });
        }
    }
}
