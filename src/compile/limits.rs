//! What the rules of a plan can claim.

use std::sync::Arc;

use super::Plan;
use super::plan::PlanRule;
use crate::record::{Resource, ResourceKind};
use crate::rules::{Quota, QuotaId, RuleId, Short};

/// Units that several rules share, lowered; `u64::MAX` where there is no limit.
#[derive(Debug)]
pub(crate) struct PlanQuota {
    pub id: QuotaId,
    pub units: u64,
    pub customer_units: u64,
}

/// Limits, lowered; `u64::MAX` and `i64::MAX` where there is none.
#[derive(Debug)]
pub(crate) struct PlanLimits {
    pub uses: u64,
    pub customer_uses: u64,
    pub units: u64,
    pub customer_units: u64,
    pub order_units: u64,
    pub budget_minor: i64,
    pub points: u64,
    pub customer_points: u64,
    pub short: Short,
    /// Some limit counts each customer apart; some limit is of units, quotas included.
    pub of_customer: bool,
    pub of_units: bool,
    /// What the rule claims when it applies, in the order of claims: its limits but for those of one order.
    pub claims: Box<[ResourceKind]>,
    /// Quotas it draws on, by number.
    pub quotas: Box<[u32]>,
}

impl Plan {
    /// The limits of its rules and quotas, each named without a customer: what a ledger is to be asked about before a cart is
    /// priced by this plan.
    ///
    /// ```
    /// use dealproof::money::Currency;
    /// use dealproof::rules::{Benefit, PercentOff, Rule, RuleLimits, RuleSet};
    ///
    /// let half = Benefit::PercentOff(PercentOff::new("50".parse()?));
    /// let rule = Rule::new("first-hundred", "order", half).limits(RuleLimits::none().uses(100));
    /// let plan = dealproof::compile(&RuleSet::new(Currency::CNY).rule(rule))?;
    /// let names: Vec<String> = plan.limits().iter().map(ToString::to_string).collect();
    /// assert_eq!(names, ["first-hundred/uses"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn limits(&self) -> &Arc<[Resource]> {
        &self.limits
    }
}

/// What a ledger is to be asked about before a cart is priced. `claiming` says where rules stand that can claim something.
pub(super) fn limited(rules: &[PlanRule], claiming: &[u32], quotas: &[&Quota]) -> Arc<[Resource]> {
    let of_rules = claiming.iter().filter_map(|place| {
        let rule = rules.get(*place as usize)?;
        Some((rule, rule.limits.as_ref()?))
    });
    let of_rules = of_rules
        .flat_map(|(rule, limits)| limits.claims.iter().map(|kind| Resource::new(rule.id.clone(), *kind)));
    let of_quotas = quotas.iter().flat_map(|quota| {
        let kinds = [
            (quota.units.is_some(), ResourceKind::Units),
            (quota.units_per_customer.is_some(), ResourceKind::CustomerUnits),
        ];
        let limited = kinds.into_iter().filter(|(limited, _)| *limited);
        limited.map(|(_, kind)| Resource::quota(quota.id.clone(), kind))
    });
    of_rules.chain(of_quotas).collect()
}

/// Numbers the rules that can claim something, given where they stand, by their ids, so that no pricing has to sort texts.
pub(super) fn number_by_id(rules: &mut [PlanRule], claiming: &[u32]) {
    let ids = claiming.iter().filter_map(|place| Some((rules.get(*place as usize)?.id.clone(), *place)));
    let mut by_id: Vec<(RuleId, u32)> = ids.collect();
    by_id.sort_unstable();
    for ((_, place), number) in by_id.iter().zip(0_u32..) {
        if let Some(rule) = rules.get_mut(*place as usize) {
            rule.by_id = number;
        }
    }
}
