//! Amounts: whole minor units inside, decimals at the border.
//!
//! In: amounts as authors write them ([`Amount`], a decimal string). Out: [`Money`], an `i64` of minor units of one
//! [`Currency`]. Invariants: no float, no silent rounding, no overflow (design M-1, M-6); a percentage is a typed
//! [`Rate`] (M-2); what is rounded is rounded once, by a named [`RoundMode`] (M-3); what is split adds up (M-4).
//! Read next: `rate`, `round`, then `split`, through which every allocation of the crate goes.
#![deny(clippy::arithmetic_side_effects)]

mod amount;
mod currency;
mod factor;
mod rate;
mod round;
mod shortest;
mod split;

pub use amount::{Amount, AmountError};
pub use currency::{Currency, CurrencyError};
pub(crate) use factor::ONE as FACTOR_ONE;
pub use factor::{Factor, FactorError};
pub use rate::{Percent, Rate, RateError};
pub use round::{RoundMode, Rounding, RoundingPer};
pub(crate) use split::{Shares, share_up_to, split_within_into};
pub use split::{SplitError, split};

use std::fmt;

use crate::bounds::AMOUNT_MAX;

/// An amount in minor units of the currency at hand (fen, cents, yen); never a fraction of one.
///
/// `Money` does not carry its currency: one rule set has one currency, and a cart in another is refused before any
/// amount is looked at (M-1).
///
/// ```
/// use dealproof::money::{Currency, Money};
///
/// let price = Money::from_minor(1990);
/// assert_eq!(price.display(Currency::CNY).to_string(), "19.90");
/// assert_eq!(price.checked_add(Money::from_minor(10)), Some(Money::from_minor(2000)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i64);

impl Money {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// So many minor units.
    #[must_use]
    pub const fn from_minor(minor: i64) -> Self {
        Self(minor)
    }

    /// The amount in minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// The sum, or `None` beyond [`AMOUNT_MAX`] in either direction.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => in_range(sum),
            None => None,
        }
    }

    /// The difference, or `None` beyond [`AMOUNT_MAX`] in either direction.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(difference) => in_range(difference),
            None => None,
        }
    }

    /// The product with a count, or `None` beyond [`AMOUNT_MAX`] in either direction.
    #[must_use]
    pub const fn checked_mul(self, count: i64) -> Option<Self> {
        match self.0.checked_mul(count) {
            Some(product) => in_range(product),
            None => None,
        }
    }

    /// Shows the amount with the currency's own decimals: `19.90`.
    #[must_use]
    pub const fn display(self, currency: Currency) -> DisplayMoney {
        DisplayMoney { money: self, digits: currency.digits() }
    }
}

const fn in_range(minor: i64) -> Option<Money> {
    if minor > AMOUNT_MAX || minor < -AMOUNT_MAX { None } else { Some(Money(minor)) }
}

/// An amount with its decimals, as documents and receipts show it; made by [`Money::display`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisplayMoney {
    money: Money,
    digits: u32,
}

impl fmt::Display for DisplayMoney {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minor = self.money.0.unsigned_abs();
        let sign = if self.money.0 < 0 { "-" } else { "" };
        // The currency table stops at four digits, so the power fits and is never zero.
        let one = 10_u64.saturating_pow(self.digits);
        let (whole, part) = (minor.checked_div(one).unwrap_or(minor), minor.checked_rem(one).unwrap_or(0));
        let mut text = String::with_capacity(24);
        text.push_str(sign);
        text.push_str(&whole.to_string());
        if self.digits > 0 {
            let digits = self.digits as usize;
            text.push('.');
            text.push_str(&format!("{part:0digits$}"));
        }
        f.pad(&text)
    }
}

impl serde::Serialize for DisplayMoney {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_show_the_decimals_of_their_currency() {
        assert_eq!(Money::from_minor(5).display(Currency::CNY).to_string(), "0.05");
        assert_eq!(Money::from_minor(-5).display(Currency::CNY).to_string(), "-0.05");
        assert_eq!(Money::from_minor(1234).display(Currency::JPY).to_string(), "1234");
        assert_eq!(Money::from_minor(1234).display(Currency::new("KWD").unwrap()).to_string(), "1.234");
        assert_eq!(format!("{:>8}", Money::from_minor(1990).display(Currency::CNY)), "   19.90");
    }

    #[test]
    fn arithmetic_stops_at_the_bound_instead_of_wrapping() {
        let most = Money::from_minor(AMOUNT_MAX);
        assert_eq!(most.checked_add(Money::from_minor(1)), None);
        assert_eq!(Money::from_minor(-AMOUNT_MAX).checked_sub(Money::from_minor(1)), None);
        assert_eq!(most.checked_mul(2), None);
        assert_eq!(most.checked_sub(most), Some(Money::ZERO));
    }
}
