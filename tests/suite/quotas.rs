//! Flash-sale slots that share a campaign's total: every unit is worked by hand.

use dealproof::checkout::{self, Order};
use dealproof::compile;
use dealproof::evaluate::Scratch;
use dealproof::ledger::{Commit, Embedded, Ledger, Limit, Settings};
use dealproof::money::{Currency, Money};
use dealproof::record::{Claim, Outcome, Quote, Reason, Resource, ResourceKind, Trace, Usage};
use dealproof::rules::{
    Benefit, Condition, PercentOff, Quota, Rule, RuleLimits, RuleSet, Selector, Short, UnitPrice, Window,
};
use dealproof::shop::{Cart, Context, Customer, Line, Moment};
use dealproof::testkit::oracle;

fn moment(hour: u32) -> Moment {
    format!("2026-11-11T{hour:02}:00:00+08:00").parse().unwrap()
}

/// A slot that opens at an hour and lasts two: 199.00 phones for 99.00, twenty in the slot.
fn slot(id: &str, hour: u32) -> Rule {
    flash(id, "PHONE", "99.00")
        .condition(Condition::Window(Window::new(Some(moment(hour)), Some(moment(hour + 2)))))
        .limits(RuleLimits::none().units(20))
}

fn flash(id: &str, sku: &str, price: &str) -> Rule {
    let price = UnitPrice::new(price.parse().unwrap(), Selector::sku(sku));
    Rule::new(id, "price", Benefit::UnitPrice(price)).quota("campaign")
}

/// Fifty phones over two slots, two for each customer.
fn campaign() -> RuleSet {
    let quota = Quota::new("campaign").units(50).units_per_customer(2);
    RuleSet::new(Currency::CNY).quota(quota).rule(slot("slot-10", 10)).rule(slot("slot-20", 20))
}

fn cart(lines: &[(&str, u32, i64)]) -> Cart {
    let line = |(at, (sku, units, price)): (usize, &(&str, u32, i64))| {
        Line::new(at.to_string(), *sku, *units, Money::from_minor(*price))
    };
    Cart::new(Currency::CNY, lines.iter().enumerate().map(line).collect(), vec![]).unwrap()
}

fn context(customer: &str, hour: u32) -> Context {
    Context::new(moment(hour)).customer(Customer::new(customer))
}

/// Prices, and has the oracle agree.
fn price(rules: &RuleSet, cart: &Cart, context: &Context, usage: &Usage) -> Quote {
    let quote = compile(rules).unwrap().price(&mut Scratch::default(), cart, context, usage).unwrap();
    oracle::compare(&oracle::price(rules, cart, context, usage), &quote).unwrap();
    quote
}

