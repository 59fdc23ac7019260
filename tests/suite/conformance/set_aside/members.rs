//! Features that show once promotions are benefits in order.

use dealproof::rules::{Benefit, UnitLimit};

use super::Verdict;
use crate::conformance::form::{Case, Line, Promotion, SetAside};
use crate::conformance::policy::{BaseOf, Consumes};
use crate::conformance::selectors::SelectorForm;
use crate::conformance::translate::{Adapter, Member, Realm};

/// Looks at the benefits of a case, in the order in which they run.
pub(in crate::conformance) fn check_members(adapter: &Adapter, members: &[Member]) -> Verdict {
    let cart = || {
        members
            .iter()
            .filter(|member| member.place.realm == Realm::Cart)
    };
    let original = [true, false].map(|level| adapter.policy.base_for(level) == BaseOf::Original);
    let has_catalogue = members.len() > cart().count();
    if original.contains(&true) && has_catalogue && cart().count() > 0 {
        return Err(SetAside::new(
            "cart percentages of what goods cost before the catalogue",
        ));
    }
    let consumed = adapter.policy.consumes == Consumes::QualifyingToo;
    if consumed && cart().count() > 1 {
        return Err(SetAside::new(
            "units used up by a condition, with several promotions",
        ));
    }
    for (at, member) in cart().enumerate() {
        let earlier: Vec<&Member> = cart().take(at).collect();
        limited_after_others(adapter, member, &earlier)?;
    }
    Ok(())
}

/// Which of several unlike units of a line a limited percentage takes is left open by the form.
fn limited_after_others(adapter: &Adapter, member: &Member, earlier: &[&Member]) -> Verdict {
    let running = adapter.policy.base_for(member.is_item_level()) == BaseOf::Running;
    let Some(LimitOf::Percent) = limit_of(member) else {
        return Ok(());
    };
    let per_line = has_param(member, "max_units_per_line");
    let disturbs = |other: &&&Member| {
        other.promotion.id != member.promotion.id
            && other.promotion.is_enabled()
            && (per_line || limit_of(other).is_some())
            && meet(adapter.case, other.promotion, member.promotion)
    };
    if running && earlier.iter().any(|other| disturbs(&other)) {
        return Err(SetAside::new(
            "a percentage of so many units, after promotions that left the units of a line unlike",
        ));
    }
    Ok(())
}

/// A limit of units, by what is limited.
enum LimitOf {
    Percent,
    Other,
}

fn limit_of(member: &Member) -> Option<LimitOf> {
    let (limit, of): (Option<UnitLimit>, LimitOf) = match &member.draft.benefit {
        Benefit::PercentOff(off) => (off.limit, LimitOf::Percent),
        Benefit::AmountOff(off) => (off.limit, LimitOf::Other),
        Benefit::UnitPrice(off) => (off.limit, LimitOf::Other),
        _ => (None, LimitOf::Other),
    };
    limit.map(|_| of)
}

fn has_param(member: &Member, key: &str) -> bool {
    let mut actions = member.promotion.actions();
    actions.any(|action| action.params.get(key).is_some())
}

/// Whether two promotions reach a common line.
fn meet(case: &Case, one: &Promotion, other: &Promotion) -> bool {
    let reached = |promotion: &Promotion, line: &Line| {
        promotion.actions().any(|action| {
            let form = SelectorForm::read(action.params.get("applies_to").cloned());
            form.is_ok_and(|form| form.reaches(line))
        })
    };
    case.lines
        .iter()
        .any(|line| reached(one, line) && reached(other, line))
}
