//! Promises that no rule could break.

use super::earned::LastChanges;
use super::opened::changes_the_bill;
use super::reads::{asks_price, selectors, tests};
use super::shelf::enabled;
use super::{beside, codes, prices, ties};
use crate::money::{Amount, RoundMode, RoundingPer};
use crate::rules::{
    Base, Benefit, Condition, Gives, Per, PercentOf, Promise, Promises, ProtectionBase, RefundPolicy, Rule,
    RuleLimits, RuleSet, Short, Spend, UnitOff, UnitStep,
};
use crate::shop::{Catalogue, Product};

/// Whether no rule, or pair of rules, could break a promise.
pub(super) fn no_case(rules: &RuleSet, catalogue: &Catalogue, promises: &Promises, promise: Promise) -> bool {
    let enabled = || rules.rules.iter().filter(|rule| rule.enabled);
    match promise {
        Promise::CashLike => !enabled().any(|rule| may_cheapen_cash_like(rules, rule, catalogue)),
        Promise::ShippingApart => !enabled().any(pays_for_shipping),
        Promise::Rounding => !enabled().any(|rule| rounds_often(rules, rule)),
        Promise::PrizeCeiling => prizes_are_small(rules, catalogue, promises),
        Promise::RealCut => catalogue.products().iter().all(never_dearer),
        Promise::PaidThreshold => beside::no_threshold(rules),
        Promise::RunsOnce => beside::no_copies(rules),
        Promise::HandsOver => beside::no_handover(rules),
        Promise::NoGap => beside::no_gap(rules),
        Promise::ExclusionsClosed => beside::no_door(rules),
        Promise::ExclusionsHold => beside::none_refuse(rules),
        Promise::SecretCodes => codes::are_secret(rules),
        Promise::EqualRanks => ties::no_order_matters(rules),
        Promise::LimitsHold => enabled().all(is_without_limit),
        Promise::CapsMatter => enabled().all(|rule| rule.cap.is_none()),
        Promise::EveryRule => enabled().next().is_none(),
        Promise::AsBefore => promises.before.as_ref().is_none_or(|before| mean_the_same(rules, before)),
        Promise::EarnedOnCash => all_earn_on_cash(rules),
        Promise::RewardsCovered | Promise::EarnShare => !enabled().any(gives_later),
        // A gift card pays for the next order as points do, and so does one that is bought for less.
        Promise::NoPump => {
            !enabled().any(|rule| gives_later(rule) || may_cheapen_cash_like(rules, rule, catalogue))
        }
        Promise::PriceProtection => protection_costs_nothing(rules, catalogue),
        Promise::GroupHolds => enabled().all(|rule| group_holds(rule, catalogue)),
        Promise::ReturnsNeverPay => returns_are_safe(rules, catalogue),
        // Without `exposure_max` it is only about coupons without any limit; with it, about every rule.
        Promise::Exposure => {
            promises.exposure_max.is_none() && !enabled().any(|rule| is_endless_coupon(rules, rule))
        }
        Promise::PlainPrices => prices::are_plain(catalogue),
        Promise::Depth | Promise::AddItem | Promise::SplitPays | Promise::PoolingPays => {
            enabled().next().is_none()
        }
        // Goods may be listed below their cost, or at nothing.
        Promise::AboveCost | Promise::NotFree | Promise::SplitFarm => false,
    }
}

/// Whether a rule rounds more than once in an order: by units or lines, for each line or shop by itself, or by what its benefit is.
fn rounds_often(rules: &RuleSet, rule: &Rule) -> bool {
    let rounding = rule.rounding.unwrap_or(rules.rounding);
    // Amounts are split, not rounded; and a part that is rounded down gives nothing away.
    let is_exact = match &rule.benefit {
        Benefit::AmountOff(_)
        | Benefit::UnitPrice(_)
        | Benefit::TotalPrice(_)
        | Benefit::Every(_)
        | Benefit::Gift(_) => true,
        Benefit::PercentOff(_)
        | Benefit::SpendTiers(_)
        | Benefit::QuantityTiers(_)
        | Benefit::BuyGet(_)
        | Benefit::NthUnit(_)
        | Benefit::UnitLadder(_)
        | Benefit::NFor(_)
        | Benefit::Bundle(_)
        | Benefit::Shipping(_)
        | Benefit::GroupPrice(_)
        | Benefit::BargainPrice(_)
        | Benefit::PointsEarn(_)
        | Benefit::PointsRedeem(_)
        | Benefit::Presale(_)
        | Benefit::UseBalance(_)
        | Benefit::Grant(_) => false,
    };
    let by_part = rule.per != Per::Order && !is_exact || rounds_by_itself(&rule.benefit);
    // What is rounded down by parts may fit into a budget that refuses what is more.
    let may_be_refused = rule.limits.short == Short::Refuse && rule.money_budget().is_some();
    let favours_the_shop = rounding.mode == RoundMode::Down && is_last(rules, rule) && !may_be_refused;
    rounding.per != RoundingPer::Order || by_part && !favours_the_shop
}

