//! What the goods kept cost, and what is paid back for those that have gone.

use super::gone::Gone;
use super::shares::{Fee, Kind, Shared, pays_from_wallet};
use crate::compile::Plan;
use crate::record::{On, Quote, Receipt, RefundBasis};
use crate::rules::{RefundPolicy, RuleId};

/// The sums of a refund, for all that has gone, in minor units.
#[derive(Debug, Default)]
pub(super) struct Costs {
    pub basis: RefundBasis,
    /// What was paid for goods and shipping, from money and wallet.
    pub paid: i64,
    /// What the goods kept, and those the shop does not deliver, cost by their shares.
    pub kept_share: i64,
    /// What they cost alone, where that was asked.
    pub kept_alone: Option<i64>,
    /// What they cost by the policies.
    pub kept_cost: i64,
    /// What is paid back.
    pub back: i64,
    /// What of it is shipping.
    pub shipping_back: i64,
    /// Fees that the shop keeps although their goods are gone.
    pub retained: i64,
    /// How much more they cost than was paid.
    pub residue: i64,
    /// Whether rules under `safest` give the goods kept less alone than by their shares.
    pub safest_is_alone: bool,
}

/// Discounts by the policy of their rules.
#[derive(Clone, Copy, Debug, Default)]
struct ByPolicy {
    proportional: i64,
    reprice: i64,
    safest: i64,
}

impl ByPolicy {
    const fn add(&mut self, policy: RefundPolicy, amount: i64) {
        let sum = match policy {
            RefundPolicy::Proportional => &mut self.proportional,
            RefundPolicy::Reprice => &mut self.reprice,
            RefundPolicy::Safest => &mut self.safest,
        };
        *sum = sum.saturating_add(amount);
    }

    const fn sum(self) -> i64 {
        self.proportional.saturating_add(self.reprice).saturating_add(self.safest)
    }
}

impl Costs {
    /// Works out the sums from the shares and, where rules mind, from what is kept priced alone.
    pub fn find(plan: &Plan, receipt: &Receipt, gone: &Gone, shared: &Shared, alone: &Quote) -> Self {
        let sums = Sums::of(receipt, gone, shared);
        let mut share = ByPolicy::default();
        for (kind, kept) in shared.kinds.iter().zip(&shared.kept) {
            match kind {
                Kind::Wallet => {}
                Kind::Discount(policy) => share.add(*policy, *kept),
            }
        }
        let left = |off: i64| sums.list.saturating_sub(off).max(0).saturating_add(sums.retained);
        let kept_share = left(share.sum());
        let (kept_alone, off, safest_is_alone) = if shared.must_price_alone(gone) {
            let given = given_alone(plan, alone);
            let lesser = share.safest.min(given.safest);
            let off = share.proportional.saturating_add(given.reprice).saturating_add(lesser);
            (Some(left(given.sum())), off, given.safest < share.safest)
        } else {
            (None, share.sum(), false)
        };
        let is_alone = kept_alone.is_some() && off != share.sum();
        let kept_cost = left(off);
        let back = if gone.nothing_kept() {
            sums.paid.saturating_sub(sums.retained)
        } else {
            let given_up = sums.paid.saturating_sub(kept_cost).max(0);
            let given_up = if gone.some_given_up() { given_up } else { 0 };
            given_up.saturating_add(sums.not_delivered).min(sums.paid.saturating_sub(sums.retained))
        };
        let basis = if gone.nothing_gone() {
            RefundBasis::NothingGone
        } else if gone.nothing_kept() {
            RefundBasis::NothingKept
        } else if is_alone {
            RefundBasis::Alone
        } else {
            RefundBasis::Share
        };
        let residue = if gone.nothing_kept() { 0 } else { kept_cost.saturating_sub(sums.paid).max(0) };
        let shipping_back = sums.fees_back.min(back);
        let Sums { paid, retained, .. } = sums;
        Self {
            basis,
            paid,
            kept_share,
            kept_alone,
            kept_cost,
            back,
            shipping_back,
            retained,
            residue,
            safest_is_alone,
        }
    }
}

/// What rules give to what is kept alone; what the wallet pays is no discount.
fn given_alone(plan: &Plan, alone: &Quote) -> ByPolicy {
    let mut given = ByPolicy::default();
    for (at, rule) in (0..).zip(&alone.rules) {
        if !pays_from_wallet(alone, at) {
            given.add(plan.refunds.policy_of(&rule.rule), rule.granted.minor());
        }
    }
    given
}

/// What a rule gives to what is kept alone.
pub(super) fn alone_of(alone: &Quote, rule: &RuleId) -> i64 {
    let known = alone.rules.iter().find(|known| known.rule == *rule);
    known.map_or(0, |known| known.granted.minor())
}

#[derive(Debug, Default)]
struct Sums {
    /// What was paid for goods and shipping.
    paid: i64,
    /// List value of what is kept, and of what the shop does not deliver, with the fees for both.
    list: i64,
    /// Fees that the shop keeps.
    retained: i64,
    /// Fees that are paid back.
    fees_back: i64,
    /// What is paid back for what the shop does not deliver.
    not_delivered: i64,
}

impl Sums {
    fn of(receipt: &Receipt, gone: &Gone, shared: &Shared) -> Self {
        let mut sums = Self::default();
        let cart = receipt.checkout.cart.lines();
        for ((share, gone), line) in shared.lines.iter().zip(&gone.lines).zip(cart) {
            let asked = gone.quantity.saturating_sub(gone.given_up());
            let list = line.list_price.minor().saturating_mul(i64::from(asked));
            sums.list = sums.list.saturating_add(list);
            sums.paid = sums.paid.saturating_add(share.paid);
            let not_delivered = share.back.saturating_sub(share.given_up);
            sums.not_delivered = sums.not_delivered.saturating_add(not_delivered);
        }
        let fees = receipt.quote.charges.iter().zip(&shared.fees).zip(&shared.fee_wallet);
        for ((charge, fee), wallet) in fees {
            // What the wallet paid of a fee was paid.
            let (list, payable) = (charge.list.minor(), charge.payable.minor().saturating_add(*wallet));
            sums.paid = sums.paid.saturating_add(payable);
            match fee {
                Fee::Kept => {}
                Fee::NotDelivered => sums.not_delivered = sums.not_delivered.saturating_add(payable),
                Fee::PaidBack => {}
                Fee::Retained => sums.retained = sums.retained.saturating_add(payable),
            }
            if fee.is_asked() {
                sums.list = sums.list.saturating_add(list);
                // Kept by the shop although nothing of its shop is left: the rest was not delivered.
                if gone.nothing_kept() && *fee == Fee::Kept {
                    sums.retained = sums.retained.saturating_add(payable);
                }
            }
            if fee.is_back() {
                sums.fees_back = sums.fees_back.saturating_add(payable);
            }
        }
        sums
    }
}

/// What of the fees that come back was paid in money.
pub(super) fn fees_in_money(receipt: &Receipt, shared: &Shared) -> i64 {
    let charges = receipt.quote.charges.iter().zip(&shared.fees).filter(|(_, fee)| fee.is_back());
    charges.fold(0, |sum, (charge, _)| sum.saturating_add(charge.payable.minor()))
}

/// Whether an adjustment is on goods.
pub(super) const fn line_of(on: On) -> Option<u32> {
    match on {
        On::Line(line) => Some(line),
        On::Charge(_) => None,
    }
}
