//! What rules leave that take a share of what they find: the checker's own account of it.
//!
//! Let a class be worth `v` when such a rule comes to it. It leaves at least `(1 - s) v`, but for rounding, whatever amounts others
//! took before; and an amount that another takes is never more later for it. So after all of them at least `v (1 - s) (1 - t) …`
//! is left, less the amounts; where the rules of a stage compute from its start, at least `v (1 - s - t …)`. That a share is
//! one of every unit needs units that can give it: no floors, and no cap on what a line gives. The share is rounded once over
//! all goods of the rule. On some of them it may be a minor unit less for each piece; what is left there too much, another rule
//! takes from, so that its goods in such a rule's goods have to be all or none of them, or the pieces count.

use super::shelf::Shelf;
use super::takes::{Takes, up};
use crate::bounds::PPM;
use crate::money::RoundingPer;
use crate::rules::{Basis, Benefit, Per, PercentOf, Rule, RuleSet, Select, TierOff};
use crate::shop::Catalogue;

const WHOLE: i128 = PPM as i128;

/// How shares of what is left are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Product,
    Sum,
}

/// Of each stage, of each class, what its rules leave or take.
pub(super) type Left = Vec<Vec<i128>>;

/// Which rules take a share of what they find.
pub(super) struct Remains {
    classes: usize,
    /// For each stage whether shares of it add up.
    adds_up: Vec<bool>,
    /// Of each rule, the position of its stage, if it takes such a share.
    stages: Vec<Option<usize>>,
    /// Of each rule and class, what rounding may have moved there, in millionths.
    moved: Vec<Vec<i128>>,
}

/// Most pairs of rules, times classes, that are looked at.
const CUTS_MAX: usize = 1 << 26;

impl Remains {
    pub(super) fn new(
        rules: &RuleSet,
        catalogue: &Catalogue,
        shelf: &Shelf<'_>,
        known: &[(&Rule, Takes)],
    ) -> Self {
        let has_floor = catalogue.products().iter().any(|product| product.piece.floor_price.is_some());
        let gives_all = !has_floor && rules.caps.line_percent.is_none();
        let stage = |(rule, takes): &(&Rule, Takes)| {
            let finds = gives_all && !takes.moved && takes_what_it_finds(rules, rule);
            rules.stages.iter().position(|stage| finds && stage.id == rule.stage)
        };
        // Which shares are cut by which is asked of every two rules and class; of too many, shares are added up instead.
        let is_small =
            known.len().saturating_mul(known.len()).saturating_mul(shelf.classes.len()) <= CUTS_MAX;
        let stages: Vec<Option<usize>> =
            known.iter().map(|one| if is_small { stage(one) } else { None }).collect();
        let goods: Vec<Vec<bool>> =
            known.iter().map(|(_, takes)| takes.shares.iter().map(|share| *share > 0).collect()).collect();
        let moved = (0..known.len()).map(|at| moved(shelf, &stages, &goods, at)).collect();
        let adds_up = rules.stages.iter().map(|stage| match stage.select {
            Select::All | Select::BestCombination => stage.basis != Basis::Running,
            Select::First
            | Select::Best
            | Select::BestPerLine
            | Select::BestPerUnit
            | Select::BestAssignment => true,
        });
        Self { classes: shelf.classes.len(), adds_up: adds_up.collect(), stages, moved }
    }

    pub(super) fn nothing_taken(&self) -> Left {
        vec![vec![WHOLE; self.classes]; self.adds_up.len()]
    }

    /// The stage in which all of some rules take such shares; `None` when one does not, or they stand in several.
    pub(super) fn stage_of(&self, rules: &[usize]) -> Option<usize> {
        let first = self.stages.get(*rules.first()?).copied().flatten()?;
        let in_it = |at: &usize| self.stages.get(*at) == Some(&Some(first));
        rules.iter().all(in_it).then_some(first)
    }

