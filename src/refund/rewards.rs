//! Gifts, add-ons, grants and earned points: what is due back since their reason has gone.

use super::Found;
use super::shares::part;
use crate::compile::Plan;
use crate::record::{GiftStatus, On, PointShare, PointsDirection, QuoteGift, QuotePoints, Receipt, Reward};
use crate::rules::{RefundPolicy, RuleId};

/// What is due back in all.
#[derive(Debug, Default)]
pub(super) struct Due {
    /// Rule, what it is, pieces to be given back, pieces charged.
    pub rewards: Vec<(RuleId, Reward, i64, i64)>,
    /// What the charged gifts and add-ons cost.
    pub gifts: i64,
    /// What the charged coupons and balances cost.
    pub grants: i64,
    /// What add-ons that came back had cost.
    pub add_ons: i64,
    /// Earned points to be taken back.
    pub points: i64,
}

/// Works out what is due.
pub(super) fn due(plan: &Plan, receipt: &Receipt, found: &Found<'_>) -> Due {
    let mut due = Due::default();
    let gifts = &receipt.quote.gifts;
    for (at, gift) in gifts.iter().enumerate() {
        // A rule that works on each shop apart may list a gift more than once; they are judged together.
        if !gifts.iter().take(at).any(|before| is_same(before, gift)) {
            due.gift(plan, receipt, gift, found);
        }
    }
    due.granted(plan, receipt, found);
    let entries = (0_u32..).zip(&receipt.quote.points);
    for (entry, earned) in entries.filter(|(_, one)| one.direction == PointsDirection::Earned) {
        let kept = points_kept(plan, receipt, found, entry, earned);
        let back = i64::try_from(earned.points.saturating_sub(kept)).unwrap_or(i64::MAX);
        due.points = due.points.saturating_add(back);
    }
    due
}

/// How what a rule gave besides money is judged.
enum Judged {
    /// It stays.
    Stays,
    /// It goes.
    Goes,
    /// What the goods kept get alone stays.
    Alone,
}

/// Things cannot be shared out: under `proportional` they stay until nothing is kept.
fn judged(plan: &Plan, rule: &RuleId, found: &Found<'_>) -> Judged {
    if found.gone.nothing_kept() {
        return Judged::Goes;
    }
    match plan.refunds.policy_of(rule) {
        RefundPolicy::Proportional => Judged::Stays,
        RefundPolicy::Reprice | RefundPolicy::Safest if found.gone.some_given_up() => Judged::Alone,
        RefundPolicy::Reprice | RefundPolicy::Safest => Judged::Stays,
    }
}

fn is_same(one: &QuoteGift, other: &QuoteGift) -> bool {
    one.rule == other.rule && one.sku == other.sku && one.status == other.status
}

fn pieces_of<'q>(gifts: impl IntoIterator<Item = &'q QuoteGift>, gift: &QuoteGift) -> u32 {
    let same = gifts.into_iter().filter(|one| is_same(one, gift));
    same.fold(0, |sum, one| sum.saturating_add(one.quantity))
}

impl Due {
    fn gift(&mut self, plan: &Plan, receipt: &Receipt, gift: &QuoteGift, found: &Found<'_>) {
        let all = &receipt.quote.gifts;
        let given = pieces_of(all, gift);
        let back = all.iter().zip(&found.gone.pieces).filter(|(one, _)| is_same(one, gift));
        let back = back.fold(0_u32, |sum, (_, back)| sum.saturating_add(*back));
        let price = match gift.status {
            GiftStatus::Offered => return,
            GiftStatus::Given | GiftStatus::Taken => gift.unit_price.minor(),
        };
        self.add_ons = self.add_ons.saturating_add(price.saturating_mul(i64::from(back)));
        let allowed = match judged(plan, &gift.rule, found) {
            Judged::Stays => given,
            Judged::Goes => 0,
            Judged::Alone => pieces_of(&found.alone.gifts, gift),
        };
        let missing = given.saturating_sub(allowed).saturating_sub(back);
        if missing == 0 {
            return;
        }
        let missing = i64::from(missing);
        let (due, charged) = match plan.refunds.gift_worth(&gift.rule, &gift.sku) {
            None => (missing, 0),
            Some(worth) => {
                let more = worth.saturating_sub(price).max(0);
                self.gifts = self.gifts.saturating_add(more.saturating_mul(missing));
                (0, missing)
            }
        };
        self.rewards.push((gift.rule.clone(), Reward::Gift(gift.sku.clone()), due, charged));
    }

