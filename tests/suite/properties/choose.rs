//! C1: the choice equals brute force over all subsets, and what follows from it.

use dealproof::choose::{Choice, ChooseError, Chooser, Chosen, Coupon, Mode, Proof, Terms, Why};
use dealproof::compile;
use dealproof::compile::Plan;
use dealproof::evaluate::Scratch;
use dealproof::record::CodeStatus;
use dealproof::rules::RuleId;
use dealproof::shop::Context;
use dealproof::testkit::brute::{self, Priced};
use dealproof::testkit::{Scenario, coupon_scenarios, oracle};
use proptest::prelude::*;

use super::config_of;

/// Instances of C1 in a normal run.
const CASES: u32 = 2_000;
/// Instances of what follows from it.
const MORE: u32 = 1_000;
/// Instances where the oracle, which is slow, prices every subset.
const SLOW: u32 = 300;

fn plan(scenario: &Scenario) -> Plan {
    compile(&scenario.rules).expect("valid by construction")
}

fn choose(plan: &Plan, scenario: &Scenario, context: &Context, terms: Terms) -> Choice {
    let Scenario { cart, usage, .. } = scenario;
    plan.choose(&mut Chooser::default(), cart, context, usage, &terms).expect("scenarios are small")
}

fn best(plan: &Plan, scenario: &Scenario) -> Choice {
    choose(plan, scenario, &scenario.context, Terms::default())
}

fn price(plan: &Plan, scratch: &mut Scratch, scenario: &Scenario, context: &Context) -> Option<Priced> {
    let Scenario { cart, usage, .. } = scenario;
    let quote = plan.price(scratch, cart, context, usage).ok()?;
    Some(Priced {
        payable: quote.totals.payable.minor(),
        applied: quote.rules.iter().map(|rule| rule.rule.to_string()).collect(),
        codes: quote.codes.iter().map(|code| code.status).collect(),
    })
}

/// Brute force by plain pricing.
fn brute(plan: &Plan, scenario: &Scenario, most: u32) -> Option<brute::Best> {
    let mut scratch = Scratch::default();
    brute::best(&scenario.rules, &scenario.context, most, |context| {
        price(plan, &mut scratch, scenario, context)
    })
}

proptest! {
    #![proptest_config(config_of(CASES))]

    #[test]
    fn c1_the_choice_equals_brute_force_over_all_subsets(scenario in coupon_scenarios()) {
        let plan = plan(&scenario);
        let choice = best(&plan, &scenario);
        let brute = brute(&plan, &scenario, u32::MAX).expect("no coupon at all can be priced");
        prop_assert_eq!(choice.proof, Proof::Optimal);
        prop_assert_eq!((choice.quote.totals.payable.minor(), choice.chosen), (brute.payable, brute.coupons));
    }
}

proptest! {
    #![proptest_config(config_of(SLOW))]

    #[test]
    fn c1_the_choice_equals_brute_force_by_the_oracle(mut scenario in coupon_scenarios()) {
        // The oracle is slow, so it tries the subsets of few.
        scenario.context.codes.truncate(4);
        scenario.context.coupons.truncate(1);
        let Scenario { rules, cart, context, usage } = &scenario;
        let brute = brute::best(rules, context, u32::MAX, |context| {
            let answer = oracle::price(rules, cart, context, usage);
            Some(Priced {
                payable: i64::try_from(answer.payable).ok()?,
                applied: answer.rules.iter().map(|rule| rule.rule.to_string()).collect(),
                codes: answer.codes.iter().map(|code| code.status).collect(),
            })
        });
        let brute = brute.expect("the oracle prices everything");
        let choice = best(&plan(&scenario), &scenario);
        prop_assert_eq!(choice.proof, Proof::Optimal);
        prop_assert_eq!((choice.quote.totals.payable.minor(), choice.chosen), (brute.payable, brute.coupons));
    }

}

