//! Points, deposits, balances, group and bargain prices, quotas: the cases shops lose money by, each worked by hand.

use dealproof::compile;
use dealproof::evaluate::Scratch;
use dealproof::money::{Amount, Currency, Factor, Money, Percent};
use dealproof::record::{On, Quote, Usage};
use dealproof::rules::{
    Base, Benefit, GroupPrice, GroupTier, Join, Missed, Multiplier, PointsEarn, PointsRedeem, Presale, Rule,
    RuleLimits, RuleSet, Selector, UnitPrice, UseBalance, Window,
};
use dealproof::shop::{
    Balance, BuyingGroup, Cart, Charge, Context, Customer, GroupRole, GroupStatus, Line, Wallet,
};

fn yuan(text: &str) -> Amount {
    text.parse().unwrap()
}

fn cart(lines: &[(&str, &str, u32, i64)]) -> Cart {
    let lines =
        lines.iter().map(|(id, sku, units, price)| Line::new(*id, *sku, *units, Money::from_minor(*price)));
    Cart::new(Currency::CNY, lines.collect(), vec![]).unwrap()
}

fn ann() -> Context {
    Context::new("2026-11-11T10:00:00+08:00".parse().unwrap()).customer(Customer::new("ann"))
}

fn price(rules: impl IntoIterator<Item = Rule>, cart: &Cart, context: &Context) -> Quote {
    price_used(rules, cart, context, &Usage::default())
}

fn price_used(rules: impl IntoIterator<Item = Rule>, cart: &Cart, context: &Context, usage: &Usage) -> Quote {
    let set = rules.into_iter().fold(RuleSet::new(Currency::CNY), RuleSet::rule);
    compile(&set).unwrap().price(&mut Scratch::default(), cart, context, usage).unwrap()
}

fn earn_five_percent(base: Option<Base>) -> Rule {
    let mut earn = PointsEarn::new(5, yuan("100"));
    earn.base = base;
    Rule::new("earn", "reward", Benefit::PointsEarn(earn))
}

fn redeem() -> Rule {
    Rule::new("redeem", "points", Benefit::PointsRedeem(PointsRedeem::new(1, yuan("1"))))
}

/// E2, vector 10.
#[test]
fn abuse_e2_what_points_paid_earns_nothing_unless_the_rule_names_another_base() {
    // 100.00, 80 points pay 80.00: 5 % of 20.00 in cash is 1 point, of the 100.00 before it 5.
    let (cart, wallet) = (cart(&[("1", "TEA", 1, 10_000)]), Wallet::default().points(80).redeem(80));
    let context = ann().wallet(wallet);
    let quote = price([redeem(), earn_five_percent(None)], &cart, &context);
    assert_eq!((quote.points_redeemed(), quote.points_earned()), (80, 1));
    assert_eq!(quote.totals.payable, Money::from_minor(2_000));
    let net = earn_five_percent(Some(Base::Stage("points".into())));
    assert_eq!(price([redeem(), net], &cart, &context).points_earned(), 5);
}

/// E1: gift cards that earn 20 % (10 % on a double day) and buy gift cards would make 200.00 of each 1,000.00 turned over.
#[test]
fn abuse_e1_gift_cards_neither_earn_points_nor_are_paid_by_them_unless_a_rule_says_so() {
    let doubled = PointsEarn::new(10, yuan("100")).multiplier(Multiplier::new(Factor::whole(2)));
    let earn = Rule::new("earn", "reward", Benefit::PointsEarn(doubled.clone()));
    let card = || Line::new("1", "CARD", 1, Money::from_minor(100_000)).gift_card();
    let cart = Cart::new(Currency::CNY, vec![card()], vec![]).unwrap();
    let rich = ann().wallet(Wallet::default().points(200).redeem(200));
    let quote = price([earn, redeem()], &cart, &rich);
    assert_eq!((quote.points_earned(), quote.points_redeemed()), (0, 0));
    // The pump, for whoever asks for it: 1,000.00 * 10 % * 2.
    let loud = doubled.of(Selector::all().with_gift_cards());
    let quote = price([Rule::new("earn", "reward", Benefit::PointsEarn(loud))], &cart, &ann());
    assert_eq!(quote.points_earned(), 200);
}

