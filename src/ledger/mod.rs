//! Claims → Reservation → committed, released, expired or refunded: the only module that keeps state.
//!
//! In: the claims of quotes, under limits the host sets. Out: who may have how much, decided in one short critical
//! section ([`Embedded`]), with time an argument. Invariants: L1 held + spent ≤ limit at every grant; L2 a reservation
//! settles once and repeats answer alike; L3 the journal rebuilds every balance. All checks come before the first write,
//! and nothing fails after it. State is bounded by [`Settings`]: what does not fit is refused, and nothing that a
//! retry could still ask for is forgotten early. Read next: `request`, `book`, `reserve`, `settle`; the guide is
//! `guide/ledger.md`.
#![deny(clippy::arithmetic_side_effects)]

mod account;
mod answer;
mod balance;
mod book;
mod close;
mod due;
mod embedded;
mod error;
mod guard;
mod hashing;
#[cfg(test)]
mod interleavings;
mod journal;
mod lane;
mod limit;
mod outcome;
mod replay;
mod request;
mod reservation;
mod reservations;
mod reserve;
mod restore;
mod settings;
mod settle;
mod snapshot;
mod sync;

pub use balance::Balance;
pub use close::Close;
pub use embedded::Embedded;
pub use error::{LedgerError, Resident};
pub use guard::{Alert, AlertKind, Guard};
pub use journal::{Change, Entry, Journal, JournalFailure, Operation};
pub use limit::{Limit, Refunds};
pub use outcome::{Closed, Committed, Held, LimitSet, Refunded, Refusal, Released, Reserved, Settled, Short};
pub use replay::{ReplayError, ReplayProblem};
pub use request::{Commit, Late, OwnerId, Portion, Refund, Release, RequestId, Reserve, Rest};
pub use settings::{ID_BYTES_MAX, Settings};
pub use snapshot::{Snapshot, SnapshotError, SnapshotProblem};

use crate::record::{Resource, Usage};
use crate::shop::{CustomerId, Moment};

/// What a checkout asks of a ledger. [`Embedded`] is the one inside a process; a ledger over a shared store answers alike.
///
/// Every call carries the moment; a ledger never goes back in time, so an earlier moment than the latest it has seen counts
/// as that one. Holds that are due by then have expired, whether or not anybody swept. Every call with a request id may be
/// repeated: the same content gives the same answer, other content is a [`LedgerError::Conflict`]. Errors are not
/// remembered and change nothing.
///
/// ```
/// use dealproof::ledger::{Commit, Embedded, Ledger, Limit, Reserve, Reserved, Settings};
/// use dealproof::money::Currency;
/// use dealproof::record::{Claim, Resource, ResourceKind};
/// use dealproof::shop::Moment;
///
/// let ledger = Embedded::new(Settings::new(Currency::CNY));
/// let now: Moment = "2026-11-11T00:00:00+08:00".parse()?;
/// let flash = Resource::new("flash-phone", ResourceKind::Units);
/// ledger.set_limit(&Limit::new(flash.clone(), 500), now)?;
///
/// // Two units, held for fifteen minutes while the shopper pays.
/// let two = Reserve::new("order-17", "cart-17", [Claim::new(flash.clone(), 2)]).ttl_ms(15 * 60_000);
/// assert!(matches!(ledger.reserve(&two, now)?, Reserved::Held(_)));
/// ledger.commit(&Commit::all("order-17", "payment-1"), now)?;
/// assert_eq!(ledger.balance(&flash, now)?.available, 498);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Ledger {
    /// Takes all claims or none (L-3). What the owner still held is given back in the same step; on a rejection it is kept.
    ///
    /// # Errors
    /// [`LedgerError`]; nothing is held.
    fn reserve(&self, call: &Reserve, now: Moment) -> Result<Reserved, LedgerError>;

    /// Turns all or part of what is held into use. After expiry it refuses, or takes the same claims again if they are
    /// still free, as the call says.
    ///
    /// # Errors
    /// [`LedgerError`]; nothing is committed.
    fn commit(&self, call: &Commit, now: Moment) -> Result<Settled<Committed>, LedgerError>;

    /// Gives back what is still held.
    ///
    /// # Errors
    /// [`LedgerError`]; nothing is given back.
    fn release(&self, call: &Release, now: Moment) -> Result<Settled<Released>, LedgerError>;

    /// Gives back all or part of what was committed, as far as the limits restore what is refunded.
    ///
    /// # Errors
    /// [`LedgerError`]; nothing is given back.
    fn refund(&self, call: &Refund, now: Moment) -> Result<Settled<Refunded>, LedgerError>;

    /// Gives back every hold that is due, and says how many. Never needed for the answers to be right; what is old
    /// enough is forgotten at once, so that its room is there for new ones.
    ///
    /// # Errors
    /// [`LedgerError`], when the journal cannot be written.
    fn expire(&self, now: Moment) -> Result<u64, LedgerError>;

    /// Sets a limit. Lowering it below its use is legal: nothing more is granted until enough came back.
    ///
    /// # Errors
    /// [`LedgerError`]; the limit is as it was.
    fn set_limit(&self, limit: &Limit, now: Moment) -> Result<LimitSet, LedgerError>;

    /// Closes accounts that stand under a limit which is over (`until`), a thousand or so at a time, and the limit with the
    /// last of them: that makes room for the next campaign. An account can be closed when nothing is held of it and no
    /// reservation that named it can be remembered. Repeat the call while accounts are left. It needs no request id: whatever
    /// a repeat could still close is over as well, so after a lost answer call again until there is no such limit.
    ///
    /// # Errors
    /// [`LedgerError::NoLimit`] when the limit is not there, or not any more; [`LedgerError::NotOver`],
    /// [`LedgerError::StillNamed`] when it is too early.
    fn close(&self, limit: &Resource, now: Moment) -> Result<Closed, LedgerError>;

    /// What is held, spent and free of a resource.
    ///
    /// # Errors
    /// [`LedgerError::NoLimit`] when nobody set its limit.
    fn balance(&self, resource: &Resource, now: Moment) -> Result<Balance, LedgerError>;

    /// What is used, held amounts included, as pricing reads it: a hint, since only [`reserve`](Self::reserve) decides. What
    /// the owner holds is left out: a new reservation would give it back, so it is not in the shopper's own way.
    ///
    /// Cost: linear in the limits that are set, of all rules there ever were. Checkouts ask by
    /// [`usage_of`](Self::usage_of).
    ///
    /// # Errors
    /// [`LedgerError`], when the journal cannot be written.
    fn usage(
        &self,
        customer: Option<&CustomerId>,
        owner: Option<&OwnerId>,
        now: Moment,
    ) -> Result<Usage, LedgerError>;

    /// The same of these limits only, named without a customer, as [`Plan::limits`](crate::compile::Plan::limits) has them:
    /// pricing by that plan cannot tell the difference. Cost: linear in what is asked.
    ///
    /// # Errors
    /// As [`usage`](Self::usage).
    fn usage_of(
        &self,
        limits: &[Resource],
        customer: Option<&CustomerId>,
        owner: Option<&OwnerId>,
        now: Moment,
    ) -> Result<Usage, LedgerError>;

    /// The reservation that an owner has open, if any.
    ///
    /// # Errors
    /// [`LedgerError`], when the journal cannot be written.
    fn held_by(&self, owner: &OwnerId, now: Moment) -> Result<Option<RequestId>, LedgerError>;
}
