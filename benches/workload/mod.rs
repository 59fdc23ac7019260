//! Carts and rules to benchmark and test with, from fixed seeds.
//!
//! [`Workload::catalogue`] makes the same promotions, carts and expected totals as the reference generator
//! `gen_workload.py` for the same seed, byte for byte (`tests/workload` compares them): a shop with few hot
//! categories, at most nine promotions that a cart meets, and thousands that it does not. `rules` says
//! the promotions in the crate's language, [`reference`] prices them by the generator's own semantics. [`mixed`] is a
//! campaign in the whole rule language. Read next: `catalogue`, then `rules`.

#![allow(
    dead_code,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "benchmarks and tests include this module and each uses a part of it; a workload that cannot be made must stop them"
)]

mod catalogue;
pub mod coupons;
pub mod mixed;
mod python;
pub mod reference;
mod rules;

use dealproof::record::Checkout;
use dealproof::rules::RuleSet;
use serde::Serialize;

use reference::Expected;

/// The seed of all figures published for this crate; the generator's default.
pub const SEED: u32 = 20_260_101;
/// Carts of a workload; the generator's default.
pub const CARTS: u32 = 8;

/// Promotions and carts, in the words of the generator; it serializes to the generator's file.
#[derive(Clone, Debug, Serialize)]
pub struct Workload {
    pub schema: &'static str,
    pub seed: u32,
    #[serde(rename = "L")]
    pub line_count: u32,
    #[serde(rename = "R")]
    pub rule_count: u32,
    pub currency: &'static str,
    pub carts: Vec<Basket>,
    pub promotions: Vec<Promotion>,
}

/// One promotion. Rates are in basis points, amounts in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Promotion {
    pub id: String,
    #[serde(flatten)]
    pub kind: Kind,
    /// Higher first.
    pub priority: i32,
    pub exclusive: bool,
    pub coupon: Option<String>,
    pub segment: Option<String>,
}

/// What a promotion gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// Off each line of a category.
    PercentCategory { category: String, percent_bp: u32 },
    /// Minor units off each unit of a product.
    FixedSku { sku: String, amount: u32 },
    /// The cheapest units of a category get a percentage off.
    BuyXGetY { category: String, buy: u32, get: u32, percent_bp: u32 },
    /// Groups of a category's units, dearest first, for a sum each.
    NForPrice { category: String, n: u32, price: u32 },
    /// The highest threshold reached gives a percentage off the order.
    OrderTiers { tiers: Vec<(u32, u32)> },
    /// A percentage off the order.
    OrderPercent { percent_bp: u32 },
    /// An amount off the order.
    OrderFixed { amount: u32 },
}

/// One cart with what it should cost less.
#[derive(Clone, Debug, Serialize)]
pub struct Basket {
    pub id: String,
    pub segment: String,
    pub coupons: Vec<String>,
    pub lines: Vec<BasketLine>,
    pub expected: Expected,
}

/// One line of a cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BasketLine {
    pub id: String,
    pub sku: String,
    pub category: String,
    pub unit_price: u32,
    pub quantity: u32,
}

impl Workload {
    /// The generator's workload of so many lines and rules.
    pub fn catalogue(seed: u32, line_count: u32, rule_count: u32) -> Self {
        catalogue::workload(seed, line_count, rule_count)
    }

    /// Its promotions as a rule set.
    pub fn rule_set(&self) -> RuleSet {
        rules::rule_set(&self.promotions)
    }

    /// Its carts, each with its shopper.
    pub fn checkouts(&self) -> Vec<Checkout> {
        self.carts.iter().map(Basket::checkout).collect()
    }
}
