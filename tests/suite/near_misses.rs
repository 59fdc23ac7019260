//! Near misses: hand-worked ones for each kind of threshold, and a property over scenarios.

use proptest::prelude::*;

use dealproof::compile;
use dealproof::evaluate::Scratch;
use dealproof::money::{Amount, Currency, Money};
use dealproof::record::{Missing, NearMiss, Outcome, Quote, Reason, Trace, Usage};
use dealproof::rules::{
    AmountOff, Benefit, Bundle, BuyGet, Condition, Every, Gift, GiftOption, GroupOff, NFor, NthUnit, Per,
    PercentOff, Pool, Quantity, QuantityTier, QuantityTiers, Rule, RuleSet, Selector, Shipping, ShippingOff,
    Spend, SpendTier, SpendTiers, Step, TierOff, Times, UnitOff, Within,
};
use dealproof::shop::{Cart, Charge, Context, Line, LineId};
use dealproof::testkit::{Scenario, oracle, scenarios};

fn yuan(text: &str) -> Amount {
    text.parse().unwrap()
}

fn line(id: &str, quantity: u32, price: i64) -> Line {
    Line::new(id, id, quantity, Money::from_minor(price))
}

fn cart(lines: Vec<Line>) -> Cart {
    Cart::new(Currency::CNY, lines, vec![]).unwrap()
}

fn near(rule: Rule, cart: &Cart) -> Vec<NearMiss> {
    let plan = compile(&RuleSet::new(Currency::CNY).rule(rule)).unwrap();
    plan.near_misses(&mut Scratch::default(), cart, &Context::default(), &Usage::default()).unwrap()
}

/// What is missing, the line, and what would be paid then, of the only near miss.
fn only(rule: Rule, cart: &Cart) -> (Missing, String, i64) {
    let found = near(rule, cart);
    let [one] = found.as_slice() else { panic!("not one near miss: {found:?}") };
    (one.missing, one.like.as_str().to_owned(), one.payable_then.minor())
}

fn spend(minor: i64) -> Missing {
    Missing::Spend(Money::from_minor(minor))
}

fn why(rule: Rule, cart: &Cart) -> Outcome {
    let plan = compile(&RuleSet::new(Currency::CNY).rule(rule)).unwrap();
    let (mut quote, mut trace) = (Quote::new(), Trace::default());
    let (context, usage) = (Context::default(), Usage::default());
    plan.price_explained(&mut Scratch::default(), cart, &context, &usage, &mut quote, &mut trace).unwrap();
    trace.entries[0].outcome.clone()
}

fn units_short(missing: u32) -> Outcome {
    Outcome::NotApplied(Reason::UnitsShort { missing })
}

fn once(amount: &str) -> Benefit {
    Benefit::AmountOff(AmountOff::once(yuan(amount)))
}

#[test]
fn a_spend_condition_is_reached_by_the_spend_it_lacks() {
    let from_100 = Condition::Spend(Spend::at_least(Selector::all(), yuan("100")));
    let rule = Rule::new("a", "order", once("20")).condition(from_100);
    // 80.00 and 20.00 more, less 20.00.
    assert_eq!(only(rule, &cart(vec![line("tea", 2, 4_000)])), (spend(2_000), "tea".to_owned(), 8_000));
}

#[test]
fn every_threshold_of_a_condition_is_tried_and_the_smallest_addition_named() {
    let from_100 = Condition::Spend(Spend::at_least(Selector::all(), yuan("100")));
    let four = Condition::Quantity(Quantity::at_least(Selector::all(), 4));
    let rule = Rule::new("a", "order", once("20")).condition(Condition::Any(vec![four, from_100]));
    // Two more pieces cost 80.00, and 20.00 more spend is enough.
    assert_eq!(only(rule, &cart(vec![line("tea", 2, 4_000)])), (spend(2_000), "tea".to_owned(), 8_000));
}

#[test]
fn spend_and_quantity_asked_for_together_are_reached_by_whole_units() {
    let from_100 = Condition::Spend(Spend::at_least(Selector::all(), yuan("100")));
    let four = Condition::Quantity(Quantity::at_least(Selector::all(), 4));
    let rule = Rule::new("a", "order", once("20")).condition(Condition::All(vec![from_100, four]));
    // 80.00 and two pieces: 160.00 less 20.00. One piece more makes three.
    let found = only(rule, &cart(vec![line("tea", 2, 4_000)]));
    assert_eq!(found, (Missing::Units(2), "tea".to_owned(), 14_000));
}

