//! Every small script of more than one move against what an audit proves of random rule sets: parts that come back, orders
//! that use what the one before earned, buying groups that are left, limits used again and again, ranks the other way round.

use std::collections::BTreeMap;

use dealproof::audit::{
    AuditBounds, Certificate, Order, Promise, Promises, Replay, Then, Verdict, Witness, audit, check,
};
use dealproof::compile::Plan;
use dealproof::evaluate::Scratch;
use dealproof::ledger::Limit;
use dealproof::record::{GiftStatus, PointsDirection, Quote, Usage};
use dealproof::rules::{Benefit, GroupPrice, RuleId, RuleSet};
use dealproof::shop::{BuyingGroup, Catalogue, GroupRole, Line, Shopper};

use super::brute::{broad_and_narrow, catalogue_of, scenario, small_orders};
use super::oracle::{Audited, confirms};

/// Scripts are dear to play: every so manieth order is enough of them.
const EVERY: usize = 4;

#[test]
fn brute_force_scripts_break_no_proof() {
    let wanted = [
        Promise::ReturnsNeverPay,
        Promise::NoPump,
        Promise::GroupHolds,
        Promise::LimitsHold,
        Promise::EqualRanks,
    ];
    let promises = Promises::default().only(wanted);
    let mut proved: BTreeMap<Promise, usize> = BTreeMap::new();
    for seed in broad_and_narrow() {
        let scenario = scenario(seed);
        let catalogue = catalogue_of(&scenario);
        let catalogue = catalogue.shopper(Shopper::new("the one", scenario.context.clone()));
        let bounds = AuditBounds::default().promises(promises.clone()).orders(150);
        let rules = holding(&scenario.rules);
        let report = audit(&rules, &catalogue, &bounds).unwrap();
        let plan = dealproof::compile(&rules).unwrap();
        for finding in &report.findings {
            let replay = finding.worst.witness.replay(&plan, &mut Scratch::default()).unwrap();
            assert_eq!(replay.paid(), finding.worst.paid.minor(), "seed {seed}: {:?}", finding.promise);
            let audited = Audited { rules: &rules, catalogue: &catalogue, promises: &promises };
            confirms(&audited, finding, &format!("seed {seed}"));
        }
        let orders = small_orders(&catalogue, std::slice::from_ref(&scenario.context));
        let shop = Shop { rules: &rules, catalogue: &catalogue, plan: &plan };
        for answer in &report.answers {
            let Verdict::Proved { certificate } = &answer.verdict else { continue };
            assert_eq!(check(&rules, &catalogue, &promises, answer.promise, certificate), Ok(()));
            let mut tried = 0;
            for order in orders.iter().step_by(EVERY) {
                let broken = match answer.promise {
                    Promise::ReturnsNeverPay => shop.returning_pays(order, &mut tried),
                    Promise::NoPump if matches!(certificate, Certificate::NoCase {}) => {
                        shop.earns(order, &mut tried)
                    }
                    Promise::NoPump => shop.runs_on(order, &mut tried),
                    Promise::GroupHolds => shop.leaving_pays(order, &mut tried),
                    Promise::LimitsHold => shop.passes_a_limit(order, &mut tried),
                    Promise::EqualRanks => shop.depends_on_names(order, &mut tried),
                    other => panic!("{other:?} was not asked for"),
                };
                assert!(!broken, "seed {seed}: {:?} was proved, and {order:?} breaks it", answer.promise);
            }
            *proved.entry(answer.promise).or_default() += usize::from(tried > 0);
        }
    }
    println!("brute force of scripts: {proved:?} proofs hold");
    // Chance decides how many; of each some must be tried.
    for promise in wanted {
        assert!(proved.get(&promise).is_some_and(|count| *count >= 20), "{promise:?}: {proved:?}");
    }
}

/// The rules with buying groups that hold until nobody can go back, without dummies: else none of them is proved.
fn holding(rules: &RuleSet) -> RuleSet {
    let mut rules = rules.clone();
    for rule in &mut rules.rules {
        if let Benefit::GroupPrice(terms) = &mut rule.benefit {
            (terms.fill, terms.hold_minutes) = (0, 7 * 24 * 60);
        }
    }
    rules
}

