//! Amounts as authors write them: decimal strings with a strict grammar.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Currency, Money, shortest};
use crate::bounds::AMOUNT_MAX;

/// Most bytes a number may be written in; longer text is refused before it is read.
const TEXT_MAX: usize = 32;

/// An amount of money as written in a document: exact, and not yet bound to a currency.
///
/// In JSON it is a string. The grammar is `-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,6})?`; everything else that number
/// parsers like to take (`+1`, `1e3`, `1_000`, `.5`, `5.`, a JSON number) is an error (M-1). Decimals count as they are
/// written, zeros included: "1.000" is no amount in a currency of two decimals, where it may be meant as a thousand. Two
/// amounts of one value are equal however they are written, and are written back in their shortest form.
///
/// ```
/// use dealproof::money::{Amount, Currency, Money};
///
/// let amount: Amount = "19.9".parse()?;
/// assert_eq!(amount.to_money(Currency::CNY)?, Money::from_minor(1990));
/// assert!(amount.to_money(Currency::JPY).is_err());
/// assert!("1.000".parse::<Amount>()?.to_money(Currency::CNY).is_err());
/// assert!("1e3".parse::<Amount>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(Decimal);

impl Amount {
    /// An amount from the border type. It was computed rather than written, so zeros at its end are dropped.
    #[must_use]
    pub fn new(decimal: Decimal) -> Self {
        Self(decimal.normalize())
    }

    /// An amount from minor units of a currency.
    #[must_use]
    pub fn from_money(money: Money, currency: Currency) -> Self {
        Self(Decimal::from_i128_with_scale(i128::from(money.minor()), currency.digits()).normalize())
    }

    /// The amount as a decimal, without zeros at its end.
    #[must_use]
    pub fn decimal(self) -> Decimal {
        self.0.normalize()
    }

    /// True at zero.
    pub(crate) const fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// True below zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.0.is_sign_negative() && !self.0.is_zero()
    }

    /// The amount in minor units of `currency`.
    ///
    /// - Units: major units in (yuan, dollars), minor units out.
    /// - Rounding: none; an amount written with more decimals than the currency has is an error (M-1).
    ///
    /// # Errors
    /// [`AmountError::TooManyDigits`] or [`AmountError::TooLarge`].
    pub fn to_money(self, currency: Currency) -> Result<Money, AmountError> {
        let digits = currency.digits();
        let Some(missing) = digits.checked_sub(self.0.scale()) else {
            return Err(AmountError::TooManyDigits { given: self, currency, digits });
        };
        // What is too large for 64 bits is beyond AMOUNT_MAX, too.
        let units = i64::try_from(self.0.mantissa()).ok();
        let minor =
            units.zip(10_i64.checked_pow(missing)).and_then(|(units, factor)| units.checked_mul(factor));
        match minor {
            Some(minor) if minor.unsigned_abs() <= AMOUNT_MAX.unsigned_abs() => Ok(Money::from_minor(minor)),
            Some(_) | None => Err(AmountError::TooLarge { given: self }),
        }
    }
}

/// Why a text or decimal is not an amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AmountError {
    /// The text is not of the grammar.
    #[error("\"{given}\" is not a plain decimal number such as \"19.90\"")]
    NotADecimal {
        /// What was given, at most 32 characters of it.
        given: String,
    },
    /// More decimals than the currency has.
    #[error("{given} has more decimals than the {digits} of {currency}")]
    TooManyDigits {
        /// The amount.
        given: Amount,
        /// The currency it should be in.
        currency: Currency,
        /// The decimals that currency has.
        digits: u32,
    },
    /// Beyond [`AMOUNT_MAX`] minor units.
    #[error("{given} is beyond {AMOUNT_MAX} minor units")]
    TooLarge {
        /// The amount.
        given: Amount,
    },
}

/// Reads a decimal of the crate's grammar, without the zeros at its end.
pub(super) fn parse_decimal(text: &str) -> Result<Decimal, AmountError> {
    parse_written(text).map(|decimal| decimal.normalize())
}

