//! Verifies how much an order gives for later beside what is paid.
//!
//! Why it holds. Every rule that gives for later gives at most a share of some value: points and steps by definition, a single
//! grant because its part of the order is worth at least what its condition asks for, or as much as the cheapest piece. Where
//! that value is counted in money, behind all rules that change a price, it is no more than what is paid in the end. Any other
//! value is no more than the list value, and of that a proof of `depth` leaves a share to be paid: so what is given on it is a
//! share of what is paid as well. Rounding of points and steps goes down.

use super::CheckError;
use super::cases::may_cheapen_cash_like;
use super::opened::nothing_opens;
use super::reads::musts;
use super::shelf::{Shelf, enabled};
use super::takes::up;
use super::tree::{Asked, Cases};
use super::worth::{Coupons, Worth};
use crate::audit::certificate::Depth;
use crate::bounds::PPM;
use crate::money::Amount;
use crate::rules::{
    Base, Benefit, Gives, Grant, Per, PointsEarn, Promise, Rule, RuleSet, Spend, Step, Thresholds, Within,
};
use crate::shop::Catalogue;

const WHOLE: i128 = PPM as i128;
/// Factors are counted in ten-thousandths.
const FACTOR_ONE: i128 = 10_000;

/// Verifies that what is given for later is within what the promise allows.
pub(super) fn check(
    (rules, catalogue, shelf): (&RuleSet, &Catalogue, &Shelf<'_>),
    promise: Promise,
    thresholds: &Thresholds,
    depth: Option<&Depth>,
) -> Result<(), CheckError> {
    let no_bound = |why: &str| CheckError::NoBound { why: why.to_owned() };
    // An order that others pay for earns as much again: not where it earns no more than what is paid for it in money.
    let (allowed, coupons) = match promise {
        Promise::NoPump => (WHOLE, Coupons::All),
        _earn_share => (i128::from(thresholds.earned_ppm), Coupons::BeyondTheirSpend),
    };
    if promise == Promise::NoPump && enabled(rules).any(|rule| may_cheapen_cash_like(rules, rule, catalogue))
    {
        return Err(CheckError::HasCases { promise });
    }
    let giving = Giving::new(rules, catalogue, shelf, coupons);
    if promise == Promise::NoPump && !nothing_opens(rules, &giving.worth) {
        return Err(no_bound("what is earned may bring another rule with it"));
    }
    let given = giving.all().ok_or_else(|| no_bound("a rule gives for later without a bound"))?;
    let depth_ppm = match depth {
        None if given.of_list > 0 => {
            return Err(no_bound("it does not say how much of the list value is paid"));
        }
        None => 0,
        Some(depth) => {
            let at_depth = Thresholds { depth_ppm: depth.share_ppm.clamp(0, PPM), ..*thresholds };
            let asked = Asked { promise: Promise::Depth, thresholds: at_depth, tolerance: 0 };
            Cases::new(rules, catalogue, shelf, &asked)?.check(&depth.tree)?;
            i128::from(asked.thresholds.depth_ppm)
        }
    };
    // A share of the list value is the larger a share of what is paid the less of it is paid.
    let left = WHOLE - depth_ppm;
    let of_paid = match given.of_list {
        0 => 0,
        of_list if left > 0 => up(of_list.saturating_mul(WHOLE), left),
        _nothing_left => return Err(no_bound("nothing need be paid")),
    };
    let together = of_paid.saturating_add(given.of_paid);
    if together > allowed {
        return Err(CheckError::EarnsTooMuch { ppm: i64::try_from(together).unwrap_or(i64::MAX) });
    }
    Ok(())
}

/// Shares of what is given for later, in parts per million, rounded up.
#[derive(Clone, Copy, Debug, Default)]
struct Given {
    of_paid: i128,
    of_list: i128,
}

struct Giving<'r> {
    rules: &'r RuleSet,
    shelf: &'r Shelf<'r>,
    worth: Worth<'r>,
    coupons: Coupons,
    changes: LastChanges,
}

impl<'r> Giving<'r> {
    fn new(rules: &'r RuleSet, catalogue: &'r Catalogue, shelf: &'r Shelf<'r>, coupons: Coupons) -> Self {
        let worth = Worth::new(rules, catalogue.policies());
        Self { rules, shelf, worth, coupons, changes: LastChanges::of(rules) }
    }

    /// What all rules give together.
    fn all(&self) -> Option<Given> {
        let mut sum = Given::default();
        for rule in enabled(self.rules) {
            let (share, in_money) = match rule.benefit.gives() {
                Gives::Points(earn) => self.points(rule, earn)?,
                Gives::Grant(grant) => self.grant(rule, grant)?,
                // What these give they give now.
                Gives::Off
                | Gives::Gift(_)
                | Gives::Shipping
                | Gives::Redeem(_)
                | Gives::Presale
                | Gives::Balance(_) => continue,
            };
            let of = if in_money { &mut sum.of_paid } else { &mut sum.of_list };
            *of = of.checked_add(share)?;
        }
        Some(sum)
    }

