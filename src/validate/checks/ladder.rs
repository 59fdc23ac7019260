//! Ladders: thresholds rise, are within reach, and so does what they give (M-5).

use super::benefit::times;
use super::multi::unit_off;
use super::tiers::{Counts, Gives, Ladder, above_cap};
use super::{required, selector, slips, stages};
use crate::bounds::UNITS_MAX;
use crate::money::Money;
use crate::rules::{Every, Pick, QuantityTiers, Rule, SpendTiers, Step, TierOff, Times, UnitLadder};
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::scope::{Scope, Zero};

/// What is said of a threshold of nothing.
const REACHED: &str = "every cart reaches it";

pub(super) fn spend(scope: &mut Scope<'_>, rule: &Rule, ladder: &SpendTiers, at: &At<'_>) {
    let list = at.key("tiers");
    sizes(scope, ladder.tiers.len(), &list);
    let (qualifier, base) = (ladder.qualifier.as_ref(), ladder.base.as_ref());
    let counts = Counts::of(scope, qualifier, &ladder.target, base);
    let comparing = Ladder { rule, target: &ladder.target, counts };
    let most = required::spend_most(scope, rule, qualifier.unwrap_or(&ladder.target), base);
    let mut before: Option<(Option<Money>, Option<Gives>)> = None;
    for (index, tier) in ladder.tiers.iter().enumerate() {
        let place = list.index(index);
        let (from, off) = (place.key("at"), place.key("off"));
        let threshold = scope.amount(&from, tier.at, Zero::Fine);
        if let (Some(most), Some(threshold)) = (most, threshold)
            && threshold > most
        {
            scope.report(Code::UnreachableTier, &from, "the rule's own condition lets no such spend through");
        }
        let gives = tier_off(scope, tier.off, &off);
        let gave = before.and_then(|(_, gave)| gave);
        match before {
            Some((low, _)) => rises(scope, low.zip(threshold), &from),
            None if threshold == Some(Money::ZERO) => scope.report(Code::AlwaysHolds, &from, REACHED),
            None => {}
        }
        match (gave, gives) {
            (Some(gave), Some(gives)) => comparing.rises(scope, (gave, gives), threshold, &off),
            (None, Some(gives)) => above_cap(scope, rule, gives, &off),
            (_, None) => {}
        }
        slips::deep(scope, rule, gives, &off);
        let nothing = (Some(Money::ZERO), Some(Gives::Amount(Money::ZERO)));
        let (low, gave) = before.unwrap_or(nothing);
        slips::steep_tier(scope, rule, low.zip(gave), threshold.zip(gives), &place);
        before = Some((threshold, gives));
    }
    if let Some(qualifier) = qualifier {
        selector::check(scope, qualifier, &at.key("qualifier"));
    }
    if let Some(base) = base {
        stages::base(scope, base, &at.key("base"));
    }
    selector::check(scope, &ladder.target, &at.key("target"));
}

pub(super) fn quantity(scope: &mut Scope<'_>, rule: &Rule, ladder: &QuantityTiers, at: &At<'_>) {
    let list = at.key("tiers");
    sizes(scope, ladder.tiers.len(), &list);
    let counted = ladder.qualifier.as_ref().unwrap_or(&ladder.target);
    let most = required::units_most(scope, rule, counted);
    let comparing = Ladder { rule, target: &ladder.target, counts: Counts::Units };
    let mut before: Option<(u32, Option<Gives>)> = None;
    for (index, tier) in ladder.tiers.iter().enumerate() {
        let place = list.index(index);
        let (from, off) = (place.key("at"), place.key("off"));
        reachable(scope, tier.at, most.unwrap_or(UNITS_MAX), &from);
        let gives = tier_off(scope, tier.off, &off);
        match before {
            Some((low, _)) => rises(scope, Some((low, tier.at)), &from),
            None if tier.at == 0 => scope.report(Code::AlwaysHolds, &from, REACHED),
            None => {}
        }
        match (before.and_then(|(_, gave)| gave), gives) {
            (Some(gave), Some(gives)) => comparing.rises(scope, (gave, gives), None, &off),
            (None, Some(gives)) => above_cap(scope, rule, gives, &off),
            (_, None) => {}
        }
        slips::deep(scope, rule, gives, &off);
        before = Some((tier.at, gives));
    }
    if let Some(qualifier) = &ladder.qualifier {
        selector::check(scope, qualifier, &at.key("qualifier"));
    }
    selector::check(scope, &ladder.target, &at.key("target"));
}

