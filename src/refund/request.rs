//! What a host asks of a refund.

use crate::money::Money;
use crate::record::{Quote, Receipt, RefundId, Way};
use crate::rules::RuleId;
use crate::shop::{LineId, Moment, Sku};

/// What goes back, and what the host knows about it.
///
/// ```
/// use dealproof::money::Money;
/// use dealproof::refund::Return;
///
/// let parcel = Return::new("return-1", "2026-11-20T10:00:00+08:00".parse()?)
///     .line("1", 2)
///     .gift("TUMBLER", 1)
///     .freight(Money::from_minor(580));
/// assert_eq!(parcel.units.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Return {
    /// Names the refund; unique in its receipt.
    pub id: RefundId,
    /// When.
    pub at: Moment,
    /// Units that go, by line; a line may be named more than once.
    pub units: Vec<(LineId, Way, u32)>,
    /// Gifts and add-ons that come back with them.
    pub pieces: Vec<(Sku, u32)>,
    /// How many of the coupons or balances that a rule granted the shopper has spent by now, in all.
    pub spent: Vec<(RuleId, u64)>,
    /// Points in the shopper's wallet now: no more are taken back, unless the shopper owes them. Left out, it holds enough.
    pub points_held: Option<u64>,
    /// What sending them back cost, by evidence.
    pub freight: Money,
}

impl Return {
    /// A return of nothing yet.
    pub fn new(id: impl Into<RefundId>, at: Moment) -> Self {
        let (units, pieces, spent) = (Vec::new(), Vec::new(), Vec::new());
        Self { id: id.into(), at, units, pieces, spent, points_held: None, freight: Money::ZERO }
    }

    /// All that is left of an order, its gifts and add-ons included.
    pub fn everything(id: impl Into<RefundId>, at: Moment, receipt: &Receipt) -> Self {
        let mut all = Self::new(id, at);
        super::gone::add_left(&mut all, receipt);
        all
    }

    /// Adds units of a line that the shopper sends back.
    #[must_use]
    pub fn line(self, line: impl AsRef<str>, units: u32) -> Self {
        self.way(line, Way::Returned, units)
    }

    /// Adds units of a line that the shopper cancels before they are shipped.
    #[must_use]
    pub fn cancelled(self, line: impl AsRef<str>, units: u32) -> Self {
        self.way(line, Way::Cancelled, units)
    }

    /// Adds units of a line that the shop does not deliver.
    #[must_use]
    pub fn undelivered(self, line: impl AsRef<str>, units: u32) -> Self {
        self.way(line, Way::Undelivered, units)
    }

    /// Adds units of a line that go in some way.
    #[must_use]
    pub fn way(mut self, line: impl AsRef<str>, way: Way, units: u32) -> Self {
        self.units.push((LineId::new(line), way, units));
        self
    }

    /// Adds pieces of a gift or add-on.
    #[must_use]
    pub fn gift(mut self, sku: impl AsRef<str>, pieces: u32) -> Self {
        self.pieces.push((Sku::new(sku), pieces));
        self
    }

    /// Says how many of what a rule granted the shopper has spent by now.
    #[must_use]
    pub fn spent(mut self, rule: impl AsRef<str>, pieces: u64) -> Self {
        self.spent.push((RuleId::new(rule), pieces));
        self
    }

    /// Says how many points the shopper has now.
    #[must_use]
    pub const fn points_held(mut self, points: u64) -> Self {
        self.points_held = Some(points);
        self
    }

    /// Says what sending it back cost.
    #[must_use]
    pub const fn freight(mut self, cost: Money) -> Self {
        self.freight = cost;
        self
    }
}

/// A claim under the promise to pay the difference when the price falls.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Protect<'a> {
    /// Names the refund; unique in its receipt.
    pub id: RefundId,
    /// When.
    pub at: Moment,
    /// What the goods that are kept cost now: the same lines in the same quantities, as the same shopper could buy them. So
    /// leave out codes and coupons that are used up or given to few, and rules that are not for everybody, such as flash
    /// sales of few pieces, by [`Usage::off`](crate::record::Usage). What points and balances would pay makes no difference.
    pub now: &'a Quote,
}

impl<'a> Protect<'a> {
    /// A claim at a moment, with the quote of then.
    pub fn new(id: impl Into<RefundId>, at: Moment, now: &'a Quote) -> Self {
        Self { id: id.into(), at, now }
    }
}
