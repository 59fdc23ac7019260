//! Commit, release and refund: how a reservation ends.

#![expect(clippy::indexing_slicing, reason = "positions come from the ledger's own tables, which only grow")]

use super::answer::{Amounts, Answer, Answers, Done, Share};
use super::book::Book;
use super::hashing::Hashing;
use super::journal::Step;
use super::request::Asks;
use super::reservation::{Item, Reservation, State};
use super::reservations::ReservationAt;
use super::settings::OPERATIONS_MAX;
use super::{
    Alert, Change, Commit, Committed, Late, LedgerError, Operation, Portion, Refund, Refunded, Refunds,
    Refusal, Release, Released, RequestId, Rest, Settled,
};
use crate::record::Claim;

/// Room for the claims of an answer: most reservations have no more.
const CLAIMS_FEW: usize = 4;

/// What of a call about a reservation can be made before the lock is taken: what is hashed, digested and allocated. It is lent:
/// to hand it over would copy it.
pub(super) struct Asked {
    hash: u64,
    request: RequestId,
    asks: Asks,
    claims: Vec<Claim>,
}

impl Asked {
    fn new(hashing: &Hashing, reservation: &RequestId, request: &RequestId, asks: Asks) -> Self {
        let (hash, request) = (hashing.of(reservation), request.clone());
        Self { hash, request, asks, claims: Vec::with_capacity(CLAIMS_FEW) }
    }
}

impl Commit {
    pub(super) fn prepare(&self, hashing: &Hashing) -> Asked {
        Asked::new(hashing, &self.reservation, &self.request, self.asks())
    }
}

impl Release {
    pub(super) fn prepare(&self, hashing: &Hashing) -> Asked {
        Asked::new(hashing, &self.reservation, &self.request, Asks::Release)
    }
}

impl Refund {
    pub(super) fn prepare(&self, hashing: &Hashing) -> Asked {
        Asked::new(hashing, &self.reservation, &self.request, self.asks())
    }
}

/// So much of each item. Of one it is said outright: collecting takes ten times as long.
fn of_each(items: &[Item], most: impl Fn(&Item) -> u64) -> Amounts {
    match items {
        [one] => Amounts::from_buf_and_len([most(one), 0], 1),
        all => all.iter().map(most).collect(),
    }
}

impl Book {
    pub fn commit(
        &mut self,
        call: &Commit,
        asked: &mut Asked,
        now_ms: i64,
    ) -> Result<Settled<Committed>, LedgerError> {
        self.tick(now_ms)?;
        let (at, repeated) = self.about(&call.reservation, asked)?;
        if let Some(answer) = repeated {
            return Ok(answer);
        }
        let operation = || Operation::Commit(call.clone());
        let amounts = match self.committable(at, call) {
            Ok(amounts) => amounts,
            Err(why) => return self.refuse(at, asked, why, operation),
        };
        self.check_counters(at, &amounts)?;
        let seq = self.append(|book| (operation(), book.commit_changes(at, &amounts, call.rest)))?;
        let mut posted = std::mem::take(&mut asked.claims);
        let alerts = self.post(at, &amounts, call.rest, &mut posted);
        let committed = Committed { seq, posted, alerts };
        let answer = if committed.alerts.is_empty() {
            Answer::Committed { seq, posted: Share::of(amounts, self.items(at)) }
        } else {
            Answer::Alerted(Box::new(committed.clone()))
        };
        self.answer(at, asked, answer);
        Ok(Settled::Done(committed))
    }

    pub fn release(
        &mut self,
        call: &Release,
        asked: &mut Asked,
        now_ms: i64,
    ) -> Result<Settled<Released>, LedgerError> {
        self.tick(now_ms)?;
        let (at, repeated) = self.about(&call.reservation, asked)?;
        if let Some(answer) = repeated {
            return Ok(answer);
        }
        let operation = || Operation::Release(call.clone());
        let reservation = self.reservation(at, &call.reservation)?;
        if let Some(why) = reservation.why_closed() {
            return self.refuse(at, asked, Box::new(why), operation);
        }
        let held = of_each(&reservation.items, |item| item.held);
        let posted = reservation.has_posted();
        let seq = self.append(|book| (operation(), book.unhold_changes(at)))?;
        let mut returned = std::mem::take(&mut asked.claims);
        returned.extend(self.claims(at, &held));
        let answer = Answer::Released { seq, returned: Share::of(held, self.items(at)) };
        self.unhold(at);
        self.close(at, if posted { State::Settled } else { State::Released });
        self.answer(at, asked, answer);
        Ok(Settled::Done(Released { seq, returned }))
    }

