//! What an audit says: findings with their scripts, proofs, and what it could not decide.

use std::fmt;

use serde::Serialize;

use super::AuditError;
use super::certificate::Certificate;
use super::checks::Check;
use super::dead::Why;
use super::extremes::Extreme;
use super::minimise::Shrunk;
use super::moves::Then;
use super::repair::{Change, NoRepair};
use super::search::StopReason;
use super::witness::{Replay, Witness};
use super::world::World;
use crate::evaluate::Scratch;
use crate::money::{Currency, DisplayMoney, Money};
use crate::record::Fingerprint;
use crate::rules::{Benefit, Promise, Promises, RuleId, RuleSet};
use crate::shop::Catalogue;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Severity {
    /// Often meant so: look once.
    Notice,
    /// Costs more than campaigns usually mean to.
    Warning,
    /// Do not launch.
    Severe,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Severe => "severe",
        })
    }
}

/// A broken promise, with a script that was replayed through the real pipeline: there is no other way to make one.
///
/// - Units: minor units of `currency`; strings with its decimals in JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What is broken.
    pub promise: Promise,
    /// How bad it is.
    pub severity: Severity,
    /// The currency of the amounts.
    pub currency: Currency,
    /// What the shop loses by the measure of the promise in the worst script found.
    pub loss: Money,
    /// The worst script found.
    pub worst: Played,
    /// The same made small: where it is [`minimal`](Self::minimal), dropping any part of it mends it.
    pub smallest: Played,
    /// Whether `smallest` is known to have no part to spare: an order of several, a product, a piece, a code, a fact of the
    /// shopper, a member of a group, something that comes back. If not, the work for it ended first.
    pub minimal: bool,
    /// The rules it takes.
    pub rules: Vec<RuleId>,
    /// The tier of the rule that gives no more than the one below, counted from 1, where it is about one.
    pub tier: Option<usize>,
    /// Why a rule or a tier gives nothing, where it is about one.
    pub why: Option<Why>,
    /// In how many orders the loss can be had; `None` without end.
    pub times: Option<u64>,
    /// A small change after which another audit of this promise finds nothing, and of all others nothing new.
    pub repair: Option<Change>,
    /// Why there is no repair, where there is none.
    pub unrepaired: Option<NoRepair>,
    /// Which promise about which rules it is that is broken.
    pub(super) check: Check,
}

/// A script, and what it came to when it was replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Played {
    /// The script.
    pub witness: Witness,
    /// What the shop loses in it, in minor units.
    pub loss: Money,
    /// What the shopper pays in all.
    pub paid: Money,
    /// What the shopper would have paid for what it is compared with; list value when it is compared with nothing.
    pub instead_of: Money,
}

impl Finding {
    /// Replays the scripts; a finding only comes into being when they break the promise now.
    pub(super) fn confirm(
        world: &World<'_>,
        check: &Check,
        worst: Witness,
        shrunk: &Shrunk,
        rules: Vec<RuleId>,
        scratch: &mut Scratch,
    ) -> Option<Self> {
        let (worst, replay) = play(world, check, worst, scratch)?;
        let smallest = shrunk.script.witness(world).and_then(|witness| play(world, check, witness, scratch));
        let (smallest, minimal) = match smallest {
            Some((smallest, _)) => (smallest, shrunk.is_minimal),
            None => (worst.clone(), false),
        };
        let times = times(world, &worst, &replay, &rules);
        let why =
            if check.promise == Promise::PlainPrices { super::prices::why(world, &worst) } else { None };
        Some(Self {
            promise: check.promise,
            severity: severity(check.promise, &worst),
            currency: world.rules.currency,
            loss: worst.loss,
            worst,
            smallest,
            minimal,
            rules,
            tier: check.tier.map(|tier| tier.saturating_add(1)),
            why,
            times,
            repair: None,
            unrepaired: None,
            check: check.clone(),
        })
    }

    /// What a script loses by the measure of this finding under other rules, a changed catalogue or changed promises; `None`
    /// where it does not break the promise, or cannot be played. So the script of a finding can be kept and played again.
    ///
    /// - Units: minor units of the rules' currency.
    ///
    /// # Errors
    /// [`AuditError`] when the input does not fit together.
    pub fn loss_in(
        &self,
        rules: &RuleSet,
        catalogue: &Catalogue,
        promises: &Promises,
        script: &Witness,
    ) -> Result<Option<Money>, AuditError> {
        let before = promises.before.as_deref();
        let world = World::new(rules, catalogue, promises.thresholds(rules.currency)?)?.compared(before)?;
        let world = world.with_oddities();
        let mut script = script.clone();
        // A group lives by the terms of the rules it is played under.
        if let Some(Then::GroupLeft { rule, terms, .. }) = &mut script.then
            && let Some(Benefit::GroupPrice(now)) = world.rule(rule.as_str()).map(|rule| &rule.benefit)
        {
            terms.clone_from(now);
        }
        let played = play(&world, &self.check, script, &mut Scratch::default());
        Ok(played.map(|(played, _)| played.loss))
    }
}

