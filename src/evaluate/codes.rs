//! What became of each code entered.

use super::Pricing;
use super::scratch::{Entered, Scratch};
use crate::record::{CodeOutcome, CodeStatus, Quote};

/// Lists the codes by folded form, then as typed, so that the order they were typed in does not matter.
pub(super) fn write(pricing: Pricing<'_>, scratch: &mut Scratch, quote: &mut Quote) {
    let Scratch { entered, applied, .. } = scratch;
    if entered.is_empty() {
        return;
    }
    let codes = &pricing.context.codes;
    let typed = |code: &Entered| &codes[code.typed as usize];
    let order = |code: &Entered| (typed(code).folded(), typed(code));
    if !entered.is_sorted_by(|a, b| order(a) <= order(b)) {
        entered.sort_unstable_by(|a, b| order(a).cmp(&order(b)));
    }
    let mut before = None;
    for code in &*entered {
        let own = typed(code).folded();
        let (status, rule) = if own.is_some() && own == before {
            (CodeStatus::Repeated, None)
        } else {
            code.key.map_or((CodeStatus::Unknown, None), |key| {
                let own = pricing.plan.code_rules.at(key).iter().copied();
                let first = own.clone().next();
                let found = own.clone().find(|rule| applied.iter().any(|applied| applied.rule == *rule));
                match found {
                    Some(rule) => (CodeStatus::Applied, Some(rule)),
                    None => (CodeStatus::NoEffect, first),
                }
            })
        };
        let rule = rule.map(|rule| pricing.plan.rules[rule as usize].id.clone());
        let code = typed(code).clone();
        quote.codes.push(CodeOutcome { code, status, rule: rule.unwrap_or_default() });
        before = own;
    }
}
