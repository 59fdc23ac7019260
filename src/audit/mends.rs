//! Which small changes may mend a breach.

use std::collections::{BTreeMap, BTreeSet};

use super::check::CapSays;
use super::checks::{Check, excludes};
use super::later::Counting;
use super::levels::target;
use super::measure::lowest_before;
use super::prices::{Odd, Oddity, oddities};
use super::repair::{Change, Instead};
use super::world::World;
use crate::bounds::PPM;
use crate::money::{Amount, Money, Percent};
use crate::rules::{
    Benefit, Condition, Each, Gives, Goods, Per, PercentOf, Promise, Rule, RuleId, Selector, StageId, View,
};
use crate::shop::{Moment, Product, Sku};

/// Rules that are paired for repairs: many more pairs than repairs are tried.
const PAIRED_MAX: usize = 32;

/// Symbols of a code that nobody guesses: of 32 letters and digits that makes 60 bits, a million tries a second for 36,000 years.
const CODE_SYMBOLS: u32 = 12;
/// Products that a rule can be told to leave out one by one.
const LEFT_OUT_MAX: usize = 100;

/// Changes that may mend a breach by some rules, smallest first.
pub(super) fn candidates(world: &World<'_>, check: &Check, rules: &[RuleId], size: i64) -> Vec<Change> {
    let involved = rules.iter().filter_map(|id| world.rule(id.as_str())).collect();
    let breach = Breach { world, check, involved, size };
    match check.promise {
        Promise::AboveCost | Promise::SplitFarm | Promise::Depth | Promise::NotFree => {
            breach.given_too_much()
        }
        Promise::EarnedOnCash => breach.each(|rule| Change::CountCash { rule }),
        Promise::ReturnsNeverPay => breach.returned(),
        Promise::RewardsCovered | Promise::AsBefore | Promise::EarnShare => {
            breach.each(|rule| Change::SwitchOff { rule })
        }
        Promise::GroupHolds => breach.held(),
        Promise::CashLike => breach.liquid(),
        Promise::NoPump => [breach.each(|rule| Change::CountCash { rule }), breach.liquid()].concat(),
        Promise::ShippingApart => breach.each(|rule| Change::GoodsOnly { rule }),
        Promise::PaidThreshold => breach.of_subject(|rule| Change::CountPaid { rule }),
        Promise::RunsOnce | Promise::EveryRule => {
            let last = check.subject.last().cloned();
            last.map(|rule| Change::SwitchOff { rule }).into_iter().collect()
        }
        Promise::HandsOver => [breach.ended(), breach.excluded()].concat(),
        Promise::ExclusionsClosed => breach.excluded(),
        Promise::Rounding => vec![Change::RoundOnce {}],
        Promise::SplitPays => [breach.used_once(), breach.without_most()].concat(),
        Promise::ExclusionsHold => breach.used_once(),
        Promise::NoGap => super::gaps::closed(world, check).into_iter().collect(),
        Promise::AddItem => [breach.pairs(), breach.each(|rule| Change::SwitchOff { rule })].concat(),
        Promise::Exposure => breach.budgets(),
        Promise::EqualRanks => breach.ranks(),
        Promise::PriceProtection => vec![Change::ProtectListPrices {}],
        Promise::RealCut => breach.announced(),
        Promise::PrizeCeiling => breach.won(),
        Promise::SecretCodes => {
            breach.of_subject(|rule| Change::LengthenCodes { rule, symbols: CODE_SYMBOLS })
        }
        Promise::LimitsHold => [
            breach.of_subject(|rule| Change::LimitUses { rule, uses: 1 }),
            breach.of_subject(|rule| Change::SwitchOff { rule }),
        ]
        .concat(),
        Promise::CapsMatter => breach.idle_cap(),
        Promise::PlainPrices => breach.odd(),
        Promise::PoolingPays => breach.pooled(),
    }
}

/// What is broken, by how much, and by which rules.
struct Breach<'w, 'a> {
    world: &'w World<'a>,
    check: &'w Check,
    involved: Vec<&'a Rule>,
    size: i64,
}

impl Breach<'_, '_> {
    fn each(&self, change: impl Fn(RuleId) -> Change) -> Vec<Change> {
        self.involved.iter().map(|rule| change(rule.id.clone())).collect()
    }

    fn of_subject(&self, change: impl Fn(RuleId) -> Change) -> Vec<Change> {
        self.check.subject.iter().cloned().map(change).collect()
    }

