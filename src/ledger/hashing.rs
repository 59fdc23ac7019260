//! How ids are looked up: hashed once, before the lock is taken.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;

/// The hash of all tables of one ledger; no answer depends on it.
#[derive(Clone, Debug)]
pub(super) struct Hashing(FixedState);

impl Hashing {
    pub fn new(seed: u64) -> Self {
        Self(FixedState::with_seed(seed))
    }

    pub fn of(&self, id: &impl Hash) -> u64 {
        self.0.hash_one(id)
    }
}
