//! What a rule gets: effects put into force, floors and caps kept, nothing moved elsewhere.

use super::Pricing;
use super::allocate::lower_granted;
use super::scratch::{Applied, CHARGE, Scratch, Taken};
use super::state::{Locked, StageLocks, State, Used};
use super::verdict::{Limit, Verdict};
use crate::compile::plan::{PlanBenefit, PlanRule};
use crate::record::GiftStatus;
use crate::rules::{Exclusive, Short};

impl Pricing<'_> {
    /// Works out what the effects of `scratch.offer` would take now, and returns the sum: each at most its capacity, all
    /// together at most what the order cap and the rule's budget leave.
    pub(super) fn grant(self, scratch: &mut Scratch, rule: &PlanRule) -> Result<i64, Verdict> {
        let Scratch { state, offer, work, order_cap_left, .. } = scratch;
        let (mut goods, mut fees) = (0, 0);
        for take in &mut offer.takes {
            take.granted = take.asked.min(state.room(take, take.value));
            goods += take.granted;
        }
        for charge in &mut offer.charges {
            charge.granted = charge.asked.min(state.charges[charge.charge as usize].value);
            fees += charge.granted;
        }
        if goods > *order_cap_left {
            lower_granted(work, *order_cap_left, &mut offer.takes, &mut []);
            goods = *order_cap_left;
        }
        let budget = self.budget_left(rule);
        if goods + fees <= budget {
            return Ok(goods + fees);
        }
        if rule.limits.as_ref().is_some_and(|limits| limits.short == Short::Refuse) {
            return Err(Verdict::Exhausted(Limit::Budget));
        }
        lower_granted(work, budget, &mut offer.takes, &mut offer.charges);
        Ok(budget)
    }

    /// Puts the offer into force and returns what was granted. A rule that grants nothing and gives nothing leaves no
    /// trace in the state (K-2).
    pub(super) fn force(self, scratch: &mut Scratch, number: u32) -> Result<i64, Verdict> {
        let rule = &self.plan.rules[number as usize];
        let granted = self.grant(scratch, rule)?;
        let gives = scratch.offer.gifts.iter().any(|gift| gift.status != GiftStatus::Offered);
        if granted == 0 && !gives {
            // Add-ons are offered by a rule that could give them.
            scratch.gifts.extend_from_slice(&scratch.offer.gifts);
            return Err(Verdict::NothingToTake);
        }
        let units = self.take(scratch, rule) + self.give(scratch);
        let adjustments_end = scratch.adjustments.len() as u32;
        let asked = scratch.offer.asked;
        scratch.applied.push(Applied { rule: number, asked, granted, adjustments_end, units });
        scratch.stacking.apply(self.plan, number);
        Ok(granted)
    }

    /// Cuts, takes, marks and locks; returns how many units gave something.
    fn take(self, scratch: &mut Scratch, rule: &PlanRule) -> u64 {
        let Scratch { state, offer, adjustments, order_cap_left, .. } = scratch;
        let multi = is_multi_buy(&rule.benefit);
        let from = adjustments.len();
        let (mut units, mut sorted) = (0_u64, true);
        for take in &offer.takes {
            let run = state.cut(take.run, take.units);
            let run = &mut state.runs[run as usize];
            if multi == MultiBuy::Yes {
                run.used = Used::Yes;
            }
            run.value -= take.granted;
            let item = run.item;
            state.total -= take.granted;
            if take.granted > 0 {
                units += u64::from(take.units);
                if *order_cap_left != i64::MAX {
                    *order_cap_left -= take.granted;
                }
                if let Some(locked) = locks(rule) {
                    state.lock(item, locked);
                }
            }
            match adjustments[from..].last_mut() {
                Some(last) if last.on == item => {
                    last.units += if take.granted > 0 { take.units } else { 0 };
                    last.asked += take.asked;
                    last.granted += take.granted;
                }
                last => {
                    sorted &= last.is_none_or(|last| last.on < item);
                    let units = if take.granted > 0 { take.units } else { 0 };
                    adjustments.push(Taken { on: item, units, asked: take.asked, granted: take.granted });
                }
            }
        }
        for (run, units) in &offer.qualifiers {
            let run = state.cut(*run, *units);
            state.runs[run as usize].used = Used::Yes;
        }
        if !sorted {
            merge_by_item(adjustments, from);
        }
        for charge in &offer.charges {
            state.charges[charge.charge as usize].value -= charge.granted;
            let (asked, granted) = (charge.asked, charge.granted);
            adjustments.push(Taken { on: charge.charge | CHARGE, units: 0, asked, granted });
        }
        let mut kept = from;
        for at in from..adjustments.len() {
            if adjustments[at].granted > 0 {
                adjustments[kept] = adjustments[at];
                kept += 1;
            }
        }
        adjustments.truncate(kept);
        units
    }

    /// Hands out gifts; returns how many pieces come with the order.
    fn give(self, scratch: &mut Scratch) -> u64 {
        let gifts = &scratch.offer.gifts;
        scratch.gifts.extend_from_slice(gifts);
        let given = gifts.iter().filter(|gift| gift.status != GiftStatus::Offered);
        given.map(|gift| u64::from(gift.pieces)).sum()
    }
}

/// Puts a rule's adjustments into canonical order and makes one of those on the same item: shops and ladder steps come
/// in turns of their own.
fn merge_by_item(adjustments: &mut Vec<Taken>, from: usize) {
    adjustments[from..].sort_by_key(|taken| taken.on);
    let mut kept = from;
    for at in from + 1..adjustments.len() {
        let next = adjustments[at];
        let last = &mut adjustments[kept];
        if last.on == next.on {
            last.units += next.units;
            last.asked += next.asked;
            last.granted += next.granted;
        } else {
            kept += 1;
            adjustments[kept] = next;
        }
    }
    adjustments.truncate(kept + 1);
}

/// Whether a benefit uses up the units it works on (B-1).
#[derive(Clone, Copy, PartialEq, Eq)]
enum MultiBuy {
    Yes,
    No,
}

const fn is_multi_buy(benefit: &PlanBenefit) -> MultiBuy {
    match benefit {
        PlanBenefit::BuyGet(_)
        | PlanBenefit::NthUnit(_)
        | PlanBenefit::UnitLadder { .. }
        | PlanBenefit::NFor { .. }
        | PlanBenefit::Bundle(_) => MultiBuy::Yes,
        PlanBenefit::PercentOff { .. }
        | PlanBenefit::ReferencePercent { .. }
        | PlanBenefit::AmountPerUnit { .. }
        | PlanBenefit::AmountOnce { .. }
        | PlanBenefit::UnitPrice { .. }
        | PlanBenefit::TotalPrice { .. }
        | PlanBenefit::SpendTiers { .. }
        | PlanBenefit::Every { .. }
        | PlanBenefit::QuantityTiers { .. }
        | PlanBenefit::Gift(_)
        | PlanBenefit::Shipping(_) => MultiBuy::No,
    }
}

fn locks(rule: &PlanRule) -> Option<Locked> {
    match rule.stacking.as_ref()?.exclusive? {
        Exclusive::Lines => Some(Locked::InOrder),
        Exclusive::LinesInStage => Some(Locked::InStage),
        Exclusive::Stage | Exclusive::Order => None,
    }
}

impl State {
    /// Keeps later rules off an item; a lock for the order outlasts one for the stage.
    fn lock(&mut self, item: u32, locked: Locked) {
        let item = &mut self.items[item as usize];
        if item.locked != Locked::InOrder {
            item.locked = locked;
        }
        self.stage_locks = StageLocks::Some;
    }
}
