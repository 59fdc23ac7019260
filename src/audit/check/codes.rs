//! Whether codes are secret. Where two codes are only thought to be next to each other they are taken to be so.

use std::collections::BTreeSet;

use super::reads::tests;
use super::shelf::enabled;
use crate::rules::{Condition, Rule, RuleSet};
use crate::shop::CouponCode;

/// Whether no code can be tried out, and none is next to another.
pub(super) fn are_secret(rules: &RuleSet) -> bool {
    let known: BTreeSet<&str> = enabled(rules).flat_map(codes).filter_map(CouponCode::folded).collect();
    let mut shapes: Vec<u128> = Vec::new();
    for code in &known {
        if is_thought_of(code) || more_by_one(code).iter().any(|next| known.contains(next.as_str())) {
            return false;
        }
        shapes.extend(shapes_of(code));
    }
    // Two codes with one shape have all symbols but one in common.
    shapes.sort_unstable();
    shapes.windows(2).all(|pair| pair.first() != pair.last())
}

fn codes(rule: &Rule) -> Vec<&CouponCode> {
    let conditions = rule.condition.iter().chain(rule.benefit.conditions());
    let mut list: Vec<&CouponCode> = rule.coupon.iter().flat_map(|coupon| &coupon.codes).collect();
    list.extend(conditions.flat_map(tests).filter_map(Condition::of_codes).flat_map(|known| &known.any_of));
    list
}

/// Whether a code has fewer than six symbols or four different ones, or is two sequences at most.
fn is_thought_of(code: &str) -> bool {
    let different: BTreeSet<char> = code.chars().collect();
    if code.chars().count() < 6 || different.len() < 4 {
        return true;
    }
    let (mut sequences, mut before, mut pace) = (0, None, None);
    for symbol in code.chars() {
        let now = before.and_then(|before| pace_of(before, symbol));
        let goes_on = now.is_some() && (pace.is_none() || pace == now);
        // A symbol that begins a sequence has no pace yet.
        sequences += i32::from(!goes_on);
        (before, pace) = (Some(symbol), if goes_on { now } else { None });
    }
    sequences <= 2
}

/// How far a symbol is from the next in a sequence: none, or one up or down, among digits in a circle or among other symbols.
fn pace_of(from: char, to: char) -> Option<i64> {
    let far = match (from.to_digit(10), to.to_digit(10)) {
        (Some(from), Some(to)) => (i64::from(to) - i64::from(from) + 5).rem_euclid(10) - 5,
        (None, None) => i64::from(u32::from(to)) - i64::from(u32::from(from)),
        (Some(_), None) | (None, Some(_)) => return None,
    };
    (far.abs() <= 1).then_some(far)
}

/// For each symbol of a code a number that every code has which differs in this symbol alone.
fn shapes_of(code: &str) -> Vec<u128> {
    // A prime with room above it for any symbol; powers of a number below it tell places apart.
    const PRIME: u128 = (1 << 61) - 1;
    const POWER: u128 = 1_000_003;
    let symbols: Vec<u128> = code.chars().map(|symbol| u128::from(u32::from(symbol)) + 1).collect();
    let length = u128::try_from(symbols.len()).unwrap_or(0);
    let mut parts = Vec::with_capacity(symbols.len());
    let (mut power, mut whole) = (1_u128, 0_u128);
    for symbol in symbols {
        power = power * POWER % PRIME;
        let part = symbol * power % PRIME;
        whole = (whole + part) % PRIME;
        parts.push(part);
    }
    let place = |(place, part): (u128, u128)| {
        // Place and length stand above the number, so that only codes of one length are compared at one place.
        (((length << 16) | place) << 64) | ((whole + PRIME - part) % PRIME)
    };
    (0_u128..).zip(parts).map(place).collect()
}

/// The codes that count this one on by more than one symbol: a number in it, which may get a digit more, and its end, where
/// digits carry to letters and letters to each other.
fn more_by_one(code: &str) -> Vec<String> {
    let symbols: Vec<char> = code.chars().collect();
    let mut found = Vec::new();
    let mut digits: Vec<char> = Vec::new();
    for (at, symbol) in symbols.iter().enumerate() {
        if symbol.is_ascii_digit() {
            digits.push(*symbol);
        }
        let ends = symbols.get(at + 1).is_none_or(|next| !next.is_ascii_digit());
        if ends && digits.last() == Some(&'9') {
            let front: String = symbols.iter().take(at + 1 - digits.len()).collect();
            let back: String = symbols.iter().skip(at + 1).collect();
            found.push(format!("{front}{}{back}", increased(&digits)));
        }
        if ends {
            digits.clear();
        }
    }
    found.extend([&['9', 'Z'][..], &['Z'][..]].into_iter().filter_map(|last| counted_end(&symbols, last)));
    found
}

/// Digits and one, written with as many digits at least.
fn increased(digits: &[char]) -> String {
    let mut written = String::new();
    let mut carry = true;
    for digit in digits.iter().rev() {
        let value = digit.to_digit(10).unwrap_or(0) + u32::from(carry);
        carry = value == 10;
        written.insert(0, char::from_digit(value % 10, 10).unwrap_or('0'));
    }
    if carry {
        written.insert(0, '1');
    }
    written
}

/// The end of a code counted on where some symbols are the last of their kind. Where digits are not, 0 comes behind Z.
fn counted_end(symbols: &[char], last: &[char]) -> Option<String> {
    let first_behind = |symbol: &char| match symbol {
        'Z' if last.contains(&'9') => 'A',
        _ => '0',
    };
    let full = symbols.iter().rev().take_while(|symbol| last.contains(symbol)).count();
    let kept = symbols.len().checked_sub(full).filter(|_| full > 0)?;
    let raised = match symbols.get(kept.checked_sub(1)?)? {
        '9' => 'A',
        raised @ ('0'..='8' | 'A'..='Y') => char::from_u32(u32::from(*raised) + 1)?,
        _ => return None,
    };
    let front = symbols.iter().take(kept - 1).copied();
    Some(front.chain([raised]).chain(symbols.iter().skip(kept).map(first_behind)).collect())
}
