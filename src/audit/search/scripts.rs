//! Scripts of more than one order: a piece more, apart or together, one paying for the next, groups that are left.

use std::collections::{BTreeMap, BTreeSet};

use super::{FULL_SHOPPERS, Search};
use crate::audit::basket::{Basket, Goods, Script};
use crate::audit::beyond::beyond;
use crate::audit::levels::favours_later_orders;
use crate::bounds::GROUP_SEATS_MAX;
use crate::rules::{Promise, Rule, RuleId};

/// Orders in which a rule with limits is used.
const USES_TRIED: usize = 5;
/// Goods that keep rules away, of which each is bought beside the others.
const TOO_MUCH_MAX: usize = 16;
/// Orders that show what a campaign costs in all.
const ORDERS_OF_ALL: usize = 64;
/// Products with a price or cost that is off which are bought.
const ODD_MAX: usize = 8;
/// Mixes of products of one order that come back.
const MIXES_MAX: usize = 96;
/// Baskets that are chained.
const CHAINED_MAX: usize = 32;
/// Coupons given for later whose goods are bought beside what they are given for.
const COUPONS_MAX: usize = 4;

impl Search<'_, '_> {
    /// Compares a basket with the same less one piece.
    pub(super) fn one_more(&mut self, basket: &Basket) {
        let Some(at) = self.checks.iter().position(|check| check.promise == Promise::AddItem) else { return };
        if basket.items.values().map(|count| u64::from(*count)).sum::<u64>() < 2 {
            return;
        }
        for product in basket.items.keys() {
            self.try_script(at, Script::OneMore(basket.clone(), *product));
        }
    }

    /// Buys the baskets with the largest discounts apart and together.
    pub(super) fn apart(&mut self) {
        let wanted = |promise| promise == Promise::SplitPays || promise == Promise::ExclusionsHold;
        let checks: Vec<usize> = self.checks_of(wanted);
        if checks.is_empty() {
            return;
        }
        let mut baskets: Vec<Basket> = self.rich.iter().rev().map(|(_, basket)| basket.clone()).collect();
        baskets.extend(self.applied.values().cloned());
        baskets.extend(self.of_newer_customers());
        baskets.sort();
        baskets.dedup();
        let too_much = self.too_much();
        for (index, first) in baskets.iter().enumerate() {
            if self.is_spent() {
                return;
            }
            for times in [3, 4] {
                self.try_for(&checks, &Script::Apart(vec![first.clone(); times]));
            }
            for items in &too_much {
                let second = Basket::of(first.shopper, BTreeSet::new(), items.clone());
                self.try_for(&checks, &Script::Apart(vec![first.clone(), second]));
            }
            for second in baskets.iter().skip(index).filter(|second| second.shopper == first.shopper) {
                if self.is_spent() {
                    return;
                }
                self.try_for(&checks, &Script::Apart(vec![first.clone(), second.clone()]));
            }
        }
    }

    /// What keeps rules away from whatever else is in an order with it: bought apart it takes nothing from the rest.
    fn too_much(&self) -> Vec<BTreeMap<usize, u32>> {
        let rules = self.world.rules.rules.iter().filter(|rule| rule.enabled);
        let mut list: Vec<BTreeMap<usize, u32>> = Vec::new();
        for level in rules.flat_map(|rule| beyond(rule, self.world.rules.currency)) {
            let items: BTreeMap<usize, u32> =
                self.cheapest_way(level.of, std::iter::once(level.at)).into_iter().collect();
            if list.len() < TOO_MUCH_MAX && !items.is_empty() && !list.contains(&items) {
                list.push(items);
            }
        }
        list
    }

    /// What rules for later orders apply to, bought by those who have not ordered so often.
    fn of_newer_customers(&self) -> Vec<Basket> {
        let is_later = |rule: &RuleId| {
            let condition = self.world.rule(rule.as_str()).and_then(|rule| rule.condition.as_ref());
            condition.is_some_and(favours_later_orders)
        };
        let number = |shopper: usize| self.world.shoppers.get(shopper)?.context.customer.order_number;
        let mut baskets = Vec::new();
        for (_, basket) in self.applied.iter().filter(|(rule, _)| is_later(rule)) {
            let newer = self.shoppers().filter(|shopper| {
                number(*shopper).zip(number(basket.shopper)).is_some_and(|(own, later)| own < later)
            });
            baskets.extend(
                newer
                    .take(FULL_SHOPPERS)
                    .map(|shopper| Basket::of(shopper, self.all_codes(shopper), basket.items.clone())),
            );
        }
        baskets
    }

