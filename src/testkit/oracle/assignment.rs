//! Units shared out among multi-buy offers: every way is tried (section 5 of the semantics).

use super::selectors::Part;
use super::state::State;
use super::{Event, Selected, World};
use crate::rules::{Base, Benefit, Rule, Selector};

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
        let room = self.room(state, &open);
        let mut way = vec![0; room.len()];
        while next(&mut way, &room, open.len()) {
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

    /// By run, by offer: how many units of the run the offer may be given. An offer is given nothing it does not look at.
    fn room(&self, state: &State, offers: &[&Rule]) -> Vec<i128> {
        let looks_at = |rule: &Rule, run: usize| {
            let looks =
                |pool: &Selector| self.selected(state, Part::Order, pool, &Base::Entry).contains(&run);
            !state.is_locked(run) && pools(&rule.benefit).into_iter().any(looks)
        };
        let of_run = |run: usize| {
            let units = state.runs[run].count();
            offers.iter().map(move |rule| if looks_at(rule, run) { units } else { 0 })
        };
        (0..state.runs.len()).flat_map(of_run).collect()
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
        let front = Some(front).filter(|front| !front.units.is_empty());
        after.runs.extend(front.into_iter().chain(pieces.into_iter().rev()));
    }
    after
}

/// The next way: one unit more at the last place that has one to give, nothing behind it. False when there is none.
fn next(way: &mut [i128], room: &[i128], offers: usize) -> bool {
    for at in (0..way.len()).rev() {
        let run = at / offers;
        let before: i128 = way[run * offers..=at].iter().sum();
        if before < room[at] {
            way[at] += 1;
            return true;
        }
        way[at] = 0;
    }
    false
}

/// The selectors of what a multi-buy offer looks at.
fn pools(benefit: &Benefit) -> Vec<&Selector> {
    match benefit {
        Benefit::NFor(offer) => vec![&offer.target],
        Benefit::UnitLadder(offer) => vec![&offer.target],
        Benefit::NthUnit(offer) => vec![&offer.target],
        Benefit::Bundle(offer) => offer.parts.iter().map(|part| &part.selector).collect(),
        Benefit::BuyGet(offer) => vec![&offer.qualifier.selector, &offer.target.selector],
        Benefit::PercentOff(_)
        | Benefit::AmountOff(_)
        | Benefit::UnitPrice(_)
        | Benefit::GroupPrice(_)
        | Benefit::BargainPrice(_)
        | Benefit::TotalPrice(_)
        | Benefit::SpendTiers(_)
        | Benefit::Every(_)
        | Benefit::QuantityTiers(_)
        | Benefit::Gift(_)
        | Benefit::Shipping(_)
        | Benefit::Presale(_)
        | Benefit::UseBalance(_)
        | Benefit::PointsEarn(_)
        | Benefit::PointsRedeem(_)
        | Benefit::Grant(_) => Vec::new(),
    }
}
