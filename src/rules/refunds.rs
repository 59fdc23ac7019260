//! What a return pays, and what it keeps.

use serde::{Deserialize, Serialize};

use super::is_default;
use crate::money::Amount;

/// How returns are paid back under a rule set.
///
/// ```
/// use dealproof::money::Currency;
/// use dealproof::rules::{RefundPolicy, Refunds, RuleSet};
///
/// let rules = RuleSet::new(Currency::CNY).refunds(Refunds::new(RefundPolicy::Reprice));
/// assert_eq!(rules.refunds.policy, RefundPolicy::Reprice);
/// assert_eq!(RuleSet::new(Currency::CNY).refunds.policy, RefundPolicy::Safest);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Refunds {
    /// What becomes of the discounts when a part goes back; rules may say otherwise for their own.
    #[serde(default, skip_serializing_if = "is_default")]
    pub policy: RefundPolicy,
    /// Whether shipping fees are paid back.
    #[serde(default, skip_serializing_if = "is_default")]
    pub shipping: ShippingBack,
    /// Whether used coupons come back.
    #[serde(default, skip_serializing_if = "is_default")]
    pub coupons: CouponsBack,
    /// Whether deposits are paid back to a shopper who cancels or returns.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deposit: DepositBack,
    /// What becomes of points that have to be taken back and are spent already. If left out, no more are taken than the wallet
    /// holds, and the note says how many it lacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent_points: Option<SpentPoints>,
    /// The most that is paid for sending an order's goods back, however many returns there are; nothing, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_freight: Option<Amount>,
    /// The promise to pay the difference when the price falls: 价保; none, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_protection: Option<PriceProtection>,
}

impl Refunds {
    /// A policy, and for all else what holds by default.
    #[must_use]
    pub fn new(policy: RefundPolicy) -> Self {
        Self { policy, ..Self::default() }
    }

    /// Sets whether shipping fees are paid back.
    #[must_use]
    pub const fn shipping(mut self, shipping: ShippingBack) -> Self {
        self.shipping = shipping;
        self
    }

    /// Sets whether used coupons come back.
    #[must_use]
    pub const fn coupons(mut self, coupons: CouponsBack) -> Self {
        self.coupons = coupons;
        self
    }

    /// Sets whether deposits are paid back.
    #[must_use]
    pub const fn deposit(mut self, deposit: DepositBack) -> Self {
        self.deposit = deposit;
        self
    }

    /// Sets what becomes of points that have to be taken back and are spent already.
    #[must_use]
    pub const fn spent_points(mut self, spent: SpentPoints) -> Self {
        self.spent_points = Some(spent);
        self
    }

    /// Sets the most that is paid for sending goods back.
    #[must_use]
    pub const fn return_freight(mut self, most: Amount) -> Self {
        self.return_freight = Some(most);
        self
    }

    /// Promises to pay the difference when the price falls.
    #[must_use]
    pub const fn price_protection(mut self, protection: PriceProtection) -> Self {
        self.price_protection = Some(protection);
        self
    }
}

/// What becomes of the discounts when a part of an order goes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundPolicy {
    /// Each unit takes its share of the discount with it; what was kept keeps its own share.
    Proportional,
    /// What was kept is priced again, alone.
    Reprice,
    /// Whichever of the two pays back less.
    #[default]
    Safest,
}

/// Whether shipping fees are paid back. What was never shipped is no return: its fee is always paid back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShippingBack {
    /// With the last of a shop's goods.
    #[default]
    WithGoods,
    /// Never.
    Never,
}

/// Whether used coupons come back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CouponsBack {
    /// When everything has gone back.
    #[default]
    FullReturn,
    /// Never.
    Never,
}

/// Whether deposits are paid back to a shopper who cancels or returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DepositBack {
    /// They are.
    #[default]
    Refund,
    /// The shop keeps them; not where it does not deliver.
    Keep,
}

/// What becomes of points that have to be taken back and are spent already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpentPoints {
    /// The shopper owes them: the wallet goes below zero.
    Owe,
    /// They are charged in money.
    Charge(PointsWorth),
}

impl SpentPoints {
    /// So much is charged for so many points.
    #[must_use]
    pub const fn charge(points: u32, value: Amount) -> Self {
        Self::Charge(PointsWorth { points, value })
    }
}

/// So many points are worth so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointsWorth {
    /// So many points.
    pub points: u32,
    /// What they are worth together.
    pub value: Amount,
}

/// The promise to pay the difference when the price falls within some time: 价保.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PriceProtection {
    /// For how many minutes from delivery, or from the order when it has not been delivered.
    pub minutes: u32,
    /// Which price of now is compared with what was paid.
    #[serde(default, skip_serializing_if = "is_default")]
    pub base: ProtectionBase,
}

impl PriceProtection {
    /// Protection for so many minutes against what the same goods cost now through all rules.
    #[must_use]
    pub const fn new(minutes: u32) -> Self {
        Self { minutes, base: ProtectionBase::Payable }
    }

    /// Sets which price of now is compared.
    #[must_use]
    pub const fn base(mut self, base: ProtectionBase) -> Self {
        self.base = base;
        self
    }
}

/// Which price of now is compared with what was paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProtectionBase {
    /// What the same shopper would pay for the same goods now, through all rules.
    #[default]
    Payable,
    /// The list price of now: what coupons and thresholds take off now does not count, except that no more is paid than all
    /// goods kept fell by through all rules.
    List,
}
