//! What a quote says of points, of things for later, and of the wallet.

use super::Pricing;
use super::scratch::Scratch;
use crate::compile::plan::{PlanBenefit, PlanGiven, PlanGroupPrice};
use crate::money::Money;
use crate::record::{
    Claim, PointsDirection, Quote, QuoteGrant, QuoteGroup, QuotePoints, Resource, ResourceKind,
};
use crate::shop::{BuyingGroup, GroupRole};

/// Lists points earned and redeemed, and grants, in the order their rules applied.
pub(super) fn write(pricing: Pricing<'_>, scratch: &Scratch, quote: &mut Quote) {
    if !pricing.plan.asks.quoted {
        return;
    }
    for (position, applied) in (0_u32..).zip(&scratch.applied) {
        match &pricing.plan.rules[applied.rule as usize].benefit {
            PlanBenefit::Grant(grant) => write_grant(quote, position, &grant.give, applied.units),
            PlanBenefit::PointsEarn(_) => {
                write_points(quote, position, PointsDirection::Earned, applied.points)
            }
            PlanBenefit::PointsRedeem(_) => {
                write_points(quote, position, PointsDirection::Redeemed, applied.points);
            }
            PlanBenefit::GroupPrice(group) => write_group(pricing, quote, position, group),
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
            | PlanBenefit::Shipping(_)
            | PlanBenefit::BargainPrice { .. }
            | PlanBenefit::Presale(_)
            | PlanBenefit::UseBalance(_) => {}
        }
    }
}

fn write_points(quote: &mut Quote, rule: u32, direction: PointsDirection, points: u64) {
    quote.points.push(QuotePoints { rule, direction, points });
}

/// The price of a group that the customer is in, and the next tier's.
fn write_group(pricing: Pricing<'_>, quote: &mut Quote, rule: u32, group: &PlanGroupPrice) {
    let (Ok((tier, price)), Some(BuyingGroup { size: members, status, role, .. })) =
        (pricing.group_price(group), pricing.context.group)
    else {
        return;
    };
    let (size, ..) = group.tiers.get(tier).copied().unwrap_or_default();
    let next = group.tiers.get(tier + 1).copied();
    let (next_size, next_price) = next.map_or((0, 0), |(size, price, leader)| match role {
        GroupRole::Leader => (size, leader),
        GroupRole::Member => (size, price),
    });
    let (unit_price, next_unit_price) = (Money::from_minor(price), Money::from_minor(next_price));
    quote.groups.push(QuoteGroup { rule, status, members, size, unit_price, next_size, next_unit_price });
}

fn write_grant(quote: &mut Quote, rule: u32, give: &PlanGiven, quantity: u64) {
    let grant = QuoteGrant { rule, quantity, ..QuoteGrant::default() };
    quote.grants.push(match give {
        PlanGiven::Coupon(coupon) => QuoteGrant { coupon: coupon.clone(), ..grant },
        PlanGiven::Balance { class, minor } => {
            QuoteGrant { class: class.clone(), amount: Money::from_minor(*minor), ..grant }
        }
    });
}

/// What the quote draws from the customer's wallet; no rule's own, so it stands before all others.
pub(super) fn write_wallet_claims(pricing: Pricing<'_>, scratch: &Scratch, quote: &mut Quote) {
    if !pricing.plan.asks.quoted {
        return;
    }
    let redeems =
        |rule: u32| matches!(pricing.plan.rules[rule as usize].benefit, PlanBenefit::PointsRedeem(_));
    let redeemed = scratch.applied.iter().filter(|applied| redeems(applied.rule));
    let redeemed = redeemed.fold(0_u64, |sum, applied| sum.saturating_add(applied.points));
    if redeemed == 0 {
        return;
    }
    let customer = pricing.context.customer.id.clone().unwrap_or_default();
    let resource = Resource { kind: ResourceKind::WalletPoints, customer, ..Resource::default() };
    quote.claims.push(Claim { resource, amount: redeemed });
}
