//! What caps on rules come to: orders that show that a cap is reached, and not always; and bounds that show that it never is,
//! or whenever the rule applies.
//!
//! Why the bounds hold. What a benefit asks for rises with what is counted, and values never rise: so at list prices, with all
//! that is in stock or that the rule's own condition lets in, it asks for most. It asks for least where its threshold is just
//! met, if the threshold counts the very goods, at the very values, that the benefit works on.

use std::collections::BTreeMap;

use super::CheckError;
use super::priced;
use super::reads::musts;
use super::shelf::{Shelf, enabled, moves};
use super::takes::{ppm, up};
use crate::audit::order::Order;
use crate::bounds::PPM;
use crate::compile::Plan;
use crate::money::{Amount, RoundingPer};
use crate::rules::{
    AmountOff, Benefit, Condition, Each, Per, PercentOf, PercentOff, QuantityTiers, Rule, RuleId, RuleSet,
    Select, Selector, SpendTiers, TierOff, Times, UnitLimit, Within,
};
use crate::shop::Catalogue;

const WHOLE: i128 = PPM as i128;

/// What is known of a cap without looking at any order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum CapSays {
    /// The rule never asks for more than this, which is no more than the cap.
    Never(i64),
    /// The rule never asks for less than this when it applies, which is no less than the cap.
    Always(i64),
}

/// Verifies that each cap is reached in one order and not in another.
pub(super) fn check(
    rules: &RuleSet,
    reached: &BTreeMap<RuleId, Order>,
    below: &BTreeMap<RuleId, Order>,
) -> Result<(), CheckError> {
    let plan = crate::compile(rules)?;
    for rule in enabled(rules).filter(|rule| rule.cap.is_some()) {
        let without = crate::compile(&without_cap(rules, &rule.id))?;
        let shows = |order: Option<&Order>, wanted: bool| {
            order.and_then(|order| is_reached(&plan, &without, order, rule)) == Some(wanted)
        };
        if !(shows(reached.get(&rule.id), true) && shows(below.get(&rule.id), false)) {
            return Err(CheckError::NoCap { rule: rule.id.as_str().to_owned() });
        }
    }
    Ok(())
}

/// The rules with one of them uncapped.
fn without_cap(rules: &RuleSet, id: &RuleId) -> RuleSet {
    let mut changed = rules.clone();
    changed.rules.iter_mut().filter(|rule| rule.id == *id).for_each(|rule| rule.cap = None);
    changed
}

/// Whether a rule that applies to an order would ask for more without its cap; `None` when it does not apply.
fn is_reached(plan: &Plan, without: &Plan, order: &Order, rule: &Rule) -> Option<bool> {
    let asked = |plan: &Plan| {
        let quote = priced(plan, order)?;
        quote.rules.iter().find(|one| one.rule == rule.id).map(|one| one.asked)
    };
    Some(asked(without)? > asked(plan)?)
}

/// What bounds say of a rule's cap, if anything.
pub(super) fn says(
    rules: &RuleSet,
    catalogue: &Catalogue,
    shelf: &Shelf<'_>,
    rule: &Rule,
) -> Option<CapSays> {
    let reading = Reading { rules, rule, catalogue, shelf };
    let cap = reading.minor(rule.cap?);
    let minor = |amount| i64::try_from(amount).unwrap_or(i64::MAX);
    // There a rule is computed over everything, and keeps what is on the goods it won.
    let keeps_all = match reading.select() {
        Select::All | Select::First | Select::Best | Select::BestCombination => true,
        Select::BestPerLine | Select::BestPerUnit | Select::BestAssignment => false,
    };
    let never = reading.most().filter(|most| *most <= cap).map(|most| CapSays::Never(minor(most)));
    never.or_else(|| {
        reading.least().filter(|least| keeps_all && *least >= cap).map(|least| CapSays::Always(minor(least)))
    })
}

struct Reading<'r> {
    rules: &'r RuleSet,
    rule: &'r Rule,
    catalogue: &'r Catalogue,
    shelf: &'r Shelf<'r>,
}

