//! The life of a buying group 拼团: open, join, leave, succeed or fail, settle.
//!
//! In: the terms of a [`GroupPrice`] rule, buyers with what they would pay at each tier, moments. Out: a [`Group`], a
//! document with the money it took and gave back, and the [`Change`]s of each step. Everybody pays the first tier's price;
//! what a better tier saves, and the leader's benefit, is paid out only once the group has held through the return
//! window. Invariants: nobody keeps the group's price without its success, what is paid back is never more than what
//! was paid, whatever the order of joins and leaves, and the deadline never moves. Time is an argument; a step that
//! is refused changes nothing. Read next: `settle`, then `document`.

mod document;
mod error;
mod settle;
#[cfg(test)]
mod tests;

pub use document::GroupDocumentError;
pub use error::GroupError;

use serde::{Deserialize, Serialize};

use crate::bounds::GROUP_SEATS_MAX;
use crate::money::{Currency, Money};
use crate::record::GroupOutcome;
use crate::rules::{GroupPrice, Join, RuleId};
use crate::shop::{BuyingGroup, CustomerId, GroupRole, GroupStatus, Moment};

/// A buying group, from its opening to its settlement; in JSON a document that is checked when it is read.
///
/// ```
/// use dealproof::group::{Buyer, Change, Group};
/// use dealproof::money::{Currency, Money};
/// use dealproof::record::GroupOutcome;
/// use dealproof::rules::{GroupPrice, GroupTier};
///
/// let terms = GroupPrice::new([GroupTier::new(2, "60.00".parse()?)], 1_440);
/// let pays = [GroupOutcome::new(2, Money::from_minor(6_000))];
/// let (noon, later) = ("2026-11-11T12:00:00+08:00".parse()?, "2026-11-11T13:00:00+08:00".parse()?);
/// let (mut group, _) = Group::open("pair".into(), Currency::CNY, &terms, Buyer::new("ann", &pays), noon)?;
/// let changes = group.join(Buyer::new("bob", &pays), later)?;
/// assert!(changes.contains(&Change::Succeeded { members: 2, dummies: 0 }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "document::GroupDocument", try_from = "document::GroupDocument")]
pub struct Group {
    rule: RuleId,
    currency: Currency,
    /// Sizes of the tiers, rising; at least one.
    sizes: Vec<u32>,
    join: Join,
    fill: u32,
    hold_minutes: u32,
    deadline: Moment,
    /// The moment of the last step.
    as_of: Moment,
    status: Status,
    /// In the order of joining, those who left included.
    seats: Vec<Seat>,
}

/// Where a group is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Status {
    /// It takes members.
    Open {},
    /// It reached its first tier; goods may ship at that tier's price.
    Succeeded {
        /// When.
        at: Moment,
        /// Dummies that filled it.
        dummies: u32,
    },
    /// Its last tier is known and all differences are paid out.
    Settled {
        /// When.
        at: Moment,
        /// Dummies that filled it.
        dummies: u32,
        /// The size of the tier it is settled at; none when too few held on for any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        size: Option<u32>,
    },
    /// It reached no tier; everything is paid back.
    Failed {
        /// When.
        at: Moment,
    },
}

/// A member's place in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seat {
    /// Who.
    pub customer: CustomerId,
    /// Whether they lead the group, or led it when they left.
    pub role: GroupRole,
    /// What their order costs at each tier.
    pub outcomes: Vec<GroupOutcome>,
    /// What they paid: the first tier's price.
    pub paid: Money,
    /// What was paid back.
    pub refunded: Money,
    /// When they left; none while they are in.
    pub left: Option<Moment>,
}

impl Seat {
    const fn is_in(&self) -> bool {
        self.left.is_none()
    }

    /// What they have paid and not got back.
    #[must_use]
    pub fn net(&self) -> Money {
        // What is refunded is at most what was paid.
        self.paid.checked_sub(self.refunded).unwrap_or_default()
    }
}

/// Somebody who opens or joins a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buyer {
    customer: CustomerId,
    outcomes: Vec<GroupOutcome>,
    standing: Standing,
}

/// Whether a buyer has ordered before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Known,
    Newcomer,
}

impl Buyer {
    /// A buyer with what their order costs at each tier, as `Plan::group_outcomes` says.
    pub fn new(customer: impl AsRef<str>, outcomes: &[GroupOutcome]) -> Self {
        let customer = CustomerId::new(customer);
        Self { customer, outcomes: outcomes.to_vec(), standing: Standing::Known }
    }

