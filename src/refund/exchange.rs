//! Exchanges: a return and a new quote.

use super::{RefundError, Refunder, Return};
use crate::compile::Plan;
use crate::money::Money;
use crate::record::{Quote, Receipt, RefundNote};

/// A return, and the quote of what the shopper takes in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exchange {
    /// What the return pays.
    pub note: RefundNote,
    /// What the shopper pays on top, in minor units; below zero where the shopper gets money back.
    pub difference: Money,
}

impl Plan {
    /// Exchanges goods: what goes back is refunded by the receipt's rules, what is taken in its place is a new order, priced
    /// by the rules of today like anybody's. Nobody gets a dearer variant for nothing.
    ///
    /// `taken` is that order's quote; settle it as a receipt of its own. See `examples/checkout.rs`.
    ///
    /// # Errors
    /// As [`refund`](Self::refund), and [`RefundError::OtherCurrency`].
    pub fn exchange(
        &self,
        refunder: &mut Refunder,
        receipt: &Receipt,
        returned: &Return,
        taken: &Quote,
    ) -> Result<Exchange, RefundError> {
        if taken.currency != receipt.currency() {
            return Err(RefundError::OtherCurrency { given: taken.currency, receipt: receipt.currency() });
        }
        let note = self.refund(refunder, receipt, returned)?;
        let difference = taken.totals.payable.minor().saturating_sub(note.money.minor());
        Ok(Exchange { note, difference: Money::from_minor(difference) })
    }
}
