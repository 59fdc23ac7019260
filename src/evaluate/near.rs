//! Near misses: the thresholds a cart stopped short of, noted while it is priced. `additions` says what may pass
//! them, `reach` finds out what does.
//!
//! Nothing is noted unless somebody asks, and what is noted is read off the state beside the rule, so it moves no price.

use super::Pricing;
use super::additions::{Addition, Missing};
use super::offer::Asking;
use super::scratch::Scratch;
use super::state::{Part, State, Want};
use super::verdict::Verdict;
use crate::compile::plan::{PlanBenefit, PlanSelector, PlanStep, Reuse, Value};
use crate::shop::{Line, Sku};

/// Most thresholds looked into for one cart: those nearest by list value.
const MISSES_MAX: usize = 16;
/// The part of an order a rule looked at, by what stays the same when something is added to the cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PartKey {
    Order,
    Shop(u32),
    /// The product of this sku and list price.
    Product(Sku, i64),
}

/// A threshold that was not reached.
#[derive(Clone, Debug)]
pub(super) struct Miss {
    pub rule: u32,
    pub part: PartKey,
    /// The step of the condition that failed; `None` when it is the benefit's own threshold.
    step: Option<u32>,
    /// How far the rule got in the part: tiers or steps reached, or one when it gives something.
    level: u32,
    /// What may pass it, in the order to try.
    pub additions: Vec<Addition>,
    /// The least list value of these, in minor units.
    nearest: i64,
}

/// What was noted in a run.
#[derive(Debug, Default)]
pub(super) struct Misses {
    pub wanted: Wanted,
    pub list: Vec<Miss>,
    /// How far each rule got in each part; a later entry replaces an earlier one.
    pub levels: Vec<(u32, PartKey, u32)>,
}

/// Whether anybody wants to know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Wanted {
    #[default]
    No,
    /// How far rules got.
    Levels,
    /// What they stopped short of as well.
    Misses,
}

impl<'a> Pricing<'a> {
    /// Notes how far a rule got in a part, and what it stopped short of. To be called when anybody wants to know.
    #[cold]
    pub(super) fn note(self, scratch: &mut Scratch, asking: Asking<'_>, asked: Result<(), Verdict>) {
        let Some(part) = self.part_key(&scratch.state, asking.part) else { return };
        let (level, missing) = match asked {
            Err(Verdict::ConditionFailed { .. }) => (0, None),
            Ok(()) | Err(_) => self.standing(&scratch.state, asking, asked),
        };
        let Scratch { misses, .. } = scratch;
        misses.levels.push((asking.number, part.clone(), level));
        if misses.wanted != Wanted::Misses {
            return;
        }
        let miss = |step, additions: Vec<Addition>| {
            let nearest = additions.iter().map(|addition| self.list_value(*addition)).min();
            let nearest = nearest.unwrap_or(i64::MAX);
            Miss { rule: asking.number, part: part.clone(), step, level, additions, nearest }
        };
        let mut found = Vec::new();
        if let Some(missing) = missing {
            let additions = self.additions_to_benefit(&scratch.state, asking, missing);
            found.push(miss(None, additions));
        }
        if let Err(Verdict::ConditionFailed { .. }) = asked {
            let steps = asking.rule.condition.iter().flat_map(|program| program.steps());
            for (step, leaf) in (0_u32..).zip(steps) {
                let additions = self.additions_to_leaf(scratch, asking, &leaf.test);
                found.push(miss(Some(step), additions));
            }
        }
        for miss in found {
            scratch.misses.add(miss);
        }
    }

    fn part_key(self, state: &State, part: Part) -> Option<PartKey> {
        match part {
            Part::Order => Some(PartKey::Order),
            Part::Shop(shop) => Some(PartKey::Shop(shop)),
            Part::Line { first, .. } => {
                let line = self.line_of(state, first)?;
                Some(PartKey::Product(line.sku.clone(), line.list_price.minor()))
            }
        }
    }

