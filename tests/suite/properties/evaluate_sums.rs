//! E1 and E2: no price leaves its bounds, and everything adds up, in every way a quote can be summed; also for carts
//! worth as much as a cart may be.

use std::collections::BTreeMap;

use dealproof::bounds::{AMOUNT_MAX, CEILINGS};
use dealproof::evaluate::Scratch;
use dealproof::money::{Money, RoundMode};
use dealproof::record::{GiftStatus, On, Quote, QuoteLine, UnitRun};
use dealproof::shop::{Cart, Charge, Line};
use dealproof::testkit::{Scenario, scenarios};
use proptest::prelude::*;

use super::{config, plan, priced};

type Checked = Result<(), TestCaseError>;

fn sum(amounts: impl IntoIterator<Item = Money>) -> i128 {
    amounts.into_iter().map(|amount| i128::from(amount.minor())).sum()
}

fn minor(amount: Money) -> i128 {
    amount.minor().into()
}

/// What no unit of a line may go below: its floor price, and what the cap per line leaves of its list price.
fn floor(scenario: &Scenario, line: &Line) -> i128 {
    let list = minor(line.list_price);
    let cap = scenario.rules.caps.line_percent;
    let most_off = cap.map_or(list, |percent| {
        let rate = percent.to_rate().expect("valid by construction");
        minor(rate.of(line.list_price, RoundMode::Down))
    });
    line.floor_price.map_or(0, minor).max(list - most_off)
}

/// E1 of a quote. Runs are looked at unit by unit at both ends and in the middle: the units of a run differ by one.
fn within_bounds(scenario: &Scenario, quote: &Quote) -> Checked {
    prop_assert_eq!(quote.lines.len(), scenario.cart.lines().len());
    for ((at, line), of) in (0_u32..).zip(&quote.lines).zip(scenario.cart.lines()) {
        let (units, list, floor) = (i128::from(of.quantity), minor(of.list_price), floor(scenario, of));
        prop_assert_eq!(&line.line, &of.id);
        prop_assert_eq!(minor(line.list), units * list);
        let bounds = units * floor..=units * list;
        prop_assert!(bounds.contains(&minor(line.payable)), "{:?} not in {:?}", line, bounds);
        for run in quote.runs.iter().filter(|run| run.line == at) {
            for unit in [0, run.units / 3, run.units / 2, run.units - 1] {
                let payable = minor(run.unit_payable(unit).unwrap());
                prop_assert!((floor..=list).contains(&payable), "unit {} of {:?} of {:?}", unit, run, line);
            }
            prop_assert_eq!(run.unit_payable(run.units), None);
        }
        if of.no_discount {
            prop_assert_eq!(line.payable, line.list);
        }
    }
    for (charge, of) in quote.charges.iter().zip(scenario.cart.charges()) {
        prop_assert_eq!(charge.list, of.amount);
        prop_assert!(charge.payable >= Money::ZERO && charge.payable <= charge.list, "{:?}", charge);
    }
    Ok(())
}

fn taken_off(quote: &Quote, on: On) -> i128 {
    sum(quote.adjustments.iter().filter(|by| by.on == on).map(|by| by.granted))
}

/// Total = list − adjustments = Σ lines = Σ unit runs.
fn goods_add_up(quote: &Quote) -> Checked {
    let totals = &quote.totals;
    prop_assert_eq!(minor(totals.list), sum(quote.lines.iter().map(|line| line.list)));
    prop_assert_eq!(minor(totals.goods), sum(quote.lines.iter().map(|line| line.payable)));
    prop_assert_eq!(minor(totals.goods), sum(quote.runs.iter().map(|run| run.payable)));
    prop_assert_eq!(minor(totals.goods), minor(totals.list) - minor(totals.goods_discount));
    for (at, line) in (0_u32..).zip(&quote.lines) {
        prop_assert_eq!(minor(line.payable), minor(line.list) - taken_off(quote, On::Line(at)));
        let of_line = || quote.runs.iter().filter(|run| run.line == at);
        prop_assert_eq!(of_line().map(|run| run.units).sum::<u32>(), line.quantity);
        prop_assert_eq!(sum(of_line().map(|run| run.payable)), minor(line.payable));
    }
    Ok(())
}

fn shipping_adds_up(quote: &Quote) -> Checked {
    let totals = &quote.totals;
    prop_assert_eq!(minor(totals.shipping_list), sum(quote.charges.iter().map(|charge| charge.list)));
    prop_assert_eq!(minor(totals.shipping), sum(quote.charges.iter().map(|charge| charge.payable)));
    let off = minor(totals.shipping_discount);
    prop_assert_eq!(minor(totals.shipping), minor(totals.shipping_list) - off);
    for (at, charge) in (0_u32..).zip(&quote.charges) {
        prop_assert_eq!(minor(charge.payable), minor(charge.list) - taken_off(quote, On::Charge(at)));
    }
    Ok(())
}

