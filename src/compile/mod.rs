//! RuleSet → [`Plan`]: everything that can be decided before a cart is seen.
//!
//! In: a rule set. Out: an immutable plan, shareable between threads, fingerprinted by the SHA-256 of a canonical form
//! that forgets the order rules were listed in and how amounts were spelt. Ids become dense numbers, conditions and selectors
//! become flat programs, every rule gets an anchor in the index (a code, sku, category, tag, shop or segment without
//! which it cannot give anything), and stages and rules get their one total order (S-5). In one walk over the rules each is
//! checked, written down for the fingerprint and lowered. Read next: `plan`, `lower`, `index`.

mod alike;
mod benefit;
mod condition;
mod fingerprint;
pub(crate) mod index;
mod limits;
mod lower;
mod payment;
pub(crate) mod plan;
mod plan_rewards;
mod prices;
pub(crate) mod program;
pub(crate) mod refunds;
mod rewards;
mod selector;
mod stacking;

pub use lower::{CompileError, compile, compile_with};
pub use plan::Plan;
