//! Every order within small bounds, against what an audit says of random rule sets.

use dealproof::audit::{AuditBounds, Certificate, Order, Promise, Promises, Verdict, Witness, audit, check};
use dealproof::compile::Plan;
use dealproof::evaluate::Scratch;
use dealproof::money::{Amount, Currency, Money, Percent};
use dealproof::record::{Fingerprint, Usage};
use dealproof::rules::{
    AmountOff, Benefit, Condition, PercentOff, Rule, RuleLimits, RuleSet, Select, Selector, Spend, Stage,
    UnitPrice,
};
use dealproof::shop::{Cart, Catalogue, Context, Line, Product, Shopper};
use dealproof::testkit::Scenario;

use super::below_cost;
use super::narrow::narrow;
use super::oracle::{Audited, confirms};

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
            list.push((vec![first.clone(), second.clone()], in_one(first, second)));
        }
    }
    list
}

/// What two orders are of, in one.
pub(super) fn in_one(first: &Order, second: &Order) -> Order {
    let mut lines = first.cart.lines().to_vec();
    for line in second.cart.lines() {
        match lines.iter_mut().find(|known| known.sku == line.sku) {
            Some(known) => known.quantity += line.quantity,
            None => lines.push(line.clone()),
        }
    }
    with_lines(first, lines)
}

pub(super) fn with_lines(order: &Order, lines: Vec<Line>) -> Order {
    let cart = Cart::new(order.cart.currency(), lines, vec![]).unwrap();
    Order::new(cart, order.context.clone())
}

/// From here on scenarios have few rules that ask for little, of which more is proved.
const NARROW: u64 = 10_000;

/// So many seeds from one on; as many as `DEALPROOF_CASES` says for whoever has the time.
pub(super) fn seeds(first: u64, many: u64) -> std::ops::Range<u64> {
    let asked = std::env::var("DEALPROOF_CASES").ok().and_then(|asked| asked.parse().ok());
    first..first + asked.unwrap_or(many)
}

/// Seeds of scenarios as they come, and of those with few rules.
pub(super) fn broad_and_narrow() -> impl Iterator<Item = u64> {
    seeds(0, 600).chain(seeds(NARROW, 600))
}

/// A scenario drawn from a seed.
pub(super) fn scenario(seed: u64) -> Scenario {
    let drawn = drawn(seed);
    let rules = if seed < NARROW { drawn.rules.clone() } else { narrow(&drawn.rules, seed) };
    Scenario { rules, ..drawn }
}

fn drawn(seed: u64) -> Scenario {
    let bytes: Vec<u8> = (0..40_u64)
        .flat_map(|at| Fingerprint::of(&(seed * 64 + at).to_le_bytes()).bytes()[..12].to_vec())
        .collect();
    match seed % 8 {
        1 if seed >= NARROW => Scenario::of_coupons(&bytes),
        2 if seed >= NARROW => Scenario::of_offers(&bytes),
        _plain => Scenario::from_bytes(&bytes),
    }
}

/// How many of each were tried.
#[derive(Debug, Default)]
struct Tried {
    bounds: usize,
    steady: usize,
    found: usize,
    /// By the oracle, to the minor unit.
    confirmed: usize,
}

#[test]
fn brute_force_breaks_no_proof_and_contradicts_no_finding() {
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
    let mut tried = Tried::default();
    for seed in broad_and_narrow() {
        try_seed(seed, &promises, allowed, &mut tried);
    }
    // Chance decides how many; both must be tried.
    assert!(tried.bounds > 100 && tried.found > 100 && tried.steady > 50, "{tried:?}");
    assert!(tried.confirmed * 2 > tried.found, "{tried:?}");
    println!("brute force: {tried:?} hold");
}

/// A stage that shares units out among rules some of which ask for goods that others are for.
fn sharing(seed: u64) -> (RuleSet, Catalogue) {
    let bytes = Fingerprint::of(&seed.to_le_bytes()).bytes().to_vec();
    let mut drawn = bytes.iter().map(|byte| usize::from(*byte));
    let mut one_of = |list: &[i64]| list[drawn.next().unwrap() % list.len()];
    let skus = ["LAMP", "PEN", "MUG"];
    let mut products = Vec::new();
    for sku in skus {
        let price = one_of(&[1_000, 500, 2_000, 300]);
        let cost = Money::from_minor(price * one_of(&[20, 40, 50, 70, 0]) / 100);
        products.push(Product::new(Line::new("", sku, 1, Money::from_minor(price)).cost(cost)));
    }
    let select = [Select::BestPerUnit, Select::BestPerUnit, Select::BestPerUnit, Select::BestPerLine];
    let select = select[usize::try_from(one_of(&[0, 1, 2, 3])).unwrap()];
    let mut rules = RuleSet::new(Currency::CNY).stages([Stage::new("price").select(select)]);
    let amount = |minor: i64| Amount::from_money(Money::from_minor(minor), Currency::CNY);
    for id in ["a", "b"] {
        let at = usize::try_from(one_of(&[0, 1, 2])).unwrap();
        let price = products[at].piece.list_price.minor();
        let target = Selector::sku(skus[at]);
        let benefit = match one_of(&[0, 0, 1, 1, 2]) {
            0 => Benefit::PercentOff(
                PercentOff::new(Percent::whole(u8::try_from(one_of(&[10, 30, 50])).unwrap())).target(target),
            ),
            1 => {
                let off = amount(price * one_of(&[1, 2, 4]) / 4);
                Benefit::AmountOff(AmountOff::per_unit(off).target(target))
            }
            _ => Benefit::UnitPrice(UnitPrice::new(amount(price / 2), target)),
        };
        let mut rule = Rule::new(id, "price", benefit);
        if one_of(&[0, 1, 1]) == 1 {
            rule = rule.limits(RuleLimits::none().units_per_order(1));
        }
        if one_of(&[0, 1, 1]) == 1 {
            let counted = usize::try_from(one_of(&[0, 1, 2])).unwrap();
            let pieces = one_of(&[1, 1, 2, 3]);
            let at_least = amount(products[counted].piece.list_price.minor() * pieces);
            rule = rule.condition(Condition::Spend(Spend::at_least(Selector::sku(skus[counted]), at_least)));
        }
        rules = rules.rule(rule);
    }
    (rules, Catalogue::new(Currency::CNY, products).unwrap())
}

