//! What a search takes or leaves.

use crate::compile::index::Key;
use crate::compile::plan::{LeafTest, PlanRule};

/// A set of options. Options stand by preference, the first at the highest bit: of two sets of one size, the larger
/// number is the one a tie goes to.
pub(crate) type Mask = u128;

/// Most options a search weighs.
pub(crate) const OPTIONS_MAX: usize = Mask::BITS as usize;

/// Something that may be taken or left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choosable {
    /// The rule it lets apply; none when it only matters to conditions. A code may be both in turn, as two options.
    pub rule: Option<u32>,
    /// Its key, when some condition asks for it.
    pub asked: Option<Key>,
}

/// The options of a search, by preference.
#[derive(Debug, Default)]
pub(crate) struct Options {
    list: Vec<Choosable>,
    /// The codes conditions ask for, with the options that enter them.
    codes: Vec<(Key, Mask)>,
}

/// The bit of an option.
pub(crate) const fn bit(option: usize) -> Mask {
    1 << (OPTIONS_MAX - 1 - option)
}

impl Options {
    /// Lists other options.
    pub fn set(&mut self, options: impl Iterator<Item = Choosable>) {
        self.list.clear();
        self.list.extend(options.take(OPTIONS_MAX));
        self.codes.clear();
        for (at, option) in self.list.iter().enumerate() {
            let Some(key) = option.asked else { continue };
            match self.codes.iter_mut().find(|(known, _)| *known == key) {
                Some((_, options)) => *options |= bit(at),
                None => self.codes.push((key, bit(at))),
            }
        }
    }

    /// The codes that conditions ask for, with the options that enter them.
    pub fn codes(&self) -> &[(Key, Mask)] {
        &self.codes
    }

    /// The options that enter a code.
    pub fn entering(&self, key: Key) -> Mask {
        self.codes.iter().find(|(known, _)| *known == key).map_or(0, |(_, options)| *options)
    }

    pub const fn len(&self) -> usize {
        self.list.len()
    }

    /// All options, with their bits.
    pub fn iter(&self) -> impl Iterator<Item = (Mask, &Choosable)> {
        self.list.iter().enumerate().map(|(at, option)| (bit(at), option))
    }

    /// All of them taken.
    pub fn all(&self) -> Mask {
        self.iter().fold(0, |mask, (bit, _)| mask | bit)
    }

    pub fn get(&self, at: usize) -> &Choosable {
        &self.list[at]
    }

    /// The options that let a rule apply.
    pub fn unlocking(&self, rule: u32) -> Mask {
        self.iter().filter(|(_, option)| option.rule == Some(rule)).fold(0, |mask, (bit, _)| mask | bit)
    }
}

/// Whether a rule's condition asks for a code.
pub(crate) fn names(rule: &PlanRule, key: Key) -> bool {
    let Some(condition) = &rule.condition else { return false };
    condition.steps().iter().any(|step| match &step.test.test {
        LeafTest::Code(keys) => keys.contains(&key),
        LeafTest::Window { .. }
        | LeafTest::Weekly { .. }
        | LeafTest::Spend { .. }
        | LeafTest::Quantity { .. }
        | LeafTest::DistinctSkus { .. }
        | LeafTest::Contains { .. }
        | LeafTest::ContextKey(_)
        | LeafTest::Level { .. }
        | LeafTest::FirstOrder
        | LeafTest::OrderNumber { .. }
        | LeafTest::Birthday(_)
        | LeafTest::ShippingMethod(_)
        | LeafTest::GroupSize { .. }
        | LeafTest::Experiment { .. }
        | LeafTest::Attribute(_)
        | LeafTest::Fixed(_) => false,
    })
}