fn play(
    world: &World<'_>,
    check: &Check,
    witness: Witness,
    scratch: &mut Scratch,
) -> Option<(Played, Replay)> {
    let replay = witness.replay(&world.plan, scratch).ok()?;
    let size = world.size(check, &witness, &replay, scratch);
    if size <= world.limit(check.promise) {
        return None;
    }
    let list = || replay.quotes.iter().map(|quote| quote.totals.list.minor()).sum();
    let instead = if replay.instead_of.is_empty() { list() } else { replay.paid_instead() };
    let paid = Money::from_minor(replay.paid());
    // A rule that gives nothing costs nothing.
    let costs_nothing = matches!(check.promise, Promise::EveryRule | Promise::CapsMatter);
    let loss = if costs_nothing { 0 } else { size };
    let (loss, instead_of) = (Money::from_minor(loss), Money::from_minor(instead));
    Some((Played { witness, loss, paid, instead_of }, replay))
}

/// In how many such orders all the rules can be used.
fn times(world: &World<'_>, played: &Played, replay: &Replay, rules: &[RuleId]) -> Option<u64> {
    let (order, quote) = (played.witness.orders.first()?, replay.quotes.first()?);
    let known = rules.iter().filter_map(|id| world.rule(id.as_str()));
    let least = known.filter_map(|rule| world.times(rule, order, quote)).min();
    least.and_then(|times| u64::try_from(times).ok())
}

/// The size decides where a promise is often broken on purpose.
fn severity(promise: Promise, played: &Played) -> Severity {
    let (loss, whole) = (i128::from(played.loss.minor()), i128::from(played.instead_of.minor()));
    match promise {
        Promise::NotFree
        | Promise::SplitFarm
        | Promise::CashLike
        | Promise::NoPump
        | Promise::LimitsHold
        | Promise::RunsOnce
        | Promise::HandsOver
        | Promise::RealCut
        | Promise::PriceProtection => Severity::Severe,
        Promise::AboveCost | Promise::RewardsCovered => {
            if loss * 20 >= whole {
                Severity::Severe
            } else {
                Severity::Warning
            }
        }
        Promise::Depth
        | Promise::EarnedOnCash
        | Promise::ExclusionsClosed
        | Promise::Rounding
        | Promise::GroupHolds
        | Promise::ReturnsNeverPay
        | Promise::PrizeCeiling
        | Promise::EqualRanks
        | Promise::EarnShare
        | Promise::NoGap
        | Promise::PlainPrices
        | Promise::AsBefore
        | Promise::Exposure => Severity::Warning,
        Promise::AddItem | Promise::SplitPays | Promise::ExclusionsHold => {
            if loss * 4 >= whole {
                Severity::Warning
            } else {
                Severity::Notice
            }
        }
        Promise::ShippingApart
        | Promise::PaidThreshold
        | Promise::SecretCodes
        | Promise::PoolingPays
        | Promise::CapsMatter
        | Promise::EveryRule => Severity::Notice,
    }
}

/// What became of a promise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// It is broken: see the findings.
    Found {
        /// How many findings. Of `split-farm` those are counted, too, that are listed as `above-cost`: the same rules, in any
        /// number of orders.
        findings: usize,
    },
    /// It holds; [`check`](super::check) verifies the certificate without searching.
    Proved {
        /// Why.
        certificate: Certificate,
    },
    /// Nothing was found, and nothing proved.
    Unknown {
        /// Why the search for a script ended.
        searched: StopReason,
        /// Why there is no proof.
        unproved: String,
    },
}

/// A promise and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Answer {
    /// The promise.
    pub promise: Promise,
    /// What became of it.
    pub verdict: Verdict,
}

