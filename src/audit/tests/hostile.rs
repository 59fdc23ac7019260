//! Rule files made to take long: thousands of rules that each look at each other. Whatever the rules, the work is counted and
//! ends.

use super::*;
use crate::rules::{Every, Given, Grant, Select, Step, Times, Window};

const RULES: usize = 2_000;
const ORDERS: u64 = 200;

fn goods() -> Catalogue {
    let product = |at: i64| sold(&format!("P-{at}"), 100 + at * 7, 50 + at * 5);
    Catalogue::new(Currency::CNY, (0..200).map(product).collect()).unwrap()
}

fn minor(amount: usize) -> crate::money::Amount {
    format!("{}.{:02}", amount / 100, amount % 100).parse().unwrap()
}

fn goods_of(number: usize) -> Selector {
    Selector::sku(format!("P-{}", number % 200))
}

/// What is looked at in every pair: windows, ties, exclusions, tiers, caps, shadows, coupons for later.
fn all_kinds(number: usize) -> Rule {
    let (stage, id) = (["goods", "order", "coupon"][number % 3], format!("rule-{number}"));
    let tier =
        |at: usize| SpendTier { at: minor(at * 100 + number), off: TierOff::Amount(minor(at + number)) };
    let benefit = match number % 5 {
        0 => {
            Benefit::SpendTiers(SpendTiers::new((1..8).map(|step| tier(step * 10))).target(goods_of(number)))
        }
        1 => Benefit::PercentOff(PercentOff::new("10".parse().unwrap()).target(goods_of(number))),
        2 => Benefit::AmountOff(AmountOff::once(minor(1 + number)).target(goods_of(number / 7))),
        3 => Benefit::Every(Every::new(Step::Spend(minor(500 + number)), minor(1 + number), Times::Uncapped)),
        _ => Benefit::Grant(Grant::new(Given::Coupon(format!("rule-{}", number / 2).as_str().into()))),
    };
    let day = |from: usize| Moment::from_unix_ms(i64::try_from(from).unwrap() * 1_000);
    let window = Window::new(day(number * 60), day(number * 60 + 1_800));
    let spend = Spend::at_least(goods_of(number), minor(1_000 + number));
    let condition = Condition::All(vec![Condition::Window(window), Condition::Spend(spend)]);
    let stacking = Stacking::free().excludes_tag(format!("tag-{}", number % 50));
    let stage = if matches!(benefit, Benefit::Grant(_)) { "reward" } else { stage };
    let rule = Rule::new(id, stage, benefit).condition(condition).stacking(stacking);
    let rule = rule.tag(format!("tag-{}", (number * 7) % 50));
    match number % 5 {
        1..=3 => rule.cap(minor(5 + number % 90)),
        _ => rule,
    }
}

/// Half of everything, three thousand times over: each rule is behind all before it.
fn all_alike(number: usize) -> Rule {
    let spend = Spend::at_least(Selector::all(), minor(100 + number));
    let off = Benefit::AmountOff(AmountOff::once(minor(1 + number)).target(Selector::all()));
    let rule = Rule::new(format!("rule-{number}"), "order", off).condition(Condition::Spend(spend));
    rule.stacking(Stacking::free().excludes_tag("all")).tag("all")
}

#[test]
fn thousands_of_rules_that_look_at_each_other_take_no_more_work_than_there_is_for_them() {
    let stages = || {
        let basis = |id| Stage::new(id).basis(Basis::Entry);
        [basis("goods"), basis("order"), Stage::new("coupon").select(Select::Best), basis("reward")]
    };
    for kind in [all_kinds as fn(usize) -> Rule, all_alike] {
        let rules = (0..RULES).map(kind).fold(RuleSet::new(Currency::CNY).stages(stages()), RuleSet::rule);
        let bounds = AuditBounds::default().orders(ORDERS).nodes(20);
        let report = audit(&rules, &goods(), &bounds).unwrap();
        let reach = &report.reach;
        assert!(reach.orders <= ORDERS, "{reach:?}");
        assert!(reach.confirming <= 3 * ORDERS, "{reach:?}");
        assert!(reach.proving <= ORDERS / 4, "{reach:?}");
        assert!(reach.steps <= 200 * ORDERS, "{reach:?}");
        // So little work shows little, and it says so.
        assert_eq!(reach.searched, StopReason::OutOfOrders);
        let unknown = |answer: &&Answer| matches!(answer.verdict, Verdict::Unknown { .. });
        assert!(report.answers.iter().filter(unknown).count() > 5, "{report}");
    }
}
