//! The one door for documents from outside: JSON text in, nouns out.
//!
//! A rule file gives a [`RuleSet`] or a [`Report`] of all its problems; every other document gives its noun or a
//! [`LoadError`] that names path, line and column, the value and the limit. Whatever the bytes, there is no panic, no
//! unbounded recursion and no allocation beyond [`Limits`]: size is checked first, values, nesting and texts are
//! counted as they are read. Floats, lists for objects, repeated keys, unknown fields and second spellings are
//! refused. Read next: `strict` (the reader), `rules` (problem after problem), `place` (where it is in the text).

#[cfg(test)]
mod case_tests;
mod context;
mod ledger;
mod parts;
mod place;
mod problem;
mod receipt;
mod rules;
mod strict;
#[cfg(test)]
mod trap_tests;

pub use ledger::{JournalError, JournalFile, journal, snapshot};
pub use problem::{LoadError, Problem};
pub use receipt::receipt;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::bounds::Limits;
use crate::record::{Checkout, Quote, QuoteDocument, Usage};
use crate::rules::{Promises, RuleSet};
use crate::shop::{Cart, CartDocument, CartError, Catalogue, CatalogueDocument, Context};
use crate::validate::{Report, Spot};
use place::{Place, Wanted};
use strict::{State, Strict};

/// Reads a rule file and validates it.
///
/// ```
/// use dealproof::bounds::Limits;
/// use dealproof::load;
///
/// let text = r#"{"format": 1, "currency": "CNY", "rules": [
///     {"id": "ten", "stage": "order", "benefit": {"percent_off": {"percent": "120"}}},
///     {"id": "ten", "stage": "ordre", "benefit": {"percent_off": {"percent": 20}}}
/// ]}"#;
/// let report = load::rules(text, &Limits::default()).unwrap_err();
/// let problems: Vec<(&str, Option<u32>)> =
///     report.diagnostics.iter().map(|one| (one.code.name(), one.line)).collect();
/// assert_eq!(problems, [("percent-out-of-range", Some(2)), ("wrong-type", Some(3))]);
/// ```
///
/// # Errors
/// The [`Report`], when it has errors; it lists warnings too. Use [`check_rules`] for the warnings of a sound file.
pub fn rules(document: impl AsRef<[u8]>, limits: &Limits) -> Result<RuleSet, Report> {
    let (rules, report) = rules::read(document.as_ref(), limits);
    match rules {
        Some(rules) if !report.has_errors() => Ok(rules),
        _ => Err(report),
    }
}

/// Reads a rule file for its problems alone, warnings included.
#[must_use]
pub fn check_rules(document: impl AsRef<[u8]>, limits: &Limits) -> Report {
    rules::read(document.as_ref(), limits).1
}

/// Reads a cart. Amounts are strings in units of its currency ("49.00"), quantities whole numbers of pieces.
///
/// ```
/// use dealproof::{bounds::Limits, load, money::Money};
///
/// let text = r#"{"currency": "CNY", "lines": [{"line": "1", "sku": "TEA", "quantity": 2, "list_price": "49.00"}]}"#;
/// assert_eq!(load::cart(text, &Limits::default())?.list_total(), Money::from_minor(9_800));
/// # Ok::<(), load::LoadError>(())
/// ```
///
/// # Errors
/// The first problem.
pub fn cart(document: impl AsRef<[u8]>, limits: &Limits) -> Result<Cart, LoadError> {
    read(document.as_ref(), limits, |cart: CartDocument| {
        cart.into_cart(limits).map_err(|error| in_cart("", error))
    })
}

/// Reads a context.
///
/// ```
/// use dealproof::{bounds::Limits, load};
///
/// let text = r#"{"now": "2026-11-11T00:00:00+08:00", "customer": {"id": "c-1"}, "codes": ["SAVE"]}"#;
/// assert_eq!(load::context(text, &Limits::default())?.codes.len(), 1);
/// # Ok::<(), load::LoadError>(())
/// ```
///
/// # Errors
/// The first problem.
pub fn context(document: impl AsRef<[u8]>, limits: &Limits) -> Result<Context, LoadError> {
    read(document.as_ref(), limits, |context: Context| {
        context::check("", &context, limits)?;
        Ok(context)
    })
}

/// Reads a catalogue.
///
/// # Errors
/// The first problem.
pub fn catalogue(document: impl AsRef<[u8]>, limits: &Limits) -> Result<Catalogue, LoadError> {
    read(document.as_ref(), limits, |catalogue: CatalogueDocument| {
        for (index, shopper) in catalogue.shoppers.iter().enumerate() {
            context::check_shopper(&format!("/shoppers/{index}"), shopper, limits)?;
        }
        catalogue.into_catalogue(limits).map_err(|error| in_cart("", error))
    })
}

/// Reads which promises to audit, and their thresholds.
///
/// # Errors
/// The first problem.
pub fn promises(document: impl AsRef<[u8]>, limits: &Limits) -> Result<Promises, LoadError> {
    read(document.as_ref(), limits, Ok)
}

/// Reads which limits are used: counts of orders and pieces, and money as a string in units of the currency.
///
/// ```
/// use dealproof::{bounds::Limits, load};
///
/// let text = r#"{"rules": {"flash-phone": {"units": 498, "budget": "12.30"}}}"#;
/// assert_eq!(load::usage(text, &Limits::default())?.rules.len(), 1);
/// # Ok::<(), load::LoadError>(())
/// ```
///
/// # Errors
/// The first problem.
pub fn usage(document: impl AsRef<[u8]>, limits: &Limits) -> Result<Usage, LoadError> {
    read(document.as_ref(), limits, |usage: Usage| {
        context::check_usage("", &usage, limits)?;
        Ok(usage)
    })
}

