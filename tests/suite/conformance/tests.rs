//! The adapter's pieces, by the rules they make.

use dealproof::money::RoundMode;
use dealproof::rules::{
    AnyOf, Base, Basis, Benefit, Condition, Rule, RuleSet, Select, Shipping, ShippingOff, Spend, Window,
    Within,
};
use serde_json::{Value, json};

use super::form::{Case, SetAside};
use super::translate::{Translation, translate};

/// A case of two lines with these promotions and semantics.
fn case(promotions: Value, semantics: Value) -> Case {
    let case = json!({
        "id": "made-up", "currency": "USD", "minor_units": 2, "codes": ["ONE", "TWO"], "shipping": "5.00",
        "lines": [
            {"sku": "TEE", "quantity": 4, "unit_price": "20.00", "categories": ["tees"]},
            {"sku": "MUG", "quantity": 4, "unit_price": "10.00", "categories": ["mugs"]},
        ],
        "promotions": promotions, "semantics": semantics, "expect": {"total": "0.00"},
    });
    serde_json::from_value(case).unwrap()
}

fn translated(promotions: Value, semantics: Value) -> Translation {
    match translate(&case(promotions, semantics)) {
        Ok(translation) => translation,
        Err(SetAside(why)) => panic!("set aside: {why}"),
    }
}

fn reason(promotions: Value, semantics: Value) -> String {
    match translate(&case(promotions, semantics)) {
        Ok(_) => panic!("not set aside"),
        Err(SetAside(why)) => why,
    }
}

fn ids(rules: &RuleSet) -> Vec<(&str, &str)> {
    let rules = rules.rules.iter();
    rules.map(|rule| (rule.id.as_str(), rule.stage.as_str())).collect()
}

fn rule<'a>(rules: &'a RuleSet, id: &str) -> &'a Rule {
    let mut rules = rules.rules.iter();
    rules.find(|rule| rule.id.as_str() == id).unwrap()
}

fn percent(id: &str, kind: &str, percent: &str) -> Value {
    json!({"id": id, "kind": kind, "params": {"percent": percent}})
}

#[test]
fn a_price_rounded_half_up_is_a_discount_rounded_half_down() {
    for (rounding, of, mode) in [
        ("half_up", "resulting_price", RoundMode::HalfDown),
        ("half_up", "discount", RoundMode::HalfUp),
        ("half_down", "resulting_price", RoundMode::HalfUp),
        ("floor", "discount", RoundMode::Down),
    ] {
        let semantics = json!({"rounding": rounding, "rounding_of": of});
        let made = translated(json!([percent("p", "order_percent", "15")]), semantics);
        assert_eq!(made.rules.rounding.mode, mode, "{rounding} of {of}");
    }
    let upward = json!({"rounding": "floor", "rounding_of": "resulting_price"});
    let why = reason(json!([percent("p", "order_percent", "15")]), upward);
    assert_eq!(why, "discounts are rounded up");
}

#[test]
fn a_unit_percentage_of_its_own_base_and_an_order_percentage_of_the_rest_take_two_stages() {
    let promotions = json!([
        percent("items", "item_percent", "10"),
        percent("more", "item_percent", "20"),
        percent("order", "order_percent", "5"),
    ]);
    let semantics = json!({"base": "running", "item_base": "after_catalog"});
    let made = translated(promotions, semantics.clone());
    assert_eq!(ids(&made.rules), [("items#0", "cart"), ("more#0", "cart"), ("order#0", "cart-2")]);
    let bases: Vec<Basis> = made.rules.stages.iter().map(|stage| stage.basis).collect();
    assert_eq!(bases, [Basis::Entry, Basis::Running]);

    // The first promotion of all finds nothing taken off: it can share the stage of the others.
    let promotions = json!([percent("order", "order_percent", "5"), percent("items", "item_percent", "10"),]);
    let made = translated(promotions, semantics.clone());
    assert_eq!(ids(&made.rules), [("order#0", "cart"), ("items#0", "cart")]);

    let promotions = json!([
        percent("order", "order_percent", "5"),
        percent("more", "order_percent", "5"),
        percent("items", "item_percent", "10"),
    ]);
    let why = reason(promotions, semantics);
    assert!(why.starts_with("a percentage of what units cost before"), "{why}");
}

