//! Quotes made by hand, written, read, and tampered with.

use serde_json::{Value, json};

use super::quote_json::QuoteDocument;
use super::*;
use crate::money::{Currency, Money};
use crate::rules::{RuleId, StageId};
use crate::shop::{LineId, ShippingMethod, ShopId, Sku, TaxClass};

const fn yuan(minor: i64) -> Money {
    Money::from_minor(minor)
}

fn line(id: &str, sku: &str, quantity: u32, list: i64, payable: i64) -> QuoteLine {
    QuoteLine {
        line: LineId::new(id),
        sku: Sku::new(sku),
        shop: ShopId::new("s1"),
        quantity,
        tax_class: TaxClass::default(),
        list: yuan(list),
        payable: yuan(payable),
    }
}

fn run(line: u32, units: u32, payable: i64) -> UnitRun {
    UnitRun { line, units, payable: yuan(payable) }
}

fn rule(id: &str, stage: &str, asked: i64, granted: i64) -> RuleTotal {
    RuleTotal {
        rule: RuleId::new(id),
        stage: StageId::new(stage),
        asked: yuan(asked),
        granted: yuan(granted),
        short_units: 0,
    }
}

fn adjustment(rule: u32, on: On, units: u32, asked: i64, granted: i64) -> Adjustment {
    Adjustment { rule, on, units, asked: yuan(asked), granted: yuan(granted) }
}

fn claim(rule: &str, kind: ResourceKind, customer: &str, amount: u64) -> Claim {
    Claim { resource: Resource::new(rule, kind).of(customer), amount }
}

fn code(code: &str, status: CodeStatus, rule: &str) -> CodeOutcome {
    CodeOutcome { code: code.into(), status, rule: RuleId::new(rule) }
}

fn gift(rule: &str, sku: &str, quantity: u32, unit_price: i64, status: GiftStatus) -> QuoteGift {
    QuoteGift { rule: RuleId::new(rule), sku: Sku::new(sku), quantity, unit_price: yuan(unit_price), status }
}

/// Two caps at 10.00 and three mugs at 30.00, air freight 12.00. `ten` takes 10 % off the goods, borne by the platform
/// at 40 % and the shop at 60 %: 2.00 off the caps (0.80 and 1.20), 9.00 off the mugs (3.60 and 5.40). `ship` asks all
/// of the freight and has 7.00 left. `gift` gives two stickers and sells two pens at 1.50.
fn by_hand() -> Quote {
    Quote {
        currency: Currency::CNY,
        plan: Fingerprint::of(b"a plan"),
        priced_at: "2026-11-11T00:00:00+08:00".parse().unwrap(),
        totals: Totals {
            list: yuan(11_000),
            goods_discount: yuan(1_100),
            goods: yuan(9_900),
            shipping_list: yuan(1_200),
            shipping_discount: yuan(700),
            shipping: yuan(500),
            add_ons: yuan(300),
            payable: yuan(10_700),
        },
        unproven: vec![UnprovenStage { stage: StageId::new("item"), gap: yuan(50) }],
        near_misses: vec![NearMiss {
            rule: RuleId::new("fifty"),
            missing: Missing::Units(2),
            like: LineId::new("m"),
            added: yuan(6_000),
            payable_then: yuan(13_200),
            net_gain: yuan(3_500),
        }],
        ..what_came_of_it(what_was_bought(Quote::new()))
    }
}

fn what_was_bought(quote: Quote) -> Quote {
    let mut mugs = line("m", "MUG", 3, 9_000, 8_100);
    mugs.tax_class = TaxClass::new("standard");
    let air = QuoteCharge {
        shop: ShopId::new("s1"),
        method: ShippingMethod::new("air"),
        list: yuan(1_200),
        payable: yuan(500),
    };
    let gifts = [
        gift("gift", "STICKER", 2, 0, GiftStatus::Given),
        gift("gift", "PEN", 2, 150, GiftStatus::Taken),
        gift("later", "BAG", 1, 990, GiftStatus::Offered),
    ];
    Quote {
        lines: [line("c", "CAP", 2, 2_000, 1_800), mugs].into_iter().collect(),
        runs: [run(0, 2, 1_800), run(1, 1, 2_701), run(1, 2, 5_399)].into_iter().collect(),
        charges: std::iter::once(air).collect(),
        gifts: gifts.into_iter().collect(),
        ..quote
    }
}

