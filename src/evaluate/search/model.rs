//! What a search must know of the rules: which go together, which goods they reach, what they may give at most.

use super::ceiling::Ceiling;
use super::doubles::find_doubles;
use super::kin::Kin;
use super::options::{Mask, Options};
use super::sums::{Classes, Row, Sphere};
use crate::compile::Plan;
use crate::compile::plan::{
    Enabled, Leaf, LeafTest, PlanBenefit, PlanRule, PlanSelector, PlanStage, Value, WithShipping, go_together,
};
use crate::compile::program::Program;
use crate::evaluate::walk::Walk;
use crate::money::RoundingPer;
use crate::rules::{Exclusive, Per, Select, Undeclared};

/// The candidates of a cart as steps, in pipeline order.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub steps: Vec<Step>,
    /// By option: the step of its rule.
    pub(super) step_of: Vec<Option<usize>>,
    pub(super) gates: Vec<SpendGate>,
    pub(super) kin: Kin,
    /// By option: those that do the same and that it comes before.
    pub(super) doubles: Vec<Mask>,
    /// How many steps fold.
    pub(super) folding: usize,
    /// Some step may cut runs, so how many there will be is not known.
    pub(super) cuts: Cuts,
    /// Stages other steps look back to.
    pub(super) snapshots: u32,
    /// The stage whose rules are being combined.
    inside: Option<u32>,
}

/// Whether runs may still be cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Cuts {
    #[default]
    No,
    Yes,
}

/// A candidate.
#[derive(Debug)]
pub(crate) struct Step {
    pub rule: u32,
    pub(super) stage: u32,
    /// Options any of which lets it apply; none for an automatic rule.
    pub unlocked_by: Mask,
    /// Options that do not go together with it.
    pub foes: Mask,
    /// Options of its stage, and how many of them can apply: none when there is room for all.
    pub(super) mates: Mask,
    pub(super) room: u32,
    /// Steps of which at most one applies.
    pub(super) clique: u32,
    /// Its number among those whose exclusions are compared.
    pub(super) number: u32,
    /// It cannot apply, whatever is chosen.
    pub(super) dead: Dead,
    pub(super) ceiling: Ceiling,
    /// The goods it may take money off.
    pub(super) target: Sphere,
    /// Spend it needs; a range of the model's.
    pub(super) gates: (u32, u32),
    /// The parts per million it takes off its target as it runs, where that is all it does.
    pub(super) folds: Option<i64>,
    /// What its stage computes from.
    pub(super) own: Row,
}

/// Whether a rule can apply at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dead {
    No,
    Yes,
}

/// A spend without which a rule gives nothing.
#[derive(Debug)]
pub(super) struct SpendGate {
    pub of: Sphere,
    pub row: Row,
    pub min: i64,
}

impl Model {
    /// Lists the candidates and works out who excludes whom.
    pub fn relate(&mut self, plan: &Plan, walk: &Walk<'_>, options: &Options) {
        self.inside = walk.inside_of();
        self.steps.clear();
        self.steps.extend(walk.candidates().iter().map(|number| Step::new(plan, *number, options)));
        self.step_of.clear();
        self.step_of.resize(options.len(), None);
        for (at, (_, option)) in options.iter().enumerate() {
            self.step_of[at] = self.steps.iter().position(|step| Some(step.rule) == option.rule);
        }
        self.find_room(plan, walk);
        if !plan.stacking.any && plan.stages.iter().all(|stage| !is_single(stage)) {
            self.kin.strangers(&mut self.steps);
        } else {
            self.kin.relate(plan, options, &mut self.steps);
        }
        find_doubles(plan, walk, options, &self.steps, &mut self.doubles);
    }

    /// Works out how many coupons of a stage can apply, where that is fewer than there are.
    fn find_room(&mut self, plan: &Plan, walk: &Walk<'_>) {
        for of_stage in self.steps.chunk_by_mut(|one, other| one.stage == other.stage) {
            let Some(first) = of_stage.first() else { continue };
            let room = room_of(&plan.stages[first.stage as usize], walk);
            let mates = of_stage.iter().fold(0, |all, step| all | step.unlocked_by);
            if mates.count_ones() > room {
                of_stage.iter_mut().for_each(|step| (step.mates, step.room) = (mates, room));
            }
        }
    }

    /// Looks at what the candidates ahead of a walk reach and may take.
    pub(super) fn measure(&mut self, plan: &Plan, walk: &Walk<'_>, classes: &mut Classes) {
        self.gates.clear();
        (self.cuts, self.folding) = (Cuts::No, 0);
        self.snapshots = plan.snapshots as u32;
        classes.begin(walk);
        let ahead = &walk.candidates()[walk.at()..];
        ahead.iter().for_each(|number| classes.see(walk, &plan.rules[*number as usize]));
        classes.settle(walk);
        for at in walk.at()..self.steps.len() {
            self.measure_step(plan, walk, classes, at);
        }
    }

