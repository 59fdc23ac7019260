//! Best per unit: each unit gets its best offer, limited offers go to the units that save most (S-2).

use super::Pricing;
use super::limits::Left;
use super::near::Wanted;
use super::offer::Asking;
use super::prices::UnitTerms;
use super::scratch::{Scratch, SelectWork, Take};
use super::state::{Part, Run, Want};
use super::verdict::{Limit, Verdict};
use crate::bounds::PPM;
use crate::compile::plan::{Off, PlanRule, PlanSelector, PlanStage, Value, WithShipping};
use crate::rules::{Per, Short};

/// What a rule would save on a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnitOffer {
    /// In millionths of a minor unit, for all units.
    saving: i128,
    /// The contender, by position.
    contender: u32,
    /// The run, in canonical order.
    rank: u32,
    run: u32,
    units: u32,
    part: Part,
}

/// Units of a run that go to a rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Assigned {
    contender: u32,
    rank: u32,
    run: u32,
    units: u32,
    part: Part,
}

impl<'a> Pricing<'a> {
    /// Gives every unit its best offer of rules that are not out; returns a rule that won units and may not apply.
    pub(super) fn best_per_unit(
        self,
        scratch: &mut Scratch,
        stage: &PlanStage,
        applied: usize,
    ) -> Option<(u32, Verdict)> {
        self.assign_units(scratch);
        if let Some((contender, verdict)) = self.refused_for_short(scratch) {
            return Some(scratch.put_out(contender, verdict));
        }
        let may_clash = self.plan.stacking.any || stage.max_rules != u32::MAX;
        if may_clash && scratch.select.assigned.len() > 1 {
            self.back_up(scratch);
        }
        let mut from = 0;
        for contender in 0..scratch.contenders.len() as u32 {
            let number = scratch.contenders[contender as usize];
            let length = scratch.select.assigned[from..].partition_point(|unit| unit.contender <= contender);
            if length == 0 {
                let SelectWork { offered, out, .. } = &scratch.select;
                if offered[contender as usize] && !out[contender as usize] {
                    scratch.verdicts.push((number, Verdict::NotSelected(None)));
                }
                continue;
            }
            if let Err(verdict) = self.open(scratch, stage, number, applied) {
                return Some(scratch.put_out(contender, verdict));
            }
            self.ask_assigned(scratch, number, from..from + length);
            scratch.offer.short = scratch.select.short[contender as usize];
            from += length;
            let verdict = self.force(scratch, number).map_or_else(|verdict| verdict, |_| Verdict::Applied);
            scratch.verdicts.push((number, verdict));
        }
        None
    }

    /// Lists what each contender would save on each run of its selector.
    pub(super) fn collect_offers(self, scratch: &mut Scratch, stage: &PlanStage, applied: usize) {
        scratch.select.unit_offers.clear();
        scratch.state.rank_runs(&mut scratch.select.ranks);
        scratch.select.left_at_first.clear();
        scratch.select.offered.clear();
        for contender in 0..scratch.contenders.len() as u32 {
            let number = scratch.contenders[contender as usize];
            let from = scratch.select.unit_offers.len();
            let left = match self.open(scratch, stage, number, applied) {
                Err(verdict) => Err(verdict),
                Ok(left) => self.collect_rule(scratch, contender, number).and_then(|()| {
                    refuse_short(&self.plan.rules[number as usize], left, &scratch.select.unit_offers[from..])
                }),
            };
            match left {
                Ok(left) => scratch.select.left_at_first.push(left.units),
                Err(verdict) => {
                    scratch.select.unit_offers.truncate(from);
                    scratch.select.left_at_first.push(0);
                    scratch.verdicts.push((number, verdict));
                }
            }
            let offers = scratch.select.unit_offers.len() > from;
            scratch.select.offered.push(offers);
        }
        let Scratch { select, contenders, .. } = scratch;
        select.out.clear();
        select.out.resize(contenders.len(), false);
        // By saving per unit. Savings fit in 80 bits and units in 30, so the products fit.
        select.unit_offers.sort_unstable_by(|a, b| {
            (b.saving * i128::from(a.units))
                .cmp(&(a.saving * i128::from(b.units)))
                .then_with(|| (a.contender, a.rank).cmp(&(b.contender, b.rank)))
        });
    }

