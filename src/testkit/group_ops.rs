//! The life of a buying group under any order of steps, watched by an account that only adds up what the steps say.

use std::collections::{BTreeMap, BTreeSet};

use crate::bounds::AMOUNT_MAX;
use crate::group::{Buyer, Change, Group, GroupError, Status};
use crate::money::{Currency, Money};
use crate::record::GroupOutcome;
use crate::rules::{GroupPrice, GroupTier, Join};
use crate::shop::{CustomerId, GroupRole, Moment};

/// What happened in a run, so that tests can see that runs are not all alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupEvent {
    /// The group failed.
    Failed,
    /// It succeeded with real members only.
    Succeeded,
    /// It succeeded with dummies.
    Filled,
    /// It was settled at its first tier.
    SettledAtFirst,
    /// It was settled at a better tier.
    SettledAtBetter,
    /// Too few members held on for any tier.
    SettledAtNone,
    /// The leader left an open group to somebody else.
    HandedOver,
    /// Somebody left after the success.
    LeftLate,
    /// Somebody left and came back.
    CameBack,
    /// A step was refused.
    Refused,
}

const CUSTOMERS: [&str; 8] = ["ann", "bob", "cai", "dan", "eve", "fei", "gus", "hua"];

/// Runs the steps that some bytes stand for, and checks after each what every order of steps must keep: nobody keeps
/// the group's price without its success, nobody gets back more than they paid, the deadline stays, a refused step
/// changes nothing, and the document reads back as it was written.
///
/// # Errors
/// The first promise that was broken, in words.
pub fn group_ops(bytes: &[u8]) -> Result<BTreeSet<GroupEvent>, String> {
    let mut bytes = bytes.iter().copied();
    let mut run = Run::open(&mut bytes)?;
    while let Some(step) = bytes.next() {
        let gap = bytes.next().map_or(0, |byte| u32::from(byte % 32));
        run.step(step, gap)?;
        run.check()?;
    }
    Ok(run.events)
}

struct Run {
    group: Group,
    terms: GroupPrice,
    deadline: Moment,
    now: Moment,
    /// What each customer paid and got back, by what the steps said.
    account: BTreeMap<CustomerId, (i128, i128)>,
    left: BTreeSet<CustomerId>,
    events: BTreeSet<GroupEvent>,
}

impl Run {
    fn open(bytes: &mut impl Iterator<Item = u8>) -> Result<Self, String> {
        let mut below = |bound: u8| u32::from(bytes.next().unwrap_or(0) % bound);
        let first = 1 + below(4);
        let sizes = [first, first + 1 + below(2), first + 3 + below(2)];
        let tiers = 1 + below(3);
        let price = |at: u32| Money::from_minor(9_000 - 2_000 * i64::from(at));
        let amount = |at: u32| crate::money::Amount::from_money(price(at), Currency::CNY);
        let tiers = (0..).zip(sizes).take(tiers as usize).map(|(at, size)| GroupTier::new(size, amount(at)));
        let join = if below(4) == 0 { Join::Newcomers } else { Join::Anyone };
        let terms = GroupPrice::new(tiers, 60).join(join).fill(below(3)).hold_minutes(below(3) * 30);
        let now: Moment = "2026-11-11T00:00:00+08:00".parse().map_err(|error| format!("{error}"))?;
        let buyer = buyer("ann", &terms, 1 + below(3));
        let opened = Group::open("together".into(), Currency::CNY, &terms, buyer, now);
        let (group, changes) = opened.map_err(|error| format!("sound terms are refused: {error}"))?;
        let deadline = group.deadline();
        let (account, left, events) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        let mut run = Self { group, terms, deadline, now, account, left, events };
        run.book(&changes);
        run.check()?;
        Ok(run)
    }

    fn step(&mut self, step: u8, gap: u32) -> Result<(), String> {
        self.now = self.now.after_minutes(gap).ok_or("beyond the calendar")?;
        let before = self.group.clone();
        let name = CUSTOMERS.get(usize::from(step >> 2) % CUSTOMERS.len()).copied().unwrap_or("ann");
        let customer = CustomerId::new(name);
        let done = match step % 4 {
            0 | 1 => {
                let one = buyer(name, &self.terms, 1 + u32::from(step >> 5) % 3);
                let one = if step % 4 == 1 { one.newcomer() } else { one };
                self.group.join(one, self.now)
            }
            2 => self.group.leave(&customer, self.now),
            _ => self.group.advance(self.now),
        };
        match done {
            Ok(changes) => {
                self.note(&before, step, &customer, &changes);
                self.book(&changes);
            }
            Err(error) => {
                if before != self.group {
                    return Err(format!("a refused step changed the group: {error}"));
                }
                self.events.insert(GroupEvent::Refused);
                if let GroupError::Due { .. } = error {
                    let changes = self.group.advance(self.now).map_err(|error| error.to_string())?;
                    self.note(&before, 3, &customer, &changes);
                    self.book(&changes);
                }
            }
        }
        Ok(())
    }

