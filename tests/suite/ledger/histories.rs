//! Linearizability of recorded concurrent histories: some order of the calls, in which no call that ended before another
//! began comes after it, must give every answer when the plain model makes them one by one.
//!
//! The search is that of Wing and Gong with Lowe's memory of configurations: sets of calls already placed. Reservations and
//! settlements carry the ledger's own sequence number, so few orders are ever tried.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use dealproof::ledger::{Commit, Embedded, Ledger, Limit, Reserve, Reserved, Settled};
use dealproof::testkit::ledger::{Call, Model, Reply, Step, settings, steps};

use super::{claim, minute, units};

/// A call that was made, with the stamps of its beginning and end.
#[derive(Clone, Debug)]
struct Event {
    step: Step,
    reply: Reply,
    began: u64,
    ended: u64,
}

/// Threads make their calls at once; every call is stamped from one counter before and after.
fn record(ledger: &(impl Ledger + Sync), scripts: Vec<Vec<Step>>) -> Vec<Event> {
    let (clock, start) = (AtomicU64::new(0), Barrier::new(scripts.len()));
    let (clock, start) = (&clock, &start);
    let play = |script: Vec<Step>| {
        start.wait();
        let call = |step: Step| {
            let began = clock.fetch_add(1, Ordering::SeqCst);
            let reply = step.call.on(ledger, step.now);
            Event { step, reply, began, ended: clock.fetch_add(1, Ordering::SeqCst) }
        };
        script.into_iter().map(call).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let threads: Vec<_> = scripts.into_iter().map(|script| scope.spawn(move || play(script))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

/// Whether some order explains the answers. At most 64 events.
fn is_linearizable(model: &Model, events: &[Event]) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![(0_u64, model.clone())];
    while let Some((placed, model)) = open.pop() {
        if placed.count_ones() as usize == events.len() {
            return true;
        }
        let left = || (0..events.len()).filter(|at| placed & (1 << at) == 0);
        let first_end = left().map(|at| events[at].ended).min().unwrap_or(0);
        // Only a call that began before any other ended can be the next.
        for at in left().filter(|at| events[*at].began < first_end) {
            let mut next = model.clone();
            if next.answer(&events[at].step.call, events[at].step.now) != events[at].reply {
                continue;
            }
            let placed = placed | (1 << at);
            // The model is a function of the calls placed and their order; its text tells orders apart.
            if seen.insert((placed, format!("{next:?}"))) {
                open.push((placed, next));
            }
        }
    }
    false
}

/// Scripts for so many threads, off the bytes of a seed, after common limits.
fn scripts(seed: u64, threads: usize, calls: usize) -> (Vec<Step>, Vec<Vec<Step>>) {
    let mut state = seed;
    let mut bytes = || -> Vec<u8> {
        (0..calls * 14)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            })
            .collect()
    };
    let limits: Vec<Step> = steps(&[]);
    let mut script = || steps(&bytes()).split_off(limits.len()).into_iter().take(calls).collect();
    let scripts = (0..threads).map(|_| script()).collect();
    (limits, scripts)
}

#[test]
fn l2_concurrent_histories_are_linearizable() {
    for seed in 0..400 {
        let threads = 2 + usize::try_from(seed % 3).unwrap();
        let (limits, scripts) = scripts(seed, threads, 24 / threads);
        let (ledger, mut model) = (Embedded::new(settings()), Model::new(settings()));
        for Step { call, now } in &limits {
            assert_eq!(call.on(&ledger, *now), model.answer(call, *now));
        }
        let events = record(&ledger, scripts);
        assert!(is_linearizable(&model, &events), "seed {seed}: {events:#?}");
    }
}

/// Many threads on one key: with sequence numbers in the answers the order is known, so a long history is checked by
/// replaying it in that order and comparing it with real time.
#[test]
fn l1_one_hot_key_sells_exactly_its_limit_in_an_order_that_respects_real_time() {
    let ledger = Embedded::new(super::settings());
    ledger.set_limit(&Limit::new(units("hot"), 1_000), minute(0)).unwrap();
    let script = |thread: usize| {
        (0..400).flat_map(move |order| {
            let id = format!("{thread}-{order}");
            let reserve = Reserve::new(id.as_str(), id.as_str(), [claim(&units("hot"), 1)]);
            let calls = [Call::Reserve(reserve), Call::Commit(Commit::all(id.as_str(), "pay"))];
            calls.map(|call| Step { call, now: minute(1) })
        })
    };
    let mut events = record(&ledger, (0..4).map(|thread| script(thread).collect()).collect());
    let seq = |event: &Event| match &event.reply {
        Reply::Reserve(Reserved::Held(held)) => held.seq,
        Reply::Reserve(Reserved::Rejected(short)) => short.seq,
        Reply::Commit(Settled::Done(done)) => done.seq,
        // A refusal to commit a rejected reservation carries none and changes nothing.
        _ => 0,
    };
    events.retain(|event| seq(event) > 0);
    events.sort_by_key(seq);
    let mut latest_began = 0;
    for event in &events {
        assert!(event.ended > latest_began, "an earlier number was given to a later call");
        latest_began = latest_began.max(event.began);
    }
    let balance = ledger.balance(&units("hot"), minute(1)).unwrap();
    assert_eq!((balance.spent, balance.held, balance.available), (1_000, 0, 0));
}

/// The checker sees what it must: two holds of the last unit, an answer out of the past, a forgotten hold.
#[test]
fn histories_that_no_order_explains_are_found() {
    let mut model = Model::new(super::settings());
    let limit = Step { call: Call::Limit(Limit::new(units("last"), 1)), now: minute(0) };
    model.answer(&limit.call, limit.now);
    let reserve = |id: &str| Step {
        call: Call::Reserve(Reserve::new(id, id, [claim(&units("last"), 1)])),
        now: minute(1),
    };
    let balance = || Step { call: Call::Balance(units("last")), now: minute(1) };
    let of = |steps: [Step; 2]| steps.map(|step| model.clone().answer(&step.call, step.now));
    let [held, free] = of([reserve("a"), balance()]);
    let event = |step: Step, reply: &Reply, began, ended| Event { step, reply: reply.clone(), began, ended };

    let twice = [event(reserve("a"), &held, 0, 3), event(reserve("b"), &held, 1, 2)];
    assert!(!is_linearizable(&model, &twice), "check, then act");
    let stale = [event(reserve("a"), &held, 0, 1), event(balance(), &free, 2, 3)];
    assert!(!is_linearizable(&model, &stale), "free after it was held");
    let at_once = [event(reserve("a"), &held, 0, 2), event(balance(), &free, 1, 3)];
    assert!(is_linearizable(&model, &at_once), "free before it was held");
}