    fn collect_rule(self, scratch: &mut Scratch, contender: u32, number: u32) -> Result<(), Verdict> {
        let rule = &self.plan.rules[number as usize];
        let from = scratch.select.unit_offers.len();
        let (target, terms) = self.unit_benefit(rule)?;
        let mut verdict = Verdict::NothingToTake;
        let mut collect = |scratch: &mut Scratch, part: Part| {
            let holds = self.condition_holds(scratch, rule, part);
            if scratch.misses.wanted != Wanted::No {
                let asking = Asking { number, rule, part, own: Value::Entry, cap: rule.cap_minor };
                self.note(scratch, asking, holds);
            }
            match holds {
                Ok(()) => self.collect_part(scratch, contender, (target, terms), part),
                Err(why) if verdict == Verdict::NothingToTake => verdict = why,
                Err(_) => {}
            }
        };
        match rule.per {
            Per::Order => collect(scratch, Part::Order),
            Per::Shop => {
                (0..self.cart.shops().len() as u32).for_each(|shop| collect(scratch, Part::Shop(shop)))
            }
            Per::Line => {
                let mut ends = std::mem::take(&mut scratch.part_ends);
                scratch.state.product_ends(&mut ends);
                let mut first = 0;
                for end in &ends {
                    collect(scratch, Part::Line { first, end: *end });
                    first = *end;
                }
                scratch.part_ends = ends;
            }
        }
        if scratch.select.unit_offers.len() > from { Ok(()) } else { Err(verdict) }
    }

    fn collect_part(
        self,
        scratch: &mut Scratch,
        contender: u32,
        (target, terms): (&PlanSelector, UnitTerms),
        part: Part,
    ) {
        let Scratch { state, select, .. } = scratch;
        let SelectWork { unit_offers: offers, ranks, .. } = select;
        state.for_each(self.cart, target, part, Want::Target, |at, run| {
            let capacity = i128::from(state.capacity(at, run.units)) * i128::from(PPM);
            let (worth, units) = (i128::from(run.entry), i128::from(run.units));
            let off = match terms {
                UnitTerms::Off(off) => off,
                UnitTerms::Bargain(floor) => match self.bargain(state, at, floor) {
                    Some(price) => Off::UnitPrice(price),
                    None => return,
                },
            };
            let saving = match off {
                Off::Percent(rate) => worth * i128::from(rate.ppm()),
                Off::Amount(amount) => units * i128::from(amount) * i128::from(PPM),
                Off::UnitPrice(price) | Off::Price(price) => {
                    (worth - units * i128::from(price)) * i128::from(PPM)
                }
            };
            let saving = saving.min(capacity);
            if saving > 0 {
                offers.push(UnitOffer {
                    saving,
                    contender,
                    rank: ranks[at as usize],
                    run: at,
                    units: run.units,
                    part,
                });
            }
        });
    }

    /// Computes a rule over the units it won, part by part, on the state that the rules before have cut.
    fn ask_assigned(self, scratch: &mut Scratch, number: u32, units: std::ops::Range<usize>) {
        let rule: &'a PlanRule = &self.plan.rules[number as usize];
        let Ok((_, terms)) = self.unit_benefit(rule) else {
            return;
        };
        scratch.offer.clear();
        scratch.state.rule = number;
        let mut at = units.start;
        while at < units.end {
            let part = scratch.select.assigned[at].part;
            let from = scratch.offer.takes.len();
            let mut sum = 0;
            while at < units.end && scratch.select.assigned[at].part == part {
                let Assigned { run, units, .. } = scratch.select.assigned[at];
                let state = &scratch.state.runs[run as usize];
                let Run { entry, value, units: all, .. } = *state;
                let whole = Take { run, units: all, worth: entry, value, asked: 0, granted: 0 };
                let take = whole.last(units);
                sum += take.worth;
                scratch.offer.takes.push(take);
                at += 1;
            }
            let asking = Asking { number, rule, part, own: Value::Entry, cap: rule.cap_minor };
            match terms {
                UnitTerms::Off(Off::Percent(rate)) => {
                    self.ask_percent(scratch, asking, from, sum, rate, WithShipping::No);
                }
                UnitTerms::Off(off @ (Off::Amount(_) | Off::UnitPrice(_) | Off::Price(_))) => {
                    self.ask_each(scratch, asking, from, off);
                }
                UnitTerms::Bargain(floor) => self.ask_bargains(scratch, asking, from, floor),
            }
        }
    }
}

