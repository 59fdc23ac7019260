//! Classes B1 to B5: one exact rounding, then a split that adds up.

use super::*;
use crate::money::{RoundMode, Rounding, RoundingPer};
use crate::rules::{Caps, RuleLimits};

#[test]
fn the_ratio_is_never_rounded() {
    // 197 * 0.51 = 100.47; 20 off leaves 80.47, although 0.51 / 100.47 is about 0.01.
    let set = rules([Rule::new("100-less-20", "order", once("20")).condition(spend("100"))]);
    let quote = quote(&set, &cart(vec![line("NUT", 197, 51)]));
    assert_eq!(given(&quote, "100-less-20"), (2_000, 2_000));
    assert_eq!(quote.payable, 10_047 - 2_000);
}

#[test]
fn one_cent_below_the_threshold_is_below_it() {
    let set = rules([Rule::new("100-less-20", "order", once("20")).condition(spend("100"))]);
    for (price, paid) in [(9_901, 9_901), (9_999, 9_999), (10_000, 8_000)] {
        assert_eq!(quote(&set, &cart(vec![line("TEA", 1, price)])).payable, paid);
    }
}

#[test]
fn a_percentage_is_rounded_once_for_the_order() {
    // 1 % of 1,000 * 0.10 is 1.00.
    let rule = || Rule::new("one-percent", "order", off("1"));
    let cart = cart(vec![line("NUT", 1_000, 10)]);
    assert_eq!(quote(&rules([rule()]), &cart).payable, 9_900);
    // Per unit, a tenth of a cent is nothing, and the audit will say so.
    let per_unit = Rounding::new(RoundMode::HalfUp, RoundingPer::Unit);
    assert_eq!(quote(&rules([rule().rounding(per_unit)]), &cart).payable, 10_000);
}

#[test]
fn no_line_goes_below_zero() {
    let lines = (0..10).map(|i| line(&format!("N{i}"), 1, 1)).collect();
    let quote = quote(&rules([Rule::new("nine", "order", once("0.09"))]), &cart(lines));
    // Prefixes of 9 over ten: 0.9, 1.8, 2.7, 3.6, 4.5, 5.4 … round to 1, 2, 3, 4, 5, 5: the sixth line keeps its cent.
    assert_eq!(payables(&quote), [0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
}

#[test]
fn units_of_one_line_are_split_likewise() {
    let quote = quote(&rules([Rule::new("nine", "order", once("0.09"))]), &cart(vec![line("N", 10, 1)]));
    // One cent over ten units: the prefix first reaches a half at the fifth.
    assert_eq!(quote.lines[0].units, [0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
}

#[test]
fn a_second_amount_is_shared_by_what_is_left() {
    let set = rules([Rule::new("1", "order", once("100")), Rule::new("2", "coupon", once("60"))]);
    let quote = quote(&set, &cart(vec![line("A", 1, 10_000), line("B", 1, 10_000)]));
    // 50 + 50, then 30 + 30.
    assert_eq!(payables(&quote), [2_000, 2_000]);
}

#[test]
fn rounding_modes_and_scopes_differ_where_they_should() {
    // 15 % of 0.10 is 1.5 cents, of two such lines 3, of five such units 7.5.
    let paid = |mode, per, lines: Vec<Line>| {
        let rule = Rule::new("r", "order", off("15")).rounding(Rounding::new(mode, per));
        let quote = quote(&rules([rule]), &cart(lines));
        quote.list - quote.payable
    };
    let two = || vec![line("A", 1, 10), line("B", 1, 10)];
    use RoundMode::{Down, HalfDown, HalfEven, HalfUp};
    use RoundingPer::{Order, Unit};
    assert_eq!(paid(HalfUp, Order, two()), 3);
    assert_eq!(paid(HalfUp, RoundingPer::Line, two()), 2 + 2);
    assert_eq!(paid(HalfDown, RoundingPer::Line, two()), 1 + 1);
    assert_eq!(paid(HalfEven, RoundingPer::Line, two()), 2 + 2);
    let five = || vec![line("A", 5, 10)];
    assert_eq!(paid(HalfUp, RoundingPer::Line, five()), 8);
    assert_eq!(paid(Down, RoundingPer::Line, five()), 7);
    assert_eq!(paid(HalfUp, Unit, five()), 5 * 2);
    assert_eq!(paid(Down, Unit, five()), 5);
}

#[test]
fn what_a_full_line_cannot_give_moves_to_the_others() {
    // 20 % of 50 + 20 is 14; the first is worth 45 at least, so it gives 5 and the other 9.
    let floored = line("A", 1, 5_000).floor_price(Money::from_minor(4_500));
    let quote =
        quote(&rules([Rule::new("r", "order", off("20"))]), &cart(vec![floored, line("B", 1, 2_000)]));
    assert_eq!(payables(&quote), [4_500, 1_100]);
    assert_eq!(given(&quote, "r"), (1_400, 1_400));
}

#[test]
fn caps_on_the_order_and_on_each_line_keep_back_the_rest() {
    let set = |caps| rules([Rule::new("r", "order", off("50"))]).caps(caps);
    let lines = || cart(vec![line("A", 1, 10_000), line("B", 3, 999)]);
    // List 129.97; half is 64.985, rounded up to 64.99. At most 20 % off the order: 25.994, rounded down.
    let order = quote(&set(Caps::none().order_percent(percent("20"))), &lines());
    assert_eq!(given(&order, "r"), (6_499, 2_599));
    // At most 10 % off a unit: 1000 of the first; 99 of each of the others, rounded down.
    let per_line = quote(&set(Caps::none().line_percent(percent("10"))), &lines());
    assert_eq!(given(&per_line, "r"), (6_499, 1_000 + 3 * 99));
}

#[test]
fn a_budget_pays_what_is_left_of_it() {
    let rule = Rule::new("r", "order", once("50")).limits(RuleLimits::none().budget(yuan("30")));
    let quote = quote(&rules([rule]), &cart(vec![line("A", 1, 3_000), line("B", 1, 7_000)]));
    // 15 + 35 lowered to 30: 9 + 21.
    assert_eq!(given(&quote, "r"), (5_000, 3_000));
    assert_eq!(payables(&quote), [3_000 - 900, 7_000 - 2_100]);
    assert_eq!(quote.claims.iter().map(|claim| claim.amount).collect::<Vec<_>>(), [3_000]);
}
