//! Rules that a promise looks at together. Every search here takes little more than the number
//! of rules, or stops at a number and says so: rule files come from anywhere.

use std::collections::{BTreeMap, BTreeSet};

use super::checks::{excludes, go_apart};
use super::levels::target;
use super::settings::CHECKS_MAX;
use crate::rules::{Asks, Rule, RuleSet, Selector, Span, Undeclared};
use crate::shop::Moment;

/// Windows that meet for less than this are meant to follow each other.
const HANDOVER_MS: i64 = 3_600_000;
/// Most rules with exclusions that are compared with each other.
const REFUSING_MAX: usize = 400;
/// Most pairs of rules that are looked at in all.
const LOOKS_MAX: usize = 1_000_000;

/// Looks at pairs of rules, counted.
pub(super) struct Looks {
    taken: usize,
    left_out: bool,
}

impl Looks {
    pub(super) const fn new() -> Self {
        Self { taken: 0, left_out: false }
    }

    /// One more look; false when there were too many.
    const fn look(&mut self) -> bool {
        self.taken = self.taken.saturating_add(1);
        self.taken <= LOOKS_MAX
    }

    /// Notes that pairs are left out, however few were looked at.
    const fn leave_out(&mut self) {
        self.left_out = true;
    }

    /// How many pairs were looked at.
    pub(super) const fn taken(&self) -> usize {
        self.taken
    }

    /// Whether some pairs were left out.
    pub(super) const fn ran_out(&self) -> bool {
        self.left_out || self.taken > LOOKS_MAX
    }
}

/// Two rules, the one that stands first in the file first.
pub(super) type Pair<'r> = (&'r Rule, &'r Rule);

/// Rules that give the same and under the same conditions, however these are written, at times that meet.
pub(super) fn twins<'r>(rules: &[&'r Rule]) -> Vec<Pair<'r>> {
    let mut alike: BTreeMap<Vec<u8>, Vec<(Span, usize)>> = BTreeMap::new();
    for (at, rule) in rules.iter().enumerate() {
        let (terms, span) = rule.terms();
        // Amounts are written in their shortest form, so what is equal has the same bytes; fields by name, since those that are
        // left out leave no place, and `at_least` would be as good as `at_most`. Nouns serialise without fail.
        if let Ok(bytes) = rmp_serde::to_vec_named(&terms) {
            alike.entry(bytes).or_default().push((span, at));
        }
    }
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for mut same in alike.into_values() {
        same.sort_unstable();
        let runs: Vec<Span> = same.iter().map(|(span, _)| *span).collect();
        let place = |of: usize| same.get(of).map(|(_, at)| *at);
        let found = beside(&runs).into_iter().filter_map(|(one, other)| place(one).zip(place(other)));
        pairs.extend(found.map(|(one, other)| (one.min(other), one.max(other))));
    }
    in_file_order(rules, pairs)
}

/// Pairs of runs that are beside each other, by their places, such that each run is named that is beside any: of many, the next
/// is enough. Runs stand in order; each is looked at twice.
fn beside(runs: &[Span]) -> Vec<(usize, usize)> {
    let ends: Vec<Ends> = runs.iter().map(|run| Ends::of(*run)).collect();
    let mut named = vec![false; runs.len()];
    let mut pairs = Vec::new();
    let mut pair = |one: usize, other: usize, named: &mut Vec<bool>| {
        [one, other].iter().filter_map(|at| named.get_mut(*at).map(|known| *known = true)).for_each(drop);
        pairs.push((one, other));
    };
    let mut next = 0_usize;
    for (at, own) in ends.iter().enumerate() {
        if runs.get(at) == runs.get(at + 1) {
            pair(at, at + 1, &mut named);
            continue;
        }
        // What ends too soon for this one does so for all that begin later.
        next = next.max(at + 1);
        while ends.get(next).is_some_and(|other| !other.outlasts(own)) {
            next += 1;
        }
        if ends.get(next).is_some_and(|other| own.outlasts(other)) {
            pair(at, next, &mut named);
        }
    }
    // The one that ends last of those up to each place.
    let mut last: Vec<usize> = Vec::new();
    for (at, own) in ends.iter().enumerate() {
        let known = last.last().and_then(|place| Some((*place, ends.get(*place)?)));
        last.push(known.filter(|(_, known)| known.until >= own.until).map_or(at, |(place, _)| place));
    }
    for (at, own) in ends.iter().enumerate().filter(|(_, own)| own.runs()) {
        if named.get(at) == Some(&false) {
            let before = ends.get(..at).map_or(0, |all| all.partition_point(|other| own.outlasts(other)));
            let longest = before.checked_sub(1).and_then(|place| last.get(place)).copied();
            let longest = longest.filter(|place| ends.get(*place).is_some_and(|other| other.outlasts(own)));
            if let Some(other) = longest {
                pair(other, at, &mut named);
            }
        }
    }
    pairs
}

/// When a run begins and ends, in milliseconds; without one it does long before or after all moments.
#[derive(Clone, Copy)]
struct Ends {
    from: i128,
    until: i128,
}