    /// Puts the baskets with the largest discounts, as of different customers, into one order.
    pub(super) fn pooled(&mut self) {
        let Some(at) = self.checks_of(|promise| promise == Promise::PoolingPays).first().copied() else {
            return;
        };
        let mut baskets: Vec<Basket> = self.rich.iter().rev().map(|(_, basket)| basket.clone()).collect();
        baskets.extend(self.applied.values().cloned());
        for basket in baskets {
            if self.is_spent() {
                return;
            }
            // What is one order of somebody might have been two: halves, and one product beside the others.
            let mut parts: Vec<BTreeMap<usize, u32>> =
                vec![basket.items.iter().map(|(product, count)| (*product, count / 2)).collect()];
            parts.extend(basket.items.iter().map(|(product, count)| BTreeMap::from([(*product, *count)])));
            for part in parts {
                let one = Basket::of(basket.shopper, basket.codes.clone(), part);
                let rest = one.items.iter().fold(basket.clone(), |rest, (product, count)| {
                    rest.with(*product, rest.count(*product).saturating_sub(*count))
                });
                if !one.items.is_empty() && !rest.items.is_empty() {
                    self.try_script(at, Script::Pooled(vec![one, rest]));
                }
            }
        }
    }

    /// Buys what has a price or cost that is off.
    pub(super) fn odd_prices(&mut self) {
        let Some(at) = self.checks_of(|promise| promise == Promise::PlainPrices).first().copied() else {
            return;
        };
        let products = self.world.catalogue.products();
        let odd = self.world.oddities.iter().take(ODD_MAX);
        let odd: Vec<usize> =
            odd.filter_map(|odd| products.iter().position(|one| one.piece.sku == odd.sku)).collect();
        for product in odd {
            self.try_script(at, Script::One(Basket::of(0, BTreeSet::new(), [(product, 1)])));
        }
    }

    /// Lets orders pay for each other: what one earns is used in the next.
    pub(super) fn chains(&mut self) {
        let gives = |rule: &&Rule| {
            let is_for_later = rule.benefit.is_for_later();
            rule.enabled && (is_for_later || self.world.gives_cash(rule))
        };
        let givers: Vec<RuleId> =
            self.world.rules.rules.iter().filter(gives).map(|rule| rule.id.clone()).collect();
        let wanted = |promise| promise == Promise::NoPump || promise == Promise::EarnedOnCash;
        let checks: Vec<usize> = self.checks_of(wanted);
        let products = self.world.catalogue.products();
        let liquid = self.picks.iter().filter(|at| products.get(**at).is_some_and(|one| one.cash_like));
        let liquid: Vec<usize> = liquid.copied().collect();
        if givers.is_empty() && liquid.is_empty() || checks.is_empty() {
            return;
        }
        let mut giving: Vec<Basket> =
            givers.iter().filter_map(|rule| self.applied.get(rule).cloned()).collect();
        giving.extend(self.cheapest_with_cash());
        // Who holds such a coupon already gains nothing by earning it.
        if let Some(bare) = self.without_coupons_for_later() {
            let held = giving.iter_mut().filter(|basket| self.holds_coupons_for_later(basket.shopper));
            held.for_each(|basket| *basket = Basket::of(bare, self.all_codes(bare), basket.items.clone()));
        }
        // An order that earns again what pays for it has what a coupon is for beside what it is given for.
        let mut baskets: Vec<Basket> =
            giving.iter().flat_map(|basket| self.with_coupons_goods(basket)).collect();
        baskets.splice(0..0, giving);
        // What one order earns may pay for most of a larger one.
        for basket in baskets.clone() {
            baskets.extend([2, 4].map(|times| {
                let items =
                    basket.items.iter().map(|(product, count)| (*product, count.saturating_mul(times)));
                Basket::of(basket.shopper, basket.codes.clone(), items)
            }));
        }
        for shopper in self.shoppers().take(FULL_SHOPPERS) {
            for product in &liquid {
                for count in self.counts.get(product).into_iter().flatten() {
                    baskets.push(Basket::of(shopper, self.all_codes(shopper), [(*product, *count)]));
                }
            }
        }
        baskets.extend(self.rich.iter().rev().map(|(_, basket)| basket.clone()));
        baskets.truncate(CHAINED_MAX);
        for first in &baskets {
            if self.is_spent() {
                return;
            }
            for second in baskets.iter().filter(|second| second.shopper == first.shopper) {
                let mut chain = vec![first.clone(), second.clone()];
                for _ in 0..2 {
                    for at in &checks {
                        self.try_script(*at, Script::Chain(chain.clone()));
                    }
                    chain.push(second.clone());
                }
            }
        }
    }

