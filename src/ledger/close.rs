//! Closing accounts whose campaign is over, so that the state stays bounded over the years.

#![expect(clippy::indexing_slicing, reason = "positions come from the ledger's own tables")]

use serde::{Deserialize, Serialize};

use super::account::{AccountAt, LimitAt};
use super::book::{Book, age};
use super::journal::Step;
use super::request::check_resource;
use super::{Change, Closed, LedgerError, Operation};
use crate::record::Resource;
use crate::shop::Moment;

/// Most accounts that one call closes: nobody waits behind a campaign of a million customers.
pub(super) const CLOSE_MAX: usize = 1_024;

/// What was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Close {
    /// The limit whose accounts were closed; it is lifted with the last of them.
    pub limit: Resource,
    /// The resources whose accounts were closed, in the order they were closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<Resource>,
}

impl Book {
    /// Closes accounts under a limit that is over, the limit with the last.
    pub fn close_accounts(&mut self, resource: &Resource, now: Moment) -> Result<Closed, LedgerError> {
        check_resource(resource)?;
        self.tick(now.unix_ms())?;
        let limit = self.limit_over(resource)?;
        let under = &self.accounts.limits[limit as usize].accounts;
        let some: Vec<AccountAt> =
            under.iter().take(CLOSE_MAX).copied().filter(|at| self.is_closable(*at)).collect();
        let left = under.len().saturating_sub(some.len());
        if some.is_empty() && left > 0 {
            return Err(LedgerError::StillNamed { resource: resource.clone(), accounts: left });
        }
        self.close_these(resource, &some)
    }

    /// Closes again what a journal says was closed; `None` when it cannot have been.
    pub fn close_again(&mut self, close: &Close, now: Moment) -> Result<Option<Closed>, LedgerError> {
        self.tick(now.unix_ms())?;
        let limit = self.limit_over(&close.limit)?;
        let mut some = Vec::with_capacity(close.accounts.len().min(CLOSE_MAX));
        for resource in &close.accounts {
            let known = self.accounts.look_up(resource).filter(|at| self.is_closable(*at));
            match known.filter(|at| self.accounts.limits[limit as usize].accounts.contains(at)) {
                Some(at) if !some.contains(&at) && some.len() < CLOSE_MAX => some.push(at),
                Some(_) | None => return Ok(None),
            }
        }
        self.close_these(&close.limit, &some).map(Some)
    }

    fn close_these(&mut self, limit: &Resource, some: &[AccountAt]) -> Result<Closed, LedgerError> {
        let names = || some.iter().map(|at| &self.accounts.names[*at as usize]);
        let seq = self.seq.saturating_add(1);
        let close = Close { limit: limit.clone(), accounts: names().cloned().collect() };
        let changes = some.iter().map(|at| (*at, self.accounts.list[*at as usize].spent));
        let changes = changes
            .filter(|(_, spent)| *spent > 0)
            .map(|(at, spent)| Change::new(&self.accounts.names[at as usize], Step::NONE, Step::Down(spent)));
        let changes: Vec<Change> = changes.collect();
        self.append(|_| (Operation::Close(close), changes))?;
        // Nothing remembered names them; what is not freed yet must not name whatever takes their place.
        self.forget_all();
        some.iter().for_each(|at| self.accounts.close(*at));
        let left =
            self.accounts.limit_of(limit).map_or(0, |at| self.accounts.limits[at as usize].accounts.len());
        if left == 0 {
            self.accounts.lift(limit);
        }
        Ok(Closed { seq, accounts: some.len(), left })
    }

    /// A limit that grants nothing any more. One customer's own is over when everybody's is over too: without it the
    /// customer would stand under that one, with nothing used.
    fn limit_over(&self, resource: &Resource) -> Result<LimitAt, LedgerError> {
        let no_limit = || LedgerError::NoLimit { resource: resource.clone() };
        let own = self.accounts.limit_of(resource).ok_or_else(no_limit)?;
        for at in [Some(own), self.accounts.everybodys(resource)].into_iter().flatten() {
            let until = self.accounts.limits[at as usize].limit.until;
            if until.is_none_or(|until| until.unix_ms() > self.clock) {
                return Err(LedgerError::NotOver { resource: resource.clone() });
            }
        }
        Ok(own)
    }

    /// Whether no reservation that names an account can still be remembered.
    fn is_closable(&self, at: AccountAt) -> bool {
        let account = &self.accounts.list[at as usize];
        let longest_ms = age(self.settings.retention_ms.max(self.settings.returns_ms));
        account.held == 0 && account.last_ms.saturating_add(longest_ms) <= self.clock
    }
}
