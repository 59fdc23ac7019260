//! How much work pricing was, in counts: for whoever prices many carts under rules from anywhere, and has to come to an end.
//! Nothing is counted while a cart is priced; what pricing left in its buffers says afterwards what it went through.

use super::scratch::Scratch;
use crate::compile::Plan;
use crate::compile::plan::{LeafTest, PlanBenefit, PlanSelector};

/// What a rule takes to look at besides its tests.
const RULE: u64 = 4;
/// What a line of a quote takes to write: an adjustment, a gift, a claim.
const WRITTEN: u64 = 8;

impl Scratch {
    /// Adds the work of the cart priced last, in tests of a rule on a run of units, as far as it was more than so much.
    pub(crate) fn count_effort(&mut self, plan: &Plan, beyond: u64) {
        let tests = plan.tests.get_or_init(|| plan.rules.iter().map(tests).collect());
        let of_rule = |rule: &u32| tests.get(*rule as usize).map_or(RULE, |tests| RULE + u64::from(*tests));
        let looked_at: u64 = self.candidates.iter().map(of_rule).sum();
        let places = 2 + self.state.runs.len() as u64 + self.state.charges.len() as u64;
        let written =
            self.adjustments.len() + self.applied.len() + self.gifts.len() + self.point_shares.len();
        // A node puts its rules into force and takes them back.
        let nodes = self.nodes.saturating_mul(looked_at);
        let all = looked_at.saturating_mul(places).saturating_add(nodes);
        let all = all.saturating_add(self.state.selecting).saturating_add(written as u64 * WRITTEN);
        self.effort = self.effort.saturating_add(all.saturating_sub(beyond));
    }

    /// The work that was added since this was last asked.
    pub(crate) const fn take_effort(&mut self) -> u64 {
        std::mem::replace(&mut self.effort, 0)
    }
}

/// How many tests a rule can take: of its condition, its selectors, and the steps of its benefit.
fn tests(rule: &crate::compile::plan::PlanRule) -> u32 {
    let steps = rule.condition.iter().flat_map(|program| program.steps());
    let condition: usize = steps.map(|step| of_test(&step.test.test)).sum();
    u32::try_from(condition + of_benefit(&rule.benefit)).unwrap_or(u32::MAX)
}

fn of_selector(selector: &PlanSelector) -> usize {
    1 + selector.rest.as_ref().map_or(0, |program| program.steps().len())
}

fn of_test(test: &LeafTest) -> usize {
    match test {
        LeafTest::Spend { of, .. }
        | LeafTest::Quantity { of, .. }
        | LeafTest::DistinctSkus { of, .. }
        | LeafTest::Contains { of, .. } => 1 + of_selector(of),
        LeafTest::ShippingMethod(methods) => methods.len(),
        LeafTest::Window { .. }
        | LeafTest::Weekly { .. }
        | LeafTest::ContextKey(_)
        | LeafTest::Level { .. }
        | LeafTest::FirstOrder
        | LeafTest::OrderNumber { .. }
        | LeafTest::Birthday(_)
        | LeafTest::Code(_)
        | LeafTest::GroupSize { .. }
        | LeafTest::Experiment { .. }
        | LeafTest::Attribute(_)
        | LeafTest::Fixed(_) => 1,
    }
}

fn of_benefit(benefit: &PlanBenefit) -> usize {
    let with = |target: &PlanSelector, qualifier: &Option<PlanSelector>, steps: usize| {
        of_selector(target) + qualifier.as_ref().map_or(0, of_selector) + steps
    };
    match benefit {
        PlanBenefit::PercentOff { target, .. }
        | PlanBenefit::ReferencePercent { target, .. }
        | PlanBenefit::AmountPerUnit { target, .. }
        | PlanBenefit::AmountOnce { target, .. }
        | PlanBenefit::UnitPrice { target, .. }
        | PlanBenefit::TotalPrice { target, .. }
        | PlanBenefit::NFor { target, .. }
        | PlanBenefit::BargainPrice { target, .. } => of_selector(target),
        PlanBenefit::SpendTiers { target, qualifier, tiers, .. } => with(target, qualifier, tiers.len()),
        PlanBenefit::Every { target, qualifier, .. } => with(target, qualifier, 0),
        PlanBenefit::QuantityTiers { target, qualifier, tiers } => with(target, qualifier, tiers.len()),
        PlanBenefit::UnitLadder { target, steps, .. } => with(target, &None, steps.len()),
        PlanBenefit::BuyGet(off) => of_selector(&off.qualifier.selector) + of_selector(&off.target.selector),
        PlanBenefit::NthUnit(off) => of_selector(&off.target),
        PlanBenefit::Bundle(off) => off.parts.iter().map(|part| of_selector(&part.selector)).sum(),
        PlanBenefit::Gift(gift) => of_selector(&gift.qualifier) + gift.options.len(),
        PlanBenefit::Shipping(off) => 1 + off.methods.len() + off.shops.len(),
        PlanBenefit::GroupPrice(off) => of_selector(&off.target),
        PlanBenefit::Presale(off) => of_selector(&off.target),
        PlanBenefit::UseBalance(off) => of_selector(&off.target),
        PlanBenefit::PointsRedeem(off) => of_selector(&off.target),
        PlanBenefit::PointsEarn(off) => of_selector(&off.of) + off.multipliers.len(),
        PlanBenefit::Grant(off) => of_selector(&off.qualifier),
    }
}
