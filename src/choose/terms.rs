//! What a choice is asked for.

/// How coupons are to be chosen. The default: the best of all that was given, with a budget of
/// [`NODES_DEFAULT`](Terms::NODES_DEFAULT) nodes.
///
/// ```
/// use dealproof::choose::{Mode, Terms};
///
/// let terms = Terms::default().mode(Mode::AtMost(2)).nodes(10_000);
/// assert_eq!(terms.nodes, 10_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Terms {
    /// Which sets of coupons may be chosen.
    pub mode: Mode,
    /// Most nodes the search looks at: a count of work, the same on every machine. When it runs out the best set found is
    /// returned with the proven gap.
    pub nodes: u64,
}

/// Which sets of coupons may be chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Any.
    #[default]
    Best,
    /// All that was given or nothing: a set that does not go together is refused, with a reason for each coupon.
    Exactly,
    /// At most so many.
    AtMost(u32),
}

impl Terms {
    /// Nodes looked at unless something else is said.
    pub const NODES_DEFAULT: u64 = 100_000;

    /// Terms of a mode, with the default budget.
    #[must_use]
    pub const fn of(mode: Mode) -> Self {
        Self { mode, nodes: Self::NODES_DEFAULT }
    }

    /// Sets which sets may be chosen.
    #[must_use]
    pub const fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Sets the budget of nodes.
    #[must_use]
    pub const fn nodes(mut self, nodes: u64) -> Self {
        self.nodes = nodes;
        self
    }
}

impl Default for Terms {
    fn default() -> Self {
        Self::of(Mode::Best)
    }
}
