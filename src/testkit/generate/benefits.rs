//! Benefits of one kind each, and gifts and shipping.

use super::cart::{METHODS, SHOPS};
use super::maker::Maker;
use super::rules::GIFTS;
use crate::money::Percent;
use crate::rules::{
    AmountOff, Benefit, Each, Every, Gift, GiftOption, PercentOf, PercentOff, QuantityTier, QuantityTiers,
    Select, Shipping, ShippingOff, SpendTier, SpendTiers, Step, TierOff, Times, TotalPrice, UnitLimit,
    UnitPrice,
};

impl Maker<'_, '_> {
    /// A benefit that may stand in the rule's stage.
    pub fn benefit(&mut self) -> Benefit {
        match self.stages[self.stage].select {
            Select::BestPerUnit => self.per_unit(),
            Select::Best | Select::BestPerLine | Select::BestCombination => {
                let kind = self.bytes.below(18);
                self.of_kind(kind)
            }
            Select::BestAssignment => self.multi_buy(),
            Select::All | Select::First => {
                let kind = self.bytes.below(26);
                self.of_kind(kind)
            }
        }
    }

    fn per_unit(&mut self) -> Benefit {
        let target = self.selector();
        match self.bytes.below(5) {
            3 => self.group_price(),
            4 => self.bargain_price(),
            0 => Benefit::PercentOff(PercentOff::new(self.percent()).target(target)),
            1 => Benefit::AmountOff(AmountOff::per_unit(self.amount()).target(target)),
            _ => Benefit::UnitPrice(UnitPrice::new(self.amount(), target)),
        }
    }

    fn of_kind(&mut self, kind: usize) -> Benefit {
        match kind {
            0 | 1 => self.percent_off(),
            2 | 3 => self.amount_off(),
            4 => self.unit_price(),
            5 => Benefit::TotalPrice(TotalPrice::new(self.threshold(), self.selector())),
            6 => self.spend_tiers(),
            7 => self.every(),
            8 => self.quantity_tiers(),
            9 => self.buy_get(),
            10 => self.nth_unit(),
            11 => self.unit_ladder(),
            12 => self.n_for(),
            13 => self.bundle(),
            // Parts of single lines have no charges.
            14 if !self.per_line => self.shipping(),
            14 => self.percent_off(),
            15 => self.group_price(),
            16 => self.bargain_price(),
            17 => self.presale(),
            18..20 => self.gift(),
            20 => self.points_earn(),
            21 => self.grant(),
            22 | 23 => self.use_balance(),
            _ => self.points_redeem(),
        }
    }

    fn unit_limit(&mut self) -> Option<UnitLimit> {
        let units = self.bytes.one_of([1, 2, 3]);
        match self.bytes.below(8) {
            6 => Some(UnitLimit::Cheapest(units)),
            7 => Some(UnitLimit::Dearest(units)),
            _ => None,
        }
    }

    fn percent_off(&mut self) -> Benefit {
        let mut benefit = PercentOff::new(self.percent()).target(self.selector());
        match self.bytes.below(8) {
            6 => benefit = benefit.of(PercentOf::Reference),
            7 if !self.per_line => benefit = benefit.with_shipping(),
            _ => benefit.limit = self.unit_limit(),
        }
        Benefit::PercentOff(benefit)
    }

    fn amount_off(&mut self) -> Benefit {
        let target = self.selector();
        let mut benefit = AmountOff::once(self.amount()).target(target);
        match self.bytes.below(8) {
            0..=2 => benefit.limit = self.unit_limit(),
            3 if !self.per_line => benefit = benefit.with_shipping(),
            _ => {
                benefit.each = Each::Unit;
                benefit.limit = self.unit_limit();
            }
        }
        Benefit::AmountOff(benefit)
    }

    fn unit_price(&mut self) -> Benefit {
        let mut benefit = UnitPrice::new(self.amount(), self.selector());
        benefit.limit = self.unit_limit();
        Benefit::UnitPrice(benefit)
    }

