//! The compiler's entry, and what its passes share.

use std::sync::OnceLock;

use super::alike::mark_alike;
use super::benefit::lower_benefit;
use super::condition::{Required, lower_condition, required_keys, required_list_value};
use super::fingerprint::{Documents, fingerprint};
use super::index::{Anchors, Key, KeySet, Kind, Numbering};
use super::limits::{limited, number_by_id};
use super::plan::{
    Alike, Asks, Enabled, Plan, PlanBenefit, PlanCaps, PlanLimits, PlanQuota, PlanRule, PlanStage, Reuse,
    Value, Way, WithShipping,
};
use super::refunds::lower_refunds;
use super::stacking::StackingIds;
use crate::bounds::{AMOUNT_MAX, Limits};
use crate::money::{Amount, Percent, Rate, RoundingPer};
use crate::record::ResourceKind;
use crate::rules::{Base, Basis, Condition, Coupon, Per, Quota, QuotaId, Rule, RuleSet, Select, StageId};
use crate::shop::Bearer;
use crate::validate::{Census, Report, validate_each};

/// Compiles a rule set under the default [`Limits`].
///
/// ```
/// use dealproof::money::Currency;
/// use dealproof::rules::{AmountOff, Benefit, Rule, RuleSet};
///
/// let off = Benefit::AmountOff(AmountOff::once("5.00".parse()?));
/// let rules = RuleSet::new(Currency::CNY).rule(Rule::new("five", "order", off));
/// let plan = dealproof::compile(&rules)?;
/// assert_eq!(plan.rule_ids().next().map(|id| id.as_str()), Some("five"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`CompileError`] with all problems at once when validation finds an error.
pub fn compile(rules: &RuleSet) -> Result<Plan, CompileError> {
    compile_with(rules, &Limits::default())
}

/// Compiles a rule set.
///
/// Cost: O(n log n) in the rules and ids of the rule set.
///
/// # Errors
/// [`CompileError`] with all problems at once when validation finds an error.
pub fn compile_with(rules: &RuleSet, limits: &Limits) -> Result<Plan, CompileError> {
    let census = Census::of(rules);
    let order = pipeline_order(rules, &census);
    let stacking = StackingIds::new(rules, &census, &order.places);
    let mut lowering = Lowering::new(rules);
    let mut documents = Documents::with_capacity(rules.rules.len());
    let mut refunds = lower_refunds(&lowering);
    // Rules are large: in one walk, in the order they lie in memory, each is checked, written down and lowered. Walking over
    // them again, or jumping about among them, costs more than the work itself.
    let mut lowered: Vec<PlanRule> = Vec::with_capacity(rules.rules.len());
    let report = validate_each(rules, limits, &census, |block, from| {
        block.iter().for_each(|rule| documents.push(rule));
        for (rule, position) in block.iter().zip(from..) {
            lowering.place = order.places.get(position).copied().unwrap_or_default();
            refunds.note(&lowering, rule);
            lowered.push(lowering.rule(rule, &stacking));
        }
    });
    if report.has_errors() {
        return Err(CompileError { report });
    }
    refunds.sort();
    put_in_order(&mut lowered, order.places);
    lowering.claiming.sort_unstable();
    number_by_id(&mut lowered, &lowering.claiming);
    mark_alike(rules, &order.positions, &mut lowered);
    let fingerprint = fingerprint(rules, &documents, &lowering.quotas, &order.positions);
    let stages = lowering.stages(&lowered);
    let caps = lowering.caps();
    let keys = lowering.keys.seeded(fingerprint.leading_u64());
    Ok(Plan {
        fingerprint,
        currency: rules.currency,
        stages,
        caps,
        quotas: lowering.quotas.iter().map(|quota| lower_quota(quota)).collect(),
        anchors: Anchors::new(keys.len(), lowering.anchored, lowering.open),
        snapshots: lowering.snapshots.len(),
        stacking: stacking.sizes(),
        asks: lowering.asks,
        refunds,
        limits: limited(&lowered, &lowering.claiming, &lowering.quotas),
        code_rules: Anchors::new(keys.len(), lowering.code_rules, Vec::new()),
        keys,
        rules: lowered,
        tests: OnceLock::new(),
    })
}

/// The rule set has errors; all of them are in the report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rule set does not compile\n{report}")]
pub struct CompileError {
    /// Errors and warnings.
    pub report: Report,
}

/// The pipeline's order of a rule set's rules.
struct Order {
    /// The positions of the rules, in pipeline order.
    positions: Vec<u32>,
    /// Where each rule of the rule set stands in the pipeline, and its stage.
    places: Vec<Place>,
}

/// Where a rule stands.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    pub stage: u32,
    /// In the whole pipeline.
    pub rule: u32,
}

