//! Gifts, steps, shipping, bearers, codes, hours, and the way from items to lines.

use super::*;
use crate::record::{CodeStatus, On};
use crate::rules::{
    Base, Every, Gift, GiftOption, Per, RuleLimits, Shipping, ShippingOff, SpendTier, SpendTiers, Step,
    TierOff, Times, UnitLimit, Weekly,
};
use crate::shop::Weekday;
use crate::testkit::oracle::World;
use crate::testkit::oracle::conditions::Place;
use crate::testkit::oracle::selectors::Part;
use crate::testkit::oracle::state::State;

#[test]
fn gifts_follow_the_shopper_then_the_list_and_cost_only_their_price() {
    let options = || {
        [GiftOption::free("TOY"), GiftOption::free("PEN").quantity(2), GiftOption::add_on("CUP", yuan("9"))]
    };
    let gift = Gift::new(options()).choose(2).every(Step::Spend(yuan("10")), Times::Max(2));
    let set = rules([Rule::new("gift", "reward", Benefit::Gift(gift)).limits(RuleLimits::none().units(5))]);
    let lines = cart(vec![line("A", 3, 1_000)]);
    let seen = |context: &Context| {
        let quote = price(&set, &lines, context, &Usage::default());
        let gifts = quote.gifts.iter().map(|gift| (gift.sku.to_string(), gift.status, gift.quantity));
        (gifts.collect::<Vec<_>>(), quote.add_ons, quote.payable)
    };
    // 30 / 10 = 3 steps, two of which count: 2 toys, and of 4 pens the 3 that the limit of 5 leaves.
    let plain =
        [("TOY".to_owned(), "given", 2), ("PEN".to_owned(), "given", 3), ("CUP".to_owned(), "offered", 2)];
    assert_eq!(seen(&Context::default()), (plain.to_vec(), 0, 3_000));
    let picked = [("CUP".to_owned(), "taken", 2), ("TOY".to_owned(), "given", 2)];
    assert_eq!(seen(&Context::default().gift("CUP")), (picked.to_vec(), 1_800, 4_800));
}

#[test]
fn steps_and_tiers_count_what_their_qualifier_names() {
    let every = Every::new(Step::Quantity(2), yuan("1"), Times::Max(2))
        .qualifier(Selector::sku("B"))
        .target(Selector::sku("A"));
    let tiers = [("10", "1"), ("20", "3")]
        .map(|(at, amount)| SpendTier { at: yuan(at), off: TierOff::Amount(yuan(amount)) });
    let tiers = SpendTiers::new(tiers).qualifier(Selector::sku("B"));
    let set = rules([
        Rule::new("1", "item", Benefit::Every(every)),
        Rule::new("2", "order", Benefit::SpendTiers(tiers)),
    ]);
    let quote = quote(&set, &cart(vec![line("A", 1, 1_000), line("B", 5, 300)]));
    // Five of B are two steps; B is worth 15, which reaches the first tier.
    assert_eq!((given(&quote, "1"), given(&quote, "2")), ((200, 200), (100, 100)));
}

#[test]
fn shops_and_lines_are_looked_at_apart() {
    let lines = || {
        vec![line("A", 1, 1_000).shop("s1"), line("B", 1, 1_500).shop("s1"), line("C", 1, 2_000).shop("s2")]
    };
    let per = |per| rules([Rule::new("r", "order", once("4")).condition(spend("16")).per(per)]);
    // Shop 1 has 25, shop 2 has 20; of the lines only C reaches 16.
    assert_eq!(quote(&per(Per::Order), &cart(lines())).payable, 4_500 - 400);
    assert_eq!(quote(&per(Per::Shop), &cart(lines())).payable, 4_500 - 800);
    assert_eq!(payables(&quote(&per(Per::Line), &cart(lines()))), [1_000, 1_500, 1_600]);
}

#[test]
fn shipping_rules_touch_fees_only_and_goods_rules_only_when_told() {
    let lines = || vec![line("A", 1, 1_000)];
    let free =
        rules([Rule::new("r", "shipping", Benefit::Shipping(Shipping::new(ShippingOff::Price(yuan("5")))))]);
    let fee = quote(&free, &cart_with_fee(lines(), 800));
    assert_eq!((fee.goods, fee.shipping), (1_000, 500));
    assert_eq!(fee.rules[0].adjustments[0].on, On::Charge(0));
    let both = Benefit::PercentOff(PercentOff::new(percent("50")).with_shipping());
    let half = quote(&rules([Rule::new("r", "order", both)]), &cart_with_fee(lines(), 800));
    assert_eq!((half.goods, half.shipping), (500, 400));
}

