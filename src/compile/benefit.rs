//! Benefits to their lowered forms, and what each needs to give anything.

use super::index::KeySet;
use super::lower::Lowering;
use super::payment::{lower_presale, use_balance};
use super::plan::{
    Keep, Off, Partial, PlanBenefit, PlanBundle, PlanBuyGet, PlanGift, PlanGiftOption, PlanNthUnit, PlanPool,
    PlanSelector, PlanShipping, PlanShippingOff, PlanStep, Value, WithShipping,
};
use super::prices::{bargain_price, group_price};
use super::rewards::{lower_grant, points_earn, points_redeem};
use super::selector::{Lowered as Select, lower_selector};
use crate::money::{Amount, Rate};
use crate::rules::{
    AmountOff, Benefit, Bundle, BuyGet, Each, Every, Gift, GroupOff, NFor, NthUnit, PercentOf, PercentOff,
    Pick, Pool, QuantityTiers, Selector, Shipping, ShippingOff, SpendTiers, Step, TierOff, Times, UnitLadder,
    UnitLimit, UnitOff,
};

/// A lowered benefit and what it needs.
pub(super) struct Lowered {
    pub benefit: PlanBenefit,
    /// One of these keys must be on some item.
    pub anchor: Option<KeySet>,
    /// The cart must be worth this much at list price, in minor units.
    pub list_value: i64,
}

impl Lowered {
    pub const fn new(benefit: PlanBenefit, anchor: Option<KeySet>) -> Self {
        Self { benefit, anchor, list_value: 0 }
    }

    const fn needing(mut self, list_value: i64) -> Self {
        self.list_value = list_value;
        self
    }
}

/// Lowers a benefit of a rule whose stage computes from `own`.
pub(super) fn lower_benefit(lowering: &mut Lowering<'_>, benefit: &Benefit, own: Value) -> Lowered {
    match benefit {
        Benefit::PercentOff(off) => percent_off(lowering, off, own),
        Benefit::AmountOff(off) => amount_off(lowering, off, own),
        Benefit::UnitPrice(off) => {
            let Select { selector: target, anchor } = lower_selector(lowering, &off.target, own);
            let price = lowering.minor(off.price);
            Lowered::new(PlanBenefit::UnitPrice { target, price, keep: off.limit.map(keep) }, anchor)
        }
        Benefit::TotalPrice(off) => {
            let Select { selector: target, anchor } = lower_selector(lowering, &off.target, own);
            Lowered::new(PlanBenefit::TotalPrice { target, price: lowering.minor(off.price) }, anchor)
        }
        Benefit::SpendTiers(ladder) => spend_tiers(lowering, ladder, own),
        Benefit::Every(every) => lower_every(lowering, every, own),
        Benefit::QuantityTiers(ladder) => quantity_tiers(lowering, ladder, own),
        Benefit::UnitLadder(ladder) => unit_ladder(lowering, ladder, own),
        Benefit::BuyGet(offer) => buy_get(lowering, offer, own),
        Benefit::NthUnit(offer) => nth_unit(lowering, offer, own),
        Benefit::NFor(offer) => n_for(lowering, offer, own),
        Benefit::Bundle(offer) => bundle(lowering, offer, own),
        Benefit::Gift(gift) => lower_gift(lowering, gift, own),
        Benefit::Shipping(shipping) => lower_shipping(lowering, shipping),
        Benefit::GroupPrice(group) => group_price(lowering, group, own),
        Benefit::BargainPrice(bargain) => bargain_price(lowering, bargain, own),
        Benefit::Presale(presale) => lower_presale(lowering, presale, own),
        Benefit::UseBalance(balance) => use_balance(lowering, balance, own),
        Benefit::PointsEarn(earn) => points_earn(lowering, earn, own),
        Benefit::PointsRedeem(redeem) => points_redeem(lowering, redeem, own),
        Benefit::Grant(grant) => lower_grant(lowering, grant, own),
    }
}

fn percent_off(lowering: &mut Lowering<'_>, off: &PercentOff, own: Value) -> Lowered {
    let Select { selector: target, anchor } = lower_selector(lowering, &off.target, own);
    let (rate, keep) = (lowering.rate(off.percent), off.limit.map(keep));
    match off.of {
        PercentOf::Value if off.with_shipping => Lowered::new(
            PlanBenefit::PercentOff { target, rate, keep, with_shipping: WithShipping::Yes },
            None,
        ),
        PercentOf::Value => Lowered::new(
            PlanBenefit::PercentOff { target, rate, keep, with_shipping: WithShipping::No },
            anchor,
        ),
        PercentOf::Reference => Lowered::new(PlanBenefit::ReferencePercent { target, rate, keep }, anchor),
    }
}

