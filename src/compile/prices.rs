//! Group and bargain prices to their lowered forms.

use super::benefit::Lowered;
use super::lower::Lowering;
use super::plan::{PlanBenefit, PlanGroupPrice, Value};
use super::selector::{Lowered as Select, lower_selector};
use crate::rules::{BargainPrice, GroupPrice};

pub(super) fn group_price(lowering: &mut Lowering<'_>, group: &GroupPrice, own: Value) -> Lowered {
    let Select { selector: target, anchor } = lower_selector(lowering, &group.target, own);
    let tiers = group.tiers.iter().map(|tier| {
        let price = lowering.minor(tier.price);
        (tier.size, price, tier.leader.map_or(price, |leader| lowering.minor(leader)))
    });
    let tiers = tiers.collect();
    lowering.asks.quoted = true;
    Lowered::new(
        PlanBenefit::GroupPrice(Box::new(PlanGroupPrice { target, tiers, join: group.join })),
        anchor,
    )
}

pub(super) fn bargain_price(lowering: &mut Lowering<'_>, bargain: &BargainPrice, own: Value) -> Lowered {
    let Select { selector: target, anchor } = lower_selector(lowering, &bargain.target, own);
    Lowered::new(PlanBenefit::BargainPrice { target, floor: lowering.minor(bargain.floor) }, anchor)
}
