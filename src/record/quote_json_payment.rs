//! Balances drawn on and the payment schedule in the quote document.

use serde::{Deserialize, Serialize};

use super::quote_json::Sum;
use super::quote_json_read::{Reading, adds_up, in_order, same, within};
use super::{PaymentPart, Quote, QuoteDeposit, QuoteDraw, QuoteError, QuotePayment};
use crate::bounds::{AMOUNT_MAX, UNITS_MAX};
use crate::money::Money;
use crate::rules::{Missed, RuleId, is_default};
use crate::shop::{BalanceId, Moment};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DrawDocument {
    rule: RuleId,
    balance: BalanceId,
    amount: Sum,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DepositDocument {
    rule: RuleId,
    units: u64,
    amount: Sum,
    #[serde(default, skip_serializing_if = "is_default")]
    missed: Missed,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PaymentDocument {
    part: PaymentPart,
    amount: Sum,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lost: Option<Sum>,
}

impl Quote {
    /// What all rules together draw from a balance, in minor units.
    pub(super) fn drawn_from(&self, balance: &BalanceId) -> i128 {
        let draws = self.draws.iter().filter(|draw| draw.balance == *balance);
        draws.map(|draw| i128::from(draw.amount.minor())).sum()
    }

    pub(super) fn draw_documents(&self) -> Vec<DrawDocument> {
        let documents = self.draws.iter().map(|draw| DrawDocument {
            rule: self.rule_id(draw.rule),
            balance: draw.balance.clone(),
            amount: self.sum(draw.amount),
        });
        documents.collect()
    }

    pub(super) fn deposit_documents(&self) -> Vec<DepositDocument> {
        let documents = self.deposits.iter().map(|deposit| DepositDocument {
            rule: self.rule_id(deposit.rule),
            units: deposit.units,
            amount: self.sum(deposit.amount),
            missed: deposit.missed,
        });
        documents.collect()
    }

    pub(super) fn payment_documents(&self) -> Vec<PaymentDocument> {
        let documents = self.payments.iter().map(|payment| PaymentDocument {
            part: payment.part,
            amount: self.sum(payment.amount),
            from: payment.from,
            until: payment.until,
            lost: Some(payment.lost).filter(|lost| *lost > Money::ZERO).map(|lost| self.sum(lost)),
        });
        documents.collect()
    }
}

impl Reading {
    /// Draws stand by rule; those of a rule are what it granted.
    pub(super) fn draws(&mut self, documents: &[DrawDocument]) -> Result<(), QuoteError> {
        let mut draws: Vec<QuoteDraw> = Vec::with_capacity(documents.len());
        for (position, document) in documents.iter().enumerate() {
            let path = |field: &str| format!("/draws/{position}/{field}");
            let rule = self.rule(&document.rule, || path("rule"))?;
            in_order(|| path("rule"), draws.last().is_none_or(|last| last.rule <= rule))?;
            same(&path("balance"), document.balance != BalanceId::default())?;
            let amount = self.money(document.amount, || path("amount"))?;
            within(|| path("amount"), amount.minor(), 1, AMOUNT_MAX)?;
            draws.push(QuoteDraw { rule, balance: document.balance.clone(), amount });
        }
        for draw in &draws {
            let of_rule = draws.iter().filter(|other| other.rule == draw.rule);
            let sum: i128 = of_rule.map(|draw| i128::from(draw.amount.minor())).sum();
            let total = self.quote.rules.get(draw.rule as usize);
            let granted = total.map_or(0, |total| total.granted.minor());
            adds_up(|| "/draws".to_owned(), granted, sum)?;
        }
        self.quote.draws = draws.into_iter().collect();
        Ok(())
    }

    /// Deposits stand by rule, one entry for each.
    pub(super) fn deposits(&mut self, documents: &[DepositDocument]) -> Result<(), QuoteError> {
        let mut deposits: Vec<QuoteDeposit> = Vec::with_capacity(documents.len());
        for (position, document) in documents.iter().enumerate() {
            let path = |field: &str| format!("/deposits/{position}/{field}");
            let rule = self.rule(&document.rule, || path("rule"))?;
            in_order(|| path("rule"), deposits.last().is_none_or(|last| last.rule < rule))?;
            let (units, missed) = (document.units, document.missed);
            within(|| path("units"), units, 1, UNITS_MAX)?;
            let amount = self.money(document.amount, || path("amount"))?;
            within(|| path("amount"), amount.minor(), 1, AMOUNT_MAX)?;
            deposits.push(QuoteDeposit { rule, units, amount, missed });
        }
        self.quote.deposits = deposits.into_iter().collect();
        Ok(())
    }

    /// What of a schedule is paid now, and what of that can be lost, in minor units: the deposits, at most the payable.
    fn deposits_due(&self) -> (i128, i128) {
        let due = |deposits: &mut dyn Iterator<Item = &QuoteDeposit>| -> i128 {
            deposits.map(|deposit| i128::from(deposit.amount.minor())).sum()
        };
        let now = due(&mut self.quote.deposits.iter()).min(self.quote.totals.payable.minor().into());
        let mut forfeit = self.quote.deposits.iter().filter(|deposit| deposit.missed == Missed::Forfeit);
        (now, due(&mut forfeit).min(now))
    }

    /// A deposit and the rest, which together are what is paid; or nothing, when all is paid at once.
    pub(super) fn payments(&mut self, documents: &[PaymentDocument]) -> Result<(), QuoteError> {
        let parts = documents.iter().map(|document| document.part);
        let schedule = [PaymentPart::Deposit, PaymentPart::Balance];
        same("/payments", documents.is_empty() || parts.eq(schedule))?;
        same("/payments", documents.is_empty() == self.quote.deposits.is_empty())?;
        let (now, forfeit) = self.deposits_due();
        let mut payments = Vec::with_capacity(documents.len());
        let mut sum = 0_i128;
        for (position, document) in documents.iter().enumerate() {
            let amount = self.money(document.amount, || format!("/payments/{position}/amount"))?;
            sum += i128::from(amount.minor());
            let path = || format!("/payments/{position}/lost");
            let lost = document.lost.map_or(Ok(Money::ZERO), |lost| self.money(lost, path))?;
            let PaymentDocument { part, from, until, .. } = *document;
            let expected = if part == PaymentPart::Deposit { forfeit } else { 0 };
            adds_up(path, lost.minor(), expected)?;
            same(&format!("/payments/{position}/lost"), document.lost.is_none() == (expected == 0))?;
            if part == PaymentPart::Deposit {
                adds_up(|| format!("/payments/{position}/amount"), amount.minor(), now)?;
            }
            payments.push(QuotePayment { part, amount, from, until, lost });
        }
        if !documents.is_empty() {
            adds_up(|| "/payments".to_owned(), self.quote.totals.payable.minor(), sum)?;
        }
        self.quote.payments = payments.into_iter().collect();
        Ok(())
    }
}
