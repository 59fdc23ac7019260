//! Rules that take whole runs and mind nothing but their own benefit: what the goods are worth, then what each run gives.
//!
//! Other rules write an offer first, which may lose to another one or to a cap, and put it into force later. Where every
//! rule of a stage applies, and neither floors nor caps nor limits can lower what it takes, these two passes are all.

use super::Pricing;
use super::apply::{count_spend_steps, count_unit_steps, down_to, percent_per_unit};
use super::force::{adjustment, locks};
use super::limits::Left;
use super::offer::Asking;
use super::scratch::{Applied, Scratch};
use super::state::{Floors, NONE, Part, State, Want};
use super::verdict::Verdict;
use crate::bounds::AMOUNT_MAX;
use crate::compile::plan::{Off, PlanBenefit, PlanSelector, PlanStep, Value, Way};
use crate::money::{Money, Rate, RoundMode, Rounding, RoundingPer, Shares};
use crate::record::On;

/// A run the rule at hand takes from, and what it is worth to the rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct DirectRun {
    run: u32,
    units: u32,
    worth: i64,
}

/// What a rule asks of its runs.
#[derive(Clone, Copy)]
enum Asks {
    /// One amount over all of them, by worth.
    Total(i64),
    /// A percentage of each product by itself.
    PerLine(Rate),
    /// A percentage of each unit by itself.
    PerUnit(Rate),
    /// The same reduction of each unit.
    Each(Off),
}

