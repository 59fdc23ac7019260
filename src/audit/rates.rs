//! What the prover takes rules to give for later at most, as shares of what is paid and of the list value: to know how much a
//! proof of depth has to show. The checker reads the rules for itself.

use super::later::{Counting, Later};
use crate::bounds::PPM;
use crate::money::Amount;
use crate::rules::{
    Base, Benefit, Condition, Gives, Grant, Per, PointsEarn, Rule, RuleSet, Selector, Spend, Step, View,
    Within,
};
use crate::shop::Catalogue;

const WHOLE: i128 = PPM as i128;
/// Factors are counted in ten-thousandths.
const FACTOR_ONE: i128 = 10_000;

/// What all rules together give for later at most, in parts per million, rounded up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rates {
    /// Of what is paid.
    pub of_paid: i128,
    /// Of the list value.
    pub of_list: i128,
}

impl Rates {
    /// The share of what is paid, where no order has more than a share of its list value off.
    pub(super) fn together(self, depth_ppm: i128) -> Option<i128> {
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

/// What the rules give for later at most; `None` where nothing bounds it.
pub(super) fn rates(rules: &RuleSet, catalogue: &Catalogue, counting: Counting) -> Option<Rates> {
    let (goods_until, shipping_until) = last_changes(rules);
    let later = Later::new(rules, catalogue.policies());
    let giving = Giving { rules, catalogue, goods_until, shipping_until, later, counting };
    let mut rates = Rates::default();
    for rule in rules.rules.iter().filter(|rule| rule.enabled) {
        match rule.benefit.gives() {
            Gives::Points(earn) => rates.add(giving.points(rule, earn)?),
            Gives::Grant(grant) => rates.add(giving.grant(rule, grant)?),
            Gives::Off
            | Gives::Gift(_)
            | Gives::Shipping
            | Gives::Redeem(_)
            | Gives::Presale
            | Gives::Balance(_) => {}
        }
    }
    Some(rates)
}

struct Giving<'r> {
    rules: &'r RuleSet,
    catalogue: &'r Catalogue,
    goods_until: Option<usize>,
    shipping_until: Option<usize>,
    later: Later,
    counting: Counting,
}

impl Giving<'_> {
    fn minor(&self, amount: Amount) -> i128 {
        i128::from(amount.to_money(self.rules.currency).unwrap_or_default().minor())
    }

    fn prices<'s>(&'s self, of: &'s Selector) -> impl Iterator<Item = i64> + 's {
        let taken = self.catalogue.products().iter().filter(|one| of.takes(&one.piece) != Some(false));
        taken.map(|product| product.piece.list_price.minor())
    }

    fn cheapest(&self, of: &Selector) -> i128 {
        i128::from(self.prices(of).filter(|price| *price > 0).min().unwrap_or(1))
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
                let cheapest = self.cheapest(&grant.qualifier);
                let worth = cheapest.checked_mul(i128::from(pieces))?;
                let gives_away = self.prices(&grant.qualifier).any(|price| price <= 0);
                (!gives_away).then(|| share(&Some(Base::List), worth))
            }
            None => {
                let mut spends = Vec::new();
                rule.condition.iter().for_each(|condition| needed(condition, rule.per, &mut spends));
                // The largest of what must be spent; some piece that is worth something there is in any case.
                let least = self.cheapest(&grant.qualifier);
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
        let own = place(self.rules, rule);
        self.goods_until < own && (!with_shipping || self.shipping_until < own)
    }
}

fn place(rules: &RuleSet, rule: &Rule) -> Option<usize> {
    rules.stages.iter().position(|stage| stage.id == rule.stage)
}

/// The last stage in which a rule changes what is paid for goods, and that for shipping, by position.
fn last_changes(rules: &RuleSet) -> (Option<usize>, Option<usize>) {
    let (mut goods, mut shipping) = (None, None);
    for rule in rules.rules.iter().filter(|rule| rule.enabled) {
        match &rule.benefit {
            // What is paid for a gift comes on top.
            Benefit::Gift(_) | Benefit::PointsEarn(_) | Benefit::Grant(_) => {}
            Benefit::Shipping(_) => shipping = shipping.max(place(rules, rule)),
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
            | Benefit::UseBalance(_) => goods = goods.max(place(rules, rule)),
        }
    }
    (goods, shipping)
}

/// The spends without which a rule gives nothing to the part that it gives to. The nesting is bounded by validation.
fn needed<'c>(condition: &'c Condition, per: Per, spends: &mut Vec<&'c Spend>) {
    match condition.view() {
        View::All(nested) => nested.iter().for_each(|one| needed(one, per, spends)),
        View::Any(_) | View::Not(_) | View::Test(_) => {
            let is_needed = |spend: &&Spend| {
                let of_part = spend.within != Within::Order || per == Per::Order;
                of_part && !spend.with_shipping && spend.at_least.is_some()
            };
            spends.extend(condition.of_spend().filter(is_needed));
        }
    }
}

/// Divides and rounds up.
fn up(amount: i128, by: i128) -> i128 {
    let by = by.max(1);
    amount.div_euclid(by) + i128::from(amount.rem_euclid(by) != 0)
}
