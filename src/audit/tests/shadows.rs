use super::*;
use crate::audit::check::Checker;
use crate::rules::{Exclusive, Select};

fn from(spend: &str) -> Condition {
    Condition::Spend(Spend::at_least(Selector::all(), spend.parse().unwrap()))
}

fn pieces(count: u32) -> Condition {
    Condition::Quantity(Quantity::at_least(Selector::sku("LAMP"), count))
}

fn stage(select: Select) -> RuleSet {
    RuleSet::new(Currency::CNY).stages([Stage::new("order").select(select)])
}

/// The rules that are behind another, with the tier where it is about one.
fn behind(rules: &RuleSet) -> Vec<(String, Option<usize>, String)> {
    let report = rule_of(rules.clone(), &lamps(None));
    let found = report.findings.iter().filter_map(|one| match one.why.as_ref()? {
        Why::Behind { rule } => Some((one.rules[0].as_str().to_owned(), one.tier, rule.as_str().to_owned())),
        _other => None,
    });
    found.collect()
}

fn is_behind(rule: &str, tier: Option<usize>, other: &str) -> Vec<(String, Option<usize>, String)> {
    vec![(rule.to_owned(), tier, other.to_owned())]
}

#[test]
fn a_higher_threshold_behind_a_lower_one_is_never_reached() {
    let rules = |first: Rule, second: Rule| stage(Select::First).rule(first).rule(second);
    let first = || percent("a", "10").condition(from("50.00"));
    assert_eq!(
        behind(&rules(first(), percent("b", "50").condition(from("80.00")))),
        is_behind("b", None, "a")
    );
    assert_eq!(behind(&rules(first(), percent("b", "50").condition(from("40.00")))), []);
    // Six lamps are worth 60.00, and four 40.00.
    assert_eq!(behind(&rules(first(), percent("b", "50").condition(pieces(6)))), is_behind("b", None, "a"));
    assert_eq!(behind(&rules(first(), percent("b", "50").condition(pieces(4)))), []);
    // More than 40.00 is at least five lamps.
    let five = percent("a", "10").condition(pieces(5));
    assert_eq!(
        behind(&rules(five.clone(), percent("b", "50").condition(from("40.01")))),
        is_behind("b", None, "a")
    );
    assert_eq!(behind(&rules(five, percent("b", "50").condition(from("40.00")))), []);
    // Either way it is behind.
    let either = Condition::Any(vec![pieces(7), from("55.00")]);
    assert_eq!(behind(&rules(first(), percent("b", "50").condition(either))), is_behind("b", None, "a"));
}

#[test]
fn a_tier_that_another_rule_comes_before_is_never_reached() {
    // From 60.00 on there is 30 %, and so never the tier of 100.00.
    let first = percent("a", "30").condition(from("60.00"));
    let mut second = tiers();
    second.id = RuleId::new("b");
    let rules = stage(Select::First).rule(first).rule(second.clone());
    assert_eq!(behind(&rules), is_behind("b", Some(2), "a"));
    let higher = percent("a", "30").condition(from("110.00"));
    assert_eq!(behind(&stage(Select::First).rule(higher).rule(second)), []);
}

#[test]
fn what_saves_less_wherever_it_applies_is_never_the_best() {
    let rules = |first: Rule, second: Rule| stage(Select::Best).rule(first).rule(second);
    let off = |id: &str, amount: &str| {
        Rule::new(id, "order", Benefit::AmountOff(AmountOff::once(amount.parse().unwrap())))
    };
    // 30.00 off 200.00 is less than a fifth of it.
    let fifth = || percent("a", "20").condition(from("100.00"));
    assert_eq!(
        behind(&rules(fifth(), off("b", "30.00").condition(from("200.00")))),
        is_behind("b", None, "a")
    );
    // A fifth of 100.00 is 20.00: with 150.00 the amount is as much, with less it is more.
    assert_eq!(
        behind(&rules(fifth(), off("b", "30.00").condition(from("150.00")))),
        is_behind("b", None, "a")
    );
    assert_eq!(behind(&rules(fifth(), off("b", "30.00").condition(from("149.99")))), []);
    // A cap lets the amount win.
    let capped = fifth().cap("25.00".parse().unwrap());
    assert_eq!(behind(&rules(capped, off("b", "30.00").condition(from("200.00")))), []);
    // The smaller share first: of a lamp of 10.00 it is a whole yuan less.
    assert_eq!(behind(&rules(percent("a", "10"), percent("b", "20"))), is_behind("a", None, "b"));
    // At a millionth more they tie on small orders, and the earlier one wins.
    assert_eq!(behind(&rules(percent("a", "10"), percent("b", "10.0001"))), []);
}

