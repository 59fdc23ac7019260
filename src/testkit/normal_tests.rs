//! The one form that the rule language has for conditions, against all that is generated.

use super::Scenario;
use crate::rules::{Condition, RuleSet};

#[test]
fn conditions_in_their_one_form_price_as_they_were_written() {
    let mut changed = 0;
    for seed in 0..400_u64 {
        let bytes: Vec<u8> = (0..40_u64)
            .flat_map(|at| {
                crate::record::Fingerprint::of(&(seed * 64 + at).to_le_bytes()).bytes()[..12].to_vec()
            })
            .collect();
        let Scenario { rules, cart, context, usage, .. } = Scenario::from_bytes(&bytes);
        let mut normal = rules.clone();
        for rule in &mut normal.rules {
            // Written the other way round and negated twice, so that there is something to put right.
            let turned = rule.condition.clone().map(|condition| {
                Condition::Not(Box::new(Condition::Any(vec![Condition::Not(Box::new(condition))])))
            });
            changed += usize::from(turned.as_ref().is_some_and(|turned| turned.normal() != *turned));
            assert_eq!(
                turned.as_ref().map(Condition::normal),
                rule.condition.as_ref().map(Condition::normal)
            );
            rule.condition = turned.map(|turned| turned.normal());
        }
        let price = |rules: &RuleSet| {
            let plan = crate::compile(rules).unwrap();
            let quote =
                plan.price(&mut crate::evaluate::Scratch::default(), &cart, &context, &usage).unwrap();
            (quote.totals, quote.rules, quote.adjustments, quote.claims)
        };
        assert_eq!(price(&rules), price(&normal), "seed {seed}");
    }
    assert!(changed > 400, "{changed}");
}
