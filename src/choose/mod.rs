//! The best of the coupons a shopper holds: exact, the same on every machine.
//!
//! In: a plan, a cart and its context with all the codes, coupons and points that may be used. Out: the subset that costs least through the
//! whole pipeline, its quote, and a proof or the proven gap. Ties go to fewer coupons, then to what expires first, then to
//! smaller ids (design §4.9). Invariant C1: the choice equals brute force over all subsets. Read next: `options`, then
//! `evaluate::search` (branch and bound) and its `bound` (why it loses nothing). The guide is `guide::choosing`.
#![expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "positions come from this module's own tables and from the context they were read off; there are at most \
              LINES_MAX of anything counted"
)]

mod choice;
mod explain;
mod options;
mod terms;

pub use choice::{Choice, ChooseError, Chosen, Coupon, Explained, Lost, Proof, Refused, RunnerUp, Why};
pub use terms::{Mode, Terms};

use crate::compile::Plan;
use crate::evaluate::Scratch;
use crate::evaluate::search::options::Mask;
use crate::evaluate::search::{Found, Reach, Search};
use crate::evaluate::walk::Walk;
use crate::money::Money;
use crate::record::{Quote, Trace, Usage};
use crate::shop::{Cart, Context};
use options::{Options, Payments};

/// The working memory of choosing: make one per thread and use it for every cart and plan.
#[derive(Debug, Default)]
pub struct Chooser {
    scratch: Scratch,
    options: Options,
    search: Search,
}

impl Plan {
    /// Chooses among the codes and coupons of a context, and what its wallet can pay with.
    ///
    /// ```
    /// use dealproof::choose::{Chooser, Terms};
    /// use dealproof::money::{Currency, Money};
    /// use dealproof::record::Usage;
    /// use dealproof::rules::{AmountOff, Benefit, PercentOff, Rule, RuleSet, Stacking};
    /// use dealproof::shop::{Cart, Context, Line};
    ///
    /// let ten = Benefit::PercentOff(PercentOff::new("10".parse()?));
    /// let six = Benefit::AmountOff(AmountOff::once("6.00".parse()?));
    /// let rules = RuleSet::new(Currency::CNY)
    ///     .rule(Rule::new("ten", "coupon", ten).codes(["TEN"]).stacking(Stacking::free().group("one")))
    ///     .rule(Rule::new("six", "coupon", six).codes(["SIX"]).stacking(Stacking::free().group("one")));
    /// let plan = dealproof::compile(&rules)?;
    /// let cart = Cart::new(Currency::CNY, vec![Line::new("1", "TEA", 1, Money::from_minor(4_900))], vec![])?;
    /// let context = Context::new("2026-11-11T00:00:00+08:00".parse()?).code("TEN").code("SIX");
    ///
    /// let choice = plan.choose(&mut Chooser::default(), &cart, &context, &Usage::default(), &Terms::default())?;
    /// // Ten percent of 49.00 is 4.90, so six off is better; both do not go together.
    /// assert_eq!(choice.quote.totals.payable, Money::from_minor(4_900 - 600));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ChooseError`] when the cart cannot be priced, or when exactly what was given is asked for and does not go
    /// together.
    pub fn choose(
        &self,
        chooser: &mut Chooser,
        cart: &Cart,
        context: &Context,
        usage: &Usage,
        terms: &Terms,
    ) -> Result<Choice, ChooseError> {
        let request = Request { plan: self, cart, context, usage };
        match terms.mode {
            Mode::Best | Mode::AtMost(_) => request.best(chooser, terms).map(|(choice, _)| choice),
            Mode::Exactly => request.exactly(chooser),
        }
    }

