//! The ledger under threads: `ledger/<op>/<threads>`, in wall time per operation; and what limits cost in pricing.
//!
//! ```text
//! cargo bench --bench ledger                     everything, about two minutes, then the percentiles
//! cargo bench --bench ledger -- ledger/pair/2    one row, in pairs a second too
//! cargo bench --bench ledger -- percentiles      pairs a second, with p50, p99 and p99.9 of single pairs
//! ```
//!
//! | benchmark | what is timed |
//! |---|---|
//! | `ledger/pair/<threads>` | a reservation of one unit of one hot key and its commit, every thread as fast as it can |
//! | `ledger/order/<threads>` | the same with six claims, three of them the customer's own |
//! | `ledger/repeat/<threads>` | a reservation made again: the remembered answer |
//! | `ledger/usage/<threads>` | what pricing reads, over fifty rules |
//! | `ledger/usage_of/<threads>` | the same where ten thousand limits of other campaigns are set besides |
//! | `price/limits/none` | one cart under fifty rules without limits, in processor time |
//! | `price/limits/50`, `price/limits/50x5` | the same with one limit on each rule, of units, and with five |
//!
//! Answers are checked after each round: so many pairs, so many units sold. The clock of the calls runs ahead so that answers
//! are forgotten after two thousand pairs; requests are made inside the timed loop, as a host makes them. The percentiles at the end are of single
//! pairs, from making the requests to the second answer, queueing for the lock and the cost of reading the time included.

#![allow(
    clippy::expect_used,
    clippy::disallowed_types,
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    reason = "a benchmark whose answer is wrong must stop; threads are timed by the wall clock"
)]

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use criterion::{Criterion, Throughput};
use dealproof::compile;
use dealproof::evaluate::Scratch;
use dealproof::ledger::{Commit, Embedded, Ledger, Limit, RequestId, Reserve, Reserved, Settings};
use dealproof::money::{Currency, Money};
use dealproof::record::{Claim, Quote, Resource, ResourceKind, RuleUsage, Usage};
use dealproof::rules::{Benefit, PercentOff, Rule, RuleLimits, RuleSet};
use dealproof::shop::{Cart, Context, Customer, CustomerId, Line, Moment};

const THREADS: [usize; 3] = [1, 2, 8];
/// Pairs of one thread in a millisecond of the calls' clock.
const PAIRS_PER_MS: u64 = 20;
/// What there is of each resource: more than any round sells.
const PLENTY: u64 = 1_000_000_000_000;

fn main() {
    let mut criterion = Criterion::default()
        .without_plots()
        .sample_size(15)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for threads in THREADS {
        pairs(&mut criterion, "pair", &[Resource::new("hot", ResourceKind::Units)], threads);
        pairs(&mut criterion, "order", &order_resources(), threads);
        repeat(&mut criterion, threads);
        usage(&mut criterion, threads);
    }
    limits(&mut criterion);
    criterion.final_summary();
    let measures = std::env::args().any(|argument| argument == "--bench");
    let asked = std::env::args().any(|argument| argument == "percentiles");
    if measures && (asked || std::env::args().count() == 2) {
        THREADS.into_iter().for_each(percentiles);
    }
}

fn order_resources() -> Vec<Resource> {
    let kinds = [ResourceKind::Uses, ResourceKind::CustomerUses];
    let mut all: Vec<Resource> = ["coupon", "flash", "red-packet"]
        .into_iter()
        .flat_map(|rule| kinds.map(|kind| Resource::new(rule, kind)))
        .collect();
    all.sort();
    all
}

fn settings() -> Settings {
    Settings::new(Currency::CNY).retention_ms(100).returns_ms(100)
}

fn ledger(resources: &[Resource]) -> Embedded {
    let ledger = Embedded::new(settings());
    for resource in resources {
        ledger.set_limit(&Limit::new(resource.clone(), PLENTY), at(0)).expect("a limit");
    }
    ledger
}

fn at(ms: u64) -> Moment {
    i64::try_from(ms).ok().and_then(Moment::from_unix_ms).expect("a moment of this century")
}

/// The claims of one thread; the customer's own resources are the thread's.
fn claims(thread: usize, resources: &[Resource]) -> Vec<Claim> {
    let claim = |resource: &Resource| {
        let own = resource.kind().is_per_customer();
        let resource = resource.clone();
        let resource = if own { resource.of(format!("customer-{thread}")) } else { resource };
        Claim::new(resource, 1)
    };
    resources.iter().map(claim).collect()
}

