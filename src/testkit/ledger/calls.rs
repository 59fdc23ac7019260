//! Calls from bytes.

use super::Call;
use crate::ledger::{Commit, Guard, Limit, Refund, Refunds, Release, Reserve, Settings};
use crate::money::{Currency, Percent};
use crate::record::{Claim, Fingerprint, Resource, ResourceKind};
use crate::shop::{CustomerId, Moment};
use crate::testkit::generate::bytes::Bytes;

/// Times are whole multiples of this: two fall into one minute.
const UNIT_MS: i64 = 30_000;
/// After every generated moment, and after all that is remembered.
pub const END_MS: i64 = 1_000_000 * UNIT_MS;
/// Most calls of one scenario.
const STEPS_MAX: usize = 64;

/// A call and its moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The call.
    pub call: Call,
    /// The moment; a caller's clock may lag.
    pub now: Moment,
}

/// A ledger with little room and a short memory.
#[must_use]
pub fn settings() -> Settings {
    let unit = UNIT_MS.unsigned_abs();
    let little = Settings::new(Currency::CNY).limits_max(5).accounts_max(5).reservations_max(5);
    little.retention_ms(4 * unit).returns_ms(9 * unit)
}

/// The steps that some bytes stand for; the first ones set limits.
#[must_use]
pub fn steps(bytes: &[u8]) -> Vec<Step> {
    let mut maker = Maker { bytes: Bytes::new(bytes), time: 0 };
    let first = resources().into_iter().take(3).map(|resource| Limit::new(resource, 4)).map(Call::Limit);
    let mut steps: Vec<Step> = first.map(|call| Step { call, now: moment(0) }).collect();
    // Each call takes a few bytes; what they run out for would be the same call again.
    for _ in 0..(bytes.len() / 4).min(STEPS_MAX) {
        let step = maker.step();
        steps.push(step);
    }
    steps
}

fn moment(units: i64) -> Moment {
    Moment::from_unix_ms(units * UNIT_MS).unwrap_or_default()
}

/// Three rules and a quota, limits in all and per customer, some that are often without a limit.
fn resources() -> [Resource; 6] {
    [
        Resource::new("flash", ResourceKind::Units),
        Resource::new("flash", ResourceKind::CustomerUnits),
        Resource::new("coupon", ResourceKind::Uses),
        Resource::new("coupon", ResourceKind::Budget),
        Resource::new("gift", ResourceKind::CustomerUses),
        Resource::quota("campaign", ResourceKind::CustomerUnits),
    ]
}

struct Maker<'b> {
    bytes: Bytes<'b>,
    time: i64,
}

impl Maker<'_> {
    fn step(&mut self) -> Step {
        self.time += self.bytes.one_of([0, 0, 0, 0, 0, 1, 1, 3]);
        let late = self.bytes.one_of([0, 0, 0, 0, 0, 0, 0, 2]);
        let now = moment(self.time - late);
        let call = match self.bytes.below(32) {
            0..=10 => Call::Reserve(self.reserve()),
            11..=17 => Call::Commit(self.commit()),
            18..=20 => Call::Release(Release::new(self.id("r", 6), self.id("op", 3))),
            21..=24 => Call::Refund(self.refund()),
            25..=27 => Call::Limit(self.limit()),
            28 => Call::Expire,
            29 => Call::Close(self.resource()),
            30 => Call::Balance(self.resource()),
            _ => {
                let customer = self.bytes.maybe(12, |bytes| bytes.one_of(["ann", "bob"]).into());
                Call::Usage(customer, self.bytes.in_16(8).then(|| self.id("o", 4).into()))
            }
        };
        Step { call, now }
    }

    fn id(&mut self, kind: &str, of: usize) -> String {
        format!("{kind}{}", self.bytes.below(of))
    }

    fn reserve(&mut self) -> Reserve {
        let ttl_ms = self.bytes.one_of([1, 2, 4]) * UNIT_MS.unsigned_abs();
        let reserve = Reserve::new(self.id("r", 6), self.id("o", 4), self.claims(1)).ttl_ms(ttl_ms);
        self.quote(6).map_or(reserve.clone(), |quote| reserve.quote(quote))
    }

    /// The digest of one of two quotes, in so many of sixteen cases.
    fn quote(&mut self, cases_in_16: u8) -> Option<Fingerprint> {
        self.bytes.maybe(cases_in_16, |bytes| Fingerprint::of(bytes.one_of([b"first", b"other"])))
    }

    fn commit(&mut self) -> Commit {
        let (reservation, request) = (self.id("r", 6), self.id("op", 3));
        let commit = if self.bytes.in_16(6) {
            let claims = self.claims(0);
            let part = Commit::part(reservation, request, claims);
            if self.bytes.in_16(8) { part.keep_rest() } else { part }
        } else {
            Commit::all(reservation, request)
        };
        let commit = if self.bytes.in_16(6) { commit.reserve_again() } else { commit };
        self.quote(4).map_or(commit.clone(), |quote| commit.quote(quote))
    }

    fn refund(&mut self) -> Refund {
        let (reservation, request) = (self.id("r", 6), self.id("op", 3));
        if self.bytes.in_16(8) {
            let claims = self.claims(0);
            Refund::part(reservation, request, claims)
        } else {
            Refund::all(reservation, request)
        }
    }

    fn limit(&mut self) -> Limit {
        let resource = self.resource();
        let amount = self.bytes.one_of([4, 0, 1, 2, 6, 9]);
        let version = self.bytes.one_of([1, 0, 1, 2, 2, 3]);
        let mut limit = Limit::new(resource, amount).version(version);
        if self.bytes.in_16(4) {
            limit = limit.refunds(Refunds::Keep);
        }
        if self.bytes.in_16(3) {
            limit = limit.until(moment(self.time + 3));
        }
        if self.bytes.in_16(8) {
            let guard = Guard::default().spent(Percent::whole(50)).spent(Percent::whole(100));
            limit = limit.guard(guard.per_minute(2).refunded(Percent::whole(50)));
        }
        limit
    }

    fn resource(&mut self) -> Resource {
        let resource = self.bytes.one_of([0, 1, 2, 3, 4, 5]);
        let resource = resources().into_iter().nth(resource).unwrap_or_default();
        self.of_somebody(resource)
    }

    fn of_somebody(&mut self, resource: Resource) -> Resource {
        if resource.kind().is_per_customer() && !self.bytes.in_16(4) {
            let customer: CustomerId = self.bytes.one_of(["ann", "bob"]).into();
            resource.of(customer)
        } else {
            resource
        }
    }

    /// At least so many claims, sorted, of different resources.
    fn claims(&mut self, least: usize) -> Vec<Claim> {
        let count = least + self.bytes.one_of([0, 0, 1, 1, 2]);
        let mut claims: Vec<Claim> = (0..count)
            .map(|_| {
                // Mostly the resources that have limits from the start.
                let at = self.bytes.one_of([0, 0, 1, 1, 2, 2, 3, 4, 5]);
                let resource = resources().into_iter().nth(at).unwrap_or_default();
                let resource = self.of_somebody(resource);
                Claim::new(resource, self.bytes.one_of([1, 1, 2, 3, 5]))
            })
            .collect();
        claims.sort();
        claims.dedup_by(|a, b| a.resource == b.resource);
        claims
    }
}
