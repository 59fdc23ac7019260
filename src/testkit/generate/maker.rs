//! Amounts, percentages and bases that fit the cart and the stage at hand.

use super::bytes::Bytes;
use crate::money::{Amount, Currency, Money, Percent};
use crate::rules::{Base, Stage, Times};
use crate::shop::Cart;

/// Makes the parts of one rule.
pub(super) struct Maker<'m, 'b> {
    pub bytes: &'m mut Bytes<'b>,
    pub cart: &'m Cart,
    pub stages: &'m [Stage],
    /// The rule's stage.
    pub stage: usize,
    /// The rule works on each line apart, so there are no charges in its parts.
    pub per_line: bool,
}

const AMOUNTS: [i64; 10] = [500, 1_000, 100, 300, 333, 2_000, 999, 5_000, 10_000, 1];

impl Maker<'_, '_> {
    pub fn currency(&self) -> Currency {
        self.cart.currency()
    }

    /// So many minor units, at least one.
    pub fn exactly(&self, minor: i64) -> Amount {
        Amount::from_money(Money::from_minor(minor.max(1)), self.currency())
    }

    /// An amount off, a cap, a price.
    pub fn minor(&mut self) -> i64 {
        self.bytes.one_of(AMOUNTS)
    }

    pub fn amount(&mut self) -> Amount {
        let minor = self.minor();
        self.exactly(minor)
    }

    pub fn percent(&mut self) -> Percent {
        let whole = self.bytes.one_of([10, 50, 20, 100, 15, 33, 1, 30, 5, 90]);
        Percent::whole(whole)
    }

    /// A threshold that the cart often meets exactly, or misses by one.
    pub fn threshold_minor(&mut self) -> i64 {
        let total = self.cart.list_total().minor();
        let lines = self.cart.lines();
        let line = lines.get(self.bytes.below(lines.len()));
        let line = line.and_then(crate::shop::Line::list_value).unwrap_or_default().minor();
        let picked =
            self.bytes.one_of([total / 2, total, line, total + 1, total / 3, 1_000, total - 1, line + 1]);
        picked.max(1)
    }

    pub fn threshold(&mut self) -> Amount {
        let minor = self.threshold_minor();
        self.exactly(minor)
    }

    /// Whether rules of the stage may take payment from the wallet: no later stage does, and `cash` comes after.
    pub fn is_payment_stage(&self) -> bool {
        match self.stages.iter().position(|stage| stage.id.as_str() == "points") {
            Some(points) => self.stage == points,
            None => self.stage == 0,
        }
    }

    /// Whether `cash` has its meaning in the stage.
    pub fn is_after_payment(&self) -> bool {
        let points = self.stages.iter().position(|stage| stage.id.as_str() == "points");
        self.stage > points.unwrap_or(0)
    }

    /// A base that the stage may name.
    pub fn base(&mut self) -> Base {
        let earlier = self.bytes.below(self.stage + 1);
        let stage = self.stages[earlier].id.clone();
        let mut bases = vec![Base::List, Base::Entry, Base::Running, Base::Stage(stage)];
        if self.is_after_payment() {
            bases.push(Base::Cash);
        }
        self.bytes.pick(&bases).unwrap_or(Base::List)
    }

    pub fn maybe_base(&mut self) -> Option<Base> {
        self.bytes.in_16(6).then(|| self.base())
    }

    pub fn times(&mut self) -> Times {
        self.bytes.one_of([Times::Uncapped, Times::Max(1), Times::Max(2), Times::Max(3)])
    }
}
