//! Repairs: of every promise, on rules and on the catalogue, and why there is none.

use super::*;
use crate::audit::repair::NoRepair;
use crate::rules::{Contains, Coupon};
use crate::shop::CouponCode;

fn only(promise: Promise) -> AuditBounds {
    AuditBounds::default().promises(Promises::default().only([promise])).orders(2_000)
}

/// The rules and the catalogue with the repair of a finding, and what auditing them again says.
fn mended(rules: &RuleSet, catalogue: &Catalogue, promise: Promise) -> (Change, AuditReport) {
    let report = audit(rules, catalogue, &only(promise)).unwrap();
    let change = report.findings[0].repair.clone().unwrap_or_else(|| panic!("{report}"));
    let (rules, catalogue) = (change.apply(rules), change.apply_to(catalogue));
    (change, audit(&rules, &catalogue, &only(promise)).unwrap())
}

#[test]
fn an_untrue_cut_is_announced_against_what_was_asked() {
    let moment: Moment = "1969-12-20T00:00:00Z".parse().unwrap();
    let raised = sold("LAMP", 1_000, 100).past_price(moment, Money::from_minor(500));
    let catalogue = Catalogue::new(Currency::CNY, vec![raised]).unwrap();
    let rules = RuleSet::new(Currency::CNY).rule(percent("half", "50"));
    let (change, again) = mended(&rules, &catalogue, Promise::RealCut);
    assert_eq!(change.to_string(), "in the catalogue, announce cuts of LAMP against 5");
    // The rules are what they were, and 5.00 paid against 5.00 announced is no cut at all.
    assert_eq!(change.apply(&rules), rules);
    assert!(matches!(again.verdict(Promise::RealCut), Some(Verdict::Proved { .. })), "{again}");
}

#[test]
fn a_prize_is_capped_at_what_the_law_allows() {
    let prize = Prize::new("0.0001".parse().unwrap(), Money::from_minor(5_000_001));
    let ticket = Catalogue::new(Currency::CNY, vec![sold("TICKET", 1_000, 100).prize(prize)]).unwrap();
    let rules = RuleSet::new(Currency::CNY).rule(percent("half", "50"));
    let (change, again) = mended(&rules, &ticket, Promise::PrizeCeiling);
    assert_eq!(change, Change::CapPrizes { most: "50000".parse().unwrap() });
    assert!(matches!(again.verdict(Promise::PrizeCeiling), Some(Verdict::Proved { .. })), "{again}");
}

#[test]
fn codes_that_can_be_guessed_are_lengthened() {
    let mut rule = percent("coded", "10");
    rule.coupon = Some(Coupon::codes(["AB1", "VIP0041", "VIP0042"]));
    let rules = RuleSet::new(Currency::CNY).rule(rule);
    let (change, again) = mended(&rules, &lamps(None), Promise::SecretCodes);
    assert_eq!(change.to_string(), "give coded codes of 12 symbols drawn at random");
    assert!(matches!(again.verdict(Promise::SecretCodes), Some(Verdict::Proved { .. })), "{again}");
    let changed = change.apply(&rules);
    let codes = &changed.rules[0].coupon.as_ref().unwrap().codes;
    let lengths: Vec<usize> = codes.iter().filter_map(|code| code.folded().map(str::len)).collect();
    assert_eq!(lengths, [12, 12, 12]);
    // Whoever held an old code holds the new one: the audit of the repair looks at the same people.
    assert_ne!(codes[0], CouponCode::new("AB1"));
}

#[test]
fn a_limit_that_is_passed_is_set_to_one_order() {
    let off = Benefit::AmountOff(AmountOff::once("5.00".parse().unwrap()));
    let limits = RuleLimits::none().budget("20.00".parse().unwrap());
    let rules = RuleSet::new(Currency::CNY).rule(Rule::new("five", "order", off).limits(limits));
    let catalogue = lamps(None);
    let thresholds = Promises::default().thresholds(Currency::CNY).unwrap();
    let world = World::new(&rules, &catalogue, thresholds).unwrap();
    let check = Check { promise: Promise::LimitsHold, subject: vec![RuleId::new("five")], tier: None };
    // Pricing passes no limit, so no audit finds one; if it ever did, this is what would be tried.
    let changes = mends::candidates(&world, &check, &check.subject, 1);
    assert_eq!(changes[0].to_string(), "set limits.uses of five to 1");
    assert_eq!(changes[0].apply(&rules).rules[0].limits.uses, Some(1));
    assert!(!changes[1].apply(&rules).rules[0].enabled);
}

