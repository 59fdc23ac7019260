//! Which thread made what: a thread forgets what it made itself, and puts what it makes next in its place.
//!
//! What a thread has made lies in its core's caches. Were it forgotten by whoever calls when its time is over, each of its lines
//! would travel to another core first. No answer depends on who forgets what.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::book::Forgetting;

/// How many threads are told apart; of more, several have one lane.
pub(super) const LANES: usize = 8;

/// The number of a lane, below [`LANES`].
pub(super) type LaneAt = usize;

/// What threads of one lane have to forget.
#[derive(Default)]
pub(super) struct Lane {
    /// Their calls since some were forgotten.
    pub calls: u8,
    /// Their closed reservations without a commit, and with one.
    pub answered: Forgetting,
    pub returnable: Forgetting,
}

/// The lane of this thread: one that the fewest have when it calls for the first time, until it ends. What a thread that has ended
/// left behind is then the next one's.
pub(super) fn own() -> LaneAt {
    thread_local!(static OWN: Own = Own::take());
    // While a thread ends it may have no lane any more; whose it takes then changes no answer.
    OWN.try_with(|own| own.0).unwrap_or_default()
}

/// A thread's lane, which it gives back when it drops what is its own.
struct Own(LaneAt);

impl Own {
    fn take() -> Self {
        Self(ALL.take())
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        ALL.give_back(self.0);
    }
}

/// All threads that have called a ledger and have not ended.
static ALL: Threads = Threads::none();

/// How many threads have each lane.
struct Threads([AtomicUsize; LANES]);

impl Threads {
    const fn none() -> Self {
        Self([const { AtomicUsize::new(0) }; LANES])
    }

    /// A lane that the fewest have.
    fn take(&self) -> LaneAt {
        loop {
            let counts = self.0.iter().map(|threads| (threads.load(Ordering::Relaxed), threads));
            let Some(((fewest, threads), lane)) = counts.zip(0..).min_by_key(|((count, _), _)| *count) else {
                return 0;
            };
            // If another thread has taken it meanwhile, that one is done.
            let more = fewest.saturating_add(1);
            if threads.compare_exchange(fewest, more, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                return lane;
            }
        }
    }

    fn give_back(&self, lane: LaneAt) {
        if let Some(threads) = self.0.get(lane) {
            threads.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// All lanes, a thread's own before the others.
pub(super) fn own_first(own: LaneAt) -> impl Iterator<Item = LaneAt> {
    (own..LANES).chain(0..own)
}

#[cfg(test)]
mod tests {
    use super::super::book::Book;
    use super::super::{Commit, Limit, Reserve, Settings};
    use super::*;
    use crate::money::Currency;
    use crate::record::{Claim, Resource, ResourceKind};
    use crate::shop::Moment;

    /// A pair of one lane.
    fn pair(book: &mut Book, lane: LaneAt, id: &str, now_ms: i64) {
        book.lane = lane;
        let reserve = Reserve::new(id, id, [Claim::new(Resource::new("hot", ResourceKind::Units), 1)]);
        let mut prepared = reserve.prepare(&book.hashing);
        book.reserve(&reserve, &mut prepared, now_ms).unwrap();
        let commit = Commit::all(id, "pay");
        let mut asked = commit.prepare(&book.hashing);
        book.commit(&commit, &mut asked, now_ms).unwrap();
    }

    /// A ledger that remembers for a hundred milliseconds, and so many pairs of a lane.
    fn book(pairs: usize, lane: LaneAt) -> Book {
        let mut book = Book::new(Settings::new(Currency::CNY).retention_ms(100).returns_ms(100));
        let hot = Limit::new(Resource::new("hot", ResourceKind::Units), 1_000_000);
        book.set_limit(&hot, Moment::from_unix_ms(0).unwrap()).unwrap();
        (0..pairs).for_each(|number| pair(&mut book, lane, &format!("first-{number}"), 0));
        book
    }

    #[test]
    fn what_a_thread_made_that_calls_no_more_is_forgotten_by_others() {
        let mut book = book(1_000, 3);
        assert_eq!(book.reservations.len(), 1_000);
        // A quarter later than it has to be, at most sixteen in eight calls: a thousand take five hundred calls, and a few to find
        // the lane.
        (0..400).for_each(|number| pair(&mut book, 1, &format!("{number}"), 125));
        assert_eq!(book.reservations.len(), 400);
    }

    #[test]
    fn threads_whose_calls_alternate_both_forget() {
        let mut book = book(0, 0);
        for number in 0..20_000 {
            let id = format!("{number}");
            let reserve =
                Reserve::new(&*id, &*id, [Claim::new(Resource::new("hot", ResourceKind::Units), 1)]);
            let (mut prepared, commit) = (reserve.prepare(&book.hashing), Commit::all(&*id, "pay"));
            let now_ms = number / 10;
            book.lane = 1;
            book.reserve(&reserve, &mut prepared, now_ms).unwrap();
            book.lane = 2;
            let mut asked = commit.prepare(&book.hashing);
            book.commit(&commit, &mut asked, now_ms).unwrap();
        }
        // A thousand are remembered; a few more wait for the next eighth call.
        assert!(book.reservations.len() <= 1_000 + 32, "{}", book.reservations.len());
    }

    #[test]
    fn a_lane_is_given_again_when_its_thread_has_ended() {
        let threads = Threads::none();
        let taken: Vec<LaneAt> = (0..LANES).map(|_| threads.take()).collect();
        assert_eq!(taken, (0..LANES).collect::<Vec<LaneAt>>(), "one each");
        threads.give_back(3);
        assert_eq!(threads.take(), 3);
        // Of more threads, two have one; and the next is not the third there.
        let again: Vec<LaneAt> = (0..LANES).map(|_| threads.take()).collect();
        assert_eq!(again, (0..LANES).collect::<Vec<LaneAt>>());
    }

    #[test]
    fn what_is_taken_is_given_back() {
        (0..1_000).for_each(|_| drop(Own::take()));
        let all: usize = ALL.0.iter().map(|threads| threads.load(Ordering::Relaxed)).sum();
        // Other tests have threads meanwhile, but not hundreds.
        assert!(all < 500, "{all}");
    }

    #[test]
    fn a_thread_keeps_its_lane_and_takes_from_all_others_behind_it() {
        let lane = own();
        assert!(lane < LANES);
        assert_eq!(own(), lane);
        let order: Vec<LaneAt> = own_first(lane).collect();
        assert_eq!(order.first(), Some(&lane));
        assert_eq!(order.iter().copied().collect::<std::collections::BTreeSet<_>>(), (0..LANES).collect());
    }
}
