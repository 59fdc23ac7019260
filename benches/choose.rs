//! Choosing coupons: `choose/<kind>/<lines>x<coupons>`, in processor time per choice.
//!
//! ```text
//! cargo bench --bench choose                  everything, about five minutes
//! cargo bench --bench choose -- groups/10x    rows with these words in their names
//! ```
//!
//! Kinds are those of `benches/workload/coupons`. A row is drawn several times; what criterion times is the draw whose
//! time is the median. Beside each row stand the nodes the search looked at in that draw and in the worst, the worst time, how many
//! draws were proven, and what brute force over all subsets of the median draw takes: measured where there are at most
//! 32,768 of them, and then compared with the choice; else reckoned from the time of one pricing. There the choice is only
//! priced again: that no set is better is for the property tests to show, on fewer coupons.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a benchmark whose answer is wrong must stop"
)]

use std::hint::black_box;
use std::time::Duration;

use cpu_time::ThreadTime;
use criterion::Criterion;
use dealproof::choose::{Chooser, Proof, Terms};
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
/// Draws of a row.
const DRAWS: u32 = 15;
/// Most coupons whose subsets are all priced.
const BRUTE_MAX: u32 = 15;

fn main() {
    let mut criterion = Criterion::default()
        .without_plots()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    for hard in Hard::ALL {
        for lines in LINES {
            for count in COUPONS {
                let name = format!("choose/{}/{lines}x{count}", hard.name());
                if asked.is_empty() || asked.iter().any(|word| name.contains(word)) {
                    row(&mut criterion, &name, (hard, lines, count));
                }
            }
        }
    }
    criterion.final_summary();
}

/// One draw of a row, and what choosing took.
struct Draw {
    rules: RuleSet,
    plan: Plan,
    checkout: Checkout,
    payable: i64,
    nodes: u64,
    proof: Proof,
    time: Duration,
}

fn row(criterion: &mut Criterion, name: &str, (hard, lines, count): (Hard, u32, u32)) {
    let (mut chooser, terms) = (Chooser::default(), Terms::default());
    let mut draws: Vec<Draw> =
        (0..DRAWS).map(|draw| drawn(&mut chooser, coupons::choice(hard, (lines, count), draw))).collect();
    let most_nodes = draws.iter().map(|draw| draw.nodes).max().expect("some draws");
    draws.sort_by_key(|draw| draw.time);
    let proven = draws.iter().filter(|draw| draw.proof == Proof::Optimal).count();
    let (median, worst) = (draws.len() / 2, draws.last().expect("some draws").time);
    let Draw { rules, plan, checkout, payable, nodes, time, .. } = &draws[median];
    let brute = brute_force(rules, plan, checkout, count, *payable);
    eprintln!(
        "{name}: {time:.1?}, worst {worst:.1?}; {nodes} nodes, worst {most_nodes}; {proven} of {DRAWS} proven; brute force {brute:?}",
    );
    let Checkout { cart, context, usage } = checkout;
    criterion.bench_function(name, |bencher| {
        bencher.iter_custom(|times| {
            let start = ThreadTime::now();
            for _ in 0..times {
                black_box(plan.choose(&mut chooser, cart, context, usage, &terms).expect("a choice"));
            }
            start.elapsed()
        });
    });
}

/// Chooses, a few times; the fastest counts.
fn drawn(chooser: &mut Chooser, (rules, checkout): (RuleSet, Checkout)) -> Draw {
    let plan = compile(&rules).expect("a sound rule set");
    let Checkout { cart, context, usage } = &checkout;
    let (mut time, mut found) = (Duration::MAX, None);
    for _ in 0..5 {
        let start = ThreadTime::now();
        let choice = plan.choose(chooser, cart, context, usage, &Terms::default()).expect("a choice");
        time = time.min(start.elapsed());
        found = Some(choice);
    }
    let choice = found.expect("chosen five times");
    let again = plan.price(&mut Scratch::default(), cart, &choice.context, usage).expect("a quote");
    assert_eq!(again, choice.quote);
    let (payable, nodes, proof) = (choice.quote.totals.payable.minor(), choice.nodes, choice.proof);
    Draw { rules, plan, checkout, payable, nodes, proof, time }
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
