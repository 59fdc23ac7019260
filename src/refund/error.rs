//! Why nothing was refunded.

use crate::bounds::{AMOUNT_MAX, REFUNDS_MAX};
use crate::evaluate::PriceError;
use crate::money::Currency;
use crate::record::{Fingerprint, ReceiptError, RefundId};
use crate::rules::RuleId;
use crate::shop::{CartError, LineId, Moment, Sku};

/// Why nothing was refunded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefundError {
    /// The receipt was priced by other rules.
    #[error("the receipt pins plan {receipt}, this is plan {plan}")]
    OtherPlan {
        /// The plan it pins.
        receipt: Fingerprint,
        /// The plan at hand.
        plan: Fingerprint,
    },
    /// The receipt does not hold together.
    #[error(transparent)]
    Receipt(ReceiptError),
    /// A refund of this id is in the history.
    #[error("refund {id} was made before")]
    Repeated {
        /// The id.
        id: RefundId,
    },
    /// More refunds than a receipt can hold.
    #[error("the receipt holds {REFUNDS_MAX} refunds, and can hold no more")]
    TooManyRefunds,
    /// Nothing goes back.
    #[error("nothing goes back")]
    Nothing,
    /// No such line was bought.
    #[error("there is no line {line}")]
    UnknownLine {
        /// The line.
        line: LineId,
    },
    /// More units than are left.
    #[error("{given} units of line {line}; {left} are left")]
    TooManyUnits {
        /// The line.
        line: LineId,
        /// How many go back.
        given: u32,
        /// How many are left of it.
        left: u32,
    },
    /// No such gift or add-on came with the order.
    #[error("no {sku} came with the order")]
    UnknownGift {
        /// The product.
        sku: Sku,
    },
    /// More pieces than are left.
    #[error("{given} pieces of {sku}; {left} are left")]
    TooManyPieces {
        /// The product.
        sku: Sku,
        /// How many go back.
        given: u32,
        /// How many are left of it.
        left: u32,
    },
    /// The rule granted nothing, or less than is said to be spent, or more was spent already.
    #[error("{given} pieces of what {rule} granted are spent; {least} to {most} can be")]
    SpentOutOfRange {
        /// The rule.
        rule: RuleId,
        /// How many are said to be spent.
        given: u64,
        /// How many were before.
        least: u64,
        /// How many were granted.
        most: u64,
    },
    /// Freight below zero, or more than there can be of it.
    #[error("freight of {given} minor units; 0 to {AMOUNT_MAX} are possible")]
    FreightOutOfRange {
        /// The freight.
        given: i64,
    },
    /// Freight, and nothing was sent back.
    #[error("freight of {given} minor units, and nothing was sent back")]
    FreightForNothing {
        /// The freight.
        given: i64,
    },
    /// Gifts, coupons or points would be charged at more than there is money.
    #[error("a part of the refund comes to more than {limit} minor units")]
    TooLarge {
        /// The most that can be.
        limit: u64,
    },
    /// What is kept is no cart at the prices that fell.
    #[error("what is kept cannot be priced at the prices that fell: {0}")]
    Cart(CartError),
    /// What is kept cannot be priced.
    #[error("what is kept cannot be priced: {0}")]
    Price(PriceError),
    /// The rule set promises nothing when a price falls.
    #[error("the rules promise nothing when a price falls")]
    NoPriceProtection,
    /// The promise is over.
    #[error("prices were protected until {until}")]
    ProtectionOver {
        /// Until when it held.
        until: Moment,
    },
    /// The quote of now is not of the goods that are kept.
    #[error("line {line}: the quote is not of the {kept} units that are kept")]
    OtherGoods {
        /// The first line that differs.
        line: LineId,
        /// How many units of it are kept.
        kept: u32,
    },
    /// A quote in another currency.
    #[error("the quote is in {given}, the receipt in {receipt}")]
    OtherCurrency {
        /// Of the quote.
        given: Currency,
        /// Of the receipt.
        receipt: Currency,
    },
}
