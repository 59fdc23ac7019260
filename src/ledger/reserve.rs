//! Taking claims: all or none.

#![expect(clippy::indexing_slicing, reason = "positions come from the ledger's own tables, which only grow")]

use smallvec::SmallVec;

use super::account::{Account, AccountAt, LimitAt};
use super::book::{Book, age};
use super::hashing::Hashing;
use super::journal::Step;
use super::reservation::{Item, Origin, Reservation, State};
use super::reservations::ReservationAt;
use super::{Change, Held, LedgerError, Operation, Reserve, Reserved, Resident, Short};
use crate::record::{Claim, Resource};

/// What of a reservation can be made before the lock is taken: what is hashed for it.
pub(super) struct Prepared {
    /// Of the request and of the owner.
    hashes: (u64, u64),
    places: Places,
}

type Places = SmallVec<[Place; 4]>;

/// Where a claim is counted.
#[derive(Clone, Copy)]
enum Place {
    /// Wherever the resource of this hash is.
    Sought(u64),
    Open(AccountAt),
    /// Nobody has claimed the resource yet; it will stand under this limit.
    New(u64, LimitAt),
}

impl Reserve {
    /// What was checked, made ready. Not one with the check: what comes in a `Result` is copied out of it.
    #[inline]
    pub(super) fn prepare(&self, hashing: &Hashing) -> Prepared {
        let places = self.claims.iter().map(|claim| Place::Sought(hashing.of_resource(&claim.resource)));
        let hashes = (hashing.of(&self.request), hashing.of(&self.owner));
        Prepared { hashes, places: places.collect() }
    }
}

impl Book {
    #[inline]
    pub fn reserve(
        &mut self,
        call: &Reserve,
        prepared: &mut Prepared,
        now_ms: i64,
    ) -> Result<Reserved, LedgerError> {
        self.tick(now_ms)?;
        let (request_hash, owner_hash) = prepared.hashes;
        let known = self.find(request_hash, &call.request);
        if let Some(known) = known.and_then(|at| self.reservations.get(at)) {
            let same = self.is_asked_by(known, call);
            let answer = known.reserved();
            return if same {
                Ok(answer)
            } else {
                Err(LedgerError::Conflict { request: call.request.clone() })
            };
        }
        self.find_places(&call.claims, &mut prepared.places)?;
        let old = self.reservations.open_of(owner_hash, &call.owner);
        if let Some(short) = self.first_short(&call.claims, &prepared.places, old) {
            return self.reject(call, prepared, short);
        }
        self.hold(call, prepared, old)
    }

    /// Whether a reservation was made by this very request.
    fn is_asked_by(&self, known: &Reservation, call: &Reserve) -> bool {
        if let Some(origin) = &known.origin {
            return origin.digest == call.digest();
        }
        let Reserve { request: _, owner, claims, quote, ttl_ms } = call;
        let is_of = |(item, claim): (&Item, &Claim)| {
            item.claimed == claim.amount && self.accounts.names[item.account as usize] == claim.resource
        };
        (known.ttl_ms(), &known.owner, known.quote()) == (*ttl_ms, owner, *quote)
            && known.items.len() == claims.len()
            && known.items.iter().zip(claims).all(is_of)
    }

    /// Finds where each claim is counted, when there is room for all that is new.
    fn find_places(&mut self, claims: &[Claim], places: &mut [Place]) -> Result<(), LedgerError> {
        let full = |what, limit| Err(LedgerError::Full { what, limit });
        if self.reservations.len() >= self.settings.reservations_max {
            self.forget_all();
        }
        if self.reservations.len() >= self.settings.reservations_max {
            return full(Resident::Reservations, self.settings.reservations_max);
        }
        let mut accounts = self.accounts.len();
        for (Claim { resource, .. }, place) in claims.iter().zip(places) {
            let hash = match place {
                Place::Sought(hash) => *hash,
                Place::Open(_) | Place::New(..) => continue,
            };
            if let Some(at) = self.accounts.find(hash, resource) {
                *place = Place::Open(at);
                continue;
            }
            let Some(limit) = self.accounts.limit_for(resource) else {
                return Err(LedgerError::NoLimit { resource: resource.clone() });
            };
            accounts = accounts.saturating_add(1);
            if accounts > self.settings.accounts_max {
                return full(Resident::Accounts, self.settings.accounts_max);
            }
            *place = Place::New(hash, limit);
        }
        Ok(())
    }

