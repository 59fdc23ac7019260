//! When holds are over: a queue, since most holds are of one length and end in the order they were made.

use std::collections::{BTreeSet, VecDeque};

use super::reservations::ReservationAt;

/// When a hold is over, its reservation's number, and where it is. The order in which holds expire.
pub(super) type End = (i64, u64, ReservationAt);

/// How many settled holds may stand in the queue besides as many as there are open ones.
const SETTLED_MAX: usize = 1_024;

/// The ends of all open holds.
#[derive(Default)]
pub(super) struct Due {
    /// Sorted. A hold that was settled stays where it was, marked, until those in front of it are gone too: to close the
    /// gap would move the rest.
    queue: VecDeque<(End, Hold)>,
    /// How many of them are settled; the first and the last never are.
    settled: usize,
    /// Those that end before the last of the queue did when they were made.
    sooner: BTreeSet<End>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hold {
    Open,
    Settled,
}

impl Due {
    /// The hold that ends first.
    pub fn first(&self) -> Option<End> {
        let queued = self.queue.front().map(|(end, _)| *end);
        match (queued, self.sooner.first().copied()) {
            (Some(queued), Some(sooner)) => Some(queued.min(sooner)),
            (queued, sooner) => queued.or(sooner),
        }
    }

    pub fn insert(&mut self, expires_ms: i64, seq: u64, at: ReservationAt) {
        let end = (expires_ms, seq, at);
        if self.queue.back().is_none_or(|(last, _)| *last < end) {
            self.queue.push_back((end, Hold::Open));
        } else {
            self.sooner.insert(end);
        }
    }

    /// Takes out a hold that was settled, or is over.
    ///
    /// Cost: constant for the last and the first, else logarithmic. Every so often the queue is cleared of the settled, which is
    /// linear, and then not again before half as many are.
    pub fn remove(&mut self, end: End) {
        if self.queue.back().is_some_and(|(last, _)| *last == end) {
            // Most are settled before the next is made. What is written next then lies where this one did.
            self.queue.pop_back();
            while self.queue.back().is_some_and(|(_, hold)| *hold == Hold::Settled) {
                self.queue.pop_back();
                self.settled = self.settled.saturating_sub(1);
            }
            return;
        }
        let Ok(place) = self.queue.binary_search_by(|(queued, _)| queued.cmp(&end)) else {
            self.sooner.remove(&end);
            return;
        };
        if let Some((_, hold)) = self.queue.get_mut(place) {
            *hold = Hold::Settled;
            self.settled = self.settled.saturating_add(1);
        }
        while self.queue.front().is_some_and(|(_, hold)| *hold == Hold::Settled) {
            self.queue.pop_front();
            self.settled = self.settled.saturating_sub(1);
        }
        if self.settled > (self.queue.len() / 2).max(SETTLED_MAX) {
            self.queue.retain(|(_, hold)| *hold == Hold::Open);
            self.settled = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn holds_end_in_the_order_of_a_sorted_set(
            steps in prop::collection::vec((0_i64..40, prop::option::of(0_usize..8)), 1..200),
        ) {
            let (mut due, mut model) = (Due::default(), BTreeSet::new());
            for (seq, (ends, settled)) in (0_u64..).zip(steps) {
                // Most of one length, some longer: those behind them end sooner.
                let place = u32::try_from(seq).unwrap();
                let begins = i64::try_from(seq).unwrap();
                let end = (begins.saturating_add(ends.max(30)), seq, place);
                due.insert(end.0, end.1, end.2);
                model.insert(end);
                if let Some(settled) = settled.and_then(|nth| model.iter().nth(nth).copied()) {
                    due.remove(settled);
                    model.remove(&settled);
                }
                prop_assert_eq!(due.first(), model.first().copied());
            }
        }
    }

    #[test]
    fn settled_holds_behind_an_open_one_take_bounded_room() {
        let mut due = Due::default();
        due.insert(0, 0, 0);
        for seq in 1..100_000 {
            let end = (1, seq, 1);
            due.insert(end.0, end.1, end.2);
            due.remove(end);
            assert!(due.queue.len() <= 2 + SETTLED_MAX, "{}", due.queue.len());
        }
        assert_eq!(due.first(), Some((0, 0, 0)));
    }
}
