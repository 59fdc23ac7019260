//! What needs no search: rules that look at each other by what the rule file says of them, codes, windows, dead rules and tiers.
//! Each is shown by an order that has what the rules themselves ask for.

use std::collections::{BTreeMap, BTreeSet};

use super::basket::Basket;
use super::search::{FULL_SHOPPERS, Search};
use crate::rules::Promise;

impl Search<'_, '_> {
    /// Looks at what the rules say alone, before anything is searched for.
    pub(super) fn structure(&mut self) {
        self.phase("what the rules say", STRUCTURE_KEEPS);
        for at in 0..self.checks.len() {
            self.show(at);
        }
        let dead = self.find_dead();
        self.dead = dead;
        self.seen_by_structure = self.applied.keys().cloned().collect();
    }

    /// Buys what the rules of a structural check ask for together, until it is shown.
    fn show(&mut self, at: usize) {
        let Some(check) = self.checks.get(at).filter(|check| is_structural(check.promise)) else { return };
        let mut items: BTreeMap<usize, u32> = BTreeMap::new();
        for rule in check.subject.iter().filter_map(|id| self.world.rule(id.as_str())) {
            for (product, count) in self.recipe(rule) {
                let held = items.entry(product).or_insert(0);
                *held = (*held).max(count);
            }
        }
        for shopper in self.shoppers().take(FULL_SHOPPERS) {
            let is_shown = match check.promise == Promise::EveryRule {
                true => check.subject.iter().all(|rule| self.applied.contains_key(rule)),
                false => self.is_broken(at),
            };
            if is_shown || self.is_spent() {
                return;
            }
            let codes: BTreeSet<usize> = self.all_codes(shopper);
            self.look(&Basket::of(shopper, codes, items.clone()));
        }
    }
}

/// Percent of the budget that are left for searching.
const STRUCTURE_KEEPS: u64 = 90;

/// Whether the rule file decides which rules a promise is about, so that an order of what they ask for shows it.
const fn is_structural(promise: Promise) -> bool {
    match promise {
        Promise::RunsOnce
        | Promise::HandsOver
        | Promise::ExclusionsClosed
        | Promise::SecretCodes
        | Promise::EveryRule => true,
        Promise::AboveCost
        | Promise::NotFree
        | Promise::Depth
        | Promise::CashLike
        | Promise::ShippingApart
        | Promise::PaidThreshold
        | Promise::EarnedOnCash
        | Promise::RewardsCovered
        | Promise::NoPump
        | Promise::Rounding
        | Promise::RealCut
        | Promise::PriceProtection
        | Promise::GroupHolds
        | Promise::ReturnsNeverPay
        | Promise::LimitsHold
        | Promise::PrizeCeiling
        | Promise::AddItem
        | Promise::SplitPays
        | Promise::Exposure
        | Promise::EqualRanks
        | Promise::ExclusionsHold
        | Promise::NoGap
        | Promise::CapsMatter
        | Promise::PlainPrices
        | Promise::EarnShare
        | Promise::SplitFarm
        | Promise::PoolingPays
        | Promise::AsBefore => false,
    }
}
