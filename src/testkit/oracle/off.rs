//! Percentages, amounts and prices over selected units, ladders and steps, and shipping.

use super::Event;
use super::arith::percent_of;
use super::asks::{Ask, Target};
use super::compute::{Application, Job};
use crate::rules::{
    AmountOff, Each, Every, PercentOf, PercentOff, Pick, QuantityTiers, Selector, Shipping, ShippingOff,
    Short, SpendTiers, Step, TierOff, Times, TotalPrice, UnitLimit, UnitPrice,
};

impl Job<'_> {
    pub fn percent_off(&self, benefit: &PercentOff) -> Application {
        let asks_something = |target: &Target| match benefit.of {
            PercentOf::Value => true,
            PercentOf::Reference => target.reference_price.is_some_and(|reference| {
                let off = percent_of(reference, benefit.percent, self.rounding().mode);
                target.worth > target.units * (reference - off)
            }),
        };
        let (mut targets, shortage) = self.limited(&benefit.target, benefit.limit, asks_something);
        let ask = match benefit.of {
            PercentOf::Value => {
                if benefit.with_shipping {
                    targets.extend(self.charges().into_iter().map(|charge| self.charge(charge)));
                }
                Ask::percent(&targets, benefit.percent, self.rounding())
            }
            PercentOf::Reference => Ask::percent_of_reference(&targets, benefit.percent, self.rounding()),
        };
        self.ask(ask, &targets).noting(shortage)
    }

    pub fn amount_off(&self, benefit: &AmountOff) -> Application {
        let (mut targets, shortage) = self.limited(&benefit.target, benefit.limit, |_| true);
        let amount = self.world.money(benefit.amount);
        let ask = match benefit.each {
            Each::Unit => Ask::amount_each(&targets, amount),
            Each::Once => {
                if benefit.with_shipping {
                    targets.extend(self.charges().into_iter().map(|charge| self.charge(charge)));
                }
                Ask::Sum(amount)
            }
        };
        self.ask(ask, &targets).noting(shortage)
    }

    pub fn unit_price(&self, benefit: &UnitPrice) -> Application {
        let price = self.world.money(benefit.price);
        let is_dearer = |target: &Target| target.worth > target.units * price;
        let (targets, shortage) = self.limited(&benefit.target, benefit.limit, is_dearer);
        let ask = Ask::price_each(&targets, price);
        self.ask(ask, &targets).noting(shortage)
    }

    pub fn total_price(&self, benefit: &TotalPrice) -> Application {
        let targets = self.whole(&self.open(&benefit.target));
        let worth: i128 = targets.iter().map(|target| target.worth).sum();
        self.ask(Ask::Sum((worth - self.world.money(benefit.price)).max(0)), &targets)
    }

    pub fn spend_tiers(&self, benefit: &SpendTiers) -> Application {
        let targets = self.open(&benefit.target);
        let counted = self.counted_for(benefit.qualifier.as_ref(), &targets);
        let spend = self.worth(&counted, benefit.base.as_ref());
        let reached = benefit.tiers.iter().filter(|tier| self.world.money(tier.at) <= spend);
        let highest = reached.max_by_key(|tier| tier.at);
        self.tier(highest.map(|tier| tier.off), &targets)
    }

    pub fn quantity_tiers(&self, benefit: &QuantityTiers) -> Application {
        let targets = self.open(&benefit.target);
        let units = self.units(&self.counted_for(benefit.qualifier.as_ref(), &targets));
        let reached = benefit.tiers.iter().filter(|tier| i128::from(tier.at) <= units);
        let highest = reached.max_by_key(|tier| tier.at);
        self.tier(highest.map(|tier| tier.off), &targets)
    }

    pub fn every(&self, benefit: &Every) -> Application {
        let targets = self.open(&benefit.target);
        let counted = self.counted_for(benefit.qualifier.as_ref(), &targets);
        let spend = self.worth(&counted, benefit.base.as_ref());
        let steps = self.steps(benefit.step, benefit.times, spend, self.units(&counted));
        let sum = steps * self.world.money(benefit.amount);
        self.ask(Ask::Sum(sum), &self.whole(&targets))
    }

    /// How many steps a spend or a number of units makes, at most `times`.
    pub fn steps(&self, step: Step, times: Times, spend: i128, units: i128) -> i128 {
        let steps = match step {
            Step::Spend(amount) => spend / self.world.money(amount),
            Step::Quantity(quantity) => units / i128::from(quantity),
        };
        at_most(times, steps)
    }

    fn counted_for(&self, qualifier: Option<&Selector>, targets: &[usize]) -> Vec<usize> {
        qualifier.map_or_else(|| targets.to_vec(), |qualifier| self.counted(qualifier))
    }

    fn tier(&self, off: Option<TierOff>, runs: &[usize]) -> Application {
        let targets = self.whole(runs);
        let ask = match off {
            None => return Application::default(),
            Some(TierOff::Percent(percent)) => Ask::percent(&targets, percent, self.rounding()),
            Some(TierOff::Amount(amount)) => Ask::Sum(self.world.money(amount)),
            Some(TierOff::UnitPrice(price)) => Ask::price_each(&targets, self.world.money(price)),
        };
        self.ask(ask, &targets)
    }

    /// The target's units; with a limit of the benefit or of the rule only such as can be discounted, and only so many.
    pub fn limited(
        &self,
        target: &Selector,
        limit: Option<UnitLimit>,
        asks_something: impl Fn(&Target) -> bool,
    ) -> (Vec<Target>, Shortage) {
        let mut runs = self.open(target);
        if limit.is_none() && self.units_left.is_none() {
            return (self.whole(&runs), Shortage::default());
        }
        runs.retain(|run| {
            self.state.runs[*run].capacity_now(self.world) > 0
                && asks_something(&self.target(*run, &self.state.runs[*run]))
        });
        let there = self.units(&runs);
        let (pick, wanted) = match limit {
            Some(UnitLimit::Cheapest(units)) => (Pick::Cheapest, there.min(units.into())),
            Some(UnitLimit::Dearest(units)) => (Pick::Dearest, there.min(units.into())),
            None => (Pick::Dearest, there),
        };
        match (self.units_left, self.rule.limits.short) {
            (Some(left), Short::Partial) if left < wanted => {
                let short = wanted - left;
                (self.keep(runs, pick, left), Shortage { short, event: Some(Event::UnitsPartial) })
            }
            (Some(left), Short::Refuse) if left < wanted => {
                (vec![], Shortage { short: 0, event: Some(Event::UnitsRefused) })
            }
            (Some(_) | None, Short::Partial | Short::Refuse) => {
                (self.keep(runs, pick, wanted), Shortage::default())
            }
        }
    }

    /// The first units of runs in an order; each run gives its last ones.
    fn keep(&self, mut runs: Vec<usize>, pick: Pick, units: i128) -> Vec<Target> {
        self.sort(&mut runs, pick);
        let mut left = units;
        let mut kept = Vec::new();
        for run in runs {
            let units = left.min(self.state.runs[run].count());
            if units > 0 {
                kept.push(self.last(run, units));
            }
            left -= units;
        }
        kept.sort_by_key(|target| target.on);
        kept
    }

    pub fn shipping(&self, benefit: &Shipping) -> Application {
        let wanted = |charge: &usize| {
            let facts = &self.world.cart.charges()[*charge];
            (benefit.methods.is_empty() || benefit.methods.contains(&facts.method))
                && (benefit.shops.is_empty() || benefit.shops.contains(&facts.shop))
        };
        let charges = self.charges().into_iter().filter(wanted);
        let targets: Vec<Target> = charges.map(|charge| self.charge(charge)).collect();
        let ask = match benefit.off {
            ShippingOff::Free {} => Ask::price_each(&targets, 0),
            ShippingOff::Percent(percent) => {
                let once =
                    crate::money::Rounding::new(self.rounding().mode, crate::money::RoundingPer::Order);
                Ask::percent(&targets, percent, once)
            }
            ShippingOff::Amount(amount) => Ask::Sum(self.world.money(amount)),
            ShippingOff::AmountEach(amount) => Ask::amount_each(&targets, self.world.money(amount)),
            ShippingOff::Price(price) => Ask::price_each(&targets, self.world.money(price)),
        };
        self.ask(ask, &targets)
    }
}

/// Units that limits left none for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shortage {
    pub short: i128,
    pub event: Option<Event>,
}

impl Application {
    pub fn noting(mut self, shortage: Shortage) -> Self {
        self.short = shortage.short;
        self.events.extend(shortage.event);
        self
    }
}

/// The smaller of a count and a bound on it.
pub(super) fn at_most(times: Times, count: i128) -> i128 {
    match times {
        Times::Max(times) => count.min(times.into()),
        Times::Uncapped => count,
    }
}
