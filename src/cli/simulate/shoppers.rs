//! Carts and shoppers drawn from a seed, of goods, codes and customers that the rules speak of.

use std::collections::BTreeSet;

use dealproof::money::{Currency, Money};
use dealproof::rules::RuleSet;
use dealproof::shop::{Cart, CartError, Charge, Context, Customer, Line, Moment};
use serde_json::Value;

use super::{STEP_MS, Size, later};

/// How a checkout ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The shopper pays.
    Pays,
    /// The answers are lost; every call is made again.
    LosesTheAnswer,
    /// The payment comes after the hold has ended.
    PaysLate,
    /// The shopper pays and returns everything.
    Returns,
    /// The shopper cancels.
    Cancels,
    /// Nothing more is heard.
    Crashes,
}

/// One checkout.
pub struct Shopper {
    /// What is bought.
    pub cart: Cart,
    /// By whom, and when.
    pub context: Context,
    /// How it ends.
    pub ending: Ending,
}

/// What shoppers are drawn from.
pub struct Shoppers {
    /// When the first checkout begins.
    pub start: Moment,
    currency: Currency,
    seed: u64,
    customers: u64,
    /// Products: sku, category, tag; at least one.
    products: Vec<[String; 3]>,
    segments: Vec<String>,
    payment_methods: Vec<String>,
    channels: Vec<String>,
    shops: Vec<String>,
    codes: Vec<String>,
}

impl Shoppers {
    /// Shoppers for a rule set: one product for each sku, category and tag that a selector names, and one of none.
    pub fn of(rules: &RuleSet, size: Size) -> Self {
        let mut words = Words::default();
        words.walk(&serde_json::to_value(rules).unwrap_or_default());
        let product = |sku: &str, category: &str, tag: &str| [sku, category, tag].map(str::to_owned);
        let mut products = vec![product("ANYTHING", "", "")];
        products.extend(words.skus.iter().map(|sku| product(sku, "", "")));
        products
            .extend(words.categories.iter().map(|category| product(&format!("IN-{category}"), category, "")));
        products.extend(words.tags.iter().map(|tag| product(&format!("WITH-{tag}"), "", tag)));
        let list = |set: BTreeSet<String>| set.into_iter().collect();
        let mut shops: Vec<String> = list(words.shops);
        shops.push(String::new());
        Self {
            start: words.from.unwrap_or_default(),
            currency: rules.currency,
            seed: size.seed,
            customers: size.checkouts.div_ceil(4),
            products,
            segments: list(words.segments),
            payment_methods: list(words.payment_methods),
            channels: list(words.channels),
            shops,
            codes: list(words.codes),
        }
    }

    /// The shopper of a checkout; the same for the same seed, whichever thread serves it.
    ///
    /// # Errors
    /// A rule file that speaks of goods no cart may hold.
    pub fn shopper(&self, number: u64) -> Result<Shopper, CartError> {
        let mut draw = Draw::new(self.seed, number);
        let lines = (0..draw.from(1, 4)).map(|line| self.line(&mut draw, line)).collect();
        let fee = Charge::new(Money::from_minor(800)).method("standard");
        let cart = Cart::new(self.currency, lines, vec![fee])?;
        let customer = Customer::new(format!("customer-{}", draw.from(0, self.customers.max(1) - 1)));
        let mut customer = customer.level(9).order_number(1);
        for segment in &self.segments {
            customer = customer.segment(segment.as_str());
        }
        let step = STEP_MS.saturating_mul(i64::try_from(number).unwrap_or(i64::MAX));
        let mut context = Context::new(later(self.start, step)).customer(customer);
        if let Some(method) = draw.pick(&self.payment_methods) {
            context = context.payment_method(method.as_str());
        }
        if let Some(channel) = draw.pick(&self.channels) {
            context = context.channel(channel.as_str());
        }
        if draw.from(0, 1) == 1
            && let Some(code) = draw.pick(&self.codes)
        {
            context = context.code(code.as_str());
        }
        let ending = match draw.from(0, 9) {
            0 => Ending::LosesTheAnswer,
            1 => Ending::PaysLate,
            2 => Ending::Returns,
            3 => Ending::Cancels,
            4 => Ending::Crashes,
            _ => Ending::Pays,
        };
        Ok(Shopper { cart, context, ending })
    }

    fn line(&self, draw: &mut Draw, line: u64) -> Line {
        let any = ["ANYTHING".to_owned(), String::new(), String::new()];
        let [sku, category, tag] = draw.pick(&self.products).unwrap_or(&any);
        let quantity = u32::try_from(draw.from(1, 3)).unwrap_or(1);
        let price = i64::try_from(draw.from(10, 500)).unwrap_or(10).saturating_mul(100);
        let mut line = Line::new(line.to_string(), sku.as_str(), quantity, Money::from_minor(price));
        if !category.is_empty() {
            line = line.category(category.as_str());
        }
        if !tag.is_empty() {
            line = line.tag(tag.as_str());
        }
        match draw.pick(&self.shops) {
            Some(shop) if !shop.is_empty() => line.shop(shop.as_str()),
            Some(_) | None => line,
        }
    }
}

/// The words of a rule file that a shopper can be described by.
#[derive(Default)]
struct Words {
    skus: BTreeSet<String>,
    categories: BTreeSet<String>,
    tags: BTreeSet<String>,
    shops: BTreeSet<String>,
    segments: BTreeSet<String>,
    payment_methods: BTreeSet<String>,
    channels: BTreeSet<String>,
    codes: BTreeSet<String>,
    /// The latest start of a window.
    from: Option<Moment>,
}

impl Words {
    /// Collects the words below a value; a rule set is nested no deeper than its limit on depth.
    fn walk(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.field(name, value);
                    self.walk(value);
                }
            }
            Value::Array(members) => members.iter().for_each(|member| self.walk(member)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn field(&mut self, name: &str, value: &Value) {
        let words = match name {
            "skus" => &mut self.skus,
            "categories" => &mut self.categories,
            "tags" => &mut self.tags,
            "shops" => &mut self.shops,
            "segment" => &mut self.segments,
            "payment_method" => &mut self.payment_methods,
            "channel" => &mut self.channels,
            "codes" => &mut self.codes,
            "window" => {
                let from = value.get("from").and_then(Value::as_str);
                let from = from.and_then(|from| from.parse::<Moment>().ok());
                let later = |known: Moment, from: Moment| {
                    if known.cmp_instant(from).is_lt() { from } else { known }
                };
                self.from = match (self.from, from) {
                    (Some(known), Some(from)) => Some(later(known, from)),
                    (known, from) => known.or(from),
                };
                return;
            }
            _ => return,
        };
        let members = value.get("any_of").unwrap_or(value).as_array();
        words.extend(members.into_iter().flatten().filter_map(|word| Some(word.as_str()?.to_owned())));
    }
}

/// Numbers from a seed: SplitMix64.
struct Draw(u64);

impl Draw {
    fn new(seed: u64, number: u64) -> Self {
        let mut draw = Self(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        draw.next();
        draw
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `least` to `most`.
    fn from(&mut self, least: u64, most: u64) -> u64 {
        let span = most.saturating_sub(least).saturating_add(1);
        least.saturating_add(self.next().checked_rem(span).unwrap_or(0))
    }

    fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        let at = self.next().checked_rem(u64::try_from(choices.len()).ok()?)?;
        choices.get(usize::try_from(at).ok()?)
    }
}
