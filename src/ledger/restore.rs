//! A snapshot checked and put to work: nothing in it is believed before it adds up.

use std::collections::BTreeSet;

use super::account::Account;
use super::book::Book;
use super::request::check_id;
use super::reservation::{Done, Item, Reservation, State};
use super::settings::{CLAIMS_MAX, OPERATIONS_MAX, TIME_MS_MAX};
use super::snapshot::{
    AccountDocument, DoneDocument, ItemDocument, LimitDocument, ReservationDocument, StateDocument,
};
use super::{LedgerError, Resident, Settings, Snapshot, SnapshotError, SnapshotProblem};
use crate::bounds::AMOUNT_MAX;

type Checked<T> = Result<T, SnapshotProblem>;

impl Book {
    pub fn restore(settings: Settings, snapshot: &Snapshot) -> Result<Self, SnapshotError> {
        snapshot.check()?;
        let StateDocument { clock_ms, seq, limits, accounts, reservations } = &snapshot.state;
        let in_state = |field: &str| format!("/state/{field}");
        let found = |path: String| |problem| SnapshotError { path, problem };
        let mut book = Self::new(settings);
        adds_up(clock_ms.unsigned_abs() <= TIME_MS_MAX.unsigned_abs())
            .map_err(found(in_state("clock_ms")))?;
        (book.clock, book.seq) = (*clock_ms, *seq);
        let rooms = [
            ("limits", limits.len(), settings.limits_max, Resident::Limits),
            ("accounts", accounts.len(), settings.accounts_max, Resident::Accounts),
            ("reservations", reservations.len(), settings.reservations_max, Resident::Reservations),
        ];
        for (field, given, limit, what) in rooms {
            if given > limit {
                return Err(found(in_state(field))(SnapshotProblem::Full { what, limit }));
            }
        }
        for (position, document) in limits.iter().enumerate() {
            let before = position.checked_sub(1).and_then(|before| limits.get(before));
            let path = in_state(&format!("limits/{position}"));
            book.take_limit(document, before).map_err(found(path))?;
        }
        for (position, document) in accounts.iter().enumerate() {
            let before = position.checked_sub(1).and_then(|before| accounts.get(before));
            let path = in_state(&format!("accounts/{position}"));
            book.take_account(document, before).map_err(found(path))?;
        }
        for (position, document) in reservations.iter().enumerate() {
            let before = position.checked_sub(1).and_then(|before| reservations.get(before));
            let path = in_state(&format!("reservations/{position}"));
            book.take_reservation(document, before).map_err(found(path))?;
        }
        let sums = book.sums();
        for (position, (account, sums)) in book.accounts.list.iter().zip(&sums).enumerate() {
            let path = in_state(&format!("accounts/{position}"));
            check_sums(account, sums).map_err(found(path))?;
        }
        book.queue();
        Ok(book)
    }

    fn take_limit(&mut self, document: &LimitDocument, before: Option<&LimitDocument>) -> Checked<()> {
        let LimitDocument { seq, limit } = document;
        limit.check().map_err(SnapshotProblem::BadValue)?;
        rises(before.is_none_or(|before| before.limit.resource < limit.resource))?;
        adds_up((1..=self.seq).contains(seq))?;
        self.accounts.set_limit(limit.clone(), *seq);
        Ok(())
    }

    fn take_account(&mut self, document: &AccountDocument, before: Option<&AccountDocument>) -> Checked<()> {
        let AccountDocument { resource, held, spent, posted, refunded, minute, in_minute } = document;
        rises(before.is_none_or(|before| before.resource < *resource))?;
        let unknown = || SnapshotProblem::UnknownResource { resource: resource.clone() };
        let limit = self.accounts.limit_for(resource).ok_or_else(unknown)?;
        let used = held.checked_add(*spent).is_some_and(|used| used <= AMOUNT_MAX.unsigned_abs());
        // A refund restores at most what it is of, so what is spent and what was refunded cover all that was posted.
        let all = spent.checked_add(*refunded).is_some_and(|all| all >= *posted);
        adds_up(used && spent <= posted && refunded <= posted && all && in_minute <= posted)?;
        adds_up(minute.unsigned_abs() <= TIME_MS_MAX.unsigned_abs())?;
        let at = self.accounts.open(resource.clone(), limit);
        if let Some(account) = self.accounts.list.get_mut(at as usize) {
            (account.held, account.spent) = (*held, *spent);
            (account.posted, account.refunded) = (*posted, *refunded);
            (account.minute, account.in_minute) = (*minute, *in_minute);
        }
        Ok(())
    }

