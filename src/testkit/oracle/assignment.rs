//! Units shared out among multi-buy offers: every way is tried (section 5 of the semantics).

use super::state::State;
use super::{Event, Selected, World};
use crate::rules::{Base, Rule};

impl<'a> World<'a> {
    /// Keeps what the offers do in rank order, unless some way of sharing out the units saves more; of such ways the first
    /// of those that save most, ways that give fewer units of the first run to the first offer standing first.
    pub fn select_assignment(&self, state: &mut State, rules: &[&'a Rule]) {
        let open: Vec<&Rule> = rules.iter().copied().filter(|rule| self.is_open(state, rule)).collect();
        let saved = |after: &State| after.goods_granted() - state.goods_granted();
        let mut best = state.clone();
        for rule in &open {
            self.apply(&mut best, rule);
        }
        let in_rank_order = saved(&best);
        let units: Vec<i128> = state.runs.iter().map(|run| run.units).collect();
        let mut way = vec![0; units.len() * open.len()];
        while next(&mut way, &units, open.len()) {
            let mut tried = dealt(state, &way, open.len());
            for (at, rule) in open.iter().enumerate() {
                for run in &mut tried.runs {
                    run.used = run.dealt != Some(at);
                }
                self.apply(&mut tried, rule);
            }
            if saved(&tried) > saved(&best) {
                best = tried;
            }
        }
        if saved(&best) > in_rank_order {
            best.events.insert(Event::Competed(Selected::BestAssignment));
        }
        *state = best;
    }

    fn apply(&self, state: &mut State, rule: &'a Rule) {
        if self.is_open(state, rule) {
            let computed = self.compute(state, rule, &Base::Entry);
            // Nothing in between can keep out a rule that has just been open.
            let _ = self.force(state, vec![computed]);
        }
    }
}

/// Cuts the runs as units are given: those of the first offer off the end, those of the next from what is left.
fn dealt(state: &State, way: &[i128], offers: usize) -> State {
    let mut after = state.clone();
    after.runs.clear();
    for (run, given) in state.runs.iter().zip(way.chunks(offers)) {
        let mut front = run.clone();
        let mut pieces = Vec::new();
        for (offer, units) in given.iter().enumerate().filter(|(_, units)| **units > 0) {
            let (rest, mut piece) = front.cut_last(*units);
            piece.dealt = Some(offer);
            pieces.push(piece);
            front = rest;
        }
        let front = Some(front).filter(|front| front.units > 0);
        after.runs.extend(front.into_iter().chain(pieces.into_iter().rev()));
    }
    after
}

/// The next way: one unit more at the last place that has one to give, nothing behind it. False when there is none.
fn next(way: &mut [i128], units: &[i128], offers: usize) -> bool {
    for at in (0..way.len()).rev() {
        let run = at / offers;
        let before: i128 = way[run * offers..=at].iter().sum();
        if before < units[run] {
            way[at] += 1;
            return true;
        }
        way[at] = 0;
    }
    false
}
