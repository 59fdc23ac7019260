//! What a wallet holds, claimed like every other limit: the ledger knows what other orders have taken of it since.

use dealproof::checkout::{self, Order, Secured};
use dealproof::compile;
use dealproof::evaluate::Scratch;
use dealproof::ledger::{Embedded, Ledger, Limit, Settings};
use dealproof::money::{Currency, Money};
use dealproof::record::{Resource, ResourceKind};
use dealproof::rules::{Benefit, PointsRedeem, Rule, RuleSet};
use dealproof::shop::{Cart, Context, Customer, Line, Wallet};

/// A cart of 100.00, and 80 points of 1.00 each that the context says the customer has, where the ledger has so many.
fn secure(points_left: u64) -> Secured {
    let redeem = Benefit::PointsRedeem(PointsRedeem::new(1, "1".parse().unwrap()));
    let plan = compile(&RuleSet::new(Currency::CNY).rule(Rule::new("redeem", "points", redeem))).unwrap();
    let lines = vec![Line::new("1", "TEA", 1, Money::from_minor(10_000))];
    let cart = Cart::new(Currency::CNY, lines, vec![]).unwrap();
    let context =
        Context::default().customer(Customer::new("ann")).wallet(Wallet::default().points(80).redeem(80));
    let ledger = Embedded::new(Settings::new(Currency::CNY));
    let points = Resource::new("", ResourceKind::WalletPoints).of("ann");
    ledger.set_limit(&Limit::new(points, points_left), context.now).unwrap();
    let order = Order::new("order-1", "cart-1").customer("ann");
    let mut scratch = Scratch::default();
    checkout::secure(&ledger, &order, context.now, |usage| plan.price(&mut scratch, &cart, &context, usage))
        .unwrap()
}

#[test]
fn points_in_the_wallet_are_held_with_the_order() {
    let secured = secure(80);
    assert_eq!(secured.quote.totals.payable, Money::from_minor(10_000 - 8_000));
    assert!(secured.reservation.is_some() && secured.refused.is_empty());
}

#[test]
fn points_spent_elsewhere_meanwhile_leave_the_order_to_be_paid_in_money() {
    let secured = secure(79);
    assert_eq!(secured.quote.totals.payable, Money::from_minor(10_000));
    let short = &secured.refused[0];
    assert_eq!((short.wanted, short.available, secured.refused.len()), (80, 79, 1));
    assert!(secured.reservation.is_none());
}
