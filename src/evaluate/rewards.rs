//! What a quote says of points, of things for later, and of the wallet.

use super::Pricing;
use super::scratch::Scratch;
use crate::compile::plan::{PlanBenefit, PlanGiven, PlanGroupPrice};
use crate::money::{Money, Shares};
use crate::record::{
    Claim, On, PointShare, PointsDirection, Quote, QuoteGrant, QuoteGroup, QuotePoints, Resource,
    ResourceKind,
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
                write_earned(pricing, scratch, quote, position, applied.points);
            }
            PlanBenefit::PointsRedeem(_) => {
                write_redeemed(quote, position, applied.points);
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

/// Points a rule gave: each item's share goes to its lines by their units.
fn write_earned(pricing: Pricing<'_>, scratch: &Scratch, quote: &mut Quote, rule: u32, points: u64) {
    let (entry, from) = (quote.points.len() as u32, quote.point_shares.len());
    quote.points.push(QuotePoints { rule, direction: PointsDirection::Earned, points });
    for share in scratch.point_shares.iter().filter(|share| share.applied == rule) {
        let item = match share.on {
            On::Line(item) => &pricing.cart.items()[item as usize],
            On::Charge(_) => {
                let points = share.points.unsigned_abs();
                quote.point_shares.push(PointShare { entry, on: share.on, points });
                continue;
            }
        };
        let units = |line: usize| i64::from(pricing.cart.lines()[line].quantity);
        let mut shares = Shares::new(share.points, item.lines.clone().map(units).sum());
        for line in item.lines.clone() {
            let points = shares.next(units(line)).unsigned_abs();
            if points > 0 {
                quote.point_shares.push(PointShare { entry, on: On::Line(line as u32), points });
            }
        }
    }
    // Parts come in turns of their own.
    quote.point_shares[from..].sort_unstable_by_key(|share| share.on);
}

/// Points that pay: each line and charge has the share of what they paid of it.
fn write_redeemed(quote: &mut Quote, rule: u32, points: u64) {
    let Quote { points: entries, point_shares, adjustments, rules, .. } = quote;
    let entry = entries.len() as u32;
    entries.push(QuotePoints { rule, direction: PointsDirection::Redeemed, points });
    let granted = rules.get(rule as usize).map_or(0, |total| total.granted.minor());
    let mut shares = Shares::new(i64::try_from(points).unwrap_or(i64::MAX), granted);
    for paid in adjustments.iter().filter(|adjustment| adjustment.rule == rule) {
        let points = shares.next(paid.granted.minor()).unsigned_abs();
        if points > 0 {
            point_shares.push(PointShare { entry, on: paid.on, points });
        }
    }
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
    let resource = Resource::new("", ResourceKind::WalletPoints).of(customer);
    quote.claims.push(Claim { resource, amount: redeemed });
}
