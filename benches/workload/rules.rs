//! The generator's promotions and carts in the crate's language.
//!
//! Two stages, in both all rules stack and each computes from what the ones before left, as in the generator: `item` and
//! `order`. A higher priority is a lower rank. Percentages of a category round per line, those of a buy-get per unit,
//! those of the order once.

use dealproof::money::{Amount, Currency, Money, Percent, RoundMode, Rounding, RoundingPer};
use dealproof::record::{Checkout, Quote, Usage};
use dealproof::rules::{
    AmountOff, AnyOf, Basis, Benefit, BuyGet, Condition, Exclusive, GroupOff, NFor, PercentOff, Pool, Rule,
    RuleSet, Selector, SpendTier, SpendTiers, Stacking, Stage, TierOff, UnitOff,
};
use dealproof::shop::{Cart, Context, Customer, Line};

use super::reference::Expected;
use super::{Basket, Kind, Promotion};

pub fn rule_set(promotions: &[Promotion]) -> RuleSet {
    let stages = ["item", "order"].map(|stage| Stage::new(stage).basis(Basis::Running));
    let mut rules = RuleSet::new(Currency::USD).stages(stages);
    rules.rules = promotions.iter().map(rule).collect();
    rules
}

impl Basket {
    /// The cart with its shopper.
    pub fn checkout(&self) -> Checkout {
        let lines = self.lines.iter().map(|line| {
            let price = Money::from_minor(line.unit_price.into());
            Line::new(&line.id, &line.sku, line.quantity, price).category(&line.category)
        });
        let now = "2026-01-01T00:00:00Z".parse().expect("an instant");
        let customer = Customer::default().segment(&self.segment);
        let context = Context::new(now).customer(customer);
        Checkout {
            cart: Cart::new(Currency::USD, lines.collect(), vec![]).expect("a cart of few lines"),
            context: self.coupons.iter().fold(context, Context::code),
            usage: Usage::default(),
        }
    }
}

impl Expected {
    /// What a quote says, in the generator's words.
    pub fn of(quote: &Quote) -> Self {
        let stage = |stage: &str| {
            let rules = quote.rules.iter().filter(|rule| rule.stage.as_str() == stage);
            rules.map(|rule| rule.granted.minor()).sum()
        };
        Self {
            item_discount: stage("item"),
            order_discount: stage("order"),
            total_discount: quote.totals.list.minor() - quote.totals.payable.minor(),
            applied: quote.rules.iter().map(|rule| rule.rule.to_string()).collect(),
        }
    }
}

fn rule(promotion: &Promotion) -> Rule {
    let (stage, benefit, rounding) = benefit(&promotion.kind);
    let mut rule = Rule::new(&promotion.id, stage, benefit).rank(-promotion.priority);
    if let Some(per) = rounding {
        rule = rule.rounding(Rounding::new(RoundMode::HalfUp, per));
    }
    if promotion.exclusive {
        rule = rule.stacking(Stacking::free().exclusive(Exclusive::LinesInStage));
    }
    if let Some(code) = &promotion.coupon {
        rule = rule.codes([code]);
    }
    if let Some(segment) = &promotion.segment {
        rule = rule.condition(Condition::Segment(AnyOf::new([segment.as_str()])));
    }
    rule
}

/// Stage, benefit, and what a percentage is rounded on when it is not the whole selection.
fn benefit(kind: &Kind) -> (&'static str, Benefit, Option<RoundingPer>) {
    match kind {
        Kind::PercentCategory { category, percent_bp } => {
            let off = PercentOff::new(percent(*percent_bp)).target(Selector::category(category));
            ("item", Benefit::PercentOff(off), Some(RoundingPer::Line))
        }
        Kind::FixedSku { sku, amount } => {
            let off = AmountOff::per_unit(money(*amount)).target(Selector::sku(sku));
            ("item", Benefit::AmountOff(off), None)
        }
        Kind::BuyXGetY { category, buy, get, percent_bp } => {
            let pool = |quantity| Pool::new(quantity, Selector::category(category));
            let off = UnitOff::Percent(percent(*percent_bp));
            let off = BuyGet::new(pool(*buy), pool(*get), off).whole();
            ("item", Benefit::BuyGet(off), Some(RoundingPer::Unit))
        }
        Kind::NForPrice { category, n, price } => {
            let off = NFor::new(*n, GroupOff::Price(money(*price)));
            let off = off.target(Selector::category(category));
            ("item", Benefit::NFor(off), None)
        }
        Kind::OrderTiers { tiers } => {
            let tiers = tiers.iter().map(|(at, basis_points)| SpendTier {
                at: money(*at),
                off: TierOff::Percent(percent(*basis_points)),
            });
            ("order", Benefit::SpendTiers(SpendTiers::new(tiers)), None)
        }
        Kind::OrderPercent { percent_bp } => {
            let off = PercentOff::new(percent(*percent_bp));
            ("order", Benefit::PercentOff(off), None)
        }
        Kind::OrderFixed { amount } => {
            let off = AmountOff::once(money(*amount));
            ("order", Benefit::AmountOff(off), None)
        }
    }
}

fn money(minor: u32) -> Amount {
    Amount::from_money(Money::from_minor(minor.into()), Currency::USD)
}

fn percent(basis_points: u32) -> Percent {
    let text = format!("{}.{:02}", basis_points / 100, basis_points % 100);
    text.parse().expect("a percentage")
}
