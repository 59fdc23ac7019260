//! One of each for a sum: parts take units in the order listed, a unit goes to one part.

use super::Pricing;
use super::groups::places_worth;
use super::multi::push_chosen;
use super::offer::{Asking, sort_by_worth};
use super::scratch::{MultiWork, Scratch, Take};
use super::state::Want;
use super::verdict::Verdict;
use crate::compile::plan::{Off, PlanBundle};

/// A run in the pool of a part.
#[derive(Clone, Copy, Debug)]
pub(super) struct PartRun {
    pub take: Take,
    /// Units the part takes of it.
    pub units: u32,
    /// Units of it that earlier parts take: its places for this part begin behind them.
    pub behind: u32,
}

/// Where a part stands while bundles are made one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    /// Its runs in the list of all parts' runs, and where they end.
    pub at: usize,
    pub end: usize,
    /// Units of the current run that bundles have taken.
    pub offset: u32,
}

impl Pricing<'_> {
    pub(super) fn ask_bundle(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        bundle: &PlanBundle,
    ) -> Result<(), Verdict> {
        let mut multi = std::mem::take(&mut scratch.multi);
        self.gather_parts(scratch, asking, bundle, &mut multi);
        let runs = scratch.state.runs.len();
        let times = largest_number(bundle, &mut multi, runs);
        if times == 0 {
            let missing = multi.take_parts(bundle, 1, runs);
            scratch.multi = multi;
            return Err(Verdict::UnitsShort(u32::try_from(missing).unwrap_or(u32::MAX)));
        }
        let price = match bundle.off {
            Off::Price(price) => price,
            Off::Percent(_) | Off::Amount(_) | Off::UnitPrice(_) => -1,
        };
        multi.take_parts(bundle, times, runs);
        let count = multi.choose_bundles(bundle, times, price);
        self.chosen_pool(scratch, asking, &mut multi);
        let from = push_chosen(&mut scratch.offer, &multi.pool, &multi.chosen);
        scratch.multi = multi;
        if count == 0 {
            return Err(Verdict::NothingToTake);
        }
        self.ask_groups(scratch, asking, from, count, bundle.off);
        Ok(())
    }

    /// Lists the pools of all parts, each in the bundle's order.
    fn gather_parts(self, scratch: &Scratch, asking: Asking<'_>, bundle: &PlanBundle, multi: &mut MultiWork) {
        multi.parts.clear();
        multi.cursors.clear();
        for part in &bundle.parts {
            let at = multi.parts.len();
            self.gather_pool(&scratch.state, asking, &part.selector, &mut multi.pool);
            sort_by_worth(&multi.pool, bundle.pick, &mut multi.order);
            let runs = multi.order.iter().map(|position| multi.pool[*position as usize]);
            multi.parts.extend(runs.map(|take| PartRun { take, units: 0, behind: 0 }));
            multi.cursors.push(Cursor { at, end: multi.parts.len(), offset: 0 });
        }
    }

    /// Turns units chosen by run into a pool in canonical order.
    fn chosen_pool(self, scratch: &Scratch, asking: Asking<'_>, multi: &mut MultiWork) {
        multi.pool.clear();
        multi.chosen.clear();
        let every = crate::compile::plan::PlanSelector::every_unit();
        scratch.state.for_each(self.cart, &every, asking.part, Want::ReusedPool, |at, run| {
            let units = multi.by_run[at as usize];
            if units > 0 {
                let worth = scratch.state.worth(at, asking.own);
                multi.pool.push(Take {
                    run: at,
                    units: run.units,
                    worth,
                    value: run.value,
                    asked: 0,
                    granted: 0,
                });
                multi.chosen.push(units);
            }
        });
    }
}

