//! Whether a rule always gives way to another: that one applies, or saves more, wherever this one could.
//!
//! Why it holds. Where this rule could give something its condition holds, and so does the other's, which follows from it
//! (`implied`); the other gives something there as well, since its goods are all of this one's, which takes nothing off fees; and
//! it is neither limited nor kept away by anything that would not keep this one away too. If it stands first in a stage with one winner, or refuses this
//! rule and stands before it, it applies and this one does not. If the stage takes the best, and the other asks for at least as
//! much of at least the same goods, it wins: what floors and caps let through rises with what is asked, and of equals the
//! earlier one wins. Behind it, it has to be more by a minor unit.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::implied::Implied;
use super::reads::{goods, musts, tests};
use super::refusals::Refusals;
use super::shelf::{Shelf, enabled};
use super::takes::ppm;
use crate::bounds::PPM;
use crate::money::{Amount, RoundingPer};
use crate::rules::{
    Benefit, Condition, Each, Gives, Per, PercentOf, Rule, RuleId, RuleLimits, RuleSet, Select, Spend,
    StageId, Undeclared,
};
use crate::shop::Catalogue;

const WHOLE: i128 = PPM as i128;

/// The rules and the catalogue, read once.
pub(in super::super) struct Shadows<'r> {
    rules: &'r RuleSet,
    shelf: &'r Shelf<'r>,
    refusals: Refusals<'r>,
    some_exclusive: bool,
    some_floor: bool,
    /// The first stage in which some rule takes something off goods, by position.
    first_cut: Option<usize>,
    /// Of each stage the first such rule, by rank and name.
    first_of: BTreeMap<&'r StageId, (i32, &'r RuleId)>,
    looks: Cell<u64>,
}

/// A rule that asks for an amount or a share of its goods, as far as this argument reads it.
#[derive(Clone, Copy)]
enum Asks {
    /// A share, in millionths, up to a cap.
    Share(i128, Option<i128>),
    /// An amount.
    Amount(i128),
}

impl<'r> Shadows<'r> {
    pub(super) fn new(rules: &'r RuleSet, catalogue: &Catalogue, shelf: &'r Shelf<'r>, looks: u64) -> Self {
        let place = |rule: &Rule| rules.stages.iter().position(|stage| stage.id == rule.stage);
        let mut first_of = BTreeMap::new();
        for rule in enabled(rules).filter(|rule| changes_prices(rule)) {
            let own = (rule.rank, &rule.id);
            let first = first_of.entry(&rule.stage).or_insert(own);
            *first = own.min(*first);
        }
        Self {
            rules,
            shelf,
            refusals: Refusals::among(enabled(rules)),
            some_exclusive: enabled(rules).any(|rule| rule.stacking.exclusive.is_some()),
            some_floor: catalogue.products().iter().any(|product| product.piece.floor_price.is_some()),
            first_cut: enabled(rules).filter(|rule| changes_prices(rule)).filter_map(place).min(),
            first_of,
            looks: Cell::new(looks),
        }
    }

    /// How many looks are left; with none left nothing is said.
    pub(in super::super) const fn looks_left(&self) -> u64 {
        self.looks.get()
    }

    /// Takes so many looks; false when there are too few.
    fn look(&self, looks: usize) -> bool {
        let left = u64::try_from(looks).ok().and_then(|looks| self.looks.get().checked_sub(looks));
        self.looks.set(left.unwrap_or(0));
        left.is_some()
    }

    /// Whether one rule keeps another from applying wherever that one could and, if more is said, where that holds besides.
    pub(in super::super) fn keeps_out(
        &self,
        shadow: &Rule,
        rule: &Rule,
        besides: Option<&Condition>,
    ) -> bool {
        let plain = shadow.id != rule.id
            && shadow.enabled
            && shadow.coupon.is_none()
            && shadow.limits == RuleLimits { short: shadow.limits.short, ..RuleLimits::default() }
            && shadow.quotas.is_empty()
            && shadow.cap.is_none_or(|cap| self.minor(cap) > 0)
            && (shadow.per, rule.per) == (Per::Order, Per::Order);
        self.look(1) && plain && self.is_open_with(shadow, rule) && self.covers(shadow, rule) && {
            let premises: Vec<&Condition> = rule.condition.iter().chain(besides).collect();
            let parts = |of: Option<&Condition>| of.map_or(1, |condition| tests(condition).len());
            let asked: usize = premises.iter().map(|premise| parts(Some(premise))).sum();
            if !self.look(asked * parts(shadow.condition.as_ref()) * self.shelf.classes.len().max(1)) {
                return false;
            }
            let implied = Implied {
                shelf: self.shelf,
                currency: self.rules.currency,
                at_list: self.is_at_list(shadow),
                same_values: self.is_same_stage(shadow, rule) && self.computes_from_start(shadow),
                same_moment: self.is_same_stage(shadow, rule)
                    && matches!(self.select(shadow), Select::First | Select::Best),
            };
            let holds = shadow.condition.as_ref().is_none_or(|wanted| implied.follows(&premises, wanted));
            holds && (self.comes_first(shadow, rule) || self.saves_more(shadow, rule, &premises))
        }
    }

