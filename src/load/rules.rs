//! Reads a rule file field by field and rule by rule, so that one that is misshapen hides no problem of the others.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::parts::{Outer, Part, parts};
use super::place::{self, Stands, Wanted};
use super::strict::{State, Strict};
use super::{LoadError, Problem, not_json, utf8};
use crate::bounds::Limits;
use crate::money::Currency;
use crate::rules::{FORMAT, Quota, Rule, RuleId, RuleSet, Stage};
use crate::validate::{Code, Diagnostic, Findings, Gaps, Report, push_key, quoted, validate_parts};

const FIELDS: &[&str] =
    &["format", "name", "currency", "rounding", "caps", "undeclared", "refunds", "quotas", "stages", "rules"];

/// Reads and validates a rule file; without a rule set when its outer form could not be read.
pub(super) fn read(document: &[u8], limits: &Limits) -> (Option<RuleSet>, Report) {
    let refused = |error: LoadError| {
        let mut diagnostic = of_problem(error.path, &error.problem);
        (diagnostic.line, diagnostic.column) = (Some(error.line), Some(error.column));
        let mut findings = Findings::default();
        findings.add(diagnostic);
        (None, findings.into_report())
    };
    let text = match utf8(document, limits) {
        Ok(text) => text,
        Err(error) => return refused(error),
    };
    let mut reading = Reading::new(limits);
    let rules = match reading.document(text) {
        Ok(rules) => rules,
        Err(error) => return refused(not_json(text, &error)),
    };
    let Reading { gaps, mut findings, .. } = reading;
    if let Some(rules) = &rules {
        validate_parts(rules, limits, &gaps, &mut findings);
    }
    let mut report = findings.into_report();
    add_places(text, &mut report);
    (rules, report)
}

fn of_problem(path: String, problem: &Problem) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(problem.code(), path, problem.to_string());
    diagnostic.spot = problem.spot();
    diagnostic
}

fn add_places(text: &str, report: &mut Report) {
    let wanted: Vec<Wanted<'_>> = report
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let member = diagnostic.member.as_deref();
            Wanted { path: &diagnostic.path, spot: diagnostic.spot, member }
        })
        .collect();
    let found = place::find(text, &wanted);
    for (diagnostic, Stands { place, member }) in report.diagnostics.iter_mut().zip(found) {
        (diagnostic.line, diagnostic.column) = (Some(place.line), Some(place.column));
        if let Some(position) = member {
            push_key(&mut diagnostic.path, &position.to_string());
        }
        diagnostic.member = None;
    }
    report.sort();
}

/// A rule file while it is read.
struct Reading<'de> {
    limits: Limits,
    state: State<'de>,
    /// The document holds more values than allowed; nothing more is read of it.
    stopped: bool,
    gaps: Gaps,
    findings: Findings,
}

impl<'de> Reading<'de> {
    fn new(limits: &Limits) -> Self {
        Self {
            limits: *limits,
            state: State::new(limits),
            stopped: false,
            gaps: Gaps::default(),
            findings: Findings::default(),
        }
    }

    /// Reads the outer form and, through it, everything else.
    fn document(&mut self, text: &'de str) -> Result<Option<RuleSet>, serde_json::Error> {
        let mut fields = [None; FIELDS.len()];
        if parts(text, |_, part| self.field(&part, &mut fields))? != Outer::Object {
            self.wrong_type("a rule set");
            return Ok(None);
        }
        let [format, name, currency, rounding, caps, undeclared, refunds, quotas, stages, rules] = fields;
        let format: Option<u32> = self.required("format", format);
        if let Some(format) = format.filter(|format| *format != FORMAT) {
            self.other_format(format);
            return Ok(None);
        }
        let currency: Option<Currency> = self.required("currency", currency);
        self.gaps.currency_missing = currency.is_none();
        let mut set = RuleSet::new(currency.unwrap_or_default());
        set.name = self.optional::<Option<String>>("name", name).flatten();
        set.rounding = self.optional("rounding", rounding).unwrap_or_default();
        set.caps = self.optional("caps", caps).unwrap_or_default();
        if undeclared.is_some() {
            let read = self.optional("undeclared", undeclared);
            self.gaps.undeclared_missing = read.is_none();
            set.undeclared = read.unwrap_or_default();
        }
        set.refunds = self.optional("refunds", refunds).unwrap_or_default();
        if let Some(list) = quotas {
            let read = self.optional::<Vec<Quota>>("quotas", Some(list));
            self.gaps.quotas_missing = read.is_none();
            set.quotas = read.unwrap_or_default();
        }
        if let Some(list) = stages {
            set.stages = self.stages(list);
        }
        if let Some(list) = rules {
            set.rules = self.rules(list);
        }
        Ok(Some(set))
    }

