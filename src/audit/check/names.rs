//! Products by what selectors name: which of them a selector has to be asked about at all.
//!
//! A selector takes nothing that fails one of its lists, so whoever is not in the first list that it has is not taken: the skus,
//! or who has one of the tags, or is in or below one of the categories, or is of one of the shops; or else whoever is in question for
//! one of the selectors of `any`. Without any of these all products are in question.

use std::collections::{BTreeMap, BTreeSet};

use crate::rules::Selector;
use crate::shop::Product;

/// What products are named by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Name<'c> {
    Sku(&'c str),
    Tag(&'c str),
    /// The path itself, or one above it.
    Category(&'c str),
    Shop(&'c str),
}

/// The places of products, by name.
pub(super) struct Names<'c> {
    places: BTreeMap<Name<'c>, Vec<usize>>,
    count: usize,
}

impl<'c> Names<'c> {
    pub(super) fn new(products: &'c [Product]) -> Self {
        let mut places: BTreeMap<Name<'c>, Vec<usize>> = BTreeMap::new();
        for (at, product) in products.iter().enumerate() {
            let piece = &product.piece;
            let mut names = BTreeSet::from([Name::Sku(piece.sku.as_str()), Name::Shop(piece.shop.as_str())]);
            names.extend(piece.tags.iter().map(|tag| Name::Tag(tag.as_str())));
            for path in piece.categories.iter().map(|path| path.as_str()) {
                let above = path.match_indices('/').filter_map(|(end, _)| path.get(..end));
                names.extend(above.chain([path]).map(Name::Category));
            }
            names.into_iter().for_each(|name| places.entry(name).or_default().push(at));
        }
        Self { places, count: products.len() }
    }

    /// The places of all products that a selector could take, each once; and how many it names, some perhaps several times.
    pub(super) fn asked(&self, selector: &Selector) -> (Vec<usize>, usize) {
        let mut places = self.named(selector).unwrap_or_else(|| (0..self.count).collect());
        let named = places.len();
        places.sort_unstable();
        places.dedup();
        (places, named)
    }

    /// The places of products that it names, some perhaps several times; `None` where it names none. The nesting is bounded by validation.
    fn named(&self, selector: &Selector) -> Option<Vec<usize>> {
        let Selector { skus, tags, categories, shops, any, .. } = selector;
        if !skus.is_empty() {
            Some(self.all(skus.iter().map(|sku| Name::Sku(sku.as_str()))))
        } else if !tags.is_empty() {
            Some(self.all(tags.iter().map(|tag| Name::Tag(tag.as_str()))))
        } else if !categories.is_empty() {
            Some(self.all(categories.iter().map(|path| Name::Category(path.as_str()))))
        } else if !shops.is_empty() {
            Some(self.all(shops.iter().map(|shop| Name::Shop(shop.as_str()))))
        } else if !any.is_empty() {
            let inside: Option<Vec<Vec<usize>>> = any.iter().map(|one| self.named(one)).collect();
            Some(inside?.concat())
        } else {
            None
        }
    }

    fn all<'n>(&self, names: impl Iterator<Item = Name<'n>>) -> Vec<usize> {
        names.filter_map(|name| self.places.get(&name)).flatten().copied().collect()
    }
}
