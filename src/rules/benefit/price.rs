//! Prices that depend on more than the product: group price 拼团, bargain price 砍价.

use serde::{Deserialize, Serialize};

use crate::money::Amount;
use crate::rules::{Selector, is_default};

/// A price per unit for those who buy together. While the group is open everybody pays the first tier's price; when it
/// has closed, the price of the highest tier it reached, and nobody gets the group's price if it reached none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct GroupPrice {
    /// Prices by size; sizes rise, prices fall.
    pub tiers: Vec<GroupTier>,
    /// The units; all, if left out.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub target: Selector,
    /// Who may join.
    #[serde(default, skip_serializing_if = "is_default")]
    pub join: Join,
    /// How long a group stays open, from the moment its leader opened it; nothing moves its end.
    pub minutes: u32,
    /// How many members of the first tier may be missing at the end: so many dummies fill the group then.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fill: u32,
    /// How long after its success a group must hold before better tiers' differences and the leader's benefit are paid
    /// out: the return window.
    #[serde(default, skip_serializing_if = "is_default")]
    pub hold_minutes: u32,
}

impl GroupPrice {
    /// Prices by size for groups that stay open so long.
    #[must_use]
    pub fn new(tiers: impl IntoIterator<Item = GroupTier>, minutes: u32) -> Self {
        Self {
            tiers: tiers.into_iter().collect(),
            target: Selector::all(),
            join: Join::Anyone,
            minutes,
            fill: 0,
            hold_minutes: 0,
        }
    }

    /// Sets the units.
    #[must_use]
    pub fn target(mut self, target: Selector) -> Self {
        self.target = target;
        self
    }

    /// Sets who may join.
    #[must_use]
    pub const fn join(mut self, join: Join) -> Self {
        self.join = join;
        self
    }

    /// Sets how many dummies may fill the first tier at the end.
    #[must_use]
    pub const fn fill(mut self, dummies: u32) -> Self {
        self.fill = dummies;
        self
    }

    /// Sets how long a group must hold before anything is paid out.
    #[must_use]
    pub const fn hold_minutes(mut self, minutes: u32) -> Self {
        self.hold_minutes = minutes;
        self
    }

    /// How many real buyers make a group succeed: the first tier's size without the dummies that may fill it, at least
    /// one.
    ///
    /// ```
    /// use dealproof::rules::{GroupPrice, GroupTier};
    ///
    /// let eight = GroupPrice::new([GroupTier::new(8, "59.00".parse()?)], 1_440).fill(4);
    /// assert_eq!(eight.real_buyers_needed(), 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn real_buyers_needed(&self) -> u32 {
        let first = self.tiers.first().map_or(0, |tier| tier.size);
        first.saturating_sub(self.fill).max(1)
    }
}

/// A group's price from some size on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct GroupTier {
    /// Reached with so many members.
    pub size: u32,
    /// What a unit costs a member.
    pub price: Amount,
    /// What a unit costs the leader; like everybody else, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader: Option<Amount>,
}

impl GroupTier {
    /// A price for all members.
    #[must_use]
    pub const fn new(size: u32, price: Amount) -> Self {
        Self { size, price, leader: None }
    }

    /// Sets what a unit costs the leader.
    #[must_use]
    pub const fn leader(mut self, price: Amount) -> Self {
        self.leader = Some(price);
        self
    }
}

/// Who may join a group that somebody else opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    /// Anybody.
    #[default]
    Anyone,
    /// Customers whose first order it is: 老带新.
    Newcomers,
}

/// The price a shopper bargained a product down to, never below a floor. Without a bargain there is no such price. What
/// the helpers may do is for the life of the bargain, `bargain::Bargain`; pricing reads the price it has reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct BargainPrice {
    /// The least a unit costs.
    pub floor: Amount,
    /// The units; all, if left out.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub target: Selector,
    /// How long a bargain lasts, from the moment it is opened; a day, if left out. Nothing moves its end.
    #[serde(default = "day", skip_serializing_if = "is_day")]
    pub minutes: u32,
    /// Most helpers of one bargain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub helpers_max: Option<u32>,
    /// What each helper cuts, in turn; the last entry is repeated. Left out, the host says how much each one cuts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cuts: Vec<Amount>,
    /// The most one helper cuts, where the host says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_max: Option<Amount>,
}

const fn day() -> u32 {
    24 * 60
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_day(minutes: &u32) -> bool {
    *minutes == day()
}

impl BargainPrice {
    /// Prices of bargains, down to a floor, that last a day and that the host cuts.
    #[must_use]
    pub const fn new(floor: Amount, target: Selector) -> Self {
        Self { floor, target, minutes: day(), helpers_max: None, cuts: Vec::new(), cut_max: None }
    }

    /// Sets how long a bargain lasts.
    #[must_use]
    pub const fn minutes(mut self, minutes: u32) -> Self {
        self.minutes = minutes;
        self
    }

    /// Sets how many may help.
    #[must_use]
    pub const fn helpers_max(mut self, helpers: u32) -> Self {
        self.helpers_max = Some(helpers);
        self
    }

    /// Sets what each helper cuts, in turn.
    #[must_use]
    pub fn cuts(mut self, cuts: impl IntoIterator<Item = Amount>) -> Self {
        self.cuts = cuts.into_iter().collect();
        self
    }

    /// Sets the most one helper cuts, where the host says it.
    #[must_use]
    pub const fn cut_max(mut self, amount: Amount) -> Self {
        self.cut_max = Some(amount);
        self
    }
}
