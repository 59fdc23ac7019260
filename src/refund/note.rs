//! The note: what is due for all that has gone, less what the notes before it said.

use std::collections::BTreeMap;

use super::bearers::bearers;
use super::claims::{claims, coupons};
use super::cost::alone_of;
use super::rewards::{Due, due};
use super::shares::{Kind, pays_from_wallet};
use super::wallet::{Paid, balance_back, lots, split};
use super::{Found, RefundError, Return, deposits, fallen};
use crate::bounds::AMOUNT_MAX;
use crate::compile::Plan;
use crate::compile::refunds::PlanSpentPoints;
use crate::money::Money;
use crate::record::{
    BalanceBack, Claim, PointsBack, Receipt, RefundKind, RefundNote, RefundOf, RefundPart, RefundStep,
    RefundTrace, RewardBack,
};
use crate::rules::RuleId;
use crate::shop::BalanceId;

/// Writes the note of a return.
pub(super) fn write(
    plan: &Plan,
    receipt: &Receipt,
    returned: &Return,
    found: &Found<'_>,
) -> Result<RefundNote, RefundError> {
    let paid = split(receipt, found);
    let due = due(plan, receipt, found);
    let mut parts = parts(plan, receipt, found, &paid, &due);
    let points = points(plan, receipt, returned, &paid, &due, &mut parts);
    let mut note = RefundNote {
        id: returned.id.clone(),
        at: returned.at,
        kind: RefundKind::Return,
        currency: receipt.currency(),
        plan: receipt.plan(),
        units: found.gone.new_units.clone(),
        pieces: found.gone.new_pieces.clone(),
        spent: found.gone.new_spent.clone(),
        freight: returned.freight,
        points,
        balances: balances(receipt, &paid),
        rewards: rewards(receipt, &due),
        coupons: coupons(plan, receipt, found),
        claims: new_claims(receipt, claims(plan, receipt, found, &paid)),
        bearers: bearers(plan, receipt, found),
        residue: Money::from_minor(found.costs.residue),
        trace: trace(plan, receipt, found),
        ..RefundNote::default()
    };
    parts.retain(|part| part.amount != Money::ZERO);
    note.money = Money::from_minor(parts.iter().fold(0, |sum, part| part.amount.minor().saturating_add(sum)));
    note.parts = parts;
    // What saturated on the way is further out than this.
    let amounts = note.parts.iter().map(|part| part.amount).chain([note.money]);
    if amounts.into_iter().any(|amount| amount.minor().unsigned_abs() > AMOUNTS_MAX) {
        return Err(RefundError::TooLarge { limit: AMOUNTS_MAX });
    }
    Ok(note)
}

/// The most that any part of a refund can come to, in minor units: goods, shipping and add-ons are at most `AMOUNT_MAX` each.
const AMOUNTS_MAX: u64 = AMOUNT_MAX.unsigned_abs() * 4;

/// What is due in money by now, less what the history says; what that comes to for points is added later.
fn parts(plan: &Plan, receipt: &Receipt, found: &Found<'_>, paid: &Paid, due: &Due) -> Vec<RefundPart> {
    let costs = found.costs;
    let mut parts = Vec::with_capacity(4);
    let mut put = |of: RefundOf, minor: i64| {
        if minor != 0 {
            parts.push(RefundPart { of, amount: Money::from_minor(minor) });
        }
    };
    lines(receipt, found, &mut put);
    put(RefundOf::Shipping, costs.shipping_back);
    put(RefundOf::Wallet, 0_i64.saturating_sub(paid.wallet));
    put(RefundOf::AddOns, due.add_ons);
    let deposit = deposits::kept(plan, receipt, found).min(paid.cash).max(0);
    put(RefundOf::Deposit, 0_i64.saturating_sub(deposit));
    let unpaid = receipt.quote.totals.payable.minor().saturating_sub(receipt.paid.minor());
    let unpaid = unpaid.min(paid.cash.saturating_sub(deposit)).max(0);
    put(RefundOf::Unpaid, 0_i64.saturating_sub(unpaid));
    put(RefundOf::Gifts, 0_i64.saturating_sub(due.gifts));
    put(RefundOf::Grants, 0_i64.saturating_sub(due.grants));
    // Where goods kept are much cheaper alone, their price may have come back already.
    let back = paid.cash.saturating_sub(deposit).saturating_sub(unpaid);
    let left = receipt.paid.minor().saturating_sub(receipt.quote.totals.add_ons.minor()).saturating_sub(back);
    put(RefundOf::PriceProtection, fallen::stays(receipt, found).min(left.max(0)));
    put(RefundOf::ReturnFreight, plan.refunds.return_freight.min(found.gone.freight));
    less_before(receipt, parts)
}

