//! Wallets that the generator makes have what choosing must cope with.

use std::collections::BTreeMap;

use rand_mt::Mt64;

use super::tests::SCENARIOS;
use super::*;
use crate::choose::{Choice, Chooser, Chosen, Coupon, Terms};
use crate::compile;
use crate::rules::{Base, Basis, Benefit, Condition, Exclusive, Rule, Select, Undeclared};
use crate::testkit::brute;

/// Something that makes a choice hard, or that a choice shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    EightCoupons,
    TwelveCoupons,
    ExcludedRule,
    ExcludedTag,
    ExcludedStage,
    Group,
    ExclusiveStage,
    ExclusiveOrder,
    UndeclaredApart,
    RunningThreshold,
    RuleCap,
    OrderCap,
    PercentAfterAmount,
    SeveralShops,
    CombiningStage,
    SelectingStage,
    CodeInCondition,
    CodeOfRuleInCondition,
    HeldCoupon,
    Payment,
    ChosenPayment,
    ChosenSome,
    ChosenSeveral,
    SetAside,
}

const ALL: [Seen; 24] = [
    Seen::EightCoupons,
    Seen::TwelveCoupons,
    Seen::ExcludedRule,
    Seen::ExcludedTag,
    Seen::ExcludedStage,
    Seen::Group,
    Seen::ExclusiveStage,
    Seen::ExclusiveOrder,
    Seen::UndeclaredApart,
    Seen::RunningThreshold,
    Seen::RuleCap,
    Seen::OrderCap,
    Seen::PercentAfterAmount,
    Seen::SeveralShops,
    Seen::CombiningStage,
    Seen::SelectingStage,
    Seen::CodeInCondition,
    Seen::CodeOfRuleInCondition,
    Seen::HeldCoupon,
    Seen::Payment,
    Seen::ChosenPayment,
    Seen::ChosenSome,
    Seen::ChosenSeveral,
    Seen::SetAside,
];

#[test]
fn wallets_have_everything_that_makes_a_choice_hard() {
    let mut random = Mt64::new(2_026);
    let mut seen: BTreeMap<Seen, usize> = BTreeMap::new();
    let mut chooser = Chooser::default();
    for _ in 0..SCENARIOS {
        let mut bytes = [0; 1_024];
        random.fill_bytes(&mut bytes);
        let scenario = Scenario::of_coupons(&bytes);
        let Scenario { rules, cart, context, usage } = &scenario;
        let plan = compile(rules).expect("valid by construction");
        let choice = plan.choose(&mut chooser, cart, context, usage, &Terms::default());
        let choice = choice.expect("scenarios are small");
        for (fact, holds) in facts(&scenario, &choice) {
            *seen.entry(fact).or_default() += usize::from(holds);
        }
    }
    let times = |fact: &Seen| seen.get(fact).copied().unwrap_or(0);
    let rare: Vec<Seen> = ALL.into_iter().filter(|fact| times(fact) < SCENARIOS / 200).collect();
    assert!(rare.is_empty(), "too rare: {rare:?}; all: {seen:?}");
}

