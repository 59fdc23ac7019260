//! Verifies that no rule jumps: that an order with more in it, or in one piece, is never much dearer or cheaper than its parts.
//!
//! Why it holds. Compare two runs of the pipeline, unit by unit, for units that are in both. A rule that is *even* takes a
//! share of each unit's value that is the same for all of them, at most `s`, and at least `s` less a gap that comes to so
//! much in an order; or it treats each unit by itself. Either way what it leaves of a unit does not fall when the unit's
//! value does not, and falls by no more than the value does. So whatever one run has less than the other behind the rule
//! was less before it, or is in the gap. Where rules of a stage all compute from its start that is so of shares and amounts
//! together; a price for each unit takes more the more a unit was worth, so beside shares, or another such price, what is left
//! of a dear unit may be less than of a cheap one. A rule that takes an *amount* at most makes no larger difference than that. All
//! gaps and amounts together bound how much less the units can cost in one run than in the other; a further unit only adds
//! to what is paid.
//!
//! For two orders put into one, goods alone count: the one order gets an amount once, and an even rule's gap may be in either part.
//! For one piece more, every rule counts once. For several orders against one, an amount comes again with each order that
//! a customer may use the rule in, and the order that has it all may go without.

use std::collections::BTreeMap;

use super::CheckError;
use super::reads::{goods, musts, tests};
use super::refusals::Refusals;
use super::shelf::{Shelf, enabled, moves, shops};
use super::takes::{Gifts, ppm, takes};
use super::worth::Worth;
use crate::audit::certificate::Effect;
use crate::money::{Amount, RoundingPer};
use crate::rules::{
    Basis, Benefit, Condition, Each, Gift, Gives, Per, PercentOf, Promise, Rule, RuleId, RuleSet, Select,
    Selector, Spend, StageId, Step, Test, Thresholds, TierOff, Times, Undeclared, View, Within,
};
use crate::shop::Catalogue;

/// Orders that are put into one.
const POOLED: i128 = 2;

/// What is verified.
pub(super) struct Steady<'r> {
    rules: &'r RuleSet,
    catalogue: &'r Catalogue,
    shelf: &'r Shelf<'r>,
    promise: Promise,
    refusals: Refusals<'r>,
    some_exclusive: bool,
    some_floor: bool,
    stages: BTreeMap<&'r StageId, Beside>,
}

/// What the rules of a stage are, all together.
#[derive(Clone, Copy, Default)]
struct Beside {
    rules: usize,
    /// Of these, those that treat every unit by itself, as many of them as there are and to the full.
    by_unit: usize,
    /// Of these, those that take more the more a unit is worth.
    by_value: usize,
}

impl<'r> Steady<'r> {
    pub(super) fn new(
        rules: &'r RuleSet,
        catalogue: &'r Catalogue,
        shelf: &'r Shelf<'r>,
        promise: Promise,
    ) -> Self {
        let mut steady = Self {
            rules,
            catalogue,
            shelf,
            promise,
            refusals: Refusals::among(enabled(rules)),
            some_exclusive: enabled(rules).any(|rule| rule.stacking.exclusive.is_some()),
            some_floor: catalogue.products().iter().any(|product| product.piece.floor_price.is_some()),
            stages: BTreeMap::new(),
        };
        for rule in enabled(rules) {
            // Units that a rule wins by what it would give, and a budget keeps it from giving, get nothing of the others.
            let is_by_unit = steady.gap_of_benefit(rule) == Some(0) && !limits_what_it_takes(rule);
            let beside = steady.stages.entry(&rule.stage).or_default();
            beside.rules += 1;
            beside.by_unit += usize::from(is_by_unit);
            beside.by_value += usize::from(takes_of_units(&rule.benefit) != Takes::AsMuch);
        }
        steady
    }