/// The same less what the notes before said. What points were charged is reckoned for itself.
fn less_before(receipt: &Receipt, mut parts: Vec<RefundPart>) -> Vec<RefundPart> {
    let mut before: BTreeMap<&RefundOf, i64> = BTreeMap::new();
    for part in receipt.refunds.iter().flat_map(|note| &note.parts) {
        if part.of != RefundOf::SpentPoints {
            let sum = before.entry(&part.of).or_default();
            *sum = sum.saturating_add(part.amount.minor());
        }
    }
    for part in &mut parts {
        let before = before.remove(&part.of).unwrap_or(0);
        part.amount = Money::from_minor(part.amount.minor().saturating_sub(before));
    }
    parts.extend(before.into_iter().map(|(of, before)| RefundPart {
        of: of.clone(),
        amount: Money::from_minor(0_i64.saturating_sub(before)),
    }));
    parts
}

/// What is paid back for goods, over the lines they were on: by what their units were worth, or by list value where they were
/// worth nothing.
fn lines(receipt: &Receipt, found: &Found<'_>, put: &mut impl FnMut(RefundOf, i64)) {
    let goods = found.costs.back.saturating_sub(found.costs.shipping_back);
    if goods == 0 {
        return;
    }
    let lines = || found.shared.lines.iter().zip(&found.gone.lines).zip(receipt.checkout.cart.lines());
    let worth = lines().fold(0_i64, |sum, ((share, _), _)| sum.saturating_add(share.back));
    let weights = lines().map(|((share, gone), line)| {
        let units = i64::from(gone.all());
        // One more, so that goods listed at nothing can carry what is paid back for them.
        if worth > 0 { share.back } else { line.list_price.minor().saturating_add(1).saturating_mul(units) }
    });
    let sum = weights.clone().fold(0_i64, i64::saturating_add);
    // A share of several times its weight is possible, where goods kept are much cheaper alone.
    let mut cumulative = 0_i64;
    let mut given = 0_i64;
    for (weight, line) in weights.zip(&receipt.quote.lines) {
        cumulative = cumulative.saturating_add(weight);
        let upto = crate::money::share_up_to(goods, cumulative, sum.max(1));
        put(RefundOf::Line(line.line.clone()), upto.saturating_sub(given));
        given = upto;
    }
}

/// Points given back and taken back. What becomes of points that are spent already is decided when they are asked back, by what
/// the wallet holds then.
fn points(
    plan: &Plan,
    receipt: &Receipt,
    returned: &Return,
    paid: &Paid,
    due: &Due,
    parts: &mut Vec<RefundPart>,
) -> PointsBack {
    let before = |points: fn(&PointsBack) -> i64| {
        receipt.refunds.iter().fold(0_i64, |sum, note| sum.saturating_add(points(&note.points)))
    };
    let given = before(|points| points.given_back);
    let charged_before = before(|points| points.charged);
    let taken = before(|points| points.taken_back).saturating_add(charged_before);
    let more = due.points.saturating_sub(taken);
    // A host that does not say what the wallet holds answers for it.
    let held = returned.points_held.map_or(i64::MAX, |held| i64::try_from(held).unwrap_or(i64::MAX));
    let lacks = more.saturating_sub(held).max(0);
    let (charged, lacking) = match plan.refunds.spent_points {
        PlanSpentPoints::Undeclared => (0, lacks),
        PlanSpentPoints::Owe => (0, 0),
        PlanSpentPoints::Charge { points, minor } => {
            if lacks > 0 {
                parts.push(charge(receipt, charged_before.saturating_add(lacks), points, minor));
            }
            (lacks, 0)
        }
    };
    PointsBack {
        given_back: paid.points.saturating_sub(given),
        lots: lots(receipt, given, paid.points),
        taken_back: more.saturating_sub(charged).saturating_sub(lacking),
        charged,
        lacking,
    }
}

/// What all points charged by now cost, less what was charged before: rounded up together, so that it does not matter in how
/// many notes.
fn charge(receipt: &Receipt, all: i64, points: u32, minor: i64) -> RefundPart {
    let up = i128::from(points).saturating_sub(1);
    let cost = i128::from(all).saturating_mul(i128::from(minor)).saturating_add(up);
    let cost = i64::try_from(cost.checked_div(i128::from(points)).unwrap_or(0)).unwrap_or(i64::MAX);
    let notes = receipt.refunds.iter();
    let charged =
        notes.fold(0_i64, |sum, note| sum.saturating_add(note.part(&RefundOf::SpentPoints).minor()));
    let amount = Money::from_minor(0_i64.saturating_sub(cost).saturating_sub(charged));
    RefundPart { of: RefundOf::SpentPoints, amount }
}

