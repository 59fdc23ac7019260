//! The search: orders at and around the thresholds of every rule, combined, then polished for each promise.
//!
//! In: the world and its classes. Out: for each check the largest breaches, and which rules were seen to apply. Between
//! thresholds a price moves evenly, so what goes wrong goes wrong next to one. The search is ordered and counted: the
//! same world and budget give the same hits.

mod baskets;
mod polish;
mod scripts;
#[cfg(test)]
mod tests;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::basket::{Basket, Script};
use super::checks::Check;
use super::dead::{Dead, TierOrders};
use super::extremes::Peaks;
use super::later::gives_later;
use super::levels::{Level, levels};
use super::market::Market;
use super::settings::{AuditBounds, Progress};
use super::steps::{EFFORT_PER_ORDER, Steps};
use super::witness::{Order, Replay, Witness};
use super::world::{SILENT, World};
use crate::evaluate::Scratch;
use crate::record::{Quote, Usage};
use crate::rules::Promise;
use crate::rules::RuleId;

/// So many checks of an order count as pricing one more.
const CHECKS_PER_ORDER: u64 = 256;
/// Best scripts kept for each check.
const HITS_MAX: usize = 3;
/// Baskets with the largest discounts that are bought apart and together.
const RICH_MAX: usize = 16;
/// Baskets with fillers of which parts are returned.
const TOPPED_UP_MAX: usize = 64;
/// Sets of rules whose worst breach is kept for each check.
const SETS_MAX: usize = 64;
/// Shoppers that are tried in full; the others take part in polishing.
pub(super) const FULL_SHOPPERS: usize = 12;

/// Why a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StopReason {
    /// Everything it meant to try was tried.
    Finished,
    /// The budget of orders was used up.
    OutOfOrders,
}

/// A script and what it costs by the measure of its check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub size: i64,
    pub script: Script,
}

/// Baskets, each in a few bytes.
#[derive(Default)]
struct Seen {
    /// Those that were priced.
    baskets: BTreeSet<Box<[u8]>>,
    /// Those beside which all were looked at while there was work left for it.
    around: BTreeSet<Box<[u8]>>,
}

/// Rules of sets that are kept with the worst breach by each, in all.
const SET_RULES_MAX: usize = 1 << 20;

/// Sets of rules that apply together, each once.
#[derive(Default)]
struct Sets {
    list: Vec<Rc<[RuleId]>>,
    /// By set its position.
    known: BTreeMap<Rc<[RuleId]>, usize>,
    /// How many rules they have in all.
    rules: usize,
    /// Some were left out.
    left_out: bool,
}

/// Whether a set is kept even where there are too many: the first by which a check is broken is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needed {
    Yes,
    No,
}

impl Sets {
    /// The position of a set; `None` when it is new, and there are too many, and it can be done without.
    fn position(&mut self, rules: Rc<[RuleId]>, needed: Needed) -> Option<usize> {
        if let Some(known) = self.known.get(&rules) {
            return Some(*known);
        }
        let all = self.rules.saturating_add(rules.len()).saturating_add(1);
        if all > SET_RULES_MAX && needed == Needed::No {
            self.left_out = true;
            return None;
        }
        self.rules = all;
        self.list.push(Rc::clone(&rules));
        self.known.insert(rules, self.list.len() - 1);
        Some(self.list.len() - 1)
    }
}

/// What was played, and the set of the rules that apply in it, once somebody asks.
struct Played<'q> {
    quotes: &'q [Quote],
    set: OnceCell<Option<usize>>,
    /// The set, if it was kept before.
    known: OnceCell<Option<usize>>,
}

impl<'q> Played<'q> {
    const fn of(quotes: &'q [Quote]) -> Self {
        Self { quotes, set: OnceCell::new(), known: OnceCell::new() }
    }
}

