//! The priced cart.

use super::{
    Claim, Fingerprint, PointShare, PointsDirection, QuoteDeposit, QuoteDraw, QuoteGrant, QuoteGroup,
    QuotePayment, QuotePoints,
};
use crate::money::{Currency, Money};
use crate::rules::{RuleId, StageId};
use crate::shop::{Bearer, CouponCode, LineId, Moment, ShippingMethod, ShopId, Sku, TaxClass};

/// A priced cart: what every line, unit and charge costs, and which rule took what off it (design §4.10).
///
/// - Units: all amounts in minor units of `currency`; strings with its decimals in JSON.
/// - Order: lines and charges canonical, rules in the order they applied, adjustments by rule, then line, then charge.
/// - Sums: `totals.goods` = Σ line payables = Σ run payables = `totals.list` - Σ goods adjustments, exactly; charges
///   likewise; `totals.payable` = goods + shipping + add-ons.
///
/// Fields that name a line, charge, rule or bearer by `u32` are positions in the quote's own lists; the JSON form
/// spells the ids out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quote {
    /// The currency of every amount.
    pub currency: Currency,
    /// The plan that priced it.
    pub plan: Fingerprint,
    /// The moment it was priced for.
    pub priced_at: Moment,
    /// The sums.
    pub totals: Totals,
    /// The lines of the cart.
    pub lines: Vec<QuoteLine>,
    /// What each unit costs, as runs of alike units, line by line.
    pub runs: Vec<UnitRun>,
    /// The shipping charges of the cart.
    pub charges: Vec<QuoteCharge>,
    /// The rules that gave something.
    pub rules: Vec<RuleTotal>,
    /// Who takes what off which line or charge.
    pub adjustments: Vec<Adjustment>,
    /// Those who pay for the discounts of rules that name bearers.
    pub bearers: Vec<Bearer>,
    /// Their shares of such adjustments, exact.
    pub shares: Vec<Share>,
    /// Gifts, add-ons taken, and add-ons on offer.
    pub gifts: Vec<QuoteGift>,
    /// Points earned and redeemed.
    pub points: Vec<QuotePoints>,
    /// Which lines and charges the points come from, or pay for, by entry, then line, then charge.
    pub point_shares: Vec<PointShare>,
    /// Prices of buying groups.
    pub groups: Vec<QuoteGroup>,
    /// What the balances of the wallet pay.
    pub draws: Vec<QuoteDraw>,
    /// The deposits that rules ask for.
    pub deposits: Vec<QuoteDeposit>,
    /// When what is paid, where a deposit is asked; else all is paid at once and this is empty.
    pub payments: Vec<QuotePayment>,
    /// Coupons and balances given for later orders.
    pub grants: Vec<QuoteGrant>,
    /// What became of each code entered.
    pub codes: Vec<CodeOutcome>,
    /// What the quote would use up.
    pub claims: Vec<Claim>,
    /// Stages whose best combination of rules the budget of work did not prove; nearly always none.
    pub unproven: Vec<UnprovenStage>,
    /// What a little more would unlock, in pipeline order; filled by `Plan::near_misses` only.
    pub near_misses: Vec<NearMiss>,
}

/// A stage that chose the best combination of rules it found before its budget of work ran out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnprovenStage {
    /// The stage.
    pub stage: StageId,
    /// No combination of its rules leaves less to pay at its end by more than this.
    pub gap: Money,
}

/// The sums of a quote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// List value of the goods.
    pub list: Money,
    /// What rules took off goods.
    pub goods_discount: Money,
    /// What the goods cost.
    pub goods: Money,
    /// Shipping fees before any rule.
    pub shipping_list: Money,
    /// What rules took off shipping.
    pub shipping_discount: Money,
    /// What shipping costs.
    pub shipping: Money,
    /// What add-ons taken cost.
    pub add_ons: Money,
    /// What the shopper pays.
    pub payable: Money,
}

/// One line of the cart, priced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuoteLine {
    /// The line.
    pub line: LineId,
    /// The product.
    pub sku: Sku,
    /// The shop.
    pub shop: ShopId,
    /// Pieces.
    pub quantity: u32,
    /// The tax class; empty when the line has none.
    pub tax_class: TaxClass,
    /// List price times quantity.
    pub list: Money,
    /// What the line costs.
    pub payable: Money,
}

