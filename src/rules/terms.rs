//! What a rule gives and when, in one form for the ways of writing it: for whoever asks which rules are alike.
//!
//! Only what holds of every cart and context is used, so equal terms mean the same; what means the same need not have equal
//! terms.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{
    AnyOf, Benefit, Condition, Contains, Coupon, DistinctSkus, Each, GroupOff, Per, Quantity, QuantityTiers,
    Rule, ShippingOff, Spend, SpendTiers, StageId, Test, TierOff, Times, UnitLadder, UnitLimit, UnitOff,
    View, Window,
};
use crate::money::Amount;
use crate::shop::{CouponCode, Moment};

/// When a rule runs, by the windows that it cannot do without: milliseconds, half-open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub from: Option<i64>,
    pub until: Option<i64>,
}

impl Span {
    fn of(window: &Window) -> Self {
        Self { from: window.from.map(Moment::unix_ms), until: window.until.map(Moment::unix_ms) }
    }

    /// For how long it runs on behind the begin of another.
    pub(crate) fn behind(self, other: Self) -> Option<i64> {
        self.until.zip(other.from).map(|(until, from)| until.saturating_sub(from))
    }

    /// Whether there is a moment in both.
    pub(crate) fn meets(self, other: Self) -> bool {
        let is_in = |one: Self, other: Self| one.behind(other).is_none_or(|by| by > 0);
        is_in(self, other) && is_in(other, self) && is_in(self, self) && is_in(other, other)
    }
}

/// What a rule gives, on what and under which conditions: all but its names, tags, rank, limits, quotas, stacking, rounding,
/// reuse, bearers and times.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Terms<'r> {
    stage: &'r StageId,
    per: Per,
    /// The codes of its coupon, and whether wallets hold it.
    coupon: Option<(BTreeSet<&'r str>, bool)>,
    condition: Option<Condition>,
    benefit: Benefit,
    cap: Option<Amount>,
}

impl Rule {
    /// What it gives and under which conditions, and when it runs.
    pub(crate) fn terms(&self) -> (Terms<'_>, Span) {
        let coupon = self.coupon.as_ref().map(|coupon| {
            (coupon.codes.iter().filter_map(CouponCode::folded).collect::<BTreeSet<&str>>(), coupon.wallet)
        });
        let (condition, window) = self.timeless();
        let most = most_off(&self.benefit);
        let terms = Terms {
            stage: &self.stage,
            per: self.per,
            coupon,
            condition,
            benefit: normal(&self.benefit),
            // A cap cuts down what is more than it.
            cap: self.money_cap().filter(|cap| most.is_none_or(|most| most > *cap)),
        };
        (terms, Span::of(&window))
    }

    /// When it runs, by the windows that it cannot do without, however they are written, with ends as they are written.
    pub(crate) fn window(&self) -> Window {
        let mut time = Window::default();
        self.condition.iter().for_each(|condition| condition.needs_time(Side::Itself, &mut time));
        time
    }

    fn timeless(&self) -> (Option<Condition>, Window) {
        self.condition.as_ref().map(Condition::normal).map(timeless).unwrap_or_default()
    }
}

/// Whom a rule is for: what it asks for besides the windows that it cannot do without.
#[derive(Debug)]
pub(crate) struct Asks<'r> {
    coupon: Option<&'r Coupon>,
    is_limited: bool,
    /// All of these, in their one form.
    conditions: Vec<Condition>,
    benefit: &'r Benefit,
}

impl Asks<'_> {
    /// Whether a rule of the same kind for the same goods applies wherever another one does while it runs: it asks for nothing
    /// that the other does not ask for as well, and has no limit where the other has none.
    pub(crate) fn no_more_than(&self, other: &Self) -> bool {
        (self.coupon.is_none() || self.coupon == other.coupon)
            && (!self.is_limited || other.is_limited)
            && gives_as_soon(self.benefit, other.benefit)
            && self.conditions.iter().all(|one| other.conditions.contains(one))
    }

    /// How many comparisons that takes with another at most.
    pub(crate) fn looks(&self, other: &Self) -> usize {
        self.conditions.len().saturating_mul(other.conditions.len())
    }
}