/// E6: 40.00 by points as four orders of 10.00, at most 5.00 each, come to 20.00; a limit of 5 points a customer holds over
/// the orders.
#[test]
fn abuse_e6_a_limit_of_points_per_customer_holds_over_orders() {
    let of_order = || redeem().cap(yuan("5"));
    let of_customer = || of_order().limits(RuleLimits::none().points_per_customer(5));
    let (cart, rich) = (cart(&[("1", "TEA", 1, 1_000)]), Wallet::default().points(40).redeem(40));
    let (mut by_order, mut by_customer, mut usage) = (0, 0, Usage::default());
    for _ in 0..4 {
        by_order += price([of_order()], &cart, &ann().wallet(rich.clone())).points_redeemed();
        let redeemed =
            price_used([of_customer()], &cart, &ann().wallet(rich.clone()), &usage).points_redeemed();
        usage.rules.entry("redeem".into()).or_default().customer_points += redeemed;
        by_customer += redeemed;
    }
    assert_eq!((by_order, by_customer), (20, 5));
}

#[test]
fn gift_cards_earn_no_points_unless_the_rule_names_them() {
    let card = Line::new("1", "CARD", 1, Money::from_minor(100_000)).gift_card();
    let cart = Cart::new(Currency::CNY, vec![card], vec![]).unwrap();
    assert_eq!(price([earn_five_percent(None)], &cart, &ann()).points_earned(), 0);
    let named = PointsEarn::new(5, yuan("100")).of(Selector::all().with_gift_cards());
    let named = Rule::new("earn", "reward", Benefit::PointsEarn(named));
    assert_eq!(price([named], &cart, &ann()).points_earned(), 50);
}

#[test]
fn two_rules_of_one_order_never_redeem_more_points_than_there_are() {
    let cart = cart(&[("1", "TEA", 1, 10_000)]);
    let twice = ["one", "two"].map(|id| {
        let mut rule = redeem();
        rule.id = id.into();
        rule
    });
    let quote = price(twice, &cart, &ann().wallet(Wallet::default().points(30).redeem(50)));
    assert_eq!(quote.points_redeemed(), 30);
    assert_eq!(quote.claims.len(), 1);
    assert_eq!(quote.claims[0].amount, 30);
}

#[test]
fn nobody_redeems_points_without_asking_or_without_a_name() {
    let cart = cart(&[("1", "TEA", 1, 10_000)]);
    let unasked = ann().wallet(Wallet::default().points(30));
    assert_eq!(price([redeem()], &cart, &unasked).points_redeemed(), 0);
    let mut nameless = ann().wallet(Wallet::default().points(30).redeem(30));
    nameless.customer = Customer::default();
    assert_eq!(price([redeem()], &cart, &nameless).points_redeemed(), 0);
}

/// Vector 8: of 450.00 paid in all, and the 50.00 between what the deposit is and what it counts as is a discount.
#[test]
fn vector_8_a_deposit_of_50_that_counts_as_100_leaves_400_of_500_to_pay() {
    let presale = Presale::new(yuan("50"), yuan("100"));
    let rule = Rule::new("presale", "item", Benefit::Presale(presale));
    let quote = price([rule], &cart(&[("1", "COAT", 1, 50_000)]), &ann());
    let payments: Vec<i64> = quote.payments.iter().map(|payment| payment.amount.minor()).collect();
    assert_eq!(payments, [5_000, 40_000]);
    assert_eq!(quote.totals.payable, Money::from_minor(45_000));
    assert_eq!(quote.rules[0].granted, Money::from_minor(10_000 - 5_000));
    assert_eq!(quote.payments[0].lost, Money::from_minor(5_000));
}

