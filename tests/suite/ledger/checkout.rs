//! Price, reserve, and price again: the loop from cart to held quote.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::thread;

use dealproof::checkout::{self, CheckoutError, Order, Secured};
use dealproof::compile;
use dealproof::compile::Plan;
use dealproof::evaluate::{PriceError, Scratch};
use dealproof::ledger::{
    Commit, Embedded, ID_BYTES_MAX, Ledger, LedgerError, Limit, OwnerId, Refusal, Reserve, Settled,
};
use dealproof::money::{Currency, Money};
use dealproof::record::{Outcome, Quote, Reason, Resource, ResourceKind, Trace, Usage};
use dealproof::rules::{AmountOff, Benefit, Rule, RuleLimits, RuleSet, Selector, UnitPrice};
use dealproof::shop::{Cart, Context, Customer, CustomerId, Line};

use super::{claim, ledger, minute, settings, units};

/// Flash price 10.00 on goods of 50.00, three units in all; a coupon of 5.00 with one use; 1.00 off for everybody.
fn rules() -> RuleSet {
    let ten = Benefit::UnitPrice(UnitPrice::new("10".parse().unwrap(), Selector::all()));
    let once = |amount: &str| Benefit::AmountOff(AmountOff::once(amount.parse().unwrap()));
    RuleSet::new(Currency::CNY)
        .rule(Rule::new("flash", "price", ten).limits(RuleLimits::none().units(3)))
        .rule(Rule::new("five", "order", once("5")).limits(RuleLimits::none().uses(1)))
        .rule(Rule::new("one", "coupon", once("1")))
}

struct Shop {
    plan: Plan,
    cart: Cart,
    context: Context,
}

impl Shop {
    fn new(quantity: u32) -> Self {
        let line = Line::new("1", "POT", quantity, Money::from_minor(5_000));
        let cart = Cart::new(Currency::CNY, vec![line], vec![]).unwrap();
        let context = Context::new(minute(0)).customer(Customer::new("ann"));
        Self { plan: compile(&rules()).unwrap(), cart, context }
    }

    fn price(&self, usage: &Usage) -> Result<Quote, PriceError> {
        self.plan.price(&mut Scratch::default(), &self.cart, &self.context, usage)
    }

    fn secure(&self, ledger: &impl Ledger, id: &str) -> Secured {
        let order = Order::new(id, id).customer("ann").limits(self.plan.limits().clone());
        checkout::secure(ledger, &order, minute(0), |usage| self.price(usage)).unwrap()
    }

    fn why(&self, usage: &Usage, rule: &str) -> Outcome {
        let (mut quote, mut trace) = (Quote::new(), Trace::default());
        let scratch = &mut Scratch::default();
        self.plan.price_traced(scratch, &self.cart, &self.context, usage, &mut quote, &mut trace).unwrap();
        trace.of(rule).unwrap().outcome.clone()
    }
}

fn limited() -> Embedded {
    ledger(Limit::of_rules(&rules()).unwrap())
}

fn payable(secured: &Secured) -> i64 {
    secured.quote.totals.payable.minor()
}

#[test]
fn what_is_left_by_then_is_granted_and_the_rest_keeps_its_price() {
    let (ledger, shop) = (limited(), Shop::new(2));
    // Two flash units and the coupon: 2 * 10 - 5 - 1.
    assert_eq!(payable(&shop.secure(&ledger, "a")), 2_000 - 500 - 100);
    // One flash unit is left, and no coupon: 10 + 50 - 1.
    assert_eq!(payable(&shop.secure(&ledger, "b")), 1_000 + 5_000 - 100);
    let last = shop.secure(&ledger, "c");
    assert_eq!((payable(&last), last.reservation), (2 * 5_000 - 100, None));
}

