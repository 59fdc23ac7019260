//! What an audit works on, and how each promise is measured on played scripts.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::check::Checker;
use super::checks::{Check, go_apart};
use super::later::{Counting, Later, cash_based};
use super::measure::applies;
use super::moves::Then;
use super::prices::{Oddity, oddities};
use super::ties::{ties_matter, turned};
use super::witness::{Order, Replay, Witness};
use crate::compile::{CompileError, Plan};
use crate::evaluate::Scratch;
use crate::money::{Amount, Rounding};
use crate::record::{GiftStatus, Quote};
use crate::rules::{Promise, Rule, RuleSet, Thresholds};
use crate::shop::{Catalogue, CouponCode, Shopper, Sku};

/// A rule without any limit counts as used in so many orders.
pub(super) const MANY_ORDERS: i64 = 1_000_000;
/// So many bytes of rules compiled count as one order priced: four to eight plain rules.
const BYTES_PER_ORDER: usize = 1_024;
/// So many looks whether a rule takes a product count as one order priced.
const LOOKS_PER_ORDER: usize = 1_000;
/// The size where a promise says nothing about an order.
pub(super) const SILENT: i64 = i64::MIN;

/// All that an audit reads.
pub(super) struct World<'a> {
    pub rules: &'a RuleSet,
    pub catalogue: &'a Catalogue,
    pub shoppers: Vec<Shopper>,
    /// The codes of each shopper, entered always or held.
    pub codes: Vec<Vec<CouponCode>>,
    pub plan: Plan,
    /// The same rules rounding once, when some round by line or unit.
    pub rounding_once: Option<Plan>,
    /// The same rules giving for later only on what is paid in money, when some give on more.
    pub cash_based: Option<Plan>,
    /// The same rules with those of equal rank the other way round, when that may matter.
    pub turned: Option<Plan>,
    /// The rules before, and their plan.
    pub before: Option<(&'a RuleSet, Rc<Plan>)>,
    pub later: Later,
    /// Prices and costs that are off by a factor, worst first.
    pub oddities: Rc<[Oddity]>,
    pub thresholds: Thresholds,
    /// What may be asked of the checker.
    pub checker: Checker<'a>,
    named: BTreeMap<&'a str, &'a Rule>,
    /// How long the rules are, in bytes.
    length: usize,
    /// How often a rule is asked of a product to find the classes of products.
    pub looks: usize,
}

impl<'a> World<'a> {
    pub(super) fn new(
        rules: &'a RuleSet,
        catalogue: &'a Catalogue,
        thresholds: Thresholds,
    ) -> Result<Self, CompileError> {
        let shoppers = super::shoppers::shoppers(rules, catalogue);
        let codes = shoppers.iter().map(codes_of).collect();
        // Nouns serialise without fail.
        let length = rmp_serde::to_vec(rules).map_or(0, |bytes| bytes.len());
        Self::of(rules, catalogue, thresholds, (shoppers, codes, length))
    }

    /// A world to which certain people come, with rules of about a length.
    fn of(
        rules: &'a RuleSet,
        catalogue: &'a Catalogue,
        thresholds: Thresholds,
        (shoppers, codes, length): (Vec<Shopper>, Vec<Vec<CouponCode>>, usize),
    ) -> Result<Self, CompileError> {
        let enabled: Vec<&Rule> = rules.rules.iter().filter(|rule| rule.enabled).collect();
        let turned = ties_matter(rules, &enabled).then(|| turned(rules));
        Ok(Self {
            rules,
            catalogue,
            codes,
            shoppers,
            plan: crate::compile(rules)?,
            rounding_once: rounding_once(rules).as_ref().map(crate::compile).transpose()?,
            // Money paid cannot be counted in a stage before the wallet pays; then nothing is there to compare with.
            cash_based: cash_based(rules).and_then(|changed| crate::compile(&changed).ok()),
            turned: turned.as_ref().map(crate::compile).transpose()?,
            before: None,
            later: Later::new(rules, catalogue.policies()),
            oddities: Rc::new([]),
            thresholds,
            checker: Checker::new(rules, catalogue),
            named: rules.rules.iter().rev().map(|rule| (rule.id.as_str(), rule)).collect(),
            length,
            looks: 0,
        })
    }

    /// Compares with the rules before.
    pub(super) fn compared(mut self, before: Option<&'a RuleSet>) -> Result<Self, CompileError> {
        if let Some(before) = before {
            self.before = Some((before, Rc::new(crate::compile(before)?)));
        }
        Ok(self)
    }

