//! Who wins in a stage (S-2).

use std::ops::Range;

use super::Pricing;
use super::limits::Left;
use super::scratch::{Backup, Bar, Offer, RuleOffer, Scratch};
use super::verdict::Verdict;
use crate::compile::Plan;
use crate::compile::plan::{Enabled, PlanRule, PlanStage};
use crate::rules::Select;

/// The offer that is best for a product or charge.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Best {
    pub granted: i64,
    /// Its position among the stage's offers.
    pub offer: u32,
}

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
            Some(_) => self.limits_leave(rule, &scratch.used_of(number), &scratch.applied)?,
            None => Left::UNLIMITED,
        };
        self.check_place(scratch, stage, number, rule, applied)?;
        Ok(left)
    }

    /// Whether the host and the shopper want the rule at all.
    #[inline]
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
        if let Some(by) = self.switch_off(rule, stage) {
            return Err(Verdict::SwitchedOff(by));
        }
        // Nearly always there are no bars at all.
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
    #[inline]
    fn check_place(
        self,
        scratch: &Scratch,
        stage: &PlanStage,
        number: u32,
        rule: &PlanRule,
        applied: usize,
    ) -> Result<(), Verdict> {
        if let Some((by, why)) = scratch.stacking.blocker(self.plan, number, rule) {
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
    pub(super) fn try_rule(
        self,
        scratch: &mut Scratch,
        stage: &PlanStage,
        number: u32,
        applied: usize,
    ) -> Verdict {
        let rule = &self.plan.rules[number as usize];
        let directly = self.goes_directly(scratch, rule);
        let applies = if directly && rule.limits.is_none() {
            self.check_called(scratch, stage, number, rule)
                .and_then(|()| self.check_place(scratch, stage, number, rule, applied))
                .and_then(|()| self.apply_directly(scratch, stage, number, rule))
        } else {
            self.open(scratch, stage, number, applied).and_then(|left| {
                if directly && self.leaves_enough(&scratch.state, left) {
                    return self.apply_directly(scratch, stage, number, rule);
                }
                self.offer(scratch, number, left)?;
                self.force(scratch, number).map(|_| ())
            })
        };
        match applies {
            Ok(()) => Verdict::Applied,
            Err(verdict) => verdict,
        }
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
    fn select_best(self, scratch: &mut Scratch, stage: &PlanStage, candidates: Range<usize>) {
        scratch.contenders.clear();
        scratch.contenders.extend_from_slice(&scratch.candidates[candidates]);
        let (applied, verdicts) = (scratch.applied.len(), scratch.verdicts.len());
        scratch.backup.set = false;
        loop {
            let refused = match stage.select {
                Select::BestPerUnit => self.best_per_unit(scratch, stage, applied),
                Select::All
                | Select::First
                | Select::Best
                | Select::BestPerLine
                | Select::BestCombination
                | Select::BestAssignment => self.best_offers(scratch, stage, applied),
            };
            let Some((number, verdict)) = refused else {
                break;
            };
            self.restore(scratch);
            scratch.verdicts.truncate(verdicts);
            scratch.contenders.retain(|contender| *contender != number);
            scratch.refused.push((number, verdict));
        }
        let Scratch { verdicts: list, refused, .. } = scratch;
        list.append(refused);
        list[verdicts..].sort_unstable_by_key(|(number, _)| *number);
    }

    /// Selects by what each rule would take alone from the stage's start; returns a winner that may not apply.
    fn best_offers(self, scratch: &mut Scratch, stage: &PlanStage, applied: usize) -> Option<(u32, Verdict)> {
        self.pile_offers(scratch, stage, applied);
        let winners = match stage.select {
            Select::BestPerLine => self.best_by_product(scratch),
            Select::All
            | Select::First
            | Select::Best
            | Select::BestPerUnit
            | Select::BestCombination
            | Select::BestAssignment => self.best_alone(scratch),
        };
        if winners > 1 {
            self.back_up(scratch);
        }
        for at in 0..scratch.offers.len() {
            let offer = scratch.offers[at];
            if !scratch.select.winners[at] {
                let best = scratch.select.best_of_all;
                let winner = best.map(|best| scratch.offers[best as usize].rule);
                scratch.verdicts.push((offer.rule, Verdict::NotSelected(winner)));
                continue;
            }
            if let Err(verdict) = self.open(scratch, stage, offer.rule, applied) {
                return Some((offer.rule, verdict));
            }
            self.unpile(scratch, at as u32, offer);
            let verdict =
                self.force(scratch, offer.rule).map_or_else(|verdict| verdict, |_| Verdict::Applied);
            scratch.verdicts.push((offer.rule, verdict));
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
        let offers = scratch.offers.len();
        scratch.select.winners.clear();
        scratch.select.winners.resize(offers, false);
        scratch.select.best_of_all = None;
    }

    /// The largest grant, the earlier rule of equal ones.
    fn best_alone(self, scratch: &mut Scratch) -> usize {
        let mut best: Option<usize> = None;
        for (at, offer) in scratch.offers.iter().enumerate() {
            if best.is_none_or(|best| offer.granted > scratch.offers[best].granted) {
                best = Some(at);
            }
        }
        let Some(best) = best else { return 0 };
        scratch.select.winners[best] = true;
        scratch.select.best_of_all = Some(best as u32);
        1
    }

    /// For each product, and each charge, the rule that grants it most; returns how many rules win something.
    fn best_by_product(self, scratch: &mut Scratch) -> usize {
        let Scratch { state, offers, pile, select, .. } = scratch;
        let products = state.items.last().map_or(0, |item| item.product as usize + 1);
        select.best.clear();
        select.best.resize(products, Best::default());
        select.charge_best.clear();
        select.charge_best.resize(state.charges.len(), Best::default());
        for (at, offer) in (0_u32..).zip(&*offers) {
            select.sums.clear();
            select.sums.resize(products, 0);
            for take in &pile.takes[offer.takes.0 as usize..offer.takes.1 as usize] {
                select.sums[state.product_of(take.run) as usize] += take.granted;
            }
            for (best, granted) in select.best.iter_mut().zip(&select.sums) {
                if *granted > best.granted {
                    *best = Best { granted: *granted, offer: at };
                }
            }
            for charge in &pile.charges[offer.charges.0 as usize..offer.charges.1 as usize] {
                let best = &mut select.charge_best[charge.charge as usize];
                if charge.granted > best.granted {
                    *best = Best { granted: charge.granted, offer: at };
                }
            }
        }
        for best in select.best.iter().chain(&select.charge_best).filter(|best| best.granted > 0) {
            select.winners[best.offer as usize] = true;
        }
        select.winners.iter().filter(|wins| **wins).count()
    }

    /// Takes a rule's effects back from the pile: all of them, or those on products and charges it won.
    fn unpile(self, scratch: &mut Scratch, at: u32, chosen: RuleOffer) {
        let Scratch { state, offer, pile, select, .. } = scratch;
        let range = |(from, until): (u32, u32)| from as usize..until as usize;
        offer.clear();
        // They may be cut; nobody noted it.
        let by_line = select.best_of_all.is_none();
        let won = |run: u32| {
            !by_line || {
                let best = select.best[state.product_of(run) as usize];
                best.granted > 0 && best.offer == at
            }
        };
        offer.takes.extend(pile.takes[range(chosen.takes)].iter().filter(|take| won(take.run)));
        offer
            .qualifiers
            .extend(pile.qualifiers[range(chosen.qualifiers)].iter().filter(|(run, _)| won(*run)));
        offer.charges.extend(pile.charges[range(chosen.charges)].iter().filter(|charge| {
            let best = select.charge_best.get(charge.charge as usize);
            !by_line || best.is_some_and(|best| best.granted > 0 && best.offer == at)
        }));
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

impl Scratch {
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
