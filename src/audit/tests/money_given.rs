//! What is given besides money off: gift cards, points, balances, coupons that go together; what it costs, and what is not proved.

use super::false_proofs::{assert_unproved, one, read, shop, sold, unsearched};
use super::*;
use crate::audit::repair::Change;
use crate::money::Amount;
use crate::rules::{Given, Grant, PointsEarn};
use crate::shop::Policies;

fn card() -> Product {
    Product::new(Line::new("", "CARD", 1, Money::from_minor(5_000)).gift_card())
}

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

fn gives_card(option: GiftOption) -> RuleSet {
    one(Rule::new("card", "reward", Benefit::Gift(Gift::new([option]))))
}

fn searched(rules: &RuleSet, catalogue: &Catalogue, promises: Promises, promise: Promise) -> AuditReport {
    let bounds = AuditBounds::default().promises(promises.only([promise])).orders(2_000);
    audit(rules, catalogue, &bounds).unwrap()
}

#[test]
fn a_gift_card_for_less_than_its_face_is_money_given() {
    // A pen of 1.00 brings a card of 50.00.
    let catalogue = shop([sold("PEN", 100, 50), card()]);
    for option in [GiftOption::free("CARD"), GiftOption::add_on("CARD", amount("49.99"))] {
        let rules = gives_card(option);
        assert_unproved(&rules, &catalogue, Promise::CashLike);
        assert_unproved(&rules, &catalogue, Promise::NoPump);
    }
    for option in [GiftOption::free("PEN"), GiftOption::add_on("CARD", amount("50.00"))] {
        for promise in [Promise::CashLike, Promise::NoPump] {
            let verdict = unsearched(&gives_card(option.clone()), &catalogue, promise);
            assert!(matches!(verdict, Verdict::Proved { .. }), "{verdict:?}");
        }
    }
    let report =
        searched(&gives_card(GiftOption::free("CARD")), &catalogue, Promises::default(), Promise::CashLike);
    assert_eq!(report.findings[0].loss, Money::from_minor(5_000), "{report}");
    // Half of it is paid for the add-on.
    let report = searched(
        &gives_card(GiftOption::add_on("CARD", amount("25.00"))),
        &catalogue,
        Promises::default(),
        Promise::CashLike,
    );
    assert_eq!(report.findings[0].loss, Money::from_minor(2_500), "{report}");
    assert_eq!(report.findings[0].repair, Some(Change::SwitchOff { rule: RuleId::new("card") }));
    // Where there is something else to give, that stays.
    let both = Gift::new([GiftOption::free("CARD"), GiftOption::free("PEN")]);
    let rules = one(Rule::new("card", "reward", Benefit::Gift(both)));
    let report = searched(&rules, &catalogue, Promises::default(), Promise::CashLike);
    let left_out = Change::LeaveOut { rule: RuleId::new("card"), skus: vec![crate::shop::Sku::new("CARD")] };
    assert_eq!(report.findings[0].repair, Some(left_out), "{report}");
}

#[test]
fn a_gift_card_that_pays_for_the_order_that_brings_the_next_one_is_a_pump() {
    let catalogue = shop([sold("PEN", 100, 50), sold("LAMP", 11_000, 50), card()]);
    let rules = gives_card(GiftOption::free("CARD"));
    let report = searched(&rules, &catalogue, Promises::default(), Promise::NoPump);
    assert_eq!(report.of(Promise::NoPump).count(), 1, "{report}");
    // Of 110.00 a card of 50.00 is the smaller part.
    let lamps = Gift::new([GiftOption::free("CARD")]).qualifier(Selector::sku("LAMP"));
    let rules = one(Rule::new("card", "reward", Benefit::Gift(lamps)));
    let report = searched(&rules, &catalogue, Promises::default(), Promise::NoPump);
    assert!(matches!(report.verdict(Promise::NoPump), Some(Verdict::Unknown { .. })), "{report}");
}

