//! What sets a case aside: features the rule language does not offer, or that are out of scope. Never an id.

use std::collections::BTreeMap;

use dealproof::money::Amount;
use dealproof::rules::{Base, Benefit, Pick, Times, UnitLimit};
use dealproof::shop::CouponCode;
use rust_decimal::Decimal;
use serde_json::Value;

use super::form::{Action, Case, Line, Pieces, Promotion, SetAside};
use super::policy::{BaseOf, Consumes, Policy, StackingOf};
use super::selectors::SelectorForm;
use super::translate::{Adapter, Member, Realm};

type Verdict = Result<(), SetAside>;

/// Looks at a case before it is translated.
pub(super) fn check(case: &Case, policy: &Policy) -> Verdict {
    unknown_keys(case)?;
    goods(case)?;
    for promotion in &case.promotions {
        for action in promotion.actions() {
            payments_and_points(action)?;
            units_of_no_price(case, policy, action)?;
        }
        repetitions(promotion, policy)?;
    }
    codes(case, policy)?;
    if policy.overlap {
        return Err(SetAside::new(
            "a shared amount is laid on the lines that no other can use, which weighs promotions against each other",
        ));
    }
    if policy.nothing_counts_as_applied {
        return Err(SetAside::new(
            "a promotion that finds nothing left counts as applied; here it blocks nobody and is not listed (K-2)",
        ));
    }
    whole_promotions(case, policy)
}

fn unknown_keys(case: &Case) -> Verdict {
    let of = |what: &str, rest: &BTreeMap<String, Value>| match rest.keys().next() {
        None => Ok(()),
        Some(key) => Err(SetAside::new(format!(
            "{key} of {what} is not known to the adapter"
        ))),
    };
    of("the case", &case.rest)?;
    case.lines
        .iter()
        .try_for_each(|line| of("a line", &line.rest))?;
    case.shipping_lines
        .iter()
        .try_for_each(|line| of("a shipping line", &line.rest))?;
    case.customer
        .iter()
        .try_for_each(|customer| of("the customer", &customer.rest))?;
    case.promotions
        .iter()
        .try_for_each(|promotion| of("a promotion", &promotion.rest))?;
    let expected = case.expect.lines.iter();
    expected
        .into_iter()
        .try_for_each(|line| of("an expected line", &line.rest))?;
    for key in case.expect.rest.keys() {
        return Err(match key.as_str() {
            "points_earned" | "points_spent" => points(),
            "stored_value_used" | "stored_value_left" => payment(),
            _ => SetAside::new(format!("expected {key} is not known to the adapter")),
        });
    }
    Ok(())
}

fn points() -> SetAside {
    SetAside::new("loyalty points are not part of the rule language yet")
}

fn payment() -> SetAside {
    SetAside::new("stored value is a payment, not a discount")
}

fn payments_and_points(action: &Action) -> Verdict {
    match action.kind.as_str() {
        "stored_value" => Err(payment()),
        "loyalty_earn" | "loyalty_redeem" => Err(points()),
        _ => Ok(()),
    }
}

fn goods(case: &Case) -> Verdict {
    for line in &case.lines {
        if let Pieces::Decimal(text) = &line.quantity {
            return Err(SetAside::new(format!(
                "a quantity of {text}: units are whole"
            )));
        }
        if line.unit_price.is_negative() {
            return Err(SetAside::new("a line with a price below zero"));
        }
    }
    let mut lanes = case.promotions.iter().filter_map(|one| one.lane.as_deref());
    if let Some(lane) = lanes.find(|lane| !["pre", "default", "post"].contains(lane)) {
        return Err(SetAside::new(format!("lane {lane} is not known")));
    }
    let mut words = case
        .promotions
        .iter()
        .filter_map(|one| one.compatible.as_deref());
    match words.find(|word| !["any", "none"].contains(word)) {
        Some(word) => Err(SetAside::new(format!("compatible with {word}: not known"))),
        None => Ok(()),
    }
}

/// Codes are compared after folding, so a source that tells letters of one size from the other has codes we mix up.
fn codes(case: &Case, policy: &Policy) -> Verdict {
    let folded = |code: &str| CouponCode::new(code).folded();
    let declared = case
        .promotions
        .iter()
        .filter_map(|one| one.coupon_code.as_deref());
    let all: Vec<&str> = declared
        .chain(case.codes.iter().map(String::as_str))
        .collect();
    for (at, code) in all.iter().enumerate() {
        if folded(code).is_none() {
            return Err(SetAside::new(format!("{code:?} is no code here (P-1)")));
        }
        let twin = |other: &&str| *other != *code && folded(other) == folded(code);
        let told_apart = policy.codes_by_letter && all.iter().skip(at).any(|other| twin(other));
        if told_apart {
            return Err(SetAside::new(
                "codes that differ in case only are told apart; here they fold together (P-1)",
            ));
        }
    }
    Ok(())
}

