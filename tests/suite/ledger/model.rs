//! The ledger against a plain, sequential model written apart from it, over scripts from bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc;
use std::thread;

use dealproof::ledger::{Embedded, Entry, Ledger, LedgerError, Refusal, Reserved, Settled};
use dealproof::record::{Resource, Usage};
use dealproof::shop::Moment;
use dealproof::testkit::ledger::{Call, END_MS, Model, Reply, Step, settings, steps};
use proptest::prelude::*;

use super::journalled;
use crate::properties::config_of;

fn scripts() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(any::<u8>(), 0..480).prop_map(|bytes| steps(&bytes))
}

/// What the changes in a journal come to: held and spent of each resource, without any knowledge of reservations.
fn balances<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> BTreeMap<Resource, (i64, i64)> {
    let mut balances = BTreeMap::new();
    for change in entries.into_iter().flat_map(|entry| &entry.changes) {
        let (held, spent): &mut (i64, i64) = balances.entry(change.resource.clone()).or_default();
        *held += change.held;
        *spent += change.spent;
        assert!(*held >= 0 && *spent >= 0, "{} fell below nothing", change.resource);
    }
    balances
}

/// The end of all times that scripts and what they leave know.
fn end() -> Moment {
    Moment::from_unix_ms(END_MS).unwrap()
}

proptest! {
    #![proptest_config(config_of(1_000))]

    /// Duplicates, conflicts, replacement, parts, expiry, lateness, refunds, limits up and down, no room: every answer is
    /// that of the model, sequence numbers and alerts included.
    #[test]
    fn l2_every_answer_is_that_of_the_sequential_model(script in scripts()) {
        let (ledger, mut model) = (Embedded::new(settings()), Model::new(settings()));
        for Step { call, now } in &script {
            let expected = model.answer(call, *now);
            prop_assert_eq!(call.on(&ledger, *now), expected, "{:?}", call);
        }
    }
}

proptest! {
    #![proptest_config(config_of(300))]

    /// Threads forget what they made themselves and take each other's places: no answer depends on which of them calls.
    #[test]
    fn l2_no_answer_depends_on_which_thread_calls(
        script in scripts(),
        order in prop::collection::vec(0_usize..3, 67),
    ) {
        let (ledger, mut model) = (Embedded::new(settings()), Model::new(settings()));
        thread::scope(|scope| {
            let (replies, reply) = mpsc::channel();
            let threads: Vec<mpsc::Sender<Step>> = (0..3)
                .map(|_| {
                    let (steps, given) = mpsc::channel::<Step>();
                    let (ledger, replies) = (&ledger, replies.clone());
                    scope.spawn(move || {
                        given.iter().try_for_each(|step| replies.send(step.call.on(ledger, step.now)))
                    });
                    steps
                })
                .collect();
            for (step, thread) in script.iter().zip(order) {
                threads[thread].send(step.clone()).unwrap();
                let expected = model.answer(&step.call, step.now);
                prop_assert_eq!(reply.recv().unwrap(), expected, "{:?}", step.call);
            }
            Ok(())
        })?;
    }
}

proptest! {
    // These look at the whole state again and again.
    #![proptest_config(config_of(150))]

    /// Whenever something is granted, held + spent of it stays within its limit.
    #[test]
    fn l1_held_and_spent_stay_within_the_limit_at_every_grant(script in scripts()) {
        let (ledger, kept) = journalled(settings());
        for Step { call, now } in &script {
            let before = kept.lock().unwrap().len();
            call.on(&ledger, *now);
            let entries = kept.lock().unwrap().clone();
            let (earlier, latest) = (balances(&entries[..before]), balances(&entries));
            for (resource, (held, spent)) in latest {
                let (held_before, spent_before) = earlier.get(&resource).copied().unwrap_or_default();
                if held + spent > held_before + spent_before {
                    let limit = ledger.balance(&resource, *now).unwrap().limit;
                    prop_assert!(u64::try_from(held + spent).unwrap() <= limit, "{}", resource);
                }
            }
        }
    }

    /// The changes in the journal add up to the balances, and playing it again, or its end after a snapshot of its start,
    /// gives the same ledger to the last remembered answer.
    #[test]
    fn l3_the_journal_rebuilds_every_balance(script in scripts(), cut in 0_usize..64) {
        let (ledger, kept) = journalled(settings());
        let mut snapshot = ledger.snapshot();
        for (position, Step { call, now }) in script.iter().enumerate() {
            call.on(&ledger, *now);
            if position == cut {
                snapshot = ledger.snapshot();
            }
        }
        let entries = kept.lock().unwrap().clone();
        for (resource, (held, spent)) in balances(&entries) {
            let Ok(balance) = ledger.balance(&resource, script[0].now) else {
                prop_assert_eq!((held, spent), (0, 0), "{} was closed with something left", resource);
                continue;
            };
            let found = (i64::try_from(balance.held).unwrap(), i64::try_from(balance.spent).unwrap());
            prop_assert_eq!(found, (held, spent));
        }
        let entries = kept.lock().unwrap().clone();
        let replayed = Embedded::new(settings()).replay(&entries).unwrap();
        let recovered = Embedded::restore(settings(), &snapshot).unwrap().replay(&entries).unwrap();
        // Repeats and questions move the clock without an entry, so all three are brought to one time.
        for ledger in [&ledger, &replayed, &recovered] {
            ledger.expire(end()).unwrap();
        }
        prop_assert_eq!(replayed.snapshot(), ledger.snapshot());
        prop_assert_eq!(recovered.snapshot(), ledger.snapshot());
    }

    /// A restored ledger is the same ledger: it answers everything alike from then on.
    #[test]
    fn s1_a_restored_ledger_answers_as_the_one_it_was_taken_of(script in scripts(), cut in 0_usize..64) {
        let ledger = Embedded::new(settings());
        let cut = cut.min(script.len());
        for Step { call, now } in &script[..cut] {
            call.on(&ledger, *now);
        }
        let restored = Embedded::restore(settings(), &ledger.snapshot()).unwrap();
        prop_assert_eq!(restored.snapshot(), ledger.snapshot());
        for Step { call, now } in &script[cut..] {
            prop_assert_eq!(call.on(&restored, *now), call.on(&ledger, *now), "{:?}", call);
        }
    }

    /// A call made again at once gets the same answer and changes nothing.
    #[test]
    fn l2_repeats_answer_alike_and_change_nothing(script in scripts()) {
        let ledger = Embedded::new(settings());
        for Step { call, now } in &script {
            let first = call.on(&ledger, *now);
            let after = ledger.snapshot();
            // Neither has an id: each does what is left to do.
            let does_more = matches!(call, Call::Expire | Call::Close(_));
            let second = if does_more { first.clone() } else { call.on(&ledger, *now) };
            prop_assert_eq!(second, first, "{:?}", call);
            prop_assert_eq!(ledger.snapshot(), after);
        }
    }
}

