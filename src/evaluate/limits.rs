//! What limits leave, by the usage the host passed in.

use std::ops::Bound;

use super::Pricing;
use super::scratch::{Applied, Scratch};
use super::state::{Least, State};
use super::verdict::{Limit, Verdict};
use crate::compile::plan::{PlanLimits, PlanQuota, PlanRule, PlanStage};
use crate::record::{RuleUsage, Switch};
use crate::rules::RuleId;

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
}

impl Left {
    pub const UNLIMITED: Self =
        Self { units: u64::MAX, tightest: Limit::Units, points: u64::MAX, tightest_points: Limit::Points };
}

impl<'a> Pricing<'a> {
    /// Notes what is used of each candidate that has limits, and which limits are far away. Candidates of a stage and rank stand
    /// by id, as usage does, so the next one is mostly the one behind the last, and nothing is searched.
    pub(super) fn read_usage(self, scratch: &mut Scratch) {
        let Scratch { used, used_by, far, candidates, state, .. } = scratch;
        used.clear();
        used_by.clear();
        if !self.plan.asks.limits {
            return;
        }
        far.clear();
        far.resize(self.plan.rules.len().div_ceil(64), 0);
        state.least = Least::UNKNOWN;
        state.units = self.cart.items().iter().map(|item| u64::from(item.units)).sum::<u64>().max(1);
        let mut behind = self.usage.rules.range::<str, _>(..);
        let mut next = behind.next();
        for number in &*candidates {
            let rule = &self.plan.rules[*number as usize];
            let Some(limits) = &rule.limits else {
                continue;
            };
            let is_own = |next: &(&RuleId, _)| *next.0 == rule.id;
            let mut own = next.filter(is_own);
            if own.is_none() && !self.usage.rules.is_empty() {
                let from = (Bound::Included(rule.id.as_str()), Bound::Unbounded);
                behind = self.usage.rules.range::<str, _>(from);
                next = behind.next();
                own = next.filter(is_own);
            }
            if let Some((_, of_rule)) = own {
                used_by.push(*number);
                // From memory to memory: a value of seven numbers put together first is slow to read again.
                used.extend_from_slice(std::slice::from_ref(of_rule));
                next = behind.next();
            }
            let of_rule = own.map_or(&UNUSED, |(_, of_rule)| of_rule);
            if limits.quotas.is_empty() && self.are_far(limits, of_rule, state) {
                far[*number as usize / 64] |= 1 << (number % 64);
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
        if limits.of_customer && self.context.customer.id.is_none() {
            return Err(Verdict::CustomerUnknown);
        }
        if used.uses >= limits.uses {
            return Err(Verdict::Exhausted(Limit::Uses));
        }
        if used.customer_uses >= limits.customer_uses {
            return Err(Verdict::Exhausted(Limit::CustomerUses));
        }
        if self.budget_of(limits, used) == 0 {
            return Err(Verdict::Exhausted(Limit::Budget));
        }
        let unlimited_or = |limit: u64, used: u64| {
            if limit == u64::MAX { limit } else { limit.saturating_sub(used) }
        };
        let mut tight = (unlimited_or(limits.units, used.units), Limit::Units);
        let of_customer = unlimited_or(limits.customer_units, used.customer_units);
        for other in [(of_customer, Limit::CustomerUnits), (limits.order_units, Limit::OrderUnits)] {
            tight = if other.0 < tight.0 { other } else { tight };
        }
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
            Ok(Left { units, tightest, points, tightest_points })
        }
    }

    /// Whether limits leave at least what the whole cart could use up. A limit of units passes over those that have nothing
    /// left, so all of them have to have something. Asked first, since most limits are far away; where they are not, it is
    /// worked out what they leave.
    #[inline(always)]
    pub(super) fn leave_enough(self, number: u32, limits: &PlanLimits, scratch: &mut Scratch) -> bool {
        let far = scratch.far.get(number as usize / 64).is_some_and(|bits| bits >> (number % 64) & 1 == 1);
        (far || self.leave_enough_now(number, limits, scratch))
            && (!limits.of_units || scratch.state.all_have_something())
    }

    /// The same after the rules that have applied, for limits that were not far away from the start.
    #[cold]
    fn leave_enough_now(self, number: u32, limits: &PlanLimits, scratch: &Scratch) -> bool {
        let Scratch { state, applied, .. } = scratch;
        let left = |quota: &u32| self.quota_left(*quota, applied);
        self.are_far(limits, scratch.used_of(number), state)
            && limits.quotas.iter().all(|quota| left(quota).is_ok_and(|(left, _)| left >= state.units))
    }

    /// Whether what a rule alone is limited by leaves all units of the cart, and all that its goods are worth now. They are never
    /// worth more later.
    fn are_far(self, limits: &PlanLimits, used: &RuleUsage, state: &State) -> bool {
        let units = |limit: u64, used: u64| limit.saturating_sub(used) >= state.units;
        (!limits.of_customer || self.context.customer.id.is_some())
            && used.uses < limits.uses
            && used.customer_uses < limits.customer_uses
            && used.points < limits.points
            && used.customer_points < limits.customer_points
            && units(limits.units, used.units)
            && units(limits.customer_units, used.customer_units)
            && units(limits.order_units, 0)
            && (limits.budget_minor == i64::MAX || self.budget_of(limits, used) >= state.total.max(1))
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

/// What is used of a rule that nothing is used of.
static UNUSED: RuleUsage = RuleUsage {
    uses: 0,
    customer_uses: 0,
    units: 0,
    customer_units: 0,
    points: 0,
    customer_points: 0,
    budget: None,
};

impl Scratch {
    /// What is used of a candidate.
    pub(super) fn used_of(&self, number: u32) -> &RuleUsage {
        let by = &*self.used_by;
        // Numbers rise, so a rule is at most as many places behind the first as their numbers differ: exactly there where
        // all candidates between them have limits.
        let Some(place) = by.first().and_then(|first| number.checked_sub(*first)) else {
            return &UNUSED;
        };
        if by.get(place as usize) == Some(&number) {
            return &self.used[place as usize];
        }
        by.binary_search(&number).map_or(&UNUSED, |at| &self.used[at])
    }
}
