//! What a quote would use up.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::rules::{QuotaId, RuleId, is_default};
use crate::shop::{BalanceId, CouponId, CustomerId};

/// A limited resource: of a rule, of a quota, or of a customer.
///
/// As a document it has the ids that say what it is, and `limit`, which of its limits. Resources order by rule, quota, kind,
/// customer, balance and coupon.
///
/// ```
/// use dealproof::record::{Resource, ResourceKind};
///
/// let each = Resource::new("flash", ResourceKind::CustomerUnits).of("ann");
/// assert_eq!(serde_json::to_string(&each)?, r#"{"rule":"flash","limit":"customer_units","customer":"ann"}"#);
/// assert_eq!(each.to_string(), "flash/customer_units/ann");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "ResourceDocument", into = "ResourceDocument")]
pub struct Resource(Of);

/// None is told by more than two ids, so there is room for two. An id that is empty makes it the limit of a rule: each resource
/// is written in one way only.
///
/// The layout is given, so that an id lies in it as it lies anywhere and is copied as a whole. Left to itself the compiler tells
/// the variants by a byte of the first id, and takes that to pieces for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
enum Of {
    /// A limit of a rule; without one, what is the customer's own and no rule's.
    Rule { kind: ResourceKind, rule: RuleId, customer: CustomerId },
    /// A limit of a quota that several rules share.
    Quota { kind: ResourceKind, quota: QuotaId, customer: CustomerId },
    /// A balance of the customer's wallet.
    Balance { balance: BalanceId, customer: CustomerId },
    /// A use of a coupon that the customer holds.
    Coupon { rule: RuleId, coupon: CouponId },
}
impl Resource {
    /// A limit of a rule, nobody's in particular; without a rule, what customers have in their wallets.
    #[inline]
    pub fn new(rule: impl Into<RuleId>, kind: ResourceKind) -> Self {
        Self(Of::Rule { kind, rule: rule.into(), customer: CustomerId::default() })
    }

    /// A limit of a quota, nobody's in particular.
    pub fn quota(quota: impl Into<QuotaId>, kind: ResourceKind) -> Self {
        let (quota, customer) = (quota.into(), CustomerId::default());
        if quota.as_str().is_empty() {
            Self::new("", kind)
        } else {
            Self(Of::Quota { kind, quota, customer })
        }
    }

    /// A balance of a customer's wallet.
    pub fn balance_of(customer: impl Into<CustomerId>, balance: impl Into<BalanceId>) -> Self {
        let (customer, balance) = (customer.into(), balance.into());
        if balance.as_str().is_empty() {
            Self::new("", ResourceKind::WalletBalance).of(customer)
        } else {
            Self(Of::Balance { balance, customer })
        }
    }

    /// A use of a coupon of a rule, which a customer holds.
    pub fn coupon_of(rule: impl Into<RuleId>, coupon: impl Into<CouponId>) -> Self {
        let (rule, coupon) = (rule.into(), coupon.into());
        if coupon.as_str().is_empty() {
            Self::new(rule, ResourceKind::Coupon)
        } else {
            Self(Of::Coupon { rule, coupon })
        }
    }

    /// The same limit, of one customer. A coupon is one customer's by its own id.
    #[must_use]
    #[inline]
    pub fn of(mut self, whose: impl Into<CustomerId>) -> Self {
        self.set_customer(&whose.into());
        self
    }

    /// The same limit, of another rule.
    #[inline]
    pub(crate) fn set_rule(&mut self, whose: &RuleId) {
        match &mut self.0 {
            Of::Rule { rule, .. } | Of::Coupon { rule, .. } => rule.clone_from(whose),
            Of::Quota { .. } | Of::Balance { .. } => {}
        }
    }

    #[inline]
    pub(crate) fn set_customer(&mut self, whose: &CustomerId) {
        match &mut self.0 {
            Of::Rule { customer, .. } | Of::Quota { customer, .. } | Of::Balance { customer, .. } => {
                customer.clone_from(whose);
            }
            Of::Coupon { .. } => {}
        }
    }

