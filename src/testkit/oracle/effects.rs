//! What a rule does to runs and charges, and putting it into force.

use std::collections::{BTreeMap, BTreeSet};

use super::arith::lower;
use super::gifts::GiftEntry;
use super::rewards::Earner;
use super::state::{Run, State};
use super::{Event, World};
use crate::rules::{Exclusive, Rule, Short};

/// What an effect is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum On {
    /// The last so many units of a run; the next effect on it is on the last units of what is left.
    Units {
        run: usize,
        units: i128,
    },
    Charge(usize),
}

/// So much asked of some units or a charge. Nothing asked means that the units only take part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effect {
    pub on: On,
    pub asked: i128,
}

/// What a rule's benefit comes to, over all its parts.
#[derive(Clone, Debug)]
pub(super) struct Computed<'a> {
    pub rule: &'a Rule,
    pub asked: i128,
    /// In the order in which they are lowered together: part by part, charges last.
    pub effects: Vec<Effect>,
    /// Marks the units of all effects as used.
    pub uses_units: bool,
    pub gifts: Vec<GiftEntry>,
    pub points: i128,
    pub earned: Vec<(Earner, i128)>,
    pub pieces: i128,
    pub short: i128,
    pub events: BTreeSet<Event>,
}

/// A rule that gave something.
#[derive(Clone, Debug)]
pub(super) struct Applied {
    /// By position in the rule set.
    pub rule: usize,
    pub asked: i128,
    pub on_items: BTreeMap<usize, OnItem>,
    /// Asked and granted by charge.
    pub on_charges: BTreeMap<usize, (i128, i128)>,
    pub points: i128,
    pub earned: Vec<(Earner, i128)>,
    /// Gifts given, pieces for a later order, or deposits.
    pub pieces: i128,
    /// Units or pieces that unit limits kept it from.
    pub short: i128,
}

/// What a rule did to an item.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OnItem {
    pub units: i128,
    pub asked: i128,
    pub granted: i128,
}

impl Applied {
    pub fn granted(&self) -> i128 {
        let items = self.on_items.values().map(|on| on.granted);
        items.sum::<i128>() + self.on_charges.values().map(|(_, granted)| granted).sum::<i128>()
    }

    pub fn units(&self) -> i128 {
        self.on_items.values().map(|on| on.units).sum()
    }
}

impl<'a> World<'a> {
    /// What each effect would take off now, after floors, the order cap and the rule's budget, when rules have taken
    /// `off_goods_before` off goods so far.
    pub fn takings(
        &self,
        state: &State,
        computed: &Computed,
        off_goods_before: i128,
        events: &mut BTreeSet<Event>,
    ) -> Vec<i128> {
        let mut takes = self.possible(state, &computed.effects, events);
        let is_goods = |effect: &&Effect| matches!(effect.on, On::Units { .. });
        let goods = computed.effects.iter().filter(is_goods).count();

        let off_goods: i128 = takes[..goods].iter().sum();
        if let Some(cap) = self.order_cap() {
            let left = (cap - off_goods_before).max(0);
            if off_goods > left {
                events.insert(Event::OrderCapReached);
                let lowered = lower(left, &takes[..goods]);
                takes[..goods].copy_from_slice(&lowered);
            }
        }
        let off: i128 = takes.iter().sum();
        if let Some(left) = self.budget_left(computed.rule)
            && off > left
        {
            let left = match computed.rule.limits.short {
                Short::Partial => left,
                Short::Refuse => 0,
            };
            events.insert(match left {
                0 => Event::BudgetRefused,
                _ => Event::BudgetPartial,
            });
            takes = lower(left, &takes);
        }
        takes
    }

    /// What each effect would take off now, each for itself.
    fn possible(&self, state: &State, effects: &[Effect], events: &mut BTreeSet<Event>) -> Vec<i128> {
        let mut fronts: BTreeMap<usize, Run> = BTreeMap::new();
        let mut takes = Vec::new();
        for effect in effects {
            takes.push(match effect.on {
                On::Charge(charge) => effect.asked.min(state.charges[charge].now),
                On::Units { run, units } => {
                    let front = fronts.entry(run).or_insert_with(|| state.runs[run].clone());
                    let (rest, piece) = front.cut_last(units);
                    *front = rest;
                    let capacity = piece.capacity_now(self);
                    if effect.asked > 0 && effect.asked >= capacity {
                        events.insert(self.what_clamps(state, run));
                    }
                    effect.asked.min(capacity)
                }
            });
        }
        takes
    }

