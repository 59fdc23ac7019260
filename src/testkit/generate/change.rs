//! Changes that must not move a price: other orders of lines and rules, and a line in two.

use super::Scenario;
use crate::rules::RuleSet;
use crate::shop::{Cart, Line, LineId};

/// A scenario in which one line stands in two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The scenario.
    pub scenario: Scenario,
    /// The line that was split; it keeps the first pieces.
    pub line: LineId,
    /// The line with the others.
    pub other: LineId,
}

impl Scenario {
    /// The same with the cart's lines and charges given in another order; `seed` picks one.
    #[must_use]
    pub fn lines_permuted(&self, seed: u64) -> Self {
        let lines = permuted(self.cart.lines(), seed);
        self.with_cart(lines, permuted(self.cart.charges(), seed))
    }

    /// The same with the rules listed in another order.
    #[must_use]
    pub fn rules_permuted(&self, seed: u64) -> Self {
        let mut changed = self.clone();
        changed.rules.rules = Vec::new();
        let rules = permuted(&self.rules.rules, seed);
        changed.rules = rules.into_iter().fold(changed.rules, RuleSet::rule);
        changed
    }

    /// The same with a line of two pieces or more in two, alike in everything but their ids; `None` without such a
    /// line. `seed` picks the line and where it is cut.
    #[must_use]
    pub fn line_split(&self, seed: u64) -> Option<Split> {
        let long: Vec<&Line> = self.cart.lines().iter().filter(|line| line.quantity > 1).collect();
        let mut choice = Choice(seed);
        let line = *long.get(choice.below(long.len()))?;
        let front = u32::try_from(1 + choice.below(line.quantity as usize - 1)).ok()?;
        // Sorts behind the line and before every other id of the generator.
        let other = LineId::new(format!("{}+", line.id));
        let mut lines: Vec<Line> = Vec::new();
        for known in self.cart.lines() {
            if known.id == line.id {
                let (mut first, mut second) = (known.clone(), known.clone());
                first.quantity = front;
                second.quantity -= front;
                second.id = other.clone();
                lines.extend([first, second]);
            } else {
                lines.push(known.clone());
            }
        }
        let scenario = self.with_cart(lines, self.cart.charges().to_vec());
        Some(Split { scenario, line: line.id.clone(), other })
    }

    fn with_cart(&self, lines: Vec<Line>, charges: Vec<crate::shop::Charge>) -> Self {
        let cart = Cart::new(self.cart.currency(), lines, charges);
        Self { cart: cart.unwrap_or_else(|_| self.cart.clone()), ..self.clone() }
    }
}

/// Numbers from a seed (splitmix64, public domain).
struct Choice(u64);

impl Choice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        let chosen = mixed.checked_rem(bound).unwrap_or(0);
        usize::try_from(chosen).unwrap_or(0)
    }
}

fn permuted<T: Clone>(list: &[T], seed: u64) -> Vec<T> {
    let mut choice = Choice(seed);
    let mut permuted = list.to_vec();
    for at in (1..permuted.len()).rev() {
        permuted.swap(at, choice.below(at + 1));
    }
    permuted
}
