//! Which limits are used already, as pricing sees it.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Resource, ResourceKind};
use crate::money::Amount;
use crate::rules::{QuotaId, RuleId, StageId, is_default};

/// The largest amount a document can hold, 10^18 - 1: more than any budget leaves.
const MOST: Decimal = Decimal::from_parts(0xa763_ffff, 0x0de0_b6b3, 0, false, 0);

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
    /// By quota.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub quotas: BTreeMap<QuotaId, QuotaUsage>,
    /// What is switched off at run time, whatever the plan says.
    #[serde(default, skip_serializing_if = "is_default")]
    pub off: Switches,
}

impl Usage {
    /// Counts a resource as used up, so that its rule is not open: what a checkout does with a rule whose claim the
    /// ledger refused. What the customer holds, in a wallet or as a coupon, stands in the context: it stays as it is.
    pub fn use_up(&mut self, resource: &Resource) {
        if resource.kind().is_wallet() || resource.kind() == ResourceKind::Coupon {
            return;
        }
        if *resource.quota_id() != QuotaId::default() {
            self.use_up_quota(resource);
            return;
        }
        let used = self.rules.entry(resource.rule().clone()).or_default();
        match resource.kind() {
            ResourceKind::Uses => used.uses = u64::MAX,
            ResourceKind::CustomerUses => used.customer_uses = u64::MAX,
            ResourceKind::Units => used.units = u64::MAX,
            ResourceKind::CustomerUnits => used.customer_units = u64::MAX,
            ResourceKind::Budget => used.budget = Some(Amount::new(MOST)),
            ResourceKind::Points => used.points = u64::MAX,
            ResourceKind::CustomerPoints => used.customer_points = u64::MAX,
            // What the customer holds stands in the context.
            ResourceKind::WalletPoints | ResourceKind::WalletBalance | ResourceKind::Coupon => {}
        }
    }

    fn use_up_quota(&mut self, resource: &Resource) {
        let used = self.quotas.entry(resource.quota_id().clone()).or_default();
        if resource.kind().is_per_customer() {
            used.customer_units = u64::MAX;
        } else {
            used.units = u64::MAX;
        }
    }
}

/// The kill switch: rules and stages that give nothing, whatever the plan says. Nothing has to be compiled again, and a
/// trace names the switch as the reason.
///
/// ```
/// use dealproof::record::Usage;
///
/// let mut usage = Usage::default();
/// usage.off.rules.insert("flash-phone".into());
/// assert_eq!(serde_json::to_string(&usage)?, r#"{"off":{"rules":["flash-phone"]}}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Switches {
    /// Rules; an id that the plan does not have switches nothing.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub rules: BTreeSet<RuleId>,
    /// Stages, with all their rules.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub stages: BTreeSet<StageId>,
}

impl Switches {
    /// True when nothing is switched off.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.stages.is_empty()
    }
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

/// What has been used of one quota, by all its rules together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct QuotaUsage {
    /// Units, in all.
    #[serde(default, skip_serializing_if = "is_default")]
    pub units: u64,
    /// Units of this customer.
    #[serde(default, skip_serializing_if = "is_default")]
    pub customer_units: u64,
}
