//! Improving what was found step by step, and buying at random.

use std::collections::BTreeMap;

use super::{Hit, Search, StopReason};
use crate::audit::basket::{Basket, Script};
use crate::audit::extremes::Measure;

/// Steps of polishing one hit.
const STEPS_MAX: usize = 8;
/// Other products tried in each step.
const OTHERS_MAX: usize = 24;

impl Search<'_, '_> {
    /// Buys at random: so many baskets drawn from a seed, each compared with one piece less, then polishes what it found.
    pub(in crate::audit) fn wander(&mut self, runs: u64, seed: u64) -> StopReason {
        let mut dice = Dice(seed);
        for _ in 0..runs {
            if self.is_spent() {
                break;
            }
            let Some(basket) = self.draw(&mut dice) else { break };
            self.look(&basket);
            self.one_more(&basket);
        }
        self.polish_all();
        self.climb();
        self.scripts();
        self.stop_reason()
    }

    fn draw(&self, dice: &mut Dice) -> Option<Basket> {
        let shopper = dice.below(self.world.shoppers.len());
        let codes = self.all_codes(shopper).into_iter().filter(|_| dice.below(3) > 0).collect();
        let mut items = BTreeMap::new();
        for _ in 0..=dice.below(self.bounds.products) {
            let product = *self.picks.get(dice.below(self.picks.len()))?;
            let critical = self.counts.get(&product)?;
            let any = u32::try_from(1 + dice.below(usize::try_from(self.bounds.pieces).ok()?)).ok()?;
            let count = match dice.below(2) {
                0 => critical.get(dice.below(critical.len())).copied().unwrap_or(any),
                _ => any,
            };
            items.insert(product, count);
        }
        Some(Basket::of(shopper, codes, items))
    }

    /// Improves the hits of every check step by step.
    pub(super) fn polish_all(&mut self) {
        for at in 0..self.checks.len() {
            for hit in self.hits.get(at).cloned().unwrap_or_default() {
                if let Script::One(basket) = hit.script {
                    self.polish(at, basket, hit.size);
                }
            }
        }
    }

    fn polish(&mut self, check: usize, from: Basket, size: i64) {
        let (mut best, mut best_size) = (from, size);
        for _ in 0..STEPS_MAX {
            if self.is_spent() {
                return;
            }
            self.look_around(&best);
            let top = self.hits.get(check).and_then(|hits| hits.first());
            match top {
                Some(Hit { size, script: Script::One(basket) }) if *size > best_size => {
                    (best, best_size) = (basket.clone(), *size);
                }
                Some(_) | None => return,
            }
        }
    }

    /// Improves the orders that go furthest by each measure step by step.
    pub(super) fn climb(&mut self) {
        for measure in Measure::ALL {
            for _ in 0..STEPS_MAX {
                let Some(from) = self.peaks.of(measure).cloned().filter(|_| !self.is_spent()) else { break };
                self.look_around(&from.basket);
                if self.peaks.of(measure) == Some(&from) {
                    break;
                }
            }
        }
    }

    /// Looks at all beside a basket, once.
    fn look_around(&mut self, basket: &Basket) {
        let written = basket.written();
        if self.seen.around.contains(&written) {
            return;
        }
        for next in self.neighbours(basket) {
            self.look(&next);
        }
        if !self.is_spent() {
            self.seen.around.insert(written);
        }
    }

    /// One number changed, one product more, one code in or out, another shopper.
    fn neighbours(&self, basket: &Basket) -> Vec<Basket> {
        let mut next = Vec::new();
        for (product, count) in &basket.items {
            let critical = self.counts.get(product).cloned().unwrap_or_default();
            let around = [count.saturating_sub(1), count.saturating_add(1)];
            next.extend(around.into_iter().chain(critical).map(|count| basket.with(*product, count)));
        }
        if basket.items.len() < self.bounds.products {
            let others = self.picks.iter().filter(|product| !basket.items.contains_key(product));
            for product in others.take(OTHERS_MAX) {
                // Two, where the second piece is what gets cheaper.
                next.extend([1, 2].map(|count| basket.with(*product, count)));
            }
        }
        for code in self.all_codes(basket.shopper) {
            let mut changed = basket.clone();
            if !changed.codes.remove(&code) {
                changed.codes.insert(code);
            }
            next.push(changed);
        }
        for shopper in self.shoppers().filter(|shopper| *shopper != basket.shopper) {
            next.push(Basket::of(shopper, self.all_codes(shopper), basket.items.clone()));
        }
        next
    }
}

/// Numbers from a seed (splitmix64, public domain).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(mixed.checked_rem(bound).unwrap_or(0)).unwrap_or(0)
    }
}
