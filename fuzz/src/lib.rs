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

use std::sync::{Arc, LazyLock, Mutex};

use dealproof::bargain::Bargain;
use dealproof::bounds::Limits;
use dealproof::choose::{Chooser, Coupon, Proof, Terms};
use dealproof::compile;
use dealproof::compile::Plan;
use dealproof::evaluate::{PriceError, Scratch};
use dealproof::group::Group;
use dealproof::ledger::{Embedded, Entry, JournalFailure, Ledger};
use dealproof::load;
use dealproof::money::{Currency, Money};
use dealproof::record::{Checkout, Quote, Trace, Usage};
use dealproof::refund::{Refunder, Return};
use dealproof::rules::RuleSet;
use dealproof::shop::{Cart, Charge, Context, Customer, Line, Moment};
use dealproof::testkit::brute::{self, Priced};
use dealproof::testkit::ledger::{self, Model, Step};
use dealproof::testkit::{
    Scenario, bargain_ops as play_bargain, group_ops as play_group, oracle, refund_ops as play_refunds,
};

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
    assert_eq!(play_group(bytes).map(|_| ()), Ok(()));
    if let Ok(mut group) = serde_json::from_slice::<Group>(bytes) {
        let written = serde_json::to_vec(&group).expect("a group can be written");
        assert_eq!(serde_json::from_slice::<Group>(&written).ok().as_ref(), Some(&group));
        let _ = group.advance(group.deadline());
    }
}

/// Whatever the order of helpers, a bargain's price only falls, never below its floor, and it is bought once. Any bytes are
/// steps; as a document they are refused, or they are a bargain that goes on.
pub fn bargain_ops(bytes: &[u8]) {
    assert_eq!(play_bargain(bytes).map(|_| ()), Ok(()));
    if let Ok(mut bargain) = serde_json::from_slice::<Bargain>(bytes) {
        let written = serde_json::to_vec(&bargain).expect("a bargain can be written");
        assert_eq!(serde_json::from_slice::<Bargain>(&written).ok().as_ref(), Some(&bargain));
        let _ = bargain.advance(bargain.deadline());
        assert_eq!(bargain.facts(), None);
    }
}

/// Whatever goes back, in whatever order, and however prices fall in between: what is due is what the oracle says, nobody gets
/// back more than they paid, and all of it is all that was paid. Any bytes are an order and its returns; as a receipt they are
/// refused, or it reads back as it was written and is refunded by its own rules.
pub fn refund_sequences(bytes: &[u8]) {
    assert_eq!(play_refunds(bytes).map(|_| ()), Ok(()));
    let limits = Limits::default();
    let Ok(receipt) = load::receipt(bytes, &limits) else {
        return;
    };
    let written = serde_json::to_vec(&receipt).expect("a receipt can be written");
    assert_eq!(load::receipt(&written, &limits).as_ref(), Ok(&receipt));
    let Some(plan) = receipt.rules.as_ref().and_then(|rules| compile(rules).ok()) else {
        return;
    };
    let all = Return::everything("all", receipt.quote.priced_at, &receipt);
    if let Ok(note) = plan.refund(&mut Refunder::default(), &receipt, &all) {
        assert!(receipt.with(note).is_ok());
    }
}

/// A script of calls gets from the ledger the answers of the plain model (L2), its journal replays to the same ledger (L3),
/// and a snapshot of it restores.
pub fn ledger_ops(bytes: &[u8]) {
    let settings = ledger::settings();
    let kept = Arc::new(Mutex::new(Vec::new()));
    let journal = Arc::clone(&kept);
    let real = Embedded::new(settings).journal(move |entry: &Entry| {
        journal.lock().map_err(|_| JournalFailure)?.push(entry.clone());
        Ok(())
    });
    let mut model = Model::new(settings);
    for Step { call, now } in ledger::steps(bytes) {
        assert_eq!(call.on(&real, now), model.answer(&call, now), "{call:?}");
    }
    let entries = kept.lock().expect("no call panicked").clone();
    let replayed = Embedded::new(settings).replay(&entries).expect("its own journal");
    let end = Moment::from_unix_ms(ledger::END_MS).expect("a moment");
    for one in [&real, &replayed] {
        one.expire(end).expect("a journal that works");
    }
    assert_eq!(replayed.snapshot(), real.snapshot());
    let restored = Embedded::restore(settings, &real.snapshot()).expect("its own snapshot");
    assert_eq!(restored.snapshot(), real.snapshot());
}

/// A snapshot is refused with its first problem, or it restores to a ledger that is the same when written again and answers
/// calls; the same bytes as a journal are refused or replay to something that can be written.
pub fn snapshot_bytes(bytes: &[u8]) {
    let (limits, settings) = (Limits::default(), ledger::settings());
    if let Ok(file) = load::journal(bytes, &limits)
        && let Ok(replayed) = Embedded::new(settings).replay(&file.entries)
    {
        assert!(Embedded::restore(settings, &replayed.snapshot()).is_ok());
    }
    let Ok(snapshot) = load::snapshot(bytes, &limits) else {
        return;
    };
    let Ok(restored) = Embedded::restore(settings, &snapshot) else {
        return;
    };
    assert_eq!(restored.snapshot(), snapshot);
    for Step { call, now } in ledger::steps(bytes) {
        call.on(&restored, now);
    }
    assert!(Embedded::restore(settings, &restored.snapshot()).is_ok());
}

/// The coupons chosen are those that trying all subsets finds (C1), with any budget the gap holds, and every code that
/// was not chosen is answered for.
pub fn choose_matches_brute_force(bytes: &[u8]) {
    let scenario = Scenario::of_coupons(bytes);
    let plan = compile(&scenario.rules).expect("valid by construction");
    let Scenario { rules, cart, context, usage } = &scenario;
    let (mut scratch, mut chooser) = (Scratch::default(), Chooser::default());
    let brute = brute::best(rules, context, u32::MAX, |context| {
        let quote = plan.price(&mut scratch, cart, context, usage).ok()?;
        Some(Priced {
            payable: quote.totals.payable.minor(),
            applied: quote.rules.iter().map(|rule| rule.rule.to_string()).collect(),
            codes: quote.codes.iter().map(|code| code.status).collect(),
        })
    });
    let brute = brute.expect("scenarios are small");
    let explained = plan.choose_explained(&mut chooser, cart, context, usage, &Terms::default());
    let explained = explained.expect("scenarios are small");
    let choice = &explained.choice;
    assert_eq!(choice.quote.totals.payable.minor(), brute.payable);
    assert_eq!(choice.chosen, brute.coupons);
    let lost = explained.lost.iter().map(|lost| &lost.coupon);
    let answered = lost.chain(choice.chosen.iter().map(|chosen| &chosen.coupon));
    let given = answered.filter(|coupon| !matches!(coupon, Coupon::Payment(_))).count();
    assert_eq!(given, context.codes.len() + context.coupons.len());
    let nodes = bytes.first().map_or(0, |byte| u64::from(*byte % 16));
    let cut = plan.choose(&mut chooser, cart, context, usage, &Terms::default().nodes(nodes));
    let cut = cut.expect("scenarios are small");
    if let Proof::Bounded { gap } = cut.proof {
        assert!(cut.quote.totals.payable.minor() - gap.minor() <= brute.payable);
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
