//! How one priced order is measured: what it brings less than it should, by each promise.

use super::checks::Check;
use super::later::{Counting, gives_later};
use super::levels::thresholds;
use super::witness::{Order, Replay, Witness, sum_paid};
use super::world::{MANY_ORDERS, SILENT, World, has_add_ons_of};
use crate::bounds::PPM;
use crate::ledger::Limit;
use crate::money::Money;
use crate::record::{GiftStatus, On, PointsDirection, Quote, QuoteGift, Resource, ResourceKind};
use crate::rules::{Gives, Per, Promise, ProtectionBase, Rule, RuleId};
use crate::shop::{Line, Product, ShopId, Sku};

const DAY_MS: i64 = 86_400_000;

impl World<'_> {
    /// What one order costs the shop by the measure of a promise, in minor units; [`SILENT`] when the promise says nothing
    /// about it.
    pub(super) fn size_of(&self, check: &Check, order: &Order, quote: &Quote) -> i64 {
        let subject = |at: usize| check.subject.get(at).map_or("", |id| id.as_str());
        match check.promise {
            Promise::AboveCost => self.below_cost(order, quote),
            Promise::NotFree => free(quote),
            Promise::Depth => self.too_deep(quote),
            Promise::CashLike => self.off_cash_like(order, quote),
            Promise::ShippingApart => self.shipping_paid(quote),
            Promise::PaidThreshold => {
                self.rule(subject(0)).map_or(SILENT, |rule| self.unpaid_threshold(rule, order, quote))
            }
            Promise::RunsOnce | Promise::HandsOver | Promise::ExclusionsClosed => {
                let worth = |at| self.rule(subject(at)).map_or(0, |rule| self.given_by(rule, quote));
                worth(0).min(worth(1))
            }
            Promise::RewardsCovered => self.uncovered_rewards(order, quote),
            Promise::EarnShare => self.earned_beyond(quote),
            Promise::SplitFarm => self.lost_again_and_again(order, quote),
            Promise::PlainPrices => self.odd_prices(order),
            // What is claimed holds for every order; one in which the rule applies shows it.
            Promise::CapsMatter => {
                let is_idle = |rule: &Rule| rule.enabled && self.checker.says_of_cap(rule).is_some();
                let is_idle = self.rule(subject(0)).is_some_and(is_idle);
                if is_idle && applies(quote, subject(0)) { 1 } else { SILENT }
            }
            Promise::RealCut => self.untrue_cut(order, quote),
            Promise::PriceProtection => self.protection_claims(order, quote),
            Promise::PrizeCeiling => self.prize_beyond(order),
            Promise::SecretCodes => self.rule(subject(0)).map_or(SILENT, |rule| self.given_by(rule, quote)),
            Promise::Exposure => {
                self.rule(subject(0)).map_or(SILENT, |rule| self.cost_of(rule, order, quote))
            }
            // A rule that is switched off, or gone, is not dead.
            Promise::EveryRule if self.rule(subject(0)).is_none_or(|rule| !rule.enabled) => SILENT,
            Promise::EveryRule => i64::from(!applies(quote, subject(0))),
            Promise::Rounding
            | Promise::AddItem
            | Promise::SplitPays
            | Promise::NoGap
            | Promise::ExclusionsHold
            | Promise::PoolingPays
            | Promise::EarnedOnCash
            | Promise::NoPump
            | Promise::EqualRanks
            | Promise::AsBefore
            | Promise::LimitsHold
            | Promise::ReturnsNeverPay
            | Promise::GroupHolds => SILENT,
        }
    }

    /// By how much more than allowed is off.
    fn too_deep(&self, quote: &Quote) -> i64 {
        let allowed = i128::from(quote.totals.list.minor()) * i128::from(self.thresholds.depth_ppm);
        let allowed = i64::try_from(allowed / i128::from(PPM)).unwrap_or(i64::MAX);
        quote.totals.goods_discount.minor() - allowed
    }

    /// What is off goods that are as good as money, bought or given.
    fn off_cash_like(&self, order: &Order, quote: &Quote) -> i64 {
        let (listed, paid) = self.cash_bought(order, quote);
        match listed.saturating_sub(paid).saturating_add(self.cash_given(quote)) {
            0 if listed == 0 => SILENT,
            off => off,
        }
    }

    /// What goods as good as money that are bought are listed at, and what is paid for them.
    pub(super) fn cash_bought(&self, order: &Order, quote: &Quote) -> (i64, i64) {
        let is_cash =
            |line: &Line| self.catalogue.product(line.sku.as_str()).is_some_and(|product| product.cash_like);
        let of = |amount: &dyn Fn(i64, i64) -> i64| {
            sum_lines(order, quote, |line, list, paid| is_cash(line).then(|| amount(list, paid)))
        };
        (of(&|list, _| list).max(0), of(&|_, paid| paid).max(0))
    }

    /// What gifts and add-ons that are as good as money are listed at beyond what is paid for them.
    pub(super) fn cash_given(&self, quote: &Quote) -> i64 {
        let mut sum = 0_i64;
        for gift in quote.gifts.iter().filter(|gift| gift.status != GiftStatus::Offered) {
            let product = self.catalogue.product(gift.sku.as_str()).filter(|product| product.cash_like);
            let listed = product.map_or(0, |product| product.piece.list_price.minor());
            let each = listed.saturating_sub(gift.unit_price.minor()).max(0);
            sum = sum.saturating_add(each.saturating_mul(i64::from(gift.quantity)));
        }
        sum
    }

    /// Whether a rule has gifts or add-ons that are as good as money.
    pub(super) fn gives_cash(&self, rule: &Rule) -> bool {
        let Some(gift) = rule.benefit.gift() else { return false };
        let product = |sku: &Sku| self.catalogue.product(sku.as_str());
        gift.options.iter().any(|option| product(&option.sku).is_some_and(|product| product.cash_like))
    }

    /// What discounts on goods paid of shipping.
    fn shipping_paid(&self, quote: &Quote) -> i64 {
        let mut sum = SILENT;
        for one in quote.adjustments.iter().filter(|one| matches!(one.on, On::Charge(_))) {
            let by = quote.rules.get(one.rule as usize).and_then(|by| self.rule(by.rule.as_str()));
            let on_goods = |rule: &Rule| match rule.benefit.gives() {
                Gives::Off => true,
                Gives::Gift(_)
                | Gives::Shipping
                | Gives::Points(_)
                | Gives::Grant(_)
                | Gives::Redeem(_)
                | Gives::Presale
                | Gives::Balance(_) => false,
            };
            if by.is_some_and(on_goods) {
                sum = sum.max(0) + one.granted.minor();
            }
        }
        sum
    }

    /// What is given for later beyond what the order brings; silent where nothing is given, or a cost is not known.
    fn uncovered_rewards(&self, order: &Order, quote: &Quote) -> i64 {
        let below = self.below_cost(order, quote);
        let unknown = order.cart.lines().iter().any(|line| line.cost.or(line.floor_price).is_none());
        if below == SILENT || unknown || !gives_later(quote) {
            return SILENT;
        }
        below.saturating_add(self.later.worth(std::slice::from_ref(quote), Counting::FreeCoupons))
    }

    /// What is given for later beyond the share of what is paid that is allowed.
    fn earned_beyond(&self, quote: &Quote) -> i64 {
        if !gives_later(quote) {
            return SILENT;
        }
        let (worth, paid) = self.earned(quote);
        let allowed = i128::from(paid) * i128::from(self.thresholds.earned_ppm) / i128::from(PPM);
        worth.saturating_sub(i64::try_from(allowed).unwrap_or(i64::MAX))
    }

    /// What a quote gives for later, and what is paid; coupons that ask for a spend are worth nothing.
    pub(super) fn earned(&self, quote: &Quote) -> (i64, i64) {
        let worth = self.later.worth(std::slice::from_ref(quote), Counting::FreeCoupons);
        (worth, quote.totals.payable.minor())
    }

    /// What an order loses that can be placed again and again: it takes no rule that comes to an end, nothing of the wallet,
    /// and no code of which there are only so many.
    fn lost_again_and_again(&self, order: &Order, quote: &Quote) -> i64 {
        let gifts = quote.gifts.iter().map(|gift| gift.rule.as_str());
        let mut rules = quote.rules.iter().map(|total| total.rule.as_str()).chain(gifts);
        let ends = |rule: &str| self.rule(rule).is_none_or(super::farm::comes_to_an_end);
        let counted = |code| {
            let held = self.shoppers.iter().filter_map(|shopper| shopper.codes.get(code));
            held.min().is_some_and(|orders| *orders < u32::MAX)
        };
        if !quote.claims.is_empty() || rules.any(ends) || order.context.codes.iter().any(counted) {
            return SILENT;
        }
        self.below_cost(order, quote)
    }

    /// By how much the prices and costs of what is bought are off from those beside them.
    fn odd_prices(&self, order: &Order) -> i64 {
        let odd = |line: &Line| self.oddities.iter().find(|odd| odd.sku == line.sku).map(|odd| odd.off_by);
        order.cart.lines().iter().filter_map(odd).max().unwrap_or(SILENT)
    }

    /// By how much announced cuts are larger than those below the lowest prices of the days before.
    fn untrue_cut(&self, order: &Order, quote: &Quote) -> i64 {
        let days = i64::from(self.thresholds.reference_days);
        sum_lines(order, quote, |line, _, paid| {
            let product = self.catalogue.product(line.sku.as_str())?;
            overstated(product, paid, line.quantity, order.context.now.unix_ms(), days)
        })
    }

    /// What a rule can cost in all, in orders such as this; silent about rules with a limit while no most is set.
    fn cost_of(&self, rule: &Rule, order: &Order, quote: &Quote) -> i64 {
        let given = self.given_by(rule, quote);
        match (self.times(rule, order, quote), self.thresholds.exposure) {
            (Some(_), None) => SILENT,
            (None, None) => given,
            (times, Some(_)) => given.saturating_mul(times.unwrap_or(MANY_ORDERS)),
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

    /// What a rule costs in an order: what it gives away there, and what it gives for later.
    fn given_by(&self, rule: &Rule, quote: &Quote) -> i64 {
        self.worth_of(rule, quote).saturating_add(self.later.worth_by(rule.id.as_str(), quote))
    }

    /// By how much orders of one customer use more of a limit of a rule than there is.
    pub(super) fn over_limits(&self, rule: &RuleId, quotes: &[Quote]) -> i64 {
        let Ok(limits) = Limit::of_rules(self.rules) else { return SILENT };
        let drawn = self.rule(rule.as_str()).map(|rule| &rule.quotas);
        let mut most = SILENT;
        let is_own =
            |of: &Resource| of.rule() == rule || drawn.is_some_and(|quotas| quotas.contains(of.quota_id()));
        for limit in limits.iter().filter(|limit| is_own(&limit.resource)) {
            let claims = quotes.iter().flat_map(|quote| &quote.claims);
            let own = claims.filter(|claim| is_same_limit(&claim.resource, &limit.resource));
            let used = own.fold(0_u64, |sum, claim| sum.saturating_add(claim.amount));
            // What is given counts too, whatever is claimed.
            let used = match limit.resource.kind() {
                ResourceKind::Budget => {
                    let given: i64 = quotes.iter().map(|quote| granted(quote, rule.as_str())).sum();
                    used.max(u64::try_from(given).unwrap_or(0))
                }
                ResourceKind::Uses | ResourceKind::CustomerUses => {
                    let times = quotes.iter().filter(|quote| applies(quote, rule.as_str())).count();
                    used.max(u64::try_from(times).unwrap_or(u64::MAX))
                }
                ResourceKind::Units
                | ResourceKind::CustomerUnits
                | ResourceKind::Points
                | ResourceKind::CustomerPoints
                | ResourceKind::WalletPoints
                | ResourceKind::WalletBalance
                | ResourceKind::Coupon => used,
            };
            let over = i128::from(used) - i128::from(limit.amount);
            most = most.max(i64::try_from(over).unwrap_or(i64::MAX));
        }
        most
    }

    /// By how much what is kept after a return cost less than it costs alone, gifts included. Only where the shopper got back
    /// more than the policy that is safest pays: a filler that is thrown away reaches a threshold too.
    pub(super) fn kept_too_cheaply(&self, replay: &Replay) -> i64 {
        let from_wallet = |quote: &Quote| {
            !quote.draws.is_empty()
                || quote.points.iter().any(|one| one.direction == PointsDirection::Redeemed)
        };
        // What points and balances paid comes back as such; money alone would not add up. Nor does it where what is kept comes
        // with more add-ons alone.
        let has_wallet = replay.quotes.iter().chain(&replay.instead_of).any(from_wallet);
        if has_wallet || !has_add_ons_of(&replay.quotes, &replay.instead_of) {
            return SILENT;
        }
        let gifts =
            |quotes: &[Quote]| quotes.iter().map(|quote| self.gift_worth(quote, |_| true)).sum::<i64>();
        let kept_gifts = gifts(&replay.quotes).saturating_sub(gifts(&replay.instead_of)).max(0);
        let alone = sum_paid(&replay.instead_of);
        let paid = sum_paid(&replay.quotes);
        let net = replay.paid();
        if net >= paid.min(alone).saturating_add(kept_gifts) {
            return SILENT;
        }
        alone.saturating_add(kept_gifts).saturating_sub(net)
    }

    /// What those who bought lately can ask for, when a new buyer pays so much less for a piece.
    fn protection_claims(&self, order: &Order, quote: &Quote) -> i64 {
        match self.rules.refunds.price_protection.map(|promise| promise.base) {
            Some(ProtectionBase::Payable) => {}
            // No rule changes what goods are listed at.
            Some(ProtectionBase::List) | None => return SILENT,
        }
        let mut sum = SILENT;
        for (at, line) in (0_u32..).zip(order.cart.lines()) {
            let sold = self.catalogue.product(line.sku.as_str()).map_or(0, |product| product.sold_lately);
            if sold == 0 {
                continue;
            }
            let each = |run: &crate::record::UnitRun| run.unit_payable(0).map(Money::minor);
            let lowest = quote.runs.iter().filter(|run| run.line == at).filter_map(each).min();
            let cut = lowest.map_or(0, |lowest| line.list_price.minor().saturating_sub(lowest)).max(0);
            sum = sum.max(0).saturating_add(cut.saturating_mul(i64::from(sold)));
        }
        sum
    }

    /// By how much the largest prize that may be won with an order is too large.
    fn prize_beyond(&self, order: &Order) -> i64 {
        let won = |line: &Line| self.catalogue.product(line.sku.as_str())?.top_prize();
        match (order.cart.lines().iter().filter_map(won).max(), self.thresholds.prize) {
            (Some(prize), Some(most)) => prize.minor().saturating_sub(most),
            (None, _) | (_, None) => SILENT,
        }
    }

    /// What all rules together cost, each as often as it can be used in the order of some in which it costs most.
    pub(super) fn cost_of_all(&self, witness: &Witness, replay: &Replay) -> i64 {
        let mut sum = 0_i64;
        for rule in self.rules.rules.iter().filter(|rule| rule.enabled) {
            let orders = witness.orders.iter().zip(&replay.quotes);
            let cost = |(order, quote): (&Order, &Quote)| {
                let times = self.times(rule, order, quote).unwrap_or(MANY_ORDERS);
                self.given_by(rule, quote).saturating_mul(times)
            };
            sum = sum.saturating_add(orders.map(cost).max().unwrap_or(0));
        }
        sum
    }

    /// In how many such orders a rule can be used, or `None` without end.
    pub(super) fn times(&self, rule: &Rule, order: &Order, quote: &Quote) -> Option<i64> {
        let claimed = |kind| {
            let claim = quote
                .claims
                .iter()
                .find(|claim| *claim.resource.rule() == rule.id && claim.resource.kind() == kind);
            claim.map_or(1, |claim| claim.amount.max(1))
        };
        use crate::record::ResourceKind::{Budget, Points, Units, Uses};
        let limits = &rule.limits;
        let budget = rule.money_budget().map(|budget| u64::try_from(self.minor(budget)).unwrap_or(0));
        let mut most: Option<u64> = None;
        let own = [(limits.uses, Uses), (limits.units, Units), (limits.points, Points), (budget, Budget)];
        for (limit, kind) in own {
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
        let lines = order.cart.lines().iter().map(|line| (&line.sku, line.quantity));
        let of_rule = |gift: &&QuoteGift| gift.rule == rule.id && gift.status != GiftStatus::Offered;
        let gifts = quote.gifts.iter().filter(of_rule).map(|gift| (&gift.sku, gift.quantity));
        for (sku, pieces) in lines.chain(gifts) {
            let stock = self.catalogue.product(sku.as_str()).and_then(|product| product.stock);
            if let Some(stock) = stock {
                let times = u64::from(stock.checked_div(pieces).unwrap_or(stock)).max(1);
                most = Some(most.map_or(times, |most| most.min(times)));
            }
        }
        most.map(|most| i64::try_from(most).unwrap_or(i64::MAX))
    }

    /// What a shipping or gift rule gave to an order, or a shop's part of it, that pays less than the rule's threshold.
    fn unpaid_threshold(&self, rule: &Rule, order: &Order, quote: &Quote) -> i64 {
        if !applies(quote, rule.id.as_str()) {
            return SILENT;
        }
        let mut size = SILENT;
        for asked in thresholds(rule) {
            let threshold = self.minor(asked.at);
            for shop in order.cart.shops() {
                if rule.per == Per::Shop && !charge_lowered(quote, rule, shop.as_str()) {
                    continue;
                }
                let counts = |of: &ShopId| rule.per != Per::Shop || of == shop;
                let paid = sum_lines(order, quote, |line, _, paid| {
                    (counts(&line.shop) && asked.of.takes(line) != Some(false)).then_some(paid)
                });
                let fees = quote.charges.iter().filter(|fee| asked.with_shipping && counts(&fee.shop));
                let fees = fees.fold(0_i64, |sum, fee| sum.saturating_add(fee.payable.minor()));
                let short = threshold - paid.max(0).saturating_add(fees);
                let worth = if short > 0 { self.worth_of(rule, quote).max(1) } else { short.min(0) };
                size = size.max(worth);
            }
        }
        size
    }
}

/// What goods are worth that cost nothing; else what is missing to that.
fn free(quote: &Quote) -> i64 {
    match (quote.totals.list.minor(), quote.totals.goods.minor()) {
        (0, _) => SILENT,
        (list, 0) => list,
        (_, paid) => -paid,
    }
}

/// Whether two resources are the same limit, whoever's it is.
pub(super) fn is_same_limit(one: &Resource, other: &Resource) -> bool {
    (one.rule(), one.quota_id(), one.kind()) == (other.rule(), other.quota_id(), other.kind())
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

/// Whether a rule gave anything: money, gifts, points, things for later.
pub(super) fn applies(quote: &Quote, rule: &str) -> bool {
    quote.rules.iter().any(|total| total.rule.as_str() == rule)
        || quote.gifts.iter().any(|gift| match gift.status {
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
fn overstated(product: &Product, paid: i64, quantity: u32, now_ms: i64, days: i64) -> Option<i64> {
    let announced = product.piece.reference_price.unwrap_or(product.piece.list_price).minor();
    let lowest = lowest_before(product, now_ms, days)?;
    let paid_each = paid.checked_div(i64::from(quantity)).unwrap_or(paid);
    let claimed = (announced - paid_each).max(0);
    let real = (lowest - paid_each).max(0);
    Some((claimed - real).saturating_mul(i64::from(quantity)))
}

/// The lowest price of a product in the days before a moment, in minor units.
pub(super) fn lowest_before(product: &Product, now_ms: i64, days: i64) -> Option<i64> {
    let from = now_ms.saturating_sub(days.saturating_mul(DAY_MS));
    let past = || product.past_prices.iter().filter(|past| past.from.unix_ms() < now_ms);
    let before = past().filter(|past| past.from.unix_ms() <= from);
    let at_start = before.max_by_key(|past| past.from.unix_ms());
    let within = past().filter(|past| past.from.unix_ms() > from);
    at_start.into_iter().chain(within).map(|past| past.price.minor()).min()
}
