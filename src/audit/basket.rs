//! What the search moves about in: baskets of catalogue positions, and the scripts made of them.

use std::collections::{BTreeMap, BTreeSet};

use super::flags::{Flag, flags, leave_out};
use super::moves::Then;
use super::witness::{Order, Witness};
use super::world::World;
use crate::rules::RuleId;
use crate::shop::{BuyingGroup, Cart, Charge, GroupRole, Line, LineId, Moment};

/// An order in small: products by position in the catalogue, codes by position among the shopper's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Basket {
    pub shopper: usize,
    pub codes: BTreeSet<usize>,
    pub items: BTreeMap<usize, u32>,
    /// Facts of the shopper that are left out.
    pub without: BTreeSet<Flag>,
}

impl Basket {
    pub(super) fn of(
        shopper: usize,
        codes: BTreeSet<usize>,
        items: impl IntoIterator<Item = (usize, u32)>,
    ) -> Self {
        let items = items.into_iter().filter(|(_, count)| *count > 0).collect();
        Self { shopper, codes, items, without: BTreeSet::new() }
    }

    /// The basket in a few bytes, so that very many can be remembered.
    pub(super) fn written(&self) -> Box<[u8]> {
        let mut bytes = Vec::new();
        let mut write = |number: usize| {
            // Seven bits at a time, the last with the eighth: no number's bytes begin another's.
            let mut rest = number;
            while rest > 0x7f {
                bytes.extend(u8::try_from(rest & 0x7f));
                rest >>= 7;
            }
            bytes.extend(u8::try_from(rest | 0x80));
        };
        write(self.shopper);
        write(self.codes.len());
        self.codes.iter().for_each(|code| write(*code));
        write(self.items.len());
        for (product, count) in &self.items {
            write(*product);
            write(usize::try_from(*count).unwrap_or(usize::MAX));
        }
        let without = rmp_serde::to_vec(&self.without);
        bytes.extend(without.unwrap_or_default());
        bytes.into_boxed_slice()
    }

    fn pieces(&self) -> u64 {
        self.items.values().map(|count| u64::from(*count)).sum()
    }

    /// The same with another number of pieces of a product.
    pub(super) fn with(&self, product: usize, count: u32) -> Self {
        let mut basket = self.clone();
        if count == 0 {
            basket.items.remove(&product);
        } else {
            basket.items.insert(product, count);
        }
        basket
    }

    pub(super) fn count(&self, product: usize) -> u32 {
        self.items.get(&product).copied().unwrap_or(0)
    }

    /// Both together, bought by the shopper of the first with the codes of either.
    pub(super) fn joined(&self, other: &Self) -> Self {
        let mut basket = self.clone();
        basket.codes.extend(other.codes.iter().copied());
        for (product, count) in &other.items {
            let sum = basket.items.entry(*product).or_insert(0);
            *sum = sum.saturating_add(*count);
        }
        basket
    }

    /// The order, or `None` when the catalogue has not so many pieces, or the cart would pass a bound.
    pub(super) fn order(&self, world: &World<'_>) -> Option<Order> {
        let mut lines: Vec<Line> = Vec::with_capacity(self.items.len());
        for (at, count) in &self.items {
            let product = world.catalogue.products().get(*at)?;
            if product.stock.is_some_and(|stock| stock < *count) {
                return None;
            }
            let mut line = product.piece.clone();
            line.quantity = *count;
            if !product.prizes.is_empty() {
                // Prizes are a cost like any other.
                line.cost = product.least_worth();
            }
            line.id = LineId::new(line.sku.as_str());
            lines.push(line);
        }
        if lines.is_empty() {
            return None;
        }
        let charges: Vec<Charge> = world
            .catalogue
            .charges()
            .iter()
            .filter(|charge| lines.iter().any(|line| line.shop == charge.shop))
            .cloned()
            .collect();
        let cart = Cart::new(world.catalogue.currency(), lines, charges).ok()?;
        let mut context = world.shoppers.get(self.shopper)?.context.clone();
        let known = world.codes.get(self.shopper)?;
        context.codes = self.codes.iter().filter_map(|at| known.get(*at).cloned()).collect();
        self.without.iter().for_each(|flag| leave_out(&mut context, flag));
        Some(Order::new(cart, context))
    }
}

