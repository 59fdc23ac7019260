//! Long pages, as modules so that they stand beside the code they are about.
//!
//! [`auditing`] says what an audit finds and proves, [`loopholes`] which classes of loopholes it knows.
//! [`semantics`] is the exact meaning of a rule set, [`diagnostics`] lists what can be wrong with one, [`invariants`]
//! is what holds whatever the input, each line with a test that holds the library to it. [`choosing`] says which coupons are
//! best and how they are found. [`ledger`] is the exact meaning of reservations, and of the loop that prices and reserves;
//! [`refunds`] that of returns, exchanges and price protection.

#[doc = include_str!("auditing.md")]
pub mod auditing {}

#[doc = include_str!("choosing.md")]
pub mod choosing {}

#[doc = include_str!("diagnostics.md")]
pub mod diagnostics {}

#[doc = include_str!("invariants.md")]
pub mod invariants {}

#[doc = include_str!("ledger.md")]
pub mod ledger {}

#[doc = include_str!("loopholes.md")]
pub mod loopholes {}

#[doc = include_str!("refunds.md")]
pub mod refunds {}

#[doc = include_str!("semantics.md")]
pub mod semantics {}
