//! Limits of a rule, and what can carry them (semantics, section 8).

use crate::rules::{Benefit, Rule, Short};
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::scope::{Scope, Zero};

pub(super) fn check(scope: &mut Scope<'_>, rule: &Rule, at: &At<'_>) {
    let limits = &rule.limits;
    without_effect(scope, rule, at);
    if limits.is_empty() {
        return;
    }
    for (field, uses) in [("uses", limits.uses), ("uses_per_customer", limits.uses_per_customer)] {
        if let Some(uses) = uses {
            scope.count(&at.key(field), uses);
        }
    }
    let countable = counts_units(&rule.benefit);
    for (field, units) in [
        ("units", limits.units),
        ("units_per_customer", limits.units_per_customer),
        ("units_per_order", limits.units_per_order),
    ] {
        let Some(units) = units else { continue };
        scope.count(&at.key(field), units);
        if !countable {
            let message = "only percentages, amounts, unit prices, gifts and grants count their units";
            scope.report(Code::UnitLimitNotSupported, &at.key(field), message);
        }
    }
    let moves_points = matches!(rule.benefit, Benefit::PointsEarn(_) | Benefit::PointsRedeem(_));
    for (field, points) in [("points", limits.points), ("points_per_customer", limits.points_per_customer)] {
        let Some(points) = points else { continue };
        scope.count(&at.key(field), points);
        if !moves_points {
            let message = "only points earned and redeemed count points";
            scope.report(Code::PointsLimitNotSupported, &at.key(field), message);
        }
    }
    if let Some(budget) = limits.budget {
        scope.amount(&at.key("budget"), budget, Zero::Refused);
    }
    for (part, whole) in [
        (("uses_per_customer", limits.uses_per_customer), ("uses", limits.uses)),
        (("units_per_customer", limits.units_per_customer), ("units", limits.units)),
        (("units_per_order", limits.units_per_order), ("units", limits.units)),
        (("units_per_order", limits.units_per_order), ("units_per_customer", limits.units_per_customer)),
        (("points_per_customer", limits.points_per_customer), ("points", limits.points)),
    ] {
        below(scope, part, whole, at);
    }
}

/// A limit of a part that is larger than that of the whole limits nothing (F2).
pub(super) fn below(
    scope: &mut Scope<'_>,
    (field, part): (&'static str, Option<u64>),
    (of, whole): (&str, Option<u64>),
    at: &At<'_>,
) {
    if let (Some(part), Some(whole)) = (part, whole)
        && part > whole
    {
        let message = format_args!("{part} is more than the {whole} of `{of}`");
        scope.report(Code::LimitAboveTotal, &at.key(field), message);
    }
}

fn without_effect(scope: &mut Scope<'_>, rule: &Rule, at: &At<'_>) {
    let limits = &rule.limits;
    let runs_short = || {
        limits.units.is_some()
            || limits.units_per_customer.is_some()
            || limits.units_per_order.is_some()
            || limits.budget.is_some()
            || limits.points.is_some()
            || limits.points_per_customer.is_some()
            || !rule.quotas.is_empty()
    };
    match limits.short {
        Short::Refuse if !runs_short() => {
            let message = "neither units nor points nor money can run short";
            scope.report(Code::NoEffect, &at.key("short"), message);
        }
        Short::Refuse | Short::Partial => {}
    }
}

/// Whether a benefit counts its units one by one.
pub(super) const fn counts_units(benefit: &Benefit) -> bool {
    match benefit {
        Benefit::PercentOff(_)
        | Benefit::AmountOff(_)
        | Benefit::UnitPrice(_)
        | Benefit::GroupPrice(_)
        | Benefit::BargainPrice(_)
        | Benefit::Presale(_)
        | Benefit::Gift(_)
        | Benefit::Grant(_) => true,
        Benefit::TotalPrice(_)
        | Benefit::SpendTiers(_)
        | Benefit::Every(_)
        | Benefit::QuantityTiers(_)
        | Benefit::BuyGet(_)
        | Benefit::NthUnit(_)
        | Benefit::UnitLadder(_)
        | Benefit::NFor(_)
        | Benefit::Bundle(_)
        | Benefit::Shipping(_)
        | Benefit::UseBalance(_)
        | Benefit::PointsEarn(_)
        | Benefit::PointsRedeem(_) => false,
    }
}
