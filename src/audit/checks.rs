//! The instances of the promises that a rule set calls for: which rules, which pairs of rules.

use super::codes::{guessable, symbols};
use super::levels::thresholds;
use super::pairs::{Looks, Pair, gaps, half_refused, meeting, some_exclude, twins};
use super::settings::CHECKS_MAX;
use super::ties::ties_matter;
use crate::rules::{Exclusive, Promise, Promises, Rule, RuleId, RuleLimits, RuleSet, Undeclared};

/// A promise about certain rules, or about all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Check {
    pub promise: Promise,
    /// The rules it is about; none for all.
    pub subject: Vec<RuleId>,
    /// The tier of its rule that it is about, from 0; none for the whole rule.
    pub tier: Option<usize>,
}

/// The instances of the wanted promises.
pub(super) struct Cases {
    pub list: Vec<Check>,
    /// Whether some were left out for their number.
    pub left_out: bool,
    /// How many pairs of rules were looked at for it, and symbols of codes.
    pub looks: usize,
}

/// All instances of the wanted promises.
pub(super) fn checks(rules: &RuleSet, promises: &Promises) -> Cases {
    let enabled: Vec<&Rule> = rules.rules.iter().filter(|rule| rule.enabled).collect();
    let mut list = Vec::new();
    let (mut looks, mut left_out) = (Looks::new(), false);
    for promise in Promise::ALL.into_iter().filter(|promise| promises.wants(*promise)) {
        let subjects = if promise == Promise::ExclusionsClosed {
            let (pairs, some_left_out) = half_refused(&enabled, &mut looks);
            left_out |= some_left_out;
            as_pairs(pairs)
        } else {
            subjects(promise, rules, &enabled, promises, &mut looks)
        };
        for subject in subjects {
            let subject = subject.into_iter().map(|rule| rule.id.clone()).collect();
            list.push(Check { promise, subject, tier: None });
        }
    }
    left_out |= looks.ran_out() || list.len() > CHECKS_MAX;
    list.truncate(CHECKS_MAX);
    let symbols = if promises.wants(Promise::SecretCodes) { symbols(&enabled) } else { 0 };
    Cases { list, left_out, looks: looks.taken().saturating_add(symbols) }
}

/// The rules each instance of a promise is about; an instance about all of them has none.
fn subjects<'r>(
    promise: Promise,
    rules: &RuleSet,
    enabled: &[&'r Rule],
    promises: &Promises,
    looks: &mut Looks,
) -> Vec<Vec<&'r Rule>> {
    let all = || vec![Vec::new()];
    let all_if = |holds: bool| if holds { all() } else { Vec::new() };
    let each = |is_about: &dyn Fn(&Rule) -> bool| -> Vec<Vec<&'r Rule>> {
        enabled.iter().copied().filter(|rule| is_about(rule)).map(|rule| vec![rule]).collect()
    };
    match promise {
        Promise::AboveCost
        | Promise::NotFree
        | Promise::Depth
        | Promise::CashLike
        | Promise::ShippingApart
        | Promise::Rounding
        | Promise::PrizeCeiling
        | Promise::RealCut
        | Promise::EarnedOnCash
        | Promise::RewardsCovered
        | Promise::NoPump
        | Promise::PriceProtection
        | Promise::ReturnsNeverPay
        | Promise::AddItem
        | Promise::EarnShare
        | Promise::SplitFarm
        | Promise::PlainPrices
        | Promise::PoolingPays
        | Promise::SplitPays => all(),
        Promise::ExclusionsHold => all_if(some_exclude(rules, enabled, looks)),
        Promise::CapsMatter => each(&|rule| rule.cap.is_some()),
        Promise::EqualRanks => all_if(ties_matter(rules, enabled)),
        Promise::AsBefore => all_if(promises.before.is_some()),
        Promise::GroupHolds => each(&|rule| rule.benefit.group_price().is_some()),
        Promise::PaidThreshold => each(&has_threshold),
        Promise::LimitsHold => each(&draws_on_limits),
        Promise::EveryRule => each(&|_| true),
        Promise::SecretCodes => guessable(enabled).into_iter().map(|rule| vec![rule]).collect(),
        Promise::Exposure => {
            let is_bounded = promises.exposure_max.is_some();
            let mut list = each(&|rule| is_bounded || rule.coupon.is_some());
            // One rule is the whole campaign.
            list.extend(all_if(is_bounded && enabled.len() > 1));
            list
        }
        Promise::RunsOnce => as_pairs(twins(enabled)),
        Promise::HandsOver => as_pairs(meeting(enabled, looks)),
        Promise::NoGap => as_pairs(gaps(enabled, looks)),
        Promise::ExclusionsClosed => as_pairs(half_refused(enabled, looks).0),
    }
}

fn as_pairs<'r>(pairs: Vec<Pair<'r>>) -> Vec<Vec<&'r Rule>> {
    pairs.into_iter().map(|(first, second)| vec![first, second]).collect()
}

/// Whether a rule has a limit of its own, or a quota.
fn draws_on_limits(rule: &Rule) -> bool {
    let unlimited = RuleLimits { short: rule.limits.short, ..RuleLimits::default() };
    rule.limits != unlimited || !rule.quotas.is_empty()
}

fn has_threshold(rule: &Rule) -> bool {
    (rule.benefit.is_off_shipping() || rule.benefit.gift().is_some()) && !thresholds(rule).is_empty()
}

/// Whether two rules never go together: by what the rule file says of the two, because one tolerates no other where the other is,
/// or because nothing is said where only what is said to go together does. Who keeps goods alone refuses nobody.
pub(super) fn go_apart(rules: &RuleSet, a: &Rule, b: &Rule) -> bool {
    let tolerates_none = |one: &Rule, other: &Rule| match one.stacking.exclusive {
        Some(Exclusive::Order) => true,
        Some(Exclusive::Stage) => one.stage == other.stage,
        Some(Exclusive::Lines | Exclusive::LinesInStage) | None => false,
    };
    let goes_with = |one: &Rule, other: &Rule| {
        let with = &one.stacking.goes_with;
        with.rules.contains(&other.id)
            || with.tags.iter().any(|tag| other.tags.contains(tag))
            || with.stages.contains(&other.stage)
    };
    let is_unsaid = match rules.undeclared {
        Undeclared::Together => false,
        Undeclared::Apart => !goes_with(a, b) && !goes_with(b, a),
    };
    a.id != b.id && (excludes(a, b) || is_unsaid || tolerates_none(a, b) || tolerates_none(b, a))
}

/// Whether two rules never go together, by what the rule file says of the two.
pub(super) fn excludes(a: &Rule, b: &Rule) -> bool {
    let names = |one: &Rule, other: &Rule| {
        one.stacking.excludes.rules.contains(&other.id)
            || one.stacking.excludes.tags.iter().any(|tag| other.tags.contains(tag))
            || one.stacking.excludes.stages.contains(&other.stage)
    };
    let same_group = a.stacking.group.is_some() && a.stacking.group == b.stacking.group;
    a.id != b.id && (same_group || names(a, b) || names(b, a))
}
