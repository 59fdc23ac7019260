//! What the search keeps, and what it leaves out for its number.

use super::*;
use crate::audit::confirm;
use crate::money::{Currency, Money};
use crate::rules::{Benefit, PercentOff, Rule, RuleSet, Selector};
use crate::shop::{Catalogue, Line, Product};

#[test]
fn the_first_breach_of_each_check_is_kept_where_sets_of_rules_are_too_many() {
    // Nine tenths off the lamp, and half of the cup besides: both are deeper than 70 %, by different rules.
    let off = |id: &str, percent: &str, target: Selector| {
        let off = PercentOff::new(percent.parse().unwrap()).target(target);
        Rule::new(id, "order", Benefit::PercentOff(off))
    };
    let rules = RuleSet::new(Currency::CNY).rule(off("all", "90", Selector::all())).rule(off(
        "cup",
        "50",
        Selector::sku("CUP"),
    ));
    let product = |sku: &str| Product::new(Line::new("", sku, 1, Money::from_minor(1_000)));
    let catalogue = Catalogue::new(Currency::CNY, vec![product("CUP"), product("LAMP")]).unwrap();
    let bounds = AuditBounds::default().orders(1_000);
    let thresholds = bounds.promises.thresholds(Currency::CNY).unwrap();
    let world = World::new(&rules, &catalogue, thresholds).unwrap();
    let market = Market::new(&rules, &catalogue);
    let checks = [Check { promise: Promise::Depth, subject: Vec::new(), tier: None }];
    let broken_by = |full: bool| {
        let mut unwatched = |_| {};
        let mut search = Search::new(&world, &market, &checks, &bounds, &mut unwatched);
        search.sets.rules = if full { SET_RULES_MAX } else { 0 };
        for product in [1, 0] {
            search.look(&Basket::of(0, BTreeSet::new(), [(product, 1)])).unwrap();
        }
        let kept = search.breaches(0).len();
        let confirmed = confirm::findings(&mut search, &bounds);
        assert!(confirmed.findings.iter().any(|one| one.promise == Promise::Depth));
        (kept, confirmed.left_out)
    };
    assert_eq!(broken_by(false), (2, false));
    assert_eq!(broken_by(true), (1, true));
}
