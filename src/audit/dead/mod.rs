//! Rules that can never give anything, and tiers that can never give more than the tier below: read off the rules, then
//! shown on an order; and for all other tiers an order that takes each.

mod tiers;
mod why;

use std::collections::{BTreeMap, BTreeSet};

use super::basket::{Basket, Script};
use super::check::Shadows;
use super::checks::Check;
use super::measure::applies;
use super::minimise::{Shrunk, Still};
use super::search::Search;
use super::steps::Steps;
use super::witness::{Order, Witness};
use super::world::World;
use crate::compile::Plan;
use crate::evaluate::Scratch;
use crate::rules::{Promise, Rule, RuleId};
use tiers::tiers;
pub(super) use tiers::without_tier;
pub use why::Why;

/// Products of an order that shows that nothing is given.
const SHOWN_MAX: usize = 8;
/// Tiers for which an order is looked for: each needs a plan of its own.
const TIERS_MAX: usize = 256;
/// Rules for which another is looked for that keeps them out; each may need a plan.
const SHADOWED_MAX: usize = 64;
/// Shoppers who are tried for each tier.
const SHOPPERS_TRIED: usize = 12;

/// For each rule with tiers the orders found that take them, by tier.
pub(super) type TierOrders = BTreeMap<RuleId, BTreeMap<usize, Order>>;

/// A rule, or a tier of one, that gives nothing, and an order that shows it.
pub(super) struct Dead {
    pub check: Check,
    pub script: Script,
    pub rules: Vec<RuleId>,
    pub why: Why,
}

impl Search<'_, '_> {
    /// What is dead by the rules and the catalogue alone, and for tiers that are not an order in which each gives more.
    pub(super) fn find_dead(&mut self) -> Vec<Dead> {
        let world = self.world;
        let mut list = Vec::new();
        let (mut tiers_left, mut shadows_left) = (TIERS_MAX, SHADOWED_MAX);
        let shadows = world.checker.shadows(self.steps.left());
        for check in self.checks.iter().filter(|check| check.promise == Promise::EveryRule) {
            let Some(rule) = check.subject.first().and_then(|id| world.rule(id.as_str())) else { continue };
            if self.applied.contains_key(&rule.id) {
                list.extend(self.tiers_of(&shadows, check, rule, &mut tiers_left));
            } else if why::has_no_goods(world, rule) {
                list.extend(self.without_goods(check));
            } else if let Some(left) = shadows_left.checked_sub(1) {
                shadows_left = left;
                list.extend(self.shadowed(&shadows, check, rule));
            }
        }
        count_looks(&self.steps, &shadows);
        list
    }

    /// The tiers of rules that were not seen to apply when the dead were looked for, and were since; and of the dead those that
    /// are dead indeed.
    pub(super) fn look_again(&mut self, dead: Vec<Dead>, seen_before: &BTreeSet<RuleId>) -> Vec<Dead> {
        let world = self.world;
        let is_silent = |one: &Dead| {
            one.check.tier.is_some()
                || one.check.subject.first().is_none_or(|id| !self.applied.contains_key(id))
        };
        let mut list: Vec<Dead> = dead.into_iter().filter(is_silent).collect();
        let mut tiers_left = TIERS_MAX;
        let shadows = world.checker.shadows(self.steps.left());
        for check in self.checks.iter().filter(|check| check.promise == Promise::EveryRule) {
            let Some(rule) = check.subject.first().and_then(|id| world.rule(id.as_str())) else { continue };
            if self.applied.contains_key(&rule.id) && !seen_before.contains(&rule.id) {
                list.extend(self.tiers_of(&shadows, check, rule, &mut tiers_left));
            }
        }
        count_looks(&self.steps, &shadows);
        list
    }

    /// The dead tiers of a rule; for the others an order each.
    fn tiers_of(&mut self, shadows: &Shadows<'_>, check: &Check, rule: &Rule, left: &mut usize) -> Vec<Dead> {
        let mut list = Vec::new();
        let count = tiers(self.world, rule).len();
        for tier in (0..count).filter(|_| count > 1) {
            let Some(less) = left.checked_sub(1) else { break };
            *left = less;
            let why = match why::of_tier(self.world, rule, tier) {
                Some(why) => Some(why),
                None => match self.order_of_tier(rule, tier) {
                    Some(order) => {
                        self.tiers.entry(rule.id.clone()).or_default().insert(tier, order);
                        None
                    }
                    None => tier_shadow(self.world, shadows, rule, tier),
                },
            };
            let Some(why) = why else { continue };
            // An order that reaches it, or holds all there is.
            let basket = self.reaching(rule, tier, 0).next();
            let (check, rules) = (Check { tier: Some(tier), ..check.clone() }, check.subject.clone());
            list.extend(basket.map(|basket| Dead { check, script: Script::One(basket), rules, why }));
        }
        list
    }

