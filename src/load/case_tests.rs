//! Every diagnostic, by a table of broken and repaired rule files, and the guide's list of them.

use serde::Deserialize;

use super::check_rules;
use crate::bounds::Limits;
use crate::money::Currency;
use crate::rules::{Condition, RuleSet};
use crate::validate::{Code, Report, Severity, validate};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    code: String,
    at: String,
    rules: Option<Twins>,
    set: Option<Twins>,
    document: Option<Twins>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Twins {
    bad: String,
    good: String,
}

impl Case {
    fn documents(&self) -> (String, String) {
        match (&self.rules, &self.set, &self.document) {
            (Some(twins), None, None) => (in_rules(&twins.bad), in_rules(&twins.good)),
            (None, Some(twins), None) => (in_set(&twins.bad), in_set(&twins.good)),
            (None, None, Some(twins)) => (twins.bad.clone(), twins.good.clone()),
            _ => panic!("{} gives not exactly one pair of documents", self.code),
        }
    }
}

fn in_set(fields: &str) -> String {
    format!(r#"{{"format": 1, "currency": "CNY", {fields}}}"#)
}

fn in_rules(rules: &str) -> String {
    in_set(&format!(r#""rules": [{rules}]"#))
}

fn table() -> Table {
    toml::from_str(include_str!("cases.toml")).unwrap()
}

fn listed(report: &Report) -> Vec<(&'static str, &str)> {
    let diagnostics = report.diagnostics.iter();
    diagnostics.map(|one| (one.code.name(), one.path.as_str())).collect()
}

#[test]
fn every_broken_file_raises_its_code_alone_and_its_repaired_twin_none() {
    let mut wrong = Vec::new();
    for case in table().case {
        let (bad, good) = case.documents();
        let report = check_rules(&bad, &Limits::default());
        let alone = [(case.code.as_str(), case.at.as_str())];
        if listed(&report) != alone || report.diagnostics[0].line.is_none() {
            wrong.push(format!("{alone:?} expected of\n{bad}\n{report}"));
        }
        let report = check_rules(&good, &Limits::default());
        if !report.is_empty() {
            wrong.push(format!("nothing expected of\n{good}\n{report}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Codes that need large or binary documents, lowered limits or a rule set made in code; each has a test below or in
/// `trap_tests`.
const ELSEWHERE: [Code; 12] = [
    Code::DocumentTooLarge,
    Code::NotUtf8,
    Code::TooDeep,
    Code::TooManyValues,
    Code::NoCurrency,
    Code::TooManyStages,
    Code::TooManyRules,
    Code::ListTooLong,
    Code::TooManyTiers,
    Code::ConditionTooDeep,
    Code::ConditionTooLarge,
    Code::TextTooLong,
];

#[test]
fn every_code_has_a_case() {
    let cases = table().case;
    for code in Code::ALL {
        let in_table = cases.iter().any(|case| case.code == code.name());
        assert!(in_table != ELSEWHERE.contains(code), "{code}");
    }
}

#[test]
fn names_are_kebab_case_and_unique() {
    let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    for name in &names {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(name.bytes().all(plain), "{name}");
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Code::ALL.len());
}

#[test]
fn the_guide_lists_every_code_as_it_is() {
    let guide = include_str!("../guide/diagnostics.md");
    let rows: Vec<Vec<&str>> = guide
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let expected: Vec<Vec<String>> = Code::ALL
        .iter()
        .map(|code| {
            let name = format!("`{code}`");
            let severity = code.severity().to_string();
            vec![name, severity, code.meaning().into(), code.repair().into()]
        })
        .collect();
    assert_eq!(rows, expected);
}

/// The codes that lowered limits raise over a sound document.
fn under(limits: &Limits, document: &str) -> Vec<&'static str> {
    assert!(check_rules(document, &Limits::default()).is_empty());
    let report = check_rules(document, limits);
    let diagnostics = report.diagnostics.iter();
    diagnostics.map(|one| one.code.name()).collect()
}

const PERCENT: &str = r#""benefit": {"percent_off": {"percent": "20"}}"#;

fn rule(id: &str, fields: &str) -> String {
    format!(r#"{{"id": "{id}", "stage": "item", {fields}}}"#)
}

#[test]
fn sizes_are_held_against_the_limits() {
    let limits = Limits::default;
    let two_rules = format!("{}, {}", rule("a", PERCENT), rule("b", PERCENT));
    assert_eq!(under(&limits().rules(1), &in_rules(&two_rules)), ["too-many-rules"]);
    let stages = format!(
        r#""stages": [{{"id": "item"}}, {{"id": "later"}}],
           "rules": [{}, {{"id": "b", "stage": "later", {PERCENT}}}]"#,
        rule("a", PERCENT)
    );
    assert_eq!(under(&limits().stages(1), &in_set(&stages)), ["too-many-stages"]);
    let skus = r#""benefit": {"percent_off": {"percent": "20", "target": {"skus": ["A", "B", "C"]}}}"#;
    assert_eq!(under(&limits().set_members(2), &in_rules(&rule("a", skus))), ["list-too-long"]);
    let tiers = r#""benefit": {"quantity_tiers": {"tiers": [
        {"at": 1, "off": {"percent": "1"}}, {"at": 2, "off": {"percent": "2"}}]}}"#;
    assert_eq!(under(&limits().tiers(1), &in_rules(&rule("a", tiers))), ["too-many-tiers"]);
    let nested = format!(r#""condition": {{"not": {{"first_order": {{}}}}}}, {PERCENT}"#);
    assert_eq!(under(&limits().condition_depth(1), &in_rules(&rule("a", &nested))), ["condition-too-deep"]);
    // The condition, what it negates, and the target.
    assert_eq!(under(&limits().condition_nodes(2), &in_rules(&rule("a", &nested))), ["condition-too-large"]);
    // The longest id of the default stages has eight bytes.
    let long = rule("nine-long", PERCENT);
    let limits = limits().id_bytes(8);
    assert_eq!(under(&limits, &in_rules(&long)), ["text-too-long"]);
}

#[test]
fn a_rule_set_made_in_code_is_checked_the_same_way() {
    let report = validate(&RuleSet::new(Currency::NONE), &Limits::default());
    assert_eq!(listed(&report), [("no-currency", "/currency")]);

    let text = in_rules(&rule("a", PERCENT));
    let mut rules: RuleSet = serde_json::from_str(&text).unwrap();
    rules.format = 2;
    let report = validate(&rules, &Limits::default());
    assert_eq!(listed(&report), [("unknown-format", "/format")]);
}

#[test]
fn a_condition_nested_a_thousand_deep_is_one_problem() {
    let text = in_rules(&rule("a", PERCENT));
    let mut rules: RuleSet = serde_json::from_str(&text).unwrap();
    let innermost = Condition::FirstOrder {};
    let nested = (0..1_000).fold(innermost, |inner, _| Condition::Not(Box::new(inner)));
    rules.rules[0].condition = Some(nested);
    let report = validate(&rules, &Limits::default());
    let codes: Vec<Code> = report.diagnostics.iter().map(|one| one.code).collect();
    assert_eq!(codes, [Code::ConditionTooDeep]);
}

#[test]
fn a_rule_that_cannot_be_read_hides_nothing_and_accuses_nobody() {
    // The second rule cannot be read. That the first excludes it, shares a group with it and names its tag is
    // therefore no problem, and the stage it may run in is not called unused; the third rule's own problem is found.
    let document = r#"{
  "format": 1, "currency": "CNY",
  "stages": [{"id": "item"}, {"id": "order"}],
  "rules": [
    {"id": "a", "stage": "item", "benefit": {"percent_off": {"percent": "20"}},
     "stacking": {"group": "g", "excludes": {"rules": ["b"], "tags": ["sale"]}}},
    {"id": "b", "stage": "order", "tags": ["sale"], "stacking": {"group": "g"}, "benefit": {"percent_off": {}}},
    {"id": "c", "stage": "item", "benefit": {"percent_off": {"percent": "101"}},
     "stacking": {"excludes": {"rules": ["nobody"]}}}
  ]
}"#;
    let report = check_rules(document, &Limits::default());
    assert_eq!(
        listed(&report),
        [
            ("missing-field", "/rules/1/benefit/percent_off"),
            ("percent-out-of-range", "/rules/2/benefit/percent_off/percent"),
            ("unknown-excluded-rule", "/rules/2/stacking/excludes/rules/0"),
        ]
    );
    for (diagnostic, (line, at)) in
        report.diagnostics.iter().zip([(7, "{}}"), (8, "\"101\""), (9, "\"nobody\"")])
    {
        let column = document.lines().nth(line - 1).unwrap().find(at).unwrap() + 1;
        let place = (diagnostic.line.unwrap() as usize, diagnostic.column.unwrap() as usize);
        assert_eq!(place, (line, column), "{diagnostic}");
    }
    let about: Vec<&str> =
        report.diagnostics.iter().flat_map(|one| &one.rules).map(|rule| rule.as_str()).collect();
    assert_eq!(about, ["b", "c", "c"]);
}

#[test]
fn a_currency_that_cannot_be_read_does_not_make_every_amount_wrong() {
    let document = r#"{"format": 1, "currency": "cny", "rules": [
        {"id": "a", "stage": "item", "benefit": {"amount_off": {"amount": "5.50", "each": "once"}}},
        {"id": "b", "stage": "item", "benefit": {"amount_off": {"amount": "-5.50", "each": "once"}}}]}"#;
    assert_eq!(
        listed(&check_rules(document, &Limits::default())),
        [("bad-value", "/currency"), ("negative-amount", "/rules/1/benefit/amount_off/amount")]
    );
}

#[test]
fn the_order_of_rules_changes_paths_and_nothing_else() {
    let rules = [
        rule("a", r#""benefit": {"percent_off": {"percent": "120"}}"#),
        rule("b", r#""benefit": {"gift": {"options": []}}"#),
        rule(
            "c",
            r#""stacking": {"excludes": {"rules": ["z"]}}, "benefit": {"percent_off": {"percent": "0"}}"#,
        ),
    ];
    let problems = |order: [usize; 3]| {
        let rules: Vec<&str> = order.iter().map(|index| rules[*index].as_str()).collect();
        let report = check_rules(in_rules(&rules.join(",")), &Limits::default());
        let mut problems: Vec<_> =
            report.diagnostics.into_iter().map(|one| (one.rules, one.code, one.message)).collect();
        problems.sort();
        problems
    };
    let in_order = problems([0, 1, 2]);
    assert_eq!(in_order.len(), 4);
    assert_eq!(in_order, problems([2, 0, 1]));
    assert_eq!(in_order, problems([1, 2, 0]));
}

#[test]
fn warnings_let_a_rule_set_through() {
    let document = in_rules(&rule("a", r#""benefit": {"percent_off": {"percent": "0"}}"#));
    let report = check_rules(&document, &Limits::default());
    assert_eq!(report.diagnostics[0].severity, Severity::Warning);
    assert!(!report.has_errors());
    assert!(super::rules(&document, &Limits::default()).is_ok());
}

#[test]
fn messages_speak_of_json_and_not_of_types_of_the_library() {
    let message = |rules: &str| {
        let report = check_rules(in_rules(rules), &Limits::default());
        report.diagnostics[0].message.clone()
    };
    assert_eq!(
        message(&rule("a", &format!(r#""rank": 1.5, {PERCENT}"#))),
        "a number with a fraction, an exponent or too many digits, expected a whole number"
    );
    assert_eq!(message(&rule("a", r#""benefit": {"percent_off": ["20"]}"#)), "a list, expected an object");
    assert_eq!(
        message(&rule("a", &format!(r#""limits": "none", {PERCENT}"#))),
        "string \"none\", expected an object"
    );
    assert_eq!(
        message(&rule("a", &format!(r#""per": 1, {PERCENT}"#))),
        "integer `1`, expected one of order, shop, line"
    );
    assert_eq!(
        message(&rule(
            "a",
            r#""benefit": {"quantity_tiers": {"tiers": [{"at": -3, "off": {"percent": "5"}}]}}"#
        )),
        "integer `-3`, expected a whole number from 0 to 4294967295"
    );
}
