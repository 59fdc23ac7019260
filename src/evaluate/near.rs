//! Near misses: the smallest spend or quantity that unlocks a further rule or tier, verified by pricing that cart.

use super::offer::Asking;
use super::scratch::Scratch;
use super::state::{Part, Want};
use super::verdict::Verdict;
use super::{PriceError, Pricing, Reach};
use crate::compile::Plan;
use crate::compile::plan::{LeafTest, PlanBenefit, PlanRule, PlanSelector, Scope};
use crate::money::Money;
use crate::record::{NearMiss, Quote, Usage};
use crate::shop::{Cart, Context, Line};

/// Most thresholds looked into for one cart.
const MISSES_MAX: usize = 16;
/// Most carts priced for one threshold: enough to halve in on any amount.
const TRIALS_MAX: u32 = 64;

/// What is missing to a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Spend(i64),
    Units(u32),
}

/// A threshold that was not reached.
#[derive(Clone, Copy, Debug)]
struct Miss {
    rule: u32,
    part: Part,
    missing: Missing,
    /// The tier reached, counted from 1; zero for none.
    tier: usize,
    /// The step of the condition that failed; `None` when it is the benefit's own threshold.
    step: Option<u32>,
}

/// The thresholds that were not reached in a run.
#[derive(Debug, Default)]
pub(super) struct Misses {
    wanted: Wanted,
    list: Vec<Miss>,
    /// Tiers reached, by rule and part.
    tiers: Vec<(u32, Part, usize)>,
}

/// Whether anybody wants to know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Wanted {
    #[default]
    No,
    Yes,
}

impl Scratch {
    /// Notes that a rule failed for want of something.
    pub(super) fn note_miss(&mut self, asking: Asking<'_>, verdict: Verdict) {
        if self.misses.wanted == Wanted::No || self.misses.list.len() >= MISSES_MAX {
            return;
        }
        let (missing, step) = match verdict {
            Verdict::ConditionFailed { step, said: false, missing } if missing > 0 => {
                let leaf =
                    asking.rule.condition.as_ref().and_then(|program| program.steps().get(step as usize));
                match leaf.map(|step| &step.test.test) {
                    Some(LeafTest::Spend { .. }) => (Missing::Spend(missing), Some(step)),
                    Some(LeafTest::Quantity { .. }) => match u32::try_from(missing) {
                        Ok(missing) => (Missing::Units(missing), Some(step)),
                        Err(_) => return,
                    },
                    Some(_) | None => return,
                }
            }
            // Ladders note what is missing to their next tier themselves.
            Verdict::SpendShort(missing) if !is_ladder(&asking.rule.benefit) => {
                (Missing::Spend(missing), None)
            }
            Verdict::UnitsShort(missing) if !is_ladder(&asking.rule.benefit) => {
                (Missing::Units(missing), None)
            }
            Verdict::SpendShort(_)
            | Verdict::UnitsShort(_)
            | Verdict::ConditionFailed { .. }
            | Verdict::Applied
            | Verdict::Disabled
            | Verdict::CodeNotEntered
            | Verdict::Impossible
            | Verdict::NothingToTake
            | Verdict::Exhausted(_)
            | Verdict::CustomerUnknown
            | Verdict::Blocked { .. }
            | Verdict::StageFull
            | Verdict::SetAside
            | Verdict::NotSelected(_) => return,
        };
        self.misses.list.push(Miss { rule: asking.number, part: asking.part, missing, tier: 0, step });
    }

    /// Notes the tier a ladder reached and what is missing to the next.
    pub(super) fn note_tier(&mut self, asking: Asking<'_>, reached: usize, missing: Missing) {
        if self.misses.wanted == Wanted::No {
            return;
        }
        let Asking { number: rule, part, .. } = asking;
        self.misses.tiers.push((rule, part, reached));
        if self.misses.list.len() < MISSES_MAX {
            self.misses.list.push(Miss { rule, part, missing, tier: reached, step: None });
        }
    }
}

