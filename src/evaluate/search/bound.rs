//! The optimistic bound: the least a cart can still cost, whatever is chosen from where a walk stands.
//!
//! It never exceeds what any completion costs, for these reasons.
//!
//! 1. *Every rule has a ceiling* (`ceiling`): the most it can take at any later moment. So the payable stays at least
//!    the worth now less the ceilings of those that apply. Gifts and add-ons never lower it.
//! 2. *Cliques*: of rules that exclude each other, share a group, or stand in a stage with one winner, at most one
//!    applies; so a clique takes at most the largest ceiling of its members. Exclusion follows granted money, but a
//!    rule that grants nothing takes nothing either. Where cliques exclude each other, what goes together is listed (`kin`).
//! 3. *Counts*: with at most `k` more coupons, at most the `k` largest gains of coupons over automatic members count.
//! 4. *Caps*: goods never go below their floors, nor by more than the order cap leaves.
//! 5. *Folding*: of a percentage that runs on what others left, the ceiling counts too much, since the others leave less.
//!    Let `b` be the worth by class after all remaining such percentages, and `F` the money all other remaining rules
//!    take. Then the shortage of any completion, the sum over classes of what it is below `b`, is at most `F`: a rule
//!    that takes money `D` adds at most `D` to it; a percentage `p` that applies scales the shortage of its classes by
//!    `1 - p`, and one that does not lowers `b` alone; both ways it does not grow, but for rounding, which moves at most
//!    one unit per class boundary. What an order-wide percentage scales, it scales in `F` as well, as far as it was
//!    taken before. With floors or cuts of runs in play a split may move money otherwise, and nothing is folded.
//! 6. *Order*: a rule that needs a spend of what is left then applies only while the others have left it (`running`).
//!
//! Locks of lines, budgets and unit limits only lower what rules take, so ceilings that ignore them hold.

use super::model::{Cuts, Dead, Model, Step};
use super::options::Mask;
use super::sums::{CLASSES_MAX, Classes, Sums};
use crate::bounds::PPM;
use crate::evaluate::walk::Walk;

/// Above this worth folding would overflow; the plain sum of ceilings serves.
const FOLD_MAX: i64 = 1 << 41;
/// Digits of the factor that scales what was taken before an order-wide percentage.
const FACTOR_BITS: u32 = 20;

/// What a node may still choose.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Chosen {
    /// Options taken.
    pub taken: Mask,
    /// Options not decided.
    pub open: Mask,
    /// How many more may be taken.
    pub left: u32,
}

/// Buffers, and what the last bound came to.
#[derive(Debug, Default)]
pub(super) struct Bounder {
    pub sums: Sums,
    pub cliques: Vec<Clique>,
    /// By step of the model: its ceiling.
    pub most: Vec<i64>,
    /// What coupons of a clique could take beyond its automatic members, largest first once sorted.
    gains: Vec<i64>,
    /// By clique of several percentages: its highest rate, by class.
    rates: Vec<[i64; CLASSES_MAX]>,
    /// The least it can cost with no further option.
    without: i64,
    /// Steps of blocks that take most together, by number.
    favoured: Mask,
}

/// Rules of which at most one applies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clique {
    auto: i64,
    /// The most any member takes.
    pub any: i64,
    /// Some member does more than take a share as it runs.
    mixed: bool,
    pub members: u32,
    /// The most those members take that no spend keeps back, and in which stretch of steps it was counted last.
    pub free: i64,
    pub counted: u32,
    /// Its highest rate, by class; only when not mixed.
    rates: u32,
    /// What scales money it takes.
    factor: i64,
}

impl Default for Clique {
    fn default() -> Self {
        Self { auto: 0, any: 0, mixed: false, members: 0, free: 0, counted: 0, rates: u32::MAX, factor: 0 }
    }
}

