//! Prices and costs that are off by a factor from those beside them, as by a misplaced decimal point.
//!
//! Beside each other stand the products of one shop and first category. What is off stands apart from them: there is a gap of a
//! factor, few are on its far side, and those are far from the middle. So a shelf whose prices are spread out has none. A
//! price is also off when it is far below what the same product cost before.

use std::collections::BTreeMap;

use super::dead::Why;
use super::report::Played;
use super::world::World;
use crate::money::{Amount, Money};
use crate::shop::{Catalogue, CategoryPath, Product, ShopId, Sku};

/// Fewer products beside each other say nothing.
const BESIDE_MIN: usize = 5;
/// A price so many times off the middle is off: less than the ten of a decimal point, since siblings differ.
const OFF_FACTOR: i64 = 8;
/// The gap to the nearest on the other side is at least so many times.
const GAP_FACTOR: i64 = 4;
/// Of so many, one may be off.
const ONE_IN: usize = 10;
/// A price below so many percent of the middle of what it was before is off.
const HISTORY_PERCENT: i64 = 40;

/// A product whose price or cost is off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Oddity {
    pub sku: Sku,
    /// By how much, in minor units.
    pub off_by: i64,
    /// What is off.
    pub what: Odd,
    /// What it is, in minor units.
    pub is: Money,
    /// What those beside it have in the middle, or what it was before.
    pub usual: Money,
}

/// What is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Odd {
    /// A list price, beside those of its category.
    Price,
    /// A cost, beside those of its category.
    Cost,
    /// A list price, beside what it was before.
    PriceBefore,
}

/// All that is off in a catalogue, each product once, worst first.
pub(super) fn oddities(catalogue: &Catalogue) -> Vec<Oddity> {
    let mut shelves: BTreeMap<(&ShopId, Option<&CategoryPath>), Vec<&Product>> = BTreeMap::new();
    for product in catalogue.products() {
        let piece = &product.piece;
        shelves.entry((&piece.shop, piece.categories.iter().next())).or_default().push(product);
    }
    let mut found: BTreeMap<&Sku, Oddity> = BTreeMap::new();
    let add = |product: &&'_ Product, what: Odd, is: i64, usual: i64| {
        let sku = product.piece.sku.clone();
        let off_by = is.saturating_sub(usual).saturating_abs();
        let (is, usual) = (Money::from_minor(is), Money::from_minor(usual));
        Oddity { sku, off_by, what, is, usual }
    };
    let mut list: Vec<(&Sku, Oddity)> = Vec::new();
    for shelf in shelves.into_values() {
        let price = |product: &Product| Some(product.piece.list_price.minor());
        let cost = |product: &Product| product.piece.cost.map(Money::minor);
        for (what, of) in [(Odd::Price, &price as &dyn Fn(&Product) -> Option<i64>), (Odd::Cost, &cost)] {
            for (product, is, usual) in off(&shelf, of) {
                list.push((&product.piece.sku, add(&product, what, is, usual)));
            }
        }
        for product in &shelf {
            let before = product.past_prices.iter().map(|past| past.price.minor());
            let Some(usual) = middle(before.collect()) else { continue };
            let is = product.piece.list_price.minor();
            if is.saturating_mul(100) < usual.saturating_mul(HISTORY_PERCENT) {
                list.push((&product.piece.sku, add(product, Odd::PriceBefore, is, usual)));
            }
        }
    }
    for (sku, odd) in list {
        let known = found.entry(sku).or_insert_with(|| odd.clone());
        if known.off_by < odd.off_by {
            *known = odd;
        }
    }
    let mut all: Vec<Oddity> = found.into_values().collect();
    all.sort_by(|a, b| b.off_by.cmp(&a.off_by).then_with(|| a.sku.cmp(&b.sku)));
    all
}

/// What is off among the goods of a script.
pub(super) fn why(world: &World<'_>, played: &Played) -> Option<Why> {
    let order = played.witness.orders.first()?;
    let bought = |odd: &&Oddity| order.cart.lines().iter().any(|line| line.sku == odd.sku);
    let odd = world.oddities.iter().find(bought)?;
    let amount = |money| Amount::from_money(money, world.rules.currency);
    let (is, usual) = (amount(odd.is), amount(odd.usual));
    Some(Why::OffByAFactor { sku: odd.sku.clone(), what: odd.what, is, usual })
}

fn middle(mut amounts: Vec<i64>) -> Option<i64> {
    amounts.sort_unstable();
    amounts.get(amounts.len() / 2).copied()
}

/// The products whose amount is off beside the others', with what it is and the middle of all.
fn off<'p>(shelf: &[&'p Product], of: &dyn Fn(&Product) -> Option<i64>) -> Vec<(&'p Product, i64, i64)> {
    // What is given away is not mispriced by a factor.
    let mut known: Vec<(i64, &Product)> =
        shelf.iter().filter_map(|product| Some((of(product).filter(|one| *one > 0)?, *product))).collect();
    if known.len() < BESIDE_MIN {
        return Vec::new();
    }
    known.sort_by_key(|(amount, product)| (*amount, product.piece.sku.as_str().to_owned()));
    let Some(usual) = known.get(known.len() / 2).map(|(amount, _)| *amount) else { return Vec::new() };
    let few = (known.len() / ONE_IN).max(1);
    let gap = |pair: &[(i64, &Product)]| match pair {
        [(low, _), (high, _)] => *high >= low.saturating_mul(GAP_FACTOR),
        _other => false,
    };
    let gaps: Vec<usize> =
        known.windows(2).enumerate().filter(|(_, pair)| gap(pair)).map(|(at, _)| at + 1).collect();
    let low = gaps.iter().copied().filter(|below| *below <= few).max().unwrap_or(0);
    let high = gaps.iter().copied().filter(|from| known.len() - from <= few).min().unwrap_or(known.len());
    let is_off = |(at, (amount, _)): &(usize, &(i64, &Product))| {
        let too_low = *at < low && amount.saturating_mul(OFF_FACTOR) <= usual;
        let too_high = *at >= high && *amount >= usual.saturating_mul(OFF_FACTOR);
        too_low || too_high
    };
    let found = known.iter().enumerate().filter(is_off);
    found.map(|(_, (amount, product))| (*product, *amount, usual)).collect()
}
