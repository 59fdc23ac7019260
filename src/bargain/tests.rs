//! Bargains worked by hand. Prices are in fen.
#![allow(clippy::arithmetic_side_effects, reason = "hours of a test are few")]

use super::*;
use crate::rules::Selector;

fn yuan(text: &str) -> Amount {
    text.parse().unwrap()
}

fn at(hours: u32) -> Moment {
    let start: Moment = "2026-11-11T00:00:00+08:00".parse().unwrap();
    start.after_minutes(hours * 60).unwrap()
}

/// 60.00 down to 9.90 within a day.
fn terms() -> BargainPrice {
    BargainPrice::new(yuan("9.90"), Selector::sku("POT"))
}

fn opened(terms: &BargainPrice) -> Bargain {
    let opening = Opening::new("chop", "ann", "POT", Money::from_minor(6_000));
    Bargain::open(Currency::CNY, terms, opening, at(0)).unwrap()
}

fn cut(helper: &str, amount: i64, price: i64) -> Change {
    let (amount, price) = (Money::from_minor(amount), Money::from_minor(price));
    Change::Cut { helper: helper.into(), amount, price }
}

#[test]
fn a_schedule_cuts_in_turn_and_its_last_entry_again_until_the_floor() {
    let mut bargain = opened(&terms().cuts([yuan("30"), yuan("15")]));
    assert_eq!(bargain.help(&"bob".into(), at(1)).unwrap(), [cut("bob", 3_000, 3_000)]);
    assert_eq!(bargain.help(&"cai".into(), at(2)).unwrap(), [cut("cai", 1_500, 1_500)]);
    // Of the third 15.00, 5.10 are left above the floor of 9.90.
    let changes = bargain.help(&"dan".into(), at(3)).unwrap();
    assert_eq!(changes, [cut("dan", 510, 990), Change::AtFloor {}]);
    assert_eq!(bargain.help(&"eve".into(), at(4)), Err(BargainError::AtFloor));
    assert_eq!(bargain.facts(), Some((&"POT".into(), yuan("9.9"))));
    assert_eq!(bargain.buy(at(5)).unwrap(), [Change::Bought { price: Money::from_minor(990) }]);
    // What is bought is bought once.
    assert_eq!(bargain.facts(), None);
    assert_eq!(bargain.buy(at(6)), Err(BargainError::Over));
}

#[test]
fn the_host_says_the_cut_where_the_terms_have_no_schedule() {
    let mut bargain = opened(&terms().cut_max(yuan("20")));
    assert_eq!(bargain.help(&"bob".into(), at(1)), Err(BargainError::NoSchedule));
    let most = Money::from_minor(2_000);
    for given in [0, -1, 2_001].map(Money::from_minor) {
        let refused = bargain.help_by(&"bob".into(), given, at(1));
        assert_eq!(refused, Err(BargainError::CutOutOfRange { given, most }));
    }
    assert_eq!(bargain.help_by(&"bob".into(), most, at(1)).unwrap(), [cut("bob", 2_000, 4_000)]);
    let mut scheduled = opened(&terms().cuts([yuan("1")]));
    let own = scheduled.help_by(&"bob".into(), Money::from_minor(1), at(1));
    assert_eq!(own, Err(BargainError::Scheduled));
}

#[test]
fn nobody_helps_themselves_or_twice_and_only_so_many_help() {
    let mut bargain = opened(&terms().cuts([yuan("1")]).helpers_max(2));
    assert_eq!(bargain.help(&"ann".into(), at(1)), Err(BargainError::OwnBargain));
    bargain.help(&"bob".into(), at(1)).unwrap();
    assert_eq!(bargain.help(&"bob".into(), at(1)), Err(BargainError::HelpedAlready));
    assert_eq!(bargain.help(&"cai".into(), at(0)), Err(BargainError::TimeWentBack));
    bargain.help(&"cai".into(), at(2)).unwrap();
    assert_eq!(bargain.help(&"dan".into(), at(3)), Err(BargainError::TooManyHelpers { limit: 2 }));
    // Two of 1.00: 58.00, far above the floor, and it may be bought for that.
    assert_eq!((bargain.price(), bargain.status()), (Money::from_minor(5_800), Status::Open {}));
}

#[test]
fn a_bargain_is_over_at_its_deadline_which_nothing_moves() {
    let mut bargain = opened(&terms().cuts([yuan("1")]).minutes(120));
    bargain.help(&"bob".into(), at(1)).unwrap();
    assert_eq!(bargain.deadline(), at(2));
    assert_eq!(bargain.buy(at(2)), Err(BargainError::Due { since: at(2) }));
    assert_eq!(bargain.help(&"cai".into(), at(2)), Err(BargainError::Due { since: at(2) }));
    assert_eq!(bargain.advance(at(3)).unwrap(), [Change::Expired {}]);
    assert_eq!((bargain.status(), bargain.facts()), (Status::Expired { at: at(2) }, None));
    assert_eq!(bargain.advance(at(4)).unwrap(), []);
}

#[test]
fn a_product_that_costs_no_more_than_the_floor_is_not_bargained_for() {
    let opening = Opening::new("chop", "ann", "POT", Money::from_minor(990));
    let refused = Bargain::open(Currency::CNY, &terms(), opening.clone(), at(0));
    assert_eq!(refused, Err(BargainError::NothingToCut));
    let fine = BargainPrice::new(yuan("0.001"), Selector::sku("POT"));
    let refused = Bargain::open(Currency::CNY, &fine, opening, at(0));
    assert_eq!(refused, Err(BargainError::BadAmount { given: yuan("0.001") }));
}

#[test]
fn a_document_that_no_steps_could_have_made_is_refused() {
    let mut bargain = opened(&terms().cuts([yuan("30"), yuan("15")]));
    bargain.help(&"bob".into(), at(1)).unwrap();
    bargain.help(&"cai".into(), at(2)).unwrap();
    let written = serde_json::to_value(&bargain).unwrap();
    let read = |document: serde_json::Value| serde_json::from_value::<Bargain>(document);
    assert_eq!(read(written.clone()).unwrap(), bargain);
    let tampered = [
        ("/helps/0/amount", serde_json::json!("31")),
        ("/helps/1/helper", serde_json::json!("bob")),
        ("/helps/1/helper", serde_json::json!("ann")),
        ("/helps/1/at", serde_json::json!("2026-11-11T00:30:00+08:00")),
        ("/start", serde_json::json!("9.90")),
        ("/floor", serde_json::json!("-1")),
        ("/helpers_max", serde_json::json!(1)),
        ("/status", serde_json::json!({"at_floor": {}})),
        ("/status", serde_json::json!({"expired": {"at": "2026-11-11T01:00:00+08:00"}})),
    ];
    for (pointer, value) in tampered {
        let mut document = written.clone();
        match document.pointer_mut(pointer) {
            Some(place) => *place = value,
            None => document["helpers_max"] = value,
        }
        assert!(read(document).is_err(), "{pointer}");
    }
}