/// Between pricing and reserving somebody else takes what there was; the second pricing knows it.
#[test]
fn a_rule_that_runs_out_in_between_is_left_out_and_the_trace_says_why() {
    let (ledger, shop) = (limited(), Shop::new(2));
    let raced = Cell::new(0);
    let order = Order::new("a", "a").customer("ann");
    let secured = checkout::secure(&ledger, &order, minute(0), |usage| {
        let quote = shop.price(usage);
        if raced.replace(1) == 0 {
            let all = [claim(&Resource::new("five", ResourceKind::Uses), 1), claim(&units("flash"), 2)];
            ledger.reserve(&Reserve::new("rival", "rival", all), minute(0)).unwrap();
        }
        quote
    })
    .unwrap();
    assert_eq!(payable(&secured), 1_000 + 5_000 - 100);
    let refused: Vec<_> =
        secured.refused.iter().map(|short| (short.resource.rule().as_str(), short.available)).collect();
    assert_eq!(refused, [("five", 0)]);
    let gone = Outcome::NotApplied(Reason::Exhausted { limit: "uses" });
    assert_eq!(shop.why(&secured.usage, "five"), gone);
}

/// A rival takes one unit more before every try: the loop ends, with a price.
#[test]
fn the_loop_ends_however_often_others_are_faster() {
    let shop = Shop::new(2);
    let ledger =
        ledger([Limit::new(units("flash"), 3), Limit::new(Resource::new("five", ResourceKind::Uses), 1)]);
    let rounds = Cell::new(0_u64);
    let order = Order::new("a", "a").customer("ann");
    let secured = checkout::secure(&ledger, &order, minute(0), |usage| {
        rounds.set(rounds.get() + 1);
        let raised = Limit::new(units("flash"), 3 + rounds.get()).version(rounds.get());
        // There is always one left, and always less than was seen.
        ledger.set_limit(&raised, minute(0)).unwrap();
        let quote = shop.price(usage);
        let id = format!("rival-{}", rounds.get());
        let free = ledger.balance(&units("flash"), minute(0)).unwrap().available;
        let taken = claim(&units("flash"), free.saturating_sub(1).max(1));
        ledger.reserve(&Reserve::new(id.as_str(), id.as_str(), [taken]), minute(0)).unwrap();
        quote
    })
    .unwrap();
    assert!(rounds.get() <= 4, "{} rounds", rounds.get());
    assert!(secured.refused.iter().all(|short| short.resource == units("flash")));
    assert_eq!(payable(&secured), 2 * 5_000 - 500 - 100);
}

#[test]
fn a_retry_with_the_same_quote_gets_the_same_reservation_and_another_quote_replaces_it() {
    let (ledger, shop) = (limited(), Shop::new(1));
    let first = shop.secure(&ledger, "a");
    // The shopper's own hold is not in the way: the coupon is still there for this cart, and for no other.
    assert_eq!(shop.secure(&ledger, "a"), first);
    assert_eq!(payable(&first), 1_000 - 500 - 100);
    assert_eq!(payable(&shop.secure(&ledger, "b")), 1_000 - 100);
    let two = Shop::new(2).secure(&ledger, "a");
    let ((old, _), (new, _)) = (first.reservation.unwrap(), two.reservation.unwrap());
    assert_ne!(old, new);
    // Two units of `a`, which no longer holds one besides, and one of `b`.
    assert_eq!(ledger.balance(&units("flash"), minute(0)).unwrap().held, 3);
    assert!(matches!(ledger.commit(&Commit::all(old, "pay"), minute(1)).unwrap(), Settled::Refused(_)));
    assert!(matches!(ledger.commit(&Commit::all(new, "pay"), minute(1)).unwrap(), Settled::Done(_)));
}

#[test]
fn a_ledger_that_cannot_answer_costs_the_limited_rules_and_no_more() {
    let shop = Shop::new(2);
    let full = Embedded::new(settings().reservations_max(0));
    for limit in Limit::of_rules(&rules()).unwrap() {
        full.set_limit(&limit, minute(0)).unwrap();
    }
    let secured = shop.secure(&full, "a");
    assert_eq!((payable(&secured), &secured.reservation), (2 * 5_000 - 100, &None));
    assert!(matches!(secured.unanswered, Some(LedgerError::Full { limit: 0, .. })));
    // A limit nobody told the ledger about is the same: nothing limited without a limit.
    let secured = shop.secure(&Embedded::new(settings()), "a");
    assert_eq!(payable(&secured), 2 * 5_000 - 100);
    assert!(matches!(secured.unanswered, Some(LedgerError::NoLimit { .. })));
}

