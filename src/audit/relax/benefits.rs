//! The bound of each benefit, and what rounding may add to it.

use super::shares::{ceil_div, ppm, share_above, tier_share, times_max, unit_share};
use super::{Mask, NoBound, Relaxing, RuleBound, Stairs};
use crate::bounds::PPM;
use crate::money::RoundingPer;
use crate::rules::{
    AmountOff, Benefit, Bundle, BuyGet, Each, Every, Gift, GroupOff, NFor, NthUnit, Per, PercentOf,
    PercentOff, Pick, Promise, QuantityTiers, Rule, SpendTiers, Step, Take, TierOff, UnitLadder, UnitLimit,
    UnitPrice,
};
use std::collections::BTreeSet;

const WHOLE: i128 = PPM as i128;

impl Relaxing<'_> {
    fn none(&self) -> RuleBound {
        let slopes = vec![0; self.market.classes.len()];
        RuleBound {
            gates: Vec::new(),
            drift: slopes.clone(),
            slopes,
            flat: None,
            of_rest: None,
            stairs: None,
            by_counted: false,
        }
    }

    fn sloped(&self, mask: &Mask, share: i128) -> RuleBound {
        RuleBound { slopes: self.even(mask, share), ..self.none() }
    }

    pub(super) fn benefit(&self, rule: &Rule) -> Result<RuleBound, NoBound> {
        Ok(match &rule.benefit {
            Benefit::PercentOff(off) => self.percent_off(rule, off),
            Benefit::AmountOff(off) => self.amount_off(rule, off),
            Benefit::UnitPrice(off) => self.unit_price(rule, off),
            Benefit::TotalPrice(off) => self.sloped(&self.mask(&off.target), WHOLE),
            Benefit::SpendTiers(off) => self.spend_tiers(off),
            Benefit::Every(off) => self.every(off),
            Benefit::QuantityTiers(off) => self.quantity_tiers(off),
            Benefit::BuyGet(off) => self.buy_get(off),
            Benefit::NthUnit(off) => self.nth_unit(off),
            Benefit::UnitLadder(off) => self.unit_ladder(off),
            Benefit::NFor(off) => self.n_for(off),
            Benefit::Bundle(off) => self.bundle(off),
            Benefit::Gift(gift) if matches!(self.promise, Promise::AboveCost | Promise::SplitFarm) => {
                self.gift(rule, gift, self.none())?
            }
            Benefit::GroupPrice(off) => self.sloped(&self.mask(&off.target), WHOLE),
            Benefit::BargainPrice(off) => {
                let mask = self.mask(&off.target);
                self.sloped(&mask, share_above(self.minor(off.floor), self.price_range(&mask).1))
            }
            // Points and money of the wallet, and deposits, are ways to pay that count as discounts; nobody has shown a
            // bound for them yet.
            Benefit::PointsRedeem(_) | Benefit::Presale(_) | Benefit::UseBalance(_) => {
                return Err(NoBound(format!(
                    "rule {} is paid for out of the wallet or by a deposit",
                    rule.id
                )));
            }
            // What is earned or granted is for a later order.
            Benefit::Gift(_) | Benefit::Shipping(_) | Benefit::PointsEarn(_) | Benefit::Grant(_) => {
                self.none()
            }
        })
    }

    fn percent_off(&self, rule: &Rule, off: &PercentOff) -> RuleBound {
        let mask = self.mask(&off.target);
        let share = if off.of == PercentOf::Value { ppm(off.percent) } else { WHOLE };
        let most = self.units_flat(rule, off.limit, &mask, share, None);
        RuleBound { flat: most, ..self.sloped(&mask, share) }
    }

    fn amount_off(&self, rule: &Rule, off: &AmountOff) -> RuleBound {
        let (mask, amount) = (self.mask(&off.target), self.minor(off.amount));
        match off.each {
            Each::Once => RuleBound { flat: Some(amount), ..self.sloped(&mask, WHOLE) },
            Each::Unit => {
                let most = self.units_flat(rule, off.limit, &mask, WHOLE, Some(amount));
                RuleBound { flat: most, slopes: self.each(&mask, amount), ..self.none() }
            }
        }
    }

    fn unit_price(&self, rule: &Rule, off: &UnitPrice) -> RuleBound {
        let mask = self.mask(&off.target);
        let price = self.minor(off.price);
        let above = |class: usize| share_above(price, self.price_range(&[class].into()).1);
        let share = |class: usize| if mask.contains(&class) { above(class) } else { 0 };
        let dearest = share_above(price, self.price_range(&mask).1);
        let flat = self.units_flat(rule, off.limit, &mask, dearest, None);
        RuleBound { flat, slopes: self.classes().map(share).collect(), ..self.none() }
    }

    fn spend_tiers(&self, off: &SpendTiers) -> RuleBound {
        let target = self.mask(&off.target);
        let of = off.qualifier.as_ref().map_or_else(|| target.clone(), |one| self.mask(one));
        let first = off.tiers.first().map_or(0, |tier| self.minor(tier.at));
        let amounts: Option<Vec<(i64, i64)>> = off
            .tiers
            .iter()
            .map(|tier| match tier.off {
                TierOff::Amount(amount) => Some((self.minor(tier.at).max(1), self.minor(amount))),
                TierOff::Percent(_) | TierOff::UnitPrice(_) => None,
            })
            .collect();
        let mut bound =
            self.sloped(&target, off.tiers.iter().map(|tier| tier_share(tier.off)).max().unwrap_or(WHOLE));
        bound.gates.push((of.clone(), first));
        if let Some(steps) = amounts {
            bound.flat = steps.iter().map(|(_, amount)| *amount).max();
            bound.stairs = Some(Stairs { of, steps, repeats: false });
        }
        bound
    }

    fn quantity_tiers(&self, off: &QuantityTiers) -> RuleBound {
        let target = self.mask(&off.target);
        let share = off.tiers.iter().map(|tier| tier_share(tier.off)).max().unwrap_or(WHOLE);
        let amounts = off.tiers.iter().map(|tier| match tier.off {
            TierOff::Amount(amount) => Some(self.minor(amount)),
            TierOff::Percent(_) | TierOff::UnitPrice(_) => None,
        });
        let flat = amounts.collect::<Option<Vec<i64>>>().and_then(|all| all.into_iter().max());
        RuleBound { flat, ..self.sloped(&target, share) }
    }

    fn every(&self, off: &Every) -> RuleBound {
        let target = self.mask(&off.target);
        let of = off.qualifier.as_ref().map_or_else(|| target.clone(), |one| self.mask(one));
        let amount = self.minor(off.amount);
        let most = times_max(off.times).and_then(|times| amount.checked_mul(i64::from(times)));
        let stairs = self.again(of, off.step, amount);
        RuleBound { flat: most, stairs, ..self.sloped(&target, WHOLE) }
    }

    fn buy_get(&self, off: &BuyGet) -> RuleBound {
        let share = unit_share(off.off);
        let (buy, get) = (i128::from(off.qualifier.quantity), i128::from(off.target.quantity));
        let same = off.qualifier.selector == off.target.selector && off.pick == Pick::Cheapest;
        // The cheapest of each group of buy + get are its targets.
        let share = if same { ceil_div(share * get, buy + get) } else { share };
        self.sloped(&self.mask(&off.target.selector), share)
    }

    fn nth_unit(&self, off: &NthUnit) -> RuleBound {
        let share = unit_share(off.off);
        let cheapest_of_group = off.position == 1
            && off.pick == Pick::Cheapest
            && (off.take == Take::EachGroup || off.order == Pick::Cheapest);
        let share = if cheapest_of_group { ceil_div(share, i128::from(off.nth.max(1))) } else { share };
        self.sloped(&self.mask(&off.target), share)
    }

    fn unit_ladder(&self, off: &UnitLadder) -> RuleBound {
        let share = off.steps.iter().map(|step| unit_share(step.off)).max().unwrap_or(WHOLE);
        self.sloped(&self.mask(&off.target), share)
    }

    fn n_for(&self, off: &NFor) -> RuleBound {
        let mask = self.mask(&off.target);
        let (cheapest, dearest) = self.price_range(&mask);
        let units = i64::from(off.units);
        self.sloped(
            &mask,
            self.group_share(off.off, cheapest.saturating_mul(units), dearest.saturating_mul(units)),
        )
    }

    fn bundle(&self, off: &Bundle) -> RuleBound {
        let (mut mask, mut cheapest, mut dearest) = (Mask::new(), 0_i64, 0_i64);
        for part in &off.parts {
            let of = self.mask(&part.selector);
            let (low, high) = self.price_range(&of);
            cheapest = cheapest.saturating_add(low.saturating_mul(i64::from(part.quantity)));
            dearest = dearest.saturating_add(high.saturating_mul(i64::from(part.quantity)));
            mask.extend(of);
        }
        self.sloped(&mask, self.group_share(off.off, cheapest, dearest))
    }

    /// What gifts cost, as a discount.
    fn gift(&self, rule: &Rule, gift: &Gift, none: RuleBound) -> Result<RuleBound, NoBound> {
        let worth = |option: &crate::rules::GiftOption| {
            let cost = self.catalogue.cost_of(&option.sku)?.minor();
            let price = option.price.map_or(0, |price| self.minor(price));
            Some((cost - price).max(0).saturating_mul(i64::from(option.quantity)))
        };
        let Some(all) = gift.options.iter().map(worth).collect::<Option<Vec<i64>>>() else {
            return Err(NoBound(format!("what the gifts of rule {} cost is not known", rule.id)));
        };
        let dearest = all.into_iter().max().unwrap_or(0);
        let once = dearest.saturating_mul(i64::from(gift.choose));
        if once == 0 {
            return Ok(none);
        }
        if rule.per != Per::Order {
            return Err(NoBound(format!("rule {} gives gifts per part", rule.id)));
        }
        let of = self.mask(&gift.qualifier);
        match gift.every {
            None => Ok(RuleBound { flat: Some(once), ..none }),
            Some(step) => {
                let flat = times_max(gift.times).and_then(|times| once.checked_mul(i64::from(times)));
                let stairs = self.again(of, step, once);
                if flat.is_none() && stairs.is_none() {
                    return Err(NoBound(format!(
                        "rule {} gives gifts for pieces listed at nothing",
                        rule.id
                    )));
                }
                Ok(RuleBound { flat, stairs, ..none })
            }
        }
    }

    /// A ladder of one step that comes again and again, where the goods counted bound how often.
    fn again(&self, of: Mask, step: Step, amount: i64) -> Option<Stairs> {
        let at = match step {
            Step::Spend(spend) => self.minor(spend).max(1),
            Step::Quantity(pieces) => self.worth_of_pieces(&of, pieces)?,
        };
        Some(Stairs { of, steps: vec![(at, amount)], repeats: true })
    }

    /// An amount off each unit, against the cheapest unit of each class.
    fn each(&self, mask: &Mask, amount: i64) -> Vec<i128> {
        let share = |class: usize| {
            let cheapest = self.price_range(&[class].into()).0;
            ceil_div(i128::from(amount) * i128::from(PPM), i128::from(cheapest)).min(i128::from(PPM))
        };
        self.classes().map(|class| if mask.contains(&class) { share(class) } else { 0 }).collect()
    }

    /// The most a benefit on so many units gives.
    fn units_flat(
        &self,
        rule: &Rule,
        limit: Option<UnitLimit>,
        mask: &Mask,
        share: i128,
        amount: Option<i64>,
    ) -> Option<i64> {
        let kept = limit.map(|limit| match limit {
            UnitLimit::Cheapest(units) | UnitLimit::Dearest(units) => u64::from(units),
        });
        let limits = &rule.limits;
        let units = [kept, limits.units, limits.units_per_customer, limits.units_per_order];
        let units = i128::from(units.into_iter().flatten().min()?);
        let dearest = ceil_div(i128::from(self.price_range(mask).1) * share, i128::from(PPM));
        let one = amount.map_or(dearest, |amount| i128::from(amount).min(dearest));
        // Rounding by unit may add half a unit to each.
        i64::try_from(units * (one + 1)).ok()
    }

    fn group_share(&self, off: GroupOff, cheapest: i64, dearest: i64) -> i128 {
        match off {
            GroupOff::Percent(percent) => ppm(percent),
            GroupOff::Amount(amount) => {
                ceil_div(i128::from(self.minor(amount)) * WHOLE, i128::from(cheapest.max(1))).min(WHOLE)
            }
            GroupOff::Price(price) => share_above(self.minor(price), dearest),
            GroupOff::UnitPrice(_) => WHOLE,
        }
    }

    fn is_rounded_often(&self, rule: &Rule) -> bool {
        rule.per == Per::Line || rule.rounding.unwrap_or(self.rules.rounding).per != RoundingPer::Order
    }

    /// What rounding by line or unit may add, in proportion to the cheapest unit.
    pub(super) fn rounding_slopes(&self, rule: &Rule) -> Vec<i128> {
        let often = self.is_rounded_often(rule);
        let share = |class: usize| {
            let cheapest = i128::from(self.price_range(&[class].into()).0);
            if often { ceil_div(i128::from(PPM), cheapest) } else { 0 }
        };
        self.classes().map(share).collect()
    }

    /// How often a rule rounds in one order, at most: each adds less than one minor unit.
    pub(super) fn roundings(&self, rule: &Rule) -> i64 {
        let applications = match rule.per {
            Per::Order | Per::Line => 1,
            Per::Shop => {
                let shops: BTreeSet<_> =
                    self.catalogue.products().iter().map(|one| &one.piece.shop).collect();
                i64::try_from(shops.len()).unwrap_or(i64::MAX)
            }
        };
        let each = match &rule.benefit {
            Benefit::PercentOff(_) | Benefit::SpendTiers(_) | Benefit::QuantityTiers(_) => 1,
            Benefit::BuyGet(_) | Benefit::NthUnit(_) | Benefit::NFor(_) | Benefit::Bundle(_) => 1,
            Benefit::UnitLadder(off) => i64::try_from(off.steps.len()).unwrap_or(i64::MAX),
            Benefit::AmountOff(_)
            | Benefit::UnitPrice(_)
            | Benefit::TotalPrice(_)
            | Benefit::Every(_)
            | Benefit::Gift(_)
            | Benefit::Shipping(_)
            | Benefit::GroupPrice(_)
            | Benefit::BargainPrice(_)
            | Benefit::PointsEarn(_)
            | Benefit::PointsRedeem(_)
            | Benefit::Presale(_)
            | Benefit::UseBalance(_)
            | Benefit::Grant(_) => 0,
        };
        applications.saturating_mul(each)
    }
}
