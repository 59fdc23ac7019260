//! The best set of coupons by trying them all, from the nouns and a pricing function alone.

use std::cmp::Reverse;

use super::oracle::named_codes;
use crate::choose::{Chosen, Coupon};
use crate::record::CodeStatus;
use crate::rules::{Benefit, Condition, Exclusive, Rule, RuleId, RuleSet, Undeclared};
use crate::shop::{Context, CouponCode, Moment, WalletCoupon};

/// A set of coupons and what the cart costs with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Best {
    /// In minor units.
    pub payable: i64,
    /// By preference: what expires first, then by text.
    pub coupons: Vec<Chosen>,
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

/// Prices every subset of at most `most` of what the context offers and returns the best that is admissible: every coupon
/// of it grants something, for a code without a rule some rule that asks for it. `None` when no subset can be priced. Codes
/// must fold apart, and belong to one coupon each.
pub fn best(
    rules: &RuleSet,
    context: &Context,
    most: u32,
    mut price: impl FnMut(&Context) -> Option<Priced>,
) -> Option<Best> {
    let offered = offered(rules, context);
    let mut best: Option<(i64, u32, Reverse<u64>)> = None;
    let mut found = None;
    for subset in 0_u64..1 << offered.len() {
        if subset.count_ones() > most {
            continue;
        }
        // The first has the highest bit, so that a larger number is preferred among sets of one size.
        let taken = |at: usize| subset >> (offered.len() - 1 - at) & 1 == 1;
        let chosen: Vec<Chosen> = (0..offered.len())
            .zip(&offered)
            .filter(|(at, _)| taken(*at))
            .map(|(_, one)| one.clone())
            .collect();
        let owners: Vec<&str> = chosen.iter().filter_map(|one| Some(one.rule.as_ref()?.as_str())).collect();
        let coupons: Vec<&Coupon> = chosen.iter().map(|one| &one.coupon).collect();
        if has_twice(owners.clone()) || has_twice(coupons) {
            // A code and a held coupon of one rule, or a code for its rule and for conditions alone.
            continue;
        }
        let tried = with(rules, context, &chosen);
        let Some(priced) = price(&tried) else { continue };
        if !is_admissible(&owners, &priced) {
            continue;
        }
        let order = (priced.payable, subset.count_ones(), Reverse(subset));
        if best.is_none_or(|best| order < best) {
            best = Some(order);
            found = Some(Best { payable: priced.payable, coupons: chosen, context: tried });
        }
    }
    found
}

fn has_twice<T: Ord>(mut all: Vec<T>) -> bool {
    all.sort_unstable();
    all.windows(2).any(|pair| pair.first() == pair.last())
}

/// Whether all codes and all rules of the coupons gave something.
fn is_admissible(owners: &[&str], priced: &Priced) -> bool {
    priced.codes.iter().all(|status| *status == CodeStatus::Applied)
        && owners.iter().all(|rule| priced.applied.iter().any(|id| id == rule))
}

/// All that a context offers, by preference: codes, of the coupons held of one rule the one that expires first, and what
/// automatic rules take as payment. A code that a rule has and others ask for is there twice: for its rule, and for those alone.
#[must_use]
pub fn offered(rules: &RuleSet, context: &Context) -> Vec<Chosen> {
    let mut offered: Vec<(i64, String, Coupon, Option<RuleId>)> = Vec::new();
    let end = |rule: &Rule| rule.condition.as_ref().map_or(i64::MAX, expiry);
    for code in &context.codes {
        let coupon = Coupon::Code(code.clone());
        let owner = owner(rules, &coupon);
        let mut others = rules.rules.iter().filter(|rule| owner.is_none_or(|owner| owner.id != rule.id));
        let asked = code.folded().is_some_and(|code| others.any(|rule| named_codes(rule).contains(code)));
        if let Some(owner) = owner {
            offered.push((end(owner), code.to_string(), coupon.clone(), Some(owner.id.clone())));
        }
        if asked {
            offered.push((i64::MAX, code.to_string(), coupon, None));
        }
    }
    for rule in &rules.rules {
        let held = context.coupons.iter().filter(|held| held.rule == rule.id.as_str());
        let held = held.filter(|held| held.unusable(context).is_none());
        let until = |held: &WalletCoupon| held.until.map_or(i64::MAX, Moment::unix_ms);
        if let Some(first) = held.min_by_key(|held| (until(held), held.id.clone()))
            && rule.coupon.as_ref().is_some_and(|coupon| coupon.wallet)
        {
            offered.push((
                end(rule).min(until(first)),
                first.id.to_string(),
                Coupon::Wallet(first.id.clone()),
                Some(rule.id.clone()),
            ));
        }
        if let Some(until) = payment(rule, context) {
            let payment = Coupon::Payment(rule.id.clone());
            offered.push((end(rule).min(until), rule.id.to_string(), payment, Some(rule.id.clone())));
        }
    }
    // A code for its rule comes before the same code without.
    offered.sort_by(|a, b| (a.0, &a.1, &a.2, a.3.is_none()).cmp(&(b.0, &b.1, &b.2, b.3.is_none())));
    offered.into_iter().map(|(_, _, coupon, rule)| Chosen { coupon, rule }).collect()
}

