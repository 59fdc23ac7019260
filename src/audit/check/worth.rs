//! What the checker takes things for later to be worth: a point, a coupon, money of the wallet.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::reads::musts;
use super::shelf::enabled;
use super::tree::are_refused;
use crate::money::Amount;
use crate::rules::{Benefit, Condition, Each, Given, Grant, Per, Rule, RuleSet};
use crate::shop::Policies;

/// Which coupons are worth something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coupons {
    /// All of them.
    All,
    /// Those that do not ask for a spend of as much as they take off, together with all others that are given for later and
    /// may go with them: one spend does for all of these.
    BeyondTheirSpend,
}

pub(super) struct Worth<'r> {
    rules: &'r RuleSet,
    policies: &'r Policies,
    /// The enabled rules by name.
    named: BTreeMap<&'r str, &'r Rule>,
    /// The rules whose coupons are given for later, each with the most it takes off an order.
    unlocked: OnceCell<Vec<(&'r Rule, Option<i128>)>>,
}

/// Most rules of coupons that are compared with each other.
const COMPARED_MAX: usize = 64;

impl<'r> Worth<'r> {
    pub(super) fn new(rules: &'r RuleSet, policies: &'r Policies) -> Self {
        let named = enabled(rules).map(|rule| (rule.id.as_str(), rule)).collect();
        Self { rules, policies, named, unlocked: OnceCell::new() }
    }

    /// So many minor units for so many points, no less than any rule gives for them; `None` where nothing says so, and none can
    /// be redeemed.
    pub(super) fn point(&self) -> Option<(i128, i128)> {
        let mut best: Option<(i128, i128)> = match self.policies.point_value {
            Some(said) => Some((self.minor(said)?, 1)),
            None => None,
        };
        for rule in enabled(self.rules) {
            if let Some(redeem) = rule.benefit.redeems() {
                let (value, step) = (self.minor(redeem.value)?, i128::from(redeem.step.max(1)));
                let is_more = best.is_none_or(|(known, of)| value * of > known * step);
                best = if is_more { Some((value, step)) } else { best };
            }
        }
        best
    }

    /// The rule that a coupon given by this one unlocks.
    pub(super) fn unlocks(&self, rule: &Rule) -> Option<&'r Rule> {
        let template = match &rule.benefit.grant()?.give {
            Given::Coupon(template) => template.as_str(),
            Given::Balance(_) => return None,
        };
        let name = self.policies.coupons.get(template).map_or(template, String::as_str);
        self.named.get(name).copied()
    }

    /// What one piece that a rule gives is worth at most, in minor units; `None` where nothing bounds it.
    pub(super) fn of_piece(&self, rule: &Rule, grant: &Grant, coupons: Coupons) -> Option<i128> {
        match &grant.give {
            Given::Balance(balance) => return self.minor(balance.amount),
            Given::Coupon(_) => {}
        }
        // Of a coupon of no rule here nobody knows what it is worth.
        let used = self.unlocks(rule)?;
        let worth = self.most_off(used)?;
        let spends = used.condition.iter().flat_map(musts).filter_map(Condition::of_spend);
        let asked = spends.filter_map(|spend| self.minor(spend.at_least?));
        let is_paid_for = || {
            let asked = asked.max().unwrap_or(0);
            self.together_with(used).is_some_and(|together| asked >= together.max(worth))
        };
        Some(if coupons == Coupons::BeyondTheirSpend && is_paid_for() { 0 } else { worth })
    }

    /// The most that a coupon takes off with all other coupons given for later that are not kept from it; of the same rule only
    /// one is used in an order. `None` where nothing bounds it.
    fn together_with(&self, used: &Rule) -> Option<i128> {
        let unlocked = self.unlocked.get_or_init(|| {
            let all: BTreeMap<&str, &Rule> = enabled(self.rules)
                .filter_map(|rule| self.unlocks(rule))
                .map(|rule| (rule.id.as_str(), rule))
                .collect();
            all.into_values().map(|rule| (rule, self.most_off(rule))).collect()
        });
        // Of very many coupons nobody asks which go together: taken to do so they are worth no less.
        let are_few = unlocked.len() <= COMPARED_MAX;
        let beside = unlocked.iter().filter(|(other, _)| {
            let is_own = other.id == used.id;
            is_own || !are_few || !are_refused(used, other)
        });
        beside.map(|(_, worth)| *worth).try_fold(0_i128, |sum, worth| sum.checked_add(worth?))
    }

    /// The most a rule takes off one order, where an amount or a cap says so: each part of an order has a cap of its own, and
    /// what is given beside goods has none.
    fn most_off(&self, rule: &Rule) -> Option<i128> {
        let cap = match rule.cap {
            Some(cap) => Some(self.minor(cap)?),
            None => None,
        };
        let once = match &rule.benefit {
            Benefit::AmountOff(off) => match off.each {
                Each::Once => Some(self.minor(off.amount)?),
                Each::Unit => None,
            },
            Benefit::PercentOff(_)
            | Benefit::UnitPrice(_)
            | Benefit::TotalPrice(_)
            | Benefit::SpendTiers(_)
            | Benefit::Every(_)
            | Benefit::QuantityTiers(_)
            | Benefit::BuyGet(_)
            | Benefit::NthUnit(_)
            | Benefit::UnitLadder(_)
            | Benefit::NFor(_)
            | Benefit::Bundle(_)
            | Benefit::GroupPrice(_)
            | Benefit::BargainPrice(_) => None,
            Benefit::Gift(_)
            | Benefit::Shipping(_)
            | Benefit::PointsEarn(_)
            | Benefit::PointsRedeem(_)
            | Benefit::Presale(_)
            | Benefit::UseBalance(_)
            | Benefit::Grant(_) => return None,
        };
        if rule.per != Per::Order {
            return None;
        }
        match (once, cap) {
            (Some(once), Some(cap)) => Some(once.min(cap)),
            (one, None) | (None, one) => one,
        }
    }

    fn minor(&self, amount: Amount) -> Option<i128> {
        Some(i128::from(amount.to_money(self.rules.currency).ok()?.minor()))
    }
}
