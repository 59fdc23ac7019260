//! Conditions of one `all` that can never hold together.

use std::collections::BTreeSet;

use crate::rules::{AnyOf, AttributeTest, Condition, Experiment, Range, Spend, Within};
use crate::shop::Region;
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::scope::Scope;

/// Each of the first so many parts of a list is held against all others; more are not, since that would take their
/// number squared.
const COMPARED_MAX: usize = 32;

/// Finds the first part of an `all` that contradicts one before it.
pub(super) fn check(scope: &mut Scope<'_>, parts: &[Condition], list: &At<'_>) {
    for (index, part) in parts.iter().enumerate().take(COMPARED_MAX) {
        let before = parts.get(..index).unwrap_or_default();
        if let Some(other) = before.iter().position(|other| never_both(other, part)) {
            let message = format_args!("it never holds together with condition {other} of the list");
            scope.report(Code::NeverHolds, &list.index(index), message);
            return;
        }
    }
}

/// Whether no cart and context meet both conditions, each of which may be sound by itself.
fn never_both(one: &Condition, other: &Condition) -> bool {
    rules_out(one, other) || rules_out(other, one)
}

/// Whether what one condition says keeps another one from holding. Facts of which a cart or context has several
/// (segments, codes, shipping methods, lines) keep nothing from holding but their own opposite.
fn rules_out(one: &Condition, other: &Condition) -> bool {
    match one {
        Condition::Not(inner) => **inner == *other || implies(other, inner),
        Condition::Spend(one) => matches!(other, Condition::Spend(other) if counts_alike(one, other)
            && one.within != Within::AnyLine
            && apart((one.at_least, one.at_most), (other.at_least, other.at_most))),
        Condition::Quantity(one) => matches!(other, Condition::Quantity(other)
            if (&one.of, one.within) == (&other.of, other.within)
                && one.within != Within::AnyLine
                && apart((one.at_least, one.at_most), (other.at_least, other.at_most))),
        Condition::Level(one) => matches!(other, Condition::Level(other) if outside(*one, *other)),
        Condition::GroupSize(one) => matches!(other, Condition::GroupSize(other) if outside(*one, *other)),
        Condition::FirstOrder {} => matches!(other, Condition::OrderNumber(other)
            if !other.holds(1) && !is_empty(other.at_least, other.at_most)),
        Condition::OrderNumber(one) => matches!(other, Condition::OrderNumber(other)
            if apart((one.at_least, one.at_most), (other.at_least, other.at_most))),
        Condition::Channel(one) => {
            matches!(other, Condition::Channel(other) if strangers(&one.any_of, &other.any_of))
        }
        Condition::PaymentMethod(one) => {
            matches!(other, Condition::PaymentMethod(other) if strangers(&one.any_of, &other.any_of))
        }
        Condition::Region(one) => {
            matches!(other, Condition::Region(other) if far_apart(&one.any_of, &other.any_of))
        }
        Condition::Attribute(one) => matches!(other, Condition::Attribute(other) if differ(one, other)),
        Condition::Experiment(one) => {
            matches!(other, Condition::Experiment(other) if in_other_parts(one, other))
        }
        // Windows that are apart have a code of their own; a currency is held against the rule set's.
        Condition::Window(_) | Condition::Currency(_) => false,
        Condition::All(_)
        | Condition::Any(_)
        | Condition::Weekly(_)
        | Condition::DistinctSkus(_)
        | Condition::Contains(_)
        | Condition::Segment(_)
        | Condition::Birthday(_)
        | Condition::ShippingMethod(_)
        | Condition::Code(_) => false,
    }
}

