//! What a rule does to runs and charges, and putting it into force.

use std::collections::{BTreeMap, BTreeSet};

use super::arith::lower;
use super::gifts::GiftEntry;
use super::state::{Run, State};
use super::{Event, World};
use crate::rules::{Exclusive, Rule, Short};

/// What an effect is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum On {
    /// Units `from..to` of a run.
    Units {
        run: usize,
        from: i128,
        to: i128,
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
    /// In canonical order: units front to back, then charges.
    pub effects: Vec<Effect>,
    /// Marks the units of all effects as used.
    pub uses_units: bool,
    pub gifts: Vec<GiftEntry>,
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
    pub gift_pieces: i128,
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
        items.sum::<i128>()
            + self
                .on_charges
                .values()
                .map(|(_, granted)| granted)
                .sum::<i128>()
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
        let takes = |effect: &Effect| match effect.on {
            On::Units { run, from, to } => {
                let capacity = state.capacity_now(self, run, from, to);
                if effect.asked > 0 && effect.asked >= capacity {
                    events.insert(self.what_clamps(state, run));
                }
                effect.asked.min(capacity)
            }
            On::Charge(charge) => effect.asked.min(state.charges[charge].now),
        };
        let mut takes: Vec<i128> = computed.effects.iter().map(takes).collect();
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

    fn what_clamps(&self, state: &State, run: usize) -> Event {
        let item = state.runs[run].item;
        let (floor, cap) = (self.floor_price(item), self.line_cap_floor(item));
        match floor.max(cap) {
            0 => Event::NothingLeft,
            _ if cap > floor => Event::LineCapReached,
            _ => Event::FloorReached,
        }
    }

    /// Puts rules into force one after the other. All were computed at the same state, and no two of them touch the
    /// same units, so that the runs can be cut at once at the end.
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
            let pieces = given_pieces(&computed.gifts);
            state.gifts.extend(computed.gifts.iter().cloned());
            state.events.append(&mut events);
            if takes.iter().sum::<i128>() == 0 && pieces == 0 {
                continue;
            }
            self.record(state, &computed, &takes, pieces);
            for (effect, take) in computed.effects.iter().zip(takes) {
                match effect.on {
                    On::Charge(charge) => state.charges[charge].now -= take,
                    On::Units { run, from, to } => {
                        off_goods += take;
                        cuts.push(Cut {
                            run,
                            from,
                            to,
                            take,
                            used: computed.uses_units,
                        });
                    }
                }
            }
        }
        cut(state, cuts);
        Ok(())
    }

    fn record(&self, state: &mut State, computed: &Computed, takes: &[i128], pieces: i128) {
        let mut applied = Applied {
            rule: self.position(computed.rule),
            asked: computed.asked,
            on_items: BTreeMap::new(),
            on_charges: BTreeMap::new(),
            gift_pieces: pieces,
        };
        for (effect, take) in computed.effects.iter().zip(takes) {
            match effect.on {
                On::Charge(charge) => {
                    applied.on_charges.insert(charge, (effect.asked, *take));
                }
                On::Units { run, from, to } => {
                    let on = applied.on_items.entry(state.runs[run].item).or_default();
                    on.asked += effect.asked;
                    on.granted += take;
                    on.units += if *take > 0 { to - from } else { 0 };
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
        state
            .events
            .insert(Event::Applied(super::kind(&computed.rule.benefit)));
        if computed.asked > applied.granted() {
            state.events.insert(Event::Unused);
        }
        state.applied.push(applied);
    }
}

fn given_pieces(gifts: &[GiftEntry]) -> i128 {
    gifts
        .iter()
        .filter(|gift| gift.is_part_of_order())
        .map(|gift| gift.quantity)
        .sum()
}

/// Units `from..to` of a run are cut off and lose `take`.
struct Cut {
    run: usize,
    from: i128,
    to: i128,
    take: i128,
    used: bool,
}

/// Cuts runs and takes off: every boundary is computed from the run as it was.
fn cut(state: &mut State, mut cuts: Vec<Cut>) {
    cuts.sort_by_key(|cut| (cut.run, cut.from));
    let runs = std::mem::take(&mut state.runs);
    for (at, run) in runs.into_iter().enumerate() {
        let mut upto = 0;
        let piece = |from, to| Run {
            units: to - from,
            worth: run.worth.between(from, to, run.units),
            ..run.clone()
        };
        for cut in cuts.iter().filter(|cut| cut.run == at) {
            if upto < cut.from {
                state.runs.push(piece(upto, cut.from));
            }
            let mut taken = piece(cut.from, cut.to);
            taken.worth.now -= cut.take;
            taken.used |= cut.used;
            if taken.units < run.units {
                state.events.insert(Event::RunCut);
            }
            state.runs.push(taken);
            upto = cut.to;
        }
        if upto < run.units {
            state.runs.push(piece(upto, run.units));
        }
    }
}
