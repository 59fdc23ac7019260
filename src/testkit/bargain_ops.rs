//! The life of a bargain under any order of steps, watched by an account that only adds up what the steps say.

use std::collections::BTreeSet;

use crate::bargain::{Bargain, BargainError, Change, Opening, Status};
use crate::money::{Amount, Currency, Money};
use crate::rules::{BargainPrice, Selector};
use crate::shop::{CustomerId, Moment};

/// What happened in a run, so that tests can see that runs are not all alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BargainEvent {
    /// Somebody helped by the schedule.
    Scheduled,
    /// Somebody helped by what the host said.
    Said,
    /// The price came down to its floor.
    AtFloor,
    /// It was bought above its floor.
    BoughtAbove,
    /// It was bought at its floor.
    BoughtAtFloor,
    /// It was not bought in time.
    Expired,
    /// A step was refused.
    Refused,
}

const HELPERS: [&str; 8] = ["ann", "bob", "cai", "dan", "eve", "fei", "gus", "hua"];
const START: i64 = 6_000;

/// Runs the steps that some bytes stand for, and checks after each what every order of steps must keep: the price is the
/// start less all cuts, never below the floor and never rising, nobody helps twice or themselves, it is bought once, the
/// deadline stays, a refused step changes nothing, and the document reads back as it was written.
///
/// # Errors
/// The first promise that was broken, in words.
pub fn bargain_ops(bytes: &[u8]) -> Result<BTreeSet<BargainEvent>, String> {
    let mut bytes = bytes.iter().copied();
    let mut below = |bound: u8| i64::from(bytes.next().unwrap_or(0) % bound);
    let amount = |minor: i64| Amount::from_money(Money::from_minor(minor), Currency::CNY);
    let floor = below(3) * 2_000;
    let mut terms = BargainPrice::new(amount(floor), Selector::all()).minutes(60);
    if below(2) == 0 {
        terms = terms.cuts([amount(1 + below(20) * 100), amount(1 + below(9) * 99)]);
    }
    terms.helpers_max = (below(3) == 0).then_some(4);
    let mut now: Moment = "2026-11-11T00:00:00+08:00".parse().map_err(|error| format!("{error}"))?;
    let opening = Opening::new("chop", "ann", "POT", Money::from_minor(START));
    let opened = Bargain::open(Currency::CNY, &terms, opening, now);
    let mut bargain = opened.map_err(|error| format!("sound terms are refused: {error}"))?;
    let deadline = bargain.deadline();
    let mut account = Account { price: START, helpers: BTreeSet::new(), sold: 0, events: BTreeSet::new() };
    while let Some(step) = bytes.next() {
        let gap = bytes.next().map_or(0, |byte| u32::from(byte % 6));
        now = now.after_minutes(gap).ok_or("beyond the calendar")?;
        let before = bargain.clone();
        let done = act(&mut bargain, step, now);
        match done {
            Ok(changes) => account.book(&changes, floor, !terms.cuts.is_empty())?,
            Err(error) => {
                account.events.insert(BargainEvent::Refused);
                if before != bargain {
                    return Err(format!("a refused step changed the bargain: {error}"));
                }
                if let BargainError::Due { .. } = error {
                    let changes = bargain.advance(now).map_err(|error| error.to_string())?;
                    account.book(&changes, floor, false)?;
                }
            }
        }
        account.check(&bargain, deadline, floor)?;
    }
    Ok(account.events)
}

fn act(bargain: &mut Bargain, step: u8, now: Moment) -> Result<Vec<Change>, BargainError> {
    let name = HELPERS.get(usize::from(step >> 3) % HELPERS.len()).copied().unwrap_or("ann");
    let helper = CustomerId::new(name);
    match step % 8 {
        0..=2 => bargain.help(&helper, now),
        3 | 4 => bargain.help_by(&helper, Money::from_minor(i64::from(step) * 15 - 40), now),
        5 => bargain.buy(now),
        _ => bargain.advance(now),
    }
}

struct Account {
    price: i64,
    helpers: BTreeSet<CustomerId>,
    sold: u32,
    events: BTreeSet<BargainEvent>,
}

impl Account {
    fn book(&mut self, changes: &[Change], floor: i64, scheduled: bool) -> Result<(), String> {
        for change in changes {
            let event = match change {
                Change::Cut { helper, amount, price } => {
                    self.price -= amount.minor();
                    let new = helper.as_str() != "ann" && self.helpers.insert(helper.clone());
                    let cuts = amount.minor() > 0 && price.minor() == self.price && self.price >= floor;
                    if !new || !cuts {
                        return Err(format!("a cut that should not be: {change:?}"));
                    }
                    if scheduled { BargainEvent::Scheduled } else { BargainEvent::Said }
                }
                Change::AtFloor {} => BargainEvent::AtFloor,
                Change::Bought { price } => {
                    self.sold += 1;
                    if self.sold > 1 || price.minor() != self.price {
                        return Err(format!("bought otherwise than it stood: {change:?}"));
                    }
                    if self.price > floor { BargainEvent::BoughtAbove } else { BargainEvent::BoughtAtFloor }
                }
                Change::Expired {} => BargainEvent::Expired,
            };
            self.events.insert(event);
        }
        Ok(())
    }

    fn check(&self, bargain: &Bargain, deadline: Moment, floor: i64) -> Result<(), String> {
        let told =
            |holds: bool, what: &str| if holds { Ok(()) } else { Err(format!("{what}: {bargain:#?}")) };
        told(bargain.deadline() == deadline, "the deadline moved")?;
        told(bargain.price().minor() == self.price, "the price is not the start less the cuts")?;
        let stands = match bargain.status() {
            Status::Open {} => self.price > floor && self.sold == 0 && bargain.facts().is_some(),
            Status::AtFloor {} => self.price == floor && self.sold == 0 && bargain.facts().is_some(),
            Status::Bought { .. } => self.sold == 1 && bargain.facts().is_none(),
            Status::Expired { .. } => self.sold == 0 && bargain.facts().is_none(),
        };
        told(stands, "the status does not go with the price")?;
        let text = serde_json::to_string(bargain).map_err(|error| error.to_string())?;
        let read: Bargain = serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
        told(read == *bargain, "the document does not read back")
    }
}
