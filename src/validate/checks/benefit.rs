//! Benefits: percentages, amounts, prices, gifts, shipping. Ladders and multi-buy have files of their own.

use super::tiers::{Gives, above_cap};
use super::{ladder, multi, payment, prices, required, rewards, selector, slips, stages};
use crate::money::Money;
use crate::rules::{
    AmountOff, Benefit, Each, Gift, Per, PercentOf, PercentOff, Rule, Shipping, ShippingOff, Times,
    UnitLimit, UnitPrice,
};
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::scope::{Scope, Zero};

pub(super) fn check(scope: &mut Scope<'_>, rule: &Rule, at: &At<'_>) {
    match &rule.benefit {
        Benefit::PercentOff(inner) => percent_off(scope, rule, inner, &at.key("percent_off")),
        Benefit::AmountOff(inner) => amount_off(scope, rule, inner, &at.key("amount_off")),
        Benefit::UnitPrice(inner) => unit_price(scope, rule, inner, &at.key("unit_price")),
        Benefit::TotalPrice(inner) => {
            let place = at.key("total_price");
            let price = place.key("price");
            let gives = scope.amount(&price, inner.price, Zero::Fine).map(Gives::UnitPrice);
            slips::deep(scope, rule, gives, &price);
            selector::check(scope, &inner.target, &place.key("target"));
        }
        Benefit::SpendTiers(inner) => ladder::spend(scope, rule, inner, &at.key("spend_tiers")),
        Benefit::Every(inner) => ladder::every(scope, rule, inner, &at.key("every")),
        Benefit::QuantityTiers(inner) => ladder::quantity(scope, rule, inner, &at.key("quantity_tiers")),
        Benefit::BuyGet(inner) => multi::buy_get(scope, inner, &at.key("buy_get")),
        Benefit::NthUnit(inner) => multi::nth_unit(scope, rule, inner, &at.key("nth_unit")),
        Benefit::UnitLadder(inner) => ladder::units(scope, rule, inner, &at.key("unit_ladder")),
        Benefit::NFor(inner) => multi::n_for(scope, rule, inner, &at.key("n_for")),
        Benefit::Bundle(inner) => multi::bundle(scope, rule, inner, &at.key("bundle")),
        Benefit::Gift(inner) => gift(scope, rule, inner, &at.key("gift")),
        Benefit::Shipping(inner) => shipping(scope, rule, inner, &at.key("shipping")),
        Benefit::GroupPrice(inner) => prices::group(scope, rule, inner, &at.key("group_price")),
        Benefit::BargainPrice(inner) => {
            let place = at.key("bargain_price");
            prices::bargain(scope, rule, inner, &place);
        }
        Benefit::Presale(inner) => payment::presale(scope, inner, &at.key("presale")),
        Benefit::UseBalance(inner) => payment::balance(scope, rule, inner, &at.key("use_balance")),
        Benefit::PointsEarn(inner) => rewards::points_earn(scope, rule, inner, &at.key("points_earn")),
        Benefit::PointsRedeem(inner) => rewards::points_redeem(scope, rule, inner, &at.key("points_redeem")),
        Benefit::Grant(inner) => rewards::grant(scope, rule, inner, &at.key("grant")),
    }
}

fn percent_off(scope: &mut Scope<'_>, rule: &Rule, off: &PercentOff, at: &At<'_>) {
    let place = at.key("percent");
    let rate = scope.percent(&place, off.percent, Zero::GivesNothing);
    if off.limit.is_none() {
        slips::deep(scope, rule, rate.map(Gives::Rate), &place);
    }
    selector::check(scope, &off.target, &at.key("target"));
    unit_limit(scope, off.limit, &at.key("limit"));
    if off.with_shipping {
        let reachable = match off.of {
            PercentOf::Value => true,
            PercentOf::Reference => false,
        };
        with_shipping(scope, rule, reachable, &at.key("with_shipping"));
    }
}

fn amount_off(scope: &mut Scope<'_>, rule: &Rule, off: &AmountOff, at: &At<'_>) {
    let place = at.key("amount");
    if let Some(amount) = scope.amount(&place, off.amount, Zero::GivesNothing) {
        above_cap(scope, rule, Gives::Amount(amount), &place);
        once_for_spend(scope, rule, off, amount, &place);
    }
    selector::check(scope, &off.target, &at.key("target"));
    unit_limit(scope, off.limit, &at.key("limit"));
    if off.with_shipping {
        let reachable = match off.each {
            Each::Once => true,
            Each::Unit => false,
        };
        with_shipping(scope, rule, reachable, &at.key("with_shipping"));
    }
}

/// An amount once, against the spend that the rule's own condition asks for.
fn once_for_spend(scope: &mut Scope<'_>, rule: &Rule, off: &AmountOff, amount: Money, at: &At<'_>) {
    match off.each {
        Each::Once => {
            let spend = required::spend_least(scope, rule).map_or(0, Money::minor);
            slips::steep(scope, spend, amount.minor().min(scope.cap(rule)), at);
        }
        Each::Unit => {}
    }
}

