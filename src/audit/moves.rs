//! What shoppers do besides buying: use what earlier orders earned, leave a buying group, ask for price protection.

use std::collections::BTreeMap;

use serde::Serialize;

use super::basket::Goods;
use super::steps::EFFORT_PER_ORDER;
use super::witness::{Order, Outcome, Replay, Witness};
use crate::compile::Plan;
use crate::evaluate::{PriceError, Scratch};
use crate::group::{Buyer, Group, Status};
use crate::money::{Amount, Money};
use crate::record::{Checkout, GroupOutcome, PointsDirection, Quote, Receipt, ResourceKind, Usage};
use crate::refund::{Protect, Refunder, Return};
use crate::rules::{CouponTemplate, GroupPrice, QuotaId, RuleId};
use crate::shop::{Balance, BalanceId, Cart, Context, CustomerId, Sku, WalletCoupon};

const MINUTES_PER_DAY: u32 = 24 * 60;
/// What a return takes, in prices of its order.
const PRICES_OF_RETURN: u32 = 3;

/// What happens besides buying.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[expect(clippy::large_enum_variant, reason = "a witness has one, and there are few witnesses")]
pub enum Then {
    /// Points, balances and coupons that an order earns are used in the next.
    EarningsUsed {
        /// The rule whose coupon each template is.
        coupons: BTreeMap<CouponTemplate, RuleId>,
    },
    /// The order is placed by every member of a buying group. Once it has succeeded all but a few leave it on the last
    /// day on which goods come back, and get back what they paid.
    GroupLeft {
        /// The rule.
        rule: RuleId,
        /// Its terms.
        terms: GroupPrice,
        /// Real members.
        members: u32,
        /// Those who stay, the leader among them.
        stay: u32,
        /// For how many days goods come back.
        window_days: u32,
    },
    /// The same goods become cheaper, as in the order it is compared with, and the buyer asks for the difference that the
    /// rule set promises.
    PriceFell {},
    /// Some pieces of the order come back, with none of the gifts; it is compared with an order of what is kept.
    Returned {
        /// How many pieces of each product.
        pieces: BTreeMap<Sku, u32>,
    },
    /// Different customers put what each would have ordered into one order.
    Pooled {},
    /// The price falls likewise, and then the goods come back.
    PriceFellAndReturned {},
}

/// Plays a script from unused limits.
pub(super) fn play(witness: &Witness, plan: &Plan, scratch: &mut Scratch) -> Result<Replay, PriceError> {
    let coupons = match &witness.then {
        Some(Then::EarningsUsed { coupons }) => Some(coupons),
        Some(
            Then::GroupLeft { .. }
            | Then::Returned { .. }
            | Then::Pooled {}
            | Then::PriceFell {}
            | Then::PriceFellAndReturned {},
        )
        | None => None,
    };
    let instead_of = match &witness.then {
        Some(Then::Pooled {}) => price_each(&witness.instead_of, plan, scratch)?,
        Some(
            Then::EarningsUsed { .. }
            | Then::GroupLeft { .. }
            | Then::Returned { .. }
            | Then::PriceFell {}
            | Then::PriceFellAndReturned {},
        )
        | None => price_all(&witness.instead_of, None, plan, scratch)?,
    };
    let mut replay = Replay {
        quotes: price_all(&witness.orders, coupons, plan, scratch)?,
        instead_of,
        outcome: Outcome::default(),
    };
    match &witness.then {
        Some(Then::GroupLeft { rule, terms, members, stay, window_days }) => {
            let group = GroupPlay { rule, terms, members: *members, stay: *stay, days: *window_days };
            if let Some(order) = witness.orders.first() {
                group.play(order, &mut replay, plan, scratch)?;
            }
        }
        Some(Then::Returned { pieces }) => {
            // A return prices what is kept once or twice, and takes the receipt apart.
            (0..PRICES_OF_RETURN).for_each(|_| scratch.count_effort(plan, EFFORT_PER_ORDER));
            replay.outcome.back = refunded(witness, pieces, &replay, plan).unwrap_or(0);
        }
        Some(Then::PriceFell {}) => {
            replay.outcome.back = protected(witness, &replay, plan, Goods::Kept).unwrap_or(0);
        }
        Some(Then::PriceFellAndReturned {}) => {
            replay.outcome.back = protected(witness, &replay, plan, Goods::Returned).unwrap_or(0);
            // Nothing was bought in the end.
            replay.outcome.instead = Some(0);
        }
        Some(Then::EarningsUsed { .. } | Then::Pooled {}) | None => {}
    }
    Ok(replay)
}

