//! The neutral form of a case: one promotion check of a shop system, one JSON object a line.
//!
//! Nothing that a file of this form may hold is refused here. What the adapter does not know is kept in `rest`, and a
//! case with such a thing is set aside by name instead of being read as if the thing were not there.

use std::collections::BTreeMap;

use dealproof::money::Amount;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Why a case is not run: a policy the rule language does not offer, or something out of scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SetAside(pub(super) String);

impl SetAside {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

type Rest = BTreeMap<String, Value>;

/// One case.
#[derive(Debug, Deserialize)]
pub(super) struct Case {
    pub(super) id: String,
    pub(super) currency: String,
    #[serde(default)]
    pub(super) minor_units: Option<u32>,
    #[serde(default)]
    pub(super) lines: Vec<Line>,
    #[serde(default)]
    pub(super) shipping: Option<Amount>,
    #[serde(default)]
    pub(super) shipping_lines: Vec<ShippingLine>,
    #[serde(default)]
    pub(super) shipping_method: Option<String>,
    #[serde(default)]
    pub(super) customer: Option<Customer>,
    #[serde(default)]
    pub(super) codes: Vec<String>,
    #[serde(default)]
    pub(super) at: Option<String>,
    #[serde(default)]
    pub(super) promotions: Vec<Promotion>,
    #[serde(default)]
    pub(super) semantics: Semantics,
    #[serde(default)]
    pub(super) expect: Expect,
    /// Where the case is from and what it is about: for people.
    #[serde(default, rename = "source")]
    _source: Value,
    #[serde(default, rename = "tags")]
    _tags: Value,
    #[serde(flatten)]
    pub(super) rest: Rest,
}

/// A line of the cart.
#[derive(Debug, Deserialize)]
pub(super) struct Line {
    pub(super) sku: String,
    pub(super) quantity: Count,
    pub(super) unit_price: Amount,
    #[serde(default)]
    pub(super) categories: Vec<String>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    #[serde(default)]
    pub(super) min_unit_price: Option<Amount>,
    #[serde(default)]
    pub(super) list_price: Option<Amount>,
    #[serde(default)]
    pub(super) on_sale: Option<bool>,
    #[serde(default)]
    pub(super) discountable: Option<bool>,
    #[serde(flatten)]
    pub(super) rest: Rest,
}

/// A count of pieces or points: a number, or a decimal in a string.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Count {
    Number(serde_json::Number),
    Written(String),
}

impl Line {
    /// Whole pieces; decimal quantities are set aside before anything is counted.
    pub(super) fn pieces(&self) -> u32 {
        self.whole_pieces().unwrap_or(0)
    }

    pub(super) fn whole_pieces(&self) -> Option<u32> {
        self.quantity.whole()?.try_into().ok()
    }
}

