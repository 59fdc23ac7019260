//! Choosing coupons: `choose/<kind>/<lines>x<coupons>`, in processor time per choice.
//!
//! ```text
//! cargo bench --bench choose                  everything, about three minutes
//! cargo bench --bench choose -- groups/10x    one row
//! ```
//!
//! Kinds are those of `benches/workload/coupons`. Beside each row stand the nodes the search looked at and what brute
//! force over all subsets takes: measured where there are at most 4,096 of them, and then compared with the choice;
//! else reckoned from the time of one pricing.

#![allow(clippy::expect_used, reason = "a benchmark whose answer is wrong must stop")]

use std::hint::black_box;
use std::time::Duration;

use cpu_time::ThreadTime;
use criterion::Criterion;
use dealproof::choose::{Chooser, Terms};
use dealproof::compile;
use dealproof::compile::Plan;
use dealproof::evaluate::Scratch;
use dealproof::record::Checkout;
use dealproof::rules::RuleSet;
use dealproof::testkit::brute::{self, Priced};

mod workload;

use workload::coupons::{self, Hard};

const LINES: [u32; 2] = [10, 50];
const COUPONS: [u32; 5] = [5, 10, 15, 20, 30];
/// Most coupons whose subsets are all priced.
const BRUTE_MAX: u32 = 12;

fn main() {
    let mut criterion = Criterion::default()
        .without_plots()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    for hard in Hard::ALL {
        for lines in LINES {
            for count in COUPONS {
                row(&mut criterion, hard, lines, count);
            }
        }
    }
    criterion.final_summary();
}

fn row(criterion: &mut Criterion, hard: Hard, lines: u32, count: u32) {
    let (rules, checkout) = coupons::choice(hard, lines, count);
    let plan = compile(&rules).expect("a sound rule set");
    let Checkout { cart, context, usage } = &checkout;
    let (mut chooser, terms) = (Chooser::default(), Terms::default());
    let choice = plan.choose(&mut chooser, cart, context, usage, &terms).expect("a choice");
    let brute = brute_force(&rules, &plan, &checkout, count, choice.quote.totals.payable.minor());
    let name = format!("choose/{}/{lines}x{count}", hard.name());
    eprintln!("{name}: {} nodes, {:?}; brute force {brute:?}", choice.nodes, choice.proof);
    criterion.bench_function(&name, |bencher| {
        bencher.iter_custom(|times| {
            let start = ThreadTime::now();
            for _ in 0..times {
                black_box(plan.choose(&mut chooser, cart, context, usage, &terms).expect("a choice"));
            }
            start.elapsed()
        });
    });
}

/// What trying all subsets takes.
fn brute_force(rules: &RuleSet, plan: &Plan, checkout: &Checkout, count: u32, payable: i64) -> Duration {
    let Checkout { cart, context, usage } = checkout;
    let mut scratch = Scratch::default();
    let start = ThreadTime::now();
    if count > BRUTE_MAX {
        for _ in 0..1_000 {
            black_box(plan.price(&mut scratch, cart, context, usage).expect("a quote"));
        }
        return start.elapsed() / 1_000 * 2_u32.pow(count);
    }
    let best = brute::best(rules, context, u32::MAX, |context| {
        let quote = plan.price(&mut scratch, cart, context, usage).ok()?;
        Some(Priced {
            payable: quote.totals.payable.minor(),
            applied: quote.rules.iter().map(|rule| rule.rule.to_string()).collect(),
            codes: quote.codes.iter().map(|code| code.status).collect(),
        })
    });
    assert_eq!(best.expect("some set").payable, payable);
    start.elapsed()
}
