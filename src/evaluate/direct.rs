//! Rules that take whole runs and mind nothing but their own benefit: list the goods, ask of each run, take.
//!
//! Other rules write an offer first, which may lose to another one or to a cap, and put it into force later. Where every
//! rule of a stage applies, and neither floors nor caps nor limits can lower what it takes, these three passes are all.

use super::Pricing;
use super::apply::{down_to, percent_per_unit};
use super::force::{adjustment, drop_empty, locks, merge};
use super::ladders::{Goods, spend_tier, units_tier};
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
    item: u32,
    units: u32,
    /// What it is worth to the rule.
    worth: i64,
    asked: i64,
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
        let asking = Asking { number, rule, part: Part::Order, own: stage.own, cap: rule.cap_minor };
        let asks = self.condition_holds(scratch, rule, Part::Order).and_then(|()| self.asks(scratch, asking));
        self.note(scratch, asking, asks.map(|_| ()));
        let (Scratch { state, direct, .. }, Asks { worth, how }) = (&mut *scratch, asks?);
        let asked = match how {
            How::Total(total) => share_out(direct, worth, total.min(asking.cap)),
            How::Each(off) => ask_each(state, (direct, worth), asking, off),
        };
        if take(scratch, asking, asked) {
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
                Ok(self.list_runs(scratch, asking, target).ask(How::Each(Off::Percent(*rate))))
            }
            PlanBenefit::AmountPerUnit { target, amount, .. } => {
                Ok(self.list_runs(scratch, asking, target).ask(How::Each(Off::Amount(*amount))))
            }
            PlanBenefit::AmountOnce { target, amount, .. } => {
                Ok(self.list_runs(scratch, asking, target).ask(How::Total(*amount)))
            }
            PlanBenefit::UnitPrice { target, price, .. } => {
                Ok(self.list_runs(scratch, asking, target).ask(How::Each(Off::UnitPrice(*price))))
            }
            PlanBenefit::TotalPrice { target, price } => {
                let goods = self.list_runs(scratch, asking, target);
                Ok(goods.ask(How::Total((goods.worth - price).max(0))))
            }
            PlanBenefit::SpendTiers { target, qualifier, value, tiers } => {
                let goods = self.list_runs(scratch, asking, target);
                let (looks_at, runs) = ((qualifier.as_ref(), *value), listed(scratch));
                let spend = self.measure_spend(&scratch.state, asking, looks_at, goods, runs);
                Ok(goods.ask(tier(spend_tier(tiers, spend)?)))
            }
            PlanBenefit::QuantityTiers { target, qualifier, tiers } => {
                let goods = self.list_runs(scratch, asking, target);
                let units = self.measure_units(&scratch.state, asking, qualifier.as_ref(), goods);
                Ok(goods.ask(tier(units_tier(tiers, units)?)))
            }
            PlanBenefit::Every { target, qualifier, value, step, amount, times } => {
                let goods = self.list_runs(scratch, asking, target);
                let (looks_at, runs) = ((*step, qualifier.as_ref(), *value), listed(scratch));
                let steps = self.count_steps(&scratch.state, asking, looks_at, goods, runs)?;
                let steps = steps.min(i64::from(*times));
                Ok(goods.ask(How::Total(scratch.state.checked(steps.checked_mul(*amount)))))
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

    /// Lists the runs of a selector.
    fn list_runs(self, scratch: &mut Scratch, asking: Asking<'_>, target: &PlanSelector) -> Goods {
        let Scratch { state, direct, .. } = scratch;
        direct.clear();
        let mut goods = Goods { worth: 0, units: 0 };
        state.for_each(self.cart, target, Part::Order, Want::Target, |at, run| {
            let worth = match asking.own {
                Value::Entry => run.entry,
                Value::Now => run.value,
                Value::List | Value::Snapshot(_) => state.worth(at, asking.own),
            };
            goods.worth += worth;
            goods.units += run.units;
            direct.push(DirectRun { run: at, item: run.item, units: run.units, worth, asked: 0 });
        });
        goods
    }
}

/// The runs listed.
fn listed(scratch: &Scratch) -> impl Iterator<Item = u32> {
    scratch.direct.iter().map(|listed| listed.run)
}

