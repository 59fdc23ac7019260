//! Receipts and refunds as JSON documents: amounts as strings with the currency's decimals.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::quote_json::Sum;
use super::{
    BalanceBack, BearerBack, Checkout, Claim, CouponBack, Fingerprint, GonePieces, GoneUnits, PointsBack,
    PointsLot, Protected, Quote, QuoteDocument, RECEIPT_FORMAT, Receipt, ReceiptError, RefundBasis, RefundId,
    RefundKind, RefundNote, RefundOf, RefundPart, RefundStep, RefundTrace, RewardBack, SpentPieces, Usage,
};
use crate::bounds::Limits;
use crate::money::{Amount, Currency, Money};
use crate::rules::{RefundPolicy, RuleId, RuleSet};
use crate::shop::{BalanceId, Bearer, CartDocument, Context, LineId, Moment};

/// The document of a receipt. Reading it checks everything a receipt promises.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReceiptDocument {
    format: u32,
    digest: Fingerprint,
    cart: CartDocument,
    pub(crate) context: Context,
    #[serde(default)]
    pub(crate) usage: Usage,
    quote: QuoteDocument,
    paid: Sum,
    #[serde(default)]
    delivered: Option<Moment>,
    #[serde(default)]
    posted: Vec<Claim>,
    #[serde(default)]
    points_lots: Vec<PointsLot>,
    #[serde(default)]
    rules: Option<Box<RuleSet>>,
    #[serde(default)]
    refunds: Vec<NoteDocument>,
}

/// The same for writing; the digest is left out where it is taken.
#[derive(Serialize)]
struct ReceiptForm<'a> {
    format: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<Fingerprint>,
    cart: &'a crate::shop::Cart,
    context: &'a Context,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<&'a Usage>,
    quote: &'a Quote,
    paid: Sum,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered: Option<Moment>,
    #[serde(skip_serializing_if = "<[Claim]>::is_empty")]
    posted: &'a [Claim],
    #[serde(skip_serializing_if = "<[PointsLot]>::is_empty")]
    points_lots: &'a [PointsLot],
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<&'a RuleSet>,
    #[serde(skip_serializing_if = "<[RefundNote]>::is_empty")]
    refunds: &'a [RefundNote],
}

impl Receipt {
    /// The SHA-256 of the receipt's JSON form without the digest itself.
    #[must_use]
    pub fn digest(&self) -> Fingerprint {
        // Texts, numbers and maps by text have a JSON form, so there is no error here.
        Fingerprint::of(&serde_json::to_vec(&self.form(None)).unwrap_or_default())
    }

    fn form(&self, digest: Option<Fingerprint>) -> ReceiptForm<'_> {
        let Checkout { cart, context, usage } = &self.checkout;
        ReceiptForm {
            format: RECEIPT_FORMAT,
            digest,
            cart,
            context,
            usage: (*usage != Usage::default()).then_some(usage),
            quote: &self.quote,
            paid: Sum::new(self.paid, self.currency()),
            delivered: self.delivered,
            posted: &self.posted,
            points_lots: &self.points_lots,
            rules: self.rules.as_deref(),
            refunds: &self.refunds,
        }
    }
}

impl Serialize for Receipt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.form(Some(self.digest())).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Receipt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = ReceiptDocument::deserialize(deserializer)?;
        document.into_receipt(&Limits::default()).map_err(de::Error::custom)
    }
}

