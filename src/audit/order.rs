//! One order: what scripts and certificates are made of.

use serde::Serialize;

use crate::shop::{Cart, Context};

/// One order of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Order {
    /// What is bought.
    pub cart: Cart,
    /// By whom and when, with the codes entered.
    pub context: Context,
}

impl Order {
    /// An order.
    #[must_use]
    pub const fn new(cart: Cart, context: Context) -> Self {
        Self { cart, context }
    }
}
