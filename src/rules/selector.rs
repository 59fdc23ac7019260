//! Which units a rule looks at or discounts.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::terms::listed;
use super::{Base, is_default};
use crate::money::Amount;
use crate::shop::{AttributeKey, AttributeValue, CategoryPath, Line, ShopId, Sku, Tag};

/// A test on units: every field that is given must hold; a list means any of its members. The empty selector takes
/// every unit, except gift cards; units of a `no_discount` line are in no selector at all.
///
/// ```
/// use dealproof::rules::Selector;
///
/// let wine = Selector::category("food/wine").except(Selector::tag("sample"));
/// assert_eq!(serde_json::to_string(&wine)?, r#"{"categories":["food/wine"],"except":[{"tags":["sample"]}]}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Selector {
    /// One of these products.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub skus: BTreeSet<Sku>,
    /// In one of these places of the category tree, or below.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub categories: BTreeSet<CategoryPath>,
    /// With one of these labels.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<Tag>,
    /// Sold by one of these shops.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub shops: BTreeSet<ShopId>,
    /// With these facts; all must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<AttributeTest>,
    /// With a price in this range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<PriceRange>,
    /// With a reference price above the list price, or without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_sale: Option<bool>,
    /// Worth as much now as at this base: no rule since then took anything off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untouched_since: Option<Base>,
    /// Takes gift cards too.
    #[serde(default, skip_serializing_if = "is_default")]
    pub gift_cards: bool,
    /// In one of these selectors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any: Vec<Self>,
    /// In none of these selectors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<Self>,
}

impl Selector {
    /// Whether it asks for nothing.
    pub(crate) fn is_empty(&self) -> bool {
        let Self {
            skus,
            categories,
            tags,
            shops,
            attributes,
            unit_price,
            on_sale,
            untouched_since,
            gift_cards,
            any,
            except,
        } = self;
        let lists = skus.is_empty() && categories.is_empty() && tags.is_empty() && shops.is_empty();
        let tests =
            attributes.is_empty() && unit_price.is_none() && on_sale.is_none() && untouched_since.is_none();
        lists && tests && !gift_cards && any.is_empty() && except.is_empty()
    }

    /// The selector in one form: lists are sorted and name nothing twice, and a list of one that stands alone is that one.
    pub(crate) fn normal(&self) -> Self {
        Self { gift_cards: self.gift_cards, ..self.nested() }
    }

    /// As a part of another selector, whose `gift_cards` alone counts. The nesting is bounded by validation.
    fn nested(&self) -> Self {
        let mut one = Self {
            attributes: listed(self.attributes.iter().cloned()),
            any: Vec::new(),
            except: listed(self.except.iter().flat_map(Self::either)),
            gift_cards: false,
            ..self.clone()
        };
        let mut any = listed(self.any.iter().flat_map(Self::either));
        match any.pop() {
            Some(only) if any.is_empty() && one.is_empty() => only,
            Some(last) => {
                any.push(last);
                one.any = any;
                one
            }
            None => one,
        }
    }

    /// What a list that it stands in may name instead of it: where it asks for one of several alone, these.
    fn either(&self) -> Vec<Self> {
        let mut one = self.nested();
        let any = std::mem::take(&mut one.any);
        if !any.is_empty() && one.is_empty() {
            return any;
        }
        one.any = any;
        vec![one]
    }

    /// How many parts a look at a product goes through: the selector, its tests of attributes, and all selectors inside it. The
    /// nesting is bounded by validation.
    pub(crate) fn parts(&self) -> usize {
        let inside = self.any.iter().chain(&self.except).map(Self::parts).fold(0, usize::saturating_add);
        inside.saturating_add(self.attributes.len()).saturating_add(1)
    }

    /// Whether it, or a selector inside it, asks what earlier rules left of a price. The nesting is bounded by validation.
    pub(crate) fn is_by_value(&self) -> bool {
        let Self {
            unit_price,
            untouched_since,
            any,
            except,
            // What no rule changes.
            skus: _,
            categories: _,
            tags: _,
            shops: _,
            attributes: _,
            on_sale: _,
            gift_cards: _,
        } = self;
        unit_price.is_some() || untouched_since.is_some() || any.iter().chain(except).any(Self::is_by_value)
    }

