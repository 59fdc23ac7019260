//! Ids of rules, and what rules say about each other (K-1, K-4). References are sorted once for the whole rule set.

use super::{declared, stages};
use crate::rules::{Exclusive, Rule, RuleId, RuleSet, Select};
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::named::Named;
use crate::validate::scope::{Scope, quoted};

/// Checks the ids a rule names, each by itself.
pub(super) fn ids(scope: &mut Scope<'_>, rule: &Rule, at: &At<'_>) {
    let stacking = &rule.stacking;
    if stacking.is_empty() {
        return;
    }
    if let Some(group) = &stacking.group {
        scope.id(&at.key("group"), group.as_str());
    }
    let excludes = at.key("excludes");
    let place = excludes.key("rules");
    scope.list(&place, stacking.excludes.rules.len());
    if stacking.excludes.rules.contains(&rule.id) {
        scope.report(Code::ExcludesItself, &place.member(rule.id.as_str()), "its own id is listed");
    }
    let place = excludes.key("tags");
    scope.list(&place, stacking.excludes.tags.len());
    let place = excludes.key("stages");
    scope.list(&place, stacking.excludes.stages.len());
    for stage in &stacking.excludes.stages {
        stages::known(scope, stage.as_str(), &place.member(stage.as_str()));
    }
    declared::ids(scope, rule, &at.key("goes_with"));
}

/// Checks ids and references over all rules.
pub(super) fn check(scope: &mut Scope<'_>, rules: &RuleSet) {
    let ids = &scope.census.ids;
    duplicates(scope, rules, ids);
    excluded_rules(scope, rules, ids);
    declared::check(scope, rules, ids);
    // What could not be read may be what is missed below.
    if !scope.gaps.rules_missing() {
        excluded_tags(scope, rules);
        excluded_stages(scope, rules);
        groups(scope, rules);
    }
}

fn duplicates(scope: &mut Scope<'_>, rules: &RuleSet, ids: &Named<'_>) {
    let list = At::ROOT.key("rules");
    for pair in ids.all().windows(2) {
        if let [first, second] = pair
            && first.is_namesake(second)
            && let Some(rule) = rules.rules.get(second.rule)
        {
            let message = format_args!("rule {} is there twice", quoted(second.name));
            let place = list.index(scope.gaps.position(second.rule));
            scope.report_about(Code::DuplicateRule, &place.key("id"), message, &[&rule.id]);
        }
    }
}

fn excluded_rules(scope: &mut Scope<'_>, rules: &RuleSet, ids: &Named<'_>) {
    for (index, rule) in scope.census.rules(rules, &scope.census.excluding) {
        for other in &rule.stacking.excludes.rules {
            if ids.of(other.as_str()).is_empty() && !scope.gaps.may_be(other) {
                let message = format_args!("there is no rule {}", quoted(other.as_str()));
                report(scope, Code::UnknownExcludedRule, rule, index, ("rules", other.as_str()), message);
            }
        }
        excluded_by_name(scope, rules, ids, rule, index);
    }
}

/// What a rule excludes by name, held against what else holds between the two.
fn excluded_by_name(scope: &mut Scope<'_>, rules: &RuleSet, ids: &Named<'_>, rule: &Rule, index: usize) {
    let named = |id: &RuleId| ids.of(id.as_str()).first().and_then(|entry| rules.rules.get(entry.rule));
    for other in rule.stacking.excludes.rules.iter().filter(|other| **other != rule.id).filter_map(named) {
        let (code, message) = if are_kept_apart(rule, other) || has_one_winner(rules, rule, other) {
            (Code::ShadowedExclusion, format!("{} is kept out anyway", quoted(other.id.as_str())))
        } else if !excludes(other, rule) {
            (Code::OneWayExclusion, format!("{} does not say so", quoted(other.id.as_str())))
        } else {
            continue;
        };
        report_in(
            scope,
            code,
            (rule, index),
            ("excludes", "rules", other.id.as_str()),
            message,
            &[&other.id],
        );
    }
}

/// Whether a group or `exclusive` keeps two rules from applying together.
pub(super) fn are_kept_apart(rule: &Rule, other: &Rule) -> bool {
    let grouped = rule.stacking.group.is_some() && rule.stacking.group == other.stacking.group;
    grouped || tolerates_none(rule, other) || tolerates_none(other, rule)
}

/// Whether a rule says that another one must not apply with it.
pub(super) fn excludes(rule: &Rule, other: &Rule) -> bool {
    let excludes = &rule.stacking.excludes;
    excludes.rules.contains(&other.id)
        || !excludes.tags.is_disjoint(&other.tags)
        || excludes.stages.contains(&other.stage)
}