#[test]
fn brute_force_breaks_no_proof_of_a_stage_that_shares_units_out() {
    let wanted = [Promise::AboveCost, Promise::NotFree, Promise::Depth];
    let mut tried = Tried::default();
    for seed in 0..2_000_u64 {
        let (rules, catalogue) = sharing(seed);
        let context = Context::new("2026-05-01T10:00:00Z".parse().unwrap());
        // Nothing is searched: no finding stands in a false proof's way.
        let bounds = AuditBounds::default().promises(Promises::default().only(wanted)).orders(0).nodes(200);
        try_rules(seed, &rules, (&catalogue, &[context]), (&bounds, "0".parse().unwrap()), &mut tried);
    }
    assert!(tried.bounds > 100, "{tried:?}");
    println!("brute force of shared units: {tried:?} hold");
}

fn try_seed(seed: u64, promises: &Promises, allowed: Amount, tried: &mut Tried) {
    let scenario = scenario(seed);
    let catalogue = catalogue_of(&scenario);
    let catalogue = catalogue.shopper(Shopper::new("the one", scenario.context.clone()));
    let bounds = AuditBounds::default().promises(promises.clone()).orders(150).nodes(200);
    let mut bare = scenario.context.clone();
    bare.codes.clear();
    let contexts = [scenario.context.clone(), bare];
    try_rules(seed, &scenario.rules, (&catalogue, &contexts), (&bounds, allowed), tried);
}

fn try_rules(
    seed: u64,
    rules: &RuleSet,
    (catalogue, contexts): (&Catalogue, &[Context]),
    (bounds, allowed): (&AuditBounds, Amount),
    tried: &mut Tried,
) {
    let report = audit(rules, catalogue, bounds).unwrap();
    let plan = dealproof::compile(rules).unwrap();
    for finding in &report.findings {
        let replay = finding.worst.witness.replay(&plan, &mut Scratch::default()).unwrap();
        assert_eq!(replay.paid(), finding.worst.paid.minor(), "seed {seed}");
        let audited = Audited { rules, catalogue, promises: &bounds.promises };
        tried.confirmed += usize::from(confirms(&audited, finding, &format!("seed {seed}")));
        tried.found += 1;
    }
    let orders = std::cell::LazyCell::new(|| small_orders(catalogue, contexts));
    for answer in &report.answers {
        let Verdict::Proved { certificate } = &answer.verdict else { continue };
        assert_eq!(check(rules, catalogue, &bounds.promises, answer.promise, certificate), Ok(()));
        let because = format!("seed {seed}: {:?} was proved", answer.promise);
        match certificate {
            Certificate::Steady { tolerance_minor, .. } => {
                let most = allowed.to_money(rules.currency).map_or(0, Money::minor);
                nothing_jumps(&orders, answer.promise, most + 3 * tolerance_minor, &plan, &because);
                tried.steady += 1;
            }
            Certificate::Bound { tolerance_minor, .. } => {
                bound_holds(&orders, answer.promise, *tolerance_minor, &plan, &because);
                tried.bounds += 1;
            }
            _other => {}
        }
    }
}

/// No order with a piece more, and no several orders, save more than so much.
fn nothing_jumps(orders: &[Order], promise: Promise, most: i64, plan: &Plan, because: &str) {
    let mut scratch = Scratch::default();
    for (several, one) in rivals(orders, promise) {
        let replay = Witness::compared(several, vec![one]).replay(plan, &mut scratch).unwrap();
        let saved = replay.paid_instead() - replay.paid();
        assert!(saved <= most, "{because}, and {saved} is saved");
    }
}

/// No order passes the bound of its promise.
fn bound_holds(orders: &[Order], promise: Promise, tolerance: i64, plan: &Plan, because: &str) {
    let mut scratch = Scratch::default();
    for order in orders {
        let quote = plan.price(&mut scratch, &order.cart, &order.context, &Usage::default()).unwrap();
        let (list, discount) = (quote.totals.list.minor(), quote.totals.goods_discount.minor());
        let broken = match promise {
            Promise::AboveCost => below_cost(plan, order) > tolerance,
            Promise::NotFree => list > 0 && discount == list,
            Promise::Depth => discount > list * 70 / 100 + tolerance,
            other => panic!("{other:?} has no bound"),
        };
        assert!(!broken, "{because}, and {order:?} breaks it");
    }
}