/// What is off = Σ rules = Σ stages, and each rule = Σ of its adjustments.
fn rules_add_up(quote: &Quote) -> Checked {
    let totals = &quote.totals;
    let off = minor(totals.goods_discount) + minor(totals.shipping_discount);
    prop_assert_eq!(off, sum(quote.rules.iter().map(|rule| rule.granted)));
    prop_assert_eq!(off, sum(quote.stage_totals().iter().map(|stage| stage.granted)));
    for (at, rule) in (0_u32..).zip(&quote.rules) {
        let of_rule = quote.adjustments.iter().filter(|by| by.rule == at);
        prop_assert_eq!(minor(rule.granted), sum(of_rule.map(|by| by.granted)));
        prop_assert!(rule.granted <= rule.asked, "{:?}", rule);
    }
    for by in &quote.adjustments {
        prop_assert!(by.granted > Money::ZERO && by.granted <= by.asked, "{:?}", by);
    }
    let goods = quote.adjustments.iter().filter(|by| matches!(by.on, On::Line(_)));
    prop_assert_eq!(minor(totals.goods_discount), sum(goods.map(|by| by.granted)));
    Ok(())
}

/// The payable is goods, shipping and the add-ons that were taken; gifts and offers cost nothing.
fn payable_adds_up(quote: &Quote) -> Checked {
    let totals = &quote.totals;
    let taken = quote.gifts.iter().filter(|gift| gift.status == GiftStatus::Taken);
    let add_ons: i128 = taken.map(|gift| minor(gift.unit_price) * i128::from(gift.quantity)).sum();
    prop_assert_eq!(minor(totals.add_ons), add_ons);
    prop_assert_eq!(minor(totals.payable), minor(totals.goods) + minor(totals.shipping) + add_ons);
    for gift in quote.gifts.iter().filter(|gift| gift.status == GiftStatus::Given) {
        prop_assert_eq!(gift.unit_price, Money::ZERO);
    }
    Ok(())
}

/// E2 of a quote.
fn adds_up(quote: &Quote) -> Checked {
    goods_add_up(quote)?;
    shipping_adds_up(quote)?;
    rules_add_up(quote)?;
    payable_adds_up(quote)
}

