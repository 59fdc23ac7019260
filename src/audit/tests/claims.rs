//! What was claimed without being so: gifts nobody knows the cost of, points worth more than is said, amounts rounded one by one,
//! thresholds on a piece, caps that a limit keeps from being reached, orders of goods that nobody sells.

use super::false_proofs::{assert_unproved, read, shop, sold, unsearched};
use super::*;
use crate::audit::check::CheckError;
use crate::evaluate::Scratch;
use crate::money::{RoundMode, Rounding, RoundingPer};
use crate::record::{PointsDirection, Quote, Usage};
use crate::shop::{Cart, Context, CustomerId, Policies};

fn rules(list: &str) -> RuleSet {
    read(&format!(r#"{{"format": 1, "currency": "CNY", "rules": [{list}]}}"#))
}

fn bought(catalogue: &Catalogue, items: &[(&str, u32)]) -> Order {
    let lines = items.iter().map(|(sku, count)| {
        let mut line = catalogue.product(sku).unwrap().piece.clone();
        line.quantity = *count;
        line
    });
    let cart = Cart::new(Currency::CNY, lines.collect(), catalogue.charges().to_vec()).unwrap();
    Order::new(cart, Context::new("2026-05-01T10:00:00Z".parse().unwrap()))
}

fn priced(rules: &RuleSet, order: &Order) -> Quote {
    let plan = crate::compile(rules).unwrap();
    plan.price(&mut Scratch::default(), &order.cart, &order.context, &Usage::default()).unwrap()
}

fn searched(rules: &RuleSet, catalogue: &Catalogue, promise: Promise) -> AuditReport {
    let bounds = AuditBounds::default().promises(Promises::default().only([promise])).orders(2_000);
    audit(rules, catalogue, &bounds).unwrap()
}

fn is_proved(rules: &RuleSet, catalogue: &Catalogue, promise: Promise) -> bool {
    matches!(unsearched(rules, catalogue, promise), Verdict::Proved { .. })
}

#[test]
fn a_gift_of_unknown_cost_may_cost_more_than_the_order_brings() {
    let rules =
        rules(r#"{"id": "bowl", "stage": "reward", "benefit": {"gift": {"options": [{"sku": "BOWL"}]}}}"#);
    let tin = || sold("TIN", 10_000, 8_000);
    // It comes with every tin, and the catalogue does not have it.
    let nowhere = shop([tin()]);
    assert_eq!(priced(&rules, &bought(&nowhere, &[("TIN", 1)])).gifts.len(), 1);
    for promise in [Promise::AboveCost, Promise::SplitFarm, Promise::ReturnsNeverPay] {
        assert_unproved(&rules, &nowhere, promise);
    }
    let unknown = Product::new(Line::new("", "BOWL", 1, Money::from_minor(9_000)));
    assert_unproved(&rules, &shop([tin(), unknown]), Promise::ReturnsNeverPay);
    // A tin leaves 20.00: a bowl for 20.00 is paid for, one for 20.11 is not, with 0.10 for rounding.
    assert!(is_proved(&rules, &shop([tin(), sold("BOWL", 10_000, 2_000)]), Promise::AboveCost));
    assert!(!is_proved(&rules, &shop([tin(), sold("BOWL", 10_000, 2_011)]), Promise::AboveCost));
}

/// Three points for each yuan paid in money, each of which pays 1.00.
fn points_for_points() -> RuleSet {
    rules(
        r#"{"id": "pay", "stage": "points", "benefit": {"points_redeem": {"step": 1, "value": "1.00"}}},
        {"id": "points", "stage": "reward", "benefit": {"points_earn": {"points": 3, "per": "1.00"}}}"#,
    )
}

#[test]
fn a_point_is_worth_no_less_than_a_rule_gives_for_it() {
    // The shop says 0.01.
    let policies = Policies::default().point_value("0.01".parse().unwrap());
    let catalogue = shop([sold("LAMP", 10_000, 1_000)]).with_policies(policies).unwrap();
    let mut order = bought(&catalogue, &[("LAMP", 1)]);
    order.context.customer.id = Some(CustomerId::new("c"));
    (order.context.wallet.points, order.context.wallet.redeem_points) = (60, 60);
    let quote = priced(&points_for_points(), &order);
    // 60 points pay 60.00 of 100.00, and the other 40.00 earn 120 points.
    let earned = quote.points.iter().filter(|one| one.direction == PointsDirection::Earned);
    assert_eq!(quote.totals.payable, Money::from_minor(10_000 - 6_000));
    assert_eq!(earned.map(|one| one.points).sum::<u64>(), 3 * 40);
    assert_unproved(&points_for_points(), &catalogue, Promise::NoPump);
    assert_unproved(&points_for_points(), &catalogue, Promise::EarnShare);
    let report = searched(&points_for_points(), &catalogue, Promise::NoPump);
    assert!(report.of(Promise::NoPump).next().is_some(), "{report}");
}

#[test]
fn a_cut_below_the_reference_price_rounds_for_each_unit_and_a_ladder_for_each_step() {
    let with_mode = |rules: RuleSet, mode: RoundMode| RuleSet {
        rounding: Rounding::new(mode, RoundingPer::Order),
        ..rules
    };
    let half = || {
        rules(
            r#"{"id": "half", "stage": "order", "benefit": {"percent_off": {"percent": "50", "of": "reference"}}}"#,
        )
    };
    let pin = Line::new("", "PIN", 1, Money::from_minor(5)).reference_price(Money::from_minor(5));
    let pins = shop([Product::new(pin)]);
    // Half of 0.05, rounded up, off each of a hundred: 2.00 are left, of 5.00 less half of it 2.50.
    let paid = priced(&half(), &bought(&pins, &[("PIN", 100)])).totals.payable;
    assert_eq!(paid, Money::from_minor(100 * (5 - 3)));
    assert_unproved(&half(), &pins, Promise::Rounding);
    assert!(is_proved(&with_mode(half(), RoundMode::Down), &pins, Promise::Rounding));
    let ladder = || {
        rules(
            r#"{"id": "ladder", "stage": "order", "benefit": {"unit_ladder": {"steps": [{"from": 1, "off": {"percent": "50"}},
            {"from": 2, "off": {"percent": "51"}}, {"from": 3, "off": {"percent": "52"}}]}}}"#,
        )
    };
    let grains = shop([sold("GRAIN", 1, 0)]);
    // Each of three steps takes its 0.01; together they are 1.53 of one, so once rounded two.
    let paid = priced(&ladder(), &bought(&grains, &[("GRAIN", 3)])).totals.payable;
    assert_eq!(paid, Money::from_minor(0));
    assert_unproved(&ladder(), &grains, Promise::Rounding);
    assert!(is_proved(&with_mode(ladder(), RoundMode::Down), &grains, Promise::Rounding));
    // One step rounds once.
    let first = r#"{"id": "first", "stage": "order", "benefit": {"unit_ladder": {"steps": [{"from": 2, "off": {"percent": "50"}}]}}}"#;
    assert!(is_proved(&rules(first), &grains, Promise::Rounding));
}

