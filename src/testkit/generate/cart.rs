//! Carts: few products in several lines, some of them alike.

use super::bytes::Bytes;
use crate::money::{Currency, Money};
use crate::shop::{Cart, Charge, Line};

pub(super) const SKUS: [&str; 5] = ["TEA", "MUG", "PAN", "OIL", "BAG"];
pub(super) const CATEGORIES: [&str; 5] = ["food", "food/drink", "food/drink/tea", "home", "home/kitchen"];
pub(super) const TAGS: [&str; 3] = ["new", "bulky", "promo"];
pub(super) const SHOPS: [&str; 3] = ["", "s1", "s2"];
pub(super) const METHODS: [&str; 2] = ["", "express"];
/// Prices that divide badly, divide well, tie, and are next to nothing.
const PRICES: [i64; 12] = [1_000, 1_000, 2_000, 999, 500, 333, 10_000, 1_990, 100, 7, 1, 0];
const QUANTITIES: [u32; 8] = [1, 1, 2, 1, 3, 2, 4, 5];

/// A cart of so few units that every way to share them out can be tried.
pub(super) fn few_units(bytes: &mut Bytes) -> Cart {
    let cart = cart(bytes);
    let mut lines = cart.lines().to_vec();
    lines.truncate(5);
    let mut rest = 5;
    for line in &mut lines {
        line.quantity = line.quantity.min(rest).max(1);
        rest -= line.quantity.min(rest);
    }
    Cart::new(cart.currency(), lines, cart.charges().to_vec()).unwrap_or(cart)
}

pub(super) fn cart(bytes: &mut Bytes) -> Cart {
    let currency = bytes.one_of([Currency::CNY, Currency::CNY, Currency::CNY, Currency::JPY]);
    let shops = 1 + bytes.below(SHOPS.len());
    let products: Vec<Line> = SKUS.iter().map(|sku| product(bytes, sku, shops)).collect();
    let lines = (0..1 + bytes.below(8)).map(|at| line(bytes, at, &products, shops)).collect();
    let charges = charges(bytes, shops);
    #[expect(
        clippy::expect_used,
        reason = "ids are short and distinct, prices small, and floors at most the list price"
    )]
    Cart::new(currency, lines, charges).expect("a cart that is accepted")
}

/// What all lines of a sku have in common, unless they say otherwise.
fn product(bytes: &mut Bytes, sku: &str, shops: usize) -> Line {
    let price = bytes.one_of(PRICES);
    let mut line = Line::new("", sku, 1, Money::from_minor(price)).shop(shop(bytes, shops));
    line = line.category(bytes.one_of(CATEGORIES));
    if bytes.in_16(3) {
        line = line.category(bytes.one_of(CATEGORIES));
    }
    if bytes.in_16(6) {
        line = line.tag(bytes.one_of(TAGS));
    }
    if bytes.in_16(4) {
        line = line.attribute("weight", i64::from(bytes.one_of([1_u8, 2, 5])));
    }
    if bytes.in_16(3) {
        line = line.tax_class(bytes.one_of(["full", "reduced"]));
    }
    if bytes.in_16(3) {
        line = line.reference_price(Money::from_minor(price + bytes.one_of([500, 1, 0, 3_000])));
    }
    if bytes.in_16(4) {
        let floors = [price / 2, price - price / 10, price, 1.min(price)];
        line = line.floor_price(Money::from_minor(bytes.one_of(floors)));
    }
    if bytes.in_16(1) {
        line = line.gift_card();
    }
    if bytes.in_16(1) {
        line = line.no_discount();
    }
    line
}

fn line(bytes: &mut Bytes, at: usize, products: &[Line], shops: usize) -> Line {
    let mut line = products[bytes.below(products.len())].clone();
    // Not in the order of the lines, so that canonical order has something to do.
    line.id = crate::shop::LineId::new(format!("l{}", (at * 5 + 3) % 8));
    line.quantity = bytes.one_of(QUANTITIES);
    match bytes.below(16) {
        13 => line.tag(bytes.one_of(TAGS)),
        14 => line.shop(shop(bytes, shops)),
        15 => Line { list_price: Money::from_minor(line.list_price.minor() + 100), ..line },
        _ => line,
    }
}

fn shop(bytes: &mut Bytes, shops: usize) -> &'static str {
    SHOPS[bytes.below(shops.min(SHOPS.len()))]
}

fn charges(bytes: &mut Bytes, shops: usize) -> Vec<Charge> {
    let mut charges = Vec::new();
    for shop in SHOPS.iter().take(shops) {
        for method in METHODS {
            if bytes.in_16(5) {
                let fee = Money::from_minor(bytes.one_of([800, 500, 1_000, 333, 1, 0]));
                charges.push(Charge::new(fee).shop(*shop).method(method));
            }
        }
    }
    charges
}
