//! Choosing under hostile input: work stays bounded, and what was not looked at is said.

use dealproof::bounds::Limits;
use dealproof::choose::{ChooseError, Explained, Proof, Terms, Why};
use dealproof::evaluate::{PriceError, Scratch};
use dealproof::money::{Currency, Money};
use dealproof::record::{Checkout, Quote, Usage};
use dealproof::shop::{Cart, Line};
use dealproof::validate::Code;
use dealproof::{compile, load};
use serde_json::{Value, json};

use super::choosing::{amount_off, best, cart, codes, context, coupon, explained, payable, rules, with};

#[test]
fn sixty_four_codes_of_any_kind_are_bounded_work_with_a_reason_each() {
    let coupons: Vec<Value> = (0..40)
        .map(|at| coupon(amount_off(&format!("k{at:02}"), "coupon", "1.00", "1.00"), &format!("CODE{at:02}")))
        .collect();
    let mut context = context(&[]);
    for at in 0..40 {
        context = context.code(format!("CODE{at:02}"));
    }
    for at in 0..20 {
        // Other spellings, a Cyrillic look-alike, and texts as long as a code may be.
        context = context.code(match at % 3 {
            0 => format!("code-{at:02}"),
            1 => format!("С\u{41e}DE{at:02}"),
            _ => "X".repeat(256 - at),
        });
    }
    let mut answer = best(&rules(json!(coupons)), &cart(1_000), &context);
    // Forty times 1.00 off 10.00: ten of them are enough, the first ten by code.
    assert_eq!((payable(&answer.choice), answer.choice.chosen.len()), (0, 10));
    assert_eq!(answer.choice.proof, Proof::Optimal);
    assert!(answer.choice.nodes < 2_000, "{} nodes", answer.choice.nodes);
    assert_eq!(answer.lost.len(), 50);
    answer.lost.retain(|lost| matches!(lost.why, Why::Unknown | Why::Repeated));
    assert_eq!(answer.lost.len(), 20);
}

/// Two pens for 1.50 stand before three for 2.00, in a stage that shares units out; so many lines of so many pens, the first at
/// so much and each at a cent more.
fn pens(lines: u32, quantity: u32, first: i64) -> Explained {
    let offer = |id: &str, units: u32, price: &str| json!({ "id": id, "stage": "offers", "benefit": { "n_for": { "units": units, "off": { "price": price } } } });
    let set = json!({
        "format": 1, "currency": "CNY", "stages": [{ "id": "offers", "select": "best_assignment" }],
        "rules": [offer("a-pairs", 2, "1.50"), offer("b-threes", 3, "2.00")]
    });
    let pen = |at: u32| {
        Line::new(format!("{at}"), format!("PEN{at}"), quantity, Money::from_minor(first + i64::from(at)))
    };
    let cart = Cart::new(Currency::CNY, (0..lines).map(pen).collect(), vec![]).expect("a cart");
    best(&set, &cart, &context(&[]))
}

#[test]
fn a_thousand_alike_units_are_shared_out_with_proof() {
    // In rank order 500 pairs would cost 750.00. 333 threes cost 666.00 and leave a pen at 1.00; no way is better, since a
    // three saves a third of what it holds and a pair a quarter.
    let quote = pens(1, 1_000, 100).choice.quote;
    assert_eq!((quote.totals.payable, quote.unproven.len()), (Money::from_minor(66_700), 0));
}

#[test]
fn a_stage_whose_budget_ends_says_how_far_it_may_be_from_the_best() {
    // 320 pens. In rank order 160 pairs cost 240.00; 106 threes and a pair cost 212.00 + 1.50.
    let quote = pens(8, 40, 101).choice.quote;
    let [unproven] = &quote.unproven[..] else { panic!("{:?}", quote.unproven) };
    assert_eq!(unproven.stage.as_str(), "offers");
    let payable = quote.totals.payable.minor();
    assert!(payable <= 24_000, "rank order pays less than {payable}");
    assert!(payable - unproven.gap.minor() <= 21_350, "{payable} less {:?}", unproven.gap);
}

#[test]
fn more_codes_or_longer_ones_than_allowed_are_refused() {
    let set = rules(json!([coupon(amount_off("ten", "coupon", "10.00", "1.00"), "TEN")]));
    let many = (0..65).fold(context(&[]), |context, at| context.code(format!("C{at}")));
    let refused = explained(&set, &cart(1_000), &many, &Terms::default());
    assert!(matches!(refused, Err(ChooseError::Price(PriceError::TooMany { given: 65, limit: 64, .. }))));
    let long = context(&[]).code("X".repeat(257));
    let refused = explained(&set, &cart(1_000), &long, &Terms::default());
    assert!(matches!(
        refused,
        Err(ChooseError::Price(PriceError::TextTooLong { given: 257, limit: 256, .. }))
    ));
}

