//! Options that do the same: of those only the first few are worth looking at.
//!
//! Where steps stand one behind the other in a stage that combines rules, and nothing but their names tells them apart, a
//! set that holds one of them and not one before it comes to the same as the set that has the latter instead: whatever
//! applies before and behind finds the same. The stage selects all of the one set where it selects all of the other: what it
//! compares are the same sums and counts, and of equal ones it takes the earlier rules, which the others stand before or
//! behind alike. So the set with the option that comes first is preferred, and once that is left out, so are those after it.

use super::model::Step;
use super::options::{Mask, Options, bit};
use crate::compile::Plan;
use crate::compile::plan::Alike;
use crate::evaluate::walk::Walk;

/// Notes for each option those that do the same and that it is preferred to.
pub(super) fn find_doubles(
    plan: &Plan,
    walk: &Walk<'_>,
    options: &Options,
    steps: &[Step],
    doubles: &mut Vec<Mask>,
) {
    doubles.clear();
    doubles.resize(options.len(), 0);
    let follows = |before: &Step, step: &Step| {
        step.rule == before.rule + 1 && plan.rules[step.rule as usize].alike == Alike::Yes
    };
    if walk.has_switches() || steps.windows(2).all(|pair| !follows(&pair[0], &pair[1])) {
        return;
    }
    for run in steps.chunk_by(|before, step| follows(before, step) && is_double(options, steps, before, step))
    {
        let all = run.iter().fold(0, |all, step| all | step.unlocked_by);
        if run.len() > 1 {
            for (at, own) in doubles.iter_mut().enumerate().filter(|(at, _)| all & bit(*at) != 0) {
                *own = all & (bit(at) - 1);
            }
        }
    }
}

/// Whether two steps that do the same are unlocked by an option each, which nothing else tells apart.
fn is_double(options: &Options, steps: &[Step], one: &Step, other: &Step) -> bool {
    let (a, b) = (one.unlocked_by, other.unlocked_by);
    let is_plain = |own: Mask| {
        let mut unlocking = options.iter().filter(|(bit, _)| own & bit != 0);
        own.count_ones() == 1 && unlocking.all(|(_, option)| option.asked.is_none())
    };
    let same = |step: &Step| (step.foes & a == 0) == (step.foes & b == 0);
    let mut others = steps.iter().filter(|step| step.rule != one.rule && step.rule != other.rule);
    is_plain(a) && is_plain(b) && one.foes & !b == other.foes & !a && others.all(same)
}
