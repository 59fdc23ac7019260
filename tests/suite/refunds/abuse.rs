//! Classes of abuse by return, each with the numbers of its class: what the shopper would gain, and does not.

use dealproof::group::{Buyer, Change, Group};
use dealproof::money::{Currency, Money};
use dealproof::record::{GroupOutcome, PointsLot, RefundOf, Reward};
use dealproof::refund::{Protect, Refunder};
use dealproof::rules::{GroupPrice, GroupTier};
use dealproof::shop::{Balance, Cart, Charge, CustomerId, Wallet};
use serde_json::{Value, json};

use super::{Sale, back, context, line, now, off_50_from_300, policy, price, rules, sale};

/// C1: 200.00 + 100.00, 满300减50: by shares the filler pays 83.33 and the shirt has cost 166.67, 33.33 less than alone.
#[test]
fn abuse_c1_the_filler_goes_back_and_the_discount_with_it() {
    let lines = vec![line("filler", 1, 10_000), line("shirt", 1, 20_000)];
    let mut sale = sale(rules(json!({}), off_50_from_300()), lines, vec![], context());
    let kept = sale.paid() - sale.back(&back("r").line("filler", 1));
    assert_eq!(kept, 20_000);
}

/// C2: three of 100.00 at 10 % off cost 270.00; two refunded at list would leave the third for 70.00.
#[test]
fn abuse_c2_nothing_is_refunded_at_list_price() {
    let ten = json!([{"id": "ten", "stage": "order", "benefit": {"percent_off": {"percent": "10"}}}]);
    for name in ["proportional", "reprice", "safest"] {
        let mut sale = sale(rules(policy(name), ten.clone()), vec![line("a", 3, 10_000)], vec![], context());
        assert_eq!(sale.paid(), 27_000);
        assert_eq!(sale.back(&back("r").line("a", 2)), 18_000, "{name}");
    }
}

/// C3: 299.00 of one shop and 1.00 of another, 50.00 off 300.00 over both. By shares 0.83 comes back, and the first shop sold 299.00 for 249.17.
#[test]
fn abuse_c3_a_filler_of_another_shop_pays_nothing_back() {
    let mut both = off_50_from_300();
    both[0]["funding"] = json!({"platform": "60", "shop": "40"});
    let lines = || vec![line("coat", 1, 29_900).shop("s1"), line("filler", 1, 100).shop("s2")];
    let mut by_share = sale(rules(policy("proportional"), both.clone()), lines(), vec![], context());
    assert_eq!(by_share.back(&back("r").line("filler", 1)), 83);
    let sale = sale(rules(json!({}), both), lines(), vec![], context());
    let note = sale.refund(&back("r").line("filler", 1));
    assert_eq!((note.money.minor(), note.residue.minor()), (0, 4_900));
    // Alone nobody funds anything: both bearers get back what they funded of the 50.00.
    let bearers: Vec<(&str, i64)> =
        note.bearers.iter().map(|back| (back.bearer.as_str(), back.amount.minor())).collect();
    assert_eq!(bearers, [("platform", 3_000), ("shop", 2_000)]);
}

fn free_from_88(base: Value) -> Value {
    json!([
        {"id": "coupon", "stage": "coupon", "coupon": {"codes": ["TWENTY"]},
         "benefit": {"amount_off": {"amount": "20.00", "each": "once"}}},
        {"id": "free", "stage": "shipping", "condition": {"spend": {"base": base, "at_least": "88.00"}},
         "benefit": {"shipping": {"off": {"free": {}}}}}
    ])
}

/// C4: 80.00 + 8.00 ship for nothing; the 8.00 goes back and the 80.00 pays its fee of 8.00 after all.
#[test]
fn abuse_c4_the_fee_comes_back_with_the_filler() {
    let lines = vec![line("a", 1, 8_000), line("filler", 1, 800)];
    let fee = vec![Charge::new(Money::from_minor(800))];
    let mut sale = sale(rules(json!({}), free_from_88(json!("entry"))), lines, fee, context());
    assert_eq!(sale.paid(), 8_800);
    assert_eq!(sale.paid() - sale.back(&back("r").line("filler", 1)), 8_000 + 800);
}

