//! Branch and bound over the options, in the order in which they take effect.
//!
//! A node is a walk that stands in front of the next decision: everything before has been priced exactly, nothing is
//! priced twice on one branch. Taking an option lets its rule apply when the walk comes to it, and sets aside the
//! automatic rules it does not go with (K-3), so it is decided in front of the first of those, or of the first rule
//! whose condition asks for it. An option that is taken must grant something: where its rule does not apply, the branch
//! ends, for the branch without it costs the same with fewer coupons. Both branches of every decision are looked at unless the
//! bound shows that no completion is better than the best known, by payable, then number of options, then preference.
#![expect(clippy::cast_possible_wrap, reason = "there are at most LINES_MAX of anything counted")]

mod bound;
mod ceiling;
mod doubles;
mod kin;
pub(crate) mod model;
pub(crate) mod options;
mod running;
mod sums;
mod trial;

use self::bound::{Bounder, Chosen, may_apply};
use self::model::{Dead, Model, excludes};
use self::options::{Mask, Options, bit, names};
use self::sums::Classes;
use super::scratch::Scratch;
use super::walk::{Gate, Mark, Walk};
use crate::compile::Plan;
use crate::compile::plan::PlanBenefit;

/// Buffers of a search, reused.
#[derive(Debug, Default)]
pub(crate) struct Search {
    pub model: Model,
    classes: Classes,
    bounder: Bounder,
    decisions: Vec<Decision>,
    frames: Vec<Frame>,
    marks: Vec<Mark>,
    /// The best sets found, best first.
    best: Vec<Set>,
    keep: usize,
    pub nodes: u64,
    /// How rules of options that were taken stand where their stage combines rules.
    trust: Trust,
    /// Where sets are priced again that such stages were not asked about; nothing until one is.
    second: Option<Box<Scratch>>,
}

/// Whether a stage that combines its rules is asked to select those of the options that were taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Trust {
    /// It is not: a set it would not select whole is found out when it would be among the best.
    #[default]
    Presumed,
    Asked,
}

/// Which option is decided in front of which candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Decision {
    at: usize,
    option: usize,
}

/// A set of options with what it comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Set {
    pub payable: i64,
    pub taken: Mask,
}

impl Set {
    /// Better first: less to pay, then fewer options, then the preferred ones.
    fn order(self) -> (i64, u32, std::cmp::Reverse<Mask>) {
        (self.payable, self.taken.count_ones(), std::cmp::Reverse(self.taken))
    }
}

/// A node whose second branch has not been looked at.
#[derive(Clone, Copy, Debug)]
struct Frame {
    second: Node,
    bound: i64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Node {
    chosen: Chosen,
    /// Taken, and not yet seen to grant.
    owed: Mask,
    /// The next decision.
    next: usize,
    /// Stages that were not asked to select what was taken.
    presumed: u32,
}

impl Node {
    /// All of a set taken, with nothing left to decide.
    fn of(taken: Mask) -> Self {
        Self { chosen: Chosen { taken, ..Chosen::default() }, owed: taken, ..Self::default() }
    }
}

/// What a search may do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    /// Most options taken.
    pub options: u32,
    /// Most nodes looked at.
    pub nodes: u64,
    /// How many of the best sets to keep.
    pub keep: usize,
    /// Options that every set holds.
    pub must: Mask,
}

/// What a search found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub sets: Vec<Set>,
    /// How much less some set that was not looked at might cost; none when all were.
    pub gap: Option<i64>,
}

impl Found {
    /// A set that has no rival.
    pub fn only(taken: Mask) -> Self {
        Self { sets: vec![Set { payable: 0, taken }], gap: None }
    }
}

impl Search {
    /// Finds the best sets of options.
    pub fn run(&mut self, plan: &Plan, walk: &mut Walk<'_>, options: &Options, reach: Reach) -> Found {
        self.best.clear();
        self.frames.clear();
        (self.nodes, self.keep) = (0, reach.keep);
        self.model.relate(plan, walk, options);
        self.decide_when(plan, options);
        let first = self.decisions.first().map_or(0, |decision| decision.at);
        self.open_gates(walk, first, Chosen::default());
        walk.run_to(first);
        self.model.measure(plan, walk, &mut self.classes);
        self.try_least(plan, walk, options, reach);
        self.try_all(plan, walk, options, reach);
        let mut node = self.root(options, reach);
        loop {
            let below = self.descend(plan, walk, options, &mut node);
            let is_open = below.is_some() || !self.frames.is_empty();
            if is_open && self.nodes > reach.nodes {
                return self.cut_off(below);
            }
            if below.is_some() {
                continue;
            }
            let Some(frame) = self.frames.pop() else { break };
            walk.go_back(&self.marks[self.frames.len()]);
            node = frame.second;
        }
        Found { sets: std::mem::take(&mut self.best), gap: None }
    }

