//! What limits leave, by the usage the host passed in.

use std::ops::Bound;

use super::Pricing;
use super::scratch::{Applied, Scratch};
use super::verdict::{Limit, Verdict};
use crate::compile::plan::{PlanLimits, PlanQuota, PlanRule, PlanStage};
use crate::record::{RuleUsage, Switch};

/// What a rule may still use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left {
    /// Units, or gift pieces; `u64::MAX` without a limit.
    pub units: u64,
    /// Which limit leaves that few.
    pub tightest: Limit,
    /// Points; `u64::MAX` without a limit.
    pub points: u64,
    /// Which limit leaves that few.
    pub tightest_points: Limit,
    /// Money of the budget, in minor units; `i64::MAX` without one.
    pub budget: i64,
}

impl Left {
    pub const UNLIMITED: Self = Self {
        units: u64::MAX,
        tightest: Limit::Units,
        points: u64::MAX,
        tightest_points: Limit::Points,
        budget: i64::MAX,
    };
}

impl<'a> Pricing<'a> {
    /// Notes what is used of each candidate that has limits. Candidates of a stage and rank stand by id, as usage does, so the
    /// next one is mostly the one behind the last, and nothing is searched.
    pub(super) fn read_usage(self, scratch: &mut Scratch) {
        let Scratch { used, candidates, .. } = scratch;
        used.clear();
        if !self.plan.asks.limits || self.usage.rules.is_empty() {
            return;
        }
        let mut behind = self.usage.rules.range::<str, _>(..);
        let mut next = behind.next();
        for number in &*candidates {
            let rule = &self.plan.rules[*number as usize];
            if rule.limits.is_none() {
                continue;
            }
            if next.is_none_or(|(id, _)| *id != rule.id) {
                behind =
                    self.usage.rules.range::<str, _>((Bound::Included(rule.id.as_str()), Bound::Unbounded));
                next = behind.next();
            }
            if let Some((_, of_rule)) = next.filter(|(id, _)| **id == rule.id) {
                used.push((*number, *of_rule));
                next = behind.next();
            }
        }
    }

    /// What the limits of a rule leave after the rules that have applied, or which of them is used up.
    pub(super) fn limits_left(self, rule: &PlanRule, applied: &[Applied]) -> Result<Left, Verdict> {
        self.limits_leave(rule, &self.used(rule), applied)
    }

    /// The same, when it is known what is used.
    pub(super) fn limits_leave(
        self,
        rule: &PlanRule,
        used: &RuleUsage,
        applied: &[Applied],
    ) -> Result<Left, Verdict> {
        let Some(limits) = &rule.limits else {
            return Ok(Left::UNLIMITED);
        };
        let per_customer = [limits.customer_uses, limits.customer_units, limits.customer_points];
        if per_customer.iter().any(|limit| *limit != u64::MAX) && self.context.customer.id.is_none() {
            return Err(Verdict::CustomerUnknown);
        }
        if used.uses >= limits.uses {
            return Err(Verdict::Exhausted(Limit::Uses));
        }
        if used.customer_uses >= limits.customer_uses {
            return Err(Verdict::Exhausted(Limit::CustomerUses));
        }
        let budget = self.budget_of(limits, used);
        if limits.budget_minor != i64::MAX && budget == 0 {
            return Err(Verdict::Exhausted(Limit::Budget));
        }
        let unlimited_or = |limit: u64, used: u64| {
            if limit == u64::MAX { limit } else { limit.saturating_sub(used) }
        };
        let lefts = [
            (unlimited_or(limits.units, used.units), Limit::Units),
            (unlimited_or(limits.customer_units, used.customer_units), Limit::CustomerUnits),
            (limits.order_units, Limit::OrderUnits),
        ];
        let mut tight = lefts.into_iter().min_by_key(|(left, _)| *left).unwrap_or((u64::MAX, Limit::Units));
        for quota in &limits.quotas {
            let left = self.quota_left(*quota, applied)?;
            tight = if left.0 < tight.0 { left } else { tight };
        }
        let (units, tightest) = tight;
        let (points, tightest_points) = Left::of_points([
            (limits.points, used.points, Limit::Points),
            (limits.customer_points, used.customer_points, Limit::CustomerPoints),
        ]);
        if units == 0 {
            Err(Verdict::Exhausted(tightest))
        } else if points == 0 {
            Err(Verdict::Exhausted(tightest_points))
        } else {
            Ok(Left { units, tightest, points, tightest_points, budget })
        }
    }