impl Plan {
    /// What a little more in the cart would unlock, each verified by pricing that cart. Slow beside pricing: up to 64
    /// carts are priced for each of at most 16 thresholds.
    ///
    /// Of the lines whose like would count, the cheapest is named. For a spend, one unit like it is added at the smallest
    /// list price that unlocks the rule; for a quantity, more units of the line.
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
        scratch.misses = Misses { wanted: Wanted::Yes, ..Misses::default() };
        let priced = pricing.price_into(scratch, &mut quote, Reach::Indexed);
        let misses = std::mem::take(&mut scratch.misses);
        priced?;
        let mut likes = Vec::with_capacity(misses.list.len());
        for miss in &misses.list {
            likes.push(pricing.cheapest_like(scratch, *miss));
        }
        let mut found: Vec<(u32, NearMiss)> = Vec::new();
        for (miss, like) in misses.list.iter().zip(likes) {
            let Some(like) = like else { continue };
            if let Some(near) = pricing.reach(scratch, *miss, like, quote.totals.payable) {
                found.push((miss.rule, near));
            }
        }
        found.sort_by_key(|(rule, _)| *rule);
        Ok(found.into_iter().map(|(_, near)| near).collect())
    }
}

impl<'a> Pricing<'a> {
    /// The cheapest line whose like would count towards a threshold.
    fn cheapest_like(self, scratch: &Scratch, miss: Miss) -> Option<&'a Line> {
        let rule = &self.plan.rules[miss.rule as usize];
        let (selector, part) = counted(rule, miss)?;
        let mut cheapest: Option<&Line> = None;
        scratch.state.for_each(self.cart, selector, part, Want::Counted, |_, run| {
            let line = self.cart.lines().get(scratch.state.items[run.item as usize].line as usize);
            if let Some(line) = line
                && cheapest.is_none_or(|cheapest| line.list_price < cheapest.list_price)
            {
                cheapest = Some(line);
            }
        });
        cheapest
    }

    /// Finds the smallest addition that passes the threshold.
    fn reach(self, scratch: &mut Scratch, miss: Miss, like: &Line, payable_now: Money) -> Option<NearMiss> {
        let rule = self.plan.rules[miss.rule as usize].id.clone();
        let near = |missing, added: i64, then: Money| NearMiss {
            rule: rule.clone(),
            missing,
            like: like.id.clone(),
            added: Money::from_minor(added),
            payable_then: then,
            net_gain: Money::from_minor(added - (then.minor() - payable_now.minor())),
        };
        match miss.missing {
            Missing::Units(units) => {
                let then = self.try_cart(scratch, miss, more_units(self.cart, like, units)?)?;
                let added = like.list_price.checked_mul(i64::from(units))?;
                Some(near(crate::record::Missing::Units(units), added.minor(), then))
            }
            Missing::Spend(spend) => {
                // Rules take their share of what is added, so more may be needed than is missing: double, then halve in.
                let (mut short, mut enough, mut trials) = (spend - 1, spend, 0);
                let mut then = None;
                while then.is_none() && trials < TRIALS_MAX {
                    then = self.try_cart(scratch, miss, more_spend(self.cart, like, enough)?);
                    if then.is_none() {
                        short = enough;
                        enough = enough.checked_mul(2)?;
                    }
                    trials += 1;
                }
                while enough - short > 1 && trials < TRIALS_MAX {
                    let middle = short + (enough - short) / 2;
                    match self.try_cart(scratch, miss, more_spend(self.cart, like, middle)?) {
                        Some(paid) => (enough, then) = (middle, Some(paid)),
                        None => short = middle,
                    }
                    trials += 1;
                }
                Some(near(crate::record::Missing::Spend(Money::from_minor(enough)), enough, then?))
            }
        }
    }

    /// What a cart costs, if the rule passes the threshold in it.
    fn try_cart(self, scratch: &mut Scratch, miss: Miss, cart: Cart) -> Option<Money> {
        let pricing = Pricing { cart: &cart, ..self };
        let mut quote = Quote::new();
        scratch.misses = Misses { wanted: Wanted::Yes, ..Misses::default() };
        let priced = pricing.price_into(scratch, &mut quote, Reach::Indexed);
        let misses = std::mem::take(&mut scratch.misses);
        priced.ok()?;
        let applied = scratch.applied.iter().any(|applied| applied.rule == miss.rule);
        let is_tier = is_ladder(&self.plan.rules[miss.rule as usize].benefit) && miss.step.is_none();
        let tier = misses.tiers.iter().find(|(rule, part, _)| *rule == miss.rule && *part == miss.part);
        // A ladder on its last tier notes no next one.
        let higher = tier.is_none_or(|(_, _, reached)| *reached > miss.tier);
        (applied && (!is_tier || higher)).then_some(quote.totals.payable)
    }
}