/// How far the audit looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reach {
    /// Products of the catalogue.
    pub products: usize,
    /// Classes of products that no rule tells apart.
    pub classes: usize,
    /// Products the search bought.
    pub bought: usize,
    /// Shoppers who bought.
    pub shoppers: usize,
    /// Orders priced by the search, by their work: one that takes more than four thousand tests of rules counts as several.
    pub orders: u64,
    /// Orders priced, by their work, to make findings small, explain and mend them; compiling changed rules counts as some. At
    /// most three times as many as the search may price.
    pub confirming: u64,
    /// Orders priced, by their work, to prove what orders show, and how far orders can go. At most a quarter of what the search
    /// may price.
    pub proving: u64,
    /// Work of the search besides pricing orders: looks whether a selector takes a product, and rules compared with each other. At
    /// most two hundred for each order that it may price.
    pub steps: u64,
    /// Most pieces of one product beyond what thresholds ask for.
    pub pieces: u32,
    /// Most products in one order.
    pub products_in_order: usize,
    /// Why the search ended.
    pub searched: StopReason,
    /// Pairs of rules were left out for their number.
    pub checks_left_out: bool,
    /// Further findings of promises that are broken were left out for their number and that of their rules.
    pub findings_left_out: bool,
}

impl Reach {
    /// What was left out for its number, in a sentence each; empty where nothing was.
    #[must_use]
    pub fn left_out(&self) -> Vec<&'static str> {
        let pairs = self.checks_left_out.then_some("Some pairs of rules were left out for their number.");
        let findings = self.findings_left_out.then_some(
            "Further findings of broken promises were left out for their number and that of their rules.",
        );
        pairs.into_iter().chain(findings).collect()
    }
}

/// What an audit says.
///
/// - Order: findings worst first; answers in the order of [`Promise::ALL`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditReport {
    /// The currency of every amount.
    pub currency: Currency,
    /// The plan that was audited.
    pub plan: Fingerprint,
    /// Broken promises.
    pub findings: Vec<Finding>,
    /// Every promise looked at.
    pub answers: Vec<Answer>,
    /// How far orders can go by the measures of the promises looked at.
    pub extremes: Vec<Extreme>,
    /// How far the audit looked.
    pub reach: Reach,
}

impl AuditReport {
    /// The worst severity there is.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// What became of a promise; `None` when it was not looked at.
    #[must_use]
    pub fn verdict(&self, promise: Promise) -> Option<&Verdict> {
        self.answers.iter().find(|answer| answer.promise == promise).map(|answer| &answer.verdict)
    }

    /// The findings of a promise.
    pub fn of(&self, promise: Promise) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.promise == promise)
    }
}

impl fmt::Display for AuditReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::story::write(self, f)
    }
}

#[derive(Serialize)]
struct PlayedDocument<'a> {
    loss: DisplayMoney,
    paid: DisplayMoney,
    instead_of_paying: DisplayMoney,
    script: &'a Witness,
}

#[derive(Serialize)]
struct FindingDocument<'a> {
    promise: Promise,
    severity: Severity,
    says: &'static str,
    loss: DisplayMoney,
    rules: &'a [RuleId],
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: &'a Option<Why>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repair: &'a Option<Change>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unrepaired: &'a Option<NoRepair>,
    worst: PlayedDocument<'a>,
    smallest: PlayedDocument<'a>,
    minimal: bool,
}

#[derive(Serialize)]
struct ReportDocument<'a> {
    currency: Currency,
    plan: Fingerprint,
    findings: Vec<FindingDocument<'a>>,
    answers: &'a [Answer],
    #[serde(skip_serializing_if = "<[Extreme]>::is_empty")]
    extremes: &'a [Extreme],
    reach: Reach,
}

impl Serialize for AuditReport {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let played = |one: &'_ Played| -> (DisplayMoney, DisplayMoney, DisplayMoney) {
            let show = |money: Money| money.display(self.currency);
            (show(one.loss), show(one.paid), show(one.instead_of))
        };
        let document = |one| {
            let (loss, paid, instead_of_paying) = played(one);
            PlayedDocument { loss, paid, instead_of_paying, script: &one.witness }
        };
        let findings = self.findings.iter().map(|finding| FindingDocument {
            promise: finding.promise,
            severity: finding.severity,
            says: finding.promise.says(),
            loss: finding.loss.display(self.currency),
            rules: &finding.rules,
            tier: finding.tier,
            why: &finding.why,
            times: finding.times,
            repair: &finding.repair,
            worst: document(&finding.worst),
            unrepaired: &finding.unrepaired,
            smallest: document(&finding.smallest),
            minimal: finding.minimal,
        });
        let report = ReportDocument {
            currency: self.currency,
            plan: self.plan,
            findings: findings.collect(),
            answers: &self.answers,
            extremes: &self.extremes,
            reach: self.reach,
        };
        report.serialize(serializer)
    }
}
