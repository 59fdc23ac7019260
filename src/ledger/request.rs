//! What is asked of a ledger.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::LedgerError;
use super::settings::{CLAIMS_MAX, ID_BYTES_MAX, TTL_MS_MAX};
use crate::bounds::AMOUNT_MAX;
use crate::record::{Claim, Fingerprint, Quote, Resource};
use crate::rules::is_default;

crate::shop::text_ids! {
    /// The caller's id of a request: it makes the request repeatable. That of a reservation names the reservation.
    RequestId,
    /// Whom a reservation is for: a cart or an order. An owner holds one reservation at a time.
    OwnerId,
}

/// Fifteen minutes, the usual time to pay.
const TTL_MS: u64 = 15 * 60 * 1_000;

/// Asks for claims, all or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Reserve {
    /// The id of the request and of the reservation.
    pub request: RequestId,
    /// Whom it is for.
    pub owner: OwnerId,
    /// What is claimed: sorted, one claim for each resource, as a quote has them.
    pub claims: Vec<Claim>,
    /// The digest of the quote it is for; a commit can name it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Fingerprint>,
    /// How long it is held, in milliseconds; at least 1.
    pub ttl_ms: u64,
}

impl Reserve {
    /// Asks for claims, held for fifteen minutes.
    pub fn new(
        request: impl Into<RequestId>,
        owner: impl Into<OwnerId>,
        claims: impl IntoIterator<Item = Claim>,
    ) -> Self {
        let claims = claims.into_iter().collect();
        Self { request: request.into(), owner: owner.into(), claims, quote: None, ttl_ms: TTL_MS }
    }

    /// Asks for what a quote claims, and pins the quote.
    pub fn of_quote(request: impl Into<RequestId>, owner: impl Into<OwnerId>, quote: &Quote) -> Self {
        Self { quote: Some(quote.digest()), ..Self::new(request, owner, quote.claims.iter().cloned()) }
    }

    /// Sets how long it is held, in milliseconds.
    #[must_use]
    pub const fn ttl_ms(mut self, ttl_ms: u64) -> Self {
        self.ttl_ms = ttl_ms;
        self
    }

    /// Pins a quote by its digest.
    #[must_use]
    pub const fn quote(mut self, digest: Fingerprint) -> Self {
        self.quote = Some(digest);
        self
    }

    pub(super) fn check(&self) -> Result<(), LedgerError> {
        check_id(self.request.as_str())?;
        check_id(self.owner.as_str())?;
        if self.ttl_ms == 0 || self.ttl_ms > TTL_MS_MAX {
            return Err(LedgerError::BadTtl { given: self.ttl_ms, limit: TTL_MS_MAX });
        }
        check_claims(&self.claims)
    }

    pub(super) fn digest(&self) -> Fingerprint {
        let claims = self.claims.iter().map(|claim| (&claim.resource, claim.amount));
        digest_of_reserve(&self.owner, self.ttl_ms, self.quote, claims)
    }
}

/// The digest of a request to reserve.
pub(super) fn digest_of_reserve<'a>(
    owner: &OwnerId,
    ttl_ms: u64,
    quote: Option<Fingerprint>,
    claims: impl ExactSizeIterator<Item = (&'a Resource, u64)>,
) -> Fingerprint {
    let mut content = Content::new("reserve");
    content.text(owner.as_str()).number(ttl_ms).fingerprint(quote).claims(claims);
    content.finish()
}

/// How much of a reservation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Portion {
    /// All that is left to commit or refund.
    All,
    /// So much, sorted like the claims of a quote.
    Part(Vec<Claim>),
}

/// What becomes of what a commit leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rest {
    /// It is given back, and the reservation is settled.
    #[default]
    Release,
    /// It stays held, for an order that ships and is charged in parts.
    Keep,
}

/// What a commit does after the hold has expired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Late {
    /// It refuses; the host gives the payment back.
    #[default]
    Refuse,
    /// It takes the same claims again if all are still free, else it refuses.
    ReserveAgain,
}

