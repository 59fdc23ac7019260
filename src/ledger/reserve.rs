//! Taking claims: all or none.

#![expect(clippy::indexing_slicing, reason = "positions come from the ledger's own tables, which only grow")]

use super::book::Book;
use super::journal::Step;
use super::reservation::{Item, Reservation, ReservationAt, State};
use super::settings::TIME_MS_MAX;
use super::{Change, LedgerError, Operation, OwnerId, RequestId, Reserve, Reserved, Resident, Short};
use crate::record::{Claim, Fingerprint};
use crate::shop::Moment;

/// Where a claim is counted.
enum Place {
    Open(u32),
    /// Nobody has claimed the resource yet; it will stand under this limit.
    New(u32),
}

impl Book {
    pub fn reserve(
        &mut self,
        call: &Reserve,
        content: Fingerprint,
        now: Moment,
    ) -> Result<Reserved, LedgerError> {
        self.tick(now)?;
        if let Some(known) = self.reservations.find(&call.request).and_then(|at| self.reservations.get(at)) {
            return if known.content == content {
                Ok(known.reserved())
            } else {
                Err(LedgerError::Conflict { request: call.request.clone() })
            };
        }
        let places = self.places(&call.claims)?;
        let old = self.reservations.open_of(&call.owner);
        if let Some(short) = self.first_short(&call.claims, &places, old) {
            return self.reject(call, content, short);
        }
        self.hold(call, content, places, old)
    }

    /// Where each claim is counted, when there is room for all that is new.
    fn places(&self, claims: &[Claim]) -> Result<Vec<Place>, LedgerError> {
        let full = |what, limit| Err(LedgerError::Full { what, limit });
        if self.reservations.len() >= self.settings.reservations_max {
            return full(Resident::Reservations, self.settings.reservations_max);
        }
        let mut accounts = self.accounts.list.len();
        let mut places = Vec::with_capacity(claims.len());
        for claim in claims {
            let resource = &claim.resource;
            if let Some(at) = self.accounts.find(resource) {
                places.push(Place::Open(at));
                continue;
            }
            let Some(limit) = self.accounts.limit_for(resource) else {
                return Err(LedgerError::NoLimit { resource: resource.clone() });
            };
            accounts = accounts.saturating_add(1);
            if accounts > self.settings.accounts_max {
                return full(Resident::Accounts, self.settings.accounts_max);
            }
            places.push(Place::New(limit));
        }
        Ok(places)
    }

    /// The first claim for which there is not enough, counting what the owner's old reservation would give back.
    fn first_short(&self, claims: &[Claim], places: &[Place], old: Option<ReservationAt>) -> Option<Short> {
        let old = old.and_then(|at| self.reservations.get(at)).map(|old| old.items.as_slice());
        claims.iter().zip(places).find_map(|(claim, place)| {
            let available = match place {
                Place::Open(at) => {
                    let items = old.unwrap_or_default().iter();
                    let credit = items.filter(|item| item.account == *at).map(|item| item.held).next();
                    self.available(*at, credit.unwrap_or(0))
                }
                Place::New(limit) => {
                    let limit = &self.accounts.limits[*limit as usize].limit;
                    super::account::Account::default().available(limit, self.clock, 0)
                }
            };
            (available < claim.amount).then(|| Short {
                seq: self.seq.saturating_add(1),
                resource: claim.resource.clone(),
                wanted: claim.amount,
                available,
            })
        })
    }

    /// What a grant may take from an account while `credit` is about to come back.
    pub fn available(&self, at: u32, credit: u64) -> u64 {
        let account = &self.accounts.list[at as usize];
        account.available(&self.accounts.limits[account.limit as usize].limit, self.clock, credit)
    }

    fn reject(
        &mut self,
        call: &Reserve,
        content: Fingerprint,
        short: Short,
    ) -> Result<Reserved, LedgerError> {
        let seq = self.append(|_| (Operation::Reserve(call.clone()), Vec::new()))?;
        let rejected = Reserved::Rejected(short.clone());
        let short = Some(Box::new(short));
        let at = self.remember(call, content, Reservation { seq, short, ..self.blank(State::Rejected) });
        self.touch(at, self.clock);
        Ok(rejected)
    }

    fn hold(
        &mut self,
        call: &Reserve,
        content: Fingerprint,
        places: Vec<Place>,
        old: Option<ReservationAt>,
    ) -> Result<Reserved, LedgerError> {
        // The bound on holds keeps this within an i64, and the clock within TIME_MS_MAX.
        let ttl_ms = i64::try_from(call.ttl_ms).unwrap_or(TIME_MS_MAX);
        let expires_ms = self.clock.saturating_add(ttl_ms);
        let seq = self.append(|book| {
            let mut changes = old.map(|at| book.unhold_changes(at)).unwrap_or_default();
            let held = call.claims.iter();
            changes
                .extend(held.map(|claim| Change::new(&claim.resource, Step::Up(claim.amount), Step::NONE)));
            (Operation::Reserve(call.clone()), changes)
        })?;
        if let Some(at) = old {
            self.unhold(at);
            self.close(at, State::Replaced);
        }
        let mut items = Vec::with_capacity(places.len());
        for (claim, place) in call.claims.iter().zip(places) {
            let account = match place {
                Place::Open(at) => at,
                Place::New(limit) => self.accounts.open(claim.resource.clone(), limit),
            };
            let amount = claim.amount;
            let held = &mut self.accounts.list[account as usize].held;
            // At most the limit (L1).
            *held = held.saturating_add(amount);
            items.push(Item { account, claimed: amount, held: amount, posted: 0, refunded: 0 });
        }
        let blank = self.blank(State::Open);
        let at = self.remember(call, content, Reservation { seq, expires_ms, items, ..blank });
        self.due.insert((expires_ms, seq, at));
        Ok(Reserved::Held(super::Held { seq, expires_ms }))
    }

    fn blank(&self, state: State) -> Reservation {
        Reservation {
            request: RequestId::default(),
            owner: OwnerId::default(),
            content: Fingerprint::default(),
            quote: None,
            seq: 0,
            expires_ms: self.clock,
            touched_ms: self.clock,
            state,
            items: Vec::new(),
            short: None,
            done: Vec::new(),
        }
    }

    fn remember(&mut self, call: &Reserve, content: Fingerprint, reservation: Reservation) -> ReservationAt {
        let (request, owner) = (call.request.clone(), call.owner.clone());
        self.reservations.insert(Reservation { request, owner, content, quote: call.quote, ..reservation })
    }
}
