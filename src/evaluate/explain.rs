//! Verdicts to words; built from what pricing noted anyway, so it cannot move a price (E7).

use super::scratch::Scratch;
use super::verdict::{Block, Verdict};
use super::{PriceError, Pricing, Reach};
use crate::compile::Plan;
use crate::compile::plan::{LeafTest, PlanBenefit, PlanRule};
use crate::money::Money;
use crate::record::{BlockReason, Outcome, Quote, Reason, Trace, TraceEntry, Usage};
use crate::rules::RuleId;
use crate::shop::{Cart, Context, Sku};

impl Plan {
    /// Says why one rule does or does not apply to a cart; `None` when the plan has no such rule.
    ///
    /// ```
    /// use dealproof::evaluate::Scratch;
    /// use dealproof::money::{Currency, Money};
    /// use dealproof::record::{Outcome, Reason, Usage};
    /// use dealproof::rules::{AmountOff, Benefit, Condition, Rule, RuleSet, Selector, Spend};
    /// use dealproof::shop::{Cart, Context, Line};
    ///
    /// let from_100 = Condition::Spend(Spend::at_least(Selector::all(), "100".parse()?));
    /// let off = Benefit::AmountOff(AmountOff::once("20".parse()?));
    /// let rule = Rule::new("100-less-20", "order", off).condition(from_100);
    /// let plan = dealproof::compile(&RuleSet::new(Currency::CNY).rule(rule))?;
    /// let cart = Cart::new(Currency::CNY, vec![Line::new("1", "TEA", 1, Money::from_minor(8_770))], vec![])?;
    /// let (context, usage) = (Context::default(), Usage::default());
    /// let outcome = plan.explain(&mut Scratch::default(), &cart, &context, &usage, &"100-less-20".into())?;
    /// let missing = Money::from_minor(1_230);
    /// assert_eq!(outcome, Some(Outcome::NotApplied(Reason::SpendShort { missing })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`price`](Self::price).
    pub fn explain(
        &self,
        scratch: &mut Scratch,
        cart: &Cart,
        context: &Context,
        usage: &Usage,
        rule: &RuleId,
    ) -> Result<Option<Outcome>, PriceError> {
        let pricing = Pricing { plan: self, cart, context, usage };
        pricing.price_into(scratch, &mut Quote::new(), Reach::Every)?;
        let numbered = scratch.verdicts.iter().find(|(number, _)| self.rules[*number as usize].id == *rule);
        Ok(numbered.map(|(number, verdict)| outcome(self, scratch, *number, *verdict)))
    }
}

/// Writes the verdicts of the last run, in pipeline order.
pub(super) fn write(plan: &Plan, scratch: &Scratch, trace: &mut Trace) {
    for (number, verdict) in &scratch.verdicts {
        let rule = &plan.rules[*number as usize];
        trace.entries.push(TraceEntry {
            rule: rule.id.clone(),
            stage: plan.stages[rule.stage as usize].id.clone(),
            outcome: outcome(plan, scratch, *number, *verdict),
        });
    }
}

fn outcome(plan: &Plan, scratch: &Scratch, number: u32, verdict: Verdict) -> Outcome {
    let id = |number: u32| plan.rules[number as usize].id.clone();
    let rule = &plan.rules[number as usize];
    let reason = match verdict {
        Verdict::Applied => {
            let applied = scratch.applied.iter().find(|applied| applied.rule == number);
            let minor = |of: fn(&super::scratch::Applied) -> i64| Money::from_minor(applied.map_or(0, of));
            return Outcome::Applied {
                asked: minor(|applied| applied.asked),
                granted: minor(|applied| applied.granted),
            };
        }
        Verdict::Disabled => Reason::Disabled,
        Verdict::SwitchedOff(by) => Reason::SwitchedOff { by },
        Verdict::CodeNotEntered => Reason::CodeNotEntered,
        Verdict::ConditionFailed { step, said, missing } => failed_leaf(rule, step, said, missing),
        Verdict::Impossible => Reason::ConditionFailed { at: "/condition".to_owned() },
        Verdict::SpendShort(missing) => Reason::SpendShort { missing: Money::from_minor(missing) },
        Verdict::UnitsShort(missing) => Reason::UnitsShort { missing },
        Verdict::NothingToTake => Reason::NothingToTake,
        Verdict::NothingPicked => Reason::NothingPicked { from: offered(rule) },
        Verdict::NoGroup => Reason::NoGroup,
        Verdict::NewcomersOnly => Reason::NewcomersOnly,
        Verdict::GroupTooSmall(missing) => Reason::GroupTooSmall { missing },
        Verdict::NotAskedFor => Reason::NotAskedFor,
        Verdict::PointsShort => Reason::PointsShort,
        Verdict::Exhausted(limit) => match limit.quota().map(|quota| &plan.quotas[quota as usize].id) {
            Some(quota) => Reason::QuotaExhausted { quota: quota.clone(), limit: limit.name() },
            None => Reason::Exhausted { limit: limit.name() },
        },
        Verdict::CustomerUnknown => Reason::CustomerUnknown,
        Verdict::Blocked { by, why } => Reason::Blocked { by: id(by), why: block_reason(plan, by, why) },
        Verdict::StageFull => Reason::StageFull { limit: plan.stages[rule.stage as usize].max_rules },
        Verdict::SetAside => Reason::SetAside,
        Verdict::NotSelected(winner) => Reason::NotSelected { winner: winner.map(id) },
    };
    Outcome::NotApplied(reason)
}

