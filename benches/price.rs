//! Pricing one cart: `price/<workload>/<lines>x<rules>`, in processor time per cart.
//!
//! ```text
//! cargo bench --bench price                               everything, about three minutes
//! taskset -c 1 cargo bench --bench price -- catalogue/10x one row, pinned to one core
//! cargo bench --bench price -- --save-baseline before     then `--baseline before` compares
//! ```
//!
//! | benchmark | what is priced |
//! |---|---|
//! | `price/catalogue/<lines>x<rules>` | the reference generator's carts (`benches/workload`), Scratch and Quote reused |
//! | `price/traced/<lines>x<rules>` | the same with a trace |
//! | `price/cold/10x1000` | the same with a new Scratch and Quote for each cart |
//! | `price/mixed/<lines>x<rules>` | a campaign in the whole rule language |
//! | `price/double-11/<lines>x<rules>` | the carts of `examples/double-11`; the largest has so many lines |
//! | `price/quantity/<n>` | one cart, `n` pieces of each line, most of them in multi-buy rules |
//!
//! All carts of a workload are priced in turn. Time is that of the thread on its processor, so that other work on
//! the machine disturbs it less; caches and memory are still shared. Compiling is never timed here. Before it is timed,
//! every answer is compared with one that knows nothing of the evaluator: the generator's reference semantics, or the
//! testkit's oracle. Overflow checks are on.

#![allow(clippy::expect_used, reason = "a benchmark whose answer is wrong must stop")]

use std::hint::black_box;
use std::time::Duration;

use cpu_time::ThreadTime;
use criterion::{Bencher, Criterion};
use dealproof::bounds::Limits;
use dealproof::compile;
use dealproof::compile::Plan;
use dealproof::evaluate::Scratch;
use dealproof::load;
use dealproof::record::{Checkout, Quote, Trace};
use dealproof::rules::RuleSet;
use dealproof::testkit::oracle;

mod workload;

use workload::reference::{self, Expected};
use workload::{Basket, Workload, mixed};

const LINES: [u32; 5] = [1, 5, 10, 50, 200];
const RULES: [u32; 5] = [1, 10, 100, 1_000, 10_000];
/// Lines and rules of the rows that are priced with a trace too.
const TRACED: [(u32, u32); 5] = [(1, 10), (10, 10), (10, 1_000), (50, 1_000), (200, 10_000)];
/// Lines and rules of the row that is priced cold too.
const COLD: (u32, u32) = (10, 1_000);

fn main() {
    let mut criterion = Criterion::default()
        .without_plots()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    catalogue(&mut criterion);
    quantity(&mut criterion);
    mixed(&mut criterion);
    double_11(&mut criterion);
    criterion.final_summary();
}

fn catalogue(criterion: &mut Criterion) {
    for rules in RULES {
        for lines in LINES {
            let workload = Workload::catalogue(workload::SEED, lines, rules);
            let (plan, checkouts) = (plan(&workload.rule_set()), workload.checkouts());
            for (basket, checkout) in workload.carts.iter().zip(&checkouts) {
                assert_costs(&plan, checkout, &basket.expected);
            }
            let size = format!("{lines}x{rules}");
            warm(criterion, &format!("catalogue/{size}"), &plan, &checkouts);
            if TRACED.contains(&(lines, rules)) {
                traced(criterion, &size, &plan, &checkouts);
            }
            if COLD == (lines, rules) {
                cold(criterion, &size, &plan, &checkouts);
            }
        }
    }
}

/// The same cart with few and with very many pieces: pricing must not cost more for them.
fn quantity(criterion: &mut Criterion) {
    let workload = Workload::catalogue(workload::SEED, 10, 10);
    let plan = plan(&workload.rule_set());
    for pieces in [3, 1_000_000] {
        let basket = workload.carts.first().expect("eight carts");
        let mut lines = basket.lines.clone();
        for line in &mut lines {
            line.quantity = pieces;
        }
        let basket = Basket { lines, ..basket.clone() };
        let checkout = basket.checkout();
        let expected = reference::price(&workload.promotions, &basket);
        assert_costs(&plan, &checkout, &expected);
        warm(criterion, &format!("quantity/{pieces}"), &plan, &[checkout]);
    }
}

