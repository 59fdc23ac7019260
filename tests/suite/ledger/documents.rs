//! Snapshots and journals from bytes nobody vouches for.

use dealproof::bounds::Limits;
use dealproof::ledger::{
    Commit, Embedded, Entry, Ledger, Limit, Refund, Release, ReplayProblem, Reserve, SnapshotProblem,
};
use dealproof::load::{self, JournalError, Problem};
use dealproof::record::{Fingerprint, Resource, ResourceKind};
use serde_json::Value;

use super::{Kept, claim, journalled, minute, settings, units};

/// A ledger in the middle of its day: open, settled, released, rejected and refunded reservations.
fn busy() -> (Embedded, Kept) {
    let (ledger, kept) = journalled(settings());
    let once = Resource::new("coupon", ResourceKind::CustomerUses);
    for limit in [Limit::new(units("flash"), 10), Limit::new(once.clone(), 1)] {
        ledger.set_limit(&limit, minute(0)).unwrap();
    }
    let reserve = |id: &str, amount| {
        let claims = [claim(&once.clone().of(id), 1), claim(&units("flash"), amount)];
        ledger.reserve(&Reserve::new(id, id, claims), minute(1)).unwrap();
    };
    for (id, amount) in [("a", 2), ("b", 3), ("c", 4), ("d", 5)] {
        reserve(id, amount);
    }
    ledger.commit(&Commit::part("a", "pay", [claim(&units("flash"), 1)]), minute(2)).unwrap();
    ledger.refund(&Refund::all("a", "back"), minute(3)).unwrap();
    ledger.release(&Release::new("b", "cancel"), minute(3)).unwrap();
    (ledger, kept)
}

fn text(ledger: &Embedded) -> String {
    serde_json::to_string(&ledger.snapshot()).unwrap()
}

/// Reads and restores; what a hostile document must not get through.
fn restore(document: &[u8]) -> Result<Embedded, String> {
    let snapshot = load::snapshot(document, &Limits::default()).map_err(|error| error.to_string())?;
    Embedded::restore(settings(), &snapshot).map_err(|error| error.to_string())
}

#[test]
fn s1_a_snapshot_is_read_back_as_it_was_written() {
    let (ledger, _) = busy();
    let text = text(&ledger);
    assert_eq!(self::text(&restore(text.as_bytes()).unwrap()), text);
}

