//! The cart as a JSON document: amounts as strings in the cart's own currency.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::cart_check::at_most;
use super::{
    Attributes, Cart, CartError, CategoryPath, Charge, Line, LineId, ShippingMethod, ShopId, Sku, Tag,
    TaxClass,
};
use crate::bounds::Limits;
use crate::money::{Amount, Currency, Money};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CartDocument {
    currency: Currency,
    lines: Vec<LineDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shipping: Vec<ChargeDocument>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineDocument {
    line: LineId,
    sku: Sku,
    quantity: i64,
    list_price: Amount,
    #[serde(default, skip_serializing_if = "is_default")]
    shop: ShopId,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    categories: BTreeSet<CategoryPath>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    tags: BTreeSet<Tag>,
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    attributes: Attributes,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cost: Option<Amount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    floor_price: Option<Amount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference_price: Option<Amount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tax_class: Option<TaxClass>,
    #[serde(default, skip_serializing_if = "is_default")]
    gift_card: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    no_discount: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChargeDocument {
    #[serde(default, skip_serializing_if = "is_default")]
    shop: ShopId,
    #[serde(default, skip_serializing_if = "is_default")]
    method: ShippingMethod,
    amount: Amount,
}

pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl TryFrom<CartDocument> for Cart {
    type Error = CartError;

    fn try_from(document: CartDocument) -> Result<Self, CartError> {
        document.into_cart(&Limits::default())
    }
}

impl CartDocument {
    /// Checks and orders the cart under a caller's limits.
    pub(crate) fn into_cart(self, limits: &Limits) -> Result<Cart, CartError> {
        let currency = self.currency;
        // Counted before the amounts are read, so that a cart of too many lines costs no more than its text did.
        at_most("/lines", self.lines.len(), limits.lines)?;
        at_most("/shipping", self.shipping.len(), limits.shipping_charges)?;
        let lines = self.lines.into_iter().enumerate();
        let lines = lines.map(|(index, line)| line.into_line(index, currency, limits));
        let charges = self.shipping.into_iter().enumerate();
        let charges = charges.map(|(index, charge)| charge.into_charge(index, currency, limits));
        Cart::with_limits(
            currency,
            lines.collect::<Result<_, _>>()?,
            charges.collect::<Result<_, _>>()?,
            limits,
        )
    }
}

impl LineDocument {
    fn into_line(self, index: usize, currency: Currency, limits: &Limits) -> Result<Line, CartError> {
        let most = limits.unit_price_minor;
        let money = |amount: Amount, field: &str| {
            to_money(amount, currency, most, || format!("/lines/{index}/{field}"))
        };
        let optional =
            |amount: Option<Amount>, field: &str| amount.map(|amount| money(amount, field)).transpose();
        // Read as a whole number of any sign, so that a wrong one is told what is allowed.
        let quantity = u32::try_from(self.quantity).map_err(|_| CartError::QuantityOutOfRange {
            path: format!("/lines/{index}/quantity"),
            given: self.quantity,
            limit: limits.quantity,
        })?;
        Ok(Line {
            list_price: money(self.list_price, "list_price")?,
            cost: optional(self.cost, "cost")?,
            floor_price: optional(self.floor_price, "floor_price")?,
            reference_price: optional(self.reference_price, "reference_price")?,
            id: self.line,
            sku: self.sku,
            quantity,
            shop: self.shop,
            categories: self.categories,
            tags: self.tags,
            attributes: self.attributes,
            tax_class: self.tax_class,
            gift_card: self.gift_card,
            no_discount: self.no_discount,
        })
    }
}

impl ChargeDocument {
    pub(super) fn into_charge(
        self,
        index: usize,
        currency: Currency,
        limits: &Limits,
    ) -> Result<Charge, CartError> {
        let most = limits.unit_price_minor;
        let amount = to_money(self.amount, currency, most, || format!("/shipping/{index}/amount"))?;
        Ok(Charge { shop: self.shop, method: self.method, amount })
    }

    pub(super) fn of(charge: &Charge, currency: Currency) -> Self {
        let amount = Amount::from_money(charge.amount, currency);
        Self { shop: charge.shop.clone(), method: charge.method.clone(), amount }
    }
}

pub(super) fn to_money(
    amount: Amount,
    currency: Currency,
    limit_minor: i64,
    path: impl Fn() -> String,
) -> Result<Money, CartError> {
    // Refused as it was written.
    if amount.is_negative() {
        let limit = Amount::from_money(Money::from_minor(limit_minor), currency);
        return Err(CartError::PriceOutOfRange { path: path(), given: amount, limit });
    }
    amount.to_money(currency).map_err(|problem| CartError::BadAmount { path: path(), problem })
}

impl From<Cart> for CartDocument {
    fn from(cart: Cart) -> Self {
        let currency = cart.currency();
        let amount = |money: Money| Amount::from_money(money, currency);
        let lines = cart.lines().iter().map(|line| LineDocument {
            line: line.id.clone(),
            sku: line.sku.clone(),
            quantity: line.quantity.into(),
            list_price: amount(line.list_price),
            shop: line.shop.clone(),
            categories: line.categories.clone(),
            tags: line.tags.clone(),
            attributes: line.attributes.clone(),
            cost: line.cost.map(amount),
            floor_price: line.floor_price.map(amount),
            reference_price: line.reference_price.map(amount),
            tax_class: line.tax_class.clone(),
            gift_card: line.gift_card,
            no_discount: line.no_discount,
        });
        let charges = cart.charges().iter().map(|charge| ChargeDocument::of(charge, currency));
        Self { currency, lines: lines.collect(), shipping: charges.collect() }
    }
}
