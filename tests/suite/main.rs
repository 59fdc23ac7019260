//! The integration tests, one binary: they see the crate from outside only.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper that panics fails its test; clippy allows it in the test functions themselves"
)]

mod architecture;
mod cases;
mod choosing;
mod choosing_combined;
mod choosing_limits;
#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "cli")]
mod cli_audit;
mod conformance;
mod examples;
mod ledger;
mod near_misses;
mod properties;
mod quotas;
mod refunds;
mod selection;
mod shipping_method;
mod wallet;
