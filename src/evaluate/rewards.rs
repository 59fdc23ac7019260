//! What a quote says of points, of things for later, and of the wallet.

use super::Pricing;
use super::scratch::Scratch;
use crate::compile::plan::{PlanBenefit, PlanGiven};
use crate::money::Money;
use crate::record::{PointsDirection, Quote, QuotePoints, ResourceKind};

/// Lists points earned and redeemed, and grants, in the order their rules applied.
pub(super) fn write(pricing: Pricing<'_>, scratch: &Scratch, quote: &mut Quote) {
    for (position, applied) in (0_u32..).zip(&scratch.applied) {
        match &pricing.plan.rules[applied.rule as usize].benefit {
            PlanBenefit::Grant(grant) => write_grant(quote, position, &grant.give, applied.units),
            PlanBenefit::PointsEarn(_) => {
                write_points(quote, position, PointsDirection::Earned, applied.points)
            }
            PlanBenefit::PointsRedeem(_) => {
                write_points(quote, position, PointsDirection::Redeemed, applied.points);
            }
            PlanBenefit::PercentOff { .. }
            | PlanBenefit::ReferencePercent { .. }
            | PlanBenefit::AmountPerUnit { .. }
            | PlanBenefit::AmountOnce { .. }
            | PlanBenefit::UnitPrice { .. }
            | PlanBenefit::TotalPrice { .. }
            | PlanBenefit::SpendTiers { .. }
            | PlanBenefit::Every { .. }
            | PlanBenefit::QuantityTiers { .. }
            | PlanBenefit::BuyGet(_)
            | PlanBenefit::NthUnit(_)
            | PlanBenefit::UnitLadder { .. }
            | PlanBenefit::NFor { .. }
            | PlanBenefit::Bundle(_)
            | PlanBenefit::Gift(_)
            | PlanBenefit::Shipping(_) => {}
        }
    }
}

fn write_points(quote: &mut Quote, rule: u32, direction: PointsDirection, points: u64) {
    quote.points.push(QuotePoints { rule, direction, points });
}

fn write_grant(quote: &mut Quote, rule: u32, give: &PlanGiven, pieces: u64) {
    let slot = quote.grants.next_slot();
    (slot.rule, slot.quantity) = (rule, pieces);
    let (coupon, class, minor) = match give {
        PlanGiven::Coupon(template) => (template.as_str(), "", 0),
        PlanGiven::Balance { class, minor } => ("", class.as_str(), *minor),
    };
    slot.coupon.copy_from(coupon);
    slot.class.copy_from(class);
    slot.amount = Money::from_minor(minor);
}

/// What the quote draws from the customer's wallet; no rule's own, so it stands before all others.
pub(super) fn write_wallet_claims(pricing: Pricing<'_>, scratch: &Scratch, quote: &mut Quote) {
    let redeems =
        |rule: u32| matches!(pricing.plan.rules[rule as usize].benefit, PlanBenefit::PointsRedeem(_));
    let redeemed = scratch.applied.iter().filter(|applied| redeems(applied.rule));
    let redeemed = redeemed.fold(0_u64, |sum, applied| sum.saturating_add(applied.points));
    if redeemed == 0 {
        return;
    }
    let slot = quote.claims.next_slot();
    slot.resource.rule.copy_from("");
    slot.resource.kind = ResourceKind::WalletPoints;
    slot.resource.customer.copy_from(pricing.context.customer.id.as_ref().map_or("", |id| id.as_str()));
    slot.amount = redeemed;
}
