//! What became of a rule, in numbers; made into words only when somebody asks.

use crate::record::Switch;

/// What became of a rule in the run at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Applied,
    Disabled,
    SwitchedOff(Switch),
    CodeNotEntered,
    /// A step of its condition decided; `said` is what the test said, `missing` how much or many it lacked.
    ConditionFailed {
        step: u32,
        said: bool,
        missing: i64,
    },
    /// The condition can never hold.
    Impossible,
    SpendShort(i64),
    UnitsShort(u32),
    NothingToTake,
    /// It offers add-ons, and the shopper picked none of them.
    NothingPicked,
    /// The customer is in no buying group.
    NoGroup,
    /// The customer may not join a buying group.
    NewcomersOnly,
    /// The buying group closed with too few members.
    GroupTooSmall(u32),
    /// The shopper did not ask to pay this way.
    NotAskedFor,
    /// Fewer points than the rule redeems at least.
    PointsShort,
    Exhausted(Limit),
    CustomerUnknown,
    Blocked {
        by: u32,
        why: Block,
    },
    StageFull,
    /// It makes way for a coupon that was chosen (K-3).
    SetAside,
    /// Lost to this rule, or to none in particular.
    NotSelected(Option<u32>),
}

/// A limit of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    Uses,
    CustomerUses,
    Units,
    CustomerUnits,
    OrderUnits,
    Budget,
    Points,
    CustomerPoints,
    /// Of a quota, by number.
    QuotaUnits(u32),
    QuotaCustomerUnits(u32),
}

impl Limit {
    /// The quota it is of.
    pub const fn quota(self) -> Option<u32> {
        match self {
            Self::QuotaUnits(quota) | Self::QuotaCustomerUnits(quota) => Some(quota),
            Self::Uses
            | Self::CustomerUses
            | Self::Units
            | Self::CustomerUnits
            | Self::OrderUnits
            | Self::Budget
            | Self::Points
            | Self::CustomerPoints => None,
        }
    }

    /// Its name in a rule file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uses => "uses",
            Self::CustomerUses => "uses_per_customer",
            Self::Units | Self::QuotaUnits(_) => "units",
            Self::CustomerUnits | Self::QuotaCustomerUnits(_) => "units_per_customer",
            Self::OrderUnits => "units_per_order",
            Self::Budget => "budget",
            Self::Points => "points",
            Self::CustomerPoints => "points_per_customer",
        }
    }
}

/// Why two rules do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    Group,
    Excluded,
    /// Neither says that it goes with the other.
    Undeclared,
    ExclusiveInStage,
    ExclusiveInOrder,
}
