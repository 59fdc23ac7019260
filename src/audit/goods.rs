//! Goods made up from what rules name, for whoever has no catalogue at hand.

use std::collections::{BTreeMap, BTreeSet};

use super::levels::{At, each_leaf, levels, selectors};
use crate::bounds::Limits;
use crate::money::{Amount, Currency, Money};
use crate::rules::{Benefit, Rule, RuleSet, Selector};
use crate::shop::{AttributeValue, CartError, Catalogue, Charge, Line, Product, ShippingMethod};

/// Most products made up.
const PRODUCTS_MAX: usize = 48;
/// Prices of the goods of one selector.
const PRICES_MAX: usize = 5;
/// Named products of one selector.
const NAMED_MAX: usize = 4;

/// A small catalogue made up from what the rules name: products with their skus, categories, tags, shops and attributes, at
/// prices that just reach the rules' thresholds, just miss them, or reach them in a few pieces; and some that no rule names.
///
/// Nobody knows what made-up goods cost, so promises about cost are silent.
///
/// ```
/// use dealproof::audit::goods_named;
/// use dealproof::money::{Currency, Money};
/// use dealproof::rules::{AmountOff, Benefit, Condition, Rule, RuleSet, Selector, Spend};
///
/// let wine = Selector::category("food/wine");
/// let off = Benefit::AmountOff(AmountOff::once("50.00".parse()?).target(wine.clone()));
/// let from_300 = Condition::Spend(Spend::at_least(wine.clone(), "300.00".parse()?));
/// let rules = RuleSet::new(Currency::CNY).rule(Rule::new("300-50", "order", off).condition(from_300));
/// let catalogue = goods_named(&rules)?;
/// let at_300 = |price: i64| {
///     catalogue.products().iter().any(|one| {
///         one.piece.list_price == Money::from_minor(price) && wine.takes(&one.piece) == Some(true)
///     })
/// };
/// assert!(at_300(30_000) && at_300(29_999) && at_300(10_000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`CartError`] where what the rules name makes no catalogue.
pub fn goods_named(rules: &RuleSet) -> Result<Catalogue, CartError> {
    let enabled: Vec<&Rule> = rules.rules.iter().filter(|rule| rule.enabled).collect();
    let mut shelf = Shelf { currency: rules.currency, lines: BTreeMap::new() };
    for rule in &enabled {
        shelf.gifts(rule);
    }
    // In turn, so that many prices of the first leave room for the last.
    let wanted: Vec<(&Selector, Vec<Money>)> = shelf.selectors(&enabled);
    for turn in 0..PRICES_MAX {
        for (selector, prices) in &wanted {
            if let Some(price) = prices.get(turn) {
                shelf.put(selector, *price, turn);
            }
        }
    }
    for whole in ["100", "9.99"] {
        shelf.put(&Selector::all(), money(whole, rules.currency), PRICES_MAX);
    }
    let lines: Vec<Line> = shelf.lines.into_values().collect();
    let charges = charges(&enabled, &lines, rules.currency);
    let products = lines.into_iter().map(Product::new).collect();
    Catalogue::with_limits(rules.currency, products, Vec::new(), charges, &Limits::default())
}

/// An amount in the currency, to the minor units it has.
fn money(text: &str, currency: Currency) -> Money {
    let exact = text.parse::<Amount>().ok().and_then(|amount| amount.to_money(currency).ok());
    // Currencies without decimals have no 9.99.
    exact.unwrap_or(Money::from_minor(999))
}

struct Shelf {
    currency: Currency,
    /// By sku.
    lines: BTreeMap<String, Line>,
}

