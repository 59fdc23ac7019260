//! Why each rule applied or did not.

use crate::money::Money;
use crate::rules::{GroupId, QuotaId, RuleId, StageId};
use crate::shop::{Moment, Sku};

/// Why each rule that the cart reached did or did not apply, in pipeline order. Rules whose goods, codes or segments are
/// not there at all are never looked at and not listed; `Plan::explain` answers for any single rule. Building a trace
/// never moves a price (E7).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trace {
    /// One entry for each rule.
    pub entries: Vec<TraceEntry>,
}

impl Trace {
    /// The entry of a rule, if it was reached.
    #[must_use]
    pub fn of(&self, rule: &str) -> Option<&TraceEntry> {
        self.entries.iter().find(|entry| entry.rule.as_str() == rule)
    }
}

/// What became of one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceEntry {
    /// The rule.
    pub rule: RuleId,
    /// Its stage.
    pub stage: StageId,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a rule. Amounts are in minor units of the quote's currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It gave something: so much was asked, so much granted (B-2). A gift grants no money.
    Applied {
        /// By its benefit.
        asked: Money,
        /// After floors, caps, limits and what was left.
        granted: Money,
    },
    /// It gave nothing.
    NotApplied(Reason),
    /// Nothing in the cart or context reaches it.
    #[default]
    NotReached,
}

/// Why a rule gave nothing. Amounts are in minor units of the quote's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The author switched it off.
    Disabled,
    /// It is switched off at run time.
    SwitchedOff {
        /// By which switch.
        by: Switch,
    },
    /// None of its codes was entered.
    CodeNotEntered,
    /// The moment is before its window.
    NotYet {
        /// When it starts.
        from: Moment,
    },
    /// The moment is after its window.
    Over {
        /// When it ended.
        until: Moment,
    },
    /// The moment is outside its days and hours.
    OutsideHours,
    /// The selected units are not worth enough.
    SpendShort {
        /// By how much.
        missing: Money,
    },
    /// There are not enough selected units; for multi-buy, to a first application, qualifiers and targets together.
    UnitsShort {
        /// How many pieces are missing.
        missing: u32,
    },
    /// Another condition does not hold.
    ConditionFailed {
        /// Where it stands in the rule, as a JSON pointer.
        at: String,
    },
    /// No unit matches, or those that match have nothing left to give.
    NothingToTake,
    /// Its add-ons are on offer, and the shopper picked none of them.
    NothingPicked {
        /// The products that may be picked, as the rule lists them.
        from: Vec<Sku>,
    },
    /// The customer is in no buying group.
    NoGroup,
    /// Only customers whose first order it is may join the buying group.
    NewcomersOnly,
    /// The buying group closed before it reached its first tier.
    GroupTooSmall {
        /// How many members are missing.
        missing: u32,
    },
    /// The shopper did not ask to pay this way.
    NotAskedFor,
    /// The shopper can redeem fewer points than the rule takes at least.
    PointsShort,
    /// A limit is used up.
    Exhausted {
        /// Its name, as in the rule's `limits`.
        limit: &'static str,
    },
    /// A quota that it shares with other rules is used up.
    QuotaExhausted {
        /// The quota.
        quota: QuotaId,
        /// The name of its limit.
        limit: &'static str,
    },
    /// A limit counts by customer, and the customer is not known.
    CustomerUnknown,
    /// Another rule that applied does not go together with it.
    Blocked {
        /// That rule.
        by: RuleId,
        /// Why.
        why: BlockReason,
    },
    /// Its stage lets only so many rules apply.
    StageFull {
        /// That many.
        limit: u32,
    },
    /// It makes way for a coupon that was chosen and does not go together with it (K-3), or takes a payment that was not, or its
    /// code was chosen for conditions alone.
    SetAside,
    /// Another rule of the stage was better, or came first.
    NotSelected {
        /// That rule, if it was one.
        winner: Option<RuleId>,
    },
}

/// Which switch keeps a rule off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Its own.
    Rule,
    /// That of its stage.
    Stage,
}

/// Why two rules do not go together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlockReason {
    /// They share a group.
    Group(GroupId),
    /// One excludes the other.
    Excluded,
    /// Neither says that it goes with the other, and undeclared pairs do not.
    Undeclared,
    /// One tolerates no other in its stage.
    ExclusiveInStage,
    /// One tolerates no other in the order.
    ExclusiveInOrder,
}
