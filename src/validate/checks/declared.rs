//! What rules declare to go together, held against what keeps them apart (K-1, K-4).

use super::stacking::{are_kept_apart, excludes, report_in};
use super::stages;
use crate::rules::{Exclusive, Rule, RuleId, RuleSet, Undeclared};
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::named::Named;
use crate::validate::scope::{Scope, quoted};

/// A tag or stage of so few rules stands for their names. Of more, each is not held against the declaring rule: that
/// would take the number of rules squared.
const NAMED_MAX: usize = 16;

/// Checks the ids a rule names, each by itself.
pub(super) fn ids(scope: &mut Scope<'_>, rule: &Rule, at: &At<'_>) {
    let with = &rule.stacking.goes_with;
    scope.list(&at.key("rules"), with.rules.len());
    scope.list(&at.key("tags"), with.tags.len());
    let place = at.key("stages");
    scope.list(&place, with.stages.len());
    for stage in &with.stages {
        stages::known(scope, stage.as_str(), &place.member(stage.as_str()));
    }
}

/// Checks declarations over all rules.
pub(super) fn check(scope: &mut Scope<'_>, rules: &RuleSet, ids: &Named<'_>) {
    if scope.census.declaring.is_empty() {
        return;
    }
    let tags = Named::collect(rules, |rule| rule.tags.iter().map(|tag| tag.as_str()));
    let stages = Named::collect(rules, |rule| Some(rule.stage.as_str()));
    for (index, rule) in scope.census.rules(rules, &scope.census.declaring) {
        let mut one = Declaring { scope, rules, rule, index };
        one.at_all();
        one.rules(ids);
        let with = &rule.stacking.goes_with;
        let excluded = &rule.stacking.excludes;
        for tag in &with.tags {
            one.several("tags", tag.as_str(), &tags, excluded.tags.contains(tag));
        }
        for stage in &with.stages {
            let alone = rule.stacking.exclusive == Some(Exclusive::Stage) && *stage == rule.stage;
            one.several("stages", stage.as_str(), &stages, alone || excluded.stages.contains(stage));
        }
    }
}

/// A rule and what it declares.
struct Declaring<'s, 'a, 'r> {
    scope: &'s mut Scope<'a>,
    rules: &'r RuleSet,
    rule: &'r Rule,
    index: usize,
}

impl<'r> Declaring<'_, '_, 'r> {
    /// Whether declaring anything does anything.
    fn at_all(&mut self) {
        match self.rules.undeclared {
            Undeclared::Together if !self.scope.gaps.undeclared_missing => {
                let list = At::ROOT.key("rules");
                let own = list.index(self.scope.gaps.position(self.index));
                let (stacking, message) =
                    (own.key("stacking"), "all rules go together unless they exclude each other");
                let place = stacking.key("goes_with");
                self.scope.report_about(Code::NoEffect, &place, message, &[&self.rule.id]);
            }
            Undeclared::Together | Undeclared::Apart => {}
        }
    }

    /// Rules by name.
    fn rules(&mut self, ids: &Named<'_>) {
        for id in &self.rule.stacking.goes_with.rules {
            let name = quoted(id.as_str());
            if *id == self.rule.id {
                self.report(
                    Code::NoEffect,
                    ("rules", id.as_str()),
                    "every rule goes with itself".to_owned(),
                    &[],
                );
                continue;
            }
            let found = ids.of(id.as_str()).first();
            match found.and_then(|entry| self.rules.rules.get(entry.rule)) {
                Some(other) if self.never_with(other) => {
                    self.report(
                        Code::GoesWithExcluded,
                        ("rules", id.as_str()),
                        format!("{name} is kept out"),
                        &[id],
                    );
                }
                Some(_) => {}
                None if self.scope.gaps.may_be(id) => {}
                None => {
                    self.report(
                        Code::UnknownDeclaredRule,
                        ("rules", id.as_str()),
                        format!("there is no rule {name}"),
                        &[],
                    );
                }
            }
        }
    }

    /// The rules of a tag or stage, which the declaring one may say it excludes.
    fn several(&mut self, list: &str, name: &str, of: &Named<'_>, excluded: bool) {
        let quoted = quoted(name);
        let all = of.of(name);
        let mut others = all.iter().filter(|entry| entry.rule != self.index);
        let few = all.len() <= NAMED_MAX;
        let kept_out = || {
            let mut others = others.clone().filter_map(|entry| self.rules.rules.get(entry.rule));
            others.clone().next().is_some() && others.all(|other| self.never_with(other))
        };
        if excluded || self.rule.stacking.exclusive == Some(Exclusive::Order) || few && kept_out() {
            self.report(Code::GoesWithExcluded, (list, name), format!("all of {quoted} are kept out"), &[]);
        } else if self.scope.gaps.rules_missing() {
            // What could not be read may be what is missed.
        } else if list == "tags" && all.is_empty() {
            self.report(Code::UnknownDeclaredTag, (list, name), format!("no rule has the tag {quoted}"), &[]);
        } else if others.next().is_none() && (list == "tags" || self.scope.stage_position(name).is_some()) {
            self.report(Code::GoesWithNobody, (list, name), format!("no other rule is of {quoted}"), &[]);
        }
    }

    fn never_with(&self, other: &Rule) -> bool {
        are_kept_apart(self.rule, other) || excludes(self.rule, other) || excludes(other, self.rule)
    }

    fn report(&mut self, code: Code, (list, member): (&str, &str), message: String, others: &[&'r RuleId]) {
        report_in(self.scope, code, (self.rule, self.index), ("goes_with", list, member), message, others);
    }
}
