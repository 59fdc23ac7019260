//! What is held, spent and free; and the same as pricing reads it.

#![expect(clippy::indexing_slicing, reason = "positions come from the ledger's own tables, which only grow")]

use serde::{Deserialize, Serialize};

use super::book::Book;
use super::{LedgerError, Limit, OwnerId};
use crate::money::{Amount, Money};
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
        self.tick(now)?;
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
        self.tick(now)?;
        let own = owner.and_then(|owner| self.reservations.open_of(self.hashing.of(owner), owner));
        let own = own.and_then(|at| self.reservations.get(at)).map_or(&[][..], |own| &own.items);
        let mut usage = Usage::default();
        let mut key = Resource::default();
        for common in self.accounts.common() {
            key.rule = common.rule.clone();
            key.quota = common.quota.clone();
            key.kind = common.kind;
            let whose = if common.kind.is_per_customer() { customer } else { None };
            key.customer = whose.cloned().unwrap_or_default();
            let Some(at) = self.accounts.look_up(&key) else { continue };
            let account = &self.accounts.list[at as usize];
            let own = own.iter().find(|item| item.account == at).map_or(0, |item| item.held);
            let amount = account.held.saturating_sub(own).saturating_add(account.spent);
            if amount == 0 {
                continue;
            }
            if common.kind.is_wallet() || common.kind == ResourceKind::Coupon {
                continue;
            }
            if common.quota != QuotaId::default() {
                let used = usage.quotas.entry(common.quota.clone()).or_default();
                if common.kind.is_per_customer() {
                    used.customer_units = amount;
                } else {
                    used.units = amount;
                }
                continue;
            }
            let used = usage.rules.entry(common.rule.clone()).or_default();
            match common.kind {
                ResourceKind::Uses => used.uses = amount,
                ResourceKind::CustomerUses => used.customer_uses = amount,
                ResourceKind::Units => used.units = amount,
                ResourceKind::CustomerUnits => used.customer_units = amount,
                ResourceKind::Points => used.points = amount,
                ResourceKind::CustomerPoints => used.customer_points = amount,
                ResourceKind::WalletPoints | ResourceKind::WalletBalance | ResourceKind::Coupon => {}
                ResourceKind::Budget => {
                    let minor = i64::try_from(amount).unwrap_or(i64::MAX);
                    let budget = Amount::from_money(Money::from_minor(minor), self.settings.currency);
                    used.budget = Some(budget);
                }
            }
        }
        Ok(usage)
    }
}
