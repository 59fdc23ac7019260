//! Who pays (B-3).

use crate::bounds::PPM;
use crate::rules::Rule;
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::scope::{Scope, Zero};

pub(super) fn check(scope: &mut Scope<'_>, rule: &Rule, at: &At<'_>) {
    if rule.funding.is_empty() {
        return;
    }
    scope.list(at, rule.funding.len());
    let mut sum = Some(0_i64);
    for (bearer, percent) in &rule.funding {
        let share = at.key(bearer.as_str());
        scope.id(&share, bearer.as_str());
        let rate = scope.percent(&share, *percent, Zero::GivesNothing);
        sum = sum.zip(rate).and_then(|(sum, rate)| sum.checked_add(rate.ppm()));
    }
    if let Some(sum) = sum
        && sum != PPM
    {
        // Four decimals of a percent are whole parts per million.
        let message =
            format_args!("the shares add up to {}.{:04} %", sum.div_euclid(10_000), sum.rem_euclid(10_000));
        scope.report(Code::FundingNotWhole, at, message);
    }
}
