//! The parts of a quote document around the prices: gifts, codes, claims, near misses.

use std::collections::BTreeSet;

use super::claims::ResourceDocument;
use super::quote_json::{
    ClaimAmount, ClaimDocument, CodeDocument, GiftDocument, MissingDocument, NearMissDocument, Sum,
    UnprovenDocument,
};
use super::quote_json_read::{Reading, adds_up, in_order, same, within};
use super::{
    Claim, CodeOutcome, CodeStatus, GiftStatus, Missing, NearMiss, QuoteError, QuoteGift, Resource,
    ResourceKind, UnprovenStage,
};
use crate::bounds::AMOUNT_MAX;
use crate::money::{Amount, Money};
use crate::rules::{QuotaId, RuleId};
use crate::shop::{BalanceId, CouponId, CustomerId, LineId};

impl Reading {
    /// Gifts and add-ons; what is taken is paid for.
    pub(super) fn gifts(&mut self, documents: &[GiftDocument]) -> Result<(), QuoteError> {
        let mut gifts = Vec::with_capacity(documents.len());
        let mut add_ons = 0_i128;
        for (position, document) in documents.iter().enumerate() {
            let path = |field: &str| format!("/gifts/{position}/{field}");
            let unit_price = self.money(document.unit_price, || path("unit_price"))?;
            within(|| path("quantity"), document.quantity, 1, u32::MAX)?;
            let cost = i128::from(unit_price.minor()) * i128::from(document.quantity);
            match document.status {
                GiftStatus::Given => {
                    self.rule(&document.rule, || path("rule"))?;
                    adds_up(|| path("unit_price"), unit_price.minor(), 0)?;
                }
                GiftStatus::Taken => {
                    self.rule(&document.rule, || path("rule"))?;
                    add_ons += cost;
                }
                GiftStatus::Offered => {}
            }
            gifts.push(QuoteGift {
                rule: document.rule.clone(),
                sku: document.sku.clone(),
                quantity: document.quantity,
                unit_price,
                status: document.status,
            });
        }
        within(|| "/gifts".to_owned(), add_ons, 0, AMOUNT_MAX)?;
        let add_ons = i64::try_from(add_ons).unwrap_or(AMOUNT_MAX);
        self.quote.totals.add_ons = Money::from_minor(add_ons);
        self.quote.gifts = gifts.into_iter().collect();
        Ok(())
    }

    /// A rule that took no money off gave something else, or it would not have applied.
    pub(super) fn nothing_for_nothing(&self) -> Result<(), QuoteError> {
        let quote = &self.quote;
        let come_with_it = quote.gifts.iter().filter(|gift| gift.status != GiftStatus::Offered);
        let gave: BTreeSet<&RuleId> = come_with_it.map(|gift| &gift.rule).collect();
        let points = quote.points.iter().map(|points| points.rule);
        let later = quote.grants.iter().map(|grant| grant.rule);
        let deposits = quote.deposits.iter().map(|deposit| deposit.rule);
        let rewarded: BTreeSet<u32> = points.chain(later).chain(deposits).collect();
        for (position, total) in (0_u32..).zip(&quote.rules) {
            let applied =
                total.granted > Money::ZERO || gave.contains(&total.rule) || rewarded.contains(&position);
            same(&format!("/rules/{position}"), applied)?;
        }
        Ok(())
    }

