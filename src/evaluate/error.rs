//! Why a cart cannot be priced.

use super::state::State;
use crate::bounds::{AMOUNT_MAX, RUNS_MAX, SELECTION_STEPS_MAX};
use crate::compile::plan::PlanRule;
use crate::money::Currency;
use crate::rules::RuleId;

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
    #[error("{} cuts the cart into more than {limit} runs of alike units", named(rule.as_ref()))]
    TooManyRuns {
        /// The rule that made the last cut.
        rule: Option<RuleId>,
        /// The limit.
        limit: usize,
    },
    /// Too many winners of stages that select may not apply beside each other, so that others had to be found.
    #[error("selecting among rules that refuse each other takes more than {limit} steps")]
    TooMuchSelection {
        /// The limit.
        limit: u64,
    },
    /// Money, points or pieces of a rule do not fit (M-6).
    #[error("{} comes to more than {limit} minor units, points or pieces", named(rule.as_ref()))]
    AmountOutOfRange {
        /// The rule; `None` when it is the sum of what several ask for.
        rule: Option<RuleId>,
        /// The limit.
        limit: i64,
    },
}

fn named(rule: Option<&RuleId>) -> String {
    rule.map_or_else(|| "what the rules give together".to_owned(), |rule| format!("rule {:?}", rule.as_str()))
}

impl PriceError {
    /// Where the fault lies in a [`Checkout`](crate::record::Checkout), as a JSON pointer; `None` when it lies in the rules.
    #[must_use]
    pub fn path(&self) -> Option<String> {
        match self {
            Self::OtherCurrency { .. } => Some("/cart/currency".to_owned()),
            Self::TooMany { path, .. } | Self::TextTooLong { path, .. } => Some(format!("/context{path}")),
            Self::TooManyRuns { .. } | Self::TooMuchSelection { .. } | Self::AmountOutOfRange { .. } => None,
        }
    }
}

impl State {
    /// Why the quote must be refused after all: nothing is saturated and nothing half priced (M-6).
    pub(super) fn refusal(&self, rules: &[PlanRule]) -> Option<PriceError> {
        let id = |number: u32| rules.get(number as usize).map(|rule| rule.id.clone());
        match (self.overflowed, self.out_of_runs) {
            (Some(number), _) => Some(PriceError::AmountOutOfRange { rule: id(number), limit: AMOUNT_MAX }),
            (None, Some(number)) => Some(PriceError::TooManyRuns { rule: id(number), limit: RUNS_MAX }),
            (None, None) if self.selecting > SELECTION_STEPS_MAX => {
                Some(PriceError::TooMuchSelection { limit: SELECTION_STEPS_MAX })
            }
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_refused_only_beyond_the_steps_that_selecting_may_take() {
        let state = |selecting| State { selecting, ..State::default() };
        assert_eq!(state(SELECTION_STEPS_MAX).refusal(&[]), None);
        let limit = SELECTION_STEPS_MAX;
        assert_eq!(state(limit + 1).refusal(&[]), Some(PriceError::TooMuchSelection { limit }));
    }
}
