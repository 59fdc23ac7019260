//! Ladders: thresholds rise, and so does what they give (M-5).

use super::benefit::times;
use super::multi::unit_off;
use super::{selector, stages};
use crate::bounds::UNITS_MAX;
use crate::money::{Money, Rate, RoundMode};
use crate::rules::{Every, QuantityTiers, Rule, SpendTiers, Step, TierOff, Times, UnitLadder};
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::scope::{Scope, Zero};

/// A reduction that gives back this much of the further spend it asks for looks like a slip.
const STEEP_PERCENT: i128 = 80;

/// What a tier gives, in numbers.
#[derive(Clone, Copy)]
enum Gives {
    Rate(Rate),
    Amount(Money),
    UnitPrice(Money),
}

pub(super) fn spend(scope: &mut Scope<'_>, rule: &Rule, ladder: &SpendTiers, at: &At<'_>) {
    let list = at.key("tiers");
    sizes(scope, ladder.tiers.len(), &list);
    // Only then is the spend the value the reduction is taken off.
    let of_the_spend = ladder.qualifier.is_none() && ladder.base.is_none();
    let mut before: Option<(Option<Money>, Option<Gives>)> = None;
    for (index, tier) in ladder.tiers.iter().enumerate() {
        let place = list.index(index);
        let threshold = scope.amount(&place.key("at"), tier.at, Zero::Fine);
        let gives = tier_off(scope, tier.off, &place.key("off"));
        if let Some((low, gave)) = before {
            rises(scope, low.zip(threshold), &place.key("at"));
            let border = threshold.filter(|_| of_the_spend).map(|at| Border::new(scope, rule, at));
            if let Some((gave, gives)) = gave.zip(gives) {
                gives_more(scope, gave, gives, border, &place.key("off"));
            }
        }
        if let Some((low, gave)) = before {
            steep_tier(scope, low.zip(gave), threshold.zip(gives), &place);
        }
        before = Some((threshold, gives));
    }
    if let Some(qualifier) = &ladder.qualifier {
        selector::check(scope, qualifier, &at.key("qualifier"));
    }
    if let Some(base) = &ladder.base {
        stages::base(scope, base, &at.key("base"));
    }
    selector::check(scope, &ladder.target, &at.key("target"));
}

pub(super) fn quantity(scope: &mut Scope<'_>, ladder: &QuantityTiers, at: &At<'_>) {
    let list = at.key("tiers");
    sizes(scope, ladder.tiers.len(), &list);
    let mut before: Option<(u32, Option<Gives>)> = None;
    for (index, tier) in ladder.tiers.iter().enumerate() {
        let place = list.index(index);
        reachable(scope, tier.at, UNITS_MAX, &place.key("at"));
        let gives = tier_off(scope, tier.off, &place.key("off"));
        if let Some((low, gave)) = before {
            rises(scope, Some((low, tier.at)), &place.key("at"));
            if let Some((gave, gives)) = gave.zip(gives) {
                gives_more(scope, gave, gives, None, &place.key("off"));
            }
        }
        before = Some((tier.at, gives));
    }
    if let Some(qualifier) = &ladder.qualifier {
        selector::check(scope, qualifier, &at.key("qualifier"));
    }
    selector::check(scope, &ladder.target, &at.key("target"));
}

pub(super) fn units(scope: &mut Scope<'_>, ladder: &UnitLadder, at: &At<'_>) {
    let list = at.key("steps");
    sizes(scope, ladder.steps.len(), &list);
    let last = ladder.units_max.unwrap_or(UNITS_MAX);
    let mut before: Option<u32> = None;
    for (index, step) in ladder.steps.iter().enumerate() {
        let place = list.index(index);
        let from = place.key("from");
        scope.count(&from, step.from);
        // A limit of no units is reported as such.
        if last > 0 {
            reachable(scope, step.from, last, &from);
        }
        rises(scope, before.map(|low| (low, step.from)), &from);
        unit_off(scope, step.off, &place.key("off"));
        before = Some(step.from);
    }
    if let Some(units) = ladder.units_max {
        scope.count(&at.key("units_max"), units);
    }
    selector::check(scope, &ladder.target, &at.key("target"));
}

pub(super) fn every(scope: &mut Scope<'_>, rule: &Rule, every: &Every, at: &At<'_>) {
    let counts_spend = step(scope, every.step, &at.key("step"));
    let amount = scope.amount(&at.key("amount"), every.amount, Zero::GivesNothing);
    times(scope, every.times, &at.key("times"));
    if every.times == Times::Uncapped && rule.cap.is_none() {
        let message = "the amount comes off for every step, however many there are";
        scope.report(Code::UncappedEvery, &at.key("times"), message);
    }
    if let Some(qualifier) = &every.qualifier {
        selector::check(scope, qualifier, &at.key("qualifier"));
    }
    if let Some(base) = &every.base {
        let place = at.key("base");
        stages::base(scope, base, &place);
        if !counts_spend {
            scope.report(Code::NoEffect, &place, "no spend is counted");
        }
    }
    selector::check(scope, &every.target, &at.key("target"));
    if let (Step::Spend(spend), Some(amount), Some(currency)) = (every.step, amount, scope.currency)
        && let Ok(spend) = spend.to_money(currency)
    {
        steep(scope, spend.minor(), amount.minor(), &at.key("amount"));
    }
}

/// Checks a step; whether it counts spend.
pub(super) fn step(scope: &mut Scope<'_>, step: Step, at: &At<'_>) -> bool {
    match step {
        Step::Spend(amount) => {
            scope.amount(&at.key("spend"), amount, Zero::Refused);
            true
        }
        Step::Quantity(units) => {
            scope.units(&at.key("quantity"), units);
            false
        }
    }
}

