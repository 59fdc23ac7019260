//! Each unit gets its best offer; limited offers go to the units that save most (section 6 of the semantics).

use std::collections::BTreeMap;

use super::arith::{cmp_fractions, ppm};
use super::asks::Target;
use super::compute::{Application, Job};
use super::effects::Computed;
use super::selectors::Part;
use super::state::State;
use super::{Event, World};
use crate::bounds::PPM;
use crate::rules::{Base, Benefit, Each, Rule, Selector, Short, UnitOff};

/// What a rule would save on a whole run.
struct Offer {
    /// By position in the rules given.
    rule: usize,
    part: Part,
    run: usize,
    units: i128,
    /// In millionths of a minor unit, exact.
    saving: i128,
}

impl<'a> World<'a> {
    /// What each of the rules comes to when the units are dealt out among them.
    pub fn best_per_unit(&self, state: &State, rules: &[&'a Rule]) -> Vec<Computed<'a>> {
        let mut offers: Vec<Offer> = Vec::new();
        let mut left: Vec<Option<i128>> = rules.iter().map(|rule| self.units_left(rule)).collect();
        let mut all: Vec<Application> = rules.iter().map(|_| Application::default()).collect();
        for (at, rule) in rules.iter().enumerate() {
            let of_rule = self.offers(state, rule, at);
            let units: i128 = of_rule.iter().map(|offer| offer.units).sum();
            let is_short = left[at].is_some_and(|left| left < units);
            match rule.limits.short {
                Short::Refuse if is_short => {
                    all[at].events.insert(Event::UnitsRefused);
                }
                Short::Refuse | Short::Partial => offers.extend(of_rule),
            }
        }
        offers.retain(|offer| offer.saving > 0);
        offers.sort_by(|a, b| {
            cmp_fractions((b.saving, b.units), (a.saving, a.units))
                .then(a.rule.cmp(&b.rule))
                .then(a.run.cmp(&b.run))
        });

        let mut free: Vec<i128> = state.runs.iter().map(|run| run.units).collect();
        let mut dealt: BTreeMap<(usize, Part), Vec<Target>> = BTreeMap::new();
        for Offer {
            rule,
            part,
            run,
            units: of,
            ..
        } in offers
        {
            let job = self.job(state, rules[rule], part);
            let units = left[rule].map_or(free[run], |left| left.min(free[run]));
            if units < of {
                let ran_out = left[rule].is_some_and(|left| left < free[run]);
                all[rule].events.insert(if ran_out {
                    Event::UnitsPartial
                } else {
                    Event::Outbid
                });
            }
            if units > 0 {
                let target = job.piece(run, free[run] - units, free[run]);
                dealt.entry((rule, part)).or_default().push(target);
            }
            free[run] -= units;
            left[rule] = left[rule].map(|left| left - units);
        }
        for ((rule, part), mut targets) in dealt {
            targets.sort_by_key(|target| target.on);
            let job = self.job(state, rules[rule], part);
            let Some((_, off)) = on_units(&rules[rule].benefit) else {
                continue;
            };
            let application = job.ask(job.unit_ask(&targets, off), &targets);
            all[rule].asked += application.asked;
            all[rule].effects.extend(application.effects);
        }
        let with_rules = rules.iter().zip(all);
        with_rules
            .map(|(rule, application)| self.computed(rule, application))
            .collect()
    }

    fn job<'j>(&'j self, state: &'j State, rule: &'j Rule, part: Part) -> Job<'j> {
        Job {
            world: self,
            state,
            rule,
            part,
            basis: Base::Entry,
            units_left: None,
        }
    }

    fn offers(&self, state: &State, rule: &Rule, at: usize) -> Vec<Offer> {
        let mut offers = Vec::new();
        let Some((selector, off)) = on_units(&rule.benefit) else {
            return offers;
        };
        for part in self.eligible_parts(state, rule, &Base::Entry) {
            let job = self.job(state, rule, part);
            for run in job.open(selector) {
                let units = state.runs[run].units;
                let saving = self.saving(&job.last(run, units), off);
                offers.push(Offer {
                    rule: at,
                    part,
                    run,
                    units,
                    saving,
                });
            }
        }
        offers
    }
}

/// The target of the benefits that may stand in such a stage, and what each of its units gets.
fn on_units(benefit: &Benefit) -> Option<(&Selector, UnitOff)> {
    match benefit {
        Benefit::PercentOff(off) => Some((&off.target, UnitOff::Percent(off.percent))),
        Benefit::AmountOff(off) => match off.each {
            Each::Unit => Some((&off.target, UnitOff::Amount(off.amount))),
            Each::Once => None,
        },
        Benefit::UnitPrice(off) => Some((&off.target, UnitOff::Price(off.price))),
        Benefit::TotalPrice(_)
        | Benefit::SpendTiers(_)
        | Benefit::Every(_)
        | Benefit::QuantityTiers(_)
        | Benefit::BuyGet(_)
        | Benefit::NthUnit(_)
        | Benefit::UnitLadder(_)
        | Benefit::NFor(_)
        | Benefit::Bundle(_)
        | Benefit::Gift(_)
        | Benefit::Shipping(_) => None,
    }
}

impl World<'_> {
    /// What is taken off units that are all discounted, in millionths.
    fn saving(&self, target: &Target, off: UnitOff) -> i128 {
        let whole = i128::from(PPM);
        let exact = match off {
            UnitOff::Percent(percent) => target.worth * ppm(percent),
            UnitOff::Amount(amount) => target.units * self.money(amount) * whole,
            UnitOff::Price(price) => (target.worth - target.units * self.money(price)) * whole,
        };
        exact.min(target.capacity * whole)
    }
}
