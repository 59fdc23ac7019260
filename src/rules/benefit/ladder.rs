//! Ladders: the more, the cheaper.

use serde::{Deserialize, Serialize};

use super::{Pick, Step, Times, UnitOff};
use crate::money::{Amount, Percent};
use crate::rules::{Base, Selector};

/// A ladder by spend: the highest tier reached gives its reduction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SpendTiers {
    /// The tiers; thresholds and reductions rise (M-5).
    pub tiers: Vec<SpendTier>,
    /// The units whose value reaches the tiers; the target, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<Selector>,
    /// Which value of theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// The units that get cheaper.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub target: Selector,
}

impl SpendTiers {
    /// A ladder over everything.
    #[must_use]
    pub fn new(tiers: impl IntoIterator<Item = SpendTier>) -> Self {
        Self { tiers: tiers.into_iter().collect(), qualifier: None, base: None, target: Selector::all() }
    }

    /// Sets the units whose value counts.
    #[must_use]
    pub fn qualifier(mut self, qualifier: Selector) -> Self {
        self.qualifier = Some(qualifier);
        self
    }

    /// Sets which value counts.
    #[must_use]
    pub fn base(mut self, base: Base) -> Self {
        self.base = Some(base);
        self
    }

    /// Sets the units that get cheaper.
    #[must_use]
    pub fn target(mut self, target: Selector) -> Self {
        self.target = target;
        self
    }
}

/// One tier of a ladder by spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpendTier {
    /// Reached from this spend on.
    pub at: Amount,
    /// What it gives.
    pub off: TierOff,
}

/// What a tier gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TierOff {
    /// A percentage off the target units.
    Percent(Percent),
    /// An amount off, once over the target units.
    Amount(Amount),
    /// A price for each target unit.
    UnitPrice(Amount),
}

/// An amount off for every step: floor(spend / step) times the amount, once over the target units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Every {
    /// The step.
    pub step: Step,
    /// The amount for each.
    pub amount: Amount,
    /// How many steps count; `"uncapped"` must be said.
    pub times: Times,
    /// The units that are counted; the target, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<Selector>,
    /// Which value of theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// The units that get cheaper.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub target: Selector,
}

impl Every {
    /// An amount for every step over everything.
    #[must_use]
    pub fn new(step: Step, amount: Amount, times: Times) -> Self {
        Self { step, amount, times, qualifier: None, base: None, target: Selector::all() }
    }

    /// Sets the units that are counted.
    #[must_use]
    pub fn qualifier(mut self, qualifier: Selector) -> Self {
        self.qualifier = Some(qualifier);
        self
    }

    /// Sets which value counts.
    #[must_use]
    pub fn base(mut self, base: Base) -> Self {
        self.base = Some(base);
        self
    }

    /// Sets the units that get cheaper.
    #[must_use]
    pub fn target(mut self, target: Selector) -> Self {
        self.target = target;
        self
    }
}

/// A ladder by count: the highest tier reached gives its reduction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct QuantityTiers {
    /// The tiers; counts and reductions rise (M-5).
    pub tiers: Vec<QuantityTier>,
    /// The units that are counted; the target, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<Selector>,
    /// The units that get cheaper.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub target: Selector,
}

impl QuantityTiers {
    /// A ladder over everything.
    #[must_use]
    pub fn new(tiers: impl IntoIterator<Item = QuantityTier>) -> Self {
        Self { tiers: tiers.into_iter().collect(), qualifier: None, target: Selector::all() }
    }

    /// Sets the units that are counted.
    #[must_use]
    pub fn qualifier(mut self, qualifier: Selector) -> Self {
        self.qualifier = Some(qualifier);
        self
    }

    /// Sets the units that get cheaper.
    #[must_use]
    pub fn target(mut self, target: Selector) -> Self {
        self.target = target;
        self
    }
}

/// One tier of a ladder by count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuantityTier {
    /// Reached from this many units on.
    pub at: u32,
    /// What it gives.
    pub off: TierOff,
}

/// The first unit of the pool gets this, the next that: each unit takes the step with the largest `from` not above
/// its place in the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct UnitLadder {
    /// The steps by rising `from`; units before the first get nothing.
    pub steps: Vec<UnitStep>,
    /// The pool.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub target: Selector,
    /// Order in which units take their places; dearest first, if left out.
    #[serde(default = "Pick::dearest", skip_serializing_if = "Pick::is_dearest")]
    pub order: Pick,
    /// Units beyond this place get nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units_max: Option<u32>,
}

impl UnitLadder {
    /// Steps over everything, dearest first.
    #[must_use]
    pub fn new(steps: impl IntoIterator<Item = UnitStep>) -> Self {
        let steps = steps.into_iter().collect();
        Self { steps, target: Selector::all(), order: Pick::Dearest, units_max: None }
    }

    /// Sets the pool.
    #[must_use]
    pub fn target(mut self, target: Selector) -> Self {
        self.target = target;
        self
    }

    /// Sets the order in which units take their places.
    #[must_use]
    pub const fn order(mut self, order: Pick) -> Self {
        self.order = order;
        self
    }

    /// Gives nothing beyond this place.
    #[must_use]
    pub const fn units_max(mut self, units: u32) -> Self {
        self.units_max = Some(units);
        self
    }
}

/// One step of a unit ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitStep {
    /// From this place on, counted from 1.
    pub from: u32,
    /// What each unit gets.
    pub off: UnitOff,
}
