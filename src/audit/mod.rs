//! RuleSet × Catalogue × bounds → AuditReport: finds the order that breaks a promise, or proves that there is none.
//!
//! In: rules, what can be bought and by whom, what the shop relies on. Out: findings, each with a script that was
//! replayed through the real pipeline; certificates that [`check`] verifies; and, for the rest, how far the search
//! went. Invariants: A1 every witness replays, A2 dropping any part of the smallest one mends it, A3 the search states its
//! reach. Work is counted, never timed: same input, same report. Read next: `world` (how a promise is
//! measured), `search` (where it looks), `relax` (why a proof holds), `guide::auditing`.

mod apply;
mod basket;
mod beyond;
mod bound;
mod caps;
mod certificate;
mod check;
mod checks;
mod codes;
mod confirm;
mod dead;
mod earned;
mod exposure;
mod extremes;
mod farm;
mod favours;
mod flags;
mod gaps;
mod goods;
mod kinds;
mod later;
mod levels;
mod market;
mod measure;
mod mends;
mod minimise;
mod moves;
mod order;
mod pairs;
mod pooling;
mod prices;
mod prove;
mod rates;
mod relax;
mod repair;
mod report;
mod search;
mod settings;
mod shoppers;
mod steady;
mod steps;
mod story;
mod structure;
#[cfg(test)]
mod tests;
mod thresholds;
mod ties;
mod witness;
mod world;

pub use certificate::{Certificate, Depth, Effect, Form, Tree};
pub use check::{CheckError, check};
pub use dead::Why;
pub use extremes::{Ceiling, Extreme, Measure, Peak};
pub use goods::goods_named;
pub use moves::Then;
pub use order::Order;
pub use prices::Odd;
pub use repair::{Change, Instead, NoRepair};
pub use report::{Answer, AuditReport, Finding, Played, Reach, Severity, Verdict};
pub use search::StopReason;
pub use settings::{AuditBounds, Progress};
pub use thresholds::{Threshold, spend_thresholds};
pub use witness::{Replay, Witness};

use std::collections::BTreeMap;

use crate::compile::CompileError;
use crate::money::{Currency, Money};
pub use crate::rules::{Promise, Promises, ThresholdError};
use crate::rules::{Rule, RuleId, RuleSet};
use crate::shop::Catalogue;
use checks::{Cases, Check, checks};
use confirm::Confirmed;
use market::Market;
use prove::Prover;
use search::Search;
use world::World;

/// What rounding may add to a promise in a proof, in minor units, besides one for each rule that rounds.
const TOLERANCE: i64 = 10;

/// Of the orders that the search may price, as many again in so many parts may be priced to prove what orders show.
const PROVING_PART: u64 = 4;

