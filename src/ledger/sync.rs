//! The lock: the standard library's; in this crate's own unit tests that of a scheduler that tries interleavings.
//!
//! The unit tests of `ledger` therefore run inside `shuttle` (see `interleavings`); all other tests of the ledger are
//! in `tests/suite/ledger`, where the lock is the real one.

use std::sync::PoisonError;

#[cfg(test)]
pub(super) use shuttle::sync::{Mutex, MutexGuard};
#[cfg(not(test))]
pub(super) use std::sync::{Mutex, MutexGuard};

/// Takes the lock. It is held for less than a microsecond, so a thread that finds it taken stands back a while and looks
/// again, a few times; then it waits in the lock's own queue, so that none waits for ever.
///
/// What costs most under threads is not the waiting. A call that comes after another core's call waits for a hundred lines of
/// memory to travel, each as long as a hundred instructions take. Two threads that call as fast as they can therefore get
/// more done by turns of many calls: how long a thread stands back depends on how often it has met others, see [`Patience`].
///
/// A lock that a panic has poisoned is taken as it is: see [`Embedded`](super::Embedded).
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    #[cfg(not(test))]
    if let Some(guard) = patiently(mutex) {
        return guard;
    }
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often a thread stands back before it lets itself be put to sleep.
#[cfg(not(test))]
const LOOKS: u32 = 2;

#[cfg(not(test))]
fn patiently<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    thread_local!(static PATIENCE: std::cell::Cell<Patience> = const { std::cell::Cell::new(Patience::NEW) });
    let mut patience = PATIENCE.get();
    let guard = look(mutex).or_else(|| {
        let hints = patience.meet();
        (0..LOOKS).find_map(|_| {
            (0..hints).for_each(|_| std::hint::spin_loop());
            look(mutex)
        })
    });
    patience.call();
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

/// How long a thread stands back: a tenth of a microsecond where it seldom meets another, and a tenth of a millisecond where
/// all call without a pause.
///
/// Counts decide, never time. One that meets another again within a few calls of the last time stands back four times as
/// long, at most [`Patience::MOST`]; else half as long. Threads that call without a pause meet again within a few calls every
/// other time, since the one or the other is the first to; those that are in the lock for a twentieth of the time, hardly ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Patience {
    /// Calls since the thread last met another.
    calls: u32,
    /// How often the least time is doubled.
    doublings: u32,
}

impl Patience {
    const NEW: Self = Self { calls: u32::MAX, doublings: 0 };
    /// The least, in hints to the processor of some twenty nanoseconds each.
    const LEAST: u32 = 4;
    /// Most doublings: a tenth of a millisecond, in which the other makes a hundred calls and more. In longer turns hardly more gets
    /// done.
    const MOST: u32 = 10;
    /// A few calls.
    const SOON: u32 = 8;

    /// Counts a call that has the lock, or waits for it in its queue.
    const fn call(&mut self) {
        self.calls = self.calls.saturating_add(1);
    }

    /// The thread has met another: for how many hints it stands back.
    fn meet(&mut self) -> u32 {
        self.doublings = if self.calls <= Self::SOON {
            self.doublings.saturating_add(2).min(Self::MOST)
        } else {
            self.doublings.saturating_sub(1)
        };
        self.calls = 0;
        // At most 4 << 10.
        Self::LEAST << self.doublings
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
                patience.call();
                hints
            })
            .collect();
        assert_eq!(hints, [4, 16, 64, 256, 1_024, 4_096, 4_096, 4_096, 4_096]);
    }

    #[test]
    fn a_thread_that_seldom_meets_others_looks_again_at_once() {
        let mut patience = Patience { calls: 0, doublings: Patience::MOST };
        for halved in (0..Patience::MOST).rev() {
            (0..=Patience::SOON).for_each(|_| patience.call());
            assert_eq!(patience.meet(), Patience::LEAST << halved);
        }
        (0..=Patience::SOON).for_each(|_| patience.call());
        assert_eq!(patience.meet(), Patience::LEAST);
    }
}