#[test]
fn a_plain_deposit_takes_nothing_off_and_says_what_is_paid_when_and_what_is_lost() {
    let (from, until) = ("2026-11-20T00:00:00+08:00", "2026-11-21T00:00:00+08:00");
    let window = Window::new(Some(from.parse().unwrap()), Some(until.parse().unwrap()));
    let coat = Presale::plain(yuan("50")).target(Selector::sku("COAT")).balance(window).deposit_minutes(30);
    let coat = Rule::new("coat", "item", Benefit::Presale(coat)).limits(RuleLimits::none().units(3));
    let boots = Presale::plain(yuan("20")).target(Selector::sku("BOOT")).missed(Missed::Refund);
    let boots = Rule::new("boots", "item", Benefit::Presale(boots));
    let cart = cart(&[("1", "COAT", 2, 50_000), ("2", "BOOT", 1, 30_000), ("3", "HAT", 1, 4_000)]);
    let quote = price([coat, boots], &cart, &ann());
    // 2 * 500.00 + 300.00 + 40.00, nothing off; 2 * 50.00 + 20.00 now, of which the coats' 100.00 can be lost.
    assert_eq!(quote.totals.payable, Money::from_minor(134_000));
    let [deposit, balance] = &quote.payments[..] else { panic!("{:?}", quote.payments) };
    assert_eq!((deposit.amount.minor(), deposit.lost.minor()), (12_000, 10_000));
    assert_eq!((deposit.from, deposit.until), (None, Some("2026-11-11T10:30:00+08:00".parse().unwrap())));
    assert_eq!((balance.amount.minor(), balance.lost.minor()), (122_000, 0));
    assert_eq!((balance.from, balance.until), (window.from, window.until));
    // Deposits count as units of their rule.
    assert_eq!((quote.claims.len(), quote.claims[0].amount), (1, 2));
    let text = serde_json::to_string(&quote).unwrap();
    assert_eq!(serde_json::from_str::<Quote>(&text).unwrap(), quote);
}

#[test]
fn a_plain_deposit_is_never_more_than_the_unit_and_its_units_run_out() {
    let deposit = Rule::new("presale", "item", Benefit::Presale(Presale::plain(yuan("50"))))
        .limits(RuleLimits::none().units_per_order(2));
    let cart = cart(&[("1", "COAT", 3, 50_000), ("2", "SOCK", 5, 4_999)]);
    let quote = price([deposit], &cart, &ann());
    // Socks cost less than the deposit; of three coats two take one.
    assert_eq!(quote.payments[0].amount, Money::from_minor(2 * 5_000));
    assert_eq!(quote.rules[0].short_units, 1);
}

fn with_fee(lines: &[(&str, &str, u32, i64)], fee: i64) -> Cart {
    let lines: Vec<Line> = lines
        .iter()
        .map(|(id, sku, units, price)| Line::new(*id, *sku, *units, Money::from_minor(*price)))
        .collect();
    let charge = Charge::new(Money::from_minor(fee));
    Cart::new(Currency::CNY, lines, vec![charge]).unwrap()
}

#[test]
fn points_and_balances_pay_shipping_only_where_the_rule_says_so() {
    let cart = with_fee(&[("1", "TEA", 1, 1_000)], 800);
    let wallet = || Wallet::default().points(50).redeem(50);
    let with = PointsRedeem::new(1, yuan("1")).with_shipping();
    let with = || Rule::new("redeem", "points", Benefit::PointsRedeem(with.clone()));
    // 10.00 and 8.00: without the word 10 points pay the goods, with it 18 pay all.
    let quote = price([redeem()], &cart, &ann().wallet(wallet()));
    assert_eq!((quote.points_redeemed(), quote.totals.payable.minor()), (10, 800));
    let quote = price([with()], &cart, &ann().wallet(wallet()));
    assert_eq!((quote.points_redeemed(), quote.totals.payable.minor()), (18, 0));
    let shares: Vec<_> = quote.point_shares.iter().map(|share| (share.on, share.points)).collect();
    assert_eq!(shares, [(On::Line(0), 10), (On::Charge(0), 8)]);
    // Half of 18.00 from a balance: 9.00, split 10 : 8, is 5.00 and 4.00.
    let half = UseBalance::new("packet").percent_max(Percent::whole(50)).with_shipping();
    let packet = Wallet::default().balance("a", Balance::new("packet", yuan("20")));
    let half = Rule::new("half", "points", Benefit::UseBalance(half));
    let quote = price([half], &cart, &ann().wallet(packet));
    assert_eq!((quote.totals.goods.minor(), quote.totals.shipping.minor()), (1_000 - 500, 800 - 400));
    assert_eq!(quote.draws[0].amount.minor(), 900);
}

