//! Runs `tests/cases/*.toml`: small carts under small rule files, each named by a fact and worked by hand.
//!
//! A case says what every line costs, which rules fire and what each grants, or what is refused and where; nothing may
//! be left out, and unknown keys are errors. With `choose` the codes are options. `covers` names what the case is about: a loophole class (A: composition of
//! rules, B: arithmetic) or a test vector. The oracle has to agree with every quote.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::path::Path;

use dealproof::bounds::Limits;
use dealproof::choose::{Choice, ChooseError, Chooser, Coupon, Mode, Terms, Why};
use dealproof::compile::Plan;
use dealproof::evaluate::Scratch;
use dealproof::money::Money;
use dealproof::record::{Checkout, Quote, QuotePoints, Reason};
use dealproof::rules::RuleSet;
use dealproof::testkit::oracle;
use dealproof::validate::Severity;
use dealproof::{compile, load};
use serde::Deserialize;
use serde_json::{Value, json};

/// What has to be covered by some case.
const COVERED: [&str; 30] = [
    "A1",
    "A2",
    "A3",
    "A4",
    "A5",
    "A6",
    "A11",
    "A12",
    "A13",
    "A14",
    "A16",
    "A17",
    "A18",
    "A19",
    "A20",
    "A21",
    "B1",
    "B2",
    "B3",
    "B4",
    "B5",
    "B6",
    "B7",
    "B8",
    "assignment",
    "combination",
    "vector 1",
    "vector 2",
    "vector 11",
    "vector 12",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    covers: String,
    #[serde(default = "yuan")]
    currency: String,
    stages: Option<Value>,
    rounding: Option<Value>,
    /// What rules do that say nothing about each other.
    undeclared: Option<Value>,
    /// How the codes are chosen from; all of them are simply entered, if left out.
    choose: Option<Choosing>,
    rules: Value,
    #[serde(default)]
    lines: Vec<Value>,
    #[serde(default)]
    shipping: Vec<Value>,
    #[serde(default)]
    codes: Vec<String>,
    /// What the shopper may pay with besides money.
    wallet: Option<Value>,
    expect: Option<Expected>,
    refused: Option<Refused>,
}

/// Which sets of codes may be used.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Choosing {
    Best,
    Exactly,
}

fn yuan() -> String {
    "CNY".to_owned()
}

/// What a quote has to say; what is left out must be nothing.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    payable: String,
    /// What each line costs, by id.
    lines: BTreeMap<String, String>,
    /// What each rule that fires grants, by id.
    rules: BTreeMap<String, String>,
    /// What a rule asks where that is more than it is granted.
    #[serde(default)]
    asked: BTreeMap<String, String>,
    #[serde(default = "nothing")]
    shipping: String,
    /// What becomes of each code.
    #[serde(default)]
    codes: BTreeMap<String, String>,
    /// The points each rule takes or gives.
    #[serde(default)]
    points: BTreeMap<String, u64>,
}

fn nothing() -> String {
    "0.00".to_owned()
}

/// What is refused, and where.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    /// The code of each error of the rule file, by path.
    #[serde(default)]
    rules: BTreeMap<String, String>,
    /// The path of the cart's first problem.
    cart: Option<String>,
    /// The codes that do not go with the rest, each with the rule that keeps it out.
    #[serde(default)]
    not_together: BTreeMap<String, String>,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files.iter().flat_map(|path| read(&std::fs::read_to_string(path).unwrap()).unwrap()).collect()
}

fn read(text: &str) -> Result<Vec<Case>, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    Ok(file.case)
}

impl Case {
    fn rule_file(&self) -> String {
        let mut file = json!({"format": 1, "currency": self.currency, "rules": self.rules});
        let optional =
            [("stages", &self.stages), ("rounding", &self.rounding), ("undeclared", &self.undeclared)];
        for (key, value) in optional {
            if let Some(value) = value {
                file[key] = value.clone();
            }
        }
        file.to_string()
    }

    fn checkout_file(&self) -> String {
        let mut file = json!({
            "cart": {"currency": self.currency, "lines": self.lines, "shipping": self.shipping},
            "context": {"now": "2026-11-11T10:00:00+08:00", "codes": self.codes},
        });
        if let Some(wallet) = &self.wallet {
            // A wallet is somebody's.
            file["context"]["customer"] = json!({"id": "shopper"});
            file["context"]["wallet"] = wallet.clone();
        }
        file.to_string()
    }

