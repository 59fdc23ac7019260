//! Something for a later order: a coupon, or money in the wallet.

use serde::{Deserialize, Serialize};

use super::{Step, Times, is_one, one};
use crate::money::Amount;
use crate::rules::{Base, CouponTemplate, Selector, is_default};
use crate::shop::BalanceClass;

/// A coupon or a balance for a later order: 满返. The quote lists it; this order costs the same with and without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Grant {
    /// What is given.
    pub give: Given,
    /// Pieces of it; one, if left out.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub quantity: u32,
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
    /// What a coupon costs that is spent when its reason has gone back; if left out, nothing. A balance costs what it
    /// held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worth: Option<Amount>,
}

impl Grant {
    /// One piece, triggered by anything in the cart.
    #[must_use]
    pub fn new(give: Given) -> Self {
        Self {
            give,
            quantity: 1,
            every: None,
            qualifier: Selector::all(),
            base: None,
            times: Times::Uncapped,
            worth: None,
        }
    }

    /// Sets what a coupon costs that is spent when its reason has gone back.
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

/// What a grant gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Given {
    /// A coupon, by the host's template of it.
    Coupon(CouponTemplate),
    /// Money in the wallet, such as a red packet.
    Balance(GivenBalance),
}

/// Money in the wallet for later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenBalance {
    /// Which kind of money.
    pub class: BalanceClass,
    /// How much a piece holds.
    pub amount: Amount,
}
