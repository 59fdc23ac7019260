//! Runs a file of cases and counts.

use std::io::Write;

use dealproof::evaluate::Scratch;
use dealproof::record::Quote;
use dealproof::testkit::oracle;

use super::check::{Findings, check};
use super::form::{Case, SetAside};
use super::translate::{Translation, translate};

/// Another file of the same form, instead of our own.
const OTHER_FILE: &str = "DEALPROOF_CONFORMANCE";
/// How many cases of our own file must pass.
const PASSED_MIN: usize = 280;

/// What became of a case.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    /// The totals agree, and no line is more than one minor unit off.
    LeftoversElsewhere,
    SetAside(String),
    Failed(String),
}

#[test]
fn other_engines_agree() {
    let other = std::env::var_os(OTHER_FILE);
    let text = match &other {
        Some(path) => std::fs::read_to_string(path).expect("the named file can be read"),
        None => include_str!("../../cases/conformance.jsonl").to_owned(),
    };
    let outcomes: Vec<(String, Outcome)> =
        text.lines().filter(|line| !line.trim().is_empty()).map(run).collect();
    let of = |wanted: fn(&Outcome) -> bool| {
        let outcomes = outcomes.iter();
        outcomes.filter(|(_, outcome)| wanted(outcome)).count()
    };
    let leftovers = of(|outcome| *outcome == Outcome::LeftoversElsewhere);
    let passed = leftovers + of(|outcome| *outcome == Outcome::Passed);
    let set_aside = of(|outcome| matches!(outcome, Outcome::SetAside(_)));
    let failed = of(|outcome| matches!(outcome, Outcome::Failed(_)));

    // Straight to the terminal: the harness shows what a passing test prints only when asked.
    let mut out = std::io::stdout().lock();
    let mut say = |text: String| writeln!(out, "{text}").expect("standard output is open");
    say(format!("conformance: {passed} passed, {set_aside} set aside, {failed} failed"));
    say(format!("of the passed, {leftovers} place leftover minor units on other lines"));
    for (id, outcome) in &outcomes {
        match outcome {
            Outcome::Failed(why) => say(format!("failed {id}: {why}")),
            Outcome::SetAside(why) if other.is_some() => say(format!("set aside {id}: {why}")),
            Outcome::Passed | Outcome::LeftoversElsewhere | Outcome::SetAside(_) => {}
        }
    }
    assert_eq!(failed, 0, "cases failed");
    assert!(other.is_some() || passed >= PASSED_MIN, "only {passed} cases passed");
}

fn run(line: &str) -> (String, Outcome) {
    let case: Case = match serde_json::from_str(line) {
        Ok(case) => case,
        Err(error) => return (first_id(line), Outcome::Failed(format!("no case: {error}"))),
    };
    let outcome = price(&case).unwrap_or_else(|SetAside(why)| Outcome::SetAside(why));
    (case.id, outcome)
}

/// The id of a line that is not a case, as far as there is one.
fn first_id(line: &str) -> String {
    let value: Option<serde_json::Value> = serde_json::from_str(line).ok();
    let id = value.and_then(|value| Some(value.get("id")?.as_str()?.to_owned()));
    id.unwrap_or_else(|| "without id".to_owned())
}

fn price(case: &Case) -> Result<Outcome, SetAside> {
    let translation = translate(case)?;
    let quote = match quote(&translation) {
        Ok(quote) => quote,
        Err(why) => return Ok(Outcome::Failed(why)),
    };
    Ok(match check(case, &translation, &quote)? {
        Findings { mismatches, .. } if !mismatches.is_empty() => Outcome::Failed(mismatches.join("; ")),
        Findings { leftovers: 0, .. } => Outcome::Passed,
        _ => Outcome::LeftoversElsewhere,
    })
}

