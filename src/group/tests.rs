//! Groups worked by hand. Prices are in fen.

use super::*;
use crate::rules::GroupTier;

/// Three pay 80.00 each, five pay 60.00 each; the leader pays nothing for three or more.
fn three_or_five() -> GroupPrice {
    let tiers = [(3, "80.00"), (5, "60.00")];
    let tiers =
        tiers.map(|(size, price)| GroupTier::new(size, price.parse().unwrap()).leader("0".parse().unwrap()));
    GroupPrice::new(tiers, 24 * 60).hold_minutes(7 * 24 * 60)
}

fn one_unit(name: &str) -> Buyer {
    let free = Money::ZERO;
    let outcomes = [(3, 8_000), (5, 6_000)];
    let outcomes =
        outcomes.map(|(size, minor)| GroupOutcome::new(size, Money::from_minor(minor)).leader(free));
    Buyer::new(name, &outcomes)
}

fn at(hours: u32) -> Moment {
    let start: Moment = "2026-11-11T00:00:00+08:00".parse().unwrap();
    start.after_minutes(hours * 60).unwrap()
}

fn opened(terms: &GroupPrice) -> Group {
    Group::open("team".into(), Currency::CNY, terms, one_unit("ann"), at(0)).unwrap().0
}

fn refunded(customer: &str, minor: i64) -> Change {
    Change::Refunded { customer: customer.into(), amount: Money::from_minor(minor) }
}

fn net(group: &Group) -> Vec<(&str, i64)> {
    group.seats().iter().map(|seat| (seat.customer.as_str(), seat.net().minor())).collect()
}

#[test]
fn a_group_that_is_too_small_at_its_deadline_pays_everybody_back() {
    let mut group = opened(&three_or_five());
    group.join(one_unit("bob"), at(1)).unwrap();
    assert_eq!(group.advance(at(23)).unwrap(), []);
    assert!(matches!(group.join(one_unit("cai"), at(24)), Err(GroupError::Due { .. })));
    let changes = group.advance(at(25)).unwrap();
    assert_eq!(changes, [Change::Failed {}, refunded("ann", 8_000), refunded("bob", 8_000)]);
    // The deadline decided, not the moment somebody looked.
    assert_eq!(group.status(), Status::Failed { at: at(24) });
    assert_eq!(group.facts(&"ann".into()), None);
}

#[test]
fn a_better_tier_that_members_leave_before_the_settlement_is_not_paid_out() {
    let mut group = opened(&three_or_five());
    for (hour, name) in (1..).zip(["bob", "cai", "dan", "eve"]) {
        group.join(one_unit(name), at(hour)).unwrap();
    }
    assert_eq!(group.status(), Status::Succeeded { at: at(4), dummies: 0 });
    group.leave(&"dan".into(), at(5)).unwrap();
    group.leave(&"eve".into(), at(6)).unwrap();
    group.advance(at(4 + 7 * 24)).unwrap();
    // Three are left: the tier of three, at 80.00, and the leader of three pays nothing.
    assert_eq!(net(&group), [("ann", 0), ("bob", 8_000), ("cai", 8_000), ("dan", 0), ("eve", 0)]);
}

#[test]
fn five_who_hold_on_get_the_difference_of_the_better_tier() {
    let mut group = opened(&three_or_five());
    for (hour, name) in (1..).zip(["bob", "cai", "dan", "eve"]) {
        group.join(one_unit(name), at(hour)).unwrap();
    }
    let changes = group.advance(at(4 + 7 * 24)).unwrap();
    let backs = [("ann", 8_000), ("bob", 2_000), ("cai", 2_000), ("dan", 2_000), ("eve", 2_000)];
    let mut expected = vec![Change::Settled { size: Some(5) }];
    expected.extend(backs.map(|(name, minor)| refunded(name, minor)));
    assert_eq!(changes, expected);
    // Later prices stand: who leaves gets what they paid net.
    assert_eq!(group.leave(&"eve".into(), at(300)).unwrap(), [refunded("eve", 6_000)]);
}

#[test]
fn a_leader_whose_members_refund_pays_like_anybody_else() {
    let mut group = opened(&three_or_five());
    group.join(one_unit("bob"), at(1)).unwrap();
    group.join(one_unit("cai"), at(2)).unwrap();
    group.advance(at(24)).unwrap();
    assert_eq!(group.status(), Status::Succeeded { at: at(24), dummies: 0 });
    group.leave(&"bob".into(), at(30)).unwrap();
    group.leave(&"cai".into(), at(31)).unwrap();
    group.advance(at(24 + 7 * 24)).unwrap();
    assert_eq!(net(&group), [("ann", 8_000), ("bob", 0), ("cai", 0)]);
}

