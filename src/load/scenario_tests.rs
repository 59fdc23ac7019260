//! S1: what is written is read back as it was, through the strict door, for every document there is. V1: what
//! validation lets through compiles, and prices without a panic, however its numbers and words were changed.

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
    ProptestConfig { cases: default.cases.max(1_000), ..default }
}

/// Words of the rule language and others that stand in their places.
const WORDS: [(&str, &str); 12] = [
    ("\"best\"", "\"best_per_unit\""),
    ("\"best_per_unit\"", "\"best_per_line\""),
    ("\"best_per_line\"", "\"first\""),
    ("\"first\"", "\"best_per_unit\""),
    ("\"shop\"", "\"line\""),
    ("\"line\"", "\"order\""),
    ("\"once\"", "\"unit\""),
    ("\"unit\"", "\"once\""),
    ("\"list\"", "\"cash\""),
    ("\"entry\"", "\"running\""),
    ("\"percent\":", "\"amount\":"),
    ("\"price\":", "\"unit_price\":"),
];

/// Changes a digit, or a word, at a place.
fn edited(text: &str, at: prop::sample::Index, digit: char, word: usize) -> String {
    let (from, to) = WORDS[word % WORDS.len()];
    if word >= WORDS.len() || !text.contains(from) {
        let digits: Vec<usize> = text.match_indices(char::is_numeric).map(|(at, _)| at).collect();
        let at = digits[at.index(digits.len())];
        return format!("{}{digit}{}", &text[..at], &text[at + 1..]);
    }
    let places: Vec<usize> = text.match_indices(from).map(|(at, _)| at).collect();
    let at = places[at.index(places.len())];
    format!("{}{to}{}", &text[..at], &text[at + from.len()..])
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn v1_what_validation_lets_through_compiles(
        scenario in scenarios(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), prop::char::range('0', '9'), 0_usize..24), 1..4),
    ) {
        let mut document = text(&scenario.rules);
        for (at, digit, word) in edits {
            document = edited(&document, at, digit, word);
        }
        if let Ok(rules) = load::rules(&document, &Limits::default()) {
            let plan = crate::compile(&rules);
            prop_assert!(plan.is_ok(), "{}\n{}", plan.unwrap_err(), document);
            let Scenario { cart, context, usage, .. } = &scenario;
            let mut scratch = crate::evaluate::Scratch::default();
            // Amounts may overflow, with an error (M-6); nothing may panic.
            let _ = plan.unwrap().price(&mut scratch, cart, context, usage);
        }
    }

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
