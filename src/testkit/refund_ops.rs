//! Orders of scenarios, returns of them, and what all notes of a receipt come to.

use std::collections::{BTreeMap, BTreeSet};

use super::Scenario;
use super::generate::bytes::Bytes;
use super::oracle::{self, OracleGone, OracleRefund};
use crate::compile::{Plan, compile};
use crate::evaluate::Scratch;
use crate::record::{
    Claim, CouponBack, GiftStatus, PointsLot, Receipt, RefundKind, RefundNote, RefundOf, Resource, Reward,
    Way,
};
use crate::refund::{Refunder, Return};
use crate::rules::{RuleId, RuleSet};
use crate::shop::{BalanceId, Bearer, LineId, Moment};

/// What happened in a run, so that tests can see that runs are not all alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefundEvent {
    /// What was kept was priced alone, and that decided.
    JudgedAlone,
    /// Its shares decided.
    JudgedByShare,
    /// A return was charged more than it paid.
    Owed,
    /// The goods kept were past a threshold that a filler had reached.
    Residue,
    /// Something came back as points or balances.
    Wallet,
    /// Earned points were taken back.
    PointsTaken,
    /// The wallet lacked points that were due, and nobody had said what becomes of them.
    PointsLacking,
    /// Points that the wallet lacked were charged in money.
    PointsCharged,
    /// A gift or grant was asked back or charged.
    Reward,
    /// A coupon came back.
    Coupon,
    /// Claims came back.
    Claims,
    /// A bearer has to fund less.
    Bearer,
    /// The shop did not deliver something.
    Undelivered,
    /// A price fell and that was paid.
    Protected,
    /// Something was exchanged.
    Exchanged,
    /// Everything went back.
    All,
}

/// An order of a scenario, settled.
#[derive(Debug)]
pub struct Order {
    /// Its rules.
    pub rules: RuleSet,
    /// The same, compiled.
    pub plan: Plan,
    /// What was settled, nothing refunded.
    pub receipt: Receipt,
}

impl Order {
    /// The order of a scenario, paid in full, with the points it redeemed in two lots.
    ///
    /// # Errors
    /// What should not happen, in words.
    pub fn of(scenario: &Scenario) -> Result<Self, String> {
        let rules = scenario.rules.clone();
        let plan = compile(&rules).map_err(|error| error.to_string())?;
        let Scenario { cart, context, usage, .. } = scenario;
        let quote = plan.price(&mut Scratch::default(), cart, context, usage);
        let quote = quote.map_err(|error| error.to_string())?;
        let redeemed = i64::try_from(quote.points_redeemed()).map_err(|error| error.to_string())?;
        let receipt = Receipt::new(scenario.checkout(), quote).map_err(|error| error.to_string())?;
        let first = redeemed / 3;
        let receipt = [first, redeemed - first]
            .into_iter()
            .filter(|points| *points > 0)
            .fold(receipt, |receipt, points| receipt.points_lot(PointsLot::new(points)));
        Ok(Self { rules, plan, receipt })
    }

    /// Returns that some bytes stand for, each possible after those before it.
    #[must_use]
    pub fn returns(&self, bytes: &[u8]) -> Vec<Return> {
        let mut bytes = Bytes::new(bytes);
        let lines = &self.receipt.quote.lines;
        let mut left: Vec<u32> = lines.iter().map(|line| line.quantity).collect();
        let gifts = self.receipt.quote.gifts.iter().filter(|gift| gift.status != GiftStatus::Offered);
        let mut pieces: Vec<(&str, u32)> = gifts.map(|gift| (gift.sku.as_str(), gift.quantity)).collect();
        let mut returns = Vec::new();
        for number in 0..1 + bytes.below(5) {
            let mut one = Return::new(format!("r{number}"), self.receipt.quote.priced_at);
            for _ in 0..1 + bytes.below(3) {
                let at = bytes.below(lines.len());
                let way = bytes.one_of([
                    Way::Returned,
                    Way::Returned,
                    Way::Returned,
                    Way::Cancelled,
                    Way::Undelivered,
                ]);
                if let (Some(line), Some(left)) = (lines.get(at), left.get_mut(at)) {
                    let units = u32::from(bytes.byte()).checked_rem(*left + 1).unwrap_or(0);
                    *left -= units;
                    one = one.way(line.line.as_str(), way, units);
                }
            }
            if let Some((sku, count)) = pieces.last_mut().filter(|_| bytes.in_16(4)) {
                one = one.gift(*sku, *count);
                pieces.pop();
            }
            if one.units.iter().any(|(_, _, units)| *units > 0) || !one.pieces.is_empty() {
                returns.push(one);
            }
        }
        returns
    }

