//! Multi-buy benefits: n for a sum, every n-th unit, ladders of units.

use super::Pricing;
use super::groups::{Groups, Places, first_places};
use super::offer::{Asking, sort_by_worth};
use super::scratch::{MultiWork, Offer, Scratch, Take};
use super::verdict::Verdict;
use crate::compile::plan::{Off, PlanNthUnit, PlanSelector, WithShipping};
use crate::rules::{Pick, Take as TakeFrom};

/// Groups of so many units, and what a group gets.
#[derive(Clone, Copy)]
pub(super) struct NForTerms {
    pub size: u32,
    pub off: Off,
    pub pick: Pick,
    pub times: u32,
}

impl Pricing<'_> {
    pub(super) fn ask_n_for(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        target: &PlanSelector,
        terms: NForTerms,
    ) -> Result<(), Verdict> {
        let NForTerms { size, off, pick, times } = terms;
        let Scratch { state, multi, offer, .. } = &mut *scratch;
        let units = self.gather_pool(state, asking, target, &mut multi.pool);
        if units < size {
            return Err(short_of(units, size));
        }
        sort_by_worth(&multi.pool, pick, &mut multi.order);
        let count = match off {
            Off::Price(price) => {
                multi.clear_chosen();
                let groups = Groups { pool: &multi.pool, order: &multi.order, size };
                groups.choose_dearer(price, times, &mut multi.chosen)
            }
            Off::Percent(_) | Off::Amount(_) | Off::UnitPrice(_) => {
                let count = (units / size).min(times);
                first_places(&multi.pool, &multi.order, count * size, &mut multi.chosen);
                count
            }
        };
        if count == 0 {
            return Err(short_of(units, size));
        }
        let from = push_chosen(offer, &multi.pool, &multi.chosen);
        self.ask_groups(scratch, asking, from, count, off);
        Ok(())
    }

    /// What `count` groups get, made of the takes from `from` on.
    pub(super) fn ask_groups(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        from: usize,
        count: u32,
        off: Off,
    ) {
        let sum: i64 = scratch.offer.takes[from..].iter().map(|take| take.worth).sum();
        let charges = scratch.offer.charges.len();
        match off {
            Off::Percent(rate) => self.ask_percent(scratch, asking, from, sum, rate, WithShipping::No),
            Off::Amount(amount) => {
                let total = scratch.state.checked(amount.checked_mul(i64::from(count)));
                self.ask_total(scratch, asking, (from, charges), sum, total);
            }
            Off::Price(price) => {
                // Groups were chosen for being worth more, so the prices are below the worth, give or take the cuts.
                let total = price.checked_mul(i64::from(count)).map_or(0, |price| (sum - price).max(0));
                self.ask_total(scratch, asking, (from, charges), sum, total);
            }
            Off::UnitPrice(_) => self.ask_each(scratch, asking, from, off),
        }
    }

    /// What single units get: a percentage over all of them, an amount or a price each.
    pub(super) fn ask_units(self, scratch: &mut Scratch, asking: Asking<'_>, from: usize, off: Off) {
        match off {
            Off::Percent(rate) => {
                let sum = scratch.offer.takes[from..].iter().map(|take| take.worth).sum();
                self.ask_percent(scratch, asking, from, sum, rate, WithShipping::No);
            }
            Off::Amount(_) | Off::Price(_) | Off::UnitPrice(_) => self.ask_each(scratch, asking, from, off),
        }
    }

    pub(super) fn ask_nth_unit(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        offer: &PlanNthUnit,
    ) -> Result<(), Verdict> {
        let Scratch { state, multi, offer: into, .. } = &mut *scratch;
        let units = self.gather_pool(state, asking, &offer.target, &mut multi.pool);
        let groups = (units / offer.nth).min(offer.times);
        if groups == 0 {
            return Err(short_of(units, offer.nth));
        }
        sort_by_worth(&multi.pool, offer.order, &mut multi.order);
        first_places(&multi.pool, &multi.order, groups * offer.nth, &mut multi.grouped);
        multi.clear_chosen();
        match offer.take {
            TakeFrom::EachGroup => choose_in_each_group(offer, groups, multi),
            TakeFrom::Pooled => choose_from_pooled(offer, groups, multi),
        }
        let from = push_chosen(into, &multi.pool, &multi.chosen);
        for (take, (grouped, chosen)) in multi.pool.iter().zip(multi.grouped.iter().zip(&multi.chosen)) {
            if grouped > chosen {
                into.qualifiers.push((take.run, grouped - chosen));
            }
        }
        self.ask_units(scratch, asking, from, offer.off);
        Ok(())
    }

    pub(super) fn ask_unit_ladder(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        target: &PlanSelector,
        steps: &[(u32, Off)],
        (order, units_max): (Pick, u32),
    ) -> Result<(), Verdict> {
        let mut multi = std::mem::take(&mut scratch.multi);
        let units = self.gather_pool(&scratch.state, asking, target, &mut multi.pool);
        sort_by_worth(&multi.pool, order, &mut multi.order);
        let MultiWork { pool, left, order, chosen, .. } = &mut multi;
        left.clone_from(pool);
        let (from, asked_before) = (scratch.offer.takes.len(), scratch.offer.asked);
        let (mut places, mut passed) = (Places::new(pool, order), 0);
        for (at, (begin, off)) in steps.iter().enumerate() {
            // This step has the places `begin ..= end`, counted from 1.
            let end = steps.get(at + 1).map_or(u32::MAX, |(next, _)| next - 1).min(units_max);
            chosen.clear();
            chosen.resize(pool.len(), 0);
            places.walk((begin - 1).saturating_sub(passed), |_, _| {});
            places.walk(end.saturating_sub(begin - 1), |position, units| chosen[position] += units);
            passed = end.max(begin - 1);
            let step_from = push_from_left(&mut scratch.offer, left, chosen);
            // The rule's cap is on all steps together.
            self.ask_units(scratch, Asking { cap: i64::MAX, ..asking }, step_from, *off);
        }
        scratch.multi = multi;
        let total = scratch.offer.asked - asked_before;
        if total > asking.cap {
            scratch.offer.asked = asked_before;
            let placed: i64 = scratch.offer.takes[from..].iter().map(|take| take.asked).sum();
            let charges = scratch.offer.charges.len();
            self.cap_asked(scratch, asking, (from, charges), total - placed);
        }
        let first = steps.first().map_or(0, |(from, _)| *from);
        if units < first { Err(short_of(units, first)) } else { Ok(()) }
    }
}

