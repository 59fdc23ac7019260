//! Rule sets: stages, and rules that compete and stack in them.

use super::bytes::Bytes;
use super::maker::Maker;
use super::quotas;
use crate::money::{Amount, Money, RoundMode, Rounding, RoundingPer};
use crate::record::{RuleUsage, Usage};
use crate::rules::{
    AmountOff, AnyOf, Basis, Benefit, Caps, Condition, Coupon, Each, Exclusive, Per, PercentOff, Rule,
    RuleLimits, RuleSet, Select, Short, Stage, Undeclared, UnitPrice, Window,
};
use crate::shop::{Cart, CouponCode};

pub(super) const GIFTS: [&str; 3] = ["TOY", "PEN", "CUP"];
const CODES: [&str; 6] = ["SAVE0", "SAVE1", "SAVE2", "SAVE3", "SAVE4", "SAVE5"];
const RULES_MAX: usize = CODES.len();

pub(super) fn rule_set(bytes: &mut Bytes, cart: &Cart) -> RuleSet {
    let stages = stages(bytes);
    let mut rules = Vec::new();
    for at in 0..bytes.one_of([1, 3, 4, 5, RULES_MAX, RULES_MAX, 2, 4]) {
        let stage = bytes.below(stages.len());
        let per = bytes.one_of([Per::Order, Per::Order, Per::Order, Per::Shop, Per::Line]);
        let per_line = per == Per::Line;
        let mut maker = Maker { bytes, cart, stages: &stages, stage, per_line };
        let rule = maker.rule(at, per);
        let twin = rules.last().filter(|_| bytes.in_16(3)).map(|last| twin_of(last, &rule));
        rules.push(twin.unwrap_or(rule));
    }
    stack(bytes, &mut rules);
    let quotas = quotas::share(bytes, &mut rules, &stages);
    let mut set = RuleSet::new(cart.currency()).stages(stages).rounding(rounding(bytes));
    set.quotas = quotas;
    set.caps = caps(bytes, cart);
    if bytes.in_16(1) {
        set.undeclared = Undeclared::Apart;
    }
    rules.into_iter().fold(set, RuleSet::rule)
}

/// Rules most of which are coupons with a code each, and some of which come by themselves.
pub(super) fn coupon_rules(bytes: &mut Bytes, cart: &Cart) -> RuleSet {
    let mut stages = stages(bytes);
    for stage in &mut stages {
        if bytes.in_16(2) {
            stage.select = Select::BestCombination;
        }
    }
    // Trying all subsets of a dozen takes thousands of pricings, so few have that many.
    let few = bytes.one_of([4, 5, 6, 3, 7, 5, 4, 8]);
    let coupons = bytes.maybe(1, |bytes| bytes.one_of([10, 12, 9, 11])).unwrap_or(few);
    let automatic = bytes.one_of([1, 0, 2, 3]);
    let mut rules = Vec::new();
    for at in 0..coupons + automatic {
        let stage = bytes.below(stages.len());
        let per = bytes.one_of([Per::Order, Per::Order, Per::Order, Per::Shop, Per::Order, Per::Line]);
        let mut maker = Maker { bytes, cart, stages: &stages, stage, per_line: per == Per::Line };
        let mut rule = maker.rule(at, per);
        rule.enabled = true;
        rule.coupon = None;
        if at < coupons {
            rule = rule.codes([format!("SAVE{at}")]);
            // Some are held as well as typed, some only held.
            rule.coupon = match bytes.below(8) {
                5 if coupons <= 8 => rule.coupon.map(Coupon::or_wallet),
                6 | 7 => Some(Coupon::wallet()),
                _ => rule.coupon,
            };
            if bytes.in_16(3) {
                // Later than any window of a condition starts, so that both can hold.
                let until = bytes.one_of(["2030-01-01T00:00:00Z", "2029-01-01T00:00:00Z"]);
                let window = Condition::Window(Window::new(None, Some(super::context::moment(until))));
                rule.condition = Some(match rule.condition.take() {
                    Some(condition) => Condition::All(vec![window, condition]),
                    None => window,
                });
            }
        } else if bytes.in_16(2) {
            // An automatic rule may ask for a code as well.
            let code = CouponCode::new(format!("SAVE{}", bytes.below(coupons)));
            let asked = Condition::Code(AnyOf::new([code]));
            rule.condition = Some(if bytes.in_16(6) { Condition::Not(Box::new(asked)) } else { asked });
        }
        let twin = rules.last().filter(|_| bytes.in_16(2)).map(|last| twin_of(last, &rule));
        rules.push(twin.unwrap_or(rule));
    }
    stack(bytes, &mut rules);
    let quotas = quotas::share(bytes, &mut rules, &stages);
    let mut set = RuleSet::new(cart.currency()).stages(stages).rounding(rounding(bytes));
    set.quotas = quotas;
    set.caps = caps(bytes, cart);
    if bytes.in_16(1) {
        set.undeclared = Undeclared::Apart;
    }
    rules.into_iter().fold(set, RuleSet::rule)
}

