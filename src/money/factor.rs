//! Multiples, such as double points.

use std::fmt;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::amount::{AmountError, deserialize_decimal, parse_decimal};
use super::shortest;

/// Most decimals a factor may have.
const DECIMALS_MAX: u32 = 4;
/// Largest factor.
const LARGEST: u32 = 1_000;
/// One, in ten-thousandths.
pub(crate) const ONE: i64 = 10_000;

/// How many times as much, as written in a document: `"1.5"` is half as much again. It may still be out of range;
/// [`Factor::ten_thousandths`] checks.
///
/// ```
/// use dealproof::money::Factor;
///
/// assert_eq!("1.5".parse::<Factor>()?.ten_thousandths()?, 15_000);
/// assert!("0.5".parse::<Factor>()?.ten_thousandths().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Factor(Decimal);

impl Factor {
    /// A whole multiple.
    #[must_use]
    pub fn whole(times: u16) -> Self {
        Self(Decimal::from(times))
    }

    /// The factor in ten-thousandths, exact.
    ///
    /// # Errors
    /// [`FactorError::OutOfRange`] below 1 or above 1,000, [`FactorError::TooFine`] with more than four decimals.
    pub fn ten_thousandths(self) -> Result<i64, FactorError> {
        if self.0 < Decimal::ONE || self.0 > Decimal::from(LARGEST) {
            return Err(FactorError::OutOfRange { given: self });
        }
        if self.0.normalize().scale() > DECIMALS_MAX {
            return Err(FactorError::TooFine { given: self });
        }
        let whole = self.0.checked_mul(Decimal::from(ONE)).and_then(|whole| whole.to_i64());
        whole.ok_or(FactorError::OutOfRange { given: self })
    }
}

impl std::str::FromStr for Factor {
    type Err = AmountError;
    fn from_str(text: &str) -> Result<Self, AmountError> {
        parse_decimal(text).map(Self)
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} times", self.0)
    }
}

impl Serialize for Factor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        shortest::serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Factor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_decimal(deserializer, "a multiple as a string, such as \"1.5\"").map(Self)
    }
}

/// Why a factor cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FactorError {
    /// Below 1 or above 1,000.
    #[error("{given} is outside 1 to {LARGEST}")]
    OutOfRange {
        /// The factor.
        given: Factor,
    },
    /// Finer than a ten-thousandth.
    #[error("{given} has more than {DECIMALS_MAX} decimals")]
    TooFine {
        /// The factor.
        given: Factor,
    },
}
