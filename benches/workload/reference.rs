//! What a workload's carts should cost less, by the generator's own semantics: it knows nothing of this crate's code.
//!
//! Item promotions come first, each on what the ones before left of a line; then order promotions, each on
//! what is left of the order. Inside each, the higher priority is first, then the smaller id. A unit of a line with `q` units and `r`
//! left is worth `r·(k+1) div q − r·k div q`. Only totals are kept exact in the crate's rule set: where single
//! leftover units lie differs (cumulative rounding there, largest remainder here), and no later promotion
//! of these workloads looks at that.

use std::cmp::Reverse;

use serde::Serialize;

use super::{Basket, Kind, Promotion};

/// Totals in minor units, and which promotions gave something, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Expected {
    pub item_discount: i64,
    pub order_discount: i64,
    pub total_discount: i64,
    pub applied: Vec<String>,
}

/// What is left of each line, and whether an exclusive promotion has closed it.
struct Left<'a> {
    basket: &'a Basket,
    minor: Vec<i64>,
    closed: Vec<bool>,
}

pub fn price(promotions: &[Promotion], basket: &Basket) -> Expected {
    let values = basket.lines.iter().map(|line| i64::from(line.unit_price) * i64::from(line.quantity));
    let mut left = Left { basket, minor: values.collect(), closed: vec![false; basket.lines.len()] };
    let mut open: Vec<&Promotion> = promotions.iter().filter(|p| is_open(p, basket)).collect();
    open.sort_by_key(|promotion| (Reverse(promotion.priority), &promotion.id));

    let mut expected = Expected::default();
    for promotion in &open {
        let discounts = left.item_discounts(&promotion.kind);
        let granted = left.take(&discounts, promotion.exclusive);
        expected.item_discount += granted;
        if granted > 0 {
            expected.applied.push(promotion.id.clone());
        }
    }
    let mut rest: i64 = left.minor.iter().sum();
    for promotion in &open {
        let granted = order_discount(&promotion.kind, rest);
        rest -= granted;
        expected.order_discount += granted;
        if granted > 0 {
            expected.applied.push(promotion.id.clone());
        }
    }
    expected.total_discount = expected.item_discount + expected.order_discount;
    expected
}

fn is_open(promotion: &Promotion, basket: &Basket) -> bool {
    let coupon = promotion.coupon.as_ref();
    let segment = promotion.segment.as_ref();
    coupon.is_none_or(|code| basket.coupons.contains(code))
        && segment.is_none_or(|segment| *segment == basket.segment)
}

fn percent(amount: i64, basis_points: u32) -> i64 {
    (2 * amount * i64::from(basis_points) + 10_000) / 20_000
}

fn order_discount(kind: &Kind, rest: i64) -> i64 {
    match kind {
        Kind::OrderTiers { tiers } => {
            let reached = tiers.iter().rev().find(|(at, _)| rest >= i64::from(*at));
            reached.map_or(0, |(_, basis_points)| percent(rest, *basis_points))
        }
        Kind::OrderPercent { percent_bp } => percent(rest, *percent_bp),
        Kind::OrderFixed { amount } => rest.min(i64::from(*amount)),
        Kind::PercentCategory { .. }
        | Kind::FixedSku { .. }
        | Kind::BuyXGetY { .. }
        | Kind::NForPrice { .. } => 0,
    }
}

impl Left<'_> {
    /// Lines that are open and of a category.
    fn of_category<'a>(&'a self, category: &'a str) -> impl Iterator<Item = usize> + 'a {
        let lines = self.basket.lines.iter().enumerate();
        lines
            .filter(move |(line, facts)| !self.closed[*line] && facts.category == category)
            .map(|(line, _)| line)
    }

    /// The worth and line of each open unit of a category, in line order.
    fn units(&self, category: &str) -> Vec<(i64, usize)> {
        let mut units = Vec::new();
        for line in self.of_category(category) {
            let (rest, count) = (self.minor[line], i64::from(self.basket.lines[line].quantity));
            let worth = |unit: i64| rest * (unit + 1) / count - rest * unit / count;
            units.extend((0..count).map(|unit| (worth(unit), line)));
        }
        units
    }

    /// What an item promotion takes off each line.
    fn item_discounts(&self, kind: &Kind) -> Vec<i64> {
        let mut discounts = vec![0; self.minor.len()];
        match kind {
            Kind::PercentCategory { category, percent_bp } => {
                for line in self.of_category(category) {
                    discounts[line] = percent(self.minor[line], *percent_bp);
                }
            }
            Kind::FixedSku { sku, amount } => {
                for (line, facts) in self.basket.lines.iter().enumerate() {
                    if facts.sku == *sku && !self.closed[line] {
                        let asked = i64::from(*amount) * i64::from(facts.quantity);
                        discounts[line] = asked.min(self.minor[line]);
                    }
                }
            }
            Kind::BuyXGetY { category, buy, get, percent_bp } => {
                let mut units = self.units(category);
                units.sort_unstable();
                let times = units.len() / (buy + get) as usize;
                for (worth, line) in &units[..times * *get as usize] {
                    discounts[*line] += percent(*worth, *percent_bp);
                }
            }
            Kind::NForPrice { category, n, price } => {
                let mut units = self.units(category);
                units.sort_unstable_by_key(|(worth, line)| (Reverse(*worth), *line));
                for group in units.chunks_exact(*n as usize) {
                    share_group(group, i64::from(*price), &mut discounts);
                }
            }
            Kind::OrderTiers { .. } | Kind::OrderPercent { .. } | Kind::OrderFixed { .. } => {}
        }
        discounts
    }

    fn take(&mut self, discounts: &[i64], exclusive: bool) -> i64 {
        for (line, discount) in discounts.iter().enumerate() {
            self.minor[line] -= discount;
            self.closed[line] |= exclusive && *discount > 0;
        }
        discounts.iter().sum()
    }
}

/// Takes what a group is worth above its price off its units, by largest remainder, ties to the earlier unit.
fn share_group(group: &[(i64, usize)], price: i64, discounts: &mut [i64]) {
    let total: i64 = group.iter().map(|(worth, _)| worth).sum();
    let amount = total - price;
    if amount <= 0 {
        return;
    }
    let mut left = amount;
    for (worth, line) in group {
        discounts[*line] += amount * worth / total;
        left -= amount * worth / total;
    }
    let mut by_remainder: Vec<&(i64, usize)> = group.iter().collect();
    by_remainder.sort_by_key(|(worth, _)| Reverse(amount * worth % total));
    for (_, line) in by_remainder.into_iter().take(usize::try_from(left).unwrap_or(0)) {
        discounts[*line] += 1;
    }
}