    /// The node where nothing is decided.
    fn root(&self, options: &Options, reach: Reach) -> Node {
        let Reach { must, .. } = reach;
        let left = reach.options.saturating_sub(must.count_ones());
        let mut chosen = Chosen { taken: must, open: options.all() & !must, left };
        for option in (0..options.len()).filter(|option| must & bit(*option) != 0) {
            self.shut_out(options, option, &mut chosen);
        }
        if left == 0 {
            chosen.open = 0;
        }
        Node { chosen, owed: must, ..Node::default() }
    }

    /// The answer when the budget has run out: no set that was not looked at costs less than the least bound, be it that of the
    /// node at hand.
    fn cut_off(&mut self, bound: Option<i64>) -> Found {
        let open = self.frames.iter().map(|frame| frame.bound).chain(bound);
        let least = open.min().unwrap_or(i64::MAX);
        let best = self.best.first().map_or(0, |set| set.payable);
        Found { sets: std::mem::take(&mut self.best), gap: Some((best - least).max(0)) }
    }

    /// Sorts decisions by the candidate in front of which they must be made.
    fn decide_when(&mut self, plan: &Plan, options: &Options) {
        self.decisions.clear();
        for option in 0..options.len() {
            let own = options.get(option);
            let matters = |step: &model::Step| {
                let names = own.asked.is_some_and(|key| names(&plan.rules[step.rule as usize], key));
                let yields =
                    step.unlocked_by == 0 && own.rule.is_some_and(|rule| excludes(plan, rule, step.rule));
                step.unlocked_by & bit(option) != 0 || names || yields
            };
            if let Some(at) = self.model.steps.iter().position(matters) {
                self.decisions.push(Decision { at: self.model.stage_start(plan, at), option });
            }
        }
        self.decisions.sort_unstable();
    }

    /// Walks to the next decision and makes it. Returns the node's bound when there is more below, none at an end.
    fn descend(
        &mut self,
        plan: &Plan,
        walk: &mut Walk<'_>,
        options: &Options,
        node: &mut Node,
    ) -> Option<i64> {
        let mut bound = None;
        loop {
            let decision = self.next_decision(node);
            let until = decision.map_or(self.model.steps.len(), |decision| decision.at);
            if until > walk.at() {
                bound = None;
                if !self.walk_to(walk, until, options, node) {
                    return None;
                }
            }
            let Some(Decision { option, .. }) = decision else {
                self.note_leaf(plan, walk, options, *node);
                return None;
            };
            let bound = match bound {
                Some(bound) => bound,
                None => {
                    self.nodes += 1;
                    let enough = self.best.get(self.keep - 1).map_or(i64::MAX, |worst| worst.payable);
                    let fresh = self.bounder.bound(walk, &self.model, &self.classes, node.chosen, enough);
                    if !self.may_improve(fresh, node.chosen) {
                        return None;
                    }
                    self.drop_idle(plan, node);
                    *bound.insert(fresh)
                }
            };
            if node.chosen.open & bit(option) != 0 {
                self.branch(walk, options, node, (option, bound));
                return Some(bound);
            }
        }
    }

    fn next_decision(&self, node: &mut Node) -> Option<Decision> {
        loop {
            let decision = self.decisions.get(node.next).copied()?;
            if node.chosen.open & bit(decision.option) != 0 {
                return Some(decision);
            }
            node.next += 1;
        }
    }

    /// Drops the options that can no longer grant anything: what a rule can take only falls.
    fn drop_idle(&self, plan: &Plan, node: &mut Node) {
        for (option, step) in self.model.step_of.iter().enumerate() {
            let own = bit(option);
            if let Some(at) = *step
                && node.chosen.open & own != 0
                && !self.may_grant(plan, at, node.chosen, own)
            {
                node.chosen.open &= !own;
            }
        }
    }

    /// Lets everything before `until` apply; false when an option that was taken did not.
    fn walk_to(&mut self, walk: &mut Walk<'_>, until: usize, options: &Options, node: &mut Node) -> bool {
        let from = walk.at();
        for (key, entering) in options.codes() {
            if (node.chosen.open | node.chosen.taken) & entering == 0 {
                walk.forget_code(*key);
            }
        }
        let end = self.open_gates(walk, until, node.chosen);
        walk.run_to(until);
        if walk.inside_of().is_none() {
            // What stages looked at to combine their own rules counts as well.
            self.nodes += walk.nodes();
            node.presumed += walk.presumed();
        }
        for step in &self.model.steps[from..end] {
            let due = step.unlocked_by & node.owed;
            if due != 0 {
                if !walk.has_applied(step.rule) {
                    return false;
                }
                node.owed &= !due;
            }
        }
        true
    }

