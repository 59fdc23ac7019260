//! What a host sets: how much there is of a resource, and what to do with it.

use serde::{Deserialize, Serialize};

use super::{Guard, LedgerError};
use crate::bounds::AMOUNT_MAX;
use crate::money::AmountError;
use crate::record::{Resource, ResourceKind};
use crate::rules::{RuleSet, is_default};
use crate::shop::Moment;

/// How much there is of a resource. For a limit per customer the resource without a customer sets it for all of them, and
/// one with a customer for that one alone (a points balance, say).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Limit {
    /// Of what.
    pub resource: Resource,
    /// How much: orders, units, points or minor units of money.
    pub amount: u64,
    /// A later version takes the place of an earlier one; the same version again must say the same.
    #[serde(default, skip_serializing_if = "is_default")]
    pub version: u64,
    /// Nothing is granted from this moment on; what is refunded later comes back to nothing (E7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// What a refund does.
    #[serde(default, skip_serializing_if = "is_default")]
    pub refunds: Refunds,
    /// What is reported.
    #[serde(default, skip_serializing_if = "is_default")]
    pub guard: Guard,
}

/// What a refund does to a resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refunds {
    /// What is refunded is free again.
    #[default]
    Restore,
    /// What was spent stays spent.
    Keep,
}

impl Limit {
    /// So much of a resource, version 0.
    #[must_use]
    pub fn new(resource: Resource, amount: u64) -> Self {
        let (refunds, guard) = (Refunds::default(), Guard::default());
        Self { resource, amount, version: 0, until: None, refunds, guard }
    }

    /// Every limit that a rule set has: of its quotas, then of its rules, each in their order.
    ///
    /// # Errors
    /// A budget that the currency cannot hold; validation finds it too.
    pub fn of_rules(rules: &RuleSet) -> Result<Vec<Self>, AmountError> {
        let mut all = Vec::new();
        let most = AMOUNT_MAX.unsigned_abs();
        for quota in &rules.quotas {
            let amounts =
                [(ResourceKind::Units, quota.units), (ResourceKind::CustomerUnits, quota.units_per_customer)];
            let set = amounts.into_iter().filter_map(|(kind, amount)| Some((kind, amount?)));
            all.extend(
                set.map(|(kind, amount)| {
                    Self::new(Resource::quota(quota.id.clone(), kind), amount.min(most))
                }),
            );
        }
        for rule in &rules.rules {
            let limits = &rule.limits;
            let budget = limits.budget.map(|budget| budget.to_money(rules.currency)).transpose()?;
            let amounts = [
                (ResourceKind::Uses, limits.uses),
                (ResourceKind::CustomerUses, limits.uses_per_customer),
                (ResourceKind::Units, limits.units),
                (ResourceKind::CustomerUnits, limits.units_per_customer),
                (ResourceKind::Points, limits.points),
                (ResourceKind::CustomerPoints, limits.points_per_customer),
                // A budget below zero is nothing.
                (ResourceKind::Budget, budget.map(|budget| u64::try_from(budget.minor()).unwrap_or(0))),
            ];
            let set = amounts.into_iter().filter_map(|(kind, amount)| Some((kind, amount?)));
            all.extend(
                set.map(|(kind, amount)| Self::new(Resource::new(rule.id.clone(), kind), amount.min(most))),
            );
        }
        Ok(all)
    }

    /// Sets the version.
    #[must_use]
    pub const fn version(mut self, version: u64) -> Self {
        self.version = version;
        self
    }

    /// Ends it.
    #[must_use]
    pub const fn until(mut self, moment: Moment) -> Self {
        self.until = Some(moment);
        self
    }

    /// Sets what a refund does.
    #[must_use]
    pub const fn refunds(mut self, refunds: Refunds) -> Self {
        self.refunds = refunds;
        self
    }

    /// Sets what is reported.
    #[must_use]
    pub fn guard(mut self, guard: Guard) -> Self {
        self.guard = guard;
        self
    }

    pub(super) fn check(&self) -> Result<(), LedgerError> {
        super::request::check_resource(&self.resource)?;
        if self.amount > AMOUNT_MAX.unsigned_abs() || self.guard.rates().is_none() {
            return Err(LedgerError::BadLimit { resource: self.resource.clone() });
        }
        Ok(())
    }
}
