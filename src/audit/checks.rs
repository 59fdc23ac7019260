//! The instances of the promises that a rule set calls for: which rules, which pairs of rules.

use super::levels::{each_leaf, thresholds};
use super::settings::CHECKS_MAX;
use crate::rules::{Benefit, Condition, Rule, RuleId, RuleLimits, RuleSet};
use crate::rules::{Promise, Promises};
use crate::shop::{CouponCode, Moment};

/// A promise about certain rules, or about all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Check {
    pub promise: Promise,
    /// The rules it is about; none for all.
    pub subject: Vec<RuleId>,
    /// The tier of its rule that it is about, from 0; none for the whole rule.
    pub tier: Option<usize>,
}

/// Windows that meet for less than this are meant to follow each other.
const HANDOVER_MS: i64 = 3_600_000;
/// Codes shorter than this can be tried out.
const CODE_CHARS: usize = 6;

/// All instances of the wanted promises, and whether some were left out for their number.
pub(super) fn checks(rules: &RuleSet, promises: &Promises) -> (Vec<Check>, bool) {
    let enabled: Vec<&Rule> = rules.rules.iter().filter(|rule| rule.enabled).collect();
    let mut list = Vec::new();
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
            | Promise::RealCut
            | Promise::EarnedOnCash
            | Promise::RewardsCovered
            | Promise::NoPump
            | Promise::PriceProtection
            | Promise::ReturnsNeverPay
            | Promise::AddItem
            | Promise::SplitPays => add(Vec::new()),
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
                enabled.iter().filter(|rule| can_be_guessed(rule, &enabled)).for_each(|one| add(vec![one]));
            }
            Promise::Exposure => {
                let wanted = |rule: &&&Rule| promises.exposure_max.is_some() || rule.coupon.is_some();
                enabled.iter().filter(wanted).for_each(|one| add(vec![one]));
            }
            Promise::EveryRule => enabled.iter().for_each(|one| add(vec![one])),
            Promise::RunsOnce => pairs(&enabled, is_twin, &mut add),
            Promise::HandsOver => pairs(&enabled, follows, &mut add),
            Promise::ExclusionsClosed => {
                let open = |a: &Rule, b: &Rule| {
                    !excludes(a, b) && enabled.iter().any(|c| excludes(a, c) && excludes(b, c))
                };
                pairs(&enabled, open, &mut add);
            }
        }
    }
    let left_out = list.len() > CHECKS_MAX;
    list.truncate(CHECKS_MAX);
    (list, left_out)
}

fn pairs<'r>(rules: &[&'r Rule], wanted: impl Fn(&Rule, &Rule) -> bool, add: &mut impl FnMut(Vec<&'r Rule>)) {
    for (at, first) in rules.iter().enumerate() {
        for second in rules.iter().skip(at + 1).filter(|second| wanted(first, second)) {
            add(vec![first, second]);
        }
    }
}

fn has_threshold(rule: &Rule) -> bool {
    matches!(rule.benefit, Benefit::Shipping(_) | Benefit::Gift(_)) && !thresholds(rule).is_empty()
}

/// The same but for id, title, tags and rank.
fn is_twin(a: &Rule, b: &Rule) -> bool {
    a.stage == b.stage
        && a.per == b.per
        && a.coupon == b.coupon
        && a.condition == b.condition
        && a.benefit == b.benefit
        && a.cap == b.cap
}

/// One's window ends shortly after the other's begins.
fn follows(a: &Rule, b: &Rule) -> bool {
    let window = |rule: &Rule| {
        let (mut from, mut until): (Option<Moment>, Option<Moment>) = (None, None);
        if let Some(condition) = &rule.condition {
            each_leaf(condition, &mut |leaf| {
                if let Condition::Window(window) = leaf {
                    from = from.or(window.from);
                    until = until.or(window.until);
                }
            });
        }
        (from.map(Moment::unix_ms), until.map(Moment::unix_ms))
    };
    let meets = |until: Option<i64>, from: Option<i64>| match (until, from) {
        (Some(until), Some(from)) => until > from && until - from < HANDOVER_MS,
        (None, _) | (_, None) => false,
    };
    let ((a_from, a_until), (b_from, b_until)) = (window(a), window(b));
    meets(a_until, b_from) || meets(b_until, a_from)
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

/// The code a stranger would try for a rule: a short one, or the successor of another code.
pub(super) fn can_be_guessed(rule: &Rule, rules: &[&Rule]) -> bool {
    let folded = |rule: &Rule| {
        let codes = codes_of(rule).into_iter();
        codes.filter_map(|code| Some(code.folded()?.to_owned())).collect::<Vec<String>>()
    };
    let own = folded(rule);
    let once = rule.limits.uses_per_customer.is_some()
        && rule.coupon.as_ref().is_some_and(|one| one.codes.len() == 1);
    let is_short = |code: &str| code.chars().count() < CODE_CHARS && !once;
    let siblings = || rules.iter().flat_map(|other| folded(other));
    own.iter().any(|code| is_short(code) || siblings().any(|other| is_next(&other, code)))
}

/// The codes that unlock a rule: its coupon's, and those its condition asks for.
fn codes_of(rule: &Rule) -> Vec<&CouponCode> {
    let mut codes: Vec<&CouponCode> = rule.coupon.iter().flat_map(|coupon| &coupon.codes).collect();
    if let Some(condition) = &rule.condition {
        each_leaf(condition, &mut |leaf| {
            if let Condition::Code(known) = leaf {
                codes.extend(&known.any_of);
            }
        });
    }
    codes
}

/// Whether a code is another one counted on: `VIP0041`, `VIP0042`.
fn is_next(code: &str, next: &str) -> bool {
    let parts = |code: &str| {
        let stem = code.trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
        let (stem, digits) = (code.get(..stem)?.to_owned(), code.get(stem..)?.to_owned());
        Some((stem, digits.parse::<u64>().ok()?, digits.len()))
    };
    match (parts(code), parts(next)) {
        (Some((stem, number, width)), Some((next_stem, next_number, next_width))) => {
            width >= 3
                && stem == next_stem
                && width == next_width
                && number.checked_add(1) == Some(next_number)
        }
        (None, _) | (_, None) => false,
    }
}
