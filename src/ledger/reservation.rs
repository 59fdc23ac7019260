//! One reservation's life, with all that was answered about it: open, then settled, released, replaced or expired;
//! or rejected from the start.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::account::AccountAt;
use super::answer::Answered;
use super::lane::{LANES, LaneAt};
use super::settings::TTL_MS_MAX;
use super::{Held, OwnerId, Refusal, RequestId, Reserve, Reserved, Short};
use crate::record::Fingerprint;

/// Where a reservation is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    #[default]
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
    /// A claim that is held.
    pub const fn new(account: AccountAt, amount: u64) -> Self {
        Self { account, claimed: amount, held: amount, posted: 0, refunded: 0 }
    }
}

/// The items of a reservation; most have one.
pub(super) type Items = SmallVec<[Item; 1]>;

/// How long a reservation is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kept {
    /// Not at all: there is none.
    #[default]
    Not,
    /// While it is open.
    Open,
    /// As long as answers are: it committed nothing.
    Answered,
    /// As long as refunds are possible.
    Returnable,
}

/// What was asked for and why it was not given, where the owner, the quote and the items do not say it: a rejection leaves no
/// items, and a snapshot says no more of any request.
#[derive(Debug)]
pub(super) struct Origin {
    /// Tells another request of the same id.
    pub digest: Fingerprint,
    /// Why it was rejected, if it was.
    pub short: Option<Short>,
}

/// Room for items and answers that a place keeps for its next reservation; what has taken more gives it back.
const ROOM: usize = 8;

/// A reservation, or a place for one. It is written where it lies: to make one and put it there would copy it, which costs more
/// than its writing.
///
/// First stands what is asked of it when it is looked for and when it is forgotten: by then it is in no cache any more, and what
/// asks for nothing else waits for one line only. All of it takes four lines.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub(super) struct Reservation {
    pub request_hash: u64,
    pub owner_hash: u64,
    pub seq: u64,
    /// Its last event; what it is remembered from.
    pub touched_ms: i64,
    pub kept: Kept,
    pub state: State,
    /// Whose it is: a lane, of which there are few.
    lane: u8,
    /// Whether it has a quote.
    pinned: bool,
    ttl_ms: u32,
    pub expires_ms: i64,
    pub origin: Option<Box<Origin>>,
    pub items: Items,
    pub request: RequestId,
    pub owner: OwnerId,
    pub done: Answered,
    quote: Fingerprint,
}

// In tests only: how the compiler lays out what is in it is no promise, and must not stop anybody's build.
#[cfg(all(test, target_pointer_width = "64"))]
const _: () = assert!(size_of::<Reservation>() == 256, "four lines");

impl Reservation {
    /// Begins one in a place that was cleared; its items are yet to come.
    #[inline]
    pub fn begin(&mut self, call: &Reserve, (seq, expires_ms): (u64, i64), state: State) {
        (self.request, self.owner) = (call.request.clone(), call.owner.clone());
        self.pin(call.quote);
        const { assert!(TTL_MS_MAX < 1 << u32::BITS) };
        self.ttl_ms = u32::try_from(call.ttl_ms).unwrap_or(u32::MAX);
        (self.seq, self.expires_ms, self.state) = (seq, expires_ms, state);
    }

    /// Leaves nothing of it but the room for the next one in its place.
    pub fn clear(&mut self) {
        self.kept = Kept::Not;
        (self.request, self.owner, self.origin) = (RequestId::default(), OwnerId::default(), None);
        let Self { items, done, .. } = self;
        if items.capacity() > ROOM {
            *items = Items::new()
        } else {
            items.clear()
        }
        if done.capacity() > ROOM { *done = Answered::new() } else { done.clear() }
    }

    /// The quote it is for.
    pub fn quote(&self) -> Option<Fingerprint> {
        self.pinned.then_some(self.quote)
    }

    pub fn pin(&mut self, quote: Option<Fingerprint>) {
        (self.pinned, self.quote) = (quote.is_some(), quote.unwrap_or_default());
    }

    /// Whose it is.
    pub fn lane(&self) -> LaneAt {
        usize::from(self.lane)
    }

    /// Says whose it is.
    pub fn give_to(&mut self, lane: LaneAt) {
        const { assert!(LANES <= 1 << u8::BITS) };
        self.lane = u8::try_from(lane).unwrap_or_default();
    }

    /// How long it was to be held, in milliseconds.
    pub fn ttl_ms(&self) -> u64 {
        u64::from(self.ttl_ms)
    }

    /// The answer to its request.
    pub fn reserved(&self) -> Reserved {
        match self.origin.as_ref().and_then(|origin| origin.short.as_ref()) {
            Some(short) => Reserved::Rejected(short.clone()),
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