#[test]
fn a_spend_line_by_line_is_reached_by_more_of_the_line() {
    let from_100 = Condition::Spend(Spend::at_least(Selector::all(), yuan("100")));
    let rule = Rule::new("a", "order", once("20")).condition(from_100).per(Per::Line);
    // 40.00 lacks 60.00: two pieces of 40.00 more make 120.00, less 20.00. A unit at another price is another product.
    let found = only(rule, &cart(vec![line("tea", 1, 4_000)]));
    assert_eq!(found, (Missing::Units(2), "tea".to_owned(), 10_000));
}

#[test]
fn any_line_is_reached_where_least_is_missing() {
    let any_line = Spend::at_least(Selector::all(), yuan("100")).within(Within::AnyLine);
    let rule = Rule::new("a", "order", once("20")).condition(Condition::Spend(any_line));
    // Two cups of 10.00 lack eight more; three teas of 30.00 lack one: 20.00 + 120.00 - 20.00.
    let found = only(rule, &cart(vec![line("cup", 2, 1_000), line("tea", 3, 3_000)]));
    assert_eq!(found, (Missing::Units(1), "tea".to_owned(), 12_000));
}

#[test]
fn what_any_line_lacks_is_what_the_nearest_lacks() {
    let any_line = Spend::at_least(Selector::all(), yuan("100")).within(Within::AnyLine);
    let rule = Rule::new("a", "order", once("20")).condition(Condition::Spend(any_line));
    // 90.00 of one and 20.00 of the last.
    let short = why(rule, &cart(vec![line("cup", 3, 3_000), line("tea", 2, 1_000)]));
    assert_eq!(short, Outcome::NotApplied(Reason::SpendShort { missing: Money::from_minor(1_000) }));
}

#[test]
fn the_next_tier_of_a_spend_ladder_is_within_reach() {
    let tiers = SpendTiers::new([
        SpendTier { at: yuan("100"), off: TierOff::Amount(yuan("10")) },
        SpendTier { at: yuan("200"), off: TierOff::Amount(yuan("30")) },
    ]);
    let rule = Rule::new("a", "order", Benefit::SpendTiers(tiers));
    // 150.00 lacks 50.00: 200.00 less 30.00.
    assert_eq!(only(rule, &cart(vec![line("tea", 3, 5_000)])), (spend(5_000), "tea".to_owned(), 17_000));
}

#[test]
fn the_next_tier_of_a_quantity_ladder_is_within_reach() {
    let tiers = QuantityTiers::new([
        QuantityTier { at: 2, off: TierOff::Amount(yuan("10")) },
        QuantityTier { at: 5, off: TierOff::Amount(yuan("30")) },
    ]);
    let rule = Rule::new("a", "order", Benefit::QuantityTiers(tiers));
    // Three pieces and two more: 250.00 less 30.00.
    let found = only(rule, &cart(vec![line("tea", 3, 5_000)]));
    assert_eq!(found, (Missing::Units(2), "tea".to_owned(), 22_000));
}

#[test]
fn the_next_step_of_every_is_within_reach_until_it_repeats_no_more() {
    let every = |times| {
        let every = Every::new(Step::Spend(yuan("100")), yuan("20"), times);
        Rule::new("a", "order", Benefit::Every(every))
    };
    let two_and_a_half = cart(vec![line("tea", 5, 5_000)]);
    // 250.00 lacks 50.00 to the third step: 300.00 less 60.00.
    let found = only(every(Times::Max(3)), &two_and_a_half);
    assert_eq!(found, (spend(5_000), "tea".to_owned(), 24_000));
    assert_eq!(near(every(Times::Max(2)), &two_and_a_half), vec![]);
}

#[test]
fn the_next_step_of_a_gift_is_within_reach() {
    let gift = Gift::new([GiftOption::free("MUG")]).every(Step::Quantity(2), Times::Max(2));
    let rule = |_| Rule::new("a", "reward", Benefit::Gift(gift.clone()));
    let found = only(rule(()), &cart(vec![line("tea", 3, 5_000)]));
    assert_eq!(found, (Missing::Units(1), "tea".to_owned(), 20_000));
    assert_eq!(near(rule(()), &cart(vec![line("tea", 4, 5_000)])), vec![]);
}

