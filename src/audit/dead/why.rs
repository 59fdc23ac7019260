//! Why a rule, or a tier of it, can give nothing: read off the rules and the catalogue.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::tiers::{Tier, tiers};
use crate::audit::levels::{At, target};
use crate::audit::prices::Odd;
use crate::audit::world::World;
use crate::bounds::PPM;
use crate::money::{Amount, Money};
use crate::rules::{
    Base, Condition, Goods, Per, Quantity, Rule, RuleId, Selector, Spend, TierOff, View, Within,
};
use crate::shop::{Product, Sku};

/// Why a rule gives nothing, or a tier no more than the one below.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Why {
    /// The catalogue has none of the goods it is for.
    NoGoods {},
    /// Another rule applies wherever it could, first, and keeps it out.
    Behind {
        /// The other rule.
        rule: RuleId,
    },
    /// The tier below reaches the rule's cap.
    CapReached {
        /// The cap.
        cap: Amount,
    },
    /// The tier below uses up the rule's budget.
    BudgetReached {
        /// The budget.
        budget: Amount,
    },
    /// The tier below reaches the cap on an order.
    OrderCapReached {
        /// The cap.
        cap: Amount,
    },
    /// The rule's own condition ends below the tier.
    SpendEnds {
        /// The most that may be spent.
        at_most: Amount,
    },
    /// The rule's own condition ends below the tier.
    QuantityEnds {
        /// The most pieces there may be.
        at_most: u32,
    },
    /// The ladder ends below the tier.
    LadderEnds {
        /// The most pieces that get anything.
        at: u32,
    },
    /// It never asks for as much as its cap.
    CapUnreached {
        /// The most it asks for.
        most: Amount,
    },
    /// Whenever it applies it asks for as much as its cap, and so gives the cap.
    CapAlways {
        /// The least it asks for.
        least: Amount,
    },
    /// A price or cost is off by a factor.
    OffByAFactor {
        /// The product.
        sku: Sku,
        /// What is off.
        what: Odd,
        /// What it is.
        is: Amount,
        /// What those beside it have in the middle, or what it was before.
        usual: Amount,
    },
    /// All that counts and is in stock is worth less.
    WorthEnds {
        /// What it is worth.
        at: Amount,
    },
    /// Fewer pieces that count are in stock.
    PiecesEnd {
        /// How many there are.
        at: u64,
    },
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoGoods {} => f.write_str("the catalogue has none of the goods it is for"),
            Self::Behind { rule } => write!(f, "{rule} applies wherever it could, and keeps it out"),
            Self::CapReached { cap } => write!(f, "the tier below reaches the rule's cap of {cap}"),
            Self::BudgetReached { budget } => write!(f, "the tier below uses up the budget of {budget}"),
            Self::OrderCapReached { cap } => write!(f, "the tier below reaches the cap of {cap} on an order"),
            Self::SpendEnds { at_most } => write!(f, "the rule's condition ends at {at_most} spent"),
            Self::QuantityEnds { at_most } => write!(f, "the rule's condition ends at {at_most} pieces"),
            Self::LadderEnds { at } => write!(f, "the ladder ends at {at} pieces"),
            Self::CapUnreached { most } => write!(f, "it never asks for more than {most}, whatever its cap"),
            Self::CapAlways { least } => {
                write!(f, "whenever it applies it asks for {least} or more, and gets its cap")
            }
            Self::OffByAFactor { sku, what, is, usual } => match what {
                Odd::Price => write!(f, "{sku} is listed at {is}, and those beside it at about {usual}"),
                Odd::Cost => write!(f, "{sku} costs {is}, and those beside it about {usual}"),
                Odd::PriceBefore => write!(f, "{sku} is listed at {is}, and was at about {usual} before"),
            },
            Self::WorthEnds { at } => write!(f, "all that counts and is in stock is worth {at}"),
            Self::PiecesEnd { at } => write!(f, "only {at} pieces that count are in stock"),
        }
    }
}

/// Why a tier gives no more than the one below, whatever is bought; `None` where nothing says so.
pub(super) fn of_tier(world: &World<'_>, rule: &Rule, tier: usize) -> Option<Why> {
    let tiers = tiers(world, rule);
    let own = tiers.get(tier)?;
    let below = tier.checked_sub(1).and_then(|below| tiers.get(below));
    capped(world, rule, own, below)
        .or_else(|| rule.condition.as_ref().and_then(|condition| ended(world, rule, condition, own)))
        .or_else(|| ladder_ended(rule, own))
        .or_else(|| sold_out(world, rule, own))
}

/// Whether the tier below already gives all that some cap lets through.
fn capped(world: &World<'_>, rule: &Rule, own: &Tier<'_>, below: Option<&Tier<'_>>) -> Option<Why> {
    let below = below?;
    // From where the tier begins the one below would give at least this.
    let given = match (below.off?, own.at) {
        (TierOff::Amount(amount), _) => world.minor(amount),
        (TierOff::Percent(percent), At::Spend(at)) if below.counts_its_target => {
            let share = i128::from(at) * i128::from(percent.to_rate().ok()?.ppm());
            i64::try_from(share / i128::from(PPM)).ok()?
        }
        (TierOff::Percent(_) | TierOff::UnitPrice(_), At::Spend(_) | At::Units(_)) => return None,
    };
    let reached = |cap: Option<Amount>| cap.filter(|cap| given >= world.minor(*cap));
    let order_cap = world.rules.caps.order_amount;
    reached(rule.cap)
        .map(|cap| Why::CapReached { cap })
        .or_else(|| reached(rule.limits.budget).map(|budget| Why::BudgetReached { budget }))
        .or_else(|| reached(order_cap).map(|cap| Why::OrderCapReached { cap }))
}

