//! The smallest script of every finding has no part to spare: each part that is taken out, here and not by the audit, mends it.

use std::collections::{BTreeMap, BTreeSet};

use dealproof::audit::{Finding, Order, Promise, Promises, Then, Witness, audit};
use dealproof::money::{Amount, Currency, Money};
use dealproof::rules::{AmountOff, Basis, Benefit, Coupon, PercentOff, Rule, RuleSet, Stage};
use dealproof::shop::{
    BuyingGroup, Cart, Catalogue, Context, CouponCode, GroupRole, Line, Prize, Product, Sku,
};
use serde_json::Value;

use super::{below_cost, bounds, reports};

/// A fact of a shopper, by its place in the document of a context.
#[derive(Clone, Debug)]
enum Fact {
    Field(&'static str, String),
    Member(&'static str, Value),
}

const FIELDS: [(&str, &[&str]); 3] = [
    ("", &["channel", "region", "payment_method", "group"]),
    ("/customer", &["level", "order_number", "birthday"]),
    ("/wallet", &["points", "redeem_points"]),
];
const MAPS: [&str; 3] = ["/wallet/balances", "/bargains", "/attributes"];
const LISTS: [&str; 4] = ["/customer/segments", "/gifts", "/coupons", "/set_aside"];

fn facts(context: &Context) -> Vec<Fact> {
    let document = serde_json::to_value(context).unwrap();
    let mut facts = Vec::new();
    for (place, names) in FIELDS {
        let own = document.pointer(place).and_then(Value::as_object);
        let known = names.iter().filter(|name| own.is_some_and(|own| own.contains_key(**name)));
        facts.extend(known.map(|name| Fact::Field(place, (*name).to_owned())));
    }
    for place in MAPS {
        let own = document.pointer(place).and_then(Value::as_object).into_iter().flatten();
        facts.extend(own.map(|(name, _)| Fact::Field(place, name.clone())));
    }
    for place in LISTS {
        let own = document.pointer(place).and_then(Value::as_array).into_iter().flatten();
        facts.extend(own.map(|member| Fact::Member(place, member.clone())));
    }
    facts
}

fn without(context: &Context, fact: &Fact) -> Context {
    let mut document = serde_json::to_value(context).unwrap();
    match fact {
        Fact::Field(place, name) => {
            if let Some(own) = document.pointer_mut(place).and_then(Value::as_object_mut) {
                own.remove(name);
                if name == "points" {
                    // Nobody redeems what is not there.
                    own.remove("redeem_points");
                }
            }
        }
        Fact::Member(place, member) => {
            if let Some(own) = document.pointer_mut(place).and_then(Value::as_array_mut) {
                own.retain(|one| one != member);
            }
        }
    }
    serde_json::from_value(document).unwrap()
}

fn with_lines(order: &Order, lines: Vec<Line>) -> Option<Order> {
    let of_shops = order.cart.charges().iter().filter(|one| lines.iter().any(|line| line.shop == one.shop));
    let charges = of_shops.cloned().collect();
    let cart = Cart::new(order.cart.currency(), lines, charges).ok()?;
    (!cart.lines().is_empty()).then(|| Order::new(cart, order.context.clone()))
}

/// The lines with so many fewer pieces of a product.
fn fewer(lines: &[Line], sku: &Sku, pieces: u32) -> Vec<Line> {
    let mut lines = lines.to_vec();
    for line in lines.iter_mut().filter(|line| line.sku == *sku) {
        line.quantity = line.quantity.saturating_sub(pieces);
    }
    lines.retain(|line| line.quantity > 0);
    lines
}

/// A script as it is told: what it is compared with follows from it.
#[derive(Clone)]
struct Told<'f> {
    finding: &'f Finding,
    orders: Vec<Order>,
    then: Option<Then>,
    /// The product of which a piece is added.
    added: Option<Sku>,
    later: Option<Context>,
}

impl<'f> Told<'f> {
    fn new(finding: &'f Finding) -> Self {
        let Witness { orders, instead_of, then, .. } = &finding.smallest.witness;
        let added = (finding.promise == Promise::AddItem).then(|| {
            let less = |sku: &Sku| {
                let own = instead_of[0].cart.lines().iter().find(|line| line.sku == *sku);
                own.map_or(0, |line| line.quantity)
            };
            let mut lines = orders[0].cart.lines().iter();
            lines.find(|line| line.quantity > less(&line.sku)).unwrap().sku.clone()
        });
        let later = instead_of.first().map(|order| order.context.clone());
        // Orders that are pooled are told apart, and bought as one.
        let orders = if matches!(then, Some(Then::Pooled {})) { instead_of } else { orders };
        Self { finding, orders: orders.clone(), then: then.clone(), added, later }
    }

