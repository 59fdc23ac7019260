//! Scenarios to test with, and an evaluator to test against (feature `testkit`; no promises about its API).
//!
//! [`oracle`] prices a cart slowly and plainly, from the nouns and the semantics page alone; [`Scenario`] makes rule
//! sets, carts, contexts and usages from any bytes, valid by construction, for property tests and fuzz targets alike.

mod bargain_ops;
pub mod brute;
mod generate;
mod group_ops;
pub mod ledger;
#[cfg(test)]
mod normal_tests;
pub mod oracle;
mod refund_ops;
mod refund_run;

pub use bargain_ops::{BargainEvent, bargain_ops};
pub use generate::{Scenario, Split, coupon_scenarios, offer_scenarios, scenarios};
pub use group_ops::{GroupEvent, group_ops};
pub use refund_ops::{Order, RefundEvent, RefundTotals, agrees};
pub use refund_run::refund_ops;