    fn line_of(self, state: &State, item: u32) -> Option<&'a Line> {
        self.cart.lines().get(state.items.get(item as usize)?.line as usize)
    }

    /// How far a benefit got in a part, and what is missing to its next step.
    fn standing(
        self,
        state: &State,
        asking: Asking<'_>,
        asked: Result<(), Verdict>,
    ) -> (u32, Option<Missing>) {
        let gives = u32::from(asked.is_ok());
        match &asking.rule.benefit {
            PlanBenefit::SpendTiers { target, qualifier, value, tiers } => {
                let spend = self.measured(state, asking, target, qualifier.as_ref(), *value).0;
                let reached = tiers.partition_point(|(at, _)| *at <= spend);
                (reached as u32, tiers.get(reached).map(|(next, _)| Missing::Spend(next - spend)))
            }
            PlanBenefit::QuantityTiers { target, qualifier, tiers } => {
                let units = self.measured(state, asking, target, qualifier.as_ref(), asking.own).1;
                let reached = tiers.partition_point(|(at, _)| *at <= units);
                (reached as u32, tiers.get(reached).map(|(next, _)| Missing::Units(next - units)))
            }
            PlanBenefit::Every { target, qualifier, value, step, times, .. } => {
                let measured = self.measured(state, asking, target, qualifier.as_ref(), *value);
                next_step(*step, measured, *times)
            }
            PlanBenefit::Gift(gift) => match gift.every {
                None => (gives, None),
                Some(step) => {
                    let measured =
                        self.measured(state, asking, &gift.qualifier, Some(&gift.qualifier), gift.value);
                    next_step(step, measured, gift.times)
                }
            },
            PlanBenefit::Grant(grant) => match grant.every {
                None => (gives, None),
                Some(step) => {
                    let measured =
                        self.measured(state, asking, &grant.qualifier, Some(&grant.qualifier), grant.value);
                    next_step(step, measured, grant.times)
                }
            },
            PlanBenefit::UnitLadder { target, steps, units_max, .. } => {
                let units = self.pool_units(state, asking, target);
                let reached = steps.partition_point(|(from, _)| *from <= units.min(*units_max));
                let next = steps.get(reached).filter(|(from, _)| from <= units_max);
                (reached as u32, next.map(|(from, _)| Missing::Units(from - units)))
            }
            PlanBenefit::BuyGet(_)
            | PlanBenefit::NthUnit(_)
            | PlanBenefit::NFor { .. }
            | PlanBenefit::Bundle(_) => (gives, units_short(asked)),
            PlanBenefit::PercentOff { .. }
            | PlanBenefit::ReferencePercent { .. }
            | PlanBenefit::AmountPerUnit { .. }
            | PlanBenefit::AmountOnce { .. }
            | PlanBenefit::UnitPrice { .. }
            | PlanBenefit::TotalPrice { .. }
            | PlanBenefit::GroupPrice(_)
            | PlanBenefit::BargainPrice { .. }
            | PlanBenefit::Presale(_)
            | PlanBenefit::UseBalance(_)
            | PlanBenefit::PointsEarn(_)
            | PlanBenefit::PointsRedeem(_)
            | PlanBenefit::Shipping(_) => (gives, None),
        }
    }

    /// What a ladder looks at: the worth and number of its qualifier's units, or of its target's.
    fn measured(
        self,
        state: &State,
        asking: Asking<'_>,
        target: &PlanSelector,
        qualifier: Option<&PlanSelector>,
        value: Value,
    ) -> (i64, u32) {
        let (selector, want) = match qualifier {
            Some(qualifier) => (qualifier, Want::Counted),
            None => (target, Want::Target),
        };
        let (mut spend, mut units) = (0, 0);
        state.for_each(self.cart, selector, asking.part, want, |at, run| {
            spend += state.worth(at, value);
            units += run.units;
        });
        (spend, units)
    }

    fn pool_units(self, state: &State, asking: Asking<'_>, target: &PlanSelector) -> u32 {
        let want = match asking.rule.reuse {
            Reuse::No => Want::Pool,
            Reuse::Yes => Want::ReusedPool,
        };
        let mut units = 0;
        state.for_each(self.cart, target, asking.part, want, |at, run| {
            if state.worth(at, asking.own) > 0 {
                units += run.units;
            }
        });
        units
    }
}

impl Misses {
    /// Adds a miss, if need be in place of the one farthest off; a stage that selects again notes the same ones again.
    fn add(&mut self, miss: Miss) {
        if miss.additions.is_empty() {
            return;
        }
        let same =
            |other: &&mut Miss| other.rule == miss.rule && other.part == miss.part && other.step == miss.step;
        if let Some(before) = self.list.iter_mut().find(same) {
            *before = miss;
        } else if self.list.len() < MISSES_MAX {
            self.list.push(miss);
        } else if let Some(farthest) = self.list.iter_mut().max_by_key(|miss| miss.nearest)
            && miss.nearest < farthest.nearest
        {
            *farthest = miss;
        }
    }

    /// Whether a rule got further in these than when it missed something.
    pub fn are_beyond(&self, miss: &Miss) -> bool {
        let mut levels = self.levels.iter().rev();
        let level = levels.find(|(rule, part, _)| *rule == miss.rule && *part == miss.part);
        level.is_some_and(|(_, _, level)| *level > miss.level)
    }
}

/// Steps reached, and what is missing to the next, if there is one.
fn next_step(step: PlanStep, (spend, units): (i64, u32), times: u32) -> (u32, Option<Missing>) {
    let (steps, missing) = match step {
        PlanStep::Spend(every) => {
            let over = spend.checked_rem(every).unwrap_or(0);
            (spend.checked_div(every).unwrap_or(0), Missing::Spend(every - over))
        }
        PlanStep::Quantity(every) => {
            let over = units.checked_rem(every).unwrap_or(0);
            (i64::from(units.checked_div(every).unwrap_or(0)), Missing::Units(every - over))
        }
    };
    match u32::try_from(steps) {
        Ok(steps) if steps < times => (steps, Some(missing)),
        Ok(_) | Err(_) => (times, None),
    }
}

fn units_short(asked: Result<(), Verdict>) -> Option<Missing> {
    match asked {
        Err(Verdict::UnitsShort(missing)) => Some(Missing::Units(missing)),
        Ok(())
        | Err(
            Verdict::Applied
            | Verdict::Disabled
            | Verdict::SwitchedOff(_)
            | Verdict::CodeNotEntered
            | Verdict::ConditionFailed { .. }
            | Verdict::Impossible
            | Verdict::SpendShort(_)
            | Verdict::NothingToTake
            | Verdict::NothingPicked
            | Verdict::NoGroup
            | Verdict::NewcomersOnly
            | Verdict::GroupTooSmall(_)
            | Verdict::NotAskedFor
            | Verdict::PointsShort
            | Verdict::Exhausted(_)
            | Verdict::CustomerUnknown
            | Verdict::Blocked { .. }
            | Verdict::StageFull
            | Verdict::SetAside
            | Verdict::NotSelected(_),
        ) => None,
    }
}