impl MultiWork {
    pub(super) fn clear_chosen(&mut self) {
        self.chosen.clear();
        self.chosen.resize(self.pool.len(), 0);
    }
}

/// Why a pool of `units` makes no group of `size`: too few, or none worth it.
pub(super) const fn short_of(units: u32, size: u32) -> Verdict {
    if units < size { Verdict::UnitsShort(size - units) } else { Verdict::NothingToTake }
}

/// From every group the unit at a position, counted in the order of `pick`.
fn choose_in_each_group(offer: &PlanNthUnit, groups: u32, multi: &mut MultiWork) {
    sort_by_worth(&multi.pool, offer.pick, &mut multi.order_2);
    let MultiWork { pool, order, order_2, chosen, by_run: places_in_pick, members, .. } = multi;
    places_in_pick.clear();
    places_in_pick.resize(pool.len(), 0);
    for (place, position) in (0_u32..).zip(&*order_2) {
        places_in_pick[*position as usize] = place;
    }
    let mut places = Places::new(pool, order);
    let mut rest = groups.min(offer.units_max);
    while rest > 0
        && let Some((position, units)) = places.current()
    {
        // In a group that lies inside one run, every unit is of that run.
        let inside = (units / offer.nth).min(rest);
        if inside > 0 {
            chosen[position] += inside;
            places.walk(inside * offer.nth, |_, _| {});
            rest -= inside;
            continue;
        }
        members.clear();
        places.walk(offer.nth, |position, units| members.push((places_in_pick[position], position, units)));
        members.sort_unstable();
        let mut behind = 0;
        for (_, position, units) in &*members {
            behind += units;
            if behind >= offer.position {
                chosen[*position] += 1;
                break;
            }
        }
        rest -= 1;
    }
}

/// Of all groups together, in the order of `pick`, one block of as many units as there are groups.
fn choose_from_pooled(offer: &PlanNthUnit, groups: u32, multi: &mut MultiWork) {
    sort_by_worth(&multi.pool, offer.pick, &mut multi.order_2);
    let from = (offer.position - 1) * groups;
    let until = from + groups.min(offer.units_max);
    let mut at = 0;
    for position in &multi.order_2 {
        let units = multi.grouped[*position as usize];
        let overlap = (at + units).min(until).saturating_sub(at.max(from));
        multi.chosen[*position as usize] = overlap;
        at += units;
    }
}

/// Appends the chosen units of a pool to the offer; returns where they begin.
pub(super) fn push_chosen(offer: &mut Offer, pool: &[Take], chosen: &[u32]) -> usize {
    let from = offer.takes.len();
    for (take, units) in pool.iter().zip(chosen) {
        if *units > 0 {
            offer.takes.push(take.last(*units));
        }
    }
    from
}

/// The same, cutting them off what is left of the pool.
fn push_from_left(offer: &mut Offer, left: &mut [Take], chosen: &[u32]) -> usize {
    let from = push_chosen(offer, left, chosen);
    for (take, units) in left.iter_mut().zip(chosen) {
        let cut = take.last(*units);
        take.worth -= cut.worth;
        take.value -= cut.value;
        take.units -= units;
    }
    from
}