impl Rule {
    /// Whom it is for.
    pub(crate) fn asks(&self) -> Asks<'_> {
        let rest = self.condition.as_ref().and_then(|condition| timeless(condition.normal()).0);
        let conditions = match rest {
            None => Vec::new(),
            Some(Condition::All(nested)) => nested,
            Some(one) => vec![one],
        };
        Asks {
            coupon: self.coupon.as_ref(),
            is_limited: self.is_limited(),
            conditions,
            benefit: &self.benefit,
        }
    }
}

/// Whether a benefit gives something wherever another of its kind for the same goods does, more or less of it: it counts the same
/// goods, and asks for no more of them.
fn gives_as_soon(own: &Benefit, other: &Benefit) -> bool {
    own == other
        || match (own, other) {
            (Benefit::PercentOff(own), Benefit::PercentOff(other)) => own.of == other.of,
            (Benefit::AmountOff(_), Benefit::AmountOff(_)) => true,
            (Benefit::UnitPrice(own), Benefit::UnitPrice(other)) => own.price <= other.price,
            (Benefit::TotalPrice(own), Benefit::TotalPrice(other)) => own.price <= other.price,
            (Benefit::SpendTiers(own), Benefit::SpendTiers(other)) => {
                let first = |of: &SpendTiers| of.tiers.first().map(|tier| tier.at);
                let is_off = own.tiers.iter().all(|tier| !matches!(tier.off, TierOff::UnitPrice(_)));
                own.qualifier == other.qualifier
                    && own.base == other.base
                    && first(own) <= first(other)
                    && is_off
            }
            (Benefit::QuantityTiers(own), Benefit::QuantityTiers(other)) => {
                let first = |of: &QuantityTiers| of.tiers.first().map(|tier| tier.at);
                let is_off = own.tiers.iter().all(|tier| !matches!(tier.off, TierOff::UnitPrice(_)));
                own.qualifier == other.qualifier && first(own) <= first(other) && is_off
            }
            (Benefit::Every(own), Benefit::Every(other)) => {
                own.qualifier == other.qualifier && own.base == other.base && own.step == other.step
            }
            (Benefit::Bundle(own), Benefit::Bundle(other)) => {
                own.parts == other.parts && matches!(own.off, GroupOff::Percent(_) | GroupOff::Amount(_))
            }
            (Benefit::Shipping(own), Benefit::Shipping(other)) => {
                (own.methods.is_empty() || own.methods == other.methods)
                    && (own.shops.is_empty() || own.shops == other.shops)
            }
            // Of these what else is asked for is not told by a few fields.
            (
                Benefit::PercentOff(_)
                | Benefit::AmountOff(_)
                | Benefit::UnitPrice(_)
                | Benefit::TotalPrice(_)
                | Benefit::SpendTiers(_)
                | Benefit::Every(_)
                | Benefit::QuantityTiers(_)
                | Benefit::BuyGet(_)
                | Benefit::NthUnit(_)
                | Benefit::UnitLadder(_)
                | Benefit::NFor(_)
                | Benefit::Bundle(_)
                | Benefit::Gift(_)
                | Benefit::Shipping(_)
                | Benefit::GroupPrice(_)
                | Benefit::BargainPrice(_)
                | Benefit::PointsEarn(_)
                | Benefit::PointsRedeem(_)
                | Benefit::Presale(_)
                | Benefit::UseBalance(_)
                | Benefit::Grant(_),
                _,
            ) => false,
        }
}

/// What a condition in its one form asks for besides the windows that it cannot do without, and these. What asks for nothing is
/// as good as no condition.
fn timeless(condition: Condition) -> (Option<Condition>, Window) {
    let all = match condition {
        Condition::All(nested) => nested,
        other => vec![other],
    };
    let mut time = Window::default();
    let mut rest = Vec::new();
    for one in all {
        match one.of_window() {
            Some(window) => time = within(&time, window),
            None => rest.push(one),
        }
    }
    let rest = one_of(rest, Condition::All);
    ((rest != Condition::All(Vec::new())).then_some(rest), time)
}