    /// Whether all rules together stay within what the promise allows.
    pub(super) fn check(
        &self,
        effects: &BTreeMap<RuleId, Effect>,
        tolerance: i64,
        thresholds: &Thresholds,
    ) -> Result<(), CheckError> {
        // Elsewhere one order is compared with one, or each customer has one.
        if matches!(self.promise, Promise::SplitPays | Promise::ExclusionsHold) {
            self.orders_are_alike()?;
        }
        let shelf = self.shelf;
        let mut sum = 0_i128;
        for rule in enabled(self.rules) {
            let jumps = || CheckError::Jumps { rule: rule.id.as_str().to_owned() };
            let effect = effects.get(&rule.id).ok_or_else(jumps)?;
            let most = match effect {
                // Of two orders put into one, each may have got the share that the other fell short of.
                Effect::Even if self.promise == Promise::PoolingPays => {
                    self.gap(rule, shelf).and_then(|gap| gap.checked_mul(POOLED))
                }
                Effect::Even => self.gap(rule, shelf),
                Effect::Amount => self.amount(rule, shelf),
                Effect::Nothing => leaves_the_bill_alone(rule).then_some(0),
            };
            sum = sum.checked_add(most.ok_or_else(jumps)?).ok_or_else(jumps)?;
        }
        if tolerance != self.rounding(effects) {
            return Err(CheckError::NoBound { why: "what it allows for is not what rounding is".to_owned() });
        }
        let allowed = if self.promise == Promise::AddItem {
            thresholds.drop
        } else if self.promise == Promise::PoolingPays {
            thresholds.pool
        } else {
            thresholds.split
        };
        if sum > i128::from(allowed) {
            return Err(CheckError::TooMuch { minor: i64::try_from(sum).unwrap_or(i64::MAX) });
        }
        Ok(())
    }

    /// What rounding may add: each rule may round once on either side, in each shop where it works on shops. The sum of a share is
    /// rounded once, but the parts of it that fall on products are off by less than a minor unit each. That is for others to see
    /// which take from some of these products alone: of these no more than there are, nor of the products of all such rules.
    fn rounding(&self, effects: &BTreeMap<RuleId, Effect>) -> i64 {
        let is_even = |rule: &&Rule| effects.get(&rule.id) == Some(&Effect::Even);
        let mut of_goods: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        let written = |rule: &Rule| serde_json::to_string(goods(&rule.benefit)?).ok();
        for rule in enabled(self.rules).filter(is_even) {
            let (Some(text), Some(of)) = (written(rule), goods(&rule.benefit)) else { continue };
            let (rules, _) = of_goods.entry(text).or_insert_with(|| (0, products(self.shelf, of)));
            *rules += 1;
        }
        let all: usize = of_goods.values().map(|(rules, count)| rules.saturating_mul(*count)).sum();
        let parts = |rule: &Rule| match rule.per {
            Per::Shop => shops(self.shelf),
            Per::Order | Per::Line => 1,
        };
        let one = |rule: &Rule| {
            let is_share =
                effects.get(&rule.id) == Some(&Effect::Even) && takes_of_units(&rule.benefit) == Takes::Share;
            let known = written(rule).and_then(|text| of_goods.get(&text));
            let moved = known
                .filter(|_| is_share)
                .map_or(0, |(rules, count)| all.saturating_sub(rules.saturating_mul(*count)).min(*count));
            let rounded = i64::try_from(parts(rule).saturating_mul(2)).unwrap_or(i64::MAX);
            rounded.saturating_add(i64::try_from(moved).unwrap_or(i64::MAX))
        };
        enabled(self.rules).map(one).fold(0, i64::saturating_add)
    }

    /// Verifies that no rule is for other orders only: later ones, by their numbers or behind one that gave a coupon for it, or
    /// those without a code that another order has.
    fn orders_are_alike(&self) -> Result<(), CheckError> {
        let jumps = |rule: &RuleId| CheckError::Jumps { rule: rule.as_str().to_owned() };
        let mut conditions =
            enabled(self.rules).filter_map(|rule| Some((&rule.id, rule.condition.as_ref()?)));
        if let Some((rule, _)) = conditions.find(|(_, condition)| is_for_other_orders(condition)) {
            return Err(jumps(rule));
        }
        let worth = Worth::new(self.rules, self.catalogue.policies());
        let mut given = enabled(self.rules).filter_map(|rule| worth.unlocks(rule));
        given.next().map_or(Ok(()), |rule| Err(jumps(&rule.id)))
    }