#[test]
fn cards_for_less_that_cards_pay_for_are_a_pump_and_cards_at_their_face_are_none() {
    let catalogue = shop([sold("PEN", 100, 50), card()]);
    let tenth = |target: Selector| {
        let tenth = PercentOff::new("10".parse().unwrap()).target(target);
        one(Rule::new("tenth", "order", Benefit::PercentOff(tenth)))
    };
    let cards = tenth(Selector::all().with_gift_cards());
    assert_unproved(&cards, &catalogue, Promise::NoPump);
    let report = searched(&cards, &catalogue, Promises::default(), Promise::NoPump);
    // Two cards of 50.00, each for 45.00, of which the first pays for the second.
    assert_eq!(report.findings[0].smallest.loss, Money::from_minor(2 * 500), "{report}");
    let verdict = unsearched(&tenth(Selector::all()), &catalogue, Promise::NoPump);
    assert!(matches!(verdict, Verdict::Proved { .. }), "{verdict:?}");
    // Points for a pen are earned beside cards at their face.
    let points = PointsEarn::new(1, amount("1.00")).of(Selector::sku("PEN"));
    let rules = one(Rule::new("points", "reward", Benefit::PointsEarn(points)));
    let report = searched(&rules, &catalogue, Promises::default(), Promise::NoPump);
    assert_eq!(report.findings.len(), 0, "{report}");
}

#[test]
fn a_gift_card_of_unknown_cost_costs_its_face() {
    // The pen brings 1.00 and costs 0.50; the card is 50.00.
    let catalogue = shop([sold("PEN", 100, 50), card()]);
    let rules = gives_card(GiftOption::free("CARD"));
    let pen = Order::new(
        crate::shop::Cart::new(Currency::CNY, vec![catalogue.product("PEN").unwrap().piece.clone()], vec![])
            .unwrap(),
        crate::shop::Context::new("2026-05-01T10:00:00Z".parse().unwrap()),
    );
    let report = searched(&rules, &catalogue, Promises::default(), Promise::AboveCost);
    let loss = report.findings[0].loss_in(&rules, &catalogue, &Promises::default(), &Witness::of(pen));
    assert_eq!(loss.unwrap(), Some(Money::from_minor(5_000 - 50)));
}

/// 100 points for each yuan, worth 0.10 each.
fn points() -> Rule {
    Rule::new("points", "reward", Benefit::PointsEarn(PointsEarn::new(100, amount("1.00"))))
}

fn ten_each() -> Catalogue {
    let policies = Policies::default().point_value(amount("0.10"));
    shop([sold("LAMP", 10_000, 100)]).with_policies(policies).unwrap()
}

#[test]
fn points_cost_what_they_are_worth() {
    let promises = || Promises::default().exposure_max(amount("4999.99"));
    let exposed = |rule: Rule| {
        let report = searched(&one(rule), &ten_each(), promises(), Promise::Exposure);
        report.findings.first().map(|finding| (finding.loss, finding.repair.clone()))
    };
    // A lamp of 100.00 earns 10,000 points, or 1,000.00: 50,000 points are 5,000.00, in however many orders.
    let limits = RuleLimits { points: Some(50_000), ..RuleLimits::none() };
    assert_eq!(exposed(points().limits(limits)).unwrap().0, Money::from_minor(500_000));
    let limits = RuleLimits { points: Some(49_999), ..RuleLimits::none() };
    assert_eq!(exposed(points().limits(limits)), None);
    // Without a limit it is had in a million orders. No budget bounds it, but a number of points does.
    let (loss, repair) = exposed(points()).unwrap();
    assert!(loss >= Money::from_minor(100_000 * 1_000_000), "{loss:?}");
    assert_eq!(repair, Some(Change::LimitPoints { rule: RuleId::new("points"), points: 49_999 }));
}

/// Why it is not proved what such rules cost.
fn unproved(rules: &RuleSet, catalogue: &Catalogue, promises: Promises) -> String {
    let report = searched(rules, catalogue, promises, Promise::Exposure);
    match report.verdict(Promise::Exposure) {
        Some(Verdict::Unknown { unproved, .. }) => unproved.clone(),
        _found_or_proved => panic!("{report}"),
    }
}

