//! Threads against one ledger, with everything that goes wrong at a checkout: what comes out adds up.

use std::cell::OnceCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use dealproof::ledger::{
    Commit, Embedded, Entry, JournalFailure, Ledger, LedgerError, Limit, Portion, Refund, Release, Reserve,
    Reserved, Settled,
};

use super::{claim, journalled, ledger, minute, settings, units};

/// Four threads reserve, commit, let expire, pay late, cancel and refund; the ledger's counters are the sums of what the
/// threads were told.
#[test]
fn what_the_threads_were_told_adds_up_to_the_balances() {
    let (ledger, kept) = journalled(settings());
    let flash = units("flash");
    ledger.set_limit(&Limit::new(flash.clone(), 600), minute(0)).unwrap();
    let (posted, restored) = (AtomicU64::new(0), AtomicU64::new(0));
    let sum = |claims: &[dealproof::record::Claim]| claims.iter().map(|claim| claim.amount).sum::<u64>();
    let shopper = |thread: u64| {
        for order in 0..500_u64 {
            let (id, now) = (format!("{thread}-{order}"), minute(i64::try_from(order / 10).unwrap()));
            let ask = Reserve::new(id.as_str(), id.as_str(), [claim(&flash, 1 + order % 3)]).ttl_ms(60_000);
            if !matches!(ledger.reserve(&ask, now).unwrap(), Reserved::Held(_)) {
                continue;
            }
            let paid_at = if order % 5 == 0 { minute(i64::try_from(order / 10 + 2).unwrap()) } else { now };
            if order % 7 == 0 {
                ledger.release(&Release::new(id.as_str(), "cancel"), now).unwrap();
                continue;
            }
            let pay = Commit::all(id.as_str(), "pay").reserve_again();
            // The answer is lost and the call made again.
            let first = ledger.commit(&pay, paid_at).unwrap();
            assert_eq!(ledger.commit(&pay, paid_at).unwrap(), first);
            let Settled::Done(committed) = first else { continue };
            posted.fetch_add(sum(&committed.posted), Ordering::Relaxed);
            if order % 3 == 0
                && let Settled::Done(refunded) =
                    ledger.refund(&Refund::all(id.as_str(), "back"), paid_at).unwrap()
            {
                restored.fetch_add(sum(&refunded.restored), Ordering::Relaxed);
            }
        }
    };
    thread::scope(|scope| {
        for thread in 0..4 {
            let shopper = &shopper;
            scope.spawn(move || shopper(thread));
        }
    });
    let end = minute(1_000);
    let balance = ledger.balance(&flash, end).unwrap();
    let (posted, restored) = (posted.into_inner(), restored.into_inner());
    assert_eq!((balance.posted, balance.refunded), (posted, restored));
    assert_eq!((balance.spent, balance.held), (posted - restored, 0));
    // And at no moment was the limit passed.
    let (mut held, mut spent) = (0, 0);
    for change in kept.lock().unwrap().iter().flat_map(|entry| &entry.changes) {
        held += change.held;
        spent += change.spent;
        assert!(held >= 0 && spent >= 0 && held + spent <= 600);
    }
}

/// The same request from eight threads at once is one request.
#[test]
fn one_request_made_by_many_threads_at_once_is_one() {
    for round in 0..50 {
        let ledger = ledger([Limit::new(units("flash"), 10)]);
        let ask = Reserve::new("order", "cart", [claim(&units("flash"), 3)]);
        let answers: Vec<_> = thread::scope(|scope| {
            let (ledger, ask) = (&ledger, &ask);
            let call = move || ledger.reserve(ask, minute(round)).unwrap();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(call)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(answers.iter().all(|answer| *answer == answers[0]));
        assert_eq!(ledger.balance(&units("flash"), minute(round)).unwrap().held, 3);
    }
}

/// A journal that cannot be written stops the ledger before anything changes, even when it panics.
#[test]
fn a_journal_that_fails_stops_the_ledger_before_anything_changes() {
    let fails = |_: &Entry| Err(JournalFailure);
    let broken = Embedded::new(settings()).journal(fails);
    assert_eq!(broken.set_limit(&Limit::new(units("flash"), 1), minute(0)), Err(LedgerError::Journal));
    assert_eq!(broken.expire(minute(1)), Err(LedgerError::Journal));
    assert_eq!(broken.snapshot(), Embedded::new(settings()).restored_at(minute(0)));

    let panics =
        Embedded::new(settings()).journal(|_: &Entry| -> Result<(), JournalFailure> { panic!("disk") });
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        panics.set_limit(&Limit::new(units("flash"), 1), minute(0))
    }));
    assert!(caught.is_err());
    assert_eq!(panics.expire(minute(1)), Err(LedgerError::Journal));
}