impl Pricing<'_> {
    /// Whether a rule can go this way: the plan says what the rule asks for, the state whether floors, the order's cap or
    /// what the rule's limits leave stand in the way.
    pub(super) fn goes_directly(self, scratch: &Scratch, number: u32, left: Left) -> bool {
        let rule = &self.plan.rules[number as usize];
        rule.way == Way::Direct
            && scratch.state.floors == Floors::None
            && scratch.order_cap_left == i64::MAX
            && (rule.limits.is_none() || self.leaves_enough(&scratch.state, left))
    }

    /// Whether limits leave more than the whole cart could use up: all its units, and what all goods are worth.
    fn leaves_enough(self, state: &State, left: Left) -> bool {
        let units = || self.cart.items().iter().map(|item| u64::from(item.units)).sum::<u64>();
        left.budget >= state.total && (left.units == u64::MAX || left.units >= units())
    }

    /// Applies a rule, or says why it gives nothing.
    pub(super) fn apply_directly(self, scratch: &mut Scratch, number: u32) -> Result<(), Verdict> {
        let rule = &self.plan.rules[number as usize];
        let own = self.plan.stages[rule.stage as usize].own;
        let asking = Asking { number, rule, part: Part::Order, own, cap: rule.cap_minor };
        let asks = self.condition_holds(scratch, rule, Part::Order).and_then(|()| self.asks(scratch, asking));
        self.note(scratch, asking, asks.map(|_| ()));
        let applied = take_asked(scratch, asking, asks?);
        if applied.granted == 0 {
            return Err(Verdict::NothingToTake);
        }
        scratch.applied.push(applied);
        scratch.stacking.apply(self.plan, number);
        Ok(())
    }

    /// Lists the runs of the rule and works out what it asks of them.
    fn asks(self, scratch: &mut Scratch, asking: Asking<'_>) -> Result<Asks, Verdict> {
        let rounding = asking.rule.rounding;
        match &asking.rule.benefit {
            PlanBenefit::PercentOff { target, rate, .. } => {
                let (worth, _) = self.list_runs(scratch, asking, target);
                Ok(percent(*rate, worth, rounding))
            }
            PlanBenefit::AmountPerUnit { target, amount, .. } => {
                self.list_runs(scratch, asking, target);
                Ok(Asks::Each(Off::Amount(*amount)))
            }
            PlanBenefit::AmountOnce { target, amount, .. } => {
                self.list_runs(scratch, asking, target);
                Ok(Asks::Total(*amount))
            }
            PlanBenefit::UnitPrice { target, price, .. } => {
                self.list_runs(scratch, asking, target);
                Ok(Asks::Each(Off::UnitPrice(*price)))
            }
            PlanBenefit::TotalPrice { target, price } => {
                let (worth, _) = self.list_runs(scratch, asking, target);
                Ok(Asks::Total((worth - price).max(0)))
            }
            PlanBenefit::SpendTiers { target, qualifier, value, tiers } => {
                let (worth, _) = self.list_runs(scratch, asking, target);
                let spend = self.spend_of(scratch, asking, worth, qualifier.as_ref(), *value);
                let reached = tiers.partition_point(|(at, _)| *at <= spend);
                let first = tiers.first().map_or(0, |(at, _)| *at);
                let (_, off) = tiers[..reached].last().ok_or(Verdict::SpendShort(first - spend))?;
                Ok(tier(*off, worth, rounding))
            }
            PlanBenefit::QuantityTiers { target, qualifier, tiers } => {
                let (worth, own) = self.list_runs(scratch, asking, target);
                let units = self.units_of(scratch, asking, own, qualifier.as_ref());
                let reached = tiers.partition_point(|(at, _)| *at <= units);
                let first = tiers.first().map_or(0, |(at, _)| *at);
                let short = Verdict::UnitsShort(first.saturating_sub(units));
                let (_, off) = tiers[..reached].last().ok_or(short)?;
                Ok(tier(*off, worth, rounding))
            }
            PlanBenefit::Every { target, qualifier, value, step, amount, times } => {
                let (worth, units) = self.list_runs(scratch, asking, target);
                let steps = match *step {
                    PlanStep::Spend(every) => {
                        let spend = self.spend_of(scratch, asking, worth, qualifier.as_ref(), *value);
                        count_spend_steps(every, spend)?
                    }
                    PlanStep::Quantity(every) => {
                        count_unit_steps(every, self.units_of(scratch, asking, units, qualifier.as_ref()))?
                    }
                };
                let steps = steps.min(i64::from(*times));
                Ok(Asks::Total(scratch.state.checked(steps.checked_mul(*amount))))
            }
            PlanBenefit::ReferencePercent { .. }
            | PlanBenefit::BuyGet(_)
            | PlanBenefit::NthUnit(_)
            | PlanBenefit::UnitLadder { .. }
            | PlanBenefit::NFor { .. }
            | PlanBenefit::Bundle(_)
            | PlanBenefit::Gift(_)
            | PlanBenefit::GroupPrice(_)
            | PlanBenefit::BargainPrice { .. }
            | PlanBenefit::Presale(_)
            | PlanBenefit::UseBalance(_)
            | PlanBenefit::PointsEarn(_)
            | PlanBenefit::PointsRedeem(_)
            | PlanBenefit::Grant(_)
            | PlanBenefit::Shipping(_) => {
                // The plan sends none of these here.
                scratch.direct.clear();
                Ok(Asks::Total(0))
            }
        }
    }

    /// Lists the runs of a selector; returns what they are worth and how many units they have.
    fn list_runs(self, scratch: &mut Scratch, asking: Asking<'_>, target: &PlanSelector) -> (i64, u32) {
        let Scratch { state, direct, .. } = scratch;
        direct.clear();
        let (mut sum, mut units) = (0, 0);
        state.for_each(self.cart, target, Part::Order, Want::Target, |at, run| {
            let worth = match asking.own {
                Value::Entry => run.entry,
                Value::Now => run.value,
                Value::List | Value::Snapshot(_) => state.worth(at, asking.own),
            };
            sum += worth;
            units += run.units;
            direct.push(DirectRun { run: at, units: run.units, worth });
        });
        (sum, units)
    }

    /// The spend a ladder looks at: of its qualifier, or of the runs listed, which are worth `own`.
    fn spend_of(
        self,
        scratch: &Scratch,
        asking: Asking<'_>,
        own: i64,
        qualifier: Option<&PlanSelector>,
        value: Value,
    ) -> i64 {
        match qualifier {
            Some(qualifier) => self.spend(&scratch.state, qualifier, Part::Order, value),
            None if value == asking.own => own,
            None => scratch.direct.iter().map(|listed| scratch.state.worth(listed.run, value)).sum(),
        }
    }

    /// The units a ladder looks at: of its qualifier, or of the runs listed, which have `own`.
    fn units_of(
        self,
        scratch: &Scratch,
        asking: Asking<'_>,
        own: u32,
        qualifier: Option<&PlanSelector>,
    ) -> u32 {
        qualifier.map_or(own, |qualifier| self.units(&scratch.state, qualifier, asking.part))
    }
}

fn percent(rate: Rate, worth: i64, rounding: Rounding) -> Asks {
    match rounding.per {
        RoundingPer::Order => Asks::Total(rate.of(Money::from_minor(worth), rounding.mode).minor()),
        RoundingPer::Line => Asks::PerLine(rate),
        RoundingPer::Unit => Asks::PerUnit(rate),
    }
}

fn tier(off: Off, worth: i64, rounding: Rounding) -> Asks {
    match off {
        Off::Percent(rate) => percent(rate, worth, rounding),
        Off::Amount(amount) => Asks::Total(amount),
        Off::UnitPrice(_) | Off::Price(_) => Asks::Each(off),
    }
}