    /// Any two of the rules, of very many any two of the first, no longer go together.
    fn pairs(&self) -> Vec<Change> {
        let mut list = Vec::new();
        let involved: Vec<&Rule> = self.involved.iter().copied().take(PAIRED_MAX).collect();
        for (at, first) in involved.iter().enumerate() {
            for second in involved.iter().skip(at + 1).filter(|second| !excludes(first, second)) {
                list.push(Change::Exclude { rule: first.id.clone(), other: second.id.clone() });
            }
        }
        list
    }

    /// The two rules it is about no longer go together.
    fn excluded(&self) -> Vec<Change> {
        match self.check.subject.as_slice() {
            [rule, other] => vec![Change::Exclude { rule: rule.clone(), other: other.clone() }],
            _fewer_or_more => Vec::new(),
        }
    }

    /// The rule that begins first ends when the other begins.
    fn ended(&self) -> Vec<Change> {
        let subject = self.check.subject.iter().filter_map(|id| self.world.rule(id.as_str()));
        let mut begins: Vec<(Option<Moment>, &Rule)> =
            subject.map(|rule| (rule.window().from, rule)).collect();
        begins.sort_by_key(|(from, _)| from.map(Moment::unix_ms));
        match begins.as_slice() {
            [(_, first), (Some(until), _)] => vec![Change::EndAt { rule: first.id.clone(), until: *until }],
            _fewer_or_more => Vec::new(),
        }
    }

    fn given_too_much(&self) -> Vec<Change> {
        let mut list = self.pairs();
        let cap = safe_line_cap(self.world, self.check.promise);
        // A cap of nothing would switch every rule off.
        let cap = cap.filter(|percent| percent.to_rate().is_ok_and(|rate| rate.ppm() > 0));
        list.extend(cap.map(|percent| Change::CapLines { percent }));
        list.extend(self.each(|rule| Change::SwitchOff { rule }));
        list
    }

    fn returned(&self) -> Vec<Change> {
        let mut list = vec![Change::SafestReturns {}];
        list.extend(self.involved.iter().filter_map(|rule| charge_gifts(self.world, rule)));
        list
    }

    fn held(&self) -> Vec<Change> {
        let minutes = self.world.catalogue.policies().returns.days.saturating_mul(24 * 60);
        self.of_subject(|rule| Change::HoldGroup { rule, minutes })
    }

    /// Goods that are as good as money are left out.
    fn liquid(&self) -> Vec<Change> {
        let mut list = self.each(|rule| Change::NoGiftCards { rule });
        let skus: Vec<Sku> = cash_like(self.world);
        if !skus.is_empty() {
            list.extend(self.each(|rule| Change::LeaveOut { rule, skus: skus.clone() }));
        }
        list.extend(self.involved.iter().filter_map(|rule| self.other_gifts(rule)));
        list.extend(self.each(|rule| Change::SwitchOff { rule }));
        list
    }

    /// A rule gives what is not as good as money, where it has both on its list.
    fn other_gifts(&self, rule: &Rule) -> Option<Change> {
        let gift = rule.benefit.gift()?;
        let product = |sku: &Sku| self.world.catalogue.product(sku.as_str());
        let is_cash = |sku: &&Sku| product(sku).is_some_and(|product| product.cash_like);
        let listed = || gift.options.iter().map(|option| &option.sku);
        let skus: Vec<Sku> = listed().filter(is_cash).cloned().collect();
        let some_of_them = !skus.is_empty() && listed().any(|sku| !skus.contains(sku));
        some_of_them.then(|| Change::LeaveOut { rule: rule.id.clone(), skus })
    }

    fn used_once(&self) -> Vec<Change> {
        let mut list = self.each(|rule| Change::OncePerCustomer { rules: vec![rule] });
        let unlimited = |rule: &&Rule| rule.enabled && rule.limits.uses_per_customer.is_none();
        let all = self.world.rules.rules.iter().filter(unlimited).map(|rule| rule.id.clone()).collect();
        list.push(Change::OncePerCustomer { rules: all });
        list
    }

    /// What rules have for small orders alone they have for larger ones, too: one order then gets what several do.
    fn without_most(&self) -> Vec<Change> {
        let mut list = Vec::new();
        for rule in &self.involved {
            let Some(condition) = rule.condition.as_ref() else { continue };
            if condition.without_most().as_ref() == Some(condition) {
                continue;
            }
            let drop = |instead| Change::DropMost { rule: rule.id.clone(), instead };
            // First what gives no more than it did in one order. A limit that is lower stays.
            let most = target(&rule.benefit).and_then(|of| pieces_max(condition, of)).map(u64::from);
            let own = rule.limits.units_per_customer;
            list.extend(
                most.map(|most| drop(Instead::Pieces { units: own.map_or(most, |own| own.min(most)) })),
            );
            if rule.limits.uses_per_customer != Some(1) {
                list.push(drop(Instead::Once {}));
            }
            list.push(drop(Instead::Nothing {}));
        }
        list
    }

