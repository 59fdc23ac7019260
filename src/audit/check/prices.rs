//! Whether no price or cost of a catalogue stands out: of each shelf only the ends are looked at.

use std::collections::BTreeMap;

use crate::shop::{Catalogue, CategoryPath, Product, ShopId};

/// What products of one shop and first category are listed at and cost.
#[derive(Default)]
struct Beside {
    prices: Vec<i64>,
    costs: Vec<i64>,
}

/// Whether nothing is off by a factor from what stands beside it, and no price from what it was.
///
/// Of what is off, the lowest or the highest of a shelf is off first; so where the ends are not, nothing is.
pub(super) fn are_plain(catalogue: &Catalogue) -> bool {
    let mut shelves: BTreeMap<(&ShopId, Option<&CategoryPath>), Beside> = BTreeMap::new();
    for product in catalogue.products() {
        let piece = &product.piece;
        let beside = shelves.entry((&piece.shop, piece.categories.first())).or_default();
        beside.prices.push(piece.list_price.minor());
        beside.costs.extend(piece.cost.map(|cost| cost.minor()));
    }
    catalogue.products().iter().all(costs_as_before)
        && shelves.into_values().all(|one| ends_are_plain(one.prices) && ends_are_plain(one.costs))
}

/// Whether neither end of so many amounts, a tenth of them at most or one, is four times off its neighbours and eight times
/// off the middle.
fn ends_are_plain(mut amounts: Vec<i64>) -> bool {
    amounts.retain(|amount| *amount > 0);
    amounts.sort_unstable();
    let count = amounts.len();
    if count < 5 {
        return true;
    }
    let at = |place: usize| amounts.get(place).copied().unwrap_or(0);
    let middle = at(count / 2);
    let apart = |below: usize| at(below) >= at(below - 1).saturating_mul(4);
    let few = (count / 10).max(1);
    let low = at(0).saturating_mul(8) <= middle && (1..=few).any(apart);
    let high = at(count - 1) >= middle.saturating_mul(8) && (1..=few).any(|from_top| apart(count - from_top));
    !low && !high
}

/// Whether a product costs two fifths at least of the middle of what it cost before.
fn costs_as_before(product: &Product) -> bool {
    let mut before: Vec<i64> = product.past_prices.iter().map(|past| past.price.minor()).collect();
    before.sort_unstable();
    let price = product.piece.list_price.minor();
    before.get(before.len() / 2).is_none_or(|middle| price.saturating_mul(5) >= middle.saturating_mul(2))
}