const fn is_ladder(benefit: &PlanBenefit) -> bool {
    matches!(benefit, PlanBenefit::SpendTiers { .. } | PlanBenefit::QuantityTiers { .. })
}

/// The units a missed threshold counts, and where.
fn counted(rule: &PlanRule, miss: Miss) -> Option<(&PlanSelector, Part)> {
    if let Some(step) = miss.step {
        let step = rule.condition.as_ref().and_then(|program| program.steps().get(step as usize))?;
        let (of, scope) = match &step.test.test {
            LeafTest::Spend { of, scope, .. } | LeafTest::Quantity { of, scope, .. } => (of, *scope),
            _ => return None,
        };
        let part = match scope {
            Scope::Order => Part::Order,
            Scope::Part | Scope::AnyLine => miss.part,
        };
        return Some((of, part));
    }
    let selector = match &rule.benefit {
        PlanBenefit::SpendTiers { target, qualifier, .. }
        | PlanBenefit::Every { target, qualifier, .. }
        | PlanBenefit::QuantityTiers { target, qualifier, .. } => qualifier.as_ref().unwrap_or(target),
        PlanBenefit::UnitLadder { target, .. } | PlanBenefit::NFor { target, .. } => target,
        PlanBenefit::NthUnit(offer) => &offer.target,
        PlanBenefit::BuyGet(offer) => &offer.qualifier.selector,
        PlanBenefit::Gift(gift) => &gift.qualifier,
        PlanBenefit::PercentOff { .. }
        | PlanBenefit::ReferencePercent { .. }
        | PlanBenefit::AmountPerUnit { .. }
        | PlanBenefit::AmountOnce { .. }
        | PlanBenefit::UnitPrice { .. }
        | PlanBenefit::TotalPrice { .. }
        | PlanBenefit::Bundle(_)
        | PlanBenefit::Shipping(_) => return None,
    };
    Some((selector, miss.part))
}

/// The cart with so many more units of a line.
fn more_units(cart: &Cart, like: &Line, units: u32) -> Option<Cart> {
    let mut lines = cart.lines().to_vec();
    let line = lines.iter_mut().find(|line| line.id == like.id)?;
    line.quantity = line.quantity.checked_add(units)?;
    with_lines(cart, lines)
}

/// The cart with one more unit like that of a line, at a list price of its own.
fn more_spend(cart: &Cart, like: &Line, list_price: i64) -> Option<Cart> {
    let mut lines = cart.lines().to_vec();
    let mut line = like.clone();
    // An id no other line has: longer than any of them, unless that passes the bound; then there is no near miss.
    let longest = lines.iter().map(|line| line.id.as_str().len()).max().unwrap_or(0);
    line.id = crate::shop::LineId::new("+".repeat(longest + 1));
    (line.quantity, line.list_price) = (1, Money::from_minor(list_price));
    (line.cost, line.floor_price, line.reference_price) = (None, None, None);
    lines.push(line);
    with_lines(cart, lines)
}

fn with_lines(cart: &Cart, lines: Vec<Line>) -> Option<Cart> {
    Cart::with_limits(cart.currency(), lines, cart.charges().to_vec(), &crate::bounds::CEILINGS).ok()
}