    /// Takes shares of what is left in a stage.
    pub(super) fn take(&self, left: &mut Left, stage: usize, shares: &[i128]) {
        let adds_up = self.adds_up.get(stage).copied().unwrap_or(true);
        for (left, share) in left.get_mut(stage).into_iter().flatten().zip(shares) {
            let share = (*share).clamp(0, WHOLE);
            *left = if adds_up { *left - share } else { (*left * (WHOLE - share)).div_euclid(WHOLE) };
        }
    }

    /// Adds what rounding may have moved while one of some rules took its share.
    pub(super) fn add_moved(&self, weights: &mut [i128], rules: &[usize]) {
        for (class, weight) in weights.iter_mut().enumerate() {
            let moved = rules.iter().filter_map(|at| self.moved.get(*at)?.get(class));
            *weight += moved.max().copied().unwrap_or(0);
        }
    }

    /// Of each class what is left behind all stages, in millionths, rounded down.
    pub(super) fn products(&self, left: &Left) -> Vec<i128> {
        let behind = |class: usize| {
            let stages = left.iter().filter_map(|stage| stage.get(class));
            stages.fold(WHOLE, |whole, stage| (whole * (*stage).max(0)).div_euclid(WHOLE))
        };
        (0..self.classes).map(behind).collect()
    }
}

/// Whether a rule takes a share of what its goods are worth when it comes to them, rounded once.
fn takes_what_it_finds(rules: &RuleSet, rule: &Rule) -> bool {
    let percent = |off: TierOff| match off {
        TierOff::Percent(_) => true,
        TierOff::Amount(_) | TierOff::UnitPrice(_) => false,
    };
    let takes = match &rule.benefit {
        Benefit::PercentOff(off) => off.of == PercentOf::Value && !off.with_shipping,
        Benefit::SpendTiers(off) => off.tiers.iter().all(|tier| percent(tier.off)),
        Benefit::QuantityTiers(off) => off.tiers.iter().all(|tier| percent(tier.off)),
        Benefit::AmountOff(_)
        | Benefit::UnitPrice(_)
        | Benefit::TotalPrice(_)
        | Benefit::Every(_)
        | Benefit::BuyGet(_)
        | Benefit::NthUnit(_)
        | Benefit::UnitLadder(_)
        | Benefit::NFor(_)
        | Benefit::Bundle(_)
        | Benefit::Gift(_)
        | Benefit::Shipping(_)
        | Benefit::GroupPrice(_)
        | Benefit::BargainPrice(_)
        | Benefit::PointsEarn(_)
        | Benefit::PointsRedeem(_)
        | Benefit::Presale(_)
        | Benefit::UseBalance(_)
        | Benefit::Grant(_) => false,
    };
    let once = match rule.rounding.unwrap_or(rules.rounding).per {
        RoundingPer::Order => true,
        RoundingPer::Line | RoundingPer::Unit => false,
    };
    takes && once && matches!(rule.per, Per::Order | Per::Shop)
}

/// What rounding of a rule may leave too much of in each class that another such rule takes from without taking from all its
/// goods: a minor unit for each piece.
fn moved(shelf: &Shelf<'_>, stages: &[Option<usize>], goods: &[Vec<bool>], at: usize) -> Vec<i128> {
    let mut moved = vec![0; shelf.classes.len()];
    let (Some(Some(_)), Some(own)) = (stages.get(at), goods.get(at)) else { return moved };
    for (other, (stage, of)) in stages.iter().zip(goods).enumerate() {
        let takes_all = own.iter().zip(of).all(|(own, of)| *of || !*own);
        if other == at || stage.is_none() || takes_all {
            continue;
        }
        for (class, moved) in moved.iter_mut().enumerate() {
            let is_in = |list: &[bool]| list.get(class) == Some(&true);
            if is_in(own) && is_in(of) {
                let only: Vec<bool> = (0..own.len()).map(|one| one == class).collect();
                *moved = up(WHOLE, i128::from(shelf.cheapest(&only)));
            }
        }
    }
    moved
}
