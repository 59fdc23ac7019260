//! E3, E5, E6, E7: the same answer whatever path leads to it, and the answer of the oracle.

use dealproof::bounds::Limits;
use dealproof::compile;
use dealproof::evaluate::Scratch;
use dealproof::load;
use dealproof::record::{Quote, Trace};
use dealproof::testkit::{Scenario, oracle, scenarios};
use proptest::prelude::*;

use super::{config, explained, plan, priced, priced_by, text};

/// What a host does that keeps nothing but documents: reads, compiles, prices, writes.
fn from_documents(rules: &str, checkout: &str) -> (String, String) {
    let limits = Limits::default();
    let plan = compile(&load::rules(rules, &limits).unwrap()).unwrap();
    let order = load::checkout(checkout, &limits).unwrap();
    let quote = plan.price(&mut Scratch::default(), &order.cart, &order.context, &order.usage).unwrap();
    (text(&quote), quote.digest().to_string())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn e3_the_same_documents_give_the_same_bytes_and_digest(scenario in scenarios()) {
        let (rules, checkout) = (text(&scenario.rules), text(&scenario.checkout()));
        let first = from_documents(&rules, &checkout);
        prop_assert_eq!(&first, &from_documents(&rules, &checkout));
        let built = priced(&scenario);
        prop_assert_eq!(first, (text(&built), built.digest().to_string()));
    }

    #[test]
    fn e5_one_scratch_and_quote_for_all_plans_and_carts_equal_fresh_ones(
        scenarios in prop::collection::vec(scenarios(), 2..4),
    ) {
        let (mut scratch, mut quote, mut trace) = (Scratch::default(), Quote::new(), Trace::default());
        for scenario in scenarios.iter().chain(&scenarios) {
            let plan = plan(scenario);
            let Scenario { cart, context, usage, .. } = scenario;
            let fresh = priced_by(&plan, scenario);
            prop_assert_eq!(&plan.price(&mut scratch, cart, context, usage).unwrap(), &fresh);
            plan.price_into(&mut scratch, cart, context, usage, &mut quote).unwrap();
            prop_assert_eq!(&quote, &fresh);

            plan.price_explained(&mut scratch, cart, context, usage, &mut quote, &mut trace).unwrap();
            let (explained, why) = explained(&plan, scenario);
            prop_assert_eq!((&quote, &trace), (&explained, &why));
        }
    }

    #[test]
    fn e5_near_misses_leave_nothing_in_the_buffers_and_need_none(first in scenarios(), second in scenarios()) {
        let mut scratch = Scratch::default();
        let Scenario { cart, context, usage, .. } = &first;
        plan(&first).near_misses(&mut scratch, cart, context, usage).unwrap();
        let Scenario { cart, context, usage, .. } = &second;
        let plan = plan(&second);
        let near = plan.near_misses(&mut scratch, cart, context, usage).unwrap();
        prop_assert_eq!(near, plan.near_misses(&mut Scratch::default(), cart, context, usage).unwrap());
        prop_assert_eq!(plan.price(&mut scratch, cart, context, usage).unwrap(), priced_by(&plan, &second));
    }

    /// A quote that was refused leaves nothing behind for the next one either.
    #[test]
    fn e5_a_refusal_leaves_nothing_in_the_buffers(first in scenarios(), second in scenarios()) {
        let (mut scratch, mut quote) = (Scratch::default(), Quote::new());
        let Scenario { cart, context, usage, .. } = &first;
        // More codes than can be entered.
        let flood = (0..=dealproof::bounds::CEILINGS.codes).fold(context.clone(), |context, code| {
            context.code(code.to_string())
        });
        plan(&first).price_into(&mut scratch, cart, &flood, usage, &mut quote).unwrap_err();
        let Scenario { cart, context, usage, .. } = &second;
        plan(&second).price_into(&mut scratch, cart, context, usage, &mut quote).unwrap();
        prop_assert_eq!(quote, priced(&second));
    }

    #[test]
    fn e6_a_quote_is_what_the_oracle_says_with_the_index(scenario in scenarios()) {
        let quote = priced(&scenario);
        let verdict = oracle::compare(&scenario.oracle(), &quote);
        prop_assert_eq!(verdict, Ok(()), "{}\n{}", text(&scenario.rules), text(&scenario.checkout()));
    }

    #[test]
    fn e6_a_quote_is_what_the_oracle_says_without_the_index(scenario in scenarios()) {
        let (quote, _) = explained(&plan(&scenario), &scenario);
        let verdict = oracle::compare(&scenario.oracle(), &quote);
        prop_assert_eq!(verdict, Ok(()), "{}\n{}", text(&scenario.rules), text(&scenario.checkout()));
    }

    #[test]
    fn e7_a_trace_moves_no_price(scenario in scenarios()) {
        let plan = plan(&scenario);
        let untraced = priced_by(&plan, &scenario);
        let Scenario { cart, context, usage, .. } = &scenario;
        let (mut scratch, mut quote, mut trace) = (Scratch::default(), Quote::new(), Trace::default());
        plan.price_traced(&mut scratch, cart, context, usage, &mut quote, &mut trace).unwrap();
        prop_assert_eq!(&quote, &untraced);
        // Every rule of the quote has its reason in the trace, which is what makes it one.
        for rule in &untraced.rules {
            prop_assert!(trace.entries.iter().any(|entry| entry.rule == rule.rule), "{}", rule.rule);
        }
        let (explained, all) = explained(&plan, &scenario);
        prop_assert_eq!(&explained, &untraced);
        prop_assert_eq!(all.entries.len(), scenario.rules.rules.len());
    }
}
