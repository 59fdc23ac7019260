//! Group and bargain prices.

use super::{ladder, limits, selector};
use crate::bounds::GROUP_SEATS_MAX;
use crate::money::Money;
use crate::rules::{BargainPrice, GroupPrice, Rule};
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::scope::{Scope, Zero};

pub(super) fn group(scope: &mut Scope<'_>, group: &GroupPrice, at: &At<'_>) {
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
    selector::check(scope, &group.target, &at.key("target"));
}

pub(super) fn bargain(scope: &mut Scope<'_>, rule: &Rule, bargain: &BargainPrice, at: &At<'_>) {
    scope.amount(&at.key("floor"), bargain.floor, Zero::Fine);
    let counted = [rule.limits.units, rule.limits.units_per_customer, rule.limits.units_per_order];
    if counted.iter().all(Option::is_none) && !limits::any(&rule.limits) {
        let message = "every unit of the product comes down to the bargain";
        scope.report(Code::UnlimitedBargain, at, message);
    }
    selector::check(scope, &bargain.target, &at.key("target"));
}
