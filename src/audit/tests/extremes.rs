use super::*;
use crate::rules::{RefundPolicy, Refunds, Select};

fn looked_at(promises: &[Promise], rules: &RuleSet, products: Vec<Product>) -> AuditReport {
    let promises = Promises::default().only(promises.iter().copied());
    let catalogue = Catalogue::new(Currency::CNY, products).unwrap();
    audit(rules, &catalogue, &AuditBounds::default().promises(promises).orders(4_000)).unwrap()
}

fn off_from(id: &str, amount: &str, threshold: &str) -> Rule {
    let off = Benefit::AmountOff(AmountOff::once(amount.parse().unwrap()));
    let spend = Spend::at_least(Selector::all(), threshold.parse().unwrap());
    Rule::new(id, "order", off).condition(Condition::Spend(spend))
}

fn deepest(report: &AuditReport) -> &Extreme {
    report.extremes.iter().find(|extreme| extreme.measure == Measure::Depth).unwrap()
}

/// The largest share that some number of pieces of one price gets off, by counting: `off` minor units from `threshold` on.
fn by_counting(price: i64, threshold: i64, off: i64) -> i64 {
    let shares = (1..=1_000).filter(|count| count * price >= threshold).map(|count| {
        let list = count * price;
        (off * 1_000_000 + list - 1) / list
    });
    shares.max().unwrap()
}

#[test]
fn the_deepest_discount_is_exact_where_prices_meet_the_threshold() {
    let rules = RuleSet::new(Currency::CNY).rule(off_from("off", "30.00", "100.00"));
    // Ten lamps are 100.00, and 30.00 of that is the most that anybody gets.
    let report = looked_at(&[Promise::Depth], &rules, vec![sold("LAMP", 1_000, 100)]);
    let deepest = deepest(&report);
    assert_eq!(by_counting(1_000, 10_000, 3_000), 300_000);
    let peak = deepest.found.as_ref().unwrap();
    assert_eq!((peak.part, peak.whole), (Money::from_minor(3_000), Money::from_minor(10_000)));
    assert!(deepest.is_exact() && deepest.open.is_none(), "{report}");
    let ceiling = deepest.ceiling.as_ref().unwrap();
    assert_eq!(ceiling.percent, "30".parse().unwrap());
    // Whoever reads the report can verify it, and nothing less.
    let catalogue = Catalogue::new(Currency::CNY, vec![sold("LAMP", 1_000, 100)]).unwrap();
    let at = |percent: &str| {
        let promises = Promises::default().depth_percent(percent.parse().unwrap());
        check(&rules, &catalogue, &promises, Promise::Depth, &ceiling.certificate)
    };
    assert_eq!(at("30"), Ok(()));
    assert!(at("29.9").is_err());
}

#[test]
fn where_prices_miss_the_threshold_the_deepest_discount_is_an_interval() {
    let rules = RuleSet::new(Currency::CNY).rule(off_from("off", "30.00", "100.00"));
    // Fifteen pens of 7.00 are 105.00: what is bounded, 30.00 of 100.00, nobody can buy.
    let report = looked_at(&[Promise::Depth], &rules, vec![sold("PEN", 700, 100)]);
    let deepest = deepest(&report);
    let found = deepest.found.as_ref().and_then(Peak::share_ppm).unwrap();
    assert_eq!(found, by_counting(700, 10_000, 3_000));
    let ceiling = deepest.ceiling.as_ref().unwrap().percent.to_rate().unwrap().ppm();
    assert!((300_000..300_200).contains(&ceiling), "{ceiling}");
    assert!(!deepest.is_exact() && deepest.open.is_some(), "{report}");
    assert!(report.to_string().contains("between 28.5715 and 30"), "{report}");
}

#[test]
fn shares_of_what_is_left_multiply() {
    // A fifth, then a fifth of the rest: 36 % of a lamp of 10.00, exactly.
    let stages = [Stage::new("item").basis(Basis::Running), Stage::new("order").basis(Basis::Running)];
    let rules = RuleSet::new(Currency::CNY).stages(stages);
    let fifth =
        |id: &str, stage: &str| Rule { stage: crate::rules::StageId::new(stage), ..percent(id, "20") };
    let rules = rules.rule(fifth("one", "item")).rule(fifth("two", "order"));
    let report = looked_at(&[Promise::Depth], &rules, vec![sold("LAMP", 1_000, 100)]);
    let deepest = deepest(&report);
    assert_eq!(deepest.found.as_ref().and_then(Peak::share_ppm), Some(360_000));
    assert!(deepest.is_exact(), "{report}");
}

