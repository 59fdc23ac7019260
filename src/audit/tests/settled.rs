//! What looks settled by the rules alone and is not: ties, parts that round by themselves, codes that can be guessed.

use super::*;
use crate::money::Factor;
use crate::rules::{AnyOf, Multiplier, PointsEarn};

fn look(promise: Promise, rules: &RuleSet, products: Vec<Product>) -> AuditReport {
    let catalogue = Catalogue::new(Currency::CNY, products).unwrap();
    let promises = Promises::default().only([promise]);
    audit(rules, &catalogue, &AuditBounds::default().promises(promises).orders(4_000)).unwrap()
}

fn off(id: &str, stage: &str, amount: &str, sku: &str) -> Rule {
    let amount = AmountOff::once(amount.parse().unwrap()).target(Selector::sku(sku));
    Rule::new(id, stage, Benefit::AmountOff(amount))
}

#[test]
fn the_order_of_ties_decides_who_is_refused_where_a_floor_leaves_nothing_for_the_last() {
    let stages = [Stage::new("goods"), Stage::new("coupon")].map(|stage| stage.basis(Basis::Entry));
    let late = off("late", "coupon", "15.00", "PEN").stacking(Stacking::free().excludes_rule("second"));
    let rules = RuleSet::new(Currency::CNY)
        .stages(stages)
        .rule(off("first", "goods", "30.00", "LAMP"))
        .rule(off("second", "goods", "30.00", "LAMP"))
        .rule(late);
    let mut lamp = sold("LAMP", 10_000, 100);
    lamp.piece.floor_price = Some(Money::from_minor(8_000));
    let report = look(Promise::EqualRanks, &rules, vec![lamp, sold("PEN", 5_000, 100)]);
    // `first` takes the 20.00 down to the floor and `late` comes too; the other way round `second` refuses it 15.00.
    assert_eq!(report.findings.iter().map(|one| one.loss).max(), Some(Money::from_minor(1_500)), "{report}");
}

#[test]
fn a_percentage_of_each_line_rounds_once_for_each_line() {
    // A twentieth of 0.10, ten times: 0.10 instead of 0.05.
    let rule = Rule::new("twentieth", "order", Benefit::PercentOff(PercentOff::new("5".parse().unwrap())));
    let pens = || (0..10).map(|number| sold(&format!("PEN-{number}"), 10, 1)).collect();
    let verdict = |rule: Rule| {
        let report = look(Promise::Rounding, &RuleSet::new(Currency::CNY).rule(rule), pens());
        report.verdict(Promise::Rounding).unwrap().clone()
    };
    assert!(matches!(verdict(rule.clone()), Verdict::Proved { .. }));
    assert!(matches!(verdict(rule.per(Per::Line)), Verdict::Unknown { .. }));
}

#[test]
fn short_codes_are_guessed_however_often_they_may_be_used_and_so_are_two_of_a_row() {
    let found = |rules: RuleSet| look(Promise::SecretCodes, &rules, vec![sold("PEN", 100, 1)]).findings.len();
    let coupon = |id: &str, code: &str| off(id, "order", "5.00", "PEN").codes([code]);
    let set = || RuleSet::new(Currency::CNY);
    let once = coupon("short", "A1").limits(RuleLimits::none().uses_per_customer(1));
    assert_eq!(found(set().rule(once)), 1);
    assert_eq!(found(set().rule(coupon("one", "SUMMER41")).rule(coupon("two", "SUMMER42"))), 2);
    assert_eq!(found(set().rule(coupon("one", "SUMMER41"))), 0);
    // More digits than any number has: counted on all the same.
    let long = |last: &str| format!("X{}{last}", "7".repeat(30));
    assert_eq!(found(set().rule(coupon("one", &long("199"))).rule(coupon("two", &long("200")))), 2);
    assert_eq!(found(set().rule(coupon("one", &long("198"))).rule(coupon("two", &long("200")))), 0);
    let hundredfold = Multiplier::new("100".parse::<Factor>().unwrap());
    let earn = PointsEarn::new(1, "1.00".parse().unwrap());
    let vip = earn.multiplier(hundredfold.when(Condition::Code(AnyOf::new(["VIP"]))));
    let points = set().rule(Rule::new("points", "reward", Benefit::PointsEarn(vip)));
    let report = look(Promise::SecretCodes, &points, vec![sold("PEN", 100, 1)]);
    assert!(!matches!(report.verdict(Promise::SecretCodes), Some(Verdict::Proved { .. })), "{report}");
    let longer = Change::LengthenCodes { rule: "points".into(), symbols: 12 }.apply(&points);
    let report = look(Promise::SecretCodes, &longer, vec![sold("PEN", 100, 1)]);
    assert!(matches!(report.verdict(Promise::SecretCodes), Some(Verdict::Proved { .. })), "{report}");
}