/// The largest number of bundles, at most what the rule allows, that the parts can fill one after the other. Whatever
/// fills some number fills fewer: earlier parts then take less, and leave more.
fn largest_number(bundle: &PlanBundle, multi: &mut MultiWork, runs: usize) -> u32 {
    let most = bundle.parts.iter().zip(&multi.cursors).map(|(part, cursor)| {
        let units: u64 = multi.parts[cursor.at..cursor.end].iter().map(|run| u64::from(run.take.units)).sum();
        units.checked_div(u64::from(part.quantity)).unwrap_or(0)
    });
    let most = most.min().unwrap_or(0).min(u64::from(bundle.times)) as u32;
    let (mut fits, mut beyond) = (0, most + 1);
    while beyond - fits > 1 {
        let middle = fits + (beyond - fits) / 2;
        if multi.take_parts(bundle, middle, runs) == 0 { fits = middle } else { beyond = middle }
    }
    fits
}

impl MultiWork {
    /// Lets each part in turn take the units of `times` bundles from what the parts before left; returns how many
    /// units are missing to that.
    fn take_parts(&mut self, bundle: &PlanBundle, times: u32, runs: usize) -> u64 {
        let mut missing = 0;
        self.by_run.clear();
        self.by_run.resize(runs, 0);
        for (part, cursor) in bundle.parts.iter().zip(&self.cursors) {
            let mut rest = u64::from(part.quantity) * u64::from(times);
            for run in &mut self.parts[cursor.at..cursor.end] {
                let taken = &mut self.by_run[run.take.run as usize];
                let units = u64::from(run.take.units - *taken).min(rest);
                (run.units, run.behind) = (units as u32, *taken);
                *taken += units as u32;
                rest -= units;
            }
            missing += rest;
        }
        missing
    }

    /// Makes bundles one after the other, those from inside one run of each part together, and keeps those worth more
    /// than the price; leaves the units kept in `by_run` and returns how many bundles they make.
    fn choose_bundles(&mut self, bundle: &PlanBundle, times: u32, price: i64) -> u32 {
        self.by_run.iter_mut().for_each(|units| *units = 0);
        let (mut rest, mut count) = (times, 0);
        while rest > 0 {
            let inside = bundle.parts.iter().zip(&self.cursors).map(|(part, cursor)| {
                let cursor = self.walk(*cursor, 0, |_, _, _| {});
                self.parts.get(cursor.at).map_or(0, |run| (run.units - cursor.offset) / part.quantity)
            });
            let made = inside.min().unwrap_or(0).clamp(1, rest);
            let mut worth = 0;
            for (part, cursor) in bundle.parts.iter().zip(&self.cursors) {
                self.walk(*cursor, made * part.quantity, |run, from, until| {
                    worth += places_worth(&run.take, run.behind + from, run.behind + until);
                });
            }
            let dearer = i64::from(made).checked_mul(price).is_some_and(|price| worth > price);
            count += if dearer { made } else { 0 };
            for (part, at) in bundle.parts.iter().zip(0..) {
                let mut by_run = std::mem::take(&mut self.by_run);
                self.cursors[at] = self.walk(self.cursors[at], made * part.quantity, |run, from, until| {
                    by_run[run.take.run as usize] += if dearer { until - from } else { 0 };
                });
                self.by_run = by_run;
            }
            rest -= made;
        }
        count
    }

    /// Passes `units` of a part's runs, calling `visit` for each run touched; stops in front of units that are left.
    fn walk(&self, mut cursor: Cursor, mut units: u32, mut visit: impl FnMut(&PartRun, u32, u32)) -> Cursor {
        while cursor.at < cursor.end {
            let run = &self.parts[cursor.at];
            let step = (run.units - cursor.offset).min(units);
            if step > 0 {
                visit(run, cursor.offset, cursor.offset + step);
            }
            cursor.offset += step;
            units -= step;
            if cursor.offset < run.units {
                break;
            }
            cursor = Cursor { at: cursor.at + 1, offset: 0, ..cursor };
        }
        cursor
    }
}