#[test]
fn what_a_campaign_costs_is_not_known_while_nobody_says_what_points_are_worth() {
    let at_most = |text: &str| Promises::default().exposure_max(amount(text));
    let lamp = shop([sold("LAMP", 10_000, 100)]);
    let limited = || points().limits(RuleLimits { points: Some(49_999), ..RuleLimits::none() });
    let says = "points of points, which no rule redeems, and policies.point_value does not say";
    let why = unproved(&one(limited()), &lamp, at_most("5000.00"));
    assert!(why.contains(says), "{why}");
    // 49,999 points at 0.10 are 4,999.90: known, and nothing is left out.
    let why = unproved(&one(limited()), &ten_each(), at_most("5000.00"));
    assert!(!why.contains("not counted"), "{why}");
    // A coupon without any limit that gives nothing but such points cannot be shown to cost anything.
    let coupon = points().codes(["QX7PLM3KTW9R"]);
    let why = unproved(&one(coupon.clone()), &lamp, Promises::default());
    assert!(why.contains(says), "{why}");
    // Nobody asks what a rule costs that is no coupon.
    let grant = Rule::new("later", "reward", Benefit::Grant(Grant::new(Given::Coupon("elsewhere".into()))));
    let why = unproved(&one(coupon).rule(grant), &lamp, Promises::default());
    assert!(why.contains(says) && !why.contains("later"), "{why}");
    // What is known is too much by itself: ten times 10.00 in an order of a lamp.
    let off = Benefit::AmountOff(AmountOff::once(amount("10.00")));
    let off = Rule::new("off", "order", off).limits(RuleLimits { uses: Some(10), ..RuleLimits::none() });
    let report = searched(&one(limited()).rule(off), &lamp, at_most("99.99"), Promise::Exposure);
    let losses: Vec<Money> = report.findings.iter().map(|finding| finding.loss).collect();
    assert!(losses.contains(&Money::from_minor(10 * 1_000)), "{report}");
}

#[test]
fn coupons_and_gifts_of_unknown_worth_are_said_to_be_left_out_of_what_a_campaign_costs() {
    let at_most = || Promises::default().exposure_max(amount("1000000000"));
    let grant = Benefit::Grant(Grant::new(Given::Coupon("elsewhere".into())));
    let gift = Benefit::Gift(Gift::new([GiftOption::free("BOWL")]));
    let rules = one(Rule::new("later", "reward", grant)).rule(Rule::new("bowl", "reward", gift));
    let bowl = Product::new(Line::new("", "BOWL", 1, Money::from_minor(9_000)));
    let why = unproved(&rules, &shop([sold("LAMP", 10_000, 100), bowl]), at_most());
    assert!(why.contains("coupons given by later") && why.contains("gifts of bowl"), "{why}");
    let bowl = sold("BOWL", 9_000, 1);
    let why = unproved(&rules, &shop([sold("LAMP", 10_000, 100), bowl]), at_most());
    assert!(why.contains("coupons given by later") && !why.contains("gifts"), "{why}");
}

#[test]
fn a_limit_of_points_bounds_a_coupon() {
    let limited = RuleLimits { points: Some(50_000), ..RuleLimits::none() };
    let coupon = points().codes(["QX7PLM3KTW9R"]);
    let verdict = unsearched(&one(coupon.clone().limits(limited)), &ten_each(), Promise::Exposure);
    assert!(matches!(verdict, Verdict::Proved { .. }), "{verdict:?}");
    let report = searched(&one(coupon), &ten_each(), Promises::default(), Promise::Exposure);
    assert_eq!(report.findings.len(), 1, "{report}");
}

