use super::*;
use crate::money::Amount;
use crate::rules::Window;

fn day(text: &str) -> Moment {
    text.parse().unwrap()
}

fn between(id: &str, off: &str, from: Option<&str>, until: Option<&str>) -> Rule {
    percent(id, off).condition(Condition::Window(Window::new(from.map(day), until.map(day))))
}

fn gaps(rules: &RuleSet) -> AuditReport {
    of(Promise::NoGap, rules, Promises::default())
}

#[test]
fn a_second_between_two_days_of_a_campaign_is_a_gap() {
    let rules = RuleSet::new(Currency::CNY)
        .rule(between("eve", "20", None, Some("2026-11-10T23:59:59+08:00")))
        .rule(between("day", "20", Some("2026-11-11T00:00:00+08:00"), None));
    let report = gaps(&rules);
    let finding = &report.findings[0];
    // A fifth of what is bought is not off.
    assert_eq!(finding.loss.minor() * 5, finding.worst.paid.minor());
    assert_eq!(finding.rules.iter().map(|rule| rule.as_str()).collect::<Vec<_>>(), ["eve"]);
    let change = finding.repair.clone().unwrap();
    assert_eq!(change.to_string(), "let eve run until 2026-11-11T00:00:00+08:00");
    let mended = gaps(&change.apply(&rules));
    assert!(matches!(mended.verdict(Promise::NoGap), Some(Verdict::Proved { .. })), "{mended}");
}

#[test]
fn campaigns_that_are_hours_apart_or_of_another_kind_are_not_meant_to_meet() {
    let two = |second: Rule| {
        let first = between("one", "20", None, Some("2026-11-11T20:00:00+08:00"));
        gaps(&RuleSet::new(Currency::CNY).rule(first).rule(second)).findings.len()
    };
    assert_eq!(two(between("two", "10", Some("2026-11-11T20:59:00+08:00"), None)), 1);
    assert_eq!(two(between("two", "10", Some("2026-11-11T21:00:00+08:00"), None)), 0);
    let mut other = between("two", "10", Some("2026-11-11T20:30:00+08:00"), None);
    other.benefit = Benefit::AmountOff(AmountOff::once("5.00".parse().unwrap()));
    assert_eq!(two(other.clone()), 0);
    other.condition = between("two", "10", Some("2026-11-11T20:01:00+08:00"), None).condition;
    assert_eq!(two(other), 1);
}

#[test]
fn a_gap_that_a_third_rule_fills_is_none() {
    let rules = RuleSet::new(Currency::CNY)
        .rule(between("eve", "20", None, Some("2026-11-10T23:59:59+08:00")))
        .rule(between("day", "20", Some("2026-11-11T00:00:00+08:00"), None))
        .rule(percent("always", "5"));
    assert!(matches!(gaps(&rules).verdict(Promise::NoGap), Some(Verdict::Proved { .. })));
}

#[test]
fn copies_are_found_however_many_stand_between_them() {
    // Nearly two hundred run for half a minute each, one after the other in the first hour: they follow each other, and the
    // first, which runs for ten days, is no more than handed over to. The last begins on the tenth day.
    let begin: Moment = day("2026-11-01T00:00:00Z");
    let at = |seconds: i64| Moment::from_unix_ms(begin.unix_ms() + seconds * 1_000).unwrap();
    let run = |id: String, from: i64, until: i64| {
        let window = Window::new(Some(at(from)), Some(at(until)));
        percent(&id, "20").condition(Condition::Window(window))
    };
    const DAY: i64 = 86_400;
    let mut rules = RuleSet::new(Currency::CNY).rule(run("first".to_owned(), 0, 10 * DAY));
    // The last of them is over after 198 * 18 = 3,564 seconds, within the hour.
    for number in 1..199 {
        rules = rules.rule(run(format!("short-{number}"), number * 18 - 17, number * 18));
    }
    let rules = rules.rule(run("last".to_owned(), 9 * DAY, 19 * DAY));
    assert_eq!(rules.rules.len(), 200);
    let report = of(Promise::RunsOnce, &rules, Promises::default());
    let named: Vec<Vec<&str>> =
        report.findings.iter().map(|one| one.rules.iter().map(|rule| rule.as_str()).collect()).collect();
    assert_eq!(named, [["first", "last"]], "{report}");
    assert!(!report.reach.checks_left_out);
}

