//! A ledger as the guide describes it: maps, and sums over everything that is remembered.

use std::collections::{BTreeMap, BTreeSet};

use super::{Call, Reply};
use crate::ledger::{
    Alert, AlertKind, Balance, Closed, Commit, Committed, Held, Late, LedgerError, Limit, LimitSet, OwnerId,
    Portion, Refund, Refunded, Refunds, Refusal, Release, Released, RequestId, Reserve, Reserved, Resident,
    Rest, Settings, Settled, Short,
};
use crate::money::{Amount, Money, Percent};
use crate::record::{Claim, Resource, ResourceKind, Usage};
use crate::shop::{CustomerId, Moment};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Life {
    Open,
    Settled,
    Released,
    Replaced,
    Expired,
    Rejected,
}

/// What became of one claim of a reservation.
#[derive(Clone, Debug, Default)]
struct Part {
    claimed: u64,
    held: u64,
    posted: u64,
    refunded: u64,
}

#[derive(Clone, Debug)]
struct Reservation {
    call: Reserve,
    answer: Reserved,
    life: Life,
    expires: i64,
    touched: i64,
    parts: BTreeMap<Resource, Part>,
    done: Vec<(RequestId, Call, Reply)>,
}

#[derive(Clone, Debug, Default)]
struct Counters {
    spent: u64,
    posted: u64,
    refunded: u64,
    /// What was committed, by minute.
    minutes: BTreeMap<i64, u64>,
    /// The last event, or the end of the hold, of any reservation that named it.
    named: i64,
}

/// A plain, sequential ledger. It takes only requests that are well formed, and writes no journal.
#[derive(Clone, Debug)]
pub struct Model {
    settings: Settings,
    clock: i64,
    seq: u64,
    limits: BTreeMap<Resource, (Limit, u64)>,
    accounts: BTreeMap<Resource, Counters>,
    reservations: BTreeMap<RequestId, Reservation>,
}

