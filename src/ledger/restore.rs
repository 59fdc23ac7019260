//! A snapshot checked and put to work: nothing in it is believed before it adds up.

use std::collections::BTreeSet;

use super::account::Account;
use super::answer::{Amounts, Answer, Answered, Done, Share};
use super::book::Book;
use super::lane::LANES;
use super::request::{Asks, check_id};
use super::reservation::{Item, Items, Origin, State};
use super::settings::{CLAIMS_MAX, OPERATIONS_MAX, TIME_MS_MAX};
use super::snapshot::{
    AccountDocument, AnswerDocument, DoneDocument, ItemDocument, LimitDocument, ReservationDocument,
    StateDocument,
};
use super::{Committed, LedgerError, Released, Resident, Settings, Snapshot, SnapshotError, SnapshotProblem};
use crate::bounds::AMOUNT_MAX;
use crate::record::Claim;

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
        let AccountDocument { resource, held, spent, posted, refunded, minute, in_minute, last_ms } =
            document;
        rises(before.is_none_or(|before| before.resource < *resource))?;
        let unknown = || SnapshotProblem::UnknownResource { resource: resource.clone() };
        let limit = self.accounts.limit_for(resource).ok_or_else(unknown)?;
        let used = held.checked_add(*spent).is_some_and(|used| used <= AMOUNT_MAX.unsigned_abs());
        // A refund restores at most what it is of, so what is spent and what was refunded cover all that was posted.
        let all = spent.checked_add(*refunded).is_some_and(|all| all >= *posted);
        adds_up(used && spent <= posted && refunded <= posted && all && in_minute <= posted)?;
        adds_up([minute, last_ms].iter().all(|ms| ms.unsigned_abs() <= TIME_MS_MAX.unsigned_abs()))?;
        let at = self.accounts.open(self.hashing.of_resource(resource), resource.clone(), limit);
        if let Some(account) = self.accounts.list.get_mut(at as usize) {
            (account.held, account.spent) = (*held, *spent);
            (account.posted, account.refunded) = (*posted, *refunded);
            (account.minute, account.in_minute, account.last_ms) = (*minute, *in_minute, *last_ms);
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
        let hashes = (self.hashing.of(&document.request), self.hashing.of(&document.owner));
        rises(self.reservations.find(hashes.0, &document.request).is_none())?;
        let open = document.state == State::Open;
        rises(!open || self.reservations.open_of(hashes.1, &document.owner).is_none())?;
        adds_up((1..=self.seq).contains(&document.seq))?;
        let times = [document.expires_ms, document.touched_ms];
        adds_up(times.iter().all(|ms| ms.unsigned_abs() <= TIME_MS_MAX.unsigned_abs()))?;
        adds_up(document.touched_ms <= self.clock)?;
        let rejected = document.state == State::Rejected;
        adds_up(rejected == document.short.is_some())?;
        adds_up(!rejected || document.items.is_empty())?;
        let items = self.take_items(document)?;
        let done = self.take_answers(&document.done, &items)?;
        let origin = Origin { digest: document.content, short: document.short.clone() };
        // Whose threads are gone: all lanes share what there is to forget.
        let lane = usize::try_from(document.seq).unwrap_or_default() % LANES;
        self.reservations.insert(hashes, document.touched_ms, lane, |place| {
            (place.request, place.owner) = (document.request.clone(), document.owner.clone());
            (place.seq, place.expires_ms, place.state) = (document.seq, document.expires_ms, document.state);
            (place.items, place.done, place.origin) = (items, done, Some(Box::new(origin)));
            place.pin(document.quote);
        });
        Ok(())
    }

    fn take_items(&self, reservation: &ReservationDocument) -> Checked<Items> {
        let (documents, limit) = (&reservation.items, CLAIMS_MAX);
        let open = reservation.state == State::Open;
        let last_ms = if open { reservation.expires_ms } else { reservation.touched_ms };
        if documents.len() > limit {
            let given = documents.len();
            return Err(SnapshotProblem::BadValue(LedgerError::TooManyClaims { given, limit }));
        }
        let mut before = None;
        let mut items = Items::with_capacity(documents.len());
        for document in documents {
            let ItemDocument { resource, claimed, held, posted, refunded } = document;
            rises(before.is_none_or(|before| before < resource))?;
            before = Some(resource);
            let unknown = || SnapshotProblem::UnknownResource { resource: resource.clone() };
            let account = self.accounts.look_up(resource).ok_or_else(unknown)?;
            adds_up(self.accounts.list.get(account as usize).is_some_and(|known| known.last_ms >= last_ms))?;
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

    /// The answers of a reservation; together they committed and refunded what its items say.
    fn take_answers(&self, documents: &[DoneDocument], items: &[Item]) -> Checked<Answered> {
        adds_up(documents.len() <= OPERATIONS_MAX)?;
        let mut requests = BTreeSet::new();
        let mut sums = vec![(0_u64, 0_u64); items.len()];
        let mut done = Answered::with_capacity(documents.len());
        for DoneDocument { request, content, answer } in documents {
            check_id(request.as_str()).map_err(SnapshotProblem::BadValue)?;
            rises(requests.insert(request.as_str()))?;
            let (seq, answer) = match answer {
                AnswerDocument::Committed(committed) => {
                    let Committed { seq, posted, alerts } = committed;
                    let posted = self.amounts_of(posted, items)?;
                    add(sums.iter_mut().map(|(posted, _)| posted), &posted)?;
                    let answer = if alerts.is_empty() {
                        Answer::Committed { seq: *seq, posted: Share::of(posted, items) }
                    } else {
                        Answer::Alerted(Box::new(committed.clone()))
                    };
                    (Some(*seq), answer)
                }
                AnswerDocument::Released(Released { seq, returned }) => {
                    let returned = Share::of(self.amounts_of(returned, items)?, items);
                    (Some(*seq), Answer::Released { seq: *seq, returned })
                }
                AnswerDocument::Refunded(refunded) => {
                    for claims in [&refunded.restored, &refunded.kept] {
                        add(sums.iter_mut().map(|(_, refunded)| refunded), &self.amounts_of(claims, items)?)?;
                    }
                    (Some(refunded.seq), Answer::Refunded(Box::new(refunded.clone())))
                }
                AnswerDocument::Refused(why) => (None, Answer::Refused(Box::new(why.clone()))),
            };
            adds_up(seq.is_none_or(|seq| (1..=self.seq).contains(&seq)))?;
            done.push(Done { request: request.clone(), asks: Asks::of(*content), answer });
        }
        let same = |(item, sums): (&Item, &(u64, u64))| (item.posted, item.refunded) == *sums;
        adds_up(items.iter().zip(&sums).all(same))?;
        Ok(done)
    }

    /// Claims on a reservation's items, in their order, item by item.
    fn amounts_of(&self, claims: &[Claim], items: &[Item]) -> Checked<Amounts> {
        let mut amounts = Amounts::from_elem(0, items.len());
        let mut rest = claims.iter().peekable();
        for (item, amount) in items.iter().zip(&mut amounts) {
            let named =
                |claim: &&Claim| self.accounts.names.get(item.account as usize) == Some(&claim.resource);
            if let Some(claim) = rest.next_if(named) {
                adds_up((1..=item.claimed).contains(&claim.amount))?;
                *amount = claim.amount;
            }
        }
        adds_up(rest.next().is_none())?;
        Ok(amounts)
    }

    /// What the reservations that are remembered come to, account by account.
    fn sums(&self) -> Vec<Sums> {
        let mut all = vec![Sums::default(); self.accounts.list.len()];
        for item in self.reservations.all().flat_map(|(_, reservation)| &reservation.items) {
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
        for (at, reservation) in self.reservations.all() {
            if reservation.state == State::Open {
                self.due.insert(reservation.expires_ms, reservation.seq, at);
            } else {
                closed.push((reservation.touched_ms, reservation.seq, at));
            }
        }
        closed.sort_unstable();
        for (touched_ms, _, at) in closed {
            self.touch(at, touched_ms);
        }
    }
}

/// Adds amounts to sums, item by item.
fn add<'a>(sums: impl Iterator<Item = &'a mut u64>, amounts: &Amounts) -> Checked<()> {
    for (sum, amount) in sums.zip(amounts) {
        *sum = sum.checked_add(*amount).ok_or(SnapshotProblem::DoesNotAddUp)?;
    }
    Ok(())
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