#[test]
fn a_rule_switched_off_is_not_claimed() {
    let (ledger, shop) = (limited(), Shop::new(1));
    let mut order = Order::new("a", "a").customer("ann");
    order.off.rules.insert("flash".into());
    let secured = checkout::secure(&ledger, &order, minute(0), |usage| shop.price(usage)).unwrap();
    assert_eq!(payable(&secured), 5_000 - 500 - 100);
    assert_eq!(ledger.balance(&units("flash"), minute(0)).unwrap().held, 0);
}

/// What was held for a cart must not stay committable, nor in others' way, once the cart needs none of it.
#[test]
fn a_cart_that_claims_nothing_any_more_gives_back_what_it_held() {
    let (ledger, shop) = (limited(), Shop::new(3));
    let (held, _) = shop.secure(&ledger, "a").reservation.unwrap();
    assert_eq!(ledger.balance(&units("flash"), minute(0)).unwrap().available, 0);
    assert_eq!(ledger.held_by(&"a".into(), minute(0)), Ok(Some(held.clone())));
    let mut order = Order::new("again", "a").customer("ann");
    order.off.rules.extend(["flash".into(), "five".into()]);
    for _ in 0..2 {
        let secured = checkout::secure(&ledger, &order, minute(1), |usage| shop.price(usage)).unwrap();
        assert_eq!((payable(&secured), secured.reservation), (3 * 5_000 - 100, None));
        assert_eq!(secured.unanswered, None);
        assert_eq!(ledger.balance(&units("flash"), minute(1)).unwrap().available, 3);
        assert_eq!(ledger.held_by(&"a".into(), minute(1)), Ok(None));
    }
    let late = ledger.commit(&Commit::all(held, "pay"), minute(1)).unwrap();
    assert_eq!(late, Settled::Refused(Refusal::Released));
}

/// The same when the last round leaves the limited rules out since others were faster.
#[test]
fn an_order_that_lost_every_round_gives_back_what_it_held() {
    let (ledger, shop) = (limited(), Shop::new(1));
    let (held, _) = shop.secure(&ledger, "a").reservation.unwrap();
    // Three units are wanted; a rival takes the two that are free between pricing and reserving.
    let (order, three) = (Order::new("again", "a").customer("ann").rounds_max(1), Shop::new(3));
    let secured = checkout::secure(&ledger, &order, minute(0), |usage| {
        let rival = Reserve::new("rival", "rival", [claim(&units("flash"), 2)]);
        ledger.reserve(&rival, minute(0)).unwrap();
        three.price(usage)
    });
    let secured = secured.unwrap();
    assert_eq!((payable(&secured), secured.reservation, secured.refused.len()), (3 * 5_000 - 100, None, 1));
    assert_eq!(ledger.balance(&units("flash"), minute(0)).unwrap().held, 2);
    let late = ledger.commit(&Commit::all(held, "pay"), minute(1)).unwrap();
    assert_eq!(late, Settled::Refused(Refusal::Released));
}

