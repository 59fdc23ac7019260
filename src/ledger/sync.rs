//! The lock: the standard library's; in this crate's own unit tests that of a scheduler that tries interleavings.
//!
//! The unit tests of `ledger` therefore run inside `shuttle` (see `interleavings`); all other tests of the ledger are
//! in `tests/suite/ledger`, where the lock is the real one.

use std::sync::PoisonError;

#[cfg(test)]
pub(super) use shuttle::sync::{Mutex, MutexGuard};
#[cfg(not(test))]
pub(super) use std::sync::{Mutex, MutexGuard};

/// How often a thread looks before it lets itself be put to sleep.
#[cfg(not(test))]
const LOOKS: u32 = 200;
/// How long it stands back after each look, in hints to the processor: a tenth of a microsecond.
#[cfg(not(test))]
const STAND_BACK: u32 = 4;

/// Takes the lock. It is held for less than a microsecond, and putting a thread to sleep and waking it takes many, so a
/// thread looks again for a while. Standing back longer lets the other core make more calls in a row, which spares the journeys
/// of what the ledger touches from core to core: with a stand-back of twenty microseconds a quarter more calls are made in all,
/// and one in a hundred waits four times as long. Who waits at the till counts for more.
///
/// A lock that a panic has poisoned is taken as it is: see [`Embedded`](super::Embedded).
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    #[cfg(not(test))]
    for _ in 0..LOOKS {
        match mutex.try_lock() {
            Ok(guard) => return guard,
            Err(std::sync::TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
            Err(std::sync::TryLockError::WouldBlock) => {}
        }
        (0..STAND_BACK).for_each(|_| std::hint::spin_loop());
    }
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