impl Bounder {
    /// The least any completion can cost, or as much of it as shows that it is more than `enough`.
    pub fn bound(
        &mut self,
        walk: &Walk<'_>,
        model: &Model,
        classes: &Classes,
        chosen: Chosen,
        enough: i64,
    ) -> i64 {
        self.sums.take(walk, classes, model.snapshots);
        self.measure(model, classes, walk.at(), chosen);
        let worth = walk.goods() + walk.charges();
        let auto: i64 = self.cliques.iter().fold(0, |sum, clique| sum.saturating_add(clique.auto));
        self.gains.clear();
        self.gains
            .extend(self.cliques.iter().map(|clique| clique.any - clique.auto).filter(|gain| *gain > 0));
        if self.gains.len() > chosen.left as usize {
            self.gains.sort_unstable_by(|a, b| b.cmp(a));
            self.gains.truncate(chosen.left as usize);
        }
        let gains = self.gains.iter().fold(0_i64, |sum, gain| sum.saturating_add(*gain));
        let floors = classes.all_floors();
        let capped = walk.goods().saturating_sub(walk.order_cap_left());
        let least = floors.max(capped);
        self.without = worth.saturating_sub(auto).max(least);
        let all = self.most_together(model);
        let mut bound = worth.saturating_sub(auto.saturating_add(gains).min(all)).max(least);
        if bound > enough {
            return bound;
        }
        if model.folding > 0 && model.cuts == Cuts::No && worth < FOLD_MAX && worth > 0 {
            bound = bound.max(self.fold(model, classes, walk));
        }
        bound.max(self.left_in_order(model, walk, all))
    }

    /// The most that all steps take that go together.
    fn most_together(&mut self, model: &Model) -> i64 {
        let alone = self.cliques.iter().zip(&model.kin.joined).filter(|(_, joined)| !**joined);
        let alone = alone.fold(0_i64, |sum, (clique, _)| sum.saturating_add(clique.any));
        let (of_blocks, favoured) = model.kin.most_of_blocks(&self.most);
        self.favoured = favoured;
        alone.saturating_add(of_blocks)
    }

    /// The least number of further options with which it can cost so little.
    pub fn options_needed(&mut self, payable: i64) -> u32 {
        let mut missing = self.without.saturating_sub(payable);
        if missing <= 0 {
            return 0;
        }
        self.gains.sort_unstable_by(|a, b| b.cmp(a));
        let mut needed = 0;
        for gain in &self.gains {
            needed += 1;
            missing -= gain;
            if missing <= 0 {
                return needed;
            }
        }
        u32::MAX
    }

    /// The most a step can take, by the last bound.
    pub fn most(&self, step: usize) -> i64 {
        self.most[step]
    }

    /// Whether a step is of those that take most together; nothing for a step that stands in no block.
    pub fn is_favoured(&self, model: &Model, step: &Step) -> Option<bool> {
        model.kin.is_favoured(step, self.favoured)
    }

    fn measure(&mut self, model: &Model, classes: &Classes, at: usize, chosen: Chosen) {
        self.cliques.clear();
        self.cliques.resize(model.kin.count, Clique::default());
        self.most.clear();
        self.most.resize(model.steps.len(), 0);
        for (position, step) in model.steps.iter().enumerate().skip(at) {
            if !may_apply(step, chosen) || !self.gates_pass(model, classes, step) {
                continue;
            }
            let most = step.ceiling.most(&self.sums, classes, step.target, step.own, step.stage);
            self.most[position] = most;
            if most == 0 {
                continue;
            }
            let clique = &mut self.cliques[step.clique as usize];
            clique.any = clique.any.max(most);
            if step.unlocked_by == 0 || step.unlocked_by & chosen.taken != 0 {
                // A coupon already taken needs no further option.
                clique.auto = clique.auto.max(most);
            }
            clique.members += 1;
            clique.mixed |= step.folds.is_none();
        }
    }

    fn gates_pass(&self, model: &Model, classes: &Classes, step: &Step) -> bool {
        let gates = &model.gates[step.gates.0 as usize..step.gates.1 as usize];
        gates.iter().all(|gate| self.sums.most(classes, gate.of, gate.row, step.stage) >= gate.min)
    }

