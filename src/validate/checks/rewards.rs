//! Points and grants.

use super::{condition, ladder, selector, stages};
use crate::money::{Factor, FactorError};
use crate::rules::{Base, Given, Grant, Multiplier, Per, PointsEarn, PointsRedeem, Rule, Times};
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::scope::{Scope, Zero};

pub(super) fn points_earn(scope: &mut Scope<'_>, rule: &Rule, earn: &PointsEarn, at: &At<'_>) {
    scope.count(&at.key("points"), earn.points);
    scope.amount(&at.key("per"), earn.per, Zero::Refused);
    selector::check(scope, &earn.of, &at.key("of"));
    stages::base(scope, earn.base.as_ref().unwrap_or(&Base::Cash), &at.key("base"));
    if let Some(points) = earn.points_max {
        scope.count(&at.key("points_max"), points);
    }
    if earn.of.gift_cards {
        let message = "gift cards earn points, which may buy gift cards";
        scope.report(Code::EarnsOnGiftCards, &at.key("of").key("gift_cards"), message);
    }
    if earn.base.as_ref().is_some_and(|base| counts_what_is_paid(scope, base)) {
        let message = "what points or balances pay counts in it";
        scope.report(Code::EarnsOnPaid, &at.key("base"), message);
    }
    if earn.with_shipping && rule.per == Per::Line {
        let message = "there are no shipping fees line by line";
        scope.report(Code::NoEffect, &at.key("with_shipping"), message);
    }
    let list = at.key("multipliers");
    scope.list(&list, earn.multipliers.len());
    for (index, one) in earn.multipliers.iter().enumerate() {
        multiplier(scope, rule, one, &list.index(index));
    }
}

/// Whether a base counts what the wallet pays: it looks back to before the last stage in which it does.
fn counts_what_is_paid(scope: &Scope<'_>, base: &Base) -> bool {
    let Some(paid) = scope.census.last_payment else { return false };
    let at = match base {
        Base::List => Some(0),
        Base::Entry | Base::Running => scope.stage,
        Base::Stage(id) => scope.stage_position(id.as_str()),
        Base::Cash => None,
    };
    at.is_some_and(|at| at <= paid)
}

fn multiplier(scope: &mut Scope<'_>, rule: &Rule, multiplier: &Multiplier, at: &At<'_>) {
    factor(scope, multiplier.times, &at.key("times"));
    if let Some(when) = &multiplier.when {
        condition::check(scope, rule, when, &at.key("when"), 1);
    }
    selector::check(scope, &multiplier.of, &at.key("of"));
}

fn factor(scope: &mut Scope<'_>, factor: Factor, at: &At<'_>) {
    match factor.ten_thousandths() {
        Ok(crate::money::FACTOR_ONE) => {
            scope.report(Code::NoEffect, at, "everything earns once without it");
        }
        Ok(_) => {}
        Err(problem) => {
            let code = match problem {
                FactorError::OutOfRange { .. } => Code::FactorOutOfRange,
                FactorError::TooFine { .. } => Code::FactorTooFine,
            };
            scope.report(code, at, problem);
        }
    }
}

pub(super) fn points_redeem(scope: &mut Scope<'_>, rule: &Rule, redeem: &PointsRedeem, at: &At<'_>) {
    scope.count(&at.key("step"), redeem.step);
    scope.amount(&at.key("value"), redeem.value, Zero::Refused);
    for (field, points) in [("points_min", redeem.points_min), ("points_max", redeem.points_max)] {
        if let Some(points) = points {
            scope.count(&at.key(field), points);
        }
    }
    if let (Some(least), Some(most)) = (redeem.points_min, redeem.points_max)
        && least > most
    {
        let message = format_args!("at least {least} and at most {most} points");
        scope.report(Code::EmptyRange, &at.key("points_min"), message);
    }
    if redeem.points_max.is_some_and(|most| most < redeem.step) {
        let message = "it does not let a single step through";
        scope.report(Code::EmptyRange, &at.key("points_max"), message);
    }
    let share = at.key("percent_max");
    if let Some(percent) = redeem.percent_max {
        scope.percent(&share, percent, Zero::GivesNothing);
    }
    if let Some(base) = &redeem.base {
        let place = at.key("base");
        stages::base(scope, base, &place);
        if redeem.percent_max.is_none() {
            scope.report(Code::NoEffect, &place, "no share of it is taken");
        }
    }
    selector::check(scope, &redeem.target, &at.key("target"));
    whole_order(scope, rule, at);
}

/// What is paid from a wallet is paid once for the order.
pub(super) fn whole_order(scope: &mut Scope<'_>, rule: &Rule, at: &At<'_>) {
    match rule.per {
        Per::Order => {}
        Per::Shop | Per::Line => {
            let message = "the wallet pays once for the order, and the rule works on its parts";
            scope.report(Code::OrderOnly, at, message);
        }
    }
}

pub(super) fn grant(scope: &mut Scope<'_>, rule: &Rule, grant: &Grant, at: &At<'_>) {
    let give = at.key("give");
    match &grant.give {
        Given::Coupon(template) => scope.id(&give.key("coupon"), template.as_str()),
        Given::Balance(balance) => {
            let place = give.key("balance");
            scope.id(&place.key("class"), balance.class.as_str());
            scope.amount(&place.key("amount"), balance.amount, Zero::Refused);
        }
    }
    if let Some(worth) = grant.worth {
        let place = at.key("worth");
        scope.amount(&place, worth, Zero::GivesNothing);
        if matches!(grant.give, Given::Balance(_)) {
            scope.report(Code::NoEffect, &place, "a balance costs what it held");
        }
    }
    scope.count(&at.key("quantity"), grant.quantity);
    selector::check(scope, &grant.qualifier, &at.key("qualifier"));
    super::benefit::times(scope, grant.times, &at.key("times"));
    let base = at.key("base");
    if let Some(named) = &grant.base {
        stages::base(scope, named, &base);
    }
    let counts_spend = match grant.every {
        None => {
            if grant.times != Times::Uncapped {
                let message = "without `every` it is granted once";
                scope.report(Code::NoEffect, &at.key("times"), message);
            }
            false
        }
        Some(step) => {
            if grant.times == Times::Uncapped && !rule.is_limited() {
                let message = "it is granted for every step, however many there are";
                scope.report(Code::UncappedEvery, &at.key("every"), message);
            }
            ladder::step(scope, step, &at.key("every"))
        }
    };
    if grant.base.is_some() && !counts_spend {
        scope.report(Code::NoEffect, &base, "no spend is counted");
    }
}
