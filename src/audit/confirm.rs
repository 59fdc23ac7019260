//! From what the search found to findings: made small, explained by the rules it takes, and mended.

use std::collections::BTreeSet;

use super::basket::Script;
use super::checks::{Cases, Check, checks};
use super::codes::codes_of;
use super::dead::{Dead, is_dead, is_dead_tier, tiers_many};
use super::market::Market;
use super::mends;
use super::minimise::Shrunk;
use super::repair::{Change, NoRepair};
use super::report::Finding;
use super::search::{Hit, Search};
use super::settings::{AuditBounds, Progress};
use super::steps::{EFFORT_PER_ORDER, STEPS_PER_ORDER};
use super::witness::Witness;
use super::world::World;
use crate::evaluate::Scratch;
use crate::rules::{Promise, Rule, RuleId};
use crate::shop::{Catalogue, CouponCode};

/// Most findings of one promise about the same rules, or about all.
const FINDINGS_MAX: usize = 3;
/// Most repairs tried for one finding.
const REPAIRS_MAX: usize = 8;
/// Rules of a changed rule set that are looked at for being dead: each is compared with all others.
const DEAD_MAX: usize = 64;

/// So many rules of findings are kept; beyond, a promise that has a finding gets no other.
const RULES_KEPT_MAX: usize = 1 << 16;

/// What the search found.
pub(super) struct Confirmed {
    pub findings: Vec<Finding>,
    /// How many orders confirming them took.
    pub orders: u64,
    /// Some were left out, since they and their rules are very many.
    pub left_out: bool,
}

/// What the search found as findings. Making small has a budget of its own, as large as the
/// search's; explaining and mending have another, twice as large. However many findings there are, the work has an end.
pub(super) fn findings(search: &mut Search<'_, '_>, bounds: &AuditBounds) -> Confirmed {
    let mut mending = Work { orders_left: bounds.orders.saturating_mul(2) };
    search.orders_left = mending.take(bounds.orders / 10);
    let mut dead = search.dead_now();
    mending.put_back(search.orders_left);
    dead.extend(search.idle_caps());
    let mut confirmer = Confirmer {
        bounds,
        known: known_breaches(search, &dead),
        opened: Vec::new(),
        shrinking: Work { orders_left: bounds.orders },
        mending,
    };
    let mut list = Vec::new();
    let (mut rules_kept, mut left_out) = (0_usize, false);
    for at in 0..search.checks.len() {
        let promise = search.checks.get(at).map(|check| check.promise);
        // A finding keeps what it was priced with: of very many by very many rules each promise has some all the same.
        let is_told = list.iter().any(|one: &Finding| Some(one.promise) == promise);
        if is_told && rules_kept > RULES_KEPT_MAX {
            left_out |= search.is_broken(at);
            continue;
        }
        let found = confirmer.of_check(search, at);
        rules_kept = found.iter().fold(rules_kept, |sum, one| sum.saturating_add(one.rules.len()));
        list.extend(found);
    }
    for dead in dead {
        (search.watch)(Progress::Confirming { promise: dead.check.promise });
        list.extend(confirmer.of_dead(search, &dead));
    }
    let all = bounds.orders.saturating_mul(3);
    let left = confirmer.shrinking.orders_left.saturating_add(confirmer.mending.orders_left);
    let left_out = left_out || search.sets_left_out();
    Confirmed { findings: list, orders: all.saturating_sub(left), left_out }
}

/// What is broken, by the rules it is about.
type Breach = (Promise, Vec<RuleId>, Option<usize>);

fn breach(check: &Check) -> Breach {
    (check.promise, check.subject.clone(), check.tier)
}

fn known_breaches(search: &Search<'_, '_>, dead: &[Dead]) -> BTreeSet<Breach> {
    let broken = search.checks.iter().enumerate().filter(|(at, _)| search.is_broken(*at));
    let broken = broken.map(|(_, check)| breach(check));
    broken.chain(dead.iter().map(|one| breach(&one.check))).collect()
}

/// Orders that may be priced for one purpose by all findings together.
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

/// What auditing again with a change says.
enum Tried {
    Mended,
    NotMended,
    OutOfOrders,
}

struct Confirmer<'b> {
    bounds: &'b AuditBounds,
    /// What is broken as the rules are.
    known: BTreeSet<Breach>,
    /// What changes were seen to break that held before; several findings may have one repair.
    opened: Vec<(Change, Option<Promise>)>,
    shrinking: Work,
    mending: Work,
}

