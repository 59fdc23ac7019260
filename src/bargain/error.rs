//! Why a step is refused.

use crate::money::{Amount, Money};
use crate::shop::Moment;

/// Why a step of a bargain is refused; the bargain is then as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BargainError {
    /// An amount of the terms is below zero, too fine or too large.
    #[error("the terms have {given}, which is no amount of the currency")]
    BadAmount {
        /// Which.
        given: Amount,
    },
    /// The product costs no more than the floor, or more than anything can.
    #[error("the price leaves nothing to cut above the floor")]
    NothingToCut,
    /// The deadline is beyond what a moment can be.
    #[error("the deadline is beyond the calendar")]
    BeyondCalendar,
    /// The host must say how much is cut.
    #[error("the terms have no schedule of cuts")]
    NoSchedule,
    /// The terms say how much is cut.
    #[error("the terms have a schedule of cuts")]
    Scheduled,
    /// A cut of nothing, or of more than the terms allow.
    #[error("a cut of {given:?}; above zero and at most {most:?} is possible")]
    CutOutOfRange {
        /// How much, in minor units.
        given: Money,
        /// The most, in minor units.
        most: Money,
    },
    /// The price is at its floor.
    #[error("the price is at its floor")]
    AtFloor,
    /// It was bought, or not bought in time.
    #[error("the bargain is over")]
    Over,
    /// Nobody helps themselves.
    #[error("the buyer cannot help themselves")]
    OwnBargain,
    /// Nobody helps twice.
    #[error("the customer has helped already")]
    HelpedAlready,
    /// No more helpers.
    #[error("{limit} have helped; no more are possible")]
    TooManyHelpers {
        /// The bound it reached.
        limit: usize,
    },
    /// The moment is before the last step.
    #[error("the moment is before the last step")]
    TimeWentBack,
    /// The deadline has passed: `advance` comes first.
    #[error("the bargain is over since {since}")]
    Due {
        /// What has passed.
        since: Moment,
    },
}