    /// Sorts a field of the document to its place.
    fn field(&mut self, part: &Part<'de>, fields: &mut [Option<&'de RawValue>; FIELDS.len()]) {
        if part.key.is_none() {
            // A member of a list: that the document is one is reported once.
            return;
        }
        let Some(name) = part.name() else {
            let message = "a key with half a surrogate pair".to_owned();
            self.report(&Problem::NotJson { message }, None);
            return;
        };
        let known = FIELDS.iter().position(|field| *field == name);
        let problem = match known.and_then(|position| fields.get_mut(position)) {
            Some(slot @ None) => {
                *slot = Some(part.value);
                return;
            }
            Some(Some(_)) => Problem::DuplicateKey { key: quoted(&name) },
            None => Problem::UnknownField { given: quoted(&name), expected: FIELDS },
        };
        let mut path = String::new();
        push_key(&mut path, &name);
        self.findings.add(of_problem(path, &problem));
    }

    /// A document of another format is not looked at any further: its fields may mean other things.
    fn other_format(&mut self, format: u32) {
        let message = format!("format {format}; this version reads {FORMAT}");
        self.findings = Findings::default();
        let path = "/format".to_owned();
        self.findings.add(Diagnostic::new(Code::UnknownFormat, path, message));
    }

    /// Reads a field that must be there.
    fn required<T: Deserialize<'de>>(
        &mut self,
        field: &'static str,
        value: Option<&'de RawValue>,
    ) -> Option<T> {
        if value.is_none() {
            self.report(&Problem::MissingField { field }, None);
        }
        self.optional(field, value)
    }

    /// Reads a field that may be left out.
    fn optional<T: Deserialize<'de>>(
        &mut self,
        field: &'static str,
        value: Option<&'de RawValue>,
    ) -> Option<T> {
        self.state.enter_key(field);
        let read = value.and_then(|value| self.value(value, |_| None).ok());
        self.state.back_to(0);
        read
    }

    fn stages(&mut self, list: &'de RawValue) -> Vec<Stage> {
        let mut stages = Vec::new();
        let mut missing = false;
        let limit = self.limits.stages;
        let members =
            self.members("stages", list, limit, |reading, _, stage| match reading.value(stage, |_| None) {
                Ok(stage) => stages.push(stage),
                Err(NotRead(_)) => missing = true,
            });
        self.gaps.stages_missing = missing || members.is_none_or(|members| members > limit);
        if let Some(given) = members.filter(|members| *members > limit) {
            let message = format!("{given} stages; at most {limit} are allowed");
            let path = "/stages".to_owned();
            self.findings.add(Diagnostic::new(Code::TooManyStages, path, message));
        }
        stages
    }

    fn rules(&mut self, list: &'de RawValue) -> Vec<Rule> {
        let mut rules = Vec::new();
        let limit = self.limits.rules;
        let members =
            self.members("rules", list, limit, |reading, index, rule| match reading.value(rule, id_of) {
                Ok(rule) => {
                    rules.push(rule);
                    reading.gaps.positions.push(index);
                }
                Err(NotRead(id)) => {
                    reading.gaps.unread.insert(id);
                }
            });
        match members {
            Some(given) if given > limit => {
                self.gaps.unread.insert(None);
                let message = format!("{given} rules; at most {limit} are allowed");
                let path = "/rules".to_owned();
                self.findings.add(Diagnostic::new(Code::TooManyRules, path, message));
            }
            Some(_) => {}
            None => {
                self.gaps.unread.insert(None);
            }
        }
        rules
    }

    /// Hands the members of a list to `each`, as many as there may be, and counts all of them; `None` when it is no
    /// list.
    fn members(
        &mut self,
        field: &'static str,
        list: &'de RawValue,
        limit: usize,
        mut each: impl FnMut(&mut Self, usize, &'de RawValue),
    ) -> Option<usize> {
        self.state.enter_key(field);
        let mut members = 0;
        let outer = parts(list.get(), |index, part| {
            members = index + 1;
            if members <= limit && part.key.is_none() {
                self.state.enter_index(index);
                each(self, index, part.value);
                self.state.back_to(1);
            }
        });
        let is_list = outer.is_ok_and(|outer| outer == Outer::List);
        if !is_list {
            self.wrong_type("a list");
        }
        self.state.back_to(0);
        is_list.then_some(members)
    }

    /// Reads a value where the state stands, or reports why it cannot be read, with the rule `id` makes of it.
    fn value<T: Deserialize<'de>>(
        &mut self,
        value: &'de RawValue,
        id: impl FnOnce(&RawValue) -> Option<RuleId>,
    ) -> Result<T, NotRead> {
        if self.stopped {
            return Err(NotRead(None));
        }
        let mut reader = serde_json::Deserializer::from_str(value.get());
        let strict = Strict { inner: &mut reader, state: &mut self.state };
        T::deserialize(strict).map_err(|problem| {
            let id = id(value);
            self.report(&problem, id.as_ref());
            self.stopped = matches!(problem, Problem::TooManyValues { .. });
            NotRead(id)
        })
    }

    fn report(&mut self, problem: &Problem, rule: Option<&RuleId>) {
        let mut diagnostic = of_problem(self.state.pointer(), problem);
        diagnostic.rules.extend(rule.cloned());
        self.findings.add(diagnostic);
    }

    fn wrong_type(&mut self, expected: &str) {
        let problem = Problem::WrongType { given: "another value".to_owned(), expected: expected.to_owned() };
        self.report(&problem, None);
    }
}

/// A value that could not be read: the id of the rule it is, as far as that could.
struct NotRead(Option<RuleId>);

/// The id of a rule that cannot be read as a whole.
fn id_of(rule: &RawValue) -> Option<RuleId> {
    let mut id = None;
    let taken_apart = parts(rule.get(), |_, part| {
        if part.name().is_some_and(|name| name == "id") {
            id = serde_json::from_str::<String>(part.value.get()).ok();
        }
    });
    taken_apart.ok().and(id).map(RuleId::new)
}
