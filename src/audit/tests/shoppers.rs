//! Shoppers made up from the rules: one for each fact that conditions and benefits can tell apart.

use super::*;
use crate::audit::shoppers::shoppers;
use crate::rules::{BargainPrice, GroupPrice, GroupTier, PointsRedeem, Range, UseBalance};
use crate::shop::{Context, GroupRole};

fn made_up(rules: &[Rule]) -> Vec<Context> {
    let mut set = RuleSet::new(Currency::CNY);
    set.rules.extend(rules.iter().cloned());
    shoppers(&set, &lamps(None)).into_iter().map(|shopper| shopper.context).collect()
}

#[test]
fn wallets_hold_as_much_as_a_rule_takes_and_as_little() {
    let redeem = PointsRedeem::new(100, "1.00".parse().unwrap()).points_min(300);
    let packets = UseBalance::new("red-packet").every("99.00".parse().unwrap(), "5.00".parse().unwrap());
    let all = made_up(&[
        Rule::new("points", "points", Benefit::PointsRedeem(redeem)),
        Rule::new("packets", "points", Benefit::UseBalance(packets)),
    ]);
    let wallets: Vec<(u64, u64, Vec<String>)> = all
        .iter()
        .map(|context| &context.wallet)
        .map(|wallet| {
            let held = wallet.balances.values().map(|one| one.amount.to_string()).collect();
            (wallet.points, wallet.redeem_points, held)
        })
        .collect();
    assert!(wallets.contains(&(0, 0, vec![])), "{wallets:?}");
    // The smallest redemption, and one step of the packets.
    assert!(wallets.contains(&(300, 300, vec!["5.00".to_owned()])), "{wallets:?}");
    // Ten lamps of 10.00 are 100 steps, and one to spare.
    assert!(wallets.contains(&(10_100, 10_100, vec!["100".to_owned()])), "{wallets:?}");
}

#[test]
fn a_points_rule_without_a_cap_is_found_without_any_shopper_listed() {
    let redeem = PointsRedeem::new(100, "1.00".parse().unwrap());
    let rules =
        RuleSet::new(Currency::CNY).rule(Rule::new("points", "points", Benefit::PointsRedeem(redeem)));
    let report = of(Promise::NotFree, &rules, Promises::default());
    // A lamp of 10.00 for 1,000 points and no money.
    assert_eq!(report.findings[0].smallest.loss, Money::from_minor(1_000), "{report}");
}

#[test]
fn groups_and_bargains_are_tried_from_both_sides() {
    let tiers = [GroupTier::new(3, "8.00".parse().unwrap()), GroupTier::new(5, "6.00".parse().unwrap())];
    let bargain = BargainPrice::new("0.01".parse().unwrap(), Selector::all());
    let all = made_up(&[
        Rule::new("together", "price", Benefit::GroupPrice(GroupPrice::new(tiers, 60))),
        Rule::new("bargain", "price", Benefit::BargainPrice(bargain)),
    ]);
    let groups: Vec<(u32, GroupRole)> =
        all.iter().filter_map(|context| context.group).map(|group| (group.size, group.role)).collect();
    for size in [3, 5] {
        assert!(groups.contains(&(size, GroupRole::Leader)) && groups.contains(&(size, GroupRole::Member)));
    }
    let prices: Vec<String> =
        all.iter().flat_map(|context| context.bargains.values()).map(ToString::to_string).collect();
    // To the floor, and halfway from 10.00 to it: 10.01 / 2, rounded down.
    assert!(prices.contains(&"0.01".to_owned()) && prices.contains(&"5".to_owned()), "{prices:?}");
}

#[test]
fn levels_and_orders_are_tried_at_their_bounds_and_beyond() {
    let level = percent("gold", "10").condition(Condition::Level(Range::between(Some(3), Some(5))));
    let first = percent("first", "10").condition(Condition::FirstOrder {});
    let all = made_up(&[level, first]);
    let levels: Vec<Option<u32>> = all.iter().map(|context| context.customer.level).collect();
    for level in [None, Some(2), Some(3), Some(5), Some(6)] {
        assert!(levels.contains(&level), "{levels:?}");
    }
    let orders: Vec<Option<u32>> = all.iter().map(|context| context.customer.order_number).collect();
    assert!([None, Some(1), Some(2)].iter().all(|one| orders.contains(one)), "{orders:?}");
}

#[test]
fn however_much_rules_look_at_there_are_few_shoppers() {
    let rules: Vec<Rule> = (0..500)
        .map(|level| {
            let level = Condition::Level(Range::between(Some(level), None));
            percent("gold", "10").condition(level)
        })
        .collect();
    assert_eq!(made_up(&rules).len(), crate::audit::settings::SHOPPERS_MAX);
}
