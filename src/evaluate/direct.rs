//! Rules that take whole runs and mind nothing but their own benefit: list the goods, then ask and take of each run.
//!
//! Other rules write an offer first, which may lose to another one or to a cap, and put it into force later. Where every
//! rule of a stage applies, and neither floors nor caps nor limits can lower what it takes, listing the goods and taking are all.

use super::Pricing;
use super::apply::{down_to, percent_per_unit};
use super::force::{adjustment, drop_empty, locks, merge};
use super::ladders::{Goods, spend_tier, units_tier};
use super::near::Wanted;
use super::offer::Asking;
use super::scratch::{Applied, Scratch};
use super::state::{Floors, NONE, Part, State, Want};
use super::verdict::Verdict;
use crate::bounds::AMOUNT_MAX;
use crate::compile::plan::{Off, PlanBenefit, PlanRule, PlanSelector, PlanStage, Value, Way};
use crate::money::{Money, Rate, RoundMode, RoundingPer, Shares};
use crate::record::On;

/// A run the rule at hand takes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct DirectRun {
    run: u32,
    /// What it is worth to the rule; then what is asked of it.
    amount: i64,
}

/// What a rule asks of its goods.
#[derive(Clone, Copy)]
struct Asks {
    /// What the goods are worth.
    worth: i64,
    how: How,
}

#[derive(Clone, Copy)]
enum How {
    /// One amount over all of them, by worth.
    Total(i64),
    /// The same of each.
    Each(Off),
}

impl Pricing<'_> {
    /// Whether a rule can go this way: the plan says what the rule asks for, the state whether floors or the order's cap
    /// stand in the way. Its limits are asked apart.
    #[inline]
    pub(super) fn goes_directly(self, scratch: &Scratch, rule: &PlanRule) -> bool {
        rule.way == Way::Direct && scratch.state.floors == Floors::None && scratch.order_cap_left == i64::MAX
    }

    /// Applies a rule, or says why it gives nothing.
    pub(super) fn apply_directly(
        self,
        scratch: &mut Scratch,
        stage: &PlanStage,
        number: u32,
        rule: &PlanRule,
    ) -> Result<(), Verdict> {
        scratch.state.rule = number;
        let holds = self.condition_holds(scratch, rule, Part::Order);
        let asking = Asking { number, rule, part: Part::Order, own: stage.own, cap: rule.cap_minor };
        let asks = holds.and_then(|()| self.asks(scratch, asking));
        if scratch.misses.wanted != Wanted::No {
            self.note(scratch, asking, asks.map(|_| ()));
        }
        let Asks { worth, how } = asks?;
        let took = match how {
            How::Total(total) => take_total(scratch, asking, worth, total.min(asking.cap)),
            How::Each(off) => take_each(scratch, asking, worth, off),
        };
        if took {
            scratch.stacking.apply(self.plan, number);
            Ok(())
        } else {
            Err(Verdict::NothingToTake)
        }
    }

    /// Lists the runs of the rule and works out what it asks of them.
    fn asks(self, scratch: &mut Scratch, asking: Asking<'_>) -> Result<Asks, Verdict> {
        match &asking.rule.benefit {
            PlanBenefit::PercentOff { target, rate, .. } => {
                Ok(each(self.list_runs(scratch, asking, target), Off::Percent(*rate)))
            }
            PlanBenefit::AmountPerUnit { target, amount, .. } => {
                Ok(each(self.list_runs(scratch, asking, target), Off::Amount(*amount)))
            }
            PlanBenefit::AmountOnce { target, amount, .. } => {
                let worth = self.list_runs(scratch, asking, target);
                Ok(Asks { worth, how: How::Total(*amount) })
            }
            PlanBenefit::UnitPrice { target, price, .. } => {
                Ok(each(self.list_runs(scratch, asking, target), Off::UnitPrice(*price)))
            }
            PlanBenefit::TotalPrice { target, price } => {
                let worth = self.list_runs(scratch, asking, target);
                Ok(Asks { worth, how: How::Total((worth - price).max(0)) })
            }
            PlanBenefit::SpendTiers { target, qualifier, value, tiers } => {
                let worth = self.list_runs(scratch, asking, target);
                let looks_at = (qualifier.as_ref(), *value);
                let spend = self.measure_spend(&scratch.state, asking, looks_at, listed(scratch, worth));
                Ok(Asks { worth, how: tier(spend_tier(tiers, spend)?) })
            }
            PlanBenefit::QuantityTiers { target, qualifier, tiers } => {
                let worth = self.list_runs(scratch, asking, target);
                let (qualifier, goods) = (qualifier.as_ref(), listed(scratch, worth));
                let units = self.measure_units(&scratch.state, asking, qualifier, goods);
                Ok(Asks { worth, how: tier(units_tier(tiers, units)?) })
            }
            PlanBenefit::Every { target, qualifier, value, step, amount, times } => {
                let worth = self.list_runs(scratch, asking, target);
                let looks_at = (*step, qualifier.as_ref(), *value);
                let steps = self.count_steps(&scratch.state, asking, looks_at, listed(scratch, worth))?;
                let total = steps.min(i64::from(*times)).checked_mul(*amount);
                Ok(Asks { worth, how: How::Total(scratch.state.checked(total)) })
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
                debug_assert!(false, "the plan sends no such rule this way");
                Err(Verdict::NothingToTake)
            }
        }
    }

    /// Lists the runs of a selector; returns what they are worth.
    fn list_runs(self, scratch: &mut Scratch, asking: Asking<'_>, target: &PlanSelector) -> i64 {
        let Scratch { state, direct, .. } = scratch;
        direct.clear();
        let mut sum = 0;
        state.for_each(self.cart, target, Part::Order, Want::Target, |at, run| {
            let worth = match asking.own {
                Value::Entry => run.entry,
                Value::Now => run.value,
                Value::List | Value::Snapshot(_) => state.worth(at, asking.own),
            };
            sum += worth;
            direct.push(DirectRun { run: at, amount: worth });
        });
        sum
    }
}

