//! Features of kinds that choose, count or group units.

use dealproof::money::{Amount, Percent, RoundingPer};
use dealproof::rules::{Per, Pick, Times};
use rust_decimal::Decimal;

use super::Verdict;
use crate::conformance::form::{Case, Line, SetAside};
use crate::conformance::selectors::SelectorForm;
use crate::conformance::translate::Adapter;

/// Pools of a set take units one after the other, so they must not share any.
pub(in crate::conformance) fn overlapping_pools(case: &Case, pools: &[(SelectorForm, u32)]) -> Verdict {
    let shared = |line: &&Line| pools.iter().filter(|(pool, _)| pool.reaches(line)).count() > 1;
    match case.lines.iter().find(shared) {
        None => Ok(()),
        Some(line) => Err(SetAside::new(format!("{} is in several groups of a set", line.sku))),
    }
}

/// Qualifying units are chosen after the rewarded ones here. Where a source chooses them first, that matters as soon as
/// a unit can be either, unless all units can and the two orders do not meet.
pub(in crate::conformance) fn qualifiers_first(
    adapter: &Adapter,
    reward_pick: Option<Pick>,
    buy: &SelectorForm,
    get: &SelectorForm,
) -> Verdict {
    let lines = &adapter.case.lines;
    let either = lines.iter().filter(|line| buy.reaches(line) && get.reaches(line));
    let reached = || lines.iter().filter(|line| buy.reaches(line) || get.reaches(line));
    let either: Vec<&Line> = either.collect();
    let all_are = reached().count() == either.len();
    let alike =
        either.windows(2).all(|pair| matches!(pair, [one, other] if one.unit_price == other.unit_price));
    let apart = match (adapter.policy.qualify_pick, reward_pick) {
        (None, _) => true,
        (Some(qualify), reward) => reward.is_some_and(|reward| reward != qualify),
    };
    let dearest_qualify = adapter.policy.qualify_pick != Some(Pick::Cheapest);
    let settled = all_are && (alike || apart && dearest_qualify);
    if either.is_empty() || settled || adapter.policy.qualify_pick.is_none() {
        Ok(())
    } else {
        Err(SetAside::new("qualifying units are chosen before rewarded ones among goods that can be either"))
    }
}

/// The order of price that is the order of the cart.
pub(in crate::conformance) fn cart_order(case: &Case, form: &SelectorForm) -> Result<Pick, SetAside> {
    let prices: Vec<_> =
        case.lines.iter().filter(|line| form.reaches(line)).map(|line| line.unit_price).collect();
    if prices.is_sorted() {
        Ok(Pick::Cheapest)
    } else if prices.is_sorted_by(|one, next| one >= next) {
        Ok(Pick::Dearest)
    } else {
        Err(SetAside::new("units are grouped in the order of the cart, which is not one of price"))
    }
}

/// An amount off each unit of a group is an amount off the group only when its units are alike.
pub(in crate::conformance) fn unequal_prices(case: &Case, form: &SelectorForm) -> Verdict {
    let lines = case.lines.iter().filter(|line| form.reaches(line));
    let mut prices: Vec<_> = lines.map(|line| line.unit_price).collect();
    prices.dedup();
    if prices.len() <= 1 {
        Ok(())
    } else {
        Err(SetAside::new("an amount off each unit of complete groups of unlike units"))
    }
}

/// What several groups save together is shared over all their units here; a source that prices each group apart shares
/// within it, which shows line by line when groups are unlike.
pub(in crate::conformance) fn unlike_groups(
    case: &Case,
    form: &SelectorForm,
    size: u32,
    times: Times,
) -> Verdict {
    let reached: Vec<&Line> = case.lines.iter().filter(|line| form.reaches(line)).collect();
    let units: u32 = reached.iter().map(|line| line.pieces()).sum();
    let groups = times.at_most(units.checked_div(size).unwrap_or(0));
    let mut prices: Vec<_> = reached.iter().map(|line| line.unit_price).collect();
    prices.dedup();
    if groups > 1 && prices.len() > 1 && !case.expect.lines.is_empty() {
        return Err(SetAside::new(
            "lines of several unlike groups, where each group's saving stays within it",
        ));
    }
    Ok(())
}

/// Groups that cost no more than their price are passed over here; a source that counts them gives fewer of the others.
pub(in crate::conformance) fn groups_cheaper_already(
    case: &Case,
    form: &SelectorForm,
    size: u32,
    price: Amount,
    times: Times,
) -> Verdict {
    let reached = case.lines.iter().filter(|line| form.reaches(line));
    let mut prices: Vec<Decimal> = reached
        .flat_map(|line| {
            let pieces = line.pieces().min(size.saturating_mul(times.at_most(1_000)));
            (0..pieces).map(|_| line.unit_price.decimal())
        })
        .collect();
    prices.sort_unstable();
    let mut groups = prices.chunks_exact(size.max(1) as usize);
    let count = u32::try_from(groups.len()).unwrap_or(u32::MAX);
    let counted = times.at_most(count);
    let is_cheap = |group: &[Decimal]| group.iter().sum::<Decimal>() <= price.decimal();
    if counted < count && groups.next().is_some_and(is_cheap) {
        return Err(SetAside::new("a limit that counts groups which cost less than their price already"));
    }
    Ok(())
}

/// A limit counts the units that a price makes cheaper; a source that also counts those that cost less already gives
/// fewer.
pub(in crate::conformance) fn cheaper_already(case: &Case, form: &SelectorForm, price: Amount) -> Verdict {
    let mut reached = case.lines.iter().filter(|line| form.reaches(line));
    if reached.any(|line| line.unit_price <= price) {
        return Err(SetAside::new("a limit that counts units which cost less than the fixed price already"));
    }
    Ok(())
}

/// A percentage of groups is rounded once here; a source that rounds by line or unit agrees where nothing is rounded.
pub(in crate::conformance) fn rounded_once(
    adapter: &Adapter,
    form: &SelectorForm,
    percent: Percent,
    per: Per,
) -> Verdict {
    let ppm = match percent.to_rate() {
        Ok(rate) => Decimal::from(rate.ppm()),
        Err(error) => return Err(SetAside::new(format!("a percentage: {error}"))),
    };
    let minor = Decimal::from(10_u64.pow(adapter.currency.digits()));
    let lines = adapter.case.lines.iter();
    let reached: Vec<&Line> = lines.filter(|line| form.reaches(line)).collect();
    let is_whole = |line: &&Line| {
        let off = line.unit_price.decimal() * minor * ppm / Decimal::from(dealproof::bounds::PPM);
        off.fract().is_zero()
    };
    let by_part = match (adapter.policy.per, per) {
        (RoundingPer::Order, _) | (RoundingPer::Line, Per::Line) => false,
        (RoundingPer::Line, Per::Order | Per::Shop) => reached.len() > 1,
        (RoundingPer::Unit, _) => true,
    };
    if by_part && !reached.iter().all(is_whole) {
        return Err(SetAside::new("a percentage of groups of units, rounded by line or unit"));
    }
    Ok(())
}
