//! The most a rule takes, as the checker derives it from the rule itself: apart from the prover, on purpose.
//!
//! Why it holds: the same units get no more off at lower values (M-5; ladders of mixed kinds may fall, so their best tier
//! counts) and stages only lower values, so what a rule takes from list values is the most it takes; spends that are needed are reached by list values, if they are reached at all. Floors, caps,
//! limits and exclusions only lower it. What shoppers, moments and codes must be is taken to be so.

use super::reads::{musts, tests};
use super::shelf::{Shelf, shops};
use crate::bounds::PPM;
use crate::money::{Amount, Percent, RoundingPer};
use crate::rules::{
    AmountOff, Benefit, Bundle, BuyGet, Condition, Each, Every, Gift, GroupOff, NFor, NthUnit, Per,
    PercentOf, PercentOff, Pick, QuantityTiers, Rule, RuleSet, Selector, SpendTiers, Step, Take as From,
    TierOff, Times, UnitLadder, UnitLimit, UnitOff, UnitPrice,
};

const WHOLE: i128 = PPM as i128;
/// A share that no margin is a match for, and of which very many still add up.
const SHARE_MAX: i128 = i128::MAX >> 24;

/// The most a rule takes.
pub(super) struct Takes {
    /// Millionths of the list value of each class.
    pub shares: Vec<i128>,
    /// Minor units in an order, whatever is in it.
    pub amount: Option<i128>,
    /// It takes nothing while classes are worth less.
    pub needs: Vec<(Vec<bool>, i128)>,
    /// Amounts by what classes are worth.
    pub ladder: Option<Ladder>,
    /// What it takes in proportion is told by the goods that are counted, which need not be the units it is taken from.
    pub moved: bool,
    /// What rounding may add in an order, in minor units.
    pub rounding: i128,
}

/// So much from so much on.
pub(super) struct Ladder {
    pub of: Vec<bool>,
    pub steps: Vec<(i128, i128)>,
    /// The first step comes again for as much again.
    pub again: bool,
}

impl Ladder {
    /// The most it gives in proportion to what is counted, when that is worth `most` at most; `taken` are the goods that get
    /// cheaper.
    pub(super) fn shares(&self, taken: &[i128], most: i128) -> Vec<i128> {
        let reached = self.steps.iter().filter(|(at, _)| *at <= most);
        // From a threshold on, an amount is the smaller a share the more is spent: it is largest at the threshold.
        let share =
            |(at, amount): &(i128, i128)| amount.checked_mul(WHOLE).map_or(SHARE_MAX, |all| up(all, *at));
        let steepest = reached.map(share).max().unwrap_or(0).min(SHARE_MAX);
        // A discount on the goods counted is no more than they are. What comes beside them, as a gift does, or comes off
        // other goods may be worth more.
        let off_these = taken.iter().any(|share| *share > 0)
            && taken.iter().zip(&self.of).all(|(share, of)| *share == 0 || *of);
        let share = if off_these { steepest.min(WHOLE) } else { steepest };
        self.of.iter().map(|of| if *of { share } else { 0 }).collect()
    }
}

/// Whose cost counts beside discounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gifts {
    Cost,
    DoNotCount,
}

/// What a piece costs in minor units; `None` where that is not known.
pub(super) type CostOf<'c> = &'c dyn Fn(&crate::shop::Sku) -> Option<i64>;

