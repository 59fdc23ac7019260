//! The benchmark workloads are those of the reference generator, and the crate prices them as it says.
//!
//! `reference/` holds two files of the generator's own output (`gen_workload.py --lines 1,5 --rules 10,100`, its default
//! seed 20260101, standard Python 3.11). With the environment variable `DEALPROOF_WORKLOADS` naming a folder of such files, all of
//! that folder are checked too:
//!
//! ```text
//! python3 gen_workload.py --out DIR && DEALPROOF_WORKLOADS=DIR cargo test --release --test workload
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use dealproof::choose::{Chooser, Proof, Terms};
use dealproof::compile;
use dealproof::compile::Plan;
use dealproof::evaluate::Scratch;
use dealproof::record::Checkout;
use dealproof::testkit::oracle;
use serde_json::{Value, json};

#[path = "../../benches/workload/mod.rs"]
mod workload;

use workload::reference::{self, Expected};
use workload::{Basket, BasketLine, Workload, mixed};

#[test]
fn files_of_the_reference_generator_are_reproduced_and_priced_to_the_cent() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workload/reference");
    let given = std::env::var_os("DEALPROOF_WORKLOADS").map(PathBuf::from);
    for folder in given.iter().chain([&own]) {
        let files = workload_files(folder);
        assert!(!files.is_empty(), "no workload files in {folder:?}");
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            check_file(&file, &serde_json::from_str(&text).unwrap());
        }
    }
}

#[test]
fn workloads_of_other_seeds_cost_what_the_reference_semantics_say() {
    for seed in 1..=40 {
        for (lines, rules) in [(1, 9), (7, 13), (24, 100), (60, 120)] {
            check_prices(&Workload::catalogue(seed, lines, rules));
        }
    }
}

#[test]
fn a_cart_meets_nine_promotions_at_most_and_two_of_them_by_code() {
    let workload = Workload::catalogue(workload::SEED, 10, 100);
    let longest = workload.carts.iter().map(|cart| cart.expected.applied.len());
    assert_eq!(longest.max(), Some(9));
    let by_code = workload.promotions.iter().filter(|promotion| {
        let code = promotion.coupon.as_ref();
        code.is_some_and(|code| workload.carts[0].coupons.contains(code))
    });
    assert_eq!(by_code.count(), 2);
}

#[test]
fn the_mixed_campaign_costs_what_the_oracle_says() {
    let rules = mixed::rule_set();
    let plan = compile(&rules).unwrap();
    let mut scratch = Scratch::default();
    for checkout in [10, 50].into_iter().flat_map(mixed::checkouts) {
        let Checkout { cart, context, usage } = &checkout;
        let quote = plan.price(&mut scratch, cart, context, usage).unwrap();
        let oracle = oracle::price(&rules, cart, context, usage);
        assert_eq!(oracle::compare(&oracle, &quote), Ok(()));
    }
}

/// A benchmark of the whole language must reach the whole language.
#[test]
fn all_rules_of_the_mixed_campaign_apply_but_those_meant_not_to() {
    let rules = mixed::rule_set();
    let plan = compile(&rules).unwrap();
    let mut idle: BTreeSet<String> = rules.rules.iter().map(|rule| rule.id.to_string()).collect();
    let mut scratch = Scratch::default();
    for checkout in [10, 50].into_iter().flat_map(mixed::checkouts) {
        let Checkout { cart, context, usage } = &checkout;
        let quote = plan.price(&mut scratch, cart, context, usage).unwrap();
        for rule in &quote.rules {
            idle.remove(rule.rule.as_str());
        }
        for gift in &quote.gifts {
            idle.remove(gift.rule.as_str());
        }
    }
    // Another segment; a code nobody entered; second choice of a stage that takes the first.
    assert_eq!(idle, ["code-vip", "packet-5", "wholesale"].map(str::to_owned).into());
}

fn workload_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with("workload-") && name.ends_with(".json")
        })
        .collect();
    files.sort();
    files
}

fn check_file(file: &Path, written: &Value) {
    let number = |field: &str| u32::try_from(written[field].as_u64().unwrap()).unwrap();
    let workload = Workload::catalogue(number("seed"), number("L"), number("R"));
    let generated = json!(workload);
    for list in ["promotions", "carts"] {
        let pairs = written[list].as_array().unwrap().iter().zip(generated[list].as_array().unwrap());
        for (index, (written, generated)) in pairs.enumerate() {
            assert_eq!(written, generated, "{file:?} {list} {index}");
        }
    }
    assert_eq!(*written, generated, "{file:?}");
    check_prices(&workload);
}

/// Prices every cart with one scratch. Single leftover units lie elsewhere than in the generator, and no later promotion
/// looks at that (each hot category has one rule that splits, and order rules read sums): totals are equal to the cent.
fn check_prices(workload: &Workload) {
    let plan = compile(&workload.rule_set()).unwrap();
    let mut scratch = Scratch::default();
    for (basket, checkout) in workload.carts.iter().zip(workload.checkouts()) {
        // Lines of one sku and price are one line to a rule (C-2), so "per line" rounds them together.
        let joined = joined(basket);
        let expected = match joined.lines.len() == basket.lines.len() {
            true => basket.expected.clone(),
            false => reference::price(&workload.promotions, &joined),
        };
        let Workload { seed, line_count, rule_count, .. } = workload;
        let priced = priced(&plan, &mut scratch, &checkout);
        let cart = &basket.id;
        assert_eq!(priced, expected, "{cart} of {line_count}x{rule_count}, seed {seed}");
    }
}

/// The same goods with alike lines put together, at the place of the first.
fn joined(basket: &Basket) -> Basket {
    let mut lines: Vec<BasketLine> = Vec::new();
    for line in &basket.lines {
        let alike = |other: &&mut BasketLine| (&other.sku, other.unit_price) == (&line.sku, line.unit_price);
        match lines.iter_mut().find(alike) {
            Some(first) => first.quantity += line.quantity,
            None => lines.push(line.clone()),
        }
    }
    Basket { lines, ..basket.clone() }
}

/// What the crate says, in the generator's words.
fn priced(plan: &Plan, scratch: &mut Scratch, checkout: &Checkout) -> Expected {
    let Checkout { cart, context, usage } = checkout;
    Expected::of(&plan.price(scratch, cart, context, usage).unwrap())
}

/// The choices that are benchmarked are proven within the budget a host gets unless it says otherwise.
#[test]
fn benchmarked_choices_are_proven_optimal() {
    use workload::coupons::{Hard, choice};
    for hard in Hard::ALL {
        for coupons in [5, 10, 15, 20, 30] {
            let (rules, checkout) = choice(hard, (10, coupons), 0);
            let plan = dealproof::compile(&rules).unwrap();
            let (mut chooser, terms) = (Chooser::default(), Terms::default());
            let chosen =
                plan.choose(&mut chooser, &checkout.cart, &checkout.context, &checkout.usage, &terms);
            let chosen = chosen.unwrap();
            println!("{} {coupons}: {} nodes", hard.name(), chosen.nodes);
            assert_eq!(chosen.proof, Proof::Optimal, "{} {coupons}", hard.name());
        }
    }
}
