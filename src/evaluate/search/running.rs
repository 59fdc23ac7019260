//! What rules can take one after the other, when some need a spend that the others must leave.
//!
//! Let `t` be what all rules before a step take off goods, in some completion, and `T` the most they can. Then
//!
//! - a step takes at most its ceiling, and a share `p` of what is left at most `p` of (goods - `t`); `t` plus either
//!   never falls as `t` grows, so it is largest at `T`;
//! - a step that needs a spend `X` of what is left applies only where `t` is at most goods - `X`, whatever it counts:
//!   no part of the goods is worth more than all of them;
//! - a step that does not apply leaves `t` as it is.
//!
//! So going through the steps in order, `T` becomes the larger of itself and what it comes to with the step. Between two
//! steps of the first two kinds nothing looks at `t`, so a clique counts once there, where the first of its members
//! stands; behind such a step it counts again, since `t` may have been small there because its member was still to come.

use super::bound::Bounder;
use super::ceiling::share;
use super::model::{Model, Step};
use super::sums::Row;
use crate::evaluate::walk::Walk;

impl Bounder {
    /// The least that goods and charges can still cost.
    pub(super) fn left_in_order(&mut self, model: &Model, walk: &Walk<'_>, all: i64) -> i64 {
        let goods = walk.goods();
        let (mut off_fees, mut helps) = (0_i64, false);
        for (position, step) in model.steps.iter().enumerate().skip(walk.at()) {
            let most = self.most[position];
            if most == 0 {
                continue;
            }
            if step.target.fees {
                off_fees = off_fees.saturating_add(most);
            }
            let looks = goods - self.must_leave(model, step) < all || self.is_lone_share(step);
            helps |= looks;
            if !looks && step.target.classes != 0 {
                let clique = &mut self.cliques[step.clique as usize];
                clique.free = clique.free.max(most);
            }
        }
        let off_goods = if helps { self.most_off_goods(model, walk.at(), (goods, all)) } else { all };
        let charges = walk.charges();
        goods - off_goods.min(goods) + (charges - off_fees.min(charges))
    }

    /// The most that steps can take off goods in their order, when all cliques together take at most `all`.
    fn most_off_goods(&mut self, model: &Model, from: usize, (goods, all): (i64, i64)) -> i64 {
        let (mut taken, mut stretch) = (0_i64, 1_u32);
        for (position, step) in model.steps.iter().enumerate().skip(from) {
            let most = self.most[position];
            if most == 0 || step.target.classes == 0 {
                continue;
            }
            let room = goods - self.must_leave(model, step);
            if self.is_lone_share(step) {
                let before = taken.min(room);
                let there = self.sums.now(step.target).min(goods - before);
                let off = step.folds.map_or(most, |rate| most.min(share(there, rate)));
                taken = taken.max(before + off);
                stretch += 1;
            } else if room < all {
                taken = taken.max(taken.min(room) + most);
                stretch += 1;
            } else {
                let clique = &mut self.cliques[step.clique as usize];
                if clique.counted != stretch {
                    taken += clique.free;
                }
                clique.counted = stretch;
            }
            taken = taken.min(goods);
        }
        taken
    }

    /// What goods must still be worth when a step applies.
    fn must_leave(&self, model: &Model, step: &Step) -> i64 {
        let gates = &model.gates[step.gates.0 as usize..step.gates.1 as usize];
        let of_goods = gates.iter().filter(|gate| gate.row == Row::Now).map(|gate| {
            // Charges only fall, so they never make up for more than now.
            gate.min - if gate.of.fees { self.sums.fees } else { 0 }
        });
        of_goods.max().unwrap_or(0).max(0)
    }

    /// Whether a step only takes a share as it runs, and stands in no clique with others.
    fn is_lone_share(&self, step: &Step) -> bool {
        step.folds.is_some() && self.cliques[step.clique as usize].members == 1
    }
}