#[test]
fn points_are_split_over_the_lines_and_charges_that_earned_them() {
    let cart = with_fee(&[("1", "A", 1, 1_000), ("2", "B", 1, 2_000), ("3", "C", 1, 500)], 300);
    let shares = |earn: PointsEarn| {
        let quote = price([Rule::new("earn", "reward", Benefit::PointsEarn(earn))], &cart, &ann());
        let shares: Vec<u64> = quote.point_shares.iter().map(|share| share.points).collect();
        (quote.points_earned(), shares)
    };
    // 10.00 + 20.00 + 5.00 at one point for 1.00; B twice; and 3.00 of shipping, once.
    let one = || PointsEarn::new(1, yuan("1"));
    assert_eq!(shares(one()), (35, vec![10, 20, 5]));
    let double_b = Multiplier::new(Factor::whole(2)).of(Selector::sku("B"));
    assert_eq!(shares(one().multiplier(double_b.clone()).with_shipping()), (58, vec![10, 40, 5, 3]));
    // One for 10.00: 3.5 is 3. Of it A has round(30 / 35) = 1, A and B round(90 / 35) = 3, so C has none.
    assert_eq!(shares(PointsEarn::new(1, yuan("10"))), (3, vec![1, 2]));
    // At most 7 of 58: round(7 * 10 / 58) = 1, round(7 * 50 / 58) = 6, round(7 * 55 / 58) = 7, then 7.
    let capped = one().multiplier(double_b).with_shipping().points_max(7);
    assert_eq!(shares(capped), (7, vec![1, 5, 1]));
}