    pub fn refund(
        &mut self,
        call: &Refund,
        asked: &mut Asked,
        now_ms: i64,
    ) -> Result<Settled<Refunded>, LedgerError> {
        self.tick(now_ms)?;
        let (at, repeated) = self.about(&call.reservation, asked)?;
        if let Some(answer) = repeated {
            return Ok(answer);
        }
        let operation = || Operation::Refund(call.clone());
        let reservation = self.reservation(at, &call.reservation)?;
        let amounts = if reservation.has_posted() {
            self.amounts(at, &call.portion, |item| item.posted.saturating_sub(item.refunded))
        } else {
            Err(Box::new(Refusal::NothingCommitted))
        };
        let amounts = match amounts {
            Ok(amounts) => amounts,
            Err(why) => return self.refuse(at, asked, why, operation),
        };
        let seq = self.append(|book| (operation(), book.refund_changes(at, &amounts)))?;
        let refunded = self.give_back(at, seq, &amounts);
        let answer = Answer::Refunded(Box::new(refunded.clone()));
        self.answer(at, asked, answer);
        Ok(Settled::Done(refunded))
    }

    /// The reservation a request is about, and the answer if the request was made before.
    fn about<T: Answers>(
        &mut self,
        reservation: &RequestId,
        asked: &Asked,
    ) -> Result<(ReservationAt, Option<Settled<T>>), LedgerError> {
        let unknown = || LedgerError::Unknown { reservation: reservation.clone() };
        let at = self.find(asked.hash, reservation).ok_or_else(unknown)?;
        let known = self.reservation(at, reservation)?;
        let Some(done) = known.done.iter().find(|done| done.request == asked.request) else {
            let limit = OPERATIONS_MAX;
            return if known.done.len() < limit {
                Ok((at, None))
            } else {
                Err(LedgerError::TooManyOperations { reservation: reservation.clone(), limit })
            };
        };
        // Other kinds of requests have other contents.
        let answer = T::of(&done.answer, |share| self.claims(at, &share.amounts(&known.items)).collect());
        match answer.filter(|_| done.asks == asked.asks) {
            Some(answer) => Ok((at, Some(answer))),
            None => Err(LedgerError::Conflict { request: asked.request.clone() }),
        }
    }

    fn reservation(&self, at: ReservationAt, id: &RequestId) -> Result<&Reservation, LedgerError> {
        self.reservations.get(at).ok_or_else(|| LedgerError::Unknown { reservation: id.clone() })
    }

    pub fn items(&self, at: ReservationAt) -> &[Item] {
        self.reservations.get(at).map_or(&[], |reservation| &reservation.items)
    }

    /// The amounts of a reservation's items that are any, by name.
    pub fn claims(&self, at: ReservationAt, amounts: &Amounts) -> impl Iterator<Item = Claim> {
        let all = self.items(at).iter().zip(amounts.iter());
        all.filter(|(_, amount)| **amount > 0)
            .map(|(item, amount)| self.accounts.claim(item.account, *amount))
    }

    /// How much of each item a commit takes, or why it may not.
    fn committable(&self, at: ReservationAt, call: &Commit) -> Result<Amounts, Box<Refusal>> {
        let Some(reservation) = self.reservations.get(at) else {
            return Err(Box::new(Refusal::Rejected));
        };
        let late = match reservation.why_closed() {
            None => false,
            Some(Refusal::Expired) if call.late == Late::ReserveAgain => true,
            Some(why) => return Err(Box::new(why)),
        };
        if call.quote.is_some() && call.quote != reservation.quote() {
            return Err(Box::new(Refusal::OtherQuote));
        }
        if !late {
            return self.amounts(at, &call.portion, |item| item.held);
        }
        let amounts = self.amounts(at, &call.portion, |item| item.claimed.saturating_sub(item.posted))?;
        let taken = reservation.items.iter().zip(amounts.iter());
        let free = taken.map(|(item, amount)| (item.account, *amount, self.available(item.account, 0)));
        match free.into_iter().find(|(_, amount, available)| amount > available) {
            None => Ok(amounts),
            Some((account, amount, available)) => {
                let resource = &self.accounts.names[account as usize];
                Err(Box::new(Refusal::Exhausted(self.short(resource, amount, available))))
            }
        }
    }

    /// A portion of a reservation, item by item; at most `most` of each.
    fn amounts(
        &self,
        at: ReservationAt,
        portion: &Portion,
        most: impl Fn(&Item) -> u64,
    ) -> Result<Amounts, Box<Refusal>> {
        let items = self.items(at);
        let claims = match portion {
            Portion::All => return Ok(of_each(items, most)),
            Portion::Part(claims) => claims,
        };
        let mut amounts = Amounts::from_elem(0, items.len());
        for claim in claims {
            let of_claim = |item: &Item| self.accounts.names[item.account as usize] == claim.resource;
            let position = items.iter().position(of_claim);
            let available = position.map_or(0, |position| most(&items[position]));
            match position.filter(|_| claim.amount <= available) {
                Some(position) => amounts[position] = claim.amount,
                None => {
                    let short = self.short(&claim.resource, claim.amount, available);
                    return Err(Box::new(Refusal::Exceeds(short)));
                }
            }
        }
        Ok(amounts)
    }

    /// What only grows must have room to.
    fn check_counters(&self, at: ReservationAt, amounts: &Amounts) -> Result<(), LedgerError> {
        for (item, amount) in self.items(at).iter().zip(amounts.iter()) {
            if !self.accounts.list[item.account as usize].can_post(*amount) {
                let resource = self.accounts.names[item.account as usize].clone();
                return Err(LedgerError::CounterOverflow { resource });
            }
        }
        Ok(())
    }