impl Reading<'_> {
    fn minor(&self, amount: Amount) -> i128 {
        i128::from(amount.to_money(self.rules.currency).unwrap_or_default().minor())
    }

    fn select(&self) -> Select {
        let stage = self.rules.stages.iter().find(|stage| stage.id == self.rule.stage);
        stage.map_or(Select::All, |stage| stage.select)
    }

    /// The most one application asks for.
    fn most(&self) -> Option<i128> {
        match &self.rule.benefit {
            Benefit::PercentOff(off) => self.most_of_percent(off),
            Benefit::AmountOff(off) => self.once(off),
            Benefit::SpendTiers(off) => self.largest(off.tiers.iter().map(|tier| tier.off)),
            Benefit::QuantityTiers(QuantityTiers { tiers, .. }) => {
                self.largest(tiers.iter().map(|tier| tier.off))
            }
            Benefit::Every(off) => match off.times {
                Times::Max(times) => self.minor(off.amount).checked_mul(i128::from(times)),
                Times::Uncapped => None,
            },
            Benefit::UnitPrice(_)
            | Benefit::TotalPrice(_)
            | Benefit::BuyGet(_)
            | Benefit::NthUnit(_)
            | Benefit::UnitLadder(_)
            | Benefit::NFor(_)
            | Benefit::Bundle(_)
            | Benefit::Gift(_)
            | Benefit::Shipping(_)
            | Benefit::GroupPrice(_)
            | Benefit::BargainPrice(_)
            | Benefit::PointsEarn(_)
            | Benefit::PointsRedeem(_)
            | Benefit::Presale(_)
            | Benefit::UseBalance(_)
            | Benefit::Grant(_) => None,
        }
    }

    /// The least one application asks for.
    fn least(&self) -> Option<i128> {
        match &self.rule.benefit {
            Benefit::AmountOff(off) => self.once(off),
            Benefit::PercentOff(off) => {
                let all_units = off.limit.is_none() && !self.counts_units();
                let plain = off.of == PercentOf::Value && all_units && self.rounds_once();
                let spent = self.own_spend(&off.target).filter(|_| plain)?;
                Some(spent * ppm(off.percent) / WHOLE)
            }
            Benefit::SpendTiers(off) => self.least_of_tiers(off),
            // No step, no application.
            Benefit::Every(off) => Some(self.minor(off.amount)),
            Benefit::UnitPrice(_)
            | Benefit::TotalPrice(_)
            | Benefit::QuantityTiers(_)
            | Benefit::BuyGet(_)
            | Benefit::NthUnit(_)
            | Benefit::UnitLadder(_)
            | Benefit::NFor(_)
            | Benefit::Bundle(_)
            | Benefit::Gift(_)
            | Benefit::Shipping(_)
            | Benefit::GroupPrice(_)
            | Benefit::BargainPrice(_)
            | Benefit::PointsEarn(_)
            | Benefit::PointsRedeem(_)
            | Benefit::Presale(_)
            | Benefit::UseBalance(_)
            | Benefit::Grant(_) => None,
        }
    }

    /// Whether limits or quotas may leave fewer units than are spent on.
    fn counts_units(&self) -> bool {
        let limits = &self.rule.limits;
        let counts = [limits.units, limits.units_per_customer, limits.units_per_order];
        counts.iter().any(Option::is_some) || !self.rule.quotas.is_empty()
    }

    fn rounds_once(&self) -> bool {
        self.rule.rounding.unwrap_or(self.rules.rounding).per == RoundingPer::Order
    }

    fn once(&self, off: &AmountOff) -> Option<i128> {
        (off.each == Each::Once && off.limit.is_none()).then(|| self.minor(off.amount))
    }

    fn largest(&self, tiers: impl Iterator<Item = TierOff>) -> Option<i128> {
        let amounts = tiers.map(|tier| match tier {
            TierOff::Amount(amount) => Some(self.minor(amount)),
            TierOff::Percent(_) | TierOff::UnitPrice(_) => None,
        });
        amounts.collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    fn most_of_percent(&self, off: &PercentOff) -> Option<i128> {
        let plain = off.of == PercentOf::Value && !off.with_shipping && self.rounds_once();
        let worth = [self.stocked(&off.target), self.few(off), self.ended(&off.target)];
        let worth = worth.into_iter().flatten().min().filter(|_| plain)?;
        Some(up(worth.checked_mul(ppm(off.percent))?, WHOLE))
    }

    /// All there is of some goods, at list prices.
    fn stocked(&self, of: &Selector) -> Option<i128> {
        let taken = self.catalogue.products().iter().filter(|one| of.takes(&one.piece) != Some(false));
        let mut sum = 0_i128;
        for product in taken {
            let price = i128::from(product.piece.list_price.minor());
            if price > 0 {
                sum = sum.checked_add(price.checked_mul(i128::from(product.stock?))?)?;
            }
        }
        Some(sum)
    }

    /// As many of the dearest as the benefit takes.
    fn few(&self, off: &PercentOff) -> Option<i128> {
        let units = match off.limit? {
            UnitLimit::Cheapest(units) | UnitLimit::Dearest(units) => i128::from(units),
        };
        i128::from(self.shelf.dearest(&self.shelf.taken(&off.target))).checked_mul(units)
    }

    /// The most the rule's own condition lets in.
    fn ended(&self, of: &Selector) -> Option<i128> {
        let own = self.own_conditions(of)?;
        own.into_iter().filter_map(|spend| spend.at_most).map(|most| self.minor(most)).min()
    }

    /// The least of its own goods for which the rule applies.
    fn own_spend(&self, of: &Selector) -> Option<i128> {
        let own = self.own_conditions(of)?;
        own.into_iter().filter_map(|spend| spend.at_least).map(|least| self.minor(least)).max()
    }

    /// The spends on its own goods, at the values it works on, without which the rule does not apply; `None` where goods may be
    /// counted that the benefit does not get, as locked ones are.
    fn own_conditions(&self, of: &Selector) -> Option<Vec<&crate::rules::Spend>> {
        let locks = enabled(self.rules).any(|rule| rule.stacking.exclusive.is_some());
        if locks || moves(self.shelf, of) {
            return None;
        }
        let mut own = Vec::new();
        self.rule.condition.iter().for_each(|condition| collect(condition, self.rule.per, of, &mut own));
        Some(own)
    }

    fn least_of_tiers(&self, off: &SpendTiers) -> Option<i128> {
        let own = off.qualifier.is_none() && off.base.is_none() && self.rounds_once();
        let least = off.tiers.iter().map(|tier| match tier.off {
            TierOff::Percent(percent) => Some(self.minor(tier.at) * ppm(percent) / WHOLE),
            TierOff::Amount(amount) => Some(self.minor(amount)),
            TierOff::UnitPrice(_) => None,
        });
        least.collect::<Option<Vec<_>>>()?.into_iter().min().filter(|_| own)
    }
}

/// Spends of a part on the very goods.
fn collect<'c>(condition: &'c Condition, per: Per, of: &Selector, own: &mut Vec<&'c crate::rules::Spend>) {
    for spend in musts(condition).into_iter().filter_map(Condition::of_spend) {
        let of_part = match spend.within {
            Within::Part => true,
            Within::Order => per == Per::Order,
            Within::AnyLine => per == Per::Line,
        };
        if of_part && spend.of == *of && spend.base.is_none() && !spend.with_shipping {
            own.push(spend);
        }
    }
}
