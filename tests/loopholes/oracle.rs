//! What findings say, told again by an oracle that shares nothing with the pipeline: what their scripts pay, and that the promise
//! is broken by its numbers.

use dealproof::audit::{Finding, Order, Promise, Promises, Then};
use dealproof::record::{On, Usage};
use dealproof::rules::{Benefit, RuleId, RuleSet};
use dealproof::shop::{Catalogue, Line};
use dealproof::testkit::oracle::{self, OracleQuote};

/// What is audited.
pub struct Audited<'s> {
    pub rules: &'s RuleSet,
    pub catalogue: &'s Catalogue,
    pub promises: &'s Promises,
}

/// What an oracle can say of a promise by the quotes of a script.
enum Told {
    /// What is lost, in minor units.
    Lost(fn(&Script<'_>) -> i128),
    /// It compares with other rules, or says something of all orders: why not here.
    Elsewhere(&'static str),
}

fn told(promise: Promise) -> Told {
    match promise {
        Promise::AboveCost | Promise::SplitFarm => Told::Lost(below_cost),
        Promise::NotFree => Told::Lost(free),
        Promise::Depth => Told::Lost(too_deep),
        Promise::CashLike => Told::Lost(off_cash_like),
        Promise::AddItem | Promise::SplitPays | Promise::ExclusionsHold => Told::Lost(saved),
        Promise::PoolingPays => Told::Lost(|script| goods(&script.instead_of) - goods(&script.quotes)),
        Promise::NoGap => Told::Lost(|script| -saved(script)),
        Promise::RunsOnce | Promise::HandsOver | Promise::ExclusionsClosed | Promise::SecretCodes => {
            Told::Lost(granted)
        }
        Promise::ShippingApart => Told::Lost(off_shipping),
        Promise::PaidThreshold => {
            Told::Elsewhere("the audit's own tests: what counts is told by the rule's base")
        }
        Promise::EarnedOnCash | Promise::Rounding | Promise::EqualRanks | Promise::AsBefore => {
            Told::Elsewhere("compares with other rules, which the oracle prices for the script alone")
        }
        Promise::RewardsCovered | Promise::EarnShare | Promise::NoPump => Told::Elsewhere(
            "what coupons are worth is not what an order costs; brute_shares counts points and money",
        ),
        Promise::PriceProtection | Promise::ReturnsNeverPay | Promise::GroupHolds => {
            Told::Elsewhere("what comes back is told by the oracle of refunds, in the suite")
        }
        Promise::LimitsHold => Told::Elsewhere("claims against a ledger: accounts"),
        Promise::RealCut | Promise::PrizeCeiling | Promise::PlainPrices => {
            Told::Elsewhere("read off the catalogue: brute_rest")
        }
        Promise::CapsMatter | Promise::EveryRule => Told::Elsewhere("about all orders: brute_shares"),
        Promise::Exposure => Told::Elsewhere("counts orders, of which each is one of above-cost"),
        // There is none; one that is new has to be sorted here.
        other => panic!("{other:?} is not sorted"),
    }
}

#[test]
fn every_promise_is_sorted_by_what_an_oracle_can_say_of_it() {
    let by_loss = Promise::ALL.into_iter().filter(|promise| matches!(told(*promise), Told::Lost(_))).count();
    assert_eq!(by_loss, 15);
    for promise in Promise::ALL {
        if let Told::Elsewhere(why) = told(promise) {
            assert!(!why.is_empty(), "{promise:?}");
        }
    }
}

/// A script as the oracle prices it.
struct Script<'s> {
    audited: &'s Audited<'s>,
    finding: &'s Finding,
    order: &'s Order,
    quotes: Vec<OracleQuote>,
    instead_of: Vec<OracleQuote>,
}

/// Whether the oracle was asked: it prices scripts whose orders take nothing from each other.
pub fn confirms(audited: &Audited<'_>, finding: &Finding, because: &str) -> bool {
    let mut asked = false;
    for played in [&finding.worst, &finding.smallest] {
        let witness = &played.witness;
        let (quotes, instead_of) =
            (price(audited.rules, &witness.orders), price(audited.rules, &witness.instead_of));
        let is_told = matches!(witness.then, None | Some(Then::Pooled {}));
        if !is_told || !are_apart(&witness.orders, &quotes) || !are_apart(&witness.instead_of, &instead_of) {
            continue;
        }
        let says = format!("{because}: {:?} by {:?}", finding.promise, finding.rules);
        assert_eq!(paid(&quotes), i128::from(played.paid.minor()), "{says}");
        if !instead_of.is_empty() {
            assert_eq!(paid(&instead_of), i128::from(played.instead_of.minor()), "{says}");
        }
        if let Told::Lost(lost) = told(finding.promise) {
            let script = Script { audited, finding, order: &witness.orders[0], quotes, instead_of };
            let (lost, stated) = (lost(&script), i128::from(played.loss.minor()));
            assert!(lost == stated && stated > 0, "{says}: {stated} is stated, and {lost} lost");
            asked = true;
        }
    }
    asked
}

/// Whether orders take nothing from each other: limits fill up between orders, and orders of one customer are counted.
fn are_apart(orders: &[Order], quotes: &[OracleQuote]) -> bool {
    orders.len() < 2
        || orders.iter().all(|order| order.context.customer.order_number.is_none())
            && quotes.iter().all(|quote| quote.claims.is_empty())
}

fn price(rules: &RuleSet, orders: &[Order]) -> Vec<OracleQuote> {
    let usage = Usage::default();
    orders.iter().map(|order| oracle::price(rules, &order.cart, &order.context, &usage)).collect()
}

fn paid(quotes: &[OracleQuote]) -> i128 {
    quotes.iter().map(|quote| quote.payable).sum()
}

fn goods(quotes: &[OracleQuote]) -> i128 {
    quotes.iter().map(|quote| quote.goods).sum()
}

fn saved(script: &Script<'_>) -> i128 {
    paid(&script.instead_of) - paid(&script.quotes)
}

/// The lines of the first order, with what is paid for each.
fn lines<'s>(script: &'s Script<'_>) -> impl Iterator<Item = (&'s Line, i128, i128)> {
    script.order.cart.lines().iter().map(|line| {
        let priced = script.quotes[0].lines.iter().find(|priced| priced.line == line.id).unwrap();
        (line, priced.list, priced.payable)
    })
}

/// Gifts have no cost in random rule sets: the catalogue does not sell them.
fn below_cost(script: &Script<'_>) -> i128 {
    let lost = lines(script).filter_map(|(line, _, paid)| {
        let cost = line.cost.or(line.floor_price)?;
        Some(i128::from(cost.minor()) * i128::from(line.quantity) - paid)
    });
    lost.sum()
}

fn free(script: &Script<'_>) -> i128 {
    let quote = &script.quotes[0];
    if quote.goods == 0 { quote.list } else { 0 }
}

fn too_deep(script: &Script<'_>) -> i128 {
    let quote = &script.quotes[0];
    let ppm = i128::from(script.audited.promises.depth_percent.to_rate().unwrap().ppm());
    quote.list - quote.goods - quote.list * ppm / 1_000_000
}

fn off_cash_like(script: &Script<'_>) -> i128 {
    let is_liquid = |line: &Line| {
        let products = script.audited.catalogue.products();
        products.iter().any(|product| product.piece.sku == line.sku && product.cash_like)
    };
    lines(script).filter(|(line, _, _)| is_liquid(line)).map(|(_, list, paid)| list - paid).sum()
}

/// What rules for goods took off shipping.
fn off_shipping(script: &Script<'_>) -> i128 {
    let on_goods = |id: &RuleId| {
        let rule = script.audited.rules.rules.iter().find(|rule| rule.id == *id).unwrap();
        matches!(rule.benefit, Benefit::PercentOff(_) | Benefit::AmountOff(_))
    };
    let rules = script.quotes[0].rules.iter().filter(|rule| on_goods(&rule.rule));
    let taken = rules.flat_map(|rule| &rule.adjustments).filter(|one| matches!(one.on, On::Charge(_)));
    taken.map(|one| one.granted).sum()
}

/// What one of the rules took off: of two that should not go together the smaller part is lost.
fn granted(script: &Script<'_>) -> i128 {
    let own = script.quotes[0].rules.iter().filter(|rule| script.finding.rules.contains(&rule.rule));
    let stated = [&script.finding.worst, &script.finding.smallest].map(|one| i128::from(one.loss.minor()));
    let parts: Vec<i128> = own.map(|rule| rule.granted).collect();
    parts.iter().copied().find(|part| stated.contains(part)).or(parts.into_iter().min()).unwrap_or(0)
}
