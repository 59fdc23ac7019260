//! The best set of codes by trying them all, from the nouns and a pricing function alone.

use std::cmp::Reverse;

use crate::record::CodeStatus;
use crate::rules::{Condition, Exclusive, Rule, RuleSet, Undeclared};
use crate::shop::{Context, CouponCode};

/// A set of codes and what the cart costs with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Best {
    /// In minor units.
    pub payable: i64,
    /// By preference: what expires first, then by text.
    pub codes: Vec<CouponCode>,
    /// What pricing it needs to know.
    pub context: Context,
}

/// What a pricing says about a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    /// In minor units.
    pub payable: i64,
    /// The rules that applied.
    pub applied: Vec<String>,
    /// What became of the codes.
    pub codes: Vec<CodeStatus>,
}

/// Prices every subset of the context's codes of at most `most` and returns the best that is admissible: every coupon of
/// it grants something. `None` when no subset can be priced. Codes must fold apart, and belong to one coupon each.
pub fn best(
    rules: &RuleSet,
    context: &Context,
    most: u32,
    mut price: impl FnMut(&Context) -> Option<Priced>,
) -> Option<Best> {
    let mut codes = context.codes.clone();
    codes.sort_by_key(|code| (owner(rules, code).map_or(i64::MAX, expiry), code.clone()));
    let mut best: Option<(i64, u32, Reverse<u64>)> = None;
    let mut found = None;
    for subset in 0_u64..1 << codes.len() {
        if subset.count_ones() > most {
            continue;
        }
        // The first code has the highest bit, so that a larger number is preferred among sets of one size.
        let taken = |at: usize| subset >> (codes.len() - 1 - at) & 1 == 1;
        let chosen: Vec<CouponCode> =
            (0..codes.len()).zip(&codes).filter(|(at, _)| taken(*at)).map(|(_, code)| code.clone()).collect();
        let tried = with_codes(rules, context, &chosen);
        let Some(priced) = price(&tried) else { continue };
        let owners = chosen.iter().filter_map(|code| owner(rules, code));
        let mut applied = owners.map(|rule| priced.applied.iter().any(|id| id == rule.id.as_str()));
        if priced.codes.iter().any(|status| *status != CodeStatus::Applied) || !applied.all(|applied| applied)
        {
            continue;
        }
        let order = (priced.payable, subset.count_ones(), Reverse(subset));
        if best.is_none_or(|best| order < best) {
            best = Some(order);
            found = Some(Best { payable: priced.payable, codes: chosen, context: tried });
        }
    }
    found
}

/// The context with these codes, and with the automatic rules set aside that do not go together with them (K-3).
#[must_use]
pub fn with_codes(rules: &RuleSet, context: &Context, codes: &[CouponCode]) -> Context {
    let mut context = context.clone();
    context.codes = codes.to_vec();
    let automatic = rules.rules.iter().filter(|rule| rule.coupon.is_none());
    for rule in automatic {
        if codes.iter().filter_map(|code| owner(rules, code)).any(|chosen| apart(rules, chosen, rule)) {
            context.set_aside.insert(rule.id.to_string());
        }
    }
    context
}

/// The rule whose coupon a code is.
fn owner<'r>(rules: &'r RuleSet, code: &CouponCode) -> Option<&'r Rule> {
    rules.rules.iter().find(|rule| {
        rule.coupon.as_ref().is_some_and(|own| own.codes.iter().any(|known| known.folded() == code.folded()))
    })
}

fn expiry(rule: &Rule) -> i64 {
    fn of(condition: &Condition) -> i64 {
        match condition {
            Condition::Window(window) => window.until.map_or(i64::MAX, crate::shop::Moment::unix_ms),
            Condition::All(all) => all.iter().map(of).min().unwrap_or(i64::MAX),
            _ => i64::MAX,
        }
    }
    rule.condition.as_ref().map_or(i64::MAX, of)
}

/// Whether two rules never apply together, by what they say (K-1).
fn apart(rules: &RuleSet, one: &Rule, other: &Rule) -> bool {
    let says = |own: &Rule, other: &Rule| {
        let excludes = &own.stacking.excludes;
        excludes.rules.contains(&other.id)
            || !excludes.tags.is_disjoint(&other.tags)
            || excludes.stages.contains(&other.stage)
            || own.stacking.exclusive == Some(Exclusive::Order)
            || own.stacking.exclusive == Some(Exclusive::Stage) && own.stage == other.stage
    };
    let grouped = one.stacking.group.is_some() && one.stacking.group == other.stacking.group;
    let with = |own: &Rule, other: &Rule| {
        let with = &own.stacking.goes_with;
        with.rules.contains(&other.id)
            || !with.tags.is_disjoint(&other.tags)
            || with.stages.contains(&other.stage)
    };
    let strangers = rules.undeclared == Undeclared::Apart && !with(one, other) && !with(other, one);
    strangers || grouped || says(one, other) || says(other, one)
}