    fn budgets(&self) -> Vec<Change> {
        let most = self.world.thresholds.exposure.unwrap_or_else(|| self.size.saturating_mul(1_000));
        // Where it takes several rules, none of them may cost all of it.
        let parts = i64::try_from(self.involved.len()).unwrap_or(i64::MAX).max(1);
        let is_total = self.check.subject.is_empty();
        let part = if is_total { most.checked_div(parts).unwrap_or(most) } else { most };
        let budget = Amount::from_money(Money::from_minor(part), self.world.rules.currency);
        let change = |rule: &&Rule| {
            let (id, part) = (rule.id.clone(), u64::try_from(part).unwrap_or(0));
            // What takes no money off uses up no budget: there are so many points or pieces of it.
            let many =
                |each: i64| part.checked_div(u64::try_from(each).unwrap_or(0)).filter(|many| *many > 0);
            let change = match rule.benefit.gives() {
                Gives::Points(_) => {
                    let (minor, of) = self.world.later.point()?;
                    let points = i128::from(part) * i128::from(of) / i128::from(minor.max(1));
                    let points = u64::try_from(points).ok().filter(|points| *points > 0);
                    points.map(|points| Change::LimitPoints { rule: id.clone(), points })
                }
                Gives::Gift(gift) => {
                    let costs = gift.options.iter().filter_map(|one| self.world.catalogue.cost_of(&one.sku));
                    let units = costs.max().and_then(|cost| many(cost.minor()));
                    units.map(|units| Change::LimitUnits { rule: id.clone(), units })
                }
                Gives::Grant(grant) => {
                    let (later, currency) = (&self.world.later, self.world.rules.currency);
                    let units = later.most_of_piece(grant, currency, Counting::AnyCoupon).and_then(many);
                    units.map(|units| Change::LimitUnits { rule: id.clone(), units })
                }
                Gives::Off | Gives::Shipping | Gives::Redeem(_) | Gives::Presale | Gives::Balance(_) => {
                    Some(Change::SetBudget { rule: id.clone(), budget })
                }
            };
            Some(change.unwrap_or(Change::SwitchOff { rule: id }))
        };
        self.involved.iter().filter_map(change).collect()
    }

    /// Cuts are announced against the lowest price of the days before; or the rules leave the goods out.
    fn announced(&self) -> Vec<Change> {
        let world = self.world;
        let days = i64::from(world.thresholds.reference_days);
        let mut prices = BTreeMap::new();
        for product in world.catalogue.products() {
            let announced = product.piece.reference_price.unwrap_or(product.piece.list_price);
            let moments = world.shoppers.iter().map(|shopper| shopper.context.now.unix_ms());
            let lowest = moments.filter_map(|now| lowest_before(product, now, days)).min();
            if let Some(lowest) = lowest.filter(|lowest| *lowest < announced.minor()) {
                let lowest = Amount::from_money(Money::from_minor(lowest), world.rules.currency);
                prices.insert(product.piece.sku.clone(), lowest);
            }
        }
        let skus: Vec<Sku> = prices.keys().cloned().collect();
        let mut list = vec![Change::AnnounceAgainst { prices }];
        if skus.len() <= LEFT_OUT_MAX {
            list.extend(self.each(|rule| Change::LeaveOut { rule, skus: skus.clone() }));
        }
        list
    }

    /// A cap that decides nothing goes. One that always decides is what the rule gives: it gives just that. Without its cap it
    /// would give more.
    fn idle_cap(&self) -> Vec<Change> {
        let mut list = Vec::new();
        for rule in self.check.subject.iter().filter_map(|id| self.world.rule(id.as_str())) {
            let is_always = matches!(self.world.checker.says_of_cap(rule), Some(CapSays::Always(_)));
            if !is_always {
                list.push(Change::DropCap { rule: rule.id.clone() });
            } else if let Some(amount) = rule.cap.filter(|_| gives_by_order(rule)) {
                list.push(Change::FixAmount { rule: rule.id.clone(), amount });
            }
        }
        list
    }

