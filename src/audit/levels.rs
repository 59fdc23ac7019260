//! What a rule looks at: its selectors, and the spends and counts at which it changes what it gives.

use crate::bounds::PPM;
use crate::money::{Amount, Currency};
use crate::rules::{
    AmountOff, Benefit, BuyGet, Condition, Each, GroupOff, Rule, Selector, Shipping, ShippingOff, Spend,
    SpendTiers, Step, Test, TierOff, Times, UnitLimit, View,
};

/// A point at which a rule starts to give, or to give more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level<'r> {
    /// The units that count towards it.
    pub of: &'r Selector,
    /// How much of them.
    pub at: At,
}

/// How much is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum At {
    /// List value in minor units.
    Spend(i64),
    /// Pieces.
    Units(u32),
}

/// Repetitions that are looked at apart: the first few, and the last.
const REPEATS: [u32; 3] = [1, 2, 3];

static EVERYTHING: std::sync::LazyLock<Selector> = std::sync::LazyLock::new(Selector::all);

/// All levels of a rule, in the order they are written.
pub(super) fn levels(rule: &Rule, currency: Currency) -> Vec<Level<'_>> {
    let mut list = Levels { currency, list: Vec::new() };
    if let Some(condition) = &rule.condition {
        list.condition(condition);
    }
    list.benefit(&rule.benefit);
    let target = target(&rule.benefit);
    if let Some(of) = target {
        let limits = &rule.limits;
        for units in [limits.units_per_order, limits.units_per_customer].into_iter().flatten() {
            list.units(of, u32::try_from(units).unwrap_or(u32::MAX));
        }
        if let (Some(cap), Benefit::PercentOff(percent)) = (rule.cap, &rule.benefit)
            && let (Ok(cap), Ok(rate)) = (cap.to_money(currency), percent.percent.to_rate())
        {
            // The spend at which the cap is reached: the deepest discount of all.
            let spend = i128::from(cap.minor()) * i128::from(PPM);
            let spend = spend.checked_div(i128::from(rate.ppm())).and_then(|spend| i64::try_from(spend).ok());
            list.list.extend(spend.map(|spend| Level { of, at: At::Spend(spend) }));
        }
    }
    list.list
}

/// The units that get cheaper, where that is one selector; `None` for shipping and gifts.
pub(super) const fn target(benefit: &Benefit) -> Option<&Selector> {
    match benefit {
        Benefit::PercentOff(off) => Some(&off.target),
        Benefit::AmountOff(off) => Some(&off.target),
        Benefit::UnitPrice(off) => Some(&off.target),
        Benefit::TotalPrice(off) => Some(&off.target),
        Benefit::SpendTiers(off) => Some(&off.target),
        Benefit::Every(off) => Some(&off.target),
        Benefit::QuantityTiers(off) => Some(&off.target),
        Benefit::BuyGet(off) => Some(&off.target.selector),
        Benefit::NthUnit(off) => Some(&off.target),
        Benefit::UnitLadder(off) => Some(&off.target),
        Benefit::NFor(off) => Some(&off.target),
        Benefit::GroupPrice(off) => Some(&off.target),
        Benefit::BargainPrice(off) => Some(&off.target),
        Benefit::PointsRedeem(off) => Some(&off.target),
        Benefit::Presale(off) => Some(&off.target),
        Benefit::UseBalance(off) => Some(&off.target),
        Benefit::Bundle(_)
        | Benefit::Gift(_)
        | Benefit::Shipping(_)
        | Benefit::PointsEarn(_)
        | Benefit::Grant(_) => None,
    }
}

/// Hands on every leaf of a condition, those under `not` too. The nesting is bounded by validation.
pub(super) fn each_leaf<'r>(condition: &'r Condition, visit: &mut dyn FnMut(&'r Condition)) {
    match condition.view() {
        View::All(nested) | View::Any(nested) => nested.iter().for_each(|one| each_leaf(one, visit)),
        View::Not(nested) => each_leaf(nested, visit),
        View::Test(_) => visit(condition),
    }
}