/// Asks to turn held claims into use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Commit {
    /// Which reservation.
    pub reservation: RequestId,
    /// The id of this request, unique within the reservation.
    pub request: RequestId,
    /// How much.
    pub portion: Portion,
    /// What becomes of the rest.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rest: Rest,
    /// What to do after expiry.
    #[serde(default, skip_serializing_if = "is_default")]
    pub late: Late,
    /// The digest of the quote that was paid; another than the reserved one is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Fingerprint>,
}

impl Commit {
    /// Commits all that is held.
    pub fn all(reservation: impl Into<RequestId>, request: impl Into<RequestId>) -> Self {
        Self {
            reservation: reservation.into(),
            request: request.into(),
            portion: Portion::All,
            rest: Rest::Release,
            late: Late::Refuse,
            quote: None,
        }
    }

    /// Commits a part of what is held and gives back the rest.
    pub fn part(
        reservation: impl Into<RequestId>,
        request: impl Into<RequestId>,
        claims: impl IntoIterator<Item = Claim>,
    ) -> Self {
        let portion = Portion::Part(claims.into_iter().collect());
        Self { portion, ..Self::all(reservation, request) }
    }

    /// Keeps the rest held.
    #[must_use]
    pub const fn keep_rest(mut self) -> Self {
        self.rest = Rest::Keep;
        self
    }

    /// Reserves again when the hold has expired.
    #[must_use]
    pub const fn reserve_again(mut self) -> Self {
        self.late = Late::ReserveAgain;
        self
    }

    /// Names the quote that was paid.
    #[must_use]
    pub const fn quote(mut self, digest: Fingerprint) -> Self {
        self.quote = Some(digest);
        self
    }

    pub(super) fn check(&self) -> Result<(), LedgerError> {
        check_ids_and_portion(&self.reservation, &self.request, &self.portion)
    }

    pub(super) fn asks(&self) -> Asks {
        // Most commits say nothing but which reservation.
        let plain = matches!(
            self,
            Self { portion: Portion::All, rest: Rest::Release, late: Late::Refuse, quote: None, .. }
        );
        if plain { Asks::CommitAll } else { Asks::Else(Box::new(self.digest())) }
    }

    fn digest(&self) -> Fingerprint {
        let mut content = Content::new("commit");
        let (rest, late) = (self.rest == Rest::Keep, self.late == Late::ReserveAgain);
        content.number(u64::from(rest)).number(u64::from(late)).fingerprint(self.quote);
        content.portion(&self.portion);
        content.finish()
    }
}

/// Asks to give back what is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Release {
    /// Which reservation.
    pub reservation: RequestId,
    /// The id of this request, unique within the reservation.
    pub request: RequestId,
}

impl Release {
    /// Gives back all that is held.
    pub fn new(reservation: impl Into<RequestId>, request: impl Into<RequestId>) -> Self {
        Self { reservation: reservation.into(), request: request.into() }
    }

    pub(super) fn check(&self) -> Result<(), LedgerError> {
        check_ids_and_portion(&self.reservation, &self.request, &Portion::All)
    }

    fn digest() -> Fingerprint {
        Content::new("release").finish()
    }
}

/// Asks to give back what was committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Refund {
    /// Which reservation.
    pub reservation: RequestId,
    /// The id of this request, unique within the reservation.
    pub request: RequestId,
    /// How much.
    pub portion: Portion,
}

impl Refund {
    /// Refunds all that is committed and not yet refunded.
    pub fn all(reservation: impl Into<RequestId>, request: impl Into<RequestId>) -> Self {
        Self { reservation: reservation.into(), request: request.into(), portion: Portion::All }
    }

    /// Refunds a part.
    pub fn part(
        reservation: impl Into<RequestId>,
        request: impl Into<RequestId>,
        claims: impl IntoIterator<Item = Claim>,
    ) -> Self {
        let portion = Portion::Part(claims.into_iter().collect());
        Self { portion, ..Self::all(reservation, request) }
    }

