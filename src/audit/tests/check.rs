use super::*;
use crate::audit::{AuditBounds, Effect, Form, Tree, Verdict, audit};
use crate::money::{Currency, Money};
use crate::rules::{
    AmountOff, Benefit, Condition, Every, Gift, GiftOption, PercentOff, Rule, RuleId, RuleLimits, Selector,
    Spend, Stacking, Step, Times,
};
use crate::shop::{Line, Product};

fn off_from(amount: &str, threshold: &str) -> Rule {
    let off = Benefit::AmountOff(AmountOff::once(amount.parse().unwrap()));
    let spend = Spend::at_least(Selector::all(), threshold.parse().unwrap());
    Rule::new(format!("off-{amount}"), "order", off).condition(Condition::Spend(spend))
}

/// One product of 10.00 that costs so many hundredths of it.
fn lamp(cost: i64) -> Catalogue {
    let piece = Line::new("", "LAMP", 1, Money::from_minor(1_000)).cost(Money::from_minor(cost * 10));
    Catalogue::new(Currency::CNY, vec![Product::new(piece)]).unwrap()
}

fn verdict(rules: &RuleSet, catalogue: &Catalogue) -> Verdict {
    let promises = Promises::default().only([Promise::AboveCost]);
    let report = audit(rules, catalogue, &AuditBounds::default().promises(promises)).unwrap();
    report.verdict(Promise::AboveCost).unwrap().clone()
}

/// 3.00 from 100.00 is 3 %, 80.00 from 1000.00 is 8 %; together they are at most 8.3 % of what is spent.
fn two_thresholds() -> RuleSet {
    RuleSet::new(Currency::CNY).rule(off_from("3.00", "100.00")).rule(off_from("80.00", "1000.00"))
}

