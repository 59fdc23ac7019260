//! Loopholes of quotas, points and budgets, each with the numbers of its class: what the ledger lets nobody do.

use std::sync::Barrier;
use std::thread;

use dealproof::compile;
use dealproof::evaluate::Scratch;
use dealproof::ledger::{
    Commit, Embedded, Ledger, LedgerError, Limit, Refund, Refunds, Refusal, Release, Reserve, Reserved,
    Settled,
};
use dealproof::money::{Currency, Money};
use dealproof::record::{Resource, ResourceKind, Usage};
use dealproof::rules::{Benefit, Rule, RuleLimits, RuleSet, Selector, UnitPrice};
use dealproof::shop::{Cart, Context, Customer, Line};

use super::{claim, ledger, minute, settings, units};

/// A customer's points, as a quote that redeems some claims them.
fn points(customer: &str) -> Resource {
    Resource::new("", ResourceKind::WalletPoints).of(customer)
}

fn budget(rule: &str) -> Resource {
    Resource::new(rule, ResourceKind::Budget)
}

fn is_held(answer: &Result<Reserved, LedgerError>) -> bool {
    matches!(answer, Ok(Reserved::Held(_)))
}

fn refusal<T>(answer: Settled<T>) -> Refusal {
    match answer {
        Settled::Done(_) => panic!("it was done"),
        Settled::Refused(why) => why,
    }
}

