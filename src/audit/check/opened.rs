//! Whether what orders earned takes no more off the next one than it is worth: whether nothing opens because of it.
//!
//! Why it holds. Points and balances pay so much, and a coupon takes so much off. Where no other rule that comes at the same time
//! or later can be kept away, looks for little, picks some of its units or shares them out with another, each of these finds what
//! it would have found at values that are no higher, and takes no more off (M-5). So the bill falls by no more than what was earned
//! is worth. Where units are picked that is not so: a piece that is worth nothing any more is passed over, and a dearer one takes its
//! place.

use std::collections::{BTreeMap, BTreeSet};

use super::reads::{selectors, tests};
use super::refusals::Refusals;
use super::shelf::enabled;
use super::worth::Worth;
use crate::rules::{
    AmountOff, Base, Benefit, Condition, Gives, PercentOff, Rule, RuleId, RuleLimits, RuleSet, Select,
    Selector, Short, StageId, TierOff, Undeclared, UnitPrice, View,
};

/// Of each stage how many rules it has, and how many of them use units up.
type Beside<'r> = BTreeMap<&'r StageId, (usize, usize)>;

/// Whether no rule gives more to an order because what others earned pays for it.
pub(super) fn nothing_opens(rules: &RuleSet, worth: &Worth<'_>) -> bool {
    let coupons: BTreeSet<&RuleId> =
        enabled(rules).filter_map(|rule| Some(&worth.unlocks(rule)?.id)).collect();
    let is_earned = |rule: &Rule| rule.benefit.is_from_wallet() || coupons.contains(&rule.id);
    let place = |rule: &Rule| rules.stages.iter().position(|stage| stage.id == rule.stage);
    let Some(first) = enabled(rules).filter(|rule| is_earned(rule)).map(place).min() else { return true };
    let later: Vec<&Rule> = enabled(rules).filter(|rule| place(rule) >= first).collect();
    let refusals = Refusals::among(later.iter().copied());
    let mut beside = Beside::new();
    for rule in &later {
        let (all, using_up) = beside.entry(&rule.stage).or_default();
        (*all, *using_up) = (*all + 1, *using_up + usize::from(units(&rule.benefit) == Units::UsedUp));
    }
    let is_free = |rule: &&Rule| {
        is_earned(rule)
            || !changes_the_bill(rule)
            || !refusals.touch(rule) && !shares_out(rules, rule, &beside) && !gains_by_less(rule)
    };
    rules.undeclared == Undeclared::Together
        && later.iter().all(|rule| rule.stacking.exclusive.is_none())
        && later.iter().all(is_free)
}

pub(super) fn changes_the_bill(rule: &Rule) -> bool {
    match rule.benefit.gives() {
        Gives::Off | Gives::Shipping | Gives::Redeem(_) | Gives::Presale | Gives::Balance(_) => true,
        Gives::Gift(_) | Gives::Points(_) | Gives::Grant(_) => false,
    }
}

/// Whether a rule gets more where another of its stage, or of its quotas, gets less.
fn shares_out(rules: &RuleSet, rule: &Rule, beside: &Beside<'_>) -> bool {
    let stage = rules.stages.iter().find(|stage| stage.id == rule.stage);
    let (all, using_up) = beside.get(&rule.stage).copied().unwrap_or_default();
    let selects = stage.is_none_or(|stage| stage.select != Select::All || stage.max_rules.is_some());
    selects && all > 1 || (units(&rule.benefit) == Units::UsedUp) && using_up > 1 || !rule.quotas.is_empty()
}

/// Which units a benefit takes something off.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Units {
    All,
    /// Some of them, by what they are worth.
    Picked,
    /// Likewise, and no other such rule of the stage gets those that it counted.
    UsedUp,
}

