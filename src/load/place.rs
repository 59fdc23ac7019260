//! Finds where paths stand in the text. Only a document with problems pays for it.

use std::cmp::Ordering;

use super::parts::{Part, parts};
use crate::validate::Spot;

/// A place in a text, both counted from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// The start of a text.
pub(super) const START: Place = Place { line: 1, column: 1 };

/// What to find: a JSON pointer, which part of the text it stands for, and of a list the member that is meant.
pub(super) struct Wanted<'a> {
    pub(super) path: &'a str,
    pub(super) spot: Spot,
    pub(super) member: Option<&'a str>,
}

/// Where something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stands {
    pub(super) place: Place,
    /// The position of the member that is meant.
    pub(super) member: Option<usize>,
}

/// The places of some paths; of one that is not there, the place of the innermost value around it.
///
/// The document is walked once for all of them: each level of a value that leads to a path is taken apart once. Cost:
/// the document's length times the depth of the paths, however many there are.
pub(super) fn find(text: &str, wanted: &[Wanted<'_>]) -> Vec<Stands> {
    let target = |(wanted, index): (&Wanted<'_>, usize)| {
        let member = wanted.member.map(str::to_owned);
        Target { steps: steps(wanted.path), spot: wanted.spot, member, index }
    };
    let mut targets: Vec<Target> = wanted.iter().zip(0..).map(target).collect();
    targets.sort_by(|a, b| a.steps.cmp(&b.steps));
    let start = text.len() - text.trim_start().len();
    let mut slots = vec![Slot { offset: start, member: None }; wanted.len()];
    walk(text, text.trim(), 0, &targets, &mut slots);
    let offsets: Vec<usize> = slots.iter().map(|slot| slot.offset).collect();
    let places = to_places(text, &offsets).into_iter().zip(slots);
    places.map(|(place, slot)| Stands { place, member: slot.member }).collect()
}

/// What was found so far.
#[derive(Clone, Copy)]
struct Slot {
    offset: usize,
    member: Option<usize>,
}

struct Target {
    steps: Vec<String>,
    spot: Spot,
    member: Option<String>,
    /// Where it stands in what was asked.
    index: usize,
}

fn steps(path: &str) -> Vec<String> {
    let unescaped = |step: &str| step.replace("~1", "/").replace("~0", "~");
    path.split('/').skip(1).map(unescaped).collect()
}

/// Finds the targets that lead through `value`, whose steps agree up to `depth`. The depth of the recursion is that of
/// the paths, which come from readers that count it. Of a key that comes twice the last one is meant.
fn walk(text: &str, value: &str, depth: usize, targets: &[Target], slots: &mut [Slot]) {
    // Sorted, those that end here come first.
    let ended = targets.partition_point(|target| target.steps.len() <= depth);
    let ended = targets.get(..ended).unwrap_or_default();
    if ended.len() == targets.len() && ended.iter().all(|target| target.member.is_none()) {
        return;
    }
    // The document is JSON; what is no object or list has no parts, and the places found so far stand.
    let _ = parts(value, |index, part| {
        let name = match part.key {
            Some(_) => part.name(),
            None => Some(index.to_string().into()),
        };
        members(text, index, &part, ended, slots);
        let inside = name.map_or(&[][..], |name| through(targets, depth, &name));
        let value_at = offset(text, part.value.get());
        let key_at = part.key.map_or(value_at, |key| offset(text, key.get()));
        for target in inside {
            let is_key = target.spot == Spot::Key && target.steps.len() == depth + 1;
            if let Some(slot) = slots.get_mut(target.index) {
                slot.offset = if is_key { key_at } else { value_at };
            }
        }
        walk(text, part.value.get(), depth + 1, inside, slots);
    });
}

/// Finds the targets that mean this member of the list they lead to; of equal members the first is meant.
fn members(text: &str, index: usize, part: &Part<'_>, targets: &[Target], slots: &mut [Slot]) {
    if part.key.is_some() || targets.iter().all(|target| target.member.is_none()) {
        return;
    }
    let Some(name) = part.text() else { return };
    for target in targets.iter().filter(|target| target.member.as_deref() == Some(&*name)) {
        if let Some(slot) = slots.get_mut(target.index).filter(|slot| slot.member.is_none()) {
            *slot = Slot { offset: offset(text, part.value.get()), member: Some(index) };
        }
    }
}

/// The targets that go on by a step; sorted targets make them neighbours.
fn through<'t>(targets: &'t [Target], depth: usize, name: &str) -> &'t [Target] {
    let order = |target: &Target| match target.steps.get(depth) {
        None => Ordering::Less,
        Some(step) => step.as_str().cmp(name),
    };
    let start = targets.partition_point(|target| order(target) == Ordering::Less);
    let rest = targets.get(start..).unwrap_or_default();
    let len = rest.partition_point(|target| order(target) == Ordering::Equal);
    rest.get(..len).unwrap_or_default()
}

/// Where a part of the text starts.
fn offset(text: &str, part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(text.as_ptr().addr())
}

/// Lines and columns of offsets, in one pass over the text.
fn to_places(text: &str, offsets: &[usize]) -> Vec<Place> {
    let mut sorted: Vec<(usize, usize)> = offsets.iter().copied().zip(0..).collect();
    sorted.sort_unstable();
    let mut places = vec![START; offsets.len()];
    let (mut from, mut place) = (0, START);
    for (offset, index) in sorted {
        place = advance(place, text.get(from..offset).unwrap_or_default());
        from = offset.max(from);
        if let Some(slot) = places.get_mut(index) {
            *slot = place;
        }
    }
    places
}

/// The place after some text.
fn advance(place: Place, text: &str) -> Place {
    let (mut line, mut column) = (place.line, place.column);
    for byte in text.bytes() {
        if byte == b'\n' {
            (line, column) = (line.saturating_add(1), 1);
        } else if byte & 0xc0 != 0x80 {
            // Bytes of this form go on with a character and do not start one.
            column = column.saturating_add(1);
        }
    }
    Place { line, column }
}

/// The place right after some text.
pub(super) fn after(text: &str) -> Place {
    advance(START, text)
}

/// The place that `serde_json` names by line and byte in the line.
pub(super) fn of_error(text: &str, error: &serde_json::Error) -> Place {
    let lines = text.split_inclusive('\n');
    let lines_before = lines.take(error.line().saturating_sub(1));
    let line_start: usize = lines_before.map(str::len).sum();
    let mut offset = line_start.saturating_add(error.column().saturating_sub(1));
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    after(text.get(..offset).unwrap_or(text))
}
