//! Checks a quote against the oracle's.

use std::collections::BTreeMap;
use std::fmt::Debug;

use super::payment::OraclePayments;
use super::prices::OracleGroup;
use super::quote::{OracleAdjustment, OracleGift, OracleQuote, OracleRule, status};
use super::rewards::{OracleGrant, OraclePoints};
use crate::money::Money;
use crate::record::{Adjustment, PointsDirection, Quote};
use crate::rules::RuleId;
use crate::shop::{Bearer, Sku};

/// Checks everything a quote says: totals, lines and the price of every unit, charges, rules in order with their
/// adjustments and bearers' shares, gifts, codes and claims. How units are grouped into runs is left to the quote, and
/// so is whether gifts of several applications stand together.
///
/// # Errors
/// The first difference, in words.
pub fn compare(oracle: &OracleQuote, quote: &Quote) -> Result<(), String> {
    compare_totals(oracle, quote)?;
    compare_lines(oracle, quote)?;
    let charges: Vec<i128> = quote.charges.iter().map(|charge| minor(charge.payable)).collect();
    same("charges", &oracle.charges, &charges)?;
    compare_rules(oracle, quote)?;
    same("gifts", &merged(oracle.gifts.iter().cloned()), &merged(gifts(quote)))?;
    compare_rewards(oracle, quote)?;
    same("codes", &oracle.codes[..], &quote.codes[..])?;
    same("claims", &oracle.claims[..], &quote.claims[..])
}

fn minor(money: Money) -> i128 {
    money.minor().into()
}

fn same<T: PartialEq + Debug + ?Sized>(what: &str, oracle: &T, quote: &T) -> Result<(), String> {
    if oracle == quote {
        Ok(())
    } else {
        Err(format!("{what}: the oracle says {oracle:?}, the quote {quote:?}"))
    }
}

fn compare_totals(oracle: &OracleQuote, quote: &Quote) -> Result<(), String> {
    let totals = &quote.totals;
    let pairs = [
        ("list total", oracle.list, totals.list),
        ("goods discount", oracle.list - oracle.goods, totals.goods_discount),
        ("goods", oracle.goods, totals.goods),
        ("shipping before rules", oracle.shipping_list, totals.shipping_list),
        ("shipping discount", oracle.shipping_list - oracle.shipping, totals.shipping_discount),
        ("shipping", oracle.shipping, totals.shipping),
        ("add-ons", oracle.add_ons, totals.add_ons),
        ("payable", oracle.payable, totals.payable),
    ];
    pairs.into_iter().try_for_each(|(what, oracle, quote)| same(what, &oracle, &minor(quote)))
}

fn compare_lines(oracle: &OracleQuote, quote: &Quote) -> Result<(), String> {
    same("number of lines", &oracle.lines.len(), &quote.lines.len())?;
    for ((at, expected), line) in (0_u32..).zip(&oracle.lines).zip(&quote.lines) {
        same("line", &expected.line, &line.line)?;
        let what = |fact| format!("{fact} of line {}", line.line);
        same(&what("list value"), &expected.list, &minor(line.list))?;
        same(&what("payable"), &expected.payable, &minor(line.payable))?;
        let runs = quote.runs.iter().filter(|run| run.line == at);
        let units = runs.flat_map(|run| (0..run.units).map(move |unit| run.unit_payable(unit)));
        let units: Vec<i128> = units.flatten().map(minor).collect();
        same(&what("units"), &expected.units, &units)?;
    }
    Ok(())
}

fn compare_rules(oracle: &OracleQuote, quote: &Quote) -> Result<(), String> {
    let expected: Vec<&RuleId> = oracle.rules.iter().map(|rule| &rule.rule).collect();
    let applied: Vec<&RuleId> = quote.rules.iter().map(|rule| &rule.rule).collect();
    same("rules", &expected, &applied)?;
    for ((at, expected), rule) in (0_u32..).zip(&oracle.rules).zip(&quote.rules) {
        let what = |fact| format!("{fact} of rule {}", rule.rule);
        same(&what("stage"), &expected.stage, &rule.stage)?;
        same(&what("granted"), &expected.granted, &minor(rule.granted))?;
        same(&what("asked"), &expected.asked, &minor(rule.asked))?;
        same(&what("units short"), &expected.short, &i128::from(rule.short_units))?;
        compare_adjustments(at, expected, quote)?;
    }
    let listed: usize = oracle.rules.iter().map(|rule| rule.adjustments.len()).sum();
    same("number of adjustments", &listed, &quote.adjustments.len())
}

