//! Worth by classes of items that no rule of the search tells apart.

use super::model::{Fees, each_selector};
use crate::compile::plan::{PlanRule, PlanSelector, Value};
use crate::evaluate::walk::Walk;

/// Most classes; what would need more shares one, which every sum that any of its items is in then counts whole.
pub(super) const CLASSES_MAX: usize = 64;

/// Classes of items, and some charges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sphere {
    /// One bit for each class.
    pub classes: u64,
    /// Charges count too.
    pub fees: bool,
}

/// At which base worth is summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    List,
    Now,
    Entry,
    Snapshot(u32),
}

impl Row {
    pub const fn of(value: Value) -> Self {
        match value {
            Value::List => Self::List,
            Value::Entry => Self::Entry,
            Value::Now => Self::Now,
            Value::Snapshot(slot) => Self::Snapshot(slot),
        }
    }
}

/// Which item is in which class.
#[derive(Debug, Default)]
pub(super) struct Classes {
    class_of: Vec<u8>,
    pub count: usize,
    members: Vec<u32>,
    /// By old class: how many of its items the selector at hand takes, and the class they get.
    hits: Vec<(u32, u8)>,
    sizes: Vec<u32>,
    list: Vec<i64>,
    floors: Vec<i64>,
    runs: Vec<u32>,
    units: Vec<u32>,
    fees_list: i64,
}

impl Classes {
    pub fn begin(&mut self, walk: &Walk<'_>) {
        self.class_of.clear();
        self.class_of.resize(walk.items(), 0);
        self.count = 1;
        self.sizes.clear();
        self.sizes.push(walk.items() as u32);
    }

    /// Tells apart what the selectors of a rule tell apart.
    pub fn see(&mut self, walk: &Walk<'_>, rule: &PlanRule) {
        each_selector(rule, |selector| self.split(walk, selector));
    }

    fn split(&mut self, walk: &Walk<'_>, selector: &PlanSelector) {
        let Self { members, class_of, hits, sizes, .. } = self;
        members.clear();
        walk.each_item(selector, |item| members.push(item));
        if members.len() == class_of.len() {
            return;
        }
        hits.clear();
        hits.resize(self.count, (0, u8::MAX));
        for item in &*members {
            hits[usize::from(class_of[*item as usize])].0 += 1;
        }
        for class in 0..self.count {
            let hit = hits[class].0;
            if hit > 0 && hit < sizes[class] && self.count < CLASSES_MAX {
                hits[class].1 = self.count as u8;
                self.count += 1;
                sizes[class] -= hit;
                sizes.push(hit);
            }
        }
        for item in &*members {
            let class = &mut class_of[*item as usize];
            let new = hits[usize::from(*class)].1;
            if new != u8::MAX {
                *class = new;
            }
        }
    }

    /// Sums what never changes.
    pub fn settle(&mut self, walk: &Walk<'_>) {
        let Self { class_of, list, floors, runs, units, .. } = self;
        for sums in [&mut *list, &mut *floors] {
            sums.clear();
            sums.resize(self.count, 0);
        }
        for counts in [&mut *runs, &mut *units] {
            counts.clear();
            counts.resize(self.count, 0);
        }
        walk.each_run(|item, pieces, _, _| {
            let class = usize::from(class_of[item as usize]);
            let (price, floor) = walk.price_and_floor(item);
            list[class] += price * i64::from(pieces);
            floors[class] += floor * i64::from(pieces);
            runs[class] += 1;
            units[class] += pieces;
        });
        self.fees_list = walk.charges_at_list();
    }

    /// The classes a selector takes items of.
    pub fn sphere(&self, walk: &Walk<'_>, selector: &PlanSelector, fees: Fees) -> Sphere {
        let mut classes = 0;
        let class_of = &self.class_of;
        walk.each_item(selector, |item| classes |= 1 << class_of[item as usize]);
        Sphere { classes, fees: fees == Fees::Too }
    }

    /// The class of an item.
    pub fn of_item(&self, item: u32) -> u8 {
        self.class_of[item as usize]
    }

