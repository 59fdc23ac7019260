//! What a feature of the rule language makes false that looks proved without it: units that are picked, limits that refuse,
//! conditions inside selectors, rules that are apart unless declared, shipping beside units, chances too small to count.

use super::false_proofs::{assert_unproved, read, shop, sold, unsearched};
use super::*;
use crate::evaluate::Scratch;
use crate::record::{Quote, Usage};
use crate::shop::{Cart, Context, CouponCode, CustomerId, Policies, Returns, ShopId, WalletCoupon};

fn set(head: &str, list: &str) -> RuleSet {
    read(&format!(r#"{{"format": 1, "currency": "CNY", {head} "rules": [{list}]}}"#))
}

fn bought(catalogue: &Catalogue, items: &[(&str, u32)]) -> Order {
    let lines = items.iter().map(|(sku, count)| {
        let mut line = catalogue.product(sku).unwrap().piece.clone();
        line.quantity = *count;
        line
    });
    let cart = Cart::new(Currency::CNY, lines.collect(), catalogue.charges().to_vec()).unwrap();
    Order::new(cart, Context::new("2026-05-01T10:00:00Z".parse().unwrap()))
}

fn priced(rules: &RuleSet, order: &Order) -> Quote {
    let plan = crate::compile(rules).unwrap();
    plan.price(&mut Scratch::default(), &order.cart, &order.context, &Usage::default()).unwrap()
}

fn paid(rules: &RuleSet, order: &Order) -> i64 {
    priced(rules, order).totals.payable.minor()
}

fn is_proved(rules: &RuleSet, catalogue: &Catalogue, promise: Promise) -> bool {
    matches!(unsearched(rules, catalogue, promise), Verdict::Proved { .. })
}

/// Every 10.00 paid in money give a coupon of 1.00 off a pen; and what comes behind it.
fn pen_coupon_and(late: &str) -> RuleSet {
    let coupon = r#"{"id": "one", "stage": "order", "coupon": {"wallet": true},
        "benefit": {"amount_off": {"amount": "1.00", "each": "once", "target": {"skus": ["PEN"]}}}}"#;
    let give = r#"{"id": "give", "stage": "reward", "benefit": {"grant": {"give": {"coupon": "one"},
        "every": {"spend": "10.00"}, "base": "cash"}}}"#;
    set("", &format!(r#"{coupon}, {give}, {{"id": "late", "stage": "coupon", {late}}}"#))
}

fn held(mut order: Order) -> Order {
    order.context.customer.id = Some(CustomerId::new("c"));
    order.context.coupons.push(WalletCoupon::new("held", "one"));
    order
}

/// What an order of pens and lamps of 100.00 costs without the coupon and with it, in minor units.
fn without_and_with(late: &str, pen: i64, pens: u32, lamps: u32) -> (i64, i64) {
    let catalogue = shop([sold("PEN", pen, 1), sold("LAMP", 10_000, 1)]);
    let rules = pen_coupon_and(late);
    let order = || bought(&catalogue, &[("PEN", pens), ("LAMP", lamps)]);
    let with = priced(&rules, &held(order()));
    // It earns again.
    assert!(!with.grants.is_empty(), "{late}");
    assert_unproved(&rules, &catalogue, Promise::NoPump);
    (paid(&rules, &order()), with.totals.payable.minor())
}

#[test]
fn a_coupon_for_a_piece_that_is_picked_puts_a_dearer_one_in_its_place() {
    // A fifth of the pen and two lamps; or, with the pen for the coupon, a fifth of one lamp and the other.
    for late in [
        r#""percent_off": {"percent": "80", "limit": {"cheapest": 1}}"#,
        r#""buy_get": {"qualifier": {"quantity": 1}, "target": {"quantity": 1}, "off": {"percent": "80"}}"#,
        r#""nth_unit": {"nth": 2, "off": {"percent": "80"}}"#,
        r#""unit_ladder": {"order": "cheapest", "units_max": 1, "steps": [{"from": 1, "off": {"percent": "80"}}]}"#,
        r#""bundle": {"parts": [{"quantity": 1}], "pick": "cheapest", "times": 1, "off": {"percent": "80"}}"#,
    ] {
        let late = format!(r#""benefit": {{{late}}}"#);
        assert_eq!(without_and_with(&late, 100, 1, 2), (20 + 20_000, 2_000 + 10_000), "{late}");
    }
    let cheapest = r#""benefit": {"percent_off": {"percent": "80", "limit": {"cheapest": 1}}}"#;
    assert_eq!(without_and_with(cheapest, 100, 1, 1), (20 + 10_000, 2_000));
    // Of 1.00 no 80.00 can be taken.
    let amount =
        r#""benefit": {"amount_off": {"amount": "80.00", "each": "unit", "limit": {"cheapest": 1}}}"#;
    assert_eq!(without_and_with(amount, 100, 1, 1), (10_000, 10_000 - 8_000));
    // A pen of 11.00 less 1.00 costs no more than 10.00 anyway.
    let price = r#""benefit": {"unit_price": {"price": "10.00", "target": {"skus": ["PEN", "LAMP"]}, "limit": {"cheapest": 1}}}"#;
    assert_eq!(without_and_with(price, 1_100, 1, 1), (1_000 + 10_000, 1_000 + 1_000));
    // Nor do two of 10.50 less 1.00 cost more than 20.00.
    let group =
        r#""benefit": {"n_for": {"units": 2, "off": {"price": "20.00"}, "pick": "cheapest", "times": 1}}"#;
    assert_eq!(without_and_with(group, 1_050, 2, 2), (2_000 + 20_000, 2_000 + 2_000));
    // The first part takes the dearer: a pen of 100.50, without which there is none for the second; or a lamp.
    let bundle = r#""benefit": {"bundle": {"parts": [{"selector": {"skus": ["PEN", "LAMP"]}, "quantity": 1},
        {"selector": {"skus": ["PEN"]}, "quantity": 1}], "off": {"price": "20.00"}}}"#;
    assert_eq!(without_and_with(bundle, 10_050, 1, 1), (10_050 + 10_000, 2_000));
    // Four fifths off everything are no more off less.
    let plain = pen_coupon_and(r#""benefit": {"percent_off": {"percent": "80"}}"#);
    assert!(is_proved(&plain, &shop([sold("PEN", 100, 1), sold("LAMP", 10_000, 1)]), Promise::NoPump));
}