/// A reservation and its commit, as a host makes them: from the id of an order and the claims of a quote. The commit names the
/// reservation by the id that is at hand.
fn requests(thread: usize, number: u64, claims: &[Claim]) -> (Reserve, Commit) {
    const PAYMENT: RequestId = RequestId::new_static("payment");
    let mut text = [b'-'; 24];
    let text = write_id(&mut text, thread, number);
    let id = RequestId::from(text);
    (Reserve::new(id.clone(), text, claims.iter().cloned()), Commit::all(id, PAYMENT))
}

/// `3-14159`, without what formatting costs: that would be a tenth of a pair.
fn write_id(text: &mut [u8; 24], thread: usize, number: u64) -> &str {
    let mut places = text.iter_mut().enumerate().rev();
    let mut write = |byte| {
        let (at, place) = places.next().expect("room for 20 digits and more");
        *place = byte;
        at
    };
    let mut rest = number;
    loop {
        write(b'0' + (rest % 10) as u8);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    write(b'-');
    let from = write(b'0' + thread as u8);
    text.get(from..).and_then(|id| std::str::from_utf8(id).ok()).expect("digits")
}

/// Makes `pairs` pairs, from number `first` on.
fn sell(ledger: &Embedded, thread: usize, claims: &[Claim], first: u64, pairs: u64) {
    let mut now = at(first / PAIRS_PER_MS);
    for number in first..first + pairs {
        if number % PAIRS_PER_MS == 0 {
            now = at(number / PAIRS_PER_MS);
        }
        let (reserve, commit) = requests(thread, number, claims);
        let held = ledger.reserve(&reserve, now).expect("an answer");
        assert!(matches!(held, Reserved::Held(_)));
        black_box(ledger.commit(&commit, now).expect("an answer"));
    }
}

/// Threads that start at once; the time until the last has ended.
fn at_once(threads: usize, work: impl Fn(usize) + Sync) -> Duration {
    let start = Barrier::new(threads + 1);
    let (start, work) = (&start, &work);
    thread::scope(|scope| {
        let started: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    start.wait();
                    work(thread);
                })
            })
            .collect();
        start.wait();
        let began = Instant::now();
        for thread in started {
            thread.join().expect("the thread ended");
        }
        began.elapsed()
    })
}

fn pairs(criterion: &mut Criterion, op: &str, resources: &[Resource], threads: usize) {
    let all: Vec<_> = (0..threads).map(|thread| claims(thread, resources)).collect();
    let ledger = ledger(resources);
    let mut sold = 0;
    let mut group = criterion.benchmark_group("ledger");
    group.throughput(Throughput::Elements(1));
    group.bench_function(format!("{op}/{threads}"), |bencher| {
        bencher.iter_custom(|times| {
            let each = times.div_ceil(threads as u64);
            let first = sold / threads as u64;
            let time = at_once(threads, |thread| {
                let claims = all.get(thread).expect("one list for each thread");
                sell(&ledger, thread, claims, first, each);
            });
            sold += each * threads as u64;
            let hot = resources.iter().find(|resource| !resource.kind().is_per_customer()).expect("one");
            assert_eq!(ledger.balance(hot, at(0)).expect("a balance").spent, sold);
            // The time of so many pairs as were asked for.
            time.mul_f64(times as f64 / (each * threads as u64) as f64)
        });
    });
}

fn repeat(criterion: &mut Criterion, threads: usize) {
    let hot = [Resource::new("hot", ResourceKind::Units)];
    let (reserve, _) = requests(0, 0, &claims(0, &hot));
    let ledger = ledger(&hot);
    let first = ledger.reserve(&reserve, at(0)).expect("an answer");
    criterion.bench_function(&format!("ledger/repeat/{threads}"), |bencher| {
        bencher.iter_custom(|times| {
            let each = times.div_ceil(threads as u64);
            at_once(threads, |_| {
                for _ in 0..each {
                    assert_eq!(ledger.reserve(black_box(&reserve), at(0)).as_ref(), Ok(&first));
                }
            })
        });
    });
}

fn usage(criterion: &mut Criterion, threads: usize) {
    let resources: Vec<Resource> =
        (0..50).map(|rule| Resource::new(format!("rule-{rule}"), ResourceKind::Uses)).collect();
    let ledger = ledger(&resources);
    let mut claims: Vec<Claim> = resources.iter().map(|resource| Claim::new(resource.clone(), 1)).collect();
    claims.sort();
    ledger.reserve(&Reserve::new("all", "all", claims), at(0)).expect("an answer");
    let customer = CustomerId::from("ann");
    criterion.bench_function(&format!("ledger/usage/{threads}"), |bencher| {
        bencher.iter_custom(|times| {
            let each = times.div_ceil(threads as u64);
            at_once(threads, |_| {
                for _ in 0..each {
                    let usage = ledger.usage(Some(&customer), None, at(0)).expect("a usage");
                    assert_eq!(usage.rules.len(), 50);
                }
            })
        });
    });
    let others = (0..9_950).map(|rule| Resource::new(format!("other-{rule}"), ResourceKind::Uses));
    for other in others {
        ledger.set_limit(&Limit::new(other, PLENTY), at(0)).expect("a limit");
    }
    criterion.bench_function(&format!("ledger/usage_of/{threads}"), |bencher| {
        bencher.iter_custom(|times| {
            let each = times.div_ceil(threads as u64);
            at_once(threads, |_| {
                for _ in 0..each {
                    let usage = ledger.usage_of(&resources, Some(&customer), None, at(0)).expect("a usage");
                    assert_eq!(usage.rules.len(), 50);
                }
            })
        });
    });
}