    /// A sum over the classes of a sphere.
    fn over<T: Copy>(of: Sphere, sums: &[T], mut add: impl FnMut(T)) {
        let mut left = of.classes;
        while left != 0 {
            add(sums[left.trailing_zeros() as usize]);
            left &= left - 1;
        }
    }

    /// What the floors of a sphere keep.
    pub fn floors(&self, of: Sphere) -> i64 {
        let mut sum = 0;
        Self::over(of, &self.floors, |floor| sum += floor);
        sum
    }

    /// What all floors keep.
    pub fn all_floors(&self) -> i64 {
        self.floors.iter().sum()
    }

    /// How many runs a sphere has, before any of them is cut.
    pub fn runs(&self, of: Sphere) -> i64 {
        let mut sum = 0;
        Self::over(of, &self.runs, |runs| sum += i64::from(runs));
        sum
    }

    /// How many units a sphere has.
    pub fn units(&self, of: Sphere) -> i64 {
        let mut sum = 0;
        Self::over(of, &self.units, |units| sum += i64::from(units));
        sum
    }

    /// Every class.
    pub const fn everything(&self) -> u64 {
        if self.count >= CLASSES_MAX { u64::MAX } else { (1 << self.count) - 1 }
    }
}

/// Worth by class where a walk stands.
#[derive(Debug)]
pub(super) struct Sums {
    pub now: [i64; CLASSES_MAX],
    entry: [i64; CLASSES_MAX],
    snapshots: Vec<[i64; CLASSES_MAX]>,
    pub fees: i64,
    fees_entry: i64,
    /// The stage in progress; what later stages start from is at most what things are worth now.
    stage: Option<u32>,
}

impl Default for Sums {
    fn default() -> Self {
        Self {
            now: [0; CLASSES_MAX],
            entry: [0; CLASSES_MAX],
            snapshots: Vec::new(),
            fees: 0,
            fees_entry: 0,
            stage: None,
        }
    }
}

impl Sums {
    /// Sums up where the walk stands.
    pub fn take(&mut self, walk: &Walk<'_>, classes: &Classes, snapshots: u32) {
        let Self { now, entry, .. } = self;
        now[..classes.count].fill(0);
        entry[..classes.count].fill(0);
        walk.each_run(|item, _, value, at_entry| {
            let class = usize::from(classes.class_of[item as usize]);
            now[class] += value;
            entry[class] += at_entry;
        });
        (self.fees, self.fees_entry) = (walk.charges(), walk.charges_at_entry());
        self.stage = walk.stage();
        self.snapshots.resize(snapshots as usize, [0; CLASSES_MAX]);
        for (slot, sums) in (0..).zip(&mut self.snapshots) {
            sums[..classes.count].fill(0);
            walk.each_snapshot(slot, |item, value| {
                sums[usize::from(classes.class_of[item as usize])] += value;
            });
        }
    }

    /// What a sphere is worth now.
    pub fn now(&self, of: Sphere) -> i64 {
        let mut sum = if of.fees { self.fees } else { 0 };
        Classes::over(of, &self.now, |worth| sum += worth);
        sum
    }

    /// The most a sphere can be worth, at a base, to a rule of a stage that has not had its turn.
    pub fn most(&self, classes: &Classes, of: Sphere, row: Row, stage: u32) -> i64 {
        match row {
            Row::Now => self.now(of),
            Row::Entry if self.stage != Some(stage) => self.now(of),
            Row::Entry => {
                let mut sum = if of.fees { self.fees_entry } else { 0 };
                Classes::over(of, &self.entry, |worth| sum += worth);
                sum
            }
            Row::List => {
                let mut sum = if of.fees { classes.fees_list } else { 0 };
                Classes::over(of, &classes.list, |worth| sum += worth);
                sum
            }
            Row::Snapshot(slot) => {
                // Fees never rise, so what they were at list price is at least what they were then.
                let mut sum = if of.fees { classes.fees_list } else { 0 };
                match self.snapshots.get(slot as usize) {
                    Some(sums) => Classes::over(of, sums, |worth| sum += worth),
                    None => Classes::over(of, &classes.list, |worth| sum += worth),
                }
                sum
            }
        }
    }
}
