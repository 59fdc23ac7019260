//! What is newly broken by a change, and goods that keep a rule away bought apart.

use super::false_proofs::{one, read, shop, sold};
use super::*;
use crate::audit::basket::Script;
use crate::audit::market::Market;
use crate::audit::search::Search;

#[test]
fn a_worse_order_that_was_broken_before_hides_none_that_is_newly_broken() {
    // Half off lamps of 100.00 loses 40.00 of their 90.00; half off cups of 10.00 as well loses 1.00 of their 6.00.
    let half = |skus: &[&str]| {
        let half = PercentOff::new("50".parse().unwrap()).target(Selector::skus(skus));
        one(Rule::new("half", "order", Benefit::PercentOff(half)))
    };
    let catalogue = shop([sold("LAMP", 10_000, 9_000), sold("CUP", 1_000, 600)]);
    let thresholds = Promises::default().thresholds(Currency::CNY).unwrap();
    let (before, now) = (half(&["LAMP"]), half(&["LAMP", "CUP"]));
    let old = World::new(&before, &catalogue, thresholds).unwrap();
    let new = World::new(&now, &catalogue, thresholds).unwrap();
    let market = Market::new(&now, &catalogue);
    let check = Check { promise: Promise::AboveCost, subject: Vec::new(), tier: None };
    let checks = [check];
    let bounds = AuditBounds::default().orders(2_000);
    let losses = |script: &Script| {
        let witness = script.witness(&old).unwrap();
        let quote = &witness.replay(&old.plan, &mut crate::evaluate::Scratch::default()).unwrap().quotes[0];
        old.size_of(&checks[0], &witness.orders[0], quote)
    };
    let mut unwatched = |_| {};
    let mut was_broken = |_: &Check, script: &Script| (losses(script) > 0, 1);
    let mut search = Search::new(&new, &market, &checks, &bounds, &mut unwatched);
    search.before = Some(&mut was_broken);
    search.run();
    let newly: Vec<Script> = search.breaches(0).into_iter().map(|(_, hit)| hit.script).collect();
    assert!(!newly.is_empty());
    assert!(newly.iter().all(|script| losses(script) <= 0), "{newly:?}");
}

#[test]
fn what_a_rule_does_not_take_together_with_others_is_bought_apart() {
    let catalogue = shop([sold("LAMP", 10_000, 1_000), sold("PEN", 10_000, 1_000)]);
    // Six tenths off all, but not beside more than five pens, or beside any.
    for condition in [
        r#"{"quantity": {"of": {"skus": ["PEN"]}, "at_most": 5}}"#,
        r#"{"not": {"quantity": {"of": {"skus": ["PEN"]}, "at_least": 6}}}"#,
        r#"{"not": {"contains": {"of": {"skus": ["PEN"]}}}}"#,
        r#"{"spend": {"of": {"skus": ["PEN"]}, "at_most": "500.00"}}"#,
    ] {
        let rules = read(&format!(
            r#"{{"format": 1, "currency": "CNY", "rules": [{{"id": "six", "stage": "order", "condition": {condition},
            "limits": {{"uses_per_customer": 1}}, "benefit": {{"percent_off": {{"percent": "60"}}}}}}]}}"#
        ));
        let promises = Promises::default().only([Promise::SplitPays]).split_max("60.00".parse().unwrap());
        let report =
            audit(&rules, &catalogue, &AuditBounds::default().promises(promises).orders(4_000)).unwrap();
        // More than one lamp: 60.00 is what six tenths of one are.
        let worst = report.findings.first().unwrap_or_else(|| panic!("{condition}: {report}"));
        assert!(worst.loss > Money::from_minor(6_000), "{condition}: {report}");
    }
}