/// Whether a condition may hold for a later order of a customer though it does not for an earlier one, by their numbers alone.
/// The nesting is bounded by validation.
pub(super) fn favours_later_orders(condition: &Condition) -> bool {
    match condition.view() {
        View::All(nested) | View::Any(nested) => nested.iter().any(favours_later_orders),
        View::Not(nested) => {
            let mut numbers = false;
            each_leaf(nested, &mut |leaf| numbers |= leaf.is_of_number());
            numbers
        }
        View::Test(Test::OrderNumber(number)) => {
            number.at_least.is_some_and(|least| least > 1) || number.every.is_some()
        }
        View::Test(
            Test::FirstOrder
            | Test::Goods(_)
            | Test::Shipping(_)
            | Test::Window(_)
            | Test::Weekly(_)
            | Test::Code(_)
            | Test::Fact,
        ) => false,
    }
}

/// The spends that must be reached for a condition to hold, with the units that count.
pub(super) fn needed_spends(condition: &Condition) -> Vec<(&Selector, Amount)> {
    needed(condition).into_iter().filter_map(|spend| Some((&spend.of, spend.at_least?))).collect()
}

/// The tests of spends that must hold for a condition to hold. The nesting is bounded by validation.
fn needed(condition: &Condition) -> Vec<&Spend> {
    match condition.view() {
        View::All(nested) => nested.iter().flat_map(needed).collect(),
        View::Any(_) | View::Not(_) | View::Test(_) => condition.of_spend().into_iter().collect(),
    }
}

/// A spend without which a rule gives nothing.
pub(super) struct Threshold<'r> {
    pub of: &'r Selector,
    pub at: Amount,
    /// What shipping costs counts as well.
    pub with_shipping: bool,
}

impl<'r> Threshold<'r> {
    fn of(spend: &'r Spend) -> Option<Self> {
        Some(Self { of: &spend.of, at: spend.at_least?, with_shipping: spend.with_shipping })
    }
}

/// The spends without which a rule gives nothing: what its condition needs, and the first step of a gift for every so
/// much.
pub(super) fn thresholds(rule: &Rule) -> Vec<Threshold<'_>> {
    let needed = rule.condition.iter().flat_map(needed);
    let mut list: Vec<Threshold<'_>> = needed.filter_map(Threshold::of).collect();
    if let Some(gift) = rule.benefit.gift()
        && let Some(Step::Spend(step)) = gift.every
    {
        list.push(Threshold { of: &gift.qualifier, at: step, with_shipping: false });
    }
    list
}

/// Every selector of a rule.
pub(super) fn selectors(rule: &Rule) -> Vec<&Selector> {
    let mut list = Vec::new();
    if let Some(condition) = &rule.condition {
        of_condition(condition, &mut list);
    }
    list.extend(target(&rule.benefit));
    match &rule.benefit {
        Benefit::SpendTiers(off) => list.extend(&off.qualifier),
        Benefit::Every(off) => list.extend(&off.qualifier),
        Benefit::QuantityTiers(off) => list.extend(&off.qualifier),
        Benefit::BuyGet(off) => list.push(&off.qualifier.selector),
        Benefit::Bundle(off) => list.extend(off.parts.iter().map(|part| &part.selector)),
        Benefit::Gift(gift) => list.push(&gift.qualifier),
        Benefit::PointsEarn(earn) => {
            list.push(&earn.of);
            for multiplier in &earn.multipliers {
                list.push(&multiplier.of);
                multiplier.when.iter().for_each(|when| of_condition(when, &mut list));
            }
        }
        Benefit::Grant(grant) => list.push(&grant.qualifier),
        Benefit::PercentOff(_)
        | Benefit::AmountOff(_)
        | Benefit::UnitPrice(_)
        | Benefit::TotalPrice(_)
        | Benefit::NthUnit(_)
        | Benefit::UnitLadder(_)
        | Benefit::NFor(_)
        | Benefit::Shipping(_)
        | Benefit::GroupPrice(_)
        | Benefit::BargainPrice(_)
        | Benefit::PointsRedeem(_)
        | Benefit::Presale(_)
        | Benefit::UseBalance(_) => {}
    }
    list
}

