//! The command `dealproof` as a user meets it: what it prints, and how it ends.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails there")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

const RULES: &str = "examples/double-11/rules.json";
const CART_1: &str = "examples/double-11/cart-1.json";
const CART_2: &str = "examples/double-11/cart-2.json";
const CART_3: &str = "examples/double-11/cart-3.json";

pub(super) struct Ended {
    pub(super) status: i32,
    pub(super) out: String,
    pub(super) errors: String,
}

pub(super) fn dealproof(args: &[&str]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_dealproof"))
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ended {
        status: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A file of this test's own.
pub(super) fn file(name: &str, bytes: &[u8]) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

pub(super) fn example(path: &str) -> String {
    fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The only line that holds all of some words.
pub(super) fn line_with<'a>(out: &'a str, words: &[&str]) -> &'a str {
    let mut lines = out.lines().filter(|line| words.iter().all(|word| line.contains(word)));
    let line = lines.next().unwrap_or_else(|| panic!("no line with {words:?} in\n{out}"));
    assert_eq!(lines.next(), None, "a second line with {words:?}");
    line
}

#[test]
fn price_prints_lines_discounts_totals_gifts_and_codes() {
    let ended = dealproof(&["price", RULES, CART_1]);
    assert_eq!((ended.status, ended.errors.as_str()), (0, ""));
    // The sums are those of cart-1.expected.md.
    let buds = line_with(&ended.out, &["BUDS-1", "star-digital"]);
    assert!(buds.contains("899.00") && buds.contains("753.18"), "{buds}");
    line_with(&ended.out, &["flash-nuts", "全天秒杀", "60.00", "nuts 60.00"]);
    line_with(&ended.out, &["paid for by platform 60.00, shop 90.00"]);
    assert!(line_with(&ended.out, &[" to pay  "]).ends_with(" 1023.57"));
    line_with(&ended.out, &["with the order", "1 TUMBLER", "gift-888"]);
    line_with(&ended.out, &["on offer", "1 UMBRELLA", "at 9.90"]);
    line_with(&ended.out, &["life-15", "applied: coupon-living"]);
}

#[test]
fn price_says_in_words_why_rules_did_not_apply() {
    let first = dealproof(&["price", RULES, CART_1]).out;
    line_with(&first, &["flash-buds", "it starts at 2026-11-11T20:00:00+08:00"]);
    line_with(&first, &["food-every-100-12", "other rules of its stage gave more"]);
    let second = dealproof(&["price", RULES, CART_2]).out;
    line_with(
        &second,
        &["coupon-platform-95", "of group platform-coupon there is already coupon-platform-88"],
    );
    line_with(&second, &["(of 20.00: the rest met a floor, cap or limit)"]);
    let third = dealproof(&["price", RULES, CART_3]).out;
    line_with(&third, &["coupon-early-bird", "it ended at 2026-11-01T00:00:00+08:00"]);
    line_with(&third, &["HELLO-11", "no rule has this code"]);
}

#[test]
fn price_as_json_is_the_quote() {
    let ended = dealproof(&["price", RULES, CART_2, "--json"]);
    assert_eq!((ended.status, ended.errors.as_str()), (0, ""));
    let quote: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(quote["totals"]["payable"], "7331.10");
    assert_eq!(quote["currency"], "CNY");
}

#[test]
fn a_cart_can_come_from_standard_input() {
    use std::io::Write;
    let mut child = Command::new(env!("CARGO_BIN_EXE_dealproof"))
        .args(["price", RULES, "-", "--json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let cart = example(CART_3);
    child.stdin.take().unwrap().write_all(cart.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let quote: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(quote["totals"]["payable"], "1485.94");
}

#[test]
fn columns_align_below_wide_titles() {
    let out = dealproof(&["price", RULES, CART_1]).out;
    // A Chinese character or full-width mark takes two columns on a terminal.
    let width = |text: &str| -> usize { text.chars().map(|one| if one < '\u{2e80}' { 1 } else { 2 }).sum() };
    let end_of = |words: &[&str], amount: &str| {
        let line = line_with(&out, words);
        let (before, _) = line.split_once(amount).unwrap();
        width(before) + amount.len()
    };
    let nuts = end_of(&["flash-nuts", "nuts 60.00"], " 60.00 ");
    let cross = end_of(&["cross-shop-300-50", "buds 108.78"], " 150.00 ");
    assert_eq!(nuts, cross);
}

#[test]
fn explain_answers_for_every_rule_or_for_one() {
    let all = dealproof(&["explain", RULES, CART_1]);
    assert_eq!(all.status, 0);
    let rules: serde_json::Value = serde_json::from_str(&example(RULES)).unwrap();
    for rule in rules["rules"].as_array().unwrap() {
        line_with(&all.out, &[&format!(" {} ", rule["id"].as_str().unwrap())]);
    }
    line_with(&all.out, &["pay-yunhui", "it asks that the order is paid by yunhui"]);
    line_with(&all.out, &["flash-nuts", "applied: 60.00 off"]);
}

#[test]
fn explain_says_what_one_rule_took_off_which_line() {
    let refused = dealproof(&["explain", RULES, CART_1, "member-buds"]).out;
    line_with(&refused, &["member-buds PLUS会员价799元 (stage price)"]);
    line_with(&refused, &["it asks that the customer is in segment plus"]);
    let applied = dealproof(&["explain", RULES, CART_1, "digital-tiers"]).out;
    line_with(&applied, &["applied: 40.00 off"]);
    line_with(&applied, &["taken off: buds 37.04, cable 2.96"]);
    let remote = dealproof(&["explain", RULES, CART_3, "free-shipping-99"]).out;
    line_with(&remote, &["it does not apply when the order goes to CN/XJ or CN/XZ"]);
}

#[test]
fn explaining_a_rule_that_is_not_there_is_bad_input() {
    let ended = dealproof(&["explain", RULES, CART_1, "no-such-rule"]);
    assert_eq!((ended.status, ended.out.as_str()), (2, ""));
    assert!(ended.errors.contains("there is no rule no-such-rule"), "{}", ended.errors);
}

#[test]
fn the_examples_are_sound() {
    for rules in [RULES, "examples/western/rules.json"] {
        let ended = dealproof(&["validate", rules]);
        assert_eq!(ended.status, 0);
        assert_eq!(ended.out, format!("{rules}: 0 errors, 0 warnings\n"));
    }
}

#[test]
fn validate_names_file_line_column_and_shows_the_line() {
    let wrong = example(RULES).replacen("\"300.00\"", "\"300.001\"", 1);
    let path = file("too-many-decimals.json", wrong.as_bytes());
    let ended = dealproof(&["validate", &path]);
    assert_eq!((ended.status, ended.errors.as_str()), (1, ""));
    let (line, text) = (1..).zip(wrong.lines()).find(|(_, text)| text.contains("300.001")).unwrap();
    let column = text.split_once("\"300.001\"").unwrap().0.chars().count() + 1;
    line_with(&ended.out, &[&format!("[{path}:{line}:{column}]")]);
    line_with(&ended.out, &[text.trim()]);
    assert!(ended.out.contains("too-many-decimals\n"), "{}", ended.out);
    line_with(&ended.out, &["1 error, 0 warnings"]);
}

#[test]
fn validate_as_json_is_the_report() {
    let wrong = example(RULES).replacen("\"300.00\"", "\"-300.00\"", 1);
    let path = file("negative.json", wrong.as_bytes());
    let ended = dealproof(&["validate", &path, "--json"]);
    assert_eq!(ended.status, 1);
    let report: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(report["errors"], 1);
    assert_eq!(report["diagnostics"][0]["code"], "negative-amount");
    assert_eq!(report["diagnostics"][0]["path"], "/rules/0/benefit/amount_off/amount");
}

#[test]
fn a_bad_rule_file_is_an_error_of_price() {
    let wrong = example(RULES).replacen("\"300.00\"", "\"-300.00\"", 1);
    let path = file("negative-for-price.json", wrong.as_bytes());
    let ended = dealproof(&["price", &path, CART_1]);
    assert_eq!((ended.status, ended.out.as_str()), (2, ""));
    assert!(ended.errors.contains("negative-amount"), "{}", ended.errors);
}

#[test]
fn malformed_json_gives_file_line_column_and_the_line_with_status_2() {
    let path = file("malformed.json", b"{\n  \"format\": 1,\n  \"currency\": ?\n}\n");
    for args in [&["validate", &path][..], &["price", &path, CART_1]] {
        let ended = dealproof(args);
        let said = format!("{}{}", ended.out, ended.errors);
        assert_eq!(ended.status, 2, "{said}");
        line_with(&said, &[&format!("[{path}:3:15]")]);
        line_with(&said, &["\"currency\": ?"]);
    }
}

#[test]
fn a_cart_that_cannot_be_priced_is_shown_at_its_place() {
    let wrong = example(CART_1).replacen("\"quantity\": 1", "\"quantity\": 0", 1);
    let path = file("no-quantity.json", wrong.as_bytes());
    let ended = dealproof(&["price", RULES, &path]);
    assert_eq!((ended.status, ended.out.as_str()), (2, ""));
    assert!(ended.errors.contains("/cart/lines/0/quantity"), "{}", ended.errors);
    assert!(ended.errors.contains("\"quantity\": 0"), "{}", ended.errors);
}

#[test]
fn a_missing_file_and_one_that_is_too_large_are_bad_input() {
    let missing = dealproof(&["validate", "examples/no-such-file.json"]);
    assert_eq!(missing.status, 2);
    assert!(missing.errors.contains("examples/no-such-file.json"), "{}", missing.errors);

    let limit = dealproof::bounds::Limits::default().document_bytes;
    let path = file("too-large.json", &vec![b' '; limit + 1]);
    let large = dealproof(&["validate", &path]);
    assert_eq!(large.status, 2);
    assert!(large.errors.contains(&format!("more than the {limit} bytes")), "{}", large.errors);
}

#[test]
fn colour_is_used_only_when_asked_for() {
    let path = file("colour.json", b"{\"format\": ?}");
    let plain = dealproof(&["validate", &path]);
    assert!(!plain.out.contains('\u{1b}'));
    let never = dealproof(&["validate", &path, "--color", "never"]);
    assert!(!never.out.contains('\u{1b}'));
    let always = dealproof(&["validate", &path, "--color", "always"]);
    assert!(always.out.contains('\u{1b}'));
}

#[test]
fn wrong_arguments_are_bad_input() {
    assert_eq!(dealproof(&["price", RULES]).status, 2);
    assert_eq!(dealproof(&["prize"]).status, 2);
    assert_eq!(dealproof(&["--help"]).status, 0);
}

#[test]
fn hostile_documents_are_bad_input_with_a_place_and_never_a_panic() {
    let nested = format!("{}{{}}{}", r#"{"not": "#.repeat(50_000), "}".repeat(50_000));
    let deep =
        format!(r#"{{"format": 1, "currency": "CNY", "rules": [{{"id": "a", "condition": {nested}}}]}}"#);
    let huge = format!(r#"{{"format": {}}}"#, "9".repeat(100_000));
    let files: [(&str, &[u8], &str); 9] = [
        ("huge.json", huge.as_bytes(), "not-json"),
        ("empty.json", b"", "not-json"),
        ("blank.json", b"\n \n", "not-json"),
        ("bom.json", b"\xef\xbb\xbf{}", "byte-order-mark"),
        ("latin-1.json", b"{\"format\": 1,\n \"name\": \"caf\xe9\"}", "not-utf8"),
        ("nul.json", b"{\"format\": 1}\0", "not-json"),
        ("cut.json", b"{\"format\": 1, \"rules\": [", "not-json"),
        ("deep.json", deep.as_bytes(), "too-deep"),
        ("two.json", b"{} {}", "not-json"),
    ];
    for (name, bytes, code) in files {
        let path = file(name, bytes);
        let ended = dealproof(&["validate", &path]);
        assert_eq!((ended.status, ended.errors.as_str()), (2, ""), "{name}");
        assert!(ended.out.contains(code) && ended.out.contains(name), "{}", ended.out);
        // As the rules of a cart it is bad input just so, and as a cart under sound rules.
        for args in [["price", &path, CART_1], ["explain", RULES, &path]] {
            let ended = dealproof(&args);
            assert_eq!((ended.status, ended.out.as_str()), (2, ""), "{name}");
            assert!(!ended.errors.is_empty() && !ended.errors.contains("panicked"), "{}", ended.errors);
        }
    }
    // Readable, with findings.
    for (name, text, code) in [
        ("large.json", r#"{"format": 123456789012345678901234567890}"#, "fractional-number"),
        ("list.json", "[1, 2]", "wrong-type"),
        ("twice.json", r#"{"format": 1, "format": 1, "currency": "CNY", "rules": []}"#, "duplicate-key"),
    ] {
        let ended = dealproof(&["validate", &file(name, text.as_bytes())]);
        assert_eq!(ended.status, 1, "{}", ended.out);
        assert!(ended.out.contains(code) && !ended.out.contains("not-json"), "{}", ended.out);
    }
}

#[test]
fn standard_input_is_one_document() {
    let ended = dealproof(&["price", "-", "-"]);
    assert_eq!((ended.status, ended.out.as_str()), (2, ""));
    assert!(ended.errors.contains("not both"), "{}", ended.errors);
}

#[test]
fn a_directory_is_bad_input() {
    let ended = dealproof(&["price", "examples", CART_1]);
    assert_eq!((ended.status, ended.out.as_str()), (2, ""));
    assert!(ended.errors.contains("cannot read examples"), "{}", ended.errors);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dealproof"))
        .args(["validate", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The reader is gone before the first byte is written.
    drop(child.stdout.take());
    drop(child.stdin.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
}

#[test]
fn an_add_on_nobody_picked_is_explained_with_what_may_be_picked() {
    let words = ["add-on-199", "the shopper picked none of what it offers (UMBRELLA, HAND-CREAM)"];
    line_with(&dealproof(&["price", RULES, CART_1]).out, &words);
    let one = dealproof(&["explain", RULES, CART_1, "add-on-199"]).out;
    assert!(one.contains(words[1]), "{one}");
}

#[test]
fn simulate_sells_within_the_limits_and_one_thread_is_repeatable() {
    let run = |threads: &str| {
        dealproof(&["simulate", RULES, "--checkouts", "400", "--threads", threads, "--seed", "7"])
    };
    let (one, many) = (run("1"), run("4"));
    assert_eq!((one.status, one.errors.as_str()), (0, ""));
    assert_eq!(run("1").out, one.out);
    assert_eq!(many.status, 0);
    for out in [&one.out, &many.out] {
        line_with(out, &["no limit was passed"]);
        // Forty or so of four hundred do each of these.
        for ending in ["cancelled", "crashed before paying", "of them returned"] {
            let count: u64 = line_with(out, &[ending]).split_whitespace().next().unwrap().parse().unwrap();
            assert!(count > 0, "{ending} in\n{out}");
        }
        // Sold of what rules/limits say there is: at least something of the coupon with a thousand uses.
        let coupon = line_with(out, &["coupon-platform-95", "uses"]);
        let sold: u64 = coupon.split_whitespace().nth(3).unwrap().parse().unwrap();
        assert!(sold > 0 && sold <= 1_000, "{coupon}");
    }
    let none = dealproof(&["simulate", RULES, "--checkouts", "0"]);
    assert_eq!(none.status, 2);
}

/// Two quotas of the same kind are two limits: the campaign sells on when the slot's two units are gone, and what the slot
/// refused is told of the slot alone.
#[test]
fn simulate_keeps_quotas_apart() {
    let flash = |id: &str, quotas: Value| json!({"id": id, "stage": "price", "benefit": {"unit_price": {"price": "1.00"}}, "quotas": quotas});
    let rules = json!({
        "format": 1,
        "currency": "CNY",
        "quotas": [{"id": "campaign", "units": 60}, {"id": "slot", "units": 2}],
        "rules": [flash("all", json!(["campaign"])), flash("short", json!(["slot"]))],
    });
    let path = file("two-quotas.json", rules.to_string().as_bytes());
    let ended = dealproof(&["simulate", &path, "--checkouts", "100", "--threads", "2", "--seed", "3"]);
    assert_eq!((ended.status, ended.errors.as_str()), (0, ""), "{}", ended.out);
    let row = |quota: &str| -> Vec<u64> {
        line_with(&ended.out, &[quota, "units"])
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect()
    };
    // Of, sold, held, refused, most at once.
    let ([all, sold, .., most], [two, short, .., peak]) = (&row("campaign")[..], &row("slot")[..]) else {
        panic!("{}", ended.out);
    };
    assert_eq!((*all, *two), (60, 2));
    assert!(*sold > 2 && *most > 2 && *most <= 60, "{}", ended.out);
    assert!(*short <= 2 && *peak == 2, "{}", ended.out);
}

#[test]
fn choose_prints_the_chosen_set_and_why_each_other_coupon_lost() {
    let ended = dealproof(&["choose", RULES, CART_2]);
    assert_eq!((ended.status, ended.errors.as_str()), (0, ""));
    line_with(&ended.out, &["no set of coupons costs less"]);
    line_with(&ended.out, &["runner-up: "]);
    // The two coupons of the platform share a group, so one of them keeps the other out.
    line_with(&ended.out, &["it does not go together with coupon-platform-"]);
    line_with(&ended.out, &["digi60", "it was given before"]);
}

#[test]
fn choose_refuses_exactly_what_does_not_go_together_and_says_why() {
    let ended = dealproof(&["choose", "--exactly", RULES, CART_2]);
    assert_eq!((ended.status, ended.errors.as_str()), (1, ""));
    line_with(&ended.out, &["PLAT-95 (coupon-platform-95)", "coupon-platform-88"]);
}

#[test]
fn choose_gives_machines_the_choice_with_its_context_and_quote() {
    let ended = dealproof(&["choose", "--json", "--at-most", "1", RULES, CART_2]);
    assert_eq!((ended.status, ended.errors.as_str()), (0, ""));
    let choice: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(choice["proof"], "optimal");
    assert_eq!(choice["chosen"].as_array().map(Vec::len), Some(1));
    assert_eq!(choice["context"]["codes"].as_array().map(Vec::len), Some(1));
    assert_eq!(choice["payable"], choice["quote"]["totals"]["payable"]);
    // Six codes were given, two of them spellings of one.
    assert_eq!(choice["lost"].as_array().map(Vec::len), Some(5));
}

/// The receipt of a cart, written by `price`.
fn receipt(name: &str) -> String {
    let path = file(name, b"");
    let ended = dealproof(&["price", RULES, CART_1, "--receipt", &path]);
    assert_eq!((ended.status, ended.errors.as_str()), (0, ""));
    path
}

#[test]
fn refund_says_what_a_return_pays_and_why() {
    let receipt = receipt("refund_words.json");
    let ended = dealproof(&["refund", &receipt, "--return", "BUDS-1=1"]);
    assert_eq!((ended.status, ended.errors.as_str()), (0, ""));
    line_with(&ended.out, &["returned", "1", "BUDS-1", "buds"]);
    // 1023.57 was paid, and what is kept decides alone: digital-tiers (40.00) is gone, cross-shop-300-50 gives 50.00 once, free
    // shipping is worth the one fee that is left.
    let minor = |words: &[&str]| -> i64 {
        let amount = line_with(&ended.out, words).split_whitespace().next_back().unwrap();
        amount.replace('.', "").parse().unwrap()
    };
    assert_eq!(minor(&["paid back"]), 102_357 - minor(&["what is kept costs alone"]));
    line_with(&ended.out, &["digital-tiers", "safest", "40.00", "0.00"]);
    line_with(&ended.out, &["TUMBLER", "1 to come back"]);
}

#[test]
fn refund_writes_the_history_on_and_all_of_it_is_all_that_was_paid() {
    let (first, second) = (receipt("refund_1.json"), file("refund_2.json", b""));
    let one = dealproof(&["refund", &first, "--return", "NUTS-MIX=1", "--out", &second, "--json"]);
    let rest = dealproof(&["refund", &second, "--everything", "--json"]);
    let money = |ended: &Ended| -> i64 {
        let note: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
        note["money"].as_str().unwrap().replace('.', "").parse().unwrap()
    };
    assert_eq!(money(&one) + money(&rest), 102_357);
    let again = dealproof(&["refund", &second, "--return", "NUTS-MIX=2"]);
    assert_eq!(again.status, 2);
    assert!(again.errors.contains("1 are left"), "{}", again.errors);
}

#[test]
fn refund_takes_no_tampered_receipt_and_no_other_rules() {
    let path = receipt("refund_whole.json");
    let text = fs::read_to_string(&path).unwrap();
    let tampered =
        file("refund_tampered.json", text.replace("\"paid\": \"1023.57\"", "\"paid\": \"23.57\"").as_bytes());
    let refused = dealproof(&["refund", &tampered, "--everything"]);
    assert_eq!((refused.status, refused.out.as_str()), (2, ""));
    assert!(refused.errors.contains("/digest"), "{}", refused.errors);
    let other = dealproof(&["refund", &path, "--everything", "--rules", "examples/western/rules.json"]);
    assert_eq!(other.status, 2);
    assert!(other.errors.contains("pins plan"), "{}", other.errors);
    for wrong in ["BUDS-1", "BUDS-1=one", "HAT=1", "BUDS-1=2"] {
        assert_eq!(dealproof(&["refund", &path, "--return", wrong]).status, 2, "{wrong}");
    }
}

/// What only the host knows: a balance that is spent, points that are gone, a gift of the very product that was bought.
#[test]
fn refund_takes_what_the_host_knows_besides() {
    let rules = br#"{"format": 1, "currency": "CNY",
        "refunds": {"spent_points": {"charge": {"points": 100, "value": "1.00"}}},
        "rules": [
            {"id": "gift", "stage": "reward", "benefit": {"gift": {"options": [{"sku": "TEA", "worth": "30.00"}]}}},
            {"id": "packet", "stage": "reward",
             "benefit": {"grant": {"give": {"balance": {"class": "packet", "amount": "5.00"}}}}},
            {"id": "earn", "stage": "reward", "benefit": {"points_earn": {"points": 1, "per": "1.00"}}}
        ]}"#;
    let cart = br#"{"cart": {"currency": "CNY",
            "lines": [{"line": "1", "sku": "TEA", "quantity": 2, "list_price": "100.00"}]},
        "context": {"now": "2026-11-10T21:00:00+08:00", "customer": {"id": "ann"}}}"#;
    let (rules, cart) = (file("besides_rules.json", rules), file("besides_cart.json", cart));
    let receipt = file("besides.json", b"");
    assert_eq!(dealproof(&["price", &rules, &cart, "--receipt", &receipt]).status, 0);
    let back = |more: &[&str]| {
        let mut args = vec!["refund", &receipt, "--json", "--return"];
        args.extend(more);
        let ended = dealproof(&args);
        assert_eq!((ended.status, ended.errors.as_str()), (0, ""));
        let note: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
        note["money"].as_str().unwrap().to_owned()
    };
    // 200.00, and 30.00 less where the gift stays; the third piece of tea is the gift.
    assert_eq!(back(&["TEA=2"]), "170.00");
    assert_eq!(back(&["TEA=3"]), "200.00");
    assert_eq!(back(&["TEA=3", "--spent", "packet=1"]), "195.00");
    // 50 of the 200 points are there; the others cost 1.50.
    assert_eq!(back(&["TEA=3", "--points-held", "50"]), "198.50");
    for wrong in
        [["--return", "TEA=4"], ["--spent", "packet"], ["--spent", "packet=2"], ["--spent", "gift=1"]]
    {
        assert_eq!(dealproof(&["refund", &receipt, wrong[0], wrong[1]]).status, 2, "{wrong:?}");
    }
}

#[test]
fn a_cart_that_cannot_be_priced_is_told_where_or_which_rule() {
    let rules = |benefit: &str| {
        format!(
            r#"{{"format": 1, "currency": "CNY", "rules": [{{"id": "greedy", "stage": "order", "benefit": {benefit}}}]}}"#
        )
    };
    let cart = |currency: &str| {
        format!(
            "{{\n  \"cart\": {{\n    \"currency\": \"{currency}\",\n    \"lines\": [{{\"line\": \"1\", \"sku\": \"A\", \
             \"quantity\": 1000000, \"list_price\": \"9999999999.99\"}}]\n  }},\n  \
             \"context\": {{\"now\": \"2026-11-11T00:00:00Z\"}}\n}}\n"
        )
    };
    let plain = file("plain.json", rules(r#"{"percent_off": {"percent": "20"}}"#).as_bytes());
    let euros = file("euros.json", cart("EUR").as_bytes());
    for command in ["price", "explain", "choose"] {
        let ended = dealproof(&[command, &plain, &euros]);
        assert_eq!((ended.status, ended.out.as_str()), (2, ""));
        line_with(&ended.errors, &["/cart/currency: the cart is in EUR, the rules are in CNY"]);
        line_with(&ended.errors, &["\"currency\": \"EUR\""]);
    }
    let every = r#"{"every": {"step": {"spend": "0.01"}, "amount": "9999999999.99", "times": "uncapped"}}"#;
    let (greedy, yuan) =
        (file("greedy.json", rules(every).as_bytes()), file("yuan.json", cart("CNY").as_bytes()));
    let ended = dealproof(&["price", &greedy, &yuan]);
    assert_eq!((ended.status, ended.out.as_str()), (2, ""));
    assert!(ended.errors.contains("rule \"greedy\" comes to more than"), "{}", ended.errors);
}

#[test]
fn no_discount_is_no_minus() {
    let rules = file("no-rules.json", br#"{"format": 1, "currency": "CNY", "rules": []}"#);
    let ended = dealproof(&["price", &rules, CART_1]);
    assert_eq!((ended.status, ended.errors.as_str()), (0, ""));
    let row = line_with(&ended.out, &["discounts on goods"]);
    assert!(row.ends_with(" 0.00"), "{row}");
}
