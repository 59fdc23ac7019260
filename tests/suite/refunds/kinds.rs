//! Every kind of rule: all returned is all paid back, in the kinds it was paid in.

use std::collections::BTreeSet;

use dealproof::record::{CodeStatus, Receipt};
use dealproof::refund::Return;
use dealproof::rules::Refunds;
use dealproof::testkit::oracle::{Event, Kind};
use dealproof::testkit::{Order, RefundTotals, Scenario};

const KINDS: [Kind; 21] = [
    Kind::PercentOff,
    Kind::AmountOff,
    Kind::UnitPrice,
    Kind::TotalPrice,
    Kind::SpendTiers,
    Kind::Every,
    Kind::QuantityTiers,
    Kind::BuyGet,
    Kind::NthUnit,
    Kind::UnitLadder,
    Kind::NFor,
    Kind::Bundle,
    Kind::Gift,
    Kind::Shipping,
    Kind::GroupPrice,
    Kind::BargainPrice,
    Kind::Presale,
    Kind::UseBalance,
    Kind::PointsEarn,
    Kind::PointsRedeem,
    Kind::Grant,
];

fn pays_back_all(order: &Order) {
    let all = Return::everything("all", order.receipt.quote.priced_at, &order.receipt);
    let receipt: Receipt = order.after(&[all]).unwrap();
    let (totals, quote) = (RefundTotals::of(&receipt), &receipt.quote);
    assert_eq!(totals.money, quote.totals.payable.minor());
    assert_eq!(u64::try_from(totals.points.0), Ok(quote.points_redeemed()));
    assert_eq!(u64::try_from(totals.points.1), Ok(quote.points_earned()));
    let drawn: i64 = quote.draws.iter().map(|draw| draw.amount.minor()).sum();
    assert_eq!(totals.balances.values().sum::<i64>(), drawn);
    let used = quote.codes.iter().filter(|code| code.status == CodeStatus::Applied).count();
    assert_eq!(totals.coupons.len(), used);
    // Every claim comes back; grants are revoked, gifts have come back.
    let claims = receipt.posted.iter().map(|claim| (claim.resource.clone(), claim.amount)).collect();
    let mut back = totals.claims.clone();
    back.extend(totals.wallet_claims.clone());
    assert_eq!(back, claims);
    // Nobody funds anything any more.
    let funded: i64 = quote.shares.iter().map(|share| share.amount.minor()).sum();
    assert_eq!(totals.bearers.values().sum::<i64>(), funded);
    let granted: u64 = quote.grants.iter().map(|grant| grant.quantity).sum();
    let revoked: i64 = totals.rewards.values().map(|(due, charged)| due + charged).sum();
    assert_eq!(u64::try_from(revoked), Ok(granted));
}

#[test]
fn a_full_return_pays_back_exactly_what_was_paid_for_every_kind_of_rule() {
    let mut random = rand_mt::Mt64::new(5);
    let mut seen = BTreeSet::new();
    for _ in 0..1_500 {
        let mut bytes = [0; 512];
        random.fill_bytes(&mut bytes);
        let mut scenario = Scenario::from_bytes(&bytes);
        // Fees and deposits that the shop keeps are another test's.
        scenario.rules.refunds = Refunds::new(scenario.rules.refunds.policy);
        seen.extend(scenario.oracle().events.into_iter().filter_map(|event| match event {
            Event::Applied(kind) => Some(kind),
            _ => None,
        }));
        pays_back_all(&Order::of(&scenario).unwrap());
    }
    let missing: Vec<_> = KINDS.iter().filter(|kind| !seen.contains(kind)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
