//! Why a step is refused.

use crate::shop::Moment;

/// Why a step of a group is refused; the group is then as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GroupError {
    /// The terms name no tiers, or their sizes do not rise.
    #[error("the terms have no tiers of rising size")]
    NoTiers,
    /// The buyer's outcomes are not one for each tier, or an amount is out of range.
    #[error("the outcomes are not those of the group's tiers")]
    OtherTiers,
    /// The deadline or the end of the return window is beyond what a moment can be.
    #[error("the deadline is beyond the calendar")]
    BeyondCalendar,
    /// The group takes no members any more.
    #[error("the group is not open")]
    NotOpen,
    /// Only customers whose first order it is may join.
    #[error("only newcomers may join")]
    NewcomersOnly,
    /// The customer is in the group already.
    #[error("the customer is in the group already")]
    AlreadyIn,
    /// The customer is not in the group.
    #[error("the customer is not in the group")]
    NotIn,
    /// Too many have joined and left.
    #[error("the group has had {limit} seats; no more are possible")]
    TooManySeats {
        /// The bound it reached.
        limit: usize,
    },
    /// The moment is before the last step.
    #[error("the moment is before the last step")]
    TimeWentBack,
    /// The deadline or the end of the return window has passed: `advance` comes first.
    #[error("the group is due since {since}")]
    Due {
        /// What has passed.
        since: Moment,
    },
}
