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

    /// Most parts of a resource are empty, and are passed over.
    pub fn of_resource(&self, resource: &Resource) -> u64 {
        let Resource { rule, quota, kind, customer, balance, coupon } = resource;
        let parts = [rule.as_str(), quota.as_str(), customer.as_str(), balance.as_str(), coupon.as_str()];
        let mut state = self.0.build_hasher();
        // Which parts there are stands in bits above the kind.
        let mut head = 0_u64;
        for part in parts {
            head = head << 1 | u64::from(part.is_empty());
            if !part.is_empty() {
                state.write(part.as_bytes());
            }
        }
        state.write_u64(head << 8 | *kind as u64);
        state.finish()
    }
}