#[test]
fn a_spend_from_an_amount_on_and_one_up_to_it_are_no_copies() {
    let hundred = || Some("100.00".parse().unwrap());
    let spend = |id: &str, least: Option<Amount>, most: Option<Amount>| {
        percent(id, "20").condition(Condition::Spend(Spend::between(Selector::all(), least, most)))
    };
    // Both apply to an order of a hundred, and to no other.
    let rules = RuleSet::new(Currency::CNY).rule(spend("from", hundred(), None)).rule(spend(
        "up-to",
        None,
        hundred(),
    ));
    let report = of(Promise::RunsOnce, &rules, Promises::default());
    assert!(matches!(report.verdict(Promise::RunsOnce), Some(Verdict::Proved { .. })), "{report}");
}

#[test]
fn a_window_under_not_is_one_that_begins_where_it_ends() {
    let window = |from: Option<&str>, until: Option<&str>| {
        Condition::Window(Window::new(from.map(day), until.map(day)))
    };
    let not = |condition: Condition| Condition::Not(Box::new(condition));
    let (ten, half_past) = (Some("2026-11-01T10:00:00Z"), Some("2026-11-01T10:30:00Z"));
    let is_proved = |promise: Promise, conditions: Vec<(&str, Condition)>| {
        let rules = conditions
            .into_iter()
            .enumerate()
            .map(|(at, (off, when))| percent(&format!("rule-{at}"), off).condition(when));
        let rules = rules.fold(RuleSet::new(Currency::CNY), RuleSet::rule);
        matches!(of(promise, &rules, Promises::default()).verdict(promise), Some(Verdict::Proved { .. }))
    };
    // Both at ten past ten.
    let (first, from_ten) = (("10", window(None, half_past)), ("20", not(window(None, ten))));
    assert!(!is_proved(Promise::HandsOver, vec![first, from_ten.clone()]));
    // None of the two for half an hour from ten on; and one that runs neither then does not fill it.
    let (first, second) = (("10", window(None, ten)), ("20", not(window(None, half_past))));
    assert!(!is_proved(Promise::NoGap, vec![first.clone(), second.clone()]));
    let away = ("20", not(window(Some("2026-11-01T09:00:00Z"), Some("2026-11-01T11:00:00Z"))));
    assert!(!is_proved(Promise::NoGap, vec![first.clone(), second.clone(), away]));
    assert!(is_proved(Promise::NoGap, vec![first, second, from_ten]));
    // From ten on, written in two ways.
    assert!(!is_proved(Promise::RunsOnce, vec![("20", window(ten, None)), ("20", not(window(None, ten)))]));
}

#[test]
fn rules_that_are_left_out_of_handovers_are_said_to_be() {
    let begin: Moment = day("2026-11-01T00:00:00Z");
    let later = |seconds: i64| Moment::from_unix_ms(begin.unix_ms() + seconds * 1_000).unwrap();
    // So many rules begin shortly before the first one ends; 64 of them are looked at.
    let report = |many: i64| {
        let ends = Window::new(None, Some(later(100)));
        let first = percent("first", "5").condition(Condition::Window(ends));
        let rules = (0..many).fold(RuleSet::new(Currency::CNY).rule(first), |rules, number| {
            let window = Window::new(Some(later(number)), None);
            rules.rule(percent(&format!("next-{number}"), "6").condition(Condition::Window(window)))
        });
        let promises = Promises::default().only([Promise::HandsOver]);
        audit(&rules, &lamps(None), &AuditBounds::default().promises(promises).orders(10)).unwrap()
    };
    assert!(!report(64).reach.checks_left_out);
    assert!(report(65).reach.checks_left_out);
}

fn plain(products: Vec<Product>) -> AuditReport {
    let promises = Promises::default().only([Promise::PlainPrices]);
    let catalogue = Catalogue::new(Currency::CNY, products).unwrap();
    let rules = RuleSet::new(Currency::CNY).rule(percent("tenth", "10"));
    audit(&rules, &catalogue, &AuditBounds::default().promises(promises).orders(100)).unwrap()
}

fn shelf(prices: &[i64]) -> Vec<Product> {
    let named = prices.iter().enumerate();
    named.map(|(at, price)| sold(&format!("PAN-{at}"), *price, price / 2)).collect()
}

#[test]
fn a_misplaced_decimal_point_stands_out_among_its_siblings() {
    // 129.00 typed as 12.90; the middle of the shelf is 119.00.
    let typed = plain(shelf(&[9_900, 10_900, 11_900, 12_900, 13_900, 1_290]));
    let finding = &typed.findings[0];
    let why = finding.why.as_ref().unwrap().to_string();
    assert_eq!(why, "PAN-5 is listed at 12.9, and those beside it at about 119");
    assert_eq!(finding.loss, Money::from_minor(11_900 - 1_290));
    let right = plain(shelf(&[9_900, 10_900, 11_900, 12_900, 13_900, 12_900]));
    assert!(matches!(right.verdict(Promise::PlainPrices), Some(Verdict::Proved { .. })), "{right}");
    // Ten times too much is off as well, and so is a cost.
    assert_eq!(plain(shelf(&[9_900, 10_900, 11_900, 12_900, 13_900, 129_000])).findings.len(), 1);
    let mut costly = shelf(&[9_900, 10_900, 11_900, 12_900, 13_900]);
    costly.push(sold("PAN-5", 12_900, 645));
    assert!(plain(costly).findings[0].why.as_ref().unwrap().to_string().starts_with("PAN-5 costs 6.45"));
}

