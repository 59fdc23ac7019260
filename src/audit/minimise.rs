//! Makes a script as small as it can be while it still breaks its promise, and finds the rules it takes.

use super::basket::Script;
use super::checks::Check;
use super::search::Search;
use super::witness::Witness;
use crate::rules::{RuleId, RuleSet};

impl Search<'_, '_> {
    /// The script with every part gone that can go: dropping any further product, piece or code mends it.
    ///
    /// Each step keeps the first smaller script that still breaks the promise, so it ends after as many steps as there
    /// are parts; when the budget ends first, `None`.
    pub(super) fn minimise(&mut self, check: &Check, script: &Script) -> Option<Script> {
        let limit = self.world.limit(check.promise);
        let mut smallest = script.clone();
        'smaller: loop {
            for less in smallest.smaller() {
                if self.orders_left < 8 {
                    return None;
                }
                if self.measure(check, &less).is_some_and(|size| size > limit) {
                    smallest = less;
                    continue 'smaller;
                }
            }
            return Some(smallest);
        }
    }

    /// The rules without any of which the promise would hold: those that apply in the script, less each one that can be
    /// switched off while the promise stays broken.
    pub(super) fn responsible(&mut self, check: &Check, witness: &Witness) -> Vec<RuleId> {
        let Some(replay) = self.replay(witness) else { return check.subject.clone() };
        let quotes = replay.quotes.iter().chain(&replay.instead_of);
        let mut involved: Vec<RuleId> = Vec::new();
        for quote in quotes {
            involved.extend(quote.rules.iter().map(|total| total.rule.clone()));
            involved.extend(quote.gifts.iter().map(|gift| gift.rule.clone()));
        }
        involved.sort();
        involved.dedup();
        let mut off: Vec<RuleId> = Vec::new();
        for rule in &involved {
            if check.subject.contains(rule) {
                continue;
            }
            off.push(rule.clone());
            if !self.is_broken_without(check, witness, &off) {
                off.pop();
            }
        }
        involved.retain(|rule| !off.contains(rule));
        if involved.is_empty() { check.subject.clone() } else { involved }
    }

    fn is_broken_without(&mut self, check: &Check, witness: &Witness, off: &[RuleId]) -> bool {
        let mut rules: RuleSet = self.world.rules.clone();
        for rule in rules.rules.iter_mut().filter(|rule| off.contains(&rule.id)) {
            rule.enabled = false;
        }
        let Ok(plan) = crate::compile(&rules) else { return false };
        let Some(left) = self.orders_left.checked_sub(witness.prices()) else { return false };
        self.orders_left = left;
        let Ok(replay) = witness.replay(&plan, &mut self.scratch) else { return false };
        self.world.size(check, witness, &replay, &mut self.scratch) > self.world.limit(check.promise)
    }
}
