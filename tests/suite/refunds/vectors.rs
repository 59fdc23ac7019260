//! The test vectors: 3 is a basket that refunds must not mend or break, 4 and 5 the filler, 8 the deposit, 9 another shop's rule.

use dealproof::record::{RefundBasis, RefundOf};
use dealproof::shop::LineId;
use serde_json::{Value, json};

use super::{back, context, line, off_50_from_300, policy, rules, sale};

fn filler_of_100(name: &str) -> super::Sale {
    let lines = vec![line("filler", 1, 10_000), line("shirt", 1, 20_000)];
    sale(rules(policy(name), off_50_from_300()), lines, vec![], context())
}

/// Vector 4: paid 250.00; the filler's share of the 50.00 is 16.67, and the shirt alone costs 200.00.
#[test]
fn vector_4_the_filler_pays_back_what_the_shirt_leaves() {
    for (name, expected) in [("proportional", 8_333), ("reprice", 25_000 - 20_000), ("safest", 5_000)] {
        let mut sale = filler_of_100(name);
        assert_eq!(sale.paid(), 25_000);
        assert_eq!(sale.back(&back("r").line("filler", 1)), expected, "{name}");
        // Whatever came first, all of it is all that was paid.
        assert_eq!(sale.back(&sale.everything()), 25_000 - expected, "{name}");
    }
}

#[test]
fn vector_4_the_note_says_how_it_was_worked_out() {
    let sale = filler_of_100("safest");
    let note = sale.refund(&back("r").line("filler", 1));
    let trace = &note.trace;
    assert_eq!(trace.basis, RefundBasis::Alone);
    let minor = [trace.paid, trace.kept_share, trace.kept_alone.unwrap(), trace.kept_cost, trace.back];
    // The shirt's own share of the 50.00 is 33.33.
    assert_eq!(minor.map(|money| money.minor()), [25_000, 16_667, 20_000, 20_000, 5_000]);
    let [step] = &trace.rules[..] else { panic!("{trace:?}") };
    assert_eq!((step.gave.minor(), step.share.minor(), step.alone.minor()), (5_000, 3_333, 0));
    assert_eq!(note.part(&RefundOf::Line(LineId::new("filler"))).minor(), 5_000);
}

/// Vector 5: 299.00 with a filler of 1.00 costs 250.00. Alone it would cost 49.00 more than was paid, which nobody charges.
#[test]
fn vector_5_past_the_cliff_nothing_comes_back_and_the_residue_is_told() {
    let lines = || vec![line("coat", 1, 29_900), line("filler", 1, 100)];
    for (name, expected) in [("proportional", 83), ("reprice", 0), ("safest", 0)] {
        let mut sale = sale(rules(policy(name), off_50_from_300()), lines(), vec![], context());
        assert_eq!(sale.paid(), 25_000);
        let note = sale.refund(&back("r").line("filler", 1));
        let residue = if name == "proportional" { 0 } else { 29_900 - 25_000 };
        assert_eq!((note.money.minor(), note.residue.minor()), (expected, residue), "{name}");
        assert_eq!(sale.back(&sale.everything()), 25_000);
    }
}

fn presale(refunds: Value) -> super::Sale {
    let rule = json!([{
        "id": "presale", "stage": "item",
        "benefit": {"presale": {"deposit": "50.00", "worth": "100.00",
            "balance": {"from": "2026-11-11T00:00:00+08:00", "until": "2026-11-12T00:00:00+08:00"}}}
    }]);
    sale(rules(refunds, rule), vec![line("coat", 1, 50_000)], vec![], context())
}

/// Vector 8: price 500.00, a deposit of 50.00 counts as 100.00, so the balance is 400.00 and 450.00 was paid.
#[test]
fn vector_8_a_deposits_worth_is_never_cash() {
    let mut sale = presale(json!({}));
    let parts: Vec<i64> = sale.receipt.quote.payments.iter().map(|part| part.amount.minor()).collect();
    assert_eq!(parts, [5_000, 40_000]);
    assert_eq!(sale.back(&back("r").line("coat", 1)), 45_000);
}

#[test]
fn vector_8_before_the_balance_is_paid_only_the_deposit_comes_back() {
    let mut sale = presale(json!({}));
    sale.receipt = sale.receipt.paid(dealproof::money::Money::from_minor(5_000));
    assert_eq!(sale.back(&back("r").cancelled("coat", 1)), 5_000);
}

