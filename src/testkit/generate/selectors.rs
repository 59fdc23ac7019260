//! Selectors: mostly everything, a product, a category; now and then a value or a nest.

use super::cart::{CATEGORIES, SHOPS, SKUS, TAGS};
use super::maker::Maker;
use crate::rules::{AttributeTest, PriceRange, Selector};

impl Maker<'_, '_> {
    pub fn selector(&mut self) -> Selector {
        let mut selector = self.plain_selector();
        match self.bytes.below(20) {
            12 => {
                let without = self.narrow_selector();
                selector = selector.except(without);
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

    /// A selector that does not take everything.
    fn narrow_selector(&mut self) -> Selector {
        match self.bytes.below(6) {
            0 => Selector::sku(self.bytes.one_of(SKUS)),
            1 => Selector::skus([self.bytes.one_of(SKUS), self.bytes.one_of(SKUS)]),
            2 => Selector::category(self.bytes.one_of(CATEGORIES)),
            3 => Selector::tag(self.bytes.one_of(TAGS)),
            4 => Selector::shop(self.bytes.one_of([SHOPS[1], SHOPS[2]])),
            _ => {
                let least = self.bytes.one_of([None, Some(2)]);
                Selector::all().attribute(AttributeTest::between("weight", least, None))
            }
        }
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
