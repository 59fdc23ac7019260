//! Stages: who competes, who wins (section 2 of the semantics).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::effects::{Computed, On};
use super::state::{Run, State};
use super::{Event, Selected, World};
use crate::rules::{Base, Basis, Rule, RuleId, Select, Stage};

/// What a product or charge is, as something rules compete for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Prize {
    Product(u32),
    Charge(usize),
}

impl<'a> World<'a> {
    pub fn run_stage(&self, state: &mut State, at: usize) {
        let stage = &self.rules.stages[at];
        let mut rules: Vec<&Rule> = self.rules.rules.iter().filter(|rule| rule.stage == stage.id).collect();
        rules.sort_by(|a, b| (a.rank, &a.id).cmp(&(b.rank, &b.id)));
        match stage.select {
            Select::All => self.select_all(state, &rules, stage.basis),
            Select::First => self.select_first(state, &rules),
            Select::BestCombination => self.select_combination(state, &rules, stage),
            Select::BestAssignment => self.select_assignment(state, &rules),
            Select::Best | Select::BestPerLine | Select::BestPerUnit => {
                self.select_winners(state, &rules, stage.select);
            }
        }
    }

    /// Whether a rule may compete at all, apart from its condition.
    pub(super) fn is_open(&self, state: &mut State, rule: &Rule) -> bool {
        let unlocked = rule.coupon.is_none() || self.has_code(rule) || self.held(rule).is_some();
        if !rule.enabled || !unlocked {
            return false;
        }
        if self.context.set_aside.contains(rule.id.as_str()) {
            return false;
        }
        let off = &self.usage.off;
        if off.rules.contains(&rule.id) || off.stages.contains(&rule.stage) {
            state.events.insert(Event::SwitchedOff);
            return false;
        }
        let exhausted = self.is_exhausted(rule).then_some(Event::Exhausted);
        let obstacle = exhausted.or_else(|| self.obstacle(state, rule));
        state.events.extend(obstacle);
        obstacle.is_none()
    }

