//! The most a unit can save by a multi-buy offer, whichever units join it.

use super::Pricing;
use super::scratch::Scratch;
use crate::bounds::PPM;
use crate::compile::plan::{Off, PlanBenefit, PlanRule, PlanSelector};
use crate::money::RoundingPer;
use crate::rules::{Per, Pick};

/// Bounds are counted in thousandths of a minor unit.
pub(super) const SCALE: i128 = 1_000;

/// What the units of a pool are to an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// They may get cheaper.
    Target,
    /// They only count.
    Qualifier,
}

/// What an offer asks of a unit at most.
pub(super) struct Ask<'a> {
    offs: Vec<Share<'a>>,
    /// What its roundings may add in all, scaled.
    pub slack: i128,
    /// What they may add to each unit, scaled.
    each: i128,
}

/// Something off one of so many units.
struct Share<'a> {
    off: &'a Off,
    of: i128,
}

impl<'a> Ask<'a> {
    /// Looks at a rule that works on so many parts at most.
    pub fn of(rule: &'a PlanRule, parts: i128) -> Self {
        let offs = shares(&rule.benefit);
        let each = if rule.rounding.per == RoundingPer::Order { 0 } else { SCALE };
        Self { slack: parts * offs.len() as i128 * SCALE, offs, each }
    }

    /// The most one unit of a run saves, scaled.
    pub fn most(&self, worth: i64, units: u32, role: Role) -> i128 {
        if role == Role::Qualifier {
            return 0;
        }
        let (worth, units) = (i128::from(worth), i128::from(units.max(1)));
        // Where a run does not divide evenly, its cuts may be worth a little more than their even share.
        let unit = if worth % units == 0 { worth / units } else { worth / units + 3 } * SCALE;
        let of_share = |share: &Share<'_>| match share.off {
            Off::Percent(rate) => up(unit * i128::from(rate.ppm()), i128::from(PPM) * share.of),
            Off::Amount(amount) if share.of == 1 => (i128::from(*amount) * SCALE).min(unit),
            // Put on its units evenly, it may be more than a cheap one is worth: the dear ones save the rest.
            Off::Amount(amount) => up(i128::from(*amount) * SCALE, share.of),
            // Put on its units evenly, a group's price leaves each of them no less to save than it does together.
            Off::Price(price) => (unit - i128::from(*price) * SCALE / share.of).max(0),
            Off::UnitPrice(price) => up((unit - i128::from(*price) * SCALE).max(0), share.of),
        };
        self.offs.iter().map(of_share).max().unwrap_or(0) + self.each
    }
}

/// What a benefit takes off its units.
fn shares(benefit: &PlanBenefit) -> Vec<Share<'_>> {
    // A group gets a price or an amount once; the rest goes to each of its units.
    let of_group = |off, units| match off {
        Off::Price(_) | Off::Amount(_) => units,
        Off::Percent(_) | Off::UnitPrice(_) => 1,
    };
    match benefit {
        PlanBenefit::NFor { units, off, .. } => {
            vec![Share { off, of: of_group(*off, i128::from(*units)) }]
        }
        PlanBenefit::Bundle(bundle) => {
            let units = bundle.parts.iter().map(|part| i128::from(part.quantity)).sum();
            vec![Share { off: &bundle.off, of: of_group(bundle.off, units) }]
        }
        PlanBenefit::NthUnit(offer) => {
            // The cheapest unit of a group saves no more than its units do on average, and all save the same amount.
            let is_cheapest = offer.pick == Pick::Cheapest && offer.position == 1;
            let is_amount = matches!(offer.off, Off::Amount(_));
            let of = if is_cheapest || is_amount { i128::from(offer.nth) } else { 1 };
            vec![Share { off: &offer.off, of }]
        }
        PlanBenefit::BuyGet(offer) => vec![Share { off: &offer.off, of: 1 }],
        PlanBenefit::UnitLadder { steps, .. } => steps.iter().map(|(_, off)| Share { off, of: 1 }).collect(),
        // Validation lets nothing else into a stage that shares out units.
        PlanBenefit::PercentOff { .. }
        | PlanBenefit::ReferencePercent { .. }
        | PlanBenefit::AmountPerUnit { .. }
        | PlanBenefit::AmountOnce { .. }
        | PlanBenefit::UnitPrice { .. }
        | PlanBenefit::TotalPrice { .. }
        | PlanBenefit::SpendTiers { .. }
        | PlanBenefit::Every { .. }
        | PlanBenefit::QuantityTiers { .. }
        | PlanBenefit::Gift(_)
        | PlanBenefit::Shipping(_)
        | PlanBenefit::GroupPrice(_)
        | PlanBenefit::BargainPrice { .. }
        | PlanBenefit::Presale(_)
        | PlanBenefit::UseBalance(_)
        | PlanBenefit::PointsEarn(_)
        | PlanBenefit::PointsRedeem(_)
        | PlanBenefit::Grant(_) => Vec::new(),
    }
}

/// A quotient, rounded up.
fn up(amount: i128, by: i128) -> i128 {
    (amount + by - 1) / by
}

impl PlanBenefit {
    /// Calls `visit` with the pools of a multi-buy benefit.
    pub(super) fn each_pool<'p>(&'p self, mut visit: impl FnMut(&'p PlanSelector, Role)) {
        match self {
            Self::NFor { target, .. } | Self::UnitLadder { target, .. } => visit(target, Role::Target),
            Self::NthUnit(offer) => visit(&offer.target, Role::Target),
            Self::Bundle(bundle) => {
                bundle.parts.iter().for_each(|part| visit(&part.selector, Role::Target));
            }
            Self::BuyGet(offer) => {
                visit(&offer.qualifier.selector, Role::Qualifier);
                visit(&offer.target.selector, Role::Target);
            }
            Self::PercentOff { .. }
            | Self::ReferencePercent { .. }
            | Self::AmountPerUnit { .. }
            | Self::AmountOnce { .. }
            | Self::UnitPrice { .. }
            | Self::TotalPrice { .. }
            | Self::SpendTiers { .. }
            | Self::Every { .. }
            | Self::QuantityTiers { .. }
            | Self::Gift(_)
            | Self::Shipping(_)
            | Self::GroupPrice(_)
            | Self::BargainPrice { .. }
            | Self::Presale(_)
            | Self::UseBalance(_)
            | Self::PointsEarn(_)
            | Self::PointsRedeem(_)
            | Self::Grant(_) => {}
        }
    }
}

impl Pricing<'_> {
    /// The most parts a rule works on.
    pub(super) fn parts_most(self, scratch: &Scratch, per: Per) -> i128 {
        match per {
            Per::Order => 1,
            Per::Shop => self.cart.shops().len() as i128,
            Per::Line => scratch.state.items.len() as i128,
        }
    }
}
