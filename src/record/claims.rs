//! What a quote would use up.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::rules::{QuotaId, RuleId, is_default};
use crate::shop::{BalanceId, CouponId, CustomerId};

/// A limited resource: of a rule, of a quota, or of a customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Resource {
    /// The rule; empty for a quota, and for what is the customer's own and no rule's.
    pub rule: RuleId,
    /// The quota that several rules share, where it is one; else empty.
    #[serde(default, skip_serializing_if = "is_default")]
    pub quota: QuotaId,
    /// Which of its limits.
    #[serde(rename = "limit")]
    pub kind: ResourceKind,
    /// The customer, for limits per customer and what is the customer's own; else empty.
    #[serde(default, skip_serializing_if = "is_default")]
    pub customer: CustomerId,
    /// The balance, where it is one of the customer's wallet; else empty.
    #[serde(default, skip_serializing_if = "is_default")]
    pub balance: BalanceId,
    /// The coupon, for a use of one that the customer holds; else empty.
    #[serde(default, skip_serializing_if = "is_default")]
    pub coupon: CouponId,
}

impl Resource {
    /// A limit of a rule, nobody's in particular.
    pub fn new(rule: impl Into<RuleId>, kind: ResourceKind) -> Self {
        Self { rule: rule.into(), kind, ..Self::default() }
    }

    /// A limit of a quota, nobody's in particular.
    pub fn quota(quota: impl Into<QuotaId>, kind: ResourceKind) -> Self {
        Self { quota: quota.into(), kind, ..Self::default() }
    }

    /// The same limit, of one customer.
    #[must_use]
    pub fn of(mut self, customer: impl Into<CustomerId>) -> Self {
        self.customer = customer.into();
        self
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}/{}", self.rule, self.quota, self.kind.name())?;
        for part in [self.customer.as_str(), self.balance.as_str(), self.coupon.as_str()] {
            if !part.is_empty() {
                write!(f, "/{part}")?;
            }
        }
        Ok(())
    }
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
    /// Points a rule may give or redeem.
    Points,
    /// Points of one customer that a rule may give or redeem.
    CustomerPoints,
    /// Points in the customer's wallet.
    WalletPoints,
    /// A balance in the customer's wallet.
    WalletBalance,
    /// Orders a coupon that the customer holds may be used in.
    Coupon,
}

impl ResourceKind {
    /// Its name in documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uses => "uses",
            Self::CustomerUses => "customer_uses",
            Self::Units => "units",
            Self::CustomerUnits => "customer_units",
            Self::Budget => "budget",
            Self::Points => "points",
            Self::CustomerPoints => "customer_points",
            Self::WalletPoints => "wallet_points",
            Self::WalletBalance => "wallet_balance",
            Self::Coupon => "coupon",
        }
    }

    /// True for what a customer's wallet holds, which is no rule's.
    #[must_use]
    pub const fn is_wallet(self) -> bool {
        match self {
            Self::WalletPoints | Self::WalletBalance => true,
            Self::Uses
            | Self::CustomerUses
            | Self::Units
            | Self::CustomerUnits
            | Self::Budget
            | Self::Points
            | Self::CustomerPoints
            | Self::Coupon => false,
        }
    }

    /// True for a limit that counts each customer apart.
    #[must_use]
    pub const fn is_per_customer(self) -> bool {
        match self {
            Self::CustomerUses
            | Self::CustomerUnits
            | Self::CustomerPoints
            | Self::WalletPoints
            | Self::WalletBalance => true,
            Self::Uses | Self::Units | Self::Budget | Self::Points | Self::Coupon => false,
        }
    }
}

/// So much of a resource (L-1). The claims of a quote are sorted, one for each resource, none of nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Claim {
    /// What.
    pub resource: Resource,
    /// How much: orders, units, points, or minor units of money.
    pub amount: u64,
}

impl Claim {
    /// So much of a resource.
    #[must_use]
    pub const fn new(resource: Resource, amount: u64) -> Self {
        Self { resource, amount }
    }
}
