//! What is worth what: runs of alike units and shipping charges, with all values the rules may ask for.

use std::collections::BTreeSet;

use super::arith::{first_units, minor, percent_of};
use super::effects::Applied;
use super::gifts::GiftEntry;
use super::{Event, World};
use crate::money::{Amount, RoundMode};
use crate::rules::{Base, StageId};
use crate::shop::Line;

/// The values of a run or a charge.
#[derive(Clone, Debug)]
pub(super) struct Worth {
    pub list: i128,
    /// When the stage started.
    pub entry: i128,
    pub now: i128,
    /// When each stage so far started.
    pub at_stage: Vec<i128>,
}

impl Worth {
    fn new(list: i128) -> Self {
        Self { list, entry: list, now: list, at_stage: Vec::new() }
    }

    /// The values of units `from..to` of `of`.
    pub fn between(&self, from: i128, to: i128, of: i128) -> Self {
        let part = |worth| first_units(worth, to, of) - first_units(worth, from, of);
        Self {
            list: part(self.list),
            entry: part(self.entry),
            now: part(self.now),
            at_stage: self.at_stage.iter().map(|worth| part(*worth)).collect(),
        }
    }
}

/// Alike units of one item.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub item: usize,
    pub units: i128,
    pub worth: Worth,
    /// Used by a multi-buy rule of the stage.
    pub used: bool,
    /// The run this one was when the stage started.
    pub root: usize,
    /// The offer of the stage its units were dealt to.
    pub dealt: Option<usize>,
}

impl Run {
    /// Cuts off the last units: what stays in front, and the part that was cut off.
    pub fn cut_last(&self, units: i128) -> (Self, Self) {
        let part = |from, to| Self {
            units: to - from,
            worth: self.worth.between(from, to, self.units),
            ..self.clone()
        };
        let front = self.units - units;
        (part(0, front), part(front, self.units))
    }

    /// What the units can still give: what they are worth now above their floor.
    pub fn capacity_now(&self, world: &World) -> i128 {
        (self.worth.now - self.units * world.floor(self.item)).max(0)
    }
}

/// The cart while it is priced.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub runs: Vec<Run>,
    pub charges: Vec<Worth>,
    /// Items no later rule may discount.
    pub locked: BTreeSet<usize>,
    /// Items no later rule of the stage may discount.
    pub locked_in_stage: BTreeSet<usize>,
    pub applied: Vec<Applied>,
    /// Gifts given, add-ons taken, add-ons offered.
    pub gifts: Vec<GiftEntry>,
    /// What happened, for those who judge scenarios.
    pub events: BTreeSet<Event>,
}

impl State {
    pub fn new(world: &World) -> Self {
        let items = world.cart.items().iter().enumerate();
        let run = |(item, facts): (usize, &crate::shop::Item)| {
            let units = i128::from(facts.units);
            let worth = Worth::new(units * i128::from(world.line(item).list_price.minor()));
            Run { item, units, worth, used: false, root: item, dealt: None }
        };
        let charges = world.cart.charges().iter();
        Self {
            runs: items.map(run).collect(),
            charges: charges.map(|charge| Worth::new(charge.amount.minor().into())).collect(),
            locked: BTreeSet::new(),
            locked_in_stage: BTreeSet::new(),
            applied: Vec::new(),
            gifts: Vec::new(),
            events: BTreeSet::new(),
        }
    }

    /// Notes what everything is worth when a stage starts.
    pub fn start_stage(&mut self) {
        let runs = self.runs.iter_mut().map(|run| &mut run.worth);
        for worth in runs.chain(&mut self.charges) {
            worth.entry = worth.now;
            worth.at_stage.push(worth.now);
        }
        for (at, run) in self.runs.iter_mut().enumerate() {
            run.used = false;
            run.root = at;
            run.dealt = None;
        }
        self.locked_in_stage.clear();
    }

    pub fn is_locked(&self, run: usize) -> bool {
        let item = self.runs[run].item;
        self.locked.contains(&item) || self.locked_in_stage.contains(&item)
    }

    /// What all rules together took off goods so far.
    pub fn goods_granted(&self) -> i128 {
        self.runs.iter().map(|run| run.worth.list - run.worth.now).sum()
    }
}

impl World<'_> {
    /// The facts of an item.
    pub fn line(&self, item: usize) -> &Line {
        &self.cart.lines()[self.cart.items()[item].lines.start]
    }

    pub fn money(&self, amount: Amount) -> i128 {
        minor(amount, self.rules.currency)
    }

    /// What a unit of an item costs at least.
    pub fn floor(&self, item: usize) -> i128 {
        self.floor_price(item).max(self.line_cap_floor(item))
    }

    pub fn floor_price(&self, item: usize) -> i128 {
        self.line(item).floor_price.map_or(0, |floor| floor.minor().into())
    }

    /// What the cap per line leaves of the list price.
    pub fn line_cap_floor(&self, item: usize) -> i128 {
        let list = i128::from(self.line(item).list_price.minor());
        let cap = self.rules.caps.line_percent;
        cap.map_or(0, |cap| list - percent_of(list, cap, RoundMode::Down))
    }

    /// What all rules together may take off goods.
    pub fn order_cap(&self) -> Option<i128> {
        let list = i128::from(self.cart.list_total().minor());
        let amount = self.rules.caps.order_amount.map(|amount| self.money(amount));
        let share = self.rules.caps.order_percent;
        let share = share.map(|share| percent_of(list, share, RoundMode::Down));
        amount.into_iter().chain(share).min()
    }

    fn stage_at(&self, stage: &StageId) -> Option<usize> {
        self.rules.stages.iter().position(|known| known.id == *stage)
    }

    /// The value at a base.
    pub fn value(&self, worth: &Worth, base: &Base) -> i128 {
        match base {
            Base::List => worth.list,
            Base::Entry => worth.entry,
            Base::Running | Base::Cash => worth.now,
            Base::Stage(stage) => {
                let at = self.stage_at(stage).and_then(|at| worth.at_stage.get(at));
                at.copied().unwrap_or(worth.now)
            }
        }
    }
}
