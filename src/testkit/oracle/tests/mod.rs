//! Hand-worked cases, so that the oracle itself can be trusted. Letters and numbers such as A6 and B1 are the classes
//! of promotion loopholes and arithmetic defects that pricing must not have.

mod arithmetic;
mod composition;
mod mechanics;
mod multi_buy;
mod stacking;

use super::{OracleQuote, OracleRule, price};
use crate::money::{Amount, Currency, Money, Percent};
use crate::record::Usage;
use crate::rules::{AmountOff, Benefit, Condition, PercentOff, Rule, RuleSet, Selector, Spend};
use crate::shop::{Cart, Charge, Context, Line};

fn yuan(text: &str) -> Amount {
    text.parse().unwrap()
}

fn percent(text: &str) -> Percent {
    text.parse().unwrap()
}

/// `quantity` pieces at `price` minor units each; the sku is the line's id.
fn line(id: &str, quantity: u32, price: i64) -> Line {
    Line::new(id, id, quantity, Money::from_minor(price))
}

fn cart(lines: Vec<Line>) -> Cart {
    Cart::new(Currency::CNY, lines, vec![]).unwrap()
}

fn cart_with_fee(lines: Vec<Line>, fee: i64) -> Cart {
    Cart::new(Currency::CNY, lines, vec![Charge::new(Money::from_minor(fee))]).unwrap()
}

fn rules(rules: impl IntoIterator<Item = Rule>) -> RuleSet {
    rules.into_iter().fold(RuleSet::new(Currency::CNY), RuleSet::rule)
}

fn once(amount: &str) -> Benefit {
    Benefit::AmountOff(AmountOff::once(yuan(amount)))
}

fn off(rate: &str) -> Benefit {
    Benefit::PercentOff(PercentOff::new(percent(rate)))
}

fn spend(amount: &str) -> Condition {
    Condition::Spend(Spend::at_least(Selector::all(), yuan(amount)))
}

fn quote(rules: &RuleSet, cart: &Cart) -> OracleQuote {
    price(rules, cart, &Context::default(), &Usage::default())
}

/// What each line costs, in the cart's order.
fn payables(quote: &OracleQuote) -> Vec<i128> {
    quote.lines.iter().map(|line| line.payable).collect()
}

/// What a rule asked and was granted; nothing when it did not apply.
fn given(quote: &OracleQuote, rule: &str) -> (i128, i128) {
    let found = quote.rules.iter().find(|of: &&OracleRule| of.rule.as_str() == rule);
    found.map_or((0, 0), |of| (of.asked, of.granted))
}