/// Whatever id the ledger takes, an order may have; its reservation's is no longer than that, and tells orders apart.
#[test]
fn the_longest_ids_of_orders_are_secured_and_told_apart() {
    let (ledger, shop) = (limited(), Shop::new(1));
    let long = |bytes: usize, end: &str| format!("{}{end}", "é".repeat((bytes - end.len()) / 2));
    let ids = [long(112, "10"), long(128, "01"), long(128, "02")];
    let mut reservations = BTreeSet::new();
    for id in &ids {
        let secured = shop.secure(&ledger, id);
        assert_eq!((&secured.unanswered, shop.secure(&ledger, id)), (&None, secured.clone()));
        let (reservation, _) = secured.reservation.unwrap();
        assert!(reservation.as_str().len() <= ID_BYTES_MAX, "{reservation}");
        reservations.insert(reservation);
    }
    assert_eq!(reservations.len(), ids.len());
    assert_eq!(ledger.balance(&units("flash"), minute(0)).unwrap().held, 3);
    // What the ledger takes for no id it says itself.
    let unanswered = shop.secure(&limited(), &"x".repeat(129)).unanswered;
    assert!(matches!(unanswered, Some(LedgerError::BadId { .. })), "{unanswered:?}");
}

/// A ledger asked about the limits of a plan says of them what it says when asked about all it has.
#[test]
fn the_limits_of_a_plan_are_all_that_pricing_by_it_asks() {
    let (ledger, shop) = (limited(), Shop::new(2));
    let of_ann = Resource::new("five", ResourceKind::CustomerUses);
    let last_year = units("last-year");
    for limit in [Limit::new(of_ann.clone(), 5), Limit::new(last_year.clone(), 5)] {
        ledger.set_limit(&limit, minute(0)).unwrap();
    }
    let mut claims = vec![claim(&units("flash"), 1), claim(&of_ann.of("ann"), 2), claim(&last_year, 4)];
    claims.sort();
    ledger.reserve(&Reserve::new("other", "other", claims), minute(0)).unwrap();
    shop.secure(&ledger, "own");
    let limits = shop.plan.limits();
    let ask = |customer: Option<&CustomerId>, owner: Option<&OwnerId>| {
        let asked = ledger.usage_of(limits, customer, owner, minute(0)).unwrap();
        let all = ledger.usage(customer, owner, minute(0)).unwrap();
        assert_eq!(shop.price(&asked), shop.price(&all));
        (asked, all)
    };
    let (ann, own) = (CustomerId::from("ann"), OwnerId::from("own"));
    let (asked, all) = ask(Some(&ann), Some(&own));
    let used = |usage: &Usage, rule: &str| usage.rules.get(rule).copied().unwrap_or_default();
    // One unit is somebody else's; those of `own` are not in its way.
    assert_eq!((used(&asked, "flash").units, used(&all, "last-year").units), (1, 4));
    assert_eq!((used(&asked, "last-year").units, used(&all, "five").customer_uses), (0, 2));
    // The plan does not limit uses of one customer, whatever the ledger counts.
    assert_eq!(used(&asked, "five").customer_uses, 0);
    // Without the owner its own two count too.
    assert_eq!(used(&ask(None, None).0, "flash").units, 3);
}

#[test]
fn a_price_that_claims_what_is_used_up_is_an_error() {
    let shop = Shop::new(1);
    let order = Order::new("a", "a").rounds_max(1);
    // It never looks at the usage.
    let stubborn =
        checkout::secure(&Embedded::new(settings()), &order, minute(0), |_| shop.price(&Usage::default()));
    assert!(matches!(stubborn, Err(CheckoutError::ClaimsUsedUp { .. })));
}

/// Fifty shoppers at once for three flash units and one coupon: exactly those are held, and every price adds up to them.
#[test]
fn shoppers_at_once_are_quoted_no_more_than_there_is() {
    let ledger = limited();
    let secured: Vec<Secured> = thread::scope(|scope| {
        let ledger = &ledger;
        let shopper = |id: usize| move || Shop::new(1).secure(ledger, &format!("order-{id}"));
        let threads: Vec<_> = (0..50).map(|id| scope.spawn(shopper(id))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let paid: i64 = secured.iter().map(payable).sum();
    // Everybody pays 49.00, less 40.00 for each flash unit and 5.00 for the coupon.
    assert_eq!(paid, 50 * 4_900 - 3 * 4_000 - 500);
    assert_eq!(ledger.balance(&units("flash"), minute(0)).unwrap().held, 3);
}
