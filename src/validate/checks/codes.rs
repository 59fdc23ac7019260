//! Coupon codes (P-1): they are compared as they fold, so they must fold apart.

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

struct Folded<'a> {
    text: &'a str,
    rule: usize,
    code: usize,
}

/// Finds codes of the rule set that fold together.
pub(super) fn check(scope: &mut Scope<'_>, rules: &RuleSet) {
    let mut folded = Vec::new();
    for (rule, owner) in scope.census.rules(rules, &scope.census.with_coupon) {
        let codes = owner.coupon.iter().flat_map(|coupon| &coupon.codes);
        for (index, code) in codes.enumerate() {
            folded.extend(code.folded().map(|text| Folded { text, rule, code: index }));
        }
    }
    folded.sort_unstable_by_key(|code: &Folded<'_>| (code.text, code.rule, code.code));
    for pair in folded.windows(2) {
        if let [first, second] = pair
            && first.text == second.text
        {
            together(scope, rules, first, second, second.text);
        }
    }
}

fn together(scope: &mut Scope<'_>, rules: &RuleSet, first: &Folded<'_>, second: &Folded<'_>, folded: &str) {
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
