//! What each fuzz target does with its bytes; it panics when a promise is broken.
//!
//! `tests/corpus` replays the committed seeds, and every input that once failed, through these same functions on the
//! stable toolchain. With a nightly one:
//!
//! ```text
//! cargo +nightly fuzz run -s none rules_bytes -- -max_total_time=120
//! ```
//!
//! The crate has no unsafe code, so the address sanitizer would only make it ten times slower.
//! New inputs land in `fuzz/corpus`; only hand-made seeds and former failures are committed.

use std::sync::LazyLock;

use dealproof::bounds::Limits;
use dealproof::compile;
use dealproof::compile::Plan;
use dealproof::evaluate::{PriceError, Scratch};
use dealproof::group::Group;
use dealproof::load;
use dealproof::money::{Currency, Money};
use dealproof::record::{Checkout, Quote, Trace, Usage};
use dealproof::rules::RuleSet;
use dealproof::shop::{Cart, Charge, Context, Customer, Line};
use dealproof::testkit::{self, Scenario, oracle};

/// A rule file is refused with its errors, or it compiles (V-1), reads back as it was written (S-1), and prices a cart that
/// has something for most selectors, as does the oracle.
pub fn rules_bytes(bytes: &[u8]) {
    let limits = Limits::default();
    let rules = match load::rules(bytes, &limits) {
        Ok(rules) => rules,
        Err(report) => {
            assert!(report.has_errors(), "refused without an error");
            return;
        }
    };
    let written = serde_json::to_vec(&rules).expect("a rule set can be written");
    assert_eq!(load::rules(&written, &limits).as_ref(), Ok(&rules));
    let plan = compile(&rules).expect("what validates compiles");
    let checkout = checkout(rules.currency);
    if let Ok(quote) = price(&plan, &checkout) {
        assert_oracle_agrees(&rules, &checkout, &quote);
    }
}

/// A cart is refused with its first problem, or it reads back as it was written and the campaign prices it, as does the
/// oracle.
pub fn cart_bytes(bytes: &[u8]) {
    static CAMPAIGN: LazyLock<(RuleSet, Plan)> = LazyLock::new(|| {
        let text = include_str!("../../benches/workload/mixed.json");
        let rules = load::rules(text, &Limits::default()).expect("a sound rule file");
        let plan = compile(&rules).expect("what validates compiles");
        (rules, plan)
    });
    let limits = Limits::default();
    let Ok(checkout) = load::checkout(bytes, &limits) else {
        return;
    };
    let written = serde_json::to_vec(&checkout).expect("a checkout can be written");
    assert_eq!(load::checkout(&written, &limits).as_ref(), Ok(&checkout));
    let (rules, plan) = &*CAMPAIGN;
    match price(plan, &checkout) {
        Ok(quote) => assert_oracle_agrees(rules, &checkout, &quote),
        Err(PriceError::OtherCurrency { .. }) => {
            assert_ne!(checkout.cart.currency(), rules.currency);
        }
        Err(_) => {}
    }
}

/// A scenario is priced as the oracle prices it.
pub fn price_matches_oracle(bytes: &[u8]) {
    let scenario = Scenario::from_bytes(bytes);
    let plan = compile(&scenario.rules).expect("valid by construction");
    let checkout = scenario.checkout();
    let quote = price(&plan, &checkout).expect("scenarios are small");
    assert_oracle_agrees(&scenario.rules, &checkout, &quote);
}

/// Whatever the order of joins and leaves, nobody keeps a group's price without its success or gets back more than they
/// paid. Any bytes are steps; as a document they are refused, or they are a group that goes on.
pub fn group_ops(bytes: &[u8]) {
    assert_eq!(testkit::group_ops(bytes).map(|_| ()), Ok(()));
    if let Ok(mut group) = serde_json::from_slice::<Group>(bytes) {
        let written = serde_json::to_vec(&group).expect("a group can be written");
        assert_eq!(serde_json::from_slice::<Group>(&written).ok().as_ref(), Some(&group));
        let _ = group.advance(group.deadline());
    }
}

/// Prices a cart in every way there is: a used scratch (E5), a trace (E7) and looking past the index (E6) change
/// nothing, near misses panic nowhere, and the quote adds up and reads back as it was written (E2).
fn price(plan: &Plan, checkout: &Checkout) -> Result<Quote, PriceError> {
    let Checkout { cart, context, usage } = checkout;
    let mut scratch = Scratch::default();
    let quote = plan.price(&mut scratch, cart, context, usage);
    let mut again = Quote::new();
    let mut trace = Trace::default();
    let traced = plan.price_traced(&mut scratch, cart, context, usage, &mut again, &mut trace);
    assert_eq!(traced.map(|()| again.clone()), quote);
    let every = plan.price_explained(&mut scratch, cart, context, usage, &mut again, &mut trace);
    assert_eq!(every.map(|()| again), quote);
    let _ = plan.near_misses(&mut scratch, cart, context, usage);

    let quote = quote?;
    let written = serde_json::to_vec(&quote).expect("a quote can be written");
    assert_eq!(load::quote(&written, &Limits::default()).as_ref(), Ok(&quote));
    Ok(quote)
}

/// The oracle expands every unit, so it is only asked about carts of few.
fn assert_oracle_agrees(rules: &RuleSet, checkout: &Checkout, quote: &Quote) {
    let Checkout { cart, context, usage } = checkout;
    let units: u64 = cart.lines().iter().map(|line| u64::from(line.quantity)).sum();
    if units <= 200 {
        let answer = oracle::price(rules, cart, context, usage);
        assert_eq!(oracle::compare(&answer, quote), Ok(()));
    }
}

/// What rule files are tried on: two shops, products of every kind of fact, a gift card, two lines that are alike.
fn checkout(currency: Currency) -> Checkout {
    let line = |id: &str, sku: &str, quantity, minor| {
        Line::new(id, sku, quantity, Money::from_minor(minor)).shop("a")
    };
    let lines = vec![
        line("1", "TEA", 5, 4_900).category("food/tea").tag("d11"),
        line("2", "TEA", 1, 4_900).category("food/tea").tag("d11"),
        line("3", "MUG", 3, 3_333).category("home/mug").attribute("colour", "white"),
        line("4", "SNACK", 7, 890).category("food/snack").tag("new").tax_class("reduced"),
        line("5", "PHONE", 1, 199_900)
            .category("digital/phone")
            .shop("b")
            .floor_price(Money::from_minor(150_000)),
        line("6", "BOOK", 2, 2_450).category("book").shop("b").reference_price(Money::from_minor(3_000)),
        line("7", "CARD", 1, 10_000).shop("b").gift_card(),
        line("8", "STAMP", 1, 120).shop("b").no_discount(),
    ];
    let charges = vec![
        Charge::new(Money::from_minor(800)).shop("a").method("standard"),
        Charge::new(Money::from_minor(2_500)).shop("b").method("express"),
    ];
    let customer = Customer::new("c1").segment("member").level(3).order_number(7).birthday(11, 30);
    let context = Context::new("2026-11-11T20:30:00+08:00".parse().expect("an instant"))
        .customer(customer)
        .code("save")
        .code("D11-60")
        .channel("app")
        .region("cn/sh")
        .payment_method("wallet")
        .group_size(3)
        .gift("CUP");
    Checkout {
        cart: Cart::new(currency, lines, charges).expect("a cart of few lines"),
        context,
        usage: Usage::default(),
    }
}
