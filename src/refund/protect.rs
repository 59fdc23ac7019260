//! 价保: the difference when the price of goods that are kept falls.

use super::cost::{Costs, fees_in_money};
use super::gone::{Gone, check_id};
use super::wallet::split;
use super::{Found, Protect, RefundError, Refunder, note};
use crate::compile::Plan;
use crate::money::{Money, Shares, share_up_to};
use crate::record::{
    Protected, Quote, QuoteLine, Receipt, RefundKind, RefundNote, RefundOf, RefundPart, RefundTrace,
};
use crate::rules::{PriceProtection, ProtectionBase};

impl Plan {
    /// What is paid since prices fell: for each line that is kept, what it cost less what it costs now, at most what the
    /// order cost less what it would cost now, and at most what was paid in money and not given back yet. Being paid once, it is
    /// part of what the goods cost: the same drop pays nothing again, and a later return takes it off.
    ///
    /// # Errors
    /// [`RefundError`]: nothing is paid. No drop is no error: the note pays nothing.
    pub fn protect(
        &self,
        refunder: &mut Refunder,
        receipt: &Receipt,
        claim: &Protect<'_>,
    ) -> Result<RefundNote, RefundError> {
        let pins = receipt.plan();
        if pins != self.fingerprint {
            return Err(RefundError::OtherPlan { receipt: pins, plan: self.fingerprint });
        }
        receipt.check().map_err(RefundError::Receipt)?;
        check_id(receipt, &claim.id)?;
        let promise = self.refunds.protection.ok_or(RefundError::NoPriceProtection)?;
        is_in_time(receipt, claim, promise)?;
        let Refunder { scratch, alone, gone, shared } = refunder;
        gone.history(receipt);
        is_of_kept(receipt, gone, claim.now)?;
        shared.find(self, receipt, gone);
        self.price_alone(scratch, receipt, gone, shared, alone)?;
        let costs = Costs::find(self, receipt, gone, shared, alone);
        let found = Found { gone, shared, alone, costs: &costs };

        let lines = Lines::of(receipt, &found, claim.now, promise.base);
        let most = lines.most(receipt, claim.now, promise.base);
        let drops = lines.drops(receipt, gone);
        let sum = drops.iter().fold(0_i64, |sum, drop| sum.saturating_add(drop.amount.minor()));
        let amount = sum.min(most).max(0);
        let mut shares = Shares::new(amount, sum);
        let lowered = drops.into_iter().map(|drop| {
            let amount = Money::from_minor(shares.next(drop.amount.minor()));
            Protected { amount, ..drop }
        });
        let protected = lowered.filter(|drop| drop.amount != Money::ZERO).collect();
        let money = Money::from_minor(amount);
        let part = RefundPart { of: RefundOf::PriceProtection, amount: money };
        Ok(RefundNote {
            id: claim.id.clone(),
            at: claim.at,
            kind: RefundKind::PriceProtection,
            currency: receipt.currency(),
            plan: pins,
            money,
            parts: if amount == 0 { Vec::new() } else { vec![part] },
            protected,
            trace: RefundTrace::default(),
            ..RefundNote::default()
        })
    }
}

fn is_in_time(receipt: &Receipt, claim: &Protect<'_>, promise: PriceProtection) -> Result<(), RefundError> {
    let from = receipt.delivered.unwrap_or(receipt.quote.priced_at);
    match from.after_minutes(promise.minutes) {
        Some(until) if claim.at.unix_ms() >= until.unix_ms() => Err(RefundError::ProtectionOver { until }),
        Some(_) | None => Ok(()),
    }
}

