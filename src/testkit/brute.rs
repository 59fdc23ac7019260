//! The best set of coupons by trying them all, from the nouns and a pricing function alone.

use std::cmp::Reverse;

use crate::choose::Coupon;
use crate::record::CodeStatus;
use crate::rules::{Benefit, Condition, Exclusive, Rule, RuleSet, Undeclared};
use crate::shop::{Context, Moment, WalletCoupon};

/// A set of coupons and what the cart costs with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Best {
    /// In minor units.
    pub payable: i64,
    /// By preference: what expires first, then by text.
    pub coupons: Vec<Coupon>,
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
/// of it grants something. `None` when no subset can be priced. Codes must fold apart, and belong to one coupon each.
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
        let chosen: Vec<Coupon> = (0..offered.len())
            .zip(&offered)
            .filter(|(at, _)| taken(*at))
            .map(|(_, one)| one.clone())
            .collect();
        let mut owners: Vec<&str> =
            chosen.iter().filter_map(|one| Some(owner(rules, context, one)?.id.as_str())).collect();
        owners.sort_unstable();
        if owners.windows(2).any(|pair| pair.first() == pair.last()) {
            // A code and a held coupon of one rule.
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

/// Whether all codes and all rules of the coupons gave something.
fn is_admissible(owners: &[&str], priced: &Priced) -> bool {
    priced.codes.iter().all(|status| *status == CodeStatus::Applied)
        && owners.iter().all(|rule| priced.applied.iter().any(|id| id == rule))
}

/// All that a context offers, by preference: codes, of the coupons held of one rule the one that expires first, and what
/// automatic rules take as payment.
#[must_use]
pub fn offered(rules: &RuleSet, context: &Context) -> Vec<Coupon> {
    let mut offered: Vec<(i64, String, Coupon)> = Vec::new();
    let end = |rule: &Rule| rule.condition.as_ref().map_or(i64::MAX, expiry);
    for code in &context.codes {
        let coupon = Coupon::Code(code.clone());
        let until = owner(rules, context, &coupon).map_or(i64::MAX, end);
        offered.push((until, code.to_string(), coupon));
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
            ));
        }
        if let Some(until) = payment(rule, context) {
            offered.push((end(rule).min(until), rule.id.to_string(), Coupon::Payment(rule.id.clone())));
        }
    }
    offered.sort();
    offered.into_iter().map(|(_, _, coupon)| coupon).collect()
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
/// take a payment that is not among them.
#[must_use]
pub fn with(rules: &RuleSet, context: &Context, chosen: &[Coupon]) -> Context {
    let mut tried = with_coupons(rules, context, chosen);
    let others = rules.rules.iter().filter(|rule| payment(rule, context).is_some());
    let left = others.filter(|rule| !chosen.contains(&Coupon::Payment(rule.id.clone())));
    tried.set_aside.extend(left.map(|rule| rule.id.to_string()));
    tried
}

/// The same with payments as they come.
#[must_use]
pub fn with_coupons(rules: &RuleSet, context: &Context, chosen: &[Coupon]) -> Context {
    let mut tried = context.clone();
    tried.codes.retain(|code| chosen.contains(&Coupon::Code(code.clone())));
    tried.coupons.retain(|held| chosen.contains(&Coupon::Wallet(held.id.clone())));
    let owners: Vec<&Rule> = chosen.iter().filter_map(|one| owner(rules, context, one)).collect();
    let automatic = rules.rules.iter().filter(|rule| rule.coupon.is_none());
    for rule in automatic.filter(|rule| owners.iter().all(|own| own.id != rule.id)) {
        if owners.iter().any(|own| apart(rules, own, rule)) {
            tried.set_aside.insert(rule.id.to_string());
        }
    }
    tried
}

/// The rule whose coupon it is, or that takes the payment.
fn owner<'r>(rules: &'r RuleSet, context: &Context, coupon: &Coupon) -> Option<&'r Rule> {
    let held = |id| context.coupons.iter().find(|held| held.id == id).map(|held| held.rule.clone());
    let of_held = match coupon {
        Coupon::Wallet(id) => held(id.clone()),
        Coupon::Code(_) | Coupon::Payment(_) => None,
    };
    rules.rules.iter().find(|rule| match coupon {
        Coupon::Code(code) => rule
            .coupon
            .as_ref()
            .is_some_and(|own| own.codes.iter().any(|known| known.folded() == code.folded())),
        Coupon::Wallet(_) => of_held.as_deref() == Some(rule.id.as_str()),
        Coupon::Payment(id) => rule.id == *id,
    })
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