    /// The same limit, nobody's in particular.
    #[must_use]
    pub(crate) fn of_everybody(&self) -> Self {
        match &self.0 {
            Of::Rule { kind, rule, .. } => Self::new(rule.clone(), *kind),
            Of::Quota { kind, quota, .. } => Self::quota(quota.clone(), *kind),
            Of::Balance { .. } => Self::new("", ResourceKind::WalletBalance),
            Of::Coupon { rule, .. } => Self::new(rule.clone(), ResourceKind::Coupon),
        }
    }

    /// Which of its limits.
    #[must_use]
    #[inline]
    pub const fn kind(&self) -> ResourceKind {
        match &self.0 {
            Of::Rule { kind, .. } | Of::Quota { kind, .. } => *kind,
            Of::Balance { .. } => ResourceKind::WalletBalance,
            Of::Coupon { .. } => ResourceKind::Coupon,
        }
    }

    /// The rule; empty for a quota, and for what is the customer's own and no rule's.
    #[must_use]
    pub fn rule(&self) -> &RuleId {
        static NONE: RuleId = RuleId::new_static("");
        match &self.0 {
            Of::Rule { rule, .. } | Of::Coupon { rule, .. } => rule,
            Of::Quota { .. } | Of::Balance { .. } => &NONE,
        }
    }

    /// The quota that several rules share, where it is one; else empty.
    #[must_use]
    pub fn quota_id(&self) -> &QuotaId {
        static NONE: QuotaId = QuotaId::new_static("");
        match &self.0 {
            Of::Quota { quota, .. } => quota,
            Of::Rule { .. } | Of::Balance { .. } | Of::Coupon { .. } => &NONE,
        }
    }

    /// The customer, for limits per customer and what is the customer's own; else empty.
    #[must_use]
    pub fn customer(&self) -> &CustomerId {
        static NONE: CustomerId = CustomerId::new_static("");
        match &self.0 {
            Of::Rule { customer, .. } | Of::Quota { customer, .. } | Of::Balance { customer, .. } => customer,
            Of::Coupon { .. } => &NONE,
        }
    }

    /// The balance, where it is one of the customer's wallet; else empty.
    #[must_use]
    pub fn balance(&self) -> &BalanceId {
        static NONE: BalanceId = BalanceId::new_static("");
        match &self.0 {
            Of::Balance { balance, .. } => balance,
            Of::Rule { .. } | Of::Quota { .. } | Of::Coupon { .. } => &NONE,
        }
    }

    /// The coupon, for a use of one that the customer holds; else empty.
    #[must_use]
    pub fn coupon(&self) -> &CouponId {
        static NONE: CouponId = CouponId::new_static("");
        match &self.0 {
            Of::Coupon { coupon, .. } => coupon,
            Of::Rule { .. } | Of::Quota { .. } | Of::Balance { .. } => &NONE,
        }
    }

    /// The two ids that tell it, and which of the ways to be told by two it is told in.
    #[inline]
    pub(crate) fn ids(&self) -> (u8, &str, &str) {
        match &self.0 {
            Of::Rule { rule, customer, .. } => (0, rule.as_str(), customer.as_str()),
            Of::Quota { quota, customer, .. } => (1, quota.as_str(), customer.as_str()),
            Of::Balance { balance, customer } => (2, balance.as_str(), customer.as_str()),
            Of::Coupon { rule, coupon } => (3, rule.as_str(), coupon.as_str()),
        }
    }
}

impl Default for Resource {
    fn default() -> Self {
        Self::new(RuleId::default(), ResourceKind::default())
    }
}

impl Ord for Resource {
    fn cmp(&self, other: &Self) -> Ordering {
        fn key(one: &Resource) -> (&RuleId, &QuotaId, ResourceKind, &CustomerId, &BalanceId, &CouponId) {
            (one.rule(), one.quota_id(), one.kind(), one.customer(), one.balance(), one.coupon())
        }
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Resource {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}/{}", self.rule(), self.quota_id(), self.kind().name())?;
        for part in [self.customer().as_str(), self.balance().as_str(), self.coupon().as_str()] {
            if !part.is_empty() {
                write!(f, "/{part}")?;
            }
        }
        Ok(())
    }
}

