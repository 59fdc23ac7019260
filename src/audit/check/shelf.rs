//! The catalogue as the checker reads it: products that no selector tells apart, counted as one.

use std::collections::{BTreeMap, BTreeSet};

use super::names::Names;
use super::reads::selectors;
use crate::bounds::{CLASS_LOOKS_MAX, PPM};
use crate::rules::{Rule, RuleSet, Selector, Thresholds};
use crate::shop::{Catalogue, Product, ShopId, Sku};

/// Classes of a catalogue, in the order of their first products.
pub(super) struct Shelf<'c> {
    shops: usize,
    pub classes: Vec<Vec<&'c Product>>,
    /// The class of each product.
    by_sku: Vec<(&'c Sku, usize)>,
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
        let mut of_shop: BTreeMap<&ShopId, usize> = BTreeMap::new();
        let mut place: Vec<usize> = Vec::new();
        for product in products {
            let next = of_shop.len();
            place.push(*of_shop.entry(&product.piece.shop).or_insert(next));
        }
        part(&mut place, products, flags);
        // From the coarsest classes on each selector takes some out of theirs. Where that takes too long each product is a class.
        let names = Names::new(products);
        let (mut looks, mut next) = (CLASS_LOOKS_MAX, products.len());
        for selector in wanted {
            let (asked, named) = names.asked(selector);
            match looks.checked_sub(named.saturating_mul(selector.parts())) {
                Some(left) => looks = left,
                None => {
                    place = (0..products.len()).collect();
                    break;
                }
            }
            take_out(&mut place, &mut next, products, selector, &asked);
        }
        let mut numbers = BTreeMap::new();
        for place in &mut place {
            let next = numbers.len();
            *place = *numbers.entry(*place).or_insert(next);
        }
        let mut classes: Vec<Vec<&Product>> = Vec::new();
        // Catalogues stand by sku.
        let by_sku = products.iter().map(|product| &product.piece.sku).zip(place.iter().copied()).collect();
        for (product, class) in products.iter().zip(place) {
            match classes.get_mut(class) {
                Some(class) => class.push(product),
                None => classes.push(vec![product]),
            }
        }
        Self { shops: of_shop.len().max(1), classes, by_sku }
    }

    /// For each class whether a selector may take its products.
    pub(super) fn taken(&self, selector: &Selector) -> Vec<bool> {
        self.which(selector, |says| says != Some(false))
    }

    /// For each class whether a selector takes its products, whatever they are worth when it looks.
    pub(super) fn surely_taken(&self, selector: &Selector) -> Vec<bool> {
        self.which(selector, |says| says == Some(true))
    }

    /// The classes of which a selector says so; one that names products takes no others.
    fn which(&self, selector: &Selector, says_so: impl Fn(Option<bool>) -> bool) -> Vec<bool> {
        let takes = |class: &Vec<&Product>| {
            class.first().is_some_and(|product| says_so(selector.takes(&product.piece)))
        };
        if selector.skus.is_empty() {
            return self.classes.iter().map(takes).collect();
        }
        let mut which = vec![false; self.classes.len()];
        let position = |sku: &Sku| {
            let found = self.by_sku.binary_search_by(|(own, _)| (*own).cmp(sku)).ok()?;
            self.by_sku.get(found).map(|(_, class)| *class)
        };
        for class in selector.skus.iter().filter_map(position) {
            if let (Some(which), Some(class)) = (which.get_mut(class), self.classes.get(class)) {
                *which = takes(class);
            }
        }
        which
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

/// Gives products that a selector takes, or may take, of those asked, classes of their own.
fn take_out(
    place: &mut [usize],
    next: &mut usize,
    products: &[Product],
    selector: &Selector,
    asked: &[usize],
) {
    let mut moved: BTreeMap<(usize, Option<bool>), usize> = BTreeMap::new();
    for at in asked {
        let Some((product, place)) = products.get(*at).zip(place.get_mut(*at)) else { continue };
        let says = selector.takes(&product.piece);
        if says != Some(false) {
            *place = *moved.entry((*place, says)).or_insert_with(|| {
                *next = next.saturating_add(1);
                *next
            });
        }
    }
}

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