/// What may be answered, in a word or two.
const KINDS: [&str; 30] = [
    "accounts full",
    "alert",
    "closed",
    "committed",
    "conflict",
    "exceeds",
    "exhausted",
    "expired",
    "expiry",
    "held",
    "kept",
    "limit set",
    "limits full",
    "no limit",
    "not over",
    "nothing committed",
    "other",
    "other quote",
    "refunded",
    "rejected",
    "released",
    "replaced",
    "reservations full",
    "settled",
    "stale limit",
    "still named",
    "unknown",
    "used",
    "was rejected",
    "was released",
];

/// The generator reaches what the properties are about.
#[test]
fn scripts_meet_every_kind_of_answer() {
    let all = BTreeSet::from(KINDS);
    let (mut met, mut state, mut scripts) = (BTreeSet::new(), 1_u64, 0);
    while met != all && scripts < 3_000 {
        scripts += 1;
        let bytes: Vec<u8> = (0..300).map(|_| random(&mut state)).collect();
        let mut model = Model::new(settings());
        for Step { call, now } in steps(&bytes) {
            met.insert(kind(&model.answer(&call, now)));
        }
    }
    assert_eq!(met, all);
}

/// The top byte of a multiplicative generator.
fn random(state: &mut u64) -> u8 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 56) as u8
}

fn kind(reply: &Reply) -> &'static str {
    let refusal = |why: &Refusal| match why {
        Refusal::Rejected => "was rejected",
        Refusal::Expired => "expired",
        Refusal::Released => "was released",
        Refusal::Replaced => "replaced",
        Refusal::Settled => "settled",
        Refusal::Exceeds(_) => "exceeds",
        Refusal::Exhausted(_) => "exhausted",
        Refusal::NothingCommitted => "nothing committed",
        Refusal::OtherQuote => "other quote",
    };
    match reply {
        Reply::Reserve(Reserved::Held(_)) => "held",
        Reply::Reserve(Reserved::Rejected(_)) => "rejected",
        Reply::Commit(Settled::Done(done)) if done.alerts.is_empty() => "committed",
        Reply::Commit(Settled::Done(_)) => "alert",
        Reply::Release(Settled::Done(_)) => "released",
        Reply::Refund(Settled::Done(done)) if done.kept.is_empty() => "refunded",
        Reply::Refund(Settled::Done(_)) => "kept",
        Reply::Commit(Settled::Refused(why)) => refusal(why),
        Reply::Release(Settled::Refused(why)) => refusal(why),
        Reply::Refund(Settled::Refused(why)) => refusal(why),
        Reply::Limit(_) => "limit set",
        Reply::Expire(0) => "other",
        Reply::Expire(_) => "expiry",
        Reply::Close(_) => "closed",
        Reply::Balance(_) => "other",
        Reply::Usage(usage) if *usage == Usage::default() => "other",
        Reply::Usage(_) => "used",
        Reply::Error(LedgerError::Full { what, .. }) => match what.to_string().as_str() {
            "limits" => "limits full",
            "accounts" => "accounts full",
            _ => "reservations full",
        },
        Reply::Error(LedgerError::Conflict { .. }) => "conflict",
        Reply::Error(LedgerError::Unknown { .. }) => "unknown",
        Reply::Error(LedgerError::NoLimit { .. }) => "no limit",
        Reply::Error(LedgerError::StaleLimit { .. }) => "stale limit",
        Reply::Error(LedgerError::NotOver { .. }) => "not over",
        Reply::Error(LedgerError::StillNamed { .. }) => "still named",
        Reply::Error(_) => "other error",
    }
}