impl Ends {
    fn of(run: Span) -> Self {
        let from = run.from.map_or(i128::from(i64::MIN) * 2, i128::from);
        Self { from, until: run.until.map_or(i128::from(i64::MAX) * 2, i128::from) }
    }

    const fn runs(&self) -> bool {
        self.from < self.until
    }

    /// Whether it runs on for longer behind the other's begin than campaigns do that follow each other.
    fn outlasts(&self, other: &Self) -> bool {
        self.runs() && self.until - other.from >= i128::from(HANDOVER_MS)
    }
}

/// Rules of which one's window ends shortly after the other's begins.
pub(super) fn meeting<'r>(rules: &[&'r Rule], looks: &mut Looks) -> Vec<Pair<'r>> {
    let windows: Vec<(Option<i64>, Option<i64>)> = rules.iter().map(|rule| window(rule)).collect();
    let mut begins: Vec<(i64, usize)> =
        windows.iter().enumerate().filter_map(|(at, (from, _))| Some(((*from)?, at))).collect();
    begins.sort_unstable();
    let mut pairs = BTreeSet::new();
    for (first, (_, until)) in windows.iter().enumerate() {
        let Some(until) = *until else { continue };
        let soonest = begins.partition_point(|(from, _)| *from <= until.saturating_sub(HANDOVER_MS));
        let meeting = begins.iter().skip(soonest).take_while(|(from, _)| *from < until);
        for (taken, (_, second)) in meeting.filter(|(_, second)| *second != first).enumerate() {
            if taken >= HANDOVERS_MAX {
                looks.leave_out();
                break;
            }
            pairs.insert((first.min(*second), first.max(*second)));
        }
    }
    in_file_order(rules, pairs.into_iter().collect())
}

/// Most rules that begin when one ends which are looked at with it.
const HANDOVERS_MAX: usize = 64;

fn window(rule: &Rule) -> (Option<i64>, Option<i64>) {
    let window = rule.window();
    (window.from.map(Moment::unix_ms), window.until.map(Moment::unix_ms))
}

/// Rules of which one's window begins shortly after the other's ends: those of one stage that give the same kind of thing on the
/// same goods, or that are a minute apart at most, where no third one fills the gap. The one that ends stands first.
pub(super) fn gaps<'r>(rules: &[&'r Rule], looks: &mut Looks) -> Vec<Pair<'r>> {
    let windows: Vec<(Option<i64>, Option<i64>)> = rules.iter().map(|rule| window(rule)).collect();
    let mut begins: Vec<(i64, usize)> =
        windows.iter().enumerate().filter_map(|(at, (from, _))| Some(((*from)?, at))).collect();
    begins.sort_unstable();
    let asks: Vec<Asks<'_>> = rules.iter().map(|rule| rule.asks()).collect();
    // Written down once: rules are compared with very many.
    let goods = |rule: &&Rule| target(&rule.benefit).map(Selector::normal);
    let goods: Vec<Option<Selector>> = rules.iter().map(goods).collect();
    let are_of_a_kind = |one: usize, other: usize| {
        let alike = |a: &&Rule, b: &&Rule| {
            std::mem::discriminant(&a.benefit) == std::mem::discriminant(&b.benefit)
                && (&a.stage, a.per) == (&b.stage, b.per)
        };
        rules.get(one).zip(rules.get(other)).is_some_and(|(a, b)| alike(a, b))
            && goods.get(one) == goods.get(other)
    };
    let mut pairs = Vec::new();
    for (first, (_, until)) in windows.iter().enumerate() {
        let (Some(until), Some(before)) = (*until, rules.get(first)) else { continue };
        let soonest = begins.partition_point(|(from, _)| *from <= until);
        let next = begins.iter().skip(soonest).take_while(|(from, _)| *from < until + HANDOVER_MS);
        for (taken, (from, second)) in next.filter(|(_, second)| *second != first).enumerate() {
            if taken >= HANDOVERS_MAX {
                looks.leave_out();
                break;
            }
            let Some(after) = rules.get(*second) else { continue };
            let is_meant =
                before.stage == after.stage && (from - until <= MINUTE_MS || are_of_a_kind(first, *second));
            if !is_meant {
                continue;
            }
            let fills = |(at, (from, until_own)): (usize, &(Option<i64>, Option<i64>))| {
                let runs = looks.look()
                    && from.is_none_or(|from| from <= until)
                    && until_own.is_none_or(|end| end > until);
                runs && are_of_a_kind(first, at)
                    && asks.get(at).zip(asks.get(first)).is_some_and(|(own, ended)| {
                        (0..own.looks(ended)).all(|_| looks.look()) && own.no_more_than(ended)
                    })
            };
            if !windows.iter().enumerate().any(fills) {
                pairs.push((*before, *after));
            }
        }
    }
    pairs
}

const MINUTE_MS: i64 = 60_000;

