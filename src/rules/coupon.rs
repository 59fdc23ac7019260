//! Coupons: what the shopper must have.

use serde::{Deserialize, Serialize};

use crate::shop::CouponCode;

/// A coupon: the rule applies only when one of its codes was entered (P-1, P-2). Its validity is the rule's time
/// window, its uses are the rule's limits, its minimum is the rule's spend condition, its scope the benefit's target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Coupon {
    /// Any of these codes; compared after folding.
    pub codes: Vec<CouponCode>,
}

impl Coupon {
    /// A coupon with these codes.
    pub fn codes<C: AsRef<str>>(codes: impl IntoIterator<Item = C>) -> Self {
        Self { codes: codes.into_iter().map(CouponCode::new).collect() }
    }
}
