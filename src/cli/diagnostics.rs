//! Problems as a terminal shows them: what, where, an excerpt, and what to do.

use std::fmt;

use dealproof::evaluate::PriceError;
use dealproof::load::{self, LoadError};
use dealproof::validate::{Diagnostic, Report, Severity};
use miette::{LabeledSpan, MietteHandlerOpts, SourceCode};

use crate::args::Color;
use crate::excerpt::Excerpt;
use crate::input::Document;
use crate::text::{count, shown};

/// One problem, ready to be shown.
#[derive(Debug, Default)]
pub struct Problem {
    message: String,
    code: Option<String>,
    help: Option<String>,
    excerpt: Option<Excerpt>,
    warning: bool,
}

impl Problem {
    /// A problem without a place.
    pub fn new(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), ..Self::default() }
    }

    /// Says what to do about it.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn at(mut self, document: &Document, line: u32, column: u32) -> Self {
        self.excerpt = Excerpt::new(&document.name, &document.bytes, line, column);
        self
    }

    /// A problem of a rule file.
    fn reported(diagnostic: &Diagnostic, document: &Document) -> Self {
        let problem = Self {
            message: placed(&diagnostic.path, &diagnostic.message),
            code: Some(diagnostic.code.name().to_owned()),
            help: Some(diagnostic.hint.to_string()),
            excerpt: None,
            warning: diagnostic.severity == Severity::Warning,
        };
        match (diagnostic.line, diagnostic.column) {
            (Some(line), Some(column)) => problem.at(document, line, column),
            _ => problem,
        }
    }

    /// What a cart document is refused for.
    pub fn refused(error: &LoadError, document: &Document) -> Self {
        let problem = Self::new(placed(&error.path, &error.problem.to_string()));
        problem.at(document, error.line, error.column)
    }

    /// Why a cart cannot be priced.
    pub fn unpriced(error: &PriceError, document: &Document) -> Self {
        let path = error.path();
        let found = path.as_ref().and_then(|path| load::locate(&document.bytes, path));
        let text = error.to_string();
        let path = path.unwrap_or_default();
        // Texts about the context begin with the place in it, which the whole path ends with.
        let message =
            text.split_once(": ").filter(|(place, _)| path.ends_with(place)).map_or(&*text, |(_, rest)| rest);
        let problem = Self::new(placed(&path, message));
        match found {
            Some((line, column)) => problem.at(document, line, column),
            None => problem,
        }
    }

    /// The problem as text, with its excerpt.
    pub fn render(self, color: Color) -> String {
        let options = MietteHandlerOpts::new().terminal_links(false).context_lines(1);
        let options = match color {
            Color::Auto => options,
            Color::Always => options.color(true),
            Color::Never => options.color(false),
        };
        let handler = options.build();
        Rendered { problem: self, handler }.to_string()
    }
}

/// All problems of a report, and how many there are.
pub fn render_report(report: &Report, document: &Document, color: Color) -> String {
    let mut out = String::new();
    for diagnostic in &report.diagnostics {
        out.push_str(&Problem::reported(diagnostic, document).render(color));
        out.push('\n');
    }
    let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let errors = count(number(report.errors), "error");
    let warnings = count(number(report.warnings), "warning");
    out.push_str(&format!("{}: {errors}, {warnings}", document.name));
    if report.omitted > 0 {
        out.push_str(&format!(", {} of them not shown", report.omitted));
    }
    out.push('\n');
    out
}

/// A message with the path it is about.
fn placed(path: &str, message: &str) -> String {
    if path.is_empty() { shown(message) } else { shown(&format!("{path}: {message}")) }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl miette::Diagnostic for Problem {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|code| -> Box<dyn fmt::Display> { Box::new(code) })
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(if self.warning { miette::Severity::Warning } else { miette::Severity::Error })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| -> Box<dyn fmt::Display> { Box::new(help) })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| -> &dyn SourceCode { excerpt })
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let excerpt = self.excerpt.as_ref()?;
        let label = LabeledSpan::new_primary_with_span(Some("here".to_owned()), excerpt.span());
        Some(Box::new(std::iter::once(label)))
    }
}

/// A problem and the handler that draws it.
struct Rendered {
    problem: Problem,
    handler: miette::MietteHandler,
}

impl fmt::Display for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        miette::ReportHandler::debug(&self.handler, &self.problem, f)
    }
}
