//! What can be bought, and by whom: the world an audit looks at.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cart_check::{CartError, at_most, check_charges, check_lines, price_in_range};
use super::catalogue_json::CatalogueDocument;
use super::{Charge, Context, CouponCode, Line, Moment, Policies, Prize, Sku};
use crate::bounds::{AMOUNT_MAX, Limits, STOCK_MAX};
use crate::money::{Currency, Money};

/// A product on sale.
///
/// ```
/// use dealproof::money::Money;
/// use dealproof::shop::{Line, Product};
///
/// let rice = Line::new("RICE", "RICE", 1, Money::from_minor(1_990)).cost(Money::from_minor(1_750));
/// assert_eq!(Product::new(rice).stock(500).piece.sku.as_str(), "RICE");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Product {
    /// One piece of it as it stands in a cart; its line id is its sku.
    pub piece: Line,
    /// Pieces there are; as many as one likes, if unknown.
    pub stock: Option<u32>,
    /// Sells again for its face value at once: phone credit, vouchers. A gift card always does.
    pub cash_like: bool,
    /// What it cost before, by the moment from which on it cost that.
    pub past_prices: Vec<PastPrice>,
    /// What a piece may win, if it is a lottery ticket.
    pub prizes: Vec<Prize>,
    /// Pieces sold so lately, at list price, that their buyers may still ask for price protection.
    pub sold_lately: u32,
}

impl Product {
    /// A product of which the line is one piece; the line's quantity and id are put right.
    #[must_use]
    pub fn new(mut piece: Line) -> Self {
        piece.id = super::LineId::new(piece.sku.as_str());
        piece.quantity = 1;
        let cash_like = piece.gift_card;
        Self { piece, stock: None, cash_like, past_prices: Vec::new(), prizes: Vec::new(), sold_lately: 0 }
    }

    /// Sets the pieces there are.
    #[must_use]
    pub const fn stock(mut self, pieces: u32) -> Self {
        self.stock = Some(pieces);
        self
    }

    /// Marks it as selling again for its face value.
    #[must_use]
    pub const fn cash_like(mut self) -> Self {
        self.cash_like = true;
        self
    }

    /// Adds what it cost from a moment on.
    #[must_use]
    pub fn past_price(mut self, from: Moment, price: Money) -> Self {
        self.past_prices.push(PastPrice { from, price });
        self
    }

    /// Adds a prize that a piece may win.
    #[must_use]
    pub fn prize(mut self, prize: Prize) -> Self {
        self.prizes.push(prize);
        self
    }

    /// Sets how many pieces were sold so lately that their buyers may still ask for price protection.
    #[must_use]
    pub const fn sold_lately(mut self, pieces: u32) -> Self {
        self.sold_lately = pieces;
        self
    }

    /// What the shop must get for a piece: its cost, else its floor price, and what its prizes cost on average; `None` when
    /// none of these is known.
    #[must_use]
    pub fn least_worth(&self) -> Option<Money> {
        let own = self.piece.cost.or(self.piece.floor_price);
        if self.prizes.is_empty() {
            return own;
        }
        own.unwrap_or_default().checked_add(self.prizes_worth())
    }
}

/// What a product cost from a moment on, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PastPrice {
    /// From when on.
    pub from: Moment,
    /// The price of a piece.
    pub price: Money,
}

/// A class of shoppers: what the host would say of each of them, and which codes they can hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Shopper {
    /// What the report calls them.
    pub name: String,
    /// Their context; its codes are always entered.
    pub context: Context,
    /// Codes one of them can hold, and for how many orders each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub codes: BTreeMap<CouponCode, u32>,
}

impl Shopper {
    /// Shoppers without codes.
    pub fn new(name: impl Into<String>, context: Context) -> Self {
        Self { name: name.into(), context, codes: BTreeMap::new() }
    }