    fn check(&self) -> Result<(), String> {
        match (&self.expect, &self.refused) {
            (Some(expected), None) => expected.check(&self.quote()?),
            (None, Some(refused)) => refused.check(self),
            _ => Err("a case has either `expect` or `refused`".to_owned()),
        }
    }

    /// Takes the way of a host: documents in, a quote out.
    fn quote(&self) -> Result<Quote, String> {
        let (rules, mut order, plan) = self.documents()?;
        if let Some(how) = self.choose {
            order.context = how.choose(&plan, &order).map_err(|error| error.to_string())?.context;
        }
        let (cart, context, usage) = (&order.cart, &order.context, &order.usage);
        let quote = plan.price(&mut Scratch::default(), cart, context, usage);
        let quote = quote.map_err(|error| error.to_string())?;
        oracle::compare(&oracle::price(&rules, cart, context, usage), &quote)?;
        Ok(quote)
    }

    fn documents(&self) -> Result<(RuleSet, Checkout, Plan), String> {
        let limits = Limits::default();
        let rules = load::rules(self.rule_file(), &limits).map_err(|report| report.to_string())?;
        let order = load::checkout(self.checkout_file(), &limits).map_err(|error| error.to_string())?;
        let plan = compile(&rules).map_err(|error| error.to_string())?;
        Ok((rules, order, plan))
    }

    /// The codes that do not go with the rest, each with the rule that keeps it out.
    fn not_together(&self) -> BTreeMap<String, String> {
        let Some(how) = self.choose else { return BTreeMap::new() };
        let (_, order, plan) = self.documents().unwrap();
        let Err(ChooseError::NotTogether { refused }) = how.choose(&plan, &order) else {
            return BTreeMap::new();
        };
        let refused = refused.into_iter().map(|one| match (one.coupon, one.why) {
            (Coupon::Code(code), Why::GivesNothing(Reason::Blocked { by, .. })) => {
                (code.to_string(), by.to_string())
            }
            other => panic!("{other:?}"),
        });
        refused.collect()
    }
}

impl Choosing {
    fn choose(self, plan: &Plan, order: &Checkout) -> Result<Choice, ChooseError> {
        let terms = Terms::of(match self {
            Self::Best => Mode::Best,
            Self::Exactly => Mode::Exactly,
        });
        plan.choose(&mut Chooser::default(), &order.cart, &order.context, &order.usage, &terms)
    }
}

impl Expected {
    fn check(&self, quote: &Quote) -> Result<(), String> {
        let amount = |money: Money| money.display(quote.currency).to_string();
        let lines = quote.lines.iter().map(|line| (line.line.to_string(), amount(line.payable)));
        let rules = quote.rules.iter().map(|rule| (rule.rule.to_string(), amount(rule.granted)));
        let short = quote.rules.iter().filter(|rule| rule.asked != rule.granted);
        let asked = short.map(|rule| (rule.rule.to_string(), amount(rule.asked)));
        let codes = quote.codes.iter().map(|code| {
            let status = serde_json::to_value(code.status).unwrap();
            (code.code.to_string(), status.as_str().unwrap_or_default().to_owned())
        });
        let rule_of = |moved: &QuotePoints| quote.rules[moved.rule as usize].rule.to_string();
        let points = quote.points.iter().map(|moved| (rule_of(moved), moved.points));
        same("points", &self.points, &points.collect())?;
        same("lines", &self.lines, &lines.collect())?;
        same("rules", &self.rules, &rules.collect())?;
        same("asked", &self.asked, &asked.collect())?;
        same("codes", &self.codes, &codes.collect())?;
        same("shipping", &self.shipping, &amount(quote.totals.shipping))?;
        same("payable", &self.payable, &amount(quote.totals.payable))
    }
}

impl Refused {
    fn check(&self, case: &Case) -> Result<(), String> {
        let limits = Limits::default();
        let report = load::check_rules(case.rule_file(), &limits);
        let errors = report.diagnostics.iter().filter(|one| one.severity == Severity::Error);
        let errors = errors.map(|one| (one.path.clone(), one.code.to_string())).collect();
        same("errors in the rule file", &self.rules, &errors)?;
        same("codes refused together", &self.not_together, &case.not_together())?;
        if case.lines.is_empty() {
            return same("the cart, which has no line,", &self.cart, &None);
        }
        let cart = load::checkout(case.checkout_file(), &limits).err().map(|error| error.path);
        same("where the cart is refused", &self.cart, &cart)?;
        match (&self.cart, self.rules.is_empty() && self.not_together.is_empty()) {
            (None, true) => Err("nothing is refused".to_owned()),
            _ => Ok(()),
        }
    }
}

