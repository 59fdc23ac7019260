//! Pricing into a reused Scratch and Quote allocates nothing once their buffers have grown.
//!
//! A binary of its own, for its allocator counts what each thread allocates. What is measured is the second and every
//! later pass over the same carts; a trace is text for people and may allocate.

#![allow(
    clippy::expect_used,
    reason = "a helper that panics fails its test; clippy allows it in the test functions themselves"
)]

use allocation_counter::measure;
use dealproof::compile;
use dealproof::compile::Plan;
use dealproof::evaluate::Scratch;
use dealproof::money::{Currency, Money};
use dealproof::record::{Checkout, Quote, RuleUsage, Usage};
use dealproof::rules::{Benefit, PercentOff, Rule, RuleLimits, RuleSet};
use dealproof::shop::{Cart, Context, Customer, Line};
use dealproof::testkit::Scenario;

#[path = "../../benches/workload/mod.rs"]
mod workload;

use workload::{SEED, Workload, mixed};

#[test]
fn the_counter_counts() {
    let counted = measure(|| drop(std::hint::black_box(vec![1_u8, 2, 3])));
    assert_eq!(counted.count_total, 1);
}

#[test]
fn pricing_a_catalogue_allocates_nothing() {
    for (lines, rules) in [(1, 1), (1, 10), (10, 10), (10, 1_000), (50, 100), (200, 10)] {
        let workload = Workload::catalogue(SEED, lines, rules);
        let plan = compile(&workload.rule_set()).expect("a sound rule set");
        let allocations = of_a_later_pass(&plan, &workload.checkouts());
        assert_eq!(allocations, 0, "{lines} lines, {rules} rules");
    }
}

#[test]
fn pricing_by_the_whole_rule_language_allocates_nothing() {
    let plan = compile(&mixed::rule_set()).expect("a sound rule set");
    for lines in [10, 50] {
        let allocations = of_a_later_pass(&plan, &mixed::checkouts(lines));
        assert_eq!(allocations, 0, "{lines} lines");
    }
}

/// Fifty rules, with all their limits far away and with some of them near: what is left is worked out either way.
#[test]
fn pricing_by_limited_rules_allocates_nothing() {
    let budget = "1000000000.00".parse().expect("an amount");
    let limits = RuleLimits::none().uses(1_000_000).uses_per_customer(100).units_per_customer(1_000);
    let rule = |number: u32| {
        let one = Benefit::PercentOff(PercentOff::new("1".parse().expect("a percentage")));
        Rule::new(format!("rule-{number:02}"), "item", one).limits(limits.units(1_000_000).budget(budget))
    };
    let rules = (0..50).fold(RuleSet::new(Currency::CNY), |rules, number| rules.rule(rule(number)));
    let plan = compile(&rules).expect("a sound rule set");
    let line = |line: i64| Line::new(format!("{line}"), format!("SKU-{line}"), 3, Money::from_minor(10_000));
    let cart = Cart::new(Currency::CNY, (0..10).map(line).collect(), vec![]).expect("a cart");
    let context = Context::default().customer(Customer::new("ann"));
    for (units, claims) in [(5_000, 250), (999_990, 250), (1_000_000, 0)] {
        let (mut usage, mut used) = (Usage::default(), RuleUsage::default());
        (used.uses, used.units, used.budget) = (500, units, Some("5000.00".parse().expect("an amount")));
        usage.rules.extend((0..50).map(|number| (rule(number).id, used)));
        let checkout = Checkout { cart: cart.clone(), context: context.clone(), usage };
        let (mut scratch, mut quote) = (Scratch::default(), Quote::new());
        let mut pass = || price(&plan, &mut scratch, std::slice::from_ref(&checkout), &mut quote);
        pass();
        assert_eq!(measure(&mut pass).count_total, 0, "{units} units used");
        assert_eq!(quote.claims.len(), claims, "{units} units used");
    }
}

#[test]
fn a_scratch_handed_from_plan_to_plan_allocates_nothing_once_it_has_met_them() {
    let small = Workload::catalogue(SEED, 10, 10);
    let large = Workload::catalogue(SEED, 10, 1_000);
    let plans = [&small, &large].map(|workload| compile(&workload.rule_set()).expect("sound"));
    let checkouts = small.checkouts();
    let (mut scratch, mut quote) = (Scratch::default(), Quote::new());
    let mut pass = || {
        for plan in &plans {
            price(plan, &mut scratch, &checkouts, &mut quote);
        }
    };
    pass();
    assert_eq!(measure(&mut pass).count_total, 0);
}

/// Any rules at all: the generator of the property tests reaches combinations no campaign does.
#[test]
fn pricing_any_scenario_again_allocates_nothing() {
    for number in 0_u32..2_000 {
        let bytes = scenario_bytes(number);
        let scenario = Scenario::from_bytes(&bytes);
        let plan = compile(&scenario.rules).expect("valid by construction");
        let allocations = of_a_later_pass(&plan, &[scenario.checkout()]);
        assert_eq!(allocations, 0, "scenario {number}: {:#?}", scenario.rules);
    }
}

/// Bytes that look random, from the hash of a number.
fn scenario_bytes(number: u32) -> Vec<u8> {
    use sha2::{Digest, Sha512};
    let block = |block: u32| Sha512::digest((u64::from(number) << 32 | u64::from(block)).to_le_bytes());
    (0..6).flat_map(block).collect()
}

fn of_a_later_pass(plan: &Plan, checkouts: &[Checkout]) -> u64 {
    let (mut scratch, mut quote) = (Scratch::default(), Quote::new());
    let mut pass = || price(plan, &mut scratch, checkouts, &mut quote);
    pass();
    measure(&mut pass).count_total
}

fn price(plan: &Plan, scratch: &mut Scratch, checkouts: &[Checkout], quote: &mut Quote) {
    for checkout in checkouts {
        let Checkout { cart, context, usage } = checkout;
        plan.price_into(scratch, cart, context, usage, quote).expect("a quote");
    }
}
