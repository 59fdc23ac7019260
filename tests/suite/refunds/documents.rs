//! Receipts as documents: written, read, tampered with.

use dealproof::bounds::Limits;
use dealproof::load::{self, Problem};
use dealproof::money::Money;
use dealproof::record::{
    GonePieces, GoneUnits, Protected, Receipt, ReceiptError, RefundOf, RefundPart, SpentPieces, Way,
};
use serde_json::json;

use super::{Sale, back, context, line, off_50_from_300, rules, sale};

fn returned() -> Sale {
    let lines = vec![line("filler", 1, 10_000), line("shirt", 2, 10_000)];
    let mut file = off_50_from_300();
    file[0]["limits"] = json!({"uses": 5});
    let gift = json!({"id": "gift", "stage": "reward", "benefit": {"gift": {"options": [{"sku": "CUP"}]}}});
    let grant = json!({"id": "later", "stage": "reward", "benefit": {"grant": {"give": {"coupon": "NEXT"}}}});
    file.as_array_mut().unwrap().extend([gift, grant]);
    let mut sale = sale(rules(json!({}), file), lines, vec![], context());
    sale.back(&back("r").line("filler", 1));
    sale
}

fn read(text: &str) -> Result<Receipt, String> {
    load::receipt(text, &Limits::default()).map_err(|error| error.to_string())
}

#[test]
fn s1_a_receipt_with_its_history_reads_back_as_it_was_written() {
    let receipt = returned().receipt;
    let text = serde_json::to_string_pretty(&receipt).unwrap();
    assert_eq!(read(&text), Ok(receipt.clone()));
    let plainly: Receipt = serde_json::from_str(&text).unwrap();
    assert_eq!(plainly, receipt);
}

/// Any digit of the document changed is noticed, wherever it stands.
#[test]
fn a_receipt_with_any_digit_changed_is_refused() {
    let text = serde_json::to_string(&returned().receipt).unwrap();
    let mut looked_at = 0;
    for (at, digit) in text.char_indices().filter(|(_, one)| one.is_ascii_digit()) {
        let other = if digit == '9' { '8' } else { char::from(digit as u8 + 1) };
        let tampered = format!("{}{other}{}", &text[..at], &text[at + 1..]);
        assert!(read(&tampered).is_err(), "at {at}: {}", &text[at.saturating_sub(40)..at + 10]);
        looked_at += 1;
    }
    assert!(looked_at > 300, "{looked_at}");
}

