//! What the rules of a plan can claim.

use std::sync::Arc;

use super::Plan;
use super::plan::PlanRule;
use crate::record::{Resource, ResourceKind};
use crate::rules::{Quota, QuotaId, Short};

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

/// What a ledger is to be asked about before a cart is priced.
pub(super) fn limited(rules: &[PlanRule], quotas: &[&Quota]) -> Arc<[Resource]> {
    let of_rules = rules.iter().filter_map(|rule| Some((rule, rule.limits.as_ref()?)));
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

/// Numbers the rules that can claim something by their ids, so that no pricing has to sort texts.
pub(super) fn number_by_id(rules: &mut [PlanRule]) {
    let claiming = rules.iter_mut().filter(|rule| rule.limits.is_some() || rule.coupon.is_some());
    let mut claiming: Vec<&mut PlanRule> = claiming.collect();
    claiming.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    for (place, rule) in (0_u32..).zip(claiming) {
        rule.by_id = place;
    }
}
