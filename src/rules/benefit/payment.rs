//! How an order is paid: with a deposit first 定金膨胀, or from a funded balance 红包 津贴.

use serde::{Deserialize, Serialize};

use crate::money::{Amount, Percent};
use crate::rules::{Base, Selector, Window, is_default};
use crate::shop::BalanceClass;

/// A deposit per unit that counts as worth more when the balance is paid. Units that are worth less than that keep their
/// price. The quote carries a payment schedule: the deposits now, the rest in the window of the balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Presale {
    /// What is paid now for each unit.
    pub deposit: Amount,
    /// What it counts as; more than the deposit.
    pub worth: Amount,
    /// When the rest is paid.
    #[serde(default, skip_serializing_if = "is_default")]
    pub balance: Window,
    /// The units; all, if left out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub target: Selector,
}

impl Presale {
    /// A deposit for each unit of everything, and what it counts as.
    #[must_use]
    pub fn new(deposit: Amount, worth: Amount) -> Self {
        Self { deposit, worth, balance: Window::default(), target: Selector::all() }
    }

    /// Sets when the rest is paid.
    #[must_use]
    pub const fn balance(mut self, balance: Window) -> Self {
        self.balance = balance;
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
    #[serde(default, skip_serializing_if = "is_default")]
    pub target: Selector,
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
        }
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
