//! What a little more in the cart would unlock: every answer is a cart that was priced.

use super::additions::Addition;
use super::near::{Miss, Misses, Wanted};
use super::scratch::Scratch;
use super::{PriceError, Pricing, Reach};
use crate::bounds::CEILINGS;
use crate::compile::Plan;
use crate::money::Money;
use crate::record::{Missing, NearMiss, Quote, Usage};
use crate::shop::{Cart, Context, Line, LineId};

/// Most carts priced for one threshold: enough to double from one minor unit, and to halve in on any amount.
const TRIALS_MAX: u32 = 64;
/// How often what should do by itself is doubled before an addition is given up.
const DOUBLINGS_MAX: u32 = 10;

impl Plan {
    /// What a little more in the cart would unlock, each verified by pricing that cart. Slow beside pricing: up to 64
    /// carts are priced for each of the 16 nearest thresholds. `guide::semantics` says what counts as one.
    ///
    /// Of the lines whose like would count, the cheapest is named. For a spend, one unit like it is added at the smallest
    /// list price that unlocks the rule; for a quantity, the fewest further units of the line. One minor unit, or one
    /// unit, less does not unlock it.
    ///
    /// ```
    /// use dealproof::evaluate::Scratch;
    /// use dealproof::money::{Currency, Money};
    /// use dealproof::record::{Missing, Usage};
    /// use dealproof::rules::{AmountOff, Benefit, Condition, Rule, RuleSet, Selector, Spend};
    /// use dealproof::shop::{Cart, Context, Line};
    ///
    /// // 20.00 off from 100.00 on; the cart has 80.00.
    /// let from_100 = Condition::Spend(Spend::at_least(Selector::all(), "100".parse()?));
    /// let off = Benefit::AmountOff(AmountOff::once("20".parse()?));
    /// let rule = Rule::new("100-less-20", "order", off).condition(from_100);
    /// let plan = dealproof::compile(&RuleSet::new(Currency::CNY).rule(rule))?;
    /// let cart = Cart::new(Currency::CNY, vec![Line::new("1", "TEA", 2, Money::from_minor(4_000))], vec![])?;
    ///
    /// let near = plan.near_misses(&mut Scratch::default(), &cart, &Context::default(), &Usage::default())?;
    /// assert_eq!(near[0].missing, Missing::Spend(Money::from_minor(2_000)));
    /// // 100.00 less 20.00: the shopper pays as much as before, and has 20.00 worth of goods more.
    /// assert_eq!(near[0].payable_then, Money::from_minor(8_000));
    /// assert_eq!(near[0].net_gain, Money::from_minor(2_000));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`price`](Self::price).
    pub fn near_misses(
        &self,
        scratch: &mut Scratch,
        cart: &Cart,
        context: &Context,
        usage: &Usage,
    ) -> Result<Vec<NearMiss>, PriceError> {
        let pricing = Pricing { plan: self, cart, context, usage };
        let mut quote = Quote::new();
        let misses = pricing.noted(scratch, &mut quote, Wanted::Misses, Reach::Every)?;
        let before = Before {
            payable: quote.totals.payable,
            applied: scratch.applied.iter().map(|applied| applied.rule).collect(),
        };
        let mut found: Vec<(&Miss, NearMiss)> = Vec::new();
        for miss in &misses.list {
            let Some(near) = pricing.reach(scratch, miss, &before) else { continue };
            // Several tests of one condition may each be what is missing; the smallest addition is the answer.
            let same = found.iter_mut().find(|(other, _)| other.rule == miss.rule && other.part == miss.part);
            match same {
                Some((_, other)) if other.added <= near.added => {}
                Some(other) => *other = (miss, near),
                None => found.push((miss, near)),
            }
        }
        found.sort_by_key(|(miss, _)| miss.rule);
        Ok(found.into_iter().map(|(_, near)| near).collect())
    }
}

/// What the cart at hand comes to.
struct Before {
    payable: Money,
    /// The rules that applied.
    applied: Vec<u32>,
}