/// Two or three multi-buy offers in a stage that shares units out, and now and then a rule before or behind.
pub(super) fn offers(bytes: &mut Bytes, cart: &Cart) -> RuleSet {
    let plain = |id: &str| Stage::new(id).basis(Basis::Running);
    let stages = vec![plain("one"), Stage::new("two").select(Select::BestAssignment), plain("three")];
    let mut rules = Vec::new();
    for at in 0..bytes.one_of([2, 2, 2, 2, 2, 2, 3]) {
        let per = bytes.one_of([Per::Order, Per::Order, Per::Order, Per::Shop]);
        let mut maker = Maker { bytes, cart, stages: &stages, stage: 1, per_line: false };
        let mut rule = maker.rule(at, per);
        (rule.enabled, rule.coupon, rule.reuse) = (true, None, false);
        rules.push(rule);
    }
    for (stage, cases) in [(0, 4), (2, 4)] {
        if bytes.in_16(cases) {
            let at = rules.len();
            let mut maker = Maker { bytes, cart, stages: &stages, stage, per_line: false };
            rules.push(maker.rule(at, Per::Order));
        }
    }
    stack(bytes, &mut rules);
    let mut set = RuleSet::new(cart.currency()).stages(stages).rounding(rounding(bytes));
    set.caps = caps(bytes, cart);
    rules.into_iter().fold(set, RuleSet::rule)
}

/// The rule with the benefit of the one before, so that two rules save the same.
fn twin_of(last: &Rule, rule: &Rule) -> Rule {
    let mut twin = last.clone();
    twin.id = rule.id.clone();
    twin.rank = rule.rank;
    twin.coupon = rule.coupon.clone();
    twin
}

fn stages(bytes: &mut Bytes) -> Vec<Stage> {
    if bytes.in_16(2) {
        return Stage::default_list();
    }
    let names = ["one", "two", "three"];
    let count = bytes.one_of([1, 1, 2, 3]);
    let stage = |name: &&str| {
        let selects = [
            Select::All,
            Select::All,
            Select::All,
            Select::All,
            Select::First,
            Select::Best,
            Select::BestPerLine,
            Select::BestPerUnit,
        ];
        let mut stage = Stage::new(*name).select(bytes.one_of(selects));
        stage = stage.basis(bytes.one_of([Basis::Entry, Basis::Running]));
        stage.max_rules = bytes.maybe(3, |bytes| bytes.one_of([1, 2]));
        stage
    };
    names.iter().take(count).map(stage).collect()
}

fn rounding(bytes: &mut Bytes) -> Rounding {
    let modes = [RoundMode::HalfUp, RoundMode::Down, RoundMode::HalfEven, RoundMode::HalfDown];
    let pers = [RoundingPer::Order, RoundingPer::Order, RoundingPer::Line, RoundingPer::Unit];
    Rounding::new(bytes.one_of(modes), bytes.one_of(pers))
}

fn caps(bytes: &mut Bytes, cart: &Cart) -> Caps {
    let mut caps = Caps::none();
    if bytes.in_16(2) {
        let minor = bytes.one_of([1_000, 500, 1]);
        caps = caps.order_amount(Amount::from_money(Money::from_minor(minor), cart.currency()));
    }
    if bytes.in_16(2) {
        caps = caps.order_percent(crate::money::Percent::whole(bytes.one_of([50, 30, 10])));
    }
    if bytes.in_16(2) {
        caps = caps.line_percent(crate::money::Percent::whole(bytes.one_of([50, 30, 10])));
    }
    caps
}