/// C5: 90.00 with a coupon of 20.00 ships for nothing on the gross base, 70.00, and for 8.00 on the net one, 78.00. Returns follow the same base.
#[test]
fn abuse_c5_the_base_of_free_shipping_is_explicit_and_holds_for_returns() {
    for (base, expected) in [("list", 7_000), ("entry", 7_800)] {
        let (lines, fee) = (vec![line("a", 9, 1_000)], vec![Charge::new(Money::from_minor(800))]);
        let file = rules(json!({}), free_from_88(json!(base)));
        let mut sale = sale(file, lines, fee, context().code("twenty"));
        assert_eq!(sale.paid(), expected, "{base}");
        // One of nine goes. Alone the others are 80.00 less the coupon, and the fee, since 80.00 is below 88.00 on either base; by shares
        // they have cost what was paid less 10.00 and a ninth of the coupon.
        let kept = sale.paid() - sale.back(&back("r").line("a", 1));
        assert_eq!(kept, (8_000 - 2_000 + 800).max(expected - (1_000 - 222)), "{base}");
    }
}

/// C8, the other figure: 50.00 back for every 200.00. On the cash base it comes once: 200.00, then 150.00 with the 50.00, then 200.00 again; never
/// 150.00 for ever.
#[test]
fn abuse_c8_a_packet_pays_once_and_brings_none_for_what_it_paid() {
    let file = json!([
        {"id": "packet", "stage": "points", "benefit": {"use_balance": {"class": "packet"}}},
        {"id": "fifty", "stage": "reward",
         "benefit": {"grant": {"give": {"balance": {"class": "packet", "amount": "50.00"}},
                               "every": {"spend": "200.00"}, "base": "cash", "times": 1}}}
    ]);
    let mut packets = 0;
    let paid = ["1", "2", "3"].map(|_| {
        let mut wallet = Wallet::default();
        for packet in 0..packets {
            wallet = wallet.balance(format!("p{packet}"), Balance::new("packet", "50.00".parse().unwrap()));
        }
        let goods = vec![line("a", 1, 20_000)];
        let order = sale(rules(json!({}), file.clone()), goods, vec![], context().wallet(wallet));
        packets = order.receipt.quote.grants.len();
        order.paid()
    });
    assert_eq!(paid, [20_000, 15_000, 20_000]);
}

fn gift(worth: Value) -> Value {
    json!([{"id": "gift", "stage": "reward", "condition": {"spend": {"at_least": "199.00"}},
            "benefit": {"gift": {"options": [{"sku": "CUP", "worth": worth}]}}}])
}

/// C6: 199.00 with a gift that cost 59.00. All of it is 199.00; without the gift it is 140.00.
#[test]
fn abuse_c6_a_gift_that_is_kept_is_paid_for() {
    let bought =
        || sale(rules(json!({}), gift(json!("59.00"))), vec![line("a", 1, 19_900)], vec![], context());
    assert_eq!(bought().back(&back("r").line("a", 1)), 19_900 - 5_900);
    assert_eq!(bought().back(&back("r").line("a", 1).gift("CUP", 1)), 19_900);
    // It may come later; and without a worth it is asked back.
    let mut later = bought();
    assert_eq!(later.back(&back("r").line("a", 1)), 19_900 - 5_900);
    assert_eq!(later.back(&back("gift").gift("CUP", 1)), 5_900);
    let file = rules(json!({}), gift(Value::Null));
    let note = sale(file, vec![line("a", 1, 19_900)], vec![], context()).refund(&back("r").line("a", 1));
    assert_eq!(note.money.minor(), 19_900);
    assert_eq!((&note.rewards[0].what, note.rewards[0].due), (&Reward::Gift("CUP".into()), 1));
}

