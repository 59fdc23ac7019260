//! Orders of one customer, one after the other: each has the next number.

use super::*;
use crate::rules::OrderNumber;

fn split(rule: Rule) -> AuditReport {
    let catalogue = Catalogue::new(Currency::CNY, vec![sold("LAMP", 10_000, 100)]).unwrap();
    let promises = Promises::default().only([Promise::SplitPays]);
    let bounds = AuditBounds::default().promises(promises).orders(4_000);
    audit(&RuleSet::new(Currency::CNY).rule(rule), &catalogue, &bounds).unwrap()
}

#[test]
fn what_later_orders_get_is_had_by_splitting_and_what_the_first_gets_is_not() {
    let ten = || Rule::new("ten", "order", Benefit::AmountOff(AmountOff::once("10.00".parse().unwrap())));
    let second = Condition::OrderNumber(OrderNumber::between(Some(2), Some(2)));
    let report = split(ten().condition(second));
    // One lamp for 100.00 and one for 90.00, instead of two for 200.00.
    assert_eq!(report.of(Promise::SplitPays).next().unwrap().worst.loss.minor(), 1_000);
    let report = split(ten().condition(Condition::FirstOrder {}));
    assert!(report.of(Promise::SplitPays).next().is_none(), "{report}");
}
