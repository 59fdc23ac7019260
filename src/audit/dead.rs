//! Rules that can never give anything, and tiers that can never give more than the tier below: read off the rules, then
//! shown on an order.

use super::basket::{Basket, Script};
use super::checks::{Check, excludes};
use super::levels::{At, target};
use super::measure::applies;
use super::repair::Change;
use super::report::Finding;
use super::search::Search;
use super::settings::AuditBounds;
use super::witness::Witness;
use super::world::World;
use crate::money::Amount;
use crate::rules::{Benefit, Condition, Per, Promise, Rule, RuleSet, Select, Selector, TierOff};
use crate::shop::Product;

/// Products of an order that shows that nothing is given.
const SHOWN_MAX: usize = 8;

impl Search<'_, '_> {
    /// What is dead, each with an order that shows it.
    pub(super) fn dead(&mut self, bounds: &AuditBounds) -> Vec<Finding> {
        let world = self.world;
        let mut list = Vec::new();
        for check in self.checks.iter().filter(|check| check.promise == Promise::EveryRule) {
            let Some(rule) = check.subject.first().and_then(|id| world.rule(id.as_str())) else { continue };
            if self.applied.contains_key(&rule.id) {
                for tier in dead_tiers(world, rule) {
                    let check = Check { tier: Some(tier), ..check.clone() };
                    list.extend(self.dead_tier(&check, rule, tier));
                }
                continue;
            }
            let found = if has_no_goods(world, rule) {
                self.without_goods(check)
            } else {
                self.shadowed(check, rule)
            };
            let off = Change::SwitchOff { rule: rule.id.clone() };
            let repair = found.is_some() && super::is_mended(world, check, &off, bounds);
            list.extend(found.map(|finding| Finding { repair: repair.then_some(off), ..finding }));
        }
        list
    }

    /// A rule for goods that the catalogue does not have.
    fn without_goods(&mut self, check: &Check) -> Option<Finding> {
        let everything =
            (0..self.world.catalogue.products().len().min(SHOWN_MAX)).map(|product| (product, 1));
        let codes = self.world.codes.first().map_or(0, Vec::len);
        let script = Script::One(Basket::of(0, (0..codes).collect(), everything));
        let witness = script.witness(self.world)?;
        Finding::confirm(self.world, check, witness, None, check.subject.clone(), &mut self.scratch)
    }

    /// A rule that another always takes the place of: shown by an order in which it applies once that one is off.
    fn shadowed(&mut self, check: &Check, rule: &Rule) -> Option<Finding> {
        let world = self.world;
        let shadow = world.rules.rules.iter().find(|other| is_shadow(world.rules, other, rule))?;
        let mut without = world.rules.clone();
        without.rules.iter_mut().filter(|one| one.id == shadow.id).for_each(|one| one.enabled = false);
        let plan = crate::compile(&without).ok()?;
        let items = self.recipe(rule);
        for shopper in 0..world.shoppers.len() {
            let codes = world.codes.get(shopper).map_or(0, Vec::len);
            let script = Script::One(Basket::of(shopper, (0..codes).collect(), items.clone()));
            let Some(witness) = script.witness(world) else { continue };
            let Ok(replay) = witness.replay(&plan, &mut self.scratch) else { continue };
            if replay.quotes.iter().any(|quote| applies(quote, rule.id.as_str())) {
                let rules = vec![rule.id.clone(), shadow.id.clone()];
                return Finding::confirm(world, check, witness, None, rules, &mut self.scratch);
            }
        }
        None
    }

    /// A tier that gives nothing: shown by an order that reaches it, or holds all there is.
    fn dead_tier(&mut self, check: &Check, rule: &Rule, tier: usize) -> Option<Finding> {
        let (of, at) = tiers(self.world, rule).into_iter().nth(tier)?;
        let (product, count) = self.reach(of, at)?;
        let codes = self.world.codes.first().map_or(0, Vec::len);
        let script = Script::One(Basket::of(0, (0..codes).collect(), [(product, count)]));
        let witness = script.witness(self.world)?;
        Finding::confirm(self.world, check, witness, None, check.subject.clone(), &mut self.scratch)
    }
}

/// The units that count and the threshold of each tier.
fn tiers<'r>(world: &World<'_>, rule: &'r Rule) -> Vec<(&'r Selector, At)> {
    if let Benefit::SpendTiers(off) = &rule.benefit {
        let of = off.qualifier.as_ref().unwrap_or(&off.target);
        off.tiers.iter().map(|tier| (of, At::Spend(world.minor(tier.at)))).collect()
    } else if let Benefit::QuantityTiers(off) = &rule.benefit {
        let of = off.qualifier.as_ref().unwrap_or(&off.target);
        off.tiers.iter().map(|tier| (of, At::Units(tier.at))).collect()
    } else {
        Vec::new()
    }
}

/// The rules without a tier of one of them; `None` where there is no such tier, or no other.
pub(super) fn without_tier(rules: &RuleSet, rule: &Rule, tier: usize) -> Option<RuleSet> {
    let mut changed = rules.clone();
    let rule = changed.rules.iter_mut().find(|one| one.id == rule.id)?;
    if let Benefit::SpendTiers(off) = &mut rule.benefit
        && tier < off.tiers.len()
        && off.tiers.len() > 1
    {
        off.tiers.remove(tier);
    } else if let Benefit::QuantityTiers(off) = &mut rule.benefit
        && tier < off.tiers.len()
        && off.tiers.len() > 1
    {
        off.tiers.remove(tier);
    } else {
        return None;
    }
    Some(changed)
}

