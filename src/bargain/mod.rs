//! The life of a bargain 砍价: opened, cut down by helpers, bought or over.
//!
//! In: the terms of a [`BargainPrice`] rule, a product's price, helpers, moments. Out: a [`Bargain`], a document with every
//! cut, and the [`Change`]s of each step. How much a helper cuts is the terms' schedule or the host's word; there is no
//! chance in here, so a bargain plays again to the same price. Invariants: the price only falls, one cut at a time, and
//! never below the floor; nobody helps twice, or themselves; a bargain is bought at most once; the deadline never moves.
//! Time is an argument; a step that is refused changes nothing. Read next: `document`.
#![deny(clippy::arithmetic_side_effects)]

mod document;
mod error;
#[cfg(test)]
mod tests;

pub use document::BargainDocumentError;
pub use error::BargainError;

use serde::{Deserialize, Serialize};

use crate::bounds::{AMOUNT_MAX, BARGAIN_HELPS_MAX};
use crate::money::{Amount, Currency, Money};
use crate::rules::{BargainPrice, RuleId};
use crate::shop::{CustomerId, Moment, Sku};

/// A bargain, from its opening to its end; in JSON a document that is checked when it is read.
///
/// ```
/// use dealproof::bargain::{Bargain, Change, Opening};
/// use dealproof::money::{Currency, Money};
/// use dealproof::rules::{BargainPrice, Selector};
///
/// // 60.00 down to 9.90: the first helper cuts 20.00, each further one 10.00.
/// let terms = BargainPrice::new("9.90".parse()?, Selector::sku("POT")).cuts(["20".parse()?, "10".parse()?]);
/// let (noon, later) = ("2026-11-11T12:00:00+08:00".parse()?, "2026-11-11T13:00:00+08:00".parse()?);
/// let opening = Opening::new("chop", "ann", "POT", Money::from_minor(6_000));
/// let mut bargain = Bargain::open(Currency::CNY, &terms, opening, noon)?;
/// bargain.help(&"bob".into(), later)?;
/// assert_eq!(bargain.price(), Money::from_minor(4_000));
/// assert_eq!(bargain.buy(later)?, [Change::Bought { price: Money::from_minor(4_000) }]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "document::BargainDocument", try_from = "document::BargainDocument")]
pub struct Bargain {
    rule: RuleId,
    currency: Currency,
    customer: CustomerId,
    sku: Sku,
    /// What the product cost when it was opened.
    start: Money,
    floor: Money,
    /// What each helper cuts, in turn, the last entry again and again; empty where the host says it.
    cuts: Vec<Money>,
    /// The most one helper cuts, where the host says it.
    cut_max: Option<Money>,
    helpers_max: Option<u32>,
    deadline: Moment,
    /// The moment of the last step.
    as_of: Moment,
    status: Status,
    helps: Vec<Help>,
}

/// Where a bargain is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Status {
    /// It takes helpers; what is reached may be bought.
    Open {},
    /// It is at its floor and takes no more helpers.
    AtFloor {},
    /// It was bought at the price it had.
    Bought {
        /// When.
        at: Moment,
    },
    /// It was not bought in time.
    Expired {
        /// When.
        at: Moment,
    },
}

/// One helper's cut.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Help {
    /// Who.
    pub helper: CustomerId,
    /// How much, as far as the floor let it.
    pub amount: Money,
    /// When.
    pub at: Moment,
}

/// Who bargains for what.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opening {
    /// The rule whose price it is.
    pub rule: RuleId,
    /// Who buys.
    pub customer: CustomerId,
    /// What.
    pub sku: Sku,
    /// What it costs now, in minor units.
    pub price: Money,
}

impl Opening {
    /// A customer who bargains for a product at its price.
    pub fn new(rule: impl AsRef<str>, customer: impl AsRef<str>, sku: impl AsRef<str>, price: Money) -> Self {
        let (rule, customer) = (RuleId::new(rule), CustomerId::new(customer));
        Self { rule, customer, sku: Sku::new(sku), price }
    }
}