fn what_came_of_it(quote: Quote) -> Quote {
    let rules = [
        rule("ten", "item", 1_100, 1_100),
        rule("gift", "order", 0, 0),
        rule("ship", "shipping", 1_200, 700),
    ];
    let adjustments = [
        adjustment(0, On::Line(0), 2, 200, 200),
        adjustment(0, On::Line(1), 3, 900, 900),
        adjustment(2, On::Charge(0), 0, 1_200, 700),
    ];
    let share = |adjustment, bearer, amount| Share { adjustment, bearer, amount: yuan(amount) };
    let codes = [
        code("größe", CodeStatus::Unknown, ""),
        code("OLD", CodeStatus::NoEffect, "old"),
        code(" ten-10 ", CodeStatus::Applied, "ten"),
        code("TEN10", CodeStatus::Repeated, ""),
    ];
    let claims = [
        claim("gift", ResourceKind::Units, "", 4),
        claim("ship", ResourceKind::Budget, "", 700),
        claim("ten", ResourceKind::Uses, "", 1),
        claim("ten", ResourceKind::CustomerUses, "c-1", 1),
    ];
    Quote {
        rules: rules.into_iter().collect(),
        adjustments: adjustments.into_iter().collect(),
        bearers: ["platform", "shop"].into_iter().map(Into::into).collect(),
        shares: [share(0, 0, 80), share(0, 1, 120), share(1, 0, 360), share(1, 1, 540)].into_iter().collect(),
        codes: codes.into_iter().collect(),
        claims: claims.into_iter().collect(),
        ..quote
    }
}

/// The document of [`by_hand`], with the digest given.
fn document(digest: &str) -> Value {
    json!({
        "currency": "CNY",
        "plan": Fingerprint::of(b"a plan").to_string(),
        "priced_at": "2026-11-11T00:00:00+08:00",
        "digest": digest,
        "totals": {
            "list": "110.00", "goods_discount": "11.00", "goods": "99.00", "shipping_list": "12.00",
            "shipping_discount": "7.00", "shipping": "5.00", "add_ons": "3.00", "payable": "107.00"
        },
        "lines": [
            {"line": "c", "sku": "CAP", "shop": "s1", "quantity": 2, "list": "20.00", "payable": "18.00",
             "adjustments": [{"rule": "ten", "units": 2, "asked": "2.00", "granted": "2.00",
                "funding": {"platform": "0.80", "shop": "1.20"}}],
             "units": [{"units": 2, "payable": "18.00"}]},
            {"line": "m", "sku": "MUG", "shop": "s1", "quantity": 3, "tax_class": "standard", "list": "90.00",
             "payable": "81.00",
             "adjustments": [{"rule": "ten", "units": 3, "asked": "9.00", "granted": "9.00",
                "funding": {"platform": "3.60", "shop": "5.40"}}],
             "units": [{"units": 1, "payable": "27.01"}, {"units": 2, "payable": "53.99"}]}
        ],
        "shipping": [{"shop": "s1", "method": "air", "list": "12.00", "payable": "5.00",
            "adjustments": [{"rule": "ship", "asked": "12.00", "granted": "7.00"}]}],
        "rules": [
            {"rule": "ten", "stage": "item", "asked": "11.00", "granted": "11.00"},
            {"rule": "gift", "stage": "order", "asked": "0.00", "granted": "0.00"},
            {"rule": "ship", "stage": "shipping", "asked": "12.00", "granted": "7.00"}
        ],
        "stages": [
            {"stage": "item", "granted": "11.00"},
            {"stage": "order", "granted": "0.00"},
            {"stage": "shipping", "granted": "7.00"}
        ],
        "tax_classes": [
            {"list": "20.00", "payable": "18.00", "adjustments": [{"rule": "ten", "granted": "2.00"}]},
            {"tax_class": "standard", "list": "90.00", "payable": "81.00",
             "adjustments": [{"rule": "ten", "granted": "9.00"}]}
        ],
        "gifts": [
            {"rule": "gift", "sku": "STICKER", "quantity": 2, "unit_price": "0.00", "status": "given"},
            {"rule": "gift", "sku": "PEN", "quantity": 2, "unit_price": "1.50", "status": "taken"},
            {"rule": "later", "sku": "BAG", "quantity": 1, "unit_price": "9.90", "status": "offered"}
        ],
        "unproven": [{"stage": "item", "gap": "0.50"}],
        "codes": [
            {"code": "größe", "status": "unknown"},
            {"code": "OLD", "status": "no_effect", "rule": "old"},
            {"code": " ten-10 ", "status": "applied", "rule": "ten"},
            {"code": "TEN10", "status": "repeated"}
        ],
        "claims": [
            {"rule": "gift", "limit": "units", "amount": 4},
            {"rule": "ship", "limit": "budget", "amount": "7.00"},
            {"rule": "ten", "limit": "uses", "amount": 1},
            {"rule": "ten", "limit": "customer_uses", "customer": "c-1", "amount": 1}
        ],
        "near_misses": [{"rule": "fifty", "missing": {"units": 2}, "like": "m", "added": "60.00",
            "payable_then": "132.00", "net_gain": "35.00"}]
    })
}

