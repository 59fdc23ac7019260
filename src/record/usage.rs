//! Which limits are used already, as pricing sees it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Resource, ResourceKind};
use crate::bounds::AMOUNT_MAX;
use crate::money::Amount;
use crate::money::{Currency, Money};
use crate::rules::{RuleId, StageId, is_default};

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
    /// What is switched off for now.
    #[serde(default, skip_serializing_if = "is_default")]
    pub off: Switches,
}

impl Usage {
    /// Counts a resource as used up, so that its rule is not open: what a checkout does with a rule whose claim the
    /// ledger refused. Money is counted in `currency`.
    pub fn use_up(&mut self, resource: &Resource, currency: Currency) {
        let used = self.rules.entry(resource.rule.clone()).or_default();
        match resource.kind {
            ResourceKind::Uses => used.uses = u64::MAX,
            ResourceKind::CustomerUses => used.customer_uses = u64::MAX,
            ResourceKind::Units => used.units = u64::MAX,
            ResourceKind::CustomerUnits => used.customer_units = u64::MAX,
            ResourceKind::Budget => {
                used.budget = Some(Amount::from_money(Money::from_minor(AMOUNT_MAX), currency));
            }
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
    /// Money, in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Amount>,
}
