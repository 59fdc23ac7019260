//! The simulation's own books: sums over the journal's changes, knowing nothing of reservations.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use dealproof::ledger::{Embedded, Entry, Ledger, Limit, Short};
use dealproof::money::{Currency, Money};
use dealproof::record::{Resource, ResourceKind};
use dealproof::shop::Moment;

use super::{Simulated, Verdict};
use crate::text::{Columns, Lean, shown};

/// What became of each resource, a customer's apart.
#[derive(Default)]
pub struct Tally {
    accounts: Mutex<BTreeMap<Resource, Account>>,
}

#[derive(Clone, Copy, Default)]
struct Account {
    /// How often it was asked for more than there was.
    refused: u64,
    held: i64,
    spent: i64,
    /// The most that was ever held and spent together.
    peak: i64,
}

/// All accounts under one limit.
#[derive(Default)]
struct Row {
    sold: u64,
    held: u64,
    refused: u64,
    peak: u64,
    customers: usize,
}

impl Tally {
    /// Takes an event into account.
    pub fn count(&self, entry: &Entry) {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        for change in &entry.changes {
            let account = accounts.entry(change.resource.clone()).or_default();
            account.held = account.held.saturating_add(change.held);
            account.spent = account.spent.saturating_add(change.spent);
        }
        // An event is one step: what one change gives back another of it may take.
        for change in &entry.changes {
            let account = accounts.entry(change.resource.clone()).or_default();
            account.peak = account.peak.max(account.held.saturating_add(account.spent));
        }
    }

    /// Takes into account that something was asked for and not there.
    pub fn refuse(&self, short: &Short) {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let account = accounts.entry(short.resource.clone()).or_default();
        account.refused = account.refused.saturating_add(1);
    }

    /// The table of all limits, and the verdict.
    pub fn report(
        &self,
        currency: Currency,
        limits: &[Limit],
        ledger: &Embedded,
        end: Moment,
        checkouts: &[(&str, u64)],
    ) -> Simulated {
        let disagreements = self.disagreements(ledger, end);
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut table = Columns::new(&[
            ("rule", Lean::Left),
            ("limit", Lean::Left),
            ("of", Lean::Right),
            ("sold", Lean::Right),
            ("held", Lean::Right),
            ("refused", Lean::Right),
            ("most at once", Lean::Right),
        ]);
        let mut passed = Vec::new();
        for limit in limits {
            let row = row(&accounts, &limit.resource);
            let amount = |amount: u64| in_words(limit.resource.kind(), amount, currency);
            let per_customer = limit.resource.kind().is_per_customer();
            let kind = limit.resource.kind().name();
            let kind =
                if per_customer { format!("{kind}, {} customers", row.customers) } else { kind.to_owned() };
            table.row([
                shown(&format!("{}{}", limit.resource.rule(), limit.resource.quota_id())),
                kind,
                amount(limit.amount),
                amount(row.sold),
                amount(row.held),
                row.refused.to_string(),
                amount(row.peak),
            ]);
            if row.peak > limit.amount {
                passed.push(format!("the limit of {} was passed: {}", limit.resource, amount(row.peak)));
            }
        }
        let mut report = String::new();
        for (what, count) in checkouts {
            let _ = writeln!(report, "{count:>10}  {what}");
        }
        report.push('\n');
        table.print(&mut report);
        report.push('\n');
        passed.extend(disagreements);
        let verdict = if passed.is_empty() { Verdict::Kept } else { Verdict::Passed };
        let lines = if passed.is_empty() { vec!["no limit was passed".to_owned()] } else { passed };
        for line in lines {
            report.push_str(&shown(&line));
            report.push('\n');
        }
        Simulated { report, verdict }
    }

    /// Where the ledger's balances are not the sums of its events.
    fn disagreements(&self, ledger: &Embedded, end: Moment) -> Vec<String> {
        let resources: Vec<Resource> =
            self.accounts.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect();
        let differs = |resource: &Resource| {
            // Asking may expire holds, which is an event, so the sums are read afterwards.
            let balance = ledger.balance(resource, end);
            let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
            let account = accounts.get(resource).copied().unwrap_or_default();
            let same = balance.is_ok_and(|balance| {
                (i64::try_from(balance.held), i64::try_from(balance.spent))
                    == (Ok(account.held), Ok(account.spent))
            });
            !same
        };
        let differing = resources.iter().filter(|resource| differs(resource));
        differing.map(|resource| format!("the balance of {resource} is not the sum of its events")).collect()
    }
}

fn row(accounts: &BTreeMap<Resource, Account>, limit: &Resource) -> Row {
    let mut row = Row::default();
    let stands = |one: &Resource| {
        (one.rule(), one.quota_id(), one.kind()) == (limit.rule(), limit.quota_id(), limit.kind())
    };
    for (_, account) in accounts.iter().filter(|(one, _)| stands(one)) {
        let amount = |amount: i64| u64::try_from(amount).unwrap_or(0);
        row.sold = row.sold.saturating_add(amount(account.spent));
        row.held = row.held.saturating_add(amount(account.held));
        row.refused = row.refused.saturating_add(account.refused);
        row.peak = row.peak.max(amount(account.peak));
        row.customers = row.customers.saturating_add(1);
    }
    row
}

fn in_words(kind: ResourceKind, amount: u64, currency: Currency) -> String {
    match kind {
        ResourceKind::Budget => {
            Money::from_minor(i64::try_from(amount).unwrap_or(i64::MAX)).display(currency).to_string()
        }
        // Everything else is counted in whole pieces.
        _ => amount.to_string(),
    }
}