#[test]
fn a_snapshot_cut_short_anywhere_is_refused() {
    let (ledger, _) = busy();
    let text = text(&ledger);
    for end in 0..text.len() {
        assert!(restore(&text.as_bytes()[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn a_snapshot_with_a_bit_flipped_in_any_byte_is_refused() {
    let (ledger, _) = busy();
    let text = text(&ledger);
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1 << (at % 8);
        assert!(restore(&bytes).is_err(), "bit {} of byte {at}", at % 8);
    }
}

/// A snapshot changed by somebody who computes the digest anew.
fn forged(change: impl FnOnce(&mut Value)) -> Result<Embedded, String> {
    let (ledger, _) = busy();
    let mut document: Value = serde_json::from_str(&text(&ledger)).unwrap();
    change(&mut document["state"]);
    // The digest is that of the state as this version writes it, so it goes through the reader once.
    document["digest"] = Fingerprint::of(b"").to_string().into();
    let wrong = load::snapshot(document.to_string(), &Limits::default()).unwrap_err();
    assert_eq!(wrong.problem, Problem::Snapshot(SnapshotProblem::WrongDigest));
    let mut state = serde_json::to_string(&document["state"]).unwrap();
    state = reordered(&state);
    let digest = Fingerprint::of(state.as_bytes());
    let forged = format!("{{\"format\":1,\"digest\":\"{digest}\",\"state\":{state}}}");
    restore(forged.as_bytes())
}

/// The fields of a state in the order in which the library writes them: `Value` sorts them by name.
const FIELDS: [&str; 32] = [
    "clock_ms",
    "seq",
    "limits",
    "accounts",
    "reservations",
    "request",
    "owner",
    "rule",
    "limit",
    "customer",
    "resource",
    "amount",
    "version",
    "claimed",
    "held",
    "spent",
    "posted",
    "refunded",
    "restored",
    "kept",
    "minute",
    "in_minute",
    "content",
    "quote",
    "state",
    "expires_ms",
    "touched_ms",
    "items",
    "short",
    "done",
    "wanted",
    "available",
];

/// A state with its fields in that order.
fn reordered(state: &str) -> String {
    let mut out = String::new();
    write(&serde_json::from_str(state).unwrap(), &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let place = |name: &str| FIELDS.iter().position(|known| *known == name).unwrap_or(FIELDS.len());
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| place(name));
            let parts = fields.into_iter().map(|(name, value)| {
                let mut part = format!("\"{name}\":");
                write(value, &mut part);
                part
            });
            *out += &format!("{{{}}}", parts.collect::<Vec<_>>().join(","));
        }
        Value::Array(members) => {
            let parts = members.iter().map(|member| {
                let mut part = String::new();
                write(member, &mut part);
                part
            });
            *out += &format!("[{}]", parts.collect::<Vec<_>>().join(","));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => *out += &value.to_string(),
    }
}

#[test]
fn a_snapshot_that_does_not_add_up_is_refused_by_its_path() {
    assert!(forged(|_| {}).is_ok(), "an honest one with its digest computed anew");
    let refused = |change: &dyn Fn(&mut Value)| forged(change).err().unwrap_or_default();
    // Accounts: coupon of a, b, c; then flash. Reservations: a settled, b released, c open, d rejected.
    type Case<'a> = (&'a dyn Fn(&mut Value), &'a str);
    let cases: [Case<'_>; 12] = [
        (&|state| state["accounts"][3]["held"] = 5.into(), "/state/accounts/3: it does not add up"),
        (&|state| state["accounts"][3]["spent"] = 9.into(), "/state/accounts/3: it does not add up"),
        (&|state| state["accounts"][3]["posted"] = 0.into(), "/state/accounts/3: it does not add up"),
        (&|state| state["accounts"].as_array_mut().unwrap().swap(0, 1), "/state/accounts/1: it is not after"),
        (
            &|state| state["limits"] = Value::Array(vec![]),
            "/state/accounts/0: coupon/customer_uses/a is not known",
        ),
        (&|state| state["seq"] = 1.into(), "/state/limits/0: it does not add up"),
        (&|state| state["reservations"][1]["request"] = "a".into(), "/state/reservations/1: it is not after"),
        (
            &|state| state["reservations"][2]["state"] = "settled".into(),
            "/state/reservations/2: it does not add up",
        ),
        (
            &|state| state["reservations"][3]["state"] = "open".into(),
            "/state/reservations/3: it does not add up",
        ),
        (
            &|state| state["reservations"][0]["touched_ms"] = i64::MAX.into(),
            "/state/reservations/0: it does not",
        ),
        (
            &|state| state["reservations"][2]["items"][1]["claimed"] = 3.into(),
            "/state/reservations/2: it does not",
        ),
        (&|state| state["reservations"][2]["owner"] = "".into(), "/state/reservations/2: an id of 0 bytes"),
    ];
    for (change, expected) in cases {
        let found = refused(change);
        assert!(found.starts_with(expected), "{found}\nexpected {expected}");
    }
}

#[test]
fn a_snapshot_of_another_version_or_of_more_than_there_is_room_for_is_refused() {
    let (ledger, _) = busy();
    let newer = text(&ledger).replacen("\"format\":1", "\"format\":2", 1);
    assert!(restore(newer.as_bytes()).is_err_and(|error| error.contains("format 2")));
    let error = Embedded::restore(settings().reservations_max(3), &ledger.snapshot()).err().unwrap();
    assert_eq!(error.path, "/state/reservations");
    assert!(matches!(error.problem, SnapshotProblem::Full { limit: 3, .. }));
}

/// A ledger that remembers more than a rule file may be large is read back all the same; its own bound is checked first.
#[test]
fn a_snapshot_is_bounded_by_limits_of_its_own() {
    let (ledger, _) = busy();
    let text = text(&ledger);
    let little = Limits::default().document_bytes(text.len() - 1).nodes(1);
    assert_eq!(load::snapshot(&text, &little).unwrap(), ledger.snapshot());
    let exact = Limits::default().snapshot_bytes(text.len());
    assert!(load::snapshot(&text, &exact).is_ok());
    let error = load::snapshot(&text, &exact.snapshot_bytes(text.len() - 1)).unwrap_err();
    assert!(error.to_string().contains("bytes"), "{error}");
    let error = load::snapshot(&text, &Limits::default().snapshot_nodes(10)).unwrap_err();
    assert!(error.to_string().contains("10"), "{error}");
}

fn journal(entries: &[Entry]) -> String {
    entries.iter().map(|entry| entry.to_line().unwrap()).collect()
}

#[test]
fn l3_a_journal_read_back_from_its_lines_rebuilds_the_ledger() {
    let (ledger, kept) = busy();
    let entries = kept.lock().unwrap().clone();
    let lines = journal(&entries);
    let file = load::journal(&lines, &Limits::default()).unwrap();
    assert_eq!((&file.entries, file.whole_bytes), (&entries, lines.len()));
    let rebuilt = Embedded::new(settings()).replay(&file.entries).unwrap();
    assert_eq!(rebuilt.snapshot(), ledger.snapshot());
}

#[test]
fn a_journal_torn_anywhere_gives_its_whole_lines_and_nothing_else() {
    let (_, kept) = busy();
    let entries = kept.lock().unwrap().clone();
    let lines = journal(&entries);
    for end in 0..=lines.len() {
        let file = load::journal(&lines.as_bytes()[..end], &Limits::default()).unwrap();
        let whole = lines[..end].matches('\n').count();
        assert_eq!(file.entries, entries[..whole], "cut at {end}");
        assert_eq!(file.whole_bytes, journal(&entries[..whole]).len());
        Embedded::new(settings()).replay(&file.entries).unwrap();
    }
}

#[test]
fn a_journal_with_any_bit_flipped_is_refused_or_torn() {
    let (_, kept) = busy();
    let entries = kept.lock().unwrap().clone();
    let lines = journal(&entries);
    for at in 0..lines.len() {
        let mut bytes = lines.clone().into_bytes();
        bytes[at] ^= 1 << (at % 8);
        match load::journal(&bytes, &Limits::default()) {
            Err(_) => {}
            // The last line feed is gone, so the last line was never whole.
            Ok(file) => assert_eq!((at, file.entries.len()), (lines.len() - 1, entries.len() - 1)),
        }
    }
}

#[test]
fn a_journal_with_a_line_left_out_repeated_or_changed_is_refused() {
    let (_, kept) = busy();
    let entries = kept.lock().unwrap().clone();
    let mut gap = entries.clone();
    gap.remove(2);
    let error = load::journal(journal(&gap), &Limits::default()).unwrap_err();
    assert_eq!(error, JournalError::Gap { line: 3, given: 4, before: 2 });
    let refused = |entries: &[Entry]| Embedded::new(settings()).replay(entries).err().unwrap().problem;
    assert_eq!(refused(&gap), ReplayProblem::OutOfOrder { expected: 3 });

    // An entry with its digest computed anew must still do what it says.
    let mut more = entries.clone();
    let hold = more.iter_mut().find(|entry| entry.changes.len() == 2).unwrap();
    hold.changes[0].held += 1;
    assert_eq!(refused(&more), ReplayProblem::Diverged);
    let mut earlier = entries.clone();
    earlier[3].at_ms -= 10 * 60_000;
    assert!(matches!(refused(&earlier), ReplayProblem::BadTime { .. }));
    let mut later = entries;
    later[6].at_ms += 60 * 60_000;
    assert_eq!(refused(&later), ReplayProblem::Diverged, "holds would have expired before it");
}
