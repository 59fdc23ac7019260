//! What an audit works on, and how each promise is measured on priced orders.

use super::checks::Check;
use super::levels::needed_spends;
use super::witness::{Order, Replay, Witness};
use crate::bounds::PPM;
use crate::compile::Plan;
use crate::evaluate::Scratch;
use crate::money::{Amount, Rounding};
use crate::record::{GiftStatus, On, Quote};
use crate::rules::{Benefit, Per, Rule, RuleSet};
use crate::rules::{Promise, Thresholds};
use crate::shop::{Catalogue, CouponCode, Line, Product, Shopper};

/// A rule without any limit counts as used in so many orders.
pub(super) const MANY_ORDERS: i64 = 1_000_000;
/// An announced cut is measured against the lowest price of so many days (EU price indication; China asks for seven).
const REFERENCE_DAYS: i64 = 30;
const DAY_MS: i64 = 86_400_000;
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
    pub thresholds: Thresholds,
}

impl<'a> World<'a> {
    pub(super) fn new(
        rules: &'a RuleSet,
        catalogue: &'a Catalogue,
        thresholds: Thresholds,
    ) -> Result<Self, crate::compile::CompileError> {
        let shoppers = super::shoppers::shoppers(rules, catalogue.shoppers());
        let codes = shoppers.iter().map(|shopper| {
            let mut codes: Vec<CouponCode> = shopper.context.codes.clone();
            codes.extend(shopper.codes.keys().cloned());
            codes.sort();
            codes.dedup();
            codes
        });
        let once = rounding_once(rules);
        Ok(Self {
            rules,
            catalogue,
            codes: codes.collect(),
            shoppers,
            plan: crate::compile(rules)?,
            rounding_once: once.as_ref().map(crate::compile).transpose()?,
            thresholds,
        })
    }

