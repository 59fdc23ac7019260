//! Codes that a stranger would try: short ones, plain ones, and those that are next to another.

use std::collections::BTreeSet;

use super::levels::each_leaf;
use crate::rules::Rule;
use crate::shop::CouponCode;

/// Codes of fewer symbols can be tried out.
const SYMBOLS_MIN: usize = 6;
/// Codes of fewer different symbols can be tried out, however long they are.
const DIFFERENT_MIN: usize = 4;
/// Codes of fewer runs, as `ABC123` has two, are thought of first.
const RUNS_MIN: usize = 3;

/// The rules with a code that a stranger would try.
pub(super) fn guessable<'r>(rules: &[&'r Rule]) -> Vec<&'r Rule> {
    let folded = |rule: &'r Rule| codes_of(rule).into_iter().filter_map(CouponCode::folded);
    let known: BTreeSet<&str> = rules.iter().flat_map(|rule| folded(rule)).collect();
    let beside = next_to_others(&known);
    let is_guessable = |rule: &&'r Rule| folded(rule).any(|code| is_plain(code) || beside.contains(code));
    rules.iter().copied().filter(is_guessable).collect()
}

/// How many symbols all codes have together.
pub(super) fn symbols(rules: &[&Rule]) -> usize {
    let codes = rules.iter().flat_map(|rule| codes_of(rule)).filter_map(CouponCode::folded);
    codes.map(str::len).fold(0, usize::saturating_add)
}

/// The codes that unlock a rule or multiply its points: its coupon's, and those that conditions ask for.
pub(super) fn codes_of(rule: &Rule) -> Vec<&CouponCode> {
    let mut codes: Vec<&CouponCode> = rule.coupon.iter().flat_map(|coupon| &coupon.codes).collect();
    for condition in rule.condition.iter().chain(rule.benefit.conditions()) {
        each_leaf(condition, &mut |leaf| {
            if let Some(known) = leaf.of_codes() {
                codes.extend(&known.any_of);
            }
        });
    }
    codes
}

/// Whether a code is short, of few different symbols, or of few runs.
fn is_plain(code: &str) -> bool {
    let symbols: Vec<char> = code.chars().collect();
    let different: BTreeSet<char> = symbols.iter().copied().collect();
    symbols.len() < SYMBOLS_MIN || different.len() < DIFFERENT_MIN || runs(&symbols) < RUNS_MIN
}

/// Into how many stretches a code falls that each count on by one, up or down, or repeat one symbol.
fn runs(symbols: &[char]) -> usize {
    let mut count = 0;
    let mut rest = symbols;
    while let [first, behind @ ..] = rest {
        count += 1;
        let step = behind.first().and_then(|second| step(*first, *second));
        let along = rest.windows(2).take_while(
            |pair| matches!(pair, [one, next] if step.is_some() && self::step(*one, *next) == step),
        );
        rest = rest.get(1 + along.count()..).unwrap_or_default();
    }
    count
}

/// By how much one symbol is counted on to the next: by nothing, or by one up or down; 0 comes behind 9.
fn step(one: char, next: char) -> Option<i8> {
    match (one, next) {
        _ if one == next => Some(0),
        ('9', '0') => Some(1),
        ('0', '9') => Some(-1),
        _ if one.is_ascii_digit() != next.is_ascii_digit() => None,
        _ if u32::from(one) + 1 == u32::from(next) => Some(1),
        _ if u32::from(next) + 1 == u32::from(one) => Some(-1),
        _ => None,
    }
}

/// The codes of which one symbol makes another code, and those that are counted on to another or from one.
fn next_to_others<'c>(known: &BTreeSet<&'c str>) -> BTreeSet<&'c str> {
    let list: Vec<(&'c str, Vec<char>)> = known.iter().map(|code| (*code, code.chars().collect())).collect();
    let mut beside = BTreeSet::new();
    // Codes that are alike without the symbol at one place have the same key for it.
    let mut keys: Vec<(u64, usize)> = Vec::new();
    for (at, (_, symbols)) in list.iter().enumerate() {
        keys.extend(without_each(symbols).into_iter().map(|key| (key, at)));
    }
    keys.sort_unstable();
    for same in keys.chunk_by(|(one, _), (other, _)| one == other) {
        // Mostly all of them are next to the first; others may have its key by chance.
        let mut firsts: Vec<&(&str, Vec<char>)> = Vec::new();
        for own in same.iter().filter_map(|(_, at)| list.get(*at)) {
            match firsts.iter().find(|first| differ_in_one(&first.1, &own.1)) {
                Some(first) => beside.extend([first.0, own.0]),
                None => firsts.push(own),
            }
        }
    }
    for (code, symbols) in &list {
        for next in counted_on(symbols) {
            if let Some(next) = known.get(next.as_str()) {
                beside.extend([*code, *next]);
            }
        }
    }
    beside
}

