//! All reservations, by id and, while they are open, by owner.

#![expect(
    clippy::indexing_slicing,
    reason = "positions are handed out by the table and taken back with the slot"
)]

use hashbrown::HashTable;

use super::lane::{self, LANES, LaneAt};
use super::reservation::{Kept, Reservation, State};
use super::{OwnerId, RequestId};

/// A place in the table of reservations.
pub(super) type ReservationAt = u32;

/// Slots stay where they are: a list that moves when it grows would stop everybody meanwhile.
const CHUNK: usize = 64;

pub(super) struct Reservations {
    slots: Slots,
    /// Slots that are free again, by who had them last.
    free: [Vec<ReservationAt>; LANES],
    by_request: HashTable<ReservationAt>,
    open_of_owner: HashTable<ReservationAt>,
}

/// All slots, a chunk after the other.
struct Slots {
    chunks: Vec<Box<[Reservation]>>,
}

impl Slots {
    fn at(&self, at: ReservationAt) -> &Reservation {
        &self.chunks[at as usize / CHUNK][at as usize % CHUNK]
    }

    fn at_mut(&mut self, at: ReservationAt) -> &mut Reservation {
        &mut self.chunks[at as usize / CHUNK][at as usize % CHUNK]
    }

    /// More slots: all for one lane, since a core that fetches a line fetches its neighbours too.
    fn more(&mut self) -> impl Iterator<Item = ReservationAt> + use<> {
        let first = self.chunks.len().saturating_mul(CHUNK);
        self.chunks.push((0..CHUNK).map(|_| Reservation::default()).collect());
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
        let slot = self.slots.at(at);
        (slot.kept != Kept::Not).then_some(slot)
    }

    pub fn get_mut(&mut self, at: ReservationAt) -> Option<&mut Reservation> {
        let slot = self.slots.at_mut(at);
        (slot.kept != Kept::Not).then_some(slot)
    }

    /// All of them with their places, in no order that means anything.
    pub fn all(&self) -> impl Iterator<Item = (ReservationAt, &Reservation)> {
        (0..)
            .zip(self.slots.chunks.iter().flat_map(|chunk| &**chunk))
            .filter(|(_, slot)| slot.kept != Kept::Not)
    }

    /// A place for a reservation, and what `write` makes of it there; the last one in the place left nothing but room.
    #[inline]
    pub fn insert(
        &mut self,
        (request_hash, owner_hash): (u64, u64),
        touched_ms: i64,
        lane: LaneAt,
        write: impl FnOnce(&mut Reservation),
    ) -> ReservationAt {
        let free = lane::own_first(lane).find_map(|lane| self.free[lane].pop()).or_else(|| {
            self.free[lane].extend(self.slots.more());
            self.free[lane].pop()
        });
        // There are more slots than a place has numbers for only beyond all memory.
        let at = free.unwrap_or(u32::MAX);
        let slot = self.slots.at_mut(at);
        write(slot);
        let open = slot.state == State::Open;
        (slot.request_hash, slot.owner_hash) = (request_hash, owner_hash);
        (slot.touched_ms, slot.kept) = (touched_ms, Kept::Open);
        slot.give_to(lane);
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
        if slot.kept == Kept::Not {
            return None;
        }
        slot.state = state;
        if let Ok(entry) = self.open_of_owner.find_entry(slot.owner_hash, |open| *open == at) {
            entry.remove();
        }
        Some((slot.expires_ms, slot.seq))
    }

    /// Notes a reservation's last event. A closed one waits from then on to be forgotten: where, if it does not already.
    pub fn touch(&mut self, at: ReservationAt, touched_ms: i64) -> Option<(LaneAt, Kept, u64)> {
        let slot = self.slots.at_mut(at);
        if slot.kept == Kept::Not {
            return None;
        }
        let kept = match (slot.state, slot.has_posted()) {
            (State::Open, _) => Kept::Open,
            (_, true) => Kept::Returnable,
            (_, false) => Kept::Answered,
        };
        let waits = (slot.kept, slot.touched_ms) == (kept, touched_ms);
        (slot.kept, slot.touched_ms) = (kept, touched_ms);
        (kept != Kept::Open && !waits).then_some((slot.lane(), kept, slot.seq))
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
        if slot.kept != Kept::Not {
            slot.clear();
            if let Ok(entry) = self.by_request.find_entry(slot.request_hash, |known| *known == at) {
                entry.remove();
            }
            self.free[lane].push(at);
        }
    }
}
