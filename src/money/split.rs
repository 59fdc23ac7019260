//! Exact splitting by cumulative rounding (design M-4). Every allocation of the crate goes through this file.

use std::num::NonZero;

use super::{Money, RoundMode};
use crate::bounds::AMOUNT_MAX;

/// Splits `total` over `weights`, no part above its weight; the parts add up to exactly `total`.
///
/// - Units: minor units of one currency in and out; a weight is what the part can give at most.
/// - Shape: one part per weight, in the same order.
/// - Rounding: every prefix of the parts is the exact prefix rounded half up, so a prefix is off by at most half a
///   unit, and splitting one weight in two moves nothing between the others.
/// - Source: cumulative rounding, design M-4. Cost: O(n).
///
/// ```
/// use dealproof::money::{Money, split};
///
/// let weights = [1000, 1000, 1000].map(Money::from_minor);
/// let parts = split(Money::from_minor(1000), &weights)?;
/// assert_eq!(parts, [333, 334, 333].map(Money::from_minor));
/// # Ok::<(), dealproof::money::SplitError>(())
/// ```
///
/// # Errors
/// [`SplitError::Negative`], [`SplitError::TooLarge`], and [`SplitError::MoreThanThere`] when the weights together
/// are less than `total`.
pub fn split(total: Money, weights: &[Money]) -> Result<Vec<Money>, SplitError> {
    let mut sum = 0_i64;
    for (index, weight) in weights.iter().enumerate() {
        if weight.minor() < 0 {
            return Err(SplitError::Negative { index: Some(index) });
        }
        sum = sum.checked_add(weight.minor()).filter(|sum| *sum <= AMOUNT_MAX).ok_or(SplitError::TooLarge)?;
    }
    if total.minor() < 0 {
        return Err(SplitError::Negative { index: None });
    }
    if total.minor() > sum {
        return Err(SplitError::MoreThanThere { given: total, limit: Money::from_minor(sum) });
    }
    let mut shares = Shares::new(total.minor(), sum);
    Ok(weights.iter().map(|weight| Money::from_minor(shares.next(weight.minor()))).collect())
}

/// Why an amount cannot be split.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// An amount below zero.
    #[error("negative amount in a split")]
    Negative {
        /// The weight at fault; `None` when it is the total.
        index: Option<usize>,
    },
    /// The weights add up to more than [`AMOUNT_MAX`].
    #[error("weights add up to more than {AMOUNT_MAX} minor units")]
    TooLarge,
    /// The total is more than all weights together.
    #[error("cannot split {} minor units over {} minor units", given.minor(), limit.minor())]
    MoreThanThere {
        /// The total.
        given: Money,
        /// What the weights add up to.
        limit: Money,
    },
}

/// Splits `total` over `weights` where part `i` may be at most `capacities[i]`, and returns what nobody could take.
///
/// Parts that would pass their capacity are filled, and the rest is split again over the others by their weights,
/// until everything fits (M-4). The caller guarantees what [`Shares`] asks for, `0 <= capacity <= weight`
/// everywhere, and hands in two buffers. Cost: O(n) in the usual case; at most n rounds, each fills a part.
pub(crate) fn split_within_into(
    total: i64,
    weights: &[i64],
    capacities: &[i64],
    parts: &mut Vec<i64>,
    open: &mut Vec<u32>,
) -> i64 {
    let of = |values: &[i64], index: u32| values.get(index as usize).copied().unwrap_or(0);
    parts.clear();
    parts.resize(weights.len(), 0);
    open.clear();
    open.extend((0_u32..).zip(capacities).filter(|(_, capacity)| **capacity > 0).map(|(index, _)| index));
    let mut rest = total;
    while rest > 0 && !open.is_empty() {
        // Sums of at most AMOUNT_MAX: the caller's weights add up to no more, and capacities are below weights.
        let sum = open.iter().fold(0_i64, |sum, index| sum.wrapping_add(of(weights, *index)));
        let room = open.iter().fold(0_i64, |sum, index| sum.wrapping_add(of(capacities, *index)));
        let amount = rest.min(room);
        let (mut cumulative, mut given, mut filled) = (0_i64, 0_i64, 0_i64);
        open.retain(|index| {
            cumulative = cumulative.wrapping_add(of(weights, *index));
            let upto = share_up_to(amount, cumulative, sum);
            let (share, capacity) = (upto.wrapping_sub(given), of(capacities, *index));
            given = upto;
            let full = share >= capacity || amount == room;
            if let Some(part) = parts.get_mut(*index as usize) {
                *part = if full { capacity } else { share };
            }
            if full {
                filled = filled.wrapping_add(capacity);
            }
            !full
        });
        // Nobody was offered more than it can take: what is placed now stays.
        let placed = open.iter().fold(filled, |sum, index| sum.wrapping_add(of(parts, *index)));
        if placed == amount {
            return rest.wrapping_sub(amount);
        }
        rest = rest.wrapping_sub(filled);
    }
    rest
}

/// Hands out the parts of a split one after the other; see [`split`] for the rule.
///
/// The caller guarantees `0 <= total <= sum`, non-negative weights and `sum` = their sum `<= AMOUNT_MAX`. Then no part
/// is above its weight: two roundings of numbers that lie `x <= weight` apart differ by at most `weight`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shares {
    total: i64,
    sum: i64,
    cumulative: i64,
    given: i64,
    width: Width,
}