/// The time in both windows.
fn within(one: &Window, other: &Window) -> Window {
    let from = one.from.into_iter().chain(other.from).max_by_key(|from| from.unix_ms());
    let until = one.until.into_iter().chain(other.until).min_by_key(|until| until.unix_ms());
    Window::new(from, until)
}

/// The most that a benefit takes off a part of an order, where an amount says so whatever is in it.
fn most_off(benefit: &Benefit) -> Option<Amount> {
    match benefit {
        Benefit::AmountOff(off) => match (off.each, off.limit) {
            (Each::Once, _) => Some(off.amount),
            (Each::Unit, Some(UnitLimit::Cheapest(units) | UnitLimit::Dearest(units))) => {
                times(off.amount, units)
            }
            (Each::Unit, None) => None,
        },
        Benefit::Every(off) => times(off.amount, most_times(off.times)?),
        Benefit::SpendTiers(off) => largest(off.tiers.iter().map(|tier| tier.off)),
        Benefit::QuantityTiers(off) => largest(off.tiers.iter().map(|tier| tier.off)),
        Benefit::BuyGet(off) => {
            times(off.off.amount()?, most_times(off.times)?.checked_mul(off.target.quantity)?)
        }
        Benefit::NthUnit(off) => {
            let groups = most_times(off.times);
            times(off.off.amount()?, groups.into_iter().chain(off.units_max).min()?)
        }
        Benefit::UnitLadder(off) => of_ladder(off),
        Benefit::NFor(off) => times(off.off.amount()?, most_times(off.times)?),
        Benefit::Bundle(off) => times(off.off.amount()?, most_times(off.times)?),
        Benefit::Shipping(shipping) => match shipping.off {
            ShippingOff::Amount(amount) => Some(amount),
            ShippingOff::Free {}
            | ShippingOff::Percent(_)
            | ShippingOff::AmountEach(_)
            | ShippingOff::Price(_) => None,
        },
        Benefit::PointsRedeem(redeem) => times(redeem.value, redeem.points_max?.checked_div(redeem.step)?),
        // Told by what goods, fees or the wallet hold, or nothing is taken off.
        Benefit::PercentOff(_)
        | Benefit::UnitPrice(_)
        | Benefit::TotalPrice(_)
        | Benefit::GroupPrice(_)
        | Benefit::BargainPrice(_)
        | Benefit::Presale(_)
        | Benefit::UseBalance(_)
        | Benefit::Gift(_)
        | Benefit::PointsEarn(_)
        | Benefit::Grant(_) => None,
    }
}

/// The most of some tiers, where all are amounts.
fn largest(tiers: impl Iterator<Item = TierOff>) -> Option<Amount> {
    let amounts = tiers.map(|off| match off {
        TierOff::Amount(amount) => Some(amount),
        TierOff::Percent(_) | TierOff::UnitPrice(_) => None,
    });
    amounts.collect::<Option<Vec<Amount>>>()?.into_iter().max()
}

/// What the places of a ladder get that ends, where all are amounts.
fn of_ladder(off: &UnitLadder) -> Option<Amount> {
    let last = off.units_max?;
    let mut sum = rust_decimal::Decimal::ZERO;
    for (at, step) in off.steps.iter().enumerate() {
        let until = off.steps.get(at + 1).map_or(last, |next| last.min(next.from.saturating_sub(1)));
        let places = until.saturating_add(1).saturating_sub(step.from);
        sum = sum.checked_add(times(step.off.amount()?, places)?.decimal())?;
    }
    Some(Amount::new(sum))
}

fn times(amount: Amount, times: u32) -> Option<Amount> {
    amount.decimal().checked_mul(times.into()).map(Amount::new)
}

const fn most_times(times: Times) -> Option<u32> {
    match times {
        Times::Max(times) => Some(times),
        Times::Uncapped => None,
    }
}

