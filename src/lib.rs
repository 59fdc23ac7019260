//! dealproof
pub mod bounds;
pub mod money;
pub mod record;
pub mod rules;
pub mod shop;
