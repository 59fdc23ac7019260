//! Units shared out among multi-buy offers so that together they save most.
//!
//! Every way to share out counts of units, run by run, is one way; each is put into force and measured, so whatever an
//! offer says (picks, groups, floors, caps) is taken as it is. Ways are gone through in a fixed order, those that give fewer
//! units first, and only one that saves more replaces the best; what all offers do in rank order comes first of all. Ways
//! that cannot save more are passed over: `offers` says what a unit may save at most. The budget counts steps.

use std::ops::Range;

use super::Pricing;
use super::combine::Unproven;
use super::near::Wanted;
use super::offers::{Ask, SCALE};
use super::scratch::{Backup, Scratch};
use super::state::{NONE, Part, Used, Want};
use super::verdict::Verdict;
use crate::bounds::COMBINATION_NODES_MAX;
use crate::compile::plan::PlanStage;

/// Most pairs of a run and an offer that are looked at.
const SLOTS_MAX: usize = 4_096;

/// Buffers of stages that share out units.
#[derive(Debug, Default)]
pub(super) struct Assigner {
    slots: Vec<Slot>,
    /// The best way found: units by slot; none while rank order is best.
    best: Option<Vec<u32>>,
    /// By run: the contender its units were dealt to.
    owners: Vec<u32>,
    backup: Backup,
    ranks: Vec<u32>,
    nodes: u64,
}

/// Units of a run for an offer.
#[derive(Clone, Copy, Debug)]
struct Slot {
    run: u32,
    rank: u32,
    units: u32,
    contender: u32,
    /// The most one of them saves by it, scaled.
    saves: i128,
    /// The most one of them saves by this or a later offer, scaled.
    saves_later: i128,
    /// The most all units of later runs save, scaled.
    saves_behind: i128,
    /// Units given so far in the way at hand.
    given: u32,
}