/// Threads that start at once; how many of them held what they asked for.
fn held_at_once(ledger: &Embedded, calls: Vec<Reserve>) -> usize {
    let start = Barrier::new(calls.len());
    let start = &start;
    thread::scope(|scope| {
        let threads: Vec<_> = calls
            .iter()
            .map(|call| {
                scope.spawn(move || {
                    start.wait();
                    is_held(&ledger.reserve(call, minute(1)))
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).filter(|held| *held).count()
    })
}

/// E5: 1,000 points, worth 10.00, in two orders at once. The second debit is refused, not ignored.
#[test]
fn abuse_e5_points_cannot_be_burnt_in_two_orders_at_once() {
    for _ in 0..200 {
        let ledger = ledger([Limit::new(points("ann"), 1_000)]);
        let all = [claim(&points("ann"), 1_000)];
        let calls = ["a", "b"].map(|order| Reserve::new(order, order, all.clone()));
        assert_eq!(held_at_once(&ledger, calls.into()), 1);
        assert_eq!(ledger.balance(&points("ann"), minute(1)).unwrap().available, 0);
    }
}

/// E3, E4: points come back with the return, exactly once; a return that is told twice is one return.
#[test]
fn abuse_e3_e4_a_return_gives_its_points_back_once() {
    let ledger = ledger([Limit::new(points("ann"), 2_000)]);
    ledger.reserve(&Reserve::new("a", "a", [claim(&points("ann"), 2_000)]), minute(0)).unwrap();
    ledger.commit(&Commit::all("a", "pay"), minute(0)).unwrap();
    let half = Refund::part("a", "return-1", [claim(&points("ann"), 1_000)]);
    let first = ledger.refund(&half, minute(1)).unwrap();
    assert_eq!(ledger.refund(&half, minute(2)).unwrap(), first);
    assert_eq!(ledger.balance(&points("ann"), minute(2)).unwrap().available, 1_000);
    // What is left to return is 1,000, not 2,000.
    let more = Refund::part("a", "return-2", [claim(&points("ann"), 1_001)]);
    assert!(matches!(refusal(ledger.refund(&more, minute(3)).unwrap()), Refusal::Exceeds(_)));
}

/// E6: 40.00 by points as four orders of 10.00, each within the cap of 5.00 an order; the cap of 5.00 a day holds.
#[test]
fn abuse_e6_a_cap_per_day_holds_over_orders() {
    let today = Resource::new("points-2026-11-11", ResourceKind::CustomerUnits).of("ann");
    let ledger = ledger([Limit::new(today.clone(), 500)]);
    let held = (0..4).filter(|order| {
        let id = format!("order-{order}");
        is_held(&ledger.reserve(&Reserve::new(id.as_str(), id.as_str(), [claim(&today, 500)]), minute(0)))
    });
    assert_eq!(held.count(), 1);
}

/// E7: points that expire today are spent today and refunded tomorrow: they come back to their own lot, which is over.
#[test]
fn abuse_e7_a_refund_revives_no_expired_points() {
    let midnight = minute(24 * 60);
    let ledger = ledger([Limit::new(points("ann"), 1_000).until(midnight)]);
    ledger.reserve(&Reserve::new("a", "a", [claim(&points("ann"), 1_000)]), minute(0)).unwrap();
    ledger.commit(&Commit::all("a", "pay"), minute(0)).unwrap();
    ledger.refund(&Refund::all("a", "cancel"), minute(25 * 60)).unwrap();
    let balance = ledger.balance(&points("ann"), minute(25 * 60)).unwrap();
    assert_eq!((balance.spent, balance.available), (0, 0));
    assert!(!is_held(&ledger.reserve(&Reserve::new("b", "b", [claim(&points("ann"), 1)]), minute(25 * 60))));
}

/// A flash price of 9.00 on goods of 60.00, with a limit of units in all and per customer.
fn flash(limits: RuleLimits) -> RuleSet {
    let nine = Benefit::UnitPrice(UnitPrice::new("9".parse().unwrap(), Selector::all()));
    RuleSet::new(Currency::CNY).rule(Rule::new("flash", "price", nine).limits(limits))
}

/// What so many units cost a customer who has not bought before.
fn cost(rules: &RuleSet, quantity: u32, usage: &Usage) -> i64 {
    let line = Line::new("1", "POT", quantity, Money::from_minor(6_000));
    let cart = Cart::new(Currency::CNY, vec![line], vec![]).unwrap();
    let context = Context::new(minute(0)).customer(Customer::new("ann"));
    let quote = compile(rules).unwrap().price(&mut Scratch::default(), &cart, &context, usage).unwrap();
    quote.totals.payable.minor()
}

/// F1: ten units of 60.00 in one order at 9.00 are 90.00, a loss of 510.00, where the quota counts orders; in units, one
/// is 9.00 and nine keep their price.
#[test]
fn abuse_f1_a_quota_counts_units_not_orders() {
    let by_orders = flash(RuleLimits::none().uses(1));
    assert_eq!(cost(&by_orders, 10, &Usage::default()), 10 * 900);
    let by_units = flash(RuleLimits::none().units(1));
    assert_eq!(cost(&by_units, 10, &Usage::default()), 900 + 9 * 6_000);
}

/// F2: five an order, three in all. The first order takes three, and the ledger holds no more than three either.
#[test]
fn abuse_f2_the_total_limit_holds_for_the_first_order_too() {
    let rules = flash(RuleLimits::none().units_per_order(5).units(3));
    assert_eq!(cost(&rules, 5, &Usage::default()), 3 * 900 + 2 * 6_000);
    let ledger = ledger(Limit::of_rules(&rules).unwrap());
    assert!(!is_held(&ledger.reserve(&Reserve::new("a", "a", [claim(&units("flash"), 5)]), minute(0))));
    assert!(is_held(&ledger.reserve(&Reserve::new("b", "b", [claim(&units("flash"), 3)]), minute(0))));
}

/// F3: a hundred accounts, a subsidy of 40.00 each. Who they are nobody here can know; the budget of 1,000.00 stops at 25.
#[test]
fn abuse_f3_many_accounts_get_no_more_than_the_budget() {
    let ledger = ledger([
        Limit::new(budget("subsidy"), 100_000),
        Limit::new(Resource::new("subsidy", ResourceKind::CustomerUses), 1),
    ]);
    let granted = (0..100).filter(|account| {
        let id = format!("account-{account}");
        let once = Resource::new("subsidy", ResourceKind::CustomerUses).of(id.as_str());
        let claims = [claim(&once, 1), claim(&budget("subsidy"), 4_000)];
        is_held(&ledger.reserve(&Reserve::new(id.as_str(), id.as_str(), claims), minute(0)))
    });
    assert_eq!(granted.count(), 25);
}

/// F4: one coupon, five requests at once.
#[test]
fn abuse_f4_one_coupon_is_used_once_whoever_asks_at_the_same_time() {
    let once = Resource::new("coupon-1000", ResourceKind::Uses);
    for _ in 0..100 {
        let ledger = ledger([Limit::new(once.clone(), 1)]);
        let call = |order: usize| Reserve::new(format!("{order}"), format!("{order}"), [claim(&once, 1)]);
        assert_eq!(held_at_once(&ledger, (0..5).map(call).collect()), 1);
    }
}

/// F5: a template of 100.00 without a limit cannot be drawn on, and one that is over grants nothing more.
#[test]
fn abuse_f5_what_has_no_limit_or_is_over_cannot_be_claimed() {
    let ledger = ledger([Limit::new(units("tv-coupon"), 1_000).until(minute(60))]);
    let ask = |id: &str, rule: &str| Reserve::new(id, id, [claim(&units(rule), 1)]);
    let no_limit = LedgerError::NoLimit { resource: units("leftover") };
    assert_eq!(ledger.reserve(&ask("a", "leftover"), minute(0)), Err(no_limit));
    assert!(is_held(&ledger.reserve(&ask("b", "tv-coupon"), minute(59))));
    assert!(!is_held(&ledger.reserve(&ask("c", "tv-coupon"), minute(60))));
}

/// F8: the leader's free place is spent with the group and a member's refund does not hand it out again.
#[test]
fn abuse_f8_a_place_that_refunds_keep_is_not_handed_out_again() {
    let free = Resource::new("leader-free", ResourceKind::Uses);
    let ledger = ledger([Limit::new(free.clone(), 1).refunds(Refunds::Keep)]);
    ledger.reserve(&Reserve::new("group-1", "group-1", [claim(&free, 1)]), minute(0)).unwrap();
    ledger.commit(&Commit::all("group-1", "success"), minute(0)).unwrap();
    ledger.refund(&Refund::all("group-1", "members-left"), minute(1)).unwrap();
    assert!(!is_held(&ledger.reserve(&Reserve::new("group-2", "group-2", [claim(&free, 1)]), minute(2))));
}

/// Places that are held and given back are free again, whoever else holds one.
#[test]
fn places_given_back_are_free_again() {
    let place = units("group-5");
    let ledger = ledger([Limit::new(place.clone(), 5)]);
    let member = |id: usize| Reserve::new(format!("m{id}"), format!("m{id}"), [claim(&place, 1)]);
    for id in 0..5 {
        assert!(is_held(&ledger.reserve(&member(id), minute(0))));
    }
    for id in 0..2 {
        ledger.release(&Release::new(format!("m{id}"), "leave"), minute(1)).unwrap();
    }
    let balance = ledger.balance(&place, minute(1)).unwrap();
    assert_eq!((balance.held, balance.available), (3, 2));
}

/// F11: asking again does not move the deadline of a two-hour hold.
#[test]
fn abuse_f11_a_repeated_request_does_not_reset_the_clock() {
    let place = units("group");
    let ledger = ledger([Limit::new(place.clone(), 1)]);
    let ask = Reserve::new("g", "leader", [claim(&place, 1)]).ttl_ms(120 * 60_000);
    let first = ledger.reserve(&ask, minute(0)).unwrap();
    assert_eq!(ledger.reserve(&ask, minute(119)).unwrap(), first);
    let late = ledger.commit(&Commit::all("g", "join"), minute(120)).unwrap();
    assert_eq!(refusal(late), Refusal::Expired);
}

/// F13: a hold that is never paid gives its units back at its hour, and an owner who holds again holds only once.
#[test]
fn abuse_f13_unpaid_holds_end_and_one_owner_holds_once() {
    let ledger = ledger([Limit::new(units("flash"), 100)]);
    for again in 0..50 {
        let ask = Reserve::new(format!("try-{again}"), "cart", [claim(&units("flash"), 60)]);
        assert!(is_held(&ledger.reserve(&ask, minute(again))));
        assert_eq!(ledger.balance(&units("flash"), minute(again)).unwrap().held, 60);
    }
    assert_eq!(ledger.balance(&units("flash"), minute(49 + 15)).unwrap().available, 100);
}

/// F17: a budget of 10,000.00 and 50 requests of 500.00 at once: twenty are granted, not fifty.
#[test]
fn abuse_f17_parallel_requests_stay_within_the_budget() {
    for _ in 0..20 {
        let ledger = ledger([Limit::new(budget("campaign"), 1_000_000)]);
        let call = |order: usize| {
            Reserve::new(format!("{order}"), format!("{order}"), [claim(&budget("campaign"), 50_000)])
        };
        assert_eq!(held_at_once(&ledger, (0..50).map(call).collect()), 20);
        let balance = ledger.balance(&budget("campaign"), minute(1)).unwrap();
        assert_eq!((balance.held, balance.available), (1_000_000, 0));
    }
}

/// F18: previewed under one version of the rules (80.00), ordered under another (100.00): a payment of the one is not a
/// payment of the other.
#[test]
fn abuse_f18_a_payment_of_another_quote_commits_nothing() {
    let ledger = ledger([Limit::new(units("flash"), 1)]);
    let line = Line::new("1", "POT", 1, Money::from_minor(10_000));
    let cart = Cart::new(Currency::CNY, vec![line], vec![]).unwrap();
    let quoted = |price: &str| {
        let flash = Benefit::UnitPrice(UnitPrice::new(price.parse().unwrap(), Selector::all()));
        let plan = compile(&RuleSet::new(Currency::CNY).rule(Rule::new("flash", "price", flash))).unwrap();
        let context = Context::new(minute(0));
        plan.price(&mut Scratch::default(), &cart, &context, &Usage::default()).unwrap()
    };
    let [first, second] = ["80", "100"].map(quoted);
    assert_eq!((first.totals.payable.minor(), second.totals.payable.minor()), (8_000, 10_000));
    assert_ne!(first.plan, second.plan);
    let (previewed, ordered) = (first.digest(), second.digest());
    let ask = Reserve::new("a", "a", [claim(&units("flash"), 1)]).quote(ordered);
    ledger.reserve(&ask, minute(0)).unwrap();
    let stale = ledger.commit(&Commit::all("a", "pay-80").quote(previewed), minute(1)).unwrap();
    assert_eq!(refusal(stale), Refusal::OtherQuote);
    let right = ledger.commit(&Commit::all("a", "pay-100").quote(ordered), minute(1)).unwrap();
    assert!(matches!(right, Settled::Done(_)));
}

/// D4: held for 15 minutes, paid after 16. The coupon of 50.00 was used again in between: the payment is refused and
/// refunded, and nothing is oversold. Had nobody come, the payment would have counted.
#[test]
fn abuse_d4_a_payment_after_expiry_takes_only_what_is_still_free() {
    for taken in [true, false] {
        let coupon = Resource::new("coupon-50", ResourceKind::Uses);
        let ledger = ledger([Limit::new(coupon.clone(), 1), Limit::new(units("last"), 1)]);
        let claims = [claim(&coupon, 1), claim(&units("last"), 1)];
        let ask = |id: &str| Reserve::new(id, id, claims.clone()).ttl_ms(15 * 60_000);
        assert!(is_held(&ledger.reserve(&ask("late"), minute(0))));
        if taken {
            assert!(is_held(&ledger.reserve(&ask("quick"), minute(15))));
        }
        let paid = ledger.commit(&Commit::all("late", "pay").reserve_again(), minute(16)).unwrap();
        if taken {
            assert!(matches!(refusal(paid), Refusal::Exhausted(short) if short.resource == coupon));
            ledger.commit(&Commit::all("quick", "pay"), minute(16)).unwrap();
        } else {
            assert!(matches!(paid, Settled::Done(_)));
        }
        let balance = ledger.balance(&units("last"), minute(17)).unwrap();
        assert_eq!((balance.spent, balance.available), (1, 0));
    }
}

/// A reservation that is charged in parts is refunded for what was charged, and no more.
#[test]
fn what_is_charged_in_parts_is_refunded_for_no_more_than_its_parts() {
    let paid = budget("presale");
    let ledger = ledger([Limit::new(paid.clone(), 50_000)]);
    ledger.reserve(&Reserve::new("presale", "presale", [claim(&paid, 50_000)]), minute(0)).unwrap();
    let deposit = Commit::part("presale", "deposit", [claim(&paid, 5_000)]).keep_rest();
    assert!(matches!(ledger.commit(&deposit, minute(1)).unwrap(), Settled::Done(_)));
    let balance = Commit::part("presale", "balance", [claim(&paid, 40_000)]);
    assert!(matches!(ledger.commit(&balance, minute(2)).unwrap(), Settled::Done(_)));
    // 500.00 were reserved, 50.00 and 400.00 were charged.
    let reserved = Refund::part("presale", "reserved", [claim(&paid, 50_000)]);
    assert!(matches!(refusal(ledger.refund(&reserved, minute(3)).unwrap()), Refusal::Exceeds(_)));
    assert!(matches!(ledger.refund(&Refund::all("presale", "all"), minute(3)).unwrap(), Settled::Done(_)));
    assert_eq!(ledger.balance(&paid, minute(3)).unwrap().refunded, 5_000 + 40_000);
}

/// Of 100 points 80 are spent: 21 more are not there, 20 are. What counts is all that was ever put in less all that was spent.
#[test]
fn points_that_are_spent_leave_only_the_others() {
    let ledger = ledger([Limit::new(points("ann"), 100)]);
    ledger.reserve(&Reserve::new("a", "a", [claim(&points("ann"), 80)]), minute(0)).unwrap();
    ledger.commit(&Commit::all("a", "pay"), minute(0)).unwrap();
    assert!(!is_held(&ledger.reserve(&Reserve::new("b", "b", [claim(&points("ann"), 21)]), minute(0))));
    assert!(is_held(&ledger.reserve(&Reserve::new("c", "c", [claim(&points("ann"), 20)]), minute(0))));
    // Five more are earned, then 30 are taken back: 75 were put in, 100 are used, and nothing is there until 26 more are.
    ledger.set_limit(&Limit::new(points("ann"), 105).version(1), minute(1)).unwrap();
    ledger.set_limit(&Limit::new(points("ann"), 75).version(2), minute(2)).unwrap();
    assert_eq!(ledger.balance(&points("ann"), minute(2)).unwrap().available, 0);
    ledger.set_limit(&Limit::new(points("ann"), 101).version(3), minute(3)).unwrap();
    assert_eq!(ledger.balance(&points("ann"), minute(3)).unwrap().available, 1);
}

/// A failed payment does not stand in the shopper's own way (WooCommerce#27673): a new try replaces the old hold.
#[test]
fn a_failed_payment_does_not_block_the_shoppers_own_coupon() {
    let coupon = Resource::new("coupon", ResourceKind::Uses);
    let ledger = ledger([Limit::new(coupon.clone(), 1)]);
    assert!(is_held(&ledger.reserve(&Reserve::new("try-1", "cart", [claim(&coupon, 1)]), minute(0))));
    assert!(is_held(&ledger.reserve(&Reserve::new("try-2", "cart", [claim(&coupon, 1)]), minute(1))));
    let old = ledger.commit(&Commit::all("try-1", "pay"), minute(2)).unwrap();
    assert_eq!(refusal(old), Refusal::Replaced);
    assert!(matches!(ledger.commit(&Commit::all("try-2", "pay"), minute(2)).unwrap(), Settled::Done(_)));
}

/// Lowering a limit below its use is legal; nothing more is granted until enough came back.
#[test]
fn a_limit_may_be_lowered_below_its_use() {
    let ledger = ledger([Limit::new(units("flash"), 10)]);
    ledger.reserve(&Reserve::new("a", "a", [claim(&units("flash"), 8)]), minute(0)).unwrap();
    ledger.commit(&Commit::all("a", "pay"), minute(0)).unwrap();
    ledger.set_limit(&Limit::new(units("flash"), 5).version(1), minute(1)).unwrap();
    assert_eq!(ledger.balance(&units("flash"), minute(1)).unwrap().available, 0);
    ledger.refund(&Refund::part("a", "back", [claim(&units("flash"), 4)]), minute(2)).unwrap();
    assert_eq!(ledger.balance(&units("flash"), minute(2)).unwrap().available, 1);
    // An older version that arrives late changes nothing.
    let stale = ledger.set_limit(&Limit::new(units("flash"), 99), minute(3));
    assert!(matches!(stale, Err(LedgerError::StaleLimit { given: 0, current: 1, .. })));
}

/// What does not fit is refused, and what is remembered stays until its time.
#[test]
fn a_full_ledger_refuses_and_forgets_nothing_early() {
    let ledger = Embedded::new(settings().reservations_max(2).retention_ms(3_600_000));
    ledger.set_limit(&Limit::new(units("flash"), 9), minute(0)).unwrap();
    let ask = |id: &str| Reserve::new(id, id, [claim(&units("flash"), 1)]).ttl_ms(60_000);
    let first = ledger.reserve(&ask("a"), minute(0)).unwrap();
    ledger.reserve(&ask("b"), minute(30)).unwrap();
    assert!(matches!(ledger.reserve(&ask("c"), minute(40)), Err(LedgerError::Full { limit: 2, .. })));
    // `a` expired at minute 1 and is remembered for an hour from then.
    assert_eq!(ledger.reserve(&ask("a"), minute(60)).unwrap(), first);
    assert!(is_held(&ledger.reserve(&ask("c"), minute(61))));
}
