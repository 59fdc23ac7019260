//! Selectors.

use std::collections::BTreeSet;

use super::stages;
use crate::rules::{AttributeTest, Base, PriceRange, Selector};
use crate::shop::{AttributeValue, CategoryPath};
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::scope::{Scope, Zero, quoted};

/// Checks a selector of the rule at hand.
pub(super) fn check(scope: &mut Scope<'_>, selector: &Selector, at: &At<'_>) {
    nested(scope, selector, at, 1);
}

fn nested(scope: &mut Scope<'_>, selector: &Selector, at: &At<'_>, depth: usize) {
    if !enter(scope, at, depth) || selector.is_empty() {
        return;
    }
    scope.ids(at, "skus", selector.skus.iter().map(|id| id.as_str()));
    scope.ids(at, "tags", selector.tags.iter().map(|id| id.as_str()));
    if !selector.categories.is_empty() {
        categories(scope, selector, at);
    }
    if !selector.shops.is_empty() {
        shops(scope, selector, &at.key("shops"));
    }
    if !selector.attributes.is_empty() {
        let tests = at.key("attributes");
        scope.list(&tests, selector.attributes.len());
        for (index, test) in selector.attributes.iter().enumerate() {
            attribute(scope, test, &tests.index(index));
        }
    }
    if let Some(range) = &selector.unit_price {
        price_range(scope, range, &at.key("unit_price"));
    }
    if let Some(base) = &selector.untouched_since {
        untouched(scope, base, &at.key("untouched_since"));
    }
    for (field, selectors) in [("any", &selector.any), ("except", &selector.except)] {
        for (index, inner) in selectors.iter().enumerate() {
            let list = at.key(field);
            let place = list.index(index);
            if inner.gift_cards {
                let message = "only the outermost selector says whether gift cards count";
                scope.report(Code::NoEffect, &place.key("gift_cards"), message);
            }
            nested(scope, inner, &place, depth + 1);
        }
    }
    if let Some(index) = selector.except.iter().position(|out| covers(out, selector)) {
        let message = "it leaves out every unit that the rest takes";
        scope.report(Code::NeverSelects, &at.key("except").index(index), message);
    }
}

/// Counts a condition or selector; false when the rule has too many or they are nested too deep, and the check must
/// not go on.
pub(super) fn enter(scope: &mut Scope<'_>, at: &At<'_>, depth: usize) -> bool {
    let (depth_max, nodes_max) = (scope.limits.condition_depth, scope.limits.condition_nodes);
    scope.nodes += 1;
    if depth > depth_max {
        let message = format_args!("nested more than {depth_max} deep");
        scope.report(Code::ConditionTooDeep, at, message);
        return false;
    }
    if scope.nodes == nodes_max + 1 {
        let message = format_args!("more than {nodes_max} conditions and selectors in one rule");
        scope.report(Code::ConditionTooLarge, at, message);
    }
    scope.nodes <= nodes_max
}

/// So many categories of an exclusion are held against each category of what it is taken from; of longer lists nothing
/// is said, since that would take their product.
const COMPARED_MAX: usize = 32;

/// Whether a selector takes all that another one takes, as far as their lists tell.
fn covers(wide: &Selector, narrow: &Selector) -> bool {
    let Selector {
        skus,
        categories,
        tags,
        shops,
        attributes,
        unit_price,
        on_sale,
        untouched_since,
        gift_cards: _,
        any,
        except,
    } = wide;
    let lists = among(&narrow.skus, skus) && among(&narrow.tags, tags) && among(&narrow.shops, shops);
    let tests = attributes.iter().all(|test| narrow.attributes.contains(test))
        && (unit_price.is_none() || *unit_price == narrow.unit_price)
        && (on_sale.is_none() || *on_sale == narrow.on_sale)
        && (untouched_since.is_none() || *untouched_since == narrow.untouched_since);
    let nested = except.is_empty() && (any.is_empty() || *any == narrow.any);
    lists && tests && nested && all_below(&narrow.categories, categories)
}

