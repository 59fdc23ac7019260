//! Gaps between the windows of campaigns that are meant to follow each other.

use super::basket::{Basket, Script};
use super::checks::Check;
use super::repair::Change;
use super::search::{FULL_SHOPPERS, Search};
use super::world::World;
use crate::rules::Promise;

/// How long before a gap the order is placed that it is compared with.
const BEFORE_MS: i64 = 1_000;

/// Lets the rule whose window ends before a gap run until the other begins.
pub(super) fn closed(world: &World<'_>, check: &Check) -> Option<Change> {
    let [first, second] = check.subject.as_slice() else { return None };
    let begin = world.rule(second.as_str())?.window().from?;
    Some(Change::CloseGap { rule: first.clone(), until: begin })
}

impl Search<'_, '_> {
    /// Buys in each gap, and the same a moment before it.
    pub(super) fn gaps(&mut self) {
        for at in self.checks_of(|promise| promise == Promise::NoGap) {
            let Some(first) = self.checks.get(at).and_then(|check| check.subject.first()).cloned() else {
                continue;
            };
            let Some(until) = self.world.rule(first.as_str()).and_then(|rule| rule.window().until) else {
                continue;
            };
            let (gap, before) = (until.unix_ms(), until.unix_ms().saturating_sub(BEFORE_MS));
            let rule = self.world.rule(first.as_str());
            let items = rule.map(|rule| self.recipe(rule)).unwrap_or_default();
            let mut baskets: Vec<Basket> = self.applied.get(&first).cloned().into_iter().collect();
            for shopper in self.shoppers().take(FULL_SHOPPERS) {
                baskets.push(Basket::of(shopper, self.all_codes(shopper), items.clone()));
            }
            for basket in baskets {
                if self.is_spent() {
                    return;
                }
                self.try_script(at, Script::Moments { basket, at: gap, before });
            }
        }
    }
}
