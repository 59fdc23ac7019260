//! Conditions.

use super::selector::{self, attribute, bounded, enter, path, range};
use super::{stages, together};
use crate::bounds::{LINES_MAX, UNITS_MAX};
use crate::rules::{
    AnyOf, Condition, DistinctSkus, Experiment, OrderNumber, Per, Quantity, Rule, Spend, Weekly, Window,
    Within,
};
use crate::shop::{CouponCode, TimeOfDay};
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::scope::{Scope, Zero};

pub(super) fn check(scope: &mut Scope<'_>, rule: &Rule, condition: &Condition, at: &At<'_>, depth: usize) {
    if !enter(scope, at, depth) {
        return;
    }
    match condition {
        Condition::All(parts) => all(scope, rule, parts, &at.key("all"), depth),
        Condition::Any(parts) => {
            let list = at.key("any");
            if parts.is_empty() {
                let message = "none of nothing holds";
                scope.report(Code::NeverHolds, &list, message);
            }
            each(scope, rule, parts, &list, depth);
        }
        Condition::Not(inner) => check(scope, rule, inner, &at.key("not"), depth + 1),
        Condition::Window(inner) => window(scope, inner, &at.key("window")),
        Condition::Weekly(inner) => weekly(scope, inner, &at.key("weekly")),
        Condition::Spend(inner) => spend(scope, rule, inner, &at.key("spend")),
        Condition::Quantity(inner) => quantity(scope, inner, &at.key("quantity")),
        Condition::DistinctSkus(inner) => distinct(scope, inner, &at.key("distinct_skus")),
        Condition::Contains(inner) => {
            selector::check(scope, &inner.of, &at.key("contains").key("of"));
        }
        Condition::Level(range) => {
            bounded(scope, range.at_least, range.at_most, &at.key("level"));
        }
        Condition::GroupSize(range) => {
            bounded(scope, range.at_least, range.at_most, &at.key("group_size"));
        }
        Condition::FirstOrder {} | Condition::Birthday(_) => {}
        Condition::OrderNumber(inner) => order_number(scope, inner, &at.key("order_number")),
        Condition::Experiment(inner) => experiment(scope, inner, &at.key("experiment")),
        Condition::Attribute(test) => attribute(scope, test, &at.key("attribute")),
        Condition::Segment(_)
        | Condition::Channel(_)
        | Condition::Region(_)
        | Condition::PaymentMethod(_)
        | Condition::ShippingMethod(_)
        | Condition::Currency(_)
        | Condition::Code(_) => membership(scope, condition, at),
    }
}

/// Finds a currency that the rule asks for and the rule set does not have. Only what must hold is looked at: a rule shared
/// between rule sets may list a branch for each currency. A whole rule may be shared as well, so this is no error.
pub(super) fn currency(scope: &mut Scope<'_>, condition: &Condition, at: &At<'_>, depth: usize) {
    match condition {
        Condition::All(parts) if depth < scope.limits.condition_depth => {
            let list = at.key("all");
            for (index, part) in parts.iter().enumerate() {
                currency(scope, part, &list.index(index), depth + 1);
            }
        }
        Condition::Currency(of) => {
            if let Some(own) = scope.currency
                && !of.any_of.is_empty()
                && !of.any_of.contains(&own)
            {
                let message = format_args!("the rule set is in {own}");
                scope.report(Code::OtherCurrency, &at.key("currency").key("any_of"), message);
            }
        }
        Condition::All(_)
        | Condition::Any(_)
        | Condition::Not(_)
        | Condition::Window(_)
        | Condition::Weekly(_)
        | Condition::Spend(_)
        | Condition::Quantity(_)
        | Condition::DistinctSkus(_)
        | Condition::Contains(_)
        | Condition::Segment(_)
        | Condition::Level(_)
        | Condition::FirstOrder {}
        | Condition::OrderNumber(_)
        | Condition::Birthday(_)
        | Condition::Channel(_)
        | Condition::Region(_)
        | Condition::PaymentMethod(_)
        | Condition::ShippingMethod(_)
        | Condition::Code(_)
        | Condition::GroupSize(_)
        | Condition::Experiment(_)
        | Condition::Attribute(_) => {}
    }
}

