//! R1 and R2: what comes back, over scenarios and random returns, under each policy.

use std::collections::BTreeSet;

use dealproof::record::{Receipt, RefundId};
use dealproof::refund::{Refunder, Return};
use dealproof::rules::RefundPolicy;
use dealproof::testkit::{Order, RefundEvent, RefundTotals, Scenario, agrees, refund_ops, scenarios};
use proptest::collection::vec;
use proptest::prelude::*;

use super::config;

/// A settled order, and what its returns are drawn from.
#[derive(Debug)]
struct Case {
    order: Order,
    script: Vec<u8>,
}

/// Orders under a policy. Rules with a policy of their own keep it in one case of two.
fn cases(policy: RefundPolicy) -> impl Strategy<Value = Case> {
    (scenarios(), vec(any::<u8>(), 0..48), any::<bool>()).prop_map(
        move |(mut scenario, script, overrides)| {
            scenario.rules.refunds.policy = policy;
            for rule in &mut scenario.rules.rules {
                rule.refund = rule.refund.filter(|_| overrides);
            }
            Case { order: Order::of(&scenario).expect("scenarios are small"), script }
        },
    )
}

/// Each return pays what the oracle says is due by then; at the end nothing is left of what was paid but fees that stay.
fn pays_what_is_due(case: &Case) -> Result<(), TestCaseError> {
    let Case { order, script } = case;
    let returns = order.returns(script);
    // Any prefix is a sequence of some other case; `refund_ops` looks at them all.
    let receipt = order.after(&returns).map_err(TestCaseError::fail)?;
    agrees(order, &receipt).map_err(TestCaseError::fail)?;
    let (money, paid) = (RefundTotals::of(&receipt).money, order.receipt.quote.totals.payable.minor());
    prop_assert!(money <= paid, "{money} of {paid}");
    Ok(())
}

fn all_together(returns: &[Return]) -> Return {
    let mut all = Return::new("all", returns[0].at);
    for one in returns {
        all.units.extend(one.units.iter().cloned());
        all.pieces.extend(one.pieces.iter().cloned());
    }
    all
}

/// A sequence pays what its reverse pays, and what one return of everything in it pays.
fn order_is_immaterial(case: &Case) -> Result<(), TestCaseError> {
    let Case { order, script } = case;
    let mut returns = order.returns(script);
    if returns.is_empty() {
        return Ok(());
    }
    let totals = |returns: &[Return]| {
        let receipt = order.after(returns).map_err(TestCaseError::fail)?;
        Ok::<_, TestCaseError>(RefundTotals::of(&receipt))
    };
    let forward = totals(&returns)?;
    let together = totals(&[all_together(&returns)])?;
    returns.reverse();
    let backward = totals(&returns)?;
    // A ledger keeps what it got, so points and balances may be there sooner than they are due in the end.
    for (resource, amount) in &together.wallet_claims {
        prop_assert!(forward.wallet_claims[resource] >= *amount);
    }
    let apart = |totals: RefundTotals| RefundTotals { wallet_claims: Default::default(), ..totals };
    let (forward, together, backward) = (apart(forward), apart(together), apart(backward));
    prop_assert_eq!(&forward, &together);
    prop_assert_eq!(&backward, &together);
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn r1_proportional_refunds_are_what_is_due(case in cases(RefundPolicy::Proportional)) {
        pays_what_is_due(&case)?;
    }

    #[test]
    fn r2_order_of_proportional_refunds_is_immaterial(case in cases(RefundPolicy::Proportional)) {
        order_is_immaterial(&case)?;
    }

    #[test]
    fn r1_repriced_refunds_are_what_is_due(case in cases(RefundPolicy::Reprice)) {
        pays_what_is_due(&case)?;
    }

    #[test]
    fn r2_order_of_repriced_refunds_is_immaterial(case in cases(RefundPolicy::Reprice)) {
        order_is_immaterial(&case)?;
    }

    #[test]
    fn r1_safest_refunds_are_what_is_due(case in cases(RefundPolicy::Safest)) {
        pays_what_is_due(&case)?;
    }

    #[test]
    fn r2_order_of_safest_refunds_is_immaterial(case in cases(RefundPolicy::Safest)) {
        order_is_immaterial(&case)?;
    }
}

proptest! {
    #![proptest_config(config())]

    /// Nobody is ahead after any script: the checks stand in `refund_ops`.
    #[test]
    fn r1_no_script_of_returns_exchanges_and_falling_prices_leaves_the_shopper_ahead(bytes in vec(any::<u8>(), 0..560)) {
        prop_assert_eq!(refund_ops(&bytes).map(|_| ()), Ok(()));
    }

    #[test]
    fn r1_what_was_refunded_never_depends_on_buffers_used_before(
        scenario in scenarios(), other in scenarios(), script in vec(any::<u8>(), 0..48),
    ) {
        let (order, other) = (Order::of(&scenario).unwrap(), Order::of(&other).unwrap());
        let (mut used, returns) = (Refunder::default(), order.returns(&script));
        if let Some(one) = other.returns(&script).first() {
            other.plan.refund(&mut used, &other.receipt, one).unwrap();
        }
        if let Some(one) = returns.first() {
            let fresh = order.plan.refund(&mut Refunder::default(), &order.receipt, one);
            prop_assert_eq!(order.plan.refund(&mut used, &order.receipt, one), fresh);
        }
    }
}

/// Runs are not all alike.
#[test]
fn random_returns_meet_everything_a_refund_can_say() {
    let mut seen = BTreeSet::new();
    for seed in 0..600_u64 {
        let bytes: Vec<u8> = (0..560_u64).map(|at| hash(seed * 1_000 + at)).collect();
        seen.extend(refund_ops(&bytes).unwrap());
    }
    let all = [
        RefundEvent::JudgedAlone,
        RefundEvent::JudgedByShare,
        RefundEvent::Owed,
        RefundEvent::Residue,
        RefundEvent::Wallet,
        RefundEvent::PointsTaken,
        RefundEvent::PointsLacking,
        RefundEvent::PointsCharged,
        RefundEvent::Reward,
        RefundEvent::Coupon,
        RefundEvent::Claims,
        RefundEvent::Bearer,
        RefundEvent::Undelivered,
        RefundEvent::Protected,
        RefundEvent::Exchanged,
        RefundEvent::All,
    ];
    let missing: Vec<_> = all.iter().filter(|event| !seen.contains(event)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// A byte that looks random (splitmix64, public domain).
fn hash(number: u64) -> u8 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed >> 56) as u8
}

#[test]
fn an_id_names_one_refund_only() {
    let scenario = Scenario::from_bytes(&[]);
    let order = Order::of(&scenario).unwrap();
    let all = Return::everything(RefundId::new("all"), order.receipt.quote.priced_at, &order.receipt);
    let receipt: Receipt = order.after(std::slice::from_ref(&all)).unwrap();
    assert!(order.plan.refund(&mut Refunder::default(), &receipt, &all).is_err());
}