/// Units a limited rule may not share out are not offered at all when it refuses to give less.
fn refuse_short(rule: &PlanRule, left: Left, offers: &[UnitOffer]) -> Result<Left, Verdict> {
    let wanted: u64 = offers.iter().map(|offer| u64::from(offer.units)).sum();
    let refuses = rule.limits.as_ref().is_some_and(|limits| limits.short == Short::Refuse);
    if refuses && wanted > left.units { Err(Verdict::Exhausted(left.tightest)) } else { Ok(left) }
}

impl Pricing<'_> {
    /// Goes down the offers by saving per unit and gives each the units that are still free.
    fn assign_units(self, scratch: &mut Scratch) {
        let Scratch { state, select, contenders, applied, .. } = scratch;
        let SelectWork { unit_offers, assigned, left_at_first, left, short, free, quotas, .. } = select;
        quotas.clear();
        quotas.extend((0..self.plan.quotas.len() as u32).map(|quota| {
            // Rules that need to know the customer, who is not known, are not among the contenders.
            self.quota_left(quota, applied).map_or(0, |(units, _)| units)
        }));
        left.clone_from(left_at_first);
        short.clear();
        short.resize(left.len(), 0);
        state.selecting += unit_offers.len() as u64;
        free.clear();
        free.extend(state.runs.iter().map(|run| run.units));
        assigned.clear();
        for offer in &*unit_offers {
            let (free, left) = (&mut free[offer.run as usize], &mut left[offer.contender as usize]);
            // Nearly always there are no quotas at all.
            let shared: &[u32] =
                if quotas.is_empty() { &[] } else { self.quotas_of(contenders[offer.contender as usize]) };
            let least = shared.iter().map(|quota| quotas[*quota as usize]).fold(*left, u64::min);
            let units = u32::try_from(least).map_or(*free, |left| left.min(*free));
            short[offer.contender as usize] += u64::from(*free - units);
            if units > 0 {
                *free -= units;
                if *left != u64::MAX {
                    *left -= u64::from(units);
                }
                for quota in shared {
                    let left = &mut quotas[*quota as usize];
                    *left = if *left == u64::MAX { *left } else { *left - u64::from(units) };
                }
                let UnitOffer { rank, contender, run, part, .. } = *offer;
                assigned.push(Assigned { contender, rank, run, units, part });
            }
        }
        assigned.sort_unstable_by_key(|unit| (unit.contender, unit.part, unit.rank));
    }

    /// A rule that gives nothing rather than a part, and that a quota left only a part since others drew on it first.
    fn refused_for_short(self, scratch: &Scratch) -> Option<(u32, Verdict)> {
        if self.plan.quotas.is_empty() {
            return None;
        }
        let mut shorts = (0_u32..).zip(&scratch.contenders).zip(&scratch.select.short);
        let ((contender, number), _) = shorts.find(|((_, number), short)| {
            let limits = self.plan.rules[**number as usize].limits.as_ref();
            **short > 0 && limits.is_some_and(|limits| limits.short == Short::Refuse)
        })?;
        let emptiest =
            self.quotas_of(*number).iter().min_by_key(|quota| scratch.select.quotas[**quota as usize]);
        let limit = emptiest.and_then(|quota| self.quota_left(*quota, &scratch.applied).ok());
        Some((contender, Verdict::Exhausted(limit.map_or(Limit::OrderUnits, |(_, limit)| limit))))
    }
}

impl Scratch {
    /// Takes a contender's offers from the list.
    fn put_out(&mut self, contender: u32, verdict: Verdict) -> (u32, Verdict) {
        self.select.out[contender as usize] = true;
        self.select.unit_offers.retain(|offer| offer.contender != contender);
        (self.contenders[contender as usize], verdict)
    }
}
