//! Certificates: what a proof says, for the checker to verify.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::order::Order;
use crate::rules::RuleId;

/// Why a promise holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Certificate {
    /// There is no rule, or pair of rules, that it could be broken by.
    NoCase {},
    /// For each rule an order in which it gives something.
    Examples {
        /// The orders.
        orders: BTreeMap<RuleId, Order>,
        /// For each rule with several tiers, an order for each of them in which it gives more than the one below.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        tiers: BTreeMap<RuleId, Vec<Order>>,
    },
    /// A bound for every order of any shopper, in any quantities.
    Bound {
        /// The cases, and in each why the bound holds.
        tree: Tree,
        /// What rounding may add to the promise's threshold, in minor units.
        tolerance_minor: i64,
    },
    /// Every limit is an account of the ledger: what pricing claims of it is held once and refused when nothing is left.
    Accounts {
        /// For each rule with limits an order that claims them.
        orders: BTreeMap<RuleId, Order>,
    },
    /// What an order gives for later is a share of what is paid: every rule that gives for later gives a share of what is paid,
    /// or of the list value.
    Earned {
        /// How much of the list value may be off, where some rule gives a share of it.
        #[serde(skip_serializing_if = "Option::is_none")]
        depth: Option<Depth>,
    },
    /// Each cap is reached in one order, and not in another in which its rule applies.
    Caps {
        /// For each rule with a cap an order in which it would ask for more without.
        reached: BTreeMap<RuleId, Order>,
        /// For each an order in which it asks for no more without.
        below: BTreeMap<RuleId, Order>,
    },
    /// No rule jumps: of two orders by the same shopper none is much dearer or cheaper than the other for what is in both.
    Steady {
        /// For each rule why.
        effects: BTreeMap<RuleId, Effect>,
        /// What rounding may add to the promise's threshold, in minor units, for each order.
        tolerance_minor: i64,
    },
}

/// That no order has more than a share of its list value off, not even by rounding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Depth {
    /// The share, in parts per million.
    pub share_ppm: i64,
    /// The cases.
    pub tree: Tree,
}

/// What a rule can do to the difference of two orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Effect {
    /// It takes the same share of everything, but for a gap, or treats each unit by itself.
    Even,
    /// It takes an amount at most.
    Amount,
    /// It changes nothing that is paid.
    Nothing,
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCase {} => f.write_str("no rule could break it"),
            Self::Examples { orders, tiers } => {
                let tiers: usize = tiers.values().map(Vec::len).sum();
                write!(f, "{} orders show it", orders.len().saturating_add(tiers))
            }
            Self::Bound { tree, tolerance_minor } => write!(
                f,
                "for every order of any shopper, in {} cases, up to {tolerance_minor} minor units of rounding",
                tree.leaves()
            ),
            Self::Earned { depth: None } => {
                f.write_str("every rule gives for later on what is paid, and not too much")
            }
            Self::Earned { depth: Some(depth) } => write!(
                f,
                "what is given for later is a share of the list value, which is paid for the most part: {} cases",
                depth.tree.leaves()
            ),
            Self::Caps { reached, below } => {
                write!(f, "{} orders show it", reached.len().saturating_add(below.len()))
            }
            Self::Accounts { orders } => {
                write!(f, "the ledger refuses what is beyond them, as orders by {} rules show", orders.len())
            }
            Self::Steady { effects, tolerance_minor } => write!(
                f,
                "no rule jumps, for any two orders of a shopper: {} rules, up to {tolerance_minor} minor units of rounding",
                effects.len()
            ),
        }
    }
}

/// A case distinction over what is spent in some classes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Tree {
    /// Spends below a threshold, and from it on.
    Split {
        /// The classes that are added up, by position.
        classes: Vec<usize>,
        /// The threshold, list value in minor units.
        at_minor: i64,
        /// The case of less.
        below: Box<Self>,
        /// The case of so much or more.
        from: Box<Self>,
    },
    /// A case in which a bound holds.
    Leaf {
        /// How each rule is bounded, in the rules' order.
        forms: Vec<Form>,
        /// Weights of the lower ends of what is known of the case, in parts per million, in the order of the splits.
        lower: Vec<i64>,
        /// Weights of the upper ends likewise.
        upper: Vec<i64>,
    },
    /// No order is in this case.
    Empty {
        /// Of what is known, the lower end that contradicts ...
        lower: usize,
        /// ... this upper end.
        upper: usize,
    },
}

impl Tree {
    /// How many cases there are.
    #[must_use]
    pub fn leaves(&self) -> usize {
        let mut open = vec![self];
        let mut leaves = 0;
        while let Some(tree) = open.pop() {
            match tree {
                Self::Split { below, from, .. } => open.extend([below.as_ref(), from.as_ref()]),
                Self::Leaf { .. } | Self::Empty { .. } => leaves += 1,
            }
        }
        leaves
    }
}

/// How a rule's discount is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Form {
    /// It gives nothing: what it needs is not spent.
    Nothing,
    /// By an amount.
    Flat,
    /// In proportion to what is spent.
    Slope,
}