impl Confirmer<'_> {
    /// The findings of one promise about the same rules, worst first.
    fn of_check(&mut self, search: &mut Search<'_, '_>, at: usize) -> Vec<Finding> {
        let Some(check) = search.checks.get(at) else { return Vec::new() };
        let mut list: Vec<Finding> = Vec::new();
        for (applied, hit) in search.breaches(at) {
            // The same rules with others beside them are the same hole once more.
            let is_known = |rules: &[RuleId], list: &[Finding]| {
                let rules: BTreeSet<&RuleId> = rules.iter().collect();
                let within = |one: &Finding| one.rules.iter().all(|rule| rules.contains(rule));
                // What takes no rule says nothing about what takes some.
                list.iter().any(|one| if one.rules.is_empty() { rules.is_empty() } else { within(one) })
            };
            // One finding there is always; whether another is the same hole takes work.
            let comparing = of_steps(applied.len().saturating_mul(list.len()));
            let is_spent = !list.is_empty() && self.mending.take(comparing.saturating_add(1)) <= comparing;
            if list.len() >= FINDINGS_MAX || is_spent || is_known(&applied, &list) {
                continue;
            }
            let Some(witness) = hit.script.witness(search.world) else { continue };
            search.orders_left = self.mending.take(self.bounds.orders / 10);
            let rules = search.responsible(check, &witness, hit.size);
            self.mending.put_back(search.orders_left);
            if is_known(&rules, &list) {
                continue;
            }
            (search.watch)(Progress::Confirming { promise: check.promise });
            list.extend(self.confirm(search, check, &hit, witness, rules));
        }
        list
    }

    fn confirm(
        &mut self,
        search: &mut Search<'_, '_>,
        check: &Check,
        hit: &Hit,
        worst: Witness,
        rules: Vec<RuleId>,
    ) -> Option<Finding> {
        search.orders_left = self.shrinking.take(self.bounds.orders / 10);
        let shrunk = search.minimise(check, &hit.script);
        self.shrinking.put_back(search.orders_left);
        let world = search.world;
        let rules = self.with_those_of_smallest(search, check, &shrunk, rules);
        let finding = Finding::confirm(world, check, worst, &shrunk, rules, &mut search.scratch)?;
        let candidates = mends::candidates(world, check, &finding.rules, hit.size);
        Some(self.repaired(search, finding, candidates))
    }

    /// The rules it takes in the worst script, and those that the smallest takes besides.
    fn with_those_of_smallest(
        &mut self,
        search: &mut Search<'_, '_>,
        check: &Check,
        shrunk: &Shrunk,
        mut rules: Vec<RuleId>,
    ) -> Vec<RuleId> {
        search.orders_left = self.mending.take(self.bounds.orders / 10);
        let size = search.measure(check, &shrunk.script);
        let witness = shrunk.script.witness(search.world);
        if let Some((witness, size)) = witness.zip(size) {
            rules.extend(search.responsible(check, &witness, size));
        }
        self.mending.put_back(search.orders_left);
        let mut known = BTreeSet::new();
        rules.retain(|rule| known.insert(rule.clone()));
        rules
    }

    fn of_dead(&mut self, search: &mut Search<'_, '_>, dead: &Dead) -> Option<Finding> {
        search.orders_left = self.shrinking.take(self.bounds.orders / 10);
        let shrunk = search.smallest_dead(dead);
        self.shrinking.put_back(search.orders_left);
        let (world, rules) = (search.world, dead.rules.clone());
        let worst = dead.script.witness(world)?;
        let finding = Finding::confirm(world, &dead.check, worst, &shrunk, rules, &mut search.scratch)?;
        let finding = Finding { why: Some(dead.why.clone()), ..finding };
        let changes = match (dead.check.promise, dead.check.subject.first().cloned(), dead.check.tier) {
            (Promise::EveryRule, Some(rule), Some(tier)) => {
                vec![Change::DropTier { rule, tier: tier.saturating_add(1) }]
            }
            (Promise::EveryRule, Some(rule), None) => vec![Change::SwitchOff { rule }],
            (_, _, _) => mends::candidates(world, &dead.check, &finding.rules, 0),
        };
        Some(self.repaired(search, finding, changes))
    }

    /// The finding with the first of some changes that mends it and breaks nothing else, or with why there is none.
    fn repaired(&mut self, search: &mut Search<'_, '_>, finding: Finding, changes: Vec<Change>) -> Finding {
        match self.repair(search, &finding, changes) {
            Ok(change) => Finding { repair: Some(change), ..finding },
            Err(reason) => Finding { unrepaired: Some(reason), ..finding },
        }
    }

    fn repair(
        &mut self,
        search: &mut Search<'_, '_>,
        finding: &Finding,
        changes: Vec<Change>,
    ) -> Result<Change, NoRepair> {
        let world = search.world;
        let needs_rules = self.needs_rules(search, finding);
        let is_tried = |change: &Change| needs_rules || change.is_of_catalogue();
        let (mut tried, mut breaking) = (0, None);
        for change in changes.into_iter().filter(is_tried).take(REPAIRS_MAX) {
            tried += 1;
            match self.audit_again(world, &finding.check, &change) {
                Tried::OutOfOrders => return Err(NoRepair::OutOfOrders {}),
                Tried::NotMended => {}
                Tried::Mended => match self.opens(world, &change) {
                    Err(reason) => return Err(reason),
                    Ok(None) => return Ok(change),
                    Ok(Some(promise)) => {
                        breaking = breaking.or(Some(NoRepair::BreaksAnother { change, promise }));
                    }
                },
            }
        }
        Err(match (breaking, tried) {
            (Some(breaking), _) => breaking,
            (None, _) if !needs_rules => NoRepair::NoRuleNeeded {},
            (None, 0) => NoRepair::NoneKnown {},
            (None, tried) => NoRepair::NoneMends { tried },
        })
    }

    /// Whether the smallest script breaks its promise no longer once every rule is off. Dead rules are about rules by themselves.
    fn needs_rules(&mut self, search: &mut Search<'_, '_>, finding: &Finding) -> bool {
        let (world, check, witness) = (search.world, &finding.check, &finding.smallest.witness);
        let orders = world.compiling().saturating_add(witness.prices());
        if check.promise == Promise::EveryRule || self.mending.take(orders) < orders {
            return true;
        }
        let mut off = world.rules.clone();
        off.rules.iter_mut().for_each(|rule| rule.enabled = false);
        let Some(bare) = world.with_rules(&off) else { return true };
        let Ok(replay) = witness.replay(&bare.plan, &mut search.scratch) else { return true };
        bare.size(check, witness, &replay, &mut search.scratch) <= bare.limit(check.promise)
    }

    /// Audits the promise again with a change made.
    fn audit_again(&mut self, world: &World<'_>, check: &Check, change: &Change) -> Tried {
        let orders = (self.bounds.orders / 20).max(500);
        let Some(changed) = self.changed(world, change, orders) else { return Tried::OutOfOrders };
        let mended = |holds| if holds { Tried::Mended } else { Tried::NotMended };
        let only = [Check { tier: None, ..check.clone() }];
        // A change that leaves no such case, as switching a rule off does, needs no search.
        let Cases { list, left_out, looks } = checks(&changed.rules, &self.bounds.promises);
        self.mending.take(of_steps(looks));
        if !left_out && !list.contains(&only[0]) {
            self.mending.put_back(orders);
            return Tried::Mended;
        }
        let Some(next) = changed.world(world, change) else {
            self.mending.put_back(orders);
            return Tried::NotMended;
        };
        if check.promise == Promise::PlainPrices {
            self.mending.put_back(orders);
            return mended(next.oddities.is_empty());
        }
        if check.promise == Promise::CapsMatter {
            self.mending.put_back(orders);
            let rule = check.subject.first().and_then(|rule| next.rule(rule.as_str()));
            return mended(rule.is_none_or(|rule| next.checker.says_of_cap(rule).is_none()));
        }
        if check.promise == Promise::EveryRule {
            self.mending.put_back(orders);
            let rule = check.subject.first().and_then(|rule| next.rule(rule.as_str()));
            return mended(rule.is_none_or(|rule| {
                (0..tiers_many(&next, rule)).all(|tier| !is_dead_tier(&next, rule, tier))
            }));
        }
        let market = Market::new(&changed.rules, &changed.catalogue);
        let budget = self.bounds.clone().orders(orders);
        let mut unwatched = |_| {};
        let mut search = Search::new(&next, &market, &only, &budget, &mut unwatched);
        search.run();
        self.mending.put_back(search.orders_left);
        mended(!search.is_broken(0))
    }

    /// Audits all promises again with a change made, and says which is broken that was not.
    fn opens(&mut self, world: &World<'_>, change: &Change) -> Result<Option<Promise>, NoRepair> {
        if let Some((_, opened)) = self.opened.iter().find(|(known, _)| known == change) {
            return Ok(*opened);
        }
        let orders = (self.bounds.orders / 40).max(500);
        let Some(changed) = self.changed(world, change, orders) else { return Err(NoRepair::OutOfOrders {}) };
        let Some(next) = changed.world(world, change) else {
            self.mending.put_back(orders);
            return Err(NoRepair::NoneMends { tried: 1 });
        };
        let market = Market::new(&changed.rules, &changed.catalogue);
        let Cases { list: mut all, looks, .. } = checks(&changed.rules, &self.bounds.promises);
        self.mending.take(of_steps(looks));
        // What is broken as it is no change can break.
        all.retain(|check| !self.known.contains(&breach(check)));
        let budget = self.bounds.clone().orders(orders);
        let (mut unwatched, mut scratch) = (|_| {}, Scratch::default());
        let mut before = |check: &Check, script: &Script| was_broken(world, check, script, &mut scratch);
        let mut again = Search::new(&next, &market, &all, &budget, &mut unwatched);
        again.before = Some(&mut before);
        again.run();
        self.mending.put_back(again.orders_left);
        let newly_broken = again.checks.iter().zip(0..).find(|(_, at)| again.is_broken(*at));
        let newly_broken = newly_broken.map(|(check, _)| check.promise);
        let opened = newly_broken.or_else(|| self.newly_dead(world, &next));
        self.opened.push((change.clone(), opened));
        Ok(opened)
    }

    /// Whether a rule or a tier is dead in the next world that was not.
    fn newly_dead(&mut self, world: &World<'_>, next: &World<'_>) -> Option<Promise> {
        if !self.bounds.promises.wants(Promise::EveryRule) {
            return None;
        }
        let looks = self.mending.orders_left.saturating_mul(STEPS_PER_ORDER) / 2;
        let (before, now) = (world.checker.shadows(looks), next.checker.shadows(looks));
        let was_dead = |rule: &Rule, tier: Option<usize>| {
            world.rule(rule.id.as_str()).is_some_and(|rule| match tier {
                Some(tier) => is_dead_tier(world, rule, tier),
                None => is_dead(world, &before, rule),
            })
        };
        let is_newly_dead = |rule: &Rule| {
            let mut tiers = 0..tiers_many(next, rule);
            is_dead(next, &now, rule) && !was_dead(rule, None)
                || tiers.any(|tier| is_dead_tier(next, rule, tier) && !was_dead(rule, Some(tier)))
        };
        let mut rules = next.rules.rules.iter().filter(|rule| rule.enabled).take(DEAD_MAX);
        let is_newly_dead = rules.any(is_newly_dead);
        let taken =
            looks.saturating_mul(2).saturating_sub(before.looks_left()).saturating_sub(now.looks_left());
        self.mending.take(taken / STEPS_PER_ORDER);
        is_newly_dead.then_some(Promise::EveryRule)
    }

    /// Rules and catalogue with a change made; `None` when there is no work left for auditing them.
    fn changed(&mut self, world: &World<'_>, change: &Change, orders: u64) -> Option<Changed> {
        let wanted = orders.saturating_add(world.reading());
        let taken = self.mending.take(wanted);
        if taken < wanted {
            self.mending.put_back(taken);
            return None;
        }
        Some(Changed { rules: change.apply(world.rules), catalogue: change.apply_to(world.catalogue) })
    }
}