    /// The script with what it is compared with; `None` where there is nothing to tell any more.
    fn witness(&self) -> Option<Witness> {
        let first = self.orders.first()?;
        if matches!(self.then, Some(Then::Pooled {})) {
            let script = Witness::compared(vec![self.together()?], self.orders.clone());
            return Some(script.then(Then::Pooled {}));
        }
        let lines = first.cart.lines();
        let instead_of = match &self.then {
            Some(Then::Returned { pieces }) => {
                let kept = pieces.iter().fold(lines.to_vec(), |kept, (sku, back)| fewer(&kept, sku, *back));
                with_lines(first, kept).into_iter().collect()
            }
            Some(Then::PriceFell {} | Then::PriceFellAndReturned {}) => {
                vec![Order::new(first.cart.clone(), self.later.clone()?)]
            }
            Some(_) => Vec::new(),
            None if self.finding.promise == Promise::AddItem => {
                let less = fewer(lines, self.added.as_ref()?, 1);
                vec![with_lines(first, less)?]
            }
            None if self.is_split() => vec![self.together()?],
            None if self.finding.promise == Promise::NoGap => {
                let mut before = first.clone();
                before.context.now = self.later.as_ref()?.now;
                vec![before]
            }
            None => Vec::new(),
        };
        let script = Witness::compared(self.orders.clone(), instead_of);
        Some(match &self.then {
            Some(then) => script.then(then.clone()),
            None => script,
        })
    }

    fn is_split(&self) -> bool {
        matches!(self.finding.promise, Promise::SplitPays | Promise::ExclusionsHold)
    }

    /// All orders in one, with the codes of all.
    fn together(&self) -> Option<Order> {
        let mut lines: BTreeMap<Sku, Line> = BTreeMap::new();
        let mut codes: BTreeSet<CouponCode> = BTreeSet::new();
        let mut charges = Vec::new();
        for order in &self.orders {
            for line in order.cart.lines() {
                let own = lines.entry(line.sku.clone());
                own.and_modify(|own| own.quantity += line.quantity).or_insert_with(|| line.clone());
            }
            codes.extend(order.context.codes.iter().cloned());
            for charge in order.cart.charges().iter() {
                if !charges.contains(charge) {
                    charges.push(charge.clone());
                }
            }
        }
        let first = self.orders.first()?;
        let cart = Cart::new(first.cart.currency(), lines.into_values().collect(), charges).ok()?;
        let mut context = first.context.clone();
        context.codes = codes.into_iter().collect();
        Some(Order::new(cart, context))
    }

    /// Every script with one part less.
    fn parts_less(&self) -> Vec<Witness> {
        let mut list: Vec<Self> = Vec::new();
        for at in 0..self.orders.len() {
            let with = |order: Option<Order>| {
                let mut less = self.clone();
                less.orders.splice(at..=at, order);
                less
            };
            list.push(with(None));
            list.extend(self.orders_less(at).into_iter().map(|order| with(Some(order))));
        }
        list.extend(self.facts_less());
        list.extend(self.moves_less());
        let several = self.is_split() || matches!(self.then, Some(Then::Pooled {}));
        list.retain(|less| less.orders.len() > usize::from(several));
        list.iter().filter_map(Self::witness).collect()
    }

