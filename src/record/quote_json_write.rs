//! From the quote to its document, and the digest of it.

use rust_decimal::Decimal;

use super::quote_json::{
    AdjustmentDocument, ChargeDocument, ClaimAmount, ClaimDocument, CodeDocument, GiftDocument, LineDocument,
    MissingDocument, NearMissDocument, QuoteDocument, RuleDocument, RunDocument, StageDocument, Sum,
    TaxAdjustmentDocument, TaxDocument, TotalsDocument, UnprovenDocument,
};
use super::{Adjustment, Claim, Fingerprint, Missing, On, Quote, ResourceKind, RuleTotal};
use crate::money::Money;
use crate::rules::{RuleId, is_default};

impl Quote {
    /// The SHA-256 of the quote's canonical JSON form, without the digest itself and without near misses, which are
    /// advice. Equal digests mean equal quotes, to the last minor unit and claim.
    ///
    /// ```
    /// use dealproof::record::Quote;
    ///
    /// assert_eq!(Quote::new().digest(), Quote::default().digest());
    /// ```
    #[must_use]
    pub fn digest(&self) -> Fingerprint {
        let mut document = self.document();
        document.near_misses.clear();
        // Texts, numbers and maps by text have a JSON form, so there is no error here.
        let bytes = serde_json::to_vec(&document).unwrap_or_default();
        Fingerprint::of(&bytes)
    }

    pub(super) fn sum(&self, money: Money) -> Sum {
        Sum::new(money, self.currency)
    }

    /// The document without its digest.
    pub(super) fn document(&self) -> QuoteDocument {
        QuoteDocument {
            currency: self.currency,
            plan: self.plan,
            priced_at: self.priced_at,
            digest: None,
            totals: self.totals_document(),
            lines: self.line_documents(),
            shipping: self.charge_documents(),
            rules: self.rule_documents(),
            stages: self.stage_documents(),
            tax_classes: self.tax_documents(),
            gifts: self.gift_documents(),
            points: self.points_documents(),
            draws: self.draw_documents(),
            deposits: self.deposit_documents(),
            payments: self.payment_documents(),
            groups: self.group_documents(),
            grants: self.grant_documents(),
            codes: self.code_documents(),
            claims: self.claims.iter().map(|claim| self.claim(claim)).collect(),
            unproven: self.unproven_documents(),
            near_misses: self.near_miss_documents(),
        }
    }

    pub(super) fn totals_document(&self) -> TotalsDocument {
        let totals = &self.totals;
        TotalsDocument {
            list: self.sum(totals.list),
            goods_discount: self.sum(totals.goods_discount),
            goods: self.sum(totals.goods),
            shipping_list: self.sum(totals.shipping_list),
            shipping_discount: self.sum(totals.shipping_discount),
            shipping: self.sum(totals.shipping),
            add_ons: self.sum(totals.add_ons),
            payable: self.sum(totals.payable),
        }
    }

    fn rule_documents(&self) -> Vec<RuleDocument> {
        let rules = self.rules.iter();
        rules
            .map(|total| RuleDocument {
                rule: total.rule.clone(),
                stage: total.stage.clone(),
                asked: self.sum(total.asked),
                granted: self.sum(total.granted),
                short_units: total.short_units,
            })
            .collect()
    }

    fn line_documents(&self) -> Vec<LineDocument> {
        let sum = |money: Money| self.sum(money);
        let mut documents: Vec<LineDocument> = self
            .lines
            .iter()
            .map(|line| LineDocument {
                line: line.line.clone(),
                sku: line.sku.clone(),
                shop: line.shop.clone(),
                quantity: line.quantity,
                tax_class: line.tax_class.clone(),
                list: sum(line.list),
                payable: sum(line.payable),
                adjustments: Vec::new(),
                units: Vec::new(),
            })
            .collect();
        for run in &self.runs {
            if let Some(line) = documents.get_mut(run.line as usize) {
                line.units.push(RunDocument { units: run.units, payable: sum(run.payable) });
            }
        }
        for (position, adjustment) in (0_u32..).zip(&self.adjustments) {
            if let On::Line(line) = adjustment.on
                && let Some(line) = documents.get_mut(line as usize)
            {
                let units = Some(adjustment.units);
                line.adjustments.push(self.adjustment(position, adjustment, units));
            }
        }
        documents
    }

    fn charge_documents(&self) -> Vec<ChargeDocument> {
        let sum = |money: Money| self.sum(money);
        let mut documents: Vec<ChargeDocument> = self
            .charges
            .iter()
            .map(|charge| ChargeDocument {
                shop: charge.shop.clone(),
                method: charge.method.clone(),
                list: sum(charge.list),
                payable: sum(charge.payable),
                adjustments: Vec::new(),
            })
            .collect();
        for (position, adjustment) in (0_u32..).zip(&self.adjustments) {
            if let On::Charge(charge) = adjustment.on
                && let Some(charge) = documents.get_mut(charge as usize)
            {
                charge.adjustments.push(self.adjustment(position, adjustment, None));
            }
        }
        documents
    }