#[test]
fn points_that_pay_are_split_over_what_they_paid() {
    let cart = cart(&[("1", "A", 1, 1_000), ("2", "B", 2, 1_000)]);
    let quote = price([redeem()], &cart, &ann().wallet(Wallet::default().points(7).redeem(7)));
    // 7.00 over 10.00 and 20.00 is 2.33 and 4.67; of 7 points the first line has round(7 * 2.33 / 7.00) = 2.
    let paid: Vec<i64> = quote.adjustments.iter().map(|paid| paid.granted.minor()).collect();
    assert_eq!(paid, [233, 467]);
    let shares: Vec<_> = quote.point_shares.iter().map(|share| (share.on, share.points)).collect();
    assert_eq!(shares, [(On::Line(0), 2), (On::Line(1), 5)]);
    let text = serde_json::to_string(&quote).unwrap();
    assert_eq!(serde_json::from_str::<Quote>(&text).unwrap(), quote);
    assert!(serde_json::from_str::<Quote>(&text.replace(r#""points":5"#, r#""points":6"#)).is_err());
}

#[test]
fn a_deposit_never_counts_as_more_than_the_unit_is_worth() {
    // 1.00 that counts as 60.00 on a price of 59.00: the unit keeps its price.
    let rule = Rule::new("presale", "item", Benefit::Presale(Presale::new(yuan("1"), yuan("60"))));
    let quote = price([rule], &cart(&[("1", "CUP", 1, 5_900)]), &ann());
    assert_eq!(quote.totals.payable, Money::from_minor(5_900));
    assert!(quote.payments.is_empty());
}

#[test]
fn two_lines_never_share_the_last_flash_unit() {
    let flash = UnitPrice::new(yuan("9"), Selector::sku("BUDS"));
    let limits = RuleLimits::none().units(100).units_per_customer(2);
    let rule = Rule::new("flash", "price", Benefit::UnitPrice(flash)).limits(limits);
    let mut usage = Usage::default();
    let mut used = dealproof::record::RuleUsage::default();
    used.units = 99;
    usage.rules.insert("flash".into(), used);
    let cart = cart(&[("1", "BUDS", 1, 6_000), ("2", "BUDS", 9, 6_000)]);
    let quote = price_used([rule], &cart, &ann(), &usage);
    // F1: ten units, one is left: 9 * 60.00 + 9.00.
    assert_eq!(quote.totals.payable, Money::from_minor(9 * 6_000 + 900));
    assert!(quote.claims.iter().all(|claim| claim.amount == 1));
    assert_eq!(quote.rules[0].short_units, 9);
}

#[test]
fn balances_that_end_first_pay_first_and_none_pays_twice() {
    let wallet = Wallet::default()
        .balance("a", Balance::new("packet", yuan("3")))
        .balance("b", Balance::new("packet", yuan("4")).until("2026-11-12T00:00:00+08:00".parse().unwrap()))
        .balance("c", Balance::new("packet", yuan("9")).until("2026-11-11T10:00:00+08:00".parse().unwrap()));
    let use_packets = |id: &str| Rule::new(id, "points", Benefit::UseBalance(UseBalance::new("packet")));
    let first = use_packets("first").cap(yuan("5"));
    let quote =
        price([first, use_packets("second")], &cart(&[("1", "TEA", 1, 5_000)]), &ann().wallet(wallet));
    let draws: Vec<(u32, &str, i64)> =
        quote.draws.iter().map(|draw| (draw.rule, draw.balance.as_str(), draw.amount.minor())).collect();
    // 5.00 by the first rule: 4.00 of b, which ends, then 1.00 of a; the second has 2.00 left. c has ended.
    assert_eq!(draws, [(0, "b", 400), (0, "a", 100), (1, "a", 200)]);
    assert_eq!(quote.totals.payable, Money::from_minor(5_000 - 700));
}

fn team(join: Join) -> Rule {
    let tiers = [GroupTier::new(3, yuan("80")), GroupTier::new(5, yuan("60")).leader(yuan("0"))];
    Rule::new("team", "price", Benefit::GroupPrice(GroupPrice::new(tiers, 1_440).join(join)))
}

#[test]
fn a_group_price_needs_a_group_and_its_success() {
    let cart = cart(&[("1", "TEA", 1, 10_000)]);
    let closed = |size: u32, role: GroupRole| BuyingGroup::new(size).role(role).status(GroupStatus::Closed);
    let pays = |context: Context| price([team(Join::Anyone)], &cart, &context).totals.payable.minor();
    assert_eq!(pays(ann()), 10_000);
    // Open, whatever its size and whoever asks: the first tier's price, to be settled later.
    assert_eq!(pays(ann().group_size(7)), 8_000);
    assert_eq!(pays(ann().group(BuyingGroup::new(1).role(GroupRole::Leader))), 8_000);
    assert_eq!(pays(ann().group(closed(2, GroupRole::Member))), 10_000);
    assert_eq!(pays(ann().group(closed(4, GroupRole::Leader))), 8_000);
    assert_eq!(pays(ann().group(closed(5, GroupRole::Member))), 6_000);
    assert_eq!(pays(ann().group(closed(5, GroupRole::Leader))), 0);
}

#[test]
fn only_newcomers_join_a_group_that_is_for_them() {
    let cart = cart(&[("1", "TEA", 1, 10_000)]);
    let pays = |context: &Context| price([team(Join::Newcomers)], &cart, context).totals.payable.minor();
    let mut known = ann().group_size(2);
    assert_eq!(pays(&known), 10_000);
    known.customer = Customer::new("ann").order_number(1);
    assert_eq!(pays(&known), 8_000);
    let leader = ann().group(BuyingGroup::new(2).role(GroupRole::Leader));
    assert_eq!(pays(&leader), 8_000);
}
