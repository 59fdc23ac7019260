//! The commands that look for loopholes, run as a user would run them.

use std::fs;
use std::path::PathBuf;

use super::cli::{dealproof, example, file, line_with};

const A2_RULES: &str = "tests/loopholes/A2/rules.json";
const A2_CATALOGUE: &str = "tests/loopholes/A2/catalogue.json";

#[test]
fn audit_tells_the_worst_order_first_and_ends_with_1() {
    let ended = dealproof(&["audit", A2_RULES, A2_CATALOGUE, "--orders", "5000"]);
    assert_eq!((ended.status, ended.errors.as_str()), (1, ""));
    // Ten rice: 199.00 - 30.00 - 50.00, for goods that cost 175.00.
    assert!(ended.out.starts_with("1. severe above-cost: broken by 56.00"), "{}", ended.out);
    line_with(&ended.out, &["pays 119.00 for goods of 199.00"]);
    line_with(&ended.out, &["every-rule", "2 orders show it"]);
    // The README shows this finding.
    let story: Vec<&str> = ended.out.lines().take_while(|line| !line.is_empty()).collect();
    assert!(example("README.md").contains(&story.join("\n")), "{}", story.join("\n"));
}

#[test]
fn audit_writes_a_page_with_a_curve_and_denies_only_what_it_is_told_to() {
    let page = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("audit.html");
    let promises = file("promises.json", br#"{"off": ["above-cost", "split-farm"]}"#);
    let page_name = page.to_str().unwrap();
    let args =
        ["audit", A2_RULES, A2_CATALOGUE, "--orders", "5000", "--html", page_name, "--promises", &promises];
    let ended = dealproof(&[&args[..], &["--deny", "severe"]].concat());
    assert_eq!(ended.status, 0, "{}", ended.out);
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("<svg") && page.contains("add-item"), "{page}");
    assert!(!page.contains("http"), "a page that needs nothing else");
}

#[test]
fn fuzz_draws_the_same_orders_from_the_same_seed() {
    let args = ["fuzz", A2_RULES, A2_CATALOGUE, "--runs", "300", "--seed", "7", "--json"];
    let (first, second) = (dealproof(&args), dealproof(&args));
    assert_eq!(first.status, 1, "{}", first.out);
    assert_eq!(first.out, second.out);
}

#[test]
fn fuzz_without_a_catalogue_buys_goods_made_up_from_the_rules() {
    let args = ["fuzz", A2_RULES, "--runs", "300", "--seed", "7"];
    let (first, second) = (dealproof(&args), dealproof(&args));
    assert!(first.errors.starts_with("no catalogue: "), "{}", first.errors);
    // Two orders save twice what one does; what the goods cost nobody knows.
    assert!(first.out.contains("split-pays") && !first.out.contains("above-cost: broken"), "{}", first.out);
    assert_eq!(first.out, second.out);
    // An audit proves something about a catalogue, so it has to have one.
    assert_eq!(dealproof(&["audit", A2_RULES]).status, 2);
}

#[test]
fn a_catalogue_that_cannot_be_used_is_refused_with_its_place() {
    let text = br#"{"currency": "CNY", "products": [{"sku": "TEA", "list_price": "1.234"}]}"#;
    let ended = dealproof(&["audit", A2_RULES, &file("bad-catalogue.json", text)]);
    assert_eq!(ended.status, 2);
    assert!(ended.errors.contains("/products/0/list_price"), "{}", ended.errors);
}
