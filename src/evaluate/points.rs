//! Points: earned on a value, redeemed against what is left to pay.

use super::Pricing;
use super::allocate::spread;
use super::limits::Left;
use super::offer::Asking;
use super::payment::payable_worth;
use super::scratch::{PointsTaken, Scratch};
use super::state::Want;
use super::verdict::{Limit, Verdict};
use crate::compile::plan::{PlanBenefit, PlanPointsEarn, PlanPointsRedeem, Value, WithShipping};
use crate::money::{FACTOR_ONE, Money, RoundMode, Shares};
use crate::record::On;
use crate::rules::Short;

impl Pricing<'_> {
    /// Whole points for the units that earn, each by its largest factor, rounded down once.
    pub(super) fn ask_points_earn(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        earn: &PlanPointsEarn,
        left: &mut Left,
    ) -> Result<(), Verdict> {
        let weighted = self.weighted_worth(scratch, asking, earn);
        // A worth is at most 10^18, a factor 10^7, points 2^32: the product is below 2^127.
        let exact = weighted * i128::from(earn.points);
        let points = exact.checked_div(i128::from(earn.per_minor) * i128::from(FACTOR_ONE)).unwrap_or(0);
        let points = scratch.state.checked(i64::try_from(points).ok()).min(earn.points_max);
        let mut points = points.unsigned_abs();
        if points == 0 {
            return Err(Verdict::NothingToTake);
        }
        if points > left.points {
            if asking.rule.limits.as_ref().is_some_and(|limits| limits.short == Short::Refuse) {
                return Err(Verdict::Exhausted(left.tightest_points));
            }
            points = left.points;
        }
        if left.points != u64::MAX {
            left.points -= points;
        }
        scratch.offer.points = scratch.state.checked_count(scratch.offer.points.saturating_add(points));
        scratch.share_points(points, weighted);
        Ok(())
    }

    /// The worth of the units that earn, each times its factor, in ten-thousandths; notes each item's and charge's part.
    fn weighted_worth(self, scratch: &mut Scratch, asking: Asking<'_>, earn: &PlanPointsEarn) -> i128 {
        let mut factors = std::mem::take(&mut scratch.work.parts);
        factors.clear();
        if !earn.multipliers.is_empty() {
            factors.resize(scratch.state.runs.len(), FACTOR_ONE);
        }
        for multiplier in &earn.multipliers {
            let holds = multiplier.when.as_ref().is_none_or(|when| {
                let mut missing = 0;
                when.run(|leaf| self.leaf_holds(scratch, &leaf.test, asking.part, &mut missing)).is_ok()
            });
            if holds {
                scratch.state.for_each(self.cart, &multiplier.of, asking.part, Want::Counted, |at, _| {
                    let factor = &mut factors[at as usize];
                    *factor = multiplier.times.max(*factor);
                });
            }
        }
        let Scratch { state, work, .. } = scratch;
        let weights = &mut work.point_weights;
        weights.clear();
        let mut sum = 0;
        state.for_each(self.cart, &earn.of, asking.part, Want::Counted, |at, run| {
            let factor = factors.get(at as usize).copied().unwrap_or(FACTOR_ONE);
            let weight = i128::from(state.worth(at, earn.value)) * i128::from(factor);
            sum += weight;
            match weights.last_mut().filter(|(on, _)| *on == On::Line(run.item)) {
                Some((_, item)) => *item += weight,
                None => weights.push((On::Line(run.item), weight)),
            }
        });
        if earn.with_shipping == WithShipping::Yes {
            for at in (0..state.charges.len()).filter(|at| state.has_charge(asking.part, *at)) {
                let weight = i128::from(state.charge_worth(at, earn.value)) * i128::from(FACTOR_ONE);
                sum += weight;
                weights.push((On::Charge(at as u32), weight));
            }
        }
        work.parts = factors;
        sum
    }

    /// As many whole steps as the shopper asks for, the wallet holds and the goods have room for, so that what is
    /// asked is granted to the last minor unit.
    pub(super) fn ask_points_redeem(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        redeem: &PlanPointsRedeem,
        left: &mut Left,
    ) -> Result<(), Verdict> {
        let points = self.points_to_redeem(scratch, redeem, left)?;
        let asking = Asking { own: Value::Now, ..asking };
        let (from, sum) = self.gather(scratch, asking, &redeem.target);
        let (charges, fees) = self.gather_fees(scratch, asking, redeem.with_shipping);
        let room = self.room_for_payment(scratch, asking, (from, charges), redeem.share);
        let steps = i64::try_from(points / u64::from(redeem.step)).unwrap_or(i64::MAX);
        let steps = steps.min(room.checked_div(redeem.value_minor).unwrap_or(0));
        let points = steps.unsigned_abs().saturating_mul(u64::from(redeem.step));
        if steps == 0 || points < redeem.points_min {
            scratch.offer.takes.truncate(from);
            scratch.offer.charges.truncate(charges);
            return Err(Verdict::PointsShort);
        }
        // At most the room, which is at most AMOUNT_MAX.
        let total = steps * redeem.value_minor;
        let Scratch { state, offer, work, .. } = scratch;
        spread(state, work, total, sum + fees, &mut offer.takes[from..], &mut offer.charges[charges..]);
        offer.asked = total;
        offer.points = points;
        Ok(())
    }

    /// The points that may be redeemed before anything is said about goods.
    fn points_to_redeem(
        self,
        scratch: &Scratch,
        redeem: &PlanPointsRedeem,
        left: &Left,
    ) -> Result<u64, Verdict> {
        let wallet = &self.context.wallet;
        if wallet.redeem_points == 0 {
            return Err(Verdict::NotAskedFor);
        }
        if self.context.customer.id.is_none() {
            return Err(Verdict::CustomerUnknown);
        }
        let is_redeemed =
            |rule: u32| matches!(self.plan.rules[rule as usize].benefit, PlanBenefit::PointsRedeem(_));
        let redeemed = scratch.applied.iter().filter(|applied| is_redeemed(applied.rule));
        let redeemed = redeemed.fold(0_u64, |sum, applied| sum.saturating_add(applied.points));
        let most = wallet.redeem_points.min(wallet.points).saturating_sub(redeemed);
        Ok(most.min(redeem.points_max).min(left.points))
    }

    /// What the takes and charges from some places on, worth what they are worth now, can give in all: above floors, within
    /// a share of a base, the rule's cap and budget, and the order cap, which is for goods: shipping paid under it counts
    /// as if it were goods, so that what is asked is granted however it is split.
    pub(super) fn room_for_payment(
        self,
        scratch: &Scratch,
        asking: Asking<'_>,
        (takes, charges): (usize, usize),
        share: Option<(crate::money::Rate, Value)>,
    ) -> i64 {
        let Scratch { state, offer, order_cap_left, .. } = scratch;
        let goods = offer.takes[takes..].iter().map(|take| state.room(take, take.worth));
        let fees = offer.charges[charges..].iter().map(|fee| fee.worth);
        let share = share.map_or(i64::MAX, |(rate, value)| {
            let worth = payable_worth(scratch, (takes, charges), value);
            rate.of(Money::from_minor(worth), RoundMode::Down).minor()
        });
        let budget = self.budget_left(asking.rule);
        goods.chain(fees).sum::<i64>().min(share).min(asking.cap).min(*order_cap_left).min(budget)
    }
}