const fn units(benefit: &Benefit) -> Units {
    match benefit {
        Benefit::PercentOff(PercentOff { limit: Some(_), .. })
        | Benefit::AmountOff(AmountOff { limit: Some(_), .. })
        | Benefit::UnitPrice(UnitPrice { limit: Some(_), .. }) => Units::Picked,
        Benefit::BuyGet(_)
        | Benefit::NthUnit(_)
        | Benefit::UnitLadder(_)
        | Benefit::NFor(_)
        | Benefit::Bundle(_) => Units::UsedUp,
        Benefit::PercentOff(_)
        | Benefit::AmountOff(_)
        | Benefit::UnitPrice(_)
        | Benefit::TotalPrice(_)
        | Benefit::SpendTiers(_)
        | Benefit::Every(_)
        | Benefit::QuantityTiers(_)
        | Benefit::GroupPrice(_)
        | Benefit::BargainPrice(_)
        | Benefit::Gift(_)
        | Benefit::Shipping(_)
        | Benefit::PointsEarn(_)
        | Benefit::PointsRedeem(_)
        | Benefit::Presale(_)
        | Benefit::UseBalance(_)
        | Benefit::Grant(_) => Units::All,
    }
}

/// Whether a rule may give more where goods are worth less: it asks for little, for units of some price, picks some of its units,
/// gives nothing where it would give too much, or its tiers are of several kinds.
fn gains_by_less(rule: &Rule) -> bool {
    is_of_mixed_kinds(&rule.benefit)
        || units(&rule.benefit) != Units::All
        || limits_pick(&rule.limits)
        || selectors(rule).into_iter().any(Selector::is_by_value)
        || rule.condition.as_ref().is_some_and(asks_for_little)
}

/// Whether limits leave some units of several, or nothing where a budget is too small for all that would be taken.
fn limits_pick(limits: &RuleLimits) -> bool {
    let RuleLimits {
        units,
        units_per_customer,
        units_per_order,
        budget,
        short,
        // How often it is used goods do not say, and points are no money off.
        uses: _,
        uses_per_customer: _,
        points: _,
        points_per_customer: _,
    } = limits;
    let is_refused = match short {
        Short::Partial => false,
        Short::Refuse => budget.is_some(),
    };
    is_refused || [units, units_per_customer, units_per_order].into_iter().any(Option::is_some)
}

fn is_of_mixed_kinds(benefit: &Benefit) -> bool {
    let differ = |tiers: &mut dyn Iterator<Item = TierOff>| {
        let mut kinds = tiers.map(|tier| std::mem::discriminant(&tier));
        let first = kinds.next();
        kinds.any(|kind| Some(kind) != first)
    };
    match benefit {
        Benefit::SpendTiers(off) => differ(&mut off.tiers.iter().map(|tier| tier.off)),
        Benefit::QuantityTiers(off) => differ(&mut off.tiers.iter().map(|tier| tier.off)),
        Benefit::PercentOff(_)
        | Benefit::AmountOff(_)
        | Benefit::UnitPrice(_)
        | Benefit::TotalPrice(_)
        | Benefit::Every(_)
        | Benefit::BuyGet(_)
        | Benefit::NthUnit(_)
        | Benefit::UnitLadder(_)
        | Benefit::NFor(_)
        | Benefit::Bundle(_)
        | Benefit::GroupPrice(_)
        | Benefit::BargainPrice(_)
        | Benefit::Gift(_)
        | Benefit::Shipping(_)
        | Benefit::PointsEarn(_)
        | Benefit::PointsRedeem(_)
        | Benefit::Presale(_)
        | Benefit::UseBalance(_)
        | Benefit::Grant(_) => false,
    }
}

/// Whether a condition holds for some values and not for higher ones. The nesting is bounded by validation.
fn asks_for_little(condition: &Condition) -> bool {
    let moves = |test: &Condition| test.of_spend().is_some_and(|spend| spend.base != Some(Base::List));
    match condition.view() {
        View::All(nested) | View::Any(nested) => nested.iter().any(asks_for_little),
        View::Not(nested) => tests(nested).into_iter().any(moves),
        View::Test(_) => {
            moves(condition) && condition.of_spend().is_some_and(|spend| spend.at_most.is_some())
        }
    }
}
