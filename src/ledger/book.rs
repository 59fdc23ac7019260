//! The state machine behind the lock: time, order, room, and the journal.

#![expect(clippy::indexing_slicing, reason = "positions come from the ledger's own tables, which only grow")]

use std::collections::VecDeque;

use smallvec::SmallVec;

use super::account::Accounts;
use super::due::Due;
use super::hashing::Hashing;
use super::journal::Step;
use super::lane::{LANES, Lane, LaneAt};
use super::reservation::{Kept, State};
use super::reservations::{ReservationAt, Reservations};
use super::settings::TIME_MS_MAX;
use super::{
    Change, Entry, Journal, JournalFailure, LedgerError, Limit, LimitSet, Operation, RequestId, Resident,
    Settings,
};
use crate::shop::Moment;

/// Where entries go.
pub(super) enum Sink {
    /// Nowhere.
    Nothing,
    /// To the host.
    Host(Box<dyn Journal + Send>),
    /// Kept to be compared, while a journal is replayed.
    Replay(Option<Entry>),
}

/// Reservations that wait to be forgotten, by the time of their last event; one that has had another since is in the
/// queue again, further back.
pub(super) type Forgetting = VecDeque<(i64, ReservationAt, u64)>;

/// How many reservations of each kind are freed at a time, and every how many calls of one lane: twice as many as those calls
/// can add, so that no call pays for a crowd. What is that old is in no cache any more; in one go, the journeys to memory
/// overlap.
const FORGET_FEW: usize = 16;
const FORGET_EVERY: u8 = 8;
/// How many of each kind and lane at once, where nobody waits for an answer.
pub(super) const FORGET_MANY: usize = 512;
/// Everything a ledger knows.
pub(super) struct Book {
    pub settings: Settings,
    pub hashing: Hashing,
    /// Milliseconds since 1970; never goes back.
    pub clock: i64,
    /// The number of events so far.
    pub seq: u64,
    pub accounts: Accounts,
    pub reservations: Reservations,
    /// Open reservations by expiry, then age.
    pub due: Due,
    /// What is to be forgotten and freed, by who made it.
    pub lanes: [Lane; LANES],
    /// Whose call this is.
    pub lane: LaneAt,
    /// Which lane is helped next.
    helped: LaneAt,
    pub sink: Sink,
    /// The journal failed: nothing is answered any more.
    pub stopped: Stopped,
}

/// Whether the journal has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    No,
    Yes,
}

impl Book {
    pub fn new(settings: Settings) -> Self {
        let hashing = Hashing::new(settings.hash_seed);
        Self {
            settings,
            hashing: hashing.clone(),
            clock: -TIME_MS_MAX,
            seq: 0,
            accounts: Accounts::new(hashing),
            reservations: Reservations::new(),
            due: Due::default(),
            lanes: std::array::from_fn(|_| Lane::default()),
            lane: 0,
            helped: 0,
            sink: Sink::Nothing,
            stopped: Stopped::No,
        }
    }

    /// Moves the clock on: what is due expires, some of what is old enough is freed. The first thing every call does, so
    /// that no answer depends on anybody sweeping.
    ///
    /// Cost: constant, plus the holds that became due; each hold expires once.
    pub fn tick(&mut self, given_ms: i64) -> Result<u64, LedgerError> {
        if given_ms.unsigned_abs() > TIME_MS_MAX.unsigned_abs() {
            return Err(LedgerError::BadMoment { given_ms });
        }
        if self.stopped == Stopped::Yes {
            return Err(LedgerError::Journal);
        }
        self.clock = self.clock.max(given_ms);
        let mut expired: u64 = 0;
        while let Some((expires_ms, _, at)) = self.due.first()
            && expires_ms <= self.clock
        {
            self.expire(at)?;
            expired = expired.saturating_add(1);
        }
        let calls = &mut self.lanes[self.lane].calls;
        *calls = calls.saturating_add(1);
        if *calls >= FORGET_EVERY {
            *calls = 0;
            self.forget_few();
        }
        Ok(expired)
    }