/// What is paid back for some pieces of the first order, a day after it; `None` when the return is refused.
fn refunded(witness: &Witness, pieces: &BTreeMap<Sku, u32>, replay: &Replay, plan: &Plan) -> Option<i64> {
    let (order, quote) = (witness.orders.first()?, replay.quotes.first()?);
    let (cart, context) = (order.cart.clone(), order.context.clone());
    let now = context.now;
    let receipt = Receipt::new(Checkout { cart, context, usage: Usage::default() }, quote.clone()).ok()?;
    let mut parcel = Return::new("return", now.after_minutes(MINUTES_PER_DAY)?).points_held(0);
    for line in order.cart.lines() {
        if let Some(pieces) = pieces.get(&line.sku) {
            parcel = parcel.line(line.id.as_str(), (*pieces).min(line.quantity));
        }
    }
    // Whatever the order gave for later is spent by now.
    for grant in &quote.grants {
        let rule = quote.rules.get(usize::try_from(grant.rule).ok()?)?;
        parcel = parcel.spent(rule.rule.as_str(), grant.quantity);
    }
    let note = plan.refund(&mut Refunder::default(), &receipt, &parcel).ok()?;
    Some(note.money.minor())
}

/// What is paid out when the price falls to what the order it is compared with costs, and, where the goods go back after
/// that, for them; `None` when the claim is refused.
fn protected(witness: &Witness, replay: &Replay, plan: &Plan, goods: Goods) -> Option<i64> {
    let (order, quote) = (witness.orders.first()?, replay.quotes.first()?);
    let (later, now) = (witness.instead_of.first()?, replay.instead_of.first()?);
    let (cart, context) = (order.cart.clone(), order.context.clone());
    let mut receipt =
        Receipt::new(Checkout { cart, context, usage: Usage::default() }, quote.clone()).ok()?;
    let at = later.context.now;
    let mut refunder = Refunder::default();
    let claim = plan.protect(&mut refunder, &receipt, &Protect::new("claim", at, now)).ok()?;
    let paid_out = claim.money.minor();
    match goods {
        Goods::Kept => Some(paid_out),
        Goods::Returned => {
            receipt = receipt.with(claim).ok()?;
            let parcel = Return::everything("return", at.after_minutes(MINUTES_PER_DAY)?, &receipt);
            let note = plan.refund(&mut refunder, &receipt, &parcel.points_held(0)).ok()?;
            Some(paid_out.saturating_add(note.money.minor()))
        }
    }
}

/// A buying group that most members leave.
struct GroupPlay<'w> {
    rule: &'w RuleId,
    terms: &'w GroupPrice,
    members: u32,
    stay: u32,
    days: u32,
}

