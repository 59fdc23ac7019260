//! The search: orders at and around the thresholds of every rule, combined, then polished for each promise.
//!
//! In: the world and its classes. Out: for each check the largest breaches, and which rules were seen to apply. Between
//! thresholds a price moves evenly, so what goes wrong goes wrong next to one. The search is ordered and counted: the
//! same world and budget give the same hits.

use std::collections::{BTreeMap, BTreeSet};

use super::basket::{Basket, Script};
use super::checks::Check;
use super::levels::{At, levels};
use super::market::Market;
use super::settings::{AuditBounds, PIECES_MAX};
use super::witness::{Order, Replay, Witness};
use super::world::{SILENT, World};
use crate::evaluate::Scratch;
use crate::record::{Quote, Usage};
use crate::rules::Promise;
use crate::rules::{RuleId, Selector};

/// Best scripts kept for each check.
const HITS_MAX: usize = 3;
/// Baskets with the largest discounts that are bought apart and together.
const RICH_MAX: usize = 16;
/// Shoppers that are tried in full; the others take part in polishing.
const FULL_SHOPPERS: usize = 12;
/// Steps of polishing one hit.
const STEPS_MAX: usize = 8;
/// Other products tried in each step.
const OTHERS_MAX: usize = 24;

/// Why a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StopReason {
    /// Everything it meant to try was tried.
    Finished,
    /// The budget of orders was used up.
    OutOfOrders,
}

/// A script and what it costs by the measure of its check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub size: i64,
    pub script: Script,
}

/// The state of a search.
pub(super) struct Search<'s, 'a> {
    pub world: &'s World<'a>,
    pub checks: &'s [Check],
    pub scratch: Scratch,
    pub orders_left: u64,
    /// The best of each check, largest first.
    pub hits: Vec<Vec<Hit>>,
    /// For each rule seen to apply, the first basket it was seen in.
    pub applied: BTreeMap<RuleId, Basket>,
    bounds: &'s AuditBounds,
    /// Products the search buys, by position.
    picks: Vec<usize>,
    /// For each product bought, the numbers of pieces at which some rule changes.
    counts: BTreeMap<usize, Vec<u32>>,
    /// Baskets with the largest discounts, by discount.
    rich: BTreeSet<(i64, Basket)>,
    seen: BTreeSet<Basket>,
    quote: Quote,
    orders_done: u64,
    /// Orders of the budget that are for later phases.
    kept_back: u64,
    ran_out: bool,
}

impl<'s, 'a> Search<'s, 'a> {
    pub(super) fn new(
        world: &'s World<'a>,
        market: &Market,
        checks: &'s [Check],
        bounds: &'s AuditBounds,
    ) -> Self {
        let mut search = Self {
            world,
            checks,
            scratch: Scratch::default(),
            orders_left: bounds.orders,
            hits: vec![Vec::new(); checks.len()],
            applied: BTreeMap::new(),
            bounds,
            picks: market.picks(),
            counts: BTreeMap::new(),
            rich: BTreeSet::new(),
            seen: BTreeSet::new(),
            quote: Quote::new(),
            orders_done: 0,
            kept_back: 0,
            ran_out: false,
        };
        search.counts =
            search.picks.iter().map(|product| (*product, search.critical_counts(*product))).collect();
        search
    }

    /// Runs the whole search.
    pub(super) fn run(&mut self) -> StopReason {
        // Each phase leaves its share to those after it, so that none of them goes without.
        self.keep_back(65);
        self.single_products();
        self.keep_back(40);
        let recipes = self.recipes();
        self.combinations(&recipes);
        self.keep_back(15);
        self.polish_all();
        self.keep_back(0);
        self.apart();
        self.stop_reason()
    }

    /// Sets how many percent of the budget are for later phases.
    fn keep_back(&mut self, percent: u64) {
        self.kept_back = (self.bounds.orders / 100).saturating_mul(percent);
    }

    /// Takes so many orders from the budget, or notes that it has run out.
    fn spend(&mut self, orders: u64) -> Option<()> {
        match self.orders_left.checked_sub(orders) {
            Some(left) if left >= self.kept_back => {
                self.orders_left = left;
                Some(())
            }
            Some(_) | None => {
                self.ran_out = true;
                None
            }
        }
    }