/// `None` when nothing bounds the rule.
pub(super) fn takes(
    rules: &RuleSet,
    rule: &Rule,
    shelf: &Shelf<'_>,
    gifts: Gifts,
    cost_of: CostOf<'_>,
) -> Option<Takes> {
    let reading = Reading { rules, rule, shelf };
    let mut takes = reading.benefit(gifts, cost_of)?;
    let spends_goods_only = rule.condition.as_ref().is_none_or(|condition| !with_shipping(condition));
    if spends_goods_only {
        for (selector, amount) in rule.condition.iter().flat_map(spends_needed) {
            takes.needs.push((shelf.taken(selector), reading.minor(amount)));
        }
    }
    match (rule.per, rule.money_cap()) {
        (Per::Order, Some(cap)) => takes.amount = smaller(takes.amount, reading.minor(cap)),
        (Per::Order, None) => {}
        (Per::Shop | Per::Line, _) => {
            // Each part may take as much again; only shares and the budget bound them all.
            takes.amount = None;
            if let Some(ladder) = takes.ladder.take() {
                takes.shares = ladder.shares(&takes.shares, i128::MAX);
                takes.moved = true;
            }
        }
    }
    let is_amount = takes.shares.iter().all(|share| *share == 0 || *share == WHOLE);
    if let (None, Some(amount), Some((of, at)), true) =
        (&takes.ladder, takes.amount, takes.needs.first(), is_amount)
        && *at > 0
    {
        takes.ladder = Some(Ladder { of: of.clone(), steps: vec![(*at, amount)], again: false });
    }
    takes.moved |= takes.ladder.is_some();
    if let Some(budget) = rule.money_budget() {
        takes.amount = smaller(takes.amount, reading.minor(budget));
    }
    reading.round(&mut takes);
    Some(takes)
}

struct Reading<'r> {
    rules: &'r RuleSet,
    rule: &'r Rule,
    shelf: &'r Shelf<'r>,
}