/// Whether two rules stand in one stage that lets one rule apply.
fn has_one_winner(rules: &RuleSet, rule: &Rule, other: &Rule) -> bool {
    let stage = rules.stages.iter().find(|stage| stage.id == rule.stage && stage.id == other.stage);
    stage.is_some_and(|stage| match stage.select {
        Select::First | Select::Best => true,
        Select::All
        | Select::BestPerLine
        | Select::BestPerUnit
        | Select::BestCombination
        | Select::BestAssignment => stage.max_rules == Some(1),
    })
}

fn tolerates_none(rule: &Rule, other: &Rule) -> bool {
    match rule.stacking.exclusive {
        Some(Exclusive::Order) => true,
        Some(Exclusive::Stage) => rule.stage == other.stage,
        Some(Exclusive::Lines | Exclusive::LinesInStage) | None => false,
    }
}

fn excluded_tags(scope: &mut Scope<'_>, rules: &RuleSet) {
    let excluding = &scope.census.excluding;
    if scope.census.rules(rules, excluding).all(|(_, rule)| rule.stacking.excludes.tags.is_empty()) {
        return;
    }
    let tags = Named::collect(rules, |rule| rule.tags.iter().map(|tag| tag.as_str()));
    for (index, rule) in scope.census.rules(rules, excluding) {
        for tag in &rule.stacking.excludes.tags {
            let tagged = tags.of(tag.as_str());
            if tagged.is_empty() {
                let message = format_args!("no rule has the tag {}", quoted(tag.as_str()));
                report(scope, Code::UnknownExcludedTag, rule, index, ("tags", tag.as_str()), message);
            } else if tagged.iter().all(|entry| entry.rule == index) {
                let message = format_args!("no other rule has the tag {}", quoted(tag.as_str()));
                report(scope, Code::ExcludesNobody, rule, index, ("tags", tag.as_str()), message);
            }
        }
    }
}

fn excluded_stages(scope: &mut Scope<'_>, rules: &RuleSet) {
    let excluding = &scope.census.excluding;
    if scope.census.rules(rules, excluding).all(|(_, rule)| rule.stacking.excludes.stages.is_empty()) {
        return;
    }
    let staged = Named::collect(rules, |rule| Some(rule.stage.as_str()));
    for (index, rule) in scope.census.rules(rules, excluding) {
        for stage in &rule.stacking.excludes.stages {
            let there = staged.of(stage.as_str());
            let nobody = there.iter().all(|entry| entry.rule == index);
            if nobody && scope.stage_position(stage.as_str()).is_some() {
                let message = format_args!("no other rule is in stage {}", quoted(stage.as_str()));
                report(scope, Code::ExcludesNobody, rule, index, ("stages", stage.as_str()), message);
            }
        }
    }
}

fn report(
    scope: &mut Scope<'_>,
    code: Code,
    rule: &Rule,
    index: usize,
    (list, member): (&str, &str),
    message: impl std::fmt::Display,
) {
    report_in(scope, code, (rule, index), ("excludes", list, member), message, &[]);
}

/// Reports a problem of a member of a list of a rule's stacking, about this rule and others.
pub(super) fn report_in(
    scope: &mut Scope<'_>,
    code: Code,
    (rule, index): (&Rule, usize),
    (field, list, member): (&str, &str, &str),
    message: impl std::fmt::Display,
    others: &[&RuleId],
) {
    let rules = At::ROOT.key("rules");
    let own = rules.index(scope.gaps.position(index));
    let stacking = own.key("stacking");
    let field = stacking.key(field);
    let about: Vec<&RuleId> = std::iter::once(&rule.id).chain(others.iter().copied()).collect();
    scope.report_about(code, &field.key(list).member(member), message, &about);
}

fn groups(scope: &mut Scope<'_>, rules: &RuleSet) {
    if scope.census.grouped.is_empty() {
        return;
    }
    let groups = Named::collect(rules, |rule| rule.stacking.group.as_ref().map(|group| group.as_str()));
    let list = At::ROOT.key("rules");
    for members in groups.all().chunk_by(|one, other| one.name == other.name) {
        if let [alone] = members
            && let Some(rule) = rules.rules.get(alone.rule)
        {
            let message = format_args!("no other rule is in group {}", quoted(alone.name));
            let own = list.index(scope.gaps.position(alone.rule));
            let stacking = own.key("stacking");
            let place = stacking.key("group");
            scope.report_about(Code::LoneGroupMember, &place, message, &[&rule.id]);
        }
    }
}
