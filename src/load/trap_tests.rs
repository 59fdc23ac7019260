//! Inputs that other readers take, mangle or fall over: each is refused with a typed problem at its place.

use super::{LoadError, Problem, cart, check_rules, checkout, context, rules, usage};
use crate::bounds::Limits;
use crate::money::Money;
use crate::shop::{AttributeValue, CartError};

fn limits() -> Limits {
    Limits::default()
}

/// A cart of one line with one price.
fn cart_at(price: &str) -> String {
    format!(
        r#"{{"currency": "CNY", "lines": [{{"line": "1", "sku": "A", "quantity": 1, "list_price": {price}}}]}}"#
    )
}

fn refused(document: &str) -> LoadError {
    cart(document, &limits()).unwrap_err()
}

fn problem_of_condition(condition: &str) -> (String, String) {
    let document = format!(
        r#"{{"format": 1, "currency": "CNY", "rules": [{{"id": "a", "stage": "item",
            "condition": {condition}, "benefit": {{"percent_off": {{"percent": "20"}}}}}}]}}"#
    );
    let report = check_rules(document, &limits());
    assert_eq!(report.diagnostics.len(), 1, "{report}");
    let one = &report.diagnostics[0];
    (one.code.to_string(), one.path.clone())
}

#[test]
fn a_json_number_is_no_amount() {
    // Through a float these would become ...568 and ...994.
    for number in ["0.1234567890123456789", "9007199254740993.0", "19.90"] {
        let error = refused(&cart_at(number));
        assert_eq!(error.path, "/lines/0/list_price");
        assert!(matches!(error.problem, Problem::FractionalNumber { .. }), "{error}");
    }
    let error = refused(&cart_at("19"));
    assert!(matches!(error.problem, Problem::WrongType { .. }), "{error}");
}

#[test]
fn lenient_spellings_are_no_amounts() {
    for text in ["1_000", ".5", "5.", "+1", "1E5", "1e3", " 1", "1,5", "٣"] {
        let error = refused(&cart_at(&format!("\"{text}\"")));
        assert!(matches!(error.problem, Problem::BadValue { .. }), "{error}");
    }
}

#[test]
fn more_decimals_than_the_currency_are_refused_and_not_rounded() {
    let error = refused(&cart_at("\"0.001\""));
    assert!(matches!(error.problem, Problem::Cart(CartError::BadAmount { .. })), "{error}");
    // Twenty-nine digits, which decimals round without a word.
    let error = refused(&cart_at("\"0.00000000000000000000000000001\""));
    assert!(matches!(error.problem, Problem::BadValue { .. }), "{error}");
}

