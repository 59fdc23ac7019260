//! The catalogue as a JSON document: amounts as strings in its own currency.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::cart_check::at_most;
use super::cart_json::{ChargeDocument, is_default, to_money};
use super::{
    Attributes, CartError, Catalogue, CategoryPath, Line, Moment, PastPrice, Policies, Prize, Product,
    ShopId, Shopper, Sku, Tag, TaxClass,
};
use crate::bounds::Limits;
use crate::money::{Amount, Currency, Percent};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CatalogueDocument {
    currency: Currency,
    products: Vec<ProductDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) shoppers: Vec<Shopper>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shipping: Vec<ChargeDocument>,
    #[serde(default, skip_serializing_if = "is_default")]
    policies: Policies,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProductDocument {
    sku: Sku,
    list_price: Amount,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cost: Option<Amount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    floor_price: Option<Amount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference_price: Option<Amount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stock: Option<u32>,
    #[serde(default, skip_serializing_if = "is_default")]
    shop: ShopId,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    categories: BTreeSet<CategoryPath>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    tags: BTreeSet<Tag>,
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    attributes: Attributes,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tax_class: Option<TaxClass>,
    #[serde(default, skip_serializing_if = "is_default")]
    gift_card: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    no_discount: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    cash_like: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    past_prices: Vec<PastPriceDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    prizes: Vec<PrizeDocument>,
    #[serde(default, skip_serializing_if = "is_default")]
    sold_lately: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PrizeDocument {
    chance: Percent,
    worth: Amount,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PastPriceDocument {
    from: Moment,
    price: Amount,
}

impl TryFrom<CatalogueDocument> for Catalogue {
    type Error = CartError;

    fn try_from(document: CatalogueDocument) -> Result<Self, CartError> {
        document.into_catalogue(&Limits::default())
    }
}

impl CatalogueDocument {
    /// Checks and orders the catalogue under a caller's limits.
    pub(crate) fn into_catalogue(self, limits: &Limits) -> Result<Catalogue, CartError> {
        let currency = self.currency;
        at_most("/products", self.products.len(), limits.products)?;
        at_most("/shipping", self.shipping.len(), limits.shipping_charges)?;
        let products = self.products.into_iter().enumerate();
        let products = products.map(|(index, product)| product.into_product(index, currency, limits));
        let charges = self.shipping.into_iter().enumerate();
        let charges = charges.map(|(index, charge)| charge.into_charge(index, currency, limits));
        let products = products.collect::<Result<_, _>>()?;
        let charges = charges.collect::<Result<_, _>>()?;
        Catalogue::with_limits(currency, products, self.shoppers, charges, limits)?
            .with_policies(self.policies)
    }
}

impl ProductDocument {
    fn into_product(self, index: usize, currency: Currency, limits: &Limits) -> Result<Product, CartError> {
        let most = limits.unit_price_minor;
        let money = |amount: Amount, field: &str| {
            to_money(amount, currency, most, || format!("/products/{index}/{field}"))
        };
        let optional =
            |amount: Option<Amount>, field: &str| amount.map(|amount| money(amount, field)).transpose();
        let mut piece =
            Line::new(self.sku.as_str(), self.sku.as_str(), 1, money(self.list_price, "list_price")?);
        piece.cost = optional(self.cost, "cost")?;
        piece.floor_price = optional(self.floor_price, "floor_price")?;
        piece.reference_price = optional(self.reference_price, "reference_price")?;
        piece.shop = self.shop;
        piece.categories = self.categories;
        piece.tags = self.tags;
        piece.attributes = self.attributes;
        piece.tax_class = self.tax_class;
        piece.gift_card = self.gift_card;
        piece.no_discount = self.no_discount;
        let mut product = Product::new(piece);
        product.stock = self.stock;
        product.cash_like |= self.cash_like;
        for (at, past) in self.past_prices.iter().enumerate() {
            let price = money(past.price, &format!("past_prices/{at}/price"))?;
            product.past_prices.push(PastPrice { from: past.from, price });
        }
        product.sold_lately = self.sold_lately;
        for (at, prize) in self.prizes.iter().enumerate() {
            let worth = money(prize.worth, &format!("prizes/{at}/worth"))?;
            product.prizes.push(Prize::new(prize.chance, worth));
        }
        Ok(product)
    }
}

impl From<Catalogue> for CatalogueDocument {
    fn from(catalogue: Catalogue) -> Self {
        let currency = catalogue.currency();
        let amount = |money| Amount::from_money(money, currency);
        let products = catalogue.products().iter().map(|product| {
            let piece = &product.piece;
            ProductDocument {
                sku: piece.sku.clone(),
                list_price: amount(piece.list_price),
                cost: piece.cost.map(amount),
                floor_price: piece.floor_price.map(amount),
                reference_price: piece.reference_price.map(amount),
                stock: product.stock,
                shop: piece.shop.clone(),
                categories: piece.categories.clone(),
                tags: piece.tags.clone(),
                attributes: piece.attributes.clone(),
                tax_class: piece.tax_class.clone(),
                gift_card: piece.gift_card,
                no_discount: piece.no_discount,
                cash_like: product.cash_like && !piece.gift_card,
                past_prices: product
                    .past_prices
                    .iter()
                    .map(|past| PastPriceDocument { from: past.from, price: amount(past.price) })
                    .collect(),
                prizes: product
                    .prizes
                    .iter()
                    .map(|prize| PrizeDocument { chance: prize.chance, worth: amount(prize.worth) })
                    .collect(),
                sold_lately: product.sold_lately,
            }
        });
        Self {
            currency,
            products: products.collect(),
            shoppers: catalogue.shoppers().to_vec(),
            shipping: catalogue.charges().iter().map(|charge| ChargeDocument::of(charge, currency)).collect(),
            policies: catalogue.policies().clone(),
        }
    }
}
