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

    /// The rules it takes to lose so much: those that apply in the script, less each one that can be switched off without
    /// lowering the loss.
    pub(super) fn responsible(&mut self, check: &Check, witness: &Witness, size: i64) -> Vec<RuleId> {
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
            if self.size_without(check, witness, &off).is_none_or(|left| left < size) {
                off.pop();
            }
        }
        involved.retain(|rule| !off.contains(rule));
        if involved.is_empty() { check.subject.clone() } else { involved }
    }

    fn size_without(&mut self, check: &Check, witness: &Witness, off: &[RuleId]) -> Option<i64> {
        let mut rules: RuleSet = self.world.rules.clone();
        for rule in rules.rules.iter_mut().filter(|rule| off.contains(&rule.id)) {
            rule.enabled = false;
        }
        // A world of its own: some promises compare with these rules changed.
        self.orders_left = self.orders_left.checked_sub(self.world.compiling())?;
        let world = self.world.with_rules(&rules)?;
        self.orders_left = self.orders_left.checked_sub(witness.prices())?;
        let replay = witness.replay(&world.plan, &mut self.scratch).ok()?;
        Some(world.size(check, witness, &replay, &mut self.scratch))
    }
}
