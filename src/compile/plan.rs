//! The compiled rule set.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use super::index::{Anchors, Key, KeySet, Keys};
pub(crate) use super::limits::{PlanLimits, PlanQuota};
pub(crate) use super::plan_rewards::{
    PlanGiven, PlanGrant, PlanGroupPrice, PlanMultiplier, PlanPointsEarn, PlanPointsRedeem, PlanPresale,
    PlanUseBalance,
};
use super::program::Program;
use super::refunds::PlanRefunds;
use crate::money::{Currency, Rate, Rounding};
use crate::record::{Fingerprint, Resource};
use crate::rules::{
    AttributeTest, BirthdayWhen, Exclusive, GroupId, Per, Pick, RuleId, Select, StageId, Take, Undeclared,
};
use crate::shop::{Bearer, ExperimentId, ShippingMethod, ShopId, Sku, UtcOffset, Weekday};

/// A compiled rule set: immutable, `Send + Sync`, priced against any number of carts.
///
/// ```
/// use dealproof::money::Currency;
/// use dealproof::rules::{Benefit, PercentOff, Rule, RuleSet};
///
/// let off = Benefit::PercentOff(PercentOff::new("20".parse()?));
/// let plan = dealproof::compile(&RuleSet::new(Currency::CNY).rule(Rule::new("all-20", "order", off)))?;
/// assert_eq!(plan.rule_count(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Plan {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) currency: Currency,
    pub(crate) stages: Vec<PlanStage>,
    /// In pipeline order: stage, rank, id (S-5).
    pub(crate) rules: Vec<PlanRule>,
    pub(crate) keys: Keys,
    pub(crate) anchors: Anchors,
    pub(crate) caps: PlanCaps,
    /// In the order of their ids.
    pub(crate) quotas: Box<[PlanQuota]>,
    /// Of rules and quotas, without a customer.
    pub(crate) limits: Arc<[Resource]>,
    /// How many stages other rules look back to.
    pub(crate) snapshots: usize,
    pub(crate) stacking: StackingSizes,
    /// Some selector asks for attributes, categories and so on: what of a line must be looked up.
    pub(crate) asks: Asks,
    /// Which rules name a code, as a coupon or in a condition.
    pub(crate) code_rules: Anchors,
    /// What a return reads.
    pub(crate) refunds: PlanRefunds,
    /// How many tests each rule can take, once somebody counts the work of pricing.
    pub(crate) tests: OnceLock<Box<[u32]>>,
}

/// Which facts the rules ask for at all.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asks {
    pub shop_parts: bool,
    /// Some rule gives what a quote lists apart from money: points, grants, group prices.
    pub quoted: bool,
    /// Some rule has limits.
    pub limits: bool,
}

/// How large the tables are that stacking is decided by; all zero when no rule says anything about it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StackingSizes {
    pub any: bool,
    /// Rules that say nothing about each other do not go together.
    pub undeclared: Undeclared,
    pub groups: usize,
    pub tags: usize,
}

/// Caps over all rules, lowered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlanCaps {
    pub order_minor: i64,
    pub order_rate: Option<Rate>,
    pub line_rate: Option<Rate>,
}

/// A stage, lowered.
#[derive(Debug)]
pub(crate) struct PlanStage {
    pub id: StageId,
    pub select: Select,
    /// What its rules compute from.
    pub own: Value,
    pub max_rules: u32,
    /// First rule of the next stage.
    pub rules_end: u32,
    /// Where its start is kept for others to look back to.
    pub snapshot: Option<u32>,
}

/// A rule, lowered.
#[derive(Debug)]
pub(crate) struct PlanRule {
    pub id: RuleId,
    pub stage: u32,
    pub per: Per,
    /// Any of these codes must be entered; `None` when it is no coupon.
    pub coupon: Option<KeySet>,
    pub condition: Option<Program<Leaf>>,
    pub benefit: PlanBenefit,
    /// The most one application asks, in minor units; `i64::MAX` without a cap.
    pub cap_minor: i64,
    pub rounding: Rounding,
    pub enabled: Enabled,
    pub reuse: Reuse,
    pub way: Way,
    pub alike: Alike,
    pub stacking: Option<Box<PlanStacking>>,
    pub limits: Option<Box<PlanLimits>>,
    /// Its place by id among the rules that can claim something: those with limits or a coupon.
    pub by_id: u32,
    /// When it ends for good, in milliseconds; `i64::MAX` when it does not.
    pub until_ms: i64,
    /// Bearers by name, with their parts per million.
    pub funding: Box<[(Bearer, i64)]>,
}

/// How a rule is applied in a stage where every rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// It takes whole runs of the order at once, and its terms lower nothing that it asks of each.
    Direct,
    /// It makes an offer first.
    Offer,
}

/// Whether a rule does the same as the one before it in the pipeline, in a stage that combines its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alike {
    Yes,
    No,
}

/// Whether the author switched the rule on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enabled {
    Yes,
    No,
}

/// Whether a multi-buy benefit may take units that another one has used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reuse {
    Yes,
    No,
}