/// Orders rules by stage, rank and id as bytes (S-5).
fn pipeline_order(rules: &RuleSet, census: &Census<'_>) -> Order {
    let entries = census.by_id().filter_map(|position| {
        let standing = census.standing(position);
        Some((standing.in_stages()?, u32::try_from(position).ok()?))
    });
    let mut entries: Vec<(u64, u32)> = entries.collect();
    // They come in the order of their ids, and sorting keeps it.
    entries.sort_by_key(|(standing, _)| *standing);
    let positions: Vec<u32> = entries.iter().map(|(_, position)| *position).collect();
    let mut places = vec![Place::default(); rules.rules.len()];
    for (position, rule) in positions.iter().zip(0_u32..) {
        if let Some(slot) = places.get_mut(*position as usize) {
            let stage = census.standing(*position as usize).stage.unwrap_or_default();
            *slot = Place { stage, rule };
        }
    }
    Order { positions, places }
}

/// Moves every rule to its place in the pipeline. They move where they lie: a second list of them would be memory to fetch.
fn put_in_order(lowered: &mut [PlanRule], mut places: Vec<Place>) {
    for at in 0..lowered.len() {
        // Each turn brings the rule that stands here to its own place, for good.
        while let Some(place) = places.get(at).map(|place| place.rule as usize)
            && places.get(place).is_some_and(|there| there.rule as usize != place)
        {
            lowered.swap(at, place);
            places.swap(at, place);
        }
    }
}

/// When a condition stops holding for good: the earliest end of its windows that must hold. Validation limits its depth.
fn until_ms(condition: &Condition) -> i64 {
    match condition {
        Condition::Window(window) => window.until.map_or(i64::MAX, crate::shop::Moment::unix_ms),
        Condition::All(conditions) => conditions.iter().map(until_ms).min().unwrap_or(i64::MAX),
        _ => i64::MAX,
    }
}

/// What the passes share.
pub(super) struct Lowering<'r> {
    pub rules: &'r RuleSet,
    /// In the order of their ids.
    quotas: Vec<&'r Quota>,
    pub keys: Numbering,
    /// Stages whose start is looked back to, by position.
    pub snapshots: Vec<u32>,
    pub asks: Asks,
    /// Where the rule at hand stands.
    pub place: Place,
    /// Rules that need one of their keys.
    anchored: Vec<(Key, u32)>,
    /// Rules that need nothing but a cart worth so much at list price.
    open: Vec<(i64, u32)>,
    /// Where the rules stand that can claim something: those with limits or a coupon.
    claiming: Vec<u32>,
    /// The codes that rules name.
    pub code_rules: Vec<(Key, u32)>,
}

impl<'r> Lowering<'r> {
    fn new(rules: &'r RuleSet) -> Self {
        let mut quotas: Vec<&Quota> = rules.quotas.iter().collect();
        quotas.sort_unstable_by_key(|quota| &quota.id);
        Self {
            rules,
            quotas,
            keys: Numbering::with_capacity(rules.rules.len()),
            snapshots: Vec::new(),
            asks: Asks::default(),
            place: Place::default(),
            anchored: Vec::with_capacity(rules.rules.len()),
            open: Vec::new(),
            claiming: Vec::new(),
            code_rules: Vec::new(),
        }
    }

    fn rule(&mut self, rule: &Rule, stacking: &StackingIds<'_>) -> PlanRule {
        let stage = self.place.stage;
        let own = self.own_value(stage);
        let coupon = rule.coupon.as_ref().map(|coupon| self.coupon_keys(rule, coupon));
        let condition = rule.condition.as_ref().map(|condition| lower_condition(self, condition, own));
        let benefit = lower_benefit(self, &rule.benefit, own);
        self.anchor(coupon.as_deref(), rule.condition.as_ref(), benefit.anchor, benefit.list_value);
        match rule.per {
            Per::Shop => self.asks.shop_parts = true,
            Per::Order | Per::Line => {}
        }
        let mut lowered = PlanRule {
            id: rule.id.clone(),
            stage,
            per: rule.per,
            coupon,
            condition,
            benefit: benefit.benefit,
            cap_minor: rule.cap.map_or(i64::MAX, |cap| self.minor(cap)),
            rounding: rule.rounding.unwrap_or(self.rules.rounding),
            enabled: if rule.enabled { Enabled::Yes } else { Enabled::No },
            reuse: if rule.reuse { Reuse::Yes } else { Reuse::No },
            stacking: stacking.lower(rule),
            limits: self.limits(rule),
            by_id: 0,
            until_ms: rule.condition.as_ref().map_or(i64::MAX, until_ms),
            funding: self.funding(rule),
            way: Way::Offer,
            alike: Alike::No,
        };
        lowered.way = way(&lowered);
        if lowered.limits.is_some() || lowered.coupon.is_some() {
            self.claiming.push(self.place.rule);
        }
        lowered
    }