/// Whether a condition holds wherever another one of its kind does.
fn implies(one: &Condition, other: &Condition) -> bool {
    match one {
        Condition::Spend(one) => matches!(other, Condition::Spend(other) if counts_alike(one, other)
            && inside((one.at_least, one.at_most), (other.at_least, other.at_most))),
        Condition::Quantity(one) => matches!(other, Condition::Quantity(other)
            if (&one.of, one.within) == (&other.of, other.within)
                && inside((one.at_least, one.at_most), (other.at_least, other.at_most))),
        Condition::Level(one) => matches!(other, Condition::Level(other)
            if inside((one.at_least, one.at_most), (other.at_least, other.at_most))),
        Condition::GroupSize(one) => matches!(other, Condition::GroupSize(other)
            if inside((one.at_least, one.at_most), (other.at_least, other.at_most))),
        Condition::Segment(one) => matches!(other, Condition::Segment(other) if some_of(one, other)),
        Condition::Channel(one) => matches!(other, Condition::Channel(other) if some_of(one, other)),
        Condition::PaymentMethod(one) => {
            matches!(other, Condition::PaymentMethod(other) if some_of(one, other))
        }
        Condition::All(_)
        | Condition::Any(_)
        | Condition::Not(_)
        | Condition::Window(_)
        | Condition::Weekly(_)
        | Condition::DistinctSkus(_)
        | Condition::Contains(_)
        | Condition::FirstOrder {}
        | Condition::OrderNumber(_)
        | Condition::Birthday(_)
        | Condition::Region(_)
        | Condition::ShippingMethod(_)
        | Condition::Currency(_)
        | Condition::Code(_)
        | Condition::Experiment(_)
        | Condition::Attribute(_) => false,
    }
}

fn counts_alike(one: &Spend, other: &Spend) -> bool {
    one.of == other.of
        && one.base == other.base
        && one.within == other.within
        && one.with_shipping == other.with_shipping
}

/// The ends of a range; a missing one is open.
type Ends<T> = (Option<T>, Option<T>);

fn is_empty<T: PartialOrd>(least: Option<T>, most: Option<T>) -> bool {
    least.zip(most).is_some_and(|(least, most)| least > most)
}

/// Whether two ranges have no number in common. A range that is empty by itself is reported as that.
fn apart<T: PartialOrd + Copy>(one: Ends<T>, other: Ends<T>) -> bool {
    let sound = !is_empty(one.0, one.1) && !is_empty(other.0, other.1);
    sound && (is_empty(one.0, other.1) || is_empty(other.0, one.1))
}

/// Whether a range is within another one.
fn inside<T: PartialOrd + Copy>(one: Ends<T>, other: Ends<T>) -> bool {
    let above = other.0.is_none_or(|least| one.0.is_some_and(|own| own >= least));
    above && other.1.is_none_or(|most| one.1.is_some_and(|own| own <= most))
}

fn outside(one: Range, other: Range) -> bool {
    apart((one.at_least, one.at_most), (other.at_least, other.at_most))
}

/// Whether two lists have no member in common. One without members is reported as that.
fn strangers<T: Ord>(one: &BTreeSet<T>, other: &BTreeSet<T>) -> bool {
    !one.is_empty() && !other.is_empty() && one.is_disjoint(other)
}

fn some_of<T: Ord>(one: &AnyOf<T>, other: &AnyOf<T>) -> bool {
    !one.any_of.is_empty() && one.any_of.is_subset(&other.any_of)
}

/// Whether no region of one list is one of the other, or above or below it. Of long lists nothing is said.
fn far_apart(one: &BTreeSet<Region>, other: &BTreeSet<Region>) -> bool {
    let within = |low: &Region, high: &Region| {
        let rest = low.as_str().strip_prefix(high.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let meets = |own: &Region| other.iter().any(|other| within(own, other) || within(other, own));
    !one.is_empty()
        && !other.is_empty()
        && !one.iter().take(COMPARED_MAX).any(meets)
        && one.len() <= COMPARED_MAX
}

fn differ(one: &AttributeTest, other: &AttributeTest) -> bool {
    let ranges = apart((one.at_least, one.at_most), (other.at_least, other.at_most));
    one.key == other.key && (ranges || strangers(&one.any_of, &other.any_of))
}

/// Whether two parts of one experiment have no place in common.
fn in_other_parts(one: &Experiment, other: &Experiment) -> bool {
    let sound = one.from < one.until && other.from < other.until;
    one.id == other.id && sound && (one.until <= other.from || other.until <= one.from)
}