impl Count {
    /// The count, if it is a whole one.
    pub(super) fn whole(&self) -> Option<u64> {
        match self {
            Self::Number(number) => number.as_u64(),
            Self::Written(text) => {
                let decimal: Decimal = text.parse().ok()?;
                Some(decimal).filter(|decimal| decimal.fract().is_zero())?.to_u64()
            }
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct ShippingLine {
    pub(super) id: String,
    pub(super) amount: Amount,
    #[serde(flatten)]
    pub(super) rest: Rest,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Customer {
    #[serde(default)]
    pub(super) logged_in: Option<bool>,
    #[serde(default)]
    pub(super) groups: Vec<String>,
    #[serde(default)]
    pub(super) order_number: Option<u32>,
    #[serde(flatten)]
    pub(super) rest: Rest,
}

/// A promotion: a first action, further ones, and when and how they work.
#[derive(Debug, Deserialize)]
pub(super) struct Promotion {
    pub(super) id: String,
    #[serde(flatten)]
    pub(super) action: Action,
    #[serde(default)]
    pub(super) more_actions: Vec<Action>,
    #[serde(default)]
    pub(super) conditions: Option<Value>,
    #[serde(default)]
    pub(super) priority: i64,
    #[serde(default)]
    pub(super) lane: Option<String>,
    #[serde(default)]
    pub(super) exclusive: bool,
    #[serde(default)]
    pub(super) stop_further: bool,
    #[serde(default)]
    pub(super) compatible: Option<String>,
    #[serde(default)]
    pub(super) coupon_code: Option<String>,
    #[serde(default)]
    pub(super) max_discount: Option<Amount>,
    #[serde(default)]
    pub(super) max_applications: Option<u32>,
    #[serde(default)]
    pub(super) usage_limit: Option<u64>,
    #[serde(default)]
    pub(super) usage_limit_per_customer: Option<u64>,
    #[serde(default)]
    pub(super) usage: Used,
    #[serde(default)]
    pub(super) budget: Option<Budget>,
    #[serde(default)]
    pub(super) enabled: Option<bool>,
    #[serde(flatten)]
    pub(super) rest: Rest,
}

impl Promotion {
    pub(super) fn actions(&self) -> impl Iterator<Item = &Action> {
        std::iter::once(&self.action).chain(&self.more_actions)
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.enabled != Some(false)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Action {
    pub(super) kind: String,
    #[serde(default)]
    pub(super) params: Value,
}

impl Action {
    /// One of the kinds that reprice units before any cart promotion.
    pub(super) fn is_catalogue(&self) -> bool {
        self.kind.starts_with("catalog_")
    }

    /// One of the kinds that take an amount off what matching units cost, whole orders aside.
    pub(super) fn is_item_level(&self) -> bool {
        let order_level =
            ["order_", "total_", "shipping_", "free_shipping", "gift_", "loyalty_", "stored_value"];
        !order_level.iter().any(|prefix| self.kind.starts_with(prefix))
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Used {
    #[serde(default)]
    pub(super) total: u64,
    #[serde(default)]
    pub(super) by_customer: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Budget {
    pub(super) amount: Amount,
    #[serde(default)]
    pub(super) used: Option<Amount>,
}

/// The choices that lead to the numbers of a case; `Policy` reads them.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Semantics(pub(super) Value);

/// What the source asserts.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Expect {
    #[serde(default)]
    pub(super) total: Option<Amount>,
    #[serde(default)]
    pub(super) subtotal: Option<Amount>,
    #[serde(default)]
    pub(super) shipping: Option<Amount>,
    #[serde(default)]
    pub(super) discount_total: Option<Amount>,
    #[serde(default)]
    pub(super) goods_discount: Option<Amount>,
    #[serde(default)]
    pub(super) shipping_discount: Option<Amount>,
    #[serde(default)]
    pub(super) lines: Vec<ExpectLine>,
    #[serde(default)]
    pub(super) lines_any_order: bool,
    #[serde(default)]
    pub(super) promotions: Vec<ExpectDiscount>,
    #[serde(default)]
    pub(super) shipping_lines: Vec<ExpectDiscount>,
    #[serde(default)]
    pub(super) applied: Option<Vec<String>>,
    #[serde(default)]
    pub(super) applied_count: Option<usize>,
    #[serde(default)]
    pub(super) rejected: Vec<Rejected>,
    #[serde(default)]
    pub(super) discounted_skus: Option<Vec<String>>,
    #[serde(default)]
    pub(super) line_promotions: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(super) units_discounted: Option<u32>,
    #[serde(default)]
    pub(super) units_undiscounted: Option<u32>,
    #[serde(default)]
    pub(super) added: Option<Vec<Added>>,
    #[serde(default)]
    pub(super) points_earned: Option<Count>,
    #[serde(default)]
    pub(super) points_spent: Option<Count>,
    #[serde(default)]
    pub(super) stored_value_used: Option<Amount>,
    #[serde(default)]
    pub(super) stored_value_left: Option<Amount>,
    #[serde(flatten)]
    pub(super) rest: Rest,
}

impl Expect {
    /// Whether nothing is asserted: any quote would do.
    pub(super) fn is_empty(&self) -> bool {
        let amounts = [
            self.total,
            self.subtotal,
            self.shipping,
            self.discount_total,
            self.goods_discount,
            self.shipping_discount,
            self.stored_value_used,
            self.stored_value_left,
        ];
        let sets = [&self.applied, &self.discounted_skus];
        let units = [self.units_discounted, self.units_undiscounted];
        amounts.iter().all(Option::is_none)
            && sets.iter().all(|set| set.is_none())
            && units.iter().all(Option::is_none)
            && [&self.points_earned, &self.points_spent].iter().all(|points| points.is_none())
            && self.applied_count.is_none()
            && self.added.is_none()
            && self.lines.iter().all(ExpectLine::is_empty)
            && (self.promotions.is_empty() && self.shipping_lines.is_empty())
            && (self.rejected.is_empty() && self.line_promotions.is_empty())
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct ExpectLine {
    pub(super) sku: String,
    #[serde(default)]
    pub(super) line_total: Option<Amount>,
    #[serde(default)]
    pub(super) discount: Option<Amount>,
    #[serde(default)]
    pub(super) unit_discounts: Option<Vec<Amount>>,
    #[serde(flatten)]
    pub(super) rest: Rest,
}

impl ExpectLine {
    fn is_empty(&self) -> bool {
        self.line_total.is_none() && self.discount.is_none() && self.unit_discounts.is_none()
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct ExpectDiscount {
    pub(super) id: String,
    pub(super) discount: Amount,
}

#[derive(Debug, Deserialize)]
pub(super) struct Rejected {
    pub(super) id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Added {
    pub(super) sku: String,
    pub(super) quantity: u32,
}

/// An object read key by key; what nobody asked for is found out at the end.
pub(super) struct Fields {
    of: String,
    map: serde_json::Map<String, Value>,
}

impl Fields {
    /// The object `value`; nothing at all is an empty object.
    pub(super) fn new(of: impl Into<String>, value: &Value) -> Result<Self, SetAside> {
        let of = of.into();
        match value {
            Value::Object(map) => Ok(Self { of, map: map.clone() }),
            Value::Null => Ok(Self { of, map: serde_json::Map::new() }),
            _ => Err(SetAside::new(format!("{of} is not an object"))),
        }
    }

    /// Reads a key, if it is there and not null.
    pub(super) fn take<T: DeserializeOwned>(&mut self, key: &str) -> Result<Option<T>, SetAside> {
        match self.map.remove(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value(value)
                .map(Some)
                .map_err(|error| SetAside::new(format!("{} of {}: {error}", key, self.of))),
        }
    }

    /// The value of a key, left where it is.
    pub(super) fn peek(&self, key: &str) -> Option<Value> {
        self.map.get(key).cloned()
    }

    /// Reads a key that must be there.
    pub(super) fn need<T: DeserializeOwned>(&mut self, key: &str) -> Result<T, SetAside> {
        self.take(key)?.ok_or_else(|| SetAside::new(format!("{} without {key}", self.of)))
    }

    /// Nothing may be left.
    pub(super) fn end(self) -> Result<(), SetAside> {
        match self.map.keys().next() {
            None => Ok(()),
            Some(key) => Err(SetAside::new(format!("{key} of {} is not known to the adapter", self.of))),
        }
    }
}
