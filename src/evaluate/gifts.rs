//! Gifts and add-ons.

use super::Pricing;
use super::ladders::{count_spend_steps, count_unit_steps};
use super::limits::Left;
use super::offer::Asking;
use super::scratch::{GiftTaken, Scratch};
use super::state::State;
use super::verdict::Verdict;
use crate::compile::plan::{PlanGift, PlanGiftOption, PlanStep};
use crate::record::GiftStatus;
use crate::rules::Short;

impl Pricing<'_> {
    pub(super) fn ask_gift(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        gift: &PlanGift,
        left: &mut Left,
    ) -> Result<(), Verdict> {
        let units = self.units(&scratch.state, &gift.qualifier, asking.part);
        if self.spend(&scratch.state, &gift.qualifier, asking.part, asking.own) == 0 {
            return Err(Verdict::NothingToTake);
        }
        let steps = match gift.every {
            None => 1,
            Some(PlanStep::Spend(every)) => {
                let spend = self.spend(&scratch.state, &gift.qualifier, asking.part, gift.value);
                count_spend_steps(every, spend)?
            }
            Some(PlanStep::Quantity(every)) => count_unit_steps(every, units)?,
        };
        let steps = steps.min(i64::from(gift.times));
        let from = scratch.offer.gifts.len();
        let number = asking.number;
        let wanted = |option: &PlanGiftOption| self.context.gifts.contains(&option.sku);
        let mut free = gift.choose;
        let picked = (0_u32..).zip(&gift.options).filter(|(_, option)| wanted(option));
        let others =
            (0_u32..).zip(&gift.options).filter(|(_, option)| !wanted(option) && option.price_minor == 0);
        for (at, option) in picked.chain(others) {
            if free == 0 {
                break;
            }
            free -= 1;
            let status = if option.price_minor == 0 { GiftStatus::Given } else { GiftStatus::Taken };
            let pieces = pieces(&mut scratch.state, steps, option)?;
            scratch.offer.gifts.push(GiftTaken { rule: number, option: at, pieces, status });
        }
        let most = left.units;
        limit_pieces(scratch, asking, from, left)?;
        scratch.offer.gifts[from..].sort_by_key(|gift| gift.option);
        for (at, option) in (0_u32..).zip(&gift.options) {
            if option.price_minor > 0 && !wanted(option) {
                // What the shopper picks comes before what is given, so each offer has all that the limits leave.
                let pieces = pieces(&mut scratch.state, steps, option)?;
                let pieces = u32::try_from(most).map_or(pieces, |most| most.min(pieces));
                if pieces > 0 {
                    let status = GiftStatus::Offered;
                    scratch.offer.gifts.push(GiftTaken { rule: number, option: at, pieces, status });
                }
            }
        }
        Ok(())
    }
}

/// How many pieces of an option come for so many steps.
fn pieces(state: &mut State, steps: i64, option: &PlanGiftOption) -> Result<u32, Verdict> {
    let pieces = state.checked(steps.checked_mul(i64::from(option.quantity)));
    u32::try_from(pieces).map_err(|_| {
        state.overflowed.get_or_insert(state.rule);
        Verdict::NothingToTake
    })
}

/// Keeps what the rule's unit limits leave, in the order options were taken.
fn limit_pieces(
    scratch: &mut Scratch,
    asking: Asking<'_>,
    from: usize,
    left: &mut Left,
) -> Result<(), Verdict> {
    if left.units == u64::MAX {
        return Ok(());
    }
    let gifts = &mut scratch.offer.gifts;
    let wanted: u64 = gifts[from..].iter().map(|gift| u64::from(gift.pieces)).sum();
    if left.units < wanted && asking.rule.limits.as_ref().is_some_and(|limits| limits.short == Short::Refuse)
    {
        gifts.truncate(from);
        return Err(Verdict::Exhausted(left.tightest));
    }
    scratch.offer.short += wanted.saturating_sub(left.units);
    let gifts = &mut scratch.offer.gifts;
    for gift in &mut gifts[from..] {
        let pieces = u64::from(gift.pieces).min(left.units);
        left.units -= pieces;
        gift.pieces = pieces as u32;
    }
    gifts.retain(|gift| gift.pieces > 0);
    Ok(())
}