/// What a rule has on offer while nothing of it is picked.
fn offered(rule: &PlanRule) -> Vec<Sku> {
    let options = match &rule.benefit {
        PlanBenefit::Gift(gift) => &gift.options[..],
        PlanBenefit::PercentOff { .. }
        | PlanBenefit::ReferencePercent { .. }
        | PlanBenefit::AmountPerUnit { .. }
        | PlanBenefit::AmountOnce { .. }
        | PlanBenefit::UnitPrice { .. }
        | PlanBenefit::TotalPrice { .. }
        | PlanBenefit::SpendTiers { .. }
        | PlanBenefit::Every { .. }
        | PlanBenefit::QuantityTiers { .. }
        | PlanBenefit::BuyGet(_)
        | PlanBenefit::NthUnit(_)
        | PlanBenefit::UnitLadder { .. }
        | PlanBenefit::NFor { .. }
        | PlanBenefit::GroupPrice(_)
        | PlanBenefit::BargainPrice { .. }
        | PlanBenefit::Presale(_)
        | PlanBenefit::UseBalance(_)
        | PlanBenefit::PointsEarn(_)
        | PlanBenefit::PointsRedeem(_)
        | PlanBenefit::Grant(_)
        | PlanBenefit::Bundle(_)
        | PlanBenefit::Shipping(_) => &[],
    };
    options.iter().filter(|option| option.price_minor > 0).map(|option| option.sku.clone()).collect()
}

fn failed_leaf(rule: &PlanRule, step: u32, said: bool, missing: i64) -> Reason {
    let leaf = rule.condition.as_ref().and_then(|program| program.steps().get(step as usize));
    let Some(leaf) = leaf.map(|step| &step.test) else {
        return Reason::ConditionFailed { at: "/condition".to_owned() };
    };
    match &leaf.test {
        LeafTest::Window { from, until, .. } if !said => match (from, until) {
            (Some(from), None) => Reason::NotYet { from: *from },
            (None, Some(until)) => Reason::Over { until: *until },
            (Some(from), Some(until)) => {
                if missing < 0 {
                    Reason::NotYet { from: *from }
                } else {
                    Reason::Over { until: *until }
                }
            }
            (None, None) => Reason::OutsideHours,
        },
        LeafTest::Weekly { .. } if !said => Reason::OutsideHours,
        LeafTest::Spend { .. } if !said && missing > 0 => {
            Reason::SpendShort { missing: Money::from_minor(missing) }
        }
        LeafTest::Quantity { .. } if !said && missing > 0 => {
            Reason::UnitsShort { missing: u32::try_from(missing).unwrap_or(u32::MAX) }
        }
        LeafTest::Window { .. }
        | LeafTest::Weekly { .. }
        | LeafTest::Spend { .. }
        | LeafTest::Quantity { .. }
        | LeafTest::DistinctSkus { .. }
        | LeafTest::Contains { .. }
        | LeafTest::ContextKey(_)
        | LeafTest::Level { .. }
        | LeafTest::FirstOrder
        | LeafTest::OrderNumber { .. }
        | LeafTest::Birthday(_)
        | LeafTest::ShippingMethod(_)
        | LeafTest::Code(_)
        | LeafTest::GroupSize { .. }
        | LeafTest::Experiment { .. }
        | LeafTest::Attribute(_)
        | LeafTest::Fixed(_) => Reason::ConditionFailed { at: leaf.at.as_ref().into() },
    }
}

fn block_reason(plan: &Plan, by: u32, why: Block) -> BlockReason {
    match why {
        Block::Group => {
            let stacking = plan.rules[by as usize].stacking.as_ref();
            BlockReason::Group(stacking.map(|stacking| stacking.group_id.clone()).unwrap_or_default())
        }
        Block::Excluded => BlockReason::Excluded,
        Block::Undeclared => BlockReason::Undeclared,
        Block::ExclusiveInStage => BlockReason::ExclusiveInStage,
        Block::ExclusiveInOrder => BlockReason::ExclusiveInOrder,
    }
}
