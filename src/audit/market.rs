//! The catalogue as the rules see it: products that no rule tells apart are one class.

use std::collections::{BTreeMap, BTreeSet};

use super::kinds::{Kinds, kinds};
use super::levels::{each_leaf, selectors};
use crate::rules::{Goods, Per, Rule, RuleSet, Selector};
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
    /// How often a selector was asked of a product to tell them apart.
    pub looks: usize,
}

/// What tells classes apart before any selector does: shop and flags.
type Signature<'c> = (&'c ShopId, [bool; 3]);

impl Market {
    /// Sorts the products into classes. Cost: products, and for each selector those that it could take.
    pub(super) fn new(rules: &RuleSet, catalogue: &Catalogue) -> Self {
        let mut written = BTreeSet::new();
        let all = rules.rules.iter().filter(|rule| rule.enabled).flat_map(selectors);
        // Nouns serialise without fail; one that did not would be looked at again.
        let distinct = all.filter(|of| rmp_serde::to_vec(of).map_or(true, |bytes| written.insert(bytes)));
        let distinct: Vec<&Selector> = distinct.collect();
        let mut signatures: BTreeMap<Signature<'_>, usize> = BTreeMap::new();
        let mut kind = Vec::with_capacity(catalogue.products().len());
        for product in catalogue.products() {
            let piece = &product.piece;
            let flags = [piece.gift_card, piece.no_discount, product.cash_like];
            let next = signatures.len();
            kind.push(*signatures.entry((&piece.shop, flags)).or_insert(next));
        }
        let Kinds { list: classes, looks } = kinds(kind, catalogue, &distinct);
        let apart = rules.rules.iter().any(|rule| rule.enabled && looks_at_products_apart(rule));
        let alike = if apart { ALIKE } else { 1 };
        let class = |members: Vec<usize>| Class { picks: picks(&members, catalogue, alike), members };
        let mut classes: Vec<Class> = classes.into_iter().map(class).collect();
        // Certificates number them; the checker counts them by itself.
        classes.sort_by_key(|class| class.members.first().copied());
        Self { classes, looks }
    }

    /// The products the search buys, by position in the catalogue.
    pub(super) fn picks(&self) -> Vec<usize> {
        self.classes.iter().flat_map(|class| class.picks.iter().copied()).collect()
    }
}

/// Products of a class that are bought where rules look at each product apart, and where there are few pieces of each: several
/// rows are then more than one.
const ALIKE: usize = 4;
/// Where there are fewer pieces of each product of a class, an order takes several of them.
const SCARCE: u32 = 10;

/// Whether a rule treats two products otherwise than more of one, though no selector tells them apart.
fn looks_at_products_apart(rule: &Rule) -> bool {
    let mut counts_products = false;
    if let Some(condition) = &rule.condition {
        each_leaf(condition, &mut |leaf| {
            counts_products |= leaf.of_goods().is_some_and(Goods::counts_products);
        });
    }
    rule.per == Per::Line || counts_products
}

/// The extremes of a class: least margin for its price, also where there is most of it, cheapest, dearest, the one that loses
/// most when given away, the one with the most untrue cut, the one that earlier buyers paid most for, and the largest prize.
fn picks(members: &[usize], catalogue: &Catalogue, alike: usize) -> Vec<usize> {
    let product = |at: &usize| catalogue.products().get(*at);
    let is_sold = |product: &Product| product.piece.list_price.minor() > 0 && product.stock != Some(0);
    let sold: Vec<usize> = members.iter().copied().filter(|at| product(at).is_some_and(is_sold)).collect();
    let price = |at: &usize| product(at).map_or(0, |product| product.piece.list_price.minor());
    let cost = |at: &usize| product(at).and_then(Product::least_worth).unwrap_or_default().minor();
    let stock = |at: &usize| product(at).and_then(|product| product.stock).unwrap_or(u32::MAX);
    let thinner = |a: &usize, b: &usize| {
        // The share of the price that is cost, as exact fractions; ties to the earlier sku.
        let (left, right) =
            (i128::from(cost(a)) * i128::from(price(b)), i128::from(cost(b)) * i128::from(price(a)));
        left.cmp(&right).then(b.cmp(a))
    };
    let most = |of: &dyn Fn(&usize) -> i64| {
        let some = sold.iter().copied().filter(|at| of(at) > 0);
        some.max_by_key(|at| (of(at), std::cmp::Reverse(*at)))
    };
    let plenty = sold.iter().map(stock).max();
    let alike = if plenty.is_some_and(|most| most < SCARCE) { alike.max(ALIKE) } else { alike };
    let overstated = |at: &usize| {
        let lowest = product(at)?.past_prices.iter().map(|past| past.price.minor()).min()?;
        let piece = &product(at)?.piece;
        // One with a true history is a pick as well: of no product less than its price is known.
        Some(piece.reference_price.unwrap_or(piece.list_price).minor().saturating_sub(lowest).max(1))
    };
    let protected = |at: &usize| i64::from(product(at).map_or(0, |product| product.sold_lately));
    let prize = |at: &usize| product(at).and_then(Product::top_prize).unwrap_or_default().minor();
    let picks = [
        sold.iter().copied().filter(|at| Some(stock(at)) == plenty).max_by(thinner),
        sold.iter().copied().min_by_key(|at| (price(at), *at)),
        most(&price),
        most(&cost),
        most(&|at| overstated(at).unwrap_or(0)),
        most(&|at| protected(at).saturating_mul(price(at))),
        most(&prize),
    ];
    let mut picks: Vec<usize> = picks.into_iter().flatten().collect();
    let mut thin = sold.clone();
    thin.sort_by(|a, b| thinner(b, a));
    picks.extend(thin.into_iter().take(alike));
    picks.sort_unstable();
    picks.dedup();
    picks
}
