//! How ids are looked up: hashed once, before the lock is taken.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;

use crate::record::Resource;

/// The hash of all tables of one ledger; no answer depends on it.
#[derive(Clone, Debug)]
pub(super) struct Hashing(FixedState);

impl Hashing {
    pub fn new(seed: u64) -> Self {
        Self(FixedState::with_seed(seed))
    }

    pub fn of(&self, id: &impl AsRef<str>) -> u64 {
        let mut state = self.0.build_hasher();
        state.write(id.as_ref().as_bytes());
        state.finish()
    }

    pub fn of_resource(&self, resource: &Resource) -> u64 {
        let (way, first, second) = resource.ids();
        let mut state = self.0.build_hasher();
        state.write(first.as_bytes());
        if !second.is_empty() {
            state.write(second.as_bytes());
        }
        // Where the first ends, too, so that few resources have one hash.
        state.write_u64((first.len() as u64) << 16 | u64::from(way) << 8 | resource.kind() as u64);
        state.finish()
    }
}
