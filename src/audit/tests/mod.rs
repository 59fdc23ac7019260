mod caps;
mod check;
mod claims;
mod earned;
mod extremes;
mod false_findings;
mod false_proofs;
mod features;
mod fees;
mod guessed;
mod hostile;
mod money_given;
mod newly;
mod orders;
mod repairs;
mod settled;
mod shadows;
mod shoppers;
mod together;
mod windows;

use super::*;

use crate::money::Money;
use crate::rules::{
    AmountOff, Base, Basis, Benefit, Caps, Condition, Coupon, Gift, GiftOption, Per, PercentOff, Quantity,
    Rule, RuleLimits, Selector, Spend, SpendTier, SpendTiers, Stacking, Stage, TierOff, Weekly, Within,
};
use crate::shop::{Line, Moment, Prize, Product, TimeOfDay, UtcOffset, Weekday};

fn sold(sku: &str, price: i64, cost: i64) -> Product {
    Product::new(Line::new("", sku, 1, Money::from_minor(price)).cost(Money::from_minor(cost)))
}

fn lamps(stock: Option<u32>) -> Catalogue {
    let mut lamp = sold("LAMP", 1_000, 100);
    lamp.stock = stock;
    Catalogue::new(Currency::CNY, vec![lamp]).unwrap()
}

fn rule_of(rules: RuleSet, catalogue: &Catalogue) -> AuditReport {
    let promises = Promises::default().only([Promise::EveryRule]);
    audit(&rules, catalogue, &AuditBounds::default().promises(promises).orders(4_000)).unwrap()
}

/// 5.00 off 50.00, 20.00 off 100.00.
fn tiers() -> Rule {
    let tier = |at: &str, off: &str| SpendTier {
        at: at.parse().unwrap(),
        off: TierOff::Amount(off.parse().unwrap()),
    };
    let tiers = SpendTiers::new([tier("50.00", "5.00"), tier("100.00", "20.00")]);
    Rule::new("tiers", "order", Benefit::SpendTiers(tiers))
}

#[test]
fn a_tier_behind_a_cap_and_one_beyond_the_stock_are_dead() {
    let found = |rule: Rule, stock| {
        let report = rule_of(RuleSet::new(Currency::CNY).rule(rule), &lamps(stock));
        report.findings.iter().map(|finding| finding.tier).collect::<Vec<_>>()
    };
    assert_eq!(found(tiers(), None), []);
    // Validation refuses what the rule alone decides, as two amounts and a cap. What a percentage of other goods comes to it
    // does not know: both tiers give 5.00 under a cap of 5.00.
    let mixed = [
        ("50.00", TierOff::Amount("5.00".parse().unwrap())),
        ("100.00", TierOff::Percent("50".parse().unwrap())),
    ];
    let mixed = mixed.map(|(at, off)| SpendTier { at: at.parse().unwrap(), off });
    let lamps_count = SpendTiers::new(mixed).qualifier(Selector::sku("LAMP"));
    let capped = Rule::new("tiers", "order", Benefit::SpendTiers(lamps_count)).cap("5.00".parse().unwrap());
    assert_eq!(found(capped, None), [Some(2)]);
    // Nine lamps are worth 90.00.
    assert_eq!(found(tiers(), Some(9)), [Some(2)]);
    let spend =
        Spend { at_most: Some("99.99".parse().unwrap()), within: Within::AnyLine, ..Spend::default() };
    let by_line = tiers().per(Per::Line).condition(Condition::Spend(spend));
    assert_eq!(found(by_line, None), [Some(2)]);
}

/// The tiers said to be dead, and why.
fn dead(rules: RuleSet, catalogue: &Catalogue) -> Vec<(Option<usize>, String)> {
    let report = rule_of(rules, catalogue);
    report.findings.iter().map(|one| (one.tier, one.why.as_ref().unwrap().to_string())).collect()
}