/// Why nothing can be audited.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The rules do not compile.
    #[error(transparent)]
    Rules(#[from] CompileError),
    /// A threshold of the promises cannot be used.
    #[error(transparent)]
    Threshold(#[from] ThresholdError),
    /// The catalogue is in another currency than the rules.
    #[error("the catalogue is in {catalogue}, the rules are in {rules}")]
    OtherCurrency {
        /// Of the catalogue.
        catalogue: Currency,
        /// Of the rules.
        rules: Currency,
    },
    /// The rules before are in another currency than the rules.
    #[error("the rules before are in {before}, the rules are in {rules}")]
    OtherCurrencyBefore {
        /// Of the rules before.
        before: Currency,
        /// Of the rules.
        rules: Currency,
    },
}

/// Audits a rule set.
///
/// ```
/// use dealproof::audit::{AuditBounds, Promise, audit};
/// use dealproof::money::{Currency, Money};
/// use dealproof::rules::{AmountOff, Benefit, Condition, Rule, RuleSet, Selector, Spend};
/// use dealproof::shop::{Catalogue, Line, Product};
///
/// let off = |amount: &str| amount.parse().map(|amount| Benefit::AmountOff(AmountOff::once(amount)));
/// let from = |amount: &str| amount.parse().map(|at| Condition::Spend(Spend::at_least(Selector::all(), at)));
/// let rules = RuleSet::new(Currency::CNY)
///     .rule(Rule::new("shop-99-30", "order", off("30.00")?).condition(from("99.00")?))
///     .rule(Rule::new("platform-199-50", "order", off("50.00")?).condition(from("199.00")?));
/// // Rice at 19.90 that costs 17.50.
/// let rice = Line::new("RICE", "RICE", 1, Money::from_minor(1_990)).cost(Money::from_minor(1_750));
/// let catalogue = Catalogue::new(Currency::CNY, vec![Product::new(rice)])?;
///
/// let report = audit(&rules, &catalogue, &AuditBounds::default())?;
/// let worst = report.of(Promise::AboveCost).next().ok_or("no finding")?;
/// // Ten cost the shop 175.00 and bring 199.00 - 30.00 - 50.00 = 119.00.
/// assert_eq!(worst.loss, Money::from_minor(17_500 - 11_900));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`AuditError`] when the input does not fit together; whatever else is wrong is a finding.
pub fn audit(
    rules: &RuleSet,
    catalogue: &Catalogue,
    bounds: &AuditBounds,
) -> Result<AuditReport, AuditError> {
    audit_watched(rules, catalogue, bounds, &mut |_| {})
}

/// Audits a rule set and says on the way how far it has come. The report is that of [`audit`].
///
/// # Errors
/// As [`audit`].
pub fn audit_watched(
    rules: &RuleSet,
    catalogue: &Catalogue,
    bounds: &AuditBounds,
    watch: &mut dyn FnMut(Progress),
) -> Result<AuditReport, AuditError> {
    report(rules, catalogue, bounds, watch, |search| search.run())
}

/// Looks for broken promises by buying at random instead of at thresholds: `runs` baskets drawn from a seed. The same
/// seed draws the same baskets.
///
/// # Errors
/// As [`audit`].
pub fn fuzz(
    rules: &RuleSet,
    catalogue: &Catalogue,
    bounds: &AuditBounds,
    runs: u64,
    seed: u64,
) -> Result<AuditReport, AuditError> {
    report(rules, catalogue, bounds, &mut |_| {}, |search| search.wander(runs, seed))
}

fn report(
    rules: &RuleSet,
    catalogue: &Catalogue,
    bounds: &AuditBounds,
    watch: &mut dyn FnMut(Progress),
    run: impl FnOnce(&mut Search<'_, '_>) -> StopReason,
) -> Result<AuditReport, AuditError> {
    if rules.currency != catalogue.currency() {
        return Err(AuditError::OtherCurrency { catalogue: catalogue.currency(), rules: rules.currency });
    }
    let rules = &rules.in_order();
    let before = bounds.promises.before.as_deref();
    if let Some(before) = before.filter(|before| before.currency != rules.currency) {
        return Err(AuditError::OtherCurrencyBefore { before: before.currency, rules: rules.currency });
    }
    let thresholds = bounds.promises.thresholds(rules.currency)?;
    let mut world = World::new(rules, catalogue, thresholds)?.compared(before)?.with_oddities();
    let market = Market::new(rules, catalogue);
    world.looks = market.looks;
    let cases = checks(rules, &bounds.promises);
    let mut auditor = Auditor { world: &world, market: &market, bounds, searched: StopReason::Finished };
    // What needs no search comes first: promises that nothing could break, then what the rules say of each other.
    let without_case = auditor.without_case();
    let mut search = Search::new(&world, &market, &cases.list, bounds, watch);
    search.structure();
    auditor.searched = run(&mut search);

    let mut confirmed = confirm::findings(&mut search, bounds);
    // Worst first; among equals as the promises stand.
    confirmed.findings.sort_by(|a, b| {
        let by_size = (b.severity, b.loss).cmp(&(a.severity, a.loss));
        by_size.then_with(|| (a.promise, &a.rules).cmp(&(b.promise, &b.rules)))
    });
    // Proofs by orders have a budget of their own.
    search.orders_left = bounds.orders / PROVING_PART;
    let answers = auditor.answers(&mut search, &confirmed.findings, without_case);
    list_farms_once(&mut confirmed.findings);
    let extremes = extremes::extremes(&mut search, &market, bounds);
    let reach = auditor.reach(&search, &cases, &confirmed);
    Ok(AuditReport {
        currency: rules.currency,
        plan: world.plan.fingerprint,
        findings: confirmed.findings,
        answers,
        extremes,
        reach,
    })
}

/// Drops findings of `split-farm` that findings of `above-cost` tell already: the same rules, in any number of orders.
fn list_farms_once(findings: &mut Vec<Finding>) {
    let endless = findings.iter().filter(|one| one.promise == Promise::AboveCost && one.times.is_none());
    let told: Vec<(Vec<RuleId>, Money)> = endless.map(|one| (one.rules.clone(), one.loss)).collect();
    let is_told = |one: &Finding| told.iter().any(|(rules, loss)| *rules == one.rules && *loss >= one.loss);
    findings.retain(|one| one.promise != Promise::SplitFarm || !is_told(one));
}

/// How many nodes a proof may have.
#[derive(Clone, Copy)]
enum Round {
    FewNodes,
    AllNodes,
}

impl Round {
    const fn nodes(self, all: u64) -> u64 {
        match self {
            // Most that hold are proved with a few hundred.
            Self::FewNodes => all / 20,
            Self::AllNodes => all,
        }
    }
}

/// Whether a promise is proved by bounds, with which more nodes may help.
const fn is_bounded(promise: Promise) -> bool {
    matches!(promise, Promise::AboveCost | Promise::NotFree | Promise::Depth | Promise::SplitFarm)
}

/// Decides what became of each promise.
struct Auditor<'s, 'a> {
    world: &'s World<'a>,
    market: &'s Market,
    bounds: &'s AuditBounds,
    searched: StopReason,
}

impl Auditor<'_, '_> {
    /// Promises that no rule could break: read off the rules, before anything is searched for.
    fn without_case(&self) -> BTreeMap<Promise, Certificate> {
        let proved = self
            .wanted()
            .filter_map(|promise| Some((promise, self.checked(promise, Certificate::NoCase {}).ok()?)));
        proved.collect()
    }

    fn wanted(&self) -> impl Iterator<Item = Promise> {
        Promise::ALL.into_iter().filter(|promise| self.bounds.promises.wants(*promise))
    }

    /// Cheap proofs first: what the rules say, orders that show it, bounds with few nodes; then bounds with all nodes for what
    /// is left.
    fn answers(
        &self,
        search: &mut Search<'_, '_>,
        findings: &[Finding],
        without_case: BTreeMap<Promise, Certificate>,
    ) -> Vec<Answer> {
        let found = |promise| findings.iter().filter(|finding| finding.promise == promise).count();
        let mut proofs: BTreeMap<Promise, Result<Certificate, String>> =
            without_case.into_iter().map(|(promise, certificate)| (promise, Ok(certificate))).collect();
        for round in [Round::FewNodes, Round::AllNodes] {
            for promise in self.wanted().filter(|promise| found(*promise) == 0) {
                let is_open = match proofs.get(&promise) {
                    None => true,
                    Some(Err(_)) => is_bounded(promise),
                    Some(Ok(_)) => false,
                };
                if is_open {
                    (search.watch)(Progress::Proving { promise });
                    let nodes = round.nodes(self.bounds.nodes);
                    let proof = self.prove(promise, search, nodes);
                    let proof = proof.and_then(|certificate| self.checked(promise, certificate));
                    proofs.insert(promise, proof);
                }
            }
        }
        let mut verdict = |promise| match (found(promise), proofs.remove(&promise)) {
            (0, Some(Ok(certificate))) => Verdict::Proved { certificate },
            (0, Some(Err(unproved))) => Verdict::Unknown { searched: self.searched, unproved },
            (0, None) => Verdict::Unknown { searched: self.searched, unproved: String::new() },
            (findings, _) => Verdict::Found { findings },
        };
        self.wanted().map(|promise| Answer { promise, verdict: verdict(promise) }).collect()
    }

    /// Only what the checker accepts is proved.
    fn checked(&self, promise: Promise, certificate: Certificate) -> Result<Certificate, String> {
        match self.world.checker.check(&self.bounds.promises, promise, &certificate) {
            Ok(()) => Ok(certificate),
            Err(problem) => Err(problem.to_string()),
        }
    }

    /// For each rule wanted an order in which it was seen to apply.
    fn orders_of(
        &self,
        search: &Search<'_, '_>,
        wanted: impl Fn(&Rule) -> bool,
    ) -> Result<BTreeMap<RuleId, Order>, String> {
        let mut orders = BTreeMap::new();
        let mut unseen = Vec::new();
        for rule in self.world.rules.rules.iter().filter(|rule| wanted(rule)) {
            match search.applied.get(&rule.id).and_then(|basket| basket.order(self.world)) {
                Some(order) => drop(orders.insert(rule.id.clone(), order)),
                None => unseen.push(rule.id.as_str()),
            }
        }
        if unseen.is_empty() {
            Ok(orders)
        } else {
            Err(format!("no order was found in which these apply: {}", unseen.join(", ")))
        }
    }

    /// How far it went, when all is done.
    fn reach(&self, search: &Search<'_, '_>, cases: &Cases, confirmed: &Confirmed) -> Reach {
        let Self { world, market, bounds, searched } = self;
        Reach {
            products: world.catalogue.products().len(),
            classes: market.classes.len(),
            bought: market.picks().len(),
            shoppers: world.shoppers.len(),
            orders: search.orders_done(),
            confirming: confirmed.orders,
            proving: (bounds.orders / PROVING_PART).saturating_sub(search.orders_left),
            steps: search.steps.taken(),
            pieces: bounds.pieces,
            products_in_order: bounds.products,
            searched: *searched,
            checks_left_out: cases.left_out,
            findings_left_out: confirmed.left_out,
        }
    }

    /// A proof by bounds: the discounts of every case of an order come to no more than they may.
    fn bound(&self, promise: Promise, nodes: u64) -> Result<Certificate, String> {
        let World { rules, catalogue, thresholds, .. } = self.world;
        let relaxed =
            relax::relax(rules, catalogue, self.market, promise, thresholds).map_err(|problem| problem.0)?;
        // What is had without end may not even be lost by rounding.
        let is_strict = matches!(promise, Promise::NotFree | Promise::SplitFarm);
        let tolerance_minor = if is_strict { 0 } else { TOLERANCE.saturating_add(relaxed.rounding) };
        let tree = Prover::new(&relaxed, nodes).prove(tolerance_minor)?;
        Ok(Certificate::Bound { tree, tolerance_minor })
    }

    fn prove(
        &self,
        promise: Promise,
        search: &mut Search<'_, '_>,
        nodes: u64,
    ) -> Result<Certificate, String> {
        match promise {
            Promise::AboveCost | Promise::NotFree | Promise::Depth | Promise::SplitFarm => {
                self.bound(promise, nodes)
            }
            Promise::EveryRule => {
                let orders = self.orders_of(search, |rule| rule.enabled)?;
                Ok(Certificate::Examples { orders, tiers: tiers_of(search) })
            }
            Promise::LimitsHold => {
                let limited: Vec<&Check> =
                    search.checks.iter().filter(|check| check.promise == Promise::LimitsHold).collect();
                let is_limited = |rule: &Rule| limited.iter().any(|check| check.subject.contains(&rule.id));
                let orders = self.orders_of(search, is_limited)?;
                Ok(Certificate::Accounts { orders })
            }
            Promise::AddItem | Promise::SplitPays | Promise::ExclusionsHold | Promise::PoolingPays => {
                Ok(steady::propose(self.world, self.market))
            }
            Promise::EarnShare | Promise::NoPump => {
                earned::propose(self.world, self.market, self.bounds, promise)
            }
            Promise::CapsMatter => caps::propose(search),
            Promise::CashLike
            | Promise::ShippingApart
            | Promise::PaidThreshold
            | Promise::RunsOnce
            | Promise::HandsOver
            | Promise::ExclusionsClosed
            | Promise::Rounding
            | Promise::SecretCodes
            | Promise::EarnedOnCash
            | Promise::RewardsCovered
            | Promise::NoGap
            | Promise::PriceProtection
            | Promise::GroupHolds
            | Promise::ReturnsNeverPay
            | Promise::PrizeCeiling
            | Promise::EqualRanks
            | Promise::AsBefore => {
                Err("some rules could break it, and no order was found that does".to_owned())
            }
            Promise::Exposure => Err(exposure::unproved(self.world)),
            Promise::PlainPrices => Err("some prices or costs are off by a factor".to_owned()),
            Promise::RealCut => {
                Err("some products have no price history, or one with lower prices".to_owned())
            }
        }
    }
}

/// For each rule the orders found that take its tiers. The checker says which are missing.
fn tiers_of(search: &Search<'_, '_>) -> BTreeMap<RuleId, Vec<Order>> {
    let in_turn = |found: &BTreeMap<usize, Order>| {
        let numbered = (0_usize..).zip(found).take_while(|(at, (tier, _))| at == *tier);
        numbered.map(|(_, (_, order))| order.clone()).collect()
    };
    search.tiers.iter().map(|(rule, found)| (rule.clone(), in_turn(found))).collect()
}
