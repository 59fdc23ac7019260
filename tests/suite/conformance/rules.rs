//! Promotions as rules.

use std::collections::{BTreeMap, BTreeSet};

use dealproof::money::Amount;
use dealproof::record::{RuleUsage, Usage};
use dealproof::rules::{
    AnyOf, Base, Condition, Exclusive, Per, Rule, RuleId, RuleLimits, RuleSet, Short, Stacking, StageId,
};

use dealproof::shop::CouponCode;

use super::conditions::{View, can_never_hold, conditions};
use super::form::{Promotion, SetAside};
use super::kinds::Units;
use super::policy::{Choice, StackingOf};
use super::stages::Plan;
use super::translate::{Adapter, Member, Origin, Realm};

/// The group of percentages of the whole order.
const ORDER_PERCENT: &str = "order-percent";

/// A rule set, with what its limits have used and the promotions its rules come from.
pub(super) struct Assembled {
    pub(super) rules: RuleSet,
    pub(super) usage: Usage,
    pub(super) origins: BTreeMap<RuleId, Origin>,
}

/// Makes the rule set of a plan.
pub(super) fn assemble(adapter: &Adapter, plan: &Plan) -> Result<Assembled, SetAside> {
    let mut origins = BTreeMap::new();
    for (_, members) in &plan.stages {
        for member in members {
            let origin = Origin { promotion: member.promotion.id.clone(), realm: member.place.realm };
            origins.insert(RuleId::new(id(member)), origin);
        }
    }
    let mut rules = RuleSet::new(adapter.currency)
        .rounding(adapter.policy.once())
        .stages(plan.stages.iter().map(|(stage, _)| stage.clone()));
    let mut usage = Usage::default();
    let mut rank = 0;
    let mut coupons: BTreeSet<String> = BTreeSet::new();
    let mut began: BTreeMap<&str, StageId> = BTreeMap::new();
    for (stage, members) in &plan.stages {
        for member in members {
            let began = began.entry(member.promotion.id.as_str()).or_insert_with(|| stage.id.clone());
            let code = member.promotion.coupon_code.as_deref();
            let door = match code.and_then(|code| CouponCode::new(code).folded().map(str::to_owned)) {
                Some(code) if !coupons.insert(code.clone()) => Door::Condition,
                Some(_) | None => Door::Coupon,
            };
            let rule = rule(adapter, member, &stage.id, began, door)?.rank(rank);
            let stacking = stacking(adapter, member, &origins)?;
            usage.rules.insert(rule.id.clone(), used(member.promotion));
            rules = rules.rule(rule.stacking(stacking));
            rank += 1;
        }
    }
    Ok(Assembled { rules, usage, origins })
}

fn id(member: &Member) -> String {
    format!("{}#{}", member.promotion.id, member.number)
}

/// How a code opens a rule: a code belongs to one coupon, other rules ask for it.
#[derive(Clone, Copy)]
enum Door {
    Coupon,
    Condition,
}

fn rule(
    adapter: &Adapter,
    member: &Member,
    stage: &StageId,
    began: &StageId,
    door: Door,
) -> Result<Rule, SetAside> {
    let (promotion, draft) = (member.promotion, &member.draft);
    let mut rule =
        Rule::new(id(member), stage.as_str(), draft.benefit.clone()).per(draft.per).rounding(draft.rounding);
    rule.reuse = draft.units == Units::UsedAgain;
    // A promotion's condition does not count what the promotion itself gives.
    let discounted = if member.has_siblings { Base::Stage(began.clone()) } else { Base::Running };
    let view = View { place: member.place, per: draft.per, discounted };
    let asked = promotion.conditions.as_ref().map(|form| conditions(form, adapter, &view)).transpose()?;
    let never = asked.as_ref().is_some_and(can_never_hold);
    let uses = [promotion.usage_limit, promotion.usage_limit_per_customer];
    let money = [promotion.budget.as_ref().map(|budget| budget.amount), cap(member)];
    // A limit of nothing is refused by validation; here it switches its rule off.
    let unusable =
        uses.contains(&Some(0)) || money.into_iter().flatten().any(|limit| limit.decimal().is_zero());
    if !promotion.is_enabled() || never || unusable {
        rule = rule.disabled();
    }
    let mut asked: Vec<Condition> = asked.into_iter().filter(|_| !never).collect();
    asked.extend(draft.when.clone());
    match (&promotion.coupon_code, door) {
        (None, _) => {}
        (Some(code), Door::Coupon) => rule = rule.codes([code.as_str()]),
        (Some(code), Door::Condition) => asked.push(Condition::Code(AnyOf::new([code.as_str()]))),
    }
    rule.condition = match (asked.pop(), asked.is_empty()) {
        (only, true) => only,
        (last, false) => Some(Condition::All(asked.into_iter().chain(last).collect())),
    };
    limit(adapter, member, rule)
}

