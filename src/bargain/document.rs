//! The bargain as a document: amounts as strings, and every promise checked when it is read.

use serde::{Deserialize, Serialize};

use super::{Bargain, Help, Status};
use crate::money::{Amount, Currency, Money};
use crate::rules::RuleId;
use crate::shop::{CustomerId, Moment, Sku};

/// What a bargain looks like in JSON.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BargainDocument {
    rule: RuleId,
    currency: Currency,
    customer: CustomerId,
    sku: Sku,
    start: Amount,
    floor: Amount,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cuts: Vec<Amount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cut_max: Option<Amount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    helpers_max: Option<u32>,
    deadline: Moment,
    as_of: Moment,
    status: Status,
    helps: Vec<HelpDocument>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HelpDocument {
    helper: CustomerId,
    amount: Amount,
    at: Moment,
}

/// Why a document is not a bargain that any order of steps could have made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BargainDocumentError {
    /// An amount is below zero, too fine or too large, or the start is not above the floor.
    #[error("an amount is none of the currency, or the start is not above the floor")]
    Amount,
    /// More have helped than can.
    #[error("{given} have helped; at most {limit} can")]
    Helpers {
        /// How many.
        given: usize,
        /// How many can.
        limit: usize,
    },
    /// A help that no step makes: of the buyer, of somebody again, out of turn, or of another amount.
    #[error("help {help} is none that could have been given")]
    Help {
        /// Which, from 0.
        help: usize,
    },
    /// The status does not go with the price or the moments.
    #[error("the status does not go with the price and moments")]
    Status,
}

impl From<Bargain> for BargainDocument {
    fn from(bargain: Bargain) -> Self {
        let amount = |money: Money| Amount::from_money(money, bargain.currency);
        Self {
            start: amount(bargain.start),
            floor: amount(bargain.floor),
            cuts: bargain.cuts.iter().map(|cut| amount(*cut)).collect(),
            cut_max: bargain.cut_max.map(amount),
            helps: bargain
                .helps
                .iter()
                .map(|help| HelpDocument {
                    helper: help.helper.clone(),
                    amount: amount(help.amount),
                    at: help.at,
                })
                .collect(),
            rule: bargain.rule,
            currency: bargain.currency,
            customer: bargain.customer,
            sku: bargain.sku,
            helpers_max: bargain.helpers_max,
            deadline: bargain.deadline,
            as_of: bargain.as_of,
            status: bargain.status,
        }
    }
}

impl TryFrom<BargainDocument> for Bargain {
    type Error = BargainDocumentError;
    fn try_from(document: BargainDocument) -> Result<Self, BargainDocumentError> {
        let money = |amount: Amount| {
            let money = amount.to_money(document.currency).ok().filter(|_| !amount.is_negative());
            money.ok_or(BargainDocumentError::Amount)
        };
        let helps = document
            .helps
            .iter()
            .map(|help| Ok(Help { helper: help.helper.clone(), amount: money(help.amount)?, at: help.at }));
        let bargain = Self {
            start: money(document.start)?,
            floor: money(document.floor)?,
            cuts: document.cuts.iter().map(|cut| money(*cut)).collect::<Result<_, _>>()?,
            cut_max: document.cut_max.map(money).transpose()?,
            helps: helps.collect::<Result<_, _>>()?,
            rule: document.rule,
            currency: document.currency,
            customer: document.customer,
            sku: document.sku,
            helpers_max: document.helpers_max,
            deadline: document.deadline,
            as_of: document.as_of,
            status: document.status,
        };
        bargain.check()?;
        Ok(bargain)
    }
}

impl Bargain {
    /// Plays the helps again and holds what comes of them against the document.
    fn check(&self) -> Result<(), BargainDocumentError> {
        if self.start <= self.floor || self.cuts.contains(&Money::ZERO) {
            return Err(BargainDocumentError::Amount);
        }
        let (given, limit) = (self.helps.len(), self.helps_max());
        if given > limit {
            return Err(BargainDocumentError::Helpers { given, limit });
        }
        let mut helpers = std::collections::BTreeSet::new();
        let (mut price, mut last) = (self.start, None);
        for (position, help) in self.helps.iter().enumerate() {
            let left = price.checked_sub(self.floor).unwrap_or_default();
            let scheduled = self.cuts.get(position).or(self.cuts.last()).copied();
            let right = match scheduled {
                Some(cut) => help.amount == cut.min(left),
                None => help.amount > Money::ZERO && help.amount <= left.min(self.cut_max.unwrap_or(left)),
            };
            let in_turn = last.is_none_or(|last| last <= help.at.unix_ms())
                && help.at.unix_ms() < self.deadline.unix_ms()
                && help.at.unix_ms() <= self.as_of.unix_ms();
            let new = help.helper != self.customer && helpers.insert(&help.helper);
            // At its floor a bargain takes no more helpers.
            if !right || !in_turn || !new || left == Money::ZERO {
                return Err(BargainDocumentError::Help { help: position });
            }
            price = price.checked_sub(help.amount).unwrap_or_default();
            last = Some(help.at.unix_ms());
        }
        self.check_status(price, last)
    }

    fn check_status(&self, price: Money, last_help: Option<i64>) -> Result<(), BargainDocumentError> {
        let (as_of, deadline) = (self.as_of.unix_ms(), self.deadline.unix_ms());
        let holds = match self.status {
            Status::Open {} => price > self.floor && as_of < deadline,
            Status::AtFloor {} => price == self.floor && as_of < deadline,
            Status::Bought { at } => {
                let at = at.unix_ms();
                at < deadline && at <= as_of && last_help.is_none_or(|help| help <= at)
            }
            Status::Expired { at } => at == self.deadline && deadline <= as_of,
        };
        if holds { Ok(()) } else { Err(BargainDocumentError::Status) }
    }
}