/// C7: a gift of list price 100.00 for every 100.00. If it counted, 100.00 would bring goods without end.
#[test]
fn abuse_c7_a_gift_brings_no_gift_and_is_due_with_its_trigger() {
    let file = json!([{"id": "gift", "stage": "reward",
        "benefit": {"gift": {"options": [{"sku": "A", "worth": "100.00"}], "every": {"spend": "100.00"}, "times": 9}}}]);
    let mut sale = sale(rules(json!({}), file), vec![line("A", 2, 10_000)], vec![], context());
    let pieces: Vec<u32> = sale.receipt.quote.gifts.iter().map(|gift| gift.quantity).collect();
    assert_eq!((sale.paid(), pieces), (20_000, vec![2]));
    // One of two goes, and the gift it brought is paid for.
    assert_eq!(sale.back(&back("r").line("A", 1)), 10_000 - 10_000);
}

/// C8: 50.00 back for 50.00 spent. What the coupon pays is no cash, so it brings no further one; and spent, it is charged when its order goes back.
#[test]
fn abuse_c8_a_coupon_does_not_bring_the_next_one_or_outlive_its_order() {
    let file = json!([
        {"id": "packet", "stage": "points", "benefit": {"use_balance": {"class": "packet"}}},
        {"id": "fifty", "stage": "reward",
         "benefit": {"grant": {"give": {"balance": {"class": "packet", "amount": "50.00"}},
                               "every": {"spend": "50.00"}, "base": "cash", "times": 1}}}
    ]);
    let goods = || vec![line("a", 1, 5_000)];
    let mut first = sale(rules(json!({}), file.clone()), goods(), vec![], context());
    assert_eq!((first.paid(), first.receipt.quote.grants.len()), (5_000, 1));
    let packet = Wallet::default().balance("p1", Balance::new("packet", "50.00".parse().unwrap()));
    let second = sale(rules(json!({}), file), goods(), vec![], context().wallet(packet));
    assert_eq!((second.paid(), second.receipt.quote.grants.len()), (0, 0));
    assert_eq!(first.back(&back("r").line("a", 1).spent("fifty", 1)), 5_000 - 5_000);
}

/// C9: C1 with the 50.00 as a coupon that also came back would lose 83.33.
#[test]
fn abuse_c9_a_coupon_comes_back_with_the_last_of_the_goods_only() {
    let coupon = json!([{"id": "fifty", "stage": "coupon", "coupon": {"codes": ["FIFTY"]},
        "condition": {"spend": {"at_least": "300.00"}}, "benefit": {"amount_off": {"amount": "50.00", "each": "once"}},
        "limits": {"uses_per_customer": 1}}]);
    let lines = vec![line("filler", 1, 10_000), line("shirt", 1, 20_000)];
    let mut sale = sale(rules(json!({}), coupon), lines, vec![], context().code("fifty"));
    let note = sale.refund(&back("r").line("filler", 1));
    assert_eq!((note.money.minor(), note.coupons.len(), note.claims.len()), (5_000, 0, 0));
    sale.receipt = sale.receipt.with(note).unwrap();
    let rest = sale.refund(&sale.everything());
    assert_eq!((rest.money.minor(), rest.coupons.len(), rest.claims.len()), (20_000, 1, 1));
}

/// C10: three of 50.00 for 99.00. Two refunded at list would leave the third for -1.00; by shares it costs 33.00, alone 50.00.
#[test]
fn abuse_c10_a_broken_bundle_is_no_bundle() {
    let file = json!([{"id": "three", "stage": "item", "benefit": {"n_for": {"units": 3, "off": {"price": "99.00"}}}}]);
    for (name, kept) in [("proportional", 3_300), ("reprice", 5_000), ("safest", 5_000)] {
        let mut sale = sale(rules(policy(name), file.clone()), vec![line("a", 3, 5_000)], vec![], context());
        assert_eq!(sale.paid() - sale.back(&back("r").line("a", 2)), kept, "{name}");
    }
}

