//! Proofs: cases over what is spent in classes of products, and in each case a linear bound of all discounts.
//!
//! In: a relaxed rule set. Out: a [`Tree`] that `check` verifies without searching. A case is closed when the sum of the
//! rules' bounds, less what the promise allows, plus multiples of what is known of the case, has no class with a
//! positive weight and is small enough (weak duality). Everything is in whole parts per million; a proof is found or not
//! found, it is never wrong by rounding.

use super::certificate::{Form, Tree};

use super::bound::{Fact, Facts, Rests, flat_of, has_slopes, is_closed, sum_bounds};
use super::relax::{Mask, Relaxed, RuleBound};
use crate::bounds::PPM;

/// Deepest nesting of cases.
const DEPTH_MAX: usize = 48;

/// Sums of a rule and a class, or of two classes, that count as one node.
const SUMS_PER_NODE: usize = 1 << 13;
/// So many looks whether a fact of the case is about a class that a rule counts take as long as one such sum: most end early.
const LOOKS_PER_SUM: usize = 8;

/// Searches a proof with so many nodes.
pub(super) struct Prover<'r> {
    relaxed: &'r Relaxed,
    nodes_left: u64,
    /// Sums in a case.
    sums: usize,
    /// Classes that rules count, in all: so many looks for each fact of a case.
    counted: usize,
}

impl<'r> Prover<'r> {
    pub(super) fn new(relaxed: &'r Relaxed, nodes: u64) -> Self {
        let classes = relaxed.margins.len();
        let sums = relaxed.rules.len().saturating_add(classes).saturating_mul(classes);
        let counted = relaxed.rules.iter().map(|rule| {
            let stairs = rule.stairs.iter().map(|stairs| stairs.of.len().saturating_mul(stairs.steps.len()));
            rule.gates.iter().map(|(of, _)| of.len()).chain(stairs).sum::<usize>()
        });
        Self { relaxed, nodes_left: nodes, sums, counted: counted.sum() }
    }

