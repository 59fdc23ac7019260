//! What each rule can take off at most, as functions of the list value bought in each class of products.
//!
//! Prover and checker both start from here; neither trusts the other's numbers. Why the bounds hold: the same units
//! never get more off at lower values (M-5; a ladder of mixed kinds, which may fall, counts by its best tier), and stages only
//! lower values, so a rule computed from list values takes at least what it takes in the pipeline; a threshold met by what earlier rules left is met by list values too. Floors and caps
//! only lower a discount. Conditions on shopper, moment and code may hold, so a proof covers every shopper.

mod benefits;
mod rests;
mod shares;

use std::collections::BTreeSet;

use super::checks::excludes;
use super::farm::comes_to_an_end;
use super::levels::needed_spends;
use super::market::Market;
use crate::bounds::PPM;
use crate::money::Amount;
use crate::rules::{Per, Rule, RuleSet, Select, Selector};
use crate::rules::{Promise, Thresholds};
use crate::shop::{Catalogue, Product};
use shares::{counts_shipping, least, minor, steepest};

/// Classes by position.
pub(super) type Mask = BTreeSet<usize>;

/// A rule set and catalogue, relaxed for one promise: the question is whether all discounts together can be more than
/// `margins` allow by more than `limit`.
#[derive(Debug)]
pub(super) struct Relaxed {
    /// Of each class, what may come off each unit of list value, in parts per million, rounded down.
    pub margins: Vec<i128>,
    pub rules: Vec<RuleBound>,
    /// For each rule whether a bound of its whole discount may be put against those of its clique: not where several win some
    /// units each.
    pub alone: Vec<bool>,
    /// For each stage whether its rules compute from its start, so that their shares add up.
    pub from_start: Vec<bool>,
    /// Rules by position of which at most one takes off any unit.
    pub cliques: Vec<Vec<usize>>,
    /// The list value of any order is at least this.
    pub least_order: i64,
    /// No order has more off than this.
    pub order_cap: Option<i64>,
    /// All roundings together, in minor units.
    pub rounding: i64,
    /// The promise is kept up to here, in minor units.
    pub limit: i64,
}

/// What a rule takes off at most.
#[derive(Debug)]
pub(super) struct RuleBound {
    /// It gives nothing unless the classes of each mask are worth so much.
    pub gates: Vec<(Mask, i64)>,
    /// So much of each class, in parts per million, rounded up.
    pub slopes: Vec<i128>,
    /// So much in all, in minor units.
    pub flat: Option<i64>,
    /// It takes its slopes of what is left of each unit, not of the list value: in the stage of this position.
    pub of_rest: Option<usize>,
    /// What rounding may move between classes while it does, in parts per million.
    pub drift: Vec<i128>,
    /// A ladder by spend: it takes no more than the highest step reached, and no more than the steepest step in proportion.
    pub stairs: Option<Stairs>,
    /// Its slopes are those of a threshold, on the classes that count for it: what it takes may come off other units.
    pub by_counted: bool,
}

/// A ladder by the spend in some classes.
#[derive(Debug)]
pub(super) struct Stairs {
    pub of: Mask,
    /// Thresholds and amounts, rising.
    pub steps: Vec<(i64, i64)>,
    /// The amount comes again for every first threshold, without end.
    pub repeats: bool,
}

impl Stairs {
    /// The most a ladder gives in proportion to what is counted, where no more than `reach` is spent and a rule takes
    /// `taken` of each class.
    pub(super) fn slopes(&self, taken: &[i128], reach: i64) -> Vec<i128> {
        let steepest = steepest(&self.steps, reach);
        // Only a discount on the very goods that are counted is no more than they are: a gift may be worth more, and so may
        // an amount off other goods.
        let mut classes = taken.iter().enumerate().filter(|(_, slope)| **slope > 0).peekable();
        let off_these = classes.peek().is_some() && classes.all(|(class, _)| self.of.contains(&class));
        let share = if off_these { steepest.min(i128::from(PPM)) } else { steepest };
        (0..taken.len()).map(|class| if self.of.contains(&class) { share } else { 0 }).collect()
    }
}

/// Most rules, times rules and classes of products, that are bounded.
const SIZE_MAX: usize = 1 << 22;

/// Why there is no bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NoBound(pub String);