    /// Codes stand by folded form, then as typed.
    pub(super) fn codes(&mut self, documents: Vec<CodeDocument>) -> Result<(), QuoteError> {
        let mut codes = Vec::with_capacity(documents.len());
        let mut before = (String::new(), String::new());
        for (position, document) in documents.into_iter().enumerate() {
            let path = |field: &str| format!("/codes/{position}/{field}");
            let folded = document.code.folded().unwrap_or_default().to_owned();
            let repeated = !folded.is_empty() && folded == before.0;
            let key = (folded, document.code.as_str().to_owned());
            in_order(|| path("code"), position == 0 || before <= key)?;
            before = key;
            let named = !document.rule.as_str().is_empty();
            let (says_repeated, names_a_rule) = match document.status {
                CodeStatus::Applied => {
                    self.rule(&document.rule, || path("rule"))?;
                    (false, true)
                }
                CodeStatus::NoEffect => (false, true),
                CodeStatus::Repeated => (true, false),
                CodeStatus::Unknown => (false, false),
            };
            same(&path("status"), says_repeated == repeated)?;
            same(&path("rule"), names_a_rule == named)?;
            codes.push(CodeOutcome { code: document.code, status: document.status, rule: document.rule });
        }
        self.quote.codes = codes.into_iter().collect();
        Ok(())
    }

    /// Claims are sorted, one for each limit; a budget is claimed in the amount its rule granted.
    pub(super) fn claims(&mut self, documents: Vec<ClaimDocument>) -> Result<(), QuoteError> {
        let mut claims: Vec<Claim> = Vec::with_capacity(documents.len());
        for (position, document) in documents.into_iter().enumerate() {
            let path = |field: &str| format!("/claims/{position}/{field}");
            let rule = self.claimant(&document, path)?;
            holders(&document, path)?;
            let amount = self.claimed(&document, rule, path)?;
            let ClaimDocument { rule, quota, limit: kind, customer, balance, coupon, amount: _ } = document;
            let document = ResourceDocument { rule, quota, kind, customer, balance, coupon };
            let resource = Resource::try_from(document)
                .map_err(|_| QuoteError::Contradiction { path: path("limit") })?;
            let rises = claims.last().is_none_or(|last| last.resource < resource);
            in_order(|| path("rule"), rises)?;
            claims.push(Claim { resource, amount });
        }
        self.quote.claims = claims.into_iter().collect();
        Ok(())
    }

    /// The rule that claims, by position. Several rules share a quota, and the wallet is the customer's, whatever rule
    /// draws on it: such claims name none.
    fn claimant(
        &self,
        document: &ClaimDocument,
        path: impl Fn(&str) -> String,
    ) -> Result<Option<u32>, QuoteError> {
        let of_quota = document.quota != QuotaId::default();
        let (may_be_of_quota, of_wallet) = match document.limit {
            ResourceKind::Units | ResourceKind::CustomerUnits => (true, false),
            ResourceKind::WalletPoints | ResourceKind::WalletBalance => (false, true),
            ResourceKind::Uses
            | ResourceKind::CustomerUses
            | ResourceKind::Budget
            | ResourceKind::Points
            | ResourceKind::CustomerPoints
            | ResourceKind::Coupon => (false, false),
        };
        same(&path("quota"), may_be_of_quota || !of_quota)?;
        if of_quota || of_wallet {
            same(&path("rule"), document.rule == RuleId::default())?;
            return Ok(None);
        }
        self.rule(&document.rule, || path("rule")).map(Some)
    }

    /// How much is claimed: money of budgets and balances, a count of everything else.
    fn claimed(
        &self,
        document: &ClaimDocument,
        rule: Option<u32>,
        path: impl Fn(&str) -> String,
    ) -> Result<u64, QuoteError> {
        let is_money = match document.limit {
            ResourceKind::Budget | ResourceKind::WalletBalance => true,
            ResourceKind::Uses
            | ResourceKind::CustomerUses
            | ResourceKind::Units
            | ResourceKind::CustomerUnits
            | ResourceKind::Points
            | ResourceKind::CustomerPoints
            | ResourceKind::WalletPoints
            | ResourceKind::Coupon => false,
        };
        let amount = match document.amount {
            ClaimAmount::Money(sum) if is_money => {
                let claimed = self.money(sum, || path("amount"))?;
                let total = rule.and_then(|rule| self.quote.rules.get(rule as usize));
                let granted = match total {
                    Some(total) => i128::from(total.granted.minor()),
                    None => self.quote.drawn_from(&document.balance),
                };
                adds_up(|| path("amount"), claimed.minor(), granted)?;
                claimed.minor().unsigned_abs()
            }
            ClaimAmount::Count(count) if !is_money => count,
            ClaimAmount::Money(_) | ClaimAmount::Count(_) => {
                let path = path("amount");
                return Err(QuoteError::Contradiction { path });
            }
        };
        within(|| path("amount"), amount, 1_u64, u64::MAX)?;
        if document.limit == ResourceKind::WalletPoints {
            adds_up(|| path("amount"), amount, self.quote.points_redeemed().into())?;
        }
        Ok(amount)
    }

