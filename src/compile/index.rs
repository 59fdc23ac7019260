//! Ids to dense numbers, and from there to the rules that need them.
//!
//! The hash tables of a plan. They are asked, never iterated. Marks bring their hash with them; the hash of all
//! other ids is seeded by the plan's fingerprint: whoever writes a rule file cannot aim collisions at a seed that depends
//! on the whole file.

#![expect(clippy::disallowed_types, reason = "ids are looked up here; nothing iterates a table")]

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::shop::{CartMarks, Mark, MarkKind};

/// A fact that the rules of a plan ask for, by number: a sku, category, tag, shop, segment or code.
pub(crate) type Key = u32;

/// One table of texts, by their bytes.
#[derive(Debug, Default)]
pub(crate) struct Table {
    numbers: HashMap<Box<[u8]>, Key, FixedState>,
}

impl Table {
    fn new(texts: BTreeMap<Box<[u8]>, Key>, seed: u64) -> Self {
        let mut numbers = HashMap::with_capacity_and_hasher(texts.len(), FixedState::with_seed(seed));
        numbers.extend(texts);
        Self { numbers }
    }

    /// The number of a text the rules ask for.
    #[inline]
    pub fn get(&self, text: &[u8]) -> Option<Key> {
        if self.numbers.is_empty() { None } else { self.numbers.get(text).copied() }
    }
}

/// The next number.
const fn count_up(next: &mut Key) -> Key {
    let number = *next;
    // Below the number of ids in a rule file, which its size limits.
    *next = next.wrapping_add(1);
    number
}

/// The table of what lines are known by. Marks come hashed.
#[derive(Debug, Default)]
pub(crate) struct MarkTable {
    /// Every mark with its number, in the order of first sight.
    marks: Vec<(Mark, Key)>,
    /// Where marks stand in the list, by hash: entries so small that the table of ten thousand marks stays near the processor.
    positions: HashTable<u32>,
    /// The kinds of the marks in it, as bits.
    kinds: u8,
}

/// So many marks are looked for in a cart one after the other; of more, the cart's marks are looked up in the table.
const FEW: usize = 16;

impl MarkTable {
    /// Says which marks of a cart the rules ask for, each once: its position and its number.
    #[inline]
    pub fn find(&self, cart: &CartMarks, mut found: impl FnMut(u32, Key)) {
        if self.marks.len() <= FEW {
            for (mark, key) in &self.marks {
                if let Some(at) = cart.position(mark) {
                    found(at, *key);
                }
            }
            return;
        }
        for (at, mark) in (0_u32..).zip(cart.all()) {
            if self.kinds & mark.kind_bit() != 0
                && let Some(key) = self.get(mark)
            {
                found(at, key);
            }
        }
    }

    /// The number of a mark.
    #[inline]
    fn get(&self, mark: &Mark) -> Option<Key> {
        let at = |position: &u32| self.marks.get(*position as usize);
        let is_it = |position: &u32| at(position).is_some_and(|(known, _)| known == mark);
        self.positions.find(mark.hash(), is_it).and_then(at).map(|(_, key)| *key)
    }

    /// The number of a mark, given out on first sight.
    fn number(&mut self, mark: Mark, next: &mut Key) -> Key {
        let at = |position: u32| self.marks.get(position as usize);
        let is_it = |position: &u32| at(*position).is_some_and(|(known, _)| *known == mark);
        let hash_of = |position: &u32| at(*position).map_or(0, |(known, _)| known.hash());
        match self.positions.entry(mark.hash(), is_it, hash_of) {
            Entry::Occupied(known) => at(*known.get()).map_or(0, |(_, number)| *number),
            Entry::Vacant(free) => {
                // There are no more marks than numbers.
                free.insert(u32::try_from(self.marks.len()).unwrap_or(u32::MAX));
                let number = count_up(next);
                self.kinds |= mark.kind_bit();
                self.marks.push((mark, number));
                number
            }
        }
    }
}

/// The ids of a plan by kind, sharing one range of numbers.
#[derive(Debug)]
pub(crate) struct Keys {
    pub marks: MarkTable,
    pub segments: Table,
    pub codes: Table,
    /// Rules whose coupons are in wallets.
    pub wallet: Table,
    pub channels: Table,
    pub regions: Table,
    pub payment_methods: Table,
    count: usize,
}

impl Keys {
    /// How many numbers were given out.
    pub const fn len(&self) -> usize {
        self.count
    }
}

/// Which kind of id a text is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Mark(MarkKind),
    Segment,
    Code,
    Wallet,
    Channel,
    Region,
    PaymentMethod,
}

/// Keys in the making, while there is no fingerprint yet to seed their tables with.
#[derive(Debug, Default)]
pub(crate) struct Numbering {
    marks: MarkTable,
    segments: BTreeMap<Box<[u8]>, Key>,
    codes: BTreeMap<Box<[u8]>, Key>,
    wallet: BTreeMap<Box<[u8]>, Key>,
    channels: BTreeMap<Box<[u8]>, Key>,
    regions: BTreeMap<Box<[u8]>, Key>,
    payment_methods: BTreeMap<Box<[u8]>, Key>,
    next: Key,
}

