//! Proposes why no rule jumps; the checker decides whether it is so.

use std::collections::{BTreeMap, BTreeSet};

use super::certificate::{Certificate, Effect};
use super::levels::target;
use super::market::Market;
use super::world::World;
use crate::rules::{Benefit, Each, Per, Rule, RuleId, Selector};

/// The certificate to try: for each rule the argument that its benefit allows.
pub(super) fn propose(world: &World<'_>, market: &Market) -> Certificate {
    let enabled = || world.rules.rules.iter().filter(|rule| rule.enabled);
    let effects: BTreeMap<RuleId, Effect> = enabled().map(|rule| (rule.id.clone(), effect(rule))).collect();
    let even: Vec<&Rule> = enabled().filter(|rule| effects.get(&rule.id) == Some(&Effect::Even)).collect();
    let shops: BTreeSet<_> = world.catalogue.products().iter().map(|product| &product.piece.shop).collect();
    let rounded = enabled().map(|rule| match rule.per {
        Per::Shop => shops.len().max(1).saturating_mul(2),
        Per::Order | Per::Line => 2,
    });
    let rounding = rounded.fold(moved(world, market, &even), usize::saturating_add);
    Certificate::Steady { effects, tolerance_minor: i64::try_from(rounding).unwrap_or(i64::MAX) }
}

/// By how many minor units shares may be off on products that other rules take from, in all.
fn moved(world: &World<'_>, market: &Market, even: &[&Rule]) -> usize {
    let of_class = |selector: &Selector, members: &[usize]| {
        let first = members.first().and_then(|at| world.catalogue.products().get(*at));
        first.is_some_and(|product| selector.takes(&product.piece) != Some(false))
    };
    let products = |selector: &Selector| -> usize {
        let taken = market.classes.iter().filter(|class| of_class(selector, &class.members));
        taken.map(|class| class.members.len()).sum()
    };
    // Rules for the same goods, by what these are written as: how many they are, and of how many products.
    let mut alike: BTreeMap<Vec<u8>, (usize, usize)> = BTreeMap::new();
    let named = |rule: &Rule| rmp_serde::to_vec_named(target(&rule.benefit)?).ok();
    for rule in even {
        if let (Some(name), Some(of)) = (named(rule), target(&rule.benefit)) {
            alike.entry(name).or_insert_with(|| (0, products(of))).0 += 1;
        }
    }
    let all = alike.values().map(|(rules, count)| rules.saturating_mul(*count)).sum::<usize>();
    let shares = even.iter().filter(|rule| is_share(&rule.benefit));
    let own = shares.filter_map(|rule| alike.get(&named(rule)?));
    own.map(|(rules, count)| all.saturating_sub(rules.saturating_mul(*count)).min(*count)).sum()
}

/// Whether an even rule takes a share, which is split over products in whole minor units.
const fn is_share(benefit: &Benefit) -> bool {
    match benefit {
        Benefit::PercentOff(_) | Benefit::TotalPrice(_) | Benefit::SpendTiers(_) | Benefit::Every(_) => true,
        // Those that are even at all take the same of each unit, or all above a price.
        Benefit::AmountOff(_)
        | Benefit::UnitPrice(_)
        | Benefit::GroupPrice(_)
        | Benefit::BargainPrice(_)
        | Benefit::QuantityTiers(_)
        | Benefit::BuyGet(_)
        | Benefit::NthUnit(_)
        | Benefit::UnitLadder(_)
        | Benefit::NFor(_)
        | Benefit::Bundle(_)
        | Benefit::Gift(_)
        | Benefit::Shipping(_)
        | Benefit::PointsEarn(_)
        | Benefit::PointsRedeem(_)
        | Benefit::Presale(_)
        | Benefit::UseBalance(_)
        | Benefit::Grant(_) => false,
    }
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
