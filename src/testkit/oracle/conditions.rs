//! When a rule may apply.

use std::collections::BTreeSet;

use chrono::Datelike;

use super::World;
use super::arith::ppm;
use super::selectors::Part;
use super::state::State;
use crate::bounds::PPM;
use crate::record::Fingerprint;
use crate::rules::{
    Base, BirthdayWhen, Condition, DistinctSkus, Experiment, Per, Quantity, Selector, Spend, Weekly, Window,
    Within,
};
use crate::shop::{Birthday, CouponCode};

/// Where a condition is asked: in a part, at a state, with what stands for a base left out.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub state: &'a State,
    pub part: Part,
    pub default: &'a Base,
}

impl World<'_> {
    pub fn holds(&self, condition: &Condition, place: Place) -> bool {
        let customer = &self.context.customer;
        match condition {
            Condition::All(all) => all.iter().all(|one| self.holds(one, place)),
            Condition::Any(any) => any.iter().any(|one| self.holds(one, place)),
            Condition::Not(not) => !self.holds(not, place),
            Condition::Window(window) => self.in_window(window),
            Condition::Weekly(weekly) => self.in_hours(weekly),
            Condition::Spend(spend) => self.spends(spend, place),
            Condition::Quantity(quantity) => self.has_units(quantity, place),
            Condition::DistinctSkus(distinct) => self.has_skus(distinct, place),
            Condition::Contains(contains) => {
                self.somewhere(place, &contains.of, contains.within, |units| !units.is_empty())
            }
            Condition::Segment(any) => !any.any_of.is_disjoint(&customer.segments),
            Condition::Level(range) => customer.level.is_some_and(|level| range.contains(level)),
            Condition::FirstOrder {} => customer.order_number == Some(1),
            Condition::OrderNumber(wanted) => {
                customer.order_number.is_some_and(|number| wanted.holds(number))
            }
            Condition::Birthday(when) => customer.birthday.is_some_and(|day| self.is_birthday(day, *when)),
            Condition::Channel(any) => is_one_of(&any.any_of, self.context.channel.as_ref()),
            Condition::Region(any) => self.context.region.as_ref().is_some_and(|region| {
                let mut regions = any.any_of.iter();
                regions.any(|wanted| region == wanted || region.as_str().starts_with(&format!("{wanted}/")))
            }),
            Condition::PaymentMethod(any) => is_one_of(&any.any_of, self.context.payment_method.as_ref()),
            Condition::ShippingMethod(any) => {
                let of = match place.part {
                    Part::Order | Part::Product(_) => Part::Order,
                    Part::Shop(_) => place.part,
                };
                let mut charges = self.cart.charges().iter().enumerate();
                charges.any(|(at, charge)| of.has_charge(self, at) && any.any_of.contains(&charge.method))
            }
            Condition::Currency(any) => any.any_of.contains(&self.rules.currency),
            Condition::Code(any) => any.any_of.iter().any(|code| self.entered(code)),
            Condition::GroupSize(range) => self.context.group.is_some_and(|group| range.contains(group.size)),
            Condition::Experiment(experiment) => self.in_experiment(experiment),
            Condition::Attribute(test) => test.holds(self.context.attributes.get(&test.key)),
        }
    }

    /// Whether a test holds over the selected units of the place that `within` names.
    fn somewhere(
        &self,
        place: Place,
        of: &Selector,
        within: Within,
        test: impl Fn(&[usize]) -> bool,
    ) -> bool {
        let units = |part| self.selected(place.state, part, of, place.default);
        match within {
            Within::Part => test(&units(place.part)),
            Within::Order => test(&units(Part::Order)),
            Within::AnyLine => {
                let here = units(place.part);
                self.parts(Per::Line).into_iter().any(|product| {
                    let is_of = |run: &usize| product.has_item(self, place.state.runs[*run].item);
                    let of: Vec<usize> = here.iter().copied().filter(is_of).collect();
                    !of.is_empty() && test(&of)
                })
            }
        }
    }

    fn has_units(&self, quantity: &Quantity, place: Place) -> bool {
        self.somewhere(place, &quantity.of, quantity.within, |runs| {
            let count: i128 = runs.iter().map(|run| place.state.runs[*run].count()).sum();
            quantity.at_least.is_none_or(|least| count >= least.into())
                && quantity.at_most.is_none_or(|most| count <= most.into())
        })
    }

    fn has_skus(&self, distinct: &DistinctSkus, place: Place) -> bool {
        self.somewhere(place, &distinct.of, distinct.within, |runs| {
            let sku = |run: &usize| &self.line(place.state.runs[*run].item).sku;
            let skus: BTreeSet<_> = runs.iter().map(sku).collect();
            skus.len() >= distinct.at_least as usize
        })
    }

    fn spends(&self, spend: &Spend, place: Place) -> bool {
        let base = spend.base.as_ref().unwrap_or(place.default);
        let charges_of = match spend.within {
            Within::Part => Some(place.part),
            Within::Order => Some(Part::Order),
            Within::AnyLine => None,
        };
        let charges = match charges_of {
            Some(part) if spend.with_shipping => self.charges_worth(place.state, part, base),
            _ => 0,
        };
        self.somewhere(place, &spend.of, spend.within, |units| {
            let value = charges + self.worth(place.state, units, base);
            spend.at_least.is_none_or(|least| value >= self.money(least))
                && spend.at_most.is_none_or(|most| value <= self.money(most))
        })
    }

    /// What runs are worth together.
    pub fn worth(&self, state: &State, runs: &[usize], base: &Base) -> i128 {
        runs.iter().map(|run| self.run_value(&state.runs[*run], base)).sum()
    }

    fn charges_worth(&self, state: &State, part: Part, base: &Base) -> i128 {
        let charges = state.charges.iter().enumerate();
        let here = charges.filter(|(at, _)| part.has_charge(self, *at));
        here.map(|(_, worth)| self.value(worth, base)).sum()
    }

    fn in_window(&self, window: &Window) -> bool {
        let now = self.context.now.unix_ms();
        window.from.is_none_or(|from| now >= from.unix_ms())
            && window.until.is_none_or(|until| now < until.unix_ms())
    }

    fn in_hours(&self, weekly: &Weekly) -> bool {
        let (day, minute) = self.context.now.local(weekly.offset);
        let starts_on = |day| weekly.days.is_empty() || weekly.days.contains(&day);
        let (from, until) = (weekly.from.minute(), weekly.until.minute());
        if from < until {
            starts_on(day) && from <= minute && minute < until
        } else {
            (starts_on(day) && from <= minute) || (starts_on(day.before()) && minute < until)
        }
    }

    fn is_birthday(&self, birthday: Birthday, when: BirthdayWhen) -> bool {
        let now = self.context.now.instant();
        let (year, month, day) = (now.year(), now.month(), now.day());
        let leap_year = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let celebrated = match (birthday.month, birthday.day) {
            (2, 29) if !leap_year => (2, 28),
            (month, day) => (month, day),
        };
        match when {
            BirthdayWhen::Month => u32::from(birthday.month) == month,
            BirthdayWhen::Day => (u32::from(celebrated.0), u32::from(celebrated.1)) == (month, day),
        }
    }

    fn in_experiment(&self, experiment: &Experiment) -> bool {
        let Some(customer) = &self.context.customer.id else {
            return false;
        };
        let digest = Fingerprint::of(format!("{}\n{customer}", experiment.id).as_bytes());
        let leading = digest.bytes().iter().take(8);
        let number = leading.fold(0_i128, |number, byte| number * 256 + i128::from(*byte));
        let place = number % i128::from(PPM);
        ppm(experiment.from) <= place && place < ppm(experiment.until)
    }

    /// Whether a code was entered, in any spelling.
    pub fn entered(&self, code: &CouponCode) -> bool {
        let folded = code.folded();
        folded.is_some() && self.context.codes.iter().any(|typed| typed.folded() == folded)
    }
}

fn is_one_of<T: Ord>(set: &BTreeSet<T>, value: Option<&T>) -> bool {
    value.is_some_and(|value| set.contains(value))
}
