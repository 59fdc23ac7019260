//! Bytes as a source of choices.

/// Reads choices off bytes; when they run out every further choice is the first one, so that any bytes give a
/// scenario, and zeroing or dropping bytes makes it simpler.
#[derive(Clone, Debug)]
pub(in crate::testkit) struct Bytes<'b> {
    left: &'b [u8],
}

impl<'b> Bytes<'b> {
    pub const fn new(bytes: &'b [u8]) -> Self {
        Self { left: bytes }
    }

    pub fn byte(&mut self) -> u8 {
        match self.left.split_first() {
            Some((first, rest)) => {
                self.left = rest;
                *first
            }
            None => 0,
        }
    }

    /// A number below `bound`, or zero.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::from(self.byte()).checked_rem(bound).unwrap_or(0)
    }

    /// One of these; there must be one. The first is the simplest.
    pub fn pick<T: Clone>(&mut self, choices: &[T]) -> Option<T> {
        let at = self.below(choices.len());
        choices.get(at).cloned()
    }

    /// One of these.
    pub fn one_of<T: Copy, const N: usize>(&mut self, choices: [T; N]) -> T {
        const { assert!(N > 0) };
        let at = self.below(N);
        choices[at]
    }

    /// True in so many of sixteen cases; false when the bytes have run out.
    pub fn in_16(&mut self, cases: u8) -> bool {
        self.byte() % 16 >= 16_u8.saturating_sub(cases)
    }

    /// Something in so many of sixteen cases.
    pub fn maybe<T>(&mut self, cases_in_16: u8, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.in_16(cases_in_16).then(|| make(self))
    }
}
