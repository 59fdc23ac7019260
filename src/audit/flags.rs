//! Facts of a shopper that can be left out one by one, to see which of them a script needs.

use crate::shop::{AttributeKey, BalanceId, Context, CouponId, Segment, Sku};

/// A fact of a shopper besides who it is, when, and the codes entered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub(super) enum Flag {
    Segment(Segment),
    Level,
    OrderNumber,
    Birthday,
    Channel,
    Region,
    PaymentMethod,
    Group,
    Bargain(Sku),
    Picked(Sku),
    /// Points that are there to be redeemed, and all points.
    Redeeming,
    Points,
    Balance(BalanceId),
    Coupon(CouponId),
    SetAside(String),
    Attribute(AttributeKey),
}

/// Every fact of a context.
pub(super) fn flags(context: &Context) -> Vec<Flag> {
    let customer = &context.customer;
    let single = [
        (customer.level.is_some(), Flag::Level),
        (customer.order_number.is_some(), Flag::OrderNumber),
        (customer.birthday.is_some(), Flag::Birthday),
        (context.channel.is_some(), Flag::Channel),
        (context.region.is_some(), Flag::Region),
        (context.payment_method.is_some(), Flag::PaymentMethod),
        (context.group.is_some(), Flag::Group),
        (context.wallet.redeem_points > 0, Flag::Redeeming),
        (context.wallet.points > 0, Flag::Points),
    ];
    let mut list: Vec<Flag> = single.into_iter().filter(|(has, _)| *has).map(|(_, flag)| flag).collect();
    list.extend(customer.segments.iter().cloned().map(Flag::Segment));
    list.extend(context.bargains.keys().cloned().map(Flag::Bargain));
    list.extend(context.gifts.iter().cloned().map(Flag::Picked));
    list.extend(context.wallet.balances.keys().cloned().map(Flag::Balance));
    list.extend(context.coupons.iter().map(|held| Flag::Coupon(held.id.clone())));
    list.extend(context.set_aside.iter().cloned().map(Flag::SetAside));
    list.extend(context.attributes.keys().cloned().map(Flag::Attribute));
    list
}

/// Leaves a fact out.
pub(super) fn leave_out(context: &mut Context, flag: &Flag) {
    let customer = &mut context.customer;
    match flag {
        Flag::Segment(segment) => drop(customer.segments.remove(segment)),
        Flag::Level => customer.level = None,
        Flag::OrderNumber => customer.order_number = None,
        Flag::Birthday => customer.birthday = None,
        Flag::Channel => context.channel = None,
        Flag::Region => context.region = None,
        Flag::PaymentMethod => context.payment_method = None,
        Flag::Group => context.group = None,
        Flag::Bargain(sku) => drop(context.bargains.remove(sku)),
        Flag::Picked(sku) => drop(context.gifts.remove(sku)),
        Flag::Redeeming => context.wallet.redeem_points = 0,
        Flag::Points => (context.wallet.points, context.wallet.redeem_points) = (0, 0),
        Flag::Balance(balance) => drop(context.wallet.balances.remove(balance)),
        Flag::Coupon(coupon) => context.coupons.retain(|held| held.id != *coupon),
        Flag::SetAside(rule) => drop(context.set_aside.remove(rule)),
        Flag::Attribute(key) => drop(context.attributes.remove(key)),
    }
}
