//! Multi-buy benefits.

use super::benefit::times;
use super::tiers::Gives;
use super::{selector, slips};
use crate::rules::{Bundle, BuyGet, GroupOff, NFor, NthUnit, Pool, Rule, UnitOff};
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::scope::{Scope, Zero};

pub(super) fn buy_get(scope: &mut Scope<'_>, benefit: &BuyGet, at: &At<'_>) {
    pool(scope, &benefit.qualifier, &at.key("qualifier"));
    pool(scope, &benefit.target, &at.key("target"));
    unit_off(scope, benefit.off, &at.key("off"));
    times(scope, benefit.times, &at.key("times"));
}

pub(super) fn nth_unit(scope: &mut Scope<'_>, rule: &Rule, benefit: &NthUnit, at: &At<'_>) {
    scope.units(&at.key("nth"), benefit.nth);
    let off = at.key("off");
    let gives = unit_off(scope, benefit.off, &off);
    if benefit.nth == 1 && benefit.units_max.is_none() {
        slips::deep(scope, rule, gives, &off);
    }
    selector::check(scope, &benefit.target, &at.key("target"));
    times(scope, benefit.times, &at.key("times"));
    if let Some(units) = benefit.units_max {
        scope.count(&at.key("units_max"), units);
    }
    // Taken group by group a position names a unit, taken over all groups a block: there are `nth` either way.
    let place = at.key("position");
    scope.count(&place, benefit.position);
    if benefit.nth > 0 && benefit.position > benefit.nth {
        let message = format_args!("position {} in groups of {}", benefit.position, benefit.nth);
        scope.report(Code::PositionOutOfRange, &place, message);
    }
}

pub(super) fn n_for(scope: &mut Scope<'_>, rule: &Rule, benefit: &NFor, at: &At<'_>) {
    scope.units(&at.key("units"), benefit.units);
    group_off(scope, rule, benefit.off, &at.key("off"));
    selector::check(scope, &benefit.target, &at.key("target"));
    times(scope, benefit.times, &at.key("times"));
}

pub(super) fn bundle(scope: &mut Scope<'_>, rule: &Rule, benefit: &Bundle, at: &At<'_>) {
    let list = at.key("parts");
    if benefit.parts.is_empty() {
        scope.report(Code::EmptyList, &list, "no part is listed");
    }
    for (index, part) in benefit.parts.iter().enumerate() {
        pool(scope, part, &list.index(index));
    }
    group_off(scope, rule, benefit.off, &at.key("off"));
    times(scope, benefit.times, &at.key("times"));
}

fn pool(scope: &mut Scope<'_>, pool: &Pool, at: &At<'_>) {
    selector::check(scope, &pool.selector, &at.key("selector"));
    scope.units(&at.key("quantity"), pool.quantity);
}

/// Checks what a single unit gets; its value when it has one.
pub(super) fn unit_off(scope: &mut Scope<'_>, off: UnitOff, at: &At<'_>) -> Option<Gives> {
    match off {
        UnitOff::Percent(percent) => {
            scope.percent(&at.key("percent"), percent, Zero::GivesNothing).map(Gives::Rate)
        }
        UnitOff::Amount(amount) => {
            scope.amount(&at.key("amount"), amount, Zero::GivesNothing).map(Gives::Amount)
        }
        UnitOff::Price(price) => scope.amount(&at.key("price"), price, Zero::Fine).map(Gives::UnitPrice),
    }
}

fn group_off(scope: &mut Scope<'_>, rule: &Rule, off: GroupOff, at: &At<'_>) {
    slips::deep(scope, rule, slips::of_group(scope, off), at);
    match off {
        GroupOff::Percent(percent) => {
            scope.percent(&at.key("percent"), percent, Zero::GivesNothing);
        }
        GroupOff::Amount(amount) => {
            scope.amount(&at.key("amount"), amount, Zero::GivesNothing);
        }
        GroupOff::Price(price) => {
            scope.amount(&at.key("price"), price, Zero::Fine);
        }
        GroupOff::UnitPrice(price) => {
            scope.amount(&at.key("unit_price"), price, Zero::Fine);
        }
    }
}
