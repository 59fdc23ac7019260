//! Multi-buy: benefits that consume units together.

use serde::{Deserialize, Serialize};

use super::{Pick, Times, is_one, one};
use crate::money::{Amount, Percent};
use crate::rules::{Selector, is_default, is_yes, yes};

/// So many units of a selector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Pool {
    /// The units.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub selector: Selector,
    /// How many of them.
    pub quantity: u32,
}

impl Pool {
    /// So many units of a selector.
    #[must_use]
    pub const fn new(quantity: u32, selector: Selector) -> Self {
        Self { selector, quantity }
    }
}

/// What a single unit gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitOff {
    /// A percentage off; `"100"` is free.
    Percent(Percent),
    /// An amount off.
    Amount(Amount),
    /// A price.
    Price(Amount),
}

/// For every so many qualifier units, so many target units get cheaper. A unit is either one or the other (B-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct BuyGet {
    /// What must be bought; the dearest are taken as qualifiers.
    pub qualifier: Pool,
    /// What gets cheaper.
    pub target: Pool,
    /// How much cheaper each target unit gets.
    pub off: UnitOff,
    /// Which target units come first; the cheapest, if left out.
    #[serde(default = "Pick::cheapest", skip_serializing_if = "Pick::is_cheapest")]
    pub pick: Pick,
    /// Gives fewer target units when fewer are there; true, if left out.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub partial: bool,
    /// How often it may repeat.
    #[serde(default, skip_serializing_if = "is_default")]
    pub times: Times,
}

impl BuyGet {
    /// The cheapest target units get cheaper, as often as the cart allows.
    #[must_use]
    pub const fn new(qualifier: Pool, target: Pool, off: UnitOff) -> Self {
        Self { qualifier, target, off, pick: Pick::Cheapest, partial: true, times: Times::Uncapped }
    }

    /// Sets which target units come first.
    #[must_use]
    pub const fn pick(mut self, pick: Pick) -> Self {
        self.pick = pick;
        self
    }

    /// Gives all target units of a repetition or none.
    #[must_use]
    pub const fn whole(mut self) -> Self {
        self.partial = false;
        self
    }

    /// Sets how often it may repeat.
    #[must_use]
    pub const fn times(mut self, times: Times) -> Self {
        self.times = times;
        self
    }
}

/// One unit of every n gets cheaper. The pool is cut into complete groups of n in `order`; leftovers get nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct NthUnit {
    /// Size of a group.
    pub nth: u32,
    /// What the chosen unit of a group gets.
    pub off: UnitOff,
    /// The pool.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub target: Selector,
    /// Order in which the pool is cut into groups; cheapest first, if left out.
    #[serde(default = "Pick::cheapest", skip_serializing_if = "Pick::is_cheapest")]
    pub order: Pick,
    /// How units are chosen from the groups.
    #[serde(default, skip_serializing_if = "is_default")]
    pub take: Take,
    /// Order in which units are chosen; cheapest first, if left out.
    #[serde(default = "Pick::cheapest", skip_serializing_if = "Pick::is_cheapest")]
    pub pick: Pick,
    /// Which unit, or block of units, in that order; the first, if left out.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub position: u32,
    /// How many groups count.
    #[serde(default, skip_serializing_if = "is_default")]
    pub times: Times,
    /// At most so many of the chosen units, the first ones in the order they are chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units_max: Option<u32>,
}

impl NthUnit {
    /// The cheapest units get cheaper, one for every n.
    #[must_use]
    pub fn new(nth: u32, off: UnitOff) -> Self {
        Self {
            nth,
            off,
            target: Selector::all(),
            order: Pick::Cheapest,
            take: Take::Pooled,
            pick: Pick::Cheapest,
            position: 1,
            times: Times::Uncapped,
            units_max: None,
        }
    }

    /// Sets the pool.
    #[must_use]
    pub fn target(mut self, target: Selector) -> Self {
        self.target = target;
        self
    }

    /// Sets the order in which the pool is cut into groups.
    #[must_use]
    pub const fn order(mut self, order: Pick) -> Self {
        self.order = order;
        self
    }

    /// Chooses the unit at `position` of every group, or that block of the pooled groups, in the order of `pick`.
    #[must_use]
    pub const fn take(mut self, take: Take, pick: Pick, position: u32) -> Self {
        self.take = take;
        self.pick = pick;
        self.position = position;
        self
    }

    /// Sets how many groups count.
    #[must_use]
    pub const fn times(mut self, times: Times) -> Self {
        self.times = times;
        self
    }

    /// Keeps at most so many of the chosen units.
    #[must_use]
    pub const fn units_max(mut self, units: u32) -> Self {
        self.units_max = Some(units);
        self
    }
}

/// How units are chosen from groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// All groups together: the `position`-th block of as many units as there are groups.
    #[default]
    Pooled,
    /// From each group the unit at `position`.
    EachGroup,
}

/// What a whole group of units gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupOff {
    /// A percentage off.
    Percent(Percent),
    /// An amount off the group.
    Amount(Amount),
    /// A price for the group; a group that is cheaper already is left alone.
    Price(Amount),
    /// A price for each of its units.
    UnitPrice(Amount),
}

/// Groups of n units of one pool get something together; leftovers keep their price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct NFor {
    /// Size of a group.
    pub units: u32,
    /// What a group gets.
    pub off: GroupOff,
    /// The pool.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub target: Selector,
    /// Which units are grouped first; the dearest, if left out.
    #[serde(default = "Pick::dearest", skip_serializing_if = "Pick::is_dearest")]
    pub pick: Pick,
    /// How many groups count.
    #[serde(default, skip_serializing_if = "is_default")]
    pub times: Times,
}

impl NFor {
    /// Groups of n units, the dearest first.
    #[must_use]
    pub fn new(units: u32, off: GroupOff) -> Self {
        Self { units, off, target: Selector::all(), pick: Pick::Dearest, times: Times::Uncapped }
    }

    /// Sets the pool.
    #[must_use]
    pub fn target(mut self, target: Selector) -> Self {
        self.target = target;
        self
    }

    /// Sets which units are grouped first.
    #[must_use]
    pub const fn pick(mut self, pick: Pick) -> Self {
        self.pick = pick;
        self
    }

    /// Sets how many groups count.
    #[must_use]
    pub const fn times(mut self, times: Times) -> Self {
        self.times = times;
        self
    }
}

/// So many units of each part get something together. Parts take units in the order listed; a unit goes to one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Bundle {
    /// The parts; list the narrowest first when they overlap.
    pub parts: Vec<Pool>,
    /// What a bundle gets.
    pub off: GroupOff,
    /// Which units are bundled first; the dearest, if left out.
    #[serde(default = "Pick::dearest", skip_serializing_if = "Pick::is_dearest")]
    pub pick: Pick,
    /// How many bundles count.
    #[serde(default, skip_serializing_if = "is_default")]
    pub times: Times,
}

impl Bundle {
    /// Bundles of these parts, the dearest units first.
    #[must_use]
    pub fn new(parts: impl IntoIterator<Item = Pool>, off: GroupOff) -> Self {
        Self { parts: parts.into_iter().collect(), off, pick: Pick::Dearest, times: Times::Uncapped }
    }

    /// Sets which units are bundled first.
    #[must_use]
    pub const fn pick(mut self, pick: Pick) -> Self {
        self.pick = pick;
        self
    }

    /// Sets how many bundles count.
    #[must_use]
    pub const fn times(mut self, times: Times) -> Self {
        self.times = times;
        self
    }
}
