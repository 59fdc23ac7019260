//! A list that keeps what it once allocated.

use std::ops::Deref;

/// A list that reads as a slice and is filled again for every cart without giving its buffers back, so that pricing in
/// the steady state allocates nothing.
#[derive(Clone)]
pub struct List<T> {
    slots: Vec<T>,
    len: usize,
}

impl<T> List<T> {
    /// Forgets the entries and keeps their buffers.
    pub(crate) const fn clear(&mut self) {
        self.len = 0;
    }
}

impl<T: Copy> List<T> {
    /// Appends an entry.
    #[inline]
    pub(crate) fn push(&mut self, entry: T) {
        match self.slots.get_mut(self.len) {
            Some(slot) => *slot = entry,
            None => self.slots.push(entry),
        }
        self.len += 1;
    }

    /// Takes over the entries of a buffer and gives its own buffer, with whatever is in it, for them.
    pub(crate) fn exchange(&mut self, entries: &mut Vec<T>) {
        std::mem::swap(&mut self.slots, entries);
        self.len = self.slots.len();
    }
}

impl<T> List<T> {
    /// The last entry.
    pub(crate) fn last_mut(&mut self) -> Option<&mut T> {
        let last = self.len.checked_sub(1)?;
        self.slots.get_mut(last)
    }
}

impl<T: Default> List<T> {
    /// The next entry, to be overwritten in full: it holds whatever a former one left there.
    #[expect(clippy::indexing_slicing, reason = "the entry was pushed two lines above when it was not there")]
    pub(crate) fn next_slot(&mut self) -> &mut T {
        if self.len == self.slots.len() {
            self.slots.push(T::default());
        }
        let at = self.len;
        self.len += 1;
        &mut self.slots[at]
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), len: 0 }
    }
}

impl<T> Deref for List<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        self.slots.get(..self.len).unwrap_or_default()
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        let slots: Vec<T> = entries.into_iter().collect();
        Self { len: slots.len(), slots }
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: PartialEq> PartialEq for List<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for List<T> {}

impl<T: std::fmt::Debug> std::fmt::Debug for List<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cleared_list_reads_as_empty_and_fills_again() {
        let mut list: List<String> = List::default();
        list.next_slot().push_str("first");
        list.next_slot().push_str("second");
        list.clear();
        assert!(list.is_empty());
        let slot = list.next_slot();
        slot.clear();
        slot.push_str("third");
        assert_eq!(*list, ["third".to_owned()]);
    }
}
