//! What ladders look at, what they come to, and what they ask.

use super::Pricing;
use super::offer::Asking;
use super::scratch::Scratch;
use super::state::State;
use super::verdict::Verdict;
use crate::compile::plan::{Off, PlanSelector, PlanStep, Value, WithShipping};

/// The goods a rule works on.
pub(super) struct Goods<R> {
    /// What they are worth at the rule's own base.
    pub worth: i64,
    /// Their runs, with how many units they are.
    pub runs: R,
}

impl Pricing<'_> {
    pub(super) fn ask_spend_tiers(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        target: &PlanSelector,
        looks_at: (Option<&PlanSelector>, Value),
        tiers: &[(i64, Off)],
    ) -> Result<(), Verdict> {
        let (from, worth) = self.gather(scratch, asking, target);
        let spend = self.measure_spend(&scratch.state, asking, looks_at, gathered(scratch, from, worth));
        self.ask_tier(scratch, asking, (from, worth), spend_tier(tiers, spend))
    }

    pub(super) fn ask_quantity_tiers(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        target: &PlanSelector,
        qualifier: Option<&PlanSelector>,
        tiers: &[(u32, Off)],
    ) -> Result<(), Verdict> {
        let (from, worth) = self.gather(scratch, asking, target);
        let goods = gathered(scratch, from, worth);
        let units = self.measure_units(&scratch.state, asking, qualifier, goods);
        self.ask_tier(scratch, asking, (from, worth), units_tier(tiers, units))
    }

    pub(super) fn ask_every(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        target: &PlanSelector,
        looks_at: (PlanStep, Option<&PlanSelector>, Value),
        (amount, times): (i64, u32),
    ) -> Result<(), Verdict> {
        let (from, worth) = self.gather(scratch, asking, target);
        let steps = self.count_steps(&scratch.state, asking, looks_at, gathered(scratch, from, worth));
        let steps = steps.inspect_err(|_| scratch.offer.takes.truncate(from))?;
        let total = steps.min(i64::from(times)).checked_mul(amount);
        let total = scratch.state.checked(total);
        let charges = scratch.offer.charges.len();
        self.ask_total(scratch, asking, (from, charges), worth, total);
        Ok(())
    }

    /// What a tier gives; nothing is asked when none is reached.
    fn ask_tier(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        (from, worth): (usize, i64),
        off: Result<Off, Verdict>,
    ) -> Result<(), Verdict> {
        match off.inspect_err(|_| scratch.offer.takes.truncate(from))? {
            Off::Percent(rate) => {
                self.ask_percent(scratch, asking, from, worth, rate, WithShipping::No);
            }
            Off::Amount(amount) => {
                let charges = scratch.offer.charges.len();
                self.ask_total(scratch, asking, (from, charges), worth, amount);
            }
            off @ (Off::UnitPrice(_) | Off::Price(_)) => self.ask_each(scratch, asking, from, off),
        }
        Ok(())
    }

    /// The spend a ladder looks at: of its qualifier, or of the goods it works on.
    pub(super) fn measure_spend(
        self,
        state: &State,
        asking: Asking<'_>,
        (qualifier, value): (Option<&PlanSelector>, Value),
        goods: Goods<impl Iterator<Item = (u32, u32)>>,
    ) -> i64 {
        match qualifier {
            Some(qualifier) => self.spend(state, qualifier, asking.part, value),
            None if value == asking.own => goods.worth,
            None => goods.runs.map(|(run, _)| state.worth(run, value)).sum(),
        }
    }

    /// The units a ladder looks at: of its qualifier, or of the goods it works on.
    pub(super) fn measure_units(
        self,
        state: &State,
        asking: Asking<'_>,
        qualifier: Option<&PlanSelector>,
        goods: Goods<impl Iterator<Item = (u32, u32)>>,
    ) -> u32 {
        match qualifier {
            Some(qualifier) => self.units(state, qualifier, asking.part),
            None => goods.runs.map(|(_, units)| units).sum(),
        }
    }

    /// How many times a step fits into what a ladder looks at.
    pub(super) fn count_steps(
        self,
        state: &State,
        asking: Asking<'_>,
        (step, qualifier, value): (PlanStep, Option<&PlanSelector>, Value),
        goods: Goods<impl Iterator<Item = (u32, u32)>>,
    ) -> Result<i64, Verdict> {
        match step {
            PlanStep::Spend(every) => {
                let spend = self.measure_spend(state, asking, (qualifier, value), goods);
                count_spend_steps(every, spend)
            }
            PlanStep::Quantity(every) => {
                count_unit_steps(every, self.measure_units(state, asking, qualifier, goods))
            }
        }
    }
}

/// The runs gathered from `from` on, which are worth so much.
fn gathered(scratch: &Scratch, from: usize, worth: i64) -> Goods<impl Iterator<Item = (u32, u32)>> {
    Goods { worth, runs: scratch.offer.takes[from..].iter().map(|take| (take.run, take.units)) }
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
