//! A first walk over the rules: where they stand, and which of them say what at all. Rules are large, and walking over ten
//! thousand of them costs more than what most checks do with them; so the checks across rules, and the compiler after
//! them, read the census and visit only the rules it names.

use super::named::{Entry, Named};
use super::scope::Gaps;
use crate::rules::{Benefit, Rule, RuleSet, Stage};

/// Where a rule stands in the pipeline, but for its id.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Standing {
    /// The position of its stage; `None` when there is no such stage.
    pub(crate) stage: Option<u32>,
    pub(crate) rank: i32,
}

impl Standing {
    /// A number by which rules of all stages are sorted, but for their ids.
    pub(crate) fn in_stages(self) -> Option<u64> {
        // Turning the sign over puts the ranks below zero first.
        let rank = self.rank.cast_unsigned() ^ (1 << (i32::BITS - 1));
        Some(u64::from(self.stage?) << u32::BITS | u64::from(rank))
    }
}

/// What there is in a rule set. Rules are given by position, ascending.
#[derive(Debug, Default)]
pub(crate) struct Census<'r> {
    pub(super) ids: Named<'r>,
    /// By rule.
    stands: Vec<Standing>,
    /// By stage: whether rules stand in it, and whether one of them is switched on.
    pub(super) used: Vec<bool>,
    pub(super) running: Vec<bool>,
    /// Where the last stage stands in which a rule takes payment from the wallet.
    pub(super) last_payment: Option<usize>,
    /// Some rule earns points, or redeems them and is switched on.
    pub(super) earns_points: bool,
    pub(super) redeems_points: bool,
    /// Rules whose stacking says anything.
    pub(crate) stacking: Vec<usize>,
    pub(super) excluding: Vec<usize>,
    pub(super) declaring: Vec<usize>,
    pub(super) grouped: Vec<usize>,
    pub(super) with_coupon: Vec<usize>,
    pub(super) drawing_on_quotas: Vec<usize>,
    pub(super) presales: Vec<usize>,
}

impl<'r> Census<'r> {
    /// That of a rule set.
    pub(crate) fn of(rules: &'r RuleSet) -> Self {
        Self::take(rules, &Gaps::default())
    }

    /// That of what could be read of one.
    pub(super) fn take(rules: &'r RuleSet, gaps: &Gaps) -> Self {
        let count = rules.stages.len();
        let mut census = Self {
            stands: Vec::with_capacity(rules.rules.len()),
            used: vec![gaps.rules_missing(); count],
            running: vec![false; count],
            ..Self::default()
        };
        let mut ids = Vec::with_capacity(rules.rules.len());
        for (position, rule) in rules.rules.iter().enumerate() {
            ids.push(Entry::new(rule.id.as_str(), position));
            let stage = stage_position(&rules.stages, rule.stage.as_str());
            let number = stage.and_then(|stage| u32::try_from(stage).ok());
            census.stands.push(Standing { stage: number, rank: rule.rank });
            census.stand(stage, rule);
            census.benefit(stage, position, rule);
            let stacking = &rule.stacking;
            let said = [
                (!stacking.is_empty(), &mut census.stacking),
                (!stacking.excludes.is_empty(), &mut census.excluding),
                (!stacking.goes_with.is_empty(), &mut census.declaring),
                (stacking.group.is_some(), &mut census.grouped),
                (rule.coupon.is_some(), &mut census.with_coupon),
                (!rule.quotas.is_empty(), &mut census.drawing_on_quotas),
            ];
            for (says, who) in said {
                if says {
                    who.push(position);
                }
            }
        }
        census.ids = Named::sorted(ids);
        census
    }

    /// Rules of one of its lists, with their positions.
    pub(crate) fn rules<'p>(
        &'p self,
        rules: &'r RuleSet,
        positions: &'p [usize],
    ) -> impl Iterator<Item = (usize, &'r Rule)> {
        positions.iter().filter_map(|position| Some((*position, rules.rules.get(*position)?)))
    }

    /// The positions of all rules in the order of their ids.
    pub(crate) fn by_id(&self) -> impl Iterator<Item = usize> {
        self.ids.all().iter().map(|entry| entry.rule)
    }

    /// Where a rule stands.
    pub(crate) fn standing(&self, position: usize) -> Standing {
        self.stands.get(position).copied().unwrap_or_default()
    }

    fn stand(&mut self, stage: Option<usize>, rule: &Rule) {
        let Some(stage) = stage else { return };
        if let Some(used) = self.used.get_mut(stage) {
            *used = true;
        }
        if let Some(running) = self.running.get_mut(stage) {
            *running |= rule.enabled;
        }
    }

    fn benefit(&mut self, stage: Option<usize>, position: usize, rule: &Rule) {
        match &rule.benefit {
            Benefit::PointsRedeem(_) => {
                self.last_payment = self.last_payment.max(stage);
                self.redeems_points |= rule.enabled;
            }
            Benefit::UseBalance(_) => self.last_payment = self.last_payment.max(stage),
            Benefit::PointsEarn(_) => self.earns_points = true,
            Benefit::Presale(_) => self.presales.push(position),
            Benefit::PercentOff(_)
            | Benefit::AmountOff(_)
            | Benefit::UnitPrice(_)
            | Benefit::TotalPrice(_)
            | Benefit::SpendTiers(_)
            | Benefit::Every(_)
            | Benefit::QuantityTiers(_)
            | Benefit::BuyGet(_)
            | Benefit::NthUnit(_)
            | Benefit::UnitLadder(_)
            | Benefit::NFor(_)
            | Benefit::Bundle(_)
            | Benefit::Gift(_)
            | Benefit::Shipping(_)
            | Benefit::GroupPrice(_)
            | Benefit::BargainPrice(_)
            | Benefit::Grant(_) => {}
        }
    }
}

/// The position of a stage in the pipeline.
pub(super) fn stage_position(stages: &[Stage], id: &str) -> Option<usize> {
    stages.iter().position(|stage| stage.id.as_str() == id)
}
