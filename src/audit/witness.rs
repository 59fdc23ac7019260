//! Witnesses: what shoppers do to break a promise, and replaying it through the real pipeline.

use serde::Serialize;

use super::moves::Then;
pub(super) use super::order::Order;
use crate::compile::Plan;
use crate::evaluate::{PriceError, Scratch};
use crate::record::Quote;

/// A script that breaks a promise: orders placed one after the other by one shopper, limits filling up on the way, what
/// happens besides buying, and what all that should not be cheaper than, if the promise compares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Witness {
    /// What the shopper buys.
    pub orders: Vec<Order>,
    /// What it is compared with: the order without the last piece, or all in one order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub instead_of: Vec<Order>,
    /// What happens besides buying.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<Then>,
}

impl Witness {
    /// A script of one order.
    #[must_use]
    pub fn of(order: Order) -> Self {
        Self { orders: vec![order], instead_of: Vec::new(), then: None }
    }

    /// A script compared with another.
    #[must_use]
    pub const fn compared(orders: Vec<Order>, instead_of: Vec<Order>) -> Self {
        Self { orders, instead_of, then: None }
    }

    /// Says what happens besides buying.
    #[must_use]
    pub fn then(mut self, then: Then) -> Self {
        self.then = Some(then);
        self
    }

    /// Plays the script, each part from unused limits.
    ///
    /// # Errors
    /// [`PriceError`] of the first order that cannot be priced.
    pub fn replay(&self, plan: &Plan, scratch: &mut Scratch) -> Result<Replay, PriceError> {
        super::moves::play(self, plan, scratch)
    }

    /// How many orders replaying prices.
    pub(super) fn prices(&self) -> u64 {
        let own = self.orders.len() + self.instead_of.len();
        // A buying group is priced at each of its tiers, for members and leader.
        let more = match &self.then {
            Some(Then::GroupLeft { terms, .. }) => terms.tiers.len() * 2 + 1,
            // What is kept is priced once more.
            Some(Then::Returned { .. }) => 1,
            Some(
                Then::EarningsUsed { .. }
                | Then::Pooled {}
                | Then::PriceFell {}
                | Then::PriceFellAndReturned {},
            )
            | None => 0,
        };
        u64::try_from(own + more).unwrap_or(u64::MAX)
    }
}

/// What a script came to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replay {
    /// Of each order.
    pub quotes: Vec<Quote>,
    /// Of each order it is compared with.
    pub instead_of: Vec<Quote>,
    /// What came back to the shopper, and what else the moves led to.
    pub(super) outcome: Outcome,
}

/// What moves besides buying led to, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// What came back to the shopper.
    pub back: i64,
    /// What the shopper would have paid instead, where that is no sum of quotes.
    pub instead: Option<i64>,
    /// What a buying group's members would pay if leaving were counted.
    pub vested: Option<i64>,
    /// What the shopper has to do with no goods for, a pure gain.
    pub gain: i64,
}

impl Replay {
    /// What the shopper pays in all, less what comes back, in minor units.
    #[must_use]
    pub fn paid(&self) -> i64 {
        sum_paid(&self.quotes).saturating_sub(self.outcome.back)
    }

    /// What the shopper would have paid otherwise, in minor units.
    #[must_use]
    pub fn paid_instead(&self) -> i64 {
        self.outcome.instead.unwrap_or_else(|| sum_paid(&self.instead_of))
    }
}

pub(super) fn sum_paid(quotes: &[Quote]) -> i64 {
    quotes.iter().fold(0, |sum, quote| sum.saturating_add(quote.totals.payable.minor()))
}
