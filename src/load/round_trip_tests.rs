//! S1: what is written is read back as it was, through the strict door, for every document there is.

use proptest::prelude::*;

use crate::bounds::Limits;
use crate::load;
use crate::testkit::{Scenario, scenarios};

fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    // A thousand cases, or more when the environment asks for more.
    ProptestConfig {
        cases: default.cases.max(1_000),
        ..default
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn s1_rules_cart_context_usage_and_checkout_are_read_as_written(scenario in scenarios()) {
        let limits = Limits::default();
        let Scenario { rules, cart, context, usage } = &scenario;
        prop_assert_eq!(&load::rules(text(rules), &limits).unwrap(), rules);
        prop_assert_eq!(&load::cart(text(cart), &limits).unwrap(), cart);
        prop_assert_eq!(&load::context(text(context), &limits).unwrap(), context);
        prop_assert_eq!(&load::usage(text(usage), &limits).unwrap(), usage);
        let checkout = scenario.checkout();
        prop_assert_eq!(&load::checkout(text(&checkout), &limits).unwrap(), &checkout);
    }

    #[test]
    fn s1_a_priced_cart_is_read_as_written(scenario in scenarios()) {
        let plan = crate::compile(&scenario.rules).unwrap();
        let mut scratch = crate::evaluate::Scratch::default();
        let Scenario { cart, context, usage, .. } = &scenario;
        let mut quote = plan.price(&mut scratch, cart, context, usage).unwrap();
        quote.near_misses = plan.near_misses(&mut scratch, cart, context, usage).unwrap();
        let written = text(&quote);
        let read = load::quote(&written, &Limits::default());
        prop_assert!(read.is_ok(), "{}\n{}", read.unwrap_err(), written);
        prop_assert_eq!(read.unwrap(), quote);
    }
}