#[test]
fn exclusive_promotions_come_first_and_exclude_all_others_of_the_cart() {
    let promotions = json!([
        percent("c", "catalog_percent", "10"),
        {"id": "high", "kind": "order_percent", "params": {"percent": "10"}, "priority": 9},
        {"id": "only", "kind": "order_percent", "params": {"percent": "5"}, "priority": 1, "exclusive": true,
         "more_actions": [{"kind": "free_shipping", "params": {}}]},
    ]);
    let semantics = json!({"order": "priority_desc", "stacking": "exclusive_wins"});
    let made = translated(promotions, semantics);
    assert_eq!(
        ids(&made.rules),
        [("c#0", "catalogue"), ("only#0", "cart"), ("only#1", "cart"), ("high#0", "cart")]
    );
    for own in ["only#0", "only#1"] {
        let excluded = &rule(&made.rules, own).stacking.excludes.rules;
        let excluded: Vec<&str> = excluded.iter().map(|rule| rule.as_str()).collect();
        assert_eq!(excluded, ["high#0"], "{own}");
    }
}

#[test]
fn lanes_are_stages_in_which_each_line_keeps_its_best() {
    let promotions = json!([
        {"id": "late", "kind": "order_percent", "params": {"percent": "10"}, "lane": "post"},
        {"id": "usual", "kind": "order_percent", "params": {"percent": "10"}},
        {"id": "early", "kind": "order_percent", "params": {"percent": "10"}, "lane": "pre"},
    ]);
    let made = translated(promotions, json!({"order": "lane", "stacking": "best_per_line"}));
    assert_eq!(ids(&made.rules), [("early#0", "cart"), ("usual#0", "cart-2"), ("late#0", "cart-3")]);
    let all_keep_best = made.rules.stages.iter().all(|stage| stage.select == Select::BestPerLine);
    assert!(all_keep_best);
}

#[test]
fn the_last_code_entered_comes_first_and_keeps_the_others_out() {
    let promotions = json!([
        {"id": "auto", "kind": "order_fixed", "params": {"amount": "1.00"}},
        {"id": "one", "kind": "order_fixed", "params": {"amount": "2.00"}, "coupon_code": "ONE"},
        {"id": "two", "kind": "free_shipping", "params": {}, "coupon_code": "TWO"},
    ]);
    let made = translated(promotions, json!({"stacking": "last_code_only"}));
    assert_eq!(ids(&made.rules), [("auto#0", "cart"), ("two#0", "cart"), ("one#0", "cart")]);
    assert!(rule(&made.rules, "auto#0").stacking.excludes.rules.is_empty());
    assert!(rule(&made.rules, "two#0").stacking.excludes.rules.contains("one#0"));
}

#[test]
fn of_several_order_percentages_the_best_or_the_first_holds() {
    let promotions = json!([
        percent("ten", "order_percent", "10"),
        {"id": "off", "kind": "order_fixed", "params": {"amount": "1.00"}},
        percent("twenty", "order_percent", "20"),
    ]);
    let first =
        translated(promotions.clone(), json!({"order": "definition", "stacking": "one_order_percent"}));
    let groups: Vec<bool> = first.rules.rules.iter().map(|rule| rule.stacking.group.is_some()).collect();
    assert_eq!(groups, [true, false, true]);

    let best = translated(promotions, json!({"order": "best_value", "stacking": "one_order_percent"}));
    assert_eq!(ids(&best.rules), [("ten#0", "cart"), ("twenty#0", "cart"), ("off#0", "cart-2")]);
    assert_eq!(best.rules.stages[0].select, Select::Best);
}