    /// The first step of the stage a step is in, where the stage selects; else the step itself.
    pub(super) fn stage_start(&self, plan: &Plan, at: usize) -> usize {
        let stage = self.steps[at].stage;
        match plan.stages[stage as usize].select {
            Select::All => at,
            Select::BestCombination if self.inside == Some(stage) => at,
            Select::BestCombination
            | Select::First
            | Select::Best
            | Select::BestPerLine
            | Select::BestPerUnit
            | Select::BestAssignment => self.steps.partition_point(|step| step.stage < stage),
        }
    }

    fn measure_step(&mut self, plan: &Plan, walk: &Walk<'_>, classes: &Classes, at: usize) {
        let number = self.steps[at].rule;
        let rule = &plan.rules[number as usize];
        let mut dead =
            if rule.enabled == Enabled::No || walk.is_exhausted(number) { Dead::Yes } else { Dead::No };
        let from = self.gates.len() as u32;
        let necessary = rule.condition.iter().flat_map(Program::necessary);
        for (leaf, must) in necessary {
            match &leaf.test {
                LeafTest::Spend { of, value, min, with_shipping, .. } if must => {
                    let of = classes.sphere(walk, of, Fees::of(*with_shipping));
                    self.gates.push(SpendGate { of, row: self.row_of_gate(plan, at, *value), min: *min });
                }
                test => {
                    let fixed = if rule.per == Per::Order { walk.fixed_test(test) } else { None };
                    if fixed.is_some_and(|holds| holds != must) {
                        dead = Dead::Yes;
                    }
                }
            }
        }
        if cuts(rule) && dead == Dead::No {
            self.cuts = Cuts::Yes;
        }
        let own = self.steps[at].own;
        let (ceiling, target) = Ceiling::of(walk, rule, number, classes);
        let step = &mut self.steps[at];
        (step.dead, step.ceiling, step.target) = (dead, ceiling, target);
        step.gates = (from, self.gates.len() as u32);
        step.folds = fold_rate(rule, own, walk);
        self.folding += usize::from(step.folds.is_some());
    }

    /// Where a stage selects, conditions see its start, whatever they name.
    fn row_of_gate(&self, plan: &Plan, at: usize, value: Value) -> Row {
        let sees_start = match plan.stages[self.steps[at].stage as usize].select {
            Select::First
            | Select::Best
            | Select::BestPerLine
            | Select::BestPerUnit
            | Select::BestAssignment => true,
            Select::All | Select::BestCombination => false,
        };
        let row = Row::of(value);
        if sees_start && row == Row::Now { Row::Entry } else { row }
    }
}

impl Step {
    fn new(plan: &Plan, number: u32, options: &Options) -> Self {
        let stage = plan.rules[number as usize].stage;
        let own = match plan.stages[stage as usize].own {
            Value::Now => Row::Now,
            Value::Entry | Value::List | Value::Snapshot(_) => Row::Entry,
        };
        Self {
            rule: number,
            stage,
            unlocked_by: options.unlocking(number),
            foes: 0,
            mates: 0,
            room: 0,
            clique: 0,
            number: 0,
            dead: Dead::No,
            ceiling: Ceiling::default(),
            target: Sphere::default(),
            gates: (0, 0),
            folds: None,
            own,
        }
    }
}

/// Whether fees count in a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fees {
    Too,
    Not,
}

impl Fees {
    pub const fn of(with: WithShipping) -> Self {
        match with {
            WithShipping::Yes => Self::Too,
            WithShipping::No => Self::Not,
        }
    }
}

/// Whether two rules never apply together, by what they say about each other (K-1).
pub(super) fn excludes(plan: &Plan, one: u32, other: u32) -> bool {
    let (a, b) = (&plan.rules[one as usize], &plan.rules[other as usize]);
    let says = |own: &PlanRule, number: u32, other: &PlanRule| {
        let Some(stacking) = &own.stacking else { return false };
        let tags = other.stacking.as_ref().map_or(&[][..], |other| &other.tags);
        let group = stacking.group.is_some()
            && other.stacking.as_ref().is_some_and(|other| other.group == stacking.group);
        group
            || stacking.excluded_rules.contains(&number)
            || stacking.excluded_tags.iter().any(|tag| tags.contains(tag))
            || stacking.excluded_stages.contains(&other.stage)
            || match stacking.exclusive {
                Some(Exclusive::Order) => true,
                Some(Exclusive::Stage) => own.stage == other.stage,
                Some(Exclusive::Lines | Exclusive::LinesInStage) | None => false,
            }
    };
    let strangers = plan.stacking.undeclared == Undeclared::Apart && !go_together(plan, one, other);
    strangers || says(a, other, b) || says(b, one, a)
}

/// The most rules of a stage that can apply to a cart.
fn room_of(stage: &PlanStage, walk: &Walk<'_>) -> u32 {
    let winners = match stage.select {
        Select::First | Select::Best => 1,
        // Each line and charge has one winner.
        Select::BestPerLine => (walk.products() + walk.shops_and_charges().1) as u32,
        Select::BestPerUnit => {
            let mut units = 0;
            walk.each_run(|_, of_run, _, _| units += of_run);
            units
        }
        Select::All | Select::BestCombination | Select::BestAssignment => u32::MAX,
    };
    winners.min(stage.max_rules)
}