/// What a rule does not go together with, by number.
#[derive(Debug, Default)]
pub(crate) struct PlanStacking {
    pub group: Option<u32>,
    pub group_id: GroupId,
    pub tags: Box<[u32]>,
    pub excluded_rules: Box<[u32]>,
    pub excluded_tags: Box<[u32]>,
    pub excluded_stages: Box<[u32]>,
    pub exclusive: Option<Exclusive>,
    pub with_rules: Box<[u32]>,
    pub with_tags: Box<[u32]>,
    pub with_stages: Box<[u32]>,
}

/// Which value of a unit is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    List,
    Entry,
    Now,
    Snapshot(u32),
}

/// Where a condition counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Part,
    Order,
    AnyLine,
}

/// One test of a condition.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub test: LeafTest,
    /// Where it stands in the rule, as a JSON pointer.
    pub at: Cow<'static, str>,
}

/// One test of a condition, lowered.
#[derive(Debug)]
pub(crate) enum LeafTest {
    Window {
        from_ms: i64,
        until_ms: i64,
        from: Option<crate::shop::Moment>,
        until: Option<crate::shop::Moment>,
    },
    Weekly {
        days: u8,
        from: u16,
        until: u16,
        offset: UtcOffset,
    },
    Spend {
        of: PlanSelector,
        value: Value,
        min: i64,
        max: i64,
        scope: Scope,
        with_shipping: WithShipping,
    },
    Quantity {
        of: PlanSelector,
        min: u32,
        max: u32,
        scope: Scope,
    },
    DistinctSkus {
        of: PlanSelector,
        min: u32,
        scope: Scope,
    },
    Contains {
        of: PlanSelector,
        scope: Scope,
    },
    /// The customer, channel, region or payment method has one of these keys.
    ContextKey(KeySet),
    Level {
        min: u32,
        max: u32,
    },
    FirstOrder,
    OrderNumber {
        min: u32,
        max: u32,
        every: u32,
    },
    Birthday(BirthdayWhen),
    ShippingMethod(Box<[ShippingMethod]>),
    Code(KeySet),
    GroupSize {
        min: u32,
        max: u32,
    },
    Experiment {
        id: ExperimentId,
        from_ppm: i64,
        until_ppm: i64,
    },
    Attribute(AttributeTest),
    /// Decided when the plan was made.
    Fixed(Holds),
}

/// A verdict known beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    Always,
    Never,
}

/// Whether shipping fees take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WithShipping {
    Yes,
    No,
}

impl WithShipping {
    /// What a rule file says with a word that is there or not.
    pub const fn of(said: bool) -> Self {
        if said { Self::Yes } else { Self::No }
    }
}

/// Bits for [`LeafTest::Weekly`].
pub(crate) const fn day_bit(day: Weekday) -> u8 {
    1 << day as u8
}

/// A selector, lowered.
#[derive(Debug)]
pub(crate) struct PlanSelector {
    /// Every unit it takes has this key; `None` when there is no single one.
    pub key: Option<Key>,
    /// What else, or in all when `key` is none; nothing when the key says it all.
    pub rest: Option<Program<UnitTest>>,
    /// Some test asks for values, so runs of one item may differ.
    pub looks_at: LooksAt,
    pub gift_cards: GiftCards,
}

impl PlanSelector {
    /// Every unit that any selector could take.
    pub const fn every_unit() -> Self {
        Self { key: None, rest: None, looks_at: LooksAt::Facts, gift_cards: GiftCards::Too }
    }
}

/// What the tests of a selector depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LooksAt {
    /// Facts of the item only.
    Facts,
    /// Values of the run as well.
    Values,
}

/// Whether a selector takes gift cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GiftCards {
    Too,
    Not,
}

/// One test on units, lowered.
#[derive(Debug)]
pub(crate) enum UnitTest {
    /// The item has one of these keys.
    Keys(KeySet),
    Attribute(AttributeTest),
    OnSale,
    UnitPrice {
        value: Value,
        min: i64,
        max: i64,
    },
    Untouched {
        since: Value,
        now: Value,
    },
}

/// Only so many of the units, in an order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keep {
    pub units: u32,
    pub pick: Pick,
}

/// A reduction, lowered. What `Amount` and `Price` are per is for the benefit to say.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Off {
    Percent(Rate),
    Amount(i64),
    Price(i64),
    UnitPrice(i64),
}

/// How much makes a step.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PlanStep {
    Spend(i64),
    Quantity(u32),
}

/// So many units of a selector.
#[derive(Debug)]
pub(crate) struct PlanPool {
    pub selector: PlanSelector,
    pub quantity: u32,
}

