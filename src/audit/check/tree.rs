//! Verifies a case distinction: every order is in one of its cases, and each case adds up.

use std::collections::BTreeSet;

use super::CheckError;
use super::reads::musts;
use super::remains::{Remains, Way};
use super::shelf::{Shelf, enabled};
use super::takes::{Gifts, Takes, takes};
use crate::audit::certificate::{Form, Tree};
use crate::bounds::PPM;
use crate::rules::{Condition, Promise, Rule, RuleSet, Select, Test, Thresholds, View};
use crate::shop::Catalogue;

/// What rounding may add to a promise's threshold, in minor units, besides one for each amount that is rounded.
const TOLERANCE: i128 = 10;

/// Most rules, times rules and classes, that are added up.
const SIZE_MAX: usize = 1 << 22;

/// So much, or less, of some classes.
#[derive(Clone)]
struct Fact {
    of: Vec<bool>,
    at: i128,
}

/// What is known of a case.
#[derive(Clone, Default)]
struct Known {
    at_least: Vec<Fact>,
    at_most: Vec<Fact>,
}

impl Known {
    fn most(&self, of: &[bool]) -> i128 {
        let covering = self.at_most.iter().filter(|fact| is_inside(of, &fact.of));
        covering.map(|fact| fact.at).min().unwrap_or(i128::MAX)
    }
}

fn is_inside(inner: &[bool], outer: &[bool]) -> bool {
    inner.iter().zip(outer).all(|(inner, outer)| *outer || !*inner)
}

/// Which promise, with which thresholds, and what rounding may add in minor units.
pub(super) struct Asked {
    pub promise: Promise,
    pub thresholds: Thresholds,
    pub tolerance: i64,
}

/// All that the cases of a promise are checked against.
pub(super) struct Cases<'r> {
    rules: Vec<(&'r Rule, Takes)>,
    /// Rules of which one takes, or one takes from any unit.
    teams: Vec<Vec<usize>>,
    /// Of each class, so many millionths may come off.
    may_take: Vec<i128>,
    cheapest: i128,
    most_in_all: Option<i128>,
    /// Which rules take shares of what is left, and how these are put together.
    remains: Remains,
    /// Whether several rules of a stage share out units.
    shares_units: Vec<bool>,
    allowed: i128,
}

impl<'r> Cases<'r> {
    pub(super) fn new(
        rules: &'r RuleSet,
        catalogue: &Catalogue,
        shelf: &Shelf<'_>,
        asked: &Asked,
    ) -> Result<Self, CheckError> {
        let Asked { promise, thresholds, tolerance } = *asked;
        let no_bound = |why: &str| CheckError::NoBound { why: why.to_owned() };
        let whole = i128::from(PPM);
        let (may_take, limit, gifts) = match promise {
            Promise::AboveCost | Promise::SplitFarm => {
                let margins = shelf.margins().ok_or_else(|| no_bound("a cost is not known"))?;
                // What is had without end may not be lost at all.
                let limit = if promise == Promise::SplitFarm { 0 } else { thresholds.loss };
                (margins, i128::from(limit), Gifts::Cost)
            }
            Promise::Depth => (shelf.depth(&thresholds), 0, Gifts::DoNotCount),
            // All but one minor unit.
            _other => (vec![whole; shelf.classes.len()], -1, Gifts::DoNotCount),
        };
        let cost_of = |sku: &crate::shop::Sku| Some(catalogue.cost_of(sku)?.minor());
        let mut known = Vec::new();
        let counts = |rule: &&Rule| promise != Promise::SplitFarm || !has_an_end(rule);
        for rule in enabled(rules).filter(counts) {
            let takes = takes(rules, rule, shelf, gifts, &cost_of);
            known.push((rule, takes.ok_or_else(|| no_bound("a rule takes without a bound"))?));
        }
        let size = known.len().saturating_mul(known.len().saturating_add(shelf.classes.len()));
        if size > SIZE_MAX {
            return Err(no_bound("there are too many rules and classes"));
        }
        let rounding: i128 = known.iter().map(|(_, takes)| takes.rounding).sum();
        let is_strict = matches!(promise, Promise::NotFree | Promise::SplitFarm);
        let tolerance_max = if is_strict { 0 } else { TOLERANCE.saturating_add(rounding) };
        if i128::from(tolerance) > tolerance_max || tolerance < 0 {
            return Err(no_bound("it allows for more than rounding"));
        }
        let everything = vec![true; shelf.classes.len()];
        let gives_gifts = known.iter().any(|(rule, _)| rule.benefit.gift().is_some());
        let cap = rules.caps.order_amount.filter(|_| !gives_gifts);
        let cap = cap.and_then(|cap| cap.to_money(rules.currency).ok());
        Ok(Self {
            teams: teams(rules, &known.iter().map(|(rule, _)| *rule).collect::<Vec<_>>()),
            shares_units: known.iter().map(|(rule, _)| shares_out(select(rules, rule))).collect(),
            remains: Remains::new(rules, catalogue, shelf, &known),
            rules: known,
            may_take,
            cheapest: i128::from(shelf.cheapest(&everything)),
            most_in_all: cap.map(|cap| i128::from(cap.minor())),
            allowed: (limit + i128::from(tolerance)) * whole,
        })
    }

