//! Points and grants (section 13 of the semantics).

use super::arith::percent_of;
use super::asks::{Ask, Target};
use super::compute::{Application, Job};
use super::conditions::Place;
use super::state::State;
use super::{Event, World};
use crate::money::RoundMode;
use crate::rules::{Base, Benefit, Given, Grant, PointsEarn, PointsRedeem, RuleId, Short};

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
        let weighted: i128 =
            runs.iter().map(|run| self.worth(&[*run], Some(&base)) * self.factor(benefit, *run)).sum();
        let per = self.world.money(benefit.per) * ONE;
        let whole = weighted * i128::from(benefit.points) / per;
        let points = benefit.points_max.map_or(whole, |most| whole.min(most.into()));
        let (points, event) = match (self.points_left, self.rule.limits.short) {
            (Some(left), Short::Refuse) if left < points => (0, Some(Event::UnitsRefused)),
            (Some(left), Short::Partial) if left < points => (left, Some(Event::UnitsPartial)),
            (Some(_) | None, Short::Refuse | Short::Partial) => (points, None),
        };
        Application { points, events: event.into_iter().collect(), ..Application::default() }
    }

    /// The largest factor that holds for a run, in ten-thousandths.
    fn factor(&self, benefit: &PointsEarn, run: usize) -> i128 {
        let place = || Place { state: self.state, part: self.part, default: &self.basis };
        let holding = benefit.multipliers.iter().filter(|multiplier| {
            multiplier.when.as_ref().is_none_or(|when| self.world.holds(when, place()))
                && self.counted(&multiplier.of).contains(&run)
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
        let runs = now.open(&benefit.target);
        let targets = now.whole(&runs);
        let mut money = now.room(&targets);
        if let Some(percent) = benefit.percent_max {
            let worth = self.worth(&runs, benefit.base.as_ref());
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
        let wanted = if is_triggered { steps * i128::from(benefit.quantity) } else { 0 };
        let (pieces, event) = match (self.units_left, self.rule.limits.short) {
            (Some(left), Short::Refuse) if left < wanted => (0, Some(Event::UnitsRefused)),
            (Some(left), Short::Partial) if left < wanted => (left, Some(Event::UnitsPartial)),
            (Some(_) | None, Short::Refuse | Short::Partial) => (wanted, None),
        };
        let short = if event == Some(Event::UnitsPartial) { wanted - pieces } else { 0 };
        Application { pieces, short, events: event.into_iter().collect(), ..Application::default() }
    }
}

impl World<'_> {
    /// Points taken from the wallet so far.
    pub fn points_redeemed(&self, state: &State) -> i128 {
        let redeems = |rule: usize| matches!(self.rules.rules[rule].benefit, Benefit::PointsRedeem(_));
        state.applied.iter().filter(|applied| redeems(applied.rule)).map(|applied| applied.points).sum()
    }

    pub fn points(&self, state: &State) -> Vec<OraclePoints> {
        let mut points = Vec::new();
        for applied in &state.applied {
            let rule = &self.rules.rules[applied.rule];
            let direction = match rule.benefit {
                Benefit::PointsEarn(_) => "earned",
                Benefit::PointsRedeem(_) => "redeemed",
                _ => continue,
            };
            points.push(OraclePoints { rule: rule.id.clone(), direction, points: applied.points });
        }
        points
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