    fn what_clamps(&self, state: &State, run: usize) -> Event {
        let item = state.runs[run].item;
        let (floor, cap) = (self.floor_price(item), self.line_cap_floor(item));
        match floor.max(cap) {
            0 => Event::NothingLeft,
            _ if cap > floor => Event::LineCapReached,
            _ => Event::FloorReached,
        }
    }

    /// Puts rules into force that were all computed at this state and do not touch the same runs.
    ///
    /// # Errors
    /// The first rule that may not apply beside those before it; the state is spoilt then.
    pub fn force(&self, state: &mut State, all: Vec<Computed<'a>>) -> Result<(), &'a Rule> {
        let mut cuts = Vec::new();
        let mut off_goods = state.goods_granted();
        for computed in all {
            if let Some(event) = self.obstacle(state, computed.rule) {
                state.events.insert(event);
                return Err(computed.rule);
            }
            let mut events = computed.events.clone();
            let takes = self.takings(state, &computed, off_goods, &mut events);
            let pieces = given_pieces(&computed.gifts) + computed.pieces;
            state.gifts.extend(computed.gifts.iter().cloned());
            state.events.append(&mut events);
            if takes.iter().sum::<i128>() == 0 && pieces == 0 && computed.points == 0 {
                continue;
            }
            self.record(state, &computed, &takes, pieces);
            for (effect, take) in computed.effects.iter().zip(takes) {
                match effect.on {
                    On::Charge(charge) => state.charges[charge].now -= take,
                    On::Units { run, units } => {
                        off_goods += take;
                        let used = computed.uses_units;
                        cuts.push(Cut { run, units, take, used });
                    }
                }
            }
        }
        cut(state, &cuts);
        Ok(())
    }

    fn record(&self, state: &mut State, computed: &Computed, takes: &[i128], pieces: i128) {
        let mut applied = Applied {
            rule: self.position(computed.rule),
            asked: computed.asked,
            on_items: BTreeMap::new(),
            on_charges: BTreeMap::new(),
            points: computed.points,
            earned: computed.earned.clone(),
            short: computed.short,
            pieces,
        };
        for (effect, take) in computed.effects.iter().zip(takes) {
            match effect.on {
                On::Charge(charge) => {
                    applied.on_charges.insert(charge, (effect.asked, *take));
                }
                On::Units { run, units } => {
                    let on = applied.on_items.entry(state.runs[run].item).or_default();
                    on.asked += effect.asked;
                    on.granted += take;
                    on.units += if *take > 0 { units } else { 0 };
                }
            }
        }
        let discounted = applied.on_items.iter().filter(|(_, on)| on.granted > 0);
        let items: Vec<usize> = discounted.map(|(item, _)| *item).collect();
        match computed.rule.stacking.exclusive {
            Some(Exclusive::Lines) => state.locked.extend(items),
            Some(Exclusive::LinesInStage) => state.locked_in_stage.extend(items),
            Some(Exclusive::Stage | Exclusive::Order) | None => {}
        }
        state.events.insert(Event::Applied(super::kind(&computed.rule.benefit)));
        if computed.asked > applied.granted() {
            state.events.insert(Event::Unused);
        }
        state.applied.push(applied);
    }
}

fn given_pieces(gifts: &[GiftEntry]) -> i128 {
    gifts.iter().filter(|gift| gift.is_part_of_order()).map(|gift| gift.quantity).sum()
}

/// The last units of what is left of a run are cut off and lose `take`.
struct Cut {
    run: usize,
    units: i128,
    take: i128,
    used: bool,
}

/// Cuts each run, one cut after the other from what is left of it, and takes off.
fn cut(state: &mut State, cuts: &[Cut]) {
    let runs = std::mem::take(&mut state.runs);
    for (at, run) in runs.into_iter().enumerate() {
        let mut front = run;
        let mut pieces = Vec::new();
        for cut in cuts.iter().filter(|cut| cut.run == at) {
            let (rest, mut piece) = front.cut_last(cut.units);
            piece.take_off(cut.take);
            piece.used |= cut.used;
            pieces.push(piece);
            front = rest;
        }
        if !front.units.is_empty() && !pieces.is_empty() {
            state.events.insert(Event::RunCut);
        }
        let front = Some(front).filter(|front| !front.units.is_empty());
        state.runs.extend(front.into_iter().chain(pieces.into_iter().rev()));
    }
}
