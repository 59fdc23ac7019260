//! What ladders look at, and what they come to.

use super::Pricing;
use super::offer::Asking;
use super::state::State;
use super::verdict::Verdict;
use crate::compile::plan::{Off, PlanSelector, PlanStep, Value};

/// The goods a rule works on, as far as its ladder asks.
#[derive(Clone, Copy)]
pub(super) struct Goods {
    /// What they are worth at the rule's own base.
    pub worth: i64,
    pub units: u32,
}

impl Pricing<'_> {
    /// The spend a ladder looks at: of its qualifier, or of the goods it works on, which are these runs.
    pub(super) fn measure_spend(
        self,
        state: &State,
        asking: Asking<'_>,
        (qualifier, value): (Option<&PlanSelector>, Value),
        goods: Goods,
        runs: impl Iterator<Item = u32>,
    ) -> i64 {
        match qualifier {
            Some(qualifier) => self.spend(state, qualifier, asking.part, value),
            None if value == asking.own => goods.worth,
            None => runs.map(|run| state.worth(run, value)).sum(),
        }
    }

    /// The units a ladder looks at: of its qualifier, or of the goods it works on.
    pub(super) fn measure_units(
        self,
        state: &State,
        asking: Asking<'_>,
        qualifier: Option<&PlanSelector>,
        goods: Goods,
    ) -> u32 {
        qualifier.map_or(goods.units, |qualifier| self.units(state, qualifier, asking.part))
    }

    /// How many times a step fits into what a ladder looks at.
    pub(super) fn count_steps(
        self,
        state: &State,
        asking: Asking<'_>,
        (step, qualifier, value): (PlanStep, Option<&PlanSelector>, Value),
        goods: Goods,
        runs: impl Iterator<Item = u32>,
    ) -> Result<i64, Verdict> {
        match step {
            PlanStep::Spend(every) => {
                let spend = self.measure_spend(state, asking, (qualifier, value), goods, runs);
                count_spend_steps(every, spend)
            }
            PlanStep::Quantity(every) => {
                count_unit_steps(every, self.measure_units(state, asking, qualifier, goods))
            }
        }
    }
}

/// The highest tier a spend reaches; says how much is missing to the first.
pub(super) fn spend_tier(tiers: &[(i64, Off)], spend: i64) -> Result<Off, Verdict> {
    let first = tiers.first().map_or(0, |(at, _)| *at);
    reached(tiers, spend).ok_or(Verdict::SpendShort(first - spend))
}

/// The highest tier a count reaches; says how many units are missing to the first.
pub(super) fn units_tier(tiers: &[(u32, Off)], units: u32) -> Result<Off, Verdict> {
    let first = tiers.first().map_or(0, |(at, _)| *at);
    reached(tiers, units).ok_or(Verdict::UnitsShort(first.saturating_sub(units)))
}

fn reached<T: Copy + Ord>(tiers: &[(T, Off)], measure: T) -> Option<Off> {
    let reached = tiers.partition_point(|(at, _)| *at <= measure);
    tiers[..reached].last().map(|(_, off)| *off)
}

/// Whole steps of a spend; says how much is missing to the first.
pub(super) fn count_spend_steps(every: i64, spend: i64) -> Result<i64, Verdict> {
    match spend.checked_div(every) {
        Some(0) | None => Err(Verdict::SpendShort(every - spend)),
        Some(steps) => Ok(steps),
    }
}

/// Whole steps of a count; says how many units are missing to the first.
pub(super) fn count_unit_steps(every: u32, units: u32) -> Result<i64, Verdict> {
    match units.checked_div(every) {
        Some(0) | None => Err(Verdict::UnitsShort(every.saturating_sub(units))),
        Some(steps) => Ok(i64::from(steps)),
    }
}
