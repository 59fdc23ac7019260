//! The one place that rounds.

use serde::{Deserialize, Serialize};

/// How an exact amount becomes whole minor units. Amounts are never negative here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoundMode {
    /// To the nearest, halves up. The default.
    #[default]
    HalfUp,
    /// To the nearest, halves to the even neighbour.
    HalfEven,
    /// To the nearest, halves down. On a discount it rounds the resulting price half up.
    HalfDown,
    /// Down; a discount rounded down favours the shop.
    Down,
}

impl RoundMode {
    /// `amount * numerator / denominator`, rounded once.
    ///
    /// - Units: `amount` in minor units, the fraction a pure number; minor units out.
    /// - Bounds: `0 <= amount <= AMOUNT_MAX`, `0 <= numerator <= AMOUNT_MAX`, `denominator > 0`. The asserts in
    ///   [`crate::bounds`] show that the product fits `i128`; the quotient fits `i64` when the fraction is at most
    ///   one, or when the caller bounds it.
    /// - Cost: one 64-bit division in the usual case, one 128-bit division beyond it.
    #[must_use]
    #[inline]
    pub(crate) fn mul_div(self, amount: i64, numerator: i64, denominator: i64) -> i64 {
        debug_assert!(
            amount >= 0 && numerator >= 0 && denominator > 0,
            "{amount} * {numerator} / {denominator}"
        );
        if let Some(product) = amount.checked_mul(numerator)
            && denominator <= i64::MAX / 2
        {
            let quotient = product.checked_div(denominator).unwrap_or(0);
            let rest = product.checked_rem(denominator).unwrap_or(0);
            // The rest is below the denominator, which is at most half of i64::MAX.
            return quotient.wrapping_add(i64::from(self.rounds_up(
                rest.wrapping_mul(2),
                denominator,
                quotient,
            )));
        }
        self.mul_div_wide(amount, numerator, denominator)
    }

    /// The same in 128 bits, kept out of line: prices rarely come here.
    #[cold]
    fn mul_div_wide(self, amount: i64, numerator: i64, denominator: i64) -> i64 {
        let (wide, by) = (i128::from(amount).wrapping_mul(i128::from(numerator)), i128::from(denominator));
        let quotient = wide.checked_div(by).unwrap_or(0);
        let rest = wide.checked_rem(by).unwrap_or(0);
        let rounded = match self {
            Self::HalfUp => rest.wrapping_mul(2) >= by,
            Self::HalfDown => rest.wrapping_mul(2) > by,
            Self::HalfEven => rest.wrapping_mul(2) > by || rest.wrapping_mul(2) == by && quotient & 1 == 1,
            Self::Down => false,
        };
        i64::try_from(quotient.wrapping_add(i128::from(rounded))).unwrap_or(i64::MAX)
    }

    /// Whether a rest, given doubled, lifts the quotient by one.
    const fn rounds_up(self, rest_doubled: i64, denominator: i64, quotient: i64) -> bool {
        match self {
            Self::HalfUp => rest_doubled >= denominator,
            Self::HalfDown => rest_doubled > denominator,
            Self::HalfEven => rest_doubled > denominator || rest_doubled == denominator && quotient & 1 == 1,
            Self::Down => false,
        }
    }
}

/// What is rounded at once (M-3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoundingPer {
    /// The whole selected amount, then split. The default, and the only one without a rounding risk.
    #[default]
    Order,
    /// Each line (all lines of one sku and list price together) by itself, as some invoices need it.
    Line,
    /// Each unit by itself, as shops do that print a reduced unit price.
    Unit,
}

/// How and over what a rule set rounds.
///
/// ```
/// use dealproof::money::{RoundMode, Rounding, RoundingPer};
///
/// let rounding = Rounding::default();
/// assert_eq!((rounding.mode, rounding.per), (RoundMode::HalfUp, RoundingPer::Order));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rounding {
    /// The direction.
    #[serde(default)]
    pub mode: RoundMode,
    /// The amount it is applied to.
    #[serde(default)]
    pub per: RoundingPer,
}

impl Rounding {
    /// Rounds `per` by `mode`.
    #[must_use]
    pub const fn new(mode: RoundMode, per: RoundingPer) -> Self {
        Self { mode, per }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mode_places_halves_where_its_name_says() {
        // 1/2, 3/2, 5/2 and 7/4 of one unit.
        let cases = [(1, 2, [1, 0, 0, 0]), (3, 2, [2, 2, 1, 1]), (5, 2, [3, 2, 2, 2]), (7, 4, [2, 2, 2, 1])];
        let modes = [RoundMode::HalfUp, RoundMode::HalfEven, RoundMode::HalfDown, RoundMode::Down];
        for (numerator, denominator, expected) in cases {
            for (mode, expected) in modes.into_iter().zip(expected) {
                assert_eq!(
                    mode.mul_div(1, numerator, denominator),
                    expected,
                    "{mode:?} {numerator}/{denominator}"
                );
            }
        }
    }

    #[test]
    fn wide_products_round_like_narrow_ones() {
        let big = 1_000_000_000_000_000_000;
        for mode in [RoundMode::HalfUp, RoundMode::HalfEven, RoundMode::HalfDown, RoundMode::Down] {
            assert_eq!(mode.mul_div(big, 999_999, 1_000_000), 999_999_000_000_000_000);
            for (a, n, d) in [(7, 5, 10), (7, 15, 10), (9, 25, 10), (13, 3, 4)] {
                assert_eq!(mode.mul_div_wide(a, n, d), mode.mul_div(a, n, d), "{mode:?} {a}*{n}/{d}");
            }
        }
    }
}