    /// Lets each of them use a code in so many orders.
    #[must_use]
    pub fn code(mut self, code: impl AsRef<str>, orders: u32) -> Self {
        self.codes.insert(CouponCode::new(code), orders);
        self
    }
}

/// Products, shoppers and shipping charges; checked once, in canonical order for ever after.
///
/// Without shoppers an audit makes up one for every moment at which the rules change, who meets all that rules ask of
/// a customer and holds every code.
///
/// ```
/// use dealproof::money::{Currency, Money};
/// use dealproof::shop::{Catalogue, Line, Product};
///
/// let rice = Line::new("RICE", "RICE", 1, Money::from_minor(1_990)).cost(Money::from_minor(1_750));
/// let catalogue = Catalogue::new(Currency::CNY, vec![Product::new(rice)])?;
/// assert!(catalogue.product("RICE").is_some());
/// # Ok::<(), dealproof::shop::CartError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "CatalogueDocument", into = "CatalogueDocument")]
pub struct Catalogue {
    currency: Currency,
    products: Vec<Product>,
    shoppers: Vec<Shopper>,
    charges: Vec<Charge>,
    policies: Policies,
}

impl Catalogue {
    /// Checks and orders products, without shoppers or charges, under the default [`Limits`].
    ///
    /// # Errors
    /// The first [`CartError`], in the order the products were given.
    pub fn new(currency: Currency, products: Vec<Product>) -> Result<Self, CartError> {
        Self::with_limits(currency, products, Vec::new(), Vec::new(), &Limits::default())
    }

    /// Checks and orders products, shoppers and charges.
    ///
    /// # Errors
    /// The first [`CartError`], in the order the products and charges were given.
    pub fn with_limits(
        currency: Currency,
        mut products: Vec<Product>,
        shoppers: Vec<Shopper>,
        mut charges: Vec<Charge>,
        limits: &Limits,
    ) -> Result<Self, CartError> {
        at_most("/products", products.len(), limits.products)?;
        at_most("/shoppers", shoppers.len(), limits.facts)?;
        at_most("/shipping", charges.len(), limits.shipping_charges)?;
        let pieces: Vec<Line> = products.iter().map(|product| product.piece.clone()).collect();
        let total = check_lines(&pieces, currency, limits).map_err(|error| error.below_products())?;
        check_charges(&charges, total, currency, limits)?;
        for (index, product) in products.iter().enumerate() {
            at_most(&format!("/products/{index}/past_prices"), product.past_prices.len(), limits.products)?;
            at_most(&format!("/products/{index}/prizes"), product.prizes.len(), limits.products)?;
            for (at, prize) in product.prizes.iter().enumerate() {
                let path = || format!("/products/{index}/prizes/{at}/worth");
                price_in_range(prize.worth, currency, AMOUNT_MAX, path)?;
            }
        }
        products.sort_by(|a, b| a.piece.sku.cmp(&b.piece.sku));
        for product in &mut products {
            product.past_prices.sort_by_key(|past| (past.from.unix_ms(), past.price));
            product.stock = product.stock.map(|stock| stock.min(STOCK_MAX));
        }
        charges.sort_by(|a, b| (&a.shop, &a.method).cmp(&(&b.shop, &b.method)));
        Ok(Self { currency, products, shoppers, charges, policies: Policies::default() })
    }

    /// Adds a class of shoppers.
    #[must_use]
    pub fn shopper(mut self, shopper: Shopper) -> Self {
        self.shoppers.push(shopper);
        self
    }

    /// Sets what the shop has declared beyond its rules.
    ///
    /// # Errors
    /// [`CartError`] when an amount is below zero or not one of the currency.
    pub fn with_policies(mut self, policies: Policies) -> Result<Self, CartError> {
        policies.check(self.currency)?;
        self.policies = policies;
        Ok(self)
    }