impl Reading<'_> {
    fn minor(&self, amount: Amount) -> i128 {
        i128::from(amount.to_money(self.rules.currency).unwrap_or_default().minor())
    }

    /// So many millionths of the dearest product of each class that a selector takes.
    fn shares(&self, of: &Selector, share: impl Fn(i128) -> i128) -> Vec<i128> {
        let taken = self.shelf.taken(of);
        let class = |(class, taken): (&Vec<&crate::shop::Product>, bool)| {
            let prices = class.iter().map(|product| i128::from(product.piece.list_price.minor()));
            let most = prices.filter(|price| taken && *price > 0).map(&share).max();
            most.unwrap_or(0).clamp(0, WHOLE)
        };
        self.shelf.classes.iter().zip(taken).map(class).collect()
    }

    fn of(&self, selector: &Selector, share: i128) -> Takes {
        Takes { shares: self.shares(selector, |_| share), ..self.nothing() }
    }

    fn nothing(&self) -> Takes {
        let shares = vec![0; self.shelf.classes.len()];
        Takes { shares, amount: None, needs: Vec::new(), ladder: None, moved: false, rounding: 0 }
    }

    /// The most so many units give, where some limit keeps their number: each at most `most`, and half a unit of rounding.
    fn few_units(
        &self,
        of: &Selector,
        limit: Option<UnitLimit>,
        most: impl Fn(i128) -> i128,
    ) -> Option<i128> {
        let own = limit.map(|limit| match limit {
            UnitLimit::Cheapest(units) | UnitLimit::Dearest(units) => u64::from(units),
        });
        let limits = &self.rule.limits;
        let all = [own, limits.units, limits.units_per_customer, limits.units_per_order];
        let units = i128::from(all.into_iter().flatten().min()?);
        let dearest = i128::from(self.shelf.dearest(&self.shelf.taken(of)));
        units.checked_mul(most(dearest).max(0) + 1)
    }

    fn benefit(&self, gifts: Gifts, cost_of: CostOf<'_>) -> Option<Takes> {
        Some(match &self.rule.benefit {
            Benefit::PercentOff(off) => self.percent_off(off),
            Benefit::AmountOff(off) => self.amount_off(off),
            Benefit::UnitPrice(off) => self.unit_price(off),
            Benefit::BargainPrice(off) => {
                Takes { shares: self.shares(&off.target, self.above(off.floor)), ..self.nothing() }
            }
            Benefit::TotalPrice(off) => self.of(&off.target, WHOLE),
            Benefit::GroupPrice(off) => self.of(&off.target, WHOLE),
            Benefit::SpendTiers(off) => self.spend_tiers(off),
            Benefit::QuantityTiers(off) => self.quantity_tiers(off),
            Benefit::Every(off) => self.every(off),
            Benefit::BuyGet(off) => self.buy_get(off),
            Benefit::NthUnit(off) => self.nth_unit(off),
            Benefit::UnitLadder(off) => self.unit_ladder(off),
            Benefit::NFor(off) => self.n_for(off),
            Benefit::Bundle(off) => self.bundle(off),
            Benefit::Gift(gift) => match gifts {
                Gifts::Cost => self.gift(gift, cost_of)?,
                Gifts::DoNotCount => self.nothing(),
            },
            Benefit::Shipping(_) | Benefit::PointsEarn(_) | Benefit::Grant(_) => self.nothing(),
            Benefit::PointsRedeem(_) | Benefit::Presale(_) | Benefit::UseBalance(_) => return None,
        })
    }

    /// The share of a price that lies above another.
    fn above(&self, price: Amount) -> impl Fn(i128) -> i128 + use<> {
        let price = self.minor(price);
        move |list| up((list - price).max(0) * WHOLE, list)
    }

    fn percent_off(&self, off: &PercentOff) -> Takes {
        let share = match off.of {
            PercentOf::Value => ppm(off.percent),
            PercentOf::Reference => WHOLE,
        };
        let amount = self.few_units(&off.target, off.limit, |list| up(list * share, WHOLE));
        Takes { amount, ..self.of(&off.target, share) }
    }

    fn amount_off(&self, off: &AmountOff) -> Takes {
        let amount = self.minor(off.amount);
        match off.each {
            Each::Once => Takes { amount: Some(amount), ..self.of(&off.target, WHOLE) },
            Each::Unit => {
                let shares = self.shares(&off.target, |list| up(amount * WHOLE, list));
                let few = self.few_units(&off.target, off.limit, |list| list.min(amount));
                Takes { shares, amount: few, ..self.nothing() }
            }
        }
    }

    fn unit_price(&self, off: &UnitPrice) -> Takes {
        let shares = self.shares(&off.target, self.above(off.price));
        let price = self.minor(off.price);
        let amount = self.few_units(&off.target, off.limit, |list| list - price);
        Takes { shares, amount, ..self.nothing() }
    }

    fn spend_tiers(&self, off: &SpendTiers) -> Takes {
        let of = self.shelf.taken(off.qualifier.as_ref().unwrap_or(&off.target));
        let mut takes = self.of(&off.target, most_of(off.tiers.iter().map(|tier| tier.off)));
        takes.needs.push((of.clone(), off.tiers.first().map_or(0, |tier| self.minor(tier.at))));
        let steps = off.tiers.iter().map(|tier| match tier.off {
            TierOff::Amount(amount) => Some((self.minor(tier.at).max(1), self.minor(amount))),
            TierOff::Percent(_) | TierOff::UnitPrice(_) => None,
        });
        if let Some(steps) = steps.collect::<Option<Vec<_>>>() {
            takes.amount = steps.iter().map(|(_, amount)| *amount).max();
            takes.ladder = Some(Ladder { of, steps, again: false });
        }
        takes
    }

    fn quantity_tiers(&self, off: &QuantityTiers) -> Takes {
        let amounts = off.tiers.iter().map(|tier| match tier.off {
            TierOff::Amount(amount) => Some(self.minor(amount)),
            TierOff::Percent(_) | TierOff::UnitPrice(_) => None,
        });
        let amount = amounts.collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().max());
        Takes { amount, ..self.of(&off.target, most_of(off.tiers.iter().map(|tier| tier.off))) }
    }

    fn every(&self, off: &Every) -> Takes {
        let amount = self.minor(off.amount);
        let of = self.shelf.taken(off.qualifier.as_ref().unwrap_or(&off.target));
        let ladder = self.again(of, off.step, amount);
        let amount = often(amount, off.times);
        Takes { amount, ladder, ..self.of(&off.target, WHOLE) }
    }

    fn buy_get(&self, off: &BuyGet) -> Takes {
        let (buy, get) = (i128::from(off.qualifier.quantity), i128::from(off.target.quantity));
        let cheapest_of_its_own = off.pick == Pick::Cheapest && off.qualifier.selector == off.target.selector;
        let share = one_of(off.off);
        let share = if cheapest_of_its_own { up(share * get, buy + get) } else { share };
        self.of(&off.target.selector, share)
    }

    fn nth_unit(&self, off: &NthUnit) -> Takes {
        let pooled_cheapest = match off.take {
            From::Pooled => off.order == Pick::Cheapest,
            From::EachGroup => true,
        };
        let is_cheapest = off.pick == Pick::Cheapest && off.position == 1 && pooled_cheapest;
        let share = one_of(off.off);
        self.of(&off.target, if is_cheapest { up(share, i128::from(off.nth.max(1))) } else { share })
    }

    fn unit_ladder(&self, off: &UnitLadder) -> Takes {
        let most = off.steps.iter().map(|step| one_of(step.off)).max();
        self.of(&off.target, most.unwrap_or(WHOLE))
    }

    fn n_for(&self, off: &NFor) -> Takes {
        let of = self.shelf.taken(&off.target);
        let units = i128::from(off.units);
        let (low, high) = (self.shelf.cheapest(&of), self.shelf.dearest(&of));
        self.of(&off.target, self.group(off.off, units * i128::from(low), units * i128::from(high)))
    }

    fn bundle(&self, off: &Bundle) -> Takes {
        let (mut low, mut high) = (0_i128, 0_i128);
        let mut all = vec![false; self.shelf.classes.len()];
        for part in &off.parts {
            let of = self.shelf.taken(&part.selector);
            low += i128::from(self.shelf.cheapest(&of)) * i128::from(part.quantity);
            high += i128::from(self.shelf.dearest(&of)) * i128::from(part.quantity);
            all.iter_mut().zip(of).for_each(|(all, of)| *all |= of);
        }
        let share = self.group(off.off, low, high);
        let shares = all.into_iter().map(|of| if of { share.clamp(0, WHOLE) } else { 0 }).collect();
        Takes { shares, ..self.nothing() }
    }

    /// `None` where what is counted says nothing about what is spent: pieces that are listed at nothing count too.
    fn again(&self, of: Vec<bool>, step: Step, amount: i128) -> Option<Ladder> {
        let at = match step {
            Step::Spend(spend) => self.minor(spend),
            Step::Quantity(_) if self.shelf.gives_away(&of) => return None,
            Step::Quantity(units) => i128::from(units) * i128::from(self.shelf.cheapest(&of)),
        };
        Some(Ladder { of, steps: vec![(at.max(1), amount)], again: true })
    }

    fn gift(&self, gift: &Gift, cost_of: CostOf<'_>) -> Option<Takes> {
        let options = gift.options.iter().map(|option| {
            let paid = option.price.map_or(0, |price| self.minor(price));
            Some((i128::from(cost_of(&option.sku)?) - paid).max(0) * i128::from(option.quantity))
        });
        let dearest = options.collect::<Option<Vec<_>>>()?.into_iter().max();
        let once = dearest.unwrap_or(0) * i128::from(gift.choose);
        match (once, self.rule.per, gift.every) {
            (0, _, _) => Some(self.nothing()),
            (_, Per::Shop | Per::Line, _) => None,
            (_, Per::Order, None) => Some(Takes { amount: Some(once), ..self.nothing() }),
            (_, Per::Order, Some(step)) => {
                let ladder = self.again(self.shelf.taken(&gift.qualifier), step, once);
                let amount = often(once, gift.times);
                (amount.is_some() || ladder.is_some()).then(|| Takes { amount, ladder, ..self.nothing() })
            }
        }
    }

    /// Millionths of a group that is worth between `low` and `high`.
    fn group(&self, off: GroupOff, low: i128, high: i128) -> i128 {
        match off {
            GroupOff::Percent(percent) => ppm(percent),
            GroupOff::Amount(amount) => up(self.minor(amount) * WHOLE, low).min(WHOLE),
            GroupOff::Price(price) => up((high - self.minor(price)).max(0) * WHOLE, high),
            GroupOff::UnitPrice(_) => WHOLE,
        }
    }

    /// Adds what rounding may give: less than one minor unit for each amount that is rounded once, as much for each unit
    /// where lines or units are rounded apart.
    fn round(&self, takes: &mut Takes) {
        let rounding = self.rule.rounding.unwrap_or(self.rules.rounding);
        if self.rule.per == Per::Line || rounding.per != RoundingPer::Order {
            for (share, class) in takes.shares.iter_mut().zip(&self.shelf.classes) {
                let prices = class.iter().map(|product| i128::from(product.piece.list_price.minor()));
                let cheapest = prices.filter(|price| *price > 0).min().unwrap_or(1);
                *share += if *share > 0 { up(WHOLE, cheapest) } else { 0 };
            }
        }
        let parts = match self.rule.per {
            Per::Order | Per::Line => 1,
            Per::Shop => shops(self.shelf),
        };
        takes.rounding = parts.saturating_mul(amounts_rounded(&self.rule.benefit));
    }
}

