//! What orders give for later, points, coupons, money of the wallet, and what that is worth to a shopper.

use std::collections::BTreeMap;

use super::checks::excludes;
use super::levels::needed_spends;
use crate::bounds::PPM;
use crate::money::{Amount, Currency, Money};
use crate::record::{PointsDirection, Quote};
use crate::rules::{
    Base, Benefit, Condition, CouponTemplate, Each, Given, Gives, Grant, Per, Rule, RuleId, RuleSet,
};
use crate::shop::Policies;

/// What things for later are worth.
pub(super) struct Later {
    /// So many minor units for so many points; nothing, if nobody says what a point is worth.
    point: Option<(i64, i64)>,
    /// The rule of each template that some rule grants.
    pub coupons: BTreeMap<CouponTemplate, RuleId>,
    /// What a coupon of each such template takes off.
    faces: BTreeMap<CouponTemplate, Face>,
}

/// The worth of a coupon.
#[derive(Clone, Copy, Debug)]
struct Face {
    /// What it takes off at most, in minor units; `None` where nothing bounds it.
    most: Option<i64>,
    /// What it is seen to take off.
    seen: Seen,
    /// What an order must be worth for it, in minor units.
    asks: i64,
    /// What all coupons given for later that go with it take off together with it at most, as far as that is known.
    together: i64,
}

/// What a coupon takes off an order that is like another, in minor units.
#[derive(Clone, Copy, Debug)]
enum Seen {
    Amount(i64),
    /// A share of the goods in parts per million, no more than so much.
    Share {
        ppm: i64,
        cap: i64,
    },
    /// Nobody knows without pricing it.
    Unknown,
}

impl Face {
    /// What it counts at most; `None` where nothing bounds it.
    fn most(self, counting: Counting) -> Option<i64> {
        self.most.map(|face| self.counted(face, counting))
    }

    /// What it counts for whoever buys goods of the same list value again; no more than [`most`](Self::most).
    fn seen(self, list_minor: i64, counting: Counting) -> i64 {
        let face = match self.seen {
            Seen::Amount(minor) => minor,
            Seen::Share { ppm, cap } => {
                let share = i128::from(list_minor) * i128::from(ppm) / i128::from(PPM);
                i64::try_from(share).unwrap_or(i64::MAX).min(cap)
            }
            Seen::Unknown => 0,
        };
        self.counted(face, counting)
    }

    const fn counted(self, face: i64, counting: Counting) -> i64 {
        match counting {
            // Whoever has to spend the face to get it off pays for it; but one spend does for all that go together.
            Counting::FreeCoupons if self.asks >= face && self.asks >= self.together => 0,
            Counting::AnyCoupon | Counting::FreeCoupons => face,
        }
    }
}

/// Which coupons count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counting {
    /// Every coupon.
    AnyCoupon,
    /// Those that do not ask for a spend of as much as they and others that go with them take off together.
    FreeCoupons,
}

impl Later {
    pub(super) fn new(rules: &RuleSet, policies: &Policies) -> Self {
        let enabled = || rules.rules.iter().filter(|rule| rule.enabled);
        let named: BTreeMap<&str, &Rule> = enabled().map(|rule| (rule.id.as_str(), rule)).collect();
        let mut coupons = BTreeMap::new();
        let mut used_by = BTreeMap::new();
        for rule in enabled() {
            let Some(Given::Coupon(template)) = rule.benefit.grant().map(|grant| &grant.give) else {
                continue;
            };
            let name = policies.coupons.get(template.as_str()).map_or(template.as_str(), String::as_str);
            let Some(used) = named.get(name).copied() else { continue };
            coupons.insert(template.clone(), used.id.clone());
            used_by.insert(template.clone(), used);
        }
        let faces = faces(&used_by, rules.currency);
        Self { point: point_value(rules, policies), coupons, faces }
    }

    /// What points are worth: so many minor units for so many of them; `None` where nobody says so.
    pub(super) const fn point(&self) -> Option<(i64, i64)> {
        self.point
    }

    /// What a piece of a grant is worth at most, in minor units; `None` where nothing bounds it.
    pub(super) fn most_of_piece(&self, grant: &Grant, currency: Currency, counting: Counting) -> Option<i64> {
        match &grant.give {
            // A template of no rule is of no use.
            Given::Coupon(template) => self.faces.get(template).map_or(Some(0), |face| face.most(counting)),
            Given::Balance(balance) => Some(balance.amount.to_money(currency).unwrap_or_default().minor()),
        }
    }