#[test]
fn of_rules_of_which_one_applies_the_larger_one_is_the_most() {
    let rules = RuleSet::new(Currency::CNY).stages([Stage::new("order").select(Select::Best)]);
    let rules = rules.rule(percent("tenth", "10")).rule(percent("fifth", "20"));
    let report = looked_at(&[Promise::Depth], &rules, vec![sold("LAMP", 1_000, 100)]);
    assert!(deepest(&report).is_exact(), "{report}");
    assert_eq!(deepest(&report).ceiling.as_ref().unwrap().percent, "20".parse().unwrap());
}

#[test]
fn a_loss_that_comes_once_is_no_farm() {
    // Ten lamps cost 90.00 and bring 100.00 - 30.00: 20.00 are lost.
    let once = off_from("off", "30.00", "100.00").limits(RuleLimits::none().uses_per_customer(1));
    let wanted = [Promise::AboveCost, Promise::SplitFarm];
    let lamp = || vec![sold("LAMP", 1_000, 900)];
    let report = looked_at(&wanted, &RuleSet::new(Currency::CNY).rule(once.clone()), lamp());
    assert_eq!(report.of(Promise::AboveCost).map(|one| one.loss).max(), Some(Money::from_minor(2_000)));
    assert!(matches!(report.verdict(Promise::SplitFarm), Some(Verdict::Proved { .. })), "{report}");
    let again = RuleSet::new(Currency::CNY).rule(off_from("off", "30.00", "100.00"));
    let report = looked_at(&wanted, &again, lamp());
    // It is listed once.
    let worst = report.of(Promise::AboveCost).next().unwrap();
    assert_eq!((worst.loss, worst.times), (Money::from_minor(2_000), None));
    assert!(matches!(report.verdict(Promise::SplitFarm), Some(Verdict::Found { findings: 1.. })), "{report}");
    assert!(report.of(Promise::SplitFarm).next().is_none());
    // A loss that is allowed once is not allowed without end.
    let allowed = Promises::default().only(wanted).loss_max("20.00".parse().unwrap());
    let catalogue = Catalogue::new(Currency::CNY, lamp()).unwrap();
    let report = audit(&again, &catalogue, &AuditBounds::default().promises(allowed).orders(4_000)).unwrap();
    assert!(report.of(Promise::AboveCost).next().is_none() && report.of(Promise::SplitFarm).next().is_some());
    // Newcomers order for the first time once.
    let first = Condition::All(vec![Condition::FirstOrder {}, again.rules[0].condition.clone().unwrap()]);
    let newcomers = again.rules[0].clone().condition(first);
    let report = looked_at(&wanted, &RuleSet::new(Currency::CNY).rule(newcomers), lamp());
    assert!(report.of(Promise::AboveCost).next().is_some(), "{report}");
    assert!(matches!(report.verdict(Promise::SplitFarm), Some(Verdict::Proved { .. })), "{report}");
}

#[test]
fn any_mix_of_products_may_come_back() {
    // 30.00 off 80.00, 60.00 off 120.00; three products of 40.00, one piece of each.
    let tier = |at: &str, off: &str| SpendTier {
        at: at.parse().unwrap(),
        off: TierOff::Amount(off.parse().unwrap()),
    };
    let tiers = SpendTiers::new([tier("80.00", "30.00"), tier("120.00", "60.00")]);
    let mut rules = RuleSet::new(Currency::CNY).rule(Rule::new("tiers", "order", Benefit::SpendTiers(tiers)));
    rules.refunds = Refunds::new(RefundPolicy::Proportional);
    let products = ["CUP", "PAN", "POT"].map(|sku| sold(sku, 4_000, 100).stock(1)).to_vec();
    let report = looked_at(&[Promise::ReturnsNeverPay], &rules, products);
    // Of three for 60.00 two go back for 40.00: the third, 40.00 alone, was had for 20.00. Of two for 50.00 it is 25.00.
    let worst = report.of(Promise::ReturnsNeverPay).next().unwrap();
    assert_eq!(worst.loss, Money::from_minor(2_000), "{report}");
    assert_eq!(worst.worst.witness.orders[0].cart.lines().len(), 3);
}