    fn minor(&self, amount: Amount) -> i128 {
        i128::from(amount.to_money(self.rules.currency).unwrap_or_default().minor())
    }

    fn stage(&self, rule: &Rule) -> Option<usize> {
        self.rules.stages.iter().position(|stage| stage.id == rule.stage)
    }

    fn select(&self, rule: &Rule) -> Select {
        let stage = self.stage(rule).and_then(|at| self.rules.stages.get(at));
        stage.map_or(Select::All, |stage| stage.select)
    }

    fn is_same_stage(&self, one: &Rule, other: &Rule) -> bool {
        one.stage == other.stage && self.stage(one).is_some()
    }

    fn is_before(&self, one: &Rule, other: &Rule) -> bool {
        (self.stage(one), one.rank, &one.id) < (self.stage(other), other.rank, &other.id)
    }

    fn computes_from_start(&self, rule: &Rule) -> bool {
        let stage = self.stage(rule).and_then(|at| self.rules.stages.get(at));
        stage.is_some_and(|stage| match stage.select {
            Select::All | Select::BestCombination => stage.basis == crate::rules::Basis::Entry,
            Select::First
            | Select::Best
            | Select::BestPerLine
            | Select::BestPerUnit
            | Select::BestAssignment => true,
        })
    }

    /// Whether what a rule computes from are list values: no rule of an earlier stage may change them.
    fn is_at_list(&self, rule: &Rule) -> bool {
        self.computes_from_start(rule) && self.first_cut.is_none_or(|first| Some(first) >= self.stage(rule))
    }

    /// Whether whatever keeps the shadow away keeps the rule away as well.
    fn is_open_with(&self, shadow: &Rule, rule: &Rule) -> bool {
        let refuses = |other: &Rule| {
            let kept_from = super::tree::are_refused(other, shadow);
            !kept_from || super::tree::are_refused(other, rule)
        };
        let others = || enabled(self.rules).filter(|other| other.id != shadow.id && other.id != rule.id);
        let stage_max = self.stage(shadow).and_then(|at| self.rules.stages.get(at)?.max_rules);
        let is_counted = stage_max.is_none() || self.is_same_stage(shadow, rule);
        self.rules.undeclared != Undeclared::Apart
            && is_counted
            // An exclusive rule of any kind may keep goods, a stage or the order from the shadow alone.
            && !self.some_exclusive
            // Sets of rules and ways to share out units are weighed together: nothing is said of one rule.
            && matches!(self.select(shadow), Select::All | Select::First | Select::Best)
            && (!self.refusals.touch(shadow) || self.look(self.rules.rules.len()) && others().all(refuses))
    }

    /// Whether the shadow gives something wherever the rule does: it is for all of its goods, and asks for more than nothing.
    fn covers(&self, shadow: &Rule, rule: &Rule) -> bool {
        if !self.look(2 * self.shelf.classes.len()) {
            return false;
        }
        let (Some(of), Some(own)) = (goods(&shadow.benefit), goods(&rule.benefit)) else { return false };
        let (all, own) = (self.shelf.surely_taken(of), self.shelf.taken(own));
        let is_all = own.iter().zip(&all).all(|(own, all)| *all || !*own);
        let asks = match self.asks(shadow) {
            Some(Asks::Amount(amount)) => amount > 0,
            Some(Asks::Share(share, _)) => {
                let cheapest = i128::from(self.shelf.cheapest(&own));
                self.is_at_list(shadow) && cheapest * share >= WHOLE
            }
            None => false,
        };
        is_all && asks && self.finds_all(shadow) && !reaches_fees(&rule.benefit)
    }

    /// Whether no rule before it in its stage may have left nothing of the goods on which its share falls: shares fall by what
    /// goods were worth at the stage's start, and are lost where less is left.
    fn finds_all(&self, rule: &Rule) -> bool {
        let alone = match self.select(rule) {
            Select::All | Select::BestCombination => !self.computes_from_start(rule),
            Select::First
            | Select::Best
            | Select::BestPerLine
            | Select::BestPerUnit
            | Select::BestAssignment => true,
        };
        let first = self.first_of.get(&rule.stage);
        alone || first.is_none_or(|first| *first >= (rule.rank, &rule.id))
    }

    /// Whether the shadow, which applies, keeps the rule out because it came before.
    fn comes_first(&self, shadow: &Rule, rule: &Rule) -> bool {
        let one_winner = self.is_same_stage(shadow, rule) && self.select(shadow) == Select::First;
        let refused = super::tree::are_refused(shadow, rule) && self.select(shadow) == Select::All;
        self.is_before(shadow, rule) && (one_winner || refused)
    }

