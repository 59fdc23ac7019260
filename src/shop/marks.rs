//! What rules know a line by: its sku, its categories at every level, its tags, its shop.
//!
//! A cart lists these once, hashed, so that pricing looks each up in a plan's index without reading the text again,
//! however often the cart is priced.

use std::hash::{DefaultHasher, Hash, Hasher};

use smol_str::SmolStr;

use super::Line;

/// Which kind of id a mark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum MarkKind {
    Sku,
    Category,
    Tag,
    Shop,
}

/// An id with its hash.
///
/// Carts and rules of all plans must hash alike, so there is no seed; `SipHash` leaves nobody a way to find many ids of
/// one hash short of trying, and a rule file holds too few of them for that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    hash: u64,
    kind: MarkKind,
    text: SmolStr,
}

impl Mark {
    /// A bit for the mark's kind.
    pub const fn kind_bit(&self) -> u8 {
        1 << self.kind as u8
    }

    pub fn new(kind: MarkKind, text: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        (kind, text).hash(&mut hasher);
        Self { hash: hasher.finish(), kind, text: SmolStr::new(text) }
    }
}

impl Hash for Mark {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// Appends the marks of a line, each once; the shop is not among them, for few rules ask for it.
pub(super) fn push_marks(marks: &mut Vec<Mark>, line: &Line) {
    marks.push(Mark::new(MarkKind::Sku, line.sku.as_str()));
    let from = marks.len();
    for category in &line.categories {
        for_each_prefix(category.as_str(), |prefix| {
            let mark = Mark::new(MarkKind::Category, prefix);
            if !marks.iter().skip(from).any(|known| *known == mark) {
                marks.push(mark);
            }
        });
    }
    marks.extend(line.tags.iter().map(|tag| Mark::new(MarkKind::Tag, tag.as_str())));
}

/// A path is below each of its prefixes that end where a level ends, itself included.
pub(crate) fn for_each_prefix(path: &str, mut visit: impl FnMut(&str)) {
    for (at, _) in path.match_indices('/') {
        visit(path.get(..at).unwrap_or_default());
    }
    visit(path);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Money;

    #[test]
    fn a_line_is_known_by_every_level_of_its_categories_once() {
        let line = Line::new("1", "A", 1, Money::from_minor(1));
        let line = line.category("food/wine/red").category("food/gifts").tag("food");
        let mut marks = Vec::new();
        push_marks(&mut marks, &line);
        let seen: Vec<(MarkKind, &str)> = marks.iter().map(|mark| (mark.kind, mark.text.as_str())).collect();
        let (category, tag) = (MarkKind::Category, MarkKind::Tag);
        let expected = [
            (MarkKind::Sku, "A"),
            (category, "food"),
            (category, "food/gifts"),
            (category, "food/wine"),
            (category, "food/wine/red"),
            (tag, "food"),
        ];
        assert_eq!(seen, expected);
        assert_ne!(marks.first(), marks.last());
    }
}
