//! Percentages as whole parts per million.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::amount::{AmountError, deserialize_decimal, parse_decimal};
use super::{Money, RoundMode, shortest};
use crate::bounds::{PERCENT_DECIMALS_MAX, PPM};

/// A percentage as written in a document: `"20"` is twenty percent, and means twenty percent **off** wherever a
/// discount is meant (M-2). It may still be out of range; [`Percent::to_rate`] checks.
///
/// ```
/// use dealproof::money::Percent;
///
/// let percent: Percent = "17.5".parse()?;
/// assert_eq!(percent.to_rate()?.ppm(), 175_000);
/// assert!("120".parse::<Percent>()?.to_rate().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(Decimal);

impl Percent {
    /// So many whole percent.
    #[must_use]
    pub fn whole(percent: u8) -> Self {
        Self(Decimal::from(percent))
    }

    /// The percentage as a checked rate.
    ///
    /// # Errors
    /// [`RateError::OutOfRange`] outside 0 to 100, [`RateError::TooFine`] with more than four decimals.
    pub fn to_rate(self) -> Result<Rate, RateError> {
        let out_of_range = RateError::OutOfRange { given: self };
        let written = if self.0.scale() > PERCENT_DECIMALS_MAX { self.0.normalize() } else { self.0 };
        let Some(missing) = PERCENT_DECIMALS_MAX.checked_sub(written.scale()) else {
            let in_range = (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&self.0);
            return Err(if in_range { RateError::TooFine { given: self } } else { out_of_range });
        };
        // A whole part per million is the fourth decimal of a percent.
        let units = i64::try_from(written.mantissa()).ok();
        let ppm =
            units.zip(10_i64.checked_pow(missing)).and_then(|(units, factor)| units.checked_mul(factor));
        let in_range = ppm.filter(|ppm| (0..=PPM).contains(ppm));
        in_range.map(Rate).ok_or(out_of_range)
    }
}

impl std::str::FromStr for Percent {
    type Err = AmountError;
    fn from_str(text: &str) -> Result<Self, AmountError> {
        parse_decimal(text).map(Self)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        shortest::serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_decimal(deserializer, "a percentage as a string, such as \"20\"").map(Self)
    }
}

/// Why a percentage is not a rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RateError {
    /// Below 0 or above 100 percent.
    #[error("{given} percent is outside 0 to 100")]
    OutOfRange {
        /// The percentage.
        given: Percent,
    },
    /// Finer than one part per million.
    #[error("{given} percent has more than {PERCENT_DECIMALS_MAX} decimals")]
    TooFine {
        /// The percentage.
        given: Percent,
    },
}

/// A rate between nothing and the whole, in whole parts per million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(i64);

impl Rate {
    /// The whole: one hundred percent.
    pub const WHOLE: Self = Self(PPM);

    /// Parts per million, 0 to 1,000,000.
    #[must_use]
    pub const fn ppm(self) -> i64 {
        self.0
    }

    /// This share of an amount, rounded once.
    ///
    /// - Units: minor units in and out.
    /// - Rounding: `mode`, on the exact product; the rate itself is never rounded (M-3).
    /// - Bounds: `amount` is between 0 and [`AMOUNT_MAX`](crate::bounds::AMOUNT_MAX), so the product fits `i128`.
    ///
    /// ```
    /// use dealproof::money::{Money, Percent, RoundMode};
    ///
    /// let rate = "15".parse::<Percent>()?.to_rate()?;
    /// assert_eq!(rate.of(Money::from_minor(994), RoundMode::HalfUp), Money::from_minor(149));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn of(self, amount: Money, mode: RoundMode) -> Money {
        Money::from_minor(mode.mul_div(amount.minor(), self.0, PPM))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_outside_zero_to_hundred_are_errors() {
        for (text, ppm) in [("0", 0), ("100", 1_000_000), ("0.0001", 1), ("33.3333", 333_333)] {
            assert_eq!(text.parse::<Percent>().unwrap().to_rate().unwrap().ppm(), ppm, "{text}");
        }
        for text in ["-1", "100.0001", "120", "33.33333"] {
            assert!(text.parse::<Percent>().unwrap().to_rate().is_err(), "{text}");
        }
    }
}