/// A script in small.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Script {
    /// One order.
    One(Basket),
    /// An order, compared with the same less one piece of a product.
    OneMore(Basket, usize),
    /// Several orders, compared with all in one.
    Apart(Vec<Basket>),
    /// Several orders, each for itself.
    Each(Vec<Basket>),
    /// Orders of different customers, put into one.
    Pooled(Vec<Basket>),
    /// The same order at a moment and at another before it, in milliseconds.
    Moments { basket: Basket, at: i64, before: i64 },
    /// Several orders, each of which uses what those before earned.
    Chain(Vec<Basket>),
    /// A buying group of so many members, of whom so many stay.
    Group { basket: Basket, rule: RuleId, members: u32, stay: u32 },
    /// An order of which some pieces come back.
    Return { basket: Basket, pieces: BTreeMap<usize, u32> },
    /// An order, and the price of its goods for another shopper later, of whom some facts are left out.
    PriceFell { basket: Basket, later: usize, later_without: BTreeSet<Flag>, goods: Goods },
}

/// Where goods are in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Goods {
    Kept,
    Returned,
}

impl Script {
    pub(super) fn witness(&self, world: &World<'_>) -> Option<Witness> {
        match self {
            Self::One(basket) => basket.order(world).map(Witness::of),
            Self::OneMore(basket, product) => {
                let less = basket.with(*product, basket.count(*product).checked_sub(1)?);
                Some(Witness::compared(vec![basket.order(world)?], vec![less.order(world)?]))
            }
            Self::Apart(baskets) => {
                let whole = together(baskets)?;
                if !codes_suffice(baskets, world) {
                    return None;
                }
                let orders: Option<Vec<Order>> = baskets.iter().map(|basket| basket.order(world)).collect();
                Some(Witness::compared(orders?, vec![whole.order(world)?]))
            }
            Self::Each(baskets) => {
                let orders: Option<Vec<Order>> = baskets.iter().map(|basket| basket.order(world)).collect();
                Some(Witness::compared(orders?, Vec::new()))
            }
            Self::Pooled(baskets) => {
                let whole = together(baskets)?.order(world)?;
                let orders: Option<Vec<Order>> = baskets.iter().map(|basket| basket.order(world)).collect();
                Some(Witness::compared(vec![whole], orders?).then(Then::Pooled {}))
            }
            Self::Moments { basket, at, before } => {
                let (mut late, mut early) = (basket.order(world)?, basket.order(world)?);
                late.context.now = Moment::from_unix_ms(*at)?;
                early.context.now = Moment::from_unix_ms(*before)?;
                Some(Witness::compared(vec![late], vec![early]))
            }
            Self::Chain(baskets) => {
                if !codes_suffice(baskets, world) {
                    return None;
                }
                let orders: Option<Vec<Order>> = baskets.iter().map(|basket| basket.order(world)).collect();
                let coupons = world.later.coupons.clone();
                Some(Witness::compared(orders?, Vec::new()).then(Then::EarningsUsed { coupons }))
            }
            Self::Group { basket, rule, members, stay } => {
                left_by_members(world, basket, rule, (*members, *stay))
            }
            Self::Return { basket, pieces } => brought_back(world, basket, pieces),
            Self::PriceFell { basket, later, later_without, goods } => {
                world.rules.refunds.price_protection?;
                let mut after = Basket::of(*later, BTreeSet::new(), basket.items.clone());
                after.without.clone_from(later_without);
                let (order, after) = (basket.order(world)?, after.order(world)?);
                if after.context.now.unix_ms() <= order.context.now.unix_ms() {
                    return None;
                }
                let then = match goods {
                    Goods::Kept => Then::PriceFell {},
                    Goods::Returned => Then::PriceFellAndReturned {},
                };
                Some(Witness::compared(vec![order], vec![after]).then(then))
            }
        }
    }

