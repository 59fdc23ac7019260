//! How returns are paid back.

use crate::rules::Refunds;
use crate::validate::at::At;
use crate::validate::scope::{Scope, Zero};

pub(super) fn check(scope: &mut Scope<'_>, refunds: &Refunds) {
    let at = At::ROOT.key("refunds");
    if let Some(worth) = refunds.spent_points {
        let place = at.key("spent_points");
        scope.count(&place.key("points"), worth.points);
        scope.amount(&place.key("value"), worth.value, Zero::GivesNothing);
    }
    if let Some(most) = refunds.return_freight {
        scope.amount(&at.key("return_freight"), most, Zero::GivesNothing);
    }
    if let Some(protection) = refunds.price_protection {
        let place = at.key("price_protection");
        scope.count(&place.key("minutes"), protection.minutes);
    }
}