impl Numbering {
    /// Room for a mark of each of so many rules.
    pub fn with_capacity(rules: usize) -> Self {
        let marks = MarkTable { positions: HashTable::with_capacity(rules), ..MarkTable::default() };
        Self { marks, ..Self::default() }
    }

    /// The number of a text, given out on first sight.
    pub fn number(&mut self, kind: Kind, text: &str) -> Key {
        let texts = match kind {
            Kind::Mark(kind) => {
                return self.marks.number(Mark::new(kind, text), &mut self.next);
            }
            Kind::Segment => &mut self.segments,
            Kind::Code => &mut self.codes,
            Kind::Wallet => &mut self.wallet,
            Kind::Channel => &mut self.channels,
            Kind::Region => &mut self.regions,
            Kind::PaymentMethod => &mut self.payment_methods,
        };
        if let Some(number) = texts.get(text.as_bytes()) {
            return *number;
        }
        let number = count_up(&mut self.next);
        texts.insert(text.as_bytes().into(), number);
        number
    }

    /// The tables, hashed by a seed.
    pub fn seeded(self, seed: u64) -> Keys {
        let table = |texts| Table::new(texts, seed);
        Keys {
            marks: self.marks,
            segments: table(self.segments),
            codes: table(self.codes),
            wallet: table(self.wallet),
            channels: table(self.channels),
            regions: table(self.regions),
            payment_methods: table(self.payment_methods),
            count: self.next as usize,
        }
    }
}

/// Some keys, sorted, each once. Nearly always it is one key, which then needs no allocation.
#[derive(Clone, Debug)]
pub(crate) enum KeySet {
    One(Key),
    Many(Box<[Key]>),
}

impl FromIterator<Key> for KeySet {
    fn from_iter<I: IntoIterator<Item = Key>>(keys: I) -> Self {
        let mut keys = keys.into_iter();
        match (keys.next(), keys.next()) {
            (None, _) => Self::Many(Box::default()),
            (Some(key), None) => Self::One(key),
            (Some(first), Some(second)) => {
                let mut many: Vec<Key> = [first, second].into_iter().chain(keys).collect();
                many.sort_unstable();
                many.dedup();
                if let [key] = many.as_slice() {
                    Self::One(*key)
                } else {
                    Self::Many(many.into_boxed_slice())
                }
            }
        }
    }
}

impl std::ops::Deref for KeySet {
    type Target = [Key];

    #[inline]
    fn deref(&self) -> &[Key] {
        match self {
            Self::One(key) => std::slice::from_ref(key),
            Self::Many(keys) => keys,
        }
    }
}

/// Rules by what must be there for them to give anything.
#[derive(Debug, Default)]
pub(crate) struct Anchors {
    /// Where the rules of a key stand in `rules`; one more entry than keys.
    starts: Vec<u32>,
    rules: Vec<u32>,
    /// Rules without a key, by the list value they need, in minor units.
    open: Vec<(i64, u32)>,
}

impl Anchors {
    /// Builds the index: rules that need one of some keys, and rules that need nothing but a cart worth so much. The
    /// pairs may come in any order, and more than once.
    pub fn new(keys: usize, mut keyed: Vec<(Key, u32)>, mut open: Vec<(i64, u32)>) -> Self {
        // One comparison of whole numbers rather than two.
        keyed.sort_unstable_by_key(|(key, rule)| u64::from(*key) << u32::BITS | u64::from(*rule));
        keyed.dedup();
        let mut starts = vec![0_u32; keys + 1];
        for (key, _) in &keyed {
            if let Some(count) = starts.get_mut(*key as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        open.sort_unstable();
        Self { starts, rules: keyed.into_iter().map(|(_, rule)| rule).collect(), open }
    }

    /// The rules anchored at a key.
    #[inline]
    pub fn at(&self, key: Key) -> &[u32] {
        let key = key as usize;
        match (self.starts.get(key), self.starts.get(key + 1)) {
            (Some(from), Some(until)) => self.rules.get(*from as usize..*until as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The rules without a key that a cart of this list value can reach.
    #[inline]
    pub fn open(&self, list_total: i64) -> impl Iterator<Item = u32> + '_ {
        let reached = self.open.partition_point(|(needed, _)| *needed <= list_total);
        self.open.iter().take(reached).map(|(_, rule)| *rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_set_is_sorted_and_names_each_key_once() {
        let set = |keys: &[Key]| keys.iter().copied().collect::<KeySet>();
        assert!(set(&[]).is_empty());
        assert_eq!(*set(&[7]), [7]);
        assert_eq!(*set(&[7, 7]), [7]);
        assert_eq!(*set(&[9, 2, 9, 5]), [2, 5, 9]);
    }

    #[test]
    fn rules_are_found_by_any_of_their_keys_and_open_ones_by_value() {
        let index = Anchors::new(3, vec![(2, 2), (2, 0), (0, 0), (2, 2)], vec![(500, 1), (100, 3)]);
        assert_eq!(
            (index.at(0), index.at(1), index.at(2), index.at(3)),
            (&[0][..], &[][..], &[0, 2][..], &[][..])
        );
        assert_eq!(index.open(499).collect::<Vec<_>>(), [3]);
        assert_eq!(index.open(500).collect::<Vec<_>>(), [3, 1]);
    }
}