    /// Two tiers of one kind, the second one better.
    fn tiers(&mut self, amount_max: i64) -> [TierOff; 2] {
        let minor = self.minor().min(amount_max).max(1);
        match self.bytes.below(4) {
            0 | 1 => [minor, minor * 2].map(|minor| TierOff::Amount(self.exactly(minor))),
            2 => [10, 33].map(|whole| TierOff::Percent(Percent::whole(whole))),
            _ => [minor * 2, minor].map(|minor| TierOff::UnitPrice(self.exactly(minor))),
        }
    }

    fn spend_tiers(&mut self) -> Benefit {
        let at = self.threshold_minor();
        let offs = self.tiers(at);
        let tiers = [at, at * 2].map(|at| self.exactly(at)).into_iter().zip(offs);
        let mut benefit = SpendTiers::new(tiers.map(|(at, off)| SpendTier { at, off }));
        benefit = benefit.target(self.selector());
        benefit.qualifier = self.bytes.in_16(5).then(|| self.selector());
        benefit.base = self.maybe_base();
        Benefit::SpendTiers(benefit)
    }

    fn quantity_tiers(&mut self) -> Benefit {
        let ats = self.bytes.one_of([[2, 4], [1, 3], [3, 5]]);
        let offs = self.tiers(i64::MAX / 4);
        let tiers = ats.into_iter().zip(offs).map(|(at, off)| QuantityTier { at, off });
        let mut benefit = QuantityTiers::new(tiers).target(self.selector());
        benefit.qualifier = self.bytes.in_16(5).then(|| self.selector());
        Benefit::QuantityTiers(benefit)
    }

    pub fn step(&mut self) -> (Step, i64) {
        let quantity = self.bytes.one_of([2, 1, 3]);
        let minor = self.bytes.one_of([1_000, 500, 3_000, 333]);
        match self.bytes.below(2) {
            0 => (Step::Spend(self.exactly(minor)), minor),
            _ => (Step::Quantity(quantity), i64::MAX),
        }
    }

    fn every(&mut self) -> Benefit {
        let (step, most) = self.step();
        let minor = self.minor().min(most);
        let mut benefit = Every::new(step, self.exactly(minor), self.times());
        benefit = benefit.target(self.selector());
        benefit.qualifier = self.bytes.in_16(5).then(|| self.selector());
        benefit.base = match step {
            Step::Spend(_) => self.maybe_base(),
            Step::Quantity(_) => None,
        };
        Benefit::Every(benefit)
    }

    fn shipping(&mut self) -> Benefit {
        let off = match self.bytes.below(5) {
            0 => ShippingOff::Free {},
            1 => ShippingOff::Percent(self.percent()),
            2 => ShippingOff::Amount(self.amount()),
            3 => ShippingOff::AmountEach(self.amount()),
            _ => ShippingOff::Price(self.amount()),
        };
        let benefit = Shipping::new(off);
        Benefit::Shipping(match self.bytes.below(8) {
            6 => benefit.method(METHODS[1]),
            7 => benefit.shop(SHOPS[1]),
            _ => benefit,
        })
    }

    fn gift(&mut self) -> Benefit {
        let first = self.bytes.below(GIFTS.len());
        let options: Vec<GiftOption> = (0..1 + self.bytes.below(GIFTS.len()))
            .map(|at| {
                let sku = GIFTS[(first + at) % GIFTS.len()];
                match self.bytes.below(3) {
                    0 => GiftOption::free(sku),
                    1 => GiftOption::free(sku).quantity(2),
                    _ => GiftOption::add_on(sku, self.amount()),
                }
            })
            .collect();
        let choose = if options.len() > 1 { self.bytes.one_of([1, 2]) } else { 1 };
        let mut gift = Gift::new(options).choose(choose).qualifier(self.selector());
        if self.bytes.in_16(5) {
            let (step, _) = self.step();
            gift = gift.every(step, self.times());
            gift.base = match step {
                Step::Spend(_) => self.maybe_base(),
                Step::Quantity(_) => None,
            };
        } else {
            gift.times = Times::Uncapped;
        }
        Benefit::Gift(gift)
    }
}
