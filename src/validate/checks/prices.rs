//! Group and bargain prices.

use super::tiers::Gives;
use super::{ladder, selector, slips};
use crate::bounds::GROUP_SEATS_MAX;
use crate::money::Money;
use crate::rules::{BargainPrice, GroupPrice, Rule};
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::scope::{Scope, Zero};

pub(super) fn group(scope: &mut Scope<'_>, rule: &Rule, group: &GroupPrice, at: &At<'_>) {
    let list = at.key("tiers");
    ladder::sizes(scope, group.tiers.len(), &list);
    let mut before: Option<(u32, Option<Money>)> = None;
    for (index, tier) in group.tiers.iter().enumerate() {
        let place = list.index(index);
        let (size, price) = (place.key("size"), place.key("price"));
        scope.count(&size, tier.size);
        if usize::try_from(tier.size).is_ok_and(|size| size > GROUP_SEATS_MAX) {
            let message = format_args!("a group has at most {GROUP_SEATS_MAX} members");
            scope.report(Code::UnreachableTier, &size, message);
        }
        let member = scope.amount(&price, tier.price, Zero::Fine);
        slips::deep(scope, rule, member.map(Gives::UnitPrice), &price);
        let leader = tier.leader.and_then(|leader| scope.amount(&place.key("leader"), leader, Zero::Fine));
        if let (Some(member), Some(leader)) = (member, leader)
            && leader >= member
        {
            let message = "the leader pays no less than the other members";
            scope.report(Code::TierGivesNoMore, &place.key("leader"), message);
        }
        if let Some((low, dear)) = before {
            ladder::rises(scope, Some((low, tier.size)), &size);
            if dear.zip(member).is_some_and(|(dear, member)| member >= dear) {
                let message = "it is no cheaper than the tier before it";
                scope.report(Code::TierGivesNoMore, &price, message);
            }
        }
        before = Some((tier.size, member));
    }
    scope.count(&at.key("minutes"), group.minutes);
    let first = group.tiers.first().map_or(0, |tier| tier.size);
    if group.fill > 0 && group.fill >= first.saturating_sub(1) {
        let message = format_args!("one buyer alone makes a group of {first}");
        scope.report(Code::GroupOfOne, &at.key("fill"), message);
    }
    let pays_out = group.tiers.len() > 1 || group.tiers.iter().any(|tier| tier.leader.is_some());
    if group.hold_minutes == 0 && pays_out {
        let message = "who leaves after the success leaves the others what only their number earned";
        scope.report(Code::PaidOutAtOnce, &at.key("hold_minutes"), message);
    }
    selector::check(scope, &group.target, &at.key("target"));
}

pub(super) fn bargain(scope: &mut Scope<'_>, rule: &Rule, bargain: &BargainPrice, at: &At<'_>) {
    scope.amount(&at.key("floor"), bargain.floor, Zero::Fine);
    scope.count(&at.key("minutes"), bargain.minutes);
    if let Some(helpers) = bargain.helpers_max {
        scope.count(&at.key("helpers_max"), helpers);
    }
    let cuts = at.key("cuts");
    scope.list(&cuts, bargain.cuts.len());
    for (index, cut) in bargain.cuts.iter().enumerate() {
        scope.amount(&cuts.index(index), *cut, Zero::Refused);
    }
    if let Some(most) = bargain.cut_max {
        let place = at.key("cut_max");
        scope.amount(&place, most, Zero::Refused);
        if !bargain.cuts.is_empty() {
            scope.report(Code::NoEffect, &place, "the schedule says what each helper cuts");
        }
    }
    if !rule.is_limited() {
        let message = "every unit of the product comes down to the bargain";
        scope.report(Code::UnlimitedBargain, at, message);
    }
    selector::check(scope, &bargain.target, &at.key("target"));
}
