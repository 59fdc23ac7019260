//! Rules that look at each other, and orders that are put together: what must not be proved, each shown by orders that are priced.

use super::false_proofs::{assert_unproved, read, shop, unsearched};
use super::*;
use crate::audit::check::{CheckError, check};
use crate::audit::{AuditBounds, Certificate, Order, Verdict, audit};
use crate::record::Usage;
use crate::shop::{Cart, Context, Customer};

fn set(more: &str, rules: &[String]) -> RuleSet {
    read(&format!(r#"{{"format": 1, "currency": "CNY"{more}, "rules": [{}]}}"#, rules.join(",")))
}

fn rule(id: &str, stage: &str, more: &str, benefit: &str) -> String {
    format!(r#"{{"id": "{id}", "stage": "{stage}"{more}, "benefit": {benefit}}}"#)
}

fn off(percent: &str, sku: &str) -> String {
    format!(r#"{{"percent_off": {{"percent": "{percent}", "target": {{"skus": ["{sku}"]}}}}}}"#)
}

/// Half off one product.
fn half(id: &str, sku: &str, more: &str) -> String {
    rule(id, "order", more, &off("50", sku))
}

/// A lamp for 110.00, a mug for 100.00 and a pen for 1.00, none of which costs anything.
fn goods() -> Catalogue {
    shop([sold("LAMP", 11_000, 0), sold("MUG", 10_000, 0), sold("PEN", 100, 0)])
}

fn order(catalogue: &Catalogue, lines: &[(&str, u32)], codes: &[&str]) -> Order {
    let line = |(sku, count): &(&str, u32)| {
        let mut line = catalogue.product(sku).unwrap().piece.clone();
        line.quantity = *count;
        line.id = crate::shop::LineId::new(sku);
        line
    };
    let cart = Cart::new(Currency::CNY, lines.iter().map(line).collect(), vec![]).unwrap();
    let context = Context::default().customer(Customer::new("c").order_number(1));
    Order::new(cart, codes.iter().fold(context, |context, code| context.code(code)))
}

/// What an order costs, by the pipeline.
fn paid(rules: &RuleSet, order: &Order) -> i64 {
    let plan = crate::compile(rules).unwrap();
    let quote = plan.price(&mut Default::default(), &order.cart, &order.context, &Usage::default());
    quote.unwrap().totals.payable.minor()
}

fn pay(rules: &RuleSet, catalogue: &Catalogue, lines: &[(&str, u32)]) -> i64 {
    paid(rules, &order(catalogue, lines, &[]))
}

fn allowing(most: &str) -> Promises {
    let most = most.parse().unwrap();
    Promises::default().drop_max(most).split_max(most).pool_max(most)
}

/// The verdict where so much is allowed, without looking at any order.
fn allowed(rules: &RuleSet, catalogue: &Catalogue, promise: Promise, most: &str) -> Verdict {
    let bounds = AuditBounds::default().promises(allowing(most).only([promise])).orders(0);
    audit(rules, catalogue, &bounds).unwrap().verdict(promise).unwrap().clone()
}

fn is_proved(rules: &RuleSet, catalogue: &Catalogue, promise: Promise, most: &str) -> bool {
    matches!(allowed(rules, catalogue, promise, most), Verdict::Proved { .. })
}

#[test]
fn prices_beside_shares_of_a_stages_start_leave_less_of_what_is_worth_more() {
    let price = |id: &str| {
        let benefit = r#"{"unit_price": {"price": "80.00", "target": {"skus": ["LAMP"]}}}"#;
        rule(id, "late", "", benefit)
    };
    let once = r#", "limits": {"uses_per_customer": 1}, "condition": {"spend": {"at_least": "150.00"}}"#;
    let early = rule("off", "early", once, r#"{"amount_off": {"amount": "20.00", "each": "once"}}"#);
    let three = [early.clone(), price("a"), price("b"), price("c")];
    let stages =
        |basis: &str| format!(r#", "stages": [{{"id": "early"}}, {{"id": "late", "basis": "{basis}"}}]"#);
    let rules = set(&stages("entry"), &three);
    // Two lamps get 20.00 off, and are worth 100.00 each: three times 20.00 off leaves 40.00. One lamp is worth 110.00, and three
    // times 30.00 off leaves 20.00. So two orders save 40.00, and 20.00 is all that an order gets once.
    assert_eq!(pay(&rules, &goods(), &[("LAMP", 2)]), 2 * (10_000 - 3 * 2_000));
    assert_eq!(pay(&rules, &goods(), &[("LAMP", 1)]), 11_000 - 3 * 3_000);
    for promise in [Promise::SplitPays, Promise::AddItem, Promise::PoolingPays] {
        assert!(!is_proved(&rules, &goods(), promise, "20.00"), "{promise:?}");
    }
    // One such price is even, and so are several that come one after the other.
    assert!(is_proved(&set(&stages("entry"), &three[..2]), &goods(), Promise::SplitPays, "20.00"));
    assert!(is_proved(&set(&stages("running"), &three), &goods(), Promise::SplitPays, "20.00"));
    let each = rule("each", "late", "", r#"{"amount_off": {"amount": "5.00", "each": "unit"}}"#);
    let beside = set(&stages("entry"), &[early.clone(), price("a"), each]);
    assert!(is_proved(&beside, &goods(), Promise::SplitPays, "20.00"));
    let beside = set(&stages("entry"), &[early, price("a"), rule("share", "late", "", &off("60", "LAMP"))]);
    assert!(!is_proved(&beside, &goods(), Promise::SplitPays, "20.00"));
}

#[test]
fn units_that_a_rule_wins_and_has_no_money_for_get_nothing_of_another() {
    let all = |percent: &str| format!(r#"{{"percent_off": {{"percent": "{percent}"}}}}"#);
    let more = r#", "limits": {"budget": "10.00"}, "condition": {"spend": {"at_least": "150.00"}}"#;
    let rules = set("", &[rule("a", "price", "", &all("40")), rule("b", "price", more, &all("50"))]);
    // Half off two mugs is more than two fifths, but there are 10.00. One mug alone is 60.00.
    assert_eq!(pay(&rules, &goods(), &[("MUG", 2)]), 20_000 - 1_000);
    assert_eq!(pay(&rules, &goods(), &[("MUG", 1)]), 6_000);
    assert!(!is_proved(&rules, &goods(), Promise::SplitPays, "10.01"));
    let both = set("", &[rule("a", "price", "", &all("40")), rule("b", "price", "", &all("50"))]);
    assert!(is_proved(&both, &goods(), Promise::SplitPays, "0"));
}

#[test]
fn what_a_code_keeps_away_is_had_by_an_order_without_it() {
    let code = r#"{"code": {"any_of": ["QX7PLM3K"]}}"#;
    let with = format!(r#", "condition": {code}"#);
    let without = format!(r#", "condition": {{"not": {code}}}"#);
    let rules = set("", &[half("a", "LAMP", &with), half("b", "MUG", &without)]);
    let goods = goods();
    let both = [("LAMP", 1), ("MUG", 1)];
    // 160.00 or 155.00 for both, and 55.00 and 50.00 for each.
    assert_eq!(pay(&rules, &goods, &both), 11_000 + 5_000);
    assert_eq!(paid(&rules, &order(&goods, &both, &["QX7PLM3K"])), 5_500 + 10_000);
    assert_eq!(paid(&rules, &order(&goods, &both[..1], &["QX7PLM3K"])), 5_500);
    assert_eq!(pay(&rules, &goods, &both[1..]), 5_000);
    assert_unproved(&rules, &goods, Promise::SplitPays);
    // All codes that rules ask for go into one order.
    let rules = set("", &[half("a", "LAMP", &with), half("b", "MUG", "")]);
    assert!(matches!(unsearched(&rules, &goods, Promise::SplitPays), Verdict::Proved { .. }));
}

#[test]
fn a_share_of_each_line_is_rounded_for_each_line() {
    let catalogue = shop((0..200).map(|at| sold(&format!("P{at:03}"), 5, 0)));
    let pay_all = |rules: &RuleSet, count: u32| {
        let names: Vec<String> = (0..200).map(|at| format!("P{at:03}")).collect();
        let lines: Vec<(&str, u32)> = names.iter().map(|sku| (sku.as_str(), count)).collect();
        pay(rules, &catalogue, &lines)
    };
    let tenth = r#"{"percent_off": {"percent": "10"}}"#;
    let rules = set("", &[rule("a", "order", r#", "per": "line""#, tenth)]);
    // A tenth of 0.10 is 0.01 on each of 200 lines; a tenth of 0.05 is rounded up to as much.
    assert_eq!(pay_all(&rules, 2), 200 * (10 - 1));
    assert_eq!(pay_all(&rules, 1), 200 * (5 - 1));
    assert_unproved(&rules, &catalogue, Promise::SplitPays);
    let cent =
        rule("a", "order", r#", "per": "line""#, r#"{"amount_off": {"amount": "0.01", "each": "unit"}}"#);
    assert!(matches!(unsearched(&set("", &[cent]), &catalogue, Promise::SplitPays), Verdict::Proved { .. }));
}

fn rounding(rules: &RuleSet, catalogue: &Catalogue, promise: Promise) -> i64 {
    match allowed(rules, catalogue, promise, "0") {
        Verdict::Proved { certificate: Certificate::Steady { tolerance_minor, .. } } => tolerance_minor,
        other => panic!("{other:?}"),
    }
}

#[test]
fn where_shares_fall_on_few_of_many_products_rounding_is_as_many_minor_units() {
    let catalogue = shop((0..20).map(|at| sold(&format!("P{at:02}"), 5, 0)));
    let tenth = || rule("a", "item", "", r#"{"percent_off": {"percent": "10"}}"#);
    let few = |count: u32| {
        let skus: Vec<String> = (0..count).map(|at| format!(r#""P{at:02}""#)).collect();
        let benefit =
            format!(r#"{{"percent_off": {{"percent": "100", "target": {{"skus": [{}]}}}}}}"#, skus.join(","));
        rule("b", "order", "", &benefit)
    };
    // Two for each rule; and where they are for other goods, a minor unit for each product that one takes from and the other
    // splits its share over: three of twenty, and three.
    let alike = set("", &[tenth(), rule("b", "order", "", r#"{"percent_off": {"percent": "20"}}"#)]);
    assert_eq!(rounding(&alike, &catalogue, Promise::AddItem), 2 * 2);
    let rules = set("", &[tenth(), few(3)]);
    assert_eq!(rounding(&rules, &catalogue, Promise::AddItem), 2 * 2 + 3 + 3);
    // A certificate that says less is none.
    let Verdict::Proved { certificate: Certificate::Steady { effects, .. } } =
        allowed(&rules, &catalogue, Promise::AddItem, "0")
    else {
        panic!()
    };
    let less = Certificate::Steady { effects, tolerance_minor: 9 };
    let checked = check(&rules, &catalogue, &allowing("0"), Promise::AddItem, &less);
    assert!(matches!(checked, Err(CheckError::NoBound { .. })), "{checked:?}");
}

#[test]
fn goods_that_a_selector_inside_another_tells_by_their_price_depend_on_who_came_first() {
    let one = rule(
        "a",
        "order",
        "",
        r#"{"amount_off": {"amount": "10.00", "each": "once", "target": {"skus": ["LAMP"]}}}"#,
    );
    let cheap = r#"{"unit_price": {"base": "running", "at_most": "100.00"}}"#;
    let benefit = format!(r#"{{"percent_off": {{"percent": "50", "target": {{"except": [{cheap}]}}}}}}"#);
    let more = r#", "stages": [{"id": "order"}]"#;
    let (first, last) = (rule("b", "order", "", &benefit), rule("0", "order", "", &benefit));
    // At 100.00 the lamp is too cheap; at 110.00 it gets 55.00 off, and then 10.00.
    let rules = set(more, &[one.clone(), first]);
    assert_eq!(pay(&rules, &goods(), &[("LAMP", 1)]), 11_000 - 1_000);
    assert_eq!(pay(&set(more, &[one, last]), &goods(), &[("LAMP", 1)]), 11_000 - 5_500 - 1_000);
    assert_unproved(&rules, &goods(), Promise::EqualRanks);
}

#[test]
fn who_finds_a_quota_used_up_gives_no_gift_and_refuses_nobody() {
    let gift = |id: &str, more: &str| {
        rule(
            id,
            "order",
            &format!(r#", "quotas": ["q"]{more}"#),
            r#"{"gift": {"options": [{"sku": "PEN"}]}}"#,
        )
    };
    let refuses = r#", "stacking": {"excludes": {"rules": ["half"]}}"#;
    let late = rule("half", "late", "", r#"{"percent_off": {"percent": "50"}}"#);
    let more = r#", "stages": [{"id": "order"}, {"id": "late"}], "quotas": [{"id": "q", "units": 1}]"#;
    let rules = set(more, &[gift("a", refuses), gift("b", ""), late.clone()]);
    // Who refuses the half comes first, or finds no pen left.
    assert_eq!(pay(&rules, &goods(), &[("LAMP", 1)]), 11_000);
    assert_eq!(pay(&set(more, &[gift("c", refuses), gift("b", ""), late]), &goods(), &[("LAMP", 1)]), 5_500);
    assert_unproved(&rules, &goods(), Promise::EqualRanks);
}

#[test]
fn rules_that_tolerate_none_beside_them_refuse_each_other() {
    let both = [("LAMP", 1), ("MUG", 1)];
    let alone = |kind: &str| format!(r#", "stacking": {{"exclusive": "{kind}"}}"#);
    let apart = r#", "undeclared": "apart""#;
    for (more, said) in [("", alone("order")), ("", alone("stage")), (apart, String::new())] {
        let rules = set(more, &[half("a", "LAMP", &said), half("b", "MUG", "")]);
        // The lamp's half keeps the mug's away; in orders of their own both are had.
        assert_eq!(pay(&rules, &goods(), &both), 5_500 + 10_000);
        assert_eq!([&both[..1], &both[1..]].map(|lines| pay(&rules, &goods(), lines)), [5_500, 5_000]);
        assert_unproved(&rules, &goods(), Promise::ExclusionsHold);
        let bounds = AuditBounds::default().promises(Promises::default().only([Promise::ExclusionsHold]));
        let report = audit(&rules, &goods(), &bounds.orders(4_000)).unwrap();
        // What is saved is half a mug.
        assert_eq!(report.findings[0].smallest.loss.minor(), 5_000, "{report}");
    }
    let named = r#", "stacking": {"goes_with": {"rules": ["b"]}}"#;
    let rules = set(apart, &[half("a", "LAMP", named), half("b", "MUG", "")]);
    assert!(matches!(unsearched(&rules, &goods(), Promise::ExclusionsHold), Verdict::Proved { .. }));
}

#[test]
fn a_gap_is_filled_by_who_is_there_for_all_that_had_the_one_before() {
    let twenty = r#"{"percent_off": {"percent": "20"}}"#;
    let when = |condition: &str, more: &str| format!(r#", "condition": {condition}{more}"#);
    let until = r#"{"window": {"until": "2026-11-11T10:00:00Z"}}"#;
    let from = r#"{"window": {"from": "2026-11-11T10:30:00Z"}}"#;
    let vip = r#"{"segment": {"any_of": ["vip"]}}"#;
    let evening = r#"{"weekly": {"from": "18:00", "until": "19:00", "offset": "+00:00"}}"#;
    let gap = |one: &str, filler: String| {
        let list = [
            rule("one", "order", &when(one, ""), twenty),
            rule("two", "order", &when(from, ""), twenty),
            filler,
        ];
        matches!(unsearched(&set("", &list), &goods(), Promise::NoGap), Verdict::Proved { .. })
    };
    let filler = |more: String| rule("filler", "order", &more, r#"{"percent_off": {"percent": "10"}}"#);
    for condition in [vip, evening, r#"{"spend": {"at_least": "1000.00"}}"#] {
        assert!(!gap(until, filler(when(condition, ""))), "{condition}");
    }
    assert!(!gap(until, filler(r#", "coupon": {"codes": ["QX7PLM3K"]}"#.to_owned())));
    assert!(!gap(until, filler(r#", "limits": {"uses": 5}"#.to_owned())));
    assert!(gap(until, filler(String::new())));
    // Those who had the one before have what fills the gap.
    let for_vips = format!(r#"{{"all": [{vip}, {until}]}}"#);
    assert!(gap(&for_vips, filler(when(vip, ""))));
    assert!(!gap(&for_vips, filler(when(&format!(r#"{{"all": [{vip}, {evening}]}}"#), ""))));
}

#[test]
fn one_moment_in_two_offsets_is_the_same_moment() {
    let twenty = r#"{"percent_off": {"percent": "20"}}"#;
    let when = |until: &str| {
        format!(
            r#", "condition": {{"any": [{{"segment": {{"any_of": ["vip"]}}}}, {{"window": {{"until": "{until}"}}}}]}}"#
        )
    };
    let twice = |other: &str| {
        let rules = [("a", "2026-11-11T10:00:00Z"), ("b", other)]
            .map(|(id, until)| rule(id, "order", &when(until), twenty));
        matches!(unsearched(&set("", &rules), &goods(), Promise::RunsOnce), Verdict::Proved { .. })
    };
    assert!(!twice("2026-11-11T18:00:00+08:00"));
    assert!(twice("2026-11-11T18:00:01+08:00"));
}

#[test]
fn an_order_of_goods_that_are_not_sold_shows_nothing() {
    let ten =
        rule("ten", "order", r#", "condition": {"spend": {"at_least": "1000.00"}}"#, &off("50", "LAMP"));
    let rules = set("", &[ten]);
    let few = shop([sold("LAMP", 11_000, 0).stock(9)]);
    let many = shop([sold("LAMP", 11_000, 0)]);
    let dear = shop([sold("LAMP", 100_000, 0)]);
    let shown_by = |order: Order| {
        let orders = [(RuleId::new("ten"), order)].into_iter().collect();
        let certificate = Certificate::Examples { orders, tiers: Default::default() };
        check(&rules, &few, &Promises::default(), Promise::EveryRule, &certificate)
    };
    // Ten lamps are 1,100.00, and there are nine; or one that costs as much elsewhere.
    let not_sold = Err(CheckError::NotSold { sku: "LAMP".to_owned() });
    assert_eq!(shown_by(order(&many, &[("LAMP", 10)], &[])), not_sold);
    assert_eq!(shown_by(order(&dear, &[("LAMP", 1)], &[])), not_sold);
    assert_eq!(
        shown_by(order(&many, &[("LAMP", 9)], &[])),
        Err(CheckError::NoExample { rule: "ten".to_owned() })
    );
}