    /// Gives back what one reservation holds, since its time is over.
    pub fn expire(&mut self, at: ReservationAt) -> Result<(), LedgerError> {
        self.append(|book| {
            let request = book.reservations.get(at).map(|reservation| reservation.request.clone());
            (Operation::Expire(request.unwrap_or_default()), book.unhold_changes(at))
        })?;
        self.unhold(at);
        self.close(at, State::Expired);
        // It expired at its hour, whenever that is noticed.
        let expires_ms = self.reservations.get(at).map_or(self.clock, |reservation| reservation.expires_ms);
        self.touch(at, expires_ms);
        Ok(())
    }

    /// The changes that giving back a hold makes.
    pub fn unhold_changes(&self, at: ReservationAt) -> Vec<Change> {
        let items = self.reservations.get(at).map(|reservation| reservation.items.as_slice());
        let held = items.unwrap_or_default().iter().filter(|item| item.held > 0);
        held.map(|item| {
            let resource = &self.accounts.names[item.account as usize];
            Change::new(resource, Step::Down(item.held), Step::NONE)
        })
        .collect()
    }

    /// Gives back what a reservation holds.
    pub fn unhold(&mut self, at: ReservationAt) {
        let Some(reservation) = self.reservations.get_mut(at) else { return };
        for item in &mut reservation.items {
            let account = &mut self.accounts.list[item.account as usize];
            // The account's held amount is the sum over the open reservations.
            account.held = account.held.saturating_sub(item.held);
            item.held = 0;
        }
    }

    /// Ends a reservation's open life; `touch` has to follow, by whoever says when that was.
    pub fn close(&mut self, at: ReservationAt, state: State) {
        if let Some((expires_ms, seq)) = self.reservations.close(at, state) {
            self.due.remove((expires_ms, seq, at));
        }
    }

    /// Notes a reservation's last event; a closed one is remembered from there, and its accounts are named as long.
    pub fn touch(&mut self, at: ReservationAt, touched_ms: i64) {
        let Self { reservations, accounts, lanes, .. } = self;
        if let Some((lane, kept, seq)) = reservations.touch(at, touched_ms) {
            let lane = &mut lanes[lane];
            let queue = match kept {
                Kept::Not | Kept::Open => return,
                Kept::Answered => &mut lane.answered,
                Kept::Returnable => &mut lane.returnable,
            };
            queue.push_back((touched_ms, at, seq));
        }
        let items = reservations.get(at).map_or(&[][..], |reservation| &reservation.items);
        for item in items {
            let account = &mut accounts.list[item.account as usize];
            account.last_ms = account.last_ms.max(touched_ms);
        }
    }

    /// Forgets some of what this thread made; and of what another made, if it is a quarter older than it has to be: that one
    /// does not call, or others have refunded much of what it sold.
    fn forget_few(&mut self) {
        self.forget_of(self.lane, FORGET_FEW, age);
        if self.forget_of(self.helped, FORGET_FEW, |ms| age(ms.saturating_add(ms / 4))) == 0 {
            self.helped = self.helped.saturating_add(1) % LANES;
        }
    }

    /// Forgets all that is old enough.
    pub fn forget_all(&mut self) {
        while self.forget_many() > 0 {}
    }

    /// Forgets many of those that are old enough, and says how many it looked at.
    pub fn forget_many(&mut self) -> usize {
        (0..LANES).map(|lane| self.forget_of(lane, FORGET_MANY, age)).fold(0, usize::saturating_add)
    }

