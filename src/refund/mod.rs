//! Receipt × returned units → [`RefundNote`].
//!
//! In: a [`Receipt`] with its history, the plan it pins, and what goes back ([`Return`]). Out: what is paid for it, what is
//! asked back, and why. Invariants: R1 nobody gets more back than they paid, and all of it for all of it; R2 the order of
//! returns is immaterial, for every note is the difference between what is due for all that has gone and what the notes
//! before it said. Nothing is half done: whatever can be refused is refused before anything is computed. The exact meaning
//! is in [the guide](crate::guide::refunds). Read next: `gone` (what has gone), `shares` and `cost` (what it was worth, and
//! what is kept), `rewards`, `claims`, then `note`; `exchange` and `protect` stand beside them.
//!
//! Sums are of amounts that a quote was checked to add up to, at most four times `AMOUNT_MAX`; they saturate nowhere.
#![deny(clippy::arithmetic_side_effects)]

mod bearers;
mod claims;
mod cost;
mod deposits;
mod error;
mod exchange;
mod fallen;
mod gone;
mod note;
mod protect;
mod request;
mod rewards;
mod shares;
mod wallet;

pub use error::RefundError;
pub use exchange::Exchange;
pub use request::{Protect, Return};

use crate::compile::Plan;
use crate::evaluate::Scratch;
use crate::record::{Quote, Receipt, RefundNote};
use cost::Costs;
use gone::Gone;
use shares::Shared;

/// The working memory of refunds: make one per thread and use it for every receipt and plan. What it held before never
/// matters.
#[derive(Debug, Default)]
pub struct Refunder {
    scratch: Scratch,
    /// What is kept, priced alone.
    alone: Quote,
    gone: Gone,
    shared: Shared,
}

impl Plan {
    /// What a return pays.
    ///
    /// ```
    /// use dealproof::evaluate::Scratch;
    /// use dealproof::money::{Currency, Money};
    /// use dealproof::record::{Checkout, Receipt, Usage};
    /// use dealproof::refund::{Refunder, Return};
    /// use dealproof::rules::{AmountOff, Benefit, Condition, Rule, RuleSet, Selector, Spend};
    /// use dealproof::shop::{Cart, Context, Line};
    ///
    /// // 50.00 off 300.00: a shirt of 200.00 with a filler of 100.00 costs 250.00.
    /// let off = Benefit::AmountOff(AmountOff::once("50.00".parse()?));
    /// let spend = Condition::Spend(Spend::at_least(Selector::all(), "300.00".parse()?));
    /// let rules = RuleSet::new(Currency::CNY).rule(Rule::new("300-50", "order", off).condition(spend));
    /// let plan = dealproof::compile(&rules)?;
    /// let lines = vec![
    ///     Line::new("1", "FILLER", 1, Money::from_minor(10_000)),
    ///     Line::new("2", "SHIRT", 1, Money::from_minor(20_000)),
    /// ];
    /// let cart = Cart::new(Currency::CNY, lines, vec![])?;
    /// let checkout = Checkout { cart, context: Context::default(), usage: Usage::default() };
    /// let Checkout { cart, context, usage } = &checkout;
    /// let quote = plan.price(&mut Scratch::default(), cart, context, usage)?;
    /// let receipt = Receipt::new(checkout, quote)?;
    ///
    /// // The filler alone is no way to a shirt for 166.67: it pays back 250.00 less the 200.00 that the shirt costs.
    /// let filler = Return::new("return-1", "2026-11-20T10:00:00+08:00".parse()?).line("1", 1);
    /// let note = plan.refund(&mut Refunder::default(), &receipt, &filler)?;
    /// assert_eq!(note.money, Money::from_minor(5_000));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`RefundError`]: nothing was refunded.
    pub fn refund(
        &self,
        refunder: &mut Refunder,
        receipt: &Receipt,
        returned: &Return,
    ) -> Result<RefundNote, RefundError> {
        let pins = receipt.plan();
        if pins != self.fingerprint {
            return Err(RefundError::OtherPlan { receipt: pins, plan: self.fingerprint });
        }
        receipt.check().map_err(RefundError::Receipt)?;
        let Refunder { scratch, alone, gone, shared } = refunder;
        gone.find(receipt, returned)?;
        shared.find(self, receipt, gone);
        self.price_alone(scratch, receipt, gone, shared, alone)?;
        let costs = Costs::find(self, receipt, gone, shared, alone);
        let fallen = fallen::price(self, scratch, receipt, gone, shared)?;
        note::write(self, receipt, returned, &Found { gone, shared, alone, costs: &costs, fallen })
    }

    /// Prices what is not given up by the receipt's own facts, where something asks for that.
    fn price_alone(
        &self,
        scratch: &mut Scratch,
        receipt: &Receipt,
        gone: &Gone,
        shared: &Shared,
        alone: &mut Quote,
    ) -> Result<(), RefundError> {
        if !shared.prices_alone(gone) {
            alone.clear();
            return Ok(());
        }
        let cart = receipt.checkout.cart.kept(gone.not_given_up());
        let (context, usage) = (&receipt.checkout.context, &receipt.checkout.usage);
        self.price_into(scratch, &cart, context, usage, alone).map_err(RefundError::Price)
    }
}

/// All that is known of a receipt after a return.
#[derive(Clone, Copy)]
struct Found<'a> {
    gone: &'a Gone,
    shared: &'a Shared,
    alone: &'a Quote,
    costs: &'a Costs,
    /// What is not given up, priced alone where prices were protected since.
    fallen: Option<i64>,
}