    fn note(&mut self, before: &Group, step: u8, customer: &CustomerId, changes: &[Change]) {
        let first = self.terms.tiers.first().map(|tier| tier.size);
        for change in changes {
            self.events.extend(match change {
                Change::Failed {} => Some(GroupEvent::Failed),
                Change::Succeeded { dummies: 0, .. } => Some(GroupEvent::Succeeded),
                Change::Succeeded { .. } => Some(GroupEvent::Filled),
                Change::Settled { size: None } => Some(GroupEvent::SettledAtNone),
                Change::Settled { size } if *size == first => Some(GroupEvent::SettledAtFirst),
                Change::Settled { .. } => Some(GroupEvent::SettledAtBetter),
                Change::Leads { .. } => Some(GroupEvent::HandedOver),
                Change::Paid { .. } | Change::Refunded { .. } => None,
            });
        }
        if step % 4 == 2 {
            let late = !matches!(before.status(), Status::Open {});
            self.events.extend(late.then_some(GroupEvent::LeftLate));
            self.left.insert(customer.clone());
        } else if step % 4 < 2 && self.left.contains(customer) {
            self.events.insert(GroupEvent::CameBack);
        }
    }

    fn book(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Paid { customer, amount } => {
                    self.account.entry(customer.clone()).or_default().0 += i128::from(amount.minor());
                }
                Change::Refunded { customer, amount } => {
                    self.account.entry(customer.clone()).or_default().1 += i128::from(amount.minor());
                }
                Change::Leads { .. }
                | Change::Succeeded { .. }
                | Change::Failed {}
                | Change::Settled { .. } => {}
            }
        }
    }

    fn check(&self) -> Result<(), String> {
        let group = &self.group;
        let told = |holds: bool, what: &str| if holds { Ok(()) } else { Err(format!("{what}: {group:#?}")) };
        told(group.deadline() == self.deadline, "the deadline moved")?;
        for (customer, (paid, back)) in &self.account {
            told(back <= paid, "somebody got back more than they paid")?;
            told((0..=i128::from(AMOUNT_MAX)).contains(back), "an amount out of range")?;
            let seats = group.seats().iter().filter(|seat| seat.customer == *customer);
            let net: i128 = seats.map(|seat| i128::from(seat.net().minor())).sum();
            told(paid - back == net, "the seats do not say what was paid")?;
        }
        let inside = || group.seats().iter().filter(|seat| seat.left.is_none());
        let outside = group.seats().iter().filter(|seat| seat.left.is_some());
        told(outside.into_iter().all(|seat| seat.net() == Money::ZERO), "somebody left without their money")?;
        match group.status() {
            Status::Open {} | Status::Succeeded { .. } => {
                told(inside().all(|seat| seat.net() == seat.paid), "a difference was paid out too early")?;
            }
            Status::Failed { .. } => {
                told(inside().all(|seat| seat.net() == Money::ZERO), "a price was granted without success")?;
            }
            Status::Settled { size, .. } => self.check_settled(size)?,
        }
        if let Status::Succeeded { at, dummies } | Status::Settled { at, dummies, .. } = group.status() {
            told(dummies <= self.terms.fill, "more dummies than the terms allow")?;
            let decided =
                matches!(group.status(), Status::Settled { .. }) || at.unix_ms() <= self.deadline.unix_ms();
            told(decided, "the group succeeded after its deadline")?;
        }
        let leaders = inside().filter(|seat| seat.role == GroupRole::Leader).count();
        told(leaders <= 1, "two lead the group")?;
        let text = serde_json::to_string(group).map_err(|error| error.to_string())?;
        let read: Group = serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
        told(read == *group, "the document does not read back")
    }

    /// Everybody inside pays what their order costs at the tier, or the first one's price if that is less.
    fn check_settled(&self, size: Option<u32>) -> Result<(), String> {
        for seat in self.group.seats().iter().filter(|seat| seat.left.is_none()) {
            let outcome = seat.outcomes.iter().find(|outcome| Some(outcome.size) == size);
            let cost = outcome.map_or(seat.paid, |outcome| match seat.role {
                GroupRole::Leader => outcome.leader_payable,
                GroupRole::Member => outcome.payable,
            });
            if seat.net() != cost.min(seat.paid) {
                return Err(format!("{} pays {:?} in place of {cost:?}", seat.customer, seat.net()));
            }
        }
        Ok(())
    }
}

/// A buyer of so many units, each at the tier's price; the leader pays half of it.
fn buyer(name: &str, terms: &GroupPrice, units: u32) -> Buyer {
    let outcome = |tier: &GroupTier| {
        let price = tier.price.to_money(Currency::CNY).unwrap_or_default().minor() * i64::from(units);
        GroupOutcome::new(tier.size, Money::from_minor(price)).leader(Money::from_minor(price / 2))
    };
    Buyer::new(name, &terms.tiers.iter().map(outcome).collect::<Vec<_>>())
}