#[test]
fn windows_that_meet_are_set_apart() {
    let window = |from: &str, until: &str| {
        let (from, until) = (from.parse().unwrap(), until.parse().unwrap());
        Condition::Window(crate::rules::Window::new(Some(from), Some(until)))
    };
    let first =
        percent("first", "10").condition(window("2026-11-10T00:00:00+08:00", "2026-11-11T00:00:01+08:00"));
    let second =
        percent("second", "20").condition(window("2026-11-11T00:00:00+08:00", "2026-11-12T00:00:00+08:00"));
    let rules = RuleSet::new(Currency::CNY).rule(first).rule(second);
    let (change, again) = mended(&rules, &lamps(None), Promise::HandsOver);
    let until = "2026-11-11T00:00:00+08:00".parse().unwrap();
    assert_eq!(change, Change::EndAt { rule: RuleId::new("first"), until });
    assert!(matches!(again.verdict(Promise::HandsOver), Some(Verdict::Proved { .. })), "{again}");
}

/// The repair of what is saved by ordering lamps and pens apart, and what a rule of it is then.
fn split_mended(rule: Rule) -> (String, Rule) {
    let shop = vec![sold("LAMP", 10_000, 1_000), sold("PEN", 1_000, 100)];
    let catalogue = Catalogue::new(Currency::CNY, shop).unwrap();
    let rules = RuleSet::new(Currency::CNY).rule(rule);
    let (change, again) = mended(&rules, &catalogue, Promise::SplitPays);
    assert_eq!(again.findings, [], "{again}");
    (change.to_string(), change.apply(&rules).rules[0].clone())
}

#[test]
fn what_small_orders_alone_get_is_given_to_larger_ones_too_or_once_or_so_often() {
    let pens = || Selector::sku("PEN");
    let few = |of: Selector| Condition::Quantity(Quantity::between(of, None, Some(5)));
    // Six tenths off, once; with six pens in the order lamps have none.
    let once = percent("six", "60").limits(RuleLimits::none().uses_per_customer(1)).condition(few(pens()));
    let (says, rule) = split_mended(once);
    assert_eq!(
        (says.as_str(), rule.condition),
        ("take what larger orders fail (at_most, not) out of the condition of six", None)
    );
    assert_eq!(rule.limits.uses_per_customer, Some(1));
    // Half off five pens in every order: six pens get it in two orders, and five of six in one, from now on, and no more.
    let half = PercentOff::new("50".parse().unwrap()).target(pens());
    let half = Rule::new("half", "order", Benefit::PercentOff(half)).condition(few(pens()));
    let (says, rule) = split_mended(half);
    assert!(says.ends_with("of half, and set its limits.units_per_customer to 5"), "{says}");
    assert_eq!((rule.limits.units_per_customer, rule.condition), (Some(5), None));
    // A customer has two pens of it already, and no more behind the repair.
    let two = PercentOff::new("50".parse().unwrap()).target(pens());
    let two = Rule::new("two", "order", Benefit::PercentOff(two)).condition(few(pens()));
    let (_, rule) = split_mended(two.limits(RuleLimits::none().units_per_customer(2)));
    assert_eq!((rule.limits.units_per_customer, rule.condition), (Some(2), None));
    // 8.00 off each order from 10.00 to 100.00: an order of 110.00 gets nothing, and two get 16.00.
    let off = Benefit::AmountOff(AmountOff::once("8.00".parse().unwrap()));
    let spend =
        Spend::between(Selector::all(), Some("10.00".parse().unwrap()), Some("100.00".parse().unwrap()));
    let (says, rule) = split_mended(Rule::new("eight", "order", off).condition(Condition::Spend(spend)));
    assert!(says.ends_with("of eight, and let a customer use it once"), "{says}");
    let from = Spend::at_least(Selector::all(), "10.00".parse().unwrap());
    assert_eq!((rule.limits.uses_per_customer, rule.condition), (Some(1), Some(Condition::Spend(from))));
}