    /// Whether it is known what a piece of a grant is worth in an order.
    pub(super) fn is_valued(&self, grant: &Grant) -> bool {
        match &grant.give {
            Given::Balance(_) => true,
            Given::Coupon(template) => self.faces.get(template).is_some_and(|face| match face.seen {
                Seen::Amount(_) | Seen::Share { .. } => true,
                Seen::Unknown => false,
            }),
        }
    }

    /// What quotes give for later, in minor units; coupons of unknown worth count nothing.
    pub(super) fn worth(&self, quotes: &[Quote], counting: Counting) -> i64 {
        quotes.iter().fold(0, |sum, quote| sum.saturating_add(self.worth_of(quote, counting)))
    }

    fn worth_of(&self, quote: &Quote, counting: Counting) -> i64 {
        self.worth_where(quote, counting, |_| true)
    }

    /// What one rule gives for later in a quote, in minor units; coupons of unknown worth count nothing.
    pub(super) fn worth_by(&self, rule: &str, quote: &Quote) -> i64 {
        let is_own = |at: u32| quote.rules.get(at as usize).is_some_and(|total| total.rule.as_str() == rule);
        self.worth_where(quote, Counting::AnyCoupon, is_own)
    }

    /// The same of the rules at some places of the quote.
    fn worth_where(&self, quote: &Quote, counting: Counting, of: impl Fn(u32) -> bool) -> i64 {
        let mut sum: i64 = 0;
        let earned = quote.points.iter().filter(|one| one.direction == PointsDirection::Earned);
        let earned = earned.filter(|one| of(one.rule));
        let points = earned.fold(0_u64, |sum, one| sum.saturating_add(one.points));
        if let Some((minor, per)) = self.point {
            let worth = i128::from(points) * i128::from(minor) / i128::from(per.max(1));
            sum = i64::try_from(worth).unwrap_or(i64::MAX);
        }
        for grant in quote.grants.iter().filter(|grant| of(grant.rule)) {
            let each = match self.faces.get(&grant.coupon) {
                Some(face) => face.seen(quote.totals.list.minor(), counting),
                // Money of the wallet; a coupon of no rule has an amount of nothing.
                None => grant.amount.minor(),
            };
            let pieces = i64::try_from(grant.quantity).unwrap_or(i64::MAX);
            sum = sum.saturating_add(each.saturating_mul(pieces));
        }
        sum
    }
}

/// Whether a quote gives anything for later.
pub(super) fn gives_later(quote: &Quote) -> bool {
    !quote.grants.is_empty() || quote.points.iter().any(|one| one.direction == PointsDirection::Earned)
}

/// What points are worth, as minor units for a number of points: what is declared, or the most a rule gives for them where that is
/// more.
fn point_value(rules: &RuleSet, policies: &Policies) -> Option<(i64, i64)> {
    let minor = |amount: Amount| amount.to_money(rules.currency).map_or(0, Money::minor);
    let declared = policies.point_value.map(|value| (minor(value), 1));
    let redeems = rules.rules.iter().filter(|rule| rule.enabled).filter_map(|rule| {
        let redeem = rule.benefit.redeems()?;
        Some((minor(redeem.value), i64::from(redeem.step.max(1))))
    });
    declared.into_iter().chain(redeems).max_by(|a, b| {
        let (left, right) = (i128::from(a.0) * i128::from(b.1), i128::from(b.0) * i128::from(a.1));
        left.cmp(&right)
    })
}

/// Most rules of coupons of which it is asked which go together; of more, all are taken to.
const TOGETHER_MAX: usize = 64;

/// What the coupon of each template takes off, by its rule.
fn faces(used_by: &BTreeMap<CouponTemplate, &Rule>, currency: Currency) -> BTreeMap<CouponTemplate, Face> {
    // A rule applies once in an order, however many of its coupons are held.
    let each: BTreeMap<&RuleId, (&Rule, Face)> =
        used_by.values().map(|rule| (&rule.id, (*rule, face(rule, currency)))).collect();
    let all = each.values().fold(0_i64, |sum, (_, face)| sum.saturating_add(face.most.unwrap_or(0)));
    let together = |rule: &Rule| {
        if each.len() > TOGETHER_MAX {
            return all;
        }
        let beside = each.values().filter(|(other, _)| !excludes(rule, other));
        beside.fold(0, |sum, (_, face)| sum.saturating_add(face.most.unwrap_or(0)))
    };
    let known = |rule: &Rule| Some(Face { together: together(rule), ..each.get(&rule.id)?.1 });
    used_by.iter().filter_map(|(template, rule)| Some((template.clone(), known(rule)?))).collect()
}

