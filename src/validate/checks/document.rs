//! The rule set as a whole: format, sizes, caps.

use crate::money::Currency;
use crate::rules::{FORMAT, RuleSet};
use crate::validate::Code;
use crate::validate::at::At;
use crate::validate::scope::{Scope, Zero};

pub(super) fn check(scope: &mut Scope<'_>, rules: &RuleSet) {
    let root = At::ROOT;
    if rules.format != FORMAT {
        let message = format_args!("format {}; this version reads {FORMAT}", rules.format);
        scope.report(Code::UnknownFormat, &root.key("format"), message);
    }
    if scope.currency == Some(Currency::NONE) {
        scope.report(Code::NoCurrency, &root.key("currency"), "no currency");
    }
    if let Some(name) = &rules.name {
        scope.text(&root.key("name"), name, scope.limits.text_bytes);
    }
    sizes(scope, rules);
    caps(scope, rules);
}

fn sizes(scope: &mut Scope<'_>, rules: &RuleSet) {
    let root = At::ROOT;
    let (given, limit) = (rules.rules.len(), scope.limits.rules);
    if given > limit {
        let message = format_args!("{given} rules; at most {limit} are allowed");
        scope.report(Code::TooManyRules, &root.key("rules"), message);
    }
    let (given, limit) = (rules.stages.len(), scope.limits.stages);
    if given > limit {
        let message = format_args!("{given} stages; at most {limit} are allowed");
        scope.report(Code::TooManyStages, &root.key("stages"), message);
    }
    if given == 0 && !scope.gaps.stages_missing {
        scope.report(Code::NoStages, &root.key("stages"), "no stage is listed");
    }
}

fn caps(scope: &mut Scope<'_>, rules: &RuleSet) {
    let at = At::ROOT.key("caps");
    let caps = &rules.caps;
    if let Some(amount) = caps.order_amount {
        scope.amount(&at.key("order_amount"), amount, Zero::GivesNothing);
    }
    if let Some(percent) = caps.order_percent {
        scope.percent(&at.key("order_percent"), percent, Zero::GivesNothing);
    }
    if let Some(percent) = caps.line_percent {
        scope.percent(&at.key("line_percent"), percent, Zero::GivesNothing);
    }
}
