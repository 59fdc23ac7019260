//! All reservations, by id and, while they are open, by owner.

#![expect(
    clippy::indexing_slicing,
    reason = "positions are handed out by the table and taken back with the slot"
)]

use hashbrown::HashTable;

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

/// What is read of a reservation when it is forgotten: apart from it, since by then it is in no cache any more.
#[repr(align(64))]
struct Slot {
    request_hash: u64,
    owner_hash: u64,
    seq: u64,
    /// Its last event; what it is remembered from.
    touched_ms: i64,
    kept: Kept,
    reservation: Option<Box<Reservation>>,
}

pub(super) struct Reservations {
    slots: Vec<Slot>,
    free: Vec<ReservationAt>,
    by_request: HashTable<ReservationAt>,
    open_of_owner: HashTable<ReservationAt>,
}

impl Reservations {
    pub const fn new() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
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
        self.slots[at as usize].reservation.as_deref()
    }

    pub fn get_mut(&mut self, at: ReservationAt) -> Option<&mut Reservation> {
        self.slots[at as usize].reservation.as_deref_mut()
    }

    /// All of them with their places and the times of their last events, in no order that means anything.
    pub fn all(&self) -> impl Iterator<Item = (ReservationAt, &Reservation, i64)> {
        (0..)
            .zip(&self.slots)
            .filter_map(|(at, slot)| Some((at, slot.reservation.as_deref()?, slot.touched_ms)))
    }

    pub fn insert(
        &mut self,
        reservation: Box<Reservation>,
        (request_hash, owner_hash): (u64, u64),
        touched_ms: i64,
    ) -> ReservationAt {
        let (open, seq) = (reservation.state == State::Open, reservation.seq);
        let kept = Kept::Open;
        let slot = Slot { request_hash, owner_hash, seq, touched_ms, kept, reservation: Some(reservation) };
        let at = match self.free.pop() {
            Some(at) => {
                self.slots[at as usize] = slot;
                at
            }
            None => {
                self.slots.push(slot);
                // Settings and memory keep their number below 2^32.
                u32::try_from(self.slots.len().saturating_sub(1)).unwrap_or(u32::MAX)
            }
        };
        let slots = &self.slots;
        self.by_request.insert_unique(request_hash, at, |at| slots[*at as usize].request_hash);
        if open {
            self.open_of_owner.insert_unique(owner_hash, at, |at| slots[*at as usize].owner_hash);
        }
        at
    }

    /// Ends the open life of a reservation; its owner is free to reserve.
    pub fn close(&mut self, at: ReservationAt, state: State) {
        let slot = &mut self.slots[at as usize];
        if let Some(reservation) = &mut slot.reservation {
            reservation.state = state;
            if let Ok(entry) = self.open_of_owner.find_entry(slot.owner_hash, |open| *open == at) {
                entry.remove();
            }
        }
    }

    /// Notes a reservation's last event. A closed one waits from then on to be forgotten: where, if it does not already.
    pub fn touch(&mut self, at: ReservationAt, touched_ms: i64) -> Option<(Kept, u64)> {
        let slot = &mut self.slots[at as usize];
        let reservation = slot.reservation.as_deref()?;
        let kept = match (reservation.state, reservation.has_posted()) {
            (State::Open, _) => Kept::Open,
            (_, true) => Kept::Returnable,
            (_, false) => Kept::Answered,
        };
        let waits = (slot.kept, slot.touched_ms) == (kept, touched_ms);
        (slot.kept, slot.touched_ms) = (kept, touched_ms);
        (kept != Kept::Open && !waits).then_some((kept, slot.seq))
    }

    /// When the last event was, and how long it is remembered from there.
    pub fn kept(&self, at: ReservationAt) -> (i64, Kept) {
        let slot = &self.slots[at as usize];
        (slot.touched_ms, slot.kept)
    }

    /// Whether nothing has happened to a reservation since.
    pub fn is_since(&self, at: ReservationAt, seq: u64, since: (i64, Kept)) -> bool {
        self.slots[at as usize].seq == seq && self.kept(at) == since
    }

    /// Forgets a reservation.
    pub fn forget(&mut self, at: ReservationAt) -> Option<Box<Reservation>> {
        let slot = &mut self.slots[at as usize];
        let forgotten = slot.reservation.take()?;
        if let Ok(entry) = self.by_request.find_entry(slot.request_hash, |known| *known == at) {
            entry.remove();
        }
        self.free.push(at);
        Some(forgotten)
    }
}
