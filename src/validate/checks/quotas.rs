//! Quotas that several rules share (semantics, section 8). References are sorted once for the whole rule set.

use std::collections::BTreeMap;

use super::limits;
use crate::rules::{Quota, QuotaId, Rule, RuleId, RuleSet, Select};
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::scope::{Scope, quoted};

/// Checks the quotas of the rule set, and who draws on them.
pub(super) fn check(scope: &mut Scope<'_>, rules: &RuleSet) {
    let list = At::ROOT.key("quotas");
    scope.list(&list, rules.quotas.len());
    let mut listed: BTreeMap<&QuotaId, &Quota> = BTreeMap::new();
    for (index, quota) in rules.quotas.iter().enumerate() {
        let at = list.index(index);
        if listed.insert(&quota.id, quota).is_some() {
            let message = format_args!("quota {} is there twice", quoted(quota.id.as_str()));
            scope.report(Code::DuplicateQuota, &at.key("id"), message);
        }
        one(scope, quota, &at);
    }
    let mut drawing: BTreeMap<&QuotaId, Vec<&Rule>> = BTreeMap::new();
    let rule_list = At::ROOT.key("rules");
    for (index, rule) in scope.census.rules(rules, &scope.census.drawing_on_quotas) {
        let at = rule_list.index(scope.gaps.position(index));
        of_rule(scope, rule, &listed, &at.key("quotas"));
        rule.quotas.iter().for_each(|id| drawing.entry(id).or_default().push(rule));
    }
    for (index, quota) in rules.quotas.iter().enumerate() {
        let at = list.index(index);
        let drawing = drawing.get(&quota.id).map_or(&[][..], Vec::as_slice);
        if drawing.is_empty() && !scope.gaps.rules_missing() {
            let message = format_args!("no rule draws on quota {}", quoted(quota.id.as_str()));
            scope.report(Code::UnusedQuota, &at, message);
        }
        by_product(scope, drawing, &at);
    }
}

fn one(scope: &mut Scope<'_>, quota: &Quota, at: &At<'_>) {
    scope.id(&at.key("id"), quota.id.as_str());
    let limits = [("units", quota.units), ("units_per_customer", quota.units_per_customer)];
    for (field, units) in limits {
        if let Some(units) = units {
            scope.count(&at.key(field), units);
        }
    }
    if limits.iter().all(|(_, units)| units.is_none()) {
        scope.report(Code::QuotaWithoutLimit, at, "neither units nor units per customer are limited");
    }
    limits::below(scope, ("units_per_customer", quota.units_per_customer), ("units", quota.units), at);
}

/// Checks the quotas a rule draws on.
fn of_rule(scope: &mut Scope<'_>, rule: &Rule, listed: &BTreeMap<&QuotaId, &Quota>, at: &At<'_>) {
    let about = [&rule.id];
    for id in &rule.quotas {
        let Some(quota) = listed.get(id) else {
            if !scope.gaps.quotas_missing {
                let message = format_args!("there is no quota {}", quoted(id.as_str()));
                scope.report_about(Code::UnknownQuota, &at.member(id.as_str()), message, &about);
            }
            continue;
        };
        let above = |own: Option<u64>, total: Option<u64>| own.zip(total).is_some_and(|(own, all)| own > all);
        if above(rule.limits.units, quota.units)
            || above(rule.limits.units_per_customer, quota.units_per_customer)
        {
            let message = format_args!("quota {} never leaves as much", quoted(id.as_str()));
            scope.report_about(Code::LimitAboveTotal, &at.member(id.as_str()), message, &about);
        }
    }
    if !limits::counts_units(&rule.benefit) {
        let message = "only percentages, amounts, unit prices, gifts and grants count their units";
        scope.report_about(Code::UnitLimitNotSupported, at, message, &about);
    }
}

/// Where each product keeps the rule that grants it most, each of the rules takes what it would take alone, and together
/// they could take more than there is.
fn by_product(scope: &mut Scope<'_>, drawing: &[&Rule], at: &At<'_>) {
    let mut first: BTreeMap<usize, &RuleId> = BTreeMap::new();
    for rule in drawing {
        let Some(position) = scope.stage_position(rule.stage.as_str()) else { continue };
        let select = scope.stages.get(position).map(|stage| stage.select);
        if select != Some(Select::BestPerLine) {
            continue;
        }
        if let Some(other) = first.insert(position, &rule.id) {
            let message = "two of its rules stand in a stage that selects `best_per_line`";
            scope.report_about(Code::QuotaPerLine, at, message, &[other, &rule.id]);
            return;
        }
    }
}