fn proof_of(rules: &RuleSet, catalogue: &Catalogue) -> (Tree, i64) {
    match verdict(rules, catalogue) {
        Verdict::Proved { certificate: Certificate::Bound { tree, tolerance_minor } } => {
            (tree, tolerance_minor)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn thresholds_whose_shares_add_up_to_too_much_are_told_apart() {
    let (rules, catalogue) = (two_thresholds(), lamp(91));
    // 3 % and 8 % are more than the margin of 9 %, but never both at once.
    let (tree, _) = proof_of(&rules, &catalogue);
    assert!(tree.leaves() > 1, "{tree:?}");
    // With a margin of 8 %, an order of 1000.00 loses 3.00.
    assert!(matches!(verdict(&rules, &lamp(92)), Verdict::Found { .. }));
}

#[test]
fn a_gift_is_a_cost_whatever_is_spent() {
    let gift = |rule: Rule| RuleSet::new(Currency::CNY).rule(rule);
    let mug = Benefit::Gift(Gift::new([GiftOption::free("MUG")]));
    let piece = |sku: &str, price, cost| {
        Product::new(Line::new("", sku, 1, Money::from_minor(price)).cost(Money::from_minor(cost)))
    };
    let shop = vec![piece("LAMP", 1_000, 100), piece("MUG", 2_000, 2_000)];
    let catalogue = Catalogue::new(Currency::CNY, shop).unwrap();
    // A lamp earns 9.00, and the mug that comes with it costs 20.00.
    assert!(matches!(
        verdict(&gift(Rule::new("mug", "reward", mug.clone())), &catalogue),
        Verdict::Found { .. }
    ));
    // Mugs earn nothing: an order of mugs alone pays for no other, at whatever threshold.
    let spend = Spend::at_least(Selector::sku("LAMP"), "30.00".parse().unwrap());
    let rule = Rule::new("mug", "reward", mug).condition(Condition::Spend(spend));
    // Three lamps earn 27.00, more than the 20.00 of the mug.
    proof_of(&gift(rule), &catalogue);
}

#[test]
fn a_changed_certificate_is_refused_and_one_for_other_costs_too() {
    let (rules, catalogue) = (two_thresholds(), lamp(91));
    let (tree, tolerance_minor) = proof_of(&rules, &catalogue);
    let promises = Promises::default();
    let checked = |tree: Tree, catalogue: &Catalogue| {
        let certificate = Certificate::Bound { tree, tolerance_minor };
        check(&rules, catalogue, &promises, Promise::AboveCost, &certificate)
    };
    assert_eq!(checked(tree.clone(), &catalogue), Ok(()));
    assert!(matches!(checked(tree.clone(), &lamp(92)), Err(CheckError::Open { .. })));
    let Tree::Split { classes, at_minor, below, from } = tree else { panic!("one case") };
    // Half the threshold leaves the case above it open.
    let at_minor = at_minor / 2;
    let moved = Tree::Split { classes: classes.clone(), at_minor, below: below.clone(), from };
    assert!(matches!(checked(moved, &catalogue), Err(CheckError::Open { .. })));
    // The case below cannot stand for the case above.
    let twice = Tree::Split { classes, at_minor: at_minor * 2, below: below.clone(), from: below };
    assert!(matches!(checked(twice, &catalogue), Err(CheckError::Open { .. })));
}

/// A shop that sells lamps at 10.00, for which it pays nothing, and mugs at 100.00, for which it pays 20.00.
fn lamps_and_mugs() -> Catalogue {
    let piece = |sku: &str, price, cost| {
        Product::new(Line::new("", sku, 1, Money::from_minor(price)).cost(Money::from_minor(cost)))
    };
    Catalogue::new(Currency::CNY, vec![piece("LAMP", 1_000, 0), piece("MUG", 10_000, 2_000)]).unwrap()
}

/// A proof of one case in which the only rule takes in proportion to what is spent.
fn in_proportion(rules: &RuleSet) -> Result<(), CheckError> {
    let tree = Tree::Leaf { forms: vec![Form::Slope], lower: vec![0], upper: vec![] };
    let certificate = Certificate::Bound { tree, tolerance_minor: 0 };
    check(rules, &lamps_and_mugs(), &Promises::default(), Promise::AboveCost, &certificate)
}

#[test]
fn what_comes_beside_goods_may_be_worth_more_than_they_are() {
    let every = |amount: &str| Step::Spend(amount.parse().unwrap());
    let lamps = || Selector::sku("LAMP");
    // A mug that costs 20.00 for every lamp of 10.00 is twice the lamp, not once.
    let mug = Gift::new([GiftOption::free("MUG")]).every(every("10.00"), Times::Uncapped).qualifier(lamps());
    let rules = RuleSet::new(Currency::CNY).rule(Rule::new("mug", "reward", Benefit::Gift(mug)));
    assert_eq!(in_proportion(&rules), Err(CheckError::Open { number: 1 }));
    // 50.00 off mugs for every lamp of 10.00 likewise.
    let off = Every::new(every("10.00"), "50.00".parse().unwrap(), Times::Uncapped).qualifier(lamps());
    let rules = RuleSet::new(Currency::CNY).rule(Rule::new(
        "off",
        "order",
        Benefit::Every(off.target(Selector::sku("MUG"))),
    ));
    assert_eq!(in_proportion(&rules), Err(CheckError::Open { number: 1 }));
}

#[test]
fn a_proof_may_not_allow_for_more_than_rounding() {
    let (rules, catalogue) = (two_thresholds(), lamp(91));
    let (tree, tolerance_minor) = proof_of(&rules, &catalogue);
    let certificate = Certificate::Bound { tree, tolerance_minor: tolerance_minor + 1 };
    let checked = check(&rules, &catalogue, &Promises::default(), Promise::AboveCost, &certificate);
    assert!(matches!(checked, Err(CheckError::NoBound { .. })), "{checked:?}");
}

fn steadiness(rules: &RuleSet, promise: Promise, most: &str) -> Verdict {
    let most = most.parse().unwrap();
    let promises = Promises::default().only([promise]).drop_max(most).split_max(most);
    let report = audit(rules, &lamps_and_mugs(), &AuditBounds::default().promises(promises)).unwrap();
    report.verdict(promise).unwrap().clone()
}

#[test]
fn a_percentage_never_jumps_and_an_amount_jumps_by_itself() {
    let tenth = Benefit::PercentOff(PercentOff::new("10".parse().unwrap()));
    let rules = RuleSet::new(Currency::CNY).rule(Rule::new("tenth", "order", tenth));
    for promise in [Promise::AddItem, Promise::SplitPays] {
        assert!(matches!(steadiness(&rules, promise, "0"), Verdict::Proved { .. }), "{promise:?}");
    }
    // A lamp more gets 30.00 off 100.00, and costs 10.00: the bill falls by 20.00, and by 30.00 at most.
    let rules = rules.rule(off_from("30.00", "100.00"));
    assert!(matches!(steadiness(&rules, Promise::AddItem, "30.00"), Verdict::Proved { .. }));
    assert!(matches!(steadiness(&rules, Promise::AddItem, "10.00"), Verdict::Found { .. }));
    // Each order gets it again, so nothing bounds what splitting saves.
    assert!(matches!(steadiness(&rules, Promise::SplitPays, "0"), Verdict::Found { .. }));
    let once = off_from("30.00", "100.00").limits(RuleLimits::none().uses_per_customer(1));
    let rules = RuleSet::new(Currency::CNY).rule(once);
    assert!(matches!(steadiness(&rules, Promise::SplitPays, "30.00"), Verdict::Proved { .. }));
}

#[test]
fn every_so_much_is_even_but_for_one_step() {
    let step = Step::Spend("300.00".parse().unwrap());
    let every = Every::new(step, "50.00".parse().unwrap(), Times::Uncapped);
    let rules = RuleSet::new(Currency::CNY).rule(Rule::new("300-50", "order", Benefit::Every(every)));
    assert!(matches!(steadiness(&rules, Promise::AddItem, "50.00"), Verdict::Proved { .. }));
    // From 290.00 to 300.00 the bill falls by 40.00.
    assert!(matches!(steadiness(&rules, Promise::AddItem, "39.99"), Verdict::Found { .. }));
    assert!(matches!(steadiness(&rules, Promise::SplitPays, "50.00"), Verdict::Proved { .. }));
}

#[test]
fn a_rule_that_another_can_keep_away_is_not_even() {
    let percent = |percent: &str| Benefit::PercentOff(PercentOff::new(percent.parse().unwrap()));
    let amount = off_from("1.00", "100.00").stacking(Stacking::free().group("one"));
    let half = Rule::new("half", "coupon", percent("50")).stacking(Stacking::free().group("one"));
    let rules = RuleSet::new(Currency::CNY).rule(amount).rule(half);
    let effects = [("off-1.00", Effect::Amount), ("half", Effect::Even)];
    let effects = effects.into_iter().map(|(rule, effect)| (RuleId::new(rule), effect)).collect();
    let certificate = Certificate::Steady { effects, tolerance_minor: 4 };
    let promises = Promises::default().drop_max("1.00".parse().unwrap());
    let checked = check(&rules, &lamps_and_mugs(), &promises, Promise::AddItem, &certificate);
    assert_eq!(checked, Err(CheckError::Jumps { rule: "half".to_owned() }));
}
