//! Problems, and the report that lists them.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use serde::Serialize;

use super::{Code, Severity};
use crate::bounds::DIAGNOSTICS_MAX;
use crate::rules::RuleId;

/// One problem of a rule file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Diagnostic {
    /// Its kind.
    pub code: Code,
    /// Whether it stops compilation.
    pub severity: Severity,
    /// Where, as a JSON pointer into the rule file; empty for the whole document. Of a rule set that did not come from
    /// text, a member of a set (ids, tags, codes) is not numbered: the path then ends at the list.
    pub path: String,
    /// The line in the text, counted from 1; absent when the rule set did not come from text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The character in the line, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// What is wrong, with the values at fault.
    pub message: String,
    /// What to do about it.
    pub hint: Cow<'static, str>,
    /// The rules it is about, the one at `path` first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleId>,
    /// Which part of the text the path stands for.
    #[serde(skip)]
    pub(crate) spot: Spot,
    /// The member of the list at `path` that it is about, while its position is not known.
    #[serde(skip)]
    pub(crate) member: Option<String>,
}

/// Which part of the text a path stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Spot {
    /// The value.
    #[default]
    Value,
    /// The key before it.
    Key,
}

impl Diagnostic {
    pub(crate) fn new(code: Code, path: String, message: String) -> Self {
        Self {
            code,
            severity: code.severity(),
            path,
            line: None,
            column: None,
            message,
            hint: Cow::Borrowed(code.repair()),
            rules: Vec::new(),
            spot: Spot::Value,
            member: None,
        }
    }

    /// The order of a report: errors first, then by path with list positions as numbers. It is total over what a
    /// reader sees, so the order in which checks run cannot show.
    fn cmp_in_report(&self, other: &Self) -> Ordering {
        self.severity
            .cmp(&other.severity)
            .then_with(|| cmp_paths(&self.path, &other.path))
            .then_with(|| self.code.cmp(&other.code))
            .then_with(|| self.message.cmp(&other.message))
            .then_with(|| self.rules.cmp(&other.rules))
    }
}

fn cmp_paths(a: &str, b: &str) -> Ordering {
    steps(a).cmp(steps(b))
}

/// The steps of a path, those that are positions with their number first.
fn steps(path: &str) -> impl Iterator<Item = (Option<u32>, &str)> {
    path.split('/').map(|step| (step.parse().ok(), step))
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]", self.severity, self.code)?;
        if !self.path.is_empty() {
            write!(f, " {}", self.path)?;
        }
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, " (line {line}, column {column})")?;
        }
        write!(f, ": {}; {}", self.message, self.hint)
    }
}

/// Every problem of a rule file: errors first, then warnings, each by path. At most
/// [`DIAGNOSTICS_MAX`] are listed; all are counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The problems listed.
    pub diagnostics: Vec<Diagnostic>,
    /// How many errors there are, listed or not.
    pub errors: usize,
    /// How many warnings there are, listed or not.
    pub warnings: usize,
    /// How many problems are not listed.
    pub omitted: usize,
}

impl Report {
    /// True when compilation is refused.
    #[must_use]
    pub const fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// True when there is nothing to say.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.errors == 0 && self.warnings == 0
    }
}

impl Report {
    /// Puts the diagnostics in order again, after their paths have changed.
    pub(crate) fn sort(&mut self) {
        self.diagnostics.sort_by(Diagnostic::cmp_in_report);
    }
}

impl fmt::Display for Report {
    /// One line for each problem.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.diagnostics.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            fmt::Display::fmt(diagnostic, f)?;
        }
        if self.omitted > 0 {
            write!(f, "\nand {} more", self.omitted)?;
        }
        Ok(())
    }
}

impl std::error::Error for Report {}

/// Collects problems in bounded memory: of the listed ones it keeps the first in report order, whatever order they
/// come in.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    kept: Vec<Diagnostic>,
    /// The first [`DIAGNOSTICS_MAX`] of them are in order; what comes after the last of these is only counted.
    shrunk: bool,
    errors: usize,
    warnings: usize,
}