impl Shelf {
    /// Every selector of the rules, each once, with the prices that matter to it.
    fn selectors<'r>(&self, rules: &[&'r Rule]) -> Vec<(&'r Selector, Vec<Money>)> {
        let mut wanted: Vec<(&Selector, Vec<Money>)> = Vec::new();
        for rule in rules {
            let spends = levels(rule, self.currency).into_iter().filter_map(|level| match level.at {
                At::Spend(spend) => Some((level.of, spend)),
                At::Units(_) => None,
            });
            let spends: Vec<(&Selector, i64)> = spends.collect();
            for selector in selectors(rule) {
                let at = wanted.iter().position(|(known, _)| *known == selector);
                let at = at.unwrap_or_else(|| {
                    wanted.push((selector, Vec::new()));
                    wanted.len().saturating_sub(1)
                });
                let Some((_, prices)) = wanted.get_mut(at) else { continue };
                let own = spends.iter().filter(|(of, _)| *of == selector || **of == Selector::all());
                for (_, spend) in own {
                    // Reached at once, just missed, reached by three and by ten.
                    let parts =
                        [*spend, spend - 1, spend.saturating_add(2) / 3, spend.saturating_add(9) / 10];
                    for price in parts.into_iter().filter(|price| *price > 0).map(Money::from_minor) {
                        if !prices.contains(&price) && prices.len() < PRICES_MAX - 1 {
                            prices.push(price);
                        }
                    }
                }
            }
        }
        wanted.iter_mut().for_each(|(_, prices)| prices.push(money("100", self.currency)));
        wanted
    }

    /// Goods that a selector takes, at a price; those it names by sku have one each.
    fn put(&mut self, selector: &Selector, price: Money, turn: usize) {
        for inner in &selector.any {
            self.put(inner, price, turn);
        }
        let named: Vec<String> =
            selector.skus.iter().take(NAMED_MAX).map(|sku| sku.as_str().to_owned()).collect();
        let skus = match (named.get(turn), named.is_empty()) {
            (Some(sku), _) => vec![sku.clone()],
            // More names than prices are told apart by nothing.
            (None, false) => Vec::new(),
            (None, true) => vec![format!("GOODS-{:02}", self.lines.len().saturating_add(1))],
        };
        for sku in skus {
            let line = self.line(selector, &sku, price);
            let is_new = !self.lines.contains_key(&sku) && self.lines.len() < PRODUCTS_MAX;
            if is_new && selector.takes(&line) != Some(false) {
                self.lines.insert(sku, line);
            }
        }
    }

    fn line(&self, selector: &Selector, sku: &str, price: Money) -> Line {
        let range = selector.unit_price.as_ref();
        let bound = range.and_then(|range| range.at_least.or(range.at_most));
        let price = bound.and_then(|bound| bound.to_money(self.currency).ok()).unwrap_or(price);
        let mut line = Line::new(sku, sku, 1, price);
        if let Some(shop) = selector.shops.first() {
            line = line.shop(shop.as_str());
        }
        if let Some(category) = selector.categories.first() {
            line = line.category(category.as_str());
        }
        if let Some(tag) = selector.tags.first() {
            line = line.tag(tag.as_str());
        }
        for test in &selector.attributes {
            let number = test.at_least.or(test.at_most).map(AttributeValue::Number);
            let value = test.any_of.first().cloned().or(number).unwrap_or(AttributeValue::Number(1));
            line = line.attribute(test.key.clone(), value);
        }
        if selector.on_sale == Some(true) {
            line = line.reference_price(Money::from_minor(price.minor().saturating_mul(2)));
        }
        line
    }

    /// What a rule gives away can be bought as well, at what it is said to be worth.
    fn gifts(&mut self, rule: &Rule) {
        let Some(gift) = rule.benefit.gift() else { return };
        for option in gift.options.iter().take(NAMED_MAX) {
            let worth = option.worth.or(option.price).and_then(|worth| worth.to_money(self.currency).ok());
            let price = worth.filter(|worth| worth.minor() > 0).unwrap_or(money("100", self.currency));
            let sku = option.sku.as_str();
            if self.lines.len() < PRODUCTS_MAX {
                self.lines.entry(sku.to_owned()).or_insert_with(|| Line::new(sku, sku, 1, price));
            }
        }
    }
}

/// Shipping for each shop, by the methods that rules name, where some rule looks at shipping.
fn charges(rules: &[&Rule], lines: &[Line], currency: Currency) -> Vec<Charge> {
    let mut methods: BTreeSet<ShippingMethod> = BTreeSet::new();
    let mut has_shipping = false;
    for rule in rules {
        has_shipping |= match &rule.benefit {
            Benefit::Shipping(_) => true,
            Benefit::PercentOff(off) => off.with_shipping,
            Benefit::AmountOff(off) => off.with_shipping,
            Benefit::PointsRedeem(redeem) => redeem.with_shipping,
            Benefit::UseBalance(using) => using.with_shipping,
            Benefit::UnitPrice(_)
            | Benefit::TotalPrice(_)
            | Benefit::SpendTiers(_)
            | Benefit::Every(_)
            | Benefit::QuantityTiers(_)
            | Benefit::BuyGet(_)
            | Benefit::NthUnit(_)
            | Benefit::UnitLadder(_)
            | Benefit::NFor(_)
            | Benefit::Bundle(_)
            | Benefit::Gift(_)
            | Benefit::GroupPrice(_)
            | Benefit::BargainPrice(_)
            | Benefit::PointsEarn(_)
            | Benefit::Presale(_)
            | Benefit::Grant(_) => false,
        };
        if let Some(condition) = &rule.condition {
            each_leaf(condition, &mut |leaf| {
                if let Some(of) = leaf.of_shipping() {
                    methods.extend(of.any_of.first().cloned());
                }
            });
        }
    }
    if !has_shipping {
        return Vec::new();
    }
    let shops: BTreeSet<&str> = lines.iter().map(|line| line.shop.as_str()).collect();
    let method = methods.first();
    let charge = |shop: &&str| {
        let charge = Charge::new(money("9.99", currency)).shop(shop);
        match method {
            Some(method) => charge.method(method.as_str()),
            None => charge,
        }
    };
    shops.iter().map(charge).collect()
}
