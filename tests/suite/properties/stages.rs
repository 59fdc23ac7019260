//! C2: stages that combine rules or share out units save what trying everything finds.

use dealproof::compile;
use dealproof::evaluate::Scratch;
use dealproof::record::Quote;
use dealproof::rules::{RuleSet, Select};
use dealproof::testkit::{Scenario, offer_scenarios, oracle, scenarios};
use proptest::prelude::*;

use super::config_of;

fn priced(scenario: &Scenario, rules: &RuleSet) -> Quote {
    let Scenario { cart, context, usage, .. } = scenario;
    let plan = compile(rules).expect("valid by construction");
    plan.price(&mut Scratch::default(), cart, context, usage).expect("scenarios are small")
}

/// The same rules under another selection wherever they combine or share out.
fn selecting(rules: &RuleSet, select: Select) -> RuleSet {
    let mut rules = rules.clone();
    for stage in &mut rules.stages {
        if matches!(stage.select, Select::BestCombination | Select::BestAssignment) {
            stage.select = select;
        }
    }
    rules
}

proptest! {
    #![proptest_config(config_of(1_000))]

    #[test]
    fn c2_sharing_out_units_equals_trying_every_way(mut scenario in offer_scenarios()) {
        let quote = priced(&scenario, &scenario.rules);
        if quote.unproven.is_empty() {
            let Scenario { rules, cart, context, usage } = &scenario;
            let answer = oracle::price(rules, cart, context, usage);
            prop_assert_eq!(oracle::compare(&answer, &quote), Ok(()));
            return Ok(());
        }
        // The budget ran out. What comes behind may turn the difference round, so the stage is looked at alone.
        scenario.rules.rules.retain(|rule| rule.stage.as_str() == "two");
        let Scenario { rules, cart, context, usage } = &scenario;
        let quote = priced(&scenario, rules);
        let gap = quote.unproven.iter().map(|stage| i128::from(stage.gap.minor())).sum::<i128>();
        let best = oracle::price(rules, cart, context, usage).payable;
        let found = i128::from(quote.totals.payable.minor());
        prop_assert!(best <= found && found <= best + gap, "{} is {} off at most, and {} is had", found, gap, best);
    }
}

proptest! {
    #![proptest_config(config_of(1_000))]

    #[test]
    fn c2_sharing_out_units_never_saves_less_than_rank_order(scenario in offer_scenarios()) {
        // What comes behind may well give less on a smaller rest, so the stage is looked at alone.
        let mut alone = scenario.rules.clone();
        alone.rules.retain(|rule| rule.stage.as_str() == "two");
        for rule in &mut alone.rules {
            rule.stacking = dealproof::rules::Stacking::free();
        }
        let payable = |rules: &RuleSet| priced(&scenario, rules).totals.payable;
        prop_assert!(payable(&alone) <= payable(&selecting(&alone, Select::All)));
    }

    #[test]
    fn c2_combining_rules_equals_trying_every_set(mut scenario in scenarios()) {
        for stage in &mut scenario.rules.stages {
            if matches!(stage.select, Select::Best | Select::BestPerLine) {
                stage.select = Select::BestCombination;
            }
        }
        let Scenario { rules, cart, context, usage } = &scenario;
        let quote = priced(&scenario, rules);
        prop_assert!(quote.unproven.is_empty(), "{:?}", quote.unproven);
        prop_assert_eq!(oracle::compare(&oracle::price(rules, cart, context, usage), &quote), Ok(()));
    }

    #[test]
    fn c2_the_best_combination_never_saves_less_than_the_best_rule(mut scenario in scenarios()) {
        let stage = scenario.rules.stages[0].id.clone();
        scenario.rules.rules.retain(|rule| rule.stage == stage);
        // What may stand in the others may not stand in these two.
        let combines = matches!(scenario.rules.stages[0].select, Select::Best | Select::BestPerLine | Select::BestCombination);
        if !combines {
            scenario.rules.rules.clear();
        }
        scenario.rules.stages[0].select = Select::Best;
        scenario.rules.stages[0].basis = dealproof::rules::Basis::Entry;
        for rule in &mut scenario.rules.rules {
            rule.stacking = dealproof::rules::Stacking::free();
        }
        let mut combined = scenario.rules.clone();
        combined.stages[0].select = Select::BestCombination;
        combined.stages[0].max_rules = None;
        let payable = |rules: &RuleSet| priced(&scenario, rules).totals.payable;
        prop_assert!(payable(&combined) <= payable(&scenario.rules));
    }
}
