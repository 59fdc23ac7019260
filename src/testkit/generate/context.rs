//! Who buys, when, and with which codes.

use super::bytes::Bytes;
use super::cart::SKUS;
use super::payment::CLASSES;
use super::rules::GIFTS;
use crate::money::{Amount, Currency, Money};
use crate::rules::{Rule, RuleSet};
use crate::shop::{
    Balance, BuyingGroup, Context, Customer, GroupRole, GroupStatus, Moment, Wallet, WalletCoupon,
};

pub(super) const SEGMENTS: [&str; 2] = ["plus", "staff"];
pub(super) const CHANNELS: [&str; 2] = ["app", "web"];
pub(super) const REGIONS: [&str; 3] = ["CN", "CN/SH", "CN/BJ"];
pub(super) const PAYMENTS: [&str; 2] = ["card", "wallet"];
/// The first is a Wednesday morning in Shanghai, the second a late Saturday evening, the third a leap day.
pub(super) const MOMENTS: [&str; 4] = [
    "2026-11-11T10:00:00+08:00",
    "2026-11-14T23:30:00+08:00",
    "2028-02-29T12:00:00+08:00",
    "2027-02-28T00:00:00+08:00",
];

/// An instant that is known to be well formed.
pub(super) fn moment(text: &str) -> Moment {
    text.parse().unwrap_or_default()
}

pub(super) fn context(bytes: &mut Bytes, rules: &RuleSet) -> Context {
    let mut context = Context::new(moment(bytes.one_of(MOMENTS)));
    if !bytes.in_16(2) {
        context = context.customer(customer(bytes));
    }
    for code in codes(bytes, rules) {
        context = context.code(code);
    }
    if bytes.in_16(14) {
        context = context.channel(bytes.one_of(CHANNELS));
    }
    if bytes.in_16(14) {
        context = context.region(bytes.one_of(REGIONS));
    }
    if bytes.in_16(14) {
        context = context.payment_method(bytes.one_of(PAYMENTS));
    }
    if bytes.in_16(10) {
        let group = BuyingGroup::new(bytes.one_of([2, 3, 5, 1]));
        let role = bytes.one_of([GroupRole::Member, GroupRole::Leader]);
        context =
            context.group(group.role(role).status(bytes.one_of([GroupStatus::Open, GroupStatus::Closed])));
    }
    for sku in SKUS {
        if bytes.in_16(6) {
            let price = Money::from_minor(bytes.one_of([100, 333, 1, 1_500]));
            context = context.bargain(sku, Amount::from_money(price, rules.currency));
        }
    }
    if bytes.in_16(14) {
        context = context.attribute("store", i64::from(bytes.one_of([1_u8, 2])));
    }
    if bytes.in_16(10) {
        context = context.wallet(wallet(bytes, rules.currency));
    }
    for gift in GIFTS {
        if bytes.in_16(5) {
            context = context.gift(gift);
        }
    }
    context
}

fn wallet(bytes: &mut Bytes, currency: Currency) -> Wallet {
    let points = bytes.one_of([1_000, 100, 99, 7]);
    let mut wallet = Wallet::default().points(points).redeem(bytes.one_of([points, 50, 1_000, 0]));
    for id in ["w1", "w2", "w3"] {
        if bytes.in_16(8) {
            let amount = Money::from_minor(bytes.one_of([500, 1_000, 333, 1]));
            let mut balance = Balance::new(bytes.one_of(CLASSES), Amount::from_money(amount, currency));
            balance.until = bytes.maybe(6, |bytes| moment(bytes.one_of(MOMENTS)));
            wallet = wallet.balance(id, balance);
        }
    }
    wallet
}

/// Coupons of the wallet, for most rules that can be in one: good ones, several of a rule, and those that cannot be used.
pub(super) fn held(bytes: &mut Bytes, rules: &RuleSet) -> Vec<WalletCoupon> {
    let mut held = Vec::new();
    let holds = |rule: &&Rule| rule.coupon.as_ref().is_some_and(|coupon| coupon.wallet);
    for (at, rule) in (0..).zip(rules.rules.iter().filter(holds)) {
        let coupon = |id: char| WalletCoupon::new(format!("w{at}{id}"), rule.id.as_str());
        match bytes.below(16) {
            10 => held.extend([coupon('b').until(moment("2029-06-01T00:00:00Z")), coupon('a')]),
            11 => held.extend([coupon('b'), coupon('a').owner("c1")]),
            12 => held.push(coupon('a').owner(bytes.one_of(["c1", "c2"]))),
            13 => held.push(coupon('a').until(moment("2026-11-12T00:00:00+08:00"))),
            14 => held.push(coupon('a').uses_left(0)),
            15 => {}
            _ => held.push(coupon('a')),
        }
    }
    held
}

fn customer(bytes: &mut Bytes) -> Customer {
    let mut customer = Customer::new(bytes.one_of(["c1", "c2", "c3"]));
    if bytes.in_16(12) {
        customer = customer.segment(bytes.one_of(SEGMENTS));
    }
    if bytes.in_16(12) {
        customer = customer.level(bytes.one_of([1, 2, 3]));
    }
    if bytes.in_16(12) {
        customer = customer.order_number(bytes.one_of([1, 2, 1, 10]));
    }
    if bytes.in_16(14) {
        let (month, day) = bytes.one_of([(2, 28), (2, 29), (11, 11), (2, 29)]);
        customer = customer.birthday(month, day);
    }
    customer
}

/// Most codes of the rules, some of them typed otherwise or twice, and now and then one that nobody knows.
fn codes(bytes: &mut Bytes, rules: &RuleSet) -> Vec<String> {
    let mut codes = Vec::new();
    let coupons = rules.rules.iter().filter_map(|rule| rule.coupon.as_ref());
    for code in coupons.flat_map(|coupon| &coupon.codes) {
        match bytes.below(8) {
            0..=4 => codes.push(code.as_str().to_owned()),
            5 => codes.push(format!(" {}-", code.as_str().to_lowercase())),
            6 => codes.extend([code.as_str().to_owned(), code.as_str().to_lowercase()]),
            _ => {}
        }
    }
    if bytes.in_16(2) {
        codes.push(bytes.one_of(["NOBODYS", "größe"]).to_owned());
    }
    // The code that conditions ask for; no coupon has it.
    if bytes.in_16(10) {
        codes.push("PLAIN".to_owned());
    }
    codes
}