#[test]
fn a_dead_tier_says_what_it_is_dead_of_and_goes() {
    let rules = |rule: Rule| RuleSet::new(Currency::CNY).rule(rule);
    let second = |why: &str| vec![(Some(2), why.to_owned())];
    // 5.00 and 20.00 are both 5.00 where no more than 5.00 is left.
    let limits = RuleLimits::none().budget("5.00".parse().unwrap());
    let found = dead(rules(tiers().limits(limits)), &lamps(None));
    assert_eq!(found, second("the tier below uses up the budget of 5.00"));
    let caps = Caps::none().order_amount("5.00".parse().unwrap());
    let found = dead(rules(tiers()).caps(caps), &lamps(None));
    assert_eq!(found, second("the tier below reaches the cap of 5.00 on an order"));
    // Nine lamps are worth 90.00.
    let nine = Condition::Quantity(Quantity::between(Selector::all(), None, Some(9)));
    assert_eq!(
        dead(rules(tiers().condition(nine)), &lamps(None)),
        second("the rule's condition ends at 9 pieces")
    );
    assert_eq!(dead(rules(tiers()), &lamps(Some(9))), second("all that counts and is in stock is worth 90"));
    let report = rule_of(rules(tiers()), &lamps(Some(9)));
    let drop = Change::DropTier { rule: RuleId::new("tiers"), tier: 2 };
    assert_eq!(report.findings[0].repair, Some(drop.clone()));
    let mended = rule_of(drop.apply(&rules(tiers())), &lamps(Some(9)));
    assert!(matches!(mended.verdict(Promise::EveryRule), Some(Verdict::Proved { .. })), "{mended}");
}

#[test]
fn stock_is_counted_where_the_rule_counts() {
    let five = |sku: &str, shop: &str| {
        let piece = Line::new("", sku, 1, Money::from_minor(1_000)).cost(Money::from_minor(100));
        Product::new(piece.shop(shop)).stock(5)
    };
    let shops = Catalogue::new(Currency::CNY, vec![five("LAMP", "one"), five("MUG", "two")]).unwrap();
    let rules = |per: Per| RuleSet::new(Currency::CNY).rule(tiers().per(per));
    // 100.00 in both shops together, 50.00 in each.
    assert_eq!(dead(rules(Per::Order), &shops), []);
    let shop = "all that counts and is in stock is worth 50".to_owned();
    assert_eq!(dead(rules(Per::Shop), &shops), [(Some(2), shop)]);
}

#[test]
fn a_condition_that_one_product_meets_ends_no_tier_of_an_order() {
    let spend =
        Spend { at_most: Some("99.99".parse().unwrap()), within: Within::AnyLine, ..Spend::default() };
    let rules = RuleSet::new(Currency::CNY).rule(tiers().condition(Condition::Spend(spend)));
    let catalogue =
        Catalogue::new(Currency::CNY, vec![sold("LAMP", 1_000, 100), sold("MUG", 1_000, 100)]).unwrap();
    // Five lamps and five mugs are 100.00, and no product alone is.
    assert_eq!(dead(rules, &catalogue), []);
}

#[test]
fn a_ladder_is_proved_only_with_an_order_for_every_tier() {
    let rules = RuleSet::new(Currency::CNY).rule(tiers());
    let catalogue = lamps(None);
    let report = rule_of(rules.clone(), &catalogue);
    let Some(Verdict::Proved { certificate: Certificate::Examples { orders, tiers } }) =
        report.verdict(Promise::EveryRule).cloned()
    else {
        panic!("{report}")
    };
    let checked = |tiers: BTreeMap<RuleId, Vec<Order>>| {
        let certificate = Certificate::Examples { orders: orders.clone(), tiers };
        check(&rules, &catalogue, &Promises::default(), Promise::EveryRule, &certificate)
    };
    assert_eq!(checked(tiers.clone()), Ok(()));
    let missing = |tier| Err(CheckError::NoTier { rule: "tiers".to_owned(), tier });
    assert_eq!(checked(BTreeMap::new()), missing(1));
    // The order of the first tier, 50.00 in lamps, does not reach the second.
    let first = tiers[&RuleId::new("tiers")][0].clone();
    assert_eq!(checked([(RuleId::new("tiers"), vec![first.clone(), first])].into()), missing(2));
}

#[test]
fn a_rule_behind_one_that_always_comes_first_is_shadowed() {
    let one = |rule: Rule| rule.stacking(Stacking::free().group("one"));
    let tenth = || Benefit::PercentOff(PercentOff::new("10".parse().unwrap()));
    let first = one(Rule::new("a-tenth", "order", tenth()));
    let second =
        one(Rule::new("b-half", "order", Benefit::PercentOff(PercentOff::new("50".parse().unwrap()))));
    let report = rule_of(RuleSet::new(Currency::CNY).rule(first.clone()).rule(second.clone()), &lamps(None));
    let rules: Vec<&str> =
        report.findings.iter().flat_map(|one| &one.rules).map(|rule| rule.as_str()).collect();
    assert_eq!(rules, ["b-half", "a-tenth"]);
    // Where the first one asks for 50.00, less than that is the second one's.
    let spend = Spend::at_least(Selector::all(), "50.00".parse().unwrap());
    let rules = RuleSet::new(Currency::CNY).rule(first.condition(Condition::Spend(spend))).rule(second);
    let report = rule_of(rules, &lamps(None));
    assert!(report.findings.is_empty(), "{report}");
}