/// When the first ends of what the wallet holds for an automatic rule.
fn payment(rule: &Rule, context: &Context) -> Option<i64> {
    if rule.coupon.is_some() || context.customer.id.is_none() || !rule.enabled {
        return None;
    }
    match &rule.benefit {
        Benefit::PointsRedeem(_) => Some(i64::MAX),
        Benefit::UseBalance(of) => {
            let own = context.wallet.balances.values().filter(|balance| balance.class == of.class);
            let ends = own.map(|balance| balance.until.map_or(i64::MAX, Moment::unix_ms));
            ends.filter(|until| *until > context.now.unix_ms()).min()
        }
        _ => None,
    }
}

/// The context with these coupons alone, and with the automatic rules set aside that do not go together with them (K-3) or
/// take a payment that is not among them, and the rules of codes that are there for conditions alone.
#[must_use]
pub fn with(rules: &RuleSet, context: &Context, chosen: &[Chosen]) -> Context {
    let mut tried = with_coupons(rules, context, chosen);
    let others = rules.rules.iter().filter(|rule| payment(rule, context).is_some());
    let left = others.filter(|rule| chosen.iter().all(|one| one.rule.as_ref() != Some(&rule.id)));
    tried.set_aside.extend(left.map(|rule| rule.id.to_string()));
    tried
}

/// The same with payments as they come.
#[must_use]
pub fn with_coupons(rules: &RuleSet, context: &Context, chosen: &[Chosen]) -> Context {
    let mut tried = context.clone();
    let is_chosen = |coupon: &Coupon| chosen.iter().any(|one| one.coupon == *coupon);
    tried.codes.retain(|code| is_chosen(&Coupon::Code(code.clone())));
    tried.coupons.retain(|held| is_chosen(&Coupon::Wallet(held.id.clone())));
    let is_owner = |rule: &Rule| chosen.iter().any(|one| one.rule.as_ref() == Some(&rule.id));
    let owners: Vec<&Rule> = rules.rules.iter().filter(|rule| is_owner(rule)).collect();
    let for_conditions = chosen.iter().filter(|one| one.rule.is_none());
    let unused = for_conditions.filter_map(|one| owner(rules, &one.coupon)).filter(|rule| !is_owner(rule));
    tried.set_aside.extend(unused.map(|rule| rule.id.to_string()));
    let automatic = rules.rules.iter().filter(|rule| rule.coupon.is_none());
    for rule in automatic.filter(|rule| owners.iter().all(|own| own.id != rule.id)) {
        if owners.iter().any(|own| apart(rules, own, rule)) {
            tried.set_aside.insert(rule.id.to_string());
        }
    }
    tried
}

/// The rule that has a code as its coupon's.
fn owner<'r>(rules: &'r RuleSet, coupon: &Coupon) -> Option<&'r Rule> {
    let Coupon::Code(code) = coupon else { return None };
    let knows = |rule: &Rule| {
        let own = rule.coupon.iter().flat_map(|own| &own.codes);
        own.map(CouponCode::folded).any(|known| known == code.folded())
    };
    rules.rules.iter().find(|rule| knows(rule))
}

/// The earliest end of the windows that a condition needs.
fn expiry(condition: &Condition) -> i64 {
    match condition {
        Condition::Window(window) => window.until.map_or(i64::MAX, Moment::unix_ms),
        Condition::All(all) => all.iter().map(expiry).min().unwrap_or(i64::MAX),
        _ => i64::MAX,
    }
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
