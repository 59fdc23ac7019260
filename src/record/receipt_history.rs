//! Whether a receipt's history can be one of the receipt.

use std::collections::{BTreeMap, BTreeSet};

use super::{Claim, GiftStatus, Quote, Receipt, ReceiptError, RefundId, RefundNote, Resource};
use crate::bounds::REFUNDS_MAX;
use crate::rules::RuleId;
use crate::shop::{LineId, Sku};

/// What was posted is a part of what the quote claims, each resource once.
pub(super) fn check_posted(receipt: &Receipt) -> Result<(), ReceiptError> {
    // Nearly always it is all of it.
    if receipt.posted == receipt.quote.claims {
        return Ok(());
    }
    let claims = receipt.quote.claims.iter();
    let mut left: BTreeMap<&Resource, u64> = claims.map(|claim| (&claim.resource, claim.amount)).collect();
    for (index, Claim { resource, amount }) in receipt.posted.iter().enumerate() {
        let most = left.remove(resource).unwrap_or(0);
        if *amount > most {
            return Err(ReceiptError::PostedOutOfRange { index, given: *amount, most });
        }
    }
    Ok(())
}

/// Every refund is one of the receipt, and together they took back no more than was given.
pub(super) fn check(receipt: &Receipt) -> Result<(), ReceiptError> {
    if receipt.refunds.is_empty() {
        return Ok(());
    }
    if receipt.refunds.len() > REFUNDS_MAX {
        return Err(ReceiptError::TooManyRefunds { limit: REFUNDS_MAX });
    }
    let mut history = History::of(&receipt.quote);
    for (index, note) in receipt.refunds.iter().enumerate() {
        if note.currency != receipt.currency() || note.plan != receipt.plan() {
            return Err(ReceiptError::OtherNote { index });
        }
        history.add(index, note)?;
    }
    history.end(&receipt.quote)
}

/// What has gone so far, beside what there was.
struct History<'r> {
    ids: BTreeSet<&'r RefundId>,
    lines: BTreeMap<&'r LineId, u32>,
    /// Pieces given, and pieces that came back.
    pieces: BTreeMap<(&'r RuleId, &'r Sku), (u64, u64)>,
    granted: BTreeMap<&'r RuleId, u64>,
    /// Of all amounts, without their signs: no sum of any of them is larger.
    amounts: i128,
}

impl<'r> History<'r> {
    fn of(quote: &'r Quote) -> Self {
        let mut pieces: BTreeMap<(&RuleId, &Sku), (u64, u64)> = BTreeMap::new();
        for gift in quote.gifts.iter().filter(|gift| gift.status != GiftStatus::Offered) {
            let (given, _) = pieces.entry((&gift.rule, &gift.sku)).or_default();
            *given = given.saturating_add(gift.quantity.into());
        }
        let grants = quote.grants.iter();
        let granted =
            grants.filter_map(|grant| Some((&quote.rules.get(grant.rule as usize)?.rule, grant.quantity)));
        Self {
            ids: BTreeSet::new(),
            lines: quote.lines.iter().map(|line| (&line.line, 0)).collect(),
            pieces,
            granted: granted.collect(),
            amounts: 0,
        }
    }

    fn add(&mut self, index: usize, note: &'r RefundNote) -> Result<(), ReceiptError> {
        if !self.ids.insert(&note.id) {
            return Err(ReceiptError::RepeatedNote { index, id: note.id.clone() });
        }
        self.amounts = self.amounts.saturating_add(amounts(note));
        if self.amounts > i128::from(i64::MAX) {
            return Err(ReceiptError::AmountsTooLarge { index });
        }
        note.check(index)?;
        for units in &note.units {
            let unknown = || ReceiptError::UnknownLine { index, line: units.line.clone() };
            let gone = self.lines.get_mut(&units.line).ok_or_else(unknown)?;
            *gone = gone.saturating_add(units.units);
        }
        if let Some(other) = note.protected.iter().find(|one| !self.lines.contains_key(&one.line)) {
            return Err(ReceiptError::UnknownLine { index, line: other.line.clone() });
        }
        for gone in &note.pieces {
            let (given, back) = self.pieces.entry((&gone.rule, &gone.sku)).or_default();
            *back = back.saturating_add(gone.pieces.into());
            if back > given {
                let (sku, back, given) = (gone.sku.clone(), *back, *given);
                return Err(ReceiptError::TooManyPieces { index, sku, back, given });
            }
        }
        for spent in &note.spent {
            let most = self.granted.get(&spent.rule).copied().unwrap_or(0);
            if spent.pieces > most {
                let (rule, given) = (spent.rule.clone(), spent.pieces);
                return Err(ReceiptError::TooManySpent { index, rule, given, most });
            }
        }
        Ok(())
    }

    fn end(self, quote: &Quote) -> Result<(), ReceiptError> {
        for line in &quote.lines {
            let gone = self.lines.get(&line.line).copied().unwrap_or(0);
            if gone > line.quantity {
                let (line, bought) = (line.line.clone(), line.quantity);
                return Err(ReceiptError::TooManyUnits { line, gone, bought });
            }
        }
        Ok(())
    }
}

/// All amounts of a refund without their signs, of whatever they are: a few million of at most 64 bits each, so 128 suffice.
fn amounts(note: &RefundNote) -> i128 {
    let points = &note.points;
    let money = note.parts.iter().map(|part| part.amount);
    let money = money.chain(note.bearers.iter().map(|back| back.amount));
    let money = money.chain(note.balances.iter().map(|back| back.amount));
    let money = money.chain(note.protected.iter().map(|one| one.amount)).chain([note.freight]);
    let counts = note.rewards.iter().flat_map(|one| [one.due, one.charged]);
    let counts = counts.chain(points.lots.iter().map(|lot| lot.points));
    let counts = counts.chain([points.given_back, points.taken_back, points.charged, points.lacking]);
    let signed = money.map(|money| money.minor()).chain(counts).map(i64::unsigned_abs);
    let all = signed.chain(note.claims.iter().map(|claim| claim.amount));
    all.fold(0, |sum, amount| sum.saturating_add(i128::from(amount)))
}