fn quote(translation: &Translation) -> Result<Quote, String> {
    let plan = dealproof::compile(&translation.rules)
        .map_err(|error| format!("no plan: {}", error.to_string().replace('\n', "; ")))?;
    let (cart, context) = (&translation.cart, &translation.context);
    plan.price(&mut Scratch::default(), cart, context, &translation.usage)
        .map_err(|error| format!("no quote: {error}"))
}

#[test]
fn e6_the_oracle_prices_these_cases_alike() {
    let mut compared = 0;
    for line in include_str!("../../cases/conformance.jsonl").lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let Ok(translation) = translate(&case) else {
            continue;
        };
        let slow =
            oracle::price(&translation.rules, &translation.cart, &translation.context, &translation.usage);
        let quote = quote(&translation).unwrap();
        assert_eq!(oracle::compare(&slow, &quote), Ok(()), "{}", case.id);
        compared += 1;
    }
    assert!(compared >= PASSED_MIN, "{compared}");
}

/// Two minor units more, one piece more, somebody else: every way in which an expectation can be wrong.
fn spoilt(expect: &serde_json::Value) -> Vec<serde_json::Value> {
    use serde_json::{Value, json};
    match expect {
        Value::String(text) => match text.parse::<dealproof::money::Amount>() {
            Ok(amount) => {
                let more = amount.decimal() + rust_decimal::Decimal::new(2, 2);
                vec![json!(more.to_string())]
            }
            Err(_) => Vec::new(),
        },
        Value::Number(_) => vec![json!(expect.as_u64().unwrap_or(0) + 1)],
        Value::Array(entries) if entries.is_empty() => vec![json!(["somebody else"])],
        Value::Array(entries) if entries.iter().all(Value::is_string) => {
            let first = entries.first().cloned().unwrap_or_default();
            let amounts = spoilt(&first);
            let others = if amounts.is_empty() { vec![json!("somebody else")] } else { amounts };
            let with = |other| {
                let rest = entries.iter().skip(1).cloned();
                std::iter::once(other).chain(rest).collect()
            };
            others.into_iter().map(with).collect()
        }
        Value::Array(entries) => (0..entries.len())
            .flat_map(|at| {
                let spoil = move |one| {
                    let mut entries = entries.clone();
                    entries[at] = one;
                    Value::Array(entries)
                };
                spoilt(&entries[at]).into_iter().map(spoil)
            })
            .collect(),
        Value::Object(map) => map
            .iter()
            .filter(|(key, _)| !["sku", "id", "why"].contains(&key.as_str()))
            .flat_map(|(key, value)| {
                let spoil = move |one| {
                    let mut map = map.clone();
                    map.insert(key.clone(), one);
                    Value::Object(map)
                };
                spoilt(value).into_iter().map(spoil)
            })
            .collect(),
        Value::Bool(_) | Value::Null => Vec::new(),
    }
}

#[test]
fn every_expectation_that_is_wrong_fails_its_case() {
    let mut spoilt_cases = 0;
    for line in include_str!("../../cases/conformance.jsonl").lines() {
        let (id, outcome) = run(line);
        if matches!(outcome, Outcome::SetAside(_)) {
            continue;
        }
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        for expect in spoilt(&case["expect"]) {
            let mut case = case.clone();
            case["expect"] = expect;
            let (_, outcome) = run(&case.to_string());
            assert!(matches!(outcome, Outcome::Failed(_)), "{id} still passes with {}", case["expect"]);
            spoilt_cases += 1;
        }
    }
    // More wrong versions than cases by far.
    assert!(spoilt_cases > 500, "{spoilt_cases}");
}

#[test]
fn a_promotion_that_applied_was_not_rejected() {
    let case = serde_json::json!({
        "id": "made-up", "currency": "USD", "minor_units": 2,
        "lines": [{"sku": "TEE", "quantity": 1, "unit_price": "20.00"}],
        "promotions": [{"id": "p", "kind": "order_fixed", "params": {"amount": "1.00"}}],
        "semantics": {}, "expect": {"rejected": [{"id": "p", "why": "made up"}]},
    });
    let (_, outcome) = run(&case.to_string());
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
}
