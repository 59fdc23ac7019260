//! What rules know a line by: its sku, its categories at every level, its tags, its shop.
//!
//! A cart lists these once, hashed, so that pricing looks each up in a plan's index without reading the text again,
//! however often the cart is priced.

use std::hash::{DefaultHasher, Hasher};

use smol_str::SmolStr;

use super::Line;

/// Which kind of id a mark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

    /// The hash of its kind and text.
    pub const fn hash(&self) -> u64 {
        self.hash
    }

    pub fn new(kind: MarkKind, text: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        // The last byte is the kind, so nothing else says where the text ends.
        hasher.write(text.as_bytes());
        hasher.write_u8(kind as u8);
        Self { hash: hasher.finish(), kind, text: SmolStr::new(text) }
    }
}

/// What the items of a cart are known by: every mark once, with its items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CartMarks {
    marks: Vec<Mark>,
    /// Their hashes, ascending.
    hashes: Vec<u64>,
    /// By mark: where its items end in `items`.
    ends: Vec<u32>,
    /// The items of the marks, in canonical order, one range after the other.
    items: Vec<u32>,
    /// By item: where its marks end in `of_items`.
    item_ends: Vec<u32>,
    /// The marks of the items, by position, one range after the other.
    of_items: Vec<u32>,
}

impl CartMarks {
    /// Lists the marks of items, given by a line of each; `None` stands for an item that no rule may find.
    pub fn new<'a>(items: impl Iterator<Item = Option<&'a Line>>) -> Self {
        let mut pairs = Vec::new();
        let mut own = Vec::new();
        let mut item_ends = Vec::new();
        for (at, line) in (0_u32..).zip(items) {
            push_marks(&mut own, line);
            pairs.extend(own.drain(..).map(|mark| (mark, at)));
            item_ends.push(0);
        }
        // Any order will do that brings equal marks together.
        pairs.sort_unstable_by(|(a, at_a), (b, at_b)| {
            (a.hash, a.kind, &a.text, at_a).cmp(&(b.hash, b.kind, &b.text, at_b))
        });
        let mut all = Self { item_ends, ..Self::default() };
        for (mark, item) in pairs {
            if all.marks.last() != Some(&mark) {
                all.hashes.push(mark.hash);
                all.marks.push(mark);
                all.ends.push(0);
            }
            all.items.push(item);
            // What lines are known by is limited.
            let end = u32::try_from(all.items.len()).unwrap_or(u32::MAX);
            all.ends.last_mut().into_iter().for_each(|last| *last = end);
        }
        all.list_by_item();
        all
    }

    /// What is left when only some items are kept; `places` says where each stands then.
    pub fn kept(&self, places: &[Option<u32>]) -> Self {
        let item_ends = places.iter().flatten().map(|_| 0).collect();
        let mut kept = Self { item_ends, ..Self::default() };
        for (at, mark) in (0_u32..).zip(&self.marks) {
            let before = kept.items.len();
            let place = |item: &u32| places.get(*item as usize).copied().flatten();
            kept.items.extend(self.items(at).iter().filter_map(place));
            if kept.items.len() > before {
                kept.hashes.push(mark.hash);
                kept.marks.push(mark.clone());
                kept.ends.push(u32::try_from(kept.items.len()).unwrap_or(u32::MAX));
            }
        }
        kept.list_by_item();
        kept
    }

    /// Turns the lists round.
    fn list_by_item(&mut self) {
        let mut pairs: Vec<(u32, u32)> = Vec::with_capacity(self.items.len());
        for (at, _) in (0_u32..).zip(&self.marks) {
            pairs.extend(self.items(at).iter().map(|item| (*item, at)));
        }
        pairs.sort_unstable();
        let ends = (1_u32..).zip(&pairs);
        for (end, (item, _)) in ends {
            self.item_ends.get_mut(*item as usize).into_iter().for_each(|last| *last = end);
        }
        // Items that nothing finds end where the one before ends.
        let mut before = 0;
        for end in &mut self.item_ends {
            before = before.max(*end);
            *end = before;
        }
        self.of_items = pairs.into_iter().map(|(_, mark)| mark).collect();
    }

    /// Every mark once, in an order without meaning; it is numbered by its position.
    pub fn all(&self) -> &[Mark] {
        &self.marks
    }

    /// Where a mark stands.
    #[inline]
    pub fn position(&self, wanted: &Mark) -> Option<u32> {
        let mut at = self.hashes.partition_point(|hash| *hash < wanted.hash);
        while self.hashes.get(at) == Some(&wanted.hash) {
            if self.marks.get(at) == Some(wanted) {
                // What lines are known by is limited.
                return u32::try_from(at).ok();
            }
            at = at.saturating_add(1);
        }
        None
    }

    /// The items of a mark, in canonical order.
    #[inline]
    pub fn items(&self, mark: u32) -> &[u32] {
        range(&self.ends, &self.items, mark)
    }

    /// The marks of an item.
    #[inline]
    pub fn of_item(&self, item: u32) -> &[u32] {
        range(&self.item_ends, &self.of_items, item)
    }
}

/// The range of a list that ends where the entry of `at` says, and begins where the one before ends.
#[inline]
fn range<'a>(ends: &[u32], list: &'a [u32], at: u32) -> &'a [u32] {
    let end = |at: u32| ends.get(at as usize).map_or(0, |end| *end as usize);
    let from = at.checked_sub(1).map_or(0, end);
    list.get(from..end(at)).unwrap_or_default()
}

/// Lists the marks of a line, each once.
fn push_marks(marks: &mut Vec<Mark>, line: Option<&Line>) {
    let Some(line) = line else { return };
    marks.push(Mark::new(MarkKind::Shop, line.shop.as_str()));
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
        push_marks(&mut marks, Some(&line));
        let seen: Vec<(MarkKind, &str)> = marks.iter().map(|mark| (mark.kind, mark.text.as_str())).collect();
        let (category, tag) = (MarkKind::Category, MarkKind::Tag);
        let expected = [
            (MarkKind::Shop, ""),
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

    #[test]
    fn marks_and_items_list_each_other() {
        let line = |sku: &str| Line::new("1", sku, 1, Money::from_minor(1));
        let (tea, pen) = (line("TEA").category("food/tea"), line("PEN").category("food"));
        let marks = CartMarks::new([Some(&tea), None, Some(&pen), Some(&tea)].into_iter());
        let items_of = |kind: MarkKind, text: &str| {
            let at = marks.all().iter().position(|mark| *mark == Mark::new(kind, text)).unwrap();
            marks.items(u32::try_from(at).unwrap()).to_vec()
        };
        assert_eq!(items_of(MarkKind::Sku, "TEA"), [0, 3]);
        assert_eq!(items_of(MarkKind::Category, "food"), [0, 2, 3]);
        assert_eq!(items_of(MarkKind::Shop, ""), [0, 2, 3]);
        for item in 0..4 {
            let own = marks.of_item(item);
            assert!(own.iter().all(|mark| marks.items(*mark).contains(&item)), "{item}");
            // Shop and sku; tea has two levels of a category, pens have one.
            assert_eq!(own.len(), [4, 0, 3, 4][item as usize], "{item}");
        }
    }
}