/// Takes what was asked from each run listed, as far as the run is worth it.
fn take_asked(scratch: &mut Scratch, asking: Asking<'_>, asks: Asks) -> Applied {
    let mode = asking.rule.rounding.mode;
    match asks {
        Asks::Total(total) => {
            // What is more than the runs are worth is asked all the same.
            let asked = total.min(asking.cap);
            let worth = worth_of(&scratch.direct);
            let mut shares = Shares::new(asked.min(worth), worth);
            Applied { asked, ..take(scratch, asking, |_, listed, at| shares.next(listed[at].worth)) }
        }
        Asks::PerLine(rate) => {
            let mut line = LineSplit { shares: Shares::new(0, 0), left: 0 };
            take(scratch, asking, |state, listed, at| line.next(state, &listed[at..], rate, mode))
        }
        Asks::PerUnit(rate) => take(scratch, asking, |_, listed, at| {
            let DirectRun { worth, units, .. } = listed[at];
            percent_per_unit(worth, units, rate, mode)
        }),
        Asks::Each(off) => {
            let mut fits = true;
            let applied = take(scratch, asking, |_, listed, at| {
                let DirectRun { worth, units, .. } = listed[at];
                match off {
                    Off::Amount(amount) => {
                        let asked = amount.checked_mul(i64::from(units)).filter(|asked| *asked <= AMOUNT_MAX);
                        fits &= asked.is_some();
                        asked.unwrap_or(0)
                    }
                    Off::UnitPrice(price) | Off::Price(price) => down_to(worth, units, price),
                    Off::Percent(rate) => rate.of(Money::from_minor(worth), mode).minor(),
                }
            });
            scratch.state.overflowed |= !fits;
            applied
        }
    }
}

/// Takes what `ask` says from each run listed, as far as the run is worth it; runs of one item stand together.
fn take(
    scratch: &mut Scratch,
    asking: Asking<'_>,
    mut ask: impl FnMut(&State, &[DirectRun], usize) -> i64,
) -> Applied {
    let Scratch { state, direct, adjustments, applied, .. } = scratch;
    let (position, lock) = (applied.len() as u32, locks(asking.rule));
    let mut sum = Applied {
        rule: asking.number,
        asked: 0,
        granted: 0,
        units: 0,
        short: 0,
        points: 0,
        adjustments_end: 0,
    };
    let mut of_item = OfItem { item: NONE, asked: 0, granted: 0, units: 0 };
    let mut close = |state: &mut State, of_item: &OfItem| {
        let OfItem { item, asked, granted, units } = *of_item;
        let total = state.checked(sum.asked.checked_add(asked));
        sum.asked = total;
        if granted > 0 {
            sum.granted += granted;
            sum.units += u64::from(units);
            adjustments.push(adjustment(position, On::Line(item), units, (asked, granted)));
            if let Some(locked) = lock {
                state.lock(item, locked);
            }
        }
    };
    for (at, listed) in direct.iter().enumerate() {
        let asked = ask(state, direct, at);
        let run = &mut state.runs[listed.run as usize];
        let granted = asked.min(run.value);
        run.value -= granted;
        let units = if granted > 0 { listed.units } else { 0 };
        if run.item == of_item.item {
            of_item.asked += asked;
            of_item.granted += granted;
            of_item.units += units;
        } else {
            let before = std::mem::replace(&mut of_item, OfItem { item: run.item, asked, granted, units });
            close(state, &before);
        }
    }
    close(state, &of_item);
    sum.adjustments_end = adjustments.len() as u32;
    state.total -= sum.granted;
    sum
}

/// What a rule takes from an item.
#[derive(Clone, Copy)]
struct OfItem {
    item: u32,
    asked: i64,
    granted: i64,
    units: u32,
}

/// Splits line by line: what is asked of each, over its runs.
struct LineSplit {
    shares: Shares,
    /// Runs of the line at hand that have no share yet.
    left: usize,
}

impl LineSplit {
    /// The share of the first of `runs`, of what is asked of its line.
    fn next(&mut self, state: &State, runs: &[DirectRun], rate: Rate, mode: RoundMode) -> i64 {
        let Some(first) = runs.first() else { return 0 };
        if self.left == 0 {
            let product = state.product_of(first.run);
            let alike = runs.iter().take_while(|listed| state.product_of(listed.run) == product);
            self.left = alike.count();
            let worth = worth_of(&runs[..self.left]);
            let total = rate.of(Money::from_minor(worth), mode).minor();
            if self.left == 1 {
                self.left = 0;
                return total;
            }
            self.shares = Shares::new(total, worth);
        }
        self.left -= 1;
        self.shares.next(first.worth)
    }
}

fn worth_of(runs: &[DirectRun]) -> i64 {
    runs.iter().map(|listed| listed.worth).sum()
}
