//! Features that show once promotions are benefits in order.

use dealproof::rules::{Benefit, Per, UnitLimit};
use dealproof::shop::CouponCode;

use super::Verdict;
use crate::conformance::form::{Case, Line, Promotion, SetAside};
use crate::conformance::kinds::Level;
use crate::conformance::policy::{BaseOf, Consumes};
use crate::conformance::selectors::SelectorForm;
use crate::conformance::translate::{Adapter, Member, Realm};

/// Looks at the benefits of a case, in the order in which they run.
pub(in crate::conformance) fn check_members(adapter: &Adapter, members: &[Member]) -> Verdict {
    let cart = || members.iter().filter(|member| member.place.realm == Realm::Cart);
    let original = [true, false].map(|level| adapter.policy.base_for(level) == BaseOf::Original);
    let has_catalogue = members.len() > cart().count();
    if original.contains(&true) && has_catalogue && cart().count() > 0 {
        return Err(SetAside::new("cart percentages of what goods cost before the catalogue"));
    }
    let consumed = adapter.policy.consumes == Consumes::QualifyingToo;
    if consumed && cart().count() > 1 {
        return Err(SetAside::new("units used up by a condition, with several promotions"));
    }
    for (at, member) in cart().enumerate() {
        let earlier: Vec<&Member> = cart().take(at).collect();
        limited_after_others(adapter, member, &earlier)?;
    }
    Ok(())
}

/// Which of several unlike units of a line a limited promotion takes is left open by the form.
fn limited_after_others(adapter: &Adapter, member: &Member, earlier: &[&Member]) -> Verdict {
    if adapter.policy.base_for(member.is_item_level()) != BaseOf::Running {
        return Ok(());
    }
    let Some(limit) = limit_of(member) else {
        return Ok(());
    };
    let disturbs = |other: &Member| {
        let leaves_unlike = match limit {
            // Of a line with no more units than that all are taken, like or unlike.
            LimitOf::Line(units) => Some(units),
            LimitOf::CartPercent => limit_of(other).map(|_| 1),
            LimitOf::CartAmount => None,
        };
        let case = adapter.case;
        let shared = |least: u32| {
            let mut lines = case.lines.iter().filter(|line| line.pieces() > least);
            lines.any(|line| reaches(member.promotion, line) && reaches(other.promotion, line))
        };
        other.promotion.id != member.promotion.id
            && may_apply(case, other)
            && leaves_unlike.is_some_and(shared)
    };
    if earlier.iter().any(|other| disturbs(other)) {
        return Err(SetAside::new("so many units of a line, after promotions that left its units unlike"));
    }
    Ok(())
}

/// A limit of units, by what is limited.
#[derive(Clone, Copy)]
enum LimitOf {
    /// So many units of each line.
    Line(u32),
    /// A percentage of so many units of the cart.
    CartPercent,
    /// An amount or price for so many units of the cart.
    CartAmount,
}

fn limit_of(member: &Member) -> Option<LimitOf> {
    let (limit, of_cart) = match &member.draft.benefit {
        Benefit::PercentOff(off) => (off.limit?, LimitOf::CartPercent),
        Benefit::AmountOff(off) => (off.limit?, LimitOf::CartAmount),
        Benefit::UnitPrice(off) => (off.limit?, LimitOf::CartAmount),
        _ => return None,
    };
    let (UnitLimit::Cheapest(units) | UnitLimit::Dearest(units)) = limit;
    Some(match member.draft.per {
        Per::Line => LimitOf::Line(units),
        Per::Order | Per::Shop => of_cart,
    })
}

/// Whether a benefit can take something off goods, as far as the case itself tells.
fn may_apply(case: &Case, member: &Member) -> bool {
    let on_goods = match member.draft.level {
        Level::Catalogue | Level::Item | Level::Order => true,
        Level::Shipping | Level::Gift | Level::Wallet => false,
    };
    let folded = |code: &str| CouponCode::new(code).folded().map(str::to_owned);
    let entered = member.promotion.coupon_code.as_ref().is_none_or(|code| {
        let mut codes = case.codes.iter();
        codes.any(|entered| folded(entered) == folded(code))
    });
    on_goods && entered && member.promotion.is_enabled()
}

/// Whether a promotion reaches a line.
fn reaches(promotion: &Promotion, line: &Line) -> bool {
    promotion.actions().any(|action| {
        let form = SelectorForm::read(action.params.get("applies_to").cloned());
        form.is_ok_and(|form| form.reaches(line))
    })
}
