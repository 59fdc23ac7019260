//! V1: what validation lets through compiles, and prices without a panic, however its numbers and words were changed.

use dealproof::bounds::Limits;
use dealproof::evaluate::Scratch;
use dealproof::testkit::{Scenario, scenarios};
use dealproof::validate::validate;
use dealproof::{compile, load};
use proptest::prelude::*;
use proptest::sample::Index;

use super::{config, text};

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
fn edited(text: &str, at: Index, digit: char, word: usize) -> String {
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
    fn v1_a_scenario_has_no_validation_error_and_compiles(scenario in scenarios()) {
        let report = validate(&scenario.rules, &Limits::default());
        prop_assert!(!report.has_errors(), "{}", report);
        prop_assert!(compile(&scenario.rules).is_ok());
    }

    #[test]
    fn v1_what_validation_lets_through_compiles_and_prices(
        scenario in scenarios(),
        edits in prop::collection::vec((any::<Index>(), prop::char::range('0', '9'), 0_usize..24), 1..4),
    ) {
        let mut document = text(&scenario.rules);
        for (at, digit, word) in edits {
            document = edited(&document, at, digit, word);
        }
        if let Ok(rules) = load::rules(&document, &Limits::default()) {
            let plan = compile(&rules);
            prop_assert!(plan.is_ok(), "{}\n{}", plan.unwrap_err(), document);
            let Scenario { cart, context, usage, .. } = &scenario;
            // Amounts may overflow, with an error (M-6); nothing may panic.
            let _ = plan.unwrap().price(&mut Scratch::default(), cart, context, usage);
        }
    }
}