pub(super) fn relax(
    rules: &RuleSet,
    catalogue: &Catalogue,
    market: &Market,
    promise: Promise,
    thresholds: &Thresholds,
) -> Result<Relaxed, NoBound> {
    let relaxing = Relaxing { rules, catalogue, market, promise };
    let margins = relaxing.margins(thresholds)?;
    let counts = |rule: &&Rule| {
        // What comes to an end is had a number of times, not again and again.
        rule.enabled && (promise != Promise::SplitFarm || !comes_to_an_end(rule))
    };
    let enabled: Vec<&Rule> = rules.rules.iter().filter(counts).collect();
    // Rules are compared with each other, and bounded in each class.
    let size = enabled.len().saturating_mul(enabled.len().saturating_add(market.classes.len()));
    if size > SIZE_MAX {
        return Err(NoBound("there are too many rules and classes of products for a bound".to_owned()));
    }
    let bounds: Result<Vec<RuleBound>, NoBound> = enabled.iter().map(|rule| relaxing.rule(rule)).collect();
    let mut bounds = bounds?;
    relaxing.rests(&enabled, &mut bounds);
    let prices = catalogue.products().iter().map(|product| product.piece.list_price.minor());
    let rounding = enabled.iter().map(|rule| relaxing.roundings(rule)).sum();
    let cap = rules.caps.order_amount.map(|cap| minor(cap, rules.currency));
    let gifts = enabled.iter().any(|rule| rule.benefit.gift().is_some());
    Ok(Relaxed {
        margins,
        rules: bounds,
        from_start: rules.stages.iter().map(rests::computes_from_start).collect(),
        alone: enabled.iter().map(|rule| !Relaxing::shares_units(rules, rule)).collect(),
        cliques: relaxing.cliques(&enabled),
        least_order: prices.filter(|price| *price > 0).min().unwrap_or(1),
        // The cap is on goods; what gifts cost comes on top of it.
        order_cap: if gifts { None } else { cap },
        rounding,
        limit: if promise == Promise::AboveCost {
            thresholds.loss
        } else if promise == Promise::NotFree {
            // The list value less one minor unit.
            -1
        } else {
            0
        },
    })
}

struct Relaxing<'a> {
    rules: &'a RuleSet,
    catalogue: &'a Catalogue,
    market: &'a Market,
    promise: Promise,
}