#[test]
fn a_shelf_of_many_prices_has_no_outlier() {
    // From 10.00 to 5,120.00, each twice the one before: none stands apart.
    let spread: Vec<i64> = (0..10).map(|at| 1_000 << at).collect();
    assert_eq!(plain(shelf(&spread)).findings, []);
    // Half a shelf of accessories is no mistake.
    assert_eq!(plain(shelf(&[100, 100, 100, 9_900, 10_900, 11_900])).findings, []);
}

#[test]
fn a_price_far_below_what_it_was_is_off() {
    let was = |price: i64| {
        let past = day("1969-12-01T00:00:00Z");
        plain(vec![sold("PAN", price, 100).past_price(past, Money::from_minor(10_000))])
    };
    // Less than two fifths of 100.00.
    assert_eq!(was(3_999).findings.len(), 1);
    assert_eq!(was(4_000).findings, []);
}

fn of_goods(id: &str, sku: &str, off: &str) -> Rule {
    let off = AmountOff::once(off.parse().unwrap()).target(Selector::sku(sku));
    Rule::new(id, "order", Benefit::AmountOff(off)).stacking(Stacking::free().group("one"))
}

#[test]
fn rules_that_refuse_each_other_are_both_had_by_ordering_twice() {
    let rules = RuleSet::new(Currency::CNY)
        .rule(of_goods("lamp", "LAMP", "3.00"))
        .rule(of_goods("mug", "MUG", "2.00"));
    let catalogue =
        Catalogue::new(Currency::CNY, vec![sold("LAMP", 1_000, 100), sold("MUG", 1_000, 100)]).unwrap();
    let audited = |rules: &RuleSet, most: &str| {
        let promises = Promises::default().only([Promise::ExclusionsHold]).split_max(most.parse().unwrap());
        audit(rules, &catalogue, &AuditBounds::default().promises(promises).orders(4_000)).unwrap()
    };
    let report = audited(&rules, "0");
    let finding = &report.findings[0];
    // Together the lamp's 3.00 keeps the mug's 2.00 out.
    assert_eq!(finding.smallest.loss, Money::from_minor(200));
    assert_eq!(finding.rules.iter().map(|rule| rule.as_str()).collect::<Vec<_>>(), ["lamp", "mug"]);
    // Where each is had once, 5.00 is the most.
    let once = |rule: Rule| rule.limits(RuleLimits::none().uses_per_customer(1));
    let limited = RuleSet::new(Currency::CNY)
        .rule(once(of_goods("lamp", "LAMP", "3.00")))
        .rule(once(of_goods("mug", "MUG", "2.00")));
    let report = audited(&limited, "5.00");
    assert!(matches!(report.verdict(Promise::ExclusionsHold), Some(Verdict::Proved { .. })), "{report}");
    let free = RuleSet::new(Currency::CNY).rule(percent("tenth", "10"));
    assert!(matches!(audited(&free, "0").verdict(Promise::ExclusionsHold), Some(Verdict::Proved { .. })));
}

#[test]
fn customers_who_order_together_reach_a_threshold() {
    let off = Benefit::AmountOff(AmountOff::once("30.00".parse().unwrap()));
    let spend = Spend::at_least(Selector::all(), "100.00".parse().unwrap());
    let rules = RuleSet::new(Currency::CNY)
        .rule(Rule::new("100-30", "order", off).condition(Condition::Spend(spend)));
    let pooled = |rules: &RuleSet, most: &str| {
        of(Promise::PoolingPays, rules, Promises::default().pool_max(most.parse().unwrap()))
    };
    // Five lamps of 10.00 and five are 70.00 together.
    assert_eq!(pooled(&rules, "0").findings[0].loss, Money::from_minor(3_000));
    let verdict = |report: AuditReport| report.verdict(Promise::PoolingPays).cloned();
    assert!(matches!(verdict(pooled(&rules, "30.00")), Some(Verdict::Proved { .. })));
    let tenth = RuleSet::new(Currency::CNY).rule(percent("tenth", "10"));
    assert!(matches!(verdict(pooled(&tenth, "0")), Some(Verdict::Proved { .. })));
    // Without a most it is not looked at: a threshold is there to be reached.
    assert_eq!(of(Promise::PoolingPays, &rules, Promises::default()).answers, []);
}
