//! The whole state as one document.

#![expect(clippy::indexing_slicing, reason = "positions come from the ledger's own tables, which only grow")]

use serde::{Deserialize, Serialize};

use super::account::Account;
use super::answer::{Answer, Share};
use super::book::Book;
use super::request::digest_of_reserve;
use super::reservation::{Reservation, State};
use super::reservations::ReservationAt;
use super::{
    Committed, LedgerError, Limit, OwnerId, Refunded, Refusal, Released, RequestId, Resident, Short,
};
use crate::record::{Fingerprint, Resource};
use crate::rules::is_default;

/// The snapshot format this version reads and writes.
pub(super) const FORMAT: u32 = 1;

/// The whole state of an [`Embedded`](super::Embedded) ledger at one moment: limits, accounts, reservations and every
/// answer that may be asked for again. A serde document with a version and a digest; `load::snapshot` reads it from
/// bytes nobody vouches for, and [`Embedded::restore`](super::Embedded::restore) checks that it holds together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    pub(super) format: u32,
    /// The SHA-256 of the JSON text of the state.
    pub(super) digest: Fingerprint,
    pub(super) state: StateDocument,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StateDocument {
    pub clock_ms: i64,
    pub seq: u64,
    pub limits: Vec<LimitDocument>,
    pub accounts: Vec<AccountDocument>,
    pub reservations: Vec<ReservationDocument>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitDocument {
    pub seq: u64,
    pub limit: Limit,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountDocument {
    pub resource: Resource,
    pub held: u64,
    pub spent: u64,
    pub posted: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub refunded: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub minute: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub in_minute: u64,
    pub last_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReservationDocument {
    pub seq: u64,
    pub request: RequestId,
    pub owner: OwnerId,
    pub content: Fingerprint,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Fingerprint>,
    pub state: State,
    pub expires_ms: i64,
    pub touched_ms: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ItemDocument>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short: Option<Short>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub done: Vec<DoneDocument>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ItemDocument {
    pub resource: Resource,
    pub claimed: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub held: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub posted: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub refunded: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DoneDocument {
    pub request: RequestId,
    pub content: Fingerprint,
    pub answer: AnswerDocument,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AnswerDocument {
    Committed(Committed),
    Released(Released),
    Refunded(Refunded),
    Refused(Refusal),
}

/// A snapshot that is refused: the first thing wrong with it, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
#[non_exhaustive]
pub struct SnapshotError {
    /// Where, as a JSON pointer.
    pub path: String,
    /// What is wrong.
    pub problem: SnapshotProblem,
}

/// What is wrong with a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotProblem {
    /// A format this version does not read.
    #[error("format {given}; this version reads {known}")]
    WrongFormat {
        /// The format.
        given: u32,
        /// The format it reads.
        known: u32,
    },
    /// The state was changed after it was written.
    #[error("the digest is not that of the state")]
    WrongDigest,
    /// More than the settings have room for.
    #[error("no room for more than {limit} {what}")]
    Full {
        /// Of what.
        what: Resident,
        /// How many there may be.
        limit: usize,
    },
    /// A value that no request could have brought in.
    #[error("{0}")]
    BadValue(LedgerError),
    /// Not sorted, or there twice.
    #[error("it is not after the one before it, or is there twice")]
    OutOfOrder,
    /// A resource without a limit, or an item without an account.
    #[error("{resource} is not known")]
    UnknownResource {
        /// What.
        resource: Resource,
    },
    /// Amounts, times or numbers that cannot stand together.
    #[error("it does not add up")]
    DoesNotAddUp,
}

impl Snapshot {
    pub(super) fn new(state: StateDocument) -> Self {
        Self { format: FORMAT, digest: state.digest(), state }
    }

    /// Checks format and digest; [`Embedded::restore`](super::Embedded::restore) checks all the rest too.
    pub(crate) fn check(&self) -> Result<(), SnapshotError> {
        let problem = |path: &str, problem| Err(SnapshotError { path: path.to_owned(), problem });
        if self.format != FORMAT {
            let (given, known) = (self.format, FORMAT);
            return problem("/format", SnapshotProblem::WrongFormat { given, known });
        }
        if self.digest != self.state.digest() {
            return problem("/digest", SnapshotProblem::WrongDigest);
        }
        Ok(())
    }
}

impl StateDocument {
    fn digest(&self) -> Fingerprint {
        // Plain structs of numbers and texts can always be written.
        Fingerprint::of(&serde_json::to_vec(self).unwrap_or_default())
    }
}

impl Book {
    pub fn snapshot(&mut self) -> Snapshot {
        self.forget_all();
        let accounts = &self.accounts;
        let limits = accounts.all_limits();
        let mut limits: Vec<LimitDocument> =
            limits.map(|state| LimitDocument { seq: state.seq, limit: state.limit.clone() }).collect();
        limits.sort_by(|a, b| a.limit.resource.cmp(&b.limit.resource));
        let mut accounts: Vec<AccountDocument> = accounts
            .open_accounts()
            .map(|at| {
                let Account { held, spent, posted, refunded, minute, in_minute, last_ms, .. } =
                    accounts.list[at as usize];
                let resource = accounts.names[at as usize].clone();
                AccountDocument { resource, held, spent, posted, refunded, minute, in_minute, last_ms }
            })
            .collect();
        accounts.sort_by(|a, b| a.resource.cmp(&b.resource));
        let reservations = self.reservations.all();
        let documents = reservations.map(|(at, known)| self.document(at, known));
        let mut reservations: Vec<ReservationDocument> = documents.collect();
        reservations.sort_by_key(|reservation| reservation.seq);
        let (clock_ms, seq) = (self.clock, self.seq);
        Snapshot::new(StateDocument { clock_ms, seq, limits, accounts, reservations })
    }

    fn document(&self, at: ReservationAt, reservation: &Reservation) -> ReservationDocument {
        let items = reservation.items.iter().map(|item| ItemDocument {
            resource: self.accounts.names[item.account as usize].clone(),
            claimed: item.claimed,
            held: item.held,
            posted: item.posted,
            refunded: item.refunded,
        });
        let done = reservation.done.iter().map(|done| DoneDocument {
            request: done.request.clone(),
            content: done.asks.digest(),
            answer: self.answer_document(at, &done.answer),
        });
        let content = reservation.origin.as_ref().map_or_else(
            || {
                let items = reservation.items.iter();
                let claims = items.map(|item| (&self.accounts.names[item.account as usize], item.claimed));
                digest_of_reserve(&reservation.owner, reservation.ttl_ms(), reservation.quote(), claims)
            },
            |origin| origin.digest,
        );
        ReservationDocument {
            seq: reservation.seq,
            request: reservation.request.clone(),
            owner: reservation.owner.clone(),
            content,
            quote: reservation.quote(),
            state: reservation.state,
            expires_ms: reservation.expires_ms,
            touched_ms: reservation.touched_ms,
            items: items.collect(),
            short: reservation.origin.as_ref().and_then(|origin| origin.short.clone()),
            done: done.collect(),
        }
    }

    fn answer_document(&self, at: ReservationAt, answer: &Answer) -> AnswerDocument {
        let claims = |share: &Share| self.claims(at, &share.amounts(self.items(at))).collect();
        match answer {
            Answer::Committed { seq, posted } => {
                let (posted, alerts) = (claims(posted), Vec::new());
                AnswerDocument::Committed(Committed { seq: *seq, posted, alerts })
            }
            Answer::Alerted(done) => AnswerDocument::Committed((**done).clone()),
            Answer::Released { seq, returned } => {
                AnswerDocument::Released(Released { seq: *seq, returned: claims(returned) })
            }
            Answer::Refunded(done) => AnswerDocument::Refunded((**done).clone()),
            Answer::Refused(why) => AnswerDocument::Refused((**why).clone()),
        }
    }
}