#[test]
fn a_limit_of_units_keeps_a_cap_from_being_reached() {
    let limited = |limits: &str| {
        rules(&format!(
            r#"{{"id": "tenth", "stage": "order", "cap": "10.00", {limits} "condition": {{"spend": {{"at_least": "100.00"}}}},
            "benefit": {{"percent_off": {{"percent": "10"}}}}}}"#
        ))
    };
    let one_lamp = limited(r#""limits": {"units_per_order": 1},"#);
    // A tenth of one of ten lamps is 1.00.
    let ten = bought(&lamps(None), &[("LAMP", 10)]);
    assert_eq!(priced(&one_lamp, &ten).totals.payable, Money::from_minor(10_000 - 100));
    let report = searched(&one_lamp, &lamps(None), Promise::CapsMatter);
    assert!(report.findings.is_empty(), "{report}");
    // Without the limit it is a tenth of 100.00 at least.
    let report = searched(&limited(""), &lamps(None), Promise::CapsMatter);
    assert!(matches!(report.findings[0].repair, Some(Change::FixAmount { .. })), "{report}");
}

#[test]
fn a_cap_that_is_always_reached_is_not_taken_off() {
    // 10.00 for every 100.00, but never more than 8.00: without the cap a tenth of everything.
    let steps = r#"{"id": "steps", "stage": "order", "cap": "8.00",
        "benefit": {"every": {"step": {"spend": "100.00"}, "amount": "10.00", "times": "uncapped"}}}"#;
    let of_shop = r#"{"id": "shop", "stage": "order", "cap": "8.00", "per": "shop",
        "condition": {"spend": {"at_least": "100.00"}}, "benefit": {"percent_off": {"percent": "10"}}}"#;
    for list in [steps, of_shop] {
        let report = searched(&rules(list), &lamps(None), Promise::CapsMatter);
        assert_eq!((report.findings.len(), &report.findings[0].repair), (1, &None), "{report}");
    }
}

