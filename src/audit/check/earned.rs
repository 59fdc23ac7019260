//! Verifies how much an order gives for later beside what is paid.
//!
//! Why it holds. Every rule that gives for later gives at most a share of some value: points and steps by definition, a single
//! grant because its part of the order is worth at least what its condition asks for, or as much as the cheapest piece. Where
//! that value is counted in money, behind all rules that change a price, it is no more than what is paid in the end. Any other
//! value is no more than the list value, and of that a proof of `depth` leaves a share to be paid: so what is given on it is a
//! share of what is paid as well. Rounding of points and steps goes down.

use super::CheckError;
use super::cases::may_take_cash_like;
use super::shelf::{Shelf, enabled};
use super::takes::up;
use super::tree::Cases;
use crate::audit::certificate::Depth;
use crate::audit::later::{Counting, Later};
use crate::bounds::PPM;
use crate::money::Amount;
use crate::rules::{
    Base, Benefit, Condition, Grant, Per, PointsEarn, Promise, Rule, RuleSet, Spend, Step, Thresholds, Within,
};
use crate::shop::Catalogue;

const WHOLE: i128 = PPM as i128;
/// Factors are counted in ten-thousandths.
const FACTOR_ONE: i128 = 10_000;

/// What all rules together give for later at most, in parts per million, rounded up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::audit) struct Rates {
    /// Of what is paid.
    pub of_paid: i128,
    /// Of the list value.
    pub of_list: i128,
}

impl Rates {
    /// The share of what is paid, where no order has more than a share of its list value off.
    pub(in crate::audit) fn together(self, depth_ppm: i128) -> Option<i128> {
        let left = (WHOLE - depth_ppm).max(0);
        if self.of_list == 0 {
            return Some(self.of_paid);
        }
        (left > 0).then(|| up(self.of_list.saturating_mul(WHOLE), left).saturating_add(self.of_paid))
    }

    fn add(&mut self, share: Share) {
        match share {
            Share::OfPaid(ppm) => self.of_paid = self.of_paid.saturating_add(ppm),
            Share::OfList(ppm) => self.of_list = self.of_list.saturating_add(ppm),
        }
    }
}

/// A share of one value or the other, in parts per million.
#[derive(Clone, Copy, Debug)]
enum Share {
    OfPaid(i128),
    OfList(i128),
}

/// Verifies that what is given for later is within what the promise allows.
pub(super) fn check(
    rules: &RuleSet,
    catalogue: &Catalogue,
    promise: Promise,
    thresholds: &Thresholds,
    depth: Option<&Depth>,
) -> Result<(), CheckError> {
    let no_bound = |why: &str| CheckError::NoBound { why: why.to_owned() };
    // An order that others pay for earns as much again: not where it earns no more than what is paid for it in money.
    let (allowed, counting) = match promise {
        Promise::NoPump => (WHOLE, Counting::AnyCoupon),
        _earn_share => (i128::from(thresholds.earned_ppm), Counting::FreeCoupons),
    };
    if promise == Promise::NoPump && enabled(rules).any(|rule| may_take_cash_like(rule, catalogue)) {
        return Err(CheckError::HasCases { promise });
    }
    let rates = rates(rules, catalogue, counting)
        .ok_or_else(|| no_bound("a rule gives for later without a bound"))?;
    let depth_ppm = match depth {
        None if rates.of_list > 0 => {
            return Err(no_bound("it does not say how much of the list value is paid"));
        }
        None => 0,
        Some(depth) => {
            let at_depth = Thresholds { depth_ppm: depth.share_ppm.clamp(0, PPM), ..*thresholds };
            Cases::new(rules, catalogue, Promise::Depth, &at_depth, 0)?.check(&depth.tree)?;
            i128::from(at_depth.depth_ppm)
        }
    };
    let together = rates.together(depth_ppm).ok_or_else(|| no_bound("nothing need be paid"))?;
    if together > allowed {
        return Err(CheckError::EarnsTooMuch { ppm: i64::try_from(together).unwrap_or(i64::MAX) });
    }
    Ok(())
}

/// What the rules give for later at most; `None` where nothing bounds it.
pub(in crate::audit) fn rates(rules: &RuleSet, catalogue: &Catalogue, counting: Counting) -> Option<Rates> {
    let giving = Giving {
        rules,
        shelf: Shelf::new(rules, catalogue),
        later: Later::new(rules, catalogue.policies()),
        counting,
    };
    let mut rates = Rates::default();
    for rule in enabled(rules) {
        if let Benefit::PointsEarn(earn) = &rule.benefit {
            rates.add(giving.points(rule, earn)?);
        } else if let Benefit::Grant(grant) = &rule.benefit {
            rates.add(giving.grant(rule, grant)?);
        }
    }
    Some(rates)
}