impl GroupPlay<'_> {
    /// Runs the group's life and notes what those who stay pay in the end, what as many would pay alone, and what they
    /// would pay if leaving were counted.
    fn play(
        &self,
        order: &Order,
        replay: &mut Replay,
        plan: &Plan,
        scratch: &mut Scratch,
    ) -> Result<(), PriceError> {
        let usage = Usage::default();
        // An add-on that comes at some tiers alone is none of what a group saves.
        let mut context = order.context.clone();
        context.gifts.clear();
        let outcomes = plan.group_outcomes(scratch, &order.cart, &context, &usage)?;
        // The last of its prices stands for each: for members and leader at each tier.
        (0..outcomes.len().saturating_mul(2)).for_each(|_| scratch.count_effort(plan, EFFORT_PER_ORDER));
        let mut alone = context;
        alone.group = None;
        let alone = price(plan, scratch, &order.cart, &alone)?.totals.payable.minor();
        let bought = replay.paid();
        // A group that cannot be formed pays what the orders cost: it breaks nothing.
        let Some(net) = self.net(order, &outcomes) else { return Ok(()) };
        let at = |size: u32| {
            let reached = outcomes.iter().rev().find(|outcome| outcome.size <= size);
            reached.map(|outcome| {
                let members = i64::from(self.stay) - 1;
                members * outcome.payable.minor() + outcome.leader_payable.minor()
            })
        };
        let everyone = |each: i64| each.saturating_mul(i64::from(self.stay));
        let first = outcomes.first();
        let instead = at(self.stay).unwrap_or_else(|| everyone(alone));
        // Who made a group of real buyers keeps its first price, whoever leaves later.
        let was_real = first.is_some_and(|first| first.size <= self.members);
        let first_price = first.filter(|_| was_real).map(|first| everyone(first.payable.minor()));
        replay.outcome.back = bought.saturating_sub(net);
        replay.outcome.instead = Some(instead);
        replay.outcome.vested = Some(first_price.map_or(instead, |first_price| first_price.min(instead)));
        Ok(())
    }

    /// What those who stay have paid in the end; `None` when there is no such group.
    fn net(&self, order: &Order, outcomes: &[GroupOutcome]) -> Option<i64> {
        let name = |number: u32| format!("member {number}");
        let buyer = |number: u32| Buyer::new(name(number), outcomes).newcomer();
        let (currency, now) = (order.cart.currency(), order.context.now);
        let (mut group, _) = Group::open(self.rule.clone(), currency, self.terms, buyer(1), now).ok()?;
        for number in 2..=self.members {
            group.join(buyer(number), now).ok()?;
        }
        let last = self.terms.tiers.last()?.size;
        let success = if self.members >= last { now } else { group.deadline() };
        group.advance(success).ok()?;
        // A group that fails gives everything back, and gets no goods.
        if matches!(group.status(), Status::Failed { .. }) {
            return None;
        }
        let window = self.days.saturating_mul(MINUTES_PER_DAY);
        let leaving = success.after_minutes(window.saturating_sub(1))?;
        group.advance(leaving).ok()?;
        for number in self.stay + 1..=self.members {
            group.leave(&CustomerId::new(name(number)), leaving).ok()?;
        }
        group.advance(success.after_minutes(window.max(self.terms.hold_minutes))?).ok()?;
        let staying = group.seats().iter().filter(|seat| seat.left.is_none());
        Some(staying.map(|seat| seat.net().minor()).sum())
    }
}

fn price_all(
    orders: &[Order],
    coupons: Option<&BTreeMap<CouponTemplate, RuleId>>,
    plan: &Plan,
    scratch: &mut Scratch,
) -> Result<Vec<Quote>, PriceError> {
    let mut usage = Usage::default();
    let mut quotes = Vec::with_capacity(orders.len());
    for order in orders {
        let mut context = after(order, &quotes, coupons);
        count_orders(&mut context, orders, quotes.len());
        let quote = price_used(plan, scratch, &order.cart, &context, &usage)?;
        use_up(&mut usage, &quote);
        quotes.push(quote);
    }
    Ok(quotes)
}

/// Prices an order from unused limits, and counts what that took.
fn price(plan: &Plan, scratch: &mut Scratch, cart: &Cart, context: &Context) -> Result<Quote, PriceError> {
    price_used(plan, scratch, cart, context, &Usage::default())
}

fn price_used(
    plan: &Plan,
    scratch: &mut Scratch,
    cart: &Cart,
    context: &Context,
    usage: &Usage,
) -> Result<Quote, PriceError> {
    let quote = plan.price(scratch, cart, context, usage);
    scratch.count_effort(plan, EFFORT_PER_ORDER);
    quote
}

/// Prices orders of different customers, each from unused limits.
fn price_each(orders: &[Order], plan: &Plan, scratch: &mut Scratch) -> Result<Vec<Quote>, PriceError> {
    orders.iter().map(|order| price(plan, scratch, &order.cart, &order.context)).collect()
}

