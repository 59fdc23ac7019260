//! Ids of groups, tags, rules and stages to numbers, for deciding what goes together.

use super::lower::Place;
use super::plan::{PlanStacking, StackingSizes};
use crate::rules::{Exclusive, GroupId, Rule, RuleSet, RuleTag, StageId, Undeclared};
use crate::validate::Census;

/// The numbers of what stacking speaks of.
pub(super) struct StackingIds<'r> {
    groups: Vec<&'r GroupId>,
    /// Tags that some rule excludes; other tags decide nothing.
    tags: Vec<&'r RuleTag>,
    /// Every rule's id with its place in the plan, sorted by id; empty when no rule excludes one.
    rules: Vec<(&'r str, u32)>,
    stages: Vec<&'r StageId>,
    any: bool,
    undeclared: Undeclared,
}

impl<'r> StackingIds<'r> {
    /// Collects them from a rule set, given where each rule stands in the plan.
    pub fn new(set: &'r RuleSet, census: &Census<'r>, places: &[Place]) -> Self {
        let (mut groups, mut tags): (Vec<&GroupId>, Vec<&RuleTag>) = (Vec::new(), Vec::new());
        let (mut names_rules, mut any) = (false, false);
        for (_, rule) in census.rules(set, &census.stacking) {
            let stacking = &rule.stacking;
            groups.extend(&stacking.group);
            tags.extend(stacking.excludes.tags.iter().chain(&stacking.goes_with.tags));
            names_rules |= !stacking.excludes.rules.is_empty() || !stacking.goes_with.rules.is_empty();
            // Locking lines is decided line by line, not by who applied.
            let locks_only =
                matches!(stacking.exclusive, Some(Exclusive::Lines | Exclusive::LinesInStage) | None);
            any |= !locks_only || stacking.group.is_some() || !stacking.excludes.is_empty();
        }
        let undeclared = set.undeclared;
        any |= undeclared == Undeclared::Apart;
        groups.sort_unstable();
        groups.dedup();
        tags.sort_unstable();
        tags.dedup();
        let mut by_id: Vec<(&str, u32)> = Vec::new();
        if names_rules {
            by_id.extend(
                set.rules.iter().map(|rule| rule.id.as_str()).zip(places.iter().map(|place| place.rule)),
            );
            by_id.sort_unstable();
        }
        let stages = set.stages.iter().map(|stage| &stage.id).collect();
        Self { groups, tags, rules: by_id, stages, any, undeclared }
    }

    pub const fn sizes(&self) -> StackingSizes {
        StackingSizes {
            any: self.any,
            undeclared: self.undeclared,
            groups: self.groups.len(),
            tags: self.tags.len(),
        }
    }

    /// What a rule does not go together with; `None` when there is nothing to say about it.
    pub fn lower(&self, rule: &Rule) -> Option<Box<PlanStacking>> {
        let stacking = &rule.stacking;
        let tags: Vec<u32> = rule.tags.iter().filter_map(|tag| position(&self.tags, &tag)).collect();
        if tags.is_empty() && stacking.is_empty() {
            return None;
        }
        let (excludes, with) = (&stacking.excludes, &stacking.goes_with);
        let rule_number = |id: &str| {
            let at = self.rules.binary_search_by(|(known, _)| (*known).cmp(id)).ok()?;
            self.rules.get(at).map(|(_, number)| *number)
        };
        let stage_number =
            |id: &StageId| self.stages.iter().zip(0_u32..).find(|(known, _)| **known == id).map(|(_, at)| at);
        Some(Box::new(PlanStacking {
            group: stacking.group.as_ref().and_then(|group| position(&self.groups, &group)),
            group_id: stacking.group.clone().unwrap_or_default(),
            tags: tags.into_boxed_slice(),
            excluded_rules: excludes.rules.iter().filter_map(|id| rule_number(id.as_str())).collect(),
            excluded_tags: excludes.tags.iter().filter_map(|tag| position(&self.tags, &tag)).collect(),
            excluded_stages: excludes.stages.iter().filter_map(stage_number).collect(),
            exclusive: stacking.exclusive,
            with_rules: with.rules.iter().filter_map(|id| rule_number(id.as_str())).collect(),
            with_tags: with.tags.iter().filter_map(|tag| position(&self.tags, &tag)).collect(),
            with_stages: with.stages.iter().filter_map(stage_number).collect(),
        }))
    }
}

fn position<T: Ord>(sorted: &[T], wanted: &T) -> Option<u32> {
    sorted.binary_search(wanted).ok().and_then(|at| u32::try_from(at).ok())
}
