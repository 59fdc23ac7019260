//! Alerts: what is reported with a commit or refund, and when.

use dealproof::ledger::{Alert, AlertKind, Commit, Guard, Ledger, Limit, Refund, Refunds, Reserve, Settled};
use dealproof::money::Percent;
use dealproof::record::{Resource, ResourceKind};

use super::{claim, ledger, minute};

fn budget() -> Resource {
    Resource::new("red-packet", ResourceKind::Budget)
}

/// Reserves and commits so much at a minute, and returns what is reported.
fn spend(ledger: &impl Ledger, id: &str, amount: u64, at: i64) -> Vec<AlertKind> {
    ledger.reserve(&Reserve::new(id, id, [claim(&budget(), amount)]), minute(at)).unwrap();
    match ledger.commit(&Commit::all(id, "pay"), minute(at)).unwrap() {
        Settled::Done(done) => kinds(done.alerts),
        Settled::Refused(why) => panic!("{why:?}"),
    }
}

fn refund(ledger: &impl Ledger, id: &str) -> Vec<AlertKind> {
    match ledger.refund(&Refund::all(id, "back"), minute(90)).unwrap() {
        Settled::Done(done) => kinds(done.alerts),
        Settled::Refused(why) => panic!("{why:?}"),
    }
}

fn kinds(alerts: Vec<Alert>) -> Vec<AlertKind> {
    alerts.into_iter().map(|alert| alert.kind).collect()
}

#[test]
fn the_commit_that_reaches_a_share_of_the_budget_reports_it_and_no_other_does() {
    let share = Percent::whole(80);
    let guarded = ledger([Limit::new(budget(), 10_000).guard(Guard::default().spent(share))]);
    assert_eq!(spend(&guarded, "a", 7_999, 0), []);
    let alert = AlertKind::Spent { share, spent: 8_000, limit: 10_000 };
    assert_eq!(spend(&guarded, "b", 1, 1), [alert]);
    assert_eq!(spend(&guarded, "c", 2_000, 2), []);
}

#[test]
fn more_in_one_minute_of_the_clock_than_expected_is_reported_once() {
    let guarded = ledger([Limit::new(budget(), 10_000).guard(Guard::default().per_minute(500))]);
    assert_eq!(spend(&guarded, "a", 500, 0), []);
    let alert = AlertKind::PerMinute { committed: 501, expected: 500 };
    assert_eq!(spend(&guarded, "b", 1, 0), [alert]);
    assert_eq!(spend(&guarded, "c", 9, 0), []);
    // The next minute starts from nothing.
    assert_eq!(spend(&guarded, "d", 500, 1), []);
}

#[test]
fn the_refund_that_reaches_a_share_of_all_commits_reports_it_even_when_nothing_is_restored() {
    for refunds in [Refunds::Restore, Refunds::Keep] {
        let share = Percent::whole(30);
        let guard = Guard::default().refunded(share);
        let guarded = ledger([Limit::new(budget(), 10_000).guard(guard).refunds(refunds)]);
        for (id, amount) in [("a", 700), ("b", 200), ("c", 100)] {
            assert_eq!(spend(&guarded, id, amount, 0), []);
        }
        // 200 of 1,000 are 20 %; 300 are 30 %.
        assert_eq!(refund(&guarded, "b"), []);
        let alert = AlertKind::Refunded { share, refunded: 300, committed: 1_000 };
        assert_eq!(refund(&guarded, "c"), [alert]);
        let spent = guarded.balance(&budget(), minute(90)).unwrap().spent;
        assert_eq!(spent, if refunds == Refunds::Restore { 700 } else { 1_000 });
    }
}

#[test]
fn a_repeated_commit_repeats_its_alert_and_raises_no_other() {
    let share = Percent::whole(50);
    let guarded = ledger([Limit::new(budget(), 100).guard(Guard::default().spent(share))]);
    let first = spend(&guarded, "a", 50, 0);
    assert_eq!(first, [AlertKind::Spent { share, spent: 50, limit: 100 }]);
    assert_eq!(spend(&guarded, "a", 50, 0), first);
    assert_eq!(guarded.balance(&budget(), minute(0)).unwrap().spent, 50);
}
