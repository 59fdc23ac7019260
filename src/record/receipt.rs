//! A settled quote, with all that a refund reads.

use super::{Checkout, Claim, Fingerprint, Quote, ReceiptError, RefundNote, receipt_history};
use crate::money::{Currency, Money};
use crate::rules::RuleSet;
use crate::shop::{Cart, LineId, Moment};

/// The receipt format this version reads and writes.
pub const RECEIPT_FORMAT: u32 = 1;

/// A settled quote: what was bought and how it was priced, what was paid and claimed, and every refund since. A refund reads
/// nothing else, so rules and prices of today cannot change it.
///
/// - Units: all amounts in minor units of the quote's currency; strings with its decimals in JSON.
/// - Plan: the quote pins it by fingerprint; with [`rules`](Self::rules) the receipt holds the rule file itself.
/// - JSON: a document with a format version and a digest, which [`load::receipt`](crate::load) checks. The digest finds
///   accidents and clumsy hands; it is no signature: anybody can count it again. Keep receipts where shoppers cannot write, or
///   sign them.
///
/// ```
/// use dealproof::evaluate::Scratch;
/// use dealproof::money::{Currency, Money};
/// use dealproof::record::{Checkout, Receipt, Usage};
/// use dealproof::rules::RuleSet;
/// use dealproof::shop::{Cart, Context, Line};
///
/// let rules = RuleSet::new(Currency::CNY);
/// let cart = Cart::new(Currency::CNY, vec![Line::new("1", "TEA", 2, Money::from_minor(4_900))], vec![])?;
/// let checkout = Checkout { cart, context: Context::default(), usage: Usage::default() };
/// let Checkout { cart, context, usage } = &checkout;
/// let quote = dealproof::compile(&rules)?.price(&mut Scratch::default(), cart, context, usage)?;
/// let receipt = Receipt::new(checkout, quote)?.rules(rules);
/// assert_eq!(receipt.paid, Money::from_minor(9_800));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// What the quote was priced from.
    pub checkout: Checkout,
    /// The quote that was settled, without near misses.
    pub quote: Quote,
    /// What has been paid in money so far; less than the payable while only a deposit is.
    pub paid: Money,
    /// When the goods were delivered; protection of prices counts from then.
    pub delivered: Option<Moment>,
    /// What was posted in the ledger, as its commits said.
    pub posted: Vec<Claim>,
    /// From which lots the points came that were redeemed, in the order in which they were used up.
    pub points_lots: Vec<PointsLot>,
    /// The rule file, if the receipt is to stand by itself.
    pub rules: Option<Box<RuleSet>>,
    /// What was paid back since, oldest first.
    pub refunds: Vec<RefundNote>,
}

/// Points that end together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointsLot {
    /// How many; below zero where a later return takes them again.
    pub points: i64,
    /// The first instant at which they can no longer be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

impl PointsLot {
    /// Points without an end.
    #[must_use]
    pub const fn new(points: i64) -> Self {
        Self { points, until: None }
    }

    /// Sets when they end.
    #[must_use]
    pub const fn until(mut self, until: Moment) -> Self {
        self.until = Some(until);
        self
    }
}

impl Receipt {
    /// The receipt of a quote that was paid in full and whose claims were all posted.
    ///
    /// # Errors
    /// [`ReceiptError::OtherCart`] when the quote is not one of the checkout's cart.
    pub fn new(checkout: Checkout, mut quote: Quote) -> Result<Self, ReceiptError> {
        is_of_cart(&quote, &checkout.cart)?;
        quote.near_misses.clear();
        let (paid, posted) = (quote.totals.payable, quote.claims.clone());
        let (points_lots, refunds) = (Vec::new(), Vec::new());
        Ok(Self { checkout, quote, paid, delivered: None, posted, points_lots, rules: None, refunds })
    }

    /// Sets what has been paid so far.
    #[must_use]
    pub const fn paid(mut self, paid: Money) -> Self {
        self.paid = paid;
        self
    }

    /// Sets when the goods were delivered.
    #[must_use]
    pub const fn delivered(mut self, at: Moment) -> Self {
        self.delivered = Some(at);
        self
    }

