//! Receipts, from bytes nobody vouches for.

use super::{LoadError, Problem, context, read};
use crate::bounds::Limits;
use crate::record::{Receipt, ReceiptDocument};

/// Reads a receipt: its format is known, its digest is its own, its quote adds up and is one of its cart, and no more has gone
/// back than was bought. A rule file in it is checked when it is compiled.
///
/// ```
/// use dealproof::bounds::Limits;
/// use dealproof::evaluate::Scratch;
/// use dealproof::load;
/// use dealproof::money::{Currency, Money};
/// use dealproof::record::{Checkout, Receipt, Usage};
/// use dealproof::rules::RuleSet;
/// use dealproof::shop::{Cart, Context, Line};
///
/// let plan = dealproof::compile(&RuleSet::new(Currency::CNY))?;
/// let cart = Cart::new(Currency::CNY, vec![Line::new("1", "TEA", 2, Money::from_minor(4_900))], vec![])?;
/// let checkout = Checkout { cart, context: Context::default(), usage: Usage::default() };
/// let Checkout { cart, context, usage } = &checkout;
/// let quote = plan.price(&mut Scratch::default(), cart, context, usage)?;
/// let receipt = Receipt::new(checkout, quote)?;
///
/// let text = serde_json::to_string(&receipt)?;
/// assert_eq!(load::receipt(&text, &Limits::default())?, receipt);
/// let tampered = text.replace(r#""paid":"98.00""#, r#""paid":"97.00""#);
/// let error = load::receipt(tampered, &Limits::default()).unwrap_err();
/// assert_eq!(error.path, "/digest");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The first problem.
pub fn receipt(document: impl AsRef<[u8]>, limits: &Limits) -> Result<Receipt, LoadError> {
    read(document.as_ref(), limits, |receipt: ReceiptDocument| {
        context::check("/context", &receipt.context, limits)?;
        context::check_usage("/usage", &receipt.usage, limits)?;
        let receipt = receipt.into_receipt(limits);
        receipt.map_err(|error| (error.path(), Problem::Receipt(error)))
    })
}
