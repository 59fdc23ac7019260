//! The spends at which rules begin to give, or give more: for whoever draws a price against what is spent.

use super::levels::{At, levels};
use crate::money::Money;
use crate::rules::{RuleId, RuleSet, Selector};

/// A spend at which a rule changes what it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Threshold {
    /// The rule.
    pub rule: RuleId,
    /// The goods that count.
    pub of: Selector,
    /// How much of them, in minor units of the list value.
    pub at: Money,
}

/// Every spend at which an enabled rule changes what it gives: what its condition asks for, its tiers and steps, and where its
/// cap is reached; each once, in the order of the rule file.
///
/// ```
/// use dealproof::audit::spend_thresholds;
/// use dealproof::money::{Currency, Money};
/// use dealproof::rules::{AmountOff, Benefit, Condition, Rule, RuleSet, Selector, Spend};
///
/// let off = Benefit::AmountOff(AmountOff::once("30.00".parse()?));
/// let from = Condition::Spend(Spend::at_least(Selector::all(), "199.00".parse()?));
/// let rules = RuleSet::new(Currency::CNY).rule(Rule::new("199-30", "order", off).condition(from));
/// let thresholds: Vec<Money> = spend_thresholds(&rules).iter().map(|one| one.at).collect();
/// // An amount of 30.00 is given in full from 30.00 on.
/// assert_eq!(thresholds, [Money::from_minor(19_900), Money::from_minor(3_000)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn spend_thresholds(rules: &RuleSet) -> Vec<Threshold> {
    let mut list: Vec<Threshold> = Vec::new();
    for rule in rules.rules.iter().filter(|rule| rule.enabled) {
        let first = list.len();
        for level in levels(rule, rules.currency) {
            let At::Spend(minor) = level.at else { continue };
            let one = Threshold { rule: rule.id.clone(), of: level.of.clone(), at: Money::from_minor(minor) };
            // A rule has few of them.
            if !list.iter().skip(first).any(|known| *known == one) {
                list.push(one);
            }
        }
    }
    list
}