#[test]
fn units_missing_to_a_group_are_within_reach() {
    let three_for_100 = NFor::new(3, GroupOff::Price(yuan("100")));
    let rule = Rule::new("a", "item", Benefit::NFor(three_for_100));
    let two = cart(vec![line("tea", 2, 5_000)]);
    assert_eq!(only(rule, &two), (Missing::Units(1), "tea".to_owned(), 10_000));
    let third_half = NthUnit::new(3, UnitOff::Percent("50".parse().unwrap()));
    let rule = Rule::new("a", "item", Benefit::NthUnit(third_half));
    assert_eq!(only(rule, &two), (Missing::Units(1), "tea".to_owned(), 12_500));
}

fn free() -> UnitOff {
    UnitOff::Percent("100".parse().unwrap())
}

fn pool(sku: &str, units: u32) -> Pool {
    Pool::new(units, Selector::sku(sku))
}

#[test]
fn buy_two_get_one_of_the_same_lacks_the_third_unit() {
    let both = || Pool::new(2, Selector::sku("tea"));
    let offer = BuyGet::new(both(), Pool::new(1, Selector::sku("tea")), free());
    let rule = || Rule::new("a", "item", Benefit::BuyGet(offer.clone()));
    let two = cart(vec![line("tea", 2, 5_000)]);
    assert_eq!(why(rule(), &two), units_short(1));
    assert_eq!(only(rule(), &two), (Missing::Units(1), "tea".to_owned(), 10_000));
    assert_eq!(why(rule(), &cart(vec![line("tea", 1, 5_000)])), units_short(2));
}

#[test]
fn what_buy_get_lacks_is_counted_in_full() {
    // Two teas and all of two cups, of which there are one each: one of either is missing.
    let whole = BuyGet::new(pool("tea", 2), pool("cup", 2), free()).whole();
    let one_each = cart(vec![line("tea", 1, 5_000), line("cup", 1, 2_000)]);
    assert_eq!(why(Rule::new("a", "item", Benefit::BuyGet(whole)), &one_each), units_short(2));
    // With fewer cups allowed the one there is will do.
    let partial = BuyGet::new(pool("tea", 2), pool("cup", 2), free());
    assert_eq!(why(Rule::new("a", "item", Benefit::BuyGet(partial)), &one_each), units_short(1));
}

#[test]
fn a_target_that_is_missing_is_within_reach() {
    let offer = BuyGet::new(pool("tea", 1), pool("cup", 2), free()).whole();
    let rule = Rule::new("a", "item", Benefit::BuyGet(offer));
    let found = only(rule, &cart(vec![line("tea", 1, 5_000), line("cup", 1, 2_000)]));
    assert_eq!(found, (Missing::Units(1), "cup".to_owned(), 5_000));
}

#[test]
fn a_bundle_lacks_the_units_its_parts_lack() {
    let bundle = Bundle::new([pool("tea", 2), pool("cup", 3)], GroupOff::Price(yuan("100")));
    let rule = || Rule::new("a", "item", Benefit::Bundle(bundle.clone()));
    // 1 of 2 teas and 1 of 3 cups.
    assert_eq!(why(rule(), &cart(vec![line("tea", 1, 5_000), line("cup", 1, 2_000)])), units_short(3));
    let cups_missing = cart(vec![line("tea", 2, 5_000), line("cup", 1, 2_000)]);
    assert_eq!(why(rule(), &cups_missing), units_short(2));
    assert_eq!(only(rule(), &cups_missing), (Missing::Units(2), "cup".to_owned(), 10_000));
}

#[test]
fn free_delivery_is_within_reach() {
    let from_99 = Condition::Spend(Spend::at_least(Selector::all(), yuan("99")));
    let free = Benefit::Shipping(Shipping::new(ShippingOff::Free {}));
    let rule = Rule::new("a", "shipping", free).condition(from_99);
    let fee = vec![Charge::new(Money::from_minor(800))];
    let cart = Cart::new(Currency::CNY, vec![line("tea", 1, 9_500)], fee).unwrap();
    // 95.00 + 8.00 now; 99.00 with 4.00 more.
    assert_eq!(only(rule, &cart), (spend(400), "tea".to_owned(), 9_900));
}