impl UnitOff {
    const fn amount(self) -> Option<Amount> {
        match self {
            Self::Amount(amount) => Some(amount),
            Self::Percent(_) | Self::Price(_) => None,
        }
    }
}

impl GroupOff {
    const fn amount(self) -> Option<Amount> {
        match self {
            Self::Amount(amount) => Some(amount),
            Self::Percent(_) | Self::Price(_) | Self::UnitPrice(_) => None,
        }
    }
}

/// With its selectors, and the conditions of factors, which no other benefit has, in one form.
fn normal(benefit: &Benefit) -> Benefit {
    let mut benefit = benefit.clone();
    benefit.selectors_mut().into_iter().for_each(|of| *of = of.normal());
    if let Benefit::PointsEarn(earn) = &mut benefit {
        let factors = earn.multipliers.iter_mut().filter_map(|factor| factor.when.as_mut());
        factors.for_each(|when| *when = when.normal());
    }
    benefit
}

/// Whether a condition counts as itself or as its opposite.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Itself,
    Opposite,
}

impl Side {
    const fn other(self) -> Self {
        match self {
            Self::Itself => Self::Opposite,
            Self::Opposite => Self::Itself,
        }
    }
}

impl Condition {
    /// The condition in one form: `not` stands before single tests alone, and before windows never, `all` in `all` and `any` in
    /// `any` are one list, lists are sorted and name nothing twice, a list of one is that one, codes are as they are compared, selectors in
    /// their one form, and the ends of windows in one offset.
    pub(crate) fn normal(&self) -> Self {
        self.on(Side::Itself)
    }

    /// The nesting is bounded by validation.
    fn on(&self, side: Side) -> Self {
        match (self, side) {
            (Self::Not(nested), side) => nested.on(side.other()),
            (Self::All(nested), Side::Itself) | (Self::Any(nested), Side::Opposite) => {
                let open = |one: Self| match one {
                    Self::All(nested) => nested,
                    other => vec![other],
                };
                one_of(listed(nested.iter().flat_map(|one| open(one.on(side)))), Self::All)
            }
            (Self::Any(nested), Side::Itself) | (Self::All(nested), Side::Opposite) => {
                let open = |one: Self| match one {
                    Self::Any(nested) => nested,
                    other => vec![other],
                };
                one_of(listed(nested.iter().flat_map(|one| open(one.on(side)))), Self::Any)
            }
            (Self::Code(known), side) => {
                let codes = known.any_of.iter().filter_map(CouponCode::folded).map(CouponCode::new);
                Self::Code(AnyOf { any_of: codes.collect() }).turned(side)
            }
            (Self::Spend(spend), side) => {
                Self::Spend(Spend { of: spend.of.normal(), ..spend.clone() }).turned(side)
            }
            (Self::Quantity(quantity), side) => {
                Self::Quantity(Quantity { of: quantity.of.normal(), ..quantity.clone() }).turned(side)
            }
            (Self::DistinctSkus(distinct), side) => {
                Self::DistinctSkus(DistinctSkus { of: distinct.of.normal(), ..distinct.clone() }).turned(side)
            }
            (Self::Contains(contains), side) => {
                Self::Contains(Contains { of: contains.of.normal(), ..contains.clone() }).turned(side)
            }
            (Self::Window(window), Side::Itself) => {
                let Window { from, until } = *window;
                Self::Window(Window::new(from.map(in_utc), until.map(in_utc)))
            }
            (Self::Window(window), Side::Opposite) => outside(*window),
            (leaf, side) => leaf.clone().turned(side),
        }
    }