    /// Units a quota leaves after the rules that have applied, and which of its limits leaves that few.
    pub(super) fn quota_left(self, quota: u32, applied: &[Applied]) -> Result<(u64, Limit), Verdict> {
        let PlanQuota { id, units, customer_units } = &self.plan.quotas[quota as usize];
        if *customer_units != u64::MAX && self.context.customer.id.is_none() {
            return Err(Verdict::CustomerUnknown);
        }
        let used = self.usage.quotas.get(id.as_str()).copied().unwrap_or_default();
        let taken = self.drawn(quota, applied);
        let left = |limit: u64, used: u64| {
            if limit == u64::MAX { limit } else { limit.saturating_sub(used).saturating_sub(taken) }
        };
        let in_all = (left(*units, used.units), Limit::QuotaUnits(quota));
        let of_customer = (left(*customer_units, used.customer_units), Limit::QuotaCustomerUnits(quota));
        Ok(if of_customer.0 < in_all.0 { of_customer } else { in_all })
    }

    /// Units that rules have taken from a quota in the order at hand.
    pub(super) fn drawn(self, quota: u32, applied: &[Applied]) -> u64 {
        let drawing = applied.iter().filter(|applied| self.quotas_of(applied.rule).contains(&quota));
        drawing.fold(0, |sum, applied| sum.saturating_add(applied.units))
    }

    /// The quotas a rule draws on, by number.
    pub(super) fn quotas_of(self, rule: u32) -> &'a [u32] {
        self.plan.rules[rule as usize].limits.as_ref().map_or(&[], |limits| &limits.quotas)
    }

    /// Money the budget leaves, in minor units; `i64::MAX` without a budget.
    pub(super) fn budget_left(self, rule: &PlanRule) -> i64 {
        match rule.limits.as_ref().filter(|limits| limits.budget_minor != i64::MAX) {
            Some(limits) => self.budget_of(limits, &self.used(rule)),
            None => i64::MAX,
        }
    }

    fn budget_of(self, limits: &PlanLimits, used: &RuleUsage) -> i64 {
        if limits.budget_minor == i64::MAX {
            return i64::MAX;
        }
        let spent = used.budget.map_or(0, |budget| {
            // An amount the currency cannot hold is more than any budget.
            budget.to_money(self.plan.currency).map_or(i64::MAX, crate::money::Money::minor)
        });
        limits.budget_minor.saturating_sub(spent.max(0)).max(0)
    }

    /// Which switch keeps the rule off, if one does.
    pub(super) fn switch_off(self, rule: &PlanRule, stage: &PlanStage) -> Option<Switch> {
        let off = &self.usage.off;
        if off.rules.contains(rule.id.as_str()) {
            Some(Switch::Rule)
        } else {
            off.stages.contains(stage.id.as_str()).then_some(Switch::Stage)
        }
    }

    fn used(self, rule: &PlanRule) -> RuleUsage {
        self.usage.rules.get(rule.id.as_str()).copied().unwrap_or_default()
    }
}

impl Scratch {
    /// What is used of a candidate.
    pub(super) fn used_of(&self, number: u32) -> RuleUsage {
        let at = self.used.binary_search_by_key(&number, |(known, _)| *known);
        at.map_or_else(|_| RuleUsage::default(), |at| self.used[at].1)
    }
}
