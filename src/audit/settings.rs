//! How far an audit looks.

use crate::rules::{Promise, Promises};

/// Most shoppers made up from the rules.
pub(super) const SHOPPERS_MAX: usize = 32;
/// Most promises' instances looked at: pairs of rules, single rules.
pub(super) const CHECKS_MAX: usize = 2_000;
/// Most pieces of one product in an order, whatever the bounds say.
pub(super) const PIECES_MAX: u32 = 100_000;

/// How far an audit has come, for whoever waits for it. It never changes the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// It begins to buy in some way.
    Searching {
        /// In which way.
        phase: &'static str,
        /// Orders priced so far.
        orders: u64,
    },
    /// It makes a breach of a promise small, explains and mends it.
    Confirming {
        /// The promise.
        promise: Promise,
    },
    /// It looks for a proof.
    Proving {
        /// The promise.
        promise: Promise,
    },
}

impl std::fmt::Display for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Searching { phase, orders } => write!(f, "{orders} orders priced; next: {phase}"),
            Self::Confirming { promise } => write!(f, "{} is broken; making it small", promise.name()),
            Self::Proving { promise } => write!(f, "looking for a proof of {}", promise.name()),
        }
    }
}

/// What an audit looks for, and how much work it may do. Work is counted in orders priced and nodes bounded, of which those
/// that take very much count as several, and never in time, so that the same audit gives the same report on every machine.
///
/// ```
/// use dealproof::audit::AuditBounds;
///
/// let bounds = AuditBounds::default().orders(20_000).pieces(10);
/// assert_eq!(bounds.pieces, 10);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditBounds {
    /// What the shop relies on.
    pub promises: Promises,
    /// Orders the search may price; one that takes more than four thousand tests of rules counts as several.
    pub orders: u64,
    /// Nodes the proof of one promise may have.
    pub nodes: u64,
    /// Pieces of one product the search buys beyond what a threshold asks for.
    pub pieces: u32,
    /// Products the search buys in one order.
    pub products: usize,
}

impl Default for AuditBounds {
    fn default() -> Self {
        Self { promises: Promises::default(), orders: 200_000, nodes: 20_000, pieces: 10, products: 4 }
    }
}

impl AuditBounds {
    /// Sets what the shop relies on.
    #[must_use]
    pub fn promises(mut self, promises: Promises) -> Self {
        self.promises = promises;
        self
    }

    /// Sets how many orders the search may price.
    #[must_use]
    pub const fn orders(mut self, orders: u64) -> Self {
        self.orders = orders;
        self
    }

    /// Sets how many nodes the proof of one promise may have.
    #[must_use]
    pub const fn nodes(mut self, nodes: u64) -> Self {
        self.nodes = nodes;
        self
    }

    /// Sets how many pieces of one product the search buys beyond what a threshold asks for.
    #[must_use]
    pub const fn pieces(mut self, pieces: u32) -> Self {
        self.pieces = pieces;
        self
    }

    /// Sets how many products the search buys in one order.
    #[must_use]
    pub const fn products(mut self, products: usize) -> Self {
        self.products = products;
        self
    }
}