    /// Narrows a time to the windows that the condition cannot do without. The nesting is bounded by validation.
    fn needs_time(&self, side: Side, time: &mut Window) {
        match self.view() {
            View::All(nested) if side == Side::Itself || nested.len() == 1 => {
                nested.iter().for_each(|one| one.needs_time(side, time));
            }
            View::Any(nested) if side == Side::Opposite || nested.len() == 1 => {
                nested.iter().for_each(|one| one.needs_time(side, time));
            }
            View::Not(nested) => nested.needs_time(side.other(), time),
            View::Test(Test::Window(window)) if side == Side::Itself => *time = within(time, window),
            // What is not before its end is behind it; what is neither before nor behind is no single window.
            View::Test(Test::Window(window)) if window.from.is_none() || window.until.is_none() => {
                *time = within(time, &Window::new(window.until, window.from));
            }
            View::All(_) | View::Any(_) | View::Test(_) => {}
        }
    }

    fn turned(self, side: Side) -> Self {
        match side {
            Side::Itself => self,
            Side::Opposite => Self::Not(Box::new(self)),
        }
    }
}

/// The same moment, whatever the offset that it is written in.
fn in_utc(moment: Moment) -> Moment {
    Moment::from_unix_ms(moment.unix_ms()).unwrap_or(moment)
}

/// What holds at every moment that a window does not: before it, or from its end on. No end is never passed.
fn outside(window: Window) -> Condition {
    let before = window.from.map(|from| Window::new(None, Some(in_utc(from))));
    let behind = window.until.map(|until| Window::new(Some(in_utc(until)), None));
    one_of(listed([before, behind].into_iter().flatten().map(Condition::Window)), Condition::Any)
}

/// Conditions, or other parts of rules, in the order of their documents, each once.
pub(super) fn listed<T: Serialize + PartialEq>(ones: impl Iterator<Item = T>) -> Vec<T> {
    let ones: Vec<T> = ones.collect();
    if ones.len() < 2 {
        return ones;
    }
    let mut list: Vec<(String, T)> =
        ones.into_iter().map(|one| (serde_json::to_string(&one).unwrap_or_default(), one)).collect();
    list.sort_by(|(one, _), (other, _)| one.cmp(other));
    list.dedup_by(|(_, one), (_, other)| one == other);
    list.into_iter().map(|(_, one)| one).collect()
}