fn same<T: PartialEq + Debug>(what: &str, expected: &T, found: &T) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("{what}: expected {expected:?}, found {found:?}")) }
}

#[test]
fn every_case_costs_what_was_worked_by_hand() {
    let failed: Vec<String> = cases()
        .iter()
        .filter_map(|case| case.check().err().map(|why| format!("{} ({}): {why}", case.name, case.covers)))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_class_and_vector_is_covered_and_every_case_has_a_name_of_its_own() {
    let cases = cases();
    let covered: BTreeSet<&str> = cases.iter().map(|case| case.covers.as_str()).collect();
    let missing: Vec<&&str> = COVERED.iter().filter(|what| !covered.contains(**what)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len());
}

/// A cent more or less, in any place of any case, is noticed: every amount is changed in turn.
#[test]
fn a_wrong_expectation_fails_whichever_number_it_is() {
    for case in cases() {
        let Some(expected) = case.expect.clone() else { continue };
        let quote = case.quote().unwrap();
        let wrong = |change: &mut dyn FnMut(&mut Expected)| {
            let mut changed = expected.clone();
            change(&mut changed);
            assert!(changed.check(&quote).is_err(), "{}", case.name);
        };
        wrong(&mut |expected| expected.payable = "1234567.89".to_owned());
        wrong(&mut |expected| expected.shipping = "1234567.89".to_owned());
        wrong(&mut |expected| drop(expected.rules.insert("no-such-rule".to_owned(), "1.00".to_owned())));
        wrong(&mut |expected| drop(expected.asked.insert("no-such-rule".to_owned(), "1.00".to_owned())));
        wrong(&mut |expected| drop(expected.codes.insert("no-such-code".to_owned(), "applied".to_owned())));
        wrong(&mut |expected| expected.points.extend([("no-such-rule".to_owned(), 1)]));
        for rule in expected.points.keys() {
            wrong(&mut |expected| expected.points.extend([(rule.clone(), 1_234_567)]));
        }
        for line in expected.lines.keys() {
            wrong(&mut |expected| drop(expected.lines.insert(line.clone(), "1234567.89".to_owned())));
            wrong(&mut |expected| drop(expected.lines.remove(line)));
        }
        for rule in expected.rules.keys() {
            wrong(&mut |expected| drop(expected.rules.insert(rule.clone(), "1234567.89".to_owned())));
            wrong(&mut |expected| drop(expected.rules.remove(rule)));
        }
    }
}

#[test]
fn a_wrong_refusal_fails() {
    let refused: Vec<Case> = cases().into_iter().filter(|case| case.refused.is_some()).collect();
    assert!(!refused.is_empty());
    for case in refused {
        let wrong = [
            Refused::default(),
            Refused { cart: Some("/cart/lines/9".to_owned()), ..Refused::default() },
            Refused { rules: [(String::new(), "no-such-code".to_owned())].into(), ..Refused::default() },
            Refused {
                not_together: [("NO-SUCH".to_owned(), "no-such-rule".to_owned())].into(),
                ..Refused::default()
            },
        ];
        for wrong in wrong {
            assert!(wrong.check(&case).is_err(), "{}", case.name);
        }
    }
}

#[test]
fn a_case_takes_no_unknown_key_and_not_both_outcomes() {
    let sound = r#"
        [[case]]
        name = "one"
        covers = "nothing"
        rules = []
        lines = [{ line = "1", sku = "A", quantity = 1, list_price = "1.00" }]
        expect = { payable = "1.00", lines = { 1 = "1.00" }, rules = {} }
    "#;
    let case = |text: &str| read(text).map(|cases| cases[0].check());
    assert_eq!(case(sound), Ok(Ok(())));
    assert!(case(&sound.replace("covers", "cover")).is_err());
    assert!(case(&sound.replace("rules = {}", "rules = {}, total = \"1.00\"")).is_err());
    assert!(case(&sound.replace("rules = {} }", "rules = {} }\nrefused.cart = \"/cart\"")).unwrap().is_err());
    // Rules and carts go through the strict loader: no unknown key in them either.
    assert!(case(&sound.replace("sku = \"A\"", "sku = \"A\", colour = \"red\"")).unwrap().is_err());
}
