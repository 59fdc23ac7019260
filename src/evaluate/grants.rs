//! Something for a later order; this one costs the same.

use super::Pricing;
use super::ladders::{count_spend_steps, count_unit_steps};
use super::limits::Left;
use super::offer::Asking;
use super::scratch::Scratch;
use super::verdict::Verdict;
use crate::compile::plan::{PlanGrant, PlanStep};
use crate::rules::Short;

impl Pricing<'_> {
    pub(super) fn ask_grant(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        grant: &PlanGrant,
        left: &mut Left,
    ) -> Result<(), Verdict> {
        let state = &scratch.state;
        if self.spend(state, &grant.qualifier, asking.part, asking.own) == 0 {
            return Err(Verdict::NothingToTake);
        }
        let steps = match grant.every {
            None => 1,
            Some(PlanStep::Spend(every)) => {
                count_spend_steps(every, self.spend(state, &grant.qualifier, asking.part, grant.value))?
            }
            Some(PlanStep::Quantity(every)) => {
                count_unit_steps(every, self.units(state, &grant.qualifier, asking.part))?
            }
        };
        let steps = steps.min(i64::from(grant.times));
        let pieces = scratch.state.checked(steps.checked_mul(i64::from(grant.quantity)));
        self.give_pieces(scratch, asking, pieces.unsigned_abs(), left)
    }

    /// So many pieces, or deposits, as far as the rule's unit limits leave them.
    pub(super) fn give_pieces(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        mut pieces: u64,
        left: &mut Left,
    ) -> Result<(), Verdict> {
        if pieces > left.units {
            if asking.rule.limits.as_ref().is_some_and(|limits| limits.short == Short::Refuse) {
                return Err(Verdict::Exhausted(left.tightest));
            }
            scratch.offer.short += pieces - left.units;
            pieces = left.units;
        }
        if left.units != u64::MAX {
            left.units -= pieces;
        }
        scratch.offer.pieces = scratch.state.checked_count(scratch.offer.pieces.saturating_add(pieces));
        Ok(())
    }
}