/// The state of a search.
pub(super) struct Search<'s, 'a> {
    pub world: &'s World<'a>,
    pub checks: &'s [Check],
    pub scratch: Scratch,
    pub orders_left: u64,
    /// The best of each check, largest first.
    pub hits: Vec<Vec<Hit>>,
    /// Of each check, the worst breach by the rules that apply in it.
    by_rules: Vec<BTreeMap<usize, Hit>>,
    sets: Sets,
    /// For each rule seen to apply, the first basket it was seen in.
    pub applied: BTreeMap<RuleId, Basket>,
    /// For each tier seen to give more than the one below, an order in which it does.
    pub tiers: TierOrders,
    /// Work besides pricing orders.
    pub steps: Steps,
    /// Every level of every rule.
    levels: Vec<Level<'a>>,
    /// What is dead by the rules alone, and the rules that were seen to apply when that was looked at.
    pub dead: Vec<Dead>,
    pub seen_by_structure: BTreeSet<RuleId>,
    bounds: &'s AuditBounds,
    /// Products the search buys, by position.
    picks: Vec<usize>,
    /// For each product bought, the numbers of pieces at which some rule changes.
    counts: BTreeMap<usize, Vec<u32>>,
    /// Baskets with the largest discounts, by discount.
    rich: BTreeSet<(i64, Basket)>,
    /// For each measure the order that goes furthest.
    pub peaks: Peaks,
    /// Baskets in which a filler reaches a threshold, the first of them.
    topped_up: Vec<Basket>,
    seen: Seen,
    quote: Quote,
    orders_done: u64,
    /// Work of orders, and of what is said of them, that is not taken from the budget yet.
    effort: u64,
    /// Orders of the budget that are for later phases.
    kept_back: u64,
    ran_out: bool,
    /// What was broken before a change, where only what is newly broken counts.
    pub before: Option<Before<'s>>,
    pub watch: &'s mut dyn FnMut(Progress),
}

/// Says whether a script broke a check before a change, and in how many orders priced that was seen.
pub(super) type Before<'s> = &'s mut dyn FnMut(&Check, &Script) -> (bool, u64);

impl<'s, 'a> Search<'s, 'a> {
    pub(super) fn new(
        world: &'s World<'a>,
        market: &Market,
        checks: &'s [Check],
        bounds: &'s AuditBounds,
        watch: &'s mut dyn FnMut(Progress),
    ) -> Self {
        let mut search = Self {
            world,
            checks,
            scratch: Scratch::default(),
            orders_left: bounds.orders,
            hits: vec![Vec::new(); checks.len()],
            by_rules: vec![BTreeMap::new(); checks.len()],
            sets: Sets::default(),
            applied: BTreeMap::new(),
            tiers: TierOrders::new(),
            steps: Steps::of_orders(bounds.orders),
            levels: world.all_rules().flat_map(|rule| levels(rule, world.rules.currency)).collect(),
            dead: Vec::new(),
            seen_by_structure: BTreeSet::new(),
            bounds,
            picks: market.picks(),
            counts: BTreeMap::new(),
            rich: BTreeSet::new(),
            peaks: Peaks::default(),
            topped_up: Vec::new(),
            seen: Seen::default(),
            quote: Quote::new(),
            orders_done: 0,
            effort: 0,
            kept_back: 0,
            ran_out: false,
            before: None,
            watch,
        };
        search.counts =
            search.picks.iter().map(|product| (*product, search.critical_counts(*product))).collect();
        search
    }

    /// Runs the whole search.
    pub(super) fn run(&mut self) -> StopReason {
        // Each phase leaves its share to those after it, so that none of them goes without.
        self.phase("each product alone", 65);
        self.single_products();
        self.phase("what rules ask for together", 40);
        let recipes = self.recipes();
        self.combinations(&recipes);
        self.phase("around what was found", 15);
        self.polish_all();
        self.climb();
        self.phase("several orders", 0);
        self.scripts();
        self.stop_reason()
    }

    /// Plays what takes more than one order, or a second look at some.
    pub(super) fn scripts(&mut self) {
        self.apart();
        self.chains();
        self.groups();
        self.price_falls();
        self.returns();
        self.limits();
        self.ranks();
        self.gaps();
        self.pooled();
        self.odd_prices();
        self.campaign();
    }

    /// Whether what this phase may spend is spent.
    pub(super) fn is_spent(&self) -> bool {
        self.orders_left <= self.kept_back
    }

