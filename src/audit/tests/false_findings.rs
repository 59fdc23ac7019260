//! What must not be found: orders that look like a breach and are none.

use super::*;
use crate::rules::{PriceProtection, Refunds, Window};
use crate::shop::{Context, Shopper};

fn day(text: &str) -> Moment {
    text.parse().unwrap()
}

fn until(end: &str) -> Condition {
    Condition::Window(Window::new(None, Some(day(end))))
}

fn from(begin: &str) -> Condition {
    Condition::Window(Window::new(Some(day(begin)), None))
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

const TEN: &str = "2026-11-01T10:00:00Z";
const HALF_PAST: &str = "2026-11-01T10:30:00Z";

#[test]
fn windows_under_not_are_read_as_what_they_leave() {
    let two = |first: Condition, second: Condition| {
        RuleSet::new(Currency::CNY)
            .rule(percent("first", "10").condition(first))
            .rule(percent("second", "20").condition(second))
    };
    let handed_over = |rules: &RuleSet| of(Promise::HandsOver, rules, Promises::default());
    // One runs on from half past ten, the other from ten: both for good.
    let report = handed_over(&two(not(until(HALF_PAST)), from(TEN)));
    assert!(matches!(report.verdict(Promise::HandsOver), Some(Verdict::Proved { .. })), "{report}");
    // Up to half past ten, and from ten on: in that half an hour a lamp of 10.00 gets 1.00 and 2.00 off.
    for first in [until(HALF_PAST), not(from(HALF_PAST)), not(Condition::Any(vec![from(HALF_PAST)]))] {
        let rules = two(first, not(until(TEN)));
        let report = handed_over(&rules);
        assert_eq!(report.findings[0].smallest.loss, Money::from_minor(100), "{report}");
        let change = report.findings[0].repair.clone().unwrap();
        assert_eq!(change.to_string(), "let first end at 2026-11-01T10:00:00Z");
        let mended = handed_over(&change.apply(&rules));
        assert!(matches!(mended.verdict(Promise::HandsOver), Some(Verdict::Proved { .. })), "{mended}");
    }
    // Up to ten, and from half past ten on.
    for first in [until(TEN), not(from(TEN))] {
        let rules = two(first, not(until(HALF_PAST)));
        let report = of(Promise::NoGap, &rules, Promises::default());
        // A lamp without the 1.00 off that it had.
        assert_eq!(report.findings[0].smallest.loss, Money::from_minor(100), "{report}");
        let change = report.findings[0].repair.clone().unwrap();
        let mended = of(Promise::NoGap, &change.apply(&rules), Promises::default());
        assert!(matches!(mended.verdict(Promise::NoGap), Some(Verdict::Proved { .. })), "{mended}");
    }
}

#[test]
fn a_price_that_rises_is_none_that_is_protected() {
    let refunds = Refunds::default().price_protection(PriceProtection::new(1_440));
    let rules = |when: Condition| {
        RuleSet::new(Currency::CNY).refunds(refunds).rule(percent("tenth", "10").condition(when))
    };
    // A lamp costs 9.00 before ten and 10.00 later; and the other way round, where 1.00 is paid out.
    for when in [until(TEN), from(TEN)] {
        let report = of(Promise::PriceProtection, &rules(when), Promises::default());
        assert!(matches!(report.verdict(Promise::PriceProtection), Some(Verdict::Proved { .. })), "{report}");
    }
}

/// A shop whose only customer would like a cup, for 10.00 beside anything.
fn with_cup(rules: RuleSet, promise: Promise, promises: Promises) -> AuditReport {
    let context = Context::new(day(TEN)).gift("CUP");
    let catalogue = lamps(None).shopper(Shopper::new("cup", context));
    let bounds = AuditBounds::default().promises(promises.only([promise])).orders(2_000);
    audit(&rules, &catalogue, &bounds).unwrap()
}

fn cup() -> Rule {
    let gift = Gift::new([GiftOption::add_on("CUP", "10.00".parse().unwrap())]);
    Rule::new("cup", "order", Benefit::Gift(gift)).rank(1)
}

fn from_three(off: &str) -> Rule {
    let three = Quantity { at_least: Some(3), ..Quantity::default() };
    percent("three", off).condition(Condition::Quantity(three))
}

#[test]
fn what_costs_less_without_an_add_on_is_no_breach() {
    let either = |rule: Rule| rule.stacking(Stacking::free().group("one"));
    let no_cup = |off: &str| RuleSet::new(Currency::CNY).rule(either(from_three(off))).rule(either(cup()));
    // Two lamps and a cup cost 30.00, three lamps with 1 % off cost 29.70 and have no cup beside them.
    for promise in [Promise::AddItem, Promise::ReturnsNeverPay] {
        let report = with_cup(no_cup("1"), promise, Promises::default());
        assert_eq!(report.findings, [], "{report}");
    }
    // With the cup beside them they cost 18.00 and 10.00 at 40 % off, which is 2.00 less.
    let both = RuleSet::new(Currency::CNY).rule(from_three("40")).rule(cup());
    let report = with_cup(both, Promise::AddItem, Promises::default());
    assert_eq!(report.findings[0].smallest.loss, Money::from_minor(200), "{report}");

    // The rules before had the cup, and nothing else.
    let promises = || Promises::default().before(RuleSet::new(Currency::CNY).rule(cup()));
    let report = with_cup(RuleSet::new(Currency::CNY), Promise::AsBefore, promises());
    assert_eq!(report.findings, [], "{report}");
    let cheaper = RuleSet::new(Currency::CNY).rule(cup()).rule(percent("tenth", "10"));
    let report = with_cup(cheaper, Promise::AsBefore, promises());
    assert_eq!(report.findings[0].smallest.loss, Money::from_minor(100), "{report}");
}
