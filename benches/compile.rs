//! Compiling rule sets, validation included: `compile/catalogue/<rules>` and `compile/mixed/<rules>`, in processor time,
//! without that of dropping the plan.
//!
//! ```text
//! cargo bench --bench compile
//! ```
//!
//! The rule sets are those of `benches/price.rs`, where what their plans say is compared with other sources.

#![allow(clippy::expect_used, reason = "a benchmark whose answer is wrong must stop")]

use std::hint::black_box;
use std::time::Duration;

use cpu_time::ThreadTime;
use criterion::Criterion;
use dealproof::compile;
use dealproof::rules::RuleSet;

mod workload;

use workload::{SEED, Workload, mixed};

fn main() {
    let mut criterion = Criterion::default()
        .without_plots()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for rules in [1, 10, 100, 1_000, 10_000] {
        let rules = Workload::catalogue(SEED, 1, rules).rule_set();
        bench(&mut criterion, "catalogue", &rules);
    }
    bench(&mut criterion, "mixed", &mixed::rule_set());
    criterion.final_summary();
}

fn bench(criterion: &mut Criterion, workload: &str, rules: &RuleSet) {
    let count = rules.rules.len();
    assert_eq!(compile(rules).expect("a sound rule set").rule_count(), count);
    criterion.bench_function(&format!("compile/{workload}/{count}"), |bencher| {
        bencher.iter_custom(|times| {
            let mut spent = Duration::ZERO;
            for _ in 0..times {
                let start = ThreadTime::now();
                let plan = black_box(compile(black_box(rules)).expect("a sound rule set"));
                spent += start.elapsed();
                drop(plan);
            }
            spent
        });
    });
}
