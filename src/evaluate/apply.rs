//! What each kind of benefit asks of a part; multi-buy and gifts have files of their own.

use super::Pricing;
use super::allocate::{lower_asked, spread};
use super::limits::Left;
use super::multi::NForTerms;
use super::offer::Asking;
use super::scratch::{ChargeTake, Scratch, Take};
use super::state::State;
use super::verdict::Verdict;
use crate::compile::plan::{
    Keep, Off, PlanBenefit, PlanSelector, PlanShipping, PlanShippingOff, WithShipping,
};
use crate::money::{Money, Rate, RoundMode, RoundingPer};

impl Pricing<'_> {
    /// Appends what a rule's benefit asks of a part to the offer; says why when it asks nothing.
    pub(super) fn ask(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        left: &mut Left,
    ) -> Result<(), Verdict> {
        match &asking.rule.benefit {
            PlanBenefit::PercentOff { target, rate, keep, with_shipping } => {
                self.ask_percent_off(scratch, asking, target, (*rate, *with_shipping), *keep, left)
            }
            PlanBenefit::ReferencePercent { target, rate, keep } => {
                self.ask_reference(scratch, asking, target, *rate, *keep, left)
            }
            PlanBenefit::AmountPerUnit { target, amount, keep } => {
                self.ask_amount_each(scratch, asking, target, *amount, *keep, left)
            }
            PlanBenefit::AmountOnce { target, amount, keep, with_shipping } => {
                self.ask_amount_once(scratch, asking, target, (*amount, *with_shipping), *keep, left)
            }
            PlanBenefit::UnitPrice { target, price, keep } => {
                self.ask_unit_price(scratch, asking, target, *price, *keep, left)
            }
            PlanBenefit::TotalPrice { target, price } => {
                let (from, sum) = self.gather(scratch, asking, target);
                let charges = scratch.offer.charges.len();
                self.ask_total(scratch, asking, (from, charges), sum, (sum - price).max(0));
                Ok(())
            }
            PlanBenefit::SpendTiers { target, qualifier, value, tiers } => {
                self.ask_spend_tiers(scratch, asking, target, (qualifier.as_ref(), *value), tiers)
            }
            PlanBenefit::QuantityTiers { target, qualifier, tiers } => {
                self.ask_quantity_tiers(scratch, asking, target, qualifier.as_ref(), tiers)
            }
            PlanBenefit::Every { target, qualifier, value, step, amount, times } => {
                let looks_at = (*step, qualifier.as_ref(), *value);
                self.ask_every(scratch, asking, target, looks_at, (*amount, *times))
            }
            PlanBenefit::BuyGet(offer) => self.ask_buy_get(scratch, asking, offer),
            PlanBenefit::NthUnit(offer) => self.ask_nth_unit(scratch, asking, offer),
            PlanBenefit::UnitLadder { target, steps, order, units_max } => {
                self.ask_unit_ladder(scratch, asking, target, steps, (*order, *units_max))
            }
            PlanBenefit::NFor { target, units, off, pick, times } => {
                let terms = NForTerms { size: *units, off: *off, pick: *pick, times: *times };
                self.ask_n_for(scratch, asking, target, terms)
            }
            PlanBenefit::Bundle(bundle) => self.ask_bundle(scratch, asking, bundle),
            PlanBenefit::Gift(gift) => self.ask_gift(scratch, asking, gift, left),
            PlanBenefit::Shipping(shipping) => {
                self.ask_shipping(scratch, asking, shipping);
                Ok(())
            }
            PlanBenefit::GroupPrice(group) => self.ask_group_price(scratch, asking, group, left),
            PlanBenefit::BargainPrice { target, floor } => {
                self.ask_bargain_price(scratch, asking, target, *floor, left)
            }
            PlanBenefit::Presale(presale) => self.ask_presale(scratch, asking, presale, left),
            PlanBenefit::UseBalance(balance) => self.ask_balance(scratch, asking, balance),
            PlanBenefit::PointsEarn(earn) => self.ask_points_earn(scratch, asking, earn, left),
            PlanBenefit::PointsRedeem(redeem) => self.ask_points_redeem(scratch, asking, redeem, left),
            PlanBenefit::Grant(grant) => self.ask_grant(scratch, asking, grant, left),
        }
    }

    fn ask_percent_off(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        target: &PlanSelector,
        (rate, with_shipping): (Rate, WithShipping),
        keep: Option<Keep>,
        left: &Left,
    ) -> Result<(), Verdict> {
        let (from, sum) = self.gather(scratch, asking, target);
        let anything = rate.ppm() > 0;
        let sum = self.keep(scratch, asking, (from, sum), keep, left, |_| anything)?;
        self.ask_percent(scratch, asking, from, sum, rate, with_shipping);
        Ok(())
    }

    fn ask_amount_each(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        target: &PlanSelector,
        amount: i64,
        keep: Option<Keep>,
        left: &Left,
    ) -> Result<(), Verdict> {
        let gathered = self.gather(scratch, asking, target);
        self.keep(scratch, asking, gathered, keep, left, |_| amount > 0)?;
        self.ask_each(scratch, asking, gathered.0, Off::Amount(amount));
        Ok(())
    }

    fn ask_amount_once(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        target: &PlanSelector,
        (amount, with_shipping): (i64, WithShipping),
        keep: Option<Keep>,
        left: &Left,
    ) -> Result<(), Verdict> {
        let (from, sum) = self.gather(scratch, asking, target);
        let sum = self.keep(scratch, asking, (from, sum), keep, left, |_| amount > 0)?;
        let (charges, fees) = self.gather_fees(scratch, asking, with_shipping);
        self.ask_total(scratch, asking, (from, charges), sum + fees, amount);
        Ok(())
    }

    fn ask_unit_price(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        target: &PlanSelector,
        price: i64,
        keep: Option<Keep>,
        left: &Left,
    ) -> Result<(), Verdict> {
        let gathered = self.gather(scratch, asking, target);
        let is_dearer = |take: &Take| down_to(take.worth, take.units, price) > 0;
        self.keep(scratch, asking, gathered, keep, left, is_dearer)?;
        self.ask_each(scratch, asking, gathered.0, Off::UnitPrice(price));
        Ok(())
    }

    /// A percentage of the takes from `from` on, worth `sum` together, and of fees.
    pub(super) fn ask_percent(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        from: usize,
        sum: i64,
        rate: Rate,
        with_shipping: WithShipping,
    ) {
        let rounding = asking.rule.rounding;
        let (charges, fees) = self.gather_fees(scratch, asking, with_shipping);
        if rounding.per == RoundingPer::Order {
            let total = rate.of(Money::from_minor(sum + fees), rounding.mode).minor();
            self.ask_total(scratch, asking, (from, charges), sum + fees, total);
            return;
        }
        let Scratch { state, offer, work, .. } = &mut *scratch;
        let mut unplaced = 0;
        let mut rest = &mut offer.takes[from..];
        while let (Some(first), RoundingPer::Line) = (rest.first(), rounding.per) {
            let product = state.product_of(first.run);
            let length = rest.iter().take_while(|take| state.product_of(take.run) == product).count();
            let (takes, behind) = rest.split_at_mut(length);
            let of = |worth| rate.of(Money::from_minor(worth), rounding.mode).minor();
            // What floors keep the split from placing is asked all the same.
            unplaced += if let [take] = &mut *takes {
                let total = of(take.worth);
                take.asked = total.min(state.room(take, take.worth));
                total - take.asked
            } else {
                let worth = takes.iter().map(|take| take.worth).sum();
                let total = of(worth);
                spread(state, work, total, worth, takes, &mut []);
                total - takes.iter().map(|take| take.asked).sum::<i64>()
            };
            rest = behind;
        }
        for take in rest {
            let total = percent_per_unit(take.worth, take.units, rate, rounding.mode);
            take.asked = total.min(state.room(take, take.worth));
            unplaced += total - take.asked;
        }
        for charge in &mut offer.charges[charges..] {
            charge.asked = rate.of(Money::from_minor(charge.worth), rounding.mode).minor();
        }
        self.cap_asked(scratch, asking, (from, charges), unplaced);
    }

    /// One amount over the takes and charges of the part, worth `sum` together.
    pub(super) fn ask_total(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        (takes, charges): (usize, usize),
        sum: i64,
        total: i64,
    ) {
        let Scratch { state, offer, work, .. } = scratch;
        let total = total.min(asking.cap);
        spread(state, work, total, sum, &mut offer.takes[takes..], &mut offer.charges[charges..]);
        if offer.takes.len() > takes || offer.charges.len() > charges {
            offer.asked = state.checked(offer.asked.checked_add(total));
        }
    }

    /// The same reduction of each unit of the takes from `from` on.
    pub(super) fn ask_each(self, scratch: &mut Scratch, asking: Asking<'_>, from: usize, off: Off) {
        let Scratch { state, offer, .. } = &mut *scratch;
        for take in &mut offer.takes[from..] {
            take.asked = match off {
                Off::Amount(amount) => state.checked(amount.checked_mul(i64::from(take.units))),
                Off::UnitPrice(price) | Off::Price(price) => down_to(take.worth, take.units, price),
                Off::Percent(rate) => {
                    rate.of(Money::from_minor(take.worth), asking.rule.rounding.mode).minor()
                }
            };
        }
        let charges = scratch.offer.charges.len();
        self.cap_asked(scratch, asking, (from, charges), 0);
    }

    /// Notes what separately asked takes and charges ask together, lowered to the rule's cap. What floors kept a split
    /// from placing is asked all the same.
    pub(super) fn cap_asked(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        (takes, charges): (usize, usize),
        unplaced: i64,
    ) {
        let Scratch { state, offer, work, .. } = scratch;
        let asked = offer.takes[takes..].iter().map(|take| take.asked);
        let fees = offer.charges[charges..].iter().map(|charge| charge.asked);
        let total = asked.chain(fees).try_fold(unplaced, i64::checked_add);
        let mut total = state.checked(total);
        if total > asking.cap {
            total = asking.cap;
            lower_asked(state, work, total, &mut offer.takes[takes..], &mut offer.charges[charges..]);
        }
        offer.asked = state.checked(offer.asked.checked_add(total));
    }

    fn ask_reference(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        target: &PlanSelector,
        rate: Rate,
        keep: Option<Keep>,
        left: &mut Left,
    ) -> Result<(), Verdict> {
        let (from, _) = self.gather(scratch, asking, target);
        let mode = asking.rule.rounding.mode;
        {
            let Scratch { state, offer, .. } = &mut *scratch;
            for take in &mut offer.takes[from..] {
                let reference = state.items[state.runs[take.run as usize].item as usize].reference;
                take.asked = match reference {
                    ..0 => 0,
                    reference => {
                        let price = reference - rate.of(Money::from_minor(reference), mode).minor();
                        down_to(take.worth, take.units, price)
                    }
                };
            }
            let mut write = from;
            for read in from..offer.takes.len() {
                if offer.takes[read].asked > 0 {
                    offer.takes[write] = offer.takes[read];
                    write += 1;
                }
            }
            offer.takes.truncate(write);
        }
        self.keep(scratch, asking, (from, 0), keep, left, |_| true)?;
        let Scratch { state, offer, .. } = &mut *scratch;
        for take in &mut offer.takes[from..] {
            let reference = state.items[state.runs[take.run as usize].item as usize].reference;
            let price = reference - rate.of(Money::from_minor(reference), mode).minor();
            take.asked = down_to(take.worth, take.units, price);
        }
        let charges = scratch.offer.charges.len();
        self.cap_asked(scratch, asking, (from, charges), 0);
        Ok(())
    }

    fn ask_shipping(self, scratch: &mut Scratch, asking: Asking<'_>, shipping: &PlanShipping) {
        let from = scratch.offer.charges.len();
        let sum = self.gather_charges(scratch, asking, |method, shop| {
            (shipping.methods.is_empty() || shipping.methods.binary_search(method).is_ok())
                && (shipping.shops.is_empty() || shipping.shops.binary_search(shop).is_ok())
        });
        let takes = scratch.offer.takes.len();
        match shipping.off {
            PlanShippingOff::Percent(rate) => {
                let total = rate.of(Money::from_minor(sum), asking.rule.rounding.mode).minor();
                self.ask_total(scratch, asking, (takes, from), sum, total);
            }
            PlanShippingOff::Amount(amount) => self.ask_total(scratch, asking, (takes, from), sum, amount),
            PlanShippingOff::AmountEach(amount) => {
                scratch.offer.charges[from..].iter_mut().for_each(|charge| charge.asked = amount);
                self.cap_asked(scratch, asking, (takes, from), 0);
            }
            PlanShippingOff::Price(price) => {
                let charges = &mut scratch.offer.charges[from..];
                charges.iter_mut().for_each(|charge| charge.asked = (charge.worth - price).max(0));
                self.cap_asked(scratch, asking, (takes, from), 0);
            }
        }
    }

    pub(super) fn gather_fees(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        with: WithShipping,
    ) -> (usize, i64) {
        let from = scratch.offer.charges.len();
        match with {
            WithShipping::No => (from, 0),
            WithShipping::Yes => (from, self.gather_charges(scratch, asking, |_, _| true)),
        }
    }

    /// Appends charges of the part to the offer; returns what they are worth.
    fn gather_charges(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        wanted: impl Fn(&crate::shop::ShippingMethod, &crate::shop::ShopId) -> bool,
    ) -> i64 {
        let Scratch { state, offer, .. } = scratch;
        let mut sum = 0;
        for (at, charge) in self.cart.charges().iter().enumerate() {
            if state.has_charge(asking.part, at) && wanted(&charge.method, &charge.shop) {
                let worth = state.charge_worth(at, asking.own);
                sum += worth;
                offer.charges.push(ChargeTake { charge: at as u32, worth, asked: 0, granted: 0 });
            }
        }
        sum
    }
}

