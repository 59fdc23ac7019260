//! From cart to payment and back: quote, reserve, pay, commit; a second shopper who cancels; a return, and an exchange.
//!
//! ```text
//! cargo run --example checkout
//! ```

use dealproof::checkout::{self, Order, Secured};
use dealproof::compile;
use dealproof::compile::Plan;
use dealproof::evaluate::{PriceError, Scratch};
use dealproof::ledger::{Commit, Embedded, Guard, Ledger, Limit, Refund, Release, Settings, Settled};
use dealproof::money::{Currency, Money, Percent};
use dealproof::record::{Checkout, Quote, Receipt, Resource, ResourceKind, Usage};
use dealproof::refund::{Refunder, Return};
use dealproof::rules::{Benefit, Rule, RuleLimits, RuleSet, Selector, UnitPrice};
use dealproof::shop::{Cart, CartError, Context, Customer, Line, Moment};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A phone for 1999.00 instead of 2999.00: three units in all, two for each customer.
    let flash = Benefit::UnitPrice(UnitPrice::new("1999.00".parse()?, Selector::all()));
    let limits = RuleLimits::none().units(3).units_per_customer(2);
    let rules = RuleSet::new(Currency::CNY).rule(Rule::new("flash-phone", "price", flash).limits(limits));
    let plan = compile(&rules)?;

    // The ledger knows the limits; somebody wants to hear when two thirds are sold.
    let now: Moment = "2026-11-11T00:00:00+08:00".parse()?;
    let ledger = Embedded::new(Settings::new(Currency::CNY));
    for limit in Limit::of_rules(&rules)? {
        ledger.set_limit(&limit.guard(Guard::default().spent(Percent::whole(66))), now)?;
    }

    // Ann quotes and reserves two phones in one step, pays, and the payment is committed.
    let ann = secure(&ledger, &plan, "ann", 2, now)?;
    println!("ann is quoted {}", ann.quote.totals.payable.display(Currency::CNY));
    let (reservation, held) = ann.reservation.ok_or("phones are held")?;
    println!("two phones are held for her until {} ms", held.expires_ms);
    let payment = Commit::all(reservation.clone(), "payment-1").quote(ann.quote.digest());
    let Settled::Done(committed) = ledger.commit(&payment, now)? else {
        return Err("nobody else had it".into());
    };
    println!("committed as event {}; alerts: {:?}", committed.seq, committed.alerts);
    let checkout = Checkout { cart: cart(2)?, context: context("ann", now), usage: ann.usage };
    let receipt = Receipt::new(checkout, ann.quote)?.posted(committed.posted).rules(rules);
    // The answer got lost and the host asks again: it is the same answer, and nothing is sold twice.
    ledger.commit(&payment, now)?;

    // Bob wants two. One is left at the price; the other keeps its own, and the quote says so.
    let bob = secure(&ledger, &plan, "bob", 2, now)?;
    assert_eq!(bob.quote.totals.payable, Money::from_minor(199_900 + 299_900));
    println!("bob is quoted {}", bob.quote.totals.payable.display(Currency::CNY));
    let (cancelled, _) = bob.reservation.ok_or("a phone is held")?;
    ledger.release(&Release::new(cancelled, "cancel-1"), now)?;

    // Ann sends one phone back. The receipt holds the rules it was priced by, so what it pays is theirs to say for ever.
    let own = compile(receipt.rules.as_deref().ok_or("they are in it")?)?;
    let mut refunder = Refunder::default();
    let note = own.refund(&mut refunder, &receipt, &Return::new("return-1", now).line("1", 1))?;
    println!("ann gets back {}", note.money.display(Currency::CNY));
    assert_eq!(note.money, Money::from_minor(199_900));
    ledger.refund(&Refund::part(reservation, "return-1", note.claims.iter().cloned()), now)?;
    let receipt = receipt.with(note)?;

    let phones = Resource::new("flash-phone", ResourceKind::Units);
    let balance = ledger.balance(&phones, now)?;
    println!("{} sold, {} held, {} free", balance.spent, balance.held, balance.available);
    assert_eq!((balance.spent, balance.held, balance.available), (1, 0, 2));

    // She exchanges the other one for a watch of 1499.00: a return and a new order, and she gets the difference.
    let watch = Line::new("1", "WATCH", 1, Money::from_minor(149_900));
    let watch = Cart::new(Currency::CNY, vec![watch], vec![])?;
    let watch = plan.price(&mut Scratch::default(), &watch, &context("ann", now), &Usage::default())?;
    let exchange =
        own.exchange(&mut refunder, &receipt, &Return::new("return-2", now).line("1", 1), &watch)?;
    println!("the exchange costs her {}", exchange.difference.display(Currency::CNY));
    assert_eq!(exchange.difference, Money::from_minor(149_900 - 199_900));
    Ok(())
}

fn cart(quantity: u32) -> Result<Cart, CartError> {
    let line = Line::new("1", "PHONE", quantity, Money::from_minor(299_900));
    Cart::new(Currency::CNY, vec![line], vec![])
}

fn context(customer: &str, now: Moment) -> Context {
    Context::new(now).customer(Customer::new(customer))
}

fn secure(
    ledger: &Embedded,
    plan: &Plan,
    customer: &str,
    quantity: u32,
    now: Moment,
) -> Result<Secured, Box<dyn std::error::Error>> {
    let (cart, context) = (cart(quantity)?, context(customer, now));
    let mut scratch = Scratch::default();
    let price =
        |usage: &Usage| -> Result<Quote, PriceError> { plan.price(&mut scratch, &cart, &context, usage) };
    let order = Order::new(format!("order-of-{customer}"), format!("cart-of-{customer}"));
    let order = order.customer(customer).limits(plan.limits().clone());
    Ok(checkout::secure(ledger, &order, now, price)?)
}