#[test]
fn a_leader_who_leaves_hands_over_and_the_deadline_stays() {
    let mut group = opened(&three_or_five());
    group.join(one_unit("bob"), at(22)).unwrap();
    let changes = group.leave(&"ann".into(), at(23)).unwrap();
    assert_eq!(changes, [refunded("ann", 8_000), Change::Leads { customer: "bob".into() }]);
    assert_eq!(group.deadline(), at(24));
    group.join(one_unit("cai"), at(23)).unwrap();
    group.advance(at(24)).unwrap();
    assert_eq!(group.status(), Status::Failed { at: at(24) });
}

#[test]
fn dummies_fill_only_what_the_terms_allow_and_only_the_first_tier() {
    let alone = opened(&three_or_five().fill(1));
    assert_eq!(three_or_five().fill(1).real_buyers_needed(), 2);
    let mut pair = alone.clone();
    let mut alone = alone;
    alone.advance(at(24)).unwrap();
    assert_eq!(alone.status(), Status::Failed { at: at(24) });
    pair.join(one_unit("bob"), at(1)).unwrap();
    let changes = pair.advance(at(24)).unwrap();
    assert_eq!(changes, [Change::Succeeded { members: 2, dummies: 1 }]);
    pair.advance(at(24 + 7 * 24)).unwrap();
    assert_eq!(net(&pair), [("ann", 0), ("bob", 8_000)]);
}

#[test]
fn only_newcomers_join_where_the_terms_say_so_and_nobody_twice() {
    let mut group = opened(&three_or_five().join(Join::Newcomers));
    assert_eq!(group.join(one_unit("bob"), at(1)), Err(GroupError::NewcomersOnly));
    assert!(group.join(one_unit("bob").newcomer(), at(1)).is_ok());
    assert_eq!(group.join(one_unit("bob").newcomer(), at(1)), Err(GroupError::AlreadyIn));
    assert_eq!(group.leave(&"cai".into(), at(1)), Err(GroupError::NotIn));
    assert_eq!(group.leave(&"bob".into(), at(0)), Err(GroupError::TimeWentBack));
}

#[test]
fn a_document_that_no_steps_could_have_made_is_refused() {
    let mut group = opened(&three_or_five());
    group.join(one_unit("bob"), at(1)).unwrap();
    let written = serde_json::to_value(&group).unwrap();
    let read = |document: serde_json::Value| serde_json::from_value::<Group>(document);
    assert_eq!(read(written.clone()).unwrap(), group);
    let tampered = [
        ("/seats/0/refunded", serde_json::json!("80")),
        ("/seats/1/outcomes/0/payable", serde_json::json!("-1")),
        ("/seats/1/customer", serde_json::json!("ann")),
        ("/seats/1/role", serde_json::json!("leader")),
        ("/sizes/1", serde_json::json!(3)),
        ("/status", serde_json::json!({"failed": {"at": "2026-11-12T00:00:00+08:00"}})),
        ("/seats", serde_json::json!([])),
    ];
    for (pointer, value) in tampered {
        let mut document = written.clone();
        *document.pointer_mut(pointer).unwrap() = value;
        assert!(read(document).is_err(), "{pointer}");
    }
}

fn at_prices(name: &str, tiers: &[(u32, i64, i64)]) -> Buyer {
    let outcome = |(size, member, leader): &(u32, i64, i64)| {
        GroupOutcome::new(*size, Money::from_minor(*member)).leader(Money::from_minor(*leader))
    };
    Buyer::new(name, &tiers.iter().map(outcome).collect::<Vec<_>>())
}

/// Terms with such tiers: sizes and prices; what leaders pay is in their outcomes.
fn terms(tiers: &[(u32, &str)], hours: u32) -> GroupPrice {
    let tier = |(size, price): &(u32, &str)| GroupTier::new(*size, price.parse().unwrap());
    GroupPrice::new(tiers.iter().map(tier), hours * 60).hold_minutes(7 * 24 * 60)
}

fn grouped(terms: &GroupPrice, outcomes: &[(u32, i64, i64)], names: &[&str]) -> Group {
    let leader = at_prices(names[0], outcomes);
    let (mut group, _) = Group::open("team".into(), Currency::CNY, terms, leader, at(0)).unwrap();
    for name in &names[1..] {
        group.join(at_prices(name, outcomes), at(1)).unwrap();
    }
    group
}

