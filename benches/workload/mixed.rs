//! A campaign in the whole rule language, and carts that meet most of it: every kind of benefit, every way a stage
//! selects, limits, caps, groups, exclusions, funding, three shops with two shipping methods.

use dealproof::bounds::Limits;
use dealproof::money::{Currency, Money};
use dealproof::record::{Checkout, Usage};
use dealproof::rules::RuleSet;
use dealproof::shop::{Cart, Charge, Context, Customer, Line};

use super::python::Random;
use super::{CARTS, SEED};

/// The campaign as its author wrote it.
pub const RULES: &str = include_str!("mixed.json");

/// Sku prefix, category, shop, lowest price in minor units.
const SHELVES: [(&str, &str, &str, u32); 8] = [
    ("TEA", "food/tea", "tea-house", 2_900),
    ("SNACK", "food/snack", "tea-house", 890),
    ("MUG", "home/mug", "tea-house", 3_900),
    ("PHONE", "digital/phone", "electro", 179_900),
    ("CASE", "digital/case", "electro", 4_900),
    ("BOOK", "book", "electro", 2_450),
    ("SKIN", "beauty/skin", "beauty", 12_800),
    ("MAKEUP", "beauty/makeup", "beauty", 7_999),
];
/// Products in the shop.
const PRODUCTS: u32 = 160;

/// The campaign.
pub fn rule_set() -> RuleSet {
    dealproof::load::rules(RULES, &Limits::default()).expect("a sound rule file")
}

/// Carts of so many lines.
pub fn checkouts(line_count: u32) -> Vec<Checkout> {
    let mut random = Random::new(&format!("{SEED}/mixed/{line_count}"));
    (0..CARTS)
        .map(|_| {
            let lines = (0..line_count).map(|number| line(&mut random, number));
            let lines = lines.collect();
            let cart = Cart::new(Currency::CNY, lines, charges()).expect("a cart of few lines");
            Checkout { cart, context: context(), usage: Usage::default() }
        })
        .collect()
}

fn line(random: &mut Random, number: u32) -> Line {
    let product = random.below(PRODUCTS);
    let (prefix, category, shop, lowest) = SHELVES[(product % 8) as usize];
    // Prices are up to 60 % above the lowest of the shelf, the same for the same product.
    let price = lowest + lowest * (product % 13) / 20;
    let minor = |minor: u32| Money::from_minor(minor.into());
    let quantity = random.range(1, 6);
    let sku = format!("{prefix}-{product:03}");
    let mut line = Line::new(format!("{number}"), sku, quantity, minor(price))
        .shop(shop)
        .category(category)
        .attribute("colour", ["white", "black"][(product / 8 % 2) as usize]);
    let tagged = [(3, "new"), (4, "d11"), (5, "clearance"), (11, "no-platform")];
    for (every, tag) in tagged {
        if product.is_multiple_of(every) {
            line = line.tag(tag);
        }
    }
    if product % 6 == 1 {
        line = line.reference_price(minor(price + price / 4));
    }
    if product % 10 == 3 {
        line = line.floor_price(minor(price / 2));
    }
    if product % 40 == 7 {
        line = line.no_discount();
    }
    if product % 40 == 13 {
        line = line.gift_card();
    }
    line.tax_class(["standard", "reduced"][usize::from(category == "book")])
}

fn charges() -> Vec<Charge> {
    let charge =
        |shop: &str, method: &str, minor| Charge::new(Money::from_minor(minor)).shop(shop).method(method);
    vec![
        charge("tea-house", "standard", 800),
        charge("electro", "standard", 1_200),
        charge("electro", "express", 2_500),
        charge("beauty", "standard", 600),
    ]
}

/// Wednesday, 11 November 2026, half past eight in the evening: every window of the campaign is open.
fn context() -> Context {
    let customer = Customer::new("customer-1").segment("retail").level(3).order_number(7).birthday(11, 30);
    let now = "2026-11-11T20:30:00+08:00".parse().expect("an instant");
    Context::new(now)
        .customer(customer)
        .code("d11-60")
        .code("D11-8")
        .code("EXPIRED")
        .channel("app")
        .region("cn/sh/pudong")
        .payment_method("wallet")
        .group_size(3)
        .gift("CUP-BLUE")
        .gift("LAMP")
}
