//! The ledger inside a process.

use super::balance::{keys, note};
use super::book::{Book, FORGET_MANY, Sink};
use super::hashing::Hashing;
use super::lane;
use super::sync::{Mutex, Turns, lock};
use super::{
    Balance, Closed, Commit, Committed, Entry, Journal, Ledger, LedgerError, Limit, LimitSet, OwnerId,
    Refund, Refunded, Release, Released, ReplayError, RequestId, Reserve, Reserved, Settings, Settled,
    Snapshot, SnapshotError,
};
use crate::money::Currency;
use crate::record::{Resource, Usage};
use crate::shop::{CustomerId, Moment};

/// A ledger in memory: one lock around one state machine, so that every history is a sequence (L1). Share it by
/// reference or in an `Arc`.
///
/// Requests are checked and hashed before the lock is taken, and digested where they say more than "all"; a reservation or commit
/// holds it for a few hundred nanoseconds, plus whatever the journal takes. Digested behind it are only a rejection and the repeat
/// of a reservation that a snapshot restored.
pub struct Embedded {
    hashing: Hashing,
    currency: Currency,
    book: Mutex<Book>,
    /// In which threads take the lock; none where a journal decides how long it is held.
    turns: Option<Turns>,
}

impl Embedded {
    /// An empty ledger without a journal.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self::of(Book::new(settings))
    }

    fn of(book: Book) -> Self {
        Self {
            hashing: book.hashing.clone(),
            currency: book.settings.currency,
            book: Mutex::new(book),
            turns: Some(Turns::default()),
        }
    }

    /// Writes every event from now on to a journal.
    #[must_use]
    pub fn journal(self, journal: impl Journal + Send + 'static) -> Self {
        self.with(|book| book.sink = Sink::Host(Box::new(journal)));
        Self { turns: None, ..self }
    }

    /// The whole state at one moment.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.with(|book| book.snapshot())
    }

    /// A ledger from a snapshot, checked: everything in it must hold together.
    ///
    /// # Errors
    /// [`SnapshotError`] with the path of the first thing that does not.
    pub fn restore(settings: Settings, snapshot: &Snapshot) -> Result<Self, SnapshotError> {
        Book::restore(settings, snapshot).map(Self::of)
    }

    /// Plays the entries of a journal again: those the ledger has not seen, in their order. Each is decided anew and must
    /// change what it says it changed (L3). Attach the journal afterwards.
    ///
    /// # Errors
    /// [`ReplayError`] at the first entry that is missing or does not do what it says.
    pub fn replay(self, entries: &[Entry]) -> Result<Self, ReplayError> {
        self.with(|book| book.replay(entries))?;
        Ok(self)
    }

    /// A panic in a host's journal poisons the lock, but nothing has changed by then: the journal comes before the first
    /// write, and the book has stopped itself.
    fn with<T>(&self, act: impl FnOnce(&mut Book) -> T) -> T {
        let lane = lane::own();
        let mut book = lock(&self.book, self.turns.as_ref());
        book.lane = lane;
        act(&mut book)
    }
}

impl Ledger for Embedded {
    fn reserve(&self, call: &Reserve, now: Moment) -> Result<Reserved, LedgerError> {
        let now_ms = now.unix_ms();
        call.check()?;
        let mut prepared = call.prepare(&self.hashing);
        self.with(|book| book.reserve(call, &mut prepared, now_ms))
    }

    fn commit(&self, call: &Commit, now: Moment) -> Result<Settled<Committed>, LedgerError> {
        let now_ms = now.unix_ms();
        call.check()?;
        let mut asked = call.prepare(&self.hashing);
        self.with(|book| book.commit(call, &mut asked, now_ms))
    }

    fn release(&self, call: &Release, now: Moment) -> Result<Settled<Released>, LedgerError> {
        let now_ms = now.unix_ms();
        call.check()?;
        let mut asked = call.prepare(&self.hashing);
        self.with(|book| book.release(call, &mut asked, now_ms))
    }

    fn refund(&self, call: &Refund, now: Moment) -> Result<Settled<Refunded>, LedgerError> {
        let now_ms = now.unix_ms();
        call.check()?;
        let mut asked = call.prepare(&self.hashing);
        self.with(|book| book.refund(call, &mut asked, now_ms))
    }

    fn expire(&self, now: Moment) -> Result<u64, LedgerError> {
        let expired = self.with(|book| book.tick(now.unix_ms()))?;
        // In portions, between which others have their turn. What others leave to be forgotten meanwhile, the next call finds.
        let portions = self.with(|book| book.reservations.len()) / FORGET_MANY;
        (0..=portions).take_while(|_| self.with(Book::forget_many) > 0).for_each(drop);
        Ok(expired)
    }

    fn set_limit(&self, limit: &Limit, now: Moment) -> Result<LimitSet, LedgerError> {
        self.with(|book| book.set_limit(limit, now))
    }

    fn close(&self, limit: &Resource, now: Moment) -> Result<Closed, LedgerError> {
        self.with(|book| book.close_accounts(limit, now))
    }

    fn balance(&self, resource: &Resource, now: Moment) -> Result<Balance, LedgerError> {
        self.with(|book| book.balance(resource, now))
    }

    fn usage(
        &self,
        customer: Option<&CustomerId>,
        owner: Option<&OwnerId>,
        now: Moment,
    ) -> Result<Usage, LedgerError> {
        self.with(|book| book.usage(customer, owner, now))
    }

    fn usage_of(
        &self,
        limits: &[Resource],
        customer: Option<&CustomerId>,
        owner: Option<&OwnerId>,
        now: Moment,
    ) -> Result<Usage, LedgerError> {
        let keys = keys(&self.hashing, limits, customer);
        let mut amounts = Vec::with_capacity(keys.len());
        self.with(|book| book.used_of(&keys, owner, now, &mut amounts))?;
        let mut usage = Usage::default();
        for ((_, key), amount) in keys.iter().zip(amounts) {
            note(&mut usage, key, amount, self.currency);
        }
        Ok(usage)
    }

    fn held_by(&self, owner: &OwnerId, now: Moment) -> Result<Option<RequestId>, LedgerError> {
        self.with(|book| book.held_by(owner, now))
    }
}
