use super::*;
use crate::rules::{Given, Grant, Multiplier, PointsEarn, PointsRedeem, Step, Times, UnitPrice};
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

/// A coupon of the wallet that every order gives.
fn always(benefit: Benefit) -> (Rule, Rule) {
    let mut free = Rule::new("free", "coupon", benefit);
    free.coupon = Some(Coupon::wallet());
    (free, Rule::new("give", "reward", Benefit::Grant(Grant::new(Given::Coupon("free".into())))))
}

fn verdicts_of((free, give): (Rule, Rule), products: Vec<Product>) -> [Verdict; 2] {
    let promises = Promises::default().only([Promise::NoPump, Promise::EarnShare]);
    let promises = promises.earned_percent("50".parse().unwrap());
    let rules = RuleSet::new(Currency::CNY).rule(free).rule(give);
    let report = looked_at(promises, &rules, products);
    [Promise::NoPump, Promise::EarnShare].map(|promise| report.verdict(promise).unwrap().clone())
}

#[test]
fn a_coupon_that_takes_nearly_all_off_the_next_order_is_a_large_share_for_later() {
    // A lamp of 50.00 with 99 % off is 0.50, and comes with the next coupon.
    let nearly_all = || Benefit::PercentOff(PercentOff::new("99".parse().unwrap()));
    let (free, give) = always(nearly_all());
    let lamp = || vec![sold("LAMP", 5_000, 100)];
    for free in [free.clone().cap("49.50".parse().unwrap()), free] {
        let [pump, share] = verdicts_of((free, give.clone()), lamp());
        assert!(!matches!(pump, Verdict::Proved { .. }), "{pump:?}");
        assert!(matches!(share, Verdict::Found { .. }), "{share:?}");
    }
    // With 99 % off and a cap of 5.00 each lamp gives a tenth of its price for later.
    let (free, give) = always(nearly_all());
    let verdicts = verdicts_of((free.cap("5.00".parse().unwrap()), give), lamp());
    assert!(verdicts.iter().all(|one| matches!(one, Verdict::Proved { .. })), "{verdicts:?}");
}

#[test]
fn a_coupon_whose_worth_nothing_bounds_is_never_shown_to_be_small() {
    let one_off = || AmountOff::per_unit("1.00".parse().unwrap());
    let gift = Gift::new([GiftOption::free("LAMP")]);
    let tier = SpendTier { at: "10.00".parse().unwrap(), off: TierOff::Percent("99".parse().unwrap()) };
    let unbounded = [
        always(Benefit::AmountOff(one_off())),
        always(Benefit::UnitPrice(UnitPrice::new("0.01".parse().unwrap(), Selector::all()))),
        always(Benefit::SpendTiers(SpendTiers::new([tier]))),
        always(Benefit::Gift(gift)),
    ];
    for (free, give) in unbounded {
        let verdicts = verdicts_of((free, give), vec![sold("LAMP", 5_000, 100)]);
        assert!(!verdicts.iter().any(|one| matches!(one, Verdict::Proved { .. })), "{verdicts:?}");
    }
}

#[test]
fn a_coupon_is_paid_for_by_a_spend_of_its_face_and_no_less() {
    let asking = |spend: &str| {
        let (free, give) = always(Benefit::AmountOff(AmountOff::once("50.00".parse().unwrap())));
        let spend = Spend::at_least(Selector::all(), spend.parse().unwrap());
        let [_, share] = verdicts_of((free.condition(Condition::Spend(spend)), give), lamp());
        share
    };
    assert!(matches!(asking("0.01"), Verdict::Found { .. }));
    assert!(matches!(asking("49.99"), Verdict::Found { .. }));
    assert!(matches!(asking("50.00"), Verdict::Proved { .. }));
}
