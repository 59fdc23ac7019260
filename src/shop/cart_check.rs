//! What a cart is refused for.

use std::collections::BTreeSet;

use super::{AttributeValue, Charge, Line, LineId, ShippingMethod, ShopId, Sku};
use crate::bounds::{AMOUNT_MAX, Limits, UNITS_MAX};
use crate::money::{Amount, Currency, Money};

/// Why a cart is refused: one problem, with its path, the value and the limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CartError {
    /// More lines, charges or facts than allowed.
    #[error("{path}: {given} entries; at most {limit} are allowed")]
    TooMany {
        /// Where.
        path: String,
        /// How many there are.
        given: usize,
        /// The limit.
        limit: usize,
    },
    /// No piece, or more than allowed.
    #[error("{path}: a quantity of {given}; 1 to {limit} are allowed")]
    QuantityOutOfRange {
        /// Where.
        path: String,
        /// The quantity.
        given: i64,
        /// The limit.
        limit: u32,
    },
    /// A price below zero or above the limit.
    #[error("{path}: a price of {given}; 0 to {limit} are allowed")]
    PriceOutOfRange {
        /// Where.
        path: String,
        /// The price.
        given: Amount,
        /// The limit.
        limit: Amount,
    },
    /// The cart is worth more than [`AMOUNT_MAX`].
    #[error("{path}: the cart is worth more than {limit}")]
    TotalTooLarge {
        /// Where the sum went over.
        path: String,
        /// The limit.
        limit: Amount,
    },
    /// A floor above the list price.
    #[error("{path}: a floor of {floor} is above the list price of {list}")]
    FloorAboveList {
        /// Where.
        path: String,
        /// The floor.
        floor: Amount,
        /// The list price.
        list: Amount,
    },
    /// An empty id, one with control characters, or a category path with an empty level.
    #[error("{path}: {given:?} is not an id")]
    BadId {
        /// Where.
        path: String,
        /// What was given.
        given: String,
    },
    /// An id or text longer than allowed.
    #[error("{path}: {given} bytes; at most {limit} are allowed")]
    TextTooLong {
        /// Where.
        path: String,
        /// Its bytes.
        given: usize,
        /// The limit.
        limit: usize,
    },
    /// Two lines with one id.
    #[error("{path}: line \"{line}\" is there twice")]
    DuplicateLine {
        /// Where the second one is.
        path: String,
        /// The id.
        line: LineId,
    },
    /// Two products of a catalogue with one sku.
    #[error("{path}: product \"{sku}\" is there twice")]
    DuplicateProduct {
        /// Where the second one is.
        path: String,
        /// The sku.
        sku: Sku,
    },
    /// Two charges of one shop by one method.
    #[error("{path}: shop \"{shop}\" has two charges by method \"{method}\"")]
    DuplicateCharge {
        /// Where the second one is.
        path: String,
        /// The shop.
        shop: ShopId,
        /// The method.
        method: ShippingMethod,
    },
    /// An amount that is not one of the cart's currency.
    #[error("{path}: {problem}")]
    BadAmount {
        /// Where.
        path: String,
        /// Why.
        problem: crate::money::AmountError,
    },
}

impl CartError {
    /// Where in the cart, as a JSON pointer.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::TooMany { path, .. }
            | Self::QuantityOutOfRange { path, .. }
            | Self::PriceOutOfRange { path, .. }
            | Self::TotalTooLarge { path, .. }
            | Self::FloorAboveList { path, .. }
            | Self::BadId { path, .. }
            | Self::TextTooLong { path, .. }
            | Self::DuplicateLine { path, .. }
            | Self::DuplicateProduct { path, .. }
            | Self::DuplicateCharge { path, .. }
            | Self::BadAmount { path, .. } => path,
        }
    }

    /// The same problem of a catalogue, whose products were checked as lines named by their skus.
    pub(super) fn below_products(mut self) -> Self {
        if let Self::DuplicateLine { path, line } = self {
            let path = path.replacen("/lines/", "/products/", 1);
            let path = path.strip_suffix("line").map_or(path.clone(), |above| format!("{above}sku"));
            return Self::DuplicateProduct { path, sku: Sku::new(line.as_str()) };
        }
        let (Self::TooMany { path, .. }
        | Self::QuantityOutOfRange { path, .. }
        | Self::PriceOutOfRange { path, .. }
        | Self::TotalTooLarge { path, .. }
        | Self::FloorAboveList { path, .. }
        | Self::BadId { path, .. }
        | Self::TextTooLong { path, .. }
        | Self::DuplicateLine { path, .. }
        | Self::DuplicateProduct { path, .. }
        | Self::DuplicateCharge { path, .. }
        | Self::BadAmount { path, .. }) = &mut self;
        *path = path.replacen("/lines/", "/products/", 1);
        if let Some(above) = path.strip_suffix("/line") {
            *path = format!("{above}/sku");
        }
        self
    }
}

pub(super) fn at_most(path: &str, given: usize, limit: usize) -> Result<(), CartError> {
    if given > limit { Err(CartError::TooMany { path: path.to_owned(), given, limit }) } else { Ok(()) }
}

