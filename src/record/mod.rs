//! The documents that stages hand on.
//!
//! In: nothing but the nouns to the left. Out: [`Quote`] (a priced cart), [`Trace`] (why), [`Usage`] (which limits are
//! used, as pricing sees it), [`Claim`]s (what a quote would use up), [`Checkout`] (a cart with its context, as one
//! document), [`Receipt`] (a settled quote) and [`RefundNote`] (what a return pays). A quote adds up, always: order = Σ lines = Σ unit runs = list - Σ rules, to the minor unit, and reading
//! one back checks that. Read next: `quote`.

mod checkout;
mod claims;
mod fingerprint;
mod quote;
mod quote_error;
mod quote_json;
mod quote_json_extras;
mod quote_json_payment;
mod quote_json_read;
mod quote_json_rewards;
#[cfg(test)]
mod quote_json_tests;
mod quote_json_write;
mod quote_rewards;
mod receipt;
mod receipt_error;
mod receipt_history;
mod refund_json;
mod refund_note;
mod trace;
mod usage;

pub use checkout::Checkout;
pub use claims::{Claim, Resource, ResourceKind};
pub use fingerprint::Fingerprint;
pub use quote::{
    Adjustment, CodeOutcome, CodeStatus, GiftStatus, Missing, NearMiss, On, Quote, QuoteCharge, QuoteGift,
    QuoteLine, RuleTotal, Share, StageTotal, TaxTotal, Totals, UnitRun, UnprovenStage,
};
pub use quote_error::QuoteError;
pub(crate) use quote_json::QuoteDocument;
pub use quote_rewards::{
    GroupOutcome, PaymentPart, PointShare, PointsDirection, QuoteDeposit, QuoteDraw, QuoteGrant, QuoteGroup,
    QuotePayment, QuotePoints,
};
pub use receipt::{PointsLot, RECEIPT_FORMAT, Receipt};
pub use receipt_error::ReceiptError;
pub(crate) use refund_json::ReceiptDocument;
pub use refund_note::{
    BalanceBack, BearerBack, CouponBack, GonePieces, GoneUnits, PointsBack, Protected, RefundBasis, RefundId,
    RefundKind, RefundNote, RefundOf, RefundPart, RefundStep, RefundTrace, Reward, RewardBack, SpentPieces,
    Way,
};
pub use trace::{BlockReason, Outcome, Reason, Switch, Trace, TraceEntry};
pub use usage::{QuotaUsage, RuleUsage, Switches, Usage};