    /// Every script with one part less, largest parts first: an order, a product, pieces of it, a code, a fact of a shopper, a
    /// member of a group, what comes back.
    pub(super) fn smaller(&self, world: &World<'_>) -> Vec<Self> {
        let less = |basket: &Basket| parts_less(basket, world);
        match self {
            Self::One(basket) => less(basket).into_iter().map(Self::One).collect(),
            Self::OneMore(basket, product) => {
                let still_one_more = |less: &Basket| less.count(*product) > 0 && less.pieces() > 1;
                let smaller = less(basket).into_iter().filter(still_one_more);
                smaller.map(|less| Self::OneMore(less, *product)).collect()
            }
            // One order alone is not apart from anything.
            Self::Apart(baskets) => fewer(baskets, 2, world).into_iter().map(Self::Apart).collect(),
            Self::Each(baskets) => fewer(baskets, 1, world).into_iter().map(Self::Each).collect(),
            Self::Chain(baskets) => fewer(baskets, 1, world).into_iter().map(Self::Chain).collect(),
            Self::Pooled(baskets) => fewer(baskets, 2, world).into_iter().map(Self::Pooled).collect(),
            Self::Moments { basket, at, before } => less(basket)
                .into_iter()
                .map(|basket| Self::Moments { basket, at: *at, before: *before })
                .collect(),
            Self::Group { basket, rule, members, stay } => {
                let of = |basket: &Basket, members: u32, stay: u32| Self::Group {
                    basket: basket.clone(),
                    rule: rule.clone(),
                    members,
                    stay,
                };
                let at_least_one = |count: &u32| *count > 0;
                let staying = fewer_pieces(*stay).into_iter().filter(at_least_one);
                let coming = fewer_pieces(*members).into_iter().filter(|members| members >= stay);
                let mut smaller: Vec<Self> = staying.map(|stay| of(basket, *members, stay)).collect();
                smaller.extend(coming.map(|members| of(basket, members, *stay)));
                smaller.extend(less(basket).iter().map(|basket| of(basket, *members, *stay)));
                smaller
            }
            Self::Return { basket, pieces } => smaller_returns(basket, pieces, world),
            Self::PriceFell { basket, later, later_without, goods } => {
                let of = |basket: Basket, later_without: BTreeSet<Flag>, goods| Self::PriceFell {
                    basket,
                    later: *later,
                    later_without,
                    goods,
                };
                let mut smaller: Vec<Self> = Vec::new();
                if *goods == Goods::Returned {
                    smaller.push(of(basket.clone(), later_without.clone(), Goods::Kept));
                }
                let own = less(basket).into_iter();
                smaller.extend(own.map(|basket| of(basket, later_without.clone(), *goods)));
                for flag in flags_left(*later, later_without, world) {
                    let mut without = later_without.clone();
                    without.insert(flag);
                    smaller.push(of(basket.clone(), without, *goods));
                }
                smaller
            }
        }
    }
}

/// All baskets in one, bought by the shopper of the first.
fn together(baskets: &[Basket]) -> Option<Basket> {
    Some(baskets.iter().skip(1).fold(baskets.first()?.clone(), |sum, one| sum.joined(one)))
}

/// A buying group that is full, and of which only so many stay.
fn left_by_members(
    world: &World<'_>,
    basket: &Basket,
    rule: &RuleId,
    (members, stay): (u32, u32),
) -> Option<Witness> {
    let terms = world.rule(rule.as_str())?.benefit.group_price()?;
    let mut order = basket.order(world)?;
    order.context.group = Some(BuyingGroup::new(members).role(GroupRole::Leader));
    let window_days = world.catalogue.policies().returns.days;
    let (rule, terms) = (rule.clone(), terms.clone());
    Some(Witness::of(order).then(Then::GroupLeft { rule, terms, members, stay, window_days }))
}

/// An order of which some pieces come back, beside what is kept.
fn brought_back(world: &World<'_>, basket: &Basket, pieces: &BTreeMap<usize, u32>) -> Option<Witness> {
    let mut kept = basket.clone();
    let mut named = BTreeMap::new();
    for (product, count) in pieces {
        let left = basket.count(*product).checked_sub(*count)?;
        kept = kept.with(*product, left);
        let known = world.catalogue.products().get(*product)?;
        named.insert(known.piece.sku.clone(), *count);
    }
    // With nothing kept there is nothing to compare with.
    let kept = if kept.items.is_empty() { Vec::new() } else { vec![kept.order(world)?] };
    let order = basket.order(world)?;
    Some(Witness::compared(vec![order], kept).then(Then::Returned { pieces: named }))
}

