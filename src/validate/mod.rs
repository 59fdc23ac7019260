//! Finds every problem of a rule set at once.
//!
//! In: a [`RuleSet`] and [`Limits`]. Out: a [`Report`] of [`Diagnostic`]s, each with a stable
//! [`Code`], a place and what to do about it. Errors stop compilation, warnings do not; nothing is priced here, and a
//! rule that is switched off is checked like any other. Work grows with the size of the rule set times its logarithm,
//! and nothing is allocated for a sound rule but its entry in the census. Read next: `census`, then `checks`, one file for
//! each family; [the
//! guide](crate::guide::diagnostics) lists the codes.

mod at;
mod census;
mod checks;
mod code;
mod diagnostic;
mod named;
mod scope;

pub(crate) use at::push_key;
pub(crate) use census::Census;
pub use code::{Code, Severity};
pub use diagnostic::{Diagnostic, Report};
pub(crate) use diagnostic::{Findings, Spot};
pub(crate) use scope::{Gaps, quoted};

use crate::bounds::Limits;
use crate::rules::{Rule, RuleSet};

/// Finds every problem of a rule set.
///
/// ```
/// use dealproof::bounds::Limits;
/// use dealproof::money::Currency;
/// use dealproof::rules::{AmountOff, Benefit, Rule, RuleSet};
/// use dealproof::validate::{Code, validate};
///
/// let off = Benefit::AmountOff(AmountOff::once("-5.00".parse()?));
/// let rules = RuleSet::new(Currency::CNY).rule(Rule::new("typo", "order", off));
/// let report = validate(&rules, &Limits::default());
/// assert!(report.has_errors());
/// assert_eq!(report.diagnostics[0].code, Code::NegativeAmount);
/// assert_eq!(report.diagnostics[0].path, "/rules/0/benefit/amount_off/amount");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn validate(rules: &RuleSet, limits: &Limits) -> Report {
    let mut findings = Findings::default();
    validate_parts(rules, limits, &Gaps::default(), &mut findings);
    findings.into_report()
}

/// The same over what could be read of a document, where `gaps` says what could not.
pub(crate) fn validate_parts(rules: &RuleSet, limits: &Limits, gaps: &Gaps, findings: &mut Findings) {
    let census = Census::take(rules, gaps);
    checks::check(rules, limits, gaps, &census, findings, |_, _| {});
}

/// The same for the compiler: `each` gets the rules block by block, with the position of the first, right after they were
/// checked by themselves, as long as there was no error.
pub(crate) fn validate_each<'r>(
    rules: &'r RuleSet,
    limits: &Limits,
    census: &Census<'r>,
    each: impl FnMut(&'r [Rule], usize),
) -> Report {
    let mut findings = Findings::default();
    checks::check(rules, limits, &Gaps::default(), census, &mut findings, each);
    findings.into_report()
}