fn balances(receipt: &Receipt, paid: &Paid) -> Vec<BalanceBack> {
    let before = |balance: &BalanceId| {
        let notes = receipt.refunds.iter().flat_map(|note| &note.balances);
        let of = notes.filter(|back| back.balance == *balance);
        of.fold(0_i64, |sum, back| sum.saturating_add(back.amount.minor()))
    };
    let all = paid.balances.iter().map(|(id, amount)| (id, amount.saturating_sub(before(id))));
    let some = all.filter(|(_, amount)| *amount != 0);
    some.map(|(id, amount)| balance_back(receipt, id, amount)).collect()
}

fn rewards(receipt: &Receipt, due: &Due) -> Vec<RewardBack> {
    let all = due.rewards.iter();
    let mut rewards: Vec<RewardBack> = Vec::with_capacity(due.rewards.len());
    rewards.extend(all.map(|(rule, what, due, charged)| RewardBack {
        rule: rule.clone(),
        what: what.clone(),
        due: *due,
        charged: *charged,
    }));
    for before in receipt.refunds.iter().flat_map(|note| &note.rewards) {
        let same = rewards.iter_mut().find(|one| one.rule == before.rule && one.what == before.what);
        match same {
            Some(one) => {
                one.due = one.due.saturating_sub(before.due);
                one.charged = one.charged.saturating_sub(before.charged);
            }
            None => rewards.push(RewardBack {
                due: 0_i64.saturating_sub(before.due),
                charged: 0_i64.saturating_sub(before.charged),
                ..before.clone()
            }),
        }
    }
    rewards.retain(|one| (one.due, one.charged) != (0, 0));
    rewards
}

/// What a ledger got back stays there.
fn new_claims(receipt: &Receipt, all: Vec<Claim>) -> Vec<Claim> {
    let mut claims = all;
    for claim in &mut claims {
        let notes = receipt.refunds.iter().flat_map(|note| &note.claims);
        let before = notes.filter(|before| before.resource == claim.resource);
        let before = before.fold(0_u64, |sum, before| sum.saturating_add(before.amount));
        claim.amount = claim.amount.saturating_sub(before);
    }
    claims.retain(|claim| claim.amount > 0);
    claims
}

/// Rules that gave nothing to the order, and give something to what is kept alone.
fn steps_alone(plan: &Plan, receipt: &Receipt, found: &Found<'_>) -> Vec<RefundStep> {
    let alone = found.alone;
    let is_new = |rule: &RuleId| receipt.quote.rules.iter().all(|known| known.rule != *rule);
    let rules = (0_u32..).zip(&alone.rules).filter(|(at, rule)| {
        rule.granted != Money::ZERO && is_new(&rule.rule) && !pays_from_wallet(alone, *at)
    });
    let steps = rules.map(|(_, rule)| RefundStep {
        rule: rule.rule.clone(),
        policy: plan.refunds.policy_of(&rule.rule),
        alone: rule.granted,
        ..RefundStep::default()
    });
    steps.collect()
}

/// The calculation, rule by rule.
fn trace(plan: &Plan, receipt: &Receipt, found: &Found<'_>) -> RefundTrace {
    let costs = found.costs;
    let money = Money::from_minor;
    let priced = costs.kept_alone.is_some();
    let rules = receipt.quote.rules.iter().zip(&found.shared.kinds).zip(&found.shared.kept);
    let mut steps = Vec::with_capacity(receipt.quote.rules.len());
    for ((rule, kind), kept) in rules {
        let policy = match kind {
            Kind::Wallet => continue,
            Kind::Discount(policy) => *policy,
        };
        let alone = if priced { money(alone_of(found.alone, &rule.rule)) } else { money(*kept) };
        let (gave, share) = (rule.granted, money(*kept));
        if gave != Money::ZERO {
            steps.push(RefundStep { rule: rule.rule.clone(), policy, gave, share, alone });
        }
    }
    if priced {
        steps.extend(steps_alone(plan, receipt, found));
    }
    RefundTrace {
        basis: costs.basis,
        paid: money(costs.paid),
        kept_share: money(costs.kept_share),
        kept_alone: costs.kept_alone.map(money),
        kept_cost: money(costs.kept_cost),
        back: money(costs.back),
        rules: steps,
    }
}
