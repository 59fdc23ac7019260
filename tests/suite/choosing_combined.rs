//! Choosing coupons of a stage that combines its rules itself: what it would select of all that is entered is not always best.

use dealproof::bounds::Limits;
use dealproof::choose::{Choice, Chooser, Proof, Terms};
use dealproof::money::{Currency, Money};
use dealproof::record::Usage;
use dealproof::shop::{Cart, Context, Line};
use dealproof::{compile, load};
use serde_json::{Value, json};

use super::choosing::{amount_off, codes, context, coupon, payable, with};

/// Two books of 50.00.
fn books() -> Cart {
    let books = Line::new("1", "BOOK", 2, Money::from_minor(5_000));
    Cart::new(Currency::CNY, vec![books], vec![]).expect("a cart")
}

/// So many coupons of so many percent each, of what goods were worth at the start of the stage that combines.
fn percents(count: usize, percent: &str) -> impl Iterator<Item = Value> {
    (0..count).map(move |at| {
        let off = json!({
            "id": format!("k{at:02}"), "stage": "combined", "benefit": { "percent_off": { "percent": percent } }
        });
        coupon(off, &code(at))
    })
}

fn code(at: usize) -> String {
    format!("CODE{at:02}")
}

/// What two books cost together. As far as a bound can see, they might as well be given away.
fn pair(price: &str) -> Value {
    json!({ "id": "pair", "stage": "combined", "benefit": { "n_for": { "units": 2, "off": { "price": price } } } })
}

/// A stage that combines its rules, and one behind it.
fn set(basis: &str, rules: impl Iterator<Item = Value>) -> Value {
    json!({
        "format": 1, "currency": "CNY",
        "stages": [{ "id": "combined", "select": "best_combination", "basis": basis }, { "id": "behind" }],
        "rules": rules.collect::<Vec<Value>>()
    })
}

/// The first so many codes, and some others.
fn given(count: usize, others: &[&str]) -> Context {
    (0..count).map(code).fold(context(others), Context::code)
}

/// What is chosen for the books.
fn chosen(document: &Value, given: &Context, terms: &Terms) -> Choice {
    let rules = load::rules(document.to_string(), &Limits::default()).expect("a sound rule set");
    let plan = compile(&rules).expect("what validates compiles");
    plan.choose(&mut Chooser::default(), &books(), given, &Usage::default(), terms).expect("a choice")
}

fn best(document: &Value, given: &Context) -> Choice {
    chosen(document, given, &Terms::default())
}

fn is_best(choice: &Choice, least: i64, count: usize, others: &[&str]) {
    let mut wanted: Vec<String> = (0..count).map(code).collect();
    wanted.extend(others.iter().map(|other| (*other).to_owned()));
    wanted.sort();
    assert_eq!((payable(choice), codes(choice)), (least, wanted));
    assert_eq!(choice.proof, Proof::Optimal, "{} nodes", choice.nodes);
}

#[test]
fn a_dozen_coupons_that_a_stage_combines_are_proven() {
    // A deposit of 1.00 that counts as 1.50 takes 0.50 off each book: less than a tenth.
    let deposit = json!({
        "id": "deposit", "stage": "combined", "benefit": { "presale": { "deposit": "1.00", "worth": "1.50" } }
    });
    for other in [deposit, pair("99.00")] {
        // Ten tenths are all of it.
        let rules = set("entry", percents(12, "10").chain([coupon(other, "OTHER")]));
        is_best(&best(&rules, &given(12, &["OTHER"])), 0, 10, &[]);
    }
    // Twelve twentieths leave 40.00, and the pair 1.00 less.
    let rules = set("entry", percents(12, "5").chain([coupon(pair("99.00"), "OTHER")]));
    is_best(&best(&rules, &given(12, &["OTHER"])), 3_900, 12, &["OTHER"]);
}

/// 45.00 off where 50.00 are left, behind the stage that combines.
fn big() -> Value {
    let mut big = coupon(amount_off("big", "behind", "45.00", "50.00"), "BIG");
    big["condition"]["spend"]["base"] = json!("running");
    big
}

#[test]
fn a_coupon_behind_the_stage_may_be_worth_more_than_what_the_stage_would_select() {
    // Ten of the twelve leave 50.00, and 5.00 behind the stage; all of them would leave 40.00.
    let rules = set("entry", percents(12, "5").chain([coupon(pair("99.00"), "OTHER"), big()]));
    is_best(&best(&rules, &given(12, &["OTHER", "BIG"])), 500, 10, &["BIG"]);
}

#[test]
fn what_a_stage_combines_by_itself_counts_beside_every_set_of_coupons() {
    // The pair comes by itself, so nine of the twelve leave 54.00, and 9.00 behind the stage; ten would leave 49.00.
    let rules = set("entry", percents(12, "5").chain([pair("99.00"), big()]));
    is_best(&best(&rules, &given(12, &["BIG"])), 900, 9, &["BIG"]);
}

#[test]
fn coupons_that_their_stage_would_not_select_together_are_no_choice() {
    // 5.00 off, then 60.00 off from 100.00 or 10.00 off from 90.00. Of both the stage selects the second alone, which leaves
    // 40.00, though both apply and leave 85.00: enough for 80.00 off from 80.00 behind it.
    let first = json!({
        "id": "a", "stage": "combined", "benefit": { "amount_off": { "amount": "5.00", "each": "once" } }
    });
    let second = json!({
        "id": "b", "stage": "combined",
        "benefit": { "spend_tiers": { "base": "running", "tiers": [
            { "at": "90.00", "off": { "amount": "10.00" } }, { "at": "100.00", "off": { "amount": "60.00" } }
        ] } }
    });
    let mut behind = with(big(), "benefit", json!({ "amount_off": { "amount": "80.00", "each": "once" } }));
    behind["condition"]["spend"]["at_least"] = json!("80.00");
    let rules = [coupon(first, "A"), coupon(second, "B"), behind].into_iter();
    let answer = best(&set("running", rules), &context(&["A", "B", "BIG"]));
    is_best(&answer, 1_500, 0, &["A", "BIG"]);
}

#[test]
fn coupons_that_their_stage_selects_are_tried_together_before_any_budget_ends() {
    let rules = set("entry", percents(12, "10"));
    let answer = chosen(&rules, &given(12, &[]), &Terms::default().nodes(1));
    // Ten of them pay for all of it.
    assert_eq!((payable(&answer), answer.chosen.len()), (0, 10));
}

#[test]
fn of_forty_coupons_that_do_the_same_the_first_are_used() {
    // Twenty twentieths are all of it. Rules stand in the order that is the reverse of their codes'.
    for stacking in [json!({}), json!({ "excludes": { "rules": ["pair"] } })] {
        let rules = percents(40, "5").zip(0..).map(|(rule, at)| coupon(rule, &code(39 - at)));
        let rules = rules.map(|rule| with(rule, "stacking", stacking.clone()));
        let rules = set("entry", rules.chain([coupon(pair("99.00"), "OTHER")]));
        is_best(&best(&rules, &given(40, &["OTHER"])), 0, 20, &[]);
    }
}

#[test]
fn a_coupon_more_never_costs_more_where_a_stage_combines() {
    let mut last = i64::MAX;
    for count in 0..=12 {
        let rules = set("entry", percents(12, "5").chain([pair("99.00"), big()]));
        let choice = best(&rules, &given(count, &["BIG"]));
        assert_eq!(choice.proof, Proof::Optimal, "{count}");
        assert!(payable(&choice) <= last, "{count}");
        last = payable(&choice);
    }
}
