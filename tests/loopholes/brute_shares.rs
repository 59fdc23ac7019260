//! Every small order against what an audit says of shares, caps and shadows in random rule sets: how deep a discount goes, what
//! is given for later, what can be lost again and again, which caps and rules decide nothing, what ordering together saves.

use std::collections::BTreeMap;

use dealproof::audit::{
    AuditBounds, AuditReport, Certificate, Finding, Measure, Order, Promise, Promises, Verdict, Why, audit,
    check,
};
use dealproof::compile::Plan;
use dealproof::evaluate::Scratch;
use dealproof::money::{Amount, Money};
use dealproof::record::{PointsDirection, Quote, Usage};
use dealproof::rules::{Benefit, Condition, Rule, RuleId, RuleSet};
use dealproof::shop::{Catalogue, Shopper};

use super::brute::{broad_and_narrow, catalogue_of, rivals, scenario, small_orders};
use super::oracle::{Audited, confirms};

const WHOLE: i128 = 1_000_000;

#[test]
fn brute_force_breaks_no_share_and_no_shadow() {
    let wanted = [
        Promise::Depth,
        Promise::EarnShare,
        Promise::SplitFarm,
        Promise::CapsMatter,
        Promise::PoolingPays,
        Promise::NoPump,
        Promise::EveryRule,
    ];
    let allowed: Amount = "30".parse().unwrap();
    let promises = Promises::default().only(wanted).pool_max(allowed);
    let mut tried: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in broad_and_narrow() {
        let scenario = scenario(seed);
        let catalogue = catalogue_of(&scenario);
        let catalogue = catalogue.shopper(Shopper::new("the one", scenario.context.clone()));
        let bounds = AuditBounds::default().promises(promises.clone()).orders(300).nodes(2_800);
        let report = audit(&scenario.rules, &catalogue, &bounds).unwrap();
        let mut bare = scenario.context.clone();
        bare.codes.clear();
        let shop = Shop {
            seed,
            rules: &scenario.rules,
            catalogue: &catalogue,
            plan: dealproof::compile(&scenario.rules).unwrap(),
            orders: small_orders(&catalogue, &[scenario.context.clone(), bare]),
        };
        let quotes: Vec<Quote> = shop.orders.iter().map(|order| price(&shop.plan, order)).collect();
        shop.ceilings_hold(&report, &promises, &quotes, &mut tried);
        shop.proofs_hold(&report, &promises, &quotes, &mut tried);
        for finding in &report.findings {
            shop.finding_holds(finding, &quotes, &mut tried);
            let audited = Audited { rules: &scenario.rules, catalogue: &catalogue, promises: &promises };
            confirms(&audited, finding, &format!("seed {seed}"));
        }
    }
    println!("brute force of shares: {tried:?} hold");
    // Chance decides how many; of each some must be tried.
    for what in ["depth", "exact", "split-farm", "pooling-pays", "shadow"] {
        assert!(tried.get(what).is_some_and(|count| *count >= 5), "{what}: {tried:?}");
    }
}

fn price(plan: &Plan, order: &Order) -> Quote {
    plan.price(&mut Scratch::default(), &order.cart, &order.context, &Usage::default()).unwrap()
}

struct Shop<'s> {
    seed: u64,
    rules: &'s RuleSet,
    catalogue: &'s Catalogue,
    plan: Plan,
    orders: Vec<Order>,
}

