//! What a shop relies on: each promise is an id and a predicate over priced orders.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::RuleSet;
use crate::money::{Amount, AmountError, Currency, Percent};

/// In fen. Order 32 of the State Administration for Market Regulation, 2020.
const PRIZE_MAX_CNY: i64 = 5_000_000;

/// A property a shop relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Promise {
    /// No order brings less than its goods and gifts cost the shop.
    AboveCost,
    /// No order of goods worth something costs nothing.
    NotFree,
    /// No loss can be had in order after order.
    SplitFarm,
    /// No order gets more than so much of its list value off.
    Depth,
    /// Goods that are as good as money are never sold below their price, nor given for less.
    CashLike,
    /// What is meant for goods never pays for shipping.
    ShippingApart,
    /// Free shipping and gifts at a threshold are not had by orders that pay less than it.
    PaidThreshold,
    /// Points, coupons and balances for later are given on money only, not on what points, balances or discounts paid.
    EarnedOnCash,
    /// What an order gives for later is less than what it brings beyond its cost.
    RewardsCovered,
    /// What an order gives for later is no larger share of what is paid than allowed.
    EarnShare,
    /// Orders do not pay for each other: what one gives for later does not buy the next, which gives it again.
    NoPump,
    /// The same campaign does not run twice.
    RunsOnce,
    /// Campaigns that follow each other do not meet.
    HandsOver,
    /// Campaigns that follow each other leave no gap.
    NoGap,
    /// Two rules that both refuse a third one do not go together.
    ExclusionsClosed,
    /// Rules that refuse each other are not both had by ordering twice.
    ExclusionsHold,
    /// Rounding by line or unit gives no more than rounding once.
    Rounding,
    /// A cut announced against an earlier price is a real one.
    RealCut,
    /// A price cut is not paid out to earlier buyers, and never more than once.
    PriceProtection,
    /// A buying group's price needs as many real buyers as it says, as long as goods can come back.
    GroupHolds,
    /// What is kept after a return costs as much as if it had been bought alone.
    #[serde(rename = "returns")]
    ReturnsNeverPay,
    /// No limit and no budget is passed.
    LimitsHold,
    /// No prize is worth more than the law allows.
    PrizeCeiling,
    /// Codes cannot be guessed.
    SecretCodes,
    /// Adding a piece does not lower the bill.
    AddItem,
    /// Several orders do not cost less than one.
    SplitPays,
    /// Two customers who are alike do not pay less in one order than each for themselves.
    PoolingPays,
    /// What the campaign can cost in all is bounded.
    Exposure,
    /// No price and no cost is off by a factor from those beside it.
    PlainPrices,
    /// It decides nothing which of several rules of equal rank comes first.
    EqualRanks,
    /// Each cap is reached by some orders, and not by all.
    CapsMatter,
    /// No order costs less than under the rules before.
    AsBefore,
    /// Each rule can apply.
    EveryRule,
}

impl Promise {
    /// All promises, in the order in which reports list them.
    pub const ALL: [Self; 33] = [
        Self::AboveCost,
        Self::NotFree,
        Self::SplitFarm,
        Self::Depth,
        Self::CashLike,
        Self::ShippingApart,
        Self::PaidThreshold,
        Self::EarnedOnCash,
        Self::RewardsCovered,
        Self::EarnShare,
        Self::NoPump,
        Self::RunsOnce,
        Self::HandsOver,
        Self::NoGap,
        Self::ExclusionsClosed,
        Self::ExclusionsHold,
        Self::Rounding,
        Self::RealCut,
        Self::PriceProtection,
        Self::GroupHolds,
        Self::ReturnsNeverPay,
        Self::LimitsHold,
        Self::PrizeCeiling,
        Self::SecretCodes,
        Self::AddItem,
        Self::SplitPays,
        Self::PoolingPays,
        Self::Exposure,
        Self::PlainPrices,
        Self::EqualRanks,
        Self::CapsMatter,
        Self::AsBefore,
        Self::EveryRule,
    ];

