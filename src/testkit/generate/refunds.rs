//! How returns are paid back.

use super::bytes::Bytes;
use crate::money::{Amount, Money};
use crate::rules::{
    Benefit, CouponsBack, DepositBack, Given, PriceProtection, ProtectionBase, RefundPolicy, Refunds,
    RuleSet, ShippingBack, SpentPoints,
};

const POLICIES: [RefundPolicy; 3] = [RefundPolicy::Safest, RefundPolicy::Proportional, RefundPolicy::Reprice];

/// The rule set with a way to pay returns back, and some rules with a policy of their own.
pub(super) fn with_refunds(bytes: &mut Bytes, mut rules: RuleSet) -> RuleSet {
    let currency = rules.currency;
    let amount = |minor: i64| Amount::from_money(Money::from_minor(minor), currency);
    let mut refunds = Refunds::new(bytes.one_of(POLICIES));
    if bytes.in_16(4) {
        refunds = refunds.shipping(ShippingBack::Never);
    }
    if bytes.in_16(4) {
        refunds = refunds.coupons(CouponsBack::Never);
    }
    if bytes.in_16(4) {
        refunds = refunds.deposit(DepositBack::Keep);
    }
    let of_spent = bytes.byte() % 16;
    if of_spent >= 10 {
        let charge = SpentPoints::charge(bytes.one_of([1, 100, 7]), amount(bytes.one_of([1, 100])));
        refunds = refunds.spent_points(charge);
    } else if of_spent >= 6 {
        refunds = refunds.spent_points(SpentPoints::Owe);
    }
    if bytes.in_16(8) {
        refunds = refunds.return_freight(amount(bytes.one_of([500, 1_000])));
    }
    let base = bytes.one_of([ProtectionBase::Payable, ProtectionBase::List]);
    refunds = refunds.price_protection(PriceProtection::new(1_440).base(base));
    rules.refunds = refunds;
    for rule in &mut rules.rules {
        rule.refund = bytes.maybe(3, |bytes| bytes.one_of(POLICIES));
        match &mut rule.benefit {
            Benefit::Gift(gift) => {
                for option in &mut gift.options {
                    option.worth = bytes.maybe(8, |bytes| amount(bytes.one_of([500, 1_000, 1])));
                }
            }
            Benefit::Grant(grant) if matches!(grant.give, Given::Coupon(_)) => {
                grant.worth = bytes.maybe(8, |bytes| amount(bytes.one_of([500, 1_000])));
            }
            _ => {}
        }
    }
    rules
}
