//! RuleSet × Catalogue × bounds → AuditReport: finds the order that breaks a promise, or proves that there is none.
//!
//! In: rules, what can be bought and by whom, what the shop relies on. Out: findings, each with a script that was
//! replayed through the real pipeline; certificates that [`check`] verifies; and, for the rest, how far the search
//! went. Invariants: A1 every witness replays, A2 dropping any product, piece or code of the smallest one mends it, A3
//! the search states its reach. Work is counted, never timed: same input, same report. Read next: `world` (how a promise is
//! measured), `search` (where it looks), `relax` (why a proof holds), `guide::auditing`.

mod basket;
mod bound;
mod caps;
mod certificate;
mod check;
mod checks;
mod dead;
mod earned;
mod extremes;
mod farm;
mod gaps;
mod later;
mod levels;
mod market;
mod measure;
mod mends;
mod minimise;
mod moves;
mod pairs;
mod pooling;
mod prices;
mod prove;
mod relax;
mod repair;
mod report;
mod search;
mod settings;
mod shoppers;
mod steady;
mod story;
#[cfg(test)]
mod tests;
mod ties;
mod witness;
mod world;

pub use certificate::{Certificate, Depth, Effect, Form, Tree};
pub use check::{CheckError, check};
pub use dead::Why;
pub use extremes::{Ceiling, Extreme, Measure, Peak};
pub use moves::Then;
pub use prices::Odd;
pub use repair::Change;
pub use report::{Answer, AuditReport, Finding, Played, Reach, Severity, Verdict};
pub use search::StopReason;
pub use settings::{AuditBounds, Progress};
pub use witness::{Order, Replay, Witness};

use std::collections::BTreeMap;

use crate::compile::CompileError;
use crate::money::Currency;
pub use crate::rules::{Promise, Promises, ThresholdError};
use crate::rules::{Rule, RuleId, RuleSet};
use crate::shop::Catalogue;
use checks::{Check, checks};
use market::Market;
use prove::Prover;
use search::{Hit, Search};
use world::World;

/// What rounding may add to a promise in a proof, in minor units, besides one for each rule that rounds.
const TOLERANCE: i64 = 10;

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
    let before = bounds.promises.before.as_deref();
    if let Some(before) = before.filter(|before| before.currency != rules.currency) {
        return Err(AuditError::OtherCurrencyBefore { before: before.currency, rules: rules.currency });
    }
    let thresholds = bounds.promises.thresholds(rules.currency)?;
    let world = World::new(rules, catalogue, thresholds)?.compared(before)?.with_oddities();
    let market = Market::new(rules, catalogue);
    let (checks, checks_left_out) = checks(rules, &bounds.promises);
    let mut search = Search::new(&world, &market, &checks, bounds, watch);
    let searched = run(&mut search);

    let (mut findings, confirming) = findings(&mut search, bounds);
    // Worst first; among equals as the promises stand.
    findings.sort_by(|a, b| {
        let by_size = (b.severity, b.loss).cmp(&(a.severity, a.loss));
        by_size.then_with(|| (a.promise, &a.rules).cmp(&(b.promise, &b.rules)))
    });
    let auditor = Auditor { world: &world, market: &market, bounds, searched };
    let answers = auditor.answers(&mut search, &findings);
    let extremes = extremes::extremes(&mut search, &market, bounds);
    let reach = Reach {
        products: catalogue.products().len(),
        classes: market.classes.len(),
        bought: market.picks().len(),
        shoppers: world.shoppers.len(),
        orders: search.orders_done(),
        confirming,
        pieces: bounds.pieces,
        products_in_order: bounds.products,
        searched,
        checks_left_out,
    };
    Ok(AuditReport {
        currency: rules.currency,
        plan: world.plan.fingerprint,
        findings,
        answers,
        extremes,
        reach,
    })
}

/// What the search found, made small, explained and mended. Each finding has a budget of its own, so that one that is
/// hard to shrink leaves the others theirs.
fn findings(search: &mut Search<'_, '_>, bounds: &AuditBounds) -> (Vec<Finding>, u64) {
    let mut list = Vec::new();
    let all = bounds.orders.saturating_mul(2);
    let mut work = Work { orders_left: all };
    for (at, check) in search.checks.iter().enumerate() {
        let mut known: Vec<Vec<RuleId>> = Vec::new();
        for (applied, hit) in search.breaches(at) {
            // The same rules with others beside them are the same hole once more.
            let is_known = |rules: &[RuleId]| {
                let within = |one: &Vec<RuleId>| one.iter().all(|rule| rules.contains(rule));
                // What takes no rule says nothing about what takes some.
                known.iter().any(|one| if one.is_empty() { rules.is_empty() } else { within(one) })
            };
            if known.len() >= FINDINGS_MAX || is_known(&applied) {
                continue;
            }
            search.orders_left = work.take(bounds.orders / 10);
            let Some(witness) = hit.script.witness(search.world) else { continue };
            let rules = search.responsible(check, &witness, hit.size);
            if is_known(&rules) {
                work.put_back(search.orders_left);
                continue;
            }
            (search.watch)(Progress::Confirming { promise: check.promise });
            let finding = confirm(search, check, &hit, witness, rules, bounds, &mut work);
            work.put_back(search.orders_left);
            known.extend(finding.iter().map(|finding| finding.rules.clone()));
            list.extend(finding);
        }
    }
    list.extend(search.dead(bounds, &mut work));
    list.extend(search.idle_caps());
    (list, all.saturating_sub(work.orders_left))
}