#[test]
fn a_condition_is_freed_of_what_more_goods_keep_from_holding_and_of_nothing_else() {
    let pens = |least, most| Condition::Quantity(Quantity::between(Selector::sku("PEN"), least, most));
    let not = |condition: Condition| Condition::Not(Box::new(condition));
    let without = |condition: &Condition| condition.without_most();
    let (few, some) = (pens(None, Some(5)), pens(Some(2), None));
    assert_eq!(without(&few), None);
    assert_eq!(without(&pens(Some(2), Some(5))), Some(some.clone()));
    assert_eq!(without(&not(some.clone())), None);
    // Six pens or more: no end above.
    assert_eq!(without(&not(few.clone())), Some(not(few.clone())));
    let all = Condition::All(vec![few.clone(), some.clone()]);
    assert_eq!(without(&all), Some(Condition::All(vec![some.clone()])));
    // However often it is negated: at most five pens, and two.
    assert_eq!(without(&not(not(pens(Some(2), Some(5))))), Some(some.clone()));
    assert_eq!(
        without(&not(Condition::Any(vec![not(few.clone()), not(some.clone())]))),
        Some(Condition::All(vec![not(not(some.clone()))]))
    );
    let kept = not(Condition::All(vec![few.clone(), Condition::FirstOrder {}]));
    assert_eq!(without(&kept), Some(kept));
    // Goods that a rule refuses are refused in every repair.
    let refuses = not(Condition::Contains(Contains::new(Selector::sku("PEN"))));
    assert_eq!(without(&refuses), Some(refuses));
    // Few pens or any pens, the larger orders too: always.
    assert_eq!(without(&Condition::Any(vec![few, some.clone()])), None);
    for kept in
        [Condition::All(vec![some.clone()]), Condition::Any(vec![some.clone()]), Condition::FirstOrder {}]
    {
        assert_eq!(without(&kept), Some(kept));
    }
}

#[test]
fn where_no_rule_is_needed_the_catalogue_is_at_fault() {
    // Sold for 10.00, costs 12.00.
    let catalogue = Catalogue::new(Currency::CNY, vec![sold("LAMP", 1_000, 1_200)]).unwrap();
    let rules = RuleSet::new(Currency::CNY).rule(percent("tenth", "10"));
    let report = audit(&rules, &catalogue, &only(Promise::AboveCost)).unwrap();
    for finding in &report.findings {
        assert_eq!(finding.unrepaired, Some(NoRepair::NoRuleNeeded {}), "{report}");
    }
    assert!(report.to_string().contains("so the catalogue is at fault"), "{report}");
}

#[test]
fn a_repair_that_breaks_another_promise_is_not_offered() {
    // 5 % off 0.05 by the piece is nothing or 0.01 more than by the order, but by the order it pays to split one.
    let mut rules = RuleSet::new(Currency::CNY).rule(percent("five", "5"));
    rules.rounding.per = crate::money::RoundingPer::Unit;
    let catalogue = Catalogue::new(Currency::CNY, vec![sold("PIN", 30, 1)]).unwrap();
    let both = AuditBounds::default()
        .promises(Promises::default().only([Promise::Rounding, Promise::SplitPays]))
        .orders(2_000);
    let finding_of = |bounds: &AuditBounds| {
        let report = audit(&rules, &catalogue, bounds).unwrap();
        report.of(Promise::Rounding).next().cloned().unwrap_or_else(|| panic!("{report}"))
    };
    assert_eq!(finding_of(&only(Promise::Rounding)).repair, Some(Change::RoundOnce {}));
    let finding = finding_of(&both);
    let breaking = NoRepair::BreaksAnother { change: Change::RoundOnce {}, promise: Promise::SplitPays };
    assert_eq!((finding.repair, finding.unrepaired), (None, Some(breaking)));
}

#[test]
fn a_repair_that_kills_another_rule_is_not_offered() {
    // 30.00 off everything, twice: lamps at 50.00 that cost 10.00 go for nothing. Once they exclude each other, the second one
    // has no order left, for the first needs nothing to apply.
    let off =
        |id: &str| Rule::new(id, "order", Benefit::AmountOff(AmountOff::once("30.00".parse().unwrap())));
    let rules = RuleSet::new(Currency::CNY).rule(off("a")).rule(off("b"));
    let catalogue = Catalogue::new(Currency::CNY, vec![sold("LAMP", 5_000, 1_000)]).unwrap();
    let promises = Promises::default().only([Promise::NotFree, Promise::EveryRule]);
    let report = audit(&rules, &catalogue, &AuditBounds::default().promises(promises).orders(2_000)).unwrap();
    let finding = report.of(Promise::NotFree).next().unwrap();
    // Excluding would do, and is tried first; the cap on each piece leaves both rules alive.
    assert!(matches!(finding.repair, Some(Change::CapLines { .. })), "{report}");
}

