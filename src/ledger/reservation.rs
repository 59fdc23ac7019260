//! One reservation's life, with all that was answered about it: open, then settled, released, replaced or expired;
//! or rejected from the start.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::account::AccountAt;
use super::answer::Done;
use super::{Held, OwnerId, Refusal, RequestId, Reserved, Short};
use crate::record::Fingerprint;

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

impl Item {
    /// A claim that is held, of an account that is found later.
    pub const fn new(amount: u64) -> Self {
        Self { account: 0, claimed: amount, held: amount, posted: 0, refunded: 0 }
    }
}

/// The items of a reservation; most have one.
pub(super) type Items = SmallVec<[Item; 1]>;

/// What was asked for, to tell another request of the same id.
#[derive(Debug)]
pub(super) enum Content {
    /// What the owner, the quote and the items say, for so long: there is nothing to compute before it can be compared.
    Items { ttl_ms: u64 },
    /// What has this digest: a rejection leaves no items, and a snapshot says no more of any request.
    Digest(Box<Fingerprint>),
}

/// A reservation.
#[derive(Debug)]
pub(super) struct Reservation {
    pub request: RequestId,
    pub owner: OwnerId,
    pub content: Content,
    pub quote: Option<Fingerprint>,
    pub seq: u64,
    pub expires_ms: i64,
    pub state: State,
    pub items: Items,
    /// Why it was rejected, if it was.
    pub short: Option<Box<Short>>,
    pub done: SmallVec<[Done; 1]>,
}

impl Reservation {
    /// A reservation that nothing is held by yet.
    #[inline]
    pub fn new(request: RequestId, owner: OwnerId, content: Content, quote: Option<Fingerprint>) -> Self {
        Self {
            request,
            owner,
            content,
            quote,
            seq: 0,
            expires_ms: 0,
            state: State::Rejected,
            items: Items::new(),
            short: None,
            done: SmallVec::new(),
        }
    }

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

    /// Why nothing can be committed from what is held; `None` while it is open.
    pub const fn why_closed(&self) -> Option<Refusal> {
        match self.state {
            State::Open => None,
            State::Settled => Some(Refusal::Settled),
            State::Released => Some(Refusal::Released),
            State::Replaced => Some(Refusal::Replaced),
            State::Expired => Some(Refusal::Expired),
            State::Rejected => Some(Refusal::Rejected),
        }
    }
}