/// What a step did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// A helper cut the price.
    Cut {
        /// Who.
        helper: CustomerId,
        /// How much.
        amount: Money,
        /// What it costs now.
        price: Money,
    },
    /// The price is at its floor.
    AtFloor {},
    /// It was bought.
    Bought {
        /// At this price.
        price: Money,
    },
    /// It was not bought in time.
    Expired {},
}

impl Bargain {
    /// Opens a bargain; its terms and its deadline are set for good.
    ///
    /// # Errors
    /// [`BargainError`] when an amount is out of range, the product costs no more than the floor, or the deadline is
    /// beyond the calendar.
    pub fn open(
        currency: Currency,
        terms: &BargainPrice,
        opening: Opening,
        now: Moment,
    ) -> Result<Self, BargainError> {
        let minor = |amount: Amount| {
            let money = amount.to_money(currency).map_err(|_| BargainError::BadAmount { given: amount })?;
            if money < Money::ZERO { Err(BargainError::BadAmount { given: amount }) } else { Ok(money) }
        };
        let floor = minor(terms.floor)?;
        let cut = |amount: &Amount| {
            let above_zero = |money: &Money| *money > Money::ZERO;
            Some(minor(*amount)?).filter(above_zero).ok_or(BargainError::BadAmount { given: *amount })
        };
        let cuts = terms.cuts.iter().map(cut).collect::<Result<Vec<Money>, _>>()?;
        let cut_max = terms.cut_max.map(minor).transpose()?;
        let Opening { rule, customer, sku, price: start } = opening;
        if start <= floor || start.minor() > AMOUNT_MAX {
            return Err(BargainError::NothingToCut);
        }
        let deadline = now.after_minutes(terms.minutes).ok_or(BargainError::BeyondCalendar)?;
        Ok(Self {
            rule,
            currency,
            customer,
            sku,
            start,
            floor,
            cuts,
            cut_max,
            helpers_max: terms.helpers_max,
            deadline,
            as_of: now,
            status: Status::Open {},
            helps: Vec::new(),
        })
    }

    /// A helper cuts what the schedule says, as far as the floor lets them.
    ///
    /// # Errors
    /// [`BargainError`] when the terms have no schedule, the bargain takes no more helpers, the helper has helped or is
    /// the buyer, or the moment is before the last step.
    pub fn help(&mut self, helper: &CustomerId, now: Moment) -> Result<Vec<Change>, BargainError> {
        let next = self.cuts.get(self.helps.len()).or(self.cuts.last());
        let amount = next.copied().ok_or(BargainError::NoSchedule)?;
        self.cut(helper, amount, now)
    }

    /// A helper cuts what the host says, as far as the floor lets them.
    ///
    /// # Errors
    /// As [`help`](Self::help), and when the terms have a schedule, or the amount is nothing or more than they allow.
    pub fn help_by(
        &mut self,
        helper: &CustomerId,
        amount: Money,
        now: Moment,
    ) -> Result<Vec<Change>, BargainError> {
        if !self.cuts.is_empty() {
            return Err(BargainError::Scheduled);
        }
        let most = self.cut_max.unwrap_or(self.start);
        if amount <= Money::ZERO || amount > most {
            return Err(BargainError::CutOutOfRange { given: amount, most });
        }
        self.cut(helper, amount, now)
    }

    /// The customer buys at the price that is reached.
    ///
    /// # Errors
    /// [`BargainError`] when it was bought, is over, or the moment is before the last step.
    pub fn buy(&mut self, now: Moment) -> Result<Vec<Change>, BargainError> {
        self.check_moment(now)?;
        match self.status {
            Status::Open {} | Status::AtFloor {} => {}
            Status::Bought { .. } | Status::Expired { .. } => return Err(BargainError::Over),
        }
        (self.as_of, self.status) = (now, Status::Bought { at: now });
        Ok(vec![Change::Bought { price: self.price() }])
    }

