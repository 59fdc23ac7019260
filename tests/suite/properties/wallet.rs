//! What the wallet pays and what is earned, over scenarios.

use std::collections::BTreeMap;

use dealproof::record::{On, PointsDirection, Quote};
use dealproof::rules::{Base, Benefit};
use dealproof::shop::BalanceId;
use dealproof::testkit::{Scenario, scenarios};
use proptest::prelude::*;

use super::{config, priced};

/// No rule redeems points nobody asked for or has, and none draws more from a balance than it holds.
fn stays_within_the_wallet(scenario: &Scenario, quote: &Quote) -> Result<(), TestCaseError> {
    let wallet = &scenario.context.wallet;
    prop_assert!(quote.points_redeemed() <= wallet.points.min(wallet.redeem_points));
    let mut drawn: BTreeMap<&BalanceId, i64> = BTreeMap::new();
    for draw in &quote.draws {
        *drawn.entry(&draw.balance).or_default() += draw.amount.minor();
    }
    for (id, sum) in drawn {
        let held = wallet.balances[id].amount.to_money(quote.currency).unwrap();
        prop_assert!(sum <= held.minor());
    }
    Ok(())
}

/// A rule that counts cash earns at most what the goods leave to pay when its turn comes, at its largest factor: what
/// points and balances paid before earns nothing.
fn earns_from_cash_only(scenario: &Scenario, quote: &Quote) -> Result<(), TestCaseError> {
    for earned in quote.points.iter().filter(|moved| moved.direction == PointsDirection::Earned) {
        let id = &quote.rules[earned.rule as usize].rule;
        let rule = scenario.rules.rules.iter().find(|rule| rule.id == *id).unwrap();
        let Benefit::PointsEarn(earn) = &rule.benefit else {
            return Err(TestCaseError::fail("points from a rule that gives none"));
        };
        if earn.base.as_ref().is_none_or(|base| *base == Base::Cash) {
            let factors =
                earn.multipliers.iter().map(|multiplier| multiplier.times.ten_thousandths().unwrap());
            let factor = i128::from(factors.max().unwrap_or(10_000));
            let per = i128::from(earn.per.to_money(quote.currency).unwrap().minor());
            let before =
                quote.adjustments.iter().filter(|by| by.rule < earned.rule && matches!(by.on, On::Line(_)));
            let taken: i64 = before.map(|by| by.granted.minor()).sum();
            let mut cash = quote.totals.list.minor() - taken;
            if earn.with_shipping {
                let before = quote.adjustments.iter().filter(|by| by.rule < earned.rule);
                let off = before.filter(|by| matches!(by.on, On::Charge(_)));
                cash += quote.totals.shipping_list.minor() - off.map(|by| by.granted.minor()).sum::<i64>();
            }
            let most = i128::from(cash) * factor * i128::from(earn.points) / (per * 10_000);
            prop_assert!(i128::from(earned.points) <= most);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn w1_the_wallet_gives_no_more_than_it_holds_and_earns_nothing_on_what_it_pays(scenario in scenarios()) {
        let quote = priced(&scenario);
        stays_within_the_wallet(&scenario, &quote)?;
        earns_from_cash_only(&scenario, &quote)?;
    }

    #[test]
    fn w2_deposit_and_balance_are_what_is_paid(scenario in scenarios()) {
        let quote = priced(&scenario);
        let parts: Vec<i64> = quote.payments.iter().map(|payment| payment.amount.minor()).collect();
        prop_assert!(parts.is_empty() || parts.iter().sum::<i64>() == quote.totals.payable.minor());
        prop_assert!(parts.iter().all(|part| *part >= 0));
        prop_assert!(quote.payments.iter().all(|part| part.lost <= part.amount));
    }

    #[test]
    fn w3_points_are_those_of_the_lines_and_charges_they_come_from(scenario in scenarios()) {
        let quote = priced(&scenario);
        for (entry, moved) in (0..).zip(&quote.points) {
            let shares = quote.point_shares.iter().filter(|share| share.entry == entry);
            prop_assert_eq!(shares.map(|share| share.points).sum::<u64>(), moved.points);
        }
        prop_assert!(quote.point_shares.iter().all(|share| share.points > 0));
    }
}
