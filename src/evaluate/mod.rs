//! Plan × Cart × Context × Usage → Quote.
//!
//! In: a compiled plan and the facts. Out: a [`Quote`], and why if asked. Invariants: E1 no unit
//! below its floor or above its list price, E2 everything adds up, E3 same input, same bytes, E4 the order of lines,
//! codes and rules moves nothing, E5 a reused [`Scratch`] changes nothing, E6 the index changes nothing, E7 a trace
//! moves no price. Cost follows the rules that match and the lines, never the rules that exist or the quantity. The exact
//! meaning is in [the guide](crate::guide::semantics). Read next: `stage` (who wins), `apply` (what each benefit asks),
//! `force` (what it gets).
#![expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "positions come from this module's own tables and from the plan, which numbered them; there are at most \
              RUNS_MAX of anything"
)]

mod additions;
mod allocate;
mod apply;
mod assign;
mod begin;
mod bundle;
mod buy_get;
mod codes;
mod combine;
mod conditions;
mod direct;
mod effort;
mod error;
mod explain;
mod finish;
mod force;
mod gifts;
mod grants;
mod groups;
mod ladders;
mod limits;
mod multi;
mod near;
mod offer;
mod offers;
mod payment;
mod points;
mod prices;
mod reach;
mod rewards;
mod scratch;
pub(crate) mod search;
mod stacking;
mod stage;
mod state;
mod unit_best;
mod verdict;
pub(crate) mod walk;

pub(crate) use conditions::place_in;
pub use error::PriceError;
pub use scratch::Scratch;

use crate::compile::Plan;
use crate::record::{Quote, Trace, Usage};
use crate::shop::{Cart, Context};

/// All that pricing reads.
#[derive(Clone, Copy)]
struct Pricing<'a> {
    plan: &'a Plan,
    cart: &'a Cart,
    context: &'a Context,
    usage: &'a Usage,
}

/// Which rules are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Those the index finds; no other could give anything.
    Indexed,
    /// All of them; for explaining, and for checking the index.
    Every,
}

impl Plan {
    /// Prices a cart.
    ///
    /// ```
    /// use dealproof::evaluate::Scratch;
    /// use dealproof::money::{Currency, Money};
    /// use dealproof::record::Usage;
    /// use dealproof::rules::{Benefit, PercentOff, Rule, RuleSet};
    /// use dealproof::shop::{Cart, Context, Line};
    ///
    /// let off = Benefit::PercentOff(PercentOff::new("20".parse()?));
    /// let plan = dealproof::compile(&RuleSet::new(Currency::CNY).rule(Rule::new("all-20", "order", off)))?;
    /// let cart = Cart::new(Currency::CNY, vec![Line::new("1", "TEA", 3, Money::from_minor(4_900))], vec![])?;
    /// let context = Context::new("2026-11-11T00:00:00+08:00".parse()?);
    ///
    /// let quote = plan.price(&mut Scratch::default(), &cart, &context, &Usage::default())?;
    /// // 3 * 49.00 = 147.00, less 20 % = 29.40.
    /// assert_eq!(quote.totals.payable, Money::from_minor(11_760));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`PriceError::OtherCurrency`] when the cart is in another currency, [`PriceError::TooMany`] and
    /// [`PriceError::TextTooLong`] when the context passes a bound, [`PriceError::AmountOutOfRange`] when money, points or
    /// pieces of a rule do not fit, [`PriceError::TooManyRuns`] when the rules cut the cart into too many runs, and
    /// [`PriceError::TooMuchSelection`] when too many winners refuse each other. Nothing is half priced.
    pub fn price(
        &self,
        scratch: &mut Scratch,
        cart: &Cart,
        context: &Context,
        usage: &Usage,
    ) -> Result<Quote, PriceError> {
        let mut quote = Quote::new();
        self.price_into(scratch, cart, context, usage, &mut quote)?;
        Ok(quote)
    }

    /// Prices a cart into an existing quote, which loses what it held; allocates nothing once the
    /// buffers have grown, but for stages that combine rules or share out units.
    ///
    /// ```
    /// use dealproof::evaluate::Scratch;
    /// use dealproof::money::{Currency, Money};
    /// use dealproof::record::{Quote, Usage};
    /// use dealproof::rules::RuleSet;
    /// use dealproof::shop::{Cart, Context, Line};
    ///
    /// let plan = dealproof::compile(&RuleSet::new(Currency::CNY))?;
    /// let (mut scratch, mut quote) = (Scratch::default(), Quote::new());
    /// for quantity in 1..=3 {
    ///     let lines = vec![Line::new("1", "TEA", quantity, Money::from_minor(4_900))];
    ///     let cart = Cart::new(Currency::CNY, lines, vec![])?;
    ///     plan.price_into(&mut scratch, &cart, &Context::default(), &Usage::default(), &mut quote)?;
    ///     assert_eq!(quote.totals.payable, Money::from_minor(4_900 * i64::from(quantity)));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`price`](Self::price); the quote is then empty.
    pub fn price_into(
        &self,
        scratch: &mut Scratch,
        cart: &Cart,
        context: &Context,
        usage: &Usage,
        quote: &mut Quote,
    ) -> Result<(), PriceError> {
        let pricing = Pricing { plan: self, cart, context, usage };
        pricing.price_into(scratch, quote, Reach::Indexed)
    }

