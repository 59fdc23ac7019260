//! What must not be proved: each case was accepted once, or is next to one that was. Nothing is searched here, so that no
//! finding stands in a false proof's way.

use super::*;
use crate::audit::{AuditBounds, Verdict, audit};
use crate::money::{Currency, Factor, Money};
use crate::rules::{
    AmountOff, AnyOf, Benefit, Condition, Coupon, Every, Gift, GiftOption, Given, Grant, Multiplier,
    OrderNumber, Per, PercentOff, PointsEarn, PriceProtection, Refunds, Rule, RuleLimits, Selector, Spend,
    SpendTier, SpendTiers, Step, TierOff, Times,
};
use crate::shop::{Line, Product};

pub(super) fn sold(sku: &str, price: i64, cost: i64) -> Product {
    Product::new(Line::new("", sku, 1, Money::from_minor(price)).cost(Money::from_minor(cost)))
}

pub(super) fn shop(products: impl IntoIterator<Item = Product>) -> Catalogue {
    Catalogue::new(Currency::CNY, products.into_iter().collect()).unwrap()
}

pub(super) fn one(rule: Rule) -> RuleSet {
    RuleSet::new(Currency::CNY).rule(rule)
}

fn spend(amount: &str) -> Step {
    Step::Spend(amount.parse().unwrap())
}

/// What is said of a promise without looking at any order.
pub(super) fn unsearched(rules: &RuleSet, catalogue: &Catalogue, promise: Promise) -> Verdict {
    let promises = Promises::default().only([promise]);
    let bounds = AuditBounds::default().promises(promises).orders(0);
    audit(rules, catalogue, &bounds).unwrap().verdict(promise).unwrap().clone()
}

pub(super) fn assert_unproved(rules: &RuleSet, catalogue: &Catalogue, promise: Promise) {
    let verdict = unsearched(rules, catalogue, promise);
    assert!(matches!(verdict, Verdict::Unknown { .. }), "{verdict:?}");
}

#[test]
fn an_amount_off_other_goods_in_each_shop_is_no_share_of_the_goods_counted() {
    // Two lamps of 10.00 that cost nothing take 100.00 off a mug that costs 60.00.
    let every = Every::new(spend("10.00"), "50.00".parse().unwrap(), Times::Uncapped);
    let every = every.qualifier(Selector::sku("LAMP")).target(Selector::sku("MUG"));
    let catalogue = shop([sold("LAMP", 1_000, 0), sold("MUG", 10_000, 6_000)]);
    let rule = Rule::new("mug", "order", Benefit::Every(every)).per(Per::Shop);
    assert_unproved(&one(rule), &catalogue, Promise::AboveCost);
    let tier = SpendTier { at: "10.00".parse().unwrap(), off: TierOff::Amount("50.00".parse().unwrap()) };
    let tiers = SpendTiers::new([tier]).qualifier(Selector::sku("LAMP")).target(Selector::sku("MUG"));
    let rule = Rule::new("mug", "order", Benefit::SpendTiers(tiers)).per(Per::Shop);
    assert_unproved(&one(rule), &catalogue, Promise::AboveCost);
}

#[test]
fn pieces_listed_at_nothing_count_as_pieces() {
    // A pen that earns 2.50 and a leaflet of no price are two pieces, and get 5.00 off, or a bag that costs 5.00.
    let catalogue = shop([sold("LEAFLET", 0, 0), sold("PEN", 1_000, 750), sold("BAG", 2_000, 500)]);
    let every = Every::new(Step::Quantity(2), "5.00".parse().unwrap(), Times::Uncapped);
    let goods = || Selector::skus(["LEAFLET", "PEN"]);
    let rule = Rule::new("pens", "order", Benefit::Every(every.target(goods())));
    assert_unproved(&one(rule), &catalogue, Promise::AboveCost);
    let bag = Gift::new([GiftOption::free("BAG")]).every(Step::Quantity(2), Times::Uncapped);
    let rule = Rule::new("bag", "reward", Benefit::Gift(bag.qualifier(goods())));
    assert_unproved(&one(rule), &catalogue, Promise::AboveCost);
}

