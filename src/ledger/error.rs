//! Why a ledger could not answer.

use std::fmt;

use super::RequestId;
use crate::record::Resource;

/// Why a ledger could not answer. Nothing has changed, and nothing is remembered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// An id that is empty, too long or has control characters.
    #[error("an id of {bytes} bytes; 1 to {limit} without control characters are allowed")]
    BadId {
        /// Its bytes.
        bytes: usize,
        /// Most bytes.
        limit: usize,
    },
    /// More claims than one request may have.
    #[error("{given} claims; at most {limit} are allowed")]
    TooManyClaims {
        /// How many.
        given: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A claim of nothing, beyond [`AMOUNT_MAX`](crate::bounds::AMOUNT_MAX), or out of order.
    #[error("claim {position} is of nothing, too large or out of order")]
    BadClaim {
        /// Its position.
        position: usize,
    },
    /// A hold of no time, or too long.
    #[error("a hold of {given} ms; 1 to {limit} are allowed")]
    BadTtl {
        /// In milliseconds.
        given: u64,
        /// In milliseconds.
        limit: u64,
    },
    /// A limit beyond [`AMOUNT_MAX`](crate::bounds::AMOUNT_MAX), or a percentage outside 0 to 100.
    #[error("the limit of {resource} is out of range")]
    BadLimit {
        /// Of what.
        resource: Resource,
    },
    /// A moment too far from 1970 to add to.
    #[error("the moment {given_ms} ms is out of range")]
    BadMoment {
        /// In milliseconds since 1970.
        given_ms: i64,
    },
    /// The id was used for a request of other content.
    #[error("request {request} was made before with other content")]
    Conflict {
        /// The id.
        request: RequestId,
    },
    /// No reservation of this id, or none any more.
    #[error("no reservation {reservation} is known")]
    Unknown {
        /// The id.
        reservation: RequestId,
    },
    /// Nobody set a limit for what is claimed.
    #[error("{resource} has no limit")]
    NoLimit {
        /// What.
        resource: Resource,
    },
    /// A newer version of the limit is in force, or another one of this version.
    #[error("version {given} of the limit of {resource} is not newer than {current}")]
    StaleLimit {
        /// Of what.
        resource: Resource,
        /// The version given.
        given: u64,
        /// The version in force.
        current: u64,
    },
    /// The limit to be closed still grants: it has no end, or a later one.
    #[error("the limit of {resource} is not over")]
    NotOver {
        /// Of what.
        resource: Resource,
    },
    /// Reservations that name the accounts to be closed may still be asked for.
    #[error("{accounts} accounts under the limit of {resource} are still named")]
    StillNamed {
        /// Of what.
        resource: Resource,
        /// How many accounts are left.
        accounts: usize,
    },
    /// No room. Room comes back with time: see [`Settings`](super::Settings).
    #[error("no room for more than {limit} {what}")]
    Full {
        /// Of what.
        what: Resident,
        /// How many there may be.
        limit: usize,
    },
    /// More commits, releases and refunds than one reservation may have.
    #[error("reservation {reservation} has had {limit} operations")]
    TooManyOperations {
        /// The reservation.
        reservation: RequestId,
        /// How many there may be.
        limit: usize,
    },
    /// A counter would leave its range.
    #[error("a counter of {resource} would leave its range")]
    CounterOverflow {
        /// Of what.
        resource: Resource,
    },
    /// The journal could not be written. The ledger answers nothing more: whether the entry reached the disk is not
    /// known, so it must be recovered from snapshot and journal.
    #[error("the journal could not be written; the ledger must be recovered")]
    Journal,
}

/// What a ledger has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resident {
    /// Limits.
    Limits,
    /// Accounts: resources that were claimed.
    Accounts,
    /// Reservations.
    Reservations,
}

impl fmt::Display for Resident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Limits => "limits",
            Self::Accounts => "accounts",
            Self::Reservations => "reservations",
        })
    }
}