/// The quote of now is of what is kept, line by line.
fn is_of_kept(receipt: &Receipt, gone: &Gone, now: &Quote) -> Result<(), RefundError> {
    if now.currency != receipt.currency() {
        return Err(RefundError::OtherCurrency { given: now.currency, receipt: receipt.currency() });
    }
    for (line, gone) in receipt.quote.lines.iter().zip(&gone.lines) {
        let same = line_of_now(now, line);
        let units = same.map_or(0, |now| now.quantity);
        if units != gone.kept() {
            return Err(RefundError::OtherGoods { line: line.line.clone(), kept: gone.kept() });
        }
    }
    let kept = gone.lines.iter().filter(|line| line.kept() > 0).count();
    match now.lines.iter().find(|now| receipt.quote.lines.iter().all(|line| line.line != now.line)) {
        Some(other) => Err(RefundError::OtherGoods { line: other.line.clone(), kept: 0 }),
        None if kept == 0 => Err(RefundError::Nothing),
        None => Ok(()),
    }
}

/// Only the price may differ.
fn line_of_now<'q>(now: &'q Quote, line: &QuoteLine) -> Option<&'q QuoteLine> {
    now.lines.iter().find(|now| now.line == line.line && now.sku == line.sku && now.shop == line.shop)
}

const fn price_of(line: &QuoteLine, base: ProtectionBase) -> i64 {
    match base {
        ProtectionBase::Payable => line.payable.minor(),
        ProtectionBase::List => line.list.minor(),
    }
}

/// What each line that is kept cost in money and what it costs now, in minor units; nothing for a line that is not kept.
struct Lines(Vec<(i64, i64)>);

impl Lines {
    /// What was paid in money and has not come back, over the lines by what their units were worth; less what was paid for them
    /// when prices fell before.
    fn of(receipt: &Receipt, found: &Found<'_>, now: &Quote, base: ProtectionBase) -> Self {
        let weights = found.shared.lines.iter().map(|share| share.cash.saturating_sub(share.cash_back));
        let sum = weights.clone().fold(0_i64, i64::saturating_add);
        let all = found.shared.lines.iter().fold(0_i64, |sum, share| sum.saturating_add(share.cash));
        let fees_back = fees_in_money(receipt, found.shared);
        let goods_back = split(receipt, found).cash.saturating_sub(fees_back);
        let kept = all.saturating_sub(goods_back).max(0);
        let (mut cumulative, mut given) = (0_i64, 0_i64);
        let lines = receipt.quote.lines.iter().zip(&found.gone.lines).zip(weights);
        let lines = lines.map(|((line, gone), weight)| {
            cumulative = cumulative.saturating_add(weight);
            let upto = share_up_to(kept, cumulative, sum.max(1));
            let before = note::protected_before(receipt, line, gone.all());
            let cost = upto.saturating_sub(given).saturating_sub(before);
            given = upto;
            let price = line_of_now(now, line).map(|line| price_of(line, base));
            if gone.kept() == 0 { (0, 0) } else { (cost, price.unwrap_or(cost)) }
        });
        Self(lines.collect())
    }

    /// What the goods kept cost less what they would cost now, where thresholds count; and no more than what was paid in money
    /// and has not come back.
    fn most(&self, receipt: &Receipt, now: &Quote, base: ProtectionBase) -> i64 {
        let left = receipt.paid.minor().saturating_sub(receipt.refunded().minor());
        match base {
            ProtectionBase::List => left,
            ProtectionBase::Payable => {
                let cost = self.0.iter().fold(0_i64, |sum, (cost, _)| sum.saturating_add(*cost));
                let price =
                    now.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.payable.minor()));
                left.min(cost.saturating_sub(price))
            }
        }
    }

    fn drops(&self, receipt: &Receipt, gone: &Gone) -> Vec<Protected> {
        let lines = receipt.quote.lines.iter().zip(&gone.lines).zip(&self.0);
        let drops = lines.filter(|(_, (cost, price))| cost > price);
        let drops = drops.map(|((line, gone), (cost, price))| Protected {
            line: line.line.clone(),
            units: gone.kept(),
            gone: gone.all(),
            amount: Money::from_minor(cost.saturating_sub(*price)),
        });
        drops.collect()
    }
}