    pub(super) fn rule(&self, id: &str) -> Option<&'a Rule> {
        self.rules.rules.iter().find(|rule| rule.id.as_str() == id)
    }

    pub(super) fn minor(&self, amount: Amount) -> i64 {
        amount.to_money(self.rules.currency).map_or(0, crate::money::Money::minor)
    }

    /// Where a promise begins to be broken: at a size above this.
    pub(super) const fn limit(&self, promise: Promise) -> i64 {
        match promise {
            Promise::AboveCost => self.thresholds.loss,
            Promise::AddItem => self.thresholds.drop,
            Promise::SplitPays => self.thresholds.split,
            Promise::Exposure => match self.thresholds.exposure {
                Some(most) => most,
                None => 0,
            },
            Promise::NotFree
            | Promise::Depth
            | Promise::CashLike
            | Promise::ShippingApart
            | Promise::PaidThreshold
            | Promise::RunsOnce
            | Promise::HandsOver
            | Promise::ExclusionsClosed
            | Promise::Rounding
            | Promise::RealCut
            | Promise::SecretCodes
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
        match check.promise {
            Promise::AddItem if one_more(witness) => replay.paid_instead().saturating_sub(replay.paid()),
            Promise::SplitPays if same_goods(witness) => replay.paid_instead().saturating_sub(replay.paid()),
            Promise::Rounding => match &self.rounding_once {
                Some(plan) => match witness.replay(plan, scratch) {
                    Ok(once) => {
                        let rules: usize = replay.quotes.iter().map(|quote| quote.rules.len()).sum();
                        // Rounding once may itself be off by half a unit for each rule.
                        once.paid() - replay.paid() - i64::try_from(rules).unwrap_or(i64::MAX)
                    }
                    Err(_) => SILENT,
                },
                None => SILENT,
            },
            Promise::AddItem | Promise::SplitPays => SILENT,
            Promise::AboveCost
            | Promise::NotFree
            | Promise::Depth
            | Promise::CashLike
            | Promise::ShippingApart
            | Promise::PaidThreshold
            | Promise::RunsOnce
            | Promise::HandsOver
            | Promise::ExclusionsClosed
            | Promise::RealCut
            | Promise::SecretCodes
            | Promise::Exposure
            | Promise::EveryRule => match (witness.orders.as_slice(), replay.quotes.as_slice()) {
                ([order], [quote]) => self.size_of(check, order, quote),
                _ => SILENT,
            },
        }
    }

    /// The same for promises about one order.
    pub(super) fn size_of(&self, check: &Check, order: &Order, quote: &Quote) -> i64 {
        let subject = |at: usize| check.subject.get(at).map_or("", |id| id.as_str());
        match check.promise {
            Promise::AboveCost => self.below_cost(order, quote),
            Promise::NotFree => match (quote.totals.list.minor(), quote.totals.goods.minor()) {
                (0, _) => SILENT,
                (list, 0) => list,
                (_, paid) => -paid,
            },
            Promise::Depth => {
                let allowed = i128::from(quote.totals.list.minor()) * i128::from(self.thresholds.depth_ppm);
                let allowed = i64::try_from(allowed / i128::from(PPM)).unwrap_or(i64::MAX);
                quote.totals.goods_discount.minor() - allowed
            }
            Promise::CashLike => sum_lines(order, quote, |line, list, paid| {
                self.catalogue
                    .product(line.sku.as_str())
                    .filter(|product| product.cash_like)
                    .map(|_| list - paid)
            }),
            Promise::ShippingApart => {
                let mut sum = SILENT;
                for one in &quote.adjustments {
                    let by = quote.rules.get(one.rule as usize).and_then(|by| self.rule(by.rule.as_str()));
                    if matches!(one.on, On::Charge(_))
                        && by.is_some_and(|rule| {
                            matches!(rule.benefit, Benefit::PercentOff(_) | Benefit::AmountOff(_))
                        })
                    {
                        sum = sum.max(0) + one.granted.minor();
                    }
                }
                sum
            }
            Promise::PaidThreshold => match self.rule(subject(0)) {
                Some(rule) => self.unpaid_threshold(rule, order, quote),
                None => SILENT,
            },
            Promise::RunsOnce | Promise::HandsOver | Promise::ExclusionsClosed => {
                granted(quote, subject(0)).min(granted(quote, subject(1)))
            }
            Promise::RealCut => sum_lines(order, quote, |line, _, paid| {
                let product = self.catalogue.product(line.sku.as_str())?;
                overstated(product, paid, line.quantity, order.context.now.unix_ms())
            }),
            Promise::SecretCodes => granted(quote, subject(0)),
            Promise::Exposure => match self.rule(subject(0)) {
                Some(rule) => {
                    let given = self.worth_of(rule, quote);
                    match (self.times(rule, order, quote), self.thresholds.exposure) {
                        (Some(_), None) => SILENT,
                        (None, None) => given,
                        (times, Some(_)) => given.saturating_mul(times.unwrap_or(MANY_ORDERS)),
                    }
                }
                None => SILENT,
            },
            Promise::EveryRule => i64::from(granted(quote, subject(0)) == 0 && !gives(quote, subject(0))),
            Promise::Rounding | Promise::AddItem | Promise::SplitPays => SILENT,
        }
    }

    /// Cost of goods and gifts beyond what they bring; goods of unknown cost count as bringing what they cost.
    fn below_cost(&self, order: &Order, quote: &Quote) -> i64 {
        let least = |line: &Line| line.cost.or(line.floor_price);
        let goods = sum_lines(order, quote, |line, _, paid| {
            least(line).map(|least| least.minor().saturating_mul(i64::from(line.quantity)) - paid)
        });
        if goods == SILENT || order.cart.lines().iter().any(|line| least(line).is_none()) {
            return goods;
        }
        goods.saturating_add(self.gift_worth(quote, |_| true))
    }

    /// What the gifts of some rules cost the shop beyond what is paid for them.
    fn gift_worth(&self, quote: &Quote, of: impl Fn(&str) -> bool) -> i64 {
        let mut sum = 0_i64;
        for gift in quote.gifts.iter().filter(|gift| of(gift.rule.as_str())) {
            // Like goods, a gift of unknown cost costs what is paid for it.
            let Some(cost) = self.catalogue.cost_of(&gift.sku).map(crate::money::Money::minor) else {
                continue;
            };
            let each = match gift.status {
                GiftStatus::Given => cost,
                GiftStatus::Taken => cost - gift.unit_price.minor(),
                GiftStatus::Offered => 0,
            };
            sum = sum.saturating_add(each.saturating_mul(i64::from(gift.quantity)));
        }
        sum
    }

    /// What a rule gives away in an order: money and gifts.
    fn worth_of(&self, rule: &Rule, quote: &Quote) -> i64 {
        granted(quote, rule.id.as_str()).saturating_add(self.gift_worth(quote, |id| id == rule.id.as_str()))
    }

    /// In how many such orders a rule can be used, or `None` without end.
    pub(super) fn times(&self, rule: &Rule, order: &Order, quote: &Quote) -> Option<i64> {
        let claimed = |kind| {
            let claim = quote
                .claims
                .iter()
                .find(|claim| claim.resource.rule == rule.id && claim.resource.kind == kind);
            claim.map_or(1, |claim| claim.amount.max(1))
        };
        use crate::record::ResourceKind::{Budget, Units, Uses};
        let limits = &rule.limits;
        let budget = limits.budget.map(|budget| u64::try_from(self.minor(budget)).unwrap_or(0));
        let mut most: Option<u64> = None;
        for (limit, kind) in [(limits.uses, Uses), (limits.units, Units), (budget, Budget)] {
            if let Some(limit) = limit {
                let times = limit.checked_div(claimed(kind)).unwrap_or(limit).max(1);
                most = Some(most.map_or(times, |most| most.min(times)));
            }
        }
        let quotas = self.rules.quotas.iter().filter(|quota| rule.quotas.contains(&quota.id));
        for units in quotas.filter_map(|quota| quota.units) {
            // What the rule discounts of a quota in such an order is what it discounts in all.
            let by_rule = quote.rules.iter().position(|of| of.rule == rule.id);
            let discounted = quote.adjustments.iter().filter(|one| Some(one.rule as usize) == by_rule);
            let claimed = discounted.map(|one| u64::from(one.units)).sum::<u64>().max(1);
            let times = units.checked_div(claimed).unwrap_or(units).max(1);
            most = Some(most.map_or(times, |most| most.min(times)));
        }
        for line in order.cart.lines() {
            let stock = self.catalogue.product(line.sku.as_str()).and_then(|product| product.stock);
            if let Some(stock) = stock {
                let times = u64::from(stock.checked_div(line.quantity).unwrap_or(stock)).max(1);
                most = Some(most.map_or(times, |most| most.min(times)));
            }
        }
        most.map(|most| i64::try_from(most).unwrap_or(i64::MAX))
    }

    /// What a shipping or gift rule gave to an order, or a shop's part of it, that pays less than the rule's threshold.
    fn unpaid_threshold(&self, rule: &Rule, order: &Order, quote: &Quote) -> i64 {
        if !gives(quote, rule.id.as_str()) && granted(quote, rule.id.as_str()) == 0 {
            return SILENT;
        }
        let mut size = SILENT;
        for (selector, amount) in rule.condition.iter().flat_map(needed_spends) {
            let threshold = self.minor(amount);
            for shop in order.cart.shops() {
                if rule.per == Per::Shop && !charge_lowered(quote, rule, shop.as_str()) {
                    continue;
                }
                let paid = sum_lines(order, quote, |line, _, paid| {
                    let counts = rule.per != Per::Shop || line.shop == *shop;
                    (counts && selector.takes(line) != Some(false)).then_some(paid)
                });
                let short = threshold - paid.max(0);
                let worth = if short > 0 { self.worth_of(rule, quote).max(1) } else { short.min(0) };
                size = size.max(worth);
            }
        }
        size
    }
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

/// Adds something up over the lines it is there for; [`SILENT`] when it is there for none.
fn sum_lines(order: &Order, quote: &Quote, of: impl Fn(&Line, i64, i64) -> Option<i64>) -> i64 {
    let mut sum = SILENT;
    // A quote's lines stand in the cart's own order.
    for (line, priced) in order.cart.lines().iter().zip(quote.lines.iter()) {
        if let Some(one) = of(line, priced.list.minor(), priced.payable.minor()) {
            sum = if sum == SILENT { one } else { sum.saturating_add(one) };
        }
    }
    sum
}

/// What a rule took off.
pub(super) fn granted(quote: &Quote, rule: &str) -> i64 {
    quote.rules.iter().filter(|total| total.rule.as_str() == rule).map(|total| total.granted.minor()).sum()
}

/// Whether a rule gave a gift.
pub(super) fn gives(quote: &Quote, rule: &str) -> bool {
    quote.gifts.iter().any(|gift| match gift.status {
        GiftStatus::Given | GiftStatus::Taken => gift.rule.as_str() == rule,
        GiftStatus::Offered => false,
    })
}

fn charge_lowered(quote: &Quote, rule: &Rule, shop: &str) -> bool {
    let by = |at: u32| quote.rules.get(at as usize).is_some_and(|by| by.rule == rule.id);
    quote.adjustments.iter().any(|one| match one.on {
        On::Charge(at) => {
            by(one.rule) && quote.charges.get(at as usize).is_some_and(|on| on.shop.as_str() == shop)
        }
        On::Line(_) => false,
    })
}

/// By how much the announced cut of a product is larger than the cut below its lowest price of the days before.
fn overstated(product: &Product, paid: i64, quantity: u32, now_ms: i64) -> Option<i64> {
    let announced = product.piece.reference_price.unwrap_or(product.piece.list_price).minor();
    let from = now_ms.saturating_sub(REFERENCE_DAYS * DAY_MS);
    let past = || product.past_prices.iter().filter(|past| past.from.unix_ms() < now_ms);
    let at_start = past().rfind(|past| past.from.unix_ms() <= from);
    let within = past().filter(|past| past.from.unix_ms() > from);
    let lowest = at_start.into_iter().chain(within).map(|past| past.price.minor()).min()?;
    let paid_each = paid.checked_div(i64::from(quantity)).unwrap_or(paid);
    let claimed = (announced - paid_each).max(0);
    let real = (lowest - paid_each).max(0);
    Some((claimed - real).saturating_mul(i64::from(quantity)))
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
    let mut apart: Vec<(&str, u32)> = witness.orders.iter().flat_map(pieces).collect();
    apart.sort_unstable();
    let mut merged: Vec<(&str, u32)> = Vec::new();
    for (sku, count) in apart {
        match merged.last_mut() {
            Some((last, sum)) if *last == sku => *sum = sum.saturating_add(count),
            _ => merged.push((sku, count)),
        }
    }
    witness.orders.len() > 1 && merged == pieces(whole)
}