    /// Every unit that is not a gift card.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// One product.
    pub fn sku(sku: impl AsRef<str>) -> Self {
        Self::skus([sku])
    }

    /// Any of some products.
    pub fn skus<T: AsRef<str>>(skus: impl IntoIterator<Item = T>) -> Self {
        Self { skus: skus.into_iter().map(Sku::new).collect(), ..Self::default() }
    }

    /// A place in the category tree and all below it.
    pub fn category(path: impl AsRef<str>) -> Self {
        Self { categories: [CategoryPath::new(path)].into(), ..Self::default() }
    }

    /// A label.
    pub fn tag(tag: impl AsRef<str>) -> Self {
        Self { tags: [Tag::new(tag)].into(), ..Self::default() }
    }

    /// A shop.
    pub fn shop(shop: impl AsRef<str>) -> Self {
        Self { shops: [ShopId::new(shop)].into(), ..Self::default() }
    }

    /// Also asks for a fact.
    #[must_use]
    pub fn attribute(mut self, test: AttributeTest) -> Self {
        self.attributes.push(test);
        self
    }

    /// Also asks for a price in a range.
    #[must_use]
    pub fn unit_price(mut self, range: PriceRange) -> Self {
        self.unit_price = Some(range);
        self
    }

    /// Also asks for being on sale, or not.
    #[must_use]
    pub const fn on_sale(mut self, on_sale: bool) -> Self {
        self.on_sale = Some(on_sale);
        self
    }

    /// Also asks that nothing was taken off since a base.
    #[must_use]
    pub fn untouched_since(mut self, base: Base) -> Self {
        self.untouched_since = Some(base);
        self
    }

    /// Takes gift cards too.
    #[must_use]
    pub const fn with_gift_cards(mut self) -> Self {
        self.gift_cards = true;
        self
    }

    /// Also asks for one of these.
    #[must_use]
    pub fn any(mut self, selectors: impl IntoIterator<Item = Self>) -> Self {
        self.any.extend(selectors);
        self
    }

    /// Leaves these out.
    #[must_use]
    pub fn except(mut self, selector: Self) -> Self {
        self.except.push(selector);
        self
    }
}

impl Selector {
    /// Whether it takes a piece by the piece's facts alone; `None` when that depends on what earlier rules left of its
    /// price. For tools that look at rules without pricing, such as the audit.
    ///
    /// Cost: the nesting of the selector, which validation bounds.
    #[must_use]
    pub fn takes(&self, piece: &Line) -> Option<bool> {
        if piece.no_discount || piece.gift_card && !self.gift_cards {
            return Some(false);
        }
        self.takes_nested(piece)
    }

    /// As a part of another selector, whose `gift_cards` alone counts.
    fn takes_nested(&self, piece: &Line) -> Option<bool> {
        // What is looked up is what the piece has: a selector may name thousands.
        let names = |path: &str| self.categories.contains(path);
        let under = |of: &CategoryPath| {
            let mut above = of.as_str().match_indices('/').filter_map(|(end, _)| of.as_str().get(..end));
            names(of.as_str()) || above.any(names)
        };
        let facts = (self.skus.is_empty() || self.skus.contains(&piece.sku))
            && (self.categories.is_empty() || piece.categories.iter().any(under))
            && (self.tags.is_empty() || piece.tags.iter().any(|tag| self.tags.contains(tag)))
            && (self.shops.is_empty() || self.shops.contains(&piece.shop))
            && self.attributes.iter().all(|test| test.holds(piece.attributes.get(&test.key)))
            && self.on_sale.is_none_or(|wanted| wanted == piece.is_on_sale());
        let by_value =
            if self.unit_price.is_some() || self.untouched_since.is_some() { None } else { Some(true) };
        let nested = |selector: &Self| selector.takes_nested(piece);
        let any = if self.any.is_empty() { Some(true) } else { some_hold(self.any.iter().map(nested)) };
        let except = some_hold(self.except.iter().map(nested)).map(|taken| !taken);
        let all = [Some(facts), any, except, by_value];
        if all.contains(&Some(false)) {
            Some(false)
        } else if all.contains(&None) {
            None
        } else {
            Some(true)
        }
    }
}

