//! The note: what is due for all that has gone, less what the notes before it said.

use super::bearers::bearers;
use super::claims::{claims, coupons};
use super::cost::{alone_of, line_of};
use super::rewards::{Due, due};
use super::shares::{Kind, part};
use super::wallet::{Paid, balance_back, lots, split};
use super::{Found, Return};
use crate::compile::Plan;
use crate::money::Money;
use crate::record::{
    BalanceBack, Claim, PointsBack, Protected, QuoteLine, Receipt, RefundKind, RefundNote, RefundOf,
    RefundPart, RefundStep, RefundTrace, RewardBack,
};
use crate::rules::DepositBack;
use crate::shop::BalanceId;

/// Writes the note of a return.
pub(super) fn write(plan: &Plan, receipt: &Receipt, returned: &Return, found: &Found<'_>) -> RefundNote {
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
        trace: trace(receipt, found),
        ..RefundNote::default()
    };
    parts.retain(|part| part.amount != Money::ZERO);
    note.money = Money::from_minor(parts.iter().fold(0, |sum, part| part.amount.minor().saturating_add(sum)));
    note.parts = parts;
    note
}

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
    let deposit = deposit(plan, receipt, found).min(paid.cash).max(0);
    put(RefundOf::Deposit, 0_i64.saturating_sub(deposit));
    let unpaid = receipt.quote.totals.payable.minor().saturating_sub(receipt.paid.minor());
    let unpaid = unpaid.min(paid.cash.saturating_sub(deposit)).max(0);
    put(RefundOf::Unpaid, 0_i64.saturating_sub(unpaid));
    put(RefundOf::Gifts, 0_i64.saturating_sub(due.gifts));
    put(RefundOf::Grants, 0_i64.saturating_sub(due.grants));
    // Where goods kept are much cheaper alone, their price may have come back already.
    let back = paid.cash.saturating_sub(deposit).saturating_sub(unpaid);
    let left = receipt.paid.minor().saturating_sub(receipt.quote.totals.add_ons.minor()).saturating_sub(back);
    put(RefundOf::PriceProtection, protected(receipt, found).min(left.max(0)));
    put(RefundOf::ReturnFreight, plan.refunds.return_freight.min(found.gone.freight));
    for before in receipt.refunds.iter().flat_map(|note| &note.parts) {
        if before.of == RefundOf::SpentPoints {
            continue;
        }
        let minus = 0_i64.saturating_sub(before.amount.minor());
        match parts.iter_mut().find(|part| part.of == before.of) {
            Some(part) => part.amount = Money::from_minor(part.amount.minor().saturating_add(minus)),
            None => parts.push(RefundPart { of: before.of.clone(), amount: Money::from_minor(minus) }),
        }
    }
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

/// Deposits of units that the shopper gave up, where the shop keeps them.
fn deposit(plan: &Plan, receipt: &Receipt, found: &Found<'_>) -> i64 {
    match plan.refunds.deposit {
        DepositBack::Refund => return 0,
        DepositBack::Keep => {}
    }
    let mut sum = 0_i64;
    for adjustment in &receipt.quote.adjustments {
        let rule = receipt.quote.rules.get(adjustment.rule as usize);
        let deposit = rule.map_or(0, |rule| plan.refunds.deposit_of(&rule.rule));
        let line = line_of(adjustment.on).and_then(|line| found.gone.lines.get(line as usize));
        if let Some(line) = line.filter(|_| deposit > 0) {
            let all = deposit.saturating_mul(i64::from(adjustment.units));
            sum = sum.saturating_add(part(all, line.given_up(), line.quantity));
        }
    }
    sum
}

/// What was paid since prices fell, less the share of units that went back since.
fn protected(receipt: &Receipt, found: &Found<'_>) -> i64 {
    if receipt.refunds.is_empty() {
        return 0;
    }
    let lines = receipt.quote.lines.iter().zip(&found.gone.lines);
    lines.fold(0, |sum, (line, gone)| sum.saturating_add(protected_before(receipt, line, gone.all())))
}

/// What was paid since the price of a line fell that belongs to units which have gone since; `gone` have by now.
fn share_gone(one: &Protected, gone: u32) -> i64 {
    part(one.amount.minor(), gone.saturating_sub(one.gone).min(one.units), one.units)
}

/// What was paid since the price of a line fell, for the units of it that are still kept.
pub(super) fn protected_before(receipt: &Receipt, line: &QuoteLine, gone: u32) -> i64 {
    let notes = receipt.refunds.iter().flat_map(|note| &note.protected).filter(|one| one.line == line.line);
    notes.fold(0, |sum, one| sum.saturating_add(one.amount.minor()).saturating_sub(share_gone(one, gone)))
}

/// Points given back and taken back. Points that are spent already may be charged; that is decided when they are asked back, by
/// what the wallet holds then.
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
    let taken = before(|points| points.taken_back.saturating_add(points.charged));
    let more = due.points.saturating_sub(taken);
    let charged = match (plan.refunds.spent_points, returned.points_held) {
        (Some((points, minor)), Some(held)) if more > 0 => {
            let lacking = more.saturating_sub(i64::try_from(held).unwrap_or(i64::MAX)).max(0);
            // Rounded up: the shop is not to lose a part of a cent on each return.
            let cost = i128::from(lacking).saturating_mul(i128::from(minor));
            let up = i128::from(points).saturating_sub(1);
            let cost = cost.saturating_add(up).checked_div(i128::from(points)).unwrap_or(0);
            let cost = i64::try_from(cost).unwrap_or(i64::MAX);
            let amount = Money::from_minor(0_i64.saturating_sub(cost));
            parts.push(RefundPart { of: RefundOf::SpentPoints, amount });
            lacking
        }
        _ => 0,
    };
    PointsBack {
        given_back: paid.points.saturating_sub(given),
        lots: lots(receipt, given, paid.points),
        taken_back: more.saturating_sub(charged),
        charged,
    }
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

/// The calculation, rule by rule.
fn trace(receipt: &Receipt, found: &Found<'_>) -> RefundTrace {
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
