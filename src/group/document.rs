//! The group as a document: amounts as strings, and every promise checked when it is read.

use serde::{Deserialize, Serialize};

use super::{Group, Seat, Status};
use crate::bounds::GROUP_SEATS_MAX;
use crate::money::{Amount, Currency, Money};
use crate::record::GroupOutcome;
use crate::rules::{Join, RuleId};
use crate::shop::{CustomerId, GroupRole, Moment};

/// What a group looks like in JSON.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupDocument {
    rule: RuleId,
    currency: Currency,
    sizes: Vec<u32>,
    join: Join,
    fill: u32,
    hold_minutes: u32,
    deadline: Moment,
    as_of: Moment,
    status: Status,
    seats: Vec<SeatDocument>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeatDocument {
    customer: CustomerId,
    role: GroupRole,
    outcomes: Vec<OutcomeDocument>,
    refunded: Amount,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    left: Option<Moment>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutcomeDocument {
    size: u32,
    payable: Amount,
    leader_payable: Amount,
}

/// Why a document is not a group that any order of steps could have made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GroupDocumentError {
    /// No tiers, or their sizes do not rise.
    #[error("the sizes of the tiers do not rise")]
    Sizes,
    /// More seats than a group may have had, or none.
    #[error("{given} seats; 1 to {GROUP_SEATS_MAX} are possible")]
    Seats {
        /// How many.
        given: usize,
    },
    /// An amount is below zero, too fine or too large.
    #[error("seat {seat} has an amount the currency does not have")]
    Amount {
        /// Which seat, from 0.
        seat: usize,
    },
    /// The outcomes of a seat are not one for each tier.
    #[error("seat {seat} has other tiers than the group")]
    Tiers {
        /// Which seat, from 0.
        seat: usize,
    },
    /// Somebody got back more than they paid, or less than they should have.
    #[error("seat {seat} got back what it should not have, or did not get back what it should")]
    Refund {
        /// Which seat, from 0.
        seat: usize,
    },
    /// Somebody is in the group twice, or the group is not led by exactly one of its members.
    #[error("seat {seat} is taken twice, or leads beside another")]
    Seat {
        /// Which seat, from 0.
        seat: usize,
    },
    /// The status does not go with the members or the moments.
    #[error("the status does not go with the members and moments")]
    Status,
}

impl From<Group> for GroupDocument {
    fn from(group: Group) -> Self {
        let amount = |money: Money| Amount::from_money(money, group.currency);
        let seats = group.seats.iter().map(|seat| SeatDocument {
            customer: seat.customer.clone(),
            role: seat.role,
            outcomes: seat
                .outcomes
                .iter()
                .map(|outcome| OutcomeDocument {
                    size: outcome.size,
                    payable: amount(outcome.payable),
                    leader_payable: amount(outcome.leader_payable),
                })
                .collect(),
            refunded: amount(seat.refunded),
            left: seat.left,
        });
        Self {
            seats: seats.collect(),
            rule: group.rule,
            currency: group.currency,
            sizes: group.sizes,
            join: group.join,
            fill: group.fill,
            hold_minutes: group.hold_minutes,
            deadline: group.deadline,
            as_of: group.as_of,
            status: group.status,
        }
    }
}

impl TryFrom<GroupDocument> for Group {
    type Error = GroupDocumentError;
    fn try_from(document: GroupDocument) -> Result<Self, GroupDocumentError> {
        let given = document.seats.len();
        if given == 0 || given > GROUP_SEATS_MAX {
            return Err(GroupDocumentError::Seats { given });
        }
        let mut seats = Vec::with_capacity(given);
        for (position, seat) in document.seats.into_iter().enumerate() {
            let seat = seat.into_seat(document.currency);
            seats.push(seat.ok_or(GroupDocumentError::Amount { seat: position })?);
        }
        let group = Self {
            rule: document.rule,
            currency: document.currency,
            sizes: document.sizes,
            join: document.join,
            fill: document.fill,
            hold_minutes: document.hold_minutes,
            deadline: document.deadline,
            as_of: document.as_of,
            status: document.status,
            seats,
        };
        group.check()?;
        Ok(group)
    }
}

impl SeatDocument {
    fn into_seat(self, currency: Currency) -> Option<Seat> {
        let money = |amount: Amount| amount.to_money(currency).ok().filter(|_| !amount.is_negative());
        let outcomes = self.outcomes.into_iter().map(|outcome| {
            let (payable, leader_payable) = (money(outcome.payable)?, money(outcome.leader_payable)?);
            Some(GroupOutcome { size: outcome.size, payable, leader_payable })
        });
        let outcomes: Vec<GroupOutcome> = outcomes.collect::<Option<_>>()?;
        let paid = outcomes.first()?.payable;
        let (customer, role, left) = (self.customer, self.role, self.left);
        Some(Seat { customer, role, outcomes, paid, refunded: money(self.refunded)?, left })
    }
}

impl Group {
    /// Checks what every order of steps keeps.
    fn check(&self) -> Result<(), GroupDocumentError> {
        if self.sizes.first().is_none_or(|first| *first == 0)
            || !self.sizes.is_sorted_by(|low, high| low < high)
        {
            return Err(GroupDocumentError::Sizes);
        }
        let mut inside = std::collections::BTreeSet::new();
        let mut leader = None;
        for (position, seat) in self.seats.iter().enumerate() {
            if !seat.outcomes.iter().map(|outcome| outcome.size).eq(self.sizes.iter().copied()) {
                return Err(GroupDocumentError::Tiers { seat: position });
            }
            if !self.refund_is_possible(seat) {
                return Err(GroupDocumentError::Refund { seat: position });
            }
            let taken_twice = seat.is_in() && !inside.insert(&seat.customer);
            let leads_too =
                seat.is_in() && seat.role == GroupRole::Leader && leader.replace(position).is_some();
            if taken_twice || leads_too {
                return Err(GroupDocumentError::Seat { seat: position });
            }
        }
        self.check_status(leader.is_some())
    }

    /// Who left, and everybody of a group that failed, got all back; before the settlement nobody else got anything.
    fn refund_is_possible(&self, seat: &Seat) -> bool {
        let all = seat.refunded == seat.paid;
        match self.status {
            Status::Failed { .. } => all,
            Status::Open {} | Status::Succeeded { .. } => {
                if seat.is_in() {
                    seat.refunded == Money::ZERO
                } else {
                    all
                }
            }
            Status::Settled { .. } => {
                if seat.is_in() {
                    seat.refunded <= seat.paid
                } else {
                    all
                }
            }
        }
    }

    fn check_status(&self, led: bool) -> Result<(), GroupDocumentError> {
        let (first, last) = (self.sizes.first().copied(), self.sizes.last().copied());
        let came = u32::try_from(self.seats.len()).unwrap_or(u32::MAX);
        let reached = |dummies: u32| dummies <= self.fill && first <= came.checked_add(dummies);
        let holds = match self.status {
            Status::Open {} => led && Some(self.members()) < last,
            Status::Succeeded { at, dummies } => reached(dummies) && at.unix_ms() <= self.deadline.unix_ms(),
            Status::Settled { dummies, size, .. } => {
                reached(dummies) && size.is_none_or(|size| self.sizes.contains(&size))
            }
            Status::Failed { .. } => true,
        };
        let possible = self.deadline.after_minutes(self.hold_minutes).is_some();
        if holds && possible { Ok(()) } else { Err(GroupDocumentError::Status) }
    }
}