    /// Lets time do what is due: at its deadline a bargain that was not bought is over. Nothing due changes nothing.
    ///
    /// # Errors
    /// [`BargainError::TimeWentBack`] when the moment is before the last step.
    pub fn advance(&mut self, now: Moment) -> Result<Vec<Change>, BargainError> {
        if now.unix_ms() < self.as_of.unix_ms() {
            return Err(BargainError::TimeWentBack);
        }
        let due = self.is_running() && self.deadline.unix_ms() <= now.unix_ms();
        self.as_of = now;
        if !due {
            return Ok(Vec::new());
        }
        self.status = Status::Expired { at: self.deadline };
        Ok(vec![Change::Expired {}])
    }

    /// What the product costs after all cuts.
    #[must_use]
    pub fn price(&self) -> Money {
        let cut = self.helps.iter().try_fold(Money::ZERO, |sum, help| sum.checked_add(help.amount));
        // All cuts together are at most what lies between the start and the floor.
        cut.and_then(|cut| self.start.checked_sub(cut)).unwrap_or(self.start)
    }

    /// What pricing is told, for [`Context::bargain`](crate::shop::Context::bargain): the product and its price. Nothing
    /// once it is bought or over.
    #[must_use]
    pub fn facts(&self) -> Option<(&Sku, Amount)> {
        self.is_running().then(|| (&self.sku, Amount::from_money(self.price(), self.currency)))
    }

    /// The rule whose price it is.
    #[must_use]
    pub const fn rule(&self) -> &RuleId {
        &self.rule
    }

    /// Who buys.
    #[must_use]
    pub const fn customer(&self) -> &CustomerId {
        &self.customer
    }

    /// Where it is in its life.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// When it is over; set when it was opened.
    #[must_use]
    pub const fn deadline(&self) -> Moment {
        self.deadline
    }

    /// All cuts, in their order.
    #[must_use]
    pub fn helps(&self) -> &[Help] {
        &self.helps
    }

    fn cut(&mut self, helper: &CustomerId, amount: Money, now: Moment) -> Result<Vec<Change>, BargainError> {
        self.check_moment(now)?;
        match self.status {
            Status::Open {} => {}
            Status::AtFloor {} => return Err(BargainError::AtFloor),
            Status::Bought { .. } | Status::Expired { .. } => return Err(BargainError::Over),
        }
        if *helper == self.customer {
            return Err(BargainError::OwnBargain);
        }
        if self.helps.iter().any(|help| help.helper == *helper) {
            return Err(BargainError::HelpedAlready);
        }
        let limit = self.helps_max();
        if self.helps.len() >= limit {
            return Err(BargainError::TooManyHelpers { limit });
        }
        let left = self.price().checked_sub(self.floor).unwrap_or_default();
        let amount = amount.min(left);
        self.as_of = now;
        self.helps.push(Help { helper: helper.clone(), amount, at: now });
        let price = self.price();
        let mut changes = vec![Change::Cut { helper: helper.clone(), amount, price }];
        if price == self.floor {
            self.status = Status::AtFloor {};
            changes.push(Change::AtFloor {});
        }
        Ok(changes)
    }

    fn helps_max(&self) -> usize {
        let most = self.helpers_max.and_then(|most| usize::try_from(most).ok());
        most.unwrap_or(BARGAIN_HELPS_MAX).min(BARGAIN_HELPS_MAX)
    }

    const fn is_running(&self) -> bool {
        matches!(self.status, Status::Open {} | Status::AtFloor {})
    }

    /// Steps come in the order of time, and none before what is due was done.
    fn check_moment(&self, now: Moment) -> Result<(), BargainError> {
        if now.unix_ms() < self.as_of.unix_ms() {
            return Err(BargainError::TimeWentBack);
        }
        if self.is_running() && self.deadline.unix_ms() <= now.unix_ms() {
            return Err(BargainError::Due { since: self.deadline });
        }
        Ok(())
    }
}
