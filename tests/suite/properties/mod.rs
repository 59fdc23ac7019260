//! The invariants of the core (`guide::invariants`) as properties, one file for each module that keeps them.
//!
//! Scenarios are valid by construction (`dealproof::testkit`), so nothing is filtered away. Every property runs over a
//! thousand cases at least, save those that say why not; the environment variable `DEALPROOF_CASES` asks for more, and for new ones.

use dealproof::compile;
use dealproof::compile::Plan;
use dealproof::evaluate::Scratch;
use dealproof::record::{Quote, Trace};
use dealproof::testkit::Scenario;
use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

mod choose;
mod evaluate;
mod evaluate_order;
mod evaluate_sums;
mod group;
mod load;
mod money;
mod refund;
mod stages;
mod validate;
mod wallet;

/// Cases of a property in a normal run.
const CASES: u32 = 1_000;

/// Where a normal run starts.
const SEED: u64 = 1_111;

fn config() -> ProptestConfig {
    config_of(CASES)
}

/// So many cases in a normal run, the same on every machine, so that a check fails by what was changed and by nothing else. When
/// more are asked for, they are new ones in every run.
pub fn config_of(least: u32) -> ProptestConfig {
    let asked = std::env::var("DEALPROOF_CASES").ok();
    let asked = asked.map(|cases| cases.parse::<u32>().expect("DEALPROOF_CASES is a number of cases"));
    let mut config = ProptestConfig { cases: asked.unwrap_or(least).max(least), ..ProptestConfig::default() };
    if asked.is_none() {
        config.rng_seed = RngSeed::Fixed(SEED);
    }
    config
}

/// The plan of a scenario.
fn plan(scenario: &Scenario) -> Plan {
    compile(&scenario.rules).expect("valid by construction")
}

/// The quote of a scenario, into fresh buffers.
fn priced(scenario: &Scenario) -> Quote {
    priced_by(&plan(scenario), scenario)
}

fn priced_by(plan: &Plan, scenario: &Scenario) -> Quote {
    let Scenario { cart, context, usage, .. } = scenario;
    plan.price(&mut Scratch::default(), cart, context, usage).expect("scenarios are small")
}

/// The quote and trace of a scenario, looking at every rule of the plan.
fn explained(plan: &Plan, scenario: &Scenario) -> (Quote, Trace) {
    let Scenario { cart, context, usage, .. } = scenario;
    let (mut scratch, mut quote, mut trace) = (Scratch::default(), Quote::new(), Trace::default());
    plan.price_explained(&mut scratch, cart, context, usage, &mut quote, &mut trace)
        .expect("scenarios are small");
    (quote, trace)
}

/// A document as it is written.
fn text(document: &impl serde::Serialize) -> String {
    serde_json::to_string(document).expect("every document can be written")
}