/// The runs listed, which are worth so much.
fn listed(scratch: &Scratch, worth: i64) -> Goods<impl Iterator<Item = (u32, u32)>> {
    let with_units = |listed: &DirectRun| (listed.run, scratch.state.runs[listed.run as usize].units);
    Goods { worth, runs: scratch.direct.iter().map(with_units) }
}

const fn each(worth: i64, off: Off) -> Asks {
    Asks { worth, how: How::Each(off) }
}

const fn tier(off: Off) -> How {
    match off {
        Off::Amount(amount) => How::Total(amount),
        Off::Percent(_) | Off::UnitPrice(_) | Off::Price(_) => How::Each(off),
    }
}

/// Asks an amount of the runs listed, which are worth `worth` together, at most that much, by what each is worth. What is
/// more is asked all the same.
fn take_total(scratch: &mut Scratch, asking: Asking<'_>, worth: i64, total: i64) -> bool {
    let mut shares = Shares::new(total.min(worth), worth);
    take(scratch, asking, Some(total), |worth| shares.next(worth))
}

/// Asks the same reduction of each run, line or unit.
fn take_each(scratch: &mut Scratch, asking: Asking<'_>, worth: i64, off: Off) -> bool {
    let rounding = asking.rule.rounding;
    let of_each = |worth: i64, units: u32| match off {
        Off::Amount(amount) => amount.checked_mul(i64::from(units)).filter(|asked| *asked <= AMOUNT_MAX),
        Off::UnitPrice(price) | Off::Price(price) => Some(down_to(worth, units, price)),
        Off::Percent(rate) => Some(percent_per_unit(worth, units, rate, rounding.mode)),
    };
    match (off, rounding.per) {
        (Off::Percent(rate), RoundingPer::Order) => {
            let total = rate.of(Money::from_minor(worth), rounding.mode).minor();
            take_total(scratch, asking, worth, total.min(asking.cap))
        }
        (Off::Percent(rate), RoundingPer::Line) => {
            ask_lines(&scratch.state, &mut scratch.direct, rate, rounding.mode);
            take(scratch, asking, None, |asked| asked)
        }
        (Off::Percent(_), RoundingPer::Unit) | (Off::Amount(_) | Off::UnitPrice(_) | Off::Price(_), _) => {
            let Scratch { state, direct, .. } = &mut *scratch;
            let sum = direct.iter_mut().try_fold(0_i64, |sum, run| {
                run.amount = of_each(run.amount, state.runs[run.run as usize].units)?;
                sum.checked_add(run.amount)
            });
            if sum.is_none_or(|sum| sum > AMOUNT_MAX) {
                direct.iter_mut().for_each(|run| run.amount = 0);
            }
            state.checked(sum);
            take(scratch, asking, None, |asked| asked)
        }
    }
}

