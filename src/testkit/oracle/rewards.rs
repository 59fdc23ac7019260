//! Points and grants (section 13 of the semantics).

use std::collections::BTreeMap;

use super::arith::{cumulative, percent_of};
use super::asks::{Ask, Target};
use super::compute::{Application, Job};
use super::conditions::Place;
use super::quote::OracleRule;
use super::state::State;
use super::{Event, World};
use crate::money::RoundMode;
use crate::record::On;
use crate::rules::{Base, Benefit, Given, Grant, PointsEarn, PointsRedeem, RuleId, Selector, Short};

/// One, in the units of a factor.
const ONE: i128 = 10_000;

/// Points a rule gave or took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OraclePoints {
    /// The rule.
    pub rule: RuleId,
    /// `earned` or `redeemed`.
    pub direction: &'static str,
    /// How many.
    pub points: i128,
    /// How many of them each line and charge has.
    pub shares: BTreeMap<On, i128>,
}

/// An item or charge, by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Earner {
    Item(usize),
    Charge(usize),
}

/// Something for a later order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OracleGrant {
    /// The rule.
    pub rule: RuleId,
    /// The coupon's template, or the balance's class.
    pub what: String,
    /// What a piece of a balance holds.
    pub amount: Option<i128>,
    /// Pieces.
    pub quantity: i128,
}

impl Job<'_> {
    pub fn points_earn(&self, benefit: &PointsEarn) -> Application {
        let base = benefit.base.clone().unwrap_or(Base::Cash);
        let runs = self.counted(&benefit.of);
        let mut weights: BTreeMap<Earner, i128> = BTreeMap::new();
        for run in runs {
            let weight = self.worth(&[run], Some(&base)) * self.factor(benefit, run);
            *weights.entry(Earner::Item(self.state.runs[run].item)).or_default() += weight;
        }
        for charge in self.charges().into_iter().filter(|_| benefit.with_shipping) {
            let weight = self.world.value(&self.state.charges[charge], &base) * ONE;
            weights.insert(Earner::Charge(charge), weight);
        }
        let weighted: i128 = weights.values().sum();
        let per = self.world.money(benefit.per) * ONE;
        let whole = weighted * i128::from(benefit.points) / per;
        let points = benefit.points_max.map_or(whole, |most| whole.min(most.into()));
        let (points, event) = match (self.points_left, self.rule.limits.short) {
            (Some(left), Short::Refuse) if left < points => (0, Some(Event::UnitsRefused)),
            (Some(left), Short::Partial) if left < points => (left, Some(Event::UnitsPartial)),
            (Some(_) | None, Short::Refuse | Short::Partial) => (points, None),
        };
        let mut earned = Vec::new();
        if points > 0 {
            let shares = cumulative(points, &weights.values().copied().collect::<Vec<_>>());
            earned.extend(weights.into_keys().zip(shares));
        }
        Application { points, earned, events: event.into_iter().collect(), ..Application::default() }
    }

    /// The largest factor that holds for a run, in ten-thousandths.
    fn factor(&self, benefit: &PointsEarn, run: usize) -> i128 {
        let place = || Place { state: self.state, part: self.part, default: &self.basis };
        let holding = benefit.multipliers.iter().filter(|multiplier| {
            multiplier.when.as_ref().is_none_or(|when| self.world.holds(when, place()))
                && self.counted(&with_gift_cards_of(benefit, &multiplier.of)).contains(&run)
        });
        let factors = holding.map(|multiplier| multiplier.times.ten_thousandths().unwrap_or(0).into());
        factors.max().unwrap_or(0).max(ONE)
    }

    pub fn points_redeem(&self, benefit: &PointsRedeem) -> Application {
        let wallet = &self.world.context.wallet;
        if self.world.context.customer.id.is_none() {
            return Application::default();
        }
        let mut points = i128::from(wallet.points.min(wallet.redeem_points));
        points -= self.world.points_redeemed(self.state);
        for most in [benefit.points_max.map(i128::from), self.points_left].into_iter().flatten() {
            points = points.min(most);
        }
        // Points pay for what is left when their turn comes.
        let now = Job { basis: Base::Running, ..self.clone() };
        let (targets, worth) = self.payable(&benefit.target, benefit.with_shipping, benefit.base.as_ref());
        let mut money = now.room(&targets);
        if let Some(percent) = benefit.percent_max {
            money = money.min(percent_of(worth, percent, RoundMode::Down));
        }
        let value = self.world.money(benefit.value);
        let steps = (points / i128::from(benefit.step)).min(money / value);
        let points = steps * i128::from(benefit.step);
        if steps <= 0 || benefit.points_min.is_some_and(|least| points < least.into()) {
            return Application::default();
        }
        Application { points, ..now.ask(Ask::Sum(steps * value), &targets) }
    }

    /// What a wallet may pay, at its worth now, and the worth at a base of all of it.
    pub fn payable(
        &self,
        target: &Selector,
        with_shipping: bool,
        base: Option<&Base>,
    ) -> (Vec<Target>, i128) {
        let now = Job { basis: Base::Running, ..self.clone() };
        let runs = now.open(target);
        let charges: Vec<usize> = now.charges().into_iter().filter(|_| with_shipping).collect();
        let mut worth = self.worth(&runs, base);
        for charge in &charges {
            worth += self.world.value(&self.state.charges[*charge], base.unwrap_or(&self.basis));
        }
        let fees = charges.iter().map(|charge| now.charge(*charge));
        (now.whole(&runs).into_iter().chain(fees).collect(), worth)
    }

    /// What targets can give in all: above floors, below the rule's cap and budget and the order cap.
    pub fn room(&self, targets: &[Target]) -> i128 {
        let capacity: i128 = targets.iter().map(|target| target.capacity).sum();
        let cap = self.world.order_cap().map(|cap| (cap - self.state.goods_granted()).max(0));
        let bounds = [self.cap(), self.world.budget_left(self.rule), cap];
        bounds.into_iter().flatten().fold(capacity, i128::min)
    }

    pub fn grant(&self, benefit: &Grant) -> Application {
        let counted = self.counted(&benefit.qualifier);
        let is_triggered = counted.iter().any(|run| self.run_worth(*run) > 0);
        let steps = benefit.every.map_or(1, |step| {
            let spend = self.worth(&counted, benefit.base.as_ref());
            self.steps(step, benefit.times, spend, self.units(&counted))
        });
        self.pieces(if is_triggered { steps * i128::from(benefit.quantity) } else { 0 })
    }

    /// So many pieces, as far as unit limits leave them.
    pub fn pieces(&self, wanted: i128) -> Application {
        let (pieces, event) = match (self.units_left, self.rule.limits.short) {
            (Some(left), Short::Refuse) if left < wanted => (0, Some(Event::UnitsRefused)),
            (Some(left), Short::Partial) if left < wanted => (left, Some(Event::UnitsPartial)),
            (Some(_) | None, Short::Refuse | Short::Partial) => (wanted, None),
        };
        let short = if event == Some(Event::UnitsPartial) { wanted - pieces } else { 0 };
        Application { pieces, short, events: event.into_iter().collect(), ..Application::default() }
    }
}