#[test]
fn many_coupons_of_which_one_wins_are_bounded_work() {
    // Ten percent off by each of forty codes, in stages where each line keeps one of them: sets of two never hold.
    for select in ["best_per_line", "best_per_unit"] {
        let coupons: Vec<Value> = (0..40)
            .map(|at| {
                let ten = json!({ "id": format!("k{at:02}"), "stage": "coupon", "benefit": { "percent_off": { "percent": "10" } } });
                coupon(ten, &format!("CODE{at:02}"))
            })
            .collect();
        let mut set = rules(json!(coupons));
        set["stages"] = json!([{ "id": "coupon", "select": select }]);
        let all: Vec<String> = (0..40).map(|at| format!("CODE{at:02}")).collect();
        let all = all.iter().map(String::as_str).collect::<Vec<_>>();
        let answer = best(&set, &cart(1_000), &context(&all));
        assert_eq!(
            (payable(&answer.choice), codes(&answer.choice)),
            (900, vec!["CODE00".to_owned()]),
            "{select}"
        );
        assert_eq!(answer.choice.proof, Proof::Optimal, "{select}");
        assert!(answer.choice.nodes < 200, "{select}: {} nodes", answer.choice.nodes);
    }
}

#[test]
fn coupons_that_fail_only_at_the_end_of_a_stage_end_with_the_budget() {
    // Three lines, and ten percent off all by each of forty codes: sets of two never hold, which is found by trying them.
    let three = |at: u32| Line::new(format!("{at}"), format!("SKU{at}"), 1, Money::from_minor(1_000));
    let lines = Cart::new(Currency::CNY, (0..3).map(three).collect(), vec![]).expect("a cart");
    let coupons: Vec<Value> = (0..40)
        .map(|at| {
            let ten = json!({ "id": format!("k{at:02}"), "stage": "coupon", "benefit": { "percent_off": { "percent": "10" } } });
            coupon(ten, &format!("CODE{at:02}"))
        })
        .collect();
    let mut set = rules(json!(coupons));
    set["stages"] = json!([{ "id": "coupon", "select": "best_per_line" }]);
    let all: Vec<String> = (0..40).map(|at| format!("CODE{at:02}")).collect();
    let all = all.iter().map(String::as_str).collect::<Vec<_>>();
    let terms = Terms::default().nodes(1_000);
    let answer = explained(&set, &lines, &context(&all), &terms).expect("a choice");
    // Each of the forty may still cost a node to drop.
    assert!(answer.choice.nodes <= 1_040, "{} nodes", answer.choice.nodes);
    let left = match answer.choice.proof {
        Proof::Optimal => payable(&answer.choice),
        Proof::Bounded { gap } => payable(&answer.choice) - gap.minor(),
        other => panic!("{other:?}"),
    };
    assert!(left <= 2_700 && payable(&answer.choice) <= 3_000, "{left}");
}

/// So many rules in a stage where each runs on what the others left, and one that takes 500.00 of what must still be 1,000.00
/// less 101.01. All others take an even number of cents, so at most 101.00 of that is ever used; no bound can see that.
fn knapsack(count: usize) -> Vec<Value> {
    let small = |at: usize| {
        let cents = 200 + 2 * (at * 7 % 50);
        let amount = format!("{}.{:02}", cents / 100, cents % 100);
        json!({
            "id": format!("k{at:02}"), "stage": "stage",
            "benefit": { "amount_off": { "amount": amount, "each": "once" } }
        })
    };
    let mut big = amount_off("z-big", "stage", "500.00", "898.99");
    big["condition"]["spend"]["base"] = json!("running");
    (0..count - 1).map(small).chain([big]).collect()
}

#[test]
fn a_combination_whose_budget_ends_says_how_far_it_may_be_from_the_best() {
    let mut set = rules(json!(knapsack(60)));
    set["stages"] = json!([{ "id": "stage", "select": "best_combination", "basis": "running" }]);
    let quote = best(&set, &cart(100_000), &context(&[])).choice.quote;
    let [unproven] = &quote.unproven[..] else { panic!("{:?}", quote.unproven) };
    assert_eq!(unproven.stage.as_str(), "stage");
    // At best 1,000.00 - 101.00 - 500.00 = 399.00 are left; the bound believes in 101.01.
    let found = quote.totals.payable.minor();
    assert!(found >= 39_900, "{found}");
    assert_eq!(found - unproven.gap.minor(), 39_899);
}

#[test]
fn sixty_four_codes_that_no_bound_can_tell_apart_end_with_the_budget() {
    let coupons: Vec<Value> =
        (0..).zip(knapsack(64)).map(|(at, rule)| coupon(rule, &format!("CODE{at:02}"))).collect();
    let mut set = rules(json!(coupons));
    set["stages"] = json!([{ "id": "stage", "basis": "running" }]);
    let all: Vec<String> = (0..64).map(|at| format!("CODE{at:02}")).collect();
    let all = all.iter().map(String::as_str).collect::<Vec<_>>();
    let terms = Terms::default().nodes(2_000);
    let answer = explained(&set, &cart(100_000), &context(&all), &terms).expect("a choice");
    assert_eq!(
        answer.choice.proof,
        Proof::Bounded { gap: Money::from_minor(payable(&answer.choice) - 39_899) }
    );
    assert!((2_001..=2_064).contains(&answer.choice.nodes), "{} nodes", answer.choice.nodes);
    assert_eq!(answer.lost.len() + answer.choice.chosen.len(), 64);
}