/// Reads a decimal of the crate's grammar with the decimals it is written with. `rust_decimal` alone also takes `+1`, `1_000`, `.5` and `5.`, and rounds
/// beyond 28 places without a word, so the text is checked first.
fn parse_written(text: &str) -> Result<Decimal, AmountError> {
    let not_a_decimal = || AmountError::NotADecimal { given: text.chars().take(TEXT_MAX).collect() };
    if text.len() > TEXT_MAX {
        return Err(not_a_decimal());
    }
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = match unsigned.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (unsigned, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let whole_ok = digits(whole) && whole.len() <= 18 && (whole == "0" || !whole.starts_with('0'));
    let part_ok = part.is_none_or(|part| digits(part) && part.len() <= 6);
    if !whole_ok || !part_ok {
        return Err(not_a_decimal());
    }
    let mut decimal = Decimal::from_str_exact(text).map_err(|_| not_a_decimal())?;
    if decimal.is_zero() {
        decimal.set_sign_positive(true);
    }
    Ok(decimal)
}

/// Reads a decimal from a JSON string, saying `expected` when something else is found.
pub(super) fn deserialize_decimal<'de, D: Deserializer<'de>>(
    deserializer: D,
    expected: &'static str,
) -> Result<Decimal, D::Error> {
    deserialize_written(deserializer, expected).map(|decimal| decimal.normalize())
}

fn deserialize_written<'de, D: Deserializer<'de>>(
    deserializer: D,
    expected: &'static str,
) -> Result<Decimal, D::Error> {
    struct Text(&'static str);
    impl de::Visitor<'_> for Text {
        type Value = Decimal;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Decimal, E> {
            parse_written(text).map_err(E::custom)
        }
    }
    deserializer.deserialize_str(Text(expected))
}

impl std::str::FromStr for Amount {
    type Err = AmountError;
    fn from_str(text: &str) -> Result<Self, AmountError> {
        parse_written(text).map(Self)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        shortest::serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_written(deserializer, "an amount as a string, such as \"19.90\"").map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_decimals_are_amounts() {
        for text in ["0", "0.00", "19.90", "-3", "999999999999999999", "0.000001"] {
            assert!(text.parse::<Amount>().is_ok(), "{text}");
        }
        let refused = [
            "",
            "-",
            "+1",
            "1e3",
            "1E5",
            "1_000",
            ".5",
            "5.",
            "01",
            "00",
            "1,000",
            " 1",
            "1 ",
            "0x10",
            "NaN",
            "１",
            "1.2345678",
            "1.",
            "--1",
            "1000000000000000000",
            "0.00000000000000000000000000000001",
        ];
        for text in refused {
            assert!(text.parse::<Amount>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_amount_is_shown_as_it_was_written_and_written_back_in_its_shortest_form() {
        let (short, long): (Amount, Amount) = ("1.0".parse().unwrap(), "1.00".parse().unwrap());
        assert_eq!(short, long);
        assert_eq!((short.to_string(), long.to_string()), ("1.0".to_owned(), "1.00".to_owned()));
        assert_eq!(serde_json::to_string(&short).unwrap(), serde_json::to_string(&long).unwrap());
        assert_eq!("-0".parse::<Amount>().unwrap().to_string(), "0");
    }

    #[test]
    fn json_numbers_are_refused_as_amounts() {
        for json in ["1", "1.5", "0.1234567890123456789", "null", "[\"1\"]", "{\"x\":1}"] {
            assert!(serde_json::from_str::<Amount>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn digits_beyond_the_currency_are_an_error_zeros_included() {
        let yen = |text: &str| text.parse::<Amount>().unwrap().to_money(Currency::JPY);
        assert_eq!(yen("12"), Ok(Money::from_minor(12)));
        for text in ["12.5", "12.0", "0.00"] {
            assert!(matches!(yen(text), Err(AmountError::TooManyDigits { digits: 0, .. })), "{text}");
        }
        let yuan = |text: &str| text.parse::<Amount>().unwrap().to_money(Currency::CNY);
        assert_eq!(yuan("1.00"), Ok(Money::from_minor(100)));
        assert!(matches!(yuan("1.000"), Err(AmountError::TooManyDigits { digits: 2, .. })));
        // Of what a host computed nothing was written.
        assert_eq!(Amount::new(Decimal::new(1_000, 3)).to_money(Currency::JPY), Ok(Money::from_minor(1)));
        let most: Amount = "999999999999999999".parse().unwrap();
        assert!(matches!(most.to_money(Currency::CNY), Err(AmountError::TooLarge { .. })));
        assert_eq!(Amount::from_money(Money::from_minor(1990), Currency::CNY).to_string(), "19.9");
    }
}