/// C11: a variant of 10.00 against one of 100.00.
#[test]
fn abuse_c11_an_exchange_for_a_dearer_variant_costs_the_difference() {
    let cheap = sale(rules(json!({}), json!([])), vec![line("plain", 1, 1_000)], vec![], context());
    let dear = sale(rules(json!({}), json!([])), vec![line("gold", 1, 10_000)], vec![], context());
    let exchange = cheap.plan.exchange(
        &mut Refunder::default(),
        &cheap.receipt,
        &back("r").line("plain", 1),
        &dear.receipt.quote,
    );
    assert_eq!(exchange.unwrap().difference.minor(), 9_000);
}

/// C12: the insurance would pay 11.00 for a parcel that cost 5.80.
#[test]
fn abuse_c12_return_freight_is_what_it_cost_and_at_most_so_much() {
    let file = || rules(json!({"return_freight": "11.00"}), json!([]));
    let bought = || sale(file(), vec![line("a", 2, 10_000)], vec![], context());
    let freight = |minor: i64| back("r").line("a", 1).freight(Money::from_minor(minor));
    let paid = |minor: i64| bought().refund(&freight(minor)).part(&RefundOf::ReturnFreight).minor();
    assert_eq!((paid(580), paid(1_500), paid(0)), (580, 1_100, 0));
    // Two parcels are one order.
    let mut two = bought();
    assert_eq!(two.back(&freight(580)), 10_580);
    let second = two.refund(&back("s").line("a", 1).freight(Money::from_minor(580)));
    assert_eq!(second.part(&RefundOf::ReturnFreight).minor(), 1_100 - 580);
}

/// D5: a deposit of 50.00 counts as 100.00 of 500.00; a refund of 500.00 would gain 50.00.
#[test]
fn abuse_d5_a_deposit_is_refunded_at_what_was_paid() {
    let file = json!([{"id": "presale", "stage": "item", "benefit": {"presale": {"deposit": "50.00", "worth": "100.00"}}}]);
    let mut sale = sale(rules(json!({}), file), vec![line("a", 1, 50_000)], vec![], context());
    assert_eq!((sale.paid(), sale.back(&sale.everything())), (45_000, 45_000));
}

/// D8: 1000.00 with a coupon of 100.00 cost 900.00, then the list price falls to 850.00. Against the list price of before, the claim
/// would be 150.00 and the return 900.00: 1,050.00 received. It is 50.00, once, and comes off the return.
#[test]
fn abuse_d8_protection_pays_down_to_what_others_pay_once_and_comes_off_the_return() {
    let file = json!([{"id": "hundred", "stage": "coupon", "coupon": {"codes": ["HUNDRED"]},
        "benefit": {"amount_off": {"amount": "100.00", "each": "once"}}}]);
    let protection = json!({"price_protection": {"minutes": 10_080}});
    let mut sale: Sale =
        sale(rules(protection, file), vec![line("tv", 1, 100_000)], vec![], context().code("hundred"));
    assert_eq!(sale.paid(), 90_000);
    let mut today = sale.receipt.checkout.clone();
    today.cart = Cart::new(Currency::CNY, vec![line("tv", 1, 85_000)], vec![]).unwrap();
    today.context.codes.clear();
    let quote = price(&sale.plan, &today);
    let claim = |sale: &Sale, id: &str| {
        let claim = Protect::new(id, now(), &quote);
        sale.plan.protect(&mut Refunder::default(), &sale.receipt, &claim).unwrap()
    };
    let note = claim(&sale, "p1");
    assert_eq!(note.money.minor(), 90_000 - 85_000);
    sale.receipt = sale.receipt.with(note).unwrap();
    let again = claim(&sale, "p2");
    assert_eq!(again.money.minor(), 0);
    assert_eq!(sale.back(&sale.everything()), 90_000 - 5_000);
    assert_eq!(sale.receipt.refunded().minor(), 90_000);
}

fn earn(refunds: Value, points: u32, per: &str) -> dealproof::rules::RuleSet {
    rules(
        refunds,
        json!([{"id": "earn", "stage": "reward", "benefit": {"points_earn": {"points": points, "per": per}}}]),
    )
}

