//! ISO 4217 currencies and their minor digits.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Minor digits of every active ISO 4217 currency whose exponent is not two (list of 2025-06).
const OTHER_DIGITS: &[(&[u8; 3], u32)] = &[
    (b"BHD", 3),
    (b"BIF", 0),
    (b"CLF", 4),
    (b"CLP", 0),
    (b"DJF", 0),
    (b"GNF", 0),
    (b"IQD", 3),
    (b"ISK", 0),
    (b"JOD", 3),
    (b"JPY", 0),
    (b"KMF", 0),
    (b"KRW", 0),
    (b"KWD", 3),
    (b"LYD", 3),
    (b"OMR", 3),
    (b"PYG", 0),
    (b"RWF", 0),
    (b"TND", 3),
    (b"UGX", 0),
    (b"UYI", 0),
    (b"UYW", 4),
    (b"VND", 0),
    (b"VUV", 0),
    (b"XAF", 0),
    (b"XOF", 0),
    (b"XPF", 0),
];

/// Every other active ISO 4217 currency; all of these have two minor digits (list of 2025-06).
const TWO_DIGITS: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD \
    CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD \
    HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU \
    MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK \
    SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD \
    XCG YER ZAR ZMW ZWG";

/// An ISO 4217 currency; it fixes how many decimals an amount has.
///
/// ```
/// use dealproof::money::Currency;
///
/// assert_eq!(Currency::new("JPY")?.digits(), 0);
/// assert_eq!(Currency::CNY.digits(), 2);
/// assert!(Currency::new("cny").is_err());
/// # Ok::<(), dealproof::money::CurrencyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: [u8; 3],
    digits: u8,
}

impl Currency {
    /// ISO 4217's code for no currency, without digits: an empty quote has it. No document can: rule sets and carts that
    /// name it are refused, and such a quote is not written.
    pub const NONE: Self = Self { code: *b"XXX", digits: 0 };
    /// Renminbi, two digits.
    pub const CNY: Self = Self { code: *b"CNY", digits: 2 };
    /// Euro, two digits.
    pub const EUR: Self = Self { code: *b"EUR", digits: 2 };
    /// Yen, no digits.
    pub const JPY: Self = Self { code: *b"JPY", digits: 0 };
    /// US dollar, two digits.
    pub const USD: Self = Self { code: *b"USD", digits: 2 };

    /// The currency of an upper-case ISO 4217 code.
    ///
    /// # Errors
    /// [`CurrencyError`] when no active currency has the code.
    pub fn new(code: &str) -> Result<Self, CurrencyError> {
        let unknown = || CurrencyError { code: code.chars().take(16).collect() };
        let bytes: [u8; 3] = code.as_bytes().try_into().map_err(|_| unknown())?;
        let other = OTHER_DIGITS.iter().find(|(known, _)| **known == bytes).map(|(_, digits)| *digits);
        let digits = match other {
            Some(digits) => digits,
            None if TWO_DIGITS.split_ascii_whitespace().any(|known| known.as_bytes() == bytes) => 2,
            None => return Err(unknown()),
        };
        Ok(Self { code: bytes, digits: u8::try_from(digits).map_err(|_| unknown())? })
    }

    /// Decimals of an amount, 0 to 4.
    #[must_use]
    pub const fn digits(self) -> u32 {
        self.digits as u32
    }

    /// The three letters.
    #[must_use]
    pub fn code(&self) -> &str {
        // The only constructor takes the bytes from a `&str`, so they are text.
        std::str::from_utf8(&self.code).unwrap_or_default()
    }
}

impl Default for Currency {
    fn default() -> Self {
        Self::NONE
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Code;
        impl de::Visitor<'_> for Code {
            type Value = Currency;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an ISO 4217 currency code such as \"CNY\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Currency, E> {
                Currency::new(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Code)
    }
}

/// The code names no active ISO 4217 currency.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{code}\" is not an ISO 4217 currency code")]
pub struct CurrencyError {
    /// What was given, at most 16 characters of it.
    pub code: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_follow_iso_4217() {
        for (code, digits) in [("JPY", 0), ("CNY", 2), ("KWD", 3), ("CLF", 4), ("USD", 2), ("VND", 0)] {
            assert_eq!(Currency::new(code).unwrap().digits(), digits, "{code}");
        }
    }

    #[test]
    fn unknown_lower_case_and_long_codes_are_refused() {
        for code in ["", "CN", "cny", "CNYX", "XXX", "ÜÜ"] {
            assert!(Currency::new(code).is_err(), "{code}");
        }
    }
}