    fn adjustment(&self, position: u32, adjustment: &Adjustment, units: Option<u32>) -> AdjustmentDocument {
        // Shares stand in the order of their adjustments.
        let start = self.shares.partition_point(|share| share.adjustment < position);
        let own = self.shares.iter().skip(start);
        let own = own.take_while(|share| share.adjustment == position);
        let funding = own.filter_map(|share| {
            let bearer = self.bearers.get(share.bearer as usize)?;
            Some((bearer.clone(), self.sum(share.amount)))
        });
        AdjustmentDocument {
            rule: self.rule_id(adjustment.rule),
            units,
            asked: self.sum(adjustment.asked),
            granted: self.sum(adjustment.granted),
            funding: funding.collect(),
        }
    }

    pub(super) fn rule_id(&self, position: u32) -> RuleId {
        let total: Option<&RuleTotal> = self.rules.get(position as usize);
        total.map(|total| total.rule.clone()).unwrap_or_default()
    }

    pub(super) fn stage_documents(&self) -> Vec<StageDocument> {
        let totals = self.stage_totals().into_iter();
        totals.map(|total| StageDocument { stage: total.stage, granted: self.sum(total.granted) }).collect()
    }

    fn unproven_documents(&self) -> Vec<UnprovenDocument> {
        let stages = self.unproven.iter();
        stages.map(|own| UnprovenDocument { stage: own.stage.clone(), gap: self.sum(own.gap) }).collect()
    }

    /// Sums by tax class, when any line has one.
    pub(super) fn tax_documents(&self) -> Vec<TaxDocument> {
        if self.lines.iter().all(|line| is_default(&line.tax_class)) {
            return Vec::new();
        }
        let sum = |money: Money| self.sum(money);
        let totals = self.tax_totals().into_iter();
        totals
            .map(|total| TaxDocument {
                tax_class: total.tax_class,
                list: sum(total.list),
                payable: sum(total.payable),
                adjustments: total
                    .adjustments
                    .into_iter()
                    .map(|(rule, granted)| TaxAdjustmentDocument {
                        rule: self.rule_id(rule),
                        granted: sum(granted),
                    })
                    .collect(),
            })
            .collect()
    }

    fn gift_documents(&self) -> Vec<GiftDocument> {
        let gifts = self.gifts.iter();
        gifts
            .map(|gift| GiftDocument {
                rule: gift.rule.clone(),
                sku: gift.sku.clone(),
                quantity: gift.quantity,
                unit_price: self.sum(gift.unit_price),
                status: gift.status,
            })
            .collect()
    }

    fn code_documents(&self) -> Vec<CodeDocument> {
        let codes = self.codes.iter();
        codes
            .map(|outcome| CodeDocument {
                code: outcome.code.clone(),
                status: outcome.status,
                rule: outcome.rule.clone(),
            })
            .collect()
    }

    fn claim(&self, claim: &Claim) -> ClaimDocument {
        let amount = match claim.resource.kind() {
            // Grants are at most AMOUNT_MAX; a larger number could not be read back.
            ResourceKind::Budget | ResourceKind::WalletBalance => ClaimAmount::Money(Sum(
                Decimal::from_i128_with_scale(i128::from(claim.amount), self.currency.digits()),
            )),
            ResourceKind::Uses
            | ResourceKind::CustomerUses
            | ResourceKind::Units
            | ResourceKind::CustomerUnits
            | ResourceKind::Points
            | ResourceKind::CustomerPoints
            | ResourceKind::WalletPoints
            | ResourceKind::Coupon => ClaimAmount::Count(claim.amount),
        };
        ClaimDocument {
            rule: claim.resource.rule().clone(),
            quota: claim.resource.quota_id().clone(),
            limit: claim.resource.kind(),
            balance: claim.resource.balance().clone(),
            customer: claim.resource.customer().clone(),
            coupon: claim.resource.coupon().clone(),
            amount,
        }
    }

    fn near_miss_documents(&self) -> Vec<NearMissDocument> {
        let sum = |money: Money| self.sum(money);
        let misses = self.near_misses.iter();
        misses
            .map(|miss| NearMissDocument {
                rule: miss.rule.clone(),
                missing: match miss.missing {
                    Missing::Spend(spend) => MissingDocument::Spend(sum(spend)),
                    Missing::Units(units) => MissingDocument::Units(units),
                },
                like: miss.like.clone(),
                added: sum(miss.added),
                payable_then: sum(miss.payable_then),
                net_gain: sum(miss.net_gain),
            })
            .collect()
    }
}