/// The context of an order after earlier ones: what they took out of the wallet is gone, and what they earned is in it
/// where coupons say so, to be spent at once.
fn after(order: &Order, earlier: &[Quote], coupons: Option<&BTreeMap<CouponTemplate, RuleId>>) -> Context {
    let mut context = order.context.clone();
    for (at, quote) in earlier.iter().enumerate() {
        take_from_wallet(&mut context, quote);
        if let Some(coupons) = coupons {
            put_into_wallet(&mut context, at, quote, coupons);
            context.wallet.redeem_points = context.wallet.points;
        }
    }
    context
}

/// Gives an order the number that it has behind so many others, where orders are counted: the first is no longer the first.
fn count_orders(context: &mut Context, orders: &[Order], earlier: usize) {
    let first = orders.first().and_then(|order| order.context.customer.order_number);
    if let (Some(own), Some(first)) = (context.customer.order_number, first) {
        let next = first.saturating_add(u32::try_from(earlier).unwrap_or(u32::MAX));
        context.customer.order_number = Some(own.max(next));
    }
}

fn put_into_wallet(
    context: &mut Context,
    at: usize,
    quote: &Quote,
    coupons: &BTreeMap<CouponTemplate, RuleId>,
) {
    for one in quote.points.iter().filter(|one| one.direction == PointsDirection::Earned) {
        context.wallet.points = context.wallet.points.saturating_add(one.points);
    }
    for (number, grant) in quote.grants.iter().enumerate() {
        let name = format!("earned {at}/{number}");
        if let Some(rule) = coupons.get(&grant.coupon) {
            context.coupons.push(WalletCoupon::new(&name, rule.as_str()).uses_left(grant.quantity));
        } else if grant.coupon.as_str().is_empty() {
            let pieces = i64::try_from(grant.quantity).unwrap_or(i64::MAX);
            let whole = Money::from_minor(grant.amount.minor().saturating_mul(pieces));
            let balance = Balance::new(grant.class.as_str(), Amount::from_money(whole, quote.currency));
            context.wallet.balances.insert(BalanceId::new(&name), balance);
        }
    }
}

/// Adds what a quote claims to what is used: all orders are the same customer's.
fn use_up(usage: &mut Usage, quote: &Quote) {
    for claim in &quote.claims {
        // The customer's own, see `take_from_wallet`.
        if claim.resource.kind().is_wallet() || claim.resource.kind() == ResourceKind::Coupon {
            continue;
        }
        let add = |count: &mut u64| *count = count.saturating_add(claim.amount);
        if *claim.resource.quota_id() != QuotaId::default() {
            let used = usage.quotas.entry(claim.resource.quota_id().clone()).or_default();
            add(if claim.resource.kind().is_per_customer() {
                &mut used.customer_units
            } else {
                &mut used.units
            });
            continue;
        }
        let used = usage.rules.entry(claim.resource.rule().clone()).or_default();
        match claim.resource.kind() {
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

/// Takes what an earlier order took out of the wallet.
fn take_from_wallet(context: &mut Context, earlier: &Quote) {
    for claim in &earlier.claims {
        if claim.resource.kind() == ResourceKind::Coupon {
            // One use of a coupon that the customer holds.
            let held = context.coupons.iter_mut().find(|held| held.id == *claim.resource.coupon());
            if let Some(held) = held {
                held.uses_left = held.uses_left.saturating_sub(1);
            }
        } else if claim.resource.kind() == ResourceKind::WalletPoints {
            context.wallet.points = context.wallet.points.saturating_sub(claim.amount);
            context.wallet.redeem_points = context.wallet.redeem_points.min(context.wallet.points);
        } else if claim.resource.kind() == ResourceKind::WalletBalance
            && let Some(balance) = context.wallet.balances.get_mut(claim.resource.balance())
        {
            let left = balance.amount.to_money(earlier.currency).unwrap_or_default().minor();
            let taken = i64::try_from(claim.amount).unwrap_or(i64::MAX);
            let left = left.saturating_sub(taken).max(0);
            balance.amount = Amount::from_money(Money::from_minor(left), earlier.currency);
        }
    }
}