#[test]
fn the_smallest_order_of_a_dead_tier_just_reaches_it() {
    let mixed = [
        ("50.00", TierOff::Amount("5.00".parse().unwrap())),
        ("100.00", TierOff::Percent("50".parse().unwrap())),
    ];
    let mixed = mixed.map(|(at, off)| SpendTier { at: at.parse().unwrap(), off });
    let lamps_count = SpendTiers::new(mixed).qualifier(Selector::sku("LAMP"));
    let capped = Rule::new("tiers", "order", Benefit::SpendTiers(lamps_count)).cap("5.00".parse().unwrap());
    let report = rule_of(RuleSet::new(Currency::CNY).rule(capped), &lamps(None));
    let smallest = &report.findings[0].smallest.witness.orders[0];
    // Ten lamps at 10.00, and nothing else that nine would not show.
    assert_eq!(smallest.cart.lines().iter().map(|line| line.quantity).collect::<Vec<_>>(), [10]);
    assert!(report.findings[0].minimal);
}

#[test]
fn a_cap_that_decides_nothing_goes_and_one_that_always_does_becomes_the_amount() {
    // Ten lamps are 100.00, a tenth of which is 10.00: a cap of 20.00 is never reached.
    let rules = RuleSet::new(Currency::CNY).rule(percent("tenth", "10").cap("20.00".parse().unwrap()));
    let (change, again) = mended(&rules, &lamps(Some(10)), Promise::CapsMatter);
    assert_eq!(change, Change::DropCap { rule: "tenth".into() });
    assert!(matches!(again.verdict(Promise::CapsMatter), Some(Verdict::Proved { .. })), "{again}");
    // A tenth of at least 100.00 is never less than the cap of 10.00: it is 10.00 off.
    let spend = Condition::Spend(Spend::at_least(Selector::all(), "100.00".parse().unwrap()));
    let always = percent("tenth", "10").cap("10.00".parse().unwrap()).condition(spend);
    let rules = RuleSet::new(Currency::CNY).rule(always);
    let (change, again) = mended(&rules, &lamps(None), Promise::CapsMatter);
    assert_eq!(change.to_string(), "let tenth take 10.00 off, without a cap: it never takes anything else");
    assert!(matches!(again.verdict(Promise::CapsMatter), Some(Verdict::Proved { .. })), "{again}");
    // Whatever is bought it costs what it did.
    let paid = |rules: &RuleSet, pieces: u32| {
        let lamp = Line::new("1", "LAMP", pieces, Money::from_minor(1_000));
        let cart = crate::shop::Cart::new(Currency::CNY, vec![lamp], vec![]).unwrap();
        let witness = Witness::of(Order::new(cart, crate::shop::Context::default()));
        witness
            .replay(&crate::compile(rules).unwrap(), &mut crate::evaluate::Scratch::default())
            .unwrap()
            .paid()
    };
    let fixed = change.apply(&rules);
    for pieces in [1, 9, 10, 11, 50] {
        assert_eq!(paid(&rules, pieces), paid(&fixed, pieces), "{pieces}");
    }
}

#[test]
fn a_price_that_is_off_is_listed_as_those_beside_it() {
    let pan = |number: usize, price: i64| sold(&format!("PAN-{number}"), price, price / 2);
    let prices = [9_900, 10_900, 11_900, 12_900, 13_900, 1_290];
    let pans: Vec<Product> = prices.into_iter().enumerate().map(|(at, price)| pan(at, price)).collect();
    let catalogue = Catalogue::new(Currency::CNY, pans).unwrap();
    let (change, again) = mended(&RuleSet::new(Currency::CNY), &catalogue, Promise::PlainPrices);
    // What it costs is off as well: 6.45 among about 59.50.
    assert_eq!(change.to_string(), "in the catalogue, list PAN-5 at 119, let PAN-5 cost 59.5, as is usual");
    assert!(matches!(again.verdict(Promise::PlainPrices), Some(Verdict::Proved { .. })), "{again}");
}

#[test]
fn what_is_saved_together_is_capped_at_what_may_be() {
    let off = Benefit::AmountOff(AmountOff::once("30.00".parse().unwrap()));
    let spend = Spend::at_least(Selector::all(), "100.00".parse().unwrap());
    let rule = Rule::new("100-30", "order", off).condition(Condition::Spend(spend));
    let rules = RuleSet::new(Currency::CNY).rule(rule);
    let report = |most: &str| {
        let promises = Promises::default().only([Promise::PoolingPays]).pool_max(most.parse().unwrap());
        audit(&rules, &lamps(None), &AuditBounds::default().promises(promises).orders(2_000)).unwrap()
    };
    let cap = Change::SetCap { rule: "100-30".into(), cap: "12.00".parse().unwrap() };
    assert_eq!(report("12.00").findings[0].repair, Some(cap));
    // Where nothing may be saved it goes.
    assert_eq!(report("0").findings[0].repair, Some(Change::SwitchOff { rule: "100-30".into() }));
}
