//! Deposits, and balances of the wallet.

use super::Pricing;
use super::allocate::spread;
use super::limits::Left;
use super::offer::Asking;
use super::scratch::{Scratch, Work};
use super::verdict::Verdict;
use crate::bounds::AMOUNT_MAX;
use crate::compile::plan::{Off, PlanBenefit, PlanPresale, PlanUseBalance, Value};
use crate::money::Money;
use crate::record::{Claim, PaymentPart, Quote, QuoteDeposit, QuoteDraw, QuotePayment, Resource};
use crate::rules::Missed;
use crate::shop::{Balance, BalanceId, Moment};

/// What a wallet holds for a rule that takes payment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    /// Its worth, in minor units.
    pub most: i64,
    /// When the first of it ends, in milliseconds.
    pub until_ms: i64,
}

impl<'a> Pricing<'a> {
    /// What the wallet holds for a rule; none when the rule takes no payment, or there is nothing it could take.
    pub(super) fn held_for(self, number: u32) -> Option<Held> {
        self.context.customer.id.as_ref()?;
        let held = match &self.plan.rules[number as usize].benefit {
            PlanBenefit::PointsRedeem(redeem) => {
                let wallet = &self.context.wallet;
                let points = wallet.redeem_points.min(wallet.points);
                let steps = points.checked_div(u64::from(redeem.step)).unwrap_or(0);
                let most = i64::try_from(steps).unwrap_or(i64::MAX).saturating_mul(redeem.value_minor);
                Held { most, until_ms: i64::MAX }
            }
            PlanBenefit::UseBalance(balance) => {
                let end = |id| self.context.wallet.balances.get(id).and_then(|balance| balance.until);
                self.balances(balance).filter(|(_, held)| *held > 0).fold(
                    Held { most: 0, until_ms: i64::MAX },
                    |sum, (id, held)| Held {
                        most: sum.most.saturating_add(held),
                        until_ms: sum.until_ms.min(end(id).map_or(i64::MAX, Moment::unix_ms)),
                    },
                )
            }
            PlanBenefit::PercentOff { .. }
            | PlanBenefit::ReferencePercent { .. }
            | PlanBenefit::AmountPerUnit { .. }
            | PlanBenefit::AmountOnce { .. }
            | PlanBenefit::UnitPrice { .. }
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
            | PlanBenefit::GroupPrice(_)
            | PlanBenefit::BargainPrice { .. }
            | PlanBenefit::Presale(_)
            | PlanBenefit::PointsEarn(_)
            | PlanBenefit::Grant(_) => return None,
        };
        (held.most > 0).then_some(held)
    }

    /// What a deposit counts as beyond itself, off each unit that is worth at least that much.
    pub(super) fn ask_presale(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        presale: &PlanPresale,
        left: &mut Left,
    ) -> Result<(), Verdict> {
        let (from, sum) = self.gather(scratch, asking, &presale.target);
        let takes = &mut scratch.offer.takes;
        let mut kept = from;
        for at in from..takes.len() {
            let take = takes[at];
            if i128::from(take.worth) >= i128::from(presale.worth) * i128::from(take.units) {
                takes[kept] = take;
                kept += 1;
            }
        }
        takes.truncate(kept);
        if presale.worth == presale.deposit {
            // It takes no money off, so only how many there are counts.
            let units = takes[from..].iter().map(|take| u64::from(take.units)).sum();
            takes.truncate(from);
            return self.give_pieces(scratch, asking, units, left);
        }
        self.keep(scratch, asking, (from, sum), None, left, |_| true)?;
        // Validation saw to it that the worth is more than the deposit.
        self.ask_each(scratch, asking, from, Off::Amount(presale.worth - presale.deposit));
        Ok(())
    }