/// F8: three at 50.00, the leader for nothing, goods of 80.00. Two return theirs after the success: the leader keeps a unit
/// for 50.00, not for nothing.
#[test]
fn abuse_f8_a_leader_whose_members_return_their_units_pays_like_them() {
    let outcomes = [(3, 5_000, 0)];
    let mut group = grouped(&terms(&[(3, "50")], 24), &outcomes, &["ann", "bob", "cai"]);
    assert_eq!(group.status(), Status::Succeeded { at: at(1), dummies: 0 });
    group.leave(&"bob".into(), at(30)).unwrap();
    group.leave(&"cai".into(), at(31)).unwrap();
    group.advance(at(1 + 7 * 24)).unwrap();
    assert_eq!(net(&group), [("ann", 5_000), ("bob", 0), ("cai", 0)]);
    // Had they held on, the leader would have got the 50.00 back.
    let mut group = grouped(&terms(&[(3, "50")], 24), &outcomes, &["ann", "bob", "cai"]);
    group.advance(at(1 + 7 * 24)).unwrap();
    assert_eq!(net(&group), [("ann", 0), ("bob", 5_000), ("cai", 5_000)]);
}

/// F9: a group of three at 60.00 in place of 100.00 that two dummies may fill is a group of one, and one that a single
/// dummy may fill needs two real buyers: a lone buyer gets everything back.
#[test]
fn abuse_f9_a_lone_buyer_never_ends_at_the_groups_price() {
    let (outcomes, lax, strict) = ([(3, 6_000, 6_000)], terms(&[(3, "60")], 24), terms(&[(3, "60")], 24));
    assert_eq!(
        (lax.clone().fill(2).real_buyers_needed(), strict.clone().fill(1).real_buyers_needed()),
        (1, 2)
    );
    let mut alone = grouped(&strict.fill(1), &outcomes, &["ann"]);
    let changes = alone.advance(at(24)).unwrap();
    assert_eq!(changes, [Change::Failed {}, refunded("ann", 6_000)]);
    let mut filled = grouped(&lax.fill(2), &outcomes, &["ann"]);
    assert_eq!(filled.advance(at(24)).unwrap(), [Change::Succeeded { members: 1, dummies: 2 }]);
}

/// F10: three for 80.00 each, five for 60.00. Five join, two return: the three who keep their units paid 80.00 each, and the
/// 3 * 20.00 of the better tier are not paid out.
#[test]
fn abuse_f10_a_group_that_shrinks_falls_back_to_the_tier_it_makes() {
    let (outcomes, five) = ([(3, 8_000, 8_000), (5, 6_000, 6_000)], ["ann", "bob", "cai", "dan", "eve"]);
    let mut group = grouped(&terms(&[(3, "80"), (5, "60")], 24), &outcomes, &five);
    group.leave(&"dan".into(), at(2)).unwrap();
    group.leave(&"eve".into(), at(3)).unwrap();
    let changes = group.advance(at(1 + 7 * 24)).unwrap();
    assert_eq!(changes, [Change::Settled { size: Some(3) }]);
    let kept: i64 = net(&group).iter().map(|(_, paid)| *paid).sum();
    assert_eq!(kept, 3 * 8_000);
}

/// F11: a group of two hours whose leader leaves ten minutes before its end: the next one leads, the end stays, and two of
/// three get their money back, where a new day would have let them finish at 40.00 off.
#[test]
fn abuse_f11_a_new_leader_does_not_reset_the_clock() {
    let outcomes = [(3, 6_000, 6_000)];
    let mut group = grouped(&terms(&[(3, "60")], 2), &outcomes, &["ann", "bob"]);
    let before_the_end = at(0).after_minutes(110).unwrap();
    let changes = group.leave(&"ann".into(), before_the_end).unwrap();
    assert_eq!(changes, [refunded("ann", 6_000), Change::Leads { customer: "bob".into() }]);
    group.join(at_prices("cai", &outcomes), before_the_end).unwrap();
    assert_eq!(group.deadline(), at(2));
    let late = group.join(at_prices("dan", &outcomes), at(2));
    assert_eq!(late, Err(GroupError::Due { since: at(2) }));
    let changes = group.advance(at(2)).unwrap();
    assert_eq!(changes, [Change::Failed {}, refunded("bob", 6_000), refunded("cai", 6_000)]);
}
