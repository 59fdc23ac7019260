//! Prices that depend on the customer: of a buying group, of a bargain.

use super::apply::down_to;
use super::limits::Left;
use super::offer::Asking;
use super::scratch::{Scratch, Take};
use super::state::State;
use super::verdict::Verdict;
use super::{PriceError, Pricing};
use crate::compile::Plan;
use crate::compile::plan::{Off, PlanBenefit, PlanGroupPrice, PlanRule, PlanSelector};
use crate::money::Money;
use crate::record::{GroupOutcome, Quote, Usage};
use crate::rules::Join;
use crate::shop::{BuyingGroup, Cart, Context, GroupRole, GroupStatus};

/// What a unit of some run comes down to in a stage that compares units.
#[derive(Clone, Copy)]
pub(super) enum UnitTerms {
    /// The same for every product.
    Off(Off),
    /// The product's bargain, down to a floor.
    Bargain(i64),
}

impl Pricing<'_> {
    pub(super) fn ask_group_price(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        group: &PlanGroupPrice,
        left: &Left,
    ) -> Result<(), Verdict> {
        let (_, price) = self.group_price(group)?;
        let gathered = self.gather(scratch, asking, &group.target);
        self.keep(scratch, asking, gathered, None, left, |take| down_to(take.worth, take.units, price) > 0)?;
        self.ask_each(scratch, asking, gathered.0, Off::UnitPrice(price));
        Ok(())
    }

    /// The tier whose price a customer pays, by position, and that price: the first one's while the group is open, else
    /// the highest one its size reached.
    pub(super) fn group_price(self, group: &PlanGroupPrice) -> Result<(usize, i64), Verdict> {
        let Some(BuyingGroup { size, role, status, .. }) = self.context.group else {
            return Err(Verdict::NoGroup);
        };
        // Once it is closed, whoever is in it was let in.
        let joins = (role, status) == (GroupRole::Member, GroupStatus::Open) && group.join == Join::Newcomers;
        if joins && !self.context.customer.is_first_order() {
            return Err(Verdict::NewcomersOnly);
        }
        let reached = match status {
            GroupStatus::Open => 1,
            GroupStatus::Closed => group.tiers.partition_point(|(at, ..)| *at <= size),
        };
        let first = group.tiers.first().map_or(0, |(at, ..)| *at);
        let short = Verdict::GroupTooSmall(first.saturating_sub(size));
        let tier = reached.checked_sub(1).ok_or(short)?;
        let (_, price, leader) = group.tiers.get(tier).copied().ok_or(short)?;
        match (status, role) {
            (GroupStatus::Closed, GroupRole::Leader) => Ok((tier, leader)),
            (GroupStatus::Closed, GroupRole::Member) | (GroupStatus::Open, _) => Ok((tier, price)),
        }
    }

    pub(super) fn ask_bargain_price(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        target: &PlanSelector,
        floor: i64,
        left: &Left,
    ) -> Result<(), Verdict> {
        let (from, sum) = self.gather(scratch, asking, target);
        let mut kept = from;
        for at in from..scratch.offer.takes.len() {
            let take = scratch.offer.takes[at];
            if self.bargain_asks(&scratch.state, &take, floor) > 0 {
                scratch.offer.takes[kept] = take;
                kept += 1;
            }
        }
        scratch.offer.takes.truncate(kept);
        self.keep(scratch, asking, (from, sum), None, left, |_| true)?;
        self.ask_bargains(scratch, asking, from, floor);
        Ok(())
    }

    /// Asks the takes from `from` on down to their products' bargains.
    pub(super) fn ask_bargains(self, scratch: &mut Scratch, asking: Asking<'_>, from: usize, floor: i64) {
        for at in from..scratch.offer.takes.len() {
            let take = scratch.offer.takes[at];
            scratch.offer.takes[at].asked = self.bargain_asks(&scratch.state, &take, floor);
        }
        let charges = scratch.offer.charges.len();
        self.cap_asked(scratch, asking, (from, charges), 0);
    }

    fn bargain_asks(self, state: &State, take: &Take, floor: i64) -> i64 {
        self.bargain(state, take.run, floor).map_or(0, |price| down_to(take.worth, take.units, price))
    }

    /// What the customer bargained a run's product down to.
    pub(super) fn bargain(self, state: &State, run: u32, floor: i64) -> Option<i64> {
        if self.context.bargains.is_empty() {
            return None;
        }
        let line = state.items[state.runs[run as usize].item as usize].line;
        let sku = &self.cart.lines().get(line as usize)?.sku;
        let price = self.context.bargains.get(sku)?.to_money(self.plan.currency).ok()?;
        Some(price.minor().max(floor))
    }

    /// The target and terms of a benefit that works unit by unit; validation lets no other into a stage that compares
    /// units.
    pub(super) fn unit_benefit(self, rule: &PlanRule) -> Result<(&PlanSelector, UnitTerms), Verdict> {
        match &rule.benefit {
            PlanBenefit::PercentOff { target, rate, .. } => Ok((target, UnitTerms::Off(Off::Percent(*rate)))),
            PlanBenefit::AmountPerUnit { target, amount, .. } => {
                Ok((target, UnitTerms::Off(Off::Amount(*amount))))
            }
            PlanBenefit::UnitPrice { target, price, .. } => {
                Ok((target, UnitTerms::Off(Off::UnitPrice(*price))))
            }
            PlanBenefit::GroupPrice(group) => {
                let (_, price) = self.group_price(group)?;
                Ok((&group.target, UnitTerms::Off(Off::UnitPrice(price))))
            }
            PlanBenefit::BargainPrice { target, floor } => Ok((target, UnitTerms::Bargain(*floor))),
            PlanBenefit::ReferencePercent { .. }
            | PlanBenefit::AmountOnce { .. }
            | PlanBenefit::TotalPrice { .. }
            | PlanBenefit::SpendTiers { .. }
            | PlanBenefit::Every { .. }
            | PlanBenefit::QuantityTiers { .. }
            | PlanBenefit::BuyGet(_)
            | PlanBenefit::NthUnit(_)
            | PlanBenefit::UnitLadder { .. }
            | PlanBenefit::NFor { .. }
            | PlanBenefit::Bundle(_)
            | PlanBenefit::Gift(_)
            | PlanBenefit::Shipping(_)
            | PlanBenefit::Presale(_)
            | PlanBenefit::UseBalance(_)
            | PlanBenefit::PointsEarn(_)
            | PlanBenefit::PointsRedeem(_)
            | PlanBenefit::Grant(_) => Err(Verdict::NothingToTake),
        }
    }
}