    /// Walks the tree with a list of what is left to do, so that no certificate can nest too deep.
    pub(super) fn check(&self, tree: &Tree) -> Result<(), CheckError> {
        let classes = self.may_take.len();
        let everything = Fact { of: vec![true; classes], at: self.cheapest };
        let mut open = vec![(tree, Known { at_least: vec![everything], at_most: Vec::new() })];
        let mut number = 0;
        while let Some((tree, known)) = open.pop() {
            match tree {
                Tree::Split { classes: named, at_minor, below, from } => {
                    let named: BTreeSet<usize> = named.iter().copied().collect();
                    let of: Vec<bool> = (0..classes).map(|class| named.contains(&class)).collect();
                    let at = i128::from(*at_minor);
                    let (mut less, mut more) = (known.clone(), known);
                    // Amounts are whole minor units: less than `at` is at most one less.
                    less.at_most.push(Fact { of: of.clone(), at: at - 1 });
                    more.at_least.push(Fact { of, at });
                    open.push((from, more));
                    open.push((below, less));
                }
                Tree::Leaf { forms, lower, upper } => {
                    number += 1;
                    self.leaf(&known, forms, lower, upper).ok_or(CheckError::Open { number })?;
                }
                Tree::Empty { lower, upper } => {
                    number += 1;
                    let ends = known.at_least.get(*lower).zip(known.at_most.get(*upper));
                    let is_empty =
                        ends.is_some_and(|(low, high)| is_inside(&low.of, &high.of) && low.at > high.at);
                    is_empty.then_some(()).ok_or(CheckError::Open { number })?;
                }
            }
        }
        Ok(())
    }

    /// A case closes in one of the ways to put shares together; each is a bound.
    fn leaf(&self, known: &Known, forms: &[Form], lower: &[i64], upper: &[i64]) -> Option<()> {
        let closes = |way| self.leaf_by(way, known, forms, lower, upper);
        closes(Way::Product).or_else(|| closes(Way::Sum))
    }

