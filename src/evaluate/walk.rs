//! Pricing step by step, for a search that tries coupons and takes them back.
//!
//! A walk stands in front of a candidate, in the pipeline's order. It can be saved there and brought back; what lies
//! before is never computed again. It notes nothing that a quote would need: whoever wants one prices the context that
//! was found.

use super::payment::Held;
use super::scratch::{Backup, Bar, Scratch};
use super::state::{Floors, Want};
use super::verdict::Verdict;
use super::{PriceError, Pricing, Reach};
use crate::compile::Plan;
use crate::compile::index::Key;
use crate::compile::plan::{LeafTest, LooksAt, PlanBenefit, PlanSelector};
use crate::record::{GiftStatus, Usage};
use crate::rules::Select;
use crate::shop::{Cart, Charge, Context};

/// A pricing under way.
pub(crate) struct Walk<'a> {
    pricing: Pricing<'a>,
    scratch: &'a mut Scratch,
    place: Place,
    /// The stage whose rules are walked one by one though it selects.
    inside: Option<u32>,
}

/// Where a walk stands.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// The next candidate.
    at: usize,
    /// Stages that have started.
    stages: usize,
    /// Rules that had applied when the last of them started.
    applied: usize,
}

/// A place to come back to.
#[derive(Debug, Default)]
pub(crate) struct Mark {
    place: Place,
    backup: Backup,
    charge_snapshots: Vec<Vec<i64>>,
    codes: Vec<Key>,
    out_of_runs: Option<u32>,
    overflowed: Option<u32>,
    unproven: usize,
}

/// Whether a candidate may apply on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    Open,
    /// Its coupon was chosen: stages that combine their rules do so around it.
    Taken,
    /// Its coupon was not chosen.
    NotChosen,
    /// It makes way for a coupon that was (K-3).
    SetAside,
}

impl<'a> Walk<'a> {
    /// Stands in front of the first candidate, with every code entered.
    pub fn begin(
        plan: &'a Plan,
        scratch: &'a mut Scratch,
        cart: &'a Cart,
        context: &'a Context,
        usage: &'a Usage,
    ) -> Result<Self, PriceError> {
        let pricing = Pricing { plan, cart, context, usage };
        pricing.begin(scratch)?;
        pricing.find_candidates(scratch, Reach::Indexed);
        if !context.set_aside.is_empty() {
            scratch
                .candidates
                .retain(|number| !context.set_aside.contains(plan.rules[*number as usize].id.as_str()));
        }
        pricing.read_usage(scratch);
        scratch.adjustments.clear();
        scratch.bars.resize(pricing.plan.rules.len(), Bar::Up);
        Ok(Self { pricing, scratch, place: Place::default(), inside: None })
    }

    /// Stands in front of the first candidate of a stage that has started and combines its rules; the candidates must all
    /// be of it.
    pub(super) fn inside(pricing: Pricing<'a>, scratch: &'a mut Scratch) -> Self {
        let stage = scratch.candidates.first().map(|number| pricing.plan.rules[*number as usize].stage);
        let stages = stage.map_or(0, |stage| stage as usize + 1);
        let place = Place { at: 0, stages, applied: scratch.applied.len() };
        Self { pricing, scratch, place, inside: stage }
    }

    /// The stage whose rules are combined.
    pub fn inside_of(&self) -> Option<u32> {
        self.inside
    }

    /// How many nodes stages looked at to combine their rules, since this was last asked.
    pub fn nodes(&mut self) -> u64 {
        std::mem::take(&mut self.scratch.nodes)
    }

    /// How many stages combined their rules around those that were taken, since this was last asked.
    pub fn presumed(&mut self) -> u32 {
        std::mem::take(&mut self.scratch.presumed)
    }

