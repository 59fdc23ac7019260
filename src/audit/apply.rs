//! What small changes do to a rule set and to a catalogue.

use std::collections::BTreeMap;

use super::dead::without_tier;
use super::repair::{Change, Instead};
use super::ties::ranked_apart;
use crate::money::{Amount, RoundingPer};
use crate::record::Fingerprint;
use crate::rules::{
    AmountOff, AnyOf, Base, Benefit, Condition, Gift, ProtectionBase, RefundPolicy, Rule, RuleSet, Selector,
};
use crate::shop::{Catalogue, CouponCode, Moment, Sku};

impl Change {
    /// The rule set with the change; as it is, where the change is one of the catalogue.
    ///
    /// Codes drawn at random are for whoever runs the campaign to draw: here their place is taken by symbols computed from the
    /// code, which anybody could compute.
    #[must_use]
    pub fn apply(&self, rules: &RuleSet) -> RuleSet {
        let mut changed = rules.clone();
        match self {
            Self::CapLines { percent } => changed.caps.line_percent = Some(*percent),
            Self::SafestReturns {} => {
                changed.refunds.policy = RefundPolicy::Safest;
                changed.rules.iter_mut().for_each(|rule| rule.refund = None);
            }
            Self::ProtectListPrices {} => {
                if let Some(promise) = &mut changed.refunds.price_protection {
                    promise.base = ProtectionBase::List;
                }
            }
            Self::RoundOnce {} => round_once(&mut changed),
            Self::RankApart { stage } => return ranked_apart(rules, stage),
            Self::DropTier { rule, tier } => {
                let less = tier.checked_sub(1).and_then(|tier| without_tier(rules, rule.as_str(), tier));
                return less.unwrap_or(changed);
            }
            Self::OncePerCustomer { rules } => {
                for rule in changed.rules.iter_mut().filter(|rule| rules.contains(&rule.id)) {
                    rule.limits.uses_per_customer = Some(1);
                }
            }
            Self::AnnounceAgainst { .. } | Self::CapPrizes { .. } | Self::PutRight { .. } => {}
            Self::Exclude { rule, .. }
            | Self::EndAt { rule, .. }
            | Self::CloseGap { rule, .. }
            | Self::DropMost { rule, .. }
            | Self::SetBudget { rule, .. }
            | Self::LeaveOut { rule, .. }
            | Self::NoGiftCards { rule }
            | Self::GoodsOnly { rule }
            | Self::CountPaid { rule }
            | Self::CountCash { rule }
            | Self::HoldGroup { rule, .. }
            | Self::ChargeGifts { rule, .. }
            | Self::LengthenCodes { rule, .. }
            | Self::LimitUses { rule, .. }
            | Self::LimitPoints { rule, .. }
            | Self::LimitUnits { rule, .. }
            | Self::DropCap { rule }
            | Self::SetCap { rule, .. }
            | Self::FixAmount { rule, .. }
            | Self::SwitchOff { rule } => {
                changed.rules.iter_mut().filter(|one| one.id == *rule).for_each(|one| self.change(one));
            }
        }
        changed
    }

    /// The catalogue with the change; as it is, where the change is one of the rules.
    #[must_use]
    pub fn apply_to(&self, catalogue: &Catalogue) -> Catalogue {
        let currency = catalogue.currency();
        catalogue.with_products(|product| match self {
            Self::AnnounceAgainst { prices } => {
                let asked = prices.get(&product.piece.sku).and_then(|price| price.to_money(currency).ok());
                product.piece.reference_price = asked.or(product.piece.reference_price);
            }
            Self::CapPrizes { most } => {
                let Ok(most) = most.to_money(currency) else { return };
                product.prizes.iter_mut().for_each(|prize| prize.worth = prize.worth.min(most));
            }
            Self::PutRight { prices, costs } => {
                let of = |amounts: &BTreeMap<Sku, Amount>| {
                    amounts.get(&product.piece.sku).and_then(|amount| amount.to_money(currency).ok())
                };
                let (price, cost) = (of(prices), of(costs));
                product.piece.list_price = price.unwrap_or(product.piece.list_price);
                product.piece.cost = cost.or(product.piece.cost);
            }
            Self::Exclude { .. }
            | Self::EndAt { .. }
            | Self::CloseGap { .. }
            | Self::CapLines { .. }
            | Self::OncePerCustomer { .. }
            | Self::DropMost { .. }
            | Self::SetBudget { .. }
            | Self::LeaveOut { .. }
            | Self::NoGiftCards { .. }
            | Self::GoodsOnly { .. }
            | Self::CountPaid { .. }
            | Self::CountCash { .. }
            | Self::HoldGroup { .. }
            | Self::SafestReturns {}
            | Self::ProtectListPrices {}
            | Self::ChargeGifts { .. }
            | Self::RoundOnce {}
            | Self::RankApart { .. }
            | Self::LengthenCodes { .. }
            | Self::LimitUses { .. }
            | Self::LimitPoints { .. }
            | Self::LimitUnits { .. }
            | Self::DropTier { .. }
            | Self::DropCap { .. }
            | Self::SetCap { .. }
            | Self::FixAmount { .. }
            | Self::SwitchOff { .. } => {}
        })
    }

