//! Why a cart cannot be priced.

use super::state::State;
use crate::bounds::{AMOUNT_MAX, RUNS_MAX, SELECTION_STEPS_MAX};
use crate::money::Currency;

/// Why a cart cannot be priced. A rule that does not apply is no error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PriceError {
    /// The cart is in another currency than the plan (M-1).
    #[error("the cart is in {cart}, the rules are in {plan}")]
    OtherCurrency {
        /// Of the cart.
        cart: Currency,
        /// Of the plan.
        plan: Currency,
    },
    /// More facts of a kind in the context than can be looked at.
    #[error("{path}: {given} entries; at most {limit} are allowed")]
    TooMany {
        /// Where in the context.
        path: &'static str,
        /// How many there are.
        given: usize,
        /// The limit.
        limit: usize,
    },
    /// A code or other text of the context longer than can be looked at.
    #[error("{path}: {given} bytes; at most {limit} are allowed")]
    TextTooLong {
        /// Where in the context.
        path: &'static str,
        /// Its bytes.
        given: usize,
        /// The limit.
        limit: usize,
    },
    /// The rules cut the cart into more runs of alike units than are kept.
    #[error("the rules cut the cart into more than {limit} runs of alike units")]
    TooManyRuns {
        /// The limit.
        limit: usize,
    },
    /// Too many winners of stages that select may not apply beside each other, so that others had to be found.
    #[error("selecting among rules that refuse each other takes more than {limit} steps")]
    TooMuchSelection {
        /// The limit.
        limit: u64,
    },
    /// A rule asks for an amount that does not fit (M-6).
    #[error("a rule asks for more than {limit} minor units")]
    AmountOutOfRange {
        /// The limit.
        limit: i64,
    },
}

impl State {
    /// Why the quote must be refused after all: nothing is saturated and nothing half priced (M-6).
    pub(super) const fn refusal(&self) -> Option<PriceError> {
        if self.overflowed {
            Some(PriceError::AmountOutOfRange { limit: AMOUNT_MAX })
        } else if self.out_of_runs {
            Some(PriceError::TooManyRuns { limit: RUNS_MAX })
        } else if self.selecting > SELECTION_STEPS_MAX {
            Some(PriceError::TooMuchSelection { limit: SELECTION_STEPS_MAX })
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_refused_only_beyond_the_steps_that_selecting_may_take() {
        let state = |selecting| State { selecting, ..State::default() };
        assert_eq!(state(SELECTION_STEPS_MAX).refusal(), None);
        let limit = SELECTION_STEPS_MAX;
        assert_eq!(state(limit + 1).refusal(), Some(PriceError::TooMuchSelection { limit }));
    }
}