impl Pricing<'_> {
    /// Shares out the units of a stage and lets every offer work on its own.
    pub(super) fn best_assignment(self, scratch: &mut Scratch, stage: &PlanStage, candidates: Range<usize>) {
        let (applied, verdicts) = (scratch.applied.len(), scratch.verdicts.len());
        self.list_contenders(scratch, stage, candidates);
        let mut assigner = scratch.assigner.take().unwrap_or_default();
        let gap = self.find_assignment(scratch, stage, &mut assigner);
        let dealt = assigner.best.take();
        if let Some(best) = &dealt {
            assigner.slots.iter_mut().zip(best).for_each(|(slot, given)| slot.given = *given);
            assigner.deal(scratch);
        }
        for at in 0..scratch.contenders.len() {
            let number = scratch.contenders[at];
            if dealt.is_some() {
                assigner.show(scratch, at as u32);
            }
            let verdict = self.try_rule(scratch, stage, number, applied);
            scratch.verdicts.push((number, verdict));
        }
        scratch.verdicts[verdicts..].sort_unstable_by_key(|(number, _)| *number);
        scratch.nodes += assigner.nodes;
        scratch.assigner = Some(assigner);
        if let (Some(gap), Some(number)) = (gap, scratch.contenders.first()) {
            let stage = self.plan.rules[*number as usize].stage;
            scratch.unproven.push(Unproven { stage, gap });
        }
    }

    /// Fills `contenders` with the candidates that may apply, and notes why the others may not.
    pub(super) fn list_contenders(self, scratch: &mut Scratch, stage: &PlanStage, candidates: Range<usize>) {
        let applied = scratch.applied.len();
        scratch.contenders.clear();
        for at in candidates {
            let number = scratch.candidates[at];
            // What is shut now stays shut: what has applied before the stage, or was used up, does not change in it.
            match self.open(scratch, stage, number, applied) {
                Ok(_) => scratch.contenders.push(number),
                Err(verdict) => scratch.verdicts.push((number, verdict)),
            }
        }
    }

    /// Finds the way that saves most and leaves everything as it was; returns how much more another may save, when not
    /// all were looked at.
    fn find_assignment(
        self,
        scratch: &mut Scratch,
        stage: &PlanStage,
        assigner: &mut Assigner,
    ) -> Option<i64> {
        assigner.best = None;
        assigner.nodes = 0;
        if scratch.contenders.is_empty() {
            return None;
        }
        let slack = self.list_slots(scratch, assigner);
        let worth = scratch.state.total;
        let wanted = std::mem::replace(&mut scratch.misses.wanted, Wanted::No);
        let faults = (scratch.state.out_of_runs, scratch.state.overflowed);
        scratch.save(&mut assigner.backup);
        let in_rank_order = self.saved(scratch, stage, assigner, Dealt::No);
        let gap = match slack {
            Some(slack) => self.walk_slots(scratch, stage, assigner, (in_rank_order, slack)),
            // Goods give no more than they are worth.
            None => Some(worth - in_rank_order).filter(|gap| *gap > 0),
        };
        (scratch.state.out_of_runs, scratch.state.overflowed) = faults;
        scratch.misses.wanted = wanted;
        gap
    }

    /// Lists which runs are in the pools of which contenders; returns what roundings may add to all bounds, scaled, or nothing
    /// when there are too many to look at.
    fn list_slots(self, scratch: &mut Scratch, assigner: &mut Assigner) -> Option<i128> {
        let Assigner { slots, ranks, .. } = assigner;
        slots.clear();
        scratch.state.rank_runs(ranks);
        let mut slack = 0;
        for (contender, number) in (0_u32..).zip(&scratch.contenders) {
            let rule = &self.plan.rules[*number as usize];
            let ask = Ask::of(rule, self.parts_most(scratch, rule.per));
            slack += ask.slack;
            let first = slots.len();
            let mut known = first;
            rule.benefit.each_pool(|pool, role| {
                scratch.state.for_each(self.cart, pool, Part::Order, Want::Pool, |at, run| {
                    if slots.len() > SLOTS_MAX {
                        return;
                    }
                    let saves = ask.most(run.value.max(run.entry), run.units, role);
                    // No pool has a run twice, so only those of the pools before can have it.
                    match slots[first..known].iter_mut().find(|slot| slot.run == at) {
                        Some(slot) => slot.saves = slot.saves.max(saves),
                        None => slots.push(Slot {
                            run: at,
                            rank: ranks[at as usize],
                            units: run.units,
                            contender,
                            saves,
                            saves_later: 0,
                            saves_behind: 0,
                            given: 0,
                        }),
                    }
                });
                known = slots.len();
            });
        }
        if slots.len() > SLOTS_MAX {
            return None;
        }
        slots.sort_unstable_by_key(|slot| (slot.rank, slot.contender));
        let (mut behind, mut later, mut last) = (0, 0, None);
        for slot in slots.iter_mut().rev() {
            if last.is_some_and(|(run, _)| run != slot.run) {
                behind += last.map_or(0, |(_, units)| i128::from(units)) * later;
                later = 0;
            }
            later = slot.saves.max(later);
            last = Some((slot.run, slot.units));
            (slot.saves_later, slot.saves_behind) = (later, behind);
        }
        Some(slack)
    }

    /// Goes through the ways, fewer units first.
    fn walk_slots(
        self,
        scratch: &mut Scratch,
        stage: &PlanStage,
        assigner: &mut Assigner,
        (in_rank_order, slack): (i64, i128),
    ) -> Option<i64> {
        let mut best = in_rank_order;
        let most_minor = |scaled: i128| i64::try_from((scaled + slack) / SCALE).unwrap_or(i64::MAX);
        let (mut at, mut sum) = (0, 0_i128);
        loop {
            if most_minor(sum + assigner.most_from(at)) > best {
                assigner.nodes += 1;
                if assigner.nodes > COMBINATION_NODES_MAX {
                    return Some((most_minor(assigner.most_open(at)) - best).max(0));
                }
                if at < assigner.slots.len() {
                    at += 1;
                    continue;
                }
                let saved = self.saved(scratch, stage, assigner, Dealt::Yes);
                if saved > best {
                    best = saved;
                    assigner.best = Some(assigner.slots.iter().map(|slot| slot.given).collect());
                }
            }
            // The next way that may save more: more units in the last slot that has them to give.
            let least = i128::from(best).saturating_add(1) * SCALE - slack;
            loop {
                // In front of the first slot there is nothing left to change: all ways were looked at.
                at = at.checked_sub(1)?;
                let given = assigner.next_given(at, sum, least);
                let slot = &mut assigner.slots[at];
                sum += (i128::from(given.unwrap_or(0)) - i128::from(slot.given)) * slot.saves;
                slot.given = given.unwrap_or(0);
                if given.is_some() {
                    at += 1;
                    break;
                }
            }
        }
    }

    /// What the stage saves in the way at hand, or in rank order; leaves everything as it was.
    fn saved(self, scratch: &mut Scratch, stage: &PlanStage, assigner: &mut Assigner, dealt: Dealt) -> i64 {
        let (applied, before) = (scratch.applied.len(), scratch.state.total);
        if dealt == Dealt::Yes {
            assigner.deal(scratch);
        }
        for at in 0..scratch.contenders.len() {
            if dealt == Dealt::Yes {
                assigner.show(scratch, at as u32);
            }
            let _: Verdict = self.try_rule(scratch, stage, scratch.contenders[at], applied);
        }
        let saved = before - scratch.state.total;
        scratch.go_back(self.plan, &assigner.backup);
        saved
    }
}

