//! The list of stages, and bases that name one.

use crate::bounds::COMBINATION_RULES_MAX;
use crate::rules::{Base, Basis, Benefit, Each, PercentOf, Rule, RuleSet, Select, Stage};
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::scope::{Scope, quoted};

/// The stage in which points are redeemed, if a rule set has one of this name; `cash` is what is left after it.
const POINTS: &str = "points";

pub(super) fn check(scope: &mut Scope<'_>, rules: &RuleSet) {
    let list = At::ROOT.key("stages");
    for (index, stage) in rules.stages.iter().enumerate() {
        one(scope, stage, &list.index(index));
    }
    let mut ids: Vec<(&str, usize)> =
        rules.stages.iter().zip(0..).map(|(stage, index)| (stage.id.as_str(), index)).collect();
    ids.sort_unstable();
    for pair in ids.windows(2) {
        if let [(first, _), (second, index)] = pair
            && first == second
        {
            let message = format_args!("stage {} is there twice", quoted(second));
            scope.report(Code::DuplicateStage, &list.index(*index).key("id"), message);
        }
    }
    combined(scope, rules);
    unused(scope, rules);
}

/// Checks that stages do not have more rules to combine than a search can weigh.
fn combined(scope: &mut Scope<'_>, rules: &RuleSet) {
    let combining = rules.stages.iter().zip(0..).filter(|(stage, _)| stage.select == Select::BestCombination);
    for (stage, index) in combining {
        let count = rules.rules.iter().filter(|rule| rule.stage == stage.id).count();
        if count > COMBINATION_RULES_MAX {
            let message = format_args!(
                "{count} rules are to be combined; at most {COMBINATION_RULES_MAX} can be weighed against each other"
            );
            scope.report(Code::TooManyRules, &At::ROOT.key("stages").index(index).key("select"), message);
        }
    }
}

fn one(scope: &mut Scope<'_>, stage: &Stage, at: &At<'_>) {
    scope.id(&at.key("id"), stage.id.as_str());
    if let Some(rules) = stage.max_rules {
        scope.count(&at.key("max_rules"), rules);
    }
    let computed_from_the_start = match stage.select {
        Select::All | Select::BestCombination => false,
        Select::First | Select::Best | Select::BestPerLine | Select::BestPerUnit | Select::BestAssignment => {
            true
        }
    };
    if computed_from_the_start && stage.basis == Basis::Running {
        let message = "`running` counts only where all rules of a stage apply one after the other";
        scope.report(Code::NoEffect, &at.key("basis"), message);
    }
}

fn unused(scope: &mut Scope<'_>, rules: &RuleSet) {
    // Who leaves the list out gets all default stages and need not use them.
    if scope.gaps.rules_missing() || rules.stages == Stage::default_list() {
        return;
    }
    let list = At::ROOT.key("stages");
    for (index, stage) in rules.stages.iter().enumerate() {
        let first = scope.stage_position(stage.id.as_str()).unwrap_or(index);
        if scope.census.running.get(first) == Some(&false) {
            let message = format_args!("no rule runs in stage {}", quoted(stage.id.as_str()));
            scope.report(Code::UnusedStage, &list.index(index), message);
        }
    }
}

/// Checks that a stage is listed.
pub(super) fn known(scope: &mut Scope<'_>, id: &str, at: &At<'_>) -> Option<usize> {
    let position = scope.stage_position(id);
    if position.is_none() && !scope.gaps.stages_missing {
        let listed = scope.stages.iter().take(8);
        let listed: Vec<String> = listed.map(|stage| quoted(stage.id.as_str())).collect();
        let message = format!("{} is none of {}", quoted(id), listed.join(", "));
        scope.report(Code::UnknownStage, at, message);
    }
    position
}

/// Checks the base of a threshold of the rule at hand.
pub(super) fn base(scope: &mut Scope<'_>, base: &Base, at: &At<'_>) {
    match base {
        Base::List | Base::Entry | Base::Running => {}
        Base::Stage(id) => {
            let named = known(scope, id.as_str(), at);
            if let (Some(own), Some(named)) = (scope.stage, named)
                && named > own
            {
                let message = format_args!("stage {} has not started yet", quoted(id.as_str()));
                scope.report(Code::BaseNotYetKnown, at, message);
            }
        }
        Base::Cash => {
            let points = scope.stage_position(POINTS).max(scope.census.last_payment);
            if let (Some(own), Some(points)) = (scope.stage, points)
                && own <= points
            {
                let message = "points are redeemed or balances used in this stage or a later one";
                scope.report(Code::CashTooEarly, at, message);
            }
        }
    }
}

