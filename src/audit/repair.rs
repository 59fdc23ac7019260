//! Small changes that mend a breach, in words, and why there may be none. Which are tried is in `mends`, what they do to rules
//! and catalogue in `apply`.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::money::{Amount, Percent};
use crate::rules::{Promise, RuleId, StageId};
use crate::shop::{Moment, Sku};

/// Products a change names in words; all are in its document.
const SHOWN_MAX: usize = 5;

/// A change of a rule set, or of the catalogue.
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
    /// The rule's window ends when another's begins.
    EndAt {
        /// The rule.
        rule: RuleId,
        /// The first moment at which it is over.
        until: Moment,
    },
    /// Each of the rules can be used in one order of a customer.
    OncePerCustomer {
        /// The rules.
        rules: Vec<RuleId>,
    },
    /// The rule's condition holds for larger orders, too.
    DropMost {
        /// The rule.
        rule: RuleId,
        /// What keeps it from giving as often as there are orders instead.
        instead: Instead,
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
    /// Each code of the rule that can be guessed is replaced by a longer one, of symbols drawn at random.
    LengthenCodes {
        /// The rule.
        rule: RuleId,
        /// How many symbols.
        symbols: u32,
    },
    /// The rule can be used in so many orders.
    LimitUses {
        /// The rule.
        rule: RuleId,
        /// The orders.
        uses: u64,
    },
    /// The rule gives so many points in all.
    LimitPoints {
        /// The rule.
        rule: RuleId,
        /// The points.
        points: u64,
    },
    /// The rule gives so many pieces in all.
    LimitUnits {
        /// The rule.
        rule: RuleId,
        /// The pieces.
        units: u64,
    },
    /// In the catalogue: cuts of products are announced against prices that were asked of late.
    AnnounceAgainst {
        /// The reference price of each.
        prices: BTreeMap<Sku, Amount>,
    },
    /// In the catalogue: no prize is worth more than so much.
    CapPrizes {
        /// The most.
        most: Amount,
    },
    /// The rule has no cap any more.
    DropCap {
        /// The rule.
        rule: RuleId,
    },
    /// The rule gives so much at most.
    SetCap {
        /// The rule.
        rule: RuleId,
        /// The cap.
        cap: Amount,
    },
    /// The rule takes an amount off, as it did whenever it applied, instead of what its cap cut down to that.
    FixAmount {
        /// The rule.
        rule: RuleId,
        /// The amount.
        amount: Amount,
    },
    /// In the catalogue: prices and costs that are off by a factor are put right.
    PutRight {
        /// The list price of each product, such as those beside it have, or it had before.
        prices: BTreeMap<Sku, Amount>,
        /// What each product costs, such as those beside it do.
        costs: BTreeMap<Sku, Amount>,
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

/// What a rule has in the place of an end above that its condition had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Instead {
    /// Nothing: every order gets it.
    Nothing {},
    /// A customer can use it in one order.
    Once {},
    /// It gives to so many pieces of a customer, over all their orders.
    Pieces {
        /// As many as it asked for at most in an order.
        units: u64,
    },
}

impl Instead {
    fn write(self, f: &mut fmt::Formatter<'_>, rule: &RuleId) -> fmt::Result {
        match self {
            Self::Nothing {} => {
                write!(f, "take what larger orders fail (at_most, not) out of the condition of {rule}")
            }
            Self::Once {} => {
                write!(
                    f,
                    "take what larger orders fail (at_most, not) out of the condition of {rule}, and let a customer use it once"
                )
            }
            Self::Pieces { units } => write!(
                f,
                "take what larger orders fail (at_most, not) out of the condition of {rule}, and set its limits.units_per_customer to {units}"
            ),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exclude { rule, other } => write!(f, "let {rule} and {other} exclude each other"),
            Self::EndAt { rule, until } => write!(f, "let {rule} end at {until}"),
            Self::CapLines { percent } => write!(f, "set caps.line_percent to {percent}"),
            Self::OncePerCustomer { rules } => {
                let rules: Vec<&str> = rules.iter().map(|rule| rule.as_str()).collect();
                write!(f, "let a customer use {} once", rules.join(", "))
            }
            Self::DropMost { rule, instead } => instead.write(f, rule),
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
            Self::LengthenCodes { rule, symbols } => {
                write!(f, "give {rule} codes of {symbols} symbols drawn at random")
            }
            Self::LimitUses { rule, uses } => write!(f, "set limits.uses of {rule} to {uses}"),
            Self::LimitPoints { rule, points } => write!(f, "set limits.points of {rule} to {points}"),
            Self::LimitUnits { rule, units } => write!(f, "set limits.units of {rule} to {units}"),
            Self::AnnounceAgainst { prices } => {
                let shown = prices.iter().take(SHOWN_MAX);
                let shown: Vec<String> = shown.map(|(sku, price)| format!("{sku} against {price}")).collect();
                write!(f, "in the catalogue, announce cuts of {}", shown.join(", "))?;
                match prices.len().saturating_sub(SHOWN_MAX) {
                    0 => Ok(()),
                    more => write!(f, " and of {more} more"),
                }
            }
            Self::CapPrizes { most } => write!(f, "in the catalogue, let no prize be worth more than {most}"),
            Self::DropCap { rule } => write!(f, "take the cap off {rule}"),
            Self::SetCap { rule, cap } => write!(f, "set the cap of {rule} to {cap}"),
            Self::FixAmount { rule, amount } => {
                write!(f, "let {rule} take {amount} off, without a cap: it never takes anything else")
            }
            Self::PutRight { prices, costs } => put_right(f, prices, costs),
            Self::DropTier { rule, tier } => write!(f, "take tier {tier} off {rule}"),
            Self::SwitchOff { rule } => write!(f, "switch {rule} off"),
        }
    }
}

/// What is usual for each product, the first of them by name.
fn put_right(
    f: &mut fmt::Formatter<'_>,
    prices: &BTreeMap<Sku, Amount>,
    costs: &BTreeMap<Sku, Amount>,
) -> fmt::Result {
    let prices = prices.iter().map(|(sku, price)| format!("list {sku} at {price}"));
    let costs = costs.iter().map(|(sku, cost)| format!("let {sku} cost {cost}"));
    let all: Vec<String> = prices.chain(costs).collect();
    let shown: Vec<&str> = all.iter().take(SHOWN_MAX).map(String::as_str).collect();
    write!(f, "in the catalogue, {}, as is usual", shown.join(", "))?;
    match all.len().saturating_sub(SHOWN_MAX) {
        0 => Ok(()),
        more => write!(f, ", and {more} more likewise"),
    }
}

impl Change {
    /// Whether it is one of the catalogue.
    pub(super) const fn is_of_catalogue(&self) -> bool {
        matches!(self, Self::AnnounceAgainst { .. } | Self::CapPrizes { .. } | Self::PutRight { .. })
    }
}

/// Why a finding has no repair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NoRepair {
    /// The smallest script breaks the promise with every rule switched off: what the catalogue says is at fault.
    NoRuleNeeded {},
    /// No small change is known that could mend it.
    NoneKnown {},
    /// None of the changes tried mends it.
    NoneMends {
        /// How many were tried.
        tried: usize,
    },
    /// A change mends it, and breaks another promise that held.
    BreaksAnother {
        /// The change.
        change: Change,
        /// The promise.
        promise: Promise,
    },
    /// The work for trying changes ended first.
    OutOfOrders {},
}

impl fmt::Display for NoRepair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRuleNeeded {} => f.write_str(
                "no change of the rules mends it: it happens with all of them switched off, so the catalogue is at fault",
            ),
            Self::NoneKnown {} => f.write_str("no small change of rules or catalogue is known to mend it"),
            Self::NoneMends { tried } => write!(f, "none of the {tried} small changes tried mends it"),
            Self::BreaksAnother { change, promise } => {
                write!(f, "{change} would mend it, but then {} is broken", promise.name())
            }
            Self::OutOfOrders {} => f.write_str("not known: the work for trying changes ended"),
        }
    }
}
