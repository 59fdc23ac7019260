//! Every interleaving of a few threads on the ledger, by a scheduler that tries them all; and random ones of more.
//!
//! The lock is `shuttle`'s here (see `sync`), so the ledger runs only inside its runs.

use std::sync::Arc;

use shuttle::sync::atomic::{AtomicUsize, Ordering};
use shuttle::thread;

use super::*;
use crate::money::Currency;
use crate::record::{Claim, ResourceKind};

fn last_unit() -> Resource {
    Resource::new("last", ResourceKind::Units)
}

fn at(ms: i64) -> Moment {
    Moment::from_unix_ms(ms).unwrap()
}

/// A ledger with so many units.
fn ledger(units: u64) -> Arc<Embedded> {
    let ledger = Embedded::new(Settings::new(Currency::CNY));
    ledger.set_limit(&Limit::new(last_unit(), units), at(0)).unwrap();
    Arc::new(ledger)
}

fn reserve(ledger: &Embedded, id: &str, owner: &str, now: i64) -> Reserved {
    let call = Reserve::new(id, owner, [Claim::new(last_unit(), 1)]).ttl_ms(100);
    ledger.reserve(&call, at(now)).unwrap()
}

/// Runs threads in every order their locks allow, and checks what they leave.
fn in_every_order(run: impl Fn() + Send + Sync + 'static) {
    shuttle::check_dfs(run, None);
}

#[test]
fn l1_two_shoppers_never_both_hold_the_last_unit() {
    in_every_order(|| {
        let (ledger, held) = (ledger(1), Arc::new(AtomicUsize::new(0)));
        let shopper = |id: &'static str| {
            let (ledger, held) = (Arc::clone(&ledger), Arc::clone(&held));
            thread::spawn(move || {
                if let Reserved::Held(_) = reserve(&ledger, id, id, 1) {
                    held.fetch_add(1, Ordering::SeqCst);
                    ledger.commit(&Commit::all(id, "pay"), at(2)).unwrap();
                }
            })
        };
        let shoppers = [shopper("a"), shopper("b")];
        for shopper in shoppers {
            shopper.join().unwrap();
        }
        assert_eq!(held.load(Ordering::SeqCst), 1);
        assert_eq!(ledger.balance(&last_unit(), at(3)).unwrap().spent, 1);
    });
}

#[test]
fn l2_a_commit_and_an_expiry_at_once_settle_the_hold_once() {
    in_every_order(|| {
        let ledger = ledger(1);
        assert!(matches!(reserve(&ledger, "a", "a", 0), Reserved::Held(_)));
        let payer = Arc::clone(&ledger);
        let pays = thread::spawn(move || {
            let paid = payer.commit(&Commit::all("a", "pay").reserve_again(), at(99)).unwrap();
            matches!(paid, Settled::Done(_))
        });
        let rival = Arc::clone(&ledger);
        let takes = thread::spawn(move || matches!(reserve(&rival, "b", "b", 100), Reserved::Held(_)));
        let (paid, taken) = (pays.join().unwrap(), takes.join().unwrap());
        assert!(paid != taken, "paid: {paid}, taken: {taken}");
        let balance = ledger.balance(&last_unit(), at(101)).unwrap();
        assert_eq!(balance.held + balance.spent, 1);
    });
}

#[test]
fn l2_one_request_from_two_threads_is_one_reservation() {
    in_every_order(|| {
        let ledger = ledger(2);
        let call = || {
            let ledger = Arc::clone(&ledger);
            thread::spawn(move || reserve(&ledger, "a", "a", 1))
        };
        let calls = [call(), call()];
        let [first, second] = calls.map(|call| call.join().unwrap());
        assert_eq!(first, second);
        assert_eq!(ledger.balance(&last_unit(), at(1)).unwrap().held, 1);
    });
}

#[test]
fn l1_an_owner_who_reserves_twice_at_once_holds_one() {
    in_every_order(|| {
        let ledger = ledger(1);
        let call = |id: &'static str| {
            let ledger = Arc::clone(&ledger);
            thread::spawn(move || reserve(&ledger, id, "cart", 1))
        };
        let calls = [call("a"), call("b")];
        let answers = calls.map(|call| call.join().unwrap());
        assert!(answers.iter().all(|answer| matches!(answer, Reserved::Held(_))));
        assert_eq!(ledger.balance(&last_unit(), at(1)).unwrap().held, 1);
    });
}

/// Three threads with limits going up and down, releases and refunds: random schedules, for there are too many.
#[test]
fn l1_random_schedules_of_three_threads_keep_within_the_limit() {
    shuttle::check_random(
        || {
            let ledger = ledger(2);
            let shopper = |id: &'static str| {
                let ledger = Arc::clone(&ledger);
                thread::spawn(move || {
                    for (round, now) in (0..3).zip([1, 60, 130]) {
                        let request = format!("{id}-{round}");
                        reserve(&ledger, &request, id, now);
                        let _ = ledger.commit(&Commit::all(request.as_str(), "pay"), at(now + 1));
                        if round == 1 {
                            let _ = ledger.refund(&Refund::all(request.as_str(), "back"), at(now + 2));
                        }
                    }
                })
            };
            let shoppers = [shopper("a"), shopper("b")];
            let operator = Arc::clone(&ledger);
            let operates = thread::spawn(move || {
                for (version, amount) in [(1, 1), (2, 3)] {
                    operator.set_limit(&Limit::new(last_unit(), amount).version(version), at(50)).unwrap();
                }
            });
            for shopper in shoppers {
                shopper.join().unwrap();
            }
            operates.join().unwrap();
            let balance = ledger.balance(&last_unit(), at(140)).unwrap();
            assert!(balance.held + balance.spent <= 3, "{balance:?}");
            assert_eq!(balance.held, 0, "{balance:?}");
        },
        2_000,
    );
}
