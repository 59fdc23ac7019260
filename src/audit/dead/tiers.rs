//! The tiers of a ladder: where each begins, and the rules without one of them.

use crate::audit::basket::Basket;
use crate::audit::levels::At;
use crate::audit::world::World;
use crate::rules::{Benefit, Rule, RuleSet, Selector, TierOff};

/// A tier of a rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tier<'r> {
    /// The units that count.
    pub of: &'r Selector,
    /// Where it begins.
    pub at: At,
    /// What it gives, where that is an amount or a share of all that counts.
    pub off: Option<TierOff>,
    /// Whether what counts is what gets cheaper, by the rule's own values.
    pub counts_its_target: bool,
}

impl Tier<'_> {
    /// Whether a basket holds as much as the tier asks for, by list value.
    pub(super) fn is_reached(&self, world: &World<'_>, basket: &Basket) -> bool {
        let mut held = 0_i64;
        for (at, count) in &basket.items {
            let Some(known) = world.catalogue.products().get(*at) else { continue };
            if self.of.takes(&known.piece) != Some(false) {
                let each = match self.at {
                    At::Units(_) => 1,
                    At::Spend(_) => known.piece.list_price.minor(),
                };
                held = held.saturating_add(each.saturating_mul(i64::from(*count)));
            }
        }
        match self.at {
            At::Units(units) => held >= i64::from(units),
            At::Spend(spend) => held >= spend,
        }
    }
}

/// The tiers of a rule, lowest first.
pub(super) fn tiers<'r>(world: &World<'_>, rule: &'r Rule) -> Vec<Tier<'r>> {
    match &rule.benefit {
        Benefit::SpendTiers(off) => {
            let of = off.qualifier.as_ref().unwrap_or(&off.target);
            let counts_its_target = off.qualifier.is_none() && off.base.is_none();
            let tier =
                |at, off| Tier { of, at: At::Spend(world.minor(at)), off: Some(off), counts_its_target };
            off.tiers.iter().map(|one| tier(one.at, one.off)).collect()
        }
        Benefit::QuantityTiers(off) => {
            let of = off.qualifier.as_ref().unwrap_or(&off.target);
            let counts_its_target = off.qualifier.is_none();
            let tier = |at, off| Tier { of, at: At::Units(at), off: Some(off), counts_its_target };
            off.tiers.iter().map(|one| tier(one.at, one.off)).collect()
        }
        Benefit::UnitLadder(off) => {
            let tier =
                |from| Tier { of: &off.target, at: At::Units(from), off: None, counts_its_target: true };
            off.steps.iter().map(|step| tier(step.from)).collect()
        }
        Benefit::PercentOff(_)
        | Benefit::AmountOff(_)
        | Benefit::UnitPrice(_)
        | Benefit::TotalPrice(_)
        | Benefit::Every(_)
        | Benefit::BuyGet(_)
        | Benefit::NthUnit(_)
        | Benefit::NFor(_)
        | Benefit::Bundle(_)
        | Benefit::GroupPrice(_)
        | Benefit::BargainPrice(_)
        | Benefit::Gift(_)
        | Benefit::Shipping(_)
        | Benefit::PointsEarn(_)
        | Benefit::Grant(_)
        | Benefit::PointsRedeem(_)
        | Benefit::Presale(_)
        | Benefit::UseBalance(_) => Vec::new(),
    }
}

/// The rules without a tier of one of them; `None` where there is no such tier, or no other.
pub(in crate::audit) fn without_tier(rules: &RuleSet, id: &str, tier: usize) -> Option<RuleSet> {
    let mut changed = rules.clone();
    let rule = changed.rules.iter_mut().find(|one| one.id.as_str() == id)?;
    if rule.benefit.tiers() < 2 {
        return None;
    }
    rule.benefit.drop_tier(tier)?;
    Some(changed)
}
