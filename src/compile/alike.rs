//! Rules that do the same, one behind the other, so that a search need not try them one for another.

use super::plan::{Alike, PlanRule};
use crate::rules::{Benefit, Rule, RuleSet, Select};

/// Marks the rules that do the same as the one before them, where their stage combines rules.
pub(super) fn mark_alike(rules: &RuleSet, positions: &[u32], lowered: &mut [PlanRule]) {
    let combines = |rule: &Rule| {
        let mut stages = rules.stages.iter();
        stages.any(|stage| stage.id == rule.stage && stage.select == Select::BestCombination)
    };
    if rules.stages.iter().all(|stage| stage.select != Select::BestCombination) {
        return;
    }
    let in_order = positions.iter().filter_map(|position| rules.rules.get(*position as usize));
    let pairs = in_order.clone().zip(in_order.skip(1));
    for ((before, rule), lowered) in pairs.zip(lowered.iter_mut().skip(1)) {
        if is_alike(before, rule) && combines(rule) {
            lowered.alike = Alike::Yes;
        }
    }
}

/// Whether nothing but names, places in the order and who may use or pays for them tells two rules apart. What others say about
/// either by name is for the search to look at.
fn is_alike(one: &Rule, other: &Rule) -> bool {
    let Rule {
        id: _,
        stage,
        title: _,
        rank: _,
        enabled,
        tags,
        per,
        coupon: _,
        condition,
        benefit,
        cap,
        rounding,
        reuse,
        stacking,
        limits,
        quotas,
        funding: _,
        refund: _,
    } = one;
    (stage, enabled, per, cap, rounding, reuse)
        == (&other.stage, &other.enabled, &other.per, &other.cap, &other.rounding, &other.reuse)
        && limits.is_empty()
        && other.limits.is_empty()
        && quotas.is_empty()
        && other.quotas.is_empty()
        && (tags, stacking) == (&other.tags, &other.stacking)
        && !is_told_apart(benefit)
        && benefit == &other.benefit
        && condition == &other.condition
}

/// Whether a context says something about a rule of this kind by its id, or a wallet pays for it.
const fn is_told_apart(benefit: &Benefit) -> bool {
    match benefit {
        Benefit::Gift(_)
        | Benefit::GroupPrice(_)
        | Benefit::BargainPrice(_)
        | Benefit::PointsEarn(_)
        | Benefit::PointsRedeem(_)
        | Benefit::UseBalance(_)
        | Benefit::Grant(_) => true,
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
        | Benefit::Presale(_) => false,
    }
}
