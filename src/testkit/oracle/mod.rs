//! A slow, plain evaluator, written from the semantics page (`guide/semantics.md`) and the nouns alone.
//!
//! In: a rule set without validation errors, a cart, a context, a usage. Out: an [`OracleQuote`] of plain values, and
//! [`compare`], which checks everything a [`Quote`](crate::record::Quote) says against it. Everything is recomputed
//! with obvious loops: no index, no scratch, no arithmetic shared with the library. Every unit is a value of its own, so
//! carts must be of few (thousands are slow), and amounts small enough for `i128` products. Read next: `selection`, then
//! `compute`.

#![expect(clippy::indexing_slicing, reason = "positions come from enumerating the very lists they index")]

mod arith;
mod asks;
mod assignment;
mod best_per_unit;
mod compare;
mod compute;
mod conditions;
mod effects;
mod gifts;
mod limits;
mod lines;
mod multi_buy;
mod off;
mod payment;
mod prices;
mod quote;
mod refund;
mod rewards;
mod selection;
mod selectors;
mod stacking;
mod state;
#[cfg(test)]
mod tests;

pub use compare::compare;
pub use payment::OraclePayments;
pub use prices::OracleGroup;
pub(super) use quote::named_codes;
pub use quote::{OracleAdjustment, OracleGift, OracleLine, OracleQuote, OracleRule};
pub use refund::{OracleGone, OracleRefund, refund, worth};
pub use rewards::{OracleGrant, OraclePoints};

use crate::record::Usage;
use crate::rules::{Benefit, RuleSet, Select};
use crate::shop::{Cart, Context};

/// Prices a cart.
///
/// ```
/// use dealproof::money::{Currency, Money};
/// use dealproof::record::Usage;
/// use dealproof::rules::{AmountOff, Benefit, Rule, RuleSet};
/// use dealproof::shop::{Cart, Context, Line};
/// use dealproof::testkit::oracle;
///
/// let off = Benefit::AmountOff(AmountOff::once("5.00".parse()?));
/// let rules = RuleSet::new(Currency::CNY).rule(Rule::new("five-off", "order", off));
/// let cart = Cart::new(Currency::CNY, vec![Line::new("1", "TEA", 1, Money::from_minor(4_900))], vec![])?;
/// let quote = oracle::price(&rules, &cart, &Context::default(), &Usage::default());
/// assert_eq!(quote.payable, 4_900 - 500);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn price(rules: &RuleSet, cart: &Cart, context: &Context, usage: &Usage) -> OracleQuote {
    let world = World { rules, cart, context, usage };
    let mut state = state::State::new(&world);
    for stage in 0..rules.stages.len() {
        state.start_stage();
        world.run_stage(&mut state, stage);
    }
    world.quote(&state)
}

/// All that is given.
#[derive(Clone, Copy)]
struct World<'a> {
    rules: &'a RuleSet,
    cart: &'a Cart,
    context: &'a Context,
    usage: &'a Usage,
}

/// Something that happened while a cart was priced. Tests of scenario generators count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A rule with this benefit applied.
    Applied(Kind),
    /// Two rules or more could have won under this selection.
    Competed(Selected),
    /// Two rules saved the same under this selection.
    Tied(Selected),
    /// A unit could not give what was asked: it is worth no more.
    NothingLeft,
    /// A unit could not give what was asked: its line's floor.
    FloorReached,
    /// A unit could not give what was asked: the cap per line.
    LineCapReached,
    /// The order cap lowered what a rule gave.
    OrderCapReached,
    /// A budget paid for a part.
    BudgetPartial,
    /// A budget did not suffice, so nothing was given.
    BudgetRefused,
    /// Unit limits left fewer units than the rule could have discounted.
    UnitsPartial,
    /// Unit limits did not suffice, so nothing was given.
    UnitsRefused,
    /// It, or its stage, was switched off at run time.
    SwitchedOff,
    /// Uses were used up, or the customer unknown.
    Exhausted,
    /// A rule of its group had applied.
    BlockedByGroup,
    /// An excluded rule had applied.
    BlockedByExclusion,
    /// A rule exclusive in the stage or order stood against it.
    BlockedByExclusive,
    /// The stage let no further rule apply.
    StageFull,
    /// Another rule's offer took units of a run first.
    Outbid,
    /// A run was cut.
    RunCut,
    /// An item had several lines.
    ManyLines,
    /// A rule asked for more than was granted.
    Unused,
    /// An add-on was offered.
    Offered,
}

/// The kinds of benefits, without their parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are those of the benefits")]
pub enum Kind {
    PercentOff,
    AmountOff,
    UnitPrice,
    TotalPrice,
    SpendTiers,
    Every,
    QuantityTiers,
    BuyGet,
    NthUnit,
    UnitLadder,
    NFor,
    Bundle,
    Gift,
    Shipping,
    GroupPrice,
    BargainPrice,
    Presale,
    UseBalance,
    PointsEarn,
    PointsRedeem,
    Grant,
}

/// The kinds of selection; [`Select`] in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are those of `Select`")]
pub enum Selected {
    All,
    First,
    Best,
    BestPerLine,
    BestPerUnit,
    BestCombination,
    BestAssignment,
}

impl From<Select> for Selected {
    fn from(select: Select) -> Self {
        match select {
            Select::All => Self::All,
            Select::First => Self::First,
            Select::Best => Self::Best,
            Select::BestPerLine => Self::BestPerLine,
            Select::BestPerUnit => Self::BestPerUnit,
            Select::BestCombination => Self::BestCombination,
            Select::BestAssignment => Self::BestAssignment,
        }
    }
}

fn kind(benefit: &Benefit) -> Kind {
    match benefit {
        Benefit::PercentOff(_) => Kind::PercentOff,
        Benefit::AmountOff(_) => Kind::AmountOff,
        Benefit::UnitPrice(_) => Kind::UnitPrice,
        Benefit::TotalPrice(_) => Kind::TotalPrice,
        Benefit::SpendTiers(_) => Kind::SpendTiers,
        Benefit::Every(_) => Kind::Every,
        Benefit::QuantityTiers(_) => Kind::QuantityTiers,
        Benefit::BuyGet(_) => Kind::BuyGet,
        Benefit::NthUnit(_) => Kind::NthUnit,
        Benefit::UnitLadder(_) => Kind::UnitLadder,
        Benefit::NFor(_) => Kind::NFor,
        Benefit::Bundle(_) => Kind::Bundle,
        Benefit::Gift(_) => Kind::Gift,
        Benefit::Shipping(_) => Kind::Shipping,
        Benefit::Presale(_) => Kind::Presale,
        Benefit::UseBalance(_) => Kind::UseBalance,
        Benefit::GroupPrice(_) => Kind::GroupPrice,
        Benefit::BargainPrice(_) => Kind::BargainPrice,
        Benefit::PointsEarn(_) => Kind::PointsEarn,
        Benefit::PointsRedeem(_) => Kind::PointsRedeem,
        Benefit::Grant(_) => Kind::Grant,
    }
}
