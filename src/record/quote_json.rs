//! The quote as a JSON document: ids in place of positions, amounts as strings with the currency's decimals, what
//! belongs to a line nested in the line.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use super::quote_json_payment::{DepositDocument, DrawDocument, PaymentDocument};
use super::quote_json_rewards::{GrantDocument, GroupPriceDocument, PointsDocument};
use super::{CodeStatus, Fingerprint, GiftStatus, Quote, ResourceKind};
use crate::money::{Amount, Currency, Money};
use crate::rules::{QuotaId, RuleId, StageId, is_default};
use crate::shop::{
    BalanceId, Bearer, CouponCode, CouponId, CustomerId, LineId, Moment, ShippingMethod, ShopId, Sku,
    TaxClass,
};

/// The document. Reading it checks everything a quote promises; see `quote_json_read`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuoteDocument {
    pub(super) currency: Currency,
    pub(super) plan: Fingerprint,
    pub(super) priced_at: Moment,
    /// Left out only where the digest itself is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) digest: Option<Fingerprint>,
    pub(super) totals: TotalsDocument,
    pub(super) lines: Vec<LineDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) shipping: Vec<ChargeDocument>,
    pub(super) rules: Vec<RuleDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) stages: Vec<StageDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) tax_classes: Vec<TaxDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) gifts: Vec<GiftDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) points: Vec<PointsDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) draws: Vec<DrawDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) deposits: Vec<DepositDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) payments: Vec<PaymentDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) groups: Vec<GroupPriceDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) grants: Vec<GrantDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) codes: Vec<CodeDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) claims: Vec<ClaimDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) unproven: Vec<UnprovenDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) near_misses: Vec<NearMissDocument>,
}

/// An amount in the document: written with all decimals of the currency, read in any spelling of the amount.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Sum(pub(super) Decimal);

impl Sum {
    pub(super) fn new(money: Money, currency: Currency) -> Self {
        Self(Decimal::from_i128_with_scale(i128::from(money.minor()), currency.digits()))
    }
}

impl Serialize for Sum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Sum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Amount::deserialize(deserializer).map(|amount| Self(amount.decimal()))
    }
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TotalsDocument {
    pub(super) list: Sum,
    pub(super) goods_discount: Sum,
    pub(super) goods: Sum,
    pub(super) shipping_list: Sum,
    pub(super) shipping_discount: Sum,
    pub(super) shipping: Sum,
    pub(super) add_ons: Sum,
    pub(super) payable: Sum,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LineDocument {
    pub(super) line: LineId,
    pub(super) sku: Sku,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) shop: ShopId,
    pub(super) quantity: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) tax_class: TaxClass,
    pub(super) list: Sum,
    pub(super) payable: Sum,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) adjustments: Vec<AdjustmentDocument>,
    pub(super) units: Vec<RunDocument>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RunDocument {
    pub(super) units: u32,
    pub(super) payable: Sum,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChargeDocument {
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) shop: ShopId,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) method: ShippingMethod,
    pub(super) list: Sum,
    pub(super) payable: Sum,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) adjustments: Vec<AdjustmentDocument>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AdjustmentDocument {
    pub(super) rule: RuleId,
    /// Left out on a charge, which has no units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) units: Option<u32>,
    pub(super) asked: Sum,
    pub(super) granted: Sum,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) funding: BTreeMap<Bearer, Sum>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleDocument {
    pub(super) rule: RuleId,
    pub(super) stage: StageId,
    pub(super) asked: Sum,
    pub(super) granted: Sum,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) short_units: u64,
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StageDocument {
    pub(super) stage: StageId,
    pub(super) granted: Sum,
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UnprovenDocument {
    pub(super) stage: StageId,
    pub(super) gap: Sum,
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TaxDocument {
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) tax_class: TaxClass,
    pub(super) list: Sum,
    pub(super) payable: Sum,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) adjustments: Vec<TaxAdjustmentDocument>,
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TaxAdjustmentDocument {
    pub(super) rule: RuleId,
    pub(super) granted: Sum,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GiftDocument {
    pub(super) rule: RuleId,
    pub(super) sku: Sku,
    pub(super) quantity: u32,
    pub(super) unit_price: Sum,
    pub(super) status: GiftStatus,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CodeDocument {
    pub(super) code: CouponCode,
    pub(super) status: CodeStatus,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) rule: RuleId,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimDocument {
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) rule: RuleId,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) quota: QuotaId,
    pub(super) limit: ResourceKind,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) balance: BalanceId,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) customer: CustomerId,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) coupon: CouponId,
    pub(super) amount: ClaimAmount,
}

/// How much is claimed: money as an amount, anything else as a count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ClaimAmount {
    Money(Sum),
    Count(u64),
}

impl Serialize for ClaimAmount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Money(sum) => sum.serialize(serializer),
            Self::Count(count) => serializer.serialize_u64(*count),
        }
    }
}

impl<'de> Deserialize<'de> for ClaimAmount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MoneyOrCount;
        impl de::Visitor<'_> for MoneyOrCount {
            type Value = ClaimAmount;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a count, or an amount as a string")
            }
            fn visit_u64<E: de::Error>(self, count: u64) -> Result<ClaimAmount, E> {
                Ok(ClaimAmount::Count(count))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<ClaimAmount, E> {
                let amount: Amount = text.parse().map_err(E::custom)?;
                Ok(ClaimAmount::Money(Sum(amount.decimal())))
            }
        }
        deserializer.deserialize_any(MoneyOrCount)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NearMissDocument {
    pub(super) rule: RuleId,
    pub(super) missing: MissingDocument,
    pub(super) like: LineId,
    pub(super) added: Sum,
    pub(super) payable_then: Sum,
    pub(super) net_gain: Sum,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum MissingDocument {
    Spend(Sum),
    Units(u32),
}

impl Serialize for Quote {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Nobody could read it: amounts without a currency have no decimals, and it prices no cart.
        if self.currency == Currency::NONE {
            return Err(ser::Error::custom("a quote that prices nothing has no document"));
        }
        let mut document = self.document();
        document.digest = Some(self.digest());
        document.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Quote {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        QuoteDocument::deserialize(deserializer)?.into_quote().map_err(de::Error::custom)
    }
}