    /// Looks for prices and costs that are off: once, since no rule changes them.
    pub(super) fn with_oddities(mut self) -> Self {
        self.oddities = oddities(self.catalogue).into();
        self
    }

    /// How many orders compiling the rules counts as.
    pub(super) fn compiling(&self) -> u64 {
        let beside = [&self.rounding_once, &self.cash_based, &self.turned];
        let plans = beside.into_iter().flatten().count().saturating_add(1);
        orders_of(self.length.saturating_mul(plans), BYTES_PER_ORDER)
    }

    /// How many orders it counts as to compile the rules and to find the classes of products, once for the search and once for the
    /// checker.
    pub(super) fn reading(&self) -> u64 {
        let looks = orders_of(self.looks.saturating_mul(2), LOOKS_PER_ORDER);
        self.compiling().saturating_add(looks)
    }

    /// The rules, and after them those before.
    pub(super) fn all_rules(&self) -> impl Iterator<Item = &'a Rule> {
        let before = self.before.as_ref().map(|(rules, _)| *rules);
        let all = self.rules.rules.iter().chain(before.into_iter().flat_map(|rules| &rules.rules));
        all.filter(|rule| rule.enabled)
    }

    /// The world with other rules, in which the same people come, whatever these rules ask for.
    pub(super) fn with_rules<'b>(&self, rules: &'b RuleSet) -> Option<World<'b>>
    where
        'a: 'b,
    {
        self.with(rules, self.catalogue)
    }

    /// The world with other rules and another catalogue, in which the same people come.
    pub(super) fn with<'b>(&self, rules: &'b RuleSet, catalogue: &'b Catalogue) -> Option<World<'b>>
    where
        'a: 'b,
    {
        let people = (self.shoppers.clone(), self.codes.clone(), self.length);
        let mut next = World::of(rules, catalogue, self.thresholds, people).ok()?;
        next.looks = self.looks;
        next.before.clone_from(&self.before);
        next.oddities = Rc::clone(&self.oddities);
        Some(next)
    }

    /// Gives the shoppers other codes in the place of some.
    pub(super) fn rename_codes(&mut self, renamed: &dyn Fn(&CouponCode) -> Option<CouponCode>) {
        let new = |code: &CouponCode| renamed(code).unwrap_or_else(|| code.clone());
        for (shopper, codes) in self.shoppers.iter_mut().zip(&mut self.codes) {
            shopper.context.codes.iter_mut().for_each(|code| *code = new(code));
            shopper.codes = shopper.codes.iter().map(|(code, orders)| (new(code), *orders)).collect();
            // In their places: baskets name them by position.
            codes.iter_mut().for_each(|code| *code = new(code));
        }
    }

    pub(super) fn rule(&self, id: &str) -> Option<&'a Rule> {
        self.named.get(id).copied()
    }

    pub(super) fn minor(&self, amount: Amount) -> i64 {
        amount.to_money(self.rules.currency).map_or(0, crate::money::Money::minor)
    }

    /// Where a promise begins to be broken: at a size above this.
    pub(super) const fn limit(&self, promise: Promise) -> i64 {
        match promise {
            Promise::AboveCost | Promise::RewardsCovered => self.thresholds.loss,
            Promise::AddItem => self.thresholds.drop,
            Promise::SplitPays => self.thresholds.split,
            Promise::AsBefore => self.thresholds.change,
            Promise::ExclusionsHold => self.thresholds.split,
            Promise::PoolingPays => self.thresholds.pool,
            Promise::Exposure => match self.thresholds.exposure {
                Some(most) => most,
                None => 0,
            },
            Promise::NotFree
            | Promise::Depth
            | Promise::CashLike
            | Promise::ShippingApart
            | Promise::PaidThreshold
            | Promise::EarnedOnCash
            | Promise::NoPump
            | Promise::RunsOnce
            | Promise::HandsOver
            | Promise::ExclusionsClosed
            | Promise::Rounding
            | Promise::RealCut
            | Promise::PriceProtection
            | Promise::GroupHolds
            | Promise::ReturnsNeverPay
            | Promise::LimitsHold
            | Promise::PrizeCeiling
            | Promise::SecretCodes
            | Promise::EqualRanks
            | Promise::EarnShare
            | Promise::SplitFarm
            | Promise::NoGap
            | Promise::PlainPrices
            | Promise::CapsMatter
            | Promise::EveryRule => 0,
        }
    }

    /// What a script costs the shop by the measure of a promise, in minor units; [`SILENT`] when the promise says
    /// nothing about it. Above [`limit`](Self::limit) the promise is broken.
    pub(super) fn size(
        &self,
        check: &Check,
        witness: &Witness,
        replay: &Replay,
        scratch: &mut Scratch,
    ) -> i64 {
        let saved_if = |holds: bool| {
            let is_saved = holds && has_add_ons_of(&replay.quotes, &replay.instead_of);
            if is_saved { replay.paid_instead().saturating_sub(replay.paid()) } else { SILENT }
        };
        match check.promise {
            Promise::AddItem => saved_if(one_more(witness)),
            Promise::SplitPays => saved_if(same_goods(witness)),
            Promise::ExclusionsHold => saved_if(same_goods(witness) && self.had_both(replay)),
            Promise::PoolingPays => super::pooling::saved(witness, replay),
            Promise::NoGap => self.missed(check, witness, replay),
            Promise::GroupHolds => {
                saved_if(replay.outcome.vested.is_some_and(|vested| replay.paid() < vested))
            }
            // A price that rises is none that is protected: what was paid out is all that is kept beyond the difference.
            Promise::PriceProtection if price_fell(witness) => {
                saved_if(replay.outcome.back > 0).min(replay.outcome.back)
            }
            Promise::Rounding | Promise::EarnedOnCash | Promise::EqualRanks | Promise::AsBefore => {
                self.beside_other_rules(check.promise, witness, replay, scratch).unwrap_or(SILENT)
            }
            Promise::NoPump if matches!(witness.then, Some(Then::EarningsUsed { .. })) => {
                self.pumped(witness, replay, scratch)
            }
            Promise::ReturnsNeverPay if matches!(witness.then, Some(Then::Returned { .. })) => {
                self.kept_too_cheaply(replay)
            }
            Promise::NoPump | Promise::ReturnsNeverPay => SILENT,
            Promise::LimitsHold => {
                check.subject.first().map_or(SILENT, |rule| self.over_limits(rule, &replay.quotes))
            }
            Promise::EveryRule if check.tier.is_some() => self.dead_tier(check, witness, replay),
            Promise::Exposure if check.subject.is_empty() => self.cost_of_all(witness, replay),
            Promise::AboveCost
            | Promise::NotFree
            | Promise::Depth
            | Promise::CashLike
            | Promise::ShippingApart
            | Promise::PaidThreshold
            | Promise::RewardsCovered
            | Promise::RunsOnce
            | Promise::HandsOver
            | Promise::ExclusionsClosed
            | Promise::RealCut
            | Promise::PrizeCeiling
            | Promise::SecretCodes
            | Promise::PriceProtection
            | Promise::EarnShare
            | Promise::SplitFarm
            | Promise::PlainPrices
            | Promise::CapsMatter
            | Promise::Exposure
            | Promise::EveryRule => {
                match (witness.orders.as_slice(), replay.quotes.as_slice(), &witness.then) {
                    ([order], [quote], None) => self.size_of(check, order, quote),
                    _ => SILENT,
                }
            }
        }
    }

    /// What a script costs beside the same one under other rules; `None` where there are no such rules, or they cannot price
    /// it.
    fn beside_other_rules(
        &self,
        promise: Promise,
        witness: &Witness,
        replay: &Replay,
        scratch: &mut Scratch,
    ) -> Option<i64> {
        let mut under = |plan: Option<&Plan>| witness.replay(plan?, scratch).ok();
        if promise == Promise::Rounding {
            let once = under(self.rounding_once.as_ref())?;
            has_add_ons_of(&replay.quotes, &once.quotes).then_some(())?;
            // Rounding once may itself be off by half a unit for each rule.
            Some(once.paid().saturating_sub(replay.paid()).saturating_sub(applications(replay)))
        } else if promise == Promise::EarnedOnCash {
            let cash = under(self.cash_based.as_ref())?;
            let worth = |of: &Replay| self.later.worth(&of.quotes, Counting::AnyCoupon);
            Some(worth(replay).saturating_sub(worth(&cash)))
        } else if promise == Promise::EqualRanks {
            let turned = under(self.turned.as_ref())?;
            let has_all = |one: &Replay, other: &Replay| has_add_ons_of(&one.quotes, &other.quotes);
            (has_all(replay, &turned) && has_all(&turned, replay)).then_some(())?;
            let difference = turned.paid().saturating_sub(replay.paid()).saturating_abs();
            // Every rule may round once on either side.
            Some(if difference > applications(replay) { difference } else { 0 })
        } else {
            let before = under(self.before.as_ref().map(|(_, plan)| plan.as_ref()))?;
            has_add_ons_of(&replay.quotes, &before.quotes).then_some(())?;
            Some(before.paid().saturating_sub(replay.paid()))
        }
    }

    /// Whether two rules that refuse each other both applied, each in an order of its own.
    fn had_both(&self, replay: &Replay) -> bool {
        let rules_of = |quote: &Quote| -> Vec<&Rule> {
            quote.rules.iter().filter_map(|total| self.rule(total.rule.as_str())).collect()
        };
        let all: Vec<Vec<&Rule>> = replay.quotes.iter().map(rules_of).collect();
        let apart = |first: &Vec<&Rule>, second: &Vec<&Rule>| {
            first.iter().any(|one| second.iter().any(|other| go_apart(self.rules, one, other)))
        };
        let later = |at: usize| all.iter().skip(at + 1);
        all.iter().enumerate().any(|(at, first)| later(at).any(|second| apart(first, second)))
    }

    /// What the same goods cost more in a gap than just before it.
    fn missed(&self, check: &Check, witness: &Witness, replay: &Replay) -> i64 {
        let ([order], [before]) = (witness.orders.as_slice(), witness.instead_of.as_slice()) else {
            return SILENT;
        };
        let ([quote], [quote_before]) = (replay.quotes.as_slice(), replay.instead_of.as_slice()) else {
            return SILENT;
        };
        let applied = |quote: &Quote, at: usize| {
            check.subject.get(at).is_some_and(|rule| applies(quote, rule.as_str()))
        };
        let falls_between = applied(quote_before, 0) && !applied(quote, 0) && !applied(quote, 1);
        let is_later =
            order.cart == before.cart && order.context.now.unix_ms() > before.context.now.unix_ms();
        if !(falls_between && is_later && has_add_ons_of(&replay.instead_of, &replay.quotes)) {
            return SILENT;
        }
        replay.paid().saturating_sub(replay.paid_instead())
    }

    /// Whether a tier gives no more than the one below.
    fn dead_tier(&self, check: &Check, witness: &Witness, replay: &Replay) -> i64 {
        let rule = check.subject.first().and_then(|id| self.rule(id.as_str()));
        let Some((rule, tier)) = rule.zip(check.tier) else { return SILENT };
        i64::from(super::dead::gives_no_more(self, rule, tier, witness, replay.paid()))
    }

    /// What orders that pay for each other bring the shopper: goods as good as money for less money than they are worth, or
    /// a last order of which the one before pays the larger part, and which earns as much again. Goods as good as money pay for
    /// the order behind them, though no quote shows it.
    fn pumped(&self, witness: &Witness, replay: &Replay, scratch: &mut Scratch) -> i64 {
        let (mut off, mut bought_before) = (0_i64, 0_i64);
        for (at, (order, quote)) in witness.orders.iter().zip(&replay.quotes).enumerate() {
            let (listed, paid) = self.cash_bought(order, quote);
            off = off.saturating_add(listed.saturating_sub(paid));
            bought_before = if at + 2 == witness.orders.len() { listed } else { bought_before };
        }
        let (Some(last), Some(quote)) = (witness.orders.last(), replay.quotes.last()) else { return SILENT };
        let Ok(alone) = Witness::of(last.clone()).replay(&self.plan, scratch) else { return SILENT };
        let payable = quote.totals.payable.minor();
        let given_before = replay.quotes.iter().rev().nth(1).map_or(0, |before| self.cash_given(before));
        let by_gifts = given_before.min(payable);
        let by_goods = bought_before.min(payable - by_gifts);
        let used = alone.paid().saturating_sub(payable).saturating_add(by_gifts);
        let later = self.later.worth(std::slice::from_ref(quote), Counting::AnyCoupon);
        let earned = later.saturating_add(self.cash_given(quote));
        // What was bought is worth no more than before: it is no gain, but for what was off.
        let is_paid_for = used.saturating_add(by_goods) > 0;
        let gained = if off > 0 && is_paid_for { off } else { SILENT };
        let runs_for_ever = used > 0 && payable - by_gifts < used && earned >= used;
        gained.max(if runs_for_ever { used } else { SILENT })
    }
}

