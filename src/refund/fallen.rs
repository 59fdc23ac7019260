//! What was paid since prices fell, and what of it stays with goods that are kept.
//!
//! A claim is paid for the goods kept at that time. What it paid goes with its units; and once the shopper gives something up, what
//! stays is at most what the goods kept cost less what they cost alone at the prices that fell: a drop that only held for more goods than are
//! kept is taken back, and may be claimed again for those.

use std::collections::BTreeMap;

use super::gone::Gone;
use super::shares::{Shared, part, pays_from_wallet};
use super::{Found, RefundError};
use crate::compile::Plan;
use crate::evaluate::Scratch;
use crate::money::{Money, Shares};
use crate::record::{Protected, Quote, Receipt, RefundOf, Way};
use crate::shop::{Cart, Line, LineId};

/// What is left of a claim's payment for a line.
struct Left<'r> {
    claim: &'r Protected,
    /// The line, by position.
    line: usize,
    amount: i64,
    /// Whether the shopper gave nothing up since.
    is_firm: bool,
}

/// What is left of every claim's payment, less the share of units that have gone since.
fn left<'r>(receipt: &'r Receipt, gone: &Gone) -> Vec<Left<'r>> {
    let mut all = Vec::new();
    if receipt.refunds.iter().all(|note| note.protected.is_empty()) {
        return all;
    }
    let lines = receipt.quote.lines.iter().enumerate();
    let places: BTreeMap<&LineId, usize> = lines.map(|(at, line)| (&line.line, at)).collect();
    let (now, mut then) = (gone.units_given_up(), 0_u64);
    for note in &receipt.refunds {
        let given_up = note.units.iter().filter(|units| units.way != Way::Undelivered);
        then = given_up.fold(then, |sum, units| sum.saturating_add(u64::from(units.units)));
        for claim in &note.protected {
            let Some((at, line)) = places.get(&claim.line).and_then(|at| Some((*at, gone.lines.get(*at)?)))
            else {
                continue;
            };
            let since = line.all().saturating_sub(claim.gone).min(claim.units);
            let amount = claim.amount.minor();
            let amount = amount.saturating_sub(part(amount, since, claim.units));
            all.push(Left { claim, line: at, amount, is_firm: then == now });
        }
    }
    all
}

/// What the goods that are not given up cost alone at the lowest list prices that claims named; `None` where no claim minds.
pub(super) fn price(
    plan: &Plan,
    scratch: &mut Scratch,
    receipt: &Receipt,
    gone: &Gone,
    shared: &Shared,
) -> Result<Option<i64>, RefundError> {
    if receipt.refunds.is_empty() || !shared.must_price_alone(gone) {
        return Ok(None);
    }
    let claims = left(receipt, gone);
    if claims.iter().all(|left| left.is_firm) {
        return Ok(None);
    }
    let mut lowest: BTreeMap<&LineId, Money> = BTreeMap::new();
    for Left { claim, .. } in &claims {
        let list = lowest.entry(&claim.line).or_insert(claim.list);
        *list = claim.list.min(*list);
    }
    let kept = receipt.checkout.cart.kept(gone.not_given_up());
    let lines = kept.lines().iter().map(|line| lowered(line, lowest.get(&line.id).copied()));
    let cart = Cart::new(kept.currency(), lines.collect(), kept.charges().to_vec());
    let cart = cart.map_err(RefundError::Cart)?;
    let (context, usage) = (&receipt.checkout.context, &receipt.checkout.usage);
    let quote = plan.price(scratch, &cart, context, usage).map_err(RefundError::Price)?;
    Ok(Some(worth(&quote)))
}

fn lowered(line: &Line, list: Option<Money>) -> Line {
    let mut line = line.clone();
    line.list_price = list.map_or(line.list_price, |list| line.list_price.min(list));
    line.floor_price = line.floor_price.map(|floor| floor.min(line.list_price));
    line
}

/// What goods and shipping cost, from money and wallet.
fn worth(quote: &Quote) -> i64 {
    let wallet = (0_u32..).zip(&quote.rules).filter(|(at, _)| pays_from_wallet(quote, *at));
    let wallet = wallet.fold(0_i64, |sum, (_, rule)| sum.saturating_add(rule.granted.minor()));
    wallet.saturating_add(quote.totals.goods.minor()).saturating_add(quote.totals.shipping.minor())
}

/// The sums of what is left: of claims since which the shopper gave nothing up, and of the others.
fn sums(left: &[Left<'_>]) -> (i64, i64) {
    let sum = |is_firm: bool| {
        let some = left.iter().filter(|left| left.is_firm == is_firm);
        some.fold(0_i64, |sum, left| sum.saturating_add(left.amount))
    };
    (sum(true), sum(false))
}

/// What stays paid of all claims.
pub(super) fn stays(receipt: &Receipt, found: &Found<'_>) -> i64 {
    let (firm, loose) = sums(&left(receipt, found.gone));
    let costs = found.costs;
    let room = found.fallen.map_or(loose, |alone| {
        let cost = costs.kept_cost.min(costs.paid).saturating_sub(costs.retained);
        cost.saturating_sub(firm).saturating_sub(alone).max(0)
    });
    firm.saturating_add(loose.min(room))
}

/// By line: what was paid for the units that are kept and not taken off since.
pub(super) fn before(receipt: &Receipt, gone: &Gone) -> Vec<i64> {
    let mut lines = vec![0_i64; receipt.quote.lines.len()];
    let left = left(receipt, gone);
    let (firm, loose) = sums(&left);
    let paid = receipt
        .refunds
        .iter()
        .fold(0_i64, |sum, note| sum.saturating_add(note.part(&RefundOf::PriceProtection).minor()));
    // Only of claims before something was given up can more than the units' share have been taken off.
    let mut of_firm = Shares::new(paid.min(firm).max(0), firm);
    let mut of_loose = Shares::new(paid.saturating_sub(firm).clamp(0, loose), loose);
    for left in left {
        let shares = if left.is_firm { &mut of_firm } else { &mut of_loose };
        if let Some(line) = lines.get_mut(left.line) {
            *line = line.saturating_add(shares.next(left.amount));
        }
    }
    lines
}
