//! Percentages, amounts and prices over selected units.

use serde::{Deserialize, Serialize};

use crate::money::{Amount, Percent};
use crate::rules::{Selector, is_default};

/// Only so many of the selected units: `{"cheapest": 2}`. Units that can give nothing more are passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitLimit {
    /// The cheapest so many.
    Cheapest(u32),
    /// The dearest so many.
    Dearest(u32),
}

/// A percentage off the selected units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PercentOff {
    /// How much off.
    pub percent: Percent,
    /// The units.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub target: Selector,
    /// Only so many of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<UnitLimit>,
    /// What the percentage is taken off.
    #[serde(default, skip_serializing_if = "is_default")]
    pub of: PercentOf,
    /// Takes it off shipping fees too.
    #[serde(default, skip_serializing_if = "is_default")]
    pub with_shipping: bool,
}

impl PercentOff {
    /// So much off everything.
    #[must_use]
    pub fn new(percent: Percent) -> Self {
        Self { percent, target: Selector::all(), limit: None, of: PercentOf::Value, with_shipping: false }
    }

    /// Sets the units.
    #[must_use]
    pub fn target(mut self, target: Selector) -> Self {
        self.target = target;
        self
    }

    /// Only so many of them.
    #[must_use]
    pub const fn limit(mut self, limit: UnitLimit) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Sets what the percentage is taken off.
    #[must_use]
    pub const fn of(mut self, of: PercentOf) -> Self {
        self.of = of;
        self
    }

    /// Takes it off shipping fees too.
    #[must_use]
    pub const fn with_shipping(mut self) -> Self {
        self.with_shipping = true;
        self
    }
}

/// What a percentage is taken off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PercentOf {
    /// The units' value in the stage.
    #[default]
    Value,
    /// Their reference price: the unit then costs the reference price less the percentage, rounded per unit, if that
    /// is less than its value. Units without a reference price are left alone.
    Reference,
}

/// An amount off the selected units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AmountOff {
    /// How much off.
    pub amount: Amount,
    /// Off each unit, or once off all of them.
    pub each: Each,
    /// The units.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub target: Selector,
    /// Only so many of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<UnitLimit>,
    /// Lets a single amount reach shipping fees too.
    #[serde(default, skip_serializing_if = "is_default")]
    pub with_shipping: bool,
}

impl AmountOff {
    /// Once off everything.
    #[must_use]
    pub fn once(amount: Amount) -> Self {
        Self { amount, each: Each::Once, target: Selector::all(), limit: None, with_shipping: false }
    }

    /// Off each unit.
    #[must_use]
    pub fn per_unit(amount: Amount) -> Self {
        Self { each: Each::Unit, ..Self::once(amount) }
    }

    /// Sets the units.
    #[must_use]
    pub fn target(mut self, target: Selector) -> Self {
        self.target = target;
        self
    }

    /// Only so many of them.
    #[must_use]
    pub const fn limit(mut self, limit: UnitLimit) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Lets a single amount reach shipping fees too.
    #[must_use]
    pub const fn with_shipping(mut self) -> Self {
        self.with_shipping = true;
        self
    }
}

/// What an amount is given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Each {
    /// Each unit.
    Unit,
    /// All of them together (in the order, shop or line at hand).
    Once,
}

/// A fixed price per unit; a unit that is cheaper already keeps its price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct UnitPrice {
    /// The price of a unit.
    pub price: Amount,
    /// The units.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub target: Selector,
    /// Only so many of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<UnitLimit>,
}

impl UnitPrice {
    /// A price for the units of a selector.
    #[must_use]
    pub const fn new(price: Amount, target: Selector) -> Self {
        Self { price, target, limit: None }
    }

    /// Only so many of them.
    #[must_use]
    pub const fn limit(mut self, limit: UnitLimit) -> Self {
        self.limit = Some(limit);
        self
    }
}

/// A fixed price for all selected units together, if that is less than their value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TotalPrice {
    /// The sum.
    pub price: Amount,
    /// The units.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub target: Selector,
}

impl TotalPrice {
    /// A sum for the units of a selector.
    #[must_use]
    pub const fn new(price: Amount, target: Selector) -> Self {
        Self { price, target }
    }
}