    /// The first claim for which there is not enough, counting what the owner's old reservation would give back.
    fn first_short(&self, claims: &[Claim], places: &[Place], old: Option<ReservationAt>) -> Option<Short> {
        let old = old.and_then(|at| self.reservations.get(at)).map_or(&[][..], |old| &old.items);
        claims.iter().zip(places).find_map(|(claim, place)| {
            let available = match place {
                Place::Open(at) => {
                    let same = old.iter().find(|item| item.account == *at);
                    self.available(*at, same.map_or(0, |item| item.held))
                }
                Place::New(_, limit) => {
                    let limit = &self.accounts.limits[*limit as usize].limit;
                    Account::default().available(limit, self.clock, 0)
                }
                Place::Sought(_) => 0,
            };
            (available < claim.amount).then(|| self.short(&claim.resource, claim.amount, available))
        })
    }

    /// What a grant may take from an account while `credit` is about to come back.
    pub fn available(&self, at: AccountAt, credit: u64) -> u64 {
        let account = &self.accounts.list[at as usize];
        account.available(&self.accounts.limits[account.limit as usize].limit, self.clock, credit)
    }

    /// Why the next event is a rejection or refusal.
    pub fn short(&self, resource: &Resource, wanted: u64, available: u64) -> Short {
        Short { seq: self.seq.saturating_add(1), resource: resource.clone(), wanted, available }
    }

    fn reject(&mut self, call: &Reserve, prepared: &Prepared, short: Short) -> Result<Reserved, LedgerError> {
        let seq = self.append(|_| (Operation::Reserve(call.clone()), Vec::new()))?;
        let rejected = Reserved::Rejected(short.clone());
        let origin = Box::new(Origin { digest: call.digest(), short: Some(short) });
        let expires_ms = self.clock;
        let at = self.reservations.insert(prepared.hashes, self.clock, self.lane, |place| {
            place.begin(call, (seq, expires_ms), State::Rejected);
            place.origin = Some(origin);
        });
        self.touch(at, self.clock);
        Ok(rejected)
    }

    #[inline]
    fn hold(
        &mut self,
        call: &Reserve,
        prepared: &Prepared,
        old: Option<ReservationAt>,
    ) -> Result<Reserved, LedgerError> {
        let Prepared { hashes, places } = prepared;
        // The bound on holds keeps this within an i64, and the clock within TIME_MS_MAX.
        let expires_ms = self.clock.saturating_add(age(call.ttl_ms));
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
            self.touch(at, self.clock);
        }
        let Self { accounts, reservations, clock, lane, .. } = self;
        let at = reservations.insert(*hashes, *clock, *lane, |reservation| {
            reservation.begin(call, (seq, expires_ms), State::Open);
            for (claim, place) in call.claims.iter().zip(places) {
                let account = match *place {
                    Place::Open(at) => at,
                    Place::New(hash, limit) => accounts.open(hash, claim.resource.clone(), limit),
                    Place::Sought(_) => continue,
                };
                let known = &mut accounts.list[account as usize];
                // At most the limit (L1).
                known.held = known.held.saturating_add(claim.amount);
                known.last_ms = known.last_ms.max(expires_ms);
                reservation.items.push(Item::new(account, claim.amount));
            }
        });
        self.due.insert(expires_ms, seq, at);
        Ok(Reserved::Held(Held { seq, expires_ms }))
    }
}
