//! What rule sets and rules may say about returns, and the three ways in which units go.

use dealproof::money::Money;
use dealproof::record::{RefundOf, ResourceKind};
use dealproof::shop::Charge;
use serde_json::json;

use super::{back, context, line, off_50_from_300, policy, rules, sale};

/// The shop does not deliver the filler: it pays its share, 83.33, and the shirt keeps the discount it was bought with.
#[test]
fn what_the_shop_does_not_deliver_costs_the_shopper_no_threshold() {
    let lines = vec![line("filler", 1, 10_000), line("shirt", 2, 10_000)];
    let mut sale = sale(rules(json!({}), off_50_from_300()), lines, vec![], context());
    assert_eq!(sale.back(&back("r").undelivered("filler", 1)), 8_333);
    // A shirt goes back as if the filler had come: the other two alone cost 200.00, of 250.00.
    assert_eq!(sale.back(&back("s").line("shirt", 1)), 25_000 - 20_000);
    assert_eq!(sale.back(&sale.everything()), 25_000 - 8_333 - 5_000);
}

#[test]
fn a_fee_that_is_never_paid_back_is_where_nothing_was_shipped() {
    let bought = || {
        let fee = vec![Charge::new(Money::from_minor(800))];
        sale(rules(json!({"shipping": "never"}), json!([])), vec![line("a", 2, 5_000)], fee, context())
    };
    assert_eq!(bought().back(&back("r").line("a", 2)), 10_000);
    assert_eq!(bought().back(&back("r").cancelled("a", 2)), 10_800);
    assert_eq!(bought().back(&back("r").undelivered("a", 2)), 10_800);
    let mut first_cancelled = bought();
    assert_eq!(first_cancelled.back(&back("r").cancelled("a", 1)), 5_000);
    assert_eq!(first_cancelled.back(&back("s").line("a", 1)), 5_000);
}

#[test]
fn a_shops_fee_goes_with_the_last_of_its_goods() {
    let lines = vec![line("a", 1, 5_000).shop("s1"), line("b", 1, 5_000).shop("s2")];
    let fees = ["s1", "s2"].map(|shop| Charge::new(Money::from_minor(800)).shop(shop)).to_vec();
    let sale = sale(rules(json!({}), json!([])), lines, fees, context());
    let note = sale.refund(&back("r").line("a", 1));
    assert_eq!((note.money.minor(), note.part(&RefundOf::Shipping).minor()), (5_800, 800));
}

/// 50.00 off 300.00 under `safest`, and 10 % whose share stays: of 200.00 + 100.00, 50.00 and 30.00 come off.
#[test]
fn a_rule_may_have_a_policy_of_its_own() {
    let mut file = off_50_from_300();
    let ten = json!({"id": "ten", "stage": "order", "refund": "proportional",
        "condition": {"spend": {"at_least": "300.00"}}, "benefit": {"percent_off": {"percent": "10"}}});
    file.as_array_mut().unwrap().push(ten);
    let lines = vec![line("filler", 1, 10_000), line("shirt", 1, 20_000)];
    let mut sale = sale(rules(policy("safest"), file), lines, vec![], context());
    assert_eq!(sale.paid(), 30_000 - 5_000 - 3_000);
    // The shirt keeps its 20.00 of the 10 %, and nothing of the 50.00: it costs 180.00 of 220.00.
    assert_eq!(sale.back(&back("r").line("filler", 1)), 22_000 - 18_000);
}

#[test]
fn units_and_budgets_come_back_with_the_goods_and_uses_with_the_last() {
    let file = json!([{"id": "flash", "stage": "price", "benefit": {"unit_price": {"price": "9.00"}},
        "limits": {"units": 10, "budget": "1000.00", "uses": 5}}]);
    let mut sale = sale(rules(json!({}), file), vec![line("a", 3, 10_000)], vec![], context());
    let claims = |note: &dealproof::record::RefundNote| -> Vec<(ResourceKind, u64)> {
        note.claims.iter().map(|claim| (claim.resource.kind(), claim.amount)).collect()
    };
    let one = sale.refund(&back("r").line("a", 1));
    assert_eq!(claims(&one), [(ResourceKind::Units, 1), (ResourceKind::Budget, 9_100)]);
    sale.receipt = sale.receipt.with(one).unwrap();
    let rest = sale.refund(&back("s").line("a", 2));
    let all = [(ResourceKind::Uses, 1), (ResourceKind::Units, 2), (ResourceKind::Budget, 18_200)];
    assert_eq!(claims(&rest), all);
}