    /// Begins a phase, which leaves so many percent of the budget to later ones.
    pub(super) fn phase(&mut self, name: &'static str, percent: u64) {
        let orders = self.bounds.orders.saturating_sub(self.orders_left);
        (self.watch)(Progress::Searching { phase: name, orders });
        self.kept_back = (self.bounds.orders / 100).saturating_mul(percent);
    }

    /// Takes from the budget what the orders priced so far took beyond one each.
    pub(super) fn settle(&mut self) {
        self.effort = self.effort.saturating_add(self.scratch.take_effort());
        self.orders_left = self.orders_left.saturating_sub(self.effort / EFFORT_PER_ORDER);
        self.effort %= EFFORT_PER_ORDER;
    }

    /// Takes so many orders from the budget, or notes that it has run out.
    pub(super) fn spend(&mut self, orders: u64) -> Option<()> {
        self.settle();
        match self.orders_left.checked_sub(orders) {
            Some(left) if left >= self.kept_back => {
                self.orders_left = left;
                Some(())
            }
            Some(_) | None => {
                self.ran_out = true;
                // What is left of this phase would not do for the next script either.
                self.orders_left = self.orders_left.min(self.kept_back);
                None
            }
        }
    }

    fn stop_reason(&mut self) -> StopReason {
        self.settle();
        self.orders_done = self.bounds.orders.saturating_sub(self.orders_left);
        if self.ran_out || self.steps.ran_out() { StopReason::OutOfOrders } else { StopReason::Finished }
    }

    /// Orders priced so far by the search itself.
    pub(super) fn orders_done(&self) -> u64 {
        self.orders_done
    }

    pub(super) fn all_codes(&self, shopper: usize) -> BTreeSet<usize> {
        self.world.codes.get(shopper).map_or_else(BTreeSet::new, |codes| (0..codes.len()).collect())
    }

    pub(super) fn shoppers(&self) -> std::ops::Range<usize> {
        0..self.world.shoppers.len()
    }

    /// Prices a basket and keeps it where it breaks, or comes near to breaking, something.
    pub(super) fn look(&mut self, basket: &Basket) -> Option<()> {
        let written = basket.written();
        if self.seen.baskets.contains(&written) {
            return None;
        }
        if self.is_spent() {
            self.ran_out = true;
            return None;
        }
        let order = basket.order(self.world)?;
        // What every check says of an order is work as well.
        self.spend(1 + u64::try_from(self.checks.len()).unwrap_or(u64::MAX) / CHECKS_PER_ORDER)?;
        self.seen.baskets.insert(written);
        let usage = Usage::default();
        let mut quote = std::mem::take(&mut self.quote);
        let priced =
            self.world.plan.price_into(&mut self.scratch, &order.cart, &order.context, &usage, &mut quote);
        self.scratch.count_effort(&self.world.plan, EFFORT_PER_ORDER);
        if priced.is_ok() {
            self.note(basket, &order, &quote);
        }
        self.quote = quote;
        Some(())
    }

    fn note(&mut self, basket: &Basket, order: &Order, quote: &Quote) {
        for total in &quote.rules {
            if !self.applied.contains_key(&total.rule) {
                self.applied.insert(total.rule.clone(), basket.clone());
            }
        }
        for gift in &quote.gifts {
            if !self.applied.contains_key(&gift.rule) {
                self.applied.insert(gift.rule.clone(), basket.clone());
            }
        }
        self.peaks.note(self.world, basket, quote);
        let discount = quote.totals.goods_discount.minor();
        if discount > 0 {
            self.rich.insert((discount, basket.clone()));
            if self.rich.len() > RICH_MAX {
                self.rich.pop_first();
            }
        }
        let played = Played::of(std::slice::from_ref(quote));
        for (at, check) in self.checks.iter().enumerate() {
            let size = self.seen_size(check, basket, order, quote);
            self.keep(at, size, &played, || Script::One(basket.clone()));
        }
        // Each check looks at what applied, which is a test of a rule like any other.
        let looks = self.checks.len().saturating_mul(quote.rules.len() + quote.gifts.len());
        let looks = u64::try_from(looks).unwrap_or(u64::MAX);
        self.effort = self.effort.saturating_add(looks.saturating_sub(EFFORT_PER_ORDER));
    }