    /// A rule for goods that the catalogue does not have.
    fn without_goods(&self, check: &Check) -> Option<Dead> {
        let everything =
            (0..self.world.catalogue.products().len().min(SHOWN_MAX)).map(|product| (product, 1));
        let codes = self.world.codes.first().map_or(0, Vec::len);
        let script = Script::One(Basket::of(0, (0..codes).collect(), everything));
        script.witness(self.world)?;
        let rules = check.subject.clone();
        Some(Dead { check: check.clone(), script, rules, why: Why::NoGoods {} })
    }

    /// A rule that another always takes the place of: shown by an order in which it applies once that one is off.
    fn shadowed(&mut self, shadows: &Shadows<'_>, check: &Check, rule: &Rule) -> Option<Dead> {
        let world = self.world;
        let shadow = world.rules.rules.iter().find(|other| shadows.keeps_out(other, rule, None))?;
        self.spend(world.compiling())?;
        let plan = plan_with_off(world, &shadow.id)?;
        let items = self.recipe(rule);
        for shopper in 0..world.shoppers.len() {
            let codes = world.codes.get(shopper).map_or(0, Vec::len);
            let script = Script::One(Basket::of(shopper, (0..codes).collect(), items.clone()));
            let Some(witness) = script.witness(world) else { continue };
            self.spend(witness.prices())?;
            if applies_in(&witness, &plan, rule, &mut self.scratch) {
                let rules = vec![rule.id.clone(), shadow.id.clone()];
                let why = Why::Behind { rule: shadow.id.clone() };
                return Some(Dead { check: check.clone(), script, rules, why });
            }
        }
        None
    }

    /// The smallest order that shows it still: one that reaches the tier as before, or has what the rule would apply to.
    pub(super) fn smallest_dead(&mut self, dead: &Dead) -> Shrunk {
        let world = self.world;
        let rule = dead.check.subject.first().and_then(|id| world.rule(id.as_str()));
        let (Some(rule), Script::One(shown)) = (rule, &dead.script) else {
            return self.minimise(&dead.check, &dead.script);
        };
        let tier = dead.check.tier.and_then(|at| Some((tiers(world, rule).into_iter().nth(at)?, at)));
        let other = match (&tier, &dead.why) {
            (Some((_, at)), _) => plan_without(world, rule, *at),
            (None, Why::Behind { rule }) => plan_with_off(world, rule),
            (None, _) => None,
        };
        let Some(other) = other else { return self.minimise(&dead.check, &dead.script) };
        let reached = tier.as_ref().is_some_and(|(tier, _)| tier.is_reached(world, shown));
        self.minimise_while(&dead.script, &mut |search, less| {
            let (Script::One(basket), Some(witness)) = (less, less.witness(world)) else {
                return Still::Mended;
            };
            search.settle();
            let Some(left) = search.orders_left.checked_sub(2) else { return Still::Untold };
            search.orders_left = left;
            let scratch = &mut search.scratch;
            Still::of(match &tier {
                Some((tier, _)) => {
                    let paid = |plan: &Plan, scratch: &mut Scratch| {
                        witness.replay(plan, scratch).ok().map(|replay| replay.paid())
                    };
                    (!reached || tier.is_reached(world, basket))
                        && paid(&world.plan, scratch) == paid(&other, scratch)
                }
                None => {
                    applies_in(&witness, &other, rule, scratch)
                        && !applies_in(&witness, &world.plan, rule, scratch)
                }
            })
        })
    }

    /// An order in which a tier changes what is paid.
    fn order_of_tier(&mut self, rule: &Rule, tier: usize) -> Option<Order> {
        let world = self.world;
        self.spend(world.compiling())?;
        let without = plan_without(world, rule, tier)?;
        let shoppers = 0..world.shoppers.len().min(SHOPPERS_TRIED);
        let baskets: Vec<Basket> = shoppers.flat_map(|shopper| self.reaching(rule, tier, shopper)).collect();
        for basket in baskets {
            let Some(order) = basket.order(world) else { continue };
            let witness = Witness::of(order.clone());
            self.spend(witness.prices().saturating_mul(2))?;
            let with = witness.replay(&world.plan, &mut self.scratch).ok();
            let without = witness.replay(&without, &mut self.scratch).ok();
            if with.zip(without).is_some_and(|(with, without)| with.paid() != without.paid()) {
                return Some(order);
            }
        }
        None
    }

