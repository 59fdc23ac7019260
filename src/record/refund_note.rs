//! What a return pays back, and what it asks back.

use serde::{Deserialize, Serialize};

use super::{Claim, Fingerprint, PointsLot, ReceiptError};
use crate::money::{Currency, Money};
use crate::rules::{CouponTemplate, RefundPolicy, RuleId};
use crate::shop::{BalanceClass, BalanceId, Bearer, CouponCode, CouponId, LineId, Moment, Sku};

crate::shop::text_ids! {
    /// A refund; unique in its receipt.
    RefundId,
}

/// One entry in a receipt's history: what went back, what is paid for it, and why.
///
/// - Units: amounts in minor units of `currency`; strings with its decimals in JSON.
/// - Sign: what the shopper gets is above zero, what the shopper owes is below. `money` below zero means that the return
///   stands only against payment of so much.
/// - Sums: `money` = Σ `parts`, exactly. The notes of a receipt add up to what one note for everything that went back would
///   have said; where an earlier one paid more than that, a later one takes it back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefundNote {
    /// Names the refund.
    pub id: RefundId,
    /// When it was made.
    pub at: Moment,
    /// Whether goods went back or a price fell.
    pub kind: RefundKind,
    /// The currency of every amount.
    pub currency: Currency,
    /// The plan that refunded it.
    pub plan: Fingerprint,
    /// Units that went back, by line in the receipt's order.
    pub units: Vec<GoneUnits>,
    /// Gifts and add-ons that went back.
    pub pieces: Vec<GonePieces>,
    /// Coupons and balances granted that the shopper has spent, in all so far.
    pub spent: Vec<SpentPieces>,
    /// What sending the goods back cost, by evidence.
    pub freight: Money,
    /// What the shopper gets in money.
    pub money: Money,
    /// What it is made of.
    pub parts: Vec<RefundPart>,
    /// How much less each bearer has to fund than before; less than nothing where it is more.
    pub bearers: Vec<BearerBack>,
    /// Points.
    pub points: PointsBack,
    /// Money of the wallet that is given back, each to its own balance: it ends when it would have ended.
    pub balances: Vec<BalanceBack>,
    /// Gifts, add-ons, coupons and balances that came with goods that went back.
    pub rewards: Vec<RewardBack>,
    /// Used coupons that may be used again, as long as they would have been.
    pub coupons: Vec<CouponBack>,
    /// What to give back to the ledger: sorted, one for each resource, none of nothing.
    pub claims: Vec<Claim>,
    /// How much more the goods kept would cost alone than what was paid for all of them: the shopper is past a threshold
    /// that a filler reached, and nobody charges that.
    pub residue: Money,
    /// What was paid since prices fell, by line.
    pub protected: Vec<Protected>,
    /// The calculation, for all that has gone so far.
    pub trace: RefundTrace,
}

/// What an entry of the history is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundKind {
    /// Goods went back, or did not come.
    #[default]
    Return,
    /// The price of goods that are kept fell.
    PriceProtection,
}

/// In which way units have gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The shopper sent them back.
    #[default]
    Returned,
    /// The shopper cancelled them before they were shipped.
    Cancelled,
    /// The shop does not deliver them: the shopper loses nothing by it.
    Undelivered,
}

/// Units of a line that have gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoneUnits {
    /// The line.
    pub line: LineId,
    /// In which way.
    pub way: Way,
    /// How many.
    pub units: u32,
}

/// Pieces of a gift or add-on that went back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GonePieces {
    /// The rule they came from.
    pub rule: RuleId,
    /// The product.
    pub sku: Sku,
    /// How many.
    pub pieces: u32,
}

/// Coupons or balances granted that cannot be revoked any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpentPieces {
    /// The rule that granted them.
    pub rule: RuleId,
    /// How many the shopper has spent.
    pub pieces: u64,
}

/// A part of what a refund pays in money.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefundPart {
    /// What it is for.
    pub of: RefundOf,
    /// How much; below zero where it is taken off.
    pub amount: Money,
}

/// What a part of a refund is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundOf {
    /// Units of a line: what they are paid back at, in money, points and balances together.
    Line(LineId),
    /// Shipping fees.
    #[default]
    Shipping,
    /// Of all that, what comes back as points and balances.
    Wallet,
    /// Add-ons that went back.
    AddOns,
    /// Deposits that the shop keeps.
    Deposit,
    /// What was not paid yet.
    Unpaid,
    /// Gifts and add-ons that were kept although their reason went back.
    Gifts,
    /// Coupons and balances that were spent although their reason went back.
    Grants,
    /// Points that had to be taken back and were spent.
    SpentPoints,
    /// What was paid when a price fell, or is taken off since those goods went back.
    PriceProtection,
    /// Sending the goods back.
    ReturnFreight,
}