#[test]
fn a_shadow_that_may_be_kept_away_itself_is_none() {
    let group = |rule: Rule| rule.stacking(Stacking::free().group("one"));
    let off = Benefit::AmountOff(AmountOff::once("1.00".parse().unwrap()));
    let (first, second) = (group(Rule::new("b", "order", off)), group(percent("c", "50")));
    let rules = RuleSet::new(Currency::CNY).rule(first.clone()).rule(second.clone());
    assert_eq!(behind(&rules), is_behind("c", None, "b"));
    // Where a third one refuses the shadow alone, the rule behind it applies.
    let item = crate::rules::StageId::new("item");
    let third = Rule { stage: item, ..percent("a", "5").condition(pieces(2)) };
    let refusing = third.clone().stacking(Stacking::free().excludes_rule("b"));
    assert_eq!(behind(&rules.clone().rule(refusing)), []);
    let both = third.clone().stacking(Stacking::free().excludes_rule("b").excludes_rule("c"));
    assert_eq!(behind(&rules.clone().rule(both)), is_behind("c", None, "b"));
    // A shadow that wants an order of its own gives way to whatever comes first.
    let alone = Rule { stacking: first.stacking.clone().exclusive(Exclusive::Order), ..first };
    let other = RuleSet::new(Currency::CNY).rule(alone).rule(second).rule(third);
    assert_eq!(behind(&other), []);
}

#[test]
fn a_shadow_that_rounds_to_nothing_is_none() {
    // A hundredth of 0.40 is nothing, and half of it is 0.20.
    let group = |rule: Rule| rule.stacking(Stacking::free().group("one"));
    let rules = RuleSet::new(Currency::CNY).rule(group(percent("a", "1"))).rule(group(percent("b", "50")));
    let pins = Catalogue::new(Currency::CNY, vec![sold("PIN", 40, 10)]).unwrap();
    let report = rule_of(rules, &pins);
    assert!(matches!(report.verdict(Promise::EveryRule), Some(Verdict::Proved { .. })), "{report}");
}

#[test]
fn a_shadow_whose_goods_another_rule_may_lock_is_none() {
    // From 500.00 on the first rule keeps the lamps from all rules behind it in its stage: the shadow gives nothing.
    let lamp = || Selector::sku("LAMP");
    let off = AmountOff::once("5.00".parse().unwrap()).target(lamp());
    let first = Rule::new("a", "item", Benefit::AmountOff(off)).condition(from("500.00"));
    let one_off = Benefit::AmountOff(AmountOff::once("1.00".parse().unwrap()));
    let shadow = Rule::new("b", "item", one_off).stacking(Stacking::free().excludes_rule("c"));
    let late = Benefit::PercentOff(PercentOff::new("10".parse().unwrap()).target(lamp()));
    let late = Rule::new("c", "order", late);
    let stages = [Stage::new("item").basis(Basis::Running), Stage::new("order")];
    let rules = |first: Rule| {
        let set = RuleSet::new(Currency::CNY).stages(stages.clone());
        set.rule(first).rule(shadow.clone()).rule(late.clone())
    };
    assert_eq!(behind(&rules(first.clone())), is_behind("c", None, "b"));
    for kind in [Exclusive::LinesInStage, Exclusive::Lines] {
        let locking = first.clone().stacking(Stacking::free().exclusive(kind));
        let (set, shop) = (rules(locking), lamps(None));
        let checker = Checker::new(&set, &shop);
        let shadows = checker.shadows(1_000);
        assert!(!shadows.keeps_out(&set.rules[1], &set.rules[2], None), "{kind:?}");
    }
}
