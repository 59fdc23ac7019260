//! Points and grants to their lowered forms.

use super::benefit::{Lowered, plan_step, times};
use super::condition::lower_condition;
use super::lower::Lowering;
use super::plan::{
    GiftCards, PlanBenefit, PlanGiven, PlanGrant, PlanMultiplier, PlanPointsEarn, PlanPointsRedeem, Value,
    WithShipping,
};
use super::selector::{Lowered as Select, lower_selector};
use crate::money::FACTOR_ONE;
use crate::rules::{Base, Given, Grant, Multiplier, PointsEarn, PointsRedeem};

pub(super) fn points_earn(lowering: &mut Lowering<'_>, earn: &PointsEarn, own: Value) -> Lowered {
    let Select { selector: of, anchor } = lower_selector(lowering, &earn.of, own);
    let value = lowering.value(Some(earn.base.as_ref().unwrap_or(&Base::Cash)), own);
    let mut multipliers = Vec::with_capacity(earn.multipliers.len());
    for multiplier in &earn.multipliers {
        multipliers.push(lower_multiplier(lowering, earn, multiplier, own));
    }
    lowering.asks.quoted = true;
    let benefit = PlanPointsEarn {
        of,
        value,
        points: earn.points,
        per_minor: lowering.minor(earn.per),
        multipliers: multipliers.into_boxed_slice(),
        points_max: earn.points_max.map_or(i64::MAX, i64::from),
        with_shipping: WithShipping::of(earn.with_shipping),
    };
    // Where shipping takes part, no goods have to be there.
    Lowered::new(PlanBenefit::PointsEarn(Box::new(benefit)), anchor.filter(|_| !earn.with_shipping))
}

fn lower_multiplier(
    lowering: &mut Lowering<'_>,
    earn: &PointsEarn,
    multiplier: &Multiplier,
    own: Value,
) -> PlanMultiplier {
    // Whether gift cards earn is said once, for what earns.
    let mut of = lower_selector(lowering, &multiplier.of, own).selector;
    if earn.of.gift_cards {
        of.gift_cards = GiftCards::Too;
    }
    PlanMultiplier {
        of,
        when: multiplier.when.as_ref().map(|when| lower_condition(lowering, when, own)),
        times: multiplier.times.ten_thousandths().unwrap_or(FACTOR_ONE),
    }
}

pub(super) fn points_redeem(lowering: &mut Lowering<'_>, redeem: &PointsRedeem, own: Value) -> Lowered {
    // Points pay for what is left when their turn comes, whatever the stage computes from.
    let Select { selector: target, anchor } = lower_selector(lowering, &redeem.target, Value::Now);
    let base = lowering.value(redeem.base.as_ref(), own);
    lowering.asks.quoted = true;
    let benefit = PlanPointsRedeem {
        target,
        step: redeem.step,
        value_minor: lowering.minor(redeem.value),
        points_min: redeem.points_min.map_or(0, u64::from),
        points_max: redeem.points_max.map_or(u64::MAX, u64::from),
        share: redeem.percent_max.map(|percent| (lowering.rate(percent), base)),
        with_shipping: WithShipping::of(redeem.with_shipping),
    };
    Lowered::new(PlanBenefit::PointsRedeem(Box::new(benefit)), anchor.filter(|_| !redeem.with_shipping))
}

pub(super) fn lower_grant(lowering: &mut Lowering<'_>, grant: &Grant, own: Value) -> Lowered {
    let Select { selector: qualifier, anchor } = lower_selector(lowering, &grant.qualifier, own);
    let give = match &grant.give {
        Given::Coupon(template) => PlanGiven::Coupon(template.clone()),
        Given::Balance(balance) => {
            PlanGiven::Balance { class: balance.class.clone(), minor: lowering.minor(balance.amount) }
        }
    };
    lowering.asks.quoted = true;
    let benefit = PlanGrant {
        qualifier,
        every: grant.every.map(|step| plan_step(lowering, step)),
        value: lowering.value(grant.base.as_ref(), own),
        times: times(grant.times),
        quantity: grant.quantity,
        give,
    };
    Lowered::new(PlanBenefit::Grant(Box::new(benefit)), anchor)
}
