//! Every order within small bounds, against what an audit says of random rule sets.

use dealproof::audit::{AuditBounds, Certificate, Order, Promise, Promises, Verdict, Witness, audit, check};
use dealproof::evaluate::Scratch;
use dealproof::money::{Amount, Money};
use dealproof::record::{Fingerprint, Usage};
use dealproof::shop::{Cart, Catalogue, Context, Line, Product, Shopper};
use dealproof::testkit::Scenario;

use super::below_cost;

/// Every order of at most two of the products in at most three pieces each, with all codes and with none.
pub(super) fn small_orders(catalogue: &Catalogue, contexts: &[Context]) -> Vec<Order> {
    let products = catalogue.products();
    let mut carts = Vec::new();
    for (at, first) in products.iter().enumerate() {
        for count in 1..=3 {
            let mut line = first.piece.clone();
            line.quantity = count;
            carts.push(vec![line.clone()]);
            for second in products.iter().skip(at + 1) {
                for other in 1..=2 {
                    let mut more = second.piece.clone();
                    more.quantity = other;
                    carts.push(vec![line.clone(), more]);
                }
            }
        }
    }
    let order = |lines: &Vec<Line>, context: &Context| {
        Order::new(Cart::new(catalogue.currency(), lines.clone(), vec![]).unwrap(), context.clone())
    };
    contexts.iter().flat_map(|context| carts.iter().map(move |lines| order(lines, context))).collect()
}

/// The catalogue of a scenario's cart: three of its products, at costs between nothing and their price.
pub(super) fn catalogue_of(scenario: &Scenario) -> Catalogue {
    let mut products: Vec<Product> = Vec::new();
    for (at, line) in scenario.cart.lines().iter().enumerate() {
        if products.len() < 3 && products.iter().all(|known| known.piece.sku != line.sku) {
            let share = [90, 50, 20, 70][at % 4];
            let cost = Money::from_minor(line.list_price.minor() * share / 100);
            products.push(Product::new(line.clone().cost(cost)));
        }
    }
    Catalogue::new(scenario.cart.currency(), products).unwrap()
}

/// Orders and what they should not be much cheaper than: the same less one piece, or all in one order.
pub(super) fn rivals(orders: &[Order], promise: Promise) -> Vec<(Vec<Order>, Order)> {
    let mut list = Vec::new();
    if promise == Promise::AddItem {
        for order in orders {
            for at in 0..order.cart.lines().len() {
                let mut lines = order.cart.lines().to_vec();
                lines[at].quantity -= 1;
                lines.retain(|line| line.quantity > 0);
                if !lines.is_empty() {
                    list.push((vec![order.clone()], with_lines(order, lines)));
                }
            }
        }
        return list;
    }
    for (at, first) in orders.iter().enumerate() {
        for second in orders.iter().skip(at).step_by(3).filter(|second| second.context == first.context) {
            let mut lines = first.cart.lines().to_vec();
            for line in second.cart.lines() {
                match lines.iter_mut().find(|known| known.sku == line.sku) {
                    Some(known) => known.quantity += line.quantity,
                    None => lines.push(line.clone()),
                }
            }
            list.push((vec![first.clone(), second.clone()], with_lines(first, lines)));
        }
    }
    list
}

pub(super) fn with_lines(order: &Order, lines: Vec<Line>) -> Order {
    let cart = Cart::new(order.cart.currency(), lines, vec![]).unwrap();
    Order::new(cart, order.context.clone())
}

/// A scenario drawn from a seed.
pub(super) fn scenario(seed: u64) -> Scenario {
    let bytes: Vec<u8> = (0..40_u64)
        .flat_map(|at| Fingerprint::of(&(seed * 64 + at).to_le_bytes()).bytes()[..12].to_vec())
        .collect();
    Scenario::from_bytes(&bytes)
}

#[test]
fn brute_force_breaks_no_proof_and_contradicts_no_finding() {
    let (mut proved, mut found) = (0, 0);
    let wanted = [
        Promise::AboveCost,
        Promise::NotFree,
        Promise::Depth,
        Promise::CashLike,
        Promise::ShippingApart,
        Promise::AddItem,
        Promise::SplitPays,
    ];
    // Jumps below these are allowed, so that there are proofs to break. Written so that yen can be had of it as well.
    let allowed: Amount = "30".parse().unwrap();
    let promises = Promises::default().only(wanted).drop_max(allowed).split_max(allowed);
    let mut steady = 0;
    for seed in 0..1_000_u64 {
        let scenario = scenario(seed);
        let catalogue = catalogue_of(&scenario);
        let catalogue = catalogue.shopper(Shopper::new("the one", scenario.context.clone()));
        let bounds = AuditBounds::default().promises(promises.clone()).orders(150).nodes(200);
        let report = audit(&scenario.rules, &catalogue, &bounds).unwrap();
        let (plan, mut scratch) = (dealproof::compile(&scenario.rules).unwrap(), Scratch::default());
        for finding in &report.findings {
            let replay = finding.worst.witness.replay(&plan, &mut scratch).unwrap();
            assert_eq!(replay.paid(), finding.worst.paid.minor(), "seed {seed}");
            if finding.promise == Promise::AboveCost {
                // Gifts have no cost here: the catalogue does not sell them.
                assert_eq!(
                    below_cost(&plan, &finding.worst.witness.orders[0]),
                    finding.loss.minor(),
                    "seed {seed}"
                );
            }
            found += 1;
        }
        let mut bare = scenario.context.clone();
        bare.codes.clear();
        let orders = std::cell::LazyCell::new(|| small_orders(&catalogue, &[scenario.context.clone(), bare]));
        for answer in &report.answers {
            let Verdict::Proved { certificate } = &answer.verdict else { continue };
            assert_eq!(check(&scenario.rules, &catalogue, &promises, answer.promise, certificate), Ok(()));
            if let Certificate::Steady { tolerance_minor, .. } = certificate {
                let most = allowed.to_money(scenario.rules.currency).map_or(0, Money::minor);
                let most = most + 3 * tolerance_minor;
                for (several, one) in rivals(&orders, answer.promise) {
                    let replay = Witness::compared(several, vec![one]).replay(&plan, &mut scratch).unwrap();
                    let saved = replay.paid_instead() - replay.paid();
                    assert!(
                        saved <= most,
                        "seed {seed}: {:?} was proved, and {saved} is saved",
                        answer.promise
                    );
                }
                steady += 1;
                continue;
            }
            let Certificate::Bound { tolerance_minor, .. } = certificate else { continue };
            proved += 1;
            for order in orders.iter() {
                let quote = plan.price(&mut scratch, &order.cart, &order.context, &Usage::default()).unwrap();
                let (list, discount) = (quote.totals.list.minor(), quote.totals.goods_discount.minor());
                let broken = match answer.promise {
                    Promise::AboveCost => below_cost(&plan, order) > *tolerance_minor,
                    Promise::NotFree => list > 0 && discount == list,
                    Promise::Depth => discount > list * 70 / 100 + tolerance_minor,
                    other => panic!("{other:?} has no bound"),
                };
                assert!(!broken, "seed {seed}: {:?} was proved, and {order:?} breaks it", answer.promise);
            }
        }
    }
    // Chance decides how many; both must be tried.
    assert!(proved > 100 && found > 100 && steady > 50, "{proved} and {steady} proved, {found} found");
    println!("brute force: {proved} bounds, {steady} proofs that nothing jumps and {found} findings hold");
}