    /// As much as the balances of a class hold and the goods have room for, so that what is asked is granted.
    pub(super) fn ask_balance(
        self,
        scratch: &mut Scratch,
        asking: Asking<'_>,
        balance: &PlanUseBalance,
    ) -> Result<(), Verdict> {
        let held: i64 = self.balances(balance).fold(0, |sum, (_, held)| sum.saturating_add(held));
        if held == 0 {
            return Err(Verdict::NotAskedFor);
        }
        if self.context.customer.id.is_none() {
            return Err(Verdict::CustomerUnknown);
        }
        let used = |rule: u32| {
            let benefit = &self.plan.rules[rule as usize].benefit;
            matches!(benefit, PlanBenefit::UseBalance(other) if other.class == balance.class)
        };
        let used = scratch.applied.iter().filter(|applied| used(applied.rule));
        let used: i64 = used.map(|applied| applied.granted).sum();
        let asking = Asking { own: Value::Now, ..asking };
        let (from, sum) = self.gather(scratch, asking, &balance.target);
        let (charges, fees) = self.gather_fees(scratch, asking, balance.with_shipping);
        let share = balance.share.map(|rate| (rate, balance.value));
        let mut total = self.room_for_payment(scratch, asking, (from, charges), share).min(held - used);
        if let Some((spend, amount)) = balance.every {
            let worth = payable_worth(scratch, (from, charges), balance.value);
            let steps = worth.checked_div(spend).unwrap_or(0);
            total = total.min(steps.saturating_mul(amount));
        }
        if total <= 0 {
            scratch.offer.takes.truncate(from);
            scratch.offer.charges.truncate(charges);
            return Err(Verdict::NothingToTake);
        }
        let Scratch { state, offer, work, .. } = scratch;
        spread(state, work, total, sum + fees, &mut offer.takes[from..], &mut offer.charges[charges..]);
        offer.asked = total;
        Ok(())
    }

    /// The wallet's balances of a class that have not ended, by id, with what they hold; at most AMOUNT_MAX each.
    fn balances<'b>(
        self,
        of: &'b PlanUseBalance,
    ) -> impl Iterator<Item = (&'a BalanceId, i64)> + use<'a, 'b> {
        let (now, currency) = (self.context.now.unix_ms(), self.plan.currency);
        let usable = move |balance: &Balance| {
            balance.class == of.class && balance.until.is_none_or(|until| now < until.unix_ms())
        };
        let balances = self.context.wallet.balances.iter();
        balances
            .filter(move |(_, balance)| usable(balance))
            .map(move |(id, balance)| (id, balance.amount.to_money(currency).map_or(0, Money::minor).max(0)))
    }
}

/// What the takes and charges from some places on are worth at a base.
pub(super) fn payable_worth(scratch: &Scratch, (takes, charges): (usize, usize), value: Value) -> i64 {
    let Scratch { state, offer, .. } = scratch;
    let goods = offer.takes[takes..].iter().map(|take| state.worth(take.run, value));
    let fees = offer.charges[charges..].iter().map(|fee| state.charge_worth(fee.charge as usize, value));
    goods.chain(fees).sum()
}

/// Says which balances pay for each rule: what ends first comes first, then the smaller id.
pub(super) fn write_draws(pricing: Pricing<'_>, scratch: &mut Scratch, quote: &mut Quote) {
    if !pricing.plan.asks.quoted || pricing.context.wallet.balances.is_empty() {
        return;
    }
    let (work, currency) = (&mut scratch.work, pricing.plan.currency);
    let (now, balances) = (pricing.context.now.unix_ms(), &pricing.context.wallet.balances);
    work.parts.clear();
    let held = |balance: &Balance| balance.amount.to_money(currency).map_or(0, Money::minor).max(0);
    work.parts.extend(balances.values().map(held));
    work.order.clear();
    work.order.extend(0..work.parts.len() as u32);
    let end = |at: &u32| {
        let until = balances.values().nth(*at as usize).and_then(|balance| balance.until);
        until.map_or(i64::MAX, Moment::unix_ms)
    };
    // At most CEILINGS.facts balances.
    work.order.sort_unstable_by_key(|at| (end(at), *at));
    for (rule, applied) in (0_u32..).zip(&scratch.applied) {
        let PlanBenefit::UseBalance(of) = &pricing.plan.rules[applied.rule as usize].benefit else {
            continue;
        };
        let mut rest = applied.granted;
        for at in &work.order {
            let Some((id, balance)) = balances.iter().nth(*at as usize) else {
                continue;
            };
            if balance.class != of.class || end(at) <= now {
                continue;
            }
            let held = &mut work.parts[*at as usize];
            let drawn = rest.min(*held);
            (*held, rest) = (*held - drawn, rest - drawn);
            if drawn > 0 {
                let amount = Money::from_minor(drawn);
                quote.draws.push(QuoteDraw { rule, balance: id.clone(), amount });
            }
        }
    }
    write_balance_claims(pricing, work, quote);
}

