//! Where the search looks: at and one piece below every threshold, topped up, and what rules ask for together.

use std::collections::{BTreeMap, BTreeSet};

use super::{FULL_SHOPPERS, Search, TOPPED_UP_MAX};
use crate::audit::basket::Basket;
use crate::audit::levels::{At, levels};
use crate::audit::settings::PIECES_MAX;
use crate::rules::{Rule, Selector};

/// What putting two baskets together takes besides pricing, if that is done at all.
const STEPS_OF_JOINING: usize = 8;

impl Search<'_, '_> {
    /// Pieces of a product at which a rule that counts it changes, and one less.
    pub(super) fn critical_counts(&self, product: usize) -> Vec<u32> {
        let world = self.world;
        let Some(known) = world.catalogue.products().get(product) else { return Vec::new() };
        let price = known.piece.list_price.minor();
        let mut counts: BTreeSet<u32> = [1, 2, self.bounds.pieces.max(1)].into();
        // Without steps for it, only the first few pieces are known to matter.
        let levels = self.steps.take(self.levels.len()).map_or(&[][..], |()| self.levels.as_slice());
        for level in levels {
            if level.of.takes(&known.piece) != Some(false) {
                counts.extend(pieces_for(level.at, price).filter(|count| *count <= PIECES_MAX));
            }
        }
        counts.extend(known.stock);
        counts.retain(|count| *count > 0 && known.stock.is_none_or(|stock| *count <= stock));
        counts.into_iter().collect()
    }

    /// Every product alone, in every number that matters; and just below a threshold, with the cheapest filler.
    pub(super) fn single_products(&mut self) {
        for shopper in self.shoppers().take(FULL_SHOPPERS) {
            let codes = self.all_codes(shopper);
            for product in self.picks.clone() {
                if self.is_spent() {
                    break;
                }
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
        let mut spends: BTreeMap<usize, BTreeSet<i64>> = BTreeMap::new();
        for shopper in self.shoppers().take(FULL_SHOPPERS) {
            let codes = self.all_codes(shopper);
            for product in self.picks.clone() {
                if self.is_spent() {
                    return;
                }
                let spends = spends.entry(product).or_insert_with(|| self.spends_of(product)).clone();
                for at in spends {
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
                        if self.topped_up.len() < TOPPED_UP_MAX {
                            self.topped_up.push(basket.clone());
                        }
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
        let levels = self.steps.take(self.levels.len()).map_or(&[][..], |()| self.levels.as_slice());
        levels
            .iter()
            .filter(|level| level.of.takes(&known.piece) != Some(false))
            .filter_map(|level| match level.at {
                At::Spend(spend) => Some(spend),
                At::Units(_) => None,
            })
            .collect()
    }

    /// For each rule the items that meet all it asks for.
    pub(super) fn recipes(&self) -> Vec<BTreeMap<usize, u32>> {
        let mut recipes: Vec<BTreeMap<usize, u32>> = Vec::new();
        let mut known = BTreeSet::new();
        for rule in self.world.all_rules() {
            let items = self.recipe(rule);
            if !items.is_empty() && known.insert(items.clone()) {
                recipes.push(items);
            }
        }
        recipes
    }

    /// The items that meet all a rule asks for.
    pub(in crate::audit) fn recipe(&self, rule: &Rule) -> BTreeMap<usize, u32> {
        let mut items: BTreeMap<usize, u32> = BTreeMap::new();
        let levels = levels(rule, self.world.rules.currency);
        let mut done: Vec<&Selector> = Vec::new();
        for level in &levels {
            if done.contains(&level.of) {
                continue;
            }
            done.push(level.of);
            let same = levels.iter().filter(|one| one.of == level.of);
            for (product, count) in self.cheapest_way(level.of, same.map(|one| one.at)) {
                let held = items.entry(product).or_insert(0);
                *held = (*held).max(count);
            }
        }
        items
    }

    /// So many pieces of a product that a level is reached, or all there are of it.
    pub(in crate::audit) fn reach(&self, of: &Selector, at: At) -> Option<(usize, u32)> {
        self.cheapest_way(of, std::iter::once(at)).first().copied()
    }

    /// The products of a selector with the thinnest margins, in pieces that together reach the highest of some levels: one of them,
    /// unless there are too few of it.
    pub(super) fn cheapest_way(&self, of: &Selector, levels: impl Iterator<Item = At>) -> Vec<(usize, u32)> {
        if self.steps.take(self.picks.len()).is_none() {
            return Vec::new();
        }
        let products = self.world.catalogue.products();
        let margin = |at: &usize| {
            let product = products.get(*at)?;
            let price = product.piece.list_price.minor().max(1);
            let cost = product.least_worth().unwrap_or_default().minor();
            // In parts per million: an order among candidates needs no more.
            Some(i128::from(price - cost) * 1_000_000 / i128::from(price))
        };
        let price = |at: usize| products.get(at).map_or(0, |product| product.piece.list_price.minor());
        let taken = self.picks.iter().copied();
        let mut taken: Vec<usize> = taken
            .filter(|at| products.get(*at).is_some_and(|one| of.takes(&one.piece) != Some(false)))
            .collect();
        taken.sort_by_cached_key(|at| (margin(at), *at));
        let Some(first) = taken.first().copied() else { return Vec::new() };
        let reached = |at: At| pieces_for(at, price(first)).next().filter(|count| *count <= PIECES_MAX);
        let highest = levels.filter_map(|at| Some((reached(at)?, at))).max_by_key(|(count, _)| *count);
        let Some((_, mut missing)) = highest else { return Vec::new() };
        let mut way = Vec::new();
        for product in taken.into_iter().take(self.bounds.products.max(1)) {
            let Some(count) = pieces_for(missing, price(product)).next().filter(|count| *count > 0) else {
                break;
            };
            let count = count.min(products.get(product).and_then(|one| one.stock).unwrap_or(u32::MAX));
            way.push((product, count));
            missing = match missing {
                At::Units(units) => At::Units(units.saturating_sub(count)),
                At::Spend(spend) => {
                    At::Spend(spend - price(product).saturating_mul(i64::from(count)).min(spend))
                }
            };
        }
        way
    }

    /// What one rule asks for, and what two ask for together.
    pub(super) fn combinations(&mut self, recipes: &[BTreeMap<usize, u32>]) {
        for shopper in self.shoppers().take(FULL_SHOPPERS) {
            let codes = self.all_codes(shopper);
            for (at, first) in recipes.iter().enumerate() {
                if self.is_spent() {
                    return;
                }
                let basket = Basket::of(shopper, codes.clone(), first.clone());
                self.look_with_codes(&basket);
                for second in recipes.iter().skip(at + 1) {
                    if self.is_spent() || self.steps.take(STEPS_OF_JOINING).is_none() {
                        return;
                    }
                    let both = basket.joined(&Basket::of(shopper, BTreeSet::new(), second.clone()));
                    if both.items.len() <= self.bounds.products {
                        self.look(&both);
                    }
                }
            }
        }
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