/// A multiplier's units; whether gift cards are among them is said by what earns.
fn with_gift_cards_of(benefit: &PointsEarn, of: &Selector) -> Selector {
    let mut of = of.clone();
    of.gift_cards |= benefit.of.gift_cards;
    of
}

impl World<'_> {
    /// Points taken from the wallet so far.
    pub fn points_redeemed(&self, state: &State) -> i128 {
        let redeems = |rule: usize| matches!(self.rules.rules[rule].benefit, Benefit::PointsRedeem(_));
        state.applied.iter().filter(|applied| redeems(applied.rule)).map(|applied| applied.points).sum()
    }

    /// What rules moved, and who has which part of it; `rules` are those that applied.
    pub fn points(&self, state: &State, rules: &[OracleRule]) -> Vec<OraclePoints> {
        let mut points = Vec::new();
        for (applied, of_rule) in state.applied.iter().zip(rules) {
            let rule = &self.rules.rules[applied.rule];
            let (direction, mut shares) = match rule.benefit {
                Benefit::PointsEarn(_) => ("earned", self.of_earners(&applied.earned)),
                Benefit::PointsRedeem(_) => {
                    let paid: Vec<i128> = of_rule.adjustments.iter().map(|paid| paid.granted).collect();
                    let places = of_rule.adjustments.iter().map(|paid| paid.on);
                    ("redeemed", places.zip(cumulative(applied.points, &paid)).collect())
                }
                _ => continue,
            };
            shares.retain(|_, points: &mut i128| *points > 0);
            points.push(OraclePoints { rule: rule.id.clone(), direction, points: applied.points, shares });
        }
        points
    }

    /// Points of items go to their lines by units.
    fn of_earners(&self, earned: &[(Earner, i128)]) -> BTreeMap<On, i128> {
        let position = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let mut shares = BTreeMap::new();
        for (earner, points) in earned {
            match earner {
                Earner::Charge(charge) => {
                    shares.insert(On::Charge(position(*charge)), *points);
                }
                Earner::Item(item) => {
                    let lines = self.cart.items()[*item].lines.clone();
                    let units: Vec<i128> =
                        lines.clone().map(|line| self.cart.lines()[line].quantity.into()).collect();
                    let of_lines = lines.map(|line| On::Line(position(line)));
                    shares.extend(of_lines.zip(cumulative(*points, &units)));
                }
            }
        }
        shares
    }

    pub fn grants(&self, state: &State) -> Vec<OracleGrant> {
        let mut grants = Vec::new();
        for applied in &state.applied {
            let rule = &self.rules.rules[applied.rule];
            if let Benefit::Grant(grant) = &rule.benefit {
                let (what, amount) = match &grant.give {
                    Given::Coupon(template) => (template.as_str().to_owned(), None),
                    Given::Balance(given) => {
                        (given.class.as_str().to_owned(), Some(self.money(given.amount)))
                    }
                };
                let quantity = applied.pieces;
                grants.push(OracleGrant { rule: rule.id.clone(), what, amount, quantity });
            }
        }
        grants
    }
}
