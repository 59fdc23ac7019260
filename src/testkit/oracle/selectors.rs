//! Which units a selector takes, and which part of the order a rule works on.

use super::World;
use super::state::{Run, State};
use crate::rules::{Base, Per, PriceRange, Selector};
use crate::shop::Line;

/// What a rule looks at as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Order,
    /// By position in the cart's shops.
    Shop(usize),
    /// By product number of the cart's items.
    Product(u32),
}

impl Part {
    pub fn has_item(self, world: &World, item: usize) -> bool {
        let facts = &world.cart.items()[item];
        match self {
            Self::Order => true,
            Self::Shop(shop) => world.line(item).shop == world.cart.shops()[shop],
            Self::Product(product) => facts.product == product,
        }
    }

    pub fn has_charge(self, world: &World, charge: usize) -> bool {
        match self {
            Self::Order => true,
            Self::Shop(shop) => world.cart.charges()[charge].shop == world.cart.shops()[shop],
            Self::Product(_) => false,
        }
    }
}

impl World<'_> {
    /// The parts a rule works on, in turn.
    pub fn parts(&self, per: Per) -> Vec<Part> {
        match per {
            Per::Order => vec![Part::Order],
            Per::Shop => (0..self.cart.shops().len()).map(Part::Shop).collect(),
            Per::Line => {
                let last = self.cart.items().last().map(|item| item.product);
                last.map_or(0..0, |last| 0..last + 1).map(Part::Product).collect()
            }
        }
    }

    /// The runs of a part that a selector takes; `default` is what the rule computes from, and stands for a base left out.
    pub fn selected(&self, state: &State, part: Part, selector: &Selector, default: &Base) -> Vec<usize> {
        let takes = |run: &Run| {
            let line = self.line(run.item);
            part.has_item(self, run.item)
                && !line.no_discount
                && (!line.gift_card || selector.gift_cards)
                && self.matches(selector, run, default)
        };
        let runs = state.runs.iter().enumerate();
        runs.filter(|(_, run)| takes(run)).map(|(at, _)| at).collect()
    }

    fn matches(&self, selector: &Selector, run: &Run, default: &Base) -> bool {
        let line = self.line(run.item);
        let price_fits = |range: &PriceRange| self.price_fits(range, run, default);
        let untouched = |base: &Base| self.run_value(run, default) == self.run_value(run, base);
        (selector.skus.is_empty() || selector.skus.contains(&line.sku))
            && (selector.categories.is_empty() || in_categories(selector, line))
            && (selector.tags.is_empty() || !selector.tags.is_disjoint(&line.tags))
            && (selector.shops.is_empty() || selector.shops.contains(&line.shop))
            && selector.attributes.iter().all(|test| test.holds(line.attributes.get(&test.key)))
            && selector.unit_price.as_ref().is_none_or(price_fits)
            && selector.on_sale.is_none_or(|on_sale| line.is_on_sale() == on_sale)
            && selector.untouched_since.as_ref().is_none_or(untouched)
            && (selector.any.is_empty()
                || selector.any.iter().any(|nested| self.matches(nested, run, default)))
            && !selector.except.iter().any(|nested| self.matches(nested, run, default))
    }

    /// Compares the exact worth of a unit with both ends.
    fn price_fits(&self, range: &PriceRange, run: &Run, default: &Base) -> bool {
        let (worth, units) = (self.run_value(run, range.base.as_ref().unwrap_or(default)), run.count());
        range.at_least.is_none_or(|least| worth >= units * self.money(least))
            && range.at_most.is_none_or(|most| worth <= units * self.money(most))
    }
}

/// In one of the selector's categories, or below.
fn in_categories(selector: &Selector, line: &Line) -> bool {
    let below = |place: &str, wanted: &str| place == wanted || place.starts_with(&format!("{wanted}/"));
    line.categories
        .iter()
        .any(|place| selector.categories.iter().any(|wanted| below(place.as_str(), wanted.as_str())))
}