/// The nesting of conditions is bounded by validation.
fn of_condition<'r>(condition: &'r Condition, list: &mut Vec<&'r Selector>) {
    match condition {
        Condition::All(nested) | Condition::Any(nested) => {
            nested.iter().for_each(|one| of_condition(one, list));
        }
        Condition::Not(nested) => of_condition(nested, list),
        Condition::Spend(spend) => list.push(&spend.of),
        Condition::Quantity(quantity) => list.push(&quantity.of),
        Condition::DistinctSkus(distinct) => list.push(&distinct.of),
        Condition::Contains(contains) => list.push(&contains.of),
        Condition::Window(_)
        | Condition::Weekly(_)
        | Condition::Segment(_)
        | Condition::Level(_)
        | Condition::FirstOrder {}
        | Condition::OrderNumber(_)
        | Condition::Birthday(_)
        | Condition::Channel(_)
        | Condition::Region(_)
        | Condition::PaymentMethod(_)
        | Condition::ShippingMethod(_)
        | Condition::Currency(_)
        | Condition::Code(_)
        | Condition::GroupSize(_)
        | Condition::Experiment(_)
        | Condition::Attribute(_) => {}
    }
}

/// How often something is looked at that comes again: the first few times, and the last.
fn repetitions(times: Times) -> impl Iterator<Item = u32> {
    let last = match times {
        Times::Max(times) => Some(times),
        Times::Uncapped => None,
    };
    REPEATS.into_iter().filter(move |one| last.is_none_or(|last| *one <= last)).chain(last)
}

struct Levels<'r> {
    currency: Currency,
    list: Vec<Level<'r>>,
}

impl<'r> Levels<'r> {
    fn units(&mut self, of: &'r Selector, units: u32) {
        self.list.push(Level { of, at: At::Units(units.max(1)) });
    }

    fn spend(&mut self, of: &'r Selector, amount: Amount) {
        if let Ok(money) = amount.to_money(self.currency) {
            self.list.push(Level { of, at: At::Spend(money.minor().max(1)) });
        }
    }

    fn repeats(&mut self, of: &'r Selector, units: u32, times: Times) {
        for times in repetitions(times) {
            self.units(of, units.saturating_mul(times));
        }
    }

    fn steps(&mut self, of: &'r Selector, step: Step, times: Times) {
        match step {
            Step::Quantity(units) => self.repeats(of, units, times),
            Step::Spend(amount) => {
                let Ok(money) = amount.to_money(self.currency) else { return };
                for times in repetitions(times) {
                    if let Some(spend) = money.checked_mul(i64::from(times)) {
                        self.list.push(Level { of, at: At::Spend(spend.minor().max(1)) });
                    }
                }
            }
        }
    }

    /// The nesting of conditions is bounded by validation.
    fn condition(&mut self, condition: &'r Condition) {
        match condition {
            Condition::All(nested) | Condition::Any(nested) => {
                nested.iter().for_each(|one| self.condition(one));
            }
            Condition::Not(nested) => self.condition(nested),
            Condition::Spend(spend) => {
                for amount in [spend.at_least, spend.at_most].into_iter().flatten() {
                    self.spend(&spend.of, amount);
                }
            }
            Condition::Quantity(quantity) => {
                for units in [quantity.at_least, quantity.at_most].into_iter().flatten() {
                    self.units(&quantity.of, units);
                }
            }
            Condition::DistinctSkus(distinct) => self.units(&distinct.of, 1),
            Condition::Contains(contains) => self.units(&contains.of, 1),
            Condition::Window(_)
            | Condition::Weekly(_)
            | Condition::Segment(_)
            | Condition::Level(_)
            | Condition::FirstOrder {}
            | Condition::OrderNumber(_)
            | Condition::Birthday(_)
            | Condition::Channel(_)
            | Condition::Region(_)
            | Condition::PaymentMethod(_)
            | Condition::ShippingMethod(_)
            | Condition::Currency(_)
            | Condition::Code(_)
            | Condition::GroupSize(_)
            | Condition::Experiment(_)
            | Condition::Attribute(_) => {}
        }
    }