/// A benefit, lowered. Amounts are in minor units.
#[derive(Debug)]
pub(crate) enum PlanBenefit {
    PercentOff {
        target: PlanSelector,
        rate: Rate,
        keep: Option<Keep>,
        with_shipping: WithShipping,
    },
    /// Down to the reference price less a percentage.
    ReferencePercent {
        target: PlanSelector,
        rate: Rate,
        keep: Option<Keep>,
    },
    AmountPerUnit {
        target: PlanSelector,
        amount: i64,
        keep: Option<Keep>,
    },
    AmountOnce {
        target: PlanSelector,
        amount: i64,
        keep: Option<Keep>,
        with_shipping: WithShipping,
    },
    UnitPrice {
        target: PlanSelector,
        price: i64,
        keep: Option<Keep>,
    },
    TotalPrice {
        target: PlanSelector,
        price: i64,
    },
    SpendTiers {
        target: PlanSelector,
        qualifier: Option<PlanSelector>,
        value: Value,
        tiers: Box<[(i64, Off)]>,
    },
    Every {
        target: PlanSelector,
        qualifier: Option<PlanSelector>,
        value: Value,
        step: PlanStep,
        amount: i64,
        times: u32,
    },
    QuantityTiers {
        target: PlanSelector,
        qualifier: Option<PlanSelector>,
        tiers: Box<[(u32, Off)]>,
    },
    BuyGet(Box<PlanBuyGet>),
    NthUnit(Box<PlanNthUnit>),
    UnitLadder {
        target: PlanSelector,
        steps: Box<[(u32, Off)]>,
        order: Pick,
        units_max: u32,
    },
    NFor {
        target: PlanSelector,
        units: u32,
        off: Off,
        pick: Pick,
        times: u32,
    },
    Bundle(Box<PlanBundle>),
    Gift(Box<PlanGift>),
    Shipping(Box<PlanShipping>),
    GroupPrice(Box<PlanGroupPrice>),
    BargainPrice {
        target: PlanSelector,
        floor: i64,
    },
    Presale(Box<PlanPresale>),
    UseBalance(Box<PlanUseBalance>),
    PointsEarn(Box<PlanPointsEarn>),
    PointsRedeem(Box<PlanPointsRedeem>),
    Grant(Box<PlanGrant>),
}

/// Buy some, get others cheaper, lowered.
#[derive(Debug)]
pub(crate) struct PlanBuyGet {
    pub qualifier: PlanPool,
    pub target: PlanPool,
    pub off: Off,
    pub pick: Pick,
    pub partial: Partial,
    pub times: u32,
}

/// Whether the last repetition may give fewer target units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Partial {
    Yes,
    No,
}

/// Every n-th unit cheaper, lowered.
#[derive(Debug)]
pub(crate) struct PlanNthUnit {
    pub target: PlanSelector,
    pub nth: u32,
    pub off: Off,
    pub order: Pick,
    pub take: Take,
    pub pick: Pick,
    pub position: u32,
    pub times: u32,
    pub units_max: u32,
}

/// One of each for a sum, lowered.
#[derive(Debug)]
pub(crate) struct PlanBundle {
    pub parts: Box<[PlanPool]>,
    pub off: Off,
    pub pick: Pick,
    pub times: u32,
}

/// Gifts and add-ons, lowered.
#[derive(Debug)]
pub(crate) struct PlanGift {
    pub qualifier: PlanSelector,
    pub every: Option<PlanStep>,
    pub value: Value,
    pub times: u32,
    pub choose: u32,
    pub options: Box<[PlanGiftOption]>,
}

/// An entry of a choice list, lowered.
#[derive(Debug)]
pub(crate) struct PlanGiftOption {
    pub sku: Sku,
    pub quantity: u32,
    pub price_minor: i64,
}

/// Something off shipping, lowered.
#[derive(Debug)]
pub(crate) struct PlanShipping {
    pub off: PlanShippingOff,
    pub methods: Box<[ShippingMethod]>,
    pub shops: Box<[ShopId]>,
}

/// What comes off shipping, lowered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PlanShippingOff {
    Percent(Rate),
    Amount(i64),
    AmountEach(i64),
    Price(i64),
}

/// Whether one of two rules says that it goes with the other.
pub(crate) fn go_together(plan: &Plan, one: u32, other: u32) -> bool {
    let says = |own: u32, other: u32| {
        let (Some(own), Some(rule)) = (plan.rules.get(own as usize), plan.rules.get(other as usize)) else {
            return false;
        };
        let tags = rule.stacking.as_ref().map_or(&[][..], |stacking| &stacking.tags);
        own.stacking.as_ref().is_some_and(|own| {
            own.with_rules.contains(&other)
                || own.with_stages.contains(&rule.stage)
                || own.with_tags.iter().any(|tag| tags.contains(tag))
        })
    };
    says(one, other) || says(other, one)
}

impl Plan {
    /// The SHA-256 of the rule set's canonical form: the same for the same rules in any order and spelling.
    #[must_use]
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The currency of every amount.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// How many rules there are, switched off or not.
    #[must_use]
    pub const fn rule_count(&self) -> usize {
        self.rules.len()
    }

    /// The rules' ids in pipeline order: stage, rank, id (S-5).
    pub fn rule_ids(&self) -> impl Iterator<Item = &RuleId> {
        self.rules.iter().map(|rule| &rule.id)
    }
}

// A plan is shared between threads; this stops compiling if it no longer can be.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Plan>();
};
