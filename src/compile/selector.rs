//! Selectors to programs over keys and values.

use super::index::{KeySet, Kind};
use super::lower::Lowering;
use super::plan::{GiftCards, LooksAt, PlanSelector, UnitTest, Value};
use super::program::Tree;
use crate::rules::Selector;
use crate::shop::MarkKind;

/// What a selector's units must have: the keys of which every unit has one, if there are such.
pub(super) struct Lowered {
    pub selector: PlanSelector,
    /// Every unit it takes has one of these.
    pub anchor: Option<KeySet>,
}

/// Lowers a selector for a rule whose stage computes from `own`.
pub(super) fn lower_selector(lowering: &mut Lowering<'_>, selector: &Selector, own: Value) -> Lowered {
    let lists = key_lists(lowering, selector);
    let others = other_tests(lowering, selector, own);
    let looks_at = if tests_values(&others) { LooksAt::Values } else { LooksAt::Facts };
    // The shortest list is the best anchor. An `any` of selectors that all have one is an anchor too.
    let anchor = shortest(&lists).cloned().or_else(|| anchor_of_any(lowering, selector));
    let key = match shortest(&lists).map(|keys| &**keys) {
        Some([key]) => Some(*key),
        _ => None,
    };
    // Where the key comes from, nothing is left to test.
    let is_key = |keys: &KeySet| key.is_some_and(|key| **keys == [key]);
    let lists = lists.into_iter().flatten().filter(|keys| !is_key(keys));
    let mut rest: Vec<Tree<UnitTest>> = lists.map(|keys| Tree::Leaf(UnitTest::Keys(keys))).collect();
    rest.extend(others);
    let rest = (!rest.is_empty()).then(|| Tree::All(rest).lower());
    let gift_cards = if selector.gift_cards { GiftCards::Too } else { GiftCards::Not };
    Lowered { selector: PlanSelector { key, rest, looks_at, gift_cards }, anchor }
}

/// The lists of ids that are given, as keys. Kinds share no key.
type KeyLists = [Option<KeySet>; 4];

fn key_lists(lowering: &mut Lowering<'_>, selector: &Selector) -> KeyLists {
    fn list<T: AsRef<str>>(
        lowering: &mut Lowering<'_>,
        kind: Kind,
        ids: &std::collections::BTreeSet<T>,
    ) -> Option<KeySet> {
        let keys = || ids.iter().map(|id| lowering.keys.number(kind, id.as_ref())).collect();
        (!ids.is_empty()).then(keys)
    }
    [
        list(lowering, Kind::Mark(MarkKind::Sku), &selector.skus),
        list(lowering, Kind::Mark(MarkKind::Category), &selector.categories),
        list(lowering, Kind::Mark(MarkKind::Tag), &selector.tags),
        list(lowering, Kind::Mark(MarkKind::Shop), &selector.shops),
    ]
}

/// The first of the shortest lists.
fn shortest(lists: &KeyLists) -> Option<&KeySet> {
    lists.iter().flatten().min_by_key(|keys| keys.len())
}

/// Everything but the lists.
fn other_tests(lowering: &mut Lowering<'_>, selector: &Selector, own: Value) -> Vec<Tree<UnitTest>> {
    let mut tests = Vec::new();
    for test in &selector.attributes {
        tests.push(Tree::Leaf(UnitTest::Attribute(test.clone())));
    }
    match selector.on_sale {
        Some(true) => tests.push(Tree::Leaf(UnitTest::OnSale)),
        Some(false) => tests.push(Tree::Not(Box::new(Tree::Leaf(UnitTest::OnSale)))),
        None => {}
    }
    if let Some(range) = &selector.unit_price {
        let value = lowering.value(range.base.as_ref(), own);
        let (min, max) = lowering.amount_range(range.at_least, range.at_most);
        tests.push(Tree::Leaf(UnitTest::UnitPrice { value, min, max }));
    }
    if let Some(base) = &selector.untouched_since {
        let since = lowering.value(Some(base), own);
        tests.push(Tree::Leaf(UnitTest::Untouched { since, now: own }));
    }
    if !selector.any.is_empty() {
        tests.push(Tree::Any(selector.any.iter().map(|nested| nested_tree(lowering, nested, own)).collect()));
    }
    for nested in &selector.except {
        tests.push(Tree::Not(Box::new(nested_tree(lowering, nested, own))));
    }
    tests
}

/// A selector inside another one; validation limits the depth.
fn nested_tree(lowering: &mut Lowering<'_>, selector: &Selector, own: Value) -> Tree<UnitTest> {
    let lists = key_lists(lowering, selector).into_iter().flatten();
    let mut tests: Vec<Tree<UnitTest>> = lists.map(|keys| Tree::Leaf(UnitTest::Keys(keys))).collect();
    tests.extend(other_tests(lowering, selector, own));
    Tree::All(tests)
}

/// The keys of which every unit of an `any` has one, when each of its selectors names some.
fn anchor_of_any(lowering: &mut Lowering<'_>, selector: &Selector) -> Option<KeySet> {
    if selector.any.is_empty() {
        return None;
    }
    let mut keys = Vec::new();
    for nested in &selector.any {
        keys.extend_from_slice(shortest(&key_lists(lowering, nested))?);
    }
    Some(keys.into_iter().collect())
}

fn tests_values(trees: &[Tree<UnitTest>]) -> bool {
    trees.iter().any(|tree| match tree {
        Tree::All(trees) | Tree::Any(trees) => tests_values(trees),
        Tree::Not(tree) => tests_values(std::slice::from_ref(tree)),
        Tree::Leaf(UnitTest::UnitPrice { .. } | UnitTest::Untouched { .. }) => true,
        Tree::Leaf(UnitTest::Keys(_) | UnitTest::Attribute(_) | UnitTest::OnSale) => false,
    })
}