impl Maker<'_, '_> {
    fn rule(&mut self, at: usize, per: Per) -> Rule {
        let stage = &self.stages[self.stage];
        let (stage, select) = (stage.id.as_str().to_owned(), stage.select);
        let mut rule = Rule::new(format!("r{at}"), stage, self.benefit()).per(per);
        rule = rule.rank(self.bytes.one_of([0, 0, 1, -1]));
        rule.condition = self.bytes.in_16(6).then(|| self.condition());
        if self.bytes.in_16(3) {
            rule = rule.codes([CODES[at % CODES.len()]]);
        }
        if self.bytes.in_16(1) {
            rule = rule.disabled();
        }
        let gives_money = gives_money(&rule.benefit);
        if matches!(rule.benefit, Benefit::PointsRedeem(_) | Benefit::UseBalance(_)) {
            rule.per = Per::Order;
        }
        if gives_money && select != Select::BestPerUnit && self.bytes.in_16(4) {
            rule = rule.cap(self.amount());
        }
        if gives_money && self.bytes.in_16(3) {
            rule = rule.rounding(rounding(self.bytes));
        }
        if is_multi_buy(&rule.benefit) && self.bytes.in_16(4) {
            rule = rule.reuse();
        }
        rule.limits = self.limits(&rule.benefit);
        if gives_money {
            rule = funded(self.bytes, rule);
        }
        rule
    }

    fn limits(&mut self, benefit: &Benefit) -> RuleLimits {
        let mut limits = RuleLimits::none();
        if self.bytes.in_16(9) {
            return limits;
        }
        let few = [2, 1, 3, 4];
        if may_limit_units(benefit) && self.bytes.in_16(10) {
            match self.bytes.below(4) {
                0 => limits.units = Some(self.bytes.one_of(few)),
                1 => limits.units_per_customer = Some(self.bytes.one_of(few)),
                2 => limits.units_per_order = Some(self.bytes.one_of(few)),
                _ => {
                    limits.units = Some(self.bytes.one_of(few));
                    limits.units_per_order = Some(self.bytes.one_of(few));
                }
            }
        }
        if self.bytes.in_16(3) {
            limits.uses = Some(self.bytes.one_of(few));
        }
        if self.bytes.in_16(3) {
            limits.uses_per_customer = Some(self.bytes.one_of(few));
        }
        if matches!(benefit, Benefit::PointsEarn(_) | Benefit::PointsRedeem(_)) && self.bytes.in_16(5) {
            let points = self.bytes.one_of([3, 10, 100, 1_000]);
            match self.bytes.below(2) {
                0 => limits.points = Some(points),
                _ => limits.points_per_customer = Some(points),
            }
        }
        if gives_money(benefit) && self.bytes.in_16(5) {
            limits.budget = Some(self.amount());
            limits.short = self.bytes.one_of([Short::Partial, Short::Refuse]);
        }
        let can_fall_short = limits.budget.is_some()
            || limits.points.is_some()
            || limits.points_per_customer.is_some()
            || limits.units.is_some()
            || limits.units_per_customer.is_some()
            || limits.units_per_order.is_some();
        if can_fall_short && self.bytes.in_16(6) {
            limits.short = Short::Refuse;
        }
        limits
    }
}

fn gives_money(benefit: &Benefit) -> bool {
    match benefit {
        Benefit::Gift(_) | Benefit::Grant(_) | Benefit::PointsEarn(_) => false,
        Benefit::Presale(presale) => presale.worth.is_some(),
        _ => true,
    }
}

fn is_multi_buy(benefit: &Benefit) -> bool {
    matches!(
        benefit,
        Benefit::BuyGet(_)
            | Benefit::NthUnit(_)
            | Benefit::UnitLadder(_)
            | Benefit::NFor(_)
            | Benefit::Bundle(_)
    )
}

/// Percentages, amounts and prices over single units, and gifts.
pub(super) fn may_limit_units(benefit: &Benefit) -> bool {
    match benefit {
        Benefit::PercentOff(PercentOff { with_shipping, .. })
        | Benefit::AmountOff(AmountOff { with_shipping, each: Each::Once | Each::Unit, .. }) => {
            !with_shipping
        }
        Benefit::Presale(_)
        | Benefit::GroupPrice(_)
        | Benefit::BargainPrice(_)
        | Benefit::UnitPrice(UnitPrice { .. })
        | Benefit::Gift(_)
        | Benefit::Grant(_) => true,
        _ => false,
    }
}

fn funded(bytes: &mut Bytes, rule: Rule) -> Rule {
    let by = |rule: Rule, shares: &[(&str, &str)]| {
        shares.iter().fold(rule, |rule, (bearer, percent)| match percent.parse() {
            Ok(percent) => rule.funded_by(*bearer, percent),
            Err(_) => rule,
        })
    };
    match bytes.below(8) {
        5 => by(rule, &[("platform", "50"), ("shop", "50")]),
        6 => by(rule, &[("brand", "33.3333"), ("platform", "33.3333"), ("shop", "33.3334")]),
        7 => by(rule, &[("platform", "100")]),
        _ => rule,
    }
}