/// Returns of less, or of a smaller order; without anything that comes back it is no return.
fn smaller_returns(basket: &Basket, pieces: &BTreeMap<usize, u32>, world: &World<'_>) -> Vec<Script> {
    let less = parts_less(basket, world).into_iter().map(|basket| {
        let left = pieces.iter().map(|(product, count)| (*product, (*count).min(basket.count(*product))));
        let pieces: BTreeMap<usize, u32> = left.filter(|(_, count)| *count > 0).collect();
        (basket, pieces)
    });
    let mut smaller: Vec<_> = less.collect();
    for (product, count) in pieces {
        for count in fewer_pieces(*count) {
            let mut pieces = pieces.clone();
            pieces.insert(*product, count);
            pieces.retain(|_, count| *count > 0);
            smaller.push((basket.clone(), pieces));
        }
    }
    smaller.retain(|(_, pieces)| !pieces.is_empty());
    smaller.into_iter().map(|(basket, pieces)| Script::Return { basket, pieces }).collect()
}

/// Every list of orders with one order, one part of one order or one fact of their shopper less; so many orders at least.
fn fewer(baskets: &[Basket], least: usize, world: &World<'_>) -> Vec<Vec<Basket>> {
    let mut smaller = Vec::new();
    for (at, basket) in baskets.iter().enumerate() {
        let mut others = baskets.to_vec();
        others.remove(at);
        if others.len() >= least {
            smaller.push(others);
        }
        for less in pieces_and_codes_less(basket).into_iter().filter(|less| !less.items.is_empty()) {
            let mut changed = baskets.to_vec();
            if let Some(slot) = changed.get_mut(at) {
                *slot = less;
            }
            smaller.push(changed);
        }
    }
    // All orders are of one shopper, or each of its own: a fact is left out wherever it is one.
    let all: BTreeSet<Flag> =
        baskets.iter().flat_map(|basket| flags_left(basket.shopper, &basket.without, world)).collect();
    for flag in all {
        let mut changed = baskets.to_vec();
        for basket in &mut changed {
            basket.without.insert(flag.clone());
        }
        smaller.push(changed);
    }
    smaller
}

/// Whether the shopper can hold each code in as many of the orders as it is entered in.
fn codes_suffice(baskets: &[Basket], world: &World<'_>) -> bool {
    let mut used: BTreeMap<(usize, usize), u32> = BTreeMap::new();
    for basket in baskets {
        for code in &basket.codes {
            let count = used.entry((basket.shopper, *code)).or_insert(0);
            *count = count.saturating_add(1);
        }
    }
    used.into_iter().all(|((shopper, code), orders)| {
        let code = world.codes.get(shopper).and_then(|codes| codes.get(code));
        let held = code.and_then(|code| world.shoppers.get(shopper)?.codes.get(code));
        held.is_none_or(|held| orders <= *held)
    })
}

/// Every basket with one part less.
fn parts_less(basket: &Basket, world: &World<'_>) -> Vec<Basket> {
    let mut smaller = pieces_and_codes_less(basket);
    for flag in flags_left(basket.shopper, &basket.without, world) {
        let mut less = basket.clone();
        less.without.insert(flag);
        smaller.push(less);
    }
    smaller
}

fn pieces_and_codes_less(basket: &Basket) -> Vec<Basket> {
    let mut smaller = Vec::new();
    for product in basket.items.keys() {
        smaller.push(basket.with(*product, 0));
    }
    for (product, count) in &basket.items {
        let fewer = fewer_pieces(*count).into_iter().filter(|count| *count > 0);
        smaller.extend(fewer.map(|count| basket.with(*product, count)));
    }
    for code in &basket.codes {
        let mut less = basket.clone();
        less.codes.remove(code);
        smaller.push(less);
    }
    smaller
}

/// A number less all, half, a quarter, ... and one of it: a number far too large goes down in few steps.
fn fewer_pieces(count: u32) -> Vec<u32> {
    let mut list = Vec::new();
    let mut off = count;
    while off > 0 {
        list.push(count.saturating_sub(off));
        off /= 2;
    }
    list
}

/// The facts of a shopper that are not left out yet.
fn flags_left(shopper: usize, without: &BTreeSet<Flag>, world: &World<'_>) -> Vec<Flag> {
    let Some(shopper) = world.shoppers.get(shopper) else { return Vec::new() };
    flags(&shopper.context).into_iter().filter(|flag| !without.contains(flag)).collect()
}
