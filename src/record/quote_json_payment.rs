//! Balances drawn on and the payment schedule in the quote document.

use serde::{Deserialize, Serialize};

use super::quote_json::Sum;
use super::quote_json_read::{Reading, adds_up, in_order, same, within};
use super::{PaymentPart, Quote, QuoteDraw, QuoteError, QuotePayment};
use crate::bounds::AMOUNT_MAX;
use crate::money::Money;
use crate::rules::RuleId;
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

    /// A deposit and the rest, which together are what is paid; or nothing, when all is paid at once.
    pub(super) fn payments(&mut self, documents: &[PaymentDocument]) -> Result<(), QuoteError> {
        let parts = documents.iter().map(|document| document.part);
        let schedule = [PaymentPart::Deposit, PaymentPart::Balance];
        same("/payments", documents.is_empty() || parts.eq(schedule))?;
        let mut payments = Vec::with_capacity(documents.len());
        let mut sum = 0_i128;
        for (position, document) in documents.iter().enumerate() {
            let amount = self.money(document.amount, || format!("/payments/{position}/amount"))?;
            sum += i128::from(amount.minor());
            let path = || format!("/payments/{position}/lost");
            let lost = document.lost.map_or(Ok(Money::ZERO), |lost| self.money(lost, path))?;
            let PaymentDocument { part, from, until, .. } = *document;
            let most = if part == PaymentPart::Deposit { amount.minor() } else { 0 };
            within(path, lost.minor(), i64::from(document.lost.is_some()), most)?;
            payments.push(QuotePayment { part, amount, from, until, lost });
        }
        if !documents.is_empty() {
            adds_up(|| "/payments".to_owned(), self.quote.totals.payable.minor(), sum)?;
        }
        self.quote.payments = payments.into_iter().collect();
        Ok(())
    }
}