/// So many rules to combine, of one cent each.
fn cents(count: usize) -> Value {
    let cent = |at: usize| amount_off(&format!("k{at:03}"), "stage", "0.01", "1.00");
    let mut set = rules(Value::Array((0..count).map(cent).collect()));
    set["stages"] = json!([{ "id": "stage", "select": "best_combination" }]);
    set
}

#[test]
fn a_stage_combines_as_many_rules_as_a_search_can_weigh_and_no_more() {
    let quote = best(&cents(128), &cart(1_000), &context(&[])).choice.quote;
    assert_eq!((quote.totals.payable, quote.unproven.len()), (Money::from_minor(1_000 - 128), 0));
    assert_eq!(quote.rules.len(), 128);

    let report = load::check_rules(cents(129).to_string().as_bytes(), &Limits::default());
    let [problem] = &report.diagnostics[..] else { panic!("{report:?}") };
    assert_eq!((problem.code, problem.path.as_str()), (Code::TooManyRules, "/stages/0/select"));
    assert_eq!(
        problem.message,
        "129 rules are to be combined; at most 128 can be weighed against each other"
    );
}

#[test]
fn a_coupon_may_set_aside_more_rules_than_a_context_has_other_facts() {
    // 1,100 rules of one cent each, and a coupon of 50.00 that tolerates none of them.
    let cent = |at: usize| amount_off(&format!("k{at:04}"), "order", "0.01", "1.00");
    let fifty = with(
        coupon(amount_off("fifty", "coupon", "50.00", "1.00"), "FIFTY"),
        "stacking",
        json!({ "exclusive": "order" }),
    );
    let set = rules(Value::Array((0..1_100).map(cent).chain([fifty]).collect()));
    let choice = best(&set, &cart(10_000), &context(&["FIFTY"])).choice;
    assert_eq!((payable(&choice), choice.context.set_aside.len()), (5_000, 1_100));
    // The chosen context can be kept and priced again.
    let checkout = Checkout { cart: cart(10_000), context: choice.context, usage: Usage::default() };
    let written = serde_json::to_vec(&checkout).expect("a checkout can be written");
    let read = load::checkout(&written, &Limits::default()).expect("it is read back");
    let plan =
        compile(&load::rules(set.to_string(), &Limits::default()).expect("sound")).expect("it compiles");
    let mut again = Quote::new();
    let Checkout { cart, context, usage } = &read;
    plan.price_into(&mut Scratch::default(), cart, context, usage, &mut again).expect("it is priced");
    assert_eq!(again, choice.quote);
}

#[test]
fn a_million_alike_units_end_with_the_budget() {
    // In rank order 500,000 pairs cost 750,000.00; 333,333 threes cost 666,666.00 and leave a pen at 1.00.
    let quote = pens(1, 1_000_000, 100).choice.quote;
    let gap: i64 = quote.unproven.iter().map(|stage| stage.gap.minor()).sum();
    let payable = quote.totals.payable.minor();
    assert!(payable <= 75_000_000 && payable - gap <= 66_666_700, "{payable} less {gap}");
}

#[test]
fn more_runs_than_can_be_shared_out_are_priced_in_rank_order() {
    // Nine offers that look at 460 pens each, at 1.01 to 5.60: 4,140 pairs of an offer and a run.
    let offer = |id: String, units: u32, price: &str| json!({ "id": id, "stage": "offers", "benefit": { "n_for": { "units": units, "off": { "price": price } } } });
    let threes = (0..8).map(|at| offer(format!("b{at}"), 3, "2.00"));
    let offers: Vec<Value> = std::iter::once(offer("a-pairs".to_owned(), 2, "1.50")).chain(threes).collect();
    let set = json!({
        "format": 1, "currency": "CNY", "stages": [{ "id": "offers", "select": "best_assignment" }],
        "rules": offers
    });
    let pen =
        |at: u32| Line::new(format!("{at}"), format!("PEN{at}"), 1, Money::from_minor(101 + i64::from(at)));
    let cart = Cart::new(Currency::CNY, (0..460).map(pen).collect(), vec![]).expect("a cart");
    let quote = best(&set, &cart, &context(&[])).choice.quote;
    let [unproven] = &quote.unproven[..] else { panic!("{:?}", quote.unproven) };
    // 230 pairs cost 345.00; 153 threes and a pen at 1.01 would cost 307.01.
    assert_eq!(quote.totals.payable, Money::from_minor(34_500));
    assert!(unproven.gap >= Money::from_minor(34_500 - 30_701), "{:?}", unproven.gap);
}
