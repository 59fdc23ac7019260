//! Scenarios from bytes: one generator for property tests and fuzz targets.
//!
//! In: any bytes. Out: a [`Scenario`], valid by construction: the rule set has no validation error, the cart is
//! accepted. Scenarios are small, and their prices, thresholds and amounts come from few values, so that
//! ties, exact thresholds, clamping, leftovers, exhaustion and exclusion do happen; a test counts them. Read next:
//! `rules`, then `benefits`.

#![expect(
    clippy::indexing_slicing,
    reason = "positions are computed modulo the length of the array they index"
)]

mod benefits;
pub(super) mod bytes;
mod cart;
mod change;
mod conditions;
mod context;
#[cfg(test)]
mod coupon_tests;
mod maker;
mod multi_buy;
mod payment;
mod prices;
mod quotas;
#[cfg(test)]
mod reach_tests;
mod refunds;
mod rewards;
mod rules;
mod selectors;
#[cfg(test)]
mod tests;
mod thresholds;

pub use change::Split;

use proptest::strategy::Strategy;

use self::bytes::Bytes;
use super::oracle::{self, OracleQuote};
use crate::record::{Checkout, Usage};
use crate::rules::RuleSet;
use crate::shop::{Cart, Context};

/// Everything that pricing reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Rules without validation errors.
    pub rules: RuleSet,
    /// What is bought.
    pub cart: Cart,
    /// By whom, and when.
    pub context: Context,
    /// What earlier orders have used.
    pub usage: Usage,
}

impl Scenario {
    /// The scenario that some bytes stand for; any bytes stand for one.
    ///
    /// ```
    /// use dealproof::testkit::Scenario;
    ///
    /// let scenario = Scenario::from_bytes(b"any bytes at all");
    /// assert_eq!(scenario, Scenario::from_bytes(b"any bytes at all"));
    /// assert!(!scenario.rules.rules.is_empty());
    /// ```
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut bytes = Bytes::new(bytes);
        let cart = cart::cart(&mut bytes);
        let rules = rules::rule_set(&mut bytes, &cart);
        let context = context::context(&mut bytes, &rules);
        let usage = rules::usage(&mut bytes, &rules);
        // Drawn last: how returns are paid back moves no price, and scenarios of old seeds stay what they were.
        let rules = refunds::with_refunds(&mut bytes, rules);
        Self { rules, cart, context, usage }
    }

    /// The scenario of a wallet: up to a dozen coupons, all of their codes entered and most of those that can be held in
    /// the wallet, among a few automatic rules; points and balances to pay with as well.
    #[must_use]
    pub fn of_coupons(bytes: &[u8]) -> Self {
        let mut bytes = Bytes::new(bytes);
        let cart = cart::cart(&mut bytes);
        let rules = rules::coupon_rules(&mut bytes, &cart);
        let mut context = context::context(&mut bytes, &rules);
        context.codes =
            rules.rules.iter().flat_map(|rule| &rule.coupon).flat_map(|own| own.codes.clone()).collect();
        context.coupons = context::held(&mut bytes, &rules);
        let usage = rules::usage(&mut bytes, &rules);
        Self { rules, cart, context, usage }
    }

    /// A few units that two or three multi-buy offers share out: few enough to try every way.
    #[must_use]
    pub fn of_offers(bytes: &[u8]) -> Self {
        let mut bytes = Bytes::new(bytes);
        let cart = cart::few_units(&mut bytes);
        let rules = rules::offers(&mut bytes, &cart);
        let context = context::context(&mut bytes, &rules);
        Self { rules, cart, context, usage: Usage::default() }
    }

    /// What the oracle says about it.
    #[must_use]
    pub fn oracle(&self) -> OracleQuote {
        oracle::price(&self.rules, &self.cart, &self.context, &self.usage)
    }

    /// All but the rules, as one document.
    #[must_use]
    pub fn checkout(&self) -> Checkout {
        Checkout { cart: self.cart.clone(), context: self.context.clone(), usage: self.usage.clone() }
    }
}

/// Scenarios for property tests; they shrink with their bytes.
pub fn scenarios() -> impl Strategy<Value = Scenario> {
    proptest::collection::vec(proptest::num::u8::ANY, 0..=512).prop_map(|bytes| Scenario::from_bytes(&bytes))
}

/// Scenarios of offers that share out units; they shrink with their bytes.
pub fn offer_scenarios() -> impl Strategy<Value = Scenario> {
    proptest::collection::vec(proptest::num::u8::ANY, 0..=256).prop_map(|bytes| Scenario::of_offers(&bytes))
}

/// Scenarios of wallets; they shrink with their bytes.
pub fn coupon_scenarios() -> impl Strategy<Value = Scenario> {
    proptest::collection::vec(proptest::num::u8::ANY, 0..=1_024)
        .prop_map(|bytes| Scenario::of_coupons(&bytes))
}
