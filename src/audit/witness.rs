//! Witnesses: what shoppers do to break a promise, and replaying it through the real pipeline.

use serde::Serialize;

use crate::compile::Plan;
use crate::evaluate::{PriceError, Scratch};
use crate::money::{Amount, Money};
use crate::record::{Quote, ResourceKind, Usage};
use crate::rules::QuotaId;
use crate::shop::{Cart, Context};

/// One order of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Order {
    /// What is bought.
    pub cart: Cart,
    /// By whom and when, with the codes entered.
    pub context: Context,
}

impl Order {
    /// An order.
    #[must_use]
    pub const fn new(cart: Cart, context: Context) -> Self {
        Self { cart, context }
    }
}

/// A script that breaks a promise: orders placed one after the other by one shopper, limits filling up on the way, and
/// what these orders should not be cheaper than, if the promise compares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Witness {
    /// What the shopper does.
    pub orders: Vec<Order>,
    /// What it is compared with: the order without the last piece, or all in one order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub instead_of: Vec<Order>,
}

impl Witness {
    /// A script of one order.
    #[must_use]
    pub fn of(order: Order) -> Self {
        Self { orders: vec![order], instead_of: Vec::new() }
    }

    /// A script compared with another.
    #[must_use]
    pub const fn compared(orders: Vec<Order>, instead_of: Vec<Order>) -> Self {
        Self { orders, instead_of }
    }

    /// Prices the script, each part from unused limits.
    ///
    /// # Errors
    /// [`PriceError`] of the first order that cannot be priced.
    pub fn replay(&self, plan: &Plan, scratch: &mut Scratch) -> Result<Replay, PriceError> {
        Ok(Replay {
            quotes: price_all(&self.orders, plan, scratch)?,
            instead_of: price_all(&self.instead_of, plan, scratch)?,
        })
    }

    /// How many orders replaying prices.
    pub(super) fn prices(&self) -> u64 {
        u64::try_from(self.orders.len() + self.instead_of.len()).unwrap_or(u64::MAX)
    }
}

/// What a script came to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replay {
    /// Of each order.
    pub quotes: Vec<Quote>,
    /// Of each order it is compared with.
    pub instead_of: Vec<Quote>,
}

impl Replay {
    /// What the shopper pays in all, in minor units.
    #[must_use]
    pub fn paid(&self) -> i64 {
        sum_paid(&self.quotes)
    }

    /// What the shopper would have paid otherwise, in minor units.
    #[must_use]
    pub fn paid_instead(&self) -> i64 {
        sum_paid(&self.instead_of)
    }
}

fn sum_paid(quotes: &[Quote]) -> i64 {
    quotes.iter().fold(0, |sum, quote| sum.saturating_add(quote.totals.payable.minor()))
}

fn price_all(orders: &[Order], plan: &Plan, scratch: &mut Scratch) -> Result<Vec<Quote>, PriceError> {
    let mut usage = Usage::default();
    let mut quotes = Vec::with_capacity(orders.len());
    for order in orders {
        let mut context = order.context.clone();
        take_from_wallet(&mut context, &quotes);
        let quote = plan.price(scratch, &order.cart, &context, &usage)?;
        use_up(&mut usage, &quote);
        quotes.push(quote);
    }
    Ok(quotes)
}

/// Adds what a quote claims to what is used: all orders are the same customer's.
fn use_up(usage: &mut Usage, quote: &Quote) {
    for claim in &quote.claims {
        // The customer's own, see `take_from_wallet`.
        if claim.resource.kind.is_wallet() || claim.resource.kind == ResourceKind::Coupon {
            continue;
        }
        let add = |count: &mut u64| *count = count.saturating_add(claim.amount);
        if claim.resource.quota != QuotaId::default() {
            let used = usage.quotas.entry(claim.resource.quota.clone()).or_default();
            add(if claim.resource.kind.is_per_customer() {
                &mut used.customer_units
            } else {
                &mut used.units
            });
            continue;
        }
        let used = usage.rules.entry(claim.resource.rule.clone()).or_default();
        match claim.resource.kind {
            ResourceKind::Uses => add(&mut used.uses),
            ResourceKind::CustomerUses => add(&mut used.customer_uses),
            ResourceKind::Units => add(&mut used.units),
            ResourceKind::CustomerUnits => add(&mut used.customer_units),
            ResourceKind::Points => add(&mut used.points),
            ResourceKind::CustomerPoints => add(&mut used.customer_points),
            ResourceKind::Budget => {
                let before = used.budget.and_then(|budget| budget.to_money(quote.currency).ok());
                let claimed = i64::try_from(claim.amount).unwrap_or(i64::MAX);
                let sum = before.unwrap_or_default().minor().saturating_add(claimed);
                used.budget = Some(Amount::from_money(Money::from_minor(sum), quote.currency));
            }
            ResourceKind::WalletPoints | ResourceKind::WalletBalance | ResourceKind::Coupon => {}
        }
    }
}

/// Takes what earlier orders took out of the wallet.
fn take_from_wallet(context: &mut Context, earlier: &[Quote]) {
    for quote in earlier {
        for claim in &quote.claims {
            if claim.resource.kind == ResourceKind::Coupon {
                // One use of a coupon that the customer holds.
                let held = context.coupons.iter_mut().find(|held| held.id == claim.resource.coupon);
                if let Some(held) = held {
                    held.uses_left = held.uses_left.saturating_sub(1);
                }
            } else if claim.resource.kind == ResourceKind::WalletPoints {
                context.wallet.points = context.wallet.points.saturating_sub(claim.amount);
                context.wallet.redeem_points = context.wallet.redeem_points.min(context.wallet.points);
            } else if claim.resource.kind == ResourceKind::WalletBalance
                && let Some(balance) = context.wallet.balances.get_mut(&claim.resource.balance)
            {
                let left = balance.amount.to_money(quote.currency).unwrap_or_default().minor();
                let taken = i64::try_from(claim.amount).unwrap_or(i64::MAX);
                let left = left.saturating_sub(taken).max(0);
                balance.amount = Amount::from_money(Money::from_minor(left), quote.currency);
            }
        }
    }
}
