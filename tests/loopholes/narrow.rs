//! Scenarios of few rules that ask for little, of which more is proved; and a longer search against what is proved of them.

use std::collections::{BTreeMap, BTreeSet};

use dealproof::audit::{AuditBounds, Certificate, Promise, Promises, Verdict, audit, fuzz};
use dealproof::money::{Amount, Percent};
use dealproof::record::Fingerprint;
use dealproof::rules::{Condition, Rule, RuleId, RuleLimits, RuleSet, Stacking, Window};
use dealproof::shop::{Catalogue, Shopper};
use dealproof::testkit::Scenario;

use super::brute::{catalogue_of, scenario};

/// Choices drawn from a seed.
pub(super) struct Dice {
    seed: u64,
    drawn: u64,
}

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    pub(super) fn below(&mut self, most: usize) -> usize {
        self.drawn += 1;
        let bytes = [self.seed.to_le_bytes(), self.drawn.to_le_bytes()].concat();
        usize::from(Fingerprint::of(&bytes).bytes()[0]) % most
    }

    pub(super) fn one_of<T: Copy, const N: usize>(&mut self, choices: [T; N]) -> T {
        choices[self.below(N)]
    }
}

/// Some of the rules, with fewer conditions, limits and exclusions, now and then with a window or a copy beside them.
pub(super) fn narrow(rules: &RuleSet, seed: u64) -> RuleSet {
    let mut dice = Dice::new(seed);
    let mut narrow = rules.clone();
    let most = dice.one_of([1, 2, 2, 3, 3, 4]);
    while narrow.rules.len() > most {
        narrow.rules.remove(dice.below(narrow.rules.len()));
    }
    narrow.quotas.clear();
    for rule in &mut narrow.rules {
        rule.quotas.clear();
        simplify(rule, &mut dice);
    }
    if dice.below(4) == 0 {
        let at = dice.below(narrow.rules.len());
        let copy = copy_of(&narrow.rules[at], &mut dice);
        narrow.rules.push(copy);
    }
    forget_names(&mut narrow);
    // A window beside another may leave no time at all, which is refused.
    if dealproof::compile(&narrow).is_ok() { narrow } else { rules.clone() }
}

fn simplify(rule: &mut Rule, dice: &mut Dice) {
    if dice.below(3) == 0 {
        rule.condition = None;
    }
    if dice.below(3) == 0 {
        rule.limits = RuleLimits::none();
    }
    if dice.below(4) == 0 {
        rule.stacking = Stacking::free();
    }
    if dice.below(4) == 0 {
        rule.cap = None;
    }
    if let Some(time) = time(dice) {
        rule.condition = Some(match rule.condition.take() {
            None => time,
            Some(known) if dice.below(3) == 0 => Condition::Any(vec![time, known]),
            Some(known) => Condition::All(vec![known, time]),
        });
    }
}

/// A window around midnight; most rules have none.
fn time(dice: &mut Dice) -> Option<Condition> {
    let window = |from: Option<&str>, until: Option<&str>| {
        let moment = |text: &str| text.parse().unwrap();
        Condition::Window(Window::new(from.map(moment), until.map(moment)))
    };
    let (midnight, later) = ("2026-11-12T00:00:00+08:00", "2026-11-12T00:30:00+08:00");
    match dice.below(12) {
        0 => Some(window(None, Some(midnight))),
        1 => Some(window(Some(midnight), None)),
        2 => Some(Condition::Not(Box::new(window(None, Some(later))))),
        3 => Some(window(Some("2026-11-11T00:00:00+08:00"), Some("2026-11-11T23:59:00+08:00"))),
        _none => None,
    }
}

/// A rule that gives the same, now and then under somewhat other terms.
fn copy_of(rule: &Rule, dice: &mut Dice) -> Rule {
    let mut copy = rule.clone();
    copy.id = RuleId::new("copy");
    copy.coupon = None;
    match dice.below(5) {
        0 => copy.rank += 1,
        1 => copy.condition = None,
        2 => {
            let denied = |condition| Condition::Not(Box::new(condition));
            copy.condition = copy.condition.map(|condition| denied(denied(condition)));
        }
        3 => copy.limits = RuleLimits::none(),
        _same => {}
    }
    copy
}