trait AtMoment {
    fn restored_at(self, now: dealproof::shop::Moment) -> dealproof::ledger::Snapshot;
}

impl AtMoment for Embedded {
    /// An empty ledger that has seen nothing but the moment.
    fn restored_at(self, now: dealproof::shop::Moment) -> dealproof::ledger::Snapshot {
        self.expire(now).unwrap();
        self.snapshot()
    }
}

/// Ill-formed requests are errors, take nothing and leave no memory behind.
#[test]
fn ill_formed_requests_are_refused_before_anything_is_looked_up() {
    let ledger = ledger([Limit::new(units("flash"), 10)]);
    let before = ledger.snapshot();
    let (a, b) = (claim(&units("flash"), 1), claim(&units("other"), 1));
    let most = dealproof::bounds::AMOUNT_MAX.unsigned_abs();
    let bad_claims = [
        vec![claim(&units("flash"), 0)],
        vec![claim(&units("flash"), most + 1)],
        vec![a.clone(), a.clone()],
        vec![b, a.clone()],
    ];
    for claims in bad_claims {
        let answer = ledger.reserve(&Reserve::new("r", "o", claims.clone()), minute(1));
        assert!(matches!(answer, Err(LedgerError::BadClaim { .. })), "{claims:?}");
        let mut commit = Commit::all("r", "op");
        commit.portion = Portion::Part(claims);
        assert!(matches!(ledger.commit(&commit, minute(1)), Err(LedgerError::BadClaim { .. })));
    }
    let long = "x".repeat(129);
    for id in ["", "tab\t", long.as_str()] {
        let answer = ledger.reserve(&Reserve::new(id, "o", [a.clone()]), minute(1));
        assert!(matches!(answer, Err(LedgerError::BadId { .. })), "{id:?}");
        assert!(matches!(ledger.release(&Release::new("r", id), minute(1)), Err(LedgerError::BadId { .. })));
    }
    for ttl_ms in [0, u64::MAX] {
        let answer = ledger.reserve(&Reserve::new("r", "o", [a.clone()]).ttl_ms(ttl_ms), minute(1));
        assert!(matches!(answer, Err(LedgerError::BadTtl { .. })));
    }
    assert_eq!(ledger.snapshot(), before);
}

/// A host may give back what a thread holds when the thread ends: by then the thread may have no place of its own among
/// those that call.
#[test]
fn a_thread_may_call_while_it_drops_what_is_its_own() {
    struct Order(&'static str, Arc<Embedded>);
    impl Drop for Order {
        fn drop(&mut self) {
            self.1.release(&Release::new(self.0, "end"), minute(1)).unwrap();
        }
    }
    thread_local! {
        static BEFORE: OnceCell<Order> = const { OnceCell::new() };
        static AFTER: OnceCell<Order> = const { OnceCell::new() };
    }
    let ledger = Arc::new(ledger([Limit::new(units("flash"), 2)]));
    let of_thread = Arc::clone(&ledger);
    let thread = thread::spawn(move || {
        // Whichever is dropped first, one is dropped when the ledger's own has been.
        assert!(BEFORE.with(|order| order.set(Order("before", Arc::clone(&of_thread))).is_ok()));
        for id in ["before", "after"] {
            let ask = Reserve::new(id, id, [claim(&units("flash"), 1)]);
            assert!(matches!(of_thread.reserve(&ask, minute(1)).unwrap(), Reserved::Held(_)));
        }
        AFTER.with(|order| order.set(Order("after", of_thread)).is_ok())
    });
    assert!(thread.join().unwrap());
    assert_eq!(ledger.balance(&units("flash"), minute(1)).unwrap().available, 2);
}