    /// Its name in documents: `above-cost`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AboveCost => "above-cost",
            Self::NotFree => "not-free",
            Self::SplitFarm => "split-farm",
            Self::Depth => "depth",
            Self::CashLike => "cash-like",
            Self::ShippingApart => "shipping-apart",
            Self::PaidThreshold => "paid-threshold",
            Self::EarnedOnCash => "earned-on-cash",
            Self::RewardsCovered => "rewards-covered",
            Self::EarnShare => "earn-share",
            Self::NoPump => "no-pump",
            Self::RunsOnce => "runs-once",
            Self::HandsOver => "hands-over",
            Self::NoGap => "no-gap",
            Self::ExclusionsClosed => "exclusions-closed",
            Self::ExclusionsHold => "exclusions-hold",
            Self::Rounding => "rounding",
            Self::RealCut => "real-cut",
            Self::PriceProtection => "price-protection",
            Self::GroupHolds => "group-holds",
            Self::ReturnsNeverPay => "returns",
            Self::LimitsHold => "limits-hold",
            Self::PrizeCeiling => "prize-ceiling",
            Self::SecretCodes => "secret-codes",
            Self::AddItem => "add-item",
            Self::SplitPays => "split-pays",
            Self::PoolingPays => "pooling-pays",
            Self::Exposure => "exposure",
            Self::PlainPrices => "plain-prices",
            Self::EqualRanks => "equal-ranks",
            Self::CapsMatter => "caps-matter",
            Self::AsBefore => "as-before",
            Self::EveryRule => "every-rule",
        }
    }

    /// What it promises, in words.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::AboveCost => "no order brings less than its goods and gifts cost",
            Self::NotFree => "no goods worth something are free",
            Self::SplitFarm => "no loss can be had in order after order",
            Self::Depth => "no order gets more off than allowed",
            Self::CashLike => "goods that are as good as money keep their price",
            Self::ShippingApart => "discounts on goods never pay for shipping",
            Self::PaidThreshold => "free shipping and gifts go to orders that really pay the threshold",
            Self::EarnedOnCash => "what is given for later is given on money only",
            Self::RewardsCovered => "what an order gives for later is covered by what it brings",
            Self::EarnShare => "what is given for later is no larger share of what is paid than allowed",
            Self::NoPump => "orders do not pay for each other",
            Self::RunsOnce => "no two rules say the same in times that meet",
            Self::HandsOver => "campaigns that follow each other do not meet",
            Self::NoGap => "campaigns that follow each other leave no gap",
            Self::ExclusionsClosed => "two rules that both refuse a third do not go together",
            Self::ExclusionsHold => "rules that refuse each other are not both had by ordering twice",
            Self::Rounding => "rounding gives nothing away",
            Self::RealCut => "an announced cut is a real one",
            Self::PriceProtection => "a price cut is not paid out to those who bought before",
            Self::GroupHolds => "a group's price needs as many real buyers as it says",
            Self::ReturnsNeverPay => "buying and returning never pays",
            Self::LimitsHold => "no limit or budget is passed",
            Self::PrizeCeiling => "no prize is worth more than allowed",
            Self::SecretCodes => "codes cannot be guessed",
            Self::AddItem => "adding a piece does not lower the bill",
            Self::SplitPays => "several orders do not cost less than one",
            Self::PoolingPays => "two customers do not pay less in one order than each for themselves",
            Self::Exposure => {
                "no coupon can be used without end, and the campaign costs no more than a bound that is given"
            }
            Self::PlainPrices => "no price and no cost is off by a factor from those beside it",
            Self::EqualRanks => "the order of rules of equal rank moves no price",
            Self::CapsMatter => "each cap is reached by some orders, and not by all",
            Self::AsBefore => "no order costs less than under the rules before",
            Self::EveryRule => "every rule can apply",
        }
    }
}

/// Which promises are audited, and where they begin to be broken.
///
/// ```
/// use dealproof::audit::{Promise, Promises};
///
/// let promises = Promises::default().without(Promise::AddItem).depth_percent("60".parse()?);
/// assert!(!promises.wants(Promise::AddItem));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Promises {
    /// Promises not to look at.
    pub off: BTreeSet<Promise>,
    /// An order may bring so much less than its cost.
    pub loss_max: Amount,
    /// So much of the list value may come off an order.
    pub depth_percent: Percent,
    /// So much may one more piece lower the bill.
    pub drop_max: Amount,
    /// So much may be saved by buying in several orders.
    pub split_max: Amount,
    /// So much of what is paid may an order give for later.
    pub earned_percent: Percent,
    /// So much may two customers save by buying in one order; `pooling-pays` is about it, and not looked at without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool_max: Option<Amount>,
    /// So much may the campaign cost in all; unbounded rules alone are reported, if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposure_max: Option<Amount>,
    /// An announced cut is measured against the lowest price of so many days: 30 in the European Union, 7 in China.
    pub reference_days: u32,
    /// So much may a prize be worth: in yuan 50,000, as Chinese law has it, else without end, if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prize_max: Option<Amount>,
    /// So much less may an order cost than under the rules before.
    pub change_max: Amount,
    /// The rules before; `as-before` is about them, and not looked at without. Not part of the document.
    #[serde(skip)]
    pub before: Option<Box<RuleSet>>,
}

impl Default for Promises {
    fn default() -> Self {
        let zero = Amount::new(0.into());
        Self {
            off: BTreeSet::new(),
            loss_max: zero,
            depth_percent: Percent::whole(70),
            drop_max: zero,
            split_max: zero,
            earned_percent: Percent::whole(50),
            pool_max: None,
            exposure_max: None,
            reference_days: 30,
            prize_max: None,
            change_max: zero,
            before: None,
        }
    }
}

impl Promises {
    /// Does not look at a promise.
    #[must_use]
    pub fn without(mut self, promise: Promise) -> Self {
        self.off.insert(promise);
        self
    }

    /// Looks at these promises alone.
    #[must_use]
    pub fn only(mut self, promises: impl IntoIterator<Item = Promise>) -> Self {
        let wanted: BTreeSet<Promise> = promises.into_iter().collect();
        self.off = Promise::ALL.into_iter().filter(|promise| !wanted.contains(promise)).collect();
        self
    }