    /// Chooses, and says what the runner-up is and why each other coupon lost. The choice is that of
    /// [`choose`](Self::choose). Costs a second search, for two sets, and for each coupon that lost two pricings and one for each
    /// that was chosen.
    ///
    /// # Errors
    /// As [`choose`](Self::choose).
    pub fn choose_explained(
        &self,
        chooser: &mut Chooser,
        cart: &Cart,
        context: &Context,
        usage: &Usage,
        terms: &Terms,
    ) -> Result<Explained, ChooseError> {
        let request = Request { plan: self, cart, context, usage };
        match terms.mode {
            Mode::Best | Mode::AtMost(_) => {
                let (choice, best) = request.best(chooser, terms)?;
                // The search for two gives up fewer nodes, so a budget ends it earlier: its best set would not do.
                let sets = request.search(chooser, terms, 2)?.sets;
                let second = sets.into_iter().find(|set| set.taken != best);
                Ok(request.explain(chooser, choice, Some((best, second))))
            }
            Mode::Exactly => {
                let choice = request.exactly(chooser)?;
                Ok(request.explain(chooser, choice, None))
            }
        }
    }
}

/// All that is given.
#[derive(Clone, Copy)]
struct Request<'a> {
    plan: &'a Plan,
    cart: &'a Cart,
    context: &'a Context,
    usage: &'a Usage,
}

impl Request<'_> {
    /// The best set, as a choice.
    fn best(self, chooser: &mut Chooser, terms: &Terms) -> Result<(Choice, Mask), ChooseError> {
        let found = self.search(chooser, terms, 1)?;
        let Self { plan, cart, context, usage } = self;
        let Chooser { scratch, options, search } = chooser;
        let set = found.sets.first().map_or(0, |set| set.taken);
        let chosen = options.context(plan, &search.model, context, set);
        let choice = Choice {
            quote: plan.price(scratch, cart, &chosen, usage)?,
            context: chosen,
            chosen: options.chosen(plan, context, set),
            proof: found.gap.map_or(Proof::Optimal, |gap| Proof::Bounded { gap: Money::from_minor(gap) }),
            nodes: search.nodes,
        };
        Ok((choice, set))
    }

    /// The best sets, so many.
    fn search(self, chooser: &mut Chooser, terms: &Terms, keep: usize) -> Result<Found, ChooseError> {
        let Self { plan, cart, context, usage } = self;
        let Chooser { scratch, options, search } = chooser;
        let mut walk = Walk::begin(plan, scratch, cart, context, usage)?;
        options.collect(plan, &walk, context, Payments::Weighed);
        let all = options.table.len() as u32;
        let most = match terms.mode {
            Mode::Best | Mode::Exactly => all,
            Mode::AtMost(most) => most.min(all),
        };
        let reach = Reach { options: most, nodes: terms.nodes, keep, must: 0 };
        Ok(search.run(plan, &mut walk, &options.table, reach))
    }

    /// All that was given, or the reasons why not.
    fn exactly(self, chooser: &mut Chooser) -> Result<Choice, ChooseError> {
        let Self { plan, cart, context, usage } = self;
        let Chooser { scratch, options, search } = chooser;
        let walk = Walk::begin(plan, scratch, cart, context, usage)?;
        options.collect(plan, &walk, context, Payments::AsTheyCome);
        search.model.relate(plan, &walk, &options.table);
        let mut set = options.for_own_rules();
        let mut known: Vec<Refused> = Vec::new();
        loop {
            let chosen = options.context(plan, &search.model, context, set);
            let (mut quote, mut trace) = (Quote::new(), Trace::default());
            plan.price_traced(scratch, cart, &chosen, usage, &mut quote, &mut trace)?;
            let refused = self.refused(options, set, &quote, &trace);
            if refused.is_empty() {
                let coupons = options.chosen(plan, context, set);
                let proof = Proof::Optimal;
                return Ok(Choice { quote, context: chosen, chosen: coupons, proof, nodes: 0 });
            }
            // A code that gives nothing by its own rule may still be asked for.
            let next = options.for_conditions(set, |option| {
                let coupon = option.coupon(plan, context);
                refused.iter().any(|refused| refused.coupon == coupon)
            });
            // What the rules of codes said first is the reason.
            let reason =
                |new: Refused| known.iter().find(|old| old.coupon == new.coupon).cloned().unwrap_or(new);
            let refused: Vec<Refused> = refused.into_iter().map(reason).collect();
            if next == set {
                return Err(ChooseError::NotTogether { refused });
            }
            known.extend(refused);
            set = next;
        }
    }
}