    /// All that is off by a factor is put right, to what is usual beside it.
    fn odd(&self) -> Vec<Change> {
        let world = self.world;
        let (mut prices, mut costs) = (BTreeMap::new(), BTreeMap::new());
        let mut note = |list: &[Oddity]| {
            for odd in list.iter().take(LEFT_OUT_MAX) {
                let usual = Amount::from_money(odd.usual, world.rules.currency);
                match odd.what {
                    Odd::Cost => costs.insert(odd.sku.clone(), usual),
                    Odd::Price | Odd::PriceBefore => prices.insert(odd.sku.clone(), usual),
                };
            }
            Change::PutRight { prices: prices.clone(), costs: costs.clone() }
        };
        let first = note(&world.oddities);
        // Of a product that is off in two ways the larger is told first.
        vec![note(&oddities(&first.apply_to(world.catalogue)))]
    }

    /// Each rule gives no more than may be saved by ordering together.
    fn pooled(&self) -> Vec<Change> {
        let most = self.world.thresholds.pool;
        let cap = Amount::from_money(Money::from_minor(most), self.world.rules.currency);
        let mut list = Vec::new();
        if most > 0 {
            list = self.each(|rule| Change::SetCap { rule, cap });
        }
        list.extend(self.each(|rule| Change::SwitchOff { rule }));
        list
    }

    fn won(&self) -> Vec<Change> {
        let most = self.world.thresholds.prize.map(Money::from_minor);
        let most = most.map(|most| Amount::from_money(most, self.world.rules.currency));
        most.map(|most| Change::CapPrizes { most }).into_iter().collect()
    }

    fn ranks(&self) -> Vec<Change> {
        let stages: BTreeSet<&StageId> = self.involved.iter().map(|rule| &rule.stage).collect();
        stages.into_iter().map(|stage| Change::RankApart { stage: stage.clone() }).collect()
    }
}

/// Whether a rule takes a percentage or an amount off all its goods in an order: with a cap that is always reached it takes
/// the cap.
fn gives_by_order(rule: &Rule) -> bool {
    let is_plain = match &rule.benefit {
        Benefit::PercentOff(off) => off.limit.is_none() && off.of == PercentOf::Value,
        Benefit::AmountOff(off) => off.limit.is_none() && off.each == Each::Once,
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
        | Benefit::Shipping(_)
        | Benefit::GroupPrice(_)
        | Benefit::BargainPrice(_)
        | Benefit::PointsEarn(_)
        | Benefit::PointsRedeem(_)
        | Benefit::Presale(_)
        | Benefit::UseBalance(_)
        | Benefit::Grant(_) => false,
    };
    is_plain && rule.per == Per::Order
}

/// The most pieces of some goods with which a condition holds, where it says so. The nesting is bounded by validation.
fn pieces_max(condition: &Condition, of: &Selector) -> Option<u32> {
    match condition.view() {
        View::All(nested) => nested.iter().find_map(|one| pieces_max(one, of)),
        View::Any(_) | View::Not(_) | View::Test(_) => {
            condition.of_goods().filter(|goods| goods.of() == of).and_then(Goods::pieces_max)
        }
    }
}

/// Charges each gift of a rule at what it costs.
fn charge_gifts(world: &World<'_>, rule: &Rule) -> Option<Change> {
    let gift = rule.benefit.gift()?;
    let mut worth = BTreeMap::new();
    for option in &gift.options {
        let cost = world.catalogue.cost_of(&option.sku)?;
        worth.insert(option.sku.clone(), Amount::from_money(cost, world.rules.currency));
    }
    Some(Change::ChargeGifts { rule: rule.id.clone(), worth })
}

fn cash_like(world: &World<'_>) -> Vec<Sku> {
    let liquid =
        world.catalogue.products().iter().filter(|product| product.cash_like && !product.piece.gift_card);
    liquid.map(|product| product.piece.sku.clone()).take(LEFT_OUT_MAX).collect()
}

/// The largest cap on each piece that keeps a promise whatever the rules do.
fn safe_line_cap(world: &World<'_>, promise: Promise) -> Option<Percent> {
    let ppm = if promise == Promise::AboveCost {
        let share = |product: &Product| {
            let price = product.piece.list_price.minor();
            let least = product.least_worth()?.minor();
            let share = i128::from(price - least) * i128::from(PPM);
            share.checked_div(i128::from(price))
        };
        let least = world.catalogue.products().iter().filter_map(share).min()?;
        i64::try_from(least).ok()?
    } else if promise == Promise::Depth {
        world.thresholds.depth_ppm
    } else {
        PPM - 1
    };
    let decimal = rust_decimal::Decimal::try_from_i128_with_scale(i128::from(ppm.max(0)), 4).ok()?;
    decimal.normalize().to_string().parse().ok()
}
