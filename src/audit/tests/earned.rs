use super::*;
use crate::rules::{Given, Grant, Multiplier, PointsEarn, PointsRedeem, Step, Times};
use crate::shop::Policies;

fn looked_at(promises: Promises, rules: &RuleSet, products: Vec<Product>) -> AuditReport {
    let catalogue = Catalogue::new(Currency::CNY, products).unwrap();
    let policies = Policies::default().point_value("1".parse().unwrap());
    let catalogue = catalogue.with_policies(policies).unwrap();
    audit(rules, &catalogue, &AuditBounds::default().promises(promises).orders(4_000)).unwrap()
}

fn lamp() -> Vec<Product> {
    vec![sold("LAMP", 1_000, 100)]
}

/// So many points, worth 1.00 each, for every 10.00.
fn points(points: u32) -> PointsEarn {
    PointsEarn::new(points, "10.00".parse().unwrap())
}

fn earn(earn: PointsEarn) -> RuleSet {
    RuleSet::new(Currency::CNY).rule(Rule::new("points", "reward", Benefit::PointsEarn(earn)))
}

fn share(report: &AuditReport) -> &Extreme {
    report.extremes.iter().find(|extreme| extreme.measure == Measure::Earned).unwrap()
}

#[test]
fn a_multiplier_too_many_gives_a_larger_share_than_allowed() {
    let allowed = |percent: &str| {
        Promises::default().only([Promise::EarnShare]).earned_percent(percent.parse().unwrap())
    };
    let twice = points(2).multiplier(Multiplier::new("2".parse().unwrap()));
    // Four points for 10.00: 40 %.
    let report = looked_at(allowed("30"), &earn(twice.clone()), lamp());
    let worst = report.of(Promise::EarnShare).next().unwrap();
    let paid = worst.worst.paid.minor();
    assert_eq!(worst.loss.minor(), paid * 40 / 100 - paid * 30 / 100);
    assert!(share(&report).is_exact(), "{report}");
    assert_eq!(share(&report).ceiling.as_ref().unwrap().percent, "40".parse().unwrap());
    let report = looked_at(allowed("40"), &earn(twice), lamp());
    assert!(matches!(report.verdict(Promise::EarnShare), Some(Verdict::Proved { .. })), "{report}");
}

#[test]
fn a_share_of_the_list_value_is_a_larger_one_of_what_is_paid() {
    // A point for 10.00 of the list value, of which half is off: 20 % of what is paid.
    let rules = earn(points(1).base(Base::List)).rule(percent("half", "50"));
    let promises = |percent: &str| {
        Promises::default().only([Promise::EarnShare]).earned_percent(percent.parse().unwrap())
    };
    let report = looked_at(promises("20.1"), &rules, lamp());
    assert!(matches!(report.verdict(Promise::EarnShare), Some(Verdict::Proved { .. })), "{report}");
    assert_eq!(share(&report).found.as_ref().and_then(Peak::share_ppm), Some(200_000));
    let ceiling = share(&report).ceiling.as_ref().unwrap().percent.to_rate().unwrap().ppm();
    // Half a minor unit of rounding is 0.05 % of the cheapest order.
    assert!((200_000..201_000).contains(&ceiling), "{ceiling}");
    let report = looked_at(promises("19.9"), &rules, lamp());
    assert!(report.of(Promise::EarnShare).next().is_some(), "{report}");
}

#[test]
fn points_that_are_fewer_than_what_is_paid_pay_for_no_loop() {
    let redeem = Benefit::PointsRedeem(PointsRedeem::new(1, "1.00".parse().unwrap()));
    let loop_of = |points_per_ten: u32| {
        let stages = ["order", "wallet", "reward"].map(Stage::new);
        let rules = RuleSet::new(Currency::CNY).stages(stages);
        let rules = rules.rule(Rule::new("pay", "wallet", redeem.clone()));
        rules.rule(Rule::new("points", "reward", Benefit::PointsEarn(points(points_per_ten))))
    };
    let promises = || Promises::default().only([Promise::NoPump]);
    let report = looked_at(promises(), &loop_of(10), lamp());
    // 10.00 back for 10.00 paid: who pays nothing earns nothing.
    assert!(matches!(report.verdict(Promise::NoPump), Some(Verdict::Proved { .. })), "{report}");
    let report = looked_at(promises(), &loop_of(30), lamp());
    assert!(report.of(Promise::NoPump).next().is_some(), "{report}");
}

#[test]
fn a_coupon_for_whatever_is_spent_is_a_share_of_the_cheapest_piece() {
    let coupon = Grant::new(Given::Coupon("five".into()));
    let off = Benefit::AmountOff(AmountOff::once("5.00".parse().unwrap()));
    let rules = |grant: Grant| {
        let mut five = Rule::new("five", "coupon", off.clone());
        five.coupon = Some(Coupon::wallet());
        RuleSet::new(Currency::CNY).rule(five).rule(Rule::new("give", "reward", Benefit::Grant(grant)))
    };
    let promises = |percent: &str| {
        Promises::default().only([Promise::EarnShare]).earned_percent(percent.parse().unwrap())
    };
    // A lamp of 10.00 for 5.00 with such a coupon gives another.
    let report = looked_at(promises("99"), &rules(coupon.clone()), lamp());
    assert!(report.of(Promise::EarnShare).next().is_some(), "{report}");
    // One for every 100.00 paid is 5 %.
    let every = coupon.every(Step::Spend("100.00".parse().unwrap()), Times::Uncapped).base(Base::Cash);
    let report = looked_at(promises("5"), &rules(every), lamp());
    assert!(matches!(report.verdict(Promise::EarnShare), Some(Verdict::Proved { .. })), "{report}");
}

#[test]
fn money_counted_before_a_later_discount_is_not_what_is_paid() {
    // A point for 10.00 before half of it goes: 20 % of what is paid.
    let stages = ["points", "order"].map(Stage::new);
    let rules = RuleSet::new(Currency::CNY).stages(stages).rule(percent("half", "50"));
    let rules = rules.rule(Rule::new("points", "points", Benefit::PointsEarn(points(1))));
    let promises = Promises::default().only([Promise::EarnShare]).earned_percent("15".parse().unwrap());
    let catalogue = Catalogue::new(Currency::CNY, lamp()).unwrap();
    let catalogue = catalogue.with_policies(Policies::default().point_value("1".parse().unwrap())).unwrap();
    let checked =
        check(&rules, &catalogue, &promises, Promise::EarnShare, &Certificate::Earned { depth: None });
    assert!(matches!(checked, Err(CheckError::NoBound { .. })), "{checked:?}");
}