#[test]
fn where_shipping_counts_for_a_threshold_it_counts_for_what_is_paid() {
    let catalogue = r#"{"currency": "CNY", "shipping": [{"amount": "8.00"}], "products": [
        {"sku": "BAG", "list_price": "5.00", "cost": "1.00"}, {"sku": "LAMP", "list_price": "95.00", "cost": "10.00"}]}"#;
    let catalogue: Catalogue = serde_json::from_str(catalogue).unwrap();
    let bag = |base: &str| {
        format!(
            r#"{{"id": "bag", "stage": "reward", "benefit": {{"gift": {{"options": [{{"sku": "BAG"}}]}}}},
            "condition": {{"spend": {{"at_least": "100.00", "with_shipping": true, "base": "{base}"}}}}}}"#
        )
    };
    // 95.00 and 8.00 are 103.00.
    let cash = rules(&bag("cash"));
    assert_eq!(
        priced(&cash, &bought(&catalogue, &[("LAMP", 1)])).totals.payable,
        Money::from_minor(9_500 + 800)
    );
    let report = searched(&cash, &catalogue, Promise::PaidThreshold);
    assert!(report.findings.is_empty(), "{report}");
    // With 10.00 off they are 93.00, and the bag comes for what is listed.
    let ten =
        r#"{"id": "ten", "stage": "order", "benefit": {"amount_off": {"amount": "10.00", "each": "once"}}}"#;
    let report = searched(&rules(&format!("{ten}, {}", bag("list"))), &catalogue, Promise::PaidThreshold);
    let smallest = &report.findings[0].smallest;
    assert_eq!(smallest.paid, Money::from_minor(9_500 + 800 - 1_000), "{report}");
}

#[test]
fn what_a_piece_must_cost_is_a_threshold() {
    let catalogue = shop([sold("LAMP", 10_000, 1_000), sold("BAG", 100, 50)]);
    let dear = r#"{"unit_price": {"base": "list", "at_least": "100.00"}}"#;
    let half = r#"{"id": "half", "stage": "order", "benefit": {"percent_off": {"percent": "50"}}}"#;
    let bag = format!(
        r#"{{"id": "bag", "stage": "reward", "benefit": {{"gift": {{"options": [{{"sku": "BAG"}}], "qualifier": {dear}}}}}}}"#
    );
    let free = format!(
        r#"{{"id": "free", "stage": "shipping", "condition": {{"contains": {{"of": {{"any": [{dear}]}}}}}}, "benefit": {{"shipping": {{"off": {{"free": {{}}}}}}}}}}"#
    );
    let points = format!(
        r#"{{"id": "points", "stage": "reward", "benefit": {{"points_earn": {{"points": 1, "per": "1.00", "of": {dear}}}}}}}"#
    );
    // A lamp of 100.00 for 50.00 brings the bag, and 50 points: at what is paid it is no lamp of 100.00.
    let both = rules(&[half, bag.as_str(), points.as_str()].join(", "));
    let quote = priced(&both, &bought(&catalogue, &[("LAMP", 1)]));
    assert_eq!((quote.totals.payable, quote.gifts.len()), (Money::from_minor(5_000), 1));
    assert_eq!(quote.points.iter().map(|one| one.points).sum::<u64>(), 50);
    for list in [bag, free] {
        assert_unproved(&rules(&format!("{half}, {list}")), &catalogue, Promise::PaidThreshold);
    }
    assert_unproved(&rules(&format!("{half}, {points}")), &catalogue, Promise::EarnedOnCash);
}

#[test]
fn an_order_of_goods_that_nobody_sells_shows_nothing() {
    let rules = rules(
        r#"{"id": "pots", "stage": "order", "cap": "1.00",
        "benefit": {"percent_off": {"percent": "10", "target": {"skus": ["POT"]}}}}"#,
    );
    let id = || RuleId::new("pots");
    let pots =
        |stock: u32, price: i64| shop([sold("POT", price, 100).stock(stock), sold("LAMP", 1_000, 100)]);
    let (few, many) = ([("POT", 1)], [("POT", 2)]);
    let sold_here = pots(2, 1_000);
    let order = |items: &[(&str, u32)]| [(id(), bought(&sold_here, items))].into();
    let certificates = [
        (Promise::EveryRule, Certificate::Examples { orders: order(&many), tiers: BTreeMap::new() }),
        // A tenth of a pot is 1.00; of two it is 2.00.
        (Promise::CapsMatter, Certificate::Caps { reached: order(&many), below: order(&few) }),
    ];
    let lamp_alone = shop([sold("LAMP", 1_000, 100)]);
    for (promise, certificate) in certificates {
        let checked =
            |catalogue: &Catalogue| check(&rules, catalogue, &Promises::default(), promise, &certificate);
        assert_eq!(checked(&sold_here), Ok(()), "{promise:?}");
        // There are no pots, too few of them, or they cost something else.
        for other in [&lamp_alone, &pots(1, 1_000), &pots(2, 999)] {
            assert!(checked(other).is_err(), "{promise:?}");
        }
    }
    // Shipped at 8.00, which is not what shipping costs.
    let fee = crate::shop::Charge::new(Money::from_minor(800));
    let limits = crate::bounds::Limits::default();
    let goods = sold_here.products().to_vec();
    let shipped = Catalogue::with_limits(Currency::CNY, goods, Vec::new(), vec![fee], &limits).unwrap();
    let orders = [(id(), bought(&shipped, &few))].into();
    let certificate = Certificate::Examples { orders, tiers: BTreeMap::new() };
    let checked = |catalogue: &Catalogue| {
        check(&rules, catalogue, &Promises::default(), Promise::EveryRule, &certificate)
    };
    assert_eq!(checked(&shipped), Ok(()));
    assert_eq!(checked(&sold_here), Err(CheckError::NotShipped { minor: 800 }));
}

