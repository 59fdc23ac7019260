//! What a shop has declared beyond its rules: what points are worth, what becomes of returns.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cart_check::price_in_range;
use super::cart_json::{is_default, to_money};
use super::{CartError, Product};
use crate::bounds::PPM;
use crate::money::{Amount, Currency, Money, Percent};

/// Policies of a shop, as far as they decide what an order is worth to a shopper.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Policies {
    /// What a point is worth to whoever has it; what the rules give for one, if that is more or this is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point_value: Option<Amount>,
    /// The rule whose coupon each template is, by name; the rule of the template's own name, if it is not listed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub coupons: BTreeMap<String, String>,
    /// How goods come back.
    #[serde(skip_serializing_if = "is_default")]
    pub returns: Returns,
}

/// How goods come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Returns {
    /// For how many days after buying goods may come back without a reason.
    pub days: u32,
}

impl Default for Returns {
    fn default() -> Self {
        // Seven days are what Chinese law gives to online buyers.
        Self { days: 7 }
    }
}

impl Policies {
    /// Sets what a point is worth.
    #[must_use]
    pub const fn point_value(mut self, value: Amount) -> Self {
        self.point_value = Some(value);
        self
    }

    /// Says which rule's coupon a template is.
    #[must_use]
    pub fn coupon(mut self, template: impl Into<String>, rule: impl Into<String>) -> Self {
        self.coupons.insert(template.into(), rule.into());
        self
    }

    /// Sets how goods come back.
    #[must_use]
    pub const fn returns(mut self, returns: Returns) -> Self {
        self.returns = returns;
        self
    }

    pub(super) fn check(&self, currency: Currency) -> Result<(), CartError> {
        let Some(value) = self.point_value else { return Ok(()) };
        let path = "/policies/point_value";
        let money = to_money(value, currency, crate::bounds::AMOUNT_MAX, || path.to_owned())?;
        price_in_range(money, currency, crate::bounds::AMOUNT_MAX, || path.to_owned())
    }
}

/// A prize that a piece of a product, a lottery ticket, may win.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prize {
    /// How often, of a hundred tickets.
    pub chance: Percent,
    /// What it costs the shop.
    pub worth: Money,
}

impl Prize {
    /// A prize.
    #[must_use]
    pub const fn new(chance: Percent, worth: Money) -> Self {
        Self { chance, worth }
    }
}

impl Product {
    /// What the prizes of a piece cost on average, rounded up to minor units.
    #[must_use]
    pub fn prizes_worth(&self) -> Money {
        let share = |prize: &Prize| {
            // A chance out of range counts as certain.
            let ppm = prize.chance.to_rate().map_or(PPM, crate::money::Rate::ppm);
            i128::from(prize.worth.minor()) * i128::from(ppm)
        };
        let sum: i128 = self.prizes.iter().map(share).sum();
        let whole = (sum + i128::from(PPM - 1)) / i128::from(PPM);
        Money::from_minor(i64::try_from(whole).unwrap_or(i64::MAX))
    }

    /// The largest prize that a piece may win.
    #[must_use]
    pub fn top_prize(&self) -> Option<Money> {
        // A chance too fine to be counted is one.
        let can_be_won = |prize: &&Prize| prize.chance.to_rate().map_or(true, |rate| rate.ppm() > 0);
        self.prizes.iter().filter(can_be_won).map(|prize| prize.worth).max()
    }
}
