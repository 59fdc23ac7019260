//! What a quote would use up.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::rules::{RuleId, is_default};
use crate::shop::CustomerId;

/// A limited resource of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Resource {
    /// The rule.
    pub rule: RuleId,
    /// Which of its limits.
    #[serde(rename = "limit")]
    pub kind: ResourceKind,
    /// The customer, for limits per customer; else empty.
    #[serde(default, skip_serializing_if = "is_default")]
    pub customer: CustomerId,
}

impl Resource {
    /// A limit of a rule, nobody's in particular.
    pub fn new(rule: impl Into<RuleId>, kind: ResourceKind) -> Self {
        Self { rule: rule.into(), kind, customer: CustomerId::default() }
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
        write!(f, "{}/{}", self.rule, self.kind.name())?;
        if self.customer.as_str().is_empty() { Ok(()) } else { write!(f, "/{}", self.customer) }
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
        }
    }

    /// True for a limit that counts each customer apart.
    #[must_use]
    pub const fn is_per_customer(self) -> bool {
        match self {
            Self::CustomerUses | Self::CustomerUnits => true,
            Self::Uses | Self::Units | Self::Budget => false,
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
    /// How much: orders, units, or minor units of money.
    pub amount: u64,
}

impl Claim {
    /// So much of a resource.
    #[must_use]
    pub const fn new(resource: Resource, amount: u64) -> Self {
        Self { resource, amount }
    }
}
