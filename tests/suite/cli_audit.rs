//! The commands that look for loopholes, run as a user would run them.

use std::fs;
use std::path::PathBuf;

use super::cli::{dealproof, example, file, line_with};

const A2_RULES: &str = "tests/loopholes/A2/rules.json";
const A2_CATALOGUE: &str = "tests/loopholes/A2/catalogue.json";

#[test]
fn audit_tells_the_worst_order_first_and_ends_with_1() {
    let ended = dealproof(&["audit", A2_RULES, A2_CATALOGUE, "--orders", "5000", "--quiet"]);
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
    // Every threshold has its mark, whether the price falls there or not; and so has the order that goes furthest.
    let curves = page.matches("<svg").count();
    let findings = page.matches("<h2 class=").count();
    assert!(page.contains("How far orders go") && curves > findings, "{curves} curves, {findings} findings");
    let rules: serde_json::Value = serde_json::from_str(&fs::read_to_string(A2_RULES).unwrap()).unwrap();
    for rule in rules["rules"].as_array().unwrap() {
        let at = rule["condition"]["spend"]["at_least"].as_str().unwrap();
        let mark = format!("{} from {at}", rule["id"].as_str().unwrap());
        let marked = page.lines().filter(|line| line.contains("<g class=\"mark\">") && line.contains(&mark));
        // Only where the rest of an order is beyond it already it is told below the curve.
        assert!(marked.count() * 2 > curves, "{mark}: {page}");
        let told = page.lines().filter(|line| line.starts_with("<li>") && line.contains(&mark));
        assert_eq!(told.count(), curves, "{mark}: {page}");
    }
    assert_eq!(page.matches("<circle class=\"worst\"").count(), curves);
}

#[test]
fn a_log_gets_a_line_for_each_part_of_an_audit_and_no_more() {
    let ended = dealproof(&["audit", A2_RULES, A2_CATALOGUE, "--orders", "5000", "--json"]);
    let lines: Vec<&str> = ended.errors.lines().collect();
    assert_eq!(lines.first(), Some(&"0 orders priced; next: what the rules say"), "{}", ended.errors);
    assert!(lines.contains(&"making small what was found, and looking for repairs"), "{}", ended.errors);
    assert_eq!(lines.last(), Some(&"looking for proofs of what was not found"), "{}", ended.errors);
    // Five ways of searching, and two parts behind them.
    assert_eq!(lines.len(), 7, "{}", ended.errors);
    assert!(serde_json::from_str::<serde_json::Value>(&ended.out).is_ok());
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
