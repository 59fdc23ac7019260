//! What is worth what: every unit for itself, and shipping charges, with all values the rules may ask for.
//!
//! A run is a list of units, as long as it has pieces. Nothing is computed from a count: what a run is worth is the sum
//! over its units, and cutting it splits the list. A line of a million pieces is a list of a million; carts for the
//! oracle have to be small.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::arith::{minor, percent_of, spread};
use super::effects::Applied;
use super::gifts::GiftEntry;
use super::{Event, World};
use crate::money::{Amount, RoundMode};
use crate::rules::{Base, StageId};
use crate::shop::Line;

/// The values of a unit or a charge.
#[derive(Clone, Debug)]
pub(super) struct Worth {
    pub list: i128,
    /// When the stage started.
    pub entry: i128,
    pub now: i128,
    /// When each stage so far started. Shared by copies, since states are copied a lot and this seldom changes.
    pub at_stage: Rc<Vec<i128>>,
}

impl Worth {
    fn new(list: i128) -> Self {
        Self { list, entry: list, now: list, at_stage: Rc::default() }
    }
}

/// Units of one item that no rule has told apart so far, first to last.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub item: usize,
    pub units: Vec<Worth>,
    /// Used by a multi-buy rule of the stage.
    pub used: bool,
    /// The run this one was when the stage started.
    pub root: usize,
    /// The offer of the stage its units were dealt to.
    pub dealt: Option<usize>,
}

impl Run {
    pub fn count(&self) -> i128 {
        // A list is never as long as that.
        self.units.len() as i128
    }

    /// What the units are worth now.
    pub fn now(&self) -> i128 {
        self.units.iter().map(|unit| unit.now).sum()
    }

    /// Cuts off the last units: what stays in front, and the part that was cut off. What either part is worth stands
    /// evenly on its own units from then on.
    pub fn cut_last(&self, units: i128) -> (Self, Self) {
        let mut front = self.clone();
        let in_front = (0..self.count() - units).count();
        let mut back = Self { units: front.units.split_off(in_front), ..*self };
        if !front.units.is_empty() && !back.units.is_empty() {
            front.even_out();
            back.even_out();
        }
        (front, back)
    }

    /// Takes so much off the units, evenly.
    pub fn take_off(&mut self, amount: i128) {
        let left = spread(self.now() - amount, self.count());
        self.units.iter_mut().zip(left).for_each(|(unit, left)| unit.now = left);
    }

    /// Shares out each value evenly among the units.
    fn even_out(&mut self) {
        let even = |values: Vec<i128>| spread(values.iter().sum(), self.count());
        let list = even(self.units.iter().map(|unit| unit.list).collect());
        let entry = even(self.units.iter().map(|unit| unit.entry).collect());
        let now = even(self.units.iter().map(|unit| unit.now).collect());
        let stages = 0..self.units[0].at_stage.len();
        let column = |stage: usize| even(self.units.iter().map(|unit| unit.at_stage[stage]).collect());
        let at_stage: Vec<Vec<i128>> = stages.map(column).collect();
        for (at, unit) in self.units.iter_mut().enumerate() {
            let then: Vec<i128> = at_stage.iter().map(|column| column[at]).collect();
            (unit.list, unit.entry, unit.now) = (list[at], entry[at], now[at]);
            if *unit.at_stage != then {
                unit.at_stage = Rc::new(then);
            }
        }
    }

    /// What the units can still give: what they are worth now above their floor.
    pub fn capacity_now(&self, world: &World) -> i128 {
        (self.now() - self.count() * world.floor(self.item)).max(0)
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
            let unit = Worth::new(world.line(item).list_price.minor().into());
            let units = (0..facts.units).map(|_| unit.clone()).collect();
            Run { item, units, used: false, root: item, dealt: None }
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
        let units = self.runs.iter_mut().flat_map(|run| &mut run.units);
        for worth in units.chain(&mut self.charges) {
            worth.entry = worth.now;
            Rc::make_mut(&mut worth.at_stage).push(worth.now);
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
        self.runs.iter().flat_map(|run| &run.units).map(|unit| unit.list - unit.now).sum()
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

    /// What the units of a run are worth at a base.
    pub fn run_value(&self, run: &Run, base: &Base) -> i128 {
        self.values(&run.units, base).iter().sum()
    }

    /// The value at a base.
    pub fn value(&self, worth: &Worth, base: &Base) -> i128 {
        self.values(std::slice::from_ref(worth), base)[0]
    }

    /// What each unit is worth at a base.
    pub fn values(&self, units: &[Worth], base: &Base) -> Vec<i128> {
        let units = units.iter();
        match base {
            Base::List => units.map(|unit| unit.list).collect(),
            Base::Entry => units.map(|unit| unit.entry).collect(),
            Base::Running | Base::Cash => units.map(|unit| unit.now).collect(),
            Base::Stage(stage) => {
                let at = self.stage_at(stage);
                let then = |unit: &Worth| at.and_then(|at| unit.at_stage.get(at).copied());
                units.map(|unit| then(unit).unwrap_or(unit.now)).collect()
            }
        }
    }
}
