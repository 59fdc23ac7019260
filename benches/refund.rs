//! One return on a receipt, beside pricing its cart: `refund/<policy>/<lines>` and `refund/price/<lines>`.
//!
//! ```text
//! cargo bench --bench refund
//! ```
//!
//! The carts are those of `price/mixed` and of `price/catalogue/<lines>x1000`; the first line goes back, whole or in part. Refunder, Scratch and Quote
//! are reused; the note is new each time. At the end the ratio is printed, from minima of many short runs that
//! alternate, so that other work on the machine touches both alike. A ratio above four at ten lines fails.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a benchmark whose answer is wrong must stop"
)]

use std::hint::black_box;
use std::time::Duration;

use cpu_time::ThreadTime;
use criterion::Criterion;
use dealproof::compile;
use dealproof::compile::Plan;
use dealproof::evaluate::Scratch;
use dealproof::record::{Checkout, Quote, Receipt};
use dealproof::refund::{Refunder, Return};
use dealproof::rules::{RefundPolicy, RuleSet};
use dealproof::testkit::oracle::{self, OracleGone};

mod workload;

use workload::{Workload, mixed};

const POLICIES: [(&str, RefundPolicy); 3] = [
    ("proportional", RefundPolicy::Proportional),
    ("reprice", RefundPolicy::Reprice),
    ("safest", RefundPolicy::Safest),
];
/// Runs of which the fastest counts, and refunds in one.
const RUNS: u32 = 400;
const TIMES: u32 = 20;

/// Receipts of a workload, each with a return of a part of its first line.
struct Sold {
    plan: Plan,
    orders: Vec<(Receipt, Return)>,
}

impl Sold {
    fn new(mut rules: RuleSet, policy: RefundPolicy, checkouts: &[Checkout]) -> Self {
        rules.refunds.policy = policy;
        let plan = compile(&rules).expect("a sound rule set");
        let orders = checkouts.iter().map(|checkout| sold(&rules, &plan, checkout)).collect();
        Self { plan, orders }
    }

    fn price(&self, scratch: &mut Scratch, quote: &mut Quote) {
        for (receipt, _) in &self.orders {
            let Checkout { cart, context, usage } = black_box(&receipt.checkout);
            self.plan.price_into(scratch, cart, context, usage, quote).expect("a quote");
            black_box(&quote);
        }
    }

    fn refund(&self, refunder: &mut Refunder) {
        for (receipt, returned) in &self.orders {
            black_box(self.plan.refund(refunder, black_box(receipt), returned).expect("a refund"));
        }
    }
}

/// A receipt and a return, after the refund was compared with the oracle's.
fn sold(rules: &RuleSet, plan: &Plan, checkout: &Checkout) -> (Receipt, Return) {
    let Checkout { cart, context, usage } = checkout;
    let quote = plan.price(&mut Scratch::default(), cart, context, usage).expect("a quote");
    let receipt = Receipt::new(checkout.clone(), quote).expect("the quote's own cart");
    let first = &receipt.quote.lines[0];
    let units = first.quantity.div_ceil(2);
    let line = first.line.clone();
    let returned = Return::new("r", context.now).line(line.as_str(), units);
    let note = plan.refund(&mut Refunder::default(), &receipt, &returned).expect("a refund");
    let due = oracle::refund(rules, cart, context, usage, &OracleGone::from([(line, (units, 0, 0))]));
    assert_eq!(i128::from(note.trace.back.minor()), due.back);
    (receipt, returned)
}

fn main() {
    let mut criterion = Criterion::default()
        .without_plots()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let catalogue = Workload::catalogue(workload::SEED, 10, 1_000);
    let catalogue = ("10x1000", catalogue.rule_set(), catalogue.checkouts());
    let mixed = |lines: u32| mixed::checkouts(lines);
    let workloads = [("10", mixed::rule_set(), mixed(10)), ("50", mixed::rule_set(), mixed(50)), catalogue];
    for (lines, rules, checkouts) in workloads {
        for (name, policy) in POLICIES {
            measure(&mut criterion, lines, name, &Sold::new(rules.clone(), policy, &checkouts));
        }
    }
    criterion.final_summary();
}

fn measure(criterion: &mut Criterion, lines: &str, policy: &str, sold: &Sold) {
    let carts = u32::try_from(sold.orders.len()).expect("eight carts");
    let (mut scratch, mut quote, mut refunder) = (Scratch::default(), Quote::new(), Refunder::default());
    criterion.bench_function(&format!("refund/price/{lines}-{policy}"), |bencher| {
        bencher.iter_custom(|times| spent(times, || sold.price(&mut scratch, &mut quote)) / carts);
    });
    criterion.bench_function(&format!("refund/{policy}/{lines}"), |bencher| {
        bencher.iter_custom(|times| spent(times, || sold.refund(&mut refunder)) / carts);
    });
    let (mut price, mut refund) = (Duration::MAX, Duration::MAX);
    for _ in 0..RUNS {
        price = price.min(spent(TIMES.into(), || sold.price(&mut scratch, &mut quote)));
        refund = refund.min(spent(TIMES.into(), || sold.refund(&mut refunder)));
    }
    let per_mille = refund.as_nanos() * 1_000 / price.as_nanos().max(1);
    let of_one = |all: Duration| all / TIMES / carts;
    println!(
        "refund/{policy}/{lines}: {:?} is {}.{:03} times {:?}\n",
        of_one(refund),
        per_mille / 1_000,
        per_mille % 1_000,
        of_one(price)
    );
    assert!(!lines.starts_with("10") || per_mille <= 4_000, "a return costs more than four times the cart");
}

fn spent(times: u64, mut work: impl FnMut()) -> Duration {
    let start = ThreadTime::now();
    for _ in 0..times {
        work();
    }
    start.elapsed()
}