/// 9.50 off a pen of 10.00 that costs 9.00, and as much off a lamp of 20.00 that costs 19.00.
#[test]
fn a_promise_that_different_rules_break_has_a_finding_for_each() {
    let off = |sku: &str| {
        let off = AmountOff::once("9.50".parse().unwrap()).target(Selector::sku(sku));
        Rule::new(format!("{sku}-off").to_lowercase(), "order", Benefit::AmountOff(off))
    };
    let rules = RuleSet::new(Currency::CNY).rule(off("PEN")).rule(off("LAMP"));
    let catalogue =
        Catalogue::new(Currency::CNY, vec![sold("PEN", 1_000, 900), sold("LAMP", 2_000, 1_900)]).unwrap();
    let promises = Promises::default().only([Promise::AboveCost]);
    let report =
        audit(&rules, &catalogue, &AuditBounds::default().promises(promises).orders(10_000)).unwrap();
    let mut alone: Vec<&str> = Vec::new();
    for finding in report.findings.iter().filter(|finding| finding.rules.len() == 1) {
        alone.extend(finding.rules.iter().map(|rule| rule.as_str()));
    }
    alone.sort_unstable();
    // The worst order takes both; each alone loses 9.50 - 1.00 as well, but is a part of that.
    assert!(report.findings[0].rules.len() == 2 && report.findings[0].loss == Money::from_minor(1_700));
    assert_eq!(alone, ["lamp-off", "pen-off"]);
}

#[test]
fn watching_changes_nothing_and_tells_of_every_phase() {
    let rules = RuleSet::new(Currency::CNY).rule(tiers());
    let bounds = AuditBounds::default().orders(2_000);
    let mut told = Vec::new();
    let watched = audit_watched(&rules, &lamps(None), &bounds, &mut |progress| told.push(progress)).unwrap();
    assert_eq!(watched, audit(&rules, &lamps(None), &bounds).unwrap());
    assert_eq!(told.iter().filter(|one| matches!(one, Progress::Searching { .. })).count(), 5, "{told:?}");
}

fn percent(id: &str, off: &str) -> Rule {
    Rule::new(id, "order", Benefit::PercentOff(PercentOff::new(off.parse().unwrap())))
}

fn running() -> RuleSet {
    let order = Stage::new("order").basis(Basis::Running);
    RuleSet::new(Currency::CNY).stages([order])
}

fn of(promise: Promise, rules: &RuleSet, promises: Promises) -> AuditReport {
    let bounds = AuditBounds::default().promises(promises.only([promise])).orders(2_000);
    audit(rules, &lamps(None), &bounds).unwrap()
}

#[test]
fn rules_of_equal_rank_that_see_each_other_are_ordered_by_their_names() {
    let off = Benefit::AmountOff(AmountOff::once("5.00".parse().unwrap()));
    let rules = running().rule(percent("half", "50")).rule(Rule::new("five", "order", off));
    let report = of(Promise::EqualRanks, &rules, Promises::default());
    let finding = &report.findings[0];
    // Five off first leaves half of the rest, half first leaves five more: 2.50 apart.
    assert_eq!(finding.loss, Money::from_minor(250));
    let change = finding.repair.clone().unwrap();
    assert_eq!(change.to_string(), "give the rules of stage order ranks of their own, in today's order");
    let mended = of(Promise::EqualRanks, &change.apply(&rules), Promises::default());
    assert!(matches!(mended.verdict(Promise::EqualRanks), Some(Verdict::Proved { .. })), "{mended}");
    let ranks: Vec<i32> = change.apply(&rules).rules.iter().map(|rule| rule.rank).collect();
    // "five" came first by its name, and still does.
    assert_eq!(ranks, [2, 1]);
    // From the stage's start both are computed from 10.00 in either order.
    let rules = RuleSet::new(Currency::CNY).rule(percent("half", "50")).rule(percent("tenth", "10"));
    let report = of(Promise::EqualRanks, &rules, Promises::default());
    assert!(matches!(report.verdict(Promise::EqualRanks), Some(Verdict::Proved { .. })), "{report}");
}

