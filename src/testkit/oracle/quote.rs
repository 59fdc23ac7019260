//! What the oracle says: plain values.

use std::collections::{BTreeMap, BTreeSet};

use super::gifts::GiftEntry;
use super::payment::OraclePayments;
use super::prices::OracleGroup;
use super::rewards::{OracleGrant, OraclePoints};
use super::state::State;
use super::{Event, World};
use crate::record::{Claim, CodeOutcome, CodeStatus, GiftStatus, On};
use crate::rules::{Benefit, Condition, Rule, RuleId, StageId};
use crate::shop::{Bearer, CouponCode, LineId, Sku};

/// A priced cart. All amounts are in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OracleQuote {
    /// List value of the goods.
    pub list: i128,
    /// What the goods cost.
    pub goods: i128,
    /// Shipping fees before any rule.
    pub shipping_list: i128,
    /// What shipping costs.
    pub shipping: i128,
    /// What add-ons taken cost.
    pub add_ons: i128,
    /// What the shopper pays.
    pub payable: i128,
    /// The lines, in the cart's order.
    pub lines: Vec<OracleLine>,
    /// What each charge costs, in the cart's order.
    pub charges: Vec<i128>,
    /// The rules that gave something, in the order they applied.
    pub rules: Vec<OracleRule>,
    /// Gifts given, add-ons taken, add-ons offered.
    pub gifts: Vec<OracleGift>,
    /// Points earned and redeemed, in the order the rules applied.
    pub points: Vec<OraclePoints>,
    /// Prices of buying groups, in the order the rules applied.
    pub groups: Vec<OracleGroup>,
    /// How the order is paid.
    pub payments: OraclePayments,
    /// Coupons and balances for later, in the order the rules applied.
    pub grants: Vec<OracleGrant>,
    /// What became of each code entered, in the order they were entered.
    pub codes: Vec<CodeOutcome>,
    /// What the quote would use up, sorted.
    pub claims: Vec<Claim>,
    /// What happened on the way.
    pub events: BTreeSet<Event>,
}

/// A line, priced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OracleLine {
    /// The line.
    pub line: LineId,
    /// List price times quantity.
    pub list: i128,
    /// What the line costs.
    pub payable: i128,
    /// What each of its units costs, first to last.
    pub units: Vec<i128>,
}

/// A rule that gave something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OracleRule {
    /// The rule.
    pub rule: RuleId,
    /// Its stage.
    pub stage: StageId,
    /// What its benefit came to after its own cap.
    pub asked: i128,
    /// What was taken off.
    pub granted: i128,
    /// Units or pieces that its unit limits kept it from.
    pub short: i128,
    /// Where, lines before charges.
    pub adjustments: Vec<OracleAdjustment>,
}

/// A rule's effect on a line or charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OracleAdjustment {
    /// The line or charge.
    pub on: On,
    /// Units discounted.
    pub units: i128,
    /// What was asked of it.
    pub asked: i128,
    /// What was taken off.
    pub granted: i128,
    /// Who pays for it, when the rule names bearers.
    pub shares: BTreeMap<Bearer, i128>,
}

/// A gift or add-on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OracleGift {
    /// The rule it comes from.
    pub rule: RuleId,
    /// The product.
    pub sku: Sku,
    /// What a piece costs.
    pub unit_price: i128,
    /// `given`, `taken` or `offered`.
    pub status: &'static str,
    /// Pieces.
    pub quantity: i128,
}

/// Names a status, so that gifts can be sorted.
pub(super) fn status(status: GiftStatus) -> &'static str {
    match status {
        GiftStatus::Given => "given",
        GiftStatus::Taken => "taken",
        GiftStatus::Offered => "offered",
    }
}

