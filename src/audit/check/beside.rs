//! Rules that stand beside each other in a way that could break a promise: copies, windows that meet or leave a gap, and
//! exclusions that leave a door open. Each takes little more than the number of rules, or gives up after a count of looks.

use std::collections::BTreeMap;

use super::reads::{asks_price, goods, selectors, tests};
use super::refusals::Refusals;
use super::shelf::enabled;
use super::tree::are_refused;
use crate::rules::{Asks, Condition, Gives, GoesWith, Rule, RuleSet, Selector, Span, Undeclared, Window};

/// Windows less than this apart are meant to follow each other.
const HOUR_MS: i64 = 3_600_000;
/// Those that are this close are, whatever the rules give.
const MINUTE_MS: i64 = 60_000;
/// After so many looks nothing is said.
const LOOKS_MAX: u32 = 1_000_000;

/// Looks that are left.
struct Looks(u32);

impl Looks {
    const fn new() -> Self {
        Self(LOOKS_MAX)
    }

    /// One more look; `None` when there were too many.
    fn look(&mut self) -> Option<()> {
        self.0 = self.0.checked_sub(1)?;
        Some(())
    }
}

/// Whether no two rules give the same under the same conditions, but for names, rank and limits, at times that meet; where they
/// meet for less than an hour one follows the other.
pub(super) fn no_copies(rules: &RuleSet) -> bool {
    let mut alike: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    let mut looks = Looks::new();
    enabled(rules).all(|rule| {
        let (terms, span) = rule.terms();
        let Ok(text) = serde_json::to_string(&terms) else { return false };
        let known = alike.entry(text).or_default();
        let apart = known.iter().all(|other| looks.look().is_some() && are_apart(*other, span));
        known.push(span);
        apart
    })
}

fn are_apart(one: Span, other: Span) -> bool {
    let ends_soon = |first: Span, second: Span| {
        first.until.zip(second.from).is_some_and(|(until, from)| until < from.saturating_add(HOUR_MS))
    };
    one != other && (!one.meets(other) || ends_soon(one, other) || ends_soon(other, one))
}

/// A rule with its condition in the one form, in which no window stands under `not`.
struct Timed<'r> {
    rule: &'r Rule,
    condition: Option<Condition>,
    /// When it runs, by the windows that it cannot do without.
    time: Window,
    asks: Asks<'r>,
    /// What it is for, in the one form of selectors: written down once, since rules are compared with very many.
    goods: Option<Selector>,
}

impl Timed<'_> {
    fn windows(&self) -> impl Iterator<Item = &Window> {
        self.condition.iter().flat_map(tests).filter_map(Condition::of_window)
    }

    /// Whether it runs on at a moment, by all its windows.
    fn runs_at(&self, moment: i64) -> bool {
        self.windows().all(|Window { from, until, .. }| {
            from.is_none_or(|from| from.unix_ms() <= moment)
                && until.is_none_or(|until| until.unix_ms() > moment)
        })
    }
}

fn timed(rules: &RuleSet) -> Vec<Timed<'_>> {
    fn one(rule: &Rule) -> Timed<'_> {
        let condition = rule.condition.as_ref().map(Condition::normal);
        let goods = goods(&rule.benefit).map(Selector::normal);
        Timed { rule, condition, time: rule.window(), asks: rule.asks(), goods }
    }
    enabled(rules).map(one).collect()
}

/// Ends of the windows that rules ask for, with the rule's place: moments in milliseconds.
fn ends(rules: &[Timed<'_>], of: impl Fn(&Window) -> Option<i64>) -> Vec<(i64, usize)> {
    let mut list = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        list.extend(rule.windows().filter_map(&of).map(|moment| (moment, at)));
    }
    list.sort_unstable();
    list
}