#[test]
fn a_promotion_of_several_actions_does_not_count_its_own_discount() {
    let promotions = json!([
        {"id": "before", "kind": "order_fixed", "params": {"amount": "1.00"}},
        {"id": "both", "kind": "order_percent", "params": {"percent": "10"},
         "more_actions": [{"kind": "free_shipping", "params": {}}],
         "conditions": {"subtotal": {"op": "gt", "amount": "50.00", "basis": "discounted"}}},
    ]);
    let made = translated(promotions, json!({"base": "running"}));
    // More than 50.00 is at least 50.01, of what the order was worth when the promotion's own stage began.
    let spend = Spend::at_least(Default::default(), "50.01".parse().unwrap())
        .base(Base::Stage("cart-2".into()))
        .within(Within::Order);
    for own in ["both#0", "both#1"] {
        let rule = rule(&made.rules, own);
        assert_eq!(rule.stage.as_str(), "cart-2");
        assert_eq!(rule.condition, Some(Condition::Spend(spend.clone())));
    }
}

#[test]
fn a_set_of_groups_is_a_rule_for_each_round_that_every_pool_can_fill() {
    let group = |id: &str, category: &str, size: u32| {
        json!({"id": id, "kind": "group_discount", "params": {
            "group_size": size, "group_sort": "cheapest_first", "pool": {"categories": [category]}, "set": "s",
            "reward": {"percent": "50"}}})
    };
    let made = translated(json!([group("tees", "tees", 2), group("mugs", "mugs", 4)]), json!({}));
    // Four tees are two groups, four mugs are one.
    assert_eq!(ids(&made.rules), [("tees#0", "cart"), ("tees#1", "cart"), ("mugs#0", "cart")]);
    let Some(Condition::All(pools)) = &rule(&made.rules, "tees#1").condition else {
        panic!("no condition");
    };
    let least: Vec<Option<u32>> = pools
        .iter()
        .map(|pool| match pool {
            Condition::Quantity(quantity) => quantity.at_least,
            _ => None,
        })
        .collect();
    assert_eq!(least, [Some(2 * 2), Some(2 * 4)]);
}

#[test]
fn the_lowest_fixed_fee_replaces_the_other_shipping_actions_where_it_overrules() {
    let promotions = json!([
        {"id": "p", "kind": "shipping_percent", "params": {"percent": "50"},
         "more_actions": [
            {"kind": "shipping_fixed_price", "params": {"price": "3.00"}},
            {"kind": "shipping_fixed_price", "params": {"price": "2.00"}},
            {"kind": "order_fixed", "params": {"amount": "1.00"}}]},
    ]);
    let made = translated(promotions.clone(), json!({"fixed_shipping_price_overrules": true}));
    let two = Benefit::Shipping(Shipping::new(ShippingOff::Price("2".parse().unwrap())));
    assert_eq!(made.rules.rules[0].benefit, two);
    assert_eq!(made.rules.rules.len(), 2);
    assert_eq!(translated(promotions, json!({})).rules.rules.len(), 4);
}

#[test]
fn a_window_with_its_end_inside_ends_a_millisecond_later() {
    let promotions = json!([{"id": "p", "kind": "order_fixed", "params": {"amount": "1.00"},
        "conditions": {"ends_at": "2024-06-15T12:00:00Z"}}]);
    for (end, until) in [("inclusive", "2024-06-15T12:00:00.001Z"), ("exclusive", "2024-06-15T12:00:00Z")] {
        let made = translated(promotions.clone(), json!({"window_end": end}));
        let window = Window::new(None, Some(until.parse().unwrap()));
        assert_eq!(rule(&made.rules, "p#0").condition, Some(Condition::Window(window)), "{end}");
    }
}

