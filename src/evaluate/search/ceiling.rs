//! The most money a rule can take, now or at any later moment of the same pricing.
//!
//! Why it never falls short of what the rule will take: what a unit is worth only falls (no rule raises a price), so do the
//! spends that thresholds look at, and no kind of benefit asks more of the same units at lower values (M-5); of a ladder the best
//! tier within reach counts, since mixed kinds may fall from one tier to the next. Membership in a selector that looks at values may change; such selectors are widened until it does not matter. Counts of units never change. Where a
//! kind of benefit is not worth a closer look, its ceiling is all that its target is worth.

use super::model::Fees;
use super::sums::{Classes, Row, Sphere, Sums};
use crate::bounds::PPM;
use crate::compile::plan::{
    Off, PlanBenefit, PlanRule, PlanSelector, PlanShipping, PlanShippingOff, PlanStep, Value, WithShipping,
};
use crate::evaluate::walk::Walk;
use crate::money::{Rate, RoundMode, RoundingPer};
use crate::rules::Per;

/// The most a rule can take, before the limits that hold for every rule.
#[derive(Debug, Default)]
pub(super) enum Kind {
    /// It takes no money.
    #[default]
    Nothing,
    /// Parts per million of its target, rounded half up, and a little more where it rounds several times.
    Share { ppm: i64, more: i64 },
    /// So much.
    Fixed(i64),
    /// What the highest tier gives that the spend may still reach: thresholds and what they are worth at most.
    Tiers { of: Sphere, row: Row, tiers: Vec<(i64, Tier)> },
    /// So much for each whole step of a spend.
    Steps { of: Sphere, row: Row, step: i64, amount: i64, times: i64 },
    /// All its target is worth.
    Everything,
}

/// The most a tier gives.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tier {
    Share { ppm: i64, more: i64 },
    Fixed(i64),
}

/// The most a rule can take.
#[derive(Debug, Default)]
pub(super) struct Ceiling {
    pub kind: Kind,
    /// Its cap, for all its parts, and what its budget leaves.
    limit: i64,
    /// What the floors of its target keep.
    floors: i64,
}

impl Ceiling {
    /// Works out the ceiling of a rule and what it may take money off.
    pub fn of(walk: &Walk<'_>, rule: &PlanRule, number: u32, classes: &Classes) -> (Self, Sphere) {
        let parts = match rule.per {
            Per::Order => 1,
            Per::Shop => walk.shops_and_charges().0 as i64,
            Per::Line => walk.products() as i64,
        };
        let measure = Measure { walk, number, rule, classes, parts };
        let (kind, target) = measure.benefit();
        let cap = rule.cap_minor.saturating_mul(parts);
        let ceiling = Self { kind, limit: cap.min(walk.budget_left(number)), floors: classes.floors(target) };
        (ceiling, target)
    }

    /// The most the rule can take from where the walk stands.
    pub fn most(&self, sums: &Sums, classes: &Classes, target: Sphere, own: Row, stage: u32) -> i64 {
        let there = (sums.now(target) - self.floors).max(0).min(self.limit);
        if there == 0 {
            return 0;
        }
        let of_target =
            |ppm: i64, more: i64| share(sums.most(classes, target, own, stage), ppm).saturating_add(more);
        let most = match &self.kind {
            Kind::Nothing => 0,
            Kind::Share { ppm, more } => of_target(*ppm, *more),
            Kind::Fixed(amount) => *amount,
            Kind::Tiers { of, row, tiers } => {
                let spend = sums.most(classes, *of, *row, stage);
                let reached = tiers.iter().take_while(|(at, _)| *at <= spend);
                let worth = reached.map(|(_, tier)| match tier {
                    Tier::Share { ppm, more } => of_target(*ppm, *more),
                    Tier::Fixed(amount) => *amount,
                });
                worth.max().unwrap_or(0)
            }
            Kind::Steps { of, row, step, amount, times } => {
                let spend = sums.most(classes, *of, *row, stage);
                let steps = spend.checked_div(*step).unwrap_or(0).min(*times);
                steps.saturating_mul(*amount)
            }
            Kind::Everything => there,
        };
        most.min(there)
    }
}

/// A share of an amount, rounded half up: no mode rounds further up.
pub(super) fn share(amount: i64, ppm: i64) -> i64 {
    match amount.checked_mul(ppm).and_then(|product| product.checked_add(PPM / 2)) {
        Some(product) => product / PPM,
        None => RoundMode::HalfUp.mul_div(amount, ppm, PPM),
    }
}