impl Plan {
    /// What a cart costs at each tier of the group prices that apply to it, had the group closed with that size: for a
    /// member and for its leader. Nothing when no group price applies. Slow beside pricing: two carts are priced for each
    /// tier.
    ///
    /// The context names the group as it is; what the customer pays now is the first tier's price.
    ///
    /// # Errors
    /// As [`price`](Self::price).
    pub fn group_outcomes(
        &self,
        scratch: &mut Scratch,
        cart: &Cart,
        context: &Context,
        usage: &Usage,
    ) -> Result<Vec<GroupOutcome>, PriceError> {
        let mut quote = Quote::new();
        self.price_into(scratch, cart, context, usage, &mut quote)?;
        let mut sizes: Vec<u32> = Vec::new();
        for applied in &scratch.applied {
            if let PlanBenefit::GroupPrice(group) = &self.rules[applied.rule as usize].benefit {
                sizes.extend(group.tiers.iter().map(|(size, ..)| *size));
            }
        }
        sizes.sort_unstable();
        sizes.dedup();
        let mut outcomes = Vec::with_capacity(sizes.len());
        for size in sizes {
            let mut payable = |role: GroupRole| -> Result<Money, PriceError> {
                let closed = BuyingGroup::new(size).role(role).status(GroupStatus::Closed);
                let then = context.clone().group(closed);
                self.price_into(scratch, cart, &then, usage, &mut quote)?;
                Ok(quote.totals.payable)
            };
            let leader_payable = payable(GroupRole::Leader)?;
            outcomes.push(GroupOutcome { size, payable: payable(GroupRole::Member)?, leader_payable });
        }
        Ok(outcomes)
    }
}