/// E3: 2,000.00 at one point for 100.00, doubled: 40 points. The goods go back and so do the points.
#[test]
fn abuse_e3_points_go_back_with_their_order() {
    let file = rules(
        json!({}),
        json!([{"id": "earn", "stage": "reward",
        "benefit": {"points_earn": {"points": 1, "per": "100.00", "multipliers": [{"times": "2"}]}}}]),
    );
    let sale = sale(file, vec![line("a", 4, 50_000)], vec![], context());
    assert_eq!(sale.receipt.quote.points_earned(), 40);
    assert_eq!(sale.refund(&sale.everything()).points.taken_back, 40);
    // What is kept earns its own: 500.00 of it ten points.
    assert_eq!(sale.refund(&back("r").line("a", 3)).points.taken_back, 30);
}

/// E4: 500 points of one order, worth 5.00, were spent on another. Taking back what is there would recover nothing.
#[test]
fn abuse_e4_spent_points_leave_a_debt_or_are_charged_as_is_declared() {
    let bought =
        |refunds: Value| sale(earn(refunds, 1, "1.00"), vec![line("a", 1, 50_000)], vec![], context());
    let debt = bought(json!({"spent_points": "owe"})).refund(&back("r").line("a", 1).points_held(0));
    assert_eq!((debt.points.taken_back, debt.money.minor()), (500, 50_000));
    assert_eq!((debt.points.charged, debt.points.lacking), (0, 0));
    let charging = json!({"spent_points": {"charge": {"points": 100, "value": "1.00"}}});
    let charged = bought(charging.clone()).refund(&back("r").line("a", 1).points_held(0));
    assert_eq!((charged.points.taken_back, charged.points.charged), (0, 500));
    assert_eq!(charged.money.minor(), 50_000 - 500);
    // 333 are there; 167 cost 1.67.
    let part = bought(charging).refund(&back("r").line("a", 1).points_held(333));
    assert_eq!((part.points.taken_back, part.money.minor()), (333, 50_000 - 167));
}

/// With nothing declared no wallet goes below zero: 333 of the 500 are there, 167 are lacking. They stay due: whatever goes
/// back next asks for them again, with its own.
#[test]
fn points_that_nobody_agreed_on_are_taken_as_far_as_the_wallet_holds_them() {
    let lines = || vec![line("a", 1, 50_000), line("b", 1, 10_000), line("c", 1, 20_000)];
    let mut sale = sale(earn(json!({}), 1, "1.00"), lines(), vec![], context());
    let mut back_of = |id: &str, held: u64| {
        let note = sale.refund(&back(id).line(id, 1).points_held(held));
        let points = (note.points.taken_back, note.points.charged, note.points.lacking);
        sale.receipt = sale.receipt.clone().with(note).unwrap();
        points
    };
    assert_eq!(back_of("a", 333), (333, 0, 167));
    // 100 more are due, and nothing is there.
    assert_eq!(back_of("b", 0), (0, 0, 267));
    // 200 more; by now the shopper has earned elsewhere.
    assert_eq!(back_of("c", 1_000), (467, 0, 0));
}

