//! Rules that take a share of what is left: one after the other leaves a product, not a difference.
//!
//! Why it holds. Such a rule takes no more than its share of what each unit is worth when it comes to it, or when its stage
//! starts; what others took in amounts before only makes that less. So of each class at least the product of what the shares
//! leave is left, less all amounts. Where something is kept from a unit, by a floor, its part moves to others (M-4), and
//! nothing can be said unit by unit; so there must be no floors. A rounded share is exact over all that a rule is for, but
//! may be off by a minor unit for each piece of some of it: that counts where a later rule is for some of it only.

use super::shares::ceil_div;
use super::{Mask, Relaxing, RuleBound};
use crate::bounds::PPM;
use crate::money::RoundingPer;
use crate::rules::{Basis, Benefit, Per, PercentOf, Rule, Select, Stage, TierOff};

/// Whether the rules of a stage compute from its start.
pub(super) fn computes_from_start(stage: &Stage) -> bool {
    match stage.select {
        Select::All | Select::BestCombination => stage.basis == Basis::Entry,
        Select::First | Select::Best | Select::BestPerLine | Select::BestPerUnit | Select::BestAssignment => {
            true
        }
    }
}

/// Most pairs of rules, times classes, that are looked at for what one share cuts of another; beyond, shares are added up.
const CUTS_MAX: usize = 1 << 26;

impl Relaxing<'_> {
    /// Notes which rules take a share of what is left, and what rounding may move while they do.
    pub(super) fn rests(&self, rules: &[&Rule], bounds: &mut [RuleBound]) {
        let floors = self.catalogue.products().iter().any(|product| product.piece.floor_price.is_some());
        let pairs = rules.len().saturating_mul(rules.len());
        let is_small = pairs.saturating_mul(self.classes().len()) <= CUTS_MAX;
        if floors || self.rules.caps.line_percent.is_some() || !is_small {
            return;
        }
        let mut masks: Vec<Option<Mask>> = Vec::new();
        for (rule, bound) in rules.iter().zip(bounds.iter_mut()) {
            if self.takes_of_rest(rule) && !bound.by_counted {
                bound.of_rest = self.rules.stages.iter().position(|stage| stage.id == rule.stage);
            }
            let taken = (0..bound.slopes.len()).filter(|class| bound.slopes.get(*class) > Some(&0));
            masks.push(bound.of_rest.map(|_| taken.collect()));
        }
        // Every two are compared, so as bits.
        let bits: Vec<Option<Vec<u64>>> =
            masks.iter().map(|mask| mask.as_ref().map(|mask| as_bits(mask, self.classes().len()))).collect();
        for (at, bound) in bounds.iter_mut().enumerate() {
            let (Some(Some(own)), Some(Some(mask))) = (bits.get(at), masks.get(at)) else { continue };
            let mut cut = vec![0_u64; own.len()];
            for other in bits.iter().flatten() {
                if own.iter().zip(other).any(|(own, other)| own & !other != 0) {
                    cut.iter_mut()
                        .zip(own.iter().zip(other))
                        .for_each(|(cut, (own, other))| *cut |= own & other);
                }
            }
            for class in mask.iter().copied().filter(|class| has_bit(&cut, *class)) {
                let cheapest = i128::from(self.price_range(&[class].into()).0);
                if let Some(drift) = bound.drift.get_mut(class) {
                    *drift = ceil_div(i128::from(PPM), cheapest);
                }
            }
        }
    }

    fn takes_of_rest(&self, rule: &Rule) -> bool {
        let rounds_once = rule.rounding.unwrap_or(self.rules.rounding).per == RoundingPer::Order;
        let share = |tier: TierOff| matches!(tier, TierOff::Percent(_));
        let is_share = match &rule.benefit {
            Benefit::PercentOff(off) => off.of == PercentOf::Value && !off.with_shipping,
            Benefit::SpendTiers(off) => off.tiers.iter().all(|tier| share(tier.off)),
            Benefit::QuantityTiers(off) => off.tiers.iter().all(|tier| share(tier.off)),
            Benefit::AmountOff(_)
            | Benefit::UnitPrice(_)
            | Benefit::TotalPrice(_)
            | Benefit::Every(_)
            | Benefit::BuyGet(_)
            | Benefit::NthUnit(_)
            | Benefit::UnitLadder(_)
            | Benefit::NFor(_)
            | Benefit::Bundle(_)
            | Benefit::Gift(_)
            | Benefit::Shipping(_)
            | Benefit::GroupPrice(_)
            | Benefit::BargainPrice(_)
            | Benefit::PointsEarn(_)
            | Benefit::PointsRedeem(_)
            | Benefit::Presale(_)
            | Benefit::UseBalance(_)
            | Benefit::Grant(_) => false,
        };
        is_share && rounds_once && rule.per != Per::Line
    }
}

/// A mask with a bit for each class.
fn as_bits(mask: &Mask, classes: usize) -> Vec<u64> {
    let mut bits = vec![0_u64; classes / 64 + 1];
    for class in mask {
        if let Some(word) = bits.get_mut(class / 64) {
            *word |= 1 << (class % 64);
        }
    }
    bits
}

fn has_bit(bits: &[u64], class: usize) -> bool {
    bits.get(class / 64).is_some_and(|word| word >> (class % 64) & 1 == 1)
}