fn compare_adjustments(rule: u32, expected: &OracleRule, quote: &Quote) -> Result<(), String> {
    let of_rule = (0_u32..).zip(&quote.adjustments).filter(|(_, given)| given.rule == rule);
    let given: Vec<OracleAdjustment> = of_rule.map(|(at, given)| plain(at, given, quote)).collect();
    for (expected, given) in expected.adjustments.iter().zip(&given) {
        let what = format!("adjustment by rule {}", quote.rules[rule as usize].rule);
        same(&what, &without_zeros(expected), given)?;
    }
    let what = format!("number of adjustments by rule {}", expected.rule);
    same(&what, &expected.adjustments.len(), &given.len())
}

fn without_zeros(adjustment: &OracleAdjustment) -> OracleAdjustment {
    let mut adjustment = adjustment.clone();
    adjustment.shares.retain(|_, share| *share != 0);
    adjustment
}

fn plain(at: u32, given: &Adjustment, quote: &Quote) -> OracleAdjustment {
    let of_adjustment = quote.shares.iter().filter(|share| share.adjustment == at);
    let mut shares: BTreeMap<Bearer, i128> = BTreeMap::new();
    for share in of_adjustment {
        let bearer = quote.bearers.get(share.bearer as usize).cloned().unwrap_or_default();
        *shares.entry(bearer).or_default() += minor(share.amount);
    }
    shares.retain(|_, share| *share != 0);
    OracleAdjustment {
        on: given.on,
        units: given.units.into(),
        asked: minor(given.asked),
        granted: minor(given.granted),
        shares,
    }
}

fn gifts(quote: &Quote) -> impl Iterator<Item = OracleGift> + '_ {
    quote.gifts.iter().map(|gift| OracleGift {
        rule: gift.rule.clone(),
        sku: gift.sku.clone(),
        unit_price: minor(gift.unit_price),
        status: status(gift.status),
        quantity: gift.quantity.into(),
    })
}

fn compare_rewards(oracle: &OracleQuote, quote: &Quote) -> Result<(), String> {
    let rule = |position: u32| quote.rules.get(position as usize).map(|rule| rule.rule.clone());
    let shares_of = |entry: u32| {
        let of_entry = quote.point_shares.iter().filter(move |share| share.entry == entry);
        of_entry.map(|share| (share.on, i128::from(share.points))).collect()
    };
    let points = (0..).zip(&quote.points).map(|(entry, moved)| OraclePoints {
        rule: rule(moved.rule).unwrap_or_default(),
        direction: match moved.direction {
            PointsDirection::Earned => "earned",
            PointsDirection::Redeemed => "redeemed",
        },
        points: moved.points.into(),
        shares: shares_of(entry),
    });
    same("points", &oracle.points, &points.collect())?;
    let groups = quote.groups.iter().map(|group| OracleGroup {
        rule: rule(group.rule).unwrap_or_default(),
        tier: (group.size, minor(group.unit_price)),
        next: (group.next_size > 0).then(|| (group.next_size, minor(group.next_unit_price))),
    });
    same("group prices", &oracle.groups, &groups.collect())?;
    let draws = quote.draws.iter().map(|draw| {
        let by = rule(draw.rule).unwrap_or_default();
        ((by, draw.balance.clone()), minor(draw.amount))
    });
    let schedule = match &quote.payments[..] {
        [now, later] => Some((minor(now.amount), minor(later.amount), minor(now.lost))),
        _ => None,
    };
    same("payments", &oracle.payments, &OraclePayments { draws: draws.collect(), schedule })?;
    let grants = quote.grants.iter().map(|grant| {
        let is_coupon = !grant.coupon.as_str().is_empty();
        let what = if is_coupon { grant.coupon.as_str() } else { grant.class.as_str() };
        OracleGrant {
            rule: rule(grant.rule).unwrap_or_default(),
            what: what.to_owned(),
            amount: (!is_coupon).then(|| minor(grant.amount)),
            quantity: grant.quantity.into(),
        }
    });
    same("grants", &oracle.grants, &grants.collect())
}

/// Pieces by rule, product, price and status.
type Merged = BTreeMap<(RuleId, Sku, i128, &'static str), i128>;

fn merged(gifts: impl Iterator<Item = OracleGift>) -> Merged {
    let mut merged = Merged::new();
    for gift in gifts {
        let of = (gift.rule, gift.sku, gift.unit_price, gift.status);
        *merged.entry(of).or_default() += gift.quantity;
    }
    merged
}