fn begins(rules: &[Timed<'_>]) -> Vec<(i64, usize)> {
    ends(rules, |window| Some(window.from?.unix_ms()))
}

fn stops(rules: &[Timed<'_>]) -> Vec<(i64, usize)> {
    ends(rules, |window| Some(window.until?.unix_ms()))
}

/// Whether no window ends within an hour after that of another rule began.
pub(super) fn no_handover(rules: &RuleSet) -> bool {
    let list = timed(rules);
    let begins = begins(&list);
    stops(&list).into_iter().all(|(stop, own)| {
        let first = begins.partition_point(|(begin, _)| *begin <= stop.saturating_sub(HOUR_MS));
        // Those of the rule itself are few; the first of another one decides.
        !begins.iter().skip(first).take_while(|(begin, _)| *begin < stop).any(|(_, other)| *other != own)
    })
}

/// Whether no window begins within an hour after that of another rule ended which it is meant to follow, with nothing between.
pub(super) fn no_gap(rules: &RuleSet) -> bool {
    let list = timed(rules);
    let begins = begins(&list);
    let mut looks = Looks::new();
    let mut find = || {
        for (stop, own) in stops(&list) {
            let ended = list.get(own)?;
            let first = begins.partition_point(|(begin, _)| *begin <= stop);
            for (begin, other) in begins.iter().skip(first).take_while(|(begin, _)| begin - stop < HOUR_MS) {
                looks.look()?;
                let next = list.get(*other)?;
                // The windows of one rule, of which one is enough, follow each other as those of two do.
                let follows = ended.rule.stage == next.rule.stage
                    && (begin - stop <= MINUTE_MS || is_of_a_kind(ended, next));
                if follows && !is_filled(rules, &list, (ended, stop), &mut looks)? {
                    return None;
                }
            }
        }
        Some(())
    };
    find().is_some()
}

/// Whether a rule of the same kind runs on when one ends, for whoever the one was for, and nothing keeps it away; `None` after
/// too many looks.
fn is_filled(
    rules: &RuleSet,
    list: &[Timed<'_>],
    (ended, stop): (&Timed<'_>, i64),
    looks: &mut Looks,
) -> Option<bool> {
    for other in list {
        looks.look()?;
        let is_meant = other.rule.stage == ended.rule.stage && is_of_a_kind(ended, other);
        if is_meant && other.runs_at(stop) {
            (0..other.asks.looks(&ended.asks)).try_for_each(|_| looks.look())?;
            if other.asks.no_more_than(&ended.asks) && is_let_through(rules, list, (other, stop), looks)? {
                return Some(true);
            }
        }
    }
    Some(false)
}

/// Whether none of the rules that may run at a moment keeps one away; `None` after too many looks.
fn is_let_through(
    rules: &RuleSet,
    list: &[Timed<'_>],
    (one, moment): (&Timed<'_>, i64),
    looks: &mut Looks,
) -> Option<bool> {
    let stage = rules.stages.iter().find(|stage| stage.id == one.rule.stage);
    if rules.undeclared != Undeclared::Together
        || one.rule.stacking.exclusive.is_some()
        || stage.is_none_or(|stage| stage.max_rules.is_some())
    {
        return Some(false);
    }
    for other in list.iter().filter(|other| other.rule.id != one.rule.id) {
        looks.look()?;
        let Window { from, until } = other.time;
        let may_run = from.is_none_or(|from| from.unix_ms() <= moment)
            && until.is_none_or(|until| until.unix_ms() > moment);
        let keeps_away = other.rule.stacking.exclusive.is_some() || are_refused(other.rule, one.rule);
        if may_run && keeps_away {
            return Some(false);
        }
    }
    Some(true)
}

/// Whether two rules give the same kind of thing on the same goods.
fn is_of_a_kind(one: &Timed<'_>, other: &Timed<'_>) -> bool {
    std::mem::discriminant(&one.rule.benefit) == std::mem::discriminant(&other.rule.benefit)
        && one.rule.per == other.rule.per
        && one.goods == other.goods
}

/// Whether no rule has anything to do with another by exclusion: by what it names, by tolerating none beside it, or by naming
/// none where only what is named goes together.
pub(super) fn none_refuse(rules: &RuleSet) -> bool {
    let refusals = Refusals::among(enabled(rules));
    let all_go = match rules.undeclared {
        Undeclared::Together => true,
        Undeclared::Apart => all_are_declared(rules),
    };
    let is_alone = enabled(rules).nth(1).is_none();
    is_alone
        || all_go && !enabled(rules).any(|rule| rule.stacking.exclusive.is_some() || refusals.touch(rule))
}

/// Whether every two rules are said to go together.
fn all_are_declared(rules: &RuleSet) -> bool {
    let list: Vec<&Rule> = enabled(rules).collect();
    let mut looks = Looks::new();
    list.iter().enumerate().all(|(at, one)| {
        list.iter().skip(at + 1).all(|other| looks.look().is_some() && are_declared(one, other))
    })
}

/// Whether one of two rules says that they go together.
fn are_declared(one: &Rule, other: &Rule) -> bool {
    let names = |one: &Rule, other: &Rule| {
        let GoesWith { rules, tags, stages } = &one.stacking.goes_with;
        rules.contains(&other.id) || stages.contains(&other.stage) || !tags.is_disjoint(&other.tags)
    };
    names(one, other) || names(other, one)
}

/// Whether any two rules that are apart from a third are apart from each other.
pub(super) fn no_door(rules: &RuleSet) -> bool {
    let refusals = Refusals::among(enabled(rules));
    // Who refuses nobody and is refused by nobody is in no such three.
    let list: Vec<&Rule> = enabled(rules).filter(|rule| refusals.touch(rule)).collect();
    let mut looks = Looks::new();
    // Not even every two of them can be looked at.
    if u32::try_from(list.len().saturating_mul(list.len()) / 2).map_or(true, |pairs| pairs > LOOKS_MAX) {
        return false;
    }
    let mut apart: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut close = || {
        for (at, one) in list.iter().enumerate() {
            for (other_at, other) in list.iter().enumerate().skip(at + 1) {
                looks.look()?;
                if are_refused(one, other) {
                    apart.entry(at).or_default().push(other_at);
                    apart.entry(other_at).or_default().push(at);
                }
            }
        }
        for partners in apart.values() {
            for (at, one) in partners.iter().enumerate() {
                for other in partners.iter().skip(at + 1) {
                    looks.look()?;
                    are_refused(list.get(*one)?, list.get(*other)?).then_some(())?;
                }
            }
        }
        Some(())
    };
    close().is_some()
}

/// Whether no rule gives free shipping or a gift from a spend on, or for pieces of some price. What must not hold, or need not,
/// is a threshold too.
pub(super) fn no_threshold(rules: &RuleSet) -> bool {
    !enabled(rules).any(|rule| {
        let asks = rule.condition.iter().flat_map(tests);
        let has_spend = asks.filter_map(Condition::of_spend).next().is_some();
        let has_threshold = || has_spend || selectors(rule).into_iter().any(asks_price);
        match rule.benefit.gives() {
            Gives::Gift(gift) => matches!(gift.every, Some(crate::rules::Step::Spend(_))) || has_threshold(),
            Gives::Shipping => has_threshold(),
            Gives::Off
            | Gives::Points(_)
            | Gives::Grant(_)
            | Gives::Redeem(_)
            | Gives::Presale
            | Gives::Balance(_) => false,
        }
    })
}