    /// Prices a cart and says why each rule it reached did or did not apply. The quote is the same as without.
    ///
    /// ```
    /// use dealproof::evaluate::Scratch;
    /// use dealproof::money::{Currency, Money};
    /// use dealproof::record::{Outcome, Quote, Trace, Usage};
    /// use dealproof::rules::{AmountOff, Benefit, Rule, RuleSet};
    /// use dealproof::shop::{Cart, Context, Line};
    ///
    /// let five = Benefit::AmountOff(AmountOff::once("5.00".parse()?));
    /// let plan = dealproof::compile(&RuleSet::new(Currency::CNY).rule(Rule::new("five-off", "order", five)))?;
    /// let cart = Cart::new(Currency::CNY, vec![Line::new("1", "PEN", 1, Money::from_minor(300))], vec![])?;
    /// let (mut quote, mut trace) = (Quote::new(), Trace::default());
    /// let (context, usage) = (Context::default(), Usage::default());
    /// plan.price_traced(&mut Scratch::default(), &cart, &context, &usage, &mut quote, &mut trace)?;
    /// // 5.00 was asked of 3.00.
    /// let (asked, granted) = (Money::from_minor(500), Money::from_minor(300));
    /// assert_eq!(trace.of("five-off").map(|entry| &entry.outcome), Some(&Outcome::Applied { asked, granted }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`price`](Self::price); quote and trace are then empty.
    pub fn price_traced(
        &self,
        scratch: &mut Scratch,
        cart: &Cart,
        context: &Context,
        usage: &Usage,
        quote: &mut Quote,
        trace: &mut Trace,
    ) -> Result<(), PriceError> {
        trace.entries.clear();
        self.price_into(scratch, cart, context, usage, quote)?;
        explain::write(self, scratch, trace);
        Ok(())
    }

    /// The same, looking at every rule of the plan whether the cart reaches it or not: slow, for showing to people.
    ///
    /// ```
    /// use dealproof::evaluate::Scratch;
    /// use dealproof::money::{Currency, Money};
    /// use dealproof::record::{Quote, Trace, Usage};
    /// use dealproof::rules::{AmountOff, Benefit, Rule, RuleSet, Selector};
    /// use dealproof::shop::{Cart, Context, Line};
    ///
    /// let off = Benefit::AmountOff(AmountOff::once("5.00".parse()?).target(Selector::sku("TEA")));
    /// let plan = dealproof::compile(&RuleSet::new(Currency::CNY).rule(Rule::new("tea", "order", off)))?;
    /// let cart = Cart::new(Currency::CNY, vec![Line::new("1", "PEN", 1, Money::from_minor(300))], vec![])?;
    /// let (mut scratch, mut quote, mut trace) = (Scratch::default(), Quote::new(), Trace::default());
    /// let (context, usage) = (Context::default(), Usage::default());
    /// plan.price_traced(&mut scratch, &cart, &context, &usage, &mut quote, &mut trace)?;
    /// assert!(trace.of("tea").is_none());
    /// plan.price_explained(&mut scratch, &cart, &context, &usage, &mut quote, &mut trace)?;
    /// assert!(trace.of("tea").is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`price`](Self::price); quote and trace are then empty.
    pub fn price_explained(
        &self,
        scratch: &mut Scratch,
        cart: &Cart,
        context: &Context,
        usage: &Usage,
        quote: &mut Quote,
        trace: &mut Trace,
    ) -> Result<(), PriceError> {
        trace.entries.clear();
        let pricing = Pricing { plan: self, cart, context, usage };
        pricing.price_into(scratch, quote, Reach::Every)?;
        explain::write(self, scratch, trace);
        Ok(())
    }
}

impl Pricing<'_> {
    /// The whole pipeline.
    fn price_into(self, scratch: &mut Scratch, quote: &mut Quote, reach: Reach) -> Result<(), PriceError> {
        quote.clear();
        self.begin(scratch)?;
        self.lend_adjustments(scratch, quote);
        self.find_candidates(scratch, reach);
        self.set_aside(scratch);
        self.read_usage(scratch);
        let mut first = 0;
        for stage in &self.plan.stages {
            let behind = &scratch.candidates[first..];
            let end = first + behind.iter().take_while(|rule| **rule < stage.rules_end).count();
            if first < end || stage.snapshot.is_some() {
                scratch.state.start_stage(stage.snapshot);
                self.run_stage(scratch, stage, first..end);
            }
            first = end;
        }
        // What is added up at the end is no single rule's.
        scratch.state.rule = state::NONE;
        finish::write(self, scratch, quote);
        match scratch.state.refusal(&self.plan.rules) {
            None => Ok(()),
            Some(refusal) => {
                quote.clear();
                Err(refusal)
            }
        }
    }
}