/// Tiers that can give no more than the tier below: a cap is reached before, the rule's own condition ends below them, or the
/// catalogue has not so many pieces.
fn dead_tiers(world: &World<'_>, rule: &Rule) -> Vec<usize> {
    let amount = |off: &TierOff| match off {
        TierOff::Amount(amount) => Some(world.minor(*amount)),
        TierOff::Percent(_) | TierOff::UnitPrice(_) => None,
    };
    let amounts: Vec<Option<i64>> = if let Benefit::SpendTiers(off) = &rule.benefit {
        off.tiers.iter().map(|tier| amount(&tier.off)).collect()
    } else if let Benefit::QuantityTiers(off) = &rule.benefit {
        off.tiers.iter().map(|tier| amount(&tier.off)).collect()
    } else {
        Vec::new()
    };
    let cap = rule.cap.map_or(i64::MAX, |cap: Amount| world.minor(cap));
    let all = tiers(world, rule).into_iter().enumerate();
    let dead = all.filter(|(tier, (of, at))| {
        let below = tier.checked_sub(1).and_then(|below| amounts.get(below).copied().flatten());
        let ends_below =
            rule.condition.as_ref().is_some_and(|condition| ends_below(world, condition, of, *at));
        below.is_some_and(|below| below >= cap) || ends_below || is_beyond_stock(world, of, *at)
    });
    dead.map(|(tier, _)| tier).collect()
}

/// Whether a condition no longer holds where a tier begins. The nesting is bounded by validation.
fn ends_below(world: &World<'_>, condition: &Condition, of: &Selector, at: At) -> bool {
    if let Condition::All(nested) = condition {
        nested.iter().any(|one| ends_below(world, one, of, at))
    } else if let (Condition::Spend(spend), At::Spend(at)) = (condition, at) {
        spend.of == *of && spend.base.is_none() && spend.at_most.is_some_and(|most| world.minor(most) < at)
    } else if let (Condition::Quantity(quantity), At::Units(at)) = (condition, at) {
        quantity.of == *of && quantity.at_most.is_some_and(|most| most < at)
    } else {
        false
    }
}

fn is_beyond_stock(world: &World<'_>, of: &Selector, at: At) -> bool {
    let counted = |product: &&Product| of.takes(&product.piece) != Some(false);
    let worth = |product: &Product| {
        let pieces = i64::from(product.stock?);
        match at {
            At::Units(_) => Some(pieces),
            At::Spend(_) => Some(product.piece.list_price.minor().saturating_mul(pieces)),
        }
    };
    let all: Option<Vec<i64>> = world.catalogue.products().iter().filter(counted).map(worth).collect();
    let needed = match at {
        At::Units(units) => i64::from(units),
        At::Spend(spend) => spend,
    };
    all.is_some_and(|all| all.into_iter().fold(0, i64::saturating_add) < needed)
}

fn has_no_goods(world: &World<'_>, rule: &Rule) -> bool {
    let products = world.catalogue.products();
    let Some(target) = target(&rule.benefit) else { return false };
    !products.is_empty() && products.iter().all(|one| target.takes(&one.piece) == Some(false))
}

/// Whether one rule applies before another wherever that one could, and keeps it from applying.
fn is_shadow(rules: &RuleSet, shadow: &Rule, rule: &Rule) -> bool {
    let place = |of: &Rule| {
        let stage = rules.stages.iter().position(|stage| stage.id == of.stage);
        (stage, of.rank, of.id.clone())
    };
    let stage = rules.stages.iter().find(|stage| stage.id == rule.stage);
    let one_winner = shadow.stage == rule.stage && stage.is_some_and(|stage| stage.select == Select::First);
    let parts = |rule: &Rule| match &rule.condition {
        None => Vec::new(),
        Some(Condition::All(nested)) => nested.clone(),
        Some(one) => vec![one.clone()],
    };
    let asks_for = parts(rule);
    let asks_no_more = parts(shadow).iter().all(|part| asks_for.contains(part));
    let takes_some = if let Benefit::PercentOff(off) = &shadow.benefit {
        off.limit.is_none() && off.percent.to_rate().is_ok_and(|rate| rate.ppm() > 0)
    } else if let Benefit::AmountOff(off) = &shadow.benefit {
        off.limit.is_none() && !off.amount.is_negative()
    } else {
        false
    };
    let targets = (target(&shadow.benefit), target(&rule.benefit));
    let covers = matches!(targets, (Some(all), Some(own)) if all == own || *all == Selector::all());
    shadow.id != rule.id
        && shadow.enabled
        && shadow.coupon.is_none()
        && !shadow.is_limited()
        && (shadow.per, rule.per) == (Per::Order, Per::Order)
        && place(shadow) < place(rule)
        && (one_winner || excludes(shadow, rule))
        && asks_no_more
        && takes_some
        && covers
}

/// Whether a tier changes nothing in a script.
pub(super) fn gives_no_more(
    world: &World<'_>,
    rule: &Rule,
    tier: usize,
    witness: &Witness,
    paid: i64,
) -> bool {
    let plan = without_tier(world.rules, rule, tier).and_then(|changed| crate::compile(&changed).ok());
    let replay = plan.and_then(|plan| witness.replay(&plan, &mut crate::evaluate::Scratch::default()).ok());
    replay.is_some_and(|without| without.paid() == paid)
}
