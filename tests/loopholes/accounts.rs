//! Certificates that limits hold, as they are and changed. Beside the library's own tests, where the ledger's locks are
//! those of a model checker.

use std::collections::BTreeMap;

use dealproof::audit::{Certificate, CheckError, Order, Promise, Promises, check};
use dealproof::money::{Currency, Money};
use dealproof::rules::{AmountOff, Benefit, Quota, Rule, RuleId, RuleLimits, RuleSet, Selector};
use dealproof::shop::{Cart, Catalogue, Context, Line, Product};

fn one(rule: Rule) -> RuleSet {
    RuleSet::new(Currency::CNY).rule(rule)
}

fn piece(sku: &str, quantity: u32) -> Line {
    Line::new(sku, sku, quantity, Money::from_minor(1_000)).cost(Money::from_minor(100))
}

fn shop() -> Catalogue {
    let products = ["LAMP", "MUG"].map(|sku| Product::new(piece(sku, 1)));
    Catalogue::new(Currency::CNY, products.to_vec()).unwrap()
}

fn order_of(sku: &str, quantity: u32) -> Order {
    let cart = Cart::new(Currency::CNY, vec![piece(sku, quantity)], Vec::new()).unwrap();
    Order::new(cart, Context::new("2026-11-11T00:00:00+08:00".parse().unwrap()))
}

fn accounts(rules: &RuleSet, orders: &[(&str, Order)]) -> Result<(), CheckError> {
    let orders: BTreeMap<RuleId, Order> =
        orders.iter().map(|(rule, order)| (RuleId::new(rule), order.clone())).collect();
    let certificate = Certificate::Accounts { orders };
    check(rules, &shop(), &Promises::default(), Promise::LimitsHold, &certificate)
}

#[test]
fn a_changed_account_is_refused() {
    let off = || Benefit::AmountOff(AmountOff::once("5.00".parse().unwrap()).target(Selector::sku("LAMP")));
    let limited = |id: &str| Rule::new(id, "order", off()).limits(RuleLimits::none().uses(3));
    let rules = one(limited("first")).rule(limited("second"));
    let unclaimed = |rule: &str| Err(CheckError::Unclaimed { rule: rule.to_owned() });
    let (lamp, mug) = (order_of("LAMP", 1), order_of("MUG", 1));
    assert_eq!(accounts(&rules, &[("first", lamp.clone()), ("second", lamp.clone())]), Ok(()));
    // One rule without an order, one with an order in which it claims nothing, one under another's name.
    assert_eq!(accounts(&rules, &[("first", lamp.clone())]), unclaimed("second"));
    assert_eq!(accounts(&rules, &[("first", lamp.clone()), ("second", mug)]), unclaimed("second"));
    assert_eq!(accounts(&rules, &[("third", lamp.clone()), ("second", lamp.clone())]), unclaimed("first"));
    // It is no certificate of another promise, and none for rules with a limit more.
    let more = rules.clone().rule(limited("third"));
    assert_eq!(accounts(&more, &[("first", lamp.clone()), ("second", lamp.clone())]), unclaimed("third"));
    let certificate = Certificate::Accounts { orders: BTreeMap::new() };
    let checked = check(&rules, &shop(), &Promises::default(), Promise::EveryRule, &certificate);
    assert_eq!(checked, Err(CheckError::OtherPromise { promise: Promise::EveryRule }));
    // A budget is an account as well, and an order that spends nothing of it shows nothing.
    let budget = RuleLimits::none().budget("20.00".parse().unwrap());
    let rules = one(Rule::new("first", "order", off()).limits(budget));
    assert_eq!(accounts(&rules, &[("first", lamp)]), Ok(()));
    assert_eq!(accounts(&rules, &[("first", order_of("MUG", 1))]), unclaimed("first"));
}

#[test]
fn a_quota_is_an_account_of_all_its_rules() {
    let each = Benefit::AmountOff(AmountOff::per_unit("1.00".parse().unwrap()).target(Selector::sku("LAMP")));
    let rules = one(Rule::new("first", "order", each).quota("slot")).quota(Quota::new("slot").units(3));
    let nothing = Certificate::NoCase {};
    let checked = check(&rules, &shop(), &Promises::default(), Promise::LimitsHold, &nothing);
    assert_eq!(checked, Err(CheckError::HasCases { promise: Promise::LimitsHold }));
    let unclaimed = Err(CheckError::UnclaimedQuota { quota: "slot".to_owned() });
    assert_eq!(accounts(&rules, &[]), unclaimed);
    assert_eq!(accounts(&rules, &[("first", order_of("MUG", 1))]), unclaimed);
    assert_eq!(accounts(&rules, &[("first", order_of("LAMP", 1))]), Ok(()));
}