/// Fifty rules that all apply to a cart of ten lines, without limits and with limits that are far from used up.
fn limits(criterion: &mut Criterion) {
    let lines = (0..10)
        .map(|line| Line::new(format!("{line}"), format!("SKU-{line}"), 3, Money::from_minor(10_000 + line)));
    let cart = Cart::new(Currency::CNY, lines.collect(), vec![]).expect("a cart");
    let context = Context::new(at(0)).customer(Customer::new("ann"));
    let none = RuleLimits::none();
    let units = none.units(1_000_000);
    let budget = "1000000000.00".parse().expect("an amount");
    let five = units.uses(1_000_000).uses_per_customer(100).units_per_customer(1_000).budget(budget);
    let rule = |number: u32, limits| {
        let one = Benefit::PercentOff(PercentOff::new("1".parse().expect("a percentage")));
        Rule::new(format!("rule-{number:02}"), "item", one).limits(limits)
    };
    let used_by_each = |used: RuleUsage| {
        let mut usage = Usage::default();
        usage.rules.extend((0..50).map(|number| (rule(number, none).id, used)));
        usage
    };
    let mut used = RuleUsage::default();
    used.units = 5_000;
    let of_units = used_by_each(used);
    (used.uses, used.customer_uses, used.customer_units) = (500, 5, 50);
    used.budget = Some("5000.00".parse().expect("an amount"));
    let rows =
        [("none", none, Usage::default()), ("50", units, of_units), ("50x5", five, used_by_each(used))];
    let mut payable = Vec::new();
    for (name, limits, usage) in rows {
        let rules =
            (0..50).fold(RuleSet::new(Currency::CNY), |rules, number| rules.rule(rule(number, limits)));
        let plan = compile(&rules).expect("a sound rule set");
        let (mut scratch, mut quote) = (Scratch::default(), Quote::new());
        plan.price_into(&mut scratch, &cart, &context, &usage, &mut quote).expect("a quote");
        assert_eq!(quote.rules.len(), 50);
        payable.push(quote.totals.payable);
        criterion.bench_function(&format!("price/limits/{name}"), |bencher| {
            bencher.iter_custom(|times| {
                let start = ThreadTime::now();
                for _ in 0..times {
                    plan.price_into(&mut scratch, black_box(&cart), &context, &usage, &mut quote)
                        .expect("a quote");
                    black_box(&quote);
                }
                start.elapsed()
            });
        });
    }
    assert!(payable.iter().all(|one| payable.first() == Some(one)), "limits far away change no price");
}

/// Half a second's worth of pairs, each timed from its requests to its second answer.
fn percentiles(threads: usize) {
    const PAIRS: u64 = 400_000;
    let hot = Resource::new("hot", ResourceKind::Units);
    let resources = std::slice::from_ref(&hot);
    let ledger = ledger(resources);
    let each = PAIRS / threads as u64;
    let times = std::sync::Mutex::new(Vec::new());
    let wall = at_once(threads, |thread| {
        let mut own = Vec::with_capacity(each as usize);
        let claims = claims(thread, resources);
        for number in 0..each {
            let began = Instant::now();
            sell(&ledger, thread, &claims, number, 1);
            own.push(began.elapsed());
        }
        times.lock().expect("no thread panicked").extend(own);
    });
    let mut times = times.into_inner().expect("no thread panicked");
    times.sort_unstable();
    let at_share = |share: usize| times.get(times.len() * share / 1_000).copied().unwrap_or_default();
    assert_eq!(ledger.balance(&hot, at(0)).expect("a balance").spent, each * threads as u64);
    println!(
        "ledger/pair/{threads}: {:.2} million pairs/s; a pair takes p50 {:?}, p99 {:?}, p99.9 {:?}",
        (each * threads as u64) as f64 / wall.as_secs_f64() / 1e6,
        at_share(500),
        at_share(990),
        at_share(999)
    );
}