fn amount_off(lowering: &mut Lowering<'_>, off: &AmountOff, own: Value) -> Lowered {
    let Select { selector: target, anchor } = lower_selector(lowering, &off.target, own);
    let (amount, keep) = (lowering.minor(off.amount), off.limit.map(keep));
    match off.each {
        Each::Unit => Lowered::new(PlanBenefit::AmountPerUnit { target, amount, keep }, anchor),
        Each::Once if off.with_shipping => Lowered::new(
            PlanBenefit::AmountOnce { target, amount, keep, with_shipping: WithShipping::Yes },
            None,
        ),
        Each::Once => Lowered::new(
            PlanBenefit::AmountOnce { target, amount, keep, with_shipping: WithShipping::No },
            anchor,
        ),
    }
}

/// A target and, where one is named, a qualifier: the rule needs a unit of the target either way.
fn target_and_qualifier(
    lowering: &mut Lowering<'_>,
    target: &Selector,
    qualifier: Option<&Selector>,
    own: Value,
) -> (PlanSelector, Option<PlanSelector>, Option<KeySet>) {
    let Select { selector: target, anchor } = lower_selector(lowering, target, own);
    let qualifier = qualifier.map(|qualifier| lower_selector(lowering, qualifier, own).selector);
    (target, qualifier, anchor)
}

fn spend_tiers(lowering: &mut Lowering<'_>, ladder: &SpendTiers, own: Value) -> Lowered {
    let (target, qualifier, anchor) =
        target_and_qualifier(lowering, &ladder.target, ladder.qualifier.as_ref(), own);
    let value = lowering.value(ladder.base.as_ref(), own);
    let tiers: Box<[(i64, Off)]> =
        ladder.tiers.iter().map(|tier| (lowering.minor(tier.at), tier_off(lowering, tier.off))).collect();
    let first = tiers.first().map_or(0, |(at, _)| *at);
    Lowered::new(PlanBenefit::SpendTiers { target, qualifier, value, tiers }, anchor).needing(first)
}

fn lower_every(lowering: &mut Lowering<'_>, every: &Every, own: Value) -> Lowered {
    let (target, qualifier, anchor) =
        target_and_qualifier(lowering, &every.target, every.qualifier.as_ref(), own);
    let value = lowering.value(every.base.as_ref(), own);
    let (step, amount) = (plan_step(lowering, every.step), lowering.minor(every.amount));
    let first = match step {
        PlanStep::Spend(spend) => spend,
        PlanStep::Quantity(_) => 0,
    };
    let benefit = PlanBenefit::Every { target, qualifier, value, step, amount, times: times(every.times) };
    Lowered::new(benefit, anchor).needing(first)
}

fn quantity_tiers(lowering: &mut Lowering<'_>, ladder: &QuantityTiers, own: Value) -> Lowered {
    let (target, qualifier, anchor) =
        target_and_qualifier(lowering, &ladder.target, ladder.qualifier.as_ref(), own);
    let tiers = ladder.tiers.iter().map(|tier| (tier.at, tier_off(lowering, tier.off))).collect();
    Lowered::new(PlanBenefit::QuantityTiers { target, qualifier, tiers }, anchor)
}

fn unit_ladder(lowering: &mut Lowering<'_>, ladder: &UnitLadder, own: Value) -> Lowered {
    let Select { selector: target, anchor } = lower_selector(lowering, &ladder.target, own);
    let steps = ladder.steps.iter().map(|step| (step.from, unit_off(lowering, step.off))).collect();
    let units_max = ladder.units_max.unwrap_or(u32::MAX);
    Lowered::new(PlanBenefit::UnitLadder { target, steps, order: ladder.order, units_max }, anchor)
}

fn buy_get(lowering: &mut Lowering<'_>, offer: &BuyGet, own: Value) -> Lowered {
    let (qualifier, _) = pool(lowering, &offer.qualifier, own);
    let (target, anchor) = pool(lowering, &offer.target, own);
    let benefit = PlanBuyGet {
        qualifier,
        target,
        off: unit_off(lowering, offer.off),
        pick: offer.pick,
        partial: if offer.partial { Partial::Yes } else { Partial::No },
        times: times(offer.times),
    };
    Lowered::new(PlanBenefit::BuyGet(Box::new(benefit)), anchor)
}

fn nth_unit(lowering: &mut Lowering<'_>, offer: &NthUnit, own: Value) -> Lowered {
    let Select { selector: target, anchor } = lower_selector(lowering, &offer.target, own);
    let benefit = PlanNthUnit {
        target,
        nth: offer.nth,
        off: unit_off(lowering, offer.off),
        order: offer.order,
        take: offer.take,
        pick: offer.pick,
        position: offer.position,
        times: times(offer.times),
        units_max: offer.units_max.unwrap_or(u32::MAX),
    };
    Lowered::new(PlanBenefit::NthUnit(Box::new(benefit)), anchor)
}

