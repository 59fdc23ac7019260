//! Shares of a worth, in parts per million, rounded towards the larger discount.

use crate::audit::levels::each_leaf;
use crate::bounds::PPM;
use crate::money::{Amount, Currency, Percent};
use crate::rules::{Condition, TierOff, Times, UnitOff};

/// The steepest step with a threshold up to `reach`, in parts per million, rounded up.
pub(super) fn steepest(steps: &[(i64, i64)], reach: i64) -> i128 {
    let reached = steps.iter().filter(|(at, _)| *at <= reach);
    let share =
        |(at, amount): &(i64, i64)| ceil_div(i128::from(*amount) * i128::from(PPM), i128::from(*at).max(1));
    reached.map(share).max().unwrap_or(0)
}

pub(super) fn counts_shipping(condition: &Condition) -> bool {
    let mut counts = false;
    each_leaf(condition, &mut |leaf| {
        if let Some(spend) = leaf.of_spend() {
            counts |= spend.with_shipping;
        }
    });
    counts
}

pub(super) fn least(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, None) | (None, one) => one,
    }
}

pub(super) fn times_max(times: Times) -> Option<u32> {
    match times {
        Times::Max(times) => Some(times),
        Times::Uncapped => None,
    }
}

pub(super) fn minor(amount: Amount, currency: Currency) -> i64 {
    amount.to_money(currency).map_or(0, crate::money::Money::minor)
}

pub(super) fn ppm(percent: Percent) -> i128 {
    percent.to_rate().map_or(i128::from(PPM), |rate| i128::from(rate.ppm()))
}

pub(super) fn tier_share(off: TierOff) -> i128 {
    match off {
        TierOff::Percent(percent) => ppm(percent),
        TierOff::Amount(_) | TierOff::UnitPrice(_) => i128::from(PPM),
    }
}

pub(super) fn unit_share(off: UnitOff) -> i128 {
    match off {
        UnitOff::Percent(percent) => ppm(percent),
        UnitOff::Amount(_) | UnitOff::Price(_) => i128::from(PPM),
    }
}

/// The share of a worth that lies above a price, where the worth is at most `dearest`.
pub(super) fn share_above(price: i64, dearest: i64) -> i128 {
    let (price, dearest) = (i128::from(price), i128::from(dearest.max(1)));
    ceil_div((dearest - price).max(0) * i128::from(PPM), dearest)
}

/// Rounded up; both are not negative.
pub(super) fn ceil_div(amount: i128, by: i128) -> i128 {
    (amount + by - 1).checked_div(by).unwrap_or(amount)
}
