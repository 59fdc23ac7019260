//! Append-only entries, from which every balance can be rebuilt (L3).

use serde::{Deserialize, Serialize};

use super::{Close, Commit, Limit, Refund, Release, RequestId, Reserve};
use crate::record::{Fingerprint, Resource};

/// One event of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Entry {
    /// Its place in the order of events; the first is 1, and none is left out.
    pub seq: u64,
    /// The ledger's time: milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// What happened.
    pub operation: Operation,
    /// What it changed, in the order it was changed; empty for a rejection or refusal.
    pub changes: Vec<Change>,
}

/// What happened: a request that was answered for the first time, or an expiry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// A reservation, held or rejected.
    Reserve(Reserve),
    /// A commit, done or refused.
    Commit(Commit),
    /// A release, done or refused.
    Release(Release),
    /// A refund, done or refused.
    Refund(Refund),
    /// A hold expired.
    Expire(RequestId),
    /// A limit was set.
    Limit(Limit),
    /// Accounts were closed.
    Close(Close),
}

/// How much more, or less, is held and spent of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Change {
    /// Of what.
    pub resource: Resource,
    /// Held.
    pub held: i64,
    /// Spent.
    pub spent: i64,
}

impl Change {
    /// Amounts are at most `AMOUNT_MAX`, which an `i64` holds.
    pub(super) fn new(resource: &Resource, held: Step, spent: Step) -> Self {
        Self { resource: resource.clone(), held: held.signed(), spent: spent.signed() }
    }
}

/// An amount up or down.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Up(u64),
    Down(u64),
}

impl Step {
    pub const NONE: Self = Self::Up(0);

    fn signed(self) -> i64 {
        match self {
            Self::Up(amount) => i64::try_from(amount).unwrap_or(i64::MAX),
            Self::Down(amount) => i64::try_from(amount).map_or(i64::MIN, i64::wrapping_neg),
        }
    }
}

/// Where entries are kept. It is called inside the ledger's critical section, before anything changes, and must return
/// only when the entry is as safe as the host wants it to be.
///
/// Any function from an entry to a result is one:
///
/// ```
/// use std::io::Write;
///
/// use dealproof::ledger::{Embedded, Entry, JournalFailure, Settings};
/// use dealproof::money::Currency;
///
/// let mut file = Vec::new(); // a file, flushed to the disk before it returns
/// let ledger = Embedded::new(Settings::new(Currency::CNY)).journal(move |entry: &Entry| {
///     let line = entry.to_line().ok_or(JournalFailure)?;
///     file.write_all(line.as_bytes()).map_err(|_| JournalFailure)
/// });
/// ```
pub trait Journal {
    /// Appends an entry.
    ///
    /// # Errors
    /// When it could not be kept, or perhaps not: the ledger then stops.
    fn append(&mut self, entry: &Entry) -> Result<(), JournalFailure>;
}

impl<F: FnMut(&Entry) -> Result<(), JournalFailure>> Journal for F {
    fn append(&mut self, entry: &Entry) -> Result<(), JournalFailure> {
        self(entry)
    }
}

/// An entry could not be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the entry could not be kept")]
pub struct JournalFailure;

impl Entry {
    /// The entry as a line of a journal file: the SHA-256 of its JSON text, a space, the text, a line feed. `load::journal`
    /// reads such lines. `None` is for an entry JSON cannot write, and there is none.
    #[must_use]
    pub fn to_line(&self) -> Option<String> {
        let text = serde_json::to_string(self).ok()?;
        Some(format!("{} {text}\n", Fingerprint::of(text.as_bytes())))
    }
}
