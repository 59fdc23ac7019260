//! Coupons: what the shopper must have.

use serde::{Deserialize, Serialize};

use super::is_default;
use crate::shop::CouponCode;

/// A coupon: the rule applies only when one of its codes was entered, or when the shopper holds one in the wallet (P-1,
/// P-2). Its validity is the rule's time
/// window, its uses are the rule's limits, its minimum is the rule's spend condition, its scope the benefit's target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Coupon {
    /// Any of these codes; compared after folding.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<CouponCode>,
    /// Customers hold it in their wallets, too.
    #[serde(default, skip_serializing_if = "is_default")]
    pub wallet: bool,
}

impl Coupon {
    /// A coupon with these codes.
    pub fn codes<C: AsRef<str>>(codes: impl IntoIterator<Item = C>) -> Self {
        Self { codes: codes.into_iter().map(CouponCode::new).collect(), wallet: false }
    }

    /// A coupon that customers hold in their wallets.
    #[must_use]
    pub const fn wallet() -> Self {
        Self { codes: Vec::new(), wallet: true }
    }

    /// Lets customers hold it in their wallets as well.
    #[must_use]
    pub const fn or_wallet(mut self) -> Self {
        self.wallet = true;
        self
    }
}
