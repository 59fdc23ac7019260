//! When a rule may apply.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{AttributeTest, Base, Selector, is_default};
use crate::money::{Amount, Currency, Percent};
use crate::shop::{
    Channel, CouponCode, ExperimentId, Moment, PaymentMethod, Region, Segment, ShippingMethod, TimeOfDay,
    UtcOffset, Weekday,
};

/// A test on the cart and the context. It never reads its own rule's effect (design §4.4).
///
/// In JSON every condition is an object with one key: `{"all": […]}`, `{"spend": {"at_least": "300.00"}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Condition {
    /// All of them; the empty list holds.
    All(Vec<Self>),
    /// At least one of them; the empty list does not hold.
    Any(Vec<Self>),
    /// Not this one.
    Not(Box<Self>),
    /// The moment is in a window.
    Window(Window),
    /// The moment is in a window that comes back every week or day.
    Weekly(Weekly),
    /// The selected units are worth so much.
    Spend(Spend),
    /// There are so many selected units.
    Quantity(Quantity),
    /// The selected units are of so many different skus.
    DistinctSkus(DistinctSkus),
    /// There is a selected unit.
    Contains(Contains),
    /// The customer is in one of these segments.
    Segment(AnyOf<Segment>),
    /// The customer's level is in a range; an unknown level is in none.
    Level(Range),
    /// The order is the customer's first; an unknown order number is not.
    FirstOrder {},
    /// The order's number among the customer's orders.
    OrderNumber(OrderNumber),
    /// The customer's birthday, in the moment's own offset.
    Birthday(BirthdayWhen),
    /// The order is placed in one of these channels.
    Channel(AnyOf<Channel>),
    /// The order goes to one of these regions, or below.
    Region(AnyOf<Region>),
    /// The order is paid by one of these methods.
    PaymentMethod(AnyOf<PaymentMethod>),
    /// A shipping charge of the cart is by one of these methods.
    ShippingMethod(AnyOf<ShippingMethod>),
    /// The rule set's currency is one of these; for rules and fragments shared between rule sets.
    Currency(AnyOf<Currency>),
    /// One of these codes was entered; it does not make the rule a coupon.
    Code(AnyOf<CouponCode>),
    /// The buying group's size is in a range; no group is in none.
    GroupSize(Range),
    /// The customer falls into a part of an experiment.
    Experiment(Experiment),
    /// A fact of the context.
    Attribute(AttributeTest),
}

/// One of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(serialize = "T: Serialize", deserialize = "T: Deserialize<'de> + Ord"))]
pub struct AnyOf<T> {
    /// The members.
    pub any_of: BTreeSet<T>,
}

impl<T: Ord> AnyOf<T> {
    /// One of these.
    pub fn new<U: Into<T>>(members: impl IntoIterator<Item = U>) -> Self {
        Self { any_of: members.into_iter().map(Into::into).collect() }
    }
}

/// Whole numbers in a range, both ends included; a missing end is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Range {
    /// Not below this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u32>,
    /// Not above this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u32>,
}

impl Range {
    /// A range; `None` leaves a side open.
    #[must_use]
    pub const fn between(at_least: Option<u32>, at_most: Option<u32>) -> Self {
        Self { at_least, at_most }
    }

    /// Whether a number is in the range.
    #[must_use]
    pub fn contains(&self, number: u32) -> bool {
        self.at_least.is_none_or(|least| number >= least) && self.at_most.is_none_or(|most| number <= most)
    }
}

/// Which units a counting condition looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// Those of the part its rule works on: the order, the shop or the line at hand.
    #[default]
    Part,
    /// Those of the whole order, whatever the rule works on.
    Order,
    /// Those of some single line: one line alone must meet it.
    AnyLine,
}

/// A half-open window `[from, until)`; a missing end is open. Both ends carry their offset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Window {
    /// The first instant inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// The first instant outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

impl Window {
    /// A window; `None` leaves a side open.
    #[must_use]
    pub const fn new(from: Option<Moment>, until: Option<Moment>) -> Self {
        Self { from, until }
    }
}

/// A window `[from, until)` on some days of the week, in a named offset. When `until` is not after `from` it ends on
/// the next day, and belongs to the day on which it starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Weekly {
    /// The days on which it starts; every day, if left out.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub days: BTreeSet<Weekday>,
    /// The first minute inside.
    pub from: TimeOfDay,
    /// The first minute outside.
    pub until: TimeOfDay,
    /// The offset the days and times are in.
    pub offset: UtcOffset,
}

impl Weekly {
    /// A window on every day.
    #[must_use]
    pub const fn daily(from: TimeOfDay, until: TimeOfDay, offset: UtcOffset) -> Self {
        Self { days: BTreeSet::new(), from, until, offset }
    }

    /// Starts on this day too, and no longer on every day.
    #[must_use]
    pub fn on(mut self, day: Weekday) -> Self {
        self.days.insert(day);
        self
    }
}