    /// An order without a product, without one of its pieces, without a code.
    fn orders_less(&self, at: usize) -> Vec<Order> {
        let order = &self.orders[at];
        let mut list = Vec::new();
        for line in order.cart.lines() {
            for pieces in [1, line.quantity] {
                list.extend(with_lines(order, fewer(order.cart.lines(), &line.sku, pieces)));
            }
        }
        for code in 0..order.context.codes.len() {
            let mut less = order.clone();
            less.context.codes.remove(code);
            list.push(less);
        }
        list
    }

    /// Without a fact of the shopper, in all orders; of the one who comes later, if there is one.
    fn facts_less(&self) -> Vec<Self> {
        let mut list = Vec::new();
        let of_orders: Vec<Fact> = self.orders.iter().flat_map(|order| facts(&order.context)).collect();
        for fact in of_orders {
            // The script itself says how large the group is.
            let is_told = matches!(self.then, Some(Then::GroupLeft { .. }))
                && matches!(&fact, Fact::Field("", name) if name == "group");
            if !is_told {
                let mut less = self.clone();
                for order in &mut less.orders {
                    order.context = without(&order.context, &fact);
                }
                list.push(less);
            }
        }
        if matches!(self.then, Some(Then::PriceFell {} | Then::PriceFellAndReturned {})) {
            let later = self.later.as_ref().unwrap();
            for fact in facts(later) {
                list.push(Self { later: Some(without(later, &fact)), ..self.clone() });
            }
        }
        list
    }