proptest! {
    #![proptest_config(config_of(MORE))]

    #[test]
    fn c1_at_most_so_many_equals_brute_force_over_small_sets(scenario in coupon_scenarios(), most in 0_u32..4) {
        let plan = plan(&scenario);
        let choice = choose(&plan, &scenario, &scenario.context, Terms::default().mode(Mode::AtMost(most)));
        let brute = brute(&plan, &scenario, most).expect("no coupon at all can be priced");
        prop_assert_eq!(choice.proof, Proof::Optimal);
        prop_assert_eq!((choice.quote.totals.payable.minor(), choice.chosen), (brute.payable, brute.coupons));
    }

    #[test]
    fn c1_the_gap_is_never_smaller_than_the_true_gap(scenario in coupon_scenarios(), nodes in 0_u64..12) {
        let plan = plan(&scenario);
        let best = best(&plan, &scenario);
        prop_assert_eq!(best.proof, Proof::Optimal);
        let optimal = best.quote.totals.payable.minor();
        let choice = choose(&plan, &scenario, &scenario.context, Terms::default().nodes(nodes));
        let payable = choice.quote.totals.payable.minor();
        match choice.proof {
            Proof::Optimal => prop_assert_eq!(payable, optimal),
            Proof::Bounded { gap } => prop_assert!(payable - optimal <= gap.minor(), "{gap:?}"),
            other => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn c1_the_chosen_set_is_admissible_and_prices_the_same_again(scenario in coupon_scenarios()) {
        let plan = plan(&scenario);
        let choice = best(&plan, &scenario);
        let Scenario { cart, usage, .. } = &scenario;
        let again = plan.price(&mut Scratch::default(), cart, &choice.context, usage).expect("it was priced before");
        prop_assert_eq!(&again, &choice.quote);
        for chosen in &choice.chosen {
            let Some(rule) = &chosen.rule else {
                // Some rule asks for it; that of its own is out of the way. The status of codes says that one applied.
                prop_assert!(matches!(&chosen.coupon, Coupon::Code(_)), "{chosen:?}");
                continue;
            };
            let total = choice.quote.rules.iter().find(|total| total.rule == *rule).expect("it applied");
            let quote = &choice.quote;
            let is_its_own = |at: u32| quote.rules[at as usize].rule == *rule;
            let gives = quote.gifts.iter().any(|gift| gift.rule == *rule)
                || quote.points.iter().any(|points| is_its_own(points.rule))
                || quote.grants.iter().any(|grant| is_its_own(grant.rule));
            prop_assert!(total.granted.minor() > 0 || gives, "{rule} grants nothing");
        }
        prop_assert!(choice.quote.codes.iter().all(|code| code.status == CodeStatus::Applied));
    }

    #[test]
    fn c1_removing_any_chosen_coupon_never_lowers_the_payable(scenario in coupon_scenarios()) {
        let plan = plan(&scenario);
        let choice = best(&plan, &scenario);
        prop_assert_eq!(choice.proof, Proof::Optimal);
        let chosen = &choice.chosen;
        for removed in chosen {
            let rest: Vec<Chosen> = chosen.iter().filter(|coupon| *coupon != removed).cloned().collect();
            let fewer = brute::with(&scenario.rules, &scenario.context, &rest);
            let priced = price(&plan, &mut Scratch::default(), &scenario, &fewer).expect("scenarios are small");
            prop_assert!(priced.payable >= choice.quote.totals.payable.minor(), "without {removed:?}");
        }
    }

    #[test]
    fn c1_no_code_that_applies_when_entered_plainly_beats_the_choice(scenario in coupon_scenarios()) {
        let plan = plan(&scenario);
        let choice = best(&plan, &scenario);
        prop_assert_eq!(choice.proof, Proof::Optimal);
        for code in &scenario.context.codes {
            let mut plain = scenario.context.clone();
            plain.codes = vec![code.clone()];
            plain.coupons.clear();
            let priced = price(&plan, &mut Scratch::default(), &scenario, &plain).expect("scenarios are small");
            if priced.codes == [CodeStatus::Applied] {
                prop_assert!(priced.payable >= choice.quote.totals.payable.minor(), "{code:?}");
            }
        }
    }

    #[test]
    fn c1_adding_a_coupon_to_the_wallet_never_raises_the_payable(scenario in coupon_scenarios(), at in 0_usize..16) {
        let plan = plan(&scenario);
        let mut fewer = scenario.context.clone();
        let at = at % (fewer.codes.len() + fewer.coupons.len());
        match at.checked_sub(fewer.codes.len()) {
            None => drop(fewer.codes.remove(at)),
            Some(at) => drop(fewer.coupons.remove(at)),
        }
        let (with, without) = (best(&plan, &scenario), choose(&plan, &scenario, &fewer, Terms::default()));
        prop_assert_eq!((with.proof, without.proof), (Proof::Optimal, Proof::Optimal));
        prop_assert!(with.quote.totals.payable <= without.quote.totals.payable);
    }

    #[test]
    fn c1_permuting_coupons_changes_nothing(scenario in coupon_scenarios(), turn in 1_usize..12) {
        let plan = plan(&scenario);
        let mut turned = scenario.context.clone();
        let (codes, held) = (turned.codes.len().max(1), turned.coupons.len().max(1));
        turned.codes.rotate_left(turn % codes);
        turned.codes.reverse();
        turned.coupons.rotate_left(turn % held);
        turned.coupons.reverse();
        let (one, other) = (best(&plan, &scenario), choose(&plan, &scenario, &turned, Terms::default()));
        prop_assert_eq!((&one.quote, &one.chosen, one.nodes), (&other.quote, &other.chosen, other.nodes));
    }

    #[test]
    fn c1_exactly_what_was_given_is_used_or_refused_with_reasons(scenario in coupon_scenarios(), at in 0_usize..12) {
        let plan = plan(&scenario);
        let Scenario { rules, cart, context, usage } = &scenario;
        let mut given = context.clone();
        given.codes.rotate_left(at % context.codes.len().max(1));
        given.codes.truncate(2);
        given.coupons.clear();
        let terms = Terms::default().mode(Mode::Exactly);
        let mut all = brute::offered(rules, &given);
        all.retain(|one| matches!(one.coupon, Coupon::Code(_)));
        let ways = all.len();
        all.retain(|one| one.rule.is_some());
        let priced = |all: &[Chosen]| {
            let all = brute::with_coupons(rules, context, all);
            price(&plan, &mut Scratch::default(), &scenario, &all).expect("scenarios are small")
        };
        let all = priced(&all);
        match plan.choose(&mut Chooser::default(), cart, &given, usage, &terms) {
            Ok(choice) => {
                let chosen = priced(&choice.chosen);
                prop_assert_eq!(choice.quote.totals.payable.minor(), chosen.payable);
                prop_assert_eq!(choice.chosen.len(), given.codes.len());
                prop_assert!(chosen.codes.iter().all(|status| *status == CodeStatus::Applied));
                for rule in choice.chosen.iter().filter_map(|chosen| chosen.rule.as_ref()) {
                    prop_assert!(chosen.applied.iter().any(|id| id == rule.as_str()), "{rule} gives nothing");
                }
            }
            Err(ChooseError::NotTogether { refused }) => {
                prop_assert!(!refused.is_empty());
                for refused in refused {
                    prop_assert!(matches!(refused.why, Why::GivesNothing(_)));
                    // Where a code could be used for conditions alone, that was tried, too.
                    let applied = |rule: &RuleId| all.applied.iter().any(|id| id == rule.as_str());
                    let is_refused = refused.rule.as_ref().is_some_and(|rule| !applied(rule));
                    prop_assert!(is_refused || ways > given.codes.len(), "{refused:?}");
                }
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    #[test]
    fn c1_a_used_chooser_chooses_like_a_new_one(
        first in coupon_scenarios(), second in coupon_scenarios(), nodes in 0_u64..40,
    ) {
        let mut chooser = Chooser::default();
        for (scenario, terms) in [(&first, Terms::default().nodes(nodes)), (&second, Terms::default())] {
            let plan = plan(scenario);
            let Scenario { cart, context, usage, .. } = scenario;
            let used = plan.choose(&mut chooser, cart, context, usage, &terms).expect("scenarios are small");
            prop_assert_eq!(used, choose(&plan, scenario, context, terms));
        }
    }

    #[test]
    fn c1_explaining_changes_no_choice_whatever_the_budget(scenario in coupon_scenarios(), nodes in 0_u64..40) {
        let plan = plan(&scenario);
        let Scenario { cart, context, usage, .. } = &scenario;
        let terms = Terms::default().nodes(nodes);
        let explained = plan.choose_explained(&mut Chooser::default(), cart, context, usage, &terms);
        let explained = explained.expect("scenarios are small");
        if let Some(second) = &explained.runner_up {
            prop_assert!(second.payable >= explained.choice.quote.totals.payable);
            prop_assert_ne!(&second.coupons, &explained.choice.chosen);
        }
        prop_assert_eq!(explained.choice, choose(&plan, &scenario, context, terms));
    }

    #[test]
    fn c1_explaining_changes_no_choice_and_answers_for_every_coupon(scenario in coupon_scenarios()) {
        let plan = plan(&scenario);
        let Scenario { cart, context, usage, .. } = &scenario;
        let choice = best(&plan, &scenario);
        let explained = plan.choose_explained(&mut Chooser::default(), cart, context, usage, &Terms::default());
        let explained = explained.expect("scenarios are small");
        prop_assert_eq!(&explained.choice, &choice);
        let lost = explained.lost.iter().map(|lost| &lost.coupon);
        let answered = lost.chain(choice.chosen.iter().map(|chosen| &chosen.coupon));
        let given = answered.filter(|coupon| !matches!(coupon, Coupon::Payment(_))).count();
        prop_assert_eq!(given, context.codes.len() + context.coupons.len());
        let beaten_by = explained.lost.iter().flat_map(|lost| &lost.beaten_by);
        prop_assert!(beaten_by.clone().all(|chosen| choice.chosen.contains(chosen)));
        for lost in &explained.lost {
            match &lost.why {
                Why::Excluded { by } => {
                    prop_assert!(by.iter().all(|by| choice.chosen.iter().any(|own| own.rule.as_ref() == Some(by))));
                }
                Why::SavesNothing { payable } => prop_assert!(*payable >= choice.quote.totals.payable),
                Why::GivesNothing(_) => {}
                Why::Repeated => prop_assert!(!matches!(lost.coupon, Coupon::Payment(_))),
                Why::Unusable(_) => prop_assert!(matches!(lost.coupon, Coupon::Wallet(_))),
                other => prop_assert!(false, "{other:?}"),
            }
        }
        if let Some(second) = &explained.runner_up {
            prop_assert!(second.payable >= choice.quote.totals.payable);
        }
    }
}
