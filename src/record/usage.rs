//! Which limits are used already, as pricing sees it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::money::Amount;
use crate::rules::{RuleId, is_default};

/// What earlier orders have used, for the customer at hand: a snapshot the host takes, which pricing reads (L-2). A
/// rule that is not in it has not been used.
///
/// ```
/// use dealproof::record::{RuleUsage, Usage};
///
/// let mut usage = Usage::default();
/// let mut used = RuleUsage::default();
/// used.units = 498;
/// usage.rules.insert("flash-phone".into(), used);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Usage {
    /// By rule.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<RuleId, RuleUsage>,
}

/// What has been used of one rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RuleUsage {
    /// Orders, in all.
    #[serde(default, skip_serializing_if = "is_default")]
    pub uses: u64,
    /// Orders of this customer.
    #[serde(default, skip_serializing_if = "is_default")]
    pub customer_uses: u64,
    /// Units, in all.
    #[serde(default, skip_serializing_if = "is_default")]
    pub units: u64,
    /// Units of this customer.
    #[serde(default, skip_serializing_if = "is_default")]
    pub customer_units: u64,
    /// Points, in all.
    #[serde(default, skip_serializing_if = "is_default")]
    pub points: u64,
    /// Points of this customer.
    #[serde(default, skip_serializing_if = "is_default")]
    pub customer_points: u64,
    /// Money, in all, in units of the rule set's currency: "12.30" is 1,230 minor units of one with two decimals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Amount>,
}