fn face(rule: &Rule, currency: Currency) -> Face {
    let minor = |amount: Amount| amount.to_money(currency).ok().map(Money::minor);
    let cap = rule.cap.and_then(minor);
    let capped = |worth: i64| cap.map_or(worth, |cap| worth.min(cap));
    let (seen, once) = match &rule.benefit {
        Benefit::AmountOff(off) => {
            let seen = minor(off.amount).map_or(Seen::Unknown, |amount| Seen::Amount(capped(amount)));
            (seen, off.each == Each::Once)
        }
        Benefit::PercentOff(off) => {
            let cap = cap.unwrap_or(i64::MAX);
            let rate = off.percent.to_rate();
            (rate.map_or(Seen::Unknown, |rate| Seen::Share { ppm: rate.ppm(), cap }), false)
        }
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
        | Benefit::GroupPrice(_)
        | Benefit::BargainPrice(_)
        | Benefit::Gift(_)
        | Benefit::Shipping(_)
        | Benefit::PointsEarn(_)
        | Benefit::PointsRedeem(_)
        | Benefit::Presale(_)
        | Benefit::UseBalance(_)
        | Benefit::Grant(_) => (Seen::Unknown, false),
    };
    let most = match (seen, rule.per, rule.benefit.gives()) {
        (Seen::Amount(amount), Per::Order, Gives::Off) if once => Some(amount),
        // What takes something off goods alone gives no more than its cap.
        (_, Per::Order, Gives::Off) => cap,
        (
            _,
            Per::Order,
            Gives::Gift(_)
            | Gives::Shipping
            | Gives::Points(_)
            | Gives::Grant(_)
            | Gives::Redeem(_)
            | Gives::Presale
            | Gives::Balance(_),
        ) => None,
        // Each part of an order has a cap of its own.
        (_, Per::Shop | Per::Line, _) => None,
    };
    let spends = rule.condition.iter().flat_map(needed_spends);
    let asks = spends.filter_map(|(_, amount)| minor(amount)).max().unwrap_or(0);
    Face { most, seen, asks, together: most.unwrap_or(0) }
}

/// Whether what a rule gives for later depends on values other than what is paid in money.
pub(super) fn counts_unpaid(rule: &Rule) -> bool {
    let other = |base: &Option<Base>| *base != Some(Base::Cash);
    let counts = |condition: &Condition| {
        let mut counts = false;
        super::levels::each_leaf(condition, &mut |leaf| {
            if let Some(spend) = leaf.of_spend() {
                counts |= other(&spend.base);
            }
        });
        counts
    };
    let spends = rule.condition.as_ref().is_some_and(counts);
    match rule.benefit.gives() {
        // Points count money, if nothing else is said.
        Gives::Points(earn) => {
            let factors = rule.benefit.conditions().any(counts);
            spends || factors || earn.base.as_ref().is_some_and(|base| *base != Base::Cash)
        }
        Gives::Grant(grant) => spends || grant.every.is_some() && other(&grant.base),
        Gives::Off
        | Gives::Gift(_)
        | Gives::Shipping
        | Gives::Redeem(_)
        | Gives::Presale
        | Gives::Balance(_) => false,
    }
}

/// Lets a rule count what is paid in money.
pub(super) fn count_cash(rule: &mut Rule) {
    if let Some(condition) = &mut rule.condition {
        count_cash_in(condition);
    }
    if let Benefit::PointsEarn(earn) = &mut rule.benefit {
        earn.base = Some(Base::Cash);
        earn.multipliers.iter_mut().filter_map(|one| one.when.as_mut()).for_each(count_cash_in);
    } else if let Benefit::Grant(grant) = &mut rule.benefit
        && grant.every.is_some()
    {
        grant.base = Some(Base::Cash);
    }
}

/// The nesting is bounded by validation.
fn count_cash_in(condition: &mut Condition) {
    if let Condition::All(nested) | Condition::Any(nested) = condition {
        nested.iter_mut().for_each(count_cash_in);
    } else if let Condition::Not(nested) = condition {
        count_cash_in(nested);
    } else if let Condition::Spend(spend) = condition {
        spend.base = Some(Base::Cash);
    }
}

/// The rules with all that is given for later counting what is paid in money, when some of it does not.
pub(super) fn cash_based(rules: &RuleSet) -> Option<RuleSet> {
    let counts = |rule: &&Rule| rule.enabled && counts_unpaid(rule);
    rules.rules.iter().find(counts)?;
    let mut changed = rules.clone();
    changed.rules.iter_mut().filter(|rule| rule.enabled && counts_unpaid(rule)).for_each(count_cash);
    Some(changed)
}
