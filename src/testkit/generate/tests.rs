//! What the generator makes does happen.

use std::collections::BTreeMap;

use rand_mt::Mt64;

use super::*;
use crate::bounds::Limits;
use crate::rules::{Basis, Benefit, Caps, Excludes, Rule, Select};
use crate::testkit::oracle::{Event, Kind, Selected};
use crate::validate::{Report, validate};

pub(super) const SCENARIOS: usize = 2_000;

pub(super) fn samples() -> impl Iterator<Item = Scenario> {
    let mut random = Mt64::new(2_026);
    (0..SCENARIOS).map(move |_| {
        let mut bytes = [0; 512];
        random.fill_bytes(&mut bytes);
        Scenario::from_bytes(&bytes)
    })
}

const KINDS: [Kind; 21] = [
    Kind::PercentOff,
    Kind::AmountOff,
    Kind::UnitPrice,
    Kind::TotalPrice,
    Kind::SpendTiers,
    Kind::Every,
    Kind::QuantityTiers,
    Kind::BuyGet,
    Kind::NthUnit,
    Kind::UnitLadder,
    Kind::NFor,
    Kind::Bundle,
    Kind::Gift,
    Kind::Shipping,
    Kind::Presale,
    Kind::UseBalance,
    Kind::GroupPrice,
    Kind::BargainPrice,
    Kind::PointsEarn,
    Kind::PointsRedeem,
    Kind::Grant,
];

const SELECTIONS: [Selected; 5] =
    [Selected::All, Selected::First, Selected::Best, Selected::BestPerLine, Selected::BestPerUnit];

/// What can happen to any rule, besides applying and competing.
const OTHERS: [Event; 21] = [
    Event::Tied(Selected::Best),
    Event::Tied(Selected::BestPerLine),
    Event::NothingLeft,
    Event::FloorReached,
    Event::LineCapReached,
    Event::OrderCapReached,
    Event::BudgetPartial,
    Event::BudgetRefused,
    Event::UnitsPartial,
    Event::UnitsRefused,
    Event::SwitchedOff,
    Event::Exhausted,
    Event::BlockedByGroup,
    Event::BlockedByExclusion,
    Event::BlockedByExclusive,
    Event::StageFull,
    Event::Outbid,
    Event::RunCut,
    Event::ManyLines,
    Event::Unused,
    Event::Offered,
];

#[test]
fn everything_that_prices_depend_on_happens_often_enough() {
    let mut seen: BTreeMap<Event, usize> = BTreeMap::new();
    for scenario in samples() {
        for event in scenario.oracle().events {
            *seen.entry(event).or_default() += 1;
        }
    }
    let wanted = KINDS.map(Event::Applied).into_iter().chain(SELECTIONS.map(Event::Competed));
    let rare: Vec<(Event, usize)> = wanted
        .chain(OTHERS)
        .map(|event| (event, seen.get(&event).copied().unwrap_or(0)))
        .filter(|(_, times)| *times < SCENARIOS / 100)
        .collect();
    assert!(rare.is_empty(), "too rare: {rare:?}; all: {seen:?}");
}

#[test]
fn scenarios_are_small_and_their_carts_accepted() {
    for scenario in samples() {
        let units: u32 = scenario.cart.lines().iter().map(|line| line.quantity).sum();
        assert!((1..=8).contains(&scenario.cart.lines().len()) && units <= 40);
        assert!((1..=6).contains(&scenario.rules.rules.len()));
    }
}

#[test]
fn no_bytes_and_few_bytes_make_a_scenario_too() {
    for length in 0..64 {
        let scenario = Scenario::from_bytes(&vec![0xff; length]);
        assert!(!scenario.cart.lines().is_empty());
    }
}

#[test]
fn what_must_not_matter_does_not_matter_to_the_oracle() {
    let mut splits = 0;
    for (seed, scenario) in (0..).zip(samples().take(500)) {
        let quote = scenario.oracle();
        assert_eq!(quote, scenario.lines_permuted(seed).oracle());
        assert_eq!(quote, scenario.rules_permuted(seed).oracle());
        let Some(split) = scenario.line_split(seed) else {
            continue;
        };
        splits += 1;
        let in_two = split.scenario.oracle();
        assert_eq!((quote.payable, quote.goods), (in_two.payable, in_two.goods), "{scenario:#?}");
        let rules = |quote: &OracleQuote| {
            let given = quote.rules.iter().map(|rule| (rule.rule.clone(), rule.asked, rule.granted));
            given.collect::<Vec<_>>()
        };
        assert_eq!(rules(&quote), rules(&in_two));
    }
    assert!(splits > 250, "{splits}");
}