#[test]
fn a_coupon_that_makes_an_order_small_enough_for_what_refuses_more_opens_it() {
    let eighty = r#""benefit": {"percent_off": {"percent": "80"}}"#;
    let limited = |limits: &str| format!(r#""limits": {{{limits}}}, {eighty}"#);
    // 80.80 of 101.00 is more than 80.00; so are two units more than one, unless one is worth nothing.
    let budget = limited(r#""budget": "80.00", "short": "refuse""#);
    assert_eq!(without_and_with(&budget, 100, 1, 1), (100 + 10_000, 10_000 - 8_000));
    let units = limited(r#""units_per_order": 1, "short": "refuse""#);
    assert_eq!(without_and_with(&units, 100, 1, 1), (100 + 10_000, 10_000 - 8_000));
    let partial = pen_coupon_and(&limited(r#""budget": "80.00""#));
    assert!(is_proved(&partial, &shop([sold("PEN", 100, 1), sold("LAMP", 10_000, 1)]), Promise::NoPump));
}

#[test]
fn a_rule_for_goods_that_others_have_touched_opens_by_what_was_earned() {
    let touched = r#"{"except": [{"untouched_since": "list"}]}"#;
    for of in [touched.to_owned(), format!(r#"{{"any": [{touched}]}}"#)] {
        let late = format!(
            r#""condition": {{"contains": {{"of": {of}}}}}, "benefit": {{"percent_off": {{"percent": "80"}}}}"#
        );
        assert_eq!(without_and_with(&late, 100, 1, 1), (100 + 10_000, 10_000 - 8_000));
    }
}

#[test]
fn what_asks_for_a_value_of_now_inside_another_selector_depends_on_who_comes_first() {
    let catalogue = shop([sold("LAMP", 10_000, 1)]);
    let half = r#"{"id": "a-half", "stage": "order", "benefit": {"percent_off": {"percent": "50"}}}"#;
    let five = r#"{"id": "b-five", "stage": "order", "benefit": {"amount_off": {"amount": "5.00", "each": "once",
        "target": {"any": [{"unit_price": {"base": "running", "at_least": "60.00"}}]}}}}"#;
    let rules = set("", &format!("{half}, {five}"));
    let mut turned = rules.clone();
    turned.rules[0].rank = 1;
    let lamp = || bought(&catalogue, &[("LAMP", 1)]);
    assert_eq!((paid(&rules, &lamp()), paid(&turned, &lamp())), (5_000, 5_000 - 500));
    assert_unproved(&rules, &catalogue, Promise::EqualRanks);
}

#[test]
fn of_gifts_that_share_a_quota_the_first_is_given_and_refuses() {
    let gift = |id: &str, tags: &str| {
        format!(
            r#"{{"id": "{id}", "stage": "item", {tags} "quotas": ["bags"], "benefit": {{"gift": {{"options": [{{"sku": "BAG"}}]}}}}}}"#
        )
    };
    let off = r#"{"id": "off", "stage": "order", "stacking": {"excludes": {"tags": ["x"]}},
        "benefit": {"amount_off": {"amount": "5.00", "each": "once"}}}"#;
    let quotas = r#""quotas": [{"id": "bags", "units": 1}],"#;
    let rules = set(quotas, &[gift("a", r#""tags": ["x"],"#), gift("b", ""), off.to_owned()].join(","));
    let mut turned = rules.clone();
    turned.rules[0].rank = 1;
    let catalogue = shop([sold("LAMP", 10_000, 1), sold("BAG", 100, 1)]);
    let lamp = || bought(&catalogue, &[("LAMP", 1)]);
    assert_eq!((paid(&rules, &lamp()), paid(&turned, &lamp())), (10_000, 10_000 - 500));
    assert_unproved(&rules, &catalogue, Promise::EqualRanks);
}

#[test]
fn rules_that_nobody_declares_are_apart_and_had_by_splitting() {
    let off = |id: &str, sku: &str, with: &str| {
        format!(
            r#"{{"id": "{id}", "stage": "order", "stacking": {{"goes_with": {{"rules": [{with}]}}}},
            "benefit": {{"amount_off": {{"amount": "5.00", "each": "once", "target": {{"skus": ["{sku}"]}}}}}}}}"#
        )
    };
    let apart = |list: [String; 3]| set(r#""undeclared": "apart","#, &list.join(","));
    let catalogue = shop([sold("PEN", 1_000, 1), sold("LAMP", 1_000, 1), sold("MUG", 1_000, 1)]);
    let rules = apart([off("a", "PEN", ""), off("b", "LAMP", ""), off("c", "MUG", r#""a", "b""#)]);
    let cost = |items: &[(&str, u32)]| paid(&rules, &bought(&catalogue, items));
    assert_eq!(cost(&[("PEN", 1), ("LAMP", 1)]), 2_000 - 500);
    assert_eq!(cost(&[("PEN", 1)]) + cost(&[("LAMP", 1)]), 2_000 - 2 * 500);
    assert_unproved(&rules, &catalogue, Promise::ExclusionsHold);
    let all = apart([off("a", "PEN", r#""b""#), off("b", "LAMP", r#""c""#), off("c", "MUG", r#""a""#)]);
    assert!(is_proved(&all, &catalogue, Promise::ExclusionsHold));
    // Two that go together and not with the third are what is declared, and no door.
    let two = apart([off("a", "PEN", r#""b""#), off("b", "LAMP", ""), off("c", "MUG", "")]);
    assert_eq!(paid(&two, &bought(&catalogue, &[("PEN", 1), ("LAMP", 1), ("MUG", 1)])), 3_000 - 2 * 500);
    assert!(is_proved(&two, &catalogue, Promise::ExclusionsClosed));
}

#[test]
fn a_rule_that_tolerates_no_other_is_had_beside_it_by_splitting() {
    let catalogue = shop([sold("PEN", 1_000, 1), sold("LAMP", 1_000, 1)]);
    let off = |id: &str, sku: &str, exclusive: &str| {
        format!(
            r#"{{"id": "{id}", "stage": "order", {exclusive}
            "benefit": {{"amount_off": {{"amount": "5.00", "each": "once", "target": {{"skus": ["{sku}"]}}}}}}}}"#
        )
    };
    let both = |exclusive: &str| set("", &[off("a", "PEN", exclusive), off("b", "LAMP", "")].join(","));
    for kind in ["order", "stage"] {
        let rules = both(&format!(r#""stacking": {{"exclusive": "{kind}"}},"#));
        let cost = |items: &[(&str, u32)]| paid(&rules, &bought(&catalogue, items));
        assert_eq!(cost(&[("PEN", 1), ("LAMP", 1)]), 2_000 - 500);
        assert_eq!(cost(&[("PEN", 1)]) + cost(&[("LAMP", 1)]), 2_000 - 2 * 500);
        assert_unproved(&rules, &catalogue, Promise::ExclusionsHold);
    }
    assert!(is_proved(&both(""), &catalogue, Promise::ExclusionsHold));
}

#[test]
fn a_limit_of_units_does_not_end_a_coupon_that_pays_for_shipping() {
    let catalogue = r#"{"currency": "CNY", "shipping": [{"amount": "8.00"}], "products": [
        {"sku": "PEN", "list_price": "5.00", "cost": "1.00"}, {"sku": "LAMP", "list_price": "5.00", "cost": "1.00"}]}"#;
    let catalogue: Catalogue = serde_json::from_str(catalogue).unwrap();
    let coupon = |head: &str, limits: &str, with: &str| {
        set(
            head,
            &format!(
                r#"{{"id": "c", "stage": "order", "coupon": {{"codes": ["QX7PLM3KTW9R"]}}, {limits}
            "benefit": {{"percent_off": {{"percent": "50", {with} "target": {{"skus": ["PEN"]}}}}}}}}"#
            ),
        )
    };
    let quota = r#""quotas": [{"id": "pens", "units": 10}],"#;
    let with = r#""with_shipping": true,"#;
    for (head, limits) in [("", r#""limits": {"units": 10},"#), (quota, r#""quotas": ["pens"],"#)] {
        let rules = coupon(head, limits, with);
        let mut order = bought(&catalogue, &[("LAMP", 1)]);
        order.context.codes = vec![CouponCode::new("QX7PLM3KTW9R")];
        let quote = priced(&rules, &order);
        // Half of the 8.00, in any number of orders.
        assert_eq!((quote.totals.payable.minor(), quote.claims.len()), (500 + 400, 0));
        assert_unproved(&rules, &catalogue, Promise::Exposure);
        assert!(is_proved(&coupon(head, limits, ""), &catalogue, Promise::Exposure));
    }
    let budget = coupon("", r#""limits": {"budget": "10.00"},"#, with);
    assert!(is_proved(&budget, &catalogue, Promise::Exposure));
}

#[test]
fn a_jackpot_that_one_of_ten_million_wins_can_be_won() {
    let ticket = |chance: &str| -> Catalogue {
        let text = format!(
            r#"{{"currency": "CNY", "products": [{{"sku": "TICKET", "list_price": "2.00", "cost": "1.00",
            "prizes": [{{"chance": "{chance}", "worth": "5000000"}}]}}]}}"#
        );
        serde_json::from_str(&text).unwrap()
    };
    // Of a hundred tickets 0.00001 win.
    for chance in ["0.0001", "0.00001"] {
        assert_unproved(&set("", ""), &ticket(chance), Promise::PrizeCeiling);
    }
    assert!(is_proved(&set("", ""), &ticket("0"), Promise::PrizeCeiling));
}

#[test]
fn what_rounding_by_shops_leaves_reaches_the_threshold_of_another_rule() {
    let by_shop =
        r#"{"id": "tenth", "stage": "order", "per": "shop", "benefit": {"percent_off": {"percent": "10"}}}"#;
    let fifty = r#"{"id": "fifty", "stage": "coupon", "condition": {"spend": {"at_least": "90.01", "base": "running"}},
        "benefit": {"amount_off": {"amount": "50.00", "each": "once"}}}"#;
    let down = |list: &str| set(r#""rounding": {"mode": "down", "per": "order"},"#, list);
    let of_shop = |sku: &str, price: i64| {
        let mut product = sold(sku, price, 1);
        product.piece.shop = ShopId::new(sku);
        product
    };
    let catalogue = shop([of_shop("A", 4_995), of_shop("B", 5_005)]);
    let both = down(&format!("{by_shop}, {fifty}"));
    let once = down(&format!("{}, {fifty}", by_shop.replace(r#""per": "shop","#, "")));
    let order = || bought(&catalogue, &[("A", 1), ("B", 1)]);
    // 4.99 and 5.00 instead of 10.00 leave 90.01.
    assert_eq!((paid(&both, &order()), paid(&once, &order())), (10_000 - 999 - 5_000, 10_000 - 1_000));
    assert_unproved(&both, &catalogue, Promise::Rounding);
    assert!(is_proved(&down(by_shop), &catalogue, Promise::Rounding));
}

#[test]
fn a_group_does_not_hold_for_longer_than_can_be_counted() {
    // More minutes than a hold can have.
    let returns = Returns { days: u32::MAX / (24 * 60) + 1 };
    let catalogue = shop([sold("LAMP", 10_000, 1)]);
    let catalogue = catalogue.with_policies(Policies::default().returns(returns)).unwrap();
    let group = |minutes: u32| {
        set(
            "",
            &format!(
                r#"{{"id": "group", "stage": "price", "benefit": {{"group_price": {{"tiers": [{{"size": 2, "price": "50.00"}}],
            "minutes": 60, "hold_minutes": {minutes}}}}}}}"#
            ),
        )
    };
    assert_unproved(&group(u32::MAX), &catalogue, Promise::GroupHolds);
}

/// A rule for some time of the 11th, in hours and minutes.
fn timed(id: &str, more: &str, when: &str, benefit: &str) -> String {
    format!(r#"{{"id": "{id}", "stage": "order"{more}, "condition": {when}, "benefit": {benefit}}}"#)
}

fn window(from: &str, until: &str) -> String {
    let at = |time: &str| format!(r#""2026-05-11T{time}:00Z""#);
    format!(r#"{{"window": {{"from": {}, "until": {}}}}}"#, at(from), at(until))
}

/// What a lamp costs a second before noon and a second behind it.
fn around_noon(rules: &RuleSet, catalogue: &Catalogue) -> (i64, i64) {
    let at = |time: &str| {
        let mut order = bought(catalogue, &[("LAMP", 1)]);
        order.context.now = time.parse().unwrap();
        paid(rules, &order)
    };
    (at("2026-05-11T11:59:59Z"), at("2026-05-11T12:00:01Z"))
}

#[test]
fn two_windows_of_one_rule_leave_a_gap_as_those_of_two_rules_do() {
    let catalogue = shop([sold("LAMP", 10_000, 1)]);
    let fifth = r#"{"percent_off": {"percent": "20"}}"#;
    let of = |late: &str| {
        let when = format!(r#"{{"any": [{}, {}]}}"#, window("08:00", "12:00"), window(late, "18:00"));
        set("", &timed("a", "", &when, fifth))
    };
    assert_eq!(around_noon(&of("12:30"), &catalogue), (8_000, 10_000));
    assert_unproved(&of("12:30"), &catalogue, Promise::NoGap);
    // An hour is no accident.
    assert!(is_proved(&of("13:00"), &catalogue, Promise::NoGap));
}

#[test]
fn a_gap_is_one_however_the_goods_are_written() {
    let catalogue = shop([sold("LAMP", 10_000, 1)]);
    let off = |of: &str| format!(r#"{{"percent_off": {{"percent": "20", "target": {of}}}}}"#);
    let lamp = r#"{"skus": ["LAMP"]}"#;
    for other in [lamp.to_owned(), format!(r#"{{"any": [{lamp}]}}"#)] {
        let early = timed("a", "", &window("08:00", "12:00"), &off(lamp));
        let late = timed("b", "", &window("12:30", "18:00"), &off(&other));
        let rules = set("", &format!("{early}, {late}"));
        assert_eq!(around_noon(&rules, &catalogue), (8_000, 10_000));
        assert_unproved(&rules, &catalogue, Promise::NoGap);
        let bounds = AuditBounds::default().promises(Promises::default().only([Promise::NoGap]));
        let report = audit(&rules, &catalogue, &bounds.orders(2_000)).unwrap();
        assert!(report.of(Promise::NoGap).next().is_some(), "{report}");
    }
}

#[test]
fn a_rule_that_another_keeps_away_fills_no_gap() {
    let catalogue = shop([sold("LAMP", 10_000, 1)]);
    let off = |percent: &str| format!(r#"{{"percent_off": {{"percent": "{percent}"}}}}"#);
    let of = |filling: &str, always: &str| {
        let rules = [
            timed("a", "", &window("08:00", "12:00"), &off("20")),
            timed("b", "", &window("12:30", "18:00"), &off("20")),
            format!(r#"{{"id": "fill", "stage": "order", "rank": 1{filling}, "benefit": {}}}"#, off("10")),
            format!(r#"{{"id": "all", "stage": "item"{always}, "benefit": {}}}"#, off("1")),
        ];
        set("", &rules.join(","))
    };
    let group = r#", "stacking": {"group": "one"}"#;
    // What is off for all is off, and for that nothing of the tenth.
    let kept_away = of(group, group);
    assert_eq!(around_noon(&kept_away, &catalogue), (9_900 - 1_980, 9_900));
    assert_unproved(&kept_away, &catalogue, Promise::NoGap);
    let free = of("", "");
    assert_eq!(around_noon(&free, &catalogue).1, 9_900 - 990);
    assert!(is_proved(&free, &catalogue, Promise::NoGap));
    // Who keeps it away only while the first one runs does not do so in the gap.
    let one = timed("a", group, &window("08:00", "12:00"), &off("20"));
    let other = timed("b", group, &window("12:30", "18:00"), &off("20"));
    let fill = format!(r#"{{"id": "fill", "stage": "order", "rank": 1{group}, "benefit": {}}}"#, off("10"));
    let rules = set("", &[one, other, fill].join(","));
    assert_eq!(around_noon(&rules, &catalogue), (8_000, 9_000));
    assert!(is_proved(&rules, &catalogue, Promise::NoGap));
}

#[test]
fn what_is_rounded_down_by_shops_fits_into_a_budget_that_refuses_more() {
    let tenth = |per: &str, short: &str| {
        set(
            r#""rounding": {"mode": "down", "per": "order"},"#,
            &format!(
                r#"{{"id": "tenth", "stage": "order"{per}, "limits": {{"budget": "9.99"{short}}},
                "benefit": {{"percent_off": {{"percent": "10"}}}}}}"#
            ),
        )
    };
    let of_shop = |sku: &str, price: i64| {
        let mut product = sold(sku, price, 1);
        product.piece.shop = ShopId::new(sku);
        product
    };
    let catalogue = shop([of_shop("A", 4_995), of_shop("B", 5_005)]);
    let order = || bought(&catalogue, &[("A", 1), ("B", 1)]);
    let (per, refuse) = (r#", "per": "shop""#, r#", "short": "refuse""#);
    // 4.99 and 5.00 are 9.99; a tenth of all is 10.00.
    assert_eq!(paid(&tenth(per, refuse), &order()), 10_000 - 999);
    assert_eq!(paid(&tenth("", refuse), &order()), 10_000);
    assert_unproved(&tenth(per, refuse), &catalogue, Promise::Rounding);
    assert!(is_proved(&tenth(per, ""), &catalogue, Promise::Rounding));
}

#[test]
fn copies_are_copies_however_deep_a_list_of_goods_is() {
    let catalogue = shop([sold("A", 100, 1), sold("B", 100, 1), sold("C", 100, 1)]);
    let of = |one: &str, other: &str| {
        let rule = |id: &str, of: &str| {
            format!(
                r#"{{"id": "{id}", "stage": "order", "benefit": {{"percent_off": {{"percent": "10", "target": {of}}}}}}}"#
            )
        };
        set("", &format!("{}, {}", rule("a", one), rule("b", other)))
    };
    let sku = |sku: &str| format!(r#"{{"skus": ["{sku}"]}}"#);
    let (a, b, c) = (sku("A"), sku("B"), sku("C"));
    for list in ["any", "except"] {
        let flat = format!(r#"{{"{list}": [{a}, {b}, {c}]}}"#);
        let deep = format!(r#"{{"{list}": [{c}, {{"any": [{b}, {a}]}}]}}"#);
        assert_unproved(&of(&flat, &deep), &catalogue, Promise::RunsOnce);
        // A label asked for besides makes it fewer.
        let both = format!(r#"{{"{list}": [{c}, {{"any": [{b}, {a}], "tags": ["new"]}}]}}"#);
        assert!(is_proved(&of(&flat, &both), &catalogue, Promise::RunsOnce));
    }
}
