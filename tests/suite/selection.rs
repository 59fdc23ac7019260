//! Stages whose winners refuse each other: who wins then, at the sizes of hostile rule files.

use dealproof::compile;
use dealproof::evaluate::Scratch;
use dealproof::money::{Currency, Money};
use dealproof::record::Usage;
use dealproof::rules::{AmountOff, Benefit, Rule, RuleSet, Select, Selector, Stage};
use dealproof::shop::{Cart, Context, Line};

const PRODUCTS: u32 = 50;
const RULES_EACH: u32 = 40;

fn sku(product: u32) -> String {
    format!("SKU-{product:02}")
}

/// Rule `nth` of a product takes 100.00 less `nth` cents off it, so that each one refused leaves the next one the winner.
fn rules(select: Select) -> RuleSet {
    let of_product = |product: u32| {
        (0..RULES_EACH).map(move |nth| {
            let cents = 10_000 - nth;
            let amount = format!("{}.{:02}", cents / 100, cents % 100).parse().unwrap();
            let off = AmountOff::per_unit(amount).target(Selector::sku(sku(product)));
            let rank = i32::try_from(product * RULES_EACH + nth).unwrap();
            Rule::new(format!("r-{product:02}-{nth:02}"), "goods", Benefit::AmountOff(off)).rank(rank)
        })
    };
    let stage = Stage::new("goods").select(select).max_rules(1);
    (0..PRODUCTS).flat_map(of_product).fold(RuleSet::new(Currency::CNY).stages([stage]), RuleSet::rule)
}

fn only_the_first_rule_of_the_first_product_applies(select: Select) {
    let lines =
        (0..PRODUCTS).map(|product| Line::new(sku(product), sku(product), 1, Money::from_minor(20_000)));
    let cart = Cart::new(Currency::CNY, lines.collect(), vec![]).unwrap();
    let plan = compile(&rules(select)).unwrap();
    let quote = plan.price(&mut Scratch::default(), &cart, &Context::default(), &Usage::default()).unwrap();
    // Fifty at 200.00, of which the one rule that has a place takes 100.00.
    assert_eq!(quote.totals.payable, Money::from_minor(50 * 20_000 - 10_000));
    let applied: Vec<&str> = quote.rules.iter().map(|rule| rule.rule.as_str()).collect();
    assert_eq!(applied, ["r-00-00"]);
}

#[test]
fn two_thousand_winners_per_line_that_find_the_stage_full_are_refused_one_by_one() {
    only_the_first_rule_of_the_first_product_applies(Select::BestPerLine);
}

#[test]
fn two_thousand_winners_per_unit_that_find_the_stage_full_are_refused_one_by_one() {
    only_the_first_rule_of_the_first_product_applies(Select::BestPerUnit);
}
