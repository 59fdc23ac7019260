//! One rule, field by field.

use super::{benefit, codes, condition, funding, limits, stacking, stages};
use crate::rules::Rule;
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::scope::{Scope, Zero};

pub(super) fn check(scope: &mut Scope<'_>, rule: &Rule, at: &At<'_>) {
    scope.id(&at.key("id"), rule.id.as_str());
    if scope.stage.is_none() {
        stages::known(scope, rule.stage.as_str(), &at.key("stage"));
    }
    if let Some(title) = &rule.title {
        scope.text(&at.key("title"), title, scope.limits.text_bytes);
    }
    scope.ids(at, "tags", rule.tags.iter().map(|tag| tag.as_str()));
    if let Some(coupon) = &rule.coupon {
        codes::coupon(scope, rule, coupon, &at.key("coupon"));
    }
    if let Some(condition) = &rule.condition {
        let place = at.key("condition");
        condition::check(scope, rule, condition, &place, 1);
        condition::currency(scope, condition, &place, 1);
    }
    benefit::check(scope, rule, &at.key("benefit"));
    if let Some(cap) = rule.cap {
        scope.amount(&at.key("cap"), cap, Zero::GivesNothing);
    }
    limits::check(scope, rule, &at.key("limits"));
    scope.ids(at, "quotas", rule.quotas.iter().map(|id| id.as_str()));
    stacking::ids(scope, rule, &at.key("stacking"));
    funding::check(scope, rule, &at.key("funding"));
    stages::fits(scope, rule, at);
    without_effect(scope, rule, at);
}

/// Settings that other settings make pointless.
fn without_effect(scope: &mut Scope<'_>, rule: &Rule, at: &At<'_>) {
    if rule.reuse && !stages::is_multi_buy(&rule.benefit) {
        let message = "only multi-buy benefits use units up";
        scope.report(Code::NoEffect, &at.key("reuse"), message);
    }
    if rule.takes_money_off() {
        return;
    }
    let message = "the benefit takes no money off";
    if rule.cap.is_some() {
        scope.report(Code::NoEffect, &at.key("cap"), message);
    }
    if rule.limits.budget.is_some() {
        scope.report(Code::NoEffect, &at.key("limits").key("budget"), message);
    }
    if !rule.funding.is_empty() {
        scope.report(Code::NoEffect, &at.key("funding"), message);
    }
}