pub(super) fn check_lines(lines: &[Line], currency: Currency, limits: &Limits) -> Result<Money, CartError> {
    let (mut total, mut units) = (Money::ZERO, 0_u32);
    for (index, line) in lines.iter().enumerate() {
        let path = |field: &str| format!("/lines/{index}/{field}");
        check_line(line, currency, limits, &path)?;
        let value = line.list_value().and_then(|value| total.checked_add(value));
        total = value
            .ok_or_else(|| CartError::TotalTooLarge { path: path("list_price"), limit: most(currency) })?;
        units = units.checked_add(line.quantity).filter(|units| *units <= UNITS_MAX).ok_or_else(|| {
            CartError::QuantityOutOfRange {
                path: path("quantity"),
                given: line.quantity.into(),
                limit: UNITS_MAX,
            }
        })?;
    }
    let mut ids: Vec<(&LineId, usize)> =
        lines.iter().zip(0..).map(|(line, index)| (&line.id, index)).collect();
    ids.sort_unstable();
    for pair in ids.windows(2) {
        if let [(first, _), (second, index)] = pair
            && first == second
        {
            return Err(CartError::DuplicateLine {
                path: format!("/lines/{index}/line"),
                line: (*first).clone(),
            });
        }
    }
    Ok(total)
}

fn check_line(
    line: &Line,
    currency: Currency,
    limits: &Limits,
    path: &impl Fn(&str) -> String,
) -> Result<(), CartError> {
    check_id(line.id.as_str(), limits, || path("line"))?;
    check_id(line.sku.as_str(), limits, || path("sku"))?;
    if !line.shop.as_str().is_empty() {
        check_id(line.shop.as_str(), limits, || path("shop"))?;
    }
    if line.quantity == 0 || line.quantity > limits.quantity {
        return Err(CartError::QuantityOutOfRange {
            path: path("quantity"),
            given: line.quantity.into(),
            limit: limits.quantity,
        });
    }
    let prices = [
        ("list_price", Some(line.list_price)),
        ("cost", line.cost),
        ("floor_price", line.floor_price),
        ("reference_price", line.reference_price),
    ];
    for (field, price) in prices {
        check_price(price, currency, limits.unit_price_minor, || path(field))?;
    }
    if let Some(floor) = line.floor_price
        && floor > line.list_price
    {
        let amount = |money: Money| Amount::from_money(money, currency);
        let (floor, list) = (amount(floor), amount(line.list_price));
        return Err(CartError::FloorAboveList { path: path("floor_price"), floor, list });
    }
    at_most(&path("categories"), line.categories.len(), limits.facts)?;
    at_most(&path("tags"), line.tags.len(), limits.facts)?;
    at_most(&path("attributes"), line.attributes.len(), limits.facts)?;
    for category in &line.categories {
        check_id(category.as_str(), limits, || path("categories"))?;
        if category.as_str().split('/').any(str::is_empty) {
            return Err(CartError::BadId { path: path("categories"), given: category.as_str().to_owned() });
        }
    }
    for tag in &line.tags {
        check_id(tag.as_str(), limits, || path("tags"))?;
    }
    if let Some(class) = &line.tax_class {
        check_id(class.as_str(), limits, || path("tax_class"))?;
    }
    for (key, value) in &line.attributes {
        check_id(key.as_str(), limits, || path("attributes"))?;
        if let AttributeValue::Text(text) = value
            && text.len() > limits.text_bytes
        {
            return Err(CartError::TextTooLong {
                path: path("attributes"),
                given: text.len(),
                limit: limits.text_bytes,
            });
        }
    }
    Ok(())
}

pub(super) fn check_charges(
    charges: &[Charge],
    list_total: Money,
    currency: Currency,
    limits: &Limits,
) -> Result<(), CartError> {
    let mut total = list_total;
    let mut seen = BTreeSet::new();
    for (index, charge) in charges.iter().enumerate() {
        let path = |field: &str| format!("/shipping/{index}/{field}");
        for (field, id) in [("shop", charge.shop.as_str()), ("method", charge.method.as_str())] {
            if !id.is_empty() {
                check_id(id, limits, || path(field))?;
            }
        }
        check_price(Some(charge.amount), currency, limits.unit_price_minor, || path("amount"))?;
        let sum = total.checked_add(charge.amount);
        total =
            sum.ok_or_else(|| CartError::TotalTooLarge { path: path("amount"), limit: most(currency) })?;
        if !seen.insert((&charge.shop, &charge.method)) {
            let (shop, method) = (charge.shop.clone(), charge.method.clone());
            return Err(CartError::DuplicateCharge { path: path("method"), shop, method });
        }
    }
    Ok(())
}

fn check_id(id: &str, limits: &Limits, path: impl Fn() -> String) -> Result<(), CartError> {
    if id.len() > limits.id_bytes {
        return Err(CartError::TextTooLong { path: path(), given: id.len(), limit: limits.id_bytes });
    }
    if id.is_empty() || id.chars().any(char::is_control) {
        return Err(CartError::BadId { path: path(), given: id.chars().take(32).collect() });
    }
    Ok(())
}

fn check_price(
    price: Option<Money>,
    currency: Currency,
    limit: i64,
    path: impl Fn() -> String,
) -> Result<(), CartError> {
    match price {
        Some(price) => price_in_range(price, currency, limit, path),
        None => Ok(()),
    }
}

/// Refuses a price below zero or above a limit.
pub(super) fn price_in_range(
    price: Money,
    currency: Currency,
    limit: i64,
    path: impl Fn() -> String,
) -> Result<(), CartError> {
    if (0..=limit).contains(&price.minor()) {
        return Ok(());
    }
    let (given, limit) =
        (Amount::from_money(price, currency), Amount::from_money(Money::from_minor(limit), currency));
    Err(CartError::PriceOutOfRange { path: path(), given, limit })
}

/// The most that anything comes to.
fn most(currency: Currency) -> Amount {
    Amount::from_money(Money::from_minor(AMOUNT_MAX), currency)
}