    /// Sets what was posted, where that is not all that the quote claims; never more.
    #[must_use]
    pub fn posted(mut self, claims: impl IntoIterator<Item = Claim>) -> Self {
        self.posted = claims.into_iter().collect();
        self
    }

    /// Adds a lot of points that were redeemed, after those added before.
    #[must_use]
    pub fn points_lot(mut self, lot: PointsLot) -> Self {
        self.points_lots.push(lot);
        self
    }

    /// Puts the rule file into the receipt.
    #[must_use]
    pub fn rules(mut self, rules: RuleSet) -> Self {
        self.rules = Some(Box::new(rules));
        self
    }

    /// Adds a refund to the history: the next one starts from there.
    ///
    /// ```
    /// # use dealproof::record::{Receipt, RefundNote, ReceiptError};
    /// fn settle(receipt: Receipt, note: RefundNote) -> Result<Receipt, ReceiptError> {
    ///     receipt.with(note)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`ReceiptError`] when the note is not one for this receipt as it stands.
    pub fn with(mut self, note: RefundNote) -> Result<Self, ReceiptError> {
        self.refunds.push(note);
        self.check()?;
        Ok(self)
    }

    /// The currency of every amount.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.quote.currency
    }

    /// The plan that priced it and refunds it.
    #[must_use]
    pub const fn plan(&self) -> Fingerprint {
        self.quote.plan
    }

    /// How many units of a line have gone, in whatever way; nothing for a line that is not there.
    #[must_use]
    pub fn gone(&self, line: &LineId) -> u32 {
        let units = self.refunds.iter().flat_map(|note| &note.units).filter(|units| units.line == *line);
        units.fold(0, |sum, units| sum.saturating_add(units.units))
    }

    /// What was paid back in money so far, all charges taken off; below zero when more was charged.
    #[must_use]
    pub fn refunded(&self) -> Money {
        let sum = self.refunds.iter().fold(0_i64, |sum, note| sum.saturating_add(note.money.minor()));
        Money::from_minor(sum)
    }

    /// Whether all of it holds together: the quote is the cart's, no more was paid than is payable, no more posted than claimed, and
    /// no more has gone back than was bought, given or granted.
    ///
    /// # Errors
    /// The first [`ReceiptError`].
    pub fn check(&self) -> Result<(), ReceiptError> {
        is_of_cart(&self.quote, &self.checkout.cart)?;
        if self.paid < Money::ZERO || self.paid > self.quote.totals.payable {
            return Err(ReceiptError::PaidOutOfRange { given: self.paid, most: self.quote.totals.payable });
        }
        check_points(self)?;
        receipt_history::check_posted(self)?;
        receipt_history::check(self)
    }
}

/// The lots are those of the points the quote redeems, or there are none.
fn check_points(receipt: &Receipt) -> Result<(), ReceiptError> {
    let lots = &receipt.points_lots;
    let sum = lots.iter().try_fold(0_u64, |sum, lot| sum.checked_add(u64::try_from(lot.points).ok()?));
    let redeemed = receipt.quote.points_redeemed();
    if lots.is_empty() || sum == Some(redeemed) {
        Ok(())
    } else {
        Err(ReceiptError::OtherPoints { redeemed })
    }
}

/// The quote is one of this cart: the same lines and charges, at the same list prices.
fn is_of_cart(quote: &Quote, cart: &Cart) -> Result<(), ReceiptError> {
    let lines = quote.lines.len() == cart.lines().len()
        && quote.lines.iter().zip(cart.lines()).all(|(quoted, line)| {
            quoted.line == line.id
                && quoted.sku == line.sku
                && quoted.shop == line.shop
                && quoted.quantity == line.quantity
                && Some(quoted.list) == line.list_value()
        });
    let charges = quote.charges.len() == cart.charges().len()
        && quote.charges.iter().zip(cart.charges()).all(|(quoted, charge)| {
            quoted.shop == charge.shop && quoted.method == charge.method && quoted.list == charge.amount
        });
    if quote.currency == cart.currency() && lines && charges { Ok(()) } else { Err(ReceiptError::OtherCart) }
}
