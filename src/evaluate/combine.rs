//! The rules of a stage that save most together, by the search that chooses coupons, too.

use std::ops::Range;

use super::Pricing;
use super::near::Wanted;
use super::scratch::{Bar, Scratch};
use super::search::options::{Choosable, Mask, Options, bit};
use super::search::{Found, Reach, Search};
use super::verdict::Verdict;
use super::walk::{Mark, Walk};
use crate::bounds::COMBINATION_NODES_MAX;
use crate::compile::Plan;
use crate::compile::plan::PlanStage;
use crate::money::Money;
use crate::record::UnprovenStage;

/// Buffers of stages that combine.
#[derive(Debug, Default)]
pub(super) struct Combiner {
    search: Search,
    options: Options,
    bars: Vec<Bar>,
    start: Mark,
}

/// A stage of which not all combinations were looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unproven {
    pub stage: u32,
    /// No combination saves more by more than this.
    pub gap: i64,
}

impl Unproven {
    /// The same for the quote.
    pub fn in_quote(self, plan: &Plan) -> UnprovenStage {
        let stage = plan.stages[self.stage as usize].id.clone();
        UnprovenStage { stage, gap: Money::from_minor(self.gap) }
    }
}

impl Pricing<'_> {
    /// Lets those candidates of a stage apply that leave least to pay for when it ends.
    pub(super) fn best_combination(self, scratch: &mut Scratch, stage: &PlanStage, candidates: Range<usize>) {
        let (applied, verdicts) = (scratch.applied.len(), scratch.verdicts.len());
        self.list_contenders(scratch, stage, candidates);
        let found = self.combinations(scratch, stage);
        let taken = found.sets.first().map_or(0, |set| set.taken);
        for at in 0..scratch.contenders.len() {
            let number = scratch.contenders[at];
            let verdict = if taken & bit(at) == 0 {
                Verdict::NotSelected(None)
            } else {
                self.try_rule(scratch, stage, number, applied)
            };
            scratch.verdicts.push((number, verdict));
        }
        scratch.verdicts[verdicts..].sort_unstable_by_key(|(number, _)| *number);
        if let (Some(gap), Some(number)) = (found.gap, scratch.contenders.first()) {
            let stage = self.plan.rules[*number as usize].stage;
            scratch.unproven.push(Unproven { stage, gap });
        }
    }

    /// Searches the combinations of the contenders; leaves everything as it was.
    fn combinations(self, scratch: &mut Scratch, stage: &PlanStage) -> Found {
        if let [_] | [] = scratch.contenders[..] {
            // With a single rule there is nothing to combine: it applies when it gives anything.
            let taken: Mask = if scratch.contenders.is_empty() { 0 } else { bit(0) };
            return Found::only(taken);
        }
        let mut combiner = scratch.combiner.take().unwrap_or_default();
        let Combiner { search, options, bars, start } = &mut *combiner;
        options.set(scratch.contenders.iter().map(|rule| Choosable { rule: Some(*rule), asked: None }));
        let contenders = scratch.contenders.clone();
        let candidates = std::mem::replace(&mut scratch.candidates, contenders);
        let verdicts = std::mem::take(&mut scratch.verdicts);
        let wanted = std::mem::replace(&mut scratch.misses.wanted, Wanted::No);
        bars.clone_from(&scratch.bars);
        scratch.bars.resize(self.plan.rules.len(), Bar::Up);

        let mut walk = Walk::inside(self, scratch);
        walk.save(start);
        let reach = Reach {
            options: (options.len() as u32).min(stage.max_rules),
            nodes: COMBINATION_NODES_MAX,
            keep: 1,
        };
        let found = search.run(self.plan, &mut walk, options, reach);
        walk.go_back(start);
        scratch.nodes += search.nodes;

        scratch.bars.clone_from(bars);
        scratch.misses.wanted = wanted;
        scratch.verdicts = verdicts;
        scratch.candidates = candidates;
        scratch.combiner = Some(combiner);
        found
    }
}
