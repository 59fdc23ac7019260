//! Verifies that every rule can apply, and every tier of it: on orders, priced with the rule or tier and, for a tier, without.

use std::collections::BTreeMap;

use super::CheckError;
use super::priced;
use super::shelf::enabled;
use crate::audit::order::Order;
use crate::compile::Plan;
use crate::record::GiftStatus;
use crate::rules::{RuleId, RuleSet};

pub(super) fn check(
    rules: &RuleSet,
    orders: &BTreeMap<RuleId, Order>,
    tiers: &BTreeMap<RuleId, Vec<Order>>,
) -> Result<(), CheckError> {
    let plan = crate::compile(rules)?;
    for rule in enabled(rules) {
        let id = rule.id.as_str();
        let order = orders.get(&rule.id);
        if !order.is_some_and(|order| is_used(&plan, order, id)) {
            return Err(CheckError::NoExample { rule: id.to_owned() });
        }
        let count = rule.benefit.tiers();
        // The only tier is all that the rule gives.
        for tier in (0..count).filter(|_| count > 1) {
            let order = tiers.get(&rule.id).and_then(|orders| orders.get(tier));
            let shows = order.is_some_and(|order| gives_more(rules, &plan, order, id, tier) == Some(true));
            if !shows {
                return Err(CheckError::NoTier { rule: id.to_owned(), tier: tier.saturating_add(1) });
            }
        }
    }
    Ok(())
}

/// Whether a rule gives anything in an order: money, something for later, or a gift that comes with it.
fn is_used(plan: &Plan, order: &Order, rule: &str) -> bool {
    priced(plan, order).is_some_and(|quote| {
        let comes = |status| matches!(status, GiftStatus::Given | GiftStatus::Taken);
        quote.rules.iter().any(|one| one.rule.as_str() == rule)
            || quote.gifts.iter().any(|gift| gift.rule.as_str() == rule && comes(gift.status))
    })
}

/// Whether an order costs something else without a tier; `None` when that cannot be priced.
fn gives_more(rules: &RuleSet, plan: &Plan, order: &Order, rule: &str, tier: usize) -> Option<bool> {
    let mut changed = rules.clone();
    let less = changed.rules.iter_mut().find(|one| one.id.as_str() == rule)?;
    less.benefit.drop_tier(tier)?;
    let without = crate::compile(&changed).ok()?;
    let paid = |plan: &Plan| Some(priced(plan, order)?.totals.payable);
    Some(paid(plan)? != paid(&without)?)
}
