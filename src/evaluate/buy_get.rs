//! Buy some, get others cheaper: a unit is either qualifier or target (B-1).

use super::Pricing;
use super::multi::push_chosen;
use super::offer::{Asking, sort_by_worth};
use super::scratch::{MultiWork, Scratch};
use super::verdict::Verdict;
use crate::compile::plan::{Partial, PlanBuyGet};
use crate::rules::Pick;

/// How many units there are to choose from.
#[derive(Clone, Copy)]
struct Supply {
    /// Only qualifiers, only targets, both.
    qualifiers: u64,
    targets: u64,
    both: u64,
}

impl Supply {
    /// Whether so many qualifiers and targets exist that share no unit.
    const fn allows(self, qualifiers: u64, targets: u64) -> bool {
        self.lacks(qualifiers, targets) == 0
    }

    /// How many units must come to these for so many qualifiers and targets.
    const fn lacks(self, qualifiers: u64, targets: u64) -> u64 {
        let apart = qualifiers.saturating_sub(self.qualifiers) + targets.saturating_sub(self.targets);
        apart.saturating_sub(self.both)
    }

    /// How many units are missing to the first application that gives something.
    fn short_of(self, offer: &PlanBuyGet) -> u32 {
        let targets = match offer.partial {
            Partial::Yes => 1,
            Partial::No => offer.target.quantity,
        };
        let lacks = self.lacks(offer.qualifier.quantity.into(), targets.into());
        u32::try_from(lacks).unwrap_or(u32::MAX)
    }
}

impl Pricing<'_> {
    pub(super) fn ask_buy_get(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        offer: &PlanBuyGet,
    ) -> Result<(), Verdict> {
        let Scratch { state, multi, offer: into, .. } = &mut *scratch;
        self.gather_pool(state, asking, &offer.qualifier.selector, &mut multi.other);
        self.gather_pool(state, asking, &offer.target.selector, &mut multi.pool);
        let supply = multi.find_shared(state.runs.len());
        let (qualifiers, targets) = applications(offer, supply);
        if targets == 0 {
            return Err(Verdict::UnitsShort(supply.short_of(offer)));
        }
        choose_targets(offer, supply, (qualifiers, targets), multi);
        let from = push_chosen(into, &multi.pool, &multi.chosen);
        choose_qualifiers(qualifiers, multi, &mut into.qualifiers);
        self.ask_units(scratch, asking, from, offer.off);
        Ok(())
    }
}

/// How many qualifiers and targets all applications take together.
fn applications(offer: &PlanBuyGet, supply: Supply) -> (u64, u64) {
    let (buy, get) = (u64::from(offer.qualifier.quantity), u64::from(offer.target.quantity));
    // Fewer units never allow more, so the largest number of applications can be halved in on.
    let (mut most, mut beyond) = (0, (supply.qualifiers + supply.both) / buy.max(1) + 1);
    while beyond - most > 1 {
        let middle = most + (beyond - most) / 2;
        if supply.allows(middle * buy, middle * get) { most = middle } else { beyond = middle }
    }
    let times = most.min(u64::from(offer.times));
    let (qualifiers, targets) = (times * buy, times * get);
    if offer.partial == Partial::No
        || times == u64::from(offer.times)
        || !supply.allows(qualifiers + buy, targets)
    {
        return (qualifiers, targets);
    }
    // One more with fewer targets: all that are left beside its qualifiers.
    let left_of_both = supply.both - (qualifiers + buy).saturating_sub(supply.qualifiers);
    let further = (supply.targets + left_of_both - targets).min(get.saturating_sub(1));
    if further == 0 { (qualifiers, targets) } else { (qualifiers + buy, targets + further) }
}

/// Chooses targets in the order of `pick`, leaving enough units of both kinds for the qualifiers.
fn choose_targets(
    offer: &PlanBuyGet,
    supply: Supply,
    (qualifiers, targets): (u64, u64),
    multi: &mut MultiWork,
) {
    sort_by_worth(&multi.pool, offer.pick, &mut multi.order);
    multi.clear_chosen();
    let mut of_both = supply.both - qualifiers.saturating_sub(supply.qualifiers).min(supply.both);
    let mut rest = targets;
    for position in &multi.order {
        let at = *position as usize;
        let units = u64::from(multi.pool[at].units).min(rest);
        let units = match multi.shared[at] {
            Shared::Yes => units.min(of_both),
            Shared::No => units,
        };
        if multi.shared[at] == Shared::Yes {
            of_both -= units;
        }
        multi.chosen[at] = units as u32;
        rest -= units;
    }
}

/// Chooses qualifiers, the dearest first, from what the targets leave.
fn choose_qualifiers(qualifiers: u64, multi: &mut MultiWork, used: &mut Vec<(u32, u32)>) {
    sort_by_worth(&multi.other, Pick::Dearest, &mut multi.order);
    let mut rest = qualifiers;
    for position in &multi.order {
        let take = multi.other[*position as usize];
        let taken = match multi.by_run[take.run as usize] {
            0 => 0,
            behind => multi.chosen[behind as usize - 1],
        };
        let units = u64::from(take.units - taken).min(rest);
        if units > 0 {
            used.push((take.run, units as u32));
        }
        rest -= units;
    }
}

/// Whether units are of both kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shared {
    Yes,
    No,
}

impl MultiWork {
    /// Finds the runs that are in both pools, and counts.
    fn find_shared(&mut self, runs: usize) -> Supply {
        self.by_run.clear();
        self.by_run.resize(runs, 0);
        let mut supply = Supply { qualifiers: 0, targets: 0, both: 0 };
        for (behind, take) in (1_u32..).zip(&self.pool) {
            self.by_run[take.run as usize] = behind;
            supply.targets += u64::from(take.units);
        }
        self.shared.clear();
        self.shared.resize(self.pool.len(), Shared::No);
        for take in &self.other {
            let units = u64::from(take.units);
            match self.by_run[take.run as usize] {
                0 => supply.qualifiers += units,
                behind => {
                    self.shared[behind as usize - 1] = Shared::Yes;
                    supply.both += units;
                    supply.targets -= units;
                }
            }
        }
        supply
    }
}