    fn minor(&self, amount: Amount) -> i128 {
        i128::from(amount.to_money(self.rules.currency).unwrap_or_default().minor())
    }

    /// The most a rule takes, in as many orders as a customer may use it in.
    fn amount(&self, rule: &Rule, shelf: &Shelf<'_>) -> Option<i128> {
        if has_add_ons(rule) {
            return None;
        }
        let fees: i128 =
            self.catalogue.charges().iter().map(|charge| i128::from(charge.amount.minor())).sum();
        let is_shipping = rule.benefit.is_off_shipping();
        let once = if is_shipping {
            fees
        } else {
            let taken = takes(self.rules, rule, shelf, Gifts::DoNotCount, &|_| None)?;
            // Rounding of shares cannot pass an amount; that of units can, by one each. A share of few units is one of all fees.
            let beside = if takes_share_of_fees(&rule.benefit) { fees } else { 0 };
            taken.amount?.checked_add(taken.rounding)?.checked_add(beside)?
        };
        match self.promise {
            // What is put into one order gets the amount once.
            Promise::AddItem | Promise::PoolingPays => Some(once),
            _split => {
                let budget = rule.money_budget().map(|budget| self.minor(budget));
                let uses = [rule.limits.uses, rule.limits.uses_per_customer].into_iter().flatten().min();
                let all = uses.and_then(|uses| once.checked_mul(i128::from(uses)));
                // Shipping is paid for each order: parts pay as much as the whole, or what they save is what it pays.
                let shipping = is_shipping.then_some(once);
                [budget, all, shipping].into_iter().flatten().min()
            }
        }
    }

    /// By how much an even rule may fall short of its share, in minor units.
    fn gap(&self, rule: &Rule, shelf: &Shelf<'_>) -> Option<i128> {
        let gap = self.gap_of_benefit(rule)?;
        let target = goods(&rule.benefit)?;
        let own_spend = self.own_spend(rule, target)?;
        let is_free = self.is_never_blocked(rule) && !limits_what_it_takes(rule) && !moves(shelf, target);
        let caps = &self.rules.caps;
        let is_uncapped =
            caps.line_percent.is_none() && caps.order_amount.is_none() && caps.order_percent.is_none();
        let rounds_once = rule.rounding.unwrap_or(self.rules.rounding).per == RoundingPer::Order;
        (is_free && is_uncapped && !self.some_floor && rounds_once).then_some(())?;
        let whole = gap.max(own_spend);
        match rule.per {
            Per::Order => Some(whole),
            // Each shop may be short by as much.
            Per::Shop => whole.checked_mul(shops(shelf)),
            // A share of each line is rounded as often as there are lines.
            Per::Line => (whole == 0 && takes_of_units(&rule.benefit) != Takes::Share).then_some(0),
        }
    }