#[test]
fn price_protection_of_the_rule_set_counts_as_promised() {
    let refunds = Refunds::default().price_protection(PriceProtection::new(1_440));
    let tenth = Benefit::PercentOff(PercentOff::new("10".parse().unwrap()));
    let rules = one(Rule::new("tenth", "order", tenth)).refunds(refunds);
    assert_unproved(&rules, &shop([sold("LAMP", 1_000, 100).sold_lately(10)]), Promise::PriceProtection);
}

#[test]
fn a_multiplier_that_counts_what_coupons_pay_earns_on_more_than_money() {
    let twice = Spend::at_least(Selector::all(), "100.00".parse().unwrap());
    let twice = Multiplier::new(Factor::whole(2)).when(Condition::Spend(twice));
    let earn = PointsEarn::new(1, "1.00".parse().unwrap()).multiplier(twice);
    let rules = one(Rule::new("earn", "reward", Benefit::PointsEarn(earn)));
    assert_unproved(&rules, &shop([sold("LAMP", 1_000, 100)]), Promise::EarnedOnCash);
}

#[test]
fn a_code_asked_for_by_a_condition_can_be_guessed_too() {
    let off = Benefit::AmountOff(AmountOff::once("5.00".parse().unwrap()));
    let condition = Condition::Code(AnyOf::new(["VIP"]));
    let rules = one(Rule::new("vip", "order", off).condition(condition));
    assert_unproved(&rules, &shop([sold("LAMP", 1_000, 100)]), Promise::SecretCodes);
}

#[test]
fn a_gift_for_every_so_much_spent_has_a_threshold() {
    let bag = Gift::new([GiftOption::free("LAMP")]).every(spend("100.00"), Times::Uncapped);
    let rules = one(Rule::new("bag", "reward", Benefit::Gift(bag)));
    assert_unproved(&rules, &shop([sold("LAMP", 1_000, 100)]), Promise::PaidThreshold);
}

#[test]
fn without_a_price_history_no_cut_is_shown_to_be_real() {
    let tenth = Benefit::PercentOff(PercentOff::new("10".parse().unwrap()));
    let rules = one(Rule::new("tenth", "order", tenth));
    assert_unproved(&rules, &shop([sold("LAMP", 1_000, 100)]), Promise::RealCut);
}

/// Half of everything.
fn half() -> Rule {
    Rule::new("half", "order", Benefit::PercentOff(PercentOff::new("50".parse().unwrap())))
}

#[test]
fn what_only_later_orders_get_is_had_by_splitting() {
    // A pen of 1.00 first, then a lamp for 50.00: together they are 101.00.
    let catalogue = shop([sold("PEN", 100, 0), sold("LAMP", 10_000, 0)]);
    let later = [
        Condition::OrderNumber(OrderNumber::between(Some(2), None)),
        Condition::OrderNumber(OrderNumber::every(2)),
        Condition::Not(Box::new(Condition::FirstOrder {})),
        Condition::Not(Box::new(Condition::OrderNumber(OrderNumber::between(None, Some(1))))),
    ];
    for condition in later {
        assert_unproved(&one(half().condition(condition)), &catalogue, Promise::SplitPays);
    }
    // What the first order gets, or every one, is not had by another.
    let any = Condition::OrderNumber(OrderNumber::between(Some(1), None));
    for condition in [Condition::FirstOrder {}, any] {
        let verdict = unsearched(&one(half().condition(condition)), &catalogue, Promise::SplitPays);
        assert!(matches!(verdict, Verdict::Proved { .. }), "{verdict:?}");
    }
}

#[test]
fn a_coupon_that_an_order_gives_takes_half_off_the_next() {
    let catalogue = shop([sold("PEN", 100, 0), sold("LAMP", 10_000, 0)]);
    let mut coupon = half();
    coupon.coupon = Some(Coupon::wallet());
    let give = Grant::new(Given::Coupon("half".into()));
    let rules = one(coupon).rule(Rule::new("give", "reward", Benefit::Grant(give)));
    assert_unproved(&rules, &catalogue, Promise::SplitPays);
}

