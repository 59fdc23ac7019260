//! All reservations, by id and, while they are open, by owner.

#![expect(
    clippy::indexing_slicing,
    reason = "positions are handed out by the table and taken back with the slot"
)]

use hashbrown::HashTable;

use super::lane::{self, LANES, LaneAt};
use super::reservation::{Reservation, State};
use super::{OwnerId, RequestId};

/// A place in the table of reservations.
pub(super) type ReservationAt = u32;

/// How long a reservation is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// While it is open.
    Open,
    /// As long as answers are: it committed nothing.
    Answered,
    /// As long as refunds are possible.
    Returnable,
}

/// Slots stay where they are: a list that moves when it grows would stop everybody meanwhile.
const CHUNK: usize = 64;

/// A place for a reservation. First stands what is asked of it when it is looked for and when it is forgotten: by then it is in
/// no cache any more, and what asks for nothing else waits for one line only.
#[repr(C, align(64))]
struct Slot {
    request_hash: u64,
    owner_hash: u64,
    seq: u64,
    /// Its last event; what it is remembered from.
    touched_ms: i64,
    kept: Kept,
    /// Whose it is.
    lane: LaneAt,
    reservation: Option<Reservation>,
}

impl Slot {
    const FREE: Self = Self {
        request_hash: 0,
        owner_hash: 0,
        seq: 0,
        touched_ms: 0,
        kept: Kept::Open,
        lane: 0,
        reservation: None,
    };
}

pub(super) struct Reservations {
    slots: Slots,
    /// Slots that are free again, by who had them last.
    free: [Vec<ReservationAt>; LANES],
    by_request: HashTable<ReservationAt>,
    open_of_owner: HashTable<ReservationAt>,
}

/// All slots, a chunk after the other.
struct Slots {
    chunks: Vec<Box<[Slot]>>,
}

impl Slots {
    fn at(&self, at: ReservationAt) -> &Slot {
        &self.chunks[at as usize / CHUNK][at as usize % CHUNK]
    }

    fn at_mut(&mut self, at: ReservationAt) -> &mut Slot {
        &mut self.chunks[at as usize / CHUNK][at as usize % CHUNK]
    }

    /// More slots: all for one lane, since a core that fetches a line fetches its neighbours too.
    fn more(&mut self) -> impl Iterator<Item = ReservationAt> + use<> {
        let first = self.chunks.len().saturating_mul(CHUNK);
        self.chunks.push((0..CHUNK).map(|_| Slot::FREE).collect());
        // Settings and memory keep their number below 2^32. The last is taken first.
        (0..CHUNK).rev().map(move |slot| u32::try_from(first.saturating_add(slot)).unwrap_or(u32::MAX))
    }
}

impl Reservations {
    pub const fn new() -> Self {
        Self {
            slots: Slots { chunks: Vec::new() },
            free: [const { Vec::new() }; LANES],
            by_request: HashTable::new(),
            open_of_owner: HashTable::new(),
        }
    }

    pub fn len(&self) -> usize {
        self.by_request.len()
    }

    pub fn find(&self, hash: u64, request: &RequestId) -> Option<ReservationAt> {
        let same = |at: &ReservationAt| self.get(*at).is_some_and(|known| known.request == *request);
        self.by_request.find(hash, same).copied()
    }

    pub fn open_of(&self, hash: u64, owner: &OwnerId) -> Option<ReservationAt> {
        let same = |at: &ReservationAt| self.get(*at).is_some_and(|known| known.owner == *owner);
        self.open_of_owner.find(hash, same).copied()
    }

    pub fn get(&self, at: ReservationAt) -> Option<&Reservation> {
        self.slots.at(at).reservation.as_ref()
    }

    pub fn get_mut(&mut self, at: ReservationAt) -> Option<&mut Reservation> {
        self.slots.at_mut(at).reservation.as_mut()
    }

    /// All of them with their places and the times of their last events, in no order that means anything.
    pub fn all(&self) -> impl Iterator<Item = (ReservationAt, &Reservation, i64)> {
        (0..)
            .zip(self.slots.chunks.iter().flat_map(|chunk| &**chunk))
            .filter_map(|(at, slot)| Some((at, slot.reservation.as_ref()?, slot.touched_ms)))
    }

    #[inline]
    pub fn insert(
        &mut self,
        reservation: Reservation,
        (request_hash, owner_hash): (u64, u64),
        touched_ms: i64,
        lane: LaneAt,
    ) -> ReservationAt {
        let (open, seq) = (reservation.state == State::Open, reservation.seq);
        let free = lane::own_first(lane).find_map(|lane| self.free[lane].pop()).or_else(|| {
            self.free[lane].extend(self.slots.more());
            self.free[lane].pop()
        });
        // There are more slots than a place has numbers for only beyond all memory.
        let at = free.unwrap_or(u32::MAX);
        let slot = self.slots.at_mut(at);
        (slot.request_hash, slot.owner_hash, slot.seq) = (request_hash, owner_hash, seq);
        (slot.touched_ms, slot.kept, slot.lane) = (touched_ms, Kept::Open, lane);
        slot.reservation = Some(reservation);
        let slots = &self.slots;
        self.by_request.insert_unique(request_hash, at, |at| slots.at(*at).request_hash);
        if open {
            self.open_of_owner.insert_unique(owner_hash, at, |at| slots.at(*at).owner_hash);
        }
        at
    }

    /// Ends the open life of a reservation; its owner is free to reserve. When it would have expired, and its number.
    pub fn close(&mut self, at: ReservationAt, state: State) -> Option<(i64, u64)> {
        let slot = self.slots.at_mut(at);
        let reservation = slot.reservation.as_mut()?;
        reservation.state = state;
        if let Ok(entry) = self.open_of_owner.find_entry(slot.owner_hash, |open| *open == at) {
            entry.remove();
        }
        Some((reservation.expires_ms, slot.seq))
    }

    /// Notes a reservation's last event. A closed one waits from then on to be forgotten: where, if it does not already.
    pub fn touch(&mut self, at: ReservationAt, touched_ms: i64) -> Option<(LaneAt, Kept, u64)> {
        let slot = self.slots.at_mut(at);
        let reservation = slot.reservation.as_ref()?;
        let kept = match (reservation.state, reservation.has_posted()) {
            (State::Open, _) => Kept::Open,
            (_, true) => Kept::Returnable,
            (_, false) => Kept::Answered,
        };
        let waits = (slot.kept, slot.touched_ms) == (kept, touched_ms);
        (slot.kept, slot.touched_ms) = (kept, touched_ms);
        (kept != Kept::Open && !waits).then_some((slot.lane, kept, slot.seq))
    }

    /// When the last event was, and how long it is remembered from there.
    pub fn kept(&self, at: ReservationAt) -> (i64, Kept) {
        let slot = self.slots.at(at);
        (slot.touched_ms, slot.kept)
    }

    /// Whether nothing has happened to a reservation since.
    pub fn is_since(&self, at: ReservationAt, seq: u64, since: (i64, Kept)) -> bool {
        self.slots.at(at).seq == seq && self.kept(at) == since
    }

    /// Forgets a reservation; whoever does has its slot from now on.
    pub fn forget(&mut self, at: ReservationAt, lane: LaneAt) {
        let slot = self.slots.at_mut(at);
        if slot.reservation.is_some() {
            // Where it is, not by taking it: that would copy it first.
            slot.reservation = None;
            if let Ok(entry) = self.by_request.find_entry(slot.request_hash, |known| *known == at) {
                entry.remove();
            }
            self.free[lane].push(at);
        }
    }
}