#[test]
fn an_adjustment_is_shared_by_its_bearers_to_the_cent() {
    let rule = Rule::new("r", "order", once("0.10"))
        .funded_by("brand", percent("33.3333"))
        .funded_by("platform", percent("33.3333"))
        .funded_by("shop", percent("33.3334"));
    let quote = quote(&rules([rule]), &cart(vec![line("A", 1, 100)]));
    // Of 10, 3.33 are 3; of the 7 left, 33.3333 of 66.6667 parts are 3.49998, so 3; the last one pays the rest.
    let shares: Vec<i128> = quote.rules[0].adjustments[0].shares.values().copied().collect();
    assert_eq!(shares, [3, 3, 4]);
}

#[test]
fn codes_count_in_any_spelling_and_once() {
    let set = rules([
        Rule::new("r", "coupon", once("1")).codes(["SAVE-1"]),
        Rule::new("s", "coupon", once("2")).codes(["BIG"]).condition(spend("100")),
    ]);
    let context =
        ["save1", "SAVE 1", "big", "who", "gr_sse"].into_iter().fold(Context::default(), Context::code);
    let quote = price(&set, &cart(vec![line("A", 1, 1_000)]), &context, &Usage::default());
    assert_eq!(quote.payable, 900);
    let seen: Vec<_> = quote.codes.iter().map(|of| (of.code.as_str(), of.status, of.rule.as_str())).collect();
    // By folded form, those that have none first; of two spellings the first as typed counts.
    let expected = [
        ("gr_sse", CodeStatus::Unknown, ""),
        ("big", CodeStatus::NoEffect, "s"),
        ("SAVE 1", CodeStatus::Applied, "r"),
        ("save1", CodeStatus::Repeated, ""),
        ("who", CodeStatus::Unknown, ""),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn windows_over_midnight_belong_to_the_day_they_start_on() {
    let night = Weekly::daily("22:00".parse().unwrap(), "02:00".parse().unwrap(), "+08:00".parse().unwrap());
    let saturday = Condition::Weekly(night.on(Weekday::Sat));
    let holds = |now: &str| {
        let (set, lines) = (rules([]), cart(vec![line("A", 1, 1)]));
        let (context, usage) = (Context::new(now.parse().unwrap()), Usage::default());
        let world = World { rules: &set, cart: &lines, context: &context, usage: &usage };
        let state = State::new(&world);
        world.holds(&saturday, Place { state: &state, part: Part::Order, default: &Base::Entry })
    };
    // 14 November 2026 is a Saturday.
    assert!(holds("2026-11-14T22:00:00+08:00") && holds("2026-11-15T01:59:00+08:00"));
    assert!(!holds("2026-11-15T02:00:00+08:00") && !holds("2026-11-15T22:00:00+08:00"));
    assert!(holds("2026-11-14T17:30:00Z"));
}

#[test]
fn lines_of_one_item_explain_their_own_share() {
    // Two rules on an item in two lines: 5.00 off the last unit, then half of everything.
    let dear = AmountOff::per_unit(yuan("5")).limit(UnitLimit::Dearest(1));
    let set = rules([Rule::new("1", "item", Benefit::AmountOff(dear)), Rule::new("2", "order", off("50"))]);
    let two = |id: &str, units| Line::new(id, "A", units, Money::from_minor(1_000));
    let quote = quote(&set, &cart(vec![two("x", 1), two("y", 2)]));
    // Units 1000, 1000, 500; halved 500, 500, 250.
    assert_eq!(
        quote.lines.iter().map(|line| line.units.clone()).collect::<Vec<_>>(),
        [vec![500], vec![500, 250]]
    );
    // To explain: 500 and 1250. The first rule's 500 go 143 : 357 (500 * 500/1750 = 142.9), the rest is the second's.
    let shares = |rule: usize| quote.rules[rule].adjustments.iter().map(|by| by.granted).collect::<Vec<_>>();
    assert_eq!((shares(0), shares(1)), (vec![143, 357], vec![357, 893]));
}