/// Whether orders come with all add-ons that others buy: where one is not bought, less is paid and less is had.
pub(super) fn has_add_ons_of(quotes: &[Quote], others: &[Quote]) -> bool {
    let mut missing: BTreeMap<&Sku, u64> = BTreeMap::new();
    let bought = others.iter().flat_map(|quote| &quote.gifts);
    for gift in bought.filter(|gift| gift.status == GiftStatus::Taken) {
        let pieces = missing.entry(&gift.sku).or_default();
        *pieces = pieces.saturating_add(u64::from(gift.quantity));
    }
    let own = quotes.iter().flat_map(|quote| &quote.gifts);
    for gift in own.filter(|gift| gift.status != GiftStatus::Offered) {
        if let Some(pieces) = missing.get_mut(&gift.sku) {
            *pieces = pieces.saturating_sub(u64::from(gift.quantity));
        }
    }
    missing.values().all(|left| *left == 0)
}

/// How many rules applied in a script, each of which may have rounded once.
fn applications(replay: &Replay) -> i64 {
    let rules: usize = replay.quotes.iter().map(|quote| quote.rules.len()).sum();
    i64::try_from(rules).unwrap_or(i64::MAX)
}

/// Whether the price falls after the order.
const fn price_fell(witness: &Witness) -> bool {
    matches!(witness.then, Some(Then::PriceFell {} | Then::PriceFellAndReturned {}))
}

