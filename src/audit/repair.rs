//! Small changes of a rule set, and the rule set with them. Which may mend a breach is in `mends`.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::dead::without_tier;
use super::ties::ranked_apart;
use crate::money::{Amount, Percent, RoundingPer};
use crate::rules::{
    Base, Benefit, Condition, ProtectionBase, RefundPolicy, Rule, RuleId, RuleSet, Selector, StageId,
};
use crate::shop::{Moment, Sku};

/// A change of a rule set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// Two rules no longer go together.
    Exclude {
        /// One.
        rule: RuleId,
        /// The other.
        other: RuleId,
    },
    /// No piece gets more than so much off its list price: `caps.line_percent`.
    CapLines {
        /// The most.
        percent: Percent,
    },
    /// Each of the rules can be used in one order of a customer.
    OncePerCustomer {
        /// The rules.
        rules: Vec<RuleId>,
    },
    /// The rule gives so much in all.
    SetBudget {
        /// The rule.
        rule: RuleId,
        /// The budget.
        budget: Amount,
    },
    /// The rule leaves products out.
    LeaveOut {
        /// The rule.
        rule: RuleId,
        /// The products.
        skus: Vec<Sku>,
    },
    /// The rule no longer takes gift cards.
    NoGiftCards {
        /// The rule.
        rule: RuleId,
    },
    /// The rule no longer pays for shipping.
    GoodsOnly {
        /// The rule.
        rule: RuleId,
    },
    /// The rule's threshold counts what is really paid.
    CountPaid {
        /// The rule.
        rule: RuleId,
    },
    /// What the rule gives for later is given on what is paid in money.
    CountCash {
        /// The rule.
        rule: RuleId,
    },
    /// The rule's buying groups need real buyers, and are settled when none of them can give back any more.
    HoldGroup {
        /// The rule.
        rule: RuleId,
        /// How long after their success.
        minutes: u32,
    },
    /// The rule runs until the next one begins.
    CloseGap {
        /// The rule.
        rule: RuleId,
        /// When the next one begins.
        until: Moment,
    },
    /// Returns are paid back by the safest policy.
    SafestReturns {},
    /// Price protection looks at list prices alone: what rules take off is not paid to earlier buyers.
    ProtectListPrices {},
    /// Gifts of the rule that are kept when their reason goes back are charged at what they cost.
    ChargeGifts {
        /// The rule.
        rule: RuleId,
        /// What a piece of each is charged at.
        worth: BTreeMap<Sku, Amount>,
    },
    /// Every discount is rounded once.
    RoundOnce {},
    /// The rules of a stage get ranks of their own, in the order in which they stand now.
    RankApart {
        /// The stage.
        stage: StageId,
    },
    /// A tier of the rule goes.
    DropTier {
        /// The rule.
        rule: RuleId,
        /// The tier, counted from 1.
        tier: usize,
    },
    /// The rule is switched off.
    SwitchOff {
        /// The rule.
        rule: RuleId,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exclude { rule, other } => write!(f, "let {rule} and {other} exclude each other"),
            Self::CapLines { percent } => write!(f, "set caps.line_percent to {percent}"),
            Self::OncePerCustomer { rules } => {
                let rules: Vec<&str> = rules.iter().map(|rule| rule.as_str()).collect();
                write!(f, "let a customer use {} once", rules.join(", "))
            }
            Self::SetBudget { rule, budget } => write!(f, "give {rule} a budget, such as {budget}"),
            Self::LeaveOut { rule, skus } => {
                let skus: Vec<&str> = skus.iter().map(Sku::as_str).collect();
                write!(f, "leave {} out of {rule}", skus.join(", "))
            }
            Self::NoGiftCards { rule } => write!(f, "take gift_cards off {rule}"),
            Self::GoodsOnly { rule } => write!(f, "take with_shipping off {rule}"),
            Self::CountPaid { rule } => write!(f, "let the threshold of {rule} count the base \"running\""),
            Self::CountCash { rule } => write!(f, "let {rule} count the base \"cash\""),
            Self::HoldGroup { rule, minutes } => {
                write!(f, "let the groups of {rule} hold for {minutes} minutes, without dummies")
            }
            Self::CloseGap { rule, until } => write!(f, "let {rule} run until {until}"),
            Self::SafestReturns {} => f.write_str("pay returns back by the policy \"safest\""),
            Self::ProtectListPrices {} => f.write_str("let price protection compare list prices"),
            Self::ChargeGifts { rule, .. } => {
                write!(f, "charge gifts of {rule} that are kept at what they cost")
            }
            Self::RoundOnce {} => f.write_str("round per order"),
            Self::RankApart { stage } => {
                write!(f, "give the rules of stage {stage} ranks of their own, in today's order")
            }
            Self::DropTier { rule, tier } => write!(f, "take tier {tier} off {rule}"),
            Self::SwitchOff { rule } => write!(f, "switch {rule} off"),
        }
    }
}

