//! What each rule can take off at most, as functions of the list value bought in each class of products.
//!
//! Prover and checker both start from here; neither trusts the other's numbers. Why the bounds hold: discounts never
//! grow when values fall (M-5), and stages only lower values, so a rule computed from list values takes at least what
//! it takes in the pipeline; a threshold met by what earlier rules left is met by list values too. Floors and caps
//! only lower a discount. Conditions on shopper, moment and code may hold, so a proof covers every shopper.

use std::collections::BTreeSet;

use super::checks::excludes;
use super::levels::needed_spends;
use super::market::Market;
use crate::bounds::PPM;
use crate::money::{Amount, Currency, Percent, RoundingPer};
use crate::rules::{
    Benefit, Condition, Each, Gift, GroupOff, Per, PercentOf, Pick, Rule, RuleSet, Select, Selector, Step,
    Take, TierOff, Times, UnitLimit, UnitOff,
};
use crate::rules::{Promise, Thresholds};
use crate::shop::{Catalogue, Product};

/// Classes by position.
pub(super) type Mask = BTreeSet<usize>;

/// A rule set and catalogue, relaxed for one promise: the question is whether all discounts together can be more than
/// `margins` allow by more than `limit`.
#[derive(Debug)]
pub(super) struct Relaxed {
    /// Of each class, what may come off each unit of list value, in parts per million, rounded down.
    pub margins: Vec<i128>,
    pub rules: Vec<RuleBound>,
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
    pub id: String,
    /// It gives nothing unless the classes of each mask are worth so much.
    pub gates: Vec<(Mask, i64)>,
    /// So much of each class, in parts per million, rounded up.
    pub slopes: Vec<i128>,
    /// So much in all, in minor units.
    pub flat: Option<i64>,
    /// A ladder by spend: it takes no more than the highest step reached, and no more than the steepest step in proportion.
    pub stairs: Option<Stairs>,
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
    let enabled: Vec<&Rule> = rules.rules.iter().filter(|rule| rule.enabled).collect();
    let bounds: Result<Vec<RuleBound>, NoBound> = enabled.iter().map(|rule| relaxing.rule(rule)).collect();
    let prices = catalogue.products().iter().map(|product| product.piece.list_price.minor());
    let rounding = enabled.iter().map(|rule| relaxing.roundings(rule)).sum();
    let cap = rules.caps.order_amount.map(|cap| minor(cap, rules.currency));
    let gifts = enabled.iter().any(|rule| matches!(rule.benefit, Benefit::Gift(_)));
    Ok(Relaxed {
        margins,
        rules: bounds?,
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
            Promise::AboveCost => {
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
            | Promise::RunsOnce
            | Promise::HandsOver
            | Promise::ExclusionsClosed
            | Promise::Rounding
            | Promise::RealCut
            | Promise::SecretCodes
            | Promise::AddItem
            | Promise::SplitPays
            | Promise::Exposure
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
            let cap = rule.cap.map(|cap| self.minor(cap));
            bound.flat = least(bound.flat, cap);
        } else {
            // Each part may take as much again; in proportion to its own spend it stays below the slope.
            bound.flat = None;
            if let Some(stairs) = bound.stairs.take() {
                let steepest = steepest(&stairs.steps, i64::MAX);
                bound.slopes = self.even(&stairs.of, steepest);
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
        bound.flat = least(bound.flat, rule.limits.budget.map(|budget| self.minor(budget)));
        let extra = self.rounding_slopes(rule);
        bound
            .slopes
            .iter_mut()
            .zip(extra)
            .filter(|(slope, _)| **slope > 0)
            .for_each(|(slope, more)| *slope += more);
        Ok(bound)
    }

    fn benefit(&self, rule: &Rule) -> Result<RuleBound, NoBound> {
        let whole = i128::from(PPM);
        let none = || RuleBound {
            id: rule.id.as_str().to_owned(),
            gates: Vec::new(),
            slopes: vec![0; self.market.classes.len()],
            flat: None,
            stairs: None,
        };
        let sloped = |mask: &Mask, share: i128| RuleBound { slopes: self.even(mask, share), ..none() };
        let each = |mask: &Mask, each: i64| RuleBound { slopes: self.each(mask, each), ..none() };
        Ok(match &rule.benefit {
            Benefit::PercentOff(off) => {
                let mask = self.mask(&off.target);
                let share = if off.of == PercentOf::Value { ppm(off.percent) } else { whole };
                let most = self.units_flat(rule, off.limit, &mask, share, None);
                RuleBound { flat: most, ..sloped(&mask, share) }
            }
            Benefit::AmountOff(off) => {
                let (mask, amount) = (self.mask(&off.target), self.minor(off.amount));
                match off.each {
                    Each::Once => RuleBound { flat: Some(amount), ..sloped(&mask, whole) },
                    Each::Unit => {
                        let most = self.units_flat(rule, off.limit, &mask, whole, Some(amount));
                        RuleBound { flat: most, ..each(&mask, amount) }
                    }
                }
            }
            Benefit::UnitPrice(off) => {
                let mask = self.mask(&off.target);
                let price = self.minor(off.price);
                let above = |class: usize| share_above(price, self.price_range(&[class].into()).1);
                let share = |class: usize| if mask.contains(&class) { above(class) } else { 0 };
                let dearest = share_above(price, self.price_range(&mask).1);
                let flat = self.units_flat(rule, off.limit, &mask, dearest, None);
                RuleBound { flat, slopes: self.classes().map(share).collect(), ..none() }
            }
            Benefit::TotalPrice(off) => sloped(&self.mask(&off.target), whole),
            Benefit::SpendTiers(off) => {
                let target = self.mask(&off.target);
                let of = off.qualifier.as_ref().map_or_else(|| target.clone(), |one| self.mask(one));
                let first = off.tiers.first().map_or(0, |tier| self.minor(tier.at));
                let amounts: Option<Vec<(i64, i64)>> = off
                    .tiers
                    .iter()
                    .map(|tier| match tier.off {
                        TierOff::Amount(amount) => Some((self.minor(tier.at).max(1), self.minor(amount))),
                        TierOff::Percent(_) | TierOff::UnitPrice(_) => None,
                    })
                    .collect();
                let mut bound =
                    sloped(&target, off.tiers.iter().map(|tier| tier_share(tier.off)).max().unwrap_or(whole));
                bound.gates.push((of.clone(), first));
                if let Some(steps) = amounts {
                    bound.flat = steps.iter().map(|(_, amount)| *amount).max();
                    bound.stairs = Some(Stairs { of, steps, repeats: false });
                }
                bound
            }
            Benefit::Every(off) => {
                let target = self.mask(&off.target);
                let of = off.qualifier.as_ref().map_or_else(|| target.clone(), |one| self.mask(one));
                let amount = self.minor(off.amount);
                let most = times_max(off.times).and_then(|times| amount.checked_mul(i64::from(times)));
                match off.step {
                    Step::Spend(step) => {
                        let steps = vec![(self.minor(step).max(1), amount)];
                        let stairs = Some(Stairs { of, steps, repeats: true });
                        RuleBound { flat: most, stairs, ..sloped(&target, whole) }
                    }
                    Step::Quantity(units) => {
                        let step = self.price_range(&of).0.saturating_mul(i64::from(units)).max(1);
                        let stairs = Some(Stairs { of, steps: vec![(step, amount)], repeats: true });
                        RuleBound { flat: most, stairs, ..sloped(&target, whole) }
                    }
                }
            }
            Benefit::QuantityTiers(off) => {
                let target = self.mask(&off.target);
                let share = off.tiers.iter().map(|tier| tier_share(tier.off)).max().unwrap_or(whole);
                let amounts = off.tiers.iter().map(|tier| match tier.off {
                    TierOff::Amount(amount) => Some(self.minor(amount)),
                    TierOff::Percent(_) | TierOff::UnitPrice(_) => None,
                });
                let flat = amounts.collect::<Option<Vec<i64>>>().and_then(|all| all.into_iter().max());
                RuleBound { flat, ..sloped(&target, share) }
            }
            Benefit::BuyGet(off) => {
                let share = unit_share(off.off);
                let (buy, get) = (i128::from(off.qualifier.quantity), i128::from(off.target.quantity));
                let same = off.qualifier.selector == off.target.selector && off.pick == Pick::Cheapest;
                // The cheapest of each group of buy + get are its targets.
                let share = if same { ceil_div(share * get, buy + get) } else { share };
                sloped(&self.mask(&off.target.selector), share)
            }
            Benefit::NthUnit(off) => {
                let share = unit_share(off.off);
                let cheapest_of_group = off.position == 1
                    && off.pick == Pick::Cheapest
                    && (off.take == Take::EachGroup || off.order == Pick::Cheapest);
                let share =
                    if cheapest_of_group { ceil_div(share, i128::from(off.nth.max(1))) } else { share };
                sloped(&self.mask(&off.target), share)
            }
            Benefit::UnitLadder(off) => {
                let share = off.steps.iter().map(|step| unit_share(step.off)).max().unwrap_or(whole);
                sloped(&self.mask(&off.target), share)
            }
            Benefit::NFor(off) => {
                let mask = self.mask(&off.target);
                let (cheapest, dearest) = self.price_range(&mask);
                let units = i64::from(off.units);
                sloped(
                    &mask,
                    self.group_share(off.off, cheapest.saturating_mul(units), dearest.saturating_mul(units)),
                )
            }
            Benefit::Bundle(off) => {
                let (mut mask, mut cheapest, mut dearest) = (Mask::new(), 0_i64, 0_i64);
                for part in &off.parts {
                    let of = self.mask(&part.selector);
                    let (low, high) = self.price_range(&of);
                    cheapest = cheapest.saturating_add(low.saturating_mul(i64::from(part.quantity)));
                    dearest = dearest.saturating_add(high.saturating_mul(i64::from(part.quantity)));
                    mask.extend(of);
                }
                sloped(&mask, self.group_share(off.off, cheapest, dearest))
            }
            Benefit::Gift(gift) if self.promise == Promise::AboveCost => self.gift(rule, gift, none())?,
            Benefit::GroupPrice(off) => sloped(&self.mask(&off.target), whole),
            Benefit::BargainPrice(off) => {
                let mask = self.mask(&off.target);
                sloped(&mask, share_above(self.minor(off.floor), self.price_range(&mask).1))
            }
            // Points and money of the wallet, and deposits, are ways to pay that count as discounts; nobody has shown a
            // bound for them yet.
            Benefit::PointsRedeem(_) | Benefit::Presale(_) | Benefit::UseBalance(_) => {
                return Err(NoBound(format!(
                    "rule {} is paid for out of the wallet or by a deposit",
                    rule.id
                )));
            }
            // What is earned or granted is for a later order.
            Benefit::Gift(_) | Benefit::Shipping(_) | Benefit::PointsEarn(_) | Benefit::Grant(_) => none(),
        })
    }

    /// What gifts cost, as a discount.
    fn gift(&self, rule: &Rule, gift: &Gift, none: RuleBound) -> Result<RuleBound, NoBound> {
        let worth = |option: &crate::rules::GiftOption| {
            let cost = self.catalogue.cost_of(&option.sku).unwrap_or_default().minor();
            let price = option.price.map_or(0, |price| self.minor(price));
            (cost - price).max(0).saturating_mul(i64::from(option.quantity))
        };
        let dearest = gift.options.iter().map(worth).max().unwrap_or(0);
        let once = dearest.saturating_mul(i64::from(gift.choose));
        if once == 0 {
            return Ok(none);
        }
        if rule.per != Per::Order {
            return Err(NoBound(format!("rule {} gives gifts per part", rule.id)));
        }
        let of = self.mask(&gift.qualifier);
        match gift.every {
            None => Ok(RuleBound { flat: Some(once), ..none }),
            Some(step) => {
                let step = match step {
                    Step::Spend(amount) => self.minor(amount),
                    Step::Quantity(units) => self.price_range(&of).0.saturating_mul(i64::from(units)),
                };
                let flat = times_max(gift.times).and_then(|times| once.checked_mul(i64::from(times)));
                let stairs = Some(Stairs { of, steps: vec![(step.max(1), once)], repeats: true });
                Ok(RuleBound { flat, stairs, ..none })
            }
        }
    }

    /// An amount off each unit, against the cheapest unit of each class.
    fn each(&self, mask: &Mask, amount: i64) -> Vec<i128> {
        let share = |class: usize| {
            let cheapest = self.price_range(&[class].into()).0;
            ceil_div(i128::from(amount) * i128::from(PPM), i128::from(cheapest)).min(i128::from(PPM))
        };
        self.classes().map(|class| if mask.contains(&class) { share(class) } else { 0 }).collect()
    }

    /// The most a benefit on so many units gives.
    fn units_flat(
        &self,
        rule: &Rule,
        limit: Option<UnitLimit>,
        mask: &Mask,
        share: i128,
        amount: Option<i64>,
    ) -> Option<i64> {
        let kept = limit.map(|limit| match limit {
            UnitLimit::Cheapest(units) | UnitLimit::Dearest(units) => u64::from(units),
        });
        let limits = &rule.limits;
        let units = [kept, limits.units, limits.units_per_customer, limits.units_per_order];
        let units = i128::from(units.into_iter().flatten().min()?);
        let dearest = ceil_div(i128::from(self.price_range(mask).1) * share, i128::from(PPM));
        let one = amount.map_or(dearest, |amount| i128::from(amount).min(dearest));
        // Rounding by unit may add half a unit to each.
        i64::try_from(units * (one + 1)).ok()
    }

    fn group_share(&self, off: GroupOff, cheapest: i64, dearest: i64) -> i128 {
        let whole = i128::from(PPM);
        match off {
            GroupOff::Percent(percent) => ppm(percent),
            GroupOff::Amount(amount) => {
                ceil_div(i128::from(self.minor(amount)) * whole, i128::from(cheapest.max(1))).min(whole)
            }
            GroupOff::Price(price) => share_above(self.minor(price), dearest),
            GroupOff::UnitPrice(_) => whole,
        }
    }

    fn is_rounded_often(&self, rule: &Rule) -> bool {
        rule.per == Per::Line || rule.rounding.unwrap_or(self.rules.rounding).per != RoundingPer::Order
    }

    /// What rounding by line or unit may add, in proportion to the cheapest unit.
    fn rounding_slopes(&self, rule: &Rule) -> Vec<i128> {
        let often = self.is_rounded_often(rule);
        let share = |class: usize| {
            let cheapest = i128::from(self.price_range(&[class].into()).0);
            if often { ceil_div(i128::from(PPM), cheapest) } else { 0 }
        };
        self.classes().map(share).collect()
    }

    /// How often a rule rounds in one order, at most: each adds less than one minor unit.
    fn roundings(&self, rule: &Rule) -> i64 {
        let applications = match rule.per {
            Per::Order | Per::Line => 1,
            Per::Shop => {
                let shops: BTreeSet<_> =
                    self.catalogue.products().iter().map(|one| &one.piece.shop).collect();
                i64::try_from(shops.len()).unwrap_or(i64::MAX)
            }
        };
        let each = match &rule.benefit {
            Benefit::PercentOff(_) | Benefit::SpendTiers(_) | Benefit::QuantityTiers(_) => 1,
            Benefit::BuyGet(_) | Benefit::NthUnit(_) | Benefit::NFor(_) | Benefit::Bundle(_) => 1,
            Benefit::UnitLadder(off) => i64::try_from(off.steps.len()).unwrap_or(i64::MAX),
            Benefit::AmountOff(_)
            | Benefit::UnitPrice(_)
            | Benefit::TotalPrice(_)
            | Benefit::Every(_)
            | Benefit::Gift(_)
            | Benefit::Shipping(_)
            | Benefit::GroupPrice(_)
            | Benefit::BargainPrice(_)
            | Benefit::PointsEarn(_)
            | Benefit::PointsRedeem(_)
            | Benefit::Presale(_)
            | Benefit::UseBalance(_)
            | Benefit::Grant(_) => 0,
        };
        applications.saturating_mul(each)
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
                    Select::All | Select::BestPerLine => false,
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
    pub(super) fn shares_units(rules: &RuleSet, rule: &Rule) -> bool {
        let stage = rules.stages.iter().find(|stage| stage.id == rule.stage);
        stage.is_some_and(|stage| stage.select == Select::BestPerUnit)
    }
}

/// Whether a flat bound of this rule may be put against those of its clique: not where several win some units each.
pub(super) fn flat_is_exclusive(rules: &RuleSet, id: &str) -> bool {
    let rule = rules.rules.iter().find(|rule| rule.id.as_str() == id);
    rule.is_some_and(|rule| !Relaxing::shares_units(rules, rule))
}

/// The steepest step with a threshold up to `reach`, in parts per million, rounded up.
pub(super) fn steepest(steps: &[(i64, i64)], reach: i64) -> i128 {
    let reached = steps.iter().filter(|(at, _)| *at <= reach);
    let share =
        |(at, amount): &(i64, i64)| ceil_div(i128::from(*amount) * i128::from(PPM), i128::from(*at).max(1));
    reached.map(share).max().unwrap_or(0)
}

fn counts_shipping(condition: &Condition) -> bool {
    let mut counts = false;
    super::levels::each_leaf(condition, &mut |leaf| {
        if let Condition::Spend(spend) = leaf {
            counts |= spend.with_shipping;
        }
    });
    counts
}

fn least(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, None) | (None, one) => one,
    }
}

fn times_max(times: Times) -> Option<u32> {
    match times {
        Times::Max(times) => Some(times),
        Times::Uncapped => None,
    }
}

fn minor(amount: Amount, currency: Currency) -> i64 {
    amount.to_money(currency).map_or(0, crate::money::Money::minor)
}

fn ppm(percent: Percent) -> i128 {
    percent.to_rate().map_or(i128::from(PPM), |rate| i128::from(rate.ppm()))
}

fn tier_share(off: TierOff) -> i128 {
    match off {
        TierOff::Percent(percent) => ppm(percent),
        TierOff::Amount(_) | TierOff::UnitPrice(_) => i128::from(PPM),
    }
}

fn unit_share(off: UnitOff) -> i128 {
    match off {
        UnitOff::Percent(percent) => ppm(percent),
        UnitOff::Amount(_) | UnitOff::Price(_) => i128::from(PPM),
    }
}

/// The share of a worth that lies above a price, where the worth is at most `dearest`.
fn share_above(price: i64, dearest: i64) -> i128 {
    let (price, dearest) = (i128::from(price), i128::from(dearest.max(1)));
    ceil_div((dearest - price).max(0) * i128::from(PPM), dearest)
}

/// Rounded up; both are not negative.
fn ceil_div(amount: i128, by: i128) -> i128 {
    (amount + by - 1).checked_div(by).unwrap_or(amount)
}