    fn benefit(&mut self, benefit: &'r Benefit) {
        match benefit {
            Benefit::PercentOff(off) => self.limited(&off.target, off.limit),
            Benefit::AmountOff(off) => self.amount_off(off),
            Benefit::UnitPrice(off) => self.limited(&off.target, off.limit),
            Benefit::TotalPrice(off) => self.piece_and_spend(&off.target, Some(off.price)),
            Benefit::SpendTiers(off) => self.spend_tiers(off),
            Benefit::Every(off) => {
                self.steps(off.qualifier.as_ref().unwrap_or(&off.target), off.step, off.times);
                self.spend(&off.target, off.amount);
            }
            Benefit::QuantityTiers(off) => {
                let of = off.qualifier.as_ref().unwrap_or(&off.target);
                off.tiers.iter().for_each(|tier| self.units(of, tier.at));
            }
            Benefit::BuyGet(off) => self.buy_get(off),
            Benefit::NthUnit(off) => self.repeats(&off.target, off.nth, off.times),
            Benefit::UnitLadder(off) => off.steps.iter().for_each(|step| self.units(&off.target, step.from)),
            Benefit::NFor(off) => {
                self.repeats(&off.target, off.units, off.times);
                if let GroupOff::Amount(amount) = off.off {
                    self.spend(&off.target, amount);
                }
            }
            Benefit::Bundle(off) => {
                off.parts.iter().for_each(|part| self.units(&part.selector, part.quantity));
            }
            Benefit::GroupPrice(off) => self.units(&off.target, 1),
            Benefit::BargainPrice(off) => self.units(&off.target, 1),
            Benefit::Presale(off) => self.units(&off.target, 1),
            Benefit::PointsRedeem(off) => self.piece_and_spend(&off.target, Some(off.value)),
            Benefit::UseBalance(off) => {
                self.piece_and_spend(&off.target, off.every.map(|every| every.spend));
            }
            Benefit::PointsEarn(earn) => {
                self.spend(&earn.of, earn.per);
                for multiplier in &earn.multipliers {
                    self.spend(&multiplier.of, earn.per);
                    multiplier.when.iter().for_each(|when| self.condition(when));
                }
            }
            Benefit::Grant(grant) => self.given(&grant.qualifier, grant.every, grant.times),
            Benefit::Gift(gift) => self.given(&gift.qualifier, gift.every, gift.times),
            Benefit::Shipping(Shipping {
                off:
                    ShippingOff::Free {}
                    | ShippingOff::Percent(_)
                    | ShippingOff::Amount(_)
                    | ShippingOff::AmountEach(_)
                    | ShippingOff::Price(_),
                ..
            }) => self.units(&EVERYTHING, 1),
        }
    }

    /// From one piece on, and where so much is spent.
    fn piece_and_spend(&mut self, of: &'r Selector, spend: Option<Amount>) {
        self.units(of, 1);
        if let Some(spend) = spend {
            self.spend(of, spend);
        }
    }

    fn amount_off(&mut self, off: &'r AmountOff) {
        self.limited(&off.target, off.limit);
        if off.each == Each::Once {
            self.spend(&off.target, off.amount);
        }
    }

    fn spend_tiers(&mut self, off: &'r SpendTiers) {
        for tier in &off.tiers {
            self.spend(off.qualifier.as_ref().unwrap_or(&off.target), tier.at);
            if let TierOff::Amount(amount) = tier.off {
                self.spend(&off.target, amount);
            }
        }
    }

    fn buy_get(&mut self, off: &'r BuyGet) {
        let (buy, get) = (off.qualifier.quantity, off.target.quantity);
        self.units(&off.qualifier.selector, buy);
        self.units(&off.target.selector, get);
        self.repeats(&off.target.selector, buy.saturating_add(get), off.times);
    }

    /// What is given once, or for every so much.
    fn given(&mut self, of: &'r Selector, every: Option<Step>, times: Times) {
        match every {
            Some(step) => self.steps(of, step, times),
            None => self.units(of, 1),
        }
    }

    fn limited(&mut self, of: &'r Selector, limit: Option<UnitLimit>) {
        self.units(of, 1);
        if let Some(UnitLimit::Cheapest(units) | UnitLimit::Dearest(units)) = limit {
            self.units(of, units);
        }
    }
}
