//! What a note gives back is what a ledger takes back.

use std::collections::BTreeMap;

use dealproof::ledger::{Commit, Embedded, Ledger, Limit, Refund, Reserve, Settings, Settled};
use dealproof::record::{RefundNote, Resource, ResourceKind};
use dealproof::refund::{Refunder, Return};
use dealproof::rules::Refunds;
use dealproof::testkit::{Order, Scenario};

use super::now;

/// A ledger in which the order is committed, with room for all of it.
fn sold(order: &Order) -> Embedded {
    let quote = &order.receipt.quote;
    let ledger = Embedded::new(Settings::new(quote.currency));
    for claim in &quote.claims {
        ledger.set_limit(&Limit::new(claim.resource.clone(), claim.amount), now()).unwrap();
    }
    ledger.reserve(&Reserve::of_quote("order", "cart", quote), now()).unwrap();
    let Settled::Done(committed) = ledger.commit(&Commit::all("order", "pay"), now()).unwrap() else {
        panic!("nobody else was there")
    };
    assert_eq!(committed.posted, order.receipt.posted);
    ledger
}

fn give_back(ledger: &Embedded, note: &RefundNote) {
    if note.claims.is_empty() {
        return;
    }
    let part = Refund::part("order", note.id.as_str(), note.claims.iter().cloned());
    match ledger.refund(&part, now()).unwrap() {
        Settled::Done(refunded) => assert_eq!(refunded.restored, note.claims),
        Settled::Refused(refusal) => panic!("{refusal:?}: {:?}", note.claims),
    }
}

/// Returns in parcels, each note's claims given back as they come: after the last nothing of the order is spent any more, and
/// the next order may use it all.
#[test]
fn claims_given_back_restore_the_ledger() {
    let mut random = rand_mt::Mt64::new(8);
    let mut restored: BTreeMap<_, u32> = BTreeMap::new();
    for _ in 0..400 {
        let mut bytes = [0; 512];
        random.fill_bytes(&mut bytes);
        let mut scenario = Scenario::from_bytes(&bytes);
        scenario.rules.refunds = Refunds::new(scenario.rules.refunds.policy);
        let order = Order::of(&scenario).unwrap();
        let (ledger, mut refunder) = (sold(&order), Refunder::default());
        let mut receipt = order.receipt.clone();
        let mut take_back = |parcel: &Return| {
            let note = order.plan.refund(&mut refunder, &receipt, parcel).unwrap();
            give_back(&ledger, &note);
            receipt = receipt.clone().with(note).unwrap();
            Return::everything("rest", now(), &receipt)
        };
        let mut rest = Return::everything("rest", now(), &order.receipt);
        for parcel in order.returns(&bytes[..48]) {
            rest = take_back(&parcel);
        }
        if !rest.units.is_empty() || !rest.pieces.is_empty() {
            take_back(&rest);
        }
        let spent = |resource: &Resource| ledger.balance(resource, now()).unwrap().spent;
        for claim in &order.receipt.posted {
            assert_eq!(spent(&claim.resource), 0, "{}", claim.resource);
            *restored.entry(claim.resource.kind()).or_default() += 1;
        }
    }
    let kinds = [
        ResourceKind::Uses,
        ResourceKind::CustomerUses,
        ResourceKind::Units,
        ResourceKind::CustomerUnits,
        ResourceKind::Budget,
        ResourceKind::WalletPoints,
        ResourceKind::WalletBalance,
    ];
    assert!(kinds.iter().all(|kind| restored.contains_key(kind)), "{restored:?}");
}
