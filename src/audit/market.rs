//! The catalogue as the rules see it: products that no rule tells apart are one class.

use std::collections::BTreeMap;

use super::levels::selectors;
use crate::rules::{RuleSet, Selector};
use crate::shop::{Catalogue, Product, ShopId};

/// Products no rule tells apart but by their prices.
#[derive(Debug)]
pub(super) struct Class {
    /// Positions in the catalogue, by sku.
    pub members: Vec<usize>,
    /// Positions in the catalogue of those the search buys: each is the extreme of its class in some way, so that what
    /// another member could lose is lost by one of these.
    pub picks: Vec<usize>,
}

/// The catalogue in classes, in the order of their first products.
#[derive(Debug)]
pub(super) struct Market {
    pub classes: Vec<Class>,
}

/// What tells a class from the others: shop, flags, and what each selector says of its products.
type Signature = (ShopId, [bool; 3], Vec<Option<bool>>);

impl Market {
    /// Sorts the products into classes. Cost: products times selectors.
    pub(super) fn new(rules: &RuleSet, catalogue: &Catalogue) -> Self {
        let mut distinct: Vec<&Selector> = Vec::new();
        for selector in rules.rules.iter().filter(|rule| rule.enabled).flat_map(selectors) {
            if !distinct.contains(&selector) {
                distinct.push(selector);
            }
        }
        let mut classes: BTreeMap<Signature, Vec<usize>> = BTreeMap::new();
        for (at, product) in catalogue.products().iter().enumerate() {
            let piece = &product.piece;
            let says = distinct.iter().map(|selector| selector.takes(piece)).collect();
            let flags = [piece.gift_card, piece.no_discount, product.cash_like];
            classes.entry((piece.shop.clone(), flags, says)).or_default().push(at);
        }
        let class = |members: Vec<usize>| Class { picks: picks(&members, catalogue), members };
        let mut classes: Vec<Class> = classes.into_values().map(class).collect();
        // Certificates number them; the checker counts them by itself.
        classes.sort_by_key(|class| class.members.first().copied());
        Self { classes }
    }

    /// The products the search buys, by position in the catalogue.
    pub(super) fn picks(&self) -> Vec<usize> {
        self.classes.iter().flat_map(|class| class.picks.iter().copied()).collect()
    }
}

/// The extremes of a class: least margin for its price, cheapest, dearest, and the one that loses most when given away.
fn picks(members: &[usize], catalogue: &Catalogue) -> Vec<usize> {
    let product = |at: &usize| catalogue.products().get(*at);
    let paid: Vec<usize> = members
        .iter()
        .copied()
        .filter(|at| product(at).is_some_and(|product| product.piece.list_price.minor() > 0))
        .collect();
    let price = |at: &usize| product(at).map_or(0, |product| product.piece.list_price.minor());
    let cost = |at: &usize| product(at).and_then(Product::least_worth).unwrap_or_default().minor();
    let thinnest = paid.iter().copied().max_by(|a, b| {
        // The share of the price that is cost, as exact fractions; ties to the earlier sku.
        let (left, right) =
            (i128::from(cost(a)) * i128::from(price(b)), i128::from(cost(b)) * i128::from(price(a)));
        left.cmp(&right).then(b.cmp(a))
    });
    let cheapest = paid.iter().copied().min_by_key(|at| (price(at), *at));
    let dearest = paid.iter().copied().max_by_key(|at| (price(at), std::cmp::Reverse(*at)));
    let costliest = paid.iter().copied().max_by_key(|at| (cost(at), std::cmp::Reverse(*at)));
    let announced =
        paid.iter().copied().find(|at| product(at).is_some_and(|product| !product.past_prices.is_empty()));
    let mut picks: Vec<usize> =
        [thinnest, cheapest, dearest, costliest, announced].into_iter().flatten().collect();
    picks.sort_unstable();
    picks.dedup();
    picks
}
