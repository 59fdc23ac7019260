//! The checker: verifies a certificate without searching.
//!
//! It asks the search and the prover nothing: of the audit it reads the certificate and the orders in it, which are plain data
//! (`certificate`, `order`), besides the nouns, the pipeline that prices an order and the ledger. What rules look at
//! (`reads`), which of them stand beside each other (`beside`, `refusals`, `ties`, `codes`), what things for later are worth (`worth`),
//! classes (`shelf`, `names`), what each rule takes at most (`takes`), the sums over a case (`tree`) and the argument that nothing jumps
//! (`steady`) are derived here anew, and no number of a certificate is trusted. So a mistake in the prover costs a proof, not
//! its truth. The architecture's test holds the list of what may be imported. The search may ask the checker: whether a rule is
//! always behind another ([`Shadows`]), and what bounds say of a cap ([`CapSays`]); neither decides a proof.

mod accounts;
mod beside;
mod caps;
mod cases;
mod codes;
mod earned;
mod examples;
mod implied;
mod names;
mod opened;
mod prices;
mod reads;
mod refusals;
mod remains;
mod shadow;
mod shelf;
mod steady;
mod takes;
mod ties;
mod tree;
mod worth;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::certificate::Certificate;
use super::order::Order;
use crate::compile::Plan;
use crate::evaluate::Scratch;
use crate::record::{Quote, Usage};
use crate::rules::{Promise, Promises, Rule, RuleSet, ThresholdError};
use crate::shop::Catalogue;
pub(super) use caps::CapSays;
use cases::no_case;
pub(super) use shadow::Shadows;
use shelf::Shelf;
use steady::Steady;
use tree::Cases;

/// Why a certificate does not show what it claims.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The rules do not compile.
    #[error(transparent)]
    Rules(#[from] crate::compile::CompileError),
    /// A threshold of the promises cannot be used.
    #[error(transparent)]
    Threshold(#[from] ThresholdError),
    /// There is a rule that could break the promise.
    #[error("there are rules that could break {}", promise.name())]
    HasCases {
        /// The promise.
        promise: Promise,
    },
    /// A rule gives nothing in the order that should show it, or there is none.
    #[error("no order shows that rule {rule} applies")]
    NoExample {
        /// The rule.
        rule: String,
    },
    /// A tier gives no more than the one below in the order that should show it, or there is none.
    #[error("no order shows tier {tier} of rule {rule}")]
    NoTier {
        /// The rule.
        rule: String,
        /// The tier, counted from 1.
        tier: usize,
    },
    /// Nothing can be bounded.
    #[error("no bound: {why}")]
    NoBound {
        /// Why.
        why: String,
    },
    /// An order does not claim a limit of a rule, or the ledger holds more of it than there is.
    #[error("no order shows that a limit of rule {rule} holds")]
    Unclaimed {
        /// The rule.
        rule: String,
    },
    /// No order of the rules that share a quota claims it, or the ledger holds more of it than there is.
    #[error("no order shows that quota {quota} holds")]
    UnclaimedQuota {
        /// The quota.
        quota: String,
    },
    /// A rule can change an order by more than the certificate says.
    #[error("rule {rule} can jump")]
    Jumps {
        /// The rule.
        rule: String,
    },
    /// The rules together can change an order by more than the promise allows.
    #[error("the rules together can jump by {minor} minor units")]
    TooMuch {
        /// By how much.
        minor: i64,
    },
    /// What is given for later is a larger share of what is paid than the promise allows.
    #[error("what is given for later may be {ppm} millionths of what is paid")]
    EarnsTooMuch {
        /// The share, in parts per million.
        ppm: i64,
    },
    /// No order shows that the cap of a rule is reached, or that it is not always.
    #[error("no two orders show that the cap of rule {rule} decides something")]
    NoCap {
        /// The rule.
        rule: String,
    },
    /// An order is of goods that the catalogue does not sell, or not so many of.
    #[error("an order is not of what the catalogue sells: {sku}")]
    NotSold {
        /// The product.
        sku: String,
    },
    /// An order is shipped at a fee that the catalogue does not have.
    #[error("an order is shipped at a fee that the catalogue does not have: {minor} minor units")]
    NotShipped {
        /// The fee.
        minor: i64,
    },
    /// The certificate is one of another promise.
    #[error("this is no certificate of {}", promise.name())]
    OtherPromise {
        /// The promise.
        promise: Promise,
    },
    /// A case does not close.
    #[error("case {number} of the proof does not close")]
    Open {
        /// Its number, from 1, in the order of the tree.
        number: usize,
    },
}

/// Verifies that a promise holds for a rule set and catalogue.
///
/// Cost: linear in the certificate, times rules and classes of products; orders of examples are priced.
///
/// # Errors
/// [`CheckError`] when the certificate does not show it.
pub fn check(
    rules: &RuleSet,
    catalogue: &Catalogue,
    promises: &Promises,
    promise: Promise,
    certificate: &Certificate,
) -> Result<(), CheckError> {
    Checker::new(&rules.in_order(), catalogue).check(promises, promise, certificate)
}

/// The checker with the classes of products read once, for several certificates.
pub(super) struct Checker<'r> {
    rules: &'r RuleSet,
    catalogue: &'r Catalogue,
    shelf: OnceCell<Shelf<'r>>,
}

