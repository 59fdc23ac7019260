//! Proposes why no rule jumps; the checker decides whether it is so.

use std::collections::BTreeMap;

use super::certificate::{Certificate, Effect};
use super::world::World;
use crate::rules::{Benefit, Each, Rule, RuleId};

/// The certificate to try: for each rule the argument that its benefit allows.
pub(super) fn propose(world: &World<'_>) -> Certificate {
    let enabled = || world.rules.rules.iter().filter(|rule| rule.enabled);
    let effects: BTreeMap<RuleId, Effect> = enabled().map(|rule| (rule.id.clone(), effect(rule))).collect();
    let rounding = i64::try_from(effects.len()).unwrap_or(i64::MAX).saturating_mul(2);
    Certificate::Steady { effects, tolerance_minor: rounding }
}

fn effect(rule: &Rule) -> Effect {
    let limits = &rule.limits;
    let is_limited = rule.cap.is_some()
        || limits.budget.is_some()
        || limits.units.is_some()
        || limits.units_per_customer.is_some()
        || limits.units_per_order.is_some()
        || !rule.quotas.is_empty();
    match &rule.benefit {
        Benefit::Grant(_) | Benefit::PointsEarn(_) | Benefit::Gift(_) => Effect::Nothing,
        Benefit::PercentOff(off) if off.limit.is_none() && !is_limited => Effect::Even,
        Benefit::AmountOff(off) if off.each == Each::Unit && off.limit.is_none() && !is_limited => {
            Effect::Even
        }
        Benefit::UnitPrice(off) if off.limit.is_none() && !is_limited => Effect::Even,
        Benefit::SpendTiers(off) if !is_limited => {
            let amounts =
                |tier: &crate::rules::SpendTier| matches!(tier.off, crate::rules::TierOff::Amount(_));
            if off.tiers.iter().all(amounts) { Effect::Amount } else { Effect::Even }
        }
        Benefit::Every(off) if off.times == crate::rules::Times::Uncapped && !is_limited => Effect::Even,
        Benefit::TotalPrice(_) | Benefit::GroupPrice(_) | Benefit::BargainPrice(_) if !is_limited => {
            Effect::Even
        }
        Benefit::PercentOff(_)
        | Benefit::AmountOff(_)
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
        | Benefit::Shipping(_)
        | Benefit::GroupPrice(_)
        | Benefit::BargainPrice(_)
        | Benefit::PointsRedeem(_)
        | Benefit::Presale(_)
        | Benefit::UseBalance(_) => Effect::Amount,
    }
}