    /// The same with its products changed, in what is said of them: skus and prices stay.
    pub(crate) fn with_products(&self, change: impl FnMut(&mut Product)) -> Self {
        let mut changed = self.clone();
        changed.products.iter_mut().for_each(change);
        changed
    }

    /// The currency of every amount.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// The products, by sku.
    #[must_use]
    pub fn products(&self) -> &[Product] {
        &self.products
    }

    /// The product of a sku.
    #[must_use]
    pub fn product(&self, sku: &str) -> Option<&Product> {
        let at = self.products.binary_search_by(|product| product.piece.sku.as_str().cmp(sku)).ok()?;
        self.products.get(at)
    }

    /// The classes of shoppers, as listed.
    #[must_use]
    pub fn shoppers(&self) -> &[Shopper] {
        &self.shoppers
    }

    /// What the shop has declared beyond its rules.
    #[must_use]
    pub const fn policies(&self) -> &Policies {
        &self.policies
    }

    /// The shipping charges: an order has those of the shops it buys from.
    #[must_use]
    pub fn charges(&self) -> &[Charge] {
        &self.charges
    }

    /// What the shop must get for a piece of a product; `None` when the product or its cost is not known. What is as good as
    /// money costs what it is listed at, where nothing else is said of it.
    #[must_use]
    pub fn cost_of(&self, sku: &Sku) -> Option<Money> {
        let product = self.product(sku.as_str())?;
        product.least_worth().or_else(|| product.cash_like.then_some(product.piece.list_price))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tea(price: i64) -> Product {
        Product::new(Line::new("", "TEA", 7, Money::from_minor(price)))
    }

    #[test]
    fn products_are_found_by_sku_whatever_order_they_were_given_in() {
        let mug = Product::new(Line::new("x", "MUG", 1, Money::from_minor(2_900)));
        let catalogue = Catalogue::new(Currency::CNY, vec![tea(4_900), mug]).unwrap();
        let skus: Vec<&str> = catalogue.products().iter().map(|one| one.piece.sku.as_str()).collect();
        assert_eq!(skus, ["MUG", "TEA"]);
        // A product is one piece, whatever line it was made of.
        assert_eq!(catalogue.product("TEA").unwrap().piece.quantity, 1);
        assert_eq!(catalogue.product("PAN"), None);
    }

    #[test]
    fn a_sku_twice_and_a_floor_above_the_price_are_refused() {
        let twice = Catalogue::new(Currency::CNY, vec![tea(1), tea(2)]).unwrap_err();
        assert_eq!(twice.to_string(), "/products/1/sku: product \"TEA\" is there twice");
        let floor =
            Product::new(Line::new("", "TEA", 1, Money::from_minor(1)).floor_price(Money::from_minor(2)));
        let error = Catalogue::new(Currency::CNY, vec![floor]).unwrap_err();
        assert_eq!(error.path(), "/products/0/floor_price");
    }

    #[test]
    fn s1_a_catalogue_survives_its_json() {
        let text = r#"{"currency":"CNY","products":[{"sku":"CARD","list_price":"100","gift_card":true},
            {"sku":"TEA","list_price":"49","cost":"32","stock":5,"shop":"a","categories":["food/drink"],
             "past_prices":[{"from":"2026-10-01T00:00:00+08:00","price":"45.5"}]}],
            "shoppers":[{"name":"members","context":{"now":"2026-11-11T00:00:00+08:00"},"codes":{"TEN":2}}],
            "shipping":[{"shop":"a","amount":"8"}]}"#;
        let catalogue: Catalogue = serde_json::from_str(text).unwrap();
        let tea = catalogue.product("TEA").unwrap();
        assert_eq!((tea.stock, tea.least_worth()), (Some(5), Some(Money::from_minor(3_200))));
        assert!(catalogue.product("CARD").unwrap().cash_like);
        let again: Catalogue = serde_json::from_str(&serde_json::to_string(&catalogue).unwrap()).unwrap();
        assert_eq!(again, catalogue);
    }
}