/// A coupon of 1.00 that every order gives, and what else there is.
fn coupon_and(list: &str) -> RuleSet {
    rules(&format!(
        r#"{{"id": "one", "stage": "order", "coupon": {{"wallet": true}}, "benefit": {{"amount_off": {{"amount": "1.00", "each": "once"}}}}}},
        {{"id": "give", "stage": "reward", "benefit": {{"grant": {{"give": {{"coupon": "one"}}}}}}}}{list}"#
    ))
}

#[test]
fn a_coupon_that_opens_another_rule_is_worth_more_than_it_takes_off() {
    let catalogue = shop([sold("LAMP", 10_000, 900)]);
    let mut held = bought(&catalogue, &[("LAMP", 1)]);
    held.context.coupons.push(crate::shop::WalletCoupon::new("held", "one"));
    let half = |more: &str| {
        format!(
            r#", {{"id": "z-half", "stage": "coupon", {more} "benefit": {{"percent_off": {{"percent": "50"}}}}}}"#
        )
    };
    let small = half(r#""condition": {"spend": {"at_most": "99.99"}},"#);
    let not_large = half(r#""condition": {"not": {"spend": {"at_least": "99.50"}}},"#);
    // 2.00 off keeps the half away, as long as 99.50 are spent.
    let large = r#", {"id": "large", "stage": "coupon", "condition": {"spend": {"at_least": "99.50"}}, "stacking": {"group": "g"},
        "benefit": {"amount_off": {"amount": "2.00", "each": "once"}}}"#;
    let kept_away = format!("{large}{}", half(r#""stacking": {"group": "g"},"#));
    for list in [small, not_large, kept_away] {
        let rules = coupon_and(&list);
        let quote = priced(&rules, &held);
        // 100.00 less 1.00, and half of that; it earns the coupon again.
        assert_eq!(quote.totals.payable, Money::from_minor((10_000 - 100) / 2), "{list}");
        assert_eq!(quote.grants.len(), 1);
        let bare = bought(&catalogue, &[("LAMP", 1)]);
        assert!(priced(&rules, &bare).totals.payable >= Money::from_minor(10_000 - 200), "{list}");
        assert_unproved(&rules, &catalogue, Promise::NoPump);
    }
    // Half of everything is half with and without it: 1.00 of at least 49.50.
    assert!(is_proved(&coupon_and(&half("")), &catalogue, Promise::NoPump));
}

#[test]
fn amounts_next_to_the_bound_are_no_share_and_stop_nothing() {
    let top = crate::bounds::AMOUNT_MAX / 10;
    let catalogue = || {
        let limits = crate::bounds::Limits { unit_price_minor: top, ..Default::default() };
        let products = vec![sold("PEN", 100, 1), sold("TIN", top, 1)];
        Catalogue::with_limits(Currency::CNY, products, vec![], vec![], &limits).unwrap()
    };
    // So many pieces of the dearest, in millionths, are more than there are numbers.
    let all = format!(
        r#"{{"id": "all", "stage": "order", "limits": {{"units_per_order": {}}}, "condition": {{"spend": {{"at_least": "0.01"}}}},
        "benefit": {{"percent_off": {{"percent": "100"}}}}}}"#,
        u64::MAX
    );
    for promise in [Promise::AboveCost, Promise::Depth, Promise::NotFree] {
        assert_unproved(&rules(&all), &catalogue(), promise);
    }
    let packets = format!(
        r#"{{"id": "packets", "stage": "reward", "benefit": {{"grant": {{"quantity": {}, "every": {{"spend": "0.01"}},
        "give": {{"balance": {{"class": "packet", "amount": "{}.00"}}}}}}}}}}"#,
        u32::MAX,
        top / 100
    );
    for promise in [Promise::EarnShare, Promise::NoPump] {
        assert_unproved(&rules(&packets), &catalogue(), promise);
    }
}