impl<'r> Checker<'r> {
    pub(super) const fn new(rules: &'r RuleSet, catalogue: &'r Catalogue) -> Self {
        Self { rules, catalogue, shelf: OnceCell::new() }
    }

    fn shelf(&self) -> &Shelf<'r> {
        self.shelf.get_or_init(|| Shelf::new(self.rules, self.catalogue))
    }

    /// Asks which rules keep others out, in so many looks.
    pub(super) fn shadows(&self, looks: u64) -> Shadows<'_> {
        Shadows::new(self.rules, self.catalogue, self.shelf(), looks)
    }

    /// What bounds say of a rule's cap, if anything.
    pub(super) fn says_of_cap(&self, rule: &Rule) -> Option<CapSays> {
        caps::says(self.rules, self.catalogue, self.shelf(), rule)
    }

    /// As [`check`].
    pub(super) fn check(
        &self,
        promises: &Promises,
        promise: Promise,
        certificate: &Certificate,
    ) -> Result<(), CheckError> {
        let Self { rules, catalogue, .. } = *self;
        match (certificate, promise) {
            (Certificate::NoCase {}, _) if no_case(rules, catalogue, promises, promise) => Ok(()),
            (Certificate::NoCase {}, _) => Err(CheckError::HasCases { promise }),
            (Certificate::Examples { orders, tiers }, Promise::EveryRule) => {
                are_sold(catalogue, orders.values().chain(tiers.values().flatten()))?;
                examples::check(rules, orders, tiers)
            }
            (
                Certificate::Bound { tree, tolerance_minor },
                Promise::AboveCost | Promise::NotFree | Promise::Depth | Promise::SplitFarm,
            ) => {
                let thresholds = promises.thresholds(rules.currency)?;
                let asked = tree::Asked { promise, thresholds, tolerance: *tolerance_minor };
                Cases::new(rules, catalogue, self.shelf(), &asked)?.check(tree)
            }
            (Certificate::Accounts { orders }, Promise::LimitsHold) => {
                are_sold(catalogue, orders.values())?;
                accounts::check(rules, orders)
            }
            (Certificate::Earned { depth }, Promise::EarnShare | Promise::NoPump) => {
                let thresholds = promises.thresholds(rules.currency)?;
                earned::check((rules, catalogue, self.shelf()), promise, &thresholds, depth.as_ref())
            }
            (Certificate::Caps { reached, below }, Promise::CapsMatter) => {
                are_sold(catalogue, reached.values().chain(below.values()))?;
                caps::check(rules, reached, below)
            }
            (
                Certificate::Steady { effects, tolerance_minor },
                Promise::AddItem | Promise::SplitPays | Promise::ExclusionsHold | Promise::PoolingPays,
            ) => {
                let thresholds = promises.thresholds(rules.currency)?;
                let steady = Steady::new(rules, catalogue, self.shelf(), promise);
                steady.check(effects, *tolerance_minor, &thresholds)
            }
            (
                Certificate::Examples { .. }
                | Certificate::Accounts { .. }
                | Certificate::Bound { .. }
                | Certificate::Earned { .. }
                | Certificate::Caps { .. }
                | Certificate::Steady { .. },
                _,
            ) => Err(CheckError::OtherPromise { promise }),
        }
    }
}

/// How many classes of products the checker finds.
#[cfg(test)]
pub(super) fn classes(rules: &RuleSet, catalogue: &Catalogue) -> usize {
    Shelf::new(rules, catalogue).classes.len()
}

/// Verifies that orders are of products of the catalogue as these are, of no more than there are, and at its shipping fees.
fn are_sold<'o>(
    catalogue: &Catalogue,
    mut orders: impl Iterator<Item = &'o Order>,
) -> Result<(), CheckError> {
    orders.try_for_each(|order| {
        let mut bought: BTreeMap<&str, u64> = BTreeMap::new();
        for line in order.cart.lines() {
            let sku = line.sku.as_str();
            let count = bought.entry(sku).or_default();
            *count = count.saturating_add(u64::from(line.quantity));
            let is_so = catalogue.product(sku).is_some_and(|product| {
                let mut sold = product.piece.clone();
                // Prizes count as a cost there; what rules look at is the rest.
                (sold.id, sold.quantity, sold.cost) = (line.id.clone(), line.quantity, line.cost);
                sold == *line && product.stock.is_none_or(|stock| *count <= u64::from(stock))
            });
            is_so.then_some(()).ok_or_else(|| CheckError::NotSold { sku: sku.to_owned() })?;
        }
        let mut fees = order.cart.charges().iter();
        match fees.find(|fee| !catalogue.charges().contains(fee)) {
            None => Ok(()),
            Some(fee) => Err(CheckError::NotShipped { minor: fee.amount.minor() }),
        }
    })
}

/// An order priced by the pipeline, with no limit used up before it.
fn priced(plan: &Plan, order: &Order) -> Option<Quote> {
    plan.price(&mut Scratch::default(), &order.cart, &order.context, &Usage::default()).ok()
}