/// A rule being measured.
#[derive(Clone, Copy)]
struct Measure<'a> {
    walk: &'a Walk<'a>,
    number: u32,
    rule: &'a PlanRule,
    classes: &'a Classes,
    parts: i64,
}

impl Measure<'_> {
    fn benefit(self) -> (Kind, Sphere) {
        match &self.rule.benefit {
            PlanBenefit::PercentOff { target, rate, with_shipping, .. } => {
                let target = self.goods(target, *with_shipping);
                (self.percent(target, *rate), target)
            }
            PlanBenefit::AmountPerUnit { target, amount, keep } => {
                let target = self.pieces(target);
                let units = self.classes.units(target);
                let units = keep.map_or(units, |keep| units.min(i64::from(keep.units) * self.parts));
                (Kind::Fixed(amount.saturating_mul(units)), target)
            }
            PlanBenefit::AmountOnce { target, amount, with_shipping, .. } => {
                let target = self.goods(target, *with_shipping);
                (Kind::Fixed(amount.saturating_mul(self.parts)), target)
            }
            PlanBenefit::UnitPrice { target, price, .. } => {
                let target = self.pieces(target);
                (self.down_to(target, *price), target)
            }
            PlanBenefit::SpendTiers { target, qualifier, value, tiers } => {
                self.spend_tiers(target, (qualifier.as_ref(), *value), tiers)
            }
            PlanBenefit::QuantityTiers { target, qualifier, tiers } => {
                self.quantity_tiers(target, qualifier.as_ref(), tiers)
            }
            PlanBenefit::Every { target, qualifier, value, step, amount, times } => {
                let of = self.pieces(qualifier.as_ref().unwrap_or(target));
                (self.every(of, *value, *step, *amount, i64::from(*times)), self.pieces(target))
            }
            PlanBenefit::NthUnit(offer) => self.some_units(self.pieces(&offer.target), offer.off),
            PlanBenefit::BuyGet(offer) => self.some_units(self.pieces(&offer.target.selector), offer.off),
            PlanBenefit::NFor { target, off, .. } => self.some_units(self.pieces(target), *off),
            PlanBenefit::Bundle(bundle) => {
                let parts = bundle.parts.iter().map(|part| self.pieces(&part.selector).classes);
                let classes = parts.fold(0, |all, part| all | part);
                self.some_units(Sphere { classes, fees: false }, bundle.off)
            }
            PlanBenefit::Presale(presale) => {
                self.some_units(self.pieces(&presale.target), Off::Amount(presale.worth - presale.deposit))
            }
            PlanBenefit::ReferencePercent { target, .. }
            | PlanBenefit::TotalPrice { target, .. }
            | PlanBenefit::UnitLadder { target, .. }
            | PlanBenefit::BargainPrice { target, .. } => (Kind::Everything, self.pieces(target)),
            PlanBenefit::GroupPrice(group) => (Kind::Everything, self.pieces(&group.target)),
            PlanBenefit::UseBalance(balance) => {
                (self.payment(), self.goods(&balance.target, balance.with_shipping))
            }
            PlanBenefit::PointsRedeem(redeem) => {
                (self.payment(), self.goods(&redeem.target, redeem.with_shipping))
            }
            PlanBenefit::PointsEarn(_) | PlanBenefit::Grant(_) | PlanBenefit::Gift(_) => {
                (Kind::Nothing, Sphere::default())
            }
            PlanBenefit::Shipping(shipping) => {
                (Kind::Fixed(self.shipping(shipping)), Sphere { classes: 0, fees: true })
            }
        }
    }

    fn spend_tiers(
        self,
        target: &PlanSelector,
        (of, value): (Option<&PlanSelector>, Value),
        tiers: &[(i64, Off)],
    ) -> (Kind, Sphere) {
        let of = self.pieces(of.unwrap_or(target));
        let target = self.pieces(target);
        let tiers = tiers.iter().map(|(at, off)| (*at, self.tier(target, *off))).collect();
        (Kind::Tiers { of, row: Row::of(value), tiers }, target)
    }

    fn quantity_tiers(
        self,
        target: &PlanSelector,
        of: Option<&PlanSelector>,
        tiers: &[(u32, Off)],
    ) -> (Kind, Sphere) {
        let of = self.pieces(of.unwrap_or(target));
        let target = self.pieces(target);
        let units = self.classes.units(of);
        // Whether a tier is reached is known now; a threshold of nothing stands for one that is.
        let reached = tiers.iter().take_while(|(at, _)| i64::from(*at) <= units);
        let tiers = reached.map(|(_, off)| (0, self.tier(target, *off))).collect();
        (Kind::Tiers { of, row: Row::List, tiers }, target)
    }

    /// Goods without charges.
    fn pieces(self, selector: &PlanSelector) -> Sphere {
        self.goods(selector, WithShipping::No)
    }

    fn goods(self, selector: &PlanSelector, with: WithShipping) -> Sphere {
        self.classes.sphere(self.walk, selector, Fees::of(with))
    }

    /// A percentage: of the whole once, or rounded up by less than one more for each part, product or unit.
    fn percent(self, target: Sphere, rate: Rate) -> Kind {
        let roundings = match self.rule.rounding.per {
            RoundingPer::Order => self.parts - 1,
            RoundingPer::Line => self.walk.products() as i64 * self.parts,
            RoundingPer::Unit => self.classes.units(target),
        };
        // Charges are rounded apart, too.
        let fees = if target.fees && self.rule.rounding.per != RoundingPer::Order {
            self.walk.shops_and_charges().1 as i64
        } else {
            0
        };
        Kind::Share { ppm: rate.ppm(), more: roundings + fees }
    }

    /// What the wallet holds for the rule.
    fn payment(self) -> Kind {
        Kind::Fixed(self.walk.held_for(self.number).map_or(0, |held| held.most))
    }

    fn tier(self, target: Sphere, off: Off) -> Tier {
        match off {
            Off::Percent(rate) => match self.percent(target, rate) {
                Kind::Share { ppm, more } => Tier::Share { ppm, more },
                Kind::Nothing
                | Kind::Fixed(_)
                | Kind::Tiers { .. }
                | Kind::Steps { .. }
                | Kind::Everything => Tier::Fixed(i64::MAX),
            },
            Off::Amount(amount) => Tier::Fixed(amount.saturating_mul(self.parts)),
            Off::UnitPrice(_) | Off::Price(_) => Tier::Fixed(i64::MAX),
        }
    }

    fn every(self, of: Sphere, value: Value, step: PlanStep, amount: i64, times: i64) -> Kind {
        match step {
            PlanStep::Spend(step) => {
                Kind::Steps { of, row: Row::of(value), step, amount, times: times.saturating_mul(self.parts) }
            }
            PlanStep::Quantity(step) => {
                let steps = self.classes.units(of).checked_div(i64::from(step)).unwrap_or(0);
                Kind::Fixed(steps.min(times.saturating_mul(self.parts)).saturating_mul(amount))
            }
        }
    }

    /// Some of the units of the target, one by one or in groups, down by so much each.
    fn some_units(self, target: Sphere, off: Off) -> (Kind, Sphere) {
        let kind = match off {
            // Rounded once in each part, or for each unit.
            Off::Percent(rate) => {
                Kind::Share { ppm: rate.ppm(), more: self.parts + self.classes.units(target) }
            }
            Off::Amount(amount) => Kind::Fixed(amount.saturating_mul(self.classes.units(target))),
            Off::Price(_) | Off::UnitPrice(_) => Kind::Everything,
        };
        (kind, target)
    }

    /// All units of the target down to a price: none is ever worth more than its even share now, rounded up.
    fn down_to(self, target: Sphere, price: i64) -> Kind {
        let mut most = 0_i64;
        self.walk.each_run(|item, units, value, entry| {
            if target.classes >> self.classes.of_item(item) & 1 == 1 {
                let units = i64::from(units);
                let dearest = value.max(entry).checked_add(units - 1).unwrap_or(i64::MAX) / units.max(1);
                most = most.saturating_add((dearest - price).max(0).saturating_mul(units));
            }
        });
        Kind::Fixed(most)
    }

    fn shipping(self, shipping: &PlanShipping) -> i64 {
        let (mut sum, mut charges) = (0_i64, 0_i64);
        self.walk.each_charge(|charge| {
            let asked = (shipping.methods.is_empty()
                || shipping.methods.binary_search(&charge.method).is_ok())
                && (shipping.shops.is_empty() || shipping.shops.binary_search(&charge.shop).is_ok());
            if asked {
                charges += 1;
                sum += charge.amount.minor();
            }
        });
        match shipping.off {
            PlanShippingOff::Percent(rate) => share(sum, rate.ppm()).saturating_add(self.parts),
            PlanShippingOff::Amount(amount) => amount.saturating_mul(self.parts),
            PlanShippingOff::AmountEach(amount) => amount.saturating_mul(charges),
            PlanShippingOff::Price(_) => sum,
        }
    }
}
