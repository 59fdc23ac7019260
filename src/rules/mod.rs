//! The rule language: what an author writes.
//!
//! A [`RuleSet`] lists [`Stage`]s in order and [`Rule`]s, each in one stage; a rule is a [`Condition`], a [`Benefit`]
//! and how it stacks, is limited and is paid for. These are plain documents: amounts and percentages are as written,
//! ids may be wrong. An `Amount` is in units of the rule set's currency ("12.30"), a `Percent` is what comes off ("20"
//! leaves 80 %), quantities are pieces, ranges have both ends in them. `validate` finds all problems at once, and
//! `compile` turns a sound rule set into a `Plan`. Unknown fields are refused everywhere; enums are
//! written `{"kind": {…}}`. Read next: `benefit`, `condition`, `selector`, `stacking`.

mod base;
mod benefit;
mod condition;
mod coupon;
mod gives;
mod limit;
mod promise;
mod refunds;
mod selector;
mod stacking;
mod terms;
mod view;

pub use base::Base;
pub use benefit::{
    AmountOff, BalanceStep, BargainPrice, Benefit, Bundle, BuyGet, Each, Every, Gift, GiftOption, Given,
    GivenBalance, Grant, GroupOff, GroupPrice, GroupTier, Join, Missed, Multiplier, NFor, NthUnit, PercentOf,
    PercentOff, Pick, PointsEarn, PointsRedeem, Pool, Presale, QuantityTier, QuantityTiers, Shipping,
    ShippingOff, SpendTier, SpendTiers, Step, Take, TierOff, Times, TotalPrice, UnitLadder, UnitLimit,
    UnitOff, UnitPrice, UnitStep, UseBalance,
};
pub use condition::{
    AnyOf, BirthdayWhen, Condition, Contains, DistinctSkus, Experiment, OrderNumber, Quantity, Range, Spend,
    Weekly, Window, Within,
};
pub use coupon::Coupon;
pub(crate) use gives::Gives;
pub use limit::{Quota, RuleLimits, Short};
pub(crate) use promise::Thresholds;
pub use promise::{Promise, Promises, ThresholdError};
pub use refunds::{
    CouponsBack, DepositBack, PointsWorth, PriceProtection, ProtectionBase, RefundPolicy, Refunds,
    ShippingBack, SpentPoints,
};
pub use selector::{AttributeTest, PriceRange, Selector};
pub use stacking::{Basis, Caps, Excludes, Exclusive, GoesWith, Per, Select, Stacking, Stage, Undeclared};
pub(crate) use terms::{Asks, Span};
pub(crate) use view::{Goods, Test, View};

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::money::{Amount, Currency, Percent, Rounding};
use crate::shop::Bearer;

crate::shop::text_ids! {
    /// A rule; unique in its rule set.
    RuleId,
    /// A stage; unique in its rule set.
    StageId,
    /// A group of rules of which at most one applies in an order (K-1).
    GroupId,
    /// A label of a rule, for exclusions.
    RuleTag,
    /// A kind of coupon that the host can issue.
    CouponTemplate,
    /// Units that several rules share; unique in its rule set.
    QuotaId,
}

/// The rule-file format this version reads and writes.
pub const FORMAT: u32 = 1;

/// The document an author writes: stages in order, and the rules that compete or stack in them.
///
/// ```
/// use dealproof::money::Currency;
/// use dealproof::rules::{AmountOff, Benefit, Condition, Rule, RuleSet, Selector, Spend};
///
/// let off = Benefit::AmountOff(AmountOff::once("50.00".parse()?));
/// let rules = RuleSet::new(Currency::CNY).rule(
///     Rule::new("spend-300-off-50", "order", off)
///         .condition(Condition::Spend(Spend::at_least(Selector::all(), "300.00".parse()?))),
/// );
/// assert_eq!(rules.rules.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RuleSet {
    /// Version of the format, [`FORMAT`].
    pub format: u32,
    /// What the campaign is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The currency of every amount (M-1).
    pub currency: Currency,
    /// How discounts are rounded (M-3).
    #[serde(default, skip_serializing_if = "is_default")]
    pub rounding: Rounding,
    /// Caps on what all rules together may take off (K-1).
    #[serde(default, skip_serializing_if = "is_default")]
    pub caps: Caps,
    /// Whether rules that say nothing about each other may apply together (K-1).
    #[serde(default, skip_serializing_if = "is_default")]
    pub undeclared: Undeclared,
    /// How returns are paid back.
    #[serde(default, skip_serializing_if = "is_default")]
    pub refunds: Refunds,
    /// Units that several rules share.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quotas: Vec<Quota>,
    /// The stages, in order; [`Stage::default_list`] when left out (S-1).
    #[serde(default = "Stage::default_list")]
    pub stages: Vec<Stage>,
    /// The rules, in any order: rank and id decide (S-5).
    #[serde(default)]
    pub rules: Vec<Rule>,
}

