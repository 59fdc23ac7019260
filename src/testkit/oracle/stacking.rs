//! Which rules may apply beside those that have applied (section 7 of the semantics).

use super::state::State;
use super::{Event, World};
use crate::rules::{Exclusive, Rule, Undeclared};

impl World<'_> {
    /// Why a rule may not apply now; `None` when it may.
    pub fn obstacle(&self, state: &State, rule: &Rule) -> Option<Event> {
        let applied = || state.applied.iter().map(|applied| &self.rules.rules[applied.rule]);
        let apart = self.rules.undeclared == Undeclared::Apart;
        let strangers = |other: &Rule| apart && !goes_with(other, rule) && !goes_with(rule, other);
        if applied().any(strangers) {
            return Some(Event::BlockedByExclusion);
        }
        if let Some(event) = applied().find_map(|other| blocks(other, rule)) {
            return Some(event);
        }
        let stage = self.rules.stages.iter().find(|stage| stage.id == rule.stage)?;
        let of_stage = applied().filter(|other| other.stage == rule.stage).count();
        let is_full = stage.max_rules.is_some_and(|most| of_stage >= most as usize);
        is_full.then_some(Event::StageFull)
    }

    pub fn position(&self, rule: &Rule) -> usize {
        let mut rules = self.rules.rules.iter();
        rules.position(|known| known.id == rule.id).unwrap_or_default()
    }
}

/// Whether a rule that applied keeps another one out.
fn blocks(applied: &Rule, rule: &Rule) -> Option<Event> {
    let same_group = rule.stacking.group.is_some() && applied.stacking.group == rule.stacking.group;
    let exclusive = |one: &Rule, other: &Rule| match one.stacking.exclusive {
        Some(Exclusive::Order) => true,
        Some(Exclusive::Stage) => one.stage == other.stage,
        Some(Exclusive::Lines | Exclusive::LinesInStage) | None => false,
    };
    if same_group {
        Some(Event::BlockedByGroup)
    } else if excludes(applied, rule) || excludes(rule, applied) {
        Some(Event::BlockedByExclusion)
    } else if exclusive(applied, rule) || exclusive(rule, applied) {
        Some(Event::BlockedByExclusive)
    } else {
        None
    }
}

fn excludes(one: &Rule, other: &Rule) -> bool {
    let excludes = &one.stacking.excludes;
    excludes.rules.contains(&other.id)
        || !excludes.tags.is_disjoint(&other.tags)
        || excludes.stages.contains(&other.stage)
}

fn goes_with(one: &Rule, other: &Rule) -> bool {
    let with = &one.stacking.goes_with;
    with.rules.contains(&other.id)
        || !with.tags.is_disjoint(&other.tags)
        || with.stages.contains(&other.stage)
}