impl Goods {
    const fn ask(self, how: How) -> Asks {
        Asks { worth: self.worth, how }
    }
}

const fn tier(off: Off) -> How {
    match off {
        Off::Amount(amount) => How::Total(amount),
        Off::Percent(_) | Off::UnitPrice(_) | Off::Price(_) => How::Each(off),
    }
}

/// Asks an amount of runs that are worth `worth` together, at most that much, by what each is worth; returns the amount.
/// What is more is asked all the same.
fn share_out(runs: &mut [DirectRun], worth: i64, total: i64) -> i64 {
    let mut shares = Shares::new(total.min(worth), worth);
    runs.iter_mut().for_each(|run| run.asked = shares.next(run.worth));
    total
}

/// Asks the same reduction of each run, line or unit; returns the sum.
fn ask_each(state: &mut State, (runs, worth): (&mut [DirectRun], i64), asking: Asking<'_>, off: Off) -> i64 {
    let rounding = asking.rule.rounding;
    let off_each = |worth: i64, units: u32| match off {
        Off::Amount(amount) => amount.checked_mul(i64::from(units)).filter(|asked| *asked <= AMOUNT_MAX),
        Off::UnitPrice(price) | Off::Price(price) => Some(down_to(worth, units, price)),
        Off::Percent(rate) => Some(percent_per_unit(worth, units, rate, rounding.mode)),
    };
    match (off, rounding.per) {
        (Off::Percent(rate), RoundingPer::Order) => {
            let total = rate.of(Money::from_minor(worth), rounding.mode).minor();
            share_out(runs, worth, total.min(asking.cap))
        }
        (Off::Percent(rate), RoundingPer::Line) => ask_lines(state, runs, rate, rounding.mode),
        (Off::Percent(_), RoundingPer::Unit) | (Off::Amount(_) | Off::UnitPrice(_) | Off::Price(_), _) => {
            let asked = runs.iter_mut().try_fold(0_i64, |sum, run| {
                run.asked = off_each(run.worth, run.units)?;
                sum.checked_add(run.asked)
            });
            if asked.is_none_or(|asked| asked > AMOUNT_MAX) {
                runs.iter_mut().for_each(|run| run.asked = 0);
            }
            state.checked(asked)
        }
    }
}

/// Asks a percentage of each line by itself, shared out over its runs; returns the sum.
fn ask_lines(state: &State, runs: &mut [DirectRun], rate: Rate, mode: RoundMode) -> i64 {
    let of = |worth| rate.of(Money::from_minor(worth), mode).minor();
    let product = |run: &DirectRun| state.items[run.item as usize].product;
    let (mut sum, mut rest) = (0, runs);
    while let Some(first) = rest.first() {
        let own = product(first);
        let alike = rest.iter().skip(1).take_while(|run| product(run) == own).count();
        let (line, behind) = rest.split_at_mut(alike + 1);
        sum += if let [only] = line {
            only.asked = of(only.worth);
            only.asked
        } else {
            let worth = line.iter().map(|run| run.worth).sum();
            share_out(line, worth, of(worth))
        };
        rest = behind;
    }
    sum
}

/// Takes what was asked of each run listed, as far as the run is worth it; says whether that is anything.
fn take(scratch: &mut Scratch, asking: Asking<'_>, asked: i64) -> bool {
    let Scratch { state, direct, adjustments, applied, .. } = scratch;
    let (position, from) = (applied.len() as u32, adjustments.len());
    let (mut granted, mut units) = (0, 0);
    let (mut last, mut all_gave) = (NONE, true);
    for listed in &*direct {
        let run = &mut state.runs[listed.run as usize];
        let taken = listed.asked.min(run.value);
        run.value -= taken;
        granted += taken;
        let gave = if taken > 0 { listed.units } else { 0 };
        units += u64::from(gave);
        all_gave &= taken > 0;
        let adjustment = adjustment(position, On::Line(listed.item), gave, (listed.asked, taken));
        // Runs of one item stand together.
        match adjustments.last_mut() {
            Some(same) if listed.item == last => merge(same, &adjustment),
            _ => adjustments.push(adjustment),
        }
        last = listed.item;
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
        asked,
        granted,
        units,
        short: 0,
        points: 0,
        adjustments_end: adjustments.len() as u32,
    });
    true
}
