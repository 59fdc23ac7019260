//! From a percentage, an amount or a price to what is asked of each unit and charge (section 4 of the semantics).

use std::collections::BTreeSet;

use super::arith::{lower, percent_of, split, spread};
use super::effects::On;
use crate::money::{Percent, Rounding, RoundingPer};

/// Units of one run, or a charge, that a rule looks at, with what they are worth to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub on: On,
    /// The product of the units; none for a charge.
    pub product: Option<u32>,
    /// One for a charge.
    pub units: i128,
    pub worth: i128,
    /// What they can give of that.
    pub capacity: i128,
    /// Of a unit.
    pub reference_price: Option<i128>,
}

/// What a benefit comes to, before the rule's cap.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    /// One sum, still to be split.
    Sum(i128),
    /// So much of each target; the total may be more than the parts where a target is full.
    Each { total: i128, parts: Vec<i128> },
}

impl Ask {
    pub fn each(parts: Vec<i128>) -> Self {
        Self::Each { total: parts.iter().sum(), parts }
    }

    pub fn percent(targets: &[Target], percent: Percent, rounding: Rounding) -> Self {
        let rounded = |worth| percent_of(worth, percent, rounding.mode);
        match rounding.per {
            RoundingPer::Order => Self::Sum(rounded(targets.iter().map(|t| t.worth).sum())),
            RoundingPer::Line => Self::percent_by_product(targets, rounded),
            RoundingPer::Unit => {
                let of_units = |target: &Target| -> i128 {
                    let units = spread(target.worth, target.units).into_iter();
                    units.map(&rounded).sum()
                };
                let asked: Vec<i128> = targets.iter().map(of_units).collect();
                let possible = asked.iter().zip(targets).map(|(asked, t)| (*asked).min(t.capacity));
                Self::Each { total: asked.iter().sum(), parts: possible.collect() }
            }
        }
    }

    /// Each product is rounded and split apart; so is each charge.
    fn percent_by_product(targets: &[Target], rounded: impl Fn(i128) -> i128) -> Self {
        let mut parts = vec![0; targets.len()];
        let mut total = 0;
        let group = |target: &Target| match target.on {
            On::Charge(charge) => (None, Some(charge)),
            On::Units { .. } => (target.product, None),
        };
        for wanted in targets.iter().map(group).collect::<BTreeSet<_>>() {
            let members: Vec<usize> =
                (0..targets.len()).filter(|at| group(&targets[*at]) == wanted).collect();
            let of: Vec<Target> = members.iter().map(|at| targets[*at]).collect();
            let sum = rounded(of.iter().map(|target| target.worth).sum());
            for (at, part) in members.into_iter().zip(over(sum, &of)) {
                parts[at] = part;
            }
            total += sum;
        }
        Self::Each { total, parts }
    }

    pub fn amount_each(targets: &[Target], amount: i128) -> Self {
        Self::each(targets.iter().map(|target| target.units * amount).collect())
    }

    pub fn price_each(targets: &[Target], price: i128) -> Self {
        let down_to = |target: &Target| (target.worth - target.units * price).max(0);
        Self::each(targets.iter().map(down_to).collect())
    }

    /// A percentage off reference prices; what has none is left alone.
    pub fn percent_of_reference(targets: &[Target], percent: Percent, rounding: Rounding) -> Self {
        let down_to = |target: &Target| {
            target.reference_price.map_or(0, |reference| {
                let price = reference - percent_of(reference, percent, rounding.mode);
                (target.worth - target.units * price).max(0)
            })
        };
        Self::each(targets.iter().map(down_to).collect())
    }

    /// What is asked in all, and of each target, within the rule's cap.
    pub fn settle(self, cap: Option<i128>, targets: &[Target]) -> (i128, Vec<i128>) {
        let capped = |total: i128| cap.map_or(total, |cap| total.min(cap));
        match self {
            Self::Sum(total) => (capped(total), over(capped(total), targets)),
            Self::Each { total, parts } if capped(total) < total => {
                let possible = parts.iter().zip(targets).map(|(part, t)| (*part).min(t.capacity));
                (capped(total), lower(capped(total), &possible.collect::<Vec<_>>()))
            }
            Self::Each { total, parts } => (total, parts),
        }
    }
}

/// Splits a sum over targets by worth, within what they can give.
fn over(sum: i128, targets: &[Target]) -> Vec<i128> {
    let weights: Vec<i128> = targets.iter().map(|target| target.worth).collect();
    let capacities: Vec<i128> = targets.iter().map(|target| target.capacity).collect();
    split(sum, &weights, &capacities)
}