fn all(scope: &mut Scope<'_>, rule: &Rule, parts: &[Condition], list: &At<'_>, depth: usize) {
    if parts.is_empty() {
        scope.report(Code::AlwaysHolds, list, "all of nothing holds");
    }
    windows_apart(scope, parts, list);
    together::check(scope, parts, list);
    each(scope, rule, parts, list, depth);
}

fn each(scope: &mut Scope<'_>, rule: &Rule, parts: &[Condition], list: &At<'_>, depth: usize) {
    for (index, part) in parts.iter().enumerate() {
        check(scope, rule, part, &list.index(index), depth + 1);
    }
}

pub(super) fn window(scope: &mut Scope<'_>, window: &Window, at: &At<'_>) {
    match (window.from, window.until) {
        (None, None) => {
            let message = "neither `from` nor `until` is given";
            scope.report(Code::NoBounds, at, message);
        }
        (Some(from), Some(until)) if from.unix_ms() >= until.unix_ms() => {
            let message = format_args!("it starts at {from} and ends at {until}");
            scope.report(Code::EmptyWindow, at, message);
        }
        _ => {}
    }
}

/// Finds windows of one `all` that share no moment; each by itself may be sound.
fn windows_apart(scope: &mut Scope<'_>, parts: &[Condition], list: &At<'_>) {
    let (mut from, mut until) = (i64::MIN, i64::MAX);
    for (index, part) in parts.iter().enumerate() {
        let Condition::Window(window) = part else {
            continue;
        };
        let start = window.from.map_or(i64::MIN, |from| from.unix_ms());
        let end = window.until.map_or(i64::MAX, |until| until.unix_ms());
        if start >= end {
            continue;
        }
        (from, until) = (from.max(start), until.min(end));
        if from >= until {
            let message = "it has no moment in common with the windows before it";
            let place = list.index(index);
            scope.report(Code::WindowsApart, &place.key("window"), message);
            return;
        }
    }
}

fn weekly(scope: &mut Scope<'_>, weekly: &Weekly, at: &At<'_>) {
    let whole_day = weekly.from == weekly.until || weekly.from == TimeOfDay::MIDNIGHT_AFTER;
    if whole_day {
        let message = format_args!("from {} it runs over midnight until {}", weekly.from, weekly.until);
        scope.report(Code::WholeDayWindow, at, message);
    }
}

fn spend(scope: &mut Scope<'_>, rule: &Rule, spend: &Spend, at: &At<'_>) {
    selector::check(scope, &spend.of, &at.key("of"));
    if let Some(base) = &spend.base {
        stages::base(scope, base, &at.key("base"));
    }
    for (field, amount) in [("at_least", spend.at_least), ("at_most", spend.at_most)] {
        if let Some(amount) = amount {
            scope.amount(&at.key(field), amount, Zero::Fine);
        }
    }
    bounded(scope, spend.at_least, spend.at_most, at);
    if spend.at_most.is_none() && spend.at_least.is_some_and(|least| least.decimal().is_zero()) {
        let message = "every cart is worth at least nothing";
        scope.report(Code::AlwaysHolds, at, message);
    }
    let line_by_line = match spend.within {
        Within::Part => rule.per == Per::Line,
        Within::Order => false,
        Within::AnyLine => true,
    };
    if spend.with_shipping && line_by_line {
        let message = "there are no shipping fees line by line";
        scope.report(Code::NoEffect, &at.key("with_shipping"), message);
    }
}

fn quantity(scope: &mut Scope<'_>, quantity: &Quantity, at: &At<'_>) {
    selector::check(scope, &quantity.of, &at.key("of"));
    bounded(scope, quantity.at_least, quantity.at_most, at);
    let any_line = quantity.within == Within::AnyLine;
    if quantity.at_least == Some(0) && quantity.at_most.is_none() && !any_line {
        let message = "every cart has at least no units";
        scope.report(Code::AlwaysHolds, at, message);
    }
    if quantity.at_most == Some(0) && any_line {
        let message = "a line that has such units has at least one";
        scope.report(Code::NeverHolds, &at.key("at_most"), message);
    }
    if quantity.at_least.is_some_and(|least| least > UNITS_MAX) {
        let message = format_args!("no cart has more than {UNITS_MAX} units");
        scope.report(Code::NeverHolds, &at.key("at_least"), message);
    }
}