    fn stop_reason(&mut self) -> StopReason {
        self.orders_done = self.bounds.orders.saturating_sub(self.orders_left);
        if self.ran_out { StopReason::OutOfOrders } else { StopReason::Finished }
    }

    /// Buys at random: so many baskets drawn from a seed, each compared with one piece less, then polishes what it found.
    pub(super) fn wander(&mut self, runs: u64, seed: u64) -> StopReason {
        let mut dice = Dice(seed);
        for _ in 0..runs {
            let Some(basket) = self.draw(&mut dice) else { break };
            self.look(&basket);
            self.one_more(&basket);
        }
        self.polish_all();
        self.apart();
        self.stop_reason()
    }

    fn draw(&self, dice: &mut Dice) -> Option<Basket> {
        let shopper = dice.below(self.world.shoppers.len());
        let codes = self.all_codes(shopper).into_iter().filter(|_| dice.below(3) > 0).collect();
        let mut items = BTreeMap::new();
        for _ in 0..=dice.below(self.bounds.products) {
            let product = *self.picks.get(dice.below(self.picks.len()))?;
            let critical = self.counts.get(&product)?;
            let any = u32::try_from(1 + dice.below(usize::try_from(self.bounds.pieces).ok()?)).ok()?;
            let count = match dice.below(2) {
                0 => critical.get(dice.below(critical.len())).copied().unwrap_or(any),
                _ => any,
            };
            items.insert(product, count);
        }
        Some(Basket::of(shopper, codes, items))
    }

    /// Orders priced so far by the search itself.
    pub(super) fn orders_done(&self) -> u64 {
        self.orders_done
    }

    /// Pieces of a product at which a rule that counts it changes, and one less.
    fn critical_counts(&self, product: usize) -> Vec<u32> {
        let world = self.world;
        let Some(known) = world.catalogue.products().get(product) else { return Vec::new() };
        let price = known.piece.list_price.minor();
        let mut counts: BTreeSet<u32> = [1, 2, self.bounds.pieces.max(1)].into();
        for rule in world.rules.rules.iter().filter(|rule| rule.enabled) {
            for level in levels(rule, world.rules.currency) {
                if level.of.takes(&known.piece) != Some(false) {
                    counts.extend(pieces_for(level.at, price).filter(|count| *count <= PIECES_MAX));
                }
            }
        }
        counts.extend(known.stock);
        counts.retain(|count| *count > 0 && known.stock.is_none_or(|stock| *count <= stock));
        counts.into_iter().collect()
    }

    fn all_codes(&self, shopper: usize) -> BTreeSet<usize> {
        self.world.codes.get(shopper).map_or_else(BTreeSet::new, |codes| (0..codes.len()).collect())
    }

    fn shoppers(&self) -> std::ops::Range<usize> {
        0..self.world.shoppers.len()
    }

    /// Every product alone, in every number that matters; and just below a threshold, with the cheapest filler.
    fn single_products(&mut self) {
        for shopper in self.shoppers().take(FULL_SHOPPERS) {
            let codes = self.all_codes(shopper);
            for product in self.picks.clone() {
                for count in self.counts.get(&product).cloned().unwrap_or_default() {
                    let basket = Basket::of(shopper, codes.clone(), [(product, count)]);
                    self.look_with_codes(&basket);
                    self.one_more(&basket);
                }
            }
        }
        self.fillers();
    }

    /// Looks at a basket with all codes, with none, and with each alone.
    fn look_with_codes(&mut self, basket: &Basket) {
        self.look(basket);
        if basket.codes.is_empty() {
            return;
        }
        let mut bare = basket.clone();
        bare.codes.clear();
        self.look(&bare);
        if basket.codes.len() > 1 {
            for code in &basket.codes {
                let mut alone = bare.clone();
                alone.codes.insert(*code);
                self.look(&alone);
            }
        }
    }

