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

/// Runs every check. `each` gets every rule right after it was checked by itself.
pub(super) fn check<'r>(
    rules: &'r RuleSet,
    limits: &Limits,
    gaps: &Gaps,
    findings: &mut Findings,
    mut each: impl FnMut(&'r Rule),
) -> Census<'r> {
    let census = Census::take(rules, gaps);
    let scope = &mut Scope::new(rules, limits, gaps, &census, findings);
    document::check(scope, rules);
    stages::check(scope, rules);
    let list = At::ROOT.key("rules");
    for (index, rule) in rules.rules.iter().enumerate() {
        scope.enter(index, rule);
        rule::check(scope, rule, &list.index(gaps.position(index)));
        each(rule);
    }
    scope.leave();
    refunds::check(scope, rules);
    quotas::check(scope, rules);
    payment::schedules(scope, rules);
    stacking::check(scope, rules);
    codes::check(scope, rules);
    census
}
