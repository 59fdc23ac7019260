//! What every check works with: the limits, the stages, the rule at hand, and where problems go.

use std::collections::BTreeSet;
use std::fmt;

use super::at::At;
use super::census::{Census, stage_position};
use super::{Code, Diagnostic, Findings};
use crate::bounds::{Limits, UNITS_MAX};
use crate::money::{Amount, AmountError, Currency, Money, Percent, Rate, RateError, RoundMode, Rounding};
use crate::rules::{Caps, Rule, RuleId, RuleSet, Stage};

/// What could not be read of a document. Checks that would mistake it for something that is not there are left out.
#[derive(Debug, Default)]
pub(crate) struct Gaps {
    /// Where each rule stands in the document; empty when all were read.
    pub(crate) positions: Vec<usize>,
    /// The rules that could not be read, by id as far as that could.
    pub(crate) unread: BTreeSet<Option<RuleId>>,
    /// Some stage, or the list of them, could not be read.
    pub(crate) stages_missing: bool,
    /// Some quota, or the list of them, could not be read.
    pub(crate) quotas_missing: bool,
    /// Whether undeclared rules go together could not be read.
    pub(crate) undeclared_missing: bool,
    /// The currency could not be read.
    pub(crate) currency_missing: bool,
}

impl Gaps {
    /// True when some rule could not be read.
    pub(crate) fn rules_missing(&self) -> bool {
        !self.unread.is_empty()
    }

    /// True when a rule that could not be read is of this id, or may be.
    pub(crate) fn may_be(&self, id: &RuleId) -> bool {
        self.unread.contains(&None) || self.unread.contains(&Some(id.clone()))
    }

    /// The position in the document of the rule at a position of the rule set.
    pub(crate) fn position(&self, index: usize) -> usize {
        self.positions.get(index).copied().unwrap_or(index)
    }
}

/// What checks work with. While rules are checked one by one it also holds what the one at hand needs.
pub(super) struct Scope<'a> {
    pub(super) limits: &'a Limits,
    /// `None` when it could not be read.
    pub(super) currency: Option<Currency>,
    pub(super) stages: &'a [Stage],
    /// Of rules that have no rounding of their own.
    pub(super) rounding: Rounding,
    pub(super) gaps: &'a Gaps,
    findings: &'a mut Findings,
    /// The rule at hand.
    about: Option<&'a RuleId>,
    /// Where its stage stands in the pipeline; `None` when there is no such stage.
    pub(super) stage: Option<usize>,
    /// Its conditions and selectors so far.
    pub(super) nodes: usize,
    /// What there is among the rules.
    pub(super) census: &'a Census<'a>,
    caps: &'a Caps,
}

impl<'a> Scope<'a> {
    pub(super) fn new(
        rules: &'a RuleSet,
        limits: &'a Limits,
        gaps: &'a Gaps,
        census: &'a Census<'a>,
        findings: &'a mut Findings,
    ) -> Self {
        Self {
            limits,
            currency: (!gaps.currency_missing).then_some(rules.currency),
            stages: &rules.stages,
            rounding: rules.rounding,
            gaps,
            findings,
            about: None,
            stage: None,
            nodes: 0,
            census,
            caps: &rules.caps,
        }
    }

    /// Whether no rule stands in a stage from one on up to another.
    pub(super) fn nothing_between(&self, from: Option<usize>, until: Option<usize>) -> bool {
        let between = from.zip(until).and_then(|(from, until)| self.census.used.get(from..until));
        between.is_some_and(|used| !used.contains(&true))
    }

    /// An amount in minor units, where it has a value that is not negative.
    pub(super) fn minor(&self, amount: Amount) -> Option<Money> {
        if amount.is_negative() { None } else { amount.to_money(self.currency?).ok() }
    }

    /// The most an application of a rule asks.
    pub(super) fn cap(&self, rule: &Rule) -> i64 {
        rule.cap.and_then(|cap| self.minor(cap)).map_or(i64::MAX, Money::minor)
    }

    /// The most all rules take off goods together, as far as that is an amount.
    pub(super) fn order_cap(&self) -> i64 {
        self.caps.order_amount.and_then(|cap| self.minor(cap)).map_or(i64::MAX, Money::minor)
    }

    /// Whether a share of what goods cost is kept from all rules.
    pub(super) const fn caps_lines(&self) -> bool {
        self.caps.line_percent.is_some() || self.caps.order_percent.is_some()
    }

    /// How a rule rounds.
    pub(super) fn mode(&self, rule: &Rule) -> RoundMode {
        rule.rounding.unwrap_or(self.rounding).mode
    }

    /// Turns to a rule, given its position.
    pub(super) fn enter(&mut self, position: usize, rule: &'a Rule) {
        self.about = Some(&rule.id);
        self.stage = self.census.standing(position).stage.and_then(|stage| usize::try_from(stage).ok());
        self.nodes = 0;
    }

    /// Whether an error was found so far.
    pub(super) const fn has_errors(&self) -> bool {
        self.findings.has_errors()
    }

    /// Turns back to the rule set.
    pub(super) const fn leave(&mut self) {
        self.about = None;
        self.stage = None;
    }