    /// Changes the one rule that it is about.
    fn change(&self, rule: &mut Rule) {
        match self {
            Self::Exclude { other, .. } => drop(rule.stacking.excludes.rules.insert(other.clone())),
            Self::EndAt { until, .. } | Self::CloseGap { until, .. } => {
                rule.condition.iter_mut().for_each(|condition| run_until(condition, *until, false));
            }
            Self::DropMost { instead, .. } => drop_most(rule, *instead),
            Self::SetBudget { budget, .. } => rule.limits.budget = Some(*budget),
            Self::LeaveOut { skus, .. } => {
                if let Some(target) = units_mut(&mut rule.benefit) {
                    target.except.push(Selector::skus(skus.iter().map(Sku::as_str)));
                }
                if let Benefit::Gift(gift) = &mut rule.benefit
                    && gift.options.iter().any(|option| !skus.contains(&option.sku))
                {
                    gift.options.retain(|option| !skus.contains(&option.sku));
                }
            }
            Self::NoGiftCards { .. } => {
                if let Some(target) = units_mut(&mut rule.benefit) {
                    target.gift_cards = false;
                }
            }
            Self::GoodsOnly { .. } => goods_only(&mut rule.benefit),
            Self::CountPaid { .. } => {
                rule.condition.iter_mut().for_each(count_paid);
                if let Benefit::Gift(gift) = &mut rule.benefit {
                    gift.base = gift.every.map(|_| Base::Running);
                }
            }
            Self::CountCash { .. } => super::later::count_cash(rule),
            Self::HoldGroup { minutes, .. } => {
                if let Benefit::GroupPrice(terms) = &mut rule.benefit {
                    (terms.fill, terms.hold_minutes) = (0, *minutes);
                }
            }
            Self::ChargeGifts { worth, .. } => charge_gifts(&mut rule.benefit, worth),
            Self::LengthenCodes { symbols, .. } => lengthen_codes(rule, *symbols),
            Self::DropCap { .. } => rule.cap = None,
            Self::SetCap { cap, .. } => rule.cap = Some(*cap),
            Self::FixAmount { amount, .. } => fix_amount(rule, *amount),
            Self::LimitUses { uses, .. } => rule.limits.uses = Some(*uses),
            Self::LimitPoints { points, .. } => rule.limits.points = Some(*points),
            Self::LimitUnits { units, .. } => rule.limits.units = Some(*units),
            Self::SwitchOff { .. } => rule.enabled = false,
            Self::CapLines { .. }
            | Self::OncePerCustomer { .. }
            | Self::SafestReturns {}
            | Self::ProtectListPrices {}
            | Self::RoundOnce {}
            | Self::RankApart { .. }
            | Self::AnnounceAgainst { .. }
            | Self::CapPrizes { .. }
            | Self::PutRight { .. }
            | Self::DropTier { .. } => {}
        }
    }
}

fn charge_gifts(benefit: &mut Benefit, worth: &BTreeMap<Sku, Amount>) {
    if let Benefit::Gift(Gift { options, .. }) = benefit {
        for option in options {
            option.worth = worth.get(&option.sku).copied().or(option.worth);
        }
    }
}

/// Lets a rule's condition hold for larger orders, too.
fn drop_most(rule: &mut Rule, instead: Instead) {
    rule.condition = rule.condition.as_ref().and_then(Condition::without_most);
    match instead {
        Instead::Nothing {} => {}
        Instead::Once {} => rule.limits.uses_per_customer = Some(1),
        Instead::Pieces { units } => rule.limits.units_per_customer = Some(units),
    }
}

/// Lets a rule take an amount off the goods that it took a capped share or amount of.
fn fix_amount(rule: &mut Rule, amount: Amount) {
    let (target, with_shipping) = match &rule.benefit {
        Benefit::PercentOff(off) => (off.target.clone(), off.with_shipping),
        Benefit::AmountOff(off) => (off.target.clone(), off.with_shipping),
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
        | Benefit::Grant(_) => return,
    };
    let mut off = AmountOff::once(amount).target(target);
    off.with_shipping = with_shipping;
    (rule.benefit, rule.cap) = (Benefit::AmountOff(off), None);
}

