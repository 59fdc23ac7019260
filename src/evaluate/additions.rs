//! Near misses: what may be added to a cart to pass a threshold, and how much of it should do.

use super::Pricing;
use super::offer::Asking;
use super::scratch::Scratch;
use super::state::{Part, State, Want};
use crate::compile::plan::{Leaf, LeafTest, PlanBenefit, PlanRule, PlanSelector, Scope, Value};

/// Most lines tried for one threshold: one for each selector that may lack units.
const LIKES_MAX: usize = 4;

/// Something to add to the cart, with how much of it should do by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Addition {
    /// One unit like those of a line, at a list price of its own.
    Spend { like: u32, minor: i64 },
    /// More units of a line.
    Units { like: u32, units: u32 },
}

/// What is missing to a threshold.
#[derive(Clone, Copy, Debug)]
pub(super) enum Missing {
    Spend(i64),
    Units(u32),
}

impl Pricing<'_> {
    /// What may take a benefit to its next step.
    pub(super) fn additions_to_benefit(
        self,
        state: &State,
        asking: Asking<'_>,
        missing: Missing,
    ) -> Vec<Addition> {
        let mut additions = Vec::new();
        for selector in counted(asking.rule).into_iter().take(LIKES_MAX) {
            let Some(like) = self.cheapest(state, selector, asking.part) else { continue };
            for addition in self.additions(like, asking.part, missing) {
                if !additions.contains(&addition) {
                    additions.push(addition);
                }
            }
        }
        additions
    }

    /// What may make a test of a condition hold that counts and counts too little.
    pub(super) fn additions_to_leaf(
        self,
        scratch: &Scratch,
        asking: Asking<'_>,
        leaf: &Leaf,
    ) -> Vec<Addition> {
        let (of, scope, value, min) = match &leaf.test {
            LeafTest::Spend { of, scope, value, min, .. } => (of, *scope, Some(*value), *min),
            LeafTest::Quantity { of, scope, min, .. } => (of, *scope, None, i64::from(*min)),
            LeafTest::DistinctSkus { .. }
            | LeafTest::Contains { .. }
            | LeafTest::Window { .. }
            | LeafTest::Weekly { .. }
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
            | LeafTest::Fixed(_) => return Vec::new(),
        };
        let mut short = 0;
        if self.leaf_holds(scratch, &leaf.test, asking.part, &mut short) || short <= 0 {
            return Vec::new();
        }
        let missing = |short: i64| match value {
            Some(_) => Missing::Spend(short),
            None => Missing::Units(u32::try_from(short).unwrap_or(u32::MAX)),
        };
        let part = match scope {
            Scope::Part => asking.part,
            Scope::Order => Part::Order,
            Scope::AnyLine => {
                let nearest = self.nearest_product(&scratch.state, of, asking.part, (value, min));
                return nearest.map(|(like, units)| Addition::Units { like, units }).into_iter().collect();
            }
        };
        let like = self.cheapest(&scratch.state, of, part);
        like.map(|like| self.additions(like, part, missing(short))).unwrap_or_default()
    }

    /// What may make up for something missing, with units like those of a line.
    fn additions(self, like: u32, part: Part, missing: Missing) -> Vec<Addition> {
        let spend = match missing {
            Missing::Units(units) => return vec![Addition::Units { like, units }],
            Missing::Spend(spend) => spend,
        };
        let price = self.cart.lines().get(like as usize).map_or(0, |line| line.list_price.minor());
        let more = units_for(spend, price).map(|units| Addition::Units { like, units });
        let one = match part {
            Part::Order | Part::Shop(_) => Some(Addition::Spend { like, minor: spend }),
            // A unit at another list price is another product.
            Part::Line { .. } => None,
        };
        one.into_iter().chain(more).collect()
    }

    /// The list value of an addition, in minor units.
    pub(super) fn list_value(self, addition: Addition) -> i64 {
        match addition {
            Addition::Spend { minor, .. } => minor,
            Addition::Units { like, units } => {
                let price = self.cart.lines().get(like as usize).map(|line| line.list_price.minor());
                price.and_then(|price| price.checked_mul(units.into())).unwrap_or(i64::MAX)
            }
        }
    }

    /// The cheapest line of a selector, the first of equal ones.
    fn cheapest(self, state: &State, selector: &PlanSelector, part: Part) -> Option<u32> {
        let mut cheapest: Option<(i64, u32)> = None;
        state.for_each(self.cart, selector, part, Want::Counted, |_, run| {
            let item = &state.items[run.item as usize];
            if cheapest.is_none_or(|(price, _)| item.price < price) {
                cheapest = Some((item.price, item.line));
            }
        });
        cheapest.map(|(_, line)| line)
    }

    /// The product that reaches `min`, of a value or else of units, with the least list value of further units, and how
    /// many of them.
    fn nearest_product(
        self,
        state: &State,
        of: &PlanSelector,
        part: Part,
        (value, min): (Option<Value>, i64),
    ) -> Option<(u32, u32)> {
        // Product, its line, its list price, what it has.
        let mut products: Vec<(u32, u32, i64, i64)> = Vec::new();
        state.for_each(self.cart, of, part, Want::Counted, |at, run| {
            let item = &state.items[run.item as usize];
            let has = value.map_or(i64::from(run.units), |value| state.worth(at, value));
            match products.last_mut() {
                Some((product, _, _, sum)) if *product == item.product => *sum += has,
                _ => products.push((item.product, item.line, item.price, has)),
            }
        });
        let priced = products.into_iter().filter_map(|(_, like, price, has)| {
            let units = match value {
                Some(_) => units_for(min - has, price)?,
                None => u32::try_from(min - has).ok()?,
            };
            Some((i64::from(units).checked_mul(price)?, like, units))
        });
        priced.min_by_key(|(added, _, _)| *added).map(|(_, like, units)| (like, units))
    }
}