#[test]
fn an_order_that_became_cheaper_is_found_beside_the_rules_before() {
    let before = RuleSet::new(Currency::CNY).rule(percent("campaign", "10"));
    let rules = RuleSet::new(Currency::CNY).rule(percent("campaign", "30"));
    let with = |change: &str| Promises::default().before(before.clone()).change_max(change.parse().unwrap());
    let report = of(Promise::AsBefore, &rules, with("0"));
    let worst = &report.findings[0];
    let pieces = i64::from(worst.worst.witness.orders[0].cart.lines()[0].quantity);
    // A lamp of 10.00 costs 7.00 instead of 9.00.
    assert_eq!(worst.loss, Money::from_minor(200 * pieces));
    let smallest = &worst.smallest;
    assert_eq!(smallest.loss, Money::from_minor(200));
    // With 20.00 allowed it takes the eleventh lamp.
    let allowed = of(Promise::AsBefore, &rules, with("20.00"));
    assert_eq!(allowed.findings[0].smallest.loss, Money::from_minor(2_200));
    // The same rules in other words are proved; other rules that are no cheaper anywhere are not.
    let unnamed = RuleSet::new(Currency::CNY).rule(percent("campaign", "10.0"));
    let report = of(Promise::AsBefore, &unnamed, with("0"));
    assert!(matches!(report.verdict(Promise::AsBefore), Some(Verdict::Proved { .. })), "{report}");
    let dearer = RuleSet::new(Currency::CNY).rule(percent("campaign", "5"));
    let report = of(Promise::AsBefore, &dearer, with("0"));
    assert!(matches!(report.verdict(Promise::AsBefore), Some(Verdict::Unknown { .. })), "{report}");
    assert_eq!(of(Promise::AsBefore, &rules, Promises::default()).answers, []);
    let yen = Promises::default().before(RuleSet::new(Currency::JPY));
    let refused = audit(&rules, &lamps(None), &AuditBounds::default().promises(yen));
    assert_eq!(refused, Err(AuditError::OtherCurrencyBefore { before: Currency::JPY, rules: Currency::CNY }));
}

#[test]
fn however_many_findings_there_are_confirming_them_has_an_end() {
    let mut rules = RuleSet::new(Currency::CNY);
    for number in 0..40 {
        let bowl = Benefit::Gift(Gift::new([GiftOption::free("LAMP")]));
        let spend = Spend::at_least(Selector::all(), format!("{}.00", 50 + number).parse().unwrap());
        let spend = spend.base(Base::List);
        rules = rules
            .rule(Rule::new(format!("bowl-{number}"), "reward", bowl).condition(Condition::Spend(spend)));
    }
    let off = Benefit::AmountOff(AmountOff::once("45.00".parse().unwrap()));
    let rules = rules.rule(Rule::new("off", "order", off));
    let promises = Promises::default().only([Promise::PaidThreshold]);
    let bounds = AuditBounds::default().promises(promises).orders(4_000);
    let report = audit(&rules, &lamps(None), &bounds).unwrap();
    // Every rule is had by an order that pays less than it asks for, and a repair of each would be audited again.
    assert!(report.findings.len() > 20, "{report}");
    assert!(report.reach.orders <= 4_000 && report.reach.confirming <= 3 * 4_000, "{:?}", report.reach);
}

fn above_cost(rules: &RuleSet, products: Vec<Product>) -> AuditReport {
    let promises = Promises::default().only([Promise::AboveCost]);
    let catalogue = Catalogue::new(Currency::CNY, products).unwrap();
    audit(rules, &catalogue, &AuditBounds::default().promises(promises).orders(2_000)).unwrap()
}

#[test]
fn made_up_shoppers_come_at_weekly_hours_and_with_coupons_in_their_wallets() {
    let half = |rule: Rule| RuleSet::new(Currency::CNY).rule(rule);
    let lamp = || vec![sold("LAMP", 1_000, 900)];
    let eight: TimeOfDay = "20:00".parse().unwrap();
    let until: TimeOfDay = "22:00".parse().unwrap();
    let offset = UtcOffset::from_minutes(480).unwrap();
    let wednesdays = Weekly::daily(eight, until, offset).on(Weekday::Wed);
    let weekly = percent("wednesday", "50").condition(Condition::Weekly(wednesdays));
    let report = above_cost(&half(weekly), lamp());
    // A lamp that costs 9.00 for 5.00.
    assert!(report.findings.iter().any(|one| one.loss >= Money::from_minor(400)), "{report}");
    let mut held = percent("held", "50");
    held.coupon = Some(Coupon::wallet());
    let report = above_cost(&half(held), lamp());
    assert!(report.findings.iter().any(|one| one.loss >= Money::from_minor(400)), "{report}");
}

