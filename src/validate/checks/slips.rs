//! What works as written and looks like a slip: everything free, or nearly all of a threshold given back.

use super::tiers::Gives;
use crate::money::Money;
use crate::rules::{GroupOff, Rule};
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::scope::Scope;

/// From this rate on, an unlimited percentage looks like a slip.
const DEEP_PPM: i64 = 950_000;
/// A reduction that gives back this much of the further spend it asks for looks like a slip.
const STEEP_PERCENT: i128 = 80;

/// Warns of a reduction of all units that leaves next to nothing of them, where nothing limits the rule.
pub(super) fn deep(scope: &mut Scope<'_>, rule: &Rule, gives: Option<Gives>, at: &At<'_>) {
    if rule.cap.is_some() || rule.is_limited() {
        return;
    }
    match gives {
        Some(Gives::Rate(rate)) if rate.ppm() >= DEEP_PPM => {
            scope.report(Code::DeepDiscount, at, "95 percent or more comes off");
        }
        Some(Gives::UnitPrice(price)) if price == Money::ZERO => {
            scope.report(Code::DeepDiscount, at, "nothing is left to pay");
        }
        Some(Gives::Rate(_) | Gives::Amount(_) | Gives::UnitPrice(_)) | None => {}
    }
}

/// What a group is reduced by, as far as it may be next to all of it.
pub(super) fn of_group(scope: &Scope<'_>, off: GroupOff) -> Option<Gives> {
    match off {
        GroupOff::Percent(percent) => percent.to_rate().ok().map(Gives::Rate),
        GroupOff::Amount(amount) => scope.minor(amount).map(Gives::Amount),
        GroupOff::Price(price) | GroupOff::UnitPrice(price) => scope.minor(price).map(Gives::UnitPrice),
    }
}

/// Warns of a tier that gives back most of what it asks for beyond the tier before, which may be none.
pub(super) fn steep_tier(
    scope: &mut Scope<'_>,
    rule: &Rule,
    before: Option<(Money, Gives)>,
    now: Option<(Money, Gives)>,
    at: &At<'_>,
) {
    if let (Some((low, Gives::Amount(gave))), Some((high, Gives::Amount(gives)))) = (before, now) {
        // None of them is negative, so the differences fit.
        let cap = scope.cap(rule);
        let (spend, amount) = (high.minor() - low.minor(), gives.minor().min(cap) - gave.minor().min(cap));
        steep(scope, spend, amount, &at.key("off"));
    }
}

/// Warns of an amount that gives back most of the spend that it asks for.
pub(super) fn steep(scope: &mut Scope<'_>, spend: i64, amount: i64, at: &At<'_>) {
    if spend > 0 && i128::from(amount) * 100 >= i128::from(spend) * STEEP_PERCENT {
        let message = "it gives back at least 80 % of the further spend it asks for";
        scope.report(Code::SteepTier, at, message);
    }
}