    /// The receipt after some returns.
    ///
    /// # Errors
    /// The first refusal, in words.
    pub fn after(&self, returns: &[Return]) -> Result<Receipt, String> {
        let mut refunder = Refunder::default();
        returns.iter().try_fold(self.receipt.clone(), |receipt, one| {
            let note = self.plan.refund(&mut refunder, &receipt, one).map_err(|error| error.to_string())?;
            receipt.with(note).map_err(|error| error.to_string())
        })
    }

    /// What the oracle says is due after some returns.
    #[must_use]
    pub fn due(&self, receipt: &Receipt) -> OracleRefund {
        let mut gone = OracleGone::new();
        for units in receipt.refunds.iter().flat_map(|note| &note.units) {
            let line = gone.entry(units.line.clone()).or_default();
            match units.way {
                Way::Returned => line.0 += units.units,
                Way::Cancelled => line.1 += units.units,
                Way::Undelivered => line.2 += units.units,
            }
        }
        let checkout = &receipt.checkout;
        oracle::refund(&self.rules, &checkout.cart, &checkout.context, &checkout.usage, &gone)
    }
}

/// All that the notes of a receipt come to together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefundTotals {
    /// Money.
    pub money: i64,
    /// What it is made of.
    pub parts: BTreeMap<RefundOf, i64>,
    /// How much less bearers fund.
    pub bearers: BTreeMap<Bearer, i64>,
    /// Points given back, taken back, charged.
    pub points: (i64, i64, i64),
    /// Points given back, by lot.
    pub lots: BTreeMap<Option<i64>, i64>,
    /// Balances.
    pub balances: BTreeMap<BalanceId, i64>,
    /// Pieces due and charged.
    pub rewards: BTreeMap<(RuleId, Reward), (i64, i64)>,
    /// Coupons.
    pub coupons: Vec<CouponBack>,
    /// Claims on rules; those on wallets may come back sooner than they are due in the end.
    pub claims: BTreeMap<Resource, u64>,
    /// Claims on wallets.
    pub wallet_claims: BTreeMap<Resource, u64>,
    /// Units by line and way.
    pub units: BTreeMap<(LineId, Way), u32>,
}

impl RefundTotals {
    /// The sums of a receipt's notes.
    #[must_use]
    pub fn of(receipt: &Receipt) -> Self {
        let mut totals = Self::default();
        receipt.refunds.iter().for_each(|note| totals.add(note));
        totals.parts.retain(|_, amount| *amount != 0);
        totals.bearers.retain(|_, amount| *amount != 0);
        totals.balances.retain(|_, amount| *amount != 0);
        totals.lots.retain(|_, points| *points != 0);
        totals.rewards.retain(|_, pieces| *pieces != (0, 0));
        totals
    }