/// Checks that the stage of the rule at hand can compare its benefit.
pub(super) fn fits(scope: &mut Scope<'_>, rule: &Rule, at: &At<'_>) {
    let Some(stage) = scope.stage.and_then(|position| scope.stages.get(position)) else {
        return;
    };
    let gift = matches!(rule.benefit, Benefit::Gift(_));
    let reward = matches!(
        rule.benefit,
        Benefit::PointsEarn(_) | Benefit::PointsRedeem(_) | Benefit::Grant(_) | Benefit::UseBalance(_)
    ) || is_plain_deposit(&rule.benefit);
    match stage.select {
        Select::All | Select::First => {}
        Select::Best | Select::BestPerLine | Select::BestPerUnit | Select::BestCombination if gift => {
            let message = "a gift grants no money, so it can never win here";
            scope.report(Code::GiftNotSelectable, &at.key("benefit"), message);
        }
        Select::Best | Select::BestPerLine | Select::BestPerUnit | Select::BestCombination if reward => {
            let message = "the benefit does not compete by what it saves";
            scope.report(Code::NotSelectable, &at.key("benefit"), message);
        }
        Select::Best | Select::BestPerLine | Select::BestCombination => {}
        Select::BestAssignment => {
            if !is_multi_buy(&rule.benefit) {
                let message = "only multi-buy offers share out units";
                scope.report(Code::NotMultiBuy, &at.key("benefit"), message);
            }
            if rule.reuse {
                let message = "an offer that takes units others have used needs none of its own";
                scope.report(Code::NotMultiBuy, &at.key("reuse"), message);
            }
        }
        Select::BestPerUnit => {
            if rule.cap.is_some() {
                let message = "a cap cannot be shared out among units before they are chosen";
                scope.report(Code::NotPerUnit, &at.key("cap"), message);
            }
            if !offers_each_unit(&rule.benefit) {
                let message = "the benefit makes no offer for each unit by itself";
                scope.report(Code::NotPerUnit, &at.key("benefit"), message);
            }
        }
    }
}

/// Whether a benefit is a deposit that counts as itself, and takes no money off.
fn is_plain_deposit(benefit: &Benefit) -> bool {
    matches!(benefit, Benefit::Presale(presale) if presale.worth.is_none())
}

/// Whether a benefit uses up the units it works on (B-1).
pub(super) fn is_multi_buy(benefit: &Benefit) -> bool {
    match benefit {
        Benefit::BuyGet(_)
        | Benefit::NthUnit(_)
        | Benefit::UnitLadder(_)
        | Benefit::NFor(_)
        | Benefit::Bundle(_) => true,
        Benefit::PercentOff(_)
        | Benefit::AmountOff(_)
        | Benefit::UnitPrice(_)
        | Benefit::GroupPrice(_)
        | Benefit::BargainPrice(_)
        | Benefit::TotalPrice(_)
        | Benefit::SpendTiers(_)
        | Benefit::Every(_)
        | Benefit::QuantityTiers(_)
        | Benefit::Gift(_)
        | Benefit::Shipping(_)
        | Benefit::Presale(_)
        | Benefit::UseBalance(_)
        | Benefit::PointsEarn(_)
        | Benefit::PointsRedeem(_)
        | Benefit::Grant(_) => false,
    }
}

/// Whether a benefit makes each unit an offer that does not depend on the other units.
fn offers_each_unit(benefit: &Benefit) -> bool {
    match benefit {
        Benefit::PercentOff(percent) => {
            percent.limit.is_none() && percent.of == PercentOf::Value && !percent.with_shipping
        }
        Benefit::AmountOff(amount) => {
            amount.limit.is_none() && amount.each == Each::Unit && !amount.with_shipping
        }
        Benefit::UnitPrice(price) => price.limit.is_none(),
        Benefit::GroupPrice(_) | Benefit::BargainPrice(_) => true,
        Benefit::TotalPrice(_)
        | Benefit::SpendTiers(_)
        | Benefit::Every(_)
        | Benefit::QuantityTiers(_)
        | Benefit::BuyGet(_)
        | Benefit::NthUnit(_)
        | Benefit::UnitLadder(_)
        | Benefit::NFor(_)
        | Benefit::Bundle(_)
        | Benefit::Gift(_)
        | Benefit::Shipping(_)
        | Benefit::Presale(_)
        | Benefit::UseBalance(_)
        | Benefit::PointsEarn(_)
        | Benefit::PointsRedeem(_)
        | Benefit::Grant(_) => false,
    }
}