/// The selectors whose units take a benefit to its next step.
fn counted(rule: &PlanRule) -> Vec<&PlanSelector> {
    match &rule.benefit {
        PlanBenefit::SpendTiers { target, qualifier, .. }
        | PlanBenefit::Every { target, qualifier, .. }
        | PlanBenefit::QuantityTiers { target, qualifier, .. } => vec![qualifier.as_ref().unwrap_or(target)],
        PlanBenefit::UnitLadder { target, .. } | PlanBenefit::NFor { target, .. } => vec![target],
        PlanBenefit::NthUnit(offer) => vec![&offer.target],
        PlanBenefit::BuyGet(offer) => vec![&offer.qualifier.selector, &offer.target.selector],
        PlanBenefit::Bundle(bundle) => bundle.parts.iter().map(|part| &part.selector).collect(),
        PlanBenefit::Gift(gift) => vec![&gift.qualifier],
        PlanBenefit::Grant(grant) => vec![&grant.qualifier],
        PlanBenefit::PercentOff { .. }
        | PlanBenefit::ReferencePercent { .. }
        | PlanBenefit::AmountPerUnit { .. }
        | PlanBenefit::AmountOnce { .. }
        | PlanBenefit::UnitPrice { .. }
        | PlanBenefit::TotalPrice { .. }
        | PlanBenefit::GroupPrice(_)
        | PlanBenefit::BargainPrice { .. }
        | PlanBenefit::Presale(_)
        | PlanBenefit::UseBalance(_)
        | PlanBenefit::PointsEarn(_)
        | PlanBenefit::PointsRedeem(_)
        | PlanBenefit::Shipping(_) => Vec::new(),
    }
}

/// How many units of a price make up for a spend; `None` for units worth nothing, and for more than any cart has.
fn units_for(spend: i64, price: i64) -> Option<u32> {
    let whole = spend.checked_div(price)?;
    let units = whole.checked_add(i64::from(spend.checked_rem(price)? > 0))?;
    u32::try_from(units).ok().filter(|units| *units > 0)
}