    /// What a single order says about a check; nothing where it takes more than one order to break it.
    fn seen_size(&mut self, check: &Check, basket: &Basket, order: &Order, quote: &Quote) -> i64 {
        let script = || Script::One(basket.clone());
        match check.promise {
            Promise::AddItem
            | Promise::SplitPays
            | Promise::NoPump
            | Promise::GroupHolds
            | Promise::ReturnsNeverPay
            | Promise::LimitsHold
            | Promise::EqualRanks
            | Promise::NoGap
            | Promise::ExclusionsHold
            | Promise::PoolingPays
            | Promise::PlainPrices
            | Promise::CapsMatter
            | Promise::EveryRule => SILENT,
            Promise::AsBefore => self.measure(check, &script()).unwrap_or(SILENT),
            Promise::EarnedOnCash if self.world.cash_based.is_some() && gives_later(quote) => {
                self.measure(check, &script()).unwrap_or(SILENT)
            }
            Promise::Rounding if self.world.rounding_once.is_some() => {
                self.measure(check, &script()).unwrap_or(SILENT)
            }
            Promise::Rounding
            | Promise::EarnedOnCash
            | Promise::RewardsCovered
            | Promise::PriceProtection
            | Promise::AboveCost
            | Promise::NotFree
            | Promise::Depth
            | Promise::CashLike
            | Promise::ShippingApart
            | Promise::PaidThreshold
            | Promise::RunsOnce
            | Promise::HandsOver
            | Promise::ExclusionsClosed
            | Promise::RealCut
            | Promise::EarnShare
            | Promise::SplitFarm
            | Promise::PrizeCeiling
            | Promise::SecretCodes => self.world.size_of(check, order, quote),
            Promise::Exposure if check.subject.is_empty() => SILENT,
            Promise::Exposure => self.world.size_of(check, order, quote),
        }
    }

    /// Keeps a script among the best of its check, and as the worst of the rules that apply in it.
    fn keep(&mut self, check: usize, size: i64, played: &Played<'_>, script: impl Fn() -> Script) {
        let limit = self.checks.get(check).map_or(i64::MAX, |check| self.world.limit(check.promise));
        let breaks = size > limit;
        let set = if breaks { self.set_of(check, played) } else { None };
        let known = self.by_rules.get(check);
        let is_worst = known.zip(set).is_some_and(|(known, set)| {
            known.get(&set).map_or(known.len() < SETS_MAX, |hit| hit.size < size)
        });
        let is_near = size != SILENT
            && self
                .hits
                .get(check)
                .is_some_and(|hits| hits.len() < HITS_MAX || hits.last().is_none_or(|last| last.size < size));
        if !is_worst && !is_near || breaks && self.was_broken(check, &script()) {
            return;
        }
        let hit = Hit { size, script: script() };
        if let (true, Some(set), Some(known)) = (is_worst, set, self.by_rules.get_mut(check)) {
            known.insert(set, hit.clone());
        }
        let Some(hits) = self.hits.get_mut(check).filter(|hits| is_near && !hits.contains(&hit)) else {
            return;
        };
        // The first found of equal sizes stays in front.
        let place = hits.partition_point(|one| one.size >= size);
        hits.insert(place, hit);
        hits.truncate(HITS_MAX);
    }

    /// The set of the rules that apply in what was played and breaks a check, if it is kept: the first of each check is always.
    fn set_of(&mut self, check: usize, played: &Played<'_>) -> Option<usize> {
        let known = self.by_rules.get(check)?;
        let needed = if known.is_empty() { Needed::Yes } else { Needed::No };
        let has_room = known.len() < SETS_MAX;
        match played.set.get() {
            Some(set) if set.is_some() || needed == Needed::No => *set,
            Some(_) => self.sets.position(applied_in(played.quotes), needed),
            None if has_room => {
                *played.set.get_or_init(|| self.sets.position(applied_in(played.quotes), needed))
            }
            None => *played.known.get_or_init(|| self.sets.known.get(&applied_in(played.quotes)).copied()),
        }
    }

