//! Shipping fees.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::money::{Amount, Percent};
use crate::shop::{ShippingMethod, ShopId};

/// Something off shipping fees, never below zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Shipping {
    /// How much off.
    pub off: ShippingOff,
    /// Only charges by these methods.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub methods: BTreeSet<ShippingMethod>,
    /// Only charges of these shops.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub shops: BTreeSet<ShopId>,
}

impl Shipping {
    /// Something off all fees.
    #[must_use]
    pub const fn new(off: ShippingOff) -> Self {
        Self { off, methods: BTreeSet::new(), shops: BTreeSet::new() }
    }

    /// Only charges by this method too.
    #[must_use]
    pub fn method(mut self, method: impl AsRef<str>) -> Self {
        self.methods.insert(ShippingMethod::new(method));
        self
    }

    /// Only charges of this shop too.
    #[must_use]
    pub fn shop(mut self, shop: impl AsRef<str>) -> Self {
        self.shops.insert(ShopId::new(shop));
        self
    }
}

/// What comes off shipping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ShippingOff {
    /// All of it.
    Free {},
    /// A percentage of the fees.
    Percent(Percent),
    /// An amount, once over all fees.
    Amount(Amount),
    /// An amount off each fee.
    AmountEach(Amount),
    /// A price for each fee; a lower fee stays.
    Price(Amount),
}
