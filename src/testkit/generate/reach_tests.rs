//! What the generator makes reaches the whole language, and every kind of line a quote can have.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::tests::{SCENARIOS, samples};
use super::*;
use crate::record::{CodeStatus, On, ResourceKind};
use crate::rules::{Basis, Per, QuotaId, Rule};
use crate::testkit::oracle::OracleAdjustment;

/// How often each of some facts is true of a scenario.
fn count<T: Ord>(facts: impl Fn(&Scenario, &OracleQuote) -> BTreeSet<T>) -> BTreeMap<T, usize> {
    let mut seen = BTreeMap::new();
    for scenario in samples() {
        for fact in facts(&scenario, &scenario.oracle()) {
            *seen.entry(fact).or_default() += 1;
        }
    }
    seen
}

fn applied<'s>(scenario: &'s Scenario, quote: &OracleQuote) -> Vec<&'s Rule> {
    let gave = |rule: &&Rule| quote.rules.iter().any(|of| of.rule == rule.id);
    scenario.rules.rules.iter().filter(gave).collect()
}

/// The keys of a document, and the words in their places: `key`, `key=word`, each also with the key it stands under.
fn words(value: &Value, under: &str, words: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                words.extend([key.clone(), format!("{under}.{key}")]);
                self::words(value, key, words);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| self::words(value, under, words)),
        Value::String(word) => drop(words.insert(format!("{under}={word}"))),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What a rule that applies was written with, in at least so many scenarios.
#[test]
fn rules_that_apply_use_every_word_of_the_language() {
    const LEAST: usize = 3;
    let seen = count(|scenario, quote| {
        let mut used = BTreeSet::new();
        for rule in applied(scenario, quote) {
            words(&serde_json::to_value(rule).unwrap(), "", &mut used);
        }
        used
    });
    let conditions = "condition.all condition.any condition.not window weekly spend distinct_skus contains segment level first_order order_number \
        birthday=month birthday=day channel region payment_method shipping_method currency code group_size experiment \
        attribute condition.quantity within=order within=any_line spend.with_shipping";
    let selectors = "skus categories tags shops attributes target.unit_price on_sale untouched_since gift_cards target.any target.except \
        base=list base=entry base=running base=stage:one";
    let benefits = "of=reference each=unit each=once limit.cheapest limit.dearest percent_off.with_shipping \
        amount_off.with_shipping qualifier step.spend step.quantity times=uncapped times pick=dearest pick=cheapest \
        order=dearest take=each_group position units_max nth_unit.off off.percent off.amount off.price off.unit_price \
        tiers partial off.free off.amount_each methods shipping.shops choose options every";
    let rules = "per=shop per=line rank coupon cap reuse funding rounding mode=down mode=half_even mode=half_down \
        rounding.per stacking.group excludes.rules excludes.tags excludes.stages exclusive=lines exclusive=lines_in_stage \
        exclusive=stage exclusive=order limits.uses limits.uses_per_customer limits.units limits.units_per_customer \
        limits.units_per_order limits.budget short=refuse";
    let times = |word: &str| seen.get(word).copied().unwrap_or(0);
    let rare: Vec<(&str, usize)> = [conditions, selectors, benefits, rules]
        .into_iter()
        .flat_map(str::split_whitespace)
        .map(|word| (word, times(word)))
        .filter(|(_, times)| *times < LEAST)
        .collect();
    assert!(rare.is_empty(), "too rare: {rare:?}");
}

/// Something a quote can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shown {
    RulesOfTwoStages,
    TwoRulesOnOneLine,
    SeveralShops,
    RulePerShop,
    RulePerLine,
    RunningBasis,
    ShippingOff,
    GoodsAndShippingByOneRule,
    TwoTaxClasses,
    SharesWithALeftover,
    GiftCard,
    UntouchedLine,
    Given,
    Taken,
    Offered,
    CodeApplied,
    CodeWithoutEffect,
    CodeRepeated,
    CodeUnknown,
    /// Two rules drew on one quota.
    SharedQuota,
    /// A rule that draws on a quota ran short of units.
    QuotaShort,
    Claimed(ResourceKind),
}

