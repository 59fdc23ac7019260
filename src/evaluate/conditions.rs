//! Whether a rule's condition holds for a part.

use super::Pricing;
use super::scratch::Scratch;
use super::state::{Part, State, Want};
use super::verdict::Verdict;
use crate::compile::plan::{
    Holds, Leaf, LeafTest, PlanRule, PlanSelector, Scope, Value, WithShipping, day_bit,
};
use crate::rules::BirthdayWhen;
use crate::shop::Birthday;

impl Pricing<'_> {
    /// Judges the condition of a rule for a part; a failure says which step decided and what was missing.
    pub(super) fn condition_holds(
        self,
        scratch: &Scratch,
        rule: &PlanRule,
        part: Part,
    ) -> Result<(), Verdict> {
        let Some(program) = &rule.condition else {
            return Ok(());
        };
        let mut missing = 0;
        let judged = program.run(|leaf: &Leaf| self.leaf_holds(scratch, &leaf.test, part, &mut missing));
        judged.map_err(|(step, said)| {
            if (step as usize) < program.steps().len() {
                Verdict::ConditionFailed { step, said, missing }
            } else {
                Verdict::Impossible
            }
        })
    }

    pub(super) fn leaf_holds(
        self,
        scratch: &Scratch,
        test: &LeafTest,
        part: Part,
        missing: &mut i64,
    ) -> bool {
        let customer = &self.context.customer;
        *missing = 0;
        match test {
            LeafTest::Window { from_ms, until_ms, .. } => {
                let now = self.context.now.unix_ms();
                // The sign tells a trace on which side of the window the moment lies.
                *missing = if now < *from_ms { -1 } else { 1 };
                *from_ms <= now && now < *until_ms
            }
            LeafTest::Weekly { days, from, until, offset } => {
                let (day, minute) = self.context.now.local(*offset);
                if from < until {
                    days & day_bit(day) != 0 && *from <= minute && minute < *until
                } else {
                    // Over midnight: the late part belongs to today, the early part to yesterday.
                    (days & day_bit(day) != 0 && *from <= minute)
                        || (days & day_bit(day.before()) != 0 && minute < *until)
                }
            }
            LeafTest::Spend { .. }
            | LeafTest::Quantity { .. }
            | LeafTest::DistinctSkus { .. }
            | LeafTest::Contains { .. } => self.count_holds(&scratch.state, test, part, missing),
            LeafTest::ContextKey(keys) => {
                keys.iter().any(|key| scratch.context_keys.binary_search(key).is_ok())
            }
            LeafTest::Level { min, max } => {
                customer.level.is_some_and(|level| (*min..=*max).contains(&level))
            }
            LeafTest::FirstOrder => customer.is_first_order(),
            LeafTest::OrderNumber { min, max, every } => customer.order_number.is_some_and(|number| {
                (*min..=*max).contains(&number) && number.checked_rem(*every) == Some(0)
            }),
            LeafTest::Birthday(when) => {
                customer.birthday.is_some_and(|birthday| self.has_birthday(birthday, *when))
            }
            LeafTest::ShippingMethod(methods) => {
                self.cart.charges().iter().zip(&scratch.state.charges).any(|(charge, state)| {
                    let here = match part {
                        Part::Shop(shop) => state.shop == shop,
                        Part::Order | Part::Line { .. } => true,
                    };
                    here && methods.binary_search(&charge.method).is_ok()
                })
            }
            LeafTest::Code(keys) => keys.iter().any(|key| scratch.codes.binary_search(key).is_ok()),
            LeafTest::GroupSize { min, max } => {
                self.context.group.is_some_and(|group| (*min..=*max).contains(&group.size))
            }
            LeafTest::Experiment { id, from_ppm, until_ppm } => {
                customer.id.as_ref().is_some_and(|customer| {
                    let place = place_in(id.as_str(), customer.as_str());
                    *from_ppm <= place && place < *until_ppm
                })
            }
            LeafTest::Attribute(test) => test.holds(self.context.attributes.get(&test.key)),
            LeafTest::Fixed(Holds::Always) => true,
            LeafTest::Fixed(Holds::Never) => false,
        }
    }

    fn has_birthday(self, birthday: Birthday, when: BirthdayWhen) -> bool {
        let (month, day) = self.context.now.month_and_day();
        let same_month = u32::from(birthday.month) == month;
        match when {
            BirthdayWhen::Month => same_month,
            BirthdayWhen::Day => {
                let leap_child = birthday == Birthday { month: 2, day: 29 };
                same_month && u32::from(birthday.day) == day
                    || leap_child && (month, day) == (2, 28) && !self.context.now.is_leap_year()
            }
        }
    }

    fn count_holds(self, state: &State, test: &LeafTest, part: Part, missing: &mut i64) -> bool {
        match test {
            LeafTest::Spend { of, value, min, max, scope, with_shipping } => match scope {
                Scope::Part | Scope::Order => {
                    let place = if *scope == Scope::Order { Part::Order } else { part };
                    let fees = match with_shipping {
                        WithShipping::Yes => state.charges_worth(place, *value),
                        WithShipping::No => 0,
                    };
                    let spend = self.spend(state, of, place, *value) + fees;
                    *missing = min - spend;
                    *min <= spend && spend <= *max
                }
                Scope::AnyLine => self.any_product(
                    state,
                    of,
                    part,
                    |state, at, _| state.worth(at, *value),
                    |spend| {
                        note_nearest(missing, min - spend);
                        *min <= spend && spend <= *max
                    },
                ),
            },
            LeafTest::Quantity { of, min, max, scope } => {
                self.quantity_holds(state, (of, *scope, part), (*min, *max), missing)
            }
            LeafTest::DistinctSkus { of, min, scope } => {
                let place = if *scope == Scope::Order { Part::Order } else { part };
                let skus = self.distinct_skus(state, of, place);
                // One line is of one sku.
                let skus = if *scope == Scope::AnyLine { skus.min(1) } else { skus };
                skus >= *min
            }
            LeafTest::Contains { of, scope } => {
                let place = if *scope == Scope::Order { Part::Order } else { part };
                self.units(state, of, place) > 0
            }
            LeafTest::Window { .. }
            | LeafTest::Weekly { .. }
            | LeafTest::ContextKey(_)
            | LeafTest::Level { .. }
            | LeafTest::FirstOrder
            | LeafTest::OrderNumber { .. }
            | LeafTest::Birthday(_)
            | LeafTest::ShippingMethod(_)
            | LeafTest::Code(_)
            | LeafTest::GroupSize { .. }
            | LeafTest::Experiment { .. }
            | LeafTest::Attribute(_)
            | LeafTest::Fixed(_) => false,
        }
    }

    fn quantity_holds(
        self,
        state: &State,
        (of, scope, part): (&PlanSelector, Scope, Part),
        (min, max): (u32, u32),
        missing: &mut i64,
    ) -> bool {
        let place = match scope {
            Scope::Order => Part::Order,
            Scope::Part => part,
            Scope::AnyLine => {
                return self.any_product(
                    state,
                    of,
                    part,
                    |_, _, units| i64::from(units),
                    |units| {
                        note_nearest(missing, i64::from(min) - units);
                        i64::from(min) <= units && units <= i64::from(max)
                    },
                );
            }
        };
        let units = self.units(state, of, place);
        *missing = i64::from(min) - i64::from(units);
        (min..=max).contains(&units)
    }

    /// What the units of a selector are worth; at most the list total.
    pub(super) fn spend(self, state: &State, of: &PlanSelector, part: Part, value: Value) -> i64 {
        let mut spend = 0;
        state.for_each(self.cart, of, part, Want::Counted, |at, _| spend += state.worth(at, value));
        spend
    }

    /// How many units a selector has; at most UNITS_MAX.
    pub(super) fn units(self, state: &State, of: &PlanSelector, part: Part) -> u32 {
        let mut units = 0;
        state.for_each(self.cart, of, part, Want::Counted, |_, run| units += run.units);
        units
    }

    /// How many different skus a selector has; items stand by sku, so equal ones are neighbours.
    fn distinct_skus(self, state: &State, of: &PlanSelector, part: Part) -> u32 {
        let (mut skus, mut last) = (0, None);
        state.for_each(self.cart, of, part, Want::Counted, |_, run| {
            let line = self.cart.lines().get(state.items[run.item as usize].line as usize);
            let sku = line.map(|line| &line.sku);
            if sku != last {
                skus += 1;
                last = sku;
            }
        });
        skus
    }

    /// Whether the sum of some product's runs passes.
    fn any_product(
        self,
        state: &State,
        of: &PlanSelector,
        part: Part,
        measure: impl Fn(&State, u32, u32) -> i64,
        mut passes: impl FnMut(i64) -> bool,
    ) -> bool {
        let (mut product, mut sum, mut found) = (super::state::NONE, 0, false);
        state.for_each(self.cart, of, part, Want::Counted, |at, run| {
            let own = state.items[run.item as usize].product;
            if own != product {
                found |= product != super::state::NONE && passes(sum);
                (product, sum) = (own, 0);
            }
            sum += measure(state, at, run.units);
        });
        found || product != super::state::NONE && passes(sum)
    }
}

impl State {
    /// What the charges of a part are worth; none belong to a line.
    pub(super) fn charges_worth(&self, part: Part, value: Value) -> i64 {
        (0..self.charges.len())
            .filter(|at| self.has_charge(part, *at))
            .map(|at| self.charge_worth(at, value))
            .sum()
    }

    /// Whether a charge belongs to a part.
    pub(super) fn has_charge(&self, part: Part, at: usize) -> bool {
        match part {
            Part::Order => true,
            Part::Shop(shop) => self.charges[at].shop == shop,
            Part::Line { .. } => false,
        }
    }
}

/// Of what single products lack, the least counts.
const fn note_nearest(missing: &mut i64, lacks: i64) {
    if lacks > 0 && (*missing == 0 || lacks < *missing) {
        *missing = lacks;
    }
}

/// A customer's place in an experiment, in parts per million: stable, and independent between experiments.
pub(crate) fn place_in(experiment: &str, customer: &str) -> i64 {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    hash.update(experiment.as_bytes());
    hash.update(b"\n");
    hash.update(customer.as_bytes());
    let print = crate::record::Fingerprint::from_bytes(hash.finalize().into());
    i64::try_from(print.leading_u64() % 1_000_000).unwrap_or_default()
}