    pub(super) fn check(&self) -> Result<(), LedgerError> {
        check_ids_and_portion(&self.reservation, &self.request, &self.portion)
    }

    pub(super) fn asks(&self) -> Asks {
        match self.portion {
            Portion::All => Asks::RefundAll,
            Portion::Part(_) => Asks::Else(Box::new(self.digest())),
        }
    }

    fn digest(&self) -> Fingerprint {
        let mut content = Content::new("refund");
        content.portion(&self.portion);
        content.finish()
    }
}

/// What a request about a reservation asks for, to tell another of the same id. For most there is nothing to compute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    CommitAll,
    Release,
    RefundAll,
    /// What has this digest, which is none of those above.
    Else(Box<Fingerprint>),
}

impl Asks {
    /// What has a digest.
    pub fn of(digest: Fingerprint) -> Self {
        let plain = [Self::CommitAll, Self::Release, Self::RefundAll];
        plain.into_iter().find(|asks| asks.digest() == digest).unwrap_or_else(|| Self::Else(Box::new(digest)))
    }

    pub fn digest(&self) -> Fingerprint {
        static COMMIT_ALL: LazyLock<Fingerprint> = LazyLock::new(|| Commit::all("", "").digest());
        static RELEASE: LazyLock<Fingerprint> = LazyLock::new(Release::digest);
        static REFUND_ALL: LazyLock<Fingerprint> = LazyLock::new(|| Refund::all("", "").digest());
        match self {
            Self::CommitAll => *COMMIT_ALL,
            Self::Release => *RELEASE,
            Self::RefundAll => *REFUND_ALL,
            Self::Else(digest) => **digest,
        }
    }
}

fn check_ids_and_portion(
    reservation: &RequestId,
    request: &RequestId,
    portion: &Portion,
) -> Result<(), LedgerError> {
    check_id(reservation.as_str())?;
    check_id(request.as_str())?;
    match portion {
        Portion::All => Ok(()),
        Portion::Part(claims) => check_claims(claims),
    }
}

pub(super) fn check_id(id: &str) -> Result<(), LedgerError> {
    if id.is_empty()
        || id.len() > ID_BYTES_MAX
        || (!is_plain(id.as_bytes()) && id.chars().any(char::is_control))
    {
        return Err(LedgerError::BadId { bytes: id.len(), limit: ID_BYTES_MAX });
    }
    Ok(())
}

/// Whether all bytes are printable ASCII, as those of most ids are: asked of eight at a time, and of the last eight once
/// more, since every call of a ledger asks it of half a dozen ids.
fn is_plain(id: &[u8]) -> bool {
    let (eights, _) = id.as_chunks::<8>();
    if let Some(last) = id.last_chunk::<8>() {
        return eights.iter().chain([last]).all(|eight| are_printable(u64::from_le_bytes(*eight)));
    }
    match (id.first_chunk::<4>(), id.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
            are_printable(u64::from(first) << 32 | u64::from(last))
        }
        (None, _) | (_, None) => id.iter().all(|byte| matches!(byte, b' '..=b'~')),
    }
}

/// Whether each of eight bytes is from space to tilde. A byte below 128 sets its high bit when 0x60 is added to it, unless it
/// is below a space, and when 1 is added, only if it is the one behind the tilde.
const fn are_printable(eight: u64) -> bool {
    const EACH: u64 = u64::from_le_bytes([1; 8]);
    let from_space = eight.wrapping_add(EACH.wrapping_mul(0x60));
    let behind_tilde = eight.wrapping_add(EACH);
    (eight | !from_space | behind_tilde) & EACH.wrapping_mul(0x80) == 0
}

/// What a wallet holds and what rules share is no rule's; everything else is.
pub(super) fn check_resource(resource: &Resource) -> Result<(), LedgerError> {
    let (_, first, second) = resource.ids();
    if !first.is_empty() || !resource.kind().is_wallet() {
        check_id(first)?;
    }
    if second.is_empty() { Ok(()) } else { check_id(second) }
}