    /// Whether the shadow saves at least as much in a stage that takes the best.
    fn saves_more(&self, shadow: &Rule, rule: &Rule, premises: &[&Condition]) -> bool {
        let best = self.is_same_stage(shadow, rule) && self.select(shadow) == Select::Best;
        let (true, Some(more), Some(less)) = (best, self.asks(shadow), self.asks(rule)) else { return false };
        let least_spent = self.least_spent(rule, premises);
        let is_more = match (more, less) {
            (Asks::Share(more, cap), Asks::Share(less, own_cap)) => {
                let caps = match (cap, own_cap) {
                    (None, _) => true,
                    (Some(cap), Some(own)) => cap >= own,
                    (Some(_), None) => false,
                };
                more >= less && caps && shadow.rounding == rule.rounding
            }
            (Asks::Amount(more), Asks::Amount(less)) => more >= less,
            (Asks::Share(more, cap), Asks::Amount(less)) => {
                least_spent * more / WHOLE >= less && cap.is_none_or(|cap| cap >= less)
            }
            (Asks::Amount(more), Asks::Share(_, cap)) => cap.is_some_and(|cap| more >= cap),
        };
        is_more && (self.is_before(shadow, rule) || self.is_strictly_more(shadow, rule, more, less))
    }

    /// Whether the shadow is more by a minor unit, so that no tie goes to the rule that stands before it.
    fn is_strictly_more(&self, shadow: &Rule, rule: &Rule, more: Asks, less: Asks) -> bool {
        let (Asks::Share(more, None), Asks::Share(less, _)) = (more, less) else { return false };
        let caps = &self.rules.caps;
        let gives_all =
            caps.line_percent.is_none() && caps.order_amount.is_none() && caps.order_percent.is_none();
        let Some(own) = goods(&rule.benefit) else { return false };
        let cheapest = i128::from(self.shelf.cheapest(&self.shelf.taken(own)));
        gives_all && !self.some_floor && self.is_at_list(shadow) && (more - less) * cheapest >= WHOLE
    }

    fn asks(&self, rule: &Rule) -> Option<Asks> {
        let cap = rule.money_cap().map(|cap| self.minor(cap));
        match &rule.benefit {
            Benefit::PercentOff(off) => {
                let once = rule.rounding.unwrap_or(self.rules.rounding).per == RoundingPer::Order;
                let plain = off.limit.is_none() && off.of == PercentOf::Value && !off.with_shipping;
                (once && plain).then(|| Asks::Share(ppm(off.percent), cap))
            }
            Benefit::AmountOff(off) => {
                let amount = self.minor(off.amount);
                let plain = off.each == Each::Once && off.limit.is_none() && !off.with_shipping;
                plain.then(|| Asks::Amount(cap.map_or(amount, |cap| cap.min(amount))))
            }
            // What these ask for is not told by what they are for alone.
            Benefit::UnitPrice(_)
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
            | Benefit::Grant(_) => None,
        }
    }

    /// What is spent at least on goods of the rule, all of which the shadow takes, at the values both compute from.
    fn least_spent(&self, rule: &Rule, premises: &[&Condition]) -> i128 {
        let Some(own) = goods(&rule.benefit) else { return 0 };
        let own = self.shelf.taken(own);
        let spends = premises.iter().flat_map(|premise| musts(premise)).filter_map(Condition::of_spend);
        let is_own = |spend: &&Spend| {
            let counted = self.shelf.taken(&spend.of);
            let inside = counted.iter().zip(&own).all(|(counted, own)| *own || !*counted);
            inside && spend.base.is_none() && !spend.with_shipping
        };
        let least = spends.filter(is_own).filter_map(|spend| spend.at_least);
        least.map(|least| self.minor(least)).max().unwrap_or(0)
    }
}

/// Whether a benefit may take something off fees, whatever is left of its goods.
const fn reaches_fees(benefit: &Benefit) -> bool {
    match benefit {
        Benefit::PercentOff(off) => off.with_shipping,
        Benefit::AmountOff(off) => off.with_shipping,
        Benefit::PointsRedeem(redeem) => redeem.with_shipping,
        Benefit::UseBalance(using) => using.with_shipping,
        Benefit::Shipping(_) => true,
        Benefit::UnitPrice(_)
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
        | Benefit::GroupPrice(_)
        | Benefit::BargainPrice(_)
        | Benefit::PointsEarn(_)
        | Benefit::Presale(_)
        | Benefit::Grant(_) => false,
    }
}

/// Whether a rule may take something off goods.
const fn changes_prices(rule: &Rule) -> bool {
    match rule.benefit.gives() {
        Gives::Gift(_) | Gives::Points(_) | Gives::Grant(_) | Gives::Shipping => false,
        Gives::Off | Gives::Redeem(_) | Gives::Presale | Gives::Balance(_) => true,
    }
}
