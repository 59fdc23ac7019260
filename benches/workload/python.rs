//! The random numbers of Python's `random.Random`, seeded with a text.
//!
//! Source: CPython's `Lib/random.py` (`seed` version 2, `_randbelow_with_getrandbits`, `shuffle`) and
//! `Modules/_randommodule.c` (`random_seed`, `random_random`, `getrandbits`).

use rand_mt::Mt;
use sha2::{Digest, Sha512};

pub struct Random(Mt);

impl Random {
    /// `random.Random(text)`: the text and its SHA-512, read as one big-endian number, seed the generator by their
    /// 32-bit words, the least significant first.
    pub fn new(text: &str) -> Self {
        let mut number = text.as_bytes().to_vec();
        number.extend_from_slice(&Sha512::digest(text));
        // The number begins with the text's first character, so it has no leading zero that Python would drop.
        number.reverse();
        let words = number.chunks(4).map(|bytes| {
            let word = bytes.iter().rev();
            word.fold(0_u32, |word, byte| word << 8 | u32::from(*byte))
        });
        Self(Mt::new_with_key(words))
    }

    /// `random()`: 53 bits, as a number from 0 up to 1.
    #[expect(clippy::float_arithmetic, reason = "Python's random() is a float; no money comes near it")]
    pub fn random(&mut self) -> f64 {
        let (high, low) = (self.0.next_u32() >> 5, self.0.next_u32() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    /// `randrange(until)`.
    pub fn below(&mut self, until: u32) -> u32 {
        // `until` is never zero, so the shift is at most 31.
        let unused = until.leading_zeros();
        loop {
            let number = self.0.next_u32() >> unused;
            if number < until {
                return number;
            }
        }
    }

    /// `randrange(from, until)`.
    pub fn range(&mut self, from: u32, until: u32) -> u32 {
        from + self.below(until - from)
    }

    /// `shuffle(list)`.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        let mut count = u32::try_from(list.len()).expect("a workload has at most 10,000 rules");
        while count > 1 {
            let chosen = self.below(count);
            count -= 1;
            list.swap(count as usize, chosen as usize);
        }
    }
}
