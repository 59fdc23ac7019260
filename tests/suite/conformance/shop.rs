//! The lines, fees and shopper of a case as a cart and a context.

use std::collections::BTreeMap;

use dealproof::money::{Amount, Currency, Money};
use dealproof::shop::{Cart, Charge, Context, Customer, Line, Moment};

use super::form::{Case, SetAside};

/// An attribute of lines that the source calls reduced.
pub(super) const ON_SALE: &str = "on_sale";
/// An attribute of lines that have an earlier price.
pub(super) const LISTED: &str = "listed";

/// What the crate calls the products of a case: the place of the line, then its sku. So canonical order is the order
/// of the case, in which the source breaks its ties.
#[derive(Debug)]
pub(super) struct Names {
    by_sku: BTreeMap<String, String>,
}

impl Names {
    pub(super) fn new(case: &Case) -> Self {
        let mut by_sku = BTreeMap::new();
        for (at, line) in case.lines.iter().enumerate() {
            // The place alone tells products apart; the start of the sku is for people.
            let start: String = line.sku.chars().take(12).collect();
            by_sku.entry(line.sku.clone()).or_insert_with(|| format!("{at:04}.{start}"));
        }
        Self { by_sku }
    }

    /// The product of a sku; one that no line can have, if the cart has none.
    pub(super) fn of(&self, sku: &str) -> String {
        let known = self.by_sku.get(sku);
        known.cloned().unwrap_or_else(|| "none".to_owned())
    }
}

/// The id of the line at a place of the case.
pub(super) fn line_id(at: usize) -> String {
    format!("{at:04}")
}

/// The currency of a case, or one with as many minor digits: nothing but the digits matters to a price.
pub(super) fn currency(case: &Case) -> Result<Currency, SetAside> {
    let own = Currency::new(&case.currency).ok();
    let stand_ins = ["USD", "JPY", "KWD", "CLF"];
    let stand_ins = stand_ins.iter().filter_map(|code| Currency::new(code).ok());
    own.into_iter()
        .chain(stand_ins)
        .find(|currency| case.minor_units.is_none_or(|digits| currency.digits() == digits))
        .ok_or_else(|| SetAside::new("a currency with more than four decimals"))
}

/// An amount in minor units.
pub(super) fn money(amount: Amount, currency: Currency) -> Result<Money, SetAside> {
    let money = amount.to_money(currency);
    money.map_err(|error| SetAside::new(format!("an amount: {error}")))
}

/// The cart of a case.
pub(super) fn cart(case: &Case, currency: Currency, names: &Names) -> Result<Cart, SetAside> {
    let lines: Result<Vec<Line>, SetAside> =
        (0..).zip(&case.lines).map(|(at, form)| line(at, form, currency, names)).collect();
    let mut charges = Vec::new();
    if let Some(fee) = case.shipping {
        charges.push(Charge::new(money(fee, currency)?));
    } else if case.shipping_method.is_some() && case.shipping_lines.is_empty() {
        // The method is known though the source says nothing of its fee.
        charges.push(Charge::new(Money::ZERO));
    }
    if let (Some(method), [charge]) = (&case.shipping_method, charges.as_mut_slice()) {
        *charge = charge.clone().method(method.as_str());
    }
    for fee in &case.shipping_lines {
        charges.push(Charge::new(money(fee.amount, currency)?).method(fee.id.as_str()));
    }
    Cart::new(currency, lines?, charges).map_err(|error| SetAside::new(format!("no such cart: {error}")))
}

fn line(at: usize, form: &super::form::Line, currency: Currency, names: &Names) -> Result<Line, SetAside> {
    let price = money(form.unit_price, currency)?;
    let mut line = Line::new(line_id(at), names.of(&form.sku), form.pieces(), price);
    for category in &form.categories {
        line = line.category(category_path(category));
    }
    for tag in &form.tags {
        line = line.tag(tag.as_str());
    }
    if let Some(least) = form.min_unit_price {
        // A unit that costs less already gives nothing, just as at its minimum.
        line = line.floor_price(money(least, currency)?.min(price));
    }
    if let Some(earlier) = form.list_price {
        line = line.reference_price(money(earlier, currency)?).attribute(LISTED, 1);
    }
    if is_on_sale(form) {
        line = line.attribute(ON_SALE, 1);
    }
    if form.discountable == Some(false) {
        line = line.no_discount();
    }
    Ok(line)
}

/// Whether the source calls a line reduced; where it does not say, a higher earlier price does.
pub(super) fn is_on_sale(form: &super::form::Line) -> bool {
    form.on_sale.unwrap_or_else(|| form.list_price.is_some_and(|list| list > form.unit_price))
}

/// Categories of a case are labels: a slash in one does not make it a place below another.
pub(super) fn category_path(category: &str) -> String {
    category.replace('/', ":")
}

/// The shopper and the moment of a case.
pub(super) fn context(case: &Case) -> Result<Context, SetAside> {
    let now = moment(case.at.as_deref().unwrap_or("2024-06-15T12:00:00Z"))?;
    let form = case.customer.as_ref();
    let is_guest = form.is_some_and(|form| form.logged_in == Some(false));
    // Limits per customer count for someone, whether or not the case says more about them.
    let mut customer = if is_guest { Customer::default() } else { Customer::new("shopper") };
    if let Some(form) = form {
        for group in &form.groups {
            customer = customer.segment(group.as_str());
        }
        if let Some(number) = form.order_number {
            customer = customer.order_number(number);
        }
    }
    let context = Context::new(now).customer(customer);
    let codes = case.codes.iter();
    Ok(codes.fold(context, |context, code| context.code(code.as_str())))
}

/// A moment; a bare date is its midnight in UTC.
pub(super) fn moment(text: &str) -> Result<Moment, SetAside> {
    let whole = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
    whole.parse().map_err(|error| SetAside::new(format!("a moment: {error}")))
}