/// What brings units worth `worth` together down to a price each; nothing when it is not dearer. A price beyond what fits is dearer.
pub(super) fn down_to(worth: i64, units: u32, price: i64) -> i64 {
    price.checked_mul(i64::from(units)).map_or(0, |price| (worth - price).max(0))
}

/// A percentage of each of `units` alike units, worth `worth` together, by itself. Spread evenly, its units are worth one of two neighbouring amounts.
pub(super) fn percent_per_unit(worth: i64, units: u32, rate: Rate, mode: RoundMode) -> i64 {
    let units = i64::from(units);
    let (low, dearer) = (worth / units, worth % units);
    let of = |unit: i64| rate.of(Money::from_minor(unit), mode).minor();
    of(low) * (units - dearer) + if dearer > 0 { of(low + 1) * dearer } else { 0 }
}

impl State {
    /// The product a run is of.
    pub(super) fn product_of(&self, run: u32) -> u32 {
        self.items[self.runs[run as usize].item as usize].product
    }

    /// How many products the cart has.
    pub(super) fn products(&self) -> usize {
        self.items.last().map_or(0, |item| item.product as usize + 1)
    }

    /// A count of points or pieces, or zero with the quote marked as refused when it did not fit (M-6).
    pub(super) fn checked_count(&mut self, count: u64) -> u64 {
        self.checked(i64::try_from(count).ok()).unsigned_abs()
    }

    /// An amount, or zero with the quote marked as refused when it did not fit (M-6).
    pub(super) fn checked(&mut self, amount: Option<i64>) -> i64 {
        match amount.filter(|amount| *amount <= crate::bounds::AMOUNT_MAX) {
            Some(amount) => amount,
            None => {
                self.overflowed.get_or_insert(self.rule);
                0
            }
        }
    }
}