#[test]
fn a_condition_on_another_currency_never_holds() {
    let on = |currency: &str| json!([{"id": "p", "kind": "order_fixed", "params": {"amount": "1.00"}, "conditions": {"currency": currency}}]);
    let made = translated(on("no currency"), json!({}));
    assert!(!rule(&made.rules, "p#0").enabled);
    let made = translated(on("USD"), json!({}));
    let own = Condition::Currency(AnyOf::new([made.rules.currency]));
    assert_eq!(rule(&made.rules, "p#0").condition, Some(own));
}

#[test]
fn a_code_is_one_coupon_and_a_condition_of_the_rules_that_share_it() {
    let promotions = json!([{"id": "p", "kind": "order_fixed", "params": {"amount": "1.00"}, "coupon_code": "ONE",
        "more_actions": [{"kind": "free_shipping", "params": {}}]}]);
    let made = translated(promotions, json!({}));
    assert!(rule(&made.rules, "p#0").coupon.is_some());
    let also = &rule(&made.rules, "p#1");
    assert!(also.coupon.is_none());
    assert_eq!(also.condition, Some(Condition::Code(AnyOf::new(["ONE"]))));
}

#[test]
fn what_the_adapter_does_not_know_sets_a_case_aside_by_name() {
    let params = json!({"percent": "10", "on_tuesdays": true});
    let promotions = json!([{"id": "p", "kind": "order_percent", "params": params}]);
    assert_eq!(reason(promotions, json!({})), "on_tuesdays of order_percent is not known to the adapter");
    let promotions = json!([{"id": "p", "kind": "raffle", "params": {}}]);
    assert_eq!(reason(promotions, json!({})), "kind raffle is not known");
    let promotions = json!([percent("p", "order_percent", "10")]);
    assert_eq!(reason(promotions.clone(), json!({"rounding": "ceiling"})), "rounding ceiling is not known");
    assert_eq!(
        reason(promotions.clone(), json!({"mood": "good"})),
        "mood of semantics is not known to the adapter"
    );
    let mut promotions = promotions;
    promotions[0]["conditions"] = json!({"weather": "rain"});
    assert_eq!(reason(promotions, json!({})), "weather of conditions is not known to the adapter");
}

#[test]
fn a_source_that_tells_codes_apart_by_case_is_set_aside_only_when_it_matters() {
    let by = |code: &str| json!([{"id": "p", "kind": "free_shipping", "params": {}, "coupon_code": code}]);
    let exact = json!({"code_match": "exact"});
    assert!(reason(by("one"), exact.clone()).starts_with("codes that differ in case"));
    assert_eq!(translated(by("ONE"), exact).rules.rules.len(), 1);
}

#[test]
fn units_are_grouped_in_cart_order_only_where_that_is_an_order_of_price() {
    let step = |params: Value| json!([{"id": "p", "kind": "quantity_step", "params": params}]);
    // 20.00 before 10.00: the cart falls in price, so the dearest first is its order.
    let made = translated(step(json!({"step": 3, "scope": "cart", "reward": {"percent": "10"}})), json!({}));
    let Benefit::NFor(groups) = &rule(&made.rules, "p#0").benefit else {
        panic!("no groups");
    };
    assert_eq!(groups.pick, dealproof::rules::Pick::Dearest);
    let why = reason(
        step(json!({"step": 3, "scope": "cart", "reward": {"amount": "1.00", "per": "unit"}})),
        json!({}),
    );
    assert_eq!(why, "an amount off each unit of complete groups of unlike units");
}

fn bases_of_points(promotions: Value, semantics: Value) -> Vec<Option<Base>> {
    let made = translated(promotions, semantics);
    let base = |rule: &Rule| match &rule.benefit {
        Benefit::PointsEarn(earn) => Some(earn.base.clone()),
        _ => None,
    };
    made.rules.rules.iter().filter_map(base).collect()
}

fn earn(rate: &str, applies_to: Value, basis: &str) -> Value {
    let params = json!({"points_per_currency_unit": rate, "applies_to": applies_to, "basis": basis});
    json!({"id": "earn", "kind": "loyalty_earn", "params": params})
}

