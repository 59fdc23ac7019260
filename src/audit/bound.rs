//! Adding up what rules take off at most, in a case of which something is known.

use super::certificate::Form;
use super::relax::{Mask, Relaxed, RuleBound};
use crate::bounds::PPM;

/// What is known of a case: a mask is worth at least, or at most, so much.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub of: Mask,
    pub at: i64,
}

/// What is known of a case.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub lower: Vec<Fact>,
    pub upper: Vec<Fact>,
}

impl Facts {
    /// The most that classes are worth, by what is known.
    pub(super) fn most(&self, of: &Mask) -> i64 {
        let known = self.upper.iter().filter(|fact| of.is_subset(&fact.of));
        known.map(|fact| fact.at).min().unwrap_or(i64::MAX)
    }

    /// The least that classes are worth, by what is known.
    pub(super) fn least(&self, of: &Mask) -> i64 {
        let known = self.lower.iter().filter(|fact| fact.of.is_subset(of));
        known.map(|fact| fact.at).max().unwrap_or(0)
    }
}

/// The sum of all rules' bounds: a constant in millionths of a minor unit, and a weight for each class.
pub(super) struct Sum {
    pub constant: i128,
    pub slopes: Vec<i128>,
}

/// How shares of what is left are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rests {
    /// One after the other: what they leave is multiplied.
    Multiplied,
    /// As if each were a share of the list value.
    Added,
}

/// Shares of each class that the rules of a stage take of what is left.
struct Layer {
    stage: usize,
    shares: Vec<i128>,
}

/// Adds up the rules' bounds in the given forms; of a clique the largest. `None` when a form has no bound.
pub(super) fn sum_bounds(relaxed: &Relaxed, facts: &Facts, forms: &[Form], rests: Rests) -> Option<Sum> {
    let mut constant = i128::from(relaxed.rounding) * i128::from(PPM);
    let mut slopes = vec![0_i128; relaxed.margins.len()];
    let mut layers: Vec<Layer> = Vec::new();
    for clique in &relaxed.cliques {
        let mut flat = 0_i128;
        let mut steep = vec![0_i128; slopes.len()];
        let mut drift = steep.clone();
        // Where all that is in proportion is a share of what is left in one stage, so is the largest of it.
        let mut stages: Vec<Option<usize>> = Vec::new();
        for at in clique {
            let (rule, form) = (relaxed.rules.get(*at)?, forms.get(*at)?);
            match form {
                Form::Nothing => is_closed(rule, facts).then_some(())?,
                Form::Flat => {
                    let most = i128::from(flat_of(rule, facts)?);
                    flat = if relaxed.alone.get(*at).copied()? { flat.max(most) } else { flat + most };
                }
                Form::Slope => {
                    let own = slopes_of(rule, facts)?;
                    // Only what comes off the very units of a class is one or the other there.
                    if rule.by_counted && !relaxed.alone.get(*at).copied()? {
                        slopes.iter_mut().zip(own).for_each(|(sum, one)| *sum += one);
                    } else {
                        steep.iter_mut().zip(own).for_each(|(most, one)| *most = (*most).max(one));
                    }
                    drift.iter_mut().zip(&rule.drift).for_each(|(most, one)| *most = (*most).max(*one));
                    stages.push(rule.of_rest);
                }
            }
        }
        constant = constant.checked_add(flat.checked_mul(i128::from(PPM))?)?;
        let stage = stages.first().copied().flatten().filter(|_| rests == Rests::Multiplied);
        match stage {
            Some(stage) if stages.iter().all(|one| *one == Some(stage)) => {
                slopes.iter_mut().zip(drift).for_each(|(sum, one)| *sum += one);
                layers.push(Layer { stage, shares: steep });
            }
            Some(_) | None => slopes.iter_mut().zip(steep).for_each(|(sum, one)| *sum += one),
        }
    }
    layers.sort_by_key(|layer| layer.stage);
    for (class, slope) in slopes.iter_mut().enumerate() {
        *slope += taken_in_layers(relaxed, &layers, class)?;
    }
    if let Some(cap) = relaxed.order_cap {
        let capped = i128::from(cap) * i128::from(PPM);
        if slopes.iter().all(|slope| *slope == 0) {
            constant = constant.min(capped);
        }
    }
    Some(Sum { constant, slopes })
}

/// What all layers take of a class, rounded up.
fn taken_in_layers(relaxed: &Relaxed, layers: &[Layer], class: usize) -> Option<i128> {
    let whole = i128::from(PPM);
    let mut left = whole;
    for stage in layers.chunk_by(|a, b| a.stage == b.stage) {
        let shares =
            stage.iter().filter_map(|layer| layer.shares.get(class)).map(|share| (*share).min(whole));
        let adds_up = relaxed.from_start.get(stage.first()?.stage).copied()?;
        let factor = if adds_up {
            (whole - shares.sum::<i128>()).max(0)
        } else {
            shares.fold(whole, |left, share| left * (whole - share) / whole)
        };
        left = left * factor / whole;
    }
    Some(whole - left)
}

/// Whether what a rule needs cannot be spent in the case.
pub(super) fn is_closed(rule: &RuleBound, facts: &Facts) -> bool {
    rule.gates.iter().any(|(of, at)| facts.most(of) < *at)
        || rule
            .stairs
            .as_ref()
            .is_some_and(|stairs| stairs.steps.iter().all(|(at, _)| facts.most(&stairs.of) < *at))
        || rule.slopes.iter().all(|slope| *slope == 0) && rule.flat.is_none() && rule.stairs.is_none()
}

/// The most a rule gives in the case, whatever is spent.
pub(super) fn flat_of(rule: &RuleBound, facts: &Facts) -> Option<i64> {
    let reached = rule.stairs.as_ref().and_then(|stairs| {
        let most = facts.most(&stairs.of);
        if stairs.repeats {
            let (at, amount) = stairs.steps.first()?;
            if most == i64::MAX {
                return None;
            }
            most.checked_div(*at)?.checked_mul(*amount)
        } else {
            Some(
                stairs
                    .steps
                    .iter()
                    .filter(|(at, _)| *at <= most)
                    .map(|(_, amount)| *amount)
                    .max()
                    .unwrap_or(0),
            )
        }
    });
    match (rule.flat, reached) {
        (Some(flat), Some(reached)) => Some(flat.min(reached)),
        (one, None) | (None, one) => one,
    }
}

/// The most a rule gives in the case, in proportion to what is spent in each class; `None` when it gives an amount
/// whatever is spent, as a gift does.
pub(super) fn slopes_of(rule: &RuleBound, facts: &Facts) -> Option<Vec<i128>> {
    match &rule.stairs {
        _ if !has_slopes(rule) => None,
        None => Some(rule.slopes.clone()),
        Some(stairs) => Some(stairs.slopes(&rule.slopes, facts.most(&stairs.of))),
    }
}

/// Whether a rule can be bounded in proportion: it gives no amount whatever is spent.
pub(super) fn has_slopes(rule: &RuleBound) -> bool {
    rule.stairs.is_some() || rule.flat.is_none() || rule.slopes.iter().any(|slope| *slope != 0)
}