pub(super) fn units(scope: &mut Scope<'_>, rule: &Rule, ladder: &UnitLadder, at: &At<'_>) {
    let list = at.key("steps");
    sizes(scope, ladder.steps.len(), &list);
    let most = required::units_most(scope, rule, &ladder.target).unwrap_or(UNITS_MAX);
    let last = ladder.units_max.unwrap_or(UNITS_MAX).min(most);
    let comparing = Ladder { rule, target: &ladder.target, counts: Counts::Units };
    let mut before: Option<(u32, Option<Gives>)> = None;
    for (index, step) in ladder.steps.iter().enumerate() {
        let place = list.index(index);
        let (from, off) = (place.key("from"), place.key("off"));
        scope.count(&from, step.from);
        // A limit of no units is reported as such.
        if last > 0 {
            reachable(scope, step.from, last, &from);
        }
        rises(scope, before.map(|(low, _)| (low, step.from)), &from);
        let gives = unit_off(scope, step.off, &off);
        // One unit more moves those behind it to the next place. With the dearest first each place then has a dearer
        // unit than before, so any steps will do; with the cheapest first the same units stand one place further.
        match (before.and_then(|(_, gave)| gave), gives, ladder.order) {
            (Some(gave), Some(gives), Pick::Cheapest) => comparing.rises(scope, (gave, gives), None, &off),
            (None, Some(gives), Pick::Cheapest) | (_, Some(gives), Pick::Dearest) => {
                above_cap(scope, rule, gives, &off);
            }
            (_, None, _) => {}
        }
        // Steps from a later unit on leave the first one as it is.
        if step.from == 1 && ladder.units_max.is_none() {
            slips::deep(scope, rule, gives, &off);
        }
        before = Some((step.from, gives));
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
    steps_in_reach(scope, rule, every, amount, at);
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
    if let (Step::Spend(spend), Some(amount)) = (every.step, amount)
        && let Some(spend) = scope.minor(spend)
    {
        slips::steep(scope, spend.minor(), amount.minor().min(scope.cap(rule)), &at.key("amount"));
    }
}

/// Finds steps that a cap, or the rule's own condition, never lets through.
fn steps_in_reach(scope: &mut Scope<'_>, rule: &Rule, every: &Every, amount: Option<Money>, at: &At<'_>) {
    let counted = every.qualifier.as_ref().unwrap_or(&every.target);
    let most = match every.step {
        Step::Spend(step) => {
            let most = required::spend_most(scope, rule, counted, every.base.as_ref());
            let steps =
                most.zip(scope.minor(step)).map(|(most, step)| most.minor().checked_div(step.minor()));
            steps.flatten()
        }
        Step::Quantity(step) => {
            let most = required::units_most(scope, rule, counted);
            most.and_then(|most| most.checked_div(step)).map(i64::from)
        }
    };
    if most == Some(0) {
        let message = "the rule's own condition lets no whole step through";
        scope.report(Code::UnreachableTier, &at.key("step"), message);
        return;
    }
    let cap = scope.cap(rule).min(scope.order_cap());
    let paid_for = amount.and_then(|amount| Some(cap.checked_sub(1)?.checked_div(amount.minor())? + 1));
    match every.times {
        Times::Max(times) if most.is_some_and(|most| i64::from(times) > most) => {
            let message = "the rule's own condition lets fewer steps through";
            scope.report(Code::BeyondReach, &at.key("times"), message);
        }
        Times::Max(times) if paid_for.is_some_and(|steps| i64::from(times) > steps) => {
            scope.report(Code::BeyondReach, &at.key("times"), "a cap is reached after fewer steps");
        }
        Times::Max(_) | Times::Uncapped => {
            if let Some(amount) = amount {
                above_cap(scope, rule, Gives::Amount(amount), &at.key("amount"));
            }
        }
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
