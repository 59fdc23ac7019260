//! Commit, release and refund: how a reservation ends.

#![expect(clippy::indexing_slicing, reason = "positions come from the ledger's own tables, which only grow")]

use super::book::Book;
use super::journal::Step;
use super::reservation::{Answer, Answers, Done, Item, Reservation, ReservationAt, State};
use super::settings::OPERATIONS_MAX;
use super::{
    Change, Commit, Committed, Late, LedgerError, Operation, Portion, Refund, Refunded, Refunds, Refusal,
    Release, Released, RequestId, Rest, Settled, Short,
};
use crate::record::{Claim, Fingerprint};
use crate::shop::Moment;

/// What of an item can be committed or refunded.
type Most = fn(&Item) -> u64;

impl Book {
    pub fn commit(
        &mut self,
        call: &Commit,
        content: Fingerprint,
        now: Moment,
    ) -> Result<Settled<Committed>, LedgerError> {
        self.tick(now)?;
        let (at, repeated) = self.about(&call.reservation, &call.request, content)?;
        if let Some(answer) = repeated {
            return Ok(answer);
        }
        let operation = || Operation::Commit(call.clone());
        let amounts = match self.committable(at, call) {
            Ok(amounts) => amounts,
            Err(why) => return self.refuse(at, &call.request, content, why, operation),
        };
        self.check_counters(at, &amounts)?;
        let seq = self.append(|book| (operation(), book.commit_changes(at, &amounts, call.rest)))?;
        let committed = self.post(at, seq, &amounts, call.rest);
        self.answer(at, &call.request, content, Answer::Committed(committed.clone()));
        Ok(Settled::Done(committed))
    }

    pub fn release(
        &mut self,
        call: &Release,
        content: Fingerprint,
        now: Moment,
    ) -> Result<Settled<Released>, LedgerError> {
        self.tick(now)?;
        let (at, repeated) = self.about(&call.reservation, &call.request, content)?;
        if let Some(answer) = repeated {
            return Ok(answer);
        }
        let operation = || Operation::Release(call.clone());
        if let Some(why) = self.reservation(at, &call.reservation)?.why_closed() {
            return self.refuse(at, &call.request, content, why, operation);
        }
        let returned = self.claims_of(at, |item| item.held);
        let seq = self.append(|book| (operation(), book.unhold_changes(at)))?;
        self.unhold(at);
        let posted = self.reservations.get(at).is_some_and(Reservation::has_posted);
        self.close(at, if posted { State::Settled } else { State::Released });
        let released = Released { seq, returned };
        self.answer(at, &call.request, content, Answer::Released(released.clone()));
        Ok(Settled::Done(released))
    }

    pub fn refund(
        &mut self,
        call: &Refund,
        content: Fingerprint,
        now: Moment,
    ) -> Result<Settled<Refunded>, LedgerError> {
        self.tick(now)?;
        let (at, repeated) = self.about(&call.reservation, &call.request, content)?;
        if let Some(answer) = repeated {
            return Ok(answer);
        }
        let operation = || Operation::Refund(call.clone());
        let reservation = self.reservation(at, &call.reservation)?;
        let amounts = if reservation.has_posted() {
            self.amounts(at, &call.portion, |item| item.posted.saturating_sub(item.refunded))
        } else {
            Err(Refusal::NothingCommitted)
        };
        let amounts = match amounts {
            Ok(amounts) => amounts,
            Err(why) => return self.refuse(at, &call.request, content, why, operation),
        };
        let seq = self.append(|book| (operation(), book.refund_changes(at, &amounts)))?;
        let refunded = self.give_back(at, seq, &amounts);
        self.answer(at, &call.request, content, Answer::Refunded(refunded.clone()));
        Ok(Settled::Done(refunded))
    }

    /// The reservation a request is about, and the answer if the request was made before.
    fn about<T: Answers>(
        &self,
        reservation: &RequestId,
        request: &RequestId,
        content: Fingerprint,
    ) -> Result<(ReservationAt, Option<Settled<T>>), LedgerError> {
        let unknown = || LedgerError::Unknown { reservation: reservation.clone() };
        let at = self.reservations.find(reservation).ok_or_else(unknown)?;
        let known = self.reservation(at, reservation)?;
        let repeated = known.answered(request, content)?;
        if repeated.is_none() && known.done.len() >= OPERATIONS_MAX {
            let reservation = reservation.clone();
            return Err(LedgerError::TooManyOperations { reservation, limit: OPERATIONS_MAX });
        }
        Ok((at, repeated))
    }

