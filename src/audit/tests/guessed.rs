//! Codes that can be guessed, and campaigns that run twice in other words.

use super::false_proofs::{assert_unproved, one, read, shop, sold, unsearched};
use super::*;

/// Of a coupon with such codes, whether it is found, and whether it is proved that there is nothing to find.
fn guessed(codes: &[&str]) -> (bool, bool) {
    let tenth = Benefit::PercentOff(PercentOff::new("10".parse().unwrap()));
    let rules = one(Rule::new("tenth", "order", tenth).codes(codes));
    let catalogue = shop([sold("LAMP", 1_000, 100)]);
    let bounds = AuditBounds::default().promises(Promises::default().only([Promise::SecretCodes]));
    let report = audit(&rules, &catalogue, &bounds.orders(500)).unwrap();
    (
        !report.findings.is_empty(),
        matches!(report.verdict(Promise::SecretCodes), Some(Verdict::Proved { .. })),
    )
}

#[test]
fn codes_that_a_stranger_would_try_are_found() {
    for codes in [
        &["VIP"][..],
        &["AAAAAA"],
        &["110100101110"],
        &["123456"],
        &["ABCDEF"],
        &["ABC123"],
        &["WINTERA", "WINTERB", "WINTERC"],
        &["ABCDEF1A", "ABCDEF1B"],
        &["ABCDEF-9Z", "ABCDEF-10Z"],
        &["SPRING1X", "SPRING5X"],
        &["VIP0099", "VIP0100"],
        &["SAVEME9", "SAVEME10"],
        &["WINTERAZ", "WINTERBA"],
    ] {
        assert_eq!(guessed(codes), (true, false), "{codes:?}");
    }
    for codes in [&["HONG-88"][..], &["X7KM2Q", "X9KM4Q"], &["SAVEME9", "SAVEME11"], &["WINTER", "SUMMER"]] {
        assert_eq!(guessed(codes), (false, true), "{codes:?}");
    }
}

/// Numbers from a seed (splitmix64, public domain).
fn drawn(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*seed ^ (*seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[test]
fn search_and_checker_agree_on_codes_and_twelve_random_symbols_are_secret() {
    let mut seed = 7;
    let mut code = |of: &[u8], length: usize| -> String {
        let symbol = |_| char::from(of[usize::try_from(drawn(&mut seed) % of.len() as u64).unwrap()]);
        (0..length).map(symbol).collect()
    };
    let (mut secret, mut near) = (0, 0);
    for _ in 0..150 {
        // Few symbols, so that some are next to each other.
        let codes: Vec<String> = (0..6).map(|_| code(b"AB89ZY", 7)).collect();
        let (found, proved) = guessed(&codes.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(found, !proved, "{codes:?}");
        *(if proved { &mut secret } else { &mut near }) += 1;
    }
    assert!(secret > 10 && near > 10, "{secret} secret, {near} not");
    let codes: Vec<String> = (0..1_000).map(|_| code(b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ", 12)).collect();
    assert_eq!(guessed(&codes.iter().map(String::as_str).collect::<Vec<_>>()), (false, true));
}

/// A rule of 30.00 off from 50.00, and one that says the same as given.
fn twice(condition: &str, more: &str) -> RuleSet {
    let once = r#"{"amount_off": {"amount": "30", "each": "once"}}"#;
    let spend = r#"{"spend": {"at_least": "50"}}"#;
    let channel = r#"{"channel": {"any_of": ["app"]}}"#;
    let condition = condition.replace("SPEND", spend).replace("CHANNEL", channel);
    read(&format!(
        r#"{{"format": 1, "currency": "CNY", "rules": [
        {{"id": "a", "stage": "order", "condition": {{"all": [{spend}, {channel}]}}, "benefit": {once}}},
        {{"id": "b", "stage": "order", "condition": {condition}, "benefit": {once}{more}}}]}}"#
    ))
}

#[test]
fn a_campaign_in_other_words_is_the_same_campaign() {
    let catalogue = shop([sold("LAMP", 10_000, 2_000)]);
    let found = |rules: &RuleSet| {
        let bounds = AuditBounds::default().promises(Promises::default().only([Promise::RunsOnce]));
        audit(rules, &catalogue, &bounds.orders(500)).unwrap().findings.len()
    };
    for (condition, more) in [
        (r#"{"all": [CHANNEL, SPEND]}"#, ""),
        (r#"{"all": [{"all": [SPEND]}, CHANNEL, SPEND]}"#, ""),
        (r#"{"not": {"not": {"all": [SPEND, CHANNEL]}}}"#, ""),
        (r#"{"not": {"any": [{"not": SPEND}, {"not": CHANNEL}]}}"#, ""),
        (r#"{"all": [SPEND, CHANNEL]}"#, r#", "cap": "30.00""#),
    ] {
        let rules = twice(condition, more);
        assert_unproved(&rules, &catalogue, Promise::RunsOnce);
        assert_eq!(found(&rules), 1, "{condition}{more}");
    }
    for (condition, more) in [
        (r#"{"any": [SPEND, CHANNEL]}"#, ""),
        (r#"{"all": [SPEND, {"not": CHANNEL}]}"#, ""),
        (r#"{"all": [SPEND, CHANNEL]}"#, r#", "cap": "29.99""#),
    ] {
        let rules = twice(condition, more);
        let verdict = unsearched(&rules, &catalogue, Promise::RunsOnce);
        assert!(matches!(verdict, Verdict::Proved { .. }), "{condition}{more}: {verdict:?}");
    }
}

#[test]
fn a_campaign_at_times_that_meet_is_the_same_campaign() {
    let catalogue = shop([sold("LAMP", 10_000, 2_000)]);
    let rule = |id: &str, from: &str, until: &str| {
        format!(
            r#"{{"id": "{id}", "stage": "order", "condition": {{"all": [{{"spend": {{"at_least": "50"}}}},
            {{"window": {{"from": "2026-11-{from}+08:00", "until": "2026-11-{until}+08:00"}}}}]}},
            "benefit": {{"amount_off": {{"amount": "30", "each": "once"}}}}}}"#
        )
    };
    let look = |from: &str, until: &str| {
        let first = rule("a", "01T00:00:00", "11T00:00:00");
        let rules = read(&format!(
            r#"{{"format": 1, "currency": "CNY", "rules": [{first}, {}]}}"#,
            rule("b", from, until)
        ));
        let promises = Promises::default().only([Promise::RunsOnce]);
        let bounds = AuditBounds::default().promises(promises);
        let report = audit(&rules, &catalogue, &bounds.orders(500)).unwrap();
        let proved = matches!(unsearched(&rules, &catalogue, Promise::RunsOnce), Verdict::Proved { .. });
        (report.findings.len(), proved)
    };
    // From the tenth on both run; half an hour is a hand-over, and what comes behind is another time.
    assert_eq!(look("10T00:00:00", "20T00:00:00"), (1, false));
    assert_eq!(look("05T10:00:00", "05T10:30:00"), (1, false));
    assert_eq!(look("10T23:30:00", "20T00:00:00"), (0, true));
    assert_eq!(look("11T00:00:00", "20T00:00:00"), (0, true));
}