/// Somebody who can count digests writes receipts that hold together; those that do not are refused all the same.
#[test]
fn a_receipt_that_does_not_hold_together_is_refused_with_its_problem() {
    let problem = |change: &dyn Fn(&mut Receipt)| {
        let mut receipt = returned().receipt;
        change(&mut receipt);
        let text = serde_json::to_string(&receipt).unwrap();
        match load::receipt(&text, &Limits::default()).unwrap_err() {
            load::LoadError { path, problem: Problem::Receipt(error), .. } => (path, error),
            other => panic!("{other}"),
        }
    };
    let too_many = problem(&|receipt| {
        receipt.refunds[0].units.push(GoneUnits { line: "shirt".into(), way: Way::Returned, units: 3 });
    });
    let error = ReceiptError::TooManyUnits { line: "shirt".into(), gone: 3, bought: 2 };
    assert_eq!(too_many, ("/refunds".to_owned(), error));
    let unknown = problem(&|receipt| receipt.refunds[0].units[0].line = "hat".into());
    assert_eq!(
        unknown,
        ("/refunds/0".to_owned(), ReceiptError::UnknownLine { index: 0, line: "hat".into() })
    );
    let (path, error) = problem(&|receipt| receipt.refunds[0].money = Money::from_minor(9_900));
    assert_eq!(path, "/refunds/0");
    assert!(matches!(error, ReceiptError::DoesNotAddUp { .. }), "{error}");
    let (path, error) = problem(&|receipt| receipt.paid = Money::from_minor(25_001));
    assert!(matches!(error, ReceiptError::PaidOutOfRange { .. }), "{error}");
    assert_eq!(path, "/paid");
    let (_, error) = problem(&|receipt| {
        let again = receipt.refunds[0].clone();
        receipt.refunds.push(again);
    });
    assert!(matches!(error, ReceiptError::RepeatedNote { index: 1, .. }), "{error}");
    let piece = |pieces| GonePieces { rule: "gift".into(), sku: "CUP".into(), pieces };
    let pieces = problem(&|receipt| receipt.refunds[0].pieces = vec![piece(1), piece(1)]);
    let error = ReceiptError::TooManyPieces { index: 0, sku: "CUP".into(), back: 2, given: 1 };
    assert_eq!(pieces, ("/refunds/0".to_owned(), error));
    let spent = problem(&|receipt| {
        receipt.refunds[0].spent = vec![SpentPieces { rule: "later".into(), pieces: 2 }];
    });
    let error = ReceiptError::TooManySpent { index: 0, rule: "later".into(), given: 2, most: 1 };
    assert_eq!(spent, ("/refunds/0".to_owned(), error));
    let posted = problem(&|receipt| receipt.posted = [&receipt.posted[..], &receipt.posted[..]].concat());
    let error = ReceiptError::PostedOutOfRange { index: 1, given: 1, most: 0 };
    assert_eq!(posted, ("/posted/1".to_owned(), error));
    let more = problem(&|receipt| receipt.posted[0].amount = 2);
    let error = ReceiptError::PostedOutOfRange { index: 0, given: 2, most: 1 };
    assert_eq!(more, ("/posted/0".to_owned(), error));
    let protected = problem(&|receipt| {
        receipt.refunds[0].protected = vec![Protected { line: "hat".into(), ..Protected::default() }];
    });
    assert_eq!(protected.1, ReceiptError::UnknownLine { index: 0, line: "hat".into() });
    // Ten times the most there can be, and as much less: the sum is right, and cannot be counted.
    let large = problem(&|receipt| {
        let part = |minor: i64| RefundPart { of: RefundOf::AddOns, amount: Money::from_minor(minor) };
        let most = 1_000_000_000_000_000_000;
        receipt.refunds[0].parts.extend((0..10).map(|_| part(most)));
        receipt.refunds[0].parts.extend((0..10).map(|_| part(-most)));
    });
    assert_eq!(large, ("/refunds/0".to_owned(), ReceiptError::AmountsTooLarge { index: 0 }));
    let (_, error) = problem(&|receipt| receipt.quote.lines.clear());
    assert!(error.path().starts_with("/quote/"), "{error}");
}

#[test]
fn a_receipt_of_another_format_or_of_another_cart_is_refused() {
    let text = serde_json::to_string(&returned().receipt).unwrap();
    let newer = text.replacen("\"format\":1", "\"format\":2", 1);
    assert_eq!(read(&newer).unwrap_err(), "/format (line 1, column 11): format 2; this version reads 1");
    let other = sale(rules(json!({}), json!([])), vec![line("hat", 1, 100)], vec![], context());
    let quote = returned().receipt.quote;
    assert_eq!(Receipt::new(other.receipt.checkout, quote), Err(ReceiptError::OtherCart));
}

#[test]
fn what_a_rule_file_says_about_refunds_is_checked() {
    let codes = |refunds: serde_json::Value| -> Vec<(String, String)> {
        let file = json!({"format": 1, "currency": "CNY", "refunds": refunds, "rules": off_50_from_300()});
        let report = load::check_rules(file.to_string(), &Limits::default());
        report.diagnostics.iter().map(|one| (one.path.clone(), one.code.to_string())).collect()
    };
    let one = |path: &str, code: &str| vec![(path.to_owned(), code.to_owned())];
    let is = |refunds, path: &str, code: &str| {
        assert_eq!(
            codes(refunds).into_iter().filter(|(at, _)| at.starts_with("/refunds")).collect::<Vec<_>>(),
            one(path, code)
        )
    };
    is(json!({"policy": "generous"}), "/refunds/policy", "unknown-kind");
    is(json!({"fee": "1.00"}), "/refunds/fee", "unknown-field");
    is(json!({"return_freight": "-1.00"}), "/refunds/return_freight", "negative-amount");
    is(json!({"price_protection": {"minutes": 0}}), "/refunds/price_protection/minutes", "zero-count");
    let points = "/refunds/spent_points/charge/points";
    is(json!({"spent_points": {"charge": {"points": 0, "value": "1.00"}}}), points, "zero-count");
    is(json!({"spent_points": "forget"}), "/refunds/spent_points", "unknown-kind");
    is(json!({"return_freight": 11.0}), "/refunds/return_freight", "fractional-number");
}
