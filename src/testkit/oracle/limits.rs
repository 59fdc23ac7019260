//! What limits leave, and what a rule claims of them (section 8 of the semantics).

use std::collections::BTreeMap;

use super::World;
use super::effects::Applied;
use super::state::State;
use crate::record::{Claim, Resource, ResourceKind, RuleUsage};
use crate::rules::{Rule, RuleId};
use crate::shop::{BalanceId, CustomerId};

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
    }

    /// How many units, or gift pieces, the rule may still discount in this order.
    pub fn units_left(&self, rule: &Rule) -> Option<i128> {
        let (limits, used) = (&rule.limits, self.used(rule));
        let left = |limit: Option<u64>, used: u64| Some(i128::from(limit?.saturating_sub(used)));
        let all = [
            left(limits.units, used.units),
            left(limits.units_per_customer, used.customer_units),
            left(limits.units_per_order, 0),
        ];
        all.into_iter().flatten().min()
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
        let resource = Resource { kind, customer: self.claimant(kind), ..Resource::default() };
        let amount = u64::try_from(self.points_redeemed(state)).unwrap_or(u64::MAX);
        let mut claims: Vec<Claim> = (amount > 0).then_some(Claim { resource, amount }).into_iter().collect();
        let mut drawn: BTreeMap<BalanceId, i128> = BTreeMap::new();
        for ((_, balance), amount) in self.payments(state, 0).draws {
            *drawn.entry(balance).or_default() += amount;
        }
        for (balance, amount) in drawn {
            let kind = ResourceKind::WalletBalance;
            let resource = Resource { rule: RuleId::default(), kind, customer: self.claimant(kind), balance };
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
        let set = all.into_iter().filter(|(is_set, _, amount)| *is_set && *amount > 0);
        set.map(|(_, kind, amount)| Claim {
            resource: Resource {
                rule: rule.id.clone(),
                kind,
                customer: self.claimant(kind),
                ..Resource::default()
            },
            amount: u64::try_from(amount).unwrap_or(u64::MAX),
        })
        .collect()
    }

    /// Whose limit it is; nobody's for limits in all.
    fn claimant(&self, kind: ResourceKind) -> CustomerId {
        match kind {
            ResourceKind::Uses | ResourceKind::Units | ResourceKind::Budget | ResourceKind::Points => {
                CustomerId::default()
            }
            ResourceKind::CustomerUses
            | ResourceKind::CustomerUnits
            | ResourceKind::CustomerPoints
            | ResourceKind::WalletPoints
            | ResourceKind::WalletBalance => self.context.customer.id.clone().unwrap_or_default(),
        }
    }
}