fn distinct(scope: &mut Scope<'_>, distinct: &DistinctSkus, at: &At<'_>) {
    selector::check(scope, &distinct.of, &at.key("of"));
    if distinct.at_least == 0 && distinct.within != Within::AnyLine {
        let message = "every cart has at least no skus";
        scope.report(Code::AlwaysHolds, at, message);
    }
    if distinct.at_least > 1 && distinct.within == Within::AnyLine {
        scope.report(Code::NeverHolds, &at.key("at_least"), "a line is of one sku");
    }
    if usize::try_from(distinct.at_least).is_ok_and(|least| least > LINES_MAX) {
        let message = format_args!("no cart has more than {LINES_MAX} lines");
        scope.report(Code::NeverHolds, &at.key("at_least"), message);
    }
}

fn order_number(scope: &mut Scope<'_>, number: &OrderNumber, at: &At<'_>) {
    if let Some(every) = number.every {
        scope.count(&at.key("every"), every);
        range(scope, number.at_least, number.at_most, at);
    } else {
        bounded(scope, number.at_least, number.at_most, at);
    }
    if number.at_most == Some(0) {
        let message = "orders are counted from 1";
        scope.report(Code::NeverHolds, &at.key("at_most"), message);
    }
}

fn experiment(scope: &mut Scope<'_>, experiment: &Experiment, at: &At<'_>) {
    scope.id(&at.key("id"), experiment.id.as_str());
    let from = scope.percent(&at.key("from"), experiment.from, Zero::Fine);
    let until = scope.percent(&at.key("until"), experiment.until, Zero::Fine);
    if from.zip(until).is_some_and(|(from, until)| from >= until) {
        let message = format_args!("no place is from {} up to {} percent", experiment.from, experiment.until);
        scope.report(Code::EmptyRange, at, message);
    }
}

/// Conditions that ask for one of some members.
fn membership(scope: &mut Scope<'_>, condition: &Condition, at: &At<'_>) {
    match condition {
        Condition::Segment(of) => members(scope, of, &at.key("segment"), |id| Some(id.as_str())),
        Condition::Channel(of) => members(scope, of, &at.key("channel"), |id| Some(id.as_str())),
        Condition::PaymentMethod(of) => {
            members(scope, of, &at.key("payment_method"), |id| Some(id.as_str()));
        }
        Condition::Region(of) => {
            let place = at.key("region");
            members(scope, of, &place, |id| Some(id.as_str()));
            for region in &of.any_of {
                let list = place.key("any_of");
                path(scope, region.as_str(), &list.member(region.as_str()));
            }
        }
        Condition::ShippingMethod(of) => {
            // A charge may have the empty method.
            members(scope, of, &at.key("shipping_method"), |id| {
                Some(id.as_str()).filter(|id| !id.is_empty())
            });
        }
        Condition::Currency(of) => members(scope, of, &at.key("currency"), |_| None),
        Condition::Code(of) => codes(scope, of, &at.key("code")),
        Condition::All(_)
        | Condition::Any(_)
        | Condition::Not(_)
        | Condition::Window(_)
        | Condition::Weekly(_)
        | Condition::Spend(_)
        | Condition::Quantity(_)
        | Condition::DistinctSkus(_)
        | Condition::Contains(_)
        | Condition::Level(_)
        | Condition::FirstOrder {}
        | Condition::OrderNumber(_)
        | Condition::Birthday(_)
        | Condition::GroupSize(_)
        | Condition::Experiment(_)
        | Condition::Attribute(_) => {}
    }
}

/// Checks the members of a list; `id` gives those that must be sound ids.
fn members<T>(scope: &mut Scope<'_>, of: &AnyOf<T>, at: &At<'_>, id: impl Fn(&T) -> Option<&str>) {
    let list = at.key("any_of");
    if of.any_of.is_empty() {
        scope.report(Code::NeverHolds, &list, "none of nothing is it");
    }
    scope.list(&list, of.any_of.len());
    for id in of.any_of.iter().filter_map(id) {
        scope.id(&list.member(id), id);
    }
}

fn codes(scope: &mut Scope<'_>, of: &AnyOf<CouponCode>, at: &At<'_>) {
    members(scope, of, at, |_| None);
    for code in &of.any_of {
        let list = at.key("any_of");
        super::codes::one(scope, code, &list.member(code.as_str()));
    }
}