    fn gap_of_benefit(&self, rule: &Rule) -> Option<i128> {
        let same = |qualifier: &Option<Selector>, target| qualifier.as_ref().is_none_or(|one| one == target);
        match &rule.benefit {
            Benefit::PercentOff(off) => {
                let plain = off.limit.is_none() && off.of == PercentOf::Value && !off.with_shipping;
                plain.then_some(0)
            }
            Benefit::AmountOff(off) => {
                let each = off.each == Each::Unit && off.limit.is_none() && !off.with_shipping;
                each.then_some(0)
            }
            Benefit::UnitPrice(off) => off.limit.is_none().then_some(0),
            Benefit::BargainPrice(_) | Benefit::GroupPrice(_) => Some(0),
            Benefit::TotalPrice(off) => Some(self.minor(off.price)),
            Benefit::SpendTiers(off) if same(&off.qualifier, &off.target) && off.base.is_none() => {
                let shares: Option<Vec<i128>> = off
                    .tiers
                    .iter()
                    .map(|tier| match tier.off {
                        TierOff::Percent(percent) => Some(ppm(percent)),
                        TierOff::Amount(_) | TierOff::UnitPrice(_) => None,
                    })
                    .collect();
                let shares = shares?;
                let best = shares.iter().copied().max()?;
                let mut below = 0;
                let mut gap = 0;
                for (tier, share) in off.tiers.iter().zip(shares) {
                    gap = gap.max(super::takes::up((best - below) * self.minor(tier.at), 1_000_000));
                    below = share;
                }
                Some(gap)
            }
            Benefit::Every(off) if same(&off.qualifier, &off.target) && off.base.is_none() => {
                match (off.step, off.times) {
                    (Step::Spend(step), Times::Uncapped) if self.minor(off.amount) <= self.minor(step) => {
                        Some(self.minor(off.amount))
                    }
                    (Step::Spend(_) | Step::Quantity(_), _) => None,
                }
            }
            Benefit::SpendTiers(_)
            | Benefit::Every(_)
            | Benefit::QuantityTiers(_)
            | Benefit::BuyGet(_)
            | Benefit::NthUnit(_)
            | Benefit::UnitLadder(_)
            | Benefit::NFor(_)
            | Benefit::Bundle(_)
            | Benefit::Gift(_)
            | Benefit::Shipping(_)
            | Benefit::PointsEarn(_)
            | Benefit::PointsRedeem(_)
            | Benefit::Presale(_)
            | Benefit::UseBalance(_)
            | Benefit::Grant(_) => None,
        }
    }

    /// What a rule takes less while its condition asks for more of its own goods; `None` when the condition looks at the cart
    /// in any other way.
    fn own_spend(&self, rule: &Rule, target: &Selector) -> Option<i128> {
        let Some(condition) = &rule.condition else { return Some(0) };
        let mut needed = 0_i128;
        let of_cart = tests(condition).into_iter().filter(|test| looks_at_cart(test)).count();
        let own = own_spends(condition, target);
        for spend in &own {
            needed = needed.max(self.minor(spend.at_least?));
        }
        // All of it below the threshold: for a percentage, amount or price for each unit no more than its goods are worth.
        (of_cart == own.len()).then_some(needed)
    }

    /// Whether no other rule can keep this one from applying, and nothing in its stage competes with it.
    fn is_never_blocked(&self, rule: &Rule) -> bool {
        let stage = self.rules.stages.iter().find(|stage| stage.id == rule.stage);
        let Some(stage) = stage else { return false };
        let beside = self.stages.get(&rule.stage).copied().unwrap_or_default();
        let alone = beside.rules == 1;
        let stacks = match stage.select {
            Select::All => {
                let is_price = takes_of_units(&rule.benefit) == Takes::AbovePrice;
                stage.basis == Basis::Running || !is_price || beside.by_value == 1
            }
            // Each unit gets its best price: the least of prices that are even is even.
            Select::BestPerUnit => beside.by_unit == beside.rules || alone,
            Select::First
            | Select::Best
            | Select::BestPerLine
            | Select::BestCombination
            | Select::BestAssignment => alone,
        };
        stacks
            && stage.max_rules.is_none()
            && rule.stacking.group.is_none()
            && self.rules.undeclared != Undeclared::Apart
            && !self.some_exclusive
            && !self.refusals.touch(rule)
    }
}