    /// Whether sets of rules were left out for their number, by which a check is broken too.
    pub(super) const fn sets_left_out(&self) -> bool {
        self.sets.left_out
    }

    /// Whether a script that breaks a check now did so before; such a one neither is a breach nor leads to others.
    fn was_broken(&mut self, check: usize, script: &Script) -> bool {
        let Some(before) = &mut self.before else { return false };
        let Some(check) = self.checks.get(check) else { return false };
        let (was_broken, orders) = before(check, script);
        // Out of work or not, this much is known.
        let _ = self.spend(orders);
        was_broken
    }

    /// Whether a check was seen to be broken.
    pub(super) fn is_broken(&self, check: usize) -> bool {
        self.by_rules.get(check).is_some_and(|known| !known.is_empty())
    }

    /// What is dead, now that the search has seen what it has.
    pub(super) fn dead_now(&mut self) -> Vec<Dead> {
        let (dead, before) = (std::mem::take(&mut self.dead), std::mem::take(&mut self.seen_by_structure));
        self.look_again(dead, &before)
    }

    /// The breaches of a check, the worst of each set of rules that apply, worst first.
    pub(super) fn breaches(&self, check: usize) -> Vec<(Vec<RuleId>, Hit)> {
        let known = self.by_rules.get(check).into_iter().flatten();
        let set = |at: &usize| self.sets.list.get(*at).map_or_else(Vec::new, |rules| rules.to_vec());
        let mut list: Vec<(Vec<RuleId>, Hit)> = known.map(|(at, hit)| (set(at), hit.clone())).collect();
        // Of equal sizes those with fewer rules come first.
        list.sort_by(|(rules, hit), (others, other)| {
            let by_size = (other.size, rules.len()).cmp(&(hit.size, others.len()));
            by_size.then_with(|| rules.cmp(others))
        });
        list
    }

    /// Replays a script, measures it, and keeps it where it breaks something or comes near; counts the orders.
    pub(super) fn try_script(&mut self, at: usize, script: Script) {
        if self.is_spent() {
            self.ran_out = true;
            return;
        }
        let Some(check) = self.checks.get(at) else { return };
        let Some(witness) = script.witness(self.world) else { return };
        let Some(replay) = self.replay(&witness) else { return };
        let size = self.world.size(check, &witness, &replay, &mut self.scratch);
        self.keep(at, size, &Played::of(&replay.quotes), || script.clone());
    }

    /// Replays a script once and measures it for several checks.
    fn try_for(&mut self, checks: &[usize], script: &Script) {
        if self.is_spent() {
            self.ran_out = true;
            return;
        }
        let Some(witness) = script.witness(self.world) else { return };
        let Some(replay) = self.replay(&witness) else { return };
        let played = Played::of(&replay.quotes);
        for at in checks {
            let Some(check) = self.checks.get(*at) else { continue };
            let size = self.world.size(check, &witness, &replay, &mut self.scratch);
            self.keep(*at, size, &played, || script.clone());
        }
    }

    /// Replays a script and measures it; counts the orders.
    pub(super) fn measure(&mut self, check: &Check, script: &Script) -> Option<i64> {
        let witness = script.witness(self.world)?;
        let replay = self.replay(&witness)?;
        Some(self.world.size(check, &witness, &replay, &mut self.scratch))
    }

    pub(super) fn replay(&mut self, witness: &Witness) -> Option<Replay> {
        self.spend(witness.prices())?;
        witness.replay(&self.world.plan, &mut self.scratch).ok()
    }
}

/// The rules that apply in some quotes, in the order of the first in which each does.
fn applied_in(quotes: &[Quote]) -> Rc<[RuleId]> {
    let all = quotes.iter().flat_map(|quote| {
        let gifts = quote.gifts.iter().map(|gift| &gift.rule);
        quote.rules.iter().map(|total| &total.rule).chain(gifts)
    });
    let mut known = BTreeSet::new();
    all.filter(|rule| known.insert(*rule)).cloned().collect()
}
