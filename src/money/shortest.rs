//! Decimals as documents have them: in their shortest form. Every amount of a rule set is written when it is compiled, for
//! its fingerprint, and the general formatter of decimals divides numbers of 96 bits for each digit.

use rust_decimal::Decimal;
use serde::Serializer;

/// Room for what fits in 64 bits with the most decimals there are, a leading zero and the point.
const ROOM: usize = 32;

/// Serialises a decimal as a text without zeros at its end.
pub(super) fn serialize<S: Serializer>(decimal: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    let mut room = [0; ROOM];
    match write(decimal, &mut room) {
        Some(text) => serializer.serialize_str(text),
        None => serializer.collect_str(&decimal.normalize()),
    }
}

/// Writes a decimal at the end of `room`; `None` for one below zero or beyond 64 bits, which are rare.
fn write<'t>(decimal: &Decimal, room: &'t mut [u8; ROOM]) -> Option<&'t str> {
    let mut digits = u64::try_from(decimal.mantissa()).ok()?;
    let mut decimals = if digits == 0 { 0 } else { decimal.scale() };
    while digits.is_multiple_of(10)
        && let Some(fewer) = decimals.checked_sub(1)
    {
        digits /= 10;
        decimals = fewer;
    }
    // From the last digit on: the decimals, the point if there are any, and at least one digit before it.
    let mut slots = room.iter_mut().rev();
    for _ in 0..decimals {
        *slots.next()? = last_digit(digits);
        digits /= 10;
    }
    if decimals > 0 {
        *slots.next()? = b'.';
    }
    loop {
        *slots.next()? = last_digit(digits);
        digits /= 10;
        if digits == 0 {
            break;
        }
    }
    let start = slots.len();
    std::str::from_utf8(room.get(start..)?).ok()
}

/// As a character.
fn last_digit(digits: u64) -> u8 {
    let [digit, ..] = (digits % 10).to_le_bytes();
    b'0' | digit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_form_is_that_of_the_normalised_decimal() {
        let (small, large) =
            (["0", "7", "10", "1000", "19990"], ["18446744073709551615", "99999999999999999"]);
        for text in small.into_iter().chain(large) {
            let units: i128 = text.parse().unwrap();
            for scale in 0..=28 {
                let decimal = Decimal::from_i128_with_scale(units, scale);
                let expected = decimal.normalize().to_string();
                assert_eq!(write(&decimal, &mut [0; ROOM]), Some(expected.as_str()), "{units} e-{scale}");
            }
        }
        let beyond = Decimal::from_i128_with_scale(i128::from(u64::MAX) + 1, 2);
        assert_eq!(write(&beyond, &mut [0; ROOM]), None);
        assert_eq!(write(&Decimal::from(-1), &mut [0; ROOM]), None);
    }
}