    fn reservation(&self, at: ReservationAt, id: &RequestId) -> Result<&Reservation, LedgerError> {
        self.reservations.get(at).ok_or_else(|| LedgerError::Unknown { reservation: id.clone() })
    }

    /// How much of each item a commit takes, or why it may not.
    fn committable(&self, at: ReservationAt, call: &Commit) -> Result<Vec<u64>, Refusal> {
        let Some(reservation) = self.reservations.get(at) else {
            return Err(Refusal::Rejected);
        };
        let late = match reservation.why_closed() {
            None => false,
            Some(Refusal::Expired) if call.late == Late::ReserveAgain => true,
            Some(why) => return Err(why),
        };
        if call.quote.is_some() && call.quote != reservation.quote {
            return Err(Refusal::OtherQuote);
        }
        if !late {
            return self.amounts(at, &call.portion, |item| item.held);
        }
        let amounts = self.amounts(at, &call.portion, |item| item.claimed.saturating_sub(item.posted))?;
        let taken = reservation.items.iter().zip(&amounts);
        let short = taken.map(|(item, amount)| (item, *amount, self.available(item.account, 0)));
        match short.into_iter().find(|(_, amount, available)| amount > available) {
            None => Ok(amounts),
            Some((item, amount, available)) => Err(Refusal::Exhausted(self.short(item, amount, available))),
        }
    }

    /// A portion of a reservation, item by item; at most `most` of each.
    fn amounts(&self, at: ReservationAt, portion: &Portion, most: Most) -> Result<Vec<u64>, Refusal> {
        let items = self.reservations.get(at).map(|reservation| reservation.items.as_slice());
        let items = items.unwrap_or_default();
        let claims = match portion {
            Portion::All => return Ok(items.iter().map(most).collect()),
            Portion::Part(claims) => claims,
        };
        let mut amounts = vec![0; items.len()];
        for claim in claims {
            let of_claim = |item: &Item| self.accounts.list[item.account as usize].resource == claim.resource;
            let position = items.iter().position(of_claim);
            let available = position.map_or(0, |position| most(&items[position]));
            match position.filter(|_| claim.amount <= available) {
                Some(position) => amounts[position] = claim.amount,
                None => {
                    let (seq, resource) = (self.seq.saturating_add(1), claim.resource.clone());
                    return Err(Refusal::Exceeds(Short { seq, resource, wanted: claim.amount, available }));
                }
            }
        }
        Ok(amounts)
    }

    fn short(&self, item: &Item, wanted: u64, available: u64) -> Short {
        let resource = self.accounts.list[item.account as usize].resource.clone();
        Short { seq: self.seq.saturating_add(1), resource, wanted, available }
    }

    /// What only grows must have room to.
    fn check_counters(&self, at: ReservationAt, amounts: &[u64]) -> Result<(), LedgerError> {
        let items = self.reservations.get(at).map(|reservation| reservation.items.as_slice());
        for (item, amount) in items.unwrap_or_default().iter().zip(amounts) {
            let account = &self.accounts.list[item.account as usize];
            if !account.can_post(*amount) {
                return Err(LedgerError::CounterOverflow { resource: account.resource.clone() });
            }
        }
        Ok(())
    }

    fn commit_changes(&self, at: ReservationAt, amounts: &[u64], rest: Rest) -> Vec<Change> {
        self.changes(at, amounts, |item, amount, _| {
            let unheld = match rest {
                Rest::Release => item.held,
                Rest::Keep => amount.min(item.held),
            };
            (Step::Down(unheld), Step::Up(amount))
        })
    }

    fn refund_changes(&self, at: ReservationAt, amounts: &[u64]) -> Vec<Change> {
        self.changes(at, amounts, |_, amount, refunds| match refunds {
            Refunds::Restore => (Step::NONE, Step::Down(amount)),
            Refunds::Keep => (Step::NONE, Step::NONE),
        })
    }