impl Scratch {
    /// Splits the points of a part over the items and charges that earn them, by their weights, which add up to `sum`.
    fn share_points(&mut self, points: u64, sum: i128) {
        let Self { offer, work, .. } = self;
        // Weights of enormous carts are rounded down to 62 bits, all by the same power of two.
        let shift = (i128::BITS - sum.leading_zeros()).saturating_sub(62);
        let scaled = |weight: i128| i64::try_from(weight >> shift).unwrap_or(0);
        let mut shares = Shares::new(i64::try_from(points).unwrap_or(0), scaled(sum));
        let mut upto = 0;
        for (on, weight) in &work.point_weights {
            let before = scaled(upto);
            upto += weight;
            let points = shares.next(scaled(upto) - before);
            if points > 0 {
                offer.point_shares.push(PointsTaken { applied: 0, on: *on, points });
            }
        }
    }
}

impl Left {
    /// What limits of points leave.
    pub(super) fn of_points(limits: [(u64, u64, Limit); 2]) -> (u64, Limit) {
        let left = limits.map(|(limit, used, name)| {
            (if limit == u64::MAX { limit } else { limit.saturating_sub(used) }, name)
        });
        left.into_iter().min_by_key(|(left, _)| *left).unwrap_or((u64::MAX, Limit::Points))
    }
}
