//! Which rules have to do with each other by what they say of exclusion, counted rather than compared pair by pair.

use std::collections::BTreeMap;

use crate::rules::{GroupId, Rule, RuleId, RuleTag, StageId};

/// How many rules of a list bear each name, and how many name it.
#[derive(Default)]
pub(super) struct Refusals<'r> {
    groups: BTreeMap<&'r GroupId, usize>,
    ids: BTreeMap<&'r RuleId, Naming>,
    tags: BTreeMap<&'r RuleTag, Naming>,
    stages: BTreeMap<&'r StageId, Naming>,
}

#[derive(Clone, Copy, Default)]
struct Naming {
    bearing: usize,
    refusing: usize,
}

impl<'r> Refusals<'r> {
    pub(super) fn among(rules: impl Iterator<Item = &'r Rule>) -> Self {
        let mut counted = Self::default();
        for rule in rules {
            let refused = &rule.stacking.excludes;
            if let Some(group) = &rule.stacking.group {
                *counted.groups.entry(group).or_default() += 1;
            }
            counted.ids.entry(&rule.id).or_default().bearing += 1;
            counted.stages.entry(&rule.stage).or_default().bearing += 1;
            rule.tags.iter().for_each(|tag| counted.tags.entry(tag).or_default().bearing += 1);
            refused.rules.iter().for_each(|id| counted.ids.entry(id).or_default().refusing += 1);
            refused.tags.iter().for_each(|tag| counted.tags.entry(tag).or_default().refusing += 1);
            refused.stages.iter().for_each(|stage| counted.stages.entry(stage).or_default().refusing += 1);
        }
        counted
    }

    /// Whether a rule refuses another one of the list, or is refused by one.
    pub(super) fn touch(&self, rule: &Rule) -> bool {
        let refused = &rule.stacking.excludes;
        // The rule itself is in the list as well, and may name itself.
        let one = |is: bool| usize::from(is);
        let id_is_own = refused.rules.contains(&rule.id);
        let stage_is_own = refused.stages.contains(&rule.stage);
        let grouped = rule.stacking.group.as_ref().and_then(|group| self.groups.get(group));
        let named =
            |naming: Option<&Naming>, own: bool| naming.is_some_and(|naming| naming.refusing > one(own));
        let borne =
            |naming: Option<&Naming>, own: bool| naming.is_some_and(|naming| naming.bearing > one(own));
        grouped.is_some_and(|count| *count > 1)
            || named(self.ids.get(&rule.id), id_is_own)
            || named(self.stages.get(&rule.stage), stage_is_own)
            || rule.tags.iter().any(|tag| named(self.tags.get(tag), refused.tags.contains(tag)))
            || refused.rules.iter().any(|id| borne(self.ids.get(id), *id == rule.id))
            || refused.stages.iter().any(|stage| borne(self.stages.get(stage), *stage == rule.stage))
            || refused.tags.iter().any(|tag| borne(self.tags.get(tag), rule.tags.contains(tag)))
    }
}