pub(super) fn sizes(scope: &mut Scope<'_>, tiers: usize, list: &At<'_>) {
    let limit = scope.limits.tiers;
    if tiers == 0 {
        scope.report(Code::EmptyList, list, "no tier is listed");
    }
    if tiers > limit {
        let message = format_args!("{tiers} tiers; at most {limit} are allowed");
        scope.report(Code::TooManyTiers, list, message);
    }
}

fn tier_off(scope: &mut Scope<'_>, off: TierOff, at: &At<'_>) -> Option<Gives> {
    match off {
        TierOff::Percent(percent) => {
            scope.percent(&at.key("percent"), percent, Zero::GivesNothing).map(Gives::Rate)
        }
        TierOff::Amount(amount) => {
            scope.amount(&at.key("amount"), amount, Zero::GivesNothing).map(Gives::Amount)
        }
        TierOff::UnitPrice(price) => {
            scope.amount(&at.key("unit_price"), price, Zero::Fine).map(Gives::UnitPrice)
        }
    }
}

pub(super) fn rises<T: PartialOrd>(scope: &mut Scope<'_>, thresholds: Option<(T, T)>, at: &At<'_>) {
    if thresholds.is_some_and(|(low, high)| high <= low) {
        let message = "it is not above the threshold before it";
        scope.report(Code::TiersNotRising, at, message);
    }
}

fn reachable(scope: &mut Scope<'_>, from: u32, last: u32, at: &At<'_>) {
    if from > last {
        let message = format_args!("from unit {from} on, and unit {last} is the last");
        scope.report(Code::UnreachableTier, at, message);
    }
}

/// Where one tier of a ladder ends and the next begins, when the spend it counts is the value it reduces.
#[derive(Clone, Copy)]
struct Border {
    /// The last spend of the tier before, in minor units.
    below: i64,
    mode: RoundMode,
    /// The most the rule asks.
    cap: i64,
}

impl Border {
    fn new(scope: &Scope<'_>, rule: &Rule, at: Money) -> Self {
        let cap = rule.cap.zip(scope.currency).and_then(|(cap, currency)| cap.to_money(currency).ok());
        Self {
            below: at.minor().saturating_sub(1),
            mode: rule.rounding.unwrap_or(scope.rounding).mode,
            cap: cap.map_or(i64::MAX, Money::minor),
        }
    }

    /// What each of two tiers gives at most where they meet: the last of the one, the first of the other. `None` when
    /// the one before depends on how many units make up the spend, and may have given nothing.
    fn meet(self, gave: Gives, gives: Gives) -> Option<(i64, i64)> {
        let at_most = |gives: Gives, spend: i64| {
            let off = match gives {
                Gives::Rate(rate) => rate.of(Money::from_minor(spend), self.mode).minor(),
                Gives::Amount(amount) => amount.minor().min(spend),
                // One unit makes up the spend; of several less comes off.
                Gives::UnitPrice(price) => spend.saturating_sub(price.minor()).max(0),
            };
            off.min(self.cap)
        };
        match gave {
            Gives::Rate(_) | Gives::Amount(_) => {
                Some((at_most(gave, self.below), at_most(gives, self.below.saturating_add(1))))
            }
            Gives::UnitPrice(_) => None,
        }
    }
}

/// Checks that a tier gives more than the one before (M-5). Kinds differ in what they are measured in: a percentage of
/// the spend and an amount can be compared where the tiers meet; what a unit price comes to depends on the cart, so there
/// only a fall that no cart escapes is an error.
fn gives_more(scope: &mut Scope<'_>, gave: Gives, gives: Gives, border: Option<Border>, at: &At<'_>) {
    let more = match (gave, gives) {
        (Gives::Rate(gave), Gives::Rate(gives)) => Some(gives > gave),
        (Gives::Amount(gave), Gives::Amount(gives)) => Some(gives > gave),
        (Gives::UnitPrice(gave), Gives::UnitPrice(gives)) => Some(gives < gave),
        (Gives::Rate(_), Gives::Amount(_)) | (Gives::Amount(_), Gives::Rate(_)) => {
            let met = border.and_then(|border| border.meet(gave, gives));
            met.map(|(gave, gives)| gives >= gave)
        }
        (Gives::Rate(_) | Gives::Amount(_), Gives::UnitPrice(_))
        | (Gives::UnitPrice(_), Gives::Rate(_) | Gives::Amount(_)) => {
            let met = border.and_then(|border| border.meet(gave, gives));
            met.filter(|(gave, gives)| gives < gave).map(|_| false)
        }
    };
    match more {
        Some(true) => {}
        Some(false) => {
            let message = "it gives no more than the tier before it";
            scope.report(Code::TierGivesNoMore, at, message);
        }
        None => {
            let message = "whether it gives more than the tier before it depends on the cart";
            scope.report(Code::MixedTiers, at, message);
        }
    }
}

fn steep_tier(
    scope: &mut Scope<'_>,
    before: Option<(Money, Gives)>,
    now: Option<(Money, Gives)>,
    at: &At<'_>,
) {
    if let (Some((low, Gives::Amount(gave))), Some((high, Gives::Amount(gives)))) = (before, now) {
        // Neither is negative, so the differences fit.
        let (spend, amount) = (high.minor() - low.minor(), gives.minor() - gave.minor());
        steep(scope, spend, amount, &at.key("off"));
    }
}

fn steep(scope: &mut Scope<'_>, spend: i64, amount: i64, at: &At<'_>) {
    if spend > 0 && i128::from(amount) * 100 >= i128::from(spend) * STEEP_PERCENT {
        let message = "it gives back at least 80 % of the further spend it asks for";
        scope.report(Code::SteepTier, at, message);
    }
}
