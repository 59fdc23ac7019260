//! dealproof
pub mod bounds;
pub mod compile;
pub mod evaluate;
pub mod money;
pub mod record;
pub mod rules;
pub mod shop;
pub mod validate;

pub use compile::compile;
