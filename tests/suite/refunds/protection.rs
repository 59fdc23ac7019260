//! Price protection: its window, its base, its sums.

use dealproof::money::{Currency, Money};
use dealproof::record::{Quote, RefundNote};
use dealproof::refund::{Protect, RefundError, Refunder};
use dealproof::shop::{Cart, LineId, Moment};
use serde_json::{Value, json};

use super::{Sale, back, context, line, now, off_50_from_300, price, rules, sale};

fn protection(base: &str) -> Value {
    json!({"price_protection": {"minutes": 1_440, "base": base}})
}

fn quote_of(sale: &Sale, lines: Vec<dealproof::shop::Line>) -> Quote {
    let mut checkout = sale.receipt.checkout.clone();
    checkout.cart = Cart::new(Currency::CNY, lines, vec![]).unwrap();
    price(&sale.plan, &checkout)
}

fn protect(sale: &Sale, at: Moment, quote: &Quote) -> Result<RefundNote, RefundError> {
    let id = format!("p{}", sale.receipt.refunds.len());
    sale.plan.protect(&mut Refunder::default(), &sale.receipt, &Protect::new(id, at, quote))
}

#[test]
fn the_window_counts_from_delivery_and_is_half_open() {
    let mut sale =
        sale(rules(protection("payable"), json!([])), vec![line("a", 1, 10_000)], vec![], context());
    let quote = quote_of(&sale, vec![line("a", 1, 8_000)]);
    let after = |minutes: u32| now().after_minutes(minutes).unwrap();
    assert_eq!(protect(&sale, after(1_439), &quote).unwrap().money.minor(), 2_000);
    let until = after(1_440);
    assert_eq!(protect(&sale, until, &quote), Err(RefundError::ProtectionOver { until }));
    sale.receipt = sale.receipt.delivered(after(1_000));
    assert_eq!(protect(&sale, after(2_439), &quote).unwrap().money.minor(), 2_000);
}

#[test]
fn without_a_promise_nothing_is_paid() {
    let sale = sale(rules(json!({}), json!([])), vec![line("a", 1, 10_000)], vec![], context());
    let quote = quote_of(&sale, vec![line("a", 1, 8_000)]);
    assert_eq!(protect(&sale, now(), &quote), Err(RefundError::NoPriceProtection));
}

/// Three at 100.00 cost 250.00. At 90.00 the threshold is not met and 270.00 would be paid: no drop. The list price alone fell from what was paid,
/// 83.33 a piece, to 60.00 in the second case.
#[test]
fn the_base_says_whether_thresholds_count() {
    let bought = |base: &str| {
        sale(rules(protection(base), off_50_from_300()), vec![line("a", 3, 10_000)], vec![], context())
    };
    let paid = |base: &str, minor: i64| {
        let sale = bought(base);
        let quote = quote_of(&sale, vec![line("a", 3, minor)]);
        protect(&sale, now(), &quote).unwrap().money.minor()
    };
    assert_eq!((paid("payable", 9_000), paid("list", 9_000)), (0, 0));
    assert_eq!((paid("payable", 6_000), paid("list", 6_000)), (25_000 - 18_000, 25_000 - 18_000));
    // 330.00 less 50.00 would be paid now; against list prices it is not cheaper either.
    assert_eq!((paid("payable", 11_000), paid("list", 11_000)), (0, 0));
}

#[test]
fn the_quote_of_now_is_of_what_is_kept() {
    let mut sale =
        sale(rules(protection("payable"), json!([])), vec![line("a", 2, 10_000)], vec![], context());
    sale.back(&back("r").line("a", 1));
    let two = quote_of(&sale, vec![line("a", 2, 8_000)]);
    let other = || Err(RefundError::OtherGoods { line: LineId::new("a"), kept: 1 });
    assert_eq!(protect(&sale, now(), &two), other());
    let none = quote_of(&sale, vec![line("b", 1, 8_000)]);
    assert_eq!(protect(&sale, now(), &none), other());
    let one = quote_of(&sale, vec![line("a", 1, 8_000)]);
    assert_eq!(protect(&sale, now(), &one).unwrap().money.minor(), 2_000);
}

/// Two at 100.00; the price falls to 80.00 and both are protected, one goes back with its own 20.00, then it falls to 70.00.
#[test]
fn each_drop_is_paid_once_and_goes_with_its_units() {
    let mut sale =
        sale(rules(protection("payable"), json!([])), vec![line("a", 2, 10_000)], vec![], context());
    let claim = |sale: &mut Sale, units: u32, minor: i64| {
        let quote = quote_of(sale, vec![line("a", units, minor)]);
        let note = protect(sale, now(), &quote).unwrap();
        let money = note.money;
        sale.receipt = sale.receipt.clone().with(note).unwrap();
        money.minor()
    };
    assert_eq!(claim(&mut sale, 2, 8_000), 4_000);
    assert_eq!(claim(&mut sale, 2, 8_000), 0);
    assert_eq!(sale.back(&back("r").line("a", 1)), 10_000 - 2_000);
    assert_eq!(claim(&mut sale, 1, 7_000), 1_000);
    assert_eq!(sale.back(&back("s").line("a", 1)), 10_000 - 3_000);
    assert_eq!(sale.receipt.refunded(), Money::from_minor(20_000));
}