fn codes_of(shopper: &Shopper) -> Vec<CouponCode> {
    let mut codes: Vec<CouponCode> = shopper.context.codes.clone();
    codes.extend(shopper.codes.keys().cloned());
    codes.sort();
    codes.dedup();
    codes
}

/// The rules rounding once per application, when some do not.
fn rounding_once(rules: &RuleSet) -> Option<RuleSet> {
    use crate::money::RoundingPer::Order as Once;
    let rounds = |rounding: &Rounding| rounding.per != Once;
    if !rounds(&rules.rounding) && !rules.rules.iter().filter_map(|rule| rule.rounding.as_ref()).any(rounds) {
        return None;
    }
    let mut once = rules.clone();
    once.rounding.per = Once;
    for rule in &mut once.rules {
        if let Some(rounding) = &mut rule.rounding {
            rounding.per = Once;
        }
    }
    Some(once)
}

fn pieces(order: &Order) -> Vec<(&str, u32)> {
    let mut pieces: Vec<(&str, u32)> = Vec::new();
    for line in order.cart.lines() {
        match pieces.last_mut() {
            // Lines stand by sku.
            Some((sku, sum)) if *sku == line.sku.as_str() => *sum = sum.saturating_add(line.quantity),
            _ => pieces.push((line.sku.as_str(), line.quantity)),
        }
    }
    pieces
}

