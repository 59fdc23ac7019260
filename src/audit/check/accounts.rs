//! Verifies that limits hold: pricing claims each of them, and a ledger holds what is claimed once and refuses it when
//! nothing is left. That a ledger never grants more than there is, whatever the order of calls, is its own invariant (L1).

use std::collections::BTreeMap;

use super::CheckError;
use crate::audit::witness::{Order, Witness};
use crate::compile::Plan;
use crate::evaluate::Scratch;
use crate::ledger::{Embedded, Ledger, Limit, Reserve, Reserved, Settings};
use crate::money::Currency;
use crate::record::Claim;
use crate::rules::{RuleId, RuleSet};

pub(super) fn check(rules: &RuleSet, orders: &BTreeMap<RuleId, Order>) -> Result<(), CheckError> {
    let plan = crate::compile(rules)?;
    let limits = Limit::of_rules(rules).unwrap_or_default();
    for limit in &limits {
        let id = &limit.resource.rule;
        if !rules.rules.iter().any(|rule| rule.enabled && rule.id == *id) {
            continue;
        }
        let claim = orders.get(id).and_then(|order| claim_of(&plan, order, limit));
        let holds = claim.is_some_and(|claim| is_held_once(rules.currency, limit, &claim) == Some(true));
        if !holds {
            return Err(CheckError::Unclaimed { rule: id.as_str().to_owned() });
        }
    }
    Ok(())
}

/// What an order claims of a limit, no more than there is.
fn claim_of(plan: &Plan, order: &Order, limit: &Limit) -> Option<Claim> {
    let replay = Witness::of(order.clone()).replay(plan, &mut Scratch::default()).ok()?;
    let claims = replay.quotes.into_iter().flat_map(|quote| quote.claims);
    let wanted = &limit.resource;
    let mut own =
        claims.filter(|claim| claim.resource.rule == wanted.rule && claim.resource.kind == wanted.kind);
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