/// How many amounts a benefit rounds in one application.
fn amounts_rounded(benefit: &Benefit) -> i128 {
    match benefit {
        Benefit::PercentOff(_) | Benefit::SpendTiers(_) | Benefit::QuantityTiers(_) => 1,
        Benefit::BuyGet(_) | Benefit::NthUnit(_) | Benefit::NFor(_) | Benefit::Bundle(_) => 1,
        Benefit::UnitLadder(off) => i128::try_from(off.steps.len()).unwrap_or(i128::MAX),
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
    }
}

/// The spends without which a condition does not hold.
fn spends_needed(condition: &Condition) -> impl Iterator<Item = (&Selector, Amount)> {
    let spends = musts(condition).into_iter().filter_map(Condition::of_spend);
    spends.filter_map(|spend| Some((&spend.of, spend.at_least?)))
}

/// Whether some spend counts shipping.
fn with_shipping(condition: &Condition) -> bool {
    tests(condition).into_iter().filter_map(Condition::of_spend).any(|spend| spend.with_shipping)
}

fn often(amount: i128, times: Times) -> Option<i128> {
    match times {
        Times::Max(times) => amount.checked_mul(i128::from(times)),
        Times::Uncapped => None,
    }
}

fn smaller(known: Option<i128>, other: i128) -> Option<i128> {
    Some(known.map_or(other, |known| known.min(other)))
}

fn most_of(tiers: impl Iterator<Item = TierOff>) -> i128 {
    let share = |tier| match tier {
        TierOff::Percent(percent) => ppm(percent),
        TierOff::Amount(_) | TierOff::UnitPrice(_) => WHOLE,
    };
    tiers.map(share).max().unwrap_or(WHOLE)
}

fn one_of(off: UnitOff) -> i128 {
    match off {
        UnitOff::Percent(percent) => ppm(percent),
        UnitOff::Amount(_) | UnitOff::Price(_) => WHOLE,
    }
}

/// A percentage out of range counts as all.
pub(super) fn ppm(percent: Percent) -> i128 {
    percent.to_rate().map_or(WHOLE, |rate| i128::from(rate.ppm()))
}

/// Divides and rounds up; by less than one counts as by one.
pub(super) fn up(amount: i128, by: i128) -> i128 {
    let by = by.max(1);
    amount.div_euclid(by) + i128::from(amount.rem_euclid(by) != 0)
}