fn read(document: &Value) -> Result<Quote, String> {
    serde_json::from_value(document.clone()).map_err(|error| error.to_string())
}

#[test]
fn a_quote_spells_ids_and_amounts_out() {
    let quote = by_hand();
    let written = serde_json::to_value(&quote).unwrap();
    assert_eq!(written, document(&quote.digest().to_string()));
}

#[test]
fn s1_a_quote_is_read_as_it_was_written() {
    let quote = by_hand();
    let text = serde_json::to_string(&quote).unwrap();
    assert_eq!(serde_json::from_str::<Quote>(&text).unwrap(), quote);
    // Another currency, and next to nothing in it.
    let mut empty = Quote { currency: Currency::JPY, ..Quote::default() };
    empty.lines = std::iter::once(line("l", "TEA", 1, 300, 300)).collect();
    empty.runs = std::iter::once(run(0, 1, 300)).collect();
    (empty.totals.list, empty.totals.goods) = (yuan(300), yuan(300));
    empty.totals.payable = yuan(300);
    let text = serde_json::to_string(&empty).unwrap();
    assert!(text.contains(r#""payable":"300""#), "{text}");
    assert_eq!(serde_json::from_str::<Quote>(&text).unwrap(), empty);
}

#[test]
fn the_digest_is_that_of_the_document_without_it() {
    let mut quote = by_hand();
    let digest = quote.digest();
    quote.near_misses.clear();
    assert_eq!(quote.digest(), digest);
    let text = serde_json::to_string(&quote).unwrap();
    let without = text.replace(&format!("\"digest\":\"{digest}\","), "");
    assert_eq!(Fingerprint::of(without.as_bytes()), digest);
}

/// Every value of a document that is not itself a list or object, by JSON pointer.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| leaves(value, &format!("{path}/{key}"), found))
        }
        Value::Array(members) => members
            .iter()
            .enumerate()
            .for_each(|(index, value)| leaves(value, &format!("{path}/{index}"), found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            found.push(path.to_owned());
        }
    }
}

/// Another value of the same kind.
fn changed(value: &Value) -> Value {
    let text = match value {
        Value::Number(number) => return json!(number.as_u64().unwrap() + 1),
        other => other.as_str().unwrap(),
    };
    let is_amount = text.contains('.') && text.parse::<crate::money::Amount>().is_ok();
    Value::String(match text {
        _ if is_amount => {
            let amount: crate::money::Amount = text.parse().unwrap();
            let more = amount.to_money(Currency::CNY).unwrap().minor() + 1;
            yuan(more).display(Currency::CNY).to_string()
        }
        "CNY" => "EUR".to_owned(),
        "2026-11-11T00:00:00+08:00" => "2026-11-11T00:00:01+08:00".to_owned(),
        "given" => "offered".to_owned(),
        "taken" => "given".to_owned(),
        "offered" => "taken".to_owned(),
        "applied" => "no_effect".to_owned(),
        "no_effect" => "applied".to_owned(),
        "unknown" => "repeated".to_owned(),
        "repeated" => "unknown".to_owned(),
        "uses" => "units".to_owned(),
        "customer_uses" => "customer_units".to_owned(),
        "units" => "uses".to_owned(),
        "budget" => "uses".to_owned(),
        digest if digest.len() == 64 => digest.chars().rev().collect(),
        other => format!("{other}x"),
    })
}

#[test]
fn tampering_with_any_single_value_is_refused() {
    let sound = document(&by_hand().digest().to_string());
    assert!(read(&sound).is_ok());
    let mut paths = Vec::new();
    leaves(&sound, "", &mut paths);
    // Near misses are advice and outside the digest; of them only what must add up is held together.
    paths.retain(|path| {
        !path.starts_with("/near_misses/0/rule") && !path.starts_with("/near_misses/0/missing")
    });
    assert!(paths.len() > 90, "{}", paths.len());
    for path in paths {
        let mut tampered = sound.clone();
        let leaf = tampered.pointer_mut(&path).unwrap();
        *leaf = changed(leaf);
        assert!(read(&tampered).is_err(), "{path}");
    }
}

