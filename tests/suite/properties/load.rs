//! S1: what is written is read back as it was, through the strict door, for every document there is. P1: no bytes
//! panic a loader, and what a loader takes can be priced without a panic.

use dealproof::bounds::Limits;
use dealproof::evaluate::Scratch;
use dealproof::testkit::{Scenario, scenarios};
use dealproof::{compile, load};
use proptest::prelude::*;
use proptest::sample::Index;

use super::{config, plan, priced_by, text};

const SEEDS: [&str; 3] = [
    r#"{"format": 1, "currency": "CNY", "caps": {"order_percent": "50"}, "stages": [{"id": "s", "select": "first"}],
        "rules": [{"id": "a", "stage": "s", "rank": -3, "condition": {"all": [{"not": {"birthday": "day"}},
        {"spend": {"of": {"tags": ["x"]}, "at_least": "300.00", "base": "stage:s"}}]},
        "benefit": {"spend_tiers": {"tiers": [{"at": "100", "off": {"amount": "10"}}]}},
        "funding": {"shop": "60", "brand": "40"}, "limits": {"uses": 3}}]}"#,
    r#"{"currency": "KWD", "lines": [{"line": "1", "sku": "A", "quantity": 2, "list_price": "1.234", "tags": ["t"],
        "attributes": {"k": 1, "l": "m"}, "gift_card": true}], "shipping": [{"method": "air", "amount": "0.500"}]}"#,
    r#"{"now": "2026-11-11T00:00:00+08:00", "customer": {"id": "c", "birthday": {"month": 2, "day": 29}},
        "codes": [" a-b "], "attributes": {"k": -9223372036854775808}}"#,
];

/// Reads bytes as every document there is, also under limits that a short text meets.
fn read_as_everything(document: &[u8]) {
    let small = Limits::default().nodes(12).depth(4).rules(1).text_bytes(8).id_bytes(8);
    for limits in [Limits::default(), small] {
        let report = load::check_rules(document, &limits);
        assert_eq!(load::rules(document, &limits).is_ok(), !report.has_errors());
        let _ = load::cart(document, &limits);
        let _ = load::context(document, &limits);
        let _ = load::usage(document, &limits);
        let _ = load::checkout(document, &limits);
        let _ = load::quote(document, &limits);
    }
}

/// Characters that damage a document well, for each where to put it and how.
fn edits() -> impl Strategy<Value = Vec<(Index, usize, char)>> {
    let characters: Vec<char> = "[]{}:,\"0123456789aelnrstu\\.+-eE\u{e9}\u{0} ".chars().collect();
    prop::collection::vec((any::<Index>(), 0_usize..3, prop::sample::select(characters)), 1..6)
}

fn damaged(document: &str, edits: Vec<(Index, usize, char)>) -> String {
    let mut document: Vec<char> = document.chars().collect();
    for (at, edit, with) in edits {
        let at = at.index(document.len());
        match edit {
            0 => document[at] = with,
            1 => document.insert(at, with),
            _ => drop(document.drain(at..(at + 3).min(document.len()))),
        }
        if document.is_empty() {
            document.push(with);
        }
    }
    document.into_iter().collect()
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
        let plan = plan(&scenario);
        let Scenario { cart, context, usage, .. } = &scenario;
        let mut quote = priced_by(&plan, &scenario);
        quote.near_misses = plan.near_misses(&mut Scratch::default(), cart, context, usage).unwrap();
        let written = text(&quote);
        let read = load::quote(&written, &Limits::default());
        prop_assert!(read.is_ok(), "{}\n{}", read.unwrap_err(), written);
        prop_assert_eq!(text(read.as_ref().unwrap()), written);
        prop_assert_eq!(read.unwrap(), quote);
    }

    #[test]
    fn p1_no_bytes_panic_a_loader(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_as_everything(&bytes);
    }

    #[test]
    fn p1_no_damaged_document_panics_a_loader(seed in prop::sample::select(&SEEDS[..]), edits in edits()) {
        read_as_everything(damaged(seed, edits).as_bytes());
    }

    #[test]
    fn p1_what_is_left_of_damaged_documents_is_priced_without_a_panic(
        scenario in scenarios(),
        of_rules in edits(),
        of_checkout in edits(),
    ) {
        let limits = Limits::default();
        let rules = load::rules(damaged(&text(&scenario.rules), of_rules), &limits);
        let checkout = load::checkout(damaged(&text(&scenario.checkout()), of_checkout), &limits);
        let rules = rules.unwrap_or_else(|_| scenario.rules.clone());
        let checkout = checkout.unwrap_or_else(|_| scenario.checkout());
        let plan = compile(&rules).unwrap();
        let (mut scratch, dealproof::record::Checkout { cart, context, usage }) = (Scratch::default(), &checkout);
        let quote = plan.price(&mut scratch, cart, context, usage);
        let near = plan.near_misses(&mut scratch, cart, context, usage);
        prop_assert_eq!(quote.is_err(), near.is_err());
    }

    #[test]
    fn p1_no_damaged_quote_panics_its_loader(scenario in scenarios(), edits in edits()) {
        read_as_everything(damaged(&text(&super::priced(&scenario)), edits).as_bytes());
    }
}
