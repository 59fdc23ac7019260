//! Rule files made to take long: thousands of rules that each look at each other. Whatever the rules, the work is counted and
//! ends.

use super::*;
use crate::rules::{AttributeTest, Every, Given, Grant, Select, Step, Times, Window};
use crate::shop::AttributeValue;

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

/// A cent off everything, two thousand times over: whatever is bought, all of them apply.
fn all_apply(number: usize) -> Rule {
    let off = Benefit::AmountOff(AmountOff::once(minor(1)).target(Selector::all()));
    Rule::new(format!("rule-{number}"), "order", off)
}

#[test]
fn thousands_of_rules_that_look_at_each_other_take_no_more_work_than_there_is_for_them() {
    let stages = || {
        let basis = |id| Stage::new(id).basis(Basis::Entry);
        [basis("goods"), basis("order"), Stage::new("coupon").select(Select::Best), basis("reward")]
    };
    // So little work shows little of rules that look at each other; of plain ones much is shown without any.
    for (kind, unknown_least) in [(all_kinds as fn(usize) -> Rule, 6), (all_alike, 6), (all_apply, 1)] {
        let rules = (0..RULES).map(kind).fold(RuleSet::new(Currency::CNY).stages(stages()), RuleSet::rule);
        let bounds = AuditBounds::default().orders(ORDERS).nodes(20);
        let report = audit(&rules, &goods(), &bounds).unwrap();
        let reach = &report.reach;
        assert!(reach.orders <= ORDERS, "{reach:?}");
        assert!(reach.confirming <= 3 * ORDERS, "{reach:?}");
        assert!(reach.proving <= ORDERS / 4, "{reach:?}");
        assert!(reach.steps <= 200 * ORDERS, "{reach:?}");
        // And it says so.
        assert_eq!(reach.searched, StopReason::OutOfOrders);
        let unknown = |answer: &&Answer| matches!(answer.verdict, Verdict::Unknown { .. });
        assert!(report.answers.iter().filter(unknown).count() >= unknown_least, "{reach:?}");
    }
}

#[test]
fn an_order_that_thousands_of_rules_apply_to_counts_as_several() {
    let counted = |rules: usize| {
        let all = (0..rules).map(all_apply).fold(RuleSet::new(Currency::CNY), RuleSet::rule);
        let (catalogue, bounds) = (goods(), AuditBounds::default());
        let thresholds = bounds.promises.thresholds(Currency::CNY).unwrap();
        let world = World::new(&all, &catalogue, thresholds).unwrap();
        let (market, mut unwatched) = (Market::new(&all, &catalogue), |_| {});
        let mut search = Search::new(&world, &market, &[], &bounds, &mut unwatched);
        search.look(&basket::Basket::of(0, [].into(), [(0, 1)])).unwrap();
        search.settle();
        bounds.orders - search.orders_left
    };
    assert_eq!(counted(10), 1);
    // Each rule is looked at, and tested on the one run of units.
    let least = u64::try_from(RULES).unwrap() * 3 / steps::EFFORT_PER_ORDER;
    assert!(counted(RULES) > 1 + least, "{}", counted(RULES));
}

#[test]
fn a_breach_of_thousands_of_rules_has_no_millions_of_repairs() {
    let all = (0..RULES).map(all_apply).fold(RuleSet::new(Currency::CNY), RuleSet::rule);
    let catalogue = goods();
    let thresholds = AuditBounds::default().promises.thresholds(Currency::CNY).unwrap();
    let world = World::new(&all, &catalogue, thresholds).unwrap();
    let ids: Vec<_> = all.rules.iter().map(|rule| rule.id.clone()).collect();
    for promise in [Promise::AboveCost, Promise::AddItem] {
        let check = Check { promise, subject: Vec::new(), tier: None };
        let changes = mends::candidates(&world, &check, &ids, 100);
        // Any two of some go apart, or any one goes.
        assert!((RULES..2 * RULES).contains(&changes.len()), "{}", changes.len());
    }
}

#[test]
fn products_are_parted_as_if_every_selector_were_asked_of_each() {
    let product = |at: usize| {
        let piece = Line::new("", format!("P-{at}"), 1, Money::from_minor(100));
        let piece = piece.category(["food", "food/wine", "home"][at % 3]).tag(["new", "old"][at % 2]);
        Product::new(piece.shop(["one", "two"][at / 6 % 2]))
    };
    let catalogue = Catalogue::new(Currency::CNY, (0..60).map(product).collect()).unwrap();
    let dear = crate::rules::PriceRange::between(Some(minor(1)), None);
    let selectors = [
        Selector::all(),
        Selector::skus(["P-1", "P-9", "P-10", "nowhere"]),
        Selector::category("food"),
        Selector::category("food/wine").except(Selector::skus(["P-4"])),
        Selector::tag("new").any([Selector::sku("P-2"), Selector::category("home")]),
        Selector::shop("two").unit_price(dear),
        Selector::all().any([Selector::sku("P-30"), Selector::tag("old")]),
        Selector::sku("P-12").any([Selector::all()]),
    ];
    let asked: Vec<&Selector> = selectors.iter().collect();
    let count = catalogue.products().len();
    let found = kinds::kinds(vec![0; count], &catalogue, &asked);
    let mut parted: std::collections::BTreeMap<Vec<Option<bool>>, Vec<usize>> = Default::default();
    for (at, product) in catalogue.products().iter().enumerate() {
        let says = selectors.iter().map(|of| of.takes(&product.piece)).collect();
        parted.entry(says).or_default().push(at);
    }
    let sorted = |mut list: Vec<Vec<usize>>| {
        list.sort();
        list
    };
    assert!(parted.len() > 8);
    assert_eq!(sorted(found.list), sorted(parted.clone().into_values().collect()));
    // The checker finds the same by itself.
    let rules = selectors.iter().cloned().enumerate().map(|(at, target)| {
        let off = PercentOff::new("1".parse().unwrap()).target(target);
        Rule::new(format!("rule-{at}"), "order", Benefit::PercentOff(off))
    });
    let rules = rules.fold(RuleSet::new(Currency::CNY), RuleSet::rule);
    let shop = |at: &usize| &catalogue.products()[*at].piece.shop;
    let of_shops = |kind: &[usize]| kind.iter().map(shop).collect::<std::collections::BTreeSet<_>>();
    let apart: usize = parted.values().map(|kind| of_shops(kind).len()).sum();
    // It tells shops apart besides.
    assert_eq!(crate::audit::check::classes(&rules, &catalogue), apart);
    assert_eq!(market::Market::new(&rules, &catalogue).classes.len(), apart);
}