/// Units of no price are never limited, picked or grouped here: there is nothing to take off them.
fn units_of_no_price(case: &Case, policy: &Policy, action: &Action) -> Verdict {
    let grouped = match action.kind.as_str() {
        "group_discount" | "buy_x_get_y" | "quantity_step" | "bundle_fixed_price" => true,
        "cheapest_percent" | "cheapest_fixed" => !policy.limits_skip_free_units,
        _ => {
            action.params.get("max_units").is_some()
                && policy.unit_pick == Pick::Cheapest
                && !policy.limits_skip_free_units
        }
    };
    for key in ["applies_to", "pool", "buy", "get"] {
        let Some(form @ Value::Object(_)) = action.params.get(key) else {
            continue;
        };
        let form = SelectorForm::read(Some(form.clone()))?;
        let mut free = case
            .lines
            .iter()
            .filter(|line| line.unit_price.decimal().is_zero());
        if grouped && free.any(|line| form.reaches(line)) {
            return Err(SetAside::new(
                "units of no price are counted in groups or limits",
            ));
        }
    }
    Ok(())
}

fn repetitions(promotion: &Promotion, policy: &Policy) -> Verdict {
    let repeats = |action: &Action| match action.kind.as_str() {
        "group_discount" | "buy_x_get_y" | "quantity_step" | "bundle_fixed_price" | "gift_item" => {
            true
        }
        "cheapest_percent" | "cheapest_fixed" => policy.consumes == Consumes::QualifyingToo,
        _ => false,
    };
    let consumed = policy.consumes == Consumes::QualifyingToo;
    for action in promotion.actions() {
        if promotion.max_applications.is_some_and(|times| times > 1) && !repeats(action) {
            return Err(SetAside::new(format!(
                "{} given several times",
                action.kind
            )));
        }
        if consumed && !["cheapest_percent", "cheapest_fixed"].contains(&action.kind.as_str()) {
            return Err(SetAside::new(format!(
                "units that met the condition of {} count as discounted",
                action.kind
            )));
        }
    }
    Ok(())
}

/// Here rules compete; a source in which promotions of several actions compete as wholes cannot be said.
fn whole_promotions(case: &Case, policy: &Policy) -> Verdict {
    let whole = match policy.stacking {
        StackingOf::BestOnly | StackingOf::FirstOnly => true,
        StackingOf::All
        | StackingOf::ExclusiveWins
        | StackingOf::BestPerLine
        | StackingOf::LastCodeOnly
        | StackingOf::CompatibleOnly
        | StackingOf::OneOrderPercent(_) => false,
    };
    let mut promotions = case.promotions.iter();
    if whole && promotions.any(|one| !one.more_actions.is_empty()) {
        return Err(SetAside::new(
            "promotions of several actions compete as wholes",
        ));
    }
    let mut actions = case.promotions.iter().flat_map(Promotion::actions);
    if policy.stacking == StackingOf::BestOnly && actions.any(|one| one.kind == "gift_item") {
        return Err(SetAside::new("a gift competes by what it is worth"));
    }
    Ok(())
}

/// Looks at the benefits of a case, in the order in which they run.
pub(super) fn check_members(adapter: &Adapter, members: &[Member]) -> Verdict {
    let cart = || {
        members
            .iter()
            .filter(|member| member.place.realm == Realm::Cart)
    };
    let original = [true, false].map(|level| adapter.policy.base_for(level) == BaseOf::Original);
    let has_catalogue = members.len() > cart().count();
    if original.contains(&true) && has_catalogue && cart().count() > 0 {
        return Err(SetAside::new(
            "cart percentages of what goods cost before the catalogue",
        ));
    }
    let consumed = adapter.policy.consumes == Consumes::QualifyingToo;
    if consumed && cart().count() > 1 {
        return Err(SetAside::new(
            "units used up by a condition, with several promotions",
        ));
    }
    for (at, member) in cart().enumerate() {
        let earlier: Vec<&Member> = cart().take(at).collect();
        limited_after_others(adapter, member, &earlier)?;
    }
    Ok(())
}

/// Which of several unlike units of a line a limited percentage takes is left open by the form.
fn limited_after_others(adapter: &Adapter, member: &Member, earlier: &[&Member]) -> Verdict {
    let running = adapter.policy.base_for(member.is_item_level()) == BaseOf::Running;
    let Some(LimitOf::Percent) = limit_of(member) else {
        return Ok(());
    };
    let per_line = has_param(member, "max_units_per_line");
    let disturbs = |other: &&&Member| {
        other.promotion.id != member.promotion.id
            && other.promotion.is_enabled()
            && (per_line || limit_of(other).is_some())
            && meet(adapter.case, other.promotion, member.promotion)
    };
    if running && earlier.iter().any(|other| disturbs(&other)) {
        return Err(SetAside::new(
            "a percentage of so many units, after promotions that left the units of a line unlike",
        ));
    }
    Ok(())
}

/// A limit of units, by what is limited.
enum LimitOf {
    Percent,
    Other,
}

fn limit_of(member: &Member) -> Option<LimitOf> {
    let (limit, of): (Option<UnitLimit>, LimitOf) = match &member.draft.benefit {
        Benefit::PercentOff(off) => (off.limit, LimitOf::Percent),
        Benefit::AmountOff(off) => (off.limit, LimitOf::Other),
        Benefit::UnitPrice(off) => (off.limit, LimitOf::Other),
        _ => (None, LimitOf::Other),
    };
    limit.map(|_| of)
}

