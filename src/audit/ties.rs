//! Rules of equal rank: whether it matters which of them comes first, and the same rules with the others first.

use super::checks::excludes;
use super::levels::{each_leaf, selectors};
use crate::rules::{
    Base, Basis, Benefit, Excludes, Rule, RuleLimits, RuleSet, Select, Stage, StageId, Undeclared,
};

/// Most pairs of rules that are looked at.
const LOOKS_MAX: usize = 1_000_000;

/// Whether some rules share stage and rank, and cannot be seen to give the same in either order.
pub(super) fn ties_matter(rules: &RuleSet, enabled: &[&Rule]) -> bool {
    let mut looks = LOOKS_MAX;
    rules.stages.iter().any(|stage| {
        let mut own: Vec<&&Rule> = enabled.iter().filter(|rule| rule.stage == stage.id).collect();
        own.sort_by_key(|rule| rule.rank);
        own.chunk_by(|a, b| a.rank == b.rank)
            .any(|tied| tied.len() > 1 && !are_settled(rules, stage, tied, enabled, &mut looks))
    })
}

/// Whether tied rules leave the same to pay in any order: each computes from the stage's start and takes what it asks, as far
/// as there is value left, so the sum on each unit is the same, and no rule asks which of them was granted anything; or none of
/// them changes a price.
fn are_settled(
    rules: &RuleSet,
    stage: &Stage,
    tied: &[&&Rule],
    enabled: &[&Rule],
    looks: &mut usize,
) -> bool {
    let says_nothing = |rule: &&Rule| {
        let stacking = &rule.stacking;
        stacking.group.is_none() && stacking.exclusive.is_none() && stacking.excludes == Excludes::default()
    };
    let all_silent = enabled.iter().all(says_nothing);
    // Of too many rules nobody asks how they stand to each other: they are taken to matter.
    if !all_silent {
        let Some(left) = looks.checked_sub(tied.len().saturating_mul(enabled.len())) else { return false };
        *looks = left;
    }
    let open =
        stage.select == Select::All && stage.max_rules.is_none() && rules.undeclared != Undeclared::Apart;
    let exclusive = tied.iter().any(|rule| rule.stacking.exclusive.is_some());
    let apart = |one: &Rule| !all_silent && tied.iter().any(|other| excludes(one, other));
    if !open || exclusive || tied.iter().any(|rule| apart(rule)) {
        return false;
    }
    // Where goods run out of value the order decides which of them is granted nothing, and who is granted nothing refuses nobody.
    let told_apart =
        |other: &&Rule| other.stacking.exclusive.is_some() || tied.iter().any(|rule| excludes(rule, other));
    let told_apart = !all_silent && enabled.iter().any(told_apart);
    let caps = &rules.caps;
    let is_uncapped = caps.order_amount.is_none() && caps.order_percent.is_none();
    let from_the_start = stage.basis == Basis::Entry && is_uncapped;
    tied.iter().all(|rule| rule.quotas.is_empty() && changes_no_price(rule))
        || from_the_start && !told_apart && tied.iter().all(|rule| is_plain(rule))
}

fn changes_no_price(rule: &Rule) -> bool {
    match &rule.benefit {
        Benefit::Gift(gift) => gift.options.iter().all(|option| option.price.is_none()),
        Benefit::PointsEarn(_) | Benefit::Grant(_) => true,
        Benefit::PercentOff(_)
        | Benefit::AmountOff(_)
        | Benefit::UnitPrice(_)
        | Benefit::TotalPrice(_)
        | Benefit::SpendTiers(_)
        | Benefit::Every(_)
        | Benefit::QuantityTiers(_)
        | Benefit::BuyGet(_)
        | Benefit::NthUnit(_)
        | Benefit::UnitLadder(_)
        | Benefit::NFor(_)
        | Benefit::Bundle(_)
        | Benefit::Shipping(_)
        | Benefit::GroupPrice(_)
        | Benefit::BargainPrice(_)
        | Benefit::PointsRedeem(_)
        | Benefit::Presale(_)
        | Benefit::UseBalance(_) => false,
    }
}

/// Whether what a rule asks does not depend on what others of its stage left: no limit that counts what is taken, no units that
/// are passed over or used up, no value of now.
fn is_plain(rule: &Rule) -> bool {
    let plain = match &rule.benefit {
        Benefit::PercentOff(off) => off.limit.is_none(),
        Benefit::AmountOff(off) => off.limit.is_none(),
        Benefit::UnitPrice(off) => off.limit.is_none(),
        Benefit::TotalPrice(_) => true,
        Benefit::SpendTiers(off) => !is_of_now(&off.base),
        Benefit::Every(off) => !is_of_now(&off.base),
        Benefit::QuantityTiers(_) => true,
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
    let mut of_now = false;
    if let Some(condition) = &rule.condition {
        each_leaf(condition, &mut |leaf| {
            if let Some(spend) = leaf.of_spend() {
                of_now |= is_of_now(&spend.base);
            }
        });
    }
    let by_value = selectors(rule).iter().any(|one| one.is_by_value());
    let limits = RuleLimits {
        uses: rule.limits.uses,
        uses_per_customer: rule.limits.uses_per_customer,
        short: rule.limits.short,
        ..RuleLimits::default()
    };
    plain && !of_now && !by_value && rule.limits == limits && rule.quotas.is_empty()
}

fn is_of_now(base: &Option<Base>) -> bool {
    matches!(base, Some(Base::Running | Base::Cash))
}

/// The rules with those of equal rank the other way round.
pub(super) fn turned(rules: &RuleSet) -> RuleSet {
    ranked(rules, |_| true, |a, b| a.rank.cmp(&b.rank).then_with(|| b.id.cmp(&a.id)))
}

/// The rules of a stage with ranks of their own, in the order in which they stand now.
pub(super) fn ranked_apart(rules: &RuleSet, stage: &StageId) -> RuleSet {
    ranked(rules, |own| own == stage, |a, b| a.rank.cmp(&b.rank).then_with(|| a.id.cmp(&b.id)))
}

fn ranked(
    rules: &RuleSet,
    wanted: impl Fn(&StageId) -> bool,
    order: impl Fn(&Rule, &Rule) -> std::cmp::Ordering,
) -> RuleSet {
    let mut changed = rules.clone();
    for stage in rules.stages.iter().filter(|stage| wanted(&stage.id)) {
        let mut own: Vec<&mut Rule> =
            changed.rules.iter_mut().filter(|rule| rule.stage == stage.id).collect();
        own.sort_by(|a, b| order(a, b));
        for (rank, rule) in (1..).zip(own) {
            rule.rank = rank;
        }
    }
    changed
}