/// Reads a cart with its context and usage.
///
/// ```
/// use dealproof::bounds::Limits;
/// use dealproof::load;
///
/// let text = r#"{
///   "cart": {"currency": "CNY", "lines": [{"line": "1", "sku": "TEA", "quantity": 0, "list_price": "49.00"}]},
///   "context": {"now": "2026-11-11T00:00:00+08:00"}
/// }"#;
/// let error = load::checkout(text, &Limits::default()).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "/cart/lines/0/quantity (line 2, column 81): a quantity of 0; 1 to 1000000 are allowed"
/// );
/// ```
///
/// # Errors
/// The first problem.
pub fn checkout(document: impl AsRef<[u8]>, limits: &Limits) -> Result<Checkout, LoadError> {
    read(document.as_ref(), limits, |checkout: CheckoutDocument| {
        let cart = checkout.cart.into_cart(limits);
        let cart = cart.map_err(|error| in_cart("/cart", error))?;
        context::check("/context", &checkout.context, limits)?;
        context::check_usage("/usage", &checkout.usage, limits)?;
        Ok(Checkout { cart, context: checkout.context, usage: checkout.usage })
    })
}

/// Reads a quote; it adds up, and its digest is its own. A quote that was priced is read back as it was written.
///
/// ```
/// use dealproof::{bounds::Limits, evaluate::Scratch, load, record::Usage, rules::RuleSet};
/// use dealproof::money::{Currency, Money};
/// use dealproof::shop::{Cart, Context, Line};
///
/// let plan = dealproof::compile(&RuleSet::new(Currency::CNY))?;
/// let cart = Cart::new(Currency::CNY, vec![Line::new("1", "TEA", 2, Money::from_minor(4_900))], vec![])?;
/// let quote = plan.price(&mut Scratch::default(), &cart, &Context::default(), &Usage::default())?;
/// let text = serde_json::to_string(&quote)?;
/// assert_eq!(load::quote(&text, &Limits::default())?, quote);
/// assert!(load::quote(text.replace("98.00", "97.00"), &Limits::default()).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The first problem.
pub fn quote(document: impl AsRef<[u8]>, limits: &Limits) -> Result<Quote, LoadError> {
    read(document.as_ref(), limits, |quote: QuoteDocument| {
        let quote = quote.into_quote();
        quote.map_err(|error| (error.path().to_owned(), Problem::Quote(error)))
    })
}

/// Where a JSON pointer leads in a document: line and character, both counted from 1. Of a path that is not there it is the
/// innermost value around it; `None` when the document is no text.
///
/// ```
/// use dealproof::load;
///
/// let text = "{\n  \"cart\": {\"currency\": \"EUR\"}\n}";
/// assert_eq!(load::locate(text, "/cart/currency"), Some((2, 24)));
/// ```
///
/// Cost: one pass over the document.
#[must_use]
pub fn locate(document: impl AsRef<[u8]>, path: &str) -> Option<(u32, u32)> {
    let text = std::str::from_utf8(document.as_ref()).ok()?;
    let found = place::find(text, &[Wanted { path, spot: Spot::Value, member: None }]);
    found.first().map(|found| (found.place.line, found.place.column))
}

/// A [`Checkout`] whose cart is not checked yet.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckoutDocument {
    cart: CartDocument,
    context: Context,
    #[serde(default)]
    usage: Usage,
}

/// A problem and the path it is at.
type Found = (String, Problem);

fn in_cart(above: &str, error: CartError) -> Found {
    (format!("{above}{}", error.path()), Problem::Cart(error))
}

/// Reads a document and checks it.
fn read<T: DeserializeOwned, U>(
    document: &[u8],
    limits: &Limits,
    check: impl FnOnce(T) -> Result<U, Found>,
) -> Result<U, LoadError> {
    let text = utf8(document, limits)?;
    let refused = |(path, problem): Found| {
        let wanted = Wanted { path: &path, spot: problem.spot(), member: None };
        let found = place::find(text, &[wanted]).first().map(|found| found.place);
        located(found.unwrap_or(place::START), path, problem)
    };
    // One pass that reads nothing shows where the text is not JSON; what comes after is about values.
    parts::parts(text, |_, _| {}).map_err(|error| not_json(text, &error))?;
    let mut state = State::new(limits);
    let mut reader = serde_json::Deserializer::from_str(text);
    let strict = Strict { inner: &mut reader, state: &mut state };
    let value = T::deserialize(strict);
    let value = value.map_err(|problem| refused((state.pointer(), problem)))?;
    check(value).map_err(refused)
}

/// The text of a document.
fn utf8<'a>(document: &'a [u8], limits: &Limits) -> Result<&'a str, LoadError> {
    let whole = |problem| Err(located(place::START, String::new(), problem));
    let (given, limit) = (document.len(), limits.document_bytes);
    if given > limit {
        return whole(Problem::DocumentTooLarge { given, limit });
    }
    let text = match std::str::from_utf8(document) {
        Ok(text) => text,
        Err(error) => {
            let valid_up_to = error.valid_up_to();
            let valid = document.get(..valid_up_to).unwrap_or_default();
            let place = place::after(std::str::from_utf8(valid).unwrap_or_default());
            let problem = Problem::NotUtf8 { valid_up_to };
            return Err(located(place, String::new(), problem));
        }
    };
    if text.starts_with('\u{feff}') {
        return whole(Problem::ByteOrderMark);
    }
    Ok(text)
}

fn not_json(text: &str, error: &serde_json::Error) -> LoadError {
    let message = strict::without_place(error.to_string());
    let place = place::of_error(text, error);
    located(place, String::new(), Problem::NotJson { message })
}

fn located(place: Place, path: String, problem: Problem) -> LoadError {
    LoadError { path, line: place.line, column: place.column, problem }
}
