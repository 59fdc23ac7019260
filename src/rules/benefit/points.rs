//! Points: earned on what is bought, redeemed against what is left to pay.

use serde::{Deserialize, Serialize};

use crate::money::{Amount, Factor, Percent};
use crate::rules::{Base, Condition, Selector, is_default};

/// Points for money spent: so many for every so much, whole points, rounded down once over all units that earn.
///
/// Left out, the base is `cash`: what points or balances paid earns nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PointsEarn {
    /// Points for every `per`.
    pub points: u32,
    /// The money they are given for.
    pub per: Amount,
    /// The units that earn; all, if left out.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub of: Selector,
    /// Which value of theirs; `cash`, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// More points for some levels, days or products. A unit earns by the largest factor that holds for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub multipliers: Vec<Multiplier>,
    /// The most points one application gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points_max: Option<u32>,
    /// Shipping earns too, once.
    #[serde(default, skip_serializing_if = "is_default")]
    pub with_shipping: bool,
}

impl PointsEarn {
    /// So many points for every so much cash.
    #[must_use]
    pub fn new(points: u32, per: Amount) -> Self {
        Self {
            points,
            per,
            of: Selector::all(),
            base: None,
            multipliers: Vec::new(),
            points_max: None,
            with_shipping: false,
        }
    }

    /// Lets shipping earn, too.
    #[must_use]
    pub const fn with_shipping(mut self) -> Self {
        self.with_shipping = true;
        self
    }

    /// Sets the units that earn.
    #[must_use]
    pub fn of(mut self, of: Selector) -> Self {
        self.of = of;
        self
    }

    /// Sets which value earns.
    #[must_use]
    pub fn base(mut self, base: Base) -> Self {
        self.base = Some(base);
        self
    }

    /// Adds a multiplier.
    #[must_use]
    pub fn multiplier(mut self, multiplier: Multiplier) -> Self {
        self.multipliers.push(multiplier);
        self
    }

    /// Sets the most points one application gives.
    #[must_use]
    pub const fn points_max(mut self, points: u32) -> Self {
        self.points_max = Some(points);
        self
    }
}

/// A factor on the points of some units, while a condition holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Multiplier {
    /// How many times as many points.
    pub times: Factor,
    /// When: a level, a day, a birthday; always, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// For which units; all that earn, if left out.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub of: Selector,
}

impl Multiplier {
    /// A factor on all units, always.
    #[must_use]
    pub fn new(times: Factor) -> Self {
        Self { times, when: None, of: Selector::all() }
    }

    /// Sets when it holds.
    #[must_use]
    pub fn when(mut self, when: Condition) -> Self {
        self.when = Some(when);
        self
    }

    /// Sets for which units.
    #[must_use]
    pub fn of(mut self, of: Selector) -> Self {
        self.of = of;
        self
    }
}

/// Points of the shopper's wallet against money, in whole steps: as many as the shopper asks for, the wallet holds and
/// the caps let through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PointsRedeem {
    /// Points of one step; fewer are never redeemed.
    pub step: u32,
    /// What a step is worth.
    pub value: Amount,
    /// The fewest points redeemed, if any are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points_min: Option<u32>,
    /// The most points redeemed in one order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points_max: Option<u32>,
    /// The most of the target's value that points pay, rounded down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent_max: Option<Percent>,
    /// Which value `percent_max` is a share of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// The units that points may pay.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub target: Selector,
    /// They may pay shipping, too.
    #[serde(default, skip_serializing_if = "is_default")]
    pub with_shipping: bool,
}

impl PointsRedeem {
    /// Steps of so many points, each worth so much, against everything.
    #[must_use]
    pub fn new(step: u32, value: Amount) -> Self {
        Self {
            step,
            value,
            points_min: None,
            points_max: None,
            percent_max: None,
            base: None,
            target: Selector::all(),
            with_shipping: false,
        }
    }

    /// Lets points pay shipping, too.
    #[must_use]
    pub const fn with_shipping(mut self) -> Self {
        self.with_shipping = true;
        self
    }

    /// Sets the fewest points redeemed, if any are.
    #[must_use]
    pub const fn points_min(mut self, points: u32) -> Self {
        self.points_min = Some(points);
        self
    }

    /// Sets the most points redeemed in one order.
    #[must_use]
    pub const fn points_max(mut self, points: u32) -> Self {
        self.points_max = Some(points);
        self
    }

    /// Sets the most of the target's value that points pay.
    #[must_use]
    pub const fn percent_max(mut self, percent: Percent) -> Self {
        self.percent_max = Some(percent);
        self
    }

    /// Sets which value `percent_max` is a share of.
    #[must_use]
    pub fn base(mut self, base: Base) -> Self {
        self.base = Some(base);
        self
    }

    /// Sets the units that points may pay.
    #[must_use]
    pub fn target(mut self, target: Selector) -> Self {
        self.target = target;
        self
    }
}