/// Whether some of these hold; unknown when none surely does and one may.
fn some_hold(verdicts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut some = Some(false);
    for verdict in verdicts {
        match verdict {
            Some(true) => return verdict,
            Some(false) => {}
            None => some = None,
        }
    }
    some
}

/// A test on one attribute: all that is given must hold, and a missing attribute fails it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AttributeTest {
    /// The attribute.
    pub key: AttributeKey,
    /// Equal to one of these.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub any_of: BTreeSet<AttributeValue>,
    /// A number not below this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    /// A number not above this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<i64>,
}

impl AttributeTest {
    /// The attribute is there.
    pub fn present(key: impl AsRef<str>) -> Self {
        Self { key: AttributeKey::new(key), any_of: BTreeSet::new(), at_least: None, at_most: None }
    }

    /// The attribute equals a value.
    pub fn is(key: impl AsRef<str>, value: impl Into<AttributeValue>) -> Self {
        Self { any_of: [value.into()].into(), ..Self::present(key) }
    }

    /// The attribute is a number in a range; `None` leaves a side open.
    pub fn between(key: impl AsRef<str>, at_least: Option<i64>, at_most: Option<i64>) -> Self {
        Self { at_least, at_most, ..Self::present(key) }
    }

    /// Whether a value, or its absence, passes.
    #[must_use]
    pub fn holds(&self, value: Option<&AttributeValue>) -> bool {
        let Some(value) = value else { return false };
        let in_range = match value {
            AttributeValue::Number(number) => {
                self.at_least.is_none_or(|least| *number >= least)
                    && self.at_most.is_none_or(|most| *number <= most)
            }
            AttributeValue::Text(_) => self.at_least.is_none() && self.at_most.is_none(),
        };
        in_range && (self.any_of.is_empty() || self.any_of.contains(value))
    }
}

/// A range of unit prices, both ends included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PriceRange {
    /// Which value of the unit is compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// Not below this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Amount>,
    /// Not above this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Amount>,
}

impl PriceRange {
    /// A range; `None` leaves a side open.
    #[must_use]
    pub const fn between(at_least: Option<Amount>, at_most: Option<Amount>) -> Self {
        Self { base: None, at_least, at_most }
    }

    /// Compares another value of the unit.
    #[must_use]
    pub fn base(mut self, base: Base) -> Self {
        self.base = Some(base);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Money;

    #[test]
    fn facts_decide_and_values_leave_it_open() {
        let wine = Line::new("1", "RED", 1, Money::from_minor(100)).category("food/wine").tag("new");
        assert_eq!(Selector::category("food").takes(&wine), Some(true));
        // "foo" is no level above "food".
        assert_eq!(Selector::category("foo").takes(&wine), Some(false));
        // Nor is anything below it.
        assert_eq!(Selector::category("food/wine/red").takes(&wine), Some(false));
        assert_eq!(Selector::category("wine").takes(&wine), Some(false));
        assert_eq!(Selector::all().except(Selector::tag("new")).takes(&wine), Some(false));
        let dear = Selector::all().unit_price(PriceRange::between(Some(Amount::new(5.into())), None));
        assert_eq!(dear.takes(&wine), None);
        // What is surely left out stays out whatever the price.
        assert_eq!(dear.clone().except(Selector::category("food/wine")).takes(&wine), Some(false));
        assert_eq!(Selector::all().except(dear).takes(&wine), None);
        let card = Line::new("1", "CARD", 1, Money::from_minor(100)).gift_card();
        assert_eq!(Selector::all().takes(&card), Some(false));
        assert_eq!(Selector::all().with_gift_cards().takes(&card), Some(true));
    }
}