fn one_of(mut list: Vec<Condition>, of: impl Fn(Vec<Condition>) -> Condition) -> Condition {
    match list.pop() {
        Some(only) if list.is_empty() => only,
        Some(last) => {
            list.push(last);
            of(list)
        }
        None => of(list),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{
        AmountOff, Bundle, BuyGet, Every, Gift, GiftOption, NFor, NthUnit, Pool, Selector, Step, UnitStep,
    };

    fn spend(amount: &str) -> Condition {
        Condition::Spend(Spend::at_least(Selector::all(), amount.parse().unwrap()))
    }

    fn not(condition: Condition) -> Condition {
        Condition::Not(Box::new(condition))
    }

    fn pieces(least: u32) -> Condition {
        Condition::Quantity(Quantity { at_least: Some(least), ..Quantity::default() })
    }

    #[test]
    fn ways_of_writing_one_condition_have_one_form() {
        let (one, other) = (spend("50"), pieces(3));
        let both = Condition::All(vec![one.clone(), other.clone()]);
        for written in [
            Condition::All(vec![other.clone(), one.clone()]),
            Condition::All(vec![Condition::All(vec![one.clone()]), other.clone(), one.clone()]),
            not(not(both.clone())),
            not(Condition::Any(vec![not(other.clone()), not(one.clone())])),
            Condition::Any(vec![both.clone()]),
        ] {
            assert_eq!(written.normal(), both.normal(), "{written:?}");
        }
        for else_written in
            [Condition::Any(vec![one.clone(), other.clone()]), not(both.clone()), one, spend("50.01"), other]
        {
            assert_ne!(else_written.normal(), both.normal(), "{else_written:?}");
        }
        let codes = |typed: &str| Condition::Code(AnyOf::new([typed]));
        assert_eq!(codes("hong-88").normal(), codes("HONG88").normal());
    }

    #[test]
    fn what_is_no_window_is_the_time_before_it_and_behind_it() {
        let at = |hour: i64| Moment::from_unix_ms(hour * 3_600_000).unwrap();
        let window = |from: Option<i64>, until: Option<i64>| {
            Condition::Window(Window::new(from.map(at), until.map(at)))
        };
        assert_eq!(not(window(Some(1), None)).normal(), window(None, Some(1)));
        assert_eq!(not(window(None, Some(2))).normal(), window(Some(2), None));
        let beside = Condition::Any(vec![window(None, Some(1)), window(Some(2), None)]).normal();
        assert_eq!(not(window(Some(1), Some(2))).normal(), beside);
        // One list with what stands beside it.
        let either = |one: Condition| Condition::Any(vec![one, spend("50")]).normal();
        assert_eq!(either(not(window(Some(1), Some(2)))), either(beside));
        // A window without ends is always open.
        assert_eq!(not(window(None, None)).normal(), Condition::Any(Vec::new()));
    }

    #[test]
    fn lists_of_nothing_keep_their_meaning() {
        let (always, never) = (Condition::All(Vec::new()), Condition::Any(Vec::new()));
        assert_eq!((always.normal(), not(never.clone()).normal()), (always.clone(), always.clone()));
        assert_eq!((never.normal(), not(always).normal()), (never.clone(), never));
    }

    #[test]
    fn a_cap_that_cuts_nothing_is_none() {
        let cap = |benefit: Benefit, cap: &str| {
            Rule::new("r", "order", benefit).cap(cap.parse().unwrap()).terms().0.cap.is_some()
        };
        let thirty = || Benefit::AmountOff(AmountOff::once("30".parse().unwrap()));
        assert_eq!(["29.99", "30.00", "31"].map(|at| cap(thirty(), at)), [true, false, false]);
        let each = || Benefit::AmountOff(AmountOff::per_unit("30".parse().unwrap()));
        assert!(cap(each(), "30.00"));
        // Three times 30.00.
        let every = |times| Benefit::Every(Every::new(Step::Quantity(2), "30".parse().unwrap(), times));
        assert_eq!(["89.99", "90"].map(|at| cap(every(Times::Max(3)), at)), [true, false]);
        assert!(cap(every(Times::Uncapped), "90"));
        // Each of these takes 30.00 three times at most; one group or unit fewer or more would be another sum.
        let (thirty, three) = ("30".parse().unwrap(), Times::Max(3));
        let pool = |units| Pool::new(units, Selector::all());
        let mut nth = NthUnit::new(2, UnitOff::Amount(thirty));
        nth.units_max = Some(3);
        let mut ladder = UnitLadder::new(
            [(1, "40"), (2, "25")]
                .map(|(from, off)| UnitStep { from, off: UnitOff::Amount(off.parse().unwrap()) }),
        );
        // 40.00, and 25.00 for the second and the third.
        ladder.units_max = Some(3);
        let mut each = AmountOff::per_unit(thirty);
        each.limit = Some(UnitLimit::Dearest(3));
        for benefit in [
            Benefit::NFor(NFor::new(2, GroupOff::Amount(thirty)).times(three)),
            Benefit::Bundle(Bundle::new([pool(1)], GroupOff::Amount(thirty)).times(three)),
            Benefit::NthUnit(nth.clone()),
            Benefit::NthUnit(NthUnit { units_max: None, ..nth }.times(three)),
            Benefit::BuyGet(BuyGet::new(pool(1), pool(3), UnitOff::Amount(thirty)).times(Times::Max(1))),
            Benefit::UnitLadder(ladder),
            Benefit::AmountOff(each),
        ] {
            assert_eq!(["89.99", "90"].map(|at| cap(benefit.clone(), at)), [true, false], "{benefit:?}");
        }
        // No end, or a share: a cap may cut it.
        assert!(cap(Benefit::NFor(NFor::new(2, GroupOff::Amount(thirty))), "90"));
        assert!(cap(Benefit::NFor(NFor::new(2, GroupOff::Price(thirty)).times(three)), "90"));
        // No money is taken off by a gift.
        assert!(!cap(Benefit::Gift(Gift::new([GiftOption::free("PEN")])), "0.01"));
    }
}
