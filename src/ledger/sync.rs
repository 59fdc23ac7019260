//! The lock: the standard library's; in this crate's own unit tests that of a scheduler that tries interleavings.
//!
//! The unit tests of `ledger` therefore run inside `shuttle` (see `interleavings`); all other tests of the ledger are
//! in `tests/suite/ledger`, where the lock is the real one.

#[cfg(test)]
pub(super) use shuttle::sync::Mutex;
#[cfg(not(test))]
pub(super) use std::sync::Mutex;
