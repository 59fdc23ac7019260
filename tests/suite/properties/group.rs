//! The lives of a buying group and of a bargain, under any order of steps.

use std::collections::BTreeMap;

use dealproof::testkit::{BargainEvent, GroupEvent, bargain_ops, group_ops};

#[test]
fn g1_every_order_of_joins_and_leaves_keeps_the_promises() {
    let mut random = rand_mt::Mt64::new(2_026);
    let mut seen: BTreeMap<GroupEvent, u32> = BTreeMap::new();
    for _ in 0..500 {
        let mut bytes = [0; 64];
        random.fill_bytes(&mut bytes);
        for event in group_ops(&bytes).unwrap() {
            *seen.entry(event).or_default() += 1;
        }
    }
    let all = [
        GroupEvent::Failed,
        GroupEvent::Succeeded,
        GroupEvent::Filled,
        GroupEvent::SettledAtFirst,
        GroupEvent::SettledAtBetter,
        GroupEvent::SettledAtNone,
        GroupEvent::HandedOver,
        GroupEvent::LeftLate,
        GroupEvent::CameBack,
        GroupEvent::Refused,
    ];
    let rare: Vec<_> =
        all.into_iter().filter(|event| seen.get(event).is_none_or(|times| *times < 5)).collect();
    assert!(rare.is_empty(), "too rare: {rare:?}; all: {seen:?}");
}

#[test]
fn g2_every_order_of_helpers_keeps_the_promises() {
    let mut random = rand_mt::Mt64::new(2_027);
    let mut seen: BTreeMap<BargainEvent, u32> = BTreeMap::new();
    for _ in 0..500 {
        let mut bytes = [0; 48];
        random.fill_bytes(&mut bytes);
        for event in bargain_ops(&bytes).unwrap() {
            *seen.entry(event).or_default() += 1;
        }
    }
    let all = [
        BargainEvent::Scheduled,
        BargainEvent::Said,
        BargainEvent::AtFloor,
        BargainEvent::BoughtAbove,
        BargainEvent::BoughtAtFloor,
        BargainEvent::Expired,
        BargainEvent::Refused,
    ];
    let rare: Vec<_> =
        all.into_iter().filter(|event| seen.get(event).is_none_or(|times| *times < 5)).collect();
    assert!(rare.is_empty(), "too rare: {rare:?}; all: {seen:?}");
}
