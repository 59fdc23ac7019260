//! Whether rules of one stage and rank give the same in whatever order they come.

use std::collections::BTreeMap;

use super::reads::{asks_value, selectors, tests};
use super::refusals::Refusals;
use super::shelf::enabled;
use crate::rules::{
    AmountOff, Base, Basis, Benefit, Condition, Every, Gives, PercentOff, Rule, RuleLimits, RuleSet, Select,
    SpendTiers, Stage, StageId, Undeclared, UnitPrice,
};

/// Whether the order of rules of equal rank is seen to matter to nobody.
///
/// Why it holds. Where every tied rule computes from what its stage found, and takes what it asks as far as there is value
/// left, each unit is left with the same, whoever took first; unless some rule asks who was granted anything. Rules that
/// change no price change none in any order; but of what several share the first gets more, which who asks is told.
pub(super) fn no_order_matters(rules: &RuleSet) -> bool {
    let mut tied: BTreeMap<(&StageId, i32), Vec<&Rule>> = BTreeMap::new();
    for rule in enabled(rules) {
        tied.entry((&rule.stage, rule.rank)).or_default().push(rule);
    }
    let all = Refusals::among(enabled(rules));
    let some_exclusive = enabled(rules).any(|rule| rule.stacking.exclusive.is_some());
    let is_uncapped = rules.caps.order_amount.is_none() && rules.caps.order_percent.is_none();
    tied.into_iter().filter(|(_, tied)| tied.len() > 1).all(|((stage, _), tied)| {
        let Some(stage) = rules.stages.iter().find(|one| one.id == *stage) else { return true };
        let among = Refusals::among(tied.iter().copied());
        let goes_together = rules.undeclared != Undeclared::Apart
            && takes_all(stage)
            && !tied.iter().any(|rule| rule.stacking.exclusive.is_some() || among.touch(rule));
        let nobody_asks = !some_exclusive && !tied.iter().any(|rule| all.touch(rule));
        let adds_up = stage.basis == Basis::Entry && is_uncapped && nobody_asks;
        goes_together
            && (tied.iter().all(|rule| gives_beside(rule) && (nobody_asks || rule.quotas.is_empty()))
                || adds_up && tied.iter().all(|rule| stands_alone(rule)))
    })
}

fn takes_all(stage: &Stage) -> bool {
    stage.select == Select::All && stage.max_rules.is_none()
}

/// Whether a rule gives something beside the goods, for which nothing is paid.
fn gives_beside(rule: &Rule) -> bool {
    match rule.benefit.gives() {
        Gives::Gift(gift) => gift.options.iter().all(|option| option.price.is_none()),
        Gives::Points(_) | Gives::Grant(_) => true,
        Gives::Off | Gives::Shipping | Gives::Redeem(_) | Gives::Presale | Gives::Balance(_) => false,
    }
}

/// Whether what a rule asks is told by what its stage found: it counts no units that others may have used, no value of now, and
/// has no limit that fills by what is taken.
fn stands_alone(rule: &Rule) -> bool {
    let of_now = |base: Option<&Base>| matches!(base, Some(Base::Running | Base::Cash));
    let by_start = match &rule.benefit {
        Benefit::PercentOff(PercentOff { limit, .. })
        | Benefit::AmountOff(AmountOff { limit, .. })
        | Benefit::UnitPrice(UnitPrice { limit, .. }) => limit.is_none(),
        Benefit::SpendTiers(SpendTiers { base, .. }) | Benefit::Every(Every { base, .. }) => {
            !of_now(base.as_ref())
        }
        Benefit::TotalPrice(_) | Benefit::QuantityTiers(_) => true,
        Benefit::BuyGet(_)
        | Benefit::NthUnit(_)
        | Benefit::UnitLadder(_)
        | Benefit::NFor(_)
        | Benefit::Bundle(_)
        | Benefit::Gift(_)
        | Benefit::Shipping(_)
        | Benefit::GroupPrice(_)
        | Benefit::BargainPrice(_)
        | Benefit::PointsEarn(_)
        | Benefit::PointsRedeem(_)
        | Benefit::Presale(_)
        | Benefit::UseBalance(_)
        | Benefit::Grant(_) => false,
    };
    let asks_now = |test: &Condition| test.of_spend().is_some_and(|spend| of_now(spend.base.as_ref()));
    let RuleLimits {
        units, units_per_customer, units_per_order, budget, points, points_per_customer, ..
    } = rule.limits;
    let fills = [units, units_per_customer, units_per_order, points, points_per_customer];
    by_start
        && !rule.condition.iter().flat_map(tests).any(asks_now)
        && !selectors(rule).into_iter().any(asks_value)
        && fills.iter().all(Option::is_none)
        && budget.is_none()
        && rule.quotas.is_empty()
}