/// A bearer's share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BearerBack {
    /// Who.
    pub bearer: Bearer,
    /// How much less they fund.
    pub amount: Money,
}

/// Points of a refund.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointsBack {
    /// Redeemed points that are given back; below zero where an earlier refund gave too many.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub given_back: i64,
    /// The same by lot; an ended lot is not lengthened by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lots: Vec<PointsLot>,
    /// Earned points that are taken back: more than the wallet holds only where the rule set says that the shopper owes them.
    /// Below zero where an earlier refund took too many.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub taken_back: i64,
    /// Earned points that are charged in money in place of being taken back.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub charged: i64,
    /// Earned points that are due, and that the wallet lacked: the rule set does not say what becomes of them. They are not in
    /// `taken_back`, and stay due: the next return asks for them again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lacking: i64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(points: &i64) -> bool {
    *points == 0
}

impl PointsBack {
    pub(super) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// What a balance of the wallet gets back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BalanceBack {
    /// The balance.
    pub balance: BalanceId,
    /// How much; below zero where an earlier refund gave too much.
    pub amount: Money,
    /// When it ends.
    pub until: Option<Moment>,
}

/// Something that came with goods which went back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RewardBack {
    /// The rule it came from.
    pub rule: RuleId,
    /// What it is.
    pub what: Reward,
    /// Pieces to be given back, or revoked.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub due: i64,
    /// Pieces charged in place of that; below zero where a piece charged before has come back.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub charged: i64,
}

/// What came with goods.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reward {
    /// A gift or add-on.
    Gift(Sku),
    /// A coupon for later.
    Coupon(CouponTemplate),
    /// A balance for later.
    Balance(BalanceClass),
}

/// A used coupon that comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CouponBack {
    /// A code that was entered.
    Code(CouponCode),
    /// A coupon of the wallet; it ends when it would have ended.
    Held(CouponId),
}

/// A line whose price fell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Protected {
    /// The line.
    pub line: LineId,
    /// Units that were kept then.
    pub units: u32,
    /// Units that had gone by then.
    pub gone: u32,
    /// What a unit was listed at then.
    pub list: Money,
    /// What was paid for those kept.
    pub amount: Money,
}

/// The calculation of a refund, for all that has gone so far.
///
/// What the goods kept cost = what they cost by their shares, alone, or the larger of the two, as the policies of the rules
/// say; what is paid back = `paid` less that, between nothing and all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefundTrace {
    /// What decided.
    pub basis: RefundBasis,
    /// What was paid for goods and shipping, in money, points and balances.
    pub paid: Money,
    /// What the goods kept and their shipping cost when each unit took its share of the discount with it.
    pub kept_share: Money,
    /// What they cost alone; `None` when no rule asked.
    pub kept_alone: Option<Money>,
    /// What they cost.
    pub kept_cost: Money,
    /// What is paid back in all: for what the shopper gave up, and for what the shop did not deliver.
    pub back: Money,
    /// What each rule gave, gives the goods kept by their shares, and gives them alone; rules that give something only to what
    /// is kept alone stand last.
    pub rules: Vec<RefundStep>,
}

/// What decided what goods kept cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundBasis {
    /// Nothing has gone.
    #[default]
    NothingGone,
    /// Nothing is kept, so everything is paid back.
    NothingKept,
    /// Their shares of the discounts.
    Share,
    /// What they cost alone.
    Alone,
}

/// A rule in the calculation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefundStep {
    /// The rule.
    pub rule: RuleId,
    /// What becomes of its discount.
    pub policy: RefundPolicy,
    /// What it gave.
    pub gave: Money,
    /// How much of that is on goods kept and their shipping.
    pub share: Money,
    /// What it gives them alone.
    pub alone: Money,
}

impl RefundNote {
    /// Whether the money is what its parts come to.
    pub(super) fn check(&self, index: usize) -> Result<(), ReceiptError> {
        let sum = self.parts.iter().fold(0_i64, |sum, part| sum.saturating_add(part.amount.minor()));
        let (given, expected) = (self.money, Money::from_minor(sum));
        if given == expected { Ok(()) } else { Err(ReceiptError::DoesNotAddUp { index, given, expected }) }
    }

    /// What a part comes to; nothing where there is none.
    #[must_use]
    pub fn part(&self, of: &RefundOf) -> Money {
        let part = self.parts.iter().find(|part| part.of == *of);
        part.map_or(Money::ZERO, |part| part.amount)
    }
}