fn mixed(criterion: &mut Criterion) {
    for lines in [10, 50] {
        let checkouts = mixed::checkouts(lines);
        campaign(criterion, "mixed", &mixed::rule_set(), &checkouts);
    }
}

fn double_11(criterion: &mut Criterion) {
    let limits = Limits::default();
    let rules = include_str!("../examples/double-11/rules.json");
    let rules = load::rules(rules, &limits).expect("a sound rule file");
    let checkouts = [
        include_str!("../examples/double-11/cart-1.json"),
        include_str!("../examples/double-11/cart-2.json"),
        include_str!("../examples/double-11/cart-3.json"),
    ]
    .map(|cart| load::checkout(cart, &limits).expect("a sound cart"));
    campaign(criterion, "double-11", &rules, &checkouts);
}

fn campaign(criterion: &mut Criterion, name: &str, rules: &RuleSet, checkouts: &[Checkout]) {
    let plan = plan(rules);
    for checkout in checkouts {
        assert_agrees_with_the_oracle(rules, &plan, checkout);
    }
    let lines = checkouts.iter().map(|checkout| checkout.cart.lines().len());
    let lines = lines.max().expect("some carts");
    let name = format!("{name}/{lines}x{}", plan.rule_count());
    warm(criterion, &name, &plan, checkouts);
}

fn plan(rules: &RuleSet) -> Plan {
    compile(rules).expect("a sound rule set")
}

/// Scratch and quote are reused, as a checkout service does.
fn warm(criterion: &mut Criterion, name: &str, plan: &Plan, checkouts: &[Checkout]) {
    let (mut scratch, mut quote) = (Scratch::default(), Quote::new());
    criterion.bench_function(&format!("price/{name}"), |bencher| {
        per_cart(bencher, checkouts, |checkout| {
            price_into(plan, &mut scratch, checkout, &mut quote);
            black_box(&quote);
        });
    });
}

fn traced(criterion: &mut Criterion, size: &str, plan: &Plan, checkouts: &[Checkout]) {
    let (mut scratch, mut quote) = (Scratch::default(), Quote::new());
    let mut trace = Trace::default();
    criterion.bench_function(&format!("price/traced/{size}"), |bencher| {
        per_cart(bencher, checkouts, |checkout| {
            let Checkout { cart, context, usage } = checkout;
            plan.price_traced(&mut scratch, cart, context, usage, &mut quote, &mut trace).expect("a quote");
            black_box((&quote, &trace));
        });
    });
}

fn cold(criterion: &mut Criterion, size: &str, plan: &Plan, checkouts: &[Checkout]) {
    criterion.bench_function(&format!("price/cold/{size}"), |bencher| {
        per_cart(bencher, checkouts, |checkout| {
            let mut quote = Quote::new();
            price_into(plan, &mut Scratch::default(), checkout, &mut quote);
            black_box(&quote);
        });
    });
}

fn price_into(plan: &Plan, scratch: &mut Scratch, checkout: &Checkout, quote: &mut Quote) {
    let Checkout { cart, context, usage } = checkout;
    plan.price_into(scratch, cart, context, usage, quote).expect("a quote");
}

/// Times all carts in turn and reports the time of one.
fn per_cart(bencher: &mut Bencher<'_>, checkouts: &[Checkout], mut price: impl FnMut(&Checkout)) {
    let carts = u32::try_from(checkouts.len()).expect("eight carts at most");
    bencher.iter_custom(|times| {
        let start = ThreadTime::now();
        for _ in 0..times {
            for checkout in checkouts {
                price(black_box(checkout));
            }
        }
        start.elapsed() / carts
    });
}

fn assert_costs(plan: &Plan, checkout: &Checkout, expected: &Expected) {
    let mut quote = Quote::new();
    price_into(plan, &mut Scratch::default(), checkout, &mut quote);
    assert_eq!(Expected::of(&quote), *expected);
}

fn assert_agrees_with_the_oracle(rules: &RuleSet, plan: &Plan, checkout: &Checkout) {
    let mut quote = Quote::new();
    price_into(plan, &mut Scratch::default(), checkout, &mut quote);
    let Checkout { cart, context, usage } = checkout;
    let answer = oracle::price(rules, cart, context, usage);
    oracle::compare(&answer, &quote).expect("the oracle's answer");
}