    /// Anchors the rule at hand at the rarest thing without which it cannot give anything: a code, then goods, then a
    /// segment, then a spend.
    fn anchor(
        &mut self,
        coupon: Option<&[Key]>,
        condition: Option<&Condition>,
        goods: Option<KeySet>,
        list_value: i64,
    ) {
        let place = self.place.rule;
        if let Some(codes) = coupon {
            self.anchored.extend(codes.iter().map(|key| (*key, place)));
            return;
        }
        let required = condition.and_then(|condition| required_keys(condition, self));
        match (required, goods) {
            (Some((keys, Required::Code)), _) | (_, Some(keys)) | (Some((keys, Required::Context)), None) => {
                self.anchored.extend(keys.iter().map(|key| (*key, place)));
            }
            (None, None) => {
                let spend = condition.map_or(0, |condition| required_list_value(condition, self));
                self.open.push((spend.max(list_value), place));
            }
        }
    }

    /// What unlocks a coupon: its codes, and being in a wallet.
    fn coupon_keys(&mut self, rule: &Rule, coupon: &Coupon) -> KeySet {
        let codes = self.code_keys(coupon.codes.iter());
        if !coupon.wallet {
            return codes;
        }
        let held = self.keys.number(Kind::Wallet, rule.id.as_str());
        self.code_rules.push((held, self.place.rule));
        codes.iter().copied().chain([held]).collect()
    }

    fn stages(&self, rules: &[PlanRule]) -> Vec<PlanStage> {
        let plan_stage = |(number, stage): (u32, &crate::rules::Stage)| {
            let end = rules.partition_point(|rule| rule.stage <= number);
            PlanStage {
                id: stage.id.clone(),
                select: stage.select,
                own: self.own_value(number),
                max_rules: stage.max_rules.unwrap_or(u32::MAX),
                rules_end: u32::try_from(end).unwrap_or(u32::MAX),
                snapshot: self
                    .snapshots
                    .iter()
                    .zip(0_u32..)
                    .find(|(of, _)| **of == number)
                    .map(|(_, slot)| slot),
            }
        };
        (0_u32..).zip(&self.rules.stages).map(plan_stage).collect()
    }

    fn caps(&self) -> PlanCaps {
        let caps = &self.rules.caps;
        PlanCaps {
            order_minor: caps.order_amount.map_or(i64::MAX, |amount| self.minor(amount)),
            order_rate: caps.order_percent.map(|percent| self.rate(percent)),
            line_rate: caps.line_percent.map(|percent| self.rate(percent)),
        }
    }

    fn limits(&mut self, rule: &Rule) -> Option<Box<PlanLimits>> {
        let limits = &rule.limits;
        if limits.is_empty() && rule.quotas.is_empty() {
            return None;
        }
        self.asks.limits = true;
        let number = |id: &QuotaId| self.quotas.binary_search_by(|quota| quota.id.cmp(id)).ok();
        let quotas = rule.quotas.iter().filter_map(|id| u32::try_from(number(id)?).ok());
        let or_none = |limit: Option<u64>| limit.unwrap_or(u64::MAX);
        let claims = [
            (limits.uses.is_some(), ResourceKind::Uses),
            (limits.uses_per_customer.is_some(), ResourceKind::CustomerUses),
            (limits.units.is_some(), ResourceKind::Units),
            (limits.units_per_customer.is_some(), ResourceKind::CustomerUnits),
            (limits.budget.is_some(), ResourceKind::Budget),
            (limits.points.is_some(), ResourceKind::Points),
            (limits.points_per_customer.is_some(), ResourceKind::CustomerPoints),
        ];
        Some(Box::new(PlanLimits {
            uses: or_none(limits.uses),
            customer_uses: or_none(limits.uses_per_customer),
            units: or_none(limits.units),
            customer_units: or_none(limits.units_per_customer),
            order_units: or_none(limits.units_per_order),
            budget_minor: limits.budget.map_or(i64::MAX, |budget| self.minor(budget)),
            points: or_none(limits.points),
            customer_points: or_none(limits.points_per_customer),
            short: limits.short,
            of_customer: claims.iter().any(|(limited, kind)| *limited && kind.is_per_customer()),
            of_units: limits.units.is_some()
                || limits.units_per_customer.is_some()
                || limits.units_per_order.is_some()
                || !rule.quotas.is_empty(),
            claims: claims.into_iter().filter_map(|(limited, kind)| limited.then_some(kind)).collect(),
            quotas: quotas.collect(),
        }))
    }