#[test]
fn rules_that_share_out_units_give_side_by_side() {
    // A lamp of 100.00 is had for 50.00, and the pen beside it for nothing: 50.00 is paid for what costs 65.00. The pen's
    // amount is half of the lamp that it asks for, and so is the share off the lamp; they are not two bounds of one discount.
    let catalogue = shop([sold("LAMP", 10_000, 4_500), sold("PEN", 5_000, 2_000)]);
    let half = PercentOff::new("50".parse().unwrap()).target(Selector::sku("LAMP"));
    let pen = AmountOff::per_unit("50.00".parse().unwrap()).target(Selector::sku("PEN"));
    let lamps = Condition::Spend(Spend::at_least(Selector::sku("LAMP"), "100.00".parse().unwrap()));
    let pen = Rule::new("pen", "price", Benefit::AmountOff(pen)).condition(lamps);
    let pen = pen.limits(RuleLimits::none().units_per_order(1));
    let rules = one(Rule::new("half", "price", Benefit::PercentOff(half))).rule(pen);
    assert_unproved(&rules, &catalogue, Promise::AboveCost);
}

#[test]
fn what_takes_no_money_off_is_bounded_by_no_budget_and_no_cap() {
    // A tin of 100.00 that costs 80.00 brings a bowl that costs 50.00, again and again; nothing of 10.00 is ever used up.
    let catalogue = shop([sold("TIN", 10_000, 8_000), sold("BOWL", 5_000, 5_000)]);
    let bowl = || {
        let gift = Gift::new([GiftOption::free("BOWL")]).qualifier(Selector::sku("TIN"));
        Rule::new("bowl", "reward", Benefit::Gift(gift))
    };
    let budget = RuleLimits::none().budget("10.00".parse().unwrap());
    for rule in [bowl().limits(budget), bowl().cap("10.00".parse().unwrap())] {
        assert_unproved(&one(rule.clone()), &catalogue, Promise::AboveCost);
        assert_unproved(&one(rule), &catalogue, Promise::SplitFarm);
    }
    assert_unproved(&one(bowl().codes(["BOWL"]).limits(budget)), &catalogue, Promise::Exposure);
}

pub(super) fn read(rules: &str) -> RuleSet {
    serde_json::from_str(rules).unwrap()
}

#[test]
fn a_threshold_that_another_condition_can_stand_in_for_is_a_threshold() {
    let catalogue = shop([sold("TIN", 10_000, 8_000)]);
    let spend = r#"{"spend": {"base": "list", "at_least": "100.00"}}"#;
    let vip = r#"{"segment": {"any_of": ["vip"]}}"#;
    for condition in [format!(r#"{{"any": [{spend}, {vip}]}}"#), format!(r#"{{"not": {{"not": {spend}}}}}"#)]
    {
        let rules = read(&format!(
            r#"{{"format": 1, "currency": "CNY", "rules": [{{"id": "free", "stage": "shipping",
            "condition": {condition}, "benefit": {{"shipping": {{"off": {{"free": {{}}}}}}}}}}]}}"#
        ));
        assert_unproved(&rules, &catalogue, Promise::PaidThreshold);
    }
}

#[test]
fn points_on_money_that_a_later_rule_takes_back_are_not_on_money() {
    let stages = r#"[{"id": "early"}, {"id": "coupon", "basis": "running"}]"#;
    let ninety = r#"{"id": "ninety", "stage": "coupon", "benefit": {"percent_off": {"percent": "90"}}}"#;
    let earns = [
        r#"{"points_earn": {"points": 10, "per": "1.00"}}"#,
        r#"{"grant": {"give": {"coupon": "next"}, "every": {"spend": "10.00"}, "times": 3, "base": "cash"}}"#,
    ];
    for benefit in earns {
        let rules = read(&format!(
            r#"{{"format": 1, "currency": "CNY", "stages": {stages},
            "rules": [{{"id": "earn", "stage": "early", "benefit": {benefit}}}, {ninety}]}}"#
        ));
        assert_unproved(&rules, &shop([sold("TIN", 10_000, 8_000)]), Promise::EarnedOnCash);
    }
}

#[test]
fn a_coupon_that_no_rule_here_explains_is_worth_what_nobody_knows() {
    let coupon = Grant::new(Given::Coupon("elsewhere".into()));
    let rules = one(Rule::new("next", "reward", Benefit::Grant(coupon)));
    let catalogue = shop([sold("TIN", 10_000, 8_000)]);
    assert_unproved(&rules, &catalogue, Promise::EarnShare);
    assert_unproved(&rules, &catalogue, Promise::NoPump);
}
