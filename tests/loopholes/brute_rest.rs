//! Every small order against the proofs that no other brute force is about: what is proved because no rule could break it. Where
//! there is no brute force, it is said why.

use std::collections::{BTreeMap, BTreeSet};

use dealproof::audit::{
    AuditBounds, Certificate, Order, Promise, Promises, Then, Verdict, Witness, audit, check,
};
use dealproof::compile::Plan;
use dealproof::evaluate::Scratch;
use dealproof::money::{Currency, Money, RoundingPer};
use dealproof::record::{GiftStatus, On, PointsDirection, Quote, Usage};
use dealproof::rules::{
    AmountOff, Base, Benefit, Condition, Rule, RuleId, RuleLimits, RuleSet, Selector, Step, Window,
};
use dealproof::shop::{Cart, Catalogue, Charge, CouponCode, Line, Moment, Product, Shopper};

use super::brute::{broad_and_narrow, catalogue_of, in_one, scenario, small_orders};

/// Which brute force is about a promise's proofs.
enum Sorted {
    /// This: whether an order breaks it.
    Here(fn(&Shop<'_>, &Order, &Quote) -> bool),
    /// Another test.
    In(&'static str),
    /// None, and why.
    Nowhere(&'static str),
}

fn sorted(promise: Promise) -> Sorted {
    match promise {
        Promise::AboveCost | Promise::NotFree | Promise::Depth | Promise::AddItem | Promise::SplitPays => {
            Sorted::In("brute")
        }
        Promise::ReturnsNeverPay
        | Promise::NoPump
        | Promise::GroupHolds
        | Promise::LimitsHold
        | Promise::EqualRanks => Sorted::In("brute_scripts"),
        Promise::EarnShare | Promise::SplitFarm | Promise::CapsMatter | Promise::PoolingPays => {
            Sorted::In("brute_shares")
        }
        // Its findings are contradicted there; what is proved of it is an order for each rule.
        Promise::EveryRule => Sorted::In("brute_shares"),
        Promise::CashLike => Sorted::Here(takes_cash_like),
        Promise::ShippingApart => Sorted::Here(pays_shipping),
        Promise::Rounding => Sorted::Here(rounds_up),
        Promise::RealCut => Sorted::Here(overstates),
        Promise::PrizeCeiling => Sorted::Here(wins_too_much),
        Promise::PaidThreshold => Sorted::Here(pays_less_than_asked),
        Promise::EarnedOnCash => Sorted::Here(earns_on_more_than_cash),
        Promise::RewardsCovered => Sorted::Here(gives_for_later),
        Promise::RunsOnce => Sorted::Here(runs_twice),
        Promise::HandsOver => Sorted::Here(overlaps),
        Promise::NoGap => Sorted::Here(falls_between),
        Promise::ExclusionsClosed => Sorted::Here(leaves_a_door),
        Promise::ExclusionsHold => Sorted::Here(refuses_something),
        Promise::SecretCodes => Sorted::Here(tells_a_code),
        Promise::Exposure => Sorted::Here(gives_without_end),
        Promise::PriceProtection => Sorted::Here(pays_a_cut_out),
        Promise::AsBefore => Sorted::Here(costs_otherwise),
        Promise::PlainPrices => {
            Sorted::Nowhere("three products are too few to be off; a brute force over shelves is beside it")
        }
        // There is none; one that is new has to be sorted here.
        other => panic!("{other:?} is not sorted"),
    }
}

/// What is audited, and how orders of it are priced.
struct Shop<'s> {
    rules: &'s RuleSet,
    catalogue: &'s Catalogue,
    plan: &'s Plan,
    /// The same with every rule rounding once.
    once: Plan,
    /// The same with what is given for later told by what is paid, where that compiles.
    cash: Option<Plan>,
    /// The orders that are tried, and what they cost.
    orders: Vec<Order>,
    quotes: Vec<Quote>,
}

impl Shop<'_> {
    fn rule(&self, id: &RuleId) -> &Rule {
        self.rules.rules.iter().find(|rule| rule.id == *id).unwrap()
    }

    fn applied(&self, quote: &Quote) -> Vec<&Rule> {
        quote.rules.iter().map(|total| self.rule(&total.rule)).collect()
    }

    /// Whether a rule of one order refuses one of another.
    fn have_both(&self, one: &Quote, other: &Quote) -> bool {
        self.applied(one).iter().any(|rule| self.applied(other).iter().any(|other| refuses(rule, other)))
    }

    /// Whether two rules that apply are so.
    fn two(&self, quote: &Quote, are: impl Fn(&Rule, &Rule) -> bool) -> bool {
        let applied = self.applied(quote);
        applied.iter().any(|one| applied.iter().any(|other| one.id != other.id && are(one, other)))
    }
}

#[test]
fn brute_force_breaks_no_proof_that_no_rule_could_break_a_promise() {
    let here = Promise::ALL.into_iter().filter(|promise| matches!(sorted(*promise), Sorted::Here(_)));
    let here: Vec<Promise> = here.collect();
    let mut held: BTreeMap<Promise, usize> = BTreeMap::new();
    for seed in broad_and_narrow() {
        let scenario = scenario(seed);
        let rules = &scenario.rules;
        let catalogue = furnished(&catalogue_of(&scenario), seed);
        let catalogue = catalogue.shopper(Shopper::new("the one", scenario.context.clone()));
        let promises = Promises::default().only(here.clone()).before(rules.clone());
        // Nothing is searched: no finding stands in a false proof's way.
        let bounds = AuditBounds::default().promises(promises.clone()).orders(0).nodes(0);
        let report = audit(rules, &catalogue, &bounds).unwrap();
        let plan = dealproof::compile(rules).unwrap();
        let orders = small_orders(&catalogue, std::slice::from_ref(&scenario.context));
        let orders: Vec<Order> = orders.into_iter().step_by(3).map(with_shipping).collect();
        let shop = Shop {
            rules,
            catalogue: &catalogue,
            plan: &plan,
            once: dealproof::compile(&rounding_once(rules)).unwrap(),
            cash: dealproof::compile(&on_cash(rules)).ok(),
            quotes: orders.iter().map(|order| price(&plan, order)).collect(),
            orders,
        };
        for answer in &report.answers {
            let Verdict::Proved { certificate } = &answer.verdict else { continue };
            assert_eq!(check(rules, &catalogue, &promises, answer.promise, certificate), Ok(()));
            let Sorted::Here(breaks) = sorted(answer.promise) else { panic!("{:?}", answer.promise) };
            for (order, quote) in shop.orders.iter().zip(&shop.quotes) {
                let broken = breaks(&shop, order, quote);
                assert!(!broken, "seed {seed}: {:?} was proved, and {order:?} breaks it", answer.promise);
            }
            *held.entry(answer.promise).or_default() += 1;
        }
    }
    println!("brute force of the rest: {held:?} proofs hold");
    // Chance decides how many; of each some must be tried.
    for promise in here {
        assert!(held.get(&promise).is_some_and(|count| *count >= 20), "{promise:?}: {held:?}");
    }
    let nowhere = Promise::ALL.into_iter().filter(|promise| matches!(sorted(*promise), Sorted::Nowhere(_)));
    assert_eq!(nowhere.collect::<Vec<_>>(), [Promise::PlainPrices]);
    for promise in Promise::ALL {
        if let Sorted::In(name) | Sorted::Nowhere(name) = sorted(promise) {
            assert!(!name.is_empty(), "{promise:?}");
        }
    }
}

fn price(plan: &Plan, order: &Order) -> Quote {
    plan.price(&mut Scratch::default(), &order.cart, &order.context, &Usage::default()).unwrap()
}

/// Some products are as good as money, some have a history or a prize, some were sold lately.
fn furnished(catalogue: &Catalogue, seed: u64) -> Catalogue {
    let before: Moment = "2020-01-01T00:00:00Z".parse().unwrap();
    let mut products: Vec<Product> = catalogue.products().to_vec();
    for (at, product) in (seed..).zip(&mut products) {
        product.cash_like = at % 5 == 0;
        product.sold_lately = u32::from(at % 3 == 0) * 10;
        let price = product.piece.list_price.minor();
        let was = Money::from_minor(if at % 7 == 0 { price / 2 } else { price + 100 });
        *product = product.clone().past_price(before, was);
    }
    Catalogue::new(catalogue.currency(), products).unwrap()
}

fn with_shipping(order: Order) -> Order {
    let shops = order.cart.lines().iter().map(|line| line.shop.clone());
    let shops: std::collections::BTreeSet<_> = shops.collect();
    let charges = shops.into_iter().map(|shop| {
        let mut charge = Charge::new(Money::from_minor(800));
        charge.shop = shop;
        charge
    });
    let charges: Vec<Charge> = charges.collect();
    let cart = Cart::new(order.cart.currency(), order.cart.lines().to_vec(), charges).unwrap();
    Order::new(cart, order.context)
}

fn rounding_once(rules: &RuleSet) -> RuleSet {
    let mut rules = rules.clone();
    rules.rounding.per = RoundingPer::Order;
    rules
        .rules
        .iter_mut()
        .filter_map(|rule| rule.rounding.as_mut())
        .for_each(|one| one.per = RoundingPer::Order);
    rules
}

fn on_cash(rules: &RuleSet) -> RuleSet {
    fn spends(condition: &mut Condition) {
        match condition {
            Condition::All(nested) | Condition::Any(nested) => nested.iter_mut().for_each(spends),
            Condition::Not(nested) => spends(nested),
            Condition::Spend(spend) => spend.base = Some(Base::Cash),
            _other => {}
        }
    }
    let mut rules = rules.clone();
    for rule in &mut rules.rules {
        match &mut rule.benefit {
            Benefit::PointsEarn(earn) => {
                earn.base = Some(Base::Cash);
                earn.multipliers.iter_mut().filter_map(|one| one.when.as_mut()).for_each(spends);
            }
            Benefit::Grant(grant) => grant.base = grant.every.map(|_| Base::Cash),
            _other => continue,
        }
        rule.condition.iter_mut().for_each(spends);
    }
    rules
}

fn takes_cash_like(shop: &Shop<'_>, order: &Order, quote: &Quote) -> bool {
    let is_liquid =
        |line: &Line| shop.catalogue.products().iter().any(|one| one.piece.sku == line.sku && one.cash_like);
    let priced = order.cart.lines().iter().zip(&quote.lines);
    let given = quote.gifts.iter().filter(|gift| gift.status != GiftStatus::Offered).any(|gift| {
        let mut products = shop.catalogue.products().iter().filter(|one| one.cash_like);
        products.any(|one| one.piece.sku == gift.sku && gift.unit_price < one.piece.list_price)
    });
    given || priced.filter(|(line, _)| is_liquid(line)).any(|(_, priced)| priced.payable < priced.list)
}

fn pays_shipping(shop: &Shop<'_>, _: &Order, quote: &Quote) -> bool {
    quote.adjustments.iter().any(|one| {
        let rule = shop.rule(&quote.rules[one.rule as usize].rule);
        let is_for_shipping = matches!(
            rule.benefit,
            Benefit::Shipping(_) | Benefit::PointsRedeem(_) | Benefit::UseBalance(_) | Benefit::Presale(_)
        );
        matches!(one.on, On::Charge(_)) && !is_for_shipping
    })
}

fn rounds_up(shop: &Shop<'_>, order: &Order, quote: &Quote) -> bool {
    let once = price(&shop.once, order).totals.payable.minor();
    once - quote.totals.payable.minor() > i64::try_from(quote.rules.len()).unwrap()
}

fn overstates(shop: &Shop<'_>, order: &Order, _: &Quote) -> bool {
    order.cart.lines().iter().any(|line| {
        let product = shop.catalogue.products().iter().find(|one| one.piece.sku == line.sku).unwrap();
        let announced = line.reference_price.unwrap_or(line.list_price);
        product.past_prices.iter().any(|past| past.price < announced)
    })
}

fn wins_too_much(shop: &Shop<'_>, order: &Order, _: &Quote) -> bool {
    let most = |sku: &dealproof::shop::Sku| {
        let product = shop.catalogue.products().iter().find(|one| one.piece.sku == *sku).unwrap();
        product.prizes.iter().map(|prize| prize.worth.minor()).max().unwrap_or(0)
    };
    order.cart.lines().iter().any(|line| most(&line.sku) > 5_000_000)
}

fn asked(condition: &Condition) -> Vec<dealproof::money::Amount> {
    match condition {
        Condition::All(nested) => nested.iter().flat_map(asked).collect(),
        Condition::Spend(spend) => spend.at_least.into_iter().collect(),
        _other => Vec::new(),
    }
}

fn pays_less_than_asked(shop: &Shop<'_>, _: &Order, quote: &Quote) -> bool {
    let gifts = quote.gifts.iter().map(|gift| shop.rule(&gift.rule));
    let giving = gifts
        .chain(shop.applied(quote))
        .filter(|rule| matches!(rule.benefit, Benefit::Gift(_) | Benefit::Shipping(_)));
    let steps = |rule: &Rule| match &rule.benefit {
        Benefit::Gift(gift) => match gift.every {
            Some(Step::Spend(step)) => vec![step],
            Some(Step::Quantity(_)) | None => Vec::new(),
        },
        _shipping => Vec::new(),
    };
    let asked = |rule: &Rule| [rule.condition.iter().flat_map(asked).collect(), steps(rule)].concat();
    let minor = |amount: dealproof::money::Amount| amount.to_money(shop.rules.currency).unwrap();
    giving.flat_map(asked).any(|amount| quote.totals.payable < minor(amount))
}

fn earned(quote: &Quote) -> (u64, u64) {
    let points = quote.points.iter().filter(|one| one.direction == PointsDirection::Earned);
    (points.map(|one| one.points).sum(), quote.grants.iter().map(|one| one.quantity).sum())
}

fn earns_on_more_than_cash(shop: &Shop<'_>, order: &Order, quote: &Quote) -> bool {
    shop.cash.as_ref().is_some_and(|cash| earned(&price(cash, order)) != earned(quote))
}

fn gives_for_later(_: &Shop<'_>, _: &Order, quote: &Quote) -> bool {
    earned(quote) != (0, 0)
}

/// Two rules are alike but for windows, and do not follow each other.
fn runs_twice(shop: &Shop<'_>, _: &Order, quote: &Quote) -> bool {
    fn timeless(condition: &Condition) -> Option<Condition> {
        match condition {
            Condition::Window(_) => None,
            Condition::All(nested) => Some(Condition::All(nested.iter().filter_map(timeless).collect())),
            other => Some(other.clone()),
        }
    }
    let follows = |one: &Rule, other: &Rule| meets(one, other).is_some_and(|by| by > 0 && by < HOUR_MS);
    shop.two(quote, |one, other| {
        let what = |rule: &Rule| {
            let condition = rule.condition.as_ref().and_then(timeless);
            (rule.stage.clone(), rule.per, rule.coupon.clone(), condition, rule.benefit.clone(), rule.cap)
        };
        what(one) == what(other) && !follows(one, other) && !follows(other, one)
    })
}

/// The windows that a condition cannot do without; denied, what ends begins there, and what begins ends.
fn windows(condition: &Condition, denied: bool) -> Vec<Window> {
    match (condition, denied) {
        (Condition::All(nested), false) | (Condition::Any(nested), true) => {
            nested.iter().flat_map(|one| windows(one, denied)).collect()
        }
        (Condition::Not(nested), denied) => windows(nested, !denied),
        (Condition::Window(window), false) => vec![*window],
        (Condition::Window(window), true) if window.from.is_none() || window.until.is_none() => {
            vec![Window::new(window.until, window.from)]
        }
        _other => Vec::new(),
    }
}

fn begin(rule: &Rule) -> Option<Moment> {
    let windows = windows(rule.condition.as_ref()?, false);
    windows.into_iter().filter_map(|window| window.from).max_by_key(|from| from.unix_ms())
}

fn end(rule: &Rule) -> Option<Moment> {
    let windows = windows(rule.condition.as_ref()?, false);
    windows.into_iter().filter_map(|window| window.until).min_by_key(|until| until.unix_ms())
}

/// By how many milliseconds one rule's window ends after another's begins; negative where there is a gap.
fn meets(one: &Rule, other: &Rule) -> Option<i64> {
    Some(end(one)?.unix_ms() - begin(other)?.unix_ms())
}

const HOUR_MS: i64 = 3_600_000;

fn overlaps(shop: &Shop<'_>, order: &Order, _: &Quote) -> bool {
    shop.rules.rules.iter().filter_map(begin).any(|begin| {
        let mut then = order.clone();
        then.context.now = begin;
        let quote = price(shop.plan, &then);
        shop.two(&quote, |one, other| meets(one, other).is_some_and(|by| by > 0 && by < HOUR_MS))
    })
}

fn falls_between(shop: &Shop<'_>, order: &Order, _: &Quote) -> bool {
    shop.rules.rules.iter().filter(|rule| rule.enabled).any(|ending| {
        let follows = |next: &&Rule| {
            let kind = |rule: &Rule| std::mem::discriminant(&rule.benefit);
            let is_close = meets(ending, next).is_some_and(|by| (-60_000..0).contains(&by));
            next.enabled && next.stage == ending.stage && kind(ending) == kind(next) && is_close
        };
        let Some(next) = shop.rules.rules.iter().find(follows) else { return false };
        let ends = end(ending).unwrap();
        let at = |ms: i64| {
            let mut order = order.clone();
            order.context.now = Moment::from_unix_ms(ms).unwrap();
            price(shop.plan, &order)
        };
        let (before, after) = (at(ends.unix_ms() - 1_000), at(ends.unix_ms()));
        let applies = |quote: &Quote, rule: &Rule| quote.rules.iter().any(|one| one.rule == rule.id);
        applies(&before, ending)
            && !applies(&after, ending)
            && !applies(&after, next)
            && after.totals.payable > before.totals.payable
    })
}

fn refuses(one: &Rule, other: &Rule) -> bool {
    let names = |one: &Rule, other: &Rule| {
        let named = &one.stacking.excludes;
        named.rules.contains(&other.id)
            || named.stages.contains(&other.stage)
            || named.tags.iter().any(|tag| other.tags.contains(tag))
    };
    let grouped = one.stacking.group.is_some() && one.stacking.group == other.stacking.group;
    one.id != other.id && (grouped || names(one, other) || names(other, one))
}

fn leaves_a_door(shop: &Shop<'_>, _: &Order, quote: &Quote) -> bool {
    let enabled = || shop.rules.rules.iter().filter(|rule| rule.enabled);
    shop.two(quote, |one, other| {
        !refuses(one, other) && enabled().any(|third| refuses(one, third) && refuses(other, third))
    })
}

/// Beside another order, whichever, one of the two has a rule that refuses one of the other, and both cost less than all in one,
/// by more than is rounding.
fn refuses_something(shop: &Shop<'_>, order: &Order, quote: &Quote) -> bool {
    let rounding = 6 * i64::try_from(shop.rules.rules.len()).unwrap();
    shop.orders.iter().zip(&shop.quotes).any(|(beside, other)| {
        shop.have_both(quote, other) && {
            let apart = quote.totals.payable.minor() + other.totals.payable.minor();
            let one = price(shop.plan, &with_shipping(in_one(order, beside)));
            one.totals.payable.minor() - apart > rounding
        }
    })
}

/// Every pair of codes is compared, symbol by symbol and number by number.
fn tells_a_code(shop: &Shop<'_>, _: &Order, _: &Quote) -> bool {
    fn entered(condition: &Condition) -> Vec<CouponCode> {
        match condition {
            Condition::All(nested) | Condition::Any(nested) => nested.iter().flat_map(entered).collect(),
            Condition::Not(nested) => entered(nested),
            Condition::Code(known) => known.any_of.iter().cloned().collect(),
            _other => Vec::new(),
        }
    }
    let enabled = shop.rules.rules.iter().filter(|rule| rule.enabled);
    let codes: BTreeSet<String> = enabled
        .flat_map(|rule| {
            let own = rule.coupon.iter().flat_map(|coupon| coupon.codes.iter().cloned());
            own.chain(rule.condition.iter().flat_map(entered)).collect::<Vec<_>>()
        })
        .filter_map(|code| code.folded().map(str::to_owned))
        .collect();
    let one_apart = |one: &str, other: &str| {
        let differing = one.chars().zip(other.chars()).filter(|(one, other)| one != other).count();
        one.chars().count() == other.chars().count() && differing == 1
    };
    // The number at the end, and what stands before it.
    let number = |code: &str| {
        let stem = code.trim_end_matches(|letter: char| letter.is_ascii_digit());
        Some((stem.to_owned(), code[stem.len()..].parse::<u64>().ok()?))
    };
    let is_next = |one: &str, other: &str| {
        number(one).zip(number(other)).is_some_and(|(one, other)| (one.0, one.1 + 1) == other)
    };
    codes.iter().any(|code| {
        let different: BTreeSet<char> = code.chars().collect();
        code.chars().count() < 6
            || different.len() < 4
            || codes.iter().any(|other| one_apart(code, other) || is_next(code, other))
    })
}

fn gives_without_end(shop: &Shop<'_>, _: &Order, quote: &Quote) -> bool {
    shop.applied(quote).into_iter().any(|rule| {
        let limits = &rule.limits;
        let own = [limits.uses, limits.units, limits.points];
        let has_end = own.iter().any(Option::is_some) || limits.budget.is_some();
        let shares =
            shop.rules.quotas.iter().any(|quota| rule.quotas.contains(&quota.id) && quota.units.is_some());
        rule.coupon.is_some() && !has_end && !shares
    })
}

fn pays_a_cut_out(shop: &Shop<'_>, order: &Order, _: &Quote) -> bool {
    let product =
        |line: &Line| shop.catalogue.products().iter().find(|one| one.piece.sku == line.sku).unwrap();
    // Who is paid out has bought what was sold lately.
    if !order.cart.lines().iter().all(|line| product(line).sold_lately > 0) {
        return false;
    }
    let mut later = order.clone();
    later.context.now = order.context.now.after_minutes(60).unwrap();
    let script = Witness::compared(vec![order.clone()], vec![later]).then(Then::PriceFell {});
    let Ok(replay) = script.replay(shop.plan, &mut Scratch::default()) else { return false };
    replay.paid() < replay.quotes[0].totals.payable.minor()
}

/// Under the rules before, which are the same.
fn costs_otherwise(shop: &Shop<'_>, order: &Order, quote: &Quote) -> bool {
    let before = dealproof::compile(&shop.rules.clone()).unwrap();
    price(&before, order).totals != quote.totals
}

/// Rules that refuse each other, each of an amount off and for so many orders of a customer.
fn refusing(seed: u64) -> (RuleSet, Catalogue) {
    let bytes = dealproof::record::Fingerprint::of(&seed.to_le_bytes()).bytes().to_vec();
    let mut drawn = bytes.iter().map(|byte| i64::from(*byte));
    let mut one_of = |list: &[i64]| list[usize::try_from(drawn.next().unwrap()).unwrap() % list.len()];
    let skus = ["LAMP", "PEN", "MUG"];
    let products = skus.map(|sku| {
        let price = one_of(&[1_000, 500, 2_000, 300]);
        Product::new(Line::new("", sku, 1, Money::from_minor(price)).cost(Money::from_minor(price / 10)))
    });
    let mut rules = RuleSet::new(Currency::CNY);
    for id in ["a", "b"] {
        let off = dealproof::money::Amount::from_money(
            Money::from_minor(one_of(&[100, 250, 700, 1_400])),
            Currency::CNY,
        );
        let sku = skus[usize::try_from(one_of(&[0, 1, 2])).unwrap()];
        let off = AmountOff::once(off).target(Selector::sku(sku));
        let uses = u64::try_from(one_of(&[1, 1, 2])).unwrap();
        let mut rule = Rule::new(id, "order", Benefit::AmountOff(off))
            .limits(RuleLimits::none().uses_per_customer(uses));
        rule.stacking.group = Some("one".into());
        rules = rules.rule(rule);
    }
    (rules, Catalogue::new(Currency::CNY, products.to_vec()).unwrap())
}

#[test]
fn brute_force_breaks_no_proof_that_exclusions_hold() {
    const ALLOWED: i64 = 3_000;
    let allowed = dealproof::money::Amount::from_money(Money::from_minor(ALLOWED), Currency::CNY);
    let promises = Promises::default().only([Promise::ExclusionsHold]).split_max(allowed);
    let (mut proved, mut had_both) = (0, 0);
    for seed in 0..300_u64 {
        let (rules, catalogue) = refusing(seed);
        let bounds = AuditBounds::default().promises(promises.clone()).orders(0).nodes(200);
        let report = audit(&rules, &catalogue, &bounds).unwrap();
        let Some(Verdict::Proved { certificate }) = report.verdict(Promise::ExclusionsHold) else { continue };
        let Certificate::Steady { tolerance_minor, .. } = certificate else { panic!("{certificate:?}") };
        proved += 1;
        let plan = dealproof::compile(&rules).unwrap();
        let customer = dealproof::shop::Customer::new("c-1");
        let context =
            dealproof::shop::Context::new("2026-05-01T10:00:00Z".parse().unwrap()).customer(customer);
        let orders = small_orders(&catalogue, &[context]);
        for (at, first) in orders.iter().enumerate() {
            for second in orders.iter().skip(at) {
                let script =
                    Witness::compared(vec![first.clone(), second.clone()], vec![in_one(first, second)]);
                let replay = script.replay(&plan, &mut Scratch::default()).unwrap();
                let rules_of = |at: usize| replay.quotes[at].rules.iter().map(|total| total.rule.clone());
                if rules_of(0).all(|one| rules_of(1).all(|other| one == other)) {
                    continue;
                }
                had_both += 1;
                let saved = replay.paid_instead() - replay.paid();
                assert!(
                    saved <= ALLOWED + 2 * tolerance_minor,
                    "seed {seed}: {saved} by {first:?} {second:?}"
                );
            }
        }
    }
    println!("brute force of exclusions: {proved} proofs hold, {had_both} pairs have both");
    assert!(proved > 50 && had_both > 1_000, "{proved} proofs, {had_both} pairs with both");
}

#[test]
fn brute_force_finds_no_odd_price_where_none_is_said_to_be() {
    let (mut plain, mut odd) = (0, 0);
    for seed in 0..1_000_u64 {
        let bytes = dealproof::record::Fingerprint::of(&seed.to_le_bytes()).bytes().to_vec();
        let count = 3 + usize::from(bytes[0] % 12);
        let price = |at: usize| {
            let spread = [100, 120, 90, 800, 110, 1_000, 95, 10][usize::from(bytes[1 + at % 20] % 8)];
            spread * i64::from(1 + bytes[at % 20 + 2] % 2)
        };
        let prices: Vec<i64> = (0..count).map(price).collect();
        let product = |(at, price): (usize, &i64)| {
            Product::new(Line::new("", format!("P{at}"), 1, Money::from_minor(*price)))
        };
        let shelf = prices.iter().enumerate().map(product).collect();
        let catalogue = Catalogue::new(Currency::CNY, shelf).unwrap();
        let promises = Promises::default().only([Promise::PlainPrices]);
        let bounds = AuditBounds::default().promises(promises).orders(20);
        let report = audit(&RuleSet::new(Currency::CNY), &catalogue, &bounds).unwrap();
        let proved = matches!(report.verdict(Promise::PlainPrices), Some(Verdict::Proved { .. }));
        assert_eq!(proved, !stands_out(&prices), "{prices:?}: {report}");
        *(if proved { &mut plain } else { &mut odd }) += 1;
    }
    assert!(plain > 100 && odd > 100, "{plain} plain, {odd} odd");
}

/// Whether some few prices are four times off all the others, and one of them eight times off the middle: every subset is tried.
fn stands_out(prices: &[i64]) -> bool {
    let mut sorted = prices.to_vec();
    sorted.sort_unstable();
    let (count, middle) = (sorted.len(), sorted[sorted.len() / 2]);
    if count < 5 {
        return false;
    }
    let few = (count / 10).max(1);
    (1..1_u32 << count).filter(|set| usize::try_from(set.count_ones()).unwrap() <= few).any(|set| {
        let (inside, outside): (Vec<usize>, Vec<usize>) = (0..count).partition(|at| set & (1 << at) != 0);
        let all = |apart: &dyn Fn(i64, i64) -> bool| {
            inside.iter().all(|one| outside.iter().all(|other| apart(sorted[*one], sorted[*other])))
        };
        let low = all(&|one, other| other >= 4 * one) && inside.iter().any(|one| sorted[*one] * 8 <= middle);
        let high = all(&|one, other| one >= 4 * other) && inside.iter().any(|one| sorted[*one] >= 8 * middle);
        low || high
    })
}