    fn select_all(&self, state: &mut State, rules: &[&'a Rule], basis: Basis) {
        let basis = base_of(basis);
        let applied_before = state.applied.len();
        for rule in rules {
            if self.is_open(state, rule) {
                // Nothing in between can keep out a rule that has just been open.
                let computed = self.compute(state, rule, &basis);
                let _ = self.force(state, vec![computed]);
            }
        }
        if state.applied.len() > applied_before + 1 {
            state.events.insert(Event::Competed(Selected::All));
        }
    }

    fn select_first(&self, state: &mut State, rules: &[&'a Rule]) {
        let mut winner = None;
        let mut able = 0;
        for rule in rules {
            if self.is_open(state, rule) {
                let computed = self.compute(state, rule, &Base::Entry);
                if self.grant(state, &computed) > 0 || gives(&computed) {
                    able += 1;
                    winner = winner.or(Some(computed));
                }
            }
        }
        if able > 1 {
            state.events.insert(Event::Competed(Selected::First));
        }
        // It was open when its turn came, and nothing has applied since.
        let _ = self.force(state, winner.into_iter().collect());
    }

    /// Tries every set of the rules and keeps the one that leaves least to pay: fewest rules, then the earlier ones, of
    /// equal ones.
    fn select_combination(&self, state: &mut State, rules: &[&'a Rule], stage: &Stage) {
        let open: Vec<&Rule> = rules.iter().copied().filter(|rule| self.is_open(state, rule)).collect();
        let mut best: Option<(i128, usize, Reverse<Vec<bool>>)> = None;
        let start = state.clone();
        let mut fitting = 0;
        for set in 0_u64..1 << open.len() {
            let taken: Vec<bool> = (0..open.len()).map(|at| set >> at & 1 == 1).collect();
            let chosen: Vec<&Rule> =
                open.iter().zip(&taken).filter(|(_, taken)| **taken).map(|(rule, _)| *rule).collect();
            let mut attempt = start.clone();
            let all_apply = chosen.iter().all(|rule| {
                let before = attempt.applied.len();
                if self.is_open(&mut attempt, rule) {
                    let computed = self.compute(&attempt, rule, &base_of(stage.basis));
                    // Nothing in between can keep out a rule that has just been open.
                    let _ = self.force(&mut attempt, vec![computed]);
                }
                attempt.applied.len() > before
            });
            if !all_apply {
                continue;
            }
            fitting += 1;
            let goods = attempt.runs.iter().map(Run::now);
            let left: i128 = goods.chain(attempt.charges.iter().map(|charge| charge.now)).sum();
            let order = (left, chosen.len(), Reverse(taken));
            if best.as_ref().is_none_or(|best| order < *best) {
                best = Some(order);
                *state = attempt;
            }
        }
        if fitting > 2 {
            state.events.insert(Event::Competed(Selected::BestCombination));
        }
    }

    /// Chooses winners from the stage's start until all of them may apply together.
    fn select_winners(&self, state: &mut State, rules: &[&'a Rule], select: Select) {
        let start = state.clone();
        let mut out: BTreeSet<RuleId> = BTreeSet::new();
        loop {
            let mut attempt = start.clone();
            attempt.events.append(&mut state.events);
            let open: Vec<&Rule> = rules
                .iter()
                .copied()
                .filter(|rule| !out.contains(&rule.id) && self.is_open(&mut attempt, rule))
                .collect();
            let forced = match select {
                Select::BestPerUnit => self.force_per_unit(&start, &mut attempt, &open),
                Select::BestPerLine => {
                    let winners = self.winners_per_line(&start, &mut attempt, &open);
                    self.force(&mut attempt, winners)
                }
                Select::All
                | Select::First
                | Select::Best
                | Select::BestCombination
                | Select::BestAssignment => {
                    let winner = self.winner(&start, &mut attempt, &open);
                    self.force(&mut attempt, winner)
                }
            };
            let blocked = forced.err().map(|rule| rule.id.clone());
            match blocked {
                None => {
                    *state = attempt;
                    return;
                }
                Some(rule) => {
                    state.events.append(&mut attempt.events);
                    out.insert(rule);
                }
            }
        }
    }

    fn winner(&self, start: &State, attempt: &mut State, open: &[&'a Rule]) -> Vec<Computed<'a>> {
        let all = open.iter().map(|rule| self.compute(start, rule, &Base::Entry));
        let granting: Vec<(i128, Computed)> = all
            .map(|computed| (self.grant(start, &computed), computed))
            .filter(|(grant, _)| *grant > 0)
            .collect();
        let most = granting.iter().map(|(grant, _)| *grant).max();
        note_competition(attempt, Selected::Best, granting.iter().map(|(grant, _)| *grant));
        let best = granting.into_iter().find(|(grant, _)| Some(*grant) == most);
        best.into_iter().map(|(_, computed)| computed).collect()
    }

    fn winners_per_line(&self, start: &State, attempt: &mut State, open: &[&'a Rule]) -> Vec<Computed<'a>> {
        let all: Vec<Computed> = open.iter().map(|rule| self.compute(start, rule, &Base::Entry)).collect();
        let mut grants: BTreeMap<Prize, Vec<i128>> = BTreeMap::new();
        for (at, computed) in all.iter().enumerate() {
            let takes = self.takings(start, computed, start.goods_granted(), &mut BTreeSet::new());
            for (effect, take) in computed.effects.iter().zip(takes) {
                let prize = self.prize(start, effect.on);
                grants.entry(prize).or_insert_with(|| vec![0; all.len()])[at] += take;
            }
        }
        let mut won: BTreeMap<Prize, usize> = BTreeMap::new();
        for (prize, grants) in grants {
            note_competition(attempt, Selected::BestPerLine, grants.iter().copied());
            let most = grants.iter().copied().max().unwrap_or(0);
            if let Some(at) = grants.iter().position(|grant| *grant == most && most > 0) {
                won.insert(prize, at);
            }
        }
        let keep = |(at, mut computed): (usize, Computed<'a>)| {
            computed.effects.retain(|effect| won.get(&self.prize(start, effect.on)) == Some(&at));
            computed.asked = computed.effects.iter().map(|effect| effect.asked).sum();
            computed
        };
        let winners = all.into_iter().enumerate().map(keep);
        winners.filter(|computed| !computed.effects.is_empty()).collect()
    }

    /// Puts the rules that got units into force, each computed after the cuts of those before.
    fn force_per_unit(&self, start: &State, attempt: &mut State, open: &[&'a Rule]) -> Result<(), &'a Rule> {
        let winners = self.deal(start, open)?;
        if winners.len() > 1 {
            attempt.events.insert(Event::Competed(Selected::BestPerUnit));
        }
        for dealt in winners {
            let computed = self.compute_dealt(attempt, &dealt);
            self.force(attempt, vec![computed])?;
        }
        Ok(())
    }

    /// What a rule computed alone takes off goods and charges.
    fn grant(&self, state: &State, computed: &Computed) -> i128 {
        let takes = self.takings(state, computed, state.goods_granted(), &mut BTreeSet::new());
        takes.into_iter().sum()
    }

    fn prize(&self, state: &State, on: On) -> Prize {
        match on {
            On::Units { run, .. } => Prize::Product(self.cart.items()[state.runs[run].item].product),
            On::Charge(charge) => Prize::Charge(charge),
        }
    }
}

const fn base_of(basis: Basis) -> Base {
    match basis {
        Basis::Entry => Base::Entry,
        Basis::Running => Base::Running,
    }
}

fn gives(computed: &Computed) -> bool {
    computed.gifts.iter().any(|gift| gift.is_part_of_order()) || computed.points > 0 || computed.pieces > 0
}

fn note_competition(state: &mut State, select: Selected, grants: impl Iterator<Item = i128> + Clone) {
    let most = grants.clone().max().unwrap_or(0);
    if grants.clone().filter(|grant| *grant > 0).count() > 1 {
        state.events.insert(Event::Competed(select));
    }
    if grants.filter(|grant| *grant == most && most > 0).count() > 1 {
        state.events.insert(Event::Tied(select));
    }
}
