//! Who wins in a stage (S-2).

use std::ops::Range;

use super::Pricing;
use super::limits::Left;
use super::scratch::{Backup, Bar, Offer, RuleOffer, Scratch, SelectWork};
use super::state::NONE;
use super::verdict::Verdict;
use crate::bounds::SELECTION_STEPS_MAX;
use crate::compile::Plan;
use crate::compile::plan::{Enabled, PlanRule, PlanStage};
use crate::rules::Select;

impl Pricing<'_> {
    /// Lets the candidates of a stage apply, as the stage selects.
    pub(super) fn run_stage(self, scratch: &mut Scratch, stage: &PlanStage, candidates: Range<usize>) {
        match stage.select {
            Select::All => self.stack_all(scratch, stage, candidates),
            Select::First => self.take_first(scratch, stage, candidates),
            Select::BestCombination => self.best_combination(scratch, stage, candidates),
            Select::BestAssignment => self.best_assignment(scratch, stage, candidates),
            Select::Best | Select::BestPerLine | Select::BestPerUnit => {
                self.select_best(scratch, stage, candidates);
            }
        }
    }

    /// Why a rule may not even try, or what its limits leave.
    pub(super) fn open(
        self,
        scratch: &Scratch,
        stage: &PlanStage,
        number: u32,
        applied: usize,
    ) -> Result<Left, Verdict> {
        let rule = &self.plan.rules[number as usize];
        self.check_called(scratch, stage, number, rule)?;
        let left = match &rule.limits {
            Some(_) => self.limits_leave(rule, scratch.used_of(number), &scratch.applied)?,
            None => Left::UNLIMITED,
        };
        self.check_place(scratch, stage, number, rule, applied)?;
        Ok(left)
    }

    /// Whether the host and the shopper want the rule at all.
    #[inline(always)]
    fn check_called(
        self,
        scratch: &Scratch,
        stage: &PlanStage,
        number: u32,
        rule: &PlanRule,
    ) -> Result<(), Verdict> {
        if rule.enabled == Enabled::No {
            return Err(Verdict::Disabled);
        }
        // Nearly always nothing is switched off, and there are no bars at all.
        if !self.usage.off.is_empty()
            && let Some(by) = self.switch_off(rule, stage)
        {
            return Err(Verdict::SwitchedOff(by));
        }
        if let Some(Bar::Down(verdict)) = scratch.bars.get(number as usize) {
            return Err(*verdict);
        }
        if let Some(codes) = &rule.coupon
            && !codes.iter().any(|code| scratch.codes.binary_search(code).is_ok())
        {
            return Err(Verdict::CodeNotEntered);
        }
        Ok(())
    }

    /// Whether the rules that applied leave it a place.
    #[inline(always)]
    fn check_place(
        self,
        scratch: &Scratch,
        stage: &PlanStage,
        number: u32,
        rule: &PlanRule,
        applied: usize,
    ) -> Result<(), Verdict> {
        if scratch.stacking.applied() > 0
            && let Some((by, why)) = scratch.stacking.blocker(self.plan, number, rule)
        {
            return Err(Verdict::Blocked { by, why });
        }
        if scratch.applied.len() - applied >= stage.max_rules as usize {
            return Err(Verdict::StageFull);
        }
        Ok(())
    }

    fn stack_all(self, scratch: &mut Scratch, stage: &PlanStage, candidates: Range<usize>) {
        let applied = scratch.applied.len();
        for at in candidates {
            let number = scratch.candidates[at];
            let verdict = self.try_rule(scratch, stage, number, applied);
            scratch.verdicts.push((number, verdict));
        }
    }

    /// Lets one rule of a stage that stacks apply.
    #[inline(always)]
    pub(super) fn try_rule(
        self,
        scratch: &mut Scratch,
        stage: &PlanStage,
        number: u32,
        applied: usize,
    ) -> Verdict {
        match self.apply_rule(scratch, stage, number, applied) {
            Ok(()) => Verdict::Applied,
            Err(verdict) => verdict,
        }
    }

    #[inline(always)]
    fn apply_rule(
        self,
        scratch: &mut Scratch,
        stage: &PlanStage,
        number: u32,
        applied: usize,
    ) -> Result<(), Verdict> {
        let rule = &self.plan.rules[number as usize];
        if self.goes_directly(scratch, rule)
            && rule.limits.as_ref().is_none_or(|limits| self.leave_enough(number, limits, scratch))
        {
            self.check_called(scratch, stage, number, rule)?;
            self.check_place(scratch, stage, number, rule, applied)?;
            return self.apply_directly(scratch, stage, number, rule);
        }
        let left = self.open(scratch, stage, number, applied)?;
        self.offer(scratch, number, left)?;
        self.force(scratch, number).map(|_| ())
    }

    fn take_first(self, scratch: &mut Scratch, stage: &PlanStage, candidates: Range<usize>) {
        let applied = scratch.applied.len();
        let mut winner = None;
        for at in candidates {
            let number = scratch.candidates[at];
            let verdict = match winner {
                Some(_) => Verdict::NotSelected(winner),
                None => {
                    let gifts = scratch.gifts.len();
                    let verdict = self.try_rule(scratch, stage, number, applied);
                    if verdict != Verdict::Applied {
                        // Only the winner's add-ons are on offer.
                        scratch.gifts.truncate(gifts);
                    }
                    verdict
                }
            };
            if verdict == Verdict::Applied {
                winner = Some(number);
            }
            scratch.verdicts.push((number, verdict));
        }
    }

    /// Selects winners, and again without the first that may not apply beside those before it, until all may.
    ///
    /// What a rule offers it offers at the stage's start, so that is computed once; only who wins is found again.
    fn select_best(self, scratch: &mut Scratch, stage: &PlanStage, candidates: Range<usize>) {
        scratch.contenders.clear();
        scratch.contenders.extend_from_slice(&scratch.candidates[candidates]);
        scratch.refused.clear();
        let (applied, first) = (scratch.applied.len(), scratch.verdicts.len());
        scratch.backup.set = false;
        let by_unit = stage.select == Select::BestPerUnit;
        if by_unit {
            self.collect_offers(scratch, stage, applied);
        } else {
            self.pile_offers(scratch, stage, applied);
        }
        let without_offer = scratch.verdicts.len();
        loop {
            let refused = if by_unit {
                self.best_per_unit(scratch, stage, applied)
            } else {
                self.best_offers(scratch, stage, applied)
            };
            let Some(refused) = refused else { break };
            self.restore(scratch);
            scratch.verdicts.truncate(without_offer);
            scratch.refused.push(refused);
            if scratch.state.selecting > SELECTION_STEPS_MAX {
                // The quote will be refused.
                break;
            }
        }
        let Scratch { verdicts: list, refused, .. } = scratch;
        list.append(refused);
        list[first..].sort_unstable_by_key(|(number, _)| *number);
    }

    /// Selects by what each rule would take alone from the stage's start; returns a winner that may not apply.
    fn best_offers(self, scratch: &mut Scratch, stage: &PlanStage, applied: usize) -> Option<(u32, Verdict)> {
        match stage.select {
            Select::BestPerLine => scratch.best_by_place(),
            Select::All
            | Select::First
            | Select::Best
            | Select::BestPerUnit
            | Select::BestCombination
            | Select::BestAssignment => scratch.best_alone(),
        }
        if scratch.select.winners.len() > 1 {
            self.back_up(scratch);
        }
        for at in 0..scratch.select.winners.len() {
            let place = scratch.select.winners[at];
            let offer = scratch.offers[place as usize];
            if let Err(verdict) = self.open(scratch, stage, offer.rule, applied) {
                scratch.select.out[place as usize] = true;
                return Some((offer.rule, verdict));
            }
            self.unpile(scratch, place, offer);
            let verdict =
                self.force(scratch, offer.rule).map_or_else(|verdict| verdict, |_| Verdict::Applied);
            scratch.verdicts.push((offer.rule, verdict));
        }
        let Scratch { offers, select, verdicts, .. } = scratch;
        let best = select.best_of_all.map(|best| offers[best as usize].rule);
        for (place, offer) in (0_u32..).zip(&*offers) {
            if !select.out[place as usize] && select.winners.binary_search(&place).is_err() {
                verdicts.push((offer.rule, Verdict::NotSelected(best)));
            }
        }
        None
    }

    /// Computes every contender alone and piles up what they would do.
    fn pile_offers(self, scratch: &mut Scratch, stage: &PlanStage, applied: usize) {
        scratch.offers.clear();
        scratch.pile.clear();
        for at in 0..scratch.contenders.len() {
            let number = scratch.contenders[at];
            let offered =
                self.open(scratch, stage, number, applied).and_then(|left| self.offer(scratch, number, left));
            let granted = offered.and_then(|()| self.grant(scratch, &self.plan.rules[number as usize]));
            match granted {
                Ok(0) => scratch.verdicts.push((number, Verdict::NothingToTake)),
                Ok(granted) => scratch.pile_offer(number, granted),
                Err(verdict) => scratch.verdicts.push((number, verdict)),
            }
        }
        let Scratch { offers, select, .. } = scratch;
        select.out.clear();
        select.out.resize(offers.len(), false);
        select.best_of_all = None;
        if stage.select == Select::BestPerLine {
            scratch.list_rivals();
        }
    }

    /// Takes a rule's effects back from the pile: all of them, or those on products and charges it won.
    fn unpile(self, scratch: &mut Scratch, at: u32, chosen: RuleOffer) {
        let Scratch { state, offer, pile, select, .. } = scratch;
        let range = |(from, until): (u32, u32)| from as usize..until as usize;
        offer.clear();
        // They may be cut; nobody noted it.
        let by_line = select.best_of_all.is_none();
        let won = |run: u32| !by_line || { select.best[state.product_of(run) as usize] == at };
        offer.takes.extend(pile.takes[range(chosen.takes)].iter().filter(|take| won(take.run)));
        offer
            .qualifiers
            .extend(pile.qualifiers[range(chosen.qualifiers)].iter().filter(|(run, _)| won(*run)));
        let products = state.products();
        offer.charges.extend(
            pile.charges[range(chosen.charges)]
                .iter()
                .filter(|charge| !by_line || select.best[products + charge.charge as usize] == at),
        );
        offer.gifts.extend_from_slice(&pile.gifts[range(chosen.gifts)]);
        offer.short = chosen.short;
        offer.asked = if by_line {
            let goods = offer.takes.iter().map(|take| take.asked);
            goods.chain(offer.charges.iter().map(|charge| charge.asked)).sum()
        } else {
            chosen.asked
        };
    }

    /// Keeps the state as it is before the first winner is put into force.
    pub(super) fn back_up(self, scratch: &mut Scratch) {
        if scratch.backup.set {
            return;
        }
        let mut backup = std::mem::take(&mut scratch.backup);
        scratch.save(&mut backup);
        backup.set = true;
        scratch.backup = backup;
    }

    /// Undoes what the stage did.
    fn restore(self, scratch: &mut Scratch) {
        if scratch.backup.set {
            let backup = std::mem::take(&mut scratch.backup);
            scratch.go_back(self.plan, &backup);
            scratch.backup = backup;
        }
    }
}

