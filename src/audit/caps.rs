//! Caps that decide nothing, or everything: found by bounds; and for all other caps an order that reaches each, and one that
//! does not.

use std::collections::BTreeMap;

use super::basket::{Basket, Script};
use super::certificate::Certificate;
use super::check::CapSays;
use super::dead::{Dead, Why};
use super::levels::{At, target};
use super::search::Search;
use super::witness::{Order, Witness};
use crate::compile::Plan;
use crate::evaluate::Scratch;
use crate::money::{Amount, Money};
use crate::rules::{Promise, Rule, RuleId, RuleSet};

/// Caps that are looked at: each needs a plan of its own.
const CAPS_MAX: usize = 128;
/// Shoppers who are tried for each.
const SHOPPERS_TRIED: usize = 12;

impl Search<'_, '_> {
    /// Caps that are never reached, or always; each with an order in which the rule applies.
    pub(super) fn idle_caps(&self) -> Vec<Dead> {
        let world = self.world;
        let mut list = Vec::new();
        for check in self.checks.iter().filter(|check| check.promise == Promise::CapsMatter).take(CAPS_MAX) {
            let Some(rule) = check.subject.first().and_then(|id| world.rule(id.as_str())) else { continue };
            let Some(says) = world.checker.says_of_cap(rule) else { continue };
            let amount = |minor| Amount::from_money(Money::from_minor(minor), world.rules.currency);
            let why = match says {
                CapSays::Never(most) => Why::CapUnreached { most: amount(most) },
                CapSays::Always(least) => Why::CapAlways { least: amount(least) },
            };
            let Some(basket) = self.applied.get(&rule.id).cloned() else { continue };
            let (check, rules) = (check.clone(), check.subject.clone());
            list.push(Dead { check, script: Script::One(basket), rules, why });
        }
        list
    }
}

/// For each rule with a cap an order that reaches it, and one that does not, as long as there are orders left to look for
/// them. The checker says which are missing.
pub(super) fn propose(search: &mut Search<'_, '_>) -> Result<Certificate, String> {
    let (mut reached, mut below) = (BTreeMap::new(), BTreeMap::new());
    let capped = search.world.rules.rules.iter().filter(|rule| rule.enabled && rule.cap.is_some());
    for rule in capped.take(CAPS_MAX) {
        show(search, rule, &mut reached, &mut below);
    }
    Ok(Certificate::Caps { reached, below })
}

fn show(
    search: &mut Search<'_, '_>,
    rule: &Rule,
    reached: &mut BTreeMap<RuleId, Order>,
    below: &mut BTreeMap<RuleId, Order>,
) {
    let world = search.world;
    if search.spend(world.compiling()).is_none() {
        return;
    }
    let Ok(without) = crate::compile(&uncapped(world.rules, &rule.id)) else { return };
    for basket in baskets(search, rule) {
        let Some(order) = basket.order(world) else { continue };
        // By both plans.
        if search.spend(2).is_none() {
            return;
        }
        match asks_more(&world.plan, &without, &order, rule) {
            Some(true) => drop(reached.entry(rule.id.clone()).or_insert(order)),
            Some(false) => drop(below.entry(rule.id.clone()).or_insert(order)),
            None => {}
        }
        if reached.contains_key(&rule.id) && below.contains_key(&rule.id) {
            return;
        }
    }
}

/// Baskets in which a rule may reach its cap, or not: the one in which it was seen to apply, what it asks for, a piece, and as
/// much of its goods as the cap is worth and many times that.
fn baskets(search: &Search<'_, '_>, rule: &Rule) -> Vec<Basket> {
    let world = search.world;
    let mut list: Vec<Basket> = search.applied.get(&rule.id).cloned().into_iter().collect();
    let cap = rule.cap.map_or(0, |cap| world.minor(cap));
    let recipe = search.recipe(rule);
    for shopper in 0..world.shoppers.len().min(SHOPPERS_TRIED) {
        let codes = (0..world.codes.get(shopper).map_or(0, Vec::len)).collect();
        let basket = Basket::of(shopper, codes, recipe.clone());
        list.push(basket.clone());
        let Some(of) = target(&rule.benefit) else { continue };
        let spends =
            [1, cap, cap.saturating_mul(10), cap.saturating_mul(100)].map(|spend| At::Spend(spend.max(1)));
        for (product, count) in spends.into_iter().filter_map(|at| search.reach(of, at)) {
            let alone = Basket { items: BTreeMap::from([(product, count)]), ..basket.clone() };
            list.extend([alone, basket.with(product, count)]);
        }
    }
    list
}

/// The rules with one of them uncapped.
fn uncapped(rules: &RuleSet, id: &RuleId) -> RuleSet {
    let mut changed = rules.clone();
    changed.rules.iter_mut().filter(|rule| rule.id == *id).for_each(|rule| rule.cap = None);
    changed
}

/// Whether a rule that applies to an order asks for more by another plan; `None` where it does not apply.
fn asks_more(plan: &Plan, other: &Plan, order: &Order, rule: &Rule) -> Option<bool> {
    let witness = Witness::of(order.clone());
    let mut scratch = Scratch::default();
    let mut asked = |plan: &Plan| {
        let replay = witness.replay(plan, &mut scratch).ok()?;
        let own = replay.quotes.first()?.rules.iter().find(|one| one.rule == rule.id)?;
        Some(own.asked)
    };
    Some(asked(other)? > asked(plan)?)
}
