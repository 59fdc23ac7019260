use super::*;
use crate::rules::UnitLimit;

fn capped(percent_off: &str, cap: &str) -> Rule {
    percent("capped", percent_off).cap(cap.parse().unwrap())
}

fn audited(rule: Rule, stock: Option<u32>) -> AuditReport {
    let promises = Promises::default().only([Promise::CapsMatter]);
    let rules = RuleSet::new(Currency::CNY).rule(rule);
    audit(&rules, &lamps(stock), &AuditBounds::default().promises(promises).orders(2_000)).unwrap()
}

fn whys(rule: Rule, stock: Option<u32>) -> Vec<String> {
    let report = audited(rule, stock);
    report.findings.iter().map(|one| one.why.as_ref().unwrap().to_string()).collect()
}

fn from(spend: &str) -> Condition {
    Condition::Spend(Spend::at_least(Selector::all(), spend.parse().unwrap()))
}

#[test]
fn a_cap_that_some_orders_reach_decides_something() {
    // A tenth of 150.00 is 15.00; of a lamp it is 1.00.
    let report = audited(capped("10", "15.00"), None);
    assert!(matches!(report.verdict(Promise::CapsMatter), Some(Verdict::Proved { .. })), "{report}");
}

#[test]
fn a_cap_beyond_all_that_is_in_stock_is_never_reached() {
    // Ten lamps are 100.00, a tenth of which is 10.00.
    let found = whys(capped("10", "10.00"), Some(10));
    assert_eq!(found, ["it never asks for more than 10, whatever its cap"]);
    // With eleven it would be 11.00.
    assert_eq!(whys(capped("10", "10.00"), Some(11)), Vec::<String>::new());
    // Where at most 99.99 may be spent it is 10.00 as well, rounded.
    let few = Condition::Spend(Spend::between(Selector::all(), None, Some("99.99".parse().unwrap())));
    assert_eq!(whys(capped("10", "10.00").condition(few), None).len(), 1);
    // Half of the two dearest lamps is 10.00.
    let mut two = PercentOff::new("50".parse().unwrap());
    two.limit = Some(UnitLimit::Dearest(2));
    let rule =
        |cap: &str| Rule::new("two", "order", Benefit::PercentOff(two.clone())).cap(cap.parse().unwrap());
    assert_eq!(whys(rule("10.00"), None).len(), 1);
    assert_eq!(whys(rule("9.99"), None), Vec::<String>::new());
}

#[test]
fn a_cap_below_what_the_threshold_gives_is_always_reached() {
    // A tenth of at least 100.00 is at least 10.00.
    let found = whys(capped("10", "10.00").condition(from("100.00")), None);
    assert_eq!(found, ["whenever it applies it asks for 10 or more, and gets its cap"]);
    assert_eq!(whys(capped("10", "10.01").condition(from("100.00")), None), Vec::<String>::new());
    // Lamps that another rule locks are counted, and get nothing.
    let lock = percent("lock", "50").stacking(Stacking::free().exclusive(crate::rules::Exclusive::Lines));
    let rules = RuleSet::new(Currency::CNY).rule(capped("10", "10.00").condition(from("100.00"))).rule(lock);
    let promises = Promises::default().only([Promise::CapsMatter]);
    let report = audit(&rules, &lamps(None), &AuditBounds::default().promises(promises).orders(500)).unwrap();
    assert_eq!(report.findings, []);
}
