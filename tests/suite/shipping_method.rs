//! Conditions about shipping, in each kind of part (guide, section 9).

use dealproof::bounds::Limits;
use dealproof::evaluate::Scratch;
use dealproof::money::{Currency, Money};
use dealproof::record::Usage;
use dealproof::rules::{AmountOff, AnyOf, Benefit, Condition, Per, Rule, RuleSet};
use dealproof::shop::{Cart, Charge, Context, Line, ShippingMethod};
use dealproof::testkit::oracle;

/// 5.00 off each part in which something ships by express, of two products of two shops, one with an express charge.
fn payable(per: Per) -> i64 {
    let express = Condition::ShippingMethod(AnyOf::new([ShippingMethod::new("express")]));
    let five = Benefit::AmountOff(AmountOff::once("5".parse().unwrap()));
    let rules = RuleSet::new(Currency::CNY).rule(Rule::new("a", "order", five).per(per).condition(express));
    assert!(dealproof::validate::validate(&rules, &Limits::default()).is_empty());
    let line = |id: &str, shop: &str| Line::new(id, id, 1, Money::from_minor(4_000)).shop(shop);
    let lines = vec![line("cup", "east"), line("tea", "west")];
    let charge = Charge::new(Money::from_minor(800)).shop("west").method("express");
    let cart = Cart::new(Currency::CNY, lines, vec![charge]).unwrap();
    let (context, usage) = (Context::default(), Usage::default());
    let quote =
        dealproof::compile(&rules).unwrap().price(&mut Scratch::default(), &cart, &context, &usage).unwrap();
    oracle::compare(&oracle::price(&rules, &cart, &context, &usage), &quote).unwrap();
    quote.totals.payable.minor()
}

#[test]
fn a_shipping_method_is_asked_of_the_order_and_of_the_shop_in_its_part() {
    // 40.00 + 40.00 + 8.00; once off the order, once off the shop that ships by express.
    assert_eq!((payable(Per::Order), payable(Per::Shop)), (8_300, 8_300));
    // Lines have no charges, so each asks the order.
    assert_eq!(payable(Per::Line), 7_800);
}