/// Whether a condition may hold for a later order of a customer and not for an earlier one, by their numbers alone, or for one
/// without a code and not for one with it: what holds for early ones, or with codes, does so under a negation. An order that has
/// it all has all codes. The nesting is bounded by validation.
fn is_for_other_orders(condition: &Condition) -> bool {
    let tells_orders = |test: &Condition| test.is_of_number() || test.of_codes().is_some();
    match condition.view() {
        View::All(nested) | View::Any(nested) => nested.iter().any(is_for_other_orders),
        View::Not(nested) => tests(nested).into_iter().any(tells_orders),
        View::Test(Test::OrderNumber(number)) => number.every.is_some() || number.at_least > Some(1),
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

/// How many products a selector may take.
fn products(shelf: &Shelf<'_>, of: &Selector) -> usize {
    let taken = shelf.taken(of);
    shelf.classes.iter().zip(taken).filter(|(_, taken)| *taken).map(|(class, _)| class.len()).sum()
}

/// What a rule takes of a unit when the unit is worth more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// No more, but where there was too little.
    AsMuch,
    /// A share, which is rounded.
    Share,
    /// All above a price.
    AbovePrice,
}

const fn takes_of_units(benefit: &Benefit) -> Takes {
    match benefit {
        Benefit::AmountOff(_)
        | Benefit::Gift(_)
        | Benefit::Shipping(_)
        | Benefit::PointsEarn(_)
        | Benefit::Grant(_) => Takes::AsMuch,
        Benefit::UnitPrice(_) | Benefit::GroupPrice(_) | Benefit::BargainPrice(_) => Takes::AbovePrice,
        Benefit::PercentOff(_)
        | Benefit::TotalPrice(_)
        | Benefit::SpendTiers(_)
        | Benefit::Every(_)
        | Benefit::QuantityTiers(_)
        | Benefit::BuyGet(_)
        | Benefit::NthUnit(_)
        | Benefit::UnitLadder(_)
        | Benefit::NFor(_)
        | Benefit::Bundle(_)
        | Benefit::PointsRedeem(_)
        | Benefit::Presale(_)
        | Benefit::UseBalance(_) => Takes::Share,
    }
}

/// Whether a benefit takes a share of fees beside what it takes of units.
const fn takes_share_of_fees(benefit: &Benefit) -> bool {
    match benefit {
        Benefit::PercentOff(off) => off.with_shipping,
        // One amount for goods and fees together is no more than itself.
        Benefit::AmountOff(_)
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
        | Benefit::Grant(_) => false,
    }
}

/// Spends on a rule's own goods that must all be reached.
fn own_spends<'c>(condition: &'c Condition, target: &Selector) -> Vec<&'c Spend> {
    let is_own = |spend: &&Spend| {
        spend.of == *target
            && spend.at_most.is_none()
            && spend.base.is_none()
            && spend.within == Within::Part
            && !spend.with_shipping
    };
    musts(condition).into_iter().filter_map(Condition::of_spend).filter(is_own).collect()
}

/// Whether a single test looks at what is in the cart.
fn looks_at_cart(test: &Condition) -> bool {
    match test.view() {
        View::Test(Test::Goods(_) | Test::Shipping(_)) => true,
        View::All(_)
        | View::Any(_)
        | View::Not(_)
        | View::Test(
            Test::Window(_)
            | Test::Weekly(_)
            | Test::Code(_)
            | Test::FirstOrder
            | Test::OrderNumber(_)
            | Test::Fact,
        ) => false,
    }
}

/// Limits that may leave a part of what a rule would take.
fn limits_what_it_takes(rule: &Rule) -> bool {
    let limits = &rule.limits;
    rule.cap.is_some()
        || limits.budget.is_some()
        || limits.units.is_some()
        || limits.units_per_customer.is_some()
        || limits.units_per_order.is_some()
        || !rule.quotas.is_empty()
}

fn has_add_ons(rule: &Rule) -> bool {
    let paid = |gift: &Gift| gift.options.iter().any(|option| option.price.is_some());
    rule.benefit.gift().is_some_and(paid)
}

/// Whether a rule changes nothing that is paid now.
fn leaves_the_bill_alone(rule: &Rule) -> bool {
    match rule.benefit.gives() {
        Gives::Points(_) | Gives::Grant(_) => true,
        Gives::Gift(_) => !has_add_ons(rule),
        Gives::Off | Gives::Shipping | Gives::Redeem(_) | Gives::Presale | Gives::Balance(_) => false,
    }
}