fn n_for(lowering: &mut Lowering<'_>, offer: &NFor, own: Value) -> Lowered {
    let Select { selector: target, anchor } = lower_selector(lowering, &offer.target, own);
    let off = group_off(lowering, offer.off);
    let benefit =
        PlanBenefit::NFor { target, units: offer.units, off, pick: offer.pick, times: times(offer.times) };
    Lowered::new(benefit, anchor)
}

fn bundle(lowering: &mut Lowering<'_>, offer: &Bundle, own: Value) -> Lowered {
    let mut anchor = None;
    let mut parts = Vec::with_capacity(offer.parts.len());
    for part in &offer.parts {
        let (part, keys) = pool(lowering, part, own);
        // Any part will do; the first that names keys is taken.
        anchor = anchor.or(keys);
        parts.push(part);
    }
    let off = group_off(lowering, offer.off);
    let benefit =
        PlanBundle { parts: parts.into_boxed_slice(), off, pick: offer.pick, times: times(offer.times) };
    Lowered::new(PlanBenefit::Bundle(Box::new(benefit)), anchor)
}

fn lower_gift(lowering: &mut Lowering<'_>, gift: &Gift, own: Value) -> Lowered {
    let Select { selector: qualifier, anchor } = lower_selector(lowering, &gift.qualifier, own);
    let options = gift.options.iter().map(|option| PlanGiftOption {
        sku: option.sku.clone(),
        quantity: option.quantity,
        price_minor: option.price.map_or(0, |price| lowering.minor(price)),
    });
    let options = options.collect();
    let benefit = PlanGift {
        qualifier,
        every: gift.every.map(|step| plan_step(lowering, step)),
        value: lowering.value(gift.base.as_ref(), own),
        times: times(gift.times),
        choose: gift.choose,
        options,
    };
    Lowered::new(PlanBenefit::Gift(Box::new(benefit)), anchor)
}

fn lower_shipping(lowering: &Lowering<'_>, shipping: &Shipping) -> Lowered {
    let off = match shipping.off {
        ShippingOff::Free {} => PlanShippingOff::Percent(Rate::WHOLE),
        ShippingOff::Percent(percent) => PlanShippingOff::Percent(lowering.rate(percent)),
        ShippingOff::Amount(amount) => PlanShippingOff::Amount(lowering.minor(amount)),
        ShippingOff::AmountEach(amount) => PlanShippingOff::AmountEach(lowering.minor(amount)),
        ShippingOff::Price(price) => PlanShippingOff::Price(lowering.minor(price)),
    };
    let benefit = PlanShipping {
        off,
        methods: shipping.methods.iter().cloned().collect(),
        shops: shipping.shops.iter().cloned().collect(),
    };
    Lowered::new(PlanBenefit::Shipping(Box::new(benefit)), None)
}

fn pool(lowering: &mut Lowering<'_>, pool: &Pool, own: Value) -> (PlanPool, Option<KeySet>) {
    let Select { selector, anchor } = lower_selector(lowering, &pool.selector, own);
    (PlanPool { selector, quantity: pool.quantity }, anchor)
}

pub(super) fn plan_step(lowering: &Lowering<'_>, step: Step) -> PlanStep {
    match step {
        Step::Spend(amount) => PlanStep::Spend(lowering.minor(amount)),
        Step::Quantity(units) => PlanStep::Quantity(units),
    }
}

fn tier_off(lowering: &Lowering<'_>, off: TierOff) -> Off {
    match off {
        TierOff::Percent(percent) => Off::Percent(lowering.rate(percent)),
        TierOff::Amount(amount) => Off::Amount(lowering.minor(amount)),
        TierOff::UnitPrice(price) => Off::UnitPrice(lowering.minor(price)),
    }
}

fn unit_off(lowering: &Lowering<'_>, off: UnitOff) -> Off {
    let minor = |amount: Amount| lowering.minor(amount);
    match off {
        UnitOff::Percent(percent) => Off::Percent(lowering.rate(percent)),
        UnitOff::Amount(amount) => Off::Amount(minor(amount)),
        UnitOff::Price(price) => Off::UnitPrice(minor(price)),
    }
}

fn group_off(lowering: &Lowering<'_>, off: GroupOff) -> Off {
    match off {
        GroupOff::Percent(percent) => Off::Percent(lowering.rate(percent)),
        GroupOff::Amount(amount) => Off::Amount(lowering.minor(amount)),
        GroupOff::Price(price) => Off::Price(lowering.minor(price)),
        GroupOff::UnitPrice(price) => Off::UnitPrice(lowering.minor(price)),
    }
}

const fn keep(limit: UnitLimit) -> Keep {
    match limit {
        UnitLimit::Cheapest(units) => Keep { units, pick: Pick::Cheapest },
        UnitLimit::Dearest(units) => Keep { units, pick: Pick::Dearest },
    }
}

pub(super) const fn times(times: Times) -> u32 {
    match times {
        Times::Max(times) => times,
        Times::Uncapped => u32::MAX,
    }
}
