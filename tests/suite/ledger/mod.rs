//! The ledger, what pricing and checkout do with it, and how it is tested: model, histories, hostile documents.

mod abuse;
mod checkout;
mod closing;
mod concurrent;
mod documents;
mod guard;
mod histories;
mod model;
mod switches;
mod wallet;

use std::sync::{Arc, Mutex};

use dealproof::ledger::{Embedded, Entry, JournalFailure, Ledger, Limit, Settings};
use dealproof::money::Currency;
use dealproof::record::{Claim, Resource, ResourceKind};
use dealproof::shop::Moment;

/// So many minutes after midnight of 11 November 2026, in Shanghai.
fn minute(minutes: i64) -> Moment {
    let start: Moment = "2026-11-11T00:00:00+08:00".parse().unwrap();
    Moment::from_unix_ms(start.unix_ms() + minutes * 60_000).unwrap()
}

fn settings() -> Settings {
    Settings::new(Currency::CNY)
}

fn units(rule: &str) -> Resource {
    Resource::new(rule, ResourceKind::Units)
}

fn claim(resource: &Resource, amount: u64) -> Claim {
    Claim::new(resource.clone(), amount)
}

/// A ledger with these limits, set at midnight.
fn ledger(limits: impl IntoIterator<Item = Limit>) -> Embedded {
    let ledger = Embedded::new(settings());
    for limit in limits {
        ledger.set_limit(&limit, minute(0)).unwrap();
    }
    ledger
}

/// Entries that a journal kept.
type Kept = Arc<Mutex<Vec<Entry>>>;

/// A ledger whose journal is in memory.
fn journalled(settings: Settings) -> (Embedded, Kept) {
    let kept = Kept::default();
    let journal = Arc::clone(&kept);
    let ledger = Embedded::new(settings).journal(move |entry: &Entry| {
        journal.lock().map_err(|_| JournalFailure)?.push(entry.clone());
        Ok(())
    });
    (ledger, kept)
}