/// Asks a percentage of each line by itself, shared out over its runs.
fn ask_lines(state: &State, runs: &mut [DirectRun], rate: Rate, mode: RoundMode) {
    let of = |worth| rate.of(Money::from_minor(worth), mode).minor();
    let product = |run: &DirectRun| state.items[state.runs[run.run as usize].item as usize].product;
    let mut rest = runs;
    while let Some(first) = rest.first() {
        let own = product(first);
        let alike = rest.iter().skip(1).take_while(|run| product(run) == own).count();
        let (line, behind) = rest.split_at_mut(alike + 1);
        if let [only] = line {
            only.amount = of(only.amount);
        } else {
            let worth = line.iter().map(|run| run.amount).sum();
            let mut shares = Shares::new(of(worth), worth);
            line.iter_mut().for_each(|run| run.amount = shares.next(run.amount));
        }
        rest = behind;
    }
}

/// Takes of each run listed what `ask` makes of its amount, as far as the run is worth it; `asked` is what was asked in all,
/// where that is not the sum. Says whether anything was taken.
#[inline]
fn take(
    scratch: &mut Scratch,
    asking: Asking<'_>,
    asked: Option<i64>,
    mut ask: impl FnMut(i64) -> i64,
) -> bool {
    let Scratch { state, direct, adjustments, applied, .. } = scratch;
    let (position, from) = (applied.len() as u32, adjustments.len());
    let (mut sum, mut granted, mut units) = (0, 0, 0);
    let (mut last, mut all_gave) = (NONE, true);
    for listed in &*direct {
        let asks = ask(listed.amount);
        let run = &mut state.runs[listed.run as usize];
        let taken = asks.min(run.value);
        run.value -= taken;
        sum += asks;
        granted += taken;
        let (item, gave) = (run.item, if taken > 0 { run.units } else { 0 });
        units += u64::from(gave);
        all_gave &= taken > 0;
        let adjustment = adjustment(position, On::Line(item), gave, (asks, taken));
        // Runs of one item stand together.
        if item == last
            && let Some(same) = adjustments.last_mut()
        {
            merge(same, &adjustment);
        } else {
            adjustments.push(adjustment);
        }
        last = item;
    }
    if !all_gave {
        drop_empty(adjustments, from);
    }
    if granted == 0 {
        return false;
    }
    if let Some(lock) = locks(asking.rule) {
        let items = adjustments[from..].iter();
        items.for_each(|adjustment| {
            if let On::Line(item) = adjustment.on {
                state.lock(item, lock)
            }
        });
    }
    state.total -= granted;
    state.changed = true;
    applied.push(Applied {
        rule: asking.number,
        asked: asked.unwrap_or(sum),
        granted,
        units,
        short: 0,
        points: 0,
        adjustments_end: adjustments.len() as u32,
    });
    true
}