/// Whether the script is one order compared with one that has a piece less.
fn one_more(witness: &Witness) -> bool {
    let ([more], [less]) = (witness.orders.as_slice(), witness.instead_of.as_slice()) else { return false };
    let (more, less) = (pieces(more), pieces(less));
    let has =
        |sku: &str, of: &[(&str, u32)]| of.iter().find(|(own, _)| *own == sku).map_or(0, |(_, count)| *count);
    let count = |of: &[(&str, u32)]| of.iter().map(|(_, count)| u64::from(*count)).sum::<u64>();
    less.iter().all(|(sku, count)| *count <= has(sku, &more)) && count(&more) == count(&less) + 1
}

/// Whether the script is several orders compared with one of the same goods.
fn same_goods(witness: &Witness) -> bool {
    let [whole] = witness.instead_of.as_slice() else { return false };
    is_all_of(whole, &witness.orders)
}

/// Whether an order is of all that several others are of.
pub(super) fn is_all_of(whole: &Order, parts: &[Order]) -> bool {
    let mut apart: Vec<(&str, u32)> = parts.iter().flat_map(pieces).collect();
    apart.sort_unstable();
    let mut merged: Vec<(&str, u32)> = Vec::new();
    for (sku, count) in apart {
        match merged.last_mut() {
            Some((last, sum)) if *last == sku => *sum = sum.saturating_add(count),
            _ => merged.push((sku, count)),
        }
    }
    parts.len() > 1 && merged == pieces(whole)
}

/// How many orders so much work counts as.
fn orders_of(work: usize, per_order: usize) -> u64 {
    work.checked_div(per_order).and_then(|orders| u64::try_from(orders).ok()).unwrap_or(u64::MAX)
}
