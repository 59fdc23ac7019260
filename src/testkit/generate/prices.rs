//! Group and bargain prices.

use super::maker::Maker;
use crate::rules::{BargainPrice, Benefit, GroupPrice, GroupTier, Join};

impl Maker<'_, '_> {
    pub fn group_price(&mut self) -> Benefit {
        let minor = self.minor().max(10);
        let tiers = [(2, minor), (3, minor / 2), (5, minor / 5)].map(|(size, price)| {
            let tier = GroupTier::new(size, self.exactly(price));
            if price > 1 && self.bytes.in_16(6) { tier.leader(self.exactly(price / 2)) } else { tier }
        });
        let tiers = tiers.into_iter().take(self.bytes.one_of([1, 2, 3]));
        let group = GroupPrice::new(tiers, 1_440).target(self.selector());
        Benefit::GroupPrice(group.join(self.bytes.one_of([Join::Anyone, Join::Anyone, Join::Newcomers])))
    }

    pub fn bargain_price(&mut self) -> Benefit {
        Benefit::BargainPrice(BargainPrice::new(self.amount(), self.selector()))
    }
}