/// Groups, exclusions and exclusive rules; every name in them is one of another rule.
fn stack(bytes: &mut Bytes, rules: &mut [Rule]) {
    for rule in rules.iter_mut() {
        if bytes.in_16(4) {
            *rule = rule.clone().tag(bytes.one_of(["t1", "t2"]));
        }
    }
    let all = rules.to_vec();
    for (at, rule) in rules.iter_mut().enumerate() {
        let others: Vec<&Rule> = all.iter().filter(|other| other.id != rule.id).collect();
        let Some(other) = bytes.pick(&others) else {
            continue;
        };
        let stacking = std::mem::take(&mut rule.stacking);
        let discounts_goods = gives_money(&rule.benefit) && !matches!(rule.benefit, Benefit::Shipping(_));
        rule.stacking = match bytes.below(24) {
            12..=14 => stacking.group("g"),
            15 => stacking.group(bytes.one_of(["g", "h"])),
            16 => stacking.excludes_rule(other.id.as_str()),
            17 => match other.tags.first() {
                Some(tag) => stacking.excludes_tag(tag.as_str()),
                None => stacking,
            },
            18 => stacking.excludes_stage(other.stage.as_str()),
            19 | 20 if discounts_goods => stacking.exclusive(Exclusive::Lines),
            21 if discounts_goods => stacking.exclusive(Exclusive::LinesInStage),
            22 => stacking.exclusive(Exclusive::Stage),
            0..=2 => stacking.goes_with_rule(other.id.as_str()),
            3 => stacking.goes_with_stage(other.stage.as_str()),
            4 => match other.tags.first() {
                Some(tag) => stacking.goes_with_tag(tag.as_str()),
                None => stacking,
            },
            // The first rule of all: otherwise it rarely finds the order to itself.
            23 if at == 0 => stacking.exclusive(Exclusive::Order),
            _ => stacking,
        };
    }
    // Who excludes each other cannot go together as well.
    let all = rules.to_vec();
    let excludes = |one: &Rule, other: &Rule| {
        let excludes = &one.stacking.excludes;
        excludes.rules.contains(&other.id)
            || !excludes.tags.is_disjoint(&other.tags)
            || excludes.stages.contains(&other.stage)
            || one.stacking.exclusive == Some(Exclusive::Order)
            || one.stacking.exclusive == Some(Exclusive::Stage) && one.stage == other.stage
    };
    for rule in rules {
        let own = rule.clone();
        rule.stacking.goes_with.rules.retain(|id| {
            all.iter().all(|other| other.id != *id || !(excludes(other, &own) || excludes(&own, other)))
        });
    }
}

/// How much of a limit is used: nothing, or all but little.
pub(super) fn near(bytes: &mut Bytes, limit: Option<u64>) -> u64 {
    let limit = limit.unwrap_or(0);
    let used = match bytes.below(16) {
        10..=12 => limit / 2,
        13 => 1,
        14 => limit.saturating_sub(1),
        15 => limit,
        _ => 0,
    };
    used.min(limit)
}

/// What is used of the limits that are set.
pub(super) fn usage(bytes: &mut Bytes, rules: &RuleSet) -> Usage {
    let mut usage = Usage { quotas: quotas::usage(bytes, &rules.quotas), ..Usage::default() };
    for rule in &rules.rules {
        let mut near = |limit: Option<u64>| near(bytes, limit);
        let limits = &rule.limits;
        let mut used = RuleUsage {
            uses: near(limits.uses),
            customer_uses: near(limits.uses_per_customer),
            units: near(limits.units),
            customer_units: near(limits.units_per_customer),
            budget: None,
            points: near(limits.points),
            customer_points: near(limits.points_per_customer),
        };
        used.budget = limits.budget.filter(|_| bytes.in_16(4)).map(|budget| {
            let half = budget.to_money(rules.currency).map_or(0, |money| money.minor() / 2);
            Amount::from_money(Money::from_minor(half), rules.currency)
        });
        if used != RuleUsage::default() {
            usage.rules.insert(rule.id.clone(), used);
        }
    }
    if bytes.in_16(2) {
        let rule = bytes.pick(&rules.rules);
        if bytes.in_16(12) {
            usage.off.rules.extend(rule.map(|rule| rule.id));
        } else {
            usage.off.stages.extend(rule.map(|rule| rule.stage));
        }
    }
    usage
}
