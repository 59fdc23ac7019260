//! Lowered benefits that depend on the customer's group or wallet, or give something for later.

use super::plan::{Leaf, PlanSelector, PlanStep, Value, WithShipping};
use super::program::Program;
use crate::money::Rate;
use crate::rules::{CouponTemplate, Join, Missed};
use crate::shop::{BalanceClass, Moment};

/// A price for those who buy together, lowered.
#[derive(Debug)]
pub(crate) struct PlanGroupPrice {
    pub target: PlanSelector,
    /// Size, price, leader's price; rising by size.
    pub tiers: Box<[(u32, i64, i64)]>,
    pub join: Join,
}

/// A deposit that counts as more, lowered.
#[derive(Debug)]
pub(crate) struct PlanPresale {
    pub target: PlanSelector,
    pub deposit: i64,
    /// What it counts as; at least the deposit.
    pub worth: i64,
    pub deposit_minutes: Option<u32>,
    pub missed: Missed,
    pub from: Option<Moment>,
    pub until: Option<Moment>,
}

/// Money of the wallet against what is left to pay, lowered.
#[derive(Debug)]
pub(crate) struct PlanUseBalance {
    pub target: PlanSelector,
    pub class: BalanceClass,
    pub value: Value,
    /// For every so much, so much.
    pub every: Option<(i64, i64)>,
    pub share: Option<Rate>,
    pub with_shipping: WithShipping,
}

/// Points for money, lowered.
#[derive(Debug)]
pub(crate) struct PlanPointsEarn {
    pub of: PlanSelector,
    pub value: Value,
    pub points: u32,
    pub per_minor: i64,
    pub multipliers: Box<[PlanMultiplier]>,
    pub points_max: i64,
    pub with_shipping: WithShipping,
}

/// A factor on points, lowered.
#[derive(Debug)]
pub(crate) struct PlanMultiplier {
    pub of: PlanSelector,
    pub when: Option<Program<Leaf>>,
    /// In ten-thousandths.
    pub times: i64,
}

/// Points against money, lowered.
#[derive(Debug)]
pub(crate) struct PlanPointsRedeem {
    pub target: PlanSelector,
    pub step: u32,
    pub value_minor: i64,
    pub points_min: u64,
    pub points_max: u64,
    /// The largest share of the target's value, and which value.
    pub share: Option<(Rate, Value)>,
    pub with_shipping: WithShipping,
}

/// Something for later, lowered.
#[derive(Debug)]
pub(crate) struct PlanGrant {
    pub qualifier: PlanSelector,
    pub every: Option<PlanStep>,
    pub value: Value,
    pub times: u32,
    pub quantity: u32,
    pub give: PlanGiven,
}

/// What a grant gives, lowered.
#[derive(Debug)]
pub(crate) enum PlanGiven {
    Coupon(CouponTemplate),
    Balance { class: BalanceClass, minor: i64 },
}