#[test]
fn leaving_out_repeating_or_swapping_any_part_is_refused() {
    let sound = document(&by_hand().digest().to_string());
    for key in sound.as_object().unwrap().keys() {
        let mut tampered = sound.clone();
        tampered.as_object_mut().unwrap().remove(key);
        assert!(read(&tampered).is_err() != (key == "near_misses"), "{key}");
        let Some(members) = sound[key].as_array() else {
            continue;
        };
        for index in 0..members.len() {
            let edit = |edit: fn(&mut Vec<Value>, usize)| {
                let mut tampered = sound.clone();
                edit(tampered[key].as_array_mut().unwrap(), index);
                read(&tampered)
            };
            // Advice may be repeated.
            let advice = key == "near_misses";
            let repeated = edit(|members, index| members.insert(index, members[index].clone()));
            assert!(repeated.is_err() != advice, "{key}/{index} repeated");
            let removed = edit(|members, index| drop(members.remove(index)));
            assert!(removed.is_err() != advice, "{key}/{index} removed");
            if index > 0 {
                let swapped = edit(|members, index| members.swap(index - 1, index));
                assert!(swapped.is_err(), "{key}/{index} swapped");
            }
        }
    }
}

#[test]
fn sums_are_checked_even_when_the_digest_is_made_to_match() {
    let sound = document(&by_hand().digest().to_string());
    let mut paths = Vec::new();
    leaves(&sound, "", &mut paths);
    let adds_up = |path: &String| {
        let field = path.rsplit('/').next().unwrap();
        let above = path.rsplit('/').nth(1).unwrap();
        ["totals", "funding"].contains(&above)
            || ["list", "payable", "granted", "quantity"].contains(&field) && !path.starts_with("/gifts")
            || path.contains("/units/")
            || path == "/claims/1/amount"
    };
    paths.retain(adds_up);
    // Eight totals; quantity, list, payable of two lines with granted, two shares and runs of two numbers each: 6 + 2 + 4
    // + 6; three of the charge; three rules; three stages; two tax classes of three; the budget.
    assert_eq!(paths.len(), 8 + 18 + 3 + 3 + 3 + 6 + 1, "{paths:#?}");
    for path in paths {
        let mut tampered = sound.clone();
        let leaf = tampered.pointer_mut(&path).unwrap();
        *leaf = changed(leaf);
        let mut parts: QuoteDocument = serde_json::from_value(tampered).unwrap();
        let misses = std::mem::take(&mut parts.near_misses);
        parts.digest = None;
        parts.digest = Some(Fingerprint::of(&serde_json::to_vec(&parts).unwrap()));
        parts.near_misses = misses;
        let error = parts.into_quote().unwrap_err();
        assert!(!matches!(error, QuoteError::WrongDigest { .. }), "{path}: {error}");
    }
}

#[test]
fn a_quote_error_names_its_place() {
    let error = |path: &str, value: Value| {
        let mut tampered = document("");
        *tampered.pointer_mut("/digest").unwrap() = json!(by_hand().digest().to_string());
        *tampered.pointer_mut(path).unwrap() = value;
        let document: QuoteDocument = serde_json::from_value(tampered).unwrap();
        document.into_quote().unwrap_err()
    };
    // 90.00 less 9.00 is 81.00, not 80.00; the runs come to 81.00 as well and are looked at first.
    assert_eq!(
        error("/lines/1/payable", json!("80.00")),
        QuoteError::DoesNotAddUp { path: "/lines/1/units".to_owned(), given: 8_000, expected: 8_100 }
    );
    assert_eq!(
        error("/lines/0/adjustments/0/rule", json!("nobody")),
        QuoteError::NotThere { path: "/lines/0/adjustments/0/rule".to_owned(), given: "nobody".to_owned() }
    );
    assert_eq!(
        error("/lines/0/adjustments/0/granted", json!("-2.00")).path(),
        "/lines/0/adjustments/0/granted"
    );
    assert_eq!(error("/totals/payable", json!("107.001")).path(), "/totals");
    assert_eq!(error("/plan", json!(Fingerprint::of(b"another").to_string())).path(), "/digest");
}