/// Whether units are shared out, or each offer takes what those before left.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dealt {
    Yes,
    No,
}

impl Assigner {
    /// The most that slots from `at` on save, scaled.
    fn most_from(&self, at: usize) -> i128 {
        let Some(slot) = self.slots.get(at) else { return 0 };
        i128::from(self.room(at)) * slot.saves_later + slot.saves_behind
    }

    /// The most that any way saves that has not been looked at, when slot `at` is next, scaled.
    fn most_open(&self, at: usize) -> i128 {
        let (mut sum, mut most) = (0, 0);
        for (position, slot) in self.slots.iter().enumerate().take(at) {
            if slot.given < self.room(position) {
                most = (sum + self.most_from(position)).max(most);
            }
            sum += i128::from(slot.given) * slot.saves;
        }
        (sum + self.most_from(at)).max(most)
    }

    /// The next larger number of units of a slot with which a way may save at least so much, scaled; `sum` is what the slots
    /// up to this one save. What a way may save grows or falls evenly with each unit given, so none in between is looked at.
    fn next_given(&self, at: usize, sum: i128, least: i128) -> Option<u32> {
        let (slot, room) = (&self.slots[at], self.room(at));
        let next = slot.given.checked_add(1).filter(|next| *next <= room)?;
        let rest = i128::from(room - next);
        let (behind, each_later) = match self.slots.get(at + 1) {
            Some(later) if later.run == slot.run => {
                (rest * later.saves_later + later.saves_behind, later.saves_later)
            }
            Some(later) => (i128::from(later.units) * later.saves_later + later.saves_behind, 0),
            None => (0, 0),
        };
        let (missing, more) = (least - (sum + slot.saves + behind), slot.saves - each_later);
        if missing <= 0 {
            return Some(next);
        }
        let further = (more > 0).then(|| (missing + more - 1) / more).filter(|further| *further <= rest)?;
        u32::try_from(further).ok()?.checked_add(next)
    }

    /// Units of a slot's run that slots before it left.
    fn room(&self, at: usize) -> u32 {
        let Some(own) = self.slots.get(at) else { return 0 };
        let before = self.slots[..at].iter().rev().take_while(|slot| slot.run == own.run);
        before.fold(own.units, |rest, slot| rest - slot.given)
    }

    /// Cuts runs as units are given.
    fn deal(&mut self, scratch: &mut Scratch) {
        self.owners.clear();
        for slot in self.slots.iter().filter(|slot| slot.given > 0) {
            let piece = scratch.state.cut(slot.run, slot.given) as usize;
            self.owners.resize(scratch.state.runs.len(), NONE);
            self.owners[piece] = slot.contender;
        }
    }

    /// Shows a contender its own units alone.
    fn show(&self, scratch: &mut Scratch, contender: u32) {
        for (at, run) in scratch.state.runs.iter_mut().enumerate() {
            let own = self.owners.get(at).is_some_and(|owner| *owner == contender);
            run.used = if own { Used::No } else { Used::Yes };
        }
        // The marks are taken off when the next stage starts.
        scratch.state.changed = true;
    }
}