#[test]
fn grants_and_gifts_cost_what_they_are_worth_to_all_who_get_them() {
    let promises = || Promises::default().exposure_max(amount("899.99"));
    let ten = || RuleLimits { uses: Some(10), ..RuleLimits::none() };
    let catalogue = shop([sold("LAMP", 10_000, 100), sold("BOWL", 9_000, 4_500).stock(20)]);
    // 90.00 in the wallet, ten times; and a coupon of 90.00 likewise.
    let balance = read(
        r#"{"format": 1, "currency": "CNY", "rules": [{"id": "later", "stage": "reward", "limits": {"uses": 10},
        "benefit": {"grant": {"give": {"balance": {"class": "packet", "amount": "90.00"}}}}}]}"#,
    );
    let give = Grant::new(Given::Coupon("ninety".into()));
    let ninety = Benefit::AmountOff(AmountOff::once(amount("90.00")));
    let mut ninety = Rule::new("ninety", "order", ninety).limits(RuleLimits { uses: Some(1), ..ten() });
    ninety.coupon = Some(Coupon::wallet());
    let coupon = one(Rule::new("later", "reward", Benefit::Grant(give)).limits(ten())).rule(ninety);
    // Bowls that cost 45.00, of which there are twenty.
    let bowl = Benefit::Gift(Gift::new([GiftOption::free("BOWL")]));
    let bowl = one(Rule::new("later", "reward", bowl));
    for rules in [balance, coupon, bowl] {
        let report = searched(&rules, &catalogue, promises(), Promise::Exposure);
        let loss = report.findings.iter().find(|finding| finding.rules == [RuleId::new("later")]);
        assert_eq!(loss.map(|finding| finding.loss), Some(Money::from_minor(90_000)), "{report}");
        // Nine pieces of 90.00, or nineteen bowls.
        let units =
            if rules.rules.iter().any(|rule| matches!(rule.benefit, Benefit::Gift(_))) { 19 } else { 9 };
        let limited = Change::LimitUnits { rule: RuleId::new("later"), units };
        assert_eq!(loss.and_then(|finding| finding.repair.clone()), Some(limited), "{report}");
    }
}

#[test]
fn what_all_rules_cost_counts_what_is_given_for_later() {
    // Points for 5,000.00 and ten times 90.00, neither of which is too much by itself.
    let points = points().limits(RuleLimits { points: Some(50_000), ..RuleLimits::none() });
    let rules = read(
        r#"{"format": 1, "currency": "CNY", "rules": [{"id": "later", "stage": "reward", "limits": {"uses": 10},
        "benefit": {"grant": {"give": {"balance": {"class": "packet", "amount": "90.00"}}}}}]}"#,
    )
    .rule(points);
    let promises = Promises::default().exposure_max(amount("5899.99"));
    let report = searched(&rules, &ten_each(), promises, Promise::Exposure);
    assert_eq!(report.findings.len(), 1, "{report}");
    assert_eq!(report.findings[0].loss, Money::from_minor(500_000 + 90_000), "{report}");
}

/// Two coupons for later, each of so much off 40.00.
fn two_coupons(off: &str, together: &str) -> RuleSet {
    read(&format!(
        r#"{{"format": 1, "currency": "CNY", "rules": [
        {{"id": "give-a", "stage": "reward", "benefit": {{"grant": {{"give": {{"coupon": "a"}}}}}}}},
        {{"id": "give-b", "stage": "reward", "benefit": {{"grant": {{"give": {{"coupon": "b"}}}}}}}},
        {{"id": "a", "stage": "coupon", "coupon": {{"wallet": true}}, "condition": {{"spend": {{"at_least": "40"}}}},
          "stacking": {together}, "benefit": {{"amount_off": {{"amount": "{off}", "each": "once"}}}}}},
        {{"id": "b", "stage": "coupon", "coupon": {{"wallet": true}}, "condition": {{"spend": {{"at_least": "40"}}}},
          "stacking": {together}, "benefit": {{"amount_off": {{"amount": "{off}", "each": "once"}}}}}}]}}"#
    ))
}

#[test]
fn one_spend_does_for_all_coupons_that_go_together() {
    let catalogue = shop([sold("PEN", 100, 0)]);
    let proved = |rules: RuleSet| {
        let verdict = unsearched(&rules, &catalogue, Promise::EarnShare);
        matches!(verdict, Verdict::Proved { .. })
    };
    // Who spends 40.00 once gets 39.00 twice.
    assert!(!proved(two_coupons("39", "{}")));
    assert!(proved(two_coupons("39", r#"{"group": "coupons"}"#)));
    assert!(proved(two_coupons("20", "{}")));
    let report = searched(&two_coupons("39", "{}"), &catalogue, Promises::default(), Promise::EarnShare);
    // 78.00 for a pen of 1.00, of which half may be given.
    assert_eq!(report.findings[0].loss, Money::from_minor(7_800 - 50), "{report}");
}
