//! Selectors of the neutral form.

use dealproof::money::Amount;
use dealproof::rules::{AttributeTest, Base, PriceRange, Selector};
use dealproof::shop::{CategoryPath, Sku, Tag};
use serde::Deserialize;
use serde_json::Value;

use super::form::{Fields, Line, SetAside};
use super::shop::{LISTED, ON_SALE, category_path, is_on_sale};
use super::translate::{Adapter, CART_START, Place, Realm};

/// A selector as written: lists mean any of, several keys must all hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SelectorForm {
    skus: Option<Vec<String>>,
    categories: Option<Vec<String>>,
    not_categories: Option<Vec<String>>,
    tags: Option<Vec<String>>,
    unit_price: Option<RangeForm>,
    pub(super) shipping_methods: Option<Vec<String>>,
    not_catalog_discounted: bool,
    not_on_sale: bool,
    full_price_only: bool,
    pub(super) undiscounted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct RangeForm {
    gte: Option<Amount>,
    lte: Option<Amount>,
}

impl SelectorForm {
    /// Reads a selector; nothing means everything.
    pub(super) fn read(value: Option<Value>) -> Result<Self, SetAside> {
        let mut fields = Fields::new("selector", &value.unwrap_or(Value::Null))?;
        let selector = Self {
            skus: fields.take("skus")?,
            categories: fields.take("categories")?,
            not_categories: fields.take("not_categories")?,
            tags: fields.take("tags")?,
            unit_price: fields.take("unit_price")?,
            shipping_methods: fields.take("shipping_methods")?,
            not_catalog_discounted: fields.take("not_catalog_discounted")?.unwrap_or(false),
            not_on_sale: fields.take("not_on_sale")?.unwrap_or(false),
            full_price_only: fields.take("full_price_only")?.unwrap_or(false),
            undiscounted: fields.take("undiscounted")?.unwrap_or(false),
        };
        // It adds nothing to the other keys.
        fields.take::<bool>("all")?;
        fields.end()?;
        Ok(selector)
    }

    /// Whether a line can be meant, as far as its own facts tell.
    pub(super) fn reaches(&self, line: &Line) -> bool {
        let any_of = |asked: &Option<Vec<String>>, has: &[String]| {
            asked.as_ref().is_none_or(|asked| asked.iter().any(|name| has.contains(name)))
        };
        let out = self.not_categories.as_ref();
        let left_out = out.is_some_and(|out| out.iter().any(|name| line.categories.contains(name)));
        let reduced = line.list_price.is_some_and(|list| list > line.unit_price);
        line.discountable != Some(false)
            && any_of(&self.skus, std::slice::from_ref(&line.sku))
            && any_of(&self.categories, &line.categories)
            && any_of(&self.tags, &line.tags)
            && !left_out
            && !(self.not_on_sale && is_on_sale(line))
            && !(self.full_price_only && reduced)
    }

    /// The selector of the rule language, for a rule at `place`.
    pub(super) fn translate(&self, adapter: &Adapter, place: Place) -> Result<Selector, SetAside> {
        let mut selector = self.facts(adapter);
        if let Some(range) = self.unit_price {
            let base = match place.realm {
                Realm::Catalogue => Base::List,
                Realm::Cart | Realm::Redemption | Realm::Payment | Realm::Earning => {
                    Base::Stage(CART_START.into())
                }
            };
            for end in [range.gte, range.lte].into_iter().flatten() {
                adapter.money(end)?;
            }
            selector = selector.unit_price(PriceRange::between(range.gte, range.lte).base(base));
        }
        if self.full_price_only {
            selector = selector.on_sale(false);
        }
        if self.not_on_sale {
            selector = selector.except(Selector::all().attribute(AttributeTest::present(ON_SALE)));
        }
        if self.undiscounted && place.realm != Realm::Catalogue {
            selector = selector.untouched_since(Base::Stage(CART_START.into()));
        }
        if self.not_catalog_discounted {
            selector = adapter.without_catalogue_discount(selector, place)?;
        }
        Ok(selector)
    }

    /// The part that looks at facts of the line only.
    fn facts(&self, adapter: &Adapter) -> Selector {
        let mut selector = Selector::all();
        let names = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
        selector.skus = (names(&self.skus).iter()).map(|sku| Sku::new(adapter.names.of(sku))).collect();
        let paths = |list: &Option<Vec<String>>| {
            let paths = names(list);
            let paths = paths.iter().map(|name| category_path(name));
            paths.map(CategoryPath::new).collect()
        };
        selector.categories = paths(&self.categories);
        selector.tags = names(&self.tags).into_iter().map(Tag::new).collect();
        let mut out = Selector::all();
        out.categories = paths(&self.not_categories);
        if !out.categories.is_empty() {
            selector = selector.except(out);
        }
        let any_of_none = |list: &Option<Vec<String>>| list.as_ref().is_some_and(Vec::is_empty);
        if [&self.skus, &self.categories, &self.tags].into_iter().any(any_of_none) {
            selector.skus = [Sku::new(adapter.names.of(""))].into();
        }
        selector
    }
}

/// Units without an earlier price.
pub(super) fn unlisted(selector: Selector) -> Selector {
    selector.except(Selector::all().attribute(AttributeTest::present(LISTED)))
}