    /// Each stage once.
    pub(super) fn unproven(&mut self, documents: Vec<UnprovenDocument>) -> Result<(), QuoteError> {
        let mut seen = BTreeSet::new();
        for (position, document) in documents.into_iter().enumerate() {
            let path = |field: &str| format!("/unproven/{position}/{field}");
            let gap = self.money(document.gap, || path("gap"))?;
            same(&path("stage"), seen.insert(document.stage.clone()))?;
            self.quote.unproven.push(UnprovenStage { stage: document.stage, gap });
        }
        Ok(())
    }

    /// A near miss is on a line of the quote, and its gain is the cost now plus what is added less the cost then.
    pub(super) fn near_misses(&mut self, documents: Vec<NearMissDocument>) -> Result<(), QuoteError> {
        let lines = self.quote.lines.iter();
        let lines: BTreeSet<LineId> = lines.map(|line| line.line.clone()).collect();
        for (position, document) in documents.into_iter().enumerate() {
            let path = |field: &str| format!("/near_misses/{position}/{field}");
            same(&path("like"), lines.contains(&document.like))?;
            let missing = match document.missing {
                MissingDocument::Spend(sum) => Missing::Spend(self.money(sum, || path("missing"))?),
                MissingDocument::Units(units) => Missing::Units(units),
            };
            let added = self.money(document.added, || path("added"))?;
            let payable_then = self.money(document.payable_then, || path("payable_then"))?;
            let net_gain = self.gain(document.net_gain, || path("net_gain"))?;
            let now = i128::from(self.quote.totals.payable.minor());
            let expected = now + i128::from(added.minor()) - i128::from(payable_then.minor());
            adds_up(|| path("net_gain"), net_gain.minor(), expected)?;
            self.quote.near_misses.push(NearMiss {
                rule: document.rule,
                missing,
                like: document.like,
                added,
                payable_then,
                net_gain,
            });
        }
        Ok(())
    }

    /// A gain may be below zero.
    fn gain(&self, sum: Sum, path: impl Fn() -> String) -> Result<Money, QuoteError> {
        let money = Amount::new(sum.0).to_money(self.quote.currency);
        money.map_err(|problem| QuoteError::BadAmount { path: path(), problem })
    }
}

/// Whether a claim names whose it is: the customer, the coupon, the balance, of the limits that are theirs.
fn holders(document: &ClaimDocument, path: impl Fn(&str) -> String) -> Result<(), QuoteError> {
    let of_customer = match document.limit {
        ResourceKind::Uses
        | ResourceKind::Units
        | ResourceKind::Points
        | ResourceKind::Coupon
        | ResourceKind::Budget => false,
        ResourceKind::CustomerUses
        | ResourceKind::CustomerUnits
        | ResourceKind::CustomerPoints
        | ResourceKind::WalletPoints
        | ResourceKind::WalletBalance => true,
    };
    let of_balance = document.limit == ResourceKind::WalletBalance;
    let of_coupon = document.limit == ResourceKind::Coupon;
    same(&path("balance"), of_balance == (document.balance != BalanceId::default()))?;
    same(&path("customer"), of_customer == (document.customer != CustomerId::default()))?;
    same(&path("coupon"), of_coupon == (document.coupon != CouponId::default()))
}