    /// Another walk of the same pricing, in front of the first candidate.
    pub fn again<'s>(&self, scratch: &'s mut Scratch) -> Result<Walk<'s>, PriceError>
    where
        'a: 's,
    {
        let Pricing { plan, cart, context, usage } = self.pricing;
        Walk::begin(plan, scratch, cart, context, usage)
    }

    /// The rules that could give anything, in pipeline order.
    pub fn candidates(&self) -> &[u32] {
        &self.scratch.candidates
    }

    /// Whether the host has switched anything off.
    pub fn has_switches(&self) -> bool {
        !self.pricing.usage.off.is_empty()
    }

    /// Forgets a code, for conditions that ask for it.
    pub fn forget_code(&mut self, key: Key) {
        self.scratch.codes.retain(|code| *code != key);
    }

    /// Which candidate comes next.
    pub fn at(&self) -> usize {
        self.place.at
    }

    /// Where a walk to `until` really ends: stages that select are walked as a whole.
    pub fn end_of(&self, until: usize) -> usize {
        let Some(last) = until.checked_sub(1) else { return 0 };
        let Some(number) = self.scratch.candidates.get(last) else { return until };
        let position = self.pricing.plan.rules[*number as usize].stage;
        let stage = &self.pricing.plan.stages[position as usize];
        if self.goes_one_by_one(position) {
            until
        } else {
            self.scratch.candidates.partition_point(|rule| *rule < stage.rules_end)
        }
    }

    /// Whether the rules of a stage are walked one by one, not the stage as a whole.
    pub fn goes_one_by_one(&self, stage: u32) -> bool {
        match self.pricing.plan.stages[stage as usize].select {
            Select::All => true,
            Select::BestCombination => self.inside == Some(stage),
            Select::First
            | Select::Best
            | Select::BestPerLine
            | Select::BestPerUnit
            | Select::BestAssignment => false,
        }
    }

    /// Lets a candidate apply, or keeps it out.
    pub fn set_gate(&mut self, candidate: usize, gate: Gate) {
        let number = self.scratch.candidates[candidate] as usize;
        self.scratch.bars[number] = match gate {
            Gate::Open => Bar::Up,
            Gate::Taken => Bar::Taken,
            Gate::NotChosen => Bar::Down(Verdict::CodeNotEntered),
            Gate::SetAside => Bar::Down(Verdict::SetAside),
        };
    }

    /// Lets every candidate before `until` apply.
    pub fn run_to(&mut self, until: usize) {
        let plan = self.pricing.plan;
        while self.place.at < until {
            let number = self.scratch.candidates[self.place.at];
            let position = plan.rules[number as usize].stage as usize;
            self.start_stages(position);
            let stage = &plan.stages[position];
            if self.goes_one_by_one(position as u32) {
                let _ = self.pricing.try_rule(self.scratch, stage, number, self.place.applied);
                self.place.at += 1;
            } else {
                let end = self.end_of(self.place.at + 1);
                self.pricing.run_stage(self.scratch, stage, self.place.at..end);
                self.place.at = end;
            }
        }
    }

    fn start_stages(&mut self, last: usize) {
        while self.place.stages <= last {
            let stage = &self.pricing.plan.stages[self.place.stages];
            // A stage without candidates matters to those who look back to its start only.
            if self.place.stages == last || stage.snapshot.is_some() {
                self.scratch.state.start_stage(stage.snapshot);
            }
            self.place.stages += 1;
            self.place.applied = self.scratch.applied.len();
        }
    }

    /// The stage that started last.
    pub fn stage(&self) -> Option<u32> {
        self.place.stages.checked_sub(1).map(|stage| stage as u32)
    }

    /// Notes where the walk stands.
    pub fn save(&self, mark: &mut Mark) {
        mark.place = self.place;
        self.scratch.save(&mut mark.backup);
        let state = &self.scratch.state;
        mark.charge_snapshots.clone_from(&state.charge_snapshots);
        (mark.out_of_runs, mark.overflowed) = (state.out_of_runs, state.overflowed);
        mark.codes.clone_from(&self.scratch.codes);
        mark.unproven = self.scratch.unproven.len();
    }

    /// Goes back to where the walk stood.
    pub fn go_back(&mut self, mark: &Mark) {
        self.place = mark.place;
        self.scratch.go_back(self.pricing.plan, &mark.backup);
        let state = &mut self.scratch.state;
        state.charge_snapshots.clone_from(&mark.charge_snapshots);
        (state.out_of_runs, state.overflowed) = (mark.out_of_runs, mark.overflowed);
        self.scratch.codes.clone_from(&mark.codes);
        self.scratch.unproven.truncate(mark.unproven);
        self.scratch.verdicts.clear();
    }

    /// Whether a rule has applied.
    pub fn has_applied(&self, rule: u32) -> bool {
        self.scratch.applied.iter().any(|applied| applied.rule == rule)
    }

    /// Why the cart cannot be priced this way.
    pub fn refusal(&self) -> Option<PriceError> {
        self.scratch.state.refusal(&self.pricing.plan.rules)
    }

    /// What goods and charges cost now.
    pub fn goods(&self) -> i64 {
        self.scratch.state.total
    }

    /// What charges cost now.
    pub fn charges(&self) -> i64 {
        self.scratch.state.charges.iter().map(|charge| charge.value).sum()
    }

    /// What charges cost before any rule.
    pub fn charges_at_list(&self) -> i64 {
        self.scratch.state.charges.iter().map(|charge| charge.list).sum()
    }

    /// What charges cost when the stage started.
    pub fn charges_at_entry(&self) -> i64 {
        self.scratch.state.charges.iter().map(|charge| charge.entry).sum()
    }

    /// What add-ons taken so far cost; `None` when that does not fit.
    pub fn add_ons(&self) -> Option<i64> {
        let mut taken = self.scratch.gifts.iter().filter(|gift| gift.status == GiftStatus::Taken);
        taken.try_fold(0_i64, |sum, gift| {
            let PlanBenefit::Gift(terms) = &self.pricing.plan.rules[gift.rule as usize].benefit else {
                return Some(sum);
            };
            let price = terms.options[gift.option as usize].price_minor;
            sum.checked_add(price.checked_mul(i64::from(gift.pieces))?)
        })
    }

    /// What the order cap leaves; `i64::MAX` without one.
    pub fn order_cap_left(&self) -> i64 {
        self.scratch.order_cap_left
    }

    /// How many items there are.
    pub fn items(&self) -> usize {
        self.scratch.state.items.len()
    }

    /// How many products there are, at most one part of a rule each.
    pub fn products(&self) -> usize {
        self.scratch.state.products()
    }

    /// Calls `visit` with every run: its item, units, worth now and at the stage's start.
    pub fn each_run(&self, mut visit: impl FnMut(u32, u32, i64, i64)) {
        self.scratch.state.runs.iter().for_each(|run| visit(run.item, run.units, run.value, run.entry));
    }

    /// Calls `visit` with every run: its item and its worth at the start of a stage that is looked back to, or now when
    /// that stage has not started.
    pub fn each_snapshot(&self, slot: u32, mut visit: impl FnMut(u32, i64)) {
        let state = &self.scratch.state;
        let kept = &state.snapshots[slot as usize];
        for (at, run) in state.runs.iter().enumerate() {
            visit(run.item, kept.get(at).copied().unwrap_or(run.value));
        }
    }

    /// What a run of an item costs at list price, and may not cost less than, together for all its units.
    pub fn price_and_floor(&self, item: u32) -> (i64, i64) {
        let item = &self.scratch.state.items[item as usize];
        (item.price, item.floor)
    }

    /// Whether every unit can be given away.
    pub fn has_floors(&self) -> bool {
        self.scratch.state.floors != Floors::None
    }

    /// Calls `visit` with every item some unit of which the selector takes, or may take once values have changed.
    pub fn each_item(&self, selector: &PlanSelector, mut visit: impl FnMut(u32)) {
        let state = &self.scratch.state;
        let part = super::state::Part::Order;
        let mut last = super::state::NONE;
        let mut once = |item: u32| {
            if item != last {
                last = item;
                visit(item);
            }
        };
        if selector.looks_at == LooksAt::Facts {
            state.for_each(self.pricing.cart, selector, part, Want::Counted, |_, run| once(run.item));
            return;
        }
        // Its tests of values may fail now and pass later, so they are left out.
        let wider =
            PlanSelector { key: selector.key, gift_cards: selector.gift_cards, ..PlanSelector::every_unit() };
        state.for_each(self.pricing.cart, &wider, part, Want::Counted, |_, run| once(run.item));
    }

    /// Calls `visit` with every charge of the cart.
    pub fn each_charge(&self, visit: impl FnMut(&Charge)) {
        self.pricing.cart.charges().iter().for_each(visit);
    }

    /// How many shops and charges the cart has.
    pub fn shops_and_charges(&self) -> (usize, usize) {
        (self.pricing.cart.shops().len(), self.pricing.cart.charges().len())
    }

    /// The codes entered that some rule knows: key and position in the context.
    pub fn entered(&self) -> impl Iterator<Item = (Key, u32)> + '_ {
        self.scratch.entered.iter().filter_map(|code| Some((code.key?, code.typed)))
    }

    /// Whether a test that looks at nothing rules can change holds for the whole order; `None` for other tests.
    pub fn fixed_test(&self, test: &LeafTest) -> Option<bool> {
        let of = match test {
            LeafTest::Spend { .. } | LeafTest::Code(_) => return None,
            LeafTest::Quantity { of, .. }
            | LeafTest::DistinctSkus { of, .. }
            | LeafTest::Contains { of, .. } => Some(of),
            LeafTest::Window { .. }
            | LeafTest::Weekly { .. }
            | LeafTest::ContextKey(_)
            | LeafTest::Level { .. }
            | LeafTest::FirstOrder
            | LeafTest::OrderNumber { .. }
            | LeafTest::Birthday(_)
            | LeafTest::ShippingMethod(_)
            | LeafTest::GroupSize { .. }
            | LeafTest::Experiment { .. }
            | LeafTest::Attribute(_)
            | LeafTest::Fixed(_) => None,
        };
        let is_fixed = of.is_none_or(|of| of.looks_at == LooksAt::Facts);
        is_fixed.then(|| self.pricing.leaf_holds(self.scratch, test, super::state::Part::Order, &mut 0))
    }

    /// Whether the limits of a rule leave it nothing, even if no other rule applies.
    pub fn is_exhausted(&self, rule: u32) -> bool {
        self.pricing.limits_left(&self.pricing.plan.rules[rule as usize], &[]).is_err()
    }

    /// What the wallet holds for a rule that takes payment.
    pub fn held_for(&self, rule: u32) -> Option<Held> {
        self.pricing.held_for(rule)
    }

    /// Money a rule's budget leaves; `i64::MAX` without one.
    pub fn budget_left(&self, rule: u32) -> i64 {
        self.pricing.budget_left(&self.pricing.plan.rules[rule as usize])
    }
}