fn shown(scenario: &Scenario, quote: &OracleQuote) -> BTreeSet<Shown> {
    let rules = applied(scenario, quote);
    let basis = |rule: &Rule| {
        scenario.rules.stages.iter().find(|stage| stage.id == rule.stage).map(|stage| stage.basis)
    };
    let lines = scenario.cart.lines();
    let classes: BTreeSet<_> = lines.iter().map(|line| line.tax_class.clone()).collect();
    let stages: BTreeSet<_> = quote.rules.iter().map(|rule| &rule.stage).collect();
    let adjusted: Vec<_> = quote.rules.iter().flat_map(|rule| &rule.adjustments).collect();
    let twice = |on: On| adjusted.iter().filter(|by| by.on == on).count() > 1;
    let both = quote.rules.iter().any(|rule| {
        let is_line = |by: &OracleAdjustment| matches!(by.on, On::Line(_));
        rule.adjustments.iter().any(is_line) && !rule.adjustments.iter().all(is_line)
    });
    let drawing = |id: &QuotaId| rules.iter().filter(|rule| rule.quotas.contains(id)).count();
    let short = |rule: &&&Rule| quote.rules.iter().any(|of| of.rule == rule.id && of.short > 0);
    let uneven = adjusted.iter().any(|by| by.shares.len() > 1 && by.granted % 2 == 1);
    let mut shown: BTreeSet<Shown> =
        quote.claims.iter().map(|claim| Shown::Claimed(claim.resource.kind())).collect();
    let facts = [
        (Shown::RulesOfTwoStages, stages.len() > 1),
        (Shown::TwoRulesOnOneLine, adjusted.iter().any(|by| matches!(by.on, On::Line(_)) && twice(by.on))),
        (Shown::SeveralShops, scenario.cart.shops().len() > 1),
        (Shown::RulePerShop, rules.iter().any(|rule| rule.per == Per::Shop)),
        (Shown::RulePerLine, rules.iter().any(|rule| rule.per == Per::Line)),
        (Shown::RunningBasis, rules.iter().any(|rule| basis(rule) == Some(Basis::Running))),
        (Shown::ShippingOff, quote.shipping < quote.shipping_list),
        (Shown::GoodsAndShippingByOneRule, both),
        (Shown::TwoTaxClasses, classes.len() > 1),
        (Shown::SharesWithALeftover, uneven),
        (Shown::GiftCard, lines.iter().any(|line| line.gift_card)),
        (Shown::UntouchedLine, lines.iter().any(|line| line.no_discount)),
        (Shown::SharedQuota, scenario.rules.quotas.iter().any(|quota| drawing(&quota.id) > 1)),
        (Shown::QuotaShort, rules.iter().filter(short).any(|rule| !rule.quotas.is_empty())),
        (Shown::Given, quote.gifts.iter().any(|gift| gift.status == "given")),
        (Shown::Taken, quote.gifts.iter().any(|gift| gift.status == "taken")),
        (Shown::Offered, quote.gifts.iter().any(|gift| gift.status == "offered")),
        (Shown::CodeApplied, quote.codes.iter().any(|code| code.status == CodeStatus::Applied)),
        (Shown::CodeWithoutEffect, quote.codes.iter().any(|code| code.status == CodeStatus::NoEffect)),
        (Shown::CodeRepeated, quote.codes.iter().any(|code| code.status == CodeStatus::Repeated)),
        (Shown::CodeUnknown, quote.codes.iter().any(|code| code.status == CodeStatus::Unknown)),
    ];
    shown.extend(facts.into_iter().filter(|(_, holds)| *holds).map(|(fact, _)| fact));
    shown
}

#[test]
fn quotes_show_everything_they_can_show() {
    let seen = count(shown);
    let mut wanted = vec![
        Shown::RulesOfTwoStages,
        Shown::TwoRulesOnOneLine,
        Shown::SeveralShops,
        Shown::RulePerShop,
        Shown::RulePerLine,
        Shown::RunningBasis,
        Shown::ShippingOff,
        Shown::GoodsAndShippingByOneRule,
        Shown::TwoTaxClasses,
        Shown::SharesWithALeftover,
        Shown::GiftCard,
        Shown::UntouchedLine,
        Shown::Given,
        Shown::Taken,
        Shown::Offered,
        Shown::CodeApplied,
        Shown::CodeWithoutEffect,
        Shown::CodeRepeated,
        Shown::CodeUnknown,
        Shown::SharedQuota,
        Shown::QuotaShort,
    ];
    let limits = [
        ResourceKind::Uses,
        ResourceKind::CustomerUses,
        ResourceKind::Units,
        ResourceKind::CustomerUnits,
        ResourceKind::Budget,
    ];
    wanted.extend(limits.map(Shown::Claimed));
    let times = |fact: &Shown| seen.get(fact).copied().unwrap_or(0);
    let rare: Vec<(Shown, usize)> = wanted
        .iter()
        .map(|fact| (*fact, times(fact)))
        .filter(|(_, times)| *times < SCENARIOS / 200)
        .collect();
    assert!(rare.is_empty(), "too rare: {rare:?}; all: {seen:?}");
}