impl Change {
    /// The rule set with the change.
    #[must_use]
    pub fn apply(&self, rules: &RuleSet) -> RuleSet {
        let mut changed = rules.clone();
        if let Self::DropTier { rule, tier } = self {
            let less = tier.checked_sub(1).and_then(|tier| without_tier(rules, rule.as_str(), tier));
            return less.unwrap_or(changed);
        }
        if let Self::RankApart { stage } = self {
            return ranked_apart(rules, stage);
        }
        let mut on = |id: &RuleId, change: &dyn Fn(&mut Rule)| {
            changed.rules.iter_mut().filter(|rule| rule.id == *id).for_each(change);
        };
        match self {
            Self::Exclude { rule, other } => on(rule, &|rule| {
                rule.stacking.excludes.rules.insert(other.clone());
            }),
            Self::CapLines { percent } => changed.caps.line_percent = Some(*percent),
            Self::OncePerCustomer { rules } => {
                rules.iter().for_each(|rule| on(rule, &|rule| rule.limits.uses_per_customer = Some(1)));
            }
            Self::SetBudget { rule, budget } => on(rule, &|rule| rule.limits.budget = Some(*budget)),
            Self::LeaveOut { rule, skus } => on(rule, &|rule| {
                if let Some(target) = units_mut(&mut rule.benefit) {
                    target.except.push(Selector::skus(skus.iter().map(Sku::as_str)));
                }
            }),
            Self::NoGiftCards { rule } => on(rule, &|rule| {
                if let Some(target) = units_mut(&mut rule.benefit) {
                    target.gift_cards = false;
                }
            }),
            Self::GoodsOnly { rule } => on(rule, &|rule| {
                if let Benefit::PercentOff(off) = &mut rule.benefit {
                    off.with_shipping = false;
                } else if let Benefit::AmountOff(off) = &mut rule.benefit {
                    off.with_shipping = false;
                }
            }),
            Self::CountPaid { rule } => on(rule, &|rule| {
                if let Some(condition) = &mut rule.condition {
                    count_paid(condition);
                }
                if let Benefit::Gift(gift) = &mut rule.benefit {
                    gift.base = gift.every.map(|_| Base::Running);
                }
            }),
            Self::CountCash { rule } => on(rule, &super::later::count_cash),
            Self::HoldGroup { rule, minutes } => on(rule, &|rule| {
                if let Benefit::GroupPrice(terms) = &mut rule.benefit {
                    terms.fill = 0;
                    terms.hold_minutes = *minutes;
                }
            }),
            Self::CloseGap { rule, until } => on(rule, &|rule| {
                if let Some(condition) = &mut rule.condition {
                    run_until(condition, *until);
                }
            }),
            Self::SafestReturns {} => {
                changed.refunds.policy = RefundPolicy::Safest;
                changed.rules.iter_mut().for_each(|rule| rule.refund = None);
            }
            Self::ProtectListPrices {} => {
                if let Some(promise) = &mut changed.refunds.price_protection {
                    promise.base = ProtectionBase::List;
                }
            }
            Self::ChargeGifts { rule, worth } => on(rule, &|rule| {
                if let Benefit::Gift(gift) = &mut rule.benefit {
                    for option in &mut gift.options {
                        option.worth = worth.get(&option.sku).copied().or(option.worth);
                    }
                }
            }),
            Self::RoundOnce {} => {
                changed.rounding.per = RoundingPer::Order;
                changed.rules.iter_mut().filter_map(|rule| rule.rounding.as_mut()).for_each(|rounding| {
                    rounding.per = RoundingPer::Order;
                });
            }
            Self::SwitchOff { rule } => on(rule, &|rule| rule.enabled = false),
            Self::DropTier { .. } | Self::RankApart { .. } => {}
        }
        changed
    }
}

/// The nesting is bounded by validation.
fn run_until(condition: &mut Condition, until: Moment) {
    if let Condition::All(nested) | Condition::Any(nested) = condition {
        nested.iter_mut().for_each(|one| run_until(one, until));
    } else if let Condition::Window(window) = condition
        && window.until.is_some()
    {
        window.until = Some(until);
    }
}

/// The nesting is bounded by validation.
fn count_paid(condition: &mut Condition) {
    if let Condition::All(nested) = condition {
        nested.iter_mut().for_each(count_paid);
    } else if let Condition::Spend(spend) = condition {
        spend.base = Some(Base::Running);
    }
}

/// The units a rule works on, where that is one selector.
const fn units_mut(benefit: &mut Benefit) -> Option<&mut Selector> {
    match benefit {
        Benefit::PercentOff(off) => Some(&mut off.target),
        Benefit::AmountOff(off) => Some(&mut off.target),
        Benefit::UnitPrice(off) => Some(&mut off.target),
        Benefit::TotalPrice(off) => Some(&mut off.target),
        Benefit::SpendTiers(off) => Some(&mut off.target),
        Benefit::Every(off) => Some(&mut off.target),
        Benefit::QuantityTiers(off) => Some(&mut off.target),
        Benefit::BuyGet(off) => Some(&mut off.target.selector),
        Benefit::NthUnit(off) => Some(&mut off.target),
        Benefit::UnitLadder(off) => Some(&mut off.target),
        Benefit::NFor(off) => Some(&mut off.target),
        Benefit::GroupPrice(off) => Some(&mut off.target),
        Benefit::BargainPrice(off) => Some(&mut off.target),
        Benefit::PointsRedeem(off) => Some(&mut off.target),
        Benefit::Presale(off) => Some(&mut off.target),
        Benefit::UseBalance(off) => Some(&mut off.target),
        Benefit::PointsEarn(earn) => Some(&mut earn.of),
        Benefit::Grant(grant) => Some(&mut grant.qualifier),
        Benefit::Gift(gift) => Some(&mut gift.qualifier),
        Benefit::Bundle(_) | Benefit::Shipping(_) => None,
    }
}
