//! The instances of the promises that a rule set calls for: which rules, which pairs of rules.

use super::levels::thresholds;
use super::pairs::{gaps, guessable, half_refused, meeting, some_exclude, twins};
use super::settings::CHECKS_MAX;
use super::ties::ties_matter;
use crate::rules::{Benefit, Rule, RuleId, RuleLimits, RuleSet};
use crate::rules::{Promise, Promises};

/// A promise about certain rules, or about all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Check {
    pub promise: Promise,
    /// The rules it is about; none for all.
    pub subject: Vec<RuleId>,
    /// The tier of its rule that it is about, from 0; none for the whole rule.
    pub tier: Option<usize>,
}

/// All instances of the wanted promises, and whether some were left out for their number.
pub(super) fn checks(rules: &RuleSet, promises: &Promises) -> (Vec<Check>, bool) {
    let enabled: Vec<&Rule> = rules.rules.iter().filter(|rule| rule.enabled).collect();
    let mut list = Vec::new();
    let mut left_out = false;
    for promise in Promise::ALL.into_iter().filter(|promise| promises.wants(*promise)) {
        let mut add = |subject: Vec<&Rule>| {
            let subject = subject.into_iter().map(|rule| rule.id.clone()).collect();
            list.push(Check { promise, subject, tier: None });
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
            | Promise::SplitPays => add(Vec::new()),
            Promise::ExclusionsHold => {
                if some_exclude(&enabled) {
                    add(Vec::new());
                }
            }
            Promise::NoGap => gaps(&enabled).into_iter().for_each(|(a, b)| add(vec![a, b])),
            Promise::CapsMatter => {
                enabled.iter().filter(|rule| rule.cap.is_some()).for_each(|one| add(vec![one]));
            }
            Promise::GroupHolds => {
                let is_group = |rule: &&&Rule| matches!(rule.benefit, Benefit::GroupPrice(_));
                enabled.iter().filter(is_group).for_each(|one| add(vec![one]));
            }
            Promise::PaidThreshold => {
                enabled.iter().filter(|rule| has_threshold(rule)).for_each(|one| add(vec![one]))
            }
            Promise::LimitsHold => {
                let is_limited = |rule: &&&Rule| {
                    let own = rule.limits != RuleLimits { short: rule.limits.short, ..RuleLimits::default() };
                    own || !rule.quotas.is_empty()
                };
                enabled.iter().filter(is_limited).for_each(|one| add(vec![one]));
            }
            Promise::SecretCodes => {
                guessable(&enabled).into_iter().for_each(|one| add(vec![one]));
            }
            Promise::Exposure => {
                let wanted = |rule: &&&Rule| promises.exposure_max.is_some() || rule.coupon.is_some();
                enabled.iter().filter(wanted).for_each(|one| add(vec![one]));
                // One rule is the whole campaign.
                if promises.exposure_max.is_some() && enabled.len() > 1 {
                    add(Vec::new());
                }
            }
            Promise::EveryRule => enabled.iter().for_each(|one| add(vec![one])),
            Promise::RunsOnce => twins(&enabled).into_iter().for_each(|(a, b)| add(vec![a, b])),
            Promise::HandsOver => meeting(&enabled).into_iter().for_each(|(a, b)| add(vec![a, b])),
            Promise::ExclusionsClosed => {
                let (open, too_many) = half_refused(&enabled);
                open.into_iter().for_each(|(a, b)| add(vec![a, b]));
                left_out |= too_many;
            }
            Promise::EqualRanks => {
                if ties_matter(rules, &enabled) {
                    add(Vec::new());
                }
            }
            Promise::AsBefore => {
                if promises.before.is_some() {
                    add(Vec::new());
                }
            }
        }
    }
    left_out |= list.len() > CHECKS_MAX;
    list.truncate(CHECKS_MAX);
    (list, left_out)
}

fn has_threshold(rule: &Rule) -> bool {
    matches!(rule.benefit, Benefit::Shipping(_) | Benefit::Gift(_)) && !thresholds(rule).is_empty()
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
