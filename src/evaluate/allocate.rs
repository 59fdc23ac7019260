//! Amounts down to runs and charges: every split of the evaluator, through [`crate::money`].
#![deny(clippy::arithmetic_side_effects)]

use super::scratch::{ChargeTake, Take, Work};
use super::state::{Floors, State};
use crate::money::{Shares, split_within_into};

/// Spreads `total` over takes, and charges behind them, by worth; each gives at most its capacity, and what nobody can
/// take is left out. `sum` is the worth of all of them.
pub(super) fn spread(
    state: &State,
    work: &mut Work,
    total: i64,
    sum: i64,
    takes: &mut [Take],
    charges: &mut [ChargeTake],
) {
    if state.floors == Floors::None {
        // Capacity is worth. Whoever asks for more than there is gets all of it.
        let mut shares = Shares::new(total.min(sum), sum);
        takes.iter_mut().for_each(|take| take.asked = shares.next(take.worth));
        charges.iter_mut().for_each(|charge| charge.asked = shares.next(charge.worth));
        return;
    }
    work.weights.clear();
    work.capacities.clear();
    for take in &*takes {
        work.weights.push(take.worth);
        work.capacities.push(state.room(take, take.worth));
    }
    for charge in &*charges {
        work.weights.push(charge.worth);
        work.capacities.push(charge.worth);
    }
    split_within_into(total, &work.weights, &work.capacities, &mut work.parts, &mut work.open);
    let mut parts = work.parts.iter().copied();
    takes.iter_mut().for_each(|take| take.asked = parts.next().unwrap_or(0));
    charges.iter_mut().for_each(|charge| charge.asked = parts.next().unwrap_or(0));
}

/// Lowers what takes and charges ask to `total` together, by what each could get of it.
pub(super) fn lower_asked(
    state: &State,
    work: &mut Work,
    total: i64,
    takes: &mut [Take],
    charges: &mut [ChargeTake],
) {
    work.weights.clear();
    work.weights.extend(takes.iter().map(|take| take.asked.min(state.room(take, take.worth))));
    work.weights.extend(charges.iter().map(|charge| charge.asked.min(charge.worth)));
    let mut parts = split_weights(work, total);
    takes.iter_mut().for_each(|take| take.asked = parts.next().unwrap_or(0));
    charges.iter_mut().for_each(|charge| charge.asked = parts.next().unwrap_or(0));
}

/// Lowers what takes and charges would get to `total` together.
pub(super) fn lower_granted(work: &mut Work, total: i64, takes: &mut [Take], charges: &mut [ChargeTake]) {
    work.weights.clear();
    work.weights.extend(takes.iter().map(|take| take.granted));
    work.weights.extend(charges.iter().map(|charge| charge.granted));
    let mut parts = split_weights(work, total);
    takes.iter_mut().for_each(|take| take.granted = parts.next().unwrap_or(0));
    charges.iter_mut().for_each(|charge| charge.granted = parts.next().unwrap_or(0));
}

fn split_weights(work: &mut Work, total: i64) -> impl Iterator<Item = i64> + '_ {
    split_within_into(total, &work.weights, &work.weights, &mut work.parts, &mut work.open);
    work.parts.iter().copied()
}

impl State {
    /// What a take can give at the most, when its units are worth `value` together.
    #[inline]
    pub(super) fn room(&self, take: &Take, value: i64) -> i64 {
        if self.floors == Floors::None {
            return value;
        }
        let item = self.runs.get(take.run as usize).and_then(|run| self.items.get(run.item as usize));
        let floor = item.map_or(0, |item| item.floor);
        // A unit's floor is at most its list price, so the floors of a cart are at most its list total.
        value.saturating_sub(floor.saturating_mul(i64::from(take.units))).max(0)
    }
}
