//! What limits leave, and what a rule claims of them (section 8 of the semantics).

use std::collections::BTreeMap;

use super::World;
use super::effects::Applied;
use super::state::State;
use crate::record::{Claim, Resource, ResourceKind, RuleUsage};
use crate::rules::{Quota, Rule};
use crate::shop::{BalanceId, CustomerId, Moment, WalletCoupon};

impl World<'_> {
    fn used(&self, rule: &Rule) -> RuleUsage {
        self.usage.rules.get(&rule.id).copied().unwrap_or_default()
    }

    /// True when the rule's uses are used up, or its limits need to know a customer who is not known.
    pub fn is_exhausted(&self, rule: &Rule) -> bool {
        let (limits, used) = (&rule.limits, self.used(rule));
        limits.uses.is_some_and(|uses| used.uses >= uses)
            || limits.uses_per_customer.is_some_and(|uses| used.customer_uses >= uses)
            || (limits.is_per_customer() && self.context.customer.id.is_none())
            || self
                .quotas(rule)
                .any(|quota| quota.units_per_customer.is_some() && self.context.customer.id.is_none())
    }

    /// The quotas a rule draws on.
    pub fn quotas<'r>(&'r self, rule: &'r Rule) -> impl Iterator<Item = &'r Quota> {
        self.rules.quotas.iter().filter(|quota| rule.quotas.contains(&quota.id))
    }

    /// How many units a quota leaves after the rules that have applied.
    pub fn quota_left(&self, state: &State, quota: &Quota) -> Option<i128> {
        let used = self.usage.quotas.get(&quota.id).copied().unwrap_or_default();
        let left = |limit: Option<u64>, used: u64| {
            Some((i128::from(limit?) - i128::from(used) - self.drawn(state, quota)).max(0))
        };
        let all = [left(quota.units, used.units), left(quota.units_per_customer, used.customer_units)];
        all.into_iter().flatten().min()
    }

    /// Units and pieces that rules have taken from a quota.
    fn drawn(&self, state: &State, quota: &Quota) -> i128 {
        let draws = |applied: &&Applied| self.rules.rules[applied.rule].quotas.contains(&quota.id);
        state.applied.iter().filter(draws).map(|applied| applied.units() + applied.pieces).sum()
    }

    /// What the rules that applied claim of quotas.
    pub fn quota_claims(&self, state: &State) -> Vec<Claim> {
        let mut claims = Vec::new();
        for quota in &self.rules.quotas {
            let amount = u64::try_from(self.drawn(state, quota)).unwrap_or(u64::MAX);
            for (kind, limit) in
                [(ResourceKind::Units, quota.units), (ResourceKind::CustomerUnits, quota.units_per_customer)]
            {
                let resource = Resource::quota(quota.id.clone(), kind).of(self.claimant(kind));
                claims.extend(limit.filter(|_| amount > 0).map(|_| Claim { resource, amount }));
            }
        }
        claims
    }

    /// How many units, or gift pieces, the rule may still discount in this order.
    pub fn units_left(&self, state: &State, rule: &Rule) -> Option<i128> {
        let (limits, used) = (&rule.limits, self.used(rule));
        let left = |limit: Option<u64>, used: u64| Some(i128::from(limit?.saturating_sub(used)));
        let all = [
            left(limits.units, used.units),
            left(limits.units_per_customer, used.customer_units),
            left(limits.units_per_order, 0),
        ];
        let shared = self.quotas(rule).map(|quota| self.quota_left(state, quota));
        all.into_iter().chain(shared).flatten().min()
    }

    /// How many points the rule may still give or take in this order.
    pub fn points_left(&self, rule: &Rule) -> Option<i128> {
        let (limits, used) = (&rule.limits, self.used(rule));
        let left = |limit: Option<u64>, used: u64| Some(i128::from(limit?.saturating_sub(used)));
        let all = [left(limits.points, used.points), left(limits.points_per_customer, used.customer_points)];
        all.into_iter().flatten().min()
    }

    /// What the wallet gives to the order.
    pub fn wallet_claims(&self, state: &State) -> Vec<Claim> {
        let kind = ResourceKind::WalletPoints;
        let resource = Resource::new("", kind).of(self.claimant(kind));
        let amount = u64::try_from(self.points_redeemed(state)).unwrap_or(u64::MAX);
        let mut claims: Vec<Claim> = (amount > 0).then_some(Claim { resource, amount }).into_iter().collect();
        let mut drawn: BTreeMap<BalanceId, i128> = BTreeMap::new();
        for ((_, balance), amount) in self.payments(state, 0).draws {
            *drawn.entry(balance).or_default() += amount;
        }
        for (balance, amount) in drawn {
            let customer = self.claimant(ResourceKind::WalletBalance);
            let resource = Resource::balance_of(customer, balance);
            claims.push(Claim { resource, amount: u64::try_from(amount).unwrap_or(u64::MAX) });
        }
        claims
    }

    /// How much money the rule may still give.
    pub fn budget_left(&self, rule: &Rule) -> Option<i128> {
        let budget = self.money(rule.limits.budget?);
        let used = self.used(rule).budget.map_or(0, |used| self.money(used));
        Some((budget - used).max(0))
    }

    /// What a rule that applied claims.
    pub fn claims(&self, applied: &Applied) -> Vec<Claim> {
        let rule = &self.rules.rules[applied.rule];
        let limits = &rule.limits;
        let units = applied.units() + applied.pieces;
        let all = [
            (limits.uses.is_some(), ResourceKind::Uses, 1),
            (limits.uses_per_customer.is_some(), ResourceKind::CustomerUses, 1),
            (limits.units.is_some(), ResourceKind::Units, units),
            (limits.units_per_customer.is_some(), ResourceKind::CustomerUnits, units),
            (limits.budget.is_some(), ResourceKind::Budget, applied.granted()),
            (limits.points.is_some(), ResourceKind::Points, applied.points),
            (limits.points_per_customer.is_some(), ResourceKind::CustomerPoints, applied.points),
        ];
        let held = self.held(rule).filter(|_| !self.has_code(rule)).map(|coupon| Claim {
            resource: Resource::coupon_of(rule.id.clone(), coupon.id.clone()),
            amount: 1,
        });
        let set = all.into_iter().filter(|(is_set, _, amount)| *is_set && *amount > 0);
        set.map(|(_, kind, amount)| Claim {
            resource: Resource::new(rule.id.clone(), kind).of(self.claimant(kind)),
            amount: u64::try_from(amount).unwrap_or(u64::MAX),
        })
        .chain(held)
        .collect()
    }

    /// Whether a code of a rule's coupon was entered.
    pub fn has_code(&self, rule: &Rule) -> bool {
        rule.coupon.iter().flat_map(|coupon| &coupon.codes).any(|code| self.entered(code))
    }

    /// The coupon of a rule that the shopper would use first: the one that expires first, then by id.
    pub fn held(&self, rule: &Rule) -> Option<&WalletCoupon> {
        let of_rule = self.context.coupons.iter().filter(|held| held.rule == rule.id.as_str());
        let usable = of_rule.filter(|held| held.unusable(self.context).is_none());
        let usable = usable.filter(|_| rule.coupon.as_ref().is_some_and(|coupon| coupon.wallet));
        usable.min_by_key(|held| (held.until.map_or(i64::MAX, Moment::unix_ms), held.id.clone()))
    }

    /// Whose limit it is; nobody's for limits in all.
    fn claimant(&self, kind: ResourceKind) -> CustomerId {
        match kind {
            ResourceKind::Uses
            | ResourceKind::Units
            | ResourceKind::Budget
            | ResourceKind::Points
            | ResourceKind::Coupon => CustomerId::default(),
            ResourceKind::CustomerUses
            | ResourceKind::CustomerUnits
            | ResourceKind::CustomerPoints
            | ResourceKind::WalletPoints
            | ResourceKind::WalletBalance => self.context.customer.id.clone().unwrap_or_default(),
        }
    }
}