/// What an offer takes off a product or charge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rival {
    /// The product; charges come after the products.
    place: u32,
    /// By position among the stage's offers.
    offer: u32,
    granted: i64,
}

impl Scratch {
    /// The largest grant of those that are not out, the earlier rule of equal ones.
    fn best_alone(&mut self) {
        let Self { offers, select, state, .. } = self;
        let mut best: Option<(u32, i64)> = None;
        for (at, offer) in (0_u32..).zip(&*offers) {
            if !select.out[at as usize] && best.is_none_or(|(_, granted)| offer.granted > granted) {
                best = Some((at, offer.granted));
            }
        }
        state.selecting += offers.len() as u64;
        select.best_of_all = best.map(|(at, _)| at);
        select.winners.clear();
        select.winners.extend(select.best_of_all);
    }

    /// Lists what each offer takes off each product and charge.
    fn list_rivals(&mut self) {
        let Self { state, offers, pile, select, .. } = self;
        let products = state.products();
        let places = products + state.charges.len();
        select.sums.clear();
        select.sums.resize(products, 0);
        select.best.clear();
        select.best.resize(places, NONE);
        select.rivals.clear();
        select.rivals_from.clear();
        for (offer, piled) in (0_u32..).zip(&*offers) {
            let takes = &pile.takes[piled.takes.0 as usize..piled.takes.1 as usize];
            for take in takes {
                select.sums[state.product_of(take.run) as usize] += take.granted;
            }
            for take in takes {
                let place = state.product_of(take.run);
                // Runs of one product share a sum, which is listed once.
                let granted = std::mem::take(&mut select.sums[place as usize]);
                if granted > 0 {
                    select.rivals.push(Rival { place, offer, granted });
                }
            }
            for charge in &pile.charges[piled.charges.0 as usize..piled.charges.1 as usize] {
                let place = products as u32 + charge.charge;
                if charge.granted > 0 {
                    select.rivals.push(Rival { place, offer, granted: charge.granted });
                }
            }
        }
    }

