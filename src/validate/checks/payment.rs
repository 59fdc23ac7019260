//! Deposits and balances.

use super::{condition, rewards, selector, stages};
use crate::rules::{Benefit, Presale, Rule, RuleSet, UseBalance, Window};
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::scope::{Scope, Zero};

pub(super) fn presale(scope: &mut Scope<'_>, presale: &Presale, at: &At<'_>) {
    let deposit = scope.amount(&at.key("deposit"), presale.deposit, Zero::Refused);
    if let Some(given) = presale.worth {
        let worth = scope.amount(&at.key("worth"), given, Zero::Refused);
        if deposit.zip(worth).is_some_and(|(deposit, worth)| worth <= deposit) {
            let message = format_args!("{} paid now counts as {given}", presale.deposit);
            scope.report(Code::TierGivesNoMore, &at.key("worth"), message);
        }
    }
    if let Some(minutes) = presale.deposit_minutes {
        scope.count(&at.key("deposit_minutes"), minutes);
    }
    if presale.balance != Window::default() {
        condition::window(scope, &presale.balance, &at.key("balance"));
    }
    selector::check(scope, &presale.target, &at.key("target"));
}

pub(super) fn balance(scope: &mut Scope<'_>, rule: &Rule, balance: &UseBalance, at: &At<'_>) {
    scope.id(&at.key("class"), balance.class.as_str());
    if let Some(step) = balance.every {
        let place = at.key("every");
        scope.amount(&place.key("spend"), step.spend, Zero::Refused);
        scope.amount(&place.key("amount"), step.amount, Zero::GivesNothing);
    }
    if let Some(percent) = balance.percent_max {
        scope.percent(&at.key("percent_max"), percent, Zero::GivesNothing);
    }
    if let Some(base) = &balance.base {
        let place = at.key("base");
        stages::base(scope, base, &place);
        if balance.every.is_none() && balance.percent_max.is_none() {
            scope.report(Code::NoEffect, &place, "no value is looked at");
        }
    }
    selector::check(scope, &balance.target, &at.key("target"));
    rewards::whole_order(scope, rule, at);
}

/// An order has one balance to pay: windows that share no moment cannot both be kept, unless the rules exclude each
/// other by a group.
pub(super) fn schedules(scope: &mut Scope<'_>, rules: &RuleSet) {
    let presales =
        scope.census.rules(rules, &scope.census.presales).filter_map(|(index, rule)| match &rule.benefit {
            Benefit::Presale(presale) => Some((index, rule, presale.balance)),
            _ => None,
        });
    let presales: Vec<(usize, &Rule, Window)> = presales.collect();
    // The latest start among the rules so far and the earliest end decide; one pair at fault is enough to name.
    let starts = |window: &Window| window.from.map_or(i64::MIN, |from| from.unix_ms());
    let ends = |window: &Window| window.until.map_or(i64::MAX, |until| until.unix_ms());
    let last = presales.iter().max_by_key(|(index, _, window)| (starts(window), *index));
    let Some((_, last_rule, last_window)) = last else { return };
    for (index, rule, window) in &presales {
        let together = rule.stacking.group.is_none() || rule.stacking.group != last_rule.stacking.group;
        if together && ends(window) <= starts(last_window) && starts(window) < ends(window) {
            let list = At::ROOT.key("rules");
            let at = list.index(scope.gaps.position(*index));
            let (benefit, message) =
                (at.key("benefit"), "the balance is due before that of another presale begins");
            let place = benefit.key("presale");
            scope.report_about(
                Code::WindowsApart,
                &place.key("balance"),
                message,
                &[&rule.id, &last_rule.id],
            );
        }
    }
}
