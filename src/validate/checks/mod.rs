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
use super::scope::Scope;
use super::{Findings, Gaps};
use crate::bounds::Limits;
use crate::rules::RuleSet;

/// Runs every check.
pub(super) fn check(rules: &RuleSet, limits: &Limits, gaps: &Gaps, findings: &mut Findings) {
    let scope = &mut Scope::new(rules, limits, gaps, findings);
    scope.find_payments(rules);
    scope.find_used_stages(rules);
    document::check(scope, rules);
    stages::check(scope, rules);
    let list = At::ROOT.key("rules");
    for (index, rule) in rules.rules.iter().enumerate() {
        scope.enter(rule);
        rule::check(scope, rule, &list.index(gaps.position(index)));
    }
    scope.leave();
    refunds::check(scope, rules);
    quotas::check(scope, rules);
    payment::schedules(scope, rules);
    stacking::check(scope, rules);
    codes::check(scope, rules);
}