    /// For each product, and each charge, the offer that takes most off it, the earlier rule of equal ones.
    fn best_by_place(&mut self) {
        let Self { select, refused, state, .. } = self;
        let SelectWork { best, rivals, rivals_from, out, sums, winners, .. } = select;
        let places = best.len();
        if refused.is_empty() {
            // Usually nobody is refused, and one look at all is enough.
            sums.clear();
            sums.resize(places, 0);
            for rival in &*rivals {
                let place = rival.place as usize;
                if rival.granted > sums[place] {
                    (sums[place], best[place]) = (rival.granted, rival.offer);
                }
            }
            state.selecting += rivals.len() as u64;
        } else {
            if rivals_from.is_empty() {
                rivals.sort_unstable_by_key(|rival| {
                    (rival.place, std::cmp::Reverse(rival.granted), rival.offer)
                });
                let start = |place| rivals.partition_point(|rival| (rival.place as usize) < place) as u32;
                rivals_from.extend((0..=places).map(start));
                rivals_from.extend_from_within(..places);
            }
            // First where each place's rivals end, then the first of them that is not out.
            let (starts, cursors) = rivals_from.split_at_mut(places + 1);
            for place in 0..places {
                let (cursor, end) = (&mut cursors[place], starts[place + 1]);
                while *cursor < end && out[rivals[*cursor as usize].offer as usize] {
                    *cursor += 1;
                }
                best[place] = if *cursor < end { rivals[*cursor as usize].offer } else { NONE };
            }
            state.selecting += places as u64;
        }
        winners.clear();
        winners.extend(best.iter().copied().filter(|offer| *offer != NONE));
        winners.sort_unstable();
        winners.dedup();
    }

