//! The checker: verifies a certificate without searching. It derives the bounds anew from rules and catalogue and trusts
//! no number of the certificate; every weight it is given need only be good enough.

use super::bound::{Fact, Facts, sum_bounds};
use super::certificate::{Certificate, Form, Tree};
use super::checks::checks;
use super::levels::selectors;
use super::market::Market;
use super::measure::applies;
use super::relax::{Mask, Relaxed, flat_is_exclusive, relax};
use super::witness::Witness;
use crate::bounds::PPM;
use crate::evaluate::Scratch;
use crate::money::RoundingPer;
use crate::rules::{Benefit, Rule, RuleSet};
use crate::rules::{Promise, Promises, ThresholdError};
use crate::shop::{Against, Catalogue, OnReturn, PriceProtection};

/// Why a certificate does not show what it claims.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The rules do not compile.
    #[error(transparent)]
    Rules(#[from] crate::compile::CompileError),
    /// A threshold of the promises cannot be used.
    #[error(transparent)]
    Threshold(#[from] ThresholdError),
    /// There is a rule that could break the promise.
    #[error("there are rules that could break {}", promise.name())]
    HasCases {
        /// The promise.
        promise: Promise,
    },
    /// A rule gives nothing in the order that should show it, or there is none.
    #[error("no order shows that rule {rule} applies")]
    NoExample {
        /// The rule.
        rule: String,
    },
    /// Nothing can be bounded.
    #[error("no bound: {why}")]
    NoBound {
        /// Why.
        why: String,
    },
    /// A case does not close.
    #[error("case {number} of the proof does not close")]
    Open {
        /// Its number, from 1, in the order of the tree.
        number: usize,
    },
}

/// Verifies that a promise holds for a rule set and catalogue.
///
/// Cost: linear in the certificate; orders of examples are priced.
///
/// # Errors
/// [`CheckError`] when the certificate does not show it.
pub fn check(
    rules: &RuleSet,
    catalogue: &Catalogue,
    promises: &Promises,
    promise: Promise,
    certificate: &Certificate,
) -> Result<(), CheckError> {
    match certificate {
        Certificate::NoCase {} if no_case(rules, catalogue, promises, promise) => Ok(()),
        Certificate::NoCase {} => Err(CheckError::HasCases { promise }),
        Certificate::Examples { orders } => {
            let (plan, mut scratch) = (crate::compile(rules)?, Scratch::default());
            for rule in rules.rules.iter().filter(|rule| rule.enabled) {
                let missing = || CheckError::NoExample { rule: rule.id.as_str().to_owned() };
                let order = orders.get(&rule.id).ok_or_else(missing)?;
                let replay = Witness::of(order.clone()).replay(&plan, &mut scratch).map_err(|_| missing())?;
                let id = rule.id.as_str();
                if !replay.quotes.iter().any(|quote| applies(quote, id)) {
                    return Err(missing());
                }
            }
            Ok(())
        }
        Certificate::Bound { tree, tolerance_minor } => {
            let thresholds = promises.thresholds(rules.currency)?;
            let market = Market::new(rules, catalogue);
            let relaxed = relax(rules, catalogue, &market, promise, &thresholds)
                .map_err(|problem| CheckError::NoBound { why: problem.0 })?;
            let checker = Checker::new(rules, relaxed, *tolerance_minor);
            checker.tree(tree)
        }
    }
}

struct Checker {
    relaxed: Relaxed,
    flat_excludes: Vec<bool>,
    allowed: i128,
}

impl Checker {
    fn new(rules: &RuleSet, relaxed: Relaxed, tolerance: i64) -> Self {
        let flat_excludes = relaxed.rules.iter().map(|rule| flat_is_exclusive(rules, &rule.id)).collect();
        let allowed = (i128::from(relaxed.limit) + i128::from(tolerance)) * i128::from(PPM);
        Self { relaxed, flat_excludes, allowed }
    }

    /// Walks the tree with a list of what is left to do, so that no certificate can nest too deep.
    fn tree(&self, tree: &Tree) -> Result<(), CheckError> {
        let everything: Mask = (0..self.relaxed.margins.len()).collect();
        let start =
            Facts { lower: vec![Fact { of: everything, at: self.relaxed.least_order }], upper: Vec::new() };
        let mut open = vec![(tree, start)];
        let mut number = 0;
        while let Some((tree, facts)) = open.pop() {
            match tree {
                Tree::Split { classes, at_minor, below, from } => {
                    let of: Mask = classes.iter().copied().collect();
                    let (mut less, mut more) = (facts.clone(), facts);
                    // Amounts are whole minor units: less than `at` is at most one less.
                    less.upper.push(Fact { of: of.clone(), at: at_minor.saturating_sub(1) });
                    more.lower.push(Fact { of, at: *at_minor });
                    open.push((from, more));
                    open.push((below, less));
                }
                Tree::Leaf { forms, lower, upper } => {
                    number += 1;
                    self.leaf(&facts, forms, lower, upper).ok_or(CheckError::Open { number })?;
                }
                Tree::Empty { lower, upper } => {
                    number += 1;
                    let ends = facts.lower.get(*lower).zip(facts.upper.get(*upper));
                    let empty =
                        ends.is_some_and(|(low, high)| low.of.is_subset(&high.of) && low.at > high.at);
                    empty.then_some(()).ok_or(CheckError::Open { number })?;
                }
            }
        }
        Ok(())
    }

    /// Discounts less margins, plus the weighted facts: no class may count for more than nothing, and the constant
    /// must be within what is allowed.
    fn leaf(&self, facts: &Facts, forms: &[Form], lower: &[i64], upper: &[i64]) -> Option<()> {
        let fits = forms.len() == self.relaxed.rules.len()
            && lower.len() == facts.lower.len()
            && upper.len() == facts.upper.len()
            && lower.iter().chain(upper).all(|weight| *weight >= 0);
        fits.then_some(())?;
        let sum = sum_bounds(&self.relaxed, facts, forms, &self.flat_excludes)?;
        let mut value = sum.constant;
        let mut weights = sum.slopes;
        for (weight, margin) in weights.iter_mut().zip(&self.relaxed.margins) {
            *weight = weight.checked_sub(*margin)?;
        }
        let ends = |facts: &[Fact], by: &[i64], sign: i128, weights: &mut [i128], value: &mut i128| {
            for (fact, weight) in facts.iter().zip(by) {
                let weight = i128::from(*weight) * sign;
                *value = value.checked_sub(weight.checked_mul(i128::from(fact.at))?)?;
                for class in &fact.of {
                    let slot = weights.get_mut(*class)?;
                    *slot = slot.checked_add(weight)?;
                }
            }
            Some(())
        };
        ends(&facts.lower, lower, 1, &mut weights, &mut value)?;
        ends(&facts.upper, upper, -1, &mut weights, &mut value)?;
        (weights.iter().all(|weight| *weight <= 0) && value <= self.allowed).then_some(())
    }
}

/// Whether no rule, or pair of rules, could break a promise.
pub(super) fn no_case(rules: &RuleSet, catalogue: &Catalogue, promises: &Promises, promise: Promise) -> bool {
    let enabled = || rules.rules.iter().filter(|rule| rule.enabled);
    match promise {
        Promise::CashLike => {
            let liquid = || catalogue.products().iter().filter(|product| product.cash_like);
            let takes = |rule: &Rule| {
                let any = |product| selectors(rule).iter().any(|one| one.takes(product) != Some(false));
                liquid().any(|product| any(&product.piece))
            };
            !enabled().any(takes)
        }
        Promise::ShippingApart => !enabled().any(|rule| match &rule.benefit {
            Benefit::PercentOff(off) => off.with_shipping,
            Benefit::AmountOff(off) => off.with_shipping,
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
        }),
        Promise::Rounding => {
            !enabled().any(|rule| rule.rounding.unwrap_or(rules.rounding).per != RoundingPer::Order)
        }
        Promise::RealCut => catalogue.products().iter().all(|product| product.past_prices.is_empty()),
        Promise::PaidThreshold
        | Promise::RunsOnce
        | Promise::HandsOver
        | Promise::ExclusionsClosed
        | Promise::SecretCodes
        | Promise::EveryRule => {
            let mut only = promises.clone();
            only.off = Promise::ALL.into_iter().filter(|one| *one != promise).collect();
            checks(rules, &only).0.is_empty()
        }
        Promise::EarnedOnCash => !enabled().any(super::later::counts_unpaid),
        Promise::RewardsCovered | Promise::NoPump => !enabled().any(gives_later),
        Promise::PriceProtection => protection_costs_nothing(catalogue),
        Promise::GroupHolds => enabled().all(|rule| group_holds(rule, catalogue)),
        // Without `exposure_max` it is only about coupons without any limit; with it, about every rule.
        Promise::Exposure => {
            promises.exposure_max.is_none()
                && !enabled().any(|rule| {
                    let limits = &rule.limits;
                    let bounded = limits.uses.is_some() || limits.units.is_some() || limits.budget.is_some();
                    rule.coupon.is_some() && !bounded
                })
        }
        Promise::AboveCost | Promise::NotFree | Promise::Depth | Promise::AddItem | Promise::SplitPays => {
            enabled().next().is_none()
        }
    }
}

/// Whether a rule gives something for a later order.
const fn gives_later(rule: &Rule) -> bool {
    matches!(rule.benefit, Benefit::PointsEarn(_) | Benefit::Grant(_))
}

/// Whether no price cut is ever paid out: nobody bought lately, and who is paid for a cut is paid once, what was really
/// paid too much.
fn protection_costs_nothing(catalogue: &Catalogue) -> bool {
    match catalogue.policies().price_protection {
        None => true,
        Some(PriceProtection { against: Against::Paid, on_return: OnReturn::TakenOff, .. }) => {
            catalogue.products().iter().all(|product| product.sold_lately == 0)
        }
        Some(_) => false,
    }
}

/// Whether a buying group needs real buyers only, and is settled when none of them can give back any more.
fn group_holds(rule: &Rule, catalogue: &Catalogue) -> bool {
    let Benefit::GroupPrice(terms) = &rule.benefit else { return true };
    let window = catalogue.policies().returns.days.saturating_mul(24 * 60);
    terms.fill == 0 && terms.hold_minutes >= window
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{AuditBounds, Verdict, audit};
    use crate::money::{Currency, Money};
    use crate::rules::{AmountOff, Benefit, Condition, Selector, Spend};
    use crate::shop::{Line, Product};

    fn off_from(amount: &str, threshold: &str) -> Rule {
        let off = Benefit::AmountOff(AmountOff::once(amount.parse().unwrap()));
        let spend = Spend::at_least(Selector::all(), threshold.parse().unwrap());
        Rule::new(format!("off-{amount}"), "order", off).condition(Condition::Spend(spend))
    }

    /// One product of 10.00 that costs so many hundredths of it.
    fn lamp(cost: i64) -> Catalogue {
        let piece = Line::new("", "LAMP", 1, Money::from_minor(1_000)).cost(Money::from_minor(cost * 10));
        Catalogue::new(Currency::CNY, vec![Product::new(piece)]).unwrap()
    }

    fn verdict(rules: &RuleSet, catalogue: &Catalogue) -> Verdict {
        let promises = Promises::default().only([Promise::AboveCost]);
        let report = audit(rules, catalogue, &AuditBounds::default().promises(promises)).unwrap();
        report.verdict(Promise::AboveCost).unwrap().clone()
    }

    /// 3.00 from 100.00 is 3 %, 80.00 from 1000.00 is 8 %; together they are at most 8.3 % of what is spent.
    fn two_thresholds() -> RuleSet {
        RuleSet::new(Currency::CNY).rule(off_from("3.00", "100.00")).rule(off_from("80.00", "1000.00"))
    }

    fn proof_of(rules: &RuleSet, catalogue: &Catalogue) -> (Tree, i64) {
        match verdict(rules, catalogue) {
            Verdict::Proved { certificate: Certificate::Bound { tree, tolerance_minor } } => {
                (tree, tolerance_minor)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn thresholds_whose_shares_add_up_to_too_much_are_told_apart() {
        let (rules, catalogue) = (two_thresholds(), lamp(91));
        // 3 % and 8 % are more than the margin of 9 %, but never both at once.
        let (tree, _) = proof_of(&rules, &catalogue);
        assert!(tree.leaves() > 1, "{tree:?}");
        // With a margin of 8 %, an order of 1000.00 loses 3.00.
        assert!(matches!(verdict(&rules, &lamp(92)), Verdict::Found { .. }));
    }

    #[test]
    fn a_gift_is_a_cost_whatever_is_spent() {
        let gift = |rule: Rule| RuleSet::new(Currency::CNY).rule(rule);
        let mug = Benefit::Gift(crate::rules::Gift::new([crate::rules::GiftOption::free("MUG")]));
        let piece = |sku: &str, price, cost| {
            Product::new(Line::new("", sku, 1, Money::from_minor(price)).cost(Money::from_minor(cost)))
        };
        let shop = vec![piece("LAMP", 1_000, 100), piece("MUG", 2_000, 2_000)];
        let catalogue = Catalogue::new(Currency::CNY, shop).unwrap();
        // A lamp earns 9.00, and the mug that comes with it costs 20.00.
        assert!(matches!(
            verdict(&gift(Rule::new("mug", "reward", mug.clone())), &catalogue),
            Verdict::Found { .. }
        ));
        // Mugs earn nothing: an order of mugs alone pays for no other, at whatever threshold.
        let spend = Spend::at_least(Selector::sku("LAMP"), "30.00".parse().unwrap());
        let rule = Rule::new("mug", "reward", mug).condition(Condition::Spend(spend));
        // Three lamps earn 27.00, more than the 20.00 of the mug.
        proof_of(&gift(rule), &catalogue);
    }

    #[test]
    fn a_changed_certificate_is_refused_and_one_for_other_costs_too() {
        let (rules, catalogue) = (two_thresholds(), lamp(91));
        let (tree, tolerance_minor) = proof_of(&rules, &catalogue);
        let promises = Promises::default();
        let checked = |tree: Tree, catalogue: &Catalogue| {
            let certificate = Certificate::Bound { tree, tolerance_minor };
            check(&rules, catalogue, &promises, Promise::AboveCost, &certificate)
        };
        assert_eq!(checked(tree.clone(), &catalogue), Ok(()));
        assert!(matches!(checked(tree.clone(), &lamp(92)), Err(CheckError::Open { .. })));
        let Tree::Split { classes, at_minor, below, from } = tree else { panic!("one case") };
        // Half the threshold leaves the case above it open.
        let at_minor = at_minor / 2;
        let moved = Tree::Split { classes: classes.clone(), at_minor, below: below.clone(), from };
        assert!(matches!(checked(moved, &catalogue), Err(CheckError::Open { .. })));
        // The case below cannot stand for the case above.
        let twice = Tree::Split { classes, at_minor: at_minor * 2, below: below.clone(), from: below };
        assert!(matches!(checked(twice, &catalogue), Err(CheckError::Open { .. })));
    }
}
