//! Stages, and what goes together in them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{GroupId, RuleId, RuleTag, StageId, is_default};
use crate::money::{Amount, Percent};

/// An ordered step in which rules compete or stack (S-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Stage {
    /// Its name.
    pub id: StageId,
    /// Who wins in it (S-2).
    #[serde(default, skip_serializing_if = "is_default")]
    pub select: Select,
    /// What its rules compute from (S-3).
    #[serde(default, skip_serializing_if = "is_default")]
    pub basis: Basis,
    /// At most so many of its rules apply in one order (K-1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rules: Option<u32>,
}

impl Stage {
    /// A stage in which all rules stack, each computed from the stage's start.
    pub fn new(id: impl AsRef<str>) -> Self {
        Self { id: StageId::new(id), select: Select::All, basis: Basis::Entry, max_rules: None }
    }

    /// Sets who wins.
    #[must_use]
    pub const fn select(mut self, select: Select) -> Self {
        self.select = select;
        self
    }

    /// Sets what the rules compute from.
    #[must_use]
    pub const fn basis(mut self, basis: Basis) -> Self {
        self.basis = basis;
        self
    }

    /// Lets at most so many rules apply.
    #[must_use]
    pub const fn max_rules(mut self, rules: u32) -> Self {
        self.max_rules = Some(rules);
        self
    }

    /// The stages of a rule set that names none: price (best per unit), item, order, coupon, points, shipping,
    /// reward (S-1).
    #[must_use]
    pub fn default_list() -> Vec<Self> {
        let mut stages = vec![Self::new("price").select(Select::BestPerUnit)];
        stages.extend(["item", "order", "coupon", "points", "shipping", "reward"].map(Self::new));
        stages
    }
}

/// Who wins in a stage (S-2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Select {
    /// All rules stack.
    #[default]
    All,
    /// The first by rank that grants something.
    First,
    /// The one that saves most; ties by rank.
    Best,
    /// Each line keeps its largest discount; ties by rank.
    BestPerLine,
    /// Each unit gets its best offer; limited offers go to the units that save most.
    BestPerUnit,
    /// Those that leave least to pay together, put in order as where all stack; ties by fewest rules, then by rank.
    BestCombination,
    /// Multi-buy offers share out the units so that they save most together.
    BestAssignment,
}

/// What the rules of a stage compute from (S-3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The state at the stage's start, so that order inside the stage cannot matter; sums are then clamped to what is
    /// left, in rank order.
    #[default]
    Entry,
    /// What the rules ranked before left.
    Running,
}

/// What a rule looks at as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// The whole order.
    #[default]
    Order,
    /// Each shop apart (C-3).
    Shop,
    /// Each line apart; all lines of one sku and list price are one (C-2).
    Line,
}

/// What a rule does not go together with (K-1). Exclusion follows granted money: a rule that grants nothing blocks
/// nobody (K-2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Stacking {
    /// At most one rule of the group applies in the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// These rules and this one never apply together.
    #[serde(default, skip_serializing_if = "Excludes::is_empty")]
    pub excludes: Excludes,
    /// Where this rule tolerates no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclusive: Option<Exclusive>,
    /// These rules and this one may apply together, where undeclared pairs may not ([`Undeclared::Apart`]).
    #[serde(default, skip_serializing_if = "GoesWith::is_empty")]
    pub goes_with: GoesWith,
}

impl Stacking {
    /// Whether it says nothing.
    pub(crate) fn is_empty(&self) -> bool {
        let Self { group, excludes, exclusive, goes_with } = self;
        group.is_none() && exclusive.is_none() && excludes.is_empty() && goes_with.is_empty()
    }

    /// Goes together with everything.
    #[must_use]
    pub fn free() -> Self {
        Self::default()
    }

    /// At most one rule of this group applies.
    #[must_use]
    pub fn group(mut self, group: impl AsRef<str>) -> Self {
        self.group = Some(GroupId::new(group));
        self
    }

    /// Never together with a rule.
    #[must_use]
    pub fn excludes_rule(mut self, rule: impl AsRef<str>) -> Self {
        self.excludes.rules.insert(RuleId::new(rule));
        self
    }

