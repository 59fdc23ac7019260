//! The lock: the standard library's; in this crate's own unit tests that of a scheduler that tries interleavings.
//!
//! The unit tests of `ledger` therefore run inside `shuttle` (see `interleavings`); all other tests of the ledger are
//! in `tests/suite/ledger`, where the lock is the real one.

use std::sync::PoisonError;
#[cfg(not(test))]
use std::sync::atomic::{AtomicU32, Ordering};

#[cfg(test)]
pub(super) use shuttle::sync::{Mutex, MutexGuard};
#[cfg(not(test))]
pub(super) use std::sync::{Mutex, MutexGuard};

/// Takes the lock. It is held for less than a microsecond, so a thread that finds it taken stands back a while and looks
/// again, a few times; then it sleeps in the lock's own queue. Where there are no turns, since a journal holds the lock for
/// as long as it likes, it sleeps at once.
///
/// What costs most under threads is not the waiting. A call that comes after another core's call waits for dozens of lines of
/// memory to travel, each as long as a hundred instructions take. Threads that call as fast as they can therefore get more
/// done by turns of many calls: how long a thread stands back depends on how often it has met others, see [`Patience`], and
/// one that has made [`TURN`] calls while another stood back lets that one have its turn.
///
/// A lock that a panic has poisoned is taken as it is: see [`Embedded`](super::Embedded).
pub(super) fn lock<'a, T>(mutex: &'a Mutex<T>, turns: Option<&Turns>) -> MutexGuard<'a, T> {
    #[cfg(not(test))]
    if let Some(guard) = turns.and_then(|turns| patiently(mutex, turns)) {
        return guard;
    }
    #[cfg(test)]
    let _ = turns;
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who waits, and how often a turn has ended. All read it with every call, and hardly ever write it; it has a line of its own.
#[derive(Default)]
#[repr(align(128))]
pub(super) struct Turns {
    /// Threads that stand back.
    #[cfg(not(test))]
    waiting: AtomicU32,
    /// Turns that have ended; it may wrap around.
    #[cfg(not(test))]
    ended: AtomicU32,
}

/// How many calls in a row a thread makes while another stands back.
#[cfg(not(test))]
const TURN: u32 = 512;

/// How often a thread stands back before it lets itself be put to sleep.
#[cfg(not(test))]
const LOOKS: u32 = 2;

#[cfg(not(test))]
fn patiently<'a, T>(mutex: &'a Mutex<T>, turns: &Turns) -> Option<MutexGuard<'a, T>> {
    thread_local!(static PATIENCE: std::cell::Cell<Patience> = const { std::cell::Cell::new(Patience::NEW) });
    let mut patience = PATIENCE.get();
    // Whoever stood back may have left, or it was on another ledger.
    let is_over = patience.turn >= TURN && turns.waiting.load(Ordering::Relaxed) > 0;
    let hints = if is_over {
        turns.ended.fetch_add(1, Ordering::Relaxed);
        Err(patience.end_turn())
    } else {
        look(mutex).map_or_else(|| Err(patience.meet()), Ok)
    };
    let guard = hints.map_or_else(|hints| turns.stand_back(mutex, hints), Some);
    patience.call(turns.waiting.load(Ordering::Relaxed));
    PATIENCE.set(patience);
    guard
}

#[cfg(not(test))]
fn look<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(std::sync::TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(std::sync::TryLockError::WouldBlock) => None,
    }
}

#[cfg(not(test))]
impl Turns {
    /// Looks again after so many hints to the processor, or when a turn has ended; a few times.
    fn stand_back<'a, T>(&self, mutex: &'a Mutex<T>, hints: u32) -> Option<MutexGuard<'a, T>> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let guard = (0..LOOKS).find_map(|_| {
            let ended = self.ended.load(Ordering::Relaxed);
            let _ = (0..hints).find(|_| {
                std::hint::spin_loop();
                self.ended.load(Ordering::Relaxed) != ended
            });
            look(mutex)
        });
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        guard
    }
}

/// How long a thread stands back: a tenth of a microsecond where it seldom meets another, and half a millisecond where
/// all call without a pause.
///
/// Counts decide, never time. One that meets another again within a few calls of the last time stands back four times as
/// long, at most [`Patience::LONG`]; else half as long. Threads that call without a pause meet again within a few calls every
/// other time, since the one or the other is the first to; those that are in the lock for a twentieth of the time, hardly ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Patience {
    /// Calls since the thread last met another.
    calls: u32,
    /// How often the least time is doubled.
    doublings: u32,
    /// Calls in a row while another stood back.
    turn: u32,
}

impl Patience {
    const NEW: Self = Self { calls: u32::MAX, doublings: 0, turn: 0 };
    /// The least, in hints to the processor: of some twenty nanoseconds each on the processors this was measured on.
    const LEAST: u32 = 4;
    /// Most doublings: a third of a millisecond and more, in which another has had its turn.
    const MOST: u32 = 12;
    const LONG: u32 = Self::LEAST << Self::MOST;
    /// A few calls.
    const SOON: u32 = 8;

    /// Counts a call that has the lock, or waits for it in its queue, while so many others stand back.
    const fn call(&mut self, waiting: u32) {
        self.calls = self.calls.saturating_add(1);
        self.turn = if waiting > 0 { self.turn.saturating_add(1) } else { 0 };
    }

    /// The thread has met another: for how many hints it stands back.
    fn meet(&mut self) -> u32 {
        self.doublings = if self.calls <= Self::SOON {
            self.doublings.saturating_add(2).min(Self::MOST)
        } else {
            self.doublings.saturating_sub(1)
        };
        (self.calls, self.turn) = (0, 0);
        // At most LONG.
        Self::LEAST << self.doublings
    }

    /// The thread's turn is over: it stands back until another's is, or for long.
    const fn end_turn(&mut self) -> u32 {
        (self.calls, self.turn) = (0, 0);
        Self::LONG
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_meets_others_at_every_call_stands_back_for_a_long_turn() {
        let mut patience = Patience::NEW;
        let hints: Vec<u32> = (0..9)
            .map(|_| {
                let hints = patience.meet();
                patience.call(0);
                hints
            })
            .collect();
        assert_eq!(hints, [4, 16, 64, 256, 1_024, 4_096, 16_384, 16_384, 16_384]);
    }

    #[test]
    fn a_thread_that_seldom_meets_others_looks_again_at_once() {
        let mut patience = Patience { calls: 0, doublings: Patience::MOST, turn: 0 };
        for halved in (0..Patience::MOST).rev() {
            (0..=Patience::SOON).for_each(|_| patience.call(0));
            assert_eq!(patience.meet(), Patience::LEAST << halved);
        }
        (0..=Patience::SOON).for_each(|_| patience.call(0));
        assert_eq!(patience.meet(), Patience::LEAST);
    }

    #[test]
    fn only_calls_while_another_stands_back_make_a_turn() {
        let mut patience = Patience::NEW;
        [1, 2, 1].into_iter().for_each(|waiting| patience.call(waiting));
        assert_eq!(patience.turn, 3);
        patience.call(0);
        assert_eq!(patience.turn, 0);
        patience.call(1);
        assert_eq!(patience.end_turn(), Patience::LONG);
        assert_eq!((patience.turn, patience.doublings), (0, 0), "it has met nobody");
    }
}