/// So many rules for half of the products each, by their tag and thirty facts; no two products have both but one pair.
fn particular(rules: usize) -> RuleSet {
    let rule = |number: usize| {
        let few = Selector::tag(format!("tag-{}", number % 2));
        let few = (0..FACTS).fold(few, |of, at| of.attribute(AttributeTest::present(format!("fact-{at}"))));
        let target = few.any([Selector::tag(format!("none-{number}")), Selector::tag("few")]);
        let off = PercentOff::new("10".parse().unwrap()).target(target);
        let rule = Rule::new(format!("rule-{number}"), "order", Benefit::PercentOff(off));
        rule.stacking(Stacking::free().group("one"))
    };
    (0..rules).map(rule).fold(RuleSet::new(Currency::CNY), RuleSet::rule)
}

const FACTS: usize = 30;
const PARTICULAR: usize = 10_000;

#[test]
fn prover_and_checker_stop_telling_products_apart_at_the_same_count() {
    let product = |at: usize| {
        let piece =
            Line::new("", format!("P-{at}"), 1, Money::from_minor(1_000)).cost(Money::from_minor(500));
        let piece = piece.tag(format!("tag-{}", at % 2));
        // The first two have all the facts.
        if at > 1 {
            return Product::new(piece);
        }
        let facts = (0..FACTS)
            .fold(piece, |piece, at| piece.attribute(format!("fact-{at}"), AttributeValue::Number(1)));
        Product::new(facts.tag("few"))
    };
    let catalogue = Catalogue::new(Currency::CNY, (0..PARTICULAR).map(product).collect()).unwrap();
    // Half the products are looked at for each, by the selector, its facts, and two selectors inside.
    let each = PARTICULAR / 2 * (1 + FACTS + 2);
    let most = crate::bounds::CLASS_LOOKS_MAX / each;
    let classes = |rules: usize| {
        let rules = particular(rules);
        (
            market::Market::new(&rules, &catalogue).classes.len(),
            crate::audit::check::classes(&rules, &catalogue),
        )
    };
    // The two by themselves, and all others together; or each by itself.
    assert_eq!(classes(most), (3, 3));
    assert_eq!(classes(most + 1), (PARTICULAR, PARTICULAR));
    let rules = particular(most);
    let promises = Promises::default().only([Promise::AboveCost]);
    let bounds = AuditBounds::default().promises(promises.clone()).orders(2);
    let report = audit(&rules, &catalogue, &bounds).unwrap();
    let Some(Verdict::Proved { certificate }) = report.verdict(Promise::AboveCost) else {
        panic!("{report}")
    };
    assert!(matches!(certificate, Certificate::Bound { .. }));
    assert_eq!(check(&rules, &catalogue, &promises, Promise::AboveCost, certificate), Ok(()));
}

#[test]
fn a_product_that_a_selector_names_by_many_tags_is_looked_at_for_each() {
    const TAGS: usize = 32;
    let tags = || (0..TAGS).map(|tag| format!("tag-{tag}"));
    let product = |at: usize| {
        let piece = Line::new("", format!("P-{at}"), 1, Money::from_minor(1_000));
        Product::new(tags().fold(piece, |piece, tag| piece.tag(tag)))
    };
    let catalogue = Catalogue::new(Currency::CNY, (0..PARTICULAR).map(product).collect()).unwrap();
    let rule = |number: usize| {
        let named = tags().chain([format!("none-{number}")]);
        let target = Selector { tags: named.map(crate::shop::Tag::new).collect(), ..Selector::default() };
        let off = PercentOff::new("10".parse().unwrap()).target(target);
        Rule::new(format!("rule-{number}"), "order", Benefit::PercentOff(off))
    };
    let classes = |rules: usize| {
        let rules = (0..rules).map(rule).fold(RuleSet::new(Currency::CNY), RuleSet::rule);
        (
            market::Market::new(&rules, &catalogue).classes.len(),
            crate::audit::check::classes(&rules, &catalogue),
        )
    };
    // Every product is named by all the tags.
    let most = crate::bounds::CLASS_LOOKS_MAX / (PARTICULAR * TAGS);
    assert_eq!(classes(most), (1, 1));
    assert_eq!(classes(most + 1), (PARTICULAR, PARTICULAR));
}
