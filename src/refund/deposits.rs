//! Deposits that the shop keeps.

use super::Found;
use super::cost::line_of;
use super::shares::part;
use crate::compile::Plan;
use crate::record::{Quote, QuoteDeposit, Receipt};
use crate::rules::DepositBack;

/// Deposits of units that the shopper gave up, where the shop keeps them.
pub(super) fn kept(plan: &Plan, receipt: &Receipt, found: &Found<'_>) -> i64 {
    match plan.refunds.deposit {
        DepositBack::Refund => return 0,
        DepositBack::Keep => {}
    }
    let quote = &receipt.quote;
    quote.deposits.iter().fold(0, |sum, asked| {
        let units = i64::try_from(asked.units).unwrap_or(i64::MAX);
        let of_unit = asked.amount.minor().checked_div(units).unwrap_or(0);
        let kept = if is_plain(quote, asked) {
            of_unit.saturating_mul(plain_units(quote, asked, found))
        } else {
            on_lines(quote, asked, of_unit, found)
        };
        sum.saturating_add(kept)
    })
}

/// Whether a deposit takes no money off, so that the quote names no lines for it.
pub(super) fn is_plain(quote: &Quote, asked: &QuoteDeposit) -> bool {
    quote.adjustments.iter().all(|adjustment| adjustment.rule != asked.rule)
}

fn on_lines(quote: &Quote, asked: &QuoteDeposit, of_unit: i64, found: &Found<'_>) -> i64 {
    let own = quote.adjustments.iter().filter(|adjustment| adjustment.rule == asked.rule);
    own.fold(0, |sum, adjustment| {
        let line = line_of(adjustment.on).and_then(|line| found.gone.lines.get(line as usize));
        let all = of_unit.saturating_mul(i64::from(adjustment.units));
        sum.saturating_add(line.map_or(0, |line| part(all, line.given_up(), line.quantity)))
    })
}

/// Of how many units the deposit is not asked of the goods that are not given up, when these are priced alone.
fn plain_units(quote: &Quote, asked: &QuoteDeposit, found: &Found<'_>) -> i64 {
    let rule_of = |quote: &'_ Quote, rule: u32| quote.rules.get(rule as usize).map(|rule| rule.rule.clone());
    let rule = rule_of(quote, asked.rule);
    let alone = found.alone.deposits.iter().find(|alone| rule_of(found.alone, alone.rule) == rule);
    let gone = asked.units.saturating_sub(alone.map_or(0, |alone| alone.units));
    i64::try_from(gone.min(found.gone.units_given_up())).unwrap_or(i64::MAX)
}
