//! Conditions to flat programs.

use std::borrow::Cow;

use super::index::{KeySet, Kind};
use super::lower::Lowering;
use super::plan::{Holds, Leaf, LeafTest, Scope, Value, WithShipping, day_bit};
use super::program::{Program, Tree};
use super::selector::lower_selector;
use crate::rules::{Condition, Quantity, Range, Spend, Weekly, Window, Within};
use crate::shop::CouponCode;

/// Lowers the condition of a rule whose stage computes from `own`.
pub(super) fn lower_condition(
    lowering: &mut Lowering<'_>,
    condition: &Condition,
    own: Value,
) -> Program<Leaf> {
    tree(lowering, condition, own, &mut String::new()).lower()
}

/// Validation limits the depth of the tree, so the recursion is bounded. `path` is where it stands in the condition.
fn tree(lowering: &mut Lowering<'_>, condition: &Condition, own: Value, path: &mut String) -> Tree<Leaf> {
    let length = path.len();
    let mut list = |lowering: &mut Lowering<'_>, name: &str, conditions: &[Condition]| {
        let trees = conditions.iter().enumerate().map(|(at, nested)| {
            path.truncate(length);
            path.push_str(name);
            path.push_str(&at.to_string());
            tree(lowering, nested, own, path)
        });
        let trees = trees.collect();
        path.truncate(length);
        trees
    };
    match condition {
        Condition::All(conditions) => Tree::All(list(lowering, "/all/", conditions)),
        Condition::Any(conditions) => Tree::Any(list(lowering, "/any/", conditions)),
        Condition::Not(nested) => {
            path.push_str("/not");
            let tree = tree(lowering, nested, own, path);
            path.truncate(length);
            Tree::Not(Box::new(tree))
        }
        leaf => {
            let test = leaf_test(lowering, leaf, own);
            // Most conditions are one test, and its place needs no text of its own.
            let at = if path.is_empty() {
                Cow::Borrowed("/condition")
            } else {
                Cow::Owned(format!("/condition{path}"))
            };
            Tree::Leaf(Leaf { test, at })
        }
    }
}

fn leaf_test(lowering: &mut Lowering<'_>, leaf: &Condition, own: Value) -> LeafTest {
    match leaf {
        // The caller takes these apart.
        Condition::All(_) | Condition::Any(_) | Condition::Not(_) => LeafTest::Fixed(Holds::Never),
        Condition::Window(window) => window_test(window),
        Condition::Weekly(weekly) => weekly_test(weekly),
        Condition::Spend(spend) => spend_test(lowering, spend, own),
        Condition::Quantity(quantity) => quantity_test(lowering, quantity, own),
        Condition::DistinctSkus(distinct) => {
            let of = lower_selector(lowering, &distinct.of, own).selector;
            LeafTest::DistinctSkus { of, min: distinct.at_least, scope: scope(distinct.within) }
        }
        Condition::Contains(contains) => {
            let of = lower_selector(lowering, &contains.of, own).selector;
            LeafTest::Contains { of, scope: scope(contains.within) }
        }
        Condition::Segment(segments) => context_key(lowering, Kind::Segment, &segments.any_of),
        Condition::Channel(channels) => context_key(lowering, Kind::Channel, &channels.any_of),
        Condition::Region(regions) => context_key(lowering, Kind::Region, &regions.any_of),
        Condition::PaymentMethod(methods) => context_key(lowering, Kind::PaymentMethod, &methods.any_of),
        Condition::Level(range) => {
            let (min, max) = bounds(*range);
            LeafTest::Level { min, max }
        }
        Condition::FirstOrder {} => LeafTest::FirstOrder,
        Condition::OrderNumber(number) => {
            let (min, max) = bounds(Range::between(number.at_least, number.at_most));
            LeafTest::OrderNumber { min, max, every: number.every.unwrap_or(1) }
        }
        Condition::Birthday(when) => LeafTest::Birthday(*when),
        Condition::ShippingMethod(methods) => {
            LeafTest::ShippingMethod(methods.any_of.iter().cloned().collect())
        }
        Condition::Currency(currencies) => {
            let holds = currencies.any_of.contains(&lowering.rules.currency);
            LeafTest::Fixed(if holds { Holds::Always } else { Holds::Never })
        }
        Condition::Code(codes) => LeafTest::Code(lowering.code_keys(codes.any_of.iter())),
        Condition::GroupSize(range) => {
            let (min, max) = bounds(*range);
            LeafTest::GroupSize { min, max }
        }
        Condition::Experiment(experiment) => LeafTest::Experiment {
            id: experiment.id.clone(),
            from_ppm: lowering.rate(experiment.from).ppm(),
            until_ppm: lowering.rate(experiment.until).ppm(),
        },
        Condition::Attribute(test) => LeafTest::Attribute(test.clone()),
    }
}

