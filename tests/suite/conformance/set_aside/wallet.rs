//! Features of points and stored value.

use dealproof::rules::{Benefit, Selector, Stage, StageId};

use super::Verdict;
use crate::conformance::form::{Action, Case, SetAside};
use crate::conformance::kinds::Level;
use crate::conformance::policy::{Policy, StackingOf};
use crate::conformance::translate::{Member, Realm};

/// Looks at an action before it is translated.
pub(super) fn check(case: &Case, policy: &Policy, action: &Action) -> Verdict {
    let (pays, reason) = match action.kind.as_str() {
        "stored_value" => (true, "stored value"),
        "loyalty_redeem" => (true, "points"),
        "loyalty_earn" => (false, "points"),
        _ => return Ok(()),
    };
    let lines = || case.lines.iter();
    if lines().any(|line| line.discountable == Some(false)) {
        return Err(SetAside::new(format!("{reason} for goods that no benefit reaches")));
    }
    if pays {
        let is_guest = case.customer.as_ref().is_some_and(|customer| customer.logged_in == Some(false));
        if is_guest {
            return Err(SetAside::new(format!("{reason} of a shopper who is not known")));
        }
        if lines().any(|line| line.min_unit_price.is_some()) {
            return Err(SetAside::new(format!(
                "{reason} for goods with a floor, which no benefit goes below (B-2)"
            )));
        }
        if case.promotions.iter().any(|one| one.stop_further) {
            return Err(SetAside::new(format!("{reason} for lines that take no further promotion")));
        }
    }
    let competes = match policy.stacking {
        StackingOf::All | StackingOf::OneOrderPercent(_) => false,
        StackingOf::ExclusiveWins
        | StackingOf::BestPerLine
        | StackingOf::BestOnly
        | StackingOf::FirstOnly
        | StackingOf::LastCodeOnly
        | StackingOf::CompatibleOnly => true,
    };
    if competes && action.kind != "stored_value" {
        return Err(SetAside::new("whether points compete with discounts is left open"));
    }
    let kinds = case.promotions.iter().flat_map(|one| one.actions());
    if action.kind == "loyalty_redeem" && kinds.filter(|one| one.kind == action.kind).count() > 1 {
        return Err(SetAside::new("points of two kinds"));
    }
    Ok(())
}

/// Points pay what all discounts left; a source in which a later discount sees what they paid cannot be said.
/// Members stand in the order in which promotions run.
pub(in crate::conformance) fn check_redemption(members: &[Member]) -> Verdict {
    let redeemed = members.iter().position(|one| one.place.realm == Realm::Redemption);
    let after = members.iter().skip(redeemed.unwrap_or(members.len()));
    for member in after {
        match member.draft.level {
            Level::Item | Level::Order => {
                return Err(SetAside::new("a discount on what redeemed points left to pay"));
            }
            Level::Catalogue | Level::Shipping | Level::Gift | Level::Wallet => {}
        }
    }
    Ok(())
}

/// The start of the first stage that takes something off the order as a whole. What is taken off some goods must come
/// before: from there on only discounts of the order follow.
pub(in crate::conformance) fn first_off_whole_order(
    stages: &[(Stage, Vec<Member>)],
) -> Result<Option<StageId>, SetAside> {
    let orders = |member: &Member| member.draft.level == Level::Order;
    let first = stages.iter().position(|(_, members)| members.iter().any(orders));
    let from_there = stages.iter().skip(first.unwrap_or(stages.len()));
    for member in from_there.clone().flat_map(|(_, members)| members) {
        let on_some_goods = match member.draft.level {
            Level::Item => true,
            Level::Order => target(&member.draft.benefit) != Some(&Selector::all()),
            Level::Catalogue | Level::Shipping | Level::Gift | Level::Wallet => false,
        };
        if on_some_goods {
            return Err(SetAside::new(
                "points on some goods that are discounted after, or together with, the whole order",
            ));
        }
    }
    Ok(from_there.map(|(stage, _)| stage.id.clone()).next())
}

/// What a discount of the order is on.
fn target(benefit: &Benefit) -> Option<&Selector> {
    match benefit {
        Benefit::PercentOff(off) => Some(&off.target),
        Benefit::AmountOff(off) => Some(&off.target),
        Benefit::TotalPrice(price) => Some(&price.target),
        _ => None,
    }
}