    fn commit_changes(&self, at: ReservationAt, amounts: &Amounts, rest: Rest) -> Vec<Change> {
        self.changes(at, amounts, |item, amount, _| {
            let unheld = match rest {
                Rest::Release => item.held,
                Rest::Keep => amount.min(item.held),
            };
            (Step::Down(unheld), Step::Up(amount))
        })
    }

    fn refund_changes(&self, at: ReservationAt, amounts: &Amounts) -> Vec<Change> {
        self.changes(at, amounts, |_, amount, refunds| match refunds {
            Refunds::Restore => (Step::NONE, Step::Down(amount)),
            Refunds::Keep => (Step::NONE, Step::NONE),
        })
    }

    /// The changes of each item that are any.
    fn changes(
        &self,
        at: ReservationAt,
        amounts: &Amounts,
        change: impl Fn(&Item, u64, Refunds) -> (Step, Step),
    ) -> Vec<Change> {
        let all = self.items(at).iter().zip(amounts.iter()).map(|(item, amount)| {
            let limit = self.accounts.list[item.account as usize].limit;
            let refunds = self.accounts.limits[limit as usize].limit.refunds;
            let (held, spent) = change(item, *amount, refunds);
            Change::new(&self.accounts.names[item.account as usize], held, spent)
        });
        all.filter(|change| (change.held, change.spent) != (0, 0)).collect()
    }

    /// Spends the amounts; nothing here can fail.
    fn post(
        &mut self,
        at: ReservationAt,
        amounts: &Amounts,
        rest: Rest,
        posted: &mut Vec<Claim>,
    ) -> Vec<Alert> {
        let mut alerts = Vec::new();
        let Some(reservation) = self.reservations.get_mut(at) else { return alerts };
        let mut holds = false;
        for (item, amount) in reservation.items.iter_mut().zip(amounts.iter()) {
            let name = &self.accounts.names[item.account as usize];
            let account = &mut self.accounts.list[item.account as usize];
            let unheld = match rest {
                Rest::Release => item.held,
                Rest::Keep => (*amount).min(item.held),
            };
            // A late commit holds nothing; else the amount is part of what is held.
            item.held = item.held.saturating_sub(unheld);
            account.held = account.held.saturating_sub(unheld);
            if *amount > 0 {
                item.posted = item.posted.saturating_add(*amount);
                let limit = &self.accounts.limits[account.limit as usize];
                account.post(name, limit, *amount, self.clock, &mut alerts);
                posted.push(Claim::new(name.clone(), *amount));
            }
            holds |= item.held > 0;
        }
        match (reservation.state == State::Open, rest, holds) {
            (true, Rest::Release, _) | (true, Rest::Keep, false) => self.close(at, State::Settled),
            (true, Rest::Keep, true) => {}
            // After a late commit that keeps the rest, more may be committed late.
            (false, Rest::Keep, _) => {}
            (false, Rest::Release, _) => reservation.state = State::Settled,
        }
        alerts
    }

    /// Takes back the amounts; nothing here can fail.
    fn give_back(&mut self, at: ReservationAt, seq: u64, amounts: &Amounts) -> Refunded {
        let mut refunded = Refunded { seq, restored: Vec::new(), kept: Vec::new(), alerts: Vec::new() };
        let Some(reservation) = self.reservations.get_mut(at) else { return refunded };
        let items = reservation.items.iter_mut().zip(amounts.iter()).filter(|(_, amount)| **amount > 0);
        for (item, amount) in items {
            item.refunded = item.refunded.saturating_add(*amount);
            let name = &self.accounts.names[item.account as usize];
            let account = &mut self.accounts.list[item.account as usize];
            let state = &self.accounts.limits[account.limit as usize];
            let claim = Claim::new(name.clone(), *amount);
            let restored = match state.limit.refunds {
                Refunds::Restore => {
                    refunded.restored.push(claim);
                    *amount
                }
                Refunds::Keep => {
                    refunded.kept.push(claim);
                    0
                }
            };
            account.refund(name, state, *amount, restored, &mut refunded.alerts);
        }
        refunded
    }

    fn refuse<T: Answers>(
        &mut self,
        at: ReservationAt,
        asked: &mut Asked,
        why: Box<Refusal>,
        operation: impl Fn() -> Operation,
    ) -> Result<Settled<T>, LedgerError> {
        self.append(|_| (operation(), Vec::new()))?;
        self.answer(at, asked, Answer::Refused(why.clone()));
        Ok(Settled::Refused(*why))
    }

    /// Remembers an answer; the reservation is remembered from here.
    fn answer(&mut self, at: ReservationAt, asked: &Asked, answer: Answer) {
        if let Some(reservation) = self.reservations.get_mut(at) {
            let (request, asks) = (asked.request.clone(), asked.asks.clone());
            reservation.done.push(Done { request, asks, answer });
        }
        self.touch(at, self.clock);
    }
}