    /// The least it can cost by what remains of each class after all percentages.
    fn fold(&mut self, model: &Model, classes: &Classes, walk: &Walk<'_>) -> i64 {
        let worth = walk.goods() + walk.charges();
        let shift = (FOLD_MAX / worth).ilog2();
        self.rates.clear();
        let mut fold =
            Fold { shift, left: [0; CLASSES_MAX], factor: 1 << FACTOR_BITS, slack: 0, parted: false };
        for (left, now) in fold.left.iter_mut().zip(&self.sums.now[..classes.count]) {
            *left = now << shift;
        }
        for (position, step) in model.steps.iter().enumerate().skip(walk.at()).rev() {
            if self.most[position] > 0 {
                self.fold_step(&mut fold, step, classes);
            }
        }
        for rates in &self.rates {
            for (left, rate) in fold.left[..classes.count].iter_mut().zip(rates) {
                *left -= share_up(*left, *rate);
            }
        }
        let taken = self.cliques.iter().filter(|clique| clique.mixed && clique.any > 0);
        let taken = taken.fold(fold.slack, |sum, clique| {
            sum.saturating_add(scaled(clique.any.min(worth) << shift, clique.factor))
        });
        let kept: i64 = fold.left[..classes.count].iter().sum();
        (kept.saturating_sub(taken) >> shift) + walk.charges()
    }

    /// Folds one step, the last of those not folded yet.
    fn fold_step(&mut self, fold: &mut Fold, step: &Step, classes: &Classes) {
        let clique = &mut self.cliques[step.clique as usize];
        if step.target.fees {
            // A percentage off goods scales nothing that was taken off charges.
            clique.factor = 1 << FACTOR_BITS;
        } else if clique.factor == 0 {
            clique.factor = fold.factor;
        }
        let Some(rate) = step.folds.filter(|_| !clique.mixed) else { return };
        // What moves inside one class, or before steps that look at the whole only, is nobody's shortage.
        let split = step.target.classes.count_ones() > 1 && fold.parted;
        let moved = if split { classes.runs(step.target) / 2 + 2 } else { 1 };
        fold.slack = fold.slack.saturating_add(scaled(moved << fold.shift, fold.factor));
        let everything = step.target.classes == classes.everything();
        if clique.members == 1 {
            for (class, left) in fold.left[..classes.count].iter_mut().enumerate() {
                if step.target.classes >> class & 1 == 1 {
                    *left -= share_up(*left, rate);
                }
            }
            if everything {
                fold.factor -= fold.factor * rate / PPM;
            }
        } else {
            if clique.rates == u32::MAX {
                clique.rates = self.rates.len() as u32;
                self.rates.push([0; CLASSES_MAX]);
            }
            let rates = &mut self.rates[clique.rates as usize];
            for (class, highest) in rates[..classes.count].iter_mut().enumerate() {
                if step.target.classes >> class & 1 == 1 {
                    *highest = rate.max(*highest);
                }
            }
        }
        fold.parted |= !everything;
    }
}

/// What folding has come to, going through the steps from the last to the first; amounts are scaled.
struct Fold {
    shift: u32,
    /// By class: what is left after the percentages folded so far.
    left: [i64; CLASSES_MAX],
    /// What scales money that was taken before.
    factor: i64,
    /// What roundings may have moved.
    slack: i64,
    /// Some percentage folded so far is of a part of the goods.
    parted: bool,
}

/// Whether a step can apply beside what was taken.
pub(super) fn may_apply(step: &Step, chosen: Chosen) -> bool {
    let unlocked = step.unlocked_by == 0
        || step.unlocked_by & chosen.taken != 0
        || (step.unlocked_by & chosen.open != 0 && chosen.left > 0);
    step.dead == Dead::No && unlocked && step.foes & chosen.taken == 0
}

/// A share, rounded up. Amounts stay below 2^41, so the product fits.
fn share_up(amount: i64, ppm: i64) -> i64 {
    (amount * ppm + (PPM - 1)) / PPM
}

/// Money scaled by a factor, rounded up.
fn scaled(amount: i64, factor: i64) -> i64 {
    let scaled = ((i128::from(amount) * i128::from(factor)) >> FACTOR_BITS) + 1;
    i64::try_from(scaled).unwrap_or(i64::MAX)
}
