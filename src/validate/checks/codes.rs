//! Coupon codes (P-1): they are compared as they fold, so they must fold apart.

use std::ops::Range;

use crate::rules::{Coupon, Rule, RuleSet};
use crate::shop::CouponCode;
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::scope::{Scope, quoted};

/// Checks the coupon of a rule by itself.
pub(super) fn coupon(scope: &mut Scope<'_>, rule: &Rule, coupon: &Coupon, at: &At<'_>) {
    let list = at.key("codes");
    scope.list(&list, coupon.codes.len());
    if coupon.codes.is_empty() && !coupon.wallet {
        scope.report(Code::CouponWithoutCodes, &list, "no code is listed");
    }
    for (index, code) in coupon.codes.iter().enumerate() {
        one(scope, code, &list.index(index));
    }
    if !coupon.codes.is_empty() && rule.condition.is_none() && !rule.is_limited() {
        let message = "it may be used any number of times, at any time, on any cart";
        scope.report(Code::UnlimitedCoupon, at, message);
    }
}

/// Checks one code by itself.
pub(super) fn one(scope: &mut Scope<'_>, code: &CouponCode, at: &At<'_>) {
    let (given, limit) = (code.as_str().len(), scope.limits.id_bytes);
    if given > limit {
        let message = format_args!("{given} bytes; at most {limit} are allowed");
        scope.report(Code::TextTooLong, at, message);
    } else if code.folded().is_none() {
        let message = format_args!("no code can look like {}", quoted(code.as_str()));
        scope.report(Code::CodeFoldsToNothing, at, message);
    }
}

struct Folded {
    /// Where the folded text stands among all of them.
    text: Range<usize>,
    rule: usize,
    code: usize,
}

/// Finds codes of the rule set that fold together.
pub(super) fn check(scope: &mut Scope<'_>, rules: &RuleSet) {
    let mut texts = Vec::new();
    let mut folded: Vec<Folded> = Vec::new();
    for (rule, owner) in rules.rules.iter().enumerate() {
        let codes = owner.coupon.iter().flat_map(|coupon| &coupon.codes);
        for (index, code) in codes.enumerate() {
            let start = texts.len();
            if code.fold_into(&mut texts) {
                folded.push(Folded { text: start..texts.len(), rule, code: index });
            }
        }
    }
    let text = |code: &Folded| texts.get(code.text.clone()).unwrap_or_default();
    folded.sort_unstable_by(|a, b| (text(a), a.rule, a.code).cmp(&(text(b), b.rule, b.code)));
    for pair in folded.windows(2) {
        if let [first, second] = pair
            && text(first) == text(second)
        {
            let folded = std::str::from_utf8(text(second)).unwrap_or_default();
            together(scope, rules, first, second, folded);
        }
    }
}

fn together(scope: &mut Scope<'_>, rules: &RuleSet, first: &Folded, second: &Folded, folded: &str) {
    let (Some(one), Some(other)) = (rules.rules.get(first.rule), rules.rules.get(second.rule)) else {
        return;
    };
    let root = At::ROOT.key("rules");
    let own = root.index(scope.gaps.position(second.rule));
    let coupon = own.key("coupon");
    let list = coupon.key("codes");
    let place = list.index(second.code);
    let message =
        format_args!("it folds to {} like a code of rule {}", quoted(folded), quoted(one.id.as_str()));
    let about = if first.rule == second.rule { vec![&other.id] } else { vec![&other.id, &one.id] };
    scope.report_about(Code::CodesFoldTogether, &place, message, &about);
}
