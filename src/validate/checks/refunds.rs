//! How returns are paid back.

use crate::rules::{RuleSet, SpentPoints};
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::scope::{Scope, Zero};

pub(super) fn check(scope: &mut Scope<'_>, rules: &RuleSet) {
    let (at, refunds) = (At::ROOT.key("refunds"), &rules.refunds);
    match refunds.spent_points {
        Some(SpentPoints::Charge(worth)) => {
            let place = at.key("spent_points");
            let place = place.key("charge");
            scope.count(&place.key("points"), worth.points);
            scope.amount(&place.key("value"), worth.value, Zero::GivesNothing);
        }
        Some(SpentPoints::Owe) => {}
        None => {
            if scope.census.earns_points && !scope.census.redeems_points {
                let message = "points are earned that no rule redeems; nothing says what becomes of those spent before a return";
                scope.report(Code::SpentPointsStay, &at, message);
            }
        }
    }
    if let Some(most) = refunds.return_freight {
        scope.amount(&at.key("return_freight"), most, Zero::GivesNothing);
    }
    if let Some(protection) = refunds.price_protection {
        let place = at.key("price_protection");
        scope.count(&place.key("minutes"), protection.minutes);
    }
}
