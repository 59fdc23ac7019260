//! The shopper and the moment: facts the host passes in.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::BuyingGroup;
use super::{
    Attributes, Channel, CouponCode, CustomerId, Moment, PaymentMethod, Region, Segment, Sku, Wallet,
    WalletCoupon,
};
use crate::money::Amount;

/// Everything about a checkout that is not in the cart.
///
/// The library believes what it is told: who the customer is and what the time is are the host's to know.
///
/// ```
/// use dealproof::shop::{Context, Customer};
///
/// let context = Context::new("2026-11-11T00:00:00+08:00".parse()?)
///     .customer(Customer::new("c-1").segment("plus").order_number(1))
///     .code("DOUBLE-11")
///     .channel("app");
/// assert!(context.customer.is_first_order());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Context {
    /// The moment of pricing.
    pub now: Moment,
    /// Who buys.
    #[serde(default, skip_serializing_if = "Customer::is_empty")]
    pub customer: Customer,
    /// Coupon codes as typed, in any order; typing one twice counts once (P-1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<CouponCode>,
    /// Where the order is placed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// Where the order goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// How it will be paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<PaymentMethod>,
    /// The buying group, if the customer is in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<BuyingGroup>,
    /// Prices the customer bargained down to, by product.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bargains: BTreeMap<Sku, Amount>,
    /// Gifts and add-ons the shopper picked from the choice lists.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub gifts: BTreeSet<Sku>,
    /// What the shopper may pay with besides money.
    #[serde(default, skip_serializing_if = "Wallet::is_empty")]
    pub wallet: Wallet,
    /// Coupons of the customer that may be used, in any order; of several of one rule, one is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coupons: Vec<WalletCoupon>,
    /// Rules, by id, that give nothing: automatic ones that make way for coupons the shopper chose (K-3), and those of codes
    /// that were chosen for conditions alone. Choosing fills it in, so that pricing the chosen context again gives the chosen
    /// quote.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub set_aside: BTreeSet<String>,
    /// Facts of the host's own.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

impl Context {
    /// An unknown customer at a moment.
    #[must_use]
    pub fn new(now: Moment) -> Self {
        Self { now, ..Self::default() }
    }

    /// Sets the customer.
    #[must_use]
    pub fn customer(mut self, customer: Customer) -> Self {
        self.customer = customer;
        self
    }

    /// Adds a coupon code as typed.
    #[must_use]
    pub fn code(mut self, code: impl AsRef<str>) -> Self {
        self.codes.push(CouponCode::new(code));
        self
    }

    /// Sets the channel.
    #[must_use]
    pub fn channel(mut self, channel: impl AsRef<str>) -> Self {
        self.channel = Some(Channel::new(channel));
        self
    }

    /// Sets the region.
    #[must_use]
    pub fn region(mut self, region: impl AsRef<str>) -> Self {
        self.region = Some(Region::new(region));
        self
    }

    /// Sets the payment method.
    #[must_use]
    pub fn payment_method(mut self, method: impl AsRef<str>) -> Self {
        self.payment_method = Some(PaymentMethod::new(method));
        self
    }

    /// Sets the buying group.
    #[must_use]
    pub const fn group(mut self, group: BuyingGroup) -> Self {
        self.group = Some(group);
        self
    }

    /// Sets an open buying group of this size, the customer included.
    #[must_use]
    pub const fn group_size(self, members: u32) -> Self {
        self.group(BuyingGroup::new(members))
    }

    /// Adds a price the customer bargained a product down to.
    #[must_use]
    pub fn bargain(mut self, sku: impl AsRef<str>, price: Amount) -> Self {
        self.bargains.insert(Sku::new(sku), price);
        self
    }

    /// Adds a gift or add-on the shopper picked.
    #[must_use]
    pub fn gift(mut self, sku: impl AsRef<str>) -> Self {
        self.gifts.insert(Sku::new(sku));
        self
    }

    /// Sets what the shopper may pay with besides money.
    #[must_use]
    pub fn wallet(mut self, wallet: Wallet) -> Self {
        self.wallet = wallet;
        self
    }

    /// Adds a coupon of the customer.
    #[must_use]
    pub fn held_coupon(mut self, coupon: WalletCoupon) -> Self {
        self.coupons.push(coupon);
        self
    }

    /// Adds a fact of the host's own.
    #[must_use]
    pub fn attribute(mut self, key: &str, value: impl Into<super::AttributeValue>) -> Self {
        self.attributes.insert(key.into(), value.into());
        self
    }
}

/// What is known of the customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Customer {
    /// Who; limits per customer refuse a customer without an id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<CustomerId>,
    /// Groups the customer is in.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub segments: BTreeSet<Segment>,
    /// Member level, higher is better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u32>,
    /// This order is the customer's n-th, counted from 1 without cancelled orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_number: Option<u32>,
    /// Birthday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birthday: Option<Birthday>,
}

impl Customer {
    /// A customer with an id.
    pub fn new(id: impl AsRef<str>) -> Self {
        Self { id: Some(CustomerId::new(id)), ..Self::default() }
    }

    /// Adds a segment.
    #[must_use]
    pub fn segment(mut self, segment: impl AsRef<str>) -> Self {
        self.segments.insert(Segment::new(segment));
        self
    }

    /// Sets the member level.
    #[must_use]
    pub const fn level(mut self, level: u32) -> Self {
        self.level = Some(level);
        self
    }

    /// Sets which order of the customer this is, counted from 1.
    #[must_use]
    pub const fn order_number(mut self, number: u32) -> Self {
        self.order_number = Some(number);
        self
    }

    /// Sets the birthday.
    #[must_use]
    pub const fn birthday(mut self, month: u8, day: u8) -> Self {
        self.birthday = Some(Birthday { month, day });
        self
    }

    /// True when this order is known to be the first.
    #[must_use]
    pub fn is_first_order(&self) -> bool {
        self.order_number == Some(1)
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Month and day of a birthday. Documents with a day that no year has are refused; of one made in code it never comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Birthday {
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Birthday {
    /// Whether some year has the day: 29 February is one.
    #[must_use]
    pub const fn is_a_day(self) -> bool {
        let last = match self.month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            _ => 0,
        };
        1 <= self.day && self.day <= last
    }
}