/// Whether no other rule of its stage or a later one changes the bill: what a rule leaves too much of may reach the threshold of
/// such a one.
fn is_last(rules: &RuleSet, rule: &Rule) -> bool {
    let place = |rule: &Rule| rules.stages.iter().position(|stage| stage.id == rule.stage);
    let own = place(rule);
    !enabled(rules).any(|other| other.id != rule.id && place(other) >= own && changes_the_bill(other))
}

/// Whether a benefit rounds several times in one application: a price below the reference price for each unit, a percentage for
/// each step.
fn rounds_by_itself(benefit: &Benefit) -> bool {
    match benefit {
        Benefit::PercentOff(off) => off.of == PercentOf::Reference,
        Benefit::UnitLadder(ladder) => {
            let is_share = |step: &&UnitStep| matches!(step.off, UnitOff::Percent(_));
            ladder.steps.iter().filter(is_share).count() > 1
        }
        Benefit::AmountOff(_)
        | Benefit::UnitPrice(_)
        | Benefit::TotalPrice(_)
        | Benefit::SpendTiers(_)
        | Benefit::Every(_)
        | Benefit::QuantityTiers(_)
        | Benefit::BuyGet(_)
        | Benefit::NthUnit(_)
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

/// Whether a rule may take something off goods that are as good as money, or give some for less than they are worth.
pub(super) fn may_cheapen_cash_like(rules: &RuleSet, rule: &Rule, catalogue: &Catalogue) -> bool {
    may_take_cash_like(rule, catalogue) || may_give_cash_like(rules, rule, catalogue)
}

/// Whether a rule has a gift or an add-on that is as good as money, for less than it is listed at.
fn may_give_cash_like(rules: &RuleSet, rule: &Rule, catalogue: &Catalogue) -> bool {
    let Some(gift) = rule.benefit.gift() else { return false };
    gift.options.iter().any(|option| {
        let listed = catalogue.product(option.sku.as_str()).filter(|product| product.cash_like);
        let paid = option.price.and_then(|price| price.to_money(rules.currency).ok()).unwrap_or_default();
        listed.is_some_and(|product| product.piece.list_price > paid)
    })
}

fn may_take_cash_like(rule: &Rule, catalogue: &Catalogue) -> bool {
    let mut liquid = catalogue.products().iter().filter(|product| product.cash_like);
    let taken = selectors(rule);
    liquid.any(|product| taken.iter().any(|one| one.takes(&product.piece) != Some(false)))
}

/// Whether a discount on goods takes shipping as well.
const fn pays_for_shipping(rule: &Rule) -> bool {
    match &rule.benefit {
        Benefit::PercentOff(off) => off.with_shipping,
        Benefit::AmountOff(off) => off.with_shipping,
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
        | Benefit::Grant(_) => false,
    }
}

/// Whether no prize is worth more than allowed.
fn prizes_are_small(rules: &RuleSet, catalogue: &Catalogue, promises: &Promises) -> bool {
    let Ok(thresholds) = promises.thresholds(rules.currency) else { return false };
    let mut prizes = catalogue.products().iter().filter_map(Product::top_prize);
    thresholds.prize.is_none_or(|most| prizes.all(|prize| prize.minor() <= most))
}

/// Whether a rule is a coupon without any limit in all.
fn is_endless_coupon(rules: &RuleSet, rule: &Rule) -> bool {
    let limits = &rule.limits;
    let mut quotas = rules.quotas.iter().filter(|quota| rule.quotas.contains(&quota.id));
    // An order of which only the shipping is paid takes no unit.
    let uses_units = !pays_for_shipping(rule);
    let is_bounded = limits.uses.is_some()
        || limits.units.is_some() && uses_units
        || limits.points.is_some()
        || rule.money_budget().is_some()
        || uses_units && quotas.any(|quota| quota.units.is_some());
    rule.coupon.is_some() && !is_bounded
}

/// Whether two rule sets mean the same: the fingerprint of a plan names the meaning.
fn mean_the_same(rules: &RuleSet, before: &RuleSet) -> bool {
    let (now, then) = (crate::compile(rules), crate::compile(before));
    now.ok().zip(then.ok()).is_some_and(|(now, then)| now.fingerprint == then.fingerprint)
}

/// Whether what is kept never costs less than the safest policy says: no discount goes back in proportion, and a gift that
/// is kept is charged at what it costs at least.
fn returns_are_safe(rules: &RuleSet, catalogue: &Catalogue) -> bool {
    let minor = |amount: Option<Amount>| {
        amount.and_then(|amount| amount.to_money(rules.currency).ok()).unwrap_or_default().minor()
    };
    let charged = |rule: &Rule| {
        let Some(gift) = rule.benefit.gift() else { return true };
        gift.options.iter().all(|option| {
            let cost = catalogue.cost_of(&option.sku);
            // An add-on is paid for, and charged at what it is worth above that.
            cost.is_some_and(|cost| cost.minor() <= minor(option.worth).max(minor(option.price)))
        })
    };
    let keeps = |policy: RefundPolicy| policy != RefundPolicy::Proportional;
    let enabled = || rules.rules.iter().filter(|rule| rule.enabled);
    keeps(rules.refunds.policy) && enabled().all(|rule| rule.refund.is_none_or(keeps) && charged(rule))
}

/// Whether a rule has no limit of its own, and draws on no quota.
fn is_without_limit(rule: &Rule) -> bool {
    let RuleLimits {
        uses,
        uses_per_customer,
        units,
        units_per_customer,
        units_per_order,
        budget,
        points,
        points_per_customer,
        // What is done when a limit is short is none.
        short: _,
    } = rule.limits;
    let counts =
        [uses, uses_per_customer, units, units_per_customer, units_per_order, points, points_per_customer];
    counts.iter().all(Option::is_none) && budget.is_none() && rule.quotas.is_empty()
}

/// Whether all that is given for later is told by what is paid in money, when no rule lowers that any more.
fn all_earn_on_cash(rules: &RuleSet) -> bool {
    let changes = LastChanges::of(rules);
    enabled(rules)
        .all(|rule| earns_on_cash(rule, |with_shipping| changes.are_before(rules, rule, with_shipping)))
}

/// The same of one rule; `is_final` says whether what is paid for goods, or for all, changes no more behind it.
fn earns_on_cash(rule: &Rule, is_final: impl Fn(bool) -> bool) -> bool {
    let (in_money, counts, with_shipping) = match rule.benefit.gives() {
        // Points are on money where nothing else is said.
        Gives::Points(earn) => (matches!(earn.base, None | Some(Base::Cash)), true, earn.with_shipping),
        Gives::Grant(grant) => {
            let counts = grant.every.is_some();
            (!counts || grant.base == Some(Base::Cash), counts, false)
        }
        Gives::Off
        | Gives::Gift(_)
        | Gives::Shipping
        | Gives::Redeem(_)
        | Gives::Presale
        | Gives::Balance(_) => return true,
    };
    let conditions = rule.condition.iter().chain(rule.benefit.conditions());
    let spends: Vec<&Spend> = conditions.flat_map(tests).filter_map(Condition::of_spend).collect();
    let with_shipping = with_shipping || spends.iter().any(|spend| spend.with_shipping);
    // What a piece costs is a threshold as well.
    in_money
        && !selectors(rule).into_iter().any(asks_price)
        && spends.iter().all(|spend| spend.base == Some(Base::Cash))
        && (!counts && spends.is_empty() || is_final(with_shipping))
}

/// Whether a rule gives something for a later order.
const fn gives_later(rule: &Rule) -> bool {
    rule.benefit.is_for_later()
}

/// Whether a product has a price history, and was never sold below what its cuts are announced against. Without a history
/// nothing is known of it.
fn never_dearer(product: &Product) -> bool {
    let announced = product.piece.reference_price.unwrap_or(product.piece.list_price);
    !product.past_prices.is_empty() && product.past_prices.iter().all(|past| past.price >= announced)
}

/// Whether no price cut is ever paid out: it is not promised, nobody bought lately, or list prices alone count, which no rule
/// changes. Who is paid for a cut is paid once, and what was really paid too much: that is the refund's own invariant.
fn protection_costs_nothing(rules: &RuleSet, catalogue: &Catalogue) -> bool {
    match rules.refunds.price_protection.map(|promise| promise.base) {
        None | Some(ProtectionBase::List) => true,
        Some(ProtectionBase::Payable) => catalogue.products().iter().all(|product| product.sold_lately == 0),
    }
}

/// Whether a buying group needs real buyers only, and is settled when none of them can give back any more.
fn group_holds(rule: &Rule, catalogue: &Catalogue) -> bool {
    let Some(terms) = rule.benefit.group_price() else { return true };
    let window = u64::from(catalogue.policies().returns.days) * 24 * 60;
    terms.fill == 0 && u64::from(terms.hold_minutes) >= window
}
