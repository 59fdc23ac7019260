//! What is refused: each with its typed error, and nothing half done.

use dealproof::compile;
use dealproof::money::Money;
use dealproof::record::Way;
use dealproof::refund::{RefundError, Refunder, Return};
use serde_json::json;

use super::{Sale, back, context, line, off_50_from_300, policy, rules, sale};

fn bought() -> Sale {
    let lines = vec![line("filler", 1, 10_000), line("shirt", 2, 10_000)];
    let mut file = off_50_from_300();
    let gift = json!({"id": "gift", "stage": "reward", "benefit": {"gift": {"options": [{"sku": "CUP"}]}}});
    let grant = json!({"id": "later", "stage": "reward", "benefit": {"grant": {"give": {"coupon": "NEXT"}}}});
    file.as_array_mut().unwrap().extend([gift, grant]);
    sale(rules(json!({}), file), lines, vec![], context())
}

fn refused(sale: &Sale, returned: &Return) -> RefundError {
    sale.plan.refund(&mut Refunder::default(), &sale.receipt, returned).unwrap_err()
}

#[test]
fn unknown_lines_and_gifts_are_refused() {
    let sale = bought();
    assert_eq!(refused(&sale, &back("r").line("hat", 1)), RefundError::UnknownLine { line: "hat".into() });
    assert_eq!(refused(&sale, &back("r").gift("HAT", 1)), RefundError::UnknownGift { sku: "HAT".into() });
}

#[test]
fn more_units_or_pieces_than_are_left_are_refused() {
    let mut sale = bought();
    let units = |given, left| RefundError::TooManyUnits { line: "shirt".into(), given, left };
    assert_eq!(refused(&sale, &back("r").line("shirt", 3)), units(3, 2));
    // Named twice, in whatever way, they count together.
    assert_eq!(refused(&sale, &back("r").line("shirt", 1).cancelled("shirt", 2)), units(2, 1));
    sale.back(&back("r").way("shirt", Way::Returned, 2));
    assert_eq!(refused(&sale, &back("s").line("shirt", 1)), units(1, 0));
    let pieces = RefundError::TooManyPieces { sku: "CUP".into(), given: 2, left: 1 };
    assert_eq!(refused(&sale, &back("s").gift("CUP", 2)), pieces);
}

#[test]
fn nothing_a_repeated_id_and_impossible_facts_are_refused() {
    let mut sale = bought();
    assert_eq!(refused(&sale, &back("r")), RefundError::Nothing);
    assert_eq!(refused(&sale, &back("r").line("shirt", 0)), RefundError::Nothing);
    let freight = back("r").line("shirt", 1).freight(Money::from_minor(-1));
    assert_eq!(refused(&sale, &freight), RefundError::FreightOutOfRange { given: -1 });
    // What was sent back nowhere cost nothing to send.
    let nothing = RefundError::FreightForNothing { given: 580 };
    let freight = Money::from_minor(580);
    assert_eq!(refused(&sale, &back("r").freight(freight)), nothing);
    assert_eq!(refused(&sale, &back("r").cancelled("shirt", 1).freight(freight)), nothing);
    let spent =
        |rule: &str, given, most| RefundError::SpentOutOfRange { rule: rule.into(), given, least: 0, most };
    assert_eq!(refused(&sale, &back("r").line("shirt", 1).spent("later", 2)), spent("later", 2, 1));
    assert_eq!(refused(&sale, &back("r").line("shirt", 1).spent("gift", 1)), spent("gift", 1, 0));
    sale.back(&back("r").line("shirt", 1));
    assert_eq!(refused(&sale, &back("r").line("shirt", 1)), RefundError::Repeated { id: "r".into() });
}

#[test]
fn what_is_refused_changes_nothing() {
    let sale = bought();
    let mut used = Refunder::default();
    let half_wrong = back("r").line("filler", 1).line("shirt", 3);
    assert!(sale.plan.refund(&mut used, &sale.receipt, &half_wrong).is_err());
    let returned = back("r").line("filler", 1);
    let note = sale.plan.refund(&mut used, &sale.receipt, &returned).unwrap();
    assert_eq!(note, sale.refund(&returned));
}

/// The shop doubles its discount; the receipt is refunded by the rules it was bought under, which it holds itself.
#[test]
fn receipts_of_an_older_rule_file_refund_by_that_file() {
    let sale = bought();
    let mut newer = off_50_from_300();
    newer[0]["benefit"]["amount_off"]["amount"] = json!("100.00");
    let today = compile(&rules(policy("proportional"), newer)).unwrap();
    let error = today.refund(&mut Refunder::default(), &sale.receipt, &back("r").line("filler", 1));
    let (receipt, plan) = (sale.rules.clone(), today.fingerprint());
    let receipt = compile(&receipt).unwrap().fingerprint();
    assert_eq!(error, Err(RefundError::OtherPlan { receipt, plan }));
    let own = compile(sale.receipt.rules.as_ref().unwrap()).unwrap();
    let note = own.refund(&mut Refunder::default(), &sale.receipt, &back("r").line("filler", 1)).unwrap();
    // 250.00 less the 200.00 that two shirts cost alone.
    assert_eq!(note.money.minor(), 5_000);
}

/// How returns are paid back is part of what a receipt pins.
#[test]
fn another_policy_is_another_plan() {
    let prints = ["proportional", "reprice", "safest"]
        .map(|name| compile(&rules(policy(name), off_50_from_300())).unwrap().fingerprint());
    assert_ne!(prints[0], prints[1]);
    let silent = compile(&rules(json!({}), off_50_from_300())).unwrap().fingerprint();
    assert_eq!(prints[2], silent);
}

/// A worth of as much money as there can be, twenty times.
#[test]
fn amounts_beyond_all_money_are_refused() {
    let gift = json!([{"id": "gift", "stage": "reward", "benefit": {"gift": {
        "options": [{"sku": "CUP", "worth": "10000000000000000.00", "quantity": 20}]}}}]);
    let sale = sale(rules(json!({}), gift), vec![line("a", 1, 100)], vec![], context());
    let limit = 4_000_000_000_000_000_000;
    assert_eq!(refused(&sale, &back("r").line("a", 1)), RefundError::TooLarge { limit });
}
