//! Products that no selector tells apart, found by looking only at products that a selector could take: those with one of the
//! skus, tags, categories or shops it names.

use std::collections::BTreeMap;

use crate::bounds::CLASS_LOOKS_MAX;
use crate::rules::Selector;
use crate::shop::{Catalogue, Product, Sku};

/// Products by what rule files name them by.
struct Named<'c> {
    products: &'c [Product],
    tags: BTreeMap<&'c str, Vec<usize>>,
    /// By category path, and by every path above it.
    categories: BTreeMap<&'c str, Vec<usize>>,
    shops: BTreeMap<&'c str, Vec<usize>>,
}

impl<'c> Named<'c> {
    fn new(catalogue: &'c Catalogue) -> Self {
        let products = catalogue.products();
        let (mut tags, mut categories, mut shops) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let note = |map: &mut BTreeMap<&'c str, Vec<usize>>, name: &'c str, at: usize| {
            let list = map.entry(name).or_default();
            if list.last() != Some(&at) {
                list.push(at);
            }
        };
        for (at, product) in products.iter().enumerate() {
            let piece = &product.piece;
            note(&mut shops, piece.shop.as_str(), at);
            piece.tags.iter().for_each(|tag| note(&mut tags, tag.as_str(), at));
            for path in &piece.categories {
                let path = path.as_str();
                note(&mut categories, path, at);
                let above = path.match_indices('/').filter_map(|(end, _)| path.get(..end));
                above.for_each(|above| note(&mut categories, above, at));
            }
        }
        Self { products, tags, categories, shops }
    }

    /// All products that a selector could take, some perhaps several times, or `None` for any; some of them it may not take. The
    /// nesting is bounded by validation.
    fn candidates(&self, of: &Selector) -> Option<Vec<usize>> {
        let position = |sku: &Sku| {
            let found = self.products.binary_search_by(|product| product.piece.sku.cmp(sku));
            found.ok()
        };
        let named = |map: &BTreeMap<&str, Vec<usize>>, names: &mut dyn Iterator<Item = &str>| -> Vec<usize> {
            names.filter_map(|name| map.get(name)).flatten().copied().collect()
        };
        if !of.skus.is_empty() {
            Some(of.skus.iter().filter_map(position).collect())
        } else if !of.tags.is_empty() {
            Some(named(&self.tags, &mut of.tags.iter().map(|tag| tag.as_str())))
        } else if !of.categories.is_empty() {
            Some(named(&self.categories, &mut of.categories.iter().map(|path| path.as_str())))
        } else if !of.shops.is_empty() {
            Some(named(&self.shops, &mut of.shops.iter().map(|shop| shop.as_str())))
        } else if !of.any.is_empty() {
            let nested: Option<Vec<Vec<usize>>> = of.any.iter().map(|one| self.candidates(one)).collect();
            Some(nested?.concat())
        } else {
            None
        }
    }
}

/// Products by kind, and how many looks it took.
pub(super) struct Kinds {
    /// Positions in the catalogue.
    pub list: Vec<Vec<usize>>,
    pub looks: usize,
}

/// Parts the kinds of products, one number for each, further by what selectors say of them. Beyond
/// [`CLASS_LOOKS_MAX`] looks each product is taken to be of a kind of its own.
pub(super) fn kinds(mut kind: Vec<usize>, catalogue: &Catalogue, selectors: &[&Selector]) -> Kinds {
    let named = Named::new(catalogue);
    // As the checker counts them: which classes there are both have to find alike.
    let mut looks = 0_usize;
    let mut next = kind.iter().max().map_or(0, |most| most.saturating_add(1));
    let mut parted = BTreeMap::new();
    for of in selectors {
        let mut candidates = named.candidates(of);
        let many = candidates.as_ref().map_or(kind.len(), Vec::len);
        looks = looks.saturating_add(many.saturating_mul(of.parts()));
        if looks > CLASS_LOOKS_MAX {
            kind = (0..kind.len()).collect();
            break;
        }
        candidates.iter_mut().for_each(|list| {
            list.sort_unstable();
            list.dedup();
        });
        parted.clear();
        let every = 0..if candidates.is_none() { kind.len() } else { 0 };
        for at in candidates.into_iter().flatten().chain(every) {
            let verdict = catalogue.products().get(at).map(|product| of.takes(&product.piece));
            let (Some(verdict), Some(kind)) = (verdict, kind.get_mut(at)) else { continue };
            if verdict != Some(false) {
                *kind = *parted.entry((*kind, verdict)).or_insert_with(|| {
                    next = next.saturating_add(1);
                    next
                });
            }
        }
    }
    let mut list: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, kind) in kind.into_iter().enumerate() {
        list.entry(kind).or_default().push(at);
    }
    Kinds { list: list.into_values().collect(), looks: looks.saturating_add(catalogue.products().len()) }
}
