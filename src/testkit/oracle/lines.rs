//! From items back to the lines of the cart (section 12 of the semantics).

use std::collections::BTreeMap;

use super::World;
use super::arith::{cumulative, first_units, lower, ppm, round, spread};
use super::effects::{Applied, OnItem};
use super::quote::{OracleAdjustment, OracleLine};
use super::state::State;
use crate::money::RoundMode;
use crate::record::On;
use crate::rules::Rule;
use crate::shop::Item;

impl World<'_> {
    /// The lines in the cart's order, with the price of every unit.
    pub fn lines(&self, state: &State) -> Vec<OracleLine> {
        let mut lines = Vec::new();
        for (item, facts) in self.cart.items().iter().enumerate() {
            let mut runs = state.runs.iter().filter(|run| run.item == item);
            let (mut run, mut given) = (runs.next(), 0);
            for line in &self.cart.lines()[facts.lines.clone()] {
                let mut units = Vec::new();
                let mut missing = i128::from(line.quantity);
                while let Some(of) = run.filter(|_| missing > 0) {
                    let upto = (given + missing).min(of.units);
                    let part = |until| first_units(of.worth.now, until, of.units);
                    units.extend(spread(part(upto) - part(given), upto - given));
                    missing -= upto - given;
                    (run, given) = if upto == of.units { (runs.next(), 0) } else { (run, upto) };
                }
                lines.push(OracleLine {
                    line: line.id.clone(),
                    list: i128::from(line.quantity) * i128::from(line.list_price.minor()),
                    payable: units.iter().sum(),
                    units,
                });
            }
        }
        lines
    }

    /// Each applied rule's adjustments, lines before charges.
    pub fn adjustments(&self, state: &State, lines: &[OracleLine]) -> Vec<Vec<OracleAdjustment>> {
        let mut unexplained: Vec<i128> = lines.iter().map(|line| line.list - line.payable).collect();
        let of_rule = |applied: &Applied| {
            let rule = &self.rules.rules[applied.rule];
            let mut adjustments = Vec::new();
            for (item, on) in &applied.on_items {
                let item = &self.cart.items()[*item];
                adjustments.extend(self.on_lines(item, *on, &mut unexplained));
            }
            for (charge, (asked, granted)) in &applied.on_charges {
                let on = On::Charge(u32::try_from(*charge).unwrap_or(u32::MAX));
                adjustments.push(adjustment(on, 0, *asked, *granted));
            }
            adjustments.retain(|adjustment| adjustment.granted > 0);
            fund(rule, &mut adjustments);
            adjustments
        };
        state.applied.iter().map(of_rule).collect()
    }

    /// Splits what a rule did to an item over the item's lines.
    fn on_lines(&self, item: &Item, on: OnItem, unexplained: &mut [i128]) -> Vec<OracleAdjustment> {
        let at = item.lines.clone();
        let granted = lower(on.granted, &unexplained[at.clone()]);
        if on.granted == 0 {
            return Vec::new();
        }
        let units = cumulative(on.units, &granted);
        let asked = cumulative(on.asked, &granted);
        let mut adjustments = Vec::new();
        for (nth, line) in at.enumerate() {
            unexplained[line] -= granted[nth];
            let on = On::Line(u32::try_from(line).unwrap_or(u32::MAX));
            let units = units[nth].min(self.cart.lines()[line].quantity.into());
            adjustments.push(adjustment(on, units, asked[nth], granted[nth]));
        }
        adjustments
    }
}

fn adjustment(on: On, units: i128, asked: i128, granted: i128) -> OracleAdjustment {
    OracleAdjustment { on, units, asked, granted, shares: BTreeMap::new() }
}

/// Splits a rule's adjustments over those who pay for it, bearer by bearer: each pays its part of what is left, unit after unit.
fn fund(rule: &Rule, adjustments: &mut [OracleAdjustment]) {
    let mut left: Vec<i128> = adjustments.iter().map(|adjustment| adjustment.granted).collect();
    let mut percent_left: i128 = rule.funding.values().map(|percent| ppm(*percent)).sum();
    for (bearer, percent) in &rule.funding {
        let (mut sum, mut paid) = (0, 0);
        for (adjustment, left) in adjustments.iter_mut().zip(&mut left) {
            sum += *left;
            let pays = round(sum, ppm(*percent), percent_left.max(1), RoundMode::HalfUp) - paid;
            paid += pays;
            *left -= pays;
            adjustment.shares.insert(bearer.clone(), pays);
        }
        percent_left -= ppm(*percent);
    }
}
