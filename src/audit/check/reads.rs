//! What the checker reads off rules, for itself alone: tests of conditions, and the goods a benefit looks at.

use crate::rules::{
    AmountOff, BargainPrice, Benefit, BuyGet, Condition, Every, Grant, GroupPrice, NFor, NthUnit, PercentOff,
    PointsRedeem, Presale, QuantityTiers, Rule, Selector, SpendTiers, TotalPrice, UnitLadder, UnitPrice,
    UseBalance,
};

/// Every single test of a condition, those under `not` too.
pub(super) fn tests(condition: &Condition) -> Vec<&Condition> {
    let (mut open, mut found) = (vec![condition], Vec::new());
    while let Some(one) = open.pop() {
        if let Condition::All(nested) | Condition::Any(nested) = one {
            open.extend(nested);
        } else if let Condition::Not(nested) = one {
            open.push(nested);
        } else {
            found.push(one);
        }
    }
    found
}

/// The tests that have to hold each for a condition to hold; what is under `any` or `not` is one.
pub(super) fn musts(condition: &Condition) -> Vec<&Condition> {
    let (mut open, mut found) = (vec![condition], Vec::new());
    while let Some(one) = open.pop() {
        if let Condition::All(nested) = one {
            open.extend(nested);
        } else {
            found.push(one);
        }
    }
    found
}

/// The units that get cheaper, where that is one selector.
pub(super) fn goods(benefit: &Benefit) -> Option<&Selector> {
    counted(benefit).0
}

/// Every selector that a rule asks anything of.
pub(super) fn selectors(rule: &Rule) -> Vec<&Selector> {
    let (cheaper, mut all) = counted(&rule.benefit);
    all.extend(cheaper);
    let factors = match &rule.benefit {
        Benefit::PointsEarn(earn) => earn.multipliers.as_slice(),
        _no_factors => &[],
    };
    let conditions = rule.condition.iter().chain(factors.iter().filter_map(|factor| factor.when.as_ref()));
    for test in conditions.flat_map(tests) {
        if let Condition::Spend(spend) = test {
            all.push(&spend.of);
        } else if let Condition::Quantity(quantity) = test {
            all.push(&quantity.of);
        } else if let Condition::DistinctSkus(distinct) = test {
            all.push(&distinct.of);
        } else if let Condition::Contains(contains) = test {
            all.push(&contains.of);
        }
    }
    all
}

/// The one selector of what gets cheaper, and those of what else is counted.
fn counted(benefit: &Benefit) -> (Option<&Selector>, Vec<&Selector>) {
    match benefit {
        Benefit::SpendTiers(SpendTiers { target, qualifier, .. })
        | Benefit::Every(Every { target, qualifier, .. })
        | Benefit::QuantityTiers(QuantityTiers { target, qualifier, .. }) => {
            (Some(target), qualifier.iter().collect())
        }
        Benefit::PercentOff(PercentOff { target, .. })
        | Benefit::AmountOff(AmountOff { target, .. })
        | Benefit::UnitPrice(UnitPrice { target, .. })
        | Benefit::TotalPrice(TotalPrice { target, .. })
        | Benefit::NthUnit(NthUnit { target, .. })
        | Benefit::UnitLadder(UnitLadder { target, .. })
        | Benefit::NFor(NFor { target, .. })
        | Benefit::GroupPrice(GroupPrice { target, .. })
        | Benefit::BargainPrice(BargainPrice { target, .. })
        | Benefit::PointsRedeem(PointsRedeem { target, .. })
        | Benefit::Presale(Presale { target, .. })
        | Benefit::UseBalance(UseBalance { target, .. }) => (Some(target), Vec::new()),
        Benefit::BuyGet(BuyGet { qualifier, target, .. }) => {
            (Some(&target.selector), vec![&qualifier.selector])
        }
        Benefit::Bundle(bundle) => (None, bundle.parts.iter().map(|part| &part.selector).collect()),
        Benefit::Gift(gift) => (None, vec![&gift.qualifier]),
        Benefit::Grant(Grant { qualifier, .. }) => (None, vec![qualifier]),
        Benefit::PointsEarn(earn) => {
            let factors = earn.multipliers.iter().map(|factor| &factor.of);
            (None, std::iter::once(&earn.of).chain(factors).collect())
        }
        Benefit::Shipping(_) => (None, Vec::new()),
    }
}