#[test]
fn an_amount_beyond_the_bound_is_refused_and_not_wrapped() {
    let error = refused(&cart_at("\"999999999999999999\""));
    assert!(matches!(error.problem, Problem::Cart(CartError::BadAmount { .. })), "{error}");
    // Each price is within its limit; a million of each, ten times, is not.
    let line = |index: usize| {
        format!(r#"{{"line": "{index}", "sku": "A", "quantity": 1000000, "list_price": "9999999999.99"}}"#)
    };
    let lines: Vec<String> = (0..10).map(line).collect();
    let document = format!(r#"{{"currency": "CNY", "lines": [{}]}}"#, lines.join(","));
    let error = cart(document, &limits()).unwrap_err();
    assert!(matches!(error.problem, Problem::Cart(CartError::TotalTooLarge { .. })), "{error}");
}

#[test]
fn a_wrong_number_is_shown_as_it_was_written_with_what_is_allowed() {
    let line = |quantity: &str, fields: &str| {
        format!(
            r#"{{"currency": "CNY", "lines": [{{"line": "1", "sku": "A", "quantity": {quantity}, {fields}}}]}}"#
        )
    };
    let price = r#""list_price": "9.00""#;
    for (document, said) in [
        (line("-3", price), "a quantity of -3; 1 to 1000000 are allowed"),
        (line("4294967296", price), "a quantity of 4294967296; 1 to 1000000 are allowed"),
        (line("1", r#""list_price": "-5.00""#), "a price of -5.00; 0 to 10000000000 are allowed"),
        (
            line("1", r#""list_price": "9.00", "floor_price": "9.50""#),
            "a floor of 9.5 is above the list price of 9",
        ),
        (line("1", r#""list_price": "1.000""#), "1.000 has more decimals than the 2 of CNY"),
    ] {
        assert_eq!(refused(&document).problem.to_string(), said);
    }
}

#[test]
fn a_birthday_is_a_day_of_some_year() {
    let born = |month: u8, day: u8| {
        let text = format!(
            r#"{{"now": "2026-11-11T00:00:00Z", "customer": {{"birthday": {{"month": {month}, "day": {day}}}}}}}"#
        );
        context(text, &limits()).map_err(|error| error.path)
    };
    for (month, day) in [(2, 29), (4, 30), (12, 31)] {
        assert!(born(month, day).is_ok(), "{month}-{day}");
    }
    for (month, day) in [(2, 30), (4, 31), (13, 1), (0, 1), (1, 0)] {
        assert_eq!(born(month, day), Err("/customer/birthday".to_owned()), "{month}-{day}");
    }
}

#[test]
fn spellings_of_one_amount_give_the_same_bytes() {
    let text = |price: &str| {
        let cart = cart(cart_at(price), &limits()).unwrap();
        serde_json::to_string(&cart).unwrap()
    };
    assert_eq!(text("\"1.0\""), text("\"1.00\""));
    assert_eq!(text("\"1\""), text("\"1.00\""));
}

#[test]
fn a_kind_without_fields_takes_none() {
    let place = "/rules/0/condition";
    assert_eq!(
        problem_of_condition(r#"{"first_order": {"of": "month"}}"#),
        ("unknown-field".into(), format!("{place}/first_order/of"))
    );
}

#[test]
fn a_kind_has_one_spelling() {
    let place = "/rules/0/condition";
    let wrong = |condition: &str, path: &str| {
        assert_eq!(
            problem_of_condition(condition),
            ("wrong-type".into(), format!("{place}{path}")),
            "{condition}"
        );
    };
    wrong(r#""first_order""#, "");
    wrong(r#"{"birthday": {"day": null}}"#, "/birthday");
    wrong(r#"{"first_order": {}, "birthday": "day"}"#, "");
    wrong("{}", "");
    wrong("7", "");
}

#[test]
fn an_object_is_not_taken_from_a_list() {
    for (document, path) in [
        (r#"["CNY", []]"#, ""),
        (r#"{"currency": "CNY", "lines": [["1", "A", 1, "9.00"]]}"#, "/lines/0"),
        (r#"{"currency": "CNY", "lines": [], "shipping": [["a", "b", "1"]]}"#, "/shipping/0"),
    ] {
        let error = refused(document);
        assert_eq!(error.path, path);
        assert!(matches!(error.problem, Problem::ListForObject { .. }), "{error}");
    }
    assert_eq!(problem_of_condition(r#"{"spend": ["100"]}"#).0, "list-for-object");
    assert_eq!(problem_of_condition(r#"{"first_order": []}"#).0, "list-for-object");
}

#[test]
fn a_key_comes_once_in_objects_and_in_maps_however_it_is_spelt() {
    let twice = |error: LoadError, path: &str, column: u32| {
        assert!(matches!(error.problem, Problem::DuplicateKey { .. }), "{error}");
        assert_eq!((error.path.as_str(), error.column), (path, column));
    };
    twice(refused(r#"{"currency": "CNY", "currency": "EUR", "lines": []}"#), "/currency", 21);
    let used = r#"{"rules": {"a": {"uses": 1}, "\u0061": {"uses": 0}}}"#;
    twice(usage(used, &limits()).unwrap_err(), "/rules/a", 30);
    let attributes = r#"{"now": "2026-11-11T00:00:00Z", "attributes": {"k": 1, "k": 2}}"#;
    twice(context(attributes, &limits()).unwrap_err(), "/attributes/k", 56);
    let report = rules(r#"{"format": 1, "format": 1, "currency": "CNY"}"#, &limits()).unwrap_err();
    assert_eq!(report.diagnostics[0].code.name(), "duplicate-key");
    assert_eq!(report.diagnostics[0].column, Some(15));
}

#[test]
fn nesting_is_counted_and_never_overflows_the_stack() {
    let nested = |levels: usize| {
        let condition =
            format!("{}{}{}", r#"{"not": "#.repeat(levels), r#"{"first_order": {}}"#, "}".repeat(levels));
        format!(
            r#"{{"format": 1, "currency": "CNY", "rules": [{{"id": "a", "stage": "item",
                "condition": {condition}, "benefit": {{"percent_off": {{"percent": "20"}}}}}}]}}"#
        )
    };
    let codes = |document: &str, limits: &Limits| -> Vec<&str> {
        let report = check_rules(document, limits);
        report.diagnostics.iter().map(|one| one.code.name()).collect()
    };
    assert_eq!(codes(&nested(15), &limits()), [""; 0]);
    assert_eq!(codes(&nested(16), &limits()), ["condition-too-deep"]);
    assert_eq!(codes(&nested(1_000), &limits()), ["too-deep"]);
    assert_eq!(codes(&nested(100_000), &limits()), ["too-deep"]);
    // The ceiling, read and validated on the stack of a test thread. The document, its rules, the rule, what is
    // negated and the innermost kind with its fields are objects and lists.
    let ceiling = limits().depth(usize::MAX).condition_depth(usize::MAX);
    assert_eq!(codes(&nested(59), &ceiling), [""; 0]);
    assert_eq!(codes(&nested(60), &ceiling), ["too-deep"]);
}

#[test]
fn a_hundred_thousand_open_brackets_are_refused_everywhere() {
    for open in ["[", "{\"a\":", "{\"lines\":[", "{\"rules\":["] {
        let text = open.repeat(100_000);
        assert!(cart(&text, &limits()).is_err());
        assert!(context(&text, &limits()).is_err());
        assert!(rules(&text, &limits()).is_err());
        let closed = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(cart(&closed, &limits()).is_err());
        assert!(rules(&closed, &limits()).is_err());
        let inside = format!(r#"{{"format": 1, "currency": "CNY", "rules": {closed}}}"#);
        assert!(rules(&inside, &limits()).is_err());
    }
}

#[test]
fn numbers_no_machine_can_hold_are_refused() {
    let huge = "9".repeat(1_000_000);
    let tiny = format!("0.{}1", "0".repeat(1_000_000));
    for number in ["1e400", "-1e400", "NaN", "Infinity", "-Infinity", "1e-400", &huge, &tiny] {
        let error = refused(&cart_at(number));
        assert!(error.line >= 1, "{error}");
        assert!(
            matches!(error.problem, Problem::NotJson { .. } | Problem::FractionalNumber { .. }),
            "{error}"
        );
    }
    for text in [format!("\"{huge}\""), format!("\"{tiny}\"")] {
        let error = refused(&cart_at(&text));
        assert!(matches!(error.problem, Problem::TextTooLong { limit: 256, .. }), "{error}");
    }
}

#[test]
fn whole_numbers_beyond_their_type_are_refused() {
    for number in ["-1", "4294967296", "18446744073709551616", "1.0", "1e0", "-0"] {
        let document = format!(
            r#"{{"currency": "CNY", "lines": [{{"line": "1", "sku": "A", "quantity": {number}, "list_price": "1"}}]}}"#
        );
        assert_eq!(refused(&document).path, "/lines/0/quantity", "{number}");
    }
    let document = r#"{"now": "2026-11-11T00:00:00Z", "attributes": {"k": 9223372036854775807}}"#;
    let known = context(document, &limits()).unwrap();
    assert_eq!(known.attributes.get("k"), Some(&AttributeValue::Number(i64::MAX)));
}

#[test]
fn half_a_surrogate_pair_is_refused_as_value_and_as_key() {
    let value =
        r#"{"currency": "CNY", "lines": [{"line": "\ud800", "sku": "A", "quantity": 1, "list_price": "1"}]}"#;
    assert!(matches!(refused(value).problem, Problem::NotJson { .. }));
    for key in [
        r#"{"format": 1, "currency": "CNY", "\udc00": 1}"#,
        r#"{"format": 1, "currency": "CNY", "rules": [{"\ud800": 1}]}"#,
    ] {
        assert!(rules(key, &limits()).is_err(), "{key}");
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_at_their_place() {
    let error = cart(b"{\n\"currency\": \"\xff\"}", &limits()).unwrap_err();
    assert_eq!(error.problem, Problem::NotUtf8 { valid_up_to: 15 });
    assert_eq!((error.line, error.column), (2, 14));
    let error = cart(b"\xef\xbb\xbf{}", &limits()).unwrap_err();
    assert_eq!(error.problem, Problem::ByteOrderMark);
    let report = check_rules(b"\xff", &limits());
    assert_eq!(report.diagnostics[0].code.name(), "not-utf8");
    for empty in ["", " ", "\0"] {
        assert!(matches!(refused(empty).problem, Problem::NotJson { .. }));
    }
}

#[test]
fn nothing_may_follow_the_document() {
    let document = format!("{} x", cart_at("\"1\""));
    let error = refused(&document);
    assert!(matches!(error.problem, Problem::NotJson { .. }), "{error}");
    assert_eq!(error.column as usize, document.len());
}

#[test]
fn sizes_are_checked_before_and_while_reading() {
    let document = cart_at("\"1\"");
    let small = limits().document_bytes(document.len() - 1);
    let error = cart(&document, &small).unwrap_err();
    assert!(matches!(error.problem, Problem::DocumentTooLarge { .. }));
    assert!(cart(&document, &limits().document_bytes(document.len())).is_ok());
    let report = check_rules(&document, &small);
    assert_eq!(report.diagnostics[0].code.name(), "document-too-large");

    // The cart, its currency, the list of lines, the line and its four fields.
    assert!(cart(&document, &limits().nodes(8)).is_ok());
    let error = cart(&document, &limits().nodes(7)).unwrap_err();
    assert_eq!(error.problem, Problem::TooManyValues { limit: 7 });
    assert_eq!(error.path, "/lines/0/list_price");

    let many = format!(r#"{{"format": 1, "currency": "CNY", "rules": [{}]}}"#, vec!["{}"; 1_000].join(","));
    let report = check_rules(many, &limits().nodes(10));
    let codes: Vec<&str> = report.diagnostics.iter().map(|one| one.code.name()).collect();
    // Two values of the document and eight rules; then reading stops and says so once.
    assert_eq!(codes.iter().filter(|code| **code == "too-many-values").count(), 1);
    assert_eq!(codes.len(), 9);

    let long_key =
        format!(r#"{{"now": "2026-11-11T00:00:00Z", "attributes": {{"{}": 1}}}}"#, "k".repeat(257));
    let error = context(long_key, &limits()).unwrap_err();
    assert!(matches!(error.problem, Problem::TextTooLong { .. }));
}

#[test]
fn the_callers_limits_reach_the_cart() {
    let document = r#"{"cart": {"currency": "CNY", "lines": [
        {"line": "1", "sku": "A", "quantity": 5, "list_price": "1"},
        {"line": "2", "sku": "A", "quantity": 6, "list_price": "1"}
    ]}, "context": {"now": "2026-11-11T00:00:00Z", "codes": ["A", "B"]},
        "usage": {"rules": {"a": {"budget": "-1"}}}}"#;
    let of = |limits: &Limits| {
        let error = checkout(document, limits).unwrap_err();
        (error.path, error.line)
    };
    assert_eq!(of(&limits().lines(1)), ("/cart/lines".into(), 1));
    assert_eq!(of(&limits().quantity(5)), ("/cart/lines/1/quantity".into(), 3));
    assert_eq!(of(&limits().codes(1)), ("/context/codes".into(), 4));
    assert_eq!(of(&limits()), ("/usage/rules/a/budget".into(), 5));
}

#[test]
fn what_a_context_says_is_held_against_the_limits() {
    let of = |fields: &str| {
        let document = format!(r#"{{"now": "2026-11-11T00:00:00Z", {fields}}}"#);
        context(document, &limits()).unwrap_err().path
    };
    assert_eq!(of(r#""customer": {"id": ""}"#), "/customer/id");
    assert_eq!(of(r#""channel": "a\u0007b""#), "/channel");
    assert_eq!(of(r#""codes": ["A", "\u0000"], "region": """#), "/region");
    let long = "x".repeat(65);
    assert_eq!(of(&format!(r#""codes": ["A", "{long}"]"#)), "/codes/1");
    assert_eq!(of(&format!(r#""attributes": {{"a/b": "", "{long}": 1}}"#)), format!("/attributes/{long}"));
    let segments: Vec<String> = (0..33).map(|index| format!("\"s{index}\"")).collect();
    let segments = segments.join(",");
    assert_eq!(of(&format!(r#""customer": {{"segments": [{segments}]}}"#)), "/customer/segments");
}

#[test]
fn columns_count_characters() {
    let document = "{\"currency\": \"CNY\",\n \"満減\": 1, \"lines\": []}";
    let error = refused(document);
    assert!(matches!(error.problem, Problem::UnknownField { .. }));
    assert_eq!((error.line, error.column), (2, 2));
    let document = "{\"currency\": \"CNY\", \"lines\": [{\"line\": \"満減\", \"sku\": 7}]}";
    let error = refused(document);
    assert_eq!(error.path, "/lines/0/sku");
    let before = document.find('7').unwrap();
    assert_eq!(error.column as usize, document[..before].chars().count() + 1);
}

#[test]
fn a_hundred_problems_in_four_mebibytes_are_placed_in_one_walk() {
    // Twenty thousand rules, every one wrong; the walk for the places must not start anew for each.
    let rule = |index: usize| {
        let filler = "x".repeat(80);
        format!(
            "{{\"id\": \"{index}\", \"stage\": \"item\", \"title\": \"{filler}\", \
             \"benefit\": {{\"percent_off\": {{\"percent\": \"120\"}}}}}}"
        )
    };
    let rules: Vec<String> = (0..20_000).map(rule).collect();
    let document =
        format!("{{\"format\": 1, \"currency\": \"CNY\", \"rules\": [\n{}\n]}}", rules.join(",\n"));
    assert!(document.len() > 3 << 20 && document.len() < 4 << 20);
    let report = check_rules(&document, &limits());
    assert_eq!((report.errors, report.diagnostics.len()), (20_000, 100));
    for (index, one) in report.diagnostics.iter().enumerate() {
        assert_eq!(one.line, Some(u32::try_from(index).unwrap() + 2));
    }
}

#[test]
fn a_sound_document_is_read_as_written() {
    let read = cart(cart_at("\"19.90\""), &limits()).unwrap();
    assert_eq!(read.list_total(), Money::from_minor(1_990));
    let lenient: crate::shop::Cart = serde_json::from_str(&cart_at("\"19.90\"")).unwrap();
    assert_eq!(read, lenient);
}