    /// What rules take less what they may, plus the weighted facts: no class may count for more than nothing, and the
    /// constant must be within what is allowed.
    fn leaf_by(&self, way: Way, known: &Known, forms: &[Form], lower: &[i64], upper: &[i64]) -> Option<()> {
        let fits = forms.len() == self.rules.len()
            && lower.len() == known.at_least.len()
            && upper.len() == known.at_most.len()
            && lower.iter().chain(upper).all(|weight| *weight >= 0);
        fits.then_some(())?;
        let (mut constant, mut weights) = self.sum(way, known, forms)?;
        for (weight, may_take) in weights.iter_mut().zip(&self.may_take) {
            *weight = weight.checked_sub(*may_take)?;
        }
        let ends = known.at_least.iter().zip(lower).map(|(fact, weight)| (fact, i128::from(*weight)));
        let ends =
            ends.chain(known.at_most.iter().zip(upper).map(|(fact, weight)| (fact, -i128::from(*weight))));
        for (fact, weight) in ends {
            constant = constant.checked_sub(weight.checked_mul(fact.at)?)?;
            for (sum, _) in weights.iter_mut().zip(&fact.of).filter(|(_, of)| **of) {
                *sum = sum.checked_add(weight)?;
            }
        }
        (weights.iter().all(|weight| *weight <= 0) && constant <= self.allowed).then_some(())
    }

    /// The rules together in the forms named: millionths of a minor unit, and of each class.
    fn sum(&self, way: Way, known: &Known, forms: &[Form]) -> Option<(i128, Vec<i128>)> {
        let whole = i128::from(PPM);
        let mut minor: i128 = self.rules.iter().map(|(_, takes)| takes.rounding).sum();
        let mut weights = vec![0_i128; self.may_take.len()];
        let mut left = self.remains.nothing_taken();
        for team in &self.teams {
            let (mut amount, mut steepest) = (0_i128, vec![0_i128; weights.len()]);
            let mut beside = steepest.clone();
            let mut in_proportion = Vec::new();
            for at in team {
                let ((_, takes), form) = (self.rules.get(*at)?, forms.get(*at)?);
                match form {
                    Form::Nothing => takes_nothing(takes, known).then_some(())?,
                    Form::Flat => {
                        let own = amount_of(takes, known)?;
                        let alone = !self.shares_units.get(*at)?;
                        amount = if alone { amount.max(own) } else { amount.checked_add(own)? };
                    }
                    Form::Slope => {
                        let own = shares_of(takes, known)?;
                        if takes.moved && *self.shares_units.get(*at)? {
                            // One rule takes from a unit, but the goods counted are not the units taken from.
                            beside.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
                        } else {
                            steepest.iter_mut().zip(own).for_each(|(most, own)| *most = (*most).max(own));
                        }
                        in_proportion.push(*at);
                    }
                }
            }
            minor = minor.checked_add(amount)?;
            weights.iter_mut().zip(beside).for_each(|(sum, own)| *sum += own);
            let stage = match way {
                Way::Product => self.remains.stage_of(&in_proportion),
                Way::Sum => None,
            };
            match stage {
                Some(stage) => {
                    self.remains.take(&mut left, stage, &steepest);
                    self.remains.add_moved(&mut weights, &in_proportion);
                }
                None => weights.iter_mut().zip(steepest).for_each(|(sum, own)| *sum += own),
            }
        }
        for (weight, left) in weights.iter_mut().zip(self.remains.products(&left)) {
            *weight += whole - left;
        }
        if let Some(cap) = self.most_in_all
            && weights.iter().all(|weight| *weight == 0)
        {
            minor = minor.min(cap);
        }
        Some((minor.checked_mul(whole)?, weights))
    }
}

/// Whether what a rule needs is not there.
fn takes_nothing(takes: &Takes, known: &Known) -> bool {
    let unmet = takes.needs.iter().any(|(of, at)| known.most(of) < *at);
    let below = |ladder: &super::takes::Ladder| {
        let most = known.most(&ladder.of);
        ladder.steps.iter().all(|(at, _)| most < *at)
    };
    let never =
        takes.shares.iter().all(|share| *share == 0) && takes.amount.is_none() && takes.ladder.is_none();
    unmet || never || takes.ladder.as_ref().is_some_and(below)
}