/// One claim for each balance that is drawn on, by id.
fn write_balance_claims(pricing: Pricing<'_>, work: &mut Work, quote: &mut Quote) {
    let Quote { draws, claims, .. } = quote;
    work.order.clear();
    work.order.extend(0..draws.len() as u32);
    work.order.sort_unstable_by(|a, b| draws[*a as usize].balance.cmp(&draws[*b as usize].balance));
    let from = claims.len();
    for at in &work.order {
        let QuoteDraw { balance, amount, .. } = &draws[*at as usize];
        let amount = amount.minor().unsigned_abs();
        match claims[from..].last_mut().filter(|last| last.resource.balance() == balance) {
            Some(last) => last.amount += amount,
            None => {
                let customer = pricing.context.customer.id.clone().unwrap_or_default();
                let resource = Resource::balance_of(customer, balance.clone());
                claims.push(Claim { resource, amount });
            }
        }
    }
}

/// Splits the payable into what is paid now and what is paid later, where a deposit was asked.
pub(super) fn write_payments(pricing: Pricing<'_>, scratch: &mut Scratch, quote: &mut Quote) {
    if !pricing.plan.asks.quoted {
        return;
    }
    let Scratch { state, applied, .. } = scratch;
    let (mut deposits, mut lost) = (0_i64, 0_i64);
    let (mut pay_by, mut from, mut until) = (None, None, None);
    for (rule, applied) in (0_u32..).zip(&*applied) {
        let PlanBenefit::Presale(presale) = &pricing.plan.rules[applied.rule as usize].benefit else {
            continue;
        };
        let missed = presale.missed;
        let units = i64::try_from(applied.units).ok();
        let deposit = state.checked(units.and_then(|units| presale.deposit.checked_mul(units)));
        let amount = Money::from_minor(deposit);
        quote.deposits.push(QuoteDeposit { rule, units: applied.units, amount, missed });
        deposits = state.checked(deposits.checked_add(deposit));
        lost += match missed {
            // At most the sum, which fits or has the whole quote refused.
            Missed::Forfeit => deposit.min(AMOUNT_MAX - lost),
            Missed::Refund => 0,
        };
        let minutes = presale.deposit_minutes;
        pay_by = earlier(pay_by, minutes.and_then(|minutes| pricing.context.now.after_minutes(minutes)));
        from = later(from, presale.from);
        until = earlier(until, presale.until);
    }
    if quote.deposits.is_empty() {
        return;
    }
    let payable = quote.totals.payable.minor();
    // Later rules may have left less to pay than the deposits come to.
    let now = deposits.min(payable);
    let (deposit, balance) = (Money::from_minor(now), Money::from_minor(payable - now));
    let (part, lost) = (PaymentPart::Deposit, Money::from_minor(lost.min(now)));
    quote.payments.push(QuotePayment { part, amount: deposit, from: None, until: pay_by, lost });
    let (part, lost) = (PaymentPart::Balance, Money::ZERO);
    quote.payments.push(QuotePayment { part, amount: balance, from, until, lost });
}

fn later(one: Option<Moment>, other: Option<Moment>) -> Option<Moment> {
    one.into_iter().chain(other).max_by_key(|moment| moment.unix_ms())
}

fn earlier(one: Option<Moment>, other: Option<Moment>) -> Option<Moment> {
    one.into_iter().chain(other).min_by_key(|moment| moment.unix_ms())
}
