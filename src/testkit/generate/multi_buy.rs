//! Multi-buy benefits, with groups small enough for the carts.

use super::maker::Maker;
use crate::money::Percent;
use crate::rules::{
    Benefit, Bundle, BuyGet, GroupOff, NFor, NthUnit, Pick, Pool, Take, UnitLadder, UnitOff, UnitStep,
};

impl Maker<'_, '_> {
    fn pick(&mut self) -> Pick {
        self.bytes.one_of([Pick::Cheapest, Pick::Dearest])
    }

    fn unit_off(&mut self) -> UnitOff {
        match self.bytes.below(4) {
            0 | 1 => UnitOff::Percent(self.percent()),
            2 => UnitOff::Amount(self.amount()),
            _ => UnitOff::Price(self.amount()),
        }
    }

    /// Three of one kind, each better than the one before.
    fn rising_offs(&mut self) -> [UnitOff; 3] {
        let minor = self.minor();
        match self.bytes.below(4) {
            0 | 1 => [10, 33, 50].map(|whole| UnitOff::Percent(Percent::whole(whole))),
            2 => [minor, minor * 2, minor * 3].map(|minor| UnitOff::Amount(self.exactly(minor))),
            _ => [minor * 3, minor * 2, minor].map(|minor| UnitOff::Price(self.exactly(minor))),
        }
    }

    fn group_off(&mut self) -> GroupOff {
        match self.bytes.below(5) {
            0 | 1 => GroupOff::Price(self.amount()),
            2 => GroupOff::Percent(self.percent()),
            3 => GroupOff::Amount(self.amount()),
            _ => GroupOff::UnitPrice(self.amount()),
        }
    }

    fn pool(&mut self) -> Pool {
        let quantity = self.bytes.one_of([1, 2, 1, 3]);
        Pool::new(quantity, self.selector())
    }

    /// A multi-buy benefit of any kind.
    pub fn multi_buy(&mut self) -> Benefit {
        match self.bytes.below(5) {
            0 => self.n_for(),
            1 => self.nth_unit(),
            2 => self.buy_get(),
            3 => self.bundle(),
            _ => self.unit_ladder(),
        }
    }

    pub fn buy_get(&mut self) -> Benefit {
        let (qualifier, target) = (self.pool(), self.pool());
        let mut benefit = BuyGet::new(qualifier, target, self.unit_off());
        benefit = benefit.pick(self.pick()).times(self.times());
        benefit.partial = !self.bytes.in_16(5);
        Benefit::BuyGet(benefit)
    }

    pub fn nth_unit(&mut self) -> Benefit {
        let nth = self.bytes.one_of([2, 3, 2, 4]);
        let mut benefit = NthUnit::new(nth, self.unit_off()).target(self.selector());
        benefit = benefit.order(self.pick()).times(self.times());
        let (take, pick) = (self.bytes.one_of([Take::Pooled, Take::EachGroup]), self.pick());
        let position = self.bytes.one_of([1, 1, 2]).min(nth);
        benefit = benefit.take(take, pick, position);
        benefit.units_max = self.bytes.maybe(3, |bytes| bytes.one_of([1, 2]));
        Benefit::NthUnit(benefit)
    }

    pub fn unit_ladder(&mut self) -> Benefit {
        let froms = self.bytes.one_of([[1, 2, 3], [1, 3, 4], [2, 3, 5]]);
        let count = 1 + self.bytes.below(froms.len());
        let step = |(from, off): (u32, UnitOff)| UnitStep { from, off };
        let order = self.pick();
        let steps: Vec<UnitStep> = match order {
            Pick::Cheapest => froms.into_iter().zip(self.rising_offs()).take(count).map(step).collect(),
            Pick::Dearest => {
                froms.into_iter().take(count).map(|from| step((from, self.unit_off()))).collect()
            }
        };
        let last = steps.last().map_or(1, |step| step.from);
        let mut benefit = UnitLadder::new(steps).target(self.selector()).order(order);
        benefit.units_max = self.bytes.maybe(4, |bytes| last + bytes.one_of([0, 1]));
        Benefit::UnitLadder(benefit)
    }

    pub fn n_for(&mut self) -> Benefit {
        let units = self.bytes.one_of([2, 3, 2, 4]);
        let benefit = NFor::new(units, self.group_off()).target(self.selector());
        Benefit::NFor(benefit.pick(self.pick()).times(self.times()))
    }

    pub fn bundle(&mut self) -> Benefit {
        let mut parts = vec![self.pool(), self.pool()];
        if self.bytes.in_16(3) {
            parts.push(self.pool());
        }
        let benefit = Bundle::new(parts, self.group_off());
        Benefit::Bundle(benefit.pick(self.pick()).times(self.times()))
    }
}
