//! Rules by what they are called, or call themselves.

use crate::rules::{Rule, RuleSet};
use crate::shop::head;

/// Rules by a name they carry, sorted by name and then position.
#[derive(Debug, Default)]
pub(super) struct Named<'a>(Vec<Entry<'a>>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry<'a> {
    /// The first bytes of the name as a number, compared first: it decides nearly always, without a call, and never
    /// otherwise than the name would.
    head: u128,
    pub(super) name: &'a str,
    /// The rule's position.
    pub(super) rule: usize,
}

impl<'a> Entry<'a> {
    pub(super) fn new(name: &'a str, rule: usize) -> Self {
        Self { head: head(name), name, rule }
    }
}

impl<'a> Named<'a> {
    pub(super) fn collect<I: IntoIterator<Item = &'a str>>(
        rules: &'a RuleSet,
        names: impl Fn(&'a Rule) -> I,
    ) -> Self {
        let mut named = Vec::new();
        for (position, rule) in rules.rules.iter().enumerate() {
            named.extend(names(rule).into_iter().map(|name| Entry::new(name, position)));
        }
        Self::sorted(named)
    }

    pub(super) fn sorted(mut entries: Vec<Entry<'a>>) -> Self {
        entries.sort_unstable();
        Self(entries)
    }

    /// In the order of the names, rules of one name in theirs.
    pub(super) fn all(&self) -> &[Entry<'a>] {
        &self.0
    }

    /// The rules of a name.
    pub(super) fn of(&self, name: &str) -> &[Entry<'a>] {
        let start = self.0.partition_point(|entry| entry.name < name);
        let rest = self.0.get(start..).unwrap_or_default();
        let len = rest.partition_point(|entry| entry.name == name);
        rest.get(..len).unwrap_or_default()
    }
}
