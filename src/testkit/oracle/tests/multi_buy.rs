//! Multi-buy: which units take part, and which are discounted.

use super::*;
use crate::rules::{
    Bundle, BuyGet, GroupOff, NFor, NthUnit, Pick, Pool, Take, Times, UnitLadder, UnitOff, UnitStep,
};

fn one(benefit: Benefit) -> RuleSet {
    rules([Rule::new("r", "item", benefit)])
}

/// What each unit costs under the only rule, line by line.
fn units(benefit: Benefit, lines: Vec<Line>) -> Vec<Vec<i128>> {
    let quote = quote(&one(benefit), &cart(lines));
    quote.lines.into_iter().map(|line| line.units).collect()
}

#[test]
fn the_last_units_of_a_run_are_the_discounted_ones() {
    let ladder = [("10", 1), ("20", 2), ("50", 3)]
        .map(|(rate, from)| UnitStep { from, off: UnitOff::Percent(percent(rate)) });
    // Places count from the end: the last unit gets 10 %, the one before 20 %, the other two 50 %.
    let seen = units(Benefit::UnitLadder(UnitLadder::new(ladder)), vec![line("A", 4, 1_000)]);
    assert_eq!(seen, [[500, 500, 800, 900]]);
    let later = UnitLadder::new([UnitStep { from: 2, off: UnitOff::Price(yuan("1")) }]);
    // Three units are chosen, so the front one keeps its price.
    assert_eq!(units(Benefit::UnitLadder(later), vec![line("A", 4, 1_000)]), [[1_000, 100, 100, 100]]);
}

#[test]
fn several_cuts_of_a_run_are_made_one_after_the_other() {
    // Units worth 7 together: 10.00 less 9.93 over four. Cutting one leaves round(7 * 3/4) = 5 in front and 2; cutting
    // one of three worth 5 leaves round(5 * 2/3) = 3 and 2. All of the 2 and half of the next 2 go.
    let set = rules([
        Rule::new("1", "item", once("9.93")),
        Rule::new(
            "2",
            "order",
            Benefit::UnitLadder(
                UnitLadder::new([
                    UnitStep { from: 1, off: UnitOff::Percent(percent("100")) },
                    UnitStep { from: 2, off: UnitOff::Percent(percent("50")) },
                ])
                .units_max(2),
            ),
        ),
    ]);
    let quote = quote(&set, &cart(vec![line("A", 4, 250)]));
    assert_eq!(given(&quote, "2"), (2 + 1, 2 + 1));
    assert_eq!(quote.lines[0].units, [2, 1, 1, 0]);
}

#[test]
fn groups_worth_no_more_than_their_price_are_passed_over() {
    let pair = |times| NFor::new(2, GroupOff::Price(yuan("15"))).times(times);
    let lines = || vec![line("A", 2, 500), line("B", 2, 1_000)];
    // Dearest first: B + B = 20 for 15; A + A = 10 is cheaper already.
    assert_eq!(units(Benefit::NFor(pair(Times::Uncapped)), lines()), [[500, 500], [750, 750]]);
    // Cheapest first: the pair of A is passed over without using up the only time.
    let cheapest = pair(Times::Max(1)).pick(Pick::Cheapest);
    assert_eq!(units(Benefit::NFor(cheapest), lines()), [[500, 500], [750, 750]]);
}

#[test]
fn bundles_take_their_parts_in_turn() {
    let parts = [Pool::new(1, Selector::sku("B")), Pool::new(2, Selector::all())];
    let bundle = Bundle::new(parts, GroupOff::Amount(yuan("3")));
    // Two bundles need two of B and four others, which are not there. One takes B's last unit and the dearest two, C and C.
    let seen =
        units(Benefit::Bundle(bundle), vec![line("A", 1, 400), line("B", 2, 500), line("C", 2, 1_000)]);
    // 3.00 over 500 and 2000: 0.60 and 2.40.
    assert_eq!(seen, [vec![400], vec![500, 440], vec![880, 880]]);
}

#[test]
fn a_partial_repetition_gives_what_is_there() {
    let two_for_two = || {
        BuyGet::new(
            Pool::new(2, Selector::all()),
            Pool::new(2, Selector::all()),
            UnitOff::Percent(percent("100")),
        )
    };
    // Three units: two qualify, one of two targets is there.
    assert_eq!(units(Benefit::BuyGet(two_for_two()), vec![line("A", 3, 100)]), [[100, 100, 0]]);
    assert_eq!(units(Benefit::BuyGet(two_for_two().whole()), vec![line("A", 3, 100)]), [[100, 100, 100]]);
}

#[test]
fn units_are_qualifiers_only_where_targets_leave_them() {
    // B can qualify and be a target, A can only be a target: the cheaper B stays a qualifier.
    let buy = BuyGet::new(
        Pool::new(1, Selector::sku("B")),
        Pool::new(1, Selector::all()),
        UnitOff::Percent(percent("100")),
    );
    assert_eq!(units(Benefit::BuyGet(buy), vec![line("A", 1, 900), line("B", 1, 100)]), [[0], [100]]);
}

#[test]
fn nth_units_are_pooled_or_taken_from_each_group() {
    let nth = |take| {
        let off = UnitOff::Percent(percent("100"));
        NthUnit::new(2, off).order(Pick::Dearest).take(take, Pick::Cheapest, 1)
    };
    let lines = || vec![line("A", 1, 100), line("B", 1, 200), line("C", 1, 300), line("D", 1, 400)];
    // Pooled, the two cheapest of all four; from each pair D C and B A, its cheaper one.
    assert_eq!(units(Benefit::NthUnit(nth(Take::Pooled)), lines()), [[0], [0], [300], [400]]);
    assert_eq!(units(Benefit::NthUnit(nth(Take::EachGroup)), lines()), [[0], [200], [0], [400]]);
}

#[test]
fn multi_buy_rules_of_a_stage_do_not_share_units_unless_one_says_so() {
    let pair = || Benefit::NFor(NFor::new(2, GroupOff::Percent(percent("50"))));
    let two = |second: Rule| rules([Rule::new("1", "item", pair()), second]);
    let lines = || cart(vec![line("A", 2, 1_000)]);
    assert_eq!(quote(&two(Rule::new("2", "item", pair())), &lines()).payable, 1_000);
    assert_eq!(quote(&two(Rule::new("2", "item", pair()).reuse()), &lines()).payable, 0);
    assert_eq!(quote(&two(Rule::new("2", "order", pair())), &lines()).payable, 500);
}
