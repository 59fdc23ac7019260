//! Coupons in a wallet.

use serde::{Deserialize, Serialize};

use super::{Context, CouponId, CustomerId, Moment};

/// A coupon that was handed to a customer: one of a rule that can be in wallets (P-2). All of its facts are the host's.
///
/// ```
/// use dealproof::shop::{Context, Customer, WalletCoupon};
///
/// let coupon = WalletCoupon::new("w-1", "new-here").owner("c-1").until("2026-12-01T00:00:00+08:00".parse()?);
/// let context = Context::new("2026-11-11T00:00:00+08:00".parse()?)
///     .customer(Customer::new("c-1"))
///     .held_coupon(coupon);
/// assert!(context.coupons.iter().all(|coupon| coupon.unusable(&context).is_none()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct WalletCoupon {
    /// Which one.
    pub id: CouponId,
    /// The id of the rule it is a coupon of.
    pub rule: String,
    /// Whose it is; anybody's, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<CustomerId>,
    /// From when it may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// Until when it may be used; not at that moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// Orders it may still be used in.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub uses_left: u64,
}

const fn once() -> u64 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
const fn is_once(uses: &u64) -> bool {
    *uses == once()
}

/// Why a coupon of a wallet cannot be used at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unusable {
    /// It is somebody else's.
    Foreign,
    /// It may not be used yet.
    NotYet {
        /// From when it may.
        from: Moment,
    },
    /// It may no longer be used.
    Expired {
        /// Until when it could.
        until: Moment,
    },
    /// All its uses are used.
    UsedUp,
}

impl WalletCoupon {
    /// A coupon of a rule, good for one order, anybody's, at any time.
    pub fn new(id: impl AsRef<str>, rule: impl Into<String>) -> Self {
        Self { id: CouponId::new(id), rule: rule.into(), owner: None, from: None, until: None, uses_left: 1 }
    }

    /// Sets whose it is.
    #[must_use]
    pub fn owner(mut self, customer: impl AsRef<str>) -> Self {
        self.owner = Some(CustomerId::new(customer));
        self
    }

    /// Sets from when it may be used.
    #[must_use]
    pub const fn from(mut self, from: Moment) -> Self {
        self.from = Some(from);
        self
    }

    /// Sets until when it may be used.
    #[must_use]
    pub const fn until(mut self, until: Moment) -> Self {
        self.until = Some(until);
        self
    }

    /// Sets how many orders it may still be used in.
    #[must_use]
    pub const fn uses_left(mut self, uses: u64) -> Self {
        self.uses_left = uses;
        self
    }

    /// Why it cannot be used in a context; nothing when it can.
    #[must_use]
    pub fn unusable(&self, context: &Context) -> Option<Unusable> {
        let now = context.now.unix_ms();
        if self.owner.is_some() && self.owner != context.customer.id {
            return Some(Unusable::Foreign);
        }
        match (self.from, self.until) {
            (Some(from), _) if now < from.unix_ms() => Some(Unusable::NotYet { from }),
            (_, Some(until)) if now >= until.unix_ms() => Some(Unusable::Expired { until }),
            _ if self.uses_left == 0 => Some(Unusable::UsedUp),
            _ => None,
        }
    }

    /// What comes first among coupons of one rule: what expires first, then by id.
    pub(crate) fn preference(&self) -> (i64, &CouponId) {
        (self.until.map_or(i64::MAX, Moment::unix_ms), &self.id)
    }
}