struct Giving<'r> {
    rules: &'r RuleSet,
    shelf: Shelf<'r>,
    later: Later,
    counting: Counting,
}

impl Giving<'_> {
    fn minor(&self, amount: Amount) -> i128 {
        i128::from(amount.to_money(self.rules.currency).unwrap_or_default().minor())
    }

    fn points(&self, rule: &Rule, earn: &PointsEarn) -> Option<Share> {
        let Some((minor, of_points)) = self.later.point() else { return Some(Share::OfPaid(0)) };
        let mut factor = FACTOR_ONE;
        for multiplier in &earn.multipliers {
            factor = factor.max(i128::from(multiplier.times.ten_thousandths().ok()?));
        }
        let points = i128::from(earn.points).checked_mul(factor)?.checked_mul(i128::from(minor))?;
        let per =
            self.minor(earn.per).max(1).checked_mul(FACTOR_ONE)?.checked_mul(i128::from(of_points.max(1)))?;
        let share = up(points.checked_mul(WHOLE)?, per);
        let in_money = matches!(earn.base, None | Some(Base::Cash));
        if in_money && self.is_final(rule, earn.with_shipping) {
            Some(Share::OfPaid(share))
        } else {
            // What shipping costs is no part of the list value.
            (!earn.with_shipping).then_some(Share::OfList(share))
        }
    }

    fn grant(&self, rule: &Rule, grant: &Grant) -> Option<Share> {
        let each = i128::from(self.later.most_of_piece(grant, self.rules.currency, self.counting)?);
        let once = each.max(0).checked_mul(i128::from(grant.quantity))?.checked_mul(WHOLE)?;
        let in_money = |base: &Option<Base>| *base == Some(Base::Cash) && self.is_final(rule, false);
        let share = |base: &Option<Base>, at: i128| {
            let share = up(once, at.max(1));
            if in_money(base) { Share::OfPaid(share) } else { Share::OfList(share) }
        };
        match grant.every {
            Some(Step::Spend(step)) => Some(share(&grant.base, self.minor(step))),
            Some(Step::Quantity(pieces)) => {
                let of = self.shelf.taken(&grant.qualifier);
                let worth = i128::from(self.shelf.cheapest(&of)).checked_mul(i128::from(pieces))?;
                (!self.shelf.gives_away(&of)).then(|| share(&Some(Base::List), worth))
            }
            None => {
                let mut spends = Vec::new();
                rule.condition.iter().for_each(|condition| needed(condition, rule.per, &mut spends));
                // The largest of what must be spent; some piece that is worth something there is in any case.
                let least = i128::from(self.shelf.cheapest(&self.shelf.taken(&grant.qualifier)));
                let paid = spends.iter().filter(|spend| in_money(&spend.base));
                let paid = paid.filter_map(|spend| Some(self.minor(spend.at_least?))).max();
                let most = spends.iter().filter_map(|spend| Some(self.minor(spend.at_least?))).max();
                Some(match paid {
                    Some(paid) if paid > 0 => share(&Some(Base::Cash), paid),
                    Some(_) | None => share(&Some(Base::List), most.unwrap_or(0).max(least)),
                })
            }
        }
    }

    /// Whether no rule behind this one, or beside it, changes what is paid for goods, or for shipping where that counts.
    fn is_final(&self, rule: &Rule, with_shipping: bool) -> bool {
        let place = |of: &Rule| self.rules.stages.iter().position(|stage| stage.id == of.stage);
        let changes = |other: &Rule| match &other.benefit {
            // What is paid for a gift comes on top.
            Benefit::Gift(_) | Benefit::PointsEarn(_) | Benefit::Grant(_) => false,
            Benefit::Shipping(_) => with_shipping,
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
        };
        enabled(self.rules).filter(|other| changes(other)).all(|other| place(other) < place(rule))
    }
}

/// The spends without which a rule gives nothing to the part that it gives to. The nesting is bounded by validation.
fn needed<'c>(condition: &'c Condition, per: Per, spends: &mut Vec<&'c Spend>) {
    if let Condition::All(nested) = condition {
        nested.iter().for_each(|one| needed(one, per, spends));
    } else if let Condition::Spend(spend) = condition {
        let of_part = spend.within != Within::Order || per == Per::Order;
        if of_part && !spend.with_shipping && spend.at_least.is_some() {
            spends.push(spend);
        }
    }
}