    /// Pieces of one product just below each spend threshold, topped up by the cheapest products.
    fn fillers(&mut self) {
        let world = self.world;
        let price = |product: &usize| {
            world.catalogue.products().get(*product).map_or(0, |known| known.piece.list_price.minor())
        };
        let mut cheap: Vec<usize> = self.picks.clone();
        cheap.sort_by_key(|product| (price(product), *product));
        cheap.truncate(4);
        for shopper in self.shoppers().take(FULL_SHOPPERS) {
            let codes = self.all_codes(shopper);
            for product in self.picks.clone() {
                for at in self.spends_of(product) {
                    let each = price(&product);
                    let count = at.checked_div(each).and_then(|count| u32::try_from(count).ok()).unwrap_or(0);
                    if count == 0 || count > PIECES_MAX || i64::from(count) * each == at {
                        continue;
                    }
                    let rest = at - i64::from(count) * each;
                    for filler in cheap.iter().filter(|filler| **filler != product) {
                        let more = pieces_for(At::Spend(rest), price(filler)).next().unwrap_or(0);
                        if more == 0 || more > self.bounds.pieces.max(3) {
                            continue;
                        }
                        let basket = Basket::of(shopper, codes.clone(), [(product, count), (*filler, more)]);
                        self.look(&basket);
                        self.one_more(&basket);
                    }
                }
            }
        }
    }

    /// The spends at which some rule that counts a product changes.
    fn spends_of(&self, product: usize) -> BTreeSet<i64> {
        let world = self.world;
        let Some(known) = world.catalogue.products().get(product) else { return BTreeSet::new() };
        let rules = world.rules.rules.iter().filter(|rule| rule.enabled);
        let levels = rules.flat_map(|rule| levels(rule, world.rules.currency));
        levels
            .filter(|level| level.of.takes(&known.piece) != Some(false))
            .filter_map(|level| match level.at {
                At::Spend(spend) => Some(spend),
                At::Units(_) => None,
            })
            .collect()
    }

    /// For each rule the items that meet all it asks for.
    fn recipes(&self) -> Vec<BTreeMap<usize, u32>> {
        let world = self.world;
        let mut recipes: Vec<BTreeMap<usize, u32>> = Vec::new();
        for rule in world.rules.rules.iter().filter(|rule| rule.enabled) {
            let mut items: BTreeMap<usize, u32> = BTreeMap::new();
            let levels = levels(rule, world.rules.currency);
            let mut done: Vec<&Selector> = Vec::new();
            for level in &levels {
                if done.contains(&level.of) {
                    continue;
                }
                done.push(level.of);
                let same = levels.iter().filter(|one| one.of == level.of);
                if let Some((product, count)) = self.cheapest_way(level.of, same.map(|one| one.at)) {
                    let held = items.entry(product).or_insert(0);
                    *held = (*held).max(count);
                }
            }
            if !items.is_empty() && !recipes.contains(&items) {
                recipes.push(items);
            }
        }
        recipes
    }

    /// The product of a selector with the thinnest margin, in pieces that reach the lowest of some levels.
    fn cheapest_way(&self, of: &Selector, levels: impl Iterator<Item = At>) -> Option<(usize, u32)> {
        let products = self.world.catalogue.products();
        let margin = |at: &usize| {
            let product = products.get(*at)?;
            let price = product.piece.list_price.minor().max(1);
            let cost = product.least_worth().unwrap_or_default().minor();
            // In parts per million: an order among candidates needs no more.
            Some(i128::from(price - cost) * 1_000_000 / i128::from(price))
        };
        let taken = self.picks.iter().copied();
        let taken =
            taken.filter(|at| products.get(*at).is_some_and(|one| of.takes(&one.piece) != Some(false)));
        let product = taken.min_by_key(|at| (margin(at), *at))?;
        let price = products.get(product)?.piece.list_price.minor();
        let counts = levels.filter_map(|at| pieces_for(at, price).next());
        let count = counts.filter(|count| *count <= PIECES_MAX).max()?;
        let stock = products.get(product)?.stock.unwrap_or(u32::MAX);
        Some((product, count.min(stock)))
    }