impl Findings {
    pub(crate) const fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Counts a problem that comes after all that a report lists; false when it may have to be listed, and is not counted.
    /// Telling so first spares making a message that nobody reads.
    pub(crate) fn count_beyond(&mut self, code: Code, path: &str) -> bool {
        let severity = code.severity();
        let is_beyond = self.shrunk
            && self.kept.get(DIAGNOSTICS_MAX - 1).is_some_and(|last| {
                severity.cmp(&last.severity).then_with(|| cmp_paths(path, &last.path)).is_gt()
            });
        if is_beyond {
            self.count(severity);
        }
        is_beyond
    }

    const fn count(&mut self, severity: Severity) {
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
        }
    }

    pub(crate) fn add(&mut self, diagnostic: Diagnostic) {
        self.count(diagnostic.severity);
        self.kept.push(diagnostic);
        // Sorting at every fourth batch keeps the cost of a problem constant on average.
        if self.kept.len() >= 4 * DIAGNOSTICS_MAX {
            self.shrink();
        }
    }

    fn shrink(&mut self) {
        self.kept.sort_by(Diagnostic::cmp_in_report);
        self.kept.truncate(DIAGNOSTICS_MAX);
        self.shrunk = true;
    }

    pub(crate) fn into_report(mut self) -> Report {
        self.shrink();
        Report {
            omitted: self.errors + self.warnings - self.kept.len(),
            diagnostics: self.kept,
            errors: self.errors,
            warnings: self.warnings,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(code: Code, path: &str) -> Diagnostic {
        Diagnostic::new(code, path.to_owned(), "wrong".to_owned())
    }

    #[test]
    fn a_report_lists_errors_first_and_positions_as_numbers() {
        let mut findings = Findings::default();
        findings.add(problem(Code::GivesNothing, "/rules/0"));
        findings.add(problem(Code::ZeroCount, "/rules/10/benefit"));
        findings.add(problem(Code::ZeroCount, "/rules/9/benefit"));
        let report = findings.into_report();
        let paths: Vec<&str> = report.diagnostics.iter().map(|one| one.path.as_str()).collect();
        assert_eq!(paths, ["/rules/9/benefit", "/rules/10/benefit", "/rules/0"]);
        assert!(report.has_errors());
        assert_eq!((report.errors, report.warnings, report.omitted), (2, 1, 0));
    }

    #[test]
    fn a_report_is_capped_the_rest_is_counted_and_the_order_of_finding_does_not_show() {
        let paths: Vec<String> = (0..1_000).map(|index| format!("/rules/{index}")).collect();
        let (mut up, mut down) = (Findings::default(), Findings::default());
        for path in &paths {
            up.add(problem(Code::ZeroCount, path));
        }
        for path in paths.iter().rev() {
            down.add(problem(Code::ZeroCount, path));
        }
        let (up, down) = (up.into_report(), down.into_report());
        assert_eq!(up, down);
        assert_eq!(up.diagnostics.len(), DIAGNOSTICS_MAX);
        assert_eq!(up.omitted, 1_000 - DIAGNOSTICS_MAX);
        assert_eq!(up.diagnostics.last().unwrap().path, "/rules/99");
    }

    #[test]
    fn what_is_counted_without_a_message_is_what_would_not_be_listed() {
        let paths: Vec<String> = (0..1_000).map(|index| format!("/rules/{index}")).collect();
        for paths in [paths.clone(), paths.into_iter().rev().collect::<Vec<_>>()] {
            let (mut told, mut all, mut counted) = (Findings::default(), Findings::default(), 0);
            for path in &paths {
                all.add(problem(Code::ZeroCount, path));
                if told.count_beyond(Code::ZeroCount, path) {
                    counted += 1;
                } else {
                    told.add(problem(Code::ZeroCount, path));
                }
            }
            // In order all are counted that come after the first batch was sorted; backwards every one may be listed.
            let expected = if paths[0] == "/rules/0" { 1_000 - 4 * DIAGNOSTICS_MAX } else { 0 };
            assert_eq!(counted, expected);
            assert_eq!(told.into_report(), all.into_report());
        }
    }

    #[test]
    fn a_problem_is_one_line() {
        let mut diagnostic = problem(Code::ZeroCount, "/rules/0/benefit/n_for/units");
        diagnostic.line = Some(3);
        diagnostic.column = Some(7);
        assert_eq!(
            diagnostic.to_string(),
            "error[zero-count] /rules/0/benefit/n_for/units (line 3, column 7): wrong; raise it, or remove the setting"
        );
    }
}
