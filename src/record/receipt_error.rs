//! What a receipt is refused for.

use super::{Fingerprint, QuoteError, RECEIPT_FORMAT, RefundId};
use crate::money::{AmountError, Money};
use crate::rules::RuleId;
use crate::shop::{CartError, LineId, Sku};

/// Why a document is no receipt, or a note none for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// A document of another format.
    #[error("format {given}; this version reads {RECEIPT_FORMAT}")]
    UnknownFormat {
        /// Its format.
        given: u32,
    },
    /// The receipt was changed since it was written.
    #[error("the receipt's digest is {computed}, not {given}")]
    WrongDigest {
        /// The one in the document.
        given: Fingerprint,
        /// The one of what was read.
        computed: Fingerprint,
    },
    /// An amount that is not one of the receipt's currency.
    #[error("{problem}")]
    BadAmount {
        /// Where.
        path: String,
        /// Why.
        problem: AmountError,
    },
    /// A cart that does not hold together.
    #[error(transparent)]
    Cart(CartError),
    /// A quote that does not add up.
    #[error(transparent)]
    Quote(QuoteError),
    /// The quote is not one of the receipt's cart.
    #[error("the quote is not one of this cart")]
    OtherCart,
    /// The points lots are not those the quote redeems.
    #[error("the lots do not come to the {redeemed} points that were redeemed")]
    OtherPoints {
        /// Points redeemed.
        redeemed: u64,
    },
    /// Less than nothing was paid, or more than there was to pay.
    #[error("{} minor units paid; 0 to {} are possible", given.minor(), most.minor())]
    PaidOutOfRange {
        /// What was paid.
        given: Money,
        /// What there was to pay.
        most: Money,
    },
    /// More was posted of a resource than the quote claims, or it was posted twice.
    #[error("{given} posted; {most} more can be")]
    PostedOutOfRange {
        /// Its place among what was posted.
        index: usize,
        /// What was posted.
        given: u64,
        /// What the quote claims of it that was not posted before.
        most: u64,
    },
    /// More refunds than a receipt can hold.
    #[error("more than {limit} refunds")]
    TooManyRefunds {
        /// [`REFUNDS_MAX`](crate::bounds::REFUNDS_MAX).
        limit: usize,
    },
    /// A refund of another receipt: its plan or currency is not this one's.
    #[error("refund {index} is not one of this receipt")]
    OtherNote {
        /// Its place in the history.
        index: usize,
    },
    /// Two refunds with one id.
    #[error("refund {index} has the id {id} of an earlier one")]
    RepeatedNote {
        /// Its place in the history.
        index: usize,
        /// The id.
        id: RefundId,
    },
    /// The money of a refund is not what its parts come to.
    #[error("refund {index} pays {} minor units, and its parts come to {}", given.minor(), expected.minor())]
    DoesNotAddUp {
        /// Its place in the history.
        index: usize,
        /// What it says.
        given: Money,
        /// What its parts come to.
        expected: Money,
    },
    /// A refund names a line that the receipt does not have.
    #[error("refund {index} is about line {line}, which was not bought")]
    UnknownLine {
        /// Its place in the history.
        index: usize,
        /// The line.
        line: LineId,
    },
    /// The amounts of the refunds are more than can be added up.
    #[error("the amounts of the refunds up to this one come to more than {}", i64::MAX)]
    AmountsTooLarge {
        /// Its place in the history.
        index: usize,
    },
    /// More pieces of a gift or add-on have come back than were given.
    #[error("{back} pieces of {sku} have come back; {given} were given")]
    TooManyPieces {
        /// Its place in the history.
        index: usize,
        /// The product.
        sku: Sku,
        /// How many have come back by then.
        back: u64,
        /// How many there were.
        given: u64,
    },
    /// More coupons or balances were spent than were granted.
    #[error("{given} pieces of what {rule} granted are spent; {most} were granted")]
    TooManySpent {
        /// Its place in the history.
        index: usize,
        /// The rule.
        rule: RuleId,
        /// How many were spent.
        given: u64,
        /// How many were granted.
        most: u64,
    },
    /// More units have gone than were bought.
    #[error("{gone} units of line {line} have gone back; {bought} were bought")]
    TooManyUnits {
        /// The line.
        line: LineId,
        /// How many have gone.
        gone: u32,
        /// How many were bought.
        bought: u32,
    },
}

impl ReceiptError {
    /// Where in the receipt, as a JSON pointer.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::UnknownFormat { .. } => "/format".to_owned(),
            Self::WrongDigest { .. } => "/digest".to_owned(),
            Self::BadAmount { path, .. } => path.clone(),
            Self::Cart(error) => format!("/cart{}", error.path()),
            Self::Quote(error) => format!("/quote{}", error.path()),
            Self::OtherCart => "/quote".to_owned(),
            Self::OtherPoints { .. } => "/points_lots".to_owned(),
            Self::PaidOutOfRange { .. } => "/paid".to_owned(),
            Self::PostedOutOfRange { index, .. } => format!("/posted/{index}"),
            Self::TooManyRefunds { .. } | Self::TooManyUnits { .. } => "/refunds".to_owned(),
            Self::OtherNote { index }
            | Self::RepeatedNote { index, .. }
            | Self::DoesNotAddUp { index, .. }
            | Self::AmountsTooLarge { index }
            | Self::TooManyPieces { index, .. }
            | Self::TooManySpent { index, .. }
            | Self::UnknownLine { index, .. } => format!("/refunds/{index}"),
        }
    }
}