/// Who is gone is not named any more.
fn forget_names(rules: &mut RuleSet) {
    let ids: BTreeSet<_> = rules.rules.iter().map(|rule| rule.id.clone()).collect();
    let tags: BTreeSet<_> = rules.rules.iter().flat_map(|rule| rule.tags.clone()).collect();
    for rule in &mut rules.rules {
        let Stacking { excludes, goes_with, .. } = &mut rule.stacking;
        excludes.rules.retain(|id| ids.contains(id));
        excludes.tags.retain(|tag| tags.contains(tag));
        goes_with.rules.retain(|id| ids.contains(id));
        goes_with.tags.retain(|tag| tags.contains(tag));
    }
}

/// The catalogue of a scenario, now and then with its shopper, without costs and with goods as good as money.
fn shop_of(scenario: &Scenario, dice: &mut Dice) -> Catalogue {
    let mut products = catalogue_of(scenario).products().to_vec();
    for product in &mut products {
        if dice.below(6) == 0 {
            product.piece.cost = None;
        }
        product.cash_like = dice.below(5) == 0;
    }
    let changed = Catalogue::new(scenario.cart.currency(), products).unwrap();
    match dice.below(2) {
        0 => changed,
        _ => changed.shopper(Shopper::new("the one", scenario.context.clone())),
    }
}

fn thresholds(dice: &mut Dice) -> Promises {
    let amount = |text: &str| text.parse::<Amount>().unwrap();
    let jumps = dice.one_of(["0", "0", "5", "30"]);
    let mut promises = Promises::default().drop_max(amount(jumps)).split_max(amount(jumps));
    if dice.below(2) == 0 {
        promises = promises.pool_max(amount(jumps)).exposure_max(amount(dice.one_of(["1000", "100000"])));
    }
    if dice.below(2) == 0 {
        let percent = Percent::whole(dice.one_of([10, 30, 50, 90]));
        promises = promises.depth_percent(percent).earned_percent(percent);
    }
    promises
}

/// What is proved of a few rules, by what they say or by the orders of a short search.
fn proved(rules: &RuleSet, catalogue: &Catalogue, promises: &Promises) -> BTreeMap<Promise, Certificate> {
    let mut proved = BTreeMap::new();
    // Without a search no finding stands in a false proof's way; some proofs are made of orders.
    for orders in [0, 400] {
        let bounds = AuditBounds::default().promises(promises.clone()).orders(orders).nodes(300);
        for answer in audit(rules, catalogue, &bounds).unwrap().answers {
            if let Verdict::Proved { certificate } = answer.verdict {
                proved.insert(answer.promise, certificate);
            }
        }
    }
    proved
}

#[test]
fn no_longer_search_finds_what_a_shorter_one_says_is_proved() {
    let mut held = 0;
    for seed in super::brute::seeds(20_000, 400) {
        let scenario = scenario(seed);
        let rules = scenario.rules.clone();
        let mut dice = Dice::new(!seed);
        let (catalogue, promises) = (shop_of(&scenario, &mut dice), thresholds(&mut dice));
        let proved = proved(&rules, &catalogue, &promises);
        let bounds = AuditBounds::default().promises(promises.only(proved.keys().copied()));
        let bounds = bounds.orders(4_000).nodes(0);
        let reports = [
            audit(&rules, &catalogue, &bounds).unwrap(),
            fuzz(&rules, &catalogue, &bounds, 800, seed).unwrap(),
        ];
        for finding in reports.iter().flat_map(|report| &report.findings) {
            let tolerated = match &proved[&finding.promise] {
                Certificate::Bound { tolerance_minor, .. } => *tolerance_minor,
                // Two for each rule and order; scripts have three orders at most.
                Certificate::Steady { tolerance_minor, .. } => 3 * tolerance_minor,
                _exact => 0,
            };
            let because = format!("seed {seed}: {:?} was proved, by {:?}", finding.promise, finding.rules);
            assert!(finding.loss.minor() <= tolerated, "{because}: {:?}", finding.worst);
        }
        held += proved.len();
    }
    println!("longer searches: {held} proofs hold");
    assert!(held > 4_000, "{held}");
}