#[test]
fn what_the_oracle_says_adds_up() {
    for scenario in samples() {
        let quote = scenario.oracle();
        let off: i128 = quote.rules.iter().map(|rule| rule.granted).sum();
        let fees_off = quote.shipping_list - quote.shipping;
        assert_eq!(quote.list - quote.goods + fees_off, off);
        for (line, of) in quote.lines.iter().zip(scenario.cart.lines()) {
            let floor = of.floor_price.map_or(0, |floor| i128::from(floor.minor()));
            assert!(line.payable <= line.list);
            assert!(line.payable >= floor * i128::from(of.quantity));
        }
        for rule in &quote.rules {
            let listed: i128 = rule.adjustments.iter().map(|adjustment| adjustment.granted).sum();
            assert_eq!(listed, rule.granted);
            assert!(rule.granted <= rule.asked);
            for adjustment in rule.adjustments.iter().filter(|by| !by.shares.is_empty()) {
                assert_eq!(adjustment.shares.values().sum::<i128>(), adjustment.granted);
            }
        }
    }
}

#[test]
fn no_rule_set_has_a_validation_error() {
    let mut errors: Vec<String> = samples()
        .map(|scenario| validate(&scenario.rules, &Limits::default()))
        .filter(Report::has_errors)
        .map(|report| report.to_string())
        .collect();
    errors.dedup();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn wallets_hold_what_makes_choosing_hard() {
    let mut random = Mt64::new(3);
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..SCENARIOS {
        let mut bytes = [0; 1_024];
        random.fill_bytes(&mut bytes);
        let scenario = Scenario::of_coupons(&bytes);
        let rules = &scenario.rules.rules;
        let coupons = rules.iter().filter(|rule| rule.coupon.is_some()).count();
        let running = |rule: &Rule| {
            let text = serde_json::to_string(&rule.condition).unwrap_or_default();
            text.contains("spend") && (text.contains("running") || runs(&scenario, rule))
        };
        let is_percent =
            |rule: &Rule| matches!(rule.benefit, Benefit::PercentOff(_)) && runs(&scenario, rule);
        let is_amount = |rule: &Rule| matches!(rule.benefit, Benefit::AmountOff(_)) && runs(&scenario, rule);
        let pays = |rule: &Rule| matches!(rule.benefit, Benefit::PointsRedeem(_) | Benefit::UseBalance(_));
        let facts = [
            ("exclusions", rules.iter().any(|rule| rule.stacking.excludes != Excludes::default())),
            ("groups", rules.iter().filter(|rule| rule.stacking.group.is_some()).count() > 1),
            ("thresholds on what is left", rules.iter().any(running)),
            ("caps", scenario.rules.caps != Caps::none() || rules.iter().any(|rule| rule.cap.is_some())),
            ("percent and amount as they run", rules.iter().any(is_percent) && rules.iter().any(is_amount)),
            ("several shops", scenario.cart.shops().len() > 1),
            ("ten coupons", coupons >= 10),
            ("a dozen coupons", coupons == 12),
            ("coupons held", !scenario.context.coupons.is_empty()),
            ("payments", rules.iter().any(|rule| pays(rule) && rule.coupon.is_none())),
            (
                "combinations",
                scenario.rules.stages.iter().any(|stage| stage.select == Select::BestCombination),
            ),
        ];
        for (fact, holds) in facts {
            *seen.entry(fact).or_default() += usize::from(holds);
        }
    }
    let rare: Vec<_> = seen.iter().filter(|(_, times)| **times < SCENARIOS / 100).collect();
    assert!(rare.is_empty(), "too rare: {rare:?}; all: {seen:?}");
}

fn runs(scenario: &Scenario, rule: &Rule) -> bool {
    let stage = scenario.rules.stages.iter().find(|stage| stage.id == rule.stage);
    stage.is_some_and(|stage| stage.select == Select::All && stage.basis == Basis::Running)
}