struct Shop<'s> {
    rules: &'s RuleSet,
    catalogue: &'s Catalogue,
    plan: &'s Plan,
}

impl Shop<'_> {
    fn play(&self, witness: &Witness) -> Option<Replay> {
        witness.replay(self.plan, &mut Scratch::default()).ok()
    }

    /// Whether some pieces can come back so that the rest costs less than it was bought for and than it costs alone.
    fn returning_pays(&self, order: &Order, tried: &mut usize) -> bool {
        order.cart.lines().iter().any(|line| {
            let pieces = [1, line.quantity].into_iter().map(|count| (line.sku.clone(), count));
            pieces.into_iter().any(|piece| {
                let less = |mut one: Line| {
                    one.quantity -= if one.sku == piece.0 { piece.1 } else { 0 };
                    one
                };
                let kept = order.cart.lines().iter().cloned().map(less);
                let kept: Vec<Line> = kept.filter(|one| one.quantity > 0).collect();
                let rest: Vec<Order> =
                    if kept.is_empty() { vec![] } else { vec![super::brute::with_lines(order, kept)] };
                let then = Then::Returned { pieces: [piece].into() };
                let Some(replay) = self.play(&Witness::compared(vec![order.clone()], rest).then(then)) else {
                    return false;
                };
                let quotes = || replay.quotes.iter().chain(&replay.instead_of);
                let add_ons = |of: &[Quote]| of.iter().map(|quote| quote.totals.add_ons.minor()).sum::<i64>();
                // What is kept may come with an add-on, bought beside it, that the larger order did not.
                let buys_more = add_ons(&replay.instead_of) > add_ons(&replay.quotes);
                if quotes().any(pays_from_wallet) || buys_more {
                    return false;
                }
                *tried += 1;
                let sum = |of: &[Quote]| of.iter().map(|quote| quote.totals.payable.minor()).sum::<i64>();
                replay.paid() < sum(&replay.quotes).min(sum(&replay.instead_of))
            })
        })
    }

    /// Whether an order leaves anything to pay the next with.
    fn earns(&self, order: &Order, tried: &mut usize) -> bool {
        let coupons = BTreeMap::new();
        let chain = Witness::compared(vec![order.clone(), order.clone()], vec![]);
        let Some(replay) = self.play(&chain.then(Then::EarningsUsed { coupons })) else { return false };
        *tried += 1;
        replay.quotes.iter().any(|quote| {
            let earned = quote.points.iter().any(|one| one.direction == PointsDirection::Earned);
            earned || !quote.grants.is_empty() || self.brings_cards(order, quote)
        })
    }

    /// Whether goods as good as money are bought or given for less than they are listed at.
    fn brings_cards(&self, order: &Order, quote: &Quote) -> bool {
        let products = || self.catalogue.products().iter().filter(|product| product.cash_like);
        let is_card = |line: &Line| products().any(|product| product.piece.sku == line.sku);
        let mut lines = order.cart.lines().iter().zip(&quote.lines);
        let given = quote.gifts.iter().filter(|gift| gift.status != GiftStatus::Offered).any(|gift| {
            products().any(|one| one.piece.sku == gift.sku && one.piece.list_price > gift.unit_price)
        });
        given || lines.any(|(line, priced)| is_card(line) && priced.payable < priced.list)
    }

    /// Whether an order earns as much as the ones before it paid for it, and these paid more than half.
    fn runs_on(&self, order: &Order, tried: &mut usize) -> bool {
        let chain = Witness::compared(vec![order.clone(); 3], vec![]);
        let coupons = BTreeMap::new();
        let Some(replay) = self.play(&chain.then(Then::EarningsUsed { coupons })) else { return false };
        let Some(alone) = self.play(&Witness::of(order.clone())) else { return false };
        *tried += 1;
        let last = replay.quotes.last().unwrap();
        let used = alone.paid() - last.totals.payable.minor();
        let money: i64 = last.grants.iter().map(|one| one.amount.minor()).sum();
        used > 0 && last.totals.payable.minor() < used && money >= used || self.brings_cards(order, last)
    }

    /// Whether those who stay in a group pay less than their number costs, and than its first price if that was met.
    fn leaving_pays(&self, order: &Order, tried: &mut usize) -> bool {
        let groups: Vec<(&RuleId, &GroupPrice)> = self
            .rules
            .rules
            .iter()
            .filter_map(|rule| {
                let Benefit::GroupPrice(terms) = &rule.benefit else { return None };
                rule.enabled.then_some((&rule.id, terms))
            })
            .collect();
        groups.into_iter().any(|(rule, terms)| {
            let most = terms.tiers.last().map_or(0, |tier| tier.size).min(4);
            (2..=most).any(|members| {
                [1, members - 1, members].into_iter().any(|stay| {
                    let mut order = order.clone();
                    // An add-on that comes at some tiers alone is none of what a group saves.
                    order.context.gifts.clear();
                    order.context.group = Some(BuyingGroup::new(members).role(GroupRole::Leader));
                    let usage = Usage::default();
                    let outcomes = self.plan.group_outcomes(
                        &mut Scratch::default(),
                        &order.cart,
                        &order.context,
                        &usage,
                    );
                    let Ok(outcomes) = outcomes else { return false };
                    let window_days = self.catalogue.policies().returns.days;
                    let (rule, terms) = (rule.clone(), terms.clone());
                    let then = Then::GroupLeft { rule, terms, members, stay, window_days };
                    let Some(replay) = self.play(&Witness::of(order).then(then)) else { return false };
                    *tried += 1;
                    let first = outcomes.first().filter(|first| first.size <= members);
                    let first = first.map(|first| first.payable.minor() * i64::from(stay));
                    // Without a group there is nothing to compare with.
                    let instead = replay.paid_instead();
                    instead != 0 && replay.paid() < first.map_or(instead, |first| first.min(instead))
                })
            })
        })
    }

    /// Whether four orders after each other claim more of a limit than there is.
    fn passes_a_limit(&self, order: &Order, tried: &mut usize) -> bool {
        let Some(replay) = self.play(&Witness::compared(vec![order.clone(); 4], vec![])) else {
            return false;
        };
        *tried += 1;
        Limit::of_rules(self.rules).unwrap().iter().any(|limit| {
            let claims = replay.quotes.iter().flat_map(|quote| &quote.claims);
            let same = claims.filter(|claim| {
                let (own, of) = (&claim.resource, &limit.resource);
                (own.rule(), own.quota_id(), own.kind()) == (of.rule(), of.quota_id(), of.kind())
            });
            same.map(|claim| claim.amount).sum::<u64>() > limit.amount
        })
    }

    /// Whether an order costs something else when rules of equal rank come in the other order, beyond rounding.
    fn depends_on_names(&self, order: &Order, tried: &mut usize) -> bool {
        let mut turned = self.rules.clone();
        for rule in &mut turned.rules {
            // Ranks stay apart, and ties are broken by how the names compare, the other way round.
            let behind = self.rules.rules.iter().filter(|other| {
                other.stage == rule.stage
                    && (other.rank < rule.rank || other.rank == rule.rank && other.id > rule.id)
            });
            rule.rank = i32::try_from(behind.count()).unwrap();
        }
        let price = |plan: &Plan| Witness::of(order.clone()).replay(plan, &mut Scratch::default()).ok();
        let other = dealproof::compile(&turned).unwrap();
        let Some((one, other)) = price(self.plan).zip(price(&other)) else { return false };
        *tried += 1;
        one.paid() != other.paid()
    }
}

/// What points and balances paid comes back as such.
fn pays_from_wallet(quote: &Quote) -> bool {
    let redeemed = |one: &dealproof::record::QuotePoints| one.direction == PointsDirection::Redeemed;
    !quote.draws.is_empty() || quote.points.iter().any(redeemed)
}
