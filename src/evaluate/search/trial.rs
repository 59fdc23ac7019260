//! What single sets come to: those that are looked at before all others, and those at the end of a branch.

use super::options::{Mask, Options};
use super::{Node, Reach, Search, Set, Trust};
use crate::compile::Plan;
use crate::evaluate::walk::{Mark, Walk};

impl Search {
    /// Notes the set of no options but those that must be. That of none is always admissible, so the budget may end the search
    /// at any node.
    pub(super) fn try_least(&mut self, plan: &Plan, walk: &mut Walk<'_>, options: &Options, reach: Reach) {
        self.nodes += 1;
        if self.marks.is_empty() {
            self.marks.push(Mark::default());
        }
        walk.save(&mut self.marks[0]);
        let mut least = Node::of(reach.must);
        if self.walk_to(walk, self.model.steps.len(), options, &mut least) {
            self.note_leaf(plan, walk, options, least);
        }
        walk.go_back(&self.marks[0]);
    }

    /// Where stages select among the options themselves, sees what they make of all of them, and notes those that applied. Sets
    /// that such a stage passes over are found out only at its end, so a good set in hand saves most of them.
    pub(super) fn try_all(&mut self, plan: &Plan, walk: &mut Walk<'_>, options: &Options, reach: Reach) {
        let stage_of = |rule: u32| plan.rules[rule as usize].stage;
        let selected = |rule: u32| !walk.goes_one_by_one(stage_of(rule));
        if !options.iter().any(|(_, option)| option.rule.is_some_and(selected)) {
            return;
        }
        self.trust = Trust::Asked;
        let mut taken = options.all();
        // Those that applied of all of them, and then by themselves; nothing is owed the first time.
        for owes in [false, true] {
            if taken.count_ones() > reach.options {
                break;
            }
            self.nodes += 1;
            let mut node = Node::of(taken);
            node.owed = if owes { taken } else { 0 };
            if self.walk_to(walk, self.model.steps.len(), options, &mut node) {
                if owes {
                    self.note_leaf(plan, walk, options, node);
                }
                let applied = |rule: &u32| walk.has_applied(*rule);
                let kept = options.iter().filter(|(_, option)| option.rule.as_ref().is_some_and(applied));
                taken = kept.fold(0, |kept, (bit, _)| kept | bit);
            }
            walk.go_back(&self.marks[0]);
        }
        self.trust = Trust::Presumed;
    }

    /// Notes a set that the walk has come to the end of, when it is among the best.
    pub(super) fn note_leaf(&mut self, plan: &Plan, walk: &Walk<'_>, options: &Options, node: Node) {
        let Some(mut set) = leaf(plan, walk, options, node) else { return };
        if self.place_of(set).is_none() {
            return;
        }
        if node.presumed > 0 {
            let Some(asked) = self.ask(plan, walk, options, set.taken) else { return };
            set = asked;
        }
        if let Some(place) = self.place_of(set) {
            self.best.truncate(self.keep - 1);
            self.best.insert(place, set);
        }
    }

    /// Where a set belongs among the best, when it does and is not there yet.
    fn place_of(&self, set: Set) -> Option<usize> {
        let place = self.best.partition_point(|known| known.order() < set.order());
        (place < self.keep && self.best.get(place) != Some(&set)).then_some(place)
    }

    /// What a set comes to when every stage is asked to select all of it; nothing when one does not.
    fn ask(&mut self, plan: &Plan, walk: &Walk<'_>, options: &Options, taken: Mask) -> Option<Set> {
        let mut second = self.second.take().unwrap_or_default();
        let set = walk.again(&mut second).ok().and_then(|mut again| {
            self.nodes += 1;
            self.trust = Trust::Asked;
            let mut node = Node::of(taken);
            let applies = self.walk_to(&mut again, self.model.steps.len(), options, &mut node);
            self.trust = Trust::Presumed;
            applies.then(|| leaf(plan, &again, options, node)).flatten()
        });
        self.second = Some(second);
        set
    }
}

/// The set at the end of a walk, when all of it granted something.
fn leaf(plan: &Plan, walk: &Walk<'_>, options: &Options, node: Node) -> Option<Set> {
    // Options that matter to conditions only are still owed: some rule that asks for them must have applied.
    let granted =
        options.iter().filter(|(bit, _)| node.owed & bit != 0).all(|(_, option)| match option.asked {
            Some(key) if option.rule.is_none() => {
                plan.code_rules.at(key).iter().any(|rule| walk.has_applied(*rule))
            }
            Some(_) | None => false,
        });
    let add_ons = walk.add_ons()?;
    let payable = walk.goods() + walk.charges() + add_ons;
    (granted && walk.refusal().is_none()).then_some(Set { payable, taken: node.chosen.taken })
}