    fn granted(&mut self, plan: &Plan, receipt: &Receipt, found: &Found<'_>) {
        for (grant, spent) in receipt.quote.grants.iter().zip(&found.gone.spent) {
            let Some(rule) = receipt.quote.rules.get(grant.rule as usize).map(|rule| &rule.rule) else {
                continue;
            };
            let allowed = match judged(plan, rule, found) {
                Judged::Stays => grant.quantity,
                Judged::Goes => 0,
                Judged::Alone => {
                    let rules = &found.alone.rules;
                    let of_rule = |at: u32| rules.get(at as usize).is_some_and(|known| known.rule == *rule);
                    let same = found.alone.grants.iter().find(|one| of_rule(one.rule));
                    same.map_or(0, |one| one.quantity)
                }
            };
            let back = grant.quantity.saturating_sub(allowed);
            let charged = back.saturating_sub(grant.quantity.saturating_sub(*spent));
            if back == 0 {
                continue;
            }
            let is_balance = grant.coupon.as_str().is_empty();
            let (what, worth) = if is_balance {
                (Reward::Balance(grant.class.clone()), Some(grant.amount.minor()))
            } else {
                (Reward::Coupon(grant.coupon.clone()), plan.refunds.grant_worth(rule))
            };
            let pieces = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
            let charged = if worth.is_some() { pieces(charged) } else { 0 };
            self.grants = self.grants.saturating_add(worth.unwrap_or(0).saturating_mul(charged));
            self.rewards.push((rule.clone(), what, pieces(back).saturating_sub(charged), charged));
        }
    }
}

/// How many of a rule's earned points the goods kept still earn.
fn points_kept(plan: &Plan, receipt: &Receipt, found: &Found<'_>, entry: u32, earned: &QuotePoints) -> u64 {
    let Some(id) = receipt.quote.rules.get(earned.rule as usize).map(|rule| &rule.rule) else { return 0 };
    if found.gone.nothing_kept() {
        return 0;
    }
    match (plan.refunds.policy_of(id), found.gone.some_given_up()) {
        (RefundPolicy::Proportional, _) | (_, false) => share_of_points(receipt, found, entry),
        (RefundPolicy::Reprice | RefundPolicy::Safest, true) => {
            let alone = points_alone(found, id).min(earned.points);
            if found.gone.some_undelivered() {
                alone.min(share_of_points(receipt, found, entry))
            } else {
                alone
            }
        }
    }
}

fn points_alone(found: &Found<'_>, rule: &RuleId) -> u64 {
    let alone = found.alone;
    let of_rule = |at: u32| alone.rules.get(at as usize).is_some_and(|known| known.rule == *rule);
    let earned = alone.points.iter();
    let earned = earned.filter(|one| one.direction == PointsDirection::Earned && of_rule(one.rule));
    earned.fold(0, |sum, one| sum.saturating_add(one.points))
}

/// The points that came from goods kept, and from fees that were not paid back. A line's points go with its units.
fn share_of_points(receipt: &Receipt, found: &Found<'_>, entry: u32) -> u64 {
    let shares = receipt.quote.point_shares.iter().filter(|share| share.entry == entry);
    shares.fold(0, |sum, share| sum.saturating_add(share.points.saturating_sub(points_gone(found, share))))
}

fn points_gone(found: &Found<'_>, share: &PointShare) -> u64 {
    match share.on {
        On::Line(line) => found.gone.lines.get(line as usize).map_or(0, |line| {
            let points = i64::try_from(share.points).unwrap_or(i64::MAX);
            u64::try_from(part(points, line.all(), line.quantity)).unwrap_or(0)
        }),
        On::Charge(charge) => {
            let is_back = found.shared.fees.get(charge as usize).is_some_and(|fee| fee.is_back());
            if is_back { share.points } else { 0 }
        }
    }
}
