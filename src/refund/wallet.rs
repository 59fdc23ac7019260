//! What comes back as money, as points and as balances: what was paid in each.

use super::Found;
use super::cost::fees_in_money;
use super::shares::Kind;
use crate::money::Shares;
use crate::record::{BalanceBack, PointsDirection, PointsLot, Receipt};
use crate::shop::BalanceId;

/// What is paid back, by what it was paid with.
#[derive(Debug, Default)]
pub(super) struct Paid {
    /// In money.
    pub cash: i64,
    /// From the wallet: the money that its points and balances stood for.
    pub wallet: i64,
    pub points: i64,
    pub balances: Vec<(BalanceId, i64)>,
}

/// Splits what is paid back. Up to what the goods that have gone were paid with, each kind of payment gives its share of that; what
/// goes beyond (goods kept that are cheaper alone) comes out of what the goods kept were paid with.
pub(super) fn split(receipt: &Receipt, found: &Found<'_>) -> Paid {
    let Found { shared, costs, .. } = found;
    if !shared.kinds.contains(&Kind::Wallet) {
        return Paid { cash: costs.back, ..Paid::default() };
    }
    let quote = &receipt.quote;
    let of_wallet = || {
        let kinds = shared.kinds.iter().zip(&quote.rules).zip(&shared.back);
        let wallet = kinds.filter(|((kind, _), _)| **kind == Kind::Wallet);
        wallet.map(|((_, rule), back)| (rule.granted.minor(), *back))
    };
    let cash_gone = shared
        .lines
        .iter()
        .fold(fees_in_money(receipt, shared), |sum, line| sum.saturating_add(line.cash_back));
    let gone = of_wallet().fold(cash_gone, |sum, (_, back)| sum.saturating_add(back));
    let within = costs.back.min(gone);
    let beyond = costs.back.saturating_sub(within);
    let mut inner = Shares::new(within, gone);
    let mut outer = Shares::new(beyond, costs.paid.saturating_sub(gone).max(beyond));
    let mut paid = Paid { cash: costs.back, ..Paid::default() };
    let mut rules = (0_u32..).zip(&shared.kinds).filter(|(_, kind)| **kind == Kind::Wallet);
    for (granted, back) in of_wallet() {
        let value = inner.next(back).saturating_add(outer.next(granted.saturating_sub(back)));
        paid.wallet = paid.wallet.saturating_add(value);
        paid.cash = paid.cash.saturating_sub(value);
        let Some((rule, _)) = rules.next() else { continue };
        for moved in &quote.points {
            if moved.rule == rule && moved.direction == PointsDirection::Redeemed {
                let points = whole_points(moved.points, value, granted);
                paid.points = paid.points.saturating_add(points);
            }
        }
        let mut draws = Shares::new(value, granted);
        for draw in quote.draws.iter().filter(|draw| draw.rule == rule) {
            let amount = draws.next(draw.amount.minor());
            match paid.balances.iter_mut().find(|(balance, _)| *balance == draw.balance) {
                Some((_, sum)) => *sum = sum.saturating_add(amount),
                None => paid.balances.push((draw.balance.clone(), amount)),
            }
        }
    }
    paid
}

/// The points that a part of their value stands for, rounded down; all of them for all of it.
fn whole_points(points: u64, value: i64, of: i64) -> i64 {
    let whole = i128::from(points).saturating_mul(i128::from(value)).checked_div(i128::from(of));
    i64::try_from(whole.unwrap_or(0)).unwrap_or(i64::MAX)
}

/// The lots that so many points come back to in all, when `before` had come back already. What was used last comes back first,
/// and every lot keeps its end.
pub(super) fn lots(receipt: &Receipt, before: i64, now: i64) -> Vec<PointsLot> {
    let mut changes = Vec::new();
    let (mut before_left, mut now_left) = (before.max(0), now.max(0));
    for lot in receipt.points_lots.iter().rev() {
        let (had, has) = (before_left.min(lot.points), now_left.min(lot.points));
        before_left = before_left.saturating_sub(had);
        now_left = now_left.saturating_sub(has);
        if had != has {
            changes.push(PointsLot { points: has.saturating_sub(had), until: lot.until });
        }
    }
    changes
}

/// What a balance gets back, with its end.
pub(super) fn balance_back(receipt: &Receipt, balance: &BalanceId, amount: i64) -> BalanceBack {
    let held = receipt.checkout.context.wallet.balances.get(balance);
    let until = held.and_then(|held| held.until);
    BalanceBack { balance: balance.clone(), amount: crate::money::Money::from_minor(amount), until }
}