fn used(units: u64, of_customer: u64) -> Usage {
    let usage =
        format!(r#"{{"quotas": {{"campaign": {{"units": {units}, "customer_units": {of_customer}}}}}}}"#);
    serde_json::from_str(&usage).unwrap()
}

fn campaign_claims(units: u64) -> [Claim; 2] {
    [
        Claim::new(Resource::quota("campaign", ResourceKind::Units), units),
        Claim::new(Resource::quota("campaign", ResourceKind::CustomerUnits).of("ann"), units),
    ]
}

#[test]
fn a_cart_takes_the_least_of_what_campaign_slot_and_customer_leave() {
    let five = cart(&[("PHONE", 5, 19_900)]);
    // Campaign 50, slot 20, customer 2: two at 99.00, three at 199.00.
    let quote = price(&campaign(), &five, &context("ann", 10), &Usage::default());
    assert_eq!(quote.totals.payable.minor(), 2 * 9_900 + 3 * 19_900);
    assert_eq!(quote.rules[0].short_units, 3);
    let of_slot = Claim::new(Resource::new("slot-10", ResourceKind::Units), 2);
    let [campaign_units, of_ann] = campaign_claims(2);
    assert_eq!(quote.claims, [campaign_units, of_ann, of_slot]);
    // Of 50, 49 are sold: one is left, whatever the slot has.
    let quote = price(&campaign(), &five, &context("ann", 10), &used(49, 0));
    assert_eq!(quote.totals.payable.minor(), 9_900 + 4 * 19_900);
    assert_eq!((quote.rules[0].short_units, quote.claims[0].amount), (4, 1));
    // She bought one in the morning: one is left for her in the evening.
    let quote = price(&campaign(), &five, &context("ann", 20), &used(30, 1));
    assert_eq!(quote.totals.payable.minor(), 9_900 + 4 * 19_900);
    assert_eq!(quote.rules[0].rule.as_str(), "slot-20");
}

#[test]
fn a_campaign_that_is_sold_out_says_so_in_every_slot() {
    let (rules, five, ann) = (campaign(), cart(&[("PHONE", 5, 19_900)]), context("ann", 20));
    let plan = compile(&rules).unwrap();
    let (mut quote, mut trace) = (Quote::new(), Trace::default());
    for (usage, limit) in [(used(50, 0), "units"), (used(40, 2), "units_per_customer")] {
        plan.price_traced(&mut Scratch::default(), &five, &ann, &usage, &mut quote, &mut trace).unwrap();
        assert_eq!(quote.totals.payable.minor(), 5 * 19_900);
        let gone = Reason::QuotaExhausted { quota: "campaign".into(), limit };
        assert_eq!(trace.of("slot-20").unwrap().outcome, Outcome::NotApplied(gone));
    }
    let nobody = Context::new(moment(20));
    plan.price_traced(&mut Scratch::default(), &five, &nobody, &Usage::default(), &mut quote, &mut trace)
        .unwrap();
    let outcome = &trace.of("slot-20").unwrap().outcome;
    assert_eq!(*outcome, Outcome::NotApplied(Reason::CustomerUnknown));
}

/// Phones at 99.00 save 100.00 each, buds at 49.00 save 50.00; three units in all.
fn two_products() -> RuleSet {
    let quota = Quota::new("campaign").units(3);
    let (phone, buds) = (flash("phone", "PHONE", "99.00"), flash("buds", "BUDS", "49.00"));
    RuleSet::new(Currency::CNY).quota(quota).rule(buds).rule(phone)
}

#[test]
fn two_lines_never_share_the_last_unit() {
    let both = cart(&[("BUDS", 2, 9_900), ("PHONE", 2, 19_900)]);
    let quote = price(&two_products(), &both, &context("ann", 10), &Usage::default());
    // Units that save most come first: two phones, then one of the two buds.
    assert_eq!(quote.lines[0].payable.minor(), 4_900 + 9_900);
    assert_eq!(quote.lines[1].payable.minor(), 2 * 9_900);
    let short: Vec<_> = quote.rules.iter().map(|rule| (rule.rule.as_str(), rule.short_units)).collect();
    assert_eq!(short, [("buds", 1), ("phone", 0)]);
    assert_eq!(quote.claims, [Claim::new(Resource::quota("campaign", ResourceKind::Units), 3)]);
}

#[test]
fn where_rules_stack_the_first_takes_and_the_next_finds_it_gone() {
    let mut rules = two_products();
    for rule in &mut rules.rules {
        rule.stage = "item".into();
    }
    let both = cart(&[("BUDS", 2, 9_900), ("PHONE", 2, 19_900)]);
    let quote = price(&rules, &both, &context("ann", 10), &Usage::default());
    // By id `buds` comes before `phone`: two buds, then one phone.
    assert_eq!(quote.lines[0].payable.minor(), 2 * 4_900);
    assert_eq!(quote.lines[1].payable.minor(), 9_900 + 19_900);
}

#[test]
fn a_rule_that_refuses_a_part_leaves_the_quota_to_others() {
    let mut rules = two_products();
    for rule in &mut rules.rules {
        rule.limits = RuleLimits::none().short(Short::Refuse);
    }
    // Two phones leave one unit, and the buds want two or none.
    let both = cart(&[("BUDS", 2, 9_900), ("PHONE", 2, 19_900)]);
    let quote = price(&rules, &both, &context("ann", 10), &Usage::default());
    assert_eq!(quote.lines[0].payable.minor(), 2 * 9_900);
    assert_eq!(quote.lines[1].payable.minor(), 2 * 9_900);
    assert_eq!(quote.claims[0].amount, 2);
}

#[test]
fn the_order_of_quotas_moves_neither_claims_nor_fingerprint() {
    let of = |quotas: [Quota; 2]| {
        let set = quotas.into_iter().fold(RuleSet::new(Currency::CNY), RuleSet::quota);
        set.rule(flash("phone", "PHONE", "99.00").quota("slot"))
    };
    let (campaign, slot) = (Quota::new("campaign").units(3), Quota::new("slot").units(2));
    let (one, other) = (of([campaign.clone(), slot.clone()]), of([slot, campaign]));
    assert_eq!(compile(&one).unwrap().fingerprint(), compile(&other).unwrap().fingerprint());
    let (phones, ann) = (cart(&[("PHONE", 5, 19_900)]), context("ann", 10));
    let quote = price(&one, &phones, &ann, &Usage::default());
    assert_eq!(quote, price(&other, &phones, &ann, &Usage::default()));
    assert_eq!(quote.totals.payable.minor(), 2 * 9_900 + 3 * 19_900);
    let text = serde_json::to_string(&quote).unwrap();
    assert!(text.contains(r#"{"quota":"slot","limit":"units","amount":2}"#), "{text}");
    assert_eq!(serde_json::from_str::<Quote>(&text).unwrap(), quote);
}

/// Buys phones through pricing and ledger together; what is paid.
fn buy(rules: &RuleSet, ledger: &Embedded, customer: &str, hour: u32, units: u32) -> i64 {
    let plan = compile(rules).unwrap();
    let (cart, context) = (cart(&[("PHONE", units, 19_900)]), context(customer, hour));
    let id = format!("{customer}-{hour}");
    let order = Order::new(id.as_str(), id.as_str()).customer(customer);
    let mut scratch = Scratch::default();
    let secured = checkout::secure(ledger, &order, context.now, |usage| {
        plan.price(&mut scratch, &cart, &context, usage)
    })
    .unwrap();
    if let Some((reservation, _)) = secured.reservation {
        ledger.commit(&Commit::all(reservation, format!("pay-{id}")), context.now).unwrap();
    }
    secured.quote.totals.payable.minor()
}

#[test]
fn the_ledger_holds_campaign_slot_and_customer_together() {
    let mut rules = campaign();
    rules.quotas[0].units = Some(5);
    let ledger = Embedded::new(Settings::new(Currency::CNY));
    for limit in Limit::of_rules(&rules).unwrap() {
        ledger.set_limit(&limit, moment(9)).unwrap();
    }
    // Five in all, two for each: 2 + 2 in the morning, the last one in the evening, then none.
    assert_eq!(buy(&rules, &ledger, "ann", 10, 3), 2 * 9_900 + 19_900);
    assert_eq!(buy(&rules, &ledger, "bob", 11, 2), 2 * 9_900);
    assert_eq!(buy(&rules, &ledger, "ann", 20, 1), 19_900);
    assert_eq!(buy(&rules, &ledger, "cai", 20, 2), 9_900 + 19_900);
    assert_eq!(buy(&rules, &ledger, "dan", 21, 1), 19_900);
    let all = Resource::quota("campaign", ResourceKind::Units);
    let balance = ledger.balance(&all, moment(21)).unwrap();
    assert_eq!((balance.spent, balance.available), (5, 0));
    let evening = Resource::new("slot-20", ResourceKind::Units);
    assert_eq!(ledger.balance(&evening, moment(21)).unwrap().spent, 1);
}

#[test]
fn goods_that_became_free_use_up_nothing_of_a_limit_that_is_far_away() {
    let percent = |id: &str, off: &str| {
        let off = PercentOff::new(off.parse().unwrap());
        let off = if id == "b-free" { off.target(Selector::sku("A")) } else { off };
        Rule::new(id, "item", Benefit::PercentOff(off))
    };
    let limited = |id: &str| percent(id, "1").limits(RuleLimits::none().units(1_000));
    let rules = RuleSet::new(Currency::CNY)
        .rule(limited("a-first"))
        .rule(percent("b-free", "100"))
        .rule(limited("c-later"))
        .rule(limited("d-last"));
    let cart = cart(&[("A", 2, 10_000), ("B", 3, 10_000)]);
    let quote = price(&rules, &cart, &context("ann", 10), &Usage::default());
    // Five units are worth something to the first, then only the three of B.
    let units: Vec<u64> = quote.claims.iter().map(|claim| claim.amount).collect();
    assert_eq!(units, [5, 3, 3]);
}