    fn add(&mut self, note: &RefundNote) {
        self.money += note.money.minor();
        for part in &note.parts {
            *self.parts.entry(part.of.clone()).or_default() += part.amount.minor();
        }
        for back in &note.bearers {
            *self.bearers.entry(back.bearer.clone()).or_default() += back.amount.minor();
        }
        let points = &note.points;
        self.points.0 += points.given_back;
        self.points.1 += points.taken_back;
        self.points.2 += points.charged;
        for lot in &points.lots {
            *self.lots.entry(lot.until.map(Moment::unix_ms)).or_default() += lot.points;
        }
        for back in &note.balances {
            *self.balances.entry(back.balance.clone()).or_default() += back.amount.minor();
        }
        for reward in &note.rewards {
            let sums = self.rewards.entry((reward.rule.clone(), reward.what.clone())).or_default();
            *sums = (sums.0 + reward.due, sums.1 + reward.charged);
        }
        self.coupons.extend(note.coupons.iter().cloned());
        for Claim { resource, amount } in &note.claims {
            let claims = if resource.kind().is_wallet() { &mut self.wallet_claims } else { &mut self.claims };
            *claims.entry(resource.clone()).or_default() += amount;
        }
        for gone in &note.units {
            *self.units.entry((gone.line.clone(), gone.way)).or_default() += gone.units;
        }
    }

    /// What is paid back in value: money, points and balances together.
    #[must_use]
    pub fn value(&self) -> i64 {
        let goods = self.parts.iter().filter(|(of, _)| matches!(of, RefundOf::Line(_) | RefundOf::Shipping));
        goods.map(|(_, amount)| amount).sum()
    }
}

/// Whether what a receipt's notes come to is what the oracle says is due; without price protection in the history.
///
/// # Errors
/// The first difference, in words.
pub fn agrees(order: &Order, receipt: &Receipt) -> Result<(), String> {
    compare(receipt, &RefundTotals::of(receipt), &order.due(receipt))
}

pub(super) fn compare(receipt: &Receipt, totals: &RefundTotals, due: &OracleRefund) -> Result<(), String> {
    let same = |what: &str, found: i64, expected: i128| {
        if i128::from(found) == expected {
            Ok(())
        } else {
            Err(format!("{what}: {found} in place of {expected}: {due:?} {:#?}", receipt.refunds))
        }
    };
    let part = |of: &RefundOf| totals.parts.get(of).copied().unwrap_or(0);
    same("what is paid back", totals.value(), due.back)?;
    same("shipping", part(&RefundOf::Shipping), due.shipping)?;
    same("what comes back to the wallet", -part(&RefundOf::Wallet), due.back - due.cash)?;
    same("points given back", totals.points.0, due.points)?;
    let last = receipt.refunds.iter().rfind(|note| note.kind == RefundKind::Return);
    let lacking = last.map_or(0, |note| note.points.lacking);
    same("points taken back", totals.points.1 + totals.points.2 + lacking, due.points_taken)?;
    let balances: BTreeMap<BalanceId, i128> =
        totals.balances.iter().map(|(id, amount)| (id.clone(), i128::from(*amount))).collect();
    if balances != due.balances {
        return Err(format!("balances: {balances:?} in place of {:?}", due.balances));
    }
    let residue = last.map_or(0, |note| note.residue.minor());
    same("the residue", residue, due.residue)?;
    gifts_agree(receipt, totals, due)
}

/// Gift pieces that are due have come back, are asked back, or are charged.
fn gifts_agree(receipt: &Receipt, totals: &RefundTotals, due: &OracleRefund) -> Result<(), String> {
    let gifts = receipt.quote.gifts.iter().filter(|gift| gift.status != GiftStatus::Offered);
    for (rule, sku) in gifts.map(|gift| (&gift.rule, &gift.sku)).collect::<BTreeSet<_>>() {
        let back = receipt.refunds.iter().flat_map(|note| &note.pieces);
        let back: i128 =
            back.filter(|one| one.rule == *rule && one.sku == *sku).map(|one| i128::from(one.pieces)).sum();
        let key = (rule.clone(), sku.to_string());
        let open = (due.gifts_due.get(&key).copied().unwrap_or(0) - back).max(0);
        let asked = totals.rewards.get(&(rule.clone(), Reward::Gift(sku.clone())));
        let (asked, charged) = asked.copied().unwrap_or_default();
        if i128::from(asked + charged) != open {
            return Err(format!("{sku}: {asked} asked and {charged} charged in place of {open}"));
        }
    }
    Ok(())
}
