//! Success, failure, settlement: who gets which difference back.
#![deny(clippy::arithmetic_side_effects)]

use super::{Change, Group, Seat, Status};
use crate::money::Money;
use crate::shop::{GroupRole, Moment};

impl Group {
    /// What the deadline makes of an open group: dummies may fill the first tier, never a better one.
    pub(super) fn decide(&mut self, changes: &mut Vec<Change>) {
        let (members, deadline) = (self.members(), self.deadline);
        let first = self.sizes.first().copied().unwrap_or(u32::MAX);
        let missing = first.saturating_sub(members);
        if members > 0 && missing <= self.fill {
            self.succeed(deadline, missing, changes);
        } else {
            self.fail(deadline, changes);
        }
    }

    pub(super) fn succeed(&mut self, at: Moment, dummies: u32, changes: &mut Vec<Change>) {
        self.status = Status::Succeeded { at, dummies };
        changes.push(Change::Succeeded { members: self.members(), dummies });
        if self.hold_minutes == 0 {
            self.settle(at, dummies, changes);
        }
    }

    pub(super) fn fail(&mut self, at: Moment, changes: &mut Vec<Change>) {
        self.status = Status::Failed { at };
        changes.push(Change::Failed {});
        for position in 0..self.seats.len() {
            self.pay_back_all(position, changes);
        }
    }

    /// Pays out what the tier saves that those who are left have reached, and the leader's benefit with it.
    pub(super) fn settle(&mut self, at: Moment, dummies: u32, changes: &mut Vec<Change>) {
        let tier = self.tier_held(dummies);
        let size = tier.and_then(|tier| self.sizes.get(tier)).copied();
        self.status = Status::Settled { at, dummies, size };
        changes.push(Change::Settled { size });
        let Some(tier) = tier else { return };
        for position in 0..self.seats.len() {
            let due = self
                .seats
                .get(position)
                .filter(|seat| seat.left.is_none())
                .map(|seat| difference(seat, tier));
            if let Some(due) = due {
                self.pay_back(position, due, changes);
            }
        }
    }

    /// The highest tier that those who are left make; dummies count for the first one only.
    fn tier_held(&self, dummies: u32) -> Option<usize> {
        let members = self.members();
        let real = self.sizes.iter().rposition(|size| *size <= members);
        let filled =
            members > 0 && self.sizes.first().is_some_and(|first| members.saturating_add(dummies) >= *first);
        real.or(filled.then_some(0))
    }

    /// While a group is open somebody leads it: whoever joined first of those who are left.
    pub(super) fn hand_over(&mut self, changes: &mut Vec<Change>) {
        let led = self.seats.iter().any(|seat| seat.left.is_none() && seat.role == GroupRole::Leader);
        if led {
            return;
        }
        if let Some(seat) = self.seats.iter_mut().find(|seat| seat.left.is_none()) {
            seat.role = GroupRole::Leader;
            changes.push(Change::Leads { customer: seat.customer.clone() });
        }
    }

    pub(super) fn pay_back_all(&mut self, position: usize, changes: &mut Vec<Change>) {
        let net = self.seats.get(position).map_or(Money::ZERO, Seat::net);
        self.pay_back(position, net, changes);
    }

    /// Pays back at most what was paid and not paid back yet.
    fn pay_back(&mut self, position: usize, amount: Money, changes: &mut Vec<Change>) {
        let Some(seat) = self.seats.get_mut(position) else { return };
        let amount = amount.min(seat.net());
        if amount > Money::ZERO
            && let Some(refunded) = seat.refunded.checked_add(amount)
        {
            seat.refunded = refunded;
            changes.push(Change::Refunded { customer: seat.customer.clone(), amount });
        }
    }
}

/// What a member has paid beyond what their order costs at a tier; nothing when it costs more there.
fn difference(seat: &Seat, tier: usize) -> Money {
    let cost = seat.outcomes.get(tier).map_or(seat.paid, |outcome| match seat.role {
        GroupRole::Leader => outcome.leader_payable,
        GroupRole::Member => outcome.payable,
    });
    seat.net().checked_sub(cost).unwrap_or_default().max(Money::ZERO)
}
