//! The catalogue as the checker reads it: products that no selector tells apart, counted as one.

use std::collections::{BTreeMap, BTreeSet};

use super::reads::selectors;
use crate::bounds::PPM;
use crate::rules::{Rule, RuleSet, Selector, Thresholds};
use crate::shop::{Catalogue, Product, ShopId};

/// Classes of a catalogue, in the order of their first products.
pub(super) struct Shelf<'c> {
    shops: usize,
    pub classes: Vec<Vec<&'c Product>>,
}

impl<'c> Shelf<'c> {
    pub(super) fn new(rules: &RuleSet, catalogue: &'c Catalogue) -> Self {
        // Alike are selectors that are written alike. Those that cannot be written are looked at one by one.
        let mut known = BTreeSet::new();
        let is_new = |of: &&Selector| serde_json::to_string(of).map_or(true, |text| known.insert(text));
        let wanted: Vec<&Selector> = enabled(rules).flat_map(selectors).filter(is_new).collect();
        let flags = |product: &Product| {
            let piece = &product.piece;
            vec![u8::from(piece.gift_card), u8::from(piece.no_discount), u8::from(product.cash_like)]
        };
        let products = catalogue.products();
        // From the coarsest classes on each few selectors part them further: no product's answers are all kept at once.
        let mut of_shop: BTreeMap<&ShopId, usize> = BTreeMap::new();
        let mut place: Vec<usize> = Vec::new();
        for product in products {
            let next = of_shop.len();
            place.push(*of_shop.entry(&product.piece.shop).or_insert(next));
        }
        part(&mut place, products, flags);
        for few in wanted.chunks(SELECTORS_AT_ONCE) {
            part(&mut place, products, |product| {
                let answers = few.iter().map(|selector| match selector.takes(&product.piece) {
                    Some(false) => 0,
                    Some(true) => 1,
                    None => 2,
                });
                answers.collect()
            });
        }
        let mut classes: Vec<Vec<&Product>> = Vec::new();
        for (product, class) in products.iter().zip(place) {
            match classes.get_mut(class) {
                Some(class) => class.push(product),
                None => classes.push(vec![product]),
            }
        }
        Self { shops: of_shop.len().max(1), classes }
    }

    /// For each class whether a selector may take its products.
    pub(super) fn taken(&self, selector: &Selector) -> Vec<bool> {
        let takes = |class: &Vec<&Product>| {
            class.first().is_some_and(|product| selector.takes(&product.piece) != Some(false))
        };
        self.classes.iter().map(takes).collect()
    }

    /// For each class whether a selector takes its products, whatever they are worth when it looks.
    pub(super) fn surely_taken(&self, selector: &Selector) -> Vec<bool> {
        let takes = |class: &Vec<&Product>| {
            class.first().is_some_and(|product| selector.takes(&product.piece) == Some(true))
        };
        self.classes.iter().map(takes).collect()
    }

    /// Prices above nothing of the classes named.
    pub(super) fn prices<'s>(&'s self, of: &'s [bool]) -> impl Iterator<Item = i64> + 's {
        let classes = self.classes.iter().zip(of).filter(|(_, of)| **of).flat_map(|(class, _)| class);
        classes.map(|product| product.piece.list_price.minor()).filter(|price| *price > 0)
    }

    pub(super) fn cheapest(&self, of: &[bool]) -> i64 {
        self.prices(of).min().unwrap_or(1)
    }

    /// Whether some products of the classes named are listed at nothing.
    pub(super) fn gives_away(&self, of: &[bool]) -> bool {
        let named = self.classes.iter().zip(of).filter(|(_, of)| **of);
        named.flat_map(|(class, _)| class).any(|product| product.piece.list_price.minor() <= 0)
    }

    pub(super) fn dearest(&self, of: &[bool]) -> i64 {
        self.prices(of).max().unwrap_or(0)
    }

    /// Of each class, how many millionths of the list value its products leave above their cost; `None` when a cost is not
    /// known, or something that costs something is listed at nothing.
    pub(super) fn margins(&self) -> Option<Vec<i128>> {
        let whole = i128::from(PPM);
        let one = |product: &&Product| {
            let price = i128::from(product.piece.list_price.minor());
            let left = price - i128::from(product.least_worth()?.minor());
            if price > 0 { Some((left * whole).div_euclid(price)) } else { (left >= 0).then_some(whole) }
        };
        let class = |class: &Vec<&Product>| {
            let margins: Option<Vec<i128>> = class.iter().map(one).collect();
            margins.map(|all| all.into_iter().min().unwrap_or(whole).min(whole))
        };
        self.classes.iter().map(class).collect()
    }

    /// Of each class, so much in millionths.
    pub(super) fn depth(&self, thresholds: &Thresholds) -> Vec<i128> {
        vec![i128::from(thresholds.depth_ppm); self.classes.len()]
    }
}

/// Selectors whose answers are kept at once.
const SELECTORS_AT_ONCE: usize = 64;

/// Parts classes by what is said of each product; classes are numbered in the order of their first products.
fn part(place: &mut [usize], products: &[Product], says: impl Fn(&Product) -> Vec<u8>) {
    let mut number: BTreeMap<(usize, Vec<u8>), usize> = BTreeMap::new();
    for (place, product) in place.iter_mut().zip(products) {
        let next = number.len();
        *place = *number.entry((*place, says(product))).or_insert(next);
    }
}

/// Whether a rule's selector answers by prices that earlier rules change; it tells no products of a class apart.
pub(super) fn moves(shelf: &Shelf<'_>, selector: &Selector) -> bool {
    shelf
        .classes
        .iter()
        .filter_map(|class| class.first())
        .any(|product| selector.takes(&product.piece).is_none())
}

/// How many shops there are.
pub(super) fn shops(shelf: &Shelf<'_>) -> i128 {
    i128::try_from(shelf.shops).unwrap_or(i128::MAX)
}

/// The enabled rules, in the order of the rule file.
pub(super) fn enabled(rules: &RuleSet) -> impl Iterator<Item = &Rule> {
    rules.rules.iter().filter(|rule| rule.enabled)
}