    /// What one rule asks for, and what two ask for together.
    fn combinations(&mut self, recipes: &[BTreeMap<usize, u32>]) {
        for shopper in self.shoppers().take(FULL_SHOPPERS) {
            let codes = self.all_codes(shopper);
            for (at, first) in recipes.iter().enumerate() {
                let basket = Basket::of(shopper, codes.clone(), first.clone());
                self.look_with_codes(&basket);
                for second in recipes.iter().skip(at + 1) {
                    let both = basket.joined(&Basket::of(shopper, BTreeSet::new(), second.clone()));
                    if both.items.len() <= self.bounds.products {
                        self.look(&both);
                    }
                }
            }
        }
    }

    /// Prices a basket and keeps it where it breaks, or comes near to breaking, something.
    fn look(&mut self, basket: &Basket) -> Option<()> {
        if self.seen.contains(basket) {
            return None;
        }
        let order = basket.order(self.world)?;
        self.spend(1)?;
        self.seen.insert(basket.clone());
        let usage = Usage::default();
        let mut quote = std::mem::take(&mut self.quote);
        let priced =
            self.world.plan.price_into(&mut self.scratch, &order.cart, &order.context, &usage, &mut quote);
        if priced.is_ok() {
            self.note(basket, &order, &quote);
        }
        self.quote = quote;
        Some(())
    }

    fn note(&mut self, basket: &Basket, order: &Order, quote: &Quote) {
        for total in &quote.rules {
            if total.granted.minor() > 0 && !self.applied.contains_key(&total.rule) {
                self.applied.insert(total.rule.clone(), basket.clone());
            }
        }
        for gift in &quote.gifts {
            if !self.applied.contains_key(&gift.rule) {
                self.applied.insert(gift.rule.clone(), basket.clone());
            }
        }
        let discount = quote.totals.goods_discount.minor();
        if discount > 0 {
            self.rich.insert((discount, basket.clone()));
            if self.rich.len() > RICH_MAX {
                self.rich.pop_first();
            }
        }
        for at in 0..self.checks.len() {
            let Some(check) = self.checks.get(at) else { continue };
            let size = match check.promise {
                Promise::AddItem | Promise::SplitPays | Promise::EveryRule => SILENT,
                Promise::Rounding if self.world.rounding_once.is_some() => {
                    self.measure(check, &Script::One(basket.clone())).unwrap_or(SILENT)
                }
                Promise::Rounding
                | Promise::AboveCost
                | Promise::NotFree
                | Promise::Depth
                | Promise::CashLike
                | Promise::ShippingApart
                | Promise::PaidThreshold
                | Promise::RunsOnce
                | Promise::HandsOver
                | Promise::ExclusionsClosed
                | Promise::RealCut
                | Promise::SecretCodes
                | Promise::Exposure => self.world.size_of(check, order, quote),
            };
            self.keep(at, size, || Script::One(basket.clone()));
        }
    }

    /// Keeps a script among the best of its check.
    fn keep(&mut self, check: usize, size: i64, script: impl FnOnce() -> Script) {
        let Some(hits) = self.hits.get_mut(check) else { return };
        if size == SILENT || hits.len() >= HITS_MAX && hits.last().is_some_and(|last| last.size >= size) {
            return;
        }
        let hit = Hit { size, script: script() };
        if hits.contains(&hit) {
            return;
        }
        // The first found of equal sizes stays in front.
        let place = hits.partition_point(|one| one.size >= size);
        hits.insert(place, hit);
        hits.truncate(HITS_MAX);
    }

    /// Replays a script and measures it; counts the orders.
    pub(super) fn measure(&mut self, check: &Check, script: &Script) -> Option<i64> {
        let witness = script.witness(self.world)?;
        let replay = self.replay(&witness)?;
        Some(self.world.size(check, &witness, &replay, &mut self.scratch))
    }

    pub(super) fn replay(&mut self, witness: &Witness) -> Option<Replay> {
        self.spend(witness.prices())?;
        witness.replay(&self.world.plan, &mut self.scratch).ok()
    }

