//! What a quote would use up.

use serde::{Deserialize, Serialize};

use crate::rules::RuleId;
use crate::shop::{CouponId, CustomerId};

/// A limited resource of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Resource {
    /// The rule.
    pub rule: RuleId,
    /// Which of its limits.
    pub kind: ResourceKind,
    /// The customer, for limits per customer; else empty.
    pub customer: CustomerId,
    /// The coupon, for a use of one in a wallet; else empty.
    pub coupon: CouponId,
}

/// Which limit of a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResourceKind {
    /// Orders the rule may be used in.
    #[default]
    Uses,
    /// Orders of one customer.
    CustomerUses,
    /// Units, or gift pieces.
    Units,
    /// Units of one customer.
    CustomerUnits,
    /// Money.
    Budget,
    /// Orders a coupon of a wallet may be used in.
    Coupon,
}

/// So much of a resource (L-1). The claims of a quote are sorted, one for each resource, none of nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Claim {
    /// What.
    pub resource: Resource,
    /// How much: orders, units, or minor units of money.
    pub amount: u64,
}