#[test]
fn vector_8_a_deposit_that_is_kept_is_paid_back_where_the_shop_does_not_deliver() {
    let keep = || presale(json!({"deposit": "keep"}));
    assert_eq!(keep().back(&back("r").line("coat", 1)), 45_000 - 5_000);
    assert_eq!(keep().back(&back("r").undelivered("coat", 1)), 45_000);
    let mut unpaid = keep();
    unpaid.receipt = unpaid.receipt.paid(dealproof::money::Money::from_minor(5_000));
    assert_eq!(unpaid.back(&back("r").cancelled("coat", 1)), 0);
}

/// A deposit that counts as itself takes no money off, and is kept all the same; a pen that is kept does not save the coat's.
#[test]
fn a_plain_deposit_is_kept_for_units_that_are_given_up() {
    let rule = json!([{"id": "presale", "stage": "item", "benefit": {"presale": {"deposit": "50.00"}}}]);
    let bought = |policy: &str| {
        let refunds = json!({"deposit": "keep", "policy": policy});
        let lines = vec![line("coat", 2, 50_000), line("pen", 1, 1_000)];
        sale(rules(refunds, rule.clone()), lines, vec![], context())
    };
    for policy in ["proportional", "safest"] {
        assert_eq!(bought(policy).paid(), 101_000);
        assert_eq!(bought(policy).back(&back("r").cancelled("coat", 1)), 50_000 - 5_000);
        assert_eq!(bought(policy).back(&back("r").cancelled("coat", 2)), 100_000 - 2 * 5_000);
        assert_eq!(bought(policy).back(&back("r").line("pen", 1)), 1_000);
        let mut one_not_delivered = bought(policy);
        assert_eq!(one_not_delivered.back(&back("r").undelivered("coat", 1)), 50_000);
        assert_eq!(one_not_delivered.back(&back("s").line("coat", 1).line("pen", 1)), 51_000 - 5_000);
    }
}

/// Vector 9: 20 pieces of 5.00 with 5.00 off from 60.00; 95.00 was paid. Another shop pays 30.00 for six and 50.00 for eleven, which is
/// `reprice`: 70.00 - 5.00 is left for fourteen, 45.00 for nine. By shares it is 30.00 - 1.50 and 55.00 - 2.75.
#[test]
fn vector_9_the_policy_is_the_shops_to_choose() {
    let coupon = json!([{
        "id": "five", "stage": "coupon", "coupon": {"codes": ["FIVE"]},
        "condition": {"spend": {"at_least": "60.00"}},
        "benefit": {"amount_off": {"amount": "5.00", "each": "once"}}
    }]);
    for (name, six, eleven) in
        [("reprice", 3_000, 5_000), ("proportional", 2_850, 5_225), ("safest", 2_850, 5_000)]
    {
        let sale = || {
            sale(
                rules(policy(name), coupon.clone()),
                vec![line("sock", 20, 500)],
                vec![],
                context().code("five"),
            )
        };
        assert_eq!(sale().paid(), 9_500);
        assert_eq!(sale().back(&back("r").line("sock", 6)), six, "{name}");
        assert_eq!(sale().back(&back("r").line("sock", 11)), eleven, "{name}");
        let mut sale = sale();
        let parcels = [back("a").line("sock", 6), back("b").line("sock", 5)];
        assert_eq!(parcels.iter().map(|parcel| sale.back(parcel)).sum::<i64>(), eleven, "{name}");
    }
}

/// Vector 3: 30.00 off 99.00 beside 50.00 off 199.00, ten bags of rice at 19.90, which cost the shop 17.50. They sell 56.00 under cost; sending any
/// number back leaves the others no cheaper than they are alone.
#[test]
fn vector_3_no_part_of_the_basket_that_loses_most_is_cheaper_for_having_been_in_it() {
    let off = |id: &str, from: &str, amount: &str| {
        json!({"id": id, "stage": "order", "condition": {"spend": {"at_least": from}},
               "benefit": {"amount_off": {"amount": amount, "each": "once"}}})
    };
    let both = json!([off("shop", "99.00", "30.00"), off("platform", "199.00", "50.00")]);
    for bags in 1..=9_i64 {
        let mut sale = sale(rules(json!({}), both.clone()), vec![line("rice", 10, 1_990)], vec![], context());
        // 199.00 - 80.00, for goods that cost 175.00.
        assert_eq!((sale.paid(), 10 * 1_750 - sale.paid()), (11_900, 5_600));
        let kept = 10 - bags;
        let alone = kept * 1_990 - if kept * 1_990 >= 9_900 { 3_000 } else { 0 };
        // By shares, eight of each bag's 19.90 came off.
        let share = kept * 1_190;
        let money = sale.back(&back("r").line("rice", u32::try_from(bags).unwrap()));
        assert_eq!(money, 11_900 - alone.max(share).min(11_900), "{bags}");
    }
}
