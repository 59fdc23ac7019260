//! What comes back to the ledger, and which coupons may be used again.

use super::Found;
use super::wallet::Paid;
use crate::compile::Plan;
use crate::record::{Claim, CodeStatus, CouponBack, Receipt, ResourceKind};
use crate::rules::{CouponsBack, RuleId};

/// What is to be given back in all. Units and budgets come back with the goods they were for, never faster, so that a
/// later return never has to take any again; the rest comes back when nothing is kept.
pub(super) fn claims(plan: &Plan, receipt: &Receipt, found: &Found<'_>, paid: &Paid) -> Vec<Claim> {
    let all = receipt.posted.iter().map(|claim| {
        let amount = match claim.resource.kind() {
            ResourceKind::WalletPoints => u64::try_from(paid.points).unwrap_or(0),
            ResourceKind::WalletBalance => {
                let back = paid.balances.iter().find(|(id, _)| *id == *claim.resource.balance());
                back.map_or(0, |(_, amount)| u64::try_from(*amount).unwrap_or(0))
            }
            ResourceKind::Uses | ResourceKind::CustomerUses | ResourceKind::Coupon => {
                if uses_come_back(plan, found, claim.resource.rule()) { claim.amount } else { 0 }
            }
            // A quota that several rules share is nobody's in particular: it comes back with the last of the goods.
            _ if claim.resource.rule().as_str().is_empty() => {
                if found.gone.nothing_kept() {
                    claim.amount
                } else {
                    0
                }
            }
            ResourceKind::Units | ResourceKind::CustomerUnits => units(receipt, found, claim),
            ResourceKind::Budget => {
                let back = rule_at(receipt, claim.resource.rule());
                let back = back.and_then(|at| found.shared.back.get(at)).copied().unwrap_or(0);
                u64::try_from(back).unwrap_or(0)
            }
            ResourceKind::Points | ResourceKind::CustomerPoints => {
                if found.gone.nothing_kept() {
                    claim.amount
                } else {
                    0
                }
            }
        };
        Claim::new(claim.resource.clone(), amount.min(claim.amount))
    });
    all.collect()
}

fn rule_at(receipt: &Receipt, rule: &RuleId) -> Option<usize> {
    receipt.quote.rules.iter().position(|known| known.rule == *rule)
}

/// Units discounted, gift pieces or pieces granted.
fn units(receipt: &Receipt, found: &Found<'_>, claim: &Claim) -> u64 {
    let quote = &receipt.quote;
    let Some(at) = rule_at(receipt, claim.resource.rule()) else { return 0 };
    let gifts = quote.gifts.iter().zip(&found.gone.pieces);
    let mut pieces =
        gifts.filter(|(gift, _)| gift.rule == *claim.resource.rule()).map(|(_, back)| *back).peekable();
    if pieces.peek().is_some() {
        return pieces.fold(0, |sum, back| sum.saturating_add(u64::from(back)));
    }
    let of_rule = |rule: u32| usize::try_from(rule) == Ok(at);
    if let Some((_, spent)) =
        quote.grants.iter().zip(&found.gone.spent).find(|(grant, _)| of_rule(grant.rule))
    {
        return if found.gone.nothing_kept() { claim.amount.saturating_sub(*spent) } else { 0 };
    }
    if found.gone.nothing_kept() {
        return claim.amount;
    }
    found.shared.units_back.get(at).copied().unwrap_or(0)
}

/// Whether an order counts as one in which the rule was not used.
fn uses_come_back(plan: &Plan, found: &Found<'_>, rule: &RuleId) -> bool {
    found.gone.nothing_kept()
        && match plan.refunds.coupons {
            CouponsBack::FullReturn => true,
            CouponsBack::Never => !plan.refunds.is_coupon(rule),
        }
}

/// Used coupons that may be used again, unless they were given back before.
pub(super) fn coupons(plan: &Plan, receipt: &Receipt, found: &Found<'_>) -> Vec<CouponBack> {
    let before = receipt.refunds.iter().any(|note| !note.coupons.is_empty());
    match plan.refunds.coupons {
        CouponsBack::FullReturn if found.gone.nothing_kept() && !before => {}
        CouponsBack::FullReturn | CouponsBack::Never => return Vec::new(),
    }
    let quote = &receipt.quote;
    let codes = quote.codes.iter().filter(|code| code.status == CodeStatus::Applied);
    let codes = codes.map(|code| CouponBack::Code(code.code.clone()));
    let held = quote.claims.iter().filter(|claim| claim.resource.kind() == ResourceKind::Coupon);
    codes.chain(held.map(|claim| CouponBack::Held(claim.resource.coupon().clone()))).collect()
}
