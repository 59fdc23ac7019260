//! Concurrent checkouts over the embedded ledger, with all that goes wrong at one.

mod shoppers;
mod tally;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use dealproof::checkout::{self, Order};
use dealproof::compile::Plan;
use dealproof::evaluate::Scratch;
use dealproof::ledger::{
    Commit, Embedded, Ledger, Limit, Refund, Refusal, Release, RequestId, Settings, Settled,
};
use dealproof::rules::RuleSet;
use dealproof::shop::Moment;

use shoppers::{Ending, Shopper, Shoppers};
use tally::Tally;

/// How much is simulated.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Checkouts in all.
    pub checkouts: u64,
    /// Threads that make them at once.
    pub threads: u64,
    /// What they are drawn from.
    pub seed: u64,
}

/// A report, and whether a limit was passed.
pub struct Simulated {
    /// The report, for people.
    pub report: String,
    /// Whether a limit was passed, or the books disagree.
    pub verdict: Verdict,
}

/// Whether all limits were kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They were.
    Kept,
    /// One was passed.
    Passed,
}

/// Minutes of the simulated clock, in milliseconds.
const MINUTE_MS: i64 = 60_000;
/// Between two checkouts.
const STEP_MS: i64 = 5_000;
/// Until an unpaid hold ends.
const TTL_MS: u64 = 15 * 60_000;

/// Runs the checkouts.
///
/// # Errors
/// A text for standard error, when the rules have a limit the ledger refuses.
pub fn run(rules: &RuleSet, plan: &Plan, size: Size) -> Result<Simulated, String> {
    let shoppers = Shoppers::of(rules, size);
    let tally = Arc::new(Tally::default());
    let journal = Arc::clone(&tally);
    let ledger = Embedded::new(Settings::new(rules.currency)).journal(move |entry: &_| {
        journal.count(entry);
        Ok(())
    });
    let limits = Limit::of_rules(rules).map_err(|error| error.to_string())?;
    for limit in &limits {
        ledger.set_limit(limit, shoppers.start).map_err(|error| error.to_string())?;
    }
    let next = AtomicU64::new(0);
    let counts = Counts::default();
    let shop = Shop { plan, ledger: &ledger, counts: &counts, tally: &tally };
    thread::scope(|scope| {
        for _ in 0..size.threads {
            scope.spawn(|| {
                let mut scratch = Scratch::default();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= size.checkouts {
                        break;
                    }
                    match shoppers.shopper(number) {
                        Ok(shopper) => shop.serve(&mut scratch, &shopper, number),
                        Err(_) => count(&counts.not_priced),
                    }
                }
            });
        }
    });
    let end =
        later(shoppers.start, STEP_MS.saturating_mul(i64::try_from(size.checkouts).unwrap_or(i64::MAX)));
    Ok(tally.report(rules.currency, &limits, &ledger, end, &counts.rows()))
}

fn later(moment: Moment, ms: i64) -> Moment {
    Moment::from_unix_ms(moment.unix_ms().saturating_add(ms)).unwrap_or(moment)
}

/// How checkouts ended.
#[derive(Default)]
struct Counts {
    paid: AtomicU64,
    paid_late: AtomicU64,
    too_late: AtomicU64,
    cancelled: AtomicU64,
    crashed: AtomicU64,
    returned: AtomicU64,
    repriced: AtomicU64,
    unanswered: AtomicU64,
    not_priced: AtomicU64,
}

impl Counts {
    fn rows(&self) -> Vec<(&'static str, u64)> {
        let counts = [
            ("paid", &self.paid),
            ("of them late, reserved again", &self.paid_late),
            ("of them returned", &self.returned),
            ("paid too late, refused", &self.too_late),
            ("cancelled", &self.cancelled),
            ("crashed before paying", &self.crashed),
            ("priced again after a refusal", &self.repriced),
            ("priced without limited rules", &self.unanswered),
            ("not priced", &self.not_priced),
        ];
        counts.into_iter().map(|(name, count)| (name, count.load(Ordering::Relaxed))).collect()
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// What all checkouts share.
#[derive(Clone, Copy)]
struct Shop<'a> {
    plan: &'a Plan,
    ledger: &'a Embedded,
    counts: &'a Counts,
    tally: &'a Tally,
}

impl Shop<'_> {
    /// One checkout from cart to its end.
    fn serve(self, scratch: &mut Scratch, shopper: &Shopper, number: u64) {
        let Shopper { cart, context, ending } = shopper;
        let id = format!("order-{number}");
        let mut order =
            Order::new(id.as_str(), id.as_str()).ttl_ms(TTL_MS).limits(self.plan.limits().clone());
        order.customer.clone_from(&context.customer.id);
        let mut secure = || {
            checkout::secure(self.ledger, &order, context.now, |usage| {
                self.plan.price(scratch, cart, context, usage)
            })
        };
        let Ok(secured) = secure() else {
            count(&self.counts.not_priced);
            return;
        };
        if !secured.refused.is_empty() {
            count(&self.counts.repriced);
        }
        secured.refused.iter().for_each(|short| self.tally.refuse(short));
        if secured.unanswered.is_some() {
            count(&self.counts.unanswered);
        }
        if *ending == Ending::LosesTheAnswer {
            // The same order again, as a shopper whose page did not load would.
            let _ = secure();
        }
        match &secured.reservation {
            Some((reservation, _)) => self.end(reservation, context.now, *ending),
            None => count(&self.counts.paid),
        }
    }

    fn end(self, reservation: &RequestId, now: Moment, ending: Ending) {
        match ending {
            Ending::Crashes => count(&self.counts.crashed),
            Ending::Cancels => {
                let released = self.ledger.release(&Release::new(reservation.clone(), "cancel"), now);
                if matches!(released, Ok(Settled::Done(_))) {
                    count(&self.counts.cancelled);
                }
            }
            Ending::Pays | Ending::LosesTheAnswer | Ending::PaysLate | Ending::Returns => {
                self.pay(reservation, now, ending);
            }
        }
    }

    /// Pays, twice where the first answer was lost, and returns the goods where the shopper does.
    fn pay(self, reservation: &RequestId, now: Moment, ending: Ending) {
        let late = ending == Ending::PaysLate;
        let now = if late { later(now, 16 * MINUTE_MS) } else { now };
        let pay = Commit::all(reservation.clone(), "pay").reserve_again();
        let mut paid = self.ledger.commit(&pay, now);
        if ending == Ending::LosesTheAnswer {
            paid = self.ledger.commit(&pay, now);
        }
        if let Ok(Settled::Refused(Refusal::Exhausted(short))) = &paid {
            self.tally.refuse(short);
        }
        if !matches!(paid, Ok(Settled::Done(_))) {
            count(&self.counts.too_late);
            return;
        }
        count(&self.counts.paid);
        if late {
            count(&self.counts.paid_late);
        }
        if ending == Ending::Returns {
            let returned =
                self.ledger.refund(&Refund::all(reservation.clone(), "return"), later(now, MINUTE_MS));
            if matches!(returned, Ok(Settled::Done(_))) {
                count(&self.counts.returned);
            }
        }
    }
}