/// The most a rule takes in a case, as an amount.
fn amount_of(takes: &Takes, known: &Known) -> Option<i128> {
    let reached = takes.ladder.as_ref().and_then(|ladder| {
        let most = known.most(&ladder.of);
        if ladder.again {
            let (at, amount) = ladder.steps.first()?;
            (most < i128::MAX).then(|| most.div_euclid(*at).checked_mul(*amount))?
        } else {
            let reached = ladder.steps.iter().filter(|(at, _)| *at <= most);
            Some(reached.map(|(_, amount)| *amount).max().unwrap_or(0))
        }
    });
    match (takes.amount, reached) {
        (Some(amount), Some(reached)) => Some(amount.min(reached)),
        (one, None) | (None, one) => one,
    }
}

/// The most a rule takes in a case, in proportion; `None` for an amount that comes whatever is spent.
fn shares_of(takes: &Takes, known: &Known) -> Option<Vec<i128>> {
    let Some(ladder) = &takes.ladder else {
        let only_amount = takes.amount.is_some() && takes.shares.iter().all(|share| *share == 0);
        return (!only_amount).then(|| takes.shares.clone());
    };
    Some(ladder.shares(&takes.shares, known.most(&ladder.of)))
}

/// Whether one customer can have a rule in so many orders and no more: by limits that every order uses up, by what is in the
/// wallet, or by the number of the order.
fn has_an_end(rule: &Rule) -> bool {
    let limits = &rule.limits;
    let counts = [limits.uses, limits.uses_per_customer, limits.units, limits.units_per_customer];
    let is_early = |test: &Condition| match test.view() {
        View::Test(Test::FirstOrder) => true,
        View::Test(Test::OrderNumber(number)) => number.at_most.is_some(),
        View::All(_)
        | View::Any(_)
        | View::Not(_)
        | View::Test(
            Test::Goods(_)
            | Test::Shipping(_)
            | Test::Window(_)
            | Test::Weekly(_)
            | Test::Code(_)
            | Test::Fact,
        ) => false,
    };
    counts.iter().any(Option::is_some)
        || rule.money_budget().is_some()
        || rule.benefit.is_from_wallet()
        || rule.condition.iter().flat_map(musts).any(is_early)
}

fn select(rules: &RuleSet, rule: &Rule) -> Select {
    rules.stages.iter().find(|stage| stage.id == rule.stage).map_or(Select::All, |stage| stage.select)
}

/// Whether several rules of such a stage may take, each from units of its own.
const fn shares_out(select: Select) -> bool {
    match select {
        Select::BestPerLine | Select::BestPerUnit | Select::BestAssignment => true,
        Select::All | Select::First | Select::Best | Select::BestCombination => false,
    }
}

/// Rules put together as long as each is apart from all of its team.
fn teams(rules: &RuleSet, list: &[&Rule]) -> Vec<Vec<usize>> {
    let mut teams: Vec<Vec<usize>> = Vec::new();
    for (at, rule) in list.iter().enumerate() {
        let joins = |team: &&mut Vec<usize>| {
            team.iter().all(|other| list.get(*other).is_some_and(|other| are_apart(rules, rule, other)))
        };
        match teams.iter_mut().find(joins) {
            Some(team) => team.push(at),
            None => teams.push(vec![at]),
        }
    }
    teams
}

/// Whether of two rules one takes at most, or one from any unit: their stage has one winner, or they refuse each other.
fn are_apart(rules: &RuleSet, one: &Rule, other: &Rule) -> bool {
    let one_winner = match select(rules, one) {
        Select::First | Select::Best | Select::BestPerUnit => one.stage == other.stage,
        Select::All | Select::BestPerLine | Select::BestCombination | Select::BestAssignment => false,
    };
    one_winner || are_refused(one, other)
}

/// Whether of two rules the second to come does not apply once the first has, by what the rule file says of the two.
pub(super) fn are_refused(one: &Rule, other: &Rule) -> bool {
    let refuses = |one: &Rule, other: &Rule| {
        let named = &one.stacking.excludes;
        named.rules.contains(&other.id)
            || named.stages.contains(&other.stage)
            || !named.tags.is_disjoint(&other.tags)
    };
    let grouped = one.stacking.group.is_some() && one.stacking.group == other.stacking.group;
    grouped || refuses(one, other) || refuses(other, one)
}
