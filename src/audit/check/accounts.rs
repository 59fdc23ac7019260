//! Verifies that limits hold: pricing claims each of them, and a ledger holds what is claimed once and refuses it when
//! nothing is left. That a ledger never grants more than there is, whatever the order of calls, is its own invariant (L1).

use std::collections::BTreeMap;

use super::CheckError;
use super::priced;
use crate::audit::order::Order;
use crate::compile::Plan;
use crate::ledger::{Embedded, Ledger, Limit, Reserve, Reserved, Settings};
use crate::money::Currency;
use crate::record::Claim;
use crate::rules::{Rule, RuleId, RuleSet};

pub(super) fn check(rules: &RuleSet, orders: &BTreeMap<RuleId, Order>) -> Result<(), CheckError> {
    let plan = crate::compile(rules)?;
    let limits =
        Limit::of_rules(rules).map_err(|problem| CheckError::NoBound { why: problem.to_string() })?;
    for limit in &limits {
        let drawing: Vec<&Rule> =
            rules.rules.iter().filter(|rule| rule.enabled && draws_on(rule, limit)).collect();
        if drawing.is_empty() {
            continue;
        }
        let mut claims = drawing.iter().filter_map(|rule| claim_of(&plan, orders.get(&rule.id)?, limit));
        if !claims.any(|claim| is_held_once(rules.currency, limit, &claim) == Some(true)) {
            let quota = limit.resource.quota_id().as_str().to_owned();
            return Err(match limit.resource.rule().as_str() {
                "" => CheckError::UnclaimedQuota { quota },
                rule => CheckError::Unclaimed { rule: rule.to_owned() },
            });
        }
    }
    Ok(())
}

fn draws_on(rule: &Rule, limit: &Limit) -> bool {
    rule.id == *limit.resource.rule() || rule.quotas.contains(limit.resource.quota_id())
}

/// What an order claims of a limit, no more than there is.
fn claim_of(plan: &Plan, order: &Order, limit: &Limit) -> Option<Claim> {
    let wanted = &limit.resource;
    let mut own = priced(plan, order)?.claims.into_iter().filter(|claim| {
        let of = &claim.resource;
        (of.rule(), of.quota_id(), of.kind()) == (wanted.rule(), wanted.quota_id(), wanted.kind())
    });
    own.find(|claim| (1..=limit.amount).contains(&claim.amount))
}

/// Whether a ledger that has just what is claimed holds it once, and nothing of it when one is missing; `None` when the
/// ledger cannot be asked.
fn is_held_once(currency: Currency, limit: &Limit, claim: &Claim) -> Option<bool> {
    let now = crate::shop::Moment::default();
    let with = |amount: u64| {
        let ledger = Embedded::new(Settings::new(currency));
        ledger.set_limit(&Limit::new(limit.resource.clone(), amount), now).ok()?;
        Some(ledger)
    };
    let asks = |ledger: &Embedded, name: &str| {
        let call = Reserve::new(name, name, [claim.clone()]);
        Some(matches!(ledger.reserve(&call, now).ok()?, Reserved::Held(_)))
    };
    let (enough, short) = (with(claim.amount)?, with(claim.amount.checked_sub(1)?)?);
    Some(asks(&enough, "first")? && !asks(&enough, "second")? && !asks(&short, "first")?)
}