/// Whether some two rules refuse each other. After too many looks it is taken to be so.
pub(super) fn some_exclude(set: &RuleSet, rules: &[&Rule], looks: &mut Looks) -> bool {
    let mut grouped = BTreeSet::new();
    let in_one_group =
        rules.iter().filter_map(|rule| rule.stacking.group.as_ref()).any(|group| !grouped.insert(group));
    let names = |rule: &&&Rule| {
        let named = &rule.stacking.excludes;
        let is_said = !(named.rules.is_empty() && named.tags.is_empty() && named.stages.is_empty());
        is_said || rule.stacking.exclusive.is_some() || set.undeclared == Undeclared::Apart
    };
    let mut refuses = |one: &Rule, other: &Rule| !looks.look() || go_apart(set, one, other);
    in_one_group || rules.iter().filter(names).any(|one| rules.iter().any(|other| refuses(one, other)))
}

/// The rules with exclusions.
fn refusing(rules: &[&Rule]) -> Vec<usize> {
    let named = |rule: &Rule| {
        let stacking = &rule.stacking;
        let excludes = &stacking.excludes;
        stacking.group.is_some()
            || !(excludes.rules.is_empty() && excludes.tags.is_empty() && excludes.stages.is_empty())
    };
    (0..rules.len()).filter(|at| rules.get(*at).is_some_and(|one| named(one))).collect()
}

/// Rules that both refuse a third and not each other, among the first of those with exclusions; and whether some were left
/// out for their number.
pub(super) fn half_refused<'r>(rules: &[&'r Rule], looks: &mut Looks) -> (Vec<Pair<'r>>, bool) {
    let mut refusing = refusing(rules);
    let mut left_out = refusing.len() > REFUSING_MAX;
    refusing.truncate(REFUSING_MAX);
    // Who is refused need not refuse: its partners are among those who do.
    let mut partners: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for one in &refusing {
        for (other, rule) in rules.iter().enumerate() {
            if !looks.look() {
                left_out = true;
                break;
            }
            if rules.get(*one).is_some_and(|one| excludes(one, rule)) {
                partners.entry(*one).or_default().insert(other);
                partners.entry(other).or_default().insert(*one);
            }
        }
    }
    let mut pairs = BTreeSet::new();
    'partners: for refused in partners.values() {
        for first in refused {
            for second in refused.range(first..).skip(1) {
                if !looks.look() || pairs.len() > CHECKS_MAX {
                    left_out = true;
                    break 'partners;
                }
                if !partners.get(first).is_some_and(|of| of.contains(second)) {
                    pairs.insert((*first, *second));
                }
            }
        }
    }
    (in_file_order(rules, pairs.into_iter().collect()), left_out)
}

fn in_file_order<'r>(rules: &[&'r Rule], mut pairs: Vec<(usize, usize)>) -> Vec<Pair<'r>> {
    pairs.sort_unstable();
    let rule = |at: usize| rules.get(at).copied();
    pairs.into_iter().filter_map(|(first, second)| rule(first).zip(rule(second))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = HANDOVER_MS;

    fn span(from: Option<i64>, until: Option<i64>) -> Span {
        Span { from, until }
    }

    /// Whether two runs meet, and not as campaigns do that follow each other.
    fn run_beside(one: Span, other: Span) -> bool {
        let hands_over = |first: Span, second: Span| first.behind(second).is_some_and(|by| by < HANDOVER_MS);
        one == other || one.meets(other) && !hands_over(one, other) && !hands_over(other, one)
    }

    #[test]
    fn whoever_runs_beside_another_is_named_and_nobody_else() {
        // Every list of three runs out of these, and long ones of them all by turns.
        let ends = [None, Some(0), Some(1), Some(HOUR - 1), Some(HOUR), Some(HOUR + 1), Some(3 * HOUR)];
        let all: Vec<Span> =
            ends.iter().flat_map(|from| ends.iter().map(|until| span(*from, *until))).collect();
        let mut lists: Vec<Vec<Span>> = Vec::new();
        for one in &all {
            for other in &all {
                lists.extend(all.iter().map(|third| vec![*one, *other, *third]));
            }
        }
        lists.extend((1..all.len()).map(|step| all.iter().cycle().step_by(step).take(40).copied().collect()));
        let mut several = 0;
        for mut runs in lists {
            runs.sort_unstable();
            let pairs = beside(&runs);
            for (one, other) in &pairs {
                assert!(one < other && run_beside(runs[*one], runs[*other]), "{runs:?} {pairs:?}");
            }
            for (at, own) in runs.iter().enumerate() {
                let others = runs.iter().enumerate().filter(|(other, _)| *other != at);
                let has_one = others.into_iter().any(|(_, other)| run_beside(*own, *other));
                let named = pairs.iter().any(|(one, other)| *one == at || *other == at);
                assert_eq!(named, has_one, "{at} of {runs:?}: {pairs:?}");
            }
            assert!(pairs.len() < 2 * runs.len());
            several += usize::from(pairs.len() > 1);
        }
        assert!(several > 1_000, "{several}");
    }
}
