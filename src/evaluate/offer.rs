//! What a rule would do, computed without doing it.

use super::Pricing;
use super::limits::Left;
use super::near::Wanted;
use super::scratch::{Scratch, Take};
use super::state::{Part, Run, State, Want};
use super::verdict::Verdict;
use crate::compile::plan::{Keep, PlanRule, PlanSelector, Value};
use crate::rules::{Per, Pick, Short};

/// A rule being computed for a part.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub number: u32,
    pub rule: &'a PlanRule,
    pub part: Part,
    /// The value the rule computes from.
    pub own: Value,
    /// The most this application may ask, in minor units.
    pub cap: i64,
}

impl<'a> Pricing<'a> {
    /// Computes what a rule would do into `scratch.offer`, part by part; says why when that is nothing.
    pub(super) fn offer(self, scratch: &mut Scratch, number: u32, left: Left) -> Result<(), Verdict> {
        let rule = &self.plan.rules[number as usize];
        let own = self.plan.stages[rule.stage as usize].own;
        let mut left = left;
        scratch.offer.clear();
        scratch.state.rule = number;
        let asking = |part| Asking { number, rule, part, own, cap: rule.cap_minor };
        match rule.per {
            Per::Order => self.offer_part(scratch, asking(Part::Order), &mut left)?,
            Per::Shop => {
                let parts = (0..self.cart.shops().len() as u32).map(Part::Shop);
                self.offer_parts(scratch, parts.map(asking), &mut left)?;
            }
            Per::Line => {
                let mut ends = std::mem::take(&mut scratch.part_ends);
                scratch.state.product_ends(&mut ends);
                let mut first = 0;
                let lines = ends.iter().map(|end| {
                    let part = Part::Line { first, end: *end };
                    first = *end;
                    part
                });
                let offered = self.offer_parts(scratch, lines.map(asking), &mut left);
                scratch.part_ends = ends;
                offered?;
            }
        }
        let offer = &scratch.offer;
        let rewards = offer.points > 0 || offer.pieces > 0;
        if offer.takes.is_empty() && offer.charges.is_empty() && offer.gifts.is_empty() && !rewards {
            return Err(Verdict::NothingToTake);
        }
        Ok(())
    }

    /// All parts in turn; the rule has something to offer when one part has.
    fn offer_parts(
        self,
        scratch: &mut Scratch,
        parts: impl Iterator<Item = Asking<'a>>,
        left: &mut Left,
    ) -> Result<(), Verdict> {
        let mut verdict = Err(Verdict::NothingToTake);
        for asking in parts {
            match (self.offer_part(scratch, asking, left), verdict) {
                (Ok(()), _) => verdict = Ok(()),
                // The first part that is more than merely empty tells why.
                (Err(why), Err(Verdict::NothingToTake)) => verdict = Err(why),
                (Err(_), _) => {}
            }
        }
        verdict
    }

    fn offer_part(self, scratch: &mut Scratch, asking: Asking<'_>, left: &mut Left) -> Result<(), Verdict> {
        let from = scratch.offer.takes.len();
        let asked = self
            .condition_holds(scratch, asking.rule, asking.part)
            .and_then(|()| self.ask(scratch, asking, left));
        if left.units != u64::MAX {
            // Units of which nothing is asked use nothing up; `keep` saw to it that there are not more than are left.
            let units = scratch.offer.takes[from..].iter().filter(|take| take.asked > 0);
            left.units -= units.map(|take| u64::from(take.units)).sum::<u64>();
        }
        if scratch.misses.wanted != Wanted::No {
            self.note(scratch, asking, asked);
        }
        asked
    }