/// Caps, uses and budgets.
fn limit(adapter: &Adapter, member: &Member, rule: Rule) -> Result<Rule, SetAside> {
    let (promotion, mut rule) = (member.promotion, rule);
    let cap = some_money(cap(member));
    let mut limits = RuleLimits::none();
    let some = |limit: Option<u64>| limit.filter(|limit| *limit > 0);
    limits.uses = some(promotion.usage_limit);
    limits.uses_per_customer = some(promotion.usage_limit_per_customer);
    if (cap.is_some() || promotion.budget.is_some()) && !promotion.more_actions.is_empty() {
        return Err(SetAside::new("several actions share one cap or budget"));
    }
    if let Some(budget) = some_money(promotion.budget.as_ref().map(|budget| budget.amount)) {
        adapter.money(budget)?;
        limits = limits.budget(budget).short(Short::Refuse);
    }
    match (cap, member.draft.per) {
        (None, _) => {}
        (Some(_), Per::Line | Per::Shop) if limits.budget.is_some() => {
            return Err(SetAside::new("a promotion per line with a cap and a budget"));
        }
        // A cap holds each line to itself; what holds all lines together is a budget nobody has used.
        (Some(cap), Per::Line | Per::Shop) => {
            adapter.money(cap)?;
            limits = limits.budget(cap);
        }
        (Some(cap), Per::Order) => {
            adapter.money(cap)?;
            rule = rule.cap(cap);
        }
    }
    Ok(rule.limits(limits))
}

/// The cap of a benefit: the one for the case's currency, or that of the promotion.
fn cap(member: &Member) -> Option<Amount> {
    member.draft.cap.or(member.promotion.max_discount)
}

fn some_money(amount: Option<Amount>) -> Option<Amount> {
    amount.filter(|amount| !amount.decimal().is_zero())
}

fn used(promotion: &Promotion) -> RuleUsage {
    let mut used = RuleUsage::default();
    used.uses = promotion.usage.total;
    used.customer_uses = promotion.usage.by_customer;
    used.budget = promotion.budget.as_ref().and_then(|budget| budget.used);
    used
}

/// What a benefit does not go together with.
fn stacking(
    adapter: &Adapter,
    member: &Member,
    origins: &BTreeMap<RuleId, Origin>,
) -> Result<Stacking, SetAside> {
    let promotion = member.promotion;
    let mut stacking = Stacking::free();
    if promotion.stop_further {
        stacking = stacking.exclusive(Exclusive::Lines);
    }
    let alone = promotion.exclusive || promotion.compatible.as_deref() == Some("none");
    let last_code = adapter.policy.stacking == StackingOf::LastCodeOnly
        && promotion.coupon_code.is_some()
        && member.place.realm == Realm::Cart;
    for (rule, origin) in origins {
        let other = origin.realm == member.place.realm && origin.promotion != promotion.id;
        if other && (alone || last_code && has_other_code(adapter, promotion, origin)) {
            stacking = stacking.excludes_rule(rule.as_str());
        }
    }
    if member.draft.is_order_percent && adapter.policy.stacking == StackingOf::OneOrderPercent(Choice::First)
    {
        stacking = stacking.group(ORDER_PERCENT);
    }
    Ok(stacking)
}

fn has_other_code(adapter: &Adapter, promotion: &Promotion, origin: &Origin) -> bool {
    let promotions = adapter.case.promotions.iter();
    let mut codes =
        promotions.filter(|one| one.id == origin.promotion).filter_map(|one| one.coupon_code.as_deref());
    codes.any(|code| Some(code) != promotion.coupon_code.as_deref())
}
