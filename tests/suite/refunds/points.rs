//! Points: where they came from, and what is charged for those that are spent.

use dealproof::money::Money;
use dealproof::record::RefundOf;
use dealproof::shop::Charge;
use serde_json::{Value, json};

use super::{Sale, back, context, line, rules, sale};

fn earn(with: Value) -> Value {
    let mut earn = json!({"points": 1, "per": "1.00"});
    earn.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    json!([{"id": "earn", "stage": "reward", "benefit": {"points_earn": earn}}])
}

fn two(refunds: Value, with: Value, fee: i64) -> Sale {
    let lines = vec![line("a", 2, 5_000), line("b", 1, 10_000)];
    sale(rules(refunds, earn(with)), lines, vec![Charge::new(Money::from_minor(fee))], context())
}

/// A brings 100 points for 2 × 50.00, B none: they go with A, and B takes none with it.
#[test]
fn points_by_share_go_with_the_goods_that_brought_them() {
    let only_a = json!({"of": {"skus": ["SKU-a"]}});
    for refunds in [json!({"policy": "proportional"}), json!({"policy": "safest"})] {
        let bought = || two(refunds.clone(), only_a.clone(), 800);
        assert_eq!(bought().receipt.quote.points_earned(), 100);
        assert_eq!(bought().refund(&back("r").line("a", 2)).points.taken_back, 100);
        assert_eq!(bought().refund(&back("r").line("a", 1)).points.taken_back, 50);
        assert_eq!(bought().refund(&back("r").line("b", 1)).points.taken_back, 0);
        assert_eq!(bought().refund(&back("r").undelivered("a", 1)).points.taken_back, 50);
        assert_eq!(bought().refund(&back("r").undelivered("b", 1)).points.taken_back, 0);
    }
}

/// 200.00 of goods and a fee of 8.00 bring 208 points; the fee's go with the fee.
#[test]
fn points_of_a_fee_go_with_the_fee() {
    let mut sale = two(json!({"policy": "proportional"}), json!({"with_shipping": true}), 800);
    assert_eq!(sale.receipt.quote.points_earned(), 208);
    let most = sale.refund(&back("r").line("a", 2));
    assert_eq!(most.points.taken_back, 100);
    sale.receipt = sale.receipt.with(most).unwrap();
    assert_eq!(sale.refund(&back("s").line("b", 1)).points.taken_back, 108);
}

/// Seven points cost a cent. One point three times is three points once: one cent, whichever note says it.
#[test]
fn r2_points_that_are_charged_in_several_notes_are_rounded_up_together() {
    let refunds = json!({"spent_points": {"charge": {"points": 7, "value": "0.01"}}});
    let lines = || vec![line("a", 9, 100)];
    let bought = || sale(rules(refunds.clone(), earn(json!({}))), lines(), vec![], context());
    let charged = |sale: &mut Sale, id: &str, units: u32| {
        let note = sale.refund(&back(id).line("a", units).points_held(0));
        let charged = note.part(&RefundOf::SpentPoints).minor();
        sale.receipt = sale.receipt.clone().with(note).unwrap();
        charged
    };
    let mut apart = bought();
    let each = ["1", "2", "3"].map(|id| charged(&mut apart, id, 1));
    assert_eq!(each, [-1, 0, 0]);
    // Nine points cost two cents, so the last six cost one more.
    assert_eq!(charged(&mut apart, "rest", 6), -1);
    assert_eq!(charged(&mut bought(), "all", 9), -2);
}
