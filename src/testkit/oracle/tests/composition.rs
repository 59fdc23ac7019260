//! What rules come to together: classes A4 to A21, and the layers of a marketplace waterfall.

use super::*;
use crate::rules::{
    Basis, BuyGet, GroupOff, NFor, NthUnit, Pick, Pool, Quantity, Select, Stage, UnitLimit, UnitOff,
};

#[test]
fn percentages_past_a_hundred_end_at_zero_in_parallel_and_multiply_in_a_cascade() {
    let three = |stages: [&str; 3]| {
        let [a, b, c] = stages;
        [("1-member", a, "40"), ("2-flash", b, "35"), ("3-coupon", c, "30")]
            .map(|(id, stage, rate)| Rule::new(id, stage, off(rate)))
    };
    let cart = cart(vec![line("TV", 1, 10_000)]);
    let parallel = quote(&rules(three(["order", "order", "order"])), &cart);
    // 40 + 35 leave 25 of 100; the coupon asks 30 and gets 25.
    assert_eq!(parallel.payable, 0);
    assert_eq!(given(&parallel, "3-coupon"), (3_000, 2_500));
    let cascade = quote(&rules(three(["item", "order", "coupon"])), &cart);
    // 100.00 * 0.60 = 60.00; * 0.65 = 39.00; * 0.70 = 27.30.
    assert_eq!(cascade.payable, 2_730);
}

#[test]
fn an_amount_never_takes_more_than_is_left() {
    // List 100, promotion 60; half of the list price, 50, finds only 40 left.
    let both =
        rules([Rule::new("promotion", "order", once("60")), Rule::new("points", "points", once("50"))]);
    let quote = quote(&both, &cart(vec![line("TV", 1, 10_000)]));
    assert_eq!(quote.payable, 0);
    assert_eq!(given(&quote, "points"), (5_000, 4_000));
}

#[test]
fn an_amount_stays_within_its_own_lines() {
    let snacks = Selector::category("snacks");
    let rule = Rule::new(
        "two-less-50",
        "order",
        Benefit::AmountOff(AmountOff::once(yuan("50")).target(snacks.clone())),
    )
    .condition(Condition::Quantity(Quantity::at_least(snacks, 2)));
    let cart = cart(vec![line("CHIPS", 2, 1_000).category("snacks/salty"), line("KETTLE", 1, 10_000)]);
    let quote = quote(&rules([rule]), &cart);
    // The snacks cost 20; 30 of the 50 are unused, and the kettle keeps its price.
    assert_eq!(payables(&quote), [0, 10_000]);
    assert_eq!(given(&quote, "two-less-50"), (5_000, 2_000));
}

#[test]
fn an_excluded_category_takes_its_children_along() {
    let target = Selector::all().except(Selector::category("alcohol"));
    let rule =
        Rule::new("fifth-off", "order", Benefit::PercentOff(PercentOff::new(percent("20")).target(target)));
    let cart = cart(vec![
        line("WINE", 1, 50_000).category("alcohol/wine"),
        line("GLASS", 1, 1_000).category("alcoholic"),
    ]);
    // 20 % of the glass only: 1000 - 200. "alcoholic" is another place than "alcohol".
    assert_eq!(payables(&quote(&rules([rule]), &cart)), [800, 50_000]);
}

#[test]
fn a_sku_is_matched_whole() {
    let target = Selector::skus(["1024", "2048"]);
    let rule =
        Rule::new("fifth-off", "order", Benefit::PercentOff(PercentOff::new(percent("20")).target(target)));
    let cart = cart(vec![line("24", 1, 30_000)]);
    assert_eq!(quote(&rules([rule]), &cart).payable, 30_000);
}

#[test]
fn a_coupon_does_not_pay_freight() {
    let quote = quote(
        &rules([Rule::new("coupon", "coupon", once("20"))]),
        &cart_with_fee(vec![line("PEN", 1, 1_000)], 800),
    );
    assert_eq!((quote.goods, quote.shipping, quote.payable), (0, 800, 800));
}

