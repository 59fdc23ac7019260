//! E4: the order in which lines, charges, rules and codes are given moves nothing, and neither does a line in two.

use std::collections::BTreeMap;

use dealproof::money::Money;
use dealproof::record::{On, Quote};
use dealproof::rules::RuleId;
use dealproof::shop::{Bearer, LineId};
use dealproof::testkit::scenarios;
use proptest::prelude::*;
use proptest::sample::Index;

use super::{config, explained, plan, priced, text};

/// What every line costs, by id.
fn payables(quote: &Quote) -> BTreeMap<LineId, Money> {
    quote.lines.iter().map(|line| (line.line.clone(), line.payable)).collect()
}

/// What every rule takes off every line, by ids; charges under no line.
fn grants(quote: &Quote) -> BTreeMap<(String, Option<LineId>), i64> {
    let mut grants = BTreeMap::new();
    for by in &quote.adjustments {
        let rule = quote.rules[by.rule as usize].rule.to_string();
        let line = match by.on {
            On::Line(line) => Some(quote.lines[line as usize].line.clone()),
            On::Charge(_) => None,
        };
        *grants.entry((rule, line)).or_default() += by.granted.minor();
    }
    grants
}

/// What each bearer pays of each rule.
fn funded(quote: &Quote) -> BTreeMap<(RuleId, Bearer), i64> {
    let mut funded = BTreeMap::new();
    for share in &quote.shares {
        let rule = quote.adjustments[share.adjustment as usize].rule as usize;
        let bearer = quote.bearers[share.bearer as usize].clone();
        *funded.entry((quote.rules[rule].rule.clone(), bearer)).or_default() += share.amount.minor();
    }
    funded
}

/// Adds what the second line has to what the first has.
fn join<K: Ord, V: Copy>(map: &mut BTreeMap<K, V>, first: K, second: &K, add: fn(V, V) -> V) {
    if let Some(more) = map.remove(second) {
        map.entry(first).and_modify(|value| *value = add(*value, more)).or_insert(more);
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn e4_permuting_lines_and_charges_moves_no_byte(scenario in scenarios(), seed in any::<u64>()) {
        let (quote, permuted) = (priced(&scenario), priced(&scenario.lines_permuted(seed)));
        prop_assert_eq!(text(&quote), text(&permuted));
    }

    #[test]
    fn e4_permuting_rules_moves_no_byte_of_quote_fingerprint_or_trace(scenario in scenarios(), seed in any::<u64>()) {
        let permuted = scenario.rules_permuted(seed);
        let (plan, other) = (plan(&scenario), plan(&permuted));
        prop_assert_eq!(plan.fingerprint(), other.fingerprint());
        let ((quote, trace), (other, why)) = (explained(&plan, &scenario), explained(&other, &permuted));
        prop_assert_eq!(text(&quote), text(&other));
        prop_assert_eq!(trace, why);
    }

    #[test]
    fn e4_permuting_and_repeating_codes_moves_no_byte(
        scenario in scenarios(),
        order in prop::collection::vec(any::<Index>(), 0..6),
    ) {
        let codes = scenario.context.codes.clone();
        // Codes nobody has, and one that folds like a rule's.
        let mut with_more = scenario.clone();
        with_more.context = with_more.context.code("nobody's").code("save-0").code(" SAVE0");
        let mut permuted = with_more.clone();
        for at in order {
            let from = at.index(permuted.context.codes.len());
            let code = permuted.context.codes.remove(from);
            permuted.context.codes.push(code);
        }
        prop_assert_eq!(permuted.context.codes.len(), codes.len() + 3);
        prop_assert_eq!(text(&priced(&with_more)), text(&priced(&permuted)));
    }

    #[test]
    fn e4_a_line_in_two_moves_no_cent(scenario in scenarios(), seed in any::<u64>()) {
        let Some(split) = scenario.line_split(seed) else {
            // Carts of single pieces have nothing to split.
            prop_assert!(scenario.cart.lines().iter().all(|line| line.quantity == 1));
            return Ok(());
        };
        let (whole, in_two) = (priced(&scenario), priced(&split.scenario));
        prop_assert_eq!(&whole.totals, &in_two.totals);
        prop_assert_eq!(&whole.rules, &in_two.rules);
        prop_assert_eq!(&whole.charges, &in_two.charges);
        prop_assert_eq!(&whole.gifts, &in_two.gifts);
        prop_assert_eq!(&whole.codes, &in_two.codes);
        prop_assert_eq!(&whole.claims, &in_two.claims);
        prop_assert_eq!(funded(&whole), funded(&in_two));

        // The two lines together cost and get what the one did, and every other line what it did before.
        let (before, mut after) = (payables(&whole), payables(&in_two));
        join(&mut after, split.line.clone(), &split.other, |a, b| Money::from_minor(a.minor() + b.minor()));
        prop_assert_eq!(before, after);
        let (before, mut after) = (grants(&whole), grants(&in_two));
        for rule in &whole.rules {
            let of = |line: &LineId| (rule.rule.to_string(), Some(line.clone()));
            join(&mut after, of(&split.line), &of(&split.other), |a, b| a + b);
        }
        prop_assert_eq!(before, after);
    }
}
