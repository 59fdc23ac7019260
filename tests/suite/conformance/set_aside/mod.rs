//! What sets a case aside: features the rule language does not offer, or that are out of scope. Never an id.

mod members;
mod units;
mod wallet;

pub(super) use members::check_members;
pub(super) use units::{
    cart_order, cheaper_already, groups_cheaper_already, overlapping_pools, qualifiers_first, rounded_once,
    unequal_prices, unlike_groups,
};
pub(super) use wallet::{check_redemption, first_off_whole_order};

use std::collections::BTreeMap;

use dealproof::rules::Pick;
use dealproof::shop::CouponCode;
use serde_json::Value;

use super::form::{Action, Case, Promotion, SetAside};
use super::policy::{Consumes, Policy, StackingOf};
use super::selectors::SelectorForm;

type Verdict = Result<(), SetAside>;

/// Looks at a case before it is translated.
pub(super) fn check(case: &Case, policy: &Policy) -> Verdict {
    unknown_keys(case)?;
    expectation(case)?;
    goods(case)?;
    for promotion in &case.promotions {
        for action in promotion.actions() {
            wallet::check(case, policy, action)?;
            units_of_no_price(case, policy, action)?;
        }
        repetitions(promotion, policy)?;
    }
    codes(case, policy)?;
    if policy.overlap {
        return Err(SetAside::new(
            "a shared amount is laid on the lines that no other can use, which weighs promotions against each other",
        ));
    }
    if policy.nothing_counts_as_applied {
        return Err(SetAside::new(
            "a promotion that finds nothing left counts as applied; here it blocks nobody and is not listed (K-2)",
        ));
    }
    whole_promotions(case, policy)
}

fn unknown_keys(case: &Case) -> Verdict {
    let of = |what: &str, rest: &BTreeMap<String, Value>| match rest.keys().next() {
        None => Ok(()),
        Some(key) => Err(SetAside::new(format!("{key} of {what} is not known to the adapter"))),
    };
    of("the case", &case.rest)?;
    case.lines.iter().try_for_each(|line| of("a line", &line.rest))?;
    case.shipping_lines.iter().try_for_each(|line| of("a shipping line", &line.rest))?;
    case.customer.iter().try_for_each(|customer| of("the customer", &customer.rest))?;
    case.promotions.iter().try_for_each(|promotion| of("a promotion", &promotion.rest))?;
    let expected = case.expect.lines.iter();
    expected.into_iter().try_for_each(|line| of("an expected line", &line.rest))?;
    match case.expect.rest.keys().next().map(String::as_str) {
        None => Ok(()),
        Some(key) => Err(SetAside::new(format!("expected {key} is not known to the adapter"))),
    }
}

/// What a case has to assert.
fn expectation(case: &Case) -> Verdict {
    let points = [&case.expect.points_earned, &case.expect.points_spent];
    if case.expect.is_empty() {
        return Err(SetAside::new("nothing is expected: any quote would do"));
    }
    if points.into_iter().flatten().any(|points| points.whole().is_none()) {
        return Err(SetAside::new("parts of points: points are whole"));
    }
    Ok(())
}

fn goods(case: &Case) -> Verdict {
    for line in &case.lines {
        if line.whole_pieces().is_none() {
            return Err(SetAside::new("a decimal quantity: units are whole"));
        }
        if line.unit_price.is_negative() {
            return Err(SetAside::new("a line with a price below zero"));
        }
    }
    let mut lanes = case.promotions.iter().filter_map(|one| one.lane.as_deref());
    if let Some(lane) = lanes.find(|lane| !["pre", "default", "post"].contains(lane)) {
        return Err(SetAside::new(format!("lane {lane} is not known")));
    }
    let mut words = case.promotions.iter().filter_map(|one| one.compatible.as_deref());
    match words.find(|word| !["any", "none"].contains(word)) {
        Some(word) => Err(SetAside::new(format!("compatible with {word}: not known"))),
        None => Ok(()),
    }
}