/// Claims are sorted, of different resources, within the bounds, and none is of nothing.
pub(super) fn check_claims(claims: &[Claim]) -> Result<(), LedgerError> {
    if claims.len() > CLAIMS_MAX {
        return Err(LedgerError::TooManyClaims { given: claims.len(), limit: CLAIMS_MAX });
    }
    let mut last = None;
    for (position, claim) in claims.iter().enumerate() {
        check_resource(&claim.resource)?;
        let rises = last.is_none_or(|last| last < &claim.resource);
        if !rises || claim.amount == 0 || claim.amount > AMOUNT_MAX.unsigned_abs() {
            return Err(LedgerError::BadClaim { position });
        }
        last = Some(&claim.resource);
    }
    Ok(())
}

/// What tells two requests of one id apart: length-prefixed fields under SHA-256, gathered so that most requests are
/// hashed in one go.
struct Content {
    bytes: Vec<u8>,
}

impl Content {
    fn new(operation: &str) -> Self {
        let mut content = Self { bytes: Vec::with_capacity(512) };
        content.text(operation);
        content
    }

    fn number(&mut self, number: u64) -> &mut Self {
        self.bytes.extend_from_slice(&number.to_be_bytes());
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        // A usize is no wider than 64 bits.
        self.number(u64::try_from(text.len()).unwrap_or(u64::MAX));
        self.bytes.extend_from_slice(text.as_bytes());
        self
    }

    fn fingerprint(&mut self, fingerprint: Option<Fingerprint>) -> &mut Self {
        self.number(u64::from(fingerprint.is_some()));
        if let Some(fingerprint) = fingerprint {
            self.bytes.extend_from_slice(fingerprint.bytes());
        }
        self
    }

    fn portion(&mut self, portion: &Portion) -> &mut Self {
        match portion {
            Portion::All => self.number(0),
            Portion::Part(claims) => {
                self.number(1).claims(claims.iter().map(|claim| (&claim.resource, claim.amount)))
            }
        }
    }

    fn claims<'a>(&mut self, claims: impl ExactSizeIterator<Item = (&'a Resource, u64)>) -> &mut Self {
        self.number(u64::try_from(claims.len()).unwrap_or(u64::MAX));
        for (resource, amount) in claims {
            self.text(resource.rule().as_str())
                .text(resource.quota_id().as_str())
                .text(resource.customer().as_str())
                .text(resource.balance().as_str())
                .text(resource.coupon().as_str());
            self.text(resource.kind().name()).number(amount);
        }
        self
    }

    fn finish(&self) -> Fingerprint {
        Fingerprint::of(&self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_the_same_from_a_call_and_from_its_digest() {
        let part = [Claim::new(Resource::default(), 1)];
        let all = [
            Commit::all("r", "c").asks(),
            Commit::all("r", "c").keep_rest().asks(),
            Commit::all("r", "c").reserve_again().asks(),
            Commit::part("r", "c", part.clone()).asks(),
            Asks::Release,
            Refund::all("r", "c").asks(),
            Refund::part("r", "c", part).asks(),
        ];
        for (place, asks) in all.iter().enumerate() {
            assert_eq!(Asks::of(asks.digest()), *asks);
            assert!(all.iter().skip(place + 1).all(|other| other.digest() != asks.digest() && other != asks));
        }
    }

    #[test]
    fn an_id_is_plain_when_each_of_its_bytes_is_wherever_it_stands() {
        for length in 1..=20 {
            for place in 0..length {
                for byte in 0..=u8::MAX {
                    let mut id = vec![b'~'; length];
                    id[place] = byte;
                    assert_eq!(
                        is_plain(&id),
                        (b' '..=b'~').contains(&byte),
                        "byte {byte} at {place} of {length}"
                    );
                }
            }
        }
    }
}
