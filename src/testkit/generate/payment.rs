//! Deposits and balances.

use super::context::moment;
use super::maker::Maker;
use crate::rules::{Benefit, Missed, Presale, Select, UseBalance, Window};

pub(super) const CLASSES: [&str; 2] = ["red-packet", "allowance"];

impl Maker<'_, '_> {
    pub fn presale(&mut self) -> Benefit {
        let deposit = self.bytes.one_of([100, 33, 500, 1]);
        let worth = deposit + self.bytes.one_of([100, 1, 400]);
        let mut presale = Presale::new(self.exactly(deposit), self.exactly(worth)).target(self.selector());
        // A deposit that counts as itself takes no money off, so it cannot be selected by that.
        let select = self.stages[self.stage].select;
        if matches!(select, Select::All | Select::First) && self.bytes.in_16(5) {
            presale.worth = None;
        }
        if self.bytes.in_16(5) {
            presale = presale.missed(Missed::Refund);
        }
        Benefit::Presale(match self.bytes.below(2) {
            0 => presale,
            _ => presale.balance(Window::new(Some(moment("2026-11-10T20:00:00+08:00")), None)),
        })
    }

    /// A balance where the stage takes payment; else a presale.
    pub fn use_balance(&mut self) -> Benefit {
        if !self.is_payment_stage() {
            return self.presale();
        }
        let mut balance = UseBalance::new(self.bytes.one_of(CLASSES)).target(self.selector());
        match self.bytes.below(4) {
            1 => {
                let (spend, amount) = self.bytes.one_of([(1_000, 100), (3_000, 500), (333, 50)]);
                balance = balance.every(self.exactly(spend), self.exactly(amount));
                balance.base = self.maybe_base();
            }
            2 => {
                balance = balance.percent_max(self.percent());
                balance.base = self.maybe_base();
            }
            _ => {}
        }
        balance.with_shipping = self.bytes.in_16(5);
        Benefit::UseBalance(balance)
    }
}