    /// Forgets what a lane has that is old enough, at most so many reservations of each kind; says how many it looked at.
    fn forget_of(&mut self, lane: LaneAt, most: usize, age: impl Fn(u64) -> i64) -> usize {
        let Self { lanes, reservations, settings, clock, .. } = self;
        let Lane { answered, returnable, .. } = &mut lanes[lane];
        let queues = [
            (answered, age(settings.retention_ms), Kept::Answered),
            (returnable, age(settings.returns_ms), Kept::Returnable),
        ];
        let mut looked_at = 0_usize;
        for (queue, age_ms, kept) in queues {
            let mut left = most;
            loop {
                let (mut seen, mut old) = (0_usize, SmallVec::<[ReservationAt; FORGET_FEW]>::new());
                while seen < left.min(FORGET_FEW)
                    && let Some((touched_ms, at, seq)) = queue.front().copied()
                    && touched_ms.saturating_add(age_ms) <= *clock
                {
                    queue.pop_front();
                    seen = seen.saturating_add(1);
                    if reservations.is_since(at, seq, (touched_ms, kept)) {
                        old.push(at);
                    }
                }
                if seen == 0 {
                    break;
                }
                left = left.saturating_sub(seen);
                looked_at = looked_at.saturating_add(seen);
                old.into_iter().for_each(|at| reservations.forget(at, self.lane));
            }
        }
        looked_at
    }

    /// Where a reservation is, if it is remembered: one that is old enough is forgotten, freed or not.
    pub fn find(&mut self, hash: u64, request: &RequestId) -> Option<ReservationAt> {
        let at = self.reservations.find(hash, request)?;
        let (touched_ms, kept) = self.reservations.kept(at);
        let age_ms = match kept {
            Kept::Not | Kept::Open => return Some(at),
            Kept::Answered => self.settings.retention_ms,
            Kept::Returnable => self.settings.returns_ms,
        };
        if touched_ms.saturating_add(age(age_ms)) > self.clock {
            return Some(at);
        }
        self.reservations.forget(at, self.lane);
        None
    }

    /// Numbers an event and writes it to the journal; the last step that can fail.
    pub fn append(
        &mut self,
        event: impl FnOnce(&Self) -> (Operation, Vec<Change>),
    ) -> Result<u64, LedgerError> {
        // One event each nanosecond would take five hundred years to get there.
        let seq = self.seq.saturating_add(1);
        if !matches!(self.sink, Sink::Nothing) {
            let (operation, changes) = event(self);
            let entry = Entry { seq, at_ms: self.clock, operation, changes };
            self.keep(entry).map_err(|JournalFailure| LedgerError::Journal)?;
        }
        self.seq = seq;
        Ok(seq)
    }

    fn keep(&mut self, entry: Entry) -> Result<(), JournalFailure> {
        match &mut self.sink {
            Sink::Nothing => Ok(()),
            Sink::Host(journal) => {
                // Until the journal says otherwise it has failed: it may panic.
                self.stopped = Stopped::Yes;
                journal.append(&entry)?;
                self.stopped = Stopped::No;
                Ok(())
            }
            Sink::Replay(kept) => {
                *kept = Some(entry);
                Ok(())
            }
        }
    }

    /// Sets a limit.
    pub fn set_limit(&mut self, limit: &Limit, now: Moment) -> Result<LimitSet, LedgerError> {
        limit.check()?;
        self.tick(now.unix_ms())?;
        let resource = &limit.resource;
        if let Some(at) = self.accounts.limit_of(resource) {
            let known = &self.accounts.limits[at as usize];
            if known.limit == *limit {
                return Ok(LimitSet { seq: known.seq });
            }
            let (given, current) = (limit.version, known.limit.version);
            if given <= current {
                return Err(LedgerError::StaleLimit { resource: resource.clone(), given, current });
            }
        } else if self.accounts.limits_len() >= self.settings.limits_max {
            return Err(LedgerError::Full { what: Resident::Limits, limit: self.settings.limits_max });
        }
        let seq = self.append(|_| (Operation::Limit(limit.clone()), Vec::new()))?;
        self.accounts.set_limit(limit.clone(), seq);
        Ok(LimitSet { seq })
    }
}

/// An age in milliseconds, as it is added to moments.
pub(super) fn age(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(TIME_MS_MAX).min(TIME_MS_MAX)
}