fn round_once(rules: &mut RuleSet) {
    rules.rounding.per = RoundingPer::Order;
    rules.rules.iter_mut().filter_map(|rule| rule.rounding.as_mut()).for_each(|rounding| {
        rounding.per = RoundingPer::Order;
    });
}

const fn goods_only(benefit: &mut Benefit) {
    if let Benefit::PercentOff(off) = benefit {
        off.with_shipping = false;
    } else if let Benefit::AmountOff(off) = benefit {
        off.with_shipping = false;
    }
}

/// Moves the end of every window that a condition cannot do without; what is no time from a moment on ends there. The nesting is
/// bounded by validation.
fn run_until(condition: &mut Condition, until: Moment, is_denied: bool) {
    if let Condition::Not(nested) = condition {
        run_until(nested, until, !is_denied);
    } else if let Condition::Window(window) = condition {
        if is_denied {
            // What begins and ends leaves the time behind it.
            window.from = window.from.map(|from| if window.until.is_none() { until } else { from });
        } else {
            window.until = window.until.and(Some(until));
        }
    } else if let (Condition::All(nested), false) | (Condition::Any(nested), true) = (condition, is_denied) {
        nested.iter_mut().for_each(|one| run_until(one, until, is_denied));
    }
}

fn lengthen_codes(rule: &mut Rule, symbols: u32) {
    for code in rule.coupon.iter_mut().flat_map(|coupon| &mut coupon.codes) {
        *code = lengthened(code, symbols);
    }
    rule.condition.iter_mut().for_each(|condition| lengthen_codes_in(condition, symbols));
    if let Benefit::PointsEarn(earn) = &mut rule.benefit {
        let factors = earn.multipliers.iter_mut().filter_map(|one| one.when.as_mut());
        factors.for_each(|when| lengthen_codes_in(when, symbols));
    }
}

/// The nesting is bounded by validation.
fn lengthen_codes_in(condition: &mut Condition, symbols: u32) {
    if let Condition::All(nested) | Condition::Any(nested) = condition {
        nested.iter_mut().for_each(|one| lengthen_codes_in(one, symbols));
    } else if let Condition::Not(nested) = condition {
        lengthen_codes_in(nested, symbols);
    } else if let Condition::Code(known) = condition {
        *known = AnyOf { any_of: known.any_of.iter().map(|code| lengthened(code, symbols)).collect() };
    }
}

/// A code of so many symbols in the place of another.
pub(super) fn lengthened(code: &CouponCode, symbols: u32) -> CouponCode {
    let symbols = usize::try_from(symbols).unwrap_or(usize::MAX);
    let digest = Fingerprint::of(code.folded().unwrap_or_default().as_bytes()).to_string();
    CouponCode::new(digest.chars().take(symbols).collect::<String>().to_uppercase())
}

/// The nesting is bounded by validation.
fn count_paid(condition: &mut Condition) {
    if let Condition::All(nested) = condition {
        nested.iter_mut().for_each(count_paid);
    } else if let Condition::Spend(spend) = condition {
        spend.base = Some(Base::Running);
    }
}

/// The units a rule works on, where that is one selector.
const fn units_mut(benefit: &mut Benefit) -> Option<&mut Selector> {
    match benefit {
        Benefit::PercentOff(off) => Some(&mut off.target),
        Benefit::AmountOff(off) => Some(&mut off.target),
        Benefit::UnitPrice(off) => Some(&mut off.target),
        Benefit::TotalPrice(off) => Some(&mut off.target),
        Benefit::SpendTiers(off) => Some(&mut off.target),
        Benefit::Every(off) => Some(&mut off.target),
        Benefit::QuantityTiers(off) => Some(&mut off.target),
        Benefit::BuyGet(off) => Some(&mut off.target.selector),
        Benefit::NthUnit(off) => Some(&mut off.target),
        Benefit::UnitLadder(off) => Some(&mut off.target),
        Benefit::NFor(off) => Some(&mut off.target),
        Benefit::GroupPrice(off) => Some(&mut off.target),
        Benefit::BargainPrice(off) => Some(&mut off.target),
        Benefit::PointsRedeem(off) => Some(&mut off.target),
        Benefit::Presale(off) => Some(&mut off.target),
        Benefit::UseBalance(off) => Some(&mut off.target),
        Benefit::PointsEarn(earn) => Some(&mut earn.of),
        Benefit::Grant(grant) => Some(&mut grant.qualifier),
        Benefit::Gift(gift) => Some(&mut gift.qualifier),
        Benefit::Bundle(_) | Benefit::Shipping(_) => None,
    }
}
