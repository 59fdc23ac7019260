//! Rules that reach beyond their goods: to fees, to what others left a moment before, to goods that another rule gives nothing on.

use super::false_proofs::{read, unsearched};
use super::*;
use crate::audit::check::Checker;
use crate::record::Usage;
use crate::shop::{Cart, Charge, Context, Customer};

fn set(more: &str, rules: &[&str]) -> RuleSet {
    read(&format!(r#"{{"format": 1, "currency": "CNY"{more}, "rules": [{}]}}"#, rules.join(",")))
}

/// A pen for 1.00, a mug for 10.00, a lamp for 100.00 and ink for 3.00, sent for 8.00.
fn goods() -> Catalogue {
    let goods = [("PEN", 100), ("MUG", 1_000), ("LAMP", 10_000), ("INK", 300)];
    let goods = goods.map(|(sku, price)| sold(sku, price, 0)).to_vec();
    let fee = Charge::new(Money::from_minor(800)).method("van");
    Catalogue::with_limits(Currency::CNY, goods, vec![], vec![fee], &Default::default()).unwrap()
}

/// An order by the pipeline: what it costs, and the rules it takes.
fn priced(rules: &RuleSet, lines: &[(&str, u32)]) -> (i64, Vec<String>) {
    let catalogue = goods();
    let line = |(sku, count): &(&str, u32)| {
        let mut line = catalogue.product(sku).unwrap().piece.clone();
        line.quantity = *count;
        line
    };
    let cart = Cart::new(Currency::CNY, lines.iter().map(line).collect(), catalogue.charges().to_vec());
    let context = Context::default().customer(Customer::new("c").order_number(1));
    let plan = crate::compile(rules).unwrap();
    let quote = plan.price(&mut Default::default(), &cart.unwrap(), &context, &Usage::default()).unwrap();
    let rules = quote.rules.iter().map(|one| one.rule.as_str().to_owned()).collect();
    (quote.totals.payable.minor(), rules)
}

fn verdict(rules: &RuleSet, promise: Promise, most: &str) -> Verdict {
    let most = most.parse().unwrap();
    let promises = Promises::default().drop_max(most).split_max(most).only([promise]);
    let report = audit(rules, &goods(), &AuditBounds::default().promises(promises).orders(0)).unwrap();
    report.verdict(promise).unwrap().clone()
}

fn is_proved(rules: &RuleSet, promise: Promise, most: &str) -> bool {
    matches!(verdict(rules, promise, most), Verdict::Proved { .. })
}

#[test]
fn a_share_of_few_pieces_and_of_fees_is_more_than_the_pieces() {
    let free = |more: &str| {
        let of = r#""target": {"skus": ["PEN"]}, "limit": {"cheapest": 1}, "with_shipping": true"#;
        set(
            "",
            &[&format!(
                r#"{{"id": "free", "stage": "order"{more}, "benefit": {{"percent_off": {{"percent": "100", {of}}}}}}}"#
            )],
        )
    };
    // The fiftieth pen takes itself and 8.00 off.
    let from = free(r#", "condition": {"spend": {"at_least": "50.00"}}"#);
    assert_eq!(priced(&from, &[("PEN", 49)]).0, 4_900 + 800);
    assert_eq!(priced(&from, &[("PEN", 50)]).0, 4_900);
    assert!(!is_proved(&from, Promise::AddItem, "2.00"));
    // A pen and 8.00, and a minor unit of rounding for the piece and for the sum.
    assert!(is_proved(&from, Promise::AddItem, "9.02"));
    // Twice a pen and its fee for nothing, of which the order of both has none.
    let few = free(r#", "condition": {"quantity": {"at_most": 1}}, "limits": {"uses_per_customer": 2}"#);
    assert_eq!((priced(&few, &[("PEN", 1)]).0, priced(&few, &[("PEN", 2)]).0), (0, 1_000));
    assert!(!is_proved(&few, Promise::SplitPays, "5.00"));
    assert!(is_proved(&few, Promise::SplitPays, "18.04"));
}

/// Whether the checker shows that one rule keeps another out.
fn keeps_out(rules: &RuleSet, shadow: &str, rule: &str) -> bool {
    let (rules, catalogue) = (rules.in_order(), goods());
    let named = |id: &str| rules.rules.iter().find(|one| one.id.as_str() == id).unwrap();
    Checker::new(&rules, &catalogue).shadows(1_000).keeps_out(named(shadow), named(rule), None)
}

#[test]
fn who_takes_something_off_fees_is_not_behind_who_takes_it_off_goods_alone() {
    let first = r#", "stages": [{"id": "order", "select": "first"}]"#;
    let tenth = r#"{"id": "a", "stage": "order", "benefit": {"percent_off": {"percent": "10", "target": {"skus": ["LAMP"]}}}}"#;
    let behind = |ship: &str| {
        let off = format!(r#"{{"percent": "50", "target": {{"skus": ["LAMP"]}}{ship}}}"#);
        set(
            first,
            &[tenth, &format!(r#"{{"id": "b", "stage": "order", "benefit": {{"percent_off": {off}}}}}"#)],
        )
    };
    let with_fees = behind(r#", "with_shipping": true"#);
    // Without a lamp the first one gives nothing, and the other half of 8.00.
    assert_eq!(priced(&with_fees, &[("PEN", 1)]), (100 + 400, vec!["b".to_owned()]));
    assert!(!keeps_out(&with_fees, "a", "b"));
    assert!(keeps_out(&behind(""), "a", "b"));
    let amount = r#"{"id": "b", "stage": "order", "benefit": {"amount_off": {"amount": "5.00", "each": "once", "target": {"skus": ["LAMP"]}, "with_shipping": true}}}"#;
    assert!(!keeps_out(&set(first, &[tenth, amount]), "a", "b"));
}

#[test]
fn what_is_left_now_is_less_for_who_comes_later_in_a_stage() {
    let stage = r#", "stages": [{"id": "order"}]"#;
    let off = |id: &str, rank: u32, amount: &str, more: &str| {
        let benefit = format!(r#"{{"amount_off": {{"amount": "{amount}", "each": "once"}}}}"#);
        format!(r#"{{"id": "{id}", "stage": "order", "rank": {rank}{more}, "benefit": {benefit}}}"#)
    };
    let spend = |base: &str| {
        let most = format!(r#"{{"spend": {{"at_most": "50.00"{base}}}}}"#);
        let apart = r#""stacking": {"group": "one"}"#;
        let more = format!(r#", "condition": {most}, {apart}"#);
        set(stage, &[&off("a", 0, "1.00", &more), &off("b", 1, "60.00", ""), &off("c", 2, "2.00", &more)])
    };
    let now = spend(r#", "base": "running""#);
    // 100.00 are too much for the first, and 40.00 are left for the last.
    assert_eq!(priced(&now, &[("LAMP", 1)]), (4_000 - 200 + 800, vec!["b".to_owned(), "c".to_owned()]));
    assert!(!keeps_out(&now, "a", "c"));
    for base in ["", r#", "base": "entry""#, r#", "base": "list""#] {
        assert!(keeps_out(&spend(base), "a", "c"), "{base}");
    }
    // Two lamps are worth 50.00 or more each when the first one looks, and none when the last one does.
    let dear = r#"{"unit_price": {"base": "running", "at_least": "50.00"}}"#;
    let dear = format!(r#", "condition": {{"quantity": {{"of": {dear}, "at_most": 1}}}}"#);
    let dear = format!(r#"{dear}, "stacking": {{"group": "one"}}"#);
    let dear =
        set(stage, &[&off("a", 0, "1.00", &dear), &off("b", 1, "120.00", ""), &off("c", 2, "2.00", &dear)]);
    assert_eq!(priced(&dear, &[("LAMP", 2)]).1, ["b", "c"]);
    assert!(!keeps_out(&dear, "a", "c"));
}

#[test]
fn a_gap_is_filled_by_what_is_for_the_same_goods_and_asks_for_no_more_of_them() {
    let between = |from: &str, until: &str| {
        let at = |time: &str| format!(r#""2026-11-11T{time}:00+08:00""#);
        format!(r#", "condition": {{"window": {{"from": {}, "until": {}}}}}"#, at(from), at(until))
    };
    let rule = |id: &str, when: &str, benefit: &str| {
        format!(r#"{{"id": "{id}", "stage": "order"{when}, "benefit": {benefit}}}"#)
    };
    let is_filled = |benefit: &str, filling: &str| {
        let (early, late) = (between("08:00", "12:00"), between("12:30", "18:00"));
        let rules =
            set("", &[&rule("a", &early, benefit), &rule("b", "", filling), &rule("c", &late, benefit)]);
        matches!(unsearched(&rules, &goods(), Promise::NoGap), Verdict::Proved { .. })
    };
    let part = |sku: &str| format!(r#"{{"quantity": 1, "selector": {{"skus": ["{sku}"]}}}}"#);
    let bundle = |one: &str, other: &str, off: &str| {
        format!(
            r#"{{"bundle": {{"parts": [{}, {}], "off": {{"percent": "{off}"}}}}}}"#,
            part(one),
            part(other)
        )
    };
    assert!(!is_filled(&bundle("PEN", "MUG", "50"), &bundle("LAMP", "INK", "50")));
    assert!(is_filled(&bundle("PEN", "MUG", "50"), &bundle("PEN", "MUG", "20")));
    let shipping = |more: &str| format!(r#"{{"shipping": {{"off": {{"free": {{}}}}{more}}}}}"#);
    let by = |method: &str| shipping(&format!(r#", "methods": ["{method}"]"#));
    assert!(!is_filled(&by("van"), &by("air")));
    assert!(!is_filled(&by("van"), &shipping(r#", "shops": ["one"]"#)));
    assert!(is_filled(&by("van"), &shipping("")) && is_filled(&by("van"), &by("van")));
    let tiers = |at: &str, more: &str| {
        format!(r#"{{"spend_tiers": {{"tiers": [{{"at": "{at}", "off": {{"percent": "20"}}}}]{more}}}}}"#)
    };
    assert!(!is_filled(&tiers("10.00", ""), &tiers("1000.00", "")));
    assert!(!is_filled(&tiers("10.00", ""), &tiers("10.00", r#", "qualifier": {"skus": ["PEN"]}"#)));
    assert!(is_filled(&tiers("10.00", ""), &tiers("5.00", "")));
    let total = |price: &str| format!(r#"{{"total_price": {{"price": "{price}"}}}}"#);
    assert!(!is_filled(&total("50.00"), &total("60.00")) && is_filled(&total("50.00"), &total("40.00")));
    let get = |sku: &str| {
        format!(
            r#"{{"buy_get": {{"qualifier": {}, "target": {}, "off": {{"percent": "100"}}}}}}"#,
            part(sku),
            part("PEN")
        )
    };
    assert!(!is_filled(&get("MUG"), &get("LAMP")));
    assert!(is_filled(&get("MUG"), &get("MUG")));
}

#[test]
fn copies_are_copies_however_their_goods_are_written() {
    let rule = |id: &str, of: &str| {
        let spend = format!(r#"{{"spend": {{"of": {of}, "at_least": "1.00"}}}}"#);
        let off = format!(r#"{{"percent_off": {{"percent": "10", "target": {of}}}}}"#);
        format!(r#"{{"id": "{id}", "stage": "order", "condition": {spend}, "benefit": {off}}}"#)
    };
    let are_copies = |one: &str, other: &str| {
        let rules = set("", &[&rule("a", one), &rule("b", other)]);
        !matches!(unsearched(&rules, &goods(), Promise::RunsOnce), Verdict::Proved { .. })
    };
    let (pen, mug) = (r#"{"skus": ["PEN"]}"#, r#"{"tags": ["mug"]}"#);
    let any = |list: &str, more: &str| format!(r#"{{"any": [{list}]{more}}}"#);
    assert!(are_copies(pen, &any(pen, "")));
    assert!(are_copies(&any(&format!("{pen}, {mug}"), ""), &any(&format!("{mug}, {pen}, {mug}"), "")));
    let except = |list: &str| format!(r#"{{"except": [{list}]}}"#);
    assert!(are_copies(&except(&format!("{pen}, {mug}")), &except(&format!("{mug}, {pen}"))));
    let facts =
        |one: &str, other: &str| format!(r#"{{"attributes": [{{"key": "{one}"}}, {{"key": "{other}"}}]}}"#);
    assert!(are_copies(&facts("new", "red"), &facts("red", "new")));
    // Whether gift cards are taken is said outside alone.
    let cards = r#", "gift_cards": true"#;
    assert!(are_copies(pen, &any(r#"{"skus": ["PEN"], "gift_cards": true}"#, "")));
    assert!(!are_copies(pen, &any(pen, cards)));
    assert!(!are_copies(pen, &any(pen, r#", "tags": ["mug"]"#)));
    assert!(!are_copies(&any(pen, ""), &except(pen)));
}