/// The selected units are worth between two amounts, both included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Spend {
    /// The units that count; all, if left out.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub of: Selector,
    /// Which value of theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// Not below this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Amount>,
    /// Not above this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Amount>,
    /// Where they are counted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub within: Within,
    /// Counts shipping fees as well, at the same base.
    #[serde(default, skip_serializing_if = "is_default")]
    pub with_shipping: bool,
}

impl Spend {
    /// Worth at least so much.
    #[must_use]
    pub fn at_least(of: Selector, amount: Amount) -> Self {
        Self { of, at_least: Some(amount), ..Self::default() }
    }

    /// Worth between two amounts; `None` leaves a side open.
    #[must_use]
    pub fn between(of: Selector, at_least: Option<Amount>, at_most: Option<Amount>) -> Self {
        Self { of, at_least, at_most, ..Self::default() }
    }

    /// Counts another value.
    #[must_use]
    pub fn base(mut self, base: Base) -> Self {
        self.base = Some(base);
        self
    }

    /// Counts elsewhere.
    #[must_use]
    pub const fn within(mut self, within: Within) -> Self {
        self.within = within;
        self
    }

    /// Counts shipping fees as well.
    #[must_use]
    pub const fn with_shipping(mut self) -> Self {
        self.with_shipping = true;
        self
    }
}

/// There are between two numbers of selected units, both included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Quantity {
    /// The units that count; all, if left out.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub of: Selector,
    /// Not fewer than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u32>,
    /// Not more than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u32>,
    /// Where they are counted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub within: Within,
}

impl Quantity {
    /// At least so many.
    #[must_use]
    pub fn at_least(of: Selector, units: u32) -> Self {
        Self { of, at_least: Some(units), ..Self::default() }
    }

    /// Between two numbers; `None` leaves a side open.
    #[must_use]
    pub fn between(of: Selector, at_least: Option<u32>, at_most: Option<u32>) -> Self {
        Self { of, at_least, at_most, ..Self::default() }
    }

    /// Counts elsewhere.
    #[must_use]
    pub const fn within(mut self, within: Within) -> Self {
        self.within = within;
        self
    }
}

/// The selected units are of at least so many different skus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DistinctSkus {
    /// The units that count; all, if left out.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub of: Selector,
    /// Not fewer than this.
    pub at_least: u32,
    /// Where they are counted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub within: Within,
}

impl DistinctSkus {
    /// At least so many different skus.
    #[must_use]
    pub const fn at_least(of: Selector, skus: u32) -> Self {
        Self { of, at_least: skus, within: Within::Part }
    }

    /// Counts elsewhere.
    #[must_use]
    pub const fn within(mut self, within: Within) -> Self {
        self.within = within;
        self
    }
}

/// There is a selected unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Contains {
    /// The units looked for.
    pub of: Selector,
    /// Where.
    #[serde(default, skip_serializing_if = "is_default")]
    pub within: Within,
}

impl Contains {
    /// There is a unit of this selector.
    #[must_use]
    pub const fn new(of: Selector) -> Self {
        Self { of, within: Within::Part }
    }

    /// Looks elsewhere.
    #[must_use]
    pub const fn within(mut self, within: Within) -> Self {
        self.within = within;
        self
    }
}

/// Which order of the customer this is, counted from 1; an unknown number meets nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OrderNumber {
    /// Not before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u32>,
    /// Not after this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u32>,
    /// A multiple of this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<u32>,
}

impl OrderNumber {
    /// Between two numbers; `None` leaves a side open.
    #[must_use]
    pub const fn between(at_least: Option<u32>, at_most: Option<u32>) -> Self {
        Self { at_least, at_most, every: None }
    }

    /// Every n-th order.
    #[must_use]
    pub const fn every(orders: u32) -> Self {
        Self { at_least: None, at_most: None, every: Some(orders) }
    }

    /// Whether the n-th order meets it.
    #[must_use]
    pub fn holds(&self, number: u32) -> bool {
        let in_range = Range::between(self.at_least, self.at_most).contains(number);
        in_range && self.every.is_none_or(|every| number.checked_rem(every) == Some(0))
    }
}

/// How near the birthday is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BirthdayWhen {
    /// This month.
    Month,
    /// Today. Somebody born on 29 February has it on 28 February in other years.
    Day,
}

/// A part of an experiment: the customer's place between 0 and 100 percent is in `[from, until)`. The place is a
/// stable hash of the experiment and the customer; a customer without an id is in no part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Experiment {
    /// The experiment.
    pub id: ExperimentId,
    /// Where the part begins.
    pub from: Percent,
    /// Where it ends.
    pub until: Percent,
}

impl Experiment {
    /// The part from one percentage up to another.
    pub fn new(id: impl AsRef<str>, from: Percent, until: Percent) -> Self {
        Self { id: ExperimentId::new(id), from, until }
    }
}