impl Model {
    /// An empty ledger.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let (limits, accounts, reservations) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { settings, clock: i64::MIN, seq: 0, limits, accounts, reservations }
    }

    /// Answers a call.
    pub fn answer(&mut self, call: &Call, now: Moment) -> Reply {
        let expired = self.pass_time(now);
        match call {
            Call::Reserve(call) => self.reserve(call).map(Reply::Reserve),
            Call::Commit(commit) => self.once(&commit.reservation, &commit.request, call, |model| {
                Reply::Commit(settled(model.commit(commit)))
            }),
            Call::Release(release) => self.once(&release.reservation, &release.request, call, |model| {
                Reply::Release(settled(model.release(release)))
            }),
            Call::Refund(refund) => self.once(&refund.reservation, &refund.request, call, |model| {
                Reply::Refund(settled(model.refund(refund)))
            }),
            Call::Limit(limit) => self.limit(limit).map(Reply::Limit),
            Call::Expire => Ok(Reply::Expire(expired)),
            Call::Close(resource) => self.close(resource).map(Reply::Close),
            Call::Balance(resource) => self.balance(resource).map(Reply::Balance),
            Call::Usage(customer, owner) => Ok(Reply::Usage(self.usage(customer.as_ref(), owner.as_ref()))),
        }
        .unwrap_or_else(Reply::Error)
    }

    fn pass_time(&mut self, now: Moment) -> u64 {
        self.clock = self.clock.max(now.unix_ms());
        let clock = self.clock;
        let mut expired = 0;
        for one in self.reservations.values_mut() {
            if one.life == Life::Open && one.expires <= clock {
                one.life = Life::Expired;
                one.touched = one.expires;
                one.parts.values_mut().for_each(|part| part.held = 0);
                // Its end was noted when it was held.
                expired += 1;
                self.seq += 1;
            }
        }
        let settings = self.settings;
        self.reservations.retain(|_, one| {
            let posted = one.parts.values().any(|part| part.posted > 0);
            let age = if posted { settings.returns_ms } else { settings.retention_ms };
            one.life == Life::Open || clock - one.touched < i64::try_from(age).unwrap_or(i64::MAX)
        });
        expired
    }

    fn limit_for(&self, resource: &Resource) -> Option<&Limit> {
        let everybody = resource.clone().of("");
        let common = self.limits.get(&everybody).filter(|_| resource.kind().is_per_customer());
        self.limits.get(resource).or(common).map(|(limit, _)| limit)
    }

    fn held(&self, resource: &Resource) -> u64 {
        self.reservations.values().filter_map(|one| one.parts.get(resource)).map(|part| part.held).sum()
    }

    fn counters(&self, resource: &Resource) -> Counters {
        self.accounts.get(resource).cloned().unwrap_or_default()
    }

    fn free(&self, resource: &Resource, back: u64) -> u64 {
        let Some(limit) = self.limit_for(resource) else { return 0 };
        if limit.until.is_some_and(|until| self.clock >= until.unix_ms()) {
            return 0;
        }
        limit.amount.saturating_sub(self.held(resource) - back + self.counters(resource).spent)
    }

    fn short(&self, resource: &Resource, wanted: u64, available: u64) -> Short {
        Short { seq: self.seq + 1, resource: resource.clone(), wanted, available }
    }

    /// Whether what is new has room, and everything a limit.
    fn check_room(&self, call: &Reserve) -> Result<(), LedgerError> {
        if self.reservations.len() >= self.settings.reservations_max {
            let limit = self.settings.reservations_max;
            return Err(LedgerError::Full { what: Resident::Reservations, limit });
        }
        let mut opened: BTreeSet<&Resource> = self.accounts.keys().collect();
        for claim in &call.claims {
            let resource = &claim.resource;
            if opened.contains(resource) {
                continue;
            }
            if self.limit_for(resource).is_none() {
                return Err(LedgerError::NoLimit { resource: resource.clone() });
            }
            opened.insert(resource);
            if opened.len() > self.settings.accounts_max {
                let limit = self.settings.accounts_max;
                return Err(LedgerError::Full { what: Resident::Accounts, limit });
            }
        }
        Ok(())
    }

    fn reserve(&mut self, call: &Reserve) -> Result<Reserved, LedgerError> {
        if let Some(known) = self.reservations.get(&call.request) {
            let conflict = LedgerError::Conflict { request: call.request.clone() };
            return if known.call == *call { Ok(known.answer.clone()) } else { Err(conflict) };
        }
        self.check_room(call)?;
        let mut owned = self.reservations.values();
        let old = owned.find(|one| one.call.owner == call.owner && one.life == Life::Open);
        let old = old.map(|one| one.call.request.clone());
        let back = |resource: &Resource| {
            let old = old.as_ref().and_then(|old| self.reservations.get(old));
            old.and_then(|old| old.parts.get(resource)).map_or(0, |part| part.held)
        };
        let short = call.claims.iter().find_map(|claim| {
            let free = self.free(&claim.resource, back(&claim.resource));
            (free < claim.amount).then(|| self.short(&claim.resource, claim.amount, free))
        });
        self.seq += 1;
        let answer = match &short {
            Some(short) => Reserved::Rejected(short.clone()),
            None => {
                let ttl = i64::try_from(call.ttl_ms).unwrap_or(i64::MAX);
                Reserved::Held(Held { seq: self.seq, expires_ms: self.clock + ttl })
            }
        };
        let (life, expires) = match &answer {
            Reserved::Held(held) => (Life::Open, held.expires_ms),
            Reserved::Rejected(_) => (Life::Rejected, self.clock),
        };
        let mut parts = BTreeMap::new();
        if short.is_none() {
            if let Some(old) = old {
                self.end(&old, Life::Replaced);
            }
            for claim in &call.claims {
                let counters = self.accounts.entry(claim.resource.clone());
                let named = &mut counters
                    .or_insert_with(|| Counters { named: i64::MIN, ..Counters::default() })
                    .named;
                *named = expires.max(*named);
                let part = Part { claimed: claim.amount, held: claim.amount, ..Part::default() };
                parts.insert(claim.resource.clone(), part);
            }
        }
        let touched = self.clock;
        let (call, done) = (call.clone(), Vec::new());
        let one = Reservation { call, answer: answer.clone(), life, expires, touched, parts, done };
        self.reservations.insert(one.call.request.clone(), one);
        Ok(answer)
    }

    /// Ends the open life of a reservation and gives back what it holds.
    fn end(&mut self, request: &RequestId, life: Life) {
        let clock = self.clock;
        if let Some(one) = self.reservations.get_mut(request) {
            one.life = life;
            one.touched = clock;
            one.parts.values_mut().for_each(|part| part.held = 0);
        }
    }

    /// Does what is asked of a reservation the first time, and repeats the answer later.
    fn once(
        &mut self,
        reservation: &RequestId,
        request: &RequestId,
        call: &Call,
        act: impl FnOnce(&mut Self) -> Reply,
    ) -> Result<Reply, LedgerError> {
        let unknown = || LedgerError::Unknown { reservation: reservation.clone() };
        let known = self.reservations.get(reservation).ok_or_else(unknown)?;
        if let Some((_, made, reply)) = known.done.iter().find(|(id, ..)| id == request) {
            let conflict = LedgerError::Conflict { request: request.clone() };
            return if made == call { Ok(reply.clone()) } else { Err(conflict) };
        }
        if known.done.len() >= 64 {
            return Err(LedgerError::TooManyOperations { reservation: reservation.clone(), limit: 64 });
        }
        let reply = act(self);
        self.seq += 1;
        let clock = self.clock;
        if let Some(one) = self.reservations.get_mut(reservation) {
            one.touched = clock;
            for resource in one.parts.keys() {
                let named = self.accounts.get_mut(resource).map(|counters| &mut counters.named);
                named.into_iter().for_each(|named| *named = clock.max(*named));
            }
            one.done.push((request.clone(), call.clone(), reply.clone()));
        }
        Ok(reply)
    }

    fn parts(&self, reservation: &RequestId) -> (Life, BTreeMap<Resource, Part>) {
        let one = self.reservations.get(reservation);
        one.map_or((Life::Rejected, BTreeMap::new()), |one| (one.life, one.parts.clone()))
    }

    /// The amounts a portion comes to, each at most what `most` allows.
    fn amounts(
        &self,
        parts: &BTreeMap<Resource, Part>,
        portion: &Portion,
        most: impl Fn(&Part) -> u64,
    ) -> Result<Vec<Claim>, Refusal> {
        match portion {
            Portion::All => {
                let all = parts.iter().map(|(resource, part)| Claim::new(resource.clone(), most(part)));
                Ok(all.filter(|claim| claim.amount > 0).collect())
            }
            Portion::Part(claims) => {
                for claim in claims {
                    let most = parts.get(&claim.resource).map_or(0, &most);
                    if claim.amount > most {
                        return Err(Refusal::Exceeds(self.short(&claim.resource, claim.amount, most)));
                    }
                }
                Ok(claims.clone())
            }
        }
    }

    fn commit(&mut self, commit: &Commit) -> Result<Committed, Refusal> {
        let (life, parts) = self.parts(&commit.reservation);
        let late = life == Life::Expired && commit.late == Late::ReserveAgain;
        if !late {
            open(life)?;
        }
        let reserved = self.reservations.get(&commit.reservation).and_then(|one| one.call.quote);
        if commit.quote.is_some_and(|quote| Some(quote) != reserved) {
            return Err(Refusal::OtherQuote);
        }
        let amounts = if late {
            self.amounts(&parts, &commit.portion, |part| part.claimed - part.posted)?
        } else {
            self.amounts(&parts, &commit.portion, |part| part.held)?
        };
        for claim in amounts.iter().filter(|_| late) {
            let free = self.free(&claim.resource, 0);
            if free < claim.amount {
                return Err(Refusal::Exhausted(self.short(&claim.resource, claim.amount, free)));
            }
        }
        let mut alerts = Vec::new();
        for claim in &amounts {
            alerts.extend(self.post(claim));
        }
        if let Some(one) = self.reservations.get_mut(&commit.reservation) {
            for claim in &amounts {
                if let Some(part) = one.parts.get_mut(&claim.resource) {
                    part.posted += claim.amount;
                    part.held -= if late { 0 } else { claim.amount };
                }
            }
            let held = one.parts.values().any(|part| part.held > 0);
            let keeps = commit.rest == Rest::Keep && (held || late);
            if !keeps {
                one.life = Life::Settled;
                one.parts.values_mut().for_each(|part| part.held = 0);
            }
        }
        Ok(Committed { seq: self.seq + 1, posted: amounts, alerts })
    }

    fn post(&mut self, claim: &Claim) -> Vec<Alert> {
        let Some(limit) = self.limit_for(&claim.resource).cloned() else { return Vec::new() };
        let counters = self.accounts.entry(claim.resource.clone()).or_default();
        let spent_before = counters.spent;
        counters.spent += claim.amount;
        counters.posted += claim.amount;
        let in_minute = counters.minutes.entry(self.clock.div_euclid(60_000)).or_default();
        let minute_before = *in_minute;
        *in_minute += claim.amount;
        let mut kinds = Vec::new();
        for share in &limit.guard.spent {
            let (spent, limit) = (counters.spent, limit.amount);
            if !reached(spent_before, limit, *share) && reached(spent, limit, *share) {
                kinds.push(AlertKind::Spent { share: *share, spent, limit });
            }
        }
        if let Some(expected) = limit.guard.per_minute
            && minute_before <= expected
            && *in_minute > expected
        {
            kinds.push(AlertKind::PerMinute { committed: *in_minute, expected });
        }
        kinds.into_iter().map(|kind| Alert { resource: claim.resource.clone(), kind }).collect()
    }

    fn release(&mut self, release: &Release) -> Result<Released, Refusal> {
        let (life, parts) = self.parts(&release.reservation);
        open(life)?;
        let returned = self.amounts(&parts, &Portion::All, |part| part.held)?;
        let posted = parts.values().any(|part| part.posted > 0);
        self.end(&release.reservation, if posted { Life::Settled } else { Life::Released });
        Ok(Released { seq: self.seq + 1, returned })
    }

    fn refund(&mut self, refund: &Refund) -> Result<Refunded, Refusal> {
        let (_, parts) = self.parts(&refund.reservation);
        if parts.values().all(|part| part.posted == 0) {
            return Err(Refusal::NothingCommitted);
        }
        let amounts = self.amounts(&parts, &refund.portion, |part| part.posted - part.refunded)?;
        let mut refunded =
            Refunded { seq: self.seq + 1, restored: Vec::new(), kept: Vec::new(), alerts: Vec::new() };
        for claim in amounts {
            let Some(limit) = self.limit_for(&claim.resource).cloned() else { continue };
            let counters = self.accounts.entry(claim.resource.clone()).or_default();
            let before = counters.refunded;
            counters.refunded += claim.amount;
            if let Some(share) = limit.guard.refunded
                && !reached(before, counters.posted, share)
                && reached(counters.refunded, counters.posted, share)
            {
                let (refunds, committed) = (counters.refunded, counters.posted);
                let kind = AlertKind::Refunded { share, refunded: refunds, committed };
                refunded.alerts.push(Alert { resource: claim.resource.clone(), kind });
            }
            if let Some(one) = self.reservations.get_mut(&refund.reservation)
                && let Some(part) = one.parts.get_mut(&claim.resource)
            {
                part.refunded += claim.amount;
            }
            match limit.refunds {
                Refunds::Restore => {
                    counters.spent -= claim.amount;
                    refunded.restored.push(claim);
                }
                Refunds::Keep => refunded.kept.push(claim),
            }
        }
        Ok(refunded)
    }

    fn limit(&mut self, limit: &Limit) -> Result<LimitSet, LedgerError> {
        let resource = limit.resource.clone();
        match self.limits.get(&resource) {
            Some((known, seq)) if known == limit => return Ok(LimitSet { seq: *seq }),
            Some((known, _)) if known.version >= limit.version => {
                let (given, current) = (limit.version, known.version);
                return Err(LedgerError::StaleLimit { resource, given, current });
            }
            None if self.limits.len() >= self.settings.limits_max => {
                let limit = self.settings.limits_max;
                return Err(LedgerError::Full { what: Resident::Limits, limit });
            }
            Some(_) | None => {}
        }
        self.seq += 1;
        self.limits.insert(resource, (limit.clone(), self.seq));
        Ok(LimitSet { seq: self.seq })
    }

    /// Closes what stands under a limit that is over, as soon as nothing remembers a reservation that named it.
    fn close(&mut self, resource: &Resource) -> Result<Closed, LedgerError> {
        let over = |limit: &Limit| limit.until.is_some_and(|until| self.clock >= until.unix_ms());
        let Some((limit, _)) = self.limits.get(resource) else {
            return Err(LedgerError::NoLimit { resource: resource.clone() });
        };
        let everybody = Resource::new(resource.rule().clone(), resource.kind());
        let common = self.limits.get(&everybody).filter(|_| resource.kind().is_per_customer());
        if !over(limit) || common.is_some_and(|(limit, _)| !over(limit)) {
            return Err(LedgerError::NotOver { resource: resource.clone() });
        }
        let stands =
            |named: &&Resource| self.limit_for(named).is_some_and(|limit| limit.resource == *resource);
        let under: Vec<Resource> = self.accounts.keys().filter(stands).cloned().collect();
        let longest =
            i64::try_from(self.settings.returns_ms.max(self.settings.retention_ms)).unwrap_or(i64::MAX);
        let free =
            |named: &&Resource| self.held(named) == 0 && self.counters(named).named + longest <= self.clock;
        let closed: Vec<Resource> = under.iter().filter(free).cloned().collect();
        let (accounts, left) = (closed.len(), under.len() - closed.len());
        if accounts == 0 && left > 0 {
            return Err(LedgerError::StillNamed { resource: resource.clone(), accounts: left });
        }
        closed.iter().for_each(|resource| drop(self.accounts.remove(resource)));
        if left == 0 {
            self.limits.remove(resource);
        }
        self.seq += 1;
        Ok(Closed { seq: self.seq, accounts, left })
    }

    fn balance(&self, resource: &Resource) -> Result<Balance, LedgerError> {
        let no_limit = || LedgerError::NoLimit { resource: resource.clone() };
        let limit = self.limit_for(resource).ok_or_else(no_limit)?.amount;
        let Counters { spent, posted, refunded, .. } = self.counters(resource);
        let (held, available) = (self.held(resource), self.free(resource, 0));
        Ok(Balance { limit, held, spent, available, posted, refunded })
    }

    fn usage(&self, customer: Option<&CustomerId>, owner: Option<&OwnerId>) -> Usage {
        let mut usage = Usage::default();
        for common in self.limits.keys().filter(|resource| resource.customer().as_str().is_empty()) {
            let mut resource = common.clone();
            if let Some(customer) = customer.filter(|_| common.kind().is_per_customer()) {
                resource = resource.of(customer.clone());
            }
            let others = self.reservations.values().filter(|one| Some(&one.call.owner) != owner);
            let held: u64 = others.filter_map(|one| one.parts.get(&resource)).map(|part| part.held).sum();
            let amount = held + self.counters(&resource).spent;
            if amount == 0 {
                continue;
            }
            if common.kind().is_wallet() || common.kind() == ResourceKind::Coupon {
                continue;
            }
            if common.quota_id().as_str() != "" {
                let used = usage.quotas.entry(common.quota_id().clone()).or_default();
                match common.kind().is_per_customer() {
                    true => used.customer_units = amount,
                    false => used.units = amount,
                }
                continue;
            }
            let used = usage.rules.entry(common.rule().clone()).or_default();
            let minor = Money::from_minor(i64::try_from(amount).unwrap_or(i64::MAX));
            match common.kind() {
                ResourceKind::Uses => used.uses = amount,
                ResourceKind::CustomerUses => used.customer_uses = amount,
                ResourceKind::Units => used.units = amount,
                ResourceKind::CustomerUnits => used.customer_units = amount,
                ResourceKind::Points => used.points = amount,
                ResourceKind::CustomerPoints => used.customer_points = amount,
                ResourceKind::WalletPoints | ResourceKind::WalletBalance | ResourceKind::Coupon => {}
                ResourceKind::Budget => used.budget = Some(Amount::from_money(minor, self.settings.currency)),
            }
        }
        usage
    }
}

/// Whether `part` is that share of `whole` or more; of nothing there is no share.
fn reached(part: u64, whole: u64, share: Percent) -> bool {
    let ppm = share.to_rate().map_or(i64::MAX, |rate| rate.ppm());
    whole > 0 && i128::from(part) * 1_000_000 >= i128::from(whole) * i128::from(ppm)
}

const fn open(life: Life) -> Result<(), Refusal> {
    match life {
        Life::Open => Ok(()),
        Life::Settled => Err(Refusal::Settled),
        Life::Released => Err(Refusal::Released),
        Life::Replaced => Err(Refusal::Replaced),
        Life::Expired => Err(Refusal::Expired),
        Life::Rejected => Err(Refusal::Rejected),
    }
}

fn settled<T>(answer: Result<T, Refusal>) -> Settled<T> {
    answer.map_or_else(Settled::Refused, Settled::Done)
}
