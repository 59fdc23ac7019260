//! Who goes together with whom: what a coupon sets aside, and what the bound need not count twice.
//!
//! Of the steps of a *clique* at most one applies. Cliques cover crosswise exclusions badly: of five steps in a ring two go
//! together, and three cliques cover it. So cliques that exclude each other are joined to *blocks*, as long as all sets of
//! steps of a block that go together can be listed: whatever applies of a block is part of one of them.

use super::model::{Step, excludes, is_single};
use super::options::{Mask, Options};
use crate::compile::Plan;

/// Most steps whose exclusions are compared for the bound; those beyond count as going with everything.
const KIN_MAX: usize = Mask::BITS as usize;
/// Most sets that are listed of a block.
const SETS_MAX: usize = 24;

/// What goes together, by step.
#[derive(Debug, Default)]
pub(super) struct Kin {
    /// Steps by number: those that options unlock, then the others.
    order: Vec<u32>,
    /// By number: those that never apply together with it.
    foes: Vec<Mask>,
    /// By clique, as far as numbers go.
    cliques: Vec<Mask>,
    /// How many cliques there are.
    pub count: usize,
    /// By clique: whether it is part of a block.
    pub joined: Vec<bool>,
    /// Ranges of `sets`.
    pub blocks: Vec<(u32, u32)>,
    /// Ranges of `members`, and the numbers in them.
    sets: Vec<(u32, u32, Mask)>,
    /// Steps.
    members: Vec<u32>,
    /// The sets of the block at hand, and with one clique more.
    listed: Vec<Mask>,
    tried: Vec<Mask>,
}

impl Kin {
    /// No step says anything about another.
    pub fn strangers(&mut self, steps: &mut [Step]) {
        (0_u32..).zip(&mut *steps).for_each(|(at, step)| step.clique = at);
        self.count = steps.len();
        self.joined.clear();
        self.joined.resize(steps.len(), false);
        self.blocks.clear();
    }

    /// Works out the foes of all steps, cliques and blocks.
    pub fn relate(&mut self, plan: &Plan, options: &Options, steps: &mut [Step]) {
        let (coupons, others): (Vec<u32>, Vec<u32>) =
            (0..steps.len() as u32).partition(|at| steps[*at as usize].unlocked_by != 0);
        self.order.clear();
        self.order.extend(coupons.iter().chain(&others));
        self.compare(plan, steps, coupons.len());
        foes_without_step(plan, options, steps);
        self.find_cliques(plan, steps);
        self.find_blocks();
    }

    /// Compares every two steps one of which an option unlocks, since the choice depends on those, and others as far as they
    /// are numbered.
    fn compare(&mut self, plan: &Plan, steps: &mut [Step], coupons: usize) {
        let numbered = self.order.len().min(KIN_MAX);
        self.foes.clear();
        self.foes.resize(numbered, 0);
        for one in 0..numbered {
            let compared = if one < coupons { self.order.len() } else { numbered };
            for other in one + 1..compared {
                let (a, b) = (self.order[one] as usize, self.order[other] as usize);
                let excluded = excludes(plan, steps[a].rule, steps[b].rule);
                let rivals = excluded || is_one_of_stage(plan, &steps[a], &steps[b]);
                if rivals && other < numbered {
                    self.foes[one] |= 1 << other;
                    self.foes[other] |= 1 << one;
                }
                // An automatic rule of a stage with one winner is not set aside: it may lose.
                let clash = |step: &Step| if step.unlocked_by == 0 { excluded } else { rivals };
                if clash(&steps[a]) {
                    steps[a].foes |= steps[b].unlocked_by;
                }
                if clash(&steps[b]) {
                    steps[b].foes |= steps[a].unlocked_by;
                }
            }
        }
    }

    /// Puts each step into the first clique all of whose members it excludes.
    fn find_cliques(&mut self, plan: &Plan, steps: &mut [Step]) {
        let Self { order, foes, cliques, .. } = self;
        cliques.clear();
        for (number, foes) in foes.iter().enumerate() {
            let found = cliques.iter().position(|clique| clique & !foes == 0);
            let clique = found.unwrap_or(cliques.len());
            match cliques.get_mut(clique) {
                Some(members) => *members |= 1 << number,
                None => cliques.push(1 << number),
            }
            let step = &mut steps[order[number] as usize];
            (step.clique, step.number) = (clique as u32, number as u32);
        }
        self.count = cliques.len();
        // Those beyond stand alone, save in stages with one winner.
        for number in foes.len()..order.len() {
            let (before, own) = (order[number - 1] as usize, order[number] as usize);
            if number == foes.len() || !is_one_of_stage(plan, &steps[before], &steps[own]) {
                self.count += 1;
            }
            steps[own].clique = self.count as u32 - 1;
        }
        self.joined.clear();
        self.joined.resize(self.count, false);
    }

    /// Joins cliques that exclude each other crosswise.
    fn find_blocks(&mut self) {
        self.blocks.clear();
        self.sets.clear();
        self.members.clear();
        for first in 0..self.cliques.len() {
            if self.joined[first] {
                continue;
            }
            let mut block = self.cliques[first];
            self.listed.clear();
            self.listed.extend(numbers(block).map(|number| 1 << number));
            while let Some((next, clique)) = self.next_of_block(first, block) {
                block |= clique;
                self.joined[first] = true;
                self.joined[next] = true;
                std::mem::swap(&mut self.listed, &mut self.tried);
            }
            if self.joined[first] {
                self.close_block();
            }
        }
    }

