//! Makes a script as small as it can be while it still breaks its promise, and finds the rules it takes.

use std::collections::BTreeSet;

use super::basket::Script;
use super::checks::Check;
use super::search::Search;
use super::witness::Witness;
use crate::rules::{RuleId, RuleSet};

/// A script that still breaks its promise, as small as the budget let it become.
pub(super) struct Shrunk {
    pub script: Script,
    /// Whether dropping any further part is known to mend it.
    pub is_minimal: bool,
}

/// Whether a smaller script is a breach still.
pub(super) enum Still {
    Broken,
    Mended,
    /// The budget has no order left to tell by.
    Untold,
}

impl Still {
    pub(super) const fn of(holds: bool) -> Self {
        if holds { Self::Broken } else { Self::Mended }
    }
}

impl Search<'_, '_> {
    /// The script with every part gone that can go.
    pub(super) fn minimise(&mut self, check: &Check, script: &Script) -> Shrunk {
        let limit = self.world.limit(check.promise);
        self.minimise_while(script, &mut |search, less| {
            let Some(witness) = less.witness(search.world) else { return Still::Mended };
            if search.orders_left < witness.prices() {
                return Still::Untold;
            }
            let Some(replay) = search.replay(&witness) else { return Still::Mended };
            Still::of(search.world.size(check, &witness, &replay, &mut search.scratch) > limit)
        })
    }

    /// The script with every part gone without which it is still what it was: each step drops one, and it ends when all that
    /// are left were tried in vain. So it takes at most the parts times those that go, and often little more than the parts.
    pub(super) fn minimise_while(
        &mut self,
        script: &Script,
        still: &mut dyn FnMut(&mut Self, &Script) -> Still,
    ) -> Shrunk {
        let mut smallest = script.clone();
        let mut parts = smallest.smaller(self.world);
        let (mut next, mut in_vain) = (0, 0);
        while in_vain < parts.len() {
            next = if next < parts.len() { next } else { 0 };
            let Some(less) = parts.get(next).cloned() else { break };
            match still(self, &less) {
                Still::Untold => return Shrunk { script: smallest, is_minimal: false },
                Still::Mended => (next, in_vain) = (next.saturating_add(1), in_vain.saturating_add(1)),
                Still::Broken => {
                    smallest = less;
                    parts = smallest.smaller(self.world);
                    in_vain = 0;
                }
            }
        }
        Shrunk { script: smallest, is_minimal: true }
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
        let mut off: BTreeSet<RuleId> = BTreeSet::new();
        for rule in &involved {
            if check.subject.contains(rule) {
                continue;
            }
            off.insert(rule.clone());
            if self.size_without(check, witness, &off).is_none_or(|left| left < size) {
                off.remove(rule);
            }
        }
        involved.retain(|rule| !off.contains(rule));
        if involved.is_empty() { check.subject.clone() } else { involved }
    }

    fn size_without(&mut self, check: &Check, witness: &Witness, off: &BTreeSet<RuleId>) -> Option<i64> {
        // A world of its own: some promises compare with these rules changed.
        self.settle();
        self.orders_left = self.orders_left.checked_sub(self.world.compiling())?;
        let mut rules: RuleSet = self.world.rules.clone();
        for rule in rules.rules.iter_mut().filter(|rule| off.contains(&rule.id)) {
            rule.enabled = false;
        }
        let world = self.world.with_rules(&rules)?;
        self.orders_left = self.orders_left.checked_sub(witness.prices())?;
        let replay = witness.replay(&world.plan, &mut self.scratch).ok()?;
        Some(world.size(check, witness, &replay, &mut self.scratch))
    }
}