fn window_test(window: &Window) -> LeafTest {
    LeafTest::Window {
        from_ms: window.from.map_or(i64::MIN, crate::shop::Moment::unix_ms),
        until_ms: window.until.map_or(i64::MAX, crate::shop::Moment::unix_ms),
        from: window.from,
        until: window.until,
    }
}

fn weekly_test(weekly: &Weekly) -> LeafTest {
    let days = if weekly.days.is_empty() {
        u8::MAX
    } else {
        weekly.days.iter().fold(0, |bits, day| bits | day_bit(*day))
    };
    let (from, until) = (weekly.from.minute(), weekly.until.minute());
    LeafTest::Weekly { days, from, until, offset: weekly.offset }
}

fn spend_test(lowering: &mut Lowering<'_>, spend: &Spend, own: Value) -> LeafTest {
    let (min, max) = lowering.amount_range(spend.at_least, spend.at_most);
    let value = lowering.value(spend.base.as_ref(), own);
    let of = lower_selector(lowering, &spend.of, own).selector;
    let with_shipping = WithShipping::of(spend.with_shipping);
    LeafTest::Spend { of, value, min, max, scope: scope(spend.within), with_shipping }
}

fn quantity_test(lowering: &mut Lowering<'_>, quantity: &Quantity, own: Value) -> LeafTest {
    let (min, max) = bounds(Range::between(quantity.at_least, quantity.at_most));
    let of = lower_selector(lowering, &quantity.of, own).selector;
    LeafTest::Quantity { of, min, max, scope: scope(quantity.within) }
}

fn context_key<'a, K: AsRef<str> + 'a>(
    lowering: &mut Lowering<'_>,
    kind: Kind,
    any_of: impl IntoIterator<Item = &'a K>,
) -> LeafTest {
    let texts = any_of.into_iter();
    LeafTest::ContextKey(texts.map(|text| lowering.keys.number(kind, text.as_ref())).collect())
}

fn bounds(range: Range) -> (u32, u32) {
    (range.at_least.unwrap_or(0), range.at_most.unwrap_or(u32::MAX))
}

const fn scope(within: Within) -> Scope {
    match within {
        Within::Part => Scope::Part,
        Within::Order => Scope::Order,
        Within::AnyLine => Scope::AnyLine,
    }
}

impl Lowering<'_> {
    /// The keys of codes, folded; a code that folds to nothing was refused by validation.
    pub(super) fn code_keys<'a>(&mut self, codes: impl Iterator<Item = &'a CouponCode>) -> KeySet {
        let folded = codes.filter_map(CouponCode::folded);
        let set: KeySet = folded.map(|code| self.keys.number(Kind::Code, code)).collect();
        self.code_rules.extend(set.iter().map(|key| (*key, self.place.rule)));
        set
    }
}

/// Keys of which a context must have one for the condition to hold, taken from leaves that must all hold.
pub(super) fn required_keys(
    condition: &Condition,
    lowering: &mut Lowering<'_>,
) -> Option<(KeySet, Required)> {
    match condition {
        Condition::All(conditions) => {
            let found: Vec<_> =
                conditions.iter().filter_map(|nested| required_keys(nested, lowering)).collect();
            found.into_iter().min_by_key(|(keys, kind)| (*kind, keys.len()))
        }
        Condition::Code(codes) => Some((lowering.code_keys(codes.any_of.iter()), Required::Code)),
        Condition::Segment(segments) => {
            let keys =
                segments.any_of.iter().map(|segment| lowering.keys.number(Kind::Segment, segment.as_str()));
            Some((keys.collect(), Required::Context))
        }
        Condition::Any(_)
        | Condition::Not(_)
        | Condition::Window(_)
        | Condition::Weekly(_)
        | Condition::Spend(_)
        | Condition::Quantity(_)
        | Condition::DistinctSkus(_)
        | Condition::Contains(_)
        | Condition::Level(_)
        | Condition::FirstOrder {}
        | Condition::OrderNumber(_)
        | Condition::Birthday(_)
        | Condition::Channel(_)
        | Condition::Region(_)
        | Condition::PaymentMethod(_)
        | Condition::ShippingMethod(_)
        | Condition::Currency(_)
        | Condition::GroupSize(_)
        | Condition::Experiment(_)
        | Condition::Attribute(_) => None,
    }
}

/// How good an anchor a required key makes; codes are rarer than segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Required {
    Code,
    Context,
}

/// The list value, in minor units, without which the condition cannot hold: values only fall from stage to stage, so a
/// spend threshold on anything needs that much at list price.
pub(super) fn required_list_value(condition: &Condition, lowering: &Lowering<'_>) -> i64 {
    if let Condition::All(conditions) = condition {
        return conditions.iter().map(|nested| required_list_value(nested, lowering)).max().unwrap_or(0);
    }
    if let Condition::Spend(spend) = condition
        && !spend.with_shipping
    {
        return spend.at_least.map_or(0, |amount| lowering.minor(amount));
    }
    0
}