    /// Notes what rules can change.
    pub(super) fn save(&self, backup: &mut Backup) {
        let state = &self.state;
        backup.runs.clone_from(&state.runs);
        backup.items.clone_from(&state.items);
        backup.charges.clone_from(&state.charges);
        backup.snapshots.clone_from(&state.snapshots);
        (backup.total, backup.locked) = (state.total, state.locked);
        (backup.entry_total, backup.changed) = (state.entry_total, state.changed);
        backup.applied = self.applied.len();
        backup.adjustments = self.adjustments.len();
        backup.gifts = self.gifts.len();
        backup.point_shares = self.point_shares.len();
        backup.order_cap_left = self.order_cap_left;
        backup.stacking = self.stacking.applied();
    }

    /// Takes back what rules changed since.
    pub(super) fn go_back(&mut self, plan: &Plan, backup: &Backup) {
        let state = &mut self.state;
        state.runs.clone_from(&backup.runs);
        state.items.clone_from(&backup.items);
        state.charges.clone_from(&backup.charges);
        state.snapshots.clone_from(&backup.snapshots);
        (state.total, state.locked) = (backup.total, backup.locked);
        (state.entry_total, state.changed) = (backup.entry_total, backup.changed);
        self.applied.truncate(backup.applied);
        self.adjustments.truncate(backup.adjustments);
        self.gifts.truncate(backup.gifts);
        self.point_shares.truncate(backup.point_shares);
        self.order_cap_left = backup.order_cap_left;
        if self.stacking.applied() != backup.stacking {
            self.stacking.rewind(plan, backup.stacking);
        }
    }

    /// Moves the offer at hand to the pile.
    fn pile_offer(&mut self, rule: u32, granted: i64) {
        let Self { offer, pile, offers, .. } = self;
        fn append<T: Copy>(pile: &mut Vec<T>, added: &[T]) -> (u32, u32) {
            let from = pile.len() as u32;
            pile.extend_from_slice(added);
            (from, pile.len() as u32)
        }
        // Validation lets nothing into such a stage that gives points or pieces.
        let Offer { takes, charges, qualifiers, gifts, asked, short, points: _, point_shares: _, pieces: _ } =
            offer;
        offers.push(RuleOffer {
            rule,
            takes: append(&mut pile.takes, takes),
            charges: append(&mut pile.charges, charges),
            qualifiers: append(&mut pile.qualifiers, qualifiers),
            gifts: append(&mut pile.gifts, gifts),
            asked: *asked,
            short: *short,
            granted,
        });
    }
}