    fn take_reservation(
        &mut self,
        document: &ReservationDocument,
        before: Option<&ReservationDocument>,
    ) -> Checked<()> {
        check_id(document.request.as_str()).map_err(SnapshotProblem::BadValue)?;
        check_id(document.owner.as_str()).map_err(SnapshotProblem::BadValue)?;
        rises(before.is_none_or(|before| before.seq < document.seq))?;
        rises(self.reservations.find(&document.request).is_none())?;
        let open = document.state == State::Open;
        rises(!open || self.reservations.open_of(&document.owner).is_none())?;
        adds_up((1..=self.seq).contains(&document.seq))?;
        let times = [document.expires_ms, document.touched_ms];
        adds_up(times.iter().all(|ms| ms.unsigned_abs() <= TIME_MS_MAX.unsigned_abs()))?;
        adds_up(document.touched_ms <= self.clock)?;
        let rejected = document.state == State::Rejected;
        adds_up(rejected == document.short.is_some())?;
        adds_up(!rejected || document.items.is_empty())?;
        let items = self.items(&document.items, open)?;
        let done = self.done(&document.done)?;
        self.reservations.insert(Reservation {
            request: document.request.clone(),
            owner: document.owner.clone(),
            content: document.content,
            quote: document.quote,
            seq: document.seq,
            expires_ms: document.expires_ms,
            touched_ms: document.touched_ms,
            state: document.state,
            items,
            short: document.short.clone().map(Box::new),
            done,
        });
        Ok(())
    }

    fn items(&self, documents: &[ItemDocument], open: bool) -> Checked<Vec<Item>> {
        let limit = CLAIMS_MAX;
        if documents.len() > limit {
            let given = documents.len();
            return Err(SnapshotProblem::BadValue(LedgerError::TooManyClaims { given, limit }));
        }
        let mut before = None;
        let mut items = Vec::with_capacity(documents.len());
        for document in documents {
            let ItemDocument { resource, claimed, held, posted, refunded } = document;
            rises(before.is_none_or(|before| before < resource))?;
            before = Some(resource);
            let unknown = || SnapshotProblem::UnknownResource { resource: resource.clone() };
            let account = self.accounts.find(resource).ok_or_else(unknown)?;
            let within = held.checked_add(*posted).is_some_and(|sum| sum <= *claimed);
            let some = (1..=AMOUNT_MAX.unsigned_abs()).contains(claimed);
            adds_up(within && some && refunded <= posted && (open || *held == 0))?;
            items.push(Item {
                account,
                claimed: *claimed,
                held: *held,
                posted: *posted,
                refunded: *refunded,
            });
        }
        Ok(items)
    }

    fn done(&self, documents: &[DoneDocument]) -> Checked<Vec<Done>> {
        adds_up(documents.len() <= OPERATIONS_MAX)?;
        let mut requests = BTreeSet::new();
        let mut done = Vec::with_capacity(documents.len());
        for DoneDocument { request, content, answer } in documents {
            check_id(request.as_str()).map_err(SnapshotProblem::BadValue)?;
            rises(requests.insert(request.as_str()))?;
            adds_up(answer.seq().is_none_or(|seq| (1..=self.seq).contains(&seq)))?;
            done.push(Done { request: request.clone(), content: *content, answer: answer.clone() });
        }
        Ok(done)
    }

    /// What the reservations that are remembered come to, account by account.
    fn sums(&self) -> Vec<Sums> {
        let mut all = vec![Sums::default(); self.accounts.list.len()];
        for item in self.reservations.all().flat_map(|reservation| &reservation.items) {
            if let Some(sums) = all.get_mut(item.account as usize) {
                // Fewer than 2^64 items of less than 2^64 each.
                sums.held = sums.held.saturating_add(u128::from(item.held));
                sums.posted = sums.posted.saturating_add(u128::from(item.posted));
                sums.refunded = sums.refunded.saturating_add(u128::from(item.refunded));
            }
        }
        all
    }

    /// Queues what is to expire and what is to be forgotten.
    fn queue(&mut self) {
        let mut closed = Vec::new();
        for reservation in self.reservations.all() {
            let Some(at) = self.reservations.find(&reservation.request) else { continue };
            if reservation.state == State::Open {
                self.due.insert((reservation.expires_ms, reservation.seq, at));
            } else {
                closed.push((reservation.touched_ms, reservation.seq, at, reservation.has_posted()));
            }
        }
        closed.sort_unstable();
        for (touched_ms, seq, at, posted) in closed {
            let queue = if posted { &mut self.returnable } else { &mut self.answered };
            queue.push_back((touched_ms, at, seq));
        }
    }
}

fn adds_up(it_does: bool) -> Checked<()> {
    if it_does { Ok(()) } else { Err(SnapshotProblem::DoesNotAddUp) }
}

fn rises(it_does: bool) -> Checked<()> {
    if it_does { Ok(()) } else { Err(SnapshotProblem::OutOfOrder) }
}

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    held: u128,
    posted: u128,
    refunded: u128,
}

/// What is held is what the open reservations hold; what they committed is among all that was. Those that are forgotten
/// held nothing.
fn check_sums(account: &Account, sums: &Sums) -> Checked<()> {
    let enough = |part: u128, whole: u64| part <= u128::from(whole);
    adds_up(
        sums.held == u128::from(account.held)
            && enough(sums.posted, account.posted)
            && enough(sums.refunded, account.refunded)
            && enough(sums.posted.saturating_sub(sums.refunded), account.spent),
    )
}
