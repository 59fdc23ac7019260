//! Each unit gets its best offer; limited offers go to the units that save most (section 6 of the semantics).

use std::collections::{BTreeMap, BTreeSet};

use super::arith::{cmp_fractions, ppm};
use super::asks::{Ask, Target};
use super::compute::{Application, Job};
use super::effects::Computed;
use super::selectors::Part;
use super::state::{Run, State};
use super::{Event, World};
use crate::bounds::PPM;
use crate::rules::{BargainPrice, Base, Benefit, Each, QuotaId, Rule, Selector, Short, UnitOff};

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

/// The units a rule got: so many of each run, by part.
pub(super) struct Dealt<'a> {
    pub rule: &'a Rule,
    units: BTreeMap<Part, BTreeMap<usize, i128>>,
    short: i128,
    events: BTreeSet<Event>,
}

impl<'a> World<'a> {
    /// Deals the units out among rules that may apply; rules without units are left out.
    ///
    /// # Errors
    /// The first rule that gives nothing rather than a part, and that others have left only a part of a quota.
    pub fn deal(&self, state: &State, rules: &[&'a Rule]) -> Result<Vec<Dealt<'a>>, &'a Rule> {
        let nothing =
            |rule: &&'a Rule| Dealt { rule, units: BTreeMap::new(), short: 0, events: BTreeSet::new() };
        let mut dealt: Vec<Dealt> = rules.iter().map(nothing).collect();
        let mut left: Vec<Option<i128>> = rules.iter().map(|rule| self.units_left(state, rule)).collect();
        let mut offers: Vec<Offer> = Vec::new();
        for (at, rule) in rules.iter().enumerate() {
            let of_rule = self.offers(state, rule, at);
            let units: i128 = of_rule.iter().map(|offer| offer.units).sum();
            let is_short = left[at].is_some_and(|left| left < units);
            if !is_short || rule.limits.short == Short::Partial {
                offers.extend(of_rule);
            }
        }
        offers.sort_by(|a, b| {
            cmp_fractions((b.saving, b.units), (a.saving, a.units))
                .then(a.rule.cmp(&b.rule))
                .then(a.run.cmp(&b.run))
        });
        let mut free: Vec<i128> = state.runs.iter().map(Run::count).collect();
        let mut shared: BTreeMap<&QuotaId, i128> = BTreeMap::new();
        for quota in &self.rules.quotas {
            shared.extend(self.quota_left(state, quota).map(|left| (&quota.id, left)));
        }
        for offer in offers {
            let at = offer.rule;
            let drawn_on = rules[at].quotas.iter().filter_map(|id| shared.get(id).copied());
            let least = drawn_on.chain(left[at]).min();
            let units = least.map_or(free[offer.run], |left| left.min(free[offer.run]));
            if units < offer.units {
                let ran_out = least.is_some_and(|left| left < free[offer.run]);
                dealt[at].events.insert(if ran_out { Event::UnitsPartial } else { Event::Outbid });
            }
            dealt[at].short += free[offer.run] - units;
            if units > 0 {
                dealt[at].units.entry(offer.part).or_default().insert(offer.run, units);
            }
            free[offer.run] -= units;
            left[at] = left[at].map(|left| left - units);
            for id in &rules[at].quotas {
                shared.entry(id).and_modify(|left| *left -= units);
            }
        }
        if let Some(refused) =
            dealt.iter().find(|dealt| dealt.short > 0 && dealt.rule.limits.short == Short::Refuse)
        {
            return Err(refused.rule);
        }
        dealt.retain(|dealt| !dealt.units.is_empty());
        Ok(dealt)
    }

    /// What a rule comes to over its units, after the cuts of the rules before it.
    pub fn compute_dealt(&self, state: &State, dealt: &Dealt<'a>) -> Computed<'a> {
        let mut all =
            Application { short: dealt.short, events: dealt.events.clone(), ..Application::default() };
        for (part, units) in &dealt.units {
            let job = self.job(state, dealt.rule, *part);
            // What is left of a run stands in front of what was cut off it.
            let front = |root: &usize| state.runs.iter().position(|run| run.root == *root);
            let pieces = units.iter().filter_map(|(root, units)| Some((front(root)?, *units)));
            let targets: Vec<Target> = pieces.map(|(run, units)| job.last(run, units)).collect();
            if let Some((_, terms)) = self.on_units(&dealt.rule.benefit) {
                let application = job.ask(job.ask_terms(&targets, terms), &targets);
                all.asked += application.asked;
                all.effects.extend(application.effects);
            }
        }
        self.computed(dealt.rule, all)
    }

    fn job<'j>(&'j self, state: &'j State, rule: &'j Rule, part: Part) -> Job<'j> {
        Job { world: self, state, rule, part, basis: Base::Entry, units_left: None, points_left: None }
    }