/// A resource as a document: the ids that it has.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResourceDocument {
    pub rule: RuleId,
    #[serde(default, skip_serializing_if = "is_default")]
    pub quota: QuotaId,
    #[serde(rename = "limit")]
    pub kind: ResourceKind,
    #[serde(default, skip_serializing_if = "is_default")]
    pub customer: CustomerId,
    #[serde(default, skip_serializing_if = "is_default")]
    pub balance: BalanceId,
    #[serde(default, skip_serializing_if = "is_default")]
    pub coupon: CouponId,
}

/// Ids that no resource has together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{kind}` has a rule or a quota and may have a customer, `wallet_balance` a balance and a customer, `coupon` a rule and a coupon", kind = .0.name())]
pub(super) struct MixedIds(ResourceKind);

impl TryFrom<ResourceDocument> for Resource {
    type Error = MixedIds;

    fn try_from(document: ResourceDocument) -> Result<Self, MixedIds> {
        let ResourceDocument { rule, quota, kind, customer, balance, coupon } = document;
        let mixed = Err(MixedIds(kind));
        let has = [rule.as_str(), quota.as_str(), customer.as_str(), balance.as_str(), coupon.as_str()];
        match has.map(|id| !id.is_empty()) {
            [_, false, _, false, false] => Ok(Self::new(rule, kind).of(customer)),
            [false, true, _, false, false] => Ok(Self::quota(quota, kind).of(customer)),
            [false, false, _, true, false] if kind == ResourceKind::WalletBalance => {
                Ok(Self::balance_of(customer, balance))
            }
            [_, false, false, false, true] if kind == ResourceKind::Coupon => {
                Ok(Self::coupon_of(rule, coupon))
            }
            _ => mixed,
        }
    }
}

impl From<Resource> for ResourceDocument {
    fn from(resource: Resource) -> Self {
        let kind = resource.kind();
        let document =
            |rule, quota, customer, balance, coupon| Self { rule, quota, kind, customer, balance, coupon };
        let (none, no_balance, no_coupon) = (QuotaId::default, BalanceId::default, CouponId::default);
        match resource.0 {
            Of::Rule { rule, customer, .. } => document(rule, none(), customer, no_balance(), no_coupon()),
            Of::Quota { quota, customer, .. } => {
                document(RuleId::default(), quota, customer, no_balance(), no_coupon())
            }
            Of::Balance { balance, customer } => {
                document(RuleId::default(), none(), customer, balance, no_coupon())
            }
            Of::Coupon { rule, coupon } => {
                document(rule, none(), CustomerId::default(), no_balance(), coupon)
            }
        }
    }
}

/// Which limit of a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResourceKind {
    /// Orders the rule may be used in.
    #[default]
    Uses,
    /// Orders of one customer.
    CustomerUses,
    /// Units, or gift pieces.
    Units,
    /// Units of one customer.
    CustomerUnits,
    /// Money.
    Budget,
    /// Points a rule may give or redeem.
    Points,
    /// Points of one customer that a rule may give or redeem.
    CustomerPoints,
    /// Points in the customer's wallet.
    WalletPoints,
    /// A balance in the customer's wallet.
    WalletBalance,
    /// Orders a coupon that the customer holds may be used in.
    Coupon,
}