/// That so much counts as a tier asks for.
pub(super) fn reaches(world: &World<'_>, rule: &Rule, tier: usize) -> Option<Condition> {
    let reached = tiers(world, rule).into_iter().nth(tier)?;
    Some(match reached.at {
        At::Units(units) => Condition::Quantity(Quantity::at_least(reached.of.clone(), units)),
        At::Spend(spend) => {
            let spend = Amount::from_money(Money::from_minor(spend), world.rules.currency);
            let spend = Spend::at_least(reached.of.clone(), spend);
            Condition::Spend(match base_of(rule) {
                Some(base) => spend.base(base),
                None => spend,
            })
        }
    })
}

fn base_of(rule: &Rule) -> Option<Base> {
    rule.benefit.spend_tiers().and_then(|off| off.base.clone())
}

/// Whether a condition no longer holds where a tier begins. The nesting is bounded by validation.
fn ended(world: &World<'_>, rule: &Rule, condition: &Condition, tier: &Tier<'_>) -> Option<Why> {
    let goods = match condition.view() {
        View::All(nested) => return nested.iter().find_map(|one| ended(world, rule, one, tier)),
        View::Any(_) | View::Not(_) | View::Test(_) => condition.of_goods()?,
    };
    match goods {
        Goods::Spend(spend) => {
            let at_most = spend.at_most?;
            let At::Spend(at) = tier.at else { return None };
            let same_values = spend.base.is_none() && has_own_values(rule);
            let ends = counts_all(rule, &spend.of, spend.within, tier.of) && same_values;
            (ends && world.minor(at_most) < at).then_some(Why::SpendEnds { at_most })
        }
        Goods::Quantity(quantity) => {
            let at_most = quantity.at_most?;
            let most = match tier.at {
                At::Units(_) => i64::from(at_most),
                At::Spend(_) => i64::from(at_most).saturating_mul(dearest(world, tier.of)),
            };
            let ends = counts_all(rule, &quantity.of, quantity.within, tier.of) && most < needed(tier.at);
            ends.then_some(Why::QuantityEnds { at_most })
        }
        // More goods never end these.
        Goods::DistinctSkus(_) | Goods::Contains(_) => None,
    }
}

/// Whether a ladder by spend counts values at the rule's own basis, as its conditions do.
fn has_own_values(rule: &Rule) -> bool {
    rule.benefit.spend_tiers().is_some_and(|off| off.base.is_none())
}

/// Whether a condition counts at least what a tier counts.
fn counts_all(rule: &Rule, counted: &Selector, within: Within, of: &Selector) -> bool {
    let everything = match within {
        Within::Part | Within::Order => true,
        // Met by one product alone: a bound on all only where each product is a part of its own.
        Within::AnyLine => rule.per == Per::Line,
    };
    // What takes all still takes no gift cards.
    everything && (counted == of || *counted == Selector::all() && !of.gift_cards)
}

fn needed(at: At) -> i64 {
    match at {
        At::Units(units) => i64::from(units),
        At::Spend(spend) => spend,
    }
}

fn counted<'w>(world: &'w World<'_>, of: &Selector) -> impl Iterator<Item = &'w Product> {
    world.catalogue.products().iter().filter(|product| of.takes(&product.piece) != Some(false))
}

fn dearest(world: &World<'_>, of: &Selector) -> i64 {
    counted(world, of).map(|product| product.piece.list_price.minor()).max().unwrap_or(0)
}

fn ladder_ended(rule: &Rule, tier: &Tier<'_>) -> Option<Why> {
    let at = rule.benefit.unit_ladder()?.units_max?;
    (i64::from(at) < needed(tier.at)).then_some(Why::LadderEnds { at })
}

/// Whether no part of an order can hold as much as a tier asks for, for want of stock.
fn sold_out(world: &World<'_>, rule: &Rule, tier: &Tier<'_>) -> Option<Why> {
    let mut parts: BTreeMap<&str, i64> = BTreeMap::new();
    for product in counted(world, tier.of) {
        let pieces = i64::from(product.stock?);
        let there = match tier.at {
            At::Units(_) => pieces,
            At::Spend(_) => product.piece.list_price.minor().saturating_mul(pieces),
        };
        let part = match rule.per {
            Per::Order => "",
            Per::Shop => product.piece.shop.as_str(),
            Per::Line => product.piece.sku.as_str(),
        };
        let sum = parts.entry(part).or_insert(0);
        *sum = sum.saturating_add(there);
    }
    let most = parts.into_values().max().unwrap_or(0);
    (most < needed(tier.at)).then(|| match tier.at {
        At::Units(_) => Why::PiecesEnd { at: u64::try_from(most).unwrap_or(0) },
        At::Spend(_) => {
            Why::WorthEnds { at: Amount::from_money(Money::from_minor(most), world.rules.currency) }
        }
    })
}

pub(super) fn has_no_goods(world: &World<'_>, rule: &Rule) -> bool {
    let products = world.catalogue.products();
    let Some(target) = target(&rule.benefit) else { return false };
    !products.is_empty() && products.iter().all(|one| target.takes(&one.piece) == Some(false))
}
