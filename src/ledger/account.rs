//! Held and spent amounts of every resource, and the limits they stand under.

#![expect(clippy::indexing_slicing, reason = "positions come from the tables of this module")]

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashTable;

use super::guard::{Rates, reaches};
use super::hashing::Hashing;
use super::{Alert, AlertKind, Limit};
use crate::bounds::PPM;
use crate::record::{Claim, Resource};

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
    /// The accounts that stand under it.
    pub accounts: BTreeSet<AccountAt>,
}

/// What is held and spent of one resource. At each grant held + spent ≤ limit ≤ `AMOUNT_MAX` (L1), so that none of the
/// sums below can leave its range; what only ever grows is checked before anything is written.
///
/// Counters stand apart from names: threads write the ones and read the others, and a line of a cache that one core
/// writes has to travel to the next.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
pub(super) struct Account {
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
    /// The last event, or the end of the hold, of any reservation that names it.
    pub last_ms: i64,
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
    pub fn post(
        &mut self,
        resource: &Resource,
        state: &LimitState,
        amount: u64,
        clock: i64,
        alerts: &mut Vec<Alert>,
    ) {
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
        let mut alert = |kind| alerts.push(Alert { resource: resource.clone(), kind });
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
    pub fn refund(
        &mut self,
        resource: &Resource,
        state: &LimitState,
        amount: u64,
        restored: u64,
        alerts: &mut Vec<Alert>,
    ) {
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
            alerts.push(Alert { resource: resource.clone(), kind });
        }
    }
}

/// All accounts and limits.
pub(super) struct Accounts {
    hashing: Hashing,
    pub names: Vec<Resource>,
    pub list: Vec<Account>,
    /// Places in both of the lists above that are free again.
    closed: BTreeSet<AccountAt>,
    index: HashTable<AccountAt>,
    pub limits: Vec<LimitState>,
    /// Places in the list above that are free again.
    lifted: Vec<LimitAt>,
    /// Limits by resource: nobody's, which stand for every customer's, and those of one customer.
    common: BTreeMap<Resource, LimitAt>,
    own: BTreeMap<Resource, LimitAt>,
}

impl Accounts {
    pub const fn new(hashing: Hashing) -> Self {
        Self {
            hashing,
            names: Vec::new(),
            list: Vec::new(),
            closed: BTreeSet::new(),
            index: HashTable::new(),
            limits: Vec::new(),
            lifted: Vec::new(),
            common: BTreeMap::new(),
            own: BTreeMap::new(),
        }
    }

    /// How many accounts are open.
    pub fn len(&self) -> usize {
        self.list.len().saturating_sub(self.closed.len())
    }

    /// How many limits are in force.
    pub fn limits_len(&self) -> usize {
        self.limits.len().saturating_sub(self.lifted.len())
    }

    /// Where the account of a resource is, if it is open; `hash` is that of the resource.
    pub fn find(&self, hash: u64, resource: &Resource) -> Option<AccountAt> {
        self.index.find(hash, |at| self.names[*at as usize] == *resource).copied()
    }

    /// The same, for what is not asked with every order.
    pub fn look_up(&self, resource: &Resource) -> Option<AccountAt> {
        self.find(self.hashing.of_resource(resource), resource)
    }

    /// The places of the accounts that are open.
    pub fn open_accounts(&self) -> impl Iterator<Item = AccountAt> {
        (0..).zip(&self.list).map(|(at, _)| at).filter(|at| !self.closed.contains(at))
    }

    /// The limit that was set for exactly this resource.
    pub fn limit_of(&self, resource: &Resource) -> Option<LimitAt> {
        let limits = if resource.customer().as_str().is_empty() { &self.common } else { &self.own };
        limits.get(resource).copied()
    }

    /// The limit a resource stands under: its own, or the one for every customer.
    pub fn limit_for(&self, resource: &Resource) -> Option<LimitAt> {
        self.limit_of(resource).or_else(|| self.everybodys(resource))
    }

    /// The limit for every customer that one customer's resource stands under without a limit of its own.
    pub fn everybodys(&self, resource: &Resource) -> Option<LimitAt> {
        let common = || self.common.get(&resource.of_everybody()).copied();
        resource.kind().is_per_customer().then(common).flatten()
    }

    /// The limits that are nobody's in particular, sorted.
    pub fn common(&self) -> impl Iterator<Item = &Resource> {
        self.common.keys()
    }

    /// All limits in force.
    pub fn all_limits(&self) -> impl Iterator<Item = &LimitState> {
        self.common.values().chain(self.own.values()).map(|at| &self.limits[*at as usize])
    }

    /// So much of an account's resource.
    pub fn claim(&self, at: AccountAt, amount: u64) -> Claim {
        Claim::new(self.names[at as usize].clone(), amount)
    }

    /// Opens an account under a limit.
    pub fn open(&mut self, hash: u64, resource: Resource, limit: LimitAt) -> AccountAt {
        let account = Account { limit, last_ms: i64::MIN, ..Account::default() };
        let at = match self.closed.pop_first() {
            Some(at) => {
                (self.names[at as usize], self.list[at as usize]) = (resource, account);
                at
            }
            None => {
                self.names.push(resource);
                self.list.push(account);
                // Settings and memory keep the number of accounts below 2^32.
                u32::try_from(self.list.len().saturating_sub(1)).unwrap_or(u32::MAX)
            }
        };
        let (names, hashing) = (&self.names, &self.hashing);
        self.index.insert_unique(hash, at, |at| hashing.of_resource(&names[*at as usize]));
        self.limits[limit as usize].accounts.insert(at);
        at
    }

    /// Closes an account that no reservation names.
    pub fn close(&mut self, at: AccountAt) {
        let resource = std::mem::take(&mut self.names[at as usize]);
        let entry = self.index.find_entry(self.hashing.of_resource(&resource), |open| *open == at);
        if let Ok(entry) = entry {
            entry.remove();
        }
        let limit = self.list[at as usize].limit;
        self.limits[limit as usize].accounts.remove(&at);
        self.closed.insert(at);
    }

    /// Puts a limit in force.
    pub fn set_limit(&mut self, limit: Limit, seq: u64) {
        let (rates, resource) = (limit.guard.rates().unwrap_or_default(), limit.resource.clone());
        if let Some(at) = self.limit_of(&resource) {
            let known = &mut self.limits[at as usize];
            (known.limit, known.rates, known.seq) = (limit, rates, seq);
            return;
        }
        let state = LimitState { limit, rates, seq, accounts: BTreeSet::new() };
        let at = match self.lifted.pop() {
            Some(at) => {
                self.limits[at as usize] = state;
                at
            }
            None => {
                self.limits.push(state);
                u32::try_from(self.limits.len().saturating_sub(1)).unwrap_or(u32::MAX)
            }
        };
        if let Some(account) = self.look_up(&resource) {
            let before = std::mem::replace(&mut self.list[account as usize].limit, at);
            self.limits[before as usize].accounts.remove(&account);
            self.limits[at as usize].accounts.insert(account);
        }
        let limits = if resource.customer().as_str().is_empty() { &mut self.common } else { &mut self.own };
        limits.insert(resource, at);
    }

    /// Takes a limit away that no account stands under.
    pub fn lift(&mut self, resource: &Resource) {
        let limits = if resource.customer().as_str().is_empty() { &mut self.common } else { &mut self.own };
        self.lifted.extend(limits.remove(resource));
    }
}