/// Whether a list lets through only members of another one, where the empty list lets through everything.
fn among<T: Ord>(narrow: &BTreeSet<T>, wide: &BTreeSet<T>) -> bool {
    wide.is_empty() || !narrow.is_empty() && narrow.is_subset(wide)
}

/// The same for categories, which let through all that is below them.
fn all_below(narrow: &BTreeSet<CategoryPath>, wide: &BTreeSet<CategoryPath>) -> bool {
    let below = |path: &CategoryPath, of: &CategoryPath| {
        let rest = path.as_str().strip_prefix(of.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let covered = |path: &CategoryPath| wide.iter().any(|of| below(path, of));
    wide.is_empty() || wide.len() <= COMPARED_MAX && !narrow.is_empty() && narrow.iter().all(covered)
}

fn categories(scope: &mut Scope<'_>, selector: &Selector, at: &At<'_>) {
    let field = "categories";
    scope.ids(at, field, selector.categories.iter().map(CategoryPath::as_str));
    let list = at.key(field);
    for category in &selector.categories {
        path(scope, category.as_str(), &list.member(category.as_str()));
    }
}

fn shops(scope: &mut Scope<'_>, selector: &Selector, at: &At<'_>) {
    scope.list(at, selector.shops.len());
    for shop in &selector.shops {
        // The empty id is the only shop of a cart of one shop.
        scope.text(&at.member(shop.as_str()), shop.as_str(), scope.limits.id_bytes);
    }
}

/// Checks the levels of a category or region.
pub(super) fn path(scope: &mut Scope<'_>, path: &str, at: &At<'_>) {
    let levels = path.as_bytes();
    let has_empty = levels.first() == Some(&b'/') || levels.last() == Some(&b'/');
    if has_empty || levels.windows(2).any(|pair| pair == b"//") {
        let message = format_args!("{} has an empty level", quoted(path));
        scope.report(Code::BadPath, at, message);
    }
}

/// Checks a test on an attribute of a line or of the context.
pub(super) fn attribute(scope: &mut Scope<'_>, test: &AttributeTest, at: &At<'_>) {
    scope.id(&at.key("key"), test.key.as_str());
    let values = at.key("any_of");
    scope.list(&values, test.any_of.len());
    for value in &test.any_of {
        match value {
            AttributeValue::Text(text) => scope.text(&values.member(text), text, scope.limits.text_bytes),
            AttributeValue::Number(_) => {}
        }
    }
    range(scope, test.at_least, test.at_most, at);
}

fn price_range(scope: &mut Scope<'_>, prices: &PriceRange, at: &At<'_>) {
    if let Some(base) = &prices.base {
        stages::base(scope, base, &at.key("base"));
    }
    for (field, amount) in [("at_least", prices.at_least), ("at_most", prices.at_most)] {
        if let Some(amount) = amount {
            scope.amount(&at.key(field), amount, Zero::Fine);
        }
    }
    bounded(scope, prices.at_least, prices.at_most, at);
}

fn untouched(scope: &mut Scope<'_>, base: &Base, at: &At<'_>) {
    stages::base(scope, base, at);
    match base {
        Base::Running | Base::Cash => {
            let message = "the value now is always the value now";
            scope.report(Code::NoEffect, at, message);
        }
        Base::List | Base::Entry | Base::Stage(_) => {}
    }
}

/// Checks that a range has an end and is not empty.
pub(super) fn bounded<T: PartialOrd>(
    scope: &mut Scope<'_>,
    at_least: Option<T>,
    at_most: Option<T>,
    at: &At<'_>,
) {
    if at_least.is_none() && at_most.is_none() {
        let message = "neither `at_least` nor `at_most` is given";
        scope.report(Code::NoBounds, at, message);
    }
    range(scope, at_least, at_most, at);
}

/// Checks that a range is not empty.
pub(super) fn range<T: PartialOrd>(
    scope: &mut Scope<'_>,
    at_least: Option<T>,
    at_most: Option<T>,
    at: &At<'_>,
) {
    if at_least.zip(at_most).is_some_and(|(least, most)| least > most) {
        let message = "`at_least` is above `at_most`";
        scope.report(Code::EmptyRange, at, message);
    }
}