impl World<'_> {
    pub fn quote(&self, state: &State) -> OracleQuote {
        let lines = self.lines(state);
        let adjustments = self.adjustments(state, &lines);
        let rules = state.applied.iter().zip(adjustments).map(|(applied, adjustments)| {
            let rule = &self.rules.rules[applied.rule];
            OracleRule {
                rule: rule.id.clone(),
                stage: rule.stage.clone(),
                asked: applied.asked,
                granted: applied.granted(),
                short: applied.short,
                adjustments,
            }
        });
        let rules: Vec<OracleRule> = rules.collect();
        let mut claims: Vec<Claim> = state.applied.iter().flat_map(|applied| self.claims(applied)).collect();
        claims.extend(self.wallet_claims(state));
        claims.extend(self.quota_claims(state));
        claims.sort();
        let goods = lines.iter().map(|line| line.payable).sum();
        let charges: Vec<i128> = state.charges.iter().map(|charge| charge.now).collect();
        let shipping = charges.iter().sum();
        let taken = state.gifts.iter().filter(|gift| gift.is_part_of_order());
        let add_ons = taken.map(|gift| gift.quantity * gift.unit_price).sum();
        OracleQuote {
            list: lines.iter().map(|line| line.list).sum(),
            goods,
            shipping_list: state.charges.iter().map(|charge| charge.list).sum(),
            shipping,
            add_ons,
            payable: goods + shipping + add_ons,
            gifts: state.gifts.iter().map(gift).collect(),
            points: self.points(state, &rules),
            rules,
            payments: self.payments(state, goods + shipping + add_ons),
            groups: self.groups(state),
            grants: self.grants(state),
            codes: self.codes(state),
            claims,
            events: self.events(state),
            lines,
            charges,
        }
    }

    fn events(&self, state: &State) -> BTreeSet<Event> {
        let mut events = state.events.clone();
        if self.cart.items().iter().any(|item| item.lines.len() > 1) {
            events.insert(Event::ManyLines);
        }
        if state.gifts.iter().any(|gift| gift.status == GiftStatus::Offered) {
            events.insert(Event::Offered);
        }
        events
    }

    /// What became of each code entered; rules are looked through in the order of the pipeline.
    fn codes(&self, state: &State) -> Vec<CodeOutcome> {
        let stage_at = |stage: &StageId| self.rules.stages.iter().position(|s| s.id == *stage);
        let mut rules: Vec<&Rule> = self.rules.rules.iter().collect();
        rules.sort_by_key(|rule| (stage_at(&rule.stage), rule.rank, &rule.id));
        let has_applied =
            |rule: &&&Rule| state.applied.iter().any(|applied| self.rules.rules[applied.rule].id == rule.id);
        let mut codes = self.context.codes.clone();
        codes.sort_by(|a, b| (a.folded(), a).cmp(&(b.folded(), b)));
        let mut seen = BTreeSet::new();
        let mut outcome = |code: &CouponCode| {
            let Some(folded) = code.folded() else {
                return (CodeStatus::Unknown, RuleId::default());
            };
            let names = |rule: &&Rule| named_codes(rule).contains(folded);
            let of_code: Vec<&Rule> = rules.iter().copied().filter(names).collect();
            if !seen.insert(folded.to_owned()) {
                return (CodeStatus::Repeated, RuleId::default());
            }
            match (of_code.iter().find(has_applied), of_code.first()) {
                (Some(rule), _) => (CodeStatus::Applied, rule.id.clone()),
                (None, Some(rule)) => (CodeStatus::NoEffect, rule.id.clone()),
                (None, None) => (CodeStatus::Unknown, RuleId::default()),
            }
        };
        let mut outcomes = Vec::new();
        for code in codes {
            let (status, rule) = outcome(&code);
            outcomes.push(CodeOutcome { code, status, rule });
        }
        outcomes
    }
}

/// The codes a rule names, as a coupon or in its condition, folded.
pub(crate) fn named_codes(rule: &Rule) -> BTreeSet<String> {
    let mut codes: Vec<&CouponCode> = Vec::new();
    codes.extend(rule.coupon.iter().flat_map(|coupon| &coupon.codes));
    let mut conditions: Vec<&Condition> = rule.condition.iter().collect();
    if let Benefit::PointsEarn(earn) = &rule.benefit {
        conditions.extend(earn.multipliers.iter().filter_map(|multiplier| multiplier.when.as_ref()));
    }
    while let Some(condition) = conditions.pop() {
        match condition {
            Condition::All(all) | Condition::Any(all) => conditions.extend(all),
            Condition::Not(not) => conditions.push(not),
            Condition::Code(any) => codes.extend(&any.any_of),
            Condition::Window(_)
            | Condition::Weekly(_)
            | Condition::Spend(_)
            | Condition::Quantity(_)
            | Condition::DistinctSkus(_)
            | Condition::Contains(_)
            | Condition::Segment(_)
            | Condition::Level(_)
            | Condition::FirstOrder {}
            | Condition::OrderNumber(_)
            | Condition::Birthday(_)
            | Condition::Channel(_)
            | Condition::Region(_)
            | Condition::PaymentMethod(_)
            | Condition::ShippingMethod(_)
            | Condition::Currency(_)
            | Condition::GroupSize(_)
            | Condition::Experiment(_)
            | Condition::Attribute(_) => {}
        }
    }
    codes.into_iter().filter_map(CouponCode::folded).map(str::to_owned).collect()
}

fn gift(entry: &GiftEntry) -> OracleGift {
    OracleGift {
        rule: entry.rule.clone(),
        sku: entry.sku.clone(),
        unit_price: entry.unit_price,
        status: status(entry.status),
        quantity: entry.quantity,
    }
}