    /// The changes of each item that are any.
    fn changes(
        &self,
        at: ReservationAt,
        amounts: &[u64],
        change: impl Fn(&Item, u64, Refunds) -> (Step, Step),
    ) -> Vec<Change> {
        let items = self.reservations.get(at).map(|reservation| reservation.items.as_slice());
        let all = items.unwrap_or_default().iter().zip(amounts).map(|(item, amount)| {
            let account = &self.accounts.list[item.account as usize];
            let refunds = self.accounts.limits[account.limit as usize].limit.refunds;
            let (held, spent) = change(item, *amount, refunds);
            Change::new(&account.resource, held, spent)
        });
        all.filter(|change| (change.held, change.spent) != (0, 0)).collect()
    }

    /// Spends the amounts; nothing here can fail.
    fn post(&mut self, at: ReservationAt, seq: u64, amounts: &[u64], rest: Rest) -> Committed {
        let mut committed = Committed { seq, posted: Vec::new(), alerts: Vec::new() };
        let Some(reservation) = self.reservations.get_mut(at) else { return committed };
        for (item, amount) in reservation.items.iter_mut().zip(amounts) {
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
                account.post(limit, *amount, self.clock, &mut committed.alerts);
                committed.posted.push(Claim::new(account.resource.clone(), *amount));
            }
        }
        let (open, held) =
            (reservation.state == State::Open, reservation.items.iter().any(|item| item.held > 0));
        match (open, rest, held) {
            (true, Rest::Release, _) | (true, Rest::Keep, false) => self.close(at, State::Settled),
            (true, Rest::Keep, true) => {}
            // After a late commit that keeps the rest, more may be committed late.
            (false, Rest::Keep, _) => {}
            (false, Rest::Release, _) => reservation.state = State::Settled,
        }
        committed
    }

    /// Takes back the amounts; nothing here can fail.
    fn give_back(&mut self, at: ReservationAt, seq: u64, amounts: &[u64]) -> Refunded {
        let mut refunded = Refunded { seq, restored: Vec::new(), kept: Vec::new(), alerts: Vec::new() };
        let Some(reservation) = self.reservations.get_mut(at) else { return refunded };
        let items = reservation.items.iter_mut().zip(amounts).filter(|(_, amount)| **amount > 0);
        for (item, amount) in items {
            item.refunded = item.refunded.saturating_add(*amount);
            let account = &mut self.accounts.list[item.account as usize];
            let state = &self.accounts.limits[account.limit as usize];
            let claim = Claim::new(account.resource.clone(), *amount);
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
            account.refund(state, *amount, restored, &mut refunded.alerts);
        }
        refunded
    }

    fn claims_of(&self, at: ReservationAt, amount: Most) -> Vec<Claim> {
        let items = self.reservations.get(at).map(|reservation| reservation.items.as_slice());
        let amounts = items.unwrap_or_default().iter().map(|item| (item, amount(item)));
        let some = amounts.filter(|(_, amount)| *amount > 0);
        some.map(|(item, amount)| {
            Claim::new(self.accounts.list[item.account as usize].resource.clone(), amount)
        })
        .collect()
    }

    fn refuse<T: Answers>(
        &mut self,
        at: ReservationAt,
        request: &RequestId,
        content: Fingerprint,
        why: Refusal,
        operation: impl Fn() -> Operation,
    ) -> Result<Settled<T>, LedgerError> {
        self.append(|_| (operation(), Vec::new()))?;
        self.answer(at, request, content, Answer::Refused(why.clone()));
        Ok(Settled::Refused(why))
    }

    /// Remembers an answer; the reservation is remembered from here.
    fn answer(&mut self, at: ReservationAt, request: &RequestId, content: Fingerprint, answer: Answer) {
        if let Some(reservation) = self.reservations.get_mut(at) {
            // Most reservations are answered about once or twice; a list that grows by four would be most of their memory.
            reservation.done.reserve_exact(1);
            reservation.done.push(Done { request: request.clone(), content, answer });
        }
        self.touch(at, self.clock);
    }
}

impl Reservation {
    /// Why nothing can be committed from what is held; `None` while it is open.
    fn why_closed(&self) -> Option<Refusal> {
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
