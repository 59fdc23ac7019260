//! Pools of units, their places, and groups cut from them.
//!
//! The units of a pool stand in some order, those of one run together; a run's first place is its last unit. Groups are
//! counted run by run, never unit by unit, so a line of a million units costs what a line of three costs.

use super::Pricing;
use super::offer::Asking;
use super::scratch::Take;
use super::state::{State, Want, last_of};
use crate::compile::plan::{PlanSelector, Reuse};

impl Pricing<'_> {
    /// Fills `pool` with the units a multi-buy benefit may use, in canonical order; returns how many there are.
    pub(super) fn gather_pool(
        self,
        state: &State,
        asking: Asking<'_>,
        selector: &PlanSelector,
        pool: &mut Vec<Take>,
    ) -> u32 {
        pool.clear();
        let want = match asking.rule.reuse {
            Reuse::No => Want::Pool,
            Reuse::Yes => Want::ReusedPool,
        };
        let mut units = 0;
        state.for_each(self.cart, selector, asking.part, want, |at, run| {
            let worth = state.worth(at, asking.own);
            if worth > 0 {
                units += run.units;
                pool.push(Take { run: at, units: run.units, worth, value: run.value, asked: 0, granted: 0 });
            }
        });
        units
    }
}

/// What the units at places `from..until` of a run are worth.
pub(super) fn places_worth(take: &Take, from: u32, until: u32) -> i64 {
    // The units in front of place `p` are all but the last `p`.
    let front = |place: u32| take.worth - last_of(take.worth, place, take.units);
    front(from) - front(until)
}

/// Cuts a pool in some order into consecutive groups of `size` and judges them. Groups that lie wholly inside one run
/// are judged together.
pub(super) struct Groups<'a> {
    pub pool: &'a [Take],
    pub order: &'a [u32],
    pub size: u32,
}

impl Groups<'_> {
    /// Chooses groups worth more than `price` each, at most `times`; adds their units to `chosen` (by position in the
    /// pool) and returns how many groups were chosen.
    pub fn choose_dearer(&self, price: i64, times: u32, chosen: &mut [u32]) -> u32 {
        let units: u32 = self.pool.iter().map(|take| take.units).sum();
        let mut groups = units / self.size;
        let mut count = 0;
        let mut places = Places::new(self.pool, self.order);
        while groups > 0 && count < times {
            let Some((position, rest)) = places.current() else {
                break;
            };
            let inside = (rest / self.size).min(groups);
            if inside > 0 {
                let (from, until) = (places.offset, places.offset + inside * self.size);
                let worth = places_worth(&self.pool[position], from, until);
                if i64::from(inside).checked_mul(price).is_some_and(|price| worth > price) {
                    let taken = inside.min(times - count);
                    chosen[position] += taken * self.size;
                    count += taken;
                }
                places.advance(inside * self.size);
                groups -= inside;
            } else {
                let start = (places.at, places.offset);
                let worth = places.walk(self.size, |_, _| {});
                if worth > price {
                    (places.at, places.offset) = start;
                    places.walk(self.size, |position, units| chosen[position] += units);
                    count += 1;
                }
                groups -= 1;
            }
        }
        count
    }
}

/// A walk over the places of a pool in some order.
pub(super) struct Places<'a> {
    pool: &'a [Take],
    order: &'a [u32],
    /// Position in the order.
    at: usize,
    /// Places of the current run already passed.
    offset: u32,
}

impl<'a> Places<'a> {
    /// Starts at the first place.
    pub const fn new(pool: &'a [Take], order: &'a [u32]) -> Self {
        Self { pool, order, at: 0, offset: 0 }
    }

    /// The current run, by position in the pool, and how many places of it are left.
    pub fn current(&self) -> Option<(usize, u32)> {
        let position = *self.order.get(self.at)? as usize;
        Some((position, self.pool[position].units - self.offset))
    }

    fn advance(&mut self, units: u32) {
        self.offset += units;
        if self.current().is_some_and(|(_, rest)| rest == 0) {
            self.at += 1;
            self.offset = 0;
        }
    }

    /// Passes `units` places, calling `visit` for each run touched; returns what they are worth.
    pub fn walk(&mut self, mut units: u32, mut visit: impl FnMut(usize, u32)) -> i64 {
        let mut worth = 0;
        while units > 0
            && let Some((position, rest)) = self.current()
        {
            let step = rest.min(units);
            worth += places_worth(&self.pool[position], self.offset, self.offset + step);
            visit(position, step);
            self.advance(step);
            units -= step;
        }
        worth
    }
}

/// Takes the first `units` places of a pool in some order: how many of each run, by position in the pool.
pub(super) fn first_places(pool: &[Take], order: &[u32], mut units: u32, chosen: &mut Vec<u32>) {
    chosen.clear();
    chosen.resize(pool.len(), 0);
    for position in order {
        let taken = pool[*position as usize].units.min(units);
        chosen[*position as usize] = taken;
        units -= taken;
    }
}

#[cfg(test)]
mod tests {
    use super::super::offer::sort_by_worth;
    use super::*;
    use crate::rules::Pick;

    fn take(units: u32, worth: i64) -> Take {
        Take { run: 0, units, worth, value: worth, asked: 0, granted: 0 }
    }

    #[test]
    fn places_count_from_the_end_of_a_run() {
        // 3 units worth 10: the front two keep round(20/3) = 7, the front one round(10/3) = 3.
        let run = take(3, 10);
        assert_eq!((places_worth(&run, 0, 1), places_worth(&run, 1, 2), places_worth(&run, 2, 3)), (3, 4, 3));
        assert_eq!(places_worth(&run, 0, 3), 10);
    }

    #[test]
    fn groups_are_judged_by_their_places_and_passed_over_when_they_save_nothing() {
        // Dearest first: 400, then five of 100. Groups of 2 for 150: 400+100, 100+100, 100+100.
        let pool = [take(5, 500), take(1, 400)];
        let mut order = Vec::new();
        sort_by_worth(&pool, Pick::Dearest, &mut order);
        let groups = Groups { pool: &pool, order: &order, size: 2 };
        let mut chosen = vec![0, 0];
        assert_eq!(groups.choose_dearer(150, u32::MAX, &mut chosen), 3);
        assert_eq!(chosen, [5, 1]);
        // For 200 only the first group is worth more.
        let mut chosen = vec![0, 0];
        assert_eq!(groups.choose_dearer(200, u32::MAX, &mut chosen), 1);
        assert_eq!(chosen, [1, 1]);
        // For 150, twice at most.
        let mut chosen = vec![0, 0];
        assert_eq!(groups.choose_dearer(150, 2, &mut chosen), 2);
        assert_eq!(chosen, [3, 1]);
    }

    #[test]
    fn a_million_units_are_one_run() {
        let pool = [take(1_000_000, 10_000_000)];
        let groups = Groups { pool: &pool, order: &[0], size: 3 };
        let mut chosen = vec![0];
        assert_eq!(groups.choose_dearer(29, u32::MAX, &mut chosen), 333_333);
        assert_eq!(chosen, [999_999]);
    }
}