/// Most findings of one promise about the same rules, or about all.
const FINDINGS_MAX: usize = 3;

/// Orders that may be priced to make findings small, explain and mend them, all together: however many there are, the work has
/// an end, and those for which nothing is left are told as they were found.
struct Work {
    orders_left: u64,
}

impl Work {
    /// So many orders, or what is left.
    fn take(&mut self, orders: u64) -> u64 {
        let taken = orders.min(self.orders_left);
        self.orders_left = self.orders_left.saturating_sub(taken);
        taken
    }

    fn put_back(&mut self, orders: u64) {
        self.orders_left = self.orders_left.saturating_add(orders);
    }
}

fn confirm(
    search: &mut Search<'_, '_>,
    check: &Check,
    hit: &Hit,
    worst: Witness,
    rules: Vec<RuleId>,
    bounds: &AuditBounds,
    work: &mut Work,
) -> Option<Finding> {
    let world = search.world;
    let smallest = search.minimise(check, &hit.script);
    let smallest = smallest.and_then(|script| script.witness(world));
    let finding = Finding::confirm(world, check, worst, smallest, rules, &mut search.scratch)?;
    let repair = mends::candidates(world, check, &finding.rules, hit.size)
        .into_iter()
        .take(REPAIRS_MAX)
        .find(|change| is_mended(world, check, change, bounds, work));
    Some(Finding { repair, ..finding })
}

/// Most repairs tried for one finding.
const REPAIRS_MAX: usize = 8;

/// Audits the promise again with a change made.
fn is_mended(
    world: &World<'_>,
    check: &Check,
    change: &Change,
    bounds: &AuditBounds,
    work: &mut Work,
) -> bool {
    let orders = (bounds.orders / 20).max(500);
    let budget = bounds.clone().orders(work.take(orders.saturating_add(world.compiling())));
    if budget.orders < orders {
        return false;
    }
    let changed = change.apply(world.rules);
    // A change that leaves no such case, as switching a rule off does, needs no search.
    if !checks(&changed, &bounds.promises).0.contains(check) {
        work.put_back(budget.orders);
        return true;
    }
    let Some(next) = world.with_rules(&changed) else { return false };
    let market = Market::new(&changed, world.catalogue);
    let budget = budget.orders(orders);
    let only = [check.clone()];
    let mut unwatched = |_| {};
    let mut search = Search::new(&next, &market, &only, &budget, &mut unwatched);
    search.run();
    work.put_back(search.orders_left);
    let limit = next.limit(check.promise);
    search.hits.iter().flatten().all(|hit| hit.size <= limit)
}

/// Decides what became of each promise.
struct Auditor<'s, 'a> {
    world: &'s World<'a>,
    market: &'s Market,
    bounds: &'s AuditBounds,
    searched: StopReason,
}

impl Auditor<'_, '_> {
    fn answers(&self, search: &mut Search<'_, '_>, findings: &[Finding]) -> Vec<Answer> {
        let wanted = Promise::ALL.into_iter().filter(|promise| self.bounds.promises.wants(*promise));
        let answer = |promise| {
            let found = findings.iter().filter(|finding| finding.promise == promise).count();
            let verdict = if found > 0 {
                Verdict::Found { findings: found }
            } else {
                (search.watch)(Progress::Proving { promise });
                match self.prove(promise, search).and_then(|certificate| self.checked(promise, certificate)) {
                    Ok(certificate) => Verdict::Proved { certificate },
                    Err(unproved) => Verdict::Unknown { searched: self.searched, unproved },
                }
            };
            Answer { promise, verdict }
        };
        wanted.map(answer).collect()
    }

    /// Only what the checker accepts is proved.
    fn checked(&self, promise: Promise, certificate: Certificate) -> Result<Certificate, String> {
        let World { rules, catalogue, .. } = self.world;
        match check(rules, catalogue, &self.bounds.promises, promise, &certificate) {
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

    fn prove(&self, promise: Promise, search: &Search<'_, '_>) -> Result<Certificate, String> {
        let World { rules, catalogue, .. } = self.world;
        if check::no_case(rules, catalogue, &self.bounds.promises, promise) {
            return Ok(Certificate::NoCase {});
        }
        match promise {
            Promise::AboveCost | Promise::NotFree | Promise::Depth | Promise::SplitFarm => {
                let relaxed = relax::relax(rules, catalogue, self.market, promise, &self.world.thresholds)
                    .map_err(|problem| problem.0)?;
                // What is had without end may not even be lost by rounding.
                let is_strict = matches!(promise, Promise::NotFree | Promise::SplitFarm);
                let tolerance_minor = if is_strict { 0 } else { TOLERANCE.saturating_add(relaxed.rounding) };
                let tree = Prover::new(&relaxed, self.bounds.nodes).prove(tolerance_minor)?;
                Ok(Certificate::Bound { tree, tolerance_minor })
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
                Ok(steady::propose(self.world))
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
            | Promise::AsBefore
            | Promise::Exposure => {
                Err("some rules could break it, and no order was found that does".to_owned())
            }
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