    /// The cheapest piece that brings each gift as good as money: what it is given for may be worth less.
    fn cheapest_with_cash(&self) -> Vec<Basket> {
        let world = self.world;
        let products = world.catalogue.products();
        let price =
            |product: &usize| products.get(*product).map_or(0, |known| known.piece.list_price.minor());
        let mut baskets = Vec::new();
        for rule in world.rules.rules.iter().filter(|rule| rule.enabled && world.gives_cash(rule)) {
            let Some(gift) = rule.benefit.gift() else { continue };
            let taken = self.picks.iter().copied().filter(|product| {
                products.get(*product).is_some_and(|known| gift.qualifier.takes(&known.piece) == Some(true))
            });
            let cheapest = taken.filter(|product| price(product) > 0).min_by_key(|at| (price(at), *at));
            let seen = self.applied.get(&rule.id).zip(cheapest);
            baskets.extend(
                seen.map(|(seen, product)| Basket::of(seen.shopper, seen.codes.clone(), [(product, 1)])),
            );
        }
        baskets
    }

    /// Whether a shopper holds a coupon that rules give for later.
    fn holds_coupons_for_later(&self, shopper: usize) -> bool {
        let held = self.world.shoppers.get(shopper).map_or(&[][..], |known| known.context.coupons.as_slice());
        held.iter().any(|coupon| self.world.later.coupons.values().any(|rule| rule.as_str() == coupon.rule))
    }

    fn without_coupons_for_later(&self) -> Option<usize> {
        self.shoppers().find(|shopper| !self.holds_coupons_for_later(*shopper))
    }

    /// A basket with what each coupon that rules give is for: as the coupon was seen to apply, or as its rule asks.
    fn with_coupons_goods(&self, basket: &Basket) -> Vec<Basket> {
        let used: BTreeSet<&RuleId> = self.world.later.coupons.values().collect();
        let goods = used.into_iter().take(COUPONS_MAX).filter_map(|rule| {
            let asked = || self.world.rule(rule.as_str()).map(|rule| self.recipe(rule));
            self.applied.get(rule).map(|seen| seen.items.clone()).or_else(asked)
        });
        goods.map(|items| basket.joined(&Basket::of(basket.shopper, BTreeSet::new(), items))).collect()
    }

    /// Forms buying groups, and lets all but a few leave.
    pub(super) fn groups(&mut self) {
        for at in self.checks_of(|promise| promise == Promise::GroupHolds) {
            let rule = self.checks.get(at).and_then(|check| self.world.rule(check.subject.first()?.as_str()));
            let Some((rule, terms)) = rule.and_then(|rule| Some((&rule.id, rule.benefit.group_price()?)))
            else {
                continue;
            };
            let mut sizes = vec![terms.real_buyers_needed()];
            sizes.extend(terms.tiers.iter().map(|tier| tier.size));
            sizes.retain(|size| usize::try_from(*size).is_ok_and(|size| size <= GROUP_SEATS_MAX));
            for shopper in self.shoppers().take(FULL_SHOPPERS) {
                for product in self.picks.clone() {
                    if self.is_spent() {
                        return;
                    }
                    let taken = self.world.catalogue.products().get(product);
                    if taken.is_none_or(|known| terms.target.takes(&known.piece) == Some(false)) {
                        continue;
                    }
                    let basket = Basket::of(shopper, self.all_codes(shopper), [(product, 1)]);
                    for members in &sizes {
                        for stay in sizes.iter().chain([&1]).filter(|stay| *stay <= members) {
                            let (basket, rule) = (basket.clone(), rule.clone());
                            let (members, stay) = (*members, *stay);
                            self.try_script(at, Script::Group { basket, rule, members, stay });
                        }
                    }
                }
            }
        }
    }

    /// Buys before the price falls, and asks for the difference.
    pub(super) fn price_falls(&mut self) {
        let Some(at) = self.checks_of(|promise| promise == Promise::PriceProtection).first().copied() else {
            return;
        };
        if self.world.rules.refunds.price_protection.is_none() {
            return;
        }
        for shopper in self.shoppers().take(FULL_SHOPPERS) {
            for later in self.shoppers().take(FULL_SHOPPERS) {
                for product in self.picks.clone() {
                    if self.is_spent() {
                        return;
                    }
                    for goods in [Goods::Kept, Goods::Returned] {
                        let basket = Basket::of(shopper, self.all_codes(shopper), [(product, 1)]);
                        self.try_script(
                            at,
                            Script::PriceFell { basket, later, later_without: BTreeSet::new(), goods },
                        );
                    }
                }
            }
        }
    }

