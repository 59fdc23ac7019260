//! Selectors to programs over keys and values.

use super::index::{Key, Kind};
use super::lower::Lowering;
use super::plan::{GiftCards, LooksAt, PlanSelector, UnitTest, Value};
use super::program::Tree;
use crate::rules::Selector;

/// What a selector's units must have: the keys of which every unit has one, if there are such.
pub(super) struct Lowered {
    pub selector: PlanSelector,
    /// Every unit it takes has one of these.
    pub anchor: Option<Vec<Key>>,
}

/// Lowers a selector for a rule whose stage computes from `own`.
pub(super) fn lower_selector(lowering: &mut Lowering<'_>, selector: &Selector, own: Value) -> Lowered {
    let lists = key_lists(lowering, selector);
    let mut rest = other_tests(lowering, selector, own);
    let looks_at = if tests_values(&rest) { LooksAt::Values } else { LooksAt::Facts };
    // The shortest list is the best anchor. An `any` of selectors that all have one is an anchor too.
    let shortest = lists.iter().enumerate().min_by_key(|(_, keys)| keys.len()).map(|(at, _)| at);
    let anchor = shortest.and_then(|at| lists.get(at).cloned()).or_else(|| anchor_of_any(lowering, selector));
    let key = shortest.and_then(|at| lists.get(at)).and_then(|keys| match keys.as_slice() {
        [key] => Some(*key),
        _ => None,
    });
    let test = |keys: &Vec<Key>| Tree::Leaf(UnitTest::Keys(keys.as_slice().into()));
    let whole_tests: Vec<Tree<UnitTest>> = lists.iter().map(test).collect();
    let others: Vec<Tree<UnitTest>> = lists
        .iter()
        .enumerate()
        .filter(|(at, _)| key.is_none() || Some(*at) != shortest)
        .map(|(_, keys)| test(keys))
        .collect();
    let whole = whole_tests.into_iter().chain(rest.iter().map(copy)).collect::<Vec<_>>();
    rest.splice(0..0, others);
    let program = |trees: Vec<Tree<UnitTest>>| (!trees.is_empty()).then(|| Tree::All(trees).lower());
    let gift_cards = if selector.gift_cards { GiftCards::Too } else { GiftCards::Not };
    Lowered {
        selector: PlanSelector { key, rest: program(rest), whole: program(whole), looks_at, gift_cards },
        anchor,
    }
}

/// The lists of ids, as sorted keys.
fn key_lists(lowering: &mut Lowering<'_>, selector: &Selector) -> Vec<Vec<Key>> {
    let mut lists = Vec::new();
    let mut add = |kind: Kind, texts: &mut dyn Iterator<Item = &str>| {
        let mut keys: Vec<Key> = texts.map(|text| lowering.keys.number(kind, text)).collect();
        if !keys.is_empty() {
            keys.sort_unstable();
            lists.push(keys);
        }
    };
    add(Kind::Sku, &mut selector.skus.iter().map(AsRef::as_ref));
    add(Kind::Category, &mut selector.categories.iter().map(AsRef::as_ref));
    add(Kind::Tag, &mut selector.tags.iter().map(AsRef::as_ref));
    add(Kind::Shop, &mut selector.shops.iter().map(AsRef::as_ref));
    if !selector.shops.is_empty() {
        lowering.asks.shop_keys = true;
    }
    lists
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
    let lists = key_lists(lowering, selector);
    let mut tests: Vec<Tree<UnitTest>> =
        lists.into_iter().map(|keys| Tree::Leaf(UnitTest::Keys(keys.into_boxed_slice()))).collect();
    tests.extend(other_tests(lowering, selector, own));
    Tree::All(tests)
}

/// The keys of which every unit of an `any` has one, when each of its selectors names some.
fn anchor_of_any(lowering: &mut Lowering<'_>, selector: &Selector) -> Option<Vec<Key>> {
    if selector.any.is_empty() {
        return None;
    }
    let mut keys = Vec::new();
    for nested in &selector.any {
        let lists = key_lists(lowering, nested);
        keys.extend(lists.into_iter().min_by_key(Vec::len)?);
    }
    keys.sort_unstable();
    keys.dedup();
    Some(keys)
}

fn tests_values(trees: &[Tree<UnitTest>]) -> bool {
    trees.iter().any(|tree| match tree {
        Tree::All(trees) | Tree::Any(trees) => tests_values(trees),
        Tree::Not(tree) => tests_values(std::slice::from_ref(tree)),
        Tree::Leaf(UnitTest::UnitPrice { .. } | UnitTest::Untouched { .. }) => true,
        Tree::Leaf(UnitTest::Keys(_) | UnitTest::Attribute(_) | UnitTest::OnSale) => false,
    })
}

fn copy(tree: &Tree<UnitTest>) -> Tree<UnitTest> {
    match tree {
        Tree::All(trees) => Tree::All(trees.iter().map(copy).collect()),
        Tree::Any(trees) => Tree::Any(trees.iter().map(copy).collect()),
        Tree::Not(tree) => Tree::Not(Box::new(copy(tree))),
        Tree::Leaf(test) => Tree::Leaf(test.clone()),
    }
}
