//! The checks, one file for each family. Each looks at what it is named after and reports all it finds; none of them
//! prices anything.

mod benefit;
mod codes;
mod condition;
mod declared;
mod document;
mod funding;
mod ladder;
mod limits;
mod multi;
mod payment;
mod prices;
mod quotas;
mod refunds;
mod required;
mod rewards;
mod rule;
mod selector;
mod slips;
mod stacking;
mod stages;
mod tiers;
mod together;

use super::at::At;
use super::census::Census;
use super::scope::Scope;
use super::{Findings, Gaps};
use crate::bounds::Limits;
use crate::rules::{Rule, RuleSet};

/// So many rules are checked, and then handed on together: enough for the code of each to stay at hand from one rule to the
/// next, few enough for the rules to stay at hand from one step to the next.
const BLOCK: usize = 64;

/// Runs every check. `each` gets the rules block by block, with the position of the first, right after they were checked
/// by themselves, as long as there was no error.
pub(super) fn check<'r>(
    rules: &'r RuleSet,
    limits: &Limits,
    gaps: &Gaps,
    census: &Census<'r>,
    findings: &mut Findings,
    mut each: impl FnMut(&'r [Rule], usize),
) {
    let scope = &mut Scope::new(rules, limits, gaps, census, findings);
    document::check(scope, rules);
    stages::check(scope, rules);
    let list = At::ROOT.key("rules");
    for (block, from) in rules.rules.chunks(BLOCK).zip((0_usize..).step_by(BLOCK)) {
        for (rule, index) in block.iter().zip(from..) {
            scope.enter(index, rule);
            rule::check(scope, rule, &list.index(gaps.position(index)));
        }
        if !scope.has_errors() {
            each(block, from);
        }
    }
    scope.leave();
    refunds::check(scope, rules);
    quotas::check(scope, rules);
    payment::schedules(scope, rules);
    stacking::check(scope, rules);
    codes::check(scope, rules);
}