impl ReceiptDocument {
    /// Rebuilds the receipt.
    ///
    /// # Errors
    /// The first thing that is not what it should be; before anything of the receipt is believed, a digest that does not match.
    pub(crate) fn into_receipt(self, limits: &Limits) -> Result<Receipt, ReceiptError> {
        if self.format != RECEIPT_FORMAT {
            return Err(ReceiptError::UnknownFormat { given: self.format });
        }
        let cart = self.cart.into_cart(limits).map_err(ReceiptError::Cart)?;
        let quote = self.quote.into_quote().map_err(ReceiptError::Quote)?;
        let currency = quote.currency;
        let paid = money(self.paid, currency, || "/paid".to_owned())?;
        let refunds = self.refunds.into_iter().enumerate();
        let refunds = refunds.map(|(index, note)| note.into_note(&|| format!("/refunds/{index}")));
        let receipt = Receipt {
            checkout: Checkout { cart, context: self.context, usage: self.usage },
            quote,
            paid,
            delivered: self.delivered,
            posted: self.posted,
            points_lots: self.points_lots,
            rules: self.rules,
            refunds: refunds.collect::<Result<_, _>>()?,
        };
        let (given, computed) = (self.digest, receipt.digest());
        if given != computed {
            return Err(ReceiptError::WrongDigest { given, computed });
        }
        receipt.check()?;
        Ok(receipt)
    }
}

fn money(sum: Sum, currency: Currency, path: impl Fn() -> String) -> Result<Money, ReceiptError> {
    let money = Amount::new(sum.0).to_money(currency);
    money.map_err(|problem| ReceiptError::BadAmount { path: path(), problem })
}