/// Whether at most one rule of a stage applies.
pub(super) fn is_single(stage: &PlanStage) -> bool {
    match stage.select {
        Select::First | Select::Best => true,
        Select::All
        | Select::BestPerLine
        | Select::BestPerUnit
        | Select::BestCombination
        | Select::BestAssignment => stage.max_rules == 1,
    }
}

/// Whether a rule may cut a run: it takes only some of the units it selects.
fn cuts(rule: &PlanRule) -> bool {
    let limited = rule.limits.as_ref().is_some_and(|limits| {
        limits.units != u64::MAX
            || limits.customer_units != u64::MAX
            || limits.order_units != u64::MAX
            || !limits.quotas.is_empty()
    });
    limited
        || match &rule.benefit {
            PlanBenefit::PercentOff { keep, .. }
            | PlanBenefit::ReferencePercent { keep, .. }
            | PlanBenefit::AmountPerUnit { keep, .. }
            | PlanBenefit::AmountOnce { keep, .. }
            | PlanBenefit::UnitPrice { keep, .. } => keep.is_some(),
            PlanBenefit::BuyGet(_)
            | PlanBenefit::NthUnit(_)
            | PlanBenefit::UnitLadder { .. }
            | PlanBenefit::NFor { .. }
            | PlanBenefit::Presale(_)
            | PlanBenefit::UseBalance(_)
            | PlanBenefit::PointsRedeem(_)
            | PlanBenefit::Bundle(_) => true,
            PlanBenefit::GroupPrice(_)
            | PlanBenefit::BargainPrice { .. }
            | PlanBenefit::PointsEarn(_)
            | PlanBenefit::Grant(_)
            | PlanBenefit::TotalPrice { .. }
            | PlanBenefit::SpendTiers { .. }
            | PlanBenefit::Every { .. }
            | PlanBenefit::QuantityTiers { .. }
            | PlanBenefit::Gift(_)
            | PlanBenefit::Shipping(_) => false,
        }
}

/// The rate of a rule that takes just a share of its target as it runs, rounded once.
fn fold_rate(rule: &PlanRule, own: Row, walk: &Walk<'_>) -> Option<i64> {
    let plain = own == Row::Now
        && rule.per == Per::Order
        && rule.rounding.per == RoundingPer::Order
        && rule.cap_minor == i64::MAX
        && !walk.has_floors();
    let PlanBenefit::PercentOff { rate, keep: None, with_shipping: WithShipping::No, .. } = &rule.benefit
    else {
        return None;
    };
    (plain && rule.limits.is_none()).then_some(rate.ppm())
}

/// The selectors of a rule whose units its money or conditions depend on.
pub(super) fn each_selector<'r>(rule: &'r PlanRule, mut visit: impl FnMut(&'r PlanSelector)) {
    if let Some(condition) = &rule.condition {
        each_spend(condition, &mut visit);
    }
    match &rule.benefit {
        PlanBenefit::PercentOff { target, .. }
        | PlanBenefit::ReferencePercent { target, .. }
        | PlanBenefit::AmountPerUnit { target, .. }
        | PlanBenefit::AmountOnce { target, .. }
        | PlanBenefit::UnitPrice { target, .. }
        | PlanBenefit::TotalPrice { target, .. }
        | PlanBenefit::UnitLadder { target, .. }
        | PlanBenefit::NFor { target, .. } => visit(target),
        PlanBenefit::SpendTiers { target, qualifier, .. }
        | PlanBenefit::Every { target, qualifier, .. }
        | PlanBenefit::QuantityTiers { target, qualifier, .. } => {
            visit(target);
            qualifier.iter().for_each(visit);
        }
        PlanBenefit::BuyGet(offer) => visit(&offer.target.selector),
        PlanBenefit::NthUnit(offer) => visit(&offer.target),
        PlanBenefit::Bundle(bundle) => bundle.parts.iter().for_each(|part| visit(&part.selector)),
        PlanBenefit::GroupPrice(group) => visit(&group.target),
        PlanBenefit::BargainPrice { target, .. } => visit(target),
        PlanBenefit::Presale(presale) => visit(&presale.target),
        PlanBenefit::UseBalance(balance) => visit(&balance.target),
        PlanBenefit::PointsRedeem(redeem) => visit(&redeem.target),
        PlanBenefit::PointsEarn(_)
        | PlanBenefit::Grant(_)
        | PlanBenefit::Gift(_)
        | PlanBenefit::Shipping(_) => {}
    }
}

fn each_spend<'r>(condition: &'r Program<Leaf>, visit: &mut impl FnMut(&'r PlanSelector)) {
    for (leaf, must) in condition.necessary() {
        if let LeafTest::Spend { of, .. } = &leaf.test
            && must
        {
            visit(of);
        }
    }
}
