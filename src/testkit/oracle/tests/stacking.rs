//! Offers per unit, limits, and rules that keep each other out.

use super::*;
use crate::record::{ResourceKind, RuleUsage};
use crate::rules::{Exclusive, RuleLimits, Select, Short, Stacking, Stage, UnitPrice};
use crate::shop::Customer;

#[test]
fn limited_offers_go_to_the_units_that_save_most() {
    let set = rules([
        Rule::new("flash", "price", Benefit::UnitPrice(UnitPrice::new(yuan("5"), Selector::all())))
            .limits(RuleLimits::none().units_per_order(2)),
        Rule::new("member", "price", off("10")),
    ]);
    let quote = quote(&set, &cart(vec![line("A", 2, 1_000), line("B", 2, 2_000)]));
    // Flash saves 15 on each B and 5 on each A; after two units it is used up and A takes 10 %.
    assert_eq!(payables(&quote), [1_800, 1_000]);
    let one_left = Usage {
        rules: [("flash".into(), RuleUsage { units: 1, ..RuleUsage::default() })].into(),
        ..Usage::default()
    };
    let mut total = set.clone();
    total.rules[0].limits = RuleLimits::none().units(2);
    let cart = cart(vec![line("A", 2, 1_000), line("B", 2, 2_000)]);
    let quote = price(&total, &cart, &Context::default(), &one_left);
    // One B for 5; the other takes 10 %, in front of it.
    assert_eq!(quote.lines[1].units, [1_800, 500]);
    let claim = &quote.claims[0];
    assert_eq!((claim.resource.kind(), claim.amount), (ResourceKind::Units, 1));
}

#[test]
fn units_beyond_a_limit_keep_their_price_or_all_do() {
    let flash = |short| {
        let price = Benefit::UnitPrice(UnitPrice::new(yuan("5"), Selector::all()));
        rules([Rule::new("flash", "item", price).limits(RuleLimits::none().units_per_order(3).short(short))])
    };
    let lines = || cart(vec![line("A", 2, 1_000), line("B", 2, 2_000), line("C", 9, 400)]);
    // The dearest three; C is cheaper than the price and does not count.
    assert_eq!(payables(&quote(&flash(Short::Partial), &lines())), [1_500, 1_000, 3_600]);
    assert_eq!(quote(&flash(Short::Refuse), &lines()).payable, 2_000 + 4_000 + 3_600);
}

#[test]
fn only_rules_that_granted_something_block_others() {
    let grouped = |id: &str, benefit| Rule::new(id, "order", benefit).stacking(Stacking::free().group("g"));
    let of_nothing = AmountOff::once(yuan("5")).target(Selector::sku("NOWHERE"));
    let set = rules([
        grouped("1", Benefit::AmountOff(of_nothing)),
        grouped("2", once("3")),
        grouped("3", once("4")),
    ]);
    let quote = quote(&set, &cart(vec![line("A", 1, 1_000)]));
    assert_eq!((given(&quote, "2"), given(&quote, "3")), ((300, 300), (0, 0)));
}

#[test]
fn exclusion_works_both_ways_and_exclusive_rules_want_to_be_alone() {
    let cart = cart(vec![line("A", 1, 1_000)]);
    let with = |stacking| {
        rules([Rule::new("1", "order", once("1")), Rule::new("2", "coupon", once("2")).stacking(stacking)])
    };
    for stacking in [
        Stacking::free().excludes_rule("1"),
        Stacking::free().excludes_stage("order"),
        Stacking::free().exclusive(Exclusive::Order),
    ] {
        assert_eq!(quote(&with(stacking), &cart).payable, 900);
    }
    assert_eq!(quote(&with(Stacking::free().exclusive(Exclusive::Stage)), &cart).payable, 700);
}

#[test]
fn locked_lines_take_no_later_rule_and_still_count() {
    let first = AmountOff::once(yuan("1")).target(Selector::sku("A"));
    let set = rules([
        Rule::new("1", "item", Benefit::AmountOff(first))
            .stacking(Stacking::free().exclusive(Exclusive::Lines)),
        Rule::new("2", "order", off("50")).condition(spend("19")),
    ]);
    let quote = quote(&set, &cart(vec![line("A", 1, 1_000), line("B", 1, 1_000)]));
    // 9 + 10 meet the threshold of 19; only B is halved.
    assert_eq!(payables(&quote), [900, 500]);
}

#[test]
fn the_best_rule_is_chosen_again_without_one_that_may_not_apply() {
    let off = |id: &str, sku, amount| {
        let benefit = AmountOff::per_unit(yuan(amount)).target(Selector::sku(sku));
        Rule::new(id, "s", Benefit::AmountOff(benefit)).stacking(Stacking::free().group("g"))
    };
    let set = rules([off("1", "A", "5"), off("2", "B", "4"), Rule::new("3", "s", super::off("10"))])
        .stages([Stage::new("s").select(Select::BestPerLine)]);
    let quote = quote(&set, &cart(vec![line("A", 1, 1_000), line("B", 1, 1_000)]));
    // "1" wins A, "2" would win B and is of the same group, so B goes to the next best.
    assert_eq!(payables(&quote), [500, 900]);
}

#[test]
fn limits_per_customer_need_a_customer() {
    let rule = Rule::new("r", "order", once("1")).limits(RuleLimits::none().uses_per_customer(2));
    let (set, lines) = (rules([rule]), cart(vec![line("A", 1, 1_000)]));
    let known = Context::default().customer(Customer::new("c"));
    let used = |uses| Usage {
        rules: [("r".into(), RuleUsage { customer_uses: uses, ..RuleUsage::default() })].into(),
        ..Usage::default()
    };
    assert_eq!(price(&set, &lines, &Context::default(), &used(0)).payable, 1_000);
    assert_eq!(price(&set, &lines, &known, &used(1)).payable, 900);
    assert_eq!(price(&set, &lines, &known, &used(2)).payable, 1_000);
}