#[test]
fn of_goods_alike_those_are_bought_that_lose_most_in_any_way() {
    let off = AmountOff::once("50.00".parse().unwrap());
    let spend = Spend::at_least(Selector::all(), "100.00".parse().unwrap());
    let rules = RuleSet::new(Currency::CNY)
        .rule(Rule::new("100-50", "order", Benefit::AmountOff(off)).condition(Condition::Spend(spend)));
    // One thin lamp does not reach 100.00, the dearest and the cheapest earn enough; ten of the next are 100.00 and cost 60.00.
    let products = vec![
        sold("A-ONE", 1_000, 700).stock(1),
        sold("B-MANY", 1_000, 600),
        sold("C-CHEAP", 900, 100),
        sold("D-DEAR", 20_000, 100),
        sold("E-COSTLY", 19_000, 800),
    ];
    let report = above_cost(&rules, products);
    assert!(report.findings.iter().any(|one| one.loss >= Money::from_minor(1_000)), "{report}");
    // The first of two with a history has a true one.
    let day = |text: &str| text.parse::<Moment>().unwrap();
    let past = |sku: &str, minor: i64| {
        sold(sku, 1_000, 100).past_price(day("1969-12-20T00:00:00Z"), Money::from_minor(minor))
    };
    let catalogue =
        Catalogue::new(Currency::CNY, vec![past("A-TRUE", 1_000), past("B-RAISED", 500)]).unwrap();
    let promises = Promises::default().only([Promise::RealCut]);
    let bounds = AuditBounds::default().promises(promises).orders(2_000);
    let half = RuleSet::new(Currency::CNY).rule(percent("half", "50"));
    let report = audit(&half, &catalogue, &bounds).unwrap();
    // 10.00 down to 5.00, which is what it cost before.
    assert!(report.findings.iter().any(|one| one.loss >= Money::from_minor(500)), "{report}");
}

#[test]
fn what_all_rules_cost_together_is_held_against_the_exposure_allowed() {
    let once = |id: &str, amount: &str| {
        let off = Benefit::AmountOff(AmountOff::once(amount.parse().unwrap()));
        Rule::new(id, "order", off).limits(RuleLimits::none().uses(10))
    };
    let rules = RuleSet::new(Currency::CNY).rule(once("five", "5.00")).rule(once("four", "4.00"));
    let most = |most: &str| Promises::default().exposure_max(most.parse().unwrap());
    // Ten orders at 5.00 and ten at 4.00: neither is more than 50.00, both are 90.00.
    let report = of(Promise::Exposure, &rules, most("50.00"));
    assert_eq!(report.findings.len(), 1, "{report}");
    assert_eq!(report.findings[0].loss, Money::from_minor(9_000));
    assert_eq!(report.findings[0].rules.len(), 2);
    assert!(report.findings[0].repair.is_some(), "{report}");
    assert_eq!(of(Promise::Exposure, &rules, most("90.00")).findings, []);
}

#[test]
fn a_gift_that_is_given_twice_runs_twice() {
    let gift = |id: &str| Rule::new(id, "reward", Benefit::Gift(Gift::new([GiftOption::free("LAMP")])));
    let rules = RuleSet::new(Currency::CNY).rule(gift("bowl")).rule(gift("bowl-copy"));
    let report = of(Promise::RunsOnce, &rules, Promises::default());
    // A lamp costs 1.00, and one too many is given.
    assert_eq!(report.findings[0].loss, Money::from_minor(100));
}

#[test]
fn no_prize_is_larger_than_the_law_allows() {
    let ticket = |worth: i64| {
        let prize = Prize::new("0.0001".parse().unwrap(), Money::from_minor(worth));
        Catalogue::new(Currency::CNY, vec![sold("TICKET", 1_000, 100).prize(prize)]).unwrap()
    };
    let rules = RuleSet::new(Currency::CNY).rule(percent("half", "50"));
    let verdict = |worth: i64, promises: Promises| {
        let bounds = AuditBounds::default().promises(promises.only([Promise::PrizeCeiling])).orders(500);
        audit(&rules, &ticket(worth), &bounds).unwrap()
    };
    // 50,000 yuan, and a fen more.
    let lawful = verdict(5_000_000, Promises::default());
    assert!(matches!(lawful.verdict(Promise::PrizeCeiling), Some(Verdict::Proved { .. })), "{lawful}");
    let found = verdict(5_000_001, Promises::default());
    assert_eq!(found.findings[0].loss, Money::from_minor(1));
    let own = verdict(100_001, Promises::default().prize_max("1000".parse().unwrap()));
    assert_eq!(own.findings[0].loss, Money::from_minor(1));
}
