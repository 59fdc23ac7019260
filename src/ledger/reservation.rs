//! One reservation's life, with all that was answered about it: open, then settled, released, replaced or expired;
//! or rejected from the start.

#![expect(clippy::disallowed_types, reason = "reservations are looked up by id; nothing iterates the table")]
#![expect(
    clippy::indexing_slicing,
    reason = "positions are handed out by the table and taken back with the slot"
)]

use std::collections::HashMap;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use super::account::AccountAt;
use super::{
    Committed, Held, LedgerError, OwnerId, Refunded, Refusal, Released, RequestId, Reserved, Settled, Short,
};
use crate::record::Fingerprint;

/// A place in the table of reservations.
pub(super) type ReservationAt = u32;

/// Where a reservation is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Open,
    Settled,
    Released,
    Replaced,
    Expired,
    Rejected,
}

/// One claim of a reservation. held + posted ≤ claimed, refunded ≤ posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub account: AccountAt,
    pub claimed: u64,
    pub held: u64,
    pub posted: u64,
    pub refunded: u64,
}

/// An answer about a reservation, remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    Committed(Committed),
    Released(Released),
    Refunded(Refunded),
    Refused(Refusal),
}

impl Answer {
    /// Its place in the order of events; a refusal does not name one.
    pub const fn seq(&self) -> Option<u64> {
        match self {
            Self::Committed(done) => Some(done.seq),
            Self::Released(done) => Some(done.seq),
            Self::Refunded(done) => Some(done.seq),
            Self::Refused(_) => None,
        }
    }
}

/// What an answer is about.
pub(super) trait Answers: Sized {
    fn of(answer: &Answer) -> Option<Settled<Self>>;
}

macro_rules! answers {
    ($($kind:ident),*) => {
        $(impl Answers for $kind {
            fn of(answer: &Answer) -> Option<Settled<Self>> {
                match answer {
                    Answer::$kind(done) => Some(Settled::Done(done.clone())),
                    Answer::Refused(why) => Some(Settled::Refused(why.clone())),
                    Answer::Committed(_) | Answer::Released(_) | Answer::Refunded(_) => None,
                }
            }
        })*
    };
}

#[expect(unreachable_patterns, reason = "each kind is named once on its own and once among all")]
mod answers {
    use super::*;
    answers! { Committed, Released, Refunded }
}

/// A request about a reservation, with its answer.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub request: RequestId,
    pub content: Fingerprint,
    pub answer: Answer,
}

/// A reservation.
#[derive(Clone, Debug)]
pub(super) struct Reservation {
    pub request: RequestId,
    pub owner: OwnerId,
    pub content: Fingerprint,
    pub quote: Option<Fingerprint>,
    pub seq: u64,
    pub expires_ms: i64,
    /// Its last event; what it is remembered from.
    pub touched_ms: i64,
    pub state: State,
    pub items: Vec<Item>,
    /// Why it was rejected, if it was.
    pub short: Option<Box<Short>>,
    pub done: Vec<Done>,
}

impl Reservation {
    /// The answer to its request.
    pub fn reserved(&self) -> Reserved {
        match &self.short {
            Some(short) => Reserved::Rejected((**short).clone()),
            None => Reserved::Held(Held { seq: self.seq, expires_ms: self.expires_ms }),
        }
    }

    /// True when something was committed, so that it may be refunded.
    pub fn has_posted(&self) -> bool {
        self.items.iter().any(|item| item.posted > 0)
    }

    /// The answer to a request made before, if it was.
    pub fn answered<T: Answers>(
        &self,
        request: &RequestId,
        content: Fingerprint,
    ) -> Result<Option<Settled<T>>, LedgerError> {
        let Some(done) = self.done.iter().find(|done| done.request == *request) else {
            return Ok(None);
        };
        // Other kinds of requests have other contents.
        match T::of(&done.answer).filter(|_| done.content == content) {
            Some(answer) => Ok(Some(answer)),
            None => Err(LedgerError::Conflict { request: request.clone() }),
        }
    }
}

/// All reservations, by id and by owner.
pub(super) struct Reservations {
    slots: Vec<Option<Reservation>>,
    free: Vec<ReservationAt>,
    by_request: HashMap<RequestId, ReservationAt, FixedState>,
    open_of_owner: HashMap<OwnerId, ReservationAt, FixedState>,
}

impl Reservations {
    pub fn new(hash_seed: u64) -> Self {
        let by_request = HashMap::with_hasher(FixedState::with_seed(hash_seed));
        let open_of_owner = HashMap::with_hasher(FixedState::with_seed(hash_seed));
        Self { slots: Vec::new(), free: Vec::new(), by_request, open_of_owner }
    }

    pub fn len(&self) -> usize {
        self.by_request.len()
    }

    pub fn find(&self, request: &RequestId) -> Option<ReservationAt> {
        self.by_request.get(request).copied()
    }

    pub fn open_of(&self, owner: &OwnerId) -> Option<ReservationAt> {
        self.open_of_owner.get(owner).copied()
    }

    pub fn get(&self, at: ReservationAt) -> Option<&Reservation> {
        self.slots[at as usize].as_ref()
    }

    pub fn get_mut(&mut self, at: ReservationAt) -> Option<&mut Reservation> {
        self.slots[at as usize].as_mut()
    }

    /// All of them, in no order that means anything.
    pub fn all(&self) -> impl Iterator<Item = &Reservation> {
        self.slots.iter().flatten()
    }

    pub fn insert(&mut self, reservation: Reservation) -> ReservationAt {
        let at = match self.free.pop() {
            Some(at) => at,
            None => {
                self.slots.push(None);
                // Settings and memory keep their number below 2^32.
                u32::try_from(self.slots.len().saturating_sub(1)).unwrap_or(u32::MAX)
            }
        };
        self.by_request.insert(reservation.request.clone(), at);
        if reservation.state == State::Open {
            self.open_of_owner.insert(reservation.owner.clone(), at);
        }
        self.slots[at as usize] = Some(reservation);
        at
    }

    /// Ends the open life of a reservation; its owner is free to reserve.
    pub fn close(&mut self, at: ReservationAt, state: State) {
        if let Some(reservation) = self.slots[at as usize].as_mut() {
            reservation.state = state;
            self.open_of_owner.remove(&reservation.owner);
        }
    }

    pub fn remove(&mut self, at: ReservationAt) {
        if let Some(reservation) = self.slots[at as usize].take() {
            self.by_request.remove(&reservation.request);
            self.free.push(at);
        }
    }
}