impl RuleSet {
    /// A rule set without rules, with the default stages.
    #[must_use]
    pub fn new(currency: Currency) -> Self {
        Self {
            format: FORMAT,
            name: None,
            currency,
            rounding: Rounding::default(),
            caps: Caps::default(),
            undeclared: Undeclared::default(),
            refunds: Refunds::default(),
            quotas: Vec::new(),
            stages: Stage::default_list(),
            rules: Vec::new(),
        }
    }

    /// Sets the name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets how discounts are rounded.
    #[must_use]
    pub const fn rounding(mut self, rounding: Rounding) -> Self {
        self.rounding = rounding;
        self
    }

    /// Sets what two rules that say nothing about each other do.
    #[must_use]
    pub const fn undeclared(mut self, undeclared: Undeclared) -> Self {
        self.undeclared = undeclared;
        self
    }

    /// Sets how returns are paid back.
    #[must_use]
    pub const fn refunds(mut self, refunds: Refunds) -> Self {
        self.refunds = refunds;
        self
    }

    /// Sets the caps.
    #[must_use]
    pub const fn caps(mut self, caps: Caps) -> Self {
        self.caps = caps;
        self
    }

    /// Replaces the stages.
    #[must_use]
    pub fn stages(mut self, stages: impl IntoIterator<Item = Stage>) -> Self {
        self.stages = stages.into_iter().collect();
        self
    }

    /// The same with its rules in the order in which they run: by stage, rank and id (S-5). Whoever reads the rules one after the
    /// other then says the same whatever their order in a file.
    pub(crate) fn in_order(&self) -> Self {
        let mut sorted = self.clone();
        let place = |rule: &Rule| self.stages.iter().position(|stage| stage.id == rule.stage);
        sorted.rules.sort_by_cached_key(|rule| (place(rule), rule.rank, rule.id.clone()));
        sorted
    }

    /// Adds a quota.
    #[must_use]
    pub fn quota(mut self, quota: Quota) -> Self {
        self.quotas.push(quota);
        self
    }

    /// Adds a rule.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }
}

/// One promotion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Rule {
    /// Its name in quotes, claims and exclusions.
    pub id: RuleId,
    /// The stage it runs in.
    pub stage: StageId,
    /// What shoppers read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Order inside the stage: lower first, ties by id (S-5).
    #[serde(default, skip_serializing_if = "is_default")]
    pub rank: i32,
    /// False switches the rule off.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub enabled: bool,
    /// Labels that exclusions can name.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<RuleTag>,
    /// What the rule looks at as one: the whole order, each shop, each line (C-2, C-3).
    #[serde(default, skip_serializing_if = "is_default")]
    pub per: Per,
    /// The shopper must have this coupon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon: Option<Coupon>,
    /// When it may apply; always, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// What it gives.
    pub benefit: Benefit,
    /// The most money one application gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Amount>,
    /// Rounds this rule otherwise than the rule set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<Rounding>,
    /// Lets a multi-buy benefit take units another one of its stage has used (B-1).
    #[serde(default, skip_serializing_if = "is_default")]
    pub reuse: bool,
    /// What it does not go together with.
    #[serde(default, skip_serializing_if = "Stacking::is_empty")]
    pub stacking: Stacking,
    /// How often and how much it may be used (L-1).
    #[serde(default, skip_serializing_if = "RuleLimits::is_empty")]
    pub limits: RuleLimits,
    /// Quotas it draws on besides.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub quotas: BTreeSet<QuotaId>,
    /// Who pays for it, in percent that add up to 100; the shop, if left out (B-3).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub funding: BTreeMap<Bearer, Percent>,
    /// What becomes of its discount when a part goes back; as the rule set says, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<RefundPolicy>,
}

impl Rule {
    /// A rule that always applies.
    pub fn new(id: impl AsRef<str>, stage: impl AsRef<str>, benefit: Benefit) -> Self {
        Self {
            id: RuleId::new(id),
            stage: StageId::new(stage),
            title: None,
            rank: 0,
            enabled: true,
            tags: BTreeSet::new(),
            per: Per::Order,
            coupon: None,
            condition: None,
            benefit,
            cap: None,
            rounding: None,
            reuse: false,
            stacking: Stacking::default(),
            limits: RuleLimits::default(),
            quotas: BTreeSet::new(),
            funding: BTreeMap::new(),
            refund: None,
        }
    }

