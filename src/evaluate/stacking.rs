//! What goes together, by what has applied so far (K-1, K-2).

use super::state::NONE;
use super::verdict::Block;
use crate::compile::Plan;
use crate::compile::plan::{PlanRule, PlanStacking, go_together};
use crate::rules::{Exclusive, Undeclared};

/// Who applied, by what others may ask about. Empty tables when no rule says anything about stacking.
#[derive(Debug, Default)]
pub(super) struct StackingState {
    /// By group: the rule that holds it.
    groups: Vec<u32>,
    /// By tag: a rule with it that applied; a rule that applied and excludes it.
    tag_applied: Vec<u32>,
    tag_excluded: Vec<u32>,
    /// By rule: itself, if it applied; a rule that applied and excludes it.
    rule_applied: Vec<u32>,
    rule_excluded: Vec<u32>,
    /// By stage: the first rule of it that applied; a rule that applied and excludes it; one that tolerates none there.
    stage_applied: Vec<u32>,
    stage_excluded: Vec<u32>,
    stage_exclusive: Vec<u32>,
    order_exclusive: u32,
    /// Everybody who applied, in order.
    applied: Vec<u32>,
}

impl StackingState {
    /// Sizes the tables for a plan.
    pub fn fit(&mut self, plan: &Plan) {
        let sizes = plan.stacking;
        let (rules, stages) = if sizes.any { (plan.rules.len(), plan.stages.len()) } else { (0, 0) };
        let tables = [
            (&mut self.groups, sizes.groups),
            (&mut self.tag_applied, sizes.tags),
            (&mut self.tag_excluded, sizes.tags),
            (&mut self.rule_applied, rules),
            (&mut self.rule_excluded, rules),
            (&mut self.stage_applied, stages),
            (&mut self.stage_excluded, stages),
            (&mut self.stage_exclusive, stages),
        ];
        for (table, size) in tables {
            table.clear();
            table.resize(size, NONE);
        }
        self.order_exclusive = NONE;
        self.applied.clear();
    }

    /// How many rules have applied.
    pub const fn applied(&self) -> usize {
        self.applied.len()
    }

    /// Forgets all but the first `keep` rules that applied. Costs what those rules say, not what the tables hold.
    pub fn rewind(&mut self, plan: &Plan, keep: usize) {
        for at in 0..self.applied.len() {
            self.note(plan, self.applied[at], Holding::Nobody);
        }
        self.applied.truncate(keep);
        for at in 0..self.applied.len() {
            self.note(plan, self.applied[at], Holding::Rule);
        }
    }

    /// The rule that blocks this one, and why.
    pub fn blocker(&self, plan: &Plan, number: u32, rule: &PlanRule) -> Option<(u32, Block)> {
        let first = self.applied.first()?;
        if !plan.stacking.any {
            return None;
        }
        if plan.stacking.undeclared == Undeclared::Apart {
            let stranger = |other: &&u32| **other != number && !go_together(plan, **other, number);
            if let Some(other) = self.applied.iter().find(stranger) {
                return Some((*other, Block::Undeclared));
            }
        }
        let stage = rule.stage as usize;
        let by = |holder: u32, why: Block| (holder != NONE && holder != number).then_some((holder, why));
        by(self.order_exclusive, Block::ExclusiveInOrder)
            .or_else(|| by(self.stage_exclusive[stage], Block::ExclusiveInStage))
            .or_else(|| by(self.rule_excluded[number as usize], Block::Excluded))
            .or_else(|| by(self.stage_excluded[stage], Block::Excluded))
            .or_else(|| rule.stacking.as_ref().and_then(|own| self.blocker_of(own, stage, *first, &by)))
    }

    fn blocker_of(
        &self,
        own: &PlanStacking,
        stage: usize,
        first: u32,
        by: &impl Fn(u32, Block) -> Option<(u32, Block)>,
    ) -> Option<(u32, Block)> {
        let among = |table: &[u32], asked: &[u32]| {
            asked.iter().find_map(|at| by(table[*at as usize], Block::Excluded))
        };
        own.group
            .and_then(|group| by(self.groups[group as usize], Block::Group))
            .or_else(|| among(&self.tag_excluded, &own.tags))
            .or_else(|| among(&self.rule_applied, &own.excluded_rules))
            .or_else(|| among(&self.tag_applied, &own.excluded_tags))
            .or_else(|| among(&self.stage_applied, &own.excluded_stages))
            .or_else(|| match own.exclusive {
                Some(Exclusive::Order) => by(first, Block::ExclusiveInOrder),
                Some(Exclusive::Stage) => by(self.stage_applied[stage], Block::ExclusiveInStage),
                Some(Exclusive::Lines | Exclusive::LinesInStage) | None => None,
            })
    }

    /// Notes that a rule has applied.
    pub fn apply(&mut self, plan: &Plan, number: u32) {
        if plan.stacking.any {
            self.applied.push(number);
            self.note(plan, number, Holding::Rule);
        }
    }

    /// Sets the entries a rule has a say in: to itself where nobody holds them yet, or to nobody.
    fn note(&mut self, plan: &Plan, number: u32, holding: Holding) {
        let hold = |holder: &mut u32| match holding {
            Holding::Rule if *holder == NONE => *holder = number,
            Holding::Rule => {}
            Holding::Nobody => *holder = NONE,
        };
        let rule = &plan.rules[number as usize];
        let stage = rule.stage as usize;
        hold(&mut self.rule_applied[number as usize]);
        hold(&mut self.stage_applied[stage]);
        let Some(own) = &rule.stacking else { return };
        own.group.iter().for_each(|group| hold(&mut self.groups[*group as usize]));
        own.tags.iter().for_each(|tag| hold(&mut self.tag_applied[*tag as usize]));
        own.excluded_rules.iter().for_each(|other| hold(&mut self.rule_excluded[*other as usize]));
        own.excluded_tags.iter().for_each(|tag| hold(&mut self.tag_excluded[*tag as usize]));
        own.excluded_stages.iter().for_each(|stage| hold(&mut self.stage_excluded[*stage as usize]));
        match own.exclusive {
            Some(Exclusive::Order) => hold(&mut self.order_exclusive),
            Some(Exclusive::Stage) => hold(&mut self.stage_exclusive[stage]),
            Some(Exclusive::Lines | Exclusive::LinesInStage) | None => {}
        }
    }
}

/// Who an entry is set to.
#[derive(Clone, Copy)]
enum Holding {
    Rule,
    Nobody,
}