/// Whether `2 * total * sum + sum` fits in 64 bits, as it does for all but enormous amounts.
#[derive(Clone, Copy, Debug)]
enum Width {
    /// One 64-bit division a part, by twice the sum; nothing of nothing is divided by one.
    Narrow(NonZero<u64>),
    /// As [`RoundMode::mul_div`].
    Wide,
}

impl Shares {
    /// The start of a split of `total` over weights that add up to `sum`.
    pub fn new(total: i64, sum: i64) -> Self {
        let widest = total.checked_mul(sum).and_then(|product| product.checked_mul(2)?.checked_add(sum));
        let twice = NonZero::new(sum.unsigned_abs().wrapping_mul(2)).unwrap_or(NonZero::<u64>::MIN);
        let width = if widest.is_some() { Width::Narrow(twice) } else { Width::Wide };
        Self { total, sum, cumulative: 0, given: 0, width }
    }

    /// The part of the next weight.
    #[inline]
    pub fn next(&mut self, weight: i64) -> i64 {
        // At most `sum`.
        self.cumulative = self.cumulative.wrapping_add(weight);
        let upto = match self.width {
            // Half up is the floor of (2 * total * cumulative + sum) / (2 * sum); `new` saw that all of it fits.
            Width::Narrow(twice) => {
                let doubled = self.total.wrapping_mul(self.cumulative).wrapping_mul(2).wrapping_add(self.sum);
                (doubled.cast_unsigned() / twice).cast_signed()
            }
            Width::Wide => share_up_to(self.total, self.cumulative, self.sum),
        };
        let part = upto.wrapping_sub(self.given);
        self.given = upto;
        part
    }
}

/// What the first `cumulative` of `sum` get of `total`: the exact prefix, rounded half up.
///
/// It is also the closed form for units inside a run: the first `k` of `n` alike units worth `total` together are
/// worth `share_up_to(total, k, n)`.
#[inline]
pub(crate) fn share_up_to(total: i64, cumulative: i64, sum: i64) -> i64 {
    RoundMode::HalfUp.mul_div(total, cumulative, sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minor(parts: &[i64]) -> Vec<Money> {
        parts.iter().copied().map(Money::from_minor).collect()
    }

    #[test]
    fn cascade_of_three_lines_adds_up() {
        // 100+200 (shop 1) +300 (shop 2); shop 50, platform 100, voucher 150, one after the other.
        let mut lines = minor(&[10_000, 20_000, 30_000]);
        let shop_1 = split(Money::from_minor(5_000), &lines[..2]).unwrap();
        for (line, part) in lines.iter_mut().zip(&shop_1) {
            *line = line.checked_sub(*part).unwrap();
        }
        for off in [10_000, 15_000] {
            let parts = split(Money::from_minor(off), &lines).unwrap();
            for (line, part) in lines.iter_mut().zip(&parts) {
                *line = line.checked_sub(*part).unwrap();
            }
        }
        // Shop: 5000 over 10000/20000: 1666.67 -> 1667, rest 3333. Platform: 10000 over 8333/16667/30000 (55000):
        // prefixes 1515.09 -> 1515, 4545.45 -> 4545. Voucher: 15000 over 6818/13637/24545 (45000): prefixes
        // 2272.67 -> 2273, 6818.33 -> 6818. The source's largest remainder gives 4545, 9091, 16364: the same sum, each
        // line within one unit (M-4).
        assert_eq!(lines, minor(&[6_818 - 2_273, 13_637 - 4_545, 24_545 - 8_182]));
        assert_eq!(lines.iter().map(|line| line.minor()).sum::<i64>(), 30_000);
    }

    fn within(total: i64, weights: &[i64], capacities: &[i64]) -> (Vec<i64>, i64) {
        let (mut parts, mut open) = (Vec::new(), Vec::new());
        let unused = split_within_into(total, weights, capacities, &mut parts, &mut open);
        (parts, unused)
    }

    #[test]
    fn what_a_full_part_cannot_take_moves_to_the_others() {
        // 20 % of 50 + 20 is 14; the first may give 5, so the other gives 9 (conformance sylius-006).
        assert_eq!(within(1_400, &[5_000, 2_000], &[500, 2_000]), (vec![500, 900], 0));
        // 12 over 10/20/50/30 with floors 0/19/50/29: 10, 1, 0, 1 (conformance sylius-008).
        assert_eq!(
            within(1_200, &[1_000, 2_000, 5_000, 3_000], &[1_000, 100, 0, 100]),
            (vec![1_000, 100, 0, 100], 0)
        );
        // Nobody can take more than 3 + 4.
        assert_eq!(within(10, &[5, 5], &[3, 4]), (vec![3, 4], 3));
        assert_eq!(within(10, &[], &[]), (vec![], 10));
    }

    #[test]
    fn what_is_not_there_cannot_be_split() {
        assert!(matches!(
            split(Money::from_minor(3), &minor(&[1, 1])),
            Err(SplitError::MoreThanThere { .. })
        ));
        assert!(matches!(
            split(Money::from_minor(-1), &minor(&[1])),
            Err(SplitError::Negative { index: None })
        ));
        assert!(matches!(split(Money::ZERO, &minor(&[1, -1])), Err(SplitError::Negative { index: Some(1) })));
        assert!(matches!(split(Money::ZERO, &minor(&[AMOUNT_MAX, 1])), Err(SplitError::TooLarge)));
        assert_eq!(split(Money::ZERO, &[]).unwrap(), []);
    }
}