/// E7: points that end today are spent, the order is cancelled tomorrow: they come back to the lot that has ended, as do balances.
#[test]
fn abuse_e7_points_and_balances_come_back_with_the_end_they_had() {
    let file = json!([
        {"id": "points", "stage": "points", "benefit": {"points_redeem": {"step": 100, "value": "1.00"}}},
        {"id": "packet", "stage": "points", "rank": 1, "benefit": {"use_balance": {"class": "packet"}}}
    ]);
    let (today, later) = (now().after_minutes(60).unwrap(), now().after_minutes(100_000).unwrap());
    let packet = Balance::new("packet", "5.00".parse().unwrap()).until(today);
    let wallet = Wallet::default().points(1_000).redeem(1_000).balance("p1", packet);
    let mut sale = sale(rules(json!({}), file), vec![line("a", 2, 5_000)], vec![], context().wallet(wallet));
    // 100.00 less 10.00 in points and 5.00 of the packet.
    assert_eq!(sale.paid(), 8_500);
    sale.receipt = sale
        .receipt
        .points_lot(PointsLot::new(300).until(today))
        .points_lot(PointsLot::new(700).until(later));
    let half = sale.refund(&back("r").line("a", 1));
    // Half of everything: 42.50, 500 points of the lot used last, 2.50 of the packet.
    assert_eq!((half.money.minor(), half.points.given_back), (4_250, 500));
    assert_eq!(half.points.lots, [PointsLot::new(500).until(later)]);
    sale.receipt = sale.receipt.with(half).unwrap();
    let rest = sale.refund(&back("s").line("a", 1));
    assert_eq!(rest.points.lots, [PointsLot::new(200).until(later), PointsLot::new(300).until(today)]);
    let [packet] = &rest.balances[..] else { panic!("{:?}", rest.balances) };
    assert_eq!((packet.amount.minor(), packet.until), (250, Some(today)));
}

fn together(tiers: Vec<GroupTier>, sizes: &[(u32, i64, i64)], members: u32) -> (Group, Vec<Change>) {
    let terms = GroupPrice::new(tiers, 1_440).hold_minutes(10_080);
    let pays: Vec<GroupOutcome> = sizes
        .iter()
        .map(|(size, price, leader)| {
            GroupOutcome::new(*size, Money::from_minor(*price)).leader(Money::from_minor(*leader))
        })
        .collect();
    let buyer = |number: u32| Buyer::new(format!("c{number}"), &pays);
    let (mut group, mut changes) =
        Group::open("team".into(), Currency::CNY, &terms, buyer(0), now()).unwrap();
    for number in 1..members {
        changes.extend(group.join(buyer(number), now()).unwrap());
    }
    (group, changes)
}

fn net(changes: &[Change], who: &str) -> i64 {
    changes.iter().fold(0, |sum, change| match change {
        Change::Paid { customer, amount } if customer.as_str() == who => sum + amount.minor(),
        Change::Refunded { customer, amount } if customer.as_str() == who => sum - amount.minor(),
        _ => sum,
    })
}

/// F8: three at 50.00, the leader free, list 80.00. Two refund after the success; a leader paid out at once would have a unit for nothing.
#[test]
fn abuse_f8_a_leaders_benefit_waits_for_the_return_window() {
    let tiers = vec![GroupTier::new(3, "50.00".parse().unwrap()).leader("0.00".parse().unwrap())];
    let (mut group, mut changes) = together(tiers, &[(3, 5_000, 0)], 3);
    assert_eq!(net(&changes, "c0"), 5_000);
    for member in ["c1", "c2"] {
        changes.extend(group.leave(&CustomerId::new(member), now().after_minutes(60).unwrap()).unwrap());
    }
    changes.extend(group.advance(now().after_minutes(20_000).unwrap()).unwrap());
    assert_eq!(["c0", "c1", "c2"].map(|who| net(&changes, who)), [5_000, 0, 0]);
}

/// F10: three at 80.00, five at 60.00. Five join and two refund; three would keep 60.00, 60.00 less than they should pay together.
#[test]
fn abuse_f10_the_tier_is_that_of_those_who_held_on() {
    let tiers =
        vec![GroupTier::new(3, "80.00".parse().unwrap()), GroupTier::new(5, "60.00".parse().unwrap())];
    let (mut group, mut changes) = together(tiers, &[(3, 8_000, 8_000), (5, 6_000, 6_000)], 5);
    for member in ["c3", "c4"] {
        changes.extend(group.leave(&CustomerId::new(member), now().after_minutes(60).unwrap()).unwrap());
    }
    changes.extend(group.advance(now().after_minutes(20_000).unwrap()).unwrap());
    let pay: i64 = ["c0", "c1", "c2"].iter().map(|who| net(&changes, who)).sum();
    assert_eq!((pay, net(&changes, "c3")), (3 * 8_000, 0));
}
