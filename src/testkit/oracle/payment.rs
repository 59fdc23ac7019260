//! Deposits and balances (section 15 of the semantics).

use std::collections::BTreeMap;

use super::World;
use super::arith::percent_of;
use super::asks::{Ask, Target};
use super::compute::{Application, Job};
use super::state::State;
use crate::money::RoundMode;
use crate::rules::{Base, Benefit, Missed, Presale, RuleId, UseBalance};
use crate::shop::{Balance, BalanceId};

/// How the order is paid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OraclePayments {
    /// What each rule draws from each balance.
    pub draws: BTreeMap<(RuleId, BalanceId), i128>,
    /// What is paid now and later, and what is lost when the latter is not, where a deposit is asked.
    pub schedule: Option<(i128, i128, i128)>,
}

impl Job<'_> {
    pub fn presale(&self, benefit: &Presale) -> Application {
        let deposit = self.world.money(benefit.deposit);
        let worth = benefit.worth.map_or(deposit, |worth| self.world.money(worth));
        let dear = |target: &Target| target.worth >= target.units * worth;
        if benefit.worth.is_none() {
            let all = self.whole(&self.open(&benefit.target));
            return self.pieces(all.iter().filter(|target| dear(target)).map(|target| target.units).sum());
        }
        let (mut targets, shortage) = self.limited(&benefit.target, None, dear);
        // With a limit, runs that are not dear enough are out already; what is cut off one that is stays in.
        if self.units_left.is_none() {
            targets.retain(dear);
        }
        self.ask(Ask::amount_each(&targets, worth - deposit), &targets).noting(shortage)
    }

    pub fn use_balance(&self, benefit: &UseBalance) -> Application {
        if self.world.context.customer.id.is_none() {
            return Application::default();
        }
        let held: i128 =
            self.world.usable(benefit).iter().map(|(_, balance)| self.world.money(balance.amount)).sum();
        let mut money = held - self.world.used_of(self.state, benefit);
        let now = Job { basis: Base::Running, ..self.clone() };
        let (targets, worth) = self.payable(&benefit.target, benefit.with_shipping, benefit.base.as_ref());
        money = money.min(now.room(&targets));
        if let Some(percent) = benefit.percent_max {
            money = money.min(percent_of(worth, percent, RoundMode::Down));
        }
        if let Some(step) = benefit.every {
            money = money.min(worth / self.world.money(step.spend) * self.world.money(step.amount));
        }
        if money <= 0 {
            return Application::default();
        }
        now.ask(Ask::Sum(money), &targets)
    }
}

impl World<'_> {
    /// Balances of the class that have not ended, what ends first before the others, then by id.
    fn usable(&self, benefit: &UseBalance) -> Vec<(&BalanceId, &Balance)> {
        let now = self.context.now.unix_ms();
        let ends = |balance: &Balance| balance.until.map(|until| until.unix_ms());
        let all = self.context.wallet.balances.iter().filter(|(_, balance)| balance.class == benefit.class);
        let mut usable: Vec<_> =
            all.filter(|(_, balance)| ends(balance).is_none_or(|end| now < end)).collect();
        usable.sort_by_key(|(id, balance)| (ends(balance).is_none(), ends(balance), *id));
        usable
    }

    /// What rules have taken of a class so far.
    fn used_of(&self, state: &State, benefit: &UseBalance) -> i128 {
        let same_class = |rule: usize| match &self.rules.rules[rule].benefit {
            Benefit::UseBalance(other) => other.class == benefit.class,
            _ => false,
        };
        let used = state.applied.iter().filter(|applied| same_class(applied.rule));
        used.map(|applied| applied.granted()).sum()
    }

    pub fn payments(&self, state: &State, payable: i128) -> OraclePayments {
        let mut payments = OraclePayments::default();
        let mut taken: BTreeMap<&BalanceId, i128> = BTreeMap::new();
        let (mut deposits, mut forfeit, mut is_presale) = (0, 0, false);
        for applied in &state.applied {
            let rule = &self.rules.rules[applied.rule];
            match &rule.benefit {
                Benefit::UseBalance(benefit) => {
                    let mut rest = applied.granted();
                    for (id, balance) in self.usable(benefit) {
                        let before = taken.entry(id).or_default();
                        let drawn = rest.min(self.money(balance.amount) - *before);
                        *before += drawn;
                        rest -= drawn;
                        if drawn > 0 {
                            payments.draws.insert((rule.id.clone(), id.clone()), drawn);
                        }
                    }
                }
                Benefit::Presale(benefit) => {
                    is_presale = true;
                    // A plain deposit discounts no units.
                    let paid = (applied.units() + applied.pieces) * self.money(benefit.deposit);
                    deposits += paid;
                    forfeit += if benefit.missed == Missed::Forfeit { paid } else { 0 };
                }
                _ => {}
            }
        }
        let now = deposits.min(payable);
        payments.schedule = is_presale.then_some((now, payable - now, forfeit.min(now)));
        payments
    }
}