#[test]
fn an_add_on_nobody_picked_says_what_may_be_picked() {
    let add_on = Gift::new([GiftOption::add_on("MUG", yuan("9.90")), GiftOption::add_on("BAG", yuan("5"))]);
    let rule = || Rule::new("a", "reward", Benefit::Gift(add_on.clone()));
    let from = vec!["MUG".into(), "BAG".into()];
    let cart = cart(vec![line("tea", 1, 9_500)]);
    assert_eq!(why(rule(), &cart), Outcome::NotApplied(Reason::NothingPicked { from }));
    // Without a unit that qualifies there is nothing to pick.
    let Benefit::Gift(mut gift) = rule().benefit else { unreachable!() };
    gift.qualifier = Selector::sku("cup");
    let rule = Rule::new("a", "reward", Benefit::Gift(gift));
    assert_eq!(why(rule, &cart), Outcome::NotApplied(Reason::NothingToTake));
}

#[test]
fn a_stage_that_compares_unit_by_unit_has_near_misses_too() {
    let mut rules = RuleSet::new(Currency::CNY);
    rules.stages.iter_mut().for_each(|stage| stage.select = dealproof::rules::Select::BestPerUnit);
    let from_100 = Condition::Spend(Spend::at_least(Selector::all(), yuan("100")));
    let tenth = Benefit::PercentOff(PercentOff::new("10".parse().unwrap()));
    let plan = compile(&rules.rule(Rule::new("a", "order", tenth).condition(from_100))).unwrap();
    let (cart, context) = (cart(vec![line("tea", 1, 9_500)]), Context::default());
    let found = plan.near_misses(&mut Scratch::default(), &cart, &context, &Usage::default()).unwrap();
    assert_eq!(found.len(), 1);
    // 95.00 and 5.00 more, less 10 %.
    assert_eq!((found[0].missing, found[0].payable_then.minor()), (spend(500), 9_000));
}

/// The cart with what a near miss names added, less so much of it; `None` when nothing is left to add.
fn with(scenario: &Scenario, near: &NearMiss, less: u32) -> Option<Cart> {
    let Scenario { cart, .. } = scenario;
    let mut lines = cart.lines().to_vec();
    let like = lines.iter().position(|line| line.id == near.like).unwrap();
    match near.missing {
        Missing::Units(units) => lines[like].quantity += units - less,
        Missing::Spend(amount) => {
            let minor = amount.minor() - i64::from(less);
            if minor == 0 {
                return None;
            }
            let mut line = lines[like].clone();
            line.id = LineId::new("another line");
            (line.quantity, line.list_price) = (1, Money::from_minor(minor));
            (line.floor_price, line.reference_price) = (None, None);
            lines.push(line);
        }
        other => panic!("{other:?} is new to this test"),
    }
    Some(Cart::new(cart.currency(), lines, cart.charges().to_vec()).unwrap())
}

fn has_applied(quote: &oracle::OracleQuote, near: &NearMiss) -> bool {
    quote.rules.iter().any(|rule| rule.rule == near.rule)
}

/// It also counts the rules unlocked: a property that meets none says nothing.
#[test]
fn e6_near_misses_are_carts_as_the_oracle_prices_them_and_nothing_smaller_unlocks_the_rule() {
    let mut runner = proptest::test_runner::TestRunner::new(crate::properties::config_of(1_000));
    let unlocked = std::cell::Cell::new(0_u32);
    let run = runner.run(&scenarios(), |scenario| {
        let Scenario { rules, cart, context, usage } = &scenario;
        let plan = compile(rules).unwrap();
        let now = oracle::price(rules, cart, context, usage);
        for near in plan.near_misses(&mut Scratch::default(), cart, context, usage).unwrap() {
            let price = |cart: &Cart| oracle::price(rules, cart, context, usage);
            let then = price(&with(&scenario, &near, 0).unwrap());
            prop_assert_eq!(then.payable, i128::from(near.payable_then.minor()), "{:?}", near);
            prop_assert!(has_applied(&then, &near), "{:?}", near);
            let gain = i128::from(near.added.minor()) - (then.payable - now.payable);
            prop_assert_eq!(gain, i128::from(near.net_gain.minor()));
            if has_applied(&now, &near) {
                continue;
            }
            unlocked.set(unlocked.get() + 1);
            if let Some(less) = with(&scenario, &near, 1) {
                prop_assert!(!has_applied(&price(&less), &near), "{:?}", near);
            }
        }
        Ok(())
    });
    run.unwrap();
    assert!(unlocked.get() >= 50, "only {} rules were unlocked", unlocked.get());
}
