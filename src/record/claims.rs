//! What a quote would use up.

use serde::{Deserialize, Serialize};

use crate::rules::RuleId;
use crate::shop::{BalanceId, CustomerId};

/// A limited resource of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Resource {
    /// The rule; empty for what is the customer's own and no rule's.
    pub rule: RuleId,
    /// Which of its limits.
    pub kind: ResourceKind,
    /// The customer, for limits per customer and what is the customer's own; else empty.
    pub customer: CustomerId,
    /// The balance, where it is one of the customer's wallet; else empty.
    pub balance: BalanceId,
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
}

/// So much of a resource (L-1). The claims of a quote are sorted, one for each resource, none of nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Claim {
    /// What.
    pub resource: Resource,
    /// How much: orders, units, points, or minor units of money.
    pub amount: u64,
}