    /// Says that this is the buyer's first order.
    #[must_use]
    pub const fn newcomer(mut self) -> Self {
        self.standing = Standing::Newcomer;
        self
    }
}

/// What a step changed, in the order it happened. The host moves the money.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// A member pays.
    Paid {
        /// Who.
        customer: CustomerId,
        /// How much.
        amount: Money,
    },
    /// A member gets money back; never nothing.
    Refunded {
        /// Who.
        customer: CustomerId,
        /// How much.
        amount: Money,
    },
    /// The leader left and the earliest member leads now.
    Leads {
        /// Who.
        customer: CustomerId,
    },
    /// The group reached a tier.
    Succeeded {
        /// Real members.
        members: u32,
        /// Dummies that filled it.
        dummies: u32,
    },
    /// The group reached no tier.
    Failed {},
    /// The group is settled at the tier of this size, or at none.
    Settled {
        /// The size.
        size: Option<u32>,
    },
}

impl Group {
    /// Opens a group: its leader pays, and its deadline is set for good.
    ///
    /// # Errors
    /// [`GroupError`] when the terms have no tiers, the buyer's outcomes are not those of the tiers, or the deadline is
    /// beyond the calendar.
    pub fn open(
        rule: RuleId,
        currency: Currency,
        terms: &GroupPrice,
        leader: Buyer,
        now: Moment,
    ) -> Result<(Self, Vec<Change>), GroupError> {
        let sizes: Vec<u32> = terms.tiers.iter().map(|tier| tier.size).collect();
        if sizes.first().is_none_or(|first| *first == 0) || !sizes.is_sorted_by(|low, high| low < high) {
            return Err(GroupError::NoTiers);
        }
        let deadline = now.after_minutes(terms.minutes).ok_or(GroupError::BeyondCalendar)?;
        deadline.after_minutes(terms.hold_minutes).ok_or(GroupError::BeyondCalendar)?;
        let mut group = Self {
            rule,
            currency,
            sizes,
            join: terms.join,
            fill: terms.fill,
            hold_minutes: terms.hold_minutes,
            deadline,
            as_of: now,
            status: Status::Open {},
            seats: Vec::new(),
        };
        let seat = group.seat(leader, GroupRole::Leader)?;
        let mut changes = Vec::new();
        group.take_seat(seat, now, &mut changes);
        Ok((group, changes))
    }

    /// A further member pays and takes a seat. With the last tier's size the group succeeds at once.
    ///
    /// # Errors
    /// [`GroupError`] when the group takes no members any more, the buyer is in it already or may not join, or the
    /// moment is before the last step.
    pub fn join(&mut self, buyer: Buyer, now: Moment) -> Result<Vec<Change>, GroupError> {
        self.check_moment(now)?;
        match self.status {
            Status::Open {} => {}
            Status::Succeeded { .. } | Status::Settled { .. } | Status::Failed { .. } => {
                return Err(GroupError::NotOpen);
            }
        }
        if self.join == Join::Newcomers && buyer.standing == Standing::Known {
            return Err(GroupError::NewcomersOnly);
        }
        if self.member(&buyer.customer).is_some() {
            return Err(GroupError::AlreadyIn);
        }
        if self.seats.len() >= GROUP_SEATS_MAX {
            return Err(GroupError::TooManySeats { limit: GROUP_SEATS_MAX });
        }
        let seat = self.seat(buyer, GroupRole::Member)?;
        let mut changes = Vec::new();
        self.take_seat(seat, now, &mut changes);
        Ok(changes)
    }

    /// A member leaves and gets back all they have paid and not got back yet. The price others paid stays as it is;
    /// what they may still get is decided by who is left at the settlement.
    ///
    /// # Errors
    /// [`GroupError`] when the customer is not in the group, the group has failed, or the moment is before the last step.
    pub fn leave(&mut self, customer: &CustomerId, now: Moment) -> Result<Vec<Change>, GroupError> {
        self.check_moment(now)?;
        if matches!(self.status, Status::Failed { .. }) {
            return Err(GroupError::NotOpen);
        }
        let position = self.member(customer).ok_or(GroupError::NotIn)?;
        self.as_of = now;
        let mut changes = Vec::new();
        self.pay_back_all(position, &mut changes);
        if let Some(seat) = self.seats.get_mut(position) {
            seat.left = Some(now);
        }
        if self.status == (Status::Open {}) {
            self.hand_over(&mut changes);
            if self.members() == 0 {
                self.fail(now, &mut changes);
            }
        }
        Ok(changes)
    }