fn facts(scenario: &Scenario, choice: &Choice) -> Vec<(Seen, bool)> {
    let Scenario { rules, cart, context, .. } = scenario;
    let offered = brute::offered(rules, context);
    let coupons: Vec<&Rule> = rules.rules.iter().filter(|rule| rule.coupon.is_some()).collect();
    let some = |holds: &dyn Fn(&Rule) -> bool| coupons.iter().any(|rule| holds(rule));
    let payment = |one: &Chosen| matches!(one.coupon, Coupon::Payment(_));
    vec![
        (Seen::EightCoupons, coupons.len() >= 8),
        (Seen::TwelveCoupons, coupons.len() == 12),
        (Seen::ExcludedRule, some(&|rule| !rule.stacking.excludes.rules.is_empty())),
        (Seen::ExcludedTag, some(&|rule| !rule.stacking.excludes.tags.is_empty())),
        (Seen::ExcludedStage, some(&|rule| !rule.stacking.excludes.stages.is_empty())),
        (Seen::Group, some(&|rule| rule.stacking.group.is_some())),
        (Seen::ExclusiveStage, some(&|rule| rule.stacking.exclusive == Some(Exclusive::Stage))),
        (Seen::ExclusiveOrder, some(&|rule| rule.stacking.exclusive == Some(Exclusive::Order))),
        (Seen::UndeclaredApart, rules.undeclared == Undeclared::Apart),
        (Seen::RunningThreshold, some(&|rule| rule.condition.as_ref().is_some_and(looks_at_what_is_left))),
        (Seen::RuleCap, some(&|rule| rule.cap.is_some())),
        (Seen::OrderCap, rules.caps.order_amount.is_some() || rules.caps.order_percent.is_some()),
        (Seen::PercentAfterAmount, percent_after_amount(rules, &coupons)),
        (Seen::SeveralShops, cart.shops().len() > 1),
        (Seen::CombiningStage, some(&|rule| selects(rules, rule, &[Select::BestCombination]))),
        (
            Seen::SelectingStage,
            some(&|rule| {
                selects(rules, rule, &[Select::First, Select::Best, Select::BestPerLine, Select::BestPerUnit])
            }),
        ),
        (
            Seen::CodeInCondition,
            rules.rules.iter().any(|rule| rule.condition.as_ref().is_some_and(asks_for_code)),
        ),
        (Seen::HeldCoupon, offered.iter().any(|one| matches!(one.coupon, Coupon::Wallet(_)))),
        (Seen::CodeOfRuleInCondition, offered.iter().any(|one| one.rule.is_none())),
        (Seen::Payment, offered.iter().any(payment)),
        (Seen::ChosenPayment, choice.chosen.iter().any(payment)),
        (Seen::ChosenSome, !choice.chosen.is_empty() && choice.chosen.len() < offered.len()),
        (Seen::ChosenSeveral, choice.chosen.len() >= 3),
        (
            Seen::SetAside,
            choice.context.set_aside.iter().any(|id| {
                // A payment that was left is set aside as well, and so is the rule of a code that conditions alone use.
                offered.iter().all(|one| one.rule.as_ref().is_none_or(|rule| rule.as_str() != id))
            }),
        ),
    ]
}

fn selects(rules: &RuleSet, rule: &Rule, selects: &[Select]) -> bool {
    rules.stages.iter().any(|stage| stage.id == rule.stage && selects.contains(&stage.select))
}

fn looks_at_what_is_left(condition: &Condition) -> bool {
    match condition {
        Condition::Spend(spend) => spend.base == Some(Base::Running),
        Condition::All(all) | Condition::Any(all) => all.iter().any(looks_at_what_is_left),
        Condition::Not(one) => looks_at_what_is_left(one),
        _ => false,
    }
}

fn asks_for_code(condition: &Condition) -> bool {
    match condition {
        Condition::Code(_) => true,
        Condition::All(all) | Condition::Any(all) => all.iter().any(asks_for_code),
        Condition::Not(one) => asks_for_code(one),
        _ => false,
    }
}

/// A percentage that sees what an amount before it left.
fn percent_after_amount(rules: &RuleSet, coupons: &[&Rule]) -> bool {
    let place = |rule: &Rule| rules.stages.iter().position(|stage| stage.id == rule.stage);
    let runs = |rule: &Rule| place(rule).is_some_and(|at| rules.stages[at].basis == Basis::Running);
    let before = |one: &Rule, other: &Rule| {
        place(one) < place(other)
            || place(one) == place(other) && runs(one) && (one.rank, &one.id) < (other.rank, &other.id)
    };
    let amounts = coupons.iter().filter(|rule| matches!(rule.benefit, Benefit::AmountOff(_)));
    let mut percents = coupons.iter().filter(|rule| matches!(rule.benefit, Benefit::PercentOff(_)));
    percents.any(|percent| amounts.clone().any(|amount| before(amount, percent)))
}
