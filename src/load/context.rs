//! Holds what a context and a usage say against the limits; their types alone do not.

use super::{Found, Problem};
use crate::bounds::Limits;
use crate::record::Usage;
use crate::shop::{AttributeValue, Context, Shopper};
use crate::validate::{push_key, quoted};

/// Checks a context that stands below a path.
pub(super) fn check(above: &str, context: &Context, limits: &Limits) -> Result<(), Found> {
    let at = |field: &str| format!("{above}/{field}");
    let customer = &context.customer;
    if let Some(id) = &customer.id {
        check_id(id.as_str(), limits, || at("customer/id"))?;
    }
    if let Some(birthday) = customer.birthday.filter(|birthday| !birthday.is_a_day()) {
        let message = format!("month {}, day {} is no day of a year", birthday.month, birthday.day);
        return Err((at("customer/birthday"), Problem::BadValue { message }));
    }
    let segments = customer.segments.iter().map(|id| id.as_str());
    check_ids(segments, limits.facts, limits, || at("customer/segments"))?;
    check_count(context.codes.len(), limits.codes, || at("codes"))?;
    for (index, code) in context.codes.iter().enumerate() {
        check_text(code.as_str(), limits.id_bytes, || at(&format!("codes/{index}")))?;
    }
    let facts = [
        ("channel", context.channel.as_ref().map(|id| id.as_str())),
        ("region", context.region.as_ref().map(|id| id.as_str())),
        ("payment_method", context.payment_method.as_ref().map(|id| id.as_str())),
    ];
    for (field, fact) in facts {
        if let Some(id) = fact {
            check_id(id, limits, || at(field))?;
        }
    }
    let gifts = context.gifts.iter().map(|sku| sku.as_str());
    check_ids(gifts, limits.facts, limits, || at("gifts"))?;
    check_count(context.bargains.len(), limits.facts, || at("bargains"))?;
    for (sku, price) in &context.bargains {
        let place = || below(&at("bargains"), sku.as_str());
        check_id(sku.as_str(), limits, place)?;
        if price.is_negative() {
            return Err((place(), Problem::NegativeAmount { given: *price }));
        }
    }
    check_wallet(&at("wallet/balances"), context, limits)?;
    check_count(context.coupons.len(), limits.codes, || at("coupons"))?;
    for (index, coupon) in context.coupons.iter().enumerate() {
        let place = |field: &str| at(&format!("coupons/{index}/{field}"));
        check_id(coupon.id.as_str(), limits, || place("id"))?;
        // At most `Limits::codes` of them.
        if context.coupons.iter().take(index).any(|before| before.id == coupon.id) {
            return Err((place("id"), Problem::DuplicateKey { key: quoted(coupon.id.as_str()) }));
        }
        check_id(&coupon.rule, limits, || place("rule"))?;
        if let Some(owner) = &coupon.owner {
            check_id(owner.as_str(), limits, || place("owner"))?;
        }
    }
    let set_aside = context.set_aside.iter().map(String::as_str);
    check_ids(set_aside, limits.rules, limits, || at("set_aside"))?;
    check_count(context.attributes.len(), limits.facts, || at("attributes"))?;
    for (key, value) in &context.attributes {
        let place = || below(&at("attributes"), key.as_str());
        check_id(key.as_str(), limits, place)?;
        match value {
            AttributeValue::Text(text) => check_text(text, limits.text_bytes, place)?,
            AttributeValue::Number(_) => {}
        }
    }
    Ok(())
}

/// Checks a class of shoppers that stands below a path.
pub(super) fn check_shopper(above: &str, shopper: &Shopper, limits: &Limits) -> Result<(), Found> {
    check_text(&shopper.name, limits.text_bytes, || format!("{above}/name"))?;
    check(&format!("{above}/context"), &shopper.context, limits)?;
    let codes = || format!("{above}/codes");
    check_count(shopper.codes.len(), limits.codes, codes)?;
    shopper.codes.keys().try_for_each(|code| check_text(code.as_str(), limits.id_bytes, codes))
}

fn check_wallet(list: &str, context: &Context, limits: &Limits) -> Result<(), Found> {
    let balances = &context.wallet.balances;
    check_count(balances.len(), limits.facts, || list.to_owned())?;
    for (id, balance) in balances {
        let place = below(list, id.as_str());
        check_id(id.as_str(), limits, || place.clone())?;
        check_id(balance.class.as_str(), limits, || below(&place, "class"))?;
        if balance.amount.is_negative() {
            let problem = Problem::NegativeAmount { given: balance.amount };
            return Err((below(&place, "amount"), problem));
        }
    }
    Ok(())
}

/// Checks a usage that stands below a path.
pub(super) fn check_usage(above: &str, usage: &Usage, limits: &Limits) -> Result<(), Found> {
    let list = format!("{above}/rules");
    check_count(usage.rules.len(), limits.rules, || list.clone())?;
    for (rule, used) in &usage.rules {
        let place = || below(&list, rule.as_str());
        check_id(rule.as_str(), limits, place)?;
        if let Some(given) = used.budget
            && given.is_negative()
        {
            let problem = Problem::NegativeAmount { given };
            return Err((below(&place(), "budget"), problem));
        }
    }
    let quotas = usage.quotas.keys().map(|id| id.as_str());
    check_ids(quotas, limits.set_members, limits, || format!("{above}/quotas"))?;
    let off = format!("{above}/off");
    let rules = usage.off.rules.iter().map(|id| id.as_str());
    check_ids(rules, limits.rules, limits, || format!("{off}/rules"))?;
    let stages = usage.off.stages.iter().map(|id| id.as_str());
    check_ids(stages, limits.stages, limits, || format!("{off}/stages"))
}

fn below(above: &str, key: &str) -> String {
    let mut path = above.to_owned();
    push_key(&mut path, key);
    path
}

fn check_ids<'a>(
    ids: impl ExactSizeIterator<Item = &'a str>,
    limit: usize,
    limits: &Limits,
    path: impl Fn() -> String,
) -> Result<(), Found> {
    check_count(ids.len(), limit, &path)?;
    let mut ids = ids;
    ids.try_for_each(|id| check_id(id, limits, &path))
}

fn check_count(given: usize, limit: usize, path: impl Fn() -> String) -> Result<(), Found> {
    if given > limit {
        return Err((path(), Problem::TooManyMembers { given, limit }));
    }
    Ok(())
}

fn check_id(id: &str, limits: &Limits, path: impl Fn() -> String) -> Result<(), Found> {
    check_text(id, limits.id_bytes, &path)?;
    if id.is_empty() || id.chars().any(char::is_control) {
        let given = quoted(id);
        return Err((path(), Problem::BadId { given }));
    }
    Ok(())
}

fn check_text(text: &str, limit: usize, path: impl Fn() -> String) -> Result<(), Found> {
    if text.len() > limit {
        let given = text.len();
        return Err((path(), Problem::TextTooLong { given, limit }));
    }
    Ok(())
}