    fn minor(&self, amount: Amount) -> i128 {
        i128::from(amount.to_money(self.rules.currency).unwrap_or_default().minor())
    }

    /// What points are worth beside what they are counted on, and whether that is what is paid in the end.
    fn points(&self, rule: &Rule, earn: &PointsEarn) -> Option<(i128, bool)> {
        let Some((value, of_points)) = self.worth.point() else { return Some((0, true)) };
        let mut highest = FACTOR_ONE;
        for factor in &earn.multipliers {
            highest = highest.max(i128::from(factor.times.ten_thousandths().ok()?));
        }
        let given = i128::from(earn.points).checked_mul(highest)?.checked_mul(value)?.checked_mul(WHOLE)?;
        let on = self.minor(earn.per).max(1).checked_mul(FACTOR_ONE)?.checked_mul(of_points.max(1))?;
        let in_money = matches!(earn.base, None | Some(Base::Cash)) && self.is_last(rule, earn.with_shipping);
        // What shipping costs is no part of the list value.
        (in_money || !earn.with_shipping).then(|| (up(given, on), in_money))
    }

    /// What a grant is worth beside the least there is for it, and whether that is paid in money in the end.
    fn grant(&self, rule: &Rule, grant: &Grant) -> Option<(i128, bool)> {
        let piece = self.worth.of_piece(rule, grant, self.coupons)?.max(0);
        let given = piece.checked_mul(i128::from(grant.quantity))?.checked_mul(WHOLE)?;
        let in_money = |base: Option<&Base>| base == Some(&Base::Cash) && self.is_last(rule, false);
        let of = self.shelf.taken(&grant.qualifier);
        let cheapest = i128::from(self.shelf.cheapest(&of));
        match grant.every {
            Some(Step::Spend(step)) => Some((up(given, self.minor(step)), in_money(grant.base.as_ref()))),
            Some(Step::Quantity(_)) if self.shelf.gives_away(&of) => None,
            Some(Step::Quantity(pieces)) => {
                Some((up(given, cheapest.checked_mul(i128::from(pieces))?), false))
            }
            None => {
                // Some piece is there that is worth something, and as much as the condition asks for.
                let spends: Vec<(bool, i128)> = self.least_spent(rule, in_money).collect();
                let paid = spends.iter().filter(|(paid, at)| *paid && *at > 0).map(|(_, at)| *at).max();
                let any = spends.iter().map(|(_, at)| *at).max().unwrap_or(0);
                Some((up(given, paid.unwrap_or_else(|| any.max(cheapest))), paid.is_some()))
            }
        }
    }

    /// The spends without which a rule gives nothing to the part that it gives to, and whether each is paid in money.
    fn least_spent<'s>(
        &'s self,
        rule: &'s Rule,
        in_money: impl Fn(Option<&Base>) -> bool + 's,
    ) -> impl Iterator<Item = (bool, i128)> + 's {
        rule.condition.iter().flat_map(musts).filter_map(move |test| {
            let Spend { at_least, base, within, with_shipping, .. } = test.of_spend()?;
            let of_part = *within != Within::Order || rule.per == Per::Order;
            let least = at_least.filter(|_| of_part && !with_shipping)?;
            Some((in_money(base.as_ref()), self.minor(least)))
        })
    }

    /// Whether what a rule finds to be paid is what is paid in the end.
    fn is_last(&self, rule: &Rule, with_shipping: bool) -> bool {
        self.changes.are_before(self.rules, rule, with_shipping)
    }
}

/// The last stage in which a rule changes what is paid for goods, and for shipping.
pub(super) struct LastChanges {
    goods: Option<usize>,
    shipping: Option<usize>,
}

impl LastChanges {
    pub(super) fn of(rules: &RuleSet) -> Self {
        let last = |wanted: fn(&Benefit) -> bool| {
            let changing = enabled(rules).filter(|rule| wanted(&rule.benefit));
            changing.filter_map(|rule| place(rules, rule)).max()
        };
        Self { goods: last(is_on_goods), shipping: last(Benefit::is_off_shipping) }
    }

    /// Whether no rule of a rule's stage or a later one changes what is paid for goods, or for shipping where that counts.
    pub(super) fn are_before(&self, rules: &RuleSet, rule: &Rule, with_shipping: bool) -> bool {
        let own = place(rules, rule);
        self.goods < own && (!with_shipping || self.shipping < own)
    }
}

fn place(rules: &RuleSet, rule: &Rule) -> Option<usize> {
    rules.stages.iter().position(|stage| stage.id == rule.stage)
}

/// Whether a benefit changes what is paid for goods; what is paid for a gift comes on top.
const fn is_on_goods(benefit: &Benefit) -> bool {
    match benefit {
        Benefit::Gift(_) | Benefit::PointsEarn(_) | Benefit::Grant(_) | Benefit::Shipping(_) => false,
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
        | Benefit::GroupPrice(_)
        | Benefit::BargainPrice(_)
        | Benefit::PointsRedeem(_)
        | Benefit::Presale(_)
        | Benefit::UseBalance(_) => true,
    }
}