    /// Compares a basket with the same less one piece.
    fn one_more(&mut self, basket: &Basket) {
        let Some(at) = self.checks.iter().position(|check| check.promise == Promise::AddItem) else { return };
        if basket.items.values().map(|count| u64::from(*count)).sum::<u64>() < 2 {
            return;
        }
        for product in basket.items.keys() {
            let script = Script::OneMore(basket.clone(), *product);
            let Some(check) = self.checks.get(at) else { return };
            if let Some(size) = self.measure(check, &script) {
                self.keep(at, size, || script);
            }
        }
    }

    /// Buys the baskets with the largest discounts apart and together.
    fn apart(&mut self) {
        let Some(at) = self.checks.iter().position(|check| check.promise == Promise::SplitPays) else {
            return;
        };
        let mut baskets: Vec<Basket> = self.rich.iter().rev().map(|(_, basket)| basket.clone()).collect();
        baskets.extend(self.applied.values().cloned());
        baskets.sort();
        baskets.dedup();
        for (index, first) in baskets.iter().enumerate() {
            let copies = [3, 4].map(|times| Script::Apart(vec![first.clone(); times]));
            for script in copies {
                let Some(check) = self.checks.get(at) else { return };
                if let Some(size) = self.measure(check, &script) {
                    self.keep(at, size, || script);
                }
            }
            for second in baskets.iter().skip(index).filter(|second| second.shopper == first.shopper) {
                let script = Script::Apart(vec![first.clone(), second.clone()]);
                let Some(check) = self.checks.get(at) else { return };
                if let Some(size) = self.measure(check, &script) {
                    self.keep(at, size, || script);
                }
            }
        }
    }

    /// Improves the hits of every check step by step.
    fn polish_all(&mut self) {
        for at in 0..self.checks.len() {
            for hit in self.hits.get(at).cloned().unwrap_or_default() {
                if let Script::One(basket) = hit.script {
                    self.polish(at, basket, hit.size);
                }
            }
        }
    }

    fn polish(&mut self, check: usize, from: Basket, size: i64) {
        let (mut best, mut best_size) = (from, size);
        for _ in 0..STEPS_MAX {
            for next in self.neighbours(&best) {
                self.look(&next);
            }
            let top = self.hits.get(check).and_then(|hits| hits.first());
            match top {
                Some(Hit { size, script: Script::One(basket) }) if *size > best_size => {
                    (best, best_size) = (basket.clone(), *size);
                }
                Some(_) | None => return,
            }
        }
    }

    /// One number changed, one product more, one code in or out, another shopper.
    fn neighbours(&self, basket: &Basket) -> Vec<Basket> {
        let mut next = Vec::new();
        for (product, count) in &basket.items {
            let critical = self.counts.get(product).cloned().unwrap_or_default();
            let around = [count.saturating_sub(1), count.saturating_add(1)];
            next.extend(around.into_iter().chain(critical).map(|count| basket.with(*product, count)));
        }
        if basket.items.len() < self.bounds.products {
            let others = self.picks.iter().filter(|product| !basket.items.contains_key(product));
            for product in others.take(OTHERS_MAX) {
                next.push(basket.with(*product, 1));
            }
        }
        for code in self.all_codes(basket.shopper) {
            let mut changed = basket.clone();
            if !changed.codes.remove(&code) {
                changed.codes.insert(code);
            }
            next.push(changed);
        }
        for shopper in self.shoppers().filter(|shopper| *shopper != basket.shopper) {
            next.push(Basket { shopper, codes: self.all_codes(shopper), items: basket.items.clone() });
        }
        next
    }
}

/// Numbers from a seed (splitmix64, public domain).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(mixed.checked_rem(bound).unwrap_or(0)).unwrap_or(0)
    }
}

/// The pieces of a price that just reach a level, and one less.
fn pieces_for(at: At, price: i64) -> impl Iterator<Item = u32> {
    let reached = match at {
        At::Units(units) => Some(units),
        At::Spend(spend) if price > 0 => u32::try_from(spend.saturating_add(price - 1) / price).ok(),
        At::Spend(_) => None,
    };
    reached.into_iter().flat_map(|reached| [reached, reached.saturating_sub(1)])
}
