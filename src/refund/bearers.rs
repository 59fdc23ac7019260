//! How much less those who fund discounts have to pay.

use std::collections::BTreeMap;

use super::Found;
use super::cost::line_of;
use super::shares::part;
use crate::compile::Plan;
use crate::money::{Money, Shares};
use crate::record::{BearerBack, Quote, Receipt, Share};
use crate::rules::RefundPolicy;
use crate::shop::Bearer;

/// What each bearer funded, less what they fund of the goods kept, less what they got back before.
pub(super) fn bearers(plan: &Plan, receipt: &Receipt, found: &Found<'_>) -> Vec<BearerBack> {
    let mut back: BTreeMap<&Bearer, i64> = BTreeMap::new();
    let alone = |quote: &Quote, rule: u32| {
        let rule = quote.rules.get(rule as usize);
        rule.is_some_and(|rule| is_judged_alone(found, plan.refunds.policy_of(&rule.rule)))
    };
    let quote = &receipt.quote;
    let mut split = (u32::MAX, Shares::new(0, 0));
    for share in &quote.shares {
        let at = share.adjustment as usize;
        let (Some(adjustment), Some(gone)) = (quote.adjustments.get(at), found.shared.gone.get(at)) else {
            continue;
        };
        let Some(bearer) = quote.bearers.get(share.bearer as usize) else { continue };
        let amount = if found.gone.nothing_kept() || alone(quote, adjustment.rule) {
            share.amount.minor()
        } else {
            if split.0 != share.adjustment {
                split = (share.adjustment, Shares::new(*gone, adjustment.granted.minor()));
            }
            split.1.next(share.amount.minor())
        };
        let sum = back.entry(bearer).or_default();
        *sum = sum.saturating_add(amount);
    }
    if !found.gone.nothing_kept() {
        for share in &found.alone.shares {
            let Some(adjustment) = found.alone.adjustments.get(share.adjustment as usize) else { continue };
            let Some(bearer) = found.alone.bearers.get(share.bearer as usize) else { continue };
            if alone(found.alone, adjustment.rule) {
                let sum = back.entry(bearer).or_default();
                *sum = sum.saturating_sub(funded_of_kept(found, share));
            }
        }
    }
    for before in receipt.refunds.iter().flat_map(|note| &note.bearers) {
        let sum = back.entry(&before.bearer).or_default();
        *sum = sum.saturating_sub(before.amount.minor());
    }
    let some = back.into_iter().filter(|(_, amount)| *amount != 0);
    some.map(|(bearer, amount)| BearerBack { bearer: bearer.clone(), amount: Money::from_minor(amount) })
        .collect()
}

/// Whether what is kept has a rule's discount as it has it alone.
fn is_judged_alone(found: &Found<'_>, policy: RefundPolicy) -> bool {
    found.costs.kept_alone.is_some()
        && match policy {
            RefundPolicy::Proportional => false,
            RefundPolicy::Reprice => true,
            RefundPolicy::Safest => found.costs.safest_is_alone,
        }
}

/// A bearer's share of what the rules were asked with, for the units among them that are kept.
fn funded_of_kept(found: &Found<'_>, share: &Share) -> i64 {
    let adjustment = found.alone.adjustments.get(share.adjustment as usize);
    let line = adjustment.and_then(|adjustment| line_of(adjustment.on));
    // The lines the rules were asked with stand in the same order, without those of which nothing is left.
    let asked = found.gone.lines.iter().zip(found.gone.not_given_up()).filter(|(_, asked)| **asked > 0);
    let line =
        line.and_then(|line| asked.skip(line as usize).map(|(gone, asked)| (gone.kept(), *asked)).next());
    match line {
        Some((kept, asked)) => part(share.amount.minor(), kept, asked),
        None => share.amount.minor(),
    }
}