    /// What a rule would save on each run; not where that is nothing.
    fn offers(&self, state: &State, rule: &Rule, at: usize) -> Vec<Offer> {
        let mut offers = Vec::new();
        let Some((selector, terms)) = self.on_units(&rule.benefit) else {
            return offers;
        };
        for part in self.eligible_parts(state, rule, &Base::Entry) {
            let job = self.job(state, rule, part);
            for run in job.open(selector) {
                let units = state.runs[run].count();
                let saving = job.saving(&job.last(run, units), terms);
                offers.push(Offer { rule: at, part, run, units, saving });
            }
        }
        offers.retain(|offer| offer.saving > 0);
        offers
    }
}

/// What each unit gets in such a stage.
#[derive(Clone, Copy)]
enum Terms<'r> {
    Off(UnitOff),
    /// Of a buying group, in minor units.
    Price(i128),
    Bargain(&'r BargainPrice),
}

impl World<'_> {
    /// The target of the benefits that may stand in such a stage, and what each of its units gets.
    fn on_units<'r>(&self, benefit: &'r Benefit) -> Option<(&'r Selector, Terms<'r>)> {
        match benefit {
            Benefit::PercentOff(off) => Some((&off.target, Terms::Off(UnitOff::Percent(off.percent)))),
            Benefit::AmountOff(off) => match off.each {
                Each::Unit => Some((&off.target, Terms::Off(UnitOff::Amount(off.amount)))),
                Each::Once => None,
            },
            Benefit::UnitPrice(off) => Some((&off.target, Terms::Off(UnitOff::Price(off.price)))),
            Benefit::GroupPrice(group) => Some((&group.target, Terms::Price(self.price_in_group(group)?))),
            Benefit::BargainPrice(bargain) => Some((&bargain.target, Terms::Bargain(bargain))),
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
            | Benefit::Shipping(_)
            | Benefit::Presale(_)
            | Benefit::UseBalance(_)
            | Benefit::PointsEarn(_)
            | Benefit::PointsRedeem(_)
            | Benefit::Grant(_) => None,
        }
    }
}

impl Job<'_> {
    fn ask_terms(&self, targets: &[Target], terms: Terms) -> Ask {
        match terms {
            Terms::Off(off) => self.unit_ask(targets, off),
            Terms::Price(price) => Ask::price_each(targets, price),
            Terms::Bargain(bargain) => {
                Ask::each(targets.iter().map(|target| self.bargain_asks(bargain, target)).collect())
            }
        }
    }

    /// What is taken off units that are all discounted, in millionths.
    fn saving(&self, target: &Target, terms: Terms) -> i128 {
        let whole = i128::from(PPM);
        let exact = match terms {
            Terms::Off(UnitOff::Percent(percent)) => target.worth * ppm(percent),
            Terms::Off(UnitOff::Amount(amount)) => target.units * self.world.money(amount) * whole,
            Terms::Off(UnitOff::Price(price)) => {
                (target.worth - target.units * self.world.money(price)) * whole
            }
            Terms::Price(price) => (target.worth - target.units * price) * whole,
            Terms::Bargain(bargain) => self.bargain_asks(bargain, target) * whole,
        };
        exact.min(target.capacity * whole)
    }
}
