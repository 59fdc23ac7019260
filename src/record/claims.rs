//! What a quote would use up.

use crate::rules::RuleId;
use crate::shop::CustomerId;

/// A limited resource of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Resource {
    /// Orders the rule may be used in.
    Uses {
        /// The rule.
        rule: RuleId,
    },
    /// Orders of one customer.
    CustomerUses {
        /// The rule.
        rule: RuleId,
        /// The customer.
        customer: CustomerId,
    },
    /// Units, or gifts.
    Units {
        /// The rule.
        rule: RuleId,
    },
    /// Units of one customer.
    CustomerUnits {
        /// The rule.
        rule: RuleId,
        /// The customer.
        customer: CustomerId,
    },
    /// Money, in minor units.
    Budget {
        /// The rule.
        rule: RuleId,
    },
}

impl Default for Resource {
    fn default() -> Self {
        Self::Uses {
            rule: RuleId::default(),
        }
    }
}

/// So much of a resource (L-1). The claims of a quote are sorted, one for each resource, none of nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claim {
    /// What.
    pub resource: Resource,
    /// How much: orders, units, or minor units of money.
    pub amount: u64,
}