    /// Buys what has the largest discounts, gifts or free shipping, and returns each part of it.
    pub(super) fn returns(&mut self) {
        let Some(at) = self.checks_of(|promise| promise == Promise::ReturnsNeverPay).first().copied() else {
            return;
        };
        let mut baskets: Vec<Basket> = self.applied.values().cloned().collect();
        baskets.extend(self.rich.iter().rev().map(|(_, basket)| basket.clone()));
        baskets.extend(self.topped_up.iter().cloned());
        baskets.sort();
        baskets.dedup();
        for basket in baskets {
            if self.is_spent() {
                return;
            }
            for pieces in parts_to_return(&basket.items) {
                self.try_script(at, Script::Return { basket: basket.clone(), pieces });
            }
        }
    }

    /// Uses each rule with limits several times.
    pub(super) fn limits(&mut self) {
        for at in self.checks_of(|promise| promise == Promise::LimitsHold) {
            let rule = self.checks.get(at).and_then(|check| check.subject.first());
            if let Some(basket) = rule.and_then(|rule| self.applied.get(rule)).cloned() {
                self.try_script(at, Script::Chain(vec![basket; USES_TRIED]));
            }
        }
    }

    /// Prices what has the largest discounts, or shows a rule, with rules of equal rank the other way round.
    pub(super) fn ranks(&mut self) {
        let Some(at) = self.checks_of(|promise| promise == Promise::EqualRanks).first().copied() else {
            return;
        };
        let mut baskets: Vec<Basket> = self.applied.values().cloned().collect();
        baskets.extend(self.rich.iter().rev().map(|(_, basket)| basket.clone()));
        baskets.extend(self.topped_up.iter().cloned());
        for basket in baskets {
            if self.is_spent() {
                return;
            }
            self.try_script(at, Script::One(basket));
        }
    }

    /// Places for each rule the order in which it costs most: what the campaign can cost in all.
    pub(super) fn campaign(&mut self) {
        let all = self.checks_of(|promise| promise == Promise::Exposure);
        let is_total = |at: &usize| self.checks.get(*at).is_some_and(|check| check.subject.is_empty());
        let Some(total) = all.iter().copied().find(is_total) else { return };
        let worst = all.iter().filter_map(|at| self.hits.get(*at)?.first());
        let mut worst: Vec<(i64, Basket)> = worst
            .filter_map(|hit| match &hit.script {
                Script::One(basket) => Some((hit.size, basket.clone())),
                _other => None,
            })
            .collect();
        worst.sort_by(|a, b| b.cmp(a));
        let mut baskets: Vec<Basket> = Vec::new();
        for (_, basket) in worst {
            if baskets.len() < ORDERS_OF_ALL && !baskets.contains(&basket) {
                baskets.push(basket);
            }
        }
        if !baskets.is_empty() {
            self.try_script(total, Script::Each(baskets));
        }
    }

    pub(in crate::audit) fn checks_of(&self, wanted: impl Fn(Promise) -> bool) -> Vec<usize> {
        (0..self.checks.len())
            .filter(|at| self.checks.get(*at).is_some_and(|check| wanted(check.promise)))
            .collect()
    }
}

/// What may come back of an order: all of it, some of one product, and any mix of products, whole or in part, of which the first
/// so many are tried.
fn parts_to_return(items: &BTreeMap<usize, u32>) -> Vec<BTreeMap<usize, u32>> {
    let mut parts: Vec<BTreeMap<usize, u32>> = vec![items.clone()];
    let some_of = |count: u32| [1, count / 2, count.saturating_sub(1), count];
    for (product, count) in items {
        parts.extend(some_of(*count).map(|count| BTreeMap::from([(*product, count)])));
    }
    // Whole products first: what is kept is then fewest lines.
    mix(items, &|count| vec![0, count], &mut parts);
    mix(items, &|count| [&[0][..], &some_of(count)].concat(), &mut parts);
    let mut known = BTreeSet::new();
    parts.iter_mut().for_each(|part| part.retain(|_, count| *count > 0));
    parts.retain(|part| !part.is_empty() && known.insert(part.clone()));
    parts
}

/// Every way to take of each product as many pieces as `choices` has, up to a number of ways.
fn mix(
    items: &BTreeMap<usize, u32>,
    choices: &dyn Fn(u32) -> Vec<u32>,
    parts: &mut Vec<BTreeMap<usize, u32>>,
) {
    let mut ways: Vec<BTreeMap<usize, u32>> = vec![BTreeMap::new()];
    for (product, count) in items {
        let mut more = Vec::new();
        for way in &ways {
            for choice in choices(*count) {
                if more.len() < MIXES_MAX {
                    let mut way = way.clone();
                    way.insert(*product, choice);
                    more.push(way);
                }
            }
        }
        ways = more;
    }
    parts.extend(ways);
}