    /// Opens and shuts the gates of the candidates before `until`; returns where the walk will end.
    fn open_gates(&self, walk: &mut Walk<'_>, until: usize, chosen: Chosen) -> usize {
        let end = walk.end_of(until);
        for at in walk.at()..end {
            let step = &self.model.steps[at];
            let gate = if step.unlocked_by != 0 {
                match (step.unlocked_by & chosen.taken, self.trust) {
                    (0, Trust::Presumed | Trust::Asked) => Gate::NotChosen,
                    (1.., Trust::Presumed) => Gate::Taken,
                    (1.., Trust::Asked) => Gate::Open,
                }
            } else if step.foes & chosen.taken != 0 {
                Gate::SetAside
            } else {
                Gate::Open
            };
            walk.set_gate(at, gate);
        }
        end
    }

    /// Whether some completion of a node could still be among the best.
    fn may_improve(&mut self, bound: i64, chosen: Chosen) -> bool {
        let Some(worst) = self.best.get(self.keep - 1).copied() else { return true };
        if bound != worst.payable {
            return bound < worst.payable;
        }
        // At best as cheap: fewer options, or preferred ones, must decide.
        let needed = self.bounder.options_needed(worst.payable);
        let least = chosen.taken.count_ones().saturating_add(needed);
        match least.cmp(&worst.taken.count_ones()) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Greater => false,
            std::cmp::Ordering::Equal => first_of(chosen.open, needed) | chosen.taken > worst.taken,
        }
    }

    /// Makes a decision: the likelier branch first, the other one later.
    fn branch(&mut self, walk: &Walk<'_>, options: &Options, node: &mut Node, (option, bound): (usize, i64)) {
        node.next += 1;
        node.chosen.open &= !bit(option);
        let mut skip = *node;
        let mut take = skip;
        if self.keep == 1 {
            // The second best set may be one of several that do the same.
            skip.chosen.open &= !self.model.doubles[option];
        }
        take.chosen.taken |= bit(option);
        take.chosen.left -= 1;
        take.owed |= bit(option);
        self.shut_out(options, option, &mut take.chosen);
        if take.chosen.left == 0 {
            take.chosen.open = 0;
        }
        let take_first =
            self.model.step_of[option].is_none_or(|at| self.is_best_of_its_kind(at, skip.chosen));
        let depth = self.frames.len();
        if self.marks.len() <= depth {
            self.marks.push(Mark::default());
        }
        walk.save(&mut self.marks[depth]);
        let second = if take_first { skip } else { take };
        *node = if take_first { take } else { skip };
        self.frames.push(Frame { second, bound });
    }

    /// Shuts out the options that no longer fit beside one that was taken.
    fn shut_out(&self, options: &Options, option: usize, chosen: &mut Chosen) {
        if let Some(key) = options.get(option).asked {
            // A code is used in one way.
            chosen.open &= !options.entering(key);
        }
        let Some(at) = self.model.step_of[option] else { return };
        let step = &self.model.steps[at];
        chosen.open &= !(step.foes | step.unlocked_by);
        if step.mates != 0 && (step.mates & chosen.taken).count_ones() >= step.room {
            chosen.open &= !step.mates;
        }
    }

    /// Whether a step can still grant something: money by its ceiling, a gift, points, or something for later.
    fn may_grant(&self, plan: &Plan, at: usize, chosen: Chosen, own: Mask) -> bool {
        let step = &self.model.steps[at];
        let with = Chosen { taken: chosen.taken | own, ..chosen };
        let benefit = &plan.rules[step.rule as usize].benefit;
        let gives =
            matches!(benefit, PlanBenefit::Gift(_) | PlanBenefit::PointsEarn(_) | PlanBenefit::Grant(_));
        // A deposit that counts as itself takes no money off either.
        let gives = gives || matches!(benefit, PlanBenefit::Presale(terms) if terms.worth == terms.deposit);
        step.dead == Dead::No && may_apply(step, with) && (gives || self.bounder.most(at) > 0)
    }

    /// Whether it is of those that take most together, or no undecided option that excludes it can take more.
    fn is_best_of_its_kind(&self, at: usize, chosen: Chosen) -> bool {
        if let Some(favoured) = self.bounder.is_favoured(&self.model, &self.model.steps[at]) {
            return favoured;
        }
        let own = self.bounder.most(at);
        let mut rivals = self.model.steps.iter().enumerate();
        !rivals.any(|(other, step)| {
            step.unlocked_by & self.model.steps[at].foes & chosen.open != 0 && self.bounder.most(other) > own
        })
    }
}

/// The first so many of a set of options.
fn first_of(options: Mask, count: u32) -> Mask {
    let (mut rest, mut first) = (options, 0);
    for _ in 0..count {
        let Some(at) = (Mask::BITS - 1).checked_sub(rest.leading_zeros()) else { break };
        first |= 1 << at;
        rest &= !(1 << at);
    }
    first
}
