use super::*;
use crate::money::Money;
use crate::rules::{
    AmountOff, Benefit, Condition, Per, PercentOff, Rule, Selector, Spend, SpendTier, SpendTiers, Stacking,
    TierOff, Within,
};
use crate::shop::{Line, Product};

fn sold(sku: &str, price: i64, cost: i64) -> Product {
    Product::new(Line::new("", sku, 1, Money::from_minor(price)).cost(Money::from_minor(cost)))
}

fn lamps(stock: Option<u32>) -> Catalogue {
    let mut lamp = sold("LAMP", 1_000, 100);
    lamp.stock = stock;
    Catalogue::new(Currency::CNY, vec![lamp]).unwrap()
}

fn rule_of(rules: RuleSet, catalogue: &Catalogue) -> AuditReport {
    let promises = Promises::default().only([Promise::EveryRule]);
    audit(&rules, catalogue, &AuditBounds::default().promises(promises).orders(4_000)).unwrap()
}

/// 5.00 off 50.00, 20.00 off 100.00.
fn tiers() -> Rule {
    let tier = |at: &str, off: &str| SpendTier {
        at: at.parse().unwrap(),
        off: TierOff::Amount(off.parse().unwrap()),
    };
    let tiers = SpendTiers::new([tier("50.00", "5.00"), tier("100.00", "20.00")]);
    Rule::new("tiers", "order", Benefit::SpendTiers(tiers))
}

#[test]
fn a_tier_behind_a_cap_and_one_beyond_the_stock_are_dead() {
    let found = |rule: Rule, stock| {
        let report = rule_of(RuleSet::new(Currency::CNY).rule(rule), &lamps(stock));
        report.findings.iter().map(|finding| finding.tier).collect::<Vec<_>>()
    };
    assert_eq!(found(tiers(), None), []);
    // Validation refuses what the rule alone decides, as two amounts and a cap. What a percentage of other goods comes to it
    // does not know: both tiers give 5.00 under a cap of 5.00.
    let mixed = [
        ("50.00", TierOff::Amount("5.00".parse().unwrap())),
        ("100.00", TierOff::Percent("50".parse().unwrap())),
    ];
    let mixed = mixed.map(|(at, off)| SpendTier { at: at.parse().unwrap(), off });
    let lamps_count = SpendTiers::new(mixed).qualifier(Selector::sku("LAMP"));
    let capped = Rule::new("tiers", "order", Benefit::SpendTiers(lamps_count)).cap("5.00".parse().unwrap());
    assert_eq!(found(capped, None), [Some(2)]);
    // Nine lamps are worth 90.00.
    assert_eq!(found(tiers(), Some(9)), [Some(2)]);
    let spend =
        Spend { at_most: Some("99.99".parse().unwrap()), within: Within::AnyLine, ..Spend::default() };
    let by_line = tiers().per(Per::Line).condition(Condition::Spend(spend));
    assert_eq!(found(by_line, None), [Some(2)]);
}

#[test]
fn a_rule_behind_one_that_always_comes_first_is_shadowed() {
    let one = |rule: Rule| rule.stacking(Stacking::free().group("one"));
    let tenth = || Benefit::PercentOff(PercentOff::new("10".parse().unwrap()));
    let first = one(Rule::new("a-tenth", "order", tenth()));
    let second =
        one(Rule::new("b-half", "order", Benefit::PercentOff(PercentOff::new("50".parse().unwrap()))));
    let report = rule_of(RuleSet::new(Currency::CNY).rule(first.clone()).rule(second.clone()), &lamps(None));
    let rules: Vec<&str> =
        report.findings.iter().flat_map(|one| &one.rules).map(|rule| rule.as_str()).collect();
    assert_eq!(rules, ["b-half", "a-tenth"]);
    // Where the first one asks for 50.00, less than that is the second one's.
    let spend = Spend::at_least(Selector::all(), "50.00".parse().unwrap());
    let rules = RuleSet::new(Currency::CNY).rule(first.condition(Condition::Spend(spend))).rule(second);
    let report = rule_of(rules, &lamps(None));
    assert!(report.findings.is_empty(), "{report}");
}

/// 9.50 off a pen of 10.00 that costs 9.00, and as much off a lamp of 20.00 that costs 19.00.
#[test]
fn a_promise_that_different_rules_break_has_a_finding_for_each() {
    let off = |sku: &str| {
        let off = AmountOff::once("9.50".parse().unwrap()).target(Selector::sku(sku));
        Rule::new(format!("{sku}-off").to_lowercase(), "order", Benefit::AmountOff(off))
    };
    let rules = RuleSet::new(Currency::CNY).rule(off("PEN")).rule(off("LAMP"));
    let catalogue =
        Catalogue::new(Currency::CNY, vec![sold("PEN", 1_000, 900), sold("LAMP", 2_000, 1_900)]).unwrap();
    let promises = Promises::default().only([Promise::AboveCost]);
    let report =
        audit(&rules, &catalogue, &AuditBounds::default().promises(promises).orders(10_000)).unwrap();
    let mut alone: Vec<&str> = Vec::new();
    for finding in report.findings.iter().filter(|finding| finding.rules.len() == 1) {
        alone.extend(finding.rules.iter().map(|rule| rule.as_str()));
    }
    alone.sort_unstable();
    // The worst order takes both; each alone loses 9.50 - 1.00 as well, but is a part of that.
    assert!(report.findings[0].rules.len() == 2 && report.findings[0].loss == Money::from_minor(1_700));
    assert_eq!(alone, ["lamp-off", "pen-off"]);
}

#[test]
fn watching_changes_nothing_and_tells_of_every_phase() {
    let rules = RuleSet::new(Currency::CNY).rule(tiers());
    let bounds = AuditBounds::default().orders(2_000);
    let mut told = Vec::new();
    let watched = audit_watched(&rules, &lamps(None), &bounds, &mut |progress| told.push(progress)).unwrap();
    assert_eq!(watched, audit(&rules, &lamps(None), &bounds).unwrap());
    assert_eq!(told.iter().filter(|one| matches!(one, Progress::Searching { .. })).count(), 4, "{told:?}");
}
