//! What a benefit asks for, so that the rule's own cap and condition leave its tiers within reach.

use super::maker::Maker;
use crate::money::Amount;
use crate::rules::{Benefit, Condition, QuantityTier, SpendTier, Step, TierOff, UnitOff, UnitStep};

impl Maker<'_, '_> {
    fn minor_of(&self, amount: Amount) -> i64 {
        amount.to_money(self.currency()).map_or(0, |money| money.minor())
    }

    /// The most that a ladder gives before its last tier starts, where that does not depend on prices.
    pub fn first_tier(&self, benefit: &Benefit) -> i64 {
        match benefit {
            Benefit::SpendTiers(ladder) => match ladder.tiers.as_slice() {
                // No more than a tenth of twice the threshold.
                [SpendTier { at, off: TierOff::Percent(_) }, ..] => self.minor_of(*at),
                [SpendTier { off: TierOff::Amount(amount), .. }, ..] => self.minor_of(*amount),
                _ => 0,
            },
            Benefit::QuantityTiers(ladder) => match ladder.tiers.as_slice() {
                [QuantityTier { off: TierOff::Amount(amount), .. }, ..] => self.minor_of(*amount),
                _ => 0,
            },
            Benefit::UnitLadder(ladder) => match ladder.steps.as_slice() {
                [.., UnitStep { off: UnitOff::Amount(amount), .. }] => self.minor_of(*amount),
                _ => 0,
            },
            _ => 0,
        }
    }

    /// The spend and the units from which on a benefit gives all that it can.
    pub fn last_threshold(&self, benefit: &Benefit) -> (i64, u32) {
        match benefit {
            Benefit::SpendTiers(ladder) => (ladder.tiers.last().map_or(0, |tier| self.minor_of(tier.at)), 0),
            Benefit::QuantityTiers(ladder) => (0, ladder.tiers.last().map_or(0, |tier| tier.at)),
            Benefit::UnitLadder(ladder) => (0, ladder.steps.last().map_or(0, |step| step.from)),
            Benefit::Every(every) => match every.step {
                Step::Spend(spend) => (self.minor_of(spend), 0),
                Step::Quantity(units) => (0, units),
            },
            _ => (0, 0),
        }
    }

    /// A condition whose upper ends lie so much higher.
    pub fn raised(&self, condition: Condition, spend: i64, units: u32) -> Condition {
        match condition {
            Condition::All(parts) => {
                Condition::All(parts.into_iter().map(|part| self.raised(part, spend, units)).collect())
            }
            Condition::Spend(mut test) => {
                test.at_most = test.at_most.map(|most| self.exactly(self.minor_of(most) + spend));
                Condition::Spend(test)
            }
            Condition::Quantity(mut test) => {
                test.at_most = test.at_most.map(|most| most + units);
                Condition::Quantity(test)
            }
            other => other,
        }
    }
}