    /// Appends the runs of a selector to the offer, whole; returns where they begin and what they are worth.
    #[inline]
    pub(super) fn gather(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        target: &PlanSelector,
    ) -> (usize, i64) {
        let Scratch { state, offer, .. } = scratch;
        let from = offer.takes.len();
        let take = |at: u32, run: &Run| {
            let worth = match asking.own {
                Value::Entry => run.entry,
                Value::Now => run.value,
                Value::List | Value::Snapshot(_) => state.worth(at, asking.own),
            };
            Take { run: at, units: run.units, worth, value: run.value, asked: 0, granted: 0 }
        };
        let (takes, mut sum) = (&mut offer.takes, 0);
        state.for_each(self.cart, target, asking.part, Want::Target, |at, run| {
            let take = take(at, run);
            sum += take.worth;
            takes.push(take);
        });
        (from, sum)
    }

    /// Keeps only so many units of the takes from `from` on, where the benefit or a limit says so; returns what is left
    /// of their worth. `asks` says whether the benefit would ask anything of a take.
    pub(super) fn keep(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        (from, sum): (usize, i64),
        keep: Option<Keep>,
        left: &Left,
        asks: impl Fn(&Take) -> bool,
    ) -> Result<i64, Verdict> {
        if keep.is_none() && left.units == u64::MAX {
            return Ok(sum);
        }
        let Scratch { state, offer, work, .. } = scratch;
        let takes = &mut offer.takes;
        let mut write = from;
        let mut units = 0;
        for read in from..takes.len() {
            let take = takes[read];
            if state.room(&take, take.value) > 0 && asks(&take) {
                takes[write] = take;
                write += 1;
                units += take.units;
            }
        }
        takes.truncate(write);
        let (wanted, pick) = keep.map_or((units, Pick::Dearest), |keep| (keep.units.min(units), keep.pick));
        let kept = u32::try_from(left.units).map_or(wanted, |left| wanted.min(left));
        if kept < wanted && asking.rule.limits.as_ref().is_some_and(|limits| limits.short == Short::Refuse) {
            takes.truncate(from);
            return Err(Verdict::Exhausted(left.tightest));
        }
        offer.short += u64::from(wanted - kept);
        if kept < units {
            sort_by_worth(&takes[from..], pick, &mut work.order);
            work.chosen.clear();
            work.chosen.resize(takes.len() - from, 0);
            let mut rest = kept;
            for at in &work.order {
                let taken = takes[from + *at as usize].units.min(rest);
                work.chosen[*at as usize] = taken;
                rest -= taken;
            }
            keep_chosen(takes, from, &work.chosen);
        }
        Ok(takes[from..].iter().map(|take| take.worth).sum())
    }
}

/// Shrinks takes to the units chosen of them, and drops those without.
pub(super) fn keep_chosen(takes: &mut Vec<Take>, from: usize, chosen: &[u32]) {
    let mut write = from;
    for (read, units) in (from..takes.len()).zip(chosen) {
        let take = takes[read];
        if *units == 0 {
            continue;
        }
        takes[write] = take.last(*units);
        write += 1;
    }
    takes.truncate(write);
}

/// Orders positions of takes by worth per unit, exactly; equal ones stay canonical.
pub(super) fn sort_by_worth(takes: &[Take], pick: Pick, order: &mut Vec<u32>) {
    order.clear();
    order.extend(0..takes.len() as u32);
    let rising = |a: &u32, b: &u32| {
        let (a, b) = (&takes[*a as usize], &takes[*b as usize]);
        // Worth and units fit, so the products fit in 128 bits.
        (i128::from(a.worth) * i128::from(b.units)).cmp(&(i128::from(b.worth) * i128::from(a.units)))
    };
    match pick {
        Pick::Cheapest => order.sort_unstable_by(|a, b| rising(a, b).then(a.cmp(b))),
        Pick::Dearest => order.sort_unstable_by(|a, b| rising(b, a).then(a.cmp(b))),
    }
}

impl State {
    /// Appends, for each product, the item behind its last.
    pub(super) fn product_ends(&self, ends: &mut Vec<u32>) {
        ends.clear();
        for (at, pair) in (1_u32..).zip(self.items.windows(2)) {
            if let [item, next] = pair
                && item.product != next.product
            {
                ends.push(at);
            }
        }
        if !self.items.is_empty() {
            ends.push(self.items.len() as u32);
        }
    }
}
