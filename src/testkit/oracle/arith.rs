//! Exact arithmetic, written again here so that the properties compare two implementations (M-3, M-4).

use std::cmp::Ordering;

use crate::bounds::PPM;
use crate::money::{Amount, Currency, Percent, RoundMode};

/// `amount * numerator / denominator`, rounded once; nothing is negative and the denominator is above zero.
pub(super) fn round(amount: i128, numerator: i128, denominator: i128, mode: RoundMode) -> i128 {
    let product = amount * numerator;
    let (whole, rest) = (product / denominator, product % denominator);
    let up = match mode {
        RoundMode::HalfUp => 2 * rest >= denominator,
        RoundMode::HalfDown => 2 * rest > denominator,
        RoundMode::HalfEven => 2 * rest > denominator || (2 * rest == denominator && whole % 2 == 1),
        RoundMode::Down => false,
    };
    whole + i128::from(up)
}

/// A percentage of an amount, rounded once.
pub(super) fn percent_of(amount: i128, percent: Percent, mode: RoundMode) -> i128 {
    round(amount, ppm(percent), i128::from(PPM), mode)
}

/// A percentage in parts per million.
pub(super) fn ppm(percent: Percent) -> i128 {
    percent.to_rate().map_or(0, |rate| i128::from(rate.ppm()))
}

/// What the first `units` of `of` alike units worth `worth` together are worth.
pub(super) fn first_units(worth: i128, units: i128, of: i128) -> i128 {
    round(worth, units, of, RoundMode::HalfUp)
}

/// What each of `of` alike units worth `worth` together is worth.
pub(super) fn spread(worth: i128, of: i128) -> Vec<i128> {
    let upto = |units| first_units(worth, units, of);
    (1..=of).map(|unit| upto(unit) - upto(unit - 1)).collect()
}

/// Compares two fractions with positive denominators.
pub(super) fn cmp_fractions(one: (i128, i128), other: (i128, i128)) -> Ordering {
    (one.0 * other.1).cmp(&(other.0 * one.1))
}

/// An amount in minor units.
pub(super) fn minor(amount: Amount, currency: Currency) -> i128 {
    let decimal = amount.decimal();
    let missing = currency.digits().saturating_sub(decimal.scale());
    decimal.mantissa() * 10_i128.pow(missing)
}

/// Splits `total` by cumulative rounding over those that can give; who would give its capacity or more is filled and
/// the rest is split again over the others. What nobody can take is in no part.
pub(super) fn split(total: i128, weights: &[i128], capacities: &[i128]) -> Vec<i128> {
    let mut parts = vec![0; weights.len()];
    let mut open: Vec<usize> = (0..weights.len()).filter(|i| capacities[*i] > 0).collect();
    let mut rest = total;
    while rest > 0 && !open.is_empty() {
        let shares = cumulative(rest, &open.iter().map(|i| weights[*i]).collect::<Vec<_>>());
        let passes = |(i, share): (&usize, &i128)| *share > capacities[*i];
        let fits = !open.iter().zip(&shares).any(passes);
        let (filled, others): (Vec<_>, Vec<_>) =
            open.iter().zip(&shares).partition(|(i, share)| **share >= capacities[**i]);
        if fits {
            open.iter().zip(&shares).for_each(|(i, share)| parts[*i] = *share);
            return parts;
        }
        for (i, _) in &filled {
            parts[**i] = capacities[**i];
            rest -= capacities[**i];
        }
        open = others.into_iter().map(|(i, _)| *i).collect();
    }
    parts
}

/// Splits `total` over weights, some above zero: every prefix is the exact prefix, rounded half up.
pub(super) fn cumulative(total: i128, weights: &[i128]) -> Vec<i128> {
    let sum: i128 = weights.iter().sum();
    let (mut so_far, mut given) = (0, 0);
    let mut shares = Vec::new();
    for weight in weights {
        so_far += weight;
        let upto = round(total, so_far, sum, RoundMode::HalfUp);
        shares.push(upto - given);
        given = upto;
    }
    shares
}

/// Splits `total` over weights that are also the most each part can be.
pub(super) fn lower(total: i128, weights: &[i128]) -> Vec<i128> {
    split(total, weights, weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftover_cent_stands_where_the_prefix_crosses_a_half() {
        // 10 over 3 alike: prefixes 3.33, 6.67, 10.
        assert_eq!(split(10, &[1, 1, 1], &[9, 9, 9]), [3, 4, 3]);
        // 100 over 3 alike units: 33.3, 66.7, 100.
        assert_eq!(spread(100, 3), [33, 34, 33]);
    }

    #[test]
    fn who_is_full_leaves_and_the_rest_is_split_anew() {
        // 10 over 10/10/10, the middle one can give nothing: 5 and 5.
        assert_eq!(split(10, &[10, 10, 10], &[10, 0, 10]), [5, 0, 5]);
        // 12 over 6/6, the first can give 2: the other gives 10, which it cannot: 4 at most, 6 unused.
        assert_eq!(split(12, &[6, 6], &[2, 4]), [2, 4]);
        // 14 over 50/20 with 5 and 20 to give: 10 and 4; the first is filled, 9 are left for the other.
        assert_eq!(split(14, &[50, 20], &[5, 20]), [5, 9]);
    }
}
