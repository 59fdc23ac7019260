//! Group and bargain prices (section 14 of the semantics).

use super::World;
use super::asks::{Ask, Target};
use super::compute::{Application, Job};
use super::effects::On;
use super::state::State;
use crate::rules::{BargainPrice, Benefit, GroupPrice, GroupTier, Join, RuleId};
use crate::shop::{GroupRole, GroupStatus, Sku};

/// The price of a buying group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OracleGroup {
    /// The rule.
    pub rule: RuleId,
    /// The size and price of the tier.
    pub tier: (u32, i128),
    /// Those of the next one.
    pub next: Option<(u32, i128)>,
}

impl World<'_> {
    /// The tier that a customer pays the price of, by position, and whether it is the leader's.
    fn tier(&self, benefit: &GroupPrice) -> Option<(usize, GroupRole)> {
        let group = self.context.group?;
        match group.status {
            GroupStatus::Open => {
                let may_join = group.role == GroupRole::Leader
                    || benefit.join == Join::Anyone
                    || self.context.customer.order_number == Some(1);
                may_join.then_some((0, GroupRole::Member))
            }
            GroupStatus::Closed => {
                let reached = benefit.tiers.iter().filter(|tier| tier.size <= group.size).count();
                reached.checked_sub(1).map(|tier| (tier, group.role))
            }
        }
    }

    fn tier_price(&self, tier: &GroupTier, role: GroupRole) -> i128 {
        match role {
            GroupRole::Leader => self.money(tier.leader.unwrap_or(tier.price)),
            GroupRole::Member => self.money(tier.price),
        }
    }

    /// What a unit of the customer's buying group costs; none when there is no such price.
    pub fn price_in_group(&self, benefit: &GroupPrice) -> Option<i128> {
        let (tier, role) = self.tier(benefit)?;
        Some(self.tier_price(&benefit.tiers[tier], role))
    }

    /// What the customer bargained a product down to.
    pub fn bargained(&self, benefit: &BargainPrice, sku: &Sku) -> Option<i128> {
        let price = self.money(*self.context.bargains.get(sku)?);
        Some(price.max(self.money(benefit.floor)))
    }

    pub fn groups(&self, state: &State) -> Vec<OracleGroup> {
        let mut groups = Vec::new();
        for applied in &state.applied {
            let rule = &self.rules.rules[applied.rule];
            if let (Benefit::GroupPrice(benefit), Some(group)) = (&rule.benefit, self.context.group)
                && let Some((tier, role)) = self.tier(benefit)
            {
                let priced = |tier: &GroupTier, role| (tier.size, self.tier_price(tier, role));
                groups.push(OracleGroup {
                    rule: rule.id.clone(),
                    tier: priced(&benefit.tiers[tier], role),
                    // A later tier is paid out by role, when the group is settled.
                    next: benefit.tiers.get(tier + 1).map(|next| priced(next, group.role)),
                });
            }
        }
        groups
    }
}

impl Job<'_> {
    pub fn group_price(&self, benefit: &GroupPrice) -> Application {
        let Some(price) = self.world.price_in_group(benefit) else {
            return Application::default();
        };
        let is_dearer = |target: &Target| target.worth > target.units * price;
        let (targets, shortage) = self.limited(&benefit.target, None, is_dearer);
        self.ask(Ask::price_each(&targets, price), &targets).noting(shortage)
    }

    pub fn bargain_price(&self, benefit: &BargainPrice) -> Application {
        let asked = |target: &Target| self.bargain_asks(benefit, target);
        let (targets, shortage) = self.limited(&benefit.target, None, |target| asked(target) > 0);
        let asks = targets.iter().map(asked).collect();
        self.ask(Ask::each(asks), &targets).noting(shortage)
    }

    /// What brings a target down to its product's bargain; nothing without one.
    pub fn bargain_asks(&self, benefit: &BargainPrice, target: &Target) -> i128 {
        let price = self.sku(target).and_then(|sku| self.world.bargained(benefit, sku));
        price.map_or(0, |price| (target.worth - target.units * price).max(0))
    }

    fn sku(&self, target: &Target) -> Option<&Sku> {
        match target.on {
            On::Units { run, .. } => Some(&self.world.line(self.state.runs[run].item).sku),
            On::Charge(_) => None,
        }
    }
}