    /// Lets time do what is due: the deadline decides an open group, the end of the return window settles one that
    /// succeeded. Nothing due changes nothing.
    ///
    /// # Errors
    /// [`GroupError::TimeWentBack`] when the moment is before the last step.
    pub fn advance(&mut self, now: Moment) -> Result<Vec<Change>, GroupError> {
        if now.unix_ms() < self.as_of.unix_ms() {
            return Err(GroupError::TimeWentBack);
        }
        let mut changes = Vec::new();
        if self.status == (Status::Open {}) && is_reached(self.deadline, now) {
            self.decide(&mut changes);
        }
        if let Status::Succeeded { at, dummies } = self.status
            && let Some(end) = at.after_minutes(self.hold_minutes)
            && is_reached(end, now)
        {
            self.settle(end, dummies, &mut changes);
        }
        self.as_of = now;
        Ok(changes)
    }

    /// The rule whose price it is.
    #[must_use]
    pub const fn rule(&self) -> &RuleId {
        &self.rule
    }

    /// Where it is in its life.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// When it is decided, at the latest; set when it was opened.
    #[must_use]
    pub const fn deadline(&self) -> Moment {
        self.deadline
    }

    /// All seats in the order of joining, those who left included.
    #[must_use]
    pub fn seats(&self) -> &[Seat] {
        &self.seats
    }

    /// How many real members are in it.
    #[must_use]
    pub fn members(&self) -> u32 {
        // At most GROUP_SEATS_MAX.
        u32::try_from(self.seats.iter().filter(|seat| seat.is_in()).count()).unwrap_or(u32::MAX)
    }

    /// The group as pricing sees it for a member; none for somebody who is not in it. A group that is not settled is
    /// open to pricing: its price is still the first tier's.
    #[must_use]
    pub fn facts(&self, customer: &CustomerId) -> Option<BuyingGroup> {
        let seat = self.seats.get(self.member(customer)?)?;
        let (size, status) = match self.status {
            Status::Open {} | Status::Succeeded { .. } => (self.members(), GroupStatus::Open),
            Status::Settled { size, .. } => (size.or(self.sizes.first().copied())?, GroupStatus::Closed),
            Status::Failed { .. } => return None,
        };
        Some(BuyingGroup::new(size).role(seat.role).status(status))
    }

    fn seat(&self, buyer: Buyer, role: GroupRole) -> Result<Seat, GroupError> {
        let sizes = buyer.outcomes.iter().map(|outcome| outcome.size);
        let valid = |money: Money| (0..=crate::bounds::AMOUNT_MAX).contains(&money.minor());
        let amounts =
            buyer.outcomes.iter().all(|outcome| valid(outcome.payable) && valid(outcome.leader_payable));
        if !sizes.eq(self.sizes.iter().copied()) || !amounts {
            return Err(GroupError::OtherTiers);
        }
        let paid = buyer.outcomes.first().map_or(Money::ZERO, |outcome| outcome.payable);
        let Buyer { customer, outcomes, .. } = buyer;
        Ok(Seat { customer, role, outcomes, paid, refunded: Money::ZERO, left: None })
    }

    fn take_seat(&mut self, seat: Seat, now: Moment, changes: &mut Vec<Change>) {
        changes.push(Change::Paid { customer: seat.customer.clone(), amount: seat.paid });
        self.seats.push(seat);
        self.as_of = now;
        if self.sizes.last().is_some_and(|last| self.members() >= *last) {
            self.succeed(now, 0, changes);
        }
    }

    /// The seat of somebody who is in the group.
    fn member(&self, customer: &CustomerId) -> Option<usize> {
        self.seats.iter().position(|seat| seat.is_in() && seat.customer == *customer)
    }

    /// Steps come in the order of time, and none before what is due was done.
    fn check_moment(&self, now: Moment) -> Result<(), GroupError> {
        if now.unix_ms() < self.as_of.unix_ms() {
            return Err(GroupError::TimeWentBack);
        }
        let due = match self.status {
            Status::Open {} => Some(self.deadline),
            Status::Succeeded { at, .. } => at.after_minutes(self.hold_minutes),
            Status::Settled { .. } | Status::Failed { .. } => None,
        };
        match due {
            Some(due) if is_reached(due, now) => Err(GroupError::Due { since: due }),
            Some(_) | None => Ok(()),
        }
    }
}

/// Ends are outside: at its very moment a deadline is reached.
fn is_reached(end: Moment, now: Moment) -> bool {
    end.unix_ms() <= now.unix_ms()
}