    /// With less of what happens besides buying.
    fn moves_less(&self) -> Vec<Self> {
        let with = |then: Then| Self { then: Some(then), ..self.clone() };
        match &self.then {
            Some(Then::Returned { pieces }) => {
                let mut list = Vec::new();
                for (sku, count) in pieces {
                    for left in [0, count - 1] {
                        let mut pieces = pieces.clone();
                        pieces.insert(sku.clone(), left);
                        pieces.retain(|_, count| *count > 0);
                        list.push(with(Then::Returned { pieces }));
                    }
                }
                list
            }
            Some(Then::PriceFellAndReturned {}) => vec![with(Then::PriceFell {})],
            Some(Then::GroupLeft { rule, terms, members, stay, window_days }) => {
                let smaller = [(*members, stay - 1), (members - 1, *stay)].into_iter();
                let smaller = smaller.filter(|(members, stay)| *stay > 0 && stay <= members);
                let group = |(members, stay): (u32, u32)| {
                    let (rule, terms, window_days) = (rule.clone(), terms.clone(), *window_days);
                    let mut less = with(Then::GroupLeft { rule, terms, members, stay, window_days });
                    less.orders[0].context.group = Some(BuyingGroup::new(members).role(GroupRole::Leader));
                    less
                };
                smaller.map(group).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn off(id: &str, percent: &str) -> Rule {
    Rule::new(id, "order", Benefit::PercentOff(PercentOff::new(percent.parse().unwrap())))
}

/// What the classes of loopholes have no finding of: rules that became cheaper; and equal ranks, a code, a prize besides.
fn others() -> Vec<(RuleSet, Catalogue, Promises)> {
    let lamp = Product::new(Line::new("", "LAMP", 1, Money::from_minor(1_000)).cost(Money::from_minor(100)));
    let shop = |product: Product| Catalogue::new(Currency::CNY, vec![product]).unwrap();
    let prize = Prize::new("0.0001".parse().unwrap(), Money::from_minor(5_000_001));
    let running = RuleSet::new(Currency::CNY).stages([Stage::new("order").basis(Basis::Running)]);
    let five = Benefit::AmountOff(AmountOff::once("5.00".parse::<Amount>().unwrap()));
    let before = RuleSet::new(Currency::CNY).rule(off("campaign", "10"));
    let mut coded = off("coded", "10");
    coded.coupon = Some(Coupon::codes(["AB1", "SECOND-CODE"]));
    let rules = |rule: Rule| RuleSet::new(Currency::CNY).rule(rule);
    vec![
        (rules(off("campaign", "30")), shop(lamp.clone()), Promises::default().before(before)),
        (
            running.rule(off("half", "50")).rule(Rule::new("five", "order", five)),
            shop(lamp.clone()),
            Promises::default(),
        ),
        (rules(coded), shop(lamp.clone()), Promises::default()),
        (rules(off("tenth", "10")), shop(lamp.prize(prize)), Promises::default()),
    ]
}

/// Why no script of a promise is looked at here.
fn left_out(promise: Promise) -> Option<&'static str> {
    match promise {
        Promise::LimitsHold => Some("no engine that counts right passes a limit, so there is no script"),
        Promise::EveryRule => Some(
            "a dead rule gives nothing in any order: what its smallest order shows is tested with the audit",
        ),
        Promise::AboveCost
        | Promise::NotFree
        | Promise::SplitFarm
        | Promise::Depth
        | Promise::CashLike
        | Promise::ShippingApart
        | Promise::PaidThreshold
        | Promise::EarnedOnCash
        | Promise::RewardsCovered
        | Promise::EarnShare
        | Promise::NoPump
        | Promise::RunsOnce
        | Promise::HandsOver
        | Promise::NoGap
        | Promise::ExclusionsClosed
        | Promise::ExclusionsHold
        | Promise::Rounding
        | Promise::RealCut
        | Promise::PriceProtection
        | Promise::GroupHolds
        | Promise::ReturnsNeverPay
        | Promise::SecretCodes
        | Promise::AddItem
        | Promise::SplitPays
        | Promise::PoolingPays
        | Promise::Exposure
        | Promise::PlainPrices
        | Promise::PrizeCeiling
        | Promise::EqualRanks
        | Promise::CapsMatter
        | Promise::AsBefore => None,
        // There is none; one that is new has to be sorted here.
        other => panic!("{other:?} is not sorted"),
    }
}

#[test]
fn a2_dropping_any_part_of_a_smallest_script_mends_it() {
    // Of each promise the findings, and the parts dropped: of a single piece there is nothing to drop.
    let mut tried: BTreeMap<Promise, (usize, usize)> = BTreeMap::new();
    let mut look =
        |name: &str, rules: &RuleSet, catalogue: &Catalogue, promises: &Promises, found: &[Finding]| {
            let plan = dealproof::compile(rules).unwrap();
            for finding in found {
                if left_out(finding.promise).is_some() {
                    continue;
                }
                let says = format!("{name}: {:?} by {:?}", finding.promise, finding.rules);
                assert!(finding.minimal, "{says} may have parts to spare");
                let told = Told::new(finding);
                let loss = |script: &Witness| finding.loss_in(rules, catalogue, promises, script).unwrap();
                assert_eq!(told.witness().as_ref(), Some(&finding.smallest.witness), "{says}");
                assert_eq!(loss(&finding.smallest.witness), Some(finding.smallest.loss), "{says}");
                tried.entry(finding.promise).or_default().0 += 1;
                for less in told.parts_less() {
                    assert_eq!(
                        loss(&less),
                        None,
                        "{says} needs less than {:?}: {less:?}",
                        finding.smallest.witness
                    );
                    tried.entry(finding.promise).or_default().1 += 1;
                }
                if finding.promise == Promise::AboveCost {
                    // Measured apart from the audit; gifts have a cost of their own.
                    let allowed = promises.loss_max.to_money(rules.currency).unwrap().minor();
                    for less in told.parts_less() {
                        assert!(below_cost(&plan, &less.orders[0]) <= allowed, "{says}: {less:?}");
                    }
                }
            }
        };
    for (class, rules, catalogue, promises, report) in reports() {
        look(&class.name, &rules, &catalogue, &promises, &report.findings);
    }
    for (rules, catalogue, promises) in others() {
        let report = audit(&rules, &catalogue, &bounds(&promises).orders(4_000)).unwrap();
        look("others", &rules, &catalogue, &promises, &report.findings);
    }
    println!("minimality: findings and parts dropped: {tried:?}");
    let found = Promise::ALL.into_iter().filter(|promise| left_out(*promise).is_none());
    let unseen: Vec<Promise> = found.filter(|promise| !tried.contains_key(promise)).collect();
    assert!(unseen.is_empty(), "{unseen:?}");
}
