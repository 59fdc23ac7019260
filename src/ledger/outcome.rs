//! What a ledger answers. Answers are remembered and given again to a repeated request.

use serde::{Deserialize, Serialize};

use super::Alert;
use crate::record::{Claim, Resource};

/// The answer to a reservation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reserved {
    /// All claims are held.
    Held(Held),
    /// None is; the same request gets this answer again even if there is more by then.
    Rejected(Short),
}

/// A hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Held {
    /// Its place in the order of all events of the ledger.
    pub seq: u64,
    /// When it expires: milliseconds since 1970-01-01T00:00:00Z; from then on it cannot be committed.
    pub expires_ms: i64,
}

/// The first claim for which there was not enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Short {
    /// The place of the rejection in the order of all events of the ledger.
    pub seq: u64,
    /// Of what.
    pub resource: Resource,
    /// So much was claimed.
    pub wanted: u64,
    /// So much was free.
    pub available: u64,
}

/// The answer to what is asked of a reservation: done, or refused for its state. Both are remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled<T> {
    /// It was done.
    Done(T),
    /// It could not be done; nothing has changed.
    Refused(Refusal),
}

/// Why a reservation could not be committed, released or refunded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// It was never held.
    Rejected,
    /// Its time was over.
    Expired,
    /// It was given back.
    Released,
    /// Its owner has reserved anew.
    Replaced,
    /// Nothing of it was held any more: it is committed.
    Settled,
    /// It is for another quote.
    OtherQuote,
    /// More than is held, or committed and not refunded.
    Exceeds(Short),
    /// It had expired, and there was not enough to take it again.
    Exhausted(Short),
    /// Nothing of it is committed.
    NothingCommitted,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Committed {
    /// Its place in the order of all events of the ledger.
    pub seq: u64,
    /// What is spent by it.
    pub posted: Vec<Claim>,
    /// What somebody should look at.
    pub alerts: Vec<Alert>,
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Released {
    /// Its place in the order of all events of the ledger.
    pub seq: u64,
    /// What is free again by it.
    pub returned: Vec<Claim>,
}

/// A refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Refunded {
    /// Its place in the order of all events of the ledger.
    pub seq: u64,
    /// What is free again by it.
    pub restored: Vec<Claim>,
    /// What stays spent, since its limit says so.
    pub kept: Vec<Claim>,
    /// What somebody should look at.
    pub alerts: Vec<Alert>,
}

/// Accounts are closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Closed {
    /// Its place in the order of all events of the ledger.
    pub seq: u64,
    /// How many were closed by this call.
    pub accounts: usize,
    /// How many are left under the limit; with the last of them the limit is lifted.
    pub left: usize,
}

/// A limit is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitSet {
    /// Its place in the order of all events of the ledger.
    pub seq: u64,
}
