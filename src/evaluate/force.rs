//! What a rule gets: effects put into force, floors and caps kept, nothing moved elsewhere.

use super::Pricing;
use super::allocate::lower_granted;
use super::scratch::{Applied, Offer, PointsTaken, Scratch};
use super::state::{Locked, NONE, Used};
use super::verdict::{Limit, Verdict};
use crate::compile::plan::{PlanBenefit, PlanRule};
use crate::money::Money;
use crate::record::{Adjustment, GiftStatus, On};
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
        scratch.state.rule = number;
        let granted = self.grant(scratch, rule)?;
        let gives = scratch.offer.gifts.iter().any(|gift| gift.status != GiftStatus::Offered);
        let rewards = scratch.offer.points > 0 || scratch.offer.pieces > 0;
        if granted == 0 && !gives && !rewards {
            // Add-ons are offered by a rule that could give them.
            scratch.gifts.extend_from_slice(&scratch.offer.gifts);
            let offers = !scratch.offer.gifts.is_empty();
            return Err(if offers { Verdict::NothingPicked } else { Verdict::NothingToTake });
        }
        let units = self.take(scratch, rule) + self.give(scratch);
        let Offer { asked, points, short, .. } = scratch.offer;
        let adjustments_end = scratch.adjustments.len() as u32;
        let position = scratch.applied.len() as u32;
        let shares = scratch.offer.point_shares.iter();
        scratch.point_shares.extend(shares.map(|share| PointsTaken { applied: position, ..*share }));
        scratch.applied.push(Applied { rule: number, asked, granted, units, short, points, adjustments_end });
        scratch.stacking.apply(self.plan, number);
        Ok(granted)
    }

    /// Cuts, takes, marks and locks; returns how many units gave something.
    fn take(self, scratch: &mut Scratch, rule: &PlanRule) -> u64 {
        let Scratch { state, offer, adjustments, applied, order_cap_left, .. } = scratch;
        let (kind, lock, position) = (kind_of(&rule.benefit), locks(rule), applied.len() as u32);
        let from = adjustments.len();
        let (mut goods, mut units, mut last_item) = (0, 0_u64, NONE);
        let (mut sorted, mut all_gave) = (true, true);
        for take in &offer.takes {
            let run = state.cut(take.run, take.units);
            let run = &mut state.runs[run as usize];
            run.value -= take.granted;
            if kind == Kind::MultiBuy {
                run.used = Used::Yes;
            }
            goods += take.granted;
            let item = run.item;
            let gave = if take.granted > 0 { take.units } else { 0 };
            units += u64::from(gave);
            all_gave &= gave > 0;
            if gave > 0
                && let Some(locked) = lock
            {
                state.lock(item, locked);
            }
            let adjustment = adjustment(position, On::Line(item), gave, (take.asked, take.granted));
            match adjustments.last_mut() {
                Some(same) if item == last_item => {
                    merge(same, &adjustment);
                    continue;
                }
                _ => adjustments.push(adjustment),
            }
            sorted &= last_item == NONE || last_item < item;
            last_item = item;
        }
        state.total -= goods;
        if *order_cap_left != i64::MAX {
            *order_cap_left -= goods;
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
            all_gave &= charge.granted > 0;
            adjustments.push(adjustment(
                position,
                On::Charge(charge.charge),
                0,
                (charge.asked, charge.granted),
            ));
        }
        if !all_gave {
            drop_empty(adjustments, from);
        }
        state.changed = true;
        units
    }

    /// Hands out gifts; returns how many pieces come with the order or for a later one.
    fn give(self, scratch: &mut Scratch) -> u64 {
        let gifts = &scratch.offer.gifts;
        scratch.gifts.extend_from_slice(gifts);
        let given = gifts.iter().filter(|gift| gift.status != GiftStatus::Offered);
        given.map(|gift| u64::from(gift.pieces)).sum::<u64>() + scratch.offer.pieces
    }
}

/// An adjustment on an item, by the item's position; `finish` turns items into lines.
pub(super) fn adjustment(rule: u32, on: On, units: u32, (asked, granted): (i64, i64)) -> Adjustment {
    Adjustment { rule, on, units, asked: Money::from_minor(asked), granted: Money::from_minor(granted) }
}

/// Drops the adjustments from `from` on that granted nothing.
pub(super) fn drop_empty(adjustments: &mut Vec<Adjustment>, from: usize) {
    let mut kept = from;
    for at in from..adjustments.len() {
        if adjustments[at].granted > Money::ZERO {
            adjustments[kept] = adjustments[at];
            kept += 1;
        }
    }
    adjustments.truncate(kept);
}

/// Puts a rule's adjustments into canonical order and makes one of those on the same item: shops and ladder steps come
/// in turns of their own.
fn merge_by_item(adjustments: &mut Vec<Adjustment>, from: usize) {
    adjustments[from..].sort_unstable_by_key(|adjustment| adjustment.on);
    let mut kept = from;
    for at in from + 1..adjustments.len() {
        let next = adjustments[at];
        let last = &mut adjustments[kept];
        if last.on == next.on {
            merge(last, &next);
        } else {
            kept += 1;
            adjustments[kept] = next;
        }
    }
    adjustments.truncate(kept + 1);
}

/// Adds one adjustment on an item to another. The sums are bounded by the list value, or by what was checked when it was
/// asked.
pub(super) const fn merge(into: &mut Adjustment, more: &Adjustment) {
    into.units += more.units;
    into.asked = Money::from_minor(into.asked.minor() + more.asked.minor());
    into.granted = Money::from_minor(into.granted.minor() + more.granted.minor());
}

/// What a benefit does besides taking money off.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Nothing.
    Plain,
    /// It uses up the units it works on (B-1).
    MultiBuy,
    /// It moves points or gives something for later.
    Reward,
}

const fn kind_of(benefit: &PlanBenefit) -> Kind {
    match benefit {
        PlanBenefit::BuyGet(_)
        | PlanBenefit::NthUnit(_)
        | PlanBenefit::UnitLadder { .. }
        | PlanBenefit::NFor { .. }
        | PlanBenefit::Bundle(_) => Kind::MultiBuy,
        PlanBenefit::PointsEarn(_) | PlanBenefit::PointsRedeem(_) | PlanBenefit::Grant(_) => Kind::Reward,
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
        | PlanBenefit::Shipping(_)
        | PlanBenefit::GroupPrice(_)
        | PlanBenefit::BargainPrice { .. }
        | PlanBenefit::Presale(_)
        | PlanBenefit::UseBalance(_) => Kind::Plain,
    }
}

/// How a rule locks the items it takes from.
pub(super) fn locks(rule: &PlanRule) -> Option<Locked> {
    match rule.stacking.as_ref()?.exclusive? {
        Exclusive::Lines => Some(Locked::InOrder),
        Exclusive::LinesInStage => Some(Locked::InStage),
        Exclusive::Stage | Exclusive::Order => None,
    }
}