impl Relaxing<'_> {
    fn products(&self, class: usize) -> impl Iterator<Item = &Product> {
        let members = self.market.classes.get(class).map_or(&[][..], |class| class.members.as_slice());
        members.iter().filter_map(|at| self.catalogue.products().get(*at))
    }

    fn classes(&self) -> std::ops::Range<usize> {
        0..self.market.classes.len()
    }

    fn margins(&self, thresholds: &Thresholds) -> Result<Vec<i128>, NoBound> {
        let whole = i128::from(PPM);
        let margin = |class| match self.promise {
            Promise::AboveCost | Promise::SplitFarm => {
                let mut least = whole;
                for product in self.products(class) {
                    let price = i128::from(product.piece.list_price.minor());
                    let Some(worth) = product.least_worth() else {
                        return Err(NoBound("the cost of some products is not known".to_owned()));
                    };
                    if price == 0 && worth.minor() > 0 {
                        return Err(NoBound(
                            "some products cost something and are listed at nothing".to_owned(),
                        ));
                    }
                    let share = (price - i128::from(worth.minor())) * whole;
                    least = least.min(share.checked_div_euclid(price).unwrap_or(whole));
                }
                Ok(least)
            }
            Promise::Depth => Ok(i128::from(thresholds.depth_ppm)),
            Promise::NotFree
            | Promise::CashLike
            | Promise::ShippingApart
            | Promise::PaidThreshold
            | Promise::EarnedOnCash
            | Promise::RewardsCovered
            | Promise::NoPump
            | Promise::PriceProtection
            | Promise::GroupHolds
            | Promise::ReturnsNeverPay
            | Promise::LimitsHold
            | Promise::RunsOnce
            | Promise::HandsOver
            | Promise::ExclusionsClosed
            | Promise::Rounding
            | Promise::RealCut
            | Promise::SecretCodes
            | Promise::AddItem
            | Promise::SplitPays
            | Promise::Exposure
            | Promise::PrizeCeiling
            | Promise::EqualRanks
            | Promise::AsBefore
            | Promise::EarnShare
            | Promise::NoGap
            | Promise::ExclusionsHold
            | Promise::PoolingPays
            | Promise::PlainPrices
            | Promise::CapsMatter
            | Promise::EveryRule => Ok(whole),
        };
        self.classes().map(margin).collect()
    }

    /// The classes a selector takes units of, or may.
    fn mask(&self, selector: &Selector) -> Mask {
        let takes = |class: &usize| {
            let first = self.products(*class).next();
            first.is_some_and(|product| selector.takes(&product.piece) != Some(false))
        };
        self.classes().filter(takes).collect()
    }

    fn price_range(&self, mask: &Mask) -> (i64, i64) {
        let prices =
            || mask.iter().flat_map(|class| self.products(*class)).map(|one| one.piece.list_price.minor());
        (prices().filter(|price| *price > 0).min().unwrap_or(1), prices().max().unwrap_or(0))
    }

    fn minor(&self, amount: Amount) -> i64 {
        minor(amount, self.rules.currency)
    }

    /// What so many pieces are worth at least; `None` where pieces that are listed at nothing count as well.
    fn worth_of_pieces(&self, mask: &Mask, pieces: u32) -> Option<i64> {
        let prices = || mask.iter().flat_map(|class| self.products(*class)).map(|one| one.piece.list_price);
        let is_worth_something = prices().all(|price| price.minor() > 0);
        is_worth_something.then(|| self.price_range(mask).0.saturating_mul(i64::from(pieces)).max(1))
    }

    /// The same share of every class of a mask.
    fn even(&self, mask: &Mask, share: i128) -> Vec<i128> {
        let share = share.clamp(0, i128::from(PPM));
        self.classes().map(|class| if mask.contains(&class) { share } else { 0 }).collect()
    }

    fn rule(&self, rule: &Rule) -> Result<RuleBound, NoBound> {
        let mut bound = self.benefit(rule)?;
        for (selector, amount) in rule.condition.iter().flat_map(needed_spends) {
            // With shipping in the count, goods alone need not reach the threshold.
            if !rule.condition.as_ref().is_some_and(counts_shipping) {
                bound.gates.push((self.mask(selector), self.minor(amount)));
            }
        }
        if rule.per == Per::Order {
            let cap = rule.money_cap().map(|cap| self.minor(cap));
            bound.flat = least(bound.flat, cap);
        } else {
            // Each part may take as much again; in proportion to its own spend it stays below the slope.
            bound.flat = None;
            if let Some(stairs) = bound.stairs.take() {
                bound.slopes = stairs.slopes(&bound.slopes, i64::MAX);
                bound.by_counted = true;
            }
        }
        if let (Some(flat), Some((of, at))) = (bound.flat, bound.gates.first())
            && bound.stairs.is_none()
            && (bound.slopes.contains(&i128::from(PPM)) || bound.slopes.iter().all(|slope| *slope == 0))
            && *at > 0
        {
            // A flat amount behind a threshold is a ladder of one step.
            bound.stairs = Some(Stairs { of: of.clone(), steps: vec![(*at, flat)], repeats: false });
        }
        bound.by_counted |= bound.stairs.is_some();
        bound.flat = least(bound.flat, rule.money_budget().map(|budget| self.minor(budget)));
        let extra = self.rounding_slopes(rule);
        bound
            .slopes
            .iter_mut()
            .zip(extra)
            .filter(|(slope, _)| **slope > 0)
            .for_each(|(slope, more)| *slope += more);
        Ok(bound)
    }

    /// Rules of which at most one gives anything, or at most one to a unit: groups, exclusions, stages with one winner.
    fn cliques(&self, rules: &[&Rule]) -> Vec<Vec<usize>> {
        let select = |rule: &Rule| {
            let stage = self.rules.stages.iter().find(|stage| stage.id == rule.stage);
            stage.map_or(Select::All, |stage| stage.select)
        };
        let apart = |a: &Rule, b: &Rule| {
            let same_stage = a.stage == b.stage
                && match select(a) {
                    Select::First | Select::Best | Select::BestPerUnit => true,
                    Select::All | Select::BestPerLine | Select::BestCombination | Select::BestAssignment => {
                        false
                    }
                };
            same_stage || excludes(a, b)
        };
        let mut cliques: Vec<Vec<usize>> = Vec::new();
        for (at, rule) in rules.iter().enumerate() {
            let fits = |clique: &&mut Vec<usize>| {
                clique.iter().all(|other| rules.get(*other).is_some_and(|other| apart(rule, other)))
            };
            match cliques.iter_mut().find(fits) {
                Some(clique) => clique.push(at),
                None => cliques.push(vec![at]),
            }
        }
        cliques
    }

    /// True for stages in which several rules may win, each some units.
    fn shares_units(rules: &RuleSet, rule: &Rule) -> bool {
        let stage = rules.stages.iter().find(|stage| stage.id == rule.stage);
        stage.is_some_and(|stage| {
            matches!(stage.select, Select::BestPerLine | Select::BestPerUnit | Select::BestAssignment)
        })
    }
}