/// Codes are compared after folding, so a source that tells letters of one size from the other has codes we mix up.
fn codes(case: &Case, policy: &Policy) -> Verdict {
    let folded = |code: &str| CouponCode::new(code).folded().map(str::to_owned);
    let declared = case.promotions.iter().filter_map(|one| one.coupon_code.as_deref());
    let all: Vec<&str> = declared.chain(case.codes.iter().map(String::as_str)).collect();
    for (at, code) in all.iter().enumerate() {
        if folded(code).is_none() {
            return Err(SetAside::new(format!("{code:?} is no code here (P-1)")));
        }
        let twin = |other: &&str| *other != *code && folded(other) == folded(code);
        let told_apart = policy.codes_by_letter && all.iter().skip(at).any(twin);
        if told_apart {
            return Err(SetAside::new(
                "codes that differ in case only are told apart; here they fold together (P-1)",
            ));
        }
    }
    Ok(())
}

/// Units of no price are never limited, picked or grouped here: there is nothing to take off them.
fn units_of_no_price(case: &Case, policy: &Policy, action: &Action) -> Verdict {
    let grouped = match action.kind.as_str() {
        "group_discount" | "buy_x_get_y" | "quantity_step" | "bundle_fixed_price" => true,
        "cheapest_percent" | "cheapest_fixed" => !policy.limits_skip_free_units,
        _ => {
            action.params.get("max_units").is_some()
                && policy.unit_pick == Pick::Cheapest
                && !policy.limits_skip_free_units
        }
    };
    for key in ["applies_to", "pool", "buy", "get"] {
        let Some(form @ Value::Object(_)) = action.params.get(key) else {
            continue;
        };
        let form = SelectorForm::read(Some(form.clone()))?;
        let mut free = case.lines.iter().filter(|line| line.unit_price.decimal().is_zero());
        if grouped && free.any(|line| form.reaches(line)) {
            return Err(SetAside::new("units of no price are counted in groups or limits"));
        }
    }
    Ok(())
}

fn repetitions(promotion: &Promotion, policy: &Policy) -> Verdict {
    let repeats = |action: &Action| match action.kind.as_str() {
        "group_discount" | "buy_x_get_y" | "quantity_step" | "bundle_fixed_price" | "gift_item" => true,
        "cheapest_percent" | "cheapest_fixed" => policy.consumes == Consumes::QualifyingToo,
        _ => false,
    };
    let consumed = policy.consumes == Consumes::QualifyingToo;
    for action in promotion.actions() {
        if promotion.max_applications.is_some_and(|times| times > 1) && !repeats(action) {
            return Err(SetAside::new(format!("{} given several times", action.kind)));
        }
        if consumed && !["cheapest_percent", "cheapest_fixed"].contains(&action.kind.as_str()) {
            return Err(SetAside::new(format!(
                "units that met the condition of {} count as discounted",
                action.kind
            )));
        }
    }
    Ok(())
}

/// Here rules compete; a source in which promotions of several actions compete as wholes cannot be said.
fn whole_promotions(case: &Case, policy: &Policy) -> Verdict {
    let whole = match policy.stacking {
        StackingOf::BestOnly | StackingOf::FirstOnly => true,
        StackingOf::All
        | StackingOf::ExclusiveWins
        | StackingOf::BestPerLine
        | StackingOf::LastCodeOnly
        | StackingOf::CompatibleOnly
        | StackingOf::OneOrderPercent(_) => false,
    };
    let mut promotions = case.promotions.iter();
    if whole && promotions.any(|one| !one.more_actions.is_empty()) {
        return Err(SetAside::new("promotions of several actions compete as wholes"));
    }
    let mut actions = case.promotions.iter().flat_map(Promotion::actions);
    if policy.stacking == StackingOf::BestOnly && actions.any(|one| one.kind == "gift_item") {
        return Err(SetAside::new("a gift competes by what it is worth"));
    }
    Ok(())
}
