//! Points and grants.

use super::maker::Maker;
use crate::money::{Amount, Factor};
use crate::rules::{
    Benefit, Condition, Given, GivenBalance, Grant, Multiplier, PointsEarn, PointsRedeem, Range, Step,
};
use crate::shop::BalanceClass;

impl Maker<'_, '_> {
    pub fn points_earn(&mut self) -> Benefit {
        let points = self.bytes.one_of([1, 3, 10]);
        let per = self.bytes.one_of([100, 1_000, 333, 1]);
        let mut earn = PointsEarn::new(points, self.exactly(per)).of(self.selector());
        // What is left to pay is known only once nobody takes payment any more.
        earn.base = if self.is_after_payment() { self.maybe_base() } else { Some(self.base()) };
        while earn.multipliers.len() < 2 && self.bytes.in_16(6) {
            let multiplier = self.multiplier();
            earn = earn.multiplier(multiplier);
        }
        earn.with_shipping = !self.per_line && self.bytes.in_16(5);
        earn.points_max = self.bytes.in_16(3).then(|| self.bytes.one_of([5, 20, 100]));
        Benefit::PointsEarn(earn)
    }

    fn multiplier(&mut self) -> Multiplier {
        let times = self.bytes.one_of(["2", "1.5", "3"]);
        let multiplier = Multiplier::new(times.parse().unwrap_or(Factor::whole(2))).of(self.selector());
        match self.bytes.below(4) {
            0 => multiplier,
            1 => multiplier.when(Condition::Level(Range::between(Some(2), None))),
            _ => {
                let when = self.condition();
                multiplier.when(when)
            }
        }
    }

    /// Points against money where the stage takes payment; else a grant.
    pub fn points_redeem(&mut self) -> Benefit {
        if !self.is_payment_stage() {
            return self.grant();
        }
        let step = self.bytes.one_of([1, 10, 7]);
        let value = self.bytes.one_of([1, 10, 100, 33]);
        let mut redeem = PointsRedeem::new(step, self.exactly(value)).target(self.selector());
        redeem.points_min = self.bytes.in_16(3).then(|| self.bytes.one_of([10, 20]));
        redeem.points_max = self.bytes.in_16(3).then(|| self.bytes.one_of([20, 50]));
        if self.bytes.in_16(5) {
            redeem.percent_max = Some(self.percent());
            redeem.base = self.maybe_base();
        }
        redeem.with_shipping = self.bytes.in_16(5);
        Benefit::PointsRedeem(redeem)
    }

    pub fn grant(&mut self) -> Benefit {
        let give = match self.bytes.below(2) {
            0 => Given::Coupon("WELCOME".into()),
            _ => self.given_balance(),
        };
        let mut grant = Grant::new(give).quantity(self.bytes.one_of([1, 2])).qualifier(self.selector());
        if self.bytes.in_16(6) {
            let (step, _) = self.step();
            grant = grant.every(step, self.times());
            grant.base = match step {
                Step::Spend(_) => self.maybe_base(),
                Step::Quantity(_) => None,
            };
        }
        Benefit::Grant(grant)
    }

    fn given_balance(&mut self) -> Given {
        let amount: Amount = self.amount();
        Given::Balance(GivenBalance { class: BalanceClass::new("red-packet"), amount })
    }
}