#[test]
fn coupons_that_never_come_back_do_not() {
    let mut file = off_50_from_300();
    file[0]["coupon"] = json!({"codes": ["FIFTY"]});
    file[0]["limits"] = json!({"uses": 10});
    let file = rules(json!({"coupons": "never"}), file);
    let sale = sale(file, vec![line("a", 3, 10_000)], vec![], context().code("fifty"));
    let note = sale.refund(&sale.everything());
    assert_eq!((note.money.minor(), note.coupons.len(), note.claims.len()), (25_000, 0, 0));
}

/// 300.00 for 250.00 of 350.00: 100.00 back by share 85.71. A further piece of 5.00 goes, and what is kept costs 295.00: the
/// shopper owes the difference, as one who had sent both back at once would have got less.
#[test]
fn a_return_that_makes_the_rest_dearer_is_charged() {
    let lines = || vec![line("a", 1, 29_500), line("b", 1, 500), line("c", 1, 10_000)];
    let buy = || sale(rules(json!({}), off_50_from_300()), lines(), vec![], context());
    let mut sale = buy();
    assert_eq!(sale.paid(), 35_000);
    // 100.00 less its share of the 50.00: a quarter.
    assert_eq!(sale.back(&back("r").line("c", 1)), 10_000 - 1_250);
    let owed = sale.back(&back("s").line("b", 1));
    assert_eq!(owed, 35_000 - 29_500 - 8_750);
    assert!(owed < 0);
    assert_eq!(buy().back(&back("t").line("b", 1).line("c", 1)), 35_000 - 29_500);
}

/// A coupon's uses stay where coupons never come back; those of a rule that anybody has are given back.
#[test]
fn only_uses_of_coupons_stay_where_coupons_never_come_back() {
    let off = |id: &str| {
        json!({"id": id, "stage": "coupon", "limits": {"uses": 10},
               "benefit": {"amount_off": {"amount": "5.00", "each": "once"}}})
    };
    let mut coupon = off("coupon");
    coupon["coupon"] = json!({"codes": ["FIVE"]});
    let file = rules(json!({"coupons": "never"}), json!([coupon, off("plain")]));
    let sale = sale(file, vec![line("a", 1, 10_000)], vec![], context().code("five"));
    let note = sale.refund(&sale.everything());
    let rules: Vec<&str> = note.claims.iter().map(|claim| claim.resource.rule().as_str()).collect();
    assert_eq!((note.money.minor(), rules), (9_000, vec!["plain"]));
}

/// 10 % up to 100.00, 5.00 off beyond: what is kept alone, 60.00, has the 10 % that the whole order had not.
#[test]
fn the_calculation_names_rules_that_only_what_is_kept_has() {
    let file = json!([
        {"id": "big", "stage": "order", "condition": {"spend": {"at_least": "100.00"}},
         "benefit": {"amount_off": {"amount": "5.00", "each": "once"}}},
        {"id": "small", "stage": "order", "condition": {"not": {"spend": {"at_least": "100.00"}}},
         "benefit": {"percent_off": {"percent": "10"}}}
    ]);
    let sale = sale(rules(policy("reprice"), file), vec![line("a", 2, 6_000)], vec![], context());
    let trace = sale.refund(&back("r").line("a", 1)).trace;
    let steps: Vec<(&str, i64, i64)> =
        trace.rules.iter().map(|step| (step.rule.as_str(), step.gave.minor(), step.alone.minor())).collect();
    assert_eq!(steps, [("big", 500, 0), ("small", 0, 600)]);
    assert_eq!((trace.kept_alone.unwrap().minor(), trace.back.minor()), (5_400, 11_500 - 5_400));
}
