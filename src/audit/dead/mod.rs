//! Rules that can never give anything, and tiers that can never give more than the tier below: read off the rules, then
//! shown on an order; and for all other tiers an order that takes each.

mod tiers;
mod why;

use std::collections::BTreeMap;

use super::Work;
use super::basket::{Basket, Script};
use super::check::Shadows;
use super::checks::Check;
use super::measure::applies;
use super::repair::Change;
use super::report::Finding;
use super::search::Search;
use super::settings::AuditBounds;
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

impl Search<'_, '_> {
    /// What is dead, each with an order that shows it.
    pub(super) fn dead(&mut self, bounds: &AuditBounds, work: &mut Work) -> Vec<Finding> {
        let world = self.world;
        let mut list = Vec::new();
        let (mut tiers_left, mut shadows_left) = (TIERS_MAX, SHADOWED_MAX);
        let shadows = Shadows::new(world.rules, world.catalogue);
        for check in self.checks.iter().filter(|check| check.promise == Promise::EveryRule) {
            let Some(rule) = check.subject.first().and_then(|id| world.rule(id.as_str())) else { continue };
            if self.applied.contains_key(&rule.id) {
                list.extend(self.tiers_of(&shadows, check, rule, &mut tiers_left));
                continue;
            }
            let found = if why::has_no_goods(world, rule) {
                self.without_goods(check)
            } else if let Some(left) = shadows_left.checked_sub(1) {
                shadows_left = left;
                self.shadowed(&shadows, check, rule)
            } else {
                None
            };
            let off = Change::SwitchOff { rule: rule.id.clone() };
            let repair = found.is_some() && super::is_mended(world, check, &off, bounds, work);
            list.extend(found.map(|finding| Finding { repair: repair.then_some(off), ..finding }));
        }
        list
    }

    /// The dead tiers of a rule; for the others an order each.
    fn tiers_of(
        &mut self,
        shadows: &Shadows<'_>,
        check: &Check,
        rule: &Rule,
        left: &mut usize,
    ) -> Vec<Finding> {
        let mut list = Vec::new();
        let count = tiers(self.world, rule).len();
        for tier in (0..count).filter(|_| count > 1) {
            let Some(less) = left.checked_sub(1) else { break };
            *left = less;
            let own = Check { tier: Some(tier), ..check.clone() };
            if let Some(why) = why::of_tier(self.world, rule, tier) {
                list.extend(self.dead_tier(&own, rule, why));
            } else if let Some(order) = self.order_of_tier(rule, tier) {
                self.tiers.entry(rule.id.clone()).or_default().insert(tier, order);
            } else if let Some(reached) = why::reaches(self.world, rule, tier) {
                let all = &self.world.rules.rules;
                let shadow = all.iter().find(|other| shadows.keeps_out(other, rule, Some(&reached)));
                let why = shadow.map(|shadow| Why::Behind { rule: shadow.id.clone() });
                list.extend(why.and_then(|why| self.dead_tier(&own, rule, why)));
            }
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
        let rules = check.subject.clone();
        let finding = Finding::confirm(self.world, check, witness, None, rules, &mut self.scratch)?;
        Some(Finding { why: Some(Why::NoGoods {}), ..finding })
    }

    /// A rule that another always takes the place of: shown by an order in which it applies once that one is off.
    fn shadowed(&mut self, shadows: &Shadows<'_>, check: &Check, rule: &Rule) -> Option<Finding> {
        let world = self.world;
        let shadow = world.rules.rules.iter().find(|other| shadows.keeps_out(other, rule, None))?;
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
                let finding = Finding::confirm(world, check, witness, None, rules, &mut self.scratch)?;
                return Some(Finding { why: Some(Why::Behind { rule: shadow.id.clone() }), ..finding });
            }
        }
        None
    }

    /// A tier that gives nothing: shown by an order that reaches it, or holds all there is.
    fn dead_tier(&mut self, check: &Check, rule: &Rule, why: Why) -> Option<Finding> {
        let tier = check.tier?;
        let witness = self.reaching(rule, tier, 0).next()?.order(self.world).map(Witness::of)?;
        let rules = check.subject.clone();
        let finding = Finding::confirm(self.world, check, witness, None, rules, &mut self.scratch)?;
        let drop = Change::DropTier { rule: rule.id.clone(), tier: tier.saturating_add(1) };
        let repair = is_mended(self.world, &drop, rule).then_some(drop);
        Some(Finding { why: Some(why), repair, ..finding })
    }

    /// An order in which a tier changes what is paid.
    fn order_of_tier(&mut self, rule: &Rule, tier: usize) -> Option<Order> {
        let world = self.world;
        let without = plan_without(world, rule, tier)?;
        let shoppers = 0..world.shoppers.len().min(SHOPPERS_TRIED);
        let baskets: Vec<Basket> = shoppers.flat_map(|shopper| self.reaching(rule, tier, shopper)).collect();
        for basket in baskets {
            let Some(order) = basket.order(world) else { continue };
            let witness = Witness::of(order.clone());
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

/// Whether the rule has no dead tier once a change is made.
fn is_mended(world: &World<'_>, change: &Change, rule: &Rule) -> bool {
    let changed = change.apply(world.rules);
    let Some(next) = world.with_rules(&changed) else { return false };
    let Some(rule) = next.rule(rule.id.as_str()) else { return false };
    (0..tiers(&next, rule).len()).all(|tier| why::of_tier(&next, rule, tier).is_none())
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