fn has_param(member: &Member, key: &str) -> bool {
    let mut actions = member.promotion.actions();
    actions.any(|action| action.params.get(key).is_some())
}

/// Whether two promotions reach a common line.
fn meet(case: &Case, one: &Promotion, other: &Promotion) -> bool {
    let reached = |promotion: &Promotion, line: &Line| {
        promotion.actions().any(|action| {
            let form = SelectorForm::read(action.params.get("applies_to").cloned());
            form.is_ok_and(|form| form.reaches(line))
        })
    };
    case.lines
        .iter()
        .any(|line| reached(one, line) && reached(other, line))
}

/// Pools of a set take units one after the other, so they must not share any.
pub(super) fn overlapping_pools(case: &Case, pools: &[(SelectorForm, u32)]) -> Verdict {
    let shared = |line: &&Line| pools.iter().filter(|(pool, _)| pool.reaches(line)).count() > 1;
    match case.lines.iter().find(shared) {
        None => Ok(()),
        Some(line) => Err(SetAside::new(format!(
            "{} is in several groups of a set",
            line.sku
        ))),
    }
}

/// Qualifying units are chosen after the rewarded ones here. Where a source chooses them first, that matters as soon as
/// a unit can be either, unless all units can and the two orders do not meet.
pub(super) fn qualifiers_first(
    adapter: &Adapter,
    reward_pick: Option<Pick>,
    buy: &SelectorForm,
    get: &SelectorForm,
) -> Verdict {
    let lines = &adapter.case.lines;
    let either = lines
        .iter()
        .filter(|line| buy.reaches(line) && get.reaches(line));
    let reached = || {
        lines
            .iter()
            .filter(|line| buy.reaches(line) || get.reaches(line))
    };
    let either: Vec<&Line> = either.collect();
    let all_are = reached().count() == either.len();
    let alike = either
        .windows(2)
        .all(|pair| matches!(pair, [one, other] if one.unit_price == other.unit_price));
    let apart = match (adapter.policy.qualify_pick, reward_pick) {
        (None, _) => true,
        (Some(qualify), reward) => reward.is_some_and(|reward| reward != qualify),
    };
    let dearest_qualify = adapter.policy.qualify_pick != Some(Pick::Cheapest);
    let settled = all_are && (alike || apart && dearest_qualify);
    if either.is_empty() || settled || adapter.policy.qualify_pick.is_none() {
        Ok(())
    } else {
        Err(SetAside::new(
            "qualifying units are chosen before rewarded ones among goods that can be either",
        ))
    }
}

/// The order of price that is the order of the cart.
pub(super) fn cart_order(case: &Case, form: &SelectorForm) -> Result<Pick, SetAside> {
    let prices: Vec<_> = case
        .lines
        .iter()
        .filter(|line| form.reaches(line))
        .map(|line| line.unit_price)
        .collect();
    if prices.is_sorted() {
        Ok(Pick::Cheapest)
    } else if prices.is_sorted_by(|one, next| one >= next) {
        Ok(Pick::Dearest)
    } else {
        Err(SetAside::new(
            "units are grouped in the order of the cart, which is not one of price",
        ))
    }
}

/// An amount off each unit of a group is an amount off the group only when its units are alike.
pub(super) fn unequal_prices(case: &Case, form: &SelectorForm) -> Verdict {
    let lines = case.lines.iter().filter(|line| form.reaches(line));
    let mut prices: Vec<_> = lines.map(|line| line.unit_price).collect();
    prices.dedup();
    if prices.len() <= 1 {
        Ok(())
    } else {
        Err(SetAside::new(
            "an amount off each unit of complete groups of unlike units",
        ))
    }
}

/// What several groups save together is shared over all their units here; a source that prices each group apart shares
/// within it, which shows line by line when groups are unlike.
pub(super) fn unlike_groups(case: &Case, form: &SelectorForm, size: u32, times: Times) -> Verdict {
    let reached: Vec<&Line> = case
        .lines
        .iter()
        .filter(|line| form.reaches(line))
        .collect();
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
pub(super) fn groups_cheaper_already(
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
        return Err(SetAside::new(
            "a limit that counts groups which cost less than their price already",
        ));
    }
    Ok(())
}

/// A limit counts the units that a price makes cheaper; a source that also counts those that cost less already gives
/// fewer.
pub(super) fn cheaper_already(case: &Case, form: &SelectorForm, price: Amount) -> Verdict {
    let mut reached = case.lines.iter().filter(|line| form.reaches(line));
    if reached.any(|line| line.unit_price <= price) {
        return Err(SetAside::new(
            "a limit that counts units which cost less than the fixed price already",
        ));
    }
    Ok(())
}

/// The base of a member after others of other bases cannot be named.
pub(super) fn gap(base: &Base) -> SetAside {
    SetAside::new(format!(
        "a percentage of what units cost at \"{base}\", after promotions on what was left"
    ))
}
