//! Selectors: mostly everything, a product, a category; now and then a value or a nest.

use super::cart::{CATEGORIES, SKUS, TAGS};
use super::maker::Maker;
use crate::rules::{AttributeTest, PriceRange, Selector};
use crate::shop::{CategoryPath, Line, Tag};

impl Maker<'_, '_> {
    pub fn selector(&mut self) -> Selector {
        let mut selector = self.plain_selector();
        match self.bytes.below(20) {
            12 => {
                let without = self.narrow_selector();
                // What is taken out may be all there is; in a nest that is no mistake of the author's.
                let taken =
                    if selector == Selector::all() { selector } else { Selector::all().any([selector]) };
                selector = taken.except(without);
            }
            13 => {
                let any = [self.plain_selector(), self.plain_selector()];
                selector = selector.any(any);
            }
            14 => selector = self.valued(selector),
            15 => selector = selector.with_gift_cards(),
            _ => {}
        }
        selector
    }

    fn plain_selector(&mut self) -> Selector {
        match self.bytes.below(12) {
            0..=7 => Selector::all(),
            _ => self.narrow_selector(),
        }
    }

    /// A selector that does not take everything; it mostly takes something of the cart.
    fn narrow_selector(&mut self) -> Selector {
        let (line, other) = (self.line(), self.line());
        let (Some(line), Some(other)) = (line, other) else {
            return Selector::sku(SKUS[0]);
        };
        let place = line.categories.first().map_or(CATEGORIES[0], CategoryPath::as_str);
        match self.bytes.below(8) {
            0 => Selector::sku(line.sku.as_str()),
            1 => Selector::skus([line.sku.as_str(), other.sku.as_str()]),
            2 => Selector::category(place),
            3 => Selector::category(place.split('/').next().unwrap_or(place)),
            4 => Selector::shop(if line.shop.as_str().is_empty() { "s1" } else { line.shop.as_str() }),
            5 => Selector::tag(line.tags.first().map_or(TAGS[0], Tag::as_str)),
            6 => {
                let least = self.bytes.one_of([None, Some(2)]);
                Selector::all().attribute(AttributeTest::between("weight", least, None))
            }
            _ => Selector::category(self.bytes.one_of(CATEGORIES)).except(Selector::sku(other.sku.as_str())),
        }
    }

    fn line(&mut self) -> Option<Line> {
        let lines = self.cart.lines();
        lines.get(self.bytes.below(lines.len())).cloned()
    }

    /// Also asks for a value.
    fn valued(&mut self, selector: Selector) -> Selector {
        match self.bytes.below(4) {
            0 => selector.on_sale(self.bytes.one_of([true, false])),
            1 => {
                let base = self.base();
                selector.untouched_since(base)
            }
            2 => {
                let mut range = PriceRange::between(Some(self.amount()), None);
                range.base = self.maybe_base();
                selector.unit_price(range)
            }
            _ => {
                let mut range = PriceRange::between(None, Some(self.amount()));
                range.base = self.maybe_base();
                selector.unit_price(range)
            }
        }
    }
}
