//! A cart with its context, as one document.

use serde::{Deserialize, Serialize};

use super::Usage;
use crate::rules::is_default;
use crate::shop::{Cart, Context};

/// All that pricing reads besides the plan, as the command line and test files keep it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkout {
    /// What is bought.
    pub cart: Cart,
    /// By whom, and when.
    pub context: Context,
    /// What earlier orders have used.
    #[serde(default, skip_serializing_if = "is_default")]
    pub usage: Usage,
}
