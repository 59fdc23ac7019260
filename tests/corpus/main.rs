//! Replays the fuzz corpus on stable: hand-made seeds, and every input that once broke something.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a helper that panics fails its test; clippy allows it in the test functions themselves"
)]

use std::path::{Path, PathBuf};

use dealproof::bargain::Bargain;
use dealproof::bounds::Limits;
use dealproof::ledger::Embedded;
use dealproof::load;
use dealproof::testkit::ledger::settings;

#[path = "../../fuzz/src/lib.rs"]
mod targets;

#[test]
fn rule_files_are_refused_or_priced() {
    replay("rules_bytes", targets::rules_bytes);
}

#[test]
fn carts_are_refused_or_priced() {
    replay("cart_bytes", targets::cart_bytes);
}

#[test]
fn groups_keep_their_promises_under_any_steps() {
    replay("group_ops", targets::group_ops);
}

#[test]
fn bargains_keep_their_promises_under_any_steps() {
    replay("bargain_ops", targets::bargain_ops);
}

#[test]
fn scenarios_cost_what_the_oracle_says() {
    replay("price_matches_oracle", targets::price_matches_oracle);
}

#[test]
fn refunds_keep_their_promises_under_any_returns() {
    replay("refund_sequences", targets::refund_sequences);
}

#[test]
fn ledgers_answer_as_their_model_does() {
    replay("ledger_ops", targets::ledger_ops);
}

#[test]
fn snapshots_are_refused_or_restored() {
    replay("snapshot_bytes", targets::snapshot_bytes);
}

#[test]
fn coupons_are_chosen_as_brute_force_does() {
    replay("choose_matches_brute_force", targets::choose_matches_brute_force);
}

/// Traps are refused at the door; what is neither a trap nor a former failure gets through it.
#[test]
fn seeds_are_what_their_names_say() {
    let limits = Limits::default();
    let rules = |bytes: &[u8]| load::rules(bytes, &limits).map_err(|report| format!("{report}"));
    let carts = |bytes: &[u8]| load::checkout(bytes, &limits).map_err(|error| error.to_string());
    let check = |input: &Path, refused: Option<String>| {
        let name = input.file_name().unwrap().to_str().unwrap();
        // What a fuzzer left here by itself is named by its hash.
        if !name.ends_with(".json") {
            return;
        }
        if name.starts_with("trap_") {
            assert!(refused.is_some(), "{name} is accepted");
        } else if !name.starts_with("found_") {
            assert_eq!(refused, None, "{name}");
        }
    };
    for (input, bytes) in inputs("rules_bytes") {
        check(&input, rules(&bytes).err());
    }
    for (input, bytes) in inputs("cart_bytes") {
        check(&input, carts(&bytes).err());
    }
    for (input, bytes) in inputs("refund_sequences") {
        check(&input, load::receipt(&bytes, &limits).err().map(|error| error.to_string()));
    }
    let bargain = |bytes: &[u8]| serde_json::from_slice::<Bargain>(bytes).map_err(|error| error.to_string());
    for (input, bytes) in inputs("bargain_ops") {
        check(&input, bargain(&bytes).err());
    }
    let restored = |bytes: &[u8]| {
        let snapshot = load::snapshot(bytes, &limits).map_err(|error| error.to_string())?;
        Embedded::restore(settings(), &snapshot).map_err(|error| error.to_string())
    };
    for (input, bytes) in inputs("snapshot_bytes") {
        check(&input, restored(&bytes).err());
    }
}

fn replay(target: &str, run: fn(&[u8])) {
    for (input, bytes) in inputs(target) {
        // Shown when the test fails: the last one named is the one that did.
        println!("{}", input.display());
        run(&bytes);
    }
}

fn inputs(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut inputs: Vec<_> = std::fs::read_dir(corpus.join(target))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    inputs.sort();
    assert!(!inputs.is_empty(), "no inputs for {target}");
    inputs
}