#[test]
fn points_of_some_goods_do_not_see_what_is_taken_off_the_order_as_a_whole() {
    let tees = || earn("1", json!({"categories": ["tees"]}), "after_discounts");
    let start = |stage: &str| vec![Some(Base::Stage(stage.into()))];
    let order = || percent("order", "order_percent", "10");
    let items = || percent("items", "item_percent", "10");
    assert_eq!(bases_of_points(json!([tees(), order()]), json!({})), start("cart"));
    assert_eq!(bases_of_points(json!([tees(), items()]), json!({})), [Some(Base::Cash)]);
    // Item kinds first: their stage is over when the order's begins.
    let apart = json!({"base": "after_item_discounts"});
    assert_eq!(bases_of_points(json!([order(), items(), tees()]), apart), start("cart-2"));
    let why = reason(json!([order(), items(), tees()]), json!({}));
    assert_eq!(why, "points on some goods that are discounted after, or together with, the whole order");
    // All goods together see it.
    let all = earn("1", json!({"all": true}), "after_discounts");
    assert_eq!(bases_of_points(json!([order(), all]), json!({})), [Some(Base::Cash)]);
}

#[test]
fn a_rate_of_points_is_whole_points_for_a_whole_amount() {
    for (rate, points, per) in [("1", 1, "1"), ("0.01", 1, "100"), ("2.50", 25, "10")] {
        let made = translated(json!([earn(rate, json!({"all": true}), "after_discounts")]), json!({}));
        let Benefit::PointsEarn(earn) = &made.rules.rules[0].benefit else { panic!("no points") };
        assert_eq!((earn.points, earn.per), (points, per.parse().unwrap()), "{rate}");
    }
}

#[test]
fn discounts_come_before_points_that_are_redeemed_those_before_stored_value_and_points_are_earned_last() {
    let redeem = json!({"balance": "30.5", "points_step": 10, "discount_per_point": "0.10", "pays": "goods"});
    let promotions = json!([
        earn("1", json!({"all": true}), "before_redemption"),
        {"id": "card", "kind": "stored_value", "params": {"balance": "10.00", "pays": "total"}, "coupon_code": "ONE"},
        percent("order", "order_percent", "10"),
        {"id": "points", "kind": "loyalty_redeem", "params": redeem},
    ]);
    let made = translated(promotions.clone(), json!({}));
    let stages =
        [("order#0", "cart"), ("points#0", "redemption"), ("card#0", "payment"), ("earn#0", "earning")];
    assert_eq!(ids(&made.rules), stages);
    let Benefit::PointsRedeem(points) = &rule(&made.rules, "points#0").benefit else { panic!("no points") };
    // Ten points of 0.10 each, in the order's own currency; half a point is never part of a step.
    assert_eq!((points.step, points.value), (10, "1".parse().unwrap()));
    assert_eq!(made.context.wallet.points, 30);
    assert!(rule(&made.rules, "card#0").coupon.is_some());
    assert_eq!(bases_of_points(promotions, json!({})), [Some(Base::Stage("redemption".into()))]);
}

#[test]
fn what_points_and_stored_value_leave_open_is_set_aside() {
    let redeem = |more: Value| {
        let mut params =
            json!({"balance": "30", "points_step": 1, "discount_per_point": "1.00", "pays": "goods"});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"id": "points", "kind": "loyalty_redeem", "params": params})
    };
    let order = || percent("order", "order_percent", "10");
    let why = reason(json!([redeem(json!({"include_earned": true}))]), json!({}));
    assert!(why.starts_with("points of this order are redeemed in it"), "{why}");
    let why = reason(json!([redeem(json!({})), order()]), json!({}));
    assert_eq!(why, "a discount on what redeemed points left to pay");
    let why = reason(json!([redeem(json!({})), redeem(json!({}))]), json!({}));
    assert_eq!(why, "points of two kinds");
    let why = reason(json!([order(), redeem(json!({}))]), json!({"stacking": "best_only"}));
    assert_eq!(why, "whether points compete with discounts is left open");
}
