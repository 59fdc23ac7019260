//! What refunds read off a rule set: kept beside the rules, so that pricing never walks over it.

use std::collections::BTreeMap;

use super::lower::Lowering;
use crate::rules::{
    Benefit, CouponsBack, DepositBack, PriceProtection, RefundPolicy, Rule, RuleId, ShippingBack, SpentPoints,
};
use crate::shop::Sku;

/// How returns are paid back, lowered; amounts in minor units.
#[derive(Debug, Default)]
pub(crate) struct PlanRefunds {
    pub policy: RefundPolicy,
    pub shipping: ShippingBack,
    pub coupons: CouponsBack,
    pub deposit: DepositBack,
    pub spent_points: PlanSpentPoints,
    pub return_freight: i64,
    pub protection: Option<PriceProtection>,
    /// Rules with a policy of their own.
    policies: BTreeMap<RuleId, RefundPolicy>,
    /// What a piece of a gift or add-on costs that should have come back.
    gift_worth: BTreeMap<(RuleId, Sku), i64>,
    /// What a coupon granted costs that should have come back.
    grant_worth: BTreeMap<RuleId, i64>,
    /// Rules that a code or a coupon unlocks, sorted.
    coupon_rules: Vec<RuleId>,
}

impl PlanRefunds {
    /// Whether some rule asks what is kept alone.
    pub fn asks_alone(&self) -> bool {
        let asks = |policy: &RefundPolicy| match policy {
            RefundPolicy::Proportional => false,
            RefundPolicy::Reprice | RefundPolicy::Safest => true,
        };
        asks(&self.policy) || self.policies.values().any(asks)
    }

    /// What becomes of a rule's discount.
    pub fn policy_of(&self, rule: &RuleId) -> RefundPolicy {
        if self.policies.is_empty() {
            return self.policy;
        }
        self.policies.get(rule).copied().unwrap_or(self.policy)
    }

    /// What a piece costs that is not given back; `None` when it is only asked back.
    pub fn gift_worth(&self, rule: &RuleId, sku: &Sku) -> Option<i64> {
        if self.gift_worth.is_empty() {
            return None;
        }
        self.gift_worth.get(&(rule.clone(), sku.clone())).copied()
    }

    /// What a coupon of a rule costs that is spent; `None` when it costs nothing.
    pub fn grant_worth(&self, rule: &RuleId) -> Option<i64> {
        self.grant_worth.get(rule).copied()
    }

    /// Whether a code or a coupon unlocks a rule.
    pub fn is_coupon(&self, rule: &RuleId) -> bool {
        self.coupon_rules.binary_search(rule).is_ok()
    }

    /// Takes down what a rule says about returns.
    pub(super) fn note(&mut self, lowering: &Lowering<'_>, rule: &Rule) {
        if let Some(policy) = rule.refund {
            self.policies.insert(rule.id.clone(), policy);
        }
        if let Benefit::Gift(gift) = &rule.benefit {
            for option in &gift.options {
                if let Some(worth) = option.worth {
                    self.gift_worth.insert((rule.id.clone(), option.sku.clone()), lowering.minor(worth));
                }
            }
        }
        if let Benefit::Grant(grant) = &rule.benefit
            && let Some(worth) = grant.worth
        {
            self.grant_worth.insert(rule.id.clone(), lowering.minor(worth));
        }
        if let Benefit::PointsRedeem(redeem) = &rule.benefit
            && rule.enabled
            && lowering.rules.refunds.spent_points.is_none()
        {
            self.spent_points = self.spent_points.or_dearer(redeem.step, lowering.minor(redeem.value));
        }
        if rule.coupon.is_some() {
            self.coupon_rules.push(rule.id.clone());
        }
    }

    /// Makes what was taken down ready to be asked.
    pub(super) fn sort(&mut self) {
        self.coupon_rules.sort_unstable();
    }
}

/// What becomes of points that are due and spent already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PlanSpentPoints {
    /// Nobody said, and no rule redeems points: the wallet gives what it holds. Where rules do, it is a charge at what
    /// the points bought at most by them.
    #[default]
    Undeclared,
    /// The wallet goes below zero.
    Owe,
    /// So many points cost so much.
    Charge { points: u32, minor: i64 },
}

impl PlanSpentPoints {
    /// The dearer of two rates; of equal ones that of fewer points.
    fn or_dearer(self, points: u32, minor: i64) -> Self {
        let Self::Charge { points: known_points, minor: known_minor } = self else {
            return Self::Charge { points, minor };
        };
        // Fractions, compared crosswise.
        let crosswise = |minor: i64, points: u32| i128::from(minor).saturating_mul(i128::from(points));
        let (known, other) = (crosswise(known_minor, points), crosswise(minor, known_points));
        if (other, known_points) > (known, points) { Self::Charge { points, minor } } else { self }
    }
}

/// What the rule set says for all its rules. What each of them says is [noted](PlanRefunds::note) as it is lowered.
pub(super) fn lower_refunds(lowering: &Lowering<'_>) -> PlanRefunds {
    let refunds = &lowering.rules.refunds;
    PlanRefunds {
        policy: refunds.policy,
        shipping: refunds.shipping,
        coupons: refunds.coupons,
        deposit: refunds.deposit,
        spent_points: match refunds.spent_points {
            None => PlanSpentPoints::Undeclared,
            Some(SpentPoints::Owe) => PlanSpentPoints::Owe,
            Some(SpentPoints::Charge(worth)) => {
                PlanSpentPoints::Charge { points: worth.points, minor: lowering.minor(worth.value) }
            }
        },
        return_freight: refunds.return_freight.map_or(0, |most| lowering.minor(most)),
        protection: refunds.price_protection,
        ..PlanRefunds::default()
    }
}