/// Alike units of one line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnitRun {
    /// The line.
    pub line: u32,
    /// How many.
    pub units: u32,
    /// What they cost together; the first k of n cost the exact share rounded half up, less what came before (M-4).
    pub payable: Money,
}

impl UnitRun {
    /// What unit `index` (from 0) of the run costs; `None` beyond the run.
    #[must_use]
    pub fn unit_payable(&self, index: u32) -> Option<Money> {
        let next = index.checked_add(1).filter(|next| *next <= self.units)?;
        let upto = |units: u32| {
            crate::money::share_up_to(self.payable.minor(), i64::from(units), i64::from(self.units))
        };
        Money::from_minor(upto(next)).checked_sub(Money::from_minor(upto(index)))
    }
}

/// One shipping charge, priced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuoteCharge {
    /// The shop.
    pub shop: ShopId,
    /// The method.
    pub method: ShippingMethod,
    /// The fee before any rule.
    pub list: Money,
    /// What it costs.
    pub payable: Money,
}

/// What one rule gave in all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleTotal {
    /// The rule.
    pub rule: RuleId,
    /// Its stage.
    pub stage: StageId,
    /// What its benefit asked for.
    pub asked: Money,
    /// What was granted, after floors, caps, limits and what was left; the rest is unused.
    pub granted: Money,
    /// Units or pieces that its unit limits kept it from: they keep their price, or are not given.
    pub short_units: u64,
}

/// What an adjustment is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// A line, by position.
    Line(u32),
    /// A shipping charge, by position.
    Charge(u32),
}

impl Default for On {
    fn default() -> Self {
        Self::Line(0)
    }
}

/// One rule's effect on one line or charge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Adjustment {
    /// The rule, by position.
    pub rule: u32,
    /// The line or charge.
    pub on: On,
    /// Units discounted; zero on a charge.
    pub units: u32,
    /// What the rule's benefit asked of it.
    pub asked: Money,
    /// What it took off.
    pub granted: Money,
}

/// A bearer's share of an adjustment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Share {
    /// The adjustment, by position.
    pub adjustment: u32,
    /// The bearer, by position.
    pub bearer: u32,
    /// How much of it they pay.
    pub amount: Money,
}

/// A gift or add-on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuoteGift {
    /// The rule it comes from.
    pub rule: RuleId,
    /// The product.
    pub sku: Sku,
    /// Pieces.
    pub quantity: u32,
    /// What a piece costs.
    pub unit_price: Money,
    /// Whether it is part of the order.
    pub status: GiftStatus,
}

/// Whether a gift is part of the order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GiftStatus {
    /// It comes with the order for nothing.
    #[default]
    Given,
    /// The shopper took it and pays for it.
    Taken,
    /// The shopper may take it.
    Offered,
}

/// What became of a code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CodeOutcome {
    /// The code as typed.
    pub code: CouponCode,
    /// What became of it.
    pub status: CodeStatus,
    /// The first of its rules that applied, or could have; empty for a repeated or unknown code.
    pub rule: RuleId,
}

/// What became of a code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeStatus {
    /// A rule of this code gave something.
    Applied,
    /// Its rules gave nothing; the trace says why.
    NoEffect,
    /// It was entered before.
    Repeated,
    /// No rule has it.
    #[default]
    Unknown,
}

/// A further rule, or tier of a rule, within reach: verified by pricing the cart with so much more in it.
///
/// - Units: minor units of the quote's currency; pieces.
/// - Smallest: with one minor unit, or one piece, less added the rule does not get as far.
/// - Sums: `net_gain` = `added` - (`payable_then` - the quote's payable), exactly; negative where other rules take away more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NearMiss {
    /// The rule.
    pub rule: RuleId,
    /// What is missing.
    pub missing: Missing,
    /// The line whose like would count.
    pub like: LineId,
    /// List value of what is added.
    pub added: Money,
    /// What the order would cost then.
    pub payable_then: Money,
    /// How much less that is than the cost now plus what is added: what the shopper gains.
    pub net_gain: Money,
}

/// What is missing to a further rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missing {
    /// So much more list value in one more unit like that of the line.
    Spend(Money),
    /// So many more units of the line.
    Units(u32),
}