    /// Never together with rules of a label.
    #[must_use]
    pub fn excludes_tag(mut self, tag: impl AsRef<str>) -> Self {
        self.excludes.tags.insert(RuleTag::new(tag));
        self
    }

    /// Never together with rules of a stage.
    #[must_use]
    pub fn excludes_stage(mut self, stage: impl AsRef<str>) -> Self {
        self.excludes.stages.insert(StageId::new(stage));
        self
    }

    /// May apply together with a rule, where undeclared pairs may not.
    #[must_use]
    pub fn goes_with_rule(mut self, rule: impl AsRef<str>) -> Self {
        self.goes_with.rules.insert(RuleId::new(rule));
        self
    }

    /// May apply together with rules of a label, where undeclared pairs may not.
    #[must_use]
    pub fn goes_with_tag(mut self, tag: impl AsRef<str>) -> Self {
        self.goes_with.tags.insert(RuleTag::new(tag));
        self
    }

    /// May apply together with rules of a stage, where undeclared pairs may not.
    #[must_use]
    pub fn goes_with_stage(mut self, stage: impl AsRef<str>) -> Self {
        self.goes_with.stages.insert(StageId::new(stage));
        self
    }

    /// Tolerates no other rule there.
    #[must_use]
    pub const fn exclusive(mut self, exclusive: Exclusive) -> Self {
        self.exclusive = Some(exclusive);
        self
    }
}

/// Rules, labels and stages a rule never applies together with; always both ways.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Excludes {
    /// These rules.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub rules: BTreeSet<RuleId>,
    /// Rules with these labels, other than itself.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<RuleTag>,
    /// Rules of these stages, other than itself.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub stages: BTreeSet<StageId>,
}

impl Excludes {
    /// Whether nothing is listed.
    pub(crate) fn is_empty(&self) -> bool {
        let Self { rules, tags, stages } = self;
        rules.is_empty() && tags.is_empty() && stages.is_empty()
    }
}

/// Rules, labels and stages a rule may apply together with; one side saying so is enough.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct GoesWith {
    /// These rules.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub rules: BTreeSet<RuleId>,
    /// Rules with these labels.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<RuleTag>,
    /// Rules of these stages.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub stages: BTreeSet<StageId>,
}

impl GoesWith {
    /// Whether nothing is listed.
    pub(crate) fn is_empty(&self) -> bool {
        let Self { rules, tags, stages } = self;
        rules.is_empty() && tags.is_empty() && stages.is_empty()
    }
}

/// What two rules that say nothing about each other do (K-1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undeclared {
    /// They may apply together: what must not is listed.
    #[default]
    Together,
    /// They do not apply together: what may is listed, so a pair nobody thought of costs nothing.
    Apart,
}

/// Where a rule tolerates no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exclusive {
    /// The lines it discounted take no later rule of its stage.
    LinesInStage,
    /// The lines it discounted take no later rule at all.
    Lines,
    /// No other rule of its stage applies with it.
    Stage,
    /// No other rule applies with it.
    Order,
}

/// Caps on what all rules together take off goods (K-1). What a cap keeps back is reported as unused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Caps {
    /// At most this much off the goods of an order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_amount: Option<Amount>,
    /// At most this share of the order's list value, rounded down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_percent: Option<Percent>,
    /// At most this share of each unit's list price, rounded down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line_percent: Option<Percent>,
}

impl Caps {
    /// No caps.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Caps the money off an order.
    #[must_use]
    pub const fn order_amount(mut self, amount: Amount) -> Self {
        self.order_amount = Some(amount);
        self
    }

    /// Caps the share off an order.
    #[must_use]
    pub const fn order_percent(mut self, percent: Percent) -> Self {
        self.order_percent = Some(percent);
        self
    }

    /// Caps the share off each unit.
    #[must_use]
    pub const fn line_percent(mut self, percent: Percent) -> Self {
        self.line_percent = Some(percent);
        self
    }
}
