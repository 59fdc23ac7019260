//! What a quote says besides prices: points, balances, deposits, buying groups, things for later.

use super::On;
use crate::money::Money;
use crate::rules::{CouponTemplate, Missed};
use crate::shop::{BalanceClass, BalanceId, GroupStatus, Moment};

/// Points that a rule gives or takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuotePoints {
    /// The rule, by position.
    pub rule: u32,
    /// Whether the shopper gets or pays them.
    pub direction: PointsDirection,
    /// How many.
    pub points: u64,
}

/// A line's or charge's part of the points of a rule, so that returning a part of an order moves the points of that part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PointShare {
    /// The entry of [`Quote::points`](super::Quote::points), by position.
    pub entry: u32,
    /// The line or charge.
    pub on: On,
    /// How many of them; the shares of an entry add up to its points.
    pub points: u64,
}

/// Whether points come or go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PointsDirection {
    /// The shopper gets them once the order is settled.
    #[default]
    Earned,
    /// The shopper pays with them.
    Redeemed,
}

/// What a balance of the wallet pays of what a rule granted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuoteDraw {
    /// The rule, by position.
    pub rule: u32,
    /// The balance.
    pub balance: BalanceId,
    /// How much of it.
    pub amount: Money,
}

/// The deposits that a rule asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuoteDeposit {
    /// The rule, by position.
    pub rule: u32,
    /// For how many units.
    pub units: u64,
    /// How much together.
    pub amount: Money,
    /// What becomes of them when the balance is not paid.
    pub missed: Missed,
}

/// A part of the payable that is paid at some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuotePayment {
    /// Which part.
    pub part: PaymentPart,
    /// How much.
    pub amount: Money,
    /// The first instant at which it may be paid; now, if there is none.
    pub from: Option<Moment>,
    /// The first instant at which it no longer may.
    pub until: Option<Moment>,
    /// What of it the shopper loses when the balance is not paid in time; nothing on the balance.
    pub lost: Money,
}

/// Which part of the payable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentPart {
    /// What is paid now.
    #[default]
    Deposit,
    /// The rest.
    Balance,
}

/// The price of a buying group, and what would change it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuoteGroup {
    /// The rule, by position.
    pub rule: u32,
    /// Whether the group's size is final. While it is open the price is provisional: should the group fail, everything
    /// is paid back.
    pub status: GroupStatus,
    /// Members, this customer included.
    pub members: u32,
    /// The size of the tier whose price a unit has.
    pub size: u32,
    /// That price.
    pub unit_price: Money,
    /// The size of the next tier; nothing when there is none.
    pub next_size: u32,
    /// Its price for this customer.
    pub next_unit_price: Money,
}

/// What an order costs once its buying group is settled at some size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupOutcome {
    /// The size of the tier.
    pub size: u32,
    /// What the order costs a member.
    pub payable: Money,
    /// What it costs the leader.
    pub leader_payable: Money,
}

impl GroupOutcome {
    /// What everybody pays at a tier.
    #[must_use]
    pub const fn new(size: u32, payable: Money) -> Self {
        Self { size, payable, leader_payable: payable }
    }

    /// Sets what the leader pays.
    #[must_use]
    pub const fn leader(mut self, payable: Money) -> Self {
        self.leader_payable = payable;
        self
    }
}

/// A coupon or a balance for a later order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuoteGrant {
    /// The rule, by position.
    pub rule: u32,
    /// The coupon's template; empty for a balance.
    pub coupon: CouponTemplate,
    /// The balance's class; empty for a coupon.
    pub class: BalanceClass,
    /// What a piece of a balance holds; nothing for a coupon.
    pub amount: Money,
    /// Pieces.
    pub quantity: u64,
}