/// Whether a script breaks a check in the world before a change, and how many orders it takes to see; it does not where nobody
/// could place its orders.
fn was_broken(world: &World<'_>, check: &Check, script: &Script, scratch: &mut Scratch) -> (bool, u64) {
    let Some(witness) = script.witness(world) else { return (false, 0) };
    let Ok(replay) = witness.replay(&world.plan, scratch) else { return (false, witness.prices()) };
    let size = world.size(check, &witness, &replay, scratch);
    (
        size > world.limit(check.promise),
        witness.prices().saturating_add(scratch.take_effort() / EFFORT_PER_ORDER),
    )
}

/// How many orders so many steps count as.
fn of_steps(steps: usize) -> u64 {
    u64::try_from(steps).unwrap_or(u64::MAX) / STEPS_PER_ORDER
}

/// Rules and catalogue with a change made.
struct Changed {
    rules: crate::rules::RuleSet,
    catalogue: Catalogue,
}

impl Changed {
    /// The world with them, in which the same people come.
    fn world<'b, 'a: 'b>(&'b self, world: &World<'a>, change: &Change) -> Option<World<'b>> {
        let mut next = world.with(&self.rules, &self.catalogue)?;
        if change.is_of_catalogue() {
            next = next.with_oddities();
        }
        if let Change::LengthenCodes { rule, symbols } = change {
            let rule = world.rule(rule.as_str())?;
            let old: Vec<Option<&str>> = codes_of(rule).into_iter().map(CouponCode::folded).collect();
            next.rename_codes(&|code| {
                old.contains(&code.folded()).then(|| super::apply::lengthened(code, *symbols))
            });
        }
        Some(next)
    }
}