/// What the rules of a stage gave: an entry of [`Quote::stage_totals`].
///
/// - Units: minor units of the quote's currency, goods and shipping together; gifts and add-ons are no money off.
/// - Sums: Σ `granted` over the stages = `totals.goods_discount` + `totals.shipping_discount`, exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StageTotal {
    /// The stage.
    pub stage: StageId,
    /// What was granted in it, on goods and charges.
    pub granted: Money,
}

/// What the goods of a tax class cost (C-4).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaxTotal {
    /// The class; empty for lines without one.
    pub tax_class: TaxClass,
    /// Their list value.
    pub list: Money,
    /// What they cost.
    pub payable: Money,
    /// What each rule took off them, by position, without zeros.
    pub adjustments: Vec<(u32, Money)>,
}

impl Quote {
    /// An empty quote, to price into. It has no currency ([`Currency::NONE`]) and no JSON form: writing it is an error.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What each stage gave, in pipeline order, without stages that gave nothing.
    #[must_use]
    pub fn stage_totals(&self) -> Vec<StageTotal> {
        let mut stages: Vec<StageTotal> = Vec::new();
        for rule in &self.rules {
            match stages.last_mut() {
                // Sums of granted amounts stay below the list value, at most AMOUNT_MAX.
                Some(last) if last.stage == rule.stage => {
                    last.granted = Money::from_minor(last.granted.minor() + rule.granted.minor());
                }
                _ => stages.push(StageTotal { stage: rule.stage.clone(), granted: rule.granted }),
            }
        }
        stages
    }

    /// Goods by tax class, sorted, lines without a class first.
    #[must_use]
    pub fn tax_totals(&self) -> Vec<TaxTotal> {
        let mut totals: Vec<TaxTotal> = Vec::new();
        let mut class_of_line = Vec::with_capacity(self.lines.len());
        let mut classes: Vec<&TaxClass> = self.lines.iter().map(|line| &line.tax_class).collect();
        classes.sort();
        classes.dedup();
        for class in &classes {
            let zero = Money::ZERO;
            totals.push(TaxTotal {
                tax_class: (*class).clone(),
                list: zero,
                payable: zero,
                adjustments: Vec::new(),
            });
        }
        for line in &self.lines {
            let class = classes.binary_search(&&line.tax_class).unwrap_or_default();
            class_of_line.push(class);
            if let Some(total) = totals.get_mut(class) {
                total.list = Money::from_minor(total.list.minor() + line.list.minor());
                total.payable = Money::from_minor(total.payable.minor() + line.payable.minor());
            }
        }
        for adjustment in &self.adjustments {
            let On::Line(line) = adjustment.on else {
                continue;
            };
            let class = class_of_line.get(line as usize).copied().unwrap_or_default();
            let Some(total) = totals.get_mut(class) else {
                continue;
            };
            match total.adjustments.last_mut() {
                Some((rule, sum)) if *rule == adjustment.rule => {
                    *sum = Money::from_minor(sum.minor() + adjustment.granted.minor());
                }
                _ => total.adjustments.push((adjustment.rule, adjustment.granted)),
            }
        }
        totals
    }

    /// Points the shopper gets, of all rules.
    #[must_use]
    pub fn points_earned(&self) -> u64 {
        self.points_moved(PointsDirection::Earned)
    }

    /// Points the shopper pays with, of all rules.
    #[must_use]
    pub fn points_redeemed(&self) -> u64 {
        self.points_moved(PointsDirection::Redeemed)
    }

    fn points_moved(&self, direction: PointsDirection) -> u64 {
        let moved = self.points.iter().filter(|moved| moved.direction == direction);
        moved.fold(0, |sum, moved| sum.saturating_add(moved.points))
    }

    /// Forgets everything and keeps the buffers.
    pub(crate) fn clear(&mut self) {
        (self.currency, self.plan, self.priced_at) =
            (Currency::NONE, Fingerprint::default(), Moment::default());
        self.totals = Totals::default();
        self.lines.clear();
        self.runs.clear();
        self.charges.clear();
        self.rules.clear();
        self.adjustments.clear();
        self.bearers.clear();
        self.shares.clear();
        self.gifts.clear();
        self.points.clear();
        self.point_shares.clear();
        self.grants.clear();
        self.groups.clear();
        self.draws.clear();
        self.deposits.clear();
        self.payments.clear();
        self.codes.clear();
        self.claims.clear();
        self.unproven.clear();
        self.near_misses.clear();
    }
}
