//! Carts with many coupons to choose from, of kinds that are hard in different ways.
//!
//! Draws follow the reference generator's coupons: percentages of hot categories, amounts off a product, percentages and
//! amounts off the order with a minimum. They stand in one stage and run on what the ones before left.

use dealproof::money::{Amount, Currency, Money, Percent};
use dealproof::record::Checkout;
use dealproof::rules::{
    AmountOff, Base, Basis, Benefit, Condition, PercentOff, Rule, RuleSet, Selector, Spend, Stacking, Stage,
};

use super::python::Random;
use super::{Basket, Workload};

/// What makes a choice hard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hard {
    /// All combine.
    Independent,
    /// Half as many groups as coupons, as the reference generator draws them.
    Groups,
    /// All exclude each other.
    OneGroup,
    /// One pair in five excludes each other.
    Conflicts,
    /// Minimums on what other coupons left, just about reached.
    Cascade,
    /// Nearly equal coupons, each of which excludes two others so that no three exclude each other, and half of which need
    /// a minimum on crossing parts of the cart that the others just about leave: every bound on what a set can save
    /// is far off, and no set is much worse than the best.
    Adversarial,
}

impl Hard {
    pub const ALL: [Self; 6] =
        [Self::Independent, Self::Groups, Self::OneGroup, Self::Conflicts, Self::Cascade, Self::Adversarial];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Independent => "independent",
            Self::Groups => "groups",
            Self::OneGroup => "one-group",
            Self::Conflicts => "conflicts",
            Self::Cascade => "cascade",
            Self::Adversarial => "adversarial",
        }
    }
}

/// A cart of so many lines and so many coupons of a kind; one of several draws.
pub fn choice(hard: Hard, (lines, coupons): (u32, u32), draw: u32) -> (RuleSet, Checkout) {
    let carts = Workload::catalogue(super::SEED, lines, 1).carts;
    let basket = carts.into_iter().cycle().nth(draw as usize).expect("some carts");
    let mut random = Random::new(&format!("{}/choose/{}/{lines}/{coupons}/{draw}", super::SEED, hard.name()));
    let total: u32 = basket.lines.iter().map(|line| line.unit_price * line.quantity).sum();
    let mut rules = RuleSet::new(Currency::USD).stages([Stage::new("coupon").basis(Basis::Running)]);
    for at in 0..coupons {
        let (benefit, least) = benefit(hard, &mut random, &basket, total);
        let mut rule = Rule::new(format!("k{at:02}"), "coupon", benefit).codes([code(at)]);
        if hard == Hard::Adversarial {
            rule.condition = crossing_minimum(&mut random, &basket, at);
        } else if least > 0 {
            let spend = Spend::at_least(Selector::all(), amount(least)).base(Base::Running);
            rule.condition = Some(Condition::Spend(spend));
        }
        let mut stacking = Stacking::free();
        match hard {
            Hard::Groups => stacking = stacking.group(format!("g{}", random.below((coupons / 2).max(2)))),
            Hard::OneGroup => stacking = stacking.group("g"),
            Hard::Conflicts => {
                for other in 0..at {
                    if random.below(5) == 0 {
                        stacking = stacking.excludes_rule(format!("k{other:02}"));
                    }
                }
            }
            Hard::Adversarial => {
                // Rings of five: of each, two go together, and any cover by pairs counts three.
                let (ring, place) = (at / 5, at % 5);
                stacking = stacking.excludes_rule(format!("k{:02}", ring * 5 + (place + 2) % 5));
            }
            Hard::Independent | Hard::Cascade => {}
        }
        rules = rules.rule(rule.stacking(stacking));
    }
    let mut checkout = basket.checkout();
    checkout.context.codes.clear();
    for at in 0..coupons {
        checkout.context = checkout.context.code(code(at));
    }
    (rules, checkout)
}

fn code(at: u32) -> String {
    format!("CODE{at:02}")
}

fn amount(minor: u32) -> Amount {
    Amount::from_money(Money::from_minor(minor.into()), Currency::USD)
}

/// So many twentieths of a percent.
fn percent(twentieths: u32) -> Percent {
    let hundredths = twentieths * 5;
    format!("{}.{:02}", hundredths / 100, hundredths % 100).parse().expect("a percentage")
}

/// A minimum, for every second coupon, on about two thirds of the lines.
fn crossing_minimum(random: &mut Random, basket: &Basket, at: u32) -> Option<Condition> {
    if at.is_multiple_of(2) {
        return None;
    }
    let of = basket.lines.iter().filter(|_| random.below(3) > 0);
    let (skus, worth): (Vec<&str>, Vec<u32>) =
        of.map(|line| (line.sku.as_str(), line.unit_price * line.quantity)).unzip();
    let worth: u32 = worth.iter().sum();
    let spend =
        Spend::at_least(Selector::skus(skus), amount(worth - worth / random.range(4, 9))).base(Base::Running);
    Some(Condition::Spend(spend))
}

/// A benefit, and the least spend it needs.
fn benefit(hard: Hard, random: &mut Random, basket: &Basket, total: u32) -> (Benefit, u32) {
    let percent_off =
        |of: Selector, twentieths| Benefit::PercentOff(PercentOff::new(percent(twentieths)).target(of));
    match hard {
        Hard::Cascade => {
            let least = total / 2 + random.below(total / 2);
            let off = Benefit::AmountOff(AmountOff::once(amount(random.range(total / 50, total / 12))));
            return (off, least);
        }
        Hard::Adversarial => {
            let off = Benefit::AmountOff(AmountOff::once(amount(total / 25 + random.below(40))));
            return (off, 0);
        }
        Hard::Independent | Hard::Groups | Hard::OneGroup | Hard::Conflicts => {}
    }
    let kind = random.below(10);
    match kind {
        0..=3 => {
            let category = format!("HC{}", random.below(6));
            (percent_off(Selector::category(category), random.range(10, 61) * 10), 0)
        }
        4 | 5 => {
            let lines = u32::try_from(basket.lines.len()).expect("few lines");
            let line = &basket.lines[random.below(lines) as usize];
            let off = AmountOff::per_unit(amount(random.range(50, 500))).target(Selector::sku(&line.sku));
            (Benefit::AmountOff(off), 0)
        }
        6 | 7 => (percent_off(Selector::all(), random.range(4, 31) * 10), random.below(60_000)),
        _ => {
            let off = Benefit::AmountOff(AmountOff::once(amount(random.range(200, 3_000))));
            (off, random.below(60_000))
        }
    }
}
