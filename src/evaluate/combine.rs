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

/// Most rules of which the best combination is found for certain.
const CERTAIN_MAX: usize = 12;
// A search looks at two nodes for each set at most.
const _: () = assert!(2 << CERTAIN_MAX <= COMBINATION_NODES_MAX);

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
        let candidates_end = candidates.end;
        self.list_contenders(scratch, stage, candidates);
        let must = scratch.must_combine(candidates_end);
        let found = self.combinations(scratch, stage, must);
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

    /// Searches the combinations of the contenders that hold those that must be; leaves everything as it was.
    fn combinations(self, scratch: &mut Scratch, stage: &PlanStage, must: Mask) -> Found {
        let count = scratch.contenders.len();
        if count <= 1 || must.count_ones() as usize == count {
            // Nothing is to be weighed: a single rule applies when it gives anything.
            return Found::only((0..count).fold(0, |all, at| all | bit(at)));
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
            must,
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

impl Scratch {
    /// The contenders that every combination must hold: those that a search for coupons has taken. A set of coupons is
    /// admissible only when the stage selects all of them, and then the best combination of all is the best one that holds
    /// them. Whether it is must be asked before the set counts.
    ///
    /// A stage that may run out of nodes may select something worse, with the same coupons. Then it is asked at once, unless
    /// nothing comes behind it: there something worse costs more for certain.
    fn must_combine(&mut self, candidates_end: usize) -> Mask {
        let Self { contenders, bars, candidates, .. } = &*self;
        let is_taken = |at: &usize| bars.get(contenders[*at] as usize) == Some(&Bar::Taken);
        let must = (0..contenders.len()).filter(is_taken).fold(0, |must, at| must | bit(at));
        let others = contenders.len() - must.count_ones() as usize;
        let is_last = candidates_end == candidates.len();
        let is_certain = others == 0 || contenders.len() <= CERTAIN_MAX || is_last && others <= CERTAIN_MAX;
        if must == 0 || contenders.len() == 1 || !is_certain {
            return 0;
        }
        self.presumed += 1;
        must
    }
}
