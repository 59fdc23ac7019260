//! dealproof
pub mod bounds;
pub mod load;
pub mod money;
pub mod record;
pub mod rules;
pub mod shop;
pub mod validate;
