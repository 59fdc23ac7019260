//! What a shopper may pay with besides money: points and funded balances.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{BalanceClass, BalanceId, Moment};
use crate::money::Amount;

/// The shopper's points and balances, as far as the host lets this order use them.
///
/// ```
/// use dealproof::shop::{Balance, Wallet};
///
/// let packet = Balance::new("red-packet", "5.00".parse()?);
/// let wallet = Wallet::default().points(1_200).redeem(1_000).balance("packet-7", packet);
/// assert_eq!(wallet.redeem_points, 1_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Wallet {
    /// Points the shopper has.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub points: u64,
    /// Points the shopper wants to redeem; rules may redeem fewer, never more.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub redeem_points: u64,
    /// Balances the shopper wants to use.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub balances: BTreeMap<BalanceId, Balance>,
}

impl Wallet {
    /// Sets the points the shopper has.
    #[must_use]
    pub const fn points(mut self, points: u64) -> Self {
        self.points = points;
        self
    }

    /// Sets the points the shopper wants to redeem.
    #[must_use]
    pub const fn redeem(mut self, points: u64) -> Self {
        self.redeem_points = points;
        self
    }

    /// Adds a balance the shopper wants to use.
    #[must_use]
    pub fn balance(mut self, id: impl AsRef<str>, balance: Balance) -> Self {
        self.balances.insert(BalanceId::new(id), balance);
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(points: &u64) -> bool {
    *points == 0
}

/// Money of one kind in the wallet: a red packet 红包, an allowance 津贴.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Balance {
    /// Which kind; rules name it.
    pub class: BalanceClass,
    /// What is left of it.
    pub amount: Amount,
    /// The first instant at which it can no longer be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

impl Balance {
    /// A balance without an end.
    pub fn new(class: impl AsRef<str>, amount: Amount) -> Self {
        Self { class: BalanceClass::new(class), amount, until: None }
    }

    /// Sets when it ends.
    #[must_use]
    pub const fn until(mut self, until: Moment) -> Self {
        self.until = Some(until);
        self
    }
}
