//! A promotion rules engine: composable rules, deterministic pricing, every cent explained.
//!
//! ```text
//! author      JSON ─load→ RuleSet ─validate→ Report            RuleSet ─compile→ Plan
//! checkout    Plan + Cart + Context + Usage ─evaluate→ Quote (+ Trace)
//! settlement  Quote.claims ─reserve→ Held ─commit→ Committed            release, expiry and refund give claims back
//! ```
//!
//! The library is pure: it reads no clock, file, environment or entropy; the moment, the customer and what limits are
//! used are facts that the host passes in. Same rules, cart, context and usage: same quote bytes, on every platform.
//!
//! Modules in reading order: [`money`] and [`shop`] (what things cost, what is bought), [`rules`] (what an author
//! writes), [`load`] and [`validate`] (from a document to a sound rule set), [`compile`](mod@compile) and [`evaluate`]
//! (to a price), [`group`] and [`bargain`] (the lives of a buying group and of a bargain), [`record`] (the documents that result), [`ledger`] (who may use
//! what is limited), [`checkout`] (price, reserve, and price again), [`bounds`] (every limit), [`guide`] (what it all means
//! exactly).
//!
//! The ledger imports nouns only and never sees a plan; pricing never sees a ledger: they speak through `Usage` and
//! `Claim`s. `checkout` speaks to both, to pricing through a function that its caller passes.

pub mod audit;
pub mod bargain;
pub mod bounds;
pub mod checkout;
pub mod choose;
pub mod compile;
pub mod evaluate;
pub mod group;
pub mod guide;
pub mod ledger;
pub mod load;
pub mod money;
pub mod record;
pub mod refund;
pub mod rules;
pub mod shop;
#[cfg(feature = "testkit")]
pub mod testkit;
pub mod validate;

pub use compile::compile;

/// Runs the code in README.md.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