/// For each place of a code a number told by the place, the length and all other symbols.
fn without_each(symbols: &[char]) -> Vec<u64> {
    const BASE: u64 = 0x0000_0100_0000_01b3;
    let mut all = u64::try_from(symbols.len()).unwrap_or(0);
    let mut weights = Vec::with_capacity(symbols.len());
    let mut weight = 1_u64;
    for symbol in symbols {
        weight = weight.wrapping_mul(BASE).rotate_left(7);
        weights.push(weight);
        all = all.wrapping_add(weight.wrapping_mul(u64::from(u32::from(*symbol))));
    }
    let without = |(symbol, weight): (&char, &u64)| {
        all.wrapping_sub(weight.wrapping_mul(u64::from(u32::from(*symbol)))) ^ weight.rotate_left(32)
    };
    symbols.iter().zip(&weights).map(without).collect()
}

fn differ_in_one(one: &[char], other: &[char]) -> bool {
    one.len() == other.len() && one.iter().zip(other).filter(|(one, other)| one != other).count() == 1
}

/// The codes that a code is counted on to by more than one symbol: a number in it by one, or its last symbols.
fn counted_on(symbols: &[char]) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    let mut at = 0;
    while at < symbols.len() {
        let rest = symbols.get(at..).unwrap_or_default();
        let digits = rest.iter().take_while(|symbol| symbol.is_ascii_digit()).count();
        if let Some(number) = rest.get(..digits).filter(|number| number.last() == Some(&'9')) {
            let before = symbols.get(..at).unwrap_or_default();
            let behind = rest.get(digits..).unwrap_or_default();
            list.push(before.iter().chain(&one_more(number)).chain(behind).collect());
        }
        at += digits.max(1);
    }
    // Letters behind Z begin anew with A, and digits behind 9 with 0; or letters come behind digits, and 0 behind Z.
    list.extend(carried(symbols, |symbol| match symbol {
        'Z' => Some('A'),
        '9' => Some('0'),
        _ => None,
    }));
    list.extend(carried(symbols, |symbol| (symbol == 'Z').then_some('0')));
    list
}

/// A number and one, which may have a digit more.
fn one_more(number: &[char]) -> Vec<char> {
    let nines = number.iter().rev().take_while(|digit| **digit == '9').count();
    let kept = number.get(..number.len() - nines).unwrap_or_default();
    let mut more: Vec<char> = kept.to_vec();
    match more.last_mut() {
        Some(digit) => *digit = following(*digit).unwrap_or(*digit),
        None => more.push('1'),
    }
    more.extend(std::iter::repeat_n('0', nines));
    more
}

/// The last symbols begin anew, and the one before them is counted on.
fn carried(symbols: &[char], anew: impl Fn(char) -> Option<char>) -> Option<String> {
    let over = symbols.iter().rev().map_while(|symbol| anew(*symbol)).count();
    let (kept, ended) = symbols.split_at_checked(symbols.len().checked_sub(over)?)?;
    let (last, kept) = kept.split_last().filter(|_| over > 0)?;
    let begun = ended.iter().filter_map(|symbol| anew(*symbol));
    Some(kept.iter().copied().chain([following(*last)?]).chain(begun).collect())
}

/// The digit or letter behind one; A comes behind 9.
fn following(symbol: char) -> Option<char> {
    match symbol {
        '9' => Some('A'),
        '0'..='8' | 'A'..='Y' => char::from_u32(u32::from(symbol) + 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_counted_as_one_would_read_them() {
        let runs = |code: &str| runs(&code.chars().collect::<Vec<char>>());
        assert_eq!(["AAAAAA", "123456", "FEDCBA", "890123"].map(runs), [1; 4]);
        assert_eq!(["ABC123", "AAA111", "123321"].map(runs), [2; 3]);
        // S, A, VE and then 5, 0; X, 7, K, M, 2, Q.
        assert_eq!((runs("SAVE50"), runs("X7KM2Q")), (6, 6));
    }

    #[test]
    fn a_code_is_next_to_those_that_are_counted_on_from_it() {
        let pairs = [
            ("WINTERA", "WINTERB"),
            ("ABCDEF1A", "ABCDEF1B"),
            ("SPRING1X", "SPRING5X"),
            ("VIP0099", "VIP0100"),
            ("SAVEME9", "SAVEME10"),
            ("ABCDEF9Z", "ABCDEF10Z"),
            ("WINTERAZ", "WINTERBA"),
            ("LUCKY0Z", "LUCKY10"),
            ("LUCKYB9", "LUCKYC0"),
        ];
        for (one, other) in pairs {
            let known = BTreeSet::from([one, other, "QX7PLM3KTW9R"]);
            assert_eq!(next_to_others(&known), BTreeSet::from([one, other]));
        }
        let many = BTreeSet::from(["WINTERA", "WINTERK", "WINTERX", "WINTER7"]);
        assert_eq!(next_to_others(&many), many);
        let apart = BTreeSet::from(["WINTERAB", "WINTERBC", "VIP0099", "VIP0111", "HONG88", "SAVE500"]);
        assert_eq!(next_to_others(&apart), BTreeSet::new());
    }
}
