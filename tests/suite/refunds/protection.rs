//! Price protection: its window, its base, its sums.

use dealproof::money::{Currency, Money};
use dealproof::record::{Quote, RefundNote};
use dealproof::refund::{Protect, RefundError, Refunder};
use dealproof::shop::{Cart, Charge, Context, LineId, Moment, Wallet};
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

/// A at 100.00 and B at 200.00 for 250.00, A for 83.33 of them. A falls to 40.00, 43.33 less than it cost; but then the threshold is
/// not met, and both cost 240.00 now: the order fell by 10.00. At 90.00 and 220.00 neither
/// fell below what it cost.
#[test]
fn by_list_prices_no_more_is_paid_than_the_order_fell_by() {
    let lines = |a: i64, b: i64| vec![line("a", 1, a), line("b", 1, b)];
    let rules = rules(protection("list"), off_50_from_300());
    let mut sale = sale(rules, lines(10_000, 20_000), vec![], context());
    assert_eq!(sale.paid(), 25_000);
    let note = protect(&sale, now(), &quote_of(&sale, lines(4_000, 20_000))).unwrap();
    assert_eq!(note.money.minor(), 25_000 - 24_000);
    assert_eq!(note.protected.len(), 1);
    assert_eq!((note.protected[0].line.as_str(), note.protected[0].amount.minor()), ("a", 1_000));
    sale.receipt = sale.receipt.with(note).unwrap();
    let again = protect(&sale, now(), &quote_of(&sale, lines(4_000, 20_000))).unwrap();
    assert_eq!(again.money, Money::ZERO);
    let dearer = protect(&sale, now(), &quote_of(&sale, lines(9_000, 22_000))).unwrap();
    assert_eq!(dearer.money, Money::ZERO);
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

fn new_price(rules_of_now: Value, lines: Vec<dealproof::shop::Line>) -> Quote {
    sale(rules(json!({}), rules_of_now), lines, vec![], context()).receipt.quote
}

fn off_100_from_300() -> Value {
    let mut file = off_50_from_300();
    file[0]["benefit"]["amount_off"]["amount"] = json!("100.00");
    file
}

/// 250.00 + 50.00 for 250.00, and then there are 100.00 off 300.00: 50.00 are paid. Without the filler none of the two discounts would be, and
/// the shirt would be kept for 208.33 by shares; alone it cost 250.00 then and costs 250.00 now.
#[test]
fn a_drop_that_a_filler_shares_is_taken_back_with_the_filler() {
    let lines = || vec![line("filler", 1, 5_000), line("shirt", 1, 25_000)];
    let mut sale = sale(rules(protection("payable"), off_50_from_300()), lines(), vec![], context());
    let note = protect(&sale, now(), &new_price(off_100_from_300(), lines())).unwrap();
    assert_eq!((sale.paid(), note.money.minor()), (25_000, 5_000));
    sale.receipt = sale.receipt.with(note).unwrap();
    assert_eq!(sale.back(&back("r").line("filler", 1)), -5_000);
    assert_eq!(sale.paid() - sale.receipt.refunded().minor(), 25_000);
    let alone = new_price(off_100_from_300(), vec![line("shirt", 1, 25_000)]);
    assert_eq!(protect(&sale, now(), &alone).unwrap().money.minor(), 0);
    assert_eq!(sale.back(&sale.everything()), 25_000);
}

/// 310.00 + 50.00 for 310.00; at 290.00 + 50.00 it is 20.00 less. Alone the shirt cost 260.00, 266.94 by its share, and costs 290.00 now, below
/// the threshold.
#[test]
fn a_drop_past_a_threshold_is_taken_back_with_the_filler() {
    let lines = |shirt: i64| vec![line("filler", 1, 5_000), line("shirt", 1, shirt)];
    let mut sale = sale(rules(protection("payable"), off_50_from_300()), lines(31_000), vec![], context());
    let note = protect(&sale, now(), &quote_of(&sale, lines(29_000))).unwrap();
    assert_eq!((sale.paid(), note.money.minor()), (31_000, 2_000));
    sale.receipt = sale.receipt.with(note).unwrap();
    // The filler's share of the 50.00 is 6.94.
    assert_eq!(sale.back(&back("r").line("filler", 1)), (5_000 - 694) - 2_000);
    assert_eq!(sale.paid() - sale.receipt.refunded().minor(), 26_694);
}

/// 2 x 100.00 and a filler; the price falls to 80.00, which needs no filler: both drops of 20.00 stay when it goes back.
#[test]
fn a_drop_that_the_goods_have_alone_stays_with_them() {
    let lines = |shirt: i64| vec![line("filler", 1, 1_000), line("shirt", 2, shirt)];
    let mut sale = sale(rules(protection("payable"), json!([])), lines(10_000), vec![], context());
    let note = protect(&sale, now(), &quote_of(&sale, lines(8_000))).unwrap();
    assert_eq!(note.money.minor(), 4_000);
    sale.receipt = sale.receipt.with(note).unwrap();
    assert_eq!(sale.back(&back("r").line("filler", 1)), 1_000);
    let alone = quote_of(&sale, vec![line("shirt", 2, 8_000)]);
    assert_eq!(protect(&sale, now(), &alone).unwrap().money.minor(), 0);
    // What a later claim paid comes on top: 10.00 for the one that is left.
    assert_eq!(sale.back(&back("s").line("shirt", 1)), 8_000);
    let alone = quote_of(&sale, vec![line("shirt", 1, 7_000)]);
    assert_eq!(protect(&sale, now(), &alone).unwrap().money.minor(), 1_000);
}

/// What a claim lost with the filler may be claimed again for what is kept: the shirt is sold to anybody for 200.00 by now.
#[test]
fn what_was_taken_back_may_be_claimed_again() {
    let lines = || vec![line("filler", 1, 5_000), line("shirt", 1, 25_000)];
    let mut sale = sale(rules(protection("payable"), off_50_from_300()), lines(), vec![], context());
    let note = protect(&sale, now(), &new_price(off_100_from_300(), lines())).unwrap();
    sale.receipt = sale.receipt.with(note).unwrap();
    sale.back(&back("r").line("filler", 1));
    let half = json!([{"id": "fifth", "stage": "order", "benefit": {"percent_off": {"percent": "20"}}}]);
    let alone = new_price(half, vec![line("shirt", 1, 25_000)]);
    let note = protect(&sale, now(), &alone).unwrap();
    assert_eq!(note.money.minor(), 25_000 - 20_000);
    sale.receipt = sale.receipt.with(note).unwrap();
    assert_eq!(sale.paid() - sale.receipt.refunded().minor(), 20_000);
    assert_eq!(sale.back(&sale.everything()), 20_000);
}

/// 1,000 points pay 10.00 of 100.00, then or now: no price has fallen by that.
#[test]
fn what_points_pay_is_no_drop_of_a_price() {
    let redeem = json!([{"id": "points", "stage": "points",
        "benefit": {"points_redeem": {"step": 100, "value": "1.00"}}}]);
    let with = || context().wallet(Wallet::default().points(1_000).redeem(1_000));
    let bought = |context: Context| {
        sale(rules(protection("payable"), redeem.clone()), vec![line("a", 1, 10_000)], vec![], context)
    };
    let at = |context: Context, minor: i64| {
        sale(rules(json!({}), redeem.clone()), vec![line("a", 1, minor)], vec![], context).receipt.quote
    };
    let paid = |then: Context, now_: Context, minor: i64| {
        protect(&bought(then), now(), &at(now_, minor)).unwrap().money.minor()
    };
    assert_eq!((bought(context()).paid(), bought(with()).paid()), (10_000, 9_000));
    assert_eq!(paid(context(), with(), 10_000), 0);
    assert_eq!(paid(with(), context(), 9_500), 500);
    assert_eq!(paid(with(), with(), 9_500), 500);
}

/// C4 by another way: 88.00 ship for nothing, the filler of 8.00 goes back and pays the fee. That fee is no price that fell.
#[test]
fn a_fee_that_came_back_is_no_drop_of_a_price() {
    let free = json!([{"id": "free", "stage": "shipping", "condition": {"spend": {"at_least": "88.00"}},
        "benefit": {"shipping": {"off": {"free": {}}}}}]);
    let lines = vec![line("a", 1, 8_000), line("filler", 1, 800)];
    let fee = vec![Charge::new(Money::from_minor(800))];
    let mut sale = sale(rules(protection("payable"), free), lines, fee, context());
    assert_eq!((sale.paid(), sale.back(&back("r").line("filler", 1))), (8_800, 0));
    let same = quote_of(&sale, vec![line("a", 1, 8_000)]);
    assert_eq!(protect(&sale, now(), &same).unwrap().money.minor(), 0);
    let lower = quote_of(&sale, vec![line("a", 1, 7_000)]);
    assert_eq!(protect(&sale, now(), &lower).unwrap().money.minor(), 1_000);
}
