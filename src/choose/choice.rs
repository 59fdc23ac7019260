//! What was chosen, and why not the rest.

use crate::evaluate::PriceError;
use crate::money::Money;
use crate::record::{Quote, Reason};
use crate::rules::RuleId;
use crate::shop::{Context, CouponCode, CouponId, Unusable};

/// The best set of coupons, and the quote it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Choice {
    /// The context as given, with the chosen coupons only and the automatic rules that make way for them: pricing it
    /// gives `quote`, at any later time.
    pub context: Context,
    /// The quote.
    pub quote: Quote,
    /// The coupons used, those that expire first in front.
    pub chosen: Vec<Chosen>,
    /// Whether nothing better exists.
    pub proof: Proof,
    /// Nodes the search looked at.
    pub nodes: u64,
}

/// A coupon that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Chosen {
    /// The coupon.
    pub coupon: Coupon,
    /// Its rule; none for a code that is used for the conditions that ask for it alone.
    pub rule: Option<RuleId>,
}

/// Something the shopper may use or leave.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Coupon {
    /// A code, as typed.
    Code(CouponCode),
    /// A coupon of the wallet.
    Wallet(CouponId),
    /// Points or balances of the wallet, as payment that this rule takes.
    Payment(RuleId),
}

/// Whether nothing better exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proof {
    /// No set costs less, and none that costs the same comes before it.
    Optimal,
    /// The budget of nodes ran out: no set costs less by more than the gap.
    Bounded {
        /// At most so much.
        gap: Money,
    },
}

/// Why nothing was chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChooseError {
    /// The cart cannot be priced.
    #[error(transparent)]
    Price(#[from] PriceError),
    /// The coupons given do not all apply together.
    #[error("{} of the coupons given do not apply together with the rest", refused.len())]
    NotTogether {
        /// Those that do not, with the reason for each.
        refused: Vec<Refused>,
    },
}

/// A coupon that does not apply together with the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// The coupon.
    pub coupon: Coupon,
    /// Its rule; none for a code that no rule has, or that could be used for the conditions that ask for it alone.
    pub rule: Option<RuleId>,
    /// Why, with the facts.
    pub why: Why,
}

/// A choice with the reasons for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explained {
    /// The choice.
    pub choice: Choice,
    /// The second best set, when there is one.
    pub runner_up: Option<RunnerUp>,
    /// Every coupon given that was not chosen.
    pub lost: Vec<Lost>,
}

/// The second best set of coupons; where the budget of nodes ran out, of those that were looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunnerUp {
    /// Its coupons.
    pub coupons: Vec<Chosen>,
    /// What the cart costs with it.
    pub payable: Money,
}

/// A coupon that was not chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lost {
    /// The coupon.
    pub coupon: Coupon,
    /// Its rule; none for a code that would be used for the conditions that ask for it alone.
    pub rule: Option<RuleId>,
    /// What it saves when no other coupon is used.
    pub saves_alone: Money,
    /// The chosen ones that stand in its way: beside the others without this one it would save something.
    pub beaten_by: Vec<Chosen>,
    /// Why it was not chosen.
    pub why: Why,
}

/// Why a coupon was not chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// No rule has the code, or the coupon is of a rule that is in no wallet.
    Unknown,
    /// The code is another spelling of one that was given, or the coupon another one of a rule that is used already.
    Repeated,
    /// The coupon of the wallet cannot be used at all.
    Unusable(Unusable),
    /// It does not go together with these, which save more: so it is declared, or they give nothing beside it.
    Excluded {
        /// Rules of chosen coupons.
        by: Vec<RuleId>,
    },
    /// Beside what was chosen its rule gives nothing.
    GivesNothing(Reason),
    /// Beside what was chosen it gives something, but the cart costs no less.
    SavesNothing {
        /// What the cart costs with it.
        payable: Money,
    },
    /// With it the cart cannot be priced.
    CannotBePriced(PriceError),
    /// It would save more, but no more coupons may be used, or the budget of nodes ran out first.
    NoRoom {
        /// What the cart costs with it.
        payable: Money,
    },
}

impl Why {
    /// What the shopper may be told: nothing but "not valid" for unknown, foreign and expired coupons, so that trying
    /// codes teaches nobody which exist.
    #[must_use]
    pub const fn public(&self) -> Option<&Self> {
        match self {
            Self::Unknown
            | Self::Unusable(Unusable::Foreign | Unusable::Expired { .. })
            | Self::GivesNothing(Reason::Over { .. } | Reason::Disabled) => None,
            Self::Repeated
            | Self::Unusable(Unusable::NotYet { .. } | Unusable::UsedUp)
            | Self::Excluded { .. }
            | Self::GivesNothing(_)
            | Self::SavesNothing { .. }
            | Self::CannotBePriced(_)
            | Self::NoRoom { .. } => Some(self),
        }
    }
}