/// The same scenario with every price and fee `prices` times as high and every quantity `units` times as large.
fn enlarged(scenario: &Scenario, prices: i64, units: u32) -> Scenario {
    let raised = |amount: Money| Money::from_minor(amount.minor() * prices);
    let lines = scenario.cart.lines().iter().cloned().map(|mut line| {
        line.list_price = raised(line.list_price);
        line.floor_price = line.floor_price.map(raised);
        line.reference_price = line.reference_price.map(raised);
        line.quantity *= units;
        line
    });
    let charges = scenario.cart.charges().iter().map(|charge| {
        Charge::new(raised(charge.amount)).shop(charge.shop.as_str()).method(charge.method.as_str())
    });
    let cart = Cart::new(scenario.cart.currency(), lines.collect(), charges.collect());
    Scenario { cart: cart.expect("within the bounds"), ..scenario.clone() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn e1_no_line_and_no_unit_costs_less_than_its_floor_or_more_than_its_list_price(scenario in scenarios()) {
        within_bounds(&scenario, &priced(&scenario))?;
    }

    #[test]
    fn e2_total_is_list_less_adjustments_and_the_sum_of_lines_units_and_rules(scenario in scenarios()) {
        adds_up(&priced(&scenario))?;
    }

    #[test]
    fn e2_the_shares_of_those_who_pay_sum_to_each_adjustment(scenario in scenarios()) {
        let quote = priced(&scenario);
        let mut shares: BTreeMap<u32, i128> = BTreeMap::new();
        for share in &quote.shares {
            prop_assert!(share.amount >= Money::ZERO);
            prop_assert!((share.bearer as usize) < quote.bearers.len());
            *shares.entry(share.adjustment).or_default() += minor(share.amount);
        }
        for (at, by) in (0_u32..).zip(&quote.adjustments) {
            let rule = &quote.rules[by.rule as usize].rule;
            let rule = scenario.rules.rules.iter().find(|known| known.id == *rule).unwrap();
            let expected = (!rule.funding.is_empty()).then(|| minor(by.granted));
            prop_assert_eq!(shares.remove(&at), expected);
        }
        prop_assert_eq!(shares, BTreeMap::new());
    }

    #[test]
    fn e2_a_bearer_pays_its_percentage_of_what_a_rule_granted(scenario in scenarios()) {
        let quote = priced(&scenario);
        let mut paid: BTreeMap<(u32, u32), i128> = BTreeMap::new();
        for share in &quote.shares {
            let rule = quote.adjustments[share.adjustment as usize].rule;
            *paid.entry((rule, share.bearer)).or_default() += minor(share.amount);
        }
        for ((rule, bearer), paid) in paid {
            let total = &quote.rules[rule as usize];
            let rule = scenario.rules.rules.iter().find(|known| known.id == total.rule).unwrap();
            let bearer = &quote.bearers[bearer as usize];
            // In parts per million of a minor unit; each bearer rounds once, and so did those before it.
            let due = minor(total.granted) * i128::from(rule.funding[bearer].to_rate().unwrap().ppm());
            let up_to_it = rule.funding.keys().take_while(|known| *known <= bearer).count();
            prop_assert!((paid * 1_000_000 - due).abs() < 1_000_000 * up_to_it as i128, "{bearer} pays {paid}");
        }
    }

    #[test]
    fn e2_tax_classes_sum_to_the_goods_and_to_every_rules_part_of_them(scenario in scenarios()) {
        let quote = priced(&scenario);
        let classes = quote.tax_totals();
        prop_assert_eq!(minor(quote.totals.list), sum(classes.iter().map(|class| class.list)));
        prop_assert_eq!(minor(quote.totals.goods), sum(classes.iter().map(|class| class.payable)));
        for class in &classes {
            let of_class = |line: &&QuoteLine| line.tax_class == class.tax_class;
            prop_assert_eq!(minor(class.payable), sum(quote.lines.iter().filter(of_class).map(|line| line.payable)));
            let off = sum(class.adjustments.iter().map(|(_, amount)| *amount));
            prop_assert_eq!(minor(class.payable), minor(class.list) - off);
        }
        for (rule, _) in (0_u32..).zip(&quote.rules) {
            let goods = quote.adjustments.iter().filter(|by| by.rule == rule && matches!(by.on, On::Line(_)));
            let by_class = classes.iter().flat_map(|class| &class.adjustments).filter(|(by, _)| *by == rule);
            prop_assert_eq!(sum(goods.map(|by| by.granted)), sum(by_class.map(|(_, amount)| *amount)));
        }
    }

    /// A line has at most five pieces at 101.00 in a scenario, and a cart eight lines. Rules keep their amounts, so
    /// percentages are enormous and steps are many.
    #[test]
    fn e2_the_largest_carts_add_up_too(
        scenario in scenarios(),
        prices in prop_oneof![Just(1_i64), 2..1_000_i64, Just(1_000_000_i64)],
        units in prop_oneof![Just(1_u32), 2..1_000_u32, Just(200_000_u32)],
    ) {
        const { assert!(5 * 200_000 <= CEILINGS.quantity) };
        const { assert!(8 * 5 * 200_000 * 13_100 * 1_000_000 < AMOUNT_MAX) };
        let scenario = enlarged(&scenario, prices, units);
        let Scenario { cart, context, usage, .. } = &scenario;
        // A rule set may ask for more runs than there may be; then there is no quote (M-6).
        if let Ok(quote) = plan(&scenario).price(&mut Scratch::default(), cart, context, usage) {
            adds_up(&quote)?;
            within_bounds(&scenario, &quote)?;
        }
    }
}

#[test]
fn e2_the_units_of_a_run_sum_to_it() {
    // A run comes out of pricing only: three units for 10.00, priced by a rule that takes 20.00 off 30.00.
    let quote = three_for_ten();
    let [run]: &[UnitRun] = &quote.runs else { panic!("{:?}", quote.runs) };
    let units: Vec<i64> = (0..3).map(|unit| run.unit_payable(unit).unwrap().minor()).collect();
    // 1000 over three: prefixes 333.33 -> 333, 666.67 -> 667, 1000.
    assert_eq!(units, [333, 334, 333]);
}

fn three_for_ten() -> Quote {
    use dealproof::money::Currency;
    use dealproof::rules::{AmountOff, Benefit, Rule, RuleSet};
    let off = Benefit::AmountOff(AmountOff::once("20.00".parse().unwrap()));
    let rules = RuleSet::new(Currency::CNY).rule(Rule::new("off", "order", off));
    let cart = Cart::new(Currency::CNY, vec![Line::new("1", "TEA", 3, Money::from_minor(1_000))], vec![]);
    let context = dealproof::shop::Context::default();
    let plan = dealproof::compile(&rules).unwrap();
    plan.price(&mut Scratch::default(), &cart.unwrap(), &context, &dealproof::record::Usage::default())
        .unwrap()
}
