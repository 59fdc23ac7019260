//! What is held, spent and free; and the same as pricing reads it.

#![expect(clippy::indexing_slicing, reason = "positions come from the ledger's own tables, which only grow")]

use serde::{Deserialize, Serialize};

use super::book::Book;
use super::hashing::Hashing;
use super::reservation::Item;
use super::{LedgerError, Limit, OwnerId, RequestId};
use crate::money::{Amount, Currency, Money};
use crate::record::{Resource, ResourceKind, Usage};
use crate::rules::QuotaId;
use crate::shop::{CustomerId, Moment};

/// What is held, spent and free of one resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Balance {
    /// The limit; held + spent may be more when it was lowered.
    pub limit: u64,
    /// In open reservations.
    pub held: u64,
    /// Committed, less what refunds restored.
    pub spent: u64,
    /// What a reservation could take.
    pub available: u64,
    /// All that was ever committed.
    pub posted: u64,
    /// All that was ever refunded.
    pub refunded: u64,
}

impl Book {
    pub fn balance(&mut self, resource: &Resource, now: Moment) -> Result<Balance, LedgerError> {
        self.tick(now.unix_ms())?;
        let no_limit = || LedgerError::NoLimit { resource: resource.clone() };
        let at = self.accounts.limit_for(resource).ok_or_else(no_limit)?;
        let limit: &Limit = &self.accounts.limits[at as usize].limit;
        let account = self.accounts.look_up(resource).map(|at| &self.accounts.list[at as usize]);
        let Some(account) = account else {
            let available = super::account::Account::default().available(limit, self.clock, 0);
            return Ok(Balance { limit: limit.amount, available, ..Balance::default() });
        };
        Ok(Balance {
            limit: limit.amount,
            held: account.held,
            spent: account.spent,
            available: account.available(limit, self.clock, 0),
            posted: account.posted,
            refunded: account.refunded,
        })
    }

    /// Held amounts count as used: they are somebody else's until they expire.
    pub fn usage(
        &mut self,
        customer: Option<&CustomerId>,
        owner: Option<&OwnerId>,
        now: Moment,
    ) -> Result<Usage, LedgerError> {
        self.tick(now.unix_ms())?;
        let own = self.own_items(owner);
        let mut usage = Usage::default();
        for common in self.accounts.common().filter(|common| is_of_usage(common.kind())) {
            let key = key_for(common, customer);
            let amount = self.used(self.hashing.of_resource(&key), &key, own);
            note(&mut usage, &key, amount, self.settings.currency);
        }
        Ok(usage)
    }

    /// What is used of each resource asked about, in their order, behind what `amounts` holds.
    pub fn used_of(
        &mut self,
        keys: &[Key],
        owner: Option<&OwnerId>,
        now: Moment,
        amounts: &mut Vec<u64>,
    ) -> Result<(), LedgerError> {
        self.tick(now.unix_ms())?;
        let own = self.own_items(owner);
        amounts.extend(keys.iter().map(|(hash, key)| self.used(*hash, key, own)));
        Ok(())
    }

    /// The reservation that an owner has open.
    pub fn held_by(&mut self, owner: &OwnerId, now: Moment) -> Result<Option<RequestId>, LedgerError> {
        self.tick(now.unix_ms())?;
        let open = self.reservations.open_of(self.hashing.of(owner), owner);
        Ok(open.and_then(|at| self.reservations.get(at)).map(|open| open.request.clone()))
    }

    fn own_items(&self, owner: Option<&OwnerId>) -> &[Item] {
        let own = owner.and_then(|owner| self.reservations.open_of(self.hashing.of(owner), owner));
        own.and_then(|at| self.reservations.get(at)).map_or(&[][..], |own| &own.items)
    }

    fn used(&self, hash: u64, key: &Resource, own: &[Item]) -> u64 {
        let Some(at) = self.accounts.find(hash, key) else { return 0 };
        let account = &self.accounts.list[at as usize];
        let own = own.iter().find(|item| item.account == at).map_or(0, |item| item.held);
        account.held.saturating_sub(own).saturating_add(account.spent)
    }
}

/// What a customer's wallet holds, and coupons, stand in the context.
const fn is_of_usage(kind: ResourceKind) -> bool {
    match kind {
        ResourceKind::WalletPoints | ResourceKind::WalletBalance | ResourceKind::Coupon => false,
        ResourceKind::Uses
        | ResourceKind::CustomerUses
        | ResourceKind::Units
        | ResourceKind::CustomerUnits
        | ResourceKind::Points
        | ResourceKind::CustomerPoints
        | ResourceKind::Budget => true,
    }
}

/// A resource with its hash.
pub(super) type Key = (u64, Resource);

/// The accounts that pricing for a customer asks about, named and hashed before the lock is taken.
pub(super) fn keys(hashing: &Hashing, limits: &[Resource], customer: Option<&CustomerId>) -> Vec<Key> {
    let asked = limits.iter().filter(|limit| is_of_usage(limit.kind()));
    let keys = asked.map(|limit| {
        let key = key_for(limit, customer);
        (hashing.of_resource(&key), key)
    });
    keys.collect()
}

/// What a limit counts for a customer.
fn key_for(limit: &Resource, customer: Option<&CustomerId>) -> Resource {
    let customer = customer.filter(|_| limit.kind().is_per_customer()).cloned().unwrap_or_default();
    limit.of_everybody().of(customer)
}

/// Writes down what is used of a resource, as pricing reads it.
pub(super) fn note(usage: &mut Usage, resource: &Resource, amount: u64, currency: Currency) {
    if amount == 0 {
        return;
    }
    if *resource.quota_id() != QuotaId::default() {
        let used = usage.quotas.entry(resource.quota_id().clone()).or_default();
        if resource.kind().is_per_customer() {
            used.customer_units = amount;
        } else {
            used.units = amount;
        }
        return;
    }
    let used = usage.rules.entry(resource.rule().clone()).or_default();
    match resource.kind() {
        ResourceKind::Uses => used.uses = amount,
        ResourceKind::CustomerUses => used.customer_uses = amount,
        ResourceKind::Units => used.units = amount,
        ResourceKind::CustomerUnits => used.customer_units = amount,
        ResourceKind::Points => used.points = amount,
        ResourceKind::CustomerPoints => used.customer_points = amount,
        ResourceKind::WalletPoints | ResourceKind::WalletBalance | ResourceKind::Coupon => {}
        ResourceKind::Budget => {
            let minor = i64::try_from(amount).unwrap_or(i64::MAX);
            used.budget = Some(Amount::from_money(Money::from_minor(minor), currency));
        }
    }
}
