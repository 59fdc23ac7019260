//! Accounts of campaigns that are over: closed, so that a ledger that runs for years has room for the next.

use dealproof::ledger::{Commit, Embedded, Ledger, LedgerError, Limit, Refund, Reserve, Reserved, Resident};
use dealproof::record::{Resource, ResourceKind};

use super::{Kept, claim, journalled, minute, settings};

const DAY: i64 = 24 * 60;

/// One use for each customer, until the first midnight.
fn once_each() -> Resource {
    Resource::new("once", ResourceKind::CustomerUses)
}

/// A ledger with room for two accounts, both taken: ann has committed, bob's hold ran out.
fn full() -> (Embedded, Kept) {
    let (ledger, kept) = journalled(settings().accounts_max(2).limits_max(1));
    ledger.set_limit(&Limit::new(once_each(), 1).until(minute(DAY)), minute(0)).unwrap();
    for customer in ["ann", "bob"] {
        let call = Reserve::new(customer, customer, [claim(&once_each().of(customer), 1)]);
        assert!(matches!(ledger.reserve(&call, minute(0)).unwrap(), Reserved::Held(_)));
    }
    ledger.commit(&Commit::all("ann", "pay"), minute(1)).unwrap();
    (ledger, kept)
}

#[test]
fn a_limit_that_still_grants_is_not_closed() {
    let (ledger, _) = full();
    let error = ledger.close(&once_each(), minute(DAY - 1)).unwrap_err();
    assert_eq!(error, LedgerError::NotOver { resource: once_each() });
    let endless = Resource::new("endless", ResourceKind::Uses);
    let other = Embedded::new(settings());
    other.set_limit(&Limit::new(endless.clone(), 1), minute(0)).unwrap();
    let error = other.close(&endless, minute(10_000 * DAY)).unwrap_err();
    assert_eq!(error, LedgerError::NotOver { resource: endless });
}

#[test]
fn accounts_that_a_refund_may_still_name_stay() {
    let (ledger, _) = full();
    // Refunds are possible for thirty days after the commit, a minute after midnight.
    let early = minute(30 * DAY);
    let still = LedgerError::StillNamed { resource: once_each(), accounts: 2 };
    assert_eq!(ledger.close(&once_each(), early).unwrap_err(), still);
    ledger.refund(&Refund::all("ann", "back"), early).unwrap();
    // The refund is an event of its own; bob's hold ran out after fifteen minutes, on the first day.
    let closed = ledger.close(&once_each(), minute(31 * DAY)).unwrap();
    assert_eq!((closed.accounts, closed.left), (1, 1));
    let closed = ledger.close(&once_each(), minute(60 * DAY)).unwrap();
    assert_eq!((closed.accounts, closed.left), (1, 0));
}

#[test]
fn closing_an_ended_campaign_makes_room_for_the_next() {
    let (ledger, _) = full();
    let now = minute(40 * DAY);
    let next = Resource::new("next", ResourceKind::CustomerUses);
    let full = LedgerError::Full { what: Resident::Limits, limit: 1 };
    assert_eq!(ledger.set_limit(&Limit::new(next.clone(), 1), now).unwrap_err(), full);
    let closed = ledger.close(&once_each(), now).unwrap();
    assert_eq!((closed.accounts, closed.left), (2, 0));
    let gone = LedgerError::NoLimit { resource: once_each() };
    assert_eq!(ledger.close(&once_each(), now).unwrap_err(), gone);
    ledger.set_limit(&Limit::new(next.clone(), 1), now).unwrap();
    for customer in ["ann", "bob"] {
        let request = format!("{customer} again");
        let call = Reserve::new(request, customer, [claim(&next.clone().of(customer), 1)]);
        assert!(matches!(ledger.reserve(&call, now).unwrap(), Reserved::Held(_)));
        let balance = ledger.balance(&next.clone().of(customer), now).unwrap();
        assert_eq!((balance.held, balance.spent, balance.posted), (1, 0, 0));
    }
}

/// It has no request id and needs none: what a repeat finds left is over too, and where nothing is left it changes nothing. A
/// limit of the same name that was set since still grants, so a late repeat does not touch it.
#[test]
fn closing_again_after_a_lost_answer_closes_nothing_else() {
    let (ledger, kept) = full();
    let now = minute(40 * DAY);
    ledger.close(&once_each(), now).unwrap();
    let events = kept.lock().unwrap().len();
    let gone = LedgerError::NoLimit { resource: once_each() };
    assert_eq!(ledger.close(&once_each(), now).unwrap_err(), gone);
    ledger.set_limit(&Limit::new(once_each(), 1).until(minute(50 * DAY)), now).unwrap();
    let call = Reserve::new("again", "ann", [claim(&once_each().of("ann"), 1)]);
    assert!(matches!(ledger.reserve(&call, now).unwrap(), Reserved::Held(_)));
    let error = ledger.close(&once_each(), now).unwrap_err();
    assert_eq!(error, LedgerError::NotOver { resource: once_each() });
    assert_eq!(ledger.balance(&once_each().of("ann"), now).unwrap().held, 1);
    // The new limit and the hold, and nothing else.
    assert_eq!(kept.lock().unwrap().len(), events + 2);
}

#[test]
fn l3_a_journal_that_closes_accounts_rebuilds_the_ledger() {
    let (ledger, kept) = full();
    let early = ledger.snapshot();
    ledger.close(&once_each(), minute(40 * DAY)).unwrap();
    let entries = kept.lock().unwrap().clone();
    let settings = settings().accounts_max(2).limits_max(1);
    let replayed = Embedded::new(settings).replay(&entries).unwrap();
    let recovered = Embedded::restore(settings, &early).unwrap().replay(&entries).unwrap();
    assert_eq!(replayed.snapshot(), ledger.snapshot());
    assert_eq!(recovered.snapshot(), ledger.snapshot());
    // What was spent is taken back by the entry, so that the sums of all changes stay the balances.
    let spent: i64 = entries.iter().flat_map(|entry| &entry.changes).map(|change| change.spent).sum();
    assert_eq!(spent, 0);
}

#[test]
fn a_customers_own_limit_is_not_closed_while_everybodys_still_grants() {
    let ledger = Embedded::new(settings());
    let ann = once_each().of("ann");
    ledger.set_limit(&Limit::new(once_each(), 1), minute(0)).unwrap();
    ledger.set_limit(&Limit::new(ann.clone(), 5).until(minute(1)), minute(0)).unwrap();
    let call = Reserve::new("a", "a", [claim(&ann, 1)]);
    ledger.reserve(&call, minute(0)).unwrap();
    ledger.commit(&Commit::all("a", "pay"), minute(0)).unwrap();
    // Closed, ann would have everybody's one use again.
    let error = ledger.close(&ann, minute(400 * DAY)).unwrap_err();
    assert_eq!(error, LedgerError::NotOver { resource: ann });
}