    /// Baskets that reach a tier: of the goods it counts alone, with what else the rule asks for, and in the order in which the
    /// rule was seen to apply.
    fn reaching(&self, rule: &Rule, tier: usize, shopper: usize) -> std::vec::IntoIter<Basket> {
        let reached =
            tiers(self.world, rule).into_iter().nth(tier).and_then(|tier| self.reach(tier.of, tier.at));
        let Some((product, count)) = reached else { return Vec::new().into_iter() };
        let codes = (0..self.world.codes.get(shopper).map_or(0, Vec::len)).collect();
        let alone = Basket::of(shopper, codes, [(product, count)]);
        let with = |other: BTreeMap<usize, u32>| {
            let mut basket = Basket { items: other, ..alone.clone() };
            basket.items.insert(product, count);
            basket
        };
        let mut list = vec![alone.clone(), with(self.recipe(rule))];
        if let Some(applied) = self.applied.get(&rule.id) {
            list.push(applied.with(product, count));
        }
        list.into_iter()
    }
}

/// Counts what was asked of the checker as steps.
fn count_looks(steps: &Steps, shadows: &Shadows<'_>) {
    let looks = steps.left().saturating_sub(shadows.looks_left());
    // Where it ran out of looks, so do the steps.
    let all =
        if shadows.looks_left() == 0 { usize::MAX } else { usize::try_from(looks).unwrap_or(usize::MAX) };
    steps.take(all);
}

/// Whether a tier is dead in a world, by what the rules and the catalogue say alone.
pub(super) fn is_dead_tier(world: &World<'_>, rule: &Rule, tier: usize) -> bool {
    why::of_tier(world, rule, tier).is_some()
}

/// Whether a rule is dead in a world, by what the rules and the catalogue say alone.
pub(super) fn is_dead(world: &World<'_>, shadows: &Shadows<'_>, rule: &Rule) -> bool {
    let kept_out = |other: &Rule| shadows.keeps_out(other, rule, None);
    why::has_no_goods(world, rule) || world.rules.rules.iter().any(kept_out)
}

/// The rule that takes the place of a tier wherever it is reached.
fn tier_shadow(world: &World<'_>, shadows: &Shadows<'_>, rule: &Rule, tier: usize) -> Option<Why> {
    let reached = why::reaches(world, rule, tier)?;
    let shadow = world.rules.rules.iter().find(|other| shadows.keeps_out(other, rule, Some(&reached)))?;
    Some(Why::Behind { rule: shadow.id.clone() })
}

/// How many tiers a rule has that can be dead: one alone is the rule itself.
pub(super) fn tiers_many(world: &World<'_>, rule: &Rule) -> usize {
    let count = tiers(world, rule).len();
    if count > 1 { count } else { 0 }
}

fn applies_in(witness: &Witness, plan: &Plan, rule: &Rule, scratch: &mut Scratch) -> bool {
    let replay = witness.replay(plan, scratch);
    replay.is_ok_and(|replay| replay.quotes.iter().any(|quote| applies(quote, rule.id.as_str())))
}

fn plan_with_off(world: &World<'_>, rule: &RuleId) -> Option<Plan> {
    let mut without = world.rules.clone();
    without.rules.iter_mut().filter(|one| one.id == *rule).for_each(|one| one.enabled = false);
    crate::compile(&without).ok()
}

fn plan_without(world: &World<'_>, rule: &Rule, tier: usize) -> Option<Plan> {
    without_tier(world.rules, rule.id.as_str(), tier).and_then(|changed| crate::compile(&changed).ok())
}

/// Whether a tier changes nothing in a script.
pub(super) fn gives_no_more(
    world: &World<'_>,
    rule: &Rule,
    tier: usize,
    witness: &Witness,
    paid: i64,
) -> bool {
    let replay =
        plan_without(world, rule, tier).and_then(|plan| witness.replay(&plan, &mut Scratch::default()).ok());
    replay.is_some_and(|without| without.paid() == paid)
}