#[test]
fn a_unit_does_not_qualify_for_itself() {
    let all = || Pool::new(1, Selector::all());
    let free = BuyGet::new(all(), all(), UnitOff::Percent(percent("100")));
    let set = rules([Rule::new("one-for-one", "item", Benefit::BuyGet(free))]);
    // One unit pays 100, two pay for one, three pay for two: the third has no qualifier.
    for (units, paid) in [(1, 10_000), (2, 10_000), (3, 20_000), (4, 20_000)] {
        assert_eq!(quote(&set, &cart(vec![line("TEA", units, 10_000)])).payable, paid, "{units} units");
    }
}

#[test]
fn any_three_for_a_sum_does_as_it_is_told_and_stops_at_the_floor() {
    let set =
        rules([Rule::new("99-for-3", "item", Benefit::NFor(NFor::new(3, GroupOff::Price(yuan("99")))))]);
    assert_eq!(quote(&set, &cart(vec![line("POT", 3, 39_900)])).payable, 9_900);
    let floored = line("POT", 3, 39_900).floor_price(Money::from_minor(25_000));
    let quote = quote(&set, &cart(vec![floored]));
    // 1197 - 99 = 1098 asked; 3 * (399 - 250) = 447 granted.
    assert_eq!(given(&quote, "99-for-3"), (109_800, 44_700));
}

#[test]
fn the_second_unit_is_the_cheaper_one_whatever_the_order_of_rows() {
    let half = NthUnit::new(2, UnitOff::Percent(percent("50")));
    let set = rules([Rule::new("second-half", "item", Benefit::NthUnit(half))]);
    let rows = [line("A-PEN", 1, 1_000), line("B-BAG", 1, 20_000)];
    for rows in [rows.to_vec(), rows.iter().rev().cloned().collect()] {
        // 10 + 200 - 10/2.
        assert_eq!(quote(&set, &cart(rows)).payable, 20_500);
    }
}

#[test]
fn one_unit_per_order_is_one_however_the_rows_are_split() {
    let one = PercentOff::new(percent("50")).limit(UnitLimit::Cheapest(1));
    let set = rules([Rule::new("one-half", "item", Benefit::PercentOff(one))]);
    let row = |id: &str, units| Line::new(id, "BAG", units, Money::from_minor(20_000));
    let split = vec![row("1", 2), row("2", 2), row("3", 2)];
    // 6 * 200 - 100, in three rows and in one.
    let in_three = quote(&set, &cart(split));
    assert_eq!(in_three.payable, 110_000);
    assert_eq!(quote(&set, &cart(vec![row("1", 6)])).payable, 110_000);
    // The last unit of all is the discounted one, so it stands in the last row.
    assert_eq!(payables(&in_three), [40_000, 40_000, 30_000]);
    let [adjustment] = &in_three.rules[0].adjustments[..] else {
        panic!("one row is discounted");
    };
    assert_eq!((adjustment.units, adjustment.asked, adjustment.granted), (1, 10_000, 10_000));
}

#[test]
fn parallel_thresholds_are_clamped_to_what_is_left() {
    let set = rules([
        Rule::new("1-shop", "order", once("380")).condition(spend("400")),
        Rule::new("2-cross-shop", "order", once("50")).condition(spend("400")),
    ]);
    let alone = quote(&set, &cart(vec![line("COAT", 1, 40_000)]));
    assert_eq!(alone.payable, 0);
    assert_eq!((given(&alone, "1-shop"), given(&alone, "2-cross-shop")), ((38_000, 38_000), (5_000, 2_000)));
}

#[test]
fn the_clamped_excess_is_lost_and_not_moved_to_other_lines() {
    // The shop rule is for the coat only; the other one is split 400 : 100 over both, 40 and 10, and the coat can give 20.
    let coat = AmountOff::once(yuan("380")).target(Selector::sku("COAT"));
    let set = rules([
        Rule::new("1-shop", "order", Benefit::AmountOff(coat)),
        Rule::new("2-cross-shop", "order", once("50")).condition(spend("400")),
    ]);
    let quote = quote(&set, &cart(vec![line("COAT", 1, 40_000), line("HAT", 1, 10_000)]));
    assert_eq!(payables(&quote), [0, 9_000]);
    assert_eq!(given(&quote, "2-cross-shop"), (5_000, 3_000));
}

