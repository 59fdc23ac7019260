//! Points, group prices and grants in the quote document.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::quote_json::Sum;
use super::quote_json_read::{Reading, adds_up, in_order, same, within};
use super::{On, PointShare, PointsDirection, Quote, QuoteError, QuoteGrant, QuoteGroup, QuotePoints};
use crate::bounds::AMOUNT_MAX;
use crate::money::Money;
use crate::rules::{CouponTemplate, RuleId};
use crate::shop::{BalanceClass, GroupStatus, LineId};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PointsDocument {
    rule: RuleId,
    direction: PointsDirection,
    points: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shares: Vec<PointShareDocument>,
}

/// The points of a line, or of a charge by its position among them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PointShareDocument {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line: Option<LineId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    charge: Option<u32>,
    points: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupPriceDocument {
    rule: RuleId,
    status: GroupStatus,
    members: u32,
    size: u32,
    unit_price: Sum,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<NextTierDocument>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NextTierDocument {
    size: u32,
    unit_price: Sum,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantDocument {
    rule: RuleId,
    give: GivenDocument,
    quantity: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum GivenDocument {
    Coupon(CouponTemplate),
    Balance(BalanceDocument),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BalanceDocument {
    class: BalanceClass,
    amount: Sum,
}

impl Quote {
    pub(super) fn points_documents(&self) -> Vec<PointsDocument> {
        let documents = (0_u32..).zip(&self.points).map(|(entry, moved)| PointsDocument {
            rule: self.rule_id(moved.rule),
            direction: moved.direction,
            points: moved.points,
            shares: self.point_share_documents(entry),
        });
        documents.collect()
    }

    fn point_share_documents(&self, entry: u32) -> Vec<PointShareDocument> {
        let of_entry = self.point_shares.iter().filter(|share| share.entry == entry);
        let documents = of_entry.map(|share| {
            let (line, charge) = match share.on {
                On::Line(line) => (self.lines.get(line as usize).map(|line| line.line.clone()), None),
                On::Charge(charge) => (None, Some(charge)),
            };
            PointShareDocument { line, charge, points: share.points }
        });
        documents.collect()
    }

    pub(super) fn group_documents(&self) -> Vec<GroupPriceDocument> {
        let documents = self.groups.iter().map(|group| {
            let next =
                NextTierDocument { size: group.next_size, unit_price: self.sum(group.next_unit_price) };
            GroupPriceDocument {
                rule: self.rule_id(group.rule),
                status: group.status,
                members: group.members,
                size: group.size,
                unit_price: self.sum(group.unit_price),
                next: (group.next_size > 0).then_some(next),
            }
        });
        documents.collect()
    }

    pub(super) fn grant_documents(&self) -> Vec<GrantDocument> {
        let documents = self.grants.iter().map(|grant| {
            let give = if grant.coupon == CouponTemplate::default() {
                let (class, amount) = (grant.class.clone(), self.sum(grant.amount));
                GivenDocument::Balance(BalanceDocument { class, amount })
            } else {
                GivenDocument::Coupon(grant.coupon.clone())
            };
            GrantDocument { rule: self.rule_id(grant.rule), give, quantity: grant.quantity }
        });
        documents.collect()
    }
}

impl Reading {
    /// Points stand by rule, one entry for each; who redeems them takes money off.
    pub(super) fn points(&mut self, documents: &[PointsDocument]) -> Result<(), QuoteError> {
        let mut points: Vec<QuotePoints> = Vec::with_capacity(documents.len());
        for (position, document) in documents.iter().enumerate() {
            let path = |field: &str| format!("/points/{position}/{field}");
            let rule = self.rule(&document.rule, || path("rule"))?;
            within(|| path("points"), document.points, 1, AMOUNT_MAX)?;
            in_order(|| path("rule"), points.last().is_none_or(|last| last.rule < rule))?;
            let total = self.quote.rules.get(rule as usize);
            let paid = total.is_some_and(|total| total.granted > Money::ZERO);
            same(&path("direction"), paid == (document.direction == PointsDirection::Redeemed))?;
            points.push(QuotePoints { rule, direction: document.direction, points: document.points });
        }
        self.quote.points = points.into_iter().collect();
        self.point_shares(documents)
    }

    /// Shares stand by line, then charge, one for each; those of an entry are all its points.
    fn point_shares(&mut self, documents: &[PointsDocument]) -> Result<(), QuoteError> {
        let lines = (0_u32..).zip(&self.quote.lines).map(|(at, line)| (line.line.clone(), at));
        let lines: BTreeMap<LineId, u32> = lines.collect();
        let mut shares = Vec::new();
        for (entry, document) in (0_u32..).zip(documents) {
            let (mut sum, mut last) = (0_i128, None);
            for (position, share) in document.shares.iter().enumerate() {
                let path = |field: &str| format!("/points/{entry}/shares/{position}/{field}");
                let on = match (&share.line, share.charge) {
                    (Some(line), None) => lines.get(line).copied().map(On::Line),
                    (None, Some(charge)) => {
                        Some(On::Charge(charge)).filter(|_| self.quote.charges.get(charge as usize).is_some())
                    }
                    (Some(_), Some(_)) | (None, None) => None,
                };
                let on = on.ok_or_else(|| QuoteError::Contradiction { path: path("line") })?;
                in_order(|| path("line"), last.is_none_or(|last| last < on))?;
                within(|| path("points"), share.points, 1, AMOUNT_MAX)?;
                sum += i128::from(share.points);
                last = Some(on);
                shares.push(PointShare { entry, on, points: share.points });
            }
            adds_up(|| format!("/points/{entry}/shares"), document.points, sum)?;
        }
        self.quote.point_shares = shares.into_iter().collect();
        Ok(())
    }

    /// Group prices stand by rule, one entry for each; a further tier is a larger one.
    pub(super) fn groups(&mut self, documents: &[GroupPriceDocument]) -> Result<(), QuoteError> {
        let mut groups: Vec<QuoteGroup> = Vec::with_capacity(documents.len());
        for (position, document) in documents.iter().enumerate() {
            let path = |field: &str| format!("/groups/{position}/{field}");
            let rule = self.rule(&document.rule, || path("rule"))?;
            in_order(|| path("rule"), groups.last().is_none_or(|last| last.rule < rule))?;
            let (status, members, size) = (document.status, document.members, document.size);
            let least = match status {
                GroupStatus::Open => 0,
                GroupStatus::Closed => size,
            };
            within(|| path("members"), members, least, u32::MAX)?;
            within(|| path("size"), size, 1, u32::MAX)?;
            let unit_price = self.money(document.unit_price, || path("unit_price"))?;
            let mut group = QuoteGroup { rule, status, members, size, unit_price, ..QuoteGroup::default() };
            if let Some(next) = &document.next {
                within(|| path("next"), next.size, i128::from(size) + 1, u32::MAX)?;
                group.next_size = next.size;
                group.next_unit_price = self.money(next.unit_price, || path("next"))?;
            }
            groups.push(group);
        }
        self.quote.groups = groups.into_iter().collect();
        Ok(())
    }

    /// Grants stand by rule, one entry for each.
    pub(super) fn grants(&mut self, documents: &[GrantDocument]) -> Result<(), QuoteError> {
        let mut grants: Vec<QuoteGrant> = Vec::with_capacity(documents.len());
        for (position, document) in documents.iter().enumerate() {
            let path = |field: &str| format!("/grants/{position}/{field}");
            let rule = self.rule(&document.rule, || path("rule"))?;
            within(|| path("quantity"), document.quantity, 1, u64::MAX)?;
            in_order(|| path("rule"), grants.last().is_none_or(|last| last.rule < rule))?;
            let mut grant = QuoteGrant { rule, quantity: document.quantity, ..QuoteGrant::default() };
            match &document.give {
                GivenDocument::Coupon(coupon) => {
                    same(&path("give"), *coupon != CouponTemplate::default())?;
                    grant.coupon = coupon.clone();
                }
                GivenDocument::Balance(balance) => {
                    grant.class = balance.class.clone();
                    grant.amount = self.money(balance.amount, || path("give"))?;
                }
            }
            grants.push(grant);
        }
        self.quote.grants = grants.into_iter().collect();
        Ok(())
    }
}