    /// A clique that excludes some of a block, and with which the block's sets can still be listed; they are in `tried`.
    fn next_of_block(&mut self, first: usize, block: Mask) -> Option<(usize, Mask)> {
        let beside = numbers(block).fold(0, |all, number| all | self.foes[number]) & !block;
        for next in first + 1..self.cliques.len() {
            let clique = self.cliques[next];
            if self.joined[next] || clique & beside == 0 {
                continue;
            }
            self.tried.clone_from(&self.listed);
            if numbers(clique).all(|number| add(&mut self.tried, number, self.foes[number])) {
                return Some((next, clique));
            }
        }
        None
    }

    fn close_block(&mut self) {
        let Self { order, blocks, sets, members, listed, .. } = self;
        let from = sets.len() as u32;
        for set in &*listed {
            let first = members.len() as u32;
            members.extend(numbers(*set).map(|number| order[number]));
            sets.push((first, members.len() as u32, *set));
        }
        blocks.push((from, sets.len() as u32));
    }

    /// The most that steps of blocks take, when each step takes at most so much, and the numbers of those that take it.
    pub fn most_of_blocks(&self, most: &[i64]) -> (i64, Mask) {
        let (mut sum, mut favoured) = (0_i64, 0);
        for (from, until) in &self.blocks {
            let mut best = (0, 0);
            for (first, last, numbers) in &self.sets[*from as usize..*until as usize] {
                let members = &self.members[*first as usize..*last as usize];
                let taken = members.iter().fold(0_i64, |sum, step| sum.saturating_add(most[*step as usize]));
                if taken > best.0 {
                    best = (taken, *numbers);
                }
            }
            sum = sum.saturating_add(best.0);
            favoured |= best.1;
        }
        (sum, favoured)
    }

    /// Whether a step is in a block, and whether its number is among some.
    pub fn is_favoured(&self, step: &Step, favoured: Mask) -> Option<bool> {
        let joined = self.joined[step.clique as usize];
        joined.then(|| favoured >> step.number & 1 == 1)
    }
}

/// Options whose rule is no candidate can still not be taken together with the steps their rule excludes.
fn foes_without_step(plan: &Plan, options: &Options, steps: &mut [Step]) {
    for (bit, option) in options.iter() {
        let Some(rule) = option.rule.filter(|rule| steps.iter().all(|step| step.rule != *rule)) else {
            continue;
        };
        for step in steps.iter_mut().filter(|step| excludes(plan, rule, step.rule)) {
            step.foes |= bit;
        }
    }
}

/// Whether two steps stand in a stage that has one winner.
fn is_one_of_stage(plan: &Plan, one: &Step, other: &Step) -> bool {
    one.stage == other.stage && is_single(&plan.stages[one.stage as usize])
}

/// The numbers in a mask, rising.
fn numbers(mut mask: Mask) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let number = mask.trailing_zeros();
        (number < Mask::BITS).then(|| {
            mask &= mask - 1;
            number as usize
        })
    })
}

/// Adds a step to the largest sets that go together; false when there are too many of them. A set with which the step goes
/// together takes it in; any other stays, and what of it goes together with the step may be a further one.
fn add(sets: &mut Vec<Mask>, number: usize, foes: Mask) -> bool {
    let own: Mask = 1 << number;
    let known = sets.len();
    for at in 0..known {
        let set = sets[at];
        if set & foes == 0 {
            sets[at] = set | own;
        } else {
            sets.push(set & !foes | own);
        }
    }
    // Of those with the step, only the ones that are part of no other stay.
    let mut at = known;
    while at < sets.len() {
        let set = sets[at];
        let is_part = |(other, whole): (usize, &Mask)| other != at && set & !whole == 0;
        if sets.iter().enumerate().any(is_part) {
            sets.swap_remove(at);
        } else {
            at += 1;
        }
    }
    sets.len() <= SETS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sets that go together and that no number can be added to, by trying all sets.
    fn by_force(foes: &[Mask]) -> Vec<Mask> {
        let goes = |set: Mask| numbers(set).all(|number| foes[number] & set == 0);
        let all = (0..1 << foes.len()).filter(|set| goes(*set));
        let grows =
            |set: Mask| (0..foes.len()).any(|number| set >> number & 1 == 0 && goes(set | 1 << number));
        all.filter(|set| !grows(*set)).collect()
    }

    fn listed(foes: &[Mask]) -> Option<Vec<Mask>> {
        let mut sets = vec![0];
        let fits = foes.iter().enumerate().all(|(number, foes)| {
            // Those to come are not there yet.
            add(&mut sets, number, foes & ((1 << number) - 1))
        });
        sets.sort_unstable();
        fits.then_some(sets)
    }

    #[test]
    fn sets_that_go_together_are_those_that_trying_all_finds() {
        // Every way to exclude among six.
        let pairs: Vec<(usize, usize)> = (0..6).flat_map(|a| (a + 1..6).map(move |b| (a, b))).collect();
        for graph in 0_u32..1 << pairs.len() {
            let mut foes = [0; 6];
            for (at, (a, b)) in pairs.iter().enumerate() {
                if graph >> at & 1 == 1 {
                    foes[*a] |= 1 << b;
                    foes[*b] |= 1 << a;
                }
            }
            // Six steps have nine such sets at most.
            assert_eq!(listed(&foes), Some(by_force(&foes)), "{graph:015b}");
        }
    }

    #[test]
    fn more_sets_than_are_listed_are_not_listed() {
        // Four threes, any of each: 81 sets.
        let foes: Vec<Mask> = (0..12).map(|at| (0b111 << (at / 3 * 3)) & !(1 << at)).collect();
        assert_eq!(listed(&foes), None);
        assert_eq!(listed(&foes[..6]).map(|sets| sets.len()), Some(9));
    }
}
