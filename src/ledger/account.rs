//! Held and spent amounts of every resource, and the limits they stand under.

#![expect(
    clippy::disallowed_types,
    reason = "accounts are looked up by resource; nothing iterates the table"
)]

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

use super::guard::{Rates, reaches};
use super::{Alert, AlertKind, Limit};
use crate::bounds::PPM;
use crate::record::Resource;

/// A place in the list of accounts; there are at most [`u32::MAX`].
pub(super) type AccountAt = u32;
/// A place in the list of limits.
pub(super) type LimitAt = u32;

/// A limit in force.
#[derive(Clone, Debug)]
pub(super) struct LimitState {
    pub limit: Limit,
    pub rates: Rates,
    /// When it was set, in the order of events.
    pub seq: u64,
}

/// What is held and spent of one resource. At each grant held + spent ≤ limit ≤ `AMOUNT_MAX` (L1), so that none of the
/// sums below can leave its range; what only ever grows is checked before anything is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    pub resource: Resource,
    pub limit: LimitAt,
    pub held: u64,
    pub spent: u64,
    /// All that was ever committed; `spent` without the refunds.
    pub posted: u64,
    /// All that was ever refunded, restored or not.
    pub refunded: u64,
    /// The latest minute in which something was committed, since 1970.
    pub minute: i64,
    /// What was committed in it.
    pub in_minute: u64,
}

impl Account {
    /// What a new grant may take, while `credit` of what is held is about to come back.
    pub fn available(&self, limit: &Limit, clock: i64, credit: u64) -> u64 {
        let over = limit.until.is_some_and(|until| until.unix_ms() <= clock);
        let used = self.held.saturating_sub(credit).saturating_add(self.spent);
        if over { 0 } else { limit.amount.saturating_sub(used) }
    }

    /// Whether so much can still be counted.
    pub const fn can_post(&self, amount: u64) -> bool {
        self.posted.checked_add(amount).is_some()
    }

    /// Spends an amount, and says what is worth a look.
    pub fn post(&mut self, state: &LimitState, amount: u64, clock: i64, alerts: &mut Vec<Alert>) {
        let before = self.spent;
        self.spent = self.spent.saturating_add(amount);
        self.posted = self.posted.saturating_add(amount);
        let minute = clock.div_euclid(60_000);
        if minute != self.minute {
            (self.minute, self.in_minute) = (minute, 0);
        }
        let in_minute_before = self.in_minute;
        self.in_minute = self.in_minute.saturating_add(amount);
        let limit = &state.limit;
        let mut alert = |kind| alerts.push(Alert { resource: self.resource.clone(), kind });
        for (ppm, share) in state.rates.spent.iter().zip(&limit.guard.spent) {
            if !reaches(before, limit.amount, *ppm) && reaches(self.spent, limit.amount, *ppm) {
                alert(AlertKind::Spent { share: *share, spent: self.spent, limit: limit.amount });
            }
        }
        if let Some(expected) = limit.guard.per_minute
            && in_minute_before <= expected
            && self.in_minute > expected
        {
            alert(AlertKind::PerMinute { committed: self.in_minute, expected });
        }
    }

    /// Takes a refund into account, and says what is worth a look.
    pub fn refund(&mut self, state: &LimitState, amount: u64, restored: u64, alerts: &mut Vec<Alert>) {
        let before = self.refunded;
        self.spent = self.spent.saturating_sub(restored);
        // At most what was posted.
        self.refunded = self.refunded.saturating_add(amount);
        let reached = |refunded| {
            state
                .rates
                .refunded
                .is_some_and(|ppm| reaches(refunded, self.posted, ppm.min(PPM.unsigned_abs())))
        };
        if let Some(share) = state.limit.guard.refunded
            && !reached(before)
            && reached(self.refunded)
        {
            let kind = AlertKind::Refunded { share, refunded: self.refunded, committed: self.posted };
            alerts.push(Alert { resource: self.resource.clone(), kind });
        }
    }
}

/// All accounts and limits.
pub(super) struct Accounts {
    pub list: Vec<Account>,
    index: HashMap<Resource, AccountAt, FixedState>,
    pub limits: Vec<LimitState>,
    /// Limits by resource: nobody's, which stand for every customer's, and those of one customer.
    common: BTreeMap<Resource, LimitAt>,
    own: BTreeMap<Resource, LimitAt>,
}

impl Accounts {
    pub fn new(hash_seed: u64) -> Self {
        let index = HashMap::with_hasher(FixedState::with_seed(hash_seed));
        Self { list: Vec::new(), index, limits: Vec::new(), common: BTreeMap::new(), own: BTreeMap::new() }
    }

    pub fn find(&self, resource: &Resource) -> Option<AccountAt> {
        self.index.get(resource).copied()
    }

    /// The limit that was set for exactly this resource.
    pub fn limit_of(&self, resource: &Resource) -> Option<LimitAt> {
        let limits = if resource.customer.as_str().is_empty() { &self.common } else { &self.own };
        limits.get(resource).copied()
    }

    /// The limit a resource stands under: its own, or the one for every customer.
    pub fn limit_for(&self, resource: &Resource) -> Option<LimitAt> {
        self.limit_of(resource).or_else(|| {
            let (rule, quota) = (resource.rule.clone(), resource.quota.clone());
            let everybody = Resource { rule, quota, kind: resource.kind, ..Resource::default() };
            self.common.get(&everybody).copied().filter(|_| resource.kind.is_per_customer())
        })
    }

    /// The limits that are nobody's in particular, sorted.
    pub fn common(&self) -> impl Iterator<Item = &Resource> {
        self.common.keys()
    }

    /// Opens an account under a limit.
    pub fn open(&mut self, resource: Resource, limit: LimitAt) -> AccountAt {
        // Settings and memory keep the number of accounts below 2^32.
        let at = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.index.insert(resource.clone(), at);
        self.list.push(Account { resource, limit, ..Account::default() });
        at
    }

    /// Puts a limit in force.
    pub fn set_limit(&mut self, limit: Limit, seq: u64) {
        let (rates, resource) = (limit.guard.rates().unwrap_or_default(), limit.resource.clone());
        let state = LimitState { limit, rates, seq };
        let known = self.limit_of(&resource);
        if let Some(slot) = known.and_then(|at| self.limits.get_mut(at as usize)) {
            *slot = state;
            return;
        }
        let at = u32::try_from(self.limits.len()).unwrap_or(u32::MAX);
        self.limits.push(state);
        if let Some(account) = self.find(&resource).and_then(|at| self.list.get_mut(at as usize)) {
            account.limit = at;
        }
        let limits = if resource.customer.as_str().is_empty() { &mut self.common } else { &mut self.own };
        limits.insert(resource, at);
    }
}