    /// Sets what shoppers read.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Sets the order inside the stage, lower first.
    #[must_use]
    pub const fn rank(mut self, rank: i32) -> Self {
        self.rank = rank;
        self
    }

    /// Switches the rule off.
    #[must_use]
    pub const fn disabled(mut self) -> Self {
        self.enabled = false;
        self
    }

    /// Adds a label.
    #[must_use]
    pub fn tag(mut self, tag: impl AsRef<str>) -> Self {
        self.tags.insert(RuleTag::new(tag));
        self
    }

    /// Sets what the rule looks at as one.
    #[must_use]
    pub const fn per(mut self, per: Per) -> Self {
        self.per = per;
        self
    }

    /// Asks for one of these codes.
    #[must_use]
    pub fn codes<C: AsRef<str>>(mut self, codes: impl IntoIterator<Item = C>) -> Self {
        self.coupon = Some(Coupon::codes(codes));
        self
    }

    /// Sets when the rule may apply.
    #[must_use]
    pub fn condition(mut self, condition: Condition) -> Self {
        self.condition = Some(condition);
        self
    }

    /// Sets the most money one application gives.
    #[must_use]
    pub const fn cap(mut self, cap: Amount) -> Self {
        self.cap = Some(cap);
        self
    }

    /// Rounds this rule otherwise than the rule set.
    #[must_use]
    pub const fn rounding(mut self, rounding: Rounding) -> Self {
        self.rounding = Some(rounding);
        self
    }

    /// Lets a multi-buy benefit take units another one of its stage has used.
    #[must_use]
    pub const fn reuse(mut self) -> Self {
        self.reuse = true;
        self
    }

    /// Sets what the rule does not go together with.
    #[must_use]
    pub fn stacking(mut self, stacking: Stacking) -> Self {
        self.stacking = stacking;
        self
    }

    /// Sets how often and how much the rule may be used.
    #[must_use]
    pub const fn limits(mut self, limits: RuleLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets what becomes of its discount when a part goes back.
    #[must_use]
    pub const fn refund(mut self, policy: RefundPolicy) -> Self {
        self.refund = Some(policy);
        self
    }

    /// Draws on a quota that other rules share.
    #[must_use]
    pub fn quota(mut self, quota: impl AsRef<str>) -> Self {
        self.quotas.insert(QuotaId::new(quota));
        self
    }

    /// True when it has a limit of its own, or draws on a quota.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.limits != RuleLimits { short: self.limits.short, ..RuleLimits::none() }
            || !self.quotas.is_empty()
    }

    /// The budget, where it bounds anything: what takes no money off uses none of it up.
    pub(crate) const fn money_budget(&self) -> Option<Amount> {
        if self.takes_money_off() { self.limits.budget } else { None }
    }

    /// The cap, where it bounds anything.
    pub(crate) const fn money_cap(&self) -> Option<Amount> {
        if self.takes_money_off() { self.cap } else { None }
    }

    /// Whether the benefit takes money off an order, which a cap and a budget can bound and bearers can share. A deposit that
    /// counts as itself takes none.
    pub(crate) const fn takes_money_off(&self) -> bool {
        match &self.benefit {
            Benefit::Gift(_) | Benefit::Grant(_) | Benefit::PointsEarn(_) => false,
            Benefit::Presale(presale) => presale.worth.is_some(),
            Benefit::PercentOff(_)
            | Benefit::AmountOff(_)
            | Benefit::UnitPrice(_)
            | Benefit::TotalPrice(_)
            | Benefit::SpendTiers(_)
            | Benefit::Every(_)
            | Benefit::QuantityTiers(_)
            | Benefit::BuyGet(_)
            | Benefit::NthUnit(_)
            | Benefit::UnitLadder(_)
            | Benefit::NFor(_)
            | Benefit::Bundle(_)
            | Benefit::Shipping(_)
            | Benefit::GroupPrice(_)
            | Benefit::BargainPrice(_)
            | Benefit::UseBalance(_)
            | Benefit::PointsRedeem(_) => true,
        }
    }

    /// Adds a bearer's share of the cost.
    #[must_use]
    pub fn funded_by(mut self, bearer: impl AsRef<str>, percent: Percent) -> Self {
        self.funding.insert(Bearer::new(bearer), percent);
        self
    }
}

pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

pub(crate) const fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(crate) const fn is_yes(value: &bool) -> bool {
    *value
}
