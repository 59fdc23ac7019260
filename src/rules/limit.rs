//! How often and how much a rule may be used.

use serde::{Deserialize, Serialize};

use super::{QuotaId, is_default};
use crate::money::Amount;

/// Limits of a rule. Pricing reads what is used so far from the `Usage` it is given; every limit that is set becomes a
/// claim of the quote when the rule grants (L-1, L-2). Orders and units are counts; a limit of zero is a validation error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RuleLimits {
    /// Orders it may be used in, in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<u64>,
    /// Orders of one customer it may be used in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_per_customer: Option<u64>,
    /// Units it may discount, in all; for a gift, the gifts; for a grant, the pieces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<u64>,
    /// Units of one customer it may discount, over all their orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units_per_customer: Option<u64>,
    /// Units of one order it may discount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units_per_order: Option<u64>,
    /// Money it may give, in all, in units of the rule set's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Amount>,
    /// Points it may give or redeem, in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<u64>,
    /// Points it may give to or redeem for one customer, over all their orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points_per_customer: Option<u64>,
    /// What to do when units, points or budget do not suffice.
    #[serde(default, skip_serializing_if = "is_default")]
    pub short: Short,
}

impl RuleLimits {
    /// Whether nothing is limited or said about limits.
    pub(crate) fn is_empty(&self) -> bool {
        let Self {
            uses,
            uses_per_customer,
            units,
            units_per_customer,
            units_per_order,
            budget,
            points,
            points_per_customer,
            short,
        } = self;
        let counts = [
            uses,
            uses_per_customer,
            units,
            units_per_customer,
            units_per_order,
            points,
            points_per_customer,
        ];
        counts.iter().all(|limit| limit.is_none()) && budget.is_none() && *short == Short::default()
    }

    /// No limits.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Limits the orders in all.
    #[must_use]
    pub const fn uses(mut self, uses: u64) -> Self {
        self.uses = Some(uses);
        self
    }

    /// Limits the orders of one customer.
    #[must_use]
    pub const fn uses_per_customer(mut self, uses: u64) -> Self {
        self.uses_per_customer = Some(uses);
        self
    }

    /// Limits the units in all.
    #[must_use]
    pub const fn units(mut self, units: u64) -> Self {
        self.units = Some(units);
        self
    }

    /// Limits the units of one customer.
    #[must_use]
    pub const fn units_per_customer(mut self, units: u64) -> Self {
        self.units_per_customer = Some(units);
        self
    }

    /// Limits the units of one order.
    #[must_use]
    pub const fn units_per_order(mut self, units: u64) -> Self {
        self.units_per_order = Some(units);
        self
    }

    /// Limits the money in all.
    #[must_use]
    pub const fn budget(mut self, budget: Amount) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Limits the points in all.
    #[must_use]
    pub const fn points(mut self, points: u64) -> Self {
        self.points = Some(points);
        self
    }

    /// Limits the points of one customer.
    #[must_use]
    pub const fn points_per_customer(mut self, points: u64) -> Self {
        self.points_per_customer = Some(points);
        self
    }

    /// Sets what to do when units, points or budget do not suffice.
    #[must_use]
    pub const fn short(mut self, short: Short) -> Self {
        self.short = short;
        self
    }

    /// True when a limit needs to know the customer.
    #[must_use]
    pub const fn is_per_customer(&self) -> bool {
        self.uses_per_customer.is_some()
            || self.units_per_customer.is_some()
            || self.points_per_customer.is_some()
    }
}

/// Units that several rules share: a campaign's total over all its slots 场次, or a slot's over all its products. A rule
/// that draws on quotas discounts the fewest units that its own limits and all its quotas leave; what one rule has taken in
/// an order the others find gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Quota {
    /// Its name; unique in the rule set.
    pub id: QuotaId,
    /// Units its rules may discount together, in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<u64>,
    /// Units of one customer they may discount together, over all their orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units_per_customer: Option<u64>,
}

impl Quota {
    /// A quota that limits nothing yet.
    #[must_use]
    pub fn new(id: impl AsRef<str>) -> Self {
        Self { id: QuotaId::new(id), units: None, units_per_customer: None }
    }

    /// Limits the units in all.
    #[must_use]
    pub const fn units(mut self, units: u64) -> Self {
        self.units = Some(units);
        self
    }

    /// Limits the units of one customer.
    #[must_use]
    pub const fn units_per_customer(mut self, units: u64) -> Self {
        self.units_per_customer = Some(units);
        self
    }
}

/// What a rule does when its units, points or budget do not suffice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Short {
    /// Gives what is left, and says so (L-2).
    #[default]
    Partial,
    /// Gives nothing.
    Refuse,
}