impl ResourceKind {
    /// Its name in documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uses => "uses",
            Self::CustomerUses => "customer_uses",
            Self::Units => "units",
            Self::CustomerUnits => "customer_units",
            Self::Budget => "budget",
            Self::Points => "points",
            Self::CustomerPoints => "customer_points",
            Self::WalletPoints => "wallet_points",
            Self::WalletBalance => "wallet_balance",
            Self::Coupon => "coupon",
        }
    }

    /// True for what a customer's wallet holds, which is no rule's.
    #[must_use]
    pub const fn is_wallet(self) -> bool {
        match self {
            Self::WalletPoints | Self::WalletBalance => true,
            Self::Uses
            | Self::CustomerUses
            | Self::Units
            | Self::CustomerUnits
            | Self::Budget
            | Self::Points
            | Self::CustomerPoints
            | Self::Coupon => false,
        }
    }

    /// True for a limit that counts each customer apart.
    #[must_use]
    pub const fn is_per_customer(self) -> bool {
        match self {
            Self::CustomerUses
            | Self::CustomerUnits
            | Self::CustomerPoints
            | Self::WalletPoints
            | Self::WalletBalance => true,
            Self::Uses | Self::Units | Self::Budget | Self::Points | Self::Coupon => false,
        }
    }
}

/// So much of a resource (L-1). The claims of a quote are sorted, one for each resource, none of nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Claim {
    /// What.
    pub resource: Resource,
    /// How much: orders, units, points, or minor units of money.
    pub amount: u64,
}

impl Claim {
    /// So much of a resource.
    #[must_use]
    pub const fn new(resource: Resource, amount: u64) -> Self {
        Self { resource, amount }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_what_its_document_says() {
        let all = [
            (Resource::new("r", ResourceKind::Units), r#"{"rule":"r","limit":"units"}"#),
            (
                Resource::new("r", ResourceKind::CustomerUses).of("ann"),
                r#"{"rule":"r","limit":"customer_uses","customer":"ann"}"#,
            ),
            (
                Resource::quota("q", ResourceKind::CustomerUnits).of("ann"),
                r#"{"rule":"","quota":"q","limit":"customer_units","customer":"ann"}"#,
            ),
            (
                Resource::new("", ResourceKind::WalletPoints).of("ann"),
                r#"{"rule":"","limit":"wallet_points","customer":"ann"}"#,
            ),
            (
                Resource::balance_of("ann", "b"),
                r#"{"rule":"","limit":"wallet_balance","customer":"ann","balance":"b"}"#,
            ),
            (Resource::coupon_of("r", "c"), r#"{"rule":"r","limit":"coupon","coupon":"c"}"#),
        ];
        for (resource, text) in all {
            assert_eq!(serde_json::to_string(&resource).unwrap(), text);
            assert_eq!(serde_json::from_str::<Resource>(text).unwrap(), resource);
        }
    }

    #[test]
    fn an_empty_id_makes_no_second_way_to_write_a_resource() {
        let of_ann = |resource: Resource| resource.of("ann");
        let points = |kind| Resource::new("", kind);
        assert_eq!(Resource::quota("", ResourceKind::Units), points(ResourceKind::Units));
        assert_eq!(Resource::balance_of("ann", ""), of_ann(points(ResourceKind::WalletBalance)));
        assert_eq!(Resource::coupon_of("r", ""), Resource::new("r", ResourceKind::Coupon));
    }

    #[test]
    fn ids_that_no_resource_has_together_are_refused() {
        for text in [
            r#"{"rule":"r","quota":"q","limit":"units"}"#,
            r#"{"rule":"r","limit":"coupon","coupon":"c","customer":"ann"}"#,
            r#"{"rule":"r","limit":"units","coupon":"c"}"#,
            r#"{"rule":"r","limit":"wallet_balance","balance":"b"}"#,
            r#"{"rule":"","limit":"wallet_points","balance":"b"}"#,
        ] {
            let refused = serde_json::from_str::<Resource>(text).unwrap_err().to_string();
            assert!(refused.contains("may have a customer"), "{text}: {refused}");
        }
    }

    #[test]
    fn resources_order_by_rule_then_quota_then_limit() {
        let sorted = [
            Resource::new("", ResourceKind::WalletPoints).of("ann"),
            Resource::balance_of("ann", "b"),
            Resource::quota("q", ResourceKind::Units),
            Resource::new("a", ResourceKind::Uses),
            Resource::coupon_of("a", "c"),
            Resource::new("b", ResourceKind::Uses),
        ];
        assert!(sorted.is_sorted());
    }
}
