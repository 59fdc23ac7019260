//! How an order is paid: with a deposit first 定金膨胀, or from a funded balance 红包 津贴.

use serde::{Deserialize, Serialize};

use crate::money::{Amount, Percent};
use crate::rules::{Base, Selector, Window, is_default};
use crate::shop::BalanceClass;

/// A deposit 定金 per unit. It may count as worth more when the balance is paid 定金膨胀; units that are worth less than it
/// counts as keep their price and take none. The quote carries a payment schedule: the deposits now, the rest in the window
/// of the balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Presale {
    /// What is paid now for each unit.
    pub deposit: Amount,
    /// What it counts as, more than the deposit; the deposit itself, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worth: Option<Amount>,
    /// How long after the order the deposit may be paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposit_minutes: Option<u32>,
    /// When the rest is paid.
    #[serde(default, skip_serializing_if = "is_default")]
    pub balance: Window,
    /// What becomes of the deposit when the rest is not paid.
    #[serde(default, skip_serializing_if = "is_default")]
    pub missed: Missed,
    /// The units; all, if left out.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub target: Selector,
}

/// What becomes of a deposit when the balance is not paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// The shopper loses it.
    #[default]
    Forfeit,
    /// It is paid back.
    Refund,
}

impl Presale {
    /// A deposit for each unit of everything, and what it counts as.
    #[must_use]
    pub fn new(deposit: Amount, worth: Amount) -> Self {
        Self { worth: Some(worth), ..Self::plain(deposit) }
    }

    /// A deposit for each unit of everything that counts as itself.
    #[must_use]
    pub fn plain(deposit: Amount) -> Self {
        Self {
            deposit,
            worth: None,
            deposit_minutes: None,
            balance: Window::default(),
            missed: Missed::Forfeit,
            target: Selector::all(),
        }
    }

    /// Sets how long after the order the deposit may be paid.
    #[must_use]
    pub const fn deposit_minutes(mut self, minutes: u32) -> Self {
        self.deposit_minutes = Some(minutes);
        self
    }

    /// Sets when the rest is paid.
    #[must_use]
    pub const fn balance(mut self, balance: Window) -> Self {
        self.balance = balance;
        self
    }

    /// Sets what becomes of the deposit when the rest is not paid.
    #[must_use]
    pub const fn missed(mut self, missed: Missed) -> Self {
        self.missed = missed;
        self
    }

    /// Sets the units.
    #[must_use]
    pub fn target(mut self, target: Selector) -> Self {
        self.target = target;
        self
    }
}

/// Money of one kind in the shopper's wallet against what is left to pay: as much as the balances hold and the caps let
/// through. What ends first is used first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct UseBalance {
    /// Which kind of money.
    pub class: BalanceClass,
    /// So much for every so much of the target; any amount, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<BalanceStep>,
    /// The largest share of the target's value that it pays, rounded down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent_max: Option<Percent>,
    /// Which value `every` and `percent_max` look at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// The units that it may pay.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub target: Selector,
    /// It may pay shipping, too.
    #[serde(default, skip_serializing_if = "is_default")]
    pub with_shipping: bool,
}

impl UseBalance {
    /// Any amount of one kind of money, against everything.
    pub fn new(class: impl AsRef<str>) -> Self {
        Self {
            class: BalanceClass::new(class),
            every: None,
            percent_max: None,
            base: None,
            target: Selector::all(),
            with_shipping: false,
        }
    }

    /// Lets it pay shipping, too.
    #[must_use]
    pub const fn with_shipping(mut self) -> Self {
        self.with_shipping = true;
        self
    }

    /// Lets so much be used for every so much.
    #[must_use]
    pub const fn every(mut self, spend: Amount, amount: Amount) -> Self {
        self.every = Some(BalanceStep { spend, amount });
        self
    }

    /// Sets the largest share of the target's value that it pays.
    #[must_use]
    pub const fn percent_max(mut self, percent: Percent) -> Self {
        self.percent_max = Some(percent);
        self
    }

    /// Sets which value `every` and `percent_max` look at.
    #[must_use]
    pub fn base(mut self, base: Base) -> Self {
        self.base = Some(base);
        self
    }

    /// Sets the units that it may pay.
    #[must_use]
    pub fn target(mut self, target: Selector) -> Self {
        self.target = target;
        self
    }
}

/// How much of a balance may be used for every so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BalanceStep {
    /// For every so much of the target's value.
    pub spend: Amount,
    /// So much may be used.
    pub amount: Amount,
}