impl Shop<'_> {
    /// No order passes a ceiling, and what was found is no more than it.
    fn ceilings_hold(
        &self,
        report: &AuditReport,
        promises: &Promises,
        quotes: &[Quote],
        tried: &mut BTreeMap<&'static str, usize>,
    ) {
        for extreme in &report.extremes {
            let found = extreme.found.as_ref().map_or(0, |peak| peak.share_ppm().unwrap_or(i64::MAX));
            let Some(ceiling) = &extreme.ceiling else { continue };
            let share = i128::from(ceiling.percent.to_rate().unwrap().ppm());
            let (name, promise, stated) = match extreme.measure {
                Measure::Depth => ("depth", Promise::Depth, promises.clone().depth_percent(ceiling.percent)),
                Measure::Earned => {
                    ("earned", Promise::EarnShare, promises.clone().earned_percent(ceiling.percent))
                }
                other => panic!("{other:?}"),
            };
            assert_eq!(check(self.rules, self.catalogue, &stated, promise, &ceiling.certificate), Ok(()));
            let tolerance = match &ceiling.certificate {
                Certificate::Bound { tolerance_minor, .. } => i128::from(*tolerance_minor),
                _strict => 0,
            };
            for (order, quote) in self.orders.iter().zip(quotes) {
                let (part, whole) = self.measured(extreme.measure, quote);
                let passes = i128::from(part) * WHOLE > share * i128::from(whole) + tolerance * WHOLE;
                assert!(!passes, "seed {}: {part} of {whole} at {share}: {order:?}", self.seed);
            }
            if extreme.is_exact() && found > 0 {
                *tried.entry("exact").or_default() += 1;
            }
            *tried.entry(name).or_default() += 1;
        }
    }

    fn measured(&self, measure: Measure, quote: &Quote) -> (i64, i64) {
        match measure {
            Measure::Depth => (quote.totals.goods_discount.minor(), quote.totals.list.minor()),
            Measure::Earned => (self.earned(quote), quote.totals.payable.minor()),
            other => panic!("{other:?}"),
        }
    }

    /// What an order gives for later in points and money, coupons aside: at least so much.
    fn earned(&self, quote: &Quote) -> i64 {
        let minor = |amount: Amount| i128::from(amount.to_money(self.rules.currency).unwrap().minor());
        let rates =
            self.rules.rules.iter().filter(|rule| rule.enabled).filter_map(|rule| match &rule.benefit {
                Benefit::PointsRedeem(redeem) => Some((minor(redeem.value), i128::from(redeem.step.max(1)))),
                _other => None,
            });
        let best = rates.max_by_key(|(value, step)| value * WHOLE / step);
        let earned = quote.points.iter().filter(|one| one.direction == PointsDirection::Earned);
        let points: i128 = earned.map(|one| i128::from(one.points)).sum();
        let points = best.map_or(0, |(value, step)| points * value / step);
        let money: i64 =
            quote.grants.iter().map(|one| one.amount.minor() * i64::try_from(one.quantity).unwrap()).sum();
        i64::try_from(points).unwrap() + money
    }

    fn proofs_hold(
        &self,
        report: &AuditReport,
        promises: &Promises,
        quotes: &[Quote],
        tried: &mut BTreeMap<&'static str, usize>,
    ) {
        for answer in &report.answers {
            let Verdict::Proved { certificate } = &answer.verdict else { continue };
            let checked = check(self.rules, self.catalogue, promises, answer.promise, certificate);
            assert_eq!(checked, Ok(()), "seed {}", self.seed);
            if matches!(certificate, Certificate::NoCase {}) {
                continue;
            }
            match answer.promise {
                Promise::SplitFarm => self.loses_nothing_twice(quotes),
                Promise::EarnShare => {
                    for quote in quotes {
                        let (worth, paid) = self.measured(Measure::Earned, quote);
                        assert!(worth * 2 <= paid, "seed {}: {worth} for {paid}", self.seed);
                    }
                }
                Promise::NoPump => {
                    // Who is paid for by others earns no more than is paid in money.
                    for quote in quotes {
                        assert!(self.earned(quote) <= quote.totals.payable.minor(), "seed {}", self.seed);
                    }
                }
                Promise::PoolingPays => self.saves_little_together(certificate),
                _others => continue,
            }
            *tried.entry(answer.promise.name()).or_default() += 1;
        }
    }

    fn loses_nothing_twice(&self, quotes: &[Quote]) {
        for (order, quote) in self.orders.iter().zip(quotes) {
            let gifts = quote.gifts.iter().map(|gift| &gift.rule);
            let mut applied = quote.rules.iter().map(|total| &total.rule).chain(gifts);
            if !quote.claims.is_empty() || applied.any(|id| self.comes_to_an_end(id)) {
                continue;
            }
            let lines = order.cart.lines().iter();
            let cost: i64 =
                lines.filter_map(|line| Some(line.cost?.minor() * i64::from(line.quantity))).sum();
            let lost = cost - quote.totals.goods.minor();
            assert!(lost <= 0, "seed {}: {lost} lost by {order:?}", self.seed);
        }
    }

    fn rule(&self, id: &RuleId) -> &Rule {
        self.rules.rules.iter().find(|rule| rule.id == *id).unwrap()
    }

    fn comes_to_an_end(&self, id: &RuleId) -> bool {
        fn early(condition: &Condition) -> bool {
            match condition {
                Condition::FirstOrder {} => true,
                Condition::OrderNumber(number) => number.at_most.is_some(),
                Condition::All(nested) => nested.iter().any(early),
                _other => false,
            }
        }
        let rule = self.rule(id);
        rule.limits.uses.is_some()
            || rule.limits.uses_per_customer.is_some()
            || rule.limits.units.is_some()
            || rule.limits.units_per_customer.is_some()
            || rule.limits.budget.is_some()
            || rule.condition.as_ref().is_some_and(early)
    }

    fn saves_little_together(&self, certificate: &Certificate) {
        let Certificate::Steady { tolerance_minor, .. } = certificate else { panic!("{certificate:?}") };
        let allowed: Amount = "30".parse().unwrap();
        let most = allowed.to_money(self.rules.currency).map_or(0, Money::minor) + 3 * tolerance_minor;
        for (several, one) in rivals(&self.orders, Promise::SplitPays).into_iter().step_by(3) {
            let goods = |order: &Order| price(&self.plan, order).totals.goods.minor();
            let saved = several.iter().map(goods).sum::<i64>() - goods(&one);
            assert!(saved <= most, "seed {}: {saved} saved by {one:?}", self.seed);
        }
    }

    /// What is said to be so for every order is so for all small ones.
    fn finding_holds(&self, finding: &Finding, quotes: &[Quote], tried: &mut BTreeMap<&'static str, usize>) {
        let Some(why) = &finding.why else { return };
        let id = &finding.rules[0];
        let applies = |quote: &Quote| {
            quote.rules.iter().any(|total| total.rule == *id)
                || quote.gifts.iter().any(|gift| gift.rule == *id)
        };
        let what = match why {
            Why::CapUnreached { .. } => {
                let mut uncapped = self.rules.clone();
                uncapped.rules.iter_mut().filter(|rule| rule.id == *id).for_each(|rule| rule.cap = None);
                let plan = dealproof::compile(&uncapped).unwrap();
                for (order, quote) in self.orders.iter().zip(quotes) {
                    assert_eq!(price(&plan, order).rules, quote.rules, "seed {}: {order:?}", self.seed);
                }
                "cap never"
            }
            Why::CapAlways { .. } => {
                let cap = self.rule(id).cap.unwrap().to_money(self.rules.currency).unwrap().minor();
                let asked = quotes.iter().flat_map(|quote| &quote.rules).filter(|total| total.rule == *id);
                for total in asked {
                    assert_eq!(total.asked.minor() % cap, 0, "seed {}: {total:?}", self.seed);
                }
                "cap always"
            }
            Why::Behind { .. } | Why::NoGoods {} if finding.tier.is_none() => {
                for (order, quote) in self.orders.iter().zip(quotes) {
                    assert!(!applies(quote), "seed {}: {id} is behind, and applies to {order:?}", self.seed);
                }
                "shadow"
            }
            _other => return,
        };
        *tried.entry(what).or_default() += 1;
    }
}
