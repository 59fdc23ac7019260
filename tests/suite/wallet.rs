//! Points, deposits, balances, group and bargain prices, quotas: the cases shops lose money by, each worked by hand.

use dealproof::compile;
use dealproof::evaluate::Scratch;
use dealproof::money::{Amount, Currency, Money};
use dealproof::record::{Quote, Usage};
use dealproof::rules::{
    Base, Benefit, GroupPrice, GroupTier, Join, PointsEarn, PointsRedeem, Presale, Rule, RuleLimits, RuleSet,
    Selector, UnitPrice, UseBalance,
};
use dealproof::shop::{Balance, BuyingGroup, Cart, Context, Customer, GroupRole, GroupStatus, Line, Wallet};

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

#[test]
fn what_points_paid_earns_nothing_unless_the_rule_names_another_base() {
    // 100.00, 80 points pay 80.00: 5 % of 20.00 in cash is 1 point, of the 100.00 before it 5.
    let (cart, wallet) = (cart(&[("1", "TEA", 1, 10_000)]), Wallet::default().points(80).redeem(80));
    let context = ann().wallet(wallet);
    let quote = price([redeem(), earn_five_percent(None)], &cart, &context);
    assert_eq!((quote.points_redeemed(), quote.points_earned()), (80, 1));
    assert_eq!(quote.totals.payable, Money::from_minor(2_000));
    let net = earn_five_percent(Some(Base::Stage("points".into())));
    assert_eq!(price([redeem(), net], &cart, &context).points_earned(), 5);
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

#[test]
fn a_deposit_of_50_that_counts_as_100_leaves_400_of_500_to_pay() {
    let presale = Presale::new(yuan("50"), yuan("100"));
    let rule = Rule::new("presale", "item", Benefit::Presale(presale));
    let quote = price([rule], &cart(&[("1", "COAT", 1, 50_000)]), &ann());
    let payments: Vec<i64> = quote.payments.iter().map(|payment| payment.amount.minor()).collect();
    assert_eq!(payments, [5_000, 40_000]);
    assert_eq!(quote.totals.payable, Money::from_minor(45_000));
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