impl Pricing<'_> {
    /// Prices, and takes down how far rules got. What is missing is known of every rule looked at, and the index leaves out
    /// those a cart is too small for.
    fn noted(
        self,
        scratch: &mut Scratch,
        quote: &mut Quote,
        wanted: Wanted,
        reach: Reach,
    ) -> Result<Misses, PriceError> {
        scratch.misses = Misses { wanted, ..Misses::default() };
        let priced = self.price_into(scratch, quote, reach);
        let misses = std::mem::take(&mut scratch.misses);
        priced.map(|()| misses)
    }

    /// Finds the smallest addition that passes the threshold.
    fn reach(self, scratch: &mut Scratch, miss: &Miss, before: &Before) -> Option<NearMiss> {
        let mut best: Option<NearMiss> = None;
        let mut trials = TRIALS_MAX;
        for addition in &miss.additions {
            let (like, start) = match *addition {
                Addition::Spend { like, minor } => (like, minor),
                Addition::Units { like, units } => (like, i64::from(units)),
            };
            let like = self.cart.lines().get(like as usize)?;
            let then = |more: i64| {
                self.payable_with(scratch, miss, before, added(self.cart, like, *addition, more)?)
            };
            let Some((more, then)) = smallest(start, &mut trials, then) else { continue };
            let (missing, added) = match addition {
                Addition::Spend { .. } => (Missing::Spend(Money::from_minor(more)), Money::from_minor(more)),
                Addition::Units { .. } => {
                    (Missing::Units(u32::try_from(more).ok()?), like.list_price.checked_mul(more)?)
                }
            };
            let rises = then.checked_sub(before.payable)?;
            let near = NearMiss {
                rule: self.plan.rules[miss.rule as usize].id.clone(),
                missing,
                like: like.id.clone(),
                added,
                payable_then: then,
                net_gain: added.checked_sub(rises)?,
            };
            if best.as_ref().is_none_or(|best| near.added < best.added) {
                best = Some(near);
            }
            if let Addition::Spend { .. } = addition {
                // Whole units come to no less, and are for where no single unit will do.
                break;
            }
        }
        best
    }

    /// What a cart costs, if the rule applies in it, and did not before or gets further.
    fn payable_with(self, scratch: &mut Scratch, miss: &Miss, before: &Before, cart: Cart) -> Option<Money> {
        let pricing = Pricing { cart: &cart, ..self };
        let mut quote = Quote::new();
        let misses = pricing.noted(scratch, &mut quote, Wanted::Levels, Reach::Indexed).ok()?;
        let applied = scratch.applied.iter().any(|applied| applied.rule == miss.rule);
        let further = !before.applied.contains(&miss.rule) || misses.are_beyond(miss);
        (applied && further).then_some(quote.totals.payable)
    }
}

/// The smallest number that passes, and what it gives: `start` and the one below it first, for most thresholds are passed
/// exactly; then doubled, as rules take their share of what is added, and halved in on. Zero does not pass. `None` when
/// nothing passes, or the trials do not suffice to tell which is the smallest.
fn smallest<T>(start: i64, trials: &mut u32, mut passes: impl FnMut(i64) -> Option<T>) -> Option<(i64, T)> {
    let mut try_one = |number: i64| {
        *trials = trials.checked_sub(1)?;
        Some(passes(number))
    };
    let (mut short, mut enough) = (0, start.max(1));
    let mut doublings = 0;
    let mut found = try_one(enough)?;
    while found.is_none() && doublings < DOUBLINGS_MAX {
        short = enough;
        enough = enough.checked_mul(2)?;
        doublings += 1;
        found = try_one(enough)?;
    }
    let mut found = found?;
    let mut middle = enough - 1;
    while enough - short > 1 {
        match try_one(middle)? {
            Some(passed) => (enough, found) = (middle, passed),
            None => short = middle,
        }
        middle = short + (enough - short) / 2;
    }
    Some((enough, found))
}

/// The cart with so much, or so many units, more.
fn added(cart: &Cart, like: &Line, addition: Addition, more: i64) -> Option<Cart> {
    let mut lines = cart.lines().to_vec();
    match addition {
        Addition::Units { .. } => {
            let line = lines.iter_mut().find(|line| line.id == like.id)?;
            line.quantity = line.quantity.checked_add(u32::try_from(more).ok()?)?;
        }
        Addition::Spend { .. } => {
            // An id no other line has: longer than any of them, unless that passes the bound; then there is no near miss.
            let longest = lines.iter().map(|line| line.id.as_str().len()).max().unwrap_or(0);
            let mut line = Line { id: LineId::new("+".repeat(longest + 1)), ..like.clone() };
            (line.quantity, line.list_price) = (1, Money::from_minor(more));
            (line.cost, line.floor_price, line.reference_price) = (None, None, None);
            lines.push(line);
        }
    }
    Cart::with_limits(cart.currency(), lines, cart.charges().to_vec(), &CEILINGS).ok()
}