#[test]
fn a_cascade_sees_what_the_layer_before_left() {
    // Shop 200 - 50 over A 100 + B 200, platform 200 - 100 and a voucher of 150 over all three.
    let shop = AmountOff::once(yuan("50")).target(Selector::shop("s1"));
    let set = rules([
        Rule::new("shop", "order", Benefit::AmountOff(shop)).condition(spend("200")),
        Rule::new("platform", "coupon", once("100")).condition(spend("200")),
        Rule::new("voucher", "points", once("150")),
    ]);
    let lines = vec![
        line("A", 1, 10_000).shop("s1"),
        line("B", 1, 20_000).shop("s1"),
        line("C", 1, 30_000).shop("s2"),
    ];
    let quote = quote(&set, &cart(lines));
    // Shop: 1667, 3333 off. Platform, over 8333, 16667, 30000 (55000): prefixes 1515.1 and 4545.5, so 1515, 3030, 5455
    // off. Voucher, over 6818, 13637, 24545 (45000): prefixes 2272.7 and 6818.3, so 2273, 4545, 8182 off.
    assert_eq!(payables(&quote), [6_818 - 2_273, 13_637 - 4_545, 24_545 - 8_182]);
    assert_eq!(quote.payable, 30_000);
}

#[test]
fn under_entry_all_see_the_start_and_under_running_each_sees_the_one_before() {
    let two = |basis| {
        rules([Rule::new("1", "order", off("50")), Rule::new("2", "order", off("50"))])
            .stages([Stage::new("order").basis(basis)])
    };
    let cart = cart(vec![line("TV", 1, 10_000)]);
    assert_eq!(quote(&two(Basis::Entry), &cart).payable, 0);
    // Half of a half is left.
    assert_eq!(quote(&two(Basis::Running), &cart).payable, 2_500);
}

#[test]
fn each_select_has_its_own_winner() {
    // On tea 100: "a" gives 30, "b" 25 and "c" 20; on mugs 100: "a" nothing, "b" 10 and "c" 20. "c" gives most in all.
    let each = |id: &str, sku: &str, amount: &str| {
        let off = AmountOff::per_unit(yuan(amount)).target(Selector::sku(sku));
        Rule::new(id, "s", Benefit::AmountOff(off))
    };
    let select = |select| {
        rules([
            each("a-tea", "TEA", "30"),
            each("b-tea", "TEA", "25"),
            each("b-mug", "MUG", "10"),
            Rule::new("c", "s", off("20")),
        ])
        .stages([Stage::new("s").select(select)])
    };
    let cart = cart(vec![line("MUG", 1, 10_000), line("TEA", 1, 10_000)]);
    let paid = |how| payables(&quote(&select(how), &cart));
    assert_eq!(paid(Select::First), [10_000, 7_000]);
    assert_eq!(paid(Select::Best), [8_000, 8_000]);
    assert_eq!(paid(Select::BestPerLine), [8_000, 7_000]);
    assert_eq!(paid(Select::BestPerUnit), [8_000, 7_000]);
    // All: tea 30 + 25 + 20, mugs 10 + 20.
    assert_eq!(paid(Select::All), [7_000, 2_500]);
}

#[test]
fn pick_decides_which_units_are_free() {
    let all = || Pool::new(1, Selector::all());
    let dearest = BuyGet::new(all(), all(), UnitOff::Percent(percent("100"))).pick(Pick::Dearest);
    let set = rules([Rule::new("one-for-one", "item", Benefit::BuyGet(dearest))]);
    let cart = cart(vec![line("BAG", 1, 20_000), line("PEN", 1, 1_000)]);
    assert_eq!(payables(&quote(&set, &cart)), [0, 1_000]);
}