/// The document of a refund.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoteDocument {
    id: RefundId,
    at: Moment,
    kind: RefundKind,
    currency: Currency,
    plan: Fingerprint,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    units: Vec<GoneUnits>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pieces: Vec<GonePieces>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    spent: Vec<SpentPieces>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    freight: Option<Sum>,
    money: Sum,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<PartDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    bearers: Vec<BearerDocument>,
    #[serde(default, skip_serializing_if = "PointsBack::is_nothing")]
    points: PointsBack,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    balances: Vec<BalanceDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rewards: Vec<RewardBack>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    coupons: Vec<CouponBack>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    claims: Vec<Claim>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    residue: Option<Sum>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    protected: Vec<ProtectedDocument>,
    trace: TraceDocument,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartDocument {
    of: RefundOf,
    amount: Sum,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BearerDocument {
    bearer: Bearer,
    amount: Sum,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BalanceDocument {
    balance: BalanceId,
    amount: Sum,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Moment>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProtectedDocument {
    line: LineId,
    units: u32,
    gone: u32,
    list: Sum,
    amount: Sum,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TraceDocument {
    basis: RefundBasis,
    paid: Sum,
    kept_share: Sum,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kept_alone: Option<Sum>,
    kept_cost: Sum,
    back: Sum,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rules: Vec<StepDocument>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepDocument {
    rule: RuleId,
    policy: RefundPolicy,
    gave: Sum,
    share: Sum,
    alone: Sum,
}

impl Serialize for RefundNote {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RefundNote {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = NoteDocument::deserialize(deserializer)?;
        document.into_note(&String::new).map_err(de::Error::custom)
    }
}

impl RefundNote {
    fn document(&self) -> NoteDocument {
        let sum = |money: Money| Sum::new(money, self.currency);
        let some = |money: Money| (money != Money::ZERO).then(|| sum(money));
        let parts = self.parts.iter();
        let bearers = self.bearers.iter();
        let balances = self.balances.iter();
        let protected = self.protected.iter();
        NoteDocument {
            id: self.id.clone(),
            at: self.at,
            kind: self.kind,
            currency: self.currency,
            plan: self.plan,
            units: self.units.clone(),
            pieces: self.pieces.clone(),
            spent: self.spent.clone(),
            freight: some(self.freight),
            money: sum(self.money),
            parts: parts.map(|part| PartDocument { of: part.of.clone(), amount: sum(part.amount) }).collect(),
            bearers: bearers
                .map(|one| BearerDocument { bearer: one.bearer.clone(), amount: sum(one.amount) })
                .collect(),
            points: self.points.clone(),
            balances: balances
                .map(|one| BalanceDocument {
                    balance: one.balance.clone(),
                    amount: sum(one.amount),
                    until: one.until,
                })
                .collect(),
            rewards: self.rewards.clone(),
            coupons: self.coupons.clone(),
            claims: self.claims.clone(),
            residue: some(self.residue),
            protected: protected
                .map(|one| ProtectedDocument {
                    line: one.line.clone(),
                    units: one.units,
                    gone: one.gone,
                    list: sum(one.list),
                    amount: sum(one.amount),
                })
                .collect(),
            trace: self.trace_document(),
        }
    }

    fn trace_document(&self) -> TraceDocument {
        let sum = |money: Money| Sum::new(money, self.currency);
        let trace = &self.trace;
        let step = |step: &RefundStep| StepDocument {
            rule: step.rule.clone(),
            policy: step.policy,
            gave: sum(step.gave),
            share: sum(step.share),
            alone: sum(step.alone),
        };
        TraceDocument {
            basis: trace.basis,
            paid: sum(trace.paid),
            kept_share: sum(trace.kept_share),
            kept_alone: trace.kept_alone.map(sum),
            kept_cost: sum(trace.kept_cost),
            back: sum(trace.back),
            rules: trace.rules.iter().map(step).collect(),
        }
    }
}

impl NoteDocument {
    fn into_note(self, above: &dyn Fn() -> String) -> Result<RefundNote, ReceiptError> {
        let currency = self.currency;
        let one = |sum: Sum, field: &str| money(sum, currency, || format!("{}/{field}", above()));
        let some = |sum: Option<Sum>, field: &str| sum.map_or(Ok(Money::ZERO), |sum| one(sum, field));
        let parts = self.parts.into_iter();
        let parts = parts.map(|part| Ok(RefundPart { of: part.of, amount: one(part.amount, "parts")? }));
        let bearers = self.bearers.into_iter();
        let bearers =
            bearers.map(|back| Ok(BearerBack { bearer: back.bearer, amount: one(back.amount, "bearers")? }));
        let balances = self.balances.into_iter().map(|back| {
            let amount = one(back.amount, "balances")?;
            Ok(BalanceBack { balance: back.balance, amount, until: back.until })
        });
        let protected = self.protected.into_iter().map(|line| {
            let (list, amount) = (one(line.list, "protected")?, one(line.amount, "protected")?);
            Ok(Protected { line: line.line, units: line.units, gone: line.gone, list, amount })
        });
        Ok(RefundNote {
            id: self.id,
            at: self.at,
            kind: self.kind,
            currency,
            plan: self.plan,
            units: self.units,
            pieces: self.pieces,
            spent: self.spent,
            freight: some(self.freight, "freight")?,
            money: one(self.money, "money")?,
            parts: parts.collect::<Result<_, ReceiptError>>()?,
            bearers: bearers.collect::<Result<_, ReceiptError>>()?,
            points: self.points,
            balances: balances.collect::<Result<_, ReceiptError>>()?,
            rewards: self.rewards,
            coupons: self.coupons,
            claims: self.claims,
            residue: some(self.residue, "residue")?,
            protected: protected.collect::<Result<_, ReceiptError>>()?,
            trace: self.trace.into_trace(&one)?,
        })
    }
}

impl TraceDocument {
    fn into_trace(
        self,
        one: &dyn Fn(Sum, &str) -> Result<Money, ReceiptError>,
    ) -> Result<RefundTrace, ReceiptError> {
        let rules = self.rules.into_iter().map(|step| {
            Ok(RefundStep {
                rule: step.rule,
                policy: step.policy,
                gave: one(step.gave, "trace/rules")?,
                share: one(step.share, "trace/rules")?,
                alone: one(step.alone, "trace/rules")?,
            })
        });
        Ok(RefundTrace {
            basis: self.basis,
            paid: one(self.paid, "trace/paid")?,
            kept_share: one(self.kept_share, "trace/kept_share")?,
            kept_alone: self.kept_alone.map(|sum| one(sum, "trace/kept_alone")).transpose()?,
            kept_cost: one(self.kept_cost, "trace/kept_cost")?,
            back: one(self.back, "trace/back")?,
            rules: rules.collect::<Result<_, ReceiptError>>()?,
        })
    }
}