    /// What a case counts as: more than one where there are very many rules and classes to look at in it.
    fn nodes_of_case(&self, facts: &Facts) -> u64 {
        let facts = facts.lower.len().saturating_add(facts.upper.len());
        let looks = self.counted.saturating_mul(facts) / LOOKS_PER_SUM;
        let more = self.sums.saturating_add(looks) / SUMS_PER_NODE;
        u64::try_from(more).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// A proof that discounts stay below what the promise allows by `tolerance` at most.
    pub(super) fn prove(&mut self, tolerance: i64) -> Result<Tree, String> {
        let everything: Mask = (0..self.relaxed.margins.len()).collect();
        let facts =
            Facts { lower: vec![Fact { of: everything, at: self.relaxed.least_order }], upper: Vec::new() };
        self.case(&facts, tolerance, 0)
    }

    /// Nesting is bounded by [`DEPTH_MAX`].
    fn case(&mut self, facts: &Facts, tolerance: i64, depth: usize) -> Result<Tree, String> {
        self.nodes_left = self
            .nodes_left
            .checked_sub(self.nodes_of_case(facts))
            .ok_or("the proof needs more cases than its budget")?;
        if let Some(empty) = contradiction(facts) {
            return Ok(empty);
        }
        for prefer in [Form::Slope, Form::Flat, Form::Nothing] {
            let forms: Vec<Form> =
                self.relaxed.rules.iter().map(|rule| choose_form(rule, facts, prefer)).collect();
            for rests in [Rests::Multiplied, Rests::Added] {
                if let Some(leaf) = self.leaf(facts, &forms, rests, tolerance) {
                    return Ok(leaf);
                }
            }
        }
        if depth >= DEPTH_MAX {
            return Err("the proof nests deeper than allowed".to_owned());
        }
        let Some((of, at)) = self.split(facts) else {
            return Err("the bound of the discounts is not small enough".to_owned());
        };
        let (mut less, mut more) = (facts.clone(), facts.clone());
        less.upper.push(Fact { of: of.clone(), at: at - 1 });
        more.lower.push(Fact { of: of.clone(), at });
        Ok(Tree::Split {
            classes: of.iter().copied().collect(),
            at_minor: at,
            below: Box::new(self.case(&less, tolerance, depth + 1)?),
            from: Box::new(self.case(&more, tolerance, depth + 1)?),
        })
    }

    /// The threshold whose rule gives most, among those the case leaves open.
    fn split(&self, facts: &Facts) -> Option<(Mask, i64)> {
        let mut best: Option<(i64, Mask, i64)> = None;
        for rule in &self.relaxed.rules {
            let worth = rule.flat.unwrap_or(i64::MAX);
            let gates = rule.gates.iter().map(|(of, at)| (of, *at));
            let stairs = rule.stairs.iter().flat_map(|stairs| {
                let repeats = if stairs.repeats { 1..=3 } else { 1..=1 };
                let steps = stairs.steps.iter();
                steps.flat_map(move |(at, _)| {
                    repeats.clone().map(move |times| (&stairs.of, at.saturating_mul(times)))
                })
            });
            for (of, at) in gates.chain(stairs) {
                let open = facts.least(of) < at && at <= facts.most(of);
                if open && best.as_ref().is_none_or(|(known, _, _)| worth > *known) {
                    best = Some((worth, of.clone(), at));
                }
            }
        }
        best.map(|(_, of, at)| (of, at))
    }

    /// A closed case, when the forms and some weights close it.
    fn leaf(&self, facts: &Facts, forms: &[Form], rests: Rests, tolerance: i64) -> Option<Tree> {
        let sum = sum_bounds(self.relaxed, facts, forms, rests)?;
        let mut slack: Vec<i128> =
            self.relaxed.margins.iter().zip(&sum.slopes).map(|(margin, slope)| margin - slope).collect();
        let mut upper = vec![0_i64; facts.upper.len()];
        let mut value = sum.constant;
        // Where discounts outgrow margins, the smallest upper end must bound what is spent.
        for class in 0..slack.len() {
            let missing = -*slack.get(class)?;
            if missing <= 0 {
                continue;
            }
            let bounding = facts.upper.iter().enumerate().filter(|(_, fact)| fact.of.contains(&class));
            let (at, fact) = bounding.min_by_key(|(_, fact)| fact.at)?;
            let weight = upper.get_mut(at)?;
            *weight = weight.checked_add(i64::try_from(missing).ok()?)?;
            value += missing.checked_mul(i128::from(fact.at))?;
            for inside in &fact.of {
                *slack.get_mut(*inside)? += missing;
            }
        }
        let mut lower = vec![0_i64; facts.lower.len()];
        let mut order: Vec<(usize, &Fact)> = facts.lower.iter().enumerate().collect();
        order.sort_by_key(|(at, fact)| (std::cmp::Reverse(fact.at), *at));
        for (at, fact) in order {
            let spare = fact.of.iter().filter_map(|class| slack.get(*class)).min().copied().unwrap_or(0);
            if spare <= 0 {
                continue;
            }
            *lower.get_mut(at)? = i64::try_from(spare).ok()?;
            value -= spare.checked_mul(i128::from(fact.at))?;
            for inside in &fact.of {
                *slack.get_mut(*inside)? -= spare;
            }
        }
        let allowed = i128::from(self.relaxed.limit.checked_add(tolerance)?) * i128::from(PPM);
        (value <= allowed).then(|| Tree::Leaf { forms: forms.to_vec(), lower, upper })
    }
}

/// The form in which a rule is bounded: nothing where it is closed, else as preferred, else what there is.
fn choose_form(rule: &RuleBound, facts: &Facts, prefer: Form) -> Form {
    if is_closed(rule, facts) {
        return Form::Nothing;
    }
    let certain = rule.gates.iter().all(|(of, at)| facts.least(of) >= *at)
        && rule.stairs.as_ref().is_none_or(|stairs| {
            let reached = stairs.steps.iter().rfind(|(at, _)| *at <= facts.most(&stairs.of));
            reached.is_some_and(|(at, _)| facts.least(&stairs.of) >= *at)
        });
    let flat = flat_of(rule, facts).is_some();
    if !has_slopes(rule) {
        return Form::Flat;
    }
    match prefer {
        Form::Flat if flat => Form::Flat,
        // Flat where its threshold is surely met: there the proportion gives away what the threshold asks for.
        Form::Nothing if flat && certain => Form::Flat,
        Form::Flat | Form::Nothing | Form::Slope => Form::Slope,
    }
}

/// A lower end inside an upper end that is below it.
fn contradiction(facts: &Facts) -> Option<Tree> {
    for (lower, low) in facts.lower.iter().enumerate() {
        for (upper, high) in facts.upper.iter().enumerate() {
            if low.of.is_subset(&high.of) && low.at > high.at {
                return Some(Tree::Empty { lower, upper });
            }
        }
    }
    None
}
