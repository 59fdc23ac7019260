//! Gifts and add-ons.

use serde::{Deserialize, Serialize};

use super::{Step, Times, is_one, one};
use crate::money::Amount;
use crate::rules::{Base, Selector, is_default};
use crate::shop::Sku;

/// Gifts and add-ons. A gift (price zero) is taken from the list in order unless the shopper picked; an add-on is
/// taken only when the shopper picked it. Neither counts in any threshold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Gift {
    /// The choice list.
    pub options: Vec<GiftOption>,
    /// How many options one gift is; one, if left out.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub choose: u32,
    /// Once for every step; once in all, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Step>,
    /// The units that trigger it and are counted for the steps; there must be one.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub qualifier: Selector,
    /// Which value of theirs the steps count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// How many steps count.
    #[serde(default, skip_serializing_if = "is_default")]
    pub times: Times,
}

impl Gift {
    /// One of these options, triggered by anything in the cart.
    #[must_use]
    pub fn new(options: impl IntoIterator<Item = GiftOption>) -> Self {
        let options = options.into_iter().collect();
        Self {
            options,
            choose: 1,
            every: None,
            qualifier: Selector::all(),
            base: None,
            times: Times::Uncapped,
        }
    }

    /// Sets how many options one gift is.
    #[must_use]
    pub const fn choose(mut self, options: u32) -> Self {
        self.choose = options;
        self
    }

    /// Gives it once for every step.
    #[must_use]
    pub const fn every(mut self, step: Step, times: Times) -> Self {
        self.every = Some(step);
        self.times = times;
        self
    }

    /// Sets the units that trigger it.
    #[must_use]
    pub fn qualifier(mut self, qualifier: Selector) -> Self {
        self.qualifier = qualifier;
        self
    }

    /// Sets which value the steps count.
    #[must_use]
    pub fn base(mut self, base: Base) -> Self {
        self.base = Some(base);
        self
    }
}

/// One entry of a choice list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct GiftOption {
    /// The product.
    pub sku: Sku,
    /// Pieces; one, if left out.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub quantity: u32,
    /// What a piece costs the shopper; nothing, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Amount>,
    /// What a piece costs that is kept when its reason has gone back; if left out, it is only asked back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worth: Option<Amount>,
}

impl GiftOption {
    /// A free piece.
    pub fn free(sku: impl AsRef<str>) -> Self {
        Self { sku: Sku::new(sku), quantity: 1, price: None, worth: None }
    }

    /// A piece at a price.
    pub fn add_on(sku: impl AsRef<str>, price: Amount) -> Self {
        Self { price: Some(price), ..Self::free(sku) }
    }

    /// Sets what a piece costs that is kept when its reason has gone back.
    #[must_use]
    pub const fn worth(mut self, worth: Amount) -> Self {
        self.worth = Some(worth);
        self
    }

    /// Sets the pieces.
    #[must_use]
    pub const fn quantity(mut self, pieces: u32) -> Self {
        self.quantity = pieces;
        self
    }
}