fn unit_price(scope: &mut Scope<'_>, rule: &Rule, price: &UnitPrice, at: &At<'_>) {
    let place = at.key("price");
    let gives = scope.amount(&place, price.price, Zero::Fine).map(Gives::UnitPrice);
    if price.limit.is_none() {
        slips::deep(scope, rule, gives, &place);
    }
    selector::check(scope, &price.target, &at.key("target"));
    unit_limit(scope, price.limit, &at.key("limit"));
}

fn unit_limit(scope: &mut Scope<'_>, limit: Option<UnitLimit>, at: &At<'_>) {
    match limit {
        None => {}
        Some(UnitLimit::Cheapest(units)) => scope.count(&at.key("cheapest"), units),
        Some(UnitLimit::Dearest(units)) => scope.count(&at.key("dearest"), units),
    }
}

fn with_shipping(scope: &mut Scope<'_>, rule: &Rule, reachable: bool, at: &At<'_>) {
    if !reachable {
        let message = "what is given unit by unit cannot reach a fee";
        scope.report(Code::WithShippingNotPossible, at, message);
    } else if rule.per == Per::Line {
        let message = "there are no shipping fees line by line";
        scope.report(Code::NoEffect, at, message);
    }
}

/// Checks a repetition count.
pub(super) fn times(scope: &mut Scope<'_>, times: Times, at: &At<'_>) {
    match times {
        Times::Max(times) => scope.count(at, times),
        Times::Uncapped => {}
    }
}

fn gift(scope: &mut Scope<'_>, rule: &Rule, gift: &Gift, at: &At<'_>) {
    gift_options(scope, gift, at);
    selector::check(scope, &gift.qualifier, &at.key("qualifier"));
    times(scope, gift.times, &at.key("times"));
    let base = at.key("base");
    if let Some(named) = &gift.base {
        stages::base(scope, named, &base);
    }
    let counts_spend = match gift.every {
        None if gift.times != Times::Uncapped => {
            let message = "without `every` the gift comes once";
            scope.report(Code::NoEffect, &at.key("times"), message);
            false
        }
        None => false,
        Some(step) => {
            let pieces_limited = rule.is_limited();
            if gift.times == Times::Uncapped && !pieces_limited {
                let message = "the gift comes for every step, however many there are";
                scope.report(Code::UncappedEvery, &at.key("every"), message);
            }
            ladder::step(scope, step, &at.key("every"))
        }
    };
    if gift.base.is_some() && !counts_spend {
        scope.report(Code::NoEffect, &base, "no spend is counted");
    }
}

fn gift_options(scope: &mut Scope<'_>, gift: &Gift, at: &At<'_>) {
    let list = at.key("options");
    scope.list(&list, gift.options.len());
    if gift.options.is_empty() {
        scope.report(Code::EmptyList, &list, "no option is listed");
    }
    for (index, option) in gift.options.iter().enumerate() {
        let place = list.index(index);
        scope.id(&place.key("sku"), option.sku.as_str());
        scope.count(&place.key("quantity"), option.quantity);
        if let Some(price) = option.price {
            scope.amount(&place.key("price"), price, Zero::Fine);
        }
        if let Some(worth) = option.worth {
            scope.amount(&place.key("worth"), worth, Zero::GivesNothing);
        }
    }
    let place = at.key("choose");
    scope.count(&place, gift.choose);
    let options = gift.options.len();
    if options > 0 && usize::try_from(gift.choose).is_ok_and(|choose| choose > options) {
        let message = format_args!("{} of {options} options", gift.choose);
        scope.report(Code::ChooseOutOfRange, &place, message);
    }
}

fn shipping(scope: &mut Scope<'_>, rule: &Rule, shipping: &Shipping, at: &At<'_>) {
    let place = at.key("off");
    match shipping.off {
        ShippingOff::Free {} => {}
        ShippingOff::Percent(percent) => {
            scope.percent(&place.key("percent"), percent, Zero::GivesNothing);
        }
        ShippingOff::Amount(amount) => {
            scope.amount(&place.key("amount"), amount, Zero::GivesNothing);
        }
        ShippingOff::AmountEach(amount) => {
            scope.amount(&place.key("amount_each"), amount, Zero::GivesNothing);
        }
        ShippingOff::Price(price) => {
            scope.amount(&place.key("price"), price, Zero::Fine);
        }
    }
    // Shops and methods may be the empty id.
    for (field, members) in [("methods", shipping.methods.len()), ("shops", shipping.shops.len())] {
        scope.list(&at.key(field), members);
    }
    for method in &shipping.methods {
        let list = at.key("methods");
        scope.text(&list.member(method.as_str()), method.as_str(), scope.limits.id_bytes);
    }
    for shop in &shipping.shops {
        let list = at.key("shops");
        scope.text(&list.member(shop.as_str()), shop.as_str(), scope.limits.id_bytes);
    }
    if rule.per == Per::Line {
        let message = "there are no shipping fees line by line";
        scope.report(Code::ShippingPerLine, at, message);
    }
}
