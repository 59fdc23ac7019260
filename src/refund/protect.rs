//! 价保: the difference when the price of goods that are kept falls.

use std::collections::BTreeMap;

use super::cost::Costs;
use super::gone::{Gone, check_id};
use super::shares::{Fee, pays_from_wallet};
use super::{Found, Protect, RefundError, Refunder, fallen};
use crate::compile::Plan;
use crate::money::{Money, Shares};
use crate::record::{
    On, Protected, Quote, QuoteCharge, QuoteLine, Receipt, RefundBasis, RefundKind, RefundNote, RefundOf,
    RefundPart, RefundTrace,
};
use crate::rules::{PriceProtection, ProtectionBase};
use crate::shop::LineId;

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
        let now = lines_now(receipt, gone, claim.now)?;
        shared.find(self, receipt, gone);
        self.price_alone(scratch, receipt, gone, shared, alone)?;
        let costs = Costs::find(self, receipt, gone, shared, alone);
        let found = Found { gone, shared, alone, costs: &costs, fallen: None };

        let lines = Lines::of(receipt, &found, (claim.now, &now), promise.base);
        let most = lines.most(receipt);
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

/// The lines of now, by the receipt's lines: the same product and shop in as many units as are kept; only the price may differ.
fn lines_now<'q>(
    receipt: &Receipt,
    gone: &Gone,
    now: &'q Quote,
) -> Result<Vec<Option<(u32, &'q QuoteLine)>>, RefundError> {
    if now.currency != receipt.currency() {
        return Err(RefundError::OtherCurrency { given: now.currency, receipt: receipt.currency() });
    }
    let mut others: BTreeMap<&LineId, (u32, &QuoteLine)> =
        (0..).zip(&now.lines).map(|(at, line)| (&line.line, (at, line))).collect();
    let mut lines = Vec::with_capacity(receipt.quote.lines.len());
    for (line, gone) in receipt.quote.lines.iter().zip(&gone.lines) {
        let same = others.remove(&line.line).filter(|(_, now)| now.sku == line.sku && now.shop == line.shop);
        if same.map_or(0, |(_, now)| now.quantity) != gone.kept() {
            return Err(RefundError::OtherGoods { line: line.line.clone(), kept: gone.kept() });
        }
        lines.push(same);
    }
    match others.pop_first() {
        Some((line, _)) => Err(RefundError::OtherGoods { line: line.clone(), kept: 0 }),
        None if gone.nothing_kept() => Err(RefundError::Nothing),
        None => Ok(lines),
    }
}

/// By line of a quote and by charge: what the wallet pays of it, in minor units.
fn from_wallet(quote: &Quote) -> BTreeMap<On, i64> {
    let mut paid: BTreeMap<On, i64> = BTreeMap::new();
    for adjustment in quote.adjustments.iter().filter(|one| pays_from_wallet(quote, one.rule)) {
        let sum = paid.entry(adjustment.on).or_default();
        *sum = sum.saturating_add(adjustment.granted.minor());
    }
    paid
}

/// What is paid for shipping what is kept, from money and wallet. Where goods went back it is what the rest costs alone, if that decided.
fn fees_kept(receipt: &Receipt, found: &Found<'_>) -> i64 {
    let fees = || receipt.quote.charges.iter().zip(&found.shared.fees);
    let quote = match found.costs.basis {
        RefundBasis::Alone => found.alone,
        RefundBasis::Share | RefundBasis::NothingGone | RefundBasis::NothingKept => &receipt.quote,
    };
    let wallet = from_wallet(quote);
    let charges = (0_u32..).zip(&quote.charges).filter(|(_, charge)| {
        let of = |of: &QuoteCharge| of.shop == charge.shop && of.method == charge.method;
        fees().any(|(charge, fee)| of(charge) && *fee == Fee::Kept)
    });
    charges.fold(found.costs.retained, |sum, (at, charge)| {
        let wallet = wallet.get(&On::Charge(at)).copied().unwrap_or(0);
        sum.saturating_add(charge.payable.minor()).saturating_add(wallet)
    })
}

/// A line that is kept.
struct Kept {
    /// What it cost, from money and wallet, in minor units.
    cost: i64,
    /// What the promise compares that with: what it costs now, or its list price of now.
    price: i64,
    /// What it costs now, where thresholds count.
    payable: i64,
    /// What a unit is listed at now.
    list: Money,
}

/// By line of the receipt; nothing for a line that is not kept.
struct Lines(Vec<Option<Kept>>);

impl Lines {
    /// What was paid for goods and has not come back, over the lines by what their units were worth; less what was paid for
    /// them when prices fell before. What points and balances pay is no drop of a price, neither then nor now.
    fn of(
        receipt: &Receipt,
        found: &Found<'_>,
        now: (&Quote, &[Option<(u32, &QuoteLine)>]),
        base: ProtectionBase,
    ) -> Self {
        let weights = found.shared.lines.iter().map(|share| share.paid.saturating_sub(share.back));
        let sum = weights.clone().fold(0_i64, i64::saturating_add);
        let costs = found.costs;
        let goods = costs.paid.saturating_sub(costs.back).saturating_sub(fees_kept(receipt, found));
        let mut shares = Shares::new(goods.max(0), sum);
        let before = fallen::before(receipt, found.gone);
        let (now, lines) = now;
        let wallet = from_wallet(now);
        let lines = lines.iter().zip(before).zip(weights).map(|((now, before), weight)| {
            let cost = shares.next(weight).saturating_sub(before);
            let (at, now) = (*now)?;
            let payable = now.payable.minor().saturating_add(wallet.get(&On::Line(at)).copied().unwrap_or(0));
            let price = match base {
                ProtectionBase::Payable => payable,
                ProtectionBase::List => now.list.minor(),
            };
            let list = now.list.minor().checked_div(i64::from(now.quantity)).unwrap_or(0);
            Some(Kept { cost, price, payable, list: Money::from_minor(list) })
        });
        Self(lines.collect())
    }

    /// What the goods kept cost less what they would cost now, where thresholds count; and no more than what was paid in money
    /// and has not come back. It holds for list prices too: a line that fell may have lost the others a discount.
    fn most(&self, receipt: &Receipt) -> i64 {
        let left = receipt.paid.minor().saturating_sub(receipt.refunded().minor());
        let kept = self.0.iter().flatten();
        left.min(kept.fold(0, |sum, kept| sum.saturating_add(kept.cost).saturating_sub(kept.payable)))
    }

    fn drops(&self, receipt: &Receipt, gone: &Gone) -> Vec<Protected> {
        let lines = receipt.quote.lines.iter().zip(&gone.lines).zip(&self.0);
        let drops = lines.filter_map(|((line, gone), kept)| {
            let kept = kept.as_ref().filter(|kept| kept.cost > kept.price)?;
            let amount = Money::from_minor(kept.cost.saturating_sub(kept.price));
            let (units, gone) = (gone.kept(), gone.all());
            Some(Protected { line: line.line.clone(), units, gone, list: kept.list, amount })
        });
        drops.collect()
    }
}