    fn funding(&self, rule: &Rule) -> Box<[(Bearer, i64)]> {
        rule.funding.iter().map(|(bearer, percent)| (bearer.clone(), self.rate(*percent).ppm())).collect()
    }

    fn stage_number(&self, id: &StageId) -> u32 {
        let found = (0_u32..).zip(&self.rules.stages).find(|(_, stage)| stage.id == *id);
        found.map_or(0, |(number, _)| number)
    }

    /// What the rules of a stage compute from (S-3): its start, or the value now where rules run one after the other.
    fn own_value(&self, stage: u32) -> Value {
        let stage = self.rules.stages.get(stage as usize);
        match stage.map(|stage| (stage.select, stage.basis)) {
            Some((Select::All | Select::BestCombination, Basis::Running)) => Value::Now,
            Some((Select::All | Select::BestCombination, Basis::Entry)) | None => Value::Entry,
            Some((
                Select::First
                | Select::Best
                | Select::BestPerLine
                | Select::BestPerUnit
                | Select::BestAssignment,
                _,
            )) => Value::Entry,
        }
    }

    /// A base, or what the rule's stage computes from when none is named (S-4).
    pub fn value(&mut self, base: Option<&Base>, own: Value) -> Value {
        match base {
            None => own,
            Some(Base::List) => Value::List,
            Some(Base::Entry) => Value::Entry,
            Some(Base::Running | Base::Cash) => Value::Now,
            Some(Base::Stage(stage)) => {
                let number = self.stage_number(stage);
                let known = self.snapshots.iter().position(|of| *of == number);
                let slot = known.unwrap_or_else(|| {
                    self.snapshots.push(number);
                    self.snapshots.len() - 1
                });
                Value::Snapshot(u32::try_from(slot).unwrap_or(0))
            }
        }
    }

    /// An amount in minor units; validation refused those that have none.
    pub fn minor(&self, amount: Amount) -> i64 {
        amount.to_money(self.rules.currency).map_or(0, crate::money::Money::minor)
    }

    /// A percentage as a rate; validation refused those that are none.
    pub fn rate(&self, percent: Percent) -> Rate {
        percent.to_rate().unwrap_or_default()
    }

    /// A range of amounts, open ends at the bounds.
    pub fn amount_range(&self, at_least: Option<Amount>, at_most: Option<Amount>) -> (i64, i64) {
        (
            at_least.map_or(0, |amount| self.minor(amount)),
            at_most.map_or(AMOUNT_MAX, |amount| self.minor(amount)),
        )
    }
}
fn lower_quota(quota: &Quota) -> PlanQuota {
    PlanQuota {
        id: quota.id.clone(),
        units: quota.units.unwrap_or(u64::MAX),
        customer_units: quota.units_per_customer.unwrap_or(u64::MAX),
    }
}

/// How a rule can be applied. A cap is in the way only where it would have to be split over several amounts.
fn way(rule: &PlanRule) -> Way {
    let uncapped = rule.cap_minor == i64::MAX;
    let one_amount = rule.rounding.per == RoundingPer::Order;
    let fits = match &rule.benefit {
        PlanBenefit::PercentOff { keep, with_shipping, .. } => {
            keep.is_none() && *with_shipping == WithShipping::No && (uncapped || one_amount)
        }
        PlanBenefit::AmountOnce { keep, with_shipping, .. } => {
            keep.is_none() && *with_shipping == WithShipping::No
        }
        PlanBenefit::AmountPerUnit { keep, .. } | PlanBenefit::UnitPrice { keep, .. } => {
            keep.is_none() && uncapped
        }
        PlanBenefit::SpendTiers { .. } | PlanBenefit::QuantityTiers { .. } => uncapped,
        PlanBenefit::TotalPrice { .. } | PlanBenefit::Every { .. } => true,
        PlanBenefit::ReferencePercent { .. }
        | PlanBenefit::BuyGet(_)
        | PlanBenefit::NthUnit(_)
        | PlanBenefit::UnitLadder { .. }
        | PlanBenefit::NFor { .. }
        | PlanBenefit::Bundle(_)
        | PlanBenefit::Gift(_)
        | PlanBenefit::GroupPrice(_)
        | PlanBenefit::BargainPrice { .. }
        | PlanBenefit::Presale(_)
        | PlanBenefit::UseBalance(_)
        | PlanBenefit::PointsEarn(_)
        | PlanBenefit::PointsRedeem(_)
        | PlanBenefit::Grant(_)
        | PlanBenefit::Shipping(_) => false,
    };
    if fits && rule.per == Per::Order { Way::Direct } else { Way::Offer }
}