    /// Reports a problem of the rule at hand, or of the rule set.
    pub(super) fn report(&mut self, code: Code, at: &At<'_>, message: impl fmt::Display) {
        let about = self.about;
        self.report_about(code, at, message, about.as_slice());
    }

    /// Reports a problem that some rules share.
    pub(super) fn report_about(
        &mut self,
        code: Code,
        at: &At<'_>,
        message: impl fmt::Display,
        rules: &[&RuleId],
    ) {
        let path = at.pointer();
        if self.findings.count_beyond(code, &path) {
            return;
        }
        let mut diagnostic = Diagnostic::new(code, path, message.to_string());
        diagnostic.member = at.listed().map(str::to_owned);
        diagnostic.rules = rules.iter().map(|rule| (*rule).clone()).collect();
        self.findings.add(diagnostic);
    }

    /// The position of a stage in the pipeline.
    pub(super) fn stage_position(&self, id: &str) -> Option<usize> {
        stage_position(self.stages, id)
    }

    /// Checks an id.
    pub(super) fn id(&mut self, at: &At<'_>, id: &str) {
        if id.is_empty() {
            self.report(Code::EmptyId, at, "the id is empty");
        }
        self.text(at, id, self.limits.id_bytes);
    }

    /// Checks a text that may be empty.
    pub(super) fn text(&mut self, at: &At<'_>, text: &str, bytes_max: usize) {
        if text.len() > bytes_max {
            let message = format_args!("{} bytes; at most {bytes_max} are allowed", text.len());
            self.report(Code::TextTooLong, at, message);
        } else if has_control_characters(text) {
            let message = format_args!("{} has control characters", quoted(text));
            self.report(Code::ControlCharacter, at, message);
        }
    }

    /// Checks a field's ids, a set once they are read. Most fields are empty, and cost nothing then.
    pub(super) fn ids<'i>(
        &mut self,
        above: &At<'_>,
        field: &str,
        ids: impl ExactSizeIterator<Item = &'i str>,
    ) {
        if ids.len() > 0 {
            let at = above.key(field);
            self.list(&at, ids.len());
            ids.for_each(|id| self.id(&at.member(id), id));
        }
    }

    /// Checks the length of a list.
    pub(super) fn list(&mut self, at: &At<'_>, members: usize) {
        let limit = self.limits.set_members;
        if members > limit {
            let message = format_args!("{members} members; at most {limit} are allowed");
            self.report(Code::ListTooLong, at, message);
        }
    }

    /// Checks an amount; its value in minor units when it has one that is not negative.
    pub(super) fn amount(&mut self, at: &At<'_>, amount: Amount, zero: Zero) -> Option<Money> {
        if amount.is_negative() {
            self.report(Code::NegativeAmount, at, format_args!("{amount} is below zero"));
            return None;
        }
        if amount.is_zero() {
            self.zero(at, zero);
        }
        match amount.to_money(self.currency?) {
            Ok(money) => Some(money),
            Err(problem) => {
                let code = match problem {
                    AmountError::TooManyDigits { .. } => Code::TooManyDecimals,
                    AmountError::TooLarge { .. } | AmountError::NotADecimal { .. } => Code::AmountTooLarge,
                };
                self.report(code, at, problem);
                None
            }
        }
    }

    /// Checks a percentage; its value when it has one.
    pub(super) fn percent(&mut self, at: &At<'_>, percent: Percent, zero: Zero) -> Option<Rate> {
        match percent.to_rate() {
            Ok(rate) => {
                if rate.ppm() == 0 {
                    self.zero(at, zero);
                }
                Some(rate)
            }
            Err(problem) => {
                let code = match problem {
                    RateError::OutOfRange { .. } => Code::PercentOutOfRange,
                    RateError::TooFine { .. } => Code::PercentTooFine,
                };
                self.report(code, at, problem);
                None
            }
        }
    }

    fn zero(&mut self, at: &At<'_>, zero: Zero) {
        match zero {
            Zero::Fine => {}
            Zero::GivesNothing => self.report(Code::GivesNothing, at, "nothing comes off"),
            Zero::Refused => self.report(Code::ZeroAmount, at, "the amount is zero"),
        }
    }

    /// Checks a number of units that a cart must have for something to come of it.
    pub(super) fn units(&mut self, at: &At<'_>, units: u32) {
        self.count(at, units);
        if units > UNITS_MAX {
            let message = format_args!("{units} units; no cart has more than {UNITS_MAX}");
            self.report(Code::UnreachableTier, at, message);
        }
    }

    /// Checks a count that must be at least one.
    pub(super) fn count(&mut self, at: &At<'_>, count: impl Into<u64>) {
        if count.into() == 0 {
            self.report(Code::ZeroCount, at, "the count is zero");
        }
    }
}

/// Whether an amount or rate of nothing is sensible where it stands.
#[derive(Clone, Copy)]
pub(super) enum Zero {
    Fine,
    GivesNothing,
    Refused,
}

fn has_control_characters(text: &str) -> bool {
    let printable = |byte: u8| matches!(byte, b' '..=b'~');
    !text.bytes().all(printable) && text.chars().any(char::is_control)
}

/// A text of the document inside a message: on one line, between quotation marks, at most 48 characters of it.
pub(crate) fn quoted(text: &str) -> String {
    let mut short: String = text.chars().take(48).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}