    /// Sets how much less than its cost an order may bring.
    #[must_use]
    pub const fn loss_max(mut self, amount: Amount) -> Self {
        self.loss_max = amount;
        self
    }

    /// Sets how much of the list value may come off an order.
    #[must_use]
    pub const fn depth_percent(mut self, percent: Percent) -> Self {
        self.depth_percent = percent;
        self
    }

    /// Sets how much one more piece may lower the bill.
    #[must_use]
    pub const fn drop_max(mut self, amount: Amount) -> Self {
        self.drop_max = amount;
        self
    }

    /// Sets how much may be saved by buying in several orders.
    #[must_use]
    pub const fn split_max(mut self, amount: Amount) -> Self {
        self.split_max = amount;
        self
    }

    /// Sets how much of what is paid an order may give for later.
    #[must_use]
    pub const fn earned_percent(mut self, percent: Percent) -> Self {
        self.earned_percent = percent;
        self
    }

    /// Sets how much two customers may save by buying in one order.
    #[must_use]
    pub const fn pool_max(mut self, amount: Amount) -> Self {
        self.pool_max = Some(amount);
        self
    }

    /// Sets how much the campaign may cost in all.
    #[must_use]
    pub const fn exposure_max(mut self, amount: Amount) -> Self {
        self.exposure_max = Some(amount);
        self
    }

    /// Sets over how many days the lowest price counts.
    #[must_use]
    pub const fn reference_days(mut self, days: u32) -> Self {
        self.reference_days = days;
        self
    }

    /// Sets the rules before: no order should cost less than under them.
    #[must_use]
    pub fn before(mut self, rules: RuleSet) -> Self {
        self.before = Some(Box::new(rules));
        self
    }

    /// Sets how much a prize may be worth.
    #[must_use]
    pub const fn prize_max(mut self, amount: Amount) -> Self {
        self.prize_max = Some(amount);
        self
    }

    /// Sets how much less an order may cost than under the rules before.
    #[must_use]
    pub const fn change_max(mut self, amount: Amount) -> Self {
        self.change_max = amount;
        self
    }

    /// Whether a promise is looked at.
    #[must_use]
    pub fn wants(&self, promise: Promise) -> bool {
        let has_rules = promise != Promise::AsBefore || self.before.is_some();
        let has_most = promise != Promise::PoolingPays || self.pool_max.is_some();
        has_rules && has_most && !self.off.contains(&promise)
    }

    /// The thresholds in minor units of a currency.
    pub(crate) fn thresholds(&self, currency: Currency) -> Result<Thresholds, ThresholdError> {
        let minor = |name, amount: Amount| match amount.to_money(currency) {
            Ok(money) if money.minor() >= 0 => Ok(money.minor()),
            Ok(_) => Err(ThresholdError::Negative { name, given: amount }),
            Err(problem) => Err(ThresholdError::Amount { name, problem }),
        };
        Ok(Thresholds {
            loss: minor("loss_max", self.loss_max)?,
            depth_ppm: self
                .depth_percent
                .to_rate()
                .map_err(|problem| ThresholdError::Percent { name: "depth_percent", problem })?
                .ppm(),
            drop: minor("drop_max", self.drop_max)?,
            split: minor("split_max", self.split_max)?,
            earned_ppm: self
                .earned_percent
                .to_rate()
                .map_err(|problem| ThresholdError::Percent { name: "earned_percent", problem })?
                .ppm(),
            pool: self.pool_max.map(|amount| minor("pool_max", amount)).transpose()?.unwrap_or(0),
            exposure: self.exposure_max.map(|amount| minor("exposure_max", amount)).transpose()?,
            reference_days: self.reference_days,
            prize: match self.prize_max {
                Some(most) => Some(minor("prize_max", most)?),
                None => (currency == Currency::CNY).then_some(PRIZE_MAX_CNY),
            },
            change: minor("change_max", self.change_max)?,
        })
    }
}

/// The thresholds of the promises, in minor units and parts per million.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thresholds {
    pub loss: i64,
    pub depth_ppm: i64,
    pub drop: i64,
    pub split: i64,
    pub earned_ppm: i64,
    pub pool: i64,
    pub exposure: Option<i64>,
    pub reference_days: u32,
    pub prize: Option<i64>,
    pub change: i64,
}

/// Why a threshold cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ThresholdError {
    /// An amount below zero.
    #[error("{name}: {given} is below zero")]
    Negative {
        /// The threshold.
        name: &'static str,
        /// The amount.
        given: Amount,
    },
    /// An amount that is not one of the currency.
    #[error("{name}: {problem}")]
    Amount {
        /// The threshold.
        name: &'static str,
        /// Why.
        problem: AmountError,
    },
    /// A percentage out of range.
    #[error("{name}: {problem}")]
    Percent {
        /// The threshold.
        name: &'static str,
        /// Why.
        problem: crate::money::RateError,
    },
}
